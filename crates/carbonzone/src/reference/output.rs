//! Table, sheet, section of the report, lines of the summary.

use crate::output::Output;
use crate::studies::cells::{label, number, text};
use carbonzone_report::number::grouped;
use carbonzone_report::{Label, ReportTable, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{
    AttributeTable, ColumnData, ReferenceRecord, ReferenceRow, RunManifest, Statement, T_PER_1E4_T,
};

/// Name of the table and of its sheet.
const TABLE: &str = "reference";

/// What the numbers of a source are beside ours.
fn assumes(record: &ReferenceRecord) -> Statement {
    let (source, differs) = (&record.source, &record.differs_in);
    let (said, said_zh) = if differs.is_empty() {
        ("what it counts differently is not said".to_owned(), "未说明统计口径差异".to_owned())
    } else {
        (format!("it differs in: {differs}"), format!("口径差异：{differs}"))
    };
    let (en, zh) = (&record.title.en, &record.title.zh);
    Statement::new(
        format!(
            "{en}: nothing is adjusted to it; difference = ours − theirs, percent of theirs; {said}; source: {source}"
        ),
        format!(
            "{zh}：仅作对照，不据此调整结果；差值 = 本次结果 − 参考值，百分比以参考值为基；{said_zh}；来源：{source}"
        ),
    )
}

/// Item of a row in words.
fn item(row: &ReferenceRow) -> Label {
    match row.item.as_str() {
        key @ ("gross" | "net") => words::field(&format!("{key}_t")),
        key => words::sector(key),
    }
}

/// Adds the record, its sentences and its lines of the summary.
pub fn note_in(record: &mut RunManifest, found: &[ReferenceRecord]) {
    for reference in found {
        record.statements.push(assumes(reference));
        let lines = reference.rows.iter().filter(|r| r.unit.is_empty()).map(|r| line(reference, r));
        record.summary.extend(lines);
        let units: Vec<&ReferenceRow> = reference.rows.iter().filter(|r| !r.unit.is_empty()).collect();
        record.summary.extend(farthest(reference, &units));
    }
    record.references = found.to_vec();
}

fn signed(value: f64, decimals: usize) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", grouped(value, decimals))
}

fn in_1e4(t: f64) -> String {
    grouped(t / T_PER_1E4_T, 2)
}

fn line(of: &ReferenceRecord, row: &ReferenceRow) -> Statement {
    let (ours, theirs) = (row.ours_t.map_or_else(|| "–".to_owned(), in_1e4), in_1e4(row.reference_t));
    let pct = row.difference_pct().map_or_else(|| "–".to_owned(), |p| signed(p, 1));
    let what = item(row);
    let (title, title_zh) = (&of.title.en, &of.title.zh);
    Statement::new(
        format!("Beside {title}: {}: ours {ours}, theirs {theirs} ×10⁴ t, {pct} %", what.en),
        format!("与{title_zh}对照：{}：本次 {ours}，参考 {theirs} 万吨，{pct} %", what.zh),
    )
}

/// The unit that is farthest off.
fn farthest(of: &ReferenceRecord, units: &[&ReferenceRow]) -> Option<Statement> {
    let known = units.iter().filter_map(|r| Some((r, r.difference_pct()?)));
    let (row, pct) = known.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let (n, unit, pct) = (units.len(), &row.unit, signed(pct, 1));
    Some(Statement::new(
        format!("Beside {}: {n} units or districts, farthest off {unit}: {pct} %", of.title.en),
        format!("与{}对照：{n} 个单元或区县，差异最大者 {unit}：{pct} %", of.title.zh),
    ))
}

/// Adds table, sheet and section of the report.
pub fn add_to(out: &mut Output<'_>, found: &[ReferenceRecord]) {
    if found.is_empty() {
        return;
    }
    let table = table(found);
    if let Some((_, sheets)) = out.workbooks.first_mut() {
        let lang = out.lang;
        let mut said: Vec<String> =
            found.iter().flat_map(|r| crate::workbook::lines(&assumes(r), lang)).collect();
        said.push(String::new());
        let mut shown = table.clone();
        shown.columns.retain(|c| c.name != "assumes");
        sheets.push(OutSheet::new(TABLE, shown).with_preamble(said).with_formats(format));
    }
    out.tables.push((TABLE.to_owned(), table));
    out.extras.tables.extend(found.iter().map(report_table));
}

fn format(field: &str) -> &'static str {
    match field {
        f if f.ends_with("_t") => "#,##0.0",
        "difference_pct" => "0.00",
        _ => "",
    }
}

fn table(found: &[ReferenceRecord]) -> AttributeTable {
    let rows: Vec<(&ReferenceRecord, &ReferenceRow)> =
        found.iter().flat_map(|r| r.rows.iter().map(move |row| (r, row))).collect();
    let texts = |f: &dyn Fn(&ReferenceRecord, &ReferenceRow) -> String| {
        ColumnData::Text(rows.iter().map(|(r, row)| Some(f(r, row)).filter(|t| !t.is_empty())).collect())
    };
    let reals = |f: &dyn Fn(&ReferenceRow) -> Option<f64>| {
        ColumnData::Real(rows.iter().map(|(_, row)| f(row)).collect())
    };
    AttributeTable::new()
        .with("reference", texts(&|r, _| r.name.clone()))
        .with("year", ColumnData::Int(rows.iter().map(|(r, _)| r.year.map(i64::from)).collect()))
        .with("item", texts(&|_, row| row.item.clone()))
        .with("unit", texts(&|_, row| row.unit.clone()))
        .with("ours_t", reals(&|row| row.ours_t))
        .with("reference_t", reals(&|row| Some(row.reference_t)))
        .with("difference_t", reals(&ReferenceRow::difference_t))
        .with("difference_pct", reals(&ReferenceRow::difference_pct))
        .with("assumes", texts(&|r, _| assumes(r).en))
}

fn report_table(record: &ReferenceRecord) -> ReportTable {
    let in_1e4 = |t: Option<f64>| number(t.map(|t| t / T_PER_1E4_T), 2);
    let row = |row: &ReferenceRow| {
        let place = if row.unit.is_empty() { label("whole place", "全域") } else { text(&row.unit) };
        let pct = row.difference_pct().map_or_else(|| text("–"), |p| text(&signed(p, 1)));
        vec![
            item(row),
            place,
            in_1e4(row.ours_t),
            in_1e4(Some(row.reference_t)),
            in_1e4(row.difference_t()),
            pct,
        ]
    };
    let year = record.year.map_or_else(Label::default, |y| label(&format!(", {y}"), &format!("（{y}年）")));
    let said = assumes(record);
    ReportTable {
        title: label(
            &format!("Our totals beside {}", record.title.en),
            &format!("与{}的对照", record.title.zh),
        )
        .then(&year),
        note: label(&said.en, &said.zh),
        ..ReportTable::shipped("reference", record.rows.iter().map(row).collect())
    }
}
