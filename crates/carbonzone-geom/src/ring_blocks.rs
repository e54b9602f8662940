//! Boxes along long rings, so that a road parcel across the city is not walked along for each road, point or neighbour.

use crate::ring_box::{NOWHERE, area_and_bounds, union};

/// Edges per block of a long ring, and blocks per run.
pub(crate) const BLOCK: usize = 32;

/// For each ring of more than two blocks the box of each run of [`BLOCK`]² edges, then of each block of [`BLOCK`] edges.
/// The edge that closes an unclosed ring is in none of them.
#[derive(Debug, Default)]
pub(crate) struct RingBlocks {
    /// Ring to end of its boxes.
    ends: Vec<u32>,
    boxes: Vec<[f64; 4]>,
}

/// The boxes along one ring; none along a short one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks<'a> {
    coarse: &'a [[f64; 4]],
    fine: &'a [[f64; 4]],
}

impl RingBlocks {
    /// Appends the next ring; without boxes if it does not count or is short.
    pub fn push(&mut self, xs: &[f64], ys: &[f64], counts: bool) {
        if xs.len() > 2 * BLOCK && counts {
            let edges = xs.len() - 1;
            let fine = (0..edges).step_by(BLOCK).map(|from| {
                let vertices = from..=(from + BLOCK).min(edges);
                area_and_bounds(&xs[vertices.clone()], &ys[vertices]).1
            });
            let fine: Vec<[f64; 4]> = fine.collect();
            self.boxes.extend(fine.chunks(BLOCK).map(|c| c.iter().copied().fold(NOWHERE, union)));
            self.boxes.extend(fine);
        }
        self.ends.push(self.boxes.len() as u32);
    }

    /// Appends the rings of another list.
    pub fn append(&mut self, other: &Self) {
        let base = self.boxes.len() as u32;
        self.ends.extend(other.ends.iter().map(|end| base + end));
        self.boxes.extend(&other.boxes);
    }

    /// The boxes along a ring of `vertices` vertices; none for a ring that is not listed.
    #[inline]
    pub fn of(&self, ring: usize, vertices: usize) -> Blocks<'_> {
        let end = self.ends.get(ring).copied().unwrap_or(0) as usize;
        let start = if ring == 0 { 0 } else { self.ends.get(ring - 1).copied().unwrap_or(0) as usize };
        let boxes = &self.boxes[start.min(end)..end];
        let fine = if boxes.is_empty() { 0 } else { (vertices - 1).div_ceil(BLOCK) };
        let (coarse, fine) = boxes.split_at(boxes.len() - fine);
        Blocks { coarse, fine }
    }
}

impl<'a> Blocks<'a> {
    /// Those of a ring that is looked at whole.
    pub const NONE: Self = Self { coarse: &[], fine: &[] };

    /// True for a short ring.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.fine.is_empty()
    }

    /// Runs along the ring: first vertex, box, boxes of the blocks.
    pub fn runs(self) -> impl Iterator<Item = (usize, [f64; 4], &'a [[f64; 4]])> {
        let runs = self.coarse.iter().zip(self.fine.chunks(BLOCK)).enumerate();
        runs.map(|(k, (large, small))| (k * BLOCK * BLOCK, *large, small))
    }

    /// Calls `f` with the first vertex of every block that may not be passed over, in the order of the ring.
    #[inline]
    pub fn for_each_near(self, pass_over: impl Fn([f64; 4]) -> bool, mut f: impl FnMut(usize)) {
        for (first, large, small) in self.runs() {
            if pass_over(large) {
                continue;
            }
            // All are tested first, free of branches.
            let near = small.iter().enumerate().fold(0, |near, (k, b)| near | u64::from(!pass_over(*b)) << k);
            for_each_bit(near, |k| f(first + k * BLOCK));
        }
    }
}

/// Calls `f` with the number of every bit that is set, ascending.
#[inline]
pub(crate) fn for_each_bit(mut bits: u64, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}
