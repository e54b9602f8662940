//! Rasters in: opening, georeference, blocks of pixels, pixels carried to another grid.

use crate::crs::{CrsPath, CrsSpec, WorkingCrs, definition_to_spatial_ref};
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::place::PlaceCheck;
use crate::raster_band::BandPlan;
use crate::reading::Reading;
use carbonzone_types::{Finding, GridSpec};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags};
use std::path::Path;

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
            IoError::read(path, "the raster is not georeferenced\nhint: it needs a geotransform (GeoTIFF tags or a world file beside it, .tfw); one with control points only is straightened by gdalwarp")
        })?;
        let (wkt, _) =
            capture(|| dataset.spatial_ref().and_then(|s| s.to_wkt()).ok().filter(|w| !w.is_empty()));
        Ok(Self { dataset, path: path.display().to_string(), width, height, transform, wkt })
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Path as given, for messages.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Number of bands.
    pub fn bands(&self) -> usize {
        self.dataset.raster_count()
    }

    /// GDAL's affine transform: x = t0 + col·t1 + row·t2, y = t3 + col·t4 + row·t5.
    pub fn transform(&self) -> [f64; 6] {
        self.transform
    }

    /// WKT of the raster's CRS, if it has one.
    pub fn wkt(&self) -> Option<&str> {
        self.wkt.as_deref()
    }

    /// The grid as a [`GridSpec`], if it is north-up with square pixels.
    pub fn grid(&self) -> Option<GridSpec> {
        let [x0, dx, rx, y0, ry, dy] = self.transform;
        let square = rx == 0.0 && ry == 0.0 && dx > 0.0 && (dx + dy).abs() <= 1e-9 * dx;
        let (cols, rows) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        square.then_some(GridSpec { x_min: x0, y_max: y0, cell: dx, cols, rows })
    }

    /// Rows that are read at a time when `cols` columns are needed: a whole number of the file's tiles where one
    /// fits, about `pixels` in all.
    pub(crate) fn rows_at_once(&self, cols: usize, pixels: usize) -> usize {
        let rows = (pixels / cols.max(1)).clamp(1, 4096);
        let tile = self.dataset.rasterband(1).map_or(1, |b| b.block_size().1).max(1);
        if tile <= rows { rows - rows % tile } else { rows }
    }

    /// Values of a window of a band (from 1), row-major; pixels without a value (nodata, masked, infinite) are NaN, scale
    /// and offset are applied.
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
        let plan = self.plan(band)?;
        let mut values = self.read_stored(&plan, (col, row), (cols, rows))?;
        for v in &mut values {
            *v = if v.is_finite() { plan.value(*v) } else { f64::NAN };
        }
        Ok(values)
    }

    /// How a band (from 1) is to be understood.
    fn plan(&self, band: usize) -> Result<BandPlan> {
        let (plan, messages) = capture(|| self.dataset.rasterband(band).map(|b| BandPlan::of(&b, band)));
        let plan =
            plan.map_err(|e| IoError::read(&self.path, messages.summary().unwrap_or_else(|| e.to_string())))?;
        if plan.complex {
            let text =
                format!("{} holds complex numbers: one pixel is two numbers, and no amount", plan.label());
            return Err(IoError::read(&self.path, text));
        }
        Ok(plan)
    }

    /// Stored numbers of a window `(col, row)`, `(cols, rows)`, row-major; NaN where there is no value (nodata, masked). Scale
    /// and offset are not applied, infinite numbers stay.
    pub(crate) fn read_stored(
        &self,
        plan: &BandPlan,
        at: (usize, usize),
        size: (usize, usize),
    ) -> Result<Vec<f64>> {
        let fits = at.0.checked_add(size.0).is_some_and(|c| c <= self.width)
            && at.1.checked_add(size.1).is_some_and(|r| r <= self.height);
        if !fits || size.0 == 0 || size.1 == 0 {
            let text = format!(
                "window {} x {} at {}, {} is outside {} x {}",
                size.0, size.1, at.0, at.1, self.width, self.height
            );
            return Err(IoError::read(&self.path, text));
        }
        let window = (at.0 as isize, at.1 as isize);
        let (result, messages) = capture(|| {
            let band = self.dataset.rasterband(plan.number)?;
            let mut values = vec![0.0f64; size.0 * size.1];
            band.read_into_slice(window, size, size, &mut values, None)?;
            if plan.signed_bytes {
                values.iter_mut().filter(|v| **v > f64::from(i8::MAX)).for_each(|v| *v -= 256.0);
            }
            if plan.masked {
                let mut mask = vec![0u8; values.len()];
                band.open_mask_band()?.read_into_slice(window, size, size, &mut mask, None)?;
                values.iter_mut().zip(mask).filter(|(_, m)| *m == 0).for_each(|(v, _)| *v = f64::NAN);
            }
            Ok(values)
        });
        let mut values = result.map_err(|e: gdal::errors::GdalError| {
            IoError::read(&self.path, messages.summary().unwrap_or_else(|| e.to_string()))
        })?;
        values.iter_mut().filter(|v| plan.is_missing(**v)).for_each(|v| *v = f64::NAN);
        Ok(values)
    }

    /// Values of bands on another grid, resampled by GDAL: row-major, NaN where there is none, scale and offset applied.
    ///
    /// `rows` is the range of rows of `grid` to compute, so that large grids can be done in pieces; each pixel
    /// depends on its own place only, so the pieces fit together (tested). A cell whose middle lies on nodata is NaN.
    /// Pixel positions are computed once for all bands. Bands with the same nodata pixels (the months of a climate raster)
    /// come out as they would alone; where only some bands have nodata under the middle of a cell, these take the valid
    /// pixels around it.
    ///
    /// # Errors
    /// [`IoError::Read`], [`IoError::UnknownCrs`]; the raster must have a CRS or `source_crs` be given.
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
}

impl Resample {
    fn code(self) -> gdal_sys::GDALResampleAlg::Type {
        use gdal_sys::GDALResampleAlg as A;
        match self {
            Self::Nearest => A::GRA_NearestNeighbour,
            Self::Bilinear => A::GRA_Bilinear,
            Self::Average => A::GRA_Average,
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

/// Opens the raster; the ways from the working CRS into its own, and back.
pub(crate) fn open_both_ways(reading: &mut Reading<'_>) -> Option<(Raster, CrsPath, CrsPath)> {
    let Reading { source, crs, .. } = *reading;
    let raster = match Raster::open(&source.path) {
        Ok(raster) => raster,
        Err(error) => {
            let text = error.to_string();
            let (message, hint) =
                text.split_once("\nhint: ").unwrap_or((&text, "the file is truncated, damaged or no raster"));
            return reading.refuse(
                Finding::error("unreadable_file", message)
                    .expected("GeoTIFF or another GDAL raster")
                    .hint(hint),
            );
        }
    };
    let target = match (CrsSpec::parse(source.crs.as_deref()), raster.wkt()) {
        (CrsSpec::Definition(text), _) => text,
        (CrsSpec::FromLayer, Some(wkt)) => wkt.to_owned(),
        (CrsSpec::FromLayer, None) => {
            let message = "the raster does not say its coordinate reference system and none is given";
            return reading.refuse(
                Finding::error("no_crs", message).field("crs").hint("add crs = \"EPSG:...\" to this input"),
            );
        }
        (CrsSpec::Gcj02 | CrsSpec::Bd09, _) => {
            let message = "a raster cannot be in GCJ-02 or BD-09: its pixels would not be straight";
            return reading.refuse(
                Finding::error("unknown_crs", message)
                    .field("crs")
                    .hint("give the CRS that the raster was made in"),
            );
        }
    };
    let ways = CrsPath::new(&CrsSpec::Definition(target.clone()), None, crs.definition()).and_then(|back| {
        let there = CrsPath::new(&CrsSpec::Definition(crs.definition().to_owned()), None, &target)?;
        Ok(there.zip(back))
    });
    match ways {
        Ok(Some((there, back))) => {
            // The middle stands for all pixels.
            let ([t0, dx, rx, t3, ry, dy], (cols, rows)) = (raster.transform, raster.size());
            let (col, row) = (cols as f64 / 2.0, rows as f64 / 2.0);
            let mut place = PlaceCheck::default();
            place.see_one(&back, crs, t0 + col * dx + row * rx, t3 + col * ry + row * dy);
            place.report_kinds(reading, &back).then_some((raster, there, back))
        }
        Ok(None) => None,
        Err(error) => reading.refuse(Finding::error("unknown_crs", error.to_string()).field("crs")),
    }
}
