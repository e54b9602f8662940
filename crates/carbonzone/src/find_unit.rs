//! The unit that a user means by an id, a name, or a cell.

use carbonzone_sheet::nearest;
use carbonzone_types::{AttributeTable, GridSpec};
use std::fmt::Write as _;

/// Most units listed in a message.
const LISTED: usize = 20;

/// The row of the unit with this id or name.
///
/// # Errors
/// A message that lists every unit of that name if there are several, else the nearest names and ids.
pub fn unit_row(table: &AttributeTable, layer: &str, wanted: &str) -> Result<usize, String> {
    let column = |field: &str| table.texts(field).unwrap_or_else(|| vec![None; table.rows()]);
    let (ids, names, english) = (column("unit_id"), column("name"), column("name_en"));
    if let Some(row) = ids.iter().position(|id| id.as_deref() == Some(wanted)) {
        return Ok(row);
    }
    let key = folded(wanted);
    let means = |text: &Option<String>| text.as_deref().is_some_and(|t| folded(t) == key);
    let rows: Vec<usize> =
        (0..table.rows()).filter(|i| means(&ids[*i]) || means(&names[*i]) || means(&english[*i])).collect();
    match rows.as_slice() {
        [] => Err(unknown(layer, wanted, &[&names, &english, &ids])),
        [row] => Ok(*row),
        many => {
            let mut message = format!("{} units of layer {layer} are called \"{wanted}\":", many.len());
            let district = column("district");
            for row in many.iter().take(LISTED) {
                let parts = [&ids[*row], &names[*row], &english[*row], &district[*row]];
                let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
                let _ = write!(message, "\n  {}", parts.join("  "));
            }
            if many.len() > LISTED {
                let _ = write!(message, "\n  and {} more", many.len() - LISTED);
            }
            Err(message + "\nhint: give the id of the one you mean")
        }
    }
}

/// Column and row of a cell written as `60,60` or as its id `c60_r60`.
///
/// # Errors
/// A message that says what is expected.
pub fn cell(text: &str, grid: &GridSpec) -> Result<(u32, u32), String> {
    let lower = text.trim().to_ascii_lowercase();
    let of_id = || lower.strip_prefix('c')?.split_once("_r");
    let pair = of_id().or_else(|| lower.split_once(','));
    let number = |s: &str| s.trim().parse::<u32>().ok();
    pair.and_then(|(c, r)| Some((number(c)?, number(r)?)))
        .filter(|(c, r)| *c < grid.cols && *r < grid.rows)
        .ok_or_else(|| {
            format!(
                "--cell {text}: expected COL,ROW (or its id c<COL>_r<ROW>) with COL < {} and ROW < {}",
                grid.cols, grid.rows
            )
        })
}

/// Without blanks, hyphens and upper case: `Yu Shan` is `yushan`.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\'' | '’'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// What to say of an id that no unit has: the nearest ones, else what ids look like.
pub fn unknown_id(layer: &str, wanted: &str, ids: &[Option<String>]) -> String {
    unknown(layer, wanted, &[ids])
}

fn unknown(layer: &str, wanted: &str, columns: &[&[Option<String>]]) -> String {
    let known = columns.iter().flat_map(|c| c.iter().flatten()).map(String::as_str);
    let close = nearest(wanted, known, 5);
    let mut message = format!("no unit \"{wanted}\" in layer {layer}\nhint: ");
    if close.is_empty() {
        let some: Vec<String> = (0..columns[0].len().min(8))
            .map(|i| {
                // The id comes last among the columns: it is shown first, the name after it.
                let shown = [columns.last(), columns.first().filter(|_| columns.len() > 1)];
                let texts = shown.into_iter().flatten().filter_map(|column| column[i].as_deref());
                texts.collect::<Vec<_>>().join(" ")
            })
            .collect();
        let _ = write!(message, "ids and names look like this: {}", some.join(", "));
    } else {
        let _ = write!(message, "did you mean {}?", close.join(", "));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::ColumnData;

    fn townships() -> AttributeTable {
        let texts = |v: &[&str]| ColumnData::Text(v.iter().map(|s| Some((*s).to_owned())).collect());
        AttributeTable::new()
            .with("unit_id", texts(&["320581001", "320583001", "320583002"]))
            .with("name", texts(&["虞山街道", "玉山镇", "巴城镇"]))
            .with("name_en", texts(&["Yushan", "Yushan", "Bacheng"]))
            .with("district", texts(&["常熟市", "昆山市", "昆山市"]))
    }

    #[test]
    fn two_units_of_one_name_are_both_listed_and_none_is_taken() {
        let message = unit_row(&townships(), "townships", "Yushan").unwrap_err();
        for part in ["2 units", "320581001", "虞山街道", "常熟市", "320583001", "玉山镇", "昆山市", "hint"]
        {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(!message.contains("320583002"), "{message}");
    }

    #[test]
    fn an_id_a_chinese_name_and_another_spelling_find_their_unit() {
        let table = townships();
        for (text, row) in [("320583001", 1), ("玉山镇", 1), ("ba-cheng", 2), ("BACHENG", 2), ("Ba Cheng", 2)]
        {
            assert_eq!(unit_row(&table, "townships", text), Ok(row), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let table = townships();
        let of = |text: &str| unit_row(&table, "townships", text).unwrap_err();
        assert!(of("Bachang").contains("did you mean Bacheng"), "{}", of("Bachang"));
        assert!(of("巴城").contains("巴城镇"), "{}", of("巴城"));
        assert!(
            of("nowhere at all").contains("look like this: 320581001 虞山街道"),
            "{}",
            of("nowhere at all")
        );
    }

    #[test]
    fn an_unknown_parcel_suggests_the_nearest_ids() {
        let ids: Vec<Option<String>> = ["P00412", "P00413", "Q9"].map(|id| Some(id.to_owned())).to_vec();
        let message = unknown_id("parcels", "P0412", &ids);
        assert!(
            message.contains("no unit \"P0412\" in layer parcels") && message.contains("P00412"),
            "{message}"
        );
        assert!(unknown_id("parcels", "x", &ids).contains("look like this: P00412, P00413, Q9"));
    }

    #[test]
    fn a_cell_is_known_by_its_numbers_and_by_its_id() {
        let grid = GridSpec { x_min: 0.0, y_max: 0.0, cell: 1000.0, cols: 70, rows: 61 };
        for text in ["69,60", "c69_r60", " C69_R60 ", "69 , 60"] {
            assert_eq!(cell(text, &grid), Ok((69, 60)), "{text}");
        }
        for text in ["70,60", "c69_r61", "c69", "69;60", "c-1_r2", ""] {
            assert!(cell(text, &grid).unwrap_err().contains("COL < 70 and ROW < 61"), "{text}");
        }
    }
}
