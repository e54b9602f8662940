//! Features that surely share no ground with any other, because all edges near them are drawn twice, once in each direction.
//!
//! How many features lie over a point changes only across edges. Two that are equal to the bit and run in opposite directions
//! (shells counter-clockwise, holes clockwise) cancel: one feature ends where the other begins. So in a rectangle that only such pairs
//! of edges meet the number is the same everywhere, and if it is 1 at one point, the features in that rectangle share no ground there.
//! Nothing here is rounded: what is said of a feature is certain. The rectangles are runs of columns of the strips of the layer.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::Coverage;
use crate::crossings::contains;
use crate::measured::Measured;
use crate::ring_blocks::BLOCK;
use crate::strips::Strips;

/// Columns of a strip for each feature in it.
const COLUMNS_PER_FEATURE: usize = 4;

/// For each feature true if it surely shares no ground with any other. False says nothing.
///
/// The features must be valid polygons: lobes and holes that count negatively could cancel with others.
pub(crate) fn alone(coverage: &Coverage, measured: &Measured, strips: &Strips) -> Vec<bool> {
    let doubtful: Vec<AtomicBool> = (0..coverage.len()).map(|_| AtomicBool::new(false)).collect();
    (0..strips.len()).into_par_iter().with_max_len(4).for_each_init(Edges::default, |edges, strip| {
        let band = Band { coverage, measured, strips, strip };
        band.gather(edges);
        edges.cancel(coverage);
        // Flags are only ever set, so the order of strips does not matter.
        band.doubt(edges, |feature| doubtful[feature as usize].store(true, Ordering::Relaxed));
    });
    doubtful.into_iter().map(|doubtful| !doubtful.into_inner()).collect()
}

/// Edges that meet a strip.
#[derive(Debug, Default)]
struct Edges {
    /// First and last vertex, turned so that the feature lies on the left.
    ends: Vec<[u32; 2]>,
    /// How many more edges run as this one than against it; 0 too if an earlier edge counts for it.
    net: Vec<i32>,
    /// Hash table of the edges that count, by their ends: number + 1.
    slots: Vec<u32>,
}

/// A strip of a layer.
#[derive(Clone, Copy)]
struct Band<'a> {
    coverage: &'a Coverage,
    measured: &'a Measured,
    strips: &'a Strips,
    strip: usize,
}

impl Band<'_> {
    /// The edges that meet the strip, feature by feature along the rings.
    fn gather(&self, edges: &mut Edges) {
        let coverage = self.coverage;
        edges.ends.clear();
        for &feature in self.strips.features(self.strip) {
            for ring in coverage.parts_of(feature as usize).flat_map(|p| coverage.rings_of(p)) {
                let weight = self.measured.rings.weight(ring);
                if weight != 0 {
                    self.gather_ring(ring, weight > 0, &mut edges.ends);
                }
            }
        }
    }

    fn gather_ring(&self, ring: usize, forward: bool, out: &mut Vec<[u32; 2]>) {
        let first = self.coverage.ring_off[ring];
        let (xs, ys) = self.coverage.ring(ring);
        let last = xs.len() - 1;
        let side = |y: f64| self.strips.strip(y).cmp(&self.strip);
        let mut push = |from: usize, to: usize| {
            let (from, to) = (first + from as u32, first + to as u32);
            out.push(if forward { [from, to] } else { [to, from] });
        };
        let mut stretch = |from: usize, to: usize| {
            let mut before = side(ys[from]);
            for k in from + 1..=to {
                let here = side(ys[k]);
                let meets = before.is_eq() || before != here;
                if meets && (xs[k - 1] != xs[k] || ys[k - 1] != ys[k]) {
                    push(k - 1, k);
                }
                before = here;
            }
        };
        let blocks = self.measured.rings.blocks(ring, xs.len());
        if blocks.is_empty() {
            stretch(0, last);
        } else {
            let beyond = |[_, south, _, north]: [f64; 4]| side(north).is_lt() || side(south).is_gt();
            blocks.for_each_near(beyond, |from| stretch(from, (from + BLOCK).min(last)));
        }
        if xs[last] != xs[0] || ys[last] != ys[0] {
            push(last, 0);
        }
    }

    /// Calls `f` with the features of which it is not sure that they share no ground in this strip.
    fn doubt(&self, edges: &Edges, f: impl Fn(u32)) {
        let features = self.strips.features(self.strip);
        let columns = Columns::of(self.measured, features);
        let rest = edges.net.iter().zip(&edges.ends).filter(|(net, _)| **net != 0);
        let runs = columns.runs(rest.map(|(_, ends)| ends.map(|v| self.coverage.xs[v as usize])));
        let covered = self.strips.middle(self.strip).map(|y| self.cover(features, &runs.middles, y));
        for &feature in features {
            let [west, _, east, _] = self.measured.boxes[feature as usize];
            let (run, end) = (runs.of[columns.column(west)], runs.of[columns.column(east)]);
            let once = |covered: &Vec<u32>| run == end && run != NO_RUN && covered[run as usize] <= 1;
            if !covered.as_ref().is_some_and(once) {
                f(feature);
            }
        }
    }

    /// How many features lie over each of the points with these eastings (ascending) at the level `y`.
    fn cover(&self, features: &[u32], xs: &[f64], y: f64) -> Vec<u32> {
        let mut times = vec![0; xs.len()];
        for &feature in features {
            let [west, south, east, north] = self.measured.boxes[feature as usize];
            if !(south <= y && y <= north) {
                continue;
            }
            let from = xs.partition_point(|&x| x < west);
            for (times, &x) in times[from..].iter_mut().zip(&xs[from..]).take_while(|(_, x)| **x <= east) {
                *times += u32::from(contains(self.coverage, &self.measured.rings, feature as usize, [x, y]));
            }
        }
        times
    }
}

impl Edges {
    /// Counts equal edges against each other.
    fn cancel(&mut self, coverage: &Coverage) {
        let Self { ends, net, slots } = self;
        net.clear();
        net.resize(ends.len(), 0);
        slots.clear();
        slots.resize((ends.len() + ends.len() / 4 + 1).next_power_of_two(), 0);
        let mask = slots.len() - 1;
        let at = |v: u32| [coverage.xs[v as usize], coverage.ys[v as usize]];
        let is = |k: usize, p: [f64; 2], q: [f64; 2]| at(ends[k][0]) == p && at(ends[k][1]) == q;
        let mut partner = 0_usize;
        for (k, &[from, to]) in ends.iter().enumerate() {
            let (p, q) = (at(from), at(to));
            // Along a common boundary the edges of the neighbour follow each other, backwards.
            let next = partner.wrapping_sub(1);
            if net.get(next).is_some_and(|n| *n > 0) && is(next, q, p) {
                net[next] -= 1;
                partner = next;
                continue;
            }
            let mut slot = hash(p, q) as usize & mask;
            loop {
                let Some(other) = slots[slot].checked_sub(1).map(|n| n as usize) else {
                    slots[slot] = k as u32 + 1;
                    net[k] = 1;
                    break;
                };
                let change = i32::from(is(other, p, q)) - i32::from(is(other, q, p));
                if change != 0 {
                    net[other] += change;
                    partner = other;
                    break;
                }
                slot = (slot + 1) & mask;
            }
        }
    }
}

/// The same for both directions of an edge.
#[inline]
fn hash(p: [f64; 2], q: [f64; 2]) -> u64 {
    let of =
        |[x, y]: [f64; 2]| (x.to_bits() ^ y.to_bits().rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let both = of(p).wrapping_add(of(q));
    (both ^ both >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32
}

/// "In no run" in [`Runs::of`].
const NO_RUN: u32 = u32::MAX;

/// Columns of a strip.
struct Columns {
    west: f64,
    per_m: f64,
    count: usize,
}

/// Runs of columns that no edge meets but those that cancel.
struct Runs {
    /// Column to run.
    of: Vec<u32>,
    /// An easting in each run, ascending.
    middles: Vec<f64>,
}

impl Columns {
    fn of(measured: &Measured, features: &[u32]) -> Self {
        let boxes = features.iter().map(|&i| measured.boxes[i as usize]);
        let (west, east) =
            boxes.fold((f64::INFINITY, f64::NEG_INFINITY), |(w, e), b| (w.min(b[0]), e.max(b[2])));
        let count = (COLUMNS_PER_FEATURE * features.len()).max(1);
        let per_m = count as f64 / (east - west);
        Self { west, per_m: if per_m.is_finite() { per_m } else { 0.0 }, count }
    }

    /// The column of an easting; never a western one for a more eastern easting.
    #[inline]
    fn column(&self, x: f64) -> usize {
        (((x - self.west) * self.per_m).max(0.0) as usize).min(self.count - 1)
    }

    /// The runs between edges with these eastings.
    fn runs(&self, edges: impl Iterator<Item = [f64; 2]>) -> Runs {
        // Edges that begin in a column less those that have ended before it.
        let mut met = vec![0i32; self.count + 1];
        for [a, b] in edges {
            met[self.column(a.min(b))] += 1;
            met[self.column(a.max(b)) + 1] -= 1;
        }
        let mut runs = Runs { of: vec![NO_RUN; self.count], middles: vec![] };
        let (mut here, mut open) = (0, false);
        for (column, change) in met[..self.count].iter().enumerate() {
            here += change;
            let middle = self.west + (column as f64 + 0.5) / self.per_m;
            // A run begins where there is a number between the sides of the column.
            if here != 0 {
                open = false;
            } else if !open && self.column(middle) == column && middle.is_finite() {
                open = true;
                runs.middles.push(middle);
            }
            if open {
                runs.of[column] = runs.middles.len() as u32 - 1;
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OVERLAP_TOLERANCE_M2, pair_overlap_m2, self_overlaps};

    type Vertex = [f64; 2];

    fn number(a: u32, b: u32) -> f64 {
        let mixed = (a.wrapping_mul(2_654_435_761) ^ b.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
        f64::from(mixed >> 8 & 0xFFFF) / 65_536.0
    }

    /// The vertex of a jittered grid of 10 m, and the one in the middle of the edge to the east (1) or to the north (2).
    fn vertex(col: u32, row: u32, kind: u32) -> Vertex {
        let (dx, dy) = (f64::from(kind == 1) * 5.0, f64::from(kind == 2) * 5.0);
        let jitter = |salt: u32| 2.0 * number(1000 * col + row, 7 * kind + salt);
        [10.0 * f64::from(col) + dx + jitter(1), 10.0 * f64::from(row) + dy + jitter(2)]
    }

    fn cell(col: u32, row: u32) -> Vec<Vertex> {
        let v = vertex;
        let south = [v(col, row, 0), v(col, row, 1), v(col + 1, row, 0), v(col + 1, row, 2)];
        let north = [v(col + 1, row + 1, 0), v(col, row + 1, 1), v(col, row + 1, 0), v(col, row, 2)];
        let mut ring = [south, north].concat();
        ring.push(ring[0]);
        ring
    }

    /// Cells that fill a rectangle without gaps, every third one stored clockwise.
    fn city(side: u32) -> Vec<Vec<Vec<Vertex>>> {
        let cells = (0..side * side).map(|k| {
            let mut ring = cell(k % side, k / side);
            if k % 3 == 0 {
                ring.reverse();
            }
            vec![ring]
        });
        cells.collect()
    }

    fn square(x: f64, y: f64, d: f64) -> Vec<Vertex> {
        vec![[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]
    }

    fn layer(features: &[Vec<Vec<Vertex>>]) -> Coverage {
        let mut c = Coverage::new();
        for rings in features {
            c.push_rings(std::slice::from_ref(rings));
        }
        c
    }

    fn alone_in(c: &Coverage) -> Vec<bool> {
        let measured = Measured::of(c);
        alone(c, &measured, &Strips::of(&measured.boxes))
    }

    /// The search finds what every pair alone gives, and no feature of a pair passes for one that shares no ground.
    fn check(name: &str, c: &Coverage) -> usize {
        let (found, alone) = (self_overlaps(c), alone_in(c));
        let all = (0..c.len()).flat_map(|i| (i + 1..c.len()).map(move |j| (i, j)));
        let pairs = all.map(|(i, j)| (i as u32, j as u32, pair_overlap_m2(c, i, c, j)));
        let expected: Vec<_> = pairs.filter(|p| p.2 > OVERLAP_TOLERANCE_M2).collect();
        assert_eq!(found, expected, "{name}");
        assert!(found.iter().all(|p| !alone[p.0 as usize] && !alone[p.1 as usize]), "{name}");
        alone.iter().filter(|alone| **alone).count()
    }

    #[test]
    fn parcels_that_fill_a_city_are_known_without_a_pair() {
        let c = layer(&city(16));
        assert!(check("clean", &c) > 120, "most of the 196 that are not at the border");
        assert!(self_overlaps(&c).is_empty());
    }

    #[test]
    fn no_common_ground_is_lost_where_edges_cancel() {
        let side = 12;
        let clean = city(side);
        let with = |more: &[Vec<Vec<Vertex>>]| layer(&[clean.clone(), more.to_vec()].concat());
        let moved = |dx: f64, dy: f64| -> Vec<Vec<Vec<Vertex>>> {
            let shift = |ring: &Vec<Vertex>| ring.iter().map(|p| [p[0] + dx, p[1] + dy]).collect();
            clean.iter().map(|rings| rings.iter().map(shift).collect()).collect()
        };
        // The whole city twice: all its inner edges cancel.
        assert_eq!(check("twice", &with(&clean)), 0);
        assert_eq!(check("twice, moved", &with(&moved(3.3, 4.7))), 0);
        assert!(check("a second city to the east", &with(&moved(400.0, 0.0))) > 2);
        check("three times", &with(&[clean.clone(), clean.clone()].concat()));
        check("one parcel twice", &with(&clean[40..41]));
        check("a block twice", &with(&[clean[40..46].to_vec(), clean[52..58].to_vec()].concat()));
        check("a square over many", &with(&[vec![square(33.0, 31.0, 40.0)]]));
        check("a square within one", &with(&[vec![square(44.0, 44.0, 2.0)]]));
        check("a square over all", &with(&[vec![square(-50.0, -50.0, 400.0)]]));
        check("a frame around all", &with(&[vec![square(-50.0, -50.0, 400.0), square(-1.0, -1.0, 130.0)]]));
        // A parcel in a hole that is its own outline, and one that is larger by a hair.
        let (inner, hair) = (square(3.0, 3.0, 4.0), square(3.0, 3.0, 4.0 + 1e-3));
        let outer = vec![square(0.0, 0.0, 10.0), inner.clone()];
        check("in its hole", &layer(&[outer.clone(), vec![inner]]));
        check("over its hole", &layer(&[outer, vec![hair]]));
        // A vertex that only one of the neighbours has, on the line and off it.
        for off in [0.0, 1e-9, -0.01, 0.01] {
            let east =
                vec![[10.0, 0.0], [20.0, 0.0], [20.0, 10.0], [10.0, 10.0], [10.0 + off, 4.0], [10.0, 0.0]];
            check("one vertex more", &layer(&[vec![square(0.0, 0.0, 10.0)], vec![east]]));
        }
    }

    #[test]
    fn any_mixture_of_cells_blocks_and_shifts_gives_the_same_pairs_as_all_pairs() {
        for seed in 0..60 {
            let pick = |k: u32, among: u32| (number(seed, k) * f64::from(among)) as u32;
            let mut features: Vec<Vec<Vec<Vertex>>> = city(7)
                .into_iter()
                .enumerate()
                .filter(|(k, _)| pick(*k as u32, 9) > 0)
                .map(|(_, f)| f)
                .collect();
            for k in 0..pick(100, 5) {
                let from = pick(200 + k, 40) as usize;
                let mut copy = features[from % features.len()].clone();
                let off = [0.0, 1e-4, 0.5, 10.0][pick(300 + k, 4) as usize];
                copy[0].iter_mut().for_each(|p| p[0] += off);
                features.push(copy);
            }
            for k in 0..pick(101, 3) {
                let at = |salt: u32| f64::from(pick(salt + k, 60));
                features.push(vec![square(at(400), at(500), 1.0 + at(600) / 2.0)]);
            }
            check(&format!("seed {seed}"), &layer(&features));
        }
    }
}
