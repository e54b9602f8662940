//! Columns of Arrow tables in and out.

use crate::findings::broken;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use carbonzone_types::{AttributeTable, ColumnData, Finding};
use pyo3::prelude::*;
use pyo3_arrow::{PyArray, PyTable};
use std::sync::Arc;

/// An array as `pyarrow.Array`, without a copy.
pub fn arrow(py: Python<'_>, array: impl Array + 'static) -> PyResult<Bound<'_, PyAny>> {
    let array = PyArray::from_array_ref(Arc::new(array));
    Ok(array.to_pyarrow(py)?.unbind().into_bound(py))
}

/// A table as `pyarrow.Table`.
pub fn arrow_table<'py>(py: Python<'py>, table: &AttributeTable) -> PyResult<Bound<'py, PyAny>> {
    let (fields, columns): (Vec<Field>, Vec<ArrayRef>) = table
        .columns
        .iter()
        .map(|column| {
            let (kind, array): (DataType, ArrayRef) = match &column.data {
                ColumnData::Text(v) => (DataType::Utf8, Arc::new(StringArray::from_iter(v))),
                ColumnData::Real(v) => (DataType::Float64, Arc::new(Float64Array::from(v.clone()))),
                ColumnData::Int(v) => (DataType::Int64, Arc::new(Int64Array::from(v.clone()))),
                ColumnData::Bool(v) => (DataType::Boolean, Arc::new(BooleanArray::from(v.clone()))),
            };
            (Field::new(&column.name, kind, true), array)
        })
        .unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(broken)?;
    PyTable::try_new(vec![batch], schema)?.into_pyarrow(py)
}

/// Values of an array of float64; NULL is `None`.
pub fn real_values(array: PyArray) -> Vec<Option<f64>> {
    let (array, _) = array.into_inner();
    array.as_primitive_opt::<Float64Type>().map_or_else(Vec::new, |a| a.iter().collect())
}

/// A table whose columns are float64 or text.
pub struct Columns(Vec<RecordBatch>);

impl Columns {
    /// The batches of a table.
    pub fn new(table: PyTable) -> Self {
        Self(table.into_inner().0)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.0.iter().map(RecordBatch::num_rows).sum()
    }

    /// Whether there is such a column.
    pub fn has(&self, name: &str) -> bool {
        self.0.first().is_some_and(|batch| batch.column_by_name(name).is_some())
    }

    /// Names, in order.
    pub fn names(&self) -> Vec<String> {
        let names = |batch: &RecordBatch| batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        self.0.first().map(names).unwrap_or_default()
    }

    fn missing(&self, name: &str, expected: &str) -> Finding {
        Finding::error("unknown_field", format!("no column \"{name}\" of {expected}"))
            .field(name)
            .expected(format!("one of {}", self.names().join(", ")))
    }

    /// A column of numbers; NULL is `None`.
    pub fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, Finding> {
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.0 {
            let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Float64Type>());
            out.extend(column.ok_or_else(|| self.missing(name, "numbers"))?.iter());
        }
        Ok(out)
    }

    /// A column of whole numbers without gaps.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>, Finding> {
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.0 {
            let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
            let column = column.filter(|c| c.null_count() == 0);
            out.extend(column.ok_or_else(|| self.missing(name, "whole numbers"))?.values());
        }
        Ok(out)
    }

    /// A column of texts; NULL is `None`.
    pub fn texts(&self, name: &str) -> Result<Vec<Option<String>>, Finding> {
        let mut out = Vec::with_capacity(self.rows());
        for batch in &self.0 {
            let column = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            let column = column.ok_or_else(|| self.missing(name, "texts"))?;
            out.extend(column.iter().map(|text| text.map(str::to_owned)));
        }
        Ok(out)
    }
}
