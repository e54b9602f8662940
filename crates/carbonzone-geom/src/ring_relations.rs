//! How the rings of one feature lie to each other.
//!
//! In a valid polygon every hole lies in its shell, holes share no ground, nor do parts, and no two rings share a stretch of
//! boundary. All of this but the last is a matter of *areas in common*, which the pair sum gives without any predicate.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{RTree, RTreeObject};

use crate::defect::{Defect, Edge, SHORT_RING, edges_cross};
use crate::ring::{for_each_edge, ring_area};
use crate::self_overlap::{Pairs, overlapping_pairs};
use crate::{Coverage, Ring};

/// Share of the ground of two rings from which on they are one ring drawn twice.
const SAME_GROUND: f64 = 0.999;
/// So many pairs of rings are looked at in one feature.
const MAX_PAIRS: usize = 1_000_000;

/// A ring of the feature.
#[derive(Debug, Clone, Copy)]
struct OneRing {
    part: usize,
    ring: usize,
    /// What it encloses, m²; 0 if it does not count.
    area: f64,
}

/// The rings of a feature and the ground they have in common.
pub(crate) struct RingRelations {
    rings: Vec<OneRing>,
    /// Pairs of rings (by their number in the feature) and their common area, ascending.
    common: Vec<(u32, u32, f64)>,
    /// A ring that shares a stretch of boundary with another, or crosses it.
    meets: Option<(usize, usize)>,
}

impl RingRelations {
    /// `None` for a feature of one ring, or of rings whose boxes lie apart.
    pub fn of(coverage: &Coverage, feature: usize) -> Option<Self> {
        let mut rings = coverage.rings(feature);
        // The plain case first: nothing to compare.
        if rings.next().is_none() || rings.next().is_none() || boxes_lie_apart(coverage, feature) {
            return None;
        }
        let mut each = Coverage::new();
        let mut list = vec![];
        for Ring { part, ring, xs, ys } in coverage.rings(feature) {
            let (area, _) = ring_area(xs, ys);
            list.push(OneRing { part, ring, area: if area.is_finite() { area.abs() } else { 0.0 } });
            each.push_ring(xs, ys);
        }
        let common = overlapping_pairs(&each, &Pairs { at_least_m2: 0.0, limit: MAX_PAIRS });
        Some(Self { meets: first_meeting(coverage, feature), rings: list, common })
    }

    /// What is wrong between the rings.
    pub fn defects(&self) -> Vec<Defect> {
        let mut found = self.holes_around();
        // What lies where is seen once the outer ring is the shell.
        let turned: Vec<usize> = found.iter().filter_map(around_in_part).collect();
        let holes = self.rings.iter().enumerate().filter(|(_, r)| r.ring > 0 && !turned.contains(&r.part));
        for (k, r) in holes {
            let (part, ring) = (r.part, r.ring);
            match self.place_of_hole(k) {
                HolePlace::Inside | HolePlace::Around => {}
                HolePlace::Outside => found.push(Defect::HoleOutside { part, ring }),
                HolePlace::Across => found.push(Defect::HoleAcrossShell { part, ring }),
            }
        }
        for &(i, j, m2) in &self.common {
            let (a, b) = (self.rings[i as usize], self.rings[j as usize]);
            if a.part == b.part && a.ring > 0 && m2 > tolerance(a.area, b.area) && !turned.contains(&a.part) {
                let (part, ring) = (b.part, b.ring);
                let twice = is_same(m2, a.area, b.area);
                found.push(if twice {
                    Defect::HoleTwice { part, ring }
                } else {
                    Defect::HolesOverlap { part, ring }
                });
            }
        }
        let areas = self.part_areas();
        for (part, other, m2) in self.common_of_parts() {
            let (a, b) = (areas[part], areas[other]);
            if m2 > tolerance(a, b) {
                found.push(if is_same(m2, a, b) {
                    Defect::PartTwice { part: other }
                } else {
                    Defect::PartsOverlap { part: other }
                });
            }
        }
        if let (true, Some((part, ring))) = (found.is_empty(), self.meets) {
            found.push(Defect::RingsTouch { part, ring });
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The largest hole round its shell of each part that has one: there the rings stand in another order.
    pub fn holes_around(&self) -> Vec<Defect> {
        let mut around: Vec<&OneRing> = (0..self.rings.len())
            .filter(|&k| self.rings[k].ring > 0 && matches!(self.place_of_hole(k), HolePlace::Around))
            .map(|k| &self.rings[k])
            .collect();
        around.sort_by(|a, b| a.part.cmp(&b.part).then(b.area.total_cmp(&a.area)));
        around.dedup_by_key(|r| r.part);
        around.into_iter().map(|r| Defect::HoleAroundShell { part: r.part, ring: r.ring }).collect()
    }

    /// Where a ring that is a hole lies to its shell.
    fn place_of_hole(&self, hole: usize) -> HolePlace {
        let r = self.rings[hole];
        let shell = hole - r.ring;
        let inside = self.common_m2(shell, hole);
        let shell_m2 = self.rings[shell].area;
        let tolerance = tolerance(r.area, shell_m2);
        if inside >= r.area - tolerance {
            HolePlace::Inside
        } else if inside >= shell_m2 - tolerance && shell_m2 > 0.0 {
            HolePlace::Around
        } else if inside <= tolerance {
            HolePlace::Outside
        } else {
            HolePlace::Across
        }
    }

    fn common_m2(&self, i: usize, j: usize) -> f64 {
        let key = (i.min(j) as u32, i.max(j) as u32);
        self.common.binary_search_by_key(&key, |c| (c.0, c.1)).map_or(0.0, |at| self.common[at].2)
    }

    /// Pairs of parts and the ground they have in common, holes taken out; ascending.
    fn common_of_parts(&self) -> Vec<(usize, usize, f64)> {
        let mut terms: Vec<(usize, usize, f64)> = self
            .common
            .iter()
            .map(|&(i, j, m2)| (self.rings[i as usize], self.rings[j as usize], m2))
            .filter(|(a, b, _)| a.part != b.part)
            .map(|(a, b, m2)| (a.part, b.part, if (a.ring > 0) == (b.ring > 0) { m2 } else { -m2 }))
            .collect();
        terms.sort_by_key(|t| (t.0, t.1));
        let same = |a: &(usize, usize, f64), b: &(usize, usize, f64)| (a.0, a.1) == (b.0, b.1);
        terms.chunk_by(same).map(|c| (c[0].0, c[0].1, c.iter().map(|t| t.2).sum())).collect()
    }

    /// Shells minus holes, m².
    fn part_areas(&self) -> Vec<f64> {
        let mut areas = vec![0.0; self.rings.last().map_or(0, |r| r.part + 1)];
        for r in &self.rings {
            areas[r.part] += if r.ring > 0 { -r.area } else { r.area };
        }
        areas
    }

    /// Rings of the feature that are to be left out: holes outside their shell, holes and parts drawn twice. And the parts with a
    /// hole that lies across its shell.
    pub fn strays(&self) -> Strays {
        let parts = self.rings.last().map_or(0, |r| r.part + 1);
        let mut strays = Strays {
            rings: vec![false; self.rings.len()],
            parts: vec![false; parts],
            cut: vec![false; parts],
        };
        for defect in self.defects() {
            match defect {
                Defect::HoleOutside { part, ring } | Defect::HoleTwice { part, ring } => {
                    let key = |r: &OneRing| (r.part, r.ring);
                    if let Ok(k) = self.rings.binary_search_by_key(&(part, ring), key) {
                        strays.rings[k] = true;
                    }
                }
                Defect::HoleAcrossShell { part, .. } => strays.cut[part] = true,
                Defect::PartTwice { part } => strays.parts[part] = true,
                _ => {}
            }
        }
        strays
    }
}

/// What of a feature is to be left out or cut, see [`RingRelations::strays`].
pub(crate) struct Strays {
    pub rings: Vec<bool>,
    pub parts: Vec<bool>,
    pub cut: Vec<bool>,
}

enum HolePlace {
    Inside,
    Outside,
    Across,
    Around,
}

fn around_in_part(defect: &Defect) -> Option<usize> {
    if let Defect::HoleAroundShell { part, .. } = defect { Some(*part) } else { None }
}

/// Ground in common that is taken for the rounding of coordinates, m².
fn tolerance(a: f64, b: f64) -> f64 {
    1e-3 * a.min(b).min(1.0)
}

fn is_same(common: f64, a: f64, b: f64) -> bool {
    common >= SAME_GROUND * a.max(b)
}

/// True if the feature has no hole and no two boxes of its parts touch; decided for a few parts only.
fn boxes_lie_apart(coverage: &Coverage, feature: usize) -> bool {
    const FEW: usize = 8;
    let mut boxes: Vec<[f64; 4]> = vec![];
    for r in coverage.rings(feature) {
        if r.ring > 0 || boxes.len() == FEW {
            return false;
        }
        boxes.push(ring_area(r.xs, r.ys).1);
    }
    let apart = |a: &[f64; 4], b: &[f64; 4]| a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
    (1..boxes.len()).all(|j| boxes[..j].iter().all(|a| apart(a, &boxes[j])))
}

/// Part and ring of the first ring found that crosses another one or shares a stretch of boundary with it.
fn first_meeting(coverage: &Coverage, feature: usize) -> Option<(usize, usize)> {
    let mut edges: Vec<(Edge, u32)> = vec![];
    let mut names = vec![];
    for (k, r) in coverage.rings(feature).enumerate() {
        names.push((r.part, r.ring));
        let (area, _) = ring_area(r.xs, r.ys);
        if area == 0.0 || !area.is_finite() {
            continue;
        }
        for_each_edge(r.xs, r.ys, |xa, ya, xb, yb| {
            if (xa, ya) != (xb, yb) {
                edges.push(([[xa, ya], [xb, yb]], k as u32));
            }
        });
    }
    let cross = |(e, k): &(Edge, u32), (f, l): &(Edge, u32)| k != l && edges_cross(e, f);
    let found = if edges.len() <= SHORT_RING {
        (1..edges.len()).find(|&j| edges[..j].iter().any(|e| cross(e, &edges[j])))
    } else {
        let item =
            |(k, (e, _)): (usize, &(Edge, u32))| GeomWithData::new(Rectangle::from_corners(e[0], e[1]), k);
        let tree = RTree::bulk_load(edges.iter().enumerate().map(item).collect());
        (0..edges.len()).find(|&j| {
            let near = Rectangle::from_corners(edges[j].0[0], edges[j].0[1]).envelope();
            let mut near = tree.locate_in_envelope_intersecting(&near);
            near.any(|other| other.data < j && cross(&edges[other.data], &edges[j]))
        })
    };
    found.map(|j| names[edges[j].1 as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validity::{defects, repair};

    fn layer(parts: &[Vec<Vec<[f64; 2]>>]) -> Coverage {
        let mut c = Coverage::new();
        c.push_rings(parts);
        c
    }

    fn repaired_area(c: &Coverage) -> f64 {
        let mut out = Coverage::new();
        out.push_multipolygon(&repair(&c.multipolygon(0)));
        assert_eq!(defects(&out, 0), []);
        out.area_m2(0)
    }

    fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
    }

    /// A shell of 100 × 100 at the size of real coordinates; rings by offset.
    fn at(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
        rect(500_000.0 + x0, 3_450_000.0 + y0, 500_000.0 + x1, 3_450_000.0 + y1)
    }

    #[test]
    fn holes_outside_twice_and_across_are_named_and_mended() {
        let turned = |mut ring: Vec<[f64; 2]>, by: usize| {
            ring.pop();
            ring.rotate_left(by);
            ring.reverse();
            ring.push(ring[0]);
            ring
        };
        let (shell, hole) = (at(0.0, 0.0, 100.0, 100.0), at(20.0, 20.0, 60.0, 60.0));
        let (part, ring) = (0, 2);
        for (second, defect, area) in [
            (at(300.0, 0.0, 340.0, 40.0), Defect::HoleOutside { part, ring }, 8400.0),
            (at(100.0, 0.0, 140.0, 40.0), Defect::HoleOutside { part, ring }, 8400.0),
            (hole.clone(), Defect::HoleTwice { part, ring }, 8400.0),
            (turned(hole.clone(), 3), Defect::HoleTwice { part, ring }, 8400.0),
            (at(20.0, 20.001, 60.0, 60.0), Defect::HoleTwice { part, ring }, 8400.0),
            // 10 × 40 of this hole lie inside.
            (at(90.0, 0.0, 140.0, 40.0), Defect::HoleAcrossShell { part, ring }, 8000.0),
            // An island of 10 × 10 that the file calls a hole.
            (at(30.0, 30.0, 40.0, 40.0), Defect::HolesOverlap { part, ring }, 8500.0),
            // Crossing holes: 20 × 20 lie in both.
            (at(40.0, 40.0, 80.0, 80.0), Defect::HolesOverlap { part, ring }, 7600.0),
            (at(60.0, 20.0, 80.0, 60.0), Defect::RingsTouch { part, ring }, 7600.0),
            (at(90.0, 20.0, 100.0, 60.0), Defect::RingsTouch { part, ring }, 8000.0),
        ] {
            let c = layer(&[vec![shell.clone(), hole.clone(), second.clone()]]);
            assert_eq!(defects(&c, 0), [defect], "{second:?}");
            assert!((repaired_area(&c) - area).abs() < 1e-5, "{second:?}: {}", repaired_area(&c));
        }
    }

    #[test]
    fn a_hole_round_its_shell_is_the_shell_of_a_file_with_its_rings_in_another_order() {
        let (big, small) = (at(0.0, 0.0, 100.0, 100.0), at(20.0, 20.0, 60.0, 60.0));
        let around = |ring| Defect::HoleAroundShell { part: 0, ring };
        for (rings, found, area) in [
            (vec![small.clone(), big.clone()], vec![around(1)], 8400.0),
            // The small one touches the big one at a corner.
            (vec![at(0.0, 0.0, 50.0, 50.0), big.clone()], vec![around(1)], 7500.0),
            // Two holes before and behind their shell; one hole behind it twice.
            (vec![small.clone(), big.clone(), at(70.0, 70.0, 80.0, 80.0)], vec![around(1)], 8300.0),
            (vec![small.clone(), small, big], vec![around(2)], 8400.0),
        ] {
            let c = layer(&[rings]);
            assert_eq!(defects(&c, 0), found);
            assert!((repaired_area(&c) - area).abs() < 1e-5, "{}", repaired_area(&c));
        }
    }

    #[test]
    fn parts_in_and_over_each_other_follow_the_odd_even_rule() {
        let one = |ring: Vec<[f64; 2]>| vec![ring];
        let big = || one(at(0.0, 0.0, 100.0, 100.0));
        for (parts, defect, area) in [
            // A hole and an island written as parts.
            (
                vec![big(), one(at(20.0, 20.0, 70.0, 70.0)), one(at(30.0, 30.0, 40.0, 40.0))],
                vec![Defect::PartsOverlap { part: 1 }, Defect::PartsOverlap { part: 2 }],
                10_000.0 - 2500.0 + 100.0,
            ),
            (vec![big(), one(at(50.0, 0.0, 150.0, 100.0))], vec![Defect::PartsOverlap { part: 1 }], 10_000.0),
            (vec![big(), big()], vec![Defect::PartTwice { part: 1 }], 10_000.0),
            (
                vec![big(), one(at(100.0, 0.0, 130.0, 100.0))],
                vec![Defect::RingsTouch { part: 1, ring: 0 }],
                13_000.0,
            ),
            // An island in the hole of another part is good.
            (
                vec![
                    vec![at(0.0, 0.0, 100.0, 100.0), at(20.0, 20.0, 70.0, 70.0)],
                    one(at(30.0, 30.0, 40.0, 40.0)),
                ],
                vec![],
                7600.0,
            ),
            (vec![big(), one(at(100.0, 100.0, 130.0, 130.0))], vec![], 10_900.0),
            (vec![big(), one(at(300.0, 0.0, 310.0, 10.0))], vec![], 10_100.0),
        ] {
            let c = layer(&parts);
            assert_eq!(defects(&c, 0), defect, "{parts:?}");
            assert!((repaired_area(&c) - area).abs() < 1e-5, "{parts:?}: {}", repaired_area(&c));
        }
    }

    #[test]
    fn a_tangled_shell_keeps_what_of_its_hole_lies_in_a_lobe() {
        // Two lobes of 50 × 50 / 2 each; the hole of 10 × 4 lies in the left one, the other far off.
        let bow = [[0.0, 0.0], [100.0, 50.0], [100.0, 0.0], [0.0, 50.0], [0.0, 0.0]].to_vec();
        let c = layer(&[vec![bow, rect(5.0, 23.0, 15.0, 27.0), rect(300.0, 0.0, 310.0, 10.0)]]);
        assert!((repaired_area(&c) - (2500.0 - 40.0)).abs() < 1e-5, "{}", repaired_area(&c));
    }

    #[test]
    fn what_is_mended_by_leaving_rings_out_keeps_its_coordinates() {
        let shell = at(0.0, 0.0, 100.0 / 3.0, 100.0);
        let c = layer(&[vec![shell.clone(), at(500.0, 0.0, 510.0, 10.0)]]);
        assert_eq!(repair(&c.multipolygon(0)), layer(&[vec![shell]]).multipolygon(0));
    }

    #[test]
    fn many_good_holes_are_no_defect_and_one_bad_one_among_them_is_found() {
        let hole = |k: u32| {
            let (x, y) = (f64::from(k % 40) * 20.0 + 5.0, f64::from(k / 40) * 20.0 + 5.0);
            at(x, y, x + 10.0, y + 10.0)
        };
        let mut part = vec![at(0.0, 0.0, 800.0, 800.0)];
        part.extend((0..1600).map(hole));
        assert_eq!(defects(&layer(&[part.clone()]), 0), []);
        part.push(at(12.0, 12.0, 18.0, 18.0));
        assert_eq!(defects(&layer(&[part]), 0), [Defect::HolesOverlap { part: 0, ring: 1601 }]);
    }
}
