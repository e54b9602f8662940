//! Points to parcels: the half-open crossing rule on canonical edges.
//!
//! A point is inside if a ray to the east crosses an odd number of edges. Every edge is taken lower end first, counts for
//! levels from its lower end (included) to its upper end (not included), and is crossed only if the point lies strictly west of it.
//! Two neighbours evaluate the identical expression for their common edge, with an exact sign, so a point on a shared edge or
//! vertex belongs to exactly one of them. Where a vertex of one neighbour lies within another's edge (T-junction) and off it by
//! the rounding of stored coordinates, the sliver between them is a true gap or overlap of the layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use crate::Coverage;
use crate::crossings::{below, contains, odd_crossings, passes_west};
use crate::feature_grid::{FeatureGrid, TILES};
use crate::ring::{MASK, for_each_change_in};
use crate::ring_blocks::Blocks;
use crate::self_overlap::common_ground_of;

/// "In no parcel" in the result of [`PointLocator::locate_all`].
pub const NO_PARCEL: u32 = u32::MAX;

/// Points that are sorted together.
const CHUNK: usize = 1 << 16;
/// Points that are located together, at least, unless there are no more.
const BLOCK: usize = 1024;
const TILES_PER_TASK: usize = 32;
/// Points in memory at a time.
const BATCH: usize = CHUNK << 7;

/// Finds the parcel of a point.
#[derive(Debug)]
pub struct PointLocator<'a> {
    coverage: &'a Coverage,
    grid: Arc<FeatureGrid>,
}

impl<'a> PointLocator<'a> {
    /// Builds the index over all features.
    pub fn new(coverage: &'a Coverage) -> Self {
        Self { coverage, grid: Arc::new(FeatureGrid::new(coverage)) }
    }

    /// [`new`](Self::new), and the [`common_ground`](crate::common_ground) of the layer, found meanwhile.
    pub fn with_common_ground(coverage: &'a Coverage) -> (Self, Vec<(u32, u32, f64)>) {
        let (grid, found) = FeatureGrid::beside(coverage, |measured| common_ground_of(coverage, measured));
        (Self { coverage, grid: Arc::new(grid) }, found)
    }

    /// The layer and the index, to build a [`LineIndex`](crate::LineIndex) without a second index.
    pub(crate) fn parts(&self) -> (&'a Coverage, Arc<FeatureGrid>) {
        (self.coverage, Arc::clone(&self.grid))
    }

    /// The feature that owns the point; the lowest index if features overlap; `None` for a point in none or a coordinate that is not finite.
    pub fn locate(&self, x: f64, y: f64) -> Option<u32> {
        let mut best = NO_PARCEL;
        for features in self.grid.at(x, y) {
            // Ascending within a level, so the first owner is the lowest.
            if let Some(owner) = features.take_while(|&i| i < best).find(|&i| self.contains(i as usize, x, y))
            {
                best = owner;
            }
        }
        (best != NO_PARCEL).then_some(best)
    }

    /// [`locate`](Self::locate) for many points, in input order, [`NO_PARCEL`] for none.
    ///
    /// Points are first brought together by tile of the layer, so that the parcels of a tile are read once.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn locate_all(&self, xs: &[f64], ys: &[f64]) -> Vec<u32> {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        let mut out = Vec::with_capacity(xs.len());
        for (xs, ys) in xs.chunks(BATCH).zip(ys.chunks(BATCH)) {
            out.extend(self.locate_batch(xs, ys));
        }
        out
    }

    fn locate_batch(&self, xs: &[f64], ys: &[f64]) -> impl Iterator<Item = u32> {
        let sorted: Vec<TiledChunk> = (xs.par_chunks(CHUNK), ys.par_chunks(CHUNK))
            .into_par_iter()
            .map(|(xs, ys)| TiledChunk::new(xs, ys, &self.grid))
            .collect();
        let owners: Vec<AtomicU32> =
            (0..xs.len()).into_par_iter().map(|_| AtomicU32::new(NO_PARCEL)).collect();
        let tasks: Vec<usize> = (0..TILES).step_by(TILES_PER_TASK).collect();
        // One by one, so that no thread keeps a part of the work to itself at the end.
        tasks.into_par_iter().with_max_len(1).for_each_init(Block::default, |block, first| {
            for tile in first..first + TILES_PER_TASK {
                for (k, chunk) in sorted.iter().enumerate() {
                    let place = |&(x, y, i): &(f64, f64, u32)| (x, y, (k * CHUNK) as u32 + i);
                    block.points.extend(chunk.tile(tile).iter().map(place));
                }
                if block.points.len() >= BLOCK {
                    self.locate_block(block, &owners);
                }
            }
            self.locate_block(block, &owners);
        });
        owners.into_iter().map(AtomicU32::into_inner)
    }

    /// Finds the owners of points that are near each other and empties the block.
    ///
    /// First all boxes, then all rings: what is read next does not hang on what was found, so the processor fetches the next
    /// parcels while it works on one.
    fn locate_block(&self, block: &mut Block, owners: &[AtomicU32]) {
        let Block { points, pairs, best } = block;
        pairs.clear();
        for (k, &(x, y, _)) in points.iter().enumerate() {
            for features in self.grid.at(x, y) {
                pairs.extend(features.map(|feature| Pair { point: k as u32, feature, ..Pair::default() }));
            }
        }
        for pair in &mut *pairs {
            let (_, y, _) = points[pair.point as usize];
            if let Some((ring, _)) = self.grid.only_ring(pair.feature as usize).filter(|r| r.0.len() <= MASK)
            {
                pair.first = ring.start as u32;
                pair.vertices = ring.len() as u32;
                let (xs, ys) = (&self.coverage.xs[ring.clone()], &self.coverage.ys[ring]);
                pair.below = below(xs, ys, y);
            }
        }
        best.clear();
        best.resize(points.len(), NO_PARCEL);
        for pair in &*pairs {
            let (x, y, _) = points[pair.point as usize];
            let inside = if pair.vertices > 0 {
                let ring = pair.first as usize..(pair.first + pair.vertices) as usize;
                let (xs, ys) = (&self.coverage.xs[ring.clone()], &self.coverage.ys[ring]);
                let mut odd = false;
                for_each_change_in(pair.below, xs.len(), |from, to, goes_down| {
                    odd ^= passes_west(xs, ys, (from, to, goes_down), x, y);
                });
                odd
            } else {
                self.contains(pair.feature as usize, x, y)
            };
            let best = &mut best[pair.point as usize];
            *best = (if inside { pair.feature } else { NO_PARCEL }).min(*best);
        }
        for (&(_, _, place), &owner) in points.iter().zip(&*best) {
            // Every point has its own place and is in one block, so the order of blocks does not matter.
            owners[place as usize].store(owner, Ordering::Relaxed);
        }
        points.clear();
    }

    /// True if feature `i` owns the point.
    #[inline]
    pub(crate) fn contains(&self, i: usize, x: f64, y: f64) -> bool {
        if let Some((ring, _)) = self.grid.only_ring(i).filter(|r| r.0.len() <= MASK) {
            let (xs, ys) = (&self.coverage.xs[ring.clone()], &self.coverage.ys[ring]);
            return odd_crossings((xs, ys), Blocks::NONE, x, y);
        }
        contains(self.coverage, self.grid.rings(), i, [x, y])
    }
}

/// A point of a block and a feature whose box may hold it.
#[derive(Debug, Default)]
struct Pair {
    point: u32,
    feature: u32,
    /// First vertex and number of vertices of the only ring of the feature, if it is short; else 0 vertices.
    first: u32,
    vertices: u32,
    /// Mask of the vertices of this ring below the point or level with it.
    below: u64,
}

/// Neighbouring points on their way to their owners.
#[derive(Debug, Default)]
struct Block {
    /// Easting, northing, place in the batch.
    points: Vec<(f64, f64, u32)>,
    pairs: Vec<Pair>,
    /// Lowest feature that holds the point.
    best: Vec<u32>,
}

/// A chunk of points, sorted by tile (counting sort), with their places in the chunk.
struct TiledChunk {
    off: Vec<u32>,
    points: Vec<(f64, f64, u32)>,
}

impl TiledChunk {
    fn new(xs: &[f64], ys: &[f64], grid: &FeatureGrid) -> Self {
        let tiles: Vec<u16> = xs.iter().zip(ys).map(|(&x, &y)| grid.tile(x, y) as u16).collect();
        let mut off = vec![0u32; TILES + 1];
        for &t in &tiles {
            off[usize::from(t) + 1] += 1;
        }
        for t in 0..TILES {
            off[t + 1] += off[t];
        }
        let mut next = off.clone();
        let mut points = vec![(0.0, 0.0, 0); xs.len()];
        for (i, &t) in tiles.iter().enumerate() {
            let at = &mut next[usize::from(t)];
            points[*at as usize] = (xs[i], ys[i], i as u32);
            *at += 1;
        }
        Self { off, points }
    }

    fn tile(&self, tile: usize) -> &[(f64, f64, u32)] {
        &self.points[self.off[tile] as usize..self.off[tile + 1] as usize]
    }
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
