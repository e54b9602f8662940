//! The workbook into the text of a pipeline file, with the cell of every part of it. Everything that is wrong is told at once; a row
//! without what it needs is left out of the text and told.

use super::definition::{ColumnDef, LayerDef, Setting, SettingKind, SheetDef, Words, form, words_sheet};
use super::key_of;
use crate::pipeline_lines::Lines;
use carbonzone_sheet::{
    Cell, ColumnSpec, ReadOptions, Sheet, Table, a1, did_you_mean, label_key, nearest, parse_number,
    read_sheets,
};
use carbonzone_types::{Finding, Findings};
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What a workbook says.
pub struct Form {
    /// The pipeline file that it is.
    pub text: String,
    /// Where its parts stand in the workbook.
    pub cells: Cells,
    /// What is wrong with sheets and cells.
    pub findings: Findings,
    /// False if a row or a value had to be left out.
    pub whole: bool,
}

/// Places in the text of a form, in ascending order, with the cell of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(Vec<(usize, String)>);

impl Cells {
    /// The cell of a place in the text, as `总量!C4`.
    pub fn at(&self, place: usize) -> Option<&str> {
        let behind = self.0.partition_point(|(start, _)| *start <= place);
        self.0[..behind].last().map(|(_, cell)| cell.as_str())
    }

    /// A finding that points into the text, pointing at the cell.
    pub fn named(&self, mut finding: Finding) -> Finding {
        if let Some(span) = finding.span.take() {
            finding.cell = self.at(span.start).map(str::to_owned);
        }
        // A hint with a line to write is one with a value to write.
        if let Some((before, line)) = finding.hint.as_deref().and_then(|h| h.split_once("write: ")) {
            let value = line.split_once(" = ").map(|(_, v)| v.trim_matches(['"', '\'']));
            finding.hint = match value {
                _ if !before.is_empty() => Some(before.trim_end().to_owned()),
                Some(value) => Some(format!("write in the cell: {value}")),
                None => None,
            };
        }
        finding
    }
}

/// Reads a workbook.
pub fn read(path: &Path) -> Form {
    let file = path.display().to_string();
    let mut reader = Reader { file: file.clone(), ..Reader::default() };
    match read_sheets(path, &ReadOptions::default()) {
        Ok(sheets) => reader.read(sheets),
        Err(e) => reader.refuse(e.to_finding()),
    }
    let Reader { text, cells, mut findings, whole, .. } = reader;
    findings.items.iter_mut().for_each(|f| f.file = Some(file.clone()));
    Form { text, cells: Cells(cells), findings, whole }
}

/// A row of a sheet: the cells of its columns by their key.
struct Row {
    cells: BTreeMap<&'static str, (Cell, String)>,
    /// Where the cells of all columns are, filled or not.
    places: BTreeMap<&'static str, String>,
    /// Its first cell.
    place: String,
}

impl Row {
    fn get(&self, key: &str) -> Option<(&Cell, &str)> {
        self.cells.get(key).map(|(cell, place)| (cell, place.as_str()))
    }

    fn text(&self, key: &str) -> Option<(String, &str)> {
        let (cell, place) = self.get(key)?;
        Some((cell.raw_text()?.trim().to_owned(), place))
    }
}

#[derive(Default)]
struct Reader {
    file: String,
    text: String,
    cells: Vec<(usize, String)>,
    findings: Findings,
    left_out: bool,
    whole: bool,
}

impl Reader {
    /// Tells what is wrong; something is missing in the text for it.
    fn refuse(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.left_out = true;
    }

    fn read(&mut self, sheets: Vec<Sheet>) {
        let defs = form().sheets.all();
        let mut rows = defs.map(|_| Vec::new());
        let mut there = defs.map(|_| false);
        for sheet in sheets {
            let is = |[en, zh]: &[String; 2]| {
                let name = label_key(&sheet.name);
                [en, zh, &format!("{zh} {en}")].into_iter().any(|n| label_key(n) == name)
            };
            if let Some(i) = defs.iter().position(|s| is(&s.name)) {
                there[i] = true;
                rows[i].extend(self.rows(defs[i], sheet));
            } else if !is(&words_sheet()) && !sheet.name.starts_with('#') && !sheet.rows.is_empty() {
                let known = defs.iter().flat_map(|s| s.name.iter().rev()).map(String::as_str);
                let hint = nearest(&sheet.name, known, 1).first().map_or_else(
                    || "put # in front of the name of a sheet with notes of your own".to_owned(),
                    |name| format!("did you mean \"{name}\"?"),
                );
                let finding =
                    Finding::error("form_sheet", format!("the form has no sheet \"{}\"", sheet.name))
                        .expected(defs.map(|s| format!("{} ({})", s.name[1], s.name[0])).join(", "));
                self.refuse(finding.hint(hint));
            }
        }
        for (sheet, _) in defs.iter().zip(there).filter(|(_, there)| !there) {
            let [en, zh] = &sheet.name;
            let message = format!("the sheet \"{zh}\" ({en}) is missing");
            let hint = "`carbonzone init NAME --form FILE.xlsx` writes a workbook with all sheets";
            self.refuse(Finding::error("form_sheet", message).hint(hint));
        }
        let [city, layers, totals, rules] = &rows;
        self.settings(city, totals);
        self.layers(layers);
        self.rules(rules);
        self.whole = !self.left_out;
    }

    /// The rows of a sheet; cells that hold an error or a formula without a value are told.
    fn rows(&mut self, def: &'static SheetDef, sheet: Sheet) -> Vec<Row> {
        let name = sheet.name.clone();
        let specs: Vec<ColumnSpec> = def.columns.iter().map(spec).collect();
        let table = match Table::new(&self.file, sheet, None, &specs) {
            Ok(table) => table,
            Err(e) => {
                self.refuse(e.to_finding());
                return Vec::new();
            }
        };
        let mut columns = Vec::new();
        for (column, spec) in def.columns.iter().zip(&specs) {
            match if column.required { table.required(spec).map(Some) } else { table.optional(spec) } {
                Ok(Some(at)) => columns.push((column, at)),
                Ok(None) => {}
                Err(e) => self.refuse(e.to_finding()),
            }
        }
        self.unknown_columns(&table, &columns, def);
        let all: Vec<usize> = columns.iter().map(|(_, at)| *at).collect();
        for error in table.unusable_cells(&all) {
            self.refuse(error.to_finding());
        }
        let mut out = Vec::new();
        for r in 0..table.len() {
            let place = |column: usize| format!("{name}!{}", a1(table.sheet_row(r), column));
            let usable = |cell: &Cell| !matches!(cell, Cell::Empty | Cell::Error(_) | Cell::Formula(_));
            let filled = columns.iter().filter(|(c, at)| c.key != "note" && usable(table.cell(r, *at)));
            let cells: BTreeMap<_, _> =
                filled.map(|(c, at)| (c.key.as_str(), (table.cell(r, *at).clone(), place(*at)))).collect();
            if cells.is_empty() {
                continue;
            }
            let needed = columns.iter().filter(|(c, at)| c.required && table.cell(r, *at).is_empty());
            let empty: Vec<(String, String)> =
                needed.map(|(_, at)| (place(*at), table.header().label(*at))).collect();
            for (cell, label) in &empty {
                let finding =
                    Finding::error("form_cell", format!("the cell is empty: every row needs {label}"));
                self.refuse(finding.cell(cell.clone()).hint("fill it in, or delete the whole row"));
            }
            let whole = def.columns.iter().all(|c| !c.required || cells.contains_key(c.key.as_str()));
            if whole {
                let places = columns.iter().map(|(c, at)| (c.key.as_str(), place(*at))).collect();
                out.push(Row { cells, places, place: place(all.first().copied().unwrap_or(0)) });
            }
        }
        out
    }

    fn unknown_columns(&mut self, table: &Table, known: &[(&ColumnDef, usize)], def: &SheetDef) {
        for (at, label) in table.labels().into_iter().enumerate() {
            if label.is_empty() || known.iter().any(|(_, k)| *k == at) {
                continue;
            }
            let names = def.columns.iter().flat_map(|c| c.name.iter().rev()).map(String::as_str);
            let hint = did_you_mean(&label, names);
            let hint = hint.trim_start_matches("\nhint: ");
            let cell = format!("{}!{}", table.sheet_name(), a1(table.header().row, at));
            let finding =
                Finding::error("form_column", format!("the sheet has no column \"{label}\"")).cell(cell);
            self.refuse(match hint {
                "" => finding.hint("notes of your own go into the column \"note\" (备注)"),
                hint => finding.hint(hint),
            });
        }
    }

    /// Writes a line of the pipeline file.
    fn line(&mut self, line: &str, cell: &str) {
        self.cells.push((self.text.len(), cell.to_owned()));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Writes `key = value` for a cell of text.
    fn put_text(&mut self, key: &str, words: Words, (cell, place): (&Cell, &str)) {
        let Some(raw) = cell.raw_text() else { return };
        let text = key_of(words, &raw);
        // A bare code is told with what to write, as in a pipeline file.
        let is_crs = key.ends_with("crs") && text.bytes().all(|b| b.is_ascii_digit());
        let value = if is_crs { text } else { quoted(&text) };
        self.line(&format!("{key} = {value}"), place);
    }

    fn put_list(&mut self, key: &str, words: Words, (cell, place): (&Cell, &str)) {
        let Some(raw) = cell.raw_text() else { return };
        let parts = raw.split([',', '，', ';', '；', '、', '\n']).map(str::trim).filter(|p| !p.is_empty());
        let items: Vec<String> = parts.map(|p| quoted(&key_of(words, p))).collect();
        self.line(&format!("{key} = [{}]", items.join(", ")), place);
    }

    fn put_number(&mut self, key: &str, (cell, place): (&Cell, &str)) {
        let number = match cell {
            Cell::Number(x) => Some(*x),
            Cell::Text(text) => parse_number(text).ok().flatten(),
            _ => None,
        };
        if let Some(x) = number.filter(|x| x.is_finite()) {
            self.line(&format!("{key} = {}", number_text(x)), place);
            return;
        }
        let value = cell.raw_text().unwrap_or_default();
        let finding = Finding::error("not_a_number", "the cell holds a text where a number is needed");
        self.refuse(finding.cell(place).value(value).expected("a number"));
    }

    fn put_bool(&mut self, key: &str, (cell, place): (&Cell, &str)) {
        let word = key_of(Words::Bools, &cell.raw_text().unwrap_or_default()).to_lowercase();
        if ["true", "false"].contains(&word.as_str()) {
            self.line(&format!("{key} = {word}"), place);
        } else {
            let finding = Finding::error("form_cell", "the cell needs yes or no").cell(place).value(word);
            self.refuse(finding.expected("yes or no"));
        }
    }

    /// `key = value` lines of a cell, as they are.
    fn put_more(&mut self, row: &Row) {
        let Some((text, place)) = row.text("more") else { return };
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let sound = !line.starts_with('[') && DeTable::parse(line).is_ok();
            if sound {
                self.line(line, place);
                continue;
            }
            let hint = Lines::of(line).findings.into_iter().find_map(|f| f.hint);
            let finding = Finding::error("form_cell", "the line is no `key = value` of a pipeline file")
                .cell(place)
                .value(line);
            self.refuse(finding.hint(hint.unwrap_or_else(|| "write: key = value".to_owned())));
        }
    }

    /// The settings by sections, and the totals.
    fn settings(&mut self, city: &[Row], totals: &[Row]) {
        let mut sections: Vec<(String, Vec<(String, &Row)>)> = vec![(String::new(), Vec::new())];
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for row in city {
            let Some((name, place)) = row.text("key") else { continue };
            let wanted = label_key(&name);
            let is = |s: &&Setting| {
                let [en, zh] = &s.name;
                [&s.key, en, zh, &format!("{zh} {en}")].into_iter().any(|n| label_key(n) == wanted)
            };
            let settings = &form().settings;
            let key = settings.iter().find(is).map_or(name.clone(), |s| s.key.clone());
            if row.get("value").is_none() {
                continue;
            }
            if let Some(first) = seen.insert(key.clone(), place.to_owned()) {
                let finding = Finding::error("form_row", format!("two rows set \"{name}\"")).cell(place);
                self.refuse(finding.value(first).hint("delete one of them"));
                continue;
            }
            if DeTable::parse(&format!("{key} = 1")).is_err() {
                let known = settings.iter().flat_map(|s| s.name.iter().rev());
                let hint = nearest(&name, known.map(String::as_str), 1);
                let finding =
                    Finding::error("form_row", format!("there is no setting \"{name}\"")).cell(place);
                self.refuse(match hint.first() {
                    Some(near) => finding.hint(format!("did you mean \"{near}\"?")),
                    None => finding
                        .hint("a key of the pipeline file has the form section.key, e.g. zoning.scheme"),
                });
                continue;
            }
            let (section, rest) = key.split_once('.').unwrap_or(("", &key));
            let at = sections.iter().position(|(name, _)| name == section).unwrap_or_else(|| {
                sections.push((section.to_owned(), Vec::new()));
                sections.len() - 1
            });
            sections[at].1.push((rest.to_owned(), row));
        }
        let inventory = sections.iter().position(|(name, _)| name == "inventory");
        let inventory = inventory.map(|at| sections.remove(at).1).unwrap_or_default();
        for (section, rows) in &sections {
            if let Some((_, first)) = rows.first().filter(|_| !section.is_empty()) {
                self.line(&format!("[{section}]"), &first.place);
            }
            for (key, row) in rows {
                self.setting(section, key, row);
            }
        }
        self.totals(&inventory, totals);
    }

    fn setting(&mut self, section: &str, key: &str, row: &Row) {
        let Some(value) = row.get("value") else { return };
        let whole = format!("{section}.{key}");
        match form().settings.iter().find(|s| s.key == whole).map(|s| s.kind) {
            Some(SettingKind::Text) => self.put_text(key, Words::None, value),
            Some(SettingKind::Word(words)) => self.put_text(key, words, value),
            Some(SettingKind::Number) => self.put_number(key, value),
            Some(SettingKind::Bool) => self.put_bool(key, value),
            None => match value {
                (Cell::Number(x), place) => self.line(&format!("{key} = {}", number_text(*x)), place),
                (Cell::Bool(b), place) => self.line(&format!("{key} = {b}"), place),
                (Cell::Text(text), place) if DeValue::parse(text.trim()).is_ok() => {
                    self.line(&format!("{key} = {}", text.trim()), place);
                }
                other => self.put_text(key, Words::None, other),
            },
        }
    }

    fn totals(&mut self, settings: &[(String, &Row)], rows: &[Row]) {
        let first = rows.first().or(settings.first().map(|(_, row)| *row));
        match first {
            Some(row) => self.line("[inventory]", &row.place),
            // What has to stand here is told by the check of a study that needs it.
            None if !self.text.starts_with("study") => {
                self.line("[inventory]", &form().sheets.totals.name[1]);
            }
            None => {}
        }
        for (key, row) in settings {
            self.setting("inventory", key, row);
        }
        let mut unit: Option<(String, String)> = None;
        for row in rows {
            let Some((text, place)) = row.text("unit") else { continue };
            let key = key_of(Words::Units, &text);
            match &unit {
                None => {
                    self.put_text("unit", Words::Units, (&Cell::Text(text), place));
                    unit = Some((key, place.to_owned()));
                }
                Some((first, at)) if *first != key => {
                    let message = format!("the totals are in two units: {first} in {at}, {key} here");
                    let finding = Finding::error("form_cell", message).cell(place).value(text);
                    self.refuse(finding.hint("give all amounts in one unit"));
                }
                Some(_) => {}
            }
        }
        for row in rows {
            self.line("[[inventory.totals]]", &row.place);
            for (key, words) in [("sector", Words::Sectors), ("land_group", Words::Groups)] {
                if let Some(value) = row.get(key) {
                    self.put_text(key, words, value);
                }
            }
            match row.get("amount") {
                Some(value) => self.put_number("amount", value),
                // Told by the check of the totals, with all others.
                None => self.line("amount = nan", row.places.get("amount").unwrap_or(&row.place)),
            }
            if let Some(value) = row.get("source") {
                self.put_text("source", Words::None, value);
            }
            self.put_more(row);
        }
    }

    fn layers(&mut self, rows: &[Row]) {
        let mut by_layer: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            let Some((text, place)) = row.text("layer") else { continue };
            let key = key_of(Words::Layers, &text);
            let Some(def) = form().layers.iter().find(|d| d.key == key) else {
                let known: Vec<&str> = form().layers.iter().map(|d| d.key.as_str()).collect();
                let finding = Finding::error("form_row", format!("there is no layer \"{text}\"")).cell(place);
                let finding = match nearest(&text, known.iter().copied(), 1).first() {
                    Some(near) => finding.hint(format!("did you mean \"{near}\"?")),
                    None => finding,
                };
                self.refuse(finding.expected(known.join(", ")));
                continue;
            };
            let same = by_layer.entry(&def.key).or_default();
            if let Some(first) = same.first().filter(|_| def.key != "table") {
                let finding =
                    Finding::error("form_row", format!("two rows are the layer \"{text}\"")).cell(place);
                self.refuse(finding.value(first.place.clone()).hint("delete one of them"));
                continue;
            }
            same.push(row);
        }
        for def in &form().layers {
            for row in by_layer.get(def.key.as_str()).into_iter().flatten() {
                self.layer(def, row);
            }
        }
    }

    fn layer(&mut self, def: &'static LayerDef, row: &Row) {
        self.line(&def.section(), &row.place);
        for (column, (cell, place)) in &row.cells {
            if ["layer", "more"].contains(column) {
                continue;
            }
            let value = (cell, place.as_str());
            match def.columns().find(|(name, _)| name == column).map(|(_, key)| key) {
                Some("snap_m") => self.put_number("snap_m", value),
                Some("weight") if def.key == "population" => self.put_list("weight", Words::None, value),
                Some(key) => {
                    let words = form().sheets.layers.columns.iter().find(|c| c.key == *column);
                    self.put_text(key, words.map_or(Words::None, |c| c.words), value);
                }
                None => {
                    let message = format!("the layer \"{}\" has no use for this column", def.key);
                    let finding = Finding::error("form_cell", message).cell(place.clone());
                    let value = cell.raw_text().unwrap_or_default();
                    self.refuse(finding.value(value).hint("empty the cell"));
                }
            }
        }
        self.put_more(row);
    }

    fn rules(&mut self, rows: &[Row]) {
        for row in rows {
            self.line("[[allocate]]", &row.place);
            if let Some(id) = row.get("id") {
                self.put_text("id", Words::None, id);
            }
            if let (Some((sector, _)), Some((group, place))) = (row.text("sector"), row.text("land_group")) {
                let [sector, group] = [key_of(Words::Sectors, &sector), key_of(Words::Groups, &group)];
                self.line(&format!("budget = {}", quoted(&format!("{sector}:{group}"))), place);
            }
            for (key, words) in [("land", Words::Land), ("proxies", Words::Proxies)] {
                if let Some(value) = row.get(key) {
                    self.put_list(key, words, value);
                }
            }
            if let Some(share) = row.get("share") {
                self.put_number("share", share);
            }
            for key in ["activity", "source"] {
                if let Some(text) = row.get(key) {
                    self.put_text(key, Words::None, text);
                }
            }
            self.put_more(row);
        }
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A number as TOML writes it: whole ones without a point, so that a year is a year.
fn number_text(x: f64) -> String {
    const LARGEST_WHOLE: f64 = 1e15;
    if x.fract() == 0.0 && x.abs() < LARGEST_WHOLE { format!("{x:.0}") } else { format!("{x:?}") }
}

fn spec(column: &ColumnDef) -> ColumnSpec {
    let [en, zh] = &column.name;
    let mut labels = vec![column.key.as_str(), en, zh];
    let both = format!("{zh} {en}");
    labels.push(&both);
    labels.dedup();
    if column.required {
        ColumnSpec::required(&column.key, &labels)
    } else {
        ColumnSpec::optional(&column.key, &labels)
    }
}
