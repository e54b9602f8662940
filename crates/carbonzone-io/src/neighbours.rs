//! Where a layer would lie if its coordinates were those of another CRS: a neighbouring zone, with or without zone number, other
//! units, swapped axes.

use crate::crs::{Transformer, WGS84, WorkingCrs, definition_to_spatial_ref};
use crate::gauss_kruger::Zone;
use std::collections::BTreeSet;

/// Points along each side of the box that is moved.
const POINTS: usize = 5;
/// Share of the smaller box that must be common for a reading to fit.
const FITS: f64 = 0.3;
/// Metres of one foot.
const FOOT_M: f64 = 0.3048;

/// A coordinate in another way of writing it.
type Rewrite = fn(f64, f64) -> (f64, f64);

/// A reading of the coordinates.
struct Reading {
    /// CRS to take.
    definition: String,
    /// What to do, as a hint.
    words: String,
    /// The coordinate as that CRS has it.
    of: Rewrite,
}

/// How the coordinates of a layer would have to be read so that it lies on another one: a hint such as `crs = "EPSG:4550"`.
/// `from` is the CRS the layer was read with, `layer` and `target` are boxes in the working CRS. `None`: no reading that is tried fits.
pub fn reading_that_fits(
    from: &str,
    crs: &WorkingCrs,
    layer: [f64; 4],
    target: [f64; 4],
    of_target: &str,
) -> Option<String> {
    let back = Transformer::between(crs.definition(), from).ok()?;
    let (mut xs, mut ys) = points_of(layer);
    if back.apply(&mut xs, &mut ys).ok()? > 0 {
        return None;
    }
    let fit = |reading: &Reading| -> Option<f64> {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) =
            xs.iter().zip(&ys).map(|(&x, &y)| (reading.of)(x, y)).unzip();
        let way = Transformer::between(&reading.definition, crs.definition()).ok()?;
        (way.apply(&mut x, &mut y).ok()? == 0).then(|| common(box_of(&x, &y), target))
    };
    let readings = readings(from, [crs.definition(), of_target]);
    let fits = readings.iter().filter_map(|r| Some((fit(r)?, r))).filter(|(share, _)| *share >= FITS);
    // Of equal ones the first: its CRS is the nearest to the one given.
    fits.reduce(|best, next| if next.0 > best.0 + 1e-9 { next } else { best }).map(|(_, r)| r.words.clone())
}

/// A grid of points over a box.
fn points_of([x0, y0, x1, y1]: [f64; 4]) -> (Vec<f64>, Vec<f64>) {
    let at = |a: f64, b: f64, i: usize| a + (b - a) * i as f64 / (POINTS - 1) as f64;
    let grid = (0..POINTS).flat_map(|i| (0..POINTS).map(move |j| (i, j)));
    grid.map(|(i, j)| (at(x0, x1, i), at(y0, y1, j))).unzip()
}

fn box_of(xs: &[f64], ys: &[f64]) -> [f64; 4] {
    let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [least(xs), least(ys), most(xs), most(ys)]
}

/// Common ground of two boxes as a share of the smaller one.
fn common(a: [f64; 4], b: [f64; 4]) -> f64 {
    let area = |[x0, y0, x1, y1]: [f64; 4]| (x1 - x0).max(0.0) * (y1 - y0).max(0.0);
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    let both = if both[0] < both[2] && both[1] < both[3] { area(both) } else { 0.0 };
    both / area(a).min(area(b)).max(f64::MIN_POSITIVE)
}

/// The readings to try: other codes first, the nearest first.
fn readings(from: &str, others: [&str; 2]) -> Vec<Reading> {
    let mut seen = BTreeSet::from([from.to_owned()]);
    let codes = others.map(str::to_owned).into_iter().chain(neighbours(from)).chain([WGS84.to_owned()]);
    let mut out: Vec<Reading> = codes
        .filter(|code| seen.insert(code.clone()))
        .map(|code| Reading { words: format!("crs = \"{code}\""), definition: code, of: |x, y| (x, y) })
        .collect();
    let ways: [(&str, Rewrite); 5] = [
        ("its two axes exchanged: write the layer again with the easting first", |x, y| (y, x)),
        ("its coordinates taken for feet: they must be given in metres", |x, y| (x * FOOT_M, y * FOOT_M)),
        ("its coordinates taken for metres: they must be given in feet", |x, y| (x / FOOT_M, y / FOOT_M)),
        ("its coordinates taken for kilometres: they must be given in metres", |x, y| (x * 1e3, y * 1e3)),
        ("its coordinates taken for millimetres: they must be given in metres", |x, y| (x / 1e3, y / 1e3)),
    ];
    out.extend(ways.map(|(words, of)| Reading { definition: from.to_owned(), words: words.to_owned(), of }));
    out
}

/// Codes beside a code: those that follow each other (UTM and state zones), the other hemisphere, and the zones of the same Chinese
/// datum with and without number.
fn neighbours(from: &str) -> Vec<String> {
    let zone = definition_to_spatial_ref(from).ok().and_then(|srs| Zone::of(&srs));
    let mut codes: Vec<String> = zone.map(Zone::beside).unwrap_or_default();
    if let Some(code) = from.strip_prefix("EPSG:").and_then(|code| code.parse::<u32>().ok()) {
        let hemisphere = match code {
            32_601..=32_660 => Some(code + 100),
            32_701..=32_760 => Some(code - 100),
            _ => None,
        };
        let beside = [code.wrapping_sub(1), code + 1, code.wrapping_sub(2), code + 2];
        codes.extend(beside.into_iter().chain(hemisphere).map(|code| format!("EPSG:{code}")));
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of 40 km around a place, in the working CRS, as it would be read with a wrong CRS instead of the right one.
    fn misread(right: &str, wrong: &str, working: &WorkingCrs, place: (f64, f64)) -> ([f64; 4], [f64; 4]) {
        let (mut x, mut y) = (vec![place.0], vec![place.1]);
        working.from_wgs84(&mut x, &mut y).unwrap();
        let home = [x[0] - 2e4, y[0] - 2e4, x[0] + 2e4, y[0] + 2e4];
        let (mut xs, mut ys) = points_of(home);
        Transformer::between(working.definition(), right).unwrap().apply(&mut xs, &mut ys).unwrap();
        Transformer::between(wrong, working.definition()).unwrap().apply(&mut xs, &mut ys).unwrap();
        (box_of(&xs, &ys), home)
    }

    fn guess(right: &str, wrong: &str, working: &str, place: (f64, f64)) -> Option<String> {
        let working = WorkingCrs::parse(working).unwrap();
        let (layer, home) = misread(right, wrong, &working, place);
        assert!(common(layer, home) < FITS, "{wrong} is not far enough from {right}");
        reading_that_fits(wrong, &working, layer, home, working.definition())
    }

    #[test]
    fn the_code_that_brings_a_layer_back_is_named() {
        let (suzhou, boston, munich, lima) = ((120.62, 31.3), (-71.1, 42.37), (11.5, 48.1), (-77.0, -12.0));
        for (right, wrong, working, place) in [
            ("EPSG:4549", "EPSG:4550", "EPSG:4549", suzhou), // CGCS2000, meridian 120 for 123
            ("EPSG:4549", "EPSG:4548", "EPSG:4528", suzhou), // 120 for 117, zones with numbers beside
            ("EPSG:4528", "EPSG:4529", "EPSG:4549", suzhou), // 3-degree zone 40 for 41, with number
            ("EPSG:2385", "EPSG:2384", "EPSG:4528", suzhou), // Xian 1980
            ("EPSG:32651", "EPSG:32650", "EPSG:4549", suzhou), // UTM
            ("EPSG:32718", "EPSG:32618", "EPSG:32718", lima), // the other hemisphere
            ("EPSG:25832", "EPSG:25833", "EPSG:25832", munich), // UTM on ETRS89
            ("EPSG:2249", "EPSG:2250", "EPSG:32619", boston), // state plane, feet
        ] {
            let said = guess(right, wrong, working, place).unwrap_or_default();
            assert_eq!(said, format!("crs = \"{right}\""), "{wrong} in {working}");
        }
    }

    #[test]
    fn units_and_axes_are_named_in_words() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let home = [540_000.0, 3_440_000.0, 580_000.0, 3_480_000.0];
        for (layer, words) in [
            ([3_440_000.0, 540_000.0, 3_480_000.0, 580_000.0], "axes exchanged"),
            (home.map(|v| v / FOOT_M), "taken for feet"),
            (home.map(|v| v * FOOT_M), "taken for metres"),
            (home.map(|v| v / 1e3), "taken for kilometres"),
        ] {
            let said = reading_that_fits("EPSG:4549", &crs, layer, home, "EPSG:4549").unwrap_or_default();
            assert!(said.contains(words), "{layer:?}: {said}");
        }
        let elsewhere = home.map(|v| v + 200_000.0);
        assert_eq!(reading_that_fits("EPSG:4549", &crs, elsewhere, home, "EPSG:4549"), None, "another city");
    }
}
