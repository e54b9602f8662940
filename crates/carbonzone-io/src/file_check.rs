//! Is the file there, whole, and with all its parts?

use crate::source::{Reporter, VectorSource, has_extension, listed, name_hint};
use carbonzone_types::Finding;
use std::path::Path;

/// Checks that the file is there, with the parts a shapefile needs. False: reported, do not open.
pub(crate) fn check_file(source: &VectorSource, report: &mut Reporter<'_>) -> bool {
    if source.is_virtual() {
        return true;
    }
    if !source.path.exists() {
        let mut finding = Finding::fatal("missing_file", format!("{} does not exist", source.shown_path()));
        let siblings: Vec<String> = source
            .path
            .parent()
            .map(|dir| if dir.as_os_str().is_empty() { Path::new(".") } else { dir })
            .and_then(|dir| std::fs::read_dir(dir).ok())
            .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let name = source.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        finding = finding.hint(name_hint(&name, &siblings, "paths are relative to the pipeline file"));
        report.add(finding);
        return false;
    }
    if let Err(e) = carbonzone_types::plain_file(&source.path) {
        report.add(Finding::error("unreadable_file", format!("{} {e}", source.shown_path())));
        return false;
    }
    if std::fs::metadata(&source.path).is_ok_and(|m| m.is_file() && m.len() == 0) {
        report.add(
            Finding::error("unreadable_file", "the file is empty (0 bytes)")
                .hint("the download or copy was cut off: get the file again"),
        );
        return false;
    }
    if has_extension(&source.path, &["shp"]) {
        return check_shapefile_parts(source, report);
    }
    true
}

fn check_shapefile_parts(source: &VectorSource, report: &mut Reporter<'_>) -> bool {
    let part = |extension: &str| {
        [extension.to_owned(), extension.to_uppercase()]
            .iter()
            .any(|e| source.path.with_extension(e).exists())
    };
    let hint = "a shapefile is several files with one name: copy .shp, .shx, .dbf, .prj and .cpg together";
    let mut usable = true;
    if !part("shx") {
        usable = false;
        report.add(
            Finding::error("shapefile_part_missing", "the .shx file (index) of the shapefile is missing")
                .hint(hint),
        );
    }
    if !part("dbf") {
        let needed = !source.fields.is_empty() || source.id.is_some() || source.filter.is_some();
        let message = "the .dbf file (attribute table) of the shapefile is missing";
        if needed {
            usable = false;
            let wanted: Vec<&String> = source.id.iter().chain(&source.fields).collect();
            report.add(
                Finding::error("shapefile_part_missing", message)
                    .expected(format!("columns {}", listed(&wanted)))
                    .hint(hint),
            );
        } else {
            report.add(Finding::warning("shapefile_part_missing", message).hint(hint));
        }
    }
    if usable && is_cut(&source.path, &part) {
        usable = false;
        report.add(
            Finding::error("truncated_file", "the shapefile is shorter than its own header says")
                .hint("the copy or download was cut off: get it again"),
        );
    }
    usable
}

/// True if the .shp or the .dbf is shorter than its header announces (ESRI 1998, p. 3; dBASE III header).
fn is_cut(path: &Path, part: &dyn Fn(&str) -> bool) -> bool {
    let head = |extension: &str| -> Option<(Vec<u8>, u64)> {
        use std::io::Read;
        let lower = path.with_extension(extension);
        let path = if lower.exists() { lower } else { path.with_extension(extension.to_uppercase()) };
        let file = std::fs::File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut bytes = Vec::new();
        file.take(32).read_to_end(&mut bytes).ok()?;
        Some((bytes, size))
    };
    let number = |bytes: &[u8], at: usize, n: usize| -> u64 {
        bytes.get(at..at + n).unwrap_or_default().iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b))
    };
    let shp_cut = head("shp").is_some_and(|(b, size)| {
        let words = b.get(24..28).unwrap_or_default().iter().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        size < 100 || size < 2 * words
    });
    let dbf_cut = part("dbf")
        && head("dbf").is_some_and(|(b, size)| {
            size < 32 || size < number(&b, 8, 2) + number(&b, 4, 4) * number(&b, 10, 2)
        });
    shp_cut || dbf_cut
}
