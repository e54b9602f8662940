//! Differences between two runs or two years: per unit and as a zone transition matrix.

use crate::{Result, ZoningError};
use carbonzone_types::AttributeTable;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One column of one unit in both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Unit id.
    pub unit_id: String,
    /// Column name.
    pub column: String,
    /// Value in the first table.
    pub from: Option<f64>,
    /// Value in the second table.
    pub to: Option<f64>,
    /// Second minus first; `None` if either is NULL.
    pub change: Option<f64>,
    /// Percent of the first; `None` if it is NULL or 0.
    pub change_pct: Option<f64>,
}

/// Zones of the units in both tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ZoneTransitions {
    /// Zone keys, in alphabetical order; the empty key stands for NULL.
    pub zones: Vec<String>,
    /// `counts[from][to]`.
    pub counts: Vec<Vec<u64>>,
    /// `(unit, from, to)` of the units that changed, by unit id.
    pub changed: Vec<(String, String, String)>,
}

/// Result of [`compare_tables`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Units of both tables, by id (numbers in numeric order).
    pub units: Vec<String>,
    /// Units of the first table only.
    pub only_first: Vec<String>,
    /// Units of the second table only.
    pub only_second: Vec<String>,
    /// Numeric columns of both tables, in the order of the first.
    pub columns: Vec<String>,
    /// Unit by unit, column by column.
    pub differences: Vec<Difference>,
    /// Zone transitions, if both tables have the zone column.
    pub zones: Option<ZoneTransitions>,
}

/// Compares two tables of units, joined by an id column.
///
/// Every numeric column that both tables have is compared; `key` and the names in `skip` are left out.
/// `zone` names the column with the zone key.
///
/// # Errors
/// [`ZoningError::Column`] if a table has no `key` column; [`ZoningError::Parameter`] if an id is NULL or
/// occurs twice.
///
/// # Examples
/// ```
/// use carbonzone_types::{AttributeTable, ColumnData};
/// use carbonzone_zoning::compare::compare_tables;
/// let table = |t: f64| {
///     AttributeTable::new().with("unit_id", ColumnData::texts(&["a"])).with("gross_t", ColumnData::reals(&[t]))
/// };
/// let c = compare_tables(&table(4.0), &table(5.0), "unit_id", "zone", &[])?;
/// assert_eq!((c.differences[0].change, c.differences[0].change_pct), (Some(1.0), Some(25.0)));
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn compare_tables(
    first: &AttributeTable,
    second: &AttributeTable,
    key: &str,
    zone: &str,
    skip: &[&str],
) -> Result<Comparison> {
    let (a, b) = (rows_by_id(first, "first", key)?, rows_by_id(second, "second", key)?);
    let only =
        |x: &Rows, y: &Rows| x.keys().filter(|id| !y.contains_key(id)).map(|id| id.text.clone()).collect();
    let both: Vec<(&UnitId, usize, usize)> =
        a.iter().filter_map(|(id, i)| b.get(id).map(|j| (id, *i, *j))).collect();
    let wanted = |name: &str| name != key && !skip.contains(&name) && second.numbers(name).is_some();
    let columns: Vec<(String, Numbers, Numbers)> = first
        .columns
        .iter()
        .filter(|c| wanted(&c.name))
        .filter_map(|c| Some((c.name.clone(), first.numbers(&c.name)?, second.numbers(&c.name)?)))
        .collect();
    let mut differences = Vec::with_capacity(both.len() * columns.len());
    for (id, i, j) in &both {
        differences.extend(columns.iter().map(|(name, x, y)| difference(&id.text, name, x[*i], y[*j])));
    }
    Ok(Comparison {
        units: both.iter().map(|(id, _, _)| id.text.clone()).collect(),
        only_first: only(&a, &b),
        only_second: only(&b, &a),
        columns: columns.into_iter().map(|c| c.0).collect(),
        differences,
        zones: transitions(first.texts(zone), second.texts(zone), &both),
    })
}

fn difference(unit_id: &str, column: &str, from: Option<f64>, to: Option<f64>) -> Difference {
    let change = from.zip(to).map(|(a, b)| b - a);
    let change_pct = from.filter(|a| *a != 0.0).zip(change).map(|(a, d)| 100.0 * d / a.abs());
    Difference { unit_id: unit_id.to_owned(), column: column.to_owned(), from, to, change, change_pct }
}

/// An id that sorts by its number if it is one, else as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct UnitId {
    number: Option<u64>,
    text: String,
}

type Numbers = Vec<Option<f64>>;
type Rows = BTreeMap<UnitId, usize>;

fn rows_by_id(table: &AttributeTable, which: &str, key: &str) -> Result<Rows> {
    let Some(ids) = table.texts(key) else {
        let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        return Err(ZoningError::Column {
            table: which.to_owned(),
            column: key.to_owned(),
            columns: columns.join(", "),
        });
    };
    let mut rows = Rows::new();
    for (row, id) in ids.into_iter().enumerate() {
        let Some(text) = id else {
            return Err(ZoningError::parameter(key, format!("NULL in row {row}"), "an id in every row"));
        };
        let id = UnitId { number: text.parse().ok(), text };
        if rows.insert(id.clone(), row).is_some() {
            let hint = "every id once; pick one year of a table with several";
            return Err(ZoningError::parameter(key, format!("{} twice", id.text), hint));
        }
    }
    Ok(rows)
}

fn transitions(
    first: Option<Vec<Option<String>>>,
    second: Option<Vec<Option<String>>>,
    both: &[(&UnitId, usize, usize)],
) -> Option<ZoneTransitions> {
    let (first, second) = (first?, second?);
    let zone = |zones: &[Option<String>], row: usize| zones[row].clone().unwrap_or_default();
    let pairs: Vec<(String, String, String)> =
        both.iter().map(|(id, i, j)| (id.text.clone(), zone(&first, *i), zone(&second, *j))).collect();
    let keys: BTreeSet<&String> = pairs.iter().flat_map(|(_, from, to)| [from, to]).collect();
    let zones: Vec<String> = keys.into_iter().cloned().collect();
    let mut counts = vec![vec![0; zones.len()]; zones.len()];
    for (_, from, to) in &pairs {
        if let (Ok(i), Ok(j)) = (zones.binary_search(from), zones.binary_search(to)) {
            counts[i][j] += 1;
        }
    }
    let changed = pairs.into_iter().filter(|(_, from, to)| from != to).collect();
    Some(ZoneTransitions { zones, counts, changed })
}

/// The rows of a long table by year, years ascending, rows in their order; rows without a year are left out.
///
/// # Errors
/// [`ZoningError::Column`] if there is no such column.
pub fn split_years(table: &AttributeTable, year: &str) -> Result<Vec<(i64, AttributeTable)>> {
    let Some(years) = table.numbers(year) else {
        let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        return Err(ZoningError::Column {
            table: "long table".to_owned(),
            column: year.to_owned(),
            columns: columns.join(", "),
        });
    };
    let mut rows: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for (row, y) in years.iter().enumerate() {
        if let Some(y) = y {
            rows.entry(*y as i64).or_default().push(row as u32);
        }
    }
    Ok(rows.into_iter().map(|(y, order)| (y, table.reordered(&order))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::ColumnData;

    fn table(ids: &[&str], gross: &[f64], zones: &[&str]) -> AttributeTable {
        AttributeTable::new()
            .with("unit_id", ColumnData::texts(ids))
            .with("gross_t", ColumnData::reals(gross))
            .with("zone", ColumnData::texts(zones))
    }

    #[test]
    fn units_are_joined_by_id_and_listed_in_numeric_order() {
        let a = table(&["10", "9", "x"], &[1.0, 2.0, 3.0], &["p", "q", "p"]);
        let b = table(&["9", "10", "y"], &[3.0, 0.5, 3.0], &["p", "p", "p"]);
        let c = compare_tables(&a, &b, "unit_id", "zone", &[]).unwrap();
        // Text ids come before numbers.
        assert_eq!(c.units, ["9", "10"]);
        assert_eq!((c.only_first, c.only_second), (vec!["x".to_owned()], vec!["y".to_owned()]));
        assert_eq!(c.differences[0].change, Some(1.0));
        assert_eq!(c.differences[1].change_pct, Some(-50.0));
        let zones = c.zones.unwrap();
        assert_eq!(zones.zones, ["p", "q"]);
        assert_eq!(zones.counts, [[1, 0], [1, 0]]);
        assert_eq!(zones.changed, [("9".to_owned(), "q".to_owned(), "p".to_owned())]);
    }

    #[test]
    fn null_values_give_no_change_and_a_negative_base_keeps_the_sign_of_the_change() {
        let t = |v: &[Option<f64>]| {
            AttributeTable::new()
                .with("unit_id", ColumnData::texts(&["a", "b", "c"]))
                .with("net_t", ColumnData::Real(v.to_vec()))
        };
        let c = compare_tables(
            &t(&[None, Some(-2.0), Some(0.0)]),
            &t(&[Some(1.0), Some(-1.0), Some(1.0)]),
            "unit_id",
            "zone",
            &[],
        )
        .unwrap();
        let pct: Vec<Option<f64>> = c.differences.iter().map(|d| d.change_pct).collect();
        assert_eq!(pct, [None, Some(50.0), None]);
        assert_eq!(c.differences[0].change, None);
        assert!(c.zones.is_none());
    }

    #[test]
    fn duplicate_or_missing_ids_are_refused() {
        let a = table(&["a", "a"], &[1.0, 2.0], &["p", "q"]);
        assert!(compare_tables(&a, &a, "unit_id", "zone", &[]).unwrap_err().to_string().contains("a twice"));
        let error = compare_tables(&a, &a, "id", "zone", &[]).unwrap_err().to_string();
        assert!(error.contains("no column \"id\""));
    }

    #[test]
    fn a_long_table_is_split_by_year() {
        let long = table(&["a", "b", "a", "b"], &[1.0, 2.0, 3.0, 4.0], &["p", "q", "p", "p"])
            .with("year", ColumnData::Int(vec![Some(2020), Some(2020), Some(2015), Some(2015)]));
        let years = split_years(&long, "year").unwrap();
        assert_eq!(years.iter().map(|(y, _)| *y).collect::<Vec<_>>(), [2015, 2020]);
        let c = compare_tables(&years[0].1, &years[1].1, "unit_id", "zone", &["year"]).unwrap();
        assert_eq!(c.columns, ["gross_t"]);
        assert_eq!(c.differences[0].change, Some(-2.0));
        assert_eq!(c.zones.unwrap().changed, [("b".to_owned(), "p".to_owned(), "q".to_owned())]);
    }
}
