//! Numeric columns of a dBASE table as the digits that stand in the file: GDAL reads numbers of 19 digits and more as reals,
//! and a real keeps 15 to 17 of them.

use std::path::Path;

/// Longest number without decimals that GDAL reads as a 64-bit integer, digits.
const INTEGER_DIGITS: usize = 18;

/// A column as text, by record.
#[derive(Debug)]
pub(crate) struct DbfDigits {
    bytes: Vec<u8>,
    width: usize,
}

impl DbfDigits {
    /// The column with this number, if it is one of whole numbers too long for an integer.
    pub(crate) fn read(shapefile: &Path, column: usize) -> Option<Self> {
        let lower = shapefile.with_extension("dbf");
        let path = if lower.exists() { lower } else { shapefile.with_extension("DBF") };
        Self::of(&std::fs::read(path).ok()?, column)
    }

    /// dBASE III: number of records at 4, length of header and record at 8 and 10, 32 bytes per field from 32 on.
    fn of(table: &[u8], column: usize) -> Option<Self> {
        let number = |at: usize, n: usize| -> Option<usize> {
            Some(table.get(at..at + n)?.iter().rev().fold(0, |sum, b| sum << 8 | usize::from(*b)))
        };
        let (records, header, record) = (number(4, 4)?, number(8, 2)?, number(10, 2)?);
        let field = |k: usize| table.get(32 + 32 * k..64 + 32 * k).filter(|f| f[0] != 0x0D);
        // The first byte of a record says whether it is deleted.
        let start = (0..column).try_fold(1, |sum, k| Some(sum + usize::from(field(k)?[16])))?;
        let (kind, width, decimals) =
            (field(column)?[11], usize::from(field(column)?[16]), field(column)?[17]);
        if !matches!(kind, b'N' | b'F') || width <= INTEGER_DIGITS || decimals > 0 {
            return None;
        }
        let mut bytes = Vec::with_capacity(records * width);
        for row in 0..records {
            let from = header + row * record + start;
            bytes.extend_from_slice(table.get(from..from + width)?);
        }
        Some(Self { bytes, width })
    }

    /// The digits of a record; `None` if it is blank.
    pub(crate) fn text(&self, record: u64) -> Option<String> {
        let from = usize::try_from(record).ok()?.checked_mul(self.width)?;
        let text = std::str::from_utf8(self.bytes.get(from..from + self.width)?).ok()?;
        let text = text.trim_matches(|c: char| c == ' ' || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with an integer field of width 4 and a numeric one of the given width and decimals.
    fn table(width: u8, decimals: u8, values: &[&str]) -> Vec<u8> {
        let record = 1 + 4 + usize::from(width);
        let mut out = vec![3, 0, 0, 0];
        out.extend((values.len() as u32).to_le_bytes());
        out.extend((97u16).to_le_bytes());
        out.extend((record as u16).to_le_bytes());
        out.resize(32, 0);
        for (name, width, decimals) in [("A", 4, 0), ("BSM", width, decimals)] {
            let mut field = [0u8; 32];
            field[..name.len()].copy_from_slice(name.as_bytes());
            (field[11], field[16], field[17]) = (b'N', width, decimals);
            out.extend(field);
        }
        out.push(0x0D);
        for value in values {
            out.extend(format!(" {:>4}{value:>w$}", 7, w = usize::from(width)).bytes());
        }
        out
    }

    #[test]
    fn nineteen_digits_are_kept() {
        let ids = ["3205050000000000001", "3205050000000001001", ""];
        let column = DbfDigits::of(&table(19, 0, &ids), 1).unwrap();
        assert_eq!(column.text(0).as_deref(), Some(ids[0]));
        assert_eq!(column.text(1).as_deref(), Some(ids[1]));
        assert_eq!((column.text(2), column.text(3)), (None, None));
    }

    #[test]
    fn short_numbers_and_reals_are_left_to_gdal() {
        assert!(DbfDigits::of(&table(18, 0, &["1"]), 1).is_none());
        assert!(DbfDigits::of(&table(19, 3, &["1.000"]), 1).is_none());
        assert!(DbfDigits::of(&table(19, 0, &["1"]), 2).is_none(), "no such field");
        let cut = table(19, 0, &["1", "2"]);
        assert!(DbfDigits::of(&cut[..cut.len() - 1], 1).is_none(), "a cut table");
    }
}
