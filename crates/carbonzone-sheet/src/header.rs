//! Finding the header below title rows, with merged and two-storey headers.

use crate::{Cell, NumberFault, Sheet, SheetError, label_key, normalise_text, parse_number};

/// Rows searched for the header.
const SEARCH_ROWS: usize = 30;
/// A header has at most this many storeys.
const MAX_DEPTH: usize = 3;

/// A column wanted by the caller, with every label it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Name the caller uses, for messages.
    pub key: String,
    /// Accepted labels (compared by [`label_key`]), best first. A bracketed unit in the file's label is ignored:
    /// `消费量（万吨）` matches `消费量`.
    pub labels: Vec<String>,
    /// Whether a table without it is refused by [`crate::read_table`].
    pub required: bool,
}

impl ColumnSpec {
    /// A column that must be there.
    pub fn required(key: &str, labels: &[&str]) -> Self {
        Self { key: key.to_owned(), labels: labels.iter().map(|s| (*s).to_owned()).collect(), required: true }
    }

    /// A column that may be missing.
    pub fn optional(key: &str, labels: &[&str]) -> Self {
        Self { required: false, ..Self::required(key, labels) }
    }
}

/// Where the header is and what its columns are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMatch {
    /// First header row, 0-based.
    pub row: usize,
    /// Number of header rows (1 to 3).
    pub depth: usize,
    /// Per column: the labels of its storeys, top to bottom, without blanks and repetitions.
    pub labels: Vec<Vec<String>>,
    /// Comparison keys of the columns.
    keys: Vec<ColumnKeys>,
}

/// Keys under which a column is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ColumnKeys {
    /// All storeys together, with and without a slash.
    whole: [String; 2],
    /// Per storey: the label, and the label without its bracketed end.
    storeys: Vec<[String; 2]>,
}

impl ColumnKeys {
    fn of(stack: &[String]) -> Self {
        Self {
            whole: [label_key(&stack.join("/")), label_key(&stack.concat())],
            storeys: stack.iter().map(|s| [label_key(s), label_key(without_brackets(s))]).collect(),
        }
    }
}

impl HeaderMatch {
    /// First data row, 0-based.
    pub fn first_data_row(&self) -> usize {
        self.row + self.depth
    }

    /// Label of a column: its storeys joined by ` / `.
    pub fn label(&self, column: usize) -> String {
        self.labels.get(column).map(|l| l.join(" / ")).unwrap_or_default()
    }

    /// Column of the first label that any column has: the joined label, then the lowest storey, then any storey.
    pub fn find(&self, labels: &[String]) -> Option<usize> {
        self.find_all(labels).first().copied()
    }

    /// Columns of the first label that any column has, in the same order; more than one if the label occurs again.
    pub fn find_all(&self, labels: &[String]) -> Vec<usize> {
        labels.iter().map(|l| self.columns_of(&label_key(l))).find(|c| !c.is_empty()).unwrap_or_default()
    }

    fn columns_of(&self, key: &str) -> Vec<usize> {
        let is = |keys: &[String; 2]| keys.iter().any(|k| k == key);
        let all = |test: &dyn Fn(&ColumnKeys) -> bool| -> Vec<usize> {
            (0..self.keys.len()).filter(|c| test(&self.keys[*c])).collect()
        };
        let tests: [&dyn Fn(&ColumnKeys) -> bool; 3] =
            [&|k| !k.storeys.is_empty() && is(&k.whole), &|k| k.storeys.last().is_some_and(is), &|k| {
                k.storeys.iter().any(is)
            }];
        tests.into_iter().map(all).find(|c| !c.is_empty()).unwrap_or_default()
    }

    /// How many of the wanted columns are there.
    fn score(&self, columns: &[ColumnSpec]) -> usize {
        columns.iter().filter(|c| self.find(&c.labels).is_some()).count()
    }
}

/// A label without its bracketed end: `消费量(万吨)` → `消费量`.
fn without_brackets(text: &str) -> &str {
    match text.find(['(', '[']) {
        Some(0) | None => text,
        Some(i) => text[..i].trim_end(),
    }
}

/// A sheet and its number of columns.
#[derive(Clone, Copy)]
struct Wide<'a> {
    sheet: &'a Sheet,
    width: usize,
}

impl std::ops::Deref for Wide<'_> {
    type Target = Sheet;

    fn deref(&self) -> &Sheet {
        self.sheet
    }
}

/// Finds the header: the first row (with as few storeys as possible) that has the most wanted columns.
///
/// A row below the header that continues it (years under a merged `消费量`, say) is taken into it. With no wanted
/// columns, the first row with labels over more than half of the filled columns is the header: titles, notes and units above it
/// (`单位：万人`) stand in fewer. `header_row` (1-based) skips the search.
///
/// # Errors
/// [`SheetError::Empty`] for a sheet without any cell; [`SheetError::NoHeader`] if no row has any wanted label.
pub fn find_header(
    sheet: &Sheet,
    file: &str,
    header_row: Option<usize>,
    columns: &[ColumnSpec],
) -> Result<HeaderMatch, SheetError> {
    let place = crate::cell::place_of(file, &sheet.name);
    let first = sheet.rows.iter().position(|r| r.iter().any(|c| !c.is_empty()));
    let first = first.ok_or_else(|| SheetError::Empty { place: place.clone() })?;
    // Of a sheet of a million rows, once.
    let sheet = Wide { width: sheet.width(), sheet };
    if let Some(row) = header_row {
        let found = header_at(sheet, row.saturating_sub(1), 1);
        return Ok(extended(sheet, found, columns));
    }
    if columns.is_empty() {
        let row = header_below_titles(&sheet, first);
        return Ok(extended(sheet, header_at(sheet, row, 1), columns));
    }
    let last = sheet.rows.len().min(first + SEARCH_ROWS);
    let candidates = (first..last).flat_map(|row| (1..=MAX_DEPTH).map(move |depth| (row, depth)));
    let best = candidates
        .filter(|(row, depth)| row + depth <= sheet.rows.len())
        .filter(|(row, depth)| (row + 1..row + depth).all(|below| holds_labels(&sheet, below)))
        .filter(|(row, depth)| *depth == 1 || !is_data_below(sheet, *row, columns))
        .map(|(row, depth)| header_at(sheet, row, depth))
        .map(|h| (h.score(columns), h))
        .max_by_key(|(score, h)| (*score, std::cmp::Reverse((h.depth, h.row))));
    match best {
        Some((score, header)) if score > 0 => Ok(extended(sheet, header, columns)),
        _ => Err(SheetError::NoHeader {
            place,
            rows: last - first,
            expected: columns.iter().map(|c| c.labels.join(" | ")).collect::<Vec<_>>().join("; "),
        }),
    }
}

/// The first row with different labels over more than half of the columns; the first row at all if a row of data comes before.
fn header_below_titles(sheet: &Sheet, first: usize) -> usize {
    let last = sheet.rows.len().min(first + SEARCH_ROWS);
    let filled = |row: usize| sheet.rows[row].iter().filter(|c| !c.is_empty());
    let widest = (first..last).map(|row| filled(row).count()).max().unwrap_or(0);
    let labels = |row: usize| filled(row).filter_map(label_text).collect::<std::collections::BTreeSet<_>>();
    let unit = |label: &String| ["单位:", "unit:"].iter().any(|word| label.to_lowercase().contains(word));
    let wide = (first..last).find(|row| 2 * labels(*row).len() > widest && !labels(*row).iter().any(unit));
    wide.filter(|row| holds_labels(sheet, *row)).unwrap_or(first)
}

/// The header that starts at a row and has so many storeys.
fn header_at(sheet: Wide<'_>, row: usize, depth: usize) -> HeaderMatch {
    let storeys: Vec<Vec<Option<String>>> =
        (0..depth).map(|d| storey(sheet, row + d, d + 1 < depth)).collect();
    let labels: Vec<Vec<String>> = (0..sheet.width)
        .map(|column| {
            let mut stack: Vec<String> = Vec::new();
            for text in storeys.iter().filter_map(|s| s[column].clone()) {
                if stack.last() != Some(&text) {
                    stack.push(text);
                }
            }
            stack
        })
        .collect();
    let keys = labels.iter().map(|stack| ColumnKeys::of(stack)).collect();
    HeaderMatch { row, depth, labels, keys }
}

/// One header row: merged cells show their content; in a storey with others below, an empty cell whose neighbour
/// below is filled belongs to the label on its left (a merged header saved as CSV).
fn storey(sheet: Wide<'_>, row: usize, has_below: bool) -> Vec<Option<String>> {
    let mut left: Option<String> = None;
    (0..sheet.width)
        .map(|column| {
            let text = label_text(sheet.merged_cell(row, column));
            if text.is_some() {
                left.clone_from(&text);
                return text;
            }
            let below = has_below && label_text(sheet.cell(row + 1, column)).is_some();
            if below { left.clone() } else { None }
        })
        .collect()
}

/// Text of a header cell; a year is a year however it is written (`2,020`, `2020.0`).
fn label_text(cell: &Cell) -> Option<String> {
    let text = cell.raw_text().map(|s| normalise_text(&s)).filter(|s| !s.is_empty())?;
    match parse_number(&text) {
        Ok(Some(x)) if is_year(x) => Some(x.to_string()),
        _ => Some(text),
    }
}

fn is_year(x: f64) -> bool {
    x.fract() == 0.0 && (1949.0..=2100.0).contains(&x)
}

/// Takes rows into the header that belong to it: above, where a merged cell of the header row starts; below, rows
/// that only continue it (the first wanted column is empty and every filled cell is text or a year).
fn extended(sheet: Wide<'_>, header: HeaderMatch, columns: &[ColumnSpec]) -> HeaderMatch {
    let key_column = columns.iter().find_map(|c| header.find(&c.labels)).unwrap_or(0);
    let merged_above =
        sheet.merges.iter().filter(|m| m.top < header.row && m.bottom >= header.row).map(|m| m.top);
    let top =
        merged_above.min().unwrap_or(header.row).max((header.row + header.depth).saturating_sub(MAX_DEPTH));
    let mut depth = header.row + header.depth - top;
    while depth < MAX_DEPTH && continues_header(&sheet, top, top + depth, key_column) {
        depth += 1;
    }
    if depth == header.depth { header } else { header_at(sheet, top, depth) }
}

/// Whether a row continues the header above it.
fn continues_header(sheet: &Sheet, top: usize, row: usize, key_column: usize) -> bool {
    let Some(cells) = sheet.rows.get(row) else {
        return false;
    };
    let filled: Vec<&Cell> = cells.iter().filter(|c| !c.is_empty()).collect();
    let merged_down = sheet
        .merges
        .iter()
        .any(|m| (m.left..=m.right).contains(&key_column) && m.top >= top && m.top < row && m.bottom >= row);
    let key_is_free = sheet.cell(row, key_column).is_empty();
    key_is_free
        && !filled.is_empty()
        && (merged_down || filled.len() > 1)
        && filled.iter().all(|c| is_label(c))
}

/// Whether every filled cell of a row may be a label. A row with an amount is data, whatever its words are: the first
/// row of a table can hold the name of a column (`industry`).
fn holds_labels(sheet: &Sheet, row: usize) -> bool {
    sheet.rows.get(row).is_some_and(|cells| cells.iter().filter(|c| !c.is_empty()).all(is_label))
}

/// Whether the row below a header is data: the header names required columns, and all of them are filled there. Words for a
/// number (`约100`), or a number that could be a year (2000), make no header of it.
fn is_data_below(sheet: Wide<'_>, row: usize, columns: &[ColumnSpec]) -> bool {
    let header = header_at(sheet, row, 1);
    let mut named = columns.iter().filter(|c| c.required).filter_map(|c| header.find(&c.labels)).peekable();
    named.peek().is_some() && named.all(|column| !sheet.cell(row + 1, column).is_empty())
}

/// Text, or a number that is a year.
fn is_label(cell: &Cell) -> bool {
    let Some(text) = label_text(cell) else {
        return false;
    };
    match parse_number(&text) {
        Ok(Some(x)) => is_year(x),
        Ok(None) | Err(NumberFault::Share) => false,
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Merge, decode_csv};

    fn csv(text: &str) -> Sheet {
        decode_csv(text.as_bytes(), "t.csv", None, None).unwrap().sheet().unwrap()
    }

    fn wanted() -> Vec<ColumnSpec> {
        vec![
            ColumnSpec::required("activity", &["activity", "指标"]),
            ColumnSpec::optional("unit", &["unit", "计量单位"]),
            ColumnSpec::required("value", &["2020", "消费量"]),
        ]
    }

    #[test]
    fn a_first_row_that_holds_the_name_of_a_column_is_data() {
        // "industry" is a sector here, and the label of an optional column elsewhere.
        let sheet = csv("sector,指标,计量单位,2020\nindustry,原煤,万吨,12\nindustry,焦炭,万吨,3\n");
        let mut columns = wanted();
        columns.push(ColumnSpec::optional("industry", &["industry", "行业"]));
        let header = find_header(&sheet, "t.csv", None, &columns).unwrap();
        assert_eq!((header.row, header.depth), (0, 1));
    }

    #[test]
    fn a_first_row_without_a_plain_number_is_data_too() {
        let mut columns = wanted();
        columns.push(ColumnSpec::optional("industry", &["industry", "行业"]));
        for cell in ["约12", "90-110", "12①", "2000", "12 万吨"] {
            let sheet =
                csv(&format!("sector,指标,计量单位,2020\nindustry,原煤,万吨,{cell}\nindustry,焦炭,万吨,3\n"));
            let header = find_header(&sheet, "t.csv", None, &columns).unwrap();
            assert_eq!((header.row, header.depth), (0, 1), "{cell}");
        }
    }

    #[test]
    fn the_header_is_found_below_title_rows() {
        let sheet = csv("5-12 主要能源消费量,,\n(合成数据),,\n指标,计量单位,消费量（实物量）\n原煤,万吨,1\n");
        let header = find_header(&sheet, "t.csv", None, &wanted()).unwrap();
        assert_eq!((header.row, header.depth), (2, 1));
        assert_eq!(header.find(&wanted()[2].labels), Some(2));
    }

    #[test]
    fn without_wanted_columns_titles_and_units_are_no_header() {
        let at = |text: &str| {
            let header = find_header(&csv(text), "t.csv", None, &[]).unwrap();
            (header.row, header.depth, header.label(1))
        };
        let found = |row: usize, depth: usize, label: &str| (row, depth, label.to_owned());
        assert_eq!(
            at("2019年各乡镇基本情况,,\n单位：万人、亿元,,\n乡镇,人口,GDP\n甲,1,2\n"),
            found(2, 1, "人口")
        );
        assert_eq!(at("表 2-3,,单位：万人\n乡镇,人口,GDP\n甲,1,2\n"), found(1, 1, "人口"));
        assert_eq!(at("乡镇,人口,\n,2019,2020\n甲,1,2\n"), found(0, 2, "人口 / 2019"));
        assert_eq!(at("id,pop\na,1\n"), found(0, 1, "pop"), "no title");
        assert_eq!(at("注：合成数据,\nid,pop\na,1\n"), found(1, 1, "pop"));
        assert_eq!(
            at("a,1,2\nb,x,y\n"),
            found(0, 1, "1"),
            "without a header the first row is taken, and seen"
        );
    }

    #[test]
    fn a_two_storey_header_in_csv_gives_the_year_columns_their_parent() {
        let sheet = csv("指标,计量单位,消费量,\n,,2019,2020\n原煤,万吨,1,2\n");
        let header = find_header(&sheet, "t.csv", None, &wanted()).unwrap();
        assert_eq!((header.row, header.depth), (0, 2));
        assert_eq!(header.label(2), "消费量 / 2019");
        assert_eq!(header.label(3), "消费量 / 2020");
        assert_eq!(header.find(&wanted()[2].labels), Some(3));
    }

    #[test]
    fn vertical_merges_extend_the_header_to_their_last_row() {
        let rows = vec![
            vec![Cell::text("指标"), Cell::text("计量单位"), Cell::text("消费量"), Cell::Empty],
            vec![Cell::Empty, Cell::Empty, Cell::Number(2019.0), Cell::Number(2020.0)],
            vec![Cell::text("原煤"), Cell::text("万吨"), Cell::Number(1.0), Cell::Number(2.0)],
        ];
        let merges = vec![
            Merge { top: 0, left: 0, bottom: 1, right: 0 },
            Merge { top: 0, left: 1, bottom: 1, right: 1 },
            Merge { top: 0, left: 2, bottom: 0, right: 3 },
        ];
        let sheet = Sheet { name: "能源".into(), rows, merges, ..Sheet::default() };
        let header = find_header(&sheet, "t.xlsx", None, &wanted()).unwrap();
        assert_eq!(header.first_data_row(), 2);
        assert_eq!(header.label(0), "指标");
        assert_eq!(header.find(&wanted()[2].labels), Some(3));
    }

    #[test]
    fn a_row_that_names_nothing_but_has_numbers_is_data() {
        let sheet = csv("指标,计量单位,消费量\n,,12.5\n原煤,万吨,1\n");
        assert_eq!(find_header(&sheet, "t.csv", None, &wanted()).unwrap().depth, 1);
    }

    #[test]
    fn years_written_as_amounts_are_years() {
        let header =
            find_header(&csv("指标,\"2,019\",2020.0\n原煤,1,2\n"), "t.csv", None, &wanted()).unwrap();
        assert_eq!((header.label(1), header.label(2)), ("2019".into(), "2020".into()));
        assert_eq!(header.find_all(&["2020".into()]), [2]);
    }

    #[test]
    fn no_header_names_file_sheet_and_labels() {
        let sheet = Sheet { name: "能源".into(), ..csv("x,y\n1,2\n") };
        let error = find_header(&sheet, "book.xlsx", None, &wanted()).unwrap_err().to_string();
        assert!(error.contains("book.xlsx, sheet \"能源\"") && error.contains("指标"), "{error}");
    }
}
