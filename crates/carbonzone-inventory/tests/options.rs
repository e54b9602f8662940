//! Options: factor choices, splits, sink areas, template, schema.

use carbonzone_inventory::{
    ActivityRow, ActivitySource, ActivityTable, FactorLibrary, GwpSet, Inclusion, Inventory, InventoryConfig,
    SinkCoefficient, Split, compute, load, template,
};
use std::collections::BTreeMap;

fn alone() -> InventoryConfig {
    let sectors = ["industry", "construction", "transport", "agriculture", "waste", "sink"];
    InventoryConfig { without: sectors.map(str::to_owned).into(), ..InventoryConfig::default() }
}

fn run(config: &InventoryConfig, rows: Vec<ActivityRow>) -> Inventory {
    run_with_areas(config, rows, &BTreeMap::new())
}

fn run_with_areas(
    config: &InventoryConfig,
    rows: Vec<ActivityRow>,
    areas: &BTreeMap<String, f64>,
) -> Inventory {
    compute(config, &ActivityTable::of(rows), &FactorLibrary::embedded(), areas).expect("valid rows")
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

#[test]
fn factor_sets_and_single_factors_can_be_chosen() {
    let rows = || {
        vec![
            ActivityRow::new("manufacturing_energy", "bituminous_coal", 1000.0, "t"),
            ActivityRow::new("manufacturing_energy", "raw_coal", 1000.0, "t"),
        ]
    };
    let by = |set: &str| run(&InventoryConfig { fuel_set: set.to_owned(), ..alone() }, rows());
    near(by("fuel.cn").lines[0].result_t, 2071.51);
    near(by("fuel.cn2025").lines[0].result_t, 1741.75);
    near(by("fuel.ipcc2006").lines[0].result_t, 2440.68);
    let ipcc = by("fuel.ipcc2006");
    assert_eq!(ipcc.lines[1].factor_id, "fuel.cn.raw_coal");
    assert!(
        ipcc.findings.items.iter().any(|f| f.code == "factor_fallback" && f.message.contains("raw_coal"))
    );
    let mut config = alone();
    config.choose.insert("raw_coal".into(), "fuel.ceads.raw_coal".into());
    near(run(&config, rows()).lines[1].result_t, 1864.51);
    let mut named = rows();
    named[1].factor = "fuel.cn.lignite".into();
    near(run(&config, named).lines[1].result_t, 1424.09);
}

#[test]
fn fuels_given_as_energy_use_the_calorific_value_of_their_factor() {
    // 100 tce = 2930.76 GJ; raw coal 20.908 GJ/t: 140.174 t × 1.9003.
    let rows = vec![
        ActivityRow::new("manufacturing_energy", "raw_coal", 100.0, "tce"),
        ActivityRow::new("supply_energy", "natural_gas", 389.31, "GJ"),
        ActivityRow::new("mining_energy", "能源消费总量", 1.0, "tce"),
    ];
    let inventory = run(&alone(), rows);
    near(inventory.lines[0].result_t, 2930.76 / 20.908 * 1.9003);
    near(inventory.lines[1].result_t, 21.6219);
    near(inventory.lines[2].result_t, 2.66163);
}

#[test]
fn methane_and_n2o_of_burning_are_optional() {
    let rows = || vec![ActivityRow::new("manufacturing_energy", "raw_coal", 1000.0, "t")];
    assert_eq!(run(&alone(), rows()).lines.len(), 1);
    let config = InventoryConfig { non_co2_combustion: Inclusion::Included, ..alone() };
    let lines = run(&config, rows()).lines;
    assert_eq!(lines.iter().map(|l| l.gas.as_str()).collect::<Vec<_>>(), ["CO2", "CH4", "N2O"]);
    near(lines[1].gas_t, 0.20908);
    near(lines[2].gas_t, 0.031_362);
    near(lines[2].result_t, 0.031_362 * 265.0);
}

#[test]
fn land_areas_come_from_the_yearbook_and_else_from_the_parcels() {
    let rows = vec![ActivityRow::new("land", "林地", 100.0, "ha")];
    let areas: BTreeMap<String, f64> = [("forest", 2e6), ("water", 5e6), ("wetland", 1e6), ("crops", 9e9)]
        .map(|(k, v)| (k.to_owned(), v))
        .into();
    let inventory = run_with_areas(&alone(), rows, &areas);
    near(inventory.budget("sink", "forest").unwrap().amount_t, 100.0 * 3.8096 * 44.0 / 12.0);
    // Wetland has no coefficient in lit_high and counts as water: 500 + 100 ha.
    near(inventory.budget("sink", "water").unwrap().amount_t, 600.0 * 0.567 * 44.0 / 12.0);
    let forest = inventory.sink_areas.iter().find(|a| a.land_type == "forest").unwrap();
    assert_eq!(
        (forest.yearbook_ha, forest.parcels_ha, forest.used.as_str()),
        (Some(100.0), Some(200.0), "yearbook")
    );
    let water = inventory.sink_areas.iter().find(|a| a.land_type == "water").unwrap();
    assert_eq!((water.yearbook_ha, water.parcels_ha, water.used.as_str()), (None, Some(500.0), "parcels"));
    assert!(inventory.lines.iter().any(|l| l.id == "parcels!water/lit_high.water"));
}

#[test]
fn the_orchard_coefficient_replaces_fruit_and_tea_but_never_both() {
    let rows = || {
        vec![
            ActivityRow::new("land", "园地", 100.0, "ha"),
            ActivityRow::new("crops", "水果", 1000.0, "t"),
            ActivityRow::new("crops", "稻谷", 1000.0, "t"),
        ]
    };
    let low = run(&InventoryConfig { sink_set: "lit_low".into(), ..alone() }, rows());
    let counted: Vec<&str> = low.counted("sink").map(|l| l.activity.as_str()).collect();
    assert_eq!(counted, ["orchard", "rice"]);
    let high = run(&alone(), rows());
    let counted: Vec<&str> = high.counted("sink").map(|l| l.activity.as_str()).collect();
    assert_eq!(counted, ["fruit", "rice"], "lit_high has no orchard coefficient");
}

#[test]
fn guiyang_coefficients_are_co2_as_printed() {
    let config = InventoryConfig { sink_set: "guiyang".into(), ..alone() };
    let inventory = run(&config, vec![ActivityRow::new("land", "forest", 1000.0, "ha")]);
    near(inventory.totals.sink_t, 3550.0);
}

#[test]
fn yield_basis_changes_tubers_and_tobacco_only() {
    let rows = || {
        ["tubers", "tobacco", "rice", "vegetables"]
            .map(|c| ActivityRow::new("crops", c, 1000.0, "t"))
            .to_vec()
    };
    let yearbook = run(&alone(), rows());
    let fresh =
        run(&InventoryConfig { yield_basis: carbonzone_inventory::YieldBasis::Fresh, ..alone() }, rows());
    near(yearbook.lines[0].gas_t, 1000.0 * 0.4226 * (1.0 - 0.133) / 0.7);
    near(fresh.lines[0].gas_t, 1000.0 * 0.4226 * (1.0 - 0.7) / 0.7);
    let changed: Vec<bool> =
        yearbook.lines.iter().zip(&fresh.lines).map(|(a, b)| a.result_t != b.result_t).collect();
    assert_eq!(changed, [true, true, false, false]);
}

#[test]
fn splits_give_one_budget_per_group_pooled_or_by_shares() {
    let rows = || {
        vec![
            ActivityRow::new("residential_urban", "electricity", 100.0, "MWh"),
            ActivityRow::new("commercial", "electricity", 300.0, "MWh"),
        ]
    };
    let names = |i: &Inventory| i.budgets.iter().map(|b| b.land_group.clone()).collect::<Vec<_>>();
    assert_eq!(names(&run(&alone(), rows())), ["commercial", "urban_residential"]);
    let pooled = run(&InventoryConfig { split: Split::Pooled, ..alone() }, rows());
    assert_eq!(names(&pooled), ["commercial+urban_residential"]);
    assert_eq!(pooled.budgets[0].land_groups, ["commercial", "urban_residential"]);
    let mut config = alone();
    let shares = [("admin_public".to_owned(), 0.25), ("commercial".to_owned(), 0.75)];
    config.shares.insert("construction".into(), shares.into());
    let shared = run(&config, rows());
    assert_eq!(names(&shared), ["commercial", "admin_public"]);
    near(shared.budgets[1].amount_t, 0.25 * 400.0 * 0.5992);
    let mut own = rows();
    own[0].land_group = "rural_homestead".into();
    assert_eq!(names(&run(&alone(), own)), ["commercial", "rural_homestead"]);
}

#[test]
fn the_electric_fleet_follows_the_grid_factor_of_the_run() {
    let rows = || vec![ActivityRow::new("fleet", "地铁", 1000.0, "车公里")];
    near(run(&alone(), rows()).lines[0].result_t, 2.6964);
    let config = InventoryConfig { grid_factor: "electricity.Jiangsu.2021".into(), ..alone() };
    near(run(&config, rows()).lines[0].result_t, 4.5 * 0.6451);
}

#[test]
fn factors_with_a_caveat_are_flagged_with_their_tonnes() {
    let rows = || {
        vec![
            ActivityRow::new("manufacturing_energy", "液化天然气", 10.0, "t"),
            ActivityRow::new("inputs", "播种面积", 100.0, "ha"),
            ActivityRow::new("fleet", "地铁", 1000.0, "车公里"),
        ]
    };
    let flagged = |i: &Inventory| -> Vec<(String, f64)> {
        let is = |f: &&carbonzone_types::Finding| f.code == "flagged_factor";
        i.findings.items.iter().filter(is).map(|f| (f.value.clone().unwrap(), f.amount_t.unwrap())).collect()
    };
    let found = flagged(&run(&alone(), rows()));
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["fuel.cn.lng", "electricity.EastChina.2020.default", "agri.input.tillage_area"]);
    near(found[0].1, 23.2531);
    near(found[1].1, 2.6964);
    let mut config = InventoryConfig { grid_factor: "electricity.EastChina.2021".into(), ..alone() };
    config.choose.insert("lng".into(), "fuel.cn2025.lng".into());
    config.choose.insert("inputs.tillage_area".into(), "agri.input.tillage_area.per_ha".into());
    let other = run(&config, rows());
    assert!(flagged(&other).is_empty());
    near(other.lines[1].gas_t, 31.26);
}

#[test]
fn landfill_options_multiply_the_factor() {
    let rows = || vec![ActivityRow::new("solid_waste", "填埋", 1000.0, "t")];
    near(run(&alone(), rows()).lines[0].gas_t, 50.0);
    let mut config = alone();
    config.landfill.composition = [("paper".to_owned(), 0.2), ("food".to_owned(), 0.5)].into();
    config.landfill.oxidation_fraction = 0.1;
    config.landfill.recovery_fraction = 0.2;
    near(run(&config, rows()).lines[0].gas_t, 50.0 * 0.155 / 0.15 * 0.9 * 0.8);
}

#[test]
fn landfill_by_first_order_decay_uses_the_waste_of_earlier_years() {
    let rows = || vec![ActivityRow::new("solid_waste", "填埋", 5000.0, "t")];
    let mut config = alone();
    config.year = Some(2020);
    config.landfill.decay_per_year = Some(0.1);
    let deposits = |years: &[(&str, f64)]| {
        BTreeMap::from([(
            "msw_landfilled_managed".to_owned(),
            years.iter().map(|(y, t)| ((*y).to_owned(), *t)).collect::<BTreeMap<String, f64>>(),
        )])
    };
    // 1000 t of 2018 have decayed one year, 2000 t of 2019 start now: (1000 e^-0.1 + 2000)(1 - e^-0.1) × 0.05 t CH4.
    config.landfill.deposited_t = deposits(&[("2018", 1000.0), ("2019", 2000.0)]);
    let keep = (-0.1f64).exp();
    near(run(&config, rows()).lines[0].gas_t, (1000.0 * keep + 2000.0) * (1.0 - keep) * 0.05);
    // A year in which nothing was deposited is given as 0, and counts as 0.
    config.landfill.deposited_t = deposits(&[("2018", 1000.0), ("2019", 0.0)]);
    near(run(&config, rows()).lines[0].gas_t, 1000.0 * keep * (1.0 - keep) * 0.05);
    // A gap, a later year, no history: said with the years, nothing is taken as 0.
    for (years, said) in [
        (&[("2017", 1.0), ("2019", 1.0)][..], "2018"),
        (&[("2019", 1.0), ("2020", 1.0)][..], "2020 or later"),
        (&[][..], "before 2020"),
        (&[("last year", 1.0)][..], "is no year"),
        (&[("2019", -1.0)][..], "-1 t in 2019"),
        (&[("2019", f64::INFINITY)][..], "inf t in 2019"),
    ] {
        config.landfill.deposited_t = deposits(years);
        let findings =
            compute(&config, &ActivityTable::of(rows()), &FactorLibrary::embedded(), &BTreeMap::new())
                .unwrap_err()
                .items;
        assert!(
            findings.iter().any(|f| f.code == "landfill_history" && f.message.contains(said)),
            "{findings:?}"
        );
    }
}

#[test]
fn the_filled_template_is_read_back_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut sheets = template(Some(2020));
    assert_eq!(sheets[0].name, "guide");
    let mut filled = 0;
    for sheet in &mut sheets {
        let Some(column) = sheet
            .table
            .columns
            .iter_mut()
            .find(|c| c.name == "value" && sheet.labels.contains(&"2020".to_owned()))
        else {
            continue;
        };
        if let carbonzone_types::ColumnData::Real(values) = &mut column.data {
            values.fill(Some(1.0));
            filled += values.len();
        }
    }
    let path = dir.path().join("template.xlsx");
    carbonzone_sheet::write_xlsx(&path, &sheets).unwrap();
    let config = InventoryConfig {
        year: Some(2020),
        activity: vec![ActivitySource { path: "template.xlsx".into(), ..ActivitySource::default() }],
        ..alone()
    };
    let loaded = load(&config, dir.path());
    assert!(loaded.activity.findings.items.is_empty(), "{:?}", loaded.activity.findings);
    assert_eq!(loaded.activity.rows.len(), filled);
    let refused = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new()).unwrap_err();
    let codes: Vec<&str> = refused
        .items
        .iter()
        .filter(|f| f.severity == carbonzone_types::Severity::Error)
        .map(|f| f.code.as_str())
        .collect();
    // Every word and unit of the template is understood; only rows that exclude each other are refused.
    assert!(codes.iter().all(|c| *c == "exclusive_rows"), "{refused:?}");
}

#[test]
fn the_configuration_reads_from_toml_with_defaults_and_refuses_unknown_keys() {
    let config: InventoryConfig = toml::from_str(
        "year = 2020\ngwp_set = \"AR6\"\nelectricity_boundary = \"territorial\"\n[[files]]\npath = \"yearbook.csv\"\n",
    )
    .unwrap();
    assert_eq!(config.gwp_set.name(), "AR6");
    assert_eq!(config.fuel_set, "fuel.cn");
    assert!(toml::from_str::<InventoryConfig>("gpw_set = \"AR6\"").is_err());
    let text = toml::to_string(&InventoryConfig::default()).unwrap();
    assert_eq!(toml::from_str::<InventoryConfig>(&text).unwrap(), InventoryConfig::default());
}

#[test]
fn the_library_exports_every_row_with_its_status() {
    let library = FactorLibrary::embedded();
    let table = library.to_table(None);
    assert_eq!(table.rows(), library.factors.len() + library.sinks.len() + library.crops.len());
    let waste = library.to_table(Some("waste"));
    assert!(waste.rows() > 10 && waste.rows() < 25);
    assert!(table.texts("status").unwrap().iter().all(Option::is_some));
}

#[test]
fn the_half_width_of_a_sink_coefficient_covers_the_other_sets() {
    let library = FactorLibrary::embedded();
    let t_ha = |s: &SinkCoefficient| s.apply(1.0).to_co2e(GwpSet::Ar5).tonnes();
    let mut pairs = 0;
    for a in &library.sinks {
        for b in library.sinks.iter().filter(|b| b.land_type == a.land_type && b.set != a.set) {
            pairs += 1;
            let reach = t_ha(a) * a.uncertainty_pct / 100.0;
            assert!((t_ha(a) - t_ha(b)).abs() <= reach, "{} does not reach {}", a.id, b.id);
        }
    }
    assert!(pairs > 10, "the sets share their land types");
    // A number without its basis is not verified, whoever printed it.
    assert!(library.sinks.iter().filter(|s| s.set == "guiyang").all(|s| s.status.name() == "unverified"));
}

#[test]
fn the_half_width_of_a_crop_covers_the_other_tables() {
    // Water content and harvest index of other tables: GCAM; IPCC 2019 Table 11.1A, FAO GLEAM and field trials (Xie 2011).
    let others = [
        ("rice", 0.09, 0.42),
        ("wheat", 0.13, 0.39),
        ("corn", 0.14, 0.53),
        ("millet", 0.11, 0.45),
        ("sorghum", 0.14, 0.44),
        ("beans", 0.12, 0.42),
        ("beans", 0.09, 0.42),
        ("tubers", 0.80, 0.50),
        ("tubers", 0.78, 0.59),
        ("cotton", 0.08, 0.15),
        ("rapeseed", 0.07, 0.30),
        ("peanut", 0.09, 0.40),
        ("peanut", 0.06, 0.50),
        ("sesame", 0.05, 0.27),
        ("sesame", 0.09, 0.34),
        ("sunflower", 0.09, 0.27),
        ("sunflower", 0.077, 0.32),
        ("sugarcane", 0.74, 0.70),
        ("sugarcane", 0.68, 0.70),
        ("sugar_beet", 0.85, 0.40),
        ("vegetables", 0.92, 0.80),
        ("vegetables", 0.87, 0.53),
        ("melons", 0.92, 0.91),
        ("fruit", 0.81, 0.79),
        ("fruit", 0.80, 0.95),
    ];
    let library = FactorLibrary::embedded();
    for (crop, water, index) in others {
        let row = library.crops.iter().find(|c| c.crop == crop).expect("a shipped crop");
        let other = row.carbon_rate * (1.0 - water) / index;
        let ours = row.carbon_rate * (1.0 - row.water_fresh) / row.harvest_index;
        let off_pct = 100.0 * (other / ours - 1.0).abs();
        assert!(
            off_pct <= row.uncertainty_pct,
            "{crop}: {off_pct:.1} % off, half-width {}",
            row.uncertainty_pct
        );
    }
}

#[test]
fn a_verified_crop_names_the_source_of_each_of_its_numbers() {
    let library = FactorLibrary::embedded();
    let (weak, verified): (Vec<_>, Vec<_>) = library.crops.iter().partition(|c| c.status.is_weak());
    for crop in verified {
        let named = ["carbon rate", "economic coefficient: ", "water: "];
        assert!(named.iter().all(|part| crop.source.contains(part)), "{}: {}", crop.crop, crop.source);
    }
    assert!(
        weak.iter().all(|c| c.note.contains("no table") || c.note.contains("GCAM")),
        "what was read or looked for"
    );
}

#[test]
fn carbon_that_is_counted_as_if_it_were_co2_is_warned_of_with_its_tonnes() {
    let row = |crop: &str, tonnes: f64| ActivityRow::new("crops", crop, tonnes, "t");
    let with = |basis: &str, rows: Vec<ActivityRow>| {
        let chosen: InventoryConfig = toml::from_str(basis).unwrap();
        run(&InventoryConfig { without: alone().without, ..chosen }, rows)
    };
    // 1000 t of rice: 0.4144 · 0.88 / 0.45 t C per tonne; 200 t of wheat: 0.4853 · 0.88 / 0.4.
    let (rice, wheat) = (1000.0 * 0.4144 * 0.88 / 0.45, 200.0 * 0.4853 * 0.88 / 0.4);
    for (rows, carbon_t) in
        [(vec![row("rice", 1000.0)], rice), (vec![row("rice", 1000.0), row("wheat", 200.0)], rice + wheat)]
    {
        let plain = with("", rows.clone());
        near(plain.totals.sink_t, carbon_t * 44.0 / 12.0);
        assert!(plain.findings.items.iter().all(|f| f.code != "carbon_taken_as_co2"), "co2 is the default");
        let as_is = with("sink_basis = \"carbon_as_is\"", rows);
        near(as_is.totals.sink_t, carbon_t);
        let told = as_is.findings.items.iter().find(|f| f.code == "carbon_taken_as_co2").unwrap();
        near(told.amount_t.unwrap(), carbon_t * 32.0 / 12.0);
        assert!(told.message.contains(&format!("{carbon_t:.0} t of carbon")), "{}", told.message);
    }
    let coal = with(
        "sink_basis = \"carbon_as_is\"",
        vec![ActivityRow::new("manufacturing_energy", "raw_coal", 1.0, "t")],
    );
    assert!(coal.findings.items.iter().all(|f| f.code != "carbon_taken_as_co2"), "no crops, no warning");
}
