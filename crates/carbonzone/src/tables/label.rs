//! The column that says what kind of data a table holds.

use carbonzone_types::{AttributeTable, ColumnData, DataLabel};

/// Tables say themselves that their numbers are no inventory of a real place.
pub fn labelled(table: &AttributeTable, label: Option<DataLabel>) -> AttributeTable {
    let mut table = table.clone();
    add_label(&mut table, label);
    table
}

/// Adds the column that says what kind of data these are, if it is not there.
pub fn add_label(table: &mut AttributeTable, label: Option<DataLabel>) {
    if let Some(column) = label.map(DataLabel::column).filter(|c| table.get(c).is_none()) {
        table.push(column, ColumnData::Bool(vec![Some(true); table.rows()]));
    }
}
