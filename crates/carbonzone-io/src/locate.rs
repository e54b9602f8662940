//! The files that are really opened: members of archives and open databases are read from a copy, so that no input is
//! ever changed.

use crate::digest::write_ahead_parts;
use crate::file_check::check_file;
use crate::source::{Reporter, VectorSource, has_extension, listed};
use crate::temporary::TempDir;
use carbonzone_types::Finding;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// A source whose path can be opened as it is. The copy, if there is one, goes away with it.
pub(crate) struct Located {
    /// As given, with the path to open.
    pub source: VectorSource,
    /// The file that the user keeps: its bytes are the provenance.
    pub original: PathBuf,
    copies: Vec<TempDir>,
}

impl Located {
    /// Opens a copy instead, which goes away with this.
    pub(crate) fn keep_copy(&mut self, dir: TempDir, path: PathBuf) {
        self.copies.push(dir);
        self.source.path = path;
    }
}

/// Archives that are not opened.
const OTHER_ARCHIVES: [&str; 8] = ["gz", "tgz", "tar", "rar", "7z", "bz2", "xz", "zst"];
/// Most bytes that are unpacked.
const MOST_BYTES: u64 = 64 << 30;

/// Checks that the file is there and finds what is to be opened. `None`: reported.
pub(crate) fn locate(report: &mut Reporter<'_>) -> Option<Located> {
    let archive = archive_of(&report.source.path);
    let original = archive.as_ref().map_or_else(|| report.source.path.clone(), |(file, _)| file.clone());
    let mut found = VectorSource { shown: report.source.shown_path(), ..report.source.clone() };
    if !check_file(&VectorSource { path: original.clone(), ..found.clone() }, report) {
        return None;
    }
    if has_extension(&original, &OTHER_ARCHIVES) {
        return report.refuse(
            Finding::error("packed_file", "this kind of archive is not opened")
                .expected("the file itself, or a .zip")
                .hint("unpack it beside the pipeline file and name the file in it"),
        );
    }
    let copied = match &archive {
        Some((file, inner)) => unpack(file, inner.as_deref(), report),
        None => copy_open_database(&original, report),
    };
    let copy = copied?.map(|(dir, path)| {
        found.path = path;
        dir
    });
    Some(Located { source: found, original, copies: copy.into_iter().collect() })
}

/// The `.zip` (or `.kmz`) a path names, and the member in it: `a.zip`, `/vsizip/a.zip/b.shp`, `/vsizip//data/a.zip`.
pub(crate) fn archive_of(path: &Path) -> Option<(PathBuf, Option<String>)> {
    const ZIPS: [&str; 2] = ["zip", "kmz"];
    let text = path.to_string_lossy();
    let Some(rest) = text.strip_prefix("/vsizip/") else {
        return (has_extension(path, &ZIPS) && !text.starts_with("/vsi")).then(|| (path.to_owned(), None));
    };
    if rest.starts_with("vsi") || rest.starts_with("/vsi") || rest.starts_with('{') {
        return None;
    }
    let lower = rest.to_ascii_lowercase();
    let end = ZIPS.iter().filter_map(|e| lower.find(&format!(".{e}"))).min()? + 4;
    let inner = rest[end..].trim_matches('/');
    Some((PathBuf::from(&rest[..end]), (!inner.is_empty()).then(|| inner.to_owned())))
}

/// A database in write-ahead mode, or with an unfinished journal: `SQLite` would write into the folder when it opens or
/// closes it. Copied with its side files. `None`: reported; `Some(None)`: nothing of the kind.
fn copy_open_database(path: &Path, report: &mut Reporter<'_>) -> Option<Option<(TempDir, PathBuf)>> {
    if !path.is_file() || !is_sqlite(path) {
        return Some(None);
    }
    let parts = write_ahead_parts(path);
    if parts.is_empty() && !in_wal_mode(path) {
        return Some(None);
    }
    let name = path.file_name().unwrap_or_default().to_owned();
    let copied = TempDir::new().and_then(|dir| {
        for part in parts.iter().map(PathBuf::as_path).chain([path]) {
            std::fs::copy(part, dir.path().join(part.file_name().unwrap_or_default()))?;
        }
        Ok(dir)
    });
    match copied {
        Ok(dir) => {
            if !parts.is_empty() {
                let names: Vec<String> = parts.iter().map(|p| last_name(p)).collect();
                let message = format!(
                    "the file is open elsewhere or was not closed: edits in {} are read too, from a copy",
                    listed(&names)
                );
                report.add(Finding::info("open_database", message).hint(
                    "nothing is written into the folder; close the file in QGIS to have all in one file",
                ));
            }
            let path = dir.path().join(name);
            Some(Some((dir, path)))
        }
        Err(error) => report.refuse(cannot_copy(&error)),
    }
}

pub(crate) fn cannot_copy(error: &std::io::Error) -> Finding {
    Finding::error("temporary_copy", format!("the file cannot be copied to the temporary folder: {error}"))
        .hint("make room there, or set TMPDIR to another disk")
}

fn last_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn head(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A file that cannot be read is reported by whoever opens it.
    let _ = File::open(path).and_then(|file| file.take(20).read_to_end(&mut bytes));
    bytes
}

/// True if the file begins as an `SQLite` database does (file format, section 1.3).
fn is_sqlite(path: &Path) -> bool {
    head(path).starts_with(b"SQLite format 3\0")
}

/// True if the file says that readers must look for a write-ahead log (byte 19, same section).
fn in_wal_mode(path: &Path) -> bool {
    head(path).get(19) == Some(&2)
}

/// Endings of files that hold a layer. Tables come last: beside a layer they are taken for notes.
const LAYERS: &str =
    "shp gpkg geojson fgb parquet geoparquet kml gml tab mif dxf pbf sqlite tif tiff img asc vrt topojson";
const TABLES: &str = "json csv txt tsv xlsx xlsm xlsb xls ods";

/// Unpacks the one layer of an archive, or the one named. `None`: reported.
fn unpack(
    archive: &Path,
    inner: Option<&str>,
    report: &mut Reporter<'_>,
) -> Option<Option<(TempDir, PathBuf)>> {
    let damaged = |error: &dyn std::fmt::Display| {
        Finding::error("unreadable_file", format!("the archive cannot be unpacked: {error}"))
            .hint("the download or copy was cut off, or it is packed in an unusual way: unpack it yourself and name the file in it")
    };
    let opened = File::open(archive).map_err(zip::result::ZipError::from).and_then(ZipArchive::new);
    let mut zip = match opened {
        Ok(zip) => zip,
        Err(error) => return report.refuse(damaged(&error)),
    };
    let names: Vec<String> = (0..zip.len()).map(|i| member_name(&mut zip, i)).collect();
    let member = choose_member(&names, inner, report)?;
    match extract(&mut zip, &names, &member) {
        Ok((dir, path)) => {
            report.add(Finding::info("archive_member", format!("read from the archive: {member}")));
            Some(Some((dir, path)))
        }
        Err(error) => report.refuse(damaged(&error)),
    }
}

/// Name of a member as it was meant: UTF-8, else GB 18030 (Windows in China), with `/` between folders.
fn member_name(zip: &mut ZipArchive<File>, index: usize) -> String {
    let raw = zip.by_index_raw(index).map(|f| f.name_raw().to_vec()).unwrap_or_default();
    let text = String::from_utf8(raw)
        .unwrap_or_else(|e| encoding_rs::GB18030.decode_without_bom_handling(e.as_bytes()).0.into_owned());
    text.replace('\\', "/")
}

/// The member to read: the one named, else the only layer.
fn choose_member(names: &[String], inner: Option<&str>, report: &mut Reporter<'_>) -> Option<String> {
    let of_kind = |kinds: &str| -> Vec<String> {
        let kinds: Vec<&str> = kinds.split(' ').collect();
        let mut list: Vec<String> = names
            .iter()
            .filter(|n| {
                !n.starts_with("__MACOSX/") && !n.rsplit('/').next().is_some_and(|l| l.starts_with('.'))
            })
            .filter_map(|n| match geodatabase(n) {
                Some(folder) => kinds.contains(&"shp").then_some(folder),
                None => has_extension(Path::new(n), &kinds).then(|| n.clone()),
            })
            .collect();
        list.sort();
        list.dedup();
        list
    };
    let layers = of_kind(LAYERS);
    let layers = if layers.is_empty() { of_kind(TABLES) } else { layers };
    if let Some(inner) = inner {
        let exists = |n: &String| n == inner || geodatabase(n).as_deref() == Some(inner);
        if names.iter().any(exists) {
            return Some(inner.to_owned());
        }
        return report.refuse(
            Finding::fatal("missing_file", format!("the archive has no \"{inner}\""))
                .expected(format!("one of {}", listed(&layers)))
                .hint("name a file of the archive"),
        );
    }
    if let [only] = layers.as_slice() {
        return Some(only.clone());
    }
    let finding = if layers.is_empty() {
        Finding::error("no_layer_in_archive", "the archive holds no layer")
            .expected("one Shapefile, GeoPackage, GeoJSON, FlatGeobuf, GeoParquet, KML, CSV or GeoTIFF")
            .value(listed(names))
    } else {
        let message = format!("the archive holds {} layers: say which one", layers.len());
        Finding::error("several_layers_in_archive", message)
            .expected(format!("one of {}", listed(&layers)))
            .hint(format!("path = \"/vsizip/<archive>.zip/{}\"", layers[0]))
    };
    report.refuse(finding.field("path"))
}

/// The `.gdb` folder that a member lies in.
fn geodatabase(name: &str) -> Option<String> {
    let end = name.to_ascii_lowercase().find(".gdb/")? + 4;
    Some(name[..end].to_owned())
}

/// Writes all files of an archive below a folder; names that lead out of it are cut.
pub(crate) fn unpack_all(archive: &Path, into: &Path) -> zip::result::ZipResult<Vec<PathBuf>> {
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    let names: Vec<String> = (0..zip.len()).map(|i| member_name(&mut zip, i)).collect();
    let mut room = MOST_BYTES;
    let mut out = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let inside = Path::new(name).components().filter(|c| matches!(c, std::path::Component::Normal(_)));
        let path = into.join(inside.collect::<PathBuf>());
        if name.ends_with('/') || name.starts_with("__MACOSX/") || path == into {
            continue;
        }
        std::fs::create_dir_all(path.parent().unwrap_or(into))?;
        let mut source = zip.by_index(index)?;
        let written = std::io::copy(&mut (&mut source).take(room + 1), &mut File::create(&path)?)?;
        room = room.checked_sub(written).ok_or_else(|| std::io::Error::other("more than 64 GB"))?;
        out.push(path);
    }
    Ok(out)
}

/// Writes the member and the files that belong to it into a temporary folder.
fn extract(
    zip: &mut ZipArchive<File>,
    names: &[String],
    member: &str,
) -> zip::result::ZipResult<(TempDir, PathBuf)> {
    let dir = TempDir::new()?;
    let (folder, file) = member.rsplit_once('/').unwrap_or(("", member));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let into = if geodatabase(&format!("{member}/")).is_some() {
        dir.path().join("layer.gdb")
    } else {
        dir.path().to_owned()
    };
    std::fs::create_dir_all(&into)?;
    let mut room = MOST_BYTES;
    for (index, name) in names.iter().enumerate().filter(|(_, n)| !n.ends_with('/')) {
        let (own_folder, own_file) = name.rsplit_once('/').unwrap_or(("", name));
        let belongs = if into == dir.path() {
            own_folder == folder
                && own_file
                    .strip_prefix(stem)
                    .is_some_and(|rest| rest.starts_with('.') || rest.starts_with('-'))
        } else {
            own_folder == member
        };
        if belongs && own_file != ".." {
            let mut source = zip.by_index(index)?;
            let mut target = File::create(into.join(own_file))?;
            let written = std::io::copy(&mut (&mut source).take(room + 1), &mut target)?;
            room = room.checked_sub(written).ok_or_else(|| std::io::Error::other("more than 64 GB"))?;
        }
    }
    let path = if into == dir.path() { dir.path().join(file) } else { into };
    Ok((dir, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_recognised_by_their_path() {
        let of = |p: &str| archive_of(Path::new(p)).map(|(a, i)| (a.to_string_lossy().into_owned(), i));
        assert_eq!(of("d/a.zip"), Some(("d/a.zip".into(), None)));
        assert_eq!(of("/vsizip/d/a.zip/x/b.shp"), Some(("d/a.zip".into(), Some("x/b.shp".into()))));
        assert_eq!(of("/vsizip//d/A.ZIP"), Some(("/d/A.ZIP".into(), None)));
        assert_eq!(of("/vsizip/vsicurl/https://x.org/a.zip"), None);
        assert_eq!(of("a.shp"), None);
    }
}
