//! What a pipeline counts on parcels: points and metres of lines by the rules of the command, one value per parcel.

use crate::findings::{json, of_rows, one};
use crate::geometry::{Geometries, Lines};
use crate::interrupt::kernel;
use crate::overlay::{both, column};
use crate::tables::{arrow, real_values};
use arrow_array::Float64Array;
use carbonzone_geom::{Coverage, LineIndex, PointLocator, common_ground};
use carbonzone_spatialize::surrogate::lines::{LineMeter, LineTally, RoadAssignment};
use carbonzone_spatialize::surrogate::mode_lines::ModeLines;
use carbonzone_spatialize::surrogate::points::{PointCounter, PointTally};
use carbonzone_types::{Finding, Findings};
use pyo3::prelude::*;
use pyo3_arrow::{PyArray, PyChunkedArray};
use serde::Deserialize;

/// How features come to parcels, as `[layers.*]` of a pipeline file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// One value per parcel; `None`: every parcel is of the class.
    land: Option<Vec<bool>>,
    #[serde(default)]
    assignment: RoadAssignment,
    snap_m: f64,
}

impl Rule {
    fn read(text: &str, parcels: usize) -> Result<Self, Findings> {
        let rule: Self = serde_json::from_str(text).map_err(|e| {
            one(Finding::error("bad_parameter", e.to_string()).field("land, assignment, snap_m"))
        })?;
        if !(rule.snap_m.is_finite() && rule.snap_m >= 0.0) {
            let finding = Finding::error("bad_parameter", "not a distance").field("snap_m");
            return Err(one(finding.value(rule.snap_m.to_string()).expected("metres, 0 or more")));
        }
        match &rule.land {
            Some(land) if land.len() != parcels => {
                let message = format!("{} values for {parcels} parcels", land.len());
                Err(one(Finding::error("bad_parameter", message).field("land").expected("one per parcel")))
            }
            _ => Ok(rule),
        }
    }
}

/// Layers and weights of a call.
struct Job {
    parcels: Geometries,
    features: Geometries,
    weights: Option<Vec<Option<f64>>>,
    repair: bool,
    rule: String,
}

impl Job {
    /// One weight per row; without weights all count 1.
    fn weights(&self, rows: usize) -> Result<Vec<f64>, Findings> {
        let Some(given) = &self.weights else { return Ok(vec![1.0; rows]) };
        let good = |v: &Option<f64>| v.filter(|v| v.is_finite() && *v >= 0.0);
        let bad: Vec<usize> = (0..given.len()).filter(|&i| good(&given[i]).is_none()).collect();
        if given.len() != rows || !bad.is_empty() {
            let message =
                format!("{} weights for {rows} rows, {} of them not usable", given.len(), bad.len());
            let finding = of_rows("bad_value", message, self.features.layer, &bad).field("weights");
            return Err(one(finding.expected("one finite number per row, 0 or more")));
        }
        Ok(given.iter().flatten().copied().collect())
    }
}

/// What became of the features, by name.
type Tally = Vec<(&'static str, f64)>;

/// Values per parcel, tallies, findings that do not block (JSON).
type Answer<'py> = (Bound<'py, PyAny>, Tally, String);

fn answer(py: Python<'_>, (values, tally, findings): (Vec<f64>, Tally, Findings)) -> PyResult<Answer<'_>> {
    Ok((arrow(py, Float64Array::from(values))?, tally, json(&findings)))
}

/// Weight of points per parcel.
#[pyfunction]
#[pyo3(signature = (parcels, points, weights, rule, repair, threads=None))]
pub fn point_proxy(
    py: Python<'_>,
    parcels: PyChunkedArray,
    points: PyChunkedArray,
    weights: Option<PyArray>,
    rule: String,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (parcels, features) = (column(parcels, "parcels"), column(points, "points"));
    let job = Job { parcels, features, weights: weights.map(real_values), repair, rule };
    let done = kernel(py, threads, move |_| {
        let ((parcels, findings), points) = both(job.parcels.polygons(job.repair), job.features.points())?;
        let rule = Rule::read(&job.rule, parcels.len())?;
        let weights = job.weights(points.xs.len())?;
        let locator = PointLocator::new(&parcels);
        let mut counter = PointCounter::new(&parcels, &locator, rule.land, rule.snap_m);
        counter.add(&points.xs, &points.ys, &weights);
        let (values, tally) = counter.finish();
        Ok((values, of_points(&tally), findings))
    })?;
    answer(py, done)
}

fn of_points(tally: &PointTally) -> Tally {
    vec![
        ("inside", tally.inside.value()),
        ("snapped", tally.snapped.value()),
        ("other_class", tally.other_class.value()),
        ("outside", tally.outside.value()),
    ]
}

/// Metres of lines per parcel.
#[pyfunction]
#[pyo3(signature = (parcels, lines, weights, rule, repair, threads=None))]
pub fn line_proxy(
    py: Python<'_>,
    parcels: PyChunkedArray,
    lines: PyChunkedArray,
    weights: Option<PyArray>,
    rule: String,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (parcels, features) = (column(parcels, "parcels"), column(lines, "lines"));
    let job = Job { parcels, features, weights: weights.map(real_values), repair, rule };
    let done = kernel(py, threads, move |_| {
        let ((parcels, findings), lines) = both(job.parcels.polygons(job.repair), job.features.lines())?;
        let rule = Rule::read(&job.rule, parcels.len())?;
        let (values, tally) = measured(&parcels, of_rows_once(&lines, &job)?, rule);
        Ok((values, tally, findings))
    })?;
    answer(py, done)
}

/// The lines with their weights, doubles left out, and how much these were, m.
fn of_rows_once(lines: &Lines, job: &Job) -> Result<(ModeLines, Option<f64>), Findings> {
    let weights = job.weights(job.features.chunks.iter().map(|c| c.len()).sum())?;
    let mut all = ModeLines::default();
    for (k, row) in lines.rows.iter().enumerate() {
        let line = lines.line_off[k] as usize..lines.line_off[k + 1] as usize;
        all.push(&lines.xs[line.clone()], &lines.ys[line], weights[*row as usize]);
    }
    Ok(all.once())
}

fn measured(
    parcels: &Coverage,
    (lines, doubled_m): (ModeLines, Option<f64>),
    rule: Rule,
) -> (Vec<f64>, Tally) {
    let mut overlapping = vec![false; parcels.len()];
    for (a, b, _) in common_ground(parcels) {
        (overlapping[a as usize], overlapping[b as usize]) = (true, true);
    }
    let index = LineIndex::new(parcels);
    let land = rule.land.unwrap_or_else(|| vec![true; parcels.len()]);
    let mut meter =
        LineMeter::new(parcels, &index, land, rule.assignment, rule.snap_m).over_overlaps(overlapping);
    lines.measure(&index, &mut meter);
    let (values, tally) = meter.finish();
    (values, of_lines(&tally, doubled_m))
}

fn of_lines(tally: &LineTally, doubled_m: Option<f64>) -> Tally {
    vec![
        ("total", tally.total.value()),
        ("in_class", tally.in_class.value()),
        ("in_other", tally.in_other.value()),
        ("snapped", tally.snapped.value()),
        ("shared", tally.shared.value()),
        ("along_edge", tally.along_edge.value()),
        ("doubled", doubled_m.unwrap_or(0.0)),
    ]
}
