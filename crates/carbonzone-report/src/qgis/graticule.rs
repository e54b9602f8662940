//! The net of meridians and parallels of a page, and the frame of its map on the small map beside it.

use super::symbol::{plain_line, plain_outline};
use super::xml::{El, el};
use crate::{Label, Lang};

/// Metres of a minute of latitude.
const M_PER_MINUTE: f64 = 1852.0;
/// Distances of the lines, minutes.
const STEPS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0];
/// Lines that a map should have at least.
const LINES: f64 = 3.0;

/// Distance of the lines in degrees for a map of this height in metres.
fn interval_degrees(height_m: f64) -> f64 {
    let widest = height_m / M_PER_MINUTE / LINES;
    STEPS.iter().rev().find(|s| **s <= widest).unwrap_or(&STEPS[0]) / 60.0
}

/// Meridians and parallels with their degrees inside the frame, left and below.
pub(crate) fn graticule(uuid: String, height_m: f64, font: Vec<El>, lang: Lang) -> El {
    let step = interval_degrees(height_m);
    // 0: shown, or inside the frame, or horizontal; 3: not shown; 1: vertical.
    let side = |grid: El, side: [&'static str; 3], shown: bool, direction: u8| {
        let grid = grid.a(side[0], if shown { 0 } else { 3 });
        grid.a(side[1], 0).a(side[2], direction)
    };
    let grid = el("ComposerMapGrid")
        .a("name", Label::new("Graticule", "经纬网").text(lang))
        .a("uuid", uuid)
        .all("show=1 position=3 gridStyle=0 unit=0")
        .a("intervalX", step)
        .a("intervalY", step)
        .all("offsetX=0 offsetY=0 blendMode=0 crossLength=3 gridFrameStyle=0 gridFrameSideFlags=15")
        .all("showAnnotation=1 annotationFormat=1 annotationPrecision=0 frameAnnotationDistance=1");
    let grid =
        side(grid, ["leftAnnotationDisplay", "leftAnnotationPosition", "leftAnnotationDirection"], true, 1);
    let grid = side(
        grid,
        ["bottomAnnotationDisplay", "bottomAnnotationPosition", "bottomAnnotationDirection"],
        true,
        0,
    );
    let grid = side(
        grid,
        ["rightAnnotationDisplay", "rightAnnotationPosition", "rightAnnotationDirection"],
        false,
        0,
    );
    let grid =
        side(grid, ["topAnnotationDisplay", "topAnnotationPosition", "topAnnotationDirection"], false, 0);
    let degrees = el("spatialrefsys")
        .child(el("srsid").text("3452"))
        .child(el("srid").text("4326"))
        .child(el("authid").text("EPSG:4326"));
    grid.child(el("lineStyle").child(plain_line("", "110,110,110,110", "0.12"))).child(degrees).children(font)
}

/// The frame of another map.
pub(crate) fn overview(uuid: String, map: String, lang: Lang) -> El {
    el("ComposerMapOverview")
        .a("name", Label::new("Overview", "总览").text(lang))
        .a("uuid", uuid)
        .a("frameMap", map)
        .all("show=1 position=3 blendMode=0 inverted=0 centered=0")
        .child(plain_outline("178,24,43,255", "0.4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_of_any_height_has_a_few_lines_at_round_minutes() {
        for (height_m, minutes) in [(3_000.0, 1.0), (110_000.0, 15.0), (600_000.0, 60.0)] {
            let step = interval_degrees(height_m);
            assert_eq!(step * 60.0, minutes, "{height_m}");
        }
    }
}
