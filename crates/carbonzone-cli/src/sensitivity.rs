//! `carbonzone sensitivity`: townships whose class changes if one choice had been made otherwise.

use crate::args::{SensitivityArgs, TableFormat};
use crate::diagnostics;
use crate::language::{lang, say, sentence};
use crate::progress::observer;
use crate::terminal::print_line;
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::sensitivity::{Change, Sensitivity, Tried, sensitivity as try_choices};
use carbonzone::text_table::{right_align, table};
use carbonzone::{Config, Files};
use carbonzone_report::Lang;
use carbonzone_zoning::ZoningConfig;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Changes in the table for people; the others are in JSON and CSV.
const SHOWN: usize = 40;

/// The command.
pub fn sensitivity(args: &SensitivityArgs) -> anyhow::Result<u8> {
    args.out.as_deref().map_or(Ok(()), must_be_new)?;
    let read = Config::read(&args.pipeline, &args.set);
    let Some(config) = read.value.filter(|_| !read.findings.blocks()) else {
        diagnostics::eprint(&read.findings, &args.pipeline);
        return Ok(read.findings.exit_code());
    };
    let found = try_choices(&config, Files, &*observer(args.quiet));
    let Some(result) = found.value else {
        if crate::progress::cancelled() {
            return Ok(crate::run::say_cancelled());
        }
        diagnostics::eprint(&found.findings, &args.pipeline);
        return Ok(found.findings.exit_code().max(1));
    };
    let text = match args.format {
        TableFormat::Table => text(&result, &classes(&config)).into_bytes(),
        TableFormat::Json => serde_json::to_vec_pretty(&result)?,
        TableFormat::Csv => carbonzone_sheet::csv_bytes(&result.table(), args.out.is_some())?,
    };
    match &args.out {
        Some(path) => write_new(path, &text)?,
        None => print_line(String::from_utf8_lossy(&text).trim_end()),
    }
    Ok(0)
}

/// Classes of the zoning by their key, in the language of messages: in English the key.
fn classes(config: &Config) -> BTreeMap<String, String> {
    let zoning: Option<ZoningConfig> = serde_json::from_value(config.to_json()["zoning"].clone()).ok();
    let scheme = zoning.and_then(|zoning| zoning.resolve().ok());
    let named = scheme.into_iter().flat_map(|scheme| scheme.classes);
    named.map(|c| (c.key.clone(), say(&c.key, &c.label_zh))).collect()
}

fn text(found: &Sensitivity, classes: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    if found.synthetic {
        let badge = carbonzone_types::DataLabel::Synthetic.badge();
        let _ = writeln!(out, "{}", say(&badge.en, &badge.zh));
    }
    let heads = match lang() {
        Lang::Zh => ["选项", "现用", "试验", "改变分区的单元", "最大变化 %", "CCR %"],
        _ => ["choice", "now", "tried", "zones that change", "largest change %", "CCR %"],
    };
    let mut tried = table(&heads);
    for t in &found.tried {
        tried.add_row(row_of(t));
    }
    let _ = writeln!(out, "{}\n{tried}", say("what was tried, one at a time", "逐项试验"));
    let heads = match lang() {
        Lang::Zh => ["单元", "选项 = 试验", "分区", "变化 %", "CCR", "ECC", "ESC", "临界"],
        _ => ["zone", "choice = tried", "class", "change %", "CCR", "ECC", "ESC", "borderline"],
    };
    let mut changes = table(&heads);
    for c in found.changes.iter().take(SHOWN) {
        changes.add_row(row_of_change(c, classes));
    }
    right_align(&mut changes);
    let head = say("zones whose class changes, largest change first", "改变分区的单元，变化最大者在前");
    let _ = writeln!(out, "{head}\n{changes}");
    if let Some(more) = found.changes.len().checked_sub(SHOWN).filter(|n| *n > 0) {
        let en = format!("… and {more} more: --format csv or json has all");
        let zh = format!("… 另有 {more} 行：--format csv 或 json 给出全部");
        let _ = writeln!(out, "{}", say(&en, &zh));
    }
    let computed = found.tried.iter().filter(|t| t.refused.is_empty()).count();
    let (unstable, all, unmarked) = (found.unstable.len(), found.zones, found.not_borderline.len());
    let en = format!(
        "{unstable} of {all} zones change class under at least one of {computed} choices; {unmarked} of them are not marked borderline"
    );
    let zh = format!(
        "{all} 个单元中有 {unstable} 个在 {computed} 项试验中至少一项下改变分区；其中 {unmarked} 个没有标为临界"
    );
    let _ = writeln!(out, "{}", say(&en, &zh));
    if !found.not_borderline.is_empty() {
        let list = found.not_borderline.join(", ");
        let _ = writeln!(out, "{}{list}", say("not marked borderline: ", "没有标为临界的："));
    }
    for t in found.tried.iter().filter(|t| !t.refused.is_empty()) {
        let refused = say("not possible: ", "不可行：");
        let _ = writeln!(out, "{refused}{} = {}: {}", t.choice, t.tried, sentence(&t.refused));
    }
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"))
}

fn row_of(t: &Tried) -> Vec<String> {
    let pct = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
    let changed = if t.refused.is_empty() { t.changed.to_string() } else { say("not possible", "不可行") };
    let ccr = t.ccr.map_or_else(|| "–".to_owned(), |v| format!("{:.3}", 100.0 * v));
    vec![t.choice.clone(), sentence(&t.now), sentence(&t.tried), changed, pct(t.largest_pct), ccr]
}

fn row_of_change(c: &Change, classes: &BTreeMap<String, String>) -> Vec<String> {
    let class = |key: &String| classes.get(key).unwrap_or(key).clone();
    let both = |[a, b]: [Option<f64>; 2]| format!("{} → {}", number(a), number(b));
    vec![
        format!("{} {}", c.unit_id, c.name),
        format!("{} = {}", c.choice, c.tried),
        c.zone.each_ref().map(class).join(" → "),
        c.change_pct.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}")),
        both(c.ccr),
        both(c.ecc),
        both(c.esc),
        if c.borderline { say("yes", "是") } else { say("no", "否") },
    ]
}
