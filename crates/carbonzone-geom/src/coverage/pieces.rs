//! A layer that comes in pieces, put together in its final order.

use std::ops::Range;

use rayon::prelude::*;

use super::Coverage;
use crate::GeomError;

/// Features per task when coordinates are put together.
const CHUNK: usize = 4096;
/// Passes in which the coordinates move from the pieces to the whole: so much smaller is what is in memory twice.
const PASSES: usize = 4;

/// A layer in pieces, as it comes out of parallel decoding; features are numbered through all pieces.
#[derive(Debug, Default)]
pub struct Pieces {
    layers: Vec<Coverage>,
    /// Number of the first feature of each piece.
    starts: Vec<u32>,
    features: usize,
}

impl From<Vec<Coverage>> for Pieces {
    fn from(pieces: Vec<Coverage>) -> Self {
        let (mut features, mut starts) = (0, vec![]);
        for piece in &pieces {
            starts.push(features as u32);
            features += piece.len();
        }
        Self { layers: pieces, starts, features }
    }
}

impl Pieces {
    /// Number of features.
    pub fn len(&self) -> usize {
        self.features
    }

    /// True if there is no feature.
    pub fn is_empty(&self) -> bool {
        self.features == 0
    }

    /// The piece that holds feature `i`, and the feature's number there.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn find(&self, i: usize) -> (&Coverage, usize) {
        let piece = self.starts.partition_point(|start| *start as usize <= i) - 1;
        (&self.layers[piece], i - self.starts[piece] as usize)
    }

    /// The features in another order as one layer: new feature `k` is feature `order[k]`; features may be left out, but not repeated.
    ///
    /// Coordinates move in passes, and the pieces shrink after each, so that the layer is never in memory twice.
    ///
    /// # Errors
    /// [`GeomError::TooManyVertices`] if the 32-bit offsets overflow.
    ///
    /// # Panics
    /// If an index is not below `self.len()`.
    pub fn gather(mut self, order: &[u32]) -> Result<Coverage, GeomError> {
        let unmoved = || order.iter().enumerate().all(|(k, &i)| i as usize == k);
        if self.layers.len() == 1 && order.len() == self.features && unmoved() {
            return Ok(self.layers.remove(0));
        }
        let mut out = Coverage::with_capacity(order.len(), 0);
        let mut vertices = 0usize;
        for &i in order {
            let (piece, i) = self.find(i as usize);
            for part in piece.parts_of(i) {
                for ring in piece.rings_of(part) {
                    vertices += (piece.ring_off[ring + 1] - piece.ring_off[ring]) as usize;
                    out.ring_off
                        .push(u32::try_from(vertices).map_err(|_too_big| GeomError::TooManyVertices)?);
                }
                out.end_part();
            }
            out.end_feature();
        }
        let mut rank = vec![u32::MAX; self.features];
        order.iter().enumerate().for_each(|(k, &i)| rank[i as usize] = k as u32);
        out.xs = self.move_column(order, &rank, &out, |piece| &mut piece.xs);
        out.ys = self.move_column(order, &rank, &out, |piece| &mut piece.ys);
        Ok(out)
    }

    /// Moves one coordinate of all vertices into the order of the layer `whole`, whose offsets are known.
    fn move_column(
        &mut self,
        order: &[u32],
        rank: &[u32],
        whole: &Coverage,
        of: impl Fn(&mut Coverage) -> &mut Vec<f64>,
    ) -> Vec<f64> {
        let mut sources: Vec<Source> = self
            .layers
            .iter_mut()
            .zip(&self.starts)
            .map(|(piece, &start)| {
                let values = std::mem::take(of(piece));
                let features = 0..piece.len();
                let left = features.map(|i| piece.vertices_between(i, i + 1));
                Source { start: start as usize, left: left.collect(), values }
            })
            .collect();
        let mut values = vec![0.0; whole.ring_off[whole.ring_off.len() - 1] as usize];
        let mut rest = &mut values[..];
        let per_pass = order.len().div_ceil(PASSES).next_multiple_of(CHUNK);
        let mut done = 0;
        for order in order.chunks(per_pass.max(1)) {
            let mut tasks = vec![];
            for order in order.chunks(CHUNK) {
                let (here, after) = rest.split_at_mut(whole.vertices_between(done, done + order.len()).len());
                tasks.push((here, order));
                rest = after;
                done += order.len();
            }
            tasks.into_par_iter().with_max_len(1).for_each(|(mut out, order)| {
                for &i in order {
                    let source = &sources[self.starts.partition_point(|start| *start <= i) - 1];
                    let own = source.of(i as usize);
                    let (here, after) = out.split_at_mut(own.len());
                    here.copy_from_slice(own);
                    out = after;
                }
            });
            sources.par_iter_mut().for_each(|source| source.shrink(rank, done));
        }
        values
    }
}

/// One coordinate of the vertices of a piece, as far as they have not moved yet.
struct Source {
    /// Number of the first feature.
    start: usize,
    /// Values of each feature.
    left: Vec<Range<usize>>,
    values: Vec<f64>,
}

impl Source {
    fn of(&self, feature: usize) -> &[f64] {
        &self.values[self.left[feature - self.start].clone()]
    }

    /// Gives up the features that have moved (those with a rank below `done`) and those that never will.
    fn shrink(&mut self, rank: &[u32], done: usize) {
        let mut end = 0;
        for (k, left) in self.left.iter_mut().enumerate() {
            let rank = rank[self.start + k];
            let stays = rank != u32::MAX && rank as usize >= done;
            let length = if stays { left.len() } else { 0 };
            if left.start != end {
                self.values.copy_within(left.start..left.start + length, end);
            }
            *left = end..end + length;
            end += length;
        }
        self.values.truncate(end);
        self.values.shrink_to_fit();
    }
}

impl Coverage {
    /// Vertices of the features from `first` up to `end`, which lie side by side.
    pub(crate) fn vertices_between(&self, first: usize, end: usize) -> Range<usize> {
        let vertex = |i: usize| self.ring_off[self.part_off[self.feat_off[i] as usize] as usize] as usize;
        vertex(first)..vertex(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feature `k` has `k % 3` parts, the first with a hole if `k` is even.
    fn layer(features: Range<u32>) -> Coverage {
        let mut c = Coverage::new();
        for k in features {
            let ring = |at: f64, size: f64| {
                let x = at + f64::from(k);
                vec![[x, at], [x + size, at], [x + size, at + size], [x, at]]
            };
            let part = |p: u32| {
                let shell = ring(f64::from(p * 10), 5.0);
                if p == 0 && k.is_multiple_of(2) { vec![shell, ring(1.0, 1.0)] } else { vec![shell] }
            };
            c.push_rings(&(0..k % 3).map(part).collect::<Vec<_>>());
        }
        c
    }

    #[test]
    fn pieces_in_any_order_are_the_layer_in_that_order() {
        let whole = layer(0..9_001);
        let pieces =
            || Pieces::from(vec![layer(0..1), layer(1..5_000), Coverage::new(), layer(5_000..9_001)]);
        assert_eq!((pieces().len(), pieces().is_empty()), (9_001, false));
        for step in [1u32, 7, 4_099] {
            // Steps without a common divisor with 9,001 visit every feature once; the last is left out.
            let order: Vec<u32> =
                (0..9_000u32).map(|k| (u64::from(k) * u64::from(step) % 9_001) as u32).collect();
            assert_eq!(pieces().gather(&order), Ok(whole.reordered(&order)), "step {step}");
        }
        assert_eq!(pieces().gather(&[]), Ok(Coverage::new()));
        let all: Vec<u32> = (0..9_001).collect();
        assert_eq!(Pieces::from(vec![whole.clone()]).gather(&all), Ok(whole));
        assert!(Pieces::default().is_empty());
    }

    #[test]
    fn a_feature_is_found_in_its_piece() {
        let pieces = Pieces::from(vec![layer(0..3), Coverage::new(), layer(3..7)]);
        let found: Vec<(usize, usize)> =
            [0, 2, 3, 6].map(|i| pieces.find(i)).map(|(c, i)| (c.len(), i)).into();
        assert_eq!(found, [(3, 0), (3, 2), (4, 0), (4, 3)]);
    }
}
