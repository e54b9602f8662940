//! Townships or counties, their tables, and GDP that is shared out.

use super::budgets::MassUnit;
use super::sources::Source;
use carbonzone_types::MoneyUnit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Townships or counties.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneLayer {
    /// File.
    pub source: Source,
    /// What the zones are: `townships` (default), `counties`, `districts`, `municipalities`, `neighborhoods`, ...; titles and the output
    /// layer are named after it. Another word is refused with the list of those that are known; `units` stands for anything.
    #[serde(default = "townships")]
    pub kind: String,
    /// Id field.
    pub id: String,
    /// Name field.
    pub name: Option<String>,
    /// Field with an English name, for English maps.
    pub name_en: Option<String>,
    /// Field with the district the zone belongs to.
    pub district: Option<String>,
    /// Field with the English name of that district, for English texts.
    pub district_en: Option<String>,
    /// Field of the layer with population, if it is not in a table.
    pub population: Option<String>,
    /// Field of the layer with GDP in `gdp_unit`, if it is not in a table; or `{ downscale = ... }`: GDP of the counties,
    /// shared out over their zones.
    pub gdp: Option<ZoneGdp>,
    /// Unit of GDP in the layer, in the tables and in all outputs, whose columns are named by it: a power of ten and a currency,
    /// e.g. `1e6 USD`; default `1e4 CNY`. `index`: a number without a unit, such as an index or a share of the whole: nothing is
    /// said of money, and nothing per GDP.
    pub gdp_unit: Option<String>,
    /// Field of the layer with the emissions of each zone, if they are not in a table: what the proxy `zone_emissions` places by.
    pub emissions: Option<String>,
    /// Unit of the emissions of the zones, of CO2e: `t`, `kt`, `1e4 t` or `Mt`; default: what the header of the column names.
    pub emissions_unit: Option<MassUnit>,
    /// Overlapping zones.
    #[serde(default)]
    pub overlap: Overlap,
    /// Tables joined to the zones.
    #[serde(default)]
    pub tables: Vec<ZoneTable>,
}

fn townships() -> String {
    "townships".to_owned()
}

/// GDP of the zones that is in no table.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ZoneGdp {
    /// Field of the layer.
    Field(String),
    /// Derived from the GDP of the counties.
    Derived(Box<DerivedGdp>),
}

impl<'de> Deserialize<'de> for ZoneGdp {
    /// By hand, so that a wrong key inside the table is named as everywhere else.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = ZoneGdp;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field name, or a table with `downscale`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ZoneGdp, E> {
                Ok(ZoneGdp::Field(name.to_owned()))
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(self, map: M) -> Result<ZoneGdp, M::Error> {
                DerivedGdp::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(|derived| ZoneGdp::Derived(Box::new(derived)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// GDP derived from that of larger units.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedGdp {
    /// How it is shared out.
    pub downscale: Downscale,
}

/// GDP of counties to their zones, in proportion to a proxy; marked as derived everywhere. The counties' GDP comes from
/// a table with `on = "county"`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Downscale {
    /// Field of the zone layer that names the county of each zone.
    pub from: String,
    /// Proxies in order: `poi:<group>`, `people`, `light`, `area`. A county where the first is zero takes the next; the
    /// zone classes under each are written side by side.
    pub proxies: Vec<String>,
    /// Raster of night light for the proxy `light`.
    pub light: Option<Source>,
}

/// What to do with ground claimed by two zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Refuse the run (default).
    #[default]
    Error,
    /// The zone with the lower id takes it.
    First,
}

/// A table with numbers per zone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneTable {
    /// CSV or XLSX file.
    pub path: PathBuf,
    /// Sheet of a workbook; default: the first.
    pub sheet: Option<String>,
    /// Text encoding of a CSV file; default: detected.
    pub encoding: Option<String>,
    /// Keep only rows for which this SQL condition holds, e.g. `year = 2020 AND state = 'Bayern'`.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// Column that names the zone.
    pub key: String,
    /// Whether the key is the zone's id (default), its name, or its county (for `gdp.downscale`).
    #[serde(default)]
    pub on: TableKey,
    /// Column with population.
    pub population: Option<String>,
    /// How many persons one unit of the population column is, e.g. 10000 for 万人; default: what the table says, else 1.
    pub population_unit_persons: Option<f64>,
    /// Keys of rows that are no zone and are left out, e.g. `["合计"]`.
    #[serde(default)]
    pub skip: Vec<String>,
    /// Rows whose key is no zone: refused, or ignored with their number because the table is of a larger region.
    #[serde(default)]
    pub other_rows: OtherRows,
    /// Column with the emissions of each zone, for the proxy `zone_emissions`.
    pub emissions: Option<String>,
    /// Column with GDP.
    pub gdp: Option<String>,
    /// How many 1e4 CNY one unit of the GDP column is, e.g. 10000 for 亿元; default: what the table says, else 1 (万元).
    pub gdp_unit_1e4cny: Option<f64>,
    /// True if GDP is not statistics but derived, e.g. downscaled: written to `gdp_derived`.
    #[serde(default)]
    pub gdp_derived: bool,
}

/// Rows of a table whose key is none of the zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherRows {
    /// A mistake in a key: refused (default).
    #[default]
    Error,
    /// Rows of other places: left out, and told with their number.
    Ignore,
}

/// What the key of a zone table names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableKey {
    /// Zone id.
    #[default]
    Id,
    /// Zone name (brackets, blanks and full-width forms are normalised).
    Name,
    /// County of the zones: its GDP is shared out by `gdp.downscale`.
    County,
}

impl ZoneLayer {
    /// The unit of GDP; the default for a text that is none, which `check` refuses.
    pub fn money(&self) -> MoneyUnit {
        self.gdp_unit.as_deref().and_then(MoneyUnit::parse).unwrap_or_default()
    }

    /// The downscaling of GDP, if one is asked for.
    pub fn downscale(&self) -> Option<&Downscale> {
        match &self.gdp {
            Some(ZoneGdp::Derived(derived)) => Some(&derived.downscale),
            _ => None,
        }
    }

    /// The field with GDP, if it is in the layer.
    pub fn gdp_field(&self) -> Option<&String> {
        match &self.gdp {
            Some(ZoneGdp::Field(field)) => Some(field),
            _ => None,
        }
    }

    /// True if the layer or a table that is joined to it gives GDP.
    pub fn gives_gdp(&self) -> bool {
        self.gdp_field().is_some() || self.tables.iter().any(|t| t.gdp.is_some())
    }
}

/// Key of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JoinOn {
    /// Zone id.
    #[default]
    Id,
    /// Zone name (brackets, blanks and full-width forms are normalised).
    Name,
}
