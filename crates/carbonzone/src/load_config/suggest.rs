//! "Did you mean ...?"

use carbonzone_sheet::nearest;
use carbonzone_types::Finding;

/// Adds "did you mean" if one of the names that exist is like the one found.
pub fn suggest<'a>(finding: Finding, found: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    match nearest(found, known, 1).first() {
        Some(name) => finding.hint(format!("did you mean \"{name}\"?")),
        None => finding,
    }
}
