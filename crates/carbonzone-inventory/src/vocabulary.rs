//! Which words mean which activity: sectors, categories and activities with their Chinese and English labels.

use crate::factor::FactorLibrary;
use crate::unit::Unit;
use carbonzone_sheet::{label_key, nearest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The paper's sectors; sinks are positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sector {
    /// Industry: energy and processes, power and heat supply (equation 2).
    Industry,
    /// Buildings: homes, commerce, public administration (equation 3).
    Construction,
    /// Transport (equation 4).
    Transport,
    /// Plantation and animals (equation 5).
    Agriculture,
    /// Waste water and solid waste (equation 6).
    Waste,
    /// Land and crop sinks (equation 7), positive.
    Sink,
}

impl Sector {
    /// The sectors that emit, in the order of equation 1: their sum is the gross emission.
    pub const EMISSIONS: [Self; 5] =
        [Self::Industry, Self::Construction, Self::Transport, Self::Agriculture, Self::Waste];

    /// [`Self::EMISSIONS`] and the sink.
    pub const ALL: [Self; 6] =
        [Self::Industry, Self::Construction, Self::Transport, Self::Agriculture, Self::Waste, Self::Sink];

    /// Key, Chinese name, further labels, and the number of the equation in the Suzhou paper.
    fn row(self) -> (&'static str, &'static str, &'static [&'static str], u8) {
        match self {
            Self::Industry => ("industry", "工业", &["工业部门"], 2),
            Self::Construction => ("construction", "建筑", &["建筑部门", "建筑业", "buildings"], 3),
            Self::Transport => ("transport", "交通", &["交通部门", "交通运输"], 4),
            Self::Agriculture => ("agriculture", "农业", &["农业部门"], 5),
            Self::Waste => ("waste", "废弃物", &["废弃物部门", "废物", "废弃物处理"], 6),
            Self::Sink => ("sink", "碳汇", &["碳吸收", "sinks"], 7),
        }
    }

    /// Number of the sector's equation in the Suzhou paper.
    pub fn equation(self) -> u8 {
        self.row().3
    }

    /// Key as in column names, e.g. `industry`.
    pub fn key(self) -> &'static str {
        self.row().0
    }

    /// Chinese name.
    pub fn name_zh(self) -> &'static str {
        self.row().1
    }

    /// The sector of a key or label.
    pub fn parse(label: &str) -> Option<Self> {
        let wanted = label_key(label);
        Self::ALL.into_iter().find(|s| {
            let (key, zh, more, _) = s.row();
            wanted == key || wanted == label_key(zh) || more.iter().any(|x| label_key(x) == wanted)
        })
    }
}

/// A category of activity rows: what is counted by which equation on which land.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Category {
    /// Key, e.g. `manufacturing_energy`.
    pub key: String,
    /// Sector.
    pub sector: Sector,
    /// Groups of the vocabulary it takes activities from.
    #[serde(deserialize_with = "split")]
    pub groups: Vec<String>,
    /// Land group (space type) its budget goes to by default (Table 2 of the Suzhou paper); empty: the activity tells.
    pub land_group: String,
    /// Labels, first the one used in the template: Chinese, then English.
    #[serde(deserialize_with = "split")]
    pub labels: Vec<String>,
}

/// All categories, in the order of the equations.
pub static CATEGORIES: LazyLock<Vec<Category>> = LazyLock::new(|| {
    let rows = csv::Reader::from_reader(include_str!("../data/categories.csv").as_bytes()).into_deserialize();
    rows.collect::<Result<_, _>>().expect("the embedded categories are tested to be valid CSV")
});

/// `a|b`.
fn split<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.split('|').filter(|x| !x.is_empty()).map(str::to_owned).collect())
}

impl Category {
    /// The category of a key or label.
    pub fn parse(label: &str) -> Option<&'static Self> {
        let key = label_key(label);
        CATEGORIES.iter().find(|c| label_key(&c.key) == key || c.labels.iter().any(|l| label_key(l) == key))
    }
}

/// Land groups (space types of the parcels) that a row may name.
pub const LAND_GROUPS: [&str; 18] = [
    "cultivated_garden",
    "forest",
    "grassland",
    "commercial",
    "industrial",
    "mining",
    "urban_residential",
    "rural_homestead",
    "admin_public",
    "park",
    "municipal_utilities",
    "transport_road",
    "transport_rail",
    "transport_water",
    "transport_air",
    "water",
    "facility_agri",
    "unused",
];

/// Coal, oil or gas, for the CH4 and N2O of burning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FuelKind {
    /// Solid.
    Coal,
    /// Liquid.
    Oil,
    /// Gaseous.
    Gas,
}

/// An activity of the vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityDef {
    /// Group: `fuel`, `power`, `process`, `turnover`, `fleet`, `inputs`, `livestock`, `rice`, `soils`, `wastewater`,
    /// `solid_waste`, `land`, `crops`.
    pub group: String,
    /// Key, e.g. `raw_coal`.
    pub key: String,
    /// Unit of the template (its dimension is the activity's).
    pub unit_text: String,
    /// The unit.
    pub unit: Unit,
    /// Land group, where the category leaves it to the activity.
    pub land_group: String,
    /// Default factor id; empty where a set or several factors apply.
    pub factor: String,
    /// Kind of fuel.
    pub fuel_kind: Option<FuelKind>,
    /// Chinese labels, the first one used in the template.
    pub labels_zh: Vec<String>,
    /// English labels besides the key.
    pub labels_en: Vec<String>,
}

#[derive(Deserialize)]
struct Record {
    group: String,
    activity: String,
    unit: String,
    land_group: String,
    factor: String,
    fuel_kind: Option<FuelKind>,
    #[serde(deserialize_with = "split")]
    labels_zh: Vec<String>,
    #[serde(deserialize_with = "split")]
    labels_en: Vec<String>,
}

/// All activities by group and label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// The activities, in file order.
    pub activities: Vec<ActivityDef>,
    by_label: BTreeMap<(String, String), usize>,
}

const ACTIVITIES_CSV: &str = include_str!("../data/activities.csv");

/// The embedded table, parsed once.
static EMBEDDED: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::parse_embedded);

impl Vocabulary {
    /// The vocabulary shipped in the binary.
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// Parses the embedded table.
    fn parse_embedded() -> Self {
        let mut vocabulary = Self::default();
        let mut reader = csv::Reader::from_reader(ACTIVITIES_CSV.as_bytes());
        for record in reader.deserialize::<Record>() {
            let record = record.expect("the embedded vocabulary is tested to be valid CSV");
            let unit = Unit::parse(&record.unit).expect("units of the embedded vocabulary are tested");
            vocabulary.add(ActivityDef {
                group: record.group,
                key: record.activity,
                unit_text: record.unit,
                unit,
                land_group: record.land_group,
                factor: record.factor,
                fuel_kind: record.fuel_kind,
                labels_zh: record.labels_zh,
                labels_en: record.labels_en,
            });
        }
        vocabulary
    }

    /// The embedded vocabulary plus products and crops that the user's overrides add.
    pub fn with_library(library: &FactorLibrary) -> Self {
        let mut vocabulary = Self::embedded();
        for f in library.factors.iter().filter(|f| f.overridden && f.sector == "industry_process") {
            if let (None, Some(unit)) = (vocabulary.find("process", &f.activity), f.activity_unit()) {
                vocabulary.add(user_activity("process", &f.activity, &f.unit, unit, &f.id));
            }
        }
        let tonnes = Unit { dimension: crate::Dimension::Mass, scale: 1.0 };
        for c in &library.crops {
            if vocabulary.find("crops", &c.crop).is_none() {
                let mut def = user_activity("crops", &c.crop, "t", tonnes, "");
                def.labels_zh = vec![c.name_zh.clone()];
                vocabulary.add(def);
            }
        }
        vocabulary
    }

    fn add(&mut self, def: ActivityDef) {
        let index = self.activities.len();
        let labels = def.labels_zh.iter().chain(&def.labels_en).chain(std::iter::once(&def.key));
        for label in labels.filter(|l| !l.is_empty()) {
            self.by_label.entry((def.group.clone(), label_key(label))).or_insert(index);
        }
        self.activities.push(def);
    }

    /// The activity of a label within a group.
    pub fn find(&self, group: &str, label: &str) -> Option<&ActivityDef> {
        let stripped = strip_numbering(label);
        [label, stripped.as_str()]
            .iter()
            .find_map(|l| self.by_label.get(&(group.to_owned(), label_key(l))))
            .map(|&i| &self.activities[i])
    }

    /// Categories (of a sector, if given) in which the label is an activity.
    pub fn categories_of(&self, label: &str, sector: Option<Sector>) -> Vec<&'static Category> {
        CATEGORIES
            .iter()
            .filter(|c| sector.is_none_or(|s| s == c.sector))
            .filter(|c| c.groups.iter().any(|g| self.find(g, label).is_some()))
            .collect()
    }

    /// The labels most like one that is unknown, in the groups of a category (or in all).
    pub fn nearest(&self, label: &str, category: Option<&Category>) -> Vec<String> {
        let inside = |def: &&ActivityDef| category.is_none_or(|c| c.groups.contains(&def.group));
        let labels: Vec<&str> = self
            .activities
            .iter()
            .filter(inside)
            .flat_map(|d| d.labels_zh.iter().chain(&d.labels_en).chain(std::iter::once(&d.key)))
            .map(String::as_str)
            .collect();
        nearest(&strip_numbering(label), labels, 3).into_iter().map(str::to_owned).collect()
    }
}

/// An activity that the user's tables add.
fn user_activity(group: &str, key: &str, unit_text: &str, unit: Unit, factor: &str) -> ActivityDef {
    ActivityDef {
        group: group.to_owned(),
        key: key.to_owned(),
        unit_text: unit_text.to_owned(),
        unit,
        land_group: String::new(),
        factor: factor.to_owned(),
        fuel_kind: None,
        labels_zh: Vec::new(),
        labels_en: Vec::new(),
    }
}

/// `其中：原煤`, `#原煤`, `1.原煤`, `(1)原煤`, `一、原煤` → `原煤`.
fn strip_numbering(label: &str) -> String {
    let label = carbonzone_sheet::normalise_text(label);
    let mut rest = label.as_str();
    for prefix in ["其中:", "其中", "#"] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest).trim_start();
    }
    let numbering = |c: char| c.is_ascii_digit() || "一二三四五六七八九十().、".contains(c);
    let cut = rest.find(|c: char| !numbering(c)).unwrap_or(0);
    let marked = rest[..cut].ends_with(['、', '.', ')']);
    if marked { rest[cut..].trim_start().to_owned() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_factor_exists_and_fits_the_unit_of_its_activity() {
        let (vocabulary, library) = (Vocabulary::embedded(), FactorLibrary::embedded());
        assert_eq!(vocabulary.activities.len(), 161);
        for def in vocabulary.activities.iter().filter(|d| !d.factor.is_empty()) {
            let factor = library.get(&def.factor).unwrap_or_else(|| panic!("{}: {}", def.key, def.factor));
            let unit = factor.activity_unit().unwrap();
            let derived = def.group == "wastewater";
            assert!(derived || unit.dimension == def.unit.dimension, "{}: {}", def.key, factor.unit);
        }
        for crop in &library.crops {
            assert!(vocabulary.find("crops", &crop.crop).is_some(), "{}", crop.crop);
        }
        for fuel in library.factors.iter().filter(|f| f.set.starts_with("fuel.") && !f.id.ends_with("_mass"))
        {
            assert!(vocabulary.find("fuel", &fuel.activity).is_some(), "{}", fuel.id);
        }
    }

    #[test]
    fn labels_of_yearbooks_are_understood() {
        let v = Vocabulary::embedded();
        for label in ["原煤", "其中：原煤", "#原煤", "（1）原煤", "一、原煤", "Raw coal", "raw_coal"]
        {
            assert_eq!(v.find("fuel", label).map(|d| d.key.as_str()), Some("raw_coal"), "{label}");
        }
        assert_eq!(v.find("inputs", "柴油").unwrap().unit.dimension, crate::Dimension::Mass);
        assert_eq!(v.nearest("原媒", None).first().map(String::as_str), None);
        assert!(v.nearest("raw cole", None).contains(&"raw_coal".to_owned()));
    }

    #[test]
    fn categories_and_sectors_are_found_by_either_language() {
        assert_eq!(Category::parse("制造业").unwrap().key, "manufacturing_energy");
        assert_eq!(Category::parse("Manufacturing Energy").unwrap().key, "manufacturing_energy");
        assert_eq!(Sector::parse("废弃物"), Some(Sector::Waste));
        assert_eq!(Sector::parse("transport"), Some(Sector::Transport));
        let categories: Vec<&str> =
            Vocabulary::embedded().categories_of("生猪", None).iter().map(|c| c.key.as_str()).collect();
        assert_eq!(categories, ["livestock"]);
    }

    #[test]
    fn default_land_groups_are_space_types() {
        for c in CATEGORIES.iter().filter(|c| !c.land_group.is_empty()) {
            assert!(LAND_GROUPS.contains(&c.land_group.as_str()), "{}", c.key);
        }
        for def in Vocabulary::embedded().activities.iter().filter(|d| !d.land_group.is_empty()) {
            assert!(LAND_GROUPS.contains(&def.land_group.as_str()), "{}", def.key);
        }
    }
}
