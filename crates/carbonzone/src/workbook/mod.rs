//! The workbook of a run for people with a spreadsheet program: tables under headers in words, with colours, filters and totals;
//! ledger, rules and findings; and what every field means. One function per sheet; a new sheet is one more line in [`sheets`].

mod notes;
mod records;
mod totals;

use carbonzone_report::{Label, Lang, assumptions, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, RunManifest, Statement};

/// How a run labels its sheets.
pub struct Book<'a> {
    record: &'a RunManifest,
    lang: Lang,
}

/// Sheets of the workbook: the tables of the study (the units first), then sectors, zone classes, rules, factors, indices, ledger,
/// findings and notes, as far as there are any.
pub fn sheets(record: &RunManifest, tables: &[(String, AttributeTable)], lang: Lang) -> Vec<OutSheet> {
    let book = Book { record, lang };
    let Some(((name, units), more)) = tables.split_first() else { return Vec::new() };
    let mut out = vec![book.units(name, units)];
    out.extend(more.iter().map(|(name, table)| book.table(name, table)));
    out.push(book.sectors());
    let of_record =
        [book.classes(), book.rules(), book.factors(), book.indices(), book.ledger(), book.findings()];
    out.extend(of_record.into_iter().flatten());
    out.push(notes::sheet(&book, units));
    out
}

/// What a table rests on, in the language of the workbook: a line for each.
pub fn lines(note: &Statement, lang: Lang) -> Vec<String> {
    match lang {
        Lang::En => vec![note.en.clone()],
        Lang::Zh => vec![note.zh.clone()],
        Lang::Both => vec![note.en.clone(), note.zh.clone()],
    }
}

/// Every sheet of the workbook of the units under words in its language.
pub fn in_words(record: &RunManifest, sheets: &[OutSheet], lang: Lang) -> Vec<OutSheet> {
    let book = Book { record, lang };
    sheets.iter().map(|sheet| assumed(record, book.worded(sheet), lang)).collect()
}

/// The sheet with what it assumes below its rows, unless that stands above them.
pub fn assumed(record: &RunManifest, sheet: OutSheet, lang: Lang) -> OutSheet {
    let said = assumptions::of(record, &sheet.name).filter(|_| sheet.preamble.is_empty());
    let below = said.map(|said| lines(&said, lang)).unwrap_or_default();
    sheet.with_lines_below(below)
}

impl Book<'_> {
    /// The units, one row each (and year): colours of the classes, totals below; quantiles and probabilities are not printed.
    fn units(&self, name: &str, table: &AttributeTable) -> OutSheet {
        let table = crate::tables::labelled(table, self.record.data_label());
        let totals = totals::rows(&table, self.lang);
        let printed = table.columns.iter().position(|c| notes::is_of_draws(&c.name));
        let mut sheet = self.headed(name, table).with_frozen_columns(2).with_totals(totals);
        sheet.printed_columns = printed.unwrap_or(0);
        self.coloured(sheet)
    }

    /// Any table of the study.
    pub fn table(&self, name: &str, table: &AttributeTable) -> OutSheet {
        self.coloured(self.headed(name, crate::tables::labelled(table, self.record.data_label())))
    }

    /// A table under words with units, the field names below them.
    fn headed(&self, name: &str, table: AttributeTable) -> OutSheet {
        let title = Label::new(self.record.title_en.clone(), self.record.title_zh.clone()).text(self.lang);
        let labels: Vec<String> = table.columns.iter().map(|c| self.label(&c.name)).collect();
        let mut title = format!("{title} · {name}");
        if let Some(label) = self.record.data_label() {
            title = format!("{} · {title}", words::data_label(label).text(self.lang));
        }
        OutSheet::new(name, table)
            .with_formats(notes::number_format)
            .with_labels(labels)
            .with_names_below()
            .for_readers(title)
    }

    /// A sheet that somebody else made, under words too; those with labels of their own stay as they are.
    fn worded(&self, sheet: &OutSheet) -> OutSheet {
        let table = crate::tables::labelled(&sheet.table, self.record.data_label());
        if !sheet.labels.is_empty() {
            return OutSheet { table, ..sheet.clone() };
        }
        let formats = sheet.formats.clone();
        let mut out = self.headed(&sheet.name, table).with_preamble(sheet.preamble.clone());
        if !formats.is_empty() {
            out.formats = formats;
        }
        self.coloured(out)
    }

    /// Words and unit of a field, one line for each language.
    fn label(&self, field: &str) -> String {
        let name = notes::label_of(self.record, field).lines(self.lang).join("\n");
        let unit = notes::unit_of(field).text(self.lang);
        if unit.is_empty() { name } else { format!("{name}\n({unit})") }
    }

    /// The classes of the zones in their colours, wherever they stand.
    fn coloured(&self, sheet: OutSheet) -> OutSheet {
        let color_of = |key: Option<&String>| {
            let class = self.record.zone_classes.iter().find(|c| Some(&c.key) == key)?;
            u32::from_str_radix(class.color.trim_start_matches('#'), 16).ok()
        };
        let keys = |column: &str| match sheet.table.get(column) {
            Some(ColumnData::Text(keys)) => {
                Some(keys.iter().map(|k| color_of(k.as_ref())).collect::<Vec<_>>())
            }
            _ => None,
        };
        let (zone, of_mean) = (keys("zone"), keys(carbonzone_report::ZONE_OF_MEAN));
        let mut sheet = sheet;
        for column in ["zone", "zone_en", "zone_zh", "zone_color"] {
            sheet = zone.iter().cloned().fold(sheet, |sheet, colors| sheet.with_fill(column, colors));
        }
        of_mean
            .into_iter()
            .fold(sheet, |sheet, colors| sheet.with_fill(carbonzone_report::ZONE_OF_MEAN, colors))
    }
}
