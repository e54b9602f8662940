//! Differences of two runs as text.

use super::{line, told};
use crate::compare::RunComparison;
use crate::text_table::{right_align, table, tonnes};
use carbonzone_report::Lang;
use carbonzone_types::{AttributeTable, RunManifest};
use carbonzone_zoning::compare::Comparison;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Totals, classes and units of two runs beside each other.
pub fn comparison(compared: &RunComparison, lang: Lang) -> String {
    let RunComparison { a, b, units: found, wide, .. } = compared;
    let mut out = String::new();
    for (side, run) in [("A", a), ("B", b)] {
        let _ = writeln!(out, "{side}  {}  ({})", run.title, run.folder);
    }
    let n = found.units.len();
    let _ = writeln!(out, "{}", told!(lang, "{n} units in both" => "两次运行共有 {n} 个单元"));
    out.push_str(&what_differs(compared, lang));
    for (side, list) in [("A", &found.only_first), ("B", &found.only_second)] {
        if !list.is_empty() {
            let only = told!(lang, "only in {side}: " => "只在 {side} 中：");
            let _ = writeln!(out, "{only}{}", list.join(", "));
        }
    }
    let mut totals = table(&[lang.say("total", "总量").as_str(), "A t", "B t", "B − A t", "%"]);
    let (ta, tb) = (&a.totals, &b.totals);
    for (name, x, y) in [
        (lang.say("gross", "碳排放总量"), ta.gross_t, tb.gross_t),
        (lang.say("sink", "碳汇"), ta.sink_t, tb.sink_t),
        (lang.say("net", "净碳排放"), ta.net_t, tb.net_t),
    ] {
        let pct = if x == 0.0 { "–".to_owned() } else { format!("{:+.2}", 100.0 * (y - x) / x) };
        totals.add_row(vec![name, tonnes(x), tonnes(y), tonnes(y - x), pct]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    out.push_str(&transitions(&a.manifest, found, lang));
    out.push_str(&moved(&a.manifest, found, &a.names(), lang));
    out.push_str(&largest_changes(wide, lang));
    out
}

/// The matrix with its classes in the order of the scheme.
fn transitions(manifest: &RunManifest, found: &Comparison, lang: Lang) -> String {
    let Some(zones) = &found.zones else { return String::new() };
    let rank = |key: &String| manifest.zone_classes.iter().position(|c| c.key == *key).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..zones.zones.len()).collect();
    order.sort_by_key(|i| (rank(&zones.zones[*i]), *i));
    let mut header = vec![lang.say("zone in A (rows) → B (columns)", "分区：A（行）→ B（列）")];
    header.extend(order.iter().map(|i| class(manifest, &zones.zones[*i], lang)));
    let mut matrix = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for from in &order {
        let mut row = vec![class(manifest, &zones.zones[*from], lang)];
        row.extend(order.iter().map(|to| zones.counts[*from][*to].to_string()));
        matrix.add_row(row);
    }
    right_align(&mut matrix);
    let (changed, all) = (zones.changed.len(), found.units.len());
    let zh = format!("{all} 个单元中有 {changed} 个改变了分区");
    format!("{matrix}\n{}\n", lang.say(&format!("{changed} of {all} units changed zone"), &zh))
}

/// A class: its key in English, its name in Chinese.
fn class(manifest: &RunManifest, key: &str, lang: Lang) -> String {
    let zh = manifest.zone_classes.iter().find(|c| c.key == key).map_or(key, |c| c.label_zh.as_str());
    if lang == Lang::Zh { zh.to_owned() } else { key.to_owned() }
}

/// The units that changed zone, by id.
fn moved(manifest: &RunManifest, found: &Comparison, names: &BTreeMap<String, String>, lang: Lang) -> String {
    let mut out = String::new();
    for (unit, from, to) in found.zones.iter().flat_map(|zones| &zones.changed) {
        let name = names.get(unit).map_or("", String::as_str);
        let shown = |zone: &str| {
            if zone.is_empty() { lang.say("no zone", "无分区") } else { class(manifest, zone, lang) }
        };
        let _ = writeln!(out, "  {unit} {name}: {} → {}", shown(from), shown(to));
    }
    out
}

/// Settings listed at most.
const MOST_SETTINGS: usize = 12;

/// Parameters and inputs that are not the same in the two runs: a difference in the numbers comes from these.
fn what_differs(compared: &RunComparison, lang: Lang) -> String {
    let RunComparison { settings, inputs, .. } = compared;
    if settings.is_empty() && inputs.is_empty() {
        return lang.say("the two runs have the same settings and inputs", "两次运行的设置和输入相同") + "\n";
    }
    let mut out = lang.say("different in A and B", "A 与 B 的不同之处") + "\n";
    for line in settings.iter().take(MOST_SETTINGS) {
        let _ = writeln!(out, "  {} {line}", lang.say("setting", "设置"));
    }
    if settings.len() > MOST_SETTINGS {
        let more = settings.len() - MOST_SETTINGS;
        line!(out, lang, "  and {more} more settings" => "  另有 {more} 项设置");
    }
    for input in inputs {
        line!(out, lang, "  input {input}: another file or other content"
            => "  输入 {input}：文件或内容不同");
    }
    out
}

fn largest_changes(differences: &AttributeTable, lang: Lang) -> String {
    let diff = differences.numbers("gross_t_diff").unwrap_or_default();
    let names = differences.texts("name").unwrap_or_default();
    let ids = differences.texts("unit_id").unwrap_or_default();
    let mut order: Vec<usize> = (0..diff.len()).filter(|&i| diff[i].is_some_and(|d| d != 0.0)).collect();
    order.sort_by(|&i, &j| {
        let size = |k: usize| diff[k].unwrap_or(0.0).abs();
        size(j).total_cmp(&size(i)).then_with(|| ids[i].cmp(&ids[j]))
    });
    let mut out = String::new();
    for &i in order.iter().take(10) {
        let _ = writeln!(
            out,
            "  {} {}: {} t {}",
            ids[i].as_deref().unwrap_or(""),
            names[i].as_deref().unwrap_or(""),
            tonnes(diff[i].unwrap_or(0.0)),
            lang.say("gross", "碳排放总量")
        );
    }
    if out.is_empty() {
        lang.say("no unit's gross emissions differ", "各单元碳排放总量都没有变化") + "\n"
    } else {
        format!("{}\n{out}", lang.say("largest changes", "变化最大的单元"))
    }
}
