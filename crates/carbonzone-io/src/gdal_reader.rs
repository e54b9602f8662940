//! Features of a layer through GDAL: one after the other, or shapes of a shapefile side by side.

use crate::chosen_rows::ChosenRows;
use crate::columns::{ColumnsBuilder, FieldPlan, skip_other_fields};
use crate::dataset::open_dataset;
use crate::dbf::DbfDigits;
use crate::decode::RawBatch;
use crate::ffi;
use crate::gdal_log::{capture, failures_so_far};
use crate::layer_reader::{Batch, Batches, LayerReader, Parts};
use crate::read_end::ReadEnd;
use gdal::Dataset;
use gdal::vector::{OwnedFeatureIterator, OwnedLayer};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What is read of each feature.
#[derive(Clone)]
pub(crate) struct Wish {
    pub fields: Vec<FieldPlan>,
    pub digits: Option<Arc<DbfDigits>>,
    /// Features of a batch at most.
    pub size: usize,
}

impl Wish {
    fn columns(&self) -> ColumnsBuilder {
        ColumnsBuilder::new(&self.fields).with_digits(self.digits.clone())
    }
}

/// A layer that GDAL reads from its beginning to its end.
struct FeatureAfterFeature {
    features: OwnedFeatureIterator,
    columns: ColumnsBuilder,
    chosen: Option<Box<ChosenRows>>,
    size: usize,
    spare: RawBatch,
}

/// A reader of any layer.
pub(crate) fn one_after_the_other(
    dataset: Dataset,
    index: usize,
    wish: &Wish,
    chosen: Option<Box<ChosenRows>>,
) -> gdal::errors::Result<LayerReader> {
    let features = dataset.into_layer(index)?.owned_features();
    let (columns, size) = (wish.columns(), wish.size);
    Ok(LayerReader::Batches(Box::new(FeatureAfterFeature {
        features,
        columns,
        chosen,
        size,
        spare: RawBatch::default(),
    })))
}

impl FeatureAfterFeature {
    /// Fills a batch; false if reading failed at its end.
    fn fill(&mut self, batch: &mut RawBatch) -> bool {
        while batch.len() < self.size {
            let before = failures_so_far();
            let Some(feature) = (&mut self.features).next() else { return failures_so_far() == before };
            if self.chosen.as_mut().is_none_or(|rows| rows.keeps(&feature)) {
                batch.push(&feature);
                self.columns.push(&feature);
            }
        }
        true
    }
}

impl Batches for FeatureAfterFeature {
    fn next(&mut self, end: &mut ReadEnd) -> Option<Batch> {
        let mut batch = self.spare.another();
        let (sound, messages) = capture(|| self.fill(&mut batch));
        end.messages.add(messages);
        end.failed_at_end |= !sound;
        end.read += batch.len() as u64;
        end.curves += batch.curves;
        (batch.len() > 0).then(|| (batch, self.columns.take()))
    }

    fn finish(&mut self, end: &mut ReadEnd) {
        end.check = std::mem::take(&mut self.columns.check);
        end.selection = self.chosen.iter().flat_map(|rows| rows.findings()).collect();
    }
}

/// A shapefile, whose shapes have numbers and places of their own.
struct Shapes {
    path: PathBuf,
    encoding: Option<String>,
    /// Shapes that the file has, deleted ones included.
    count: usize,
    wish: Wish,
    /// Handles that are not in use.
    layers: Mutex<Vec<OwnedLayer>>,
    spare: RawBatch,
}

/// A reader of a shapefile of so many shapes, without a condition.
pub(crate) fn side_by_side(path: PathBuf, encoding: Option<String>, count: usize, wish: Wish) -> LayerReader {
    let (layers, spare) = (Mutex::default(), RawBatch::default());
    LayerReader::Parts(Box::new(Shapes { path, encoding, count, wish, layers, spare }))
}

impl Shapes {
    fn open(&self) -> gdal::errors::Result<OwnedLayer> {
        let layer = open_dataset(&self.path, self.encoding.as_deref()).0?.into_layer(0)?;
        skip_other_fields(&layer, &self.wish.fields);
        Ok(layer)
    }

    /// Reads the shapes of a part, up to the end of the file for the last one; false if reading failed at its end.
    fn read_into(
        &self,
        part: usize,
        raw: &mut RawBatch,
        columns: &mut ColumnsBuilder,
    ) -> gdal::errors::Result<bool> {
        let lent = self.layers.lock().ok().and_then(|mut all| all.pop());
        let layer = lent.map_or_else(|| self.open(), Ok)?;
        let first = part * self.wish.size;
        ffi::go_to_feature(&layer, first)?;
        let last = if part + 1 < self.count() { first + self.wish.size } else { usize::MAX };
        let mut features = layer.owned_features();
        let sound = loop {
            let before = failures_so_far();
            let Some(feature) = (&mut features).next() else { break failures_so_far() == before };
            if usize::try_from(ffi::feature_id(&feature)).is_ok_and(|id| id >= last) {
                break true;
            }
            raw.push(&feature);
            columns.push(&feature);
        };
        if let Ok(mut all) = self.layers.lock() {
            all.push(features.into_layer());
        }
        Ok(sound)
    }
}

impl Parts for Shapes {
    fn count(&self) -> usize {
        self.count.div_ceil(self.wish.size).max(1)
    }

    fn read(&self, part: usize) -> (Batch, ReadEnd) {
        let (mut raw, mut columns, mut end) = (self.spare.another(), self.wish.columns(), ReadEnd::default());
        let (read, messages) = capture(|| self.read_into(part, &mut raw, &mut columns));
        end.messages = messages;
        match read {
            Ok(sound) => end.failed_at_end = !sound,
            Err(error) => end.fail(&error),
        }
        end.read = raw.len() as u64;
        end.curves = raw.curves;
        let table = columns.take();
        end.check = columns.check;
        ((raw, table), end)
    }
}
