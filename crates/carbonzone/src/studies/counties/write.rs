//! Writes the run folder of a counties study.

use super::compute::Results;
use super::config::CountiesPipeline;
use super::inputs::Inputs;
use super::{Counties, changes};
use super::{report, tables};
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::out_dir::named;
use crate::run::Run;
use crate::studies::place::{self, Areas};
use crate::{manifest as shared, maps, tables as shared_tables};
use anyhow::Context;
use carbonzone_geom::Coverage;
use carbonzone_io::{GpkgWriter, WorkingCrs};
use carbonzone_report::{MapData, MapLayer};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{
    AttributeTable, ExactSum, FactorSetRecord, Ledger, Progress, Residual, RunManifest, Statement, Totals,
};
use std::path::Path;
use std::sync::Arc;

/// Layer name of the counties.
fn zones_layer(loaded: &Loaded<CountiesPipeline>) -> String {
    loaded.pipeline.layers.zones.as_ref().map_or_else(|| "counties".to_owned(), |z| z.kind.clone())
}

/// Everything known before writing.
pub fn manifest(
    loaded: &Loaded<CountiesPipeline>,
    inputs: &Inputs,
    results: &Results,
    notes: &Notes,
    balances: Vec<Residual>,
) -> RunManifest {
    let mut out = RunManifest {
        study: "counties".to_owned(),
        zones_layer: zones_layer(loaded),
        sectors: inputs.sectors.clone(),
        totals: totals(inputs, results),
        indicators: shared::indicators(&results.scheme, &results.zoning, None),
        zone_classes: results.scheme.records(&results.zoning.overall),
        balances,
        summary: changes::summary(results),
        ..place::manifest(loaded, &loaded.pipeline.city, inputs.crs.as_ref(), notes)
    };
    if inputs.published.is_none() {
        out.factor_sets.push(FactorSetRecord {
            set: "guiyang".to_owned(),
            purpose: "sinks by land cover".to_owned(),
            status: "unverified: .021 is the usual value in t C/ha, 2.56 ten times the usual value of water"
                .to_owned(),
            source: loaded.pipeline.sinks.source.clone(),
            amount_t: Some(out.totals.sink_t),
            unverified_t: Some(out.totals.sink_t),
        });
    }
    out.statements.push(level_statement(results));
    out
}

fn level_statement(results: &Results) -> Statement {
    let cuts = |cuts: &[f64]| cuts.iter().map(|c| format!("{c:.4}")).collect::<Vec<_>>().join(", ");
    let s = &results.scheme;
    let (a, b) = (s.economic.column.to_uppercase(), s.ecological.column.to_uppercase());
    let (at, bt) = (cuts(&results.zoning.economic.cuts), cuts(&results.zoning.ecological.cuts));
    Statement::new(
        format!(
            "Levels are judged on the mean over the years: {a} cuts {at}, {b} cuts {bt}; the paper names no rule, several give its table."
        ),
        format!(
            "等级按多年均值划分：{a} 分界值 {at}，{b} 分界值 {bt}；论文未说明划分规则，多种规则均可得到其结果表。"
        ),
    )
}

/// Totals of the last year.
fn totals(inputs: &Inputs, results: &Results) -> Totals {
    let Some(last) = results.years.last() else { return Totals::default() };
    let amounts = last.tonnes.sectors_t.iter().map(|t| ExactSum::of(t));
    let sectors: Vec<(String, f64)> = inputs.sectors.iter().cloned().zip(amounts).collect();
    place::totals(&sectors, ExactSum::of(&last.tonnes.sink_t))
}

/// Writes everything but `run.json`.
pub fn write_all(
    run: &Run<Counties>,
    outputs: &Outputs,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let Run { inputs, results, record: manifest, .. } = run;
    let zone_table = tables::zones(inputs, results, inputs.areas.as_ref());
    progress.begin("write tables", None);
    write_tables(results, inputs, manifest, &zone_table, dir)?;
    if let (Some(crs), Some(areas)) = (&inputs.crs, &inputs.areas) {
        let data = write_layers(run, (&zone_table, areas), crs, dir, progress)?;
        if outputs.maps {
            maps::render(&data, &maps::options(outputs.language), dir, progress)
                .context("maps of the counties")?;
        }
    }
    progress.end();
    Ok(())
}

fn write_tables(
    results: &Results,
    inputs: &Inputs,
    manifest: &RunManifest,
    zone_table: &AttributeTable,
    dir: &Path,
) -> anyhow::Result<()> {
    let steps = changes::steps(zone_table)?;
    let changes_table = changes::changes_table(results, &steps);
    let transitions = changes::transitions_table(zone_table, results)?;
    let overall = tables::overall(inputs, results);
    let layer = &manifest.zones_layer;
    write_csv_bom(&named(dir, layer, "csv"), zone_table)?;
    write_csv_bom(&dir.join("zoning.csv"), &overall)?;
    write_csv_bom(&dir.join("changes.csv"), &changes_table)?;
    write_csv_bom(&dir.join("transitions.csv"), &transitions)?;
    let ledger = shared_tables::ledger(&Ledger { rows: manifest.ledger.clone() });
    write_csv_bom(&dir.join("ledger.csv"), &ledger)?;
    let mut sheets = vec![
        OutSheet::new(layer, zone_table.clone()),
        OutSheet::new("zoning", overall),
        OutSheet::new("changes", changes_table),
        OutSheet::new("transitions", transitions),
    ];
    if let Some(comparison) = &results.comparison {
        let (cells, consistency) = (tables::published(comparison), tables::consistency(comparison));
        write_csv_bom(&dir.join("published_vs_computed.csv"), &cells)?;
        write_csv_bom(&dir.join("consistency.csv"), &consistency)?;
        sheets.push(OutSheet::new("published_vs_computed", cells));
        sheets.push(OutSheet::new("consistency", consistency));
    }
    write_xlsx(&named(dir, layer, "xlsx"), &sheets)?;
    Ok(())
}

/// GeoJSON and GeoPackage; what the maps show.
fn write_layers(
    run: &Run<Counties>,
    (zone_table, areas): (&AttributeTable, &Areas),
    crs: &WorkingCrs,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<MapData> {
    let Run { inputs, results, record: manifest, .. } = run;
    let n = inputs.zones.ids.len() as u32;
    let repeat: Vec<u32> = inputs.years.iter().flat_map(|_| 0..n).collect();
    let long = inputs.zones.coverage.reordered(&repeat);
    let layer = &manifest.zones_layer;
    progress.begin("write GeoJSON", None);
    carbonzone_io::write_geojson(&named(dir, layer, "geojson"), &long, zone_table, crs)?;
    progress.begin("write GeoPackage", None);
    let synthetic = if manifest.synthetic { "SYNTHETIC DATA. " } else { "" };
    let (codes, class_table) = tables::zone_classes(results, &areas.basis_m2);
    let dissolved = dissolve(&inputs.zones.coverage, results, &codes);
    let mut gpkg = GpkgWriter::create(&named(dir, &manifest.name, "gpkg"), crs)?;
    let mut add = |name: &str, what: &str, coverage: &Coverage, table: &AttributeTable| {
        gpkg.polygons(name, &format!("{synthetic}{what}"), coverage, table, progress)
    };
    add(layer, "Counties by year: emissions, sinks, indices, levels and zone", &long, zone_table)?;
    add("zones", "Carbon balance zones by the mean over the years, dissolved", &dissolved, &class_table)?;
    gpkg.finish()?;
    let data = MapData {
        manifest: manifest.clone(),
        parcels: None,
        grid: None,
        zones: MapLayer { name: layer.clone(), coverage: Arc::new(long), table: zone_table.clone() },
        dissolved: Some("zones".to_owned()),
        rasters: Vec::new(),
        vector_files: vec![(format!("{layer}.geojson"), layer.clone())],
        what_if: results.what_if.clone(),
        study: report::extras(inputs, results, manifest),
    };
    maps::write_more(&data, dir)?;
    Ok(data)
}

/// One geometry per class that occurs, in the order of the scheme.
fn dissolve(zones: &Coverage, results: &Results, codes: &[u8]) -> Coverage {
    let dissolved = carbonzone_io::dissolve(zones, &results.zoning.overall);
    let mut out = Coverage::new();
    for code in codes {
        if let Some((_, shape)) = dissolved.iter().find(|(c, _)| c == code) {
            out.push_multipolygon(shape);
        }
    }
    out
}
