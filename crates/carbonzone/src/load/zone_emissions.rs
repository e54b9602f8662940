//! The proxy `zone_emissions`: emissions that a table has for each zone stay in it.

use super::ground::{Ground, Proxies, land_of_proxy};
use super::per_zone::over_land;
use super::zones::ZoneSet;
use super::{Notes, Reading};
use crate::proxy_use::ProxyUse;
use carbonzone_spatialize::AllocationRule;
use carbonzone_types::{ExactSum, Finding, LedgerRow, ProxyKind, Severity, Stage, Statement};

const PROXY: &str = "zone_emissions";
/// Part of the emissions that may change the zone without a warning: borders of two sources never agree.
const MOVED: f64 = 1e-3;

/// Spreads the emissions of each zone over its parcels of the land of the rules that ask for them, by area:
/// `w_p = Σ_z E_z a(p ∩ z) / Σ_q a(q ∩ z)`.
pub fn load(ground: &Ground<'_>, proxies: &mut Proxies, notes: &mut Notes) {
    let Ground { reading: Reading { loaded, .. }, parcels, zones, .. } = *ground;
    let land = land_of_proxy(loaded, parcels, &[PROXY]);
    if land.is_empty() {
        return;
    }
    let given = &zones.emissions.values;
    if given.iter().flatten().next().is_none() {
        // A zone table that could not be read is told already.
        let told = |f: &Finding| f.severity >= Severity::Error && f.layer.as_deref() == Some("zones");
        if !notes.findings.items.iter().any(told) {
            let message = "a rule is placed by the emissions of the zones, but no zone has any";
            notes.findings.push(
                Finding::error("zone_emissions", message)
                    .layer("zones")
                    .field("layers.zones.tables.emissions")
                    .expected(
                        "a column with the emissions of each zone, of the zone layer or of a joined table",
                    ),
            );
        }
        return;
    }
    let mask = parcels.mask(&land);
    let over = over_land(ground, &mask, given);
    let land = land.into_iter().collect::<Vec<_>>().join("+");
    if refuse_unknown(ground, &over.land_m2, notes) {
        return;
    }
    let lost = tell_without_land(zones, &over.land_m2, &land, notes);
    tell_moved(zones, &over.moved, notes);
    notes.proxy_use.insert(PROXY.to_owned(), ProxyUse::spread(&over.per_parcel, &mask, lost));
    let known = given.iter().flatten().count();
    notes.statements.push(Statement::new(
        format!("Emissions by zone: the numbers of the table for {known} zones, spread evenly over their {land} parcels; differences within a zone are those of area."),
        format!("分区排放：统计表给出 {known} 个单元的排放量，在其 {land} 地块上均匀分布；单元内部的差异只反映面积。"),
    ));
    proxies.table.insert(PROXY, "t", over.per_parcel);
}

/// A zone with land of the rule, but without emissions: unknown is not zero.
fn refuse_unknown(ground: &Ground<'_>, land_m2: &[f64], notes: &mut Notes) -> bool {
    let zones = ground.zones;
    let unknown: Vec<usize> =
        (0..land_m2.len()).filter(|&z| land_m2[z] > 0.0 && zones.emissions.values[z].is_none()).collect();
    if unknown.is_empty() {
        return false;
    }
    let named = unknown.iter().take(20).map(|&z| format!("{} ({})", zones.ids[z], zones.names[z]));
    let message = "zones have land of the rule, but no emissions in the table";
    notes.findings.push(
        Finding::error("zone_without_emissions", message)
            .input("zones", &ground.reading.loaded.pipeline.layers.zones.source.path)
            .feature(named.collect::<Vec<_>>().join(", "))
            .field("emissions")
            .value("(missing)")
            .expected("a number for every zone; 0 where nothing is emitted")
            .count(unknown.len() as u64),
    );
    true
}

/// Emissions of zones that have no land of the rule; gives their sum.
fn tell_without_land(zones: &ZoneSet, land_m2: &[f64], land: &str, notes: &mut Notes) -> f64 {
    let of = |z: usize| zones.emissions.values[z].unwrap_or(0.0);
    let without: Vec<usize> = (0..land_m2.len()).filter(|&z| land_m2[z] <= 0.0 && of(z) > 0.0).collect();
    let lost = without.iter().map(|&z| of(z)).collect::<ExactSum>().value();
    if without.is_empty() {
        return 0.0;
    }
    let row = LedgerRow::counted(Stage::Drop, land, without.len() as f64, "zones");
    notes.ledger.push(row.note("emissions of zones without a parcel of the class"));
    let all = zones.emissions.sum();
    let message = format!(
        "zones without a {land} parcel have {:.1} % of the emissions of all zones: the other zones get them",
        100.0 * lost / all
    );
    notes.findings.push(
        Finding::warning("zone_emissions_without_land", message)
            .layer("zones")
            .feature(without.iter().take(20).map(|&z| zones.ids[z].as_str()).collect::<Vec<_>>().join(", "))
            .count(without.len() as u64)
            .hint("let the `land` of the rule with \"zone_emissions\" name land that every zone has"),
    );
    lost
}

/// Says how much changes its zone because a parcel lies in several: it is cut by area.
fn tell_moved(zones: &ZoneSet, moved: &[f64], notes: &mut Notes) {
    let gain = moved.iter().filter(|m| **m > 0.0).copied().collect::<ExactSum>().value();
    let all = zones.emissions.sum();
    if gain <= MOVED * all {
        return;
    }
    let most = (0..moved.len()).max_by(|a, b| moved[*a].abs().total_cmp(&moved[*b].abs()));
    let Some(most) = most else { return };
    let message = format!(
        "parcels that lie in several zones take {:.2} % of the emissions into another zone than the table says",
        100.0 * gain / all
    );
    notes.findings.push(
        Finding::warning("zone_emissions_moved", message)
            .layer("zones")
            .feature(zones.ids[most].clone())
            .hint("the zone named differs most; border = \"clip\" does not help: cut the parcels at the borders of the zones, or take the zones themselves as parcels"),
    );
}

/// The budgets that are placed by the emissions of the zones against their sum in the table.
pub fn check_total(rules: &[AllocationRule], zones: &ZoneSet, notes: &mut Notes) {
    let by_zone =
        |r: &&AllocationRule| r.proxies.first().is_some_and(|p| p.kind() == ProxyKind::ZoneEmissions);
    let placed: Vec<&AllocationRule> = rules.iter().filter(by_zone).collect();
    let budget_t = placed.iter().map(|r| r.budget_t).collect::<ExactSum>().value();
    let table_t = zones.emissions.sum();
    let differs = (budget_t - table_t).abs() > MOVED * table_t;
    if placed.is_empty() || !zones.emissions.in_tonnes || !differs {
        return;
    }
    let message = format!(
        "the budgets that are placed by the emissions of the zones are {budget_t:.1} t, the zones have {table_t:.1} t: every zone gets {:.4} times what its table says",
        budget_t / table_t
    );
    notes.findings.push(
        Finding::warning("zone_emissions_total", message)
            .layer("inventory")
            .feature(placed.iter().map(|r| r.id.as_str()).collect::<Vec<_>>().join(", "))
            .hint("is one of them of another year, or without some sector? With the sum of the column as amount, every zone has the number of its table"),
    );
}
