//! Yearly rasters on the study's grid.

use super::config::{RasterSeriesPipeline, YearlyRaster};
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_io::{Raster, Resample, WorkingCrs};
use carbonzone_types::{Finding, GridSpec};
use carbonzone_zoning::henan::respiration::annual_respiration_gc_m2;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Reads rasters onto one grid and remembers what was said already.
pub struct Reader<'a> {
    loaded: &'a Loaded<RasterSeriesPipeline>,
    crs: &'a WorkingCrs,
    grid: GridSpec,
    recorded: BTreeSet<PathBuf>,
    said: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// A reader for one grid.
    pub fn new(loaded: &'a Loaded<RasterSeriesPipeline>, crs: &'a WorkingCrs, grid: GridSpec) -> Self {
        Self { loaded, crs, grid, recorded: BTreeSet::new(), said: BTreeSet::new() }
    }

    /// One band of a year on the grid, scaled; NaN where there is no value. `None`: the file is not there or cannot be
    /// read; a finding says so, and the year is left out.
    pub fn band(
        &mut self,
        role: &str,
        raster: &YearlyRaster,
        year: i32,
        band: usize,
        resample: Resample,
        notes: &mut Notes,
    ) -> Option<Vec<f64>> {
        let opened = self.open(role, raster, year, notes)?;
        self.read(role, &opened, raster, band, resample, notes)
    }

    /// Soil respiration of a year, g C/m²: from its raster, or from twelve months of temperature and precipitation.
    pub fn respiration(&mut self, year: i32, notes: &mut Notes) -> Option<Vec<f64>> {
        let layers = &self.loaded.pipeline.layers;
        if let Some(raster) = &layers.respiration {
            return self.band("respiration", raster, year, 1, Resample::Average, notes);
        }
        let (temperature, precipitation) = (layers.temperature.as_ref()?, layers.precipitation.as_ref()?);
        let t = self.months("temperature", temperature, year, notes)?;
        let r = self.months("precipitation", precipitation, year, notes)?;
        let at = |months: &[Vec<f64>], cell: usize| -> [f64; 12] { std::array::from_fn(|m| months[m][cell]) };
        Some(
            (0..self.grid.len()).map(|cell| annual_respiration_gc_m2(&at(&t, cell), &at(&r, cell))).collect(),
        )
    }

    /// Twelve bands.
    fn months(
        &mut self,
        role: &str,
        raster: &YearlyRaster,
        year: i32,
        notes: &mut Notes,
    ) -> Option<Vec<Vec<f64>>> {
        let opened = self.open(role, raster, year, notes)?;
        if opened.bands() < 12 {
            let finding =
                Finding::error("monthly_bands", format!("{role} of {year} has {} bands", opened.bands()));
            notes
                .findings
                .push(finding.layer(role).file(file_name(raster, year)).expected("12 bands, January first"));
            return None;
        }
        (1..=12).map(|band| self.read(role, &opened, raster, band, Resample::Bilinear, notes)).collect()
    }

    fn open(&mut self, role: &str, raster: &YearlyRaster, year: i32, notes: &mut Notes) -> Option<Raster> {
        let shown = file_name(raster, year);
        let path = self.loaded.resolve(Path::new(&shown));
        if !path.exists() {
            let finding = Finding::warning("missing_year", format!("there is no {role} raster of {year}"));
            notes.findings.push(
                finding
                    .layer(role)
                    .file(shown)
                    .hint("the year is left out; a window needs at least three years"),
            );
            return None;
        }
        match Raster::open(&path) {
            Ok(opened) => {
                if self.recorded.insert(path.clone())
                    && let Ok(mut record) = carbonzone_io::file_record(role, &path, &shown)
                {
                    record.features = (opened.size().0 * opened.size().1) as u64;
                    notes.records.push(record);
                }
                Some(opened)
            }
            Err(e) => {
                notes.findings.push(Finding::error("unreadable_file", e.to_string()).layer(role).file(shown));
                None
            }
        }
    }

    fn read(
        &mut self,
        role: &str,
        opened: &Raster,
        raster: &YearlyRaster,
        band: usize,
        resample: Resample,
        notes: &mut Notes,
    ) -> Option<Vec<f64>> {
        let masked = raster.valid_min.is_some() || raster.valid_max.is_some();
        let window = self.window_on(opened).filter(|_| self.same_crs(opened, raster));
        let values = if let Some((col, row)) = window {
            opened.read_block(band, col, row, self.grid.cols as usize, self.grid.rows as usize)
        } else {
            // A mean over valid and invalid counts would be neither: with a valid range the nearest pixel is taken.
            let how = if masked { Resample::Nearest } else { resample };
            self.say_resampled(role, opened, how, notes);
            opened.read_on_grid(band, raster.crs.as_deref(), &self.grid, self.crs, how, 0..self.grid.rows)
        };
        match values {
            Ok(mut values) => {
                for v in &mut values {
                    let low = raster.valid_min.is_some_and(|m| *v < m);
                    let high = raster.valid_max.is_some_and(|m| *v > m);
                    *v = if low || high { f64::NAN } else { *v * raster.scale };
                }
                Some(values)
            }
            Err(e) => {
                notes.findings.push(Finding::error("unreadable_file", e.to_string()).layer(role));
                None
            }
        }
    }

    /// First column and row of the grid in a raster with the same cells that covers it.
    fn window_on(&self, opened: &Raster) -> Option<(usize, usize)> {
        let (own, theirs) = (&self.grid, opened.grid()?);
        let (col, row) = ((own.x_min - theirs.x_min) / own.cell, (theirs.y_max - own.y_max) / own.cell);
        let whole = |v: f64| (v - v.round()).abs() < 1e-6 && v.round() >= 0.0;
        let fits = theirs.cell == own.cell
            && whole(col)
            && whole(row)
            && col.round() + f64::from(own.cols) <= f64::from(theirs.cols)
            && row.round() + f64::from(own.rows) <= f64::from(theirs.rows);
        fits.then(|| (col.round() as usize, row.round() as usize))
    }

    fn same_crs(&self, opened: &Raster, raster: &YearlyRaster) -> bool {
        let text = raster.crs.as_deref().or(opened.wkt());
        text.and_then(|t| WorkingCrs::parse(t).ok()).is_some_and(|crs| crs.wkt() == self.crs.wkt())
    }

    /// Once per role: rasters that do not lie on the grid.
    fn say_resampled(&mut self, role: &str, opened: &Raster, how: Resample, notes: &mut Notes) {
        if self.said.insert(role.to_owned()) {
            let (cols, rows) = opened.size();
            let message = format!("{role} rasters ({cols} × {rows} pixels) are carried to the grid: {how:?}");
            notes.findings.push(Finding::info("resampled", message).layer(role));
        }
    }
}

/// File of a year, as the user wrote it.
pub fn file_name(raster: &YearlyRaster, year: i32) -> String {
    raster.path.replace("{year}", &year.to_string())
}
