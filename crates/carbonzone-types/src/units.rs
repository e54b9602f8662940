//! Quantities with their unit in the type; the only place where carbon becomes carbon dioxide.

use serde::{Deserialize, Serialize};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// Square metres in one hectare.
pub const M2_PER_HECTARE: f64 = 1e4;
/// Square metres in one square kilometre.
pub const M2_PER_KM2: f64 = 1e6;
/// Tonnes in one 万吨, the unit of the Suzhou paper's Table 3.
pub const T_PER_1E4_T: f64 = 1e4;

/// `value × 10^power` of the decimal number that `value` was read from: the nearest f64 to the shifted decimal,
/// where a product would add a second rounding (12430.46 × 10⁴ gives 124304600, not 124304599.99999999).
///
/// # Examples
/// ```
/// assert_eq!(carbonzone_types::decimal_scaled(12430.46, 4), 124304600.0);
/// assert_eq!(carbonzone_types::decimal_scaled(0.08, 2), 8.0);
/// ```
pub fn decimal_scaled(value: f64, power: i32) -> f64 {
    let text = format!("{value:e}");
    let shifted = text.split_once('e').and_then(|(digits, exponent)| {
        let exponent = exponent.parse::<i32>().ok()?.checked_add(power)?;
        format!("{digits}e{exponent}").parse().ok()
    });
    // Not finite: there are no digits to shift.
    shifted.unwrap_or_else(|| value * 10f64.powi(power))
}

macro_rules! mass {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0.0);
            /// The number of tonnes.
            pub fn tonnes(self) -> f64 {
                self.0
            }
        }
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Mul<f64> for $name {
            type Output = Self;
            fn mul(self, k: f64) -> Self {
                Self(self.0 * k)
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, Add::add)
            }
        }
    };
}

mass! {
    /// Tonnes of CO2 equivalent per year.
    Co2e
}
mass! {
    /// Tonnes of carbon (the element) per year. It cannot be added to [`Co2e`]; convert it first.
    Carbon
}

impl Carbon {
    /// Carbon as carbon dioxide: × 44/12 (ratio of molar masses).
    ///
    /// ```
    /// use carbonzone_types::Carbon;
    /// assert_eq!(Carbon(12.0).to_co2().tonnes(), 44.0);
    /// ```
    pub fn to_co2(self) -> Co2e {
        Co2e(self.0 * 44.0 / 12.0)
    }
}
