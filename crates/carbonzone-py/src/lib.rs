//! `carbonzone._lib`: the kernels on Arrow data. Python code beside it (`python/carbonzone`) takes `GeoDataFrame`s apart, checks CRS,
//! and holds what users call; nothing here is public to them.
//!
//! Every call frees the GIL, works in a thread pool of its own, and ends within a moment of Ctrl-C. Arrow comes and goes through the
//! `PyCapsule` interface without a copy. No GDAL, no GEOS, no SQLite.

mod allocation;
mod findings;
mod geometry;
mod interrupt;
mod inventory;
mod overlay;
mod proxies;
mod scale;
mod tables;
mod zoning;

use pyo3::prelude::*;

/// The kernels of carbonzone.
#[pymodule]
mod _lib {
    #[pymodule_export]
    use crate::allocation::allocate_budgets;
    #[pymodule_export]
    use crate::inventory::compute_inventory;
    #[pymodule_export]
    use crate::overlay::{areas, lengths_in, overlay_grid, overlay_zones, points_in, spread};
    #[pymodule_export]
    use crate::proxies::{line_proxy, point_proxy};
    #[pymodule_export]
    use crate::scale::{CityPlan, Summer, Weigher, merge_states, state_values};
    #[pymodule_export]
    use crate::zoning::{classify_units, unit_indices};
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
