//! Archives, open databases, unusual encodings of known formats: read from where they are, and no input is changed.

use crate::common;
use carbonzone_io::{VectorSource, size_and_sha256, zonal_sums};
use carbonzone_types::Severity;
use common::{good_parcels, points, polygons, suzhou, write_parcels};
use gdal::vector::{Geometry, LayerAccess, LayerOptions};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn source(path: &Path) -> VectorSource {
    VectorSource::new("parcels", path).id("id").fields(&["use"])
}

/// Every file of a folder with its bytes.
fn folder(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap_or_default(),
            )
        })
        .collect()
}

/// Packs files under the names given.
fn pack(archive: &Path, members: &[(&str, &Path)]) {
    let mut zip = ZipWriter::new(std::fs::File::create(archive).unwrap());
    for (name, file) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(file).unwrap()).unwrap();
    }
    zip.finish().unwrap();
}

/// A shapefile in `dir`, and its parts.
fn shapefile(dir: &Path, stem: &str) -> Vec<PathBuf> {
    write_parcels(&dir.join(format!("{stem}.shp")), "EPSG:4549", &good_parcels());
    ["shp", "shx", "dbf", "prj", "cpg"].map(|e| dir.join(format!("{stem}.{e}"))).into()
}

/// Packs a shapefile with a folder and a name in front of its endings.
fn packed_shapefile(dir: &Path, archive: &str, prefix: &str) -> PathBuf {
    let parts = shapefile(dir, "made");
    let names: Vec<String> =
        parts.iter().map(|p| format!("{prefix}.{}", p.extension().unwrap().to_string_lossy())).collect();
    let archive = dir.join(archive);
    pack(
        &archive,
        &names.iter().map(String::as_str).zip(parts.iter().map(PathBuf::as_path)).collect::<Vec<_>>(),
    );
    archive
}

#[test]
fn the_one_layer_in_a_zip_is_read_wherever_it_lies() {
    let dir = tempfile::tempdir().unwrap();
    let bare = packed_shapefile(dir.path(), "bare.zip", "parcels");
    let nested = packed_shapefile(dir.path(), "nested.ZIP", "2020/land use/parcels");
    let chinese = packed_shapefile(dir.path(), "chinese.shp.zip", "土地利用/地块");
    let inside = format!("/vsizip/{}/2020/land use/parcels.shp", nested.display()).into();
    for path in [bare.clone(), nested, chinese, inside] {
        let read = polygons(&source(&path), &suzhou());
        read.assert_clean();
        assert_eq!(read.layer.unwrap().ids, ["a", "b", "c", "d"], "{}", path.display());
    }
    // The provenance is that of the archive.
    let record = polygons(&source(&bare), &suzhou()).layer.unwrap().record;
    assert_eq!((record.bytes, record.sha256), size_and_sha256(&bare).unwrap());
}

#[test]
fn names_in_gbk_are_understood() {
    let dir = tempfile::tempdir().unwrap();
    let archive = packed_shapefile(dir.path(), "a.zip", "XXXXYYYY");
    let (gbk, _, _) = encoding_rs::GBK.encode("地块数据");
    let mut bytes = std::fs::read(&archive).unwrap();
    for i in 0..bytes.len() - 8 {
        if bytes[i..].starts_with(b"XXXXYYYY") {
            bytes[i..i + 8].copy_from_slice(&gbk);
        }
    }
    std::fs::write(&archive, bytes).unwrap();
    let read = polygons(&source(&archive), &suzhou());
    read.assert_clean();
    assert!(read.finding("archive_member").message.contains("地块数据.shp"));
    assert_eq!(read.layer.unwrap().ids.len(), 4);
}

#[test]
fn a_zip_with_several_layers_lists_them_and_one_without_says_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let parts = shapefile(dir.path(), "a");
    let gpkg = dir.path().join("b.gpkg");
    write_parcels(&gpkg, "EPSG:4549", &good_parcels());
    let archive = dir.path().join("two.zip");
    let mut members: Vec<(&str, &Path)> = vec![("b.gpkg", &gpkg)];
    for (name, part) in ["x/a.shp", "x/a.shx", "x/a.dbf", "x/a.prj", "x/a.cpg"].iter().zip(&parts) {
        members.push((name, part));
    }
    pack(&archive, &members);
    let read = polygons(&source(&archive), &suzhou());
    assert!(read.layer.is_none());
    let finding = read.finding("several_layers_in_archive");
    assert!(finding.expected.as_ref().unwrap().contains("\"b.gpkg\", \"x/a.shp\""), "{finding:?}");
    let named: PathBuf = format!("/vsizip/{}/x/a.shp", archive.display()).into();
    assert_eq!(polygons(&source(&named), &suzhou()).layer.unwrap().ids.len(), 4);
    let wrong: PathBuf = format!("/vsizip/{}/x/c.shp", archive.display()).into();
    assert!(
        polygons(&source(&wrong), &suzhou())
            .finding("missing_file")
            .expected
            .as_ref()
            .unwrap()
            .contains("x/a.shp")
    );
    let empty = dir.path().join("pdf.zip");
    pack(&empty, &[("readme.pdf", &gpkg)]);
    assert!(
        polygons(&source(&empty), &suzhou())
            .finding("no_layer_in_archive")
            .value
            .as_ref()
            .unwrap()
            .contains("readme.pdf")
    );
}

#[test]
fn points_and_rasters_come_out_of_archives_too() {
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("poi.csv");
    std::fs::write(&csv, "lon,lat\n120.6,31.3\n").unwrap();
    let archive = dir.path().join("poi.zip");
    pack(&archive, &[("poi.csv", &csv)]);
    let read = points(&VectorSource::new("poi", &archive).crs("EPSG:4326"), &suzhou());
    read.assert_clean();
    assert_eq!(read.layer.unwrap().xs.len(), 1);
    let grid = carbonzone_types::GridSpec { x_min: 0.0, y_max: 200.0, cell: 100.0, cols: 2, rows: 2 };
    let tif = dir.path().join("people.tif");
    let band = carbonzone_io::FloatBand { description: "people".to_owned(), values: vec![1.0; 4] };
    carbonzone_io::write_cog(&tif, &grid, &suzhou(), &[band], &[]).unwrap();
    let archive = dir.path().join("people.zip");
    pack(&archive, &[("data/people.tif", &tif), ("data/readme.txt", &csv)]);
    let mut zones = carbonzone_geom::Coverage::new();
    zones.push_rings(&[vec![common::square(0.0, 0.0, 200.0)]]);
    let population = VectorSource::new("population", &archive);
    let sums = zonal_sums(common::wanted(&population, &suzhou()), &zones).value.unwrap();
    assert_eq!((sums.sums, sums.record.path), (vec![4.0], archive.display().to_string()));
}

#[test]
fn damaged_and_foreign_archives_say_to_unpack_them() {
    let dir = tempfile::tempdir().unwrap();
    let archive = packed_shapefile(dir.path(), "a.zip", "parcels");
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    let read = polygons(&source(&archive), &suzhou());
    assert!(read.layer.is_none());
    assert!(read.finding("unreadable_file").hint.as_ref().unwrap().contains("unpack"));
    for name in ["a.tar.gz", "a.rar", "a.7z", "a.geojson.gz"] {
        let path = dir.path().join(name);
        std::fs::write(&path, "x").unwrap();
        let finding = polygons(&source(&path), &suzhou()).finding("packed_file").clone();
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.hint.unwrap().contains("unpack it"), "{name}");
    }
    let missing = polygons(&source(&dir.path().join("b.zip")), &suzhou());
    assert_eq!(missing.finding("missing_file").severity, Severity::Fatal);
}

/// Without them rows can be changed where the functions of GDAL are not at hand.
fn drop_triggers(db: &rusqlite::Connection) {
    let mut statement = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
    for name in names {
        db.execute_batch(&format!("DROP TRIGGER \"{name}\"")).unwrap();
    }
}

/// A GeoPackage whose land use of parcel a was edited by a program that has not closed it: file and log.
fn open_geopackage(dir: &Path) -> PathBuf {
    let made = tempfile::tempdir().unwrap();
    let path = made.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let db = rusqlite::Connection::open(&path).unwrap();
    drop_triggers(&db);
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    db.execute("UPDATE parcels SET \"use\" = '0101' WHERE id = 'a'", []).unwrap();
    for name in ["p.gpkg", "p.gpkg-wal"] {
        std::fs::copy(made.path().join(name), dir.join(name)).unwrap();
    }
    dir.join("p.gpkg")
}

fn uses(path: &Path) -> Vec<Option<String>> {
    let read = polygons(&source(path), &suzhou());
    read.assert_clean();
    read.layer.unwrap().table.texts("use").unwrap()
}

#[test]
fn edits_of_an_open_geopackage_are_read_and_the_folder_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = open_geopackage(dir.path());
    let before = folder(dir.path());
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(uses(&path), [text("0101"), text("0601"), text("0601"), text("0601")]);
    assert_eq!(folder(dir.path()), before, "no byte and no file changed");
    let read = polygons(&source(&path), &suzhou());
    assert!(read.finding("open_database").message.contains("p.gpkg-wal"));
    // The digest is that of the file and its log, one after the other.
    let record = read.layer.unwrap().record;
    let both = dir.path().join("both");
    std::fs::write(&both, [before["p.gpkg"].clone(), before["p.gpkg-wal"].clone()].concat()).unwrap();
    assert_eq!((record.bytes, record.sha256), size_and_sha256(&both).unwrap());
}

#[test]
fn a_closed_geopackage_in_write_ahead_mode_gets_no_side_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    drop(db);
    let before = folder(dir.path());
    assert_eq!(uses(&path).len(), 4);
    assert_eq!(folder(dir.path()), before);
    // A filter goes through GDAL instead of straight to the rows.
    let mut filtered = source(&path);
    filtered.filter = Some("id <> 'b'".to_owned());
    assert_eq!(polygons(&filtered, &suzhou()).layer.unwrap().ids, ["a", "c", "d"]);
    assert_eq!(folder(dir.path()), before);
}

#[test]
fn no_format_is_changed_by_reading() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["p.gpkg", "p.shp", "p.fgb"] {
        write_parcels(&dir.path().join(name), "EPSG:4549", &good_parcels());
    }
    std::fs::write(dir.path().join("p.gpkg-journal"), b"").unwrap();
    let before = folder(dir.path());
    for name in ["p.gpkg", "p.shp", "p.fgb"] {
        assert_eq!(uses(&dir.path().join(name)).len(), 4, "{name}");
    }
    assert_eq!(folder(dir.path()), before);
}

#[test]
fn negative_feature_numbers_are_ids_on_every_way_of_reading() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.gpkg");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    let db = rusqlite::Connection::open(&path).unwrap();
    drop_triggers(&db);
    for (id, fid) in [("a", -1), ("b", -2), ("c", 0), ("d", 3_000_000_000_i64)] {
        db.execute("UPDATE parcels SET fid = ?1 WHERE id = ?2", rusqlite::params![fid, id]).unwrap();
    }
    drop(db);
    let mut source = VectorSource::new("parcels", &path).id("fid");
    for filter in [None, Some("\"use\" = '0601'"), Some("fid < 5000000000")] {
        source.filter = filter.map(str::to_owned);
        let read = polygons(&source, &suzhou());
        read.assert_clean();
        assert_eq!(read.layer.unwrap().ids, ["-1", "-2", "0", "3000000000"], "{filter:?}");
    }
    source.filter = Some("fid < 0".to_owned());
    assert_eq!(polygons(&source, &suzhou()).layer.unwrap().ids, ["-1", "-2"]);
}

#[test]
fn keyhole_topology_and_mapinfo_files_are_read_or_explained() {
    let dir = tempfile::tempdir().unwrap();
    let has = |driver: &str| gdal::DriverManager::get_driver_by_name(driver).is_ok();
    let kml = r#"<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>parcels</name>
<Placemark><name>a</name><Polygon><outerBoundaryIs><LinearRing><coordinates>120.6,31.3 120.61,31.3 120.61,31.31 120.6,31.3</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
</Folder></Document></kml>"#;
    if has("KML") || has("LIBKML") {
        let path = dir.path().join("p.kml");
        std::fs::write(&path, kml).unwrap();
        let packed = dir.path().join("p.kmz");
        pack(&packed, &[("doc.kml", &path)]);
        for path in [path, packed] {
            let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
            assert_eq!(read.layer.as_ref().map(|l| l.ids.len()), Some(1), "{:#?}", read.findings);
            // A triangle of 0.01° by 0.01°: half of 953 m by 1109 m.
            let area = read.layer.unwrap().coverage.area_m2(0);
            assert!((area / 528_000.0 - 1.0).abs() < 0.01, "{area}");
        }
    }
    if has("TopoJSON") {
        let path = dir.path().join("p.topojson");
        std::fs::write(
            &path,
            r#"{"type":"Topology","objects":{"p":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0]],"properties":{"id":"a"}}]}},"arcs":[[[120.6,31.3],[120.61,31.3],[120.61,31.31],[120.6,31.3]]]}"#,
        )
        .unwrap();
        let read = polygons(&VectorSource::new("parcels", &path).id("id"), &suzhou());
        assert!(read.has("no_crs") || read.layer.is_some(), "{:#?}", read.findings);
        let read = polygons(&VectorSource::new("parcels", &path).id("id").crs("EPSG:4326"), &suzhou());
        assert_eq!(read.layer.unwrap().ids, ["a"]);
    }
    if has("MapInfo File") {
        let path = dir.path().join("p.tab");
        let driver = gdal::DriverManager::get_driver_by_name("MapInfo File").unwrap();
        let mut tab = driver.create_vector_only(&path).unwrap();
        let srs = gdal::spatial_ref::SpatialRef::from_epsg(32_651).unwrap();
        let ty = gdal_sys::OGRwkbGeometryType::wkbPolygon;
        let mut layer =
            tab.create_layer(LayerOptions { name: "p", srs: Some(&srs), ty, options: None }).unwrap();
        let wkt = "POLYGON((275000 3463000,275100 3463000,275100 3463100,275000 3463100,275000 3463000))";
        layer.create_feature(Geometry::from_wkt(wkt).unwrap()).unwrap();
        tab.close().unwrap();
        let read = polygons(&VectorSource::new("parcels", &path), &suzhou());
        // A hectare of UTM: 0.9996² of it at the meridian, more at the edge of the zone.
        let area = read.layer.unwrap().coverage.area_m2(0);
        assert!((area / 1e4 - 1.0).abs() < 2e-3, "{area}");
    }
    let path = dir.path().join("p.shp");
    write_parcels(&path, "EPSG:4549", &good_parcels());
    std::fs::remove_file(path.with_extension("prj")).unwrap();
    assert!(polygons(&source(&path), &suzhou()).finding("no_crs").hint.as_ref().unwrap().contains(".prj"));
    assert_eq!(polygons(&source(&path).crs("EPSG:4549"), &suzhou()).layer.unwrap().ids.len(), 4);
}
