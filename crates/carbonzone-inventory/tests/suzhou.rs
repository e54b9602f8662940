//! The synthetic yearbook of the fixture, through the whole library.

use carbonzone_inventory::{
    ActivitySource, AgricultureScope, ElectricityBoundary, Inventory, InventoryConfig, SinkBasis, compute,
    load,
};
use carbonzone_types::{ExactSum, T_PER_1E4_T};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/suzhou")
}

fn config() -> InventoryConfig {
    InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource { path: "yearbook.csv".to_owned(), ..ActivitySource::default() }],
        sink_basis: SinkBasis::CarbonAsIs,
        synthetic: true,
        ..InventoryConfig::default()
    }
}

fn run(config: &InventoryConfig) -> Inventory {
    let loaded = load(config, &fixtures());
    compute(config, &loaded.activity, &loaded.library, &BTreeMap::new()).expect("the fixture is acceptable")
}

#[test]
fn the_synthetic_yearbook_has_the_order_of_magnitude_of_table_3() {
    // Table 3 of the Suzhou paper, corrected, 10⁴ t. The yearbook is synthetic: nothing is tuned closer than 10 %.
    let inventory = run(&config());
    for (sector, groups, table_3) in [
        ("industry", &["industrial"][..], 12430.46),
        ("industry", &["municipal_utilities"], 6904.31),
        ("construction", &["urban_residential"], 767.06),
        ("construction", &["rural_homestead"], 537.13),
        ("construction", &["commercial"], 1030.09),
        ("construction", &["admin_public"], 548.48),
        ("transport", &["transport_road", "transport_rail", "transport_water"], 1421.44),
        ("agriculture", &["cultivated_garden"], 94.68),
        ("agriculture", &["facility_agri"], 6.02),
        ("waste", &["industrial"], 1.02),
        ("waste", &["municipal_utilities"], 287.28),
        ("sink", &["cultivated_garden"], 71.96),
        ("sink", &["forest", "grassland", "water"], 179.90),
    ] {
        let sum: f64 = groups.iter().filter_map(|g| inventory.budget(sector, g)).map(|b| b.amount_t).sum();
        let ratio = sum / T_PER_1E4_T / table_3;
        assert!((0.9..1.1).contains(&ratio), "{sector} {groups:?}: {ratio:.3} of Table 3");
    }
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
    assert!(inventory.reliance.weak_factors.contains(&"electricity.EastChina.2020.default".to_owned()));
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
