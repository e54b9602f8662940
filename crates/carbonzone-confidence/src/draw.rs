//! One draw: budgets, shares and choices of one sample or of a mix of two.

use crate::model::{Group, Model, Rule};
use crate::stream::Key;
use rand_distr::{Distribution, Gamma};

/// The two independent samples that drivers are found with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    A,
    B,
}

/// Which sample each group is taken from, in the order of [`Group::ALL`].
pub type Sides = [Side; Group::ALL.len()];

/// Everything of sample A.
pub const ALL_A: Sides = [Side::A; Group::ALL.len()];
/// Everything of sample B.
pub const ALL_B: Sides = [Side::B; Group::ALL.len()];

/// Sample A with one group of sample B.
pub fn mixed(group: Group) -> Sides {
    let mut sides = ALL_A;
    sides[group as usize] = Side::B;
    sides
}

/// Numbers of all draws that are few enough to keep: parameters and choices.
pub struct Samples {
    /// Relative factor by parameter and draw.
    parameters: [Vec<Vec<f64>>; 2],
    /// Option by choice and draw.
    choices: [Vec<Vec<usize>>; 2],
    /// Keys of the gammas, by rule and unit (the outside last).
    keys: [Vec<Vec<Key>>; 2],
    /// Budget of each rule under each option, t.
    budgets: Vec<Vec<f64>>,
}

/// Tonnes of one draw.
pub struct Tonnes {
    /// Gross emission per unit.
    pub gross_t: Vec<f64>,
    /// Sinks per unit.
    pub sink_t: Vec<f64>,
    /// GDP per unit.
    pub gdp: Vec<Option<f64>>,
    /// Budget per rule.
    pub budget_t: Vec<f64>,
}

/// Shares drawn so far for one draw: by rule, a list of (sample, option, tonnes at the run's budget).
type Shares = Vec<Vec<(Side, usize, Vec<f64>)>>;

impl Samples {
    pub fn new(model: &Model, seed: u64, draws: usize) -> Self {
        let key = |kind: &str, name: &str, side: &str| Key::new(seed, kind).child(name).child(side);
        let parameters =
            ["a", "b"].map(|side| model.parameters.iter().map(|p| p.sample(seed, side, draws)).collect());
        let choices = ["a", "b"].map(|side| {
            let of = |c: &crate::Choice| {
                let uniforms = key("choice", &c.name, side).uniforms(draws);
                uniforms.into_iter().map(|u| option_of(&c.probabilities, u)).collect()
            };
            model.choices.iter().map(of).collect()
        });
        let keys = ["a", "b"].map(|side| {
            let of = |rule: &Rule| {
                let rule = key("shares", &rule.id, side);
                let mut keys: Vec<Key> = model.units.iter().map(|u| rule.child(u)).collect();
                keys.push(rule.child("outside every unit"));
                keys
            };
            model.rules.iter().map(of).collect()
        });
        let budgets = model.rules.iter().map(|r| r.placed.iter().map(crate::Placed::total_t).collect());
        Self { parameters, choices, keys, budgets: budgets.collect() }
    }

    /// Storage for the shares of one draw.
    pub fn no_shares(model: &Model) -> Shares {
        model.rules.iter().map(|_| Vec::new()).collect()
    }

    /// Tonnes of one draw, each group from the sample that `sides` names. `shares` belongs to this draw.
    pub fn tonnes(&self, model: &Model, draw: usize, sides: Sides, shares: &mut Shares) -> Tonnes {
        let mut out = Tonnes {
            gross_t: model.gross_t.clone(),
            sink_t: model.sink_t.clone(),
            gdp: model.gdp.clone(),
            budget_t: Vec::with_capacity(model.rules.len()),
        };
        for (r, rule) in model.rules.iter().enumerate() {
            let option =
                rule.choice.map_or(0, |c| self.choices[sides[Group::Choices as usize] as usize][c][draw]);
            let multiplier = self.multiplier(model, rule, draw, sides);
            let base = &rule.placed[0].per_unit_t;
            let into = if rule.sink { &mut out.sink_t } else { &mut out.gross_t };
            let side = sides[Group::Proxies as usize];
            let cached = &mut shares[r];
            let at = cached.iter().position(|(s, o, _)| (*s, *o) == (side, option)).unwrap_or_else(|| {
                cached.push((side, option, self.shares(rule, r, side, option, draw)));
                cached.len() - 1
            });
            let drawn = &cached[at].2;
            // A difference, so that a draw without error is the run itself, to the bit.
            if let Some(units) = model.unit_parameters.get(r) {
                let mut budget_t = rule.placed[option].outside_t * multiplier;
                for (((t, drawn), base), own) in into.iter_mut().zip(drawn).zip(base).zip(units) {
                    let own: f64 = own.iter().map(|p| self.factor(model, *p, draw, sides)).product();
                    let now = drawn * multiplier * own;
                    budget_t += now;
                    *t += now - base;
                }
                out.budget_t.push(budget_t);
            } else {
                into.iter_mut()
                    .zip(drawn)
                    .zip(base)
                    .for_each(|((t, drawn), base)| *t += drawn * multiplier - base);
                out.budget_t.push(self.budgets[r][option] * multiplier);
            }
        }
        // Differences of equal numbers can leave a rounding below 0.
        out.gross_t.iter_mut().chain(&mut out.sink_t).for_each(|t| *t = t.max(0.0));
        let gdp = &self.parameters[sides[Group::Gdp as usize] as usize];
        for (gdp_of, parameter) in out.gdp.iter_mut().zip(&model.gdp_parameter) {
            if let Some(p) = parameter {
                *gdp_of = gdp_of.map(|g| g * gdp[*p][draw]);
            }
        }
        out
    }

    /// Factor on the budget of a rule: 1 plus the weighted errors of its terms.
    fn multiplier(&self, model: &Model, rule: &Rule, draw: usize, sides: Sides) -> f64 {
        let of = |p: &usize| self.factor(model, *p, draw, sides);
        let error = |t: &crate::Term| t.share * (t.parameters.iter().map(of).product::<f64>() - 1.0);
        1.0 + rule.terms.iter().map(error).sum::<f64>()
    }

    /// Relative factor of a parameter in a draw.
    fn factor(&self, model: &Model, p: usize, draw: usize, sides: Sides) -> f64 {
        self.parameters[sides[model.parameters[p].group as usize] as usize][p][draw]
    }

    /// Tonnes of a rule per unit at the run's budget, the shares drawn from their Dirichlet distribution.
    fn shares(&self, rule: &Rule, r: usize, side: Side, option: usize, draw: usize) -> Vec<f64> {
        let placed = &rule.placed[option];
        let Some(concentration) = rule.concentration(option) else { return placed.per_unit_t.clone() };
        let budget_t = self.budgets[r][option];
        let keys = &self.keys[side as usize][r];
        let tonnes = placed.per_unit_t.iter().chain([&placed.outside_t]);
        let mut out: Vec<f64> =
            tonnes.zip(keys).map(|(t, key)| gamma(concentration * t / budget_t, *key, draw)).collect();
        let sum: f64 = out.iter().sum();
        out.pop();
        if sum > 0.0 {
            for share in &mut out {
                *share *= budget_t / sum;
            }
        } else {
            out.clone_from(&placed.per_unit_t);
        }
        out
    }
}

/// A gamma number of a shape and scale 1; 0 for shape 0.
fn gamma(shape: f64, key: Key, draw: usize) -> f64 {
    Gamma::new(shape, 1.0).map_or(0.0, |g| g.sample(&mut key.draw(draw)))
}

/// The option that holds the number `u` of (0, 1).
fn option_of(probabilities: &[f64], u: f64) -> usize {
    let mut below = 0.0;
    let found = probabilities.iter().position(|p| {
        below += p;
        u < below
    });
    found.or_else(|| probabilities.iter().rposition(|p| *p > 0.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::dirichlet_concentration;

    #[test]
    fn gammas_of_small_and_large_shapes_have_mean_and_variance_of_their_shape() {
        for shape in [0.05, 0.7, 3.0, 40.0] {
            let n = 40_000;
            let sample: Vec<f64> = (0..n).map(|d| gamma(shape, Key::new(3, "g"), d)).collect();
            let mean = sample.iter().sum::<f64>() / f64::from(n as u32);
            let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n as u32);
            // Five standard errors of a mean.
            assert!((mean - shape).abs() < 5.0 * (shape / 40_000.0).sqrt(), "{shape}: mean {mean}");
            // The variance of a gamma's sample variance is (2 + 6/shape)·shape²/n.
            let error = shape * ((2.0 + 6.0 / shape) / 40_000.0).sqrt();
            assert!((variance - shape).abs() < 5.0 * error, "{shape}: variance {variance}");
        }
        assert_eq!(gamma(0.0, Key::new(3, "g"), 0), 0.0);
    }

    #[test]
    fn drawn_shares_have_the_mean_of_the_run_and_the_cv_asked_for() {
        let placed = crate::Placed { per_unit_t: vec![10.0, 20.0, 30.0, 40.0], outside_t: 0.0 };
        let rule = Rule {
            id: "r".into(),
            sector: "industry".into(),
            sink: false,
            terms: Vec::new(),
            placed: vec![placed],
            choice: None,
            proxy_cv: Some(0.2),
        };
        let model = Model {
            units: ["a", "b", "c", "d"].map(String::from).into(),
            gross_t: vec![10.0, 20.0, 30.0, 40.0],
            sink_t: vec![0.0; 4],
            gdp: vec![None; 4],
            gdp_parameter: vec![None; 4],
            rules: vec![rule],
            ..Model::default()
        };
        let samples = Samples::new(&model, 5, 1);
        let n = 20_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for draw in 0..n {
            let shares = samples.shares(&model.rules[0], 0, Side::A, 0, draw);
            assert!((shares.iter().sum::<f64>() - 100.0).abs() < 1e-10);
            sum += shares[1] / 100.0;
            squares += (shares[1] / 100.0).powi(2);
        }
        let mean = sum / n as f64;
        let variance = squares / n as f64 - mean * mean;
        let concentration = dirichlet_concentration(4, 0.2).unwrap();
        let expected = 0.2 * 0.8 / (concentration + 1.0);
        assert!((mean - 0.2).abs() < 5.0 * (expected / n as f64).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.05, "{variance} {expected}");
    }

    #[test]
    fn an_option_is_taken_as_often_as_its_probability_says() {
        let options: Vec<usize> =
            Key::new(1, "c").uniforms(1000).into_iter().map(|u| option_of(&[0.25, 0.0, 0.75], u)).collect();
        let of = |k: usize| options.iter().filter(|o| **o == k).count();
        assert_eq!((of(0), of(1), of(2)), (250, 0, 750));
    }
}
