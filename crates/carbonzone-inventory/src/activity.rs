//! Activity data as yearbooks give them: reading rows, keeping the cell each number comes from.

use crate::config::{ActivitySource, InventoryConfig};
use crate::unit::unit_in_brackets;
use carbonzone_sheet::{
    Cell, ColumnSpec, ReadOptions, Sheet, SheetError, Table, normalise_text, read_sheets,
};
use carbonzone_types::{Finding, Findings};
use std::path::Path;

/// One row of activity data, not yet interpreted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActivityRow {
    /// Sector as given; empty if none.
    pub sector: String,
    /// Category as given; empty if none.
    pub category: String,
    /// Industry (行业) or other subdivision, to tell rows of equal activity apart; empty if none.
    pub industry: String,
    /// Activity as given, e.g. `原煤`.
    pub activity: String,
    /// Amount; `None` if the cell is blank or holds a dash.
    pub value: Option<f64>,
    /// Unit as given, e.g. `万吨`; empty if none was found.
    pub unit: String,
    /// Land group; empty for the category's own.
    pub land_group: String,
    /// Factor id for this row; empty for the configured one.
    pub factor: String,
    /// Year; `None` if the table has no year.
    pub year: Option<i32>,
    /// Uncertainty of the amount, percent.
    pub uncertainty_pct: Option<f64>,
    /// Note.
    pub note: String,
    /// Which of the configured files it is from (rows of other years and unknown rows are treated as it says).
    pub source: usize,
    /// File.
    pub file: String,
    /// Sheet; empty for CSV.
    pub sheet: String,
    /// Cell of the amount, e.g. `E7`.
    pub cell: String,
    /// Cell of the unit (or of the activity, if the unit stands in its label).
    pub unit_cell: String,
}

impl ActivityRow {
    /// A row made by a program.
    pub fn new(category: &str, activity: &str, value: f64, unit: &str) -> Self {
        Self {
            category: category.to_owned(),
            activity: activity.to_owned(),
            value: Some(value),
            unit: unit.to_owned(),
            ..Self::default()
        }
    }

    /// File, sheet and cell, e.g. `yearbook.xlsx, sheet "能源", cell E7`; the activity if there is no file.
    pub fn place(&self) -> String {
        match (self.file.is_empty(), self.sheet.is_empty()) {
            (true, _) => format!("activity \"{}\"", self.activity),
            (false, true) => format!("{}, cell {}", self.file, self.cell),
            (false, false) => format!("{}, sheet \"{}\", cell {}", self.file, self.sheet, self.cell),
        }
    }
}

/// All rows, with what was noticed while reading them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActivityTable {
    /// Rows in file order.
    pub rows: Vec<ActivityRow>,
    /// Findings of the reading.
    pub findings: Findings,
}

impl ActivityTable {
    /// A table of rows made by a program.
    pub fn of(rows: Vec<ActivityRow>) -> Self {
        Self { rows, findings: Findings::new() }
    }

    /// Reads the files of a configuration. Nothing is lost: what cannot be read is a finding, all at once.
    /// Paths are taken relative to `base`.
    pub fn read(config: &InventoryConfig, base: &Path) -> Self {
        let mut table = Self::default();
        if config.activity.is_empty() {
            table.findings.push(
                Finding::error("no_activity_data", "no activity data given")
                    .field("inventory.activity")
                    .hint("files = [{ path = \"yearbook.csv\" }] under [inventory.activity]"),
            );
        }
        for (index, source) in config.activity.iter().enumerate() {
            let options = ReadOptions {
                encoding: (!source.encoding.is_empty()).then(|| source.encoding.clone()),
                ..ReadOptions::default()
            };
            match read_sheets(&base.join(&source.path), &options) {
                Ok(sheets) => table.add_sheets(sheets, index, source, config),
                Err(error) => table.findings.push(error.to_finding().file(&source.path)),
            }
        }
        table
    }

    /// Adds the wanted sheets of a file.
    fn add_sheets(
        &mut self,
        sheets: Vec<Sheet>,
        index: usize,
        source: &ActivitySource,
        config: &InventoryConfig,
    ) {
        let single = sheets.len() == 1 || !source.sheet.is_empty();
        let names: Vec<String> = sheets.iter().map(|s| s.name.clone()).collect();
        let mut found = false;
        for sheet in sheets.into_iter().filter(|s| wanted_sheet(s, source)) {
            if sheet.hidden && !single {
                self.tell_hidden(&sheet, source);
                continue;
            }
            match self.add_sheet(sheet, index, source, config) {
                Ok(()) => found = true,
                Err(error) if single => {
                    found = true;
                    self.findings.push(error.to_finding());
                }
                // A sheet of notes in a workbook: no header of activity data.
                Err(SheetError::NoHeader { .. } | SheetError::NoColumn { .. } | SheetError::Empty { .. }) => {
                }
                Err(error) => {
                    found = true;
                    self.findings.push(error.to_finding());
                }
            }
        }
        if !found {
            self.findings.push(
                Finding::error("no_activity_sheet", format!("{}: no sheet with activity data", source.path))
                    .file(source.path.clone())
                    .value(source.sheet.clone())
                    .expected(format!("one of: {}", names.join(", ")))
                    .hint("name the sheet, and label its columns 指标/activity, 单位/unit and the year"),
            );
        }
    }

    /// A hidden sheet is not read unless it is named.
    fn tell_hidden(&mut self, sheet: &Sheet, source: &ActivitySource) {
        let message = format!("sheet \"{}\" is hidden and not read", sheet.name);
        let finding = Finding::warning("hidden_sheet", message).file(source.path.clone());
        self.findings.push(finding.hint("show it in the workbook, or name it: sheet = \"...\""));
    }

    fn add_sheet(
        &mut self,
        sheet: Sheet,
        index: usize,
        source: &ActivitySource,
        config: &InventoryConfig,
    ) -> Result<(), SheetError> {
        let columns = Columns::specs(source, config);
        let table = Table::new(&source.path, sheet, None, &columns)?;
        let at = Columns {
            activity: table.required(&columns[0])?,
            value: table.required(&columns[1])?,
            unit: table.optional(&columns[2])?,
            sector: table.optional(&columns[3])?,
            category: table.optional(&columns[4])?,
            industry: table.optional(&columns[5])?,
            land_group: table.optional(&columns[6])?,
            factor: table.optional(&columns[7])?,
            year: table.optional(&columns[8])?,
            uncertainty: table.optional(&columns[9])?,
            note: table.find(&["note", "备注", "说明"]),
        };
        for finding in table.notes().iter().cloned().chain(table.number_notes(at.value)) {
            self.findings.push(finding);
        }
        for error in table.unusable_cells(&at.texts()) {
            self.findings.push(error.to_finding());
        }
        let title_unit = unit_in_title(&table).filter(|_| at.unit.is_none());
        if let Some(unit) = &title_unit {
            let message = format!("the title says the unit of rows that name none: {unit}");
            self.findings.push(
                Finding::info("unit_from_title", message).file(source.path.clone()).value(unit.clone()),
            );
        }
        let mut above = Above { title_unit, ..Above::default() };
        for row in 0..table.len() {
            if let Some(row) = self.row_of(&table, row, &at, &mut above, index, source) {
                self.rows.push(row);
            }
        }
        Ok(())
    }

    /// One row; `None` for notes below the table and lines without an activity.
    fn row_of(
        &mut self,
        table: &Table,
        row: usize,
        at: &Columns,
        above: &mut Above,
        index: usize,
        source: &ActivitySource,
    ) -> Option<ActivityRow> {
        let text = |c: Option<usize>| c.and_then(|c| table.merged_text(row, c)).unwrap_or_default();
        let (sector, category) = above.fill(text(at.sector), text(at.category));
        let label = table.merged_text(row, at.activity)?;
        let value = self.number(table, row, at.value);
        if value == Ok(None) && is_remark(&label) {
            return None;
        }
        let (activity, unit, unit_column) = unit_of(table, row, at, &label);
        let unit = if unit.is_empty() { above.title_unit.clone().unwrap_or_default() } else { unit };
        Some(ActivityRow {
            sector,
            category: if category.is_empty() { source.category.clone() } else { category },
            industry: text(at.industry),
            activity,
            value: value.unwrap_or(None),
            unit,
            land_group: Some(text(at.land_group))
                .filter(|s| !s.is_empty())
                .unwrap_or_else(|| source.land_group.clone()),
            factor: text(at.factor),
            year: at.year.and_then(|c| self.number(table, row, c).unwrap_or(None)).map(|y| y as i32),
            uncertainty_pct: at.uncertainty.and_then(|c| self.noted(table.percent(row, c)).unwrap_or(None)),
            note: text(at.note),
            source: index,
            file: source.path.clone(),
            sheet: table.sheet_name().to_owned(),
            cell: table.a1(row, at.value),
            unit_cell: table.a1(row, unit_column),
        })
    }

    /// A number (`None` if the cell is blank); a wrong cell becomes a finding.
    fn number(&mut self, table: &Table, row: usize, column: usize) -> Result<Option<f64>, Noted> {
        self.noted(table.number(row, column))
    }

    /// A cell as read; a wrong one becomes a finding.
    fn noted(&mut self, cell: Result<Option<f64>, SheetError>) -> Result<Option<f64>, Noted> {
        cell.map_err(|e| {
            self.findings.push(e.to_finding());
            Noted
        })
    }
}

/// The fault of a cell is already among the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Noted;

/// The sheet asked for, or any.
fn wanted_sheet(sheet: &Sheet, source: &ActivitySource) -> bool {
    source.sheet.is_empty()
        || sheet.name.is_empty()
        || carbonzone_sheet::label_key(&sheet.name) == carbonzone_sheet::label_key(&source.sheet)
}

/// Lines that are not data: notes and sources below a table.
fn is_remark(label: &str) -> bool {
    ["注", "资料来源", "数据来源", "说明", "note", "source"]
        .iter()
        .any(|p| label.to_lowercase().starts_with(p))
        || label.chars().count() > 40
}

/// Activity and unit of a row: the unit column, else a unit in brackets in the row's label or in the value's header.
fn unit_of(table: &Table, row: usize, at: &Columns, label: &str) -> (String, String, usize) {
    let given = at.unit.and_then(|c| table.merged_text(row, c).map(|u| (u, c)));
    let in_label = unit_in_brackets(label);
    let activity = in_label.as_ref().map_or_else(|| label.to_owned(), |(rest, _)| rest.clone());
    if let Some((unit, column)) = given {
        return (activity, unit, column);
    }
    let in_header = || unit_in_brackets(&table.header().label(at.value)).map(|(_, unit)| unit);
    let unit = in_label.map(|(_, unit)| unit).or_else(in_header).unwrap_or_default();
    (activity, unit, at.activity)
}

/// The one unit that a row above the header names: `单位：万吨`.
fn unit_in_title(table: &Table) -> Option<String> {
    let titles = &table.sheet().rows[..table.header().row];
    titles.iter().flatten().filter_map(Cell::raw_text).find_map(|text| {
        let text = normalise_text(&text);
        let behind = ["单位:", "Unit:", "unit:"].iter().find_map(|w| text.split_once(w))?.1;
        let unit = behind.trim().trim_end_matches([')', ']']).trim();
        (!unit.is_empty() && !unit.contains(['、', ',', ';'])).then(|| unit.to_owned())
    })
}

/// Columns of an activity table.
struct Columns {
    activity: usize,
    value: usize,
    unit: Option<usize>,
    sector: Option<usize>,
    category: Option<usize>,
    industry: Option<usize>,
    land_group: Option<usize>,
    factor: Option<usize>,
    year: Option<usize>,
    uncertainty: Option<usize>,
    note: Option<usize>,
}

impl Columns {
    /// Columns that hold words.
    fn texts(&self) -> Vec<usize> {
        let optional = [self.unit, self.sector, self.category, self.industry, self.land_group, self.factor];
        optional.into_iter().flatten().chain([self.activity]).collect()
    }

    /// Labels of the columns; the inventory year is the first choice for the amount.
    fn specs(source: &ActivitySource, config: &InventoryConfig) -> Vec<ColumnSpec> {
        let mut value: Vec<String> = Vec::new();
        if source.value_column.is_empty() {
            value.extend(config.year.iter().flat_map(|y| [y.to_string(), format!("{y}年")]));
            value.extend(
                ["value", "amount", "数值", "消费量", "实物量", "产量", "数量", "本年", "合计"]
                    .map(str::to_owned),
            );
        } else {
            value.push(source.value_column.clone());
        }
        vec![
            ColumnSpec::required(
                "activity",
                &["activity", "指标", "指标名称", "项目", "能源名称", "产品名称", "名称", "品种"],
            ),
            ColumnSpec { key: "value".to_owned(), labels: value, required: true },
            ColumnSpec::optional("unit", &["unit", "单位", "计量单位"]),
            ColumnSpec::optional("sector", &["sector", "部门"]),
            ColumnSpec::optional("category", &["category", "类别", "用途"]),
            ColumnSpec::optional("industry", &["industry", "行业", "subsector"]),
            ColumnSpec::optional("land_group", &["land_group", "用地", "用地类型"]),
            ColumnSpec::optional("factor", &["factor", "排放因子", "因子"]),
            ColumnSpec::optional("year", &["year", "年份", "年度"]),
            ColumnSpec::optional("uncertainty_pct", &["uncertainty_pct", "不确定性", "不确定度"]),
        ]
    }
}

/// Sector and category are filled down: yearbooks name them once per block. A new sector ends the category above.
#[derive(Default)]
struct Above {
    sector: String,
    category: String,
    /// Unit that the title of the table names.
    title_unit: Option<String>,
}

impl Above {
    fn fill(&mut self, sector: String, category: String) -> (String, String) {
        if !sector.is_empty() && sector != self.sector {
            self.sector = sector;
            self.category.clear();
        }
        if !category.is_empty() {
            self.category = category;
        }
        (self.sector.clone(), self.category.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str, year: Option<i32>) -> ActivityTable {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("yearbook.csv"), csv).unwrap();
        let source = ActivitySource {
            path: "yearbook.csv".into(),
            category: "制造业".into(),
            ..ActivitySource::default()
        };
        let config = InventoryConfig { year, activity: vec![source], ..InventoryConfig::default() };
        ActivityTable::read(&config, dir.path())
    }

    #[test]
    fn a_yearbook_table_with_year_columns_is_read_with_its_cells() {
        let t = read(
            "5-12 主要能源消费量,,,\n指标,单位,2019年,2020年\n原煤,万吨,\"5,001\",\"５，１２０．４\"\n焦炭,万吨,1,—\n注：合成数据,,,\n",
            Some(2020),
        );
        assert!(t.findings.items.is_empty(), "{:?}", t.findings);
        assert_eq!(t.rows.len(), 2);
        let r = &t.rows[0];
        assert_eq!((r.activity.as_str(), r.value, r.unit.as_str()), ("原煤", Some(5120.4), "万吨"));
        assert_eq!(
            (r.cell.as_str(), r.unit_cell.as_str(), r.place().as_str()),
            ("D3", "B3", "yearbook.csv, cell D3")
        );
        assert_eq!(t.rows[1].value, None);
        assert_eq!(r.category, "制造业");
    }

    #[test]
    fn rows_of_another_length_are_refused_and_not_read_in_part() {
        // 2,480.0 without quotes: today 0.04 Mt instead of 47.1 Mt.
        let t = read("sector,category,activity,unit,2020\n工业,制造业能源,原煤,万吨,2,480.0\n", Some(2020));
        assert!(t.rows.is_empty(), "{:?}", t.rows);
        let said = &t.findings.items[0];
        assert_eq!(said.code, "ragged_rows");
        assert!(said.message.contains("line 2 has 6 cells, the header 5"), "{}", said.message);
        assert!(said.hint.as_ref().unwrap().contains("quotes"));
        let quoted = read("activity,unit,2020\n原煤,万吨,\"2,480.0\"\n", Some(2020));
        assert_eq!(quoted.rows[0].value, Some(2480.0));
    }

    #[test]
    fn the_unit_in_a_title_row_holds_for_rows_that_name_none() {
        let t = read("主要能源消费量,\n单位：万吨,\n能源名称,消费量\n原煤,1\n电力（亿千瓦时）,2\n", None);
        let units: Vec<&str> = t.rows.iter().map(|r| r.unit.as_str()).collect();
        assert_eq!(units, ["万吨", "亿千瓦时"]);
        assert_eq!(t.findings.items[0].code, "unit_from_title");
        assert_eq!(read("单位：万吨、亿千瓦时,\n能源名称,消费量\n原煤,1\n", None).rows[0].unit, "");
    }

    #[test]
    fn a_hidden_sheet_is_read_only_if_it_is_named() {
        let sheet = |name: &str, value: f64, hidden: bool| Sheet {
            name: name.to_owned(),
            rows: vec![
                ["activity", "unit", "value"].map(Cell::text).to_vec(),
                vec![Cell::text("原煤"), Cell::text("万吨"), Cell::Number(value)],
            ],
            hidden,
            ..Sheet::default()
        };
        let read = |named: &str| {
            let source = ActivitySource {
                path: "yearbook.xlsx".into(),
                sheet: named.into(),
                ..ActivitySource::default()
            };
            let mut table = ActivityTable::default();
            let sheets = vec![sheet("旧", 1.0, true), sheet("2020", 2.0, false)];
            table.add_sheets(sheets, 0, &source, &InventoryConfig::default());
            table
        };
        let all = read("");
        assert_eq!(all.rows.iter().map(|r| r.value).collect::<Vec<_>>(), [Some(2.0)]);
        assert_eq!(all.findings.items[0].code, "hidden_sheet");
        assert_eq!(read("旧").rows[0].value, Some(1.0));
    }

    #[test]
    fn percent_signs_do_not_divide_percentages() {
        let t = read("activity,unit,value,uncertainty_pct\n原煤,万吨,1,5%\n焦炭,万吨,1,5\n", None);
        assert_eq!([t.rows[0].uncertainty_pct, t.rows[1].uncertainty_pct], [Some(5.0), Some(5.0)]);
    }

    #[test]
    fn units_may_stand_in_brackets_and_sectors_are_filled_down() {
        let t =
            read("sector,category,activity,value\n工业,制造业能源,原煤（万吨）,1\n,,焦炭（万吨）,2\n", None);
        assert_eq!(t.rows[0].unit, "万吨");
        assert_eq!((t.rows[1].activity.as_str(), t.rows[1].category.as_str()), ("焦炭", "制造业能源"));
        let t = read("能源名称,消费量（万吨）\n原煤,1\n", None);
        assert_eq!(t.rows[0].unit, "万吨");
    }

    #[test]
    fn bad_numbers_are_findings_and_the_rest_is_still_read() {
        let t = read("activity,unit,value\n原煤,万吨,约5\n焦炭,万吨,2\n柴油,万吨,nan\n", None);
        assert_eq!(t.findings.items.len(), 2);
        assert_eq!(t.findings.items[0].file.as_deref(), Some("yearbook.csv"));
        assert!(t.findings.items[0].message.starts_with("cell C2"));
        assert_eq!(t.rows.len(), 3);
    }
}
