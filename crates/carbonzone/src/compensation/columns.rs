//! Columns of the zone table.

use super::Compensated;
use super::record::cny;
use carbonzone_types::{AttributeTable, ColumnData};

/// Appends `compensation_t`, `compensation_cny` and, with draws, `compensation_sign_p`: first model, first price. In a table over
/// years the rows of other years are NULL.
pub fn append_columns(table: &mut AttributeTable, found: Option<&Compensated>) {
    let Some((found, model)) = found.and_then(|f| Some((f, f.models.first()?))) else { return };
    let n = found.numbers.ids.len();
    let years = table.numbers("year");
    let now = |row: usize| {
        let year = years.as_ref().and_then(|y| y[row]);
        found.numbers.year.is_none_or(|y| year.is_none_or(|of| of == f64::from(y)))
    };
    let of = |f: &dyn Fn(usize) -> Option<f64>| -> ColumnData {
        ColumnData::Real((0..table.rows()).map(|row| f(row % n.max(1)).filter(|_| now(row))).collect())
    };
    let tonnes = of(&|i| model.positions.settled_t[i]);
    let money = of(&|i| model.fen[0][i].map(cny));
    let sure = of(&|i| model.sign_probability.get(i).copied().flatten());
    table.push("compensation_t", tonnes);
    table.push("compensation_cny", money);
    if !model.sign_probability.is_empty() {
        table.push("compensation_sign_p", sure);
    }
}
