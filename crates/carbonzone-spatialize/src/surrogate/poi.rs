//! POI as they stand in the file, and each of them once.

use crate::code_table::MatchKind;
use crate::repeats::may_repeat;
use carbonzone_geom::{NO_PARCEL, PointLocator};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Distance beyond which two places of one id are hardly one POI, m.
pub const FAR_M: f64 = 100.0;

/// A point of the file under one of its codes.
#[derive(Debug, Clone, Copy)]
pub struct RawRow {
    /// Hash of id or name; 0 if there is none.
    pub key: u64,
    /// Number of the feature in the file; the points of a multipoint share it.
    pub feature: u32,
    /// Index into the codes.
    pub code: u32,
    /// Easting, m.
    pub x: f64,
    /// Northing, m.
    pub y: f64,
    /// Weight of the feature.
    pub weight: f64,
}

/// A batch of points as it is read; one entry for each of them where nothing else is said.
#[derive(Debug)]
pub struct RawBatch<'a> {
    /// Hashes of ids or names.
    pub keys: &'a [u64],
    /// Feature of the batch; none: every point is one.
    pub features: &'a [u32],
    /// Index into `codes`.
    pub of: &'a [u32],
    /// Numbers of the codes of each distinct field.
    pub codes: &'a [Vec<u32>],
    /// Eastings, m.
    pub xs: &'a [f64],
    /// Northings, m.
    pub ys: &'a [f64],
    /// Weights, NaN: not usable; none: 1.
    pub weights: Option<&'a [f64]>,
}

/// Points that are being read.
#[derive(Debug, Default)]
pub struct RawRows {
    /// One for each code of a point.
    pub rows: Vec<RawRow>,
    /// Features so far.
    features: u32,
}

impl RawRows {
    /// Appends the points that have a usable weight.
    ///
    /// # Panics
    /// If the columns do not fit each other.
    pub fn add(&mut self, batch: &RawBatch<'_>) {
        let first = self.features;
        for (i, &of) in batch.of.iter().enumerate() {
            let weight = batch.weights.map_or(1.0, |w| w[i]);
            if weight.is_nan() {
                continue;
            }
            let feature = first + batch.features.get(i).copied().unwrap_or(i as u32);
            self.features = self.features.max(feature + 1);
            let (key, x, y) = (batch.keys[i], batch.xs[i], batch.ys[i]);
            let codes = batch.codes[of as usize].iter();
            self.rows.extend(codes.map(|&code| RawRow { key, feature, code, x, y, weight }));
        }
    }
}

/// The layer as read.
#[derive(Debug, Clone, Default)]
pub struct RawPoi {
    /// Points and codes.
    pub rows: Vec<RawRow>,
    /// Codes in the order of their classes, unknown ones last, then by text.
    pub codes: Vec<Code>,
}

impl RawPoi {
    /// The codes in the order of their classes, unknown ones last, then by text: nothing may depend on the order of the file.
    pub fn in_order(mut rows: Vec<RawRow>, codes: &[Code]) -> Self {
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        let key = |at: u32| (codes[at as usize].class.is_none(), &codes[at as usize]);
        order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        rows.par_iter_mut().with_min_len(LEAST).for_each(|row| row.code = place[row.code as usize]);
        Self { rows, codes: order.iter().map(|&old| codes[old as usize].clone()).collect() }
    }

    /// Features of each code: one counts once under each of its codes, whatever the number of its points.
    pub fn features_of_codes(&self) -> Vec<u64> {
        let mut count = vec![0u64; self.codes.len()];
        for of_feature in self.rows.chunk_by(|a, b| a.feature == b.feature) {
            let first = of_feature[0];
            for row in of_feature.iter().filter(|row| (row.x, row.y) == (first.x, first.y)) {
                count[row.code as usize] += 1;
            }
        }
        count
    }
}

/// A single code, in the field in which it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Class of the scheme; `None`: unknown.
    pub class: Option<u32>,
    /// The code as it stands in the file.
    pub text: String,
    /// The field.
    pub field: String,
    /// How the scheme knows it; `None`: not at all.
    pub kind: Option<MatchKind>,
}

/// A POI at one of its places, under one of its classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PoiPlace {
    /// Easting, m.
    pub x: f64,
    /// Northing, m.
    pub y: f64,
    /// Class of the scheme.
    pub class: u32,
    /// What it counts: 1 or its weight, or a share of it if the POI has several classes or places.
    pub weight: f64,
}

/// The parcel of each place ([`NO_PARCEL`] for none), and how many have one.
pub fn owners_of(places: &[PoiPlace], locator: &PointLocator<'_>) -> (Vec<u32>, usize) {
    let (xs, ys): (Vec<f64>, Vec<f64>) = places.par_iter().with_min_len(LEAST).map(|p| (p.x, p.y)).unzip();
    let owners = locator.locate_all(&xs, &ys);
    let held = owners.par_iter().with_min_len(LEAST).filter(|owner| **owner != NO_PARCEL).count();
    (owners, held)
}

/// The places of those classes that are wanted, each with its owner.
pub fn of_classes(places: &[PoiPlace], owners: &[u32], wanted: &[bool]) -> Vec<(PoiPlace, u32)> {
    let all = places.iter().zip(owners).filter(|(place, _)| wanted[place.class as usize]);
    all.map(|(place, owner)| (*place, *owner)).collect()
}

/// Places that are not worth a task of their own.
const LEAST: usize = 1 << 14;

/// One POI for each id; without ids, one for each name within 5 m; without both, one for each feature. It has the codes
/// of all its rows, and the place of the first row in canonical order.
pub fn once_each(poi: RawPoi, by_id: bool, first_only: bool) -> (Vec<PoiPlace>, Repeated) {
    let RawPoi { rows: all, codes } = poi;
    // Most stand alone: only the others are brought together.
    let group = |r: &RawRow| if r.key == 0 { u64::from(r.feature) } else { r.key };
    let again = may_repeat(&all.par_iter().map(group).collect::<Vec<u64>>());
    let repeated = all.par_iter().zip(&again).with_min_len(LEAST).filter(|(_, again)| **again);
    let mut rows: Vec<RawRow> = repeated.map(|(row, _)| *row).collect();
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
    let none = || Merged { first_only, codes: &codes, out: Vec::new(), tally: Repeated::default() };
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
    let (mut out, mut tally) = (Vec::with_capacity(all.len()), Repeated::default());
    drop((all, rows));
    for part in together.into_iter().chain(alone) {
        out.extend(part.out);
        tally.add(part.tally);
    }
    let place = |a: &PoiPlace, b: &PoiPlace| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y));
    out.par_sort_unstable_by(|a, b| {
        place(a, b).then(a.class.cmp(&b.class)).then(a.weight.total_cmp(&b.weight))
    });
    (out, tally)
}

/// POI being put together.
struct Merged<'a> {
    first_only: bool,
    codes: &'a [Code],
    out: Vec<PoiPlace>,
    tally: Repeated,
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
            self.out.extend(class.map(|class| PoiPlace { x: only.x, y: only.y, class, weight: only.weight }));
            return;
        }
        let mut codes: Vec<u32> = rows.iter().map(|r| r.code).collect();
        codes.sort_unstable();
        codes.dedup();
        self.tally.see(rows, &codes, self.codes, self.first_only);
        if self.first_only {
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
            self.out.extend(classes.iter().map(|(&class, &n)| PoiPlace {
                x: *x,
                y: *y,
                class,
                weight: first.weight * f64::from(n) / codes.len() as f64 / places.len() as f64,
            }));
        }
    }
}

/// What was met when rows became POI.
#[derive(Debug, Default, PartialEq)]
pub struct Repeated {
    /// Rows that repeat a POI.
    pub repeated: u64,
    /// POI whose rows have different codes.
    pub differing: u64,
    /// POI whose rows lie far from each other.
    pub far: u64,
    /// POI whose rows have different weights.
    pub weights: u64,
    /// Class kept, class left out, POI.
    pub left_out: BTreeMap<(Option<u32>, Option<u32>), u64>,
}

impl Repeated {
    fn add(&mut self, more: Self) {
        self.repeated += more.repeated;
        self.differing += more.differing;
        self.far += more.far;
        self.weights += more.weights;
        for (pair, n) in more.left_out {
            *self.left_out.entry(pair).or_default() += n;
        }
    }

    fn see(&mut self, rows: &[RawRow], distinct: &[u32], codes: &[Code], first_only: bool) {
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
        let kept = if first_only { 1 } else { distinct.len() };
        for &out in &distinct[kept..] {
            *self.left_out.entry((class(distinct[0]), class(out))).or_default() += 1;
        }
    }
}

/// Distance within which two POI of the same name are one (docs/adr/0005), m.
const SAME_NAME_M: f64 = 5.0;

/// Rows of one name in groups: each is within 5 m of the first row of its group. Those first rows are more than 5 m
/// apart, so that a square of 5 m holds few of them, and the search is short for any number of rows.
fn places_of_one_name(rows: &[RawRow]) -> Vec<Vec<RawRow>> {
    let mut groups: Vec<Vec<RawRow>> = Vec::new();
    let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for row in rows {
        let square = ((row.x / SAME_NAME_M).floor() as i64, (row.y / SAME_NAME_M).floor() as i64);
        let around = (-1..=1).flat_map(|i| (-1..=1).map(move |j| (square.0 + i, square.1 + j)));
        let near = |group: &&usize| {
            let first = &groups[**group][0];
            (first.x - row.x).hypot(first.y - row.y) <= SAME_NAME_M
        };
        let found = around
            .filter_map(|s| squares.get(&s))
            .flat_map(|groups| groups.iter())
            .filter(near)
            .min()
            .copied();
        if let Some(group) = found {
            groups[group].push(*row);
        } else {
            squares.entry(square).or_default().push(groups.len());
            groups.push(vec![*row]);
        }
    }
    groups
}
