//! `carbonzone explain`: where a unit's tonnes come from.

use crate::args::{ExplainArgs, Format};
use crate::terminal::print_line;
use carbonzone::explain::{
    Beside, Explanation, LargeParcel, Line, Paid, Sure, Unit, explain as explain_unit,
};
use carbonzone::text_table::{right_align, table, tonnes};
use carbonzone_report::confidence::percent;
use carbonzone_report::words;
use std::fmt::Write as _;

/// The command.
pub fn explain(args: &ExplainArgs) -> anyhow::Result<u8> {
    let unit = match (&args.unit.parcel, &args.unit.township) {
        (Some(id), _) => Unit::Parcel(id.clone()),
        (None, Some(id)) => Unit::Zone(id.clone()),
        (None, None) => Unit::Cell(args.unit.cell.clone().unwrap_or_default()),
    };
    let explanation = explain_unit(&args.run_dir, &unit, args.year)?;
    match args.format {
        Format::Json => print_line(&serde_json::to_string_pretty(&explanation)?),
        Format::Text => print_line(&render(&explanation)),
    }
    Ok(0)
}

/// Three significant digits, for rates of any size.
fn short(x: f64) -> String {
    if x >= 1000.0 {
        tonnes(x)
    } else {
        format!("{:.*}", (2 - x.abs().log10().floor().max(-9.0) as i32).max(0) as usize, x)
    }
}

/// The singular of a weight's unit.
fn one(unit: &str) -> &str {
    match unit {
        "persons" => "person",
        "poi" => "POI",
        "m2" => "m²",
        other => other,
    }
}

fn render(e: &Explanation) -> String {
    let mut out = String::new();
    let year = e.year.map(|y| format!(", {y}")).unwrap_or_default();
    let label = e.data_label.map(|l| format!(" — {}", l.badge().en)).unwrap_or_default();
    let _ = writeln!(out, "{} ({}){year}{label}", e.unit, e.kind);
    let _ = writeln!(
        out,
        "gross {} t   sink {} t   net {} t CO2e",
        tonnes(e.gross_t),
        tonnes(e.sink_t),
        tonnes(e.net_t)
    );
    render_lines(&mut out, e);
    render_city(&mut out, &e.against_city);
    for sure in &e.how_sure {
        render_sure(&mut out, sure);
    }
    render_paid(&mut out, &e.compensation);
    if e.kind != "parcel" {
        render_parcels(&mut out, &e.largest_parcels);
    }
    let _ = writeln!(out, "budgets from");
    for l in &e.lines {
        let _ = writeln!(out, "  {:<18} {}", l.rule, l.budget_source);
    }
    render_inventory(&mut out, &e.inventory_lines);
    out
}

/// The rules' parts, what each unit of a proxy carries, and what they leave open.
fn render_lines(out: &mut String, e: &Explanation) {
    let mut t =
        table(&["sector · activity", "budget t", "land", "proxy", "weight", "of", "share %", "t CO2e"]);
    for l in &e.lines {
        let share = if l.budget_t > 0.0 { 100.0 * l.amount_t / l.budget_t } else { 0.0 };
        t.add_row(vec![
            format!("{} · {}", l.sector, l.activity),
            tonnes(l.budget_t),
            l.land.clone(),
            proxy(l),
            format!("{} {}", tonnes(l.weight), l.weight_unit),
            tonnes(l.weight_total),
            format!("{share:.4}"),
            tonnes(l.amount_t),
        ]);
    }
    right_align(&mut t);
    let _ = writeln!(out, "{t}");
    if e.lines.is_empty() {
        let none = "no rule of the pipeline places anything here";
        let _ = writeln!(out, "{}", e.note.as_deref().unwrap_or(none));
    }
    for l in e.lines.iter().filter(|l| l.weight > 0.0 && l.weight_total > 0.0 && !l.land.is_empty()) {
        let per = l.budget_t / l.weight_total;
        let _ = writeln!(out, "  {}: {} t for each {}", l.rule, short(per), one(&l.weight_unit));
    }
    for (what, open_t, written_t) in
        [("gross", e.unexplained_gross_t, e.gross_t), ("sink", e.unexplained_sink_t, e.sink_t)]
    {
        if open_t != 0.0 {
            let pct = if written_t == 0.0 { 100.0 } else { 100.0 * open_t / written_t };
            let _ = writeln!(out, "not explained by these lines: {open_t:.3e} t of {what} ({pct:.2} %)");
        } else if written_t != 0.0 {
            let _ = writeln!(out, "the lines add up to the written {what}");
        }
    }
}

/// The proxy with what was done to it.
fn proxy(line: &Line) -> String {
    let mut out = line.proxy.clone();
    if line.smoothing > 0.0 {
        let _ = write!(out, " + {} × area", line.smoothing);
    }
    if line.fallback {
        out.push_str(" (fallback)");
    }
    out
}

fn render_city(out: &mut String, numbers: &[Beside]) {
    if !numbers.is_empty() {
        let _ = writeln!(out, "beside the city");
    }
    for b in numbers {
        let shown = |v: f64| if b.key == "net_t" { tonnes(v) } else { format!("{v:.4}").replace('-', "−") };
        let value = b.value.map_or_else(|| "–".to_owned(), shown);
        let times = b.ratio.map_or_else(String::new, |r| format!("{r:.2} × ").replace('-', "−"));
        let _ = writeln!(out, "  {}: {value}, {times}{} ({})", b.label, b.city_is, shown(b.city));
        if !b.meaning.is_empty() {
            let _ = writeln!(out, "    {}", b.meaning);
        }
    }
}

/// How sure a class is, what else it could be, and what could change it.
fn render_sure(out: &mut String, of: &Sure) {
    let sure = &of.sure;
    let basis = if of.basis.is_empty() { String::new() } else { format!(" ({})", of.basis) };
    let _ = writeln!(
        out,
        "how sure is the class{basis}: {}, {} ± {:.1} points ({})",
        sure.class.label.en,
        percent(sure.class.probability),
        100.0 * sure.error,
        words::safety(&sure.safety).en
    );
    for other in &sure.others {
        let _ = writeln!(out, "  {:>5} {}", percent(other.probability), other.label.en);
    }
    let _ = writeln!(out, "  what could change it: {}", sure.change.en);
    if !sure.drivers.is_empty() {
        let shares: Vec<String> =
            sure.drivers.iter().map(|d| format!("{} {}", d.label.en, percent(d.share))).collect();
        let _ = writeln!(out, "  share of each reason, alone or together with others: {}", shares.join(", "));
    }
}

/// What a zone pays or receives, and what that is not.
fn render_paid(out: &mut String, models: &[Paid]) {
    for paid in models {
        let side = if paid.settled_t < 0.0 { "pays" } else { "receives" };
        let sure = paid.sign_probability.map(|p| format!(", in {} of the draws", percent(p)));
        let t = tonnes(paid.settled_t.abs());
        let _ = writeln!(out, "compensation, {}: {side} for {t} t{}", paid.model, sure.unwrap_or_default());
        for at in &paid.at {
            let _ = writeln!(out, "  {} {} CNY/t: {:.2} CNY", at.price, at.cny_per_t, at.cny.abs());
        }
    }
    if let Some(paid) = models.first() {
        let _ = writeln!(out, "  {}", paid.assumes);
    }
}

fn render_parcels(out: &mut String, parcels: &[LargeParcel]) {
    if !parcels.is_empty() {
        let _ = writeln!(out, "parcels that weigh most");
    }
    for p in parcels {
        let _ = writeln!(
            out,
            "  {}  land use {}  {} t ({:.1} % of the parcel)",
            p.id,
            p.land_use,
            tonnes(p.gross_t),
            100.0 * p.share_of_parcel
        );
    }
}

fn render_inventory(out: &mut String, lines: &[serde_json::Value]) {
    if !lines.is_empty() {
        let _ = writeln!(out, "activity lines behind the budgets (city totals)");
    }
    for l in lines {
        let _ = writeln!(
            out,
            "  {} · {}: {} {} × {:.6} {} → {} t CO2e  [{} {}, {}]",
            l["sector"].as_str().unwrap_or(""),
            l["label"].as_str().unwrap_or(""),
            l["amount"],
            l["unit"].as_str().unwrap_or(""),
            l["factor_value"].as_f64().unwrap_or(f64::NAN),
            l["factor_unit"].as_str().unwrap_or(""),
            tonnes(l["result_t"].as_f64().unwrap_or(f64::NAN)),
            l["file"].as_str().unwrap_or(""),
            l["cell"].as_str().unwrap_or(""),
            l["factor_id"].as_str().unwrap_or("")
        );
    }
}
