//! What is advised for every unit because of its own numbers, as a table.

use crate::workbook::lines;
use carbonzone_report::Lang;
use carbonzone_report::chinese::said;
use carbonzone_report::confidence::CONFIDENCE_CLASS;
use carbonzone_report::measures::{Advised, advised};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, RunManifest, Statement};

/// Name of the table and of its sheet.
pub const MEASURES: &str = "measures";

/// What the table assumes.
fn assumes() -> Statement {
    Statement::new(
        "Measures follow from the numbers of the unit by a list with limits: that of the pipeline file, else the one that comes with the \
         program. The limits are choices, not laws; nobody has looked at the place. The numbers of a unit are as unsure as its class, whose probability \
         stands beside each measure where draws were made",
        "措施由各单元自身数值按带界限的列表得出：采用流程文件中的列表，否则采用程序自带列表。界限为人为设定，未经实地核查。\
         单元数值的不确定性与其分区相当；有抽样时，各措施旁列出分区概率",
    )
}

/// The table and its sheet; `units` are those of the last year. `None` where nothing is advised.
pub fn table(record: &RunManifest, units: &AttributeTable, lang: Lang) -> Option<(AttributeTable, OutSheet)> {
    let all = advised(record, units);
    if all.iter().all(Vec::is_empty) {
        return None;
    }
    let rows: Vec<(usize, &Advised)> =
        all.iter().enumerate().flat_map(|(row, list)| list.iter().map(move |a| (row, a))).collect();
    let of_unit = |field: &str| {
        let texts = units.texts(field).unwrap_or_else(|| vec![None; units.rows()]);
        ColumnData::Text(rows.iter().map(|(row, _)| texts[*row].clone()).collect())
    };
    let confidence = units.numbers("zone_confidence").unwrap_or_else(|| vec![None; units.rows()]);
    let text =
        |f: fn(&Advised) -> &String| ColumnData::Text(rows.iter().map(|(_, a)| Some(f(a).clone())).collect());
    let table = AttributeTable::new()
        .with("unit_id", of_unit("unit_id"))
        .with("name", of_unit("name"))
        .with("district", of_unit("district"))
        .with("zone", of_unit("zone"))
        .with("zone_confidence", ColumnData::Real(rows.iter().map(|(row, _)| confidence[*row]).collect()))
        .with(CONFIDENCE_CLASS, of_unit(CONFIDENCE_CLASS))
        .with("measure", text(|a| &a.key))
        .with("text_en", text(|a| &a.text.en))
        .with("because_en", text(|a| &a.because.en))
        .with("text_zh", text(|a| &a.text.zh))
        .with("because_zh", text(|a| &a.because.zh))
        .with("source", text(|a| &a.source))
        .with("assumes", ColumnData::texts(&vec![assumes().en; rows.len()]));
    let mut table = table;
    if units.get(CONFIDENCE_CLASS).is_none() {
        table.columns.retain(|c| ![CONFIDENCE_CLASS, "zone_confidence"].contains(&c.name.as_str()));
    }
    let mut shown = table.clone();
    // What it assumes stands above; texts and sources are those of the language.
    let other = match lang {
        Lang::En => "_zh",
        Lang::Zh => "_en",
        Lang::Both => "none",
    };
    shown.columns.retain(|c| c.name != "assumes" && !c.name.ends_with(other));
    let sources = rows.iter().map(|(_, a)| Some(said(&a.source).text(lang))).collect();
    if let Some(column) = shown.columns.iter_mut().find(|c| c.name == "source") {
        column.data = ColumnData::Text(sources);
    }
    Some((table, OutSheet::new(MEASURES, shown).with_preamble(lines(&assumes(), lang))))
}
