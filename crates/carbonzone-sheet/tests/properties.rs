//! What holds for any number and any text.

use carbonzone_sheet::{ReadOptions, csv_bytes, normalise_text, parse_number, sheets_from_bytes};
use carbonzone_types::{AttributeTable, ColumnData};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_number_survives_printing_with_separators_and_full_width_digits(whole in -999_999_999_999i64..999_999_999_999, cents in 0u32..100) {
        let digits = whole.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(c);
        }
        let sign = if whole < 0 { "-" } else { "" };
        let plain: f64 = format!("{sign}{digits}.{cents:02}").parse().unwrap();
        let text = format!("{sign}{grouped}.{cents:02}");
        let wide: String = text.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        prop_assert_eq!(parse_number(&text), Ok(Some(plain)));
        prop_assert_eq!(parse_number(&wide), Ok(Some(plain)));
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in "\\PC{0,40}") {
        let once = normalise_text(&text);
        prop_assert_eq!(normalise_text(&once), once);
    }

    #[test]
    fn what_is_written_as_csv_reads_back(cells in prop::collection::vec("[a-z苏州,\";\n]{1,12}", 1..20)) {
        let table = AttributeTable::new()
            .with("name", ColumnData::texts(&cells))
            .with("n", ColumnData::Int((0..cells.len() as i64).map(Some).collect()));
        let options = ReadOptions { delimiter: Some(','), ..ReadOptions::default() };
        let sheets = match sheets_from_bytes(&csv_bytes(&table, true).unwrap(), "t.csv", &options) {
            Ok(sheets) => sheets,
            Err(error) => {
                // Only a cell that holds what looks like another row is refused.
                let like_rows = cells.iter().any(|c| c.contains('\n') && c.contains(','));
                prop_assert!(error.to_string().contains("both give whole rows") && like_rows, "{}", error);
                return Ok(());
            }
        };
        let rows = &sheets[0].rows;
        prop_assert_eq!(rows.len(), cells.len() + 1);
        for (row, cell) in rows[1..].iter().zip(&cells) {
            let read = row[0].raw_text().unwrap_or_default();
            prop_assert_eq!(read.trim(), cell.trim());
        }
    }
}
