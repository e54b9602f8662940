//! `carbonzone factors`: the factor library.

use crate::args::FactorsArgs;
use crate::terminal::print_line;
use anyhow::bail;
use carbonzone::text_table::table;
use carbonzone_inventory::FactorLibrary;

/// The command.
pub fn factors(args: &FactorsArgs) -> anyhow::Result<u8> {
    let library = FactorLibrary::embedded();
    let rows = library.to_table(args.sector.as_deref());
    if rows.rows() == 0 {
        let mut known: Vec<&str> = library.factors.iter().map(|f| f.sector.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        bail!(
            "no factor of sector \"{}\"\nhint: one of sink, {}",
            args.sector.as_deref().unwrap_or(""),
            known.join(", ")
        );
    }
    if args.csv {
        let bytes = carbonzone_sheet::csv_bytes(&rows, false)?;
        print_line(&String::from_utf8_lossy(&bytes));
        return Ok(0);
    }
    let columns = ["id", "value", "unit", "gas", "uncertainty_pct", "status", "source"];
    let mut shown = table(&columns);
    let data: Vec<_> = columns.iter().filter_map(|c| rows.get(c)).collect();
    for row in 0..rows.rows() {
        shown.add_row(data.iter().map(|c| c.text_at(row).unwrap_or_default()).collect::<Vec<_>>());
    }
    print_line(&shown.to_string());
    print_line(&format!("{} rows; --csv gives all columns (activity, checked_against, note)", rows.rows()));
    Ok(0)
}
