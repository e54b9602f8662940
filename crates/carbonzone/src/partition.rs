//! A city made ready for an engine: read, checked and mended as by a run, then written as parts of parcels with their proxies.

use crate::compute;
use crate::error::{Doing, Error, Result};
use crate::layers::Files;
use crate::load::Inputs;
use crate::load_config::Loaded;
use crate::run::{Config, load, ready};
use carbonzone_io::{areas_m2, size_and_sha256, write_geoparquet, write_geoparquet_part};
use carbonzone_scale::{FORMAT, Part, Plan, Unit, hilbert, sector_order};
use carbonzone_types::{AttributeTable, Checked, ColumnData, Finding, Findings, Progress, ProxyKind};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Parcels of one part unless another number is asked for.
pub const ROWS: usize = 65_536;
/// The plan of a city.
pub const PLAN: &str = "plan.json";
/// Its zones.
pub const ZONES: &str = "zones.parquet";

/// Folder of a city below that of a province.
fn folder_of(city: &str) -> String {
    format!("city={city}")
}

/// Pipeline files of what is named: files themselves, of a folder its `pipeline.toml`, or those of the folders in it.
///
/// Everything that is wrong is told: a folder without any, and two that make a city of the same name.
///
/// # Errors
/// Findings that block.
pub fn pipelines(named: &[PathBuf]) -> Result<Vec<PathBuf>, Findings> {
    let mut findings = Findings::new();
    let mut out = Vec::new();
    for path in named {
        let inside = |folder: &Path| Some(folder.join("pipeline.toml")).filter(|p| p.is_file());
        if !path.is_dir() {
            out.push(path.clone());
            continue;
        }
        let mut found: Vec<PathBuf> = match (inside(path), path.read_dir()) {
            (Some(own), _) => vec![own],
            (None, Ok(entries)) => entries.flatten().filter_map(|e| inside(&e.path())).collect(),
            (None, Err(_)) => Vec::new(),
        };
        found.sort();
        if found.is_empty() {
            let message = "there is no pipeline.toml in this folder, nor in the folders of it";
            findings.push(
                Finding::fatal("no_city", message)
                    .file(path.display().to_string())
                    .hint("name pipeline files, or a folder with one folder per city"),
            );
        }
        out.extend(found);
    }
    let mut of_city: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
    for path in &out {
        if let Some(config) = Config::read(path, &[]).value {
            of_city.entry(config.name().to_owned()).or_default().push(path);
        }
    }
    for (city, paths) in of_city.iter().filter(|(_, paths)| paths.len() > 1) {
        let list: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        let message = format!("several pipeline files make the city \"{city}\": {}", list.join(", "));
        findings.push(
            Finding::error("duplicate_city", message)
                .field("city.name")
                .value(city.clone())
                .expected("a name of its own for every city")
                .hint("rename one of them, or leave it out"),
        );
    }
    if findings.items.is_empty() { Ok(out) } else { Err(findings) }
}

/// What the folder of a province holds.
const RECORD: &str = "province.json";

/// What became of the cities of a province.
#[derive(Debug, Default)]
pub struct Province {
    /// Plans of those that were made ready.
    pub cities: Vec<Plan>,
    /// Those that were refused: pipeline file, name, findings.
    pub refused: Vec<(PathBuf, Option<String>, Findings)>,
}

/// A folder that is put in its place when it is complete; before that, nothing of it stays.
struct Making(Option<PathBuf>);

impl Making {
    fn begin(out: &Path) -> Result<Self> {
        if out.symlink_metadata().is_ok() {
            let hint = "choose another folder, or remove it first";
            return Err(Error::Refused(format!("{} exists\nhint: {hint}", out.display())));
        }
        let name = out.file_name().ok_or_else(|| Error::Refused("--out must name a folder".to_owned()))?;
        let folder = out.with_file_name(format!("{}.partial", name.display()));
        let stopped = "if a partition was stopped there, remove it";
        std::fs::create_dir(&folder).part(|| format!("cannot make {}: {stopped}", folder.display()))?;
        Ok(Self(Some(folder)))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    fn finish(mut self, out: &Path) -> Result<()> {
        std::fs::rename(self.path(), out).doing("make", out)?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            // What is half made is of no use to anybody.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes the cities of pipeline files ready, each in a folder of its own below `out`, which must not be there yet. `set` changes values of
/// every pipeline file; `tell` is given each city's findings, and whether it was made ready. Nothing is written if no city is.
///
/// # Errors
/// If the observer asks to stop, or a file cannot be written; nothing stays then.
pub fn province(
    files: &[PathBuf],
    set: &[String],
    (out, rows): (&Path, usize),
    observer: &dyn Progress,
    tell: &mut dyn FnMut(&Path, &Findings, bool),
) -> Result<Province> {
    let making = Making::begin(out)?;
    let mut all = Province::default();
    for pipeline in files {
        let read = Config::read(pipeline, set);
        let name = read.value.as_ref().map(|config| config.name().to_owned());
        let checked = match read.value {
            Some(config) => {
                let folder = making.path().join(folder_of(config.name()));
                std::fs::create_dir(&folder).doing("make", &folder)?;
                let made = partition(&config, &folder, rows, observer).doing("write", out)?;
                if made.value.is_none() {
                    std::fs::remove_dir_all(&folder)?;
                }
                made
            }
            None => Checked::refused(read.findings),
        };
        if observer.cancelled() {
            return Err(Error::Cancelled);
        }
        tell(pipeline, &checked.findings, checked.value.is_some());
        match checked.value {
            Some(plan) => all.cities.push(plan),
            None => all.refused.push((pipeline.clone(), name, checked.findings)),
        }
    }
    if !all.cities.is_empty() {
        let city = |p: &Plan| json!({ "city": p.city, "parcels": p.parcels, "parts": p.parts.len() });
        let refused = |(pipeline, city, findings): &(PathBuf, Option<String>, Findings)| json!({ "city": city, "pipeline": pipeline, "findings": findings });
        let record = json!({
            "format": FORMAT,
            "cities": all.cities.iter().map(city).collect::<Vec<_>>(),
            "failed": all.refused.iter().map(refused).collect::<Vec<_>>(),
        });
        std::fs::write(making.path().join(RECORD), serde_json::to_vec_pretty(&record)?)?;
        making.finish(out)?;
    }
    Ok(all)
}

/// Writes the parts of a city into a folder that exists and is empty: `plan.json`, `zones.parquet`, `part-*.parquet`.
///
/// Parcels lie along a Hilbert curve, `rows` in each part. What a run would refuse is refused here, with the same findings.
///
/// # Errors
/// If a file cannot be written.
fn partition(config: &Config, folder: &Path, rows: usize, observer: &dyn Progress) -> Result<Checked<Plan>> {
    let loaded = load(config, Files, observer);
    let Some(inputs) = loaded.value else { return Ok(Checked::refused(loaded.findings)) };
    let Some((config, inputs, mut notes)) = ready(inputs) else {
        return Ok(Checked::refused(other_study(config)));
    };
    let before = notes.ledger.clone();
    let placed = compute::place(&inputs, &mut notes, observer);
    let sectors = sector_order(inputs.rules.iter().map(|r| r.sector.as_str()));
    let grid = crate::grid::choose(&config, &inputs, sectors.len(), &mut notes);
    notes.findings.items.extend(left_out(&config));
    let (Some(_), Some(grid)) = (placed, grid) else { return Ok(Checked::refused(notes.findings)) };
    if notes.findings.blocks() || observer.cancelled() {
        return Ok(Checked::refused(notes.findings));
    }
    observer.begin("write parts", None);
    let proxies = used_proxies(&inputs);
    let order = along_the_curve(&inputs);
    let parts = order
        .chunks(rows.max(1))
        .enumerate()
        .map(|(k, part)| write_part(&inputs, &proxies, folder, k, part))
        .collect::<Result<Vec<Part>>>()?;
    let units = units(&config, &inputs)?;
    let zones = zones_file(&inputs, &units, folder)?;
    let p = &config.pipeline;
    let plan = Plan {
        format: FORMAT,
        program: format!("carbonzone {}", env!("CARGO_PKG_VERSION")),
        city: p.city.name.clone(),
        title_en: p.city.title_en.clone(),
        title_zh: p.city.title_zh.clone(),
        year: p.city.years().last().copied(),
        crs: inputs.crs.definition().to_owned(),
        label: label(&config),
        zones_layer: p.layers.zones.kind.clone(),
        gdp_unit: inputs.zones.gdp_unit.plain(),
        units,
        zones,
        space_types: inputs.parcels.space_types.clone(),
        proxies,
        rules: inputs.rules.clone(),
        point_sources: inputs.point_sources.clone(),
        grid,
        zoning: p.zoning.clone(),
        parcels: inputs.parcels.ids.len() as u64,
        parts,
        findings: notes.findings.clone(),
        ledger: before,
    };
    std::fs::write(folder.join(PLAN), serde_json::to_vec_pretty(&plan)?)?;
    observer.end();
    Ok(Checked { value: Some(plan), findings: notes.findings, ledger: notes.ledger })
}

fn other_study(config: &Config) -> Finding {
    Finding::error("partition_study", "only a study of parcels can be cut into parts")
        .file(config.path().display().to_string())
        .field("study")
        .hint("counties and raster series are small: run them as they are")
}

/// Sections that are computed from the classes of one run, and not from parts.
fn left_out(config: &Loaded) -> Option<Finding> {
    let p = &config.pipeline;
    let there = [
        ("uncertainty", p.uncertainty.is_some()),
        ("compensation", p.compensation.is_some()),
        ("scenario", !p.scenario.is_empty()),
        ("statistics", p.statistics.is_some()),
    ];
    let names: Vec<&str> = there.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    let message = || format!("sections that are not computed from parts: {}", names.join(", "));
    (!names.is_empty()).then(|| {
        Finding::info("left_out_of_parts", message()).hint("run the city with `carbonzone run` for them")
    })
}

fn label(config: &Loaded) -> Option<String> {
    let city = &config.pipeline.city;
    [("synthetic", city.synthetic), ("illustrative", city.illustrative)]
        .into_iter()
        .find_map(|(word, is)| is.then(|| word.to_owned()))
}

/// Proxies that rules name, with their units; the area is there anyway.
fn used_proxies(inputs: &Inputs) -> BTreeMap<String, String> {
    let named = inputs.rules.iter().flat_map(|r| &r.proxies).filter(|p| p.kind() != ProxyKind::Area);
    named
        .filter_map(|p| Some((p.as_str().to_owned(), inputs.proxies.get(p.as_str())?.unit.clone())))
        .collect()
}

/// Parcels along the Hilbert curve through their box; where two begin at one place, in canonical order.
fn along_the_curve(inputs: &Inputs) -> Vec<u32> {
    let coverage = &inputs.parcels.coverage;
    let whole = coverage.total_bounds().unwrap_or_default();
    let place = |i: u32| {
        let [x0, y0, x1, y1] = coverage.bounds(i as usize).unwrap_or_default();
        hilbert(whole, [f64::midpoint(x0, x1), f64::midpoint(y0, y1)])
    };
    let mut order: Vec<(u32, u32)> = (0..coverage.len() as u32).map(|i| (place(i), i)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

fn write_part(
    inputs: &Inputs,
    proxies: &BTreeMap<String, String>,
    folder: &Path,
    number: usize,
    rows: &[u32],
) -> Result<Part> {
    let p = &inputs.parcels;
    let pick = |values: &[f64]| ColumnData::Real(rows.iter().map(|&i| Some(values[i as usize])).collect());
    let text =
        |of: &dyn Fn(usize) -> String| ColumnData::Text(rows.iter().map(|&i| Some(of(i as usize))).collect());
    let mut table = AttributeTable::new()
        .with("row", ColumnData::Int(rows.iter().map(|&i| Some(i64::from(i))).collect()))
        .with("unit_id", text(&|i| p.ids[i].to_owned()))
        .with("space_type", text(&|i| p.space_types[p.space_type[i] as usize].clone()))
        .with("area_m2", pick(&p.area_m2));
    for name in proxies.keys() {
        if let Some(column) = inputs.proxies.get(name) {
            table.push(name, pick(&column.values));
        }
    }
    let file = format!("part-{number:05}.parquet");
    write_geoparquet_part(&folder.join(&file), &p.coverage.reordered(rows), &table, &inputs.crs)?;
    part(folder, file, rows.len())
}

fn part(folder: &Path, file: String, rows: usize) -> Result<Part> {
    let (bytes, sha256) = size_and_sha256(&folder.join(&file))?;
    Ok(Part { file, rows: rows as u64, bytes, sha256 })
}

fn units(config: &Loaded, inputs: &Inputs) -> Result<Vec<Unit>> {
    let z = &inputs.zones;
    let [planar, ellipsoidal] = areas_m2(&z.coverage, &inputs.crs)?;
    let basis = match config.pipeline.city.area {
        crate::config::AreaBasis::Planar => planar.clone(),
        crate::config::AreaBasis::Ellipsoidal => ellipsoidal,
    };
    let unit = |i: usize| Unit {
        unit_id: z.ids[i].clone(),
        name: z.names[i].clone(),
        name_en: z.names_en[i].clone(),
        district: z.district[i].clone(),
        district_en: z.district_en[i].clone(),
        area_m2: basis[i],
        planar_m2: planar[i],
        population_persons: z.population[i],
        gdp: z.gdp[i],
        gdp_derived: z.gdp_derived[i],
    };
    Ok((0..z.ids.len()).map(unit).collect())
}

fn zones_file(inputs: &Inputs, units: &[Unit], folder: &Path) -> Result<Part> {
    let ids: Vec<String> = units.iter().map(|u| u.unit_id.clone()).collect();
    let table = AttributeTable::new().with("unit_id", ColumnData::texts(&ids));
    write_geoparquet(&folder.join(ZONES), &inputs.zones.coverage, &table, &inputs.crs)?;
    part(folder, ZONES.to_owned(), units.len())
}
