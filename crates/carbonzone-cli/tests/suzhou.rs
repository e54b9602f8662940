//! The main job on a small city, through the built binary: files, totals, mass, explanation.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_io::{layer_names, read_own_layer};
use carbonzone_types::{ExactSum, Stage, TOLERANCE};
use common::{City, expect, relative, sum_where};
use std::path::Path;

/// Table 3 of the Suzhou paper, corrected (docs/method.md), t CO2e: sector column, space types, tonnes.
const TABLE_3: &[(&str, &[&str], f64)] = &[
    ("industry_t", &["industrial"], 124_304_600.0),
    ("industry_t", &["municipal_utilities"], 69_043_100.0),
    ("construction_t", &["urban_residential"], 7_670_600.0),
    ("construction_t", &["rural_homestead"], 5_371_300.0),
    ("construction_t", &["commercial"], 10_300_900.0),
    ("construction_t", &["admin_public"], 5_484_800.0),
    ("transport_t", &["transport_road", "transport_rail", "transport_water", "transport_air"], 14_214_400.0),
    ("agriculture_t", &["cultivated_garden"], 946_800.0),
    ("agriculture_t", &["facility_agri"], 60_200.0),
    ("waste_t", &["industrial"], 10_200.0),
    ("waste_t", &["municipal_utilities"], 2_872_800.0),
    ("sink_t", &["cultivated_garden"], 719_600.0),
    ("sink_t", &["forest", "grassland", "water", "unused", "park"], 1_799_000.0),
];

#[test]
fn the_job_ends_with_the_files_the_contract_names_and_table_3_on_the_parcels() {
    let city = City::finished();
    let stdout = std::fs::read_to_string(city.path("summary.txt")).unwrap();
    assert!(stdout.contains("SYNTHETIC DATA"), "{stdout}");
    for file in [
        "suzhou.gpkg",
        "townships.geojson",
        "townships.csv",
        "townships.xlsx",
        "grid_1km.tif",
        "zones.tif",
        "ledger.csv",
        "run.json",
    ] {
        assert!(Path::new(&city.path(&format!("out/{file}"))).exists(), "{file} is missing");
    }
    let gpkg = city.path("out/suzhou.gpkg");
    let layers = layer_names(Path::new(&gpkg)).unwrap();
    for layer in ["parcels", "grid_1km", "townships", "zones"] {
        assert!(layers.iter().any(|l| l == layer), "layer {layer} is missing from {layers:?}");
    }
    let (_, parcels) = read_own_layer(Path::new(&gpkg), "parcels").unwrap();
    for (column, types, tonnes) in TABLE_3 {
        let sum = sum_where(&parcels, column, "space_type", |s| types.contains(&s));
        assert!(relative(sum, *tonnes) <= TOLERANCE, "{column} on {types:?}: {sum} instead of {tonnes}");
    }
    let total =
        |column: &str| parcels.numbers(column).unwrap().into_iter().flatten().collect::<ExactSum>().value();
    assert!(relative(total("gross_t"), 240_279_700.0) <= TOLERANCE);
    assert!(relative(total("sink_t"), 2_518_600.0) <= TOLERANCE);
    assert!(relative(total("net_t"), 237_761_100.0) <= TOLERANCE);
}

#[test]
fn parcels_grid_and_townships_hold_the_same_tonnes() {
    let city = City::finished();
    let manifest = city.manifest("out");
    let gpkg = city.path("out/suzhou.gpkg");
    let mut sectors = manifest.sectors.clone();
    sectors.push("sink".to_owned());
    for (layer, inside, outside) in
        [("grid_1km", Stage::Grid, Stage::GridOutside), ("townships", Stage::Zones, Stage::ZonesOutside)]
    {
        let (_, table) = read_own_layer(Path::new(&gpkg), layer).unwrap();
        for sector in &sectors {
            let written: f64 = table
                .numbers(&format!("{sector}_t"))
                .unwrap()
                .into_iter()
                .flatten()
                .collect::<ExactSum>()
                .value();
            let of = |stage| {
                let rows = manifest.ledger.iter().filter(|r| r.stage == stage && r.sector == *sector);
                rows.filter_map(|r| r.amount_t).collect::<ExactSum>().value()
            };
            assert!(relative(written, of(inside)) <= TOLERANCE, "{layer} {sector}");
            assert!(relative(written + of(outside), of(Stage::Placed)) <= TOLERANCE, "{layer} {sector}");
        }
    }
    assert!(manifest.balances.len() == 3 * sectors.len());
    assert!(manifest.balances.iter().all(|b| b.relative <= TOLERANCE));
}

#[test]
fn indices_keep_their_identities_in_the_written_table() {
    let city = City::finished();
    let (_, t) = read_own_layer(Path::new(&city.path("out/suzhou.gpkg")), "townships").unwrap();
    let column = |name: &str| t.numbers(name).unwrap();
    let (gross, sink, gdp) = (column("gross_t"), column("sink_t"), column("gdp_1e4cny"));
    let (ccr, ecc, esc) = (column("ccr"), column("ecc"), column("esc"));
    let sum = |v: &[Option<f64>]| v.iter().flatten().sum::<f64>();
    let city_ccr = sum(&sink) / sum(&gross);
    let (mut mean_ecc, mut mean_esc) = (0.0, 0.0);
    for i in 0..t.rows() {
        let share = gross[i].unwrap() / sum(&gross);
        assert!(relative(esc[i].unwrap(), ccr[i].unwrap() / city_ccr) < 1e-12, "ESC = CCR / CCR of the city");
        let by_hand = (gdp[i].unwrap() / sum(&gdp)) / share;
        assert!(relative(ecc[i].unwrap(), by_hand) < 1e-12);
        mean_ecc += share * ecc[i].unwrap();
        mean_esc += share * esc[i].unwrap();
    }
    assert!((mean_ecc - 1.0).abs() < 1e-12 && (mean_esc - 1.0).abs() < 1e-12);
    let zones = t.texts("zone").unwrap();
    for i in 0..t.rows() {
        let expected = match (ecc[i].unwrap() > 1.0 + 1e-12, esc[i].unwrap() > 1.0 + 1e-12) {
            (true, true) => "low_carbon_economic",
            (true, false) => "carbon_source_control",
            (false, true) => "carbon_sink_functional",
            (false, false) => "high_carbon_optimization",
        };
        assert_eq!(zones[i].as_deref(), Some(expected));
    }
}

#[test]
fn explain_accounts_for_every_tonne_of_a_parcel_a_township_and_a_cell() {
    let city = City::finished();
    let gpkg = city.path("out/suzhou.gpkg");
    let largest = |layer: &str| -> (String, Option<i64>, Option<i64>) {
        let (_, t) = read_own_layer(Path::new(&gpkg), layer).unwrap();
        let gross = t.numbers("gross_t").unwrap();
        let best = (0..t.rows()).max_by(|&a, &b| gross[a].unwrap().total_cmp(&gross[b].unwrap())).unwrap();
        let int = |name: &str| t.get(name).and_then(|c| c.number_at(best)).map(|v| v as i64);
        (t.texts("unit_id").unwrap()[best].clone().unwrap(), int("col"), int("row"))
    };
    let (parcel, _, _) = largest("parcels");
    let (township, _, _) = largest("townships");
    let (_, col, row) = largest("grid_1km");
    let cell = format!("{},{}", col.unwrap(), row.unwrap());
    for (flag, id) in [("--parcel", &parcel), ("--township", &township), ("--cell", &cell)] {
        let (stdout, _) = expect(0, &["explain", &city.path("out"), flag, id, "--format", "json"]);
        let e: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        let (gross, open) = (e["gross_t"].as_f64().unwrap(), e["unexplained_gross_t"].as_f64().unwrap());
        assert!(
            gross > 0.0 && open.abs() <= TOLERANCE * gross,
            "{flag} {id}: {open} t of {gross} t unexplained"
        );
        let lines = e["lines"].as_array().unwrap();
        assert!(!lines.is_empty());
        for line in lines.iter().filter(|l| flag != "--township" || l["proxy"] != "sink_area") {
            let by_weight = line["budget_t"].as_f64().unwrap() * line["weight"].as_f64().unwrap()
                / line["weight_total"].as_f64().unwrap();
            let amount = line["amount_t"].as_f64().unwrap();
            assert!(amount == 0.0 || relative(by_weight, amount) < 1e-6, "{flag}: {line}");
        }
    }
    let (json, _) = expect(0, &["explain", &city.path("out"), "--township", &township, "--format", "json"]);
    let e: serde_json::Value = serde_json::from_str(&json).unwrap();
    let beside = |key: &str, what: &str| {
        let all = e["against_city"].as_array().unwrap();
        all.iter().find(|b| b["key"] == key).unwrap()[what].as_f64().unwrap()
    };
    // ESC is the unit's CCR over the city's.
    assert!(relative(beside("ccr", "ratio"), beside("esc", "value")) < 1e-9);
    assert_eq!(beside("ecc", "ratio"), beside("ecc", "value"));
    let net_t = city.manifest("out").totals.net_t;
    assert!(relative(beside("net_t", "city") * 97.0, net_t) < 1e-3, "all but what lies outside");
    let (text, _) = expect(0, &["explain", &city.path("out"), "--township", &township]);
    assert!(text.contains("× the mean of the 97 townships"), "{text}");
    // The same text as in the workbook, the report and the project.
    assert!(text.contains("that is CCR above the city's 1.05 %"), "{text}");
    let city_is = city.manifest("out");
    let esc = city_is.indicators.iter().find(|i| i.key == "esc").unwrap();
    assert!(text.contains(&esc.meaning.en), "{text}");
    // Two CCR, two names; the given total does not move with the coefficients, its places do.
    let (ccr, of_zones) = (city_is.totals.ccr.unwrap(), city_is.totals.ccr_of_zones.unwrap());
    assert!(relative(ccr, 0.010_481_95) < 1e-5 && relative(ccr, of_zones) < 0.01, "{ccr} {of_zones}");
    let moved = city_is.statements.iter().find(|s| s.en.contains("The sink total is given")).unwrap();
    assert!(moved.en.contains("CCR by 0 %") && moved.en.contains("under lit_low"), "{}", moved.en);
    assert!(moved.zh.contains("影响为 0 %") && moved.zh.contains("改用 guiyang"), "{}", moved.zh);
    let (_, stderr) = expect(2, &["explain", &city.path("out"), "--township", "nowhere"]);
    assert!(stderr.contains("ids and names look like this"), "{stderr}");
    let (by_id, _) =
        expect(0, &["explain", &city.path("out"), "--cell", &format!("c{}_r{}", col.unwrap(), row.unwrap())]);
    assert_eq!(by_id, expect(0, &["explain", &city.path("out"), "--cell", &cell]).0);
    // 虞山 in Changshu and 玉山 in Kunshan are both Yushan in Latin letters.
    let (_, stderr) = expect(2, &["explain", &city.path("out"), "--township", "Yushan"]);
    assert!(stderr.contains("2 units") && stderr.contains("虞山") && stderr.contains("玉山"), "{stderr}");
}

#[test]
fn the_ellipsoidal_area_basis_changes_areas_but_loses_no_tonne() {
    let city = City::new();
    city.run("ellipsoidal", &["--set", "city.area=ellipsoidal"]);
    let (a, b) = (City::finished().manifest("out"), city.manifest("ellipsoidal"));
    assert!(relative(a.totals.gross_t, b.totals.gross_t) <= TOLERANCE);
    assert_eq!(b.area_basis, "ellipsoidal");
    let (_, t) = read_own_layer(Path::new(&city.path("ellipsoidal/suzhou.gpkg")), "parcels").unwrap();
    let (area, planar) = (t.numbers("area_m2").unwrap(), t.numbers("area_planar_m2").unwrap());
    let sum = |v: &[Option<f64>]| v.iter().flatten().sum::<f64>();
    let scale = sum(&planar) / sum(&area);
    // EPSG:4549: planar areas are larger by up to 0.04 % at the edge of Suzhou.
    assert!((1.0..1.000_5).contains(&scale), "{scale}");
}

#[test]
fn clipping_at_the_border_leaves_nothing_outside() {
    let city = City::new();
    city.run("out", &["--set", "city.border=clip"]);
    let m = city.manifest("out");
    let outside: f64 = m
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::ZonesOutside && r.sector != "sink")
        .filter_map(|r| r.amount_t)
        .sum();
    assert!(outside.abs() < 1e-6 * m.totals.gross_t, "{outside} t outside");
    assert!(relative(m.totals.gross_t, 240_279_700.0) <= TOLERANCE);
}

#[test]
fn compare_of_a_run_with_itself_finds_no_difference() {
    let city = City::new();
    city.run("b", &["--set", "layers.roads.lambda=0.0"]);
    let a = City::finished().path("out");
    let (same, _) = expect(0, &["compare", &a, &a]);
    assert!(
        same.contains("0 of 97 units changed zone") && same.contains("no unit's gross emissions differ"),
        "{same}"
    );
    let (other, _) = expect(0, &["compare", &a, &city.path("b"), "--export", &city.path("diff.csv")]);
    assert!(other.contains("largest changes"), "{other}");
    assert!(
        other.contains(&city.path("b")) && other.contains("setting layers.roads.lambda: 0.5 → 0.0"),
        "{other}"
    );
    assert!(same.contains("the same settings and inputs"), "{same}");
    let csv = std::fs::read_to_string(city.path("diff.csv")).unwrap();
    assert!(csv.contains("transport_t_diff") && csv.contains("zone_changed"));
    let changed = csv.lines().filter(|line| line.contains(",true,")).count();
    assert!(other.contains(&format!("{changed} of 97 units changed zone")), "{other}");
    assert_eq!(
        other.lines().filter(|line| line.contains(" → ") && line.starts_with("  3205")).count(),
        changed
    );
}

#[test]
fn a_known_plant_takes_its_tonnes_before_the_rest_is_shared_out() {
    let city = City::new();
    // A plant in the middle of a utility parcel that gets something anyway.
    let (coverage, t) =
        read_own_layer(Path::new(&City::finished().path("out/suzhou.gpkg")), "parcels").unwrap();
    let locator = carbonzone_geom::PointLocator::new(&coverage);
    let (ids, types) = (t.texts("unit_id").unwrap(), t.texts("space_type").unwrap());
    let (row, x, y) = (0..t.rows())
        .filter(|&i| types[i].as_deref() == Some("municipal_utilities"))
        .find_map(|i| {
            let [x0, y0, x1, y1] = coverage.bounds(i)?;
            let (x, y) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
            (locator.locate(x, y) == Some(i as u32)).then_some((i, x, y))
        })
        .unwrap();
    let plant = |tonnes: f64| {
        std::fs::write(city.path("plants.csv"), format!("id,x,y,t,rule\nP1,{x},{y},{tonnes},supply\n"))
            .unwrap();
    };
    city.edit(
        "[layers.zones]\n",
        "[layers.point_sources]\nsource = { path = \"plants.csv\", x = \"x\", y = \"y\", crs = \"EPSG:4549\" }\n\
         id = \"id\"\ntonnes = \"t\"\nrule = \"rule\"\n\n[layers.zones]\n",
    );
    plant(40_000_000.0);
    city.run("with", &[]);
    let industry = |city: &City, run: &str| {
        let (_, t) = read_own_layer(Path::new(&city.path(&format!("{run}/suzhou.gpkg"))), "parcels").unwrap();
        (t.numbers("industry_t").unwrap()[row].unwrap(), t.texts("unit_id").unwrap()[row].clone())
    };
    let ((before, _), (after, id)) = (industry(City::finished(), "out"), industry(&city, "with"));
    assert_eq!(id, ids[row]);
    // What is shared out shrinks from 69,043,100 t to 29,043,100 t; the plant comes on top.
    let expected = 40_000_000.0 + before * 29_043_100.0 / 69_043_100.0;
    assert!(relative(after, expected) < 1e-12, "{after} instead of {expected}");
    let manifest = city.manifest("with");
    assert!(relative(manifest.totals.gross_t, 240_279_700.0) <= TOLERANCE);
    // The plant has a line of its own wherever somebody asks for its tonnes.
    assert_eq!(
        (manifest.point_sources[0].id.as_str(), manifest.point_sources[0].gross_t),
        ("P1", 40_000_000.0)
    );
    assert!(manifest.statements.iter().any(|s| s.en.contains("1 known plant was") && s.zh.contains("P1")));
    let placed: Vec<f64> = manifest
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::Placed && r.note.starts_with("supply: "))
        .filter_map(|r| r.amount_t)
        .collect();
    assert_eq!(placed[0], 40_000_000.0);
    assert!(relative(placed.iter().sum::<f64>(), 69_043_100.0) <= TOLERANCE);
    let explained = |unit: &[&str]| -> serde_json::Value {
        let run = city.path("with");
        let (stdout, _) = expect(0, &[&["explain", &run, "--format", "json"], unit].concat());
        serde_json::from_str(&stdout).unwrap()
    };
    let parcel = explained(&["--parcel", id.as_deref().unwrap()]);
    let amounts: Vec<(&str, f64)> = parcel["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["activity"].as_str().unwrap(), l["amount_t"].as_f64().unwrap()))
        .collect();
    assert_eq!(amounts[0], ("known plant P1", 40_000_000.0));
    assert!(parcel["unexplained_gross_t"].as_f64().unwrap().abs() < 1e-6);
    plant(70_000_000.0);
    assert!(city.check(1).contains("more than its budget"));
}
