//! The rows that a condition chooses, with a count of those for which it says neither yes nor no.

use crate::filter::{Filter, number_of};
use carbonzone_sheet::is_missing;
use carbonzone_types::Finding;

/// Examples that are named.
const EXAMPLES: usize = 3;

/// A condition at work on the rows of a table.
#[derive(Debug, Clone)]
pub struct Selection {
    filter: Filter,
    condition: String,
    names: Vec<String>,
    numbers: Vec<usize>,
    texts: bool,
    rows: u64,
    kept: u64,
    empty: Vec<Cells>,
    unreadable: Vec<Cells>,
    case: Cells,
}

/// Cells of a column that left a row undecided.
#[derive(Debug, Clone, Default)]
struct Cells {
    column: usize,
    count: u64,
    examples: Vec<String>,
}

impl Cells {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
    }

    fn list(&self) -> String {
        let more = if self.count > self.examples.len() as u64 { ", ..." } else { "" };
        format!("{}{more}", self.examples.join(", "))
    }
}

impl Selection {
    /// Compiles a condition for a table with these columns.
    ///
    /// # Errors
    /// What cannot be read in it, in words.
    pub fn parse(condition: &str, columns: &[String]) -> Result<Self, String> {
        let filter = Filter::parse(condition, columns)?;
        let all = filter.columns();
        let of = |column: &usize| Cells { column: *column, ..Cells::default() };
        Ok(Self {
            numbers: filter.number_columns(),
            texts: filter.has_texts(),
            condition: condition.to_owned(),
            names: columns.to_vec(),
            rows: 0,
            kept: 0,
            empty: all.iter().map(of).collect(),
            unreadable: all.iter().map(of).collect(),
            case: Cells::default(),
            filter,
        })
    }

    /// Indices of the columns that the condition looks at, ascending.
    pub fn columns(&self) -> Vec<usize> {
        self.filter.columns()
    }

    /// True if the row is wanted; `cell` gives a column's text, `place` says where the row is.
    pub fn keeps<'a>(
        &mut self,
        cell: impl Fn(usize) -> Option<&'a str>,
        place: impl Fn(usize) -> String,
    ) -> bool {
        let holds = self.filter.holds(&cell);
        self.rows += 1;
        self.kept += u64::from(holds == Some(true));
        if holds.is_none() {
            self.undecided(&cell, &place);
        } else if self.texts && self.filter.holds_in_any_case(&cell) != holds {
            let column = self.empty.first().map_or(0, |c| c.column);
            self.case.add(|| format!("{}: \"{}\"", place(column), cell(column).unwrap_or_default()));
        }
        holds == Some(true)
    }

    fn undecided<'a>(&mut self, cell: &impl Fn(usize) -> Option<&'a str>, place: &impl Fn(usize) -> String) {
        for (empty, unreadable) in self.empty.iter_mut().zip(&mut self.unreadable) {
            let column = empty.column;
            let number = self.numbers.contains(&column);
            match cell(column).map(str::trim).filter(|t| !t.is_empty()) {
                None => empty.add(|| place(column)),
                Some(text) if number && is_missing(text) => {
                    empty.add(|| format!("{}: \"{text}\"", place(column)));
                }
                Some(text) if number && number_of(text).is_none() => {
                    unreadable.add(|| format!("{}: \"{text}\"", place(column)));
                }
                Some(_) => {}
            }
        }
    }

    /// How many rows were seen, and how many are wanted.
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.kept)
    }

    /// What there is to tell: how many rows are kept, and which rows the condition could not decide.
    pub fn findings(&self) -> Vec<Finding> {
        let told = |finding: Finding| finding.field("where").value(self.condition.clone());
        let left_out = self.rows - self.kept;
        let message = format!("{} of {} rows are kept by where", self.kept, self.rows);
        let mut out = vec![told(Finding::info("filtered_rows", message)).count(left_out)];
        for cells in self.unreadable.iter().filter(|c| c.count > 0) {
            let name = &self.names[cells.column];
            let message = format!(
                "{} rows are left out because where compares \"{name}\" with a number and finds none: {}",
                cells.count,
                cells.list()
            );
            let hint = "correct these values; a row that cannot be compared is never kept";
            out.push(told(Finding::warning("filter_undecided", message)).count(cells.count).hint(hint));
        }
        for cells in self.empty.iter().filter(|c| c.count > 0) {
            let name = &self.names[cells.column];
            let message = format!(
                "{} rows are left out because where asks for \"{name}\", which is empty there: {}",
                cells.count,
                cells.list()
            );
            let hint = format!(
                "`... OR \"{name}\" IS NULL` keeps them; `\"{name}\" IS NOT NULL AND (...)` says that they are not meant"
            );
            out.push(told(Finding::warning("filter_undecided", message)).count(cells.count).hint(hint));
        }
        if self.case.count > 0 {
            let message = format!(
                "{} rows differ from the texts of where in capitals only, and count as different: {}",
                self.case.count,
                self.case.list()
            );
            let hint = "write the text as the file does, or use LIKE, which takes both for the same";
            out.push(told(Finding::warning("filter_case", message)).count(self.case.count).hint(hint));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows kept, and codes with messages.
    fn select(condition: &str, rows: &[[&str; 2]]) -> (Vec<usize>, Vec<String>) {
        let columns = ["type", "people"].map(str::to_owned);
        let mut selection = Selection::parse(condition, &columns).unwrap();
        let kept = (0..rows.len())
            .filter(|row| selection.keeps(|i| Some(rows[*row][i]), |_| format!("line {}", row + 2)))
            .collect();
        (kept, selection.findings().into_iter().map(|f| format!("{} {}", f.code, f.message)).collect())
    }

    const ROWS: [[&str; 2]; 6] =
        [["a", "1,950"], ["b", "约90"], ["", "30"], ["A", "—"], ["a", ""], ["c", "12%"]];

    #[test]
    fn numbers_that_cannot_be_read_are_told_with_line_and_value() {
        let (kept, said) = select("people >= 30", &ROWS);
        assert_eq!(kept, [0, 2]);
        assert!(said[0].contains("2 of 6 rows"), "{said:?}");
        assert!(
            said[1].contains("2 rows") && said[1].contains("line 3: \"约90\", line 7: \"12%\""),
            "{said:?}"
        );
        assert!(said[2].contains("2 rows") && said[2].contains("line 5: \"—\", line 6"), "{said:?}");
    }

    #[test]
    fn empty_texts_are_told_unless_the_condition_speaks_of_them() {
        let (kept, said) = select("type <> 'a'", &ROWS);
        assert_eq!(kept, [1, 3, 5]);
        assert!(said[1].starts_with("filter_undecided 1 rows") && said[1].contains("line 4"), "{said:?}");
        assert!(said[2].starts_with("filter_case 1 rows") && said[2].contains("line 5: \"A\""), "{said:?}");
        for condition in ["type <> 'A' OR type IS NULL", "type IS NOT NULL AND type LIKE 'a'"] {
            let (_, said) = select(condition, &[["a", "1"], ["", "2"]]);
            assert!(said.iter().all(|s| !s.starts_with("filter_undecided")), "{condition}: {said:?}");
        }
    }

    #[test]
    fn a_row_that_another_part_of_the_condition_decides_is_not_told() {
        let (kept, said) = select("people > 5 OR type = 'b'", &ROWS[..2]);
        assert_eq!((kept.len(), said.len()), (2, 1), "{said:?}");
        let (kept, said) = select("people > 5 AND type = 'z'", &ROWS[..2]);
        assert_eq!((kept.len(), said.len()), (0, 1), "{said:?}");
    }
}
