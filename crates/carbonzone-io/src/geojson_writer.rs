//! GeoJSON out, through the `geojson` crate (GDAL's own writer needs thirty times the time).

use crate::crs::WorkingCrs;
use crate::error::{IoError, Result, check_rows};
use carbonzone_geom::Coverage;
use carbonzone_types::{AttributeTable, ColumnData};
use geojson::{Feature, FeatureWriter, GeometryValue, JsonObject, JsonValue};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Decimals of longitudes and latitudes: 1e-7 degrees are about one centimetre.
const DECIMALS: f64 = 1e7;

/// Writes a polygon layer as RFC 7946 GeoJSON: WGS 84, right-hand rule, `bbox`, coordinates rounded to seven
/// decimals. Feature `id` is the column `unit_id` if there is one. Bytes depend only on the content.
///
/// # Errors
/// [`IoError::Length`] if the table does not fit the coverage, [`IoError::Transform`], [`IoError::Write`].
pub fn write_geojson(
    path: &Path,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
) -> Result<()> {
    check_rows(table, coverage.len())?;
    let file = std::fs::File::create(path).map_err(|e| IoError::write(path, e))?;
    write_to(BufWriter::new(file), coverage, table, crs).map_err(|e| match e {
        Failure::Io(error) => error,
        Failure::Json(text) => IoError::write(path, text),
    })
}

enum Failure {
    Io(IoError),
    Json(String),
}

impl From<geojson::Error> for Failure {
    fn from(error: geojson::Error) -> Self {
        Self::Json(error.to_string())
    }
}

fn write_to(
    mut out: impl Write,
    coverage: &Coverage,
    table: &AttributeTable,
    crs: &WorkingCrs,
) -> std::result::Result<(), Failure> {
    let mut degrees = coverage.clone();
    crs.to_wgs84(&mut degrees.xs, &mut degrees.ys).map_err(Failure::Io)?;
    degrees.xs.iter_mut().chain(&mut degrees.ys).for_each(|v| *v = (*v * DECIMALS).round() / DECIMALS);
    {
        let mut writer = FeatureWriter::from_writer(&mut out);
        if let Some(bbox) = bbox_of(&degrees.xs, &degrees.ys) {
            writer.write_foreign_member("bbox", &bbox)?;
        }
        for i in 0..degrees.len() {
            writer.write_feature(&feature(&degrees, table, i))?;
        }
        writer.finish()?;
    }
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(|e| Failure::Json(e.to_string()))
}

fn bbox_of(xs: &[f64], ys: &[f64]) -> Option<Vec<f64>> {
    let mut bbox: Option<[f64; 4]> = None;
    for (&x, &y) in xs.iter().zip(ys).filter(|(x, y)| x.is_finite() && y.is_finite()) {
        let b = bbox.get_or_insert([x, y, x, y]);
        *b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
    }
    bbox.map(|b| b.to_vec())
}

fn feature(degrees: &Coverage, table: &AttributeTable, i: usize) -> Feature {
    let mut polygons: Vec<Vec<Vec<geojson::Position>>> = Vec::new();
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for ring in degrees.rings(i) {
        if ring.ring == 0 {
            polygons.push(Vec::new());
        }
        let mut points: Vec<[f64; 2]> = ring.xs.iter().zip(ring.ys).map(|(&x, &y)| [x, y]).collect();
        points.dedup();
        if points.first() != points.last() {
            points.extend(points.first().copied());
        }
        // Shells counterclockwise, holes clockwise (RFC 7946, 3.1.6).
        if (twice_area(&points) > 0.0) != (ring.ring == 0) {
            points.reverse();
        }
        xs.extend_from_slice(ring.xs);
        ys.extend_from_slice(ring.ys);
        if let Some(polygon) = polygons.last_mut()
            && points.len() >= 4
            && points.iter().all(|p| p[0].is_finite() && p[1].is_finite())
        {
            polygon.push(points.into_iter().map(|p| geojson::Position::from(p.to_vec())).collect());
        }
    }
    polygons.retain(|rings| !rings.is_empty());
    let geometry = match polygons.len() {
        0 => None,
        1 => Some(geojson::Geometry::new(GeometryValue::Polygon { coordinates: polygons.remove(0) })),
        _ => Some(geojson::Geometry::new(GeometryValue::MultiPolygon { coordinates: polygons })),
    };
    let mut properties = JsonObject::new();
    for column in &table.columns {
        properties.insert(column.name.clone(), value(&column.data, i));
    }
    let id = table.get("unit_id").and_then(|ids| ids.text_at(i)).map(geojson::feature::Id::String);
    Feature { bbox: bbox_of(&xs, &ys), geometry, id, properties: Some(properties), foreign_members: None }
}

fn twice_area(points: &[[f64; 2]]) -> f64 {
    let origin = points.first().copied().unwrap_or_default();
    points
        .windows(2)
        .map(|w| {
            (w[0][0] - origin[0]) * (w[1][1] - origin[1]) - (w[1][0] - origin[0]) * (w[0][1] - origin[1])
        })
        .sum()
}

fn value(data: &ColumnData, row: usize) -> JsonValue {
    match data {
        ColumnData::Text(v) => v[row].as_ref().map_or(JsonValue::Null, |t| JsonValue::from(t.as_str())),
        // JSON has neither NaN nor infinity: `from` gives null.
        ColumnData::Real(v) => v[row].map_or(JsonValue::Null, JsonValue::from),
        ColumnData::Int(v) => v[row].map_or(JsonValue::Null, JsonValue::from),
        ColumnData::Bool(v) => v[row].map_or(JsonValue::Null, JsonValue::from),
    }
}
