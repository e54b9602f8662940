//! Writes the run folder: layers, tables, rasters, then the maps.

use crate::compute::Results;
use crate::config::{AreaBasis, Outputs, ParcelDetail, ParcelFormat};
use crate::grid::COARSE_M;
use crate::load::Inputs;
use crate::out_dir::named;
use crate::run::Run;
use crate::studies::Parcels;
use crate::{gdp_proxies, maps, tables, workbook};
use anyhow::Context;
use carbonzone_geom::{Coverage, overlap_grid};
use carbonzone_inventory::Inventory;
use carbonzone_io::{ByteBand, GpkgWriter, TableView, WorkingCrs};
use carbonzone_report::{MapData, MapLayer, RasterContent, RasterFile};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{AttributeTable, ColumnData, GridSpec, Ledger, M2_PER_KM2, Progress, RunManifest};
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
    let what = format!("{synthetic}Grid cells: emissions and sinks, t CO2e per year");
    gpkg.polygons_in_parts(&manifest.grid_layer, &what, cells_in_parts(results), progress)?;
    let mut layer = |name: &str, description: &str, coverage: &Coverage, table: &AttributeTable| {
        gpkg.polygons(name, description, coverage, table, progress)
    };
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
            grid: Some(map_of_cells(&manifest.grid_layer, results)),
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
    let cells = &results.cells;
    let mut bands: Vec<(String, &[f64])> = vec![
        ("gross_t".to_owned(), &cells.gross_t),
        ("sink_t".to_owned(), &cells.sink_t),
        ("net_t".to_owned(), &cells.net_t),
    ];
    for (name, column) in results.sectors.iter().zip(&cells.sectors_t) {
        bands.push((format!("{name}_t"), column));
    }
    let path = named(dir, &manifest.grid_layer, "tif");
    let names: Vec<&str> = bands.iter().map(|(name, _)| name.as_str()).collect();
    let write = || {
        let mut cog =
            carbonzone_io::CogWriter::float(&path, &results.grid, crs, &names, &metadata(manifest))?;
        for (band, (_, values)) in bands.iter().enumerate() {
            for (first_row, rows) in blocks_of_rows(results, f64::NAN, |k| values[k]) {
                cog.write_rows(band + 1, first_row, &rows)?;
            }
        }
        cog.finish()
    };
    write().context("GeoTIFF of the grid")
}

fn write_zones_tif(
    dir: &Path,
    results: &Results,
    crs: &WorkingCrs,
    manifest: &RunManifest,
) -> anyhow::Result<()> {
    let codes = &results.zoning.overall;
    let classes = &results.scheme.classes;
    let band = ByteBand {
        description: "zone".to_owned(),
        values: Vec::new(),
        palette: classes.iter().map(|c| (c.id, c.color.clone())).collect(),
        categories: classes.iter().map(|c| (c.id, c.label_en.clone())).collect(),
    };
    let mut tags = metadata(manifest);
    tags.retain(|(key, _)| key != "UNIT");
    let write = || {
        let mut cog =
            carbonzone_io::CogWriter::classes(&dir.join("zones.tif"), &results.grid, crs, &band, &tags)?;
        let code = |k: usize| results.zone_of_cell[k].map_or(0, |z| codes[z as usize]);
        for (first_row, rows) in blocks_of_rows(results, 0u8, code) {
            cog.write_rows(1, first_row, &rows)?;
        }
        cog.finish()
    };
    write().context("GeoTIFF of the zones")
}

/// Pixels of a raster that are in memory at a time, at most (a row at least).
const PIXELS: usize = 1 << 20;

/// Blocks of whole rows of the grid: first row and its values, `of(k)` for used cell `k` and `empty` elsewhere.
fn blocks_of_rows<T: Copy>(
    results: &Results,
    empty: T,
    of: impl Fn(usize) -> T,
) -> impl Iterator<Item = (u32, Vec<T>)> {
    let grid = results.grid;
    let rows = (PIXELS / grid.cols as usize).clamp(1, grid.rows as usize);
    let mut next = 0;
    (0..grid.rows).step_by(rows).map(move |first_row| {
        let rows = rows.min((grid.rows - first_row) as usize);
        let first_cell = grid.index(0, first_row);
        let mut values = vec![empty; rows * grid.cols as usize];
        while let Some(slot) =
            results.used_cells.get(next).and_then(|&c| values.get_mut((c - first_cell) as usize))
        {
            *slot = of(next);
            next += 1;
        }
        (first_row, values)
    })
}

/// Cells whose outlines and attributes are in memory at a time.
const CELLS_AT_A_TIME: usize = 1 << 16;

/// The grid layer part by part.
fn cells_in_parts(results: &Results) -> impl Iterator<Item = (Coverage, AttributeTable)> {
    let n = results.used_cells.len();
    (0..n).step_by(CELLS_AT_A_TIME).map(move |start| {
        let range = start..(start + CELLS_AT_A_TIME).min(n);
        (cell_polygons(&results.grid, &results.used_cells[range.clone()]), tables::cells(results, range))
    })
}

/// Grids of more cells than this keep for the maps only the fields that maps draw.
const MANY_CELLS: usize = 500_000;

/// The grid layer for the maps.
fn map_of_cells(name: &str, results: &Results) -> MapLayer {
    let cells = &results.cells;
    let table = if results.used_cells.len() <= MANY_CELLS {
        tables::cells(results, 0..results.used_cells.len())
    } else {
        let per_km2 = results.grid.cell_area_m2() / M2_PER_KM2;
        let density: Vec<f64> = cells.gross_t.iter().map(|t| t / per_km2).collect();
        AttributeTable::new()
            .with("gross_t", ColumnData::reals(&cells.gross_t))
            .with("sink_t", ColumnData::reals(&cells.sink_t))
            .with("net_t", ColumnData::reals(&cells.net_t))
            .with("gross_t_km2", ColumnData::reals(&density))
    };
    MapLayer {
        name: name.to_owned(),
        coverage: Arc::new(cell_polygons(&results.grid, &results.used_cells)),
        table,
    }
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

/// Parcels as sums per 100 m cell: tonnes and area of all parcels in a cell, and nothing that tells one of them.
fn coarse_parcels(inputs: &Inputs, results: &Results) -> Option<(Coverage, AttributeTable)> {
    let grid = GridSpec::covering(inputs.parcels.coverage.total_bounds()?, COARSE_M)?;
    let (cells, on_cells) = overlap_grid(&inputs.parcels.coverage, &grid).compacted();
    let area = on_cells.spread(&inputs.parcels.area_m2).per_target;
    let pick = |values: &[f64]| on_cells.spread(values).per_target;
    let ids: Vec<String> = cells
        .iter()
        .map(|&c| {
            let (col, row) = grid.col_row(c);
            format!("c{col}_r{row}")
        })
        .collect();
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
