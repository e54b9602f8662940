//! Polygons as pixels: even-odd scanline fill of class numbers.

use crate::Coverage;

/// From the working CRS to pixels: `px = (x - x0) * scale`, `py = (y1 - y) * scale`.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Left edge.
    pub x0: f64,
    /// Upper edge.
    pub y1: f64,
    /// Pixels per metre.
    pub scale: f64,
}

/// A pixel on which nothing lies.
pub const EMPTY: u8 = u8::MAX;

/// Puts the class number of polygons into every pixel of a raster of `w` columns, which is [`EMPTY`] where none lies. A polygon
/// smaller than a pixel still takes the pixel of its centre, so that nothing vanishes. Later polygons lie above earlier ones.
pub fn fill_classes(out: &mut [u8], w: usize, coverage: &Coverage, classes: &[u8], view: View) {
    let h = out.len() / w;
    let mut crossings: Vec<f64> = Vec::new();
    let mut edges: Vec<[f64; 4]> = Vec::new();
    for (i, &class) in classes.iter().enumerate() {
        let Some([bx0, by0, bx1, by1]) = coverage.bounds(i) else { continue };
        let (ax, bx) = ((bx0 - view.x0) * view.scale, (bx1 - view.x0) * view.scale);
        let (ay, by) = ((view.y1 - by1) * view.scale, (view.y1 - by0) * view.scale);
        if bx < 0.0 || by < 0.0 || ax > w as f64 || ay > h as f64 {
            continue;
        }
        if bx - ax < 1.0 && by - ay < 1.0 {
            let (x, y) = (f64::midpoint(ax, bx), f64::midpoint(ay, by));
            if x >= 0.0 && y >= 0.0 && (x as usize) < w && (y as usize) < h {
                out[y as usize * w + x as usize] = class;
            }
            continue;
        }
        edges.clear();
        for ring in coverage.rings(i) {
            for (x, y) in ring.xs.windows(2).zip(ring.ys.windows(2)) {
                edges.push([
                    (x[0] - view.x0) * view.scale,
                    (view.y1 - y[0]) * view.scale,
                    (x[1] - view.x0) * view.scale,
                    (view.y1 - y[1]) * view.scale,
                ]);
            }
        }
        let first = (ay - 0.5).ceil().max(0.0) as usize;
        let last = ((by - 0.5).floor().min(h as f64 - 1.0)).max(-1.0);
        for row in first..=(last.max(0.0) as usize) {
            if last < 0.0 {
                break;
            }
            let y = row as f64 + 0.5;
            crossings.clear();
            for [x1, y1, x2, y2] in &edges {
                if (*y1 > y) != (*y2 > y) {
                    crossings.push(x1 + (y - y1) * (x2 - x1) / (y2 - y1));
                }
            }
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let from = (pair[0] - 0.5).ceil().max(0.0) as usize;
                let to = ((pair[1] - 0.5).ceil().max(0.0) as usize).min(w);
                if from < to {
                    out[row * w + from..row * w + to].fill(class);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, s: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + s, y], [x + s, y + s], [x, y + s], [x, y]]
    }

    fn class_raster(coverage: &Coverage, classes: &[u8], view: View, w: usize, h: usize) -> Vec<u8> {
        let mut out = vec![EMPTY; w * h];
        fill_classes(&mut out, w, coverage, classes, view);
        out
    }

    fn pixels(raster: &[u8], class: u8) -> usize {
        raster.iter().map(|v| usize::from(*v == class)).sum()
    }

    #[test]
    fn neighbours_share_no_pixel_and_leave_none_out() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 5.0)]]);
        c.push_rings(&[vec![square(5.0, 0.0, 5.0)]]);
        let r = class_raster(&c, &[0, 1], View { x0: 0.0, y1: 5.0, scale: 1.0 }, 10, 5);
        assert_eq!(pixels(&r, 0), 25);
        assert_eq!(pixels(&r, 1), 25);
    }

    #[test]
    fn holes_stay_empty_and_specks_do_not_vanish() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 9.0), square(3.0, 3.0, 3.0)]]);
        c.push_rings(&[vec![square(4.2, 4.2, 0.1)]]);
        let r = class_raster(&c, &[0, 1], View { x0: 0.0, y1: 9.0, scale: 1.0 }, 9, 9);
        assert_eq!(pixels(&r, 0), 72);
        assert_eq!(pixels(&r, 1), 1);
    }
}
