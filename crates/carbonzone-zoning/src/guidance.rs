//! What is characteristic of a zone class and what planners are advised to do there: data of a scheme, in English and Chinese.

use carbonzone_types::{GuidanceRecord, Statement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Guidance that comes with the crate, by scheme and class.
const SHIPPED: &str = include_str!("../data/guidance.toml");

/// A text in English and Chinese; a side that is missing takes the other one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuidanceText {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// Characteristics and measures of a zone class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ZoneGuidance {
    /// What is characteristic of the class.
    pub characteristics: GuidanceText,
    /// What is advised, in order.
    pub measures: Vec<GuidanceText>,
    /// Where the texts come from: paper and section, plan, own.
    pub source: String,
}

impl GuidanceText {
    /// As `run.json` keeps it.
    pub fn statement(&self) -> Statement {
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        Statement::new(or(&self.en, &self.zh), or(&self.zh, &self.en))
    }

    /// True if nothing is said in either language.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty() && self.zh.is_empty()
    }
}

impl ZoneGuidance {
    /// That of a class of a shipped scheme; empty for others, and for classes without an index.
    pub fn shipped(scheme: &str, class: &str) -> Self {
        static ALL: LazyLock<BTreeMap<String, BTreeMap<String, ZoneGuidance>>> =
            LazyLock::new(|| toml::from_str(SHIPPED).expect("a test reads the shipped file"));
        ALL.get(scheme).and_then(|classes| classes.get(class)).cloned().unwrap_or_default()
    }

    /// As `run.json` keeps it.
    pub fn record(&self) -> GuidanceRecord {
        GuidanceRecord {
            characteristics: self.characteristics.statement(),
            measures: self.measures.iter().filter(|m| !m.is_empty()).map(GuidanceText::statement).collect(),
            source: self.source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ZoningScheme;

    #[test]
    fn every_zone_of_the_shipped_schemes_has_both_languages_and_a_source() {
        for scheme in [ZoningScheme::suzhou(), ZoningScheme::guiyang()] {
            for class in scheme.classes.iter().filter(|c| c.id <= 4) {
                let g = &class.guidance;
                let texts = g.measures.iter().chain([&g.characteristics]);
                assert!(texts.clone().all(|t| !t.en.is_empty() && !t.zh.is_empty()), "{}", class.key);
                assert!(g.measures.len() >= 2 && g.source.contains("paper"), "{}", class.key);
            }
            assert!(scheme.class_by_key("undefined").is_some_and(|c| c.guidance == ZoneGuidance::default()));
        }
        let all: BTreeMap<String, BTreeMap<String, ZoneGuidance>> = toml::from_str(SHIPPED).unwrap();
        let known =
            |scheme: ZoningScheme| all[&scheme.key].keys().all(|class| scheme.class_by_key(class).is_some());
        assert!(known(ZoningScheme::suzhou()) && known(ZoningScheme::guiyang()) && all.len() == 2);
    }

    #[test]
    fn a_missing_language_takes_the_other() {
        let own: ZoneGuidance = toml::from_str("measures = [{ zh = \"造林\" }, {}]").unwrap();
        assert_eq!(own.record().measures, [Statement::new("造林", "造林")]);
        assert!(toml::from_str::<ZoneGuidance>("measure = []").is_err());
    }
}
