//! Tables and numbers of texts for people: closing summary, explanations, comparisons.

use carbonzone_report::number::grouped;
use carbonzone_types::Statement;
use std::fmt;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

/// Tonnes with thousands separators and one decimal where it matters.
pub fn tonnes(value: f64) -> String {
    grouped(value, usize::from(value.abs() < 1e5))
}

/// A table in a frame, with a double line below its header. Chinese characters are two cells wide.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<bool>,
}

impl Table {
    /// Adds a row below; cells that are missing are empty.
    pub fn add_row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Aligns a column to the right, its header too.
    pub fn align_right(&mut self, column: usize) {
        if let Some(right) = self.right.get_mut(column) {
            *right = true;
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cell = |row: &'_ [String], i: usize| row.get(i).cloned().unwrap_or_default();
        let widest = |i| self.rows.iter().filter_map(|r| cell(r, i).lines().map(str::width).max()).max();
        let widths: Vec<usize> = (0..self.right.len()).map(|i| widest(i).unwrap_or_default()).collect();
        let across = widths.iter().map(|w| w + 3).sum::<usize>() - 1;
        writeln!(f, "┌{}┐", "─".repeat(across))?;
        for (number, row) in self.rows.iter().enumerate() {
            for line in 0..row.iter().map(|c| c.lines().count()).max().unwrap_or_default().max(1) {
                let texts = widths.iter().zip(&self.right).enumerate().map(|(i, (&width, &right))| {
                    let text = cell(row, i).lines().nth(line).unwrap_or_default().to_owned();
                    let blank = " ".repeat(width - text.width());
                    if right { format!(" {blank}{text} ") } else { format!(" {text}{blank} ") }
                });
                writeln!(f, "│{}│", texts.collect::<Vec<_>>().join(" "))?;
            }
            if number == 0 {
                writeln!(f, "╞{}╡", "═".repeat(across))?;
            }
        }
        write!(f, "└{}┘", "─".repeat(across))
    }
}

/// A table in the house style.
pub fn table(header: &[&str]) -> Table {
    Table { rows: vec![header.iter().map(|h| (*h).to_owned()).collect()], right: vec![false; header.len()] }
}

/// The lines of a table that is the same in every language.
pub fn lines(table: &Table) -> Vec<Statement> {
    table.to_string().lines().map(|line| Statement::new(line, line)).collect()
}

/// A path as a shell takes it: in quotes where a blank or a mark of the shell stands in it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/\\._-+:,@%~".contains(c);
    if text.chars().all(plain) && !text.starts_with('~') {
        text
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Right-aligns all columns but the first.
pub fn right_align(table: &mut Table) {
    for column in 1..table.right.len() {
        table.align_right(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tonnes_are_grouped_by_thousands() {
        assert_eq!(tonnes(240_279_700.0), "240,279,700");
        assert_eq!(tonnes(-36.05), "−36.0");
        assert_eq!(tonnes(1234.56), "1,234.6");
        assert_eq!(tonnes(0.0), "0.0");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_chinese_counts_twice() {
        let mut shown = table(&["a", "t"]);
        shown.add_row(vec!["乡镇".into(), "1\n22".into()]);
        shown.add_row(vec!["b".into()]);
        right_align(&mut shown);
        let lines = [
            "┌───────────┐",
            "│ a       t │",
            "╞═══════════╡",
            "│ 乡镇    1 │",
            "│        22 │",
            "│ b         │",
            "└───────────┘",
        ];
        assert_eq!(shown.to_string(), lines.join("\n"));
    }

    #[cfg(unix)]
    #[test]
    fn commands_to_copy_are_quoted_where_a_shell_needs_it() {
        let of = |path: &str| quoted(Path::new(path));
        assert_eq!(of("out/苏州-1.2/pipeline.toml"), "out/苏州-1.2/pipeline.toml");
        assert_eq!(of("列 城/pipeline.toml"), "'列 城/pipeline.toml'");
        assert_eq!(of("it's (new)/$x"), r"'it'\''s (new)/$x'");
    }
}
