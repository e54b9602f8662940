//! `carbonzone compare`: differences of two runs or two years per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::language::{self, lang, say};
use crate::terminal::print_line;
use carbonzone::RunManifest;
use carbonzone::compare::{RunComparison, compare as compare_runs};
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::text_table::{right_align, table, tonnes};
use carbonzone_report::Lang;
use carbonzone_types::AttributeTable;
use carbonzone_zoning::compare::Comparison;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The command.
pub fn compare(args: &CompareArgs) -> anyhow::Result<u8> {
    // Both or none: nothing is written if one of them cannot be.
    [&args.export, &args.report].into_iter().flatten().try_for_each(|path| must_be_new(path))?;
    let compared = compare_runs(&args.run_a, &args.run_b, args.year_a.zip(args.year_b))?;
    if let Some(path) = &args.export {
        write_new(path, &carbonzone_sheet::csv_bytes(&compared.wide, true)?)?;
    }
    if let Some(path) = &args.report {
        let page = carbonzone::compare_report::page(&compared, language::asked())?;
        write_new(path, page.as_bytes())?;
    }
    print_line(&text(&compared));
    Ok(0)
}

fn text(compared: &RunComparison) -> String {
    let RunComparison { a, b, units: found, wide, .. } = compared;
    let mut out = String::new();
    for (side, run) in [("A", a), ("B", b)] {
        let _ = writeln!(out, "{side}  {}  ({})", run.title, run.folder);
    }
    let n = found.units.len();
    let _ = writeln!(out, "{}", say(&format!("{n} units in both"), &format!("两次运行共有 {n} 个单元")));
    out.push_str(&what_differs(compared));
    for (side, list) in [("A", &found.only_first), ("B", &found.only_second)] {
        if !list.is_empty() {
            let only = say(&format!("only in {side}: "), &format!("只在 {side} 中："));
            let _ = writeln!(out, "{only}{}", list.join(", "));
        }
    }
    let mut totals = table(&[say("total", "总量").as_str(), "A t", "B t", "B − A t", "%"]);
    let (ta, tb) = (&a.totals, &b.totals);
    for (name, x, y) in [
        (say("gross", "碳排放总量"), ta.gross_t, tb.gross_t),
        (say("sink", "碳汇"), ta.sink_t, tb.sink_t),
        (say("net", "净碳排放"), ta.net_t, tb.net_t),
    ] {
        let pct = if x == 0.0 { "–".to_owned() } else { format!("{:+.2}", 100.0 * (y - x) / x) };
        totals.add_row(vec![name, tonnes(x), tonnes(y), tonnes(y - x), pct]);
    }
    right_align(&mut totals);
    let _ = writeln!(out, "{totals}");
    out.push_str(&transitions(&a.manifest, found));
    out.push_str(&moved(&a.manifest, found, &a.names()));
    out.push_str(&largest_changes(wide));
    out
}

/// The matrix with its classes in the order of the scheme.
fn transitions(manifest: &RunManifest, found: &Comparison) -> String {
    let Some(zones) = &found.zones else { return String::new() };
    let rank = |key: &String| manifest.zone_classes.iter().position(|c| c.key == *key).unwrap_or(usize::MAX);
    let mut order: Vec<usize> = (0..zones.zones.len()).collect();
    order.sort_by_key(|i| (rank(&zones.zones[*i]), *i));
    let mut header = vec![say("zone in A (rows) → B (columns)", "分区：A（行）→ B（列）")];
    header.extend(order.iter().map(|i| class(manifest, &zones.zones[*i])));
    let mut matrix = table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for from in &order {
        let mut row = vec![class(manifest, &zones.zones[*from])];
        row.extend(order.iter().map(|to| zones.counts[*from][*to].to_string()));
        matrix.add_row(row);
    }
    right_align(&mut matrix);
    let (changed, all) = (zones.changed.len(), found.units.len());
    let zh = format!("{all} 个单元中有 {changed} 个改变了分区");
    format!("{matrix}\n{}\n", say(&format!("{changed} of {all} units changed zone"), &zh))
}

/// A class: its key in English, its name in Chinese.
fn class(manifest: &RunManifest, key: &str) -> String {
    let zh = manifest.zone_classes.iter().find(|c| c.key == key).map_or(key, |c| c.label_zh.as_str());
    if lang() == Lang::Zh { zh.to_owned() } else { key.to_owned() }
}

/// The units that changed zone, by id.
fn moved(manifest: &RunManifest, found: &Comparison, names: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (unit, from, to) in found.zones.iter().flat_map(|zones| &zones.changed) {
        let name = names.get(unit).map_or("", String::as_str);
        let shown =
            |zone: &str| if zone.is_empty() { say("no zone", "无分区") } else { class(manifest, zone) };
        let _ = writeln!(out, "  {unit} {name}: {} → {}", shown(from), shown(to));
    }
    out
}

/// Settings listed at most.
const MOST_SETTINGS: usize = 12;

/// Parameters and inputs that are not the same in the two runs: a difference in the numbers comes from these.
fn what_differs(compared: &RunComparison) -> String {
    let RunComparison { settings, inputs, .. } = compared;
    if settings.is_empty() && inputs.is_empty() {
        return say("the two runs have the same settings and inputs", "两次运行的设置和输入相同") + "\n";
    }
    let mut out = say("different in A and B", "A 与 B 的不同之处") + "\n";
    for line in settings.iter().take(MOST_SETTINGS) {
        let _ = writeln!(out, "  {} {line}", say("setting", "设置"));
    }
    if settings.len() > MOST_SETTINGS {
        let more = settings.len() - MOST_SETTINGS;
        let zh = format!("  另有 {more} 项设置");
        let _ = writeln!(out, "{}", say(&format!("  and {more} more settings"), &zh));
    }
    for input in inputs {
        let en = format!("  input {input}: another file or other content");
        let _ = writeln!(out, "{}", say(&en, &format!("  输入 {input}：文件或内容不同")));
    }
    out
}

fn largest_changes(differences: &AttributeTable) -> String {
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
            say("gross", "碳排放总量")
        );
    }
    if out.is_empty() {
        say("no unit's gross emissions differ", "各单元碳排放总量都没有变化") + "\n"
    } else {
        format!("{}\n{out}", say("largest changes", "变化最大的单元"))
    }
}
