//! Lines along the edge of a parcel, and lines over parcels that overlap: whose metres they are.

use crate::LineIndex;
use crate::coincidence::{ALONG_M, common_stretch, edges_along};
use crate::line_length::{Block, OfLine, Pair, Segment, bounds_along};
use crate::ring::MASK;
use crate::ring_blocks::{BLOCK, for_each_bit};

/// Stretches below this share of a line are rounding.
const ROUNDING: f64 = 1e-9;

/// Lengths of one line with what was decided about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SharedLengths {
    /// Length of the line, m.
    pub total_m: f64,
    /// Parcel and metres, ascending by parcel, metres > 0.
    pub lengths: Vec<(u32, f64)>,
    /// Metres that lie in several parcels at once, counted once.
    pub shared_m: f64,
    /// Metres along the edge of a parcel of the class that lay in another parcel or in none.
    pub along_edge_m: f64,
}

/// Parcels as lines are shared between them, one value for each.
#[derive(Debug, Clone, Copy)]
pub struct SharingRules<'a> {
    /// True for those of the class.
    pub mask: &'a [bool],
    /// True for those that share ground with others.
    pub overlapping: &'a [bool],
}

impl SharingRules<'_> {
    /// Metres in parcels of the class.
    fn in_class(&self, lengths: &[(u32, f64)]) -> f64 {
        lengths.iter().filter(|(f, _)| self.mask[*f as usize]).map(|(_, m)| m).sum()
    }

    /// True if several of the parcels share ground.
    fn may_overlap(&self, lengths: &[(u32, f64)]) -> bool {
        lengths.iter().filter(|(f, _)| self.overlapping[*f as usize]).count() > 1
    }
}

impl LineIndex<'_> {
    /// The lengths of a polyline (as [`lengths`](Self::lengths) gives them) by two rules that keep its total:
    ///
    /// 1. A stretch in `k` parcels at once belongs to each by `1/k`; only parcels marked as `overlapping` are looked at.
    /// 2. A stretch within 1 cm of the edge of a parcel of the class `mask` belongs to this parcel, not to its neighbour on the other
    ///    side, nor to the ground between parcels. Of two such parcels the lower index has it.
    ///
    /// # Panics
    /// If the slices of coordinates differ in length, or `mask` or `overlapping` have not one value per parcel.
    pub fn shared(&self, (xs, ys): (&[f64], &[f64]), rules: SharingRules<'_>) -> SharedLengths {
        assert_eq!(xs.len(), ys.len(), "one northing per easting");
        let mut block = Block::default();
        self.measure([(0, xs, ys)].into_iter(), &mut block);
        block.lines().next().map_or_else(SharedLengths::default, |line| self.share(&line, rules))
    }

    /// [`shared`](Self::shared) of many polylines: line `k` has the vertices `line_off[k]..line_off[k + 1]`.
    ///
    /// Lines that have a length are handed to `take` with their number, chunk by chunk on all threads, to be added to what was made
    /// of the chunk; neither chunks nor the lines in them are in the order of the lines.
    ///
    /// # Panics
    /// As [`shared`](Self::shared), or if `line_off` does not ascend within the vertices.
    pub fn shared_all<T: Default + Send>(
        &self,
        lines: (&[f64], &[f64]),
        line_off: &[u32],
        rules: SharingRules<'_>,
        take: impl Fn(usize, SharedLengths, &mut T) + Sync,
    ) -> Vec<T> {
        self.measure_all(lines, line_off, |line, out| {
            take(line.number as usize, self.share(line, rules), out);
        })
    }

    fn share(&self, line: &OfLine<'_>, rules: SharingRules<'_>) -> SharedLengths {
        let mut out =
            SharedLengths { total_m: line.length(), lengths: line.lengths(), ..SharedLengths::default() };
        if rules.may_overlap(&out.lengths) {
            self.share_overlaps(line, &mut out);
        }
        if out.total_m - rules.in_class(&out.lengths) > ROUNDING * out.total_m {
            self.prefer_class(line, rules, &mut out);
        }
        out
    }

    /// Rule 1.
    fn share_overlaps(&self, line: &OfLine<'_>, out: &mut SharedLengths) {
        let features: Vec<u32> = out.lengths.iter().map(|l| l.0).collect();
        let mut metres = vec![0.0; features.len()];
        let before: f64 = out.lengths.iter().map(|l| l.1).sum();
        for (segment, near) in line.segments() {
            let length = segment.length;
            let mut steps: Vec<(f64, usize, f64)> = vec![];
            for k in near.iter().filter_map(|pair| features.binary_search(&pair.feature).ok()) {
                // An interval begins where the sum of clamped crossings falls and ends where it rises.
                self.for_each_bound(features[k] as usize, segment, |t, sign| steps.push((t, k, -sign)));
            }
            steps.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            // Features around the place, with their winding numbers.
            let (mut around, mut from): (Vec<(usize, f64)>, f64) = (vec![], 0.0);
            for (t, k, step) in steps {
                let holders = around.iter().filter(|(_, w)| *w > 0.5).count() as f64;
                for (holder, _) in around.iter().filter(|(_, w)| *w > 0.5) {
                    metres[*holder] += (t - from) * length / holders;
                }
                match around.iter_mut().find(|(feature, _)| *feature == k) {
                    Some((_, winding)) => *winding += step,
                    None => around.push((k, step)),
                }
                around.retain(|(_, winding)| *winding != 0.0);
                from = t;
            }
        }
        let after: f64 = metres.iter().sum();
        // Nothing shared: the plain lengths stay, bit for bit.
        if before - after > ROUNDING * before {
            out.shared_m = before - after;
            out.lengths = features.into_iter().zip(metres).filter(|(_, m)| *m > ROUNDING * after).collect();
        }
    }

    /// Rule 2.
    fn prefer_class(&self, line: &OfLine<'_>, rules: SharingRules<'_>, out: &mut SharedLengths) {
        let total: f64 = out.lengths.iter().map(|l| l.1).sum();
        let (mut changed, mut block) = (false, Block::default());
        for (&Segment { p, q, length, .. }, near) in line.segments() {
            // What lies wholly in one parcel of the class stays there.
            let mut inside = near.iter().filter(|pair| pair.share > 0.0);
            if let (Some(only), None) = (inside.next(), inside.next())
                && only.share == 1.0
                && rules.mask[only.feature as usize]
            {
                continue;
            }
            let mut done = 0.0;
            for (from, to, owner) in self.stretches_along_edges(p, q, near, rules.mask) {
                let from = f64::max(from, done);
                if to - from <= ROUNDING {
                    continue;
                }
                done = to;
                let at = |t: f64| [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
                let (a, b) = (at(from), at(to));
                self.measure([(0, &[a[0], b[0]][..], &[a[1], b[1]][..])].into_iter(), &mut block);
                let Some(line) = block.lines().next() else { continue };
                let mut piece = SharedLengths { lengths: line.lengths(), ..SharedLengths::default() };
                if rules.may_overlap(&piece.lengths) {
                    self.share_overlaps(&line, &mut piece);
                }
                let rest = (to - from) * length - rules.in_class(&piece.lengths);
                if rest > ROUNDING * length {
                    let others = piece.lengths.into_iter().filter(|(f, _)| !rules.mask[*f as usize]);
                    out.lengths.extend(others.map(|(f, m)| (f, -m)));
                    out.lengths.push((owner, rest));
                    out.along_edge_m += rest;
                    changed = true;
                }
            }
        }
        if changed {
            let total = total.max(out.along_edge_m);
            out.lengths.sort_by_key(|l| l.0);
            let sums = out.lengths.chunk_by(|a, b| a.0 == b.0).map(|c| (c[0].0, c.iter().map(|l| l.1).sum()));
            out.lengths = sums.filter(|(_, m): &(u32, f64)| *m > ROUNDING * total).collect();
        }
    }

    /// Stretches of p → q (from, to; shares of it) within 1 cm of an edge of a parcel of the class near it, ascending.
    fn stretches_along_edges(
        &self,
        p: [f64; 2],
        q: [f64; 2],
        near: &[Pair],
        mask: &[bool],
    ) -> Vec<(f64, f64, u32)> {
        let mut out = vec![];
        for feature in near.iter().map(|pair| pair.feature).filter(|f| mask[*f as usize]) {
            self.for_each_counting_ring(feature as usize, |(xs, ys), blocks, _| {
                let n = xs.len();
                let mut edge = |i: usize, j: usize| {
                    let stretch = common_stretch((p, q), ([xs[i], ys[i]], [xs[j], ys[j]]));
                    out.extend(stretch.map(|(from, to)| (from, to, feature)));
                };
                let mut run = |from: usize, to: usize| (from + 1..=to).for_each(|k| edge(k - 1, k));
                if n <= MASK {
                    for_each_bit(edges_along((p, q), xs, ys), |k| run(k, k + 1));
                } else if blocks.is_empty() {
                    run(0, n - 1);
                } else {
                    blocks.for_each_near(|b| apart(b, p, q), |from| run(from, (from + BLOCK).min(n - 1)));
                }
                edge(n - 1, 0);
            });
        }
        out.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)).then(a.1.total_cmp(&b.1)));
        out
    }

    /// Calls `f(t, sign)` for every crossing of the feature's boundary with the line of the segment, clamped to it: the share of the
    /// segment inside is the sum of `sign · t`.
    fn for_each_bound(&self, feature: usize, segment: &Segment, mut f: impl FnMut(f64, f64)) {
        self.for_each_counting_ring(feature, |ring, _, weight| {
            bounds_along(ring, segment, |t| f(t.abs(), weight * t.signum()));
        });
    }
}

/// True if a box and the box of a segment lie farther apart than 1 cm.
fn apart([x0, y0, x1, y1]: [f64; 4], p: [f64; 2], q: [f64; 2]) -> bool {
    p[0].min(q[0]) > x1 + ALONG_M
        || p[0].max(q[0]) < x0 - ALONG_M
        || p[1].min(q[1]) > y1 + ALONG_M
        || p[1].max(q[1]) < y0 - ALONG_M
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Coverage;

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    fn layer(rings: &[Vec<[f64; 2]>]) -> Coverage {
        let mut c = Coverage::new();
        for ring in rings {
            c.push_rings(&[vec![ring.clone()]]);
        }
        c
    }

    fn shared(c: &Coverage, line: &[[f64; 2]], mask: &[bool], overlapping: &[bool]) -> SharedLengths {
        let (xs, ys): (Vec<f64>, Vec<f64>) = line.iter().map(|p| (p[0], p[1])).unzip();
        let index = LineIndex::new(c);
        let rules = SharingRules { mask, overlapping };
        let out = index.shared((&xs, &ys), rules);
        // The other way round it is the same.
        let (back_x, back_y): (Vec<f64>, Vec<f64>) = line.iter().rev().map(|p| (p[0], p[1])).unzip();
        let back = index.shared((&back_x, &back_y), rules);
        assert_eq!(out.lengths.len(), back.lengths.len());
        for (a, b) in out.lengths.iter().zip(&back.lengths) {
            assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-9, "{out:?} {back:?}");
        }
        out
    }

    fn close(found: &[(u32, f64)], expected: &[(u32, f64)]) {
        let same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-6);
        assert!(same, "{found:?} {expected:?}");
    }

    #[test]
    fn a_road_along_its_parcels_edge_belongs_to_the_road_parcel_on_either_side() {
        let c =
            layer(&[rect(0.0, 0.0, 100.0, 50.0), rect(0.0, 50.0, 100.0, 60.0), rect(0.0, 60.0, 100.0, 90.0)]);
        let (mask, no) = ([false, true, false], [false; 3]);
        for y in [50.0, 60.0, 50.004, 49.996, 60.006, 59.994] {
            let found = shared(&c, &[[-20.0, y], [30.0, y], [80.0, y]], &mask, &no);
            close(&found.lengths, &[(1, 80.0)]);
        }
        // 2 cm off it lies in the field.
        close(&shared(&c, &[[0.0, 49.98], [80.0, 49.98]], &mask, &no).lengths, &[(0, 80.0)]);
        // Along the edge, then away from it into the field: 3-4-5.
        let found = shared(&c, &[[10.0, 50.0], [40.0, 50.0], [70.0, 10.0]], &mask, &no);
        close(&found.lengths, &[(0, 50.0), (1, 30.0)]);
        // Between two fields the plain rule holds: one of them has it all.
        let fields = [true, false, false];
        let found = shared(&c, &[[10.0, 60.0], [40.0, 60.0]], &fields, &no).lengths;
        assert!(found == [(1, 30.0)] || found == [(2, 30.0)], "{found:?}");
    }

    #[test]
    fn an_oblique_edge_in_two_pieces_and_the_outer_edge_of_the_layer_count_too() {
        // The edge from (0, 0) to (300, 400) has a vertex of the field on it; the road parcel has none.
        let road = vec![[0.0, 0.0], [300.0, 400.0], [280.0, 415.0], [-20.0, 15.0], [0.0, 0.0]];
        let field = vec![[0.0, 0.0], [400.0, 0.0], [300.0, 400.0], [150.0, 200.0], [0.0, 0.0]];
        let c = layer(&[road, field]);
        let found = shared(&c, &[[300.0, 400.0], [0.0, 0.0]], &[true, false], &[false; 2]);
        close(&found.lengths, &[(0, 500.0)]);
        // On the other side of the road parcel is nothing.
        let found = shared(&c, &[[280.0, 415.0], [-20.0, 15.0]], &[true, false], &[false; 2]);
        close(&found.lengths, &[(0, 500.0)]);
    }

    #[test]
    fn metres_in_several_parcels_are_shared_and_counted_once() {
        let c =
            layer(&[rect(0.0, 0.0, 60.0, 10.0), rect(40.0, 0.0, 100.0, 10.0), rect(50.0, 0.0, 60.0, 10.0)]);
        let all = [true; 3];
        // 0-40 in one, 40-50 in two, 50-60 in three, 60-100 in one; 20 m before and after in none.
        let found = shared(&c, &[[-20.0, 5.0], [30.0, 5.0], [120.0, 5.0]], &all, &all);
        let third = 10.0 / 3.0;
        close(&found.lengths, &[(0, 45.0 + third), (1, 45.0 + third), (2, third)]);
        assert!((found.shared_m - 30.0).abs() < 1e-9, "{found:?}");
        // Beside the overlap the plain lengths stay.
        let found = shared(&c, &[[0.0, 5.0], [30.0, 5.0]], &all, &all);
        assert_eq!((found.lengths, found.shared_m), (vec![(0, 30.0)], 0.0));
    }

    #[test]
    fn identical_parcels_share_by_half() {
        let c = layer(&[rect(0.0, 0.0, 60.0, 10.0), rect(0.0, 0.0, 60.0, 10.0)]);
        let found = shared(&c, &[[10.0, -10.0], [10.0, 30.0]], &[true; 2], &[true; 2]);
        close(&found.lengths, &[(0, 5.0), (1, 5.0)]);
    }
}
