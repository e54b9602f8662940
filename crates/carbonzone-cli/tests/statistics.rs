//! `[statistics]`, the closing table, measures of the zones and the page of a comparison, on the small synthetic city.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::{City, expect};

fn read(city: &City, file: &str) -> String {
    let text = std::fs::read_to_string(city.path(file));
    text.expect("the run has written it")
}

/// Sheets of a workbook, from its list of sheets.
fn sheets(city: &City, file: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(city.path(file)).unwrap()).unwrap();
    std::io::read_to_string(archive.by_name("xl/workbook.xml").unwrap()).unwrap()
}

#[test]
fn a_city_has_its_statistics_closing_table_and_measures() {
    let city = City::finished();
    let record = city.manifest("out");
    let statistics = record.statistics.as_ref().unwrap();
    let layers: Vec<&str> = statistics.autocorrelation.iter().map(|m| m.layer.as_str()).collect();
    assert_eq!(layers, ["townships", "grid_1km"]);
    let [townships, grid] = &statistics.autocorrelation[..] else { panic!("two layers") };
    assert_eq!((townships.units, townships.p_permutation.is_some(), grid.p_permutation), (97, true, None));
    // Every township with neighbours is in one class of clusters, and in one of hot spots.
    for field in ["cluster", "hot_spot"] {
        let of = statistics.clusters.iter().filter(|c| c.layer == "townships" && c.field == field);
        assert_eq!(of.map(|c| c.units).sum::<u64>(), 97 - townships.without_neighbours, "{field}");
    }
    let bases: Vec<&str> = statistics.inequality.iter().map(|i| i.base.as_str()).collect();
    assert_eq!(bases, ["people", "gdp", "area"]);
    for i in &statistics.inequality {
        let (between, within) = (i.between.unwrap(), i.within.unwrap());
        assert!((i.theil - between - within).abs() < 1e-12 && i.gini > 0.0 && i.gini < 1.0);
    }
    let head = read(city, "out/townships.csv").lines().next().unwrap().to_owned();
    assert!(head.contains("cluster,local_moran,local_moran_q,hot_spot,gi_star,gi_star_q"), "{head}");
    let centres = read(city, "out/statistics_centres.csv");
    for table in ["autocorrelation", "inequality", "lorenz", "centres"] {
        let text = read(city, &format!("out/statistics_{table}.csv"));
        assert!(text.lines().next().unwrap().contains(",assumes"), "{table}");
    }
    assert!(centres.lines().count() > 7 && !centres.contains("shift_m,\n"), "{centres}");

    // The four shares of a proxy add up, and every budget has its row.
    assert_eq!(record.closing.len(), record.rules.len());
    for row in &record.closing {
        let parts = [row.used_pct, row.other_rules_pct, row.other_class_pct, row.outside_pct];
        if parts.iter().all(Option::is_some) {
            let sum: f64 = parts.into_iter().flatten().sum();
            assert!((sum - 100.0).abs() < 1e-9, "{row:?}");
        }
        assert!(row.carrying <= row.units && row.largest_pct.is_none_or(|p| p <= 100.0 + 1e-9), "{row:?}");
    }
    let budgets: f64 = record.closing.iter().map(|r| r.budget_t).sum();
    assert!(common::relative(budgets, record.totals.gross_t + record.totals.sink_t) < 1e-9);
    let listed = sheets(city, "out/townships.xlsx");
    for sheet in ["proxy_use", "statistics_autocorrelation", "statistics_inequality", "zone_classes"] {
        assert!(listed.contains(&format!("\"{sheet}\"")), "{sheet}: {listed}");
    }
    let (summary, _) = expect(0, &["show", &city.path("out"), "--lang", "en"]);
    assert!(summary.contains("What carries each budget"), "{summary}");

    let id = &record.contributions[0].zone;
    let (text, _) = expect(0, &["explain", &city.path("out"), "--township", id]);
    assert!(text.contains("what is advised for the") && text.contains("Suzhou paper, Table 4"), "{text}");
}

#[test]
fn own_measures_replace_those_of_the_scheme_and_two_runs_are_compared_on_one_page() {
    let city = City::new();
    city.edit("[statistics]\nvalue = \"gross_t_km2\"\nweights = \"queen\"\n", "");
    city.run("a", &[]);
    assert!(city.manifest("a").statistics.is_none());
    city.edit(
        "borderline_pct = 5.0\n",
        "borderline_pct = 5.0\n[zoning.guidance.high_carbon_optimization]\nmeasures = [{ en = \"Plan B\", zh = \"方案乙\" }]\nsource = \"plan 2035\"\n",
    );
    city.run("b", &["--set", "sinks.set=lit_low"]);
    let classes = city.manifest("b").zone_classes;
    let own = classes.iter().find(|c| c.key == "high_carbon_optimization").unwrap();
    assert_eq!((own.guidance.measures[0].zh.as_str(), own.guidance.source.as_str()), ("方案乙", "plan 2035"));

    let page = city.path("compare.html");
    let args = ["compare", &city.path("a"), &city.path("b"), "--report", &page, "--lang", "en"];
    let (text, _) = expect(0, &args);
    let html = read(&city, "compare.html");
    let moved = text.lines().find(|l| l.ends_with("units changed zone")).unwrap();
    assert!(!moved.starts_with('0') && html.contains(moved), "{moved}");
    assert!(html.contains("ESC ") && html.contains("(limit 1)") && html.contains("Its share of emissions"));
    assert!(
        html.contains("sinks.set: \"lit_high\" → \"lit_low\"") || html.contains("sinks.set: &quot;"),
        "{html}"
    );
    assert!(html.contains("data:image/svg+xml;base64,") && html.contains("SYNTHETIC DATA"));
    // Nothing is fetched from anywhere.
    assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("<script"));
    // It writes over nothing.
    expect(2, &args);
    expect(
        0,
        &["compare", &city.path("a"), &city.path("a"), "--report", &city.path("same.html"), "--lang", "zh"],
    );
    assert!(read(&city, "same.html").contains("没有单元改变分区"));
}

#[test]
fn settings_of_statistics_out_of_range_and_measures_of_no_class_are_named() {
    let city = City::new();
    city.edit("weights = \"queen\"", "weights = \"distance_band\"\nfalse_discovery = 2.0");
    city.edit("borderline_pct = 5.0\n", "borderline_pct = 5.0\n[zoning.guidance.forest]\n");
    let said = city.check(1);
    for needle in [
        "statistics.distance_m",
        "statistics.false_discovery",
        "[zoning.guidance.forest]",
        "carbon_sink_functional",
    ] {
        assert!(said.contains(needle), "{needle}: {said}");
    }
}
