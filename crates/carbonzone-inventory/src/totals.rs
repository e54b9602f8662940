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

/// The sector's equation over its terms; every term enters one of the two sums of the equation: process emissions,
/// electricity of buildings, what transport burns beside its turnover, animals, solid waste and crops the second.
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

fn counted_term(line: &InventoryLine, sector: Sector) -> Option<SectorTerm<'_>> {
    (line.counted && line.sector == sector.key()).then(|| (&*line.category, &*line.activity, line.result_t))
}

/// Equation 1 over the lines, and the shares on both bases.
pub(crate) fn totals(lines: &[InventoryLine]) -> Totals {
    let sum = |s: Sector| by_equation(s, lines.iter().filter_map(|l| counted_term(l, s)));
    let emissions = Sector::EMISSIONS.map(sum);
    let sectors: Vec<(String, f64)> =
        Sector::EMISSIONS.iter().zip(emissions).map(|(s, t)| (s.key().to_owned(), t.tonnes())).collect();
    totals_of(&sectors, equations::gross(&emissions).tonnes(), sum(Sector::Sink).tonnes())
}

/// Totals on both bases from the emissions of the sectors, their sum and the sinks (a magnitude), t CO2e. The sink is the
/// last row; its shares are below zero, for it is taken off.
pub fn totals_of(sectors: &[(String, f64)], gross_t: f64, sink_t: f64) -> Totals {
    let net_t = equations::net(Co2e(gross_t), Co2e(sink_t)).tonnes();
    let share = |t: f64, of: f64| (of != 0.0).then(|| 100.0 * t / of);
    let row = |sector: &str, amount_t: f64, signed_t: f64| SectorTotal {
        sector: sector.to_owned(),
        amount_t,
        share_of_gross_pct: share(signed_t, gross_t),
        share_of_net_pct: share(signed_t, net_t),
    };
    let mut rows: Vec<SectorTotal> = sectors.iter().map(|(s, t)| row(s, *t, *t)).collect();
    rows.push(row(Sector::Sink.key(), sink_t, 0.0 - sink_t));
    Totals {
        gross_t,
        sink_t,
        net_t,
        // Without sinks there is nothing to compensate with, here as in the indices.
        ccr: compensating_rate(sink_t, gross_t).filter(|_| sink_t > 0.0),
        sectors: rows,
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
        Sector::EMISSIONS.iter().flat_map(|s| terms(lines, Some(*s))).collect();
    let mut net = gross.clone();
    net.extend(
        terms(lines, Some(Sector::Sink)).into_iter().map(|t| UncertainTerm { amount_t: -t.amount_t, ..t }),
    );
    rows.push(row("gross", &gross));
    rows.push(row("net", &net));
    rows
}

/// The sectors whose sum a boundary of electricity changes.
const ENERGY: [Sector; 3] = [Sector::Industry, Sector::Construction, Sector::Transport];

/// Gross and part totals under every boundary and scope.
pub(crate) fn alternatives(drafted: &[(&Row<'_>, Draft)], config: &InventoryConfig) -> Vec<AlternativeTotal> {
    let sector_total = |boundary, scope, sector: Sector| -> Co2e {
        let terms = drafted
            .iter()
            .filter(|(row, d)| {
                row.category.sector == sector && excluded(d.role, boundary, scope, config).is_none()
            })
            .map(|(row, d)| {
                (row.category.key.as_str(), row.def.key.as_str(), d.amount.to_co2e(config.gwp_set).tonnes())
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
            gross_t: some(total(boundary, config.agriculture_scope, &Sector::EMISSIONS)),
            part_t: some(total(boundary, config.agriculture_scope, &ENERGY)),
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
            gross_t: Some(total(config.electricity_boundary, scope, &Sector::EMISSIONS)),
            part_t: Some(total(config.electricity_boundary, scope, &[Sector::Agriculture])),
            in_use: scope == config.agriculture_scope,
            note: note.to_owned(),
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_carry_shares_of_both_bases() {
        let t = totals_of(&[("energy".to_owned(), 30.0), ("land".to_owned(), 10.0)], 40.0, 20.0);
        assert_eq!((t.gross_t, t.net_t, t.ccr), (40.0, 20.0, Some(0.5)));
        assert_eq!(t.sectors[2].share_of_gross_pct, Some(-50.0));
        assert_eq!(t.sectors[0].share_of_net_pct, Some(150.0));
    }

    #[test]
    fn the_sectors_are_those_that_emit_and_the_sink() {
        let (last, first) = Sector::ALL.split_last().unwrap();
        assert_eq!((first, *last), (&Sector::EMISSIONS[..], Sector::Sink));
    }
}
