//! What of a finished run can be loaded into a map: files, tables, styles, groups, themes.

use crate::error::{Doing, Result};
use crate::out_dir::{named, read_manifest};
use carbonzone_report::qgis::{LayerGroup, LayerKind, LayerList};
use carbonzone_report::{LAYER_LIST, Label};
use carbonzone_types::RunManifest;
use serde::Serialize;
use std::path::{Path, PathBuf};

pub use carbonzone_report::qgis::ListedLayer;

/// Version of the list: it changes when a field changes its meaning.
const FORMAT: u32 = 1;

/// A run for programs that show it.
#[derive(Debug, Clone, Serialize)]
pub struct RunLayers {
    /// Version of this list.
    pub format: u32,
    /// Folder of the run, in which all files are.
    pub run_dir: PathBuf,
    /// Name of the run.
    pub name: String,
    /// Title of the place.
    pub title: Label,
    /// Working CRS of layers and rasters.
    pub crs: String,
    /// True if any input is not real.
    pub synthetic: bool,
    /// Years, if the run has any.
    pub years: Vec<i32>,
    /// Project file of QGIS, if it was drawn.
    pub project: Option<String>,
    /// Report page, if it was drawn.
    pub report: Option<String>,
    /// Table of townships or counties.
    pub zones_table: String,
    /// Layers, groups, themes.
    #[serde(flatten)]
    pub list: LayerList,
}

/// The list of a run folder. Of a run without maps it has the tables of the GeoPackage, without styles.
///
/// # Errors
/// If the folder holds no run, or its files cannot be read.
pub fn read(run_dir: &Path) -> Result<RunLayers> {
    let manifest = read_manifest(run_dir)?;
    let path = run_dir.join(LAYER_LIST);
    let drawn = manifest.outputs.iter().any(|o| o.path == LAYER_LIST);
    let list = if drawn {
        let text = std::fs::read_to_string(&path).doing("read", &path)?;
        serde_json::from_str(&text).doing("read", &path)?
    } else {
        tables(&manifest, run_dir)?
    };
    let there = |name: String| run_dir.join(&name).is_file().then_some(name);
    Ok(RunLayers {
        format: FORMAT,
        run_dir: run_dir.to_path_buf(),
        title: Label::new(manifest.title_en, manifest.title_zh),
        crs: manifest.crs,
        synthetic: manifest.synthetic,
        years: manifest.years,
        project: there(format!("{}.qgz", manifest.name)),
        report: there("report.html".to_owned()),
        name: manifest.name,
        zones_table: manifest.zones_layer,
        list,
    })
}

/// Tables of the GeoPackage as they are.
fn tables(manifest: &RunManifest, run_dir: &Path) -> Result<LayerList> {
    let gpkg = named(run_dir, &manifest.name, "gpkg");
    if !gpkg.is_file() {
        return Ok(LayerList::default());
    }
    let layer = |table: String| ListedLayer {
        id: format!("lyr_table_{table}"),
        kind: LayerKind::Vector,
        group: "tables".to_owned(),
        name: Label::same(table.clone()),
        file: format!("{}.gpkg", manifest.name),
        visible: table == manifest.zones_layer,
        table: Some(table),
        filter: None,
        band: None,
        field: None,
        style: None,
        meaning: Label::default(),
        temporal: false,
    };
    let names = carbonzone_io::layer_names(&gpkg)?;
    Ok(LayerList {
        groups: vec![LayerGroup { key: "tables".to_owned(), name: Label::new("Layers", "图层") }],
        layers: names.into_iter().filter(|n| n != "layer_styles").map(layer).collect(),
        themes: Vec::new(),
    })
}
