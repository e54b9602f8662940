//! `carbonzone factors`: the factor library.

use crate::args::FactorsArgs;
use crate::language::{lang, say, word};
use crate::terminal::print_line;
use carbonzone::text_table::table;
use carbonzone_inventory::FactorLibrary;
use carbonzone_report::Lang;
use carbonzone_types::ColumnData;

pub fn factors(args: &FactorsArgs) -> crate::failure::Result<u8> {
    let library = FactorLibrary::embedded();
    let rows = library.to_table(args.sector.as_deref());
    if rows.rows() == 0 {
        let mut known: Vec<&str> = library.factors.iter().map(|f| f.sector.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let (sector, known) = (args.sector.as_deref().unwrap_or(""), known.join(", "));
        return Err(format!("no factor of sector \"{sector}\"\nhint: one of sink, {known}").into());
    }
    if args.csv {
        let bytes = carbonzone_sheet::csv_bytes(&rows, false)?;
        print_line(&String::from_utf8_lossy(&bytes));
        return Ok(0);
    }
    let columns = ["id", "value", "unit", "gas", "uncertainty_pct", "status", "source"];
    let heads = match lang() {
        Lang::Zh => ["编号", "数值", "单位", "气体", "不确定性 %", "核实状态", "来源"],
        _ => columns,
    };
    let mut shown = table(&heads);
    let data: Vec<_> = columns.iter().filter_map(|c| rows.get(c)).collect();
    for row in 0..rows.rows() {
        let cell = |(c, name): (&&ColumnData, &str)| {
            let text = c.text_at(row).unwrap_or_default();
            if name == "status" { word(&text) } else { text }
        };
        shown.add_row(data.iter().zip(columns).map(cell).collect::<Vec<_>>());
    }
    print_line(&shown.to_string());
    let n = rows.rows();
    let en = format!("{n} rows; --csv gives all columns (activity, checked_against, note)");
    let zh = format!("共 {n} 行；--csv 给出所有列（activity、checked_against、note）");
    print_line(&say(&en, &zh));
    Ok(0)
}
