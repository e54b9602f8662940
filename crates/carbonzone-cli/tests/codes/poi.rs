//! POI: several codes, several places, and codes as people have them.

use crate::assert_near;
use crate::mini::{Mini, ORIGIN};

const CODES: [&str; 2] = [r#""0601""#, r#""0601""#];

/// Two industrial parcels that share 100 t by a group.
fn city(group: &str) -> Mini {
    Mini::new(&CODES, &[("a", 100.0, "[\"industrial\"]", &format!("[\"poi:{group}\"]"))])
}

/// A row of a CSV: id, type, and a place in the parcel of this number.
fn row(id: &str, kind: &str, parcel: usize) -> String {
    format!("{id},{kind},{},{}", ORIGIN.0 + 100.0 * parcel as f64 + 50.0, ORIGIN.1 + 50.0)
}

fn with_rows(group: &str, rows: &[String], keys: &str) -> Mini {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    city(group).poi("id,t,x,y", &rows, keys)
}

const BY_ID: &str = "id = \"id\"\ntype = \"t\"";
const ALL: &str = "id = \"id\"\ntype = \"t\"\nseveral_types = \"all\"";

#[test]
fn ids_with_a_second_code_are_told_and_shared_if_asked_for() {
    // Eight factories listed again under another category.
    let mut rows: Vec<String> = (0..8).map(|i| row(&format!("B{i}"), "170300", i % 2)).collect();
    rows.extend((0..8).map(|i| row(&format!("B{i}"), "060100", i % 2)));
    let run = with_rows("industry", &rows, BY_ID).run();
    let told = run.finding("poi_several_codes");
    assert_eq!(told.count, Some(8));
    assert!(
        told.message.contains("06 购物服务 (commercial) kept, 1703 工厂 (industry) left out"),
        "{}",
        told.message
    );
    assert_near(&run.column("poi_industry"), &[0.0, 0.0]);
    let run = with_rows("industry", &rows, ALL).run();
    assert_near(&run.column("poi_industry"), &[2.0, 2.0]);
    assert_near(&run.column("poi_commercial"), &[2.0, 2.0]);
    assert_eq!(run.finding("poi_several_codes").count, Some(8));
}

#[test]
fn two_codes_of_one_class_are_one_poi() {
    let rows = [row("a", "050100|050301", 0), row("b", "050100", 1)];
    let run = with_rows("commercial", &rows, ALL).run();
    assert_near(&run.column("gross_t"), &[50.0, 50.0]);
    // And when the second code stands in a row of its own.
    let rows = [row("a", "050100", 0), row("a", "050301", 0), row("b", "050100", 1)];
    assert_near(&with_rows("commercial", &rows, ALL).run().column("gross_t"), &[50.0, 50.0]);
}

#[test]
fn codes_that_lost_their_zero_and_words_count() {
    let rows = [
        row("a", "50000", 0),
        row("b", "0５0000", 0),
        row("c", "餐饮服务;中餐厅;川菜", 0),
        row("d", "050100", 1),
    ];
    let run = with_rows("commercial", &rows, BY_ID).run();
    assert_near(&run.column("gross_t"), &[75.0, 25.0]);
    assert_eq!(run.finding("poi_code_mended").count, Some(2));
    assert_eq!(run.finding("poi_category_words").count, Some(1));
    assert!(run.silent("unknown_poi_code"));
}

#[test]
fn categories_of_other_maps_and_traditional_characters_count() {
    let rows = [
        row("a", "公司企业;厂矿", 0),
        row("b", "公司企業-工廠", 0),
        row("c", "公司企业:工厂", 0),
        row("d", "170300(工厂)", 1),
        row("e", "公司企业;采石场", 1),
    ];
    let run = with_rows("industry", &rows, BY_ID).run();
    assert_near(&run.column("gross_t"), &[75.0, 25.0]);
    assert_eq!(run.finding("poi_category_words").count, Some(3));
    let told = run.finding("poi_category_in_part");
    assert!(told.message.contains("\"公司企业;采石场\" as 17: 1"), "{}", told.message);
}

#[test]
fn values_of_osm_keys_are_looked_up_with_their_key() {
    let place = |parcel: usize| format!("{},{}", ORIGIN.0 + 100.0 * parcel as f64 + 50.0, ORIGIN.1 + 50.0);
    // shop=knitting_wool has no row of its own; waste baskets and parks are neither shops nor works.
    let rows = [
        format!(",knitting_wool,,{}", place(0)),
        format!("bank,,,{}", place(0)),
        format!(",,lawyer_of_sorts,{}", place(1)),
        format!("waste_disposal,,,{}", place(1)),
        format!("park,,,{}", place(1)),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let run = city("commercial")
        .poi("amenity,shop,office,x,y", &rows, "type = \"amenity|shop|office\"\ngroups = \"osm\"")
        .run();
    assert_near(&run.column("poi_commercial"), &[2.0, 1.0]);
    assert_near(&run.column("poi_public"), &[0.0, 0.0]);
    assert!(run.silent("unknown_poi_code"));
}

#[test]
fn a_multipoint_counts_once_at_its_places() {
    let (x, y) = ORIGIN;
    let feature = |id: &str, points: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}","t":"170300"}},"geometry":{{"type":"MultiPoint","coordinates":[{points}]}}}}"#
        )
    };
    let at = |dx: f64| format!("[{},{}]", x + dx, y + 50.0);
    let features = [feature("a", &format!("{},{}", at(20.0), at(150.0))), feature("b", &at(30.0))];
    let mini = city("industry").with(
        "[layers.poi]\nsource = { path = \"poi.geojson\", crs = \"EPSG:4549\" }\nid = \"id\"\ntype = \"t\"",
    );
    mini.write(
        "poi.geojson",
        &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")),
    );
    let run = mini.run();
    // Halves of a in both parcels, b in the first.
    assert_near(&run.column("poi_industry"), &[1.5, 0.5]);
    assert_eq!(run.finding("multipoint").count, Some(1));
    assert!(run.silent("duplicate_poi"));
}

#[test]
fn sights_are_no_public_buildings() {
    let rows = [row("a", "110101", 0), row("b", "130100", 1)];
    let run = with_rows("public", &rows, BY_ID).run();
    assert_near(&run.column("gross_t"), &[0.0, 100.0]);
}

#[test]
fn one_column_may_hold_both_coordinates() {
    let place =
        |parcel: usize| format!("\"{},{}\"", ORIGIN.0 + 100.0 * parcel as f64 + 50.0, ORIGIN.1 + 50.0);
    let rows = [
        format!("a,170300,{}", place(0)),
        format!("b,170300,{}", place(1)),
        format!("c,170300,{}", place(1)),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let run = city("industry").poi("id,t,location", &rows, BY_ID).run();
    assert_near(&run.column("poi_industry"), &[1.0, 2.0]);
    assert!(run.finding("coordinate_columns").message.contains("\"location\" holds both"));
}

#[test]
fn of_two_pairs_of_coordinates_it_is_told_which_was_taken() {
    let (x, y) = (ORIGIN.0 + 50.0, ORIGIN.1 + 50.0);
    let rows = [format!("a,170300,{x},{y},{},{y}", x + 100.0)];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let run = city("industry").poi("id,t,lng,lat,wgs_lng,wgs_lat", &rows, BY_ID).run();
    assert_near(&run.column("poi_industry"), &[1.0, 0.0]);
    let told = run.finding("coordinate_columns");
    assert!(told.message.contains("\"lng\" and \"lat\" are read"), "{}", told.message);
    assert!(told.value.as_ref().unwrap().contains("wgs_lng"));
    // Named, nothing is to be told; and a name that speaks of another datum is.
    let named = city("industry").poi("id,t,lng,lat,lng_gcj02,lat_gcj02", &rows, BY_ID).edit(
        "crs = \"EPSG:4549\" }\nid = \"id\"\ntype",
        "crs = \"EPSG:4549\", x = \"lng_gcj02\", y = \"lat_gcj02\" }\nid = \"id\"\ntype",
    );
    let run = named.run();
    assert_near(&run.column("poi_industry"), &[0.0, 1.0]);
    assert!(run.finding("coordinate_columns").expected.as_ref().unwrap().contains("GCJ-02"));
}

#[test]
fn codes_of_several_groups_in_one_field_are_told_with_their_number() {
    let rows = [
        row("a", "170300|060100", 0),
        row("b", "170300|170301", 1),
        row("c", "170300|060100", 1),
        row("d", "170300|电影", 0),
    ];
    let run = with_rows("industry", &rows, BY_ID).run();
    let told = run.finding("poi_several_codes");
    assert_eq!(told.count, Some(2), "two codes of one group, and one that nobody knows, are no matter");
    assert!(told.message.contains("\"170300|060100\": 2"), "{}", told.message);
    assert_near(&run.column("poi_industry"), &[2.0, 2.0]);
}

#[test]
fn poi_count_by_their_weight_where_one_is_named() {
    let (x, y) = ORIGIN;
    let at = |dx: f64| format!("{},{}", x + dx, y + 50.0);
    let rows = [
        format!("a,{},170300,30", at(50.0)),
        format!("b,{},170300,\"1,070\"", at(150.0)),
        format!("c,{},170300,—", at(150.0)),
        // The same plant in a second list: its first weight counts.
        format!("a,{},170300,40", at(50.0)),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let city =
        || Mini::new(&[r#""0601""#, r#""0601""#], &[("a", 110.0, "[\"industrial\"]", "[\"poi:industry\"]")]);
    let keys = "id = \"id\"\ntype = \"t\"\nweight = \"jobs\"";
    let run = city().poi("id,x,y,t,jobs", &rows, keys).run();
    assert_near(&run.column("gross_t"), &[3.0, 107.0]);
    assert_near(&run.column("poi_industry"), &[30.0, 1070.0]);
    assert_eq!(run.manifest.rules[0].proxies[0].unit, "jobs");
    let bad = run.finding("bad_poi_weight");
    assert_eq!((bad.count, bad.value.as_deref()), (Some(1), Some("(empty)")));
    assert_eq!(run.finding("poi_several_weights").count, Some(1));
    // Without a weight each counts 1.
    let run = city().poi("id,x,y,t,jobs", &rows, "id = \"id\"\ntype = \"t\"").run();
    assert_near(&run.column("gross_t"), &[110.0 / 3.0, 220.0 / 3.0]);
}
