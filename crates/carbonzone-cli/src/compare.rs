//! `carbonzone compare`: differences of two runs or two years per unit, and who moved from which zone to which.

use crate::args::CompareArgs;
use crate::language::{self, lang};
use crate::terminal::print_line;
use carbonzone::compare::compare as compare_runs;
use carbonzone::new_file::{must_be_new, write_new};

pub fn compare(args: &CompareArgs) -> crate::failure::Result<u8> {
    // Both or none: nothing is written if one of them cannot be.
    [&args.export, &args.report].into_iter().flatten().try_for_each(|path| must_be_new(path))?;
    let compared = compare_runs(&args.run_a, &args.run_b, args.year_a.zip(args.year_b))?;
    if let Some(path) = &args.export {
        write_new(path, &carbonzone_sheet::csv_bytes(&compared.wide, true)?)?;
    }
    if let Some(path) = &args.report {
        let page = carbonzone::compare_report::page(&compared, language::asked())?;
        write_new(path, page.as_bytes())?;
    }
    print_line(&carbonzone::text::comparison(&compared, lang()));
    Ok(0)
}
