//! Lines to parcels: the length of each mode inside each parcel, under an explicit rule for what lies between them.

use carbonzone_geom::{Coverage, LineIndex, NearestIndex, PointLocator, SharedLengths, SharingRules};
use carbonzone_types::ExactSum;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Which parcel a stretch of road belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoadAssignment {
    /// Only what lies inside a parcel counts (the paper; default). The rest is reported.
    #[default]
    Inside,
    /// Stretches outside the parcels of the class go to its nearest parcel within `snap_m`.
    Nearest,
    /// Stretches outside go half and half to the nearest parcels of the class left and right within `snap_m`.
    BothSides,
}

/// Length of a polyline, m.
pub fn length_m(xs: &[f64], ys: &[f64]) -> f64 {
    xs.windows(2).zip(ys.windows(2)).map(|(x, y)| (x[1] - x[0]).hypot(y[1] - y[0])).sum()
}

/// True if a stretch from vertex to vertex is longer than this, or shorter by less than half a percent.
pub fn may_be_longer(xs: &[f64], ys: &[f64], metres: f64) -> bool {
    let square = 0.99 * metres * metres;
    xs.windows(2).zip(ys.windows(2)).any(|(x, y)| {
        let (dx, dy) = (x[1] - x[0], y[1] - y[0]);
        dx * dx + dy * dy > square
    })
}

/// Longest piece, in metres, that is assigned as a whole when it lies outside the parcels of the class.
const PIECE_M: f64 = 25.0;

/// A straight piece of a line and how much of it counts, m.
#[derive(Debug, Clone, Copy)]
struct Piece {
    a: (f64, f64),
    b: (f64, f64),
    metres: f64,
}

impl Piece {
    fn middle(&self) -> (f64, f64) {
        (f64::midpoint(self.a.0, self.b.0), f64::midpoint(self.a.1, self.b.1))
    }
}

/// More pieces than these are looked at together first.
const MANY_PIECES: usize = 64;

/// A straight part of a line, to be cut into pieces.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: (f64, f64),
    step: (f64, f64),
    length: f64,
    pieces: u32,
}

impl Stretch {
    fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        let step = (to.0 - from.0, to.1 - from.1);
        let length = step.0.hypot(step.1);
        Self { from, step, length, pieces: (length / PIECE_M).ceil().max(1.0) as u32 }
    }

    /// Where piece `k` begins.
    fn at(&self, k: u32) -> (f64, f64) {
        let t = f64::from(k) / f64::from(self.pieces);
        (self.from.0 + self.step.0 * t, self.from.1 + self.step.1 * t)
    }

    fn piece(&self, k: u32) -> Piece {
        Piece { a: self.at(k), b: self.at(k + 1), metres: self.length / f64::from(self.pieces) }
    }

    fn direction(&self) -> (f64, f64) {
        (self.step.0 / self.length, self.step.1 / self.length)
    }
}

/// What became of the length of one mode, in metres on the ground (before class weights).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LineTally {
    /// Total length read.
    pub total: ExactSum,
    /// Inside parcels of the class.
    pub in_class: ExactSum,
    /// Inside parcels of other classes (not used by the class).
    pub in_other: ExactSum,
    /// Assigned to the nearest parcels by rule.
    pub snapped: ExactSum,
    /// Outside the study area, if one was set; not part of `total`.
    pub beyond: ExactSum,
    /// In several parcels at once: shared between them, counted once.
    pub shared: ExactSum,
    /// Along the edge of a parcel of the class, which therefore has it; part of `in_class`.
    pub along_edge: ExactSum,
}

impl LineTally {
    fn merge(&mut self, more: &Self) {
        self.total.merge(more.total);
        self.in_class.merge(more.in_class);
        self.in_other.merge(more.in_other);
        self.snapped.merge(more.snapped);
        self.beyond.merge(more.beyond);
        self.shared.merge(more.shared);
        self.along_edge.merge(more.along_edge);
    }
}

/// What some lines bring: sums are exact, so lines may come in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MeasuredLines {
    /// Parcel and weighted metres.
    pieces: Vec<(u32, f64)>,
    tally: LineTally,
}

/// Collects length per parcel for one mode.
pub struct LineMeter<'a> {
    index: &'a LineIndex<'a>,
    mask: Vec<bool>,
    /// Parcels that share ground with others.
    overlapping: Vec<bool>,
    nearest: NearestIndex<'a>,
    rule: RoadAssignment,
    snap_m: f64,
    area: Option<(&'a LineIndex<'a>, &'a PointLocator<'a>)>,
    sums: LineSums,
}

/// What was measured of many lines.
#[derive(Debug, Default)]
pub(super) struct LineSums {
    weighted_m: Vec<ExactSum>,
    tally: LineTally,
}

impl LineSums {
    /// Adds what was [measured](LineMeter::measure).
    pub fn add(&mut self, measured: &MeasuredLines) {
        self.tally.merge(&measured.tally);
        measured.pieces.iter().for_each(|&(parcel, metres)| self.weighted_m[parcel as usize].add(metres));
    }
}

impl<'a> LineMeter<'a> {
    /// A meter over all parcels; `mask` marks the parcels of the class the mode belongs to.
    pub fn new(
        coverage: &'a Coverage,
        index: &'a LineIndex<'a>,
        mask: Vec<bool>,
        rule: RoadAssignment,
        snap_m: f64,
    ) -> Self {
        let subset: Vec<u32> = if rule == RoadAssignment::Inside || snap_m <= 0.0 {
            Vec::new()
        } else {
            (0..coverage.len() as u32).filter(|&i| mask[i as usize]).collect()
        };
        Self {
            index,
            nearest: NearestIndex::new(coverage, &subset),
            mask,
            overlapping: vec![false; coverage.len()],
            rule,
            snap_m,
            area: None,
            sums: LineSums { weighted_m: vec![ExactSum::new(); coverage.len()], tally: LineTally::default() },
        }
    }

    /// Marks parcels that share ground with others: metres in several of them are shared.
    ///
    /// # Panics
    /// If there is not one value per parcel.
    pub fn over_overlaps(mut self, overlapping: Vec<bool>) -> Self {
        assert_eq!(overlapping.len(), self.mask.len(), "one value per parcel");
        self.overlapping = overlapping;
        self
    }

    /// Counts only what lies within a study area, given by two indexes of its polygons (they must not overlap).
    /// Stretches that are assigned by rule are cut exactly at its boundary: the kernel tells the length of each piece
    /// inside the area, and the middle of that part looks for its parcel.
    pub fn within(mut self, lines: &'a LineIndex<'a>, points: &'a PointLocator<'a>) -> Self {
        self.area = Some((lines, points));
        self
    }

    /// Adds one polyline with its class weight (1 = plain length).
    pub fn add(&mut self, xs: &[f64], ys: &[f64], weight: f64) {
        let mut measured = MeasuredLines::default();
        self.measure((xs, ys), weight, self.index.shared((xs, ys), self.rules()), &mut measured);
        self.add_measured(&measured);
    }

    /// Measures one polyline with its class weight, whose lengths inside parcels are known already, see [`LineIndex::shared_all`].
    /// Many can be measured at once, and then added.
    pub fn measure(
        &self,
        (xs, ys): (&[f64], &[f64]),
        weight: f64,
        shared: SharedLengths,
        out: &mut MeasuredLines,
    ) {
        let MeasuredLines { pieces, tally } = out;
        let total = shared.total_m;
        match self.area {
            None => tally.total.add(total),
            Some((lines, _)) => {
                let within: f64 = lines.lengths(xs, ys).iter().map(|(_, metres)| metres).sum();
                tally.total.add(within);
                tally.beyond.add((total - within).max(0.0));
            }
        }
        tally.shared.add(shared.shared_m);
        tally.along_edge.add(shared.along_edge_m);
        for &(parcel, metres) in &shared.lengths {
            let in_class = self.mask[parcel as usize];
            let part = if in_class { &mut tally.in_class } else { &mut tally.in_other };
            part.add(metres);
        }
        let mut brought = shared.lengths;
        if self.rule != RoadAssignment::Inside && self.snap_m > 0.0 {
            let inside = brought.len();
            self.assign_rest(xs, ys, &mut brought);
            brought[inside..].iter().for_each(|(_, metres)| tally.snapped.add(*metres));
        }
        pieces.extend(brought.into_iter().map(|(parcel, metres)| (parcel, metres * weight)));
    }

    /// Adds what was [measured](Self::measure).
    pub fn add_measured(&mut self, measured: &MeasuredLines) {
        self.sums.add(measured);
    }

    /// What was added so far, to add to it while more is measured; to be put [back](Self::put_back).
    pub(super) fn take_sums(&mut self) -> LineSums {
        std::mem::take(&mut self.sums)
    }

    pub(super) fn put_back(&mut self, sums: LineSums) {
        self.sums = sums;
    }

    /// How lengths are counted: each metre once, along the edge of a parcel of the class for that parcel.
    pub fn rules(&self) -> SharingRules<'_> {
        SharingRules { mask: &self.mask, overlapping: &self.overlapping }
    }

    /// Cuts the line into short pieces and hands on what lies outside the class.
    fn assign_rest(&self, xs: &[f64], ys: &[f64], out: &mut Vec<(u32, f64)>) {
        for (x, y) in xs.windows(2).zip(ys.windows(2)) {
            let stretch = Stretch::new((x[0], y[0]), (x[1], y[1]));
            self.assign_pieces(&stretch, 0..stretch.pieces, out);
        }
    }

    /// Hands on what of some pieces lies outside the class. Long runs of pieces that lie wholly in a parcel of the class, or wholly
    /// out of its reach, have nothing to hand on and are passed over: a road around the Earth costs what it costs near the parcels.
    fn assign_pieces(&self, stretch: &Stretch, pieces: Range<u32>, out: &mut Vec<(u32, f64)>) {
        if pieces.len() > MANY_PIECES {
            let (a, b) = (stretch.at(pieces.start), stretch.at(pieces.end));
            if !self.is_settled(a, b) {
                let middle = pieces.start.midpoint(pieces.end);
                self.assign_pieces(stretch, pieces.start..middle, out);
                self.assign_pieces(stretch, middle..pieces.end, out);
            }
            return;
        }
        for k in pieces {
            let piece = stretch.piece(k);
            let kept = self.cut_to_area(piece);
            let rest = kept.metres - self.in_class(piece.a, piece.b);
            if rest > 1e-9 {
                self.hand_on(kept.middle(), stretch.direction(), rest, out);
            }
        }
    }

    /// True if no piece between two points has anything to hand on: no parcel of the class is within reach, or all lies in them.
    fn is_settled(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let (x, y) = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
        // Beyond any rounding.
        let reach = (self.snap_m + 0.5 * length) * (1.0 + 1e-9) + 1.0;
        self.nearest.nearest_within(x, y, reach).is_none() || length - self.in_class(a, b) <= 1e-9
    }

    /// Metres between two points that lie in parcels of the class.
    fn in_class(&self, a: (f64, f64), b: (f64, f64)) -> f64 {
        let (x, y) = ([a.0, b.0], [a.1, b.1]);
        let found = self.index.shared((&x, &y), self.rules()).lengths;
        found.iter().filter(|(parcel, _)| self.mask[*parcel as usize]).map(|(_, metres)| metres).sum()
    }

    /// The part of a piece inside the study area, if one is set. A piece that crosses its boundary once is cut there;
    /// one that crosses it twice or more (a strip narrower than 25 m) keeps its ends, with the length inside.
    fn cut_to_area(&self, piece: Piece) -> Piece {
        let Some((lines, points)) = self.area else { return piece };
        let (a, b) = (piece.a, piece.b);
        let within: f64 = lines.lengths(&[a.0, b.0], &[a.1, b.1]).iter().map(|(_, metres)| metres).sum();
        let at = |metres: f64| {
            let t = metres / piece.metres;
            (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)
        };
        let holds = |p: (f64, f64)| points.locate(p.0, p.1).is_some();
        let (from, to) = match (holds(a), holds(b)) {
            (true, false) => (a, at(within)),
            (false, true) => (at(piece.metres - within), b),
            _ => (a, b),
        };
        Piece { a: from, b: to, metres: within }
    }

    fn hand_on(&self, mid: (f64, f64), direction: (f64, f64), metres: f64, out: &mut Vec<(u32, f64)>) {
        let targets: Vec<u32> = match self.rule {
            RoadAssignment::Inside => Vec::new(),
            RoadAssignment::Nearest => {
                self.nearest.nearest_within(mid.0, mid.1, self.snap_m).map(|(p, _)| p).into_iter().collect()
            }
            RoadAssignment::BothSides => [1.0, -1.0]
                .iter()
                .filter_map(|side| {
                    let reach = side * self.snap_m / 2.0;
                    let (x, y) = (mid.0 - direction.1 * reach, mid.1 + direction.0 * reach);
                    self.nearest.nearest_within(x, y, self.snap_m / 2.0).map(|(p, _)| p)
                })
                .collect(),
        };
        out.extend(targets.iter().map(|&parcel| (parcel, metres / targets.len() as f64)));
    }

    /// Weighted length per parcel in metres, and what became of the length.
    pub fn finish(self) -> (Vec<f64>, LineTally) {
        let LineSums { weighted_m, tally } = self.sums;
        let mut metres = Vec::with_capacity(weighted_m.len());
        weighted_m
            .into_par_iter()
            .with_min_len(SUMS_PER_TASK)
            .map(ExactSum::value)
            .collect_into_vec(&mut metres);
        (metres, tally)
    }
}

/// Sums that are rounded by one task, at least.
const SUMS_PER_TASK: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    /// A road parcel 0..100 × 0..10 and a field above it.
    fn coverage() -> Coverage {
        let mut c = Coverage::new();
        c.push_rings(&[vec![vec![[0.0, 0.0], [100.0, 0.0], [100.0, 10.0], [0.0, 10.0], [0.0, 0.0]]]]);
        c.push_rings(&[vec![vec![[0.0, 10.0], [100.0, 10.0], [100.0, 50.0], [0.0, 50.0], [0.0, 10.0]]]]);
        c
    }

    fn measure(rule: RoadAssignment, snap_m: f64, ys: [f64; 2]) -> (Vec<f64>, LineTally) {
        let coverage = coverage();
        let index = LineIndex::new(&coverage);
        let mut meter = LineMeter::new(&coverage, &index, vec![true, false], rule, snap_m);
        meter.add(&[0.0, 100.0], &ys, 1.0);
        meter.finish()
    }

    #[test]
    fn only_the_length_inside_the_class_counts_by_default() {
        let (metres, tally) = measure(RoadAssignment::Inside, 0.0, [5.0, 5.0]);
        assert_eq!(metres, [100.0, 0.0]);
        assert_eq!(tally.in_class.value(), 100.0);
        let (metres, tally) = measure(RoadAssignment::Inside, 0.0, [20.0, 20.0]);
        assert_eq!(metres, [0.0, 100.0]);
        assert_eq!(tally.in_other.value(), 100.0);
    }

    #[test]
    fn a_road_along_the_edge_of_its_parcel_counts_there_under_every_rule() {
        for rule in [RoadAssignment::Inside, RoadAssignment::Nearest, RoadAssignment::BothSides] {
            for y in [0.0, 10.0] {
                let (metres, tally) = measure(rule, 15.0, [y, y]);
                assert!((metres[0] - 100.0).abs() < 1e-9 && metres[1] == 0.0, "{rule:?} {y}: {metres:?}");
                assert!((tally.in_class.value() - 100.0).abs() < 1e-9);
                assert!(tally.in_other.value().abs() < 1e-9 && tally.snapped.value().abs() < 1e-9);
            }
        }
    }

    #[test]
    fn metres_over_two_parcels_that_overlap_are_shared_and_counted_once() {
        let mut coverage = coverage();
        coverage.push_rings(&[vec![vec![
            [50.0, 0.0],
            [100.0, 0.0],
            [100.0, 10.0],
            [50.0, 10.0],
            [50.0, 0.0],
        ]]]);
        let index = LineIndex::new(&coverage);
        let mask = vec![true, false, true];
        let mut meter = LineMeter::new(&coverage, &index, mask, RoadAssignment::Inside, 0.0)
            .over_overlaps(vec![true, false, true]);
        meter.add(&[0.0, 100.0], &[5.0, 5.0], 2.0);
        let (metres, tally) = meter.finish();
        // 50 m alone, 50 m shared; twice as heavy.
        assert!((metres[0] - 150.0).abs() < 1e-9 && (metres[2] - 50.0).abs() < 1e-9, "{metres:?}");
        assert!((tally.in_class.value() - 100.0).abs() < 1e-9 && (tally.shared.value() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_road_beside_its_parcel_goes_to_the_nearest_one_by_rule() {
        let (metres, tally) = measure(RoadAssignment::Nearest, 15.0, [20.0, 20.0]);
        assert!((metres[0] - 100.0).abs() < 1e-9);
        assert!((tally.snapped.value() - 100.0).abs() < 1e-9);
        let (metres, _) = measure(RoadAssignment::Nearest, 5.0, [20.0, 20.0]);
        assert_eq!(metres[0], 0.0);
    }

    #[test]
    fn nothing_counts_beyond_the_study_area() {
        let coverage = coverage();
        let index = LineIndex::new(&coverage);
        let mut area = Coverage::new();
        area.push_rings(&[vec![vec![[0.0, 0.0], [50.0, 0.0], [50.0, 100.0], [0.0, 100.0], [0.0, 0.0]]]]);
        let (lines, points) = (LineIndex::new(&area), PointLocator::new(&area));
        let mut meter = LineMeter::new(&coverage, &index, vec![true, false], RoadAssignment::Nearest, 15.0)
            .within(&lines, &points);
        meter.add(&[0.0, 100.0], &[20.0, 20.0], 1.0);
        let (metres, tally) = meter.finish();
        assert!((metres[0] - 50.0).abs() < 1e-9, "{metres:?}");
        assert!((tally.total.value() - 50.0).abs() < 1e-9 && (tally.beyond.value() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_stretch_assigned_by_rule_is_cut_exactly_at_the_boundary() {
        // The boundary x = 57 lies within a piece of 25 m, past its middle: by midpoints 50 or 75 m would stay.
        let coverage = coverage();
        let index = LineIndex::new(&coverage);
        let measure = |x0: f64, x1: f64, line: [f64; 2]| {
            let mut area = Coverage::new();
            area.push_rings(&[vec![vec![[x0, 0.0], [x1, 0.0], [x1, 100.0], [x0, 100.0], [x0, 0.0]]]]);
            let (lines, points) = (LineIndex::new(&area), PointLocator::new(&area));
            let rule = RoadAssignment::Nearest;
            let mut meter =
                LineMeter::new(&coverage, &index, vec![true, false], rule, 15.0).within(&lines, &points);
            meter.add(&line, &[20.0, 20.0], 1.0);
            let (metres, tally) = meter.finish();
            // Nothing is lost between the rows: total = snapped, and what is beyond is the rest.
            assert!((tally.total.value() - tally.snapped.value()).abs() < 1e-9);
            assert!((tally.total.value() + tally.beyond.value() - 100.0).abs() < 1e-9);
            metres[0]
        };
        assert!((measure(0.0, 57.0, [0.0, 100.0]) - 57.0).abs() < 1e-9);
        assert!((measure(0.0, 57.0, [100.0, 0.0]) - 57.0).abs() < 1e-9);
        assert!((measure(57.0, 200.0, [0.0, 100.0]) - 43.0).abs() < 1e-9);
        // A strip narrower than a piece: crossed twice by it.
        assert!((measure(51.0, 58.0, [0.0, 100.0]) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_road_around_the_earth_costs_what_it_costs_near_the_parcels() {
        for rule in [RoadAssignment::Nearest, RoadAssignment::BothSides] {
            let coverage = coverage();
            let index = LineIndex::new(&coverage);
            let mut meter = LineMeter::new(&coverage, &index, vec![true, false], rule, 15.0);
            // Across the road parcel, along its edge 5 m off, and far from it: 40 million km in all.
            for _ in 0..100 {
                meter.add(&[50.0, 50.0], &[-1e8, 1e8], 1.0);
                meter.add(&[-1e8, 1e8], &[-5.0, -5.0], 1.0);
                meter.add(&[-1e8, 1e8], &[5e7, 5e7], 1.0);
            }
            let (metres, tally) = meter.finish();
            assert!((tally.total.value() - 6e10).abs() < 1.0);
            // 10 m inside, and what of the pieces of 25 m is snapped beside it.
            let snapped = tally.snapped.value();
            assert!((tally.in_class.value() - 1000.0).abs() < 1e-3, "{tally:?}");
            assert!(snapped > 9000.0 && snapped < 20_000.0 && metres[1] < 1.0e5, "{metres:?} {snapped}");
        }
    }

    #[test]
    fn passing_over_pieces_changes_nothing() {
        let coverage = coverage();
        let index = LineIndex::new(&coverage);
        let all = |vertices: &[[f64; 2]]| {
            let mut meter =
                LineMeter::new(&coverage, &index, vec![true, false], RoadAssignment::Nearest, 40.0);
            let (xs, ys): (Vec<f64>, Vec<f64>) = vertices.iter().map(|v| (v[0], v[1])).unzip();
            meter.add(&xs, &ys, 1.0);
            meter.finish().0[0]
        };
        // The same line in one straight part, and vertex by vertex at the ends of its pieces.
        let at = |k: f64| [-20_000.0 + 25.0 * k, -15.0];
        let whole = all(&[at(0.0), at(1600.0)]);
        let pieces: Vec<[f64; 2]> = (0..=1600).map(|k| at(f64::from(k))).collect();
        assert!(whole > 100.0 && (whole - all(&pieces)).abs() < 1e-6, "{whole} {}", all(&pieces));
    }

    #[test]
    fn both_sides_takes_what_is_there() {
        // Only the right-hand side has a parcel of the class: it takes all.
        let (metres, _) = measure(RoadAssignment::BothSides, 30.0, [20.0, 20.0]);
        assert!((metres[0] - 100.0).abs() < 1e-9);
    }
}
