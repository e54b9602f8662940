//! The `[inventory]` table of the pipeline file, in its "activity" form.

use crate::gas::GwpSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which electricity and heat counts (docs/method.md §3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ElectricityBoundary {
    /// Equation 2 plus equation 3 as printed: fuel of power plants *and* electricity use of buildings and vehicles.
    /// Counts electricity twice; the run warns with the tonnes.
    #[default]
    Paper,
    /// Fuels burnt inside the city; electricity and heat use count 0.
    Territorial,
    /// Fuel of power sold (category `power_generation`) is taken out; all electricity use counts, so industry's
    /// electricity rows are required.
    Consumption,
}

/// What belongs to agriculture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgricultureScope {
    /// Inputs (with their upstream carbon), tillage, and methane of animals.
    #[default]
    Paper,
    /// IPCC categories: methane of animals and rice, N2O of soils and manure; no upstream carbon of inputs.
    Ipcc,
}

/// How the carbon of crops becomes a sink (note to equation 7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SinkBasis {
    /// Tonnes of carbon × 44/12.
    #[default]
    Co2,
    /// Tonnes of carbon taken as CO2 unchanged, as the Suzhou paper probably does. Land coefficients are not affected.
    CarbonAsIs,
}

/// What the yields of crops are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum YieldBasis {
    /// As statistical yearbooks give them: tubers are grain-equivalent (water 0.133), tobacco is cured leaf (0.085).
    #[default]
    Yearbook,
    /// Fresh weight.
    Fresh,
}

/// How a sector's total becomes budgets of land groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// A row's own `land_group`, else the land group of its category (manufacturing → industrial, ...); a sector with
    /// `shares` is divided by them.
    #[default]
    Explicit,
    /// One budget per sector over all land groups its rows belong to.
    Pooled,
    /// Every emission row must name its land group.
    ByActivity,
}

/// Whether an optional part counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Inclusion {
    /// Listed, not counted.
    #[default]
    Excluded,
    /// Counted.
    Included,
}

/// What to do with rows of other years.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherYears {
    /// They are errors.
    #[default]
    Error,
    /// They are left out (a table with several years in long form).
    Skip,
}

/// What to do with rows whose activity is not in the vocabulary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownRows {
    /// They are errors, with "did you mean".
    #[default]
    Error,
    /// They are listed in one note and left out (a yearbook sheet that also holds other things).
    Skip,
}

/// A file (and sheet) with activity data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActivitySource {
    /// CSV, XLSX, XLS or ODS file, relative to the pipeline file.
    pub path: String,
    /// Sheet name; empty reads every sheet that has the columns (or the one CSV table).
    pub sheet: String,
    /// Encoding of a CSV file; empty detects it.
    pub encoding: String,
    /// Category of all rows that do not name one, e.g. `manufacturing_energy`; empty: the rows tell.
    pub category: String,
    /// Land group of all rows that do not name one; empty: the category's own.
    pub land_group: String,
    /// Label of the column with the values; empty: the inventory year (`2020`, `2020年`), or `value`, `数值`, `消费量`, ...
    pub value_column: String,
    /// Rows of other years.
    pub other_years: OtherYears,
    /// Rows that are not in the vocabulary.
    pub unknown: UnknownRows,
}

/// Landfill parameters (IPCC 2006 vol. 5): `CH4/t = MCF × DOC × DOCf × F × 16/12 × (1 - R) × (1 - OX)`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Landfill {
    /// Degradable organic carbon, t C per t wet waste; `None` uses the composition, else the factor's 0.15.
    pub doc: Option<f64>,
    /// Mass shares of `paper`, `textile`, `food`, `wood`, `garden` in the waste (the rest has no carbon that degrades).
    pub composition: BTreeMap<String, f64>,
    /// Oxidised in the cover, fraction (IPCC: 0.1 for covered managed sites).
    pub oxidation_fraction: f64,
    /// Recovered, fraction.
    pub recovery_fraction: f64,
    /// Decay constant `k` per year. Given, the methane of the inventory year comes from the waste of earlier years by
    /// first-order decay (IPCC 2006 vol. 5 ch. 3, Tier 2); else all of it in the year of deposition (mass balance).
    pub decay_per_year: Option<f64>,
    /// Wet waste deposited in earlier years, t, by landfill activity and year, without gaps up to the year before the
    /// inventory, e.g. `deposited_t.msw_landfilled_managed = { 2018 = 1.2e6, 2019 = 1.3e6 }`.
    pub deposited_t: BTreeMap<String, BTreeMap<String, f64>>,
}

/// Options of the inventory. Every field has a documented default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InventoryConfig {
    /// Year of the activity data; `None` takes what the files hold.
    pub year: Option<i32>,
    /// Files with activity data.
    #[serde(rename = "files")]
    pub activity: Vec<ActivitySource>,
    /// Global warming potentials: `SAR`, `AR4`, `AR5` (default), `AR6`.
    pub gwp_set: GwpSet,
    /// `paper` (default, warns), `territorial` or `consumption`.
    pub electricity_boundary: ElectricityBoundary,
    /// `paper` (default) or `ipcc`.
    pub agriculture_scope: AgricultureScope,
    /// Fuel factors: `fuel.cn` (default), `fuel.cn2025`, `fuel.ipcc2006`, `fuel.ceads`. A fuel that the set does not
    /// have falls back to `fuel.cn`, then to any set that has it, with a note.
    pub fuel_set: String,
    /// Factor of grid electricity (default `electricity.EastChina.2020.default`, 0.5992 kg CO2/kWh: no official value
    /// for 2020 was located).
    pub grid_factor: String,
    /// Land sink coefficients: `lit_high` (default), `lit_low`, `guiyang`, or a set of the overrides.
    pub sink_set: String,
    /// `co2` (default) or `carbon_as_is`.
    pub sink_basis: SinkBasis,
    /// `yearbook` (default) or `fresh`.
    pub yield_basis: YieldBasis,
    /// Enteric methane: `agri.enteric.ipcc` (default) or `agri.enteric.cn`.
    pub enteric_set: String,
    /// Manure methane: `agri.manure_ch4.ipcc` (default) or `agri.manure_ch4.cn_east`.
    pub manure_ch4_set: String,
    /// Manure N2O: `agri.manure_n2o.lit` (default) or `agri.manure_n2o.cn_east`.
    pub manure_n2o_set: String,
    /// Factor id per activity, e.g. `natural_gas = "fuel.ipcc2006.natural_gas"`; overrules every set.
    pub choose: BTreeMap<String, String>,
    /// CSV or XLSX files with the user's own factors, relative to the pipeline file.
    pub overrides: Vec<String>,
    /// `explicit` (default), `pooled` or `by_activity`.
    pub split: Split,
    /// Shares of land groups per sector, e.g. `shares.construction = { urban_residential = 0.6, commercial = 0.4 }`;
    /// each must sum to 1. Only with `split = "explicit"`.
    pub shares: BTreeMap<String, BTreeMap<String, f64>>,
    /// CH4 and N2O of burning fuels (IPCC 2006 vol. 2): `excluded` (default, equation 2 is CO2) or `included`.
    pub non_co2_combustion: Inclusion,
    /// N2O of domestic waste water: `excluded` (default, equation 6 is CH4) or `included`.
    pub wastewater_n2o: Inclusion,
    /// Share of cullet in glass (default 0.5, IPCC 2006 vol. 3 for an unknown share).
    pub glass_cullet_fraction: f64,
    /// Days a slaughtered pig lives (default 180), to turn `pig_slaughtered` into an average population.
    pub pig_days_alive: f64,
    /// Landfill parameters.
    pub landfill: Landfill,
    /// Uncertainty of activity data, percent (half-width of a 95 % interval, default 5), where a row gives none.
    pub activity_uncertainty_pct: f64,
    /// Sectors that have no rows on purpose, e.g. `["transport"]`.
    pub without: Vec<String>,
    /// True if the activity data are synthetic; outputs say so.
    pub synthetic: bool,
}

impl Default for InventoryConfig {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            year: None,
            activity: Vec::new(),
            gwp_set: GwpSet::default(),
            electricity_boundary: ElectricityBoundary::default(),
            agriculture_scope: AgricultureScope::default(),
            fuel_set: text("fuel.cn"),
            grid_factor: text("electricity.EastChina.2020.default"),
            sink_set: text("lit_high"),
            sink_basis: SinkBasis::default(),
            yield_basis: YieldBasis::default(),
            enteric_set: text("agri.enteric.ipcc"),
            manure_ch4_set: text("agri.manure_ch4.ipcc"),
            manure_n2o_set: text("agri.manure_n2o.lit"),
            choose: BTreeMap::new(),
            overrides: Vec::new(),
            split: Split::default(),
            shares: BTreeMap::new(),
            non_co2_combustion: Inclusion::default(),
            wastewater_n2o: Inclusion::default(),
            glass_cullet_fraction: 0.5,
            pig_days_alive: 180.0,
            landfill: Landfill::default(),
            activity_uncertainty_pct: 5.0,
            without: Vec::new(),
            synthetic: false,
        }
    }
}
