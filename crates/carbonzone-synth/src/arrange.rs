//! Cuts one cell of the coverage along the feature boundaries that cross it.
//!
//! Crossing points are computed from sorted arguments, so two cells that share an edge get bit-identical vertices on it.

use crate::dissolve::assemble;
use crate::features::{FeatureIndex, Place, Segment, ZONE_BORDER};
use crate::shape::{Point, Ring, Rings, in_ring, signed_area};

/// A piece of a cell with what it lies in.
#[derive(Debug, Clone)]
pub struct Face {
    /// Outer ring (counter-clockwise) and holes, open.
    pub rings: Rings,
    /// Where it lies.
    pub place: Place,
}

/// Where two segments cross properly; bit-identical for any order and direction of the arguments.
pub fn crossing(a: Point, b: Point, c: Point, d: Point) -> Option<Point> {
    let less = |p: Point, q: Point| (p[0], p[1]) < (q[0], q[1]);
    let (a, b) = if less(a, b) { (a, b) } else { (b, a) };
    let (c, d) = if less(c, d) { (c, d) } else { (d, c) };
    let swap = if a == c { less(d, b) } else { less(c, a) };
    let (a, b, c, d) = if swap { (c, d, a, b) } else { (a, b, c, d) };
    if a == c || a == d || b == c || b == d {
        return None;
    }
    let (oc, od) = (orient(a, b, c), orient(a, b, d));
    if (oc >= 0.0) == (od >= 0.0) || (orient(c, d, a) >= 0.0) == (orient(c, d, b) >= 0.0) {
        return None;
    }
    let t = oc / (oc - od);
    Some([c[0] + (d[0] - c[0]) * t, c[1] + (d[1] - c[1]) * t])
}

fn orient(a: Point, b: Point, c: Point) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn sort_along(points: &mut [Point], a: Point, b: Point) {
    let along = |p: &Point| (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1]);
    points.sort_by(|p, q| along(p).total_cmp(&along(q)));
}

/// One cell and the segments near it, crossed with one another.
#[derive(Debug)]
pub struct Arrangement<'a> {
    index: &'a FeatureIndex,
    /// The cell's ring with all crossing points in it.
    pub ring: Ring,
    /// Pieces of feature boundaries inside the cell.
    pieces: Vec<(Point, Point, u16)>,
}

impl<'a> Arrangement<'a> {
    /// Crosses the cell with the segments. `None` when nothing touches it.
    pub fn new(index: &'a FeatureIndex, cell: &[Point], near: &[u32]) -> Option<Self> {
        let segments: Vec<&Segment> = near.iter().map(|&k| index.segment(k)).collect();
        let mut on_segment: Vec<Vec<Point>> = vec![Vec::new(); segments.len()];
        let mut ring = Vec::with_capacity(cell.len() + 8);
        for (i, &a) in cell.iter().enumerate() {
            let b = cell[(i + 1) % cell.len()];
            let mut here = Vec::new();
            for (s, hits) in segments.iter().zip(on_segment.iter_mut()) {
                if let Some(p) = quick(a, b, s).then(|| crossing(a, b, s.a, s.b)).flatten() {
                    here.push(p);
                    hits.push(p);
                }
            }
            sort_along(&mut here, a, b);
            ring.push(a);
            ring.extend(here);
        }
        for i in 0..segments.len() {
            for j in i + 1..segments.len() {
                let (s, t) = (segments[i], segments[j]);
                if quick(s.a, s.b, t)
                    && let Some(p) = crossing(s.a, s.b, t.a, t.b)
                {
                    on_segment[i].push(p);
                    on_segment[j].push(p);
                }
            }
        }
        let mut pieces = Vec::new();
        for (s, mut hits) in segments.iter().zip(on_segment) {
            sort_along(&mut hits, s.a, s.b);
            let mut from = s.a;
            for to in hits.into_iter().chain(std::iter::once(s.b)) {
                let middle = [f64::midpoint(from[0], to[0]), f64::midpoint(from[1], to[1])];
                if from != to && in_ring(cell, middle) {
                    pieces.push((from, to, s.feature));
                }
                from = to;
            }
        }
        (ring.len() > cell.len() || !pieces.is_empty()).then_some(Self { index, ring, pieces })
    }

    /// True when zone borders run through the cell.
    pub fn has_zone_border(&self) -> bool {
        self.pieces.iter().any(|p| p.2 == ZONE_BORDER)
    }

    /// The faces; zone borders cut only when `cut_zones` is set (the cell crosses the border otherwise).
    pub fn faces(&self, cut_zones: bool) -> Vec<Face> {
        let mut graph = Graph::default();
        for (i, &a) in self.ring.iter().enumerate() {
            graph.add(a, self.ring[(i + 1) % self.ring.len()], EdgeOf::Cell);
        }
        for &(a, b, f) in self.pieces.iter().filter(|p| cut_zones || p.2 != ZONE_BORDER) {
            graph.add(a, b, EdgeOf::Inside(f));
            graph.add(b, a, EdgeOf::Outside(f));
        }
        graph.drop_dead_ends();
        let (mut outer, mut holes, mut sides) = (Vec::new(), Vec::new(), Vec::new());
        for (ring, known) in graph.trace() {
            if signed_area(&ring) > 0.0 {
                sides.push((ring.clone(), known));
                outer.push(ring);
            } else {
                holes.push(ring);
            }
        }
        assemble(outer, holes)
            .into_iter()
            .map(|rings| {
                let known = sides.iter().find(|(r, _)| *r == rings[0]).map_or(&[][..], |(_, k)| k.as_slice());
                let (a, b) = (rings[0][0], rings[0][1]);
                let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
                Face { place: self.index.place(middle, known), rings }
            })
            .collect()
    }
}

fn quick(a: Point, b: Point, s: &Segment) -> bool {
    a[0].min(b[0]) <= s.a[0].max(s.b[0])
        && a[0].max(b[0]) >= s.a[0].min(s.b[0])
        && a[1].min(b[1]) <= s.a[1].max(s.b[1])
        && a[1].max(b[1]) >= s.a[1].min(s.b[1])
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum EdgeOf {
    Cell,
    Inside(u16),
    Outside(u16),
}

#[derive(Debug, Default)]
struct Graph {
    points: Vec<Point>,
    from: Vec<usize>,
    to: Vec<usize>,
    of: Vec<EdgeOf>,
}

impl Graph {
    fn node(&mut self, p: Point) -> usize {
        if let Some(i) = self.points.iter().rposition(|q| *q == p) {
            return i;
        }
        self.points.push(p);
        self.points.len() - 1
    }

    fn add(&mut self, a: Point, b: Point, of: EdgeOf) {
        if a == b {
            return;
        }
        let (i, j) = (self.node(a), self.node(b));
        self.from.push(i);
        self.to.push(j);
        self.of.push(of);
    }

    /// Removes chains that end inside the cell; rounding can make one.
    fn drop_dead_ends(&mut self) {
        loop {
            let mut degree = vec![0usize; self.points.len()];
            for (&f, &t) in self.from.iter().zip(&self.to) {
                degree[f] += 1;
                degree[t] += 1;
            }
            // A chain's end has its two directions only; a cell vertex has two cell edges as well.
            let mut cell = vec![false; self.points.len()];
            for (k, of) in self.of.iter().enumerate() {
                if *of == EdgeOf::Cell {
                    cell[self.from[k]] = true;
                }
            }
            let keep: Vec<bool> = (0..self.of.len())
                .map(|k| {
                    let dead = |n: usize| degree[n] == 2 && !cell[n];
                    self.of[k] == EdgeOf::Cell || !(dead(self.from[k]) || dead(self.to[k]))
                })
                .collect();
            if keep.iter().all(|&k| k) {
                return;
            }
            let mut it = keep.iter();
            self.from.retain(|_| *it.next().unwrap_or(&true));
            let mut it = keep.iter();
            self.to.retain(|_| *it.next().unwrap_or(&true));
            let mut it = keep.iter();
            self.of.retain(|_| *it.next().unwrap_or(&true));
        }
    }

    /// All cycles with the face on the left, and for each the features whose side is known from its edges.
    fn trace(&self) -> Vec<(Ring, Vec<(u16, bool)>)> {
        let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); self.points.len()];
        for (k, &f) in self.from.iter().enumerate() {
            leaving[f].push(k);
        }
        let mut used = vec![false; self.of.len()];
        let mut out = Vec::new();
        for start in 0..self.of.len() {
            if used[start] {
                continue;
            }
            let (mut ring, mut known, mut k) = (Vec::new(), Vec::new(), start);
            loop {
                used[k] = true;
                ring.push(self.points[self.from[k]]);
                match self.of[k] {
                    EdgeOf::Inside(f) if f != ZONE_BORDER => known.push((f, true)),
                    EdgeOf::Outside(f) if f != ZONE_BORDER => known.push((f, false)),
                    _ => {}
                }
                let Some(next) = self.next(k, &leaving, &used) else { break };
                k = next;
            }
            known.sort_unstable();
            known.dedup();
            if ring.len() >= 3 {
                out.push((ring, known));
            }
        }
        out
    }

    /// The next edge around the face on the left: the first one clockwise from the way back.
    fn next(&self, k: usize, leaving: &[Vec<usize>], used: &[bool]) -> Option<usize> {
        let here = self.to[k];
        let p = self.points[here];
        let back = self.points[self.from[k]];
        let heading = [p[0] - back[0], p[1] - back[1]];
        let turn = |e: usize| {
            let q = self.points[self.to[e]];
            if self.to[e] == self.from[k] {
                return -4.0; // straight back: only when nothing else is left
            }
            let d = [q[0] - p[0], q[1] - p[1]];
            (heading[0] * d[1] - heading[1] * d[0]).atan2(heading[0] * d[0] + heading[1] * d[1])
        };
        let best = leaving[here].iter().copied().max_by(|&a, &b| turn(a).total_cmp(&turn(b)))?;
        (!used[best]).then_some(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::parts_area;

    const CELL: [Point; 4] = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];

    fn index(features: &[Vec<Ring>]) -> FeatureIndex {
        FeatureIndex::new([-30.0, -30.0, 30.0, 30.0], 7.0, features, &[])
    }

    fn big() -> Vec<Ring> {
        vec![vec![[-20.0, -21.0], [22.0, -20.0], [21.0, 23.0], [-22.0, 20.0]]]
    }

    fn faces(features: &[Vec<Ring>]) -> Vec<Face> {
        let ix = index(features);
        let mut near = Vec::new();
        ix.near([0.0, 0.0, 10.0, 10.0], &mut near);
        Arrangement::new(&ix, &CELL, &near).map(|a| a.faces(true)).unwrap_or_default()
    }

    #[test]
    fn a_lake_across_a_cell_gives_two_faces_that_fill_it() {
        let lake = vec![vec![[-5.0, 3.0], [15.0, 4.0], [15.0, 29.0], [-5.0, 28.0]]];
        let found = faces(&[big(), lake]);
        assert_eq!(found.len(), 2);
        let area: f64 = found.iter().map(|f| parts_area(std::slice::from_ref(&f.rings))).sum();
        assert!((area - 100.0).abs() < 1e-9);
        assert!(
            found.iter().any(|f| f.place == Place::Land)
                && found.iter().any(|f| f.place == Place::Feature(1))
        );
    }

    #[test]
    fn a_pond_inside_a_cell_is_a_face_and_a_hole() {
        let pond = vec![vec![[3.0, 3.0], [7.0, 3.5], [6.0, 7.0]]];
        let found = faces(&[big(), pond]);
        let land = found.iter().find(|f| f.place == Place::Land).unwrap();
        let water = found.iter().find(|f| f.place == Place::Feature(1)).unwrap();
        assert_eq!((land.rings.len(), water.rings.len()), (2, 1));
    }

    #[test]
    fn crossings_do_not_depend_on_the_order_of_arguments() {
        let (a, b, c, d) = ([0.1, 0.2], [9.7, 3.3], [4.4, -2.0], [5.1, 8.8]);
        let p = crossing(a, b, c, d).unwrap();
        for q in [crossing(b, a, c, d), crossing(c, d, a, b), crossing(d, c, b, a), crossing(a, b, d, c)] {
            assert_eq!(q, Some(p));
        }
    }

    #[test]
    fn two_ribbons_that_cross_make_nine_faces_at_most() {
        let a = vec![vec![[-9.0, 4.0], [19.0, 4.1], [19.0, 6.0], [-9.0, 6.2]]];
        let b = vec![vec![[4.0, -9.0], [6.0, -9.0], [6.1, 19.0], [4.2, 19.0]]];
        let found = faces(&[big(), a, b]);
        assert_eq!(found.len(), 9);
        assert_eq!(found.iter().filter(|f| f.place == Place::Feature(2)).count(), 3);
        assert_eq!(found.iter().filter(|f| f.place == Place::Feature(1)).count(), 2);
    }
}
