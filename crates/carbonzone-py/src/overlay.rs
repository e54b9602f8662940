//! Areas, owners and lengths: the kernels of `carbonzone-geom` on WKB columns.

use crate::findings::{json, of_rows, one, raise};
use crate::geometry::{Geometries, Lines};
use crate::interrupt::{Stop, kernel};
use crate::tables::{arrow, real_values};
use arrow_array::{Float64Array, Int64Array, UInt32Array};
use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, OverlapMatrix, PointLocator, overlap_grid, overlap_zones,
};
use carbonzone_types::{Finding, Findings, GridSpec};
use pyo3::prelude::*;
use pyo3_arrow::{PyArray, PyChunkedArray};

/// Columns, and the findings that do not block as JSON.
type Answer<'py> = (Vec<Bound<'py, PyAny>>, String);

/// Features between two looks at whether somebody still waits; a whole number of the chunks of `carbonzone-geom`.
const FEATURES: usize = 8 * 4096;

/// Vertices between two looks.
const VERTICES: u32 = 2_000_000;

/// Points between two looks.
const POINTS: usize = 1_000_000;

/// Pieces of an overlay.
#[derive(Debug, Default)]
struct Pieces {
    sources: Vec<u32>,
    targets: Vec<u32>,
    areas_m2: Vec<f64>,
    outside_m2: Vec<f64>,
    overcovered_m2: Vec<f64>,
}

impl Pieces {
    fn append(&mut self, first: usize, matrix: OverlapMatrix) {
        for (i, row) in matrix.offsets.windows(2).enumerate() {
            self.sources.extend(std::iter::repeat_n((first + i) as u32, row[1] - row[0]));
        }
        if self.targets.is_empty() {
            (self.targets, self.areas_m2) = (matrix.targets, matrix.areas_m2);
        } else {
            self.targets.extend(matrix.targets);
            self.areas_m2.extend(matrix.areas_m2);
        }
        self.outside_m2.extend(matrix.outside_m2);
        self.overcovered_m2.extend(matrix.overcovered_m2);
    }

    fn into_arrow<'py>(self, py: Python<'py>, findings: &Findings) -> PyResult<Answer<'py>> {
        let columns = vec![
            arrow(py, UInt32Array::from(self.sources))?,
            arrow(py, UInt32Array::from(self.targets))?,
            arrow(py, Float64Array::from(self.areas_m2))?,
            arrow(py, Float64Array::from(self.outside_m2))?,
            arrow(py, Float64Array::from(self.overcovered_m2))?,
        ];
        Ok((columns, json(findings)))
    }
}

/// End of the slice of features that begins at `first`.
fn end_of_slice(layer: &Coverage, first: usize) -> usize {
    let vertex = |i: usize| layer.ring_off[layer.part_off[layer.feat_off[i] as usize] as usize];
    let mut end = first;
    while end < layer.len() && (end == first || vertex(end) - vertex(first) < VERTICES) {
        end = (end + FEATURES).min(layer.len());
    }
    end
}

/// The overlay of a layer, slice by slice, until nobody waits any more.
fn by_slices(layer: &Coverage, stop: &Stop, overlap: impl Fn(&Coverage) -> OverlapMatrix) -> Pieces {
    let (mut pieces, mut first, mut slice) = (Pieces::default(), 0, Coverage::new());
    while first < layer.len() && !stop.asked() {
        let end = end_of_slice(layer, first);
        if end - first == layer.len() {
            pieces.append(0, overlap(layer));
        } else {
            layer.copy_range(first, end, &mut slice);
            pieces.append(first, overlap(&slice));
        }
        first = end;
    }
    pieces
}

/// The geometry column of a layer.
pub fn column(array: PyChunkedArray, layer: &'static str) -> Geometries {
    Geometries { chunks: array.into_inner().0, layer }
}

/// Both layers, or everything that is wrong with either.
pub fn both<A, B>(a: Result<A, Findings>, b: Result<B, Findings>) -> Result<(A, B), Findings> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), b) => {
            b.err().into_iter().for_each(|b| a.extend(b));
            Err(a)
        }
        (_, Err(b)) => Err(b),
    }
}

/// Area of every parcel in every zone, m2: sources, targets, areas, and per parcel what lies outside and what is covered twice.
#[pyfunction]
#[pyo3(signature = (parcels, zones, repair, threads=None))]
pub fn overlay_zones(
    py: Python<'_>,
    parcels: PyChunkedArray,
    zones: PyChunkedArray,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (parcels, zones) = (column(parcels, "parcels"), column(zones, "zones"));
    let (pieces, findings) = kernel(py, threads, move |stop| {
        let ((parcels, mut findings), (zones, more)) =
            both(parcels.polygons(repair), zones.polygons(repair))?;
        findings.extend(more);
        Ok((by_slices(&parcels, stop, |slice| overlap_zones(slice, &zones)), findings))
    })?;
    pieces.into_arrow(py, &findings)
}

/// Area of every parcel in every cell of a grid, m2. Cells count row by row from the north-west.
#[pyfunction]
#[pyo3(signature = (parcels, grid, repair, threads=None))]
pub fn overlay_grid(
    py: Python<'_>,
    parcels: PyChunkedArray,
    grid: (f64, f64, f64, u32, u32),
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (x0, y0, cell, cols, rows) = grid;
    let y_max = y0 + cell * f64::from(rows);
    let numbers = [x0, y0, y_max, x0 + cell * f64::from(cols)].iter().all(|v| v.is_finite());
    if !(numbers && cell > 0.0 && u64::from(cols) * u64::from(rows) < u64::from(u32::MAX))
        || cols == 0
        || rows == 0
    {
        let finding = Finding::error("grid", "the grid has no cells, or more than 2^32")
            .field("grid")
            .value(format!("x0 {x0}, y0 {y0}, cell {cell}, {cols} columns, {rows} rows"))
            .expected("(x0, y0, cell, nx, ny): south-west corner and cell size in metres, columns, rows");
        return Err(raise(py, &one(finding)));
    }
    let grid = GridSpec { x_min: x0, y_max, cell, cols, rows };
    let parcels = column(parcels, "parcels");
    let (pieces, findings) = kernel(py, threads, move |stop| {
        let (parcels, findings) = parcels.polygons(repair)?;
        Ok((by_slices(&parcels, stop, |slice| overlap_grid(slice, &grid)), findings))
    })?;
    pieces.into_arrow(py, &findings)
}

/// Planar area of every polygon, m2.
#[pyfunction]
#[pyo3(signature = (parcels, repair, threads=None))]
pub fn areas(
    py: Python<'_>,
    parcels: PyChunkedArray,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let parcels = column(parcels, "parcels");
    let (areas, findings) = kernel(py, threads, move |_| {
        let (parcels, findings) = parcels.polygons(repair)?;
        Ok((parcels.areas_m2(), findings))
    })?;
    Ok((vec![arrow(py, Float64Array::from(areas))?], json(&findings)))
}

/// The parcel of every point, -1 outside.
#[pyfunction]
#[pyo3(signature = (parcels, points, repair, threads=None))]
pub fn points_in(
    py: Python<'_>,
    parcels: PyChunkedArray,
    points: PyChunkedArray,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (parcels, points) = (column(parcels, "parcels"), column(points, "points"));
    let (owners, findings) = kernel(py, threads, move |stop| {
        let ((parcels, findings), points) = both(parcels.polygons(repair), points.points())?;
        let locator = PointLocator::new(&parcels);
        let mut owners: Vec<i64> = Vec::with_capacity(points.xs.len());
        for (xs, ys) in points.xs.chunks(POINTS).zip(points.ys.chunks(POINTS)).take_while(|_| !stop.asked()) {
            let owner = |o: u32| if o == NO_PARCEL { -1 } else { i64::from(o) };
            owners.extend(locator.locate_all(xs, ys).into_iter().map(owner));
        }
        Ok((owners, findings))
    })?;
    Ok((vec![arrow(py, Int64Array::from(owners))?], json(&findings)))
}

/// Lines, parcels and the length of each line in each parcel, m.
#[pyfunction]
#[pyo3(signature = (parcels, lines, repair, threads=None))]
pub fn lengths_in(
    py: Python<'_>,
    parcels: PyChunkedArray,
    lines: PyChunkedArray,
    repair: bool,
    threads: Option<usize>,
) -> PyResult<Answer<'_>> {
    let (parcels, lines) = (column(parcels, "parcels"), column(lines, "lines"));
    let ((rows, owners, metres), findings) = kernel(py, threads, move |stop| {
        let ((parcels, findings), lines) = both(parcels.polygons(repair), lines.lines())?;
        Ok((lengths(&LineIndex::new(&parcels), &lines, stop), findings))
    })?;
    let columns = vec![
        arrow(py, UInt32Array::from(rows))?,
        arrow(py, UInt32Array::from(owners))?,
        arrow(py, Float64Array::from(metres))?,
    ];
    Ok((columns, json(&findings)))
}

/// Row of the line, parcel, metres: ascending by row, then by parcel. Parts of one row are added up in their order.
fn lengths(index: &LineIndex<'_>, lines: &Lines, stop: &Stop) -> (Vec<u32>, Vec<u32>, Vec<f64>) {
    let (mut rows, mut parcels, mut metres) = (vec![], vec![], vec![]);
    let (mut row, mut open): (u32, Vec<(u32, f64)>) = (0, vec![]);
    let mut close = |row: u32, open: &mut Vec<(u32, f64)>| {
        open.sort_by_key(|(parcel, _)| *parcel);
        for same in open.chunk_by(|a, b| a.0 == b.0) {
            rows.push(row);
            parcels.push(same[0].0);
            metres.push(same.iter().map(|(_, m)| m).sum());
        }
        open.clear();
    };
    let mut first = 0;
    while first < lines.rows.len() && !stop.asked() {
        let from = lines.line_off[first];
        let ends = &lines.line_off[first + 1..];
        let end = first + ends.partition_point(|end| end - from < VERTICES).max(1).min(ends.len());
        let found = index.lengths_all(&lines.xs, &lines.ys, &lines.line_off[first..=end]);
        for k in first..end {
            if lines.rows[k] != row {
                close(row, &mut open);
                row = lines.rows[k];
            }
            let (owners, lengths) = found.row(k - first);
            open.extend(owners.iter().copied().zip(lengths.iter().copied()));
        }
        first = end;
    }
    close(row, &mut open);
    (rows, parcels, metres)
}

/// Values of sources shared out over targets by area, exact sums: per target, and what lies outside.
#[pyfunction]
pub fn spread(
    py: Python<'_>,
    pieces: (PyArray, PyArray, PyArray, PyArray),
    n_targets: usize,
    values: PyArray,
) -> PyResult<(Bound<'_, PyAny>, f64)> {
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, UInt32Type};
    let (sources, targets, areas, outside) = pieces;
    let outside_m2 = outside.array().as_primitive::<Float64Type>().values().to_vec();
    let mut offsets = vec![0; outside_m2.len() + 1];
    sources.array().as_primitive::<UInt32Type>().values().iter().for_each(|&s| offsets[s as usize + 1] += 1);
    (1..offsets.len()).for_each(|i| offsets[i] += offsets[i - 1]);
    let matrix = OverlapMatrix {
        offsets,
        targets: targets.array().as_primitive::<UInt32Type>().values().to_vec(),
        areas_m2: areas.array().as_primitive::<Float64Type>().values().to_vec(),
        overcovered_m2: vec![0.0; outside_m2.len()],
        outside_m2,
        n_targets,
    };
    let values = real_values(values);
    let bad: Vec<usize> = (0..values.len()).filter(|&i| !values[i].is_some_and(f64::is_finite)).collect();
    if values.len() != matrix.len() || !bad.is_empty() {
        let message = format!(
            "{} values for {} parcels, {} of them not numbers",
            values.len(),
            matrix.len(),
            bad.len()
        );
        let finding = of_rows("bad_value", message, "parcels", &bad).field("values");
        return Err(raise(py, &one(finding)));
    }
    let values: Vec<f64> = values.into_iter().flatten().collect();
    let spread = kernel(py, Some(1), move |_| Ok(matrix.spread(&values)))?;
    Ok((arrow(py, Float64Array::from(spread.per_target))?, spread.outside))
}
