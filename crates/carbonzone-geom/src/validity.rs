//! Defects of a polygon and its repair.
//!
//! The measures of this crate need no valid input, but an invalid polygon's area may not be what its author meant. [`defects`]
//! finds the faults; [`repair`] mends them by one rule:
//!
//! 1. A hole takes ground from its own shell only: outside it counts for nothing.
//! 2. A hole or a part that is drawn twice (99.9 % of the ground in common) counts once.
//! 3. All other ground counts if it lies in an odd number of rings (`geo`'s `MakeValid`): a ring within a ring is a hole, one within
//!    that an island, whether the file calls them holes or parts.

use crate::Coverage;
use crate::defect::{Defect, Edge, KINDS, edges_cross};
use crate::ring::{for_each_edge, ring_area};
use crate::ring_relations::RingRelations;
use geo::algorithm::bool_ops::{BooleanOps, unary_union};
use geo::repair_polygon::MakeValid;
use geo_types::{LineString, MultiPolygon, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{RTree, RTreeObject};
use std::collections::BTreeSet;

/// The kinds of faults between the rings of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RingFaults(u8);

impl RingFaults {
    /// Those among all defects of a feature.
    pub fn among(defects: &[Defect]) -> Self {
        let kind = |d: &Defect| match d {
            Defect::HoleOutside { .. } => 1,
            Defect::HoleAcrossShell { .. } => 1 << 1,
            Defect::HoleTwice { .. } => 1 << 2,
            Defect::HolesOverlap { .. } => 1 << 3,
            Defect::PartTwice { .. } => 1 << 4,
            Defect::PartsOverlap { .. } => 1 << 5,
            Defect::RingsTouch { .. } => 1 << 6,
            Defect::HoleAroundShell { .. } => 1 << 7,
            _ => 0,
        };
        Self(defects.iter().map(kind).fold(0, |all, bit| all | bit))
    }

    /// In words: `holes drawn twice, parts that overlap or lie in one another`; empty if there is none.
    pub fn words(self) -> String {
        let named = KINDS.iter().enumerate().filter(|(k, _)| self.0 >> k & 1 == 1);
        named.map(|(_, words)| *words).collect::<Vec<_>>().join(", ")
    }
}

/// Rings up to this many edges are looked at from one end to the other, longer ones through an R-tree.
const SWEPT_RING: usize = 2048;

/// All defects of feature `i`: those of each ring in ring order, then those between rings; empty for a good polygon.
///
/// # Panics
/// If `i >= coverage.len()`.
pub fn defects(coverage: &Coverage, i: usize) -> Vec<Defect> {
    let mut found = vec![];
    let mut rings = 0;
    for r in coverage.rings(i) {
        rings += 1;
        let (part, ring) = (r.part, r.ring);
        let (area, _) = ring_area(r.xs, r.ys);
        let n = r.xs.len();
        if !area.is_finite() {
            found.push(Defect::NotFinite { part, ring });
            continue;
        }
        let closed = n > 0 && r.xs[0] == r.xs[n - 1] && r.ys[0] == r.ys[n - 1];
        if !closed {
            found.push(Defect::Unclosed { part, ring });
        }
        if n < 4 {
            found.push(Defect::TooFewVertices { part, ring });
        } else if crosses_itself(r.xs, r.ys) {
            found.push(Defect::SelfCrossing { part, ring });
        }
        if area == 0.0 {
            found.push(Defect::ZeroArea { part, ring });
        }
    }
    if rings == 0 {
        found.push(Defect::Empty);
    }
    if let Some(relations) = (rings > 1).then(|| RingRelations::of(coverage, i)).flatten() {
        found.extend(relations.defects());
    }
    found
}

/// True if two edges of the ring have more in common than one end point.
fn crosses_itself(xs: &[f64], ys: &[f64]) -> bool {
    if star_shaped(xs, ys) {
        return false;
    }
    let mut edges: Vec<Edge> = Vec::with_capacity(xs.len());
    for_each_edge(xs, ys, |xa, ya, xb, yb| {
        if (xa, ya) != (xb, yb) {
            edges.push([[xa, ya], [xb, yb]]);
        }
    });
    if edges.len() <= SWEPT_RING {
        return any_cross(&mut edges);
    }
    let item = |(k, e): (usize, &Edge)| GeomWithData::new(Rectangle::from_corners(e[0], e[1]), k);
    let tree = RTree::bulk_load(edges.iter().enumerate().map(item).collect());
    edges.iter().enumerate().any(|(k, e)| {
        let near = tree.locate_in_envelope_intersecting(&Rectangle::from_corners(e[0], e[1]).envelope());
        near.into_iter().any(|other| other.data < k && edges_cross(&edges[other.data], e))
    })
}

/// True if two of the edges cross: each is compared with those that begin before it ends, along the longer side of the ring.
fn any_cross(edges: &mut [Edge]) -> bool {
    let length = |k: usize| {
        let ends = || edges.iter().flatten().map(|p| p[k]);
        ends().fold(f64::NEG_INFINITY, f64::max) - ends().fold(f64::INFINITY, f64::min)
    };
    let k = usize::from(length(1) > length(0));
    let begin = |e: &Edge| e[0][k].min(e[1][k]);
    edges.sort_unstable_by(|a, b| begin(a).total_cmp(&begin(b)));
    edges.iter().enumerate().any(|(i, e)| {
        let end = e[0][k].max(e[1][k]);
        edges[i + 1..].iter().take_while(|f| begin(f) <= end).any(|f| edges_cross(e, f))
    })
}

/// True only if the ring goes round the mean of its vertices once, always in the same direction: then it is simple, and no pair of
/// edges need be looked at. Most parcels are of this kind. Doubtful signs make it false.
fn star_shaped(xs: &[f64], ys: &[f64]) -> bool {
    let n = xs.len() as f64;
    let (cx, cy) = (xs.iter().sum::<f64>() / n, ys.iter().sum::<f64>() / n);
    let (mut left, mut right, mut upward) = (true, true, 0u32);
    for_each_edge(xs, ys, |xa, ya, xb, yb| {
        let (plus, minus) = ((xa - cx) * (yb - cy), (xb - cx) * (ya - cy));
        // Rounding of the operations, generously, as in `turn`; edges without a length are no edges.
        let doubt = 8.0 * f64::EPSILON * (plus.abs() + minus.abs());
        let none = xa == xb && ya == yb;
        left &= none || plus - minus > doubt;
        right &= none || minus - plus > doubt;
        // Each turn round the mean crosses its level upward once.
        upward += u32::from(ya <= cy && yb > cy);
    });
    (left || right) && upward == 1
}

/// A valid polygon that covers the ground of `mp` by the rule of this module.
///
/// Rings with a coordinate that is not finite are left out first. If the triangulation of `geo`'s `MakeValid` fails, the parts are
/// united instead. The result may be empty (nothing enclosed an area).
pub fn repair(mp: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let usable = without_unusable_rings(mp);
    if usable.0.is_empty() {
        return usable;
    }
    let clean = without_strays(usable);
    // Mended by leaving rings out: all that stays keeps its coordinates.
    if &clean != mp && is_valid(&clean) {
        return clean;
    }
    in_order(odd_even(&clean))
}

fn odd_even(mp: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    mp.make_valid().unwrap_or_else(|_failed| unary_union(&mp.0))
}

fn is_valid(mp: &MultiPolygon<f64>) -> bool {
    let mut one = Coverage::new();
    one.push_multipolygon(mp);
    defects(&one, 0).is_empty()
}

/// Without holes outside their shell, and without holes and parts drawn twice; holes across their shell are cut to it.
fn without_strays(mp: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let mut one = Coverage::new();
    one.push_multipolygon(&mp);
    let Some(mut relations) = RingRelations::of(&one, 0) else { return mp };
    let around = relations.holes_around();
    let mut mp = mp;
    if !around.is_empty() {
        mp = with_outer_shells(mp, &around);
        one = Coverage::new();
        one.push_multipolygon(&mp);
        let Some(turned) = RingRelations::of(&one, 0) else { return mp };
        relations = turned;
    }
    let mut strays = relations.strays();
    // Areas in common say nothing of a ring that crosses itself: such a part is cut as a whole.
    for defect in defects(&one, 0) {
        if let Defect::SelfCrossing { part, .. } = defect {
            strays.cut[part] = true;
        }
    }
    let (mut out, mut first) = (vec![], 0);
    for (p, polygon) in mp.0.into_iter().enumerate() {
        let stray = &strays.rings[first..=first + polygon.interiors().len()];
        first += stray.len();
        if strays.parts[p] {
            continue;
        }
        let (shell, holes) = polygon.into_inner();
        if !holes.is_empty() && strays.cut[p] {
            let holes = holes.into_iter().map(|hole| Polygon::new(hole, vec![])).collect();
            let shell = odd_even(&MultiPolygon::new(vec![Polygon::new(shell, vec![])]));
            out.extend(shell.difference(&odd_even(&MultiPolygon::new(holes))));
            continue;
        }
        let kept = holes.into_iter().zip(&stray[1..]).filter(|(_, stray)| !**stray).map(|(hole, _)| hole);
        out.push(Polygon::new(shell, kept.collect()));
    }
    MultiPolygon::new(out)
}

/// With each hole that goes round its shell as the shell, and the shell as a hole in its place.
fn with_outer_shells(mut mp: MultiPolygon<f64>, around: &[Defect]) -> MultiPolygon<f64> {
    for defect in around {
        let Defect::HoleAroundShell { part, ring } = *defect else { continue };
        let (shell, mut holes) = std::mem::replace(&mut mp.0[part], Polygon::empty()).into_inner();
        let outer = std::mem::replace(&mut holes[ring - 1], shell);
        mp.0[part] = Polygon::new(outer, holes);
    }
    mp
}

/// Every ring from its least vertex on, holes and polygons ascending: `MakeValid` gives them in an order that changes from
/// run to run.
fn in_order(mp: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let by_vertices = |a: &LineString<f64>, b: &LineString<f64>| {
        let mut order = a.0.iter().zip(&b.0).map(|(p, q)| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y)));
        order.find(|o| o.is_ne()).unwrap_or_else(|| a.0.len().cmp(&b.0.len()))
    };
    let from_least = |mut ring: LineString<f64>| {
        if ring.is_closed() && ring.0.len() > 1 {
            ring.0.pop();
            let least = (0..ring.0.len()).min_by(|&i, &j| {
                let (p, q) = (ring.0[i], ring.0[j]);
                p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y))
            });
            ring.0.rotate_left(least.unwrap_or(0));
            ring.close();
        }
        ring
    };
    let mut polygons: Vec<Polygon<f64>> =
        mp.0.into_iter()
            .map(|polygon| {
                let (shell, holes) = polygon.into_inner();
                let mut holes: Vec<LineString<f64>> = holes.into_iter().map(from_least).collect();
                holes.sort_by(by_vertices);
                Polygon::new(from_least(shell), holes)
            })
            .collect();
    polygons.sort_by(|a, b| by_vertices(a.exterior(), b.exterior()));
    MultiPolygon::new(polygons)
}

fn without_unusable_rings(mp: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let usable = |ring: &&LineString<f64>| {
        let finite = ring.0.iter().all(|c| c.x.is_finite() && c.y.is_finite());
        let corners: BTreeSet<[u64; 2]> = ring.0.iter().map(|c| [c.x.to_bits(), c.y.to_bits()]).collect();
        finite && corners.len() >= 3
    };
    let polygon = |p: &Polygon<f64>| {
        usable(&p.exterior()).then(|| {
            Polygon::new(p.exterior().clone(), p.interiors().iter().filter(usable).cloned().collect())
        })
    };
    MultiPolygon::new(mp.0.iter().filter_map(polygon).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(parts: &[Vec<Vec<[f64; 2]>>]) -> Coverage {
        let mut c = Coverage::new();
        c.push_rings(parts);
        c
    }

    #[test]
    fn star_shaped_rings_are_simple_and_nothing_else_passes_for_one() {
        let unzip = |ring: &[[f64; 2]]| -> (Vec<f64>, Vec<f64>) { ring.iter().map(|p| (p[0], p[1])).unzip() };
        let star = |turns: u32, corners: u32| -> Vec<[f64; 2]> {
            let angle = |k: u32| f64::from(k * turns) / f64::from(corners) * std::f64::consts::TAU;
            let radius = |k: u32| if k.is_multiple_of(2) { 5.0 } else { 3.0 };
            (0..=corners)
                .map(|k| [radius(k % corners) * angle(k).cos(), radius(k % corners) * angle(k).sin()])
                .collect()
        };
        for (ring, is_star) in [
            (star(1, 12), true),
            (star(2, 11), false),
            (vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]], true),
            (vec![[0.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]], true),
            (vec![[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0], [0.0, 0.0]], false),
            (vec![[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [8.0, 9.0], [8.0, 1.0], [0.0, 1.0], [0.0, 0.0]], false),
            (vec![[0.0, 0.0], [4.0, 0.0], [2.0, 0.0], [0.0, 0.0]], false),
        ] {
            let (mut xs, mut ys) = unzip(&ring);
            assert_eq!(star_shaped(&xs, &ys), is_star, "{ring:?}");
            xs.reverse();
            ys.reverse();
            assert_eq!(star_shaped(&xs, &ys), is_star, "backwards {ring:?}");
        }
        assert!(!star_shaped(&[], &[]) && !star_shaped(&[1.0], &[1.0]));
    }

    #[test]
    fn a_ring_that_passes_for_star_shaped_has_no_pair_of_edges_that_cross() {
        let number = |k: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 7 & 0xFFF) / 409.6;
        let mut stars = 0;
        for case in 0..20_000u32 {
            let corners = 3 + case % 5;
            let points: Vec<[f64; 2]> =
                (0..corners).map(|k| [number(case * 31 + k), number(case * 17 + k + 7_777)]).collect();
            let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = points.iter().map(|p| (p[0], p[1])).unzip();
            xs.push(xs[0]);
            ys.push(ys[0]);
            let edges: Vec<Edge> =
                (0..corners as usize).map(|k| [[xs[k], ys[k]], [xs[k + 1], ys[k + 1]]]).collect();
            let crosses = (1..edges.len()).any(|j| edges[..j].iter().any(|e| edges_cross(e, &edges[j])));
            stars += u32::from(star_shaped(&xs, &ys));
            assert!(!(crosses && star_shaped(&xs, &ys)), "{points:?}");
        }
        assert!(stars > 1_000, "{stars}");
    }

    #[test]
    fn a_repair_gives_the_same_bytes_every_time() {
        // A line that winds across itself five times: six lobes.
        let zigzag = |k: i32| [f64::from(k), if k % 2 == 0 { 0.0 } else { 2.0 }];
        let back = |k: i32| [f64::from(k), if k % 2 == 0 { 2.0 } else { 0.0 }];
        let mut ring: Vec<[f64; 2]> = (0..7).map(zigzag).chain((0..7).rev().map(back)).collect();
        ring.push(ring[0]);
        let broken = layer(&[vec![ring]]).multipolygon(0);
        let first = repair(&broken);
        assert!(first.0.len() > 2, "{first:?}");
        for _ in 0..20 {
            assert_eq!(repair(&broken), first);
        }
    }

    fn repaired_area(c: &Coverage) -> f64 {
        let mut out = Coverage::new();
        out.push_multipolygon(&repair(&c.multipolygon(0)));
        assert_eq!(defects(&out, 0).iter().filter(|d| **d != Defect::Empty).count(), 0);
        out.area_m2(0)
    }

    const BOW_TIE: [[f64; 2]; 5] = [[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0], [0.0, 0.0]];

    #[test]
    fn a_bow_tie_crosses_itself_and_its_repair_has_both_lobes() {
        let c = layer(&[vec![BOW_TIE.to_vec()]]);
        let expected = [Defect::SelfCrossing { part: 0, ring: 0 }, Defect::ZeroArea { part: 0, ring: 0 }];
        assert_eq!(defects(&c, 0), expected);
        assert!((repaired_area(&c) - 8.0).abs() < 1e-9);
    }

    #[test]
    fn nan_unclosed_two_point_and_flat_rings_are_named() {
        let bad = vec![[0.0, 0.0], [f64::NAN, 0.0], [1.0, 1.0], [0.0, 0.0]];
        let two = vec![[0.0, 0.0], [1.0, 1.0]];
        let flat = vec![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 0.0]];
        let open = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let c = layer(&[vec![bad], vec![two], vec![flat], vec![open]]);
        let expected = [
            Defect::NotFinite { part: 0, ring: 0 },
            Defect::Unclosed { part: 1, ring: 0 },
            Defect::TooFewVertices { part: 1, ring: 0 },
            Defect::ZeroArea { part: 1, ring: 0 },
            Defect::SelfCrossing { part: 2, ring: 0 },
            Defect::ZeroArea { part: 2, ring: 0 },
            Defect::Unclosed { part: 3, ring: 0 },
        ];
        assert_eq!(defects(&c, 0), expected);
        assert!((repaired_area(&c) - 1.0).abs() < 1e-12);
        assert_eq!(defects(&layer(&[]), 0), [Defect::Empty]);
        assert_eq!(expected[1].to_string(), "part 1, ring 0: the last vertex is not the first");
    }

    #[test]
    fn touching_at_a_vertex_and_repeated_vertices_are_no_defect() {
        let touching =
            vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 0.0], [0.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
        assert_eq!(defects(&layer(&[vec![touching]]), 0), []);
    }

    #[test]
    fn long_rings_find_their_one_crossing_in_order_and_through_the_tree() {
        for (n, stretch) in [(500, 1.0), (500, 9.0), (2048, 1.0), (2049, 1.0)] {
            let mut ring: Vec<[f64; 2]> = (0..n)
                .map(|i| std::f64::consts::TAU * f64::from(i) / f64::from(n))
                .map(|t| [100.0 * t.cos(), stretch * 100.0 * t.sin()])
                .collect();
            ring.push(ring[0]);
            assert_eq!(defects(&layer(&[vec![ring.clone()]]), 0), []);
            ring.swap(100, 102);
            assert_eq!(defects(&layer(&[vec![ring]]), 0), [Defect::SelfCrossing { part: 0, ring: 0 }]);
        }
    }

    #[test]
    fn edges_in_order_cross_as_all_pairs_do() {
        let number = |k: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 9 & 0xF);
        let mut crossing = 0;
        for case in 0..20_000u32 {
            let corners = 3 + case % 6;
            let at = |k: u32| [number(case * 37 + k % corners), number(case * 19 + k % corners + 7_777)];
            let edges = (0..corners).map(|k| [at(k), at(k + 1)]).filter(|e| e[0] != e[1]);
            let mut edges: Vec<Edge> = edges.collect();
            let pairs = (1..edges.len()).any(|j| edges[..j].iter().any(|e| edges_cross(e, &edges[j])));
            assert_eq!(any_cross(&mut edges), pairs, "{edges:?}");
            crossing += u32::from(pairs);
        }
        assert!((4_000..16_000).contains(&crossing), "{crossing}");
    }

    #[test]
    fn repairing_nothing_gives_nothing() {
        assert!(repair(&MultiPolygon::new(vec![])).0.is_empty());
    }
}
