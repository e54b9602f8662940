//! `[scenario.NAME]` through whole runs: a plan layer, conversions, paths, what equals its base, what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::{Checked, Config, Files, NoProgress, RunManifest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A pipeline of the small city with sections added.
fn read(dir: &Path, section: &str) -> Checked<Config> {
    let pipeline = city::city(dir, 12);
    let text = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, text + section).unwrap();
    Config::read(&pipeline, &["outputs.maps=false".to_owned()])
}

fn run(dir: &Path, section: &str) -> (PathBuf, RunManifest) {
    let config = read(dir, section);
    let config = config.value.unwrap_or_else(|| panic!("{:?}", config.findings));
    let inputs = carbonzone::load(&config, Files, &NoProgress);
    let inputs = inputs.value.unwrap_or_else(|| panic!("{:?}", inputs.findings));
    let result = carbonzone::compute(inputs, &NoProgress);
    let result = result.value.unwrap_or_else(|| panic!("{:?}", result.findings));
    let folder = dir.join("out");
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, config.outputs(), &NoProgress).unwrap();
    let record = carbonzone::out_dir::read_manifest(&folder).unwrap();
    (folder, record)
}

/// Rows of a CSV whose texts hold no comma, as maps from the header.
fn table(folder: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(|l| l.split(',').map(str::to_owned));
    let header: Vec<String> = lines.next().unwrap().collect();
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), header.len(), "{cells:?}");
        header.iter().cloned().zip(cells).collect()
    };
    lines.map(|cells| row(cells.collect())).collect()
}

fn number(row: &BTreeMap<String, String>, field: &str) -> f64 {
    row[field].parse().unwrap_or_else(|_| panic!("{field}: {row:?}"))
}

fn sum(rows: &[BTreeMap<String, String>], field: &str) -> f64 {
    rows.iter().map(|r| number(r, field)).sum()
}

const UNCERTAINTY: &str = "
[uncertainty]
draws = 128
drivers = false
gdp_pct = 30.0
budgets = { industry = 20.0, construction = 10.0, sink = 40.0 }
";

/// The reason of a change is that of the page, and stands in the text.
fn the_reason_is_that_of_the_page(told: &carbonzone::explain::Explanation, record: &RunManifest) {
    let why = &carbonzone_report::html::plans_of_unit(record, "z1")[0].why;
    assert_eq!((&told.plans[0].why.en, &told.plans[0].why.zh), (&why.en, &why.zh));
    let text = carbonzone::text::explanation(told, carbonzone_report::Lang::Zh);
    assert!(!why.zh.is_empty() && text.contains(&why.zh), "{text}");
    assert!(told.plans[0].assumes.zh.contains("单位面积排放") && !told.plans[0].class.zh.is_empty());
}

#[test]
fn a_plan_moves_the_tonnes_of_its_land_and_everything_adds_up() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = city::city(dir.path(), 12);
    // Every second industrial parcel becomes forest.
    let parcels = std::fs::read_to_string(pipeline.with_file_name("parcels.geojson")).unwrap();
    let mut industrial = 0;
    let plan: Vec<String> = parcels
        .split("{\"type\":\"Feature\",")
        .map(|feature| {
            industrial += usize::from(feature.contains("\"code\":\"0601\""));
            let turns = industrial % 2 == 0 && feature.contains("\"code\":\"0601\"");
            if turns { feature.replace("0601", "0301") } else { feature.to_owned() }
        })
        .collect();
    assert!(industrial > 6, "the plan changes something");
    let section = format!(
        "{UNCERTAINTY}
[scenario.green]
year = 2035
source = \"example\"
parcels = {{ source = {{ path = \"plan.geojson\", crs = \"EPSG:4549\" }}, id = \"id\", land_use = \"code\" }}
stocks_t_c_ha = {{ industrial = 10.0, forest = 80.0 }}
target = {{ reduction_pct = 10 }}
gdp = {{ growth_pct = 3.0 }}
[scenario.green.factor]
construction = {{ interp = {{ 2035 = 0.5 }} }}
"
    );
    std::fs::write(pipeline.with_file_name("plan.geojson"), plan.join("{\"type\":\"Feature\",")).unwrap();
    let (folder, record) = run(dir.path(), &section);
    let zones = table(&folder, "scenarios.csv");
    assert_eq!(zones.len(), 4);
    let land = table(&folder, "scenario_land.csv");
    let of = |kind: &str| -> Vec<_> { land.iter().filter(|r| r["space_type"] == kind).cloned().collect() };
    // Ground is neither made nor lost; what industry gives, forest gets.
    assert!((sum(&land, "base_ha") - sum(&land, "plan_ha")).abs() < 1e-9 * sum(&land, "base_ha"));
    let given = -sum(&of("industrial"), "change_ha");
    assert!(given > 1.0 && (sum(&of("forest"), "change_ha") - given).abs() < 1e-9);
    // Stocks: 70 t C more on every hectare, once, in a column of its own.
    assert!((sum(&zones, "stock_change_once_t") - given * 70.0 * 44.0 / 12.0).abs() < 1e-6);
    // New forest takes the base run's tonnes per hectare.
    let (sink, forest) = (sum(&zones, "sink_base_t"), sum(&of("forest"), "base_ha"));
    let expected = sink * sum(&of("forest"), "plan_ha") / forest;
    assert!((sum(&zones, "sink_t") / expected - 1.0).abs() < 0.02, "{} {expected}", sum(&zones, "sink_t"));
    // Forest emits nothing, so no emission is assumed.
    assert_eq!(sum(&zones, "assumed_t"), 0.0);
    // The steps lead from the base to the plan, and the last year is the plan.
    let steps = table(&folder, "waterfall.csv");
    let step = |key: &str| number(steps.iter().find(|r| r["step"] == key).unwrap(), "effect_t");
    let effects: f64 =
        ["area", "structure", "density", "activity", "intensity", "factor", "sinks"].map(step).iter().sum();
    assert!((step("net_base") + effects - step("net_plan")).abs() < 1e-9 * step("net_base"));
    assert!(step("factor") < 0.0 && step("area") < 0.0 && step("sinks") < 0.0);
    assert_eq!((step("activity"), step("intensity")), (0.0, 0.0));
    let years = table(&folder, "scenario_years.csv");
    let at = |year: &str, item: &str| {
        number(years.iter().find(|r| r["year"] == year && r["item"] == item).unwrap(), "amount_t")
    };
    assert!((at("2035", "net") - step("net_plan")).abs() < 1e-9 * step("net_base"));
    assert!((at("2020", "gross") - record.totals.gross_t).abs() < 1e-9 * record.totals.gross_t);
    assert!((at("2035", "gross") - at("2020", "gross") - (effects - step("sinks"))).abs() < 1e-6);
    // run.json keeps what report, fact sheets and `explain` say of it.
    let kept = &record.scenarios[0];
    assert_eq!((kept.name.as_str(), kept.year, kept.units.len()), ("green", 2035, 4));
    let effects: Vec<f64> = kept.waterfall.iter().map(|s| s.effect_t).collect();
    let (ends, steps) = ([effects[0], effects[8]], &effects[1..8]);
    assert!((ends[0] + steps.iter().sum::<f64>() - ends[1]).abs() < 1e-9 * ends[0]);
    assert!((kept.gross_t - sum(&zones, "gross_t")).abs() < 1e-9 * kept.gross_t);
    // GDP grows by 3 % a year, emissions fall.
    let growth = 1.03f64.powi(15) - 1.0;
    let elasticity = (kept.gross_t / kept.gross_base_t - 1.0) / growth;
    assert!((kept.elasticity.unwrap() - elasticity).abs() < 1e-9);
    assert_eq!(kept.decoupling, "strong_decoupling");
    // What makes the change of each zone: sectors and effects add up to it, and the sectors of the zones to the whole.
    for (row, unit) in zones.iter().zip(&kept.units) {
        let (before, after) = (number(row, "gross_base_t"), number(row, "gross_t"));
        let effects: f64 = ["land", "activity", "intensity", "factor"]
            .map(|e| number(row, &format!("effect_{e}_t")))
            .iter()
            .sum();
        assert!((effects - (after - before)).abs() < 1e-9 * before, "{row:?}");
        let sinks = number(row, "sink_base_t") - number(row, "sink_t");
        assert!((number(row, "effect_sinks_t") - sinks).abs() < 1e-6);
        let of = |f: fn(&carbonzone_types::SectorChange) -> f64| unit.sectors.iter().map(f).sum::<f64>();
        assert!(
            (of(|s| s.base_t) - before).abs() < 1e-9 * before
                && (of(|s| s.plan_t) - after).abs() < 1e-9 * before
        );
        assert!(number(row, "effect_land_t") <= 0.0 && number(row, "effect_factor_t") <= 0.0, "{row:?}");
        assert_eq!((number(row, "effect_activity_t"), number(row, "effect_intensity_t")), (0.0, 0.0));
        let (ecc, esc) = (&unit.values[1], &unit.values[2]);
        assert_eq!((ecc.key.as_str(), esc.key.as_str(), unit.values[0].key.as_str()), ("ecc", "esc", "ccr"));
        assert_eq!((ecc.base, ecc.plan), (Some(number(row, "ecc_base")), Some(number(row, "ecc"))));
        assert_eq!((esc.base, esc.plan), (Some(number(row, "esc_base")), Some(number(row, "esc"))));
    }
    let buildings = kept.multiples.iter().find(|m| m.sector == "construction").unwrap();
    assert_eq!((buildings.activity, buildings.intensity, buildings.factor), (1.0, 1.0, 0.5));
    for (row, unit) in zones.iter().zip(&kept.units) {
        assert_eq!((&row["unit_id"], &row["zone"]), (&unit.unit_id, &unit.zone));
        assert_eq!(number(row, "p_changes"), unit.p_changes.unwrap());
        let change = (number(row, "gross_t") / number(row, "gross_base_t") - 1.0) / growth;
        assert!((number(row, "elasticity") - change).abs() < 1e-9, "{row:?}");
    }
    let unit = carbonzone::explain::Unit::Zone("z1".to_owned());
    let told = carbonzone::explain::explain(&folder, &unit, None).unwrap();
    assert_eq!(told.plans[0].unit, kept.units[1]);
    the_reason_is_that_of_the_page(&told, &record);
    // Probabilities under the same draws.
    assert!(zones.iter().all(|r| (0.0..=1.0).contains(&number(r, "p_changes"))));
    assert!(zones.iter().chain(&land).chain(&years).all(|r| r["assumes"].contains("tonnes per hectare")));
    assert!(record.summary.iter().any(|s| s.en.contains("Scenario \"green\"") && s.zh.contains("情景")));
}

#[test]
fn a_raster_of_a_simulation_is_a_plan() {
    let dir = tempfile::tempdir().unwrap();
    // Two columns of 780 m: the west becomes forest, the east industry, also where no parcel is today.
    let grid =
        "ncols 2\nnrows 2\nxllcorner 560000\nyllcorner 3460000\ncellsize 780\nNODATA_value -9999\n2 1\n2 1\n";
    std::fs::write(dir.path().join("plus.asc"), grid).unwrap();
    std::fs::write(dir.path().join("plus.csv"), "code,space_type\n1,industrial\n2,forest\n").unwrap();
    let section = "
[scenario.plus]
year = 2035
source = \"example\"
parcels = { source = { path = \"plus.asc\", crs = \"EPSG:4549\" }, scheme = \"plus.csv\" }
";
    let (folder, record) = run(dir.path(), section);
    let land = table(&folder, "scenario_land.csv");
    for (units, all, none) in [(["z0", "z2"], "forest", "industrial"), (["z1", "z3"], "industrial", "forest")]
    {
        let of = |kind: &str| -> f64 {
            let rows =
                land.iter().filter(|r| units.contains(&r["unit_id"].as_str()) && r["space_type"] == kind);
            rows.map(|r| number(r, "plan_ha")).sum()
        };
        // Ground without a parcel lies in the two townships as the region of the raster does.
        assert!((of(all) - 2.0 * 60.84).abs() < 1e-6, "{units:?}: {}", of(all));
        assert!(of(none).abs() < 1e-6, "{units:?}: {}", of(none));
    }
    let zones = table(&folder, "scenarios.csv");
    let of = |id: &str, field: &str| number(zones.iter().find(|r| r["unit_id"] == id).unwrap(), field);
    assert!(of("z0", "gross_t").abs() < 1e-6 && of("z1", "sink_t").abs() < 1e-6);
    assert!(of("z1", "assumed_t") > 0.0 && of("z0", "sink_t") > of("z0", "sink_base_t"));
    assert!(record.findings.iter().any(|f| f.code == "scenario_new_ground"));
    assert!(record.inputs.iter().any(|i| i.role == "plan plus"));
}

#[test]
fn a_share_of_a_land_takes_its_share_of_the_tonnes_and_budgets_win() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[scenario.half]
year = 2030
source = "example"
convert = [{ from = "industrial", to = "commercial", share = 0.5 }]
borrow = { commercial = "urban_residential" }
[scenario.given]
year = 2030
source = "example"
budgets = { "industry:industrial" = 25.0 }
[scenario.grows]
year = 2030
source = "example"
activity = { industry = { growth_pct = 10.0 } }
intensity = { "industry:industrial" = { step = { 2025 = 0.5 } } }
gdp_of = { Z1 = { growth_pct = 5.0 } }
"#;
    let (folder, record) = run(dir.path(), section);
    let zones = table(&folder, "scenarios.csv");
    let years = table(&folder, "scenario_years.csv");
    let at = |scenario: &str, year: &str, item: &str| {
        let row = years.iter().find(|r| r["scenario"] == scenario && r["year"] == year && r["item"] == item);
        number(row.unwrap(), "amount_t")
    };
    let industry = at("half", "2020", "industry");
    assert!((at("half", "2030", "industry") / industry - 0.5).abs() < 1e-12);
    assert!(
        (at("half", "2025", "industry") / industry - 0.75).abs() < 1e-12,
        "land changes in a straight line"
    );
    assert!((at("given", "2030", "industry") / industry - 2.0).abs() < 1e-12, "25 instead of 12.5");
    assert!((at("given", "2025", "industry") / industry - 1.5).abs() < 1e-12);
    assert!((at("grows", "2024", "industry") / industry - 1.1f64.powi(4)).abs() < 1e-12);
    assert!((at("grows", "2030", "industry") / industry - 0.5 * 1.1f64.powi(10)).abs() < 1e-12);
    // Commercial land has no rule of its own here: nobody is said to emit there.
    let base = record.totals.gross_t;
    assert!((at("half", "2030", "gross") - (base - industry / 2.0)).abs() < 1e-9);
    let gdp = |scenario: &str, id: &str| {
        number(zones.iter().find(|r| r["scenario"] == scenario && r["unit_id"] == id).unwrap(), "gdp_1e4cny")
    };
    assert!((gdp("grows", "z1") / gdp("half", "z1") - 1.05f64.powi(10)).abs() < 1e-12);
    assert_eq!(gdp("grows", "z0"), gdp("half", "z0"));
}

#[test]
fn a_scenario_that_changes_nothing_is_the_base_to_the_bit_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let section = format!(
        "{UNCERTAINTY}\n[scenario.same]\nyear = 2035\nsource = \"example\"\n\
        parcels = {{ source = {{ path = \"parcels.geojson\", crs = \"EPSG:4549\" }}, id = \"id\", land_use = \"code\" }}\n"
    );
    let (folder, record) = run(dir.path(), &section);
    let finding = record.findings.iter().find(|f| f.code == "scenario_equals_base").unwrap();
    assert!(finding.message.contains("\"same\""), "{finding:?}");
    for row in table(&folder, "scenarios.csv") {
        assert_eq!(row["gross_t"], row["gross_base_t"]);
        assert_eq!((row["zone"].as_str(), row["p_changes"].as_str()), (row["zone_base"].as_str(), "0"));
    }
    assert!(
        table(&folder, "waterfall.csv")
            .iter()
            .filter(|r| !r["step"].starts_with("net"))
            .all(|r| number(r, "effect_t") == 0.0)
    );
}

#[test]
fn everything_that_is_wrong_with_a_scenario_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[scenario."Plan A"]
year = 2019
source = ""
convert = [
  { from = "industrial", to = "industrial", share = 1.5 },
  { from = "forest", to = "park", share = 0.7 },
  { from = "forest", to = "water", share = 0.7 },
]
parcels = { source = { path = "parcels.geojson" }, land_use = "code" }
budgets = { "industry:industrail" = -1.0 }
gdp = { growth_pct = 500.0 }
population = { growth_pct = 1.0, step = { 2030 = 1.0 } }
stocks_t_c_ha = { forest = -1.0 }
target = { gross = 1.0, reduction_pct = 5.0 }
[scenario."Plan A".activity]
industrie = { interp = { soon = 1.0, 2010 = 2.0, 2030 = -1.0 } }
"#;
    let findings = read(dir.path(), section).findings;
    let codes: BTreeMap<&str, usize> = findings.items.iter().fold(BTreeMap::new(), |mut all, f| {
        *all.entry(f.code.as_str()).or_default() += 1;
        all
    });
    for (code, n) in [
        ("scenario_name", 1),
        ("scenario_year", 1),
        ("scenario_source", 1),
        ("scenario_land", 5),
        ("unknown_budget", 2),
        ("negative_or_nan_budget", 1),
        ("scenario_path", 5),
        ("scenario_stock", 1),
        ("scenario_target", 1),
    ] {
        assert_eq!(codes.get(code), Some(&n), "{code}: {findings:?}");
    }
    assert!(
        findings.items.iter().any(|f| f.hint.as_deref().is_some_and(|h| h.contains("industry:industrial")))
    );
}

#[test]
fn land_that_nobody_knows_stocks_that_are_missing_and_unknown_zones_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let section = r#"
[scenario.a]
year = 2030
source = "example"
convert = [{ from = "mining", to = "forest", share = 0.5 }]
[scenario.b]
year = 2030
source = "example"
convert = [{ from = "industrial", to = "forest", share = 0.5 }]
stocks_t_c_ha = { forest = 80.0 }
[scenario.c]
year = 2030
source = "example"
gdp_of = { Z7 = { growth_pct = 1.0 } }
[scenario.d]
year = 2030
source = "example"
parcels = { source = { path = "nowhere.geojson" }, land_use = "code" }
"#;
    let config = read(dir.path(), section).value.unwrap();
    let loaded = carbonzone::load(&config, Files, &NoProgress);
    assert!(loaded.value.is_none());
    let missing = loaded.findings.items.iter().find(|f| f.code == "missing_file").unwrap();
    assert!(missing.message.contains("scenario \"d\""), "{missing:?}");

    let dir = tempfile::tempdir().unwrap();
    let without_d = section.split("[scenario.d]").next().unwrap();
    let config = read(dir.path(), without_d).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let found = carbonzone::compute(inputs, &NoProgress);
    assert!(found.value.is_none());
    let of =
        |code: &str| found.findings.items.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{code}"));
    assert!(of("scenario_land").message.contains("mining"));
    assert!(of("scenario_stock").message.contains("industrial"));
    assert!(of("scenario_zone").message.contains("Z7"));
}

#[test]
fn a_plan_that_leaves_ground_out_and_new_land_without_a_lender_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = city::city(dir.path(), 12);
    let parcels = std::fs::read_to_string(pipeline.with_file_name("parcels.geojson")).unwrap();
    // The plan knows the first half of the parcels only, and a field of forest east of the city.
    let features: Vec<&str> = parcels.split("{\"type\":\"Feature\",").collect();
    let field = "{\"type\":\"Feature\",\"properties\":{\"id\":\"new\",\"code\":\"0301\"},\"geometry\":{\"type\":\"Polygon\",\
        \"coordinates\":[[[561558,3460000],[561600,3460000],[561600,3460100],[561558,3460100],[561558,3460000]]]}}]}";
    let half = features[..=features.len() / 2].join("{\"type\":\"Feature\",");
    std::fs::write(pipeline.with_file_name("plan.geojson"), format!("{half}{field}")).unwrap();
    let part = |more: &str| {
        format!(
            "\n[scenario.part]\nyear = 2030\nsource = \"example\"\n{more}\n\
             parcels = {{ source = {{ path = \"plan.geojson\", crs = \"EPSG:4549\" }}, id = \"id\", land_use = \"code\" }}\n"
        )
    };
    let (folder, record) = run(dir.path(), &part(""));
    let of = |code: &str| record.findings.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{code}"));
    assert!(of("scenario_not_planned").message.contains("stay as they are"));
    assert!(of("scenario_new_ground").message.contains("new land"));
    let zones = table(&folder, "scenarios.csv");
    assert_eq!(sum(&zones, "gross_t"), sum(&zones, "gross_base_t"));
    assert!(table(&folder, "scenario_land.csv").iter().all(|r| number(r, "change_ha") >= -1e-9));

    // A word that neither parcels nor rules know.
    let dir = tempfile::tempdir().unwrap();
    let (_, record) = run(
        dir.path(),
        "\n[scenario.typo]\nyear = 2030\nsource = \"example\"\n\
         convert = [{ from = \"industrial\", to = \"meadows\", share = 0.5 }]\n",
    );
    let finding = record.findings.iter().find(|f| f.code == "scenario_unheard_land").unwrap();
    assert!(
        finding.message.contains("meadows") && finding.expected.as_deref().unwrap().contains("industrial")
    );

    // A rule carries parks, and the base run has none.
    let dir = tempfile::tempdir().unwrap();
    let section = |borrow: &str| {
        format!(
            "\n[scenario.parks]\nyear = 2030\nsource = \"example\"\n{borrow}\n\
             convert = [{{ from = \"industrial\", to = \"park\", share = 0.5 }}]\n\
             [[inventory.totals]]\nsector = \"waste\"\nland_group = \"p\"\namount = 1.0\n\
             [[allocate]]\nid = \"parks\"\nbudget = \"waste:p\"\nland = [\"park\", \"forest\"]\nproxies = [\"area\"]\n"
        )
    };
    let outcome = |text: &str| {
        let config = read(dir.path(), text).value.unwrap();
        let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
        carbonzone::compute(inputs, &NoProgress)
    };
    let refused = outcome(&section(""));
    assert!(refused.value.is_none());
    let finding = refused.findings.items.iter().find(|f| f.code == "scenario_new_land").unwrap();
    assert!(finding.message.contains("park") && finding.expected.as_deref().unwrap().contains("borrow"));
    assert!(outcome(&section("borrow = { park = \"forest\" }")).value.is_some());
}
