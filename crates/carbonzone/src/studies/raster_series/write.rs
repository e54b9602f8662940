//! Writes the run folder of a raster series study.

use super::compute::{CellResults, Results, YearFlows};
use super::config::RasterSeriesPipeline;
use super::inputs::Inputs;
use super::{RasterSeries, report, tables};
use crate::config::Outputs;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::out_dir::named;
use crate::run::Run;
use crate::studies::place;
use crate::{maps, tables as shared_tables};
use anyhow::Context;
use carbonzone_geom::Coverage;
use carbonzone_io::{FloatBand, GpkgWriter};
use carbonzone_report::{Label, MapData, MapLayer, RasterContent, RasterFile};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{
    AttributeTable, ColumnData, IndicatorRecord, Ledger, Progress, Residual, RunManifest, Statement, Totals,
};
use carbonzone_zoning::Index;
use carbonzone_zoning::ratio::source_sink_ratio;
use carbonzone_zoning::risk::headline;
use carbonzone_zoning::risk::{DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH};
use carbonzone_zoning::trend::TrendClass;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Everything known before writing.
pub fn manifest(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    notes: &Notes,
    balances: Vec<Residual>,
) -> RunManifest {
    let variant = loaded.pipeline.risk.variant;
    let last = results.risk.of(variant).last().cloned().unwrap_or_default();
    let mut out = RunManifest {
        study: "raster_series".to_owned(),
        years: results.years.iter().map(|y| y.year).collect(),
        grid: Some(results.grid),
        grid_layer: results.grid.layer_name(),
        zones_layer: loaded.pipeline.layers.zones.kind.clone(),
        sectors: vec!["energy".to_owned(), "land".to_owned()],
        totals: totals(results),
        indicators: indicators(loaded.pipeline.risk.options.threshold),
        zone_classes: tables::risk_classes(&last),
        balances,
        summary: summary(loaded, inputs, results),
        ..place::manifest(loaded, &loaded.pipeline.city, Some(&inputs.crs), notes)
    };
    out.statements.push(Statement::new(DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH));
    out.statements.push(Statement::new(
        "The column `zone` holds the risk class of the window that the year belongs to; `land_t` is land whose \
         respiration exceeds its production, counted as an emission, and `absorption_t` is sinks minus that.",
        "`zone` 列为该年份所属时段的风险等级；`land_t` 为呼吸大于生产力的土地，计为排放；`absorption_t` 为碳汇减去该部分。",
    ));
    out
}

fn indicators(threshold: f64) -> Vec<IndicatorRecord> {
    let record = |key: &str, label: Label, threshold: f64, index: Index| IndicatorRecord {
        key: key.to_owned(),
        label_en: label.en,
        label_zh: label.zh,
        unit: String::new(),
        thresholds: vec![threshold],
        meaning: index.meaning(None),
    };
    let risk = Label::new("Carbon imbalance risk index (own definition)", "碳失衡风险指数（本软件定义）");
    vec![
        record("ratio", Label::new("Carbon source/sink ratio", "碳源汇比"), 1.0, Index::SourceSinkRatio),
        record("ciri", risk, threshold, Index::ImbalanceRisk),
    ]
}

/// Totals of the last year. They are judged by the source/sink ratio, not by the CCR beside it: that counts land that is
/// a source among the emissions, so the two would contradict each other.
fn totals(results: &Results) -> Totals {
    let Some(last) = tables::totals(results).pop() else { return Totals::default() };
    let sectors = [("energy".to_owned(), last.energy_t), ("land".to_owned(), last.land_t)];
    let ratio = last.ratio().filter(|r| r.is_finite());
    Totals { ccr: None, source_sink_ratio: ratio, ..place::totals(&sectors, last.sink_t) }
}

/// First and last year, peak of the ratio, counties above the threshold, for the closing summary.
fn summary(loaded: &Loaded<RasterSeriesPipeline>, inputs: &Inputs, results: &Results) -> Vec<Statement> {
    let mut out = Vec::new();
    let totals = tables::totals(results);
    let mt = |t: f64| format!("{:.1} Mt", t / 1e6);
    let zh_t = |t: f64| format!("{:.2} 亿吨", t / 1e8);
    if let (Some(a), Some(b)) = (totals.first(), totals.last()) {
        let en = |y: &tables::YearTotals| {
            format!("{}: energy emissions {}, absorption {}", y.year, mt(y.energy_t), mt(y.absorption_t()))
        };
        let zh = |y: &tables::YearTotals| {
            format!("{}年能源碳排放 {}，碳吸收 {}", y.year, zh_t(y.energy_t), zh_t(y.absorption_t()))
        };
        out.push(Statement::new(format!("{}; {}", en(a), en(b)), format!("{}；{}", zh(a), zh(b))));
    }
    let peak = totals.iter().filter_map(|t| t.ratio().filter(|r| r.is_finite()).map(|r| (t.year, r)));
    if let Some((year, ratio)) = peak.max_by(|a, b| a.1.total_cmp(&b.1)) {
        out.push(Statement::new(
            format!("Source/sink ratio: largest in {year}, {ratio:.2}"),
            format!("碳源汇比：{year}年最大，为 {ratio:.2}"),
        ));
    }
    let risk = &loaded.pipeline.risk;
    for (window, values) in inputs.windows.iter().zip(results.risk.of(risk.variant)) {
        let h = headline(values, risk.options.threshold);
        let share = h.share_pct.map_or_else(String::new, |s| format!(" ({s:.1} %)"));
        let (span, above, known) = (window.label(), h.above, h.known);
        let (key, limit) = (risk.variant.key(), risk.options.threshold);
        out.push(Statement::new(
            format!("Risk {span}: {above} of {known} counties above {limit}{share} [{key}]"),
            format!("风险 {span}：{known} 个区县中 {above} 个高于 {limit}{share} [{key}]"),
        ));
    }
    out
}

/// Writes everything but `run.json`.
pub fn write_all(
    run: &Run<RasterSeries>,
    outputs: &Outputs,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let Run { config, inputs, results, record: manifest } = run;
    let risk = &config.pipeline.risk;
    let counties = tables::counties(inputs, results, &risk.options, risk.variant);
    let windows = tables::windows(inputs, results, &risk.options, risk.variant);
    let rasters = write_rasters(inputs, results, manifest, dir, progress)?;
    progress.begin("write tables", None);
    write_tables(run, &counties, &windows, dir)?;
    progress.begin("write GeoPackage", None);
    let n = inputs.zones.ids.len() as u32;
    let repeated = |times: usize| -> Coverage {
        let order: Vec<u32> = (0..times).flat_map(|_| 0..n).collect();
        inputs.zones.coverage.reordered(&order)
    };
    let layer = &manifest.zones_layer;
    let synthetic = if manifest.synthetic { "SYNTHETIC DATA. " } else { "" };
    let mut gpkg = GpkgWriter::create(&named(dir, &manifest.name, "gpkg"), &inputs.crs)?;
    let long = repeated(results.years.len());
    let what = format!("{synthetic}Counties by year: emissions, absorption, ratio, risk of the window");
    gpkg.polygons(layer, &what, &long, &counties, progress)?;
    let what =
        format!("{synthetic}Counties by window: carbon imbalance risk (own definition) and its variants");
    gpkg.polygons(report::WINDOWS_LAYER, &what, &repeated(inputs.windows.len()), &windows, progress)?;
    gpkg.finish()?;
    progress.begin("write GeoJSON", None);
    let last = last_year(&long, &counties, results);
    carbonzone_io::write_geojson(&named(dir, layer, "geojson"), &last.0, &last.1, &inputs.crs)?;
    progress.end();
    let data = MapData {
        manifest: manifest.clone(),
        parcels: None,
        grid: None,
        zones: MapLayer { name: layer.clone(), coverage: Arc::new(long), table: counties },
        dissolved: None,
        rasters,
        vector_files: vec![(format!("{layer}.geojson"), layer.clone())],
        what_if: Vec::new(),
        study: report::extras(inputs, results, risk, manifest),
    };
    maps::write_more(&data, dir)?;
    if outputs.maps {
        maps::render(&data, &maps::options(outputs.language), dir, progress).context("maps")?;
    }
    Ok(())
}

/// Counties of the last year: the GeoJSON is a picture of now, the whole series is in the GeoPackage.
fn last_year(long: &Coverage, table: &AttributeTable, results: &Results) -> (Coverage, AttributeTable) {
    let n = table.rows() / results.years.len().max(1);
    let order: Vec<u32> = ((table.rows() - n)..table.rows()).map(|i| i as u32).collect();
    (long.reordered(&order), table.reordered(&order))
}

fn write_tables(
    run: &Run<RasterSeries>,
    counties: &AttributeTable,
    windows: &AttributeTable,
    dir: &Path,
) -> anyhow::Result<()> {
    let Run { config, inputs, results, record: manifest } = run;
    let risk = &config.pipeline.risk;
    let layer = &manifest.zones_layer;
    let parts = [
        ("windows", windows.clone()),
        ("trajectories", tables::trajectories(inputs, results)),
        ("series", tables::series(results)),
        ("transition_matrix", tables::transition_matrix(results)),
        ("headline", tables::headlines(inputs, results, &risk.options, risk.variant)),
        ("correlation", tables::correlation(results)),
        ("changes", tables::changes(inputs, results, risk.variant)),
    ];
    write_csv_bom(&named(dir, layer, "csv"), counties)?;
    let mut sheets = vec![
        OutSheet::new(
            "about",
            AttributeTable::new()
                .with("note", ColumnData::Text(manifest.statements.iter().map(|s| Some(s.line())).collect())),
        ),
        OutSheet::new(layer, counties.clone()),
    ];
    for (name, table) in parts {
        write_csv_bom(&named(dir, name, "csv"), &table)?;
        sheets.push(OutSheet::new(name, table));
    }
    write_xlsx(&named(dir, layer, "xlsx"), &sheets)?;
    let ledger = shared_tables::ledger(&Ledger { rows: manifest.ledger.clone() });
    write_csv_bom(&dir.join("ledger.csv"), &ledger)?;
    Ok(())
}

/// Tags of a raster.
fn tags(manifest: &RunManifest, unit: &str) -> Vec<(String, String)> {
    let mut out = vec![
        ("TIFFTAG_SOFTWARE".to_owned(), format!("carbonzone {}", manifest.version)),
        ("TITLE".to_owned(), manifest.title_en.clone()),
        ("UNIT".to_owned(), unit.to_owned()),
        ("DEFINITION".to_owned(), DEFINITION_STATEMENT.to_owned()),
    ];
    if manifest.synthetic {
        out.push(("SYNTHETIC".to_owned(), "yes: not real data".to_owned()));
    }
    out
}

/// Rasters encoded at the same time at most: each holds its bands twice.
const RASTERS_AT_ONCE: usize = 8;

/// A raster to be written.
enum Sheet<'a> {
    Year(&'a YearFlows),
    Window(usize),
    Trend,
}

fn write_rasters(
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<RasterFile>> {
    let mut sheets: Vec<Sheet<'_>> = results.years.iter().map(Sheet::Year).collect();
    sheets.extend((0..inputs.windows.len()).map(Sheet::Window));
    sheets.push(Sheet::Trend);
    progress.begin("write GeoTIFF", Some(sheets.len() as u64));
    let one = |sheet: &Sheet<'_>| {
        let written = write_raster(sheet, inputs, results, manifest, dir);
        progress.advance(1);
        written
    };
    let mut out = Vec::new();
    for some in sheets.chunks(RASTERS_AT_ONCE) {
        let written: anyhow::Result<Vec<RasterFile>> = some.par_iter().map(one).collect();
        out.extend(written?);
    }
    // A raster without any value cannot have classes.
    out.retain(|r| !matches!(&r.content, RasterContent::Values { sample, .. } if sample.is_empty()));
    Ok(out)
}

fn write_raster(
    sheet: &Sheet<'_>,
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    dir: &Path,
) -> anyhow::Result<RasterFile> {
    let (stem, unit, bands) = match sheet {
        Sheet::Year(year) => (
            format!("{}_{}", manifest.grid_layer, year.year),
            "t CO2 per cell and year; ratio without unit",
            year_bands(year, results),
        ),
        Sheet::Window(w) => (
            format!("risk_{}", inputs.windows[*w].label()),
            "dimensionless",
            window_bands(&results.cells.windows[*w]),
        ),
        Sheet::Trend => ("trend".to_owned(), "slope: ln(ratio) per year", trend_bands(&results.cells)),
    };
    let file = format!("{stem}.tif");
    carbonzone_io::write_cog(&dir.join(&file), &results.grid, &inputs.crs, &bands, &tags(manifest, unit))
        .with_context(|| file.clone())?;
    let sample = maps::sample(&bands[0].values);
    let (content, year) = match sheet {
        Sheet::Year(year) => {
            let (en, zh) = ("Carbon emission per cell", "格网碳排放量");
            (values("gross_t", en, zh, "t CO₂", Vec::new(), sample), Some(year.year))
        }
        Sheet::Window(w) => {
            let ciri = manifest.indicators.iter().find(|i| i.key == "ciri");
            let thresholds = ciri.map(|i| i.thresholds.clone()).unwrap_or_default();
            let (en, zh) = ("Carbon imbalance risk index (own definition)", "碳失衡风险指数（本软件定义）");
            (values("ciri", en, zh, "", thresholds, sample), Some(inputs.windows[*w].last))
        }
        Sheet::Trend => {
            let (en, zh) = ("Trend of ln(source/sink ratio) per year", "源汇比对数的年变化率");
            (values("slope", en, zh, "", vec![0.0], sample), None)
        }
    };
    Ok(RasterFile { file, band: 1, content, year })
}

fn values(
    key: &str,
    en: &str,
    zh: &str,
    unit: &str,
    thresholds: Vec<f64>,
    sample: Vec<f64>,
) -> RasterContent {
    RasterContent::Values {
        key: key.to_owned(),
        label_en: en.to_owned(),
        label_zh: zh.to_owned(),
        unit: unit.to_owned(),
        thresholds,
        sample,
    }
}

/// A band whose cells outside the counties, and infinite values, are nodata.
fn band(description: &str, covered: &[f64], value: impl Fn(usize) -> f64) -> FloatBand {
    let one = |(cell, covered): (usize, &f64)| {
        let v = if *covered > 0.0 { value(cell) } else { f64::NAN };
        if v.is_finite() { v } else { f64::NAN }
    };
    FloatBand { description: description.to_owned(), values: covered.iter().enumerate().map(one).collect() }
}

fn year_bands(year: &YearFlows, results: &Results) -> Vec<FloatBand> {
    let covered = &results.covered_m2;
    let (e, a) = (&year.cell_energy_t, &year.cell_absorption_t);
    // Cells without NPP absorb nothing; their emissions are known all the same.
    let known = |cell: usize| if a[cell].is_nan() { 0.0 } else { a[cell] };
    let land = |cell: usize| (-known(cell)).max(0.0);
    let sink = |cell: usize| known(cell).max(0.0);
    vec![
        band("gross_t", covered, |c| e[c] + land(c)),
        band("sink_t", covered, sink),
        band("net_t", covered, |c| e[c] + land(c) - sink(c)),
        band("energy_t", covered, |c| e[c]),
        band("land_t", covered, land),
        band("absorption_t", covered, |c| a[c]),
        band("ratio", covered, |c| {
            let absorption = (!a[c].is_nan()).then_some(a[c]);
            source_sink_ratio(Some(e[c]), absorption).unwrap_or(f64::NAN)
        }),
    ]
}

fn window_bands(parts: &[Option<carbonzone_zoning::risk::WindowRisk>]) -> Vec<FloatBand> {
    let one = |description: &str, f: fn(&carbonzone_zoning::risk::WindowRisk) -> f64| FloatBand {
        description: description.to_owned(),
        values: parts
            .iter()
            .map(|p| p.as_ref().map(f).filter(|v| v.is_finite()).unwrap_or(f64::NAN))
            .collect(),
    };
    vec![
        one("ciri", |p| p.ciri),
        one("level", |p| p.level),
        one("trend", |p| p.trend),
        one("persistence", |p| p.persistence),
        one("ratio", |p| p.ratio),
    ]
}

fn trend_bands(cells: &CellResults) -> Vec<FloatBand> {
    let one = |description: &str, f: fn(&super::compute::Trend) -> Option<f64>| FloatBand {
        description: description.to_owned(),
        values: cells
            .trend
            .iter()
            .map(|t| t.as_ref().and_then(f).filter(|v| v.is_finite()).unwrap_or(f64::NAN))
            .collect(),
    };
    let code = |class: TrendClass| match class {
        TrendClass::VerySignificantDecrease => -2.0,
        TrendClass::SignificantDecrease => -1.0,
        TrendClass::NotSignificant => 0.0,
        TrendClass::SignificantIncrease => 1.0,
        TrendClass::VerySignificantIncrease => 2.0,
    };
    let mut bands = vec![
        one("slope_ln_ratio", |t| t.slope.map(|s| s.slope)),
        one("mk_z", |t| Some(t.test.z)),
        one("tau_b", |t| Some(t.test.tau_b)),
    ];
    bands.push(FloatBand {
        description: "trend_class".to_owned(),
        values: cells.trend.iter().map(|t| t.map_or(f64::NAN, |t| code(t.class))).collect(),
    });
    bands
}
