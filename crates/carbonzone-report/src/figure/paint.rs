//! Many polygons as one image: class numbers on a grid twice as fine as the image.

use crate::style::Hatch;
use crate::{MapLayer, Rgb};
use carbonzone_geom::pixels::{ClassInk, LiesOn, mean_pixels};
use carbonzone_geom::{EMPTY, View, fill_classes};

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
        fill_classes(&mut raster, 2 * w, &shapes, &codes[first..first + shapes.len()], fine);
    }
    let mut image = tiny_skia::Pixmap::new(w as u32, h as u32)?;
    let sign = |base: Rgb, lies: LiesOn| Some((bytes(base.darker(0.78)), lies));
    let ink = |(base, hatch): &(Rgb, Hatch)| ClassInk {
        colour: bytes(*base),
        sign: marks(*hatch).and_then(|lies| sign(*base, lies)),
    };
    let inks: Vec<ClassInk> = fills.iter().map(ink).collect();
    let others = ClassInk { colour: bytes(no_data), sign: None };
    image.data_mut().copy_from_slice(&mean_pixels(&raster, w, &inks, others));
    Some(image)
}

fn bytes(colour: Rgb) -> [u8; 3] {
    [colour.0, colour.1, colour.2]
}

/// Where a hatch has ink: column and row of a 300 dpi image.
fn marks(hatch: Hatch) -> Option<LiesOn> {
    const STEP: usize = 22;
    match hatch {
        Hatch::None => None,
        Hatch::Rising => Some(|x, y| (x + y) % STEP < 2),
        Hatch::Falling => Some(|x, y| (x + STEP * 1000 - y % STEP) % STEP < 2),
        Hatch::Horizontal => Some(|_, y| y % STEP < 2),
        Hatch::Cross => Some(|x, y| y % STEP < 2 || x % STEP < 2),
        Hatch::Dots => Some(|x, y| x % STEP < 4 && y % STEP < 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cells;
    use carbonzone_geom::Coverage;
    use carbonzone_types::{AttributeTable, GridSpec};

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

    #[test]
    fn pixels_are_premultiplied_as_the_painter_does_it() {
        let colours: Vec<(Rgb, Hatch)> =
            (0..=u8::MAX - 2).map(|c| (Rgb(c, c / 2, u8::MAX - c), Hatch::None)).collect();
        for n in 1..=4usize {
            let raster: Vec<u8> = (0..254u8)
                .flat_map(|c| [if n > 0 { c } else { EMPTY }, if n > 1 { c } else { EMPTY }])
                .collect();
            let below: Vec<u8> = (0..254u8)
                .flat_map(|c| [if n > 2 { c } else { EMPTY }, if n > 3 { c } else { EMPTY }])
                .collect();
            let inks: Vec<ClassInk> =
                colours.iter().map(|(c, _)| ClassInk { colour: bytes(*c), sign: None }).collect();
            let found = mean_pixels(&[raster, below].concat(), 254, &inks, inks[0]);
            let straight = carbonzone_geom::pixels::straight(&found);
            let all = colours.iter().zip(found.as_chunks::<4>().0).zip(straight.as_chunks::<4>().0);
            for (((c, _), found), straight) in all {
                let whole = tiny_skia::ColorU8::from_rgba(c.0, c.1, c.2, (n * 255 / 4) as u8).premultiply();
                assert_eq!(*found, [whole.red(), whole.green(), whole.blue(), whole.alpha()]);
                let back = whole.demultiply();
                assert_eq!(*straight, [back.red(), back.green(), back.blue(), back.alpha()]);
            }
        }
    }
}
