//! Cloud-optimised GeoTIFF out.

use crate::crs::WorkingCrs;
use crate::error::{IoError, Result};
use crate::ffi;
use crate::gdal_log::capture;
use carbonzone_types::GridSpec;
use gdal::raster::{Buffer, ColorEntry, ColorTable, GdalType, PaletteInterpretation, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use std::path::Path;

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
    let build = || -> gdal::errors::Result<Dataset> {
        let mut mem = memory_dataset::<f64>(grid, crs, bands.len(), metadata)?;
        for (i, band) in bands.iter().enumerate() {
            let mut target = mem.rasterband(i + 1)?;
            target.set_description(&band.description)?;
            target.set_no_data_value(Some(f64::NAN))?;
            let size = (grid.cols as usize, grid.rows as usize);
            target.write((0, 0), size, &mut Buffer::new(size, band.values.clone()))?;
        }
        mem.flush_cache()?;
        Ok(mem)
    };
    copy_to_cog(path, build, &[("PREDICTOR", "YES"), ("OVERVIEW_RESAMPLING", "AVERAGE")])
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
    let palette = colour_table(&band.palette).map_err(|e| IoError::write(path, e))?;
    let last = band.categories.iter().map(|c| c.0).max().unwrap_or(0);
    let mut names = vec![String::new(); usize::from(last) + 1];
    "nodata".clone_into(&mut names[0]);
    for (value, name) in &band.categories {
        names[usize::from(*value)].clone_from(name);
    }
    let build = || -> gdal::errors::Result<Dataset> {
        let mut mem = memory_dataset::<u8>(grid, crs, 1, metadata)?;
        {
            let mut target = mem.rasterband(1)?;
            target.set_description(&band.description)?;
            target.set_no_data_value(Some(0.0))?;
            target.set_color_table(&palette);
            ffi::set_category_names(&target, &names)?;
            let size = (grid.cols as usize, grid.rows as usize);
            target.write((0, 0), size, &mut Buffer::new(size, band.values.clone()))?;
        }
        mem.flush_cache()?;
        Ok(mem)
    };
    copy_to_cog(path, build, &[("OVERVIEW_RESAMPLING", "NEAREST")])
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

fn memory_dataset<B: GdalType>(
    grid: &GridSpec,
    crs: &WorkingCrs,
    bands: usize,
    metadata: &[(String, String)],
) -> gdal::errors::Result<Dataset> {
    let driver = DriverManager::get_driver_by_name("MEM")?;
    let mut mem = driver.create_with_band_type::<B, _>("", grid.cols as usize, grid.rows as usize, bands)?;
    let srs = crs.spatial_ref().map_err(|e| gdal::errors::GdalError::BadArgument(e.to_string()))?;
    mem.set_spatial_ref(&srs)?;
    mem.set_geo_transform(&[grid.x_min, grid.cell, 0.0, grid.y_max, 0.0, -grid.cell])?;
    for (key, value) in metadata {
        mem.set_metadata_item(key, value, "")?;
    }
    Ok(mem)
}

fn copy_to_cog(
    path: &Path,
    build: impl FnOnce() -> gdal::errors::Result<Dataset>,
    options: &[(&str, &str)],
) -> Result<()> {
    let (result, messages) = capture(|| {
        let mem = build()?;
        let mut list = RasterCreationOptions::new();
        // DEFLATE is in every GDAL; one thread keeps the bytes the same everywhere.
        for (key, value) in
            [("COMPRESS", "DEFLATE"), ("BLOCKSIZE", "256"), ("NUM_THREADS", "1")].iter().chain(options)
        {
            list.set_name_value(key, value)?;
        }
        let copy = mem.create_copy(&DriverManager::get_driver_by_name("COG")?, path, &list)?;
        copy.close()
    });
    result.map_err(|e| IoError::write(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    match messages.failures.first() {
        Some(failure) => Err(IoError::write(path, failure)),
        None => Ok(()),
    }
}
