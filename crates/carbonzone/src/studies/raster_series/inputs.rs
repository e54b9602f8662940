//! Everything a raster series study reads but the rasters: counties, emissions per county and year, and the checks.

use super::config::{EmissionLevel, RasterSeriesPipeline};
use crate::config::JoinOn;
use crate::load::zones::ZoneSet;
use crate::load::{Notes, zones};
use crate::load_config::Loaded;
use carbonzone_io::WorkingCrs;
use carbonzone_sheet::{ColumnSpec, ReadOptions, Table, label_key, read_table};
use carbonzone_types::{Finding, Findings, Progress};
use carbonzone_zoning::henan::ratio::{Window, windows};
use std::collections::BTreeMap;

/// Counties, years, windows and totals.
pub struct Inputs {
    /// Working CRS.
    pub crs: WorkingCrs,
    /// Counties in canonical order.
    pub zones: ZoneSet,
    /// Years, ascending.
    pub years: Vec<i32>,
    /// Windows of years.
    pub windows: Vec<Window>,
    /// Emissions by region (county position, or group of counties) and year, t CO2.
    pub emissions: Vec<RegionSeries>,
}

/// Emissions of a region in every year of the study.
#[derive(Debug, Clone)]
pub struct RegionSeries {
    /// Counties of the region, by position.
    pub counties: Vec<usize>,
    /// t CO2 per year of the study; `None`: no row.
    pub emission_t: Vec<Option<f64>>,
}

/// What serde cannot see.
pub fn check_config(loaded: &Loaded<RasterSeriesPipeline>) -> Findings {
    let mut findings = Findings::new();
    let p = &loaded.pipeline;
    let mut report = |finding: Finding, keys: &[&str]| {
        findings.push(match loaded.span(keys) {
            Some(span) => finding.span(span),
            None => finding,
        });
    };
    if p.city.last_year < p.city.first_year {
        let finding = Finding::error("years", "the last year lies before the first").field("city.last_year");
        report(finding.value(p.city.last_year.to_string()), &["city", "last_year"]);
    }
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
    if !(p.aggregate.cell_m > 0.0 && p.aggregate.cell_m.is_finite()) {
        let finding = Finding::error("cell_size", "the grid cell size must be a positive number of metres");
        report(
            finding.field("aggregate.cell_m").value(p.aggregate.cell_m.to_string()),
            &["aggregate", "cell_m"],
        );
    }
    findings
}

/// Reads counties and emissions. `None`: the findings say why.
pub fn load(
    loaded: &Loaded<RasterSeriesPipeline>,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<Inputs> {
    let p = &loaded.pipeline;
    let crs = match WorkingCrs::parse(&p.city.crs) {
        Ok(crs) => crs,
        Err(e) => {
            let mut finding = Finding::error("working_crs", e.to_string())
                .field("city.crs")
                .value(&p.city.crs)
                .expected("a projected CRS in metres")
                .hint("Henan: ESRI:102025 (equal area) or EPSG:4547");
            if let Some(span) = loaded.span(&["city", "crs"]) {
                finding = finding.span(span);
            }
            notes.findings.push(finding);
            return None;
        }
    };
    let zones = zones::load_layer(loaded, &p.layers.zones, &crs, notes, progress)?;
    let years: Vec<i32> = (p.city.first_year..=p.city.last_year).collect();
    let min_years = p.risk.options.min_years as u32;
    let windows = match windows(p.city.first_year, p.city.last_year, p.risk.window_years, min_years) {
        Ok(windows) => windows,
        Err(e) => {
            notes.findings.push(Finding::error("windows", e.to_string()).field("risk.window_years"));
            return None;
        }
    };
    let emissions = emissions(loaded, &zones, &years, notes)?;
    Some(Inputs { crs, zones, years, windows, emissions })
}

fn emissions(
    loaded: &Loaded<RasterSeriesPipeline>,
    zones: &ZoneSet,
    years: &[i32],
    notes: &mut Notes,
) -> Option<Vec<RegionSeries>> {
    let config = &loaded.pipeline.emissions;
    let shown = config.path.display().to_string();
    let path = loaded.resolve(&config.path);
    if !path.exists() {
        let finding = Finding::fatal("missing_file", "no such file").layer("emissions").file(shown);
        notes.findings.push(finding.hint("paths are relative to the pipeline file"));
        return None;
    }
    let mut options = config.sheet.as_deref().map_or_else(ReadOptions::default, ReadOptions::sheet);
    options.encoding.clone_from(&config.encoding);
    let specs = [
        ColumnSpec::required("key", &[&config.key]),
        ColumnSpec::required("year", &[&config.year]),
        ColumnSpec::required("emission", &[&config.emission]),
    ];
    let table = match read_table(&path, &options, &specs) {
        Ok(table) => table,
        Err(e) => {
            notes.findings.push(e.to_finding().layer("emissions").file(shown));
            return None;
        }
    };
    if let Ok(mut record) = carbonzone_io::file_record("emissions", &path, &shown) {
        record.features = table.len() as u64;
        notes.records.push(record);
    }
    let regions = regions(loaded, zones);
    let values = rows(loaded, &table, &specs, &regions, years, &shown, notes)?;
    report_gaps(&values, &regions, years, &shown, notes);
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
            EmissionLevel::County if config.on == JoinOn::Id => label_key(&zones.ids[i]),
            EmissionLevel::County => label_key(&zones.names[i]),
            EmissionLevel::District => label_key(zones.district[i].as_deref().unwrap_or_default()),
            EmissionLevel::Total => String::new(),
        };
        out.entry(key).or_default().push(i);
    }
    out
}

fn rows(
    loaded: &Loaded<RasterSeriesPipeline>,
    table: &Table,
    specs: &[ColumnSpec; 3],
    regions: &BTreeMap<String, Vec<usize>>,
    years: &[i32],
    shown: &str,
    notes: &mut Notes,
) -> Option<Vec<Vec<Option<f64>>>> {
    let config = &loaded.pipeline.emissions;
    let mut columns = [0; 3];
    for (column, spec) in columns.iter_mut().zip(specs) {
        match table.required(spec) {
            Ok(found) => *column = found,
            Err(e) => {
                notes.findings.push(e.to_finding().layer("emissions").file(shown));
                return None;
            }
        }
    }
    let position: BTreeMap<&str, usize> = regions.keys().enumerate().map(|(i, k)| (k.as_str(), i)).collect();
    let mut values = vec![vec![None; years.len()]; regions.len()];
    let before = notes.findings.items.len();
    let mut unmatched: Vec<String> = Vec::new();
    for row in 0..table.len() {
        let name = table.text(row, columns[0]).unwrap_or_default();
        let key = if config.level == EmissionLevel::Total { String::new() } else { label_key(&name) };
        let Some(&region) = position.get(key.as_str()) else {
            if !unmatched.contains(&name) {
                unmatched.push(name);
            }
            continue;
        };
        let (year, emission) = match (table.number(row, columns[1]), table.number(row, columns[2])) {
            (Ok(year), Ok(emission)) => (year, emission),
            (Err(e), _) | (_, Err(e)) => {
                notes.findings.push(e.to_finding().layer("emissions"));
                continue;
            }
        };
        let Some(at) = year.and_then(|y| years.iter().position(|known| f64::from(*known) == y)) else {
            continue;
        };
        if let Some(v) = emission.filter(|v| *v < 0.0) {
            let finding =
                Finding::error("negative_or_nan_activity", "emissions must be ≥ 0").layer("emissions");
            notes
                .findings
                .push(finding.file(table.place(row, columns[2])).feature(name).value(v.to_string()));
            continue;
        }
        if values[region][at].is_some() {
            let finding = Finding::error("ambiguous_rows", format!("two rows for {name} in {}", years[at]));
            notes.findings.push(finding.layer("emissions").file(shown));
        }
        values[region][at] = emission.map(|v| v * config.unit.tonnes());
    }
    if !unmatched.is_empty() {
        notes.findings.push(
            Finding::error(
                "unmatched_table_rows",
                format!("rows that match no county: {}", unmatched.join(", ")),
            )
            .layer("emissions")
            .file(shown)
            .field(&config.key)
            .count(unmatched.len() as u64)
            .hint("correct the key, join on = \"name\", or set level = \"district\" or \"total\""),
        );
    }
    (notes.findings.items.len() == before).then_some(values)
}

/// Years without a value are left out of the windows (method E5: at least three are needed).
fn report_gaps(
    values: &[Vec<Option<f64>>],
    regions: &BTreeMap<String, Vec<usize>>,
    years: &[i32],
    shown: &str,
    notes: &mut Notes,
) {
    let missing: usize = values.iter().map(|v| v.iter().filter(|x| x.is_none()).count()).sum();
    if missing > 0 {
        let first = values
            .iter()
            .zip(regions.keys())
            .find_map(|(v, key)| v.iter().position(Option::is_none).map(|at| format!("{key} {}", years[at])));
        notes.findings.push(
            Finding::warning("missing_years", format!("{missing} values of county and year are missing"))
                .layer("emissions")
                .file(shown)
                .feature(first.unwrap_or_default())
                .count(missing as u64)
                .hint("a window needs at least three years; trends leave the years out"),
        );
    }
}
