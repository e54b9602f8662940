//! Points and lines: streamed in batches, read, decoded and transformed on all threads while the caller computes.

use crate::batch::{LineBatch, PointBatch};
use crate::crs::{CrsPath, WorkingCrs};
use crate::csv_layer;
use crate::csv_points;
use crate::decode::{RawBatch, RawKind};
use crate::degree_tiles::{DegreeTiles, MANY_POINTS};
use crate::digest::DigestJob;
use crate::locate::locate;
use crate::open_layer::{Features, OpenLayer, open_layer};
use crate::place::PlaceCheck;
use crate::point_feed::{Losses, PointFeed, check_way, finish};
use crate::read_end::check_reading;
use crate::reading::{Reading, Wanted};
use crate::source::Reporter;
use crate::warnings::LongReals;
use crate::workbook_points::is_workbook;
use carbonzone_geom::read_wkb;
use carbonzone_sheet::ColumnNumbers;
use carbonzone_types::{AttributeTable, Checked, ColumnData, Finding, InputRecord};
use gdal_sys::OGRwkbGeometryType as T;
use geo::InteriorPoint;
use geo_types::Geometry;
use std::path::Path;

/// Streams the points of a layer, in batches, in the order of the file, in the working CRS.
///
/// CSV files and workbooks are read directly (`x`/`y` or longitude/latitude columns), everything else through GDAL. Polygons
/// are taken by a point inside, multipoints by all their points ([`PointBatch::shares`]); lines and rows without usable
/// coordinates are left out. All of these are findings.
/// `None` means that the layer cannot be used; the findings say why. Batches may have been handed out before
/// that is known.
pub fn read_points(wanted: Wanted<'_>, sink: &mut dyn FnMut(PointBatch)) -> Checked<InputRecord> {
    wanted.read(|reading| points(reading, sink))
}

fn points(reading: &mut Reading<'_>, sink: &mut dyn FnMut(PointBatch)) -> Option<InputRecord> {
    let Reading { source, crs, .. } = *reading;
    let located = locate(&mut reading.report())?;
    if located.source.is_csv() || is_workbook(&located.source) {
        let mut record = csv_points::read(&mut reading.of(&located.source), sink)?;
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
    let prepare = |raw: RawBatch, table, way: &Way| ReadyPoints::of(&raw, table, way, crs);
    let (record, path) = run_stream(
        &mut reading.of(&located.source),
        &located.original,
        Features::Points,
        prepare,
        &mut |ready| {
            let ReadyPoints { mut batch, rows, features, .. } = ready;
            inner += ready.inner;
            multi.add(&ready.multi);
            losses.merge(ready.losses);
            feed.place.merge(&ready.place);
            source.id.iter().filter_map(|id| batch.table.get(id)).for_each(|ids| long.see(ids));
            for column in &mut numbers {
                if let Some(data) =
                    batch.table.columns.iter_mut().find(|c| c.name == column.name()).map(|c| &mut c.data)
                {
                    let place = |row: usize| format!("feature {}", seen + rows[row] as usize + 1);
                    *data = ColumnData::Real(column.read_column(data, &place));
                }
            }
            seen += features;
            if !(rows.len() == features && rows.is_sorted_by(|a, b| a < b)) {
                batch.features = rows;
            }
            feed.pass_on(batch, ready.failed, &mut losses, sink);
        },
    )?;
    let mut report = reading.report();
    multi.report(&mut report);
    long.report(&mut report);
    numbers.iter().flat_map(ColumnNumbers::findings).for_each(|finding| report.add(finding));
    if inner > 0 {
        let message = format!("{inner} polygons are taken by one point inside");
        report.add(Finding::info("polygon_as_point", message).count(inner));
    }
    finish(reading, &path, record, losses, &feed)
}

/// The points of a batch in the working CRS, and what was noticed about them.
struct ReadyPoints {
    batch: PointBatch,
    /// Feature of the batch that each point is of.
    rows: Vec<u32>,
    /// Features of the batch, those without a point included.
    features: usize,
    /// Points without an image.
    failed: usize,
    /// Points inside polygons.
    inner: u64,
    multi: Multipoints,
    losses: Losses,
    place: PlaceCheck,
}

impl ReadyPoints {
    fn of(raw: &RawBatch, table: AttributeTable, Way { path, tiles }: &Way, crs: &WorkingCrs) -> Self {
        let (mut xs, mut ys) = (Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len()));
        let mut rows = Vec::with_capacity(raw.len());
        let (mut inner, mut multi, mut losses) = (0, Multipoints::default(), Losses::default());
        let mut place = PlaceCheck::default();
        for (row, (kind, wkb)) in raw.geometries().enumerate() {
            // Nearly all of them, without the detour over a list of points.
            if kind == RawKind::Geometry(T::wkbPoint)
                && let Some([x, y]) = plain_point(wkb)
                && x.is_finite()
            {
                xs.push(x);
                ys.push(y);
                rows.push(row as u32);
                continue;
            }
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
        let table = if plain { table } else { table.reordered(&rows) };
        place.see(path, crs, &xs, &ys);
        let failed = path.apply_by(tiles.as_ref(), &mut xs, &mut ys).unwrap_or(xs.len());
        let batch = PointBatch { xs, ys, table, features: Vec::new() };
        Self { batch, rows, features: raw.len(), failed, inner, multi, losses, place }
    }
}

/// Streams the lines of a layer, in batches, in the order of the file, in the working CRS.
///
/// Features that are no lines and lines with fewer than two vertices are left out, with a finding. `None` as in
/// [`read_points`].
pub fn read_lines(wanted: Wanted<'_>, sink: &mut dyn FnMut(LineBatch)) -> Checked<InputRecord> {
    wanted.read(|reading| lines(reading, sink))
}

fn lines(reading: &mut Reading<'_>, sink: &mut dyn FnMut(LineBatch)) -> Option<InputRecord> {
    let crs = reading.crs;
    let mut report = reading.report();
    let located = csv_layer::as_plain(locate(&mut report)?, &mut report)?;
    let (mut losses, mut feed) = (Losses::default(), PointFeed::default());
    let prepare = |raw: RawBatch, table, way: &Way| ReadyLines::of(&raw, table, &way.path, crs);
    let (record, path) = run_stream(
        &mut reading.of(&located.source),
        &located.original,
        Features::Lines,
        prepare,
        &mut |ready| {
            losses.merge(ready.losses);
            feed.place.merge(&ready.place);
            feed.pass_on_lines(ready.batch, ready.failed, &mut losses, sink);
        },
    )?;
    finish(reading, &path, record, losses, &feed)
}

/// The lines of a batch in the working CRS, and what was noticed about them.
struct ReadyLines {
    batch: LineBatch,
    /// Vertices without an image.
    failed: usize,
    losses: Losses,
    place: PlaceCheck,
}

impl ReadyLines {
    fn of(raw: &RawBatch, table: AttributeTable, path: &CrsPath, crs: &WorkingCrs) -> Self {
        let (mut losses, mut place) = (Losses::default(), PlaceCheck::default());
        let (mut batch, rows) = decode_lines(raw, &mut losses);
        batch.table = if rows.len() == raw.len() { table } else { table.reordered(&rows) };
        place.see(path, crs, &batch.xs, &batch.ys);
        let failed = path.apply(&mut batch.xs, &mut batch.ys).unwrap_or(batch.xs.len());
        Self { batch, failed, losses, place }
    }
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

    fn add(&mut self, more: &Self) {
        self.features += more.features;
        self.points += more.points;
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

/// The way of coordinates into the working CRS.
struct Way {
    path: CrsPath,
    /// For very many points in degrees.
    tiles: Option<DegreeTiles>,
}

/// Opens the layer and reads it: every batch goes through `prepare` on any thread, then, in order, through `sink` on the calling one.
fn run_stream<T: Send>(
    reading: &mut Reading<'_>,
    original: &Path,
    wanted: Features,
    prepare: impl Fn(RawBatch, AttributeTable, &Way) -> T + Sync,
    sink: &mut dyn FnMut(T),
) -> Option<(InputRecord, CrsPath)> {
    let Reading { source, crs, progress, .. } = *reading;
    let report = &mut reading.report();
    let open = open_layer(report, wanted, crs.definition())?;
    check_way(&open.crs, report)?;
    let digest = DigestJob::start(original);
    progress.begin(&format!("reading {}", source.role), open.expected);
    let OpenLayer { name, crs: path, expected, reader } = open;
    let many = path.geographic && expected.is_some_and(|n| n >= MANY_POINTS);
    let way = Way { path, tiles: many.then(DegreeTiles::default) };
    let end = reader.read(progress, |raw, table| prepare(raw, table, &way), sink);
    let path = way.path;
    progress.end();
    let complete = check_reading(report, &end, expected);
    let record = source.record(name, digest.finish(), end.read, &path.label);
    (complete && !progress.cancelled()).then_some((record, path))
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
    let none = |p: &geo_types::Point| p.x().is_nan() && p.y().is_nan();
    let inside = match read_wkb(wkb).map_err(|_not_wkb| BROKEN)? {
        Geometry::Point(p) if none(&p) => return Err(EMPTY),
        Geometry::Point(p) => return Ok((vec![p.x_y()], false)),
        Geometry::MultiPoint(m) if m.0.is_empty() => return Err(EMPTY),
        Geometry::MultiPoint(m) if m.0.iter().any(none) => return Err(BROKEN),
        Geometry::MultiPoint(m) => return Ok((m.0.iter().map(|p| p.x_y()).collect(), false)),
        Geometry::Polygon(p) => finite(&p).then(|| p.interior_point()).flatten(),
        Geometry::MultiPolygon(m) => m.0.iter().all(finite).then(|| m.interior_point()).flatten(),
        _ => return Err(("not_a_point", "features that are lines or collections, not points")),
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
    match read_wkb(wkb).map_err(|_not_wkb| BROKEN)? {
        Geometry::LineString(l) => Ok(vec![l]),
        Geometry::MultiLineString(m) => Ok(m.0),
        Geometry::GeometryCollection(c) => Ok(c
            .0
            .into_iter()
            .flat_map(|g| match g {
                Geometry::LineString(l) => vec![l],
                Geometry::MultiLineString(m) => m.0,
                _ => vec![],
            })
            .collect()),
        _ => Err(("not_a_line", "features that are points or polygons, not lines")),
    }
}
