//! What is written can be read back, and has the same bytes every time.

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{
    ByteBand, FieldType, FloatBand, GeometryKind, GpkgWriter, LayerSpec, LayerStyle, LineBatch, PointBatch,
    Raster, Resample, VectorFormat, VectorSource, VectorWriter, class_areas, layer_names,
    read_features_by_id, read_own_layer, write_cog, write_cog_byte, write_flatgeobuf, write_geojson,
    write_geoparquet, write_geoparquet_part, write_layer_styles, write_polygons, zonal_sums,
};
use carbonzone_types::{AttributeTable, Checked, ColumnData, GridSpec, NoProgress};
use common::{lines, points, polygons, square, suzhou, wanted};
use gdal::Metadata;
use gdal::vector::LayerAccess;
use std::path::Path;

const X: f64 = 550_000.0;
const Y: f64 = 3_460_000.0;

fn typed_layer() -> (Coverage, AttributeTable) {
    let mut coverage = Coverage::new();
    coverage.push_rings(&[
        vec![square(X, Y, 100.0), square(X + 10.0, Y + 10.0, 20.0)],
        vec![square(X + 200.0, Y, 50.0)],
    ]);
    coverage.push_rings(&[vec![square(X + 300.0, Y, 70.0)]]);
    coverage.push_rings(&[vec![square(X + 400.0, Y, 1.0 / 3.0)]]);
    let table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&["u1", "u2", "u'3"]))
        .with(
            "name",
            ColumnData::Text(vec![Some("苏州工业园区".to_owned()), None, Some("\"x\", y".to_owned())]),
        )
        .with("gross_t", ColumnData::Real(vec![Some(0.1 + 0.2), None, Some(-1e-300)]))
        .with("col", ColumnData::Int(vec![Some(i64::from(i32::MAX) + 1), Some(-3), None]))
        .with("borderline", ColumnData::Bool(vec![Some(true), Some(false), None]));
    (coverage, table)
}

#[test]
fn a_geopackage_keeps_every_layer_type_null_and_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.gpkg");
    let (coverage, table) = typed_layer();
    let crs = suzhou();
    let mut writer = GpkgWriter::create(&path, &crs).unwrap();
    writer.polygons("parcels", "Parcels", &coverage, &table, &NoProgress).unwrap();
    writer.polygons("townships", "Townships", &coverage, &table, &NoProgress).unwrap();
    writer.table("notes", "A table", &table).unwrap();
    writer.finish().unwrap();
    let style = LayerStyle {
        table: "parcels".to_owned(),
        name: "gross".to_owned(),
        qml: "<qgis/>".to_owned(),
        default: true,
        description: String::new(),
    };
    write_layer_styles(&path, std::slice::from_ref(&style)).unwrap();
    write_layer_styles(&path, &[style]).unwrap();
    assert_eq!(layer_names(&path).unwrap(), ["parcels", "townships", "notes", "layer_styles"]);
    for layer in ["parcels", "townships"] {
        let (c, t) = read_own_layer(&path, layer).unwrap();
        assert_eq!((&c, &t), (&coverage, &table));
    }
    let (empty, notes) = read_own_layer(&path, "notes").unwrap();
    assert_eq!((empty.vertices(), notes), (0, table.clone()));
    let (_, styles) = read_own_layer(&path, "layer_styles").unwrap();
    assert_eq!((styles.rows(), styles.texts("f_geometry_column").unwrap()[0].as_deref()), (1, Some("geom")));
    assert_eq!(
        styles.get("f_table_schema").unwrap().text_at(0).as_deref(),
        Some(""),
        "not NULL: QGIS would not match it"
    );
    let (c, t) = read_features_by_id(&path, "parcels", "unit_id", "u'3").unwrap();
    assert_eq!((c.len(), t.texts("unit_id").unwrap()), (1, vec![Some("u'3".to_owned())]));
    assert_eq!(in_window(&path, "parcels", [X + 290.0, Y, X + 310.0, Y + 1.0]), 1);
    assert!(read_own_layer(&path, "nothing").unwrap_err().to_string().contains("\"townships\""));
}

/// Number of features whose box touches the window.
fn in_window(path: &Path, layer: &str, [x0, y0, x1, y1]: [f64; 4]) -> usize {
    let dataset = gdal::Dataset::open(path).unwrap();
    let mut layer = dataset.layer_by_name(layer).unwrap();
    layer.set_spatial_filter_rect(x0, y0, x1, y1);
    layer.features().count()
}

#[test]
fn the_packed_spatial_index_is_whole_and_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.gpkg");
    let (mut coverage, n) = (Coverage::new(), 7_000usize);
    for i in 0..n {
        let (col, row) = ((i * 31 % 100) as f64, (i * 31 / 100) as f64);
        coverage.push_rings(&[vec![square(X + col * 10.3, Y + row * 10.3, 10.0)]]);
    }
    coverage.push_empty();
    let names: Vec<String> = (0..=n).map(|i| format!("p{i}")).collect();
    let table = AttributeTable::new().with("unit_id", ColumnData::texts(&names));
    let mut writer = GpkgWriter::create(&path, &suzhou()).unwrap();
    writer.polygons("it's \"parcels\"", "", &coverage, &table, &NoProgress).unwrap();
    writer.finish().unwrap();
    let sql = |statement: &str| -> String {
        let dataset = gdal::Dataset::open(&path).unwrap();
        let mut rows =
            dataset.execute_sql(statement, None, gdal::vector::sql::Dialect::DEFAULT).unwrap().unwrap();
        rows.features().next().unwrap().field_as_string(0).unwrap().unwrap()
    };
    assert_eq!(sql("SELECT rtreecheck('rtree_it''s \"parcels\"_geom')"), "ok");
    assert_eq!(sql("SELECT count(*) FROM \"rtree_it's \"\"parcels\"\"_geom\""), n.to_string());
    assert_eq!(sql("SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"), "1");
    // Seven triggers keep the index up to date when the layer is edited (GeoPackage 1.2, annex F.3).
    let triggers: u32 =
        sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree_%'")
            .parse()
            .unwrap();
    assert!(triggers >= 6, "{triggers}");
    let window = [X + 205.0, Y + 100.0, X + 300.0, Y + 180.0];
    let expected = (0..n).filter(|&i| {
        coverage
            .bounds(i)
            .is_some_and(|b| b[0] <= window[2] && b[2] >= window[0] && b[1] <= window[3] && b[3] >= window[1])
    });
    assert_eq!(in_window(&path, "it's \"parcels\"", window), expected.count());
}

#[test]
fn a_geopackage_says_nothing_of_the_clock() {
    let dir = tempfile::tempdir().unwrap();
    let (coverage, table) = typed_layer();
    let bytes: Vec<Vec<u8>> = ["a.gpkg", "b.gpkg"]
        .iter()
        .map(|name| {
            let path = dir.path().join(name);
            let mut writer = GpkgWriter::create(&path, &suzhou()).unwrap();
            writer.polygons("parcels", "Parcels", &coverage, &table, &NoProgress).unwrap();
            writer.finish().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1100));
            std::fs::read(&path).unwrap()
        })
        .collect();
    assert!(bytes[0] == bytes[1], "same content, same library, same bytes");
    assert!(bytes[0].windows(10).any(|w| w == b"2000-01-01") || std::env::var("SOURCE_DATE_EPOCH").is_ok());
}

#[test]
fn every_polygon_format_reads_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (coverage, table) = typed_layer();
    let crs = suzhou();
    let at = |name: &str| dir.path().join(name);
    write_flatgeobuf(&at("a.fgb"), &coverage, &table, &crs).unwrap();
    write_geoparquet(&at("a.parquet"), &coverage, &table, &crs).unwrap();
    let mut spec = LayerSpec::for_table("a", Some(GeometryKind::Polygon), &crs, &table);
    spec.encoding = Some("GBK".to_owned());
    write_polygons(&at("a.shp"), VectorFormat::Shapefile, &spec, &coverage, &table).unwrap();
    write_geojson(&at("a.geojson"), &coverage, &table, &crs).unwrap();
    for name in ["a.fgb", "a.parquet", "a.shp", "a.geojson"] {
        let read =
            polygons(&VectorSource::new("zones", at(name)).id("unit_id").fields(&["name", "gross_t"]), &crs);
        read.assert_clean();
        let layer = read.layer.unwrap();
        assert_eq!(layer.ids, ["u'3", "u1", "u2"], "{name}");
        assert_eq!(layer.table.texts("name").unwrap()[1].as_deref(), Some("苏州工业园区"), "{name}");
        let tolerance = if name == "a.geojson" { 5.0 } else { 1e-9 };
        for (found, original) in layer.coverage.areas_m2().iter().zip([2, 0, 1].map(|i| coverage.area_m2(i)))
        {
            assert!((found - original).abs() <= tolerance, "{name}: {found} {original}");
        }
        assert_eq!(layer.record.sha256.len(), 64);
    }
    let read = polygons(
        &VectorSource::new("zones", at("a.parquet")).id("unit_id").fields(&["gross_t", "col", "borderline"]),
        &crs,
    );
    let layer = read.layer.unwrap();
    assert_eq!(layer.table.columns[0].data, ColumnData::Real(vec![Some(-1e-300), Some(0.1 + 0.2), None]));
    assert_eq!(layer.table.columns[1].data, ColumnData::Int(vec![None, Some(1 << 31), Some(-3)]));
    assert_eq!(layer.table.columns[2].data, ColumnData::Bool(vec![None, Some(true), Some(false)]));
    let mut filtered = VectorSource::new("zones", at("a.parquet")).id("unit_id");
    filtered.filter = Some("gross_t > 0 or col < 0".to_owned());
    assert_eq!(polygons(&filtered, &crs).layer.unwrap().ids, ["u1", "u2"]);
}

#[test]
fn geojson_follows_rfc_7946() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zones.geojson");
    let (coverage, table) = typed_layer();
    write_geojson(&path, &coverage, &table, &suzhou()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let again = dir.path().join("again.geojson");
    write_geojson(&again, &coverage, &table, &suzhou()).unwrap();
    assert_eq!(text, std::fs::read_to_string(&again).unwrap());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let features = json["features"].as_array().unwrap();
    assert_eq!(features.len(), 3);
    assert_eq!(features[0]["id"], "u1");
    assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
    assert_eq!(features[1]["geometry"]["type"], "Polygon");
    assert_eq!(features[1]["properties"]["gross_t"], serde_json::Value::Null);
    assert_eq!(features[0]["properties"]["gross_t"], 0.1 + 0.2);
    assert!(json.get("crs").is_none());
    let bbox: Vec<f64> = json["bbox"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(bbox[0] > 120.0 && bbox[2] < 121.0 && bbox[1] > 31.0 && bbox[3] < 32.0, "{bbox:?}");
    let ring = |r: &serde_json::Value| -> f64 {
        let p: Vec<[f64; 2]> =
            r.as_array().unwrap().iter().map(|c| [c[0].as_f64().unwrap(), c[1].as_f64().unwrap()]).collect();
        assert_eq!(p.first(), p.last());
        assert!(p.iter().flatten().all(|v| ((v * 1e7).round() / 1e7 - v).abs() == 0.0), "seven decimals");
        p.windows(2).map(|w| w[0][0] * w[1][1] - w[1][0] * w[0][1]).sum()
    };
    let polygon = &features[0]["geometry"]["coordinates"][0];
    assert!(ring(&polygon[0]) > 0.0 && ring(&polygon[1]) < 0.0, "shell counterclockwise, hole clockwise");
}

#[test]
fn points_and_lines_stream_out_and_in() {
    let dir = tempfile::tempdir().unwrap();
    let crs = suzhou();
    for (format, name) in [
        (VectorFormat::GeoPackage, "l.gpkg"),
        (VectorFormat::Shapefile, "l.shp"),
        (VectorFormat::FlatGeobuf, "l.fgb"),
    ] {
        let path = dir.path().join(name);
        let spec = LayerSpec {
            fields: vec![("class".to_owned(), FieldType::Text), ("n".to_owned(), FieldType::Int)],
            geometry: Some(GeometryKind::Line),
            ..common::parcel_spec("EPSG:4549")
        };
        let mut writer = VectorWriter::create(&path, format, &spec).unwrap();
        for k in 0..3u32 {
            let mut batch = LineBatch::default();
            batch.push(0, [[X, Y + f64::from(k)], [X + 10.0, Y]]);
            batch.push(1, [[X, Y], [X + 1.0, Y], [X + 2.0, Y + 5.0]]);
            batch.push(1, [[X + 5.0, Y], [X + 6.0, Y]]);
            batch.table = AttributeTable::new()
                .with("class", ColumnData::texts(&["primary", "rail"]))
                .with("n", ColumnData::Int(vec![Some(i64::from(k)), None]));
            writer.lines(&batch).unwrap();
        }
        writer.finish().unwrap();
        let read = lines(&VectorSource::new("roads", &path).fields(&["class", "n"]), &crs);
        read.assert_clean();
        let batches = read.layer.unwrap();
        assert_eq!(batches.len(), 1);
        let batch = &batches[0];
        assert_eq!((batch.len(), batch.table.rows()), (9, 6), "{name}");
        let rail = (0..batch.len())
            .filter(|&i| batch.table.texts("class").unwrap()[batch.row(i)].as_deref() == Some("rail"))
            .count();
        assert_eq!(rail, 6);
        let length: f64 = (0..batch.len())
            .map(|i| {
                let (xs, ys) = batch.line(i);
                xs.windows(2).zip(ys.windows(2)).map(|(x, y)| (x[1] - x[0]).hypot(y[1] - y[0])).sum::<f64>()
            })
            .sum();
        let expected: f64 =
            (0..3).map(|k| 10.0_f64.hypot(f64::from(k)) + 1.0 + 1.0_f64.hypot(5.0) + 1.0).sum();
        assert!((length - expected).abs() < 1e-9);
    }
    let path = dir.path().join("p.gpkg");
    let spec = LayerSpec {
        fields: vec![("people".to_owned(), FieldType::Real)],
        geometry: Some(GeometryKind::Point),
        ..common::parcel_spec("EPSG:4326")
    };
    let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).unwrap();
    let table = AttributeTable::new().with("people", ColumnData::reals(&[1.5, f64::NAN]));
    writer
        .points(&PointBatch { xs: vec![120.6, 120.7], ys: vec![31.3, 31.4], table, ..PointBatch::default() })
        .unwrap();
    writer.finish().unwrap();
    let read = points(&VectorSource::new("population", &path).fields(&["people"]), &crs);
    let layer = read.layer.unwrap();
    assert_eq!(layer.rows, [[Some("1.5".to_owned())], [None]], "NaN is never written");
    let (mut xs, mut ys) = (vec![120.6, 120.7], vec![31.3, 31.4]);
    crs.from_wgs84(&mut xs, &mut ys).unwrap();
    assert_eq!((layer.xs, layer.ys), (xs, ys));
}

fn grid() -> GridSpec {
    GridSpec { x_min: X, y_max: Y + 3000.0, cell: 1000.0, cols: 4, rows: 3 }
}

#[test]
fn a_cog_keeps_bands_nodata_and_place_and_has_the_same_bytes_every_time() {
    let dir = tempfile::tempdir().unwrap();
    let bands: Vec<FloatBand> = ["gross_t", "sink_t"]
        .iter()
        .enumerate()
        .map(|(b, name)| {
            let mut values: Vec<f64> = (0..12).map(|i| f64::from(i) / 3.0 + b as f64).collect();
            values[5] = f64::NAN;
            FloatBand { description: (*name).to_owned(), values }
        })
        .collect();
    let tags = [("TIFFTAG_SOFTWARE".to_owned(), "carbonzone".to_owned())];
    let (a, b) = (dir.path().join("a.tif"), dir.path().join("b.tif"));
    for path in [&a, &b] {
        write_cog(path, &grid(), &suzhou(), &bands, &tags).unwrap();
    }
    assert!(std::fs::read(&a).unwrap() == std::fs::read(&b).unwrap());
    let raster = Raster::open(&a).unwrap();
    assert_eq!((raster.size(), raster.bands(), raster.grid()), ((4, 3), 2, Some(grid())));
    assert!(raster.wkt().unwrap().contains("CM 120E"));
    for (i, band) in bands.iter().enumerate() {
        let written = gdal::Dataset::open(&a).unwrap();
        assert_eq!(written.rasterband(i + 1).unwrap().description().unwrap(), band.description);
        let values = raster.read_block(i + 1, 0, 0, 4, 3).unwrap();
        assert!(
            values
                .iter()
                .zip(&band.values)
                .all(|(x, y)| x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan()))
        );
    }
    assert!(raster.read_block(1, 2, 0, 3, 1).unwrap_err().to_string().contains("outside"));
    assert!(raster.read_block(3, 0, 0, 1, 1).is_err());
    let short = [FloatBand { description: "x".to_owned(), values: vec![0.0] }];
    assert!(write_cog(&a, &grid(), &suzhou(), &short, &[]).unwrap_err().to_string().contains("expected 12"));
}

#[test]
fn a_class_raster_keeps_palette_and_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("zones.tif");
    let band = ByteBand {
        description: "zone".to_owned(),
        values: (0..12u8).map(|i| i % 5).collect(),
        palette: vec![(1, "#1b9e77".to_owned()), (4, "#d95f02".to_owned())],
        categories: vec![(1, "low_carbon_economic".to_owned()), (4, "high_carbon_optimization".to_owned())],
    };
    write_cog_byte(&path, &grid(), &suzhou(), &band, &[]).unwrap();
    let first = std::fs::read(&path).unwrap();
    write_cog_byte(&path, &grid(), &suzhou(), &band, &[]).unwrap();
    assert!(first == std::fs::read(&path).unwrap());
    let raster = Raster::open(&path).unwrap();
    let files = dir.path().read_dir().unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let written = files.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect::<String>();
    assert!(written.contains("low_carbon_economic") && written.contains("high_carbon_optimization"));
    let values = raster.read_block(1, 0, 0, 4, 1).unwrap();
    assert!(values[0].is_nan() && values[1..] == [1.0, 2.0, 3.0]);
    let bad = ByteBand { palette: vec![(1, "green".to_owned())], ..band };
    assert!(
        write_cog_byte(&path, &grid(), &suzhou(), &bad, &[]).unwrap_err().to_string().contains("#rrggbb")
    );
}

#[test]
fn zonal_sums_are_exact_and_close() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.tif");
    let mut values: Vec<f64> = (0..12).map(f64::from).collect();
    values[11] = f64::NAN;
    let band = FloatBand { description: "people".to_owned(), values };
    write_cog(&path, &grid(), &suzhou(), &[band], &[]).unwrap();
    let mut zones = Coverage::new();
    // A quarter of pixel 0, half of 0 and half of 1 (one row lower half), the nodata pixel, nothing.
    zones.push_rings(&[vec![square(X, Y + 2500.0, 500.0)]]);
    zones.push_rings(&[vec![square(X + 500.0, Y + 1500.0, 1000.0)]]);
    zones.push_rings(&[vec![square(X + 3000.0, Y, 1000.0)]]);
    zones.push_rings(&[vec![square(X + 9000.0, Y, 10.0)]]);
    let source = VectorSource::new("population", &path);
    let sums = zonal_sums(wanted(&source, &suzhou()), &zones).value.unwrap();
    let expected = [0.0 / 4.0, (0.0 + 1.0 + 4.0 + 5.0) / 4.0, 0.0, 0.0];
    for (found, wanted) in sums.sums.iter().zip(expected) {
        assert!((found - wanted).abs() < 1e-9, "{:?}", sums.sums);
    }
    let total: f64 = sums.sums.iter().sum::<f64>() + sums.outside;
    assert!((total - 55.0).abs() < 1e-9, "all pixels of the box: {total}");
    let mut degrees = source.clone();
    degrees.crs = Some("EPSG:2056".to_owned());
    let Checked { value, findings, .. } = zonal_sums(wanted(&degrees, &suzhou()), &zones);
    let off = value.unwrap();
    assert!(off.sums.iter().all(|s| *s == 0.0));
    assert!(findings.items.iter().any(|f| f.code == "no_overlap"));
}

#[test]
fn class_areas_sum_to_the_polygon() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cover.tif");
    let band = ByteBand {
        description: "class".to_owned(),
        values: vec![10, 10, 20, 20, 10, 10, 20, 20, 0, 0, 30, 30],
        palette: vec![],
        categories: vec![],
    };
    write_cog_byte(&path, &grid(), &suzhou(), &band, &[]).unwrap();
    let mut zones = Coverage::new();
    zones.push_rings(&[vec![square(X + 1000.0, Y, 2000.0)]]);
    zones.push_rings(&[vec![square(X + 3500.0, Y + 2000.0, 1000.0)]]);
    let cover = VectorSource::new("cover", &path);
    let Checked { value, findings, .. } = class_areas(wanted(&cover, &suzhou()), &zones);
    let areas = value.unwrap();
    assert_eq!(areas.classes, [10, 20, 30]);
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-3);
    assert!(near(areas.row(0), &[1e6, 1e6, 1e6]) && near(areas.row(1), &[0.0, 5e5, 0.0]), "{areas:?}");
    assert!(near(&areas.unknown_m2, &[1e6, 5e5]), "{areas:?}");
    assert!(findings.items.iter().any(|f| f.code == "raster_gap"));
}

#[test]
fn resampling_in_pieces_gives_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tif");
    let fine = GridSpec { x_min: X, y_max: Y + 3000.0, cell: 100.0, cols: 40, rows: 30 };
    let values: Vec<f64> = (0..fine.len()).map(|i| (i % 7) as f64).collect();
    write_cog(
        &path,
        &fine,
        &suzhou(),
        &[FloatBand { description: "v".to_owned(), values: values.clone() }],
        &[],
    )
    .unwrap();
    let raster = Raster::open(&path).unwrap();
    for method in [Resample::Average, Resample::Nearest, Resample::Bilinear] {
        let read = |rows: std::ops::Range<u32>| {
            raster.read_bands_on_grid(&[1], None, &grid(), &suzhou(), method, rows).unwrap().concat()
        };
        let whole = read(0..3);
        let pieces: Vec<f64> = (0..3).flat_map(|r| read(r..r + 1)).collect();
        assert_eq!(whole, pieces, "{method:?}");
        if method == Resample::Average {
            let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
            assert!((mean(&whole) - mean(&values)).abs() < 1e-6);
        }
    }
}

#[test]
fn bands_read_together_on_another_grid_are_those_read_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("months.tif");
    let coarse = GridSpec { x_min: X - 2000.0, y_max: Y + 6000.0, cell: 2500.0, cols: 4, rows: 4 };
    let bands: Vec<FloatBand> = (0..3)
        .map(|b| {
            let mut values: Vec<f64> = (0..16).map(|i| f64::from((i * 7 + b * 5) % 11)).collect();
            // The months of a climate raster share their nodata.
            values[6] = f64::NAN;
            FloatBand { description: format!("m{b}"), values }
        })
        .collect();
    write_cog(&path, &coarse, &suzhou(), &bands, &[]).unwrap();
    let raster = Raster::open(&path).unwrap();
    for method in [Resample::Bilinear, Resample::Average, Resample::Nearest] {
        let together = raster.read_bands_on_grid(&[3, 1], None, &grid(), &suzhou(), method, 0..3).unwrap();
        for (band, values) in [3, 1].into_iter().zip(&together) {
            let alone =
                raster.read_bands_on_grid(&[band], None, &grid(), &suzhou(), method, 0..3).unwrap().concat();
            let same = alone
                .iter()
                .zip(values)
                .all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()));
            assert!(same, "{method:?} {band}: {alone:?} {values:?}");
        }
    }
    assert!(raster.read_bands_on_grid(&[4], None, &grid(), &suzhou(), Resample::Nearest, 0..3).is_err());
}

#[test]
fn a_column_of_another_length_is_refused_by_name_before_a_file_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("layer");
    let (coverage, table) = typed_layer();
    let table = table.with("short", ColumnData::reals(&[1.0, 2.0]));
    let crs = suzhou();
    for write in [write_geojson, write_geoparquet, write_geoparquet_part] {
        let told = write(&path, &coverage, &table, &crs).unwrap_err().to_string();
        assert_eq!(told, "column short: expected 3 rows, found 2");
        assert!(!path.exists());
    }
}
