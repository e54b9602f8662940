//! Factors as rows of data, embedded in the binary.

use super::emission::Factor;
use super::parse::{Fields, crop_of, factor_of, sink_of};
use super::{Crop, SinkCoefficient, SinkUnitBasis};
use crate::InventoryError;
use crate::gas::GwpSet;
use carbonzone_sheet::did_you_mean;
use carbonzone_types::{AttributeTable, ColumnData};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FACTORS_CSV: &str = include_str!("../../data/factors.csv");

const SINKS_CSV: &str = include_str!("../../data/sink_coefficients.csv");

const CROPS_CSV: &str = include_str!("../../data/crops.csv");

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
    pub fn sink(&self, set: &str, land_type: &str) -> Option<&SinkCoefficient> {
        self.sinks.iter().find(|s| s.set == set && s.land_type == land_type)
    }

    /// The crop of that key.
    pub fn crop(&self, key: &str) -> Option<&Crop> {
        self.crops.iter().find(|c| c.crop == key)
    }

    /// Names of the sets of emission factors, in order of first appearance.
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
    use crate::gas::Origin;

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
