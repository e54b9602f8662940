//! `carbonzone sheets`: one printable page per unit.

use crate::args::SheetsArgs;
use crate::language;
use crate::terminal::print_line;
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::sheets::{SheetOptions, sheets as write};
use carbonzone_report::Lang;

pub fn sheets(args: &SheetsArgs) -> crate::failure::Result<u8> {
    let path = args.out.clone().unwrap_or_else(|| std::path::PathBuf::from("sheets.html"));
    must_be_new(&path)?;
    let lang = args.language.or(language::asked()).unwrap_or(Lang::En);
    let options = SheetOptions { district: args.district.clone(), year: args.year, lang };
    let (html, pages) = write(&args.run_dir, &options)?;
    write_new(&path, html.as_bytes())?;
    print_line(&format!("{pages} pages written to {}: open it in a browser and print", path.display()));
    Ok(0)
}
