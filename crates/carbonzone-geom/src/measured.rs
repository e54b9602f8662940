//! What is measured of every feature before neighbours, points or lines are looked for: one pass over the coordinates.

use std::ops::Range;

use rayon::prelude::*;

use crate::Coverage;
use crate::overlap::CHUNK;
use crate::ring::FeatureShape;
use crate::ring_blocks::{Blocks, RingBlocks};

/// Boxes of the features, and their rings.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Infinite and empty for a feature without a ring that counts.
    pub boxes: Vec<[f64; 4]>,
    pub rings: Rings,
}

/// The rings of a layer.
#[derive(Debug, Default)]
pub(crate) struct Rings {
    /// +1 or −1 turns the ring the right way round, 0: it does not count.
    weight: Vec<i8>,
    /// Boxes along long rings.
    blocks: RingBlocks,
}

impl Measured {
    pub fn of(coverage: &Coverage) -> Self {
        let chunk = |k: usize| Self::of_features(coverage, k * CHUNK..((k + 1) * CHUNK).min(coverage.len()));
        let chunks: Vec<Self> =
            (0..coverage.len().div_ceil(CHUNK)).into_par_iter().with_max_len(1).map(chunk).collect();
        let mut all = Self::default();
        for chunk in chunks {
            all.boxes.extend(chunk.boxes);
            all.rings.weight.extend(chunk.rings.weight);
            all.rings.blocks.append(&chunk.rings.blocks);
        }
        all
    }

    /// A run of features on this thread; rings are numbered from the first one of the run.
    pub fn of_features(coverage: &Coverage, features: Range<usize>) -> Self {
        let ring_at = |i: usize| coverage.part_off[coverage.feat_off[i] as usize] as usize;
        let rings = ring_at(features.start)..ring_at(features.end);
        let (mut boxes, mut weight) = (Vec::with_capacity(features.len()), vec![0; rings.len()]);
        let mut shape = FeatureShape::default();
        for i in features {
            shape.measure(coverage, i);
            boxes.push(shape.bounds);
            shape.rings.iter().for_each(|r| weight[r.ring - rings.start] = r.weight as i8);
        }
        let mut blocks = RingBlocks::default();
        for (ring, weight) in rings.zip(&weight) {
            let (xs, ys) = coverage.ring(ring);
            blocks.push(xs, ys, *weight != 0);
        }
        Self { boxes, rings: Rings { weight, blocks } }
    }
}

impl Rings {
    /// The rings of one measured feature of a layer, without boxes along them; the others do not count.
    pub fn of_one(coverage: &Coverage, shape: &FeatureShape) -> Self {
        let mut weight = vec![0; coverage.ring_off.len()];
        shape.rings.iter().for_each(|r| weight[r.ring] = r.weight as i8);
        Self { weight, blocks: RingBlocks::default() }
    }

    /// +1 or −1 for a ring that counts (turns shells counter-clockwise, holes clockwise), else 0.
    #[inline]
    pub fn weight(&self, ring: usize) -> i8 {
        self.weight[ring]
    }

    /// Boxes along a ring of `vertices` vertices.
    #[inline]
    pub fn blocks(&self, ring: usize, vertices: usize) -> Blocks<'_> {
        self.blocks.of(ring, vertices)
    }

    /// If just one ring of a feature counts: its first vertex, and the number of vertices times the weight; else 0 of them.
    pub fn only_ring(&self, coverage: &Coverage, feature: usize) -> (u32, i32) {
        let rings = coverage.parts_of(feature).flat_map(|p| coverage.rings_of(p));
        let mut counting = rings.filter(|&r| self.weight[r] != 0);
        match (counting.next(), counting.next()) {
            (Some(ring), None) => {
                let first = coverage.ring_off[ring];
                let vertices = i32::try_from(coverage.ring_off[ring + 1] - first).unwrap_or(0);
                (first, vertices * i32::from(self.weight[ring]))
            }
            _ => (0, 0),
        }
    }
}
