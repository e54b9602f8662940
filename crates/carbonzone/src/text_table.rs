//! Tables and numbers of texts for people: closing summary, explanations, comparisons.

use carbonzone_report::number::grouped;
use carbonzone_types::Statement;
use comfy_table::{CellAlignment, Table};
use std::path::Path;

/// Tonnes with thousands separators and one decimal where it matters.
pub fn tonnes(value: f64) -> String {
    grouped(value, usize::from(value.abs() < 1e5))
}

/// A table in the house style.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY).set_header(header.to_vec());
    table
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
    for (i, column) in table.column_iter_mut().enumerate() {
        if i > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
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

    #[cfg(unix)]
    #[test]
    fn commands_to_copy_are_quoted_where_a_shell_needs_it() {
        let of = |path: &str| quoted(Path::new(path));
        assert_eq!(of("out/苏州-1.2/pipeline.toml"), "out/苏州-1.2/pipeline.toml");
        assert_eq!(of("列 城/pipeline.toml"), "'列 城/pipeline.toml'");
        assert_eq!(of("it's (new)/$x"), r"'it'\''s (new)/$x'");
    }
}
