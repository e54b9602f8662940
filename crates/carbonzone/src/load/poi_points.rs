//! The points of the POI layer and their codes.

use super::codes::{Codes, fields_of};
use super::people_numbers::report_weights;
use super::poi_codes::{LISTED, report_codes};
use super::{Ground, Notes, vector_source};
use crate::config::{PoiLayer, SeveralTypes};
use carbonzone_sheet::Unusable;
use carbonzone_spatialize::PoiScheme;
use carbonzone_spatialize::surrogate::poi::{Code, FAR_M, RawBatch, RawPoi, RawRows, Repeated};
use carbonzone_types::{ColumnData, Finding, LedgerRow, Stage};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Keys that are not worth a task of their own.
const LEAST: usize = 2048;

/// Codes met so far.
struct CodeList<'a> {
    scheme: &'a PoiScheme,
    several: SeveralTypes,
    codes: Vec<Code>,
    number: HashMap<(String, String), u32>,
}

impl CodeList<'_> {
    /// Numbers of the codes of a field that count: its first, or all of them.
    fn of(&mut self, field: &str, text: &str) -> Vec<u32> {
        let take = if self.several == SeveralTypes::First { 1 } else { usize::MAX };
        let single: Vec<&str> = self.scheme.split_codes(text).take(take).collect();
        // An empty field is a code of its own: unknown.
        let single = if single.is_empty() { vec![""] } else { single };
        let mut out: Vec<u32> = single.iter().map(|code| self.number_of(field, code)).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Whether only the first code of a field counts, and another one is known to be of another group.
    fn leaves_out(&self, field: &str, text: &str) -> bool {
        let classes = self.scheme.classes();
        let group = |code| self.scheme.find(field, code).map(|(class, _)| &classes[class].group);
        let mut groups = self.scheme.split_codes(text).map(group);
        let first = groups.next();
        self.several == SeveralTypes::First && groups.any(|group| group.is_some() && Some(group) != first)
    }

    fn number_of(&mut self, field: &str, text: &str) -> u32 {
        let known = (field.to_owned(), text.to_owned());
        if let Some(&number) = self.number.get(&known) {
            return number;
        }
        let found = self.scheme.find(field, text);
        self.codes.push(Code {
            class: found.map(|(class, _)| class as u32),
            kind: found.map(|(_, kind)| kind),
            field: known.0.clone(),
            text: known.1.clone(),
        });
        let number = self.codes.len() as u32 - 1;
        self.number.insert(known, number);
        number
    }
}

/// Reads the layer. `None`: it cannot be used, and a finding says why.
pub fn read(ground: &Ground<'_>, config: &PoiLayer, scheme: &PoiScheme, notes: &mut Notes) -> Option<RawPoi> {
    let mut source = vector_source(ground.reading.loaded, "poi", &config.source);
    source.fields.extend(fields_of(&config.kind));
    source.fields.extend(config.weight.clone());
    source.numbers.extend(config.weight.clone());
    let key_field = config.id.clone().or_else(|| config.name.clone());
    source.id.clone_from(&key_field);
    let mut unusable = Unusable::default();
    let mut list =
        CodeList { scheme, several: config.several_types, codes: Vec::new(), number: HashMap::new() };
    let mut rows = RawRows::default();
    let mut left_out: BTreeMap<String, u64> = BTreeMap::new();
    let wanted = ground.reading.wanted(&source);
    let record = ground.reading.loaded.layers.points(wanted, &mut |batch| {
        let Some(codes) = Codes::first_filled(&batch.table, &config.kind) else { return };
        let numbers: Vec<Vec<u32>> = codes.each().map(|(field, text)| list.of(field, text)).collect();
        let partly: Vec<Option<&str>> =
            codes.each().map(|(field, text)| list.leaves_out(field, text).then_some(text)).collect();
        if partly.iter().any(Option::is_some) {
            for text in codes.of.iter().filter_map(|of| partly[*of as usize]) {
                *left_out.entry(text.to_owned()).or_default() += 1;
            }
        }
        let keys = key_field.as_ref().and_then(|k| batch.table.get(k));
        let weights = config.weight.as_ref().and_then(|w| batch.table.get(w));
        let place = |i: usize| [batch.xs[i], batch.ys[i]];
        let mut weight = |w, i| unusable.mean_of(&[(w, 1.0)], i, place(i)).unwrap_or(f64::NAN);
        let weights: Option<Vec<f64>> = weights.map(|w| (0..batch.xs.len()).map(|i| weight(w, i)).collect());
        rows.add(&RawBatch {
            keys: &keys_of(keys, codes.of.len()),
            features: &batch.features,
            of: &codes.of,
            codes: &numbers,
            xs: &batch.xs,
            ys: &batch.ys,
            weights: weights.as_deref(),
        });
    });
    let record = notes.take(record)?;
    notes.records.push(record);
    report_weights(&unusable, config, notes);
    let poi = RawPoi::in_order(rows.rows, &list.codes);
    report_codes(&poi, config, scheme, notes);
    report_left_out(&left_out, config, notes);
    Some(poi)
}

/// Hashes of ids or names; 0 where there is none.
fn keys_of(column: Option<&ColumnData>, rows: usize) -> Vec<u64> {
    let Some(column) = column else { return vec![0; rows] };
    let parts = (0..rows.div_ceil(LEAST)).into_par_iter();
    let keys = parts.map(|k| column.text_keys(k * LEAST..rows.min((k + 1) * LEAST)));
    keys.collect::<Vec<_>>().concat()
}

/// Fields with codes of several groups, of which the first counts.
fn report_left_out(left_out: &BTreeMap<String, u64>, config: &PoiLayer, notes: &mut Notes) {
    let count: u64 = left_out.values().sum();
    if count == 0 {
        return;
    }
    let mut most: Vec<(&String, &u64)> = left_out.iter().collect();
    most.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let list = most.iter().take(LISTED).map(|(text, n)| format!("\"{text}\": {n}")).collect::<Vec<_>>();
    let more = if most.len() > LISTED { format!(" and {} more", most.len() - LISTED) } else { String::new() };
    let message = format!(
        "{count} POI have codes of several groups in one field; the first counts: {}{more}",
        list.join("; ")
    );
    notes.findings.push(
        Finding::warning("poi_several_codes", message)
            .input("poi", &config.source.path)
            .field(&config.kind)
            .count(count)
            .hint("several_types = \"all\" counts each of m codes with 1/m"),
    );
}

/// What is told of POI that stand there more than once.
pub fn report_repeated(met: &Repeated, config: &PoiLayer, scheme: &PoiScheme, notes: &mut Notes) {
    let by_id = config.id.is_some();
    let what = if by_id { "id" } else { "name within 5 m" };
    let at = |finding: Finding| finding.input("poi", &config.source.path);
    if met.repeated > 0 {
        let message = format!("POI with the same {what} are counted once");
        notes.findings.push(at(Finding::warning("duplicate_poi", message)).count(met.repeated));
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "poi", met.repeated as f64, "poi")
                .note(format!("duplicate: same {what}")),
        );
    }
    if met.differing > 0 {
        let ids = if by_id { "ids" } else { "names" };
        let (message, hint) = if met.left_out.is_empty() {
            let message = format!("{} {ids} stand with several codes: they are shared", met.differing);
            (message, "each of m codes counts 1/m")
        } else {
            let name = |class: &Option<u32>| {
                class.map_or("an unknown code".to_owned(), |c| {
                    let class = &scheme.classes()[c as usize];
                    format!("{} {} ({})", class.code, class.name_zh, class.group)
                })
            };
            let pairs = met
                .left_out
                .iter()
                .map(|((kept, out), n)| format!("{n} × {} kept, {} left out", name(kept), name(out)));
            let list = pairs.take(LISTED).collect::<Vec<_>>().join("; ");
            (
                format!("{} {ids} stand with several codes: {list}", met.differing),
                "several_types = \"all\" counts each of m codes with 1/m; or keep the row that is right",
            )
        };
        let finding = at(Finding::warning("poi_several_codes", message)).field(&config.kind);
        notes.findings.push(finding.count(met.differing).hint(hint));
    }
    if met.weights > 0 {
        let message = format!("{} POI stand with several weights: the first one counts", met.weights);
        let finding = at(Finding::warning("poi_several_weights", message)).count(met.weights);
        notes.findings.push(finding.field(config.unit()).hint("keep the row that is right"));
    }
    if by_id && met.far > 0 {
        let message = format!(
            "{} ids stand at places more than {FAR_M} m apart; only one place of each counts",
            met.far
        );
        notes.findings.push(
            at(Finding::warning("poi_id_far_apart", message))
                .field(config.id.clone().unwrap_or_default())
                .count(met.far)
                .hint("is the id unique? Files numbered each from 1 repeat it when they are put together"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_spatialize::surrogate::poi::{RawRow, once_each};

    /// POI as (key, feature, place, codes of the field).
    fn merged(
        several: SeveralTypes,
        by_id: bool,
        poi: &[(u64, u32, f64, &str)],
    ) -> (Vec<(String, f64)>, Notes) {
        let scheme = PoiScheme::shipped("amap").unwrap();
        let mut list = CodeList { scheme: &scheme, several, codes: Vec::new(), number: HashMap::new() };
        let mut rows = Vec::new();
        for &(key, feature, x, field) in poi {
            let numbers = list.of("t", field);
            rows.extend(numbers.into_iter().map(|code| RawRow {
                key,
                feature,
                code,
                x,
                y: 0.0,
                weight: 1.0,
            }));
        }
        let config: PoiLayer = toml::from_str(&format!(
            "source = {{ path = \"p.csv\" }}\ntype = \"t\"\n{} = \"k\"",
            if by_id { "id" } else { "name" }
        ))
        .unwrap();
        let config = PoiLayer { several_types: several, ..config };
        let mut notes = Notes::default();
        let (out, met) =
            once_each(RawPoi::in_order(rows, &list.codes), by_id, several == SeveralTypes::First);
        report_repeated(&met, &config, &scheme, &mut notes);
        let mut groups: BTreeMap<String, f64> = BTreeMap::new();
        for row in out {
            *groups.entry(scheme.classes()[row.class as usize].group.clone()).or_default() += row.weight;
        }
        (groups.into_iter().collect(), notes)
    }

    fn weights(several: SeveralTypes, poi: &[(u64, u32, f64, &str)]) -> Vec<(String, f64)> {
        merged(several, true, poi).0
    }

    fn group(name: &str, weight: f64) -> (String, f64) {
        (name.to_owned(), weight)
    }

    #[test]
    fn two_codes_of_one_class_are_one_poi_of_it() {
        let poi = [(1, 0, 0.0, "050100|050301"), (2, 1, 9.0, "050100")];
        assert_eq!(weights(SeveralTypes::All, &poi), [group("commercial", 2.0)]);
        assert_eq!(weights(SeveralTypes::First, &poi), [group("commercial", 2.0)]);
    }

    #[test]
    fn codes_share_a_poi_wherever_they_stand() {
        let halves = [group("commercial", 0.5), group("industry", 0.5)];
        assert_eq!(weights(SeveralTypes::All, &[(1, 0, 0.0, "170300|060100")]), halves);
        // The same id in the lists of two categories, three times over.
        let listed = [(1, 0, 0.0, "170300"), (1, 1, 0.0, "060100"), (1, 2, 0.0, "170300")];
        assert_eq!(weights(SeveralTypes::All, &listed), halves);
        let thirds = weights(SeveralTypes::All, &[(1, 0, 0.0, "170300|060100|050100")]);
        assert!((thirds[0].1 - 2.0 / 3.0).abs() < 1e-15 && (thirds[1].1 - 1.0 / 3.0).abs() < 1e-15);
        // An unknown code takes its share and counts for nothing.
        assert_eq!(weights(SeveralTypes::All, &[(1, 0, 0.0, "170300|x")]), [group("industry", 0.5)]);
    }

    #[test]
    fn it_is_told_which_code_of_an_id_was_kept() {
        let poi =
            [(1, 0, 0.0, "170300"), (1, 1, 0.0, "060100"), (2, 2, 5.0, "170300"), (2, 3, 5.0, "170300")];
        let (groups, notes) = merged(SeveralTypes::First, true, &poi);
        assert_eq!(groups, [group("commercial", 1.0), group("industry", 1.0)]);
        let find = |code: &str| notes.findings.items.iter().find(|f| f.code == code).unwrap();
        assert_eq!(find("duplicate_poi").count, Some(2));
        let told = find("poi_several_codes");
        assert_eq!(told.count, Some(1));
        assert!(
            told.message.contains("06 购物服务 (commercial) kept, 1703 工厂 (industry) left out"),
            "{}",
            told.message
        );
        assert!(notes.findings.items.iter().all(|f| f.code != "poi_id_far_apart"));
    }

    #[test]
    fn a_known_code_is_kept_before_an_unknown_one() {
        let poi = [(1, 0, 0.0, "000000"), (1, 1, 0.0, "170300")];
        assert_eq!(weights(SeveralTypes::First, &poi), [group("industry", 1.0)]);
    }

    #[test]
    fn ids_that_repeat_far_apart_are_suspected() {
        let (groups, notes) =
            merged(SeveralTypes::First, true, &[(1, 0, 0.0, "170300"), (1, 1, 5000.0, "170300")]);
        assert_eq!(groups, [group("industry", 1.0)]);
        assert!(notes.findings.items.iter().any(|f| f.code == "poi_id_far_apart"));
    }

    #[test]
    fn one_name_is_one_poi_within_five_metres() {
        let poi = [
            (7, 0, 0.0, "170300"),
            (7, 1, 4.0, "060100"),
            (7, 2, 8.0, "170300"),
            (0, 3, 0.0, "170300"),
            (0, 4, 0.0, "170300"),
        ];
        let (groups, _) = merged(SeveralTypes::First, false, &poi);
        // 0 and 4 are one; 8 is more than 5 m from the first. Without a name, every feature is one.
        assert_eq!(groups, [group("commercial", 1.0), group("industry", 3.0)]);
    }

    #[test]
    fn the_points_of_a_multipoint_share_it() {
        let (groups, _) =
            merged(SeveralTypes::First, true, &[(1, 0, 0.0, "170300"), (1, 0, 900.0, "170300")]);
        assert_eq!(groups, [group("industry", 1.0)]);
    }
}
