//! `GeoArrow` geometry of `GeoParquet` 1.1: nested lists of coordinates become WKB.
//!
//! The encodings `point`, `linestring`, `polygon`, `multipoint`, `multilinestring` and `multipolygon` keep x and y in two
//! columns; repetition levels say where a ring, a part and a feature begin (Dremel encoding of Parquet).

use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;

/// A geometry column of nested lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Nested {
    /// WKB type.
    kind: u32,
    /// Leaf columns with the coordinates.
    x: usize,
    y: usize,
}

/// One entry of the leaf columns.
struct Vertex {
    repetition: i16,
    definition: i16,
    at: Option<[f64; 2]>,
}

impl Nested {
    /// The columns of an encoding; `None`: not a nested one, or its columns are not there. `leaves` are the paths of all leaf
    /// columns.
    pub(crate) fn find(encoding: &str, column: &str, leaves: &[String]) -> Option<Self> {
        let kinds = ["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"];
        let kind = kinds.iter().position(|k| *k == encoding)? as u32 + 1;
        let leaf = |axis: &str| {
            let ours = |path: &&String| {
                path.strip_prefix(column)
                    .is_some_and(|rest| rest.starts_with('.') && rest.ends_with(&format!(".{axis}")))
            };
            let found = leaves.iter().find(ours)?;
            leaves.iter().position(|l| l == found)
        };
        Some(Self { kind, x: leaf("x")?, y: leaf("y")? })
    }

    /// The geometries of a row group as WKB.
    pub(crate) fn read(
        self,
        group: &dyn RowGroupReader,
        rows: usize,
    ) -> Result<Vec<Option<ByteArray>>, ParquetError> {
        let most = group.metadata().column(self.x).column_descr().max_def_level();
        let (xs, levels) = leaf(group.get_column_reader(self.x)?, rows)?;
        let (ys, _) = leaf(group.get_column_reader(self.y)?, rows)?;
        if xs.len() != ys.len() {
            return Err(ParquetError::General("x and y have different numbers of vertices".to_owned()));
        }
        let mut coordinates = xs.into_iter().zip(ys);
        let vertices: Vec<Vertex> = levels
            .into_iter()
            .map(|(definition, repetition)| {
                let at = if definition == most { coordinates.next().map(|(x, y)| [x, y]) } else { None };
                Vertex { repetition, definition, at }
            })
            .collect();
        let features = vertices.chunk_by(|_, next| next.repetition > 0);
        let wkb = features.map(|feature| {
            let null = feature.iter().all(|v| v.definition == 0 && v.at.is_none());
            (!null).then(|| {
                let mut out = Vec::new();
                write(self.kind, 0, feature, &mut out);
                ByteArray::from(out)
            })
        });
        Ok(wkb.collect())
    }
}

type Leaf = (Vec<f64>, Vec<(i16, i16)>);

/// Values of a leaf column with their (definition, repetition) levels.
fn leaf(reader: ColumnReader, rows: usize) -> Result<Leaf, ParquetError> {
    let ColumnReader::DoubleColumnReader(mut reader) = reader else {
        return Err(ParquetError::General("coordinates are no 64-bit floats".to_owned()));
    };
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = 0;
    while done < rows {
        let read =
            reader.read_records(rows - done, Some(&mut definitions), Some(&mut repetitions), &mut values)?.0;
        if read == 0 {
            return Err(ParquetError::General(format!("a column ends after {done} of {rows} rows")));
        }
        done += read;
    }
    // A column of points has no lists, a required one no definition levels.
    let entries = values.len().max(definitions.len()).max(repetitions.len());
    definitions.resize(entries, 0);
    repetitions.resize(entries, 0);
    Ok((values, definitions.into_iter().zip(repetitions).collect()))
}

/// Little-endian WKB of a geometry whose entries these are, inside of `level` lists.
fn write(kind: u32, level: i16, entries: &[Vertex], out: &mut Vec<u8>) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    // A member goes on as long as entries repeat deeper than its own list.
    let members = || {
        let all = entries.chunk_by(move |_, next| next.repetition > level + 1);
        all.filter(|m| m.iter().any(|v| v.at.is_some()))
    };
    match kind {
        1 => {
            let [x, y] = entries.first().and_then(|v| v.at).unwrap_or([f64::NAN; 2]);
            out.extend_from_slice(&x.to_le_bytes());
            out.extend_from_slice(&y.to_le_bytes());
        }
        2 => coordinates(entries, out),
        3 => {
            out.extend_from_slice(&(members().count() as u32).to_le_bytes());
            members().for_each(|ring| coordinates(ring, out));
        }
        _ => {
            out.extend_from_slice(&(members().count() as u32).to_le_bytes());
            members().for_each(|member| write(kind - 3, level + 1, member, out));
        }
    }
}

fn coordinates(entries: &[Vertex], out: &mut Vec<u8>) {
    let points = || entries.iter().filter_map(|v| v.at);
    out.extend_from_slice(&(points().count() as u32).to_le_bytes());
    for value in points().flatten() {
        out.extend_from_slice(&value.to_le_bytes());
    }
}
