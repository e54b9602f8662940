//! The rows of a `GeoPackage` layer straight from `SQLite`: no feature object, no geometry object, no copy of what is not asked for.
//!
//! GDAL opens the file, finds the layer, its columns and its CRS, and explains what is wrong with a file. Only the
//! reading of the rows goes round it, and only for plain tables and column types for which both give the same values.

use crate::columns::{ColumnsBuilder, FieldKind, FieldPlan};
use crate::decode::RawBatch;
use crate::ffi;
use crate::read_end::ReadEnd;
use carbonzone_types::{AttributeTable, Progress};
use gdal::vector::LayerAccess;
use gdal_sys::{OGRFieldType, OGRwkbGeometryType as T};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::{Path, PathBuf};

/// A layer whose rows can be read without GDAL.
pub(crate) struct GpkgRows {
    path: PathBuf,
    sql: String,
    fields: Vec<FieldPlan>,
}

impl GpkgRows {
    /// `None` if GDAL has to read the layer: another format, a view, a filter, a column of dates.
    pub(crate) fn plan<L: LayerAccess>(
        path: &Path,
        driver: &str,
        layer: &L,
        fields: &[FieldPlan],
    ) -> Option<Self> {
        if driver != "GPKG" || !path.is_file() {
            return None;
        }
        let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
        let geometry = layer.defn().geom_fields().next()?.name();
        let mut columns = vec![identifier(&geometry)];
        for field in fields {
            let plain = match field.kind {
                FieldKind::Tag | FieldKind::Digits => false,
                FieldKind::Text => ffi::field_types(layer, field.index).0 == OGRFieldType::OFTString,
                FieldKind::Fid | FieldKind::Real | FieldKind::Int | FieldKind::Bool => true,
            };
            let kind = match field.kind {
                FieldKind::Text | FieldKind::Tag | FieldKind::Digits => "TEXT",
                FieldKind::Real => "REAL",
                FieldKind::Int | FieldKind::Bool | FieldKind::Fid => "INTEGER",
            };
            if !plain {
                return None;
            }
            // A column may hold values of any type: they are converted as GDAL does.
            columns.push(match field.kind {
                FieldKind::Fid => identifier(&ffi::fid_column(layer)?),
                _ => format!("CAST({} AS {kind})", identifier(&names[field.index])),
            });
        }
        let sql = format!("SELECT {} FROM {}", columns.join(", "), identifier(&layer.name()));
        let rows = Self { path: path.to_owned(), sql, fields: fields.to_vec() };
        let db = rows.open().ok()?;
        let is_table: bool = db
            .query_row(
                "SELECT count(*) = 1 FROM sqlite_master WHERE type = 'table' AND name = ?1",
                [layer.name()],
                |row| row.get(0),
            )
            .ok()?;
        (is_table && db.prepare(&rows.sql).is_ok()).then_some(rows)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
    }

    /// Reads all rows in batches of `size`; stops early if `sink` returns false or the user asked to.
    pub(crate) fn batches(
        &self,
        size: usize,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(RawBatch, AttributeTable) -> bool,
    ) -> ReadEnd {
        let mut end = ReadEnd::default();
        let mut columns = ColumnsBuilder::new(&self.fields);
        if let Err(error) = self.read(size, progress, sink, &mut end, &mut columns) {
            end.failed_at_end = true;
            end.messages.n_failures += 1;
            end.messages.failures.push(error.to_string());
        }
        end.check = columns.check;
        end
    }

    fn read(
        &self,
        size: usize,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(RawBatch, AttributeTable) -> bool,
        end: &mut ReadEnd,
        columns: &mut ColumnsBuilder<'_>,
    ) -> rusqlite::Result<()> {
        let db = self.open()?;
        let mut statement = db.prepare(&self.sql)?;
        let mut rows = statement.query([])?;
        let mut batch = RawBatch::default();
        while let Some(row) = rows.next()? {
            push_geometry(&mut batch, row)?;
            columns.push_row(row, 1)?;
            end.read += 1;
            if batch.len() == size {
                progress.advance(size as u64);
                if progress.cancelled() || !sink(batch.hand_out(), columns.take()) {
                    return Ok(());
                }
            }
        }
        progress.advance(batch.len() as u64);
        if batch.len() > 0 {
            sink(batch, columns.take());
        }
        Ok(())
    }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn push_geometry(batch: &mut RawBatch, row: &Row<'_>) -> rusqlite::Result<()> {
    match row.get_ref(0)? {
        ValueRef::Null => batch.push_wkb(None),
        ValueRef::Blob(bytes) => match wkb_of(bytes) {
            Some(wkb) if is_linear(wkb) => batch.push_wkb(Some(wkb)),
            // Curves are turned into lines, as everywhere.
            Some(wkb) => batch.push_linear(wkb),
            None => batch.push_undecodable(),
        },
        _ => batch.push_undecodable(),
    }
    Ok(())
}

/// The WKB of a `GeoPackage` binary (OGC 12-128r18, clause 2.1.3): magic, version, flags, reference system, envelope.
fn wkb_of(bytes: &[u8]) -> Option<&[u8]> {
    let [b'G', b'P', 0, flags, _, _, _, _, rest @ ..] = bytes else { return None };
    let extended = flags & 0x20 != 0;
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    if extended { None } else { rest.get(envelope..) }
}

fn is_linear(wkb: &[u8]) -> bool {
    matches!(
        crate::decode::wkb_type(wkb),
        Some(
            T::wkbPoint
                | T::wkbLineString
                | T::wkbPolygon
                | T::wkbMultiPoint
                | T::wkbMultiLineString
                | T::wkbMultiPolygon
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_geopackage_geometry_is_passed_over() {
        let blob = |flags: u8, envelope: usize| {
            let mut out = vec![b'G', b'P', 0, flags, 0, 0, 0, 0];
            out.resize(8 + envelope, 9);
            out.extend([1, 2, 3]);
            out
        };
        for (flags, envelope) in [(0x01, 0), (0x03, 32), (0x05, 48), (0x07, 48), (0x09, 64), (0x11, 0)] {
            assert_eq!(wkb_of(&blob(flags, envelope)), Some(&[1, 2, 3][..]), "{flags:x}");
        }
        assert_eq!(wkb_of(&blob(0x0B, 0)), None, "no such envelope");
        assert_eq!(wkb_of(&blob(0x21, 0)), None, "an extended type is no WKB");
        assert_eq!(wkb_of(b"GP\0\x03....short"), None);
        assert_eq!(wkb_of(b"XX\0\x01....\x01"), None);
    }
}
