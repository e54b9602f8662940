//! Broken files as people have them, through the binary: what `check` says, and that `run` loses nothing silently.

use crate::assert_mentions;
use crate::common::City;
use carbonzone_geom::Coverage;
use carbonzone_io::{GeometryKind, LayerSpec, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_types::AttributeTable;
use std::fs;
use std::path::Path;

fn parcels(city: &City) -> (Coverage, AttributeTable) {
    carbonzone_io::read_own_layer(Path::new(&city.path("layers/parcels.gpkg")), "parcels").unwrap()
}

/// The parcels as GeoJSON in WGS 84, one feature per line, with further lines put in; the pipeline reads it.
fn as_geojson(city: &City, more: &[&str]) {
    let (shapes, table) = parcels(city);
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let path = city.path("layers/parcels.geojson");
    carbonzone_io::write_geojson(Path::new(&path), &shapes, &table, &crs).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let end = text.rfind(']').unwrap();
    let features: Vec<String> = more
        .iter()
        .enumerate()
        .map(|(i, g)| {
            format!(
                r#",{{"type":"Feature","properties":{{"parcel_id":"odd{i}","DLBM":"0601","DLMC":"工业用地"}},"geometry":{g}}}"#
            )
        })
        .collect();
    fs::write(&path, format!("{}{}{}", &text[..end], features.concat(), &text[end..])).unwrap();
    city.edit("parcels.gpkg\", layer = \"parcels\"", "parcels.geojson\"");
}

/// The parcels as a shapefile whose `.prj` says `crs`.
fn as_shapefile(city: &City, crs: &str) {
    let (mut shapes, table) = parcels(city);
    let working = WorkingCrs::parse("EPSG:4549").unwrap();
    if crs == "EPSG:4326" {
        shapes.transform(|xs, ys| {
            working.to_wgs84(xs, ys).unwrap();
        });
    }
    let mut spec = LayerSpec::for_table("parcels", Some(GeometryKind::Polygon), &working, &table);
    crs.clone_into(&mut spec.crs);
    let path = city.path("layers/parcels.shp");
    let mut writer = VectorWriter::create(Path::new(&path), VectorFormat::Shapefile, &spec).unwrap();
    writer.polygons(&shapes, &table).unwrap();
    writer.finish().unwrap();
    city.edit("parcels.gpkg\", layer = \"parcels\"", "parcels.shp\"");
}

#[test]
fn two_point_rings_null_empty_and_foreign_geometry_are_named_counted_and_booked() {
    let city = City::new();
    as_geojson(
        &city,
        &[
            r#"{"type":"Polygon","coordinates":[[[120.6,31.3],[120.61,31.3],[120.6,31.3]]]}"#,
            "null",
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Point","coordinates":[120.6,31.3]}"#,
        ],
    );
    let text = city.check(0);
    assert_mentions(
        &text,
        &[
            "odd0",
            "warning[null_geometry]",
            "odd1, odd2",
            "warning[zero_area]",
            "warning[not_a_polygon]",
            "odd3",
            "Polygon or MultiPolygon",
        ],
    );
    city.run("out", &[]);
    let ledger = city.manifest("out").ledger;
    let dropped: f64 = ledger
        .iter()
        .filter(|r| {
            r.stage == carbonzone_types::Stage::Drop && r.land_group == "parcels" && r.unit == "features"
        })
        .filter_map(|r| r.count)
        .sum();
    assert!(dropped >= 4.0, "{ledger:?}");
}

#[test]
fn duplicate_ids_have_a_ledger_row_of_their_own() {
    let ledger = City::finished().manifest("out").ledger;
    let row = ledger.iter().find(|r| r.note.contains("renamed id#2")).unwrap();
    assert!(row.count.unwrap() >= 1.0 && row.land_group == "parcels", "{row:?}");
}

#[test]
fn traffic_poi_of_rails_and_water_are_booked_where_they_do_not_count() {
    let city = City::of(5_000);
    let (_, stderr) = city.run("out", &[]);
    let ledger = city.manifest("out").ledger;
    if let Some(row) = ledger.iter().find(|r| r.note.contains("traffic POI of other modes")) {
        assert!(row.count.unwrap() >= 1.0);
        assert_mentions(&stderr, &["info[traffic_poi_other_modes]"]);
    } else {
        let poi = fs::read_to_string(city.path("layers/poi.csv")).unwrap();
        assert!(
            !poi.contains(",150200") && !poi.contains(",150300"),
            "stations are in the file, but in no row"
        );
    }
}

#[test]
fn a_shapefile_without_its_table_or_projection_says_which_part_is_missing() {
    let city = City::new();
    as_shapefile(&city, "EPSG:4549");
    fs::remove_file(city.path("layers/parcels.prj")).unwrap();
    assert_mentions(&city.check(1), &["error[no_crs]", "parcels.shp", "crs = \"EPSG:"]);
    fs::remove_file(city.path("layers/parcels.dbf")).unwrap();
    assert_mentions(
        &city.check(1),
        &["error[shapefile_part_missing]", ".dbf file (attribute table)", "DLBM", "copy .shp"],
    );
}

#[test]
fn parcels_in_degrees_or_feet_are_carried_into_metres_and_that_is_said() {
    let city = City::new();
    as_shapefile(&city, "EPSG:4326");
    let (_, stderr) = city.run("degrees", &[]);
    assert_mentions(&stderr, &["info[reprojected]", "EPSG:4326 (degrees)"]);
    let gross = |city: &City, out: &str| city.manifest(out).totals.gross_t;
    assert!((gross(City::finished(), "out") / gross(&city, "degrees") - 1.0).abs() < 1e-9);
    // The same coordinates declared as feet of Massachusetts: converted, and far from Suzhou.
    let city = City::new();
    as_shapefile(&city, "EPSG:2249");
    let text = city.check_any();
    assert_mentions(&text, &["info[unit_converted]", "feet", "outside_crs_area"]);
}

#[test]
fn a_gbk_table_read_as_utf8_is_noticed_in_points_and_in_zone_tables() {
    let city = City::new();
    let path = city.path("layers/poi.csv");
    let text = fs::read_to_string(&path).unwrap();
    // "苏州" in GBK, in the name column of every row.
    let mut bytes: Vec<u8> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        for (k, cell) in cells.iter().enumerate() {
            bytes.extend(if i > 0 && k == 1 {
                b"\xcb\xd5\xd6\xdd".as_slice()
            } else {
                cell.trim_start_matches('\u{feff}').as_bytes()
            });
            bytes.push(if k + 1 < cells.len() { b',' } else { b'\n' });
        }
    }
    fs::write(&path, bytes).unwrap();
    city.edit("id = \"id\"\nname = \"name\"\ntype", "name = \"name\"\ntype");
    city.edit("y = \"lat\", crs = \"GCJ-02\"", "y = \"lat\", crs = \"GCJ-02\", encoding = \"UTF-8\"");
    assert_mentions(&city.check_any(), &["wrong_encoding", "poi.csv", "GBK"]);
    city.edit("encoding = \"UTF-8\"", "encoding = \"GBK\"");
    assert!(!city.check(0).contains("wrong_encoding"));
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    bytes.splice(at..at, b"\xcb\xd5\xd6\xdd,\xcb\xd5\xd6\xdd,1,1\n".iter().copied());
    fs::write(&path, bytes).unwrap();
    city.edit("on = \"id\"\n", "on = \"id\"\nencoding = \"UTF-8\"\n");
    assert_mentions(
        &city.check(1),
        &["undecodable_bytes", "township_stats.csv", "line 2", "name the encoding", "unmatched_table_rows"],
    );
    // A table that is GBK from its header on: "名称" in GBK.
    fs::write(&path, b"id,\xc3\xfb\xb3\xc6,population,gdp\n1,\xcb\xd5\xd6\xdd,1,1\n").unwrap();
    assert_mentions(
        &city.check(1),
        &["wrong_encoding", "township_stats.csv", "not valid text in UTF-8", "line 1", "name the encoding"],
    );
}

#[test]
fn swapped_longitude_and_latitude_are_refused_with_the_way_out() {
    let city = City::new();
    city.edit("x = \"lon\", y = \"lat\", crs = \"GCJ-02\"", "x = \"lat\", y = \"lon\", crs = \"GCJ-02\"");
    assert_mentions(&city.check(1), &["error[swapped_coordinates]", "poi.csv", "swap the names in x"]);
}

#[test]
fn a_layer_without_features_is_refused_in_every_role() {
    let city = City::new();
    for (file, header) in
        [("poi.csv", "id,name,lon,lat,typecode\n"), ("population.csv", "lon,lat,people_22_06\n")]
    {
        fs::write(city.path(&format!("layers/{file}")), header).unwrap();
    }
    assert_mentions(&city.check(1), &["error[empty_layer]", "poi.csv", "population.csv"]);
}

#[test]
fn a_unit_that_does_not_fit_the_activity_is_refused_with_its_cell() {
    let city = City::new();
    let totals = fs::read_to_string(city.path("city.toml")).unwrap();
    let (from, to) = (totals.find("[inventory]").unwrap(), totals.find("[sinks]").unwrap());
    let activity = "[inventory.activity]\nfiles = [{ path = \"yearbook.csv\" }]\n\n";
    fs::write(city.path("city.toml"), format!("{}{activity}{}", &totals[..from], &totals[to..])).unwrap();
    fs::write(
        city.path("yearbook.csv"),
        "category,指标,单位,2020\nmanufacturing_energy,原煤,公顷,12\nmanufacturing_energy,焦炭,万吨,-3\nmanufacturing_energy,柴油,万吨,x1\n",
    )
    .unwrap();
    assert_mentions(&city.check(1), &["yearbook.csv", "cell D2", "公顷", "-3", "x1"]);
}

/// A pipe that nobody writes to, and a device without an end, instead of every kind of input.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_before_they_are_opened() {
    let city = City::new();
    let pipe = city.path("layers/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for layer in ["parcels.gpkg", "poi.csv", "population.csv", "roads.shp", "townships.gpkg"] {
        let path = city.path(&format!("layers/{layer}"));
        let kept = city.path("layers/kept");
        fs::rename(&path, &kept).unwrap();
        for other in [pipe.as_str(), "/dev/zero"] {
            std::os::unix::fs::symlink(other, &path).unwrap();
            assert_mentions(&city.check(1), &["error[unreadable_file]", "is a pipe or a device, not a file"]);
            fs::remove_file(&path).unwrap();
        }
        fs::rename(&kept, &path).unwrap();
    }
    let (said, _) = crate::common::expect(2, &["check", &pipe, "--quiet"]);
    assert_mentions(&said, &["is a pipe or a device, not a file"]);
}
