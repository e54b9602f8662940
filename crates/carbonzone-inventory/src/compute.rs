//! The engine: rows in, [`Inventory`] out.

use crate::activity::{ActivityRow, ActivityTable};
use crate::boundary::{boundary_name, excluded, scope_name};
use crate::checks::{double_counting, exclusive, flagged};
use crate::config::{AgricultureScope, ElectricityBoundary, InventoryConfig};
use crate::context::{Context, Draft, Role, Row};
use crate::equations::{
    agriculture, balance, buildings, industry, livestock, sink, solid_waste, transport, wastewater,
};
use crate::factor::{FactorLibrary, Status};
use crate::gas::GwpSet;
use crate::inventory::{AlternativeTotal, Inventory, InventoryLine, Reliance, SinkArea, UncertaintyRow};
use crate::resolve::resolve;
use crate::sink_choice;
use crate::split::{budgets, check_shares};
use crate::uncertainty::{UncertainTerm, product_pct, propagate};
use crate::vocabulary::{Sector, Vocabulary};
use carbonzone_sheet::did_you_mean;
use carbonzone_types::{
    Co2e, ExactSum, FactorSetRecord, Finding, Findings, M2_PER_HECTARE, SectorTotal, Statement, Totals,
};
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
    check_shares(config, &mut findings);
    check_years(config, activity, &mut findings);
    let vocabulary = Vocabulary::with_library(library);
    let (parcel_rows, sink_areas) = parcel_rows(config, activity, library, &vocabulary, land_areas_m2);
    let mut rows = resolve(&activity.rows, config, &vocabulary, &mut findings);
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
    check_sectors(&rows, config, &mut findings);
    if config.electricity_boundary == ElectricityBoundary::Consumption && !has_industry_electricity(&drafted)
    {
        findings.push(missing_industry_electricity());
    }
    if findings.blocks() {
        return Err(findings);
    }
    findings.extend(double_counting(&lines, config.electricity_boundary));
    findings.extend(flagged(&lines, library));
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

/// Faults of the configuration itself.
fn check_config(config: &InventoryConfig, library: &FactorLibrary, findings: &mut Findings) {
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
            findings.push(
                Finding::error(
                    "unknown_sector",
                    format!("inventory.without: unknown sector \"{name}\"{hint}"),
                )
                .field("inventory.without"),
            );
        }
    }
}

/// Without a configured year, all rows must be of one year.
fn check_years(config: &InventoryConfig, activity: &ActivityTable, findings: &mut Findings) {
    let years: BTreeSet<i32> = activity.rows.iter().filter_map(|r| r.year).collect();
    if config.year.is_none() && years.len() > 1 {
        let shown: Vec<String> = years.iter().map(ToString::to_string).collect();
        findings.push(
            Finding::error(
                "year_mismatch",
                format!("the activity data are of several years: {}", shown.join(", ")),
            )
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

/// Fractions, days and percentages within their range.
fn check_numbers(config: &InventoryConfig, findings: &mut Findings) {
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

/// Land areas from the parcels for the land types that the activity data do not give.
fn parcel_rows(
    config: &InventoryConfig,
    activity: &ActivityTable,
    library: &FactorLibrary,
    vocabulary: &Vocabulary,
    areas_m2: &BTreeMap<String, f64>,
) -> (Vec<ActivityRow>, Vec<SinkArea>) {
    let mut given: BTreeMap<String, f64> = BTreeMap::new();
    let mut scratch = Findings::new();
    for row in
        resolve(&activity.rows, config, vocabulary, &mut scratch).iter().filter(|r| r.def.group == "land")
    {
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
fn equation_lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    match row.category.key {
        "livestock" => livestock::lines(row, context),
        "wastewater" => wastewater::lines(row, context),
        "solid_waste" => solid_waste::lines(row, context),
        _ => match row.category.equation {
            2 => industry::lines(row, context),
            3 => buildings::lines(row, context),
            4 => transport::lines(row, context),
            5 => agriculture::lines(row, context),
            _ => sink::lines(row, context),
        },
    }
}

/// A drafted line with everything a reader wants to see.
fn line_of(row: &Row<'_>, draft: &Draft, config: &InventoryConfig) -> InventoryLine {
    let reason = excluded(draft.role, config.electricity_boundary, config.agriculture_scope, config);
    let raw = row.raw;
    let origin = if raw.sheet.is_empty() { &raw.file } else { &raw.sheet };
    let part = if draft.part.is_empty() { String::new() } else { format!("#{}", draft.part) };
    let place = if raw.file.is_empty() {
        [row.category.key, row.def.key.as_str(), raw.industry.as_str(), row.land_group.as_str()].join(".")
    } else {
        format!("{origin}!{}", raw.cell)
    };
    InventoryLine {
        id: format!("{place}/{}{part}", draft.factor_id),
        sector: row.category.sector.key().to_owned(),
        category: row.category.key.to_owned(),
        equation: row.category.equation,
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

/// Every sector must have rows, and homes or commerce must have electricity, unless declared absent.
fn check_sectors(rows: &[Row<'_>], config: &InventoryConfig, findings: &mut Findings) {
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
        findings.push(
            Finding::error(
                "missing_mandatory_rows",
                "equation 3 needs the electricity of homes and commerce",
            )
            .expected("rows of electricity (电力) in residential, commercial or public categories")
            .hint("add them, or use electricity_boundary = \"territorial\""),
        );
    }
}

fn has_industry_electricity(drafted: &[(&Row<'_>, Draft)]) -> bool {
    drafted.iter().any(|(_, d)| d.role == Role::IndustryElectricity)
}

fn missing_industry_electricity() -> Finding {
    Finding::error(
        "missing_mandatory_rows",
        "electricity_boundary = \"consumption\" needs industry's electricity",
    )
    .expected("rows of electricity (电力) in manufacturing_energy, mining_energy or supply_energy")
    .field("inventory.electricity_boundary")
}

/// A budget below 0 cannot be placed.
fn check_budgets(budgets: &[crate::Budget], findings: &mut Findings) {
    for b in budgets.iter().filter(|b| b.amount_t < 0.0) {
        findings.push(
            Finding::error(
                "negative_budget",
                format!("{} on {}: {} t CO2e", b.sector, b.land_group, b.amount_t),
            )
            .amount_t(b.amount_t)
            .hint("more is recovered (or stays in products) than is produced: check those rows"),
        );
    }
}

/// Order-independent sum of the counted lines of a sector.
fn sector_sum(lines: &[InventoryLine], sector: Sector) -> Co2e {
    let sum: ExactSum =
        lines.iter().filter(|l| l.counted && l.sector == sector.key()).map(|l| l.result_t).collect();
    Co2e(sum.value())
}

/// Equation 1 and the shares on both bases.
fn totals(lines: &[InventoryLine]) -> Totals {
    let emissions: Vec<Co2e> = Sector::ALL[..5].iter().map(|s| sector_sum(lines, *s)).collect();
    let gross = balance::gross(&emissions);
    let sink = sector_sum(lines, Sector::Sink);
    let net = balance::net(gross, sink);
    let share = |x: f64, of: Co2e| (of.tonnes() != 0.0).then(|| 100.0 * x / of.tonnes());
    let sectors = Sector::ALL
        .iter()
        .map(|s| {
            let amount_t = sector_sum(lines, *s).tonnes();
            let signed = if *s == Sector::Sink { -amount_t } else { amount_t };
            SectorTotal {
                sector: s.key().to_owned(),
                amount_t,
                share_of_gross_pct: share(amount_t, gross),
                share_of_net_pct: share(signed, net),
            }
        })
        .collect();
    Totals {
        gross_t: gross.tonnes(),
        sink_t: sink.tonnes(),
        net_t: net.tonnes(),
        ccr: balance::compensating_rate(gross, sink),
        sectors,
        ..Totals::default()
    }
}

/// The terms of a set of lines.
fn terms(lines: &[InventoryLine], sector: Option<Sector>) -> Vec<UncertainTerm<'_>> {
    let wanted = |l: &&InventoryLine| l.counted && sector.is_none_or(|s| s.key() == l.sector);
    lines
        .iter()
        .filter(wanted)
        .map(|l| UncertainTerm {
            amount_t: l.result_t,
            activity_pct: l.activity_uncertainty_pct,
            factor_pct: l.factor_uncertainty_pct,
            factor: &l.factor_id,
        })
        .collect()
}

/// Approach 1 per sector, gross and net.
fn uncertainty(lines: &[InventoryLine]) -> Vec<UncertaintyRow> {
    let row = |item: &str, terms: &[UncertainTerm<'_>]| {
        let (half_width_t, uncertainty_pct) = propagate(terms);
        let amount: ExactSum = terms.iter().map(|t| t.amount_t).collect();
        UncertaintyRow { item: item.to_owned(), amount_t: amount.value(), half_width_t, uncertainty_pct }
    };
    let mut rows: Vec<UncertaintyRow> =
        Sector::ALL.iter().map(|s| row(s.key(), &terms(lines, Some(*s)))).collect();
    let gross: Vec<UncertainTerm<'_>> =
        Sector::ALL[..5].iter().flat_map(|s| terms(lines, Some(*s))).collect();
    let mut net = gross.clone();
    net.extend(
        terms(lines, Some(Sector::Sink)).into_iter().map(|t| UncertainTerm { amount_t: -t.amount_t, ..t }),
    );
    rows.push(row("gross", &gross));
    rows.push(row("net", &net));
    rows
}

/// Gross and part totals under every boundary and scope.
fn alternatives(drafted: &[(&Row<'_>, Draft)], config: &InventoryConfig) -> Vec<AlternativeTotal> {
    let sector_total = |boundary, scope, sector: Sector| -> Co2e {
        let sum: ExactSum = drafted
            .iter()
            .filter(|(row, d)| {
                row.category.sector == sector && excluded(d.role, boundary, scope, config).is_none()
            })
            .map(|(_, d)| d.amount.to_co2e(config.gwp_set).tonnes())
            .collect();
        Co2e(sum.value())
    };
    let total = |boundary, scope, sectors: &[Sector]| -> f64 {
        let sums: Vec<Co2e> = sectors.iter().map(|s| sector_total(boundary, scope, *s)).collect();
        balance::gross(&sums).tonnes()
    };
    let mut rows = Vec::new();
    for boundary in
        [ElectricityBoundary::Paper, ElectricityBoundary::Territorial, ElectricityBoundary::Consumption]
    {
        let missing = boundary == ElectricityBoundary::Consumption && !has_industry_electricity(drafted);
        let some = |x: f64| (!missing).then_some(x);
        let note = match boundary {
            ElectricityBoundary::Paper => "equations 2 and 3 as printed: power plants and electricity use",
            ElectricityBoundary::Territorial => "fuels burnt inside the city; electricity and heat use are 0",
            ElectricityBoundary::Consumption if missing => "not available: no rows of industry's electricity",
            ElectricityBoundary::Consumption => "all electricity use; the fuel of power sold is taken out",
        };
        rows.push(AlternativeTotal {
            option: "electricity_boundary".to_owned(),
            value: boundary_name(boundary).to_owned(),
            gross_t: some(total(boundary, config.agriculture_scope, &Sector::ALL[..5])),
            part_t: some(total(boundary, config.agriculture_scope, &Sector::ALL[..3])),
            in_use: boundary == config.electricity_boundary,
            note: note.to_owned(),
        });
    }
    for scope in [AgricultureScope::Paper, AgricultureScope::Ipcc] {
        let note = match scope {
            AgricultureScope::Paper => "inputs with their carbon, tillage, methane of animals",
            AgricultureScope::Ipcc => "methane of animals and rice, N2O of soils and manure",
        };
        rows.push(AlternativeTotal {
            option: "agriculture_scope".to_owned(),
            value: scope_name(scope).to_owned(),
            gross_t: Some(total(config.electricity_boundary, scope, &Sector::ALL[..5])),
            part_t: Some(total(config.electricity_boundary, scope, &[Sector::Agriculture])),
            in_use: scope == config.agriculture_scope,
            note: note.to_owned(),
        });
    }
    rows
}

/// Factor sets in use, in order of their tonnes.
fn factor_sets(drafted: &[(&Row<'_>, Draft)], lines: &[InventoryLine]) -> Vec<FactorSetRecord> {
    let mut sets: BTreeMap<(&str, &str), Vec<(&Draft, f64)>> = BTreeMap::new();
    for ((row, draft), line) in drafted.iter().zip(lines).filter(|(_, l)| l.counted) {
        sets.entry((&draft.set, row.category.sector.key())).or_default().push((draft, line.result_t.abs()));
    }
    let mut records: Vec<FactorSetRecord> = sets
        .into_iter()
        .map(|((set, sector), members)| {
            let sum = |weak: bool| {
                members
                    .iter()
                    .filter(|(d, _)| !weak || d.status.is_weak())
                    .map(|(_, t)| *t)
                    .collect::<ExactSum>()
                    .value()
            };
            let statuses: BTreeSet<Status> = members.iter().map(|(d, _)| d.status).collect();
            let mut sources: Vec<&str> = members.iter().map(|(d, _)| d.source.as_str()).collect();
            sources.sort_unstable();
            sources.dedup();
            FactorSetRecord {
                set: set.to_owned(),
                purpose: sector.to_owned(),
                status: statuses.iter().map(|s| s.name()).collect::<Vec<_>>().join(" and "),
                source: match sources.as_slice() {
                    [only] => (*only).to_owned(),
                    [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
                    [] => String::new(),
                },
                amount_t: Some(sum(false)),
                unverified_t: Some(sum(true)),
            }
        })
        .collect();
    records.sort_by(|a, b| b.amount_t.unwrap_or(0.0).total_cmp(&a.amount_t.unwrap_or(0.0)));
    records
}

/// Tonnes that rest on unverified and disputed rows.
fn reliance(lines: &[InventoryLine], gross_t: f64) -> Reliance {
    let is_sink = |l: &InventoryLine| l.sector == Sector::Sink.key();
    let counted = || lines.iter().filter(|l| l.counted);
    let sum = |test: &dyn Fn(&InventoryLine) -> bool| {
        counted().filter(|l| test(l)).map(|l| l.result_t.abs()).collect::<ExactSum>().value()
    };
    let weak = |l: &InventoryLine| Status::by_name(&l.status).is_some_and(Status::is_weak);
    let unverified_t = sum(&|l| !is_sink(l) && l.status == Status::Unverified.name());
    let disputed_t = sum(&|l| !is_sink(l) && l.status == Status::Disputed.name());
    let mut by_factor: BTreeMap<&str, f64> = BTreeMap::new();
    for line in counted().filter(|l| weak(l)) {
        *by_factor.entry(&line.factor_id).or_default() += line.result_t.abs();
    }
    let mut weak_factors: Vec<(&str, f64)> = by_factor.into_iter().filter(|(_, t)| *t > 0.0).collect();
    weak_factors.sort_by(|a, b| b.1.total_cmp(&a.1));
    Reliance {
        unverified_t,
        disputed_t,
        weak_share: (gross_t > 0.0).then(|| (unverified_t + disputed_t) / gross_t),
        weak_sink_t: sum(&|l| is_sink(l) && weak(l)),
        weak_factors: weak_factors.into_iter().map(|(id, _)| id.to_owned()).collect(),
        own_gwp_t: sum(&|l| l.gas == "CO2e"),
    }
}

/// A run that leans on unverified rows says so.
fn warn_reliance(reliance: &Reliance, findings: &mut Findings) {
    let weak_t = reliance.unverified_t + reliance.disputed_t;
    if weak_t + reliance.weak_sink_t <= 0.0 {
        return;
    }
    let share = reliance.weak_share.map(|s| format!(" ({:.1} % of gross)", 100.0 * s)).unwrap_or_default();
    let shown: Vec<&str> = reliance.weak_factors.iter().take(6).map(String::as_str).collect();
    findings.push(
        Finding::warning(
            "unverified_factors",
            format!(
                "{weak_t:.0} t CO2e of emissions{share} and {:.0} t of sinks rest on factors that are not verified or disputed: {}{}",
                reliance.weak_sink_t,
                shown.join(", "),
                if reliance.weak_factors.len() > shown.len() { ", ..." } else { "" }
            ),
        )
        .count(reliance.weak_factors.len() as u64)
        .amount_t(weak_t + reliance.weak_sink_t)
        .hint("check them against their sources and put your own rows into inventory.overrides"),
    );
}

/// Sentences for the report.
fn statements(config: &InventoryConfig, reliance: &Reliance) -> Vec<Statement> {
    let mut statements = Vec::new();
    if config.synthetic {
        statements.push(Statement::new("The activity data are synthetic.", "活动数据为合成数据。"));
    }
    if config.electricity_boundary == ElectricityBoundary::Paper {
        statements.push(Statement::new(
            "electricity_boundary = paper: the fuel of power plants and the electricity of buildings and vehicles are both counted, as the paper prints it.",
            "electricity_boundary = paper：与论文一致，发电厂燃料与建筑、车辆用电均计入，存在重复计算。",
        ));
    }
    if let Some(share) = reliance.weak_share {
        let pct = 100.0 * share;
        statements.push(Statement::new(
            format!("{pct:.1} % of gross emissions rest on factors that are not verified or disputed."),
            format!("碳排放总量的 {pct:.1} % 依据未核实或有争议的因子。"),
        ));
    }
    if reliance.own_gwp_t > 0.0 {
        let t = reliance.own_gwp_t;
        statements.push(Statement::new(
            format!(
                "{t:.0} t CO2e come from factors published only as CO2e: they keep their own warming potentials and ignore gwp_set."
            ),
            format!("{t:.0} t CO2e 来自仅以 CO2e 公布的因子：沿用其自身的增温潜势，不受 gwp_set 影响。"),
        ));
    }
    statements
}
