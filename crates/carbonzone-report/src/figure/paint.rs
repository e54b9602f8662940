//! Many polygons as one image: even-odd scanline fill of class numbers on a grid twice as fine as the image.

use crate::style::Hatch;
use crate::{MapLayer, Rgb};
use carbonzone_geom::Coverage;

/// From the working CRS to pixels: `px = (x - x0) * scale`, `py = (y1 - y) * scale`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub x0: f64,
    pub y1: f64,
    pub scale: f64,
}

const EMPTY: u8 = u8::MAX;

/// Puts the class number of polygons into every pixel of a raster of `w` columns, which is `EMPTY` where none lies. A polygon
/// smaller than a pixel still takes the pixel of its centre, so that nothing vanishes. Later polygons lie above earlier ones.
fn fill(out: &mut [u8], w: usize, coverage: &Coverage, classes: &[u8], view: View) {
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

/// The class raster as an image: 2 × 2 averaged, transparent where nothing lies.
///
/// # Panics
/// Never: the size is that of the caller's page.
pub(crate) fn image(
    layer: &MapLayer,
    classes: &[Option<usize>],
    fills: &[(Rgb, Hatch)],
    no_data: Rgb,
    view: View,
    (w, h): (usize, usize),
) -> Option<tiny_skia::Pixmap> {
    let codes: Vec<u8> = classes.iter().map(|c| c.map_or(fills.len() as u8, |c| c as u8)).collect();
    let fine = View { scale: view.scale * 2.0, ..view };
    let mut raster = vec![EMPTY; 4 * w * h];
    for (first, shapes) in layer.parts() {
        fill(&mut raster, 2 * w, &shapes, &codes[first..first + shapes.len()], fine);
    }
    let mut image = tiny_skia::Pixmap::new(w as u32, h as u32)?;
    let colour = |class: u8, x: usize, y: usize| -> Rgb {
        let Some((base, hatch)) = fills.get(class as usize).copied() else { return no_data };
        if marked(hatch, x, y) { base.darker(0.78) } else { base }
    };
    for (p, pixel) in image.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (p % w, p / w);
        let (mut sum, mut n) = ([0u32; 3], 0u32);
        for k in [
            4 * w * y + 2 * x,
            4 * w * y + 2 * x + 1,
            4 * w * y + 2 * w + 2 * x,
            4 * w * y + 2 * w + 2 * x + 1,
        ] {
            if raster[k] != EMPTY {
                let c = colour(raster[k], x, y);
                sum = [sum[0] + u32::from(c.0), sum[1] + u32::from(c.1), sum[2] + u32::from(c.2)];
                n += 1;
            }
        }
        if n > 0 {
            let c = |s: u32| (s / n) as u8;
            let color = tiny_skia::ColorU8::from_rgba(c(sum[0]), c(sum[1]), c(sum[2]), (n * 255 / 4) as u8);
            *pixel = color.premultiply();
        }
    }
    Some(image)
}

/// True where a hatch has ink at a pixel of a 300 dpi image.
fn marked(hatch: Hatch, x: usize, y: usize) -> bool {
    const STEP: usize = 22;
    match hatch {
        Hatch::None => false,
        Hatch::Rising => (x + y) % STEP < 2,
        Hatch::Falling => (x + STEP * 1000 - y % STEP) % STEP < 2,
        Hatch::Horizontal => y % STEP < 2,
        Hatch::Cross => y % STEP < 2 || x % STEP < 2,
        Hatch::Dots => x % STEP < 4 && y % STEP < 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cells;
    use carbonzone_types::{AttributeTable, GridSpec};

    fn square(x: f64, y: f64, s: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + s, y], [x + s, y + s], [x, y + s], [x, y]]
    }

    fn class_raster(coverage: &Coverage, classes: &[u8], view: View, w: usize, h: usize) -> Vec<u8> {
        let mut out = vec![EMPTY; w * h];
        fill(&mut out, w, coverage, classes, view);
        out
    }

    #[test]
    fn cells_without_outlines_give_the_same_image() {
        let grid = GridSpec { x_min: 0.0, y_max: 300.0, cell: 1.0, cols: 300, rows: 300 };
        let used: Vec<u32> = (0..90_000).filter(|c| c % 7 != 0).collect();
        let classes: Vec<Option<usize>> =
            used.iter().map(|c| (c % 5 != 0).then_some((c % 3) as usize)).collect();
        let layer = |coverage: Coverage, cells| MapLayer {
            name: String::new(),
            coverage: coverage.into(),
            cells,
            table: AttributeTable::new(),
        };
        let shapes = layer(Coverage::of_cells(&grid, &used), None);
        let cells = layer(Coverage::new(), Some(Cells { grid, used: used.into() }));
        assert!(cells.parts().count() > 1, "more than one part");
        let fills =
            [(Rgb(1, 2, 3), Hatch::None), (Rgb(90, 9, 9), Hatch::Dots), (Rgb(7, 200, 7), Hatch::None)];
        let draw = |layer: &MapLayer, scale| {
            let view = View { x0: -10.0, y1: 310.0, scale };
            image(layer, &classes, &fills, Rgb(9, 9, 9), view, (200, 200)).unwrap()
        };
        for scale in [0.3, 0.6, 1.7] {
            assert!(draw(&shapes, scale) == draw(&cells, scale), "scale {scale}");
        }
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
