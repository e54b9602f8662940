//! Budgets that rest on few points of equal weight, and parcels whose tonnes per hectare no plant has.

use crate::load::Inputs;
use carbonzone_report::number::grouped;
use carbonzone_spatialize::{Allocation, denser_than};
use carbonzone_types::{ExactSum, Finding, M2_PER_HECTARE, Proxy, ProxyKind, RuleRecord};

/// From so many tonnes a year on a works is a key emitter of the national carbon market of China and stands on public lists
/// (Measures for the Administration of Carbon Emissions Trading, 2020, article 8).
const KEY_EMITTER_T: f64 = 26_000.0;
/// Share of all gross emissions from which on it matters, percent.
const SHARE_PCT: f64 = 5.0;
/// More than any plant emits on its ground, t per hectare and year (ours).
const MOST_T_HA: f64 = 1e6;

/// What is beyond the limits.
pub fn findings(inputs: &Inputs, allocation: &Allocation) -> Vec<Finding> {
    let emits = |r: &&RuleRecord| r.sector != "sink";
    let gross_t = allocation.records.iter().filter(emits).map(|r| r.placed_t).collect::<ExactSum>().value();
    let rules = allocation.records.iter().filter(emits);
    rules.filter_map(|r| on_few_points(r, gross_t)).chain(crowded(inputs, allocation)).collect()
}

/// A rule whose points stand for more than a key emitter each.
fn on_few_points(rule: &RuleRecord, gross_t: f64) -> Option<Finding> {
    let proxy = rule.proxies.get(rule.used?)?;
    let points = proxy.name.parse::<Proxy>().is_ok_and(|p| matches!(p.kind(), ProxyKind::Poi(_)));
    let shared_t = rule.placed_t - rule.point_sources_t;
    let (each_t, pct) = (shared_t / proxy.total, 100.0 * shared_t / gross_t);
    let much = points && rule.smoothing == 0.0 && each_t > KEY_EMITTER_T && pct > SHARE_PCT;
    much.then(|| {
        let message = format!(
            "rule \"{}\": {} points of \"{}\" have {} t each, whatever they are: {} % of all gross emissions rest on where they lie",
            rule.id,
            grouped(proxy.total, 0),
            proxy.name,
            grouped(each_t, 0),
            grouped(pct, 1),
        );
        Finding::warning("few_points_carry_much", message)
            .layer("poi")
            .amount_t(shared_t)
            .expected(format!(
                "at most {} t per point: from there on a works is a key emitter of the carbon market, and is on public lists",
                grouped(KEY_EMITTER_T, 0)
            ))
            .hint("the plants themselves, with their tonnes, as [layers.point_sources]")
    })
}

/// Parcels without a known plant that emit more per hectare than any plant does.
fn crowded(inputs: &Inputs, allocation: &Allocation) -> Option<Finding> {
    let parcels = &inputs.parcels;
    let mut t = vec![0.0; parcels.area_m2.len()];
    let rules = allocation.records.iter().zip(&allocation.per_rule).filter(|(r, _)| r.sector != "sink");
    rules.for_each(|(_, placed)| placed.add_to(&mut t));
    inputs.point_sources.iter().for_each(|s| t[s.parcel as usize] = 0.0);
    told(&t, &parcels.area_m2, |p| parcels.ids[p].to_owned())
}

fn told(t: &[f64], area_m2: &[f64], id: impl Fn(usize) -> String) -> Option<Finding> {
    let t_ha = |p: usize| t[p] / (area_m2[p] / M2_PER_HECTARE);
    let above = denser_than(t, area_m2, MOST_T_HA);
    let worst = above.iter().copied().max_by(|a, b| t_ha(*a).total_cmp(&t_ha(*b)).then(b.cmp(a)))?;
    let message = format!(
        "{} parcels emit more than {} t per hectare; the most {}: {} t on {} m², that is {} t per hectare",
        grouped(above.len() as f64, 0),
        grouped(MOST_T_HA, 0),
        id(worst),
        grouped(t[worst], 0),
        grouped(area_m2[worst], 0),
        grouped(t_ha(worst), 0),
    );
    let amount = above.iter().map(|p| t[*p]).collect::<ExactSum>().value();
    let finding = Finding::warning("parcel_too_dense", message)
        .layer("parcels")
        .feature(id(worst))
        .count(above.len() as u64)
        .amount_t(amount)
        .expected(format!("at most {} t per hectare, which no plant reaches", grouped(MOST_T_HA, 0)))
        .hint("a point on a sliver of land: is its parcel cut off from the rest of the works? Known plants belong into [layers.point_sources]");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::ProxyTotal;

    fn rule(name: &str, total: f64, placed_t: f64, known_t: f64) -> RuleRecord {
        RuleRecord {
            id: "supply".to_owned(),
            sector: "industry".to_owned(),
            proxies: vec![ProxyTotal { name: name.to_owned(), unit: "poi".to_owned(), total }],
            used: Some(0),
            placed_t,
            point_sources_t: known_t,
            ..RuleRecord::default()
        }
    }

    #[test]
    fn points_that_stand_for_more_than_a_key_emitter_are_told_with_their_tonnes() {
        let found = on_few_points(&rule("poi:industry", 156.0, 69_043_100.0, 0.0), 240_279_700.0).unwrap();
        assert!(
            found.message.contains("156 points of \"poi:industry\" have 442,584 t each")
                && found.message.contains("28.7 %"),
            "{}",
            found.message
        );
        // Below the tonnes of a key emitter, below the share that matters, another proxy, known plants: nothing is said.
        assert!(on_few_points(&rule("poi:industry", 5170.0, 124_304_600.0, 0.0), 240_279_700.0).is_none());
        assert!(on_few_points(&rule("poi:industry", 1.0, 1_000_000.0, 0.0), 240_279_700.0).is_none());
        assert!(on_few_points(&rule("area", 156.0, 69_043_100.0, 0.0), 240_279_700.0).is_none());
        assert!(
            on_few_points(&rule("poi:industry", 156.0, 69_043_100.0, 68_000_000.0), 240_279_700.0).is_none()
        );
    }

    #[test]
    fn a_parcel_denser_than_any_plant_is_told_with_its_numbers() {
        let id = |p: usize| format!("P{p}");
        let found = told(&[442_595.0, 90_000.0, 900.0, 0.0], &[168.0, 10_000.0, 1.0, 0.0], id).unwrap();
        assert!(found.message.starts_with(
            "2 parcels emit more than 1,000,000 t per hectare; the most P0: 442,595 t on 168 m²"
        ));
        assert_eq!((found.feature.as_deref(), found.count), (Some("P0"), Some(2)));
        assert!(told(&[90_000.0, 0.0], &[10_000.0, 10.0], id).is_none());
    }
}
