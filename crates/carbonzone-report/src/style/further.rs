//! Maps beside the figures: every quantity of every layer for the report page, grid fields, rasters.

use super::catalog::{Builder, indicator_meaning};
use super::classify::{Classes, classify};
use super::content::Figure;
use super::model::{MapLayerKind, MapStyle};
use crate::palette::Meaning;
use crate::{Label, MapData, MapLayer, RasterContent, RasterFile, RenderOptions, ReportError, Result};
use carbonzone_types::money;
use rayon::prelude::*;

/// Further maps: every sector of every layer, and the other quantities of zones and grid. Classes are those of `pool`: the data
/// of all years.
///
/// # Errors
/// [`ReportError::Breaks`] if classes cannot be found.
pub fn further_maps(data: &MapData, pool: &MapData, options: &RenderOptions) -> Result<Vec<Figure>> {
    let layers = [
        (MapLayerKind::Zones, Some(&data.zones)),
        (MapLayerKind::Grid, data.grid.as_ref()),
        (MapLayerKind::Parcels, data.parcels.as_ref()),
    ];
    further_of(&Builder { data, pool, options }, &layers)
}

/// [`further_maps`] for the QGIS project, and which zones are near a threshold.
///
/// # Errors
/// [`ReportError::Breaks`] if classes cannot be found.
pub fn project_maps(data: &MapData, options: &RenderOptions) -> Result<Vec<Figure>> {
    let mut out = further_maps(data, data, options)?;
    out.extend(Builder { data, pool: data, options }.borderline());
    Ok(out)
}

fn further_of(build: &Builder<'_>, layers: &[(MapLayerKind, Option<&MapLayer>)]) -> Result<Vec<Figure>> {
    let sectors = build.data.manifest.sectors.iter().map(|s| format!("{s}_t"));
    let zones = &build.data.zones.table;
    let others = [
        "sink_t",
        "gross_t_km2",
        "gross_t_per_person",
        money::column_of(zones, money::PER_GDP),
        "population_persons",
        money::column_of(zones, money::GDP),
    ];
    let fields: Vec<String> =
        ["gross_t".to_owned()].into_iter().chain(sectors).chain(others.map(str::to_owned)).collect();
    let mut wanted: Vec<(MapLayerKind, &MapLayer, &str)> = Vec::new();
    for (kind, layer) in layers.iter().copied() {
        let Some(layer) = layer else { continue };
        if layer.has("net_t") && kind == MapLayerKind::Zones {
            wanted.push((kind, layer, "net_t"));
        }
        if kind == MapLayerKind::Parcels && layer.has("net_t_ha") {
            // The other one is the figure.
            wanted.push((kind, layer, if build.options.parcel_totals { "net_t_ha" } else { "net_t" }));
        }
        for field in &fields {
            let known = match (kind, field.as_str()) {
                (MapLayerKind::Zones, "gross_t" | "sink_t") | (MapLayerKind::Grid, "gross_t_km2") => true,
                _ => layer.table.numbers(field).is_none_or(|v| v.iter().flatten().all(|v| *v == 0.0)),
            };
            if !known {
                wanted.push((kind, layer, field));
            }
        }
    }
    let one = |(kind, layer, field): &(MapLayerKind, &MapLayer, &str)| match *field {
        "net_t" | "net_t_ha" => build.net(&format!("{}_{field}", layer.name), *kind, layer, field),
        field => build.plain(*kind, layer, field).map(Some),
    };
    let found: Result<Vec<Option<Figure>>> = wanted.par_iter().map(one).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The style of a grid field that is no figure of its own; `None` without grid or field.
///
/// # Errors
/// [`ReportError::Breaks`] if classes cannot be found.
pub(crate) fn grid_field_style(
    data: &MapData,
    field: &str,
    options: &RenderOptions,
) -> Result<Option<MapStyle>> {
    let Some(grid) = data.grid.as_ref().filter(|g| g.has(field)) else { return Ok(None) };
    let figure = Builder { data, pool: data, options }.plain(MapLayerKind::Grid, grid, field)?;
    Ok(figure.map().cloned())
}

/// The style of a raster that shows a quantity of its own. Rasters of the same quantity and unit (the years of a
/// series) share their classes: one legend holds for all of them.
///
/// # Errors
/// [`ReportError::Breaks`] if classes cannot be found.
pub(crate) fn raster_values_style(
    raster: &RasterFile,
    all: &[RasterFile],
    options: &RenderOptions,
) -> Result<MapStyle> {
    let RasterContent::Values { key, label_en, label_zh, unit, thresholds, .. } = &raster.content else {
        return Err(ReportError::Breaks {
            layer: raster.file.clone(),
            field: String::new(),
            reason: "the raster has no values of its own".to_owned(),
        });
    };
    let alike = |other: &RasterFile| match &other.content {
        RasterContent::Values { key: k, unit: u, sample, .. } if k == key && u == unit => {
            Some(sample.clone())
        }
        _ => None,
    };
    let samples = all.iter().filter_map(alike).flatten();
    let values: Vec<Option<f64>> = samples.map(|v| v.is_finite().then_some(v)).collect();
    let scale = classify(&Classes {
        layer: &raster.file,
        field: key,
        values: &values,
        forced: thresholds,
        logarithmic: options.scale.is_log(false, &values) && thresholds.iter().all(|t| *t > 0.0),
        exact_pivot: false,
        k: options.classes,
        method: options.breaks,
        meaning: match (key.as_str(), thresholds.len()) {
            // A rising ratio of sources to sinks is the bad side too.
            ("slope" | "gi_star", 1) => Meaning::Net,
            (_, 1) => indicator_meaning(key, true),
            _ => Meaning::Emission,
        },
        palette: options.palette,
        factor: 1.0,
        sides: None,
    })?;
    Ok(MapStyle {
        layer: MapLayerKind::Grid,
        field: key.clone(),
        expression: None,
        heading: Label::new(label_en.clone(), label_zh.clone()),
        unit: Label::same(unit.clone()),
        factor: 1.0,
        scale,
    })
}
