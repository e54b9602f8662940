//! Places and areas of parcels against those of the zones and of the survey, through the built binary.

use crate::assert_mentions;
use crate::common::run;
use std::fs;
use tempfile::TempDir;

/// Corner of the city, m.
const X: f64 = 560_000.0;
const Y: f64 = 3_465_000.0;

/// A feature: its properties, and a square from the corner of the city, m.
type Square = (&'static str, [f64; 3]);

const PARCELS: [Square; 2] = [
    (r#""id":"P1","code":"0101","TBMJ":1000000"#, [0.0, 0.0, 1000.0]),
    (r#""id":"P2","code":"0101","TBMJ":250000"#, [2000.0, 0.0, 500.0]),
];

fn layer(squares: &[Square], place: impl Fn(f64, f64) -> (f64, f64)) -> String {
    let features: Vec<String> = squares
        .iter()
        .map(|(properties, [x, y, side])| {
            let corner = |dx: f64, dy: f64| {
                let (x, y) = place(X + x + dx * side, Y + y + dy * side);
                format!("[{x},{y}]")
            };
            let ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)].map(|(x, y)| corner(x, y)).join(",");
            format!(r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#)
        })
        .collect();
    format!(
        r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::4549"}}}},"features":[{}]}}"#,
        features.join(",")
    )
}

/// Two zones of 2 km and these parcels, with more keys for them; gives the messages of a run with this exit code.
fn said(code: i32, parcels: &str, more: &str) -> String {
    let dir: TempDir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    let zones =
        [(r#""id":"Z1","gdp":100"#, [0.0, 0.0, 2000.0]), (r#""id":"Z2","gdp":100"#, [2000.0, 0.0, 2000.0])];
    write("zones.geojson", &layer(&zones, |x, y| (x, y)));
    write("parcels.geojson", parcels);
    let layers = format!(
        "[layers.parcels]\nsource = {{ path = \"parcels.geojson\" }}\nid = \"id\"\nland_use = \"code\"\n{more}\n\
         [layers.zones]\nsource = {{ path = \"zones.geojson\" }}\nid = \"id\"\ngdp = \"gdp\"\n"
    );
    let totals = [("agriculture", "crops", 1000.0)];
    let text = crate::pipeline(
        "areas",
        &layers,
        &totals,
        &[("crops", "agriculture:crops", &["cultivated_garden"], "area")],
    );
    write("areas.toml", &text);
    let path = |name: &str| dir.path().join(name).display().to_string();
    let done = run(&["run", &path("areas.toml"), "--out", &path("out"), "--no-maps"]);
    let messages = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{messages}");
    messages
}

#[test]
fn layers_of_different_places_and_feet_are_refused() {
    assert!(!said(0, &layer(&PARCELS, |x, y| (x, y)), "").contains("layers_apart"));
    // Another city of the same zone; kilometres for metres.
    let north = said(1, &layer(&PARCELS, |x, y| (x, y + 50_000.0)), "");
    assert_mentions(
        &north,
        &["error[layers_apart]", "parcels 560000 to 562500 east", "zones 560000 to 564000 east"],
    );
    assert_mentions(&north, &["or is of another city"]);
    assert_mentions(
        &said(1, &layer(&PARCELS, |x, y| (x / 1e3, y / 1e3)), ""),
        &["error[layers_apart]", "taken for kilometres"],
    );
    // The code that brings the parcels to the zones: the neighbouring zone, another kind of zone, another datum's.
    for wrong in ["32650", "4550", "4547", "2386"] {
        let parcels = layer(&PARCELS, |x, y| (x, y)).replace("EPSG::4549", &format!("EPSG::{wrong}"));
        assert_mentions(
            &said(1, &parcels, ""),
            &[
                "error[layers_apart]",
                &format!("the parcels (now EPSG:{wrong}) would lie on the zones with crs = \"EPSG:4549\""),
            ],
        );
    }
    // Eastings with the number of the zone beside.
    let numbered = layer(&PARCELS, |x, y| (x + 41e6, y)).replace("EPSG::4549", "EPSG::4528");
    assert_mentions(&said(1, &numbered, ""), &["error[zone_number]", "EPSG:4529"]);
    let feet = said(1, &layer(&PARCELS, |x, y| (x / 0.3048, y / 0.3048)), "");
    assert_mentions(&feet, &["error[feet_not_metres]", "metres: 560000, 3465000", "+units=ft"]);
    let utm = layer(&PARCELS, |x, y| (x + 51e6, y)).replace("EPSG::4549", "EPSG::32651");
    assert_mentions(&said(1, &utm, ""), &["error[zone_number]", "take 51,000,000 m off"]);
}

#[test]
fn the_area_of_the_survey_is_compared_with_the_measured_one() {
    let parcels = layer(&PARCELS, |x, y| (x, y));
    assert!(!said(0, &parcels, "area = \"TBMJ\"").contains("parcel_area_differs"));
    let hectares =
        parcels.replace("\"TBMJ\":1000000", "\"TBMJ\":100").replace("\"TBMJ\":250000", "\"TBMJ\":25");
    assert!(!said(0, &hectares, "area = \"TBMJ\"\narea_unit = \"ha\"").contains("parcel_area_differs"));
    let wrong = said(0, &hectares, "area = \"TBMJ\"\narea_unit = \"mu\"");
    assert_mentions(&wrong, &["warning[parcel_area_differs]", "area_unit = \"ha\" fits"]);
    let edited = parcels.replace("\"TBMJ\":250000", "\"TBMJ\":230000");
    assert_mentions(
        &said(0, &edited, "area = \"TBMJ\""),
        &["warning[parcel_area_differs]", "P2", "230000 m² by the field"],
    );
    assert_mentions(&said(1, &parcels, "area = \"MJ\""), &["error[unknown_field]", "TBMJ"]);
    assert_mentions(&said(1, &parcels, "area = \"TBMJ\"\narea_unit = \"acre\""), &["area_unit", "acre"]);
}

#[test]
fn parcels_that_lie_twice_in_a_zone_are_told_with_the_zone() {
    let zone_twice: Vec<Square> = vec![
        (r#""id":"A","code":"0101""#, [0.0, 0.0, 2000.0]),
        (r#""id":"B","code":"0101""#, [1000.0, 1000.0, 1000.0]),
        (r#""id":"C","code":"0101""#, [2000.0, 0.0, 2000.0]),
    ];
    let messages = said(0, &layer(&zone_twice, |x, y| (x, y)), "");
    // 5 km² of parcels in the 4 km² of Z1; Z2 is filled once.
    assert_mentions(
        &messages,
        &["warning[parcels_exceed_zone]", "1 zones have more ground", "Z1 (Z1) 125.0 %"],
    );
    assert!(!said(0, &layer(&zone_twice[..1], |x, y| (x, y)), "").contains("parcels_exceed_zone"));
}

#[test]
fn sinks_and_emissions_outside_the_zones_stand_in_the_summary_with_the_rate_without_them() {
    let tiny = crate::common::tiny::Tiny::new();
    // The wood, 400 m wide, reaches 300 m beyond the zones: 37.5 of its 50 t lie in none.
    let parcels = tiny.read("city/parcels.geojson");
    let moved = |text: &str, from: [u32; 2], to: [u32; 2]| {
        from.into_iter()
            .zip(to)
            .fold(text.to_owned(), |t, (a, b)| t.replace(&format!("[{a},"), &format!("[{b},")))
    };
    let (head, wood) = parcels.split_at(parcels.rfind("{\"type\":\"Feature\"").unwrap());
    let wood = moved(wood, [500_500, 500_900], [501_900, 502_300]);
    tiny.write("city/parcels.geojson", &format!("{head}{wood}"));
    tiny.run("out", &[]);
    let (summary, _) = crate::common::expect(0, &["show", &tiny.path("out")]);
    assert_mentions(
        &summary,
        &[
            "Outside: 0.0 t of gross emissions and 37.5 t of sinks lie in no zone",
            "Without them the CCR of the townships together, the base of their ESC, is 1.250 %",
            "0.0 t 碳排放、37.5 t 碳汇不在任何分区内",
        ],
    );
    let (_, zones) = carbonzone_io::read_own_layer(&tiny.at("out/tiny.gpkg"), "townships").unwrap();
    let sinks: Vec<f64> = zones.numbers("sink_t").unwrap().into_iter().flatten().collect();
    assert!((sinks.iter().sum::<f64>() - 12.5).abs() < 1e-9, "{sinks:?}");
}

#[test]
fn emissions_of_zones_that_parcels_take_over_a_border_or_that_have_no_land_are_told() {
    let zones: [Square; 2] = [
        (r#""id":"Z1","co2_t":300"#, [0.0, 0.0, 2000.0]),
        (r#""id":"Z2","co2_t":100"#, [2000.0, 0.0, 2000.0]),
    ];
    let ran = |parcels: &[Square], code: &str| {
        let dir: TempDir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("zones.geojson", &layer(&zones, |x, y| (x, y)));
        write("parcels.geojson", &layer(parcels, |x, y| (x, y)));
        let layers = "[layers.parcels]\nsource = { path = \"parcels.geojson\" }\nid = \"id\"\nland_use = \"code\"\n\n\
                      [layers.zones]\nsource = { path = \"zones.geojson\" }\nid = \"id\"\nemissions = \"co2_t\"\n";
        let rules = [("crops", "agriculture:crops", &["cultivated_garden"][..], "zone_emissions")];
        write("areas.toml", &crate::pipeline("areas", layers, &[("agriculture", "crops", 400.0)], &rules));
        let path = |name: &str| dir.path().join(name).display().to_string();
        let done = run(&["run", &path("areas.toml"), "--out", &path("out"), "--no-maps"]);
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(0), "{told}");
        assert!(told.contains(code), "{told}");
        let csv = fs::read_to_string(path("out/townships.csv")).unwrap();
        let at = csv.lines().next().unwrap().split(',').position(|c| c == "gross_t").unwrap();
        let cells = csv.lines().skip(1).map(|l| l.split(',').nth(at).unwrap().parse::<f64>().unwrap());
        (cells.collect::<Vec<f64>>(), told)
    };
    // Each zone has land of its own: it keeps its number.
    let own: [Square; 2] = [
        (r#""id":"P1","code":"0101""#, [0.0, 0.0, 100.0]),
        (r#""id":"P2","code":"0101""#, [3000.0, 0.0, 500.0]),
    ];
    let (t, told) = ran(&own, "");
    assert!((t[0] - 300.0).abs() < 1e-9 && (t[1] - 100.0).abs() < 1e-9, "{t:?}");
    assert!(!told.contains("zone_emissions_"), "{told}");
    // One parcel over the border: half of its 366.7 t fall to each zone, 116.7 t of Z1 among them.
    let over: [Square; 2] = [
        (r#""id":"P1","code":"0101""#, [1500.0, 0.0, 1000.0]),
        (r#""id":"P2","code":"0101""#, [3000.0, 0.0, 500.0]),
    ];
    let (t, told) = ran(&over, "zone_emissions_moved");
    assert!((t[0] - 1100.0 / 6.0).abs() < 1e-9, "{t:?}");
    assert_mentions(&told, &["29.17 % of the emissions", "Z1"]);
    // No land in Z1: its emissions fall to Z2, told.
    let (t, told) = ran(&own[1..], "zone_emissions_without_land");
    assert!((t[1] - 400.0).abs() < 1e-9, "{t:?}");
    assert_mentions(&told, &["75.0 % of the emissions of all zones", "Z1"]);
}
