//! A column of class codes: each distinct code once, and its number per row.

use carbonzone_types::{AttributeTable, ColumnData, NumberedTexts};
use rayon::prelude::*;

/// Fields of a setting such as `landuse|natural|leisure`.
pub fn fields_of(setting: &str) -> impl Iterator<Item = String> {
    setting.split('|').map(str::trim).filter(|f| !f.is_empty()).map(str::to_owned)
}

/// Class codes of many rows. A city has a million parcels and a hundred codes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Codes {
    /// The distinct codes, in the order in which they first occur; a code of two fields is named twice.
    pub names: Vec<String>,
    pub fields: Vec<String>,
    /// Index into `names` per row.
    pub of: Vec<u32>,
}

impl Codes {
    /// Value per row of the first of the fields (`landuse|natural`) that is not empty; empty text if all are. `None` if a
    /// field is missing or none is named.
    pub fn first_filled(table: &AttributeTable, setting: &str) -> Option<Self> {
        let fields: Vec<String> = fields_of(setting).collect();
        if fields.is_empty() {
            return None;
        }
        let columns: Vec<&ColumnData> = fields.iter().map(|f| table.get(f)).collect::<Option<_>>()?;
        let rows = table.rows();
        let parts: Vec<NumberedTexts> = (0..rows.div_ceil(PART))
            .into_par_iter()
            .map(|k| NumberedTexts::of(&columns, k * PART..rows.min((k + 1) * PART)))
            .collect();
        let NumberedTexts { distinct, of } = NumberedTexts::joined(parts);
        let (fields, names) = distinct.into_iter().map(|(field, text)| (fields[field].clone(), text)).unzip();
        Some(Self { names, fields, of })
    }

    pub fn all_same(code: &str, rows: usize) -> Self {
        Self { names: vec![code.to_owned()], fields: vec![String::new()], of: vec![0; rows] }
    }

    /// The rows with these positions.
    pub fn kept(&self, rows: &[u32]) -> Self {
        let of = rows.iter().map(|&row| self.of[row as usize]).collect();
        Self { names: self.names.clone(), fields: self.fields.clone(), of }
    }

    /// Appends the rows of another column. Gives what its numbers grow by.
    pub fn append(&mut self, other: &Self) -> u32 {
        let offset = self.names.len() as u32;
        self.names.extend(other.names.iter().cloned());
        self.fields.extend(other.fields.iter().cloned());
        self.of.extend(other.of.iter().map(|number| number + offset));
        offset
    }

    /// Field and code of each distinct code.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(String::as_str).zip(self.names.iter().map(String::as_str))
    }
}

/// Rows that are looked at together.
const PART: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_many_rows_are_numbered_as_they_first_occur() {
        let code = |i: usize| format!("{:04}", i * i % 4099 % 3001);
        let n = 5 * PART / 2;
        let table = AttributeTable::new()
            .with("code", ColumnData::Text((0..n).map(|i| Some(code(i)).filter(|_| i % 9 > 0)).collect()));
        let codes = Codes::first_filled(&table, "code").unwrap();
        let mut wanted: Vec<String> = Vec::new();
        for i in 0..n {
            let name = if i % 9 > 0 { code(i) } else { String::new() };
            if !wanted.contains(&name) {
                wanted.push(name.clone());
            }
            assert_eq!(codes.names[codes.of[i] as usize], name);
        }
        assert_eq!(codes.names, wanted);
        assert!(wanted.len() > 1000 && codes.of.len() == n);
    }

    #[test]
    fn the_first_field_that_is_filled_counts_and_every_code_is_kept_once() {
        let text = |v: &[Option<&str>]| ColumnData::Text(v.iter().map(|t| t.map(str::to_owned)).collect());
        let table = AttributeTable::new()
            .with("landuse", text(&[Some("forest"), None, Some(""), Some("forest"), None]))
            .with("natural", text(&[Some("wood"), Some("water"), Some("water"), None, None]))
            .with("code", ColumnData::Int(vec![Some(601), Some(601), None, Some(7), None]));
        let codes = Codes::first_filled(&table, "landuse | natural").unwrap();
        assert_eq!(codes.names, ["forest", "water", ""]);
        assert_eq!(codes.fields, ["landuse", "natural", "landuse"]);
        assert_eq!(codes.of, [0, 1, 1, 0, 2]);
        assert_eq!(Codes::first_filled(&table, "code").unwrap().names, ["601", "", "7"]);
        assert_eq!(Codes::first_filled(&table, "landuse|missing"), None);
        let mut both = codes.kept(&[1, 4]);
        assert_eq!((both.append(&Codes::all_same("water", 2)), both.of), (3, vec![1, 2, 3, 3]));
    }
}
