//! Writes the run folder of a raster series study.

use super::charts;
use super::compute::{CellResults, Results, YearFlows};
use super::config::RasterSeriesPipeline;
use super::inputs::Inputs;
use super::tables::{self, Areas};
use crate::config::AreaBasis;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::run::named;
use crate::{manifest as shared, maps, tables as shared_tables};
use anyhow::Context;
use carbonzone_geom::Coverage;
use carbonzone_io::{FloatBand, GpkgWriter, WorkingCrs};
use carbonzone_report::{Label, MapData, MapLayer, RasterContent, RasterFile, figure, style};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{
    AttributeTable, ColumnData, IndicatorRecord, Ledger, Progress, Residual, RunManifest, SectorTotal, Totals,
};
use carbonzone_zoning::henan::DEFINITION_STATEMENT;
use carbonzone_zoning::henan::ratio::source_sink_ratio;
use carbonzone_zoning::henan::risk::headline;
use carbonzone_zoning::henan::trend::TrendClass;
use std::path::Path;

/// Largest number of values handed to the style model per raster.
const SAMPLE: usize = 20_000;

/// Everything known before writing.
pub fn manifest(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    notes: &Notes,
    balances: Vec<Residual>,
) -> RunManifest {
    let city = &loaded.pipeline.city;
    let title_en = if city.title_en.is_empty() { city.name.clone() } else { city.title_en.clone() };
    let title_zh = if city.title_zh.is_empty() { title_en.clone() } else { city.title_zh.clone() };
    let variant = loaded.pipeline.risk.variant;
    let last = results.risk.of(variant).last().cloned().unwrap_or_default();
    let mut out = RunManifest {
        study: "raster_series".to_owned(),
        name: city.name.clone(),
        title_en,
        title_zh,
        years: results.years.iter().map(|y| y.year).collect(),
        synthetic: city.synthetic,
        source_note: city.source.clone(),
        map_review_number: city.map_review_number.clone(),
        crs: inputs.crs.authority().unwrap_or(inputs.crs.definition()).to_owned(),
        crs_wkt: inputs.crs.wkt().to_owned(),
        area_basis: match city.area {
            AreaBasis::Planar => "planar".to_owned(),
            AreaBasis::Ellipsoidal => "ellipsoidal".to_owned(),
        },
        grid: Some(results.grid),
        grid_layer: results.grid.layer_name(),
        zones_layer: loaded.pipeline.layers.zones.kind.clone(),
        sectors: vec!["energy".to_owned(), "land".to_owned()],
        totals: totals(results),
        indicators: indicators(loaded.pipeline.risk.options.threshold),
        zone_classes: tables::risk_classes(&last),
        balances,
        summary: summary(loaded, inputs, results).lines().map(str::to_owned).collect(),
        ..shared::common(loaded, notes)
    };
    out.statements.push(DEFINITION_STATEMENT.to_owned());
    out.statements.push(
        "The column `zone` holds the risk class of the window that the year belongs to; `land_t` is land whose \
         respiration exceeds its production, counted as an emission, and `absorption_t` is sinks minus that."
            .to_owned(),
    );
    out
}

fn indicators(threshold: f64) -> Vec<IndicatorRecord> {
    let record = |key: &str, en: &str, zh: &str, threshold: f64| IndicatorRecord {
        key: key.to_owned(),
        label_en: en.to_owned(),
        label_zh: zh.to_owned(),
        unit: String::new(),
        thresholds: vec![threshold],
    };
    vec![
        record("ratio", "Carbon source/sink ratio", "碳源汇比", 1.0),
        record(
            "ciri",
            "Carbon imbalance risk index (own definition)",
            "碳失衡风险指数（本软件定义）",
            threshold,
        ),
    ]
}

/// Totals of the last year.
fn totals(results: &Results) -> Totals {
    let Some(last) = tables::totals(results).pop() else { return Totals::default() };
    let gross_t = last.energy_t + last.land_t;
    let net_t = gross_t - last.sink_t;
    let pct = |x: f64, base: f64| (base != 0.0).then(|| 100.0 * x / base);
    let row = |sector: &str, amount_t: f64, sign: f64| SectorTotal {
        sector: sector.to_owned(),
        amount_t,
        share_of_gross_pct: pct(sign * amount_t, gross_t),
        share_of_net_pct: pct(sign * amount_t, net_t),
    };
    let sectors = vec![
        row("energy", last.energy_t, 1.0),
        row("land", last.land_t, 1.0),
        row("sink", last.sink_t, -1.0),
    ];
    Totals {
        gross_t,
        sink_t: last.sink_t,
        net_t,
        ccr: (gross_t > 0.0).then(|| last.sink_t / gross_t),
        sectors,
    }
}

/// First and last year, peak of the ratio, counties above the threshold, for the closing summary.
fn summary(loaded: &Loaded<RasterSeriesPipeline>, inputs: &Inputs, results: &Results) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let totals = tables::totals(results);
    let mt = |t: f64| format!("{:.1} Mt", t / 1e6);
    if let (Some(a), Some(b)) = (totals.first(), totals.last()) {
        let _ = writeln!(
            out,
            "series      {}: emission {}, absorption {}; {}: emission {}, absorption {}",
            a.year,
            mt(a.energy_t),
            mt(a.absorption_t()),
            b.year,
            mt(b.energy_t),
            mt(b.absorption_t())
        );
    }
    let peak = totals.iter().filter_map(|t| t.ratio().filter(|r| r.is_finite()).map(|r| (t.year, r)));
    if let Some((year, ratio)) = peak.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let _ = writeln!(out, "ratio       largest in {year}: {ratio:.2}");
    }
    let risk = &loaded.pipeline.risk;
    for (window, values) in inputs.windows.iter().zip(results.risk.of(risk.variant)) {
        let h = headline(values, risk.options.threshold);
        let share = h.share_pct.map_or_else(String::new, |s| format!(" ({s:.1} %)"));
        let _ = writeln!(
            out,
            "risk        {}: {} of {} counties above {}{share} [{}]",
            window.label(),
            h.above,
            h.known,
            risk.options.threshold,
            risk.variant.key()
        );
    }
    out
}

/// Writes everything but `run.json`.
pub fn write_all(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<()> {
    let risk = &loaded.pipeline.risk;
    let areas = areas(loaded, inputs)?;
    let counties = tables::counties(inputs, results, &areas, &risk.options, risk.variant);
    let windows = tables::windows(inputs, results, &risk.options, risk.variant);
    progress.begin("write GeoTIFF", Some(results.years.len() as u64));
    let rasters = write_rasters(inputs, results, manifest, dir, progress)?;
    progress.begin("write tables", None);
    write_tables(loaded, inputs, results, manifest, &counties, &windows, dir)?;
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
    gpkg.polygons("risk_windows", &what, &repeated(inputs.windows.len()), &windows, progress)?;
    gpkg.finish()?;
    progress.begin("write GeoJSON", None);
    let last = last_year(&long, &counties, results);
    carbonzone_io::write_geojson(&named(dir, layer, "geojson"), &last.0, &last.1, &inputs.crs)?;
    progress.end();
    if loaded.pipeline.outputs.maps {
        let data = MapData {
            manifest: manifest.clone(),
            parcels: None,
            grid: None,
            zones: MapLayer { name: layer.clone(), coverage: long, table: counties },
            dissolved: None,
            rasters,
            vector_files: vec![(format!("{layer}.geojson"), layer.clone())],
            what_if: Vec::new(),
        };
        maps::render(&data, &maps::options(loaded.pipeline.outputs.language), dir, progress)
            .context("maps")?;
        write_window_maps(loaded, inputs, results, &data, dir).context("maps of the windows")?;
    }
    Ok(())
}

fn areas(loaded: &Loaded<RasterSeriesPipeline>, inputs: &Inputs) -> anyhow::Result<Areas> {
    let planar = inputs.zones.coverage.areas_m2();
    let ellipsoidal = carbonzone_io::ellipsoidal_areas_m2(&inputs.zones.coverage, &inputs.crs)?;
    Ok(match loaded.pipeline.city.area {
        AreaBasis::Planar => {
            Areas { basis_m2: planar, other_m2: ellipsoidal, other_name: "area_ellipsoidal_m2" }
        }
        AreaBasis::Ellipsoidal => {
            Areas { basis_m2: ellipsoidal, other_m2: planar, other_name: "area_planar_m2" }
        }
    })
}

/// Counties of the last year: the GeoJSON is a picture of now, the whole series is in the GeoPackage.
fn last_year(long: &Coverage, table: &AttributeTable, results: &Results) -> (Coverage, AttributeTable) {
    let n = table.rows() / results.years.len().max(1);
    let order: Vec<u32> = ((table.rows() - n)..table.rows()).map(|i| i as u32).collect();
    (long.reordered(&order), table.reordered(&order))
}

fn write_tables(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    counties: &AttributeTable,
    windows: &AttributeTable,
    dir: &Path,
) -> anyhow::Result<()> {
    let risk = &loaded.pipeline.risk;
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
        OutSheet::new("about", AttributeTable::new().with("note", ColumnData::texts(&manifest.statements))),
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

fn write_rasters(
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    dir: &Path,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<RasterFile>> {
    let mut out = Vec::new();
    for year in &results.years {
        let file = format!("{}_{}.tif", manifest.grid_layer, year.year);
        let bands = year_bands(year, results);
        let sample = sample(&bands[0].values);
        write(
            dir,
            &file,
            results,
            &inputs.crs,
            &bands,
            &tags(manifest, "t CO2 per cell and year; ratio without unit"),
        )?;
        out.push(RasterFile {
            file,
            band: 1,
            content: values(
                "gross_t",
                "Carbon emission per cell",
                "格网碳排放量",
                "t CO₂",
                Vec::new(),
                sample,
            ),
            year: Some(year.year),
        });
        progress.advance(1);
    }
    for (window, parts) in inputs.windows.iter().zip(&results.cells.windows) {
        let file = format!("risk_{}.tif", window.label());
        let bands = window_bands(parts);
        let sample = sample(&bands[0].values);
        write(dir, &file, results, &inputs.crs, &bands, &tags(manifest, "dimensionless"))?;
        let thresholds = manifest.indicators.iter().find(|i| i.key == "ciri").map(|i| i.thresholds.clone());
        let (en, zh) = ("Carbon imbalance risk index (own definition)", "碳失衡风险指数（本软件定义）");
        let content = values("ciri", en, zh, "", thresholds.unwrap_or_default(), sample);
        out.push(RasterFile { file, band: 1, content, year: Some(window.last) });
    }
    let bands = trend_bands(&results.cells);
    let sample = sample(&bands[0].values);
    write(dir, "trend.tif", results, &inputs.crs, &bands, &tags(manifest, "slope: ln(ratio) per year"))?;
    let (en, zh) = ("Trend of ln(source/sink ratio) per year", "源汇比对数的年变化率");
    let content = values("slope", en, zh, "", vec![0.0], sample);
    out.push(RasterFile { file: "trend.tif".to_owned(), band: 1, content, year: None });
    // A raster without any value cannot have classes.
    out.retain(|r| !matches!(&r.content, RasterContent::Values { sample, .. } if sample.is_empty()));
    Ok(out)
}

fn write(
    dir: &Path,
    file: &str,
    results: &Results,
    crs: &WorkingCrs,
    bands: &[FloatBand],
    tags: &[(String, String)],
) -> anyhow::Result<()> {
    carbonzone_io::write_cog(&dir.join(file), &results.grid, crs, bands, tags)
        .with_context(|| file.to_owned())
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

/// Evenly taken known values, with the smallest and the largest.
fn sample(values: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let step = known.len().div_ceil(SAMPLE).max(1);
    let mut out: Vec<f64> = known.iter().step_by(step).copied().collect();
    out.extend(known.last());
    out
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

fn window_bands(parts: &[Option<carbonzone_zoning::henan::risk::WindowRisk>]) -> Vec<FloatBand> {
    let one = |description: &str, f: fn(&carbonzone_zoning::henan::risk::WindowRisk) -> f64| FloatBand {
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

/// Risk maps per window, the ratio over the years, the transitions.
fn write_window_maps(
    loaded: &Loaded<RasterSeriesPipeline>,
    inputs: &Inputs,
    results: &Results,
    all: &MapData,
    dir: &Path,
) -> anyhow::Result<()> {
    let manifest = &all.manifest;
    let options = maps::options(loaded.pipeline.outputs.language);
    let fonts = figure::Fonts::system();
    let (lang, _) = fonts.lang(options.lang);
    let folder = dir.join("figures");
    std::fs::create_dir_all(&folder)?;
    let store = |name: &str, svg: &str| -> anyhow::Result<()> {
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
        std::fs::write(folder.join(format!("{name}.png")), figure::png(svg, name, options.dpi, &fonts)?)?;
        Ok(())
    };
    let totals = tables::totals(results);
    let (en, zh) = (&manifest.title_en, &manifest.title_zh);
    store("ratio_series", &charts::ratio_series(&totals, en, zh, &fonts.family(), manifest.synthetic))?;
    store(
        "transitions",
        &charts::transitions(&results.risk.transitions, en, zh, &fonts.family(), manifest.synthetic),
    )?;
    let data = window_data(inputs, results, manifest, &all.zones.table);
    for mut figure in style::figures_of_years(&data, &options)? {
        let Some(year) = figure.year.filter(|_| figure.map().is_some_and(|m| m.field == "zone")) else {
            continue;
        };
        let Some(window) = inputs.windows.iter().find(|w| w.contains(year)) else { continue };
        name_risk_map(&mut figure, &window.label(), manifest);
        let svg = figure::svg(&data.of_year(year), &figure, lang, &fonts)?;
        store(&format!("risk_{}", window.label()), &svg)?;
    }
    Ok(())
}

/// The map of `zone` holds risk classes here.
fn name_risk_map(figure: &mut style::Figure, window: &str, manifest: &RunManifest) {
    let (en, zh) = ("Carbon imbalance risk (own definition)", "碳失衡风险（本软件定义）");
    figure.title = Label::new(
        format!("{en}, {window}, {}", manifest.title_en),
        format!("{}{window}年{zh}", manifest.title_zh),
    );
    if let style::FigureContent::Map(map) = &mut figure.content {
        map.heading = Label::new(en, zh);
    }
}

/// The last year of every window, whose risk is that of the window, so that the style model pools their classes.
fn window_data(
    inputs: &Inputs,
    results: &Results,
    manifest: &RunManifest,
    counties: &AttributeTable,
) -> MapData {
    let n = inputs.zones.ids.len();
    let ends: Vec<usize> = inputs
        .windows
        .iter()
        .filter_map(|w| results.years.iter().rposition(|y| w.contains(y.year)))
        .collect();
    let rows: Vec<u32> = ends.iter().flat_map(|y| (y * n..(y + 1) * n).map(|row| row as u32)).collect();
    let order: Vec<u32> = ends.iter().flat_map(|_| 0..n as u32).collect();
    let years = ends.iter().map(|y| results.years[*y].year).collect();
    let indicators = manifest.indicators.iter().filter(|i| i.key == "ciri").cloned().collect();
    MapData {
        manifest: RunManifest { years, indicators, ..manifest.clone() },
        parcels: None,
        grid: None,
        zones: MapLayer {
            name: manifest.zones_layer.clone(),
            coverage: inputs.zones.coverage.reordered(&order),
            table: counties.reordered(&rows),
        },
        dissolved: None,
        rasters: Vec::new(),
        vector_files: Vec::new(),
        what_if: Vec::new(),
    }
}
