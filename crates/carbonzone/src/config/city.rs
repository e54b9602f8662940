//! Place, years, working CRS.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Place, years, working CRS: the same in every study.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Short ASCII name: the output folder and the GeoPackage are named after it.
    pub name: String,
    /// English title on maps; default: the name.
    #[serde(default)]
    pub title_en: String,
    /// Chinese title on maps; default: the English one.
    #[serde(default)]
    pub title_zh: String,
    /// Year of the inventory, in a study of one year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Years, ascending, in a study over years; or give `first_year` and `last_year`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<i32>,
    /// First year of a series without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_year: Option<i32>,
    /// Last year of a series without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_year: Option<i32>,
    /// Working CRS: projected, metres, e.g. `EPSG:4549`, WKT or PROJ text; for a study over years an equal-area one is best.
    /// Needed if there are layers.
    pub crs: Option<String>,
    /// Which area the shares, intensities and sinks rest on. The other one is written as a second column.
    #[serde(default)]
    pub area: AreaBasis,
    /// Parcels that cross the border of the zones.
    #[serde(default)]
    pub border: Border,
    /// True if any input is synthetic: every output then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// True if the layers are real, and totals or proxies only examples: every output then says so.
    #[serde(default)]
    pub illustrative: bool,
    /// Source line below every map.
    #[serde(default)]
    pub source: String,
    /// Map review number (审图号) for the caption, if you have one.
    #[serde(default)]
    pub map_review_number: String,
}

impl City {
    /// Years that a study may have.
    pub const POSSIBLE: std::ops::RangeInclusive<i32> = 1900..=2200;

    /// Years of the study, ascending. Of a range only those that are [possible](Self::POSSIBLE).
    pub fn years(&self) -> Vec<i32> {
        match (self.year, self.first_year, self.last_year) {
            (Some(year), ..) => vec![year],
            (None, Some(first), Some(last)) => {
                (first.max(*Self::POSSIBLE.start())..=last.min(*Self::POSSIBLE.end())).collect()
            }
            _ => self.years.clone(),
        }
    }
}

/// Planar or ellipsoidal areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaBasis {
    /// Area in the working CRS (default).
    #[default]
    Planar,
    /// Area on the ellipsoid.
    Ellipsoidal,
}

impl AreaBasis {
    /// As in the pipeline file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planar => "planar",
            Self::Ellipsoidal => "ellipsoidal",
        }
    }
}

/// What happens to parcels that cross the outer border of the zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// Whole parcel, whole weight; the part outside goes into the ledger's outside row (default).
    #[default]
    Keep,
    /// Parcels are weighted by their part inside the zones, and carry nothing outside.
    Clip,
}
