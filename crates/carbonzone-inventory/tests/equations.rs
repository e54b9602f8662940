//! A whole inventory with a row for every kind of term, against hand calculation: a constant changed in an equation, a
//! factor or a unit fails here.

use carbonzone_inventory::equations::ecosystem::annual_respiration_gc_m2;
use carbonzone_inventory::{
    ActivityRow, ActivityTable, AgricultureScope, FactorLibrary, Inclusion, Inventory, InventoryConfig,
    compute,
};
use std::collections::BTreeMap;

/// Category, activity, amount, unit, and what it gives in t CO2e (AR5: CH4 28, N2O 265), worked out from the published factors.
const ROWS: [(&str, &str, f64, &str, f64); 27] = [
    // Equation 2. Raw coal 1.9003 t/t; clinker 0.538; glass 0.2 × (1 - 0.5 cullet); iron 4.1 % C in, steel 0.248 % C out.
    ("manufacturing_energy", "raw_coal", 100.0, "t", 190.03),
    ("power_generation", "raw_coal", 10.0, "t", 19.003),
    ("supply_energy", "heat", 10.0, "GJ", 1.1),
    ("process", "cement_clinker", 1000.0, "t", 538.0),
    ("process", "glass", 100.0, "t", 10.0),
    ("process", "pig_iron_in_steelmaking", 1000.0, "t", 41.0 * 44.0 / 12.0),
    ("process", "steel_out", 950.0, "t", -2.356 * 44.0 / 12.0),
    // Equation 3. Gas 21.6219 t/10⁴ Nm3, LPG 2.95385 t/t, electricity 0.5992 kg/kWh.
    ("residential_urban", "natural_gas", 10.0, "万立方米", 216.219),
    ("residential_urban", "lpg", 2.0, "t", 5.9077),
    ("residential_urban", "electricity", 3000.0, "kWh", 1.7976),
    ("commercial", "electricity", 2000.0, "kWh", 1.1984),
    // Equation 4. Lorry 0.152 kg/t km, coach 0.02732 kg/p km, diesel bus 0.845409 kg/km, metro 4.5 kWh/km × 0.5992.
    ("turnover", "road_freight", 1e4, "万吨公里", 15_200.0),
    ("turnover", "road_passenger", 1e4, "万人公里", 2732.0),
    ("fleet", "bus_diesel", 100.0, "万车公里", 845.409),
    ("fleet", "metro_car", 1000.0, "车公里", 2.6964),
    // Equation 5. Fertiliser 0.8956 kg C/kg, tillage 312.6 kg C/km2, dairy cattle 68 + 15 kg CH4, pigs 1 + 3 kg CH4.
    ("inputs", "fertiliser_total", 1.0, "t", 0.8956 * 44.0 / 12.0),
    ("inputs", "tillage_area", 100.0, "ha", 0.3126 * 44.0 / 12.0),
    ("livestock", "dairy_cattle", 1000.0, "头", 83.0 * 28.0),
    // 730 slaughtered at 180 days are 360 all year.
    ("livestock", "pig_slaughtered", 730.0, "头", 1.44 * 28.0),
    // Equation 6. 10⁶ persons × 40 g × 365 × 0.6 × 0.165; COD × 0.25 × 0.3; fossil 0.2717 t/t; MCF 1 × 0.15 × 0.5 × 0.5 × 16/12.
    ("wastewater", "population", 1e6, "人", 1445.4 * 28.0),
    ("wastewater", "cod_industrial", 1000.0, "t", 75.0 * 28.0),
    ("wastewater", "ch4_recovered_domestic", 45.4, "t", -45.4 * 28.0),
    ("solid_waste", "msw_incinerated", 1000.0, "t", 271.7),
    ("solid_waste", "msw_landfilled_managed", 1000.0, "t", 50.0 * 28.0),
    // Equation 7. Forest 3.8096 t C/ha; rice 0.4144 × (1 - 0.12) / 0.45, wheat 0.4853 × (1 - 0.12) / 0.4 t C/t.
    ("land", "forest", 100.0, "ha", 380.96 * 44.0 / 12.0),
    ("crops", "rice", 1000.0, "t", 414.4 * 0.88 / 0.45 * 44.0 / 12.0),
    ("crops", "wheat", 1000.0, "t", 485.3 * 0.88 / 0.4 * 44.0 / 12.0),
];

fn rows() -> Vec<ActivityRow> {
    ROWS.iter().map(|(c, a, x, u, _)| ActivityRow::new(c, a, *x, u)).collect()
}

fn run(config: &InventoryConfig, rows: Vec<ActivityRow>) -> Inventory {
    compute(config, &ActivityTable::of(rows), &FactorLibrary::embedded(), &BTreeMap::new())
        .expect("valid rows")
}

fn near(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3),
        "{what}: {found}, by hand {expected}"
    );
}

#[test]
fn every_term_and_every_equation_is_what_a_hand_calculation_gives() {
    let inventory = run(&InventoryConfig::default(), rows());
    let mut sectors: BTreeMap<&str, f64> = BTreeMap::new();
    for (category, activity, _, _, expected) in ROWS {
        let of_row = || inventory.lines.iter().filter(|l| l.category == category && l.activity == activity);
        let counted: f64 = of_row().filter(|l| l.counted).map(|l| l.result_t).sum();
        near(counted, expected, activity);
        let sector = of_row().next().unwrap().sector.as_str();
        *sectors.entry(sector).or_default() += expected;
    }
    assert_eq!(sectors.len(), 6);
    for (sector, expected) in &sectors {
        near(inventory.sector_t(sector), *expected, sector);
    }
    // Equation 1, and equation 8 of the city.
    let sink = sectors["sink"];
    let gross: f64 = sectors.iter().filter(|(s, _)| **s != "sink").map(|(_, t)| t).sum();
    near(inventory.totals.gross_t, gross, "gross");
    near(inventory.totals.net_t, gross - sink, "net");
    near(inventory.totals.ccr.unwrap(), sink / gross, "ccr");
    // Percentages of gross and net: the sinks are below zero.
    for s in &inventory.totals.sectors {
        let (amount, sign) = (sectors[s.sector.as_str()], if s.sector == "sink" { -1.0 } else { 1.0 });
        near(s.share_of_gross_pct.unwrap(), sign * 100.0 * amount / gross, &s.sector);
        near(s.share_of_net_pct.unwrap(), sign * 100.0 * amount / (gross - sink), &s.sector);
    }
}

#[test]
fn the_other_scope_and_the_options_are_what_a_hand_calculation_gives() {
    let config = InventoryConfig {
        agriculture_scope: AgricultureScope::Ipcc,
        wastewater_n2o: Inclusion::Included,
        non_co2_combustion: Inclusion::Included,
        ..InventoryConfig::default()
    };
    let mut all = rows();
    all.push(ActivityRow::new("rice", "single_rice", 100.0, "ha"));
    all.push(ActivityRow::new("inputs", "fertiliser_N", 1.0, "t"));
    let inventory = run(&config, all);
    // CH4 of animals and rice (215.5 kg/ha), N2O of manure (1 and 0.53 kg/head) and of soils (1 % × 44/28 of N); no inputs.
    let animals = (83.0 + 1.44) * 28.0 + (1.0 + 0.36 * 0.53) * 265.0;
    near(inventory.sector_t("agriculture"), animals + 21.55 * 28.0 + 0.015_714_3 * 265.0, "agriculture");
    // N2O of waste water: 0.0707143 kg per person.
    let paper = run(&InventoryConfig::default(), rows());
    near(inventory.sector_t("waste") - paper.sector_t("waste"), 70.7143 * 265.0, "waste water N2O");
    // Coal at 20.908 GJ/t: 10 kg CH4 and 1.5 kg N2O per TJ in industry, 1 and 1.5 kg in power plants.
    let coal = 2.0908 * (10.0 * 28.0 + 1.5 * 265.0) / 1e3 + 0.20908 * (28.0 + 1.5 * 265.0) / 1e3;
    near(inventory.sector_t("industry") - paper.sector_t("industry"), coal, "coal CH4 and N2O");
}

#[test]
fn fuels_given_as_energy_are_what_their_calorific_value_makes_of_them() {
    let config = InventoryConfig { non_co2_combustion: Inclusion::Included, ..InventoryConfig::default() };
    // Raw coal has 20.908 GJ/t, natural gas 389.31 GJ per 10⁴ Nm3.
    for (category, fuel, amount, unit, energy_gj, co2_t) in [
        ("manufacturing_energy", "raw_coal", 100.0, "t", 2090.8, 190.03),
        ("residential_urban", "natural_gas", 10.0, "万立方米", 3893.1, 216.219),
    ] {
        let lines = |amount: f64, unit: &str| {
            let given = |r: ActivityRow| {
                let this = r.category == category && r.activity == fuel;
                if this { ActivityRow::new(category, fuel, amount, unit) } else { r }
            };
            let all = run(&config, rows().into_iter().map(given).collect()).lines;
            all.into_iter().filter(|l| l.category == category && l.activity == fuel).collect::<Vec<_>>()
        };
        let (as_amount, as_energy) = (lines(amount, unit), lines(energy_gj, "GJ"));
        assert_eq!((as_amount.len(), as_energy.len()), (3, 3), "CO2, CH4 and N2O");
        near(as_energy[0].result_t, co2_t, fuel);
        let as_coal_equivalent = lines(energy_gj / 29.3076, "tce");
        for ((a, b), c) in as_amount.iter().zip(&as_energy).zip(&as_coal_equivalent) {
            near(a.result_t, b.result_t, &a.id);
            near(a.result_t, c.result_t, &a.id);
        }
    }
}

#[test]
fn factors_in_other_units_mean_the_same() {
    let config = InventoryConfig::default();
    let library = with_own(
        "id,value,activity,unit,unit_of_value,gas\n\
         own.glass,200,glass,t,kgCO2/t,CO2\n\
         own.landfill,50,msw_landfilled_managed,t,kgCH4/t,CH4\n\
         own.grid,0.5992,electricity,MWh,tCO2/MWh,CO2\n",
    );
    let config = InventoryConfig { grid_factor: "own.grid".into(), ..config };
    let mut all = rows();
    for row in &mut all {
        match row.activity.as_str() {
            "glass" => "own.glass".clone_into(&mut row.factor),
            "msw_landfilled_managed" => "own.landfill".clone_into(&mut row.factor),
            _ => {}
        }
    }
    let own = compute(&config, &ActivityTable::of(all), &library, &BTreeMap::new()).unwrap();
    let shipped = run(&InventoryConfig::default(), rows());
    for (a, b) in own.lines.iter().zip(&shipped.lines) {
        near(a.result_t, b.result_t, &a.id);
    }
}

/// A library with the rows of a file of the user's.
fn with_own(rows: &str) -> FactorLibrary {
    let mut library = FactorLibrary::embedded();
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(dir.path().join("own.csv"), rows).expect("it can be written");
    let _ = library.read_overrides(&dir.path().join("own.csv")).expect("valid rows");
    library
}

#[test]
fn a_fuel_factor_per_kilogram_means_the_same_for_amounts_and_for_energy() {
    let config = InventoryConfig { non_co2_combustion: Inclusion::Included, ..InventoryConfig::default() };
    let library = with_own(
        "id,value,activity,unit,unit_of_value,gas,ncv_gj\nown.coal,1.9003,raw_coal,kg,kgCO2/kg,CO2,0.020908\n",
    );
    let coal = |amount: f64, unit: &str, factor: &str| -> Vec<f64> {
        let mut all = rows();
        for row in all.iter_mut().filter(|r| r.category == "manufacturing_energy") {
            *row = ActivityRow::new("manufacturing_energy", "raw_coal", amount, unit);
            factor.clone_into(&mut row.factor);
        }
        let lines = compute(&config, &ActivityTable::of(all), &library, &BTreeMap::new()).unwrap().lines;
        lines.iter().filter(|l| l.category == "manufacturing_energy").map(|l| l.result_t).collect()
    };
    let shipped = coal(100.0, "t", "");
    assert_eq!(shipped.len(), 3, "CO2, CH4 and N2O");
    for own in [coal(100.0, "t", "own.coal"), coal(2090.8, "GJ", "own.coal")] {
        own.iter().zip(&shipped).for_each(|(a, b)| near(*a, *b, "coal per kilogram"));
    }
}

#[test]
fn land_that_takes_up_nothing_counts_as_nothing() {
    let library = with_own("id,value,set,land_type,basis\nlocal.forest,0,local,forest,CO2\n");
    let config = InventoryConfig { sink_set: "local".into(), ..InventoryConfig::default() };
    let all = compute(&config, &ActivityTable::of(rows()), &library, &BTreeMap::new()).unwrap();
    let land: Vec<f64> = all.lines.iter().filter(|l| l.category == "land").map(|l| l.result_t).collect();
    assert_eq!(land, [0.0]);
}

/// The code of all crates, file by file, without comments and tests.
fn production(crates: &std::path::Path) -> Vec<String> {
    let entries = |folder: &std::path::Path| -> Vec<std::path::PathBuf> {
        folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let mut out = Vec::new();
    let mut paths: Vec<_> = entries(crates).into_iter().map(|e| e.join("src")).collect();
    while let Some(path) = paths.pop() {
        paths.extend(entries(&path));
        if path.extension().is_none_or(|e| e != "rs") || path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        out.push(code.lines().map(|l| l.split("//").next().unwrap_or_default().to_owned() + "\n").collect());
    }
    out
}

/// Whether a file calls the function by its path (`equations::net(`), or by its name after importing or defining it: no method
/// and no closure of the same name counts.
fn is_called(code: &str, function: &str) -> bool {
    let (path, name) = function.rsplit_once("::").map_or(("", function), |(path, name)| (path, name));
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let imported = || {
        code.split(';')
            .filter_map(|s| s.split_once("use carbonzone").or_else(|| s.split_once("use crate")))
            .any(|(_, list)| list.split(|c| !word(c)).any(|w| w == name) && !list.contains('('))
    };
    let known = path.is_empty() && (code.contains(&format!("pub fn {name}(")) || imported());
    code.match_indices(&format!("{name}(")).any(|(at, _)| {
        let before = &code[..at];
        match before.strip_suffix("::") {
            Some(owner) => owner.ends_with(path) && !owner.ends_with("Self"),
            None => known && !before.ends_with("fn ") && !before.ends_with(|c| word(c) || c == '.'),
        }
    })
}

#[test]
fn the_table_from_equation_to_function_names_functions_that_are_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let table =
        page.split("## From an equation to its function").nth(1).unwrap().split("\n## ").next().unwrap();
    let production = production(&root.join("crates"));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut checked = 0;
    for row in table.lines().filter(|l| l.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.split('|').collect();
        let file = &quoted(cells[3])[0];
        let code = std::fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        for function in quoted(cells[2]) {
            let name = function.rsplit("::").next().unwrap();
            assert!(code.contains(&format!("pub fn {name}(")), "{file} has no pub fn {name}");
            assert!(
                production.iter().any(|file| is_called(file, &function)),
                "no code of a run calls {function} of {file}"
            );
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn soil_respiration_agrees_with_numpy() {
    use serde_json::Value;
    let all: Value =
        serde_json::from_str(include_str!("../../carbonzone-zoning/tests/expected/trend.json")).unwrap();
    let cases = all["respiration"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let month = |key: &str| -> [f64; 12] {
            let list: Vec<f64> = case[key].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
            list.try_into().unwrap()
        };
        let rh = annual_respiration_gc_m2(&month("temperature_c"), &month("precipitation_mm"));
        near(rh, case["rh_gc_m2"].as_f64().unwrap(), "Rh");
    }
}
