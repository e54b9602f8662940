//! Sector totals from activity data.

use crate::findings::{broken, json, one};
use crate::interrupt::kernel;
use crate::tables::arrow_table;
use carbonzone_inventory::{InventoryConfig, compute, load};
use carbonzone_types::Finding;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tables by name, the inventory as JSON, the findings that do not block as JSON.
type Answer<'py> = (Vec<(&'static str, Bound<'py, PyAny>)>, String, String);

/// Computes an inventory by the `[inventory.activity]` table of a pipeline file; paths are relative to `base`.
#[pyfunction]
pub fn compute_inventory<'py>(
    py: Python<'py>,
    config: &str,
    base: PathBuf,
    land_areas_m2: BTreeMap<String, f64>,
) -> PyResult<Answer<'py>> {
    let config: Result<InventoryConfig, _> = serde_json::from_str(config);
    let inventory = kernel(py, Some(1), move |_| {
        let config = config
            .map_err(|e| one(Finding::error("inventory", e.to_string()).field("inventory.activity")))?;
        let loaded = load(&config, &base);
        compute(&config, &loaded.activity, &loaded.library, &land_areas_m2)
    })?;
    let tables = inventory.tables().into_iter().map(|(name, table)| Ok((name, arrow_table(py, &table)?)));
    let tables = tables.collect::<PyResult<Vec<_>>>()?;
    Ok((tables, serde_json::to_string(&inventory).map_err(broken)?, json(&inventory.findings)))
}
