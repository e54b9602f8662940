//! A city in parts: the passes of `carbonzone-scale` on Arrow tables, states in and out.

use crate::findings::{broken, json, one};
use crate::geometry::Geometries;
use crate::interrupt::kernel;
use crate::tables::{Columns, arrow_table};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use carbonzone_geom::Coverage;
use carbonzone_scale::{Batch, FORMAT, Plan, Shares, State, Sums, Weights, finish};
use carbonzone_spatialize::ProxyTable;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, Finding, Findings};
use pyo3::prelude::*;
use pyo3_arrow::{PyChunkedArray, PyTable};
use std::sync::{Arc, Mutex, PoisonError};

/// Zones, cells, totals; rules, ledger, findings and balances as JSON.
type Answer<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, [String; 4]);

/// Digits of a state.
const DIGITS: u8 = 38;

fn arrow_states<'py>(py: Python<'py>, states: &[State]) -> PyResult<Bound<'py, PyAny>> {
    let decimals = Decimal128Array::from_iter_values(states.iter().map(|s| s.state));
    let columns: [(&str, ArrayRef); 4] = [
        ("kind", Arc::new(StringArray::from_iter_values(states.iter().map(|s| &s.kind)))),
        ("unit", Arc::new(Int64Array::from_iter_values(states.iter().map(|s| s.unit)))),
        ("name", Arc::new(StringArray::from_iter_values(states.iter().map(|s| &s.name)))),
        ("state", Arc::new(decimals.with_precision_and_scale(DIGITS, 0).map_err(broken)?)),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.map(|(_, array)| array).to_vec());
    PyTable::try_new(vec![batch.map_err(broken)?], schema)?.into_pyarrow(py)
}

/// States of a table; a NULL is what an engine gives for a sum beyond 38 digits.
fn states_of(table: PyTable) -> Result<Vec<State>, Findings> {
    let overflow = || {
        one(Finding::error("sum_out_of_range", "the states of the parts add up to more than 38 digits")
            .expected("less than 4.6e18"))
    };
    let wrong =
        || one(Finding::error("states", "this is no table of states").expected("kind, unit, name, state"));
    let mut out = Vec::new();
    for batch in table.into_inner().0 {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(wrong);
        let kinds = column("kind")?.as_string_opt::<i32>().ok_or_else(wrong)?;
        let names = column("name")?.as_string_opt::<i32>().ok_or_else(wrong)?;
        let units = column("unit")?.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        let states = column("state")?.as_primitive_opt::<Decimal128Type>().ok_or_else(wrong)?;
        if states.data_type() != &DataType::Decimal128(DIGITS, 0) {
            return Err(wrong());
        }
        for i in 0..batch.num_rows() {
            if states.is_null(i) {
                return Err(overflow());
            }
            let (kind, name) = (kinds.value(i).to_owned(), names.value(i).to_owned());
            out.push(State { kind, unit: units.value(i), name, state: states.value(i) });
        }
    }
    Ok(out)
}

/// A column without gaps.
fn whole(columns: &Columns, name: &str) -> Result<Vec<f64>, Findings> {
    let values = columns.numbers(name).map_err(one)?;
    let rows: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_none()).collect();
    if rows.is_empty() {
        return Ok(values.into_iter().flatten().collect());
    }
    let message = format!("{} parcels without {name}", rows.len());
    Err(one(crate::findings::of_rows("bad_value", message, "parcels", &rows).field(name)))
}

fn batch_of(plan: &Plan, columns: &Columns) -> Result<Batch, Findings> {
    let number = |name: &Option<String>| {
        let found = plan.space_types.iter().position(|s| Some(s) == name.as_ref());
        found.map(|k| k as u16).ok_or_else(|| {
            let finding =
                Finding::error("space_types", "a space type that the plan of the city does not have");
            one(finding
                .layer("parcels")
                .value(name.clone().unwrap_or_default())
                .expected(plan.space_types.join(", ")))
        })
    };
    let names = columns.texts("space_type").map_err(one)?;
    let mut proxies = ProxyTable::new();
    for (name, unit) in &plan.proxies {
        proxies.insert(name, unit, whole(columns, name)?);
    }
    Ok(Batch {
        rows: columns.integers("row").map_err(one)?.into_iter().map(|r| r as u64).collect(),
        space_type: names.iter().map(number).collect::<Result<_, _>>()?,
        area_m2: whole(columns, "area_m2")?,
        proxies,
    })
}

/// What the parts of a city have in common.
struct City {
    plan: Plan,
    zones: Coverage,
}

/// A city in parts: its plan and its zones.
#[pyclass(frozen)]
pub struct CityPlan(Arc<City>);

#[pymethods]
impl CityPlan {
    #[new]
    fn new(py: Python<'_>, plan: &str, zones: PyChunkedArray) -> PyResult<Self> {
        let plan: Result<Plan, _> = serde_json::from_str(plan);
        let zones = Geometries { chunks: zones.into_inner().0, layer: "zones" };
        let city = kernel(py, Some(1), move |_| {
            let unusable = |e: String| {
                one(Finding::error("plan", format!("the plan of the city cannot be read: {e}"))
                    .file("plan.json")
                    .hint("make the parts again with `carbonzone partition`"))
            };
            let plan = plan.map_err(|e| unusable(e.to_string()))?;
            if plan.format != FORMAT {
                return Err(unusable(format!("format {} instead of {FORMAT}", plan.format)));
            }
            let zones = zones.coverage()?;
            if zones.len() == plan.units.len() {
                Ok(City { plan, zones })
            } else {
                Err(unusable(format!("{} zones instead of {}", zones.len(), plan.units.len())))
            }
        })?;
        Ok(Self(Arc::new(city)))
    }

    /// Begins pass 1.
    fn weigher(&self) -> Weigher {
        Weigher { city: Arc::clone(&self.0), weights: Arc::new(Mutex::new(Weights::new(&self.0.plan))) }
    }

    /// Ends pass 1: how the rules are shared out, and whether smoothed weights must be summed first.
    fn decide(&self, py: Python<'_>, states: PyTable) -> PyResult<(String, bool)> {
        let city = Arc::clone(&self.0);
        let shares = kernel(py, Some(1), move |_| {
            Shares::decide(&city.plan, &Weights::from_states(&city.plan, states_of(states)?)?)
        })?;
        Ok((serde_json::to_string(&shares).map_err(broken)?, shares.need_another_pass()))
    }

    /// Sums of the smoothed weights of a batch.
    fn smoothed<'py>(&self, py: Python<'py>, shares: &str, parcels: PyTable) -> PyResult<Bound<'py, PyAny>> {
        let (city, shares) = (Arc::clone(&self.0), shares_of(shares)?);
        let columns = Columns::new(parcels);
        let states =
            kernel(py, Some(1), move |_| shares.smoothed(&city.plan, &batch_of(&city.plan, &columns)?))?;
        arrow_states(py, &states)
    }

    /// The shares with the sums of the smoothed weights of all batches.
    #[staticmethod]
    fn take_smoothed(py: Python<'_>, shares: &str, states: PyTable) -> PyResult<String> {
        let mut shares = shares_of(shares)?;
        let shares = kernel(py, Some(1), move |_| {
            shares.take_smoothed(states_of(states)?)?;
            Ok(shares)
        })?;
        serde_json::to_string(&shares).map_err(broken)
    }

    /// Tonnes of every sector on the parcels of a batch.
    fn place<'py>(&self, py: Python<'py>, shares: &str, parcels: PyTable) -> PyResult<Bound<'py, PyAny>> {
        let (city, shares) = (Arc::clone(&self.0), shares_of(shares)?);
        let columns = Columns::new(parcels);
        let table = kernel(py, Some(1), move |_| {
            let plan = &city.plan;
            let batch = batch_of(plan, &columns)?;
            let tonnes = Sums::table(plan, &Sums::place(plan, &shares, &batch)?, batch.rows.len());
            let mut table = AttributeTable::new()
                .with("row", ColumnData::Int(batch.rows.iter().map(|r| Some(*r as i64)).collect()))
                .with("unit_id", ColumnData::Text(columns.texts("unit_id").map_err(one)?));
            for (name, column) in plan.sectors().iter().zip(&tonnes.sectors_t) {
                table.push(&format!("{name}_t"), ColumnData::reals(column));
            }
            table.push("gross_t", ColumnData::reals(&tonnes.gross_t));
            table.push("sink_t", ColumnData::reals(&tonnes.sink_t));
            table.push("net_t", ColumnData::reals(&tonnes.net_t));
            Ok(table)
        })?;
        arrow_table(py, &table)
    }

    /// Begins pass 2.
    fn summer(&self, shares: &str) -> PyResult<Summer> {
        let sums = Arc::new(Mutex::new(Sums::new(&self.0.plan)));
        Ok(Summer { city: Arc::clone(&self.0), shares: Arc::new(shares_of(shares)?), sums })
    }

    /// Ends pass 2: the numbers of the city.
    fn finish<'py>(&self, py: Python<'py>, shares: &str, states: PyTable) -> PyResult<Answer<'py>> {
        let (city, shares) = (Arc::clone(&self.0), shares_of(shares)?);
        let result = kernel(py, Some(1), move |_| {
            let sums = Sums::from_states(&city.plan, states_of(states)?)?;
            let result = finish(&city.plan, &shares, &sums)?;
            if result.findings.blocks() { Err(result.findings) } else { Ok(result) }
        })?;
        let totals: Vec<State> = result.totals.iter().map(|(name, sum)| total(name, *sum)).collect();
        let text = |value: Result<String, serde_json::Error>| value.map_err(broken);
        let more = [
            text(serde_json::to_string(&result.rules))?,
            text(serde_json::to_string(&result.ledger))?,
            json(&result.findings),
            text(serde_json::to_string(&result.balances))?,
        ];
        Ok((
            arrow_table(py, &result.zones)?,
            arrow_table(py, &result.cells)?,
            arrow_states(py, &totals)?,
            more,
        ))
    }
}

fn total(name: &str, sum: ExactSum) -> State {
    // The states of a finished city came from an engine: they fit.
    State {
        kind: "city_t".to_owned(),
        unit: -1,
        name: name.to_owned(),
        state: sum.state().unwrap_or_default(),
    }
}

fn shares_of(text: &str) -> PyResult<Shares> {
    serde_json::from_str(text).map_err(broken)
}

/// Pass 1 over the batches of one task.
#[pyclass(frozen)]
pub struct Weigher {
    city: Arc<City>,
    weights: Arc<Mutex<Weights>>,
}

#[pymethods]
impl Weigher {
    /// Adds parcels.
    #[pyo3(signature = (parcels, threads=None))]
    fn add(&self, py: Python<'_>, parcels: PyTable, threads: Option<usize>) -> PyResult<()> {
        let (city, weights) = (Arc::clone(&self.city), Arc::clone(&self.weights));
        let columns = Columns::new(parcels);
        kernel(py, threads, move |_| {
            let batch = batch_of(&city.plan, &columns)?;
            weights.lock().unwrap_or_else(PoisonError::into_inner).add(&city.plan, &batch)
        })
    }

    /// What they bring.
    fn states<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (city, weights) = (Arc::clone(&self.city), Arc::clone(&self.weights));
        let states = kernel(py, Some(1), move |_| {
            weights.lock().unwrap_or_else(PoisonError::into_inner).states(&city.plan)
        })?;
        arrow_states(py, &states)
    }
}

/// Pass 2 over the batches of one task.
#[pyclass(frozen)]
pub struct Summer {
    city: Arc<City>,
    shares: Arc<Shares>,
    sums: Arc<Mutex<Sums>>,
}

#[pymethods]
impl Summer {
    /// Adds parcels with their geometry.
    #[pyo3(signature = (parcels, geometry, threads=None))]
    fn add(
        &self,
        py: Python<'_>,
        parcels: PyTable,
        geometry: PyChunkedArray,
        threads: Option<usize>,
    ) -> PyResult<()> {
        let (city, shares, sums) = (Arc::clone(&self.city), Arc::clone(&self.shares), Arc::clone(&self.sums));
        let columns = Columns::new(parcels);
        let geometry = Geometries { chunks: geometry.into_inner().0, layer: "parcels" };
        kernel(py, threads, move |_| {
            let coverage = geometry.coverage()?;
            let batch = batch_of(&city.plan, &columns)?;
            let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
            sums.add(&city.plan, &shares, &batch, &coverage, &city.zones)
        })
    }

    /// Their sums.
    fn states<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (city, sums) = (Arc::clone(&self.city), Arc::clone(&self.sums));
        let states = kernel(py, Some(1), move |_| {
            sums.lock().unwrap_or_else(PoisonError::into_inner).states(&city.plan)
        })?;
        arrow_states(py, &states)
    }
}

/// Adds up the states of a table: one row per kind, unit and name.
#[pyfunction]
pub fn merge_states(py: Python<'_>, states: PyTable) -> PyResult<Bound<'_, PyAny>> {
    let merged = kernel(py, Some(1), move |_| carbonzone_scale::merged(states_of(states)?))?;
    arrow_states(py, &merged)
}

/// Values of states in tonnes, each rounded once.
#[pyfunction]
pub fn state_values(py: Python<'_>, states: PyTable) -> PyResult<Vec<f64>> {
    kernel(py, Some(1), move |_| {
        Ok(states_of(states)?.into_iter().map(|s| ExactSum::from_state(s.state).value()).collect())
    })
}
