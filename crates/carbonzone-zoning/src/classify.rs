//! A scheme applied: indices to levels, levels to zones.

use crate::indices::{Indices, is_borderline, log_margin};
use crate::meaning::balance_state;
use crate::scheme::{Axis, Equality, LevelRule, ZoneClass, ZoningScheme};
use crate::{Result, ZoningError};
use carbonzone_types::loops::class_table::{self, ClassTable, Cuts};
use carbonzone_types::loops::natural_breaks::natural_upper_bounds;
use carbonzone_types::{AttributeTable, ColumnData};
use serde::{Deserialize, Serialize};

/// Cuts of one index: a value's level is the number of cuts below it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelCuts {
    /// Ascending cuts in the unit of the index.
    pub cuts: Vec<f64>,
    /// Side of a value that equals a cut.
    pub equality: Equality,
    /// Width of "equal".
    pub tolerance: f64,
}

impl LevelCuts {
    /// Level of a value, 0 = lowest.
    pub fn level(&self, value: f64) -> usize {
        class_table::level(value, &self.cuts, self.equality == Equality::High, self.tolerance)
    }

    /// `ln(value/cut)` to the nearest positive cut; `None` if the value is NULL or 0, or no cut is positive.
    pub fn margin(&self, value: Option<f64>) -> Option<f64> {
        let margins = self.cuts.iter().filter(|c| **c > 0.0).filter_map(|c| log_margin(value, *c));
        margins.min_by(|a, b| a.abs().total_cmp(&b.abs()))
    }
}

/// Result of one year (or of the mean over the years), one entry per unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Zoned {
    /// Level of the economic index (position in `levels`); `None` if NULL.
    pub economic_level: Vec<Option<usize>>,
    /// Level of the ecological index.
    pub ecological_level: Vec<Option<usize>>,
    /// Zone code.
    pub zone: Vec<u8>,
    /// `ln(index/nearest cut)` of the economic index; for the Suzhou scheme `ln ECC`.
    pub economic_margin: Vec<Option<f64>>,
    /// The same of the ecological index.
    pub ecological_margin: Vec<Option<f64>>,
    /// The smaller |margin| is at most `ln(1 + borderline_pct/100)`.
    pub borderline: Vec<bool>,
}

/// Result of [`classify`].
#[derive(Debug, Clone, PartialEq)]
pub struct Zoning {
    /// Cuts of the economic index in use.
    pub economic: LevelCuts,
    /// Cuts of the ecological index in use.
    pub ecological: LevelCuts,
    /// Zone code of every unit, by the mean of its indices over the years: the published zoning.
    pub overall: Vec<u8>,
    /// Everything about that mean.
    pub mean: Zoned,
    /// Every year judged by the same cuts, in the order given.
    pub years: Vec<Zoned>,
}

/// Applies a scheme to the indices of one or several years (same units in the same order).
///
/// Level cuts are found on the mean of each index over the years (a unit with a NULL in any year has no
/// mean and is `undefined`), then the means and every single year are judged by them. `C_i = 0` in every
/// year gives the scheme's `no_emission` class; a missing index gives `undefined`.
///
/// # Errors
/// [`ZoningError::Scheme`] for a contradictory scheme, [`ZoningError::Length`] if the years differ in units,
/// [`ZoningError::TooFew`] if there are fewer distinct values than levels for natural breaks.
pub fn classify(scheme: &ZoningScheme, years: &[&Indices]) -> Result<Zoning> {
    scheme.validate()?;
    let n = years.first().map_or(0, |ix| ix.len());
    for ix in years {
        ZoningError::check_len("indices of a year", ix.len(), n)?;
    }
    let mean_ecc = mean_over_years(n, years.iter().map(|ix| ix.ecc.as_slice()));
    let mean_esc = mean_over_years(n, years.iter().map(|ix| ix.esc.as_slice()));
    let nothing: Vec<bool> = (0..n).map(|i| years.iter().all(|ix| ix.no_emission[i])).collect();
    let economic = level_cuts(scheme, &scheme.economic, &mean_ecc)?;
    let ecological = level_cuts(scheme, &scheme.ecological, &mean_esc)?;
    let zoned = |ecc: &[Option<f64>], esc: &[Option<f64>], nothing: &[bool]| {
        apply(scheme, (&economic, &ecological), ecc, esc, nothing)
    };
    let mean = zoned(&mean_ecc, &mean_esc, &nothing);
    let years = years.iter().map(|ix| zoned(&ix.ecc, &ix.esc, &ix.no_emission)).collect();
    Ok(Zoning { economic, ecological, overall: mean.zone.clone(), mean, years })
}

fn mean_over_years<'a>(n: usize, years: impl Iterator<Item = &'a [Option<f64>]>) -> Vec<Option<f64>> {
    let mut sums = vec![Some(0.0); n];
    let mut count = 0.0;
    for year in years {
        count += 1.0;
        for (sum, v) in sums.iter_mut().zip(year) {
            *sum = sum.zip(*v).map(|(s, v)| s + v);
        }
    }
    sums.into_iter().map(|s| s.map(|s| s / count)).collect()
}

fn level_cuts(scheme: &ZoningScheme, axis: &Axis, values: &[Option<f64>]) -> Result<LevelCuts> {
    let exact = |cuts| LevelCuts { cuts, equality: Equality::Low, tolerance: 0.0 };
    match &axis.rule {
        LevelRule::Fixed { cuts, equality, tolerance } => {
            Ok(LevelCuts { cuts: cuts.clone(), equality: *equality, tolerance: *tolerance })
        }
        LevelRule::Jenks {} => jenks_cuts(scheme, axis, values).map(exact),
        LevelRule::MeanSd { k } => {
            let known: Vec<f64> = values.iter().flatten().copied().collect();
            if known.is_empty() {
                return Ok(exact(vec![0.0; 2]));
            }
            let (mean, sd) = mean_and_population_sd(&known);
            Ok(exact(vec![mean - k * sd, mean + k * sd]))
        }
    }
}

fn jenks_cuts(scheme: &ZoningScheme, axis: &Axis, values: &[Option<f64>]) -> Result<Vec<f64>> {
    let mut known: Vec<f64> = values.iter().flatten().copied().collect();
    known.sort_by(f64::total_cmp);
    let k = axis.levels.len();
    if known.is_empty() {
        return Ok(vec![0.0; k - 1]);
    }
    let uppers = natural_upper_bounds(&known, k);
    if uppers.len() < k {
        let method = format!("natural breaks of {} in scheme {}", axis.column, scheme.key);
        return Err(ZoningError::TooFew { method, found: uppers.len(), needed: k });
    }
    let half_way = |upper: &f64| {
        let next = known.iter().find(|v| *v > upper).copied().unwrap_or(*upper);
        f64::midpoint(*upper, next)
    };
    Ok(uppers[..k - 1].iter().map(half_way).collect())
}

fn mean_and_population_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = sorted.iter().sum::<f64>() / n;
    let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

/// Judges the indices of one year by given cuts (of an earlier [`classify`], say).
pub fn classify_with(
    scheme: &ZoningScheme,
    economic: &LevelCuts,
    ecological: &LevelCuts,
    indices: &Indices,
) -> Zoned {
    apply(scheme, (economic, ecological), &indices.ecc, &indices.esc, &indices.no_emission)
}

fn apply(
    scheme: &ZoningScheme,
    (economic, ecological): (&LevelCuts, &LevelCuts),
    ecc: &[Option<f64>],
    esc: &[Option<f64>],
    nothing: &[bool],
) -> Zoned {
    let rule = ClassRule::new(scheme, economic, ecological);
    let mut out = Zoned::default();
    for i in 0..ecc.len() {
        out.zone.push(rule.class(ecc[i], esc[i], nothing[i]));
        out.economic_level.push(ecc[i].map(|v| economic.level(v)));
        out.ecological_level.push(esc[i].map(|v| ecological.level(v)));
        out.economic_margin.push(economic.margin(ecc[i]));
        out.ecological_margin.push(ecological.margin(esc[i]));
        out.borderline.push(is_borderline(
            out.economic_margin[i],
            out.ecological_margin[i],
            scheme.borderline_pct,
        ));
    }
    out
}

/// From two indices to a class: cuts and the table of the scheme, looked up once for any number of units.
#[derive(Debug)]
pub struct ClassRule(ClassTable);

impl ClassRule {
    /// The rule of a scheme with given cuts.
    pub fn new(scheme: &ZoningScheme, economic: &LevelCuts, ecological: &LevelCuts) -> Self {
        let rest = |key: &str| scheme.class_by_key(key).map_or(0, |c| c.id);
        let of_level = |e| (0..scheme.ecological.levels.len()).map(|s| scheme.zone_of(e, s)).collect();
        let cuts = |of: &LevelCuts| Cuts {
            cuts: of.cuts.clone(),
            equal_is_above: of.equality == Equality::High,
            tolerance: of.tolerance,
        };
        Self(ClassTable {
            economic: cuts(economic),
            ecological: cuts(ecological),
            codes: (0..scheme.economic.levels.len()).map(of_level).collect(),
            no_emission: rest(&scheme.no_emission),
            undefined: rest(&scheme.undefined),
        })
    }

    /// Code of the class of a unit; `nothing`: it emits nothing.
    pub fn class(&self, economic: Option<f64>, ecological: Option<f64>, nothing: bool) -> u8 {
        self.0.class(economic, ecological, nothing)
    }

    /// Codes of the classes of many units.
    pub fn classes(&self, economic: &[Option<f64>], ecological: &[Option<f64>], nothing: &[bool]) -> Vec<u8> {
        self.0.classes(economic, ecological, nothing)
    }
}

/// Appends the index and zone columns of docs/pipeline.md, "Fields" to a table of units.
///
/// Columns: `ccr`, `balance_state`, the scheme's two index columns, `<economic>_margin`, `<ecological>_margin`, `borderline`,
/// `zone`, `zone_id`, `zone_en`, `zone_zh`, `zone_color`. Rows: the units in the order of `indices`.
pub fn append_zone_columns(
    table: &mut AttributeTable,
    scheme: &ZoningScheme,
    indices: &Indices,
    zoned: &Zoned,
) {
    let (e, s) = (&scheme.economic.column, &scheme.ecological.column);
    let state = |ccr: &Option<f64>| balance_state(*ccr).map(str::to_owned);
    table.push("ccr", ColumnData::Real(indices.ccr.clone()));
    table.push("balance_state", ColumnData::Text(indices.ccr.iter().map(state).collect()));
    table.push(e, ColumnData::Real(indices.ecc.clone()));
    table.push(s, ColumnData::Real(indices.esc.clone()));
    let class_text = |pick: fn(&ZoneClass) -> &String| {
        ColumnData::Text(zoned.zone.iter().map(|id| scheme.class_of(*id).map(|c| pick(c).clone())).collect())
    };
    table.push("zone", class_text(|c| &c.key));
    table.push("zone_id", ColumnData::Int(zoned.zone.iter().map(|id| Some(i64::from(*id))).collect()));
    table.push("zone_en", class_text(|c| &c.label_en));
    table.push("zone_zh", class_text(|c| &c.label_zh));
    table.push("zone_color", class_text(|c| &c.color));
    table.push(&format!("{e}_margin"), ColumnData::Real(zoned.economic_margin.clone()));
    table.push(&format!("{s}_margin"), ColumnData::Real(zoned.ecological_margin.clone()));
    table.push("borderline", ColumnData::Bool(zoned.borderline.iter().map(|b| Some(*b)).collect()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::{IndexInputs, IndexOptions, indices};

    fn with_values(ecc: &[Option<f64>], esc: &[Option<f64>], nothing: &[bool]) -> Indices {
        Indices {
            ccr: esc.to_vec(),
            ecc: ecc.to_vec(),
            esc: esc.to_vec(),
            no_emission: nothing.to_vec(),
            ..Indices::default()
        }
    }

    fn zones_of(scheme: &ZoningScheme, years: &[&Indices]) -> Vec<String> {
        let zoning = classify(scheme, years).unwrap();
        zoning.overall.iter().map(|id| scheme.class_of(*id).unwrap().key.clone()).collect()
    }

    #[test]
    fn the_four_zones_of_table_4_and_equality_on_the_low_side() {
        let just_above = 1.0 + 1e-12 * 1.5;
        let ecc =
            [Some(2.0), Some(2.0), Some(0.5), Some(0.5), Some(1.0), Some(1.0 + 5e-13), Some(just_above)];
        let esc = [Some(2.0), Some(1.0), Some(2.0), Some(0.5), Some(1.0), Some(2.0), Some(just_above)];
        let ix = with_values(&ecc, &esc, &[false; 7]);
        let expected = [
            "low_carbon_economic",
            "carbon_source_control",
            "carbon_sink_functional",
            "high_carbon_optimization",
            "high_carbon_optimization",
            "carbon_sink_functional",
            "low_carbon_economic",
        ];
        assert_eq!(zones_of(&ZoningScheme::suzhou(), &[&ix]), expected);
    }

    #[test]
    fn no_emission_goes_before_undefined() {
        let ix = with_values(&[None, None, Some(2.0)], &[None, Some(2.0), None], &[true, false, false]);
        let zones = zones_of(&ZoningScheme::suzhou(), &[&ix]);
        assert_eq!(zones, ["no_emission", "undefined", "undefined"]);
    }

    #[test]
    fn natural_breaks_cut_half_way_on_the_mean_over_the_years() {
        let a = with_values(
            &[Some(1.0), Some(2.0), Some(10.0), Some(11.0), Some(30.0)],
            &[Some(1.0), Some(5.0), Some(5.0), Some(9.0), Some(9.0)],
            &[false; 5],
        );
        let b = with_values(
            &[Some(3.0), Some(2.0), Some(10.0), Some(9.0), Some(30.0)],
            &[Some(1.0), Some(5.0), Some(5.0), Some(9.0), Some(9.0)],
            &[false; 5],
        );
        let zoning = classify(&ZoningScheme::guiyang(), &[&a, &b]).unwrap();
        assert_eq!(zoning.economic.cuts, [6.0, 20.0]);
        assert_eq!(zoning.ecological.cuts, [3.0, 7.0]);
        assert_eq!(zoning.years.len(), 2);
        assert_eq!(zoning.mean.economic_level, [Some(0), Some(0), Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn fewer_distinct_values_than_levels_is_an_error() {
        let ix =
            with_values(&[Some(1.0), Some(1.0), Some(2.0)], &[Some(1.0), Some(2.0), Some(3.0)], &[false; 3]);
        let error = classify(&ZoningScheme::guiyang(), &[&ix]).unwrap_err();
        assert!(matches!(error, ZoningError::TooFew { found: 2, needed: 3, .. }), "{error}");
    }

    #[test]
    fn columns_take_the_names_of_the_scheme() {
        let gdp = [Some(1.0), Some(3.0)];
        let inputs =
            IndexInputs { unit_ids: None, gross_t: &[50.0, 50.0], sink_t: &[3.0, 1.0], gdp: Some(&gdp) };
        let ix = indices(&inputs, &IndexOptions::default()).unwrap();
        let scheme = ZoningScheme::guiyang_fixed();
        let zoning = classify(&scheme, &[&ix]).unwrap();
        let mut table = AttributeTable::new();
        append_zone_columns(&mut table, &scheme, &ix, &zoning.mean);
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let expected = [
            "ccr",
            "balance_state",
            "eec",
            "sec",
            "zone",
            "zone_id",
            "zone_en",
            "zone_zh",
            "zone_color",
            "eec_margin",
            "sec_margin",
            "borderline",
        ];
        assert_eq!(names, expected);
        assert_eq!(table.texts("zone").unwrap()[0].as_deref(), Some("carbon_budget_balance"));
    }

    #[test]
    fn the_suzhou_margin_is_the_logarithm_of_the_index() {
        let ix = with_values(&[Some(1.04), Some(0.5)], &[Some(3.0), Some(0.0)], &[false; 2]);
        let zoning = classify(&ZoningScheme::suzhou(), &[&ix]).unwrap();
        assert_eq!(zoning.mean.economic_margin[0], Some(1.04f64.ln()));
        assert_eq!(zoning.mean.ecological_margin[1], None);
        assert_eq!(zoning.mean.borderline, [true, false]);
    }
}
