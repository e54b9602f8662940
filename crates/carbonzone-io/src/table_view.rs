//! Columns to be written, borrowed from wherever they are: a million rows are not copied into a table first.

use carbonzone_types::{AttributeTable, Column, ColumnData, TextList};

/// One column, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum ColumnView<'a> {
    /// A column of a table.
    Data(&'a ColumnData),
    /// Numbers; NaN is NULL.
    Reals(&'a [f64]),
    /// Texts.
    Texts(&'a TextList),
    /// Indices into a list of names.
    Names(&'a [u16], &'a [String]),
    /// The same for long lists.
    Codes(&'a [u32], &'a [String]),
    /// Texts picked by their position.
    Picked(&'a [u32], &'a TextList),
    /// Whole numbers.
    Ints(&'a [u32]),
    /// The same truth value in so many rows.
    Flag(bool, usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Text(&'a str),
    Real(f64),
    Int(i64),
    Bool(bool),
}

impl<'a> ColumnView<'a> {
    /// Number of rows.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Data(data) => data.len(),
            Self::Reals(v) => v.len(),
            Self::Texts(v) => v.len(),
            Self::Names(v, _) => v.len(),
            Self::Codes(v, _) | Self::Picked(v, _) | Self::Ints(v) => v.len(),
            Self::Flag(_, n) => n,
        }
    }

    pub(crate) fn at(self, row: usize) -> Value<'a> {
        let real = |x: f64| if x.is_nan() { Value::Null } else { Value::Real(x) };
        match self {
            Self::Reals(v) => real(v[row]),
            Self::Texts(v) => Value::Text(&v[row]),
            Self::Names(v, names) => Value::Text(&names[v[row] as usize]),
            Self::Codes(v, names) => Value::Text(&names[v[row] as usize]),
            Self::Picked(v, texts) => Value::Text(&texts[v[row] as usize]),
            Self::Ints(v) => Value::Int(i64::from(v[row])),
            Self::Flag(value, _) => Value::Bool(value),
            Self::Data(ColumnData::Text(v)) => v[row].as_deref().map_or(Value::Null, Value::Text),
            Self::Data(ColumnData::Real(v)) => v[row].map_or(Value::Null, real),
            Self::Data(ColumnData::Int(v)) => v[row].map_or(Value::Null, Value::Int),
            Self::Data(ColumnData::Bool(v)) => v[row].map_or(Value::Null, Value::Bool),
        }
    }

    fn to_data(self) -> ColumnData {
        match self {
            Self::Data(data) => data.clone(),
            Self::Reals(v) => ColumnData::reals(v),
            Self::Texts(v) => ColumnData::Text((0..v.len()).map(|i| Some(v[i].to_owned())).collect()),
            Self::Names(v, names) => {
                ColumnData::Text(v.iter().map(|&i| Some(names[i as usize].clone())).collect())
            }
            Self::Codes(v, names) => {
                ColumnData::Text(v.iter().map(|&i| Some(names[i as usize].clone())).collect())
            }
            Self::Picked(v, texts) => {
                ColumnData::Text(v.iter().map(|&i| Some(texts[i as usize].to_owned())).collect())
            }
            Self::Ints(v) => ColumnData::Int(v.iter().map(|&i| Some(i64::from(i))).collect()),
            Self::Flag(value, n) => ColumnData::Bool(vec![Some(value); n]),
        }
    }
}

/// Columns of equal length, borrowed.
#[derive(Debug, Clone, Default)]
pub struct TableView<'a> {
    /// Field names and values, in the order in which they are written.
    pub columns: Vec<(String, ColumnView<'a>)>,
}

impl<'a> TableView<'a> {
    /// Appends a column.
    pub fn push(&mut self, name: &str, column: ColumnView<'a>) {
        self.columns.push((name.to_owned(), column));
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, c)| c.len())
    }

    /// A table of its own.
    pub fn to_table(&self) -> AttributeTable {
        let columns = self.columns.iter().map(|(name, c)| Column { name: name.clone(), data: c.to_data() });
        AttributeTable { columns: columns.collect() }
    }
}

impl<'a> From<&'a AttributeTable> for TableView<'a> {
    fn from(table: &'a AttributeTable) -> Self {
        Self { columns: table.columns.iter().map(|c| (c.name.clone(), ColumnView::Data(&c.data))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_gives_the_values_of_the_table_it_becomes() {
        let names = ["water".to_owned(), "forest".to_owned()];
        let mut view = TableView::default();
        view.push("x", ColumnView::Reals(&[1.5, f64::NAN]));
        view.push("space_type", ColumnView::Names(&[1, 0], &names));
        let ids: TextList = names.iter().collect();
        view.push("id", ColumnView::Texts(&ids));
        view.push("picked", ColumnView::Picked(&[1, 1], &ids));
        view.push("part", ColumnView::Ints(&[3, 0]));
        view.push("synthetic", ColumnView::Flag(true, 2));
        let table = view.to_table();
        assert_eq!(table.numbers("x").unwrap(), [Some(1.5), None]);
        assert_eq!(table.texts("space_type").unwrap()[0].as_deref(), Some("forest"));
        assert_eq!(table.texts("picked").unwrap()[0].as_deref(), Some("forest"));
        assert_eq!(table.numbers("part").unwrap(), [Some(3.0), Some(0.0)]);
        let again = TableView::from(&table);
        assert_eq!(again.rows(), 2);
        for ((_, a), (_, b)) in view.columns.iter().zip(&again.columns) {
            assert_eq!([a.at(0), a.at(1)], [b.at(0), b.at(1)]);
        }
    }
}
