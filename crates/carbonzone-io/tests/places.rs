//! Coordinates that are not what their CRS says: zone numbers, swapped axes, degrees and metres, datums without a known
//! shift, and working CRS that distort.

use crate::common;
use carbonzone_geom::Coverage;
use carbonzone_io::{VectorSource, WorkingCrs, check_area_scale, layer_centre};
use carbonzone_types::{Findings, Severity};
use common::{Parcel, parcel, points, polygons, square, suzhou, write_parcels};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const X: f64 = 560_000.0;
const Y: f64 = 3_463_000.0;

fn parcels_at(x: f64, y: f64, side: f64) -> Vec<Parcel> {
    ["a", "b", "c"]
        .iter()
        .enumerate()
        .map(|(i, id)| parcel(id, vec![vec![square(x + i as f64 * side, y, side)]]))
        .collect()
}

fn layer(dir: &Path, crs: &str, x: f64, y: f64, side: f64) -> PathBuf {
    let path = dir.join("parcels.gpkg");
    let _ = std::fs::remove_file(&path);
    write_parcels(&path, crs, &parcels_at(x, y, side));
    path
}

fn source(path: &Path) -> VectorSource {
    VectorSource::new("parcels", path).id("id")
}

#[test]
fn eastings_with_a_zone_number_name_the_code_of_the_same_datum() {
    let dir = tempfile::tempdir().unwrap();
    for (crs, x, wanted) in [
        ("EPSG:4549", 40_560_000.0, "EPSG:4528"),
        // The number tells the zone: 39 is another meridian, 21 a zone of six degrees.
        ("EPSG:4549", 39_560_000.0, "EPSG:4527"),
        ("EPSG:4549", 21_360_000.0, "EPSG:4499"),
        ("EPSG:2385", 40_560_000.0, "EPSG:2364"),
        ("EPSG:2437", 40_560_000.0, "EPSG:2416"),
        ("EPSG:4527", 40_560_000.0, "EPSG:4528"),
    ] {
        let read = polygons(&source(&layer(dir.path(), crs, x, Y, 100.0)), &suzhou());
        assert!(read.layer.is_none(), "{crs} {x}");
        let finding = read.finding("zone_number");
        assert_eq!((finding.severity, finding.count), (Severity::Error, Some(3)));
        assert!(finding.hint.as_ref().unwrap().contains(wanted), "{crs} {x}: {finding:?}");
        assert!(finding.message.contains(&format!("{x:.0} m carry the zone number")), "{finding:?}");
        // What the hint says works, as far as it is the place of the city.
        let mended = polygons(&source(&layer(dir.path(), crs, x, Y, 100.0)).crs(wanted), &suzhou());
        assert!(mended.layer.is_some() && !mended.has("zone_number"), "{wanted}: {:#?}", mended.findings);
    }
}

#[test]
fn eastings_that_lack_the_zone_number_of_the_crs_are_recognised() {
    let dir = tempfile::tempdir().unwrap();
    for (crs, wanted) in [("EPSG:4528", "EPSG:4549"), ("EPSG:2364", "EPSG:2385"), ("EPSG:4499", "EPSG:4510")]
    {
        let read = polygons(&source(&layer(dir.path(), crs, X, Y, 100.0)), &suzhou());
        assert!(read.layer.is_none(), "{crs}");
        let finding = read.finding("zone_number");
        assert!(finding.message.contains("560000 m lack the zone number"), "{finding:?}");
        assert!(finding.hint.as_ref().unwrap().contains(wanted), "{finding:?}");
    }
}

#[test]
fn points_with_a_zone_number_are_recognised_too_and_single_ones_are_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poi.csv");
    let rows = |n: usize, numbered: usize| {
        let mut text = String::from("x,y\n");
        for i in 0..n {
            let x = if i < numbered { 40_560_000 } else { 560_000 };
            let _ = writeln!(text, "{x},{}", 3_463_000 + i);
        }
        text
    };
    std::fs::write(&path, rows(4, 4)).unwrap();
    let poi = VectorSource::new("poi", &path).crs("EPSG:4549");
    let read = points(&poi, &suzhou());
    assert!(read.layer.is_none());
    assert!(read.finding("zone_number").hint.as_ref().unwrap().contains("EPSG:4528"));
    std::fs::write(&path, rows(4, 1)).unwrap();
    let read = points(&poi, &suzhou());
    assert!(read.layer.is_some());
    assert_eq!(
        (read.finding("zone_number").severity, read.finding("zone_number").count),
        (Severity::Warning, Some(1))
    );
}

#[test]
fn swapped_axes_are_refused_in_metres_and_in_degrees() {
    let dir = tempfile::tempdir().unwrap();
    for (crs, x, y, side) in [
        ("EPSG:4549", Y, X, 100.0),
        ("EPSG:4549", Y, 40_560_000.0, 100.0),
        ("EPSG:4528", Y, 40_560_000.0, 100.0),
        ("EPSG:32651", 3_463_000.0, 275_000.0, 100.0),
        ("EPSG:4326", 31.29, 120.63, 0.001),
    ] {
        let read = polygons(&source(&layer(dir.path(), crs, x, y, side)), &suzhou());
        assert!(read.layer.is_none(), "{crs}");
        let finding = read.finding("swapped_coordinates");
        assert_eq!((finding.severity, finding.count), (Severity::Error, Some(3)));
        assert!(finding.hint.as_ref().unwrap().contains("Swap X and Y"), "{finding:?}");
    }
}

#[test]
fn metres_in_a_crs_of_degrees_and_degrees_in_one_of_metres_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.geojson");
    let ring = |x: f64, y: f64, d: f64| {
        format!("[[[{x},{y}],[{},{y}],[{},{}],[{x},{}],[{x},{y}]]]", x + d, x + d, y + d, y + d)
    };
    let write = |member: &str, coordinates: String| {
        let text = format!(
            r#"{{"type":"FeatureCollection",{member}"features":[{{"type":"Feature","properties":{{"id":"a"}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}]}}"#
        );
        std::fs::write(&path, text).unwrap();
    };
    let says = |code: u32| {
        format!(r#""crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::{code}"}}}},"#)
    };
    // A GeoJSON without a CRS counts as degrees; one may say a wrong one.
    for (member, x, hint) in
        [(String::new(), X, "EPSG:..."), (says(4326), X, "EPSG:..."), (says(4490), 40_560_000.0, "EPSG:4528")]
    {
        write(&member, ring(x, Y, 100.0));
        let read = polygons(&source(&path), &suzhou());
        assert!(read.layer.is_none());
        let finding = read.finding("not_degrees");
        assert!(finding.hint.as_ref().unwrap().contains(hint), "{finding:?}");
    }
    write(&says(4549), ring(120.63, 31.29, 0.001));
    let read = polygons(&source(&path), &suzhou());
    assert!(read.layer.is_none());
    assert!(read.finding("degrees_not_metres").hint.as_ref().unwrap().contains("EPSG:4326"));
    write(&says(4549), ring(X, Y, 100.0));
    polygons(&source(&path), &suzhou()).assert_clean();
}

#[test]
fn a_datum_without_a_known_shift_is_a_warning_with_its_size_where_epsg_knows_one() {
    let dir = tempfile::tempdir().unwrap();
    for (crs, names, size) in [
        (
            "EPSG:2437",
            ["Beijing 1954", "China Geodetic Coordinate System 2000"],
            "by the 6 transformations of EPSG from Beijing 1954 to WGS 84",
        ),
        ("EPSG:2385", ["Xian 1980", "China Geodetic Coordinate System 2000"], "some 100 m"),
        ("EPSG:21461", ["Beijing 1954", "China Geodetic Coordinate System 2000"], "6 transformations"),
    ] {
        let read = polygons(&source(&layer(dir.path(), crs, X, Y, 100.0)), &suzhou());
        assert!(read.layer.is_some());
        let finding = read.finding("unknown_datum_shift");
        assert_eq!(finding.severity, Severity::Warning);
        assert!(
            names.iter().all(|n| finding.message.contains(n)) && finding.message.contains(size),
            "{finding:?}"
        );
        assert!(finding.hint.as_ref().unwrap().contains("+towgs84="), "{finding:?}");
    }
    // 65 to 76 m east and 5 to 22 m north, by pyproj with each of EPSG:15918, 15919, 15920, 15921, 15935, 15936.
    let read = polygons(&source(&layer(dir.path(), "EPSG:2437", X, Y, 100.0)), &suzhou());
    let message = &read.finding("unknown_datum_shift").message;
    assert!(message.contains("(65 to 76 m east, 5 to 22 m north)"), "{message}");
}

#[test]
fn points_of_another_datum_are_told_and_an_esri_name_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poi.csv");
    std::fs::write(&path, "lon,lat\n120.63,31.29\n120.64,31.28\n").unwrap();
    let read = points(&VectorSource::new("poi", &path).crs("EPSG:4610"), &suzhou());
    assert!(read.finding("unknown_datum_shift").message.contains("Xian 1980"));
    let esri = r#"GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    let read = points(&VectorSource::new("poi", &path).crs(esri), &suzhou());
    assert!(
        read.finding("unknown_datum_shift").message.contains("6 transformations"),
        "{:#?}",
        read.findings
    );
}

#[test]
fn datums_that_agree_and_datums_with_parameters_are_no_warning() {
    let dir = tempfile::tempdir().unwrap();
    for crs in ["EPSG:32651", "EPSG:4549", "EPSG:4528", "EPSG:4498"] {
        let x = match crs {
            "EPSG:32651" => 275_000.0,
            "EPSG:4528" => 40_560_000.0,
            _ => X,
        };
        let x = if crs == "EPSG:4498" { 20_845_000.0 } else { x };
        let read = polygons(&source(&layer(dir.path(), crs, x, Y, 100.0)), &suzhou());
        assert!(read.layer.is_some() && !read.has("unknown_datum_shift"), "{crs}: {:#?}", read.findings);
    }
    for shift in ["15.8,-154.4,-82.3,0,0,0,0", "11.9,-149.1,-80.4"] {
        let given = format!(
            "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=krass +towgs84={shift} +units=m"
        );
        let read = polygons(&source(&layer(dir.path(), "EPSG:2437", X, Y, 100.0)).crs(&given), &suzhou());
        assert!(read.layer.is_some() && !read.has("unknown_datum_shift"), "{:#?}", read.findings);
    }
    // CGCS2000 as PROJ text: no datum is named, the ellipsoid is the global one.
    let grs80 = "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m";
    let read = polygons(&source(&layer(dir.path(), "EPSG:4549", X, Y, 100.0)).crs(grs80), &suzhou());
    assert!(read.layer.is_some() && !read.has("unknown_datum_shift"), "{:#?}", read.findings);
}

#[test]
fn a_shift_that_is_given_as_zero_is_told_where_the_ellipsoid_is_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = layer(dir.path(), "EPSG:2437", X, Y, 100.0);
    let text = |ellipsoid: &str, shift: &str| {
        format!(
            "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 {ellipsoid} +towgs84={shift} +units=m"
        )
    };
    let told = |crs: &str| polygons(&source(&file).crs(crs), &suzhou()).has("unknown_datum_shift");
    let xian = "+a=6378140 +rf=298.257";
    assert!(told(&text("+ellps=krass", "0,0,0")) && told(&text(xian, "0,0,0,0,0,0,0")));
    assert!(!told(&text("+ellps=krass", "15.8,-154.4,-82.3")) && !told(&text("+ellps=GRS80", "0,0,0")));
    let read = polygons(&source(&file).crs(&text("+ellps=krass", "0,0,0")), &suzhou());
    let finding = read.finding("unknown_datum_shift");
    assert!(finding.message.contains("a = 6378245 m"), "{finding:?}");
    let hint = finding.hint.as_ref().unwrap();
    assert!(hint.contains("+towgs84=dx,dy,dz") && !hint.contains("=0,0,0"), "{hint}");
}

fn zones_at(crs: &WorkingCrs, lon: f64, lat: f64, side_m: f64) -> Coverage {
    let (mut x, mut y) = (vec![lon], vec![lat]);
    crs.from_wgs84(&mut x, &mut y).unwrap();
    let mut zones = Coverage::new();
    zones.push_rings(&[vec![square(x[0], y[0], side_m)]]);
    zones
}

fn scale_findings(crs: &str, places: &[(f64, f64)]) -> Findings {
    let crs = WorkingCrs::parse(crs).unwrap();
    let mut zones = Coverage::new();
    for (lon, lat) in places {
        let one = zones_at(&crs, *lon, *lat, 2000.0);
        let ring = one.rings(0).next().unwrap();
        zones.push_rings(&[vec![ring.xs.iter().zip(ring.ys).map(|(x, y)| [*x, *y]).collect()]]);
    }
    let ids: Vec<String> = (0..places.len()).map(|i| format!("z{i}")).collect();
    let mut findings = Findings::new();
    check_area_scale(&zones, &ids, &crs, &mut findings);
    findings
}

#[test]
fn a_working_crs_that_distorts_areas_is_refused_with_the_one_to_take() {
    let at = (120.63, 31.29);
    for crs in ["EPSG:3857", "EPSG:3395", "EPSG:4545", "ESRI:54030"] {
        let findings = scale_findings(crs, &[at]);
        let finding = &findings.items[0];
        assert_eq!((finding.code.as_str(), finding.severity), ("distorting_crs", Severity::Error), "{crs}");
        assert!(finding.hint.as_ref().unwrap().contains("EPSG:4549"), "{crs}: {finding:?}");
    }
    // Web Mercator: (a / N cos φ)(a / M cos φ) with the radii of curvature of WGS 84 at 31.3° N is 1.374.
    let mercator = scale_findings("EPSG:3857", &[at]);
    assert!(mercator.items[0].message.contains("+37.4 % off"), "{mercator:?}");
    assert!(scale_findings("ESRI:54009", &[at]).items.is_empty(), "Mollweide is equal-area");
    let findings = scale_findings("EPSG:3857", &[(9.52, 47.14)]);
    assert!(findings.items[0].hint.as_ref().unwrap().contains("EPSG:32632"), "{findings:?}");
}

#[test]
fn the_crs_of_the_place_and_equal_area_ones_pass() {
    for (crs, place) in [
        ("EPSG:4549", (120.63, 31.29)),
        ("EPSG:32651", (120.63, 31.29)),
        ("EPSG:2056", (9.52, 47.14)),
        ("EPSG:26986", (-71.1, 42.37)),
        ("EPSG:4507", (106.7, 26.6)),
        ("ESRI:102025", (113.5, 34.0)),
    ] {
        assert!(scale_findings(crs, &[place]).items.is_empty(), "{crs}");
    }
}

#[test]
fn a_province_in_one_zone_passes_and_far_zones_of_it_are_a_warning() {
    // Henan from west to east in the zone of 114° E.
    let henan = [(110.5, 34.0), (113.0, 34.0), (114.5, 34.0), (116.5, 34.0)];
    assert!(scale_findings("EPSG:4547", &henan).items.is_empty());
    // A zone 9° from the meridian among many near it.
    let wide: Vec<(f64, f64)> =
        (0..20).map(|i| (113.0 + 0.1 * f64::from(i), 30.0)).chain([(119.6, 30.0)]).collect();
    let findings = scale_findings("EPSG:4547", &wide);
    assert_eq!(
        (findings.items[0].severity, findings.items[0].feature.as_deref()),
        (Severity::Warning, Some("z20")),
        "{findings:?}"
    );
    assert!(findings.items[0].hint.as_ref().unwrap().contains("ESRI:102025"));
}

#[test]
fn the_middle_of_a_layer_is_found_in_any_crs() {
    let dir = tempfile::tempdir().unwrap();
    let [lon, lat] = layer_centre(&source(&layer(dir.path(), "EPSG:4549", X, Y, 100.0))).unwrap();
    assert!((lon - 120.63).abs() < 0.01 && (lat - 31.29).abs() < 0.01, "{lon} {lat}");
    assert_eq!(layer_centre(&source(&dir.path().join("none.gpkg"))), None);
}

/// Fiji's Taveuni lies on both sides of 180 degrees: however a layer writes that, parcels have their area.
#[test]
fn parcels_across_the_antimeridian_keep_their_area() {
    let crs = WorkingCrs::parse("EPSG:32760").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.geojson");
    let ring = |west: f64, east: f64| {
        format!("[[{west},-17],[{east},-17],[{east},-16.99],[{west},-16.99],[{west},-17]]")
    };
    let (left, right) = (ring(179.995, 180.0), ring(-180.0, -179.995));
    let shapes = [
        // Cut at 180 degrees as RFC 7946 asks for, longitudes beyond 180, a jump from 180 to -180.
        format!(r#""MultiPolygon","coordinates":[[{left}],[{right}]]"#),
        format!(r#""Polygon","coordinates":[{}]"#, ring(179.995, 180.005)),
        format!(r#""Polygon","coordinates":[{}]"#, ring(179.995, -179.995)),
    ];
    for shape in shapes {
        let text = format!(r#"{{"type":"Feature","properties":{{"id":"a"}},"geometry":{{"type":{shape}}}}}"#);
        std::fs::write(&path, text).unwrap();
        let read = polygons(&source(&path), &crs);
        let area = read.layer.unwrap_or_else(|| panic!("{:?}", read.findings)).coverage.areas_m2()[0];
        // 0.01 × 0.01 degrees on WGS 84 at 16.995° S are 1,178,620 m²; the scale of the zone's edge adds 0.17 %.
        assert!((area / 1_178_620.0 - 1.0016).abs() < 1e-3, "{shape}: {area}");
    }
}
