//! Warnings that advise what helps, and no more at stake than there is.

use crate::mini::{Mini, ORIGIN};

/// A road parcel and works east of it, with one line given by its ends.
fn with_road(ends: [[f64; 2]; 2], keys: &str) -> String {
    let city =
        Mini::new(&["\"1003\"", "\"0601\""], &[("roads", 1000.0, "[\"transport_road\"]", "[\"road:road\"]")]);
    let [[x0, y0], [x1, y1]] = ends.map(|[x, y]| [ORIGIN.0 + x, ORIGIN.1 + y]);
    let line = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"fclass":"primary"}},"geometry":{{"type":"LineString","coordinates":[[{x0},{y0}],[{x1},{y1}]]}}}}]}}"#
    );
    city.write("roads.geojson", &line);
    let layer = "[layers.roads]\nsource = { path = \"roads.geojson\", crs = \"EPSG:4549\" }\nclass = \"fclass\"\nscheme = \"osm\"\n";
    city.with(&format!("{layer}{keys}")).check(0)
}

#[test]
fn roads_off_their_parcels_get_the_advice_that_is_not_followed_yet() {
    let (in_the_works, beside) = ([[120.0, 50.0], [180.0, 50.0]], [[10.0, 400.0], [90.0, 400.0]]);
    let cases = [
        (in_the_works, "assignment = \"inside\"\n", "let the rule name them in `land`", "snap_m"),
        (beside, "assignment = \"inside\"\n", "assignment = \"nearest\"", "a larger snap_m"),
        (
            beside,
            "assignment = \"nearest\"\nsnap_m = 50.0\n",
            "snap_m = 50 m: a larger snap_m",
            "assignment =",
        ),
        (beside, "assignment = \"both_sides\"\nsnap_m = 20.0\n", "snap_m = 20 m", "assignment ="),
    ];
    for (line, keys, advice, not) in cases {
        let said = with_road(line, keys);
        let warning = said
            .split("warning[")
            .flat_map(|w| w.split("info["))
            .find(|w| w.starts_with("roads_outside_parcels"));
        let warning = warning.unwrap_or_else(|| panic!("{keys}: {said}"));
        assert!(warning.contains(advice) && !warning.contains(not), "{keys}: {warning}");
    }
}

/// Parcels of works by their west and east, all on the same row.
fn overlapping(parcels: &[(f64, f64)]) -> (f64, String) {
    let city = Mini::new(
        &["\"0601\"", "\"0601\"", "\"0601\""],
        &[("works", 600.0, "[\"industrial\"]", "[\"area\"]")],
    );
    let feature = |(i, (x0, x1)): (usize, &(f64, f64))| {
        let [x0, x1] = [x0, x1].map(|x| ORIGIN.0 + x);
        let [y0, y1] = [0.0, 100.0].map(|y| ORIGIN.1 + y);
        format!(
            r#"{{"type":"Feature","properties":{{"pid":"q{i}","code":"0601"}},"geometry":{{"type":"Polygon","coordinates":[[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]]}}}}"#
        )
    };
    let features: Vec<String> = parcels.iter().enumerate().map(feature).collect();
    city.write(
        "parcels.geojson",
        &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")),
    );
    let run = city.run();
    let finding = run.finding("overlapping_parcels");
    (finding.amount_t.unwrap_or(f64::NAN), finding.message.clone())
}

#[test]
fn no_more_is_at_stake_than_there_is_and_the_largest_overlap_comes_first() {
    // The same ground five times is in ten pairs; 600 t are all there is.
    let (tonnes, _) = overlapping(&[(0.0, 100.0); 5]);
    assert!((tonnes - 600.0).abs() < 1e-9, "{tonnes}");
    // 150 t on each: a tenth of two parcels, and the whole of two others.
    let (tonnes, message) = overlapping(&[(0.0, 100.0), (90.0, 190.0), (200.0, 300.0), (200.0, 300.0)]);
    assert!((tonnes - 330.0).abs() < 1e-9, "{tonnes}");
    let [large, small] = ["q2 and q3: 10000.0 m²", "q0 and q1: 1000.0 m²"].map(|pair| message.find(pair));
    assert!(large.is_some() && large < small, "{message}");
    // The order does not hang on the order of the file.
    let (_, turned) = overlapping(&[(200.0, 300.0), (200.0, 300.0), (0.0, 100.0), (90.0, 190.0)]);
    assert!(turned.find("10000.0 m²") < turned.find(" 1000.0 m²"), "{turned}");
}
