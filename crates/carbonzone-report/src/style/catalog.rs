//! The figures of a run: the Suzhou paper's Figures 4 to 9 and the grid intensity map, for any place.

use super::classify::{Classes, classify};
use super::content::{ChartKind, Figure, FigureContent, Series};
use super::headline::{basis, headline_field};
use super::model::{MapLayerKind, MapStyle};
use crate::palette::Meaning;
use crate::{BreakMethod, Label, MapData, MapLayer, RenderOptions, Result, ZONE_OF_MEAN, words};
use carbonzone_types::{ExactSum, IndicatorRecord, T_PER_1E4_T};
use carbonzone_zoning::ZoningConfig;

/// All figures that the data allows, in the order of the paper.
///
/// `data` must hold one year only (see [`MapData::of_year`]). A figure whose layer or field is missing is left out.
///
/// # Errors
/// [`ReportError::Breaks`](crate::ReportError::Breaks) if classes cannot be found.
pub fn figures(data: &MapData, options: &RenderOptions) -> Result<Vec<Figure>> {
    one_year(data, data, options)
}

/// Most years for which every map is drawn.
const MAX_MAPPED_YEARS: usize = 6;

/// Figures of a run in long form: all figures of the last year under their plain names, the maps of the other years
/// with the year at the end of their names (up to six years), and the totals over the years.
///
/// Classes are those of all years together, so that one legend holds for every year. The figures of a run with one
/// year are [`figures`].
///
/// # Errors
/// [`ReportError::Breaks`](crate::ReportError::Breaks) if classes cannot be found.
pub fn figures_of_years(data: &MapData, options: &RenderOptions) -> Result<Vec<Figure>> {
    let Some(last) = data.year().filter(|_| data.long_form()) else {
        let mut out = figures(data, options)?;
        out.extend(data.study.charts.iter().cloned());
        return Ok(out);
    };
    let shown = data.of_year(last);
    let mut out = one_year(&shown, data, options)?;
    head_with_the_mean(&mut out, &Builder { data: &shown, pool: data, options }, last)?;
    let mut years = data.manifest.years.clone();
    years.sort_unstable();
    years.dedup();
    let pooled = pooled_note(&years);
    for figure in &mut out {
        figure.year = figure.year.or(Some(last));
        figure.add_to_method(&pooled);
    }
    if years.len() <= MAX_MAPPED_YEARS {
        for year in years.iter().copied().filter(|y| *y != last) {
            for mut figure in one_year(&data.of_year(year), data, options)? {
                if figure.map().is_some() {
                    figure.add_to_method(&pooled);
                    figure.name = format!("{}_{year}", figure.name);
                    figure.short = figure.short.then(&of_year(year));
                    figure.year = Some(year);
                    out.push(figure);
                }
            }
        }
    }
    for (window, year) in &data.study.windows {
        out.extend(window_map(data, window, *year, options)?);
    }
    out.push(series(data, &years)?);
    out.extend(data.study.charts.iter().cloned());
    Ok(out)
}

/// Where units are also judged by the mean over the years, that is the headline: `fig9a_zones` shows it, and the last
/// year gets a map of its own like every other year.
fn head_with_the_mean(out: &mut Vec<Figure>, build: &Builder<'_>, last: i32) -> Result<()> {
    if headline_field(&build.data.zones) != ZONE_OF_MEAN {
        return Ok(());
    }
    if let Some(at) = out.iter().position(|f| f.name == "fig9a_zones") {
        let of_mean = build.zones("fig9a_zones", ZONE_OF_MEAN)?;
        let mut of_last = std::mem::replace(&mut out[at], of_mean);
        of_last.name = format!("{}_{last}", of_last.name);
        of_last.short = of_last.short.then(&of_year(last));
        out.insert(at + 1, of_last);
    }
    Ok(())
}

fn of_year(year: i32) -> Label {
    Label::new(format!(", {year}"), format!("（{year}年）"))
}

/// Says that `n` of the legend counts the units of all years.
fn pooled_note(years: &[i32]) -> Label {
    let (n, first, last) = (years.len(), years.first().unwrap_or(&0), years.last().unwrap_or(&0));
    Label::new(
        format!("; classes of all {n} years {first}–{last} together"),
        format!("；{first}—{last} 年共 {n} 个年份统一分级"),
    )
}

/// The zone map of a window of years, whose classes stand in the rows of `year`.
fn window_map(data: &MapData, window: &str, year: i32, options: &RenderOptions) -> Result<Option<Figure>> {
    let shown = data.of_year(year);
    if !shown.zones.has("zone") || shown.zones.table.rows() == 0 {
        return Ok(None);
    }
    let mut figure =
        Builder { data: &shown, pool: data, options }.zones(&format!("risk_{window}"), "zone")?;
    let m = &data.manifest;
    let heading = words::zone_classes(&m.study);
    let (span, span_zh) = (window.replace('-', "–"), window.replace('-', "—"));
    figure.title = Label {
        en: format!("{}, {span}", heading.en) + &words::place_suffix_en(&m.title_en),
        zh: format!("{}{span_zh}年{}", m.title_zh, heading.zh),
    };
    figure.short = heading.then(&Label::new(format!(", {span}"), format!("（{span_zh}年）")));
    figure.year = Some(year);
    Ok(Some(figure))
}

/// Totals of the zones, year by year.
fn series(data: &MapData, years: &[i32]) -> Result<Figure> {
    let mut series = Series { years: years.to_vec(), ..Series::default() };
    for year in years {
        let zones = data.zones.of_year(*year);
        let total = |field: &str| -> Result<f64> {
            Ok(zones.numbers(field)?.into_iter().flatten().collect::<ExactSum>().value())
        };
        series.gross_t.push(total("gross_t")?);
        series.sink_t.push(total("sink_t")?);
    }
    let m = &data.manifest;
    let short = Label::new("Emissions and sinks over the years", "历年碳排放与碳汇");
    let title = Label {
        en: short.en.clone() + &words::place_suffix_en(&m.title_en),
        zh: format!("{}{}", m.title_zh, short.zh),
    };
    let content = FigureContent::Series(Box::new(series));
    Ok(Figure { name: "fig_series".to_owned(), title, short, year: None, content })
}

/// Figures of one year with the classes of `pool`.
fn one_year(data: &MapData, pool: &MapData, options: &RenderOptions) -> Result<Vec<Figure>> {
    let build = Builder { data, pool, options };
    let mut out = vec![build.chart("fig4_shares", ChartKind::Shares)];
    if let Some(parcels) = &data.parcels {
        let field = parcel_field(options, parcels);
        out.extend(build.net("fig5a_parcels", MapLayerKind::Parcels, parcels, field)?);
    }
    if let Some(grid) = &data.grid {
        out.extend(build.net("fig5b_grid", MapLayerKind::Grid, grid, "net_t")?);
        build.intensity(&mut out, grid)?;
    }
    build.emission_and_sink(&mut out)?;
    build.indicators(&mut out)?;
    if data.zones.has("zone") {
        out.push(build.zones("fig9a_zones", "zone")?);
        out.push(build.chart("fig9b_counts", ChartKind::ZoneCounts));
        out.push(build.chart("fig9c_shares", ChartKind::ZoneShares));
        build.confidence(&mut out)?;
    }
    build.compensation(&mut out)?;
    build.clusters(&mut out)?;
    Ok(out)
}

/// Parcels differ in size by a factor of ten thousand: per hectare they can be compared, as totals one lake takes most
/// classes. Without areas there are only totals.
fn parcel_field(options: &RenderOptions, parcels: &MapLayer) -> &'static str {
    if options.parcel_totals || !parcels.has("net_t_ha") { "net_t" } else { "net_t_ha" }
}

fn net_sink() -> Label {
    Label::new("net\u{a0}sink", "净碳汇")
}

fn net_source() -> Label {
    Label::new("net\u{a0}source", "净碳源")
}

/// What a layer is called: `Parcels 地块`, `1 km grid`, `Townships 乡镇（街道）`.
pub fn layer_title(data: &MapData, kind: MapLayerKind) -> Label {
    match kind {
        MapLayerKind::Parcels => Label::new("Parcels", "地块"),
        MapLayerKind::Grid => words::grid_title(data.manifest.grid.as_ref()),
        MapLayerKind::Zones => words::zones_plural(&data.manifest.zones_layer),
    }
}

/// One unit of a layer in words: `parcel`, `1 km cell`, `township`.
pub fn unit_word(data: &MapData, kind: MapLayerKind) -> Label {
    match kind {
        MapLayerKind::Parcels => Label::new("parcel", "地块"),
        MapLayerKind::Grid => words::cell_word(data.manifest.grid.as_ref()),
        MapLayerKind::Zones => words::zone_word(&data.manifest.zones_layer),
    }
}

pub(super) struct Builder<'a> {
    /// The year shown.
    pub data: &'a MapData,
    /// All years: classes are found from these values.
    pub pool: &'a MapData,
    pub options: &'a RenderOptions,
}

/// Everything that differs between two choropleths.
pub(super) struct Choropleth<'a> {
    pub name: &'a str,
    pub kind: MapLayerKind,
    pub layer: &'a MapLayer,
    pub field: &'a str,
    pub heading: Label,
    pub base_unit: Label,
    pub forced: &'a [f64],
    /// A ratio, whose classes are found on its logarithm.
    pub ratio: bool,
    pub exact_pivot: bool,
    pub meaning: Meaning,
    pub factor: Option<f64>,
    pub sides: Option<(Label, Label)>,
}

impl Builder<'_> {
    fn title(&self, what: &Label, kind: MapLayerKind) -> Label {
        self.title_of(what, kind, &words::year(self.data.year()))
    }

    /// What by which unit, when and where.
    pub(super) fn title_of(&self, what: &Label, kind: MapLayerKind, when: &Label) -> Label {
        let m = &self.data.manifest;
        let unit = unit_word(self.data, kind);
        let comma = if when.en.is_empty() { "" } else { ", " };
        Label {
            en: format!("{} by {}{comma}{}", what.en, unit.en, when.en)
                + &words::place_suffix_en(&m.title_en),
            zh: format!("{}{}各{}{}", m.title_zh, when.zh, unit.zh, what.zh),
        }
    }

    pub(super) fn chart(&self, name: &str, kind: ChartKind) -> Figure {
        let m = &self.data.manifest;
        let zone = unit_word(self.data, MapLayerKind::Zones);
        let class = words::zone_class(&m.study);
        let (en, zh) = match kind {
            ChartKind::Shares if words::has_land_groups(&m.study) => (
                "Carbon emissions and sinks by sector and land use".to_owned(),
                "分部门、分用地碳排放与碳汇".to_owned(),
            ),
            ChartKind::Shares => {
                ("Carbon emissions and sinks by sector".to_owned(), "分部门碳排放与碳汇".to_owned())
            }
            ChartKind::ZoneCounts => (
                format!("Number of {} per {}", words::plural(&zone.en), class.en),
                format!("各{}的{}数量", class.zh, zone.zh),
            ),
            ChartKind::Quadrant => (words::how_sure_plot().en, words::how_sure_plot().zh),
            ChartKind::ZoneShares => (
                format!("Share of {} per {}", words::plural(&zone.en), class.en),
                format!("各{}的{}占比", class.zh, zone.zh),
            ),
        };
        let when = if kind == ChartKind::Shares { words::year(self.data.year()) } else { basis(self.data) };
        Figure {
            name: name.to_owned(),
            title: Label {
                en: if when.en.is_empty() { en.clone() } else { format!("{en}, {}", when.en) }
                    + &words::place_suffix_en(&m.title_en),
                zh: format!("{}{}{zh}", m.title_zh, when.zh),
            },
            short: Label { en, zh },
            year: None,
            content: FigureContent::Chart(kind),
        }
    }

    /// Net emission of a layer, as tonnes (`net_t`) or per hectare (`net_t_ha`); nothing without the field.
    pub(super) fn net(
        &self,
        name: &str,
        kind: MapLayerKind,
        layer: &MapLayer,
        field: &str,
    ) -> Result<Option<Figure>> {
        if !layer.has(field) {
            return Ok(None);
        }
        let per_ha = field.ends_with("_ha");
        self.choropleth(Choropleth {
            name,
            kind,
            layer,
            field,
            heading: if per_ha {
                words::field(field)
            } else {
                Label::new("Net carbon emission", "净碳排放")
            },
            base_unit: if per_ha { words::field_unit(field) } else { words::tonnes_per_unit(kind) },
            forced: &[0.0],
            ratio: false,
            exact_pivot: true,
            meaning: Meaning::Net,
            factor: per_ha.then_some(1.0),
            sides: Some((net_sink(), net_source())),
        })
        .map(Some)
    }

    fn intensity(&self, out: &mut Vec<Figure>, grid: &MapLayer) -> Result<()> {
        if !grid.has("gross_t_km2") {
            return Ok(());
        }
        out.push(self.choropleth(Choropleth {
            name: "grid_intensity",
            kind: MapLayerKind::Grid,
            layer: grid,
            field: "gross_t_km2",
            heading: Label::new("Carbon emission intensity", "碳排放强度"),
            base_unit: Label::new("t CO₂e/km²", "t CO₂e/km²"),
            // A cell without any emission (water) is not a cell with little emission.
            forced: &[0.0],
            ratio: false,
            exact_pivot: true,
            meaning: Meaning::Emission,
            factor: None,
            sides: None,
        })?);
        Ok(())
    }

    fn emission_and_sink(&self, out: &mut Vec<Figure>) -> Result<()> {
        let emission = Label::new("Carbon emission", "碳排放量");
        let sink = Label::new("Carbon sink", "碳汇量");
        for (name, field, heading, meaning) in [
            ("fig6a_emission", "gross_t", emission, Meaning::Emission),
            ("fig6b_sink", "sink_t", sink, Meaning::Sink),
        ] {
            let values =
                if self.data.zones.has(field) { self.pool.zones.numbers(field)? } else { Vec::new() };
            if !values.iter().flatten().any(|v| *v != 0.0) {
                continue;
            }
            out.push(self.choropleth(Choropleth {
                name,
                kind: MapLayerKind::Zones,
                layer: &self.data.zones,
                field,
                heading,
                base_unit: Label::new("t CO₂e", "t CO₂e"),
                forced: &[],
                ratio: false,
                exact_pivot: false,
                meaning,
                factor: None,
                sides: None,
            })?);
        }
        Ok(())
    }

    /// Figure 7: indicators without a threshold; Figure 8: those that zoning cuts at a threshold.
    fn indicators(&self, out: &mut Vec<Figure>) -> Result<()> {
        // An index that nothing is known of has no map: without sinks CCR and ESC, without GDP ECC.
        let known = |key: &str| {
            let values = self.data.zones.has(key).then(|| self.pool.zones.numbers(key).ok()).flatten();
            values.is_some_and(|values| values.iter().flatten().any(|v| key != "ccr" || *v != 0.0))
        };
        let present = |i: &&IndicatorRecord| known(&i.key);
        let all: Vec<&IndicatorRecord> = self.data.manifest.indicators.iter().filter(present).collect();
        let (cut, plain): (Vec<_>, Vec<_>) = all.into_iter().partition(|i| !i.thresholds.is_empty());
        let letter = |i: usize| char::from(b'a' + (i % 26) as u8);
        for (number, group) in [("fig7", plain), ("fig8", cut)] {
            for (i, indicator) in group.iter().enumerate() {
                let key = &indicator.key;
                let stem = match self.axis(key) {
                    Some(axis) => format!("fig8{}_{key}", letter(axis)),
                    None if number == "fig7" && group.len() == 1 => format!("fig7_{key}"),
                    None => format!("{number}{}_{key}", letter(i)),
                };
                out.push(self.indicator(&stem, indicator)?);
            }
        }
        Ok(())
    }

    /// Whether an index is the economic (0) or the ecological (1) axis of the zoning: its figure has the same name whatever else of
    /// the zoning is known or judged.
    fn axis(&self, key: &str) -> Option<usize> {
        let zoning = self.data.manifest.pipeline.get("zoning")?;
        let scheme = serde_json::from_value::<ZoningConfig>(zoning.clone()).ok()?.resolve().ok()?;
        [&scheme.economic, &scheme.ecological].iter().position(|axis| axis.column == key)
    }

    /// A field with one-sided classes.
    pub(super) fn plain(&self, kind: MapLayerKind, layer: &MapLayer, field: &str) -> Result<Figure> {
        let apart = kind != MapLayerKind::Zones;
        self.choropleth(Choropleth {
            name: &format!("{}_{field}", layer.name),
            kind,
            layer,
            field,
            heading: words::field(field),
            base_unit: words::field_unit(field),
            // Most parcels have nothing of a sector: they stand apart.
            forced: if apart { &[0.0] } else { &[] },
            ratio: false,
            exact_pivot: apart,
            meaning: if field == "sink_t" { Meaning::Sink } else { Meaning::Emission },
            factor: None,
            sides: None,
        })
    }

    fn indicator(&self, name: &str, record: &IndicatorRecord) -> Result<Figure> {
        // The carbon compensating rate is stored as a ratio (docs/pipeline.md, "Fields") and read as a percentage.
        let percent = record.key == "ccr" && record.unit.is_empty();
        let cut = !record.thresholds.is_empty();
        let mut heading = Label::new(record.label_en.clone(), record.label_zh.clone());
        if heading.en.is_empty() {
            heading = Label::same(record.key.clone());
        }
        let unit = if percent { "%" } else { record.unit.as_str() };
        // Classes hold their upper edge: a value on a threshold that belongs above it needs the edge just below.
        let edge = |t: &f64| if record.equal_is_above { t.next_down() } else { *t };
        let mut forced: Vec<f64> = record.thresholds.iter().map(edge).collect();
        let mut sides = None;
        if percent && forced.is_empty() {
            // Where sinks outweigh emissions somewhere, no class mixes net sources with net sinks.
            forced.push(1.0);
            let values = self.pool.zones.numbers(&record.key)?;
            let known = || values.iter().flatten();
            let both = known().any(|v| *v <= 1.0) && known().any(|v| *v > 1.0);
            sides = both.then(|| (net_source(), net_sink()));
        }
        let mut figure = self.choropleth(Choropleth {
            name,
            kind: MapLayerKind::Zones,
            layer: &self.data.zones,
            field: &record.key,
            heading,
            base_unit: Label::same(unit),
            forced: &forced,
            ratio: record.unit.is_empty() && record.thresholds.iter().all(|t| *t > 0.0),
            exact_pivot: false,
            meaning: indicator_meaning(&record.key, cut),
            factor: Some(if percent { 100.0 } else { 1.0 }),
            sides,
        })?;
        if record.key == "ratio" && self.data.zones.numbers(&record.key)?.iter().any(Option::is_none) {
            let note = Label::new("; no data: the land absorbs nothing", "；无数据：土地无净吸收");
            figure.add_to_method(&note);
        }
        if matches!(record.key.as_str(), "ecc" | "eec")
            && let Some(note) = self.derived_gdp_note()
        {
            figure.add_to_method(&note);
        }
        Ok(figure)
    }

    /// Which zones have a GDP that was derived instead of reported: all, those named, or their number.
    fn derived_gdp_note(&self) -> Option<Label> {
        const NAMED: usize = 3;
        let zones = &self.data.zones;
        let derived = crate::hinges::gdp_derived(&zones.table);
        let of: Vec<usize> = (0..derived.len()).filter(|i| derived[*i]).collect();
        let (n, all) = (of.len(), derived.len());
        if n == 0 {
            return None;
        }
        let unit = unit_word(self.data, MapLayerKind::Zones);
        let many = words::plural(&unit.en);
        if n == all {
            let en = format!("; GDP of all {n} {many} is derived, not reported");
            return Some(Label::new(en, format!("；全部 {n} 个{}的GDP为推算值，非统计值", unit.zh)));
        }
        if n <= NAMED {
            let names = zones.labels();
            let zh: Vec<&str> = of.iter().map(|i| names[*i].zh.as_str()).collect();
            let en: Vec<&str> = of.iter().map(|i| names[*i].en.as_str()).collect();
            return Some(Label::new(
                format!("; GDP of {} is derived, not reported", en.join(", ")),
                format!("；{}的GDP为推算值，非统计值", zh.join("、")),
            ));
        }
        Some(Label::new(
            format!("; GDP of {n} of {all} {many} is derived, not reported (field gdp_derived)"),
            format!("；{all} 个{}中 {n} 个的GDP为推算值，非统计值（字段 gdp_derived）", unit.zh),
        ))
    }

    /// A sliver of a parcel has any number of tonnes per hectare: natural breaks would spend their classes on slivers, so
    /// parcels per hectare are classed by quantiles unless another method is asked for.
    fn method(&self, field: &str) -> BreakMethod {
        match self.options.breaks {
            BreakMethod::Natural if field == "net_t_ha" => BreakMethod::Quantile,
            asked => asked,
        }
    }

    pub(super) fn choropleth(&self, c: Choropleth<'_>) -> Result<Figure> {
        let pooled = match c.kind {
            MapLayerKind::Zones => Some(&self.pool.zones),
            MapLayerKind::Grid => self.pool.grid.as_ref(),
            MapLayerKind::Parcels => self.pool.parcels.as_ref(),
        };
        let values = pooled.unwrap_or(c.layer).numbers(c.field)?;
        let (factor, unit) = match c.factor {
            Some(f) => (f, c.base_unit.clone()),
            None => display_unit(&values, &c.base_unit),
        };
        let scale = classify(&Classes {
            layer: &c.layer.name,
            field: c.field,
            values: &values,
            forced: c.forced,
            logarithmic: self.options.scale.is_log(c.ratio, &values),
            exact_pivot: c.exact_pivot,
            k: self.options.classes,
            method: self.method(c.field),
            meaning: c.meaning,
            palette: self.options.palette,
            factor,
            sides: c.sides.clone(),
        })?;
        let title = self.title(&c.heading, c.kind);
        let unit_name = unit_word(self.data, c.kind);
        let short = Label {
            en: format!("{}, {}", c.heading.en, words::plural(&unit_name.en)),
            zh: format!("{}{}", unit_name.zh, c.heading.zh),
        };
        let (field, expression) = (c.field.to_owned(), c.layer.expression(c.field));
        let mut style =
            MapStyle { layer: c.kind, field, expression, heading: c.heading, unit, factor, scale };
        style.count(&c.layer.numbers(c.field)?);
        let content = FigureContent::Map(Box::new(style));
        Ok(Figure { name: c.name.to_owned(), title, short, year: None, content })
    }
}

/// Colours of an indicator: above the threshold is good for a coefficient, bad for a ratio of sources to sinks or a
/// risk, which take the colours of net sources.
pub(super) fn indicator_meaning(key: &str, cut: bool) -> Meaning {
    match (key, cut) {
        (_, false) => Meaning::Rate,
        ("ratio" | "ciri" | "risk", true) => Meaning::Net,
        _ => Meaning::Coefficient,
    }
}

/// 10⁴ t where values reach a million tonnes, else tonnes.
fn display_unit(values: &[Option<f64>], base: &Label) -> (f64, Label) {
    let largest = values.iter().flatten().fold(0.0f64, |m, v| m.max(v.abs()));
    if largest < 1e6 {
        return (1.0, base.clone());
    }
    let unit = Label {
        en: base.en.replacen("t CO₂e", "10⁴ t CO₂e", 1),
        zh: base.zh.replacen("t CO₂e", "万t CO₂e", 1),
    };
    (1.0 / T_PER_1E4_T, unit)
}
