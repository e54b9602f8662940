//! What the values of a table look like, column by column.

use crate::load::mass_unit;
use crate::load::units::{Quantity, in_label, named_unit, unit_row};
use carbonzone_sheet::{Table, is_missing, parse_number};
use carbonzone_types::{AttributeTable, MoneyUnit};
use std::collections::BTreeMap;

/// Values of a column that are remembered; a column with more of them is no list of classes.
const MOST_VALUES: usize = 60_000;
/// A table with no more rows is shown row by row.
pub const FEW: usize = 12;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    /// Header.
    pub name: String,
    /// Cells that hold something.
    pub filled: usize,
    /// How often each value stands there.
    pub values: BTreeMap<String, u64>,
    /// Numbers among them.
    pub numbers: Vec<f64>,
    /// How many persons one is, if the table says so: by the header, a row of units, or a title; NaN: it is no number of persons.
    pub persons: Option<f64>,
    /// The unit of emissions that the table names for it, with the power of ten of tonnes one is, if it can be converted.
    pub mass: Option<Option<i32>>,
}

impl Column {
    fn of(name: &str, cells: impl Iterator<Item = Option<String>>) -> Self {
        let mut out = Self { name: name.to_owned(), ..Self::default() };
        for text in cells.flatten() {
            let text = text.trim();
            if is_missing(text) {
                continue;
            }
            out.filled += 1;
            if let Ok(Some(number)) = parse_number(text) {
                out.numbers.push(number);
            }
            if out.values.len() < MOST_VALUES || out.values.contains_key(text) {
                *out.values.entry(plain(text)).or_insert(0) += 1;
            }
        }
        out
    }

    /// True if nearly every value is a number.
    pub fn is_numeric(&self) -> bool {
        self.filled > 0 && self.numbers.len() * 100 >= self.filled * 95
    }

    /// True if no value stands there twice.
    pub fn is_unique(&self) -> bool {
        self.filled > 0 && self.values.len() == self.filled
    }

    /// Different values.
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    pub fn sum(&self) -> f64 {
        self.numbers.iter().sum()
    }
}

/// A whole number without the `.0` that tables give it.
pub fn plain(text: &str) -> String {
    text.strip_suffix(".0").filter(|t| t.bytes().all(|b| b.is_ascii_digit())).unwrap_or(text).to_owned()
}

/// Columns of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Rows looked at.
    pub rows: usize,
    /// Columns in file order.
    pub columns: Vec<Column>,
    /// Texts of the rows of a sheet that has few, by column.
    pub few: Vec<Vec<String>>,
}

impl Profile {
    /// Of the attributes of a layer.
    pub fn of_attributes(table: &AttributeTable) -> Self {
        let column = |c: &carbonzone_types::Column| {
            let persons = in_label(&c.name, Quantity::Persons).map(|(_, factor)| factor);
            let cells = table.texts(&c.name).unwrap_or_default().into_iter();
            let mass = mass_unit::in_label(&c.name).map(|(_, power)| power);
            Column { persons, mass, ..Column::of(&c.name, cells) }
        };
        let columns = table.columns.iter().map(column).collect();
        Self { rows: table.rows(), columns, few: Vec::new() }
    }

    pub fn of_sheet(table: &Table) -> Self {
        let labels = table.labels();
        let money = MoneyUnit::default();
        let first = usize::from(unit_row(table, Quantity::Money(&money)));
        let named: Vec<usize> = (0..labels.len()).filter(|c| !labels[*c].is_empty()).collect();
        let column = |c: &usize| Column {
            persons: named_unit(table, *c, Quantity::Persons).map(|unit| unit.factor),
            mass: mass_unit::named(table, *c).map(|unit| unit.power),
            ..Column::of(&labels[*c], (first..table.len()).map(|r| table.text(r, *c)))
        };
        let rows = table.len() - first;
        let text = |row: usize| named.iter().map(|c| table.text(row, *c).unwrap_or_default()).collect();
        let few = if rows <= FEW { (first..table.len()).map(text).collect() } else { Vec::new() };
        Self { rows, columns: named.iter().map(column).collect(), few }
    }

    /// Headers.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.name.as_str()).collect()
    }

    /// A column by its header.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_counted_and_numbers_are_read_as_tables_read_them() {
        let cells = ["1,950", "12.0", "", "—", "12"].map(|t| Some(t.to_owned()));
        let column = Column::of("人口", cells.into_iter());
        assert_eq!((column.filled, column.distinct()), (3, 2));
        assert!(column.is_numeric() && !column.is_unique());
        assert_eq!(column.sum(), 1974.0);
        assert!(column.values.contains_key("12"), "12.0 is 12");
    }
}
