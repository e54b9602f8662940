//! One draw: budgets, shares and choices of one draw or of a mix of two.

use crate::model::{Group, Model, Rule};
use crate::stream::Key;
use rand_distr::{Distribution, Gamma, Open01};
use rayon::prelude::*;

/// Which draw each group is taken from, in the order of [`Group::ALL`].
pub type Mix = [usize; Group::ALL.len()];

/// Everything of one draw.
pub fn all_of(draw: usize) -> Mix {
    [draw; Group::ALL.len()]
}

/// A draw with one group of another.
pub fn mixed(draw: usize, group: Group, other: usize) -> Mix {
    let mut mix = all_of(draw);
    mix[group as usize] = other;
    mix
}

/// Everything that draws need and that is the same for all of them.
pub struct Samples {
    /// Relative factor by parameter and draw.
    parameters: Vec<Vec<f64>>,
    /// Option by choice and draw.
    choices: Vec<Vec<usize>>,
    /// Keys of the gammas, by rule and unit (the outside last).
    keys: Vec<Vec<Key>>,
    /// Where each rule's tonnes lie and how they vary, by rule and option.
    placed: Vec<Vec<Spread>>,
    /// Groups of which something varies, in the order of [`Group::ALL`].
    pub varies: [bool; Group::ALL.len()],
}

/// Tonnes of a rule under one of its options.
struct Spread {
    budget_t: f64,
    /// Distribution of each share before they are scaled to sum to 1, the outside last; `None`: no share. Empty: no share
    /// varies.
    gammas: Vec<Option<Share>>,
}

/// A gamma distribution of scale 1, drawn as `Γ(shape + 1) · U^(1/shape)` for every shape, so that a number of one draw
/// hardly moves when the shape hardly does: plan and base run stay a pair where the shape of a share crosses 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Share {
    above: Gamma<f64>,
    inverse_shape: f64,
}

impl Share {
    /// `None` for shape 0.
    fn of(shape: f64) -> Option<Self> {
        let above = (shape > 0.0).then(|| Gamma::new(shape + 1.0, 1.0).ok())??;
        Some(Self { above, inverse_shape: shape.recip() })
    }

    fn in_draw(&self, key: Key, draw: usize) -> f64 {
        let mut random = key.draw(draw);
        let u: f64 = Open01.sample(&mut random);
        self.above.sample(&mut random) * u.powf(self.inverse_shape)
    }
}

impl Spread {
    fn of(rule: &Rule, option: usize) -> Self {
        let placed = &rule.placed[option];
        let budget_t = placed.total_t();
        let of = |concentration: f64| {
            let tonnes = placed.per_unit_t.iter().chain([&placed.outside_t]);
            tonnes.map(|t| Share::of(concentration * t / budget_t)).collect()
        };
        Self { budget_t, gammas: rule.concentration(option).map(of).unwrap_or_default() }
    }
}

/// Tonnes of one draw.
#[expect(clippy::struct_field_names, reason = "units are in the names")]
pub struct Tonnes {
    /// Gross emission per unit.
    pub gross_t: Vec<f64>,
    /// Sinks per unit.
    pub sink_t: Vec<f64>,
    /// Budget per rule.
    pub budget_t: Vec<f64>,
}

/// Shares drawn so far for some draws: by rule, a list of (draw, option, tonnes at the run's budget).
pub type Shares = Vec<Vec<(usize, usize, Vec<f64>)>>;

impl Samples {
    pub fn new(model: &Model, seed: u64, draws: usize) -> Self {
        // The run's numbers are sample "a" of a name.
        let key = |kind: &str, name: &str| Key::new(seed, kind).child(name).child("a");
        let choice = |c: &crate::Choice| {
            let uniforms = key("choice", &c.name).uniforms(draws);
            uniforms.into_iter().map(|u| option_of(&c.probabilities, u)).collect()
        };
        let keys = |rule: &Rule| {
            let rule = key("shares", &rule.id);
            let outside = rule.child("outside every unit");
            model.units.iter().map(|u| rule.child(u)).chain([outside]).collect()
        };
        let placed = |r: &Rule| (0..r.placed.len()).map(|option| Spread::of(r, option)).collect();
        let placed: Vec<Vec<Spread>> = model.rules.iter().map(placed).collect();
        let off =
            |group| model.parameters.iter().any(|p| p.group == group && p.spread != crate::Relative::Exact);
        let varies = Group::ALL.map(|group| match group {
            Group::Proxies => off(group) || placed.iter().flatten().any(|s| !s.gammas.is_empty()),
            Group::Choices => off(group) || !model.choices.is_empty(),
            _ => off(group),
        });
        Self {
            parameters: model.parameters.par_iter().map(|p| p.draws(seed, draws)).collect(),
            choices: model.choices.iter().map(choice).collect(),
            keys: model.rules.iter().map(keys).collect(),
            placed,
            varies,
        }
    }

    /// Storage for the shares of a few draws.
    pub fn no_shares(model: &Model) -> Shares {
        model.rules.iter().map(|_| Vec::new()).collect()
    }

    /// Tonnes, each group from the draw that `mix` names. `shares` belongs to these draws.
    pub fn tonnes(&self, model: &Model, mix: &Mix, shares: &mut Shares) -> Tonnes {
        let mut out = Tonnes {
            gross_t: model.gross_t.clone(),
            sink_t: model.sink_t.clone(),
            budget_t: Vec::with_capacity(model.rules.len()),
        };
        for (r, rule) in model.rules.iter().enumerate() {
            let option = rule.choice.map_or(0, |c| self.choices[c][mix[Group::Choices as usize]]);
            let multiplier = self.multiplier(model, rule, mix);
            let base = &rule.placed[0].per_unit_t;
            let into = if rule.sink { &mut out.sink_t } else { &mut out.gross_t };
            let drawn = self.shares_once(rule, r, (mix[Group::Proxies as usize], option), &mut shares[r]);
            // A difference, so that a draw without error is the run itself, to the bit.
            if let Some(units) = model.unit_parameters.get(r) {
                let mut budget_t = rule.placed[option].outside_t * multiplier;
                for (((t, drawn), base), own) in into.iter_mut().zip(drawn).zip(base).zip(units) {
                    let own: f64 = own.iter().map(|p| self.factor(model, *p, mix)).product();
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
                out.budget_t.push(self.placed[r][option].budget_t * multiplier);
            }
        }
        // Differences of equal numbers can leave a rounding below 0.
        out.gross_t.iter_mut().chain(&mut out.sink_t).for_each(|t| *t = t.max(0.0));
        out
    }

    /// GDP per unit in a draw.
    pub fn gdp(&self, model: &Model, draw: usize) -> Vec<Option<f64>> {
        let of = |(gdp, parameter): (&Option<f64>, &Option<usize>)| {
            gdp.map(|g| parameter.map_or(g, |p| g * self.parameters[p][draw]))
        };
        model.gdp.iter().zip(&model.gdp_parameter).map(of).collect()
    }

    /// Factor on the budget of a rule: 1 plus the weighted errors of its terms.
    fn multiplier(&self, model: &Model, rule: &Rule, mix: &Mix) -> f64 {
        let of = |p: &usize| self.factor(model, *p, mix);
        let error = |t: &crate::Term| t.share * (t.parameters.iter().map(of).product::<f64>() - 1.0);
        1.0 + rule.terms.iter().map(error).sum::<f64>()
    }

    /// Relative factor of a parameter.
    fn factor(&self, model: &Model, p: usize, mix: &Mix) -> f64 {
        self.parameters[p][mix[model.parameters[p].group as usize]]
    }

    /// Shares of a rule in a draw under an option, drawn the first time they are asked for.
    fn shares_once<'a>(
        &self,
        rule: &'a Rule,
        r: usize,
        (draw, option): (usize, usize),
        cached: &'a mut Vec<(usize, usize, Vec<f64>)>,
    ) -> &'a [f64] {
        let (spread, run) = (&self.placed[r][option], &rule.placed[option].per_unit_t);
        if spread.gammas.is_empty() {
            return run;
        }
        let at = cached.iter().position(|(d, o, _)| (*d, *o) == (draw, option)).unwrap_or_else(|| {
            cached.push((draw, option, drawn(spread, &self.keys[r], draw, run)));
            cached.len() - 1
        });
        &cached[at].2
    }
}

/// Tonnes per unit at the run's budget, the shares drawn from their Dirichlet distribution.
fn drawn(spread: &Spread, keys: &[Key], draw: usize, run: &[f64]) -> Vec<f64> {
    let of = |(share, key): (&Option<Share>, &Key)| share.map_or(0.0, |s| s.in_draw(*key, draw));
    let mut out: Vec<f64> = spread.gammas.iter().zip(keys).map(of).collect();
    let scale = spread.budget_t / out.iter().sum::<f64>();
    out.pop();
    if scale.is_finite() {
        for share in &mut out {
            *share *= scale;
        }
    } else if let Some(outside) = keys.last() {
        // Variations so large that every number is nothing: all tonnes are in one place, as often as its share.
        out.fill(0.0);
        let mut left_t = outside.child("one place").uniform(draw) * spread.budget_t;
        let place = run.iter().position(|t| {
            left_t -= t;
            left_t < 0.0
        });
        // None: it is outside.
        if let Some(unit) = place {
            out[unit] = spread.budget_t;
        }
    }
    out
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
            let share = Share::of(shape).unwrap();
            let sample: Vec<f64> = (0..n).map(|d| share.in_draw(Key::new(3, "g"), d)).collect();
            let mean = sample.iter().sum::<f64>() / f64::from(n as u32);
            let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n as u32);
            // Five standard errors of a mean.
            assert!((mean - shape).abs() < 5.0 * (shape / 40_000.0).sqrt(), "{shape}: mean {mean}");
            // The variance of a gamma's sample variance is (2 + 6/shape)·shape²/n.
            let error = shape * ((2.0 + 6.0 / shape) / 40_000.0).sqrt();
            assert!((variance - shape).abs() < 5.0 * error, "{shape}: variance {variance}");
        }
        assert_eq!(Share::of(0.0), None);
    }

    #[test]
    fn a_gamma_of_a_slightly_other_shape_is_the_same_draw() {
        for (shape, other) in [(0.997, 1.008), (1.0, 1.0 + 1e-12), (0.3, 0.301), (5.0, 5.02)] {
            let shares = [shape, other].map(|shape| Share::of(shape).unwrap());
            let apart = |d: &usize| {
                let [a, b] = shares.map(|s| s.in_draw(Key::new(3, "g"), *d));
                (a - b).abs() > 0.05 * shape
            };
            // What the rejection of a candidate for one of the two costs.
            let n = (0..4000).filter(apart).count();
            assert!(n < 20, "{n} of 4000 draws are no pair");
        }
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
            let shares = drawn(&samples.placed[0][0], &samples.keys[0], draw, &[]);
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
    fn shares_that_vary_as_much_as_they_can_lie_in_one_place() {
        // α0 = 2e-4: nearly every gamma is below the smallest float.
        let run = [10.0, 20.0, 30.0];
        let concentration = 2e-4;
        let spread = Spread {
            budget_t: 100.0,
            gammas: [10.0, 20.0, 30.0, 40.0].map(|t| Share::of(concentration * t / 100.0)).into(),
        };
        let keys: Vec<Key> = ["a", "b", "c", "outside"].map(|u| Key::new(3, u)).into();
        let n = 20_000;
        let (mut counts, mut shared) = ([0; 4], 0);
        for draw in 0..n {
            let drawn = drawn(&spread, &keys, draw, &run);
            assert!(drawn.iter().all(|t| (0.0..=100.0 + 1e-9).contains(t)), "{drawn:?}");
            let full: Vec<usize> = (0..3).filter(|u| drawn[*u] > 99.0).collect();
            // Two places share the tonnes in few draws, as such a distribution has it.
            shared += usize::from(full.is_empty() && drawn.iter().any(|t| *t > 1.0));
            counts[full.first().copied().unwrap_or(3)] += 1;
        }
        for (count, share) in counts.into_iter().zip([0.1, 0.2, 0.3, 0.4]) {
            let found = f64::from(count) / n as f64;
            let error = (share * (1.0 - share) / n as f64).sqrt();
            assert!((found - share).abs() < 0.002 + 5.0 * error, "{counts:?}");
        }
        assert!(shared < n / 500, "{shared}");
    }

    #[test]
    fn an_option_is_taken_as_often_as_its_probability_says() {
        let options: Vec<usize> =
            Key::new(1, "c").uniforms(1000).into_iter().map(|u| option_of(&[0.25, 0.0, 0.75], u)).collect();
        let of = |k: usize| options.iter().filter(|o| **o == k).count();
        assert_eq!((of(0), of(1), of(2)), (250, 0, 750));
    }
}
