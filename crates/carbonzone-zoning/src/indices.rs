//! CCR, ECC and ESC: the three indices of the Suzhou paper (eq. 8–10), always on **gross** emissions. Equation 8 is [`compensating_rate`],
//! equations 9 and 10 are [`balance::economic_contribution`] and [`ecological_support`], all of `carbonzone-types`.
//!
//! The Guiyang paper's EEC and SEC (eq. 6–7) are the same quantities under other names.

use crate::{Result, ZoningError};
pub use carbonzone_types::loops::balance::ecological_support;
use carbonzone_types::loops::balance::{self, Sums, Units, first_below_zero, first_known_below_zero};
use carbonzone_types::{ExactSum, Finding, Findings, compensating_rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way round the economic coefficient is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EccDirection {
    /// `(G_i/G) / (C_i/C)`: more GDP per tonne gives a higher value. Eq. 9 of the Suzhou paper, and what
    /// the numbers of the Guiyang paper follow.
    #[default]
    GdpOverEmission,
    /// `(C_i/C) / (G_i/G)`: the inverse, as eq. 6 of the Guiyang paper is printed.
    PaperText,
}

/// Inputs, one value per unit, all in the same order.
#[derive(Debug, Clone, Copy)]
pub struct IndexInputs<'a> {
    /// Ids for messages; `None` names units by row (`#0`, `#1`, ...).
    pub unit_ids: Option<&'a [String]>,
    /// Gross emissions, t CO2e/yr, ≥ 0.
    pub gross_t: &'a [f64],
    /// Sinks, t CO2e/yr, magnitudes ≥ 0.
    pub sink_t: &'a [f64],
    /// GDP in any one unit of money, ≥ 0; `None` inside: not known for that unit.
    pub gdp: Option<&'a [Option<f64>]>,
}

/// Options of [`indices()`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexOptions {
    /// Direction of the economic coefficient.
    pub ecc_direction: EccDirection,
    /// City GDP `G` in the unit of the inputs; `None`: the sum over the units.
    pub gdp_total: Option<f64>,
    /// A unit is borderline if an index lies within this many percent of its threshold.
    pub borderline_pct: f64,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { ecc_direction: EccDirection::default(), gdp_total: None, borderline_pct: 5.0 }
    }
}

/// Sums over the units that the indices rest on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexTotals {
    /// `C`: gross emissions of all units, t CO2e.
    pub gross_t: f64,
    /// `CA`: sinks of all units, t CO2e.
    pub sink_t: f64,
    /// `CA / C` of the units together; `None` if `C` or `CA` is 0.
    pub ccr: Option<f64>,
    /// `C` of the units with a GDP: the base of the economic coefficient, t CO2e.
    pub gross_with_gdp_t: f64,
    /// Sum of the known `G_i`.
    pub gdp_sum: f64,
    /// `G` in use: the sum, or the given total.
    pub gdp_total: f64,
    /// `ΣG_i / G`; 1 unless a total was given. `None` if `G` is 0.
    pub gdp_share_sum: Option<f64>,
    /// Units with a known GDP.
    pub units_with_gdp: usize,
}

/// The indices, one entry per unit in the order of the inputs; `None` is NULL.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Indices {
    /// Carbon compensating rate `CA_i / C_i` (eq. 8).
    pub ccr: Vec<Option<f64>>,
    /// Economic contribution coefficient (eq. 9).
    pub ecc: Vec<Option<f64>>,
    /// Ecological support coefficient (eq. 10).
    pub esc: Vec<Option<f64>>,
    /// `ln ECC`; `None` where ECC is NULL or 0.
    pub ecc_margin: Vec<Option<f64>>,
    /// `ln ESC`; `None` where ESC is NULL or 0.
    pub esc_margin: Vec<Option<f64>>,
    /// The smaller |margin| is at most `ln(1 + borderline_pct/100)`.
    pub borderline: Vec<bool>,
    /// Units with `C_i = 0`: all indices NULL.
    pub no_emission: Vec<bool>,
    /// Sums over the units.
    pub totals: IndexTotals,
    /// What was noticed: missing GDP, zero sinks, a share sum that is not 1.
    pub findings: Findings,
}

impl Indices {
    /// Number of units.
    pub fn len(&self) -> usize {
        self.esc.len()
    }

    /// True if there is no unit.
    pub fn is_empty(&self) -> bool {
        self.esc.is_empty()
    }
}

/// CCR, ECC and ESC of every unit (Suzhou eq. 8–10).
///
/// `CCR_i = CA_i/C_i`, `ECC_i = (G_i/G)/(C_i/C)`, `ESC_i = (CA_i/CA)/(C_i/C)`, with `C` gross. `C` and `CA`
/// are sums over the units. A unit without GDP gets ECC NULL and is left out of `C` and `G` of ECC (not of
/// ESC). `C_i = 0` gives NULL for all three. If `CA = 0`, CCR and ESC are NULL and a finding says so.
///
/// # Units and shape
/// Inputs in t CO2e/yr and one unit of money; results dimensionless, same order as the inputs. The totals
/// are order independent, so a permutation of the units permutes the results bit for bit.
///
/// # Errors
/// [`ZoningError::Length`] if slices differ; [`ZoningError::Value`] for a negative or not finite input;
/// [`ZoningError::Parameter`] for a `gdp_total` or `borderline_pct` out of range.
///
/// # Examples
/// ```
/// use carbonzone_zoning::indices::{IndexInputs, IndexOptions, indices};
/// let inputs = IndexInputs { unit_ids: None, gross_t: &[10.0, 30.0], sink_t: &[3.0, 1.0], gdp: None };
/// let ix = indices(&inputs, &IndexOptions::default())?;
/// assert_eq!(ix.ccr, [Some(0.3), Some(1.0 / 30.0)]);
/// assert_eq!(ix.esc[0], Some(3.0)); // (3/4) / (10/40)
/// assert_eq!(ix.ecc, [None, None]); // no GDP
/// # Ok::<(), carbonzone_zoning::ZoningError>(())
/// ```
pub fn indices(inputs: &IndexInputs<'_>, options: &IndexOptions) -> Result<Indices> {
    let Quotients { ccr, ecc, esc, no_emission, totals } = quotients(inputs, options)?;
    let margins = |values: &[Option<f64>]| values.iter().map(|v| log_margin(*v, 1.0)).collect::<Vec<_>>();
    let (ecc_margin, esc_margin) = (margins(&ecc), margins(&esc));
    let near = |(e, s): (&Option<f64>, &Option<f64>)| is_borderline(*e, *s, options.borderline_pct);
    let borderline = ecc_margin.iter().zip(&esc_margin).map(near).collect();
    let no_gdp = vec![None; esc.len()];
    let findings = findings(inputs, inputs.gdp.unwrap_or(&no_gdp), &totals, options);
    Ok(Indices { ccr, ecc, esc, ecc_margin, esc_margin, borderline, no_emission, totals, findings })
}

/// The indices alone, without margins and findings: what many draws of the same units need.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quotients {
    /// As [`Indices::ccr`].
    pub ccr: Vec<Option<f64>>,
    /// As [`Indices::ecc`].
    pub ecc: Vec<Option<f64>>,
    /// As [`Indices::esc`].
    pub esc: Vec<Option<f64>>,
    /// As [`Indices::no_emission`].
    pub no_emission: Vec<bool>,
    /// As [`Indices::totals`].
    pub totals: IndexTotals,
}

/// CCR, ECC and ESC of every unit as [`indices()`] gives them, to the bit, without margins and findings.
///
/// # Errors
/// As [`indices()`].
pub fn quotients(inputs: &IndexInputs<'_>, options: &IndexOptions) -> Result<Quotients> {
    check_inputs(inputs, options)?;
    let no_gdp = vec![None; inputs.gross_t.len()];
    let units = Units { gross_t: inputs.gross_t, sink_t: inputs.sink_t, gdp: inputs.gdp.unwrap_or(&no_gdp) };
    let sums = balance::sums(&units);
    let totals = totals(&sums, options);
    let inverse = options.ecc_direction == EccDirection::PaperText;
    let balance::Quotients { ccr, ecc, esc, no_emission } =
        balance::quotients(&units, &sums, totals.gdp_total, inverse);
    Ok(Quotients { ccr, ecc, esc, no_emission, totals })
}

/// Equation 9 in the direction of a study ([`balance::economic_contribution`]).
pub fn economic_contribution(
    gdp: f64,
    gdp_total: f64,
    gross_t: f64,
    gross_total_t: f64,
    direction: EccDirection,
) -> Option<f64> {
    let inverse = direction == EccDirection::PaperText;
    balance::economic_contribution(gdp, gdp_total, gross_t, gross_total_t, inverse)
}

/// `ln(index / threshold)`: 0 on the threshold; `None` where the index is NULL or 0.
pub fn log_margin(index: Option<f64>, threshold: f64) -> Option<f64> {
    index.filter(|v| *v > 0.0).map(|v| (v / threshold).ln())
}

/// True if the smaller of the known |margins| is at most `ln(1 + pct/100)`.
pub fn is_borderline(economic: Option<f64>, ecological: Option<f64>, pct: f64) -> bool {
    let limit = (pct / 100.0).ln_1p();
    [economic, ecological].into_iter().flatten().any(|m| m.abs() <= limit)
}

fn totals(sums: &Sums, options: &IndexOptions) -> IndexTotals {
    let gdp_total = options.gdp_total.unwrap_or(sums.gdp);
    IndexTotals {
        gross_t: sums.gross_t,
        sink_t: sums.sink_t,
        ccr: compensating_rate(sums.sink_t, sums.gross_t).filter(|_| sums.sink_t > 0.0),
        gross_with_gdp_t: sums.gross_with_gdp_t,
        gdp_sum: sums.gdp,
        gdp_total,
        gdp_share_sum: (gdp_total > 0.0).then(|| sums.gdp / gdp_total),
        units_with_gdp: sums.with_gdp,
    }
}

/// Without GDP and without sinks no choice of axes helps.
const NEITHER: &str = "neither GDP nor sinks are given: no index can judge, every zone stays undefined; maps of emissions are right all the same";

fn findings(
    inputs: &IndexInputs<'_>,
    gdp: &[Option<f64>],
    totals: &IndexTotals,
    options: &IndexOptions,
) -> Findings {
    let mut out = Findings::new();
    let n = gdp.len();
    let no_sink = n > 0 && totals.sink_t == 0.0;
    let missing: Vec<usize> = (0..n).filter(|&i| gdp[i].is_none()).collect();
    if let Some(&first) = missing.first() {
        let amount: ExactSum = missing.iter().map(|&i| inputs.gross_t[i]).collect();
        out.push(
            Finding::warning("missing_gdp", format!("{} of {n} units have no GDP", missing.len()))
                .feature(unit_name(inputs, first))
                .hint(if missing.len() == n && no_sink {
                    NEITHER
                } else if missing.len() == n {
                    "ECC is NULL and every zone undefined: add the GDP, or axes = \"ecological\" in [zoning] judges by ESC alone"
                } else {
                    "their economic coefficient is NULL and their zone undefined; add the GDP"
                })
                .count(missing.len() as u64)
                .amount_t(amount.value()),
        );
    }
    if no_sink {
        let economic = "declare the sinks, or axes = \"economic\" in [zoning] judges by ECC alone";
        out.push(
            Finding::warning("zero_city_sink", "the sinks of all units sum to 0: CCR and ESC are NULL")
                .hint(if missing.len() == n { NEITHER } else { economic }),
        );
    }
    if totals.units_with_gdp > 0 && totals.gdp_total == 0.0 {
        out.push(Finding::warning("zero_city_gdp", "the GDP of all units sums to 0: ECC is NULL"));
    }
    let no_emission = inputs.gross_t.iter().filter(|c| **c == 0.0).count();
    if no_emission > 0 {
        out.push(
            Finding::warning("no_emission", format!("{no_emission} units have no emission: indices NULL"))
                .count(no_emission as u64),
        );
    }
    if let (Some(total), Some(share)) = (options.gdp_total, totals.gdp_share_sum) {
        out.push(
            Finding::info(
                "gdp_share_sum",
                format!("GDP of the units sums to {share:.4} of the given total {total}"),
            )
            .value(totals.gdp_sum.to_string()),
        );
    }
    out
}

fn check_inputs(inputs: &IndexInputs<'_>, options: &IndexOptions) -> Result<()> {
    let n = inputs.gross_t.len();
    ZoningError::check_len("sink_t", inputs.sink_t.len(), n)?;
    if let Some(ids) = inputs.unit_ids {
        ZoningError::check_len("unit_ids", ids.len(), n)?;
    }
    check_magnitudes(inputs, "gross_t", first_below_zero(inputs.gross_t))?;
    check_magnitudes(inputs, "sink_t", first_below_zero(inputs.sink_t))?;
    if let Some(gdp) = inputs.gdp {
        ZoningError::check_len("gdp", gdp.len(), n)?;
        check_magnitudes(inputs, "gdp", first_known_below_zero(gdp))?;
    }
    if let Some(total) = options.gdp_total.filter(|t| !(t.is_finite() && *t > 0.0)) {
        return Err(ZoningError::parameter("gdp_total", total, "a finite number > 0"));
    }
    if !(options.borderline_pct.is_finite() && options.borderline_pct >= 0.0) {
        return Err(ZoningError::parameter("borderline_pct", options.borderline_pct, "a finite number ≥ 0"));
    }
    Ok(())
}

/// Refuses the first value that is no amount.
fn check_magnitudes(inputs: &IndexInputs<'_>, field: &str, refused: Option<(usize, f64)>) -> Result<()> {
    let Some((i, value)) = refused else { return Ok(()) };
    let hint = match field {
        "sink_t" => "land that emits is declared as an emission sector `land`; it then enters gross",
        "gdp" => "leave the cell empty if the GDP is not known",
        _ => "gross emissions are sums of the positive sectors; sinks go to `sink_t`",
    };
    Err(ZoningError::Value {
        unit: unit_name(inputs, i),
        field: field.to_owned(),
        value,
        hint: hint.to_owned(),
    })
}

fn unit_name(inputs: &IndexInputs<'_>, i: usize) -> String {
    inputs.unit_ids.map_or_else(|| format!("#{i}"), |ids| ids[i].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(gross: &[f64], sink: &[f64], gdp: Option<&[Option<f64>]>) -> Indices {
        let inputs = IndexInputs { unit_ids: None, gross_t: gross, sink_t: sink, gdp };
        indices(&inputs, &IndexOptions::default()).unwrap()
    }

    #[test]
    fn three_units_by_hand() {
        // C = 100, CA = 10, G = 20.
        let gdp = [Some(4.0), Some(10.0), Some(6.0)];
        let ix = run(&[50.0, 25.0, 25.0], &[1.0, 4.0, 5.0], Some(&gdp));
        assert_eq!(ix.ccr, [Some(1.0 / 50.0), Some(4.0 / 25.0), Some(5.0 / 25.0)]);
        assert_eq!(ix.ecc, [Some(0.2 / 0.5), Some(2.0), Some(0.3 / 0.25)]);
        assert_eq!(ix.esc, [Some(0.1 / 0.5), Some(0.4 / 0.25), Some(2.0)]);
        assert_eq!(ix.ecc_margin[1], Some(2f64.ln()));
        assert_eq!(ix.totals.gdp_share_sum, Some(1.0));
        assert!(ix.findings.items.is_empty());
    }

    #[test]
    fn a_unit_without_gdp_leaves_the_base_of_ecc_but_not_of_esc() {
        let gdp = [Some(1.0), None, Some(3.0)];
        let ix = run(&[10.0, 60.0, 30.0], &[1.0, 1.0, 2.0], Some(&gdp));
        assert_eq!(ix.ecc, [Some(0.25 / 0.25), None, Some(0.75 / 0.75)]);
        assert_eq!(ix.esc, [Some(0.25 / 0.1), Some(0.25 / 0.6), Some(0.5 / 0.3)]);
        assert_eq!(ix.totals.gross_with_gdp_t, 40.0);
        assert_eq!(ix.findings.items[0].code, "missing_gdp");
        assert_eq!(ix.findings.items[0].amount_t, Some(60.0));
    }

    #[test]
    fn a_unit_without_emission_has_no_index() {
        let ix = run(&[0.0, 10.0], &[1.0, 1.0], Some(&[Some(1.0), Some(1.0)]));
        assert_eq!((ix.ccr[0], ix.ecc[0], ix.esc[0]), (None, None, None));
        assert_eq!((ix.ecc_margin[0], ix.esc_margin[0]), (None, None));
        assert_eq!(ix.no_emission, [true, false]);
        assert!(!ix.borderline[0]);
    }

    #[test]
    fn without_any_sink_ccr_and_esc_are_null_and_a_finding_says_so() {
        let ix = run(&[5.0, 10.0], &[0.0, 0.0], None);
        assert_eq!(ix.esc, [None, None]);
        assert_eq!(ix.ccr, [None, None]);
        assert_eq!(ix.totals.ccr, None);
        assert!(ix.findings.items.iter().any(|f| f.code == "zero_city_sink"));
    }

    #[test]
    fn a_zero_index_has_no_margin() {
        let ix = run(&[5.0, 10.0], &[0.0, 1.0], Some(&[Some(0.0), Some(2.0)]));
        assert_eq!(ix.esc[0], Some(0.0));
        assert_eq!(ix.ecc[0], Some(0.0));
        assert_eq!((ix.ecc_margin[0], ix.esc_margin[0]), (None, None));
    }

    #[test]
    fn a_given_total_replaces_the_sum_and_its_share_is_printed() {
        let gdp = [Some(30.0), Some(50.0)];
        let inputs =
            IndexInputs { unit_ids: None, gross_t: &[50.0, 50.0], sink_t: &[1.0, 1.0], gdp: Some(&gdp) };
        let options = IndexOptions { gdp_total: Some(100.0), ..IndexOptions::default() };
        let ix = indices(&inputs, &options).unwrap();
        assert_eq!(ix.ecc, [Some(0.6), Some(1.0)]);
        assert_eq!(ix.totals.gdp_share_sum, Some(0.8));
        assert!(ix.findings.items[0].message.contains("0.8000"));
    }

    #[test]
    fn the_printed_direction_is_the_inverse() {
        let gdp = [Some(30.0), Some(0.0), Some(70.0)];
        let inputs =
            IndexInputs { unit_ids: None, gross_t: &[50.0, 25.0, 25.0], sink_t: &[1.0; 3], gdp: Some(&gdp) };
        let options = IndexOptions { ecc_direction: EccDirection::PaperText, ..IndexOptions::default() };
        let ix = indices(&inputs, &options).unwrap();
        assert_eq!(ix.ecc, [Some((0.3f64 / 0.5).recip()), None, Some((0.7f64 / 0.25).recip())]);
    }

    #[test]
    fn borderline_is_five_percent_in_log_space_by_default() {
        // Shares chosen so that ESC is 1.05, 1/1.05 and 1.06 for the first three units.
        for (esc, expected) in [(1.05f64, true), (1.0 / 1.05, true), (1.06, false), (0.94, false)] {
            assert_eq!(is_borderline(None, log_margin(Some(esc), 1.0), 5.0 + 1e-12), expected, "{esc}");
        }
        assert!(!is_borderline(None, None, 5.0));
    }

    #[test]
    fn negative_and_not_finite_inputs_are_refused_by_name() {
        let ids = ["a".to_owned(), "b".to_owned()];
        let bad = |gross: &[f64], sink: &[f64], gdp: &[Option<f64>]| {
            let inputs = IndexInputs { unit_ids: Some(&ids), gross_t: gross, sink_t: sink, gdp: Some(gdp) };
            indices(&inputs, &IndexOptions::default()).unwrap_err().to_string()
        };
        let ok = [Some(1.0), None];
        assert!(bad(&[1.0, -1.0], &[0.0, 0.0], &ok).starts_with("unit b: gross_t = -1"));
        assert!(bad(&[1.0, f64::NAN], &[0.0, 0.0], &ok).contains("NaN"));
        assert!(bad(&[1.0, 1.0], &[-2.0, 0.0], &ok).contains("emission sector `land`"));
        assert!(bad(&[1.0, 1.0], &[0.0, 0.0], &[Some(-3.0), None]).contains("gdp = -3"));
        assert!(bad(&[1.0, 1.0], &[0.0], &ok).contains("sink_t: 1 values for 2 units"));
    }

    #[test]
    fn amounts_below_one_have_the_same_indices() {
        let ix = run(&[0.5, 0.25], &[0.125, 0.0625], Some(&[Some(0.25), Some(0.125)]));
        assert_eq!((ix.ccr, ix.totals.ccr), (vec![Some(0.25); 2], Some(0.25)));
        assert_eq!((ix.ecc, ix.esc), (vec![Some(1.0); 2], vec![Some(1.0); 2]));
        assert_eq!(ix.totals.gdp_share_sum, Some(1.0));
        assert!(ix.findings.items.is_empty());
    }

    #[test]
    fn what_makes_indices_null_is_told_once_each() {
        let codes = |gross: &[f64], sink: &[f64], gdp: Option<&[Option<f64>]>| {
            let found = run(gross, sink, gdp).findings.items;
            found.into_iter().map(|f| (f.code, f.count, f.amount_t)).collect::<Vec<_>>()
        };
        let code = |code: &str| (code.to_owned(), None, None);
        assert_eq!(codes(&[], &[], None), []);
        assert_eq!(codes(&[1.0], &[0.0], Some(&[Some(1.0)])), [code("zero_city_sink")]);
        assert_eq!(codes(&[1.0], &[1.0], Some(&[Some(0.0)])), [code("zero_city_gdp")]);
        let gdp = [Some(1.0), Some(1.0)];
        assert_eq!(codes(&[0.0, 1.0], &[1.0; 2], Some(&gdp)), [("no_emission".to_owned(), Some(1), None)]);
        let missing = |n, t| ("missing_gdp".to_owned(), Some(n), Some(t));
        assert_eq!(codes(&[3.0, 1.0], &[1.0; 2], Some(&[None, Some(1.0)])), [missing(1, 3.0)]);
        assert_eq!(codes(&[3.0, 1.0], &[1.0; 2], None), [missing(2, 4.0)]);
        let hint = |gdp| run(&[3.0, 1.0], &[1.0; 2], gdp).findings.items[0].hint.clone().unwrap();
        assert!(hint(None).contains("axes") && !hint(Some(&[None, Some(1.0)])).contains("axes"));
    }

    #[test]
    fn five_percent_is_on_the_borderline_and_options_out_of_range_are_refused() {
        let borderline = |esc: f64| run(&[1.0; 2], &[esc, 2.0 - esc], None).borderline[0];
        assert!(borderline(1.045) && !borderline(1.055));
        assert!(is_borderline(Some(0.05f64.ln_1p()), None, 5.0), "the limit itself");
        assert_eq!(log_margin(Some(3.0), 2.0), Some(1.5f64.ln()));
        let ok = |gdp_total: Option<f64>, borderline_pct: f64| {
            let inputs = IndexInputs { unit_ids: None, gross_t: &[1.0], sink_t: &[1.0], gdp: None };
            indices(&inputs, &IndexOptions { gdp_total, borderline_pct, ..IndexOptions::default() }).is_ok()
        };
        assert!(ok(None, 0.0) && ok(Some(0.5), 5.0));
        assert!([-1.0, f64::NAN, f64::INFINITY].iter().all(|bad| !ok(None, *bad) && !ok(Some(*bad), 5.0)));
        assert!(!ok(Some(0.0), 5.0));
    }
}
