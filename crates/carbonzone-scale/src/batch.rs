//! Some parcels of a city.

use crate::Plan;
use carbonzone_spatialize::{Parcels, ProxyTable};

/// Some parcels of a city, in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Number of each parcel in the canonical order of the city.
    pub rows: Vec<u64>,
    /// Index into the space types of the plan.
    pub space_type: Vec<u16>,
    /// Area on the basis of the study, m².
    pub area_m2: Vec<f64>,
    /// Proxies.
    pub proxies: ProxyTable,
}

impl Batch {
    /// As the allocation wants them.
    pub fn parcels<'a>(&'a self, plan: &'a Plan) -> Parcels<'a> {
        Parcels { area_m2: &self.area_m2, space_type: &self.space_type, space_types: &plan.space_types }
    }
}

/// Place of a point along a Hilbert curve of 2³² steps through a box: what lies near on the curve lies near on the ground.
pub fn hilbert([x0, y0, x1, y1]: [f64; 4], [x, y]: [f64; 2]) -> u32 {
    const SIDE: u32 = 1 << 16;
    let scaled = |v: f64, low: f64, high: f64| {
        let share = if high > low { (v - low) / (high - low) } else { 0.0 };
        (share.clamp(0.0, 1.0) * f64::from(SIDE - 1)) as u32
    };
    let (mut x, mut y) = (scaled(x, x0, x1), scaled(y, y0, y1));
    let (mut place, mut side) = (0u32, SIDE / 2);
    while side > 0 {
        let (right, upper) = (u32::from(x & side > 0), u32::from(y & side > 0));
        // The last of 2³² steps still fits.
        place = place.wrapping_add(side.wrapping_mul(side).wrapping_mul((3 * right) ^ upper));
        if upper == 0 {
            if right == 1 {
                (x, y) = (SIDE - 1 - x, SIDE - 1 - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        side /= 2;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_curve_visits_every_cell_once_from_neighbour_to_neighbour() {
        let cells = |n: u32| (0..n * n).map(move |k| [f64::from(k % n), f64::from(k / n)]);
        let mut on_curve: Vec<(u32, [f64; 2])> =
            cells(16).map(|at| (hilbert([0.0, 0.0, 15.0, 15.0], at), at)).collect();
        on_curve.sort_by_key(|(place, _)| *place);
        assert_eq!(on_curve.iter().map(|(place, _)| place).collect::<BTreeSet<_>>().len(), 256);
        for pair in on_curve.windows(2) {
            let [dx, dy] = [pair[1].1[0] - pair[0].1[0], pair[1].1[1] - pair[0].1[1]];
            assert_eq!(dx.abs() + dy.abs(), 1.0, "{pair:?}");
        }
        assert_eq!(hilbert([0.0, 0.0, 0.0, 0.0], [5.0, f64::NAN]), 0, "a box without size is one place");
    }
}
