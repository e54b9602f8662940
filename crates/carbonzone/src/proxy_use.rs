//! What became of a proxy: how much of it lies on the land that needs it.

use carbonzone_spatialize::surrogate::lines::LineTally;
use carbonzone_spatialize::surrogate::points::PointTally;
use carbonzone_types::ExactSum;

/// A proxy, whole and in parts, in its unit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProxyUse {
    /// All of it that was read (inside the border, if that clips).
    pub total: f64,
    /// On the land of the rules that have it, what was moved there included.
    pub used: f64,
    /// Moved to the nearest parcel of that land.
    pub snapped: f64,
    /// On other land.
    pub other_class: f64,
    /// On no parcel.
    pub outside: f64,
    /// The weights on the land of all its rules: class weights make them differ from `used`.
    pub weights: f64,
}

impl ProxyUse {
    /// Of points: POI, people.
    pub fn of_points(tally: &PointTally) -> Self {
        let [inside, snapped, other_class, outside] =
            [tally.inside, tally.snapped, tally.other_class, tally.outside].map(ExactSum::value);
        let used = inside + snapped;
        Self { total: used + other_class + outside, used, snapped, other_class, outside, weights: used }
    }

    /// Of lines; `weights` is what their land weighs.
    pub fn of_lines(tally: &LineTally, weights: f64) -> Self {
        let [total, inside, snapped] = [tally.total, tally.in_class, tally.snapped].map(ExactSum::value);
        let used = inside + snapped;
        // What a rule has moved may come from other parcels too.
        let other_class = tally.in_other.value().min((total - used).max(0.0));
        let outside = (total - used - other_class).max(0.0);
        // A stretch along an edge is in the class as part of its line, and may be moved as a piece of it: then the parts are a
        // little more than the line. Shares are of the sum of the parts, so that they are 100 % together.
        Self { total: used + other_class + outside, used, snapped, other_class, outside, weights }
    }

    /// Of what was spread over parcels by area; `mask` marks the land that needs it (empty: all).
    pub fn spread(per_parcel: &[f64], mask: &[bool], outside: f64) -> Self {
        let on_parcels = ExactSum::of(per_parcel);
        let members = per_parcel.iter().zip(mask).filter(|(_, m)| **m).map(|(v, _)| *v);
        let used = if mask.is_empty() { on_parcels } else { members.collect::<ExactSum>().value() };
        let outside = outside.max(0.0);
        let other_class = (on_parcels - used).max(0.0);
        Self { total: on_parcels + outside, used, snapped: 0.0, other_class, outside, weights: used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_lines_are_100_percent_together_also_where_a_piece_is_counted_twice() {
        let sum = |m: f64| [m].into_iter().collect::<ExactSum>();
        let of = |in_class: f64, in_other: f64, snapped: f64| {
            let tally = LineTally {
                total: sum(100.0),
                in_class: sum(in_class),
                in_other: sum(in_other),
                snapped: sum(snapped),
                ..LineTally::default()
            };
            ProxyUse::of_lines(&tally, 1.0)
        };
        for (found, total) in
            [(of(70.0, 5.0, 10.0), 100.0), (of(70.0, 5.0, 30.0035), 100.0035), (of(0.0, 0.0, 0.0), 100.0)]
        {
            assert!((found.total - total).abs() < 1e-12, "{found:?}");
            assert_eq!(found.total, found.used + found.other_class + found.outside);
            assert!(found.used <= found.total);
        }
    }
}
