//! Yearly rasters on the study's grid.

use super::config::{RasterSeriesPipeline, YearlyRaster};
use crate::load::Notes;
use crate::load_config::Loaded;
use carbonzone_inventory::equations::ecosystem::annual_respirations_gc_m2;
use carbonzone_io::{Raster, Resample, WorkingCrs};
use carbonzone_types::{Finding, GridSpec};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// Cells whose months are held at a time: 24 numbers each, 25 MB.
const MONTH_CELLS: u32 = 1 << 17;

/// Reads the rasters of one year onto the grid of the study.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    loaded: &'a Loaded<RasterSeriesPipeline>,
    crs: &'a WorkingCrs,
    grid: GridSpec,
}

/// An open raster and how its values come onto the grid.
struct Source<'a> {
    role: &'a str,
    raster: &'a YearlyRaster,
    opened: Raster,
    /// First column and row of the grid in a raster with the same cells and CRS; `None`: it is resampled.
    window: Option<(usize, usize)>,
}

impl<'a> Reader<'a> {
    /// A reader for one grid.
    pub fn new(loaded: &'a Loaded<RasterSeriesPipeline>, crs: &'a WorkingCrs, grid: GridSpec) -> Self {
        Self { loaded, crs, grid }
    }

    /// The first band of a year on the grid, scaled; NaN where there is no value. `None`: the file is not there (see
    /// [`report_missing`]) or cannot be read (a finding says so), and the year is left out.
    pub fn band(
        &self,
        role: &str,
        raster: &YearlyRaster,
        year: i32,
        resample: Resample,
        notes: &mut Notes,
    ) -> Option<Vec<f64>> {
        let source = self.open(role, raster, year, notes)?;
        self.read(&source, &[1], resample, 0..self.grid.rows, notes)?.pop()
    }

    /// Soil respiration of a year, g C/m²: from its raster, or from twelve months of temperature and precipitation.
    pub fn respiration(&self, year: i32, notes: &mut Notes) -> Option<Vec<f64>> {
        let layers = &self.loaded.pipeline.layers;
        if let Some(raster) = &layers.respiration {
            return self.band("respiration", raster, year, Resample::Average, notes);
        }
        let t = self.months("temperature", layers.temperature.as_ref()?, year, notes);
        let r = self.months("precipitation", layers.precipitation.as_ref()?, year, notes);
        let (t, r) = (t?, r?);
        let step = (MONTH_CELLS / self.grid.cols.max(1)).max(1);
        let mut out = Vec::with_capacity(self.grid.len());
        let bands: Vec<usize> = (1..=12).collect();
        for first in (0..self.grid.rows).step_by(step as usize) {
            let rows = first..(first + step).min(self.grid.rows);
            let t = self.read(&t, &bands, Resample::Bilinear, rows.clone(), notes)?;
            let r = self.read(&r, &bands, Resample::Bilinear, rows, notes)?;
            out.append(&mut annual_respirations_gc_m2(&t, &r));
        }
        Some(out)
    }

    /// A raster of twelve bands.
    fn months<'b>(
        &self,
        role: &'b str,
        raster: &'b YearlyRaster,
        year: i32,
        notes: &mut Notes,
    ) -> Option<Source<'b>> {
        let source = self.open(role, raster, year, notes)?;
        if source.opened.bands() < 12 {
            let message = format!("{role} of {year} has {} bands", source.opened.bands());
            return notes.findings.refuse(
                Finding::error("monthly_bands", message)
                    .layer(role)
                    .file(file_name(raster, year))
                    .expected("12 bands, January first"),
            );
        }
        Some(source)
    }

    fn open<'b>(
        &self,
        role: &'b str,
        raster: &'b YearlyRaster,
        year: i32,
        notes: &mut Notes,
    ) -> Option<Source<'b>> {
        let shown = file_name(raster, year);
        let path = self.loaded.resolve(Path::new(&shown));
        if !path.exists() {
            return None;
        }
        match Raster::open(&path) {
            Ok(opened) => {
                if let Ok(mut record) = carbonzone_io::file_record(role, &path, &shown) {
                    record.features = (opened.size().0 * opened.size().1) as u64;
                    notes.records.push(record);
                }
                let window = self.window_on(&opened).filter(|_| self.same_crs(&opened, raster));
                Some(Source { role, raster, opened, window })
            }
            Err(e) => notes
                .findings
                .refuse(Finding::error("unreadable_file", e.to_string()).layer(role).file(shown)),
        }
    }

    /// Rows of several bands on the grid, scaled, without what lies outside the valid range.
    fn read(
        &self,
        source: &Source<'_>,
        bands: &[usize],
        resample: Resample,
        rows: Range<u32>,
        notes: &mut Notes,
    ) -> Option<Vec<Vec<f64>>> {
        let Source { role, raster, opened, window } = source;
        let values = if let Some((col, row)) = window {
            let (first, cols) = (row + rows.start as usize, self.grid.cols as usize);
            bands.iter().map(|band| opened.read_block(*band, *col, first, cols, rows.len())).collect()
        } else {
            // A mean over valid and invalid counts would be neither: with a valid range the nearest pixel is taken.
            let masked = raster.valid_min.is_some() || raster.valid_max.is_some();
            let how = if masked { Resample::Nearest } else { resample };
            say_resampled(role, opened, how, notes);
            opened.read_bands_on_grid(bands, raster.crs.as_deref(), &self.grid, self.crs, how, rows)
        };
        match values {
            Ok(mut values) => {
                for v in values.iter_mut().flatten() {
                    let low = raster.valid_min.is_some_and(|m| *v < m);
                    let high = raster.valid_max.is_some_and(|m| *v > m);
                    *v = if low || high { f64::NAN } else { *v * raster.scale };
                }
                Some(values)
            }
            Err(e) => notes.findings.refuse(Finding::error("unreadable_file", e.to_string()).layer(*role)),
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
}

/// Rasters that do not lie on the grid.
fn say_resampled(role: &str, opened: &Raster, how: Resample, notes: &mut Notes) {
    let (cols, rows) = opened.size();
    let message = format!("{role} rasters ({cols} × {rows} pixels) are carried to the grid: {how:?}");
    notes.findings.push(Finding::info("resampled", message).layer(role));
}

/// Adds what was noted in one year: what holds for all years is said once, a file of all years is recorded once.
pub fn merge(notes: &mut Notes, year: Notes) {
    for finding in year.findings.items {
        let said = |f: &Finding| f.code == finding.code && f.layer == finding.layer;
        if finding.code != "resampled" || !notes.findings.items.iter().any(said) {
            notes.findings.push(finding);
        }
    }
    for record in year.records {
        if !notes.records.iter().any(|r| r.path == record.path && r.role == record.role) {
            notes.records.push(record);
        }
    }
    notes.ledger.rows.extend(year.ledger.rows);
}

/// Names every raster that is not there: the year is left out.
pub fn report_missing(loaded: &Loaded<RasterSeriesPipeline>, notes: &mut Notes) {
    let p = &loaded.pipeline;
    let layers = [
        ("light", Some(&p.layers.light)),
        ("built_up", p.layers.built_up.as_ref()),
        ("npp", Some(&p.layers.npp)),
        ("respiration", p.layers.respiration.as_ref()),
        ("temperature", p.layers.temperature.as_ref()),
        ("precipitation", p.layers.precipitation.as_ref()),
    ];
    let mut named = BTreeSet::new();
    for (role, raster) in layers {
        let Some(raster) = raster else { continue };
        for year in p.city.years() {
            let shown = file_name(raster, year);
            if !loaded.resolve(Path::new(&shown)).exists() && named.insert((role, shown.clone())) {
                let message = format!("there is no {role} raster of {year}");
                let hint = "the year is left out; a window needs at least three years";
                notes
                    .findings
                    .push(Finding::warning("missing_year", message).layer(role).file(shown).hint(hint));
            }
        }
    }
}

/// File of a year, as the user wrote it.
fn file_name(raster: &YearlyRaster, year: i32) -> String {
    raster.path.replace("{year}", &year.to_string())
}
