//! From terms to sectors by equations 2 to 7, and to gross and net by equation 1; uncertainty and other boundaries.

use crate::boundary::{boundary_name, excluded, scope_name};
use crate::complete::has_industry_electricity;
use crate::config::{AgricultureScope, ElectricityBoundary, InventoryConfig};
use crate::context::{Draft, Row};
use crate::equations;
use crate::inventory::{AlternativeTotal, InventoryLine, UncertaintyRow};
use crate::uncertainty::{UncertainTerm, propagate};
use crate::vocabulary::Sector;
use carbonzone_types::{Co2e, ExactSum, SectorTotal, Totals, compensating_rate};

/// A term of a sector: category, activity, t CO2e.
type SectorTerm<'a> = (&'a str, &'a str, f64);

/// The sector's equation over its terms; every term enters one of the two sums of the equation.
fn by_equation<'a>(sector: Sector, terms: impl Iterator<Item = SectorTerm<'a>>) -> Co2e {
    let second = |(category, activity): (&str, &str)| match sector {
        Sector::Industry => category == "process",
        Sector::Construction => activity == "electricity",
        Sector::Transport => category != "turnover",
        Sector::Agriculture => category == "livestock",
        Sector::Waste => category == "solid_waste",
        Sector::Sink => category == "crops",
    };
    let mut parts: [Vec<f64>; 2] = Default::default();
    for (category, activity, tonnes) in terms {
        parts[usize::from(second((category, activity)))].push(tonnes);
    }
    let [a, b] = parts;
    match sector {
        Sector::Industry => equations::industry(&a, &b),
        Sector::Construction => equations::buildings(&a, &b),
        Sector::Transport => equations::transport(&a, &b),
        Sector::Agriculture => equations::agriculture(&a, &b),
        Sector::Waste => equations::waste(&a, &b),
        Sector::Sink => equations::sinks(&a, &b),
    }
}

/// The term of a line that counts in a sector.
fn counted_term(line: &InventoryLine, sector: Sector) -> Option<SectorTerm<'_>> {
    (line.counted && line.sector == sector.key()).then(|| (&*line.category, &*line.activity, line.result_t))
}

/// Equation 1 and the shares on both bases.
pub(crate) fn totals(lines: &[InventoryLine]) -> Totals {
    let sums = Sector::ALL.map(|s| by_equation(s, lines.iter().filter_map(|l| counted_term(l, s))));
    let (gross, sink) = (equations::gross(&sums[..5]), sums[5]);
    let net = equations::net(gross, sink);
    let share = |x: f64, of: Co2e| (of.tonnes() != 0.0).then(|| 100.0 * x / of.tonnes());
    let sectors = Sector::ALL
        .iter()
        .zip(sums)
        .map(|(s, sum)| {
            let amount_t = sum.tonnes();
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
        ccr: compensating_rate(sink.tonnes(), gross.tonnes()),
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
pub(crate) fn uncertainty(lines: &[InventoryLine]) -> Vec<UncertaintyRow> {
    let row = |item: &str, terms: &[UncertainTerm<'_>]| {
        let (half_width_t, uncertainty_pct) = propagate(terms);
        let amount: ExactSum = terms.iter().map(|t| t.amount_t).collect();
        UncertaintyRow {
            item: item.to_owned(),
            amount_t: amount.value(),
            half_width_t,
            uncertainty_pct,
            approach2_t: None,
        }
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
pub(crate) fn alternatives(drafted: &[(&Row<'_>, Draft)], config: &InventoryConfig) -> Vec<AlternativeTotal> {
    let sector_total = |boundary, scope, sector: Sector| -> Co2e {
        let terms = drafted
            .iter()
            .filter(|(row, d)| {
                row.category.sector == sector && excluded(d.role, boundary, scope, config).is_none()
            })
            .map(|(row, d)| {
                (row.category.key, row.def.key.as_str(), d.amount.to_co2e(config.gwp_set).tonnes())
            });
        by_equation(sector, terms)
    };
    let total = |boundary, scope, sectors: &[Sector]| -> f64 {
        let sums: Vec<Co2e> = sectors.iter().map(|s| sector_total(boundary, scope, *s)).collect();
        equations::gross(&sums).tonnes()
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
