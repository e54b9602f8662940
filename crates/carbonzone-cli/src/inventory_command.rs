//! `carbonzone inventory`: sector totals line by line.

use crate::args::InventoryArgs;
use crate::diagnostics;
use crate::language::{lang, say};
use crate::progress::observer;
use crate::terminal::print_line;
use carbonzone::Config;
use carbonzone::inventory::{SectorTotals, export, sector_totals};
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::text;

pub fn inventory(args: &InventoryArgs) -> crate::failure::Result<u8> {
    [&args.template, &args.export].into_iter().flatten().try_for_each(|path| must_be_new(path))?;
    if let Some(path) = &args.template {
        write_new(path, &carbonzone_sheet::xlsx_bytes(&carbonzone_inventory::template(None))?)?;
        let path = path.display();
        print_line(&say(&format!("wrote the yearbook template {path}"), &format!("已写出年鉴模板 {path}")));
        return Ok(0);
    }
    let pipeline = args.pipeline.as_deref().ok_or("no pipeline file")?;
    let read = Config::read(pipeline, &args.set);
    let Some(config) = read.value.filter(|_| !read.findings.blocks()) else {
        diagnostics::eprint(&read.findings, pipeline);
        return Ok(read.findings.exit_code());
    };
    let mut totals = sector_totals(&config, &*observer(false));
    if args.strict {
        totals.findings.make_strict();
    }
    diagnostics::eprint(&totals.findings, pipeline);
    match totals.value.filter(|_| !totals.findings.blocks()) {
        None => return Ok(totals.findings.exit_code()),
        Some(SectorTotals::Given(_)) if args.export.is_some() => {
            return Err("--export writes computed inventories; this pipeline gives its totals".into());
        }
        Some(SectorTotals::Given(totals)) => print_line(&text::given_totals(&totals, lang())),
        Some(SectorTotals::Computed(inventory)) => {
            if let Some(path) = &args.export {
                export(&inventory, path)?;
            }
            print_line(&text::computed_totals(&inventory, lang()));
        }
    }
    Ok(0)
}
