//! Points and lines: streamed in batches, read on a thread of their own while the caller computes.

use crate::crs::{CrsPath, WorkingCrs};
use crate::csv_points;
use crate::datum::check_datum;
use crate::decode::{RawBatch, RawKind};
use crate::digest::DigestJob;
use crate::locate::{Located, locate};
use crate::place::PlaceCheck;
use crate::source::{OpenLayer, ReadEnd, Reporter, VectorSource, Wanted, check_reading, open_layer};
use crate::warnings::LongReals;
use crate::workbook_points::is_workbook;
use carbonzone_sheet::ColumnNumbers;
use carbonzone_types::{
    AttributeTable, ColumnData, Finding, Findings, InputRecord, Ledger, LedgerRow, Progress, Stage,
};
use gdal_sys::OGRwkbGeometryType as T;
use geo::InteriorPoint;
use geo_traits::to_geo::ToGeoGeometry;
use std::sync::mpsc::sync_channel;

/// Features per batch.
pub(crate) const BATCH: usize = 32_768;
/// Batches that may wait between the reading thread and the caller.
const QUEUE: usize = 3;

/// Points in the working CRS with the columns asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointBatch {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// One row per point. Columns of a CSV are text, but for those asked for as numbers.
    pub table: AttributeTable,
    /// Number of the feature in its batch; the points of a multipoint share it and follow each other. Empty when every
    /// point is a feature of its own.
    pub features: Vec<u32>,
}

impl PointBatch {
    /// What a point counts of its feature: 1, or 1/n for each of the n points of a multipoint.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        if self.features.is_empty() {
            return vec![1.0; self.xs.len()];
        }
        let parts = self.features.chunk_by(|a, b| a == b);
        parts.flat_map(|part| std::iter::repeat_n(1.0 / part.len() as f64, part.len())).collect()
    }
}

/// Lines in the working CRS: one entry per line string; the parts of a multiline share a row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct LineBatch {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// Line to vertex, starts with 0.
    pub offsets: Vec<u32>,
    /// Row of the table for each line, ascending.
    pub rows: Vec<u32>,
    /// One row per feature.
    pub table: AttributeTable,
}

impl Default for LineBatch {
    fn default() -> Self {
        Self {
            xs: Vec::new(),
            ys: Vec::new(),
            offsets: vec![0],
            rows: Vec::new(),
            table: AttributeTable::new(),
        }
    }
}

impl LineBatch {
    /// Number of lines (parts of multilines counted one by one).
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Coordinates of line `i`.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    #[must_use]
    pub fn line(&self, i: usize) -> (&[f64], &[f64]) {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        (&self.xs[range.clone()], &self.ys[range])
    }

    /// Row of the table that line `i` belongs to.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    #[must_use]
    pub fn row(&self, i: usize) -> usize {
        self.rows[i] as usize
    }

    /// Number of features, whether or not the table has columns.
    pub(crate) fn table_rows(&self) -> usize {
        self.rows.last().map_or(0, |r| *r as usize + 1)
    }

    /// Appends a line that belongs to a row of the table; rows must not descend.
    pub fn push(&mut self, row: u32, points: impl IntoIterator<Item = [f64; 2]>) {
        for [x, y] in points {
            self.xs.push(x);
            self.ys.push(y);
        }
        self.offsets.push(self.xs.len() as u32);
        self.rows.push(row);
    }
}

/// Features of the wrong kind, counted while streaming.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    kinds: Vec<(&'static str, String, u64, Option<String>)>,
}

impl Losses {
    pub(crate) fn add(&mut self, code: &'static str, what: &str, example: Option<String>) {
        if let Some(kind) = self.kinds.iter_mut().find(|(c, w, _, _)| *c == code && w == what) {
            kind.2 += 1;
        } else {
            self.kinds.push((code, what.to_owned(), 1, example));
        }
    }

    fn report(mut self, source: &VectorSource, report: &mut Reporter<'_>, ledger: &mut Ledger) {
        self.kinds.sort();
        for (code, what, count, example) in self.kinds {
            let mut finding = Finding::warning(code, format!("{count} {what}: left out")).count(count);
            finding.value = example;
            if code == "not_a_line" {
                finding = finding.hint("areas of streets have no length: take a layer of centre lines");
            }
            if code == "bad_coordinates" {
                finding = finding.expected("two numbers").hint("check the coordinate columns of these rows");
            }
            report.add(finding);
            ledger.push(LedgerRow::counted(Stage::Drop, &source.role, count as f64, "features").note(what));
        }
    }
}

/// Streams the points of a layer, in batches, in the order of the file, in the working CRS.
///
/// CSV files and workbooks are read directly (`x`/`y` or longitude/latitude columns), everything else through GDAL. Polygons
/// are taken by a point inside, multipoints by all their points ([`PointBatch::shares`]); lines and rows without usable
/// coordinates are left out. All of these are findings.
/// `None` means that the layer cannot be used; the findings say why. Batches may have been handed out before
/// that is known.
pub fn read_points(
    source: &VectorSource,
    crs: &WorkingCrs,
    findings: &mut Findings,
    ledger: &mut Ledger,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(PointBatch),
) -> Option<InputRecord> {
    let mut report = Reporter::new(source, findings);
    let located = locate(source, &mut report)?;
    if located.source.is_csv() || is_workbook(&located.source) {
        let mut record = csv_points::read(&located.source, crs, &mut report, ledger, progress, sink)?;
        if located.original != located.source.path {
            (record.bytes, record.sha256) = DigestJob::start(&located.original).finish();
        }
        return Some(record);
    }
    let mut losses = Losses::default();
    let (mut inner, mut multi, mut long) = (0u64, Multipoints::default(), LongReals::default());
    let mut feed = PointFeed::default();
    let mut numbers: Vec<ColumnNumbers> = source.numbers.iter().map(|n| ColumnNumbers::new(n)).collect();
    let mut seen = 0;
    let (record, path) =
        run_stream(&located, Wanted::Points, crs, &mut report, progress, &mut |raw, table, path| {
            let (mut xs, mut ys, mut rows) = (Vec::new(), Vec::new(), Vec::new());
            source.id.iter().filter_map(|id| table.get(id)).for_each(|ids| long.see(ids));
            for (row, (kind, wkb)) in raw.geometries().enumerate() {
                match points_of(kind, wkb) {
                    Ok((points, from_polygon)) => {
                        inner += u64::from(from_polygon);
                        multi.see(points.len());
                        xs.extend(points.iter().map(|p| p.0));
                        ys.extend(points.iter().map(|p| p.1));
                        rows.extend(points.iter().map(|_| row as u32));
                    }
                    Err((code, what)) => losses.add(code, what, None),
                }
            }
            let plain = rows.len() == raw.len() && rows.is_sorted_by(|a, b| a < b);
            let mut table = if plain { table } else { table.reordered(&rows) };
            for column in &mut numbers {
                if let Some(data) =
                    table.columns.iter_mut().find(|c| c.name == column.name()).map(|c| &mut c.data)
                {
                    let place = |row: usize| format!("feature {}", seen + rows[row] as usize + 1);
                    *data = ColumnData::Real(column.read_column(data, &place));
                }
            }
            seen += raw.len();
            feed.place.see(path, crs, &xs, &ys);
            let features = if plain { Vec::new() } else { rows };
            feed.hand_over(PointBatch { xs, ys, table, features }, path, &mut losses, sink);
        })?;
    multi.report(&mut report);
    long.report(source, &mut report);
    numbers.iter().flat_map(ColumnNumbers::findings).for_each(|finding| report.add(finding));
    if inner > 0 {
        let message = format!("{inner} polygons are taken by one point inside");
        report.add(Finding::info("polygon_as_point", message).count(inner));
    }
    finish(source, (&path, crs), record, losses, &feed, &mut report, ledger)
}

/// Streams the lines of a layer, in batches, in the order of the file, in the working CRS.
///
/// Features that are no lines and lines with fewer than two vertices are left out, with a finding. `None` as in
/// [`read_points`].
pub fn read_lines(
    source: &VectorSource,
    crs: &WorkingCrs,
    findings: &mut Findings,
    ledger: &mut Ledger,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(LineBatch),
) -> Option<InputRecord> {
    let mut report = Reporter::new(source, findings);
    let located = locate(source, &mut report)?;
    let mut losses = Losses::default();
    let mut feed = PointFeed::default();
    let (record, path) =
        run_stream(&located, Wanted::Lines, crs, &mut report, progress, &mut |raw, table, path| {
            let (batch, rows) = decode_lines(&raw, &mut losses);
            let table = if rows.len() == raw.len() { table } else { table.reordered(&rows) };
            feed.place.see(path, crs, &batch.xs, &batch.ys);
            feed.hand_over_lines(LineBatch { table, ..batch }, path, &mut losses, sink);
        })?;
    finish(source, (&path, crs), record, losses, &feed, &mut report, ledger)
}

/// Multipoints with more than one point.
#[derive(Debug, Default)]
struct Multipoints {
    features: u64,
    points: u64,
}

impl Multipoints {
    fn see(&mut self, points: usize) {
        if points > 1 {
            self.features += 1;
            self.points += points as u64;
        }
    }

    fn report(&self, report: &mut Reporter<'_>) {
        if self.features > 0 {
            let message = format!(
                "{} multipoints hold {} points: each feature counts once, in equal shares at its points",
                self.features, self.points
            );
            let hint =
                "if every point stands for itself, split the features first (QGIS: multipart to singleparts)";
            report.add(Finding::warning("multipoint", message).count(self.features).hint(hint));
        }
    }
}

/// What both streams keep count of.
#[derive(Debug, Default)]
pub(crate) struct PointFeed {
    pub place: PlaceCheck,
    used: u64,
    /// `[x0, y0, x1, y1]` in the working CRS.
    extent: Option<[f64; 4]>,
}

impl PointFeed {
    fn widen(&mut self, xs: &[f64], ys: &[f64]) {
        for (&x, &y) in xs.iter().zip(ys) {
            let [x0, y0, x1, y1] = self.extent.unwrap_or([x, y, x, y]);
            self.extent = Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
        }
    }

    /// Transforms, leaves out points without an image, passes the rest on.
    pub(crate) fn hand_over(
        &mut self,
        mut batch: PointBatch,
        path: &CrsPath,
        losses: &mut Losses,
        sink: &mut dyn FnMut(PointBatch),
    ) {
        let failed = path.apply(&mut batch.xs, &mut batch.ys).unwrap_or(batch.xs.len());
        if failed > 0 {
            let keep: Vec<u32> =
                (0..batch.xs.len() as u32).filter(|&i| batch.xs[i as usize].is_finite()).collect();
            for _ in keep.len()..batch.xs.len() {
                losses.add(
                    "no_coordinates",
                    "points without coordinates, or without a place in the working CRS",
                    None,
                );
            }
            let kept = |v: &[f64]| keep.iter().map(|&i| v[i as usize]).collect();
            batch = PointBatch {
                xs: kept(&batch.xs),
                ys: kept(&batch.ys),
                table: batch.table.reordered(&keep),
                features: keep.iter().filter_map(|&i| batch.features.get(i as usize).copied()).collect(),
            };
        }
        self.used += batch.xs.len() as u64;
        self.widen(&batch.xs, &batch.ys);
        if !batch.xs.is_empty() {
            sink(batch);
        }
    }

    fn hand_over_lines(
        &mut self,
        mut batch: LineBatch,
        path: &CrsPath,
        losses: &mut Losses,
        sink: &mut dyn FnMut(LineBatch),
    ) {
        let failed = path.apply(&mut batch.xs, &mut batch.ys).unwrap_or(batch.xs.len());
        if failed > 0 {
            batch = without_unplaced(&batch, losses);
        }
        self.used += batch.len() as u64;
        self.widen(&batch.xs, &batch.ys);
        if !batch.is_empty() {
            sink(batch);
        }
    }
}

/// Drops the features of which a vertex has no image.
fn without_unplaced(batch: &LineBatch, losses: &mut Losses) -> LineBatch {
    let mut keep = vec![true; batch.table_rows()];
    for i in 0..batch.len() {
        if batch.line(i).0.iter().any(|x| !x.is_finite()) {
            keep[batch.row(i)] = false;
        }
    }
    let (mut kept, mut order, mut new_row) = (LineBatch::default(), Vec::new(), vec![0; keep.len()]);
    for (row, _) in keep.iter().enumerate().filter(|(_, k)| **k) {
        new_row[row] = order.len() as u32;
        order.push(row as u32);
    }
    for i in (0..batch.len()).filter(|&i| keep[batch.row(i)]) {
        let (xs, ys) = batch.line(i);
        kept.push(new_row[batch.row(i)], xs.iter().zip(ys).map(|(&x, &y)| [x, y]));
    }
    for _ in order.len()..keep.len() {
        losses.add("no_coordinates", "lines with vertices that have no place in the working CRS", None);
    }
    kept.table = batch.table.reordered(&order);
    kept
}

/// Last step of every stream: findings, ledger rows, summary.
pub(crate) fn finish(
    source: &VectorSource,
    (path, crs): (&CrsPath, &WorkingCrs),
    record: InputRecord,
    losses: Losses,
    feed: &PointFeed,
    report: &mut Reporter<'_>,
    ledger: &mut Ledger,
) -> Option<InputRecord> {
    losses.report(source, report, ledger);
    let placed = feed.place.report(source, path, crs, report);
    if placed {
        check_datum(path, crs, feed.extent, report);
    }
    if record.features == 0 {
        let mut finding = Finding::error("empty_layer", "the layer has no feature");
        finding = match &source.filter {
            Some(filter) => finding.field("where").value(filter.clone()).hint("the filter matches nothing"),
            None => finding.hint("the export went wrong, or another layer was meant"),
        };
        report.add(finding);
        return None;
    }
    if feed.used == 0 && placed {
        report.add(
            Finding::error(
                "no_usable_feature",
                format!("none of the {} features can be used", record.features),
            )
            .hint("is this the layer that was meant, and are the coordinate columns right?"),
        );
        return None;
    }
    placed.then_some(record)
}

type StreamSink<'a> = dyn FnMut(RawBatch, AttributeTable, &CrsPath) + 'a;

/// Opens the layer and runs the reading thread; every batch goes through `sink` on the calling thread.
fn run_stream(
    located: &Located,
    wanted: Wanted,
    crs: &WorkingCrs,
    report: &mut Reporter<'_>,
    progress: &dyn Progress,
    sink: &mut StreamSink<'_>,
) -> Option<(InputRecord, CrsPath)> {
    let source = &located.source;
    let open = open_layer(source, wanted, crs.definition(), report)?;
    check_way(&open.crs, report)?;
    let digest = DigestJob::start(&located.original);
    progress.begin(&format!("reading {}", source.role), open.expected);
    let (name, path, expected) = (open.name.clone(), open.crs.clone(), open.expected);
    let end = stream_batches(open, progress, &mut |raw, table| sink(raw, table, &path));
    progress.end();
    let complete = check_reading(source, &end, expected, report);
    let (bytes, sha256) = digest.finish();
    let record = InputRecord {
        role: source.role.clone(),
        path: source.shown_path(),
        layer: name,
        bytes,
        sha256,
        features: end.read,
        crs: path.label.clone(),
    };
    (complete && !progress.cancelled()).then_some((record, path))
}

/// A finding if there is no way into the working CRS.
pub(crate) fn check_way(path: &CrsPath, report: &mut Reporter<'_>) -> Option<()> {
    path.transformer()
        .map_err(|error| report.add(Finding::error("crs_transformation", error.to_string()).field("crs")))
        .is_ok()
        .then_some(())
}

/// Reads on a thread of its own, a few batches ahead of the caller.
fn stream_batches(
    open: OpenLayer,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(RawBatch, AttributeTable),
) -> ReadEnd {
    let (sender, receiver) = sync_channel::<(RawBatch, AttributeTable)>(QUEUE);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            open.batches(BATCH, progress, &mut |raw, table| sender.send((raw, table)).is_ok())
        });
        for (raw, table) in receiver {
            sink(raw, table);
        }
        reader.join().unwrap_or_else(|_| ReadEnd { failed_at_end: true, ..ReadEnd::default() })
    })
}

/// Why a geometry gives no point: code and words.
type NoPoint = (&'static str, &'static str);

/// The points of a geometry; true if it is the point inside a polygon.
fn points_of(kind: RawKind, wkb: &[u8]) -> Result<(Vec<(f64, f64)>, bool), NoPoint> {
    const BROKEN: NoPoint = ("undecodable_geometry", "features whose geometry cannot be decoded");
    const EMPTY: NoPoint = ("empty_geometry", "features with an empty geometry");
    let kind = match kind {
        RawKind::Null => return Err(("null_geometry", "features without a geometry")),
        RawKind::Undecodable => return Err(BROKEN),
        RawKind::Geometry(kind) => kind,
    };
    if kind == T::wkbPoint
        && let Some([x, y]) = plain_point(wkb)
    {
        return if x.is_nan() && y.is_nan() { Err(EMPTY) } else { Ok((vec![(x, y)], false)) };
    }
    let geometry = wkb::reader::read_wkb(wkb).ok().and_then(|g| g.try_to_geometry());
    let inside = match geometry {
        None if kind == T::wkbPoint => return Err(EMPTY),
        None => return Err(BROKEN),
        Some(geo_types::Geometry::Point(p)) => return Ok((vec![(p.x(), p.y())], false)),
        Some(geo_types::Geometry::MultiPoint(m)) if m.0.is_empty() => return Err(EMPTY),
        Some(geo_types::Geometry::MultiPoint(m)) => {
            return Ok((m.0.iter().map(|p| (p.x(), p.y())).collect(), false));
        }
        Some(geo_types::Geometry::Polygon(p)) => finite(&p).then(|| p.interior_point()).flatten(),
        Some(geo_types::Geometry::MultiPolygon(m)) => {
            m.0.iter().all(finite).then(|| m.interior_point()).flatten()
        }
        Some(_) => return Err(("not_a_point", "features that are lines or collections, not points")),
    };
    inside.map(|p| (vec![(p.x(), p.y())], true)).ok_or(EMPTY)
}

fn finite(polygon: &geo_types::Polygon<f64>) -> bool {
    polygon.exterior().0.iter().all(|c| c.x.is_finite() && c.y.is_finite())
        && polygon.interiors().iter().all(|r| r.0.iter().all(|c| c.x.is_finite() && c.y.is_finite()))
}

/// Coordinates of a little-endian WKB point of any dimension.
fn plain_point(wkb: &[u8]) -> Option<[f64; 2]> {
    let number =
        |from: usize| -> Option<f64> { Some(f64::from_le_bytes(wkb.get(from..from + 8)?.try_into().ok()?)) };
    (wkb.first() == Some(&1)).then(|| Some([number(5)?, number(13)?])).flatten()
}

/// Lines of a batch and the rows they come from.
fn decode_lines(raw: &RawBatch, losses: &mut Losses) -> (LineBatch, Vec<u32>) {
    let (mut batch, mut rows) = (LineBatch::default(), Vec::new());
    for (row, (kind, wkb)) in raw.geometries().enumerate() {
        match lines_of(kind, wkb) {
            Ok(lines) => {
                let before = batch.len();
                for line in lines.iter().filter(|l| l.0.len() >= 2) {
                    batch.push(rows.len() as u32, line.0.iter().map(|c| [c.x, c.y]));
                }
                if batch.len() == before {
                    losses.add("degenerate_line", "lines with fewer than two vertices", None);
                } else {
                    rows.push(row as u32);
                }
            }
            Err((code, what)) => losses.add(code, what, None),
        }
    }
    (batch, rows)
}

fn lines_of(
    kind: RawKind,
    wkb: &[u8],
) -> Result<Vec<geo_types::LineString<f64>>, (&'static str, &'static str)> {
    const BROKEN: (&str, &str) = ("undecodable_geometry", "features whose geometry cannot be decoded");
    match kind {
        RawKind::Null => return Err(("null_geometry", "features without a geometry")),
        RawKind::Undecodable => return Err(BROKEN),
        RawKind::Geometry(_) => {}
    }
    let geometry = wkb::reader::read_wkb(wkb).ok().and_then(|g| g.try_to_geometry()).ok_or(BROKEN)?;
    match geometry {
        geo_types::Geometry::LineString(l) => Ok(vec![l]),
        geo_types::Geometry::MultiLineString(m) => Ok(m.0),
        geo_types::Geometry::GeometryCollection(c) => Ok(c
            .0
            .into_iter()
            .flat_map(|g| match g {
                geo_types::Geometry::LineString(l) => vec![l],
                geo_types::Geometry::MultiLineString(m) => m.0,
                _ => vec![],
            })
            .collect()),
        _ => Err(("not_a_line", "features that are points or polygons, not lines")),
    }
}
