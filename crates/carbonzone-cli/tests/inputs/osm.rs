//! An OpenStreetMap extract (PBF) as land use, POI and roads, with the shipped tag tables and with mapping files.

use crate::assert_mentions;
use crate::common::{City, expect, run};
use crate::pbf::{self, Node, Way};
use std::fs;

const LAYERS: &str = r#"
[layers.parcels]
source = { path = "city.osm.pbf" }
land_use = "landuse|natural"
scheme = "osm"
[layers.poi]
source = { path = "city.osm.pbf" }
type = "amenity|shop|man_made"
groups = "osm"
[layers.roads]
source = { path = "city.osm.pbf" }
class = "highway|railway"
scheme = "osm"
lambda = 0.0
[layers.zones]
source = { path = "zones.geojson" }
id = "id"
"#;

fn pipeline() -> String {
    crate::pipeline(
        "osm",
        LAYERS,
        &[("industry", "industrial", 300.0), ("transport", "road", 100.0), ("sink", "land", 1.0)],
        &[
            ("industry", "industry:industrial", &["industrial"], "poi:industry"),
            ("road", "transport:road", &["industrial", "urban_residential"], "road:road"),
            ("sink", "sink:land", &["forest"], "sink_area"),
        ],
    )
}

/// Three blocks side by side, 0.01° each: works, homes, a wood. One factory in each half of the works block's row.
fn extract() -> Vec<u8> {
    let (x, y, step) = (120.60, 31.30, 0.01);
    let mut nodes: Vec<Node<'_>> = Vec::new();
    for row in 0..2i64 {
        for col in 0..5i64 {
            let (lon, lat) = (x + step * col as f64, y + step * row as f64);
            nodes.push(Node { id: 1 + row * 5 + col, lon, lat, tags: &[] });
        }
    }
    nodes.push(Node {
        id: 11,
        lon: x + 0.005,
        lat: y + 0.005,
        tags: &[("man_made", "works"), ("name", "一厂")],
    });
    nodes.push(Node {
        id: 12,
        lon: x + 0.035,
        lat: y + 0.005,
        tags: &[("man_made", "works"), ("name", "二厂")],
    });
    nodes.push(Node {
        id: 13,
        lon: x + 0.036,
        lat: y + 0.006,
        tags: &[("man_made", "works"), ("name", "三厂")],
    });
    nodes.push(Node { id: 14, lon: x + 0.015, lat: y + 0.005, tags: &[("amenity", "no_such_thing")] });
    nodes.push(Node { id: 15, lon: x + 0.001, lat: y + 0.002, tags: &[] });
    nodes.push(Node { id: 16, lon: x + 0.019, lat: y + 0.002, tags: &[] });
    let block = |col: i64| vec![1 + col, 2 + col, 7 + col, 6 + col, 1 + col];
    let ways = [
        Way { id: 101, nodes: block(0), tags: &[("landuse", "industrial")] },
        Way { id: 102, nodes: block(1), tags: &[("landuse", "residential")] },
        Way { id: 103, nodes: block(2), tags: &[("natural", "wood")] },
        Way { id: 104, nodes: block(3), tags: &[("landuse", "industrial")] },
        Way { id: 105, nodes: vec![15, 16], tags: &[("highway", "primary")] },
        Way { id: 106, nodes: vec![15, 16], tags: &[("highway", "footway")] },
    ];
    pbf::write(&nodes, &ways, &[])
}

/// The folder of a city with two zones: the first block, the other three.
fn city() -> City {
    let city = City::new();
    fs::write(city.path("city.osm.pbf"), extract()).unwrap();
    fs::write(city.path("city.toml"), pipeline()).unwrap();
    let zone = |id: &str, x0: f64, x1: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{id}"}},"geometry":{{"type":"Polygon","coordinates":[[[{x0},31.29],[{x1},31.29],[{x1},31.32],[{x0},31.32],[{x0},31.29]]]}}}}"#
        )
    };
    let zones = [zone("west", 120.59, 120.61), zone("east", 120.61, 120.65)].join(",");
    let text = format!(r#"{{"type":"FeatureCollection","features":[{zones}]}}"#);
    fs::write(city.path("zones.geojson"), text).unwrap();
    city
}

/// False, loudly, if this GDAL cannot read PBF.
fn readable(city: &City) -> bool {
    let out = run(&["check", &city.path("city.toml"), "--quiet"]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    if text.contains("unreadable_file") && text.contains("osm.pbf") {
        use std::io::Write as _;
        std::io::stderr().write_all(b"SKIPPED: this GDAL has no OSM driver\n").unwrap();
        return false;
    }
    true
}

#[test]
fn an_extract_gives_land_use_poi_and_roads_with_the_shipped_tables() {
    let city = city();
    if !readable(&city) {
        return;
    }
    let (_, stderr) = city.run("out", &[]);
    assert_mentions(&stderr, &["unknown_poi_code", "no_such_thing"]);
    let manifest = city.manifest("out");
    let of = |zone: &str, rule: &str| {
        manifest
            .contributions
            .iter()
            .filter(|c| c.zone == zone && c.rule == rule)
            .map(|c| c.amount_t)
            .sum::<f64>()
    };
    // The border of the zones is drawn from other vertices than that of the blocks: a few decimetres, some 1e-6.
    // Factories: 1 of 3 in the west, 2 of 3 in the east. Road: half in the works, half in the homes; no footway.
    assert!((of("west", "industry") - 100.0).abs() < 1e-3 && (of("east", "industry") - 200.0).abs() < 1e-3);
    assert!((of("west", "road") - 50.0).abs() < 1e-3, "{}", of("west", "road"));
    assert!((of("west", "road") + of("east", "road") - 100.0).abs() < 1e-9);
    assert!((of("east", "sink") - 1.0).abs() < 1e-9);
    let rules = &manifest.rules;
    assert_eq!(rules.iter().find(|r| r.id == "industry").unwrap().parcels, 2);
}

#[test]
fn mapping_files_of_ones_own_replace_the_shipped_tables() {
    let city = city();
    if !readable(&city) {
        return;
    }
    fs::write(
        city.path("land.csv"),
        "code,space_type,sink_type\nindustrial,works,none\nresidential,homes,none\nwood,wood,forest\n",
    )
    .unwrap();
    fs::write(city.path("poi.csv"), "code,group,mode\nworks,factory,\nno_such_thing,factory,\n").unwrap();
    city.edit("scheme = \"osm\"\n[layers.poi]", "scheme = \"land.csv\"\n[layers.poi]");
    city.edit("groups = \"osm\"", "groups = \"poi.csv\"");
    city.edit("scheme = \"osm\"\nlambda", "modes = { footway = \"road\", primary = \"none\" }\nlambda");
    city.edit(
        "land = [\"industrial\"]\nproxies = [\"poi:industry\"]",
        "land = [\"works\", \"homes\"]\nproxies = [\"poi:factory\"]",
    );
    city.edit("land = [\"industrial\", \"urban_residential\"]", "land = [\"works\", \"homes\"]");
    city.edit("land = [\"forest\"]", "land = [\"wood\"]");
    city.run("out", &[]);
    let manifest = city.manifest("out");
    let west: f64 = manifest
        .contributions
        .iter()
        .filter(|c| c.zone == "west" && c.rule == "industry")
        .map(|c| c.amount_t)
        .sum();
    assert!((west - 75.0).abs() < 1e-3, "one of four: {west}");
    let dropped = manifest.ledger.iter().find(|r| r.note.contains("mode \"none\"")).unwrap();
    assert!(dropped.count.unwrap() > 1000.0, "the primary road is left out on purpose");
}

#[test]
fn a_mapping_file_without_sink_types_is_told_so_and_not_to_share_by_area() {
    let city = city();
    if !readable(&city) {
        return;
    }
    // As a spreadsheet in China saves it, in GBK.
    let gbk = b"code,name_zh,space_type\nindustrial,\xb9\xa4\xd2\xb5,works\nresidential,\xd7\xa1\xd5\xac,homes\nwood,\xc1\xd6\xb5\xd8,wood\n";
    fs::write(city.path("land.csv"), gbk).unwrap();
    city.edit("scheme = \"osm\"\n[layers.poi]", "scheme = \"land.csv\"\n[layers.poi]");
    city.edit("land = [\"industrial\"]", "land = [\"works\"]");
    city.edit("land = [\"industrial\", \"urban_residential\"]", "land = [\"works\", \"homes\"]");
    city.edit("land = [\"forest\"]", "land = [\"wood\"]");
    let text = city.check(1);
    assert_mentions(&text, &["error[no_sink_type]", "land.csv has no column sink_type", "wood", "1 error"]);
    city.edit("scheme = \"land.csv\"", "scheme = \"lamd.csv\"");
    assert_mentions(&city.check(2), &["lamd.csv", "no such file", "did you mean \"land.csv\"?"]);
    city.edit("scheme = \"lamd.csv\"", "scheme = \"osn\"");
    assert_mentions(&city.check(1), &["unknown scheme \"osn\"", "did you mean \"osm\"?"]);
}

#[test]
fn a_truncated_extract_is_refused() {
    let city = city();
    if !readable(&city) {
        return;
    }
    let bytes = extract();
    fs::write(city.path("city.osm.pbf"), &bytes[..bytes.len() / 2]).unwrap();
    let (stdout, _) = expect(1, &["check", &city.path("city.toml"), "--quiet"]);
    assert_mentions(&stdout, &["city.osm.pbf", "error["]);
}
