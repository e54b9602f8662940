//! The points of the POI layer: their codes, and one POI for each id.

use super::codes::{Codes, fields_of};
use super::people_numbers::Unusable;
use super::poi_codes::report_codes;
use super::poi_places::places_of_one_name;
use super::poi_raw::{Code, LISTED, RawPoi, RawRow};
use super::{Ground, Notes, vector_source};
use crate::config::{PoiLayer, SeveralTypes};
use carbonzone_spatialize::{PoiScheme, may_repeat};
use carbonzone_types::{ColumnData, Finding, LedgerRow, Stage};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Distance beyond which two places of one id are hardly one POI, m.
const FAR_M: f64 = 100.0;
/// Keys that are not worth a task of their own.
const LEAST: usize = 2048;

/// A POI at one of its places, under one of its classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Easting, m.
    pub x: f64,
    /// Northing, m.
    pub y: f64,
    /// Class of the scheme.
    pub class: u32,
    /// What it counts: 1 or its weight, or a share of it if the POI has several classes or places.
    pub weight: f64,
}

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
    let mut rows: Vec<RawRow> = Vec::new();
    let mut left_out: BTreeMap<String, u64> = BTreeMap::new();
    let mut next = 0u32;
    let wanted = ground.reading.wanted(&source);
    let record = ground.reading.loaded.layers.points(wanted, &mut |batch| {
        let Some(codes) = Codes::first_filled(&batch.table, &config.kind) else { return };
        let numbers: Vec<Vec<u32>> = codes.each().map(|(field, text)| list.of(field, text)).collect();
        let partly: Vec<Option<&str>> =
            codes.each().map(|(field, text)| list.leaves_out(field, text).then_some(text)).collect();
        for text in codes.of.iter().filter_map(|of| partly[*of as usize]) {
            *left_out.entry(text.to_owned()).or_default() += 1;
        }
        let keys = key_field.as_ref().and_then(|k| batch.table.get(k));
        let weights = config.weight.as_ref().and_then(|w| batch.table.get(w));
        let keys = keys_of(keys, codes.of.len());
        let first = next;
        for (i, &of) in codes.of.iter().enumerate() {
            let weight = weights
                .map_or(Some(1.0), |w| unusable.mean_of(&[(w, 1.0)], i, || [batch.xs[i], batch.ys[i]]));
            let Some(weight) = weight else { continue };
            let feature = first + batch.features.get(i).copied().unwrap_or(i as u32);
            next = next.max(feature + 1);
            rows.extend(numbers[of as usize].iter().map(|&code| RawRow {
                key: keys[i],
                feature,
                code,
                x: batch.xs[i],
                y: batch.ys[i],
                weight,
            }));
        }
    });
    let record = notes.take(record)?;
    notes.records.push(record);
    unusable.report_weights(config, notes);
    let poi = RawPoi::in_order(rows, &list.codes);
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

/// One POI for each id; without ids, one for each name within 5 m; without both, one for each feature. It has the codes
/// of all its rows, and the place of the first row in canonical order.
pub fn once_each(config: &PoiLayer, scheme: &PoiScheme, poi: RawPoi, notes: &mut Notes) -> Vec<Row> {
    let RawPoi { rows: all, codes } = poi;
    // Most stand alone: only the others are brought together.
    let group = |r: &RawRow| if r.key == 0 { u64::from(r.feature) } else { r.key };
    let again = may_repeat(&all.par_iter().map(group).collect::<Vec<u64>>());
    let mut rows: Vec<RawRow> =
        all.iter().zip(&again).filter(|(_, again)| **again).map(|(r, _)| *r).collect();
    rows.par_sort_unstable_by(|a, b| {
        let feature = |r: &RawRow| if r.key == 0 { r.feature } else { 0 };
        (a.key.cmp(&b.key))
            .then(feature(a).cmp(&feature(b)))
            .then(a.x.total_cmp(&b.x))
            .then(a.y.total_cmp(&b.y))
            .then(a.code.cmp(&b.code))
            .then(a.weight.total_cmp(&b.weight))
            .then(a.feature.cmp(&b.feature))
    });
    let by_id = config.id.is_some();
    let none =
        || Merged { several: config.several_types, codes: &codes, out: Vec::new(), tally: Tally::default() };
    let together: Vec<Merged<'_>> = rows
        .par_chunk_by(|a, b| a.key == b.key && (a.key != 0 || a.feature == b.feature))
        .fold(none, |merged, same| merged.with(same, by_id))
        .collect();
    let alone = all.par_iter().zip(&again).filter(|(_, again)| !**again);
    let alone: Vec<Merged<'_>> = alone
        .fold(none, |mut merged, (row, _)| {
            merged.add(std::slice::from_ref(row));
            merged
        })
        .collect();
    let (mut out, mut tally) = (Vec::with_capacity(all.len()), Tally::default());
    drop((all, rows));
    for part in together.into_iter().chain(alone) {
        out.extend(part.out);
        tally.add(part.tally);
    }
    let place = |a: &Row, b: &Row| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y));
    out.par_sort_unstable_by(|a, b| {
        place(a, b).then(a.class.cmp(&b.class)).then(a.weight.total_cmp(&b.weight))
    });
    tally.report(config, scheme, notes);
    out
}

/// POI being put together.
struct Merged<'a> {
    several: SeveralTypes,
    codes: &'a [Code],
    out: Vec<Row>,
    tally: Tally,
}

impl Merged<'_> {
    /// The same with the POI of these rows of one id, or of one name.
    fn with(mut self, same: &[RawRow], by_id: bool) -> Self {
        if by_id || same[0].key == 0 {
            self.add(same);
        } else {
            for near in places_of_one_name(same) {
                self.add(&near);
            }
        }
        self
    }

    /// Adds the POI of these rows, which are in canonical order.
    fn add(&mut self, rows: &[RawRow]) {
        if let [only] = rows {
            let class = self.codes[only.code as usize].class;
            self.out.extend(class.map(|class| Row { x: only.x, y: only.y, class, weight: only.weight }));
            return;
        }
        let mut codes: Vec<u32> = rows.iter().map(|r| r.code).collect();
        codes.sort_unstable();
        codes.dedup();
        self.tally.see(rows, &codes, self.codes, self.several);
        if self.several == SeveralTypes::First {
            codes.truncate(1);
        }
        let first = &rows[0];
        let mut places: Vec<(f64, f64)> =
            rows.iter().filter(|r| r.feature == first.feature).map(|r| (r.x, r.y)).collect();
        places.dedup();
        let mut classes: BTreeMap<u32, u32> = BTreeMap::new();
        for class in codes.iter().filter_map(|&c| self.codes[c as usize].class) {
            *classes.entry(class).or_default() += 1;
        }
        for (x, y) in &places {
            self.out.extend(classes.iter().map(|(&class, &n)| Row {
                x: *x,
                y: *y,
                class,
                weight: first.weight * f64::from(n) / codes.len() as f64 / places.len() as f64,
            }));
        }
    }
}

/// What was met when rows became POI.
#[derive(Default)]
struct Tally {
    /// Rows that repeat a POI.
    repeated: u64,
    /// POI whose rows have different codes.
    differing: u64,
    /// POI whose rows lie far from each other.
    far: u64,
    /// POI whose rows have different weights.
    weights: u64,
    /// Class kept, class left out, POI.
    left_out: BTreeMap<(Option<u32>, Option<u32>), u64>,
}

impl Tally {
    fn add(&mut self, more: Self) {
        self.repeated += more.repeated;
        self.differing += more.differing;
        self.far += more.far;
        self.weights += more.weights;
        for (pair, n) in more.left_out {
            *self.left_out.entry(pair).or_default() += n;
        }
    }

    fn see(&mut self, rows: &[RawRow], distinct: &[u32], codes: &[Code], several: SeveralTypes) {
        let first = &rows[0];
        let mut features: Vec<u32> = rows.iter().map(|r| r.feature).collect();
        features.sort_unstable();
        features.dedup();
        if features.len() < 2 {
            return;
        }
        self.repeated += features.len() as u64 - 1;
        let others = || rows.iter().filter(|r| r.feature != first.feature);
        self.weights += u64::from(others().any(|r| r.weight.to_bits() != first.weight.to_bits()));
        self.far += u64::from(others().any(|r| (r.x - first.x).hypot(r.y - first.y) > FAR_M));
        let codes_of = |feature: u32| rows.iter().filter(move |r| r.feature == feature).map(|r| r.code);
        if others().all(|r| codes_of(r.feature).eq(codes_of(first.feature))) {
            return;
        }
        self.differing += 1;
        let class = |code: u32| codes[code as usize].class;
        let kept = if several == SeveralTypes::First { 1 } else { distinct.len() };
        for &out in &distinct[kept..] {
            *self.left_out.entry((class(distinct[0]), class(out))).or_default() += 1;
        }
    }

    fn report(&self, config: &PoiLayer, scheme: &PoiScheme, notes: &mut Notes) {
        let by_id = config.id.is_some();
        let what = if by_id { "id" } else { "name within 5 m" };
        let at = |finding: Finding| finding.input("poi", &config.source.path);
        if self.repeated > 0 {
            let message = format!("POI with the same {what} are counted once");
            notes.findings.push(at(Finding::warning("duplicate_poi", message)).count(self.repeated));
            notes.ledger.push(
                LedgerRow::counted(Stage::Drop, "poi", self.repeated as f64, "poi")
                    .note(format!("duplicate: same {what}")),
            );
        }
        if self.differing > 0 {
            let ids = if by_id { "ids" } else { "names" };
            let (message, hint) = if self.left_out.is_empty() {
                let message = format!("{} {ids} stand with several codes: they are shared", self.differing);
                (message, "each of m codes counts 1/m")
            } else {
                let name = |class: &Option<u32>| {
                    class.map_or("an unknown code".to_owned(), |c| {
                        let class = &scheme.classes()[c as usize];
                        format!("{} {} ({})", class.code, class.name_zh, class.group)
                    })
                };
                let pairs = self
                    .left_out
                    .iter()
                    .map(|((kept, out), n)| format!("{n} × {} kept, {} left out", name(kept), name(out)));
                let list = pairs.take(LISTED).collect::<Vec<_>>().join("; ");
                (
                    format!("{} {ids} stand with several codes: {list}", self.differing),
                    "several_types = \"all\" counts each of m codes with 1/m; or keep the row that is right",
                )
            };
            let finding = at(Finding::warning("poi_several_codes", message)).field(&config.kind);
            notes.findings.push(finding.count(self.differing).hint(hint));
        }
        if self.weights > 0 {
            let message = format!("{} POI stand with several weights: the first one counts", self.weights);
            let finding = at(Finding::warning("poi_several_weights", message)).count(self.weights);
            notes.findings.push(finding.field(config.unit()).hint("keep the row that is right"));
        }
        if by_id && self.far > 0 {
            let message = format!(
                "{} ids stand at places more than {FAR_M} m apart; only one place of each counts",
                self.far
            );
            notes.findings.push(
                at(Finding::warning("poi_id_far_apart", message))
                    .field(config.id.clone().unwrap_or_default())
                    .count(self.far)
                    .hint(
                        "is the id unique? Files numbered each from 1 repeat it when they are put together",
                    ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let out = once_each(&config, &scheme, RawPoi::in_order(rows, &list.codes), &mut notes);
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
