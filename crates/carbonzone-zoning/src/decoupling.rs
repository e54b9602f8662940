//! Tapio decoupling: do emissions follow the economy?
//!
//! Tapio 2005, *Transport Policy* 12(2), 137–151: the elasticity `e = (ΔC/C0)/(ΔG/G0)` and the signs of both changes give eight
//! states; ±20 % around 1 counts as coupling.

use serde::{Deserialize, Serialize};

/// From here on emissions and GDP are coupled. The cuts give way to roundings: 8 % against 10 % is 0.8.
const WEAK: f64 = 0.8 - 1e-12;
/// Up to here.
const STRONG: f64 = 1.2 + 1e-12;

/// One of Tapio's eight states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoupling {
    /// GDP grows, emissions fall.
    StrongDecoupling,
    /// Both grow, emissions more slowly: 0 ≤ e < 0.8.
    WeakDecoupling,
    /// Both grow alike: 0.8 ≤ e ≤ 1.2.
    ExpansiveCoupling,
    /// Both grow, emissions faster: e > 1.2.
    ExpansiveNegativeDecoupling,
    /// GDP falls, emissions grow.
    StrongNegativeDecoupling,
    /// Both fall, emissions more slowly: 0 ≤ e < 0.8.
    WeakNegativeDecoupling,
    /// Both fall alike: 0.8 ≤ e ≤ 1.2.
    RecessiveCoupling,
    /// Both fall, emissions faster: e > 1.2.
    RecessiveDecoupling,
}

impl Decoupling {
    /// As it stands in tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::StrongDecoupling => "strong_decoupling",
            Self::WeakDecoupling => "weak_decoupling",
            Self::ExpansiveCoupling => "expansive_coupling",
            Self::ExpansiveNegativeDecoupling => "expansive_negative_decoupling",
            Self::StrongNegativeDecoupling => "strong_negative_decoupling",
            Self::WeakNegativeDecoupling => "weak_negative_decoupling",
            Self::RecessiveCoupling => "recessive_coupling",
            Self::RecessiveDecoupling => "recessive_decoupling",
        }
    }
}

/// Elasticity of emissions to GDP between two moments, and its state.
///
/// Emissions in t CO2e, GDP in one unit of money at constant prices. `None` where a first value is not above 0 or GDP does not
/// change: there is no elasticity then.
///
/// ```
/// use carbonzone_zoning::decoupling::{Decoupling, tapio};
/// assert_eq!(tapio((100.0, 105.0), (100.0, 150.0)), Some((0.1, Decoupling::WeakDecoupling)));
/// ```
pub fn tapio(emissions: (f64, f64), gdp: (f64, f64)) -> Option<(f64, Decoupling)> {
    use Decoupling as D;
    let change = |(from, to): (f64, f64)| (from > 0.0 && to.is_finite()).then(|| (to - from) / from);
    let (c, g) = (change(emissions)?, change(gdp)?);
    if g == 0.0 {
        return None;
    }
    let e = c / g;
    let state = match (g > 0.0, e) {
        (true, e) if e < 0.0 => D::StrongDecoupling,
        (true, e) if e < WEAK => D::WeakDecoupling,
        (true, e) if e <= STRONG => D::ExpansiveCoupling,
        (true, _) => D::ExpansiveNegativeDecoupling,
        (false, e) if e < 0.0 => D::StrongNegativeDecoupling,
        (false, e) if e < WEAK => D::WeakNegativeDecoupling,
        (false, e) if e <= STRONG => D::RecessiveCoupling,
        (false, _) => D::RecessiveDecoupling,
    };
    Some((e, state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_states_of_tapio() {
        use Decoupling as D;
        // Change of emissions and of GDP in per cent of 100, as in figure 1 of the paper.
        for (c, g, state) in [
            (-5.0, 10.0, D::StrongDecoupling),
            (5.0, 10.0, D::WeakDecoupling),
            (10.0, 10.0, D::ExpansiveCoupling),
            (15.0, 10.0, D::ExpansiveNegativeDecoupling),
            (5.0, -10.0, D::StrongNegativeDecoupling),
            (-5.0, -10.0, D::WeakNegativeDecoupling),
            (-10.0, -10.0, D::RecessiveCoupling),
            (-15.0, -10.0, D::RecessiveDecoupling),
            // The cuts themselves belong to coupling, and emissions that stay are weak.
            (8.0, 10.0, D::ExpansiveCoupling),
            (12.0, 10.0, D::ExpansiveCoupling),
            (-12.0, -10.0, D::RecessiveCoupling),
            (0.0, 10.0, D::WeakDecoupling),
            (0.0, -10.0, D::WeakNegativeDecoupling),
        ] {
            let (e, found) = tapio((100.0, 100.0 + c), (100.0, 100.0 + g)).unwrap();
            assert_eq!(found, state, "{c} {g}");
            assert!((e - c / g).abs() < 1e-12, "{c} {g}");
        }
    }

    #[test]
    fn without_a_first_value_or_a_change_of_gdp_there_is_no_elasticity() {
        assert_eq!(tapio((0.0, 5.0), (1.0, 2.0)), None);
        assert_eq!(tapio((1.0, 5.0), (0.0, 2.0)), None);
        assert_eq!(tapio((1.0, 5.0), (2.0, 2.0)), None);
        assert_eq!(tapio((1.0, f64::NAN), (1.0, 2.0)), None);
    }
}
