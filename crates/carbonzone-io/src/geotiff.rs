//! Cloud-optimised GeoTIFF out.

use crate::crs::WorkingCrs;
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::capture;
use carbonzone_types::GridSpec;
use gdal::raster::{Buffer, ColorEntry, ColorTable, GdalType, PaletteInterpretation, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use std::path::{Path, PathBuf};

/// One Float64 band of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatBand {
    /// Description, e.g. `gross_t`.
    pub description: String,
    /// One value per cell, row-major from the north-west; NaN is nodata.
    pub values: Vec<f64>,
}

/// A categorical band of a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteBand {
    /// Description, e.g. `zone`.
    pub description: String,
    /// One value per cell, row-major from the north-west; 0 is nodata.
    pub values: Vec<u8>,
    /// Value and its colour as `#rrggbb`.
    pub palette: Vec<(u8, String)>,
    /// Value and its name.
    pub categories: Vec<(u8, String)>,
}

/// Uncompressed rasters up to this size are put together in memory, larger ones in a file beside the target.
const IN_MEMORY_BYTES: usize = 64 << 20;

/// Writes a COG in blocks of rows: no band is held whole, whatever its size.
///
/// A COG can only be made by copying, so that its tiles and overviews lie in the right order: the rows go into a
/// scratch raster first (in memory up to 64 MB, else an uncompressed tiled file beside the target that is removed
/// at the end). Bytes depend only on the content, not on the blocks. Cells never written are nodata.
///
/// # Examples
/// ```
/// use carbonzone_io::{CogWriter, WorkingCrs};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let grid = carbonzone_types::GridSpec { x_min: 0.0, y_max: 2000.0, cell: 1000.0, cols: 3, rows: 2 };
/// let crs = WorkingCrs::parse("EPSG:4549")?;
/// let mut cog = CogWriter::float(&dir.path().join("gross.tif"), &grid, &crs, &["gross_t"], &[])?;
/// cog.write_rows(1, 0, &[1.0, 2.0, f64::NAN])?;
/// cog.write_rows(1, 1, &[4.0, 5.0, 6.0])?;
/// cog.finish()?;
/// # Ok(())
/// # }
/// ```
pub struct CogWriter {
    /// Open until [`Self::finish`]; dropped before `scratch` is removed.
    raster: Dataset,
    scratch: Option<ScratchFile>,
    path: PathBuf,
    grid: GridSpec,
    options: &'static [(&'static str, &'static str)],
}

/// A file that is removed with its side files when it is no longer needed.
struct ScratchFile(PathBuf);

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // What cannot be removed is only a left-over file.
        let _ = std::fs::remove_file(&self.0);
        let mut side = self.0.clone().into_os_string();
        side.push(".aux.xml");
        let _ = std::fs::remove_file(side);
    }
}

impl CogWriter {
    /// Begins a Float64 COG in the working CRS: DEFLATE, NaN nodata, one band per description, `metadata` as tags.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn float<S: AsRef<str>>(
        path: &Path,
        grid: &GridSpec,
        crs: &WorkingCrs,
        bands: &[S],
        metadata: &[(String, String)],
    ) -> Result<Self> {
        let writer = Self::begin::<f64>(
            path,
            grid,
            crs,
            bands.len(),
            metadata,
            &[("PREDICTOR", "YES"), ("OVERVIEW_RESAMPLING", "AVERAGE")],
        )?;
        let in_memory = writer.scratch.is_none();
        writer.gdal(|raster| {
            for (i, description) in bands.iter().enumerate() {
                let mut band = raster.rasterband(i + 1)?;
                band.set_description(description.as_ref())?;
                band.set_no_data_value(Some(f64::NAN))?;
                // A tile missing in a file reads as nodata by itself.
                if in_memory {
                    band.fill(f64::NAN, None)?;
                }
            }
            Ok(())
        })?;
        Ok(writer)
    }

    /// Begins a Byte COG of classes with palette and category names; 0 is nodata. The values of `band` are not
    /// used: they follow by [`Self::write_rows`].
    ///
    /// # Errors
    /// [`IoError::Write`], also for a colour that is not `#rrggbb`.
    pub fn classes(
        path: &Path,
        grid: &GridSpec,
        crs: &WorkingCrs,
        band: &ByteBand,
        metadata: &[(String, String)],
    ) -> Result<Self> {
        let palette = colour_table(&band.palette).map_err(|e| IoError::write(path, e))?;
        let last = band.categories.iter().map(|c| c.0).max().unwrap_or(0);
        let mut names = vec![String::new(); usize::from(last) + 1];
        "nodata".clone_into(&mut names[0]);
        for (value, name) in &band.categories {
            names[usize::from(*value)].clone_from(name);
        }
        let writer = Self::begin::<u8>(path, grid, crs, 1, metadata, &[("OVERVIEW_RESAMPLING", "NEAREST")])?;
        writer.gdal(|raster| {
            let mut target = raster.rasterband(1)?;
            target.set_description(&band.description)?;
            target.set_no_data_value(Some(0.0))?;
            target.set_color_table(&palette);
            ffi::set_category_names(&target, &names)
        })?;
        Ok(writer)
    }

    fn begin<B: GdalType>(
        path: &Path,
        grid: &GridSpec,
        crs: &WorkingCrs,
        bands: usize,
        metadata: &[(String, String)],
        options: &'static [(&'static str, &'static str)],
    ) -> Result<Self> {
        let scratch = (grid.len() * bands * size_of::<B>() > IN_MEMORY_BYTES).then(|| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            ScratchFile(path.with_file_name(format!(".{name}.scratch.tif")))
        });
        let (raster, messages) = capture(|| {
            let raster = match &scratch {
                None => create::<B>("MEM", Path::new(""), grid, bands, &[])?,
                Some(file) => create::<B>(
                    "GTiff",
                    &file.0,
                    grid,
                    bands,
                    &[
                        ("TILED", "YES"),
                        ("INTERLEAVE", "BAND"),
                        ("BIGTIFF", "IF_SAFER"),
                        ("SPARSE_OK", "TRUE"),
                    ],
                )?,
            };
            georeference(raster, grid, crs, metadata)
        });
        let raster =
            raster.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
        Ok(Self { raster, scratch, path: path.to_path_buf(), grid: *grid, options })
    }

    /// Runs `work` on the scratch raster.
    fn gdal(&self, work: impl FnOnce(&Dataset) -> gdal::errors::Result<()>) -> Result<()> {
        let (result, messages) = capture(|| work(&self.raster));
        result.map_err(|e| IoError::write(&self.path, messages.summary().unwrap_or_else(|| e.to_string())))
    }

    /// Writes whole rows of a band (from 1), row-major from `first_row`, as many as `values` hold.
    ///
    /// # Errors
    /// [`IoError::Length`] if the values are not whole rows of the grid; [`IoError::Write`] (a full disk, a band that
    /// does not exist).
    pub fn write_rows<T: GdalType + Copy>(
        &mut self,
        band: usize,
        first_row: u32,
        values: &[T],
    ) -> Result<()> {
        let cols = self.grid.cols as usize;
        let rows = values.len() / cols.max(1);
        if rows * cols != values.len() || first_row as usize + rows > self.grid.rows as usize {
            let what = format!("rows from {first_row} of band {band}");
            let expected = cols * rows.clamp(1, (self.grid.rows.saturating_sub(first_row) as usize).max(1));
            return Err(IoError::Length { what, expected, found: values.len() });
        }
        self.gdal(|raster| {
            let mut buffer = Buffer::new((cols, rows), values.to_vec());
            raster.rasterband(band)?.write((0, first_row as isize), (cols, rows), &mut buffer)
        })
    }

    /// Makes the COG.
    ///
    /// # Errors
    /// [`IoError::Write`].
    pub fn finish(self) -> Result<()> {
        let Self { mut raster, scratch, path, options, .. } = self;
        let (result, messages) = capture(|| {
            raster.flush_cache()?;
            let mut list = RasterCreationOptions::new();
            // DEFLATE is in every GDAL; one thread keeps the bytes the same everywhere.
            for (key, value) in
                [("COMPRESS", "DEFLATE"), ("BLOCKSIZE", "256"), ("NUM_THREADS", "1")].iter().chain(options)
            {
                list.set_name_value(key, value)?;
            }
            let driver = DriverManager::get_driver_by_name("COG")?;
            raster.create_copy(&driver, &path, &list)?.close()?;
            // Closing writes side files: the scratch is removed after it.
            raster.close()
        });
        drop(scratch);
        result.map_err(|e| IoError::write(&path, messages.summary().unwrap_or_else(|| e.to_string())))?;
        match messages.failures.first() {
            Some(failure) => Err(IoError::write(&path, failure)),
            None => Ok(()),
        }
    }
}

/// Writes a Float64 COG in the working CRS: DEFLATE, NaN nodata, one description per band, `metadata` as tags.
/// Bytes depend only on the content.
///
/// # Errors
/// [`IoError::Length`] if a band has not one value per cell; [`IoError::Write`].
pub fn write_cog(
    path: &Path,
    grid: &GridSpec,
    crs: &WorkingCrs,
    bands: &[FloatBand],
    metadata: &[(String, String)],
) -> Result<()> {
    for band in bands {
        check_length(&band.description, grid, band.values.len())?;
    }
    let names: Vec<&str> = bands.iter().map(|b| b.description.as_str()).collect();
    let mut writer = CogWriter::float(path, grid, crs, &names, metadata)?;
    for (i, band) in bands.iter().enumerate() {
        writer.write_rows(i + 1, 0, &band.values)?;
    }
    writer.finish()
}

/// Writes a Byte COG of classes with palette and category names; 0 is nodata. Bytes depend only on the content.
///
/// # Errors
/// As [`write_cog`]; also [`IoError::Write`] for a colour that is not `#rrggbb`.
pub fn write_cog_byte(
    path: &Path,
    grid: &GridSpec,
    crs: &WorkingCrs,
    band: &ByteBand,
    metadata: &[(String, String)],
) -> Result<()> {
    check_length(&band.description, grid, band.values.len())?;
    let mut writer = CogWriter::classes(path, grid, crs, band, metadata)?;
    writer.write_rows(1, 0, &band.values)?;
    writer.finish()
}

fn colour_table(palette: &[(u8, String)]) -> std::result::Result<ColorTable<'static>, String> {
    let mut table = ColorTable::new(PaletteInterpretation::Rgba);
    table.set_color_entry(0, &ColorEntry::rgba(0, 0, 0, 0));
    for (value, hex) in palette {
        let digits =
            hex.strip_prefix('#').filter(|d| d.len() == 6).and_then(|d| u32::from_str_radix(d, 16).ok());
        let rgb = digits.ok_or_else(|| format!("colour \"{hex}\" of value {value}: expected #rrggbb"))?;
        let [_, r, g, b] = rgb.to_be_bytes().map(i16::from);
        table.set_color_entry(u16::from(*value), &ColorEntry::rgba(r, g, b, 255));
    }
    Ok(table)
}

fn check_length(what: &str, grid: &GridSpec, found: usize) -> Result<()> {
    if found == grid.len() {
        Ok(())
    } else {
        Err(IoError::Length { what: format!("band {what}"), expected: grid.len(), found })
    }
}

fn create<B: GdalType>(
    driver: &str,
    path: &Path,
    grid: &GridSpec,
    bands: usize,
    options: &[(&str, &str)],
) -> gdal::errors::Result<Dataset> {
    let mut list = RasterCreationOptions::new();
    for (key, value) in options {
        list.set_name_value(key, value)?;
    }
    let (cols, rows) = (grid.cols as usize, grid.rows as usize);
    DriverManager::get_driver_by_name(driver)?
        .create_with_band_type_with_options::<B, _>(path, cols, rows, bands, &list)
}

fn georeference(
    mut raster: Dataset,
    grid: &GridSpec,
    crs: &WorkingCrs,
    metadata: &[(String, String)],
) -> gdal::errors::Result<Dataset> {
    let srs = crs.spatial_ref().map_err(|e| gdal::errors::GdalError::BadArgument(e.to_string()))?;
    raster.set_spatial_ref(&srs)?;
    raster.set_geo_transform(&[grid.x_min, grid.cell, 0.0, grid.y_max, 0.0, -grid.cell])?;
    for (key, value) in metadata {
        raster.set_metadata_item(key, value, "")?;
    }
    Ok(raster)
}
