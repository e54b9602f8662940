//! What if one number of one unit were a little different: would its zone change?

use crate::classify::{Zoning, classify_with};
use crate::indices::{IndexOptions, Indices, ecological_support, economic_contribution};
use crate::scheme::ZoningScheme;
use crate::{IndexInputs, Result, ZoningError, indices};
use serde::{Deserialize, Serialize};

/// The number that is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Gross emissions of the unit.
    Gross,
    /// GDP of the unit.
    Gdp,
    /// Sinks of the unit.
    Sink,
}

/// One changed number of one unit and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// Position of the unit.
    pub unit: usize,
    /// What was changed.
    pub quantity: Quantity,
    /// By how many percent.
    pub change_pct: f64,
    /// Economic index after the change.
    pub economic: Option<f64>,
    /// Ecological index after the change.
    pub ecological: Option<f64>,
    /// Zone code after the change.
    pub zone: u8,
    /// True if it differs from the unit's zone without the change.
    pub changes_zone: bool,
}

/// For every unit: its zone if its gross emissions, its GDP or its sinks were `±pct` percent different.
///
/// Only that one number changes; the city totals change with it (unless `gdp_total` is given), the level
/// cuts of `zoning` stay. A unit without GDP has no row for GDP. Order: unit, then gross, GDP, sink, each
/// minus before plus. `base` and `zoning` are those of the same single year.
///
/// # Errors
/// Those of [`indices()`]; [`ZoningError::Parameter`] unless `0 < pct < 100`.
pub fn what_if(
    scheme: &ZoningScheme,
    zoning: &Zoning,
    inputs: &IndexInputs<'_>,
    options: &IndexOptions,
    pct: f64,
) -> Result<Vec<WhatIf>> {
    if !(pct > 0.0 && pct < 100.0) {
        return Err(ZoningError::parameter("pct", pct, "a number between 0 and 100"));
    }
    let base = indices(inputs, options)?;
    let zones = classify_with(scheme, &zoning.economic, &zoning.ecological, &base).zone;
    let mut out = Vec::new();
    for (unit, &zone_now) in zones.iter().enumerate() {
        for quantity in [Quantity::Gross, Quantity::Gdp, Quantity::Sink] {
            for change_pct in [-pct, pct] {
                let Some((economic, ecological)) =
                    changed(inputs, options, &base, unit, quantity, change_pct)
                else {
                    continue;
                };
                let one = single(economic, ecological, inputs.gross_t[unit] == 0.0);
                let zone = classify_with(scheme, &zoning.economic, &zoning.ecological, &one).zone[0];
                let changes_zone = zone != zone_now;
                out.push(WhatIf { unit, quantity, change_pct, economic, ecological, zone, changes_zone });
            }
        }
    }
    Ok(out)
}

/// Indices of one unit after the change, from the totals; `None` if there is nothing to change.
fn changed(
    inputs: &IndexInputs<'_>,
    options: &IndexOptions,
    base: &Indices,
    unit: usize,
    quantity: Quantity,
    change_pct: f64,
) -> Option<(Option<f64>, Option<f64>)> {
    let k = 1.0 + change_pct / 100.0;
    let t = &base.totals;
    let (c0, a0, g0) = (inputs.gross_t[unit], inputs.sink_t[unit], inputs.gdp.and_then(|g| g[unit]));
    let scale = |value: f64, which: Quantity| if which == quantity { value * k } else { value };
    if quantity == Quantity::Gdp {
        g0?;
    }
    let (c, a) = (scale(c0, Quantity::Gross), scale(a0, Quantity::Sink));
    let g = g0.map(|g| scale(g, Quantity::Gdp));
    // The rest of the city keeps its numbers.
    let rest_gross = if g0.is_some() { t.gross_with_gdp_t - c0 } else { t.gross_with_gdp_t };
    let gdp_total = options.gdp_total.or_else(|| g.zip(g0).map(|(g, g0)| t.gdp_sum - g0 + g));
    let ecc = g
        .zip(gdp_total)
        .and_then(|(g, total)| economic_contribution(g, total, c, rest_gross + c, options.ecc_direction));
    let esc = ecological_support(a, t.sink_t - a0 + a, c, t.gross_t - c0 + c);
    Some((ecc, esc))
}

fn single(ecc: Option<f64>, esc: Option<f64>, nothing: bool) -> Indices {
    Indices {
        ecc: vec![ecc],
        esc: vec![esc],
        ccr: vec![None],
        no_emission: vec![nothing],
        ..Indices::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify;

    #[test]
    fn a_change_gives_the_indices_of_a_full_recomputation() {
        let (gross, sink) = ([40.0, 35.0, 25.0], [1.0, 2.0, 3.0]);
        let gdp = [Some(10.0), Some(10.0), None];
        let inputs = IndexInputs { unit_ids: None, gross_t: &gross, sink_t: &sink, gdp: Some(&gdp) };
        let options = IndexOptions::default();
        let scheme = ZoningScheme::suzhou();
        let base = indices(&inputs, &options).unwrap();
        let zoning = classify(&scheme, &[&base]).unwrap();
        let rows = what_if(&scheme, &zoning, &inputs, &options, 5.0).unwrap();
        assert_eq!(rows.len(), 2 * 6 + 4); // the third unit has no GDP to change
        for row in rows {
            let k = 1.0 + row.change_pct / 100.0;
            let (mut c, mut a, mut g) = (gross, sink, gdp);
            match row.quantity {
                Quantity::Gross => c[row.unit] *= k,
                Quantity::Sink => a[row.unit] *= k,
                Quantity::Gdp => g[row.unit] = g[row.unit].map(|g| g * k),
            }
            let changed = IndexInputs { unit_ids: None, gross_t: &c, sink_t: &a, gdp: Some(&g) };
            let full = indices(&changed, &options).unwrap();
            let zone = classify(&scheme, &[&full]).unwrap().overall[row.unit];
            assert_eq!(row.zone, zone);
            // A handful of roundings apart.
            let near = |x: Option<f64>, y: Option<f64>| match (x, y) {
                (Some(x), Some(y)) => (x - y).abs() < 1e-12,
                (x, y) => x == y,
            };
            assert!(near(row.economic, full.ecc[row.unit]) && near(row.ecological, full.esc[row.unit]));
        }
    }

    #[test]
    fn a_unit_on_the_edge_changes_its_zone_and_a_clear_one_does_not() {
        let gdp = [Some(51.0), Some(49.0)];
        let inputs =
            IndexInputs { unit_ids: None, gross_t: &[50.0, 50.0], sink_t: &[9.0, 1.0], gdp: Some(&gdp) };
        let options = IndexOptions::default();
        let scheme = ZoningScheme::suzhou();
        let zoning = classify(&scheme, &[&indices(&inputs, &options).unwrap()]).unwrap();
        let rows = what_if(&scheme, &zoning, &inputs, &options, 5.0).unwrap();
        let changes = |q| rows.iter().filter(|r| r.unit == 0 && r.quantity == q && r.changes_zone).count();
        assert_eq!((changes(Quantity::Gross), changes(Quantity::Gdp), changes(Quantity::Sink)), (1, 1, 0));
        assert!(what_if(&scheme, &zoning, &inputs, &options, 0.0).is_err());
    }
}
