//! Suspicion of shifted layers: would another offset put clearly more points into the land they belong to?
//!
//! Chinese web maps shift coordinates by some 500 m (GCJ-02, BD-09), and files often do not say so. A sample of the
//! points is moved as if each of the other offsets were the true one, and the shares are compared.

use super::Notes;
use carbonzone_geom::{PointLocator, gcj02};
use carbonzone_io::{CrsSpec, WorkingCrs};
use carbonzone_spatialize::surrogate::sample::PointSample;
use carbonzone_types::Finding;

/// Fewer points than this prove nothing.
const FEWEST: usize = 100;
/// Difference of shares below which nothing is said.
const CLEARLY: f64 = 0.05;

type Offset = fn(f64, f64) -> (f64, f64);

fn same(lon: f64, lat: f64) -> (f64, f64) {
    (lon, lat)
}

fn to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let (lon, lat) = gcj02::wgs84_to_gcj02(lon, lat);
    gcj02::gcj02_to_bd09(lon, lat)
}

/// How a point was read, and how to undo it; then every reading that was not chosen.
fn readings(declared: &CrsSpec) -> (&'static str, Offset, Vec<(&'static str, Offset)>) {
    let all: [(&str, Offset); 3] =
        [("EPSG:4326", same), ("GCJ-02", gcj02::gcj02_to_wgs84), ("BD-09", gcj02::bd09_to_wgs84)];
    let (name, undo): (&str, Offset) = match declared {
        CrsSpec::Gcj02 => ("GCJ-02", gcj02::wgs84_to_gcj02),
        CrsSpec::Bd09 => ("BD-09", to_bd09),
        CrsSpec::FromLayer | CrsSpec::Definition(_) => ("EPSG:4326", same),
    };
    (name, undo, all.into_iter().filter(|(n, _)| *n != name).collect())
}

/// Where points come from.
#[derive(Clone, Copy)]
pub struct PointsOf<'a> {
    /// Role in the pipeline file.
    pub role: &'a str,
    /// File as messages show it.
    pub file: &'a str,
    /// CRS that the pipeline file names.
    pub declared: Option<&'a str>,
}

/// Compares the share of the sample in its own land as read with the share under the other offsets; warns if one is
/// clearly better. `masks[land]` marks the parcels of that land.
pub fn warn_shift(
    PointsOf { role, file, declared }: PointsOf<'_>,
    sample: &PointSample,
    masks: &[Vec<bool>],
    crs: &WorkingCrs,
    locator: &PointLocator<'_>,
    notes: &mut Notes,
) {
    let n = sample.xs.len();
    if n == 0 {
        return;
    }
    let share = |xs: &[f64], ys: &[f64]| {
        let owners = locator.locate_all(xs, ys);
        let hits = owners
            .iter()
            .zip(&sample.land)
            .filter(|(o, land)| masks[**land as usize].get(**o as usize).is_some_and(|m| *m))
            .count();
        hits as f64 / n as f64
    };
    let as_read = share(&sample.xs, &sample.ys);
    let (mut lons, mut lats) = (sample.xs.clone(), sample.ys.clone());
    if !crs.to_wgs84(&mut lons, &mut lats).is_ok_and(|failed| failed == 0) {
        return;
    }
    let (name, undo, others) = readings(&CrsSpec::parse(declared));
    let name = declared.unwrap_or(name);
    let mut tried: Vec<(f64, &str)> = Vec::new();
    for (other, convert) in others {
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = lons
            .iter()
            .zip(&lats)
            .map(|(&lon, &lat)| {
                let (lon, lat) = undo(lon, lat);
                convert(lon, lat)
            })
            .unzip();
        if xs != lons && crs.from_wgs84(&mut xs, &mut ys).is_ok_and(|failed| failed == 0) {
            tried.push((share(&xs, &ys), other));
        }
    }
    if n < FEWEST && !tried.is_empty() {
        let message = format!(
            "only {n} points have land of their kind: too few (of {FEWEST}) to tell whether they are shifted"
        );
        notes.findings.push(
            Finding::info("shift_not_checked", message)
                .layer(role)
                .file(file)
                .hint("look at them on a map: Amap is GCJ-02, Baidu BD-09, OSM and GPS are WGS 84; the difference is some 500 m"),
        );
        return;
    }
    let Some(&(best, other)) = tried.iter().max_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    // Three standard errors of a difference of shares.
    let variance = |p: f64| p * (1.0 - p) / n as f64;
    let noise = 3.0 * (variance(as_read) + variance(best)).sqrt();
    if best - as_read > CLEARLY.max(noise) {
        let message = format!(
            "{:.1} % of the points lie in land of their kind as read ({name}), but {:.1} % would if the coordinates were {other} (sample of {n} points)",
            as_read * 100.0,
            best * 100.0
        );
        notes.findings.push(
            Finding::warning("shifted_coordinates", message)
                .layer(role)
                .file(file)
                .field("crs")
                .value(name)
                .hint(format!("Amap is GCJ-02, Baidu BD-09, OSM and GPS are WGS 84: crs = \"{other}\"?")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_geom::Coverage;

    /// A checkerboard of 300 m squares near Suzhou; land 0 are the black ones, with a point in each.
    fn board() -> (Coverage, Vec<bool>, Vec<(f64, f64)>) {
        let (mut coverage, mut mask, mut points) = (Coverage::new(), Vec::new(), Vec::new());
        for i in 0..30 {
            for j in 0..30 {
                let (x, y) = (560_000.0 + 300.0 * f64::from(i), 3_460_000.0 + 300.0 * f64::from(j));
                coverage.push_rings(&[vec![vec![
                    [x, y],
                    [x + 300.0, y],
                    [x + 300.0, y + 300.0],
                    [x, y + 300.0],
                    [x, y],
                ]]]);
                mask.push((i * 7 + j * 3) % 5 == 0);
                if (i * 7 + j * 3) % 5 == 0 {
                    points.push((x + 150.0, y + 150.0));
                }
            }
        }
        (coverage, mask, points)
    }

    fn findings(declared: Option<&str>, shift: Offset) -> Vec<String> {
        findings_of(usize::MAX, declared, shift)
    }

    fn findings_of(points: usize, declared: Option<&str>, shift: Offset) -> Vec<String> {
        let (coverage, mask, all) = board();
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = all.into_iter().take(points).unzip();
        crs.to_wgs84(&mut xs, &mut ys).unwrap();
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = xs.iter().zip(&ys).map(|(&x, &y)| shift(x, y)).unzip();
        crs.from_wgs84(&mut xs, &mut ys).unwrap();
        let mut sample = PointSample::default();
        sample.add_weighted(&xs, &ys, &vec![1.0; xs.len()], 0);
        let mut notes = Notes::default();
        let locator = PointLocator::new(&coverage);
        let source = PointsOf { role: "poi", file: "poi.csv", declared };
        warn_shift(source, &sample, &[mask], &crs, &locator, &mut notes);
        notes.findings.items.iter().map(|f| format!("{} {}", f.message, f.hint.clone().unwrap())).collect()
    }

    #[test]
    fn too_few_points_are_not_judged_and_that_is_said() {
        let few = findings_of(30, Some("EPSG:4326"), gcj02::wgs84_to_gcj02);
        assert_eq!(few.len(), 1);
        assert!(few[0].contains("only 30 points") && few[0].contains("GCJ-02"), "{few:?}");
        assert!(findings_of(0, None, same).is_empty(), "no points, nothing to check");
    }

    #[test]
    fn gcj02_read_as_wgs84_is_noticed_and_named() {
        let found = findings(Some("EPSG:4326"), gcj02::wgs84_to_gcj02);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("crs = \"GCJ-02\"?"), "{found:?}");
        assert!(findings(None, to_bd09)[0].contains("crs = \"BD-09\"?"));
    }

    #[test]
    fn wgs84_declared_as_gcj02_is_noticed_too() {
        // Read as GCJ-02: the reader has taken off an offset that was not there.
        assert!(findings(Some("GCJ-02"), gcj02::gcj02_to_wgs84)[0].contains("crs = \"EPSG:4326\"?"));
    }

    #[test]
    fn what_lies_right_is_left_alone() {
        assert!(findings(Some("EPSG:4326"), same).is_empty());
        assert!(findings(Some("GCJ-02"), same).is_empty());
    }
}
