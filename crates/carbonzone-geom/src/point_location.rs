//! Points to parcels: the half-open crossing rule on canonical edges.
//!
//! A point is inside if a ray to the east crosses an odd number of edges. Every edge is taken lower end first, counts for
//! levels from its lower end (included) to its upper end (not included), and is crossed only if the point lies strictly west of it.
//! Two neighbours evaluate the identical expression for their common edge, with an exact sign, so a point on a shared edge or
//! vertex belongs to exactly one of them. Where a vertex of one neighbour lies within another's edge (T-junction) and off it by
//! the rounding of stored coordinates, the sliver between them is a true gap or overlap of the layer.

use std::sync::Arc;

use rayon::prelude::*;

use crate::Coverage;
use crate::feature_grid::FeatureGrid;
use crate::ring::turn;

/// "In no parcel" in the result of [`PointLocator::locate_all`].
pub const NO_PARCEL: u32 = u32::MAX;

/// Points per task in [`PointLocator::locate_all`].
const CHUNK: usize = 4096;

/// Finds the parcel of a point.
#[derive(Debug)]
pub struct PointLocator<'a> {
    coverage: &'a Coverage,
    grid: Arc<FeatureGrid>,
}

impl<'a> PointLocator<'a> {
    /// Builds the index over all features.
    #[must_use]
    pub fn new(coverage: &'a Coverage) -> Self {
        Self { coverage, grid: Arc::new(FeatureGrid::new(coverage)) }
    }

    /// The layer and the index, to build a [`LineIndex`](crate::LineIndex) without a second index.
    pub(crate) fn parts(&self) -> (&'a Coverage, Arc<FeatureGrid>) {
        (self.coverage, Arc::clone(&self.grid))
    }

    /// The feature that owns the point; the lowest index if features overlap; `None` for a point in none or a coordinate that is not finite.
    #[must_use]
    pub fn locate(&self, x: f64, y: f64) -> Option<u32> {
        let mut best = NO_PARCEL;
        self.grid.at(x, y, |entry| {
            if entry.feature < best && self.contains(entry.feature as usize, x, y) {
                best = entry.feature;
            }
        });
        (best != NO_PARCEL).then_some(best)
    }

    /// [`locate`](Self::locate) for many points, in input order, [`NO_PARCEL`] for none. Runs along a space-filling curve.
    ///
    /// # Panics
    /// If the slices differ in length, or hold 2³² points or more.
    #[must_use]
    pub fn locate_all(&self, xs: &[f64], ys: &[f64]) -> Vec<u32> {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        assert!(u32::try_from(xs.len()).is_ok(), "at most 2^32 - 1 points per call");
        let order = self.curve_order(xs, ys);
        let owners: Vec<(u32, u32)> = order
            .par_chunks(CHUNK)
            .flat_map_iter(|chunk| {
                chunk.iter().map(|&key| {
                    let i = key as u32;
                    (i, self.locate(xs[i as usize], ys[i as usize]).unwrap_or(NO_PARCEL))
                })
            })
            .collect();
        let mut out = vec![NO_PARCEL; xs.len()];
        for (i, owner) in owners {
            out[i as usize] = owner;
        }
        out
    }

    /// Curve position in the high half, point index in the low half; sorted.
    fn curve_order(&self, xs: &[f64], ys: &[f64]) -> Vec<u64> {
        let scale = |extent: f64| 1024.0 / extent.max(f64::MIN_POSITIVE);
        let (sx, sy) = (scale(self.grid.extent[0]), scale(self.grid.extent[1]));
        let [ox, oy] = self.grid.origin;
        let mut keys: Vec<u64> = (0..xs.len())
            .into_par_iter()
            .with_min_len(CHUNK)
            .map(|i| {
                let q = |v: f64| (v.max(0.0) as u32).min(1023);
                let (c, r) = (q((xs[i] - ox) * sx), q((ys[i] - oy) * sy));
                (u64::from(spread_bits(c) | spread_bits(r) << 1) << 32) | i as u64
            })
            .collect();
        keys.par_sort_unstable();
        keys
    }

    /// True if feature `i` owns the point.
    #[inline]
    pub(crate) fn contains(&self, i: usize, x: f64, y: f64) -> bool {
        self.coverage.parts_of(i).any(|p| {
            self.grid.counts(p)
                && self.coverage.rings_of(p).fold(false, |inside, r| {
                    let (xs, ys) = self.coverage.ring(r);
                    inside ^ odd_crossings(xs, ys, x, y)
                })
        })
    }
}

/// Spreads the low 16 bits to the even places.
fn spread_bits(v: u32) -> u32 {
    let v = (v | (v << 8)) & 0x00FF_00FF;
    let v = (v | (v << 4)) & 0x0F0F_0F0F;
    let v = (v | (v << 2)) & 0x3333_3333;
    (v | (v << 1)) & 0x5555_5555
}

/// True if the ray to the east crosses the ring an odd number of times.
#[inline]
pub(crate) fn odd_crossings(xs: &[f64], ys: &[f64], x: f64, y: f64) -> bool {
    let mut odd = false;
    crate::ring::for_each_edge(xs, ys, |xa, ya, xb, yb| {
        if (ya <= y) != (yb <= y) {
            let (lo, hi) = if ya < yb { ([xa, ya], [xb, yb]) } else { ([xb, yb], [xa, ya]) };
            odd ^= turn(lo, hi, [x, y]) > 0.0;
        }
    });
    odd
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    fn checkerboard(n: u32) -> Coverage {
        let mut c = Coverage::new();
        for r in 0..n {
            for q in 0..n {
                let (x, y) = (f64::from(q) * 10.0, f64::from(r) * 10.0);
                c.push_rings(&[vec![rect(x, y, x + 10.0, y + 10.0)]]);
            }
        }
        c
    }

    #[test]
    fn half_open_vertex_points_have_one_owner_each() {
        let c = checkerboard(3);
        let locator = PointLocator::new(&c);
        // A corner common to four squares belongs to one; the outer north and east sides belong to none.
        assert_eq!(locator.locate(10.0, 10.0), Some(4));
        assert_eq!(locator.locate(0.0, 0.0), Some(0));
        assert_eq!(locator.locate(30.0, 30.0), None);
        assert_eq!(locator.locate(15.0, 10.0), Some(4));
        assert_eq!(locator.locate(10.0, 15.0), Some(4));
        let owners = |x, y| (0..9).filter(|&i| locator.contains(i, x, y)).count();
        for k in 0..3 {
            for m in 0..3 {
                assert_eq!(owners(f64::from(k) * 10.0, f64::from(m) * 10.0), 1);
            }
        }
    }

    #[test]
    fn points_in_holes_nowhere_or_not_finite_have_no_owner() {
        let mut c = Coverage::new();
        c.push_rings(&[
            vec![rect(0.0, 0.0, 9.0, 9.0), rect(3.0, 3.0, 6.0, 6.0)],
            vec![rect(20.0, 0.0, 21.0, 1.0)],
        ]);
        let mut bad = rect(50.0, 50.0, 60.0, 60.0);
        bad[1][0] = f64::NAN;
        c.push_rings(&[vec![bad, rect(51.0, 51.0, 52.0, 52.0)]]);
        let locator = PointLocator::new(&c);
        let xs = [1.0, 4.0, 20.5, 100.0, f64::NAN, 51.5, f64::INFINITY];
        let ys = [1.0, 4.0, 0.5, 0.0, 1.0, 51.5, 0.0];
        assert_eq!(
            locator.locate_all(&xs, &ys),
            [0, NO_PARCEL, 0, NO_PARCEL, NO_PARCEL, NO_PARCEL, NO_PARCEL]
        );
    }

    #[test]
    fn the_lowest_index_owns_common_ground_of_overlapping_parcels() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![rect(0.0, 0.0, 1000.0, 1000.0)]]);
        c.push_rings(&[vec![rect(5.0, 5.0, 7.0, 7.0)]]);
        assert_eq!(PointLocator::new(&c).locate(6.0, 6.0), Some(0));
        let swapped = c.reordered(&[1, 0]);
        let locator = PointLocator::new(&swapped);
        assert_eq!((locator.locate(6.0, 6.0), locator.locate(8.0, 8.0)), (Some(0), Some(1)));
    }

    #[test]
    fn an_empty_layer_owns_nothing() {
        let mut c = Coverage::new();
        assert_eq!(PointLocator::new(&c).locate_all(&[1.0], &[1.0]), [NO_PARCEL]);
        c.push_empty();
        assert_eq!(PointLocator::new(&c).locate(0.0, 0.0), None);
    }

    #[test]
    fn locating_many_points_gives_the_same_owners_as_one_by_one() {
        let c = checkerboard(20);
        let locator = PointLocator::new(&c);
        let xs: Vec<f64> = (0..5000).map(|i| f64::from(i * 7919 % 2111) / 10.0 - 3.0).collect();
        let ys: Vec<f64> = (0..5000).map(|i| f64::from(i * 104_729 % 2053) / 10.0 - 2.0).collect();
        let all = locator.locate_all(&xs, &ys);
        for i in 0..xs.len() {
            assert_eq!(all[i], locator.locate(xs[i], ys[i]).unwrap_or(NO_PARCEL));
        }
        assert!(all.iter().filter(|&&p| p != NO_PARCEL).count() > 4000);
    }
}
