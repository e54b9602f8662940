//! How unequally emissions lie against people, GDP or area: Lorenz curve, Gini, Theil within and between groups.
//!
//! Every unit counts with its base (people, GDP, area): a district of many people weighs more than one of few. With equal bases these are the
//! textbook's measures of equal units.

use crate::{Result, ZoningError};
use serde::{Deserialize, Serialize};

/// Cumulative shares of the base and of the amount, units in the order of amount per base; from (0, 0) to (1, 1).
pub type Lorenz = Vec<(f64, f64)>;

/// Inequality of an amount against a base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inequality {
    /// Units with both numbers.
    pub units: usize,
    /// 0: everywhere the same amount per base; near 1: all of it where there is almost no base.
    pub gini: f64,
    /// Theil's T, `Σ s ln(s/b)` with the shares s of the amount and b of the base.
    pub theil: f64,
    /// Part of it between the groups.
    pub between: f64,
    /// Part of it within the groups.
    pub within: f64,
    /// The curve behind the Gini coefficient.
    pub lorenz: Lorenz,
}

/// Inequality of `amount` (≥ 0) against `base` over the units that have both and a base above 0; `group` of each unit.
///
/// # Errors
/// [`ZoningError::Length`] if the sizes differ; [`ZoningError::Parameter`] for a negative amount; [`ZoningError::TooFew`] with fewer than two
/// units or without any amount.
///
/// # Examples
/// Two groups of two equal units: all inequality lies between them.
/// ```
/// use carbonzone_zoning::inequality::inequality;
/// let amount = [1.0, 1.0, 3.0, 3.0].map(Some);
/// let found = inequality(&amount, &[1.0; 4].map(Some), &[0, 0, 1, 1])?;
/// assert_eq!(found.gini, 0.25);
/// assert!((found.theil - found.between).abs() < 1e-15 && found.within.abs() < 1e-15);
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn inequality(amount: &[Option<f64>], base: &[Option<f64>], group: &[usize]) -> Result<Inequality> {
    ZoningError::check_len("base", base.len(), amount.len())?;
    ZoningError::check_len("group", group.len(), amount.len())?;
    let mut units: Vec<(f64, f64, usize)> = amount
        .iter()
        .zip(base)
        .zip(group)
        .filter_map(|((a, b), g)| {
            Some((a.filter(|a| a.is_finite())?, b.filter(|b| b.is_finite() && *b > 0.0)?, *g))
        })
        .collect();
    if let Some((a, ..)) = units.iter().find(|(a, ..)| *a < 0.0) {
        return Err(ZoningError::parameter("amount", a, "a number ≥ 0"));
    }
    let total: f64 = units.iter().map(|(a, ..)| a).sum();
    let base: f64 = units.iter().map(|(_, b, _)| b).sum();
    if units.len() < 2 || total <= 0.0 {
        return Err(ZoningError::TooFew { method: "inequality".to_owned(), found: units.len(), needed: 2 });
    }
    // By amount per base, without a division; equal ones in any order give the same curve.
    units.sort_by(|x, y| (x.0 * y.1).total_cmp(&(y.0 * x.1)));
    let lorenz = curve(&units, total, base);
    let gini = 1.0 - lorenz.windows(2).map(|p| (p[1].0 - p[0].0) * (p[1].1 + p[0].1)).sum::<f64>();
    let shares: Vec<(f64, f64, usize)> = units.iter().map(|(a, b, g)| (a / total, b / base, *g)).collect();
    let theil = shares.iter().map(|(s, b, _)| term(*s, *b)).sum();
    let groups = 1 + shares.iter().map(|(.., g)| *g).max().unwrap_or(0);
    let mut of_group = vec![(0.0, 0.0); groups];
    for (s, b, g) in &shares {
        of_group[*g].0 += s;
        of_group[*g].1 += b;
    }
    let between = of_group.iter().filter(|(_, b)| *b > 0.0).map(|(s, b)| term(*s, *b)).sum();
    let of_unit = |(s, b, g): &(f64, f64, usize)| {
        let (group_s, group_b) = of_group[*g];
        if group_s > 0.0 { group_s * term(s / group_s, b / group_b) } else { 0.0 }
    };
    let within = shares.iter().map(of_unit).sum();
    Ok(Inequality { units: units.len(), gini, theil, between, within, lorenz })
}

/// `s ln(s/b)` and its limit 0.
fn term(s: f64, b: f64) -> f64 {
    if s > 0.0 { s * (s / b).ln() } else { 0.0 }
}

fn curve(units: &[(f64, f64, usize)], total: f64, base: f64) -> Lorenz {
    let mut out = vec![(0.0, 0.0)];
    let (mut a, mut b) = (0.0, 0.0);
    for (amount, of_base, _) in units {
        a += amount;
        b += of_base;
        out.push((b / base, a / total));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_and_between_add_up_to_the_whole() {
        let amount = [5.0, 0.0, 3.0, 12.0, 7.0, 1.0].map(Some);
        let base = [2.0, 1.0, 4.0, 3.0, 9.0, 1.0].map(Some);
        let found = inequality(&amount, &base, &[0, 0, 1, 2, 1, 2]).unwrap();
        assert!((found.theil - found.within - found.between).abs() < 1e-14);
        assert!(found.within > 0.0 && found.between > 0.0);
        assert_eq!((found.lorenz[0], found.units), ((0.0, 0.0), 6));
        let last = found.lorenz[6];
        assert!((last.0 - 1.0).abs() < 1e-15 && (last.1 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_unit_split_into_equal_parts_changes_nothing() {
        let whole = inequality(&[6.0, 4.0].map(Some), &[1.0, 3.0].map(Some), &[0, 0]).unwrap();
        let split = inequality(&[3.0, 3.0, 4.0].map(Some), &[0.5, 0.5, 3.0].map(Some), &[0, 0, 0]).unwrap();
        assert!((whole.gini - split.gini).abs() < 1e-15 && (whole.theil - split.theil).abs() < 1e-15);
    }

    #[test]
    fn units_without_a_base_are_left_out_and_too_few_are_refused() {
        let found = inequality(
            &[Some(1.0), Some(2.0), Some(9.0), None],
            &[Some(1.0), Some(1.0), Some(0.0), Some(1.0)],
            &[0; 4],
        );
        assert_eq!(found.unwrap().units, 2);
        assert!(inequality(&[Some(1.0)], &[Some(1.0)], &[0]).is_err());
        assert!(inequality(&[Some(-1.0), Some(2.0)], &[Some(1.0); 2], &[0; 2]).is_err());
        assert!(inequality(&[Some(0.0), Some(0.0)], &[Some(1.0); 2], &[0; 2]).is_err());
    }
}
