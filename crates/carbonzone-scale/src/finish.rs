//! From exact sums to the numbers of a city: one rounding each.

use crate::ground::ZonesOf;
use crate::sectors::{SINK, SectorTable};
use crate::weights::complete;
use crate::{Plan, Shares, Sums, check_balances};
use carbonzone_spatialize::book;
use carbonzone_types::{
    AttributeTable, ColumnData, ExactSum, Finding, Findings, Ledger, MoneyUnit, Residual, RuleRecord, Stage,
};
use carbonzone_zoning::{
    IndexInputs, Indices, Zoning, ZoningConfig, ZoningError, ZoningScheme, append_zone_columns, classify,
    indices, one_axis::concerns,
};

/// Indices and classes of units by the `[zoning]` of a pipeline file.
///
/// # Errors
/// A scheme that contradicts itself; values that are none.
pub fn zoned(
    config: &ZoningConfig,
    inputs: &IndexInputs<'_>,
) -> Result<(ZoningScheme, Indices, Zoning), ZoningError> {
    let scheme = config.resolve()?;
    let options = scheme.index_options(config.gdp_total);
    let mut values = indices(inputs, &options)?;
    values.findings.items.retain(|f| concerns(&scheme, f));
    let zoning = classify(&scheme, &[&values])?;
    Ok((scheme, values, zoning))
}

/// The numbers of a city.
#[derive(Debug, Clone)]
pub struct CityResult {
    /// Zones: the fields of the zone layer of a run, from `unit_id` to the class.
    pub zones: AttributeTable,
    /// Cells with a parcel: the fields of the grid layer.
    pub cells: AttributeTable,
    /// Totals of the city by sector, and of sinks; exact.
    pub totals: Vec<(String, ExactSum)>,
    /// Rules as they were applied.
    pub rules: Vec<RuleRecord>,
    /// What became of every tonne.
    pub ledger: Ledger,
    /// What a user must look at.
    pub findings: Findings,
    /// Balances that were checked.
    pub balances: Vec<Residual>,
}

/// The numbers of a city from its sums. If a finding blocks, they are no result.
///
/// # Errors
/// Parcels that are missing or there twice; a scheme or values that zoning refuses.
pub fn finish(plan: &Plan, shares: &Shares, sums: &Sums) -> Result<CityResult, Findings> {
    complete(plan, sums.parcels)?;
    let mut ledger = plan.ledger.clone();
    let mut findings = plan.findings.clone();
    let rules: Vec<RuleRecord> = shares
        .rules
        .iter()
        .zip(&sums.placed)
        .map(|(share, placed)| RuleRecord { placed_t: placed.value(), ..share.record.clone() })
        .collect();
    // Their findings are in the plan: `carbonzone partition` places the budgets too, as `check` does.
    let mut told = Findings::new();
    plan.rules.iter().zip(&rules).for_each(|(rule, record)| book(&mut ledger, &mut told, rule, record));
    let sectors = &sums.columns[..sums.columns.len() - 1];
    let values = |sums: &[ExactSum]| sums.iter().map(|s| s.value()).collect::<Vec<f64>>();
    let cell_column = |c: usize| sums.cells.values().map(|of| of[c].value()).collect::<Vec<f64>>();
    let cells = SectorTable::of_columns((0..sums.columns.len()).map(cell_column).collect());
    let zones = SectorTable::of_columns(sums.zones.iter().map(|z| values(z)).collect());
    cells.book(sectors, &values(&sums.cells_outside), (Stage::Grid, Stage::GridOutside), &mut ledger);
    zones.book(sectors, &values(&sums.zones_outside), (Stage::Zones, Stage::ZonesOutside), &mut ledger);
    let ids: Vec<String> = plan.units.iter().map(|u| u.unit_id.clone()).collect();
    let names: Vec<String> = plan.units.iter().map(|u| u.name.clone()).collect();
    let areas_m2: Vec<f64> = plan.units.iter().map(|u| u.planar_m2).collect();
    findings.extend(sums.ground.findings(&ZonesOf { ids: &ids, names: &names, areas_m2: &areas_m2 }));
    let gdp: Vec<Option<f64>> = plan.units.iter().map(|u| u.gdp).collect();
    let inputs =
        IndexInputs { unit_ids: Some(&ids), gross_t: &zones.gross_t, sink_t: &zones.sink_t, gdp: Some(&gdp) };
    let (scheme, indices, zoning) =
        zoned(&plan.zoning, &inputs).map_err(|e| Finding::error("zoning", e.to_string()))?;
    findings.items.extend(indices.findings.items.iter().map(|f| f.clone().layer("zones")));
    let balances = check_balances(&mut ledger, &mut findings);
    let mut table = units_table(plan);
    push_tonnes(&mut table, sectors, &zones);
    append_zone_columns(&mut table, &scheme, &indices, &zoning.mean);
    let mut grid = cells_table(plan, sums);
    push_tonnes(&mut grid, sectors, &cells);
    let totals = sums.columns.iter().cloned().zip(sums.city.iter().copied()).collect();
    Ok(CityResult { zones: table, cells: grid, totals, rules, ledger, findings, balances })
}

fn push_tonnes(table: &mut AttributeTable, sectors: &[String], values: &SectorTable) {
    let names = sectors.iter().map(|s| format!("{s}_t"));
    for (name, column) in names.zip(&values.sectors_t) {
        table.push(&name, ColumnData::reals(column));
    }
    table.push("gross_t", ColumnData::reals(&values.gross_t));
    table.push(&format!("{SINK}_t"), ColumnData::reals(&values.sink_t));
    table.push("net_t", ColumnData::reals(&values.net_t));
}

fn units_table(plan: &Plan) -> AttributeTable {
    let units = &plan.units;
    let text = |f: fn(&crate::Unit) -> Option<String>| ColumnData::Text(units.iter().map(f).collect());
    let real = |f: fn(&crate::Unit) -> Option<f64>| ColumnData::Real(units.iter().map(f).collect());
    let mut table = AttributeTable::new()
        .with("unit_id", text(|u| Some(u.unit_id.clone())))
        .with("name", text(|u| Some(u.name.clone())))
        .with("name_en", text(|u| u.name_en.clone()))
        .with("district", text(|u| u.district.clone()));
    if units.iter().any(|u| u.district_en.is_some()) {
        table.push("district_en", text(|u| u.district_en.clone()));
    }
    table
        .with("area_m2", real(|u| Some(u.area_m2)))
        .with("population_persons", real(|u| u.population_persons))
        .with(&MoneyUnit::parse(&plan.gdp_unit).unwrap_or_default().gdp_field(), real(|u| u.gdp))
        .with("gdp_derived", ColumnData::Bool(units.iter().map(|u| Some(u.gdp_derived)).collect()))
}

fn cells_table(plan: &Plan, sums: &Sums) -> AttributeTable {
    let grid = &plan.grid;
    let used = || sums.cells.keys().copied();
    let int = |f: &dyn Fn(u32) -> u32| ColumnData::Int(used().map(|c| Some(i64::from(f(c)))).collect());
    let last = sums.columns.len();
    AttributeTable::new()
        .with("unit_id", ColumnData::Text(used().map(|c| Some(grid.cell_id(c))).collect()))
        .with("col", int(&|c| grid.col_row(c).0))
        .with("row", int(&|c| grid.col_row(c).1))
        .with("covered_m2", ColumnData::Real(sums.cells.values().map(|of| Some(of[last].value())).collect()))
}
