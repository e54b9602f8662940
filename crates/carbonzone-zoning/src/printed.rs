//! What a paper prints, cell by cell, and what a comparison with it gives.

use crate::classify::Zoning;
use crate::indices::Indices;
use serde::{Deserialize, Serialize};

/// A number as printed: its value and how many decimals stand there.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// As it stands in the paper.
    pub text: String,
    /// Its value.
    pub value: f64,
    /// Decimals printed.
    pub decimals: u32,
}

impl Printed {
    /// Reads a printed number; `None` if it is none.
    ///
    /// ```
    /// use carbonzone_zoning::published::Printed;
    /// let sec = Printed::parse("1.60").ok_or("no number")?;
    /// assert_eq!((sec.value, sec.decimals), (1.6, 2));
    /// assert!(sec.agrees(1.5971) && !sec.agrees(1.6051));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let value = text.parse::<f64>().ok().filter(|v| v.is_finite())?;
        let decimals = text.split_once('.').map_or(0, |(_, d)| d.len() as u32);
        Some(Self { text: text.to_owned(), value, decimals })
    }

    /// Half a unit of the last printed digit.
    pub fn half_unit(&self) -> f64 {
        0.5 * 10f64.powi(-(self.decimals as i32))
    }

    /// True if the value rounds to the printed digits (a tie may go either way).
    pub fn agrees(&self, computed: f64) -> bool {
        // The slack covers the binary representation of a tie such as 45.045 against 45.04.
        (computed - self.value).abs() <= self.half_unit() * (1.0 + 1e-9) + 1e-12 * self.value.abs()
    }

    /// The interval of values that round to the printed digits.
    pub fn interval(&self) -> Interval {
        Interval { low: self.value - self.half_unit(), high: self.value + self.half_unit() }
    }
}

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// What two intervals share; `None` if nothing.
    pub fn and(self, other: Self) -> Option<Self> {
        let both = Self { low: self.low.max(other.low), high: self.high.min(other.high) };
        (both.low <= both.high).then_some(both)
    }

    /// Its middle.
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

/// A row of Table 2 as printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Table2Row {
    /// Year.
    pub year: i32,
    /// Unit key.
    pub unit: String,
    /// Emissions, 10⁴ t.
    pub emission_1e4t: Printed,
    /// Sinks, 10⁴ t.
    pub sink_1e4t: Printed,
    /// Emissions per area, t/ha.
    pub emission_intensity_t_ha: Printed,
    /// Sinks per area, t/ha.
    pub sink_intensity_t_ha: Printed,
    /// Economic contribution coefficient.
    pub eec: Printed,
    /// Ecological contribution coefficient.
    pub sec: Printed,
}

/// A row of Table 3 as printed, with the keys of the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table3Row {
    /// Unit key.
    pub unit: String,
    /// Level of EEC: `low`, `mid`, `high`.
    pub eec_level: String,
    /// Level of SEC.
    pub sec_level: String,
    /// Key of the zone.
    pub zone: String,
}

/// What a number in the text is about; `unit` is `city` or a unit of Table 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextQuantity {
    /// Emissions of the city in a year, 10⁴ t.
    #[serde(rename = "emission_total_1e4t")]
    EmissionTotal,
    /// Sinks of the city in a year, 10⁴ t.
    #[serde(rename = "sink_total_1e4t")]
    SinkTotal,
    /// Change of emissions from the first to the last year, percent.
    EmissionChangePct,
    /// Change of sinks, percent.
    SinkChangePct,
    /// Emissions per area of the city in a year, t/ha.
    #[serde(rename = "emission_intensity_t_ha")]
    EmissionIntensity,
    /// Sinks per area of the city in a year, t/ha.
    #[serde(rename = "sink_intensity_t_ha")]
    SinkIntensity,
    /// Change of the printed emission intensity, t/ha.
    #[serde(rename = "emission_intensity_change_t_ha")]
    EmissionIntensityChange,
    /// Mean of the printed emission intensities over the years, t/ha.
    #[serde(rename = "emission_intensity_mean_t_ha")]
    EmissionIntensityMean,
    /// Mean of the sinks over the years, 10⁴ t.
    #[serde(rename = "sink_mean_1e4t")]
    SinkMean,
    /// Largest SEC of all units and years.
    SecMax,
    /// Change of SEC.
    SecChange,
    /// Sign of the change of SEC: 1 rises, −1 falls.
    SecChangeSign,
    /// Largest EEC of all units and years (circular).
    EecMax,
    /// Mean of EEC over the years (circular).
    EecMean,
}

impl TextQuantity {
    pub(crate) fn circular(self) -> bool {
        use TextQuantity::{EecMax, EecMean, EmissionIntensity, SinkIntensity};
        matches!(self, EecMax | EecMean | EmissionIntensity | SinkIntensity)
    }
}

/// A number of the paper's text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextClaim {
    /// Claim id of the reference table, e.g. `G03`; may be empty.
    pub claim_id: String,
    /// What it is about.
    pub quantity: TextQuantity,
    /// `city` or a unit key.
    pub unit: String,
    /// Year, for quantities of one year.
    pub year: Option<i32>,
    /// As printed.
    pub printed: Printed,
    /// Why it does not agree, if that is known.
    pub reason: String,
}

/// Everything printed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishedStudy {
    /// Table 2: every unit in every year.
    pub table2: Vec<Table2Row>,
    /// Table 3.
    pub table3: Vec<Table3Row>,
    /// Numbers of the text.
    pub text: Vec<TextClaim>,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedCell {
    /// `Table 2`, `Table 3` or `text`.
    pub table: String,
    /// Unit key or `city`.
    pub unit: String,
    /// Year, if the cell belongs to one.
    pub year: Option<i32>,
    /// Column or quantity.
    pub column: String,
    /// As printed.
    pub published: String,
    /// Recomputed, four decimals for numbers.
    pub computed: String,
    /// Recomputed value, if it is a number.
    pub computed_value: Option<f64>,
    /// True if the recomputed value rounds to the printed digits (or is the same word).
    pub agrees: bool,
    /// True if the recomputed value rests on the printed one (GDP or area not printed): consistency only.
    pub circular: bool,
    /// Why it does not agree; empty if it does.
    pub reason: String,
}

/// A statement about the printed numbers together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consistency {
    /// What was computed.
    pub name: String,
    /// Year, if it belongs to one.
    pub year: Option<i32>,
    /// Value.
    pub value: f64,
    /// Interval that the printed digits allow, if one was computed.
    pub interval: Option<Interval>,
    /// What it means.
    pub meaning: String,
}

/// Result of [`crate::published::compare_published`].
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedComparison {
    /// Units in the order of the first year.
    pub units: Vec<String>,
    /// Years, ascending.
    pub years: Vec<i32>,
    /// Cell by cell: Table 2, Table 3, text.
    pub cells: Vec<PublishedCell>,
    /// Implied GDP shares, the common factor, implied areas.
    pub consistency: Vec<Consistency>,
    /// Factor that the printed SEC cells which fail have in common, if there is one.
    pub common_factor: Option<Interval>,
    /// GDP share of each unit implied by EEC (corrected), per year: circular, a fixture, no data.
    pub implied_gdp_shares: Vec<Vec<f64>>,
    /// Area of each unit in each year that both intensity cells allow, hectares; `None` if they contradict.
    pub implied_area_ha: Vec<Vec<Option<Interval>>>,
    /// Recomputed indices per year (EEC from the implied shares).
    pub indices: Vec<Indices>,
    /// Zoning by the scheme on these indices.
    pub zoning: Zoning,
}
