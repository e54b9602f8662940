//! Fills the page template.

use super::pack;
use super::plot::quadrant;
use super::story::{ZoneStory, in_1e4, short_name, stories, tonnes};
use crate::figure::{Fonts, Packing, classes_of, layer_of, png, sector_colour};
use crate::number::{grouped, significant};
use crate::style::{
    Category, Class, Figure, MapLayerKind, MapStyle, Scale, further_maps, layer_title, unit_word,
};
use crate::{Label, Lang, MapData, MapLayer, RenderOptions, ReportError, words};
use base64::Engine;
use carbonzone_types::{Severity, Stage, T_PER_1E4_T};
use minijinja::Environment;
use minijinja::value::{Serde, Value};
use rayon::prelude::*;
use serde_json::json;

/// The page and what the user should know about it.
#[derive(Debug, Clone)]
pub struct Page {
    /// HTML.
    pub html: String,
    /// Warnings, e.g. parcels left out.
    pub warnings: Vec<String>,
}

const TEMPLATE: &str = include_str!("template.html");
const SCRIPT: &str = include_str!("app.js");
const STYLE: &str = include_str!("style.css");

/// `report.html` of a run.
///
/// `data` must hold one year only. `all` are the figures to show, those of other years too, and `drawings` their SVG
/// in the same order.
///
/// # Errors
/// Any [`ReportError`] of the style model or the figures; [`ReportError::Page`] if the template fails.
pub fn page(
    data: &MapData,
    all: &[Figure],
    drawings: &[String],
    options: &RenderOptions,
    fonts: &Fonts,
) -> Result<Page, ReportError> {
    let mut warnings = Vec::new();
    // The map of the last window shows the classes of the last year once more.
    let window = |f: &Figure| data.study.windows.iter().any(|(w, _)| f.name == format!("risk_{w}"));
    let now = |f: &&Figure| f.year.is_none_or(|y| Some(y) == data.year()) && !window(f);
    let mut maps: Vec<Figure> = all.iter().filter(now).cloned().collect();
    maps.extend(further_maps(data, options)?);
    let shown = fit(data, options, &mut warnings);
    let stories = stories(data);
    let packed = payload(&shown, &maps, &stories)?;
    let fail = |e: &dyn std::fmt::Display| ReportError::Page { reason: e.to_string() };
    // `<` never stands in the data block, so no text can close it.
    let payload = serde_json::to_string(&packed).map_err(|e| fail(&e))?.replace('<', "\\u003c");
    let mut env = Environment::new();
    env.add_filter("grouped", |v: f64| grouped(v, 0));
    env.add_template("report.html", TEMPLATE).map_err(|e| fail(&e))?;
    let pictures = pictures(all, drawings, fonts)?;
    let m = &data.manifest;
    let quadrant =
        quadrant(data).map(|(svg, missing, x, y)| json!({"svg": svg, "missing": missing, "x": x, "y": y}));
    let context = json!({
        "m": m,
        "script": SCRIPT,
        "css": STYLE,
        "payload": payload,
        "lang": match options.lang { Lang::En => "en", Lang::Zh => "zh", Lang::Both => "both" },
        "title": Label::new(
            format!("{}: carbon balance{}", m.title_en, words::year_en(data.year())),
            format!("{}{}碳平衡报告", m.title_zh, words::year_zh(data.year())),
        ),
        "zone_word": unit_word(data, MapLayerKind::Zones),
        "zones_title": layer_title(data, MapLayerKind::Zones),
        "facts": facts(data),
        "pictures": pictures,
        "quadrant": quadrant,
        "table": zone_table(data, &stories),
        "study_tables": study_tables(data),
        "stories": stories,
        "what_if": !data.what_if.is_empty(),
        "sectors": sector_rows(data),
        "inventory": inventory(&m.inventory),
        "parameters": flattened(&m.pipeline),
        "ledger": ledger(data),
        "balances": balances(data),
        "rules": rules(data),
        "findings": findings(data),
        "review": Label::new(
            crate::figure::review_line(&m.map_review_number, Lang::En),
            crate::figure::review_line(&m.map_review_number, Lang::Zh),
        ),
        "has_review": !m.map_review_number.is_empty() || !m.title_zh.is_empty(),
        "warnings": warnings,
    });
    let html = env
        .get_template("report.html")
        .and_then(|t| t.render(Value::from(Serde(context))))
        .map_err(|e| fail(&e))?;
    Ok(Page { html, warnings })
}

/// Leaves the parcels, and then the cells, out of the interactive map if there are too many.
fn fit(data: &MapData, options: &RenderOptions, warnings: &mut Vec<String>) -> MapData {
    let most = options.max_report_parcels;
    let mut keep = |layer: &Option<MapLayer>, shown: &str, what: &str| {
        let n = layer.as_ref().map_or(0, |l| l.coverage.len());
        if n > most {
            warnings.push(format!(
                "report.html shows {shown} only: {n} {what} are more than {most}\nhint: open the QGIS project for the {what}"
            ));
        }
        if n <= most { layer.clone() } else { None }
    };
    let parcels = keep(&data.parcels, "grid and zones", "parcels");
    let grid = keep(&data.grid, "zones", "cells");
    MapData {
        manifest: data.manifest.clone(),
        parcels,
        grid,
        zones: data.zones.clone(),
        dissolved: data.dissolved.clone(),
        rasters: data.rasters.clone(),
        vector_files: data.vector_files.clone(),
        what_if: data.what_if.clone(),
        study: data.study.clone(),
    }
}

fn payload(data: &MapData, maps: &[Figure], stories: &[ZoneStory]) -> Result<serde_json::Value, ReportError> {
    let frame = data.frame()?;
    let vertices = data.parcels.as_ref().map_or(0, |p| p.coverage.vertices());
    let q = pack::quantum(frame, vertices);
    let present: Vec<(MapLayerKind, &MapLayer)> =
        [MapLayerKind::Zones, MapLayerKind::Grid, MapLayerKind::Parcels]
            .into_iter()
            .filter_map(|kind| Some((kind, layer_of(data, kind).ok()?)))
            .collect();
    let layers: Result<Vec<serde_json::Value>, ReportError> = present
        .into_par_iter()
        .map(|(kind, layer)| layer_payload(data, layer, kind, maps, frame, q))
        .collect();
    let layers = layers?;
    let sector =
        |s: &String| json!({"key": s, "label": words::sector(s), "color": sector_colour(data, s).hex()});
    Ok(json!({
        "name": data.manifest.name,
        "synthetic": data.manifest.synthetic,
        "q": q,
        "w": (frame[2] - frame[0]) / q,
        "h": (frame[3] - frame[1]) / q,
        "sectors": data.manifest.sectors.iter().map(sector).collect::<Vec<_>>(),
        "sinkColor": crate::palette::SINK.hex(),
        "layers": layers,
        "stories": stories,
    }))
}

fn layer_payload(
    data: &MapData,
    layer: &MapLayer,
    kind: MapLayerKind,
    maps: &[Figure],
    frame: [f64; 4],
    q: f64,
) -> Result<serde_json::Value, ReportError> {
    let of_layer: Vec<(&Figure, &MapStyle)> =
        maps.iter().filter_map(|f| Some((f, f.map().filter(|s| s.layer == kind)?))).collect();
    let styles: Result<Vec<serde_json::Value>, ReportError> = of_layer
        .par_iter()
        .map(|(figure, style)| Ok(style_payload(figure, style, &pack::classes(&classes_of(layer, style)?))))
        .collect();
    let styles = styles?;
    let mut fields: Vec<String> = ["gross_t", "sink_t", "net_t", "area_m2"].map(str::to_owned).to_vec();
    fields.extend(data.manifest.sectors.iter().map(|s| format!("{s}_t")));
    for (_, style) in &of_layer {
        if !fields.contains(&style.field) {
            fields.push(style.field.clone());
        }
    }
    let packed: Vec<Option<(String, serde_json::Value)>> =
        fields.par_iter().map(|f| Some((f.clone(), json!(pack::floats(layer.table.numbers(f)?))))).collect();
    let columns: serde_json::Map<String, serde_json::Value> = packed.into_iter().flatten().collect();
    let rows = layer.table.rows();
    let ids = layer.table.texts("unit_id").unwrap_or_else(|| vec![None; rows]);
    let ids: Vec<String> = ids.into_iter().map(Option::unwrap_or_default).collect();
    let names = (kind == MapLayerKind::Zones).then(|| pack::texts(&layer.labels()));
    let english = layer.table.texts("name_en").filter(|_| kind == MapLayerKind::Zones);
    let english =
        english.map(|v| pack::texts(&v.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>()));
    let kinds = layer.table.texts("space_type").map(|v| space_types(&v));
    let points: Option<Vec<[f64; 2]>> = (kind == MapLayerKind::Zones).then(|| {
        let at = |i| crate::figure::label_point(&layer.coverage, i).unwrap_or([frame[0], frame[1]]);
        (0..rows).map(at).map(|[x, y]| [((x - frame[0]) / q).round(), ((y - frame[1]) / q).round()]).collect()
    });
    Ok(json!({
        "key": match kind { MapLayerKind::Zones => "zones", MapLayerKind::Grid => "grid", MapLayerKind::Parcels => "parcels" },
        "title": layer_title(data, kind),
        "unit": unit_word(data, kind),
        "n": rows,
        "geom": pack::geometry(&layer.coverage, [frame[0], frame[1]], q),
        "ids": pack::texts(&ids),
        "names": names,
        "namesEn": english,
        "kinds": kinds,
        "points": points,
        "columns": columns,
        "styles": styles,
    }))
}

/// Space types as a list of names and one code per parcel.
fn space_types(values: &[Option<String>]) -> serde_json::Value {
    let mut keys: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    let code = |v: &Option<String>| v.as_deref().and_then(|v| keys.binary_search(&v).ok());
    let codes: Vec<Option<usize>> = values.iter().map(code).collect();
    let labels: Vec<Label> = keys.iter().map(|k| words::land_group(k)).collect();
    json!({"labels": labels, "codes": pack::classes(&codes)})
}

fn style_payload(figure: &Figure, style: &MapStyle, classes: &str) -> serde_json::Value {
    let class = |c: &Class| json!({"label": c.label, "color": c.color.hex(), "hatch": c.hatch, "n": c.count});
    let category =
        |c: &Category| json!({"label": c.label, "color": c.color.hex(), "hatch": c.hatch, "n": c.count});
    let (rows, method): (Vec<serde_json::Value>, Label) = match &style.scale {
        Scale::Graduated { classes, method, .. } => (classes.iter().map(class).collect(), method.clone()),
        Scale::Categorized { categories, .. } => {
            (categories.iter().map(category).collect(), Label::default())
        }
    };
    json!({
        "name": figure.name,
        "title": figure.title,
        "heading": style.heading,
        "unit": style.unit,
        "field": style.field,
        "factor": style.factor,
        "method": method,
        "rows": rows,
        "noData": style.no_data(),
        "classes": classes,
    })
}

/// Every figure as a picture: SVG where that is small, else PNG of 100 dpi.
fn pictures(
    all: &[Figure],
    drawings: &[String],
    fonts: &Fonts,
) -> Result<Vec<serde_json::Value>, ReportError> {
    const LARGE: usize = 250_000;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    all.par_iter()
        .zip(drawings)
        .map(|(figure, drawing)| {
            let source = if drawing.len() <= LARGE {
                format!("data:image/svg+xml;base64,{}", encode(drawing.as_bytes()))
            } else {
                format!(
                    "data:image/png;base64,{}",
                    encode(&png(drawing, &figure.name, 100, Packing::Tight, fonts)?)
                )
            };
            Ok(json!({"name": figure.name, "title": figure.title, "source": source}))
        })
        .collect()
}

fn facts(data: &MapData) -> Vec<serde_json::Value> {
    let t = &data.manifest.totals;
    let mut out = vec![
        json!({"label": Label::new("Gross emission", "碳排放总量"), "value": in_1e4(t.gross_t)}),
        json!({"label": Label::new("Sinks", "碳汇总量"), "value": in_1e4(t.sink_t)}),
        json!({"label": Label::new("Net emission", "净碳排放"), "value": in_1e4(t.net_t)}),
    ];
    if let Some(ccr) = t.ccr {
        let value = format!("{} %", significant(100.0 * ccr, 3));
        out.push(json!({"label": Label::new("Compensating rate (CCR)", "碳补偿率（CCR）"), "value": Label::same(value)}));
    }
    // Those of the year shown: the manifest counts the classes of all years together.
    let zones = data.zones.table.texts("zone").unwrap_or_default();
    for class in &data.manifest.zone_classes {
        let n = zones.iter().filter(|z| z.as_deref() == Some(&class.key)).count();
        if n > 0 {
            let label = Label::new(class.label_en.clone(), class.label_zh.clone());
            out.push(json!({"label": label, "value": Label::same(n.to_string()), "color": class.color}));
        }
    }
    out
}

/// Columns and rows of the zone table, in the order of the layer; numbers carry their sort value.
fn zone_table(data: &MapData, stories: &[ZoneStory]) -> serde_json::Value {
    let zones = &data.zones;
    let rows = zones.table.rows();
    let names = zones.labels();
    let mut columns = vec![json!({"label": Label::new("Name", "名称"), "number": false})];
    let english = zones.table.texts("name_en").unwrap_or_else(|| vec![None; rows]);
    let name = |(zh, en): (&String, &Option<String>)| {
        let label = Label::new(en.clone().unwrap_or_default(), zh.clone());
        vec![json!({"label": label, "sort": zh})]
    };
    let mut cells: Vec<Vec<serde_json::Value>> = names.iter().zip(&english).map(name).collect();
    if let Some(districts) = zones.table.texts("district") {
        columns.push(json!({"label": Label::new("District", "区县"), "number": false}));
        for (row, d) in cells.iter_mut().zip(districts) {
            let d = d.unwrap_or_default();
            row.push(json!({"text": d, "sort": d}));
        }
    }
    // One number of decimals per column, so that the decimal points stand in line.
    let mut number = |label: Label, field: &str, factor: f64, decimals: usize| {
        let Some(values) = zones.table.numbers(field) else { return };
        columns.push(json!({"label": label, "number": true}));
        for (row, v) in cells.iter_mut().zip(values) {
            let text = v.map_or_else(|| "–".to_owned(), |v| fixed(v * factor, decimals));
            row.push(json!({"text": text, "sort": v}));
        }
    };
    let with_unit = |l: Label| l.then(&Label::new(" (10⁴ t)", "（万吨）"));
    number(with_unit(words::field("gross_t")), "gross_t", 1.0 / T_PER_1E4_T, 2);
    number(with_unit(words::field("sink_t")), "sink_t", 1.0 / T_PER_1E4_T, 3);
    number(with_unit(words::field("net_t")), "net_t", 1.0 / T_PER_1E4_T, 2);
    for indicator in &data.manifest.indicators {
        let percent = indicator.key == "ccr" && indicator.unit.is_empty();
        let unit = Label::same(if percent { " (%)" } else { "" });
        let label = short_name(indicator).then(&unit);
        let (factor, decimals) = if percent { (100.0, 2) } else { (1.0, 3) };
        number(label, &indicator.key, factor, decimals);
    }
    let classes = zones.table.texts("zone").unwrap_or_else(|| vec![None; rows]);
    let has_class = classes.iter().any(Option::is_some);
    if has_class {
        columns.push(json!({"label": Label::new("Class", "分区"), "number": false}));
        for (row, story) in cells.iter_mut().zip(stories) {
            row.push(json!({"label": story.class, "color": story.color, "sort": story.class.en}));
        }
    }
    json!({"columns": columns, "rows": cells})
}

/// Tables that only this study has. Long ones are folded.
fn study_tables(data: &MapData) -> Vec<serde_json::Value> {
    const OPEN_ROWS: usize = 30;
    let one = |t: &crate::ReportTable| {
        let columns: Vec<_> = t.columns.iter().map(|(l, n)| json!({"label": l, "number": n})).collect();
        json!({
            "title": t.title, "note": t.note, "columns": columns, "rows": t.rows,
            "open": t.rows.len() <= OPEN_ROWS,
        })
    };
    data.study.tables.iter().map(one).collect()
}

/// A number with fixed decimals; what would read as 0 and is not says so: `<0.001`.
fn fixed(value: f64, decimals: usize) -> String {
    let text = grouped(value, decimals);
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    match (zero, value == 0.0) {
        (true, false) => {
            let sign = if value < 0.0 { ">\u{2212}" } else { "<" };
            format!("{sign}{}", grouped(10f64.powi(-(decimals as i32)), decimals))
        }
        (true, true) => "0".to_owned(),
        _ => text,
    }
}

fn sector_rows(data: &MapData) -> Vec<serde_json::Value> {
    let largest =
        data.manifest.totals.sectors.iter().fold(0.0f64, |m, s| m.max(s.amount_t)).max(f64::MIN_POSITIVE);
    let pct = |p: Option<f64>| p.map_or_else(|| "–".to_owned(), |p| grouped(p, 2));
    data.manifest
        .totals
        .sectors
        .iter()
        .map(|s| {
            json!({
                "label": words::sector(&s.sector),
                // A sink takes away.
                "amount": grouped(if s.sector == "sink" { -1.0 } else { 1.0 } * s.amount_t / T_PER_1E4_T, 2),
                "gross": pct(s.share_of_gross_pct),
                "net": pct(s.share_of_net_pct),
                "width": format!("{:.2}", (100.0 * s.amount_t / largest).max(0.3)),
                "color": sector_colour(data, &s.sector).hex(),
            })
        })
        .collect()
}

/// Inventory lines as columns and rows, whatever their keys are.
fn inventory(value: &serde_json::Value) -> serde_json::Value {
    let empty = Vec::new();
    let lines = value.as_array().or_else(|| value.get("lines").and_then(|l| l.as_array())).unwrap_or(&empty);
    let mut keys: Vec<String> = Vec::new();
    for line in lines.iter().filter_map(|l| l.as_object()) {
        for key in line.keys() {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
    }
    let rows: Vec<Vec<String>> =
        lines.iter().map(|l| keys.iter().map(|k| plain(&l[k.as_str()])).collect()).collect();
    json!({"columns": keys, "rows": rows})
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(s) => s.clone(),
        serde_json::Value::Number(n) if n.is_f64() => significant(n.as_f64().unwrap_or(0.0), 6),
        other => other.to_string(),
    }
}

/// The pipeline as `key.key = value` rows.
fn flattened(value: &serde_json::Value) -> Vec<(String, String)> {
    fn walk(prefix: &str, value: &serde_json::Value, out: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, inner) in map {
                    let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    walk(&name, inner, out);
                }
            }
            serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
                for (i, inner) in items.iter().enumerate() {
                    walk(&format!("{prefix}[{i}]"), inner, out);
                }
            }
            serde_json::Value::Null => {}
            other => out.push((prefix.to_owned(), plain_exact(other))),
        }
    }
    let mut out = Vec::new();
    walk("", value, &mut out);
    out
}

fn plain_exact(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An amount of the ledger; what is below the tolerance of its stage is rounding and reads 0 (the CSV keeps it).
fn ledger_amount(v: Option<f64>, stage_total: f64) -> String {
    let Some(v) = v else { return String::new() };
    if v.abs() <= carbonzone_types::TOLERANCE * stage_total {
        return "0".to_owned();
    }
    grouped(v, if v.abs() < 100.0 { 3 } else { 0 })
}

fn ledger(data: &MapData) -> Vec<serde_json::Value> {
    let rows = &data.manifest.ledger;
    // Outside rows and residuals are measured against what was placed.
    let placed: f64 = rows
        .iter()
        .filter(|r| r.stage == Stage::Placed)
        .filter_map(|r| r.amount_t)
        .fold(0.0, |sum, t| sum + t.abs());
    let plain = |v: Option<f64>| v.map_or_else(String::new, |v| grouped(v, usize::from(v.fract() != 0.0)));
    rows.iter()
        .map(|r| {
            json!({
                "stage": r.stage.name(), "sector": r.sector, "group": r.land_group,
                "t": ledger_amount(r.amount_t, placed), "m2": plain(r.amount_m2), "count": plain(r.count),
                "unit": r.unit, "note": r.note,
            })
        })
        .collect()
}

fn balances(data: &MapData) -> Vec<serde_json::Value> {
    let amount = |v: f64| grouped(v, if v.abs() < 1000.0 { 3 } else { 0 });
    let relative = |v: f64| if v == 0.0 { "0".to_owned() } else { format!("{v:.1e}") };
    data.manifest
        .balances
        .iter()
        .map(|b| {
            json!({
                "sector": words::sector(&b.sector), "balance": b.balance, "left": amount(b.left_t),
                "right": amount(b.right_t), "relative": relative(b.relative),
                "ok": b.relative <= carbonzone_types::TOLERANCE,
            })
        })
        .collect()
}

fn rules(data: &MapData) -> Vec<serde_json::Value> {
    data.manifest
        .rules
        .iter()
        .map(|r| {
            let groups: Vec<Label> = r.land_groups.iter().map(|g| words::land_group(g)).collect();
            let join = |f: fn(&Label) -> &str, s: &str| groups.iter().map(f).collect::<Vec<_>>().join(s);
            let proxy = r.used.and_then(|u| r.proxies.get(u));
            let chain: Vec<&str> = r.proxies.iter().map(|p| p.name.as_str()).collect();
            json!({
                "id": r.id, "sector": words::sector(&r.sector),
                "groups": Label::new(join(|l| &l.en, ", "), join(|l| &l.zh, "、")),
                "budget": tonnes(r.budget_t), "source": r.budget_source,
                "proxy": proxy.map_or_else(String::new, |p| format!("{} ({} {})", p.name, significant(p.total, 5), p.unit)),
                "fallback": r.used.is_some_and(|u| u > 0),
                "chain": chain.join(" → "), "parcels": grouped(r.parcels as f64, 0),
                "placed": tonnes(r.placed_t), "unallocated": tonnes(r.unallocated_t),
            })
        })
        .collect()
}

fn findings(data: &MapData) -> Vec<serde_json::Value> {
    let word = |s: Severity| match s {
        Severity::Info => ("info", Label::new("note", "说明")),
        Severity::Warning => ("warning", Label::new("warning", "警告")),
        Severity::Error => ("error", Label::new("error", "错误")),
        Severity::Fatal => ("error", Label::new("fatal", "致命错误")),
    };
    data.manifest
        .findings
        .iter()
        .map(|f| {
            let (class, label) = word(f.severity);
            let place: Vec<&str> =
                [&f.file, &f.layer, &f.feature, &f.field].into_iter().filter_map(|p| p.as_deref()).collect();
            json!({
                "class": class, "label": label, "code": f.code, "message": f.message, "place": place.join(", "),
                "hint": f.hint, "count": f.count, "t": f.amount_t.map(tonnes),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_not_written_as_nothing() {
        assert_eq!(fixed(0.000_2, 3), "<0.001");
        assert_eq!(fixed(-0.001, 2), ">\u{2212}0.01");
        assert_eq!((fixed(0.0, 3).as_str(), fixed(11.6, 3).as_str()), ("0", "11.600"));
    }

    #[test]
    fn rounding_noise_reads_as_zero_in_the_ledger_and_a_lost_tonne_does_not() {
        assert_eq!(ledger_amount(Some(6.4e-9), 2.4e8), "0");
        assert_eq!(ledger_amount(Some(1.0), 2.4e8), "1.000");
        assert_eq!(ledger_amount(Some(124_304_600.0), 2.4e8), "124,304,600");
        assert_eq!(ledger_amount(None, 2.4e8), "");
    }
}
