//! Units of people and money as tables name them: in brackets of a header, in a row of units, in a title row.

use carbonzone_sheet::{Cell, Table, normalise_text};
use carbonzone_types::MoneyUnit;
use serde::Deserialize;
use std::sync::LazyLock;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity<'a> {
    Persons,
    /// GDP in this unit.
    Money(&'a MoneyUnit),
}

/// A word and how many persons, or 1e4 CNY, or ones it is.
type Factor = (String, f64);

/// Words of `data/units.toml`.
#[derive(Deserialize)]
struct Known {
    persons: Vec<Factor>,
    cny: Vec<Factor>,
    multiples: Vec<Factor>,
    bracketed: Vec<Factor>,
    ratios: Vec<String>,
    ratio_words: Vec<String>,
    relative: Vec<String>,
    other_units: Vec<String>,
    households: Vec<String>,
    /// In a row of units.
    emissions: Vec<String>,
}

static WORDS: LazyLock<Known> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/units.toml")).expect("a test reads the shipped file")
});

/// What a label speaks of if its numbers are no persons (no money): a density, a share, a growth, a number of households.
///
/// ```text
/// 人口密度（人/平方公里） -> 密度      人均GDP（元） -> 人均      户籍人口（户） -> 户
/// ```
pub fn other_quantity(label: &str, quantity: Quantity<'_>) -> Option<&'static str> {
    let label = normalise_text(&plain_powers(label)).to_lowercase();
    let per_head = |word: &str| quantity == Quantity::Persons && ["/人", "pc", "gdppc"].contains(&word);
    let ratio = WORDS.ratios.iter().find(|w| !per_head(w) && label.contains(w.as_str()));
    let words = || label.split(|c: char| !c.is_alphanumeric());
    let ratio =
        ratio.or_else(|| WORDS.ratio_words.iter().find(|w| !per_head(w) && words().any(|x| x == w.as_str())));
    let households =
        WORDS.households.iter().find(|w| quantity == Quantity::Persons && label.contains(w.as_str()));
    ratio.or(households).map(|word| word.trim_matches(['(', ')', '_']))
}

/// A unit that a table names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedUnit {
    /// As the table writes it, e.g. `万人`.
    pub word: String,
    /// How many persons, or units of the GDP, it is; NaN if it cannot be converted.
    pub factor: f64,
    /// Where it stands, in words.
    pub place: String,
}

/// The unit that a table names for a column: its header first, then a row of units below, then the title rows.
pub fn named_unit(table: &Table, column: usize, quantity: Quantity<'_>) -> Option<NamedUnit> {
    let at = |(word, factor): (String, f64), place: String| NamedUnit { word, factor, place };
    let label = table.header().label(column);
    let storeys = table.header().labels.get(column).map(Vec::as_slice).unwrap_or_default();
    if let Some(unit) = storeys.iter().rev().find_map(|storey| in_label(storey, quantity)) {
        return Some(at(unit, format!("the header \"{label}\"")));
    }
    if let Some(unit) =
        unit_row(table, quantity).then(|| table.text(0, column)).flatten().and_then(|t| alone(&t, quantity))
    {
        return Some(at(unit, format!("the row of units ({})", table.a1(0, column))));
    }
    let titles = &table.sheet().rows[..table.header().row];
    let texts = titles.iter().flatten().filter_map(Cell::raw_text);
    texts.map(|t| normalise_text(&t)).find_map(|title| {
        let units = title.to_lowercase();
        let behind = ["单位", "unit"].iter().find_map(|w| units.find(w).map(|i| i + w.len()))?;
        let found = all_in(&units[behind..], quantity);
        let first = found.first()?.clone();
        // Two units of one kind: nobody can tell which column has which.
        let factor =
            if found.iter().all(|(_, f)| f.to_bits() == first.1.to_bits()) { first.1 } else { f64::NAN };
        Some(at((first.0, factor), format!("the title \"{title}\"")))
    })
}

/// Whether the first row below the header names units, of people or of this quantity, instead of holding numbers.
pub fn unit_row(table: &Table, quantity: Quantity<'_>) -> bool {
    let is_unit = |t: &String| {
        alone(t, Quantity::Persons).or_else(|| alone(t, quantity)).is_some()
            || WORDS.emissions.contains(&squeezed(t))
    };
    let columns = || 0..table.labels().len();
    // A row of data may have a column with its unit.
    let has_number = || columns().any(|c| matches!(table.number(0, c), Ok(Some(_))));
    !table.is_empty() && columns().filter_map(|c| table.text(0, c)).any(|t| is_unit(&t)) && !has_number()
}

/// The unit in the brackets of a label, behind its last separator, or at its end; a multiple alone (`GDP (million)`) is one
/// of the persons or the money that are asked for.
pub fn in_label(label: &str, quantity: Quantity<'_>) -> Option<(String, f64)> {
    named_in(label, quantity).or_else(|| {
        let label = normalise_text(&plain_powers(label)).to_lowercase();
        if let Some(inside) = in_brackets(&label) {
            return bare(inside, WORDS.multiples.iter().chain(&WORDS.bracketed), quantity);
        }
        let tail = behind_separator(&label);
        (tail.len() < label.len()).then(|| bare(tail, &WORDS.multiples, quantity)).flatten()
    })
}

/// The unit that a label names in full.
fn named_in(label: &str, quantity: Quantity<'_>) -> Option<(String, f64)> {
    let label = normalise_text(&plain_powers(label)).to_lowercase();
    if let Some(word) = other_quantity(&label, quantity) {
        let index = matches!(quantity, Quantity::Money(unit) if unit.is_index());
        return Some((word.to_owned(), if index && is_relative(word) { 1.0 } else { f64::NAN }));
    }
    if let Some(inside) = in_brackets(&label) {
        return all_in(inside, quantity).into_iter().next();
    }
    let with_multiple =
        |word: &str| word.starts_with(['万', '亿', '千', '百', '十']) && label.ends_with(word);
    alone(behind_separator(&label), quantity)
        .or_else(|| words(quantity).into_iter().find(|(w, _)| with_multiple(w)))
}

fn in_brackets(label: &str) -> Option<&str> {
    label.split_once(['(', '[']).map(|(_, inside)| inside.trim_end_matches([')', ']']))
}

fn behind_separator(label: &str) -> &str {
    label.rsplit(['/', ':', '_', ',']).next().unwrap_or("")
}

/// A multiple without its unit, of persons or of the money of the study: 万 of `人口_万`, `million` of `GDP (million)`.
fn bare<'a>(
    text: &str,
    multiples: impl IntoIterator<Item = &'a Factor>,
    quantity: Quantity<'_>,
) -> Option<(String, f64)> {
    let text = squeezed(text);
    let text = text.strip_prefix("in").or(text.strip_prefix('x')).unwrap_or(&text);
    let (word, multiple) = multiples.into_iter().find(|(word, _)| *word == text)?;
    let one = match quantity {
        Quantity::Persons => 1.0,
        Quantity::Money(unit) => unit.value(),
    };
    Some((word.clone(), multiple / one))
}

/// True for a word of [`other_quantity`] that means parts of a whole: an index, a share.
pub fn is_relative(word: &str) -> bool {
    WORDS.relative.iter().any(|relative| relative == word)
}

/// The unit of another currency that a label names; `None`: CNY, or none at all.
pub fn foreign_money(label: &str) -> Option<MoneyUnit> {
    let of = |code: &str| {
        let one = MoneyUnit::one(code);
        let (_, factor) = named_in(label, Quantity::Money(&one)).filter(|(_, factor)| factor.is_finite())?;
        MoneyUnit::parse(&format!("1e{} {code}", factor.log10().round()))
    };
    MoneyUnit::currencies().filter(|code| *code != "CNY").find_map(of)
}

/// The unit, if a text is nothing else.
fn alone(text: &str, quantity: Quantity<'_>) -> Option<(String, f64)> {
    let text = squeezed(text);
    if WORDS.other_units.contains(&text) {
        return Some((text, f64::NAN));
    }
    words(quantity).into_iter().find(|(word, _)| *word == text)
}

/// All units in a text, longer words first.
fn all_in(text: &str, quantity: Quantity<'_>) -> Vec<(String, f64)> {
    // What stands beside in a title (人/平方公里, 户) is the unit of another column.
    let own: Vec<&str> = text
        .split(['、', ';', '；', ',', '，'])
        .filter(|part| other_quantity(part, quantity).is_none())
        .collect();
    let mut rest = squeezed(&own.join(" "));
    let mut found = Vec::new();
    for (word, factor) in words(quantity) {
        if rest.contains(&word) {
            rest = rest.replace(&word, " ");
            found.push((word, factor));
        }
    }
    found
}

/// Without blanks, commas and brackets, in small letters.
fn squeezed(text: &str) -> String {
    let kept = plain_powers(&normalise_text(text));
    kept.chars().filter(|c| !" ,()[]".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// Powers of ten and traditional characters as the words of the tables: `10⁴人`, `×10^4 CNY`, `億元`, `萬人`.
pub fn plain_powers(text: &str) -> String {
    const POWERS: [(&str, [&str; 4]); 4] = [
        ("千", ["10³", "10^3", "10**3", "1e3"]),
        ("万", ["10⁴", "10^4", "10**4", "萬"]),
        ("百万", ["10⁶", "10^6", "10**6", "1e6"]),
        ("亿", ["10⁸", "10^8", "10**8", "億"]),
    ];
    let mut out = text.replace(['×', '✕'], "");
    for (word, forms) in POWERS {
        for form in forms.into_iter().filter(|form| text.contains(form)) {
            out = out.replace(form, word);
        }
    }
    out
}

/// Words for a quantity and how many of its units each is; longer words first. NaN: another currency.
fn words(quantity: Quantity<'_>) -> Vec<(String, f64)> {
    let unit = match quantity {
        Quantity::Persons => return WORDS.persons.clone(),
        Quantity::Money(unit) => unit,
    };
    let scale = if unit.currency() == "CNY" { 1e4 / unit.value() } else { f64::NAN };
    let mut out: Vec<Factor> =
        WORDS.cny.iter().map(|(word, factor)| (word.clone(), factor * scale)).collect();
    let home = if unit.is_index() { "CNY" } else { unit.currency() };
    for (word, other) in MoneyUnit::words(home) {
        let same = other.currency() == unit.currency();
        out.push((word, if same { other.value() / unit.value() } else { f64::NAN }));
    }
    // A word of CNY is part of many others: 元 of 美元.
    out.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_sheet::{ColumnSpec, ReadOptions, table_from_bytes};

    fn unit(csv: &str, column: &str, quantity: Quantity<'_>) -> Option<(String, f64)> {
        let specs = [ColumnSpec::required("id", &["id", "乡镇"]), ColumnSpec::required("x", &[column])];
        let table = table_from_bytes(csv.as_bytes(), "t.csv", &ReadOptions::default(), &specs).unwrap();
        let column = table.required(&specs[1]).unwrap();
        named_unit(&table, column, quantity).map(|u| (u.word, u.factor))
    }

    #[test]
    fn units_in_headers_rows_and_titles_are_found() {
        use Quantity::Persons;
        let cny = MoneyUnit::default();
        let money = Quantity::Money(&cny);
        let found = |word: &str, factor: f64| Some((word.to_owned(), factor));
        assert_eq!(unit("id,人口（万人）\na,1\n", "人口", Persons), found("万人", 1e4));
        assert_eq!(unit("id,人口【千人】\na,1\n", "人口", Persons), found("千人", 1e3));
        assert_eq!(unit("id,常住人口_万人\na,1\n", "常住人口_万人", Persons), found("万人", 1e4));
        assert_eq!(
            unit("id,\"population (10,000 persons)\"\na,1\n", "population", Persons),
            found("10000persons", 1e4)
        );
        assert_eq!(unit("id,GDP/亿元\na,1\n", "GDP/亿元", money), found("亿元", 1e4));
        assert_eq!(unit("id,gdp (million yuan)\na,1\n", "gdp", money), found("millionyuan", 1e2));
        assert_eq!(unit("id,pop,gdp\n单位,万人,亿元\na,1,2\n", "gdp", money), found("亿元", 1e4));
        // A column with the unit of each row is no row of units.
        let rows = "id,pop,gdp,unit\na,1,2,万吨\nb,2,3,万吨\n";
        let read = table_from_bytes(rows.as_bytes(), "t.csv", &ReadOptions::default(), &[]);
        assert!(!unit_row(&read.unwrap(), money));
        let titled = "2020年各乡镇主要指标,,\n单位：万人、亿元,,\nid,pop,gdp\na,1,2\n";
        assert_eq!(unit(titled, "pop", Persons), found("万人", 1e4));
        assert_eq!(unit(titled, "gdp", money), found("亿元", 1e4));
        assert_eq!(unit("id,人口（人）\na,1\n", "人口", Persons), found("人", 1.0));
    }

    #[test]
    fn the_columns_of_gdp_of_the_shipped_examples_are_read_in_the_unit_that_they_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines/examples");
        let mut columns = 0;
        for file in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if file.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let pipeline: toml::Table = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let zones = pipeline["layers"]["zones"].as_table().unwrap();
            let money = zones
                .get("gdp_unit")
                .map_or_else(MoneyUnit::default, |u| MoneyUnit::parse(u.as_str().unwrap()).unwrap());
            for table in zones.get("tables").and_then(toml::Value::as_array).into_iter().flatten() {
                if let Some(gdp) = table.get("gdp").and_then(toml::Value::as_str) {
                    columns += 1;
                    let unit = in_label(gdp, Quantity::Money(&money));
                    assert!(unit.is_none_or(|u| u.1.is_finite()), "{}: {gdp}", file.display());
                }
            }
        }
        assert!(columns > 0);
    }

    #[test]
    fn what_names_no_unit_or_several_is_not_guessed() {
        use Quantity::Persons;
        let cny = MoneyUnit::default();
        let money = Quantity::Money(&cny);
        assert_eq!(unit("id,人口\na,1\n", "人口", Persons), None);
        assert_eq!(unit("id,population\na,1\n", "population", Persons), None);
        // 户 and 人/平方公里 beside it are the units of other columns.
        let both = "单位：户、万人、人/平方公里,,\nid,pop,born\na,1,2\n";
        assert_eq!(unit(both, "pop", Persons), Some(("万人".to_owned(), 1e4)));
        let two = unit("单位：人、万人,,\nid,pop,born\na,1,2\n", "pop", Persons).unwrap();
        assert!(two.1.is_nan(), "{two:?}");
        assert!(unit("id,GDP（亿美元）\na,1\n", "GDP", money).unwrap().1.is_nan());
        assert!(unit("id,人口,GDP\n,人/平方公里,亿元\na,1,2\n", "人口", Persons).unwrap().1.is_nan());
    }

    #[test]
    fn densities_shares_growth_and_households_are_neither_persons_nor_money() {
        use Quantity::Persons;
        let cny = MoneyUnit::default();
        let money = Quantity::Money(&cny);
        let persons = ["人口密度", "人口（人/平方公里）", "pop_density", "POPDENS", "pop_km2", "人口增长率‰"];
        for label in persons.into_iter().chain(["户籍人口（户）", "总户数", "urban share"]) {
            assert!(in_label(label, Persons).is_some_and(|u| u.1.is_nan()), "{label}");
        }
        for label in ["人均GDP（元）", "GDP（元/人）", "gdp_pc", "GDP per capita", "GDP增速（%）", "地均GDP"]
        {
            assert!(in_label(label, money).is_some_and(|u| u.1.is_nan()), "{label}");
        }
        for label in
            ["户籍人口", "户籍人口（2020年）", "separate population", "人口（七普）", "Corporate pop"]
        {
            assert_eq!(in_label(label, Persons), None, "{label}");
        }
    }

    #[test]
    fn powers_of_ten_and_traditional_characters_are_units() {
        use Quantity::Persons;
        let cny = MoneyUnit::default();
        let money = Quantity::Money(&cny);
        for label in
            ["人口（10⁴人）", "人口(10^4人)", "人口（×10⁴ persons）", "人口（萬人）", "人口_万", "人口/万人"]
        {
            assert_eq!(in_label(label, Persons).map(|u| u.1), Some(1e4), "{label}");
        }
        assert_eq!(in_label("人口（百人）", Persons).map(|u| u.1), Some(1e2));
        for label in ["GDP（億元）", "GDP当年价(億元)", "GDP（10⁸元）", "GDP_亿", "GDP（10^8 yuan）"]
        {
            assert_eq!(in_label(label, money).map(|u| u.1), Some(1e4), "{label}");
        }
        assert_eq!(in_label("GDP（10^4 CNY）", money).map(|u| u.1), Some(1.0));
    }

    #[test]
    fn multiples_whose_unit_goes_without_saying_are_read() {
        use Quantity::Persons;
        let (cny, usd) = (MoneyUnit::default(), MoneyUnit::parse("1e6 USD").unwrap());
        for (label, factor) in [
            ("常住人口_百人", 1e2),
            ("常住人口_千人", 1e3),
            ("户籍人口百人", 1e2),
            ("人口_千", 1e3),
            ("人口（十万）", 1e5),
            ("population (thousands)", 1e3),
            ("population (in thousands)", 1e3),
            ("Population ('000)", 1e3),
            ("pop_000s", 1e3),
            ("population [1,000]", 1e3),
            ("Population (x1000)", 1e3),
            ("pop_10k", 1e4),
            ("pop_million", 1e6),
        ] {
            assert_eq!(in_label(label, Persons).map(|u| u.1), Some(factor), "{label}");
        }
        for label in ["pop_1000", "pop_k", "population (2020)", "pop_0_14", "人口_2020", "population (total)"]
        {
            assert_eq!(in_label(label, Persons), None, "{label}");
        }
        for (label, factor) in
            [("GDP (million)", 1e2), ("GDP (bn)", 1e5), ("gdp_千", 0.1), ("GDP（百万）", 1e2)]
        {
            assert_eq!(in_label(label, Quantity::Money(&cny)).map(|u| u.1), Some(factor), "{label}");
        }
        assert_eq!(in_label("GDP (bn)", Quantity::Money(&usd)).map(|u| u.1), Some(1e3));
    }

    #[test]
    fn units_of_another_currency_are_converted_to_the_one_of_the_study() {
        let unit_of = |text: &str| MoneyUnit::parse(text).unwrap();
        let (usd, eur) = (unit_of("1e6 USD"), unit_of("1e9 EUR"));
        let found = |word: &str, factor: f64| Some((word.to_owned(), factor));
        let read = |label: &str, money: &MoneyUnit| in_label(label, Quantity::Money(money));
        assert_eq!(read("GDP (million USD)", &usd), found("millionusd", 1.0));
        assert_eq!(read("gdp_usd", &usd), found("usd", 1e-6));
        assert_eq!(read("GDP（亿美元）", &usd), found("亿美元", 100.0));
        assert_eq!(read("GDP [1000 EUR]", &eur), found("1000eur", 1e-6));
        assert_eq!(read("GDP/十亿欧元", &eur), found("十亿欧元", 1.0));
        assert_eq!(read("GDP（亿元）", &unit_of("1e8 CNY")), found("亿元", 1.0));
        for (label, money) in [("GDP（万元）", &usd), ("GDP (million USD)", &eur), ("GDP（亿日元）", &usd)]
        {
            assert!(read(label, money).unwrap().1.is_nan(), "{label}");
        }
        assert_eq!(foreign_money("gdp_proxy_usd"), Some(MoneyUnit::one("USD")));
        assert_eq!(foreign_money("BIP (Mio. CHF)"), Some(unit_of("1e6 CHF")));
        assert_eq!(foreign_money("BIP [million CHF]"), Some(unit_of("1e6 CHF")));
        assert_eq!(["GDP（亿元）", "gdp", "GDP (million)"].map(foreign_money), [None, None, None]);
        let index = MoneyUnit::index();
        for (label, factor) in [("gdp_index", Some(1.0)), ("GDP占比（%）", Some(1.0)), ("gdp", None)] {
            assert_eq!(read(label, &index).map(|u| u.1), factor, "{label}");
        }
        for label in ["GDP（亿元）", "GDP (million USD)", "人均GDP（元）", "gdp growth"] {
            assert!(read(label, &index).unwrap().1.is_nan(), "{label}");
        }
        // Letters of a currency inside a word are none.
        assert_eq!(read("GDP (in real terms, Europe)", &usd), None);
        let table = "id,pop,gdp\nunit,persons,million EUR\na,1,2\n";
        assert_eq!(unit(table, "gdp", Quantity::Money(&eur)), found("millioneur", 1e-3));
    }
}
