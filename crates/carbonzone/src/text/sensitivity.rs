//! What other choices would change, as text.

use super::{heads, line};
use crate::run::Config;
use crate::sensitivity::{Change, Sensitivity, Tried};
use crate::text_table::{right_align, table};
use carbonzone_report::Lang;
use carbonzone_zoning::ZoningConfig;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Changes in the table for people; the others are in JSON and CSV.
const SHOWN: usize = 40;

/// Classes of the zoning by their key, in the language of messages: in English the key.
fn classes(config: &Config, lang: Lang) -> BTreeMap<String, String> {
    let zoning: Option<ZoningConfig> = serde_json::from_value(config.to_json()["zoning"].clone()).ok();
    let scheme = zoning.and_then(|zoning| zoning.resolve().ok());
    let named = scheme.into_iter().flat_map(|scheme| scheme.classes);
    named.map(|c| (c.key.clone(), lang.say(&c.key, &c.label_zh))).collect()
}

/// What was tried, and which zones would change.
pub fn sensitivity(found: &Sensitivity, config: &Config, lang: Lang) -> String {
    let classes = classes(config, lang);
    let mut out = String::new();
    if found.synthetic {
        let badge = carbonzone_types::DataLabel::Synthetic.badge();
        let _ = writeln!(out, "{}", lang.say(&badge.en, &badge.zh));
    }
    let mut tried = table(&heads(
        lang,
        ["choice", "now", "tried", "zones that change", "largest change %", "CCR %"],
        ["选项", "现用", "试验", "改变分区的单元", "最大变化 %", "CCR %"],
    ));
    for t in &found.tried {
        tried.add_row(row_of(t, lang));
    }
    let _ = writeln!(out, "{}\n{tried}", lang.say("what was tried, one at a time", "逐项试验"));
    let mut changes = table(&heads(
        lang,
        ["zone", "choice = tried", "class", "change %", "CCR", "ECC", "ESC", "borderline"],
        ["单元", "选项 = 试验", "分区", "变化 %", "CCR", "ECC", "ESC", "临界"],
    ));
    for c in found.changes.iter().take(SHOWN) {
        changes.add_row(row_of_change(c, &classes, lang));
    }
    right_align(&mut changes);
    let head = lang.say("zones whose class changes, largest change first", "改变分区的单元，变化最大者在前");
    let _ = writeln!(out, "{head}\n{changes}");
    if let Some(more) = found.changes.len().checked_sub(SHOWN).filter(|n| *n > 0) {
        line!(out, lang, "… and {more} more: --format csv or json has all"
            => "… 另有 {more} 行：--format csv 或 json 给出全部");
    }
    let computed = found.tried.iter().filter(|t| t.refused.is_empty()).count();
    let (unstable, all, unmarked) = (found.unstable.len(), found.zones, found.not_borderline.len());
    line!(out, lang, "{unstable} of {all} zones change class under at least one of {computed} choices; {unmarked} of them are not marked borderline"
        => "{all} 个单元中有 {unstable} 个在 {computed} 项试验中至少一项下改变分区；其中 {unmarked} 个没有标为临界");
    if !found.not_borderline.is_empty() {
        let list = found.not_borderline.join(", ");
        let _ = writeln!(out, "{}{list}", lang.say("not marked borderline: ", "没有标为临界的："));
    }
    for t in found.tried.iter().filter(|t| !t.refused.is_empty()) {
        let refused = lang.say("not possible: ", "不可行：");
        let _ = writeln!(out, "{refused}{} = {}: {}", t.choice, t.tried, lang.sentence(&t.refused));
    }
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"))
}

fn row_of(t: &Tried, lang: Lang) -> Vec<String> {
    let pct = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
    let changed =
        if t.refused.is_empty() { t.changed.to_string() } else { lang.say("not possible", "不可行") };
    let ccr = t.ccr.map_or_else(|| "–".to_owned(), |v| format!("{:.3}", 100.0 * v));
    vec![t.choice.clone(), lang.sentence(&t.now), lang.sentence(&t.tried), changed, pct(t.largest_pct), ccr]
}

fn row_of_change(c: &Change, classes: &BTreeMap<String, String>, lang: Lang) -> Vec<String> {
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
        if c.borderline { lang.say("yes", "是") } else { lang.say("no", "否") },
    ]
}
