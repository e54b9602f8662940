//! Tables of codes that a layer names: one that is shipped, or a CSV of the user's in any encoding.

use super::{Notes, missing_file};
use crate::load_config::{Loaded, suggest};
use carbonzone_sheet::read_csv_text;
use carbonzone_spatialize::SchemeError;
use carbonzone_types::Finding;
use std::path::Path;

/// Where such tables come from.
pub struct Kind<T> {
    /// Layer that names the table.
    pub layer: &'static str,
    /// Key of the layer that does.
    pub key: &'static str,
    /// Code of the finding if the table cannot be used.
    pub code: &'static str,
    /// Names of the shipped ones.
    pub names: Vec<&'static str>,
    pub shipped: fn(&str) -> Result<T, SchemeError>,
    /// One of the user's.
    pub from_csv: fn(&str, &str) -> Result<T, SchemeError>,
}

/// The table of this name or path.
///
/// # Errors
/// What is wrong, with the place in the pipeline file.
pub fn load<T>(loaded: &Loaded, name: &str, kind: &Kind<T>, notes: &mut Notes) -> Result<T, Finding> {
    let refuse = |e: &SchemeError| Finding::error(kind.code, e.to_string());
    let path = loaded.resolve(name.as_ref());
    let table = if kind.names.contains(&name) {
        (kind.shipped)(name).map_err(|e| refuse(&e))
    } else if path.is_file() {
        read_csv_text(&path, None, None).and_then(|csv| csv.plain()).map_err(|e| e.to_finding()).and_then(
            |(text, odd)| {
                notes.findings.items.extend(odd.into_iter().map(|note| note.layer(kind.layer).file(name)));
                (kind.from_csv)(name, &text).map_err(|e| refuse(&e))
            },
        )
    } else if Path::new(name).extension().is_some() {
        Err(missing_file(kind.layer, name, &path))
    } else {
        (kind.shipped)(name).map_err(|e| suggest(refuse(&e), name, kind.names.iter().copied()))
    };
    table.map_err(|finding| {
        let finding = finding.layer(kind.layer).field(format!("layers.{}.{}", kind.layer, kind.key));
        loaded.at(finding, &["layers", kind.layer, kind.key])
    })
}
