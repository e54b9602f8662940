//! The synthetic yearbook of the fixture, through the whole library.

use carbonzone_inventory::{
    ActivitySource, AgricultureScope, ElectricityBoundary, Inventory, InventoryConfig, SinkBasis, compute,
    load,
};
use carbonzone_types::ExactSum;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/suzhou")
}

fn config() -> InventoryConfig {
    InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource { path: "yearbook.csv".to_owned(), ..ActivitySource::default() }],
        synthetic: true,
        ..InventoryConfig::default()
    }
}

fn run(config: &InventoryConfig) -> Inventory {
    let loaded = load(config, &fixtures());
    compute(config, &loaded.activity, &loaded.library, &BTreeMap::new()).expect("the fixture is acceptable")
}

#[test]
fn carbon_of_crops_is_co2_unless_the_papers_slip_is_asked_for_and_then_it_is_told() {
    let crops = |i: &Inventory| i.budget("sink", "cultivated_garden").unwrap().amount_t;
    let told = |i: &Inventory| i.findings.items.iter().find(|f| f.code == "carbon_taken_as_co2").cloned();
    let co2 = run(&config());
    assert_eq!(told(&co2), None);
    let as_is = run(&InventoryConfig { sink_basis: SinkBasis::CarbonAsIs, ..config() });
    assert!((crops(&co2) / crops(&as_is) - 44.0 / 12.0).abs() < 1e-12);
    let told = told(&as_is).expect("the slip is a warning");
    assert!((told.amount_t.unwrap() - (crops(&co2) - crops(&as_is))).abs() < 1e-6);
    assert!(told.message.contains(&format!("{:.0} t of carbon", crops(&as_is))), "{}", told.message);
    // Land sinks do not depend on it.
    assert_eq!(
        co2.budget("sink", "forest").unwrap().amount_t,
        as_is.budget("sink", "forest").unwrap().amount_t
    );
}

#[test]
fn the_dispute_about_irrigation_is_told_with_its_tonnes() {
    let inventory = run(&config());
    let irrigation = inventory.lines.iter().find(|l| l.activity == "irrigation_area").unwrap();
    let told = inventory
        .findings
        .items
        .iter()
        .find(|f| f.code == "flagged_factor" && f.value.as_deref() == Some("agri.input.irrigation_area"));
    let told = told.expect("a factor of 100 is said");
    assert!((told.amount_t.unwrap() - irrigation.result_t).abs() < 1e-9 * irrigation.result_t);
    assert_eq!(irrigation.status, "disputed");
}

#[test]
fn sums_cross_foot_from_lines_to_budgets_to_equation_1() {
    let inventory = run(&config());
    assert!(inventory.cross_foot() < 1e-12);
    let t = &inventory.totals;
    let emissions: ExactSum = t.sectors[..5].iter().map(|s| s.amount_t).collect();
    assert!((emissions.value() - t.gross_t).abs() <= 1e-9 * t.gross_t);
    assert!((t.gross_t - t.sink_t - t.net_t).abs() <= 1e-9 * t.gross_t);
    let budgets: ExactSum =
        inventory.budgets.iter().filter(|b| b.sector != "sink").map(|b| b.amount_t).collect();
    assert!((budgets.value() - t.gross_t).abs() <= 1e-9 * t.gross_t);
}

#[test]
fn every_industry_tonne_traces_back_to_a_cell() {
    let inventory = run(&config());
    let budget = inventory.budget("industry", "industrial").unwrap();
    let by_id: BTreeMap<&str, f64> = inventory.lines.iter().map(|l| (l.id.as_str(), l.result_t)).collect();
    assert_eq!(by_id.len(), inventory.lines.len(), "ids are unique");
    let sum: ExactSum = budget.lines.iter().map(|id| by_id[id.as_str()]).collect();
    assert!((sum.value() - budget.amount_t).abs() <= 1e-12 * budget.amount_t);
    let coal = inventory.lines.iter().find(|l| l.id == "yearbook.csv!E3/fuel.cn.raw_coal").unwrap();
    assert_eq!(
        (coal.amount, coal.unit.as_str(), coal.basis.as_str()),
        (2480.0, "万吨", "24800000 t × 1.9003 tCO2/t")
    );
}

#[test]
fn the_three_boundaries_and_two_scopes_are_all_told() {
    let paper = run(&config());
    let gross = |i: &Inventory, option: &str, value: &str| {
        i.alternatives
            .iter()
            .find(|a| a.option == option && a.value == value)
            .and_then(|a| a.gross_t)
            .unwrap()
    };
    let territorial =
        run(&InventoryConfig { electricity_boundary: ElectricityBoundary::Territorial, ..config() });
    let consumption =
        run(&InventoryConfig { electricity_boundary: ElectricityBoundary::Consumption, ..config() });
    let ipcc = run(&InventoryConfig { agriculture_scope: AgricultureScope::Ipcc, ..config() });
    for (name, run) in [("paper", &paper), ("territorial", &territorial), ("consumption", &consumption)] {
        assert_eq!(gross(&paper, "electricity_boundary", name), run.totals.gross_t, "{name}");
    }
    assert!(territorial.totals.gross_t < paper.totals.gross_t);
    assert_eq!(gross(&paper, "agriculture_scope", "ipcc"), ipcc.totals.gross_t);
    assert!(ipcc.counted("agriculture").any(|l| l.activity == "single_rice" && l.gas == "CH4"));
    assert!(ipcc.counted("agriculture").all(|l| l.category != "inputs"));
}

#[test]
fn the_run_warns_of_double_counting_and_of_unverified_factors_with_tonnes() {
    let inventory = run(&config());
    let warned = |code: &str| inventory.findings.items.iter().find(|f| f.code == code);
    let electricity = warned("double_count_electricity").expect("paper boundary counts electricity twice");
    let construction: ExactSum = inventory
        .counted("construction")
        .filter(|l| l.activity == "electricity")
        .map(|l| l.result_t)
        .collect();
    assert!(electricity.amount_t.unwrap() >= construction.value());
    assert!(warned("double_count_farm_diesel").unwrap().amount_t.unwrap() > 0.0);
    assert!(warned("double_count_coke_steel").is_none(), "decarburisation is not a product factor");
    let weak = warned("unverified_factors").unwrap();
    let share = inventory.reliance.weak_share.unwrap();
    assert!(weak.amount_t.unwrap() > 0.0 && share > 0.0 && share < 1.0);
    let factors = &inventory.reliance.weak_factors;
    assert!(factors.iter().any(|f| f.id == "electricity.EastChina.2020.default" && f.amount_t > 0.0));
    // Every one of them is named with its tonnes, the smallest too; crops and land sinks are among them.
    for factor in factors {
        assert!(weak.message.contains(&format!("{} (", factor.id)), "{}", factor.id);
    }
    assert!(
        weak.message.contains("crop.tea (") && weak.message.contains("lit_high.water ("),
        "{}",
        weak.message
    );
    assert!(!weak.message.contains("crop.rice ("), "rice stands in tables that were read");
    let lines = inventory.counted("sink").filter(|l| l.status == "unverified" || l.status == "disputed");
    let named = |id: &str| factors.iter().any(|f| f.id == id);
    assert!(lines.filter(|l| !named(&l.factor_id)).count() == 0, "each weak line of a sink is named");
    assert!(inventory.reliance.own_gwp_t > 0.0);
}

#[test]
fn uncertainty_is_given_per_sector_gross_and_net() {
    let inventory = run(&config());
    let items: Vec<&str> = inventory.uncertainty.iter().map(|u| u.item.as_str()).collect();
    assert_eq!(
        items,
        ["industry", "construction", "transport", "agriculture", "waste", "sink", "gross", "net"]
    );
    let gross = &inventory.uncertainty[6];
    assert!((gross.amount_t - inventory.totals.gross_t).abs() <= 1e-9 * gross.amount_t);
    let parts: f64 = inventory.uncertainty[..5].iter().map(|u| u.half_width_t).sum();
    assert!(gross.half_width_t > 0.0 && gross.half_width_t <= parts);
}

#[test]
fn the_result_is_serialised_and_tabled_completely() {
    let inventory = run(&config());
    let json = serde_json::to_value(&inventory).unwrap();
    assert_eq!(json["lines"].as_array().unwrap().len(), inventory.lines.len());
    assert_eq!(json["config"]["gwp_set"], "AR5");
    for (name, table) in inventory.tables() {
        assert!(table.rows() > 0, "{name}");
        assert!(table.columns.iter().all(|c| c.data.len() == table.rows()), "{name}");
    }
    let sets: Vec<&str> = inventory.factor_sets.iter().map(|s| s.set.as_str()).collect();
    assert!(sets.contains(&"fuel.cn") && sets.contains(&"lit_high") && sets.contains(&"crop"), "{sets:?}");
}
