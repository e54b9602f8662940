//! Land-cover areas per county and year, by exact pixel coverage.

use super::config::{CountiesPipeline, LandCoverRaster};
use crate::load::zones::ZoneSet;
use crate::load::{Notes, Reading};
use crate::load_config::Loaded;
use carbonzone_inventory::equations::county::LandCoverArea;
use carbonzone_io::{ClassAreas, VectorSource};
use carbonzone_types::{Finding, LedgerRow, Stage};
use std::collections::BTreeMap;

/// Areas of one year.
#[derive(Debug, Clone)]
pub struct YearCover {
    pub year: i32,
    /// Classes with their area per county, m² on the study's area basis.
    pub areas: Vec<LandCoverArea>,
}

/// Reads the raster of every year; `scale` turns planar areas into those of the study. `None`: the findings say why.
pub fn load(
    reading: Reading<'_, CountiesPipeline>,
    zones: &ZoneSet,
    scale: &[f64],
    notes: &mut Notes,
) -> Option<Vec<YearCover>> {
    let Reading { loaded, .. } = reading;
    let p = &loaded.pipeline;
    let mut out = Vec::new();
    let mut complete = true;
    for year in p.city.years() {
        let Some(raster) = p.layers.land_cover.iter().find(|r| r.year == year) else {
            let finding =
                Finding::error("land_cover_year", format!("there is no land-cover raster for {year}"));
            notes
                .findings
                .push(finding.field("layers.land_cover").hint("add a [[layers.land_cover]] with this year"));
            complete = false;
            continue;
        };
        match one_year(reading, raster, zones, scale, notes) {
            Some(cover) => out.push(cover),
            None => complete = false,
        }
    }
    complete.then_some(out)
}

fn one_year(
    reading: Reading<'_, CountiesPipeline>,
    raster: &LandCoverRaster,
    zones: &ZoneSet,
    scale: &[f64],
    notes: &mut Notes,
) -> Option<YearCover> {
    let Reading { loaded, .. } = reading;
    let mut source = VectorSource::new(&format!("land_cover {}", raster.year), loaded.resolve(&raster.path));
    source.shown = raster.path.display().to_string();
    source.crs.clone_from(&raster.crs);
    let wanted = reading.wanted(&source);
    let found = notes.take(loaded.layers.class_areas(wanted, &zones.coverage))?;
    notes.records.push(found.record.clone());
    let unknown: f64 = found.unknown_m2.iter().zip(scale).map(|(a, k)| a * k).sum();
    // Less than a square metre is rounding of the pixel fractions.
    if unknown > 1.0 {
        let row =
            LedgerRow { count: None, ..LedgerRow::counted(Stage::Drop, "land_cover", 0.0, "").m2(unknown) };
        notes.ledger.push(row.note(format!("{}: ground without a class", raster.year)));
    }
    report_unlisted(loaded, raster, &found, notes);
    Some(YearCover { year: raster.year, areas: by_class(&loaded.pipeline.sinks.classes, &found, scale) })
}

/// Areas by class key; several values may share one. A value that is not listed is called `value_<n>`.
fn by_class(names: &BTreeMap<String, String>, found: &ClassAreas, scale: &[f64]) -> Vec<LandCoverArea> {
    let mut areas: Vec<LandCoverArea> = Vec::new();
    for (j, value) in found.classes.iter().enumerate() {
        let key = names.get(&value.to_string()).cloned().unwrap_or_else(|| format!("value_{value}"));
        let column = scale.iter().enumerate().map(|(i, k)| found.row(i)[j] * k);
        match areas.iter_mut().find(|a| a.land_type == key) {
            Some(known) => known.area_m2.iter_mut().zip(column).for_each(|(sum, a)| *sum += a),
            None => areas.push(LandCoverArea { land_type: key, area_m2: column.collect() }),
        }
    }
    areas
}

fn report_unlisted(
    loaded: &Loaded<CountiesPipeline>,
    raster: &LandCoverRaster,
    found: &ClassAreas,
    notes: &mut Notes,
) {
    let names = &loaded.pipeline.sinks.classes;
    let unlisted: Vec<String> =
        found.classes.iter().map(i64::to_string).filter(|v| !names.contains_key(v)).collect();
    if !unlisted.is_empty() {
        let message = format!("values without a class: {}", unlisted.join(", "));
        notes.findings.push(
            Finding::warning("unknown_land_cover", message)
                .input("land_cover", &raster.path)
                .field("sinks.classes")
                .count(unlisted.len() as u64)
                .hint("they absorb nothing; name them in [sinks.classes]"),
        );
    }
}
