//! Damaged bytes: whatever a file holds, reading ends, without a panic, with a layer or with an error finding.

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    FieldType, FloatBand, GeometryKind, LayerSpec, LineBatch, Raster, VectorFormat, VectorSource,
    VectorWriter, WorkingCrs, write_cog, write_flatgeobuf, write_geojson, write_geoparquet, zonal_sums,
};
use carbonzone_types::{AttributeTable, ColumnData, GridSpec};
use common::{good_parcels, layer_of, lines, parcel_spec, points, polygons, suzhou, wanted, write_parcels};
use std::path::{Path, PathBuf};

/// A small generator with a fixed seed (Numerical Recipes' LCG): the mutations are the same everywhere.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let at = |name: &str| dir.join(name);
    let (coverage, table) = layer_of(&good_parcels());
    let crs = suzhou();
    write_parcels(&at("a.gpkg"), "EPSG:4549", &good_parcels());
    write_parcels(&at("a.shp"), "EPSG:4549", &good_parcels());
    write_flatgeobuf(&at("a.fgb"), &coverage, &table, &crs).unwrap();
    write_geojson(&at("a.geojson"), &coverage, &table, &crs).unwrap();
    write_geoparquet(&at("a.parquet"), &coverage, &table, &crs).unwrap();
    std::fs::write(at("a.csv"), "id,use,lon,lat\n1,苏州,120.6,31.3\n2,\"x,y\",120.7,31.4\n").unwrap();
    let mut batch = LineBatch::default();
    batch.push(0, [[500_000.0, 3_460_000.0], [500_100.0, 3_460_000.0]]);
    batch.table =
        AttributeTable::new().with("id", ColumnData::texts(&["1"])).with("use", ColumnData::texts(&["路"]));
    let spec = LayerSpec {
        geometry: Some(GeometryKind::Line),
        fields: vec![("id".to_owned(), FieldType::Text), ("use".to_owned(), FieldType::Text)],
        encoding: Some("GBK".to_owned()),
        ..parcel_spec("EPSG:4549")
    };
    let mut writer = VectorWriter::create(&at("r.shp"), VectorFormat::Shapefile, &spec).unwrap();
    writer.lines(&batch).unwrap();
    writer.finish().unwrap();
    let grid = GridSpec { x_min: 500_000.0, y_max: 3_461_000.0, cell: 100.0, cols: 5, rows: 10 };
    let band = FloatBand { description: "people".to_owned(), values: vec![1.0; 50] };
    write_cog(&at("a.tif"), &grid, &crs, &[band], &[]).unwrap();
    [
        "a.gpkg",
        "a.shp",
        "a.dbf",
        "a.shx",
        "a.prj",
        "a.fgb",
        "a.geojson",
        "a.parquet",
        "a.csv",
        "r.shp",
        "r.dbf",
        "a.tif",
    ]
    .iter()
    .map(|n| at(n))
    .collect()
}

fn read(file: &Path, crs: &WorkingCrs, round: usize) {
    let entry = if ["dbf", "shx", "prj"].iter().any(|e| file.extension().is_some_and(|x| x == *e)) {
        file.with_extension("shp")
    } else {
        file.to_owned()
    };
    let source = VectorSource::new("x", &entry).id("id").fields(&["use"]);
    let degrees = VectorSource { crs: Some("GCJ-02".to_owned()), ..source.clone() };
    match entry.extension().and_then(|e| e.to_str()) {
        Some("csv") => {
            assert!(points(&degrees, crs).is_told());
        }
        Some("tif") => {
            let (coverage, _): (Coverage, _) = layer_of(&good_parcels());
            let sums = zonal_sums(wanted(&source, crs), &coverage);
            assert!(sums.value.is_some() || sums.findings.blocks());
            let _ = Raster::open(&entry);
        }
        _ => {
            // One reader per round: they share all but the last step.
            let readable = match round / 6 % 4 {
                0 => polygons(&degrees, crs).is_told(),
                1 => lines(&source, crs).is_told(),
                2 => points(&source, crs).is_told(),
                _ => polygons(&source, crs).is_told(),
            };
            assert!(readable, "{}", file.display());
        }
    }
}

#[test]
fn a_thousand_mutations_never_panic_and_never_hang() {
    let dir = tempfile::tempdir().unwrap();
    let (files, crs) = (files(dir.path()), suzhou());
    let mut random = Lcg(20_240_905);
    for round in 0..84 {
        for file in &files {
            let original = std::fs::read(file).unwrap();
            let mut bytes = original.clone();
            // Mostly one byte; sometimes a run, a cut or a swap.
            let at = random.below(bytes.len());
            match round % 6 {
                0..=3 => bytes[at] = random.below(256) as u8,
                4 => bytes.truncate(at),
                _ => (0..16).for_each(|k| {
                    let i = (at + k) % original.len();
                    bytes[i] = random.below(256) as u8;
                }),
            }
            std::fs::write(file, &bytes).unwrap();
            read(file, &crs, round);
            std::fs::write(file, &original).unwrap();
        }
    }
}
