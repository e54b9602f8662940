//! Everything a raster series study reads but the rasters: counties, emissions per county and year, and the checks.

mod data;

pub use data::{Inputs, RegionSeries};

use super::config::{EmissionLevel, RasterSeriesPipeline};
use crate::check_pipeline::check_cell;
use crate::config::JoinOn;
use crate::load::zones::ZoneSet;
use crate::load::{Notes, Reading, working_crs, zones};
use crate::load_config::Loaded;
use crate::studies::place::{self, Areas, Years};
use crate::studies::table_in::{TableFile, TableIn};
use crate::{compensation, reference};
use carbonzone_sheet::{KeyIndex, KeyMatch, normalise_text};
use carbonzone_types::{Finding, Findings, Progress};
use carbonzone_zoning::ratio::windows;
use std::collections::BTreeMap;

/// What serde cannot see.
pub fn check_config(loaded: &Loaded<RasterSeriesPipeline>) -> Findings {
    let p = &loaded.pipeline;
    let mut findings = place::check(loaded, &p.city, Years::Many, true);
    crate::names::check_zones_layer(loaded, &p.layers.zones.kind, &mut findings);
    let mut report = |finding: Finding, keys: &[&str]| {
        findings.push(loaded.at(finding, keys));
    };
    if p.risk.window_years == 0 {
        let finding =
            Finding::error("window_years", "a window needs at least one year").field("risk.window_years");
        report(finding, &["risk", "window_years"]);
    }
    if let Err(e) = p.risk.options.validate() {
        report(Finding::error("risk_options", e.to_string()), &["risk", "options"]);
    }
    let layers = &p.layers;
    if layers.respiration.is_none() && (layers.temperature.is_none() || layers.precipitation.is_none()) {
        let finding = Finding::error("respiration", "soil respiration cannot be computed")
            .field("layers")
            .expected("[layers.respiration], or [layers.temperature] and [layers.precipitation] with twelve bands each");
        report(finding, &["layers"]);
    }
    check_cell(loaded, &p.aggregate, &mut findings);
    crate::check_ranges::check_series(loaded, &mut findings);
    findings.items.extend(super::uncertainty::check(loaded));
    let known = compensation::Known { years: p.city.years(), gdp: p.layers.zones.gives_gdp() };
    findings.extend(compensation::check(loaded, p.compensation.as_ref(), &known));
    findings.extend(crate::statistics::config::check(p.statistics.as_ref()));
    let sectors = vec!["energy".to_owned(), "land".to_owned()];
    let known = reference::Known { sectors, years: p.city.years() };
    findings.extend(reference::check(loaded, &p.reference, &known));
    findings
}

/// Reads counties and emissions. `None`: the findings say why.
pub fn load(
    loaded: &Loaded<RasterSeriesPipeline>,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Inputs> {
    let p = &loaded.pipeline;
    let crs = working_crs(loaded, &p.city, Some(&p.layers.zones.source), notes)?;
    let zones = zones::load_layer(Reading { loaded, crs: &crs, progress }, &p.layers.zones, notes)?;
    let areas = Areas::of(&p.city, &zones.coverage, &crs, notes)?;
    let years = p.city.years();
    let (first, last) = (*years.first()?, *years.last()?);
    let min_years = p.risk.options.min_years as u32;
    let windows = match windows(first, last, p.risk.window_years, min_years) {
        Ok(windows) => windows,
        Err(e) => {
            return notes
                .findings
                .refuse(Finding::error("windows", e.to_string()).field("risk.window_years"));
        }
    };
    let emissions = emissions(loaded, &zones, &years, notes)?;
    Some(Inputs { crs, zones, areas, years, windows, emissions })
}

fn emissions(
    loaded: &Loaded<RasterSeriesPipeline>,
    zones: &ZoneSet,
    years: &[i32],
    notes: &mut Notes,
) -> Option<Vec<RegionSeries>> {
    let config = &loaded.pipeline.emissions;
    let file = TableFile {
        role: "emissions",
        path: &config.path,
        sheet: config.sheet.as_deref(),
        encoding: config.encoding.as_deref(),
        filter: config.filter.as_deref(),
    };
    let table = TableIn::read(loaded, file, &[&config.key, &config.year, &config.emission], notes)?;
    let regions = regions(loaded, zones);
    let values = rows(loaded, &table, &regions, years, notes)?;
    report_gaps(&table, &values, &regions, years, notes);
    Some(
        regions
            .into_values()
            .zip(values)
            .map(|(counties, emission_t)| RegionSeries { counties, emission_t })
            .collect(),
    )
}

/// Regions by normalised key, with their counties.
fn regions(loaded: &Loaded<RasterSeriesPipeline>, zones: &ZoneSet) -> BTreeMap<String, Vec<usize>> {
    let config = &loaded.pipeline.emissions;
    let mut out: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for i in 0..zones.ids.len() {
        let key = match config.level {
            EmissionLevel::County if config.on == JoinOn::Id => normalise_text(&zones.ids[i]),
            EmissionLevel::County => normalise_text(&zones.names[i]),
            EmissionLevel::District => normalise_text(zones.district[i].as_deref().unwrap_or_default()),
            EmissionLevel::Total => String::new(),
        };
        out.entry(key).or_default().push(i);
    }
    out
}

fn rows(
    loaded: &Loaded<RasterSeriesPipeline>,
    table: &TableIn,
    regions: &BTreeMap<String, Vec<usize>>,
    years: &[i32],
    notes: &mut Notes,
) -> Option<Vec<Vec<Option<f64>>>> {
    let config = &loaded.pipeline.emissions;
    let total = config.level == EmissionLevel::Total;
    let names: Vec<String> = regions.keys().cloned().collect();
    let row_keys: Vec<String> =
        (0..table.len()).map(|row| if total { String::new() } else { table.text(row, 0) }).collect();
    let index = KeyIndex::new(&names, row_keys.iter().map(String::as_str));
    let mut values = vec![vec![None; years.len()]; regions.len()];
    let mut seen = BTreeMap::new();
    let before = notes.findings.items.len();
    let mut unmatched: Vec<String> = Vec::new();
    for (row, key) in row_keys.iter().enumerate() {
        let name = table.text(row, 0);
        let found = index.find(key);
        if found == KeyMatch::Several {
            let message = index.several_words(key, &names);
            notes.findings.push(table.finding("ambiguous_rows", &message).feature(name));
            continue;
        }
        let Some(region) = found.one() else {
            if !unmatched.contains(&name) {
                unmatched.push(name);
            }
            continue;
        };
        let (year, emission) = (table.year(row, 1, notes), table.amount(row, 2, notes));
        let (Some(year), Some(emission)) = (year, emission) else { continue };
        // A table may hold more years than the study.
        let Some(at) = years.iter().position(|known| *known == year) else { continue };
        if let Some(first) = seen.insert((region, at), name.clone()) {
            let message = format!("two rows for {} in {year}: {first} and {name}", names[region]);
            notes.findings.push(table.finding("ambiguous_rows", &message).feature(name));
        }
        values[region][at] = emission.map(|v| config.unit.in_tonnes(v));
    }
    if !unmatched.is_empty() {
        let hint = "correct the key, join on = \"name\", or set level = \"district\" or \"total\"";
        notes.findings.push(table.unmatched(&unmatched, hint));
    }
    (notes.findings.items.len() == before).then_some(values)
}

/// Years without a value are left out of the windows (docs/method.md §13: at least three are needed).
fn report_gaps(
    table: &TableIn,
    values: &[Vec<Option<f64>>],
    regions: &BTreeMap<String, Vec<usize>>,
    years: &[i32],
    notes: &mut Notes,
) {
    let missing: usize = values.iter().map(|v| v.iter().filter(|x| x.is_none()).count()).sum();
    if missing > 0 {
        let first = values
            .iter()
            .zip(regions.keys())
            .find_map(|(v, key)| v.iter().position(Option::is_none).map(|at| format!("{key} {}", years[at])));
        notes.findings.push(
            table
                .warning("missing_years", &format!("{missing} values of county and year are missing"))
                .feature(first.unwrap_or_default())
                .count(missing as u64)
                .hint("a window needs at least three years; trends leave the years out"),
        );
    }
}
