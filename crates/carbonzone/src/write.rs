//! Writes the run folder: layers, tables, rasters, then the maps.

use crate::compute::Results;
use crate::config::{AreaBasis, Outputs, ParcelDetail, ParcelFormat};
use crate::load::Inputs;
use crate::out_dir::named;
use crate::run::Run;
use crate::studies::Parcels;
use crate::{gdp_proxies, maps, tables, workbook};
use anyhow::Context;
use carbonzone_geom::{Coverage, overlap_grid};
use carbonzone_inventory::Inventory;
use carbonzone_io::{ByteBand, FloatBand, GpkgWriter, TableView, WorkingCrs};
use carbonzone_report::{MapData, MapLayer, RasterContent, RasterFile};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{AttributeTable, ColumnData, GridSpec, Ledger, Progress, RunManifest};
use std::path::Path;
use std::sync::Arc;

/// Writes everything but `run.json`.
pub fn write_all(
    run: &Run<Parcels>,
    dir: &Path,
    outputs: &Outputs,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let Run { config, inputs, results, record: manifest } = run;
    let p = &config.pipeline;
    let crs = &inputs.crs;
    let zones_planar = inputs.zones.coverage.areas_m2();
    let zones_ellipsoidal = carbonzone_io::ellipsoidal_areas_m2(&inputs.zones.coverage, crs)?;
    let zone_area = if p.city.area == AreaBasis::Planar { &zones_planar } else { &zones_ellipsoidal };
    let zone_table = tables::zones(inputs, results, &zones_planar, &zones_ellipsoidal, p.city.area);
    let (class_codes, class_table) = tables::zone_classes(inputs, results, zone_area);
    let (cells, cell_table) = tables::cells(results);
    let coarse = (outputs.parcels == ParcelDetail::Coarse).then(|| coarse_parcels(inputs, results)).flatten();
    let parcel_table = match &coarse {
        Some((_, table)) => table.into(),
        None => tables::parcels(inputs, results, p.city.area),
    };
    let parcel_shapes = coarse.as_ref().map_or(&*inputs.parcels.coverage, |(cells, _)| cells);

    progress.begin("write GeoTIFF", None);
    write_grid_tif(dir, results, crs, manifest)?;
    write_zones_tif(dir, results, crs, manifest)?;
    progress.begin("write tables", None);
    let zones_name = &manifest.zones_layer;
    let shared = tables::labelled(&zone_table, manifest.synthetic);
    write_csv_bom(&named(dir, zones_name, "csv"), &shared)?;
    write_xlsx(&named(dir, zones_name, "xlsx"), &workbook::sheets(manifest, &shared))?;
    let ledger = tables::ledger(&Ledger { rows: manifest.ledger.clone() });
    write_csv_bom(&dir.join("ledger.csv"), &tables::labelled(&ledger, manifest.synthetic))?;
    let mut study = carbonzone_report::StudyExtras::default();
    if let (Some(derived), Some(by_proxy)) =
        (&inputs.derived_gdp, gdp_proxies::side_by_side(p, inputs, results))
    {
        let table = tables::labelled(&by_proxy.table(inputs, results, derived), manifest.synthetic);
        write_csv_bom(&dir.join("gdp_proxies.csv"), &table)?;
        study.tables = by_proxy.report_tables(inputs, results, derived);
    }
    progress.begin("write GeoJSON", None);
    let geojson = named(dir, zones_name, "geojson");
    carbonzone_io::write_geojson(&geojson, &inputs.zones.coverage, &shared, crs)?;

    let dissolved = dissolve(&inputs.zones.coverage, results, &class_codes);
    let grid = cell_polygons(&results.grid, &cells);
    progress.begin("write GeoPackage", Some(inputs.parcels.ids.len() as u64));
    let mut gpkg = GpkgWriter::create(&named(dir, &p.city.name, "gpkg"), crs)?;
    let synthetic = if manifest.synthetic { "SYNTHETIC DATA. " } else { "" };
    let parcels_in_gpkg =
        outputs.parcels != ParcelDetail::None && outputs.parcel_format == ParcelFormat::Gpkg;
    if parcels_in_gpkg {
        let unit = if coarse.is_some() { "Parcels summed per 100 m cell" } else { "Parcels" };
        let what = format!("{synthetic}{unit}: emissions and sinks, t CO2e per year");
        gpkg.polygons("parcels", &what, parcel_shapes, parcel_table.clone(), progress)?;
    }
    let mut layer = |name: &str, description: &str, coverage: &Coverage, table: &AttributeTable| {
        gpkg.polygons(name, description, coverage, table, progress)
    };
    let what = format!("{synthetic}Grid cells: emissions and sinks, t CO2e per year");
    layer(&manifest.grid_layer, &what, &grid, &cell_table)?;
    let what = format!("{synthetic}Zones: emissions, sinks, indices and carbon balance zone");
    layer(zones_name, &what, &inputs.zones.coverage, &zone_table)?;
    let what = format!("{synthetic}Carbon balance zones, dissolved");
    layer("zones", &what, &dissolved, &class_table)?;
    gpkg.finish()?;
    if outputs.parcels != ParcelDetail::None {
        write_parcels_beside(outputs.parcel_format, dir, parcel_shapes, &parcel_table, crs)?;
    }
    if let Some(inventory) = &inputs.inventory {
        write_inventory(inventory, dir)?;
    }
    progress.end();
    if outputs.maps {
        let shown = outputs.parcels == ParcelDetail::Full && parcels_in_gpkg;
        let table = shown.then(|| parcel_table.to_table());
        let parcels = table.map(|table| MapLayer {
            name: "parcels".to_owned(),
            coverage: inputs.parcels.coverage.clone(),
            table,
        });
        let data = MapData {
            what_if: maps::what_if(manifest, &zone_table),
            parcels,
            grid: Some(MapLayer {
                name: manifest.grid_layer.clone(),
                coverage: Arc::new(grid),
                table: cell_table,
            }),
            zones: MapLayer {
                name: zones_name.clone(),
                coverage: Arc::new(inputs.zones.coverage.clone()),
                table: zone_table,
            },
            dissolved: Some("zones".to_owned()),
            rasters: rasters(manifest),
            vector_files: vec![(format!("{zones_name}.geojson"), zones_name.clone())],
            study,
            manifest: manifest.clone(),
        };
        if !data.study.tables.is_empty() {
            maps::write_more(&data, dir)?;
        }
        maps::render(&data, &maps::options(outputs.language), dir, progress)?;
    }
    Ok(())
}

/// Lines, budgets and totals of a computed inventory.
fn write_inventory(inventory: &Inventory, dir: &Path) -> anyhow::Result<()> {
    let sheets: Vec<OutSheet> =
        inventory.tables().into_iter().map(|(name, table)| OutSheet::new(name, table)).collect();
    write_xlsx(&dir.join("inventory.xlsx"), &sheets)?;
    write_csv_bom(&dir.join("inventory.csv"), &inventory.lines_table())?;
    Ok(())
}

/// Rasters of a run folder and what they show.
pub fn rasters(manifest: &RunManifest) -> Vec<RasterFile> {
    let band = |band: u32, field: &str| RasterFile {
        file: format!("{}.tif", manifest.grid_layer),
        band,
        content: RasterContent::GridField(field.to_owned()),
        year: None,
    };
    // Bands as written by `write_grid_tif`; the loose file opens with the first.
    vec![
        band(1, "gross_t"),
        band(2, "sink_t"),
        band(3, "net_t"),
        RasterFile { file: "zones.tif".to_owned(), band: 1, content: RasterContent::ZoneCodes, year: None },
    ]
}

fn metadata(manifest: &RunManifest) -> Vec<(String, String)> {
    let mut out = vec![
        ("TIFFTAG_SOFTWARE".to_owned(), format!("carbonzone {}", manifest.version)),
        ("UNIT".to_owned(), "t CO2e per cell and year".to_owned()),
        ("TITLE".to_owned(), manifest.title_en.clone()),
    ];
    if manifest.synthetic {
        out.push(("SYNTHETIC".to_owned(), "yes: not real data".to_owned()));
    }
    out
}

fn write_grid_tif(
    dir: &Path,
    results: &Results,
    crs: &WorkingCrs,
    manifest: &RunManifest,
) -> anyhow::Result<()> {
    let covered = &results.covered_m2;
    let masked = |values: &[f64]| -> Vec<f64> {
        values.iter().zip(covered).map(|(v, c)| if *c > 0.0 { *v } else { f64::NAN }).collect()
    };
    let cells = &results.cells;
    let mut bands = vec![
        FloatBand { description: "gross_t".to_owned(), values: masked(&cells.gross_t) },
        FloatBand { description: "sink_t".to_owned(), values: masked(&cells.sink_t) },
        FloatBand { description: "net_t".to_owned(), values: masked(&cells.net_t) },
    ];
    for (name, column) in results.sectors.iter().zip(&cells.sectors_t) {
        bands.push(FloatBand { description: format!("{name}_t"), values: masked(column) });
    }
    let path = named(dir, &manifest.grid_layer, "tif");
    carbonzone_io::write_cog(&path, &results.grid, crs, &bands, &metadata(manifest))
        .context("GeoTIFF of the grid")
}

fn write_zones_tif(
    dir: &Path,
    results: &Results,
    crs: &WorkingCrs,
    manifest: &RunManifest,
) -> anyhow::Result<()> {
    let codes = &results.zoning.overall;
    let values: Vec<u8> = results
        .zone_of_cell
        .iter()
        .zip(&results.covered_m2)
        .map(|(zone, covered)| zone.filter(|_| *covered > 0.0).map_or(0, |z| codes[z as usize]))
        .collect();
    let classes = &results.scheme.classes;
    let band = ByteBand {
        description: "zone".to_owned(),
        values,
        palette: classes.iter().map(|c| (c.id, c.color.clone())).collect(),
        categories: classes.iter().map(|c| (c.id, c.label_en.clone())).collect(),
    };
    let mut tags = metadata(manifest);
    tags.retain(|(key, _)| key != "UNIT");
    carbonzone_io::write_cog_byte(&dir.join("zones.tif"), &results.grid, crs, &band, &tags)
        .context("GeoTIFF of the zones")
}

/// One geometry per class that occurs, in the order of the scheme.
fn dissolve(zones: &Coverage, results: &Results, codes: &[u8]) -> Coverage {
    let shapes = carbonzone_io::dissolve(zones, &results.zoning.overall);
    let mut out = Coverage::new();
    for shape in codes.iter().filter_map(|code| shapes.iter().find(|(c, _)| c == code)) {
        out.push_multipolygon(&shape.1);
    }
    out
}

/// Cell size of `parcels = "coarse"`, m.
const COARSE_M: f64 = 100.0;

/// Parcels as sums per 100 m cell: tonnes and area of all parcels in a cell, and nothing that tells one of them.
fn coarse_parcels(inputs: &Inputs, results: &Results) -> Option<(Coverage, AttributeTable)> {
    let grid = GridSpec::covering(inputs.parcels.coverage.total_bounds()?, COARSE_M)?;
    let on_cells = overlap_grid(&inputs.parcels.coverage, &grid);
    let covered = on_cells.spread(&inputs.parcels.area_m2).per_target;
    let cells: Vec<u32> = (0..covered.len() as u32).filter(|&c| covered[c as usize] > 0.0).collect();
    let pick = |values: &[f64]| -> Vec<f64> {
        let all = on_cells.spread(values).per_target;
        cells.iter().map(|&c| all[c as usize]).collect()
    };
    let ids: Vec<String> = cells
        .iter()
        .map(|&c| {
            let (col, row) = grid.col_row(c);
            format!("c{col}_r{row}")
        })
        .collect();
    let area: Vec<f64> = cells.iter().map(|&c| covered[c as usize]).collect();
    let mut table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&ids))
        .with("area_m2", ColumnData::reals(&area));
    let mut gross = vec![0.0; cells.len()];
    for (name, column) in results.sectors.iter().zip(&results.parcels.sectors_t) {
        let tonnes = pick(column);
        gross.iter_mut().zip(&tonnes).for_each(|(sum, t)| *sum += t);
        table = table.with(&format!("{name}_t"), ColumnData::reals(&tonnes));
    }
    let sink = pick(&results.parcels.sink_t);
    let net: Vec<f64> = gross.iter().zip(&sink).map(|(g, s)| g - s).collect();
    let table = table
        .with("gross_t", ColumnData::reals(&gross))
        .with("sink_t", ColumnData::reals(&sink))
        .with("net_t", ColumnData::reals(&net));
    Some((cell_polygons(&grid, &cells), table))
}

fn cell_polygons(grid: &GridSpec, cells: &[u32]) -> Coverage {
    let mut out = Coverage::new();
    for &cell in cells {
        let (col, row) = grid.col_row(cell);
        let [x0, y0, x1, y1] = grid.cell_bounds(col, row);
        out.push_rings(&[vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]]);
    }
    out
}

fn write_parcels_beside(
    format: ParcelFormat,
    dir: &Path,
    coverage: &Coverage,
    table: &TableView<'_>,
    crs: &WorkingCrs,
) -> anyhow::Result<()> {
    match format {
        ParcelFormat::Fgb => {
            carbonzone_io::write_flatgeobuf(&dir.join("parcels.fgb"), coverage, &table.to_table(), crs)?;
        }
        ParcelFormat::Parquet => {
            let path = dir.join("parcels.parquet");
            carbonzone_io::write_geoparquet(&path, coverage, &table.to_table(), crs)?;
        }
        ParcelFormat::Gpkg | ParcelFormat::None => {}
    }
    Ok(())
}
