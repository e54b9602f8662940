//! Vector layers that are read once and given again.

use crate::layers::Layers;
use carbonzone_geom::Coverage;
use carbonzone_io::{ClassAreas, LineBatch, PointBatch, PolygonLayer, VectorSource, WorkingCrs, ZonalSums};
use carbonzone_types::{Findings, InputRecord, Ledger, Progress};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What was read, with what was noted on the way.
#[derive(Clone)]
struct Kept<T> {
    value: T,
    findings: Findings,
    ledger: Ledger,
}

type Store<T> = Mutex<BTreeMap<String, Kept<T>>>;

/// Layers behind which every vector layer is read once. Rasters are read again: they are summed over polygons that differ.
pub struct Cached<L> {
    inner: L,
    polygons: Store<Option<PolygonLayer>>,
    points: Store<(Option<InputRecord>, Vec<PointBatch>)>,
    lines: Store<(Option<InputRecord>, Vec<LineBatch>)>,
}

impl<L: Layers> Cached<L> {
    pub fn new(inner: L) -> Self {
        Self { inner, polygons: Store::default(), points: Store::default(), lines: Store::default() }
    }
}

/// What is kept under the source, or what `read` gives; its findings and ledger rows are noted each time.
fn once<T: Clone>(
    store: &Store<T>,
    (source, crs): (&VectorSource, &WorkingCrs),
    (findings, ledger): (&mut Findings, &mut Ledger),
    read: impl FnOnce(&mut Findings, &mut Ledger) -> T,
) -> T {
    let key = format!("{} {source:?}", crs.definition());
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = store.entry(key).or_insert_with(|| {
        let (mut findings, mut ledger) = (Findings::new(), Ledger::new());
        Kept { value: read(&mut findings, &mut ledger), findings, ledger }
    });
    findings.extend(kept.findings.clone());
    ledger.extend(kept.ledger.clone());
    kept.value.clone()
}

impl<L: Layers> Layers for Cached<L> {
    fn polygons(
        &self,
        source: &VectorSource,
        crs: &WorkingCrs,
        findings: &mut Findings,
        ledger: &mut Ledger,
        progress: &dyn Progress,
    ) -> Option<PolygonLayer> {
        once(&self.polygons, (source, crs), (findings, ledger), |findings, ledger| {
            self.inner.polygons(source, crs, findings, ledger, progress)
        })
    }

    fn points(
        &self,
        source: &VectorSource,
        crs: &WorkingCrs,
        findings: &mut Findings,
        ledger: &mut Ledger,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(PointBatch),
    ) -> Option<InputRecord> {
        let (record, batches) = once(&self.points, (source, crs), (findings, ledger), |findings, ledger| {
            let mut batches = Vec::new();
            let record = self.inner.points(source, crs, findings, ledger, progress, &mut |b| batches.push(b));
            (record, batches)
        });
        batches.into_iter().for_each(sink);
        record
    }

    fn lines(
        &self,
        source: &VectorSource,
        crs: &WorkingCrs,
        findings: &mut Findings,
        ledger: &mut Ledger,
        progress: &dyn Progress,
        sink: &mut dyn FnMut(LineBatch),
    ) -> Option<InputRecord> {
        let (record, batches) = once(&self.lines, (source, crs), (findings, ledger), |findings, ledger| {
            let mut batches = Vec::new();
            let record = self.inner.lines(source, crs, findings, ledger, progress, &mut |b| batches.push(b));
            (record, batches)
        });
        batches.into_iter().for_each(sink);
        record
    }

    fn sums(
        &self,
        source: &VectorSource,
        polygons: &Coverage,
        crs: &WorkingCrs,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Option<ZonalSums> {
        self.inner.sums(source, polygons, crs, findings, progress)
    }

    fn class_areas(
        &self,
        source: &VectorSource,
        polygons: &Coverage,
        crs: &WorkingCrs,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Option<ClassAreas> {
        self.inner.class_areas(source, polygons, crs, findings, progress)
    }
}
