//! `[reference.NAME]`: totals of other sources beside ours, in tonnes and percent. Nothing is adjusted.

mod check;
pub mod config;
mod output;

pub use check::{Known, check};
pub use config::Reference;
pub use output::{add_to, note_in};

use crate::load::Notes;
use crate::load::zones::ZoneSet;
use crate::load_config::suggest;
use carbonzone_types::{ExactSum, Finding, ReferenceRecord, ReferenceRow, Statement};
use std::collections::BTreeMap;

/// Our numbers of one year.
pub struct Ours {
    pub year: Option<i32>,
    /// Totals of the place by sector, with `gross` and `sink`, t CO2e.
    pub totals: Vec<(String, f64)>,
    /// Gross emissions of the units, t CO2e; `None`: unknown.
    pub gross_t: Vec<Option<f64>>,
}

impl Ours {
    /// Sums of a year of units by sector; `gross` is that of the sectors.
    pub fn of_units(
        year: i32,
        sectors: &[(&str, &[f64])],
        sink_t: &[f64],
        gross_t: Vec<Option<f64>>,
    ) -> Self {
        let mut totals: Vec<(String, f64)> =
            sectors.iter().map(|(name, t)| ((*name).to_owned(), ExactSum::of(t))).collect();
        let gross = totals.iter().map(|(_, t)| t).sum();
        totals.push(("gross".to_owned(), gross));
        totals.push(("sink".to_owned(), ExactSum::of(sink_t)));
        Self { year: Some(year), totals, gross_t }
    }

    fn item(&self, key: &str) -> Option<f64> {
        let of = |key: &str| self.totals.iter().find(|(name, _)| name == key).map(|(_, t)| *t);
        if key == "net" { Some(of("gross")? - of("sink")?) } else { of(key) }
    }
}

/// Puts the numbers of every source beside ours. `None`: the findings say which unit is not there.
pub fn compare(
    all: &BTreeMap<String, Reference>,
    zones: &ZoneSet,
    ours: &[Ours],
    notes: &mut Notes,
) -> Option<Vec<ReferenceRecord>> {
    let mut out = Vec::new();
    let mut complete = true;
    for (name, reference) in all {
        let year = ours.iter().rfind(|o| reference.year.is_none() || o.year == reference.year);
        let Some(ours) = year else { continue };
        let mut rows: Vec<ReferenceRow> = Vec::new();
        for (item, amount) in in_order(&reference.totals, ours) {
            let reference_t = reference.unit.in_tonnes(amount);
            rows.push(ReferenceRow {
                ours_t: ours.item(item),
                item: item.to_owned(),
                unit: String::new(),
                reference_t,
            });
        }
        for (unit, amount) in &reference.units {
            let of = members(zones, unit);
            if of.is_empty() {
                notes.findings.push(unknown(name, unit, zones));
                complete = false;
                continue;
            }
            let known: Option<Vec<f64>> = of.iter().map(|i| ours.gross_t[*i]).collect();
            rows.push(ReferenceRow {
                item: "gross".to_owned(),
                unit: unit.clone(),
                ours_t: known.map(|t| ExactSum::of(&t)),
                reference_t: reference.unit.in_tonnes(*amount),
            });
        }
        out.push(ReferenceRecord {
            name: name.clone(),
            title: title(name, reference),
            year: ours.year,
            source: reference.source.clone(),
            differs_in: reference.differs_in.clone(),
            rows,
        });
    }
    complete.then_some(out)
}

fn in_order<'r>(totals: &'r BTreeMap<String, f64>, ours: &Ours) -> Vec<(&'r str, f64)> {
    let at = |key: &str| ours.totals.iter().position(|(name, _)| name == key).unwrap_or(usize::MAX);
    let mut out: Vec<(&str, f64)> = totals.iter().map(|(k, t)| (k.as_str(), *t)).collect();
    out.sort_by_key(|(key, _)| at(key));
    out
}

/// Units of an id, else of a name, else of a district.
fn members(zones: &ZoneSet, key: &str) -> Vec<usize> {
    let n = zones.ids.len();
    let with = |f: &dyn Fn(usize) -> bool| (0..n).filter(|i| f(*i)).collect::<Vec<_>>();
    let by_id = with(&|i| zones.ids[i] == key);
    let by_name = || with(&|i| zones.names[i] == key || zones.names_en[i].as_deref() == Some(key));
    let by_district = || with(&|i| zones.district[i].as_deref() == Some(key));
    [by_id, by_name(), by_district()].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

fn unknown(name: &str, unit: &str, zones: &ZoneSet) -> Finding {
    let message = format!("reference \"{name}\": no unit, name or district is \"{unit}\"");
    let finding = Finding::error("reference_unit", message).field(format!("reference.{name}.units.{unit}"));
    let all = zones.district.iter().flatten().chain(&zones.names).chain(&zones.ids);
    suggest(finding, unit, all.map(String::as_str))
}

fn title(name: &str, reference: &Reference) -> Statement {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let en = or(&reference.title_en, name);
    Statement::new(en.clone(), or(&reference.title_zh, &en))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones() -> ZoneSet {
        let text = |v: &[&str]| v.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        ZoneSet {
            names_en: vec![None, Some("West".to_owned()), None],
            district: vec![Some("A".to_owned()), Some("A".to_owned()), None],
            ..ZoneSet::named(text(&["1", "2", "3"]), text(&["城东", "城西", "城东"]))
        }
    }

    fn reference(text: &str) -> BTreeMap<String, Reference> {
        BTreeMap::from([("official".to_owned(), toml::from_str(&format!("source = \"x\"\n{text}")).unwrap())])
    }

    fn ours() -> Vec<Ours> {
        let of = |year: i32, t: f64| {
            let gross = vec![Some(t), Some(2.0 * t), None];
            Ours::of_units(
                year,
                &[("industry", &[t, t, 0.0]), ("waste", &[0.0, t, 0.0])],
                &[1.0, 0.0, 0.0],
                gross,
            )
        };
        vec![of(2015, 10_000.0), of(2020, 20_000.0)]
    }

    #[test]
    fn totals_and_units_stand_beside_ours_and_nothing_is_adjusted() {
        let all = reference(
            "totals = { net = 5.0, gross = 4.0, industry = 8.0 }\nunits = { A = 6.0, West = 2.0, \"城东\" = 1.0 }",
        );
        let mut notes = Notes::default();
        let found = compare(&all, &zones(), &ours(), &mut notes).unwrap();
        let row = |item: &str, unit: &str| {
            found[0].rows.iter().find(|r| r.item == item && r.unit == unit).unwrap().clone()
        };
        assert_eq!(found[0].year, Some(2020));
        assert_eq!((row("industry", "").ours_t, row("industry", "").reference_t), (Some(40_000.0), 80_000.0));
        assert_eq!(row("industry", "").difference_pct(), Some(-50.0));
        assert_eq!(row("gross", "").difference_t(), Some(20_000.0));
        assert_eq!(row("net", "").ours_t, Some(59_999.0));
        assert_eq!((row("gross", "A").ours_t, row("gross", "West").ours_t), (Some(60_000.0), Some(40_000.0)));
        // One of the two units of that name is unknown: so is the sum.
        assert_eq!((row("gross", "城东").ours_t, row("gross", "城东").difference_pct()), (None, None));
        let order: Vec<&str> = found[0].rows.iter().map(|r| r.item.as_str()).take(3).collect();
        assert_eq!(order, ["industry", "gross", "net"]);
    }

    #[test]
    fn a_year_is_taken_from_its_own_numbers_and_a_unit_nobody_has_is_named() {
        let mut notes = Notes::default();
        let found =
            compare(&reference("year = 2015\ntotals = { gross = 0.0 }"), &zones(), &ours(), &mut notes);
        let row = found.unwrap()[0].rows[0].clone();
        assert_eq!((row.ours_t, row.difference_pct()), (Some(30_000.0), None));
        assert!(compare(&reference("units = { Wast = 1.0 }"), &zones(), &ours(), &mut notes).is_none());
        assert_eq!(notes.findings.items[0].code, "reference_unit");
    }
}
