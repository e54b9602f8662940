//! The closing table of a run: totals on both bases, zones, fallbacks, residuals, what to open.

use super::{line, told};
use crate::closing;
use crate::out_dir::named;
use crate::text_table::{Table, quoted, right_align, table, tonnes};
use carbonzone_report::{Label, Lang, chinese, words};
use carbonzone_types::{ConfidenceRecord, DataLabel, RunManifest, Severity, Stage, TOLERANCE};
use std::fmt::Write as _;
use std::path::Path;

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}").replace('-', "−"))
}

/// The closing summary of a finished run in a folder.
pub fn summary(manifest: &RunManifest, dir: &Path, lang: Lang) -> String {
    let years: Vec<String> = manifest.years.iter().map(ToString::to_string).collect();
    let title = Label::new(manifest.title_en.clone(), manifest.title_zh.clone());
    let mut out = String::new();
    let _ = writeln!(out, "\n{}, {}", lang.say(&title.en, &title.zh), years.join(", "));
    if let Some(label) = manifest.data_label().map(DataLabel::sentence) {
        let _ = writeln!(out, "{}", lang.say(&label.en, &label.zh));
    }
    let last = manifest.years.last().map(ToString::to_string).unwrap_or_default();
    let en = format!("Emissions and sinks, {last}");
    let _ = writeln!(out, "\n{}", lang.say(&en, &format!("{last}年碳排放与碳汇")));
    let _ = writeln!(out, "{}", totals(manifest, lang));
    if !manifest.zone_classes.is_empty() {
        let heading = words::zone_classes(&manifest.study);
        let _ = writeln!(out, "{}", lang.say(&heading.en, &heading.zh));
        let _ = writeln!(out, "{}", zones(manifest, lang));
    }
    if let Some(confidence) = &manifest.confidence {
        let _ = writeln!(out, "{}", how_sure(confidence, lang));
        // A raster series has no mark of the borderline.
        if manifest.study != "raster_series" {
            let _ = writeln!(out, "{}", against_borderline(confidence, lang));
        }
        out.push('\n');
    }
    carried(&mut out, manifest, lang);
    for line in &manifest.summary {
        let _ = writeln!(out, "{}", lang.say(&line.en, &line.zh));
    }
    checks(&mut out, manifest, lang);
    open(&mut out, manifest, dir, lang);
    out
}

/// The closing table: what carries each budget, and what of its proxy was left aside.
fn carried(out: &mut String, manifest: &RunManifest, lang: Lang) {
    if manifest.closing.is_empty() {
        return;
    }
    let last = closing::last_year(&manifest.closing).find_map(|r| r.year);
    let when = last.map_or_else(String::new, |year| format!(", {year}"));
    line!(out, lang, "What carries each budget{when} (proxy_use.csv has all columns)"
        => "各项预算的承担情况（全部列见 proxy_use.csv）");
    // In both languages the nine columns would be wider than any terminal.
    let label = |l: &Label| if lang == Lang::Zh { l.zh.clone() } else { l.en.clone() };
    let [shares @ .., largest] = closing::share_heads();
    let mut heads = vec![label(&Label::new("Rule", "规则")), label(&Label::new("Proxy", "代理变量"))];
    heads.extend(shares.iter().map(label));
    heads.extend([label(&Label::new("Carrying", "承担单元")), label(&largest)]);
    let mut table = table(&heads.iter().map(String::as_str).collect::<Vec<_>>());
    for row in closing::last_year(&manifest.closing) {
        let [shares @ .., largest] = closing::shares(row);
        let mut cells = vec![row.rule.clone(), row.proxy.clone()];
        cells.extend(shares);
        cells.extend([row.carrying.to_string(), largest]);
        table.add_row(cells);
    }
    right_align(&mut table);
    let _ = writeln!(out, "{table}");
    let note = closing::note();
    let _ = writeln!(out, "{}\n", lang.say(&note.en, &note.zh));
}

/// Number of zones that are safe, likely, a toss-up, or likelier of another class.
fn how_sure(confidence: &ConfidenceRecord, lang: Lang) -> String {
    let ([safe, likely, less], draws) = (confidence.counts, confidence.draws);
    let other = confidence.other_likelier;
    let toss_up = less.saturating_sub(other);
    told!(lang, "How sure ({draws} draws): {safe} safe (95 % or more), {likely} likely (75 % or more), {toss_up} toss-up, {other} for which another class is likelier" => "分区可信度（{draws} 次抽样）：{safe} 个确定（≥95 %），{likely} 个较可能（≥75 %），{toss_up} 个难以判断，{other} 个其他分区更可能")
}

/// How many zones on the borderline are unsure, and how many unsure ones are not on it.
fn against_borderline(confidence: &ConfidenceRecord, lang: Lang) -> String {
    let [_, likely, less] = confidence.counts;
    let (marked, both) = (confidence.borderline, confidence.unsure_borderline);
    let elsewhere = (likely + less).saturating_sub(both);
    told!(lang, "  of {marked} on the borderline {both} are not safe; {elsewhere} that are not safe are not on it" => "  {marked} 个临界单元中 {both} 个未达“确定”；另有 {elsewhere} 个未达“确定”者不在临界范围")
}

/// What was checked and what the reader should know: fallbacks, mass balance, amounts outside, notes, findings.
fn checks(out: &mut String, manifest: &RunManifest, lang: Lang) {
    let fallbacks: Vec<String> = manifest
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::Fallback)
        .map(|r| match (r.amount_t, r.count) {
            (None, Some(count)) => {
                let unit = lang.say(&r.unit, &chinese::word(&r.unit));
                format!("  {} {unit}  {}", tonnes(count), lang.say(&r.note, &chinese::text(&r.note)))
            }
            (t, _) => {
                let note = lang.say(&r.note, &chinese::text(&r.note));
                format!("  {} t  {note}", tonnes(t.unwrap_or(0.0)))
            }
        })
        .collect();
    if !manifest.rules.is_empty() && fallbacks.is_empty() {
        line!(out, lang, "Fallbacks: none, every budget was placed by its first proxy"
            => "备选代理：未使用，全部预算按首选代理变量分配");
    }
    if !fallbacks.is_empty() {
        line!(out, lang, "Fallbacks: a later proxy or another land group was used for"
            => "备选代理：下列预算改用备选变量或其他用地");
        let _ = writeln!(out, "{}", fallbacks.join("\n"));
    }
    let worst = manifest.balances.iter().map(|b| b.relative).fold(0.0, f64::max);
    let worst = if worst == 0.0 { "0".to_owned() } else { format!("{worst:.1e}") };
    let n = manifest.balances.len();
    line!(out, lang, "Mass balance: all {n} balances hold (largest relative residual {worst}, limit 1e-9)"
        => "质量平衡：{n} 项全部成立（最大相对残差 {worst}，限值 1e-9）");
    outside_zones(out, manifest, lang);
    for statement in &manifest.statements {
        let text = lang.say(&statement.en, &statement.zh);
        let _ = writeln!(out, "{}: {text}", lang.say("Note", "注"));
    }
    let warnings = manifest.findings.iter().filter(|f| f.severity == Severity::Warning).count();
    if warnings > 0 {
        line!(out, lang, "Findings: {warnings} warnings about the input, in report.html and run.json"
            => "检查结果：输入数据有 {warnings} 条警告，见 report.html 与 run.json");
    }
}

/// Emissions and sinks that lie in no zone, and the CCR without them, which is the base of the zones' ESC.
fn outside_zones(out: &mut String, manifest: &RunManifest, lang: Lang) {
    let amount = |sinks: bool| -> f64 {
        let rows = manifest.ledger.iter().filter(|r| r.stage == Stage::ZonesOutside);
        rows.filter(|r| (r.sector == "sink") == sinks).filter_map(|r| r.amount_t).sum()
    };
    let (gross, sink) = (amount(false), amount(true));
    // Below the tolerance it is rounding; what would be written as 0.0 t says nothing either.
    let largest = gross.abs().max(sink.abs());
    if largest <= TOLERANCE * manifest.totals.gross_t || largest < 0.05 {
        return;
    }
    let (g, s) = (tonnes(gross), tonnes(sink));
    line!(out, lang, "Outside: {g} t of gross emissions and {s} t of sinks lie in no zone"
        => "分区之外：{g} t 碳排放、{s} t 碳汇不在任何分区内");
    if let Some(ccr) = manifest.totals.ccr_of_zones {
        let pct = format!("{:.3} %", 100.0 * ccr);
        let units = words::zones_plural(&manifest.zones_layer);
        let many = units.en.to_lowercase();
        let en = format!("Without them the CCR of the {many} together, the base of their ESC, is {pct}");
        let zh = format!("不含上述部分，各{}合计碳补偿率（其 ESC 的基准）为 {pct}", units.zh);
        let _ = writeln!(out, "{}", lang.say(&en, &zh));
    }
}

/// What to open, where it is, and what it is good for.
fn open(out: &mut String, manifest: &RunManifest, dir: &Path, lang: Lang) {
    out.push('\n');
    line!(out, lang, "What to open" => "打开结果");
    let files = [
        (dir.join("report.html"), "report in any browser, works offline", "报告，任意浏览器离线打开"),
        (
            named(dir, &manifest.name, "qgz"),
            "QGIS project: themes and print layouts",
            "QGIS 工程：主题与打印布局",
        ),
        (named(dir, &manifest.name, "gpkg"), "all layers, styled, for QGIS and ArcGIS", "全部图层（含样式）"),
        (
            named(dir, &manifest.grid_layer, "tif"),
            "grid, one band per quantity",
            "网格栅格，每个波段一个指标",
        ),
        (named(dir, &manifest.zones_layer, "xlsx"), "table for Excel, with notes", "Excel 表格（含说明）"),
        (dir.join("figures"), "figures, PNG 300 dpi and SVG", "图件，PNG 300 dpi 与 SVG"),
        (dir.join("ledger.csv"), "where every tonne went", "台账：每一吨的去向"),
    ];
    let present: Vec<_> = files.iter().filter(|(path, ..)| path.exists()).collect();
    let width = present.iter().map(|(p, ..)| p.display().to_string().chars().count()).max().unwrap_or(0);
    for (path, en, zh) in present {
        let _ = writeln!(out, "  {:<width$}  {}", path.display(), lang.say(en, zh));
    }
    if manifest.study == "parcels" {
        let command = format!("carbonzone explain {} --township ID", quoted(dir));
        let _ = writeln!(
            out,
            "  {command:<width$}  {}",
            lang.say("why a unit has its tonnes", "单元排放量的来历")
        );
    }
}

fn totals(manifest: &RunManifest, lang: Lang) -> Table {
    let totals = &manifest.totals;
    let heads = [
        lang.say("Sector", "部门"),
        "t CO2e".to_owned(),
        lang.say("% of gross", "占总排放 %"),
        lang.say("% of net", "占净排放 %"),
    ];
    let mut table = table(&heads.each_ref().map(String::as_str));
    for row in &totals.sectors {
        let sign = if row.sector == "sink" { -1.0 } else { 1.0 };
        let label = words::sector(&row.sector);
        table.add_row(vec![
            lang.say(&label.en, &label.zh),
            tonnes(sign * row.amount_t),
            percent(row.share_of_gross_pct),
            percent(row.share_of_net_pct),
        ]);
    }
    let pct = |x: f64, base: f64| percent((base != 0.0).then(|| 100.0 * x / base));
    let (gross, net) = (totals.gross_t, totals.net_t);
    let gross_label = lang.say("Gross emission (all sectors)", "碳排放总量");
    let net_label = lang.say("Net emission (gross − sink)", "净碳排放");
    table.add_row(vec![gross_label, tonnes(gross), pct(gross, gross), pct(gross, net)]);
    table.add_row(vec![net_label, tonnes(net), pct(net, gross), pct(net, net)]);
    let (label, value) = if let Some(ratio) = totals.source_sink_ratio {
        (words::source_sink_ratio(), format!("{ratio:.2}"))
    } else {
        let ccr = totals.ccr.map_or_else(|| "–".to_owned(), |v| format!("{:.2} %", 100.0 * v));
        (words::city_ccr(), ccr)
    };
    table.add_row(vec![lang.say(&label.en, &label.zh), value, String::new(), String::new()]);
    right_align(&mut table);
    table
}

fn zones(manifest: &RunManifest, lang: Lang) -> Table {
    let all: u64 = manifest.zone_classes.iter().map(|c| c.count).sum();
    let units = words::zones_plural(&manifest.zones_layer);
    // A study of counties judges the mean over its years; each year's classes stand in its tables and maps.
    let (en, zh) = match manifest.study.as_str() {
        "counties" if manifest.years.len() > 1 => ("Class by the mean over the years", "分区（多年均值）"),
        "raster_series" => ("Class of the last window", "等级（最后时段）"),
        _ => ("Class", "分区"),
    };
    let heads = [lang.say(en, zh), lang.say(&units.en, &units.zh), "%".to_owned()];
    let mut table = table(&heads.each_ref().map(String::as_str));
    for class in manifest.zone_classes.iter().filter(|c| c.count > 0 || c.id <= 4) {
        table.add_row(vec![
            lang.say(&class.label_en, &class.label_zh),
            class.count.to_string(),
            percent(Some(100.0 * class.count as f64 / all.max(1) as f64)),
        ]);
    }
    right_align(&mut table);
    table
}
