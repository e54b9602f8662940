//! `carbonzone sensitivity`: townships whose class changes if one choice had been made otherwise.

use crate::args::{Output, SensitivityArgs};
use crate::diagnostics;
use crate::language::lang;
use crate::progress::observer;
use crate::terminal::print_line;
use carbonzone::new_file::{must_be_new, write_new};
use carbonzone::sensitivity::sensitivity as try_choices;
use carbonzone::{Config, Files};

pub fn sensitivity(args: &SensitivityArgs) -> crate::failure::Result<u8> {
    args.out.as_deref().map_or(Ok(()), must_be_new)?;
    let read = Config::read(&args.pipeline, &args.set);
    let Some(config) = read.value.filter(|_| !read.findings.blocks()) else {
        diagnostics::eprint(&read.findings, &args.pipeline);
        return Ok(read.findings.exit_code());
    };
    let found = try_choices(&config, Files, &*observer(args.quiet));
    let Some(result) = found.value else {
        if crate::progress::cancelled() {
            return Ok(crate::run::say_cancelled());
        }
        diagnostics::eprint(&found.findings, &args.pipeline);
        return Ok(found.findings.exit_code().max(1));
    };
    let text = match args.format {
        Output::People => carbonzone::text::sensitivity(&result, &config, lang()).into_bytes(),
        Output::Json => serde_json::to_vec_pretty(&result)?,
        Output::Csv => carbonzone_sheet::csv_bytes(&result.table(), args.out.is_some())?,
    };
    match &args.out {
        Some(path) => write_new(path, &text)?,
        None => print_line(String::from_utf8_lossy(&text).trim_end()),
    }
    Ok(0)
}
