//! POI of the same name, by place.

use super::poi_raw::RawRow;
use std::collections::HashMap;

/// Distance within which two POI of the same name are one (docs/adr/0005), m.
const SAME_NAME_M: f64 = 5.0;

/// Rows of one name in groups: each is within 5 m of the first row of its group. Those first rows are more than 5 m
/// apart, so that a square of 5 m holds few of them, and the search is short for any number of rows.
pub fn places_of_one_name(rows: &[RawRow]) -> Vec<Vec<RawRow>> {
    let mut groups: Vec<Vec<RawRow>> = Vec::new();
    let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for row in rows {
        let square = ((row.x / SAME_NAME_M).floor() as i64, (row.y / SAME_NAME_M).floor() as i64);
        let around = (-1..=1).flat_map(|i| (-1..=1).map(move |j| (square.0 + i, square.1 + j)));
        let near = |group: &&usize| {
            let first = &groups[**group][0];
            (first.x - row.x).hypot(first.y - row.y) <= SAME_NAME_M
        };
        let found = around
            .filter_map(|s| squares.get(&s))
            .flat_map(|groups| groups.iter())
            .filter(near)
            .min()
            .copied();
        if let Some(group) = found {
            groups[group].push(*row);
        } else {
            squares.entry(square).or_default().push(groups.len());
            groups.push(vec![*row]);
        }
    }
    groups
}
