//! The closing table: what carries each budget, and what of its proxy was left aside. As rows, findings, table and report section.

use crate::load::{Inputs, Notes};
use crate::proxy_use::ProxyUse;
use crate::workbook;
use carbonzone_geom::overlap_zones;
use carbonzone_report::number::grouped;
use carbonzone_report::{Label, Lang, ReportTable, words};
use carbonzone_sheet::OutSheet;
use carbonzone_spatialize::{Allocation, RuleTonnes};
use carbonzone_types::closing::{MOST_LEFT_ASIDE_PCT, MOST_ON_ONE_UNIT_PCT};
use carbonzone_types::{
    AttributeTable, ClosingRow, ColumnData, ExactSum, Finding, Proxy, ProxyKind, ProxyTotal, RuleRecord,
    Statement,
};
use std::collections::BTreeMap;

/// Name of the table and of its sheet.
pub const CLOSING: &str = "proxy_use";

/// Notes a row for every rule, and what is above the limits.
pub fn of_allocation(inputs: &Inputs, allocation: &Allocation, notes: &mut Notes) {
    let rows = allocation.records.iter().zip(&allocation.per_rule);
    let rows: Vec<_> = rows.map(|(record, tonnes)| row(inputs, record, tonnes, notes)).collect();
    let places = places(inputs, &rows.iter().map(|(largest, _)| *largest).collect::<Vec<_>>());
    for ((record, (largest, row)), place) in allocation.records.iter().zip(rows).zip(places) {
        let row = ClosingRow { largest_place: place, ..row };
        let plants = inputs.point_sources.iter().filter(|s| s.rule == record.id && Some(s.parcel) == largest);
        let known_t: f64 = plants.map(|s| s.gross_t).sum();
        add(row, known_t, ("parcels", "parcel"), notes);
    }
}

/// What parcels are and in which zone most of each lies.
fn places(inputs: &Inputs, parcels: &[Option<u32>]) -> Vec<Statement> {
    let all = &inputs.parcels;
    let known: Vec<u32> = parcels.iter().flatten().copied().collect();
    let in_zones = overlap_zones(&all.coverage.reordered(&known), &inputs.zones.coverage);
    let shown = inputs.zones.shown();
    let code = |parcel: usize| &all.land_use.names[all.land_use.of[parcel] as usize];
    let place = |(k, parcel): (usize, &u32)| {
        let (zones, areas) = in_zones.row(k);
        let most =
            zones.iter().zip(areas).max_by(|a, b| a.1.total_cmp(b.1)).map(|(z, _)| &shown[*z as usize]);
        let of_type = all.space_type[*parcel as usize] as usize;
        let (what, code) = (words::land_group(&all.space_types[of_type]), code(*parcel as usize));
        most.map_or_else(
            || Statement::new(format!("{} ({code})", what.en), format!("{}（{code}）", what.zh)),
            |zone| {
                Statement::new(
                    format!("{} ({code}) in {}", what.en, zone.en),
                    format!("{}{}（{code}）", zone.zh, what.zh),
                )
            },
        )
    };
    let mut found = known.iter().enumerate().map(place);
    parcels.iter().map(|parcel| parcel.and_then(|_| found.next()).unwrap_or_default()).collect()
}

/// Notes a row and what of it is above the limits. `known_t` of the largest unit are known to stand there; `units` are the layer
/// and one unit of it in words.
pub fn add(row: ClosingRow, known_t: f64, units: (&str, &str), notes: &mut Notes) {
    let findings = [one_carries_most(&row, known_t, units), mostly_left_aside(&row)];
    notes.findings.items.extend(findings.into_iter().flatten());
    notes.closing.push(row);
}

/// A row of a study over years: tonnes per unit, as given or computed for each.
pub fn of_units(
    sector: &str,
    year: Option<i32>,
    ids: &[String],
    tonnes: impl Iterator<Item = f64> + Clone,
) -> ClosingRow {
    let placed = tonnes.clone().filter(|t| *t > 0.0);
    let budget_t = placed.clone().collect::<ExactSum>().value();
    let largest = ids.iter().zip(tonnes).filter(|(_, t)| *t > 0.0).fold(None, |most, found| match most {
        Some((_, t)) if t >= found.1 => most,
        _ => Some(found),
    });
    ClosingRow {
        rule: sector.to_owned(),
        sector: sector.to_owned(),
        year,
        budget_t,
        units: ids.len() as u64,
        carrying: placed.count() as u64,
        largest_unit: largest.map(|(id, _)| id.clone()).unwrap_or_default(),
        largest_pct: largest.map(|(_, t)| 100.0 * t / budget_t),
        ..ClosingRow::default()
    }
}

fn row(
    inputs: &Inputs,
    record: &RuleRecord,
    tonnes: &RuleTonnes,
    notes: &Notes,
) -> (Option<u32>, ClosingRow) {
    let (carrying, largest) = tonnes.carrying();
    let proxy = record.used.and_then(|used| record.proxies.get(used));
    let row = ClosingRow {
        rule: record.id.clone(),
        sector: record.sector.clone(),
        budget_t: record.budget_t,
        units: record.parcels,
        carrying,
        largest_unit: largest.map(|(p, _)| inputs.parcels.ids[p as usize].to_owned()).unwrap_or_default(),
        largest_pct: largest.filter(|_| record.placed_t > 0.0).map(|(_, t)| 100.0 * t / record.placed_t),
        ..ClosingRow::default()
    };
    let of_proxy = |p: &ProxyTotal| with_proxy(row.clone(), p, notes.proxy_use.get(&p.name));
    (largest.map(|(p, _)| p), proxy.map_or_else(|| row.clone(), of_proxy))
}

/// The row with what became of its proxy. Area is never beside its land.
fn with_proxy(row: ClosingRow, proxy: &ProxyTotal, of: Option<&ProxyUse>) -> ClosingRow {
    let row = ClosingRow { proxy: proxy.name.clone(), unit: proxy.unit.clone(), ..row };
    let Some(of) = of.filter(|of| of.total > 0.0 && of.weights > 0.0) else {
        let area = |p: Proxy| matches!(p.kind(), ProxyKind::Area | ProxyKind::SinkArea);
        let whole = proxy.name.parse().is_ok_and(area);
        let total = whole.then_some(proxy.total);
        return ClosingRow { proxy_total: total, used_pct: whole.then_some(100.0), ..row };
    };
    let pct = |amount: f64| 100.0 * amount / of.total;
    let used = pct(of.used) * (proxy.total / of.weights).min(1.0);
    // The land of this rule is part of that of all rules with the proxy; below that is rounding.
    let other_rules = if proxy.total >= of.weights * (1.0 - 1e-12) { 0.0 } else { pct(of.used) - used };
    ClosingRow {
        proxy_total: Some(of.total),
        used_pct: Some(used),
        snapped_pct: Some(pct(of.snapped)),
        other_rules_pct: Some(other_rules),
        other_class_pct: Some(pct(of.other_class)),
        outside_pct: Some(pct(of.outside)),
        ..row
    }
}

fn in_year(row: &ClosingRow) -> String {
    row.year.map_or_else(String::new, |year| format!(", {year}"))
}

fn one_carries_most(row: &ClosingRow, known_t: f64, (layer, unit): (&str, &str)) -> Option<Finding> {
    let pct = row.largest_pct.filter(|pct| *pct > MOST_ON_ONE_UNIT_PCT && row.budget_t > 0.0)?;
    let amount_t = row.budget_t * pct / 100.0;
    let unit = if unit == "parcel" {
        format!("parcel {}", row.largest_unit)
    } else {
        format!("county {}", row.largest_unit)
    };
    let message = format!(
        "rule \"{}\"{}: {unit} alone carries {pct:.1} % of the budget; {} of {} carry any",
        row.rule,
        in_year(row),
        grouped(row.carrying as f64, 0),
        grouped(row.units as f64, 0),
    );
    // Counties have amounts of their own: that one is large is no fault of a proxy.
    let finding = if row.year.is_some() {
        Finding::info("one_unit_carries_most", message)
    } else if known_t >= 0.5 * amount_t {
        Finding::info("one_unit_carries_most", format!("{message}; known plants stand on it"))
    } else {
        Finding::warning("one_unit_carries_most", message).hint(
            "is the class complete, and does the proxy say where the tonnes arise? A known plant belongs into [layers.point_sources]",
        )
    };
    let expected = format!("at most {MOST_ON_ONE_UNIT_PCT:.0} %");
    Some(finding.layer(layer).feature(row.largest_unit.clone()).expected(expected).amount_t(amount_t))
}

fn mostly_left_aside(row: &ClosingRow) -> Option<Finding> {
    let pct = row.left_aside_pct().filter(|pct| *pct > MOST_LEFT_ASIDE_PCT && row.budget_t > 0.0)?;
    let part = |pct: Option<f64>| pct.unwrap_or(0.0);
    let message = format!(
        "rule \"{}\"{}: {pct:.1} % of \"{}\" count for nothing ({:.1} % on other land, {:.1} % on none): the budget follows the rest",
        row.rule,
        in_year(row),
        row.proxy,
        part(row.other_class_pct),
        part(row.outside_pct),
    );
    Some(
        Finding::warning("proxy_mostly_ignored", message)
            .layer(row.proxy.split(':').next().unwrap_or_default())
            .expected(format!("at most {MOST_LEFT_ASIDE_PCT:.0} %"))
            .amount_t(row.budget_t)
            .hint("let the rule name the land they lie on, set snap_m, or look at CRS and classes"),
    )
}

/// What a row of the table assumes, for every place where it is shown.
pub fn note() -> Statement {
    Statement::new(
        format!(
            "Used: on the land of the rule, what was moved there included. Moved: to the nearest parcel of the class; part of used. \
             Other rules: on the land of other rules with the same proxy. Other class and outside count for nothing. Above \
             {MOST_LEFT_ASIDE_PCT:.0} % of a proxy left aside, or {MOST_ON_ONE_UNIT_PCT:.0} % of a budget on one unit, is a finding."
        ),
        format!(
            "“采用”指落在本规则用地上的部分（含移入部分）；“移入”指移至最近的同类地块，已计入采用；“其他规则”指落在使用同一代理变量的其他规则用地上；\
             “其他用地”与“地块外”不参与分配。忽略比例超过 {MOST_LEFT_ASIDE_PCT:.0} %，或单个单元承担预算超过 {MOST_ON_ONE_UNIT_PCT:.0} %，即列入检查结果。"
        ),
    )
}

/// The table as written.
pub fn table(rows: &[ClosingRow]) -> AttributeTable {
    let text =
        |f: fn(&ClosingRow) -> &String| ColumnData::Text(rows.iter().map(|r| Some(f(r).clone())).collect());
    let real = |f: fn(&ClosingRow) -> Option<f64>| ColumnData::Real(rows.iter().map(f).collect());
    let int = |f: fn(&ClosingRow) -> u64| ColumnData::Int(rows.iter().map(|r| Some(f(r) as i64)).collect());
    let mut table = AttributeTable::new().with("rule", text(|r| &r.rule)).with("sector", text(|r| &r.sector));
    if rows.iter().any(|r| r.year.is_some()) {
        table.push("year", ColumnData::Int(rows.iter().map(|r| r.year.map(i64::from)).collect()));
    }
    table
        .with("budget_t", real(|r| Some(r.budget_t)))
        .with("proxy", text(|r| &r.proxy))
        .with("proxy_unit", text(|r| &r.unit))
        .with("proxy_total", real(|r| r.proxy_total))
        .with("used_pct", real(|r| r.used_pct))
        .with("snapped_pct", real(|r| r.snapped_pct))
        .with("other_rules_pct", real(|r| r.other_rules_pct))
        .with("other_class_pct", real(|r| r.other_class_pct))
        .with("outside_pct", real(|r| r.outside_pct))
        .with("units", int(|r| r.units))
        .with("carrying_units", int(|r| r.carrying))
        .with("largest_unit", text(|r| &r.largest_unit))
        .with("largest_unit_place", text(|r| &r.largest_place.en))
        .with("largest_unit_pct", real(|r| r.largest_pct))
        .with("assumes", ColumnData::texts(&vec![note().en; rows.len()]))
}

/// The sheet of the workbook.
pub fn sheet(rows: &[ClosingRow], lang: Lang) -> OutSheet {
    let mut table = table(rows);
    // What it assumes stands above the table once; both are in the language of the workbook.
    table.columns.retain(|c| c.name != "assumes");
    let places = table.columns.iter_mut().find(|c| c.name == "largest_unit_place");
    if let Some(places) = places.filter(|_| lang == Lang::Zh) {
        places.data = ColumnData::Text(rows.iter().map(|r| Some(r.largest_place.zh.clone())).collect());
    }
    let mut lines = workbook::lines(&note(), lang);
    lines.push(String::new());
    OutSheet::new(CLOSING, table).with_preamble(lines)
}

/// The rows of the last year.
pub fn last_year(rows: &[ClosingRow]) -> impl Iterator<Item = &ClosingRow> {
    let last = rows.iter().filter_map(|r| r.year).max();
    rows.iter().filter(move |r| r.year == last)
}

/// Headings of the shares, in the order of [`shares`].
pub fn share_heads() -> [Label; 6] {
    [
        Label::new("Used %", "采用 %"),
        Label::new("Moved %", "移入 %"),
        Label::new("Other rules %", "其他规则 %"),
        Label::new("Other class %", "其他用地 %"),
        Label::new("Outside %", "地块外 %"),
        Label::new("Largest %", "最大单元 %"),
    ]
}

/// Shares of a row as shown.
pub fn shares(row: &ClosingRow) -> [String; 6] {
    let all = [
        row.used_pct,
        row.snapped_pct,
        row.other_rules_pct,
        row.other_class_pct,
        row.outside_pct,
        row.largest_pct,
    ];
    all.map(|pct| pct.map_or_else(|| "–".to_owned(), |pct| grouped(pct, 1)))
}

/// The section of the report; `names` are those of the units by their ids.
pub fn report_table(rows: &[ClosingRow], names: &BTreeMap<String, Label>) -> ReportTable {
    let unit = |row: &ClosingRow| {
        let (id, place) = (&row.largest_unit, &row.largest_place);
        let named = names.get(id).filter(|name| name.zh != *id);
        let with_id = |en: &str, zh: &str| Label::new(format!("{en}: {id}"), format!("{zh}：{id}"));
        match named {
            _ if !place.zh.is_empty() => with_id(&place.en, &place.zh),
            Some(name) => with_id(&name.en, &name.zh),
            None => Label::same(id),
        }
    };
    let cells = |row: &ClosingRow| {
        let [a, b, c, d, e, f] = shares(row).map(Label::same);
        let sector = words::sector(&row.sector);
        let carrying = Label::same(grouped(row.carrying as f64, 0));
        let budget = Label::same(grouped(row.budget_t, 0));
        // Studies over years have no rules: what is told apart is the sector.
        let rule = if row.rule == row.sector { sector.clone() } else { Label::same(&row.rule) };
        let proxy = words::carrier(&row.proxy);
        vec![rule, sector, budget, proxy, a, b, c, d, e, carrying, f, unit(row)]
    };
    let years = Label::new("; all years: proxy_use.csv", "；各年份见 proxy_use.csv");
    let [used, moved, rules, class, outside, largest] = share_heads().map(|head| (head, true));
    let carrying = (Label::new("Carrying units", "承担单元数"), true);
    let unit = (Label::new("Largest unit", "最大单元"), false);
    let table = ReportTable::shipped("closing", last_year(rows).map(cells).collect())
        .and_columns([used, moved, rules, class, outside, carrying, largest, unit]);
    let title = match rows.iter().filter_map(|r| r.year).max() {
        Some(year) => {
            let of_year = Label::new(format!(", {year}"), format!("（{year}年）"));
            table.title.then(&of_year).then(&years)
        }
        None => table.title.clone(),
    };
    ReportTable { title, note: Label::new(note().en, note().zh), ..table }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(total: f64) -> ProxyTotal {
        ProxyTotal { name: "poi:industry".to_owned(), unit: "poi".to_owned(), total }
    }

    #[test]
    fn the_parts_of_a_proxy_add_up_for_every_rule_that_shares_it() {
        let of = ProxyUse {
            total: 200.0,
            used: 80.0,
            snapped: 10.0,
            other_class: 90.0,
            outside: 30.0,
            weights: 160.0,
        };
        for weight in [160.0, 40.0] {
            let row = with_proxy(ClosingRow::default(), &proxy(weight), Some(&of));
            let parts = [row.used_pct, row.other_rules_pct, row.other_class_pct, row.outside_pct];
            assert!((parts.into_iter().flatten().sum::<f64>() - 100.0).abs() < 1e-12);
            assert_eq!((row.used_pct, row.snapped_pct), (Some(40.0 * weight / 160.0), Some(5.0)));
            assert_eq!(row.left_aside_pct(), Some(60.0));
        }
    }

    #[test]
    fn land_area_is_used_whole_and_an_unknown_use_stays_unknown() {
        let area = ProxyTotal { name: "area".to_owned(), unit: "m2".to_owned(), total: 7.0 };
        let row = with_proxy(ClosingRow::default(), &area, None);
        assert_eq!((row.proxy_total, row.used_pct, row.left_aside_pct()), (Some(7.0), Some(100.0), None));
        let row = with_proxy(ClosingRow::default(), &proxy(3.0), None);
        assert_eq!((row.proxy_total, row.used_pct), (None, None));
    }

    #[test]
    fn above_the_limits_is_a_finding_and_on_them_is_not() {
        let mut notes = Notes::default();
        let row = |largest: f64, aside: f64| ClosingRow {
            rule: "factories".to_owned(),
            proxy: "poi:industry".to_owned(),
            budget_t: 1000.0,
            largest_unit: "P7".to_owned(),
            largest_pct: Some(largest),
            other_class_pct: Some(aside),
            outside_pct: Some(0.0),
            ..ClosingRow::default()
        };
        add(row(50.0, 50.0), 0.0, ("parcels", "parcel"), &mut notes);
        assert!(notes.findings.items.is_empty());
        add(row(72.0, 80.0), 0.0, ("parcels", "parcel"), &mut notes);
        let codes: Vec<&str> = notes.findings.items.iter().map(|f| f.code.as_str()).collect();
        assert_eq!(codes, ["one_unit_carries_most", "proxy_mostly_ignored"]);
        assert_eq!(notes.findings.items[0].amount_t, Some(720.0));
        // A plant that is known to stand there is what the user said.
        add(row(72.0, 0.0), 700.0, ("parcels", "parcel"), &mut notes);
        assert_eq!(notes.findings.items[2].severity, carbonzone_types::Severity::Info);
        assert_eq!(notes.closing.len(), 3);
    }
}
