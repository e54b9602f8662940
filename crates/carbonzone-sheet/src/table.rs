//! A table with a header and typed access; every complaint names its cell.

use crate::cell::place_of;
use crate::csv_read::check_widths;
use crate::{
    Cell, ColumnSpec, CommaEvidence, Commas, HeaderMatch, NumberFault, Sheet, SheetError, a1, column_letters,
    did_you_mean, normalise_text, parse_number_as, parse_percent_as,
};
use carbonzone_types::{Finding, LARGEST_AMOUNT, short_number};

/// A sheet with its header found. Rows are numbered from 0 at the first data row; rows without any filled cell are
/// left out, and [`Table::sheet_row`] still tells where a row was.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    file: String,
    sheet: Sheet,
    header: HeaderMatch,
    /// Sheet row of each data row.
    rows: Vec<usize>,
    /// How commas are used in each column.
    commas: Vec<CommaEvidence>,
    notes: Vec<Finding>,
}

impl Table {
    /// Puts the parts together. Rows that repeat the header are left out and told.
    ///
    /// # Errors
    /// [`SheetError::Ragged`] for rows of a CSV file that are longer or shorter than the header.
    pub(crate) fn from_parts(file: &str, sheet: Sheet, header: HeaderMatch) -> Result<Self, SheetError> {
        let first = header.first_data_row();
        if !sheet.lines.is_empty() {
            let widest = (header.row..first).max_by_key(|r| (sheet.rows[*r].len(), *r)).unwrap_or(header.row);
            check_widths(&sheet, file, widest, first)?;
        }
        let (repeated, rows): (Vec<usize>, Vec<usize>) = (first..sheet.rows.len())
            .filter(|r| sheet.rows[*r].iter().any(|c| !c.is_empty()))
            .partition(|r| repeats_header(&sheet, &header, *r));
        let mut notes = sheet.notes.clone();
        if !repeated.is_empty() {
            let list: Vec<String> = repeated.iter().map(|r| (r + 1).to_string()).collect();
            let message = format!("rows that repeat the header are left out: {}", list.join(", "));
            notes.push(Finding::info("repeated_header", message).file(file).count(repeated.len() as u64));
        }
        let mut commas = vec![CommaEvidence::default(); sheet.width()];
        for row in &rows {
            for (cell, seen) in sheet.rows[*row].iter().zip(&mut commas) {
                if let Cell::Text(text) = cell {
                    seen.see(text);
                }
            }
        }
        CommaEvidence::agree(&mut commas.iter_mut().collect::<Vec<_>>());
        Ok(Self { file: file.to_owned(), sheet, header, rows, commas, notes })
    }

    /// What was noticed while the file was read.
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }

    /// What there is to tell about the numbers of a column: decimal commas, numbers with zeros in front.
    pub fn number_notes(&self, column: usize) -> Vec<Finding> {
        let label = self.header.label(column);
        let told = |finding: Finding| finding.file(self.file.clone()).field(label.clone());
        let mut notes = Vec::new();
        if let Some(remark) = self.commas.get(column).and_then(CommaEvidence::remark) {
            let message = format!("column \"{label}\": {remark}");
            notes.push(told(match self.commas[column].commas() {
                Commas::Decimal => {
                    Finding::warning("decimal_comma", message).hint("write decimal points, to be sure")
                }
                Commas::Thousands => Finding::info("thousands_separator", message),
            }));
        }
        let cut = |row: &usize| matches!(self.cell(*row, column), Cell::Text(t) if is_cut_thousands(t));
        let odd: Vec<usize> = (0..self.len()).filter(cut).collect();
        if let Some(first) = odd.first() {
            let text = self.text(*first, column).unwrap_or_default();
            notes.push(told(
                Finding::warning(
                    "zeros_in_front",
                    format!(
                        "{}: a number with zeros in front, as behind an unquoted thousands separator",
                        self.place(*first, column)
                    ),
                )
                .value(text)
                .count(odd.len() as u64)
                .hint("is it the rest of a number such as 1,050? Such numbers must stand in quotes"),
            ));
        }
        notes
    }

    /// Cells of these columns that hold no text: errors of the spreadsheet, formulas without a value.
    pub fn unusable_cells(&self, columns: &[usize]) -> Vec<SheetError> {
        let cells = (0..self.len()).flat_map(|row| columns.iter().map(move |column| (row, *column)));
        cells.filter_map(|(row, column)| self.unusable(row, column)).collect()
    }

    /// The error of a cell that holds neither text nor number.
    fn unusable(&self, row: usize, column: usize) -> Option<SheetError> {
        let (place, label) = (self.place(row, column), self.header.label(column));
        match self.cell(row, column) {
            Cell::Formula(formula) => {
                Some(SheetError::Formula { place, column: label, formula: formula.clone() })
            }
            Cell::Error(value) => Some(SheetError::ErrorCell { place, column: label, value: value.clone() }),
            _ => None,
        }
    }

    /// File as the user wrote it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Name of the sheet; empty for CSV.
    pub fn sheet_name(&self) -> &str {
        &self.sheet.name
    }

    /// The cells themselves.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// The header.
    pub fn header(&self) -> &HeaderMatch {
        &self.header
    }

    /// Number of data rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no data row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Labels of all columns, in order.
    pub fn labels(&self) -> Vec<String> {
        (0..self.header.labels.len()).map(|c| self.header.label(c)).collect()
    }

    /// 0-based row in the sheet of a data row.
    pub fn sheet_row(&self, row: usize) -> usize {
        self.rows[row]
    }

    /// Column that has one of these labels (zh or en), if there is one.
    pub fn find(&self, labels: &[&str]) -> Option<usize> {
        self.header.find(&owned(labels))
    }

    /// Column of a specification, if there is one.
    ///
    /// # Errors
    /// [`SheetError::TwiceTheColumn`] if two columns that differ have the label.
    pub fn optional(&self, spec: &ColumnSpec) -> Result<Option<usize>, SheetError> {
        self.single(&spec.labels)
    }

    /// Column of a specification.
    ///
    /// # Errors
    /// [`SheetError::NoColumn`] with the labels there are and the likeliest one; as [`Table::optional`].
    pub fn required(&self, spec: &ColumnSpec) -> Result<usize, SheetError> {
        self.single(&spec.labels)?.ok_or_else(|| self.no_column(&spec.labels))
    }

    /// Column that has one of these labels.
    ///
    /// # Errors
    /// As [`Table::required`].
    pub fn column(&self, labels: &[&str]) -> Result<usize, SheetError> {
        let labels = owned(labels);
        self.single(&labels)?.ok_or_else(|| self.no_column(&labels))
    }

    /// The one column of these labels; columns with the same cells are one.
    fn single(&self, labels: &[String]) -> Result<Option<usize>, SheetError> {
        let columns = self.header.find_all(labels);
        let Some(&first) = columns.first() else { return Ok(None) };
        let same = |c: &usize| (0..self.len()).all(|row| self.cell(row, *c) == self.cell(row, first));
        if columns.iter().all(same) {
            return Ok(Some(first));
        }
        let letters: Vec<String> = columns.iter().map(|c| column_letters(*c)).collect();
        Err(SheetError::TwiceTheColumn {
            place: place_of(&self.file, &self.sheet.name),
            label: labels
                .iter()
                .find(|l| !self.header.find_all(std::slice::from_ref(*l)).is_empty())
                .cloned()
                .unwrap_or_default(),
            count: columns.len(),
            columns: letters.join(" and "),
        })
    }

    /// The error for a missing column.
    fn no_column(&self, labels: &[String]) -> SheetError {
        let found: Vec<String> = self.labels().into_iter().filter(|l| !l.is_empty()).collect();
        let hint = labels
            .iter()
            .map(|l| did_you_mean(l, found.iter().map(String::as_str)))
            .find(|h| !h.is_empty())
            .unwrap_or_default();
        SheetError::NoColumn {
            place: place_of(&self.file, &self.sheet.name),
            expected: labels.iter().map(|l| format!("\"{l}\"")).collect::<Vec<_>>().join(" or "),
            found: found.join(", "),
            hint,
        }
    }

    /// The cell of a data row.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        self.sheet.cell(self.rows[row], column)
    }

    /// Normalised text of a cell; `None` if empty. Whole numbers read as `2020`.
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        self.cell(row, column).raw_text().map(|s| normalise_text(&s)).filter(|s| !s.is_empty())
    }

    /// As [`Table::text`], but a cell inside a merged area shows the area's text.
    pub fn merged_text(&self, row: usize, column: usize) -> Option<String> {
        let cell = self.sheet.merged_cell(self.rows[row], column);
        cell.raw_text().map(|s| normalise_text(&s)).filter(|s| !s.is_empty())
    }

    /// Number in a cell; `None` if the cell is blank or holds a dash.
    ///
    /// # Errors
    /// [`SheetError::Number`] with file, sheet, cell, column and the text found.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, SheetError> {
        self.number_by(parse_number_as, row, column)
    }

    /// As [`Table::number`], where percent are asked for: `5` and `5%` are the same.
    ///
    /// # Errors
    /// As [`Table::number`].
    pub fn percent(&self, row: usize, column: usize) -> Result<Option<f64>, SheetError> {
        self.number_by(parse_percent_as, row, column)
    }

    fn number_by(
        &self,
        parse: fn(&str, Commas) -> Result<Option<f64>, NumberFault>,
        row: usize,
        column: usize,
    ) -> Result<Option<f64>, SheetError> {
        let fault = |fault: NumberFault, value: String| SheetError::Number {
            place: self.place(row, column),
            column: self.header.label(column),
            value,
            fault,
        };
        if let Some(area) = self.merged_rows(row, column) {
            return Err(SheetError::MergedNumber {
                place: self.place(row, column),
                column: self.header.label(column),
                area,
            });
        }
        let number = match self.cell(row, column) {
            Cell::Empty => Ok(None),
            Cell::Formula(formula) => Err(SheetError::Formula {
                place: self.place(row, column),
                column: self.header.label(column),
                formula: formula.clone(),
            }),
            Cell::Number(x) if x.is_finite() => Ok(Some(*x)),
            Cell::Number(x) => Err(fault(NumberFault::NotFinite, x.to_string())),
            Cell::Text(s) => parse(s, self.commas_of(column)).map_err(|f| fault(f, s.clone())),
            Cell::Error(s) => Err(fault(NumberFault::SheetError, s.clone())),
            Cell::Bool(b) => Err(fault(NumberFault::NotANumber, b.to_string())),
        }?;
        match number {
            Some(x) if x.abs() > LARGEST_AMOUNT => Err(fault(NumberFault::TooLarge, short_number(x))),
            number => Ok(number),
        }
    }

    /// The merged area of a cell that covers several rows and holds something.
    fn merged_rows(&self, row: usize, column: usize) -> Option<String> {
        let at = self.rows[row];
        let area = self.sheet.merges.iter().find(|m| {
            m.bottom > m.top && (m.top..=m.bottom).contains(&at) && (m.left..=m.right).contains(&column)
        })?;
        let filled = !self.sheet.cell(area.top, area.left).is_empty();
        filled.then(|| format!("{}:{}", a1(area.top, area.left), a1(area.bottom, area.right)))
    }

    fn commas_of(&self, column: usize) -> Commas {
        self.commas.get(column).map_or(Commas::Thousands, CommaEvidence::commas)
    }

    /// Name of a cell, e.g. `C7`.
    pub fn a1(&self, row: usize, column: usize) -> String {
        a1(self.rows[row], column)
    }

    /// File, sheet and cell, e.g. `book.xlsx, sheet "能源", cell C7`.
    pub fn place(&self, row: usize, column: usize) -> String {
        format!("{}, cell {}", place_of(&self.file, &self.sheet.name), self.a1(row, column))
    }
}

fn owned(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|l| (*l).to_owned()).collect()
}

/// Whether a row holds the labels of the header again: at least two, and nothing else.
fn repeats_header(sheet: &Sheet, header: &HeaderMatch, row: usize) -> bool {
    let filled: Vec<usize> = (0..sheet.rows[row].len()).filter(|c| !sheet.cell(row, *c).is_empty()).collect();
    filled.len() > 1
        && filled.iter().all(|c| {
            let text = sheet.cell(row, *c).raw_text().map(|t| normalise_text(&t));
            header.labels.get(*c).and_then(|l| l.last()) == text.as_ref()
        })
}

/// `050` or `000.5`: what is left of `1,050` when its comma separates cells.
fn is_cut_thousands(text: &str) -> bool {
    let text = normalise_text(text);
    let whole = text.split('.').next().unwrap_or("");
    whole.len() == 3 && whole.starts_with('0') && whole.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, table_from_bytes};

    fn table(text: &str) -> Table {
        table_from_bytes(text.as_bytes(), "gdp.csv", &ReadOptions::default(), &[]).unwrap()
    }

    #[test]
    fn a_bad_number_names_file_cell_column_and_text() {
        let t = table("乡镇,GDP（亿元）\n甲镇,12.5\n\n乙镇,约30\n");
        let error = t.number(1, 1).unwrap_err().to_string();
        assert_eq!(error, "gdp.csv, cell B4, column \"GDP(亿元)\": \"约30\" is not a number");
        assert_eq!(t.number(0, 1).unwrap(), Some(12.5));
        assert_eq!((0..t.len()).filter(|row| t.number(*row, 1).is_err()).count(), 1);
    }

    #[test]
    fn a_missing_column_lists_what_is_there_and_suggests_the_nearest() {
        let t = table("township,population,gdp\na,1,2\n");
        let error = t.column(&["pupulation", "人口"]).unwrap_err();
        assert!(error.to_string().contains("did you mean \"population\""), "{error}");
        assert_eq!(error.to_finding().hint.as_deref(), Some("did you mean \"population\"?"));
        let finding = error.to_finding();
        assert_eq!(finding.file.as_deref(), Some("gdp.csv"));
        assert!(!finding.message.contains("gdp.csv"), "the file stands once: {finding:?}");
        assert_eq!(t.column(&["人口", "Population"]).unwrap(), 1);
        assert_eq!(t.find(&["GDP"]), Some(2));
    }

    #[test]
    fn numbers_typed_as_numbers_keep_every_bit() {
        let sheet = Sheet {
            name: "s".into(),
            rows: vec![
                vec![Cell::text("v")],
                vec![Cell::Number(0.1 + 0.2)],
                vec![Cell::Error("#N/A".into())],
            ],
            ..Sheet::default()
        };
        let t = Table::new("b.xlsx", sheet, None, &[]).unwrap();
        assert_eq!(t.number(0, 0).unwrap(), Some(0.1 + 0.2));
        assert!(t.number(1, 0).unwrap_err().to_string().contains("b.xlsx, sheet \"s\", cell A3"));
    }

    #[test]
    fn a_label_that_occurs_twice_is_refused_when_it_is_asked_for() {
        let t = table("id,population,gdp,population,gdp\na,1,2,3,2\n");
        let error = t.column(&["population"]).unwrap_err().to_string();
        assert!(error.contains("\"population\" occurs 2 times (B and D)"), "{error}");
        // Two columns with the same cells are one.
        assert_eq!(t.column(&["gdp"]).unwrap(), 2);
        assert_eq!(t.column(&["id"]).unwrap(), 0);
        // A merged header over two years names neither of them.
        let years = Table::new(
            "t.csv",
            crate::decode_csv("指标,消费量,\n,2019,2020\n原煤,1,2\n".as_bytes(), "t.csv", None, None)
                .unwrap()
                .sheet()
                .unwrap(),
            None,
            &[ColumnSpec::required("activity", &["指标"]), ColumnSpec::required("value", &["消费量"])],
        )
        .unwrap();
        assert!(years.column(&["消费量"]).is_err());
    }

    #[test]
    fn a_formula_without_a_value_is_not_a_blank_cell() {
        let sheet = Sheet {
            name: "能源".into(),
            rows: vec![
                vec![Cell::text("id"), Cell::text("v")],
                vec![Cell::text("a"), Cell::Formula("=20+30".into())],
                vec![Cell::Error("#REF!".into()), Cell::Number(1.0)],
            ],
            ..Sheet::default()
        };
        let t = Table::new("b.xlsx", sheet, None, &[]).unwrap();
        let error = t.number(0, 1).unwrap_err();
        assert_eq!(error.to_finding().code, "formula_without_value");
        assert!(error.to_string().contains("b.xlsx, sheet \"能源\", cell B2"), "{error}");
        let cells: Vec<String> = t.unusable_cells(&[0]).iter().map(ToString::to_string).collect();
        assert!(cells.len() == 1 && cells[0].contains("cell A3") && cells[0].contains("#REF!"), "{cells:?}");
    }

    #[test]
    fn commas_mean_the_same_in_a_whole_column_and_are_told() {
        let t = table("id;pop;gdp\na;1,950;2\nb;0,25;3\n");
        assert_eq!([0, 1].map(|row| t.number(row, 1).unwrap()), [Some(1.95), Some(0.25)]);
        assert_eq!(t.number_notes(1)[0].code, "decimal_comma");
        assert!(t.number_notes(2).is_empty());
        let mixed = table("id;pop\na;1,95\nb;2.5\n");
        assert!(mixed.number(0, 1).is_err());
        let cut = table("id,pop,gdp,note\na,1,050,\nb,2,7,x\n");
        assert_eq!(cut.number_notes(2)[0].code, "zeros_in_front");
    }

    #[test]
    fn a_header_in_the_middle_is_left_out_and_told() {
        let t = table("id,pop\na,1\nid,pop\nb,2\n");
        assert_eq!(t.len(), 2);
        assert_eq!(
            (t.notes()[0].code.as_str(), t.notes()[0].message.ends_with(": 3")),
            ("repeated_header", true)
        );
    }
}
