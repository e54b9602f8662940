//! Indices of every unit, equations 9 and 10 of the Suzhou paper: shares of GDP and sinks against shares of emissions.

use crate::{ExactSum, compensating_rate};

/// `(x/x_total) / (c/c_total)`; `None` if a denominator is 0.
fn ratio_of_shares(x: f64, x_total: f64, c: f64, c_total: f64) -> Option<f64> {
    (c > 0.0 && x_total > 0.0).then(|| (x / x_total) / (c / c_total))
}

/// Equation 9 of the Suzhou paper, the economic contribution coefficient `ECC_i = (G_i/G) / (C_i/C)` of one unit, which the numbers of
/// the Guiyang paper's EEC follow; `inverse`: one over it, as that paper prints its equation 6. `None` if a denominator is 0.
pub fn economic_contribution(
    gdp: f64,
    gdp_total: f64,
    gross_t: f64,
    gross_total_t: f64,
    inverse: bool,
) -> Option<f64> {
    let ecc = ratio_of_shares(gdp, gdp_total, gross_t, gross_total_t)?;
    if inverse { (ecc > 0.0).then(|| ecc.recip()) } else { Some(ecc) }
}

/// Equation 10 of the Suzhou paper, the ecological support coefficient `ESC_i = (CA_i/CA) / (C_i/C)` of one unit. The Guiyang paper's SEC
/// (eq. 7). `None` if a denominator is 0.
pub fn ecological_support(sink_t: f64, sink_total_t: f64, gross_t: f64, gross_total_t: f64) -> Option<f64> {
    ratio_of_shares(sink_t, sink_total_t, gross_t, gross_total_t)
}

/// Numbers of the units, in one order.
#[derive(Debug, Clone, Copy)]
pub struct Units<'a> {
    /// Gross emissions.
    pub gross_t: &'a [f64],
    /// Sinks.
    pub sink_t: &'a [f64],
    /// GDP.
    pub gdp: &'a [Option<f64>],
}

/// Exact sums over the units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    /// Gross emissions.
    pub gross_t: f64,
    /// Sinks.
    pub sink_t: f64,
    /// Gross emissions of the units with GDP.
    pub gross_with_gdp_t: f64,
    /// GDP.
    pub gdp: f64,
    /// Units with GDP.
    pub with_gdp: usize,
}

/// The sums.
pub fn sums(units: &Units<'_>) -> Sums {
    let with_gdp = units.gdp.iter().zip(units.gross_t).filter_map(|(g, c)| g.map(|_| *c));
    Sums {
        gross_t: ExactSum::of(units.gross_t),
        sink_t: ExactSum::of(units.sink_t),
        gross_with_gdp_t: with_gdp.collect::<ExactSum>().value(),
        gdp: units.gdp.iter().flatten().copied().collect::<ExactSum>().value(),
        with_gdp: units.gdp.iter().flatten().count(),
    }
}

/// CCR, ECC and ESC of every unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quotients {
    /// Sinks by gross emissions.
    pub ccr: Vec<Option<f64>>,
    /// Share of the GDP by share of the emissions.
    pub ecc: Vec<Option<f64>>,
    /// Share of the sinks by share of the emissions.
    pub esc: Vec<Option<f64>>,
    /// The unit emits nothing.
    pub no_emission: Vec<bool>,
}

/// The indices of every unit with these sums.
pub fn quotients(units: &Units<'_>, sums: &Sums, gdp_total: f64, inverse: bool) -> Quotients {
    let n = units.gross_t.len();
    let mut out = Quotients::default();
    out.ccr.reserve(n);
    out.ecc.reserve(n);
    out.esc.reserve(n);
    out.no_emission.reserve(n);
    for ((&c, &a), &g) in units.gross_t.iter().zip(units.sink_t).zip(units.gdp) {
        out.ccr.push(compensating_rate(a, c).filter(|_| sums.sink_t > 0.0));
        out.ecc.push(g.and_then(|g| economic_contribution(g, gdp_total, c, sums.gross_with_gdp_t, inverse)));
        out.esc.push(ecological_support(a, sums.sink_t, c, sums.gross_t));
        out.no_emission.push(c == 0.0);
    }
    out
}

/// The first value that is not finite or below 0, and where it is.
pub fn first_below_zero(values: &[f64]) -> Option<(usize, f64)> {
    values.iter().copied().enumerate().find(|(_, v)| refused(*v))
}

/// The same of known values.
pub fn first_known_below_zero(values: &[Option<f64>]) -> Option<(usize, f64)> {
    values.iter().enumerate().find_map(|(i, v)| v.filter(|v| refused(*v)).map(|v| (i, v)))
}

fn refused(v: f64) -> bool {
    !(v.is_finite() && v >= 0.0)
}
