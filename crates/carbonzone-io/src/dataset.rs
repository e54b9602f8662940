//! A dataset of GDAL: opened, its layers and the types of their fields.

use crate::columns::FieldKind;
use crate::ffi;
use crate::gdal_log::{GdalMessages, capture};
use crate::source::has_extension;
use gdal::vector::LayerAccess;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use gdal_sys::{OGRFieldSubType, OGRFieldType};
use std::path::Path;

/// Opens a dataset read-only and returns what GDAL said.
pub(crate) fn open_dataset(
    path: &Path,
    encoding: Option<&str>,
) -> (gdal::errors::Result<Dataset>, GdalMessages) {
    let mut options: Vec<String> = Vec::new();
    if let Some(encoding) = encoding
        && (has_extension(path, &["shp", "dbf"]) || path.is_dir())
    {
        // What calls itself GBK holds the characters of GB18030, which contains GBK.
        let gbk = ["gbk", "gb2312", "cp936", "936"].contains(&encoding.to_lowercase().as_str());
        options.push(format!("ENCODING={}", if gbk { "GB18030" } else { encoding }));
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    capture(|| {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_READONLY
                    | GdalOpenFlags::GDAL_OF_VECTOR
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                open_options: Some(&options),
                ..DatasetOptions::default()
            },
        )
    })
}

/// Names of the layers of a dataset, in file order.
pub(crate) fn layer_names(dataset: &Dataset) -> Vec<String> {
    (0..dataset.layer_count()).filter_map(|i| dataset.layer(i).ok()).map(|l| l.name()).collect()
}

/// The column type for an OGR field.
pub(crate) fn kind_of<L: LayerAccess>(layer: &L, index: usize) -> FieldKind {
    match ffi::field_types(layer, index) {
        (OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64, OGRFieldSubType::OFSTBoolean) => {
            FieldKind::Bool
        }
        (OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64, _) => FieldKind::Int,
        (OGRFieldType::OFTReal, _) => FieldKind::Real,
        _ => FieldKind::Text,
    }
}
