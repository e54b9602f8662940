//! What is advised for every unit because of its own numbers, with the numbers that call for it.

use crate::number::{grouped, limit as shown_limit, significant};
use crate::{Label, hinges, words};
use carbonzone_types::{
    AttributeTable, ExactSum, IndicatorRecord, MoneyUnit, RunManifest, compensating_rate, money,
};
use carbonzone_zoning::indices::EccDirection;
use carbonzone_zoning::measures::{Condition, Measure, Profile, emissions_for, sinks_for};
use carbonzone_zoning::{ZoningConfig, ZoningScheme};
use std::collections::BTreeMap;

/// A measure of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Advised {
    /// Its name in the list.
    pub key: String,
    /// What is advised.
    pub text: Label,
    /// The numbers that call for it.
    pub because: Label,
    /// Where the measure comes from.
    pub source: String,
}

/// The measures of every row of a table of units, in the order of the list: that of the pipeline file, else the one that comes
/// with the program. `table` must hold one year only.
pub fn advised(manifest: &RunManifest, table: &AttributeTable) -> Vec<Vec<Advised>> {
    let config =
        manifest.pipeline.get("zoning").and_then(|z| serde_json::from_value::<ZoningConfig>(z.clone()).ok());
    let own = config.as_ref().map(|c| c.measures.as_slice()).filter(|own| !own.is_empty());
    let measures = own.unwrap_or(Measure::shipped());
    let units = Units::of(manifest, table, config.as_ref());
    let home = in_china(manifest, table);
    let of_row = |row: usize| {
        let unit = units.unit(row);
        let one = |m: &Measure| {
            m.called_for(&unit.profile)?;
            let text = m.text.statement();
            Some(Advised {
                key: m.key.clone(),
                text: Label::new(text.en, text.zh),
                because: because(&m.when, &unit, &units),
                source: if own.is_none() && !home { elsewhere(&m.source) } else { m.source.clone() },
            })
        };
        measures.iter().filter_map(one).collect()
    };
    (0..table.rows()).map(of_row).collect()
}

/// Datums of national CRSs of China, as WKT and EPSG name them.
const DATUMS: [&str; 5] = ["CGCS2000", "China 2000", "China_2000", "Xian", "Beijing"];

/// True for a place in China, whose state policy the shipped measures cite: its CRS is on a datum of China, or its GDP is in CNY.
fn in_china(manifest: &RunManifest, table: &AttributeTable) -> bool {
    let yuan =
        |name: &str| name.starts_with("gdp_") && MoneyUnit::of_field(name).is_some_and(|m| m.is_yuan());
    DATUMS.iter().any(|d| manifest.crs_wkt.contains(d)) || table.columns.iter().any(|c| yuan(&c.name))
}

/// The source of a shipped measure for a place elsewhere: what China's state policy says is not cited there.
fn elsewhere(source: &str) -> String {
    if source.starts_with("State Council") { ELSEWHERE.to_owned() } else { source.to_owned() }
}

/// What stands in the place of a policy that does not hold there.
const ELSEWHERE: &str = "carbonzone's list: choice and condition ours; no policy of this place was read";

/// Land groups that are farmland.
const CROPLAND: [&str; 3] = ["cultivated", "cultivated_garden", "garden"];

/// An index that zoning cuts: how it is called, its cuts, and the values of the units.
struct Axis<'a> {
    name: &'static str,
    indicator: &'a IndicatorRecord,
    values: Vec<Option<f64>>,
    /// Units whose emissions make the total of the index.
    counts: Vec<bool>,
    total_t: f64,
}

/// The columns that profiles are made of.
struct Units<'a> {
    gross: Vec<Option<f64>>,
    sink: Vec<Option<f64>>,
    sink_total: f64,
    sectors: Vec<(&'a str, Vec<Option<f64>>, f64)>,
    gross_total: f64,
    /// Gross emissions per base and per base of all units together: `gdp`, `person`, `area`.
    intensities: Vec<(&'static str, Vec<Option<f64>>)>,
    axes: Vec<Axis<'a>>,
    /// Tonnes of each unit by land group that a rule names alone, and its sinks on farmland and elsewhere.
    by_land: Vec<BTreeMap<&'a str, f64>>,
    /// Tonnes of each unit that the sector industry has on municipal utilities.
    supply: Vec<f64>,
    sinks: Vec<[f64; 2]>,
    gdp_derived: Vec<bool>,
}

/// A unit: its profile, and for the gaps of its indices the value, the threshold and the tonnes.
struct Unit {
    profile: Profile,
    /// True if its GDP is derived instead of reported.
    gdp_derived: bool,
    gaps: BTreeMap<String, Gap>,
}

#[derive(Clone, Copy)]
struct Gap {
    value: f64,
    threshold: f64,
    tonnes: f64,
}

fn column(table: &AttributeTable, field: &str) -> Vec<Option<f64>> {
    let values = table.numbers(field).unwrap_or_else(|| vec![None; table.rows()]);
    values.into_iter().map(|v| v.filter(|v| v.is_finite())).collect()
}

fn sum(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().collect::<ExactSum>().value()
}

impl<'a> Units<'a> {
    fn of(manifest: &'a RunManifest, table: &AttributeTable, config: Option<&ZoningConfig>) -> Self {
        let gross = column(table, "gross_t");
        let sink = column(table, "sink_t");
        let sector = |s: &'a String| {
            let values = column(table, &format!("{s}_t"));
            let total = sum(&values);
            (s.as_str(), values, total)
        };
        let bases = [
            ("gdp", money::column_of(table, money::GDP)),
            ("person", "population_persons"),
            ("area", "area_m2"),
        ];
        let intensities = bases.map(|(name, field)| (name, against_all(&gross, &column(table, field))));
        let ByRule { by_land, supply, sinks } = by_rule(manifest, table);
        Self {
            gross_total: sum(&gross),
            sink_total: sum(&sink),
            sectors: manifest.sectors.iter().map(sector).collect(),
            intensities: intensities.into_iter().collect(),
            axes: axes(manifest, table, config, &gross),
            by_land,
            supply,
            sinks,
            gdp_derived: hinges::gdp_derived(table),
            gross,
            sink,
        }
    }

    fn unit(&self, row: usize) -> Unit {
        let mut unit =
            Unit { profile: Profile::new(), gdp_derived: self.gdp_derived[row], gaps: BTreeMap::new() };
        let Some(gross) = self.gross[row].filter(|g| *g > 0.0) else { return unit };
        let mut put = |key: String, value: Option<f64>| unit.profile.extend(value.map(|v| (key, v)));
        for (sector, values, total) in &self.sectors {
            let share = values[row].filter(|t| *t > 0.0).map(|t| t / gross);
            put(format!("share.{sector}"), share.map(|s| 100.0 * s));
            let mean = total / self.gross_total;
            put(format!("over_mean.{sector}"), share.filter(|_| mean > 0.0).map(|s| s / mean));
        }
        // Supply stands on land of its own: what is left of industry makes things.
        if let Some((_, values, _)) = self.sectors.iter().find(|(s, ..)| *s == INDUSTRY) {
            let industry_t = values[row].unwrap_or(0.0);
            let supply_t = self.supply[row].min(industry_t);
            let of = |t: f64| (t > 0.0).then(|| 100.0 * t / gross);
            put("share.supply".to_owned(), of(supply_t));
            put("share.manufacturing".to_owned(), of(industry_t - supply_t));
        }
        for (land, t) in &self.by_land[row] {
            put(format!("land.{land}"), Some(100.0 * t / gross));
        }
        for (name, values) in &self.intensities {
            put(format!("intensity.{name}"), values[row]);
        }
        put(
            "ccr".to_owned(),
            self.sink[row]
                .filter(|_| self.sink_total > 0.0)
                .and_then(|a| compensating_rate(a, gross))
                .map(|ccr| 100.0 * ccr),
        );
        let [cropland, green] = self.sinks[row];
        if cropland + green > 0.0 {
            put("sinks.cropland".to_owned(), Some(100.0 * cropland / (cropland + green)));
            put("sinks.green".to_owned(), Some(100.0 * green / (cropland + green)));
        }
        for axis in &self.axes {
            self.gaps(axis, row, gross, &mut unit);
        }
        unit
    }

    /// How far an index is from its next level, and from losing the one it has.
    fn gaps(&self, axis: &Axis<'_>, row: usize, gross: f64, unit: &mut Unit) {
        let Some(value) = axis.values[row].filter(|_| axis.counts[row] && axis.total_t > 0.0) else { return };
        let c = gross / axis.total_t;
        let share = value * c;
        let mut put = |key: &str, threshold: f64, factor: Option<f64>, of_t: f64| {
            let Some(change) = factor.map(|f| (f - 1.0).abs()) else { return };
            let key = format!("{key}.{}", axis.name);
            unit.profile.insert(key.clone(), 100.0 * change);
            unit.gaps.insert(key, Gap { value, threshold, tonnes: change * of_t });
        };
        let cuts = &axis.indicator.thresholds;
        let next = cuts.iter().copied().filter(|t| value < *t).min_by(f64::total_cmp);
        let held = cuts.iter().copied().filter(|t| value > *t).max_by(f64::total_cmp);
        if let Some(next) = next {
            put("cut", next, emissions_for(next, share, c), gross);
            let sinks = self.sink[row].filter(|a| *a > 0.0 && axis.name == "ecological");
            if let Some(sink) = sinks {
                put("add_sinks", next, sinks_for(next, sink / self.sink_total, c), sink);
            }
        }
        if let Some(held) = held {
            put("room", held, emissions_for(held, share, c), gross);
        }
    }
}

/// `(c/x) / (C/X)` over the units of which both are known.
fn against_all(gross: &[Option<f64>], base: &[Option<f64>]) -> Vec<Option<f64>> {
    let pairs: Vec<Option<(f64, f64)>> =
        gross.iter().zip(base).map(|(c, x)| c.zip(x.filter(|x| *x > 0.0))).collect();
    let of = |f: fn(&(f64, f64)) -> f64| pairs.iter().flatten().map(f).collect::<ExactSum>().value();
    let (all_c, all_x) = (of(|p| p.0), of(|p| p.1));
    let one =
        |pair: &Option<(f64, f64)>| pair.filter(|_| all_c > 0.0).map(|(c, x)| (c / x) / (all_c / all_x));
    pairs.iter().map(one).collect()
}

/// The two indices of the scheme, where they are the quotients that gaps can be computed of.
fn axes<'a>(
    manifest: &'a RunManifest,
    table: &AttributeTable,
    config: Option<&ZoningConfig>,
    gross: &[Option<f64>],
) -> Vec<Axis<'a>> {
    let Some(scheme): Option<ZoningScheme> = config.and_then(|c| c.resolve().ok()) else { return Vec::new() };
    let gdp = column(table, money::column_of(table, money::GDP));
    let mut out = Vec::new();
    for (name, of) in [("economic", &scheme.economic), ("ecological", &scheme.ecological)] {
        let indicator = manifest.indicators.iter().find(|i| i.key == of.column);
        let plain = name == "ecological" || scheme.ecc_direction == EccDirection::GdpOverEmission;
        let Some(indicator) = indicator.filter(|_| plain) else { continue };
        let counts: Vec<bool> = gdp.iter().map(|g| name == "ecological" || g.is_some()).collect();
        let counted = gross.iter().zip(&counts).filter_map(|(c, counts)| c.filter(|_| *counts));
        let total_t = counted.collect::<ExactSum>().value();
        out.push(Axis { name, indicator, values: column(table, &of.column), counts, total_t });
    }
    out
}

/// The sector of manufacturing, mining and supply.
const INDUSTRY: &str = "industry";
/// The land of power, heat, gas and water supply.
const UTILITIES: &str = "municipal_utilities";

/// Tonnes of every unit by what rules say of them.
struct ByRule<'a> {
    by_land: Vec<BTreeMap<&'a str, f64>>,
    supply: Vec<f64>,
    sinks: Vec<[f64; 2]>,
}

/// Gross tonnes by land group that a rule names alone, and sinks on farmland and elsewhere: from the rules of a run on parcels, or
/// from the columns `sink_<class>_t` of a study without them.
fn by_rule<'a>(manifest: &'a RunManifest, table: &AttributeTable) -> ByRule<'a> {
    let n = table.rows();
    let mut out =
        ByRule { by_land: vec![BTreeMap::new(); n], supply: vec![0.0; n], sinks: vec![[0.0; 2]; n] };
    let ids = table.texts("unit_id").unwrap_or_default();
    let rows: BTreeMap<&str, usize> =
        ids.iter().enumerate().filter_map(|(row, id)| Some((id.as_deref()?, row))).collect();
    let rules: BTreeMap<&str, _> = manifest.rules.iter().map(|r| (r.id.as_str(), r)).collect();
    for part in &manifest.contributions {
        let (Some(&row), Some(rule)) = (rows.get(part.zone.as_str()), rules.get(part.rule.as_str())) else {
            continue;
        };
        let farmland = rule.land_groups.iter().all(|g| CROPLAND.contains(&g.as_str()));
        if rule.sector == "sink" {
            out.sinks[row][usize::from(!farmland)] += part.amount_t;
        } else if let [land] = rule.land_groups.as_slice() {
            *out.by_land[row].entry(land).or_default() += part.amount_t;
            if rule.sector == INDUSTRY && land == UTILITIES {
                out.supply[row] += part.amount_t;
            }
        }
    }
    for field in table.columns.iter().map(|c| &c.name) {
        let Some(class) = field.strip_prefix("sink_").and_then(|f| f.strip_suffix("_t")) else { continue };
        for (row, t) in column(table, field).into_iter().enumerate() {
            out.sinks[row][usize::from(!CROPLAND.contains(&class))] += t.unwrap_or(0.0).max(0.0);
        }
    }
    out
}

fn because(when: &[Condition], unit: &Unit, units: &Units<'_>) -> Label {
    let all: Vec<Label> = when.iter().map(|c| told(c, unit, units)).collect();
    let join = |f: fn(&Label) -> &str, between: &str| all.iter().map(f).collect::<Vec<_>>().join(between);
    let mut out = Label::new(join(|l| &l.en, "; "), join(|l| &l.zh, "；"));
    // The way by sinks stands beside that by emissions.
    let by_sinks = "add_sinks.ecological";
    if when.iter().any(|c| c.quantity == "cut.ecological") && !when.iter().any(|c| c.quantity == by_sinks) {
        let also = if unit.profile.contains_key(by_sinks) {
            told(&Condition { quantity: by_sinks.to_owned(), ..Condition::default() }, unit, units)
        } else {
            Label::new("no amount of sinks of its own would do", "仅靠自身增汇无法达到")
        };
        out = out.then(&Label::new("; ", "；")).then(&also);
    }
    out
}

/// Sinks that would have to more than double are no way to a target, in percent.
const DOUBLED: f64 = 100.0;

/// A number and its limit in words.
fn told(condition: &Condition, unit: &Unit, units: &Units<'_>) -> Label {
    let value = unit.profile.get(&condition.quantity).copied().unwrap_or(f64::NAN);
    let (family, of) = condition.quantity.split_once('.').unwrap_or((&condition.quantity, ""));
    let pct = format!("{} %", significant(value, 3));
    let times = significant(value, 3);
    let sector = match of {
        "manufacturing" => Label::new("Manufacturing and mining", "制造业和采矿业"),
        "supply" => Label::new("Supply of power, heat, gas and water", "电力、热力、燃气及水的供应"),
        of => words::sector(of),
    };
    let land = words::land_group(of);
    let gap = unit.gaps.get(&condition.quantity);
    let index =
        units.axes.iter().find(|a| a.name == of).map(|a| a.indicator.key.to_uppercase()).unwrap_or_default();
    let of_gap = |f: &dyn Fn(&str, String, String, String) -> Label| {
        gap.map_or_else(Label::default, |g| {
            f(&index, significant(g.value, 3), shown_limit(g.threshold), grouped(g.tonnes, 0))
        })
    };
    let said = match family {
        "share" => Label::new(
            format!("{}: {pct} of its gross emissions", sector.en),
            format!("{}占其碳排放总量的 {pct}", sector.zh),
        ),
        "over_mean" => Label::new(
            format!("the share of {} is {times} × that of all units together", sector.en.to_lowercase()),
            format!("{}占比为全部单元合计的 {times} 倍", sector.zh),
        ),
        "land" => Label::new(
            format!("{pct} of its gross emissions lie on land of the type: {}", land.en.to_lowercase()),
            format!("{}承载其碳排放总量的 {pct}", land.zh),
        ),
        "intensity" => {
            let (en, zh) = match of {
                "gdp" => ("per GDP", "单位 GDP "),
                "person" => ("per person", "人均"),
                _ => ("per area", "单位面积"),
            };
            Label::new(
                format!("its emissions {en} are {times} × those of all units together"),
                format!("其{zh}碳排放为全部单元合计的 {times} 倍"),
            )
        }
        "ccr" => Label::new(
            format!("its sinks take up {pct} of what it emits (CCR)"),
            format!("其碳汇吸收自身碳排放的 {pct}（碳补偿率）"),
        ),
        "sinks" if of == "cropland" => Label::new(
            format!("{pct} of its sinks are on farmland"),
            format!("其碳汇的 {pct} 来自耕地和园地"),
        ),
        "sinks" => Label::new(
            format!("{pct} of its sinks are on other land than farmland"),
            format!("其碳汇的 {pct} 来自耕地和园地以外的用地"),
        ),
        "cut" => of_gap(&|index, value, threshold, t| {
            Label::new(
                format!(
                    "{index} {value} is below {threshold}: emissions lower by {pct} ({t} t) would reach it, all else the same"
                ),
                format!("{index} 为 {value}，低于 {threshold}：其他不变时，减排 {pct}（{t} t）即可达到"),
            )
        }),
        "add_sinks" if value > DOUBLED => of_gap(&|_, _, threshold, t| {
            Label::new(
                format!(
                    "by sinks alone they would have to grow by {pct} ({t} t) for {threshold}: emissions decide"
                ),
                format!("仅靠增汇须增加 {pct}（{t} t）才能达到 {threshold}：关键在于减排"),
            )
        }),
        "add_sinks" => of_gap(&|_, _, threshold, t| {
            Label::new(
                format!("or sinks higher by {pct} ({t} t) for {threshold}"),
                format!("或增汇 {pct}（{t} t）达到 {threshold}"),
            )
        }),
        _ => of_gap(&|index, value, threshold, t| {
            Label::new(
                format!(
                    "{index} {value} is above {threshold}: emissions higher by {pct} ({t} t) would lose it, the rest of the city as it is"
                ),
                format!(
                    "{index} 为 {value}，高于 {threshold}：全市其他部分不变时，排放增加 {pct}（{t} t）即降级"
                ),
            )
        }),
    };
    let on_gdp = matches!(condition.quantity.as_str(), "intensity.gdp" | "cut.economic" | "room.economic");
    let derived = if on_gdp && unit.gdp_derived { hinges::derived_note() } else { Label::default() };
    said.then(&limit(condition, family)).then(&derived)
}

/// The limit of a condition; gaps carry theirs.
fn limit(condition: &Condition, family: &str) -> Label {
    let unit = if matches!(family, "over_mean" | "intensity") { "" } else { " %" };
    let shown = |v: f64| format!("{}{unit}", crate::number::shortest(v));
    match (condition.at_least, condition.below) {
        (Some(0.0) | None, None) => Label::default(),
        (Some(a), Some(b)) => Label::new(
            format!(" (limits {} to {})", shown(a), shown(b)),
            format!("（界限 {} 至 {}）", shown(a), shown(b)),
        ),
        (Some(t), None) => {
            Label::new(format!(" (limit: {} or more)", shown(t)), format!("（界限：≥ {}）", shown(t)))
        }
        (None, Some(t)) => {
            Label::new(format!(" (limit: below {})", shown(t)), format!("（界限：< {}）", shown(t)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::{ColumnData, Contribution, RuleRecord};

    /// Two units with 100 t each: `works` makes things, `plant` only supplies; the second has nearly all sinks.
    fn run() -> (RunManifest, AttributeTable) {
        let rule = |id: &str, land: &str| RuleRecord {
            id: id.to_owned(),
            sector: "industry".to_owned(),
            land_groups: vec![land.to_owned()],
            ..RuleRecord::default()
        };
        let part = |zone: &str, rule: &str, amount_t: f64| Contribution {
            zone: zone.to_owned(),
            rule: rule.to_owned(),
            amount_t,
        };
        let esc =
            IndicatorRecord { key: "esc".to_owned(), thresholds: vec![1.0], ..IndicatorRecord::default() };
        let manifest = RunManifest {
            sectors: vec!["industry".to_owned()],
            rules: vec![rule("manufacturing", "industrial"), rule("supply", UTILITIES)],
            contributions: vec![
                part("works", "manufacturing", 70.0),
                part("works", "supply", 10.0),
                part("plant", "supply", 80.0),
            ],
            indicators: vec![esc],
            pipeline: serde_json::json!({"zoning": {"scheme": "suzhou_four_zones"}}),
            ..RunManifest::default()
        };
        let real = |v: [f64; 2]| ColumnData::reals(&v);
        let table = AttributeTable::new()
            .with("unit_id", ColumnData::texts(&["works", "plant"].map(str::to_owned)))
            .with("industry_t", real([80.0, 80.0]))
            .with("gross_t", real([100.0, 100.0]))
            .with("sink_t", real([1.0, 50.0]))
            .with("esc", real([2.0 / 51.0, 100.0 / 51.0]));
        (manifest, table)
    }

    #[test]
    fn works_and_plants_are_told_apart_and_no_tonne_stands_behind_two_measures() {
        let (manifest, table) = run();
        let all = advised(&manifest, &table);
        let of = |row: usize, key: &str| all[row].iter().find(|a| a.key == key);
        let works = of(0, "industry").unwrap();
        assert_eq!(
            works.because.en,
            "Manufacturing and mining: 70.0 % of its gross emissions (limit: 20 or more)"
                .replace("20 or", "20 % or")
        );
        assert!(of(0, "supply").is_none(), "10 % are below the limit");
        // Where there are no works, nobody is told to audit them.
        assert!(of(1, "industry").is_none());
        let plant = of(1, "supply").unwrap();
        assert!(plant.because.en.starts_with("Supply of power, heat, gas and water: 80.0 %"), "{plant:?}");
        assert!(plant.because.zh.starts_with("电力、热力、燃气及水的供应占其碳排放总量的 80.0 %"));
    }

    #[test]
    fn the_policy_of_china_is_cited_in_china_only() {
        let (mut manifest, table) = run();
        let source = |m: &RunManifest, t: &AttributeTable| advised(m, t)[0][0].source.clone();
        // Neither a datum of China nor a GDP in its money.
        assert_eq!(source(&manifest, &table), ELSEWHERE);
        let yuan = table.clone().with("gdp_1e4cny", ColumnData::reals(&[1.0, 2.0]));
        assert!(source(&manifest, &yuan).starts_with("State Council"));
        let euro = table.clone().with("gdp_1e6eur", ColumnData::reals(&[1.0, 2.0]));
        assert_eq!(source(&manifest, &euro), ELSEWHERE);
        manifest.crs_wkt = "PROJCRS[\"CGCS2000 / 3-degree Gauss-Kruger CM 120E\"]".to_owned();
        assert!(source(&manifest, &table).starts_with("State Council"));
        // A list of the pipeline file keeps its own sources.
        manifest.crs_wkt = String::new();
        manifest.pipeline["zoning"]["measures"] = serde_json::json!([{
            "key": "own", "when": [{"quantity": "share.industry", "at_least": 1.0}],
            "text": {"en": "Do it."}, "source": "State Council, quoted by the user"
        }]);
        assert_eq!(source(&manifest, &table), "State Council, quoted by the user");
    }

    #[test]
    fn sinks_that_would_have_to_more_than_double_are_no_way() {
        let (manifest, table) = run();
        let all = advised(&manifest, &table);
        let gap = all[0].iter().find(|a| a.key == "ecological_gap").unwrap();
        // 1 t of 51 against half of the emissions: 50 t more sinks.
        assert!(
            gap.because.en.contains("by sinks alone they would have to grow by 4,900 % (49 t)"),
            "{}",
            gap.because.en
        );
        assert!(gap.because.zh.contains("关键在于减排"));
        let first = all[0].iter().find(|a| a.key == "cut_first").unwrap();
        assert!(first.text.en.contains("Keep and add sinks second") && !first.text.en.contains("Do not"));
    }
}
