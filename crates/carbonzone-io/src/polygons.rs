//! Polygon layers: read and decoded on all threads, put into canonical order.

use crate::crs::{CrsPath, WorkingCrs};
use crate::csv_layer;
use crate::datum::check_datum;
use crate::decode::{Outcome, RawBatch};
use crate::digest::DigestJob;
use crate::layer_reader::LayerReader;
use crate::locate::locate;
use crate::open_layer::{Features, OpenLayer, open_layer};
use crate::place::PlaceCheck;
use crate::point_feed::no_feature;
use crate::read_end::{ReadEnd, check_reading};
use crate::reading::{Reading, Wanted};
use crate::source::VectorSource;
use crate::warnings;
use carbonzone_geom::{Coverage, FarOffs, Pieces, far_off};
use carbonzone_types::{AttributeTable, Checked, ColumnData, Finding, InputRecord, Progress};
use rayon::prelude::*;
use std::collections::HashSet;

/// A polygon layer in the working CRS, in canonical order: by (id, WKB bytes, attributes).
#[derive(Debug, Clone, PartialEq)]
pub struct PolygonLayer {
    /// Geometry in metres; every feature has an area.
    pub coverage: Coverage,
    /// Unique ids, one per feature. Without an id column they are the position in canonical order, zero-padded.
    pub ids: Vec<String>,
    /// The columns asked for, under the names asked for.
    pub table: AttributeTable,
    /// File, size, digest, CRS, number of features read (dropped ones included).
    pub record: InputRecord,
    /// Where the layer lies, and what lies far from the rest of it.
    pub far: FarOffs,
    /// Path of the layer in words: its CRS label and whether it was transformed.
    pub reprojected: bool,
}

/// Reads a polygon layer into the working CRS.
///
/// Geometry is transformed, collections are reduced to their polygons, invalid polygons are repaired (`geo`'s
/// `MakeValid`), NULL, empty, non-polygon and zero-area features are dropped. Each of these is a finding with a
/// count and a ledger row with the area; a feature is never lost silently. Duplicate ids become `id#2`, `id#3`.
///
/// `None` means that the layer cannot be used; the findings say why.
pub fn read_polygons(wanted: Wanted<'_>) -> Checked<PolygonLayer> {
    wanted.read(read)
}

fn read(reading: &mut Reading<'_>) -> Option<PolygonLayer> {
    let Reading { source, crs, progress, .. } = *reading;
    let mut report = reading.report();
    let located = csv_layer::as_plain(locate(&mut report)?, &mut report)?;
    let open = open_layer(&mut report.of(&located.source), Features::Polygons, crs.definition())?;
    let digest = DigestJob::start(&located.original);
    progress.begin(&format!("reading {}", source.role), open.expected);
    let OpenLayer { name, crs: path, expected, reader } = open;
    let (mut raw, end) = read_all(reader, &path, crs, progress);
    progress.end();
    let complete = check_reading(&mut report, &end, expected);
    let mut long = warnings::LongReals::default();
    source.id.iter().filter_map(|id| raw.table.get(id)).for_each(|ids| long.see(ids));
    long.report(&mut report);
    take_ids(source, &mut raw);
    let record = source.record(name.clone(), digest.finish(), raw.read, &path.label);
    if let Some(error) = &raw.error {
        return report.refuse(Finding::error("unreadable_file", error.clone()));
    }
    if !complete || progress.cancelled() {
        return None;
    }
    if raw.read == 0 {
        return report.refuse(no_feature(source, format!("layer \"{name}\" has no feature")));
    }
    if !raw.place.report_kinds(reading, &path) {
        return None;
    }
    assemble(reading, &path, raw, record)
}

/// What came out of the file, before cleaning up.
pub(crate) struct RawLayer {
    pub pieces: Pieces,
    pub outcomes: Vec<Outcome>,
    pub ids: Option<Vec<Option<String>>>,
    pub table: AttributeTable,
    pub read: u64,
    pub error: Option<String>,
    pub place: PlaceCheck,
}

fn read_all(
    reader: LayerReader,
    path: &CrsPath,
    home: &WorkingCrs,
    progress: &dyn Progress,
) -> (RawLayer, ReadEnd) {
    let (mut table, mut error) = (AttributeTable::new(), None);
    let (mut outcomes, mut pieces, mut place) = (Vec::new(), Vec::new(), PlaceCheck::default());
    let decode = |batch: RawBatch, rows| (batch.decode(path, home), rows);
    let end = reader.read(progress, decode, &mut |(batch, rows)| {
        table.append(rows);
        error = error.take().or(batch.error);
        place.merge(&batch.place);
        outcomes.extend(batch.outcomes);
        pieces.push(batch.coverage);
    });
    (RawLayer { pieces: Pieces::from(pieces), outcomes, ids: None, table, read: end.read, error, place }, end)
}

/// Ids as trimmed texts (blank is `None`) from their column, which goes away unless it was asked for.
fn take_ids(source: &VectorSource, raw: &mut RawLayer) {
    let Some(id) = &source.id else { return };
    let Some(at) = raw.table.columns.iter().position(|c| c.name == *id) else { return };
    let data = if source.fields.contains(id) {
        raw.table.columns[at].data.clone()
    } else {
        raw.table.columns.remove(at).data
    };
    let mut ids = match data {
        ColumnData::Text(texts) => texts,
        other => (0..raw.outcomes.len()).map(|row| other.text_at(row)).collect(),
    };
    ids.par_iter_mut().with_min_len(4096).for_each(|id| {
        if id.as_ref().is_some_and(|text| text.trim().len() < text.len()) {
            *id = id.as_ref().map(|text| text.trim().to_owned());
        }
        if id.as_ref().is_some_and(String::is_empty) {
            *id = None;
        }
    });
    raw.ids = Some(ids);
}

/// Reports what was dropped and repaired, sorts, and makes ids unique.
pub(crate) fn assemble(
    reading: &mut Reading<'_>,
    path: &CrsPath,
    raw: RawLayer,
    record: InputRecord,
) -> Option<PolygonLayer> {
    warnings::report_outcomes(reading, &raw.outcomes, raw.ids.as_deref());
    let mut keep: Vec<u32> =
        raw.outcomes.iter().enumerate().filter(|(_, o)| o.kept()).map(|(i, _)| i as u32).collect();
    drop(raw.outcomes);
    if keep.is_empty() {
        let message = format!("none of the {} features is a polygon with an area", raw.read);
        return reading
            .refuse(Finding::error("no_usable_feature", message).hint("is this the layer that was meant?"));
    }
    let mut ids = raw.ids;
    if let Some(ids) = &ids {
        let blank = keep.iter().filter(|&&i| ids[i as usize].is_none()).count();
        warnings::report_blank_ids(&mut reading.report(), blank);
        sort_by_id(&mut keep, ids, &raw.pieces, &raw.table);
    } else {
        sort_by_wkb(&mut keep, &raw.pieces, &raw.table);
    }
    let (pieces, table) = (raw.pieces, raw.table);
    let (coverage, ((ids, renamed), table)) = rayon::join(
        || pieces.gather(&keep),
        || rayon::join(|| unique_ids(&keep, ids.take()), || table.into_reordered(&keep)),
    );
    warnings::report_duplicate_ids(reading, &renamed);
    let coverage = match coverage {
        Ok(coverage) => coverage,
        Err(error) => return reading.refuse(Finding::error("unreadable_file", error.to_string())),
    };
    let far = far_off(&coverage);
    warnings::check_place(reading, &far);
    check_datum(reading, path, far.all);
    Some(PolygonLayer { coverage, ids, table, record, far, reprojected: !path.is_identity() })
}

/// The ids in the order of the layer, each once, and those that occur more than once; without ids, numbers.
fn unique_ids(keep: &[u32], ids: Option<Vec<Option<String>>>) -> (Vec<String>, Vec<(String, u64)>) {
    let Some(mut ids) = ids else {
        let width = keep.len().to_string().len();
        return ((1..=keep.len()).map(|i| format!("{i:0width$}")).collect(), Vec::new());
    };
    let id = |&i: &u32| ids[i as usize].take().unwrap_or_else(|| "null".to_owned());
    let mut sorted: Vec<String> = keep.iter().map(id).collect();
    let renamed = make_unique(&mut sorted);
    (sorted, renamed)
}

/// Canonical order with ids; geometry and attributes are looked at only where ids are equal.
fn sort_by_id(keep: &mut [u32], ids: &[Option<String>], pieces: &Pieces, table: &AttributeTable) {
    keep.par_sort_by(|&a, &b| {
        // "null" is what a feature without an id is called.
        let key = |i: u32| ids[i as usize].as_deref().unwrap_or("null");
        key(a).cmp(key(b)).then_with(|| {
            wkb(pieces, a).cmp(&wkb(pieces, b)).then_with(|| row_text(table, a).cmp(&row_text(table, b)))
        })
    });
}

/// Canonical order without ids.
fn sort_by_wkb(keep: &mut [u32], pieces: &Pieces, table: &AttributeTable) {
    let start = |i: u32| {
        let (coverage, i) = pieces.find(i as usize);
        let first = coverage.rings(i).next();
        first.map_or((0, 0), |r| {
            let bits = |v: &[f64]| v.first().copied().unwrap_or(0.0).to_bits();
            (bits(r.xs), bits(r.ys))
        })
    };
    keep.par_sort_by(|&a, &b| {
        start(a).cmp(&start(b)).then_with(|| {
            wkb(pieces, a).cmp(&wkb(pieces, b)).then_with(|| row_text(table, a).cmp(&row_text(table, b)))
        })
    });
}

fn wkb(pieces: &Pieces, i: u32) -> Vec<u8> {
    let (coverage, i) = pieces.find(i as usize);
    coverage.wkb(i)
}

fn row_text(table: &AttributeTable, row: u32) -> Vec<Option<String>> {
    table.columns.iter().map(|c| c.data.text_at(row as usize)).collect()
}

/// Renames the second and later bearers of an id to `id#2`, `id#3`, ...; equal ids are neighbours. Gives the ids that occur
/// more than once, with their counts, in order.
pub(crate) fn make_unique(ids: &mut [String]) -> Vec<(String, u64)> {
    let repeated: Vec<(String, u64)> =
        ids.chunk_by(|a, b| a == b).filter(|c| c.len() > 1).map(|c| (c[0].clone(), c.len() as u64)).collect();
    if repeated.is_empty() {
        return repeated;
    }
    // A name that is given must not be an id that somebody else bears, or was given before.
    let mut taken: HashSet<String> = ids.iter().filter(|id| id.contains('#')).cloned().collect();
    for same in ids.chunk_by_mut(|a, b| a == b) {
        let mut k = 1;
        for id in &mut same[1..] {
            *id = loop {
                k += 1;
                let name = format!("{id}#{k}");
                if taken.insert(name.clone()) {
                    break name;
                }
            };
        }
    }
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_ids_are_numbered_and_never_collide() {
        let mut ids = ["a", "a", "a", "a#2", "b", "c", "c"].map(str::to_owned);
        let repeated = make_unique(&mut ids);
        assert_eq!(ids, ["a", "a#3", "a#4", "a#2", "b", "c", "c#2"]);
        assert_eq!(repeated, [("a".to_owned(), 3), ("c".to_owned(), 2)]);
    }
}
