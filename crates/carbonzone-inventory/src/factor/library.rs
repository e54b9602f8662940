//! Factors as rows of data, embedded in the binary.

use super::parse::{Fields, crop_of, factor_of, sink_of};
use super::{Crop, SinkCoefficient, SinkUnitBasis, Status};
use crate::InventoryError;
use crate::equations::term;
use crate::gas::{Amount, Ch4, Co2, GwpSet, N2o, Origin, PublishedCo2e};
use crate::unit::Unit;
use carbonzone_sheet::did_you_mean;
use carbonzone_types::{AttributeTable, Carbon, ColumnData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FACTORS_CSV: &str = include_str!("../../data/factors.csv");
const SINKS_CSV: &str = include_str!("../../data/sink_coefficients.csv");
const CROPS_CSV: &str = include_str!("../../data/crops.csv");

/// What a factor yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactorGas {
    /// Carbon dioxide.
    #[serde(rename = "CO2")]
    Co2,
    /// Methane.
    #[serde(rename = "CH4")]
    Ch4,
    /// Nitrous oxide.
    #[serde(rename = "N2O")]
    N2o,
    /// Carbon, counted as the CO2 it becomes.
    C,
    /// Published only as CO2e.
    #[serde(rename = "CO2e")]
    Co2e,
    /// A parameter, not a factor (BOD per person, carbon content of waste, ...).
    #[serde(rename = "-")]
    None,
}

impl FactorGas {
    /// Name as in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Co2 => "CO2",
            Self::Ch4 => "CH4",
            Self::N2o => "N2O",
            Self::C => "C",
            Self::Co2e => "CO2e",
            Self::None => "-",
        }
    }
}

/// One emission factor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Factor {
    /// Id, e.g. `fuel.cn.raw_coal`.
    pub id: String,
    /// Set it belongs to, e.g. `fuel.cn`.
    pub set: String,
    /// Sector of the library: `energy`, `industry_process`, `transport`, `agriculture`, `waste`, `gwp`, `guiyang`.
    pub sector: String,
    /// Activity it applies to.
    pub activity: String,
    /// Unit of the activity, e.g. `t`.
    pub unit: String,
    /// Value in `unit_of_value`.
    pub value: f64,
    /// Unit of the value, e.g. `kgCH4/head/yr`.
    pub unit_of_value: String,
    /// Gas.
    pub gas: FactorGas,
    /// Origin of methane.
    pub origin: Option<Origin>,
    /// Warming potentials inside the factor, for CO2e factors.
    pub gwp_set: Option<GwpSet>,
    /// Net calorific value of a fuel, GJ per `unit`.
    pub ncv_gj: Option<f64>,
    /// Carbon content of a fuel, tC/GJ.
    pub carbon_tc_per_gj: Option<f64>,
    /// Oxidation rate of a fuel, fraction.
    pub oxidation: Option<f64>,
    /// Electricity per `unit` of an electric vehicle, kWh: the factor then follows the grid factor in use.
    pub kwh_per_unit: Option<f64>,
    /// Half-width of a 95 % interval, percent (expert judgement unless the source gives one).
    pub uncertainty_pct: f64,
    /// Verification status.
    pub status: Status,
    /// Source: publication and table.
    pub source: String,
    /// Document it was checked against.
    pub checked_against: String,
    /// Caveats.
    pub note: String,
    /// True if the user's table replaced or added it.
    pub overridden: bool,
}

impl Factor {
    /// Tonnes of one numerator unit: `kgCO2/kWh` → 0.001.
    pub(crate) fn numerator_tonnes(unit_of_value: &str) -> Option<f64> {
        let numerator = unit_of_value.split('/').next()?.trim();
        let mass = ["CO2e", "CO2", "CH4", "N2O", "C"].iter().find_map(|gas| numerator.strip_suffix(gas))?;
        match mass.trim() {
            "t" => Some(1.0),
            "kg" => Some(1e-3),
            "g" => Some(1e-6),
            _ => None,
        }
    }

    /// The activity's unit.
    #[must_use]
    pub fn activity_unit(&self) -> Option<Unit> {
        Unit::parse(&self.unit)
    }

    /// Tonnes of the gas per canonical unit of the activity (see [`crate::Dimension::canonical`]).
    ///
    /// Zero for rows that are parameters rather than factors.
    #[must_use]
    pub fn tonnes_per_canonical(&self) -> f64 {
        let numerator = Self::numerator_tonnes(&self.unit_of_value).unwrap_or(0.0);
        self.activity_unit().map_or(0.0, |u| self.value * numerator / u.scale)
    }

    /// As [`Self::tonnes_per_canonical`], in kilograms; exact where the factor is given in kilograms.
    #[must_use]
    pub fn kg_per_canonical(&self) -> f64 {
        let kilograms = Self::numerator_tonnes(&self.unit_of_value).unwrap_or(0.0) / 1e-3;
        self.activity_unit().map_or(0.0, |u| self.value * kilograms / u.scale)
    }

    /// Amount of gas in tonnes, typed by the factor's gas.
    #[must_use]
    pub fn amount(&self, tonnes: f64) -> Amount {
        match self.gas {
            FactorGas::Co2 | FactorGas::None => Amount::Co2(Co2(tonnes)),
            FactorGas::Ch4 => Amount::Ch4(Ch4 { tonnes, origin: self.origin.unwrap_or(Origin::Biogenic) }),
            FactorGas::N2o => Amount::N2o(N2o(tonnes)),
            FactorGas::C => Amount::Carbon(Carbon(tonnes)),
            FactorGas::Co2e => {
                Amount::Published(PublishedCo2e { tonnes, gwp_set: self.gwp_set.unwrap_or(GwpSet::Ar4) })
            }
        }
    }

    /// Emission of an amount in canonical units.
    #[must_use]
    pub fn apply(&self, canonical_amount: f64) -> Amount {
        self.amount(term(canonical_amount, self.tonnes_per_canonical()))
    }
}

/// All factors, sink coefficients and crops, in file order.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FactorLibrary {
    /// Emission factors.
    pub factors: Vec<Factor>,
    /// Land sink coefficients.
    pub sinks: Vec<SinkCoefficient>,
    /// Crops.
    pub crops: Vec<Crop>,
    #[serde(skip)]
    index: BTreeMap<String, usize>,
}

/// The embedded tables, parsed once.
static EMBEDDED: LazyLock<FactorLibrary> = LazyLock::new(FactorLibrary::parse_embedded);

/// Rows of an embedded table.
fn rows_of(text: &str) -> Vec<Fields> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("the embedded tables are tested to be valid CSV")
}

impl FactorLibrary {
    /// The library shipped in the binary.
    #[must_use]
    pub fn embedded() -> Self {
        EMBEDDED.clone()
    }

    /// Parses the embedded tables.
    fn parse_embedded() -> Self {
        let valid = "the embedded tables are tested to be valid";
        let mut library = Self::default();
        for row in rows_of(FACTORS_CSV) {
            let place = row.get("id").cloned().unwrap_or_default();
            library.add(factor_of(&row, &place).expect(valid));
        }
        library.sinks = rows_of(SINKS_CSV).iter().map(|r| sink_of(r, "embedded").expect(valid)).collect();
        library.crops = rows_of(CROPS_CSV).iter().map(|r| crop_of(r, "embedded").expect(valid)).collect();
        library
    }

    /// Adds a factor, or replaces the one of the same id.
    pub(crate) fn add(&mut self, factor: Factor) {
        if let Some(&i) = self.index.get(&factor.id) {
            self.factors[i] = factor;
        } else {
            self.index.insert(factor.id.clone(), self.factors.len());
            self.factors.push(factor);
        }
    }

    /// The factor of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Factor> {
        self.index.get(id).map(|&i| &self.factors[i])
    }

    /// The factor of that id; `place` is named in the error.
    ///
    /// # Errors
    /// [`InventoryError::UnknownFactor`] with the nearest ids.
    pub fn require(&self, id: &str, place: &str) -> Result<&Factor, InventoryError> {
        self.get(id).ok_or_else(|| InventoryError::UnknownFactor {
            place: place.to_owned(),
            id: id.to_owned(),
            hint: did_you_mean(id, self.factors.iter().map(|f| f.id.as_str())),
        })
    }

    /// The land sink coefficient of a set and land type.
    #[must_use]
    pub fn sink(&self, set: &str, land_type: &str) -> Option<&SinkCoefficient> {
        self.sinks.iter().find(|s| s.set == set && s.land_type == land_type)
    }

    /// The crop of that key.
    #[must_use]
    pub fn crop(&self, key: &str) -> Option<&Crop> {
        self.crops.iter().find(|c| c.crop == key)
    }

    /// Names of the sets of emission factors, in order of first appearance.
    #[must_use]
    pub fn sets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for factor in &self.factors {
            if !names.contains(&factor.set.as_str()) {
                names.push(&factor.set);
            }
        }
        names
    }

    /// Names of the land sink sets.
    #[must_use]
    pub fn sink_sets(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for sink in &self.sinks {
            if !names.contains(&sink.set.as_str()) {
                names.push(&sink.set);
            }
        }
        names
    }

    /// The whole library as one table (factors, land sinks, crops), optionally only one sector
    /// (`energy`, `industry_process`, `transport`, `agriculture`, `waste`, `gwp`, `guiyang`, `sink`).
    ///
    /// Columns: `id, set, sector, activity, value, unit, gas, gwp_set, uncertainty_pct, status, source,
    /// checked_against, note`.
    #[must_use]
    pub fn to_table(&self, sector: Option<&str>) -> AttributeTable {
        let mut rows: Vec<[String; 11]> = Vec::new();
        let mut numbers: Vec<[f64; 2]> = Vec::new();
        let text = ToString::to_string;
        for f in self.factors.iter().filter(|f| sector.is_none_or(|s| s == f.sector)) {
            let gwp = f.gwp_set.map_or("", GwpSet::name);
            rows.push(
                [
                    &f.id,
                    &f.set,
                    &f.sector,
                    &f.activity,
                    &f.unit_of_value,
                    f.gas.name(),
                    gwp,
                    f.status.name(),
                    &f.source,
                    &f.checked_against,
                    &f.note,
                ]
                .map(text),
            );
            numbers.push([f.value, f.uncertainty_pct]);
        }
        if sector.is_none_or(|s| s == "sink") {
            for s in &self.sinks {
                let (unit, gas) = match s.basis {
                    SinkUnitBasis::C => ("tC/ha/yr", "C"),
                    SinkUnitBasis::Co2 => ("tCO2/ha/yr", "CO2"),
                };
                rows.push(
                    [
                        &s.id,
                        &s.set,
                        "sink",
                        &s.land_type,
                        unit,
                        gas,
                        "",
                        s.status.name(),
                        &s.source,
                        &s.checked_against,
                        &s.note,
                    ]
                    .map(text),
                );
                numbers.push([s.value, s.uncertainty_pct]);
            }
            for c in &self.crops {
                let id = format!("crop.{}", c.crop);
                rows.push(
                    [
                        &id,
                        "crop",
                        "sink",
                        &c.crop,
                        "tC/t yield",
                        "C",
                        "",
                        c.status.name(),
                        &c.source,
                        "",
                        &c.note,
                    ]
                    .map(text),
                );
                numbers.push([c.carbon_per_tonne(crate::YieldBasis::Yearbook), c.uncertainty_pct]);
            }
        }
        let column = |k: usize| ColumnData::texts(&rows.iter().map(|r| r[k].as_str()).collect::<Vec<_>>());
        let number = |k: usize| ColumnData::reals(&numbers.iter().map(|n| n[k]).collect::<Vec<_>>());
        AttributeTable::new()
            .with("id", column(0))
            .with("set", column(1))
            .with("sector", column(2))
            .with("activity", column(3))
            .with("value", number(0))
            .with("unit", column(4))
            .with("gas", column(5))
            .with("gwp_set", column(6))
            .with("uncertainty_pct", number(1))
            .with("status", column(7))
            .with("source", column(8))
            .with("checked_against", column(9))
            .with("note", column(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_library_is_complete_and_every_id_is_unique() {
        let library = FactorLibrary::embedded();
        assert_eq!((library.factors.len(), library.sinks.len(), library.crops.len()), (321, 15, 22));
        assert_eq!(library.index.len(), library.factors.len());
        for set in ["fuel.cn", "fuel.cn2025", "fuel.ipcc2006", "fuel.ceads", "electricity"] {
            assert!(library.sets().contains(&set), "{set}");
        }
        assert_eq!(library.sink_sets(), ["guiyang", "lit_low", "lit_high"]);
    }

    #[test]
    fn chinese_fuel_factors_are_the_product_of_their_parameters() {
        // Method A1: EF = NCV × CC × OF × 44/12, printed to six digits; NCV in GJ per unit, CC in tC/GJ.
        let fuel_factor = |ncv: f64, cc: f64, of: f64| ncv * cc * of * 44.0 / 12.0;
        let library = FactorLibrary::embedded();
        let mut checked = 0;
        for f in library
            .factors
            .iter()
            .filter(|f| ["fuel.cn", "fuel.cn2025", "fuel.ceads"].contains(&f.set.as_str()))
        {
            if let (Some(ncv), Some(cc), Some(of)) = (f.ncv_gj, f.carbon_tc_per_gj, f.oxidation) {
                assert!((fuel_factor(ncv, cc, of) / f.value - 1.0).abs() < 5e-6, "{}", f.id);
                checked += 1;
            }
        }
        assert_eq!(checked, 67);
        for (id, table) in
            [("anthracite", 2.3228), ("coke", 2.8518), ("diesel", 3.1451), ("natural_gas", 21.6219)]
        {
            let f = library.get(&format!("fuel.cn.{id}")).unwrap();
            assert!((f.value - table).abs() < 6e-5, "{id}");
        }
    }

    #[test]
    fn ipcc_fuel_factors_are_table_1_2_times_table_2_2() {
        let library = FactorLibrary::embedded();
        let f = library.get("fuel.ipcc2006.bituminous_coal").unwrap();
        assert!((25.8 * 94_600.0 * 1e-6 - f.value).abs() < 1e-9);
    }

    #[test]
    fn factors_convert_to_tonnes_per_canonical_unit() {
        let library = FactorLibrary::embedded();
        let per = |id: &str| library.get(id).unwrap().tonnes_per_canonical();
        assert!((per("electricity.EastChina.2021") - 0.5992e-3).abs() < 1e-15);
        assert!((per("agri.input.fertiliser_total") - 0.8956).abs() < 1e-12);
        assert!((per("agri.input.tillage_area") * 100.0 - 0.3126).abs() < 1e-12);
        assert!((per("agri.input.tillage_area.per_ha") - 0.3126).abs() < 1e-12);
        assert!((per("waste.landfill.managed") - 0.05).abs() < 1e-12);
        assert!((per("nonco2.manufacturing.coal.ch4") - 10e-6).abs() < 1e-15);
        assert!((per("guiyang.respiration") - 0.3285).abs() < 1e-12);
    }

    #[test]
    fn the_warming_potentials_in_code_are_those_of_the_table() {
        let library = FactorLibrary::embedded();
        let value = |id: &str| library.get(id).unwrap().value;
        for set in [GwpSet::Sar, GwpSet::Ar4, GwpSet::Ar5] {
            assert_eq!(set.ch4(Origin::Fossil), value(&format!("gwp.{}.ch4", set.name())));
        }
        for set in [GwpSet::Sar, GwpSet::Ar4, GwpSet::Ar5, GwpSet::Ar6] {
            assert_eq!(set.n2o(), value(&format!("gwp.{}.n2o", set.name())));
        }
        assert_eq!(GwpSet::Ar6.ch4(Origin::Biogenic), value("gwp.AR6.ch4_biogenic"));
        assert_eq!(GwpSet::Ar6.ch4(Origin::Fossil), value("gwp.AR6.ch4_fossil"));
    }

    #[test]
    fn an_unknown_id_suggests_the_nearest() {
        let library = FactorLibrary::embedded();
        let error = library.require("fuel.cn.raw_cole", "suzhou.toml").unwrap_err().to_string();
        assert!(error.contains("fuel.cn.raw_coal"), "{error}");
    }
}
