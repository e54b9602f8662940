//! `carbonzone sensitivity`: townships whose class changes if one choice had been made otherwise.

use crate::args::{SensitivityArgs, TableFormat};
use crate::diagnostics;
use crate::new_file::{must_be_new, write_new};
use crate::progress::observer;
use crate::terminal::print_line;
use carbonzone::sensitivity::{Change, Sensitivity, Tried, sensitivity as try_choices};
use carbonzone::text_table::{right_align, table};
use carbonzone::{Config, Files};
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
        TableFormat::Table => text(&result).into_bytes(),
        TableFormat::Json => serde_json::to_vec_pretty(&result)?,
        TableFormat::Csv => carbonzone_sheet::csv_bytes(&result.table(), args.out.is_some())?,
    };
    match &args.out {
        Some(path) => write_new(path, &text)?,
        None => print_line(String::from_utf8_lossy(&text).trim_end()),
    }
    Ok(0)
}

fn text(found: &Sensitivity) -> String {
    let mut out = String::new();
    if found.synthetic {
        out.push_str("SYNTHETIC DATA\n");
    }
    let mut tried = table(&["choice", "now", "tried", "zones that change", "largest change %", "CCR %"]);
    for t in &found.tried {
        tried.add_row(row_of(t));
    }
    let _ = writeln!(out, "what was tried, one at a time\n{tried}");
    let mut changes =
        table(&["zone", "choice = tried", "class", "change %", "CCR", "ECC", "ESC", "borderline"]);
    for c in found.changes.iter().take(SHOWN) {
        changes.add_row(row_of_change(c));
    }
    right_align(&mut changes);
    let _ = writeln!(out, "zones whose class changes, largest change first\n{changes}");
    if let Some(more) = found.changes.len().checked_sub(SHOWN).filter(|n| *n > 0) {
        let _ = writeln!(out, "… and {more} more: --format csv or json has all");
    }
    let computed = found.tried.iter().filter(|t| t.refused.is_empty()).count();
    let _ = writeln!(
        out,
        "{} of {} zones change class under at least one of {computed} choices; {} of them are not marked borderline",
        found.unstable.len(),
        found.zones,
        found.not_borderline.len()
    );
    if !found.not_borderline.is_empty() {
        let _ = writeln!(out, "not marked borderline: {}", found.not_borderline.join(", "));
    }
    for t in found.tried.iter().filter(|t| !t.refused.is_empty()) {
        let _ = writeln!(out, "not possible: {} = {}: {}", t.choice, t.tried, t.refused);
    }
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"))
}

fn row_of(t: &Tried) -> Vec<String> {
    let pct = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
    let changed = if t.refused.is_empty() { t.changed.to_string() } else { "not possible".to_owned() };
    let ccr = t.ccr.map_or_else(|| "–".to_owned(), |v| format!("{:.3}", 100.0 * v));
    vec![t.choice.clone(), t.now.clone(), t.tried.clone(), changed, pct(t.largest_pct), ccr]
}

fn row_of_change(c: &Change) -> Vec<String> {
    let both = |[a, b]: [Option<f64>; 2]| format!("{} → {}", number(a), number(b));
    vec![
        format!("{} {}", c.unit_id, c.name),
        format!("{} = {}", c.choice, c.tried),
        c.zone.join(" → "),
        c.change_pct.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}")),
        both(c.ccr),
        both(c.ecc),
        both(c.esc),
        if c.borderline { "yes".to_owned() } else { "no".to_owned() },
    ]
}
