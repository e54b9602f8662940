//! The closing summary of a run.

use crate::language;
use crate::terminal::print_line;
use carbonzone::maps::{lang as label_language, language_of};
use carbonzone::out_dir::read_manifest;
use std::path::Path;

/// Prints the closing summary of a finished run in the language of the run, unless another one is asked for.
///
/// # Errors
/// If the folder holds no run.
pub fn print(dir: &Path) -> crate::failure::Result<u8> {
    let manifest = read_manifest(dir)?;
    let lang = language::asked().unwrap_or_else(|| label_language(language_of(&manifest)));
    print_line(&carbonzone::text::summary(&manifest, dir, lang));
    Ok(0)
}
