//! Units of people and money as tables name them: in brackets of a header, in a row of units, in a title row.

use carbonzone_sheet::{Cell, Table, normalise_text};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Persons.
    Persons,
    /// GDP in 1e4 CNY.
    Money,
}

/// Words for people and how many persons each is; longer words first.
const PERSONS: [(&str, f64); 14] = [
    ("百万人", 1e6),
    ("millionpersons", 1e6),
    ("millionpeople", 1e6),
    ("tenthousandpersons", 1e4),
    ("thousandpersons", 1e3),
    ("10000persons", 1e4),
    ("1000persons", 1e3),
    ("千人", 1e3),
    ("万人", 1e4),
    ("亿人", 1e8),
    ("persons", 1.0),
    ("people", 1.0),
    ("人次", f64::NAN),
    ("人", 1.0),
];

/// Words for money and how many 1e4 CNY each is; longer words first. NaN: another currency.
const MONEY: [(&str, f64); 23] = [
    ("美元", f64::NAN),
    ("欧元", f64::NAN),
    ("港元", f64::NAN),
    ("usd", f64::NAN),
    ("100millionyuan", 1e4),
    ("100millioncny", 1e4),
    ("100millionrmb", 1e4),
    ("billionyuan", 1e5),
    ("millionyuan", 1e2),
    ("millioncny", 1e2),
    ("10000yuan", 1.0),
    ("10000cny", 1.0),
    ("1e4cny", 1.0),
    ("万亿元", 1e8),
    ("千万元", 1e3),
    ("百万元", 1e2),
    ("亿元", 1e4),
    ("千元", 0.1),
    ("万元", 1.0),
    ("元", 1e-4),
    ("yuan", 1e-4),
    ("rmb", 1e-4),
    ("cny", 1e-4),
];

/// A unit that a table names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedUnit {
    /// As the table writes it, e.g. `万人`.
    pub word: String,
    /// How many persons, or 1e4 CNY, it is; NaN if it cannot be converted.
    pub factor: f64,
    /// Where it stands, in words.
    pub place: String,
}

/// The unit that a table names for a column: its header first, then a row of units below, then the title rows.
pub fn named_unit(table: &Table, column: usize, quantity: Quantity) -> Option<NamedUnit> {
    let at = |(word, factor): (&str, f64), place: String| NamedUnit { word: word.to_owned(), factor, place };
    let label = table.header().label(column);
    let storeys = table.header().labels.get(column).map(Vec::as_slice).unwrap_or_default();
    if let Some(unit) = storeys.iter().rev().find_map(|storey| in_label(storey, quantity)) {
        return Some(at(unit, format!("the header \"{label}\"")));
    }
    if let Some(unit) =
        unit_row(table).then(|| table.text(0, column)).flatten().and_then(|t| alone(&t, quantity))
    {
        return Some(at(unit, format!("the row of units ({})", table.a1(0, column))));
    }
    let titles = &table.sheet().rows[..table.header().row];
    let texts = titles.iter().flatten().filter_map(Cell::raw_text);
    texts.map(|t| normalise_text(&t)).find_map(|title| {
        let units = title.to_lowercase();
        let behind = ["单位", "unit"].iter().find_map(|w| units.find(w).map(|i| i + w.len()))?;
        let found = all_in(&units[behind..], quantity);
        let first = *found.first()?;
        // Two units of one kind: nobody can tell which column has which.
        let factor =
            if found.iter().all(|(_, f)| f.to_bits() == first.1.to_bits()) { first.1 } else { f64::NAN };
        Some(at((first.0, factor), format!("the title \"{title}\"")))
    })
}

/// Whether the first row below the header names units instead of holding numbers.
pub fn unit_row(table: &Table) -> bool {
    let is_unit = |t: &String| alone(t, Quantity::Persons).or_else(|| alone(t, Quantity::Money)).is_some();
    !table.is_empty() && (0..table.labels().len()).filter_map(|c| table.text(0, c)).any(|t| is_unit(&t))
}

/// The unit in the brackets of a label, behind its last separator, or at its end.
pub fn in_label(label: &str, quantity: Quantity) -> Option<(&'static str, f64)> {
    let label = normalise_text(label).to_lowercase();
    if let Some((_, inside)) = label.split_once(['(', '[']) {
        let inside = inside.trim_end_matches([')', ']']);
        if inside.contains("/人") || label.contains("人均") {
            return None;
        }
        return all_in(inside, quantity).first().copied();
    }
    let tail = label.rsplit(['/', ':', '_', ',']).next().unwrap_or("");
    let with_multiple = |word: &str| word.starts_with(['万', '亿', '千', '百']) && label.ends_with(word);
    alone(tail, quantity).or_else(|| words(quantity).iter().find(|(w, _)| with_multiple(w)).copied())
}

/// The unit, if a text is nothing else.
fn alone(text: &str, quantity: Quantity) -> Option<(&'static str, f64)> {
    let text = squeezed(text);
    words(quantity).iter().find(|(word, _)| *word == text).copied()
}

/// All units in a text, longer words first.
fn all_in(text: &str, quantity: Quantity) -> Vec<(&'static str, f64)> {
    let mut rest = squeezed(text);
    let mut found = Vec::new();
    for (word, factor) in words(quantity) {
        if rest.contains(word) {
            rest = rest.replace(word, " ");
            found.push((*word, *factor));
        }
    }
    found
}

/// Without blanks, commas and brackets, in small letters.
fn squeezed(text: &str) -> String {
    let kept = normalise_text(text);
    kept.chars().filter(|c| !" ,()[]".contains(*c)).flat_map(char::to_lowercase).collect()
}

fn words(quantity: Quantity) -> &'static [(&'static str, f64)] {
    match quantity {
        Quantity::Persons => &PERSONS,
        Quantity::Money => &MONEY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_sheet::{ColumnSpec, ReadOptions, table_from_bytes};

    fn unit(csv: &str, column: &str, quantity: Quantity) -> Option<(String, f64)> {
        let specs = [ColumnSpec::required("id", &["id", "乡镇"]), ColumnSpec::required("x", &[column])];
        let table = table_from_bytes(csv.as_bytes(), "t.csv", &ReadOptions::default(), &specs).unwrap();
        let column = table.required(&specs[1]).unwrap();
        named_unit(&table, column, quantity).map(|u| (u.word, u.factor))
    }

    #[test]
    fn units_in_headers_rows_and_titles_are_found() {
        use Quantity::{Money, Persons};
        let found = |word: &str, factor: f64| Some((word.to_owned(), factor));
        assert_eq!(unit("id,人口（万人）\na,1\n", "人口", Persons), found("万人", 1e4));
        assert_eq!(unit("id,人口【千人】\na,1\n", "人口", Persons), found("千人", 1e3));
        assert_eq!(unit("id,常住人口_万人\na,1\n", "常住人口_万人", Persons), found("万人", 1e4));
        assert_eq!(
            unit("id,\"population (10,000 persons)\"\na,1\n", "population", Persons),
            found("10000persons", 1e4)
        );
        assert_eq!(unit("id,GDP/亿元\na,1\n", "GDP/亿元", Money), found("亿元", 1e4));
        assert_eq!(unit("id,gdp (million yuan)\na,1\n", "gdp", Money), found("millionyuan", 1e2));
        assert_eq!(unit("id,pop,gdp\n单位,万人,亿元\na,1,2\n", "gdp", Money), found("亿元", 1e4));
        let titled = "2020年各乡镇主要指标,,\n单位：万人、亿元,,\nid,pop,gdp\na,1,2\n";
        assert_eq!(unit(titled, "pop", Persons), found("万人", 1e4));
        assert_eq!(unit(titled, "gdp", Money), found("亿元", 1e4));
        assert_eq!(unit("id,人口（人）\na,1\n", "人口", Persons), found("人", 1.0));
    }

    #[test]
    fn what_names_no_unit_or_several_is_not_guessed() {
        use Quantity::{Money, Persons};
        assert_eq!(unit("id,人口\na,1\n", "人口", Persons), None);
        assert_eq!(unit("id,population\na,1\n", "population", Persons), None);
        assert_eq!(unit("id,人均GDP（元/人）\na,1\n", "人均GDP（元/人）", Money), None);
        let two = unit("单位：人、万人,,\nid,pop,born\na,1,2\n", "pop", Persons).unwrap();
        assert!(two.1.is_nan(), "{two:?}");
        assert!(unit("id,GDP（亿美元）\na,1\n", "GDP", Money).unwrap().1.is_nan());
    }
}
