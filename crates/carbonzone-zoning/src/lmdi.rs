//! LMDI: how much of a change of emissions each of its factors makes.
//!
//! A total is a sum over categories (sectors, space types, counties) of products of factors, `C = Σ_k x_1k · x_2k · … · x_mk`.
//! Additive LMDI-I (Ang 2005, *Energy Policy* 33(7), 867–871) gives each factor
//! `ΔC_j = Σ_k L(C_k,t, C_k,0) · ln(x_jk,t / x_jk,0)` with the logarithmic mean `L`; the effects add up to the change and
//! nothing is left over, because `Σ_j ln(x_j,t/x_j,0) = ln(C_t/C_0)` and `L(a,b) · ln(a/b) = a − b`.

use crate::{Result, ZoningError};
use serde::{Deserialize, Serialize};

/// Logarithmic mean `L(a, b) = (a − b)/ln(a/b)`, `L(a, a) = a`, and its limit 0 where one of them is 0.
///
/// It lies between the geometric and the arithmetic mean of `a` and `b`, both ≥ 0, and is symmetric.
///
/// ```
/// use carbonzone_zoning::lmdi::log_mean;
/// assert_eq!(log_mean(5.0, 5.0), 5.0);
/// assert_eq!(log_mean(5.0, 0.0), 0.0);
/// assert!((log_mean(1.0, std::f64::consts::E) - 1.718_281_828_459_045).abs() < 1e-15);
/// ```
pub fn log_mean(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if low <= 0.0 {
        return 0.0;
    }
    let step = (high - low) / low;
    if step == 0.0 {
        return high;
    }
    // Near each other, a difference of logarithms would lose the digits that a − b still has.
    (high - low) / if step < 1.0 { step.ln_1p() } else { high.ln() - low.ln() }
}

/// What each factor adds to the change of a total.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decomposition {
    /// Total before, `Σ_k Π_j x_jk,0`.
    pub before: f64,
    /// Total after.
    pub after: f64,
    /// Effect of each factor, in the order of the factors and the unit of the total; they add up to `after − before`.
    pub effects: Vec<f64>,
    /// Effect of each factor in each category, in the order of the categories.
    pub of_category: Vec<Vec<f64>>,
}

impl Decomposition {
    /// `after − before`.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }

    /// What the effects leave of the change, relative to the larger total: only roundings.
    pub fn residual(&self) -> f64 {
        let scale = self.before.max(self.after).max(f64::MIN_POSITIVE);
        (self.effects.iter().sum::<f64>() - self.change()).abs() / scale
    }
}

/// Splits the change between two states into the effects of the factors.
///
/// `before` and `after` have one row per category, in the same order, with the factors in the same order in each row.
///
/// Zeros are taken by their limits (Ang and Liu 2007, *Energy Policy* 35(1), 238–246): where a category appears or vanishes
/// because one factor is 0 on one side, that factor has the whole change; where several factors are, they have equal parts
/// (all of them taken as the same small number); a category that is 0 on both sides has no effect.
///
/// # Errors
/// [`ZoningError::Length`] if the numbers of categories or factors differ; [`ZoningError::Parameter`] for a factor that is
/// negative or not finite.
///
/// # Examples
/// Twice the people, half the tonnes per person: two effects of the same size, no change.
/// ```
/// use carbonzone_zoning::lmdi::decompose;
/// let d = decompose(&[[100.0, 4.0]], &[[200.0, 2.0]])?;
/// assert_eq!(d.change(), 0.0);
/// assert!((d.effects[0] - 400.0 * 2f64.ln()).abs() < 1e-12 && (d.effects[1] + 400.0 * 2f64.ln()).abs() < 1e-12);
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn decompose<R: AsRef<[f64]>>(before: &[R], after: &[R]) -> Result<Decomposition> {
    ZoningError::check_len("categories after", after.len(), before.len())?;
    let factors = before.first().map_or(0, |row| row.as_ref().len());
    let rows = || before.iter().zip(after).map(|(b, a)| (b.as_ref(), a.as_ref()));
    for row in before.iter().chain(after).map(AsRef::as_ref) {
        ZoningError::check_len("factors", row.len(), factors)?;
        if let Some(bad) = row.iter().find(|x| !x.is_finite() || **x < 0.0) {
            return Err(ZoningError::parameter("factor", bad, "a finite number ≥ 0"));
        }
    }
    let of_category: Vec<Vec<f64>> = rows().map(|(b, a)| category(b, a)).collect();
    let effects = (0..factors).map(|j| of_category.iter().map(|row| row[j]).sum()).collect();
    let total = |side: &[R]| side.iter().map(|row| row.as_ref().iter().product::<f64>()).sum();
    Ok(Decomposition { before: total(before), after: total(after), effects, of_category })
}

/// Effects of one category.
fn category(before: &[f64], after: &[f64]) -> Vec<f64> {
    let (c0, c1): (f64, f64) = (before.iter().product(), after.iter().product());
    let is_zero = |x: &f64| *x == 0.0;
    match (before.iter().any(is_zero), after.iter().any(is_zero)) {
        (false, false) => {
            let mean = log_mean(c1, c0);
            before.iter().zip(after).map(|(x0, x1)| mean * (x1 / x0).ln()).collect()
        }
        (true, true) => vec![0.0; before.len()],
        (vanished_before, _) => {
            let side = if vanished_before { before } else { after };
            let part = (c1 - c0) / side.iter().filter(|x| is_zero(x)).count() as f64;
            side.iter().map(|x| if is_zero(x) { part } else { 0.0 }).collect()
        }
    }
}

/// Names of the factors of [`kaya`], in order.
pub const KAYA: [&str; 4] = ["people", "gdp_per_person", "intensity", "structure"];

/// Factors of the emissions of each sector: people, GDP per person, emissions per GDP, share of the sector.
///
/// `people` in persons, `gdp` in any unit of money that both sides share at constant prices, tonnes of CO2e. `None` where
/// people or GDP are 0 or less: the ratios have no meaning then.
///
/// ```
/// use carbonzone_zoning::lmdi::kaya;
/// assert_eq!(kaya(10.0, 40.0, &[6.0, 2.0]), Some(vec![[10.0, 4.0, 0.2, 0.75], [10.0, 4.0, 0.2, 0.25]]));
/// ```
pub fn kaya(people: f64, gdp: f64, sectors_t: &[f64]) -> Option<Vec<[f64; 4]>> {
    let total: f64 = sectors_t.iter().sum();
    let share = |t: f64| if total > 0.0 { t / total } else { 0.0 };
    let row = |t: &f64| [people, gdp / people, total / gdp, share(*t)];
    (people > 0.0 && gdp > 0.0).then(|| sectors_t.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithmic_mean_keeps_its_digits_near_equality() {
        for step in [1e-3, 1e-8, 1e-12, 1e-15] {
            let (a, b) = (1000.0 * (1.0 + step), 1000.0);
            // L = b (1 + h/2 − h²/12 + …) for a = b (1 + h).
            let h: f64 = (a - b) / b;
            let series = b * (1.0 + h / 2.0 - h * h / 12.0 + h * h * h / 24.0);
            assert!((log_mean(a, b) / series - 1.0).abs() < 1e-13, "{step}");
            assert_eq!(log_mean(a, b), log_mean(b, a));
        }
    }

    #[test]
    fn a_category_that_appears_belongs_to_the_factors_that_were_zero() {
        let d =
            decompose(&[[10.0, 0.0, 3.0], [2.0, 2.0, 2.0]], &[[20.0, 5.0, 3.0], [2.0, 2.0, 2.0]]).unwrap();
        assert_eq!((d.effects.as_slice(), d.change()), ([0.0, 300.0, 0.0].as_slice(), 300.0));
        let gone = decompose(&[[10.0, 5.0]], &[[0.0, 0.0]]).unwrap();
        assert_eq!(gone.effects, [-25.0, -25.0]);
        let never = decompose(&[[0.0, 5.0]], &[[4.0, 0.0]]).unwrap();
        assert_eq!((never.effects.as_slice(), never.change()), ([0.0, 0.0].as_slice(), 0.0));
    }

    #[test]
    fn the_limits_are_what_small_numbers_give() {
        // Ang and Liu: with 1e-n in the place of 0 the effects approach the limits.
        let exact = decompose(&[[10.0, 0.0, 0.0]], &[[20.0, 5.0, 3.0]]).unwrap().effects;
        let near = decompose(&[[10.0, 1e-150, 1e-150]], &[[20.0, 5.0, 3.0]]).unwrap().effects;
        assert_eq!(exact, [0.0, 150.0, 150.0]);
        assert!(exact.iter().zip(near).all(|(e, n)| (e - n).abs() < 0.01 * 300.0));
    }

    #[test]
    fn wrong_sizes_and_negative_factors_are_refused() {
        assert!(decompose(&[[1.0, 2.0]], &[[1.0, 2.0], [1.0, 2.0]]).is_err());
        assert!(decompose(&[vec![1.0, 2.0]], &[vec![1.0]]).is_err());
        assert!(decompose(&[[1.0, -2.0]], &[[1.0, 2.0]]).is_err());
        assert!(decompose(&[[1.0, 2.0]], &[[f64::NAN, 2.0]]).is_err());
        let nothing: [[f64; 2]; 0] = [];
        assert_eq!(decompose(&nothing, &nothing).unwrap().change(), 0.0);
    }

    #[test]
    fn the_factors_of_kaya_multiply_to_the_tonnes() {
        let rows = kaya(7.0, 91.0, &[3.0, 0.0, 11.0]).unwrap();
        for (row, t) in rows.iter().zip([3.0, 0.0, 11.0]) {
            assert!((row.iter().product::<f64>() - t).abs() < 1e-13);
        }
        assert_eq!((kaya(0.0, 1.0, &[1.0]), kaya(1.0, 0.0, &[1.0])), (None, None));
        assert_eq!(kaya(1.0, 1.0, &[0.0]), Some(vec![[1.0, 1.0, 0.0, 0.0]]));
    }
}
