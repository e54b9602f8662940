//! The `[zoning]` table of a pipeline file.

use crate::guidance::ZoneGuidance;
use crate::indices::EccDirection;
use crate::one_axis::{Axes, one_axis};
use crate::scheme::{LevelRule, ZoningScheme};
use crate::{Result, ZoningError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which scheme a pipeline uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemeName {
    /// Four zones by ECC and ESC at 1.
    #[default]
    SuzhouFourZones,
    /// Three levels of EEC and SEC, four zones.
    GuiyangThreeLevels,
    /// The scheme under `own`.
    Own,
}

/// The `[zoning]` table of a pipeline file: a scheme by name with a few changes, or an own scheme.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ZoningConfig {
    /// Scheme to start from.
    pub scheme: SchemeName,
    /// The whole scheme, if `scheme = "own"`.
    pub own: Option<ZoningScheme>,
    /// Replaces the level rule of the economic index.
    pub economic_levels: Option<LevelRule>,
    /// Replaces the level rule of the ecological index.
    pub ecological_levels: Option<LevelRule>,
    /// Replaces the direction of the economic index.
    pub ecc_direction: Option<EccDirection>,
    /// City GDP in the unit of the zone table; default: sum over the zones.
    pub gdp_total: Option<f64>,
    /// Which indices decide the class: `both` (default), `economic` or `ecological` alone where sinks or GDP are missing.
    pub axes: Axes,
    /// Replaces the width of the borderline band, percent.
    pub borderline_pct: Option<f64>,
    /// Replaces characteristics and measures of single classes, by their keys.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub guidance: BTreeMap<String, ZoneGuidance>,
    /// Replaces the list of measures that follow from a unit's own numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<crate::measures::Measure>,
}

impl ZoningConfig {
    /// The scheme with the changes applied, checked.
    ///
    /// # Errors
    /// [`ZoningError::Scheme`] if `own` is missing, superfluous or contradictory.
    pub fn resolve(&self) -> Result<ZoningScheme> {
        let mut scheme = match (self.scheme, &self.own) {
            (SchemeName::Own, Some(own)) => own.clone(),
            (SchemeName::Own, None) => {
                return Err(ZoningError::scheme("own", "there is no [zoning.own]", "write the scheme there"));
            }
            (_, Some(own)) => {
                let hint = "set scheme = \"own\", or remove [zoning.own]";
                return Err(ZoningError::scheme(&own.key, "[zoning.own] is given but not used", hint));
            }
            (SchemeName::SuzhouFourZones, None) => ZoningScheme::suzhou(),
            (SchemeName::GuiyangThreeLevels, None) => ZoningScheme::guiyang(),
        };
        if let Some(rule) = &self.economic_levels {
            scheme.economic.rule = rule.clone();
        }
        if let Some(rule) = &self.ecological_levels {
            scheme.ecological.rule = rule.clone();
        }
        if self.axes != Axes::Both {
            scheme = self.on_one_axis(&scheme)?;
        }
        scheme.ecc_direction = self.ecc_direction.unwrap_or(scheme.ecc_direction);
        scheme.borderline_pct = self.borderline_pct.unwrap_or(scheme.borderline_pct);
        for (key, guidance) in &self.guidance {
            let known = scheme.classes.iter().map(|c| c.key.as_str()).collect::<Vec<_>>().join(", ");
            let Some(class) = scheme.classes.iter_mut().find(|c| c.key == *key) else {
                let message = format!("[zoning.guidance.{key}] is of no class of this scheme");
                return Err(ZoningError::scheme(&scheme.key, message, format!("its classes: {known}")));
            };
            class.guidance = guidance.clone();
        }
        crate::measures::check(&self.measures)?;
        scheme.validate()?;
        Ok(scheme)
    }

    fn on_one_axis(&self, scheme: &ZoningScheme) -> Result<ZoningScheme> {
        let (key, idle, left) = match self.axes {
            Axes::Ecological => ("economic_levels", &self.economic_levels, &scheme.ecological),
            _ => ("ecological_levels", &self.ecological_levels, &scheme.economic),
        };
        if idle.is_some() {
            let message =
                format!("{key} is given, but axes = \"{}\" does not judge that index", self.axes.key());
            return Err(ZoningError::scheme(&scheme.key, message, "remove one of the two"));
        }
        if !left.is_judged() {
            let message = format!("axes = \"{}\", but {} has one level only", self.axes.key(), left.column);
            return Err(ZoningError::scheme(&scheme.key, message, "give it at least two levels"));
        }
        Ok(one_axis(scheme, self.axes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_scheme_are_applied_and_unknown_keys_are_refused() {
        let config =
            "scheme = \"guiyang_three_levels\"\neconomic_levels = { method = \"mean_sd\", k = 0.5 }\n";
        let resolved = toml::from_str::<ZoningConfig>(config).unwrap().resolve().unwrap();
        assert_eq!(resolved.economic.rule, LevelRule::MeanSd { k: 0.5 });
        let own = "[guidance.carbon_sink_functional]\nmeasures = [{ zh = \"造林\" }]\n";
        let resolved = toml::from_str::<ZoningConfig>(own).unwrap().resolve().unwrap();
        assert_eq!(resolved.records(&[])[2].guidance.measures[0].en, "造林");
        assert!(resolved.records(&[])[1].guidance.measures.len() > 1);
        let other = toml::from_str::<ZoningConfig>("[guidance.forest]\n").unwrap().resolve().unwrap_err();
        assert!(other.to_string().contains("carbon_sink_functional"), "{other}");
        let typo = "economic_levels = { method = \"fixed\", cuts = [1.0, 2.0], equal = \"low\" }\n";
        assert!(toml::from_str::<ZoningConfig>(typo).is_err());
    }

    #[test]
    fn an_own_scheme_is_given_and_used() {
        let missing = ZoningConfig { scheme: SchemeName::Own, ..ZoningConfig::default() };
        assert!(missing.resolve().unwrap_err().to_string().contains("[zoning.own]"));
    }

    #[test]
    fn levels_of_an_index_that_is_not_judged_are_refused() {
        let of = |text: &str| toml::from_str::<ZoningConfig>(text).unwrap().resolve();
        let idle = "axes = \"ecological\"\neconomic_levels = { method = \"fixed\", cuts = [2.0] }\n";
        assert!(of(idle).unwrap_err().to_string().contains("economic_levels is given"));
        let own = "axes = \"economic\"\neconomic_levels = { method = \"fixed\", cuts = [2.0] }\n";
        assert_eq!(
            of(own).unwrap().economic.rule,
            LevelRule::Fixed { cuts: vec![2.0], equality: crate::scheme::Equality::Low, tolerance: 1e-12 }
        );
        let mut config =
            ZoningConfig { scheme: SchemeName::Own, axes: Axes::Economic, ..ZoningConfig::default() };
        config.own = Some(one_axis(&ZoningScheme::suzhou(), Axes::Ecological));
        assert!(config.resolve().unwrap_err().to_string().contains("one level only"));
    }
}
