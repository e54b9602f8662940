//! Vector layers that are read once and given again.

use crate::layers::{Layers, Wanted};
use carbonzone_geom::Coverage;
use carbonzone_io::{ClassAreas, LineBatch, PointBatch, PolygonLayer, ZonalSums};
use carbonzone_types::{Checked, InputRecord};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

type Store<T> = Mutex<BTreeMap<String, T>>;

/// Layers behind which every vector layer is read once. Rasters are read again: they are summed over polygons that differ.
pub struct Cached<L> {
    inner: L,
    polygons: Store<Checked<PolygonLayer>>,
    points: Store<(Checked<InputRecord>, Vec<PointBatch>)>,
    lines: Store<(Checked<InputRecord>, Vec<LineBatch>)>,
}

impl<L: Layers> Cached<L> {
    pub fn new(inner: L) -> Self {
        Self { inner, polygons: Store::default(), points: Store::default(), lines: Store::default() }
    }
}

/// What is kept of the layer, or what `read` gives.
fn once<T: Clone>(store: &Store<T>, wanted: Wanted<'_>, read: impl FnOnce() -> T) -> T {
    let key = format!("{} {:?}", wanted.crs.definition(), wanted.source);
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    store.entry(key).or_insert_with(read).clone()
}

impl<L: Layers> Layers for Cached<L> {
    fn polygons(&self, wanted: Wanted<'_>) -> Checked<PolygonLayer> {
        once(&self.polygons, wanted, || self.inner.polygons(wanted))
    }

    fn points(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(PointBatch)) -> Checked<InputRecord> {
        let (checked, batches) = once(&self.points, wanted, || {
            let mut batches = Vec::new();
            (self.inner.points(wanted, &mut |b| batches.push(b)), batches)
        });
        batches.into_iter().for_each(sink);
        checked
    }

    fn lines(&self, wanted: Wanted<'_>, sink: &mut dyn FnMut(LineBatch)) -> Checked<InputRecord> {
        let (checked, batches) = once(&self.lines, wanted, || {
            let mut batches = Vec::new();
            (self.inner.lines(wanted, &mut |b| batches.push(b)), batches)
        });
        batches.into_iter().for_each(sink);
        checked
    }

    fn sums(&self, wanted: Wanted<'_>, polygons: &Coverage) -> Checked<ZonalSums> {
        self.inner.sums(wanted, polygons)
    }

    fn class_areas(&self, wanted: Wanted<'_>, polygons: &Coverage) -> Checked<ClassAreas> {
        self.inner.class_areas(wanted, polygons)
    }
}
