//! The engine: rows in, [`Inventory`] out.

use crate::activity::{ActivityRow, ActivityTable};
use crate::boundary::excluded;
use crate::checks::{carbon_taken_as_co2, double_counting, exclusive, flagged};
use crate::complete::{check_budgets, check_config, check_sectors, check_years};
use crate::config::InventoryConfig;
use crate::context::{Context, Draft, Found, Row};
use crate::equations::{
    agriculture, buildings, industry, livestock, sink, solid_waste, transport, wastewater,
};
use crate::factor::FactorLibrary;
use crate::gas::GwpSet;
use crate::inventory::{Inventory, InventoryLine, SinkArea};
use crate::reliance::{factor_sets, reliance, statements, warn_reliance};
use crate::resolve::resolve;
use crate::sink_choice;
use crate::split::budgets;
use crate::totals::{alternatives, totals, uncertainty};
use crate::uncertainty::product_pct;
use crate::vocabulary::{Sector, Vocabulary};
use carbonzone_types::{Finding, Findings, M2_PER_HECTARE, Totals};
use std::collections::{BTreeMap, BTreeSet};

/// Computes the inventory.
///
/// `land_areas_m2` holds the parcels' areas by sink type (`forest`, `grassland`, `water`, `wetland`, `unused`, `orchard`,
/// `urban_green`); they are used where the activity data have no area, and printed beside them. It may be empty.
///
/// # Errors
/// All findings at once, if any of them blocks: unknown words, units that do not fit, negative amounts, duplicates,
/// years, missing sectors, faults of the configuration.
pub fn compute(
    config: &InventoryConfig,
    activity: &ActivityTable,
    library: &FactorLibrary,
    land_areas_m2: &BTreeMap<String, f64>,
) -> Result<Inventory, Findings> {
    let mut inventory = with_set(config, activity, library, land_areas_m2)?;
    // A set that lacks a land type of the data, or is refused, says nothing.
    let under = |set: &str| {
        let config = InventoryConfig { sink_set: set.to_owned(), ..config.clone() };
        with_set(&config, activity, library, land_areas_m2).ok().map(|other| other.totals)
    };
    let names = library.sink_sets().into_iter().filter(|set| *set != config.sink_set);
    let others: Vec<(&str, Totals)> = names.filter_map(|set| Some((set, under(set)?))).collect();
    inventory.statements.push(sink_choice::statement(&config.sink_set, &inventory.totals, &others));
    Ok(inventory)
}

fn with_set(
    config: &InventoryConfig,
    activity: &ActivityTable,
    library: &FactorLibrary,
    land_areas_m2: &BTreeMap<String, f64>,
) -> Result<Inventory, Findings> {
    let mut findings = activity.findings.clone();
    check_config(config, library, &mut findings);
    check_years(config, activity, &mut findings);
    let vocabulary = Vocabulary::with_library(library);
    let mut rows = resolve(&activity.rows, config, &vocabulary, &mut findings);
    let (parcel_rows, sink_areas) = parcel_rows(&rows, config, library, land_areas_m2);
    rows.extend(resolve(
        &parcel_rows,
        &InventoryConfig { year: None, ..config.clone() },
        &vocabulary,
        &mut findings,
    ));
    let present = rows.iter().map(|r| (r.def.group.clone(), r.def.key.clone())).collect();
    let context = Context { config, library, vocabulary: &vocabulary, present };
    let drafted = draft(&rows, &context, &mut findings);
    let lines: Vec<InventoryLine> = drafted.iter().map(|(row, draft)| line_of(row, draft, config)).collect();
    findings.extend(exclusive(&lines));
    check_sectors(&rows, &drafted, config, &mut findings);
    if findings.blocks() {
        return Err(findings);
    }
    findings.extend(double_counting(&lines, config.electricity_boundary));
    findings.extend(flagged(&lines, library));
    findings.items.extend(carbon_taken_as_co2(&lines, config.sink_basis));
    let budgets = budgets(&lines, config);
    check_budgets(&budgets, &mut findings);
    let totals = totals(&lines);
    let reliance = reliance(&lines, totals.gross_t);
    warn_reliance(&reliance, &mut findings);
    let inventory = Inventory {
        year: config.year.or_else(|| activity.rows.iter().find_map(|r| r.year)),
        alternatives: alternatives(&drafted, config),
        uncertainty: uncertainty(&lines),
        factor_sets: factor_sets(&drafted, &lines),
        statements: statements(config, &reliance),
        config: config.clone(),
        lines,
        budgets,
        totals,
        sink_areas,
        reliance,
        findings,
    };
    if inventory.findings.blocks() { Err(inventory.findings) } else { Ok(inventory) }
}

/// Land areas from the parcels for the land types that the activity data do not give.
fn parcel_rows(
    given_rows: &[Row<'_>],
    config: &InventoryConfig,
    library: &FactorLibrary,
    areas_m2: &BTreeMap<String, f64>,
) -> (Vec<ActivityRow>, Vec<SinkArea>) {
    let mut given: BTreeMap<String, f64> = BTreeMap::new();
    for row in given_rows.iter().filter(|r| r.def.group == "land") {
        *given.entry(row.def.key.clone()).or_default() += row.canonical().unwrap_or(0.0);
    }
    let types: BTreeSet<&String> = given.keys().chain(areas_m2.keys()).collect();
    let (mut rows, mut areas) = (Vec::new(), Vec::new());
    for land_type in types {
        let parcels_ha = areas_m2.get(land_type).map(|a| a / M2_PER_HECTARE);
        let yearbook_ha = given.get(land_type).copied();
        let carried = library.sink(&config.sink_set, land_type).is_some()
            || (land_type == "wetland" && library.sink(&config.sink_set, "water").is_some());
        if !carried && yearbook_ha.is_none() {
            continue;
        }
        let used = if yearbook_ha.is_some() { "yearbook" } else { "parcels" };
        if let (None, Some(hectares)) = (yearbook_ha, parcels_ha) {
            rows.push(ActivityRow {
                file: "parcels".to_owned(),
                cell: land_type.clone(),
                unit_cell: land_type.clone(),
                uncertainty_pct: None,
                ..ActivityRow::new("land", land_type, hectares, "ha")
            });
        }
        let used = if carried { used } else { "no coefficient in the set" };
        areas.push(SinkArea { land_type: land_type.clone(), yearbook_ha, parcels_ha, used: used.to_owned() });
    }
    (rows, areas)
}

/// Lets the equation of each row draft its lines; notes are reported once.
fn draft<'r, 'a>(
    rows: &'r [Row<'a>],
    context: &Context<'_>,
    findings: &mut Findings,
) -> Vec<(&'r Row<'a>, Draft)> {
    let mut drafted = Vec::new();
    let mut notes: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        match equation_lines(row, context) {
            Ok(drafts) => {
                for draft in drafts {
                    notes.extend(draft.note.clone());
                    drafted.push((row, draft));
                }
            }
            Err(finding) => findings.push(*finding),
        }
    }
    for note in notes {
        findings.push(Finding::info("factor_fallback", note));
    }
    drafted
}

/// The equation of a row's category.
fn equation_lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    match (row.category.sector, row.category.key.as_str()) {
        (Sector::Industry, _) => industry::lines(row, context),
        (Sector::Construction, _) => buildings::lines(row, context),
        (Sector::Transport, _) => transport::lines(row, context),
        (Sector::Agriculture, "livestock") => livestock::lines(row, context),
        (Sector::Agriculture, _) => agriculture::lines(row, context),
        (Sector::Waste, "solid_waste") => solid_waste::lines(row, context),
        (Sector::Waste, _) => wastewater::lines(row, context),
        (Sector::Sink, _) => sink::lines(row, context),
    }
}

/// A drafted line with everything a reader wants to see.
fn line_of(row: &Row<'_>, draft: &Draft, config: &InventoryConfig) -> InventoryLine {
    let reason = excluded(draft.role, config.electricity_boundary, config.agriculture_scope, config);
    let raw = row.raw;
    let origin = if raw.sheet.is_empty() { &raw.file } else { &raw.sheet };
    let part = if draft.part.is_empty() { String::new() } else { format!("#{}", draft.part) };
    let place = if raw.file.is_empty() {
        [row.category.key.as_str(), row.def.key.as_str(), raw.industry.as_str(), row.land_group.as_str()]
            .join(".")
    } else {
        format!("{origin}!{}", raw.cell)
    };
    InventoryLine {
        id: format!("{place}/{}{part}", draft.factor_id),
        sector: row.category.sector.key().to_owned(),
        category: row.category.key.clone(),
        equation: row.category.sector.equation(),
        land_group: row.land_group.clone(),
        industry: raw.industry.clone(),
        activity: row.def.key.clone(),
        label: raw.activity.clone(),
        amount: row.value,
        unit: raw.unit.clone(),
        factor_id: draft.factor_id.clone(),
        factor_value: draft.factor_value,
        factor_unit: draft.factor_unit.clone(),
        gas: draft.amount.gas().to_owned(),
        gas_t: draft.amount.tonnes(),
        gwp: draft.amount.warming(config.gwp_set),
        gwp_set: draft.amount.gwp_set(config.gwp_set).map_or("", GwpSet::name).to_owned(),
        result_t: draft.amount.to_co2e(config.gwp_set).tonnes(),
        counted: reason.is_none(),
        excluded_because: reason.unwrap_or("").to_owned(),
        basis: draft.formula.clone(),
        source: draft.source.clone(),
        status: draft.status.name().to_owned(),
        uncertainty_pct: product_pct(&[row.uncertainty_pct, draft.factor_uncertainty_pct]),
        activity_uncertainty_pct: row.uncertainty_pct,
        factor_uncertainty_pct: draft.factor_uncertainty_pct,
        file: raw.file.clone(),
        sheet: raw.sheet.clone(),
        cell: raw.cell.clone(),
        note: raw.note.clone(),
    }
}
