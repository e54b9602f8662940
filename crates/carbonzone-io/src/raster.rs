//! Rasters in: population grids, land cover, annual series; exact zonal sums on the raster's own pixels.

use crate::crs::{CrsPath, CrsSpec, Transformer, WorkingCrs, definition_to_spatial_ref};
use crate::digest::DigestJob;
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::source::{Reporter, VectorSource, check_file};
use carbonzone_geom::{Coverage, OverlapMatrix, overlap_grid};
use carbonzone_types::{ExactSum, Finding, Findings, GridSpec, InputRecord, Progress};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Pixels held at a time: 4 million values are 32 MB.
const BLOCK_PIXELS: usize = 1 << 22;

/// A raster opened for reading: one band at a time, in blocks of rows.
pub struct Raster {
    dataset: Dataset,
    path: String,
    width: usize,
    height: usize,
    transform: [f64; 6],
    wkt: Option<String>,
}

impl Raster {
    /// Opens a raster file.
    ///
    /// # Errors
    /// [`IoError::Read`] with what GDAL says.
    pub fn open(path: &Path) -> Result<Self> {
        let (opened, messages) = open_raster(path);
        let dataset =
            opened.map_err(|e| IoError::read(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
        let (width, height) = dataset.raster_size();
        let transform = dataset.geo_transform().map_err(|_none| {
            IoError::read(path, "the raster is not georeferenced\nhint: it needs a geotransform (GeoTIFF tags or a world file)")
        })?;
        let (wkt, _) =
            capture(|| dataset.spatial_ref().and_then(|s| s.to_wkt()).ok().filter(|w| !w.is_empty()));
        Ok(Self { dataset, path: path.display().to_string(), width, height, transform, wkt })
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Path as given, for messages.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Number of bands.
    #[must_use]
    pub fn bands(&self) -> usize {
        self.dataset.raster_count()
    }

    /// GDAL's affine transform: x = t0 + col·t1 + row·t2, y = t3 + col·t4 + row·t5.
    #[must_use]
    pub fn transform(&self) -> [f64; 6] {
        self.transform
    }

    /// WKT of the raster's CRS, if it has one.
    #[must_use]
    pub fn wkt(&self) -> Option<&str> {
        self.wkt.as_deref()
    }

    /// Description of a band (from 1), empty if it has none.
    #[must_use]
    pub fn band_name(&self, band: usize) -> String {
        self.dataset.rasterband(band).ok().and_then(|b| b.description().ok()).unwrap_or_default()
    }

    /// Names of the classes of a band: entry `i` names value `i`; empty if it has none.
    #[must_use]
    pub fn category_names(&self, band: usize) -> Vec<String> {
        self.dataset.rasterband(band).map(|b| ffi::category_names(&b)).unwrap_or_default()
    }

    /// The grid as a [`GridSpec`], if it is north-up with square pixels.
    #[must_use]
    pub fn grid(&self) -> Option<GridSpec> {
        let [x0, dx, rx, y0, ry, dy] = self.transform;
        let square = rx == 0.0 && ry == 0.0 && dx > 0.0 && (dx + dy).abs() <= 1e-9 * dx;
        let (cols, rows) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        square.then_some(GridSpec { x_min: x0, y_max: y0, cell: dx, cols, rows })
    }

    /// Rows that are read at a time when `cols` columns are needed: a whole number of the file's tiles where one
    /// fits, about `pixels` in all.
    fn rows_at_once(&self, cols: usize, pixels: usize) -> usize {
        let rows = (pixels / cols.max(1)).clamp(1, 4096);
        let tile = self.dataset.rasterband(1).map_or(1, |b| b.block_size().1).max(1);
        if tile <= rows { rows - rows % tile } else { rows }
    }

    /// Values of a window of a band (from 1), row-major; nodata is NaN, scale and offset are applied.
    ///
    /// # Errors
    /// [`IoError::Read`] for a window outside the raster, a band that does not exist, or damaged data.
    pub fn read_block(
        &self,
        band: usize,
        col: usize,
        row: usize,
        cols: usize,
        rows: usize,
    ) -> Result<Vec<f64>> {
        let fits = col.checked_add(cols).is_some_and(|c| c <= self.width)
            && row.checked_add(rows).is_some_and(|r| r <= self.height);
        if !fits || cols == 0 || rows == 0 {
            let size = format!("{} x {}", self.width, self.height);
            return Err(IoError::read(
                &self.path,
                format!("window {cols} x {rows} at {col}, {row} is outside {size}"),
            ));
        }
        let (result, messages) = capture(|| {
            let band = self.dataset.rasterband(band)?;
            let mut values = vec![0.0f64; cols * rows];
            band.read_into_slice(
                (col as isize, row as isize),
                (cols, rows),
                (cols, rows),
                &mut values,
                None,
            )?;
            Ok((values, band.no_data_value(), band.scale().unwrap_or(1.0), band.offset().unwrap_or(0.0)))
        });
        let (mut values, nodata, scale, offset) = result.map_err(|e: gdal::errors::GdalError| {
            IoError::read(&self.path, messages.summary().unwrap_or_else(|| e.to_string()))
        })?;
        for v in &mut values {
            // Float rasters keep nodata such as -3.4e38 rounded to f32.
            let missing = nodata.is_some_and(|n| *v == n || (n.abs() > 1e30 && *v as f32 == n as f32));
            *v = if missing || !v.is_finite() { f64::NAN } else { *v * scale + offset };
        }
        Ok(values)
    }

    /// Values of a band on another grid, resampled by GDAL: row-major, NaN where there is none, scale and offset applied.
    ///
    /// `rows` is the range of rows of `grid` to compute, so that large grids can be done in pieces; each pixel
    /// depends on its own place only, so the pieces fit together (tested). A cell whose middle lies on nodata is NaN.
    ///
    /// # Errors
    /// [`IoError::Read`], [`IoError::UnknownCrs`]; the raster must have a CRS or `source_crs` be given.
    pub fn read_on_grid(
        &self,
        band: usize,
        source_crs: Option<&str>,
        grid: &GridSpec,
        crs: &WorkingCrs,
        resample: Resample,
        rows: std::ops::Range<u32>,
    ) -> Result<Vec<f64>> {
        let bands = self.read_bands_on_grid(&[band], source_crs, grid, crs, resample, rows)?;
        bands.into_iter().next().ok_or_else(|| IoError::read(&self.path, "no band was read"))
    }

    /// As [`Self::read_on_grid`] for several bands at once: pixel positions are computed once for all. Bands with the
    /// same nodata pixels (the months of a climate raster) come out as they would alone; where only some bands have
    /// nodata under the middle of a cell, these take the valid pixels around it.
    ///
    /// # Errors
    /// As there.
    pub fn read_bands_on_grid(
        &self,
        bands: &[usize],
        source_crs: Option<&str>,
        grid: &GridSpec,
        crs: &WorkingCrs,
        resample: Resample,
        rows: std::ops::Range<u32>,
    ) -> Result<Vec<Vec<f64>>> {
        let source_wkt = match source_crs {
            Some(text) => {
                definition_to_spatial_ref(text)?.to_wkt().map_err(|e| IoError::read(&self.path, e))?
            }
            None => self.wkt.clone().ok_or_else(|| IoError::read(&self.path, "the raster has no CRS"))?,
        };
        let size = (grid.cols as usize, rows.len());
        let (result, messages) = capture(|| -> gdal::errors::Result<Vec<Vec<f64>>> {
            // GDAL warps all bands of what it is given.
            let source = ffi::select_bands(&self.dataset, bands)?;
            let driver = DriverManager::get_driver_by_name("MEM")?;
            let mut target = driver.create_with_band_type::<f64, _>("", size.0, size.1, bands.len())?;
            let top = grid.y_max - f64::from(rows.start) * grid.cell;
            target.set_geo_transform(&[grid.x_min, grid.cell, 0.0, top, 0.0, -grid.cell])?;
            target.set_projection(crs.wkt())?;
            for i in 1..=bands.len() {
                let mut out = target.rasterband(i)?;
                out.set_no_data_value(Some(f64::NAN))?;
                out.fill(f64::NAN, None)?;
            }
            ffi::reproject_image(&source, &source_wkt, &target, crs.wkt(), resample.code())?;
            bands.iter().enumerate().map(|(i, band)| self.warped(&target, i + 1, *band, size)).collect()
        });
        result.map_err(|e| IoError::read(&self.path, messages.summary().unwrap_or_else(|| e.to_string())))
    }

    /// Band `at` of a warped dataset in the values of `band`: GDAL warps what is stored, without scale and offset.
    fn warped(
        &self,
        target: &Dataset,
        at: usize,
        band: usize,
        size: (usize, usize),
    ) -> gdal::errors::Result<Vec<f64>> {
        let mut values = vec![0.0f64; size.0 * size.1];
        target.rasterband(at)?.read_into_slice((0, 0), size, size, &mut values, None)?;
        let source = self.dataset.rasterband(band)?;
        let (scale, offset) = (source.scale().unwrap_or(1.0), source.offset().unwrap_or(0.0));
        values.iter_mut().filter(|v| !v.is_nan()).for_each(|v| *v = *v * scale + offset);
        Ok(values)
    }
}

/// How values are carried to another grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resample {
    /// Value of the nearest pixel: classes.
    Nearest,
    /// Bilinear interpolation: smooth fields.
    Bilinear,
    /// Mean of the pixels covered, weighted by coverage: densities.
    Average,
    /// Sum of the pixels covered, weighted by coverage: counts and tonnes.
    Sum,
    /// Most frequent value: classes on a coarser grid.
    Mode,
}

impl Resample {
    fn code(self) -> gdal_sys::GDALResampleAlg::Type {
        use gdal_sys::GDALResampleAlg as A;
        match self {
            Self::Nearest => A::GRA_NearestNeighbour,
            Self::Bilinear => A::GRA_Bilinear,
            Self::Average => A::GRA_Average,
            Self::Sum => A::GRA_Sum,
            Self::Mode => A::GRA_Mode,
        }
    }
}

fn open_raster(path: &Path) -> (gdal::errors::Result<Dataset>, GdalMessages) {
    capture(|| {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_READONLY
                    | GdalOpenFlags::GDAL_OF_RASTER
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                ..DatasetOptions::default()
            },
        )
    })
}

/// Sums of a raster over polygons.
#[derive(Debug, Clone, PartialEq)]
pub struct ZonalSums {
    /// The raster file.
    pub record: InputRecord,
    /// Sum of pixel value × covered fraction of the pixel, per polygon.
    pub sums: Vec<f64>,
    /// What lies in the bounding box of the polygons, but in none of them.
    pub outside: f64,
    /// Negative pixels, counted as 0.
    pub negative_pixels: u64,
}

/// Exact zonal sums of the first band of a raster over polygons in the working CRS, e.g. people per parcel.
///
/// Polygons are carried into the raster's own pixels (no resampling); a pixel gives each polygon its value times
/// the exact fraction covered. Nodata counts as 0, so do negative values (with a finding). `None` means that the
/// raster cannot be used; the findings say why.
pub fn zonal_sums(
    source: &VectorSource,
    zones: &Coverage,
    crs: &WorkingCrs,
    findings: &mut Findings,
    progress: &dyn Progress,
) -> Option<ZonalSums> {
    let mut report = Reporter::new(source, findings);
    let (raster, path) = open_for_zones(source, crs, &mut report)?;
    let digest = DigestJob::start(&source.path);
    let mut sums = vec![ExactSum::new(); zones.len()];
    let (mut outside, mut negative) = (ExactSum::new(), 0u64);
    let done = for_each_block(&raster, &path, zones, BLOCK_PIXELS, progress, &mut |block| {
        let mut left: Vec<f64> = vec![1.0; block.values.len()];
        let usable = |v: f64| if v.is_nan() || v < 0.0 { 0.0 } else { v };
        for &zone in block.zones {
            let weights = block.weights(zone);
            let (pixels, fractions) = weights.row(0);
            for (&pixel, &fraction) in pixels.iter().zip(fractions) {
                sums[zone as usize].add(fraction * usable(block.values[pixel as usize]));
                left[pixel as usize] -= fraction;
            }
        }
        for (value, left) in block.values.iter().zip(left) {
            negative += u64::from(*value < 0.0);
            outside.add(usable(*value) * left.clamp(0.0, 1.0));
        }
    });
    let (bytes, sha256) = digest.finish();
    if let Err(error) = done {
        report.add(Finding::error("unreadable_file", error.to_string()));
        return None;
    }
    if progress.cancelled() {
        return None;
    }
    if negative > 0 {
        report.add(
            Finding::warning("negative_value", format!("{negative} pixels are negative: they count as 0"))
                .count(negative)
                .hint("is the nodata value of the raster set?"),
        );
    }
    let record = record(source, &raster, &path, bytes, sha256);
    let sums: Vec<f64> = sums.into_iter().map(ExactSum::value).collect();
    if sums.iter().all(|s| *s == 0.0) {
        report.add(
            Finding::warning("no_overlap", "the raster gives nothing to any polygon")
                .hint("does it cover the city, and is its CRS right?"),
        );
    }
    Some(ZonalSums { record, sums, outside: outside.value(), negative_pixels: negative })
}

/// Areas of raster classes in polygons.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassAreas {
    /// The raster file.
    pub record: InputRecord,
    /// Class values that occur, ascending.
    pub classes: Vec<i64>,
    /// m² of class `j` in polygon `i` at `i * classes.len() + j`.
    pub areas_m2: Vec<f64>,
    /// m² of each polygon on nodata or outside the raster.
    pub unknown_m2: Vec<f64>,
}

impl ClassAreas {
    /// Areas of the classes in polygon `i`, in the order of `classes`.
    ///
    /// # Panics
    /// If there is no polygon `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.areas_m2[i * self.classes.len()..(i + 1) * self.classes.len()]
    }
}

/// Area of every class of a categorical raster (land cover) in every polygon, m² in the working CRS.
///
/// Shares come from exact pixel fractions (weighted by the cosine of the latitude if the raster is in degrees)
/// and are multiplied by the polygon's planar area, so classes and unknown ground sum to it. `None` as in
/// [`zonal_sums`].
pub fn class_areas(
    source: &VectorSource,
    zones: &Coverage,
    crs: &WorkingCrs,
    findings: &mut Findings,
    progress: &dyn Progress,
) -> Option<ClassAreas> {
    class_areas_in_blocks(source, zones, crs, BLOCK_PIXELS, findings, progress)
}

/// As [`class_areas`], with at most about `pixels_at_once` pixels in memory (whole rows of what the polygons need).
pub fn class_areas_in_blocks(
    source: &VectorSource,
    zones: &Coverage,
    crs: &WorkingCrs,
    pixels_at_once: usize,
    findings: &mut Findings,
    progress: &dyn Progress,
) -> Option<ClassAreas> {
    let mut report = Reporter::new(source, findings);
    let (raster, path) = open_for_zones(source, crs, &mut report)?;
    let digest = DigestJob::start(&source.path);
    let mut tallies: Vec<Tally> = vec![Tally::default(); zones.len()];
    let done = for_each_block(&raster, &path, zones, pixels_at_once, progress, &mut |block| {
        // A zone belongs to one task per block and meets its blocks in order: the same bits for any thread count.
        let touched = tallies.par_iter_mut().enumerate();
        touched.filter(|(zone, _)| block.zones.binary_search(&(*zone as u32)).is_ok()).for_each(
            |(zone, tally)| {
                let weights = block.weights(zone as u32);
                let (pixels, fractions) = weights.row(0);
                for (&pixel, &fraction) in pixels.iter().zip(fractions) {
                    tally.add(
                        block.values[pixel as usize],
                        fraction * block.row_scale[pixel as usize / block.grid.cols as usize],
                    );
                }
            },
        );
    });
    let (bytes, sha256) = digest.finish();
    if let Err(error) = done {
        report.add(Finding::error("unreadable_file", error.to_string()));
        return None;
    }
    if progress.cancelled() {
        return None;
    }
    let mut classes: Vec<i64> = tallies.iter().flat_map(Tally::classes).collect();
    classes.sort_unstable();
    classes.dedup();
    let areas = zones.areas_m2();
    // Pixel-space area of each polygon: what of it lies off the raster is unknown too.
    let whole = pixel_areas(&raster, &path, zones, &mut report)?;
    let mut areas_m2 = Vec::with_capacity(zones.len() * classes.len());
    let mut unknown_m2 = Vec::with_capacity(zones.len());
    for i in 0..zones.len() {
        let known: f64 = classes.iter().map(|c| tallies[i].of(*c)).sum();
        let total = (known + tallies[i].unknown).max(whole[i]);
        let per_pixel = if total > 0.0 { areas[i] / total } else { 0.0 };
        areas_m2.extend(classes.iter().map(|c| tallies[i].of(*c) * per_pixel));
        unknown_m2.push((total - known) * per_pixel);
    }
    let lost: f64 = unknown_m2.iter().sum();
    let all: f64 = areas.iter().sum();
    if lost > 1e-6 * all {
        report.add(
            Finding::warning(
                "raster_gap",
                format!(
                    "{:.2} % of the ground ({lost:.0} m2) has no class in the raster",
                    100.0 * lost / all
                ),
            )
            .hint("does the raster cover the whole city?"),
        );
    }
    let record = record(source, &raster, &path, bytes, sha256);
    Some(ClassAreas { record, classes, areas_m2, unknown_m2 })
}

/// Pixels per class of one polygon. Land-cover codes are small numbers: they are counted without a search.
#[derive(Debug, Clone)]
struct Tally {
    small: [f64; SMALL_CLASSES],
    others: BTreeMap<i64, f64>,
    unknown: f64,
}

/// Classes below this are counted in an array.
const SMALL_CLASSES: usize = 256;

impl Default for Tally {
    fn default() -> Self {
        Self { small: [0.0; SMALL_CLASSES], others: BTreeMap::new(), unknown: 0.0 }
    }
}

impl Tally {
    fn add(&mut self, value: f64, weight: f64) {
        if value.is_nan() {
            self.unknown += weight;
            return;
        }
        let class = value.round() as i64;
        match usize::try_from(class).ok().and_then(|c| self.small.get_mut(c)) {
            Some(sum) => *sum += weight,
            None => *self.others.entry(class).or_default() += weight,
        }
    }

    fn classes(&self) -> impl Iterator<Item = i64> + '_ {
        let small = (0..SMALL_CLASSES).filter(|c| self.small[*c] > 0.0).map(|c| c as i64);
        small.chain(self.others.keys().copied())
    }

    fn of(&self, class: i64) -> f64 {
        let small = usize::try_from(class).ok().and_then(|c| self.small.get(c));
        small.copied().unwrap_or_else(|| self.others.get(&class).copied().unwrap_or(0.0))
    }
}

fn record(source: &VectorSource, raster: &Raster, path: &CrsPath, bytes: u64, sha256: String) -> InputRecord {
    InputRecord {
        role: source.role.clone(),
        path: source.shown_path(),
        layer: String::new(),
        bytes,
        sha256,
        features: (raster.width * raster.height) as u64,
        crs: path.label.clone(),
    }
}

/// Opens the raster and finds the way from the working CRS into its own. `path.label` names the raster's CRS.
fn open_for_zones(
    source: &VectorSource,
    crs: &WorkingCrs,
    report: &mut Reporter<'_>,
) -> Option<(Raster, CrsPath)> {
    let (raster, mut there, back) = open_both_ways(source, crs, report)?;
    there.label.clone_from(&back.label);
    there.geographic = back.geographic;
    Some((raster, there))
}

/// Opens the raster; the ways from the working CRS into its own, and back.
pub(crate) fn open_both_ways(
    source: &VectorSource,
    crs: &WorkingCrs,
    report: &mut Reporter<'_>,
) -> Option<(Raster, CrsPath, CrsPath)> {
    if !check_file(source, report) {
        return None;
    }
    let raster = match Raster::open(&source.path) {
        Ok(raster) => raster,
        Err(error) => {
            let text = error.to_string();
            let (message, hint) =
                text.split_once("\nhint: ").unwrap_or((&text, "the file is truncated, damaged or no raster"));
            report.add(
                Finding::error("unreadable_file", message)
                    .expected("GeoTIFF or another GDAL raster")
                    .hint(hint),
            );
            return None;
        }
    };
    let target = match (CrsSpec::parse(source.crs.as_deref()), raster.wkt()) {
        (CrsSpec::Definition(text), _) => text,
        (CrsSpec::FromLayer, Some(wkt)) => wkt.to_owned(),
        (CrsSpec::FromLayer, None) => {
            report.add(
                Finding::error(
                    "no_crs",
                    "the raster does not say its coordinate reference system and none is given",
                )
                .field("crs")
                .hint("add crs = \"EPSG:...\" to this input"),
            );
            return None;
        }
        (CrsSpec::Gcj02 | CrsSpec::Bd09, _) => {
            report.add(
                Finding::error(
                    "unknown_crs",
                    "a raster cannot be in GCJ-02 or BD-09: its pixels would not be straight",
                )
                .field("crs")
                .hint("give the CRS that the raster was made in"),
            );
            return None;
        }
    };
    let ways = CrsPath::new(&CrsSpec::Definition(target.clone()), None, crs.definition()).and_then(|back| {
        let there = CrsPath::new(&CrsSpec::Definition(crs.definition().to_owned()), None, &target)?;
        Ok(there.zip(back))
    });
    match ways {
        Ok(Some((there, back))) => Some((raster, there, back)),
        Ok(None) => None,
        Err(error) => {
            report.add(Finding::error("unknown_crs", error.to_string()).field("crs"));
            None
        }
    }
}

/// A block of pixels with the polygons that touch it.
struct Block<'a> {
    values: &'a [f64],
    /// The pixels, in pixel coordinates: each has area 1.
    grid: GridSpec,
    /// The polygons that touch the block, ascending.
    zones: &'a [u32],
    /// Every polygon alone, in pixel coordinates.
    shapes: &'a [Coverage],
    /// Relative ground area of a pixel per row of the block.
    row_scale: &'a [f64],
}

impl Block<'_> {
    /// Fractions of the block's pixels in one polygon: a matrix of one row.
    fn weights(&self, zone: u32) -> OverlapMatrix {
        overlap_grid(&self.shapes[zone as usize], &self.grid)
    }
}

/// The polygons in pixel coordinates: column to the right, row upwards negative.
fn in_pixels(raster: &Raster, path: &CrsPath, zones: &Coverage) -> Result<Coverage> {
    let [x0, dx, rx, y0, ry, dy] = raster.transform;
    let det = dx * dy - rx * ry;
    if det == 0.0 || !det.is_finite() {
        return Err(IoError::read(&raster.path, "the pixels of the raster have no size"));
    }
    let transformer: Transformer = path.transformer()?;
    let mut pixels = zones.clone();
    let mut failed = Ok(0);
    pixels.transform(|xs, ys| {
        failed = transformer.apply(xs, ys);
        for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
            let (u, v) = (*x - x0, *y - y0);
            *x = (dy * u - rx * v) / det;
            *y = -(dx * v - ry * u) / det;
        }
    });
    failed.map(|_| pixels)
}

/// Area of every polygon in pixels, weighted like the blocks.
fn pixel_areas(
    raster: &Raster,
    path: &CrsPath,
    zones: &Coverage,
    report: &mut Reporter<'_>,
) -> Option<Vec<f64>> {
    match in_pixels(raster, path, zones) {
        Ok(pixels) => Some(
            (0..pixels.len())
                .map(|i| {
                    let middle = pixels.bounds(i).map_or(0.0, |b| -f64::midpoint(b[1], b[3]));
                    pixels.area_m2(i) * row_scale(raster, path, middle)
                })
                .collect(),
        ),
        Err(error) => {
            report.add(Finding::error("crs_transformation", error.to_string()));
            None
        }
    }
}

/// Relative ground area of a pixel at a (fractional) row: the cosine of its latitude, if it is in degrees.
fn row_scale(raster: &Raster, path: &CrsPath, row: f64) -> f64 {
    if path.geographic { (raster.transform[3] + row * raster.transform[5]).to_radians().cos() } else { 1.0 }
}

fn for_each_block(
    raster: &Raster,
    path: &CrsPath,
    zones: &Coverage,
    pixels_at_once: usize,
    progress: &dyn Progress,
    work: &mut dyn FnMut(&Block<'_>),
) -> Result<()> {
    let pixels = in_pixels(raster, path, zones)?;
    let bounds: Vec<Option<[f64; 4]>> = (0..pixels.len()).map(|i| pixels.bounds(i)).collect();
    let Some([x0, y0, x1, y1]) = pixels.total_bounds() else { return Ok(()) };
    let clamp = |v: f64, max: usize| v.clamp(0.0, max as f64) as usize;
    let (col0, col1) = (clamp(x0.floor(), raster.width), clamp(x1.ceil(), raster.width));
    let (row0, row1) = (clamp((-y1).floor(), raster.height), clamp((-y0).ceil(), raster.height));
    if col0 >= col1 || row0 >= row1 {
        return Ok(());
    }
    let cols = col1 - col0;
    let shapes: Vec<Coverage> = (0..pixels.len() as u32).map(|i| pixels.reordered(&[i])).collect();
    let step = raster.rows_at_once(cols, pixels_at_once);
    progress.begin("reading raster", Some((row1 - row0) as u64));
    let mut result = Ok(());
    let mut row = row0;
    while row < row1 {
        // Blocks end where the file's own tiles end, so that no tile is decoded twice.
        let rows = (step - row % step).min(row1 - row);
        let (top, bottom) = (-(row as f64), -((row + rows) as f64));
        let touching: Vec<u32> = (0..pixels.len() as u32)
            .filter(|&i| bounds[i as usize].is_some_and(|b| b[3] > bottom && b[1] < top))
            .collect();
        match raster.read_block(1, col0, row, cols, rows) {
            Ok(values) => {
                let grid = GridSpec {
                    x_min: col0 as f64,
                    y_max: top,
                    cell: 1.0,
                    cols: cols as u32,
                    rows: rows as u32,
                };
                let row_scale: Vec<f64> =
                    (0..rows).map(|r| row_scale(raster, path, (row + r) as f64 + 0.5)).collect();
                work(&Block {
                    values: &values,
                    grid,
                    zones: &touching,
                    shapes: &shapes,
                    row_scale: &row_scale,
                });
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        progress.advance(rows as u64);
        row += rows;
        if progress.cancelled() {
            break;
        }
    }
    progress.end();
    result
}
