//! Zoning schemes as data: levels of two indices, a table of zones, labels and colours.
//!
//! Two schemes come with the crate, [`ZoningScheme::suzhou`] (Table 4 of the Suzhou paper) and [`ZoningScheme::guiyang`] (Table 3 of the
//! Guiyang paper); a pipeline file may change their level rules or bring its own. [`crate::classify()`] applies a scheme to indices.

use crate::guidance::ZoneGuidance;
use crate::indices::{EccDirection, IndexOptions};
use crate::{Result, ZoningError};
use carbonzone_types::ZoneClassRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// On which side of a cut a value that equals it lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Equality {
    /// In the lower level: "high" means > cut. The Suzhou rule \[ours; the paper is silent\].
    #[default]
    Low,
    /// In the higher level: "high" means ≥ cut. The Guiyang fixed thresholds.
    High,
}

/// How the values of an index become levels. Cuts are found once, on the mean over the years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum LevelRule {
    /// Given cuts, ascending, one fewer than levels.
    Fixed {
        /// The cuts, in the unit of the index.
        cuts: Vec<f64>,
        /// Side of a value that equals a cut.
        #[serde(default)]
        equality: Equality,
        /// Two values closer than this count as equal.
        #[serde(default = "default_tolerance")]
        tolerance: f64,
    },
    /// Natural breaks of the units' values (mean over the years); each cut lies half-way between the last
    /// value of a class and the first of the next, so that single years can be judged by it \[ours\].
    Jenks {},
    /// Mean ± `k` population standard deviations of the units' values: three levels.
    MeanSd {
        /// Number of standard deviations, > 0.
        k: f64,
    },
}

/// Values closer than this to a cut count as equal to it.
fn default_tolerance() -> f64 {
    1e-12
}

/// One level of an index, lowest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Key, e.g. `low`.
    pub key: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
}

/// One of the two indices of a scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Column name in the outputs, e.g. `ecc`.
    pub column: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
    /// Levels, lowest first; a single one: the index is not judged (its rule has no cuts).
    pub levels: Vec<Level>,
    /// How values become levels.
    pub rule: LevelRule,
}

impl Axis {
    /// False for an index of one level: it decides nothing, and its values may be missing.
    pub fn is_judged(&self) -> bool {
        self.levels.len() > 1
    }
}

/// A zone class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneClass {
    /// Code in `zones.tif` and `zone_id`, 1–255 (0 is nodata).
    pub id: u8,
    /// Key in the column `zone`.
    pub key: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
    /// Hex colour `#rrggbb`.
    pub color: String,
    /// What is characteristic of it and what is advised there.
    #[serde(default)]
    pub guidance: ZoneGuidance,
}

/// One cell of the zone table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneRule {
    /// Level of the economic index.
    pub economic: String,
    /// Level of the ecological index.
    pub ecological: String,
    /// Key of the zone class.
    pub zone: String,
    /// True where the paper says nothing and the entry is our completion.
    #[serde(default)]
    pub ours: bool,
}

/// A zoning scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoningScheme {
    /// Key, e.g. `suzhou_four_zones`.
    pub key: String,
    /// English label.
    pub label_en: String,
    /// Chinese label.
    pub label_zh: String,
    /// Economic index (ECC, EEC).
    pub economic: Axis,
    /// Ecological index (ESC, SEC).
    pub ecological: Axis,
    /// Direction of the economic index.
    #[serde(default)]
    pub ecc_direction: EccDirection,
    /// Zone classes, in legend order.
    pub classes: Vec<ZoneClass>,
    /// Zone of every pair of levels.
    pub table: Vec<ZoneRule>,
    /// Class of a unit without emissions.
    #[serde(default = "default_no_emission")]
    pub no_emission: String,
    /// Class of a unit with a missing index.
    #[serde(default = "default_undefined")]
    pub undefined: String,
    /// A unit is borderline if an index lies within this many percent of a cut.
    #[serde(default = "default_borderline_pct")]
    pub borderline_pct: f64,
}

fn default_no_emission() -> String {
    "no_emission".to_owned()
}

fn default_undefined() -> String {
    "undefined".to_owned()
}

fn default_borderline_pct() -> f64 {
    5.0
}

static SHIPPED: LazyLock<BTreeMap<String, ZoningScheme>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/schemes.toml")).expect("a test reads the shipped file")
});

impl ZoningScheme {
    /// How the indices are computed that it judges; `gdp_total` is the GDP of the city, if that is not the sum over the units.
    pub fn index_options(&self, gdp_total: Option<f64>) -> IndexOptions {
        IndexOptions { ecc_direction: self.ecc_direction, gdp_total, borderline_pct: self.borderline_pct }
    }

    /// Table 4 of the Suzhou paper: ECC and ESC above or below 1; equality goes to the low side.
    pub fn suzhou() -> Self {
        Self::shipped("suzhou_four_zones")
    }

    /// Table 3 of the Guiyang paper: three levels of EEC and SEC, four zones.
    ///
    /// The paper names the zones of the pairs (high, low), (mid, mid), (mid, high) and (low, mid) and no
    /// level rule; the other five pairs and the default rule (natural breaks on the mean over the years) are
    /// our completion (docs/method.md §12).
    pub fn guiyang() -> Self {
        Self::shipped("guiyang_three_levels")
    }

    /// A scheme of `data/schemes.toml`, its classes with the guidance that comes with the crate.
    fn shipped(key: &str) -> Self {
        let mut scheme = SHIPPED.get(key).cloned().expect("a test reads the shipped file");
        for class in &mut scheme.classes {
            class.guidance = ZoneGuidance::shipped(key, &class.key);
        }
        scheme
    }

    /// The class of that code.
    pub fn class_of(&self, id: u8) -> Option<&ZoneClass> {
        self.classes.iter().find(|c| c.id == id)
    }

    /// The class of that key.
    pub fn class_by_key(&self, key: &str) -> Option<&ZoneClass> {
        self.classes.iter().find(|c| c.key == key)
    }

    /// Records for `run.json`, with the number of units of each class; pass `&[]` for counts of 0.
    pub fn records(&self, zone_ids: &[u8]) -> Vec<ZoneClassRecord> {
        self.classes
            .iter()
            .map(|c| ZoneClassRecord {
                id: c.id,
                key: c.key.clone(),
                label_en: c.label_en.clone(),
                label_zh: c.label_zh.clone(),
                color: c.color.clone(),
                guidance: c.guidance.record(),
                count: zone_ids.iter().map(|id| u64::from(*id == c.id)).sum(),
            })
            .collect()
    }

    /// Checks that every pair of levels has exactly one zone, that all keys exist and that the rules fit.
    ///
    /// # Errors
    /// [`ZoningError::Scheme`] naming the first contradiction.
    pub fn validate(&self) -> Result<()> {
        self.validate_classes()?;
        for axis in [&self.economic, &self.ecological] {
            self.validate_axis(axis)?;
        }
        if self.economic.column == self.ecological.column {
            return Err(self.fault("both indices have the same column", "name them apart, e.g. ecc and esc"));
        }
        if !self.economic.is_judged() && !self.ecological.is_judged() {
            return Err(self.fault("none of the two indices has two levels", "give at least one of them two"));
        }
        self.validate_table()?;
        if !(self.borderline_pct.is_finite() && self.borderline_pct >= 0.0) {
            return Err(ZoningError::parameter("borderline_pct", self.borderline_pct, "a finite number ≥ 0"));
        }
        Ok(())
    }

    fn fault(&self, message: impl Into<String>, hint: impl Into<String>) -> ZoningError {
        ZoningError::scheme(&self.key, message, hint)
    }

    fn validate_classes(&self) -> Result<()> {
        for (i, c) in self.classes.iter().enumerate() {
            if c.id == 0 {
                return Err(self.fault(format!("class {} has id 0", c.key), "0 is nodata; use 1–255"));
            }
            if self.classes[..i].iter().any(|d| d.id == c.id || d.key == c.key) {
                return Err(
                    self.fault(format!("class {} or its id {} is there twice", c.key, c.id), "rename")
                );
            }
            let hex = c.color.strip_prefix('#').unwrap_or_default();
            if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                let message = format!("class {} has colour \"{}\"", c.key, c.color);
                return Err(self.fault(message, "write it as #rrggbb"));
            }
        }
        for key in [&self.no_emission, &self.undefined] {
            if self.class_by_key(key).is_none() {
                return Err(self.fault(format!("there is no class \"{key}\""), "add it to `classes`"));
            }
        }
        Ok(())
    }

    fn validate_axis(&self, axis: &Axis) -> Result<()> {
        let name = &axis.column;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 53 || !name.chars().all(plain) {
            let message = format!("\"{name}\" is no column name");
            return Err(self.fault(message, "a–z, 0–9 and _, at most 53 characters"));
        }
        let n = axis.levels.len();
        if n == 0 {
            return Err(
                self.fault(format!("{name} has no level"), "one: it is not judged; else at least two")
            );
        }
        match &axis.rule {
            LevelRule::Fixed { cuts, tolerance, .. } => {
                let ascending = cuts.windows(2).all(|w| w[0] < w[1]) && cuts.iter().all(|c| c.is_finite());
                if cuts.len() + 1 != n || !ascending {
                    let message = format!("{name}: {n} levels with cuts {cuts:?}");
                    return Err(self.fault(message, format!("give {} ascending cuts", n - 1)));
                }
                if !(tolerance.is_finite() && *tolerance >= 0.0) {
                    return Err(ZoningError::parameter("tolerance", tolerance, "a finite number ≥ 0"));
                }
            }
            LevelRule::Jenks {} => {}
            LevelRule::MeanSd { k } => {
                if n != 3 {
                    return Err(
                        self.fault(format!("{name}: mean_sd with {n} levels"), "it makes three levels")
                    );
                }
                if !(k.is_finite() && *k > 0.0) {
                    return Err(ZoningError::parameter("k", k, "a finite number > 0"));
                }
            }
        }
        Ok(())
    }

    fn validate_table(&self) -> Result<()> {
        for rule in &self.table {
            if self.class_by_key(&rule.zone).is_none() {
                let message = format!("the zone table names the unknown zone \"{}\"", rule.zone);
                return Err(self.fault(message, "add it to `classes`"));
            }
        }
        for e in &self.economic.levels {
            for s in &self.ecological.levels {
                let hits = self.table.iter().filter(|r| r.economic == e.key && r.ecological == s.key).count();
                if hits != 1 {
                    let message = format!("the pair ({}, {}) has {hits} zones", e.key, s.key);
                    return Err(self.fault(message, "give every pair of levels exactly one row in `table`"));
                }
            }
        }
        if self.table.len() != self.economic.levels.len() * self.ecological.levels.len() {
            return Err(self.fault("the zone table names a level that does not exist", "check its keys"));
        }
        Ok(())
    }

    /// Zone code of a pair of levels (indices into `levels`).
    pub(crate) fn zone_of(&self, economic: usize, ecological: usize) -> u8 {
        let (e, s) = (&self.economic.levels[economic].key, &self.ecological.levels[ecological].key);
        let rule = self.table.iter().find(|r| &r.economic == e && &r.ecological == s);
        let key = rule.map_or(&self.undefined, |r| &r.zone);
        self.class_by_key(key).map_or(0, |c| c.id)
    }
}

#[cfg(test)]
impl ZoningScheme {
    /// Cuts that give Table 3 of the Guiyang paper on each year and on the means (docs/method.md §12).
    pub(crate) fn guiyang_fixed() -> Self {
        let fixed = |cuts: [f64; 2]| LevelRule::Fixed {
            cuts: cuts.to_vec(),
            equality: Equality::High,
            tolerance: 0.0,
        };
        let mut scheme = Self::guiyang();
        scheme.economic.rule = fixed([0.4, 1.2]);
        scheme.ecological.rule = fixed([1.0, 1.7]);
        scheme
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_contract() {
        let keys: Vec<(u8, String)> =
            ZoningScheme::suzhou().records(&[1, 1, 4]).into_iter().map(|r| (r.id, r.key)).collect();
        let expected = [
            (1, "low_carbon_economic"),
            (2, "carbon_source_control"),
            (3, "carbon_sink_functional"),
            (4, "high_carbon_optimization"),
            (5, "no_emission"),
            (6, "undefined"),
        ];
        assert_eq!(keys, expected.map(|(id, key)| (id, key.to_owned())));
        assert_eq!(ZoningScheme::suzhou().records(&[1, 1, 4])[0].count, 2);
    }

    #[test]
    fn both_schemes_and_the_fixed_variant_are_consistent() {
        for scheme in [ZoningScheme::suzhou(), ZoningScheme::guiyang(), ZoningScheme::guiyang_fixed()] {
            scheme.validate().unwrap();
        }
    }

    #[test]
    fn a_scheme_round_trips_through_toml_and_unknown_keys_are_refused() {
        let scheme = ZoningScheme::guiyang_fixed();
        let text = toml::to_string(&scheme).unwrap();
        assert_eq!(toml::from_str::<ZoningScheme>(&text).unwrap(), scheme);
        let wrong = format!("colour = \"red\"\n{text}");
        assert!(toml::from_str::<ZoningScheme>(&wrong).unwrap_err().to_string().contains("colour"));
    }

    #[test]
    fn contradictions_in_an_own_scheme_are_named() {
        let mut no_pair = ZoningScheme::suzhou();
        no_pair.table.pop();
        assert!(no_pair.validate().unwrap_err().to_string().contains("(low, low) has 0 zones"));
        let mut cuts = ZoningScheme::guiyang_fixed();
        cuts.economic.rule =
            LevelRule::Fixed { cuts: vec![2.0, 1.0], equality: Equality::Low, tolerance: 0.0 };
        assert!(cuts.validate().unwrap_err().to_string().contains("ascending"));
        let mut twice = ZoningScheme::suzhou();
        twice.classes[1].id = 1;
        assert!(twice.validate().unwrap_err().to_string().contains("twice"));
    }
}
