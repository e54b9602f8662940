//! Figures, styles, QGIS project and report of a run, in memory or on disk.

use crate::config::{Language, Outputs};
use crate::error::{Doing, Error, Result};
use crate::exchange::{Exchange, Kept};
use crate::out_dir::{named, read_manifest};
use crate::{manifest, out_dir};
use carbonzone_io::LayerStyle;
use carbonzone_report::{
    Lang, MapData, MapLayer, RasterContent, RasterFile, RenderOptions, Rendered, StudyExtras,
};
use carbonzone_types::{AttributeTable, Progress, RunManifest, money};
use carbonzone_zoning::{IndexInputs, WhatIf, ZoningConfig, classify, indices};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Options of a run.
pub fn options(outputs: &Outputs) -> RenderOptions {
    RenderOptions { lang: lang(outputs.language), dpi: outputs.dpi, ..RenderOptions::default() }
}

/// The language of outputs.
pub fn lang(language: Language) -> Lang {
    match language {
        Language::En => Lang::En,
        Language::Zh => Lang::Zh,
        Language::Both => Lang::Both,
    }
}

/// Writes figures, styles, project and report into a run folder; tells the observer what the user must look at.
///
/// # Errors
/// If something cannot be drawn or written.
pub fn render(
    data: &MapData,
    options: &RenderOptions,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<Rendered> {
    let mut rendered = carbonzone_report::render(data, options, dir, progress).part(|| "maps and report")?;
    progress.begin("write styles", None);
    let gpkg = named(dir, &data.manifest.name, "gpkg");
    let styles: Vec<LayerStyle> = std::mem::take(&mut rendered.layer_styles)
        .into_iter()
        .map(|s| LayerStyle {
            table: s.table,
            name: s.name,
            qml: s.qml,
            default: s.default,
            description: s.description,
        })
        .collect();
    carbonzone_io::write_layer_styles(&gpkg, &styles).part(|| "styles in the GeoPackage")?;
    progress.end();
    for warning in &rendered.warnings {
        progress.say(&format!("warning: {warning}"));
    }
    for finding in &rendered.findings {
        let hint = finding.hint.as_deref().unwrap_or_default();
        progress.say(&format!("warning: {}\nhint: {hint}", finding.message));
    }
    Ok(rendered)
}

/// Reads a run back from its GeoPackage.
///
/// # Errors
/// If the folder holds no run, or a layer cannot be read.
pub fn read_run(dir: &Path) -> Result<MapData> {
    read(dir, true)
}

/// The units of a run alone: no parcels, no grid.
///
/// # Errors
/// If the folder holds no run, or the layer cannot be read.
pub fn read_units(dir: &Path) -> Result<MapData> {
    read(dir, false)
}

fn read(dir: &Path, all_layers: bool) -> Result<MapData> {
    let manifest = read_manifest(dir)?;
    let gpkg = named(dir, &manifest.name, "gpkg");
    let layer = |name: &str| -> Result<MapLayer> {
        let (coverage, table) = carbonzone_io::read_own_layer(&gpkg, name)
            .part(|| format!("cannot read layer \"{name}\" of {}", gpkg.display()))?;
        Ok(MapLayer { name: name.to_owned(), coverage: Arc::new(coverage), cells: None, table })
    };
    let detail = manifest.pipeline["outputs"]["parcels"].as_str().unwrap_or("full").to_owned();
    let names = carbonzone_io::layer_names(&gpkg)?;
    let has = |name: &str| names.iter().any(|n| n == name);
    let zones = layer(&manifest.zones_layer)?;
    let more = More::read(dir)?;
    Ok(MapData {
        what_if: more.what_if,
        parcels: (all_layers && detail == "full" && has("parcels")).then(|| layer("parcels")).transpose()?,
        grid: (all_layers && has(&manifest.grid_layer)).then(|| layer(&manifest.grid_layer)).transpose()?,
        zones,
        dissolved: has("zones").then(|| "zones".to_owned()),
        rasters: more.rasters,
        study: more.study,
        vector_files: vec![(format!("{}.geojson", manifest.zones_layer), manifest.zones_layer.clone())],
        manifest,
    })
}

/// File of a run folder with what the maps need beside the layers.
const MORE: &str = "maps.json";

/// What a report shows that does not stand in the layers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct More {
    rasters: Vec<RasterFile>,
    what_if: Vec<WhatIf>,
    study: StudyExtras,
}

impl More {
    /// Values of the rasters are taken anew from their files.
    fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(MORE);
        let text = std::fs::read_to_string(&path).doing("read", &path)?;
        let mut more: Self = serde_json::from_str(&text).doing("read", &path)?;
        for raster in &mut more.rasters {
            if let RasterContent::Values { sample: some, cells: all, .. } = &mut raster.content {
                let opened = carbonzone_io::Raster::open(&dir.join(&raster.file))?;
                let (cols, rows) = opened.size();
                let values = opened.read_block(raster.band as usize, 0, 0, cols, rows)?;
                (*some, *all) = (sample(&values), cells(&values));
            }
        }
        Ok(more)
    }
}

/// Writes what `carbonzone maps` needs later beside the layers.
///
/// # Errors
/// If the file cannot be written.
pub fn write_more(data: &MapData, dir: &Path) -> Result<()> {
    let more =
        More { rasters: data.rasters.clone(), what_if: data.what_if.clone(), study: data.study.clone() };
    let path = dir.join(MORE);
    std::fs::write(&path, serde_json::to_string(&more)?).doing("write", &path)
}

/// Largest number of values handed to the style model per raster.
const SAMPLE: usize = 20_000;

/// Evenly taken known values, with the smallest and the largest.
pub fn sample(values: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let step = known.len().div_ceil(SAMPLE).max(1);
    let mut out: Vec<f64> = known.iter().step_by(step).copied().collect();
    out.extend(known.last());
    out
}

/// Most cells that the report page shows of a raster.
const SHOWN_CELLS: usize = 500_000;

/// Every value, for the page; none of a raster too large for it.
pub fn cells(values: &[f64]) -> Option<Arc<[f64]>> {
    (values.len() <= SHOWN_CELLS).then(|| values.into())
}

/// Change of one number that the zone story of the report asks about, percent.
const WHAT_IF_PCT: f64 = 5.0;

/// What class each zone would be if one of its numbers were 5 % different; empty if the scheme does not apply.
pub fn what_if(manifest: &RunManifest, zones: &AttributeTable) -> Vec<WhatIf> {
    let config =
        serde_json::from_value::<ZoningConfig>(manifest.pipeline["zoning"].clone()).unwrap_or_default();
    let numbers = |field: &str| zones.numbers(field).unwrap_or_default();
    let plain = |field: &str| numbers(field).into_iter().map(Option::unwrap_or_default).collect::<Vec<f64>>();
    let (gross_t, sink_t, gdp) =
        (plain("gross_t"), plain("sink_t"), numbers(money::column_of(zones, money::GDP)));
    let inputs = IndexInputs { unit_ids: None, gross_t: &gross_t, sink_t: &sink_t, gdp: Some(&gdp) };
    let story = || {
        let scheme = config.resolve()?;
        let options = scheme.index_options(config.gdp_total);
        let zoning = classify(&scheme, &[&indices(&inputs, &options)?])?;
        carbonzone_zoning::what_if(&scheme, &zoning, &inputs, &options, WHAT_IF_PCT)
    };
    story().unwrap_or_default()
}

/// Draws figures, styles, project and report of a finished run anew, with the options given; nothing is computed again.
/// They are drawn into a new folder, which takes over what is not drawn; then the two folders are exchanged. `command` is
/// what others who want the folder are told; the observer is told which files of the user are kept.
///
/// # Errors
/// If the run cannot be read, the folder is in use, or a file cannot be written.
pub fn redraw(
    run_dir: &Path,
    options: &RenderOptions,
    command: &str,
    progress: &dyn Progress,
) -> Result<RunManifest> {
    let out = out_dir::begin_maps(run_dir, &read_manifest(run_dir)?, command)?;
    say_kept(&out.recovered, run_dir, progress);
    let mut data = read_run(run_dir)?;
    manifest::redact_record(&mut data.manifest);
    let gpkg = format!("{}.gpkg", data.manifest.name);
    // The styles are written into a copy: the old file stays as it is until the exchange.
    std::fs::copy(run_dir.join(&gpkg), out.path().join(&gpkg)).doing("copy", &run_dir.join(&gpkg))?;
    render(&data, options, out.path(), progress)?.note_in(&mut data.manifest);
    let manifest = take_over(data.manifest, run_dir, &out)?;
    if progress.cancelled() {
        return Err(Error::Cancelled);
    }
    out_dir::write_manifest(&manifest, out.path())?;
    say_kept(&out.finish()?, run_dir, progress);
    Ok(manifest)
}

fn say_kept(kept: &[Kept], run_dir: &Path, progress: &dyn Progress) {
    for line in out_dir::kept_lines(kept, run_dir) {
        progress.say(&line);
    }
}

/// Takes over the files that were not drawn anew; gives the manifest with all files of ours.
fn take_over(mut manifest: RunManifest, run_dir: &Path, out: &Exchange) -> Result<RunManifest> {
    let drawn = |path: &Path| path.starts_with("figures") || out.path().join(path).exists();
    for path in out.unchanged()?.iter().filter(|p| !drawn(p)) {
        out.carry(path)?;
    }
    let outputs = manifest::outputs(out.path(), Vec::new())?;
    // A table that was edited stays where it is, and stays recorded as it was written.
    manifest.outputs.retain(|o| {
        let there = run_dir.join(&o.path).symlink_metadata().is_ok();
        there && !drawn(Path::new(&o.path)) && !o.what.is_empty()
    });
    manifest.outputs.extend(outputs);
    manifest.outputs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(manifest)
}

/// The language of a run.
pub fn language_of(manifest: &RunManifest) -> Language {
    serde_json::from_value(manifest.pipeline["outputs"]["language"].clone()).unwrap_or_default()
}
