//! Rules whose land is missing, and numbers that make no sense.

use crate::mini::Mini;
use crate::{assert_mentions, assert_near};

const HOMES: [&str; 3] = [r#""0701""#, r#""0701""#, r#""0601""#];

/// A city with two parcels of homes (1 and 2 POI, 10 and 30 people, 20 and 60 m of road) and one of industry.
fn city(land: &str, proxies: &str) -> Mini {
    let (x, y) = crate::mini::ORIGIN;
    let point = |dx: f64| format!("{},{}", x + dx, y + 50.0);
    let mini = Mini::new(&HOMES, &[("a", 300.0, land, proxies)]);
    mini.write(
        "people.csv",
        &format!("x,y,n\n{},10\n{},30\n{},100\n", point(50.0), point(150.0), point(250.0)),
    );
    let line = |from: f64, to: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"LineString","coordinates":[[{},{}],[{},{}]]}}}}"#,
            x + from,
            y + 50.0,
            x + to,
            y + 50.0
        )
    };
    let roads = [line(10.0, 30.0), line(110.0, 170.0), line(210.0, 290.0)];
    mini.write(
        "roads.geojson",
        &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, roads.join(",")),
    );
    mini.poi(
        "x,y,t",
        &[
            &format!("{},050000", point(50.0)),
            &format!("{},050000", point(150.0)),
            &format!("{},050000", point(150.0)),
            &format!("{},050000", point(250.0)),
        ],
        "type = \"t\"",
    )
    .with("[layers.population]\nsource = { path = \"people.csv\", crs = \"EPSG:4549\" }\nweight = [\"n\"]")
    .with("[layers.roads]\nsource = { path = \"roads.geojson\", crs = \"EPSG:4549\" }\nlambda = 0.0")
}

#[test]
fn redirected_land_is_shared_by_the_proxy_as_if_the_rule_had_named_it() {
    let redirect = "on_missing_class = { redirect = [\"urban_residential\"] }";
    for (proxies, expected) in [
        ("[\"poi:commercial\", \"area\"]", [100.0, 200.0, 0.0]),
        ("[\"population\", \"area\"]", [75.0, 225.0, 0.0]),
        ("[\"road:road\", \"area\"]", [75.0, 225.0, 0.0]),
    ] {
        let named = city("[\"urban_residential\"]", proxies).run();
        assert_near(&named.column("gross_t"), &expected);
        let rule = format!("proxies = {proxies}");
        let redirected = city("[\"mining\"]", proxies).edit(&rule, &format!("{rule}\n{redirect}")).run();
        assert_near(&redirected.column("gross_t"), &expected);
        assert_eq!(redirected.finding("fallback").amount_t, Some(300.0));
    }
}

#[test]
fn the_people_of_a_zone_go_to_the_redirected_land() {
    let redirect = "on_missing_class = { redirect = [\"urban_residential\"] }";
    // By the area of the land: 1 to 1 of the homes, nothing to the factory.
    let mini = city("[\"rural_homestead\"]", "[\"population\"]")
        .edit("proxies = [\"population\"]", &format!("proxies = [\"population\"]\n{redirect}"))
        .edit(
            "source = { path = \"people.csv\", crs = \"EPSG:4549\" }\nweight = [\"n\"]",
            "kind = \"zones\"",
        );
    let run = mini.run();
    assert_near(&run.column("gross_t"), &[150.0, 150.0, 0.0]);
    assert_near(&run.column("people"), &[50.0, 50.0, 0.0]);
}

#[test]
fn land_that_is_there_needs_no_redirect() {
    // Snapped to the homes alone: the redirect must not widen the class.
    let mini = city("[\"urban_residential\"]", "[\"poi:commercial\"]")
        .edit(
            "proxies = [\"poi:commercial\"]",
            "proxies = [\"poi:commercial\"]\non_missing_class = { redirect = [\"industrial\"] }",
        )
        .edit("type = \"t\"", "type = \"t\"\nsnap_m = 80.0");
    let run = mini.run();
    // The POI in the factory moves to the homes beside it.
    assert_near(&run.column("gross_t"), &[75.0, 225.0, 0.0]);
}

#[test]
fn numbers_that_make_no_sense_are_all_refused_at_once() {
    let text = city("[\"urban_residential\"]", "[\"road:road\"]")
        .edit("lambda = 0.0", "lambda = nan\nclass_weights = { rail = -0.5 }")
        .edit("proxies = [\"road:road\"]", "proxies = [\"road:road\"]\nsmoothing = -1.0")
        .with("[sinks]\ncoefficients_t_ha = { forest = -5.0 }")
        .check(1);
    assert_mentions(
        &text,
        &[
            "layers.roads.lambda = NaN",
            "layers.roads.class_weights.rail = -0.5",
            "allocate.0.smoothing = -1",
            "sinks.coefficients_t_ha.forest = -5",
            "4 errors",
        ],
    );
}

#[test]
fn a_coefficient_of_a_sink_type_that_no_class_has_is_told() {
    let rules = [("sink", 10.0, "[\"forest\"]", "[\"sink_area\"]")];
    let text = Mini::new(&[r#""0301""#], &rules)
        .with("[sinks]\ncoefficients_t_ha = { forest = 3.0, forrest = 5.0 }")
        .check(0);
    assert_mentions(&text, &["unknown_sink_type", "no sink type \"forrest\"", "did you mean \"forest\"?"]);
}

#[test]
fn coefficients_that_are_not_verified_are_named_where_they_are_used() {
    let rules = [("sink", 10.0, "[\"forest\", \"water\", \"park\"]", "[\"sink_area\"]")];
    let mini = |sinks: &str| Mini::new(&[r#""0301""#, r#""1101""#, r#""0810""#], &rules).with(sinks);
    let text = mini("[sinks]\nset = \"lit_high\"").check(0);
    assert_mentions(
        &text,
        &[
            "warning[unverified_sink_coefficients]",
            "water (2.079 t CO2e/ha, unverified), urban_green (12.388 t CO2e/ha, disputed)",
        ],
    );
    assert!(!text.contains("orchard (") && !text.contains("forest ("), "only those in use and weak: {text}");
    let own =
        mini("[sinks]\nset = \"lit_high\"\ncoefficients_t_ha = { water = 3.0, urban_green = 1.0 }").check(0);
    assert!(!own.contains("unverified_sink_coefficients"), "{own}");
}
