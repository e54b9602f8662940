//! CSV files with geometry in a column (`WKT`): their rows are taken apart as those of all tables, then GDAL reads them.

use crate::locate::Located;
use crate::source::Reporter;
use crate::temporary::TempDir;
use carbonzone_types::Finding;

/// Writes the file anew as GDAL needs it: UTF-8, commas, every quote closed. Rows that are longer or shorter than the header
/// are refused, stray quotes and bytes that do not decode are told, as in all tables. `None`: reported.
pub(crate) fn as_plain(mut located: Located, report: &mut Reporter<'_>) -> Option<Located> {
    let source = &located.source;
    if !source.is_csv() || source.is_virtual() {
        return Some(located);
    }
    let read = carbonzone_sheet::read_csv_text(&source.path, source.encoding.as_deref(), None);
    let plain = read.and_then(|csv| Ok((csv.plain()?, csv.encoding)));
    let ((text, notes), encoding) = match plain {
        Ok(read) => read,
        Err(error) => return report.refuse(error.to_finding()),
    };
    for note in notes {
        report.add(note);
    }
    if encoding != "UTF-8" {
        report.add(Finding::info("encoding_detected", format!("the file is read as {encoding}")));
    }
    let written = TempDir::new().and_then(|dir| {
        let path = dir.path().join(source.path.file_name().unwrap_or_default()).with_extension("csv");
        std::fs::write(&path, text)?;
        for part in ["prj", "csvt"].iter().map(|e| source.path.with_extension(e)).filter(|p| p.is_file()) {
            std::fs::copy(&part, dir.path().join(part.file_name().unwrap_or_default()))?;
        }
        Ok((dir, path))
    });
    match written {
        Ok((dir, path)) => {
            located.keep_copy(dir, path);
            Some(located)
        }
        Err(error) => report.refuse(crate::locate::cannot_copy(&error)),
    }
}
