//! How sure the class of a zone is, in words. Everything is read from the columns and the record of a run; nothing is drawn
//! or computed anew.

pub use crate::columns::CONFIDENCE_CLASS;
use crate::number::{shortest, significant};
pub use crate::words::OTHER_LIKELIER;
use crate::{Label, words};
use carbonzone_types::{
    AttributeTable, ConfidenceRecord, IndicatorRecord, RunManifest, UncertainUnit, ZoneClassRecord,
};
use serde::Serialize;

/// Keys of [`CONFIDENCE_CLASS`], the surest first.
pub const SAFETIES: [&str; 4] = ["safe", "likely", "toss_up", OTHER_LIKELIER];

/// A class with its probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassShare {
    /// Key of the class.
    pub key: String,
    /// Name.
    pub label: Label,
    /// Colour, `#rrggbb`.
    pub color: String,
    /// Share of the draws, 0 to 1.
    pub probability: f64,
}

/// Where the draws of an index lie.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexRange {
    /// Column of the index.
    pub key: String,
    /// Its name.
    pub label: Label,
    /// 5 % of the draws lie below.
    pub p05: f64,
    /// 95 % of the draws lie below.
    pub p95: f64,
    /// The thresholds between the two.
    pub crosses: Vec<f64>,
}

/// A group of reasons with its share in what changes the class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriverShare {
    /// Key as in `confidence_driver`.
    pub key: String,
    /// In words.
    pub label: Label,
    /// Total Sobol index, 0 to 1. Those of all groups may sum to more than 1.
    pub share: f64,
}

/// How sure the class of one zone is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HowSure {
    /// The class printed.
    pub class: ClassShare,
    /// Monte Carlo error of its probability.
    pub error: f64,
    /// One of [`SAFETIES`].
    pub safety: String,
    /// Other classes that draws gave, most probable first.
    pub others: Vec<ClassShare>,
    /// What could change the class most, if anything does.
    pub driver: Option<DriverShare>,
    /// All groups, largest first.
    pub drivers: Vec<DriverShare>,
    /// The indices behind the class.
    pub indices: Vec<IndexRange>,
    /// What could change the class, in a sentence.
    pub change: Label,
}

impl HowSure {
    /// The class that more draws gave than the one printed.
    pub fn likelier(&self) -> Option<&ClassShare> {
        self.others.first().filter(|_| self.safety == OTHER_LIKELIER)
    }
}

impl ClassShare {
    /// Name and probability.
    pub fn told(&self) -> Label {
        let p = percent(self.probability);
        Label::new(format!("{} {p}", self.label.en), format!("{} {p}", self.label.zh))
    }
}

/// Ending of the columns of a class: none, or `_of_mean` for the class by the mean over the years.
pub fn suffix_of(class_field: &str) -> &str {
    class_field.strip_prefix("zone").unwrap_or_default()
}

/// The class of every unit that the draws give most often, beside the printed one in `class_field`; `None` where no draws were made,
/// or where all are as printed.
pub fn likeliest(table: &AttributeTable, class_field: &str) -> Option<Vec<Option<String>>> {
    let printed = table.texts(class_field)?;
    let modal = table.texts(&format!("zone_modal{}", suffix_of(class_field)))?;
    modal.iter().zip(&printed).any(|(m, p)| m.is_some() && m != p).then_some(modal)
}

/// Ending of the names of what is judged by the mean over the years.
const OF_MEAN: &str = "_of_mean";

/// Names of the columns that say how sure a further class is, beside the field of the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherColumns<'a> {
    stem: &'a str,
    /// Ending of all of them: none, or `_of_mean`.
    pub suffix: &'a str,
}

impl<'a> FurtherColumns<'a> {
    /// Of the field of the class.
    pub fn of(field: &'a str) -> Self {
        let stem = field.strip_suffix(OF_MEAN).unwrap_or(field);
        Self { stem, suffix: &field[stem.len()..] }
    }

    /// Probability of the class printed.
    pub fn confidence(&self) -> String {
        format!("{}_confidence{}", self.stem, self.suffix)
    }

    /// Key of how sure it is, one of [`SAFETIES`].
    pub fn safety(&self) -> String {
        format!("{}_{CONFIDENCE_CLASS}{}", self.stem, self.suffix)
    }

    /// What could change the class.
    pub fn driver(&self) -> String {
        format!("{}_confidence_driver{}", self.stem, self.suffix)
    }

    /// Probability of a class by its key, with the prefix of the judgement.
    pub fn probability(&self, prefix: &str, key: &str) -> String {
        format!("p_{prefix}{key}{}", self.suffix)
    }
}

/// Which columns and records say how sure a class is.
struct Asked<'a> {
    class: &'a str,
    confidence: String,
    safety: String,
    driver: String,
    prefix: &'a str,
    suffix: &'a str,
    classes: &'a [ZoneClassRecord],
    units: &'a [UncertainUnit],
    indices: Option<&'a [String]>,
}

impl<'a> Asked<'a> {
    fn of(manifest: &'a RunManifest, record: &'a ConfidenceRecord, class_field: &'a str) -> Self {
        if let Some(further) = record.further.iter().find(|f| f.field == class_field) {
            let columns = FurtherColumns::of(class_field);
            return Self {
                class: class_field,
                safety: columns.safety(),
                driver: columns.driver(),
                confidence: columns.confidence(),
                prefix: &further.prefix,
                suffix: columns.suffix,
                classes: &further.classes,
                units: &further.units,
                indices: Some(&further.indices),
            };
        }
        let suffix = suffix_of(class_field);
        Self {
            class: class_field,
            safety: format!("{CONFIDENCE_CLASS}{suffix}"),
            driver: format!("confidence_driver{suffix}"),
            confidence: format!("zone_confidence{suffix}"),
            prefix: "",
            suffix,
            classes: &manifest.zone_classes,
            units: &record.units,
            indices: None,
        }
    }
}

/// What a run says of the class in `class_field` (`zone`, `zone_of_mean`, or the field of a further class) of every row; `None`
/// where it says nothing.
pub fn how_sure(manifest: &RunManifest, table: &AttributeTable, class_field: &str) -> Vec<Option<HowSure>> {
    let none = || vec![None; table.rows()];
    let Some(record) = &manifest.confidence else { return none() };
    let asked = Asked::of(manifest, record, class_field);
    let (Some(classes), Some(safeties)) = (table.texts(asked.class), table.texts(&asked.safety)) else {
        return none();
    };
    let ids = table.texts("unit_id").unwrap_or_else(none_text(table));
    let years = table.numbers("year").filter(|_| asked.suffix.is_empty());
    let drivers = table.texts(&asked.driver).unwrap_or_else(none_text(table));
    let confidence = table.numbers(&asked.confidence).unwrap_or_default();
    let probabilities: Vec<(ClassShare, Vec<Option<f64>>)> = asked
        .classes
        .iter()
        .filter_map(|c| {
            let label = Label::new(c.label_en.clone(), c.label_zh.clone());
            let share = ClassShare { key: c.key.clone(), label, color: c.color.clone(), probability: 0.0 };
            Some((share, table.numbers(&format!("p_{}{}{}", asked.prefix, c.key, asked.suffix))?))
        })
        .collect();
    let ranges = Ranges::of(manifest, table, &asked);
    let units: std::collections::BTreeMap<(&str, Option<i32>), &UncertainUnit> =
        asked.units.iter().map(|u| ((u.unit_id.as_str(), u.year), u)).collect();
    let one = |row: usize| -> Option<HowSure> {
        let (key, safety) = (classes[row].as_deref()?, safeties[row].clone()?);
        let shares = || {
            probabilities.iter().filter_map(|(class, p)| {
                p[row].map(|probability| ClassShare { probability, ..class.clone() })
            })
        };
        let mut others: Vec<ClassShare> = shares().filter(|c| c.key != key && c.probability > 0.0).collect();
        others.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let probability = confidence.get(row).copied().flatten()?;
        let class = shares().find(|c| c.key == key).unwrap_or_else(|| ClassShare {
            key: key.to_owned(),
            label: Label::same(key),
            color: "#d9d9d9".to_owned(),
            probability,
        });
        let year = years.as_ref().and_then(|y| y[row]).map(|y| y as i32);
        let id = ids[row].as_deref().unwrap_or_default();
        let unit = units.get(&(id, year)).or_else(|| units.get(&(id, None)));
        let drivers_of = driver_shares(unit.copied());
        let driver = drivers[row].as_deref().map(|key| {
            drivers_of.iter().find(|d| d.key == key).cloned().unwrap_or_else(|| DriverShare {
                key: key.to_owned(),
                label: words::driver(key),
                share: f64::NAN,
            })
        });
        let indices = ranges.of_row(row);
        let change = change(&others, &indices, driver.as_ref());
        let error = (probability * (1.0 - probability) / record.draws.max(1) as f64).sqrt();
        Some(HowSure { class, error, safety, others, driver, drivers: drivers_of, indices, change })
    };
    (0..table.rows()).map(one).collect()
}

fn none_text(table: &AttributeTable) -> impl Fn() -> Vec<Option<String>> {
    let n = table.rows();
    move || vec![None; n]
}

/// Shares of the groups in what changes the class, largest first; those without a share are left out.
fn driver_shares(unit: Option<&UncertainUnit>) -> Vec<DriverShare> {
    let shares = unit.and_then(|u| u.drivers.get("class"));
    let mut out: Vec<DriverShare> = shares
        .into_iter()
        .flatten()
        .filter(|(_, share)| **share > 0.0)
        .map(|(key, share)| DriverShare { key: key.clone(), label: words::driver(key), share: *share })
        .collect();
    out.sort_by(|a, b| b.share.total_cmp(&a.share));
    out
}

/// Quantile columns of the indices that decide the class.
struct Ranges<'a> {
    columns: Vec<RangeColumns<'a>>,
}

/// An index with its columns of 5 % and 95 % quantiles.
type RangeColumns<'a> = (&'a IndicatorRecord, Vec<Option<f64>>, Vec<Option<f64>>);

impl<'a> Ranges<'a> {
    fn of(manifest: &'a RunManifest, table: &AttributeTable, asked: &Asked<'_>) -> Self {
        let column = |i: &IndicatorRecord, q: &str| table.numbers(&format!("{}_{q}{}", i.key, asked.suffix));
        let decides = |i: &&IndicatorRecord| asked.indices.is_none_or(|of| of.contains(&i.key));
        let cut = manifest.indicators.iter().filter(|i| !i.thresholds.is_empty()).filter(decides);
        Self { columns: cut.filter_map(|i| Some((i, column(i, "p05")?, column(i, "p95")?))).collect() }
    }

    fn of_row(&self, row: usize) -> Vec<IndexRange> {
        let one = |(i, low, high): &RangeColumns<'_>| {
            let (p05, p95) = low[row].zip(high[row])?;
            let label = if i.key.len() <= 4 {
                Label::same(i.key.to_uppercase())
            } else {
                Label::new(i.label_en.clone(), i.label_zh.clone())
            };
            let crosses = i.thresholds.iter().copied().filter(|t| p05 <= *t && *t <= p95).collect();
            Some(IndexRange { key: i.key.clone(), label, p05, p95, crosses })
        };
        self.columns.iter().filter_map(one).collect()
    }
}

/// What could change the class: the indices that may lie on the other side of a threshold, and the largest reason.
fn change(others: &[ClassShare], indices: &[IndexRange], driver: Option<&DriverShare>) -> Label {
    if others.is_empty() {
        return Label::new("no draw gave another class", "所有抽样均为该分区");
    }
    let crossing: Vec<&IndexRange> = indices.iter().filter(|i| !i.crosses.is_empty()).collect();
    let number = |v: f64| significant(v, 3);
    let cut = |t: &f64| if t.fract() == 0.0 { shortest(*t) } else { number(*t) };
    let cuts = |i: &IndexRange| i.crosses.iter().map(cut).collect::<Vec<_>>();
    let mut out = if crossing.is_empty() {
        Label::new("only rare draws give another class", "仅少数抽样为其他分区")
    } else {
        let en: Vec<String> = crossing
            .iter()
            .map(|i| {
                let (low, high) = (number(i.p05), number(i.p95));
                format!(
                    "{} may lie on either side of {} ({low} to {high})",
                    i.label.en,
                    cuts(i).join(" and ")
                )
            })
            .collect();
        let zh: Vec<String> = crossing
            .iter()
            .map(|i| {
                let (low, high) = (number(i.p05), number(i.p95));
                format!("{} 可能跨越 {}（{low} 至 {high}）", i.label.zh, cuts(i).join("、"))
            })
            .collect();
        Label::new(en.join("; "), zh.join("；"))
    };
    if let Some(driver) = driver {
        out = out.then(&Label::new(
            format!("; mostly by {}", driver.label.en),
            format!("；主要因{}", driver.label.zh),
        ));
    }
    out
}

/// How sure a change of class is, by the share of the draws in which the two classes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// In 95 % of the draws or more.
    Sure,
    /// In 75 % or more.
    Likely,
    /// In 25 % or more.
    Open,
    /// In fewer: by the central numbers only.
    Doubtful,
}

impl Doubt {
    /// All, the surest first.
    pub const ALL: [Self; 4] = [Self::Sure, Self::Likely, Self::Open, Self::Doubtful];

    /// Of the share of the draws in which the classes differ.
    pub fn of(differs: f64) -> Self {
        match differs {
            p if p >= 0.95 => Self::Sure,
            p if p >= 0.75 => Self::Likely,
            p if p >= 0.25 => Self::Open,
            _ => Self::Doubtful,
        }
    }

    /// The word.
    pub fn word(self) -> Label {
        let (en, zh) = [("sure", "确定"), ("likely", "较可能"), ("open", "难以判断"), ("doubtful", "存疑")]
            [self as usize];
        Label::new(en, zh)
    }

    /// How many changes are of each kind: `0 sure, 1 open, 6 doubtful`; kinds that do not occur are left out, but for the surest.
    pub fn counted(differs: &[f64]) -> Label {
        let counts = Self::ALL.map(|d| (d, differs.iter().filter(|p| Self::of(**p) == d).count()));
        let told = counts.iter().filter(|(d, n)| *n > 0 || *d == Self::Sure);
        let of = |f: fn(&Label) -> &str, unit: &str| {
            told.clone().map(|(d, n)| format!("{n} {unit}{}", f(&d.word()))).collect::<Vec<_>>()
        };
        Label::new(of(|l| &l.en, "").join(", "), of(|l| &l.zh, "个").join("，"))
    }
}

/// From so many percent on a class is safe, and likely.
const SAFETY_LIMITS: [f64; 2] = [95.0, 75.0];

/// A probability as people read it: `62 %`; what is neither 0 nor 1 is not shown as such.
pub fn percent(p: f64) -> String {
    match 100.0 * p {
        p if p > 0.0 && p < 0.5 => "<1 %".to_owned(),
        p if (99.5..100.0).contains(&p) => ">99 %".to_owned(),
        // Just below a limit: rounded it would seem to have reached it.
        p if SAFETY_LIMITS.iter().any(|limit| p < *limit && p >= limit - 0.5) => {
            format!("{:.1} %", (10.0 * p).floor() / 10.0)
        }
        p => format!("{p:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::{ColumnData, FurtherConfidence};

    fn run(draws: u64) -> (RunManifest, AttributeTable) {
        let class = |id: u8, key: &str| ZoneClassRecord {
            id,
            key: key.to_owned(),
            label_en: format!("Zone {key}"),
            label_zh: format!("{key} 区"),
            color: "#112233".to_owned(),
            count: 1,
            ..ZoneClassRecord::default()
        };
        let index = IndicatorRecord { key: "ecc".to_owned(), thresholds: vec![1.0], ..Default::default() };
        let unit = |id: &str, driver: &str, gdp: f64| UncertainUnit {
            unit_id: id.to_owned(),
            driver: driver.to_owned(),
            drivers: [(
                "class".to_owned(),
                [("gdp".to_owned(), gdp), ("proxies".to_owned(), 0.5), ("choices".to_owned(), 0.0)].into(),
            )]
            .into(),
            ..Default::default()
        };
        let manifest = RunManifest {
            zone_classes: vec![class(1, "a"), class(2, "b"), class(3, "c")],
            indicators: vec![index],
            confidence: Some(ConfidenceRecord {
                draws,
                units: vec![unit("u1", "gdp", 0.6), unit("u2", "", 0.0)],
                ..Default::default()
            }),
            ..Default::default()
        };
        let text = |v: [&str; 2]| ColumnData::texts(&v.map(str::to_owned));
        let real = |v: [f64; 2]| ColumnData::reals(&v);
        let table = AttributeTable::new()
            .with("unit_id", text(["u1", "u2"]))
            .with("zone", text(["a", "c"]))
            .with("ecc_p05", real([0.8, 2.0]))
            .with("ecc_p95", real([1.3, 3.0]))
            .with("p_a", real([0.64, 0.0]))
            .with("p_b", real([0.06, 0.0]))
            .with("p_c", real([0.3, 1.0]))
            .with("zone_confidence", real([0.64, 1.0]))
            .with(CONFIDENCE_CLASS, text(["toss_up", "safe"]))
            .with("confidence_driver", ColumnData::Text(vec![Some("gdp".to_owned()), None]));
        (manifest, table)
    }

    #[test]
    fn an_unsure_zone_names_its_rivals_and_what_decides_between_them() {
        let (manifest, table) = run(1024);
        let all = how_sure(&manifest, &table, "zone");
        let sure = all[0].as_ref().unwrap();
        assert_eq!((sure.class.key.as_str(), sure.safety.as_str()), ("a", "toss_up"));
        let others: Vec<(&str, f64)> = sure.others.iter().map(|c| (c.key.as_str(), c.probability)).collect();
        assert_eq!(others, [("c", 0.3), ("b", 0.06)]);
        assert!((sure.error - (0.64 * 0.36 / 1024.0f64).sqrt()).abs() < 1e-15);
        let drivers: Vec<&str> = sure.drivers.iter().map(|d| d.key.as_str()).collect();
        assert_eq!(drivers, ["gdp", "proxies"]);
        assert_eq!(sure.driver.as_ref().unwrap().share, 0.6);
        assert_eq!(sure.change.en, "ECC may lie on either side of 1 (0.800 to 1.30); mostly by GDP");
    }

    #[test]
    fn a_further_class_has_columns_and_records_of_its_own() {
        let (mut manifest, table) = run(64);
        let class = |key: &str| ZoneClassRecord { key: key.to_owned(), ..manifest.zone_classes[0].clone() };
        let record = manifest.confidence.as_mut().unwrap();
        record.further = vec![FurtherConfidence {
            field: "state".to_owned(),
            classes: vec![class("surplus"), class("deficit")],
            units: vec![UncertainUnit {
                unit_id: "u1".to_owned(),
                driver: "factors".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        }];
        let text = |v: [&str; 2]| ColumnData::texts(&v.map(str::to_owned));
        let table = table
            .with("state", text(["surplus", "deficit"]))
            .with("p_surplus", ColumnData::reals(&[0.8, 0.0]))
            .with("p_deficit", ColumnData::reals(&[0.2, 1.0]))
            .with("state_confidence", ColumnData::reals(&[0.8, 1.0]))
            .with("state_confidence_class", text(["likely", "safe"]))
            .with("state_confidence_driver", ColumnData::Text(vec![Some("factors".to_owned()), None]));
        let all = how_sure(&manifest, &table, "state");
        let sure = all[0].as_ref().unwrap();
        assert_eq!((sure.class.key.as_str(), sure.class.probability), ("surplus", 0.8));
        assert_eq!((sure.others[0].key.as_str(), sure.others[0].probability), ("deficit", 0.2));
        assert_eq!(sure.driver.as_ref().unwrap().key, "factors");
        assert!(sure.indices.is_empty(), "none was said to decide it");
        assert_eq!(how_sure(&manifest, &table, "zone")[0].as_ref().unwrap().class.key, "a");
    }

    #[test]
    fn a_class_that_more_draws_gave_is_named_beside_the_printed_one() {
        let (manifest, mut table) = run(1024);
        assert!(how_sure(&manifest, &table, "zone")[0].as_ref().unwrap().likelier().is_none());
        table.columns.retain(|c| ![CONFIDENCE_CLASS, "zone", "zone_confidence"].contains(&c.name.as_str()));
        table.push("zone", ColumnData::texts(&["b", "c"].map(str::to_owned)));
        table.push("zone_confidence", ColumnData::reals(&[0.06, 1.0]));
        table.push(CONFIDENCE_CLASS, ColumnData::texts(&[OTHER_LIKELIER, "safe"].map(str::to_owned)));
        let all = how_sure(&manifest, &table, "zone");
        let told = all[0].as_ref().unwrap().likelier().unwrap().told();
        assert_eq!((told.en.as_str(), told.zh.as_str()), ("Zone a 64 %", "a 区 64 %"));
        assert!(all[1].as_ref().unwrap().likelier().is_none());
    }

    #[test]
    fn changes_of_class_are_counted_by_their_doubt() {
        let told = Doubt::counted(&[0.02, 0.13, 0.37, 0.24]);
        assert_eq!(
            (told.en.as_str(), told.zh.as_str()),
            ("0 sure, 1 open, 3 doubtful", "0 个确定，1 个难以判断，3 个存疑")
        );
        assert_eq!(Doubt::counted(&[0.95, 0.75]).en, "1 sure, 1 likely");
    }

    #[test]
    fn a_zone_that_never_changes_says_so() {
        let (manifest, table) = run(64);
        let all = how_sure(&manifest, &table, "zone");
        let sure = all[1].as_ref().unwrap();
        assert!(sure.others.is_empty() && sure.driver.is_none());
        assert_eq!((sure.class.probability, sure.error), (1.0, 0.0));
        assert_eq!(sure.change.en, "no draw gave another class");
    }

    #[test]
    fn without_draws_nothing_is_said() {
        let (mut manifest, table) = run(64);
        assert!(how_sure(&manifest, &table, "zone_of_mean").iter().all(Option::is_none));
        manifest.confidence = None;
        assert!(how_sure(&manifest, &table, "zone").iter().all(Option::is_none));
    }

    #[test]
    fn shares_that_are_neither_nothing_nor_all_are_not_shown_as_such() {
        assert_eq!([0.0, 0.001, 0.624, 0.999, 1.0].map(percent), ["0 %", "<1 %", "62 %", ">99 %", "100 %"]);
        assert_eq!([0.948, 0.9499, 0.95, 0.7499].map(percent), ["94.8 %", "94.9 %", "95 %", "74.9 %"]);
    }
}
