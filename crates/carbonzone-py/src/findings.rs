//! Findings as Python sees them.

use carbonzone_types::{Finding, Findings};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Rows named in one finding.
const SHOWN: usize = 10;

/// A list of one.
pub fn one(finding: Finding) -> Findings {
    Findings { items: vec![finding] }
}

/// `carbonzone.CarbonzoneError` with these findings.
pub fn raise(py: Python<'_>, findings: &Findings) -> PyErr {
    let error = || -> PyResult<PyErr> {
        let class = py.import("carbonzone._findings")?.getattr("CarbonzoneError")?;
        Ok(PyErr::from_value(class.call_method1("from_json", (json(findings),))?))
    };
    error().unwrap_or_else(|e| e)
}

/// As JSON text, the way `run.json` has them.
pub fn json(findings: &Findings) -> String {
    serde_json::to_string(findings).unwrap_or_else(|e| format!("[]{e}"))
}

/// Any other failure.
pub fn broken(error: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

/// `3, 17, 20, ...`: rows count from 0 in the order of the layer.
pub fn rows_in_words(rows: &[usize]) -> String {
    let shown: Vec<String> = rows.iter().take(SHOWN).map(ToString::to_string).collect();
    format!("row {}{}", shown.join(", "), if rows.len() > SHOWN { ", ..." } else { "" })
}

/// An error that concerns rows of a table.
pub fn of_rows(code: &str, message: impl Into<String>, layer: &str, rows: &[usize]) -> Finding {
    Finding::error(code, message).layer(layer).feature(rows_in_words(rows)).count(rows.len() as u64)
}
