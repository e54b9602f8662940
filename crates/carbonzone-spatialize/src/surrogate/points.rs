//! Points to parcels: each point counts once, in the parcel that holds it or in the nearest one of the class.

use super::poi::PoiPlace;
use carbonzone_geom::{Coverage, NO_PARCEL, NearestIndex, PointLocator};
use carbonzone_types::ExactSum;
use rayon::prelude::*;

/// Points that are not worth a task of their own.
const LEAST: usize = 2048;
/// Points that wait until they are booked together.
const WAITING: usize = 1 << 17;
/// Points that wait until their parcels are looked for together: a batch may lie in one corner of the city, where there is not work
/// for all threads.
const UNPLACED: usize = 1 << 18;
/// Sums that are rounded by one task, at least.
const SUMS_PER_TASK: usize = 1 << 14;

/// The parcel where a point counts.
#[derive(Debug, Clone, Copy)]
enum Home {
    /// It is of the class.
    Target(u32),
    /// The nearest one of the class.
    Snapped(u32),
    /// It is of another class.
    Other(u32),
    /// There is none.
    Nowhere,
}

impl Home {
    /// Parcel where the point is measured, or [`NO_PARCEL`].
    fn parcel(self) -> u32 {
        match self {
            Self::Target(parcel) | Self::Snapped(parcel) | Self::Other(parcel) => parcel,
            Self::Nowhere => NO_PARCEL,
        }
    }
}

/// What became of the points of one group.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PointTally {
    /// Points (or people) inside a parcel of the target class.
    pub inside: ExactSum,
    /// Moved to the nearest parcel of the class within the snapping distance.
    pub snapped: ExactSum,
    /// Inside a parcel of another class.
    pub other_class: ExactSum,
    /// In no parcel at all.
    pub outside: ExactSum,
}

impl PointTally {
    fn of(points: &[(Home, f64)]) -> Self {
        let mut tally = Self::default();
        for (home, weight) in points {
            let sum = match home {
                Home::Target(_) => &mut tally.inside,
                Home::Snapped(_) => &mut tally.snapped,
                Home::Other(_) => &mut tally.other_class,
                Home::Nowhere => &mut tally.outside,
            };
            sum.add(*weight);
        }
        tally
    }

    fn add(&mut self, more: &Self) {
        self.inside.merge(more.inside);
        self.snapped.merge(more.snapped);
        self.other_class.merge(more.other_class);
        self.outside.merge(more.outside);
    }
}

/// Collects weights of points per parcel. Batches may come in any order and any size: sums are exact.
pub struct PointCounter<'a> {
    locator: Option<&'a PointLocator<'a>>,
    /// Parcels of the target class; `None`: every parcel is a target.
    target: Option<(Vec<bool>, NearestIndex<'a>)>,
    snap_m: f64,
    per_parcel: Vec<ExactSum>,
    tally: PointTally,
    /// Eastings, northings and weights.
    unplaced: [Vec<f64>; 3],
    waiting: Vec<(Home, f64)>,
}

impl<'a> PointCounter<'a> {
    /// A counter over all parcels of `coverage`; `target` marks the parcels of the class (`None`: all).
    /// Points outside the class are moved to its nearest parcel within `snap_m` metres.
    pub fn new(
        coverage: &'a Coverage,
        locator: &'a PointLocator<'a>,
        target: Option<Vec<bool>>,
        snap_m: f64,
    ) -> Self {
        Self { locator: Some(locator), ..Self::located(coverage, target, snap_m) }
    }

    /// A counter for points whose parcels are known already: only [`Self::add_located`] and [`Self::add_poi`] may be used.
    pub fn located(coverage: &'a Coverage, target: Option<Vec<bool>>, snap_m: f64) -> Self {
        let target = target.map(|mask| {
            let subset: Vec<u32> = if snap_m > 0.0 {
                (0..coverage.len() as u32).filter(|&i| mask[i as usize]).collect()
            } else {
                Vec::new()
            };
            (mask, NearestIndex::new(coverage, &subset))
        });
        Self {
            locator: None,
            target,
            snap_m,
            per_parcel: vec![ExactSum::new(); coverage.len()],
            tally: PointTally::default(),
            unplaced: Default::default(),
            waiting: Vec::new(),
        }
    }

    /// Adds points with their weights (1 for a POI, people for a signalling point).
    pub fn add(&mut self, xs: &[f64], ys: &[f64], weights: &[f64]) {
        for (waiting, more) in self.unplaced.iter_mut().zip([xs, ys, weights]) {
            waiting.extend_from_slice(more);
        }
        if self.unplaced[0].len() >= UNPLACED {
            self.place();
        }
    }

    /// Finds the parcels of the points that wait for them.
    fn place(&mut self) {
        let mut unplaced = std::mem::take(&mut self.unplaced);
        let [xs, ys, weights] = &unplaced;
        let owners = self.locator.map_or_else(|| vec![NO_PARCEL; xs.len()], |l| l.locate_all(xs, ys));
        self.add_located(xs, ys, weights, &owners);
        unplaced.iter_mut().for_each(Vec::clear);
        self.unplaced = unplaced;
    }

    /// Adds points whose parcels are known already ([`NO_PARCEL`] for none).
    pub fn add_located(&mut self, xs: &[f64], ys: &[f64], weights: &[f64], owners: &[u32]) {
        let points = (xs.par_iter(), ys.par_iter(), owners.par_iter(), weights.par_iter()).into_par_iter();
        let mut waiting = std::mem::take(&mut self.waiting);
        let placed = points.with_min_len(LEAST).map(|(&x, &y, &owner, &w)| (self.home(x, y, owner), w));
        waiting.par_extend(placed);
        self.waiting = waiting;
        if self.waiting.len() >= WAITING {
            self.book();
        }
    }

    /// Adds the POI of those classes that are `wanted`; their parcels are known already ([`NO_PARCEL`] for none).
    pub fn add_poi(&mut self, rows: &[PoiPlace], owners: &[u32], wanted: &[bool]) {
        for (row, owner) in rows.iter().zip(owners).filter(|(row, _)| wanted[row.class as usize]) {
            self.waiting.push((self.home(row.x, row.y, *owner), row.weight));
            if self.waiting.len() == WAITING {
                self.book();
            }
        }
    }

    fn home(&self, x: f64, y: f64, owner: u32) -> Home {
        let in_parcel = owner != NO_PARCEL;
        if in_parcel && self.target.as_ref().is_none_or(|(mask, _)| mask[owner as usize]) {
            return Home::Target(owner);
        }
        if let Some((_, nearest)) = self.target.as_ref().filter(|_| self.snap_m > 0.0)
            && let Some((parcel, _)) = nearest.nearest_within(x, y, self.snap_m)
        {
            return Home::Snapped(parcel);
        }
        // Measured there all the same; a rule over another class never sees it.
        if in_parcel { Home::Other(owner) } else { Home::Nowhere }
    }

    /// Books the points that wait: each thread looks at all of them and takes those of its parcels. Sums are exact, so that it
    /// does not matter which thread adds what, or when.
    fn book(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let share = self.per_parcel.len().div_ceil(rayon::current_num_threads()).max(LEAST);
        let add = |(k, sums): (usize, &mut [ExactSum])| {
            let first = k * share;
            for (home, weight) in &waiting {
                let place = (home.parcel() as usize).wrapping_sub(first);
                if let Some(sum) = sums.get_mut(place) {
                    sum.add(*weight);
                }
            }
        };
        let (per_parcel, tally) = (&mut self.per_parcel, &mut self.tally);
        rayon::join(
            || per_parcel.par_chunks_mut(share).enumerate().for_each(add),
            || {
                let parts: Vec<PointTally> = waiting.par_chunks(LEAST).map(PointTally::of).collect();
                for part in &parts {
                    tally.add(part);
                }
            },
        );
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Weight per parcel and what became of the points.
    pub fn finish(mut self) -> (Vec<f64>, PointTally) {
        self.place();
        self.book();
        let sums = self.per_parcel.into_par_iter().with_min_len(SUMS_PER_TASK);
        (sums.map(ExactSum::value).collect(), self.tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_squares() -> Coverage {
        let square =
            |x0: f64| vec![vec![vec![[x0, 0.0], [x0 + 10.0, 0.0], [x0 + 10.0, 10.0], [x0, 10.0], [x0, 0.0]]]];
        let mut coverage = Coverage::new();
        coverage.push_rings(&square(0.0));
        coverage.push_rings(&square(10.0));
        coverage
    }

    #[test]
    fn a_point_on_the_shared_edge_counts_once() {
        let coverage = two_squares();
        let locator = PointLocator::new(&coverage);
        let mut counter = PointCounter::new(&coverage, &locator, None, 0.0);
        counter.add(&[10.0, 5.0, 99.0], &[5.0, 5.0, 5.0], &[1.0, 1.0, 1.0]);
        let (per_parcel, tally) = counter.finish();
        assert_eq!(per_parcel[0] + per_parcel[1], 2.0);
        assert_eq!((tally.inside.value(), tally.outside.value()), (2.0, 1.0));
    }

    #[test]
    fn snapping_moves_a_point_to_the_class_and_counts_it() {
        let coverage = two_squares();
        let locator = PointLocator::new(&coverage);
        let target = Some(vec![false, true]);
        let mut counter = PointCounter::new(&coverage, &locator, target.clone(), 3.0);
        counter.add(&[8.0, 1.0, 22.0], &[5.0, 5.0, 5.0], &[1.0, 1.0, 1.0]);
        let (per_parcel, tally) = counter.finish();
        assert_eq!(per_parcel, [1.0, 2.0]);
        assert_eq!(
            (tally.snapped.value(), tally.other_class.value(), tally.outside.value()),
            (2.0, 1.0, 0.0)
        );
        let mut exact = PointCounter::new(&coverage, &locator, target, 0.0);
        exact.add(&[8.0], &[5.0], &[1.0]);
        assert_eq!(exact.finish().1.snapped.value(), 0.0);
    }

    #[test]
    fn many_points_are_booked_alike_by_any_number_of_threads() {
        let coverage = two_squares();
        let locator = PointLocator::new(&coverage);
        let n = 2 * WAITING + 77;
        let spread = |k: usize, of: usize| (k * 7919 % of) as f64 / of as f64;
        let xs: Vec<f64> = (0..n).map(|k| 22.0 * spread(k, 1009)).collect();
        let ys: Vec<f64> = (0..n).map(|k| 11.0 * spread(k, 4003)).collect();
        let weights: Vec<f64> = (0..n).map(|k| 1.0 / (1 + k % 97) as f64).collect();
        let counted = |threads: usize, batch: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut counter = PointCounter::new(&coverage, &locator, Some(vec![false, true]), 0.5);
                for k in (0..n).step_by(batch) {
                    let part = k..n.min(k + batch);
                    counter.add(&xs[part.clone()], &ys[part.clone()], &weights[part]);
                }
                counter.finish()
            })
        };
        let one = counted(1, n);
        assert!(
            [one.1.inside, one.1.snapped, one.1.other_class, one.1.outside].iter().all(|s| s.value() > 0.0)
        );
        assert_eq!(one, counted(3, 10_007));
        let all: ExactSum = weights.iter().copied().collect();
        let mut booked = ExactSum::new();
        for sum in [one.1.inside, one.1.snapped, one.1.other_class, one.1.outside] {
            booked.merge(sum);
        }
        assert_eq!(booked, all);
    }
}
