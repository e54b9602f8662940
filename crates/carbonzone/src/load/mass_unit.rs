//! Units of emissions as tables name them: `co2_mt_2017`, `emissions (kt CO2e)`, `碳排放（万吨）`.

use super::units::{Quantity, other_quantity, plain_powers};
use crate::config::MassUnit;
use carbonzone_sheet::{Cell, Table, normalise_text, parse_number};
use carbonzone_types::{Finding, MoneyUnit, decimal_scaled};

/// Words and the power of ten of tonnes each is.
const TONNES: [(&str, i32); 20] = [
    ("t", 0),
    ("ton", 0),
    ("tons", 0),
    ("tonne", 0),
    ("tonnes", 0),
    ("kt", 3),
    ("ktonnes", 3),
    ("kiloton", 3),
    ("kilotons", 3),
    ("kilotonne", 3),
    ("kilotonnes", 3),
    ("gg", 3),
    ("mt", 6),
    ("mton", 6),
    ("megaton", 6),
    ("megatonnes", 6),
    ("tg", 6),
    ("gt", 9),
    ("pg", 9),
    ("kg", -3),
];
/// The same in Chinese; longer words first.
const TONNES_ZH: [(&str, i32); 7] =
    [("亿吨", 8), ("千万吨", 7), ("百万吨", 6), ("万吨", 4), ("千吨", 3), ("万t", 4), ("吨", 0)];
/// Words in front of a word for tonnes.
const MULTIPLES: [(&str, i32); 9] = [
    ("thousand", 3),
    ("1000", 3),
    ("10000", 4),
    ("万", 4),
    ("千", 3),
    ("百万", 6),
    ("million", 6),
    ("mio", 6),
    ("billion", 9),
];
/// What the tonnes are of, as the end of a word: `mtco2e` are `mt`.
const OF_CO2: [&str; 4] = ["co2eq", "co2e", "co2", "cde"];
/// Tonnes of something else: carbon, coal.
const OF_OTHER: [&str; 9] = ["吨碳", "吨标准煤", "吨标煤", "吨煤", "tc", "ktc", "mtc", "tce", "gtc"];

/// The unit that a label names, with the power of ten of tonnes it is; none for tonnes of something else than CO2, a ratio, and
/// `MT`, which is a metric ton or a million of them.
pub fn in_label(label: &str) -> Option<(String, Option<i32>)> {
    let plain = normalise_text(&plain_powers(label)).replace('噸', "吨");
    let mut lower = plain.to_lowercase();
    // An amount of a year is an amount.
    for year in ["per year", "per_year", "per annum", "/year", "/yr", "/a", "/年"] {
        lower = lower.replace(year, " ");
    }
    if let Some(word) = other_quantity(&lower, Quantity::Money(&MoneyUnit::default())) {
        return Some((word.to_owned(), None));
    }
    let tokens: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).collect();
    let small: Vec<String> = tokens.iter().map(|t| t.to_lowercase()).collect();
    let other = |word: &&str| {
        if word.is_ascii() { small.iter().any(|t| t == word) } else { lower.contains(*word) }
    };
    if let Some(word) = OF_OTHER.iter().find(|w| other(w)) {
        return Some(((*word).to_owned(), None));
    }
    if let Some((word, power)) = TONNES_ZH.iter().find(|(word, _)| lower.contains(word)) {
        return Some(((*word).to_owned(), Some(*power)));
    }
    tokens.iter().enumerate().find_map(|(at, token)| {
        let token_small = &small[at];
        let bare = OF_CO2.iter().find_map(|of| token_small.strip_suffix(of)).unwrap_or(token_small);
        let (_, power) = TONNES.iter().find(|(word, _)| *word == bare)?;
        if token.starts_with("MT") {
            return Some(("MT".to_owned(), None));
        }
        // A year or a number of something else in front is none.
        let before = at.checked_sub(1).map(|b| small[b].as_str());
        let multiple = before.and_then(|b| MULTIPLES.iter().find(|(word, _)| *word == b));
        let (words, more) = multiple.map_or((String::new(), 0), |(word, more)| (format!("{word} "), *more));
        let bare = token.get(..bare.len()).unwrap_or(bare);
        Some((format!("{words}{bare}"), Some(power + more)))
    })
}

/// A unit that a table names; without a power of ten it cannot be converted.
pub struct Named {
    word: String,
    pub power: Option<i32>,
    place: String,
}

/// The unit that a table names for a column of emissions: its header first, then a row of units below, then the title rows.
pub fn named(table: &Table, column: usize) -> Option<Named> {
    let unit = |(word, power): (String, Option<i32>), place: String| Named { word, power, place };
    let label = table.header().label(column);
    let storeys = table.header().labels.get(column).map(Vec::as_slice).unwrap_or_default();
    if let Some(found) = storeys.iter().rev().find_map(|storey| in_label(storey)) {
        return Some(unit(found, format!("the header \"{label}\"")));
    }
    let below = (!table.is_empty())
        .then(|| table.text(0, column))
        .flatten()
        .filter(|text| parse_number(text).is_err());
    if let Some(found) = below.and_then(|text| in_label(&text)) {
        return Some(unit(found, format!("the row of units ({})", table.a1(0, column))));
    }
    let titles = table.sheet().rows[..table.header().row].iter().flatten().filter_map(Cell::raw_text);
    titles.map(|t| normalise_text(&t)).find_map(|title| {
        let behind = ["单位", "unit"].iter().find_map(|w| Some(title.to_lowercase().find(w)? + w.len()))?;
        let found = in_label(title.get(behind..)?)?;
        Some(unit(found, format!("the title \"{title}\"")))
    })
}

/// What one of a column of emissions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnUnit {
    /// This power of ten of tonnes of CO2e.
    Tonnes(i32),
    /// Nothing says so: only the parts of the whole count.
    Unnamed,
    /// Something that cannot be converted.
    Unusable,
}

impl ColumnUnit {
    /// A number of the column in tonnes, or as it is.
    pub fn of(self, value: f64) -> Option<f64> {
        match self {
            Self::Tonnes(power) => Some(decimal_scaled(value, power)),
            Self::Unnamed => Some(value),
            Self::Unusable => None,
        }
    }
}

/// The unit of a column, with what is to be told: the configured one holds; without it, the one that the table names.
pub fn of_column(
    table: &Table,
    column: usize,
    configured: Option<MassUnit>,
) -> (ColumnUnit, Option<Finding>) {
    to_use(named(table, column), configured, ZONES)
}

/// The same of a field of a layer.
pub fn of_field(field: &str, configured: Option<MassUnit>, key: Key) -> (ColumnUnit, Option<Finding>) {
    let unit = in_label(field).map(|(word, power)| Named {
        word,
        power,
        place: format!("the field name \"{field}\""),
    });
    to_use(unit, configured, key)
}

/// The key that sets a unit, and its section.
pub type Key = [&'static str; 2];
pub const ZONES: Key = ["emissions_unit", "layers.zones"];
/// Of the tonnes of plants.
pub const PLANTS: Key = ["unit", "layers.point_sources"];

fn to_use(
    unit: Option<Named>,
    configured: Option<MassUnit>,
    [key, section]: Key,
) -> (ColumnUnit, Option<Finding>) {
    let set = configured.map(MassUnit::power);
    let Some(Named { word, power, place }) = unit else {
        return (set.map_or(ColumnUnit::Unnamed, ColumnUnit::Tonnes), None);
    };
    match (power, set) {
        (power, Some(set)) => {
            let message = format!("{place} says {word}, but {key} = {} is used", unit_name(set));
            let finding = (power != Some(set)).then(|| Finding::warning("unit_suspect", message));
            (ColumnUnit::Tonnes(set), finding)
        }
        (None, None) => {
            let message =
                format!("{place} names {word}, which cannot be converted: the numbers are not used");
            let hint = format!(
                "say what one unit is, of CO2e: {key} = \"t\", \"kt\", \"1e4 t\" or \"Mt\" in [{section}]"
            );
            (ColumnUnit::Unusable, Some(Finding::error("unit_suspect", message).hint(hint)))
        }
        (Some(power), None) => {
            let factor = decimal_scaled(1.0, power);
            let message = format!("{place} says {word}: numbers are multiplied by {factor} to give t");
            let finding = (power != 0).then(|| Finding::info("unit_converted", message));
            (ColumnUnit::Tonnes(power), finding)
        }
    }
}

/// The unit of the pipeline file that is this power of ten of tonnes, if there is one.
pub fn unit_name(power: i32) -> &'static str {
    MassUnit::ALL.into_iter().find(|unit| unit.power() == power).map_or("", MassUnit::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_emissions_stand_in_headers_in_many_ways() {
        for (label, power) in [
            ("co2_mt_2017", 6),
            ("CO2_Mt_2017", 6),
            ("emissions (kt CO2e)", 3),
            ("ktCO2e", 3),
            ("t_co2e", 0),
            ("tCO2", 0),
            ("GHG [Gg CO2eq]", 3),
            ("co2 (million tonnes)", 6),
            ("co2 (1000 t)", 3),
            ("碳排放（万吨）", 4),
            ("碳排放量/百万吨", 6),
            ("碳排放（10⁴吨）", 4),
            ("碳排放（萬噸）", 4),
            ("CO2排放量_吨", 0),
            ("排放（万t）", 4),
            ("co2_kg", -3),
            ("CO2 (t per year)", 0),
            ("gross_t_per_year", 0),
            ("排放量（万吨/年）", 4),
            ("kt CO2e/a", 3),
        ] {
            assert_eq!(in_label(label).and_then(|u| u.1), Some(power), "{label}");
        }
        // A metric ton or a million, carbon, coal, a ratio: nobody can tell, or it is not CO2.
        for label in [
            "CO2_MT_2017",
            "MTCO2e",
            "碳排放（万吨碳）",
            "能耗（吨标准煤）",
            "emissions (tC)",
            "人均排放（吨）",
            "t CO2 per capita",
        ] {
            assert!(in_label(label).is_some_and(|u| u.1.is_none()), "{label}");
        }
        for label in ["co2", "emissions 2017", "碳排放量", "co2_total", "GHG"] {
            assert_eq!(in_label(label), None, "{label}");
        }
    }
}
