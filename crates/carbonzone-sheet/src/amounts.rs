//! Amounts of people, or other weights, in the columns of a table: those that cannot be used are counted, with an example.

use crate::parse_number;
use carbonzone_types::ColumnData;

/// Amounts from here on are no people and no weights: a thousand billion.
pub const MOST: f64 = 1e12;

/// Features without a usable number.
#[derive(Debug, Default)]
pub struct Unusable {
    /// How many.
    pub count: u64,
    /// One of them is absurdly large: the table is damaged, or of another unit.
    pub absurd: bool,
    /// The value and the place of one of them: the first by value, whatever the order of the file.
    pub example: Option<(String, [f64; 2])>,
}

impl Unusable {
    /// The mean of the columns in each row, times its share; 0 where it is not usable.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn means(
        &mut self,
        columns: &[(&ColumnData, f64)],
        (xs, ys): (&[f64], &[f64]),
        shares: &[f64],
    ) -> Vec<f64> {
        let mean = |i| shares[i] * self.mean_of(columns, i, [xs[i], ys[i]]).unwrap_or(0.0);
        (0..xs.len()).map(mean).collect()
    }

    /// The mean of the columns in a row, each times its factor, if all of them are usable; else it is counted.
    pub fn mean_of(&mut self, columns: &[(&ColumnData, f64)], row: usize, place: [f64; 2]) -> Option<f64> {
        let sum: Result<f64, String> =
            columns.iter().map(|(c, factor)| Ok(factor * amount_at(c, row)?)).sum();
        match sum {
            Ok(sum) => Some(sum / columns.len().max(1) as f64),
            Err(value) => {
                self.count += 1;
                self.absurd |= columns.iter().any(|(c, _)| is_absurd(c, row));
                if self.example.as_ref().is_none_or(|(known, _)| value < *known) {
                    self.example = Some((value, place));
                }
                None
            }
        }
    }
}

/// The amount in a cell, else the value that is none.
fn amount_at(column: &ColumnData, row: usize) -> Result<f64, String> {
    let number = match column {
        ColumnData::Text(texts) => {
            let text = texts[row].as_deref().unwrap_or_default();
            parse_number(text).map_err(|_fault| text.to_owned())?
        }
        other => other.number_at(row),
    };
    let shown =
        || column.text_at(row).filter(|t| !t.trim().is_empty()).unwrap_or_else(|| "(empty)".to_owned());
    number.filter(|v| (0.0..MOST).contains(v)).ok_or_else(shown)
}

/// True for a number beyond all amounts.
fn is_absurd(column: &ColumnData, row: usize) -> bool {
    let number = match column {
        ColumnData::Text(texts) => parse_number(texts[row].as_deref().unwrap_or_default()).ok().flatten(),
        other => other.number_at(row),
    };
    number.is_some_and(|v| v.abs() >= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_as_people_write_them() {
        let texts = ["1,000", "１２", "", "-5", "about 20", "1e19"].map(|t| Some(t.to_owned()));
        let column = ColumnData::Text(texts.into());
        assert_eq!(amount_at(&column, 0), Ok(1000.0));
        assert_eq!(amount_at(&column, 1), Ok(12.0));
        for (row, shown) in [(2, "(empty)"), (3, "-5"), (4, "about 20"), (5, "1e19")] {
            assert_eq!(amount_at(&column, row), Err(shown.to_owned()));
        }
        assert_eq!(amount_at(&ColumnData::Real(vec![None]), 0), Err("(empty)".to_owned()));
        assert_eq!(amount_at(&ColumnData::Real(vec![Some(f64::INFINITY)]), 0), Err("inf".to_owned()));
        assert_eq!(amount_at(&ColumnData::Int(vec![Some(7)]), 0), Ok(7.0));
    }

    #[test]
    fn the_example_does_not_depend_on_the_order() {
        let example = |texts: [&str; 3]| {
            let column = ColumnData::Text(texts.map(|t| Some(t.to_owned())).into());
            let mut bad = Unusable::default();
            for row in 0..3 {
                let _ = bad.mean_of(&[(&column, 1.0)], row, [0.0, 0.0]);
            }
            (bad.count, bad.example.map(|e| e.0))
        };
        assert_eq!(example(["x", "5", "a"]), example(["a", "x", "5"]));
        assert_eq!(example(["x", "5", "a"]).0, 2);
    }
}
