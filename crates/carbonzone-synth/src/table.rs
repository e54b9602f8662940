//! The small comma-separated fixture files: `#` comment lines, one header line, no quotes.

use std::str::FromStr;

use crate::error::{Result, SynthError};

/// A fixture table in memory.
#[derive(Debug, Clone)]
pub struct Table {
    file: String,
    header: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads the text of a fixture file; `file` is its name for messages.
    ///
    /// # Errors
    /// A row whose number of fields differs from the header.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(i, l)| (i + 1, l.trim_start_matches('\u{feff}')))
            .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
        let header: Vec<String> = lines.next().map(|(_, l)| split(l)).unwrap_or_default();
        let mut rows = Vec::new();
        for (line, text) in lines {
            let fields = split(text);
            if fields.len() != header.len() {
                return Err(SynthError::Value {
                    file: file.to_owned(),
                    line,
                    column: header.last().cloned().unwrap_or_default(),
                    value: text.to_owned(),
                    expected: format!("{} fields", header.len()),
                });
            }
            rows.push((line, fields));
        }
        Ok(Self { file: file.to_owned(), header, rows })
    }

    /// Rows in file order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { table: self, line: *line, fields })
    }
}

/// One row of a [`Table`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    table: &'a Table,
    line: usize,
    fields: &'a [String],
}

impl<'a> Row<'a> {
    /// The text in a column.
    ///
    /// # Errors
    /// The column does not exist.
    pub fn text(&self, column: &str) -> Result<&'a str> {
        let index = self.table.header.iter().position(|h| h == column);
        index.map(|i| self.fields[i].as_str()).ok_or_else(|| self.wrong(column, "", "a column of this name"))
    }

    /// The value in a column.
    ///
    /// # Errors
    /// The column does not exist or its text is not of the type.
    pub fn value<T: FromStr>(&self, column: &str) -> Result<T> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.wrong(column, text, "a number"))
    }

    /// An error that points at this row.
    pub fn wrong(&self, column: &str, value: &str, expected: &str) -> SynthError {
        SynthError::Value {
            file: self.table.file.clone(),
            line: self.line,
            column: column.to_owned(),
            value: value.to_owned(),
            expected: expected.to_owned(),
        }
    }
}

fn split(line: &str) -> Vec<String> {
    line.split(',').map(|f| f.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_skipped_and_values_are_typed() {
        let t = Table::parse("x.csv", "# note, with comma\nname,v\na,1.5\n\nb,x\n").unwrap();
        let rows: Vec<Row> = t.rows().collect();
        assert_eq!(rows[0].text("name").unwrap(), "a");
        assert_eq!(rows[0].value::<f64>("v").unwrap(), 1.5);
        let message = rows[1].value::<f64>("v").unwrap_err().to_string();
        assert!(message.contains("x.csv, line 5") && message.contains("`v`"), "{message}");
        assert!(Table::parse("x.csv", "a,b\n1\n").is_err());
    }
}
