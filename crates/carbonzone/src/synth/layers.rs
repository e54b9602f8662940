//! The layers of a synthetic city as files.

use super::projection::fail;
use crate::error::Result;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    FieldType, GeometryKind, LayerSpec, LineBatch, PointBatch, VectorFormat, VectorWriter, WorkingCrs,
};
use carbonzone_synth::{
    CitySink, ParcelRow, PoiRow, PopulationRow, RoadRow, SinkError, TownshipRow, TownshipStat,
};
use carbonzone_types::{AttributeTable, ColumnData};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A CSV table, or a point layer of a GeoPackage for benchmarks.
enum Points {
    Csv(BufWriter<File>),
    Gpkg(Box<VectorWriter>),
}

/// The layers as files.
pub struct Files {
    dir: PathBuf,
    crs: WorkingCrs,
    parcels: VectorWriter,
    roads: VectorWriter,
    poi: Points,
    population: Points,
}

const POI_COLUMNS: [&str; 5] = ["id", "name", "lon", "lat", "typecode"];

const PEOPLE_COLUMNS: [&str; 6] =
    ["lon", "lat", "people_22_06", "people_06_10", "people_10_17", "people_17_22"];

fn spec(name: &str, geometry: GeometryKind, crs: &str, fields: &[(&str, FieldType)]) -> LayerSpec {
    LayerSpec {
        name: name.to_owned(),
        title: name.to_owned(),
        description: "SYNTHETIC DATA of carbonzone".to_owned(),
        geometry: Some(geometry),
        crs: crs.to_owned(),
        fields: fields.iter().map(|(n, t)| ((*n).to_owned(), *t)).collect(),
        encoding: None,
        spatial_index: true,
    }
}

impl Files {
    /// Begins the files of a city in a folder.
    pub fn create(dir: &Path, crs: &WorkingCrs, all_gpkg: bool) -> Result<Self> {
        let text = FieldType::Text;
        let fields = [("parcel_id", text), ("DLBM", text), ("DLMC", text)];
        let parcels = spec("parcels", GeometryKind::Polygon, crs.definition(), &fields);
        let mut roads = spec(
            "roads",
            GeometryKind::Line,
            crs.definition(),
            &[("osm_id", FieldType::Int), ("fclass", text), ("name", text)],
        );
        let (roads_file, roads_format) = if all_gpkg {
            ("roads.gpkg", VectorFormat::GeoPackage)
        } else {
            roads.encoding = Some("GBK".to_owned());
            ("roads.shp", VectorFormat::Shapefile)
        };
        let points = |file: &str, columns: &[&str], fields: &[(&str, FieldType)]| -> Result<Points> {
            if all_gpkg {
                let spec = spec(file, GeometryKind::Point, "EPSG:4326", fields);
                let path = dir.join(format!("{file}.gpkg"));
                Ok(Points::Gpkg(Box::new(VectorWriter::create(&path, VectorFormat::GeoPackage, &spec)?)))
            } else {
                let mut out = BufWriter::new(File::create(dir.join(format!("{file}.csv")))?);
                writeln!(out, "{}", columns.join(","))?;
                Ok(Points::Csv(out))
            }
        };
        let people: Vec<(&str, FieldType)> =
            PEOPLE_COLUMNS[2..].iter().map(|c| (*c, FieldType::Real)).collect();
        Ok(Self {
            dir: dir.to_path_buf(),
            crs: crs.clone(),
            parcels: VectorWriter::create(&dir.join("parcels.gpkg"), VectorFormat::GeoPackage, &parcels)?,
            roads: VectorWriter::create(&dir.join(roads_file), roads_format, &roads)?,
            poi: points("poi", &POI_COLUMNS, &[("id", text), ("name", text), ("typecode", text)])?,
            population: points("population", &PEOPLE_COLUMNS, &people)?,
        })
    }

    /// Ends the files.
    pub fn finish(self) -> Result<()> {
        self.parcels.finish()?;
        self.roads.finish()?;
        for points in [self.poi, self.population] {
            match points {
                Points::Csv(mut out) => out.flush()?,
                Points::Gpkg(writer) => writer.finish()?,
            }
        }
        Ok(())
    }
}

fn coverage<'a>(parts: impl Iterator<Item = &'a carbonzone_synth::shape::Parts>) -> Coverage {
    let mut out = Coverage::new();
    parts.for_each(|p| out.push_rings(p));
    out
}

fn text<T>(rows: &[T], f: impl Fn(&T) -> &str) -> ColumnData {
    ColumnData::Text(rows.iter().map(|r| Some(f(r).to_owned()).filter(|t| !t.is_empty())).collect())
}

/// A field of a CSV row; names never hold quotes or line breaks, commas are quoted.
fn csv_field(value: &str) -> String {
    if value.contains([',', '"']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

impl CitySink for Files {
    fn townships(&mut self, rows: &[TownshipRow]) -> Result<(), SinkError> {
        let table = AttributeTable::new()
            .with("id", text(rows, |r| &r.id))
            .with("name", text(rows, |r| &r.name_zh))
            .with("name_en", text(rows, |r| &r.name_en))
            .with("district", text(rows, |r| &r.district_zh))
            .with("district_en", text(rows, |r| &r.district_en));
        let spec = LayerSpec::for_table("townships", Some(GeometryKind::Polygon), &self.crs, &table)
            .described("townships", "SYNTHETIC DATA of carbonzone");
        let path = self.dir.join("townships.gpkg");
        let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).map_err(fail)?;
        writer.polygons(&coverage(rows.iter().map(|r| &r.parts)), &table).map_err(fail)?;
        writer.finish().map_err(fail)
    }

    fn township_table(&mut self, rows: &[TownshipStat]) -> Result<(), SinkError> {
        let table = AttributeTable::new()
            .with("id", text(rows, |r| &r.id))
            .with("name", text(rows, |r| &r.name_zh))
            .with(
                "population",
                ColumnData::Int(rows.iter().map(|r| Some(r.population_persons as i64)).collect()),
            )
            .with("gdp_1e4cny", ColumnData::Real(rows.iter().map(|r| Some(r.gdp_1e4cny)).collect()));
        carbonzone_sheet::write_csv_bom(&self.dir.join("township_stats.csv"), &table).map_err(fail)
    }

    fn parcels(&mut self, rows: &[ParcelRow]) -> Result<(), SinkError> {
        let table = AttributeTable::new()
            .with("parcel_id", text(rows, |r| &r.id))
            .with("DLBM", text(rows, |r| r.code))
            .with("DLMC", text(rows, |r| r.name_zh));
        self.parcels.polygons(&coverage(rows.iter().map(|r| &r.parts)), &table).map_err(fail)
    }

    fn roads(&mut self, rows: &[RoadRow]) -> Result<(), SinkError> {
        let mut batch = LineBatch::default();
        for (i, row) in rows.iter().enumerate() {
            batch.push(i as u32, row.line.iter().copied());
        }
        batch.table = AttributeTable::new()
            .with("osm_id", ColumnData::Int(rows.iter().map(|r| Some(r.id as i64)).collect()))
            .with("fclass", text(rows, |r| r.class))
            .with("name", text(rows, |r| &r.name_zh));
        self.roads.lines(&batch).map_err(fail)
    }

    fn pois(&mut self, rows: &[PoiRow]) -> Result<(), SinkError> {
        match &mut self.poi {
            Points::Csv(out) => {
                for r in rows {
                    let (id, name) = (csv_field(&r.id), csv_field(&r.name_zh));
                    writeln!(out, "{id},{name},{:.7},{:.7},{}", r.lon_gcj02, r.lat_gcj02, r.typecode)
                        .map_err(fail)?;
                }
                Ok(())
            }
            Points::Gpkg(writer) => {
                let table = AttributeTable::new()
                    .with("id", text(rows, |r| &r.id))
                    .with("name", text(rows, |r| &r.name_zh))
                    .with("typecode", text(rows, |r| r.typecode));
                let (xs, ys) = rows.iter().map(|r| (r.lon_gcj02, r.lat_gcj02)).unzip();
                writer.points(&PointBatch { xs, ys, table, ..PointBatch::default() }).map_err(fail)
            }
        }
    }

    fn population(&mut self, rows: &[PopulationRow]) -> Result<(), SinkError> {
        match &mut self.population {
            Points::Csv(out) => {
                for r in rows {
                    writeln!(
                        out,
                        "{:.7},{:.7},{:.2},{:.2},{:.2},{:.2}",
                        r.lon, r.lat, r.people_22_06, r.people_06_10, r.people_10_17, r.people_17_22
                    )
                    .map_err(fail)?;
                }
                Ok(())
            }
            Points::Gpkg(writer) => {
                let real = |f: fn(&PopulationRow) -> f64| {
                    ColumnData::Real(rows.iter().map(|r| Some(f(r))).collect())
                };
                let table = AttributeTable::new()
                    .with(PEOPLE_COLUMNS[2], real(|r| r.people_22_06))
                    .with(PEOPLE_COLUMNS[3], real(|r| r.people_06_10))
                    .with(PEOPLE_COLUMNS[4], real(|r| r.people_10_17))
                    .with(PEOPLE_COLUMNS[5], real(|r| r.people_17_22));
                let (xs, ys) = rows.iter().map(|r| (r.lon, r.lat)).unzip();
                writer.points(&PointBatch { xs, ys, table, ..PointBatch::default() }).map_err(fail)
            }
        }
    }
}
