//! What `run.json` says of a run of parcels.

use super::Parcels;
use crate::compute::Results;
use crate::load::Inputs;
use crate::manifest::{common, indicators};
use crate::study::Computed;
use crate::{compensation, gdp_proxies, one_point, reference, scenario, sink_sets, uncertainty};
use carbonzone_spatialize::PlacedPointSource;
use carbonzone_spatialize::groups::sums_of;
use carbonzone_types::{Contribution, ExactSum, LandSectorRecord, PointSourceRecord, RunManifest};
use rayon::prelude::*;

/// Everything known before writing.
pub fn build(computed: Computed<'_, Parcels>) -> RunManifest {
    let Computed { config: loaded, inputs, results, notes, balances } = computed;
    let p = &loaded.pipeline;
    let common = common(loaded, &p.city, Some(&inputs.crs), notes);
    let by_proxy = gdp_proxies::side_by_side(p, inputs, results);
    let mut record = RunManifest {
        study: "parcels".to_owned(),
        grid: Some(results.grid),
        grid_layer: results.grid.layer_name(),
        zones_layer: p.layers.zones.kind.clone(),
        sectors: results.sectors.clone(),
        rules: results.allocation.records.clone(),
        contributions: contributions(inputs, results),
        point_sources: point_sources(inputs),
        by_land: by_land(inputs, results),
        sink_sets: sink_sets::records(inputs, &results.scheme, &results.zoning, &results.sink_sets),
        on_one_point: one_point::records(inputs, results),
        totals: results.totals.clone(),
        indicators: indicators(&results.scheme, &results.zoning, results.indices.totals.ccr),
        zone_classes: results.scheme.records(&results.zoning.overall),
        inventory: inputs.inventory.as_ref().and_then(|i| serde_json::to_value(i).ok()).unwrap_or_default(),
        balances,
        summary: by_proxy.as_ref().map(|s| s.lines(results)).unwrap_or_default(),
        statements: common
            .statements
            .iter()
            .cloned()
            .chain(by_proxy.map(|s| s.statement()))
            .chain(
                results
                    .confidence
                    .as_ref()
                    .and_then(|c| uncertainty::other_likelier(&c.units, &results.scheme.records(&[]))),
            )
            .chain(uncertainty::statements(p.uncertainty.as_ref()))
            .collect(),
        statistics: results.statistics.as_ref().map(crate::statistics::Statistics::record),
        confidence: results.confidence.as_ref().zip(p.uncertainty.as_ref()).map(|(c, section)| {
            let borderline = &results.zoning.mean.borderline;
            uncertainty::record(c, section, &inputs.zones.ids, borderline)
        }),
        ..common
    };
    compensation::note_in(&mut record, p.compensation.as_ref(), results.compensation.as_ref());
    scenario::note_in(&mut record, p, results);
    reference::note_in(&mut record, &results.references);
    record.scenarios = scenario::records(p, inputs, results);
    record
}

/// Gross tonnes by space type and sector, known plants on the land they stand on.
fn by_land(inputs: &Inputs, results: &Results) -> Vec<LandSectorRecord> {
    let parcels = &inputs.parcels;
    let sectors = results.sectors.par_iter().zip(&results.parcels.sectors_t);
    let of_sector = |(sector, tonnes): (&String, &Vec<f64>)| {
        let sums = sums_of(&parcels.space_type, parcels.space_types.len(), tonnes);
        let named = parcels.space_types.iter().zip(sums.into_iter().map(ExactSum::value));
        let record = |(space_type, amount_t): (&String, f64)| LandSectorRecord {
            space_type: space_type.clone(),
            sector: sector.clone(),
            amount_t,
        };
        named.filter(|(_, t)| *t > 0.0).map(record).collect::<Vec<_>>()
    };
    sectors.flat_map_iter(of_sector).collect()
}

/// Tonnes by zone and rule, plants with their rule.
fn contributions(inputs: &Inputs, results: &Results) -> Vec<Contribution> {
    let mut out: Vec<Contribution> = Vec::new();
    let shares = &results.explained.on_zones;
    for ((unit, part), amount_t) in shares.unit.iter().zip(&shares.part).zip(&shares.amount_t) {
        let (zone, rule) = (&inputs.zones.ids[*unit as usize], &results.explained.parts[*part as usize].rule);
        match out.last_mut().filter(|last| last.zone == *zone && last.rule == *rule) {
            Some(last) => last.amount_t += amount_t,
            None => out.push(Contribution { zone: zone.clone(), rule: rule.clone(), amount_t: *amount_t }),
        }
    }
    out
}

/// Plants with the ids of their parcels.
fn point_sources(inputs: &Inputs) -> Vec<PointSourceRecord> {
    let record = |plant: &PlacedPointSource| PointSourceRecord {
        id: plant.id.clone(),
        rule: plant.rule.clone(),
        parcel: inputs.parcels.ids[plant.parcel as usize].to_owned(),
        gross_t: plant.gross_t,
    };
    inputs.point_sources.iter().map(record).collect()
}
