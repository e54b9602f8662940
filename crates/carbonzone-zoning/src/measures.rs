//! What is advised for a single unit because of its own numbers: a list of measures with conditions, shipped or the user's.

use crate::guidance::GuidanceText;
use crate::{Result, ZoningError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Measures that come with the crate.
const SHIPPED: &str = include_str!("../data/measures.toml");

/// Where a limit makes sense.
const LIMITS: std::ops::RangeInclusive<f64> = 0.0..=1e6;

/// Quantities that conditions are about, and what follows the dot.
pub const QUANTITIES: [(&str, &str); 9] = [
    (
        "share",
        "a sector, or of industry supply and manufacturing: its share of the unit's gross emissions, %",
    ),
    ("over_mean", "a sector: that share against the share in all units together, ×"),
    ("land", "a space type: share of the gross emissions that rules place on it, %"),
    ("intensity", "gdp, person, area: gross emissions per GDP, person or area against all units together, ×"),
    ("ccr", "nothing: sinks in % of the gross emissions"),
    ("sinks", "cropland, green: share of the sinks on farmland, or on other land, %"),
    ("cut", "economic, ecological: by how much emissions must fall for the next level of the index, %"),
    ("add_sinks", "ecological: by how much sinks must grow for the next level, %"),
    ("room", "economic, ecological: by how much emissions may grow before the level of the index is lost, %"),
];

/// A condition on one number of a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// Which number: `share.industry`, `intensity.gdp`, `ccr`, ... (docs/pipeline.md).
    pub quantity: String,
    /// It is this or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It is less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
}

/// A measure, and the numbers that call for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Measure {
    /// Short name, unique in the list.
    pub key: String,
    /// Conditions: all must hold.
    pub when: Vec<Condition>,
    /// What is advised.
    pub text: GuidanceText,
    /// Where it comes from: plan, paper, own.
    pub source: String,
}

/// Numbers of a unit by the names of [`QUANTITIES`]; what is not known is not there.
pub type Profile = BTreeMap<String, f64>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    measures: Vec<Measure>,
}

impl Condition {
    /// The number of the profile, if it meets the condition.
    pub fn met(&self, profile: &Profile) -> Option<f64> {
        let value = *profile.get(&self.quantity)?;
        let holds = self.at_least.is_none_or(|t| value >= t) && self.below.is_none_or(|t| value < t);
        holds.then_some(value)
    }
}

impl Measure {
    /// The measures that come with the crate.
    pub fn shipped() -> &'static [Self] {
        static ALL: LazyLock<Vec<Measure>> = LazyLock::new(|| {
            toml::from_str::<Shipped>(SHIPPED).expect("a test reads the shipped file").measures
        });
        &ALL
    }

    /// The numbers that call for the measure, one per condition; `None` if one is not known or does not meet its condition.
    pub fn called_for(&self, profile: &Profile) -> Option<Vec<f64>> {
        self.when.iter().map(|c| c.met(profile)).collect()
    }
}

/// Checks a list of measures.
///
/// # Errors
/// [`ZoningError::Parameter`] for the first measure without key, condition or text, with a key that another has, a condition
/// without a limit or on a number that nothing computes.
pub fn check(measures: &[Measure]) -> Result<()> {
    for (i, measure) in measures.iter().enumerate() {
        let wrong = |what: &str, value: &str, expected: &str| {
            Err(ZoningError::Parameter {
                parameter: format!("zoning.measures[{i}].{what}"),
                value: value.to_owned(),
                expected: expected.to_owned(),
            })
        };
        if measure.key.is_empty() || measures[..i].iter().any(|other| other.key == measure.key) {
            return wrong("key", &measure.key, "a name that no other measure has");
        }
        if measure.text.is_empty() {
            return wrong("text", "", "{ en = \"...\", zh = \"...\" }, one of them at least");
        }
        if measure.when.is_empty() {
            return wrong(
                "when",
                "[]",
                "one condition at least, e.g. { quantity = \"share.industry\", at_least = 50 }",
            );
        }
        for condition in &measure.when {
            let (family, of) = condition.quantity.split_once('.').unwrap_or((&condition.quantity, ""));
            let known = QUANTITIES.iter().find(|(name, _)| *name == family);
            let Some((_, what)) = known.filter(|_| of.is_empty() == (family == "ccr")) else {
                let all: Vec<&str> = QUANTITIES.iter().map(|(name, _)| *name).collect();
                let expected =
                    format!("one of {}, with what it is of after a dot (ccr stands alone)", all.join(", "));
                return wrong("when.quantity", &condition.quantity, &expected);
            };
            let listed = ["intensity", "sinks", "cut", "add_sinks", "room"].contains(&family);
            let choices = what.split(':').next().unwrap_or_default();
            if listed && !choices.split(", ").any(|choice| choice == of) {
                return wrong(
                    "when.quantity",
                    &condition.quantity,
                    &format!("{family}. and one of {choices}"),
                );
            }
            let limits = [condition.at_least, condition.below];
            if limits.iter().all(Option::is_none) || limits.iter().flatten().any(|t| !LIMITS.contains(t)) {
                return wrong("when", &condition.quantity, "at_least or below, a number from 0 to 1,000,000");
            }
        }
    }
    Ok(())
}

/// By what factor the emissions of a unit must change for an index `(x/X)/(c/C)` to be `target`, where `share = x/X` stays and `C`
/// changes with `c`; `None` where no emissions give that value.
///
/// With `c` the unit's share of the emissions, `share·(1 − c + f·c)/(f·c) = target` gives `f = share·(1 − c)/(c·(target − share))`.
///
/// ```
/// use carbonzone_zoning::measures::emissions_for;
/// // A tenth of the GDP and a fifth of the emissions: the index is 0.5. At 4/9 of its emissions it has a tenth of all, and the index is 1.
/// assert!((emissions_for(1.0, 0.1, 0.2).unwrap() - 4.0 / 9.0).abs() < 1e-15);
/// ```
pub fn emissions_for(target: f64, share: f64, emissions_share: f64) -> Option<f64> {
    let c = emissions_share;
    (share > 0.0 && c > 0.0 && c < 1.0 && target > share).then(|| share * (1.0 - c) / (c * (target - share)))
}

/// By what factor the sinks of a unit must change for `(a/A)/(c/C)` to be `target`, where `A` changes with `a`; `None` where no
/// sinks give that value.
///
/// `f·a/(1 − a + f·a) = target·c` gives `f = target·c·(1 − a)/(a·(1 − target·c))`, with `a` and `c` the unit's shares.
pub fn sinks_for(target: f64, sinks_share: f64, emissions_share: f64) -> Option<f64> {
    let (a, wanted) = (sinks_share, target * emissions_share);
    (a > 0.0 && a < 1.0 && wanted < 1.0).then(|| wanted * (1.0 - a) / (a * (1.0 - wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_measures_are_whole_and_cut_emissions_of_every_sector() {
        let all = Measure::shipped();
        check(all).unwrap();
        for m in all {
            assert!(!m.text.en.is_empty() && !m.text.zh.is_empty() && m.source.contains("ours"), "{}", m.key);
        }
        for sector in
            ["manufacturing", "supply", "construction", "transport", "agriculture", "waste", "energy"]
        {
            let quantity = format!("share.{sector}");
            let only = Profile::from([(quantity.clone(), 100.0)]);
            assert!(all.iter().any(|m| m.called_for(&only).is_some()), "{sector}");
        }
    }

    #[test]
    fn no_tonne_stands_behind_two_measures_on_shares() {
        // Industry is manufacturing and supply: a measure on the whole would count both again.
        let conditions = Measure::shipped().iter().flat_map(|m| &m.when);
        let mut on: Vec<&str> = conditions
            .map(|c| c.quantity.as_str())
            .filter(|q| q.starts_with("share.") || q.starts_with("land.") || q.starts_with("over_mean."))
            .collect();
        assert!(!on.contains(&"share.industry") && on.iter().all(|q| q.starts_with("share.")), "{on:?}");
        let n = on.len();
        on.sort_unstable();
        on.dedup();
        assert_eq!(on.len(), n);
    }

    #[test]
    fn a_measure_is_called_for_where_all_its_numbers_are_known_and_hold() {
        let text = "key = 'a'\nwhen = [{ quantity = 'ccr', below = 5 }, { quantity = 'share.industry', at_least = 20, below = 80 }]";
        let measure: Measure = toml::from_str(text).unwrap();
        let at = |ccr: f64, share: f64| {
            measure
                .called_for(&Profile::from([("ccr".to_owned(), ccr), ("share.industry".to_owned(), share)]))
        };
        assert_eq!(at(4.9, 20.0), Some(vec![4.9, 20.0]));
        assert!(at(5.0, 20.0).is_none() && at(4.0, 19.9).is_none() && at(4.0, 80.0).is_none());
        assert_eq!(measure.called_for(&Profile::from([("ccr".to_owned(), 1.0)])), None);
    }

    #[test]
    fn the_factor_on_emissions_or_sinks_gives_the_wanted_index() {
        for (share, c, target) in [(0.1, 0.2, 1.0), (0.3, 0.1, 1.2), (0.02, 0.5, 0.4), (0.4, 0.39, 1.1)] {
            let f = emissions_for(target, share, c).unwrap();
            let index = share / (f * c / (1.0 - c + f * c));
            assert!((index / target - 1.0).abs() < 1e-12, "{share} {c}: {index}");
            if let Some(f) = sinks_for(target, share, c) {
                let index = f * share / (1.0 - share + f * share) / c;
                assert!((index / target - 1.0).abs() < 1e-12, "{share} {c}: {index}");
            }
        }
        // A unit with more than the wanted share of everything reaches it at any emissions; one without GDP or alone never.
        assert_eq!(
            (emissions_for(0.3, 0.4, 0.1), emissions_for(1.0, 0.0, 0.1), emissions_for(1.0, 0.5, 1.0)),
            (None, None, None)
        );
        assert_eq!((sinks_for(2.0, 0.1, 0.6), sinks_for(1.0, 0.0, 0.1)), (None, None));
    }

    #[test]
    fn a_list_of_the_user_is_checked() {
        let refused = |text: &str| {
            let measures = toml::from_str::<Shipped>(&format!("[[measures]]\n{text}")).unwrap().measures;
            check(&measures).unwrap_err().to_string()
        };
        let text = "text = { zh = '造林' }";
        for (given, expected) in [
            (format!("{text}\nwhen = [{{ quantity = 'ccr', below = 5 }}]"), "key"),
            ("key = 'a'\nwhen = [{ quantity = 'ccr', below = 5 }]".to_owned(), "text"),
            (format!("key = 'a'\n{text}"), "one condition"),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'ccr.x', below = 5 }}]"), "ccr stands alone"),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'share', below = 5 }}]"), "after a dot"),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'gross', below = 5 }}]"), "share, over_mean"),
            (
                format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'cut.ecc', at_least = 5 }}]"),
                "economic, ecological",
            ),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'ccr' }}]"), "at_least or below"),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'ccr', below = nan }}]"), "from 0 to"),
            (format!("key = 'a'\n{text}\nwhen = [{{ quantity = 'ccr', below = -1 }}]"), "from 0 to"),
        ] {
            assert!(refused(&given).contains(expected), "{given}: {}", refused(&given));
        }
        let twice: Vec<Measure> = vec![Measure::shipped()[0].clone(), Measure::shipped()[0].clone()];
        assert!(check(&twice).unwrap_err().to_string().contains("no other measure"));
    }
}
