//! Whether configuration and rows are complete and in range: what blocks an inventory.

use crate::activity::ActivityTable;
use crate::config::{ElectricityBoundary, InventoryConfig};
use crate::context::{Draft, Role, Row};
use crate::factor::FactorLibrary;
use crate::inventory::Budget;
use crate::split::check_shares;
use crate::vocabulary::Sector;
use carbonzone_sheet::did_you_mean;
use carbonzone_types::{Finding, Findings};
use std::collections::BTreeSet;

/// Faults of the configuration itself.
pub(crate) fn check_config(config: &InventoryConfig, library: &FactorLibrary, findings: &mut Findings) {
    let sets = library.sets();
    for (field, set) in [
        ("fuel_set", &config.fuel_set),
        ("enteric_set", &config.enteric_set),
        ("manure_ch4_set", &config.manure_ch4_set),
        ("manure_n2o_set", &config.manure_n2o_set),
    ] {
        if !sets.contains(&set.as_str()) {
            let prefix = set.split('.').next().unwrap_or("");
            let related: Vec<&str> = sets.iter().copied().filter(|s| s.starts_with(prefix)).collect();
            findings.push(unknown_set(field, set, &related));
        }
    }
    if !library.sink_sets().contains(&config.sink_set.as_str()) {
        findings.push(unknown_set("sink_set", &config.sink_set, &library.sink_sets()));
    }
    for (field, id) in std::iter::once(("grid_factor".to_owned(), &config.grid_factor))
        .chain(config.choose.iter().map(|(k, v)| (format!("choose.{k}"), v)))
    {
        let place = format!("inventory.{field}");
        if let Err(error) = library.require(id, &place) {
            findings.push(error.to_finding().field(place));
        }
    }
    check_numbers(config, findings);
    for name in &config.without {
        if !Sector::ALL.iter().any(|s| s.key() == name) {
            let hint = did_you_mean(name, Sector::ALL.iter().map(|s| s.key()));
            let message = format!("inventory.without: unknown sector \"{name}\"{hint}");
            findings.push(Finding::error("unknown_sector", message).field("inventory.without"));
        }
    }
}

/// Without a configured year, all rows must be of one year.
pub(crate) fn check_years(config: &InventoryConfig, activity: &ActivityTable, findings: &mut Findings) {
    let years: BTreeSet<i32> = activity.rows.iter().filter_map(|r| r.year).collect();
    if config.year.is_none() && years.len() > 1 {
        let shown: Vec<String> = years.iter().map(ToString::to_string).collect();
        let message = format!("the activity data are of several years: {}", shown.join(", "));
        findings.push(
            Finding::error("year_mismatch", message)
                .field("inventory.year")
                .hint("set inventory.year, and other_years = \"skip\" for the file"),
        );
    }
}

fn unknown_set(field: &str, set: &str, sets: &[&str]) -> Finding {
    Finding::error("unknown_set", format!("inventory.{field}: no set \"{set}\""))
        .field(format!("inventory.{field}"))
        .value(set.to_owned())
        .expected(sets.join(", "))
}

/// Fractions, days, percentages and shares of a configuration within their ranges, as [`compute`](crate::compute) looks at them.
pub fn check_numbers(config: &InventoryConfig, findings: &mut Findings) {
    check_shares(config, findings);
    let landfill = &config.landfill;
    let composition: f64 = landfill.composition.values().sum();
    for (field, value, range) in [
        ("glass_cullet_fraction", config.glass_cullet_fraction, 0.0..=1.0),
        ("pig_days_alive", config.pig_days_alive, 0.0..=365.0),
        ("activity_uncertainty_pct", config.activity_uncertainty_pct, 0.0..=1000.0),
        ("landfill.oxidation_fraction", landfill.oxidation_fraction, 0.0..=1.0),
        ("landfill.recovery_fraction", landfill.recovery_fraction, 0.0..=1.0),
        ("landfill.doc", landfill.doc.unwrap_or(0.0), 0.0..=1.0),
        ("landfill.composition", composition, 0.0..=1.0 + 1e-9),
        ("landfill.decay_per_year", landfill.decay_per_year.unwrap_or(0.0), 0.0..=10.0),
    ] {
        if !range.contains(&value) {
            findings.push(
                Finding::error("bad_value", format!("inventory.{field} = {value}"))
                    .field(format!("inventory.{field}"))
                    .value(value.to_string())
                    .expected(format!("{} to {}", range.start(), range.end())),
            );
        }
    }
}

/// Every sector must have rows, and homes or commerce must have electricity, unless declared absent.
pub(crate) fn check_sectors(
    rows: &[Row<'_>],
    drafted: &[(&Row<'_>, Draft)],
    config: &InventoryConfig,
    findings: &mut Findings,
) {
    for sector in Sector::ALL {
        let declared_absent = config.without.iter().any(|s| s == sector.key());
        if !declared_absent && !rows.iter().any(|r| r.category.sector == sector) {
            findings.push(
                Finding::error("missing_mandatory_rows", format!("no activity data for {}", sector.key()))
                    .field("inventory.activity")
                    .hint(format!("add its rows, or declare inventory.without = [\"{}\"]", sector.key())),
            );
        }
    }
    let buildings = || rows.iter().filter(|r| r.category.sector == Sector::Construction);
    let uses_electricity = config.electricity_boundary != ElectricityBoundary::Territorial;
    if uses_electricity && buildings().count() > 0 && !buildings().any(|r| r.def.key == "electricity") {
        let message = "equation 3 needs the electricity of homes and commerce";
        findings.push(
            Finding::error("missing_mandatory_rows", message)
                .expected("rows of electricity (电力) in residential, commercial or public categories")
                .hint("add them, or use electricity_boundary = \"territorial\""),
        );
    }
    if config.electricity_boundary == ElectricityBoundary::Consumption && !has_industry_electricity(drafted) {
        findings.push(missing_industry_electricity());
    }
}

pub(crate) fn has_industry_electricity(drafted: &[(&Row<'_>, Draft)]) -> bool {
    drafted.iter().any(|(_, d)| d.role == Role::IndustryElectricity)
}

fn missing_industry_electricity() -> Finding {
    let message = "electricity_boundary = \"consumption\" needs industry's electricity";
    Finding::error("missing_mandatory_rows", message)
        .expected("rows of electricity (电力) in manufacturing_energy, mining_energy or supply_energy")
        .field("inventory.electricity_boundary")
}

/// A budget below 0 cannot be placed.
pub(crate) fn check_budgets(budgets: &[Budget], findings: &mut Findings) {
    for b in budgets.iter().filter(|b| b.amount_t < 0.0) {
        let message = format!("{} on {}: {} t CO2e", b.sector, b.land_group, b.amount_t);
        findings.push(
            Finding::error("negative_budget", message)
                .amount_t(b.amount_t)
                .hint("more is recovered (or stays in products) than is produced: check those rows"),
        );
    }
}
