//! Land-cover rasters as a polygon layer: every connected region of one class becomes a feature.
//!
//! Regions are 4-connected (pixels that share an edge), found by GDAL on whole pixel numbers. If the raster is in
//! another CRS than the run, a vertex is set at every pixel corner on the way round before the transformation: two
//! regions that share an edge then share all its vertices, so that they neither overlap nor leave a gap.

use crate::crs::CrsPath;
use crate::decode::Outcome;
use crate::digest::DigestJob;
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::capture;
use crate::locate::locate;
use crate::place::PlaceCheck;
use crate::polygons::{PolygonLayer, RawLayer, assemble};
use crate::raster::{Raster, open_both_ways};
use crate::raster_band::{BandPlan, PixelUse, choose_band};
use crate::reading::{Reading, Wanted};
use crate::source::Reporter;
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, Checked, ColumnData, Finding, LedgerRow, Progress, Stage};
use gdal::raster::Buffer;
use gdal::vector::{LayerAccess, LayerOptions};
use gdal::{Dataset, DriverManager};

/// Column of the layer with the class, as a whole number in text.
pub const LAND_COVER_CLASS: &str = "class";

/// Most pixels that are turned into polygons in one go: 1 GB while GDAL works; 25,000 km² at 10 m.
const MAX_PIXELS: u64 = 250_000_000;
/// Pixels read at a time.
const BLOCK_PIXELS: usize = 1 << 22;
/// Stands for "no class" in the working copy; no raster uses it as a class.
const NO_CLASS: i32 = i32::MIN;

/// Columns and rows of a raster that are read.
#[derive(Debug, Clone, Copy)]
struct Window {
    col: usize,
    row: usize,
    cols: usize,
    rows: usize,
}

/// Reads a band of a categorical raster (GeoTIFF or any GDAL raster) as polygons in the working CRS.
///
/// Only the pixels that meet `within` (`[x0, y0, x1, y1]` in the working CRS, usually the box of the zones) are read;
/// pixels without a class (nodata) make no polygon. Both are ledger rows. Ids are positions in canonical order, the
/// class is in the column [`LAND_COVER_CLASS`].
///
/// `None` means that the raster cannot be used; the findings say why: no CRS, values that are no whole numbers,
/// more pixels than fit into memory, no pixel with a class.
pub fn read_land_cover(wanted: Wanted<'_>, within: Option<[f64; 4]>) -> Checked<PolygonLayer> {
    wanted.read(|reading| read(reading, within))
}

fn read(reading: &mut Reading<'_>, within: Option<[f64; 4]>) -> Option<PolygonLayer> {
    let Reading { source, progress, .. } = *reading;
    let located = locate(&mut reading.report())?;
    let (raster, there, back) = open_both_ways(&mut reading.of(&located.source))?;
    let mut report = reading.report();
    let band = choose_band(&mut report, raster.dataset(), PixelUse::Classes)?;
    let window = window_of(&raster, &there, within, &mut report)?;
    let digest = DigestJob::start(&located.original);
    progress.begin("reading land cover", Some(window.rows as u64));
    let regions = regions(&raster, &band, window, progress);
    progress.end();
    let digest = digest.finish();
    let regions = match regions {
        Ok(regions) => regions,
        Err(error) => return report.refuse(refusal(&error)),
    };
    if progress.cancelled() {
        return None;
    }
    let mut coverage = regions.shapes;
    if !back.is_identity() {
        coverage = with_pixel_corners(&coverage);
    }
    let mut frame = window_frame(window);
    let placed =
        place(&raster, window, &back, &mut coverage).and_then(|()| place(&raster, window, &back, &mut frame));
    if let Err(error) = placed {
        return report.refuse(Finding::error("crs_transformation", error.to_string()).field("crs"));
    }
    let unread = (raster.size().0 * raster.size().1 - window.cols * window.rows) as u64;
    book_left_out(reading, regions.without_class, unread, &coverage, &frame);
    let pixels = (window.cols * window.rows) as u64;
    let record = source.record(band.label(), digest, pixels, &back.label);
    let outcome = |i: usize| {
        let finite = coverage.rings(i).all(|r| r.xs.iter().chain(r.ys).all(|v| v.is_finite()));
        if finite { Outcome::Taken } else { Outcome::NoCoordinates }
    };
    let outcomes: Vec<Outcome> = (0..coverage.len()).map(outcome).collect();
    let classes = regions.classes.iter().map(|c| Some(c.to_string())).collect();
    let table = AttributeTable::new().with(LAND_COVER_CLASS, ColumnData::Text(classes));
    let read = coverage.len() as u64;
    let raw = RawLayer {
        pieces: vec![coverage].into(),
        outcomes,
        ids: None,
        table,
        read,
        error: None,
        place: PlaceCheck::default(),
    };
    assemble(reading, &back, raw, record)
}

fn refusal(error: &IoError) -> Finding {
    let text = error.to_string();
    let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, "the file is truncated or damaged"));
    Finding::error("unreadable_file", message).hint(hint)
}

/// The pixels that meet a box in the working CRS; all without one. `None`: reported.
fn window_of(
    raster: &Raster,
    there: &CrsPath,
    within: Option<[f64; 4]>,
    report: &mut Reporter<'_>,
) -> Option<Window> {
    let (width, height) = raster.size();
    let mut window = Window { col: 0, row: 0, cols: width, rows: height };
    if let Some(bounds) = within {
        let Some([c0, r0, c1, r1]) = pixel_box(raster, there, bounds) else {
            return report.refuse(
                Finding::error("no_overlap", "the raster does not meet the zones").hint("is its CRS right?"),
            );
        };
        window = Window { col: c0, row: r0, cols: c1 - c0, rows: r1 - r0 };
    }
    let pixels = window.cols as u64 * window.rows as u64;
    if pixels > MAX_PIXELS {
        let message = format!(
            "{} × {} pixels ({} million) are too many to become parcels",
            window.cols,
            window.rows,
            pixels / 1_000_000
        );
        return report.refuse(
            Finding::error("raster_too_large", message)
                .expected(format!("at most {} million pixels in the box of the zones", MAX_PIXELS / 1_000_000))
                .hint("make it coarser first: gdalwarp -tr 30 30 -r mode in.tif out.tif; or cut it: gdalwarp -te x0 y0 x1 y1"),
        );
    }
    Some(window)
}

/// Columns and rows `[c0, r0, c1, r1]` that meet a box in the working CRS, one pixel more on each side.
fn pixel_box(raster: &Raster, there: &CrsPath, [x0, y0, x1, y1]: [f64; 4]) -> Option<[usize; 4]> {
    const STEPS: u32 = 32;
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for k in 0..=STEPS {
        let t = f64::from(k) / f64::from(STEPS);
        let (x, y) = (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
        for (px, py) in [(x, y0), (x, y1), (x0, y), (x1, y)] {
            xs.push(px);
            ys.push(py);
        }
    }
    there.transformer().ok()?.apply(&mut xs, &mut ys).ok()?;
    let [t0, dx, rx, t3, ry, dy] = raster.transform();
    let det = dx * dy - rx * ry;
    let mut range = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (x, y) in xs.iter().zip(&ys).filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let (u, v) = (x - t0, y - t3);
        let (col, row) = ((dy * u - rx * v) / det, (dx * v - ry * u) / det);
        range = [range[0].min(col), range[1].min(row), range[2].max(col), range[3].max(row)];
    }
    let (width, height) = raster.size();
    let clamp = |v: f64, max: usize| v.clamp(0.0, max as f64) as usize;
    let out = [
        clamp(range[0].floor() - 1.0, width),
        clamp(range[1].floor() - 1.0, height),
        clamp(range[2].ceil() + 1.0, width),
        clamp(range[3].ceil() + 1.0, height),
    ];
    (det.is_finite() && det != 0.0 && out[0] < out[2] && out[1] < out[3]).then_some(out)
}

/// Regions in pixel numbers of the window: column to the right, row downwards.
struct Regions {
    shapes: Coverage,
    classes: Vec<i32>,
    without_class: u64,
}

fn regions(raster: &Raster, band: &BandPlan, window: Window, progress: &dyn Progress) -> Result<Regions> {
    let failed = |e: &dyn std::fmt::Display| IoError::read(raster.path(), e);
    let (made, messages) = capture(|| -> gdal::errors::Result<Dataset> {
        let driver = DriverManager::get_driver_by_name("MEM")?;
        let copy = driver.create_with_band_type::<i32, _>("", window.cols, window.rows, 1)?;
        copy.rasterband(1)?.set_no_data_value(Some(f64::from(NO_CLASS)))?;
        Ok(copy)
    });
    let copy = made.map_err(|e| failed(&messages.summary().unwrap_or_else(|| e.to_string())))?;
    let without_class = copy_classes(raster, band, window, &copy, progress)?;
    let (traced, messages) = capture(|| trace(&copy));
    let (shapes, classes) =
        traced.map_err(|e| failed(&messages.summary().unwrap_or_else(|| e.to_string())))?;
    Ok(Regions { shapes, classes, without_class })
}

/// Copies the classes block by block; returns the number of pixels without one.
fn copy_classes(
    raster: &Raster,
    band: &BandPlan,
    window: Window,
    copy: &Dataset,
    progress: &dyn Progress,
) -> Result<u64> {
    let mut without = 0u64;
    let step = (BLOCK_PIXELS / window.cols).max(1);
    for row in (0..window.rows).step_by(step) {
        let rows = step.min(window.rows - row);
        let values = raster.read_stored(band, (window.col, window.row + row), (window.cols, rows))?;
        let mut classes = Vec::with_capacity(values.len());
        for v in values {
            without += u64::from(v.is_nan());
            classes.push(if v.is_nan() {
                NO_CLASS
            } else {
                class_of(band.value(v)).ok_or_else(|| no_class(raster, band.value(v)))?
            });
        }
        let (written, messages) = capture(|| {
            let mut buffer = Buffer::new((window.cols, rows), classes);
            copy.rasterband(1)?.write((0, row as isize), (window.cols, rows), &mut buffer)
        });
        written
            .map_err(|e| IoError::read(raster.path(), messages.summary().unwrap_or_else(|| e.to_string())))?;
        progress.advance(rows as u64);
        if progress.cancelled() {
            break;
        }
    }
    Ok(without)
}

fn class_of(value: f64) -> Option<i32> {
    let whole = value.fract() == 0.0 && value > f64::from(NO_CLASS) && value <= f64::from(i32::MAX);
    whole.then_some(value as i32)
}

fn no_class(raster: &Raster, value: f64) -> IoError {
    IoError::read(
        raster.path(),
        format!(
            "the pixel value {value} is no class: a land-cover raster holds whole numbers\nhint: was another raster meant (elevation, population)?"
        ),
    )
}

/// GDAL's polygons of the regions with a class, in its order.
fn trace(copy: &Dataset) -> gdal::errors::Result<(Coverage, Vec<i32>)> {
    // GDAL 3.11 made one driver of both.
    let driver =
        DriverManager::get_driver_by_name("Memory").or_else(|_| DriverManager::get_driver_by_name("MEM"))?;
    let mut memory = driver.create_vector_only("")?;
    let ty = gdal_sys::OGRwkbGeometryType::wkbPolygon;
    let layer = memory.create_layer(LayerOptions { name: "regions", srs: None, ty, options: None })?;
    ffi::create_field(
        &layer,
        LAND_COVER_CLASS,
        gdal_sys::OGRFieldType::OFTInteger,
        gdal_sys::OGRFieldSubType::OFSTNone,
        None,
        None,
    )?;
    ffi::polygonize(copy, &layer)?;
    let mut layer = memory.layer(0)?;
    let (mut shapes, mut classes, mut wkb) = (Coverage::new(), Vec::new(), Vec::new());
    for feature in layer.features() {
        wkb.clear();
        let polygon = ffi::append_wkb(&feature, &mut wkb).transpose()?;
        let class = feature.field_as_integer(0)?;
        if let (Some(_), Some(class)) = (polygon, class)
            && shapes.push_wkb(&wkb).is_ok()
        {
            classes.push(class);
        }
    }
    Ok((shapes, classes))
}

/// A vertex at every pixel corner that a ring passes. Coordinates are whole numbers, edges run along rows and columns.
fn with_pixel_corners(shapes: &Coverage) -> Coverage {
    let mut out = Coverage::with_capacity(shapes.len(), 2 * shapes.vertices());
    for i in 0..shapes.len() {
        let mut parts: Vec<Vec<Vec<[f64; 2]>>> = Vec::new();
        for ring in shapes.rings(i) {
            if ring.ring == 0 {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.last_mut() {
                part.push(corners(ring.xs, ring.ys));
            }
        }
        out.push_rings(&parts);
    }
    out
}

fn corners(xs: &[f64], ys: &[f64]) -> Vec<[f64; 2]> {
    let mut out: Vec<[f64; 2]> = xs.first().zip(ys.first()).map(|(x, y)| [*x, *y]).into_iter().collect();
    for (x, y) in xs.windows(2).zip(ys.windows(2)) {
        let (dx, dy) = (x[1] - x[0], y[1] - y[0]);
        let steps = dx.abs().max(dy.abs());
        let at = |k: u32| f64::from(k) / steps;
        out.extend((1..=steps as u32).map(|k| [x[0] + dx * at(k), y[0] + dy * at(k)].map(f64::round)));
    }
    out
}

/// The window itself, with a vertex at every pixel corner.
fn window_frame(window: Window) -> Coverage {
    let (w, h) = (window.cols as f64, window.rows as f64);
    let mut frame = Coverage::new();
    frame.push_rings(&[vec![corners(&[0.0, w, w, 0.0, 0.0], &[0.0, 0.0, h, h, 0.0])]]);
    frame
}

/// From pixel numbers of the window to the working CRS.
fn place(raster: &Raster, window: Window, back: &CrsPath, shapes: &mut Coverage) -> Result<()> {
    let [x0, dx, rx, y0, ry, dy] = raster.transform();
    let transformer = back.transformer()?;
    let mut done = Ok(0);
    shapes.transform(|xs, ys| {
        for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
            let (col, row) = (*x + window.col as f64, *y + window.row as f64);
            *x = x0 + col * dx + row * rx;
            *y = y0 + col * ry + row * dy;
        }
        done = transformer.apply(xs, ys);
    });
    done.map(|_| ())
}

/// Ledger rows and findings for pixels that become no parcel. Their ground is what the regions leave of the window.
fn book_left_out(
    reading: &mut Reading<'_>,
    without_class: u64,
    unread: u64,
    coverage: &Coverage,
    frame: &Coverage,
) {
    let (source, n) = (reading.source, coverage.len());
    reading.add(
        Finding::info("land_cover", format!("{n} parcels: connected regions of one class")).count(n as u64),
    );
    if without_class > 0 {
        let used: carbonzone_types::ExactSum = coverage.areas_m2().into_iter().collect();
        let m2 = (frame.area_m2(0) - used.value()).max(0.0);
        let message = format!("{without_class} pixels have no class ({m2:.0} m²): no parcel there");
        reading.add(
            Finding::info("raster_nodata", message)
                .count(without_class)
                .hint("around the city this is no fault; inside it, these are gaps between the parcels"),
        );
        reading.ledger.push(
            LedgerRow::counted(Stage::Drop, &source.role, without_class as f64, "pixels")
                .m2(m2)
                .note("no class in the land-cover raster"),
        );
    }
    if unread > 0 {
        reading.ledger.push(
            LedgerRow::counted(Stage::Drop, &source.role, unread as f64, "pixels")
                .note("outside the box of the zones: not read"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_corner_on_the_way_round_becomes_a_vertex() {
        let ring = corners(&[0.0, 2.0, 2.0, 0.0, 0.0], &[0.0, 0.0, 1.0, 1.0, 0.0]);
        let expected = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
        assert_eq!(ring, expected);
    }

    #[test]
    fn only_whole_numbers_are_classes() {
        assert_eq!(class_of(50.0), Some(50));
        assert_eq!(class_of(-1.0), Some(-1));
        assert_eq!(class_of(0.5), None);
        assert_eq!(class_of(3e9), None);
    }
}
