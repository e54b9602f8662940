//! Units whose class hangs on one map point. The points of a rule have the same tonnes each, whatever they are: where few points share
//! much, one of them can decide the class of the unit it stands in.

use crate::compute::Results;
use crate::explained::Part;
use crate::load::Inputs;
use carbonzone_types::{OnePointRecord, Proxy, ProxyKind};
use carbonzone_zoning::ClassRule;
use carbonzone_zoning::indices::EccDirection;

/// Share of a unit's gross emissions from which on one point is looked at (ours: a smaller one is no more than the borderline says).
const SHARE: f64 = 0.1;
/// Unit of a proxy that counts points without weights.
const POINTS: &str = "poi";

/// The units that would have another class if one point of theirs stood elsewhere, the largest such point of each.
pub fn records(inputs: &Inputs, results: &Results) -> Vec<OnePointRecord> {
    let Results { explained, zones, scheme, zoning, indices, .. } = results;
    let rule = ClassRule::new(scheme, &zoning.economic, &zoning.ecological);
    let mut out: Vec<(usize, OnePointRecord)> = Vec::new();
    let shares = &explained.on_zones;
    for ((unit, part), points) in shares.unit.iter().zip(&shares.part).zip(&shares.weight) {
        let (unit, part) = (*unit as usize, &explained.parts[*part as usize]);
        let gross_t = zones.gross_t[unit];
        let Some(one) = OnePoint::of(part, *points).filter(|p| p.point_t >= SHARE * gross_t) else {
            continue;
        };
        // The sums of all units stay: the tonnes go to other points.
        let left = 1.0 - one.leaves_t / gross_t;
        if left <= 0.0 {
            continue;
        }
        let ecc = indices.ecc[unit].map(|ecc| match scheme.ecc_direction {
            EccDirection::GdpOverEmission => ecc / left,
            EccDirection::PaperText => ecc * left,
        });
        let class = rule.class(ecc, indices.esc[unit].map(|esc| esc / left), false);
        let Some(known) = scheme.class_of(class).filter(|_| class != zoning.overall[unit]) else { continue };
        let record = OnePointRecord {
            unit_id: inputs.zones.ids[unit].clone(),
            rule: part.rule.clone(),
            proxy: part.proxy.clone(),
            point_t: one.point_t,
            class: known.key.clone(),
        };
        match out.iter_mut().find(|(of, _)| *of == unit) {
            Some((_, kept)) if kept.point_t < record.point_t => *kept = record,
            Some(_) => {}
            None => out.push((unit, record)),
        }
    }
    out.sort_by_key(|(unit, _)| *unit);
    out.into_iter().map(|(_, record)| record).collect()
}

/// One point of a part in a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OnePoint {
    /// What it has in the unit, t CO2e; of a parcel that several units share the part that lies there.
    point_t: f64,
    /// What the unit has less without it: the other points of the unit get their share of it.
    leaves_t: f64,
}

impl OnePoint {
    /// `None` for a part that is no count of points, or of which no other point is left.
    fn of(part: &Part, points: f64) -> Option<Self> {
        let counts = part.weight_unit == POINTS
            && part.smoothing == 0.0
            && part.sector != "sink"
            && part.proxy.parse::<Proxy>().is_ok_and(|p| matches!(p.kind(), ProxyKind::Poi(_)));
        let one = points.min(1.0);
        let rest = part.weight_total - one;
        if !counts || one <= 0.0 || rest <= 0.0 {
            return None;
        }
        let each_t = part.budget_t / part.weight_total;
        let leaves_t = each_t * points - (points - one) * part.budget_t / rest;
        Some(Self { point_t: each_t * one, leaves_t })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Part {
        Part {
            sector: "industry".to_owned(),
            rule: "supply".to_owned(),
            proxy: "poi:industry".to_owned(),
            weight_unit: POINTS.to_owned(),
            budget_t: 1000.0,
            weight_total: 10.0,
            ..Part::default()
        }
    }

    #[test]
    fn without_a_point_its_tonnes_go_to_the_other_points_of_the_rule() {
        // Three of ten points of 100 t: without one, two of nine of 1000/9 t.
        let one = OnePoint::of(&part(), 3.0).unwrap();
        assert_eq!(one.point_t, 100.0);
        assert!((one.leaves_t - (300.0 - 2.0 * 1000.0 / 9.0)).abs() < 1e-12, "{one:?}");
        // The only one of the unit leaves nothing; of a shared parcel only the share is the unit's.
        assert_eq!(OnePoint::of(&part(), 1.0).unwrap(), OnePoint { point_t: 100.0, leaves_t: 100.0 });
        assert_eq!(OnePoint::of(&part(), 0.4).unwrap(), OnePoint { point_t: 40.0, leaves_t: 40.0 });
    }

    #[test]
    fn what_is_no_count_of_points_has_no_point() {
        let no = |part: Part| assert_eq!(OnePoint::of(&part, 1.0), None);
        no(Part { weight_unit: "employees".to_owned(), ..part() });
        no(Part { proxy: "area".to_owned(), ..part() });
        no(Part { smoothing: 0.1, ..part() });
        no(Part { sector: "sink".to_owned(), ..part() });
        no(Part { weight_total: 1.0, ..part() });
        assert_eq!(OnePoint::of(&part(), 0.0), None);
    }
}
