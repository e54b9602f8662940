//! Exact sums of a raster over polygons, on the raster's own pixels.

use crate::digest::DigestJob;
use crate::locate::locate;
use crate::raster_band::{BandPlan, PixelUse};
use crate::raster_blocks::{BLOCK_PIXELS, Block, ZonalInput, for_each_block, polygons_in_pixels};
use crate::reading::{Reading, Wanted};
use crate::source::Reporter;
use carbonzone_geom::Coverage;
use carbonzone_types::{Checked, ExactSum, Finding, InputRecord, number_of};

/// Stored numbers from here on cannot be summed exactly: 2⁶².
const LARGEST: f64 = (1_u64 << 62) as f64;

/// Sums of a raster over polygons.
#[derive(Debug, Clone, PartialEq)]
pub struct ZonalSums {
    /// The raster file and the band read.
    pub record: InputRecord,
    /// Sum of pixel value × covered fraction of the pixel, per polygon.
    pub sums: Vec<f64>,
    /// Share of each polygon that lies on pixels with a value, 0 to 1.
    pub known: Vec<f64>,
    /// What lies in the bounding box of the polygons, but in none of them; where polygons overlap, less what counted too often.
    pub outside: f64,
    /// Negative pixels, which count nothing.
    pub negative_pixels: u64,
    /// What the band or the file says if it says that its values are per area: `persons/km2`.
    pub per_area: Option<String>,
    /// The pixel in a polygon with the most per km², if the CRS tells its size.
    pub densest: Option<DensestPixel>,
}

/// The pixel with the most per area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensestPixel {
    /// Its value.
    pub value: f64,
    /// Its value per km².
    pub per_km2: f64,
    /// Its ground area in m².
    pub m2: f64,
}

/// Exact zonal sums of a band of a raster over polygons in the working CRS, e.g. people per parcel.
///
/// Polygons are carried into the raster's own pixels (no resampling); a pixel gives each polygon its value times
/// the exact fraction covered. Pixels without a value (nodata, masked, transparent) count nothing, nor do negative ones;
/// ground off the raster or without a value, negative values, and values that look like undeclared nodata are findings.
/// `None` means that the raster cannot be used; the findings say why.
pub fn zonal_sums(wanted: Wanted<'_>, zones: &Coverage) -> Checked<ZonalSums> {
    wanted.read(|reading| sums(reading, zones))
}

fn sums(reading: &mut Reading<'_>, zones: &Coverage) -> Option<ZonalSums> {
    let Reading { source, progress, .. } = *reading;
    let located = locate(&mut reading.report())?;
    let input = ZonalInput::open(&mut reading.of(&located.source), zones, PixelUse::Amounts)?;
    if source.per_km2.is_some() && input.pixel_km2(0.0).is_none() {
        return reading.refuse(
            Finding::error("pixel_area", "the CRS of the raster does not tell the ground of a pixel")
                .expected("degrees or metres, where values are per area"),
        );
    }
    let digest = DigestJob::start(&located.original);
    let mut sums = Sums::new(zones.len(), source.per_km2);
    let done = for_each_block(&input, zones, BLOCK_PIXELS, progress, &mut |block| sums.add(&input, block));
    let digest = digest.finish();
    if let Err(error) = done {
        return reading.refuse(Finding::error("unreadable_file", error.to_string()));
    }
    if progress.cancelled() {
        return None;
    }
    let whole = polygons_in_pixels(reading, &input, zones)?.areas_m2();
    let mut report = reading.report();
    let share = |part: &[f64]| -> Vec<f64> {
        part.iter().zip(&whole).map(|(p, w)| if *w > 0.0 { (p / w).min(1.0) } else { 0.0 }).collect()
    };
    let (on_raster, known) = (share(&sums.on_raster), share(&sums.known));
    sums.pixels.report(&input.band, &mut report)?;
    let values: Vec<f64> = sums.per_polygon.iter().map(|s| s.value()).collect();
    if values.iter().any(|v| v.is_nan()) {
        return report.refuse(
            Finding::error("unusable_pixel", "the pixel values are too large to be summed")
                .expected(format!("numbers below {LARGEST:e}")),
        );
    }
    report_ground(&zones.areas_m2(), &on_raster, &known, &mut report);
    if values.iter().all(|s| *s == 0.0) {
        report.add(
            Finding::warning("no_overlap", "the raster gives nothing to any polygon")
                .hint("does it cover the city, and is its CRS right?"),
        );
    }
    Some(ZonalSums {
        record: input.record(source, digest),
        sums: values,
        known,
        outside: sums.outside.value(),
        negative_pixels: sums.pixels.negative.pixels,
        per_area: input.band.per_area().map(str::to_owned),
        densest: sums.densest,
    })
}

/// Ground that lies off the raster, or on pixels without a value.
fn report_ground(areas_m2: &[f64], on_raster: &[f64], known: &[f64], report: &mut Reporter<'_>) {
    /// Share below which it is rounding of the pixel fractions.
    const ROUNDING: f64 = 1e-6;
    let all: f64 = areas_m2.iter().sum();
    let off: f64 = areas_m2.iter().zip(on_raster).map(|(m2, on)| m2 * (1.0 - on)).sum();
    let blank: f64 = areas_m2.iter().zip(on_raster).zip(known).map(|((m2, on), k)| m2 * (on - k)).sum();
    if off > ROUNDING * all {
        let count = on_raster.iter().filter(|on| **on < 1.0 - ROUNDING).count() as u64;
        let message = format!(
            "{} of the ground ({off:.0} m²) lies off the raster and counts nothing",
            percent(off / all)
        );
        report.add(
            Finding::warning("raster_gap", message)
                .count(count)
                .hint("take a raster that covers the whole city, or join the neighbouring tile (gdal_merge.py, gdalbuildvrt)"),
        );
    }
    if blank > ROUNDING * all {
        let message = format!(
            "{} of the ground ({blank:.0} m²) lies on pixels without a value, which count nothing",
            percent(blank / all)
        );
        report.add(Finding::info("raster_nodata", message));
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// What is gathered block by block.
struct Sums {
    per_polygon: Vec<ExactSum>,
    /// Pixels of each polygon that the raster has, and those with a value.
    on_raster: Vec<f64>,
    known: Vec<f64>,
    outside: ExactSum,
    pixels: PixelCheck,
    densest: Option<DensestPixel>,
    /// See [`VectorSource::per_km2`].
    per_km2: Option<f64>,
}

impl Sums {
    fn new(zones: usize, per_km2: Option<f64>) -> Self {
        Self {
            per_km2,
            per_polygon: vec![ExactSum::new(); zones],
            on_raster: vec![0.0; zones],
            known: vec![0.0; zones],
            outside: ExactSum::new(),
            pixels: PixelCheck::default(),
            densest: None,
        }
    }

    fn add(&mut self, input: &ZonalInput, block: &Block<'_>) {
        let mut left: Vec<f64> = vec![1.0; block.values.len()];
        let band = &input.band;
        let cols = block.grid.cols as usize;
        let rows = 0..block.values.len() / cols;
        // What a value counts: 1, or the ground of the pixel.
        let scale: Vec<f64> = rows
            .map(|row| match self.per_km2 {
                Some(per) => input.pixel_km2(block.row(row) as f64 + 0.5).unwrap_or(f64::NAN) / per,
                None => 1.0,
            })
            .collect();
        let usable = |stored: f64, pixel: usize| {
            let value = if stored.abs() < LARGEST { band.value(stored) * scale[pixel / cols] } else { 0.0 };
            if value > 0.0 { value } else { 0.0 }
        };
        for &zone in block.zones {
            let weights = block.weights(zone);
            let (pixels, fractions) = weights.row(0);
            for (&pixel, &fraction) in pixels.iter().zip(fractions) {
                let stored = block.values[pixel as usize];
                self.per_polygon[zone as usize].add(fraction * usable(stored, pixel as usize));
                self.on_raster[zone as usize] += fraction;
                self.known[zone as usize] += if stored.is_nan() { 0.0 } else { fraction };
                left[pixel as usize] -= fraction;
            }
        }
        for (i, (&stored, left)) in block.values.iter().zip(left).enumerate() {
            self.outside.add(usable(stored, i) * left.min(1.0));
            if left < 1.0 && !stored.is_nan() {
                let (col, row) = (block.grid.x_min as u64 + (i % cols) as u64, block.row(i / cols));
                self.pixels.see(band, stored, [col, row]);
                self.note_density(input, usable(stored, i), row);
            }
        }
    }

    fn note_density(&mut self, input: &ZonalInput, value: f64, row: u64) {
        // Rows of one raster are of nearly equal size: only larger values can be denser, but for degrees.
        if !input.path.geographic && self.densest.is_some_and(|d| value <= d.value) {
            return;
        }
        let Some(km2) = input.pixel_km2(row as f64 + 0.5).filter(|a| *a > 0.0) else { return };
        if self.densest.is_none_or(|d| value / km2 > d.per_km2) {
            self.densest = Some(DensestPixel { value, per_km2: value / km2, m2: km2 * 1e6 });
        }
    }
}

/// Pixels in polygons whose value cannot be meant, counted.
#[derive(Debug, Default)]
struct PixelCheck {
    seen: ExactSum,
    negative: Odd,
    unusable: Odd,
    suspicious: Odd,
}

/// Pixels of one kind: how many, the most extreme one, its column and row, the sum.
#[derive(Debug, Default, Clone, Copy)]
struct Odd {
    pixels: u64,
    example: Option<(f64, [u64; 2])>,
    sum: ExactSum,
}

impl Odd {
    fn add(&mut self, stored: f64, value: f64, at: [u64; 2]) {
        self.pixels += 1;
        self.sum.add(value);
        if self.example.is_none_or(|(e, _)| stored.abs() > e.abs()) {
            self.example = Some((stored, at));
        }
    }
}

impl PixelCheck {
    fn see(&mut self, band: &BandPlan, stored: f64, at: [u64; 2]) {
        if stored.abs() >= LARGEST && (stored > 0.0 || !stored.is_finite()) {
            self.unusable.add(stored, 0.0, at);
            return;
        }
        let value = band.value(stored);
        if value < 0.0 {
            self.negative.add(stored, 0.0, at);
            return;
        }
        self.seen.add(value);
        if band.suspicion(stored).is_some() {
            self.suspicious.add(stored, value, at);
        }
    }

    /// Reports; `None` if the raster cannot be used.
    fn report(&self, band: &BandPlan, report: &mut Reporter<'_>) -> Option<()> {
        let hint = |stored: f64| format!("if it means \"no value\", add nodata = {stored} to this input");
        let what = |stored: f64| band.suspicion(stored).map_or(String::new(), |why| format!(", {why}"));
        if let Some((stored, [col, row])) = self.negative.example {
            let n = self.negative.pixels;
            let message = format!(
                "{} negative: {} nothing",
                number_of(n as usize, "pixel is", "pixels are"),
                if n == 1 { "it counts" } else { "they count" }
            );
            report.add(
                Finding::warning("negative_value", message)
                    .feature(format!("column {col}, row {row}"))
                    .value(format!("{stored}{}", what(stored)))
                    .expected("numbers ≥ 0")
                    .count(n)
                    .hint(hint(stored)),
            );
        }
        if let Some((stored, _)) = self.suspicious.example {
            let (n, part, all) = (self.suspicious.pixels, self.suspicious.sum.value(), self.seen.value());
            let message = format!(
                "{} {stored}{}: {} of the sum of the pixels that are used",
                number_of(n as usize, "pixel holds", "pixels hold"),
                what(stored),
                percent(if all > 0.0 { part / all } else { 0.0 }),
            );
            report.add(
                Finding::warning("undeclared_nodata", message)
                    .value(stored.to_string())
                    .count(n)
                    .hint(hint(stored)),
            );
        }
        let Some((stored, [col, row])) = self.unusable.example else { return Some(()) };
        let message = format!(
            "{} a value that is no amount",
            number_of(self.unusable.pixels as usize, "pixel holds", "pixels hold")
        );
        report.refuse(
            Finding::error("unusable_pixel", message)
                .feature(format!("column {col}, row {row}"))
                .value(format!("{stored:e}{}", what(stored)))
                .expected(format!("numbers below {LARGEST:e}"))
                .count(self.unusable.pixels)
                .hint(if stored.is_finite() {
                    format!("if it means \"no value\", add nodata = {stored:e} to this input")
                } else {
                    "infinite pixels come from a division by zero: make the raster again".to_owned()
                }),
        )
    }
}
