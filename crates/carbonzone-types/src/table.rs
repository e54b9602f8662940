//! Columnar attribute tables: one row per spatial unit, one typed column per field.

use serde::{Deserialize, Serialize};

/// Values of one column; `None` is NULL. NaN must never be stored: use `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnData {
    /// UTF-8 text.
    Text(Vec<Option<String>>),
    /// Double precision.
    Real(Vec<Option<f64>>),
    /// Integers.
    Int(Vec<Option<i64>>),
    /// Truth values.
    Bool(Vec<Option<bool>>),
}

impl ColumnData {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Real(v) => v.len(),
            Self::Int(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column of numbers without NULL; NaN becomes NULL.
    pub fn reals(values: &[f64]) -> Self {
        Self::Real(values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect())
    }

    /// A column of texts without NULL.
    pub fn texts<S: AsRef<str>>(values: &[S]) -> Self {
        Self::Text(values.iter().map(|v| Some(v.as_ref().to_owned())).collect())
    }

    /// The same column with its rows in another order: row `i` of the result is row `order[i]`.
    pub fn reordered(&self, order: &[u32]) -> Self {
        fn pick<T: Clone>(v: &[T], order: &[u32]) -> Vec<T> {
            order.iter().map(|&i| v[i as usize].clone()).collect()
        }
        match self {
            Self::Text(v) => Self::Text(pick(v, order)),
            Self::Real(v) => Self::Real(pick(v, order)),
            Self::Int(v) => Self::Int(pick(v, order)),
            Self::Bool(v) => Self::Bool(pick(v, order)),
        }
    }

    /// [`reordered`](Self::reordered) without copying texts: a row that is named twice would be NULL the second time.
    fn into_reordered(self, order: &[u32]) -> Self {
        match self {
            Self::Text(mut v) => Self::Text(order.iter().map(|&i| v[i as usize].take()).collect()),
            other => other.reordered(order),
        }
    }

    /// Value of a row as text, for ids, joins and CSV; NULL is `None`. Floats use the shortest text that
    /// reads back to the same bits, with an exponent below 1e-5 in size (`6.39e-9`, not `0.00000000639`).
    pub fn text_at(&self, row: usize) -> Option<String> {
        match self {
            Self::Text(v) => v[row].clone(),
            Self::Real(v) => v[row].map(shortest),
            Self::Int(v) => v[row].map(|x| x.to_string()),
            Self::Bool(v) => v[row].map(|x| x.to_string()),
        }
    }

    /// Value of a row as a number, if it is one.
    pub fn number_at(&self, row: usize) -> Option<f64> {
        match self {
            Self::Text(v) => v[row].as_ref().and_then(|s| s.trim().parse().ok()),
            Self::Real(v) => v[row],
            Self::Int(v) => v[row].map(|x| x as f64),
            Self::Bool(_) => None,
        }
    }
}

fn shortest(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-5 { format!("{x:e}") } else { x.to_string() }
}

/// A named column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Field name: `snake_case` ASCII, at most 63 characters.
    pub name: String,
    /// Values.
    pub data: ColumnData,
}

/// Columns of equal length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AttributeTable {
    /// The columns, in the order in which they are written.
    pub columns: Vec<Column>,
}

impl AttributeTable {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the memory back. Texts by the million take their time: this is compiled with the loops over rows, not into the caller.
    #[inline(never)]
    pub fn give_back(self) {
        drop(self);
    }

    /// Appends a column (builder style).
    pub fn with(mut self, name: &str, data: ColumnData) -> Self {
        self.push(name, data);
        self
    }

    /// Appends a column.
    pub fn push(&mut self, name: &str, data: ColumnData) {
        debug_assert!(
            self.columns.first().is_none_or(|c| c.data.len() == data.len()),
            "column {name}: row count"
        );
        self.columns.push(Column { name: name.to_owned(), data });
    }

    /// Appends the rows of a table with the same columns; a table without columns becomes the other.
    ///
    /// # Panics
    /// If a column is of another type there.
    pub fn append(&mut self, more: Self) {
        if self.columns.is_empty() {
            *self = more;
            return;
        }
        for (column, more) in self.columns.iter_mut().zip(more.columns) {
            match (&mut column.data, more.data) {
                (ColumnData::Text(a), ColumnData::Text(b)) => a.extend(b),
                (ColumnData::Real(a), ColumnData::Real(b)) => a.extend(b),
                (ColumnData::Int(a), ColumnData::Int(b)) => a.extend(b),
                (ColumnData::Bool(a), ColumnData::Bool(b)) => a.extend(b),
                _ => unreachable!("the columns of one table have the same types"),
            }
        }
    }

    /// The column of that name.
    pub fn get(&self, name: &str) -> Option<&ColumnData> {
        self.columns.iter().find(|c| c.name == name).map(|c| &c.data)
    }

    /// The numbers of a column, NULL as `None`; `None` if there is no such column or it is not numeric.
    pub fn numbers(&self, name: &str) -> Option<Vec<Option<f64>>> {
        let data = self.get(name)?;
        match data {
            ColumnData::Real(v) => Some(v.clone()),
            ColumnData::Int(v) => Some(v.iter().map(|x| x.map(|x| x as f64)).collect()),
            ColumnData::Text(_) | ColumnData::Bool(_) => None,
        }
    }

    /// The texts of a column, NULL as `None`.
    pub fn texts(&self, name: &str) -> Option<Vec<Option<String>>> {
        let data = self.get(name)?;
        Some((0..data.len()).map(|row| data.text_at(row)).collect())
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.data.len())
    }

    /// [`reordered`](Self::reordered) without copying texts, so no row may be named twice.
    pub fn into_reordered(self, order: &[u32]) -> Self {
        let columns = self.columns.into_iter();
        let columns = columns.map(|c| Column { name: c.name, data: c.data.into_reordered(order) });
        Self { columns: columns.collect() }
    }

    /// The same table with its rows in another order.
    pub fn reordered(&self, order: &[u32]) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|c| Column { name: c.name.clone(), data: c.data.reordered(order) })
            .collect();
        Self { columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_moved_into_another_order() {
        let table = AttributeTable::new()
            .with("name", ColumnData::Text(vec![Some("a".to_owned()), None, Some("c".to_owned())]))
            .with("value", ColumnData::reals(&[1.0, 2.0, 3.0]));
        assert_eq!(table.clone().into_reordered(&[2, 0]), table.reordered(&[2, 0]));
    }

    #[test]
    fn numbers_are_written_short_and_read_back_to_the_same_bits() {
        let values = [6.393_376_469_297_08e-9, 0.1 + 0.2, 124_304_600.0, -3e-6, 1e-5, 0.0];
        let column = ColumnData::reals(&values);
        let texts: Vec<String> = (0..values.len()).filter_map(|i| column.text_at(i)).collect();
        assert_eq!(texts[0], "6.39337646929708e-9");
        assert_eq!(texts[2..], ["124304600", "-3e-6", "0.00001", "0"]);
        for (text, value) in texts.iter().zip(values) {
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{text}");
        }
    }
}
