//! What every stream of points and lines does with a batch: transform, leave out, count, and tell it at the end.

use crate::batch::{LineBatch, PointBatch};
use crate::crs::CrsPath;
use crate::datum::check_datum;
use crate::place::PlaceCheck;
use crate::reading::Reading;
use crate::source::{Reporter, VectorSource};
use carbonzone_types::{Finding, InputRecord, LedgerRow, Stage};

/// Features per batch.
pub(crate) const BATCH: usize = 32_768;

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

    /// Adds what was left out of the features that follow.
    pub(crate) fn merge(&mut self, more: Self) {
        for (code, what, count, example) in more.kinds {
            if let Some(kind) = self.kinds.iter_mut().find(|(c, w, _, _)| *c == code && *w == what) {
                kind.2 += count;
            } else {
                self.kinds.push((code, what, count, example));
            }
        }
    }

    fn report(mut self, reading: &mut Reading<'_>) {
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
            reading.add(finding);
            let row = LedgerRow::counted(Stage::Drop, &reading.source.role, count as f64, "features");
            reading.ledger.push(row.note(what));
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

    /// Leaves out points without an image, of which there are so many, and passes the rest on.
    pub(crate) fn pass_on(
        &mut self,
        mut batch: PointBatch,
        failed: usize,
        losses: &mut Losses,
        sink: &mut dyn FnMut(PointBatch),
    ) {
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

    /// The same for lines.
    pub(crate) fn pass_on_lines(
        &mut self,
        mut batch: LineBatch,
        failed: usize,
        losses: &mut Losses,
        sink: &mut dyn FnMut(LineBatch),
    ) {
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
    reading: &mut Reading<'_>,
    path: &CrsPath,
    record: InputRecord,
    losses: Losses,
    feed: &PointFeed,
) -> Option<InputRecord> {
    losses.report(reading);
    let placed = feed.place.report(reading, path);
    if placed {
        check_datum(reading, path, feed.extent);
    }
    if record.features == 0 {
        return reading.refuse(no_feature(reading.source, "the layer has no feature"));
    }
    if feed.used == 0 && placed {
        let message = format!("none of the {} features can be used", record.features);
        return reading.refuse(
            Finding::error("no_usable_feature", message)
                .hint("is this the layer that was meant, and are the coordinate columns right?"),
        );
    }
    placed.then_some(record)
}

/// A layer without features.
pub(crate) fn no_feature(source: &VectorSource, message: impl Into<String>) -> Finding {
    let finding = Finding::error("empty_layer", message);
    match &source.filter {
        Some(filter) => finding.field("where").value(filter.clone()).hint("the filter matches nothing"),
        None => finding.hint("the export went wrong, or another layer was meant"),
    }
}

/// A finding if there is no way into the working CRS.
pub(crate) fn check_way(path: &CrsPath, report: &mut Reporter<'_>) -> Option<()> {
    path.transformer()
        .map_err(|error| report.add(Finding::error("crs_transformation", error.to_string()).field("crs")))
        .is_ok()
        .then_some(())
}
