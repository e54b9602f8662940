//! A partition of an outline into zones around given centres, with natural-looking borders that neighbours share vertex by vertex.
//!
//! Every vertex of a fine lattice gets the label of its nearest centre (distances bent by noise) or "outside". The borders are
//! then traced through the lattice triangles: each lattice edge has one crossing point, so there are no gaps and no overlaps.

use std::collections::BTreeMap;

use crate::dissolve::Dissolver;
use crate::noise::fractal;
use crate::shape::{Parts, Point, bounds, distance_within, passes};

/// Label of lattice vertices outside the outline.
pub const OUTSIDE: u16 = u16::MAX;

/// As far as places outside are mostly asked for, in vertices: whether there can be a zone is kept.
const REACH: i32 = 4;

/// A point from which a zone grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Centre {
    /// Position in metres.
    pub at: Point,
    /// Distance in m by which the zone is widened here against its neighbours.
    pub grow_m: f64,
    /// The zone.
    pub zone: u16,
}

/// How a partition is made.
#[derive(Debug, Clone)]
pub struct PartitionSpec<'a> {
    /// The outline in metres, an open counter-clockwise or clockwise ring.
    pub outline: &'a [Point],
    /// Points from which the zones grow; a zone may have several.
    pub centres: &'a [Centre],
    /// Lattice spacing in m.
    pub spacing_m: f64,
    /// How far noise may bend the borders, in m.
    pub bend_m: f64,
    /// Wavelength of that noise, in m.
    pub wavelength_m: f64,
    /// Seed of that noise.
    pub seed: u64,
}

/// One piece of border: from `a` to `b` with zone `left` on its left and `right` on its right ([`OUTSIDE`] beyond the outline).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Border {
    /// Start.
    pub a: Point,
    /// End.
    pub b: Point,
    /// Zone on the left.
    pub left: u16,
    /// Zone on the right.
    pub right: u16,
}

/// The result of [`partition`].
#[derive(Debug, Clone)]
pub struct Partition {
    origin: Point,
    spacing: f64,
    columns: usize,
    rows: usize,
    labels: Vec<u16>,
    /// Vertices with a zone within [`REACH`] and one.
    near: Vec<bool>,
    /// All border pieces.
    pub borders: Vec<Border>,
    zones: usize,
}

impl Partition {
    /// Zone of the lattice vertex nearest to the point; `None` outside the outline or the lattice.
    pub fn nearest_zone(&self, p: Point) -> Option<u16> {
        let label = self.labels[self.vertex(p)?];
        (label != OUTSIDE).then_some(label)
    }

    /// The nearest vertex of the lattice.
    fn vertex(&self, p: Point) -> Option<usize> {
        let column = ((p[0] - self.origin[0]) / self.spacing).round();
        let row = ((p[1] - self.origin[1]) / self.spacing).round();
        let there = column >= 0.0 && row >= 0.0 && column < self.columns as f64 && row < self.rows as f64;
        there.then(|| row as usize * self.columns + column as usize)
    }

    /// Like [`Self::nearest_zone`], but a point outside gets a zone found within `reach` lattice vertices around it.
    pub fn zone_within(&self, p: Point, reach: i32) -> Option<u16> {
        if let Some(z) = self.nearest_zone(p) {
            return Some(z);
        }
        // Places beside this one may round to a vertex one further on.
        if reach <= REACH && self.vertex(p).is_some_and(|i| !self.near[i]) {
            return None;
        }
        (1..=reach).find_map(|ring| {
            (-ring..=ring).find_map(|k| {
                [(k, -ring), (k, ring), (-ring, k), (ring, k)].into_iter().find_map(|(dx, dy)| {
                    self.nearest_zone([
                        p[0] + f64::from(dx) * self.spacing,
                        p[1] + f64::from(dy) * self.spacing,
                    ])
                })
            })
        })
    }

    /// The polygons of all zones in the order of the centres; exterior rings counter-clockwise, open.
    pub fn polygons(&self) -> Vec<Parts> {
        let mut all = vec![Dissolver::default(); self.zones];
        for b in &self.borders {
            if b.left != OUTSIDE {
                all[usize::from(b.left)].add_edge(b.a, b.b);
            }
            if b.right != OUTSIDE {
                all[usize::from(b.right)].add_edge(b.b, b.a);
            }
        }
        all.into_iter().map(Dissolver::finish).collect()
    }

    /// The outline as the zones have it.
    pub fn outline(&self) -> Parts {
        let mut d = Dissolver::default();
        for b in &self.borders {
            if b.right == OUTSIDE {
                d.add_edge(b.a, b.b);
            } else if b.left == OUTSIDE {
                d.add_edge(b.b, b.a);
            }
        }
        d.finish()
    }
}

/// The centres, each widened or narrowed until the areas of the zones, counted on the lattice, have the proportions of `targets_m2`.
pub fn balance(spec: &PartitionSpec, targets_m2: &[f64]) -> Vec<Centre> {
    let whole = crate::shape::signed_area(spec.outline).abs();
    let sum: f64 = targets_m2.iter().sum();
    let lattice = Lattice::new(spec);
    let inside: Vec<Point> = lattice
        .inside()
        .into_iter()
        .map(|i| spec.bent(lattice.at(i % lattice.columns, i / lattice.columns)))
        .collect();
    let mut centres = spec.centres.to_vec();
    for _ in 0..40 {
        let mut now = vec![0.0; spec.zones()];
        for zone in inside.iter().map(|q| nearest_centre(&centres, *q)).filter(|zone| *zone != OUTSIDE) {
            now[usize::from(zone)] += spec.spacing_m * spec.spacing_m;
        }
        for c in &mut centres {
            let target = targets_m2[usize::from(c.zone)] * whole / sum;
            // A zone of this size grows by its border times the step.
            c.grow_m += 0.22 * (target - now[usize::from(c.zone)]) / target.sqrt();
        }
    }
    centres
}

impl PartitionSpec<'_> {
    fn zones(&self) -> usize {
        self.centres.iter().map(|c| usize::from(c.zone) + 1).max().unwrap_or(0)
    }

    /// The place whose distances count at `p`.
    fn bent(&self, p: Point) -> Point {
        let bend = |k: u64| {
            let (x, y) = (p[0] / self.wavelength_m, p[1] / self.wavelength_m);
            self.bend_m * fractal(self.seed.wrapping_add(k), x, y, 4)
        };
        [p[0] + bend(11), p[1] + bend(23)]
    }
}

/// Zone of the centre that is nearest to a bent place.
fn nearest_centre(centres: &[Centre], q: Point) -> u16 {
    let mut best = (f64::INFINITY, OUTSIDE);
    for c in centres {
        if let Some(d) = distance_within(q, c.at, best.0 + c.grow_m)
            && d - c.grow_m < best.0
        {
            best = (d - c.grow_m, c.zone);
        }
    }
    best.1
}

/// Makes the partition.
pub fn partition(spec: &PartitionSpec) -> Partition {
    let mut lattice = Lattice::new(spec);
    lattice.fill();
    lattice.join_stray_pieces();
    let borders = lattice.trace();
    Partition {
        near: near_labels(&lattice.labels, lattice.columns, REACH + 1),
        origin: lattice.origin,
        spacing: spec.spacing_m,
        columns: lattice.columns,
        rows: lattice.rows,
        labels: lattice.labels,
        borders,
        zones: spec.zones(),
    }
}

struct Lattice<'a> {
    spec: &'a PartitionSpec<'a>,
    origin: Point,
    columns: usize,
    rows: usize,
    labels: Vec<u16>,
    /// Sides of the outline by the rows of the lattice that they reach.
    bands: Vec<Vec<[Point; 2]>>,
}

impl<'a> Lattice<'a> {
    fn new(spec: &'a PartitionSpec<'a>) -> Self {
        let b = bounds(spec.outline);
        let h = spec.spacing_m;
        // The odd offset keeps lattice vertices off hand-made round coordinates.
        let origin = [b[0] - 2.37 * h, b[1] - 2.61 * h];
        let columns = ((b[2] - origin[0]) / h).ceil() as usize + 3;
        let rows = ((b[3] - origin[1]) / h).ceil() as usize + 3;
        let (labels, bands) = (vec![OUTSIDE; columns * rows], vec![Vec::new(); rows]);
        let mut lattice = Self { spec, origin, columns, rows, labels, bands };
        for (i, &b) in spec.outline.iter().enumerate() {
            let a = spec.outline[i.checked_sub(1).unwrap_or(spec.outline.len() - 1)];
            for band in lattice.band(a[1].min(b[1]))..=lattice.band(a[1].max(b[1])) {
                lattice.bands[band].push([a, b]);
            }
        }
        lattice
    }

    /// The row of the lattice at or below `y`.
    fn band(&self, y: f64) -> usize {
        (((y - self.origin[1]) / self.spec.spacing_m) as usize).min(self.rows - 1)
    }

    fn at(&self, column: usize, row: usize) -> Point {
        let h = self.spec.spacing_m;
        [self.origin[0] + column as f64 * h, self.origin[1] + row as f64 * h]
    }

    fn label(&self, p: Point) -> u16 {
        let sides = &self.bands[self.band(p[1])];
        let inside = sides.iter().fold(false, |inside, &[a, b]| inside ^ passes(a, b, p));
        if inside { nearest_centre(self.spec.centres, self.spec.bent(p)) } else { OUTSIDE }
    }

    fn fill(&mut self) {
        for i in self.inside() {
            let q = self.spec.bent(self.at(i % self.columns, i / self.columns));
            self.labels[i] = nearest_centre(self.spec.centres, q);
        }
    }

    /// Vertices inside the outline.
    fn inside(&self) -> Vec<usize> {
        let mut out = Vec::new();
        for row in 0..self.rows {
            let xs = crossings(self.spec.outline, self.at(0, row)[1]);
            for pair in xs.chunks_exact(2) {
                let within = |c: &usize| (pair[0] < self.at(*c, row)[0]) && (self.at(*c, row)[0] < pair[1]);
                out.extend((0..self.columns).filter(within).map(|column| row * self.columns + column));
            }
        }
        out
    }

    /// Vertices joined to `i` by a lattice edge (rows, columns, and the rising diagonal).
    fn neighbours(&self, i: usize) -> Vec<usize> {
        let (c, r) = (i % self.columns, i / self.columns);
        let mut out = Vec::with_capacity(6);
        let steps: [(i64, i64); 6] = [(-1, 0), (1, 0), (0, -1), (0, 1), (1, 1), (-1, -1)];
        for (dc, dr) in steps {
            let (nc, nr) = (c as i64 + dc, r as i64 + dr);
            if nc >= 0 && nr >= 0 && nc < self.columns as i64 && nr < self.rows as i64 {
                out.push(nr as usize * self.columns + nc as usize);
            }
        }
        out
    }

    /// Every zone keeps its largest connected piece; other pieces go to the neighbour zone they touch most.
    fn join_stray_pieces(&mut self) {
        for _ in 0..8 {
            let pieces = self.pieces();
            let mut largest: BTreeMap<u16, usize> = BTreeMap::new();
            for (label, members) in &pieces {
                let e = largest.entry(*label).or_default();
                *e = (*e).max(members.len());
            }
            let mut changed = false;
            for (label, members) in pieces {
                if members.len() == largest[&label] {
                    continue;
                }
                let mut votes: BTreeMap<u16, usize> = BTreeMap::new();
                for &m in &members {
                    for n in self.neighbours(m) {
                        let l = self.labels[n];
                        if l != label && (l != OUTSIDE || label == OUTSIDE) {
                            *votes.entry(l).or_default() += 1;
                        }
                    }
                }
                let to = votes.iter().max_by_key(|(l, n)| (**n, u16::MAX - **l)).map_or(OUTSIDE, |(l, _)| *l);
                for m in members {
                    self.labels[m] = to;
                }
                changed = true;
            }
            if !changed {
                return;
            }
        }
    }

    fn pieces(&self) -> Vec<(u16, Vec<usize>)> {
        let mut seen = vec![false; self.labels.len()];
        let mut out = Vec::new();
        for start in 0..self.labels.len() {
            if seen[start] {
                continue;
            }
            seen[start] = true;
            let label = self.labels[start];
            let mut members = vec![start];
            let mut next = 0;
            while next < members.len() {
                for n in self.neighbours(members[next]) {
                    if !seen[n] && self.labels[n] == label {
                        seen[n] = true;
                        members.push(n);
                    }
                }
                next += 1;
            }
            out.push((label, members));
        }
        out
    }

    fn trace(&self) -> Vec<Border> {
        let mut cut = BTreeMap::new();
        let mut out = Vec::new();
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                let i = row * self.columns + column;
                let (right, up, diagonal) = (i + 1, i + self.columns, i + self.columns + 1);
                self.triangle([i, right, diagonal], &mut cut, &mut out);
                self.triangle([i, diagonal, up], &mut cut, &mut out);
            }
        }
        out
    }

    /// Border pieces in one counter-clockwise triangle.
    fn triangle(&self, v: [usize; 3], cut: &mut BTreeMap<(usize, usize), Point>, out: &mut Vec<Border>) {
        let l = v.map(|i| self.labels[i]);
        if l[0] == l[1] && l[1] == l[2] {
            return;
        }
        let mut on = |a: usize, b: usize| -> Point {
            let k = (a.min(b), a.max(b));
            *cut.entry(k).or_insert_with(|| self.crossing(k.0, k.1))
        };
        if l[0] != l[1] && l[1] != l[2] && l[0] != l[2] {
            let m = [on(v[0], v[1]), on(v[1], v[2]), on(v[2], v[0])];
            let c = [(m[0][0] + m[1][0] + m[2][0]) / 3.0, (m[0][1] + m[1][1] + m[2][1]) / 3.0];
            for k in 0..3 {
                // From the middle of the triangle out through side k: its start vertex lies on the right.
                out.push(Border { a: c, b: m[k], left: l[(k + 1) % 3], right: l[k] });
            }
            return;
        }
        // The vertex that stands alone, and the two sides that leave it.
        let alone = (0..3).find(|&k| l[k] != l[(k + 1) % 3] && l[k] != l[(k + 2) % 3]).unwrap_or(0);
        let (next, last) = ((alone + 1) % 3, (alone + 2) % 3);
        let (p, q) = (on(v[alone], v[next]), on(v[last], v[alone]));
        out.push(Border { a: p, b: q, left: l[alone], right: l[next] });
    }

    fn crossing(&self, i: usize, j: usize) -> Point {
        let (p, q) =
            (self.at(i % self.columns, i / self.columns), self.at(j % self.columns, j / self.columns));
        let at = |t: f64| [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
        let label = self.labels[i];
        if self.label(p) != label || self.label(q) == label {
            return at(0.5);
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..10 {
            let mid = f64::midpoint(low, high);
            if self.label(at(mid)) == label {
                low = mid;
            } else {
                high = mid;
            }
        }
        at(f64::midpoint(low, high).clamp(0.1, 0.9))
    }
}

/// Vertices from which a label is at most this many steps of a king away (near the sides of the lattice, more of them).
fn near_labels(labels: &[u16], columns: usize, steps: i32) -> Vec<bool> {
    let mut near: Vec<bool> = labels.iter().map(|l| *l != OUTSIDE).collect();
    for _ in 0..steps {
        for by in [1, columns] {
            let before = near.clone();
            let at = |i: Option<usize>| i.and_then(|i| before.get(i)).copied().unwrap_or(false);
            for (i, near) in near.iter_mut().enumerate() {
                *near |= at(i.checked_sub(by)) || at(Some(i + by));
            }
        }
    }
    near
}

/// Sorted x where the ring crosses the horizontal line.
fn crossings(ring: &[Point], y: f64) -> Vec<f64> {
    let mut xs = Vec::new();
    let Some(&last) = ring.last() else { return xs };
    let mut a = last;
    for &b in ring {
        if (a[1] > y) != (b[1] > y) {
            xs.push((b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
        }
        a = b;
    }
    xs.sort_by(f64::total_cmp);
    xs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::parts_area;

    fn three() -> [Centre; 3] {
        [([2500.0, 2000.0], 0), ([8000.0, 2000.0], 1), ([6000.0, 6500.0], 2)].map(|(at, zone)| Centre {
            at,
            grow_m: 0.0,
            zone,
        })
    }

    fn square_spec<'a>(outline: &'a [Point], centres: &'a [Centre]) -> PartitionSpec<'a> {
        PartitionSpec { outline, centres, spacing_m: 100.0, bend_m: 300.0, wavelength_m: 2500.0, seed: 5 }
    }

    #[test]
    fn balancing_brings_the_areas_to_their_targets() {
        let outline = [[0.0, 0.0], [10_000.0, 0.0], [10_000.0, 8_000.0], [0.0, 8_000.0]];
        let targets = [2e7, 2e7, 4e7];
        let centres = balance(&square_spec(&outline, &three()), &targets);
        let zones = partition(&square_spec(&outline, &centres)).polygons();
        for (z, t) in zones.iter().zip(targets) {
            assert!((parts_area(z) / t - 1.0).abs() < 0.03, "{} {t}", parts_area(z));
        }
    }

    fn small() -> Partition {
        let outline = [[0.0, 0.0], [10_000.0, 0.0], [12_000.0, 8_000.0], [3_000.0, 9_000.0]];
        let centres = three();
        partition(&PartitionSpec {
            outline: &outline,
            centres: &centres,
            spacing_m: 200.0,
            bend_m: 600.0,
            wavelength_m: 2500.0,
            seed: 5,
        })
    }

    #[test]
    fn zones_tile_the_outline_without_gaps() {
        let p = small();
        let zones = p.polygons();
        assert_eq!(zones.len(), 3);
        let sum: f64 = zones.iter().map(|z| parts_area(z)).sum();
        let outline = parts_area(&p.outline());
        // Only rounding: the same vertices, summed in another order.
        assert!((sum - outline).abs() < 1e-12 * outline, "{sum} {outline}");
        assert!(zones.iter().all(|z| z.len() == 1));
    }

    #[test]
    fn every_border_has_its_twin_or_the_outside() {
        for b in small().borders {
            assert_ne!(b.left, b.right);
        }
    }
}
