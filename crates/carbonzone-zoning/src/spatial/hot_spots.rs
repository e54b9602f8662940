//! Hot and cold spots: Gi* of Getis and Ord, and what becomes of them along time.

use super::moran::known;
use super::weights::SpatialWeights;
use crate::{Result, ZoningError};
use carbonzone_types::loops::clusters::gi_star;
use serde::{Deserialize, Serialize};

/// Gi* of every unit (a z score); NULL for unknown units.
///
/// `Gi* = (Σ w x − x̄ W)/(s √((n Σ w² − W²)/(n−1)))` with the unit itself among its neighbours (`w_ii = 1`),
/// `W = Σ w`, and `s` the population standard deviation. Use binary weights. A unit that is everybody's
/// neighbour has no variance and gives NULL; equal values everywhere give 0.
///
/// # Errors
/// [`ZoningError::Length`] if the sizes differ; [`ZoningError::TooFew`] with fewer than three known units.
pub fn getis_ord_star(weights: &SpatialWeights, values: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    let (w, x) = known(weights, values)?;
    if x.len() < 3 {
        return Err(ZoningError::TooFew { method: "Gi*".to_owned(), found: x.len(), needed: 3 });
    }
    Ok(gi_star(&w, &x, values))
}

/// Confidence bin of a z score: 3, 2, 1 for a hot spot at 99, 95, 90 %, −3, −2, −1 for a cold spot, else 0.
///
/// ```
/// use carbonzone_zoning::spatial::hot_spots::confidence_bin;
/// assert_eq!([2.6, 2.0, 1.7, 0.0, -1.7].map(confidence_bin), [3, 2, 1, 0, -1]);
/// ```
pub fn confidence_bin(z: f64) -> i8 {
    // Two-sided normal quantiles of 90, 95 and 99 %.
    let level = [1.644_854, 1.959_964, 2.575_829].iter().filter(|q| z.abs() >= **q).count() as i8;
    if z < 0.0 { -level } else { level }
}

/// What a unit's hot or cold spot does along time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HotSpotHistory {
    /// Hot in every period.
    PersistentHot,
    /// Hot in the last period only.
    NewHot,
    /// Hot in the last and, with gaps, in earlier periods.
    RecurringHot,
    /// Hot earlier, not in the last period.
    FormerHot,
    /// Never hot or cold.
    None,
    /// Cold earlier, not in the last period.
    FormerCold,
    /// Cold in the last and, with gaps, in earlier periods.
    RecurringCold,
    /// Cold in the last period only.
    NewCold,
    /// Cold in every period.
    PersistentCold,
    /// Hot in some and cold in other periods.
    Mixed,
}

/// History of one unit from its bins in time order (`None`: unknown, left out).
///
/// ```
/// use carbonzone_zoning::spatial::hot_spots::{HotSpotHistory, history};
/// assert_eq!(history(&[Some(0), Some(2), Some(3)]), HotSpotHistory::RecurringHot);
/// assert_eq!(history(&[Some(0), Some(0), Some(1)]), HotSpotHistory::NewHot);
/// ```
pub fn history(bins: &[Option<i8>]) -> HotSpotHistory {
    use HotSpotHistory as H;
    let signs: Vec<i8> = bins.iter().flatten().map(|b| b.signum()).collect();
    let count = |sign: i8| signs.iter().filter(|s| **s == sign).count();
    let (hot, cold, n) = (count(1), count(-1), signs.len());
    let last = signs.last().copied().unwrap_or(0);
    match (hot, cold) {
        (0, 0) => H::None,
        (_, 0) if hot == n => H::PersistentHot,
        (1, 0) if last == 1 => H::NewHot,
        (_, 0) if last == 1 => H::RecurringHot,
        (_, 0) => H::FormerHot,
        (0, _) if cold == n => H::PersistentCold,
        (0, 1) if last == -1 => H::NewCold,
        (0, _) if last == -1 => H::RecurringCold,
        (0, _) => H::FormerCold,
        _ => H::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::tests::rook_3x3;
    use super::*;

    #[test]
    fn the_grid_of_method_f_gives_its_printed_values() {
        let values = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0].map(Some);
        let z = getis_ord_star(&rook_3x3(), &values).unwrap();
        // Printed to six decimals; the centre is exactly on the mean.
        for (unit, printed) in [(0, -1.941_451), (4, 0.0), (8, 2.496_151)] {
            assert!((z[unit].unwrap() - printed).abs() < 5e-7, "{unit}");
        }
    }

    #[test]
    fn unknown_units_stay_unknown_and_equal_values_give_zero() {
        let mut values = [Some(2.0); 9];
        values[3] = None;
        let z = getis_ord_star(&rook_3x3(), &values).unwrap();
        assert_eq!((z[3], z[0]), (None, Some(0.0)));
    }

    #[test]
    fn histories_have_their_names() {
        use HotSpotHistory as H;
        let of = |bins: &[i8]| history(&bins.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(of(&[1, 3, 2]), H::PersistentHot);
        assert_eq!(of(&[1, 0, 0]), H::FormerHot);
        assert_eq!(of(&[0, 0, -1]), H::NewCold);
        assert_eq!(of(&[-2, 0, -1]), H::RecurringCold);
        assert_eq!(of(&[-2, -1, 0]), H::FormerCold);
        assert_eq!(of(&[-2, -1]), H::PersistentCold);
        assert_eq!(of(&[-2, 1]), H::Mixed);
        assert_eq!(of(&[0, 0]), H::None);
    }
}
