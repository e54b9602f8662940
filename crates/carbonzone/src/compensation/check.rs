//! What can be wrong with `[compensation]`, known from the file alone; all of it at once.

use crate::load_config::Loaded;
use carbonzone_types::{Finding, Findings, short_number};
use carbonzone_zoning::compensation::{Base, Compensation, ModelName, Quota, QuotaBasis};

/// What a study knows without its layers.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Years of the study.
    pub years: Vec<i32>,
    /// False where no unit can have a GDP.
    pub gdp: bool,
}

/// Number of prices: none is right, so there are always three.
const PRICES: usize = 3;

/// CNY per tonne: no carbon has ever cost a tenth of it.
const LARGEST_PRICE: f64 = 1e6;
/// The legs are weighed against each other.
const LARGEST_WEIGHT: f64 = 1e3;

/// A finding and the keys below `compensation` it belongs to.
type Found = (Finding, Vec<String>);

/// Checks the section against the rest of the file.
pub fn check<P>(loaded: &Loaded<P>, section: Option<&Compensation>, known: &Known) -> Findings {
    let mut out = Findings::new();
    let Some(section) = section else { return out };
    let mut all = Vec::new();
    models(section, known, &mut all);
    prices(section, &mut all);
    weights(section, &mut all);
    ability(section, &mut all);
    quota(section, known, &mut all);
    for (finding, keys) in all {
        let keys: Vec<&str> =
            std::iter::once("compensation").chain(keys.iter().map(String::as_str)).collect();
        out.push(loaded.at(finding.field(keys.join(".")), &keys));
    }
    out
}

fn at(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|k| (*k).to_owned()).collect()
}

fn models(section: &Compensation, known: &Known, all: &mut Vec<Found>) {
    let mut sorted = section.models.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if section.models.is_empty() || sorted.len() < section.models.len() {
        let finding = Finding::error("compensation_models", "no model is asked for, or one twice")
            .expected("models = [\"benchmark\"], also \"ability_to_pay\", \"quota\"");
        all.push((finding, at(&["models"])));
    }
    if let Some(year) = section.year.filter(|y| !known.years.contains(y)) {
        let finding = Finding::error("compensation_year", format!("{year} is not a year of the study"))
            .expected(known.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        all.push((finding, at(&["year"])));
    }
    let asks_gdp = section.base == Base::Gdp || section.models.contains(&ModelName::AbilityToPay);
    if !known.gdp && asks_gdp {
        let finding = Finding::error("compensation_base", "this study has no GDP of its counties")
            .expected("base = \"area\" or \"population\", and no model \"ability_to_pay\"")
            .hint(
                "or give the counties a GDP: layers.zones.gdp, or gdp in a table of [[layers.zones.tables]]",
            );
        all.push((finding, at(&["base"])));
    }
}

fn prices(section: &Compensation, all: &mut Vec<Found>) {
    if section.prices.len() != PRICES {
        let n = section.prices.len();
        let finding = Finding::error("compensation_prices", format!("{n} prices are given, not three"))
            .expected("three prices: that of the market and two others")
            .hint("no price follows from the data: a reader must see what it moves");
        all.push((finding, at(&["prices"])));
    }
    for (i, price) in section.prices.iter().enumerate() {
        let mut report = |finding, key: &str| all.push((finding, at(&["prices", &i.to_string(), key])));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if price.name.is_empty() || price.name.len() > 30 || !price.name.chars().all(plain) {
            let finding = Finding::error("compensation_price", "a price has no name that a column can have")
                .value(&price.name)
                .expected("small letters, digits and _, e.g. market");
            report(finding, "name");
        }
        if section.prices[..i].iter().any(|other| other.name == price.name) {
            let message = format!("two prices are named \"{}\"", price.name);
            report(Finding::error("compensation_price", message), "name");
        }
        if !(price.cny_per_t > 0.0 && price.cny_per_t <= LARGEST_PRICE) {
            let finding =
                Finding::error("compensation_price", format!("price \"{}\" is no price", price.name))
                    .value(short_number(price.cny_per_t))
                    .expected("CNY per tonne of CO2e, above 0 and at most 1,000,000");
            report(finding, "cny_per_t");
        }
        if price.source.trim().is_empty() {
            let message = format!("price \"{}\" does not say where it comes from", price.name);
            let finding =
                Finding::error("compensation_source", message).hint("or that it is only an example");
            report(finding, "source");
        }
    }
}

fn weights(section: &Compensation, all: &mut Vec<Found>) {
    let legs =
        [("weight_economic", section.weight_economic), ("weight_ecological", section.weight_ecological)];
    for (key, weight) in legs {
        if !(0.0..=LARGEST_WEIGHT).contains(&weight) {
            let finding = Finding::error("compensation_weight", format!("{key} is no weight"))
                .value(short_number(weight))
                .expected("a number from 0 to 1000");
            all.push((finding, at(&[key])));
        }
    }
    if legs.iter().all(|(_, weight)| *weight == 0.0) {
        let finding = Finding::error("compensation_weight", "both legs weigh 0: nobody pays anything");
        all.push((finding, at(&["weight_economic"])));
    }
}

fn ability(section: &Compensation, all: &mut Vec<Found>) {
    let asked = section.models.contains(&ModelName::AbilityToPay);
    let Some(ability) = &section.ability else {
        if asked {
            let finding = Finding::error("compensation_ability", "the model needs Engel coefficients")
                .expected("[compensation.ability] with engel and source")
                .hint("the share of food in what people spend, e.g. 0.3; statistics of the province have it");
            all.push((finding, at(&["models"])));
        }
        return;
    };
    let mut engel = |value: f64, keys: &[&str]| {
        if !(value.is_finite() && value > 0.0 && value <= 1.0) {
            let finding = Finding::error("compensation_engel", "an Engel coefficient is a share")
                .value(value.to_string())
                .expected("above 0 and at most 1, e.g. 0.3");
            all.push((finding, at(keys)));
        }
    };
    engel(ability.engel, &["ability", "engel"]);
    for (name, value) in &ability.engel_of {
        engel(*value, &["ability", "engel_of", name]);
    }
    if ability.source.trim().is_empty() {
        let finding =
            Finding::error("compensation_source", "the Engel coefficients do not say where they come from");
        all.push((finding, at(&["ability", "source"])));
    }
    if !asked {
        let finding = Finding::warning("compensation_unused", "no model uses [compensation.ability]");
        all.push((finding, at(&["ability"])));
    }
}

fn quota(section: &Compensation, known: &Known, all: &mut Vec<Found>) {
    let asked = section.models.contains(&ModelName::Quota);
    let Some(quota) = &section.quota else {
        if asked {
            let finding = Finding::error("compensation_quota", "the model needs a quota")
                .expected("[compensation.quota] with reduction and by");
            all.push((finding, at(&["models"])));
        }
        return;
    };
    if !(0.0..1.0).contains(&quota.reduction) {
        let finding = Finding::error("compensation_quota", "the reduction is a share of what is emitted")
            .value(quota.reduction.to_string())
            .expected("0 to below 1, e.g. 0.05");
        all.push((finding, at(&["quota", "reduction"])));
    }
    if quota.by == QuotaBasis::History && known.years.len() < 2 {
        let finding = Finding::error("compensation_quota", "a quota by history needs several years")
            .expected("by = \"benchmark\" or \"entropy\"");
        all.push((finding, at(&["quota", "by"])));
    }
    let mut indicators = quota.indicators.clone();
    indicators.sort_unstable();
    indicators.dedup();
    let entropy = quota.by == QuotaBasis::Entropy;
    if entropy && (indicators.len() < 2 || indicators.len() < quota.indicators.len()) {
        let finding = Finding::error("compensation_quota", "entropy weights need two indicators, each once")
            .expected("of gross, sink, population, gdp, area");
        all.push((finding, at(&["quota", "indicators"])));
    }
    if !known.gdp && entropy && quota.indicators.iter().any(|i| i.key() == "gdp") {
        let finding = Finding::error("compensation_base", "this study has no GDP of its counties");
        all.push((finding, at(&["quota", "indicators"])));
    }
    costs(quota, all);
    if !asked {
        let finding = Finding::warning("compensation_unused", "no model uses [compensation.quota]");
        all.push((finding, at(&["quota"])));
    }
}

fn costs(quota: &Quota, all: &mut Vec<Found>) {
    let Some(cost) = &quota.cost else { return };
    let mut report = |value: f64, expected: &str, keys: &[&str]| {
        let finding = Finding::error("compensation_cost", "a cost of emitting less is out of range")
            .value(short_number(value))
            .expected(expected);
        all.push((finding, at(keys)));
    };
    let firsts = std::iter::once((None, cost.first_cny_per_t))
        .chain(cost.first_of.iter().map(|(name, value)| (Some(name.as_str()), *value)));
    for (name, value) in firsts {
        if !(0.0..=LARGEST_PRICE).contains(&value) {
            let keys = ["quota", "cost", "first_of", name.unwrap_or_default()];
            let expected = "CNY per tonne, from 0 to 1,000,000";
            report(
                value,
                expected,
                if name.is_some() { &keys } else { &["quota", "cost", "first_cny_per_t"] },
            );
        }
    }
    if !(cost.rise_cny_per_t > 0.0 && cost.rise_cny_per_t <= LARGEST_PRICE) {
        let keys = ["quota", "cost", "rise_cny_per_t"];
        report(cost.rise_cny_per_t, "CNY per tonne, above 0 and at most 1,000,000", &keys);
    }
    if cost.source.trim().is_empty() {
        let finding = Finding::error("compensation_source", "the costs do not say where they come from");
        all.push((finding, at(&["quota", "cost", "source"])));
    }
}
