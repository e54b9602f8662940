//! What a raster series study writes.

use super::compute::{CellResults, Results, YearFlows};
use super::config::{EmissionLevel, RasterSeriesPipeline};
use super::inputs::Inputs;
use super::uncertainty::{WINDOW_STATE, WindowConfidence, states as state_classes};
use super::{RasterSeries, report, tables};
use crate::explained::{Part, UnitPart, of_units};
use crate::load_config::Loaded;
use crate::manifest;
use crate::output::{Bands, Columns, Layer, Output, Raster, Role};
use crate::statistics::Statistics;
use crate::statistics::clusters::Clusters;
use crate::study::{Computed, Run};
use crate::{compensation, reference};
use crate::{maps, uncertainty, workbook};
use carbonzone_inventory::totals_of;
use carbonzone_io::FloatBand;
use carbonzone_report::{Label, RasterContent};
use carbonzone_types::{
    ConfidenceRecord, FurtherConfidence, GridSpec, IndicatorRecord, RunManifest, Statement, Totals,
};
use carbonzone_zoning::Index;
use carbonzone_zoning::ratio::{Window, source_sink_ratio};
use carbonzone_zoning::risk::headline;
use carbonzone_zoning::risk::{DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH};
use carbonzone_zoning::trend::TrendClass;
use std::sync::Arc;

/// Everything known before writing.
pub fn manifest(computed: Computed<'_, RasterSeries>) -> RunManifest {
    let Computed { config: loaded, inputs, results, notes, balances } = computed;
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
        ..manifest::common(loaded, &loaded.pipeline.city, Some(&inputs.crs), notes)
    };
    out.statements.push(Statement::new(DEFINITION_STATEMENT, DEFINITION_STATEMENT_ZH));
    out.statements.push(Statement::new(
        "The column `zone` holds the risk class of the window that the year belongs to; `land_t` is land whose \
         respiration exceeds its production, counted as an emission, and `absorption_t` is sinks minus that.",
        "`zone` 列为该年份所属时段的风险等级；`land_t` 为呼吸大于生产力的土地，计为排放；`absorption_t` 为碳汇减去该部分。",
    ));
    out.statements.extend(uncertainty::statements_of_years(results.confidence.is_some()));
    out.confidence = confidence(inputs, results);
    let asked = loaded.pipeline.compensation.as_ref();
    compensation::note_in(&mut out, asked, results.compensation.as_ref());
    out.statistics = results.statistics.as_ref().map(Statistics::record);
    reference::note_in(&mut out, &results.references);
    out
}

/// What `run.json` keeps of the draws: every window under its last year; the counts are those of the last window.
fn confidence(inputs: &Inputs, results: &Results) -> Option<ConfidenceRecord> {
    let found = results.confidence.as_ref()?;
    let last_year = |w: &Window| results.years.iter().rev().map(|y| y.year).find(|y| w.contains(*y));
    let mut units = Vec::new();
    for (w, window) in inputs.windows.iter().enumerate() {
        let ids = inputs.zones.ids.iter().map(|id| (id.as_str(), last_year(window)));
        units.extend(ids.zip(found.risk(w)));
    }
    let headline: Vec<_> =
        inputs.windows.len().checked_sub(1).map_or(&[][..], |w| found.risk(w)).iter().collect();
    let mut out = uncertainty::record_of(found.draws(), &units, &headline, &[]);
    out.further = states(inputs, found, last_year);
    Some(out)
}

/// The states of the counties, judged in the same draws.
fn states(
    inputs: &Inputs,
    found: &WindowConfidence,
    last_year: impl Fn(&Window) -> Option<i32>,
) -> Vec<FurtherConfidence> {
    let Some(last) = inputs.windows.len().checked_sub(1) else { return Vec::new() };
    let of_window = |(w, window): (usize, &Window)| {
        let year = last_year(window);
        let ids = inputs.zones.ids.iter().zip(found.states(w));
        ids.map(move |(id, u)| (id.as_str(), year, u)).collect::<Vec<_>>()
    };
    let head = FurtherConfidence {
        field: WINDOW_STATE.to_owned(),
        label_en: "Carbon budget state of the window".to_owned(),
        label_zh: "时段碳收支状态".to_owned(),
        indices: vec!["ratio".to_owned()],
        classes: state_classes(found.states(last)),
        ..FurtherConfidence::default()
    };
    let units: Vec<_> = inputs.windows.iter().enumerate().flat_map(of_window).collect();
    vec![uncertainty::further(head, found.states(last), &units)]
}

fn indicators(threshold: f64) -> Vec<IndicatorRecord> {
    let record = |key: &str, label: Label, threshold: f64, index: Index| IndicatorRecord {
        key: key.to_owned(),
        label_en: label.en,
        label_zh: label.zh,
        unit: String::new(),
        thresholds: vec![threshold],
        equal_is_above: false,
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
    let totals = totals_of(&sectors, last.energy_t + last.land_t, last.sink_t);
    Totals { ccr: None, source_sink_ratio: ratio, ..totals }
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

/// Everything that a raster series writes.
pub fn output(run: &Run<RasterSeries>) -> Output<'_> {
    let Run { config, inputs, results, record } = run;
    let (risk, layer) = (&config.pipeline.risk, &record.zones_layer);
    let counties = tables::counties(inputs, results, risk);
    let windows = tables::windows(inputs, results, risk);
    let tables = [
        (layer.as_str(), counties.clone()),
        ("windows", windows.clone()),
        ("trajectories", tables::trajectories(inputs, results)),
        ("series", tables::series(results)),
        ("transition_matrix", tables::transition_matrix(results)),
        ("headline", tables::headlines(inputs, results, risk)),
        ("correlation", tables::correlation(results)),
        ("changes", tables::changes(inputs, results, risk.variant)),
    ];
    let tables = tables.map(|(name, table)| (name.to_owned(), table));
    let lang = maps::lang(config.pipeline.outputs.language);
    let sheets = workbook::sheets(record, &tables, lang);
    let n = inputs.zones.ids.len() as u32;
    let repeated = |times: usize| {
        let order: Vec<u32> = (0..times).flat_map(|_| 0..n).collect();
        Arc::new(inputs.zones.coverage.reordered(&order))
    };
    // A picture of now; the whole series is in the GeoPackage.
    let rows = counties.rows() as u32;
    let last: Vec<u32> = (rows - n.min(rows)..rows).collect();
    let mut out = Output {
        crs: Some(&inputs.crs),
        geojson: Some((repeated(1), counties.reordered(&last))),
        lang,
        workbooks: vec![(layer.clone(), sheets)],
        tables: tables.into(),
        rasters: rasters(run),
        extras: report::extras(inputs, results, risk, record),
        what_if: Vec::new(),
        explained: of_units(layer, &inputs.zones.ids, parts_of_years(run)),
        layers: vec![
            Layer {
                name: layer.clone(),
                description: "Counties by year: emissions, absorption, ratio, risk of the window".to_owned(),
                coverage: repeated(results.years.len()),
                table: Columns::Own(counties),
                parts: None,
                role: Role::Units,
            },
            Layer {
                name: report::WINDOWS_LAYER.to_owned(),
                description: "Counties by window: carbon imbalance risk (own definition) and its variants"
                    .to_owned(),
                coverage: repeated(inputs.windows.len()),
                table: Columns::Own(windows),
                parts: None,
                role: Role::More,
            },
        ],
    };
    let asked = config.pipeline.compensation.as_ref();
    compensation::add_to(&mut out, asked, results.compensation.as_ref());
    if let Some(statistics) = &results.statistics {
        statistics.add_to(&mut out);
    }
    reference::add_to(&mut out, &results.references);
    out
}

/// What a county's tonnes are made of in each year: its energy emissions, and land that emits or absorbs.
fn parts_of_years(run: &Run<RasterSeries>) -> Vec<UnitPart> {
    let Run { config, inputs, results, .. } = run;
    let emissions = &config.pipeline.emissions;
    let given = emissions.level == EmissionLevel::County;
    let none = vec![0.0; inputs.zones.ids.len()];
    let mut out = Vec::new();
    for flows in &results.years {
        let mut add = |sector: &str, activity: &str, source: &str, weight: Vec<f64>, amount_t: Vec<f64>| {
            let part = Part {
                year: Some(flows.year).filter(|_| results.years.len() > 1),
                sector: sector.to_owned(),
                rule: sector.to_owned(),
                activity: activity.to_owned(),
                budget_source: source.to_owned(),
                ..Part::default()
            };
            out.push(UnitPart { part, weight, amount_t });
        };
        let energy = flows.energy_t.iter().map(|t| t.unwrap_or(f64::NAN)).collect();
        let light = flows.light.iter().map(|v| v.unwrap_or(0.0)).collect();
        let how =
            if given { "energy use, as given" } else { "energy use of its region, shared out by light" };
        add("energy", how, &emissions.source, if given { none.clone() } else { light }, energy);
        let nep = "NPP − soil respiration, times area";
        add("land", "respiration above production", nep, none.clone(), flows.land_t.clone());
        add("sink", "production above respiration", nep, none.clone(), flows.sink_t.clone());
    }
    out
}

/// One GeoTIFF per year and per window, and the trend.
fn rasters(run: &Run<RasterSeries>) -> Vec<Raster<'_>> {
    let Run { inputs, results, record, .. } = run;
    let mut out = Vec::new();
    for flows in &results.years {
        let content = values("gross_t", "Carbon emission per cell", "格网碳排放量", "t CO₂", Vec::new());
        let bands = Box::new(|| year_bands(flows, results));
        let stem = format!("{}_{}", record.grid_layer, flows.year);
        out.push(raster(
            &results.grid,
            &stem,
            "t CO2 per cell and year; ratio without unit",
            bands,
            content,
            Some(flows.year),
        ));
    }
    let ciri = record.indicators.iter().find(|i| i.key == "ciri");
    let thresholds = ciri.map(|i| i.thresholds.clone()).unwrap_or_default();
    for (window, parts) in inputs.windows.iter().zip(&results.cells.windows) {
        let (en, zh) = ("Carbon imbalance risk index (own definition)", "碳失衡风险指数（本软件定义）");
        let content = values("ciri", en, zh, "", thresholds.clone());
        let stem = format!("risk_{}", window.label());
        out.push(raster(
            &results.grid,
            &stem,
            "dimensionless",
            Box::new(|| window_bands(parts)),
            content,
            Some(window.last),
        ));
    }
    if let Some(clusters) = results.statistics.as_ref().and_then(Statistics::of_cells) {
        let content =
            values("gi_star", "Hot and cold spots of emissions (Gi*)", "碳排放冷热点（Gi*）", "z", vec![0.0]);
        let bands = Box::new(|| cluster_bands(clusters, results));
        let year = results.years.last().map(|y| y.year);
        out.push(raster(&results.grid, "statistics_clusters", "z score; codes", bands, content, year));
    }
    let (en, zh) = ("Trend of ln(source/sink ratio) per year", "源汇比对数的年变化率");
    let bands = Box::new(|| trend_bands(&results.cells));
    let content = values("slope", en, zh, "", vec![0.0]);
    out.push(raster(&results.grid, "trend", "slope: ln(ratio) per year", bands, content, None));
    out
}

fn raster<'a>(
    grid: &'a GridSpec,
    stem: &str,
    unit: &'static str,
    bands: Box<dyn Fn() -> Vec<FloatBand> + Sync + 'a>,
    content: RasterContent,
    year: Option<i32>,
) -> Raster<'a> {
    Raster {
        file: format!("{stem}.tif"),
        grid,
        unit,
        tags: vec![("DEFINITION".to_owned(), DEFINITION_STATEMENT.to_owned())],
        bands: Bands::Float(bands),
        shows: vec![(1, content, year)],
    }
}

fn values(key: &str, en: &str, zh: &str, unit: &str, thresholds: Vec<f64>) -> RasterContent {
    RasterContent::Values {
        key: key.to_owned(),
        label_en: en.to_owned(),
        label_zh: zh.to_owned(),
        unit: unit.to_owned(),
        thresholds,
        // Taken from the values when they are written.
        sample: Vec::new(),
        cells: None,
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

/// Clusters and hot spots of the cells: Gi*, its adjusted probability, and codes: 1 high among high, 2 low among low, 3 high among
/// low, 4 low among high; 3, 2, 1 hot and −3, −2, −1 cold spots at 99, 95, 90 %; 0 not significant.
fn cluster_bands(clusters: &Clusters, results: &Results) -> Vec<FloatBand> {
    let used = results.cells_in_counties();
    let scattered = |description: &str, value: &dyn Fn(usize) -> Option<f64>| {
        let mut values = vec![f64::NAN; results.covered_m2.len()];
        used.iter().enumerate().for_each(|(k, &cell)| values[cell as usize] = value(k).unwrap_or(f64::NAN));
        FloatBand { description: description.to_owned(), values }
    };
    let code =
        |keys: &[(&str, f64)], key: &str| keys.iter().find(|(k, _)| *k == key).map_or(0.0, |(_, c)| *c);
    let (of_cluster, of_spot) = (clusters.cluster(), clusters.hot_spot());
    let quadrants = [("high_high", 1.0), ("low_low", 2.0), ("high_low", 3.0), ("low_high", 4.0)];
    let spots = [
        ("hot_99", 3.0),
        ("hot_95", 2.0),
        ("hot_90", 1.0),
        ("cold_90", -1.0),
        ("cold_95", -2.0),
        ("cold_99", -3.0),
    ];
    vec![
        scattered("gi_star", &|k| clusters.gi[k]),
        scattered("gi_star_q", &|k| clusters.gi_q[k]),
        scattered("hot_spot", &|k| of_spot[k].map(|key| code(&spots, key))),
        scattered("cluster", &|k| of_cluster[k].map(|key| code(&quadrants, key))),
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
