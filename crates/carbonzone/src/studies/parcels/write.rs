//! What a study of parcels writes: layers, tables, rasters.

use super::Parcels;
use crate::compute::Results;
use crate::config::{AreaBasis, Outputs, ParcelDetail, ParcelFormat};
use crate::error::Result;
use crate::explained::{ExplainedLayer, Explanations, MANY_CELLS};
use crate::grid::COARSE_M;
use crate::load::Inputs;
use crate::output::{Bands, Columns, InParts, Layer, Output, Raster, Role, dissolved};
use crate::study::Run;
use crate::{compensation, gdp_proxies, maps, reference, scenario, sink_sets, tables, workbook};
use carbonzone_geom::{Coverage, overlap_grid};
use carbonzone_inventory::Inventory;
use carbonzone_io::ByteBand;
use carbonzone_report::{Cells, RasterContent};
use carbonzone_sheet::OutSheet;
use carbonzone_spatialize::Shares;
use carbonzone_types::{AttributeTable, ColumnData, GridSpec, M2_PER_KM2, RunManifest, TextList};
use std::borrow::Cow;
use std::sync::Arc;

/// Everything that a run of parcels writes.
///
/// # Errors
/// If the CRS has no ellipsoid.
pub fn output<'a>(run: &'a Run<Parcels>, outputs: &Outputs) -> Result<Output<'a>> {
    let Run { config, inputs, results, record } = run;
    let (p, units) = (&config.pipeline, &record.zones_layer);
    let zones = &inputs.zones.coverage;
    let (unit_table, area_m2) = unit_table(run)?;
    let (class_codes, class_table) = tables::zone_classes(inputs, results, &area_m2);
    let lang = maps::lang(outputs.language);
    let mut out = Output { crs: Some(&inputs.crs), lang, ..Output::default() };
    out.what_if = maps::what_if(record, &unit_table);
    let book = [(units.clone(), unit_table.clone())];
    out.workbooks.push((units.clone(), workbook::sheets(record, &book, lang)));
    out.tables.push((units.clone(), unit_table.clone()));
    out.geojson = Some((Arc::new(zones.clone()), unit_table.clone()));
    if let (Some(derived), Some(by_proxy)) =
        (&inputs.derived_gdp, gdp_proxies::side_by_side(p, inputs, results))
    {
        out.tables.push(("gdp_proxies".to_owned(), by_proxy.table(inputs, results, derived)));
        let shown = by_proxy.report_tables(inputs, results, derived);
        out.extras.tables = shown.into_iter().map(|t| t.assuming(record, "gdp_proxies")).collect();
    }
    if let Some(inventory) = &inputs.inventory {
        add_inventory(inventory, &mut out);
    }
    out.rasters = vec![grid_raster(results, record), zone_raster(results)];
    out.layers.extend(parcel_layer(run, outputs));
    let layer = |name: &str, description: &str, coverage: Coverage, table: AttributeTable, role| Layer {
        name: name.to_owned(),
        description: description.to_owned(),
        coverage: Arc::new(coverage),
        table: Columns::Own(table),
        parts: None,
        role,
    };
    let dissolved = dissolved(zones, &results.zoning.overall, &class_codes);
    out.layers.extend([
        grid_layer(run),
        layer(
            units,
            "Zones: emissions, sinks, indices and carbon balance zone",
            zones.clone(),
            unit_table,
            Role::Units,
        ),
        layer("zones", "Carbon balance zones, dissolved", dissolved, class_table, Role::Classes),
    ]);
    compensation::add_to(&mut out, p.compensation.as_ref(), results.compensation.as_ref());
    scenario::add_to(&mut out, p, inputs, results);
    let by_sink_set = sink_sets::report_table(inputs, &results.scheme, &results.zoning, &results.sink_sets);
    out.extras.tables.extend(by_sink_set);
    out.explained = explanations(run, outputs);
    if let Some(statistics) = &results.statistics {
        statistics.add_to(&mut out);
    }
    reference::add_to(&mut out, &results.references);
    Ok(out)
}

/// The table of the zones, and their areas on the basis of the study, m².
///
/// # Errors
/// If the CRS has no ellipsoid.
pub fn unit_table(run: &Run<Parcels>) -> Result<(AttributeTable, Vec<f64>)> {
    let Run { config, inputs, results, .. } = run;
    let (zones, basis) = (&inputs.zones.coverage, config.pipeline.city.area);
    let [planar, ellipsoidal] = carbonzone_io::areas_m2(zones, &inputs.crs)?;
    let table = tables::zones(inputs, results, &planar, &ellipsoidal, basis);
    Ok((table, if basis == AreaBasis::Ellipsoidal { ellipsoidal } else { planar }))
}

/// Parts of zones and cells; of parcels, and with their ids, only if every parcel is written.
fn explanations<'a>(run: &'a Run<Parcels>, outputs: &Outputs) -> Explanations<'a> {
    let Run { inputs, results, record, .. } = run;
    let explained = &results.explained;
    let zone_ids: TextList = inputs.zones.ids.iter().collect();
    let cell_ids: TextList = results.used_cells.iter().map(|&c| results.grid.cell_id(c)).collect();
    let full = outputs.parcels == ParcelDetail::Full;
    let (units, grid) = (&record.zones_layer, &record.grid_layer);
    let largest = full.then(|| explained.largest((units, &zone_ids), (grid, &cell_ids), inputs));
    let layer = |name: &str, ids, shares: &Shares| ExplainedLayer {
        name: name.to_owned(),
        ids: Cow::Owned(ids),
        shares: Box::new(std::iter::once(shares.clone())),
    };
    let mut layers =
        vec![layer(units, zone_ids, &explained.on_zones), layer(grid, cell_ids, &explained.on_cells)];
    if full {
        layers.push(ExplainedLayer {
            name: "parcels".to_owned(),
            ids: Cow::Borrowed(&inputs.parcels.ids),
            shares: Box::new(explained.on_parcels(inputs, &results.allocation)),
        });
    }
    Explanations { parts: Cow::Borrowed(&explained.parts), layers, largest }
}

/// Parcels as the pipeline file wants them.
fn parcel_layer<'a>(run: &'a Run<Parcels>, outputs: &Outputs) -> Option<Layer<'a>> {
    let Run { config, inputs, results, .. } = run;
    let (unit, coverage, table, role) = match outputs.parcels {
        ParcelDetail::None => return None,
        ParcelDetail::Coarse => {
            let (cells, table) = coarse_parcels(inputs, results)?;
            ("Parcels summed per 100 m cell", Arc::new(cells), Columns::Own(table), Role::ParcelsUnseen)
        }
        ParcelDetail::Full => {
            let table = tables::parcels(inputs, results, config.pipeline.city.area);
            let in_geopackage = outputs.parcel_format == ParcelFormat::Gpkg;
            let role = if in_geopackage { Role::Parcels } else { Role::ParcelsUnseen };
            ("Parcels", inputs.parcels.coverage.clone(), Columns::View(table), role)
        }
    };
    let description = format!("{unit}: emissions and sinks, t CO2e per year");
    Some(Layer { name: "parcels".to_owned(), description, coverage, table, parts: None, role })
}

/// Lines, budgets and totals of a computed inventory.
fn add_inventory(inventory: &Inventory, out: &mut Output<'_>) {
    let sheets = inventory.tables().into_iter().map(|(name, table)| OutSheet::new(name, table));
    out.workbooks.push(("inventory".to_owned(), sheets.collect()));
    out.tables.push(("inventory".to_owned(), inventory.lines_table()));
}

fn grid_raster<'a>(results: &'a Results, record: &RunManifest) -> Raster<'a> {
    let cells = &results.cells;
    let totals = [("gross_t", &cells.gross_t), ("sink_t", &cells.sink_t), ("net_t", &cells.net_t)];
    let mut bands: Vec<(String, &[f64])> =
        totals.into_iter().map(|(name, values)| (name.to_owned(), values.as_slice())).collect();
    let sectors = results.sectors.iter().zip(&cells.sectors_t);
    bands.extend(sectors.map(|(name, values)| (format!("{name}_t"), values.as_slice())));
    // The loose file opens with the first band.
    let shows = ["gross_t", "sink_t", "net_t"].into_iter().zip(1..);
    Raster {
        file: format!("{}.tif", record.grid_layer),
        grid: &results.grid,
        unit: "t CO2e per cell and year",
        tags: Vec::new(),
        bands: Bands::SomeCells { used: &results.used_cells, bands },
        shows: shows.map(|(field, band)| (band, RasterContent::GridField(field.to_owned()), None)).collect(),
    }
}

fn zone_raster(results: &Results) -> Raster<'_> {
    let codes = &results.zoning.overall;
    let classes = &results.scheme.classes;
    let band = ByteBand {
        description: "zone".to_owned(),
        values: results.zone_of_cell.iter().map(|zone| zone.map_or(0, |z| codes[z as usize])).collect(),
        palette: classes.iter().map(|c| (c.id, c.color.clone())).collect(),
        categories: classes.iter().map(|c| (c.id, c.label_en.clone())).collect(),
    };
    Raster {
        file: "zones.tif".to_owned(),
        grid: &results.grid,
        unit: "",
        tags: Vec::new(),
        bands: Bands::ClassesOfSomeCells { used: &results.used_cells, band },
        shows: vec![(1, RasterContent::ZoneCodes, None)],
    }
}

/// Cells whose outlines and attributes are in memory at a time.
const CELLS_AT_A_TIME: usize = 1 << 16;

/// The grid layer part by part.
fn cells_in_parts(results: &Results) -> impl Iterator<Item = (Coverage, AttributeTable)> {
    let n = results.used_cells.len();
    (0..n).step_by(CELLS_AT_A_TIME).map(move |start| {
        let range = start..(start + CELLS_AT_A_TIME).min(n);
        (Coverage::of_cells(&results.grid, &results.used_cells[range.clone()]), tables::cells(results, range))
    })
}

/// The grid layer: written part by part; what the maps draw of it whole, of many cells only the fields that maps draw.
fn grid_layer(run: &Run<Parcels>) -> Layer<'_> {
    let results = &run.results;
    Layer {
        name: run.record.grid_layer.clone(),
        description: "Grid cells: emissions and sinks, t CO2e per year".to_owned(),
        coverage: Arc::default(),
        table: Columns::Own(AttributeTable::new()),
        parts: Some(InParts {
            rows: results.used_cells.len(),
            written: Box::new(move || Box::new(cells_in_parts(results))),
            shown: Box::new(move || (cells_of(results), shown_cells(results))),
        }),
        role: Role::Grid,
    }
}

fn cells_of(results: &Results) -> Cells {
    Cells { grid: results.grid, used: results.used_cells.as_slice().into() }
}

/// What the maps show of the cells; of very many of them only what the figures need.
fn shown_cells(results: &Results) -> AttributeTable {
    if results.used_cells.len() <= MANY_CELLS {
        return tables::cells(results, 0..results.used_cells.len());
    }
    let per_km2 = results.grid.cell_area_m2() / M2_PER_KM2;
    let density: Vec<f64> = results.cells.gross_t.iter().map(|t| t / per_km2).collect();
    let mut table = AttributeTable::new()
        .with("net_t", ColumnData::reals(&results.cells.net_t))
        .with("gross_t_km2", ColumnData::reals(&density));
    if let Some(statistics) = &results.statistics {
        statistics.append_cells(&mut table, 0..results.used_cells.len());
    }
    table
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
    Some((Coverage::of_cells(&grid, &cells), table))
}
