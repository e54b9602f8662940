//! WKB columns of Arrow as coordinate arrays. A row that cannot be used is an error that names it: nothing is dropped.

use crate::findings::{of_rows, one};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use carbonzone_geom::{Coverage, GeomError, read_wkb, validity};
use carbonzone_types::{Finding, Findings};
use geo_types::{Geometry, LineString};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Rows decoded by one task.
const ROWS: usize = 4096;

/// A geometry column and what its layer is called in messages.
#[derive(Debug)]
pub struct Geometries {
    /// Chunks of WKB.
    pub chunks: Vec<ArrayRef>,
    /// `parcels`, `zones`, ...
    pub layer: &'static str,
}

/// Why a row cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Null,
    Empty,
    Undecodable,
    NotA { expected: &'static str, found: &'static str },
    NoCoordinates,
    Invalid,
    TooMany,
}

impl Fault {
    fn finding(self, layer: &str, rows: &[usize]) -> Finding {
        let n = rows.len();
        let say =
            |code: &str, words: &str| of_rows(code, format!("{n} of the {layer}: {words}"), layer, rows);
        match self {
            Self::Null => say("null_geometry", "no geometry")
                .hint("leave these rows out first: gdf[gdf.geometry.notna()]"),
            Self::Empty => say("empty_geometry", "an empty geometry")
                .hint("leave these rows out first: gdf[~gdf.is_empty]"),
            Self::Undecodable => say("undecodable_geometry", "bytes that are no geometry").expected("WKB"),
            Self::NotA { expected, found } => say("wrong_geometry_type", &format!("a {found}"))
                .expected(expected)
                .hint("gdf.explode() takes collections apart"),
            Self::NoCoordinates => say("no_coordinates", "coordinates that are not numbers"),
            Self::Invalid => say("invalid_geometry", "invalid polygons, whose areas are not defined")
                .hint("invalid=\"repair\" mends them as the command does; gdf.make_valid() as GEOS does"),
            Self::TooMany => say("too_many_vertices", "more than 2^32 vertices in one layer"),
        }
    }
}

/// A feature layer under construction.
trait Sink: Default + Send {
    /// Appends one row.
    fn push(&mut self, row: usize, wkb: &[u8]) -> Result<(), Fault>;
}

impl Sink for Coverage {
    fn push(&mut self, _row: usize, wkb: &[u8]) -> Result<(), Fault> {
        let pushed = self.push_wkb(wkb);
        pushed.map_err(|e| match e {
            GeomError::NotPolygon { found } => Fault::NotA { expected: "Polygon or MultiPolygon", found },
            GeomError::TooManyVertices => Fault::TooMany,
            _ => Fault::Undecodable,
        })?;
        let last = self.len() - 1;
        let mut empty = true;
        for ring in self.rings(last) {
            empty &= ring.xs.is_empty();
            if !ring.xs.iter().chain(ring.ys).all(|v| v.is_finite()) {
                return Err(Fault::NoCoordinates);
            }
        }
        if empty { Err(Fault::Empty) } else { Ok(()) }
    }
}

/// Points, m.
#[derive(Debug, Default)]
pub struct Points {
    /// Eastings.
    pub xs: Vec<f64>,
    /// Northings.
    pub ys: Vec<f64>,
}

impl Sink for Points {
    fn push(&mut self, _row: usize, wkb: &[u8]) -> Result<(), Fault> {
        let (x, y) = match decoded(wkb)? {
            Geometry::Point(point) => point.x_y(),
            other => return Err(Fault::NotA { expected: "Point", found: name_of(&other) }),
        };
        match (x.is_finite(), y.is_finite()) {
            (true, true) => {
                self.xs.push(x);
                self.ys.push(y);
                Ok(())
            }
            _ if x.is_nan() && y.is_nan() => Err(Fault::Empty),
            _ => Err(Fault::NoCoordinates),
        }
    }
}

/// Polylines: line `k` has the vertices `line_off[k]..line_off[k + 1]` and is part of row `rows[k]`.
#[derive(Debug)]
pub struct Lines {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// Line to vertex, length lines + 1.
    pub line_off: Vec<u32>,
    /// Line to row.
    pub rows: Vec<u32>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { xs: vec![], ys: vec![], line_off: vec![0], rows: vec![] }
    }
}

impl Lines {
    fn push_line(&mut self, row: usize, line: &LineString<f64>) -> Result<(), Fault> {
        self.xs.extend(line.0.iter().map(|at| at.x));
        self.ys.extend(line.0.iter().map(|at| at.y));
        self.line_off.push(u32::try_from(self.xs.len()).map_err(|_too_big| Fault::TooMany)?);
        self.rows.push(row as u32);
        Ok(())
    }
}

impl Sink for Lines {
    fn push(&mut self, row: usize, wkb: &[u8]) -> Result<(), Fault> {
        let first = self.xs.len();
        match decoded(wkb)? {
            Geometry::LineString(line) => self.push_line(row, &line)?,
            Geometry::MultiLineString(lines) => {
                lines.0.iter().try_for_each(|line| self.push_line(row, line))?;
            }
            other => {
                let found = name_of(&other);
                return Err(Fault::NotA { expected: "LineString or MultiLineString", found });
            }
        }
        let new = self.xs[first..].iter().chain(&self.ys[first..]);
        match (self.xs.len() == first, new.copied().all(f64::is_finite)) {
            (true, _) => Err(Fault::Empty),
            (_, false) => Err(Fault::NoCoordinates),
            _ => Ok(()),
        }
    }
}

fn decoded(wkb: &[u8]) -> Result<Geometry<f64>, Fault> {
    read_wkb(wkb).map_err(|_not_wkb| Fault::Undecodable)
}

fn name_of(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::LineString(_) => "LineString",
        Geometry::Polygon(_) => "Polygon",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
        _ => "geometry of another kind",
    }
}

/// The bytes of a row; NULL is `None`.
fn wkb_at(array: &dyn Array, row: usize) -> Option<&[u8]> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Binary => Some(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Some(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Some(array.as_binary_view().value(row)),
        _ => None,
    }
}

impl Geometries {
    /// Decodes all rows, piece by piece in their order; every row that cannot be used is named.
    fn decode<S: Sink>(&self) -> Result<Vec<S>, Findings> {
        for array in &self.chunks {
            if !matches!(array.data_type(), DataType::Binary | DataType::LargeBinary | DataType::BinaryView) {
                let finding = Finding::error(
                    "geometry_encoding",
                    format!("the geometry of the {} is not WKB", self.layer),
                );
                return Err(one(finding
                    .layer(self.layer)
                    .value(array.data_type().to_string())
                    .expected("binary")));
            }
        }
        let mut tasks = vec![];
        let mut before = 0;
        for array in &self.chunks {
            for first in (0..array.len()).step_by(ROWS) {
                tasks.push((array, before, first..(first + ROWS).min(array.len())));
            }
            before += array.len();
        }
        let decoded: Vec<(S, Vec<(Fault, usize)>)> = tasks
            .into_par_iter()
            .map(|(array, before, rows)| {
                let (mut sink, mut faults) = (S::default(), vec![]);
                for row in rows {
                    let pushed =
                        wkb_at(array, row).ok_or(Fault::Null).and_then(|wkb| sink.push(before + row, wkb));
                    faults.extend(pushed.err().map(|fault| (fault, before + row)));
                }
                (sink, faults)
            })
            .collect();
        self.refuse(decoded.iter().flat_map(|(_, faults)| faults.iter().copied()))?;
        Ok(decoded.into_iter().map(|(sink, _)| sink).collect())
    }

    /// One error per kind of fault.
    fn refuse(&self, faults: impl Iterator<Item = (Fault, usize)>) -> Result<(), Findings> {
        let mut kinds: BTreeMap<Fault, Vec<usize>> = BTreeMap::new();
        faults.for_each(|(fault, row)| kinds.entry(fault).or_default().push(row));
        let items: Vec<Finding> = kinds.iter().map(|(fault, rows)| fault.finding(self.layer, rows)).collect();
        if items.is_empty() { Ok(()) } else { Err(Findings { items }) }
    }

    fn too_many(&self) -> Findings {
        one(Fault::TooMany.finding(self.layer, &[]))
    }

    /// Polygons that were checked and mended when they were written.
    pub fn coverage(&self) -> Result<Coverage, Findings> {
        let mut coverage = Coverage::new();
        for piece in self.decode::<Coverage>()? {
            coverage.append(&piece).map_err(|_too_many| self.too_many())?;
        }
        Ok(coverage)
    }

    /// Polygons. Invalid ones are errors, or repaired as the command repairs them, with a warning.
    pub fn polygons(&self, repair: bool) -> Result<(Coverage, Findings), Findings> {
        let mut coverage = self.coverage()?;
        let invalid: Vec<usize> = (0..coverage.len())
            .into_par_iter()
            .with_min_len(ROWS)
            .filter(|&i| !validity::defects(&coverage, i).is_empty())
            .collect();
        if invalid.is_empty() {
            return Ok((coverage, Findings::new()));
        }
        if !repair {
            return Err(one(Fault::Invalid.finding(self.layer, &invalid)));
        }
        let mut order: Vec<u32> = (0..coverage.len() as u32).collect();
        for &i in &invalid {
            order[i] = coverage.len() as u32;
            coverage.push_multipolygon(&validity::repair(&coverage.multipolygon(i)));
        }
        let message = format!("{} of the {}: invalid polygons repaired", invalid.len(), self.layer);
        let finding = of_rows("invalid_geometry", message, self.layer, &invalid);
        let warning = Finding { severity: carbonzone_types::Severity::Warning, ..finding };
        Ok((coverage.reordered(&order), one(warning)))
    }

    /// Points.
    pub fn points(&self) -> Result<Points, Findings> {
        let mut all = Points::default();
        for piece in self.decode::<Points>()? {
            all.xs.extend(piece.xs);
            all.ys.extend(piece.ys);
        }
        Ok(all)
    }

    /// Lines.
    pub fn lines(&self) -> Result<Lines, Findings> {
        let mut all = Lines::default();
        for piece in self.decode::<Lines>()? {
            let base = u32::try_from(all.xs.len()).map_err(|_too_big| self.too_many())?;
            u32::try_from(all.xs.len() + piece.xs.len()).map_err(|_too_big| self.too_many())?;
            all.xs.extend(piece.xs);
            all.ys.extend(piece.ys);
            all.line_off.extend(piece.line_off[1..].iter().map(|end| base + end));
            all.rows.extend(piece.rows);
        }
        Ok(all)
    }
}
