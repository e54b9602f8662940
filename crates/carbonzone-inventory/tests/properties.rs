//! What holds for any activity data.

use carbonzone_inventory::{
    ActivityRow, ActivityTable, FactorLibrary, GwpSet, Inventory, InventoryConfig, Split, compute,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static LIBRARY: LazyLock<FactorLibrary> = LazyLock::new(FactorLibrary::embedded);

/// Rows of every sector, each with its own amount.
const ROWS: [(&str, &str, &str); 22] = [
    ("manufacturing_energy", "raw_coal", "t"),
    ("manufacturing_energy", "natural_gas", "万立方米"),
    ("power_generation", "raw_coal", "t"),
    ("process", "cement_clinker", "t"),
    ("process", "glass", "t"),
    ("residential_urban", "electricity", "MWh"),
    ("commercial", "natural_gas", "万立方米"),
    ("commercial", "electricity", "MWh"),
    ("turnover", "road_freight", "万吨公里"),
    ("fleet", "metro_car", "万车公里"),
    ("fleet", "bus_diesel", "万车公里"),
    ("inputs", "fertiliser_N", "t"),
    ("inputs", "tillage_area", "ha"),
    ("livestock", "dairy_cattle", "头"),
    ("livestock", "pig", "头"),
    ("rice", "single_rice", "ha"),
    ("wastewater", "population", "人"),
    ("wastewater", "cod_industrial", "t"),
    ("solid_waste", "msw_incinerated", "t"),
    ("solid_waste", "msw_landfilled_managed", "t"),
    ("land", "forest", "ha"),
    ("crops", "rice", "t"),
];

fn rows(amounts: &[f64]) -> Vec<ActivityRow> {
    ROWS.iter().zip(amounts).map(|((c, a, u), x)| ActivityRow::new(c, a, *x, u)).collect()
}

fn run(config: &InventoryConfig, rows: Vec<ActivityRow>) -> Inventory {
    compute(config, &ActivityTable::of(rows), &LIBRARY, &BTreeMap::new()).expect("valid rows")
}

fn everything_absent() -> InventoryConfig {
    let sectors = ["industry", "construction", "transport", "agriculture", "waste", "sink"];
    InventoryConfig { without: sectors.map(str::to_owned).into(), ..InventoryConfig::default() }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_result_is_linear_in_activity(amounts in prop::collection::vec(0.0f64..1e6, ROWS.len()), k in 0.0f64..50.0) {
        let config = InventoryConfig::default();
        let once = run(&config, rows(&amounts));
        let scaled: Vec<f64> = amounts.iter().map(|x| x * k).collect();
        let times_k = run(&config, rows(&scaled));
        for (a, b) in once.lines.iter().zip(&times_k.lines) {
            prop_assert!(close(a.result_t * k, b.result_t), "{}: {} {}", a.id, a.result_t * k, b.result_t);
        }
        prop_assert!(close(once.totals.gross_t * k, times_k.totals.gross_t));
    }

    #[test]
    fn the_result_is_additive_over_rows(amounts in prop::collection::vec(0.0f64..1e6, ROWS.len()), cut in 0.0f64..1.0) {
        let config = everything_absent();
        let whole = run(&config, rows(&amounts));
        let halves: Vec<ActivityRow> = rows(&amounts)
            .into_iter()
            .flat_map(|row| {
                let value = row.value.unwrap_or_default();
                let first = ActivityRow { value: Some(value * cut), industry: "a".into(), ..row.clone() };
                let second = ActivityRow { value: Some(value - value * cut), industry: "b".into(), ..row };
                [first, second]
            })
            .collect();
        let split = run(&config, halves);
        for sector in ["industry", "construction", "transport", "agriculture", "waste", "sink"] {
            prop_assert!(close(whole.sector_t(sector), split.sector_t(sector)), "{sector}");
        }
        for budget in &whole.budgets {
            let other = split.budget(&budget.sector, &budget.land_group).expect("same land groups");
            prop_assert!(close(budget.amount_t, other.amount_t));
        }
    }

    #[test]
    fn the_gwp_set_changes_only_gases_other_than_co2(amounts in prop::collection::vec(1.0f64..1e6, ROWS.len())) {
        let runs: Vec<Inventory> = [GwpSet::Sar, GwpSet::Ar4, GwpSet::Ar5, GwpSet::Ar6]
            .into_iter()
            .map(|gwp_set| run(&InventoryConfig { gwp_set, ..InventoryConfig::default() }, rows(&amounts)))
            .collect();
        for other in &runs[1..] {
            for (a, b) in runs[0].lines.iter().zip(&other.lines) {
                prop_assert_eq!(a.gas_t, b.gas_t);
                match a.gas.as_str() {
                    "CO2" | "C" | "CO2e" => prop_assert_eq!(a.result_t.to_bits(), b.result_t.to_bits()),
                    _ => prop_assert!(a.result_t != b.result_t, "{}", a.id),
                }
            }
            prop_assert_eq!(runs[0].sector_t("sink"), other.sector_t("sink"));
            prop_assert_eq!(runs[0].sector_t("industry"), other.sector_t("industry"));
        }
    }

    #[test]
    fn order_of_rows_changes_no_total(amounts in prop::collection::vec(0.0f64..1e6, ROWS.len()), seed in 0usize..1000) {
        let config = InventoryConfig::default();
        let mut shuffled = rows(&amounts);
        let n = shuffled.len();
        for i in 0..n {
            shuffled.swap(i, (i * 7 + seed) % n);
        }
        let (a, b) = (run(&config, rows(&amounts)), run(&config, shuffled));
        prop_assert_eq!(a.totals.gross_t.to_bits(), b.totals.gross_t.to_bits());
        prop_assert_eq!(
            a.budgets.iter().map(|b| b.amount_t.to_bits()).collect::<Vec<_>>(),
            b.budgets.iter().map(|b| b.amount_t.to_bits()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn every_split_cross_foots(amounts in prop::collection::vec(0.0f64..1e9, ROWS.len()), share in 0.0f64..1.0) {
        let mut explicit = InventoryConfig::default();
        let shares = [("urban_residential".to_owned(), share), ("commercial".to_owned(), 1.0 - share)];
        explicit.shares.insert("construction".to_owned(), shares.into());
        let pooled = InventoryConfig { split: Split::Pooled, ..InventoryConfig::default() };
        for config in [explicit, pooled, InventoryConfig::default()] {
            let inventory = run(&config, rows(&amounts));
            prop_assert!(inventory.cross_foot() < 1e-12, "{}", inventory.cross_foot());
        }
    }
}
