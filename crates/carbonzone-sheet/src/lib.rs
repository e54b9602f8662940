//! Tables as people keep them: CSV in any encoding and spreadsheets, read as cells, written for Excel.
//!
//! Reading: [`read_sheets`] gives raw [`Sheet`]s of [`Cell`]s from CSV (UTF-8 with or without BOM,
//! UTF-16, GB18030/GBK; `,` `;` tab or `|`) and from XLSX, XLS, XLSB and ODS. [`read_table`] finds the header below
//! title rows and merged headers and gives a [`Table`] with typed access; every complaint names file, sheet and cell.
//! Writing: [`csv_bytes`] / [`write_csv_bom`] and [`xlsx_bytes`] / [`write_xlsx`], byte for byte reproducible.
//!
//! What it does *not* do: know units, activities or geometry, or guess silently. A number that cannot be read is an
//! error with its cell, never 0.
//!
//! ```
//! use carbonzone_sheet::{ColumnSpec, ReadOptions, table_from_bytes};
//! let csv = "苏州市能源消费（合成）,,\n指标,单位,２０２０年\n原煤,万吨,\"5,120.4\"\n焦炭,万吨,—\n";
//! let columns = [
//!     ColumnSpec::required("activity", &["activity", "指标"]),
//!     ColumnSpec::optional("unit", &["unit", "单位"]),
//!     ColumnSpec::required("value", &["value", "2020年"]),
//! ];
//! let table = table_from_bytes(csv.as_bytes(), "yearbook.csv", &ReadOptions::default(), &columns)?;
//! let (activity, value) = (table.required(&columns[0])?, table.required(&columns[2])?);
//! assert_eq!(table.text(0, activity).as_deref(), Some("原煤"));
//! assert_eq!(table.number(0, value)?, Some(5120.4));
//! assert_eq!(table.number(1, value)?, None);           // a dash is a missing value
//! assert_eq!(table.place(1, value), "yearbook.csv, cell C4");
//! # Ok::<(), carbonzone_sheet::SheetError>(())
//! ```

mod amounts;
mod angle;
mod cell;
mod column;
mod csv_lines;
mod csv_read;
mod encoding;
mod error;
mod formula;
mod header;
mod join;
mod number;
mod ods_facts;
mod read;
mod sheet_facts;
mod suggest;
mod superscript;
mod table;
mod text;
mod workbook;
mod workbook_guard;
mod workbook_watch;
mod write;
mod xls_container;
mod xls_facts;
mod xlsb_facts;
mod xlsx_facts;
mod xlsx_write;

pub use amounts::{MOST, Unusable};
pub use angle::angle;
pub use cell::{Cell, Merge, Sheet, a1, column_letters};
pub use column::ColumnNumbers;
pub use csv_lines::{CsvFault, CsvLines, CsvRecord, OddLines};
pub use csv_read::{CsvText, decode_csv, guess_delimiter, line_end, odd_lines, ragged_hint, read_csv_text};
pub use encoding::{Decoded, decode, detect_encoding};
pub use error::SheetError;
pub use header::{ColumnSpec, HeaderMatch, find_header};
pub use join::{KeyIndex, KeyJoin, KeyMatch};
pub use number::{
    CommaEvidence, Commas, NumberFault, is_missing, parse_number, parse_number_as, parse_percent_as,
};
pub use read::{ReadOptions, read_sheets, read_table, sheets_from_bytes, table_from_bytes};
pub use suggest::{did_you_mean, nearest};
pub use table::Table;
pub use text::{label_key, normalise_text, simplified};
pub use write::{OutSheet, csv_bytes, write_csv_bom};
pub use xlsx_write::{write_xlsx, xlsx_bytes};
