//! Where the names of zones go: inside the zone, never one over another.

use super::svg::text_width;
use carbonzone_geom::Coverage;

/// A point inside feature `i`: the middle of the widest inner stretch on five horizontal lines.
pub(crate) fn label_point(coverage: &Coverage, i: usize) -> Option<[f64; 2]> {
    let [_, y0, _, y1] = coverage.bounds(i)?;
    let mut best: Option<(f64, [f64; 2])> = None;
    for share in [0.5, 0.38, 0.62, 0.25, 0.75] {
        let y = y0 + (y1 - y0) * share;
        let mut crossings = Vec::new();
        for ring in coverage.rings(i) {
            for (x, e) in ring.xs.windows(2).zip(ring.ys.windows(2)) {
                if (e[0] > y) != (e[1] > y) {
                    crossings.push(x[0] + (y - e[0]) * (x[1] - x[0]) / (e[1] - e[0]));
                }
            }
        }
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            // The middle line wins unless another is clearly wider.
            let width = (pair[1] - pair[0]) * if share == 0.5 { 1.25 } else { 1.0 };
            if best.is_none_or(|(w, _)| width > w) {
                best = Some((width, [f64::midpoint(pair[0], pair[1]), y]));
            }
        }
    }
    best.map(|(_, p)| p)
}

/// A label that found room.
pub(crate) struct Placed {
    pub x: f64,
    pub y: f64,
    pub text: String,
}

/// Places texts around their points (pixels), important ones first; one that would cover another, or leave the
/// frame, is left out.
pub(crate) fn place(candidates: &[(f64, f64, String)], size: f64, frame: [f64; 4]) -> Vec<Placed> {
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut out = Vec::new();
    for (x, y, text) in candidates {
        let w = text_width(text, size);
        for (dx, dy) in
            [(0.0, 0.0), (0.0, -0.7), (0.0, 0.7), (-0.25, 0.0), (0.25, 0.0), (0.0, -1.2), (0.0, 1.2)]
        {
            let (cx, cy) = (x + dx * w, y + dy * size);
            let b = [cx - w / 2.0 - 1.0, cy - size * 0.55, cx + w / 2.0 + 1.0, cy + size * 0.55];
            let inside = b[0] > frame[0] && b[1] > frame[1] && b[2] < frame[2] && b[3] < frame[3];
            let free = taken.iter().all(|t| b[0] > t[2] || b[2] < t[0] || b[1] > t[3] || b[3] < t[1]);
            if inside && free {
                taken.push(b);
                out.push(Placed { x: cx, y: cy + size * 0.36, text: text.clone() });
                break;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_point_of_a_horseshoe_lies_inside_it() {
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
        let [x, y] = label_point(&c, 0).unwrap();
        assert!(y < 3.0 || !(3.0..=7.0).contains(&x), "{x} {y}");
    }

    #[test]
    fn labels_never_overlap() {
        let same: Vec<_> = (0..20).map(|i| (50.0, 50.0, format!("name{i}"))).collect();
        let placed = place(&same, 8.0, [0.0, 0.0, 100.0, 100.0]);
        assert!(placed.len() > 1 && placed.len() < 20);
        let gaps = placed.iter().enumerate().all(|(i, a)| {
            placed.iter().skip(i + 1).all(|b| {
                (a.y - b.y).abs() > 8.0
                    || (a.x - b.x).abs() > text_width(&a.text, 8.0).min(text_width(&b.text, 8.0))
            })
        });
        assert!(gaps);
    }
}
