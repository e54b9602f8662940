//! The rows of a `GeoPackage` layer straight from `SQLite`: no feature object, no geometry object, no copy of what is not asked for.
//!
//! GDAL opens the file, finds the layer, its columns and its CRS, and explains what is wrong with a file. Only the
//! reading of the rows goes round it, and only for plain tables and column types for which both give the same values.

use crate::columns::{ColumnsBuilder, FieldKind, FieldPlan};
use crate::decode::RawBatch;
use crate::ffi;
use crate::gdal_log::capture;
use crate::layer_reader::{Batch, Batches, LayerReader, Parts};
use crate::read_end::ReadEnd;
use crate::sqlite_rows::TableRows;
use gdal::vector::LayerAccess;
use gdal_sys::{OGRFieldType, OGRwkbGeometryType as T};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A layer whose rows can be read without GDAL.
pub(crate) struct GpkgRows {
    path: PathBuf,
    /// The query, up to its conditions.
    select: String,
    fields: Vec<FieldPlan>,
    /// The table as it is stored, if that is plain: then nothing is queried.
    stored: Option<Stored>,
    /// Rows of a batch at most.
    size: usize,
    /// Least and greatest row id; `None` for a table without rows.
    ids: Option<(i64, i64)>,
    /// Connections that are not in use. One of them, never lent, holds the lock that keeps the file as it is.
    connections: Mutex<Vec<Connection>>,
    _lock: Mutex<Connection>,
    spare: RawBatch,
}

/// The pages of a table, and where the geometry and the fields stand in its rows.
struct Stored {
    table: TableRows,
    /// `None`: it is the row id.
    places: Vec<Option<usize>>,
}

impl GpkgRows {
    /// `None` if GDAL has to read the layer: another format, a view, a filter, a column of dates. `expected` is the number of
    /// rows that the file announces.
    pub(crate) fn plan<L: LayerAccess>(
        path: &Path,
        layer: &L,
        fields: &[FieldPlan],
        size: usize,
        expected: Option<u64>,
    ) -> Option<LayerReader> {
        if !path.is_file() {
            return None;
        }
        let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
        let geometry = layer.defn().geom_fields().next()?.name();
        let (mut columns, mut stored) = (vec![identifier(&geometry)], vec![geometry]);
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
            let name = match field.kind {
                FieldKind::Fid => ffi::fid_column(layer)?,
                _ => names[field.index].clone(),
            };
            columns.push(match field.kind {
                FieldKind::Fid => identifier(&name),
                _ => format!("CAST({} AS {kind})", identifier(&name)),
            });
            stored.push(name);
        }
        let table = identifier(&layer.name());
        let select = format!("SELECT {}, _rowid_ FROM {table}", columns.join(", "));
        let (lock, ids) = row_ids(path, &layer.name(), &table).ok().flatten()?;
        let rows = Self {
            stored: Stored::find(path, &lock, &layer.name(), &stored).ok().flatten(),
            path: path.to_owned(),
            select,
            fields: fields.to_vec(),
            size,
            ids,
            connections: Mutex::default(),
            _lock: Mutex::new(lock),
            spare: RawBatch::default(),
        };
        rows.open().ok()?.prepare(&rows.select).ok()?;
        Some(if rows.are_dense(expected) {
            LayerReader::Parts(Box::new(rows))
        } else {
            let next = rows.ids.map(|(first, _)| first);
            LayerReader::Batches(Box::new(RowAfterRow { rows, next }))
        })
    }

    /// Row ids of which at least a half are taken: ranges of them hold about as many rows.
    fn are_dense(&self, expected: Option<u64>) -> bool {
        let Some((first, last)) = self.ids else { return true };
        let span = last.abs_diff(first);
        expected.is_some_and(|rows| span / 2 <= rows)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        open(&self.path)
    }

    /// Reads rows into a batch: those with ids in a range, a batch at most; gives the id of the last.
    fn read_into(
        &self,
        (first, last): (i64, i64),
        raw: &mut RawBatch,
        columns: &mut ColumnsBuilder,
    ) -> rusqlite::Result<Option<i64>> {
        let lent = self.connections.lock().ok().and_then(|mut all| all.pop());
        let db = lent.map_or_else(|| self.open(), Ok)?;
        let mut at = None;
        {
            let sql = format!("{} WHERE _rowid_ BETWEEN ?1 AND ?2 ORDER BY _rowid_ LIMIT ?3", self.select);
            let mut statement = db.prepare_cached(&sql)?;
            let mut rows = statement.query((first, last, self.size as i64))?;
            while let Some(row) = rows.next()? {
                push_geometry(raw, row.get_ref(0)?);
                columns.push_values(|k| row.get_ref(1 + k))?;
                at = Some(row.get(1 + self.fields.len())?);
            }
        }
        if let Ok(mut all) = self.connections.lock() {
            all.push(db);
        }
        Ok(at)
    }

    /// [`read_into`](Self::read_into) without a query. `None`: there is something that only `SQLite` can read.
    fn read_stored(
        &self,
        ids: (i64, i64),
        raw: &mut RawBatch,
        columns: &mut ColumnsBuilder,
    ) -> Option<Option<i64>> {
        let Stored { table, places } = self.stored.as_ref()?;
        let most = places.iter().flatten().max().map_or(0, |column| column + 1);
        let mut last = None;
        table.read(ids, self.size, most, |row| {
            let value = |k: usize| places[k].map_or(ValueRef::Integer(row.id), |column| row.value(column));
            push_geometry(raw, value(0));
            columns.push_values(|k| of_kind(self.fields[k].kind, value(1 + k)).ok_or(())).ok()?;
            last = Some(row.id);
            Some(())
        })?;
        Some(last)
    }

    /// A batch of the rows with ids in a range, the id of the last of them, and how reading ended.
    fn batch(&self, range: (i64, i64)) -> (Batch, Option<i64>, ReadEnd) {
        let nothing = || (self.spare.another(), ColumnsBuilder::new(&self.fields));
        let ((mut raw, mut columns), mut end) = (nothing(), ReadEnd::default());
        // Curves are turned into lines by GDAL, which may have something to say.
        let (read, messages) = capture(|| {
            if let Some(last) = self.read_stored(range, &mut raw, &mut columns) {
                return Ok(last);
            }
            (raw, columns) = nothing();
            self.read_into(range, &mut raw, &mut columns)
        });
        end.messages = messages;
        end.read = raw.len() as u64;
        end.curves = raw.curves;
        let last = read.unwrap_or_else(|error| {
            end.fail(&error);
            raw = self.spare.another();
            None
        });
        let table = columns.take();
        end.check = columns.check;
        ((raw, table), last, end)
    }
}

impl Stored {
    /// `None` for a table with computed columns, and for a file that is not plain.
    fn find(path: &Path, db: &Connection, table: &str, names: &[String]) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let root: u32 = db.query_row(sql, [table], |row| row.get(0))?;
        let sql = "SELECT lower(name), pk > 0, pk > 0 AND upper(type) = 'INTEGER', hidden > 0
                   FROM pragma_table_xinfo(?1)";
        let mut statement = db.prepare(sql)?;
        let column = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let columns: Vec<(String, bool, bool, bool)> =
            statement.query_map([table], column)?.collect::<rusqlite::Result<_>>()?;
        let keys = columns.iter().filter(|c| c.1).count();
        let place = |name: &String| {
            let at = columns.iter().position(|c| c.0 == name.to_ascii_lowercase())?;
            Some(if keys == 1 && columns[at].2 { None } else { Some(at) })
        };
        let places = names.iter().map(place).collect::<Option<Vec<_>>>();
        let places = places.filter(|_| !columns.iter().any(|c| c.3));
        Ok(places.and_then(|places| Some(Self { table: TableRows::open(path, root)?, places })))
    }
}

/// A stored value as a query would give it for a column of this kind. `None`: it has to be converted.
fn of_kind(kind: FieldKind, value: ValueRef<'_>) -> Option<ValueRef<'_>> {
    match (kind, value) {
        (FieldKind::Real, ValueRef::Integer(whole)) => Some(ValueRef::Real(whole as f64)),
        (_, ValueRef::Null)
        | (FieldKind::Real, ValueRef::Real(_))
        | (FieldKind::Text, ValueRef::Text(_))
        | (FieldKind::Int | FieldKind::Bool | FieldKind::Fid, ValueRef::Integer(_)) => Some(value),
        _ => None,
    }
}

impl Parts for GpkgRows {
    fn count(&self) -> usize {
        self.ids.map_or(0, |(first, last)| (last.abs_diff(first) / self.size as u64) as usize + 1)
    }

    fn read(&self, part: usize) -> (Batch, ReadEnd) {
        let first = self.ids.map_or(0, |(first, _)| first).saturating_add((part * self.size) as i64);
        let (batch, _, end) = self.batch((first, first.saturating_add(self.size as i64 - 1)));
        (batch, end)
    }
}

/// A table with many gaps between its row ids.
struct RowAfterRow {
    rows: GpkgRows,
    /// Least row id that was not asked for yet.
    next: Option<i64>,
}

impl Batches for RowAfterRow {
    fn next(&mut self, end: &mut ReadEnd) -> Option<Batch> {
        let (batch, last, of_batch) = self.rows.batch((self.next?, i64::MAX));
        end.add(of_batch);
        self.next = last?.checked_add(1);
        Some(batch)
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Least and greatest row id of a table, and a connection that keeps others from changing it. `None`: a view, a table without
/// row ids, or one in which a column bears their name.
#[expect(clippy::type_complexity, reason = "the ids of an empty table are none")]
fn row_ids(
    path: &Path,
    name: &str,
    table: &str,
) -> rusqlite::Result<Option<(Connection, Option<(i64, i64)>)>> {
    let db = open(path)?;
    db.execute_batch("BEGIN")?;
    let sql = "SELECT count(*) = 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
    let is_table: bool = db.query_row(sql, [name], |row| row.get(0))?;
    let sql = "SELECT count(*) > 0 FROM pragma_table_info(?1) WHERE lower(name) = '_rowid_'";
    let is_hidden: bool = db.query_row(sql, [name], |row| row.get(0))?;
    if !is_table || is_hidden {
        return Ok(None);
    }
    let sql = format!("SELECT (SELECT min(_rowid_) FROM {table}), (SELECT max(_rowid_) FROM {table})");
    let (first, last): (Option<i64>, Option<i64>) =
        db.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some((db, first.zip(last))))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn push_geometry(batch: &mut RawBatch, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => batch.push_wkb(None),
        ValueRef::Blob(bytes) => match wkb_of(bytes) {
            Some(wkb) if is_linear(wkb) => batch.push_wkb(Some(wkb)),
            // Curves are turned into lines, as everywhere.
            Some(wkb) => batch.push_linear(wkb),
            None => batch.push_undecodable(),
        },
        _ => batch.push_undecodable(),
    }
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
