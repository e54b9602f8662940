//! A point deep inside a feature, for its name.

use crate::{Coverage, PointLocator, Ring};

/// Names are so much wider than they are high.
const WIDE: f64 = 2.0;
/// A label point lies as deep inside as it can, to this part of the smaller side of its part.
const DEPTH: f64 = 0.02;

/// A name leaves the middle only for a place that is deeper by this factor.
const DEEPER: f64 = 1.25;

/// Where a name goes: in the largest part of feature `i`, in the middle or else far from its borders, widths counting
/// less than heights.
pub fn deep_point(coverage: &Coverage, i: usize) -> Option<[f64; 2]> {
    let mut areas: Vec<f64> = Vec::new();
    for ring in coverage.rings(i) {
        areas.resize(areas.len().max(ring.part + 1), 0.0);
        let own = ring_area(&ring);
        areas[ring.part] += if ring.ring == 0 { own } else { -own };
    }
    let largest = (0..areas.len()).reduce(|a, b| if areas[b] > areas[a] { b } else { a })?;
    let rings = coverage.rings(i).filter(|r| r.part == largest);
    let edges: Vec<[f64; 4]> = rings
        .flat_map(|r| r.xs.windows(2).zip(r.ys.windows(2)))
        .map(|(x, y)| [x[0] / WIDE, y[0], x[1] / WIDE, y[1]])
        .collect();
    deepest(&edges).map(|[x, y]| [x * WIDE, y])
}

fn ring_area(ring: &Ring<'_>) -> f64 {
    let (x0, y0) = (ring.xs.first().copied().unwrap_or(0.0), ring.ys.first().copied().unwrap_or(0.0));
    let cross = |(x, y): (&[f64], &[f64])| (x[0] - x0) * (y[1] - y0) - (x[1] - x0) * (y[0] - y0);
    (ring.xs.windows(2).zip(ring.ys.windows(2)).map(cross).sum::<f64>() / 2.0).abs()
}

/// A square that may hold the deepest point: its middle, half its side, how deep the middle and at most any point of it lies.
struct Square {
    at: [f64; 2],
    half: f64,
    depth: f64,
    most: f64,
}

impl Square {
    fn new(edges: &[[f64; 4]], at: [f64; 2], half: f64) -> Self {
        let depth = depth(edges, at);
        Self { at, half, depth, most: depth + half * std::f64::consts::SQRT_2 }
    }
}

/// The middle, or a point that is farther from the edges by [`DEEPER`]: squares are divided while one of them may hold such a point
/// (Agafonkin's polylabel).
fn deepest(edges: &[[f64; 4]]) -> Option<[f64; 2]> {
    let low = |k: usize| edges.iter().map(|e| e[k].min(e[k + 2])).fold(f64::INFINITY, f64::min);
    let high = |k: usize| edges.iter().map(|e| e[k].max(e[k + 2])).fold(f64::NEG_INFINITY, f64::max);
    let ([x0, y0], [x1, y1]) = ([low(0), low(1)], [high(0), high(1)]);
    let (w, h) = (x1 - x0, y1 - y0);
    let side = w.min(h).max(w.max(h) / 16.0);
    if !(side > 0.0 && side.is_finite()) {
        return None;
    }
    let half = side / 2.0;
    let (columns, rows) = ((w / side).ceil().max(1.0) as usize, (h / side).ceil().max(1.0) as usize);
    let middle = |c: usize, r: usize| [x0 + side * c as f64 + half, y0 + side * r as f64 + half];
    let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (c, r)));
    let mut open: Vec<Square> = cells.map(|(c, r)| Square::new(edges, middle(c, r), half)).collect();
    let mut best = Square::new(edges, [f64::midpoint(x0, x1), f64::midpoint(y0, y1)], 0.0);
    while let Some(next) = (0..open.len()).reduce(|a, b| if open[b].most > open[a].most { b } else { a }) {
        let square = open.swap_remove(next);
        let wanted = if best.depth > 0.0 { DEEPER * best.depth } else { best.depth };
        if square.most <= wanted + DEPTH * side {
            break;
        }
        let half = square.half / 2.0;
        for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
            open.push(Square::new(edges, [square.at[0] + dx, square.at[1] + dy], half));
        }
        if square.depth > wanted {
            best = square;
        }
    }
    Some(best.at)
}

/// Distance of a point from the nearest edge; below zero outside.
fn depth(edges: &[[f64; 4]], [px, py]: [f64; 2]) -> f64 {
    let (mut inside, mut nearest) = (false, f64::INFINITY);
    for [x0, y0, x1, y1] in edges {
        if (*y0 > py) != (*y1 > py) && px < x0 + (py - y0) * (x1 - x0) / (y1 - y0) {
            inside = !inside;
        }
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length2 = dx * dx + dy * dy;
        let along =
            if length2 > 0.0 { (((px - x0) * dx + (py - y0) * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
        let (ex, ey) = (px - x0 - along * dx, py - y0 - along * dy);
        nearest = nearest.min(ex * ex + ey * ey);
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

/// True if a point lies in feature `i` (even-odd rule).
pub fn holds(coverage: &Coverage, i: usize, px: f64, py: f64) -> bool {
    let mut inside = false;
    for ring in coverage.rings(i) {
        for (x, y) in ring.xs.windows(2).zip(ring.ys.windows(2)) {
            if (y[0] > py) != (y[1] > py) && px < x[0] + (py - y[0]) * (x[1] - x[0]) / (y[1] - y[0]) {
                inside = !inside;
            }
        }
    }
    inside
}

/// Of features with their amounts, in the order they are wanted, the first `most` of each zone: those whose deep point lies in it.
pub fn first_of_zones(
    zones: &Coverage,
    features: &Coverage,
    wanted: &[(f64, usize)],
    most: usize,
) -> Vec<Vec<(f64, usize)>> {
    let locator = PointLocator::new(zones);
    let mut best: Vec<Vec<(f64, usize)>> = vec![Vec::new(); zones.len()];
    let mut open: Vec<(usize, Option<[f64; 4]>)> = (0..zones.len()).map(|z| (z, zones.bounds(z))).collect();
    for &(amount, i) in wanted {
        // Where a label goes takes long to find: only for a feature near a zone that has room.
        let own = features.bounds(i);
        if !open.iter().any(|(_, zone)| zone.zip(own).is_none_or(|(zone, own)| meet(zone, own))) {
            continue;
        }
        let Some([x, y]) = deep_point(features, i) else { continue };
        let Some(zone) = locator.locate(x, y) else { continue };
        let list = &mut best[zone as usize];
        if list.len() < most {
            list.push((amount, i));
        }
        open.retain(|(z, _)| best[*z].len() < most);
    }
    best
}

fn meet(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deep_point_of_a_horseshoe_lies_inside_it() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![vec![
            [0.0, 0.0],
            [10.0, 0.0],
            [10.0, 10.0],
            [7.0, 10.0],
            [7.0, 3.0],
            [3.0, 3.0],
            [3.0, 10.0],
            [0.0, 10.0],
            [0.0, 0.0],
        ]]]);
        let [x, y] = deep_point(&c, 0).unwrap();
        assert!(y < 3.0 || !(3.0..=7.0).contains(&x), "{x} {y}");
    }

    fn rectangle(x: f64, y: f64, w: f64, h: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]
    }

    #[test]
    fn a_name_stands_in_the_largest_part_away_from_its_holes() {
        let mut c = Coverage::new();
        // A wide thin exclave; a larger part with a hole in its middle.
        c.push_rings(&[
            vec![rectangle(100.0, 0.0, 60.0, 5.0)],
            vec![rectangle(0.0, 0.0, 30.0, 30.0), rectangle(4.0, 10.0, 22.0, 18.0)],
        ]);
        let [x, y] = deep_point(&c, 0).unwrap();
        assert!((8.0..=22.0).contains(&x) && (3.0..=7.0).contains(&y), "{x} {y}");
        // A hole makes the part smaller.
        c.push_rings(&[
            vec![rectangle(0.0, 0.0, 30.0, 30.0), rectangle(1.0, 1.0, 28.0, 28.0)],
            vec![rectangle(50.0, 0.0, 20.0, 20.0)],
        ]);
        assert_eq!(deep_point(&c, 1).map(|p| p.map(f64::round)), Some([60.0, 10.0]));
        // Ground without a surface has no place for a name.
        c.push_rings(&[vec![vec![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]]);
        assert_eq!(deep_point(&c, 2), None);
    }
}
