//! From tonnes to positions.

use super::config::{Base, Compensation, ModelName, QuotaBasis, QuotaIndicator};
use super::quota::{clear, entropy_weights};
use crate::{Result, ZoningError};
use carbonzone_types::loops::positions::{self, Counted, shares_of, sum_of};

/// Numbers of the units, all in the same order.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnitNumbers<'a> {
    /// Gross emissions `C_i`, t CO2e, ≥ 0.
    pub gross_t: &'a [f64],
    /// Sinks `A_i`, t CO2e; negative where the land of a unit emits more than it absorbs.
    pub sink_t: &'a [f64],
    /// GDP in any one unit of money; `None` inside: not known.
    pub gdp: &'a [Option<f64>],
    /// Residents.
    pub population: &'a [Option<f64>],
    /// Area in any one unit.
    pub area: &'a [Option<f64>],
    /// Mean emissions of the years up to this one; empty in a study of one year.
    pub history_t: &'a [f64],
    /// Engel coefficient; empty if not asked for.
    pub engel: &'a [f64],
    /// Cost of the first tonne, CNY per tonne; empty if not asked for.
    pub first_cost: &'a [f64],
}

impl<'a> UnitNumbers<'a> {
    /// The values of a base.
    pub fn base(&self, base: Base) -> &'a [Option<f64>] {
        match base {
            Base::Gdp => self.gdp,
            Base::Population => self.population,
            Base::Area => self.area,
        }
    }

    fn indicator(&self, indicator: QuotaIndicator) -> Vec<Option<f64>> {
        let known = |t: &[f64]| t.iter().map(|t| Some(t.max(0.0))).collect();
        match indicator {
            QuotaIndicator::Gross => known(self.gross_t),
            QuotaIndicator::Sink => known(self.sink_t),
            QuotaIndicator::Population => self.population.to_vec(),
            QuotaIndicator::Gdp => self.gdp.to_vec(),
            QuotaIndicator::Area => self.area.to_vec(),
        }
    }
}

/// Positions of the units under one model, in t CO2e; `None`: the unit takes no part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Positions {
    /// What is settled: above 0 a unit receives money, below 0 it pays. Sums to 0.
    pub settled_t: Vec<Option<f64>>,
    /// Economic leg `E_i = C_i − C·G_i/G`: above 0 a unit emits more than its share of the base.
    pub economic_t: Vec<Option<f64>>,
    /// Ecological leg `S_i = A_i − A·C_i/C`: above 0 its sinks exceed its share of emissions.
    pub ecological_t: Vec<Option<f64>>,
    /// Ability to pay `r_i`; empty in the other models.
    pub ability: Vec<Option<f64>>,
    /// By what receipts are multiplied so that they are the payments; `None` in the other models.
    pub receipts_factor: Option<f64>,
    /// Quota `q_i`, t; empty in the other models.
    pub quota_t: Vec<Option<f64>>,
    /// By how much a unit emits less, t; empty in the other models.
    pub cut_t: Vec<Option<f64>>,
    /// Weights of the indicators, if the quota is shared out by them.
    pub weights: Vec<(QuotaIndicator, f64)>,
    /// Price at which cuts clear, CNY per tonne, if costs were given.
    pub clearing_price: Option<f64>,
}

/// The Pearl curve of what people can pay: `l = 1/(1 + e^(−t))`, `t = 1/En − 3`, with `En` the Engel coefficient.
///
/// At `En = 1/3` it is 1/2; it rises towards 1 as food takes a smaller share of what people spend.
pub fn pearl(engel: f64) -> f64 {
    1.0 / (1.0 + (3.0 - 1.0 / engel).exp())
}

impl Positions {
    /// The positions under a model.
    ///
    /// # Errors
    /// As the model says.
    pub fn under(model: ModelName, units: &UnitNumbers<'_>, config: &Compensation) -> Result<Self> {
        match model {
            ModelName::Benchmark => Self::benchmark(units, config),
            ModelName::AbilityToPay => Self::ability_to_pay(units, config),
            ModelName::Quota => Self::quota(units, config),
        }
    }

    /// Model 1: `w_S·S_i − w_E·E_i`. A unit without its base takes no part, and the sums are those of the others.
    ///
    /// # Errors
    /// [`ZoningError::Length`] if slices differ, [`ZoningError::TooFew`] if fewer than two units take part.
    pub fn benchmark(units: &UnitNumbers<'_>, config: &Compensation) -> Result<Self> {
        let counted = counted(units, config, &[])?;
        Ok(legs(units, config, &counted))
    }

    /// Model 2: a payer of model 1 pays `r_i` of its position, `r_i = l_i·G_i/ΣG`; receivers share what is paid in
    /// proportion to their positions.
    ///
    /// # Errors
    /// As model 1.
    pub fn ability_to_pay(units: &UnitNumbers<'_>, config: &Compensation) -> Result<Self> {
        ZoningError::check_len("engel", units.engel.len(), units.gross_t.len())?;
        let counted = counted(units, config, &[units.gdp])?;
        let gdp = sum_of(units.gdp, &counted.takes_part);
        let mut out = legs(units, config, &counted);
        let ability = |(i, engel): (usize, &f64)| {
            let share = units.gdp[i].filter(|_| counted.takes_part[i] && gdp > 0.0)? / gdp;
            Some(pearl(*engel) * share)
        };
        out.ability = units.engel.iter().enumerate().map(ability).collect();
        out.receipts_factor = Some(positions::scale_to_ability(&mut out.settled_t, &out.ability));
        Ok(out)
    }

    /// Model 3: `Q = (1 − θ)ΣC` is shared out; a unit with more than it needs after its cut sells, one with less buys.
    /// `settled_t = q_i − (C_i − a_i)`: the literature's position `q_i − C_i` and the cut `a_i`, without which the
    /// positions would sum to `−θΣC` and not to 0.
    ///
    /// # Errors
    /// As model 1; [`ZoningError::Parameter`] for a reduction out of range or indicators without spread.
    pub fn quota(units: &UnitNumbers<'_>, config: &Compensation) -> Result<Self> {
        let missing = || ZoningError::parameter("quota", "none", "a section [compensation.quota]");
        let quota = config.quota.as_ref().ok_or_else(missing)?;
        if !(0.0..1.0).contains(&quota.reduction) {
            return Err(ZoningError::parameter("quota.reduction", quota.reduction, "0 to below 1"));
        }
        let indicators: Vec<Vec<Option<f64>>> = match quota.by {
            QuotaBasis::Entropy => quota.indicators.iter().map(|i| units.indicator(*i)).collect(),
            QuotaBasis::History => {
                ZoningError::check_len("history_t", units.history_t.len(), units.gross_t.len())?;
                vec![units.history_t.iter().map(|t| t.is_finite().then_some(*t)).collect()]
            }
            QuotaBasis::Benchmark => vec![units.base(config.base).to_vec()],
        };
        let more: Vec<&[Option<f64>]> = indicators.iter().map(Vec::as_slice).collect();
        let counted = counted(units, config, &more)?;
        let shares: Vec<Vec<f64>> = more.iter().map(|v| shares_of(v, &counted.takes_part)).collect();
        let mut out = legs(units, config, &counted);
        let weights = entropy_weights(&shares, counted.takes_part.iter().filter(|t| **t).count())?;
        if quota.by == QuotaBasis::Entropy {
            out.weights = quota.indicators.iter().copied().zip(weights.iter().copied()).collect();
        }
        let allowed_t = (1.0 - quota.reduction) * counted.gross_t;
        let n = units.gross_t.len();
        out.quota_t = positions::quotas(allowed_t, &shares, &weights, &counted.takes_part);
        let cuts: Vec<f64> = match &quota.cost {
            None => units.gross_t.iter().map(|c| quota.reduction * c).collect(),
            Some(cost) => {
                ZoningError::check_len("first_cost", units.first_cost.len(), n)?;
                let emitting = positions::of_those(units.gross_t, &counted.takes_part);
                let found = clear(&emitting, units.first_cost, cost.rise_cny_per_t, quota.reduction)?;
                out.clearing_price = Some(found.price);
                found.cut_t
            }
        };
        (out.cut_t, out.settled_t) =
            positions::after_cuts(units.gross_t, &cuts, &out.quota_t, &counted.takes_part);
        Ok(out)
    }
}

/// Who takes part: units whose numbers are all known.
fn counted(units: &UnitNumbers<'_>, config: &Compensation, more: &[&[Option<f64>]]) -> Result<Counted> {
    let n = units.gross_t.len();
    ZoningError::check_len("sink_t", units.sink_t.len(), n)?;
    let base = units.base(config.base);
    for column in more.iter().chain([&base]) {
        ZoningError::check_len(config.base.key(), column.len(), n)?;
    }
    let all: Vec<&[Option<f64>]> = more.iter().copied().chain([base]).collect();
    let takes_part = positions::taking_part(units.gross_t, units.sink_t, &all);
    let some = takes_part.iter().filter(|t| **t).count();
    let gross_t = positions::sum_of_tonnes(units.gross_t, &takes_part);
    let sink_t = positions::sum_of_tonnes(units.sink_t, &takes_part);
    let base = sum_of(base, &takes_part);
    if some < 2 || gross_t <= 0.0 || base <= 0.0 {
        let found = if gross_t > 0.0 && base > 0.0 { some } else { 0 };
        let method = format!("compensation by {}", config.base.label().0);
        return Err(ZoningError::TooFew { method, found, needed: 2 });
    }
    Ok(Counted { takes_part, gross_t, sink_t, base })
}

fn legs(units: &UnitNumbers<'_>, config: &Compensation, counted: &Counted) -> Positions {
    let weights = (config.weight_economic, config.weight_ecological);
    let base = units.base(config.base);
    let legs = positions::legs(units.gross_t, units.sink_t, base, counted, weights);
    let positions::Legs { settled_t, economic_t, ecological_t } = legs;
    Positions { settled_t, economic_t, ecological_t, ..Positions::default() }
}
