//! Small planar tools: areas, point in ring, natural-looking rings and ribbons from coarse hand-made lines.

use crate::rng::{key, unit};

/// A point in metres, x east and y north.
pub type Point = [f64; 2];
/// A ring; open (the last vertex joins the first) unless said otherwise.
pub type Ring = Vec<Point>;
/// A polygon: the outer ring, then holes.
pub type Rings = Vec<Ring>;
/// A multipolygon: parts, each of rings.
pub type Parts = Vec<Rings>;

/// Signed area of an open ring in m², positive when counter-clockwise.
pub fn signed_area(ring: &[Point]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    let mut twice = 0.0;
    let mut last = ring[ring.len() - 1];
    for &p in ring {
        twice += (last[0] - origin[0]) * (p[1] - origin[1]) - (p[0] - origin[0]) * (last[1] - origin[1]);
        last = p;
    }
    twice / 2.0
}

/// Area of all parts in m², holes subtracted.
pub fn parts_area(parts: &[Rings]) -> f64 {
    parts.iter().map(|rings| rings.iter().map(|r| signed_area(r)).sum::<f64>()).sum()
}

/// True when the point is inside the ring (even-odd rule).
pub fn in_ring(ring: &[Point], p: Point) -> bool {
    let Some(&last) = ring.last() else { return false };
    let (mut inside, mut a) = (false, last);
    for &b in ring {
        inside ^= passes(a, b, p);
        a = b;
    }
    inside
}

/// True when the side from `a` to `b` lies to the right of the point, at its height.
pub(crate) fn passes(a: Point, b: Point, p: Point) -> bool {
    (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]
}

/// True when the point is inside the parts (even-odd over all rings).
pub fn in_parts(parts: &[Rings], p: Point) -> bool {
    parts.iter().flatten().fold(false, |inside, ring| inside ^ in_ring(ring, p))
}

/// Bounding box `[x_min, y_min, x_max, y_max]` of points.
pub fn bounds<'a>(points: impl IntoIterator<Item = &'a Point>) -> [f64; 4] {
    points.into_iter().fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |b, p| {
        [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])]
    })
}

/// Distance of two points in m.
pub fn distance(a: Point, b: Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Their distance unless it is more than `limit_m`: most of many are told apart by squares, without the root. A distance above the
/// limit by less than rounding may come back too.
pub fn distance_within(a: Point, b: Point, limit_m: f64) -> Option<f64> {
    let d = [a[0] - b[0], a[1] - b[1]];
    (d[0] * d[0] + d[1] * d[1] <= limit_m * limit_m * (1.0 + 1e-12)).then(|| d[0].hypot(d[1]))
}

/// A point surely inside the parts: the middle of the widest run on a horizontal line through the first part.
pub fn inner_point(parts: &[Rings]) -> Option<Point> {
    let rings = parts.first()?;
    let b = bounds(rings.first()?);
    let mut best: Option<(f64, Point)> = None;
    for share in [0.5, 0.37, 0.61, 0.23, 0.79] {
        let y = b[1] + (b[3] - b[1]) * share;
        let mut xs = Vec::new();
        for ring in rings {
            let Some(&last) = ring.last() else { continue };
            let mut a = last;
            for &c in ring {
                if (a[1] > y) != (c[1] > y) {
                    xs.push((c[0] - a[0]) * (y - a[1]) / (c[1] - a[1]) + a[0]);
                }
                a = c;
            }
        }
        xs.sort_by(f64::total_cmp);
        for pair in xs.chunks_exact(2) {
            let width = pair[1] - pair[0];
            if best.is_none_or(|(w, _)| width > w) {
                best = Some((width, [f64::midpoint(pair[0], pair[1]), y]));
            }
        }
        if best.is_some_and(|(w, _)| w > 0.2 * (b[2] - b[0])) {
            break;
        }
    }
    best.map(|(_, p)| p)
}

/// Makes a coarse open ring natural: every side is split by midpoint displacement until no piece is longer than `max_len_m`.
/// `roughness` is the displacement as a share of the piece's length. Depends only on the end points and the seed.
pub fn natural_ring(ring: &[Point], seed: u64, max_len_m: f64, roughness: f64) -> Ring {
    let mut out = Vec::new();
    for (i, &a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        out.push(a);
        displace(a, b, seed, max_len_m, roughness, &mut out);
    }
    out
}

fn displace(a: Point, b: Point, seed: u64, max_len_m: f64, roughness: f64, out: &mut Ring) {
    let len = distance(a, b);
    if len <= max_len_m {
        return;
    }
    let h = unit(key(&[seed, a[0].to_bits(), a[1].to_bits(), b[0].to_bits(), b[1].to_bits()])) * 2.0 - 1.0;
    let m = [
        f64::midpoint(a[0], b[0]) - (b[1] - a[1]) * roughness * h,
        f64::midpoint(a[1], b[1]) + (b[0] - a[0]) * roughness * h,
    ];
    displace(a, m, seed, max_len_m, roughness, out);
    out.push(m);
    displace(m, b, seed, max_len_m, roughness, out);
}

/// Rounds the corners of a polyline: three steps of Chaikin's corner cutting, end points kept.
pub fn smooth_line(line: &[Point]) -> Vec<Point> {
    let mut current = line.to_vec();
    for _ in 0..3 {
        if current.len() < 3 {
            break;
        }
        let mut next = vec![current[0]];
        for (i, w) in current.windows(2).enumerate() {
            let at = |t: f64| [w[0][0] + (w[1][0] - w[0][0]) * t, w[0][1] + (w[1][1] - w[0][1]) * t];
            if i > 0 {
                next.push(at(0.25));
            }
            if i + 2 < current.len() {
                next.push(at(0.75));
            }
        }
        next.push(current[current.len() - 1]);
        current = next;
    }
    current
}

/// Length of a polyline in m.
pub fn line_length(line: &[Point]) -> f64 {
    line.windows(2).map(|w| distance(w[0], w[1])).sum()
}

/// Cuts a polyline into `pieces` parts of equal length (at least one); shared end points are identical.
pub fn cut_line(line: &[Point], pieces: usize) -> Vec<Vec<Point>> {
    let total = line_length(line);
    let pieces = pieces.max(1);
    let mut out = Vec::with_capacity(pieces);
    let mut current = vec![line[0]];
    let (mut walked, mut done) = (0.0, 1usize);
    for w in line.windows(2) {
        let len = distance(w[0], w[1]);
        while done < pieces && walked + len >= total * done as f64 / pieces as f64 && len > 0.0 {
            let t = (total * done as f64 / pieces as f64 - walked) / len;
            let p = [w[0][0] + (w[1][0] - w[0][0]) * t, w[0][1] + (w[1][1] - w[0][1]) * t];
            current.push(p);
            out.push(std::mem::replace(&mut current, vec![p]));
            done += 1;
        }
        walked += len;
        if current.last() != Some(&w[1]) {
            current.push(w[1]);
        }
    }
    if current.len() > 1 {
        out.push(current);
    }
    out
}

/// The counter-clockwise ring around a polyline at half of `width_m` on both sides.
pub fn ribbon(line: &[Point], width_m: f64) -> Ring {
    let half = width_m / 2.0;
    let normal_at = |i: usize| {
        let (a, b) = (line[i.saturating_sub(1)], line[(i + 1).min(line.len() - 1)]);
        let len = distance(a, b).max(1e-9);
        [-(b[1] - a[1]) / len, (b[0] - a[0]) / len]
    };
    let side = |i: usize, d: f64| {
        let n = normal_at(i);
        [line[i][0] + n[0] * d, line[i][1] + n[1] * d]
    };
    let mut ring: Ring = (0..line.len()).map(|i| side(i, -half)).collect();
    ring.extend((0..line.len()).rev().map(|i| side(i, half)));
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Point; 4] = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]];

    #[test]
    fn area_is_signed_by_direction() {
        assert_eq!(signed_area(&SQUARE), 4.0);
        let mut back = SQUARE;
        back.reverse();
        assert_eq!(signed_area(&back), -4.0);
    }

    #[test]
    fn the_inner_point_avoids_the_hole() {
        let hole = vec![[0.5, 0.5], [0.5, 1.5], [1.6, 1.5], [1.6, 0.5]];
        let parts = vec![vec![SQUARE.to_vec(), hole]];
        let p = inner_point(&parts).unwrap();
        assert!(in_parts(&parts, p));
    }

    #[test]
    fn cut_lines_keep_the_length_and_share_end_points() {
        let line = vec![[0.0, 0.0], [3.0, 0.0], [3.0, 4.0], [10.0, 4.0]];
        let cut = cut_line(&line, 5);
        assert_eq!(cut.len(), 5);
        for pair in cut.windows(2) {
            assert_eq!(pair[0].last(), pair[1].first());
        }
        let sum: f64 = cut.iter().map(|l| line_length(l)).sum();
        assert!((sum - 14.0).abs() < 1e-12);
    }

    #[test]
    fn a_ribbon_of_a_straight_line_is_its_rectangle() {
        let r = ribbon(&[[0.0, 0.0], [10.0, 0.0]], 2.0);
        assert_eq!(signed_area(&r), 20.0);
    }
}
