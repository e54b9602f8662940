//! Own outputs read back: all columns, typed, in file order, nothing checked or repaired.

use crate::columns::{ColumnsBuilder, FieldPlan};
use crate::dataset::{self, kind_of, open_dataset};
use crate::error::{IoError, Result};
use crate::gdal_log::capture;
use crate::source::listed;
use carbonzone_geom::Coverage;
use carbonzone_types::AttributeTable;
use gdal::vector::LayerAccess;
use std::path::Path;

/// Which features to read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Selection<'a> {
    All,
    /// Those whose column has this text.
    Id {
        /// Column name.
        field: &'a str,
        /// Wanted value.
        id: &'a str,
    },
}

/// Names of the layers of a vector file.
///
/// # Errors
/// [`IoError::Read`].
pub fn layer_names(path: &Path) -> Result<Vec<String>> {
    let (opened, messages) = open_dataset(path, None);
    let dataset =
        opened.map_err(|e| IoError::read(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    Ok(dataset::layer_names(&dataset))
}

/// Reads a layer that carbonzone wrote: geometry in its own CRS and all columns.
///
/// # Errors
/// [`IoError::Read`], [`IoError::NoLayer`].
pub fn read_own_layer(path: &Path, layer: &str) -> Result<(Coverage, AttributeTable)> {
    read_selected(path, layer, Selection::All)
}

/// Reads the features whose column `field` is the text `id`.
///
/// # Errors
/// As [`read_own_layer`].
pub fn read_features_by_id(
    path: &Path,
    layer: &str,
    field: &str,
    id: &str,
) -> Result<(Coverage, AttributeTable)> {
    read_selected(path, layer, Selection::Id { field, id })
}

/// A table without geometry gives empty features.
fn read_selected(path: &Path, layer: &str, selection: Selection<'_>) -> Result<(Coverage, AttributeTable)> {
    let (opened, messages) = open_dataset(path, None);
    let dataset =
        opened.map_err(|e| IoError::read(path, messages.summary().unwrap_or_else(|| e.to_string())))?;
    let names = dataset::layer_names(&dataset);
    let Some(index) = names.iter().position(|n| n == layer) else {
        return Err(IoError::NoLayer {
            path: path.display().to_string(),
            layer: layer.to_owned(),
            there: listed(&names),
        });
    };
    let (result, messages) = capture(|| -> Result<(Coverage, AttributeTable)> {
        let mut source = dataset.layer(index).map_err(|e| IoError::read(path, e))?;
        let fields: Vec<FieldPlan> = source
            .defn()
            .fields()
            .enumerate()
            .map(|(i, f)| FieldPlan { name: f.name(), index: i, kind: kind_of(&source, i) })
            .collect();
        select(&mut source, selection).map_err(|e| IoError::read(path, e))?;
        let mut columns = ColumnsBuilder::new(&fields);
        let mut coverage = Coverage::new();
        let mut wkb = Vec::new();
        for feature in source.features() {
            columns.push(&feature);
            wkb.clear();
            match crate::ffi::append_wkb(&feature, &mut wkb) {
                Some(Ok(_)) => {
                    coverage.push_wkb(&wkb).map_err(|e| IoError::read(path, e))?;
                }
                Some(Err(error)) => return Err(IoError::read(path, error)),
                None => coverage.push_empty(),
            }
        }
        Ok((coverage, columns.take()))
    });
    if let Some(failure) = messages.failures.first() {
        return Err(IoError::read(path, failure));
    }
    result
}

fn select<L: LayerAccess>(layer: &mut L, selection: Selection<'_>) -> gdal::errors::Result<()> {
    match selection {
        Selection::All => Ok(()),
        Selection::Id { field, id } => {
            let (field, id) = (field.replace('"', "\"\""), id.replace('\'', "''"));
            layer.set_attribute_filter(&format!("\"{field}\" = '{id}'"))
        }
    }
}
