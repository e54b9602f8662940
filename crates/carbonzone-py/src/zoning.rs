//! Indices and zones of units.

use crate::findings::{json, of_rows, one};
use crate::interrupt::kernel;
use crate::tables::{Columns, arrow_table};
use carbonzone_types::{AttributeTable, ColumnData, Finding, Findings};
use carbonzone_zoning::indices::{EccDirection, IndexInputs, IndexOptions, Indices};
use carbonzone_zoning::{ZoningConfig, ZoningError, append_zone_columns};
use pyo3::prelude::*;
use pyo3_arrow::PyTable;
use serde::Deserialize;

/// A table, and the findings that do not block as JSON.
type Answer<'py> = (Bound<'py, PyAny>, String);

/// Options of the indices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    ecc_direction: EccDirection,
    gdp_total: Option<f64>,
    borderline_pct: f64,
}

/// Columns of the units.
struct Units {
    ids: Option<Vec<String>>,
    gross_t: Vec<f64>,
    sink_t: Vec<f64>,
    gdp: Option<Vec<Option<f64>>>,
}

impl Units {
    fn read(columns: &Columns) -> Result<Self, Findings> {
        let known = |field: &str| -> Result<Vec<f64>, Findings> {
            let values = columns.numbers(field).map_err(one)?;
            let rows: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_none()).collect();
            if rows.is_empty() {
                return Ok(values.into_iter().flatten().collect());
            }
            let message = format!("{field} is not known for {} units", rows.len());
            Err(one(of_rows("bad_value", message, "units", &rows)
                .field(field)
                .expected("a finite number, 0 or more")))
        };
        let ids = columns.has("id").then(|| columns.texts("id").map_err(one)).transpose()?;
        Ok(Self {
            ids: ids
                .map(|ids| ids.into_iter().map(|id| id.unwrap_or_else(|| "(no id)".to_owned())).collect()),
            gross_t: known("gross_t")?,
            sink_t: known("sink_t")?,
            gdp: columns.has("gdp").then(|| columns.numbers("gdp").map_err(one)).transpose()?,
        })
    }

    fn indices(&self, options: &IndexOptions) -> Result<Indices, Findings> {
        let inputs = IndexInputs {
            unit_ids: self.ids.as_deref(),
            gross_t: &self.gross_t,
            sink_t: &self.sink_t,
            gdp: self.gdp.as_deref(),
        };
        carbonzone_zoning::indices(&inputs, options).map_err(|e| refused(&e))
    }
}

fn refused(error: &ZoningError) -> Findings {
    let (code, unit, field) = match error {
        ZoningError::Value { unit, field, .. } => ("bad_value", Some(unit), Some(field)),
        ZoningError::Scheme { .. } => ("zoning_scheme", None, None),
        ZoningError::TooFew { .. } => ("too_few_values", None, None),
        ZoningError::Parameter { parameter, .. } => ("bad_parameter", None, Some(parameter)),
        _ => ("zoning", None, None),
    };
    let mut finding = Finding::error(code, error.to_string()).layer("units");
    finding.feature = unit.cloned();
    finding.field = field.cloned();
    one(finding)
}

/// CCR, ECC and ESC of every unit.
#[pyfunction]
pub fn unit_indices<'py>(py: Python<'py>, units: PyTable, options: &str) -> PyResult<Answer<'py>> {
    let columns = Columns::new(units);
    let options: Result<Options, _> = serde_json::from_str(options);
    let indices = kernel(py, Some(1), move |_| {
        let o = options.map_err(|e| one(Finding::error("bad_parameter", e.to_string())))?;
        let options = IndexOptions {
            ecc_direction: o.ecc_direction,
            gdp_total: o.gdp_total,
            borderline_pct: o.borderline_pct,
        };
        Units::read(&columns)?.indices(&options)
    })?;
    let flags = |v: &[bool]| ColumnData::Bool(v.iter().map(|b| Some(*b)).collect());
    let table = AttributeTable::new()
        .with("ccr", ColumnData::Real(indices.ccr.clone()))
        .with("ecc", ColumnData::Real(indices.ecc.clone()))
        .with("esc", ColumnData::Real(indices.esc.clone()))
        .with("ecc_margin", ColumnData::Real(indices.ecc_margin.clone()))
        .with("esc_margin", ColumnData::Real(indices.esc_margin.clone()))
        .with("borderline", flags(&indices.borderline))
        .with("no_emission", flags(&indices.no_emission));
    Ok((arrow_table(py, &table)?, json(&indices.findings)))
}

/// Indices and zone of every unit by the `[zoning]` table of a pipeline file.
#[pyfunction]
pub fn classify_units<'py>(py: Python<'py>, units: PyTable, zoning: &str) -> PyResult<Answer<'py>> {
    let columns = Columns::new(units);
    let config: Result<ZoningConfig, _> = serde_json::from_str(zoning);
    let (table, findings) = kernel(py, Some(1), move |_| {
        let config =
            config.map_err(|e| one(Finding::error("zoning_scheme", e.to_string()).field("scheme")))?;
        let scheme = config.resolve().map_err(|e| refused(&e))?;
        let options = scheme.index_options(config.gdp_total);
        let indices = Units::read(&columns)?.indices(&options)?;
        let zoning = carbonzone_zoning::classify(&scheme, &[&indices]).map_err(|e| refused(&e))?;
        let zoned = zoning.years.first().ok_or_else(|| one(Finding::error("zoning", "no unit")))?;
        let mut table = AttributeTable::new();
        append_zone_columns(&mut table, &scheme, &indices, zoned);
        Ok((table, indices.findings))
    })?;
    Ok((arrow_table(py, &table)?, json(&findings)))
}
