//! What the equations see: a resolved row, the configuration, the library, and the lines they draft.

use crate::activity::ActivityRow;
use crate::config::InventoryConfig;
use crate::factor::{Crop, Factor, FactorLibrary, SinkCoefficient, SinkUnitBasis, Status};
use crate::gas::Amount;
use crate::unit::{Dimension, Unit};
use crate::vocabulary::{ActivityDef, Category, Vocabulary};
use carbonzone_types::Finding;
use std::collections::BTreeSet;

/// A value, or the finding that says why there is none.
pub(crate) type Found<T> = Result<T, Box<Finding>>;

/// Why a line counts or not: decided by boundary and scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Always counts.
    Direct,
    /// Fuel of power (and heat) that is sold.
    PowerFuel,
    /// Electricity of homes, commerce and public buildings.
    BuildingElectricity,
    IndustryElectricity,
    /// Electricity of vehicles.
    TransportElectricity,
    /// Heat bought.
    Heat,
    /// Upstream carbon of farm inputs, and tillage.
    FarmInput,
    /// Enteric and manure methane.
    AnimalMethane,
    /// Rice CH4, soil and manure N2O.
    IpccFarm,
    /// N2O of domestic waste water.
    WastewaterN2o,
    /// Fruit and tea where the orchard coefficient replaces them.
    OrchardCrop,
}

/// A row whose words have been understood.
#[derive(Debug, Clone)]
pub(crate) struct Row<'a> {
    pub raw: &'a ActivityRow,
    pub category: &'static Category,
    pub def: &'a ActivityDef,
    pub value: f64,
    pub unit: Unit,
    pub land_group: String,
    pub uncertainty_pct: f64,
}

impl Row<'_> {
    /// Amount in the canonical unit of the activity's dimension.
    pub fn canonical(&self) -> Found<f64> {
        if self.unit.dimension == self.def.unit.dimension {
            Ok(self.value * self.unit.scale)
        } else {
            Err(self.unit_fault(&self.raw.unit, self.def.unit.dimension).into())
        }
    }

    /// A finding about this row.
    pub fn fault(&self, code: &str, message: &str) -> Finding {
        fault(self.raw, code, message)
    }

    /// The unit does not fit.
    pub fn unit_fault(&self, unit: &str, wanted: Dimension) -> Finding {
        let mut finding = self
            .fault("unit_does_not_fit", &format!("unit \"{unit}\" does not fit {}", self.raw.activity))
            .field(format!("unit, cell {}", self.raw.unit_cell))
            .value(unit.to_owned())
            .expected(wanted.examples());
        if wanted == Dimension::Electricity {
            finding = finding.hint(
                "give electricity in kWh: in standard coal it is ambiguous (calorific 0.1229 or equivalent kgce/kWh)",
            );
        }
        finding
    }
}

/// A finding about a row, with its cell.
pub(crate) fn fault(row: &ActivityRow, code: &str, message: &str) -> Finding {
    let finding = Finding::error(code, format!("{}: {message}", row.place())).feature(row.activity.clone());
    if row.file.is_empty() { finding } else { finding.file(row.file.clone()) }
}

/// A line as an equation drafts it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub factor_id: String,
    pub set: String,
    pub factor_value: f64,
    pub factor_unit: String,
    pub amount: Amount,
    pub formula: String,
    pub part: &'static str,
    pub role: Role,
    pub source: String,
    pub status: Status,
    pub factor_uncertainty_pct: f64,
    pub note: Option<String>,
}

impl Draft {
    /// Amount (canonical) × factor.
    pub fn of(factor: &Factor, canonical: f64, role: Role) -> Self {
        let amount = factor.apply(canonical);
        let in_unit = factor.activity_unit().map_or(canonical, |u| canonical / u.scale);
        Self {
            formula: format!("{in_unit} {} × {} {}", factor.unit, factor.value, factor.unit_of_value),
            ..Self::with_tonnes(factor, amount.tonnes(), role)
        }
    }

    /// A result worked out by the equation itself, in tonnes of the factor's gas.
    pub fn with_tonnes(factor: &Factor, tonnes: f64, role: Role) -> Self {
        Self {
            factor_id: factor.id.clone(),
            set: factor.set.clone(),
            factor_value: factor.value,
            factor_unit: factor.unit_of_value.clone(),
            amount: factor.amount(tonnes),
            formula: String::new(),
            part: "",
            role,
            source: factor.source.clone(),
            status: factor.status,
            factor_uncertainty_pct: factor.uncertainty_pct,
            note: None,
        }
    }

    /// A land sink.
    pub fn of_sink(coefficient: &SinkCoefficient, hectares: f64) -> Self {
        let (unit, conversion) = match coefficient.basis {
            SinkUnitBasis::C => ("tC/ha/yr", " × 44/12"),
            SinkUnitBasis::Co2 => ("tCO2/ha/yr", ""),
        };
        Self {
            factor_id: coefficient.id.clone(),
            set: coefficient.set.clone(),
            factor_value: coefficient.value,
            factor_unit: unit.to_owned(),
            amount: coefficient.apply(hectares),
            formula: format!("{hectares} ha × {} {unit}{conversion}", coefficient.value),
            part: "",
            role: Role::Direct,
            source: coefficient.source.clone(),
            status: coefficient.status,
            factor_uncertainty_pct: coefficient.uncertainty_pct,
            note: None,
        }
    }

    pub fn of_crop(crop: &Crop, carbon_per_tonne: f64, amount: Amount) -> Self {
        Self {
            factor_id: format!("crop.{}", crop.crop),
            set: "crop".to_owned(),
            factor_value: carbon_per_tonne,
            factor_unit: "tC/t yield".to_owned(),
            amount,
            formula: String::new(),
            part: "",
            role: Role::Direct,
            source: crop.source.clone(),
            status: crop.status,
            factor_uncertainty_pct: crop.uncertainty_pct,
            note: None,
        }
    }

    /// Sets the formula text.
    pub fn explained(mut self, formula: String) -> Self {
        self.formula = formula;
        self
    }

    /// Names the part of a row with several lines.
    pub fn part(mut self, part: &'static str) -> Self {
        self.part = part;
        self
    }

    /// Adds a note for the run's findings.
    pub fn noted(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }

    /// The result also rests on a second factor: uncertainties combine, the weaker status holds.
    pub fn also(mut self, factor: &Factor) -> Self {
        self.factor_uncertainty_pct = self.factor_uncertainty_pct.hypot(factor.uncertainty_pct);
        self.status = self.status.max(factor.status);
        self.source = format!("{}; {}: {}", self.source, factor.id, factor.source);
        self
    }

    /// The result was measured: no factor enters it.
    pub fn measured(mut self) -> Self {
        self.factor_uncertainty_pct = 0.0;
        self.status = Status::User;
        self
    }
}

/// What every equation may look up.
pub(crate) struct Context<'a> {
    pub config: &'a InventoryConfig,
    pub library: &'a FactorLibrary,
    pub vocabulary: &'a Vocabulary,
    /// (group, activity) of every row with an amount.
    pub present: BTreeSet<(String, String)>,
}

impl<'a> Context<'a> {
    /// Whether any row has this activity.
    pub fn has(&self, group: &str, activity: &str) -> bool {
        self.present.contains(&(group.to_owned(), activity.to_owned()))
    }

    /// The factor of that id; a finding that names the row if there is none.
    pub fn factor(&self, id: &str, row: &Row<'_>) -> Found<&'a Factor> {
        self.library.require(id, &row.raw.place()).map_err(|e| Box::new(e.to_finding()))
    }

    /// The configured choice for an activity (`group.activity` or `activity`), else the default.
    pub fn choice(&self, group: &str, activity: &str, default: &str) -> String {
        let full = format!("{group}.{activity}");
        let plain =
            || self.config.choose.get(activity).filter(|_| group != "inputs" || !self.is_fuel(activity));
        self.config.choose.get(&full).or_else(plain).cloned().unwrap_or_else(|| default.to_owned())
    }

    /// Whether a fuel has the same key (diesel is a fuel and a farm input).
    fn is_fuel(&self, activity: &str) -> bool {
        self.vocabulary.find("fuel", activity).is_some()
    }

    /// The factor a row names, else the configured choice, else the default; its unit must fit the activity.
    pub fn chosen(&self, row: &Row<'_>, default: &str) -> Found<&'a Factor> {
        let id = match row.raw.factor.as_str() {
            "" => self.choice(&row.def.group, &row.def.key, default),
            named => named.to_owned(),
        };
        let factor = self.factor(&id, row)?;
        let fits = factor.activity_unit().is_some_and(|u| u.dimension == row.def.unit.dimension);
        if fits || row.def.group == "wastewater" {
            return Ok(factor);
        }
        Err(row
            .fault("unit_does_not_fit", &format!("factor {id} is per {}", factor.unit))
            .field("factor")
            .value(id)
            .expected(format!("a factor per {}", row.def.unit.dimension.canonical()))
            .into())
    }

    /// The factor of a fuel: named by the row, chosen, from the fuel set, from `fuel.cn`, or from any set.
    pub fn fuel_factor(&self, row: &Row<'_>) -> Found<(&'a Factor, Option<String>)> {
        let key = &row.def.key;
        let default = if key == "standard_coal" {
            "tce.co2_267".to_owned()
        } else {
            format!("{}.{key}", self.config.fuel_set)
        };
        let chosen = match row.raw.factor.as_str() {
            "" => self.choice("fuel", key, &default),
            named => named.to_owned(),
        };
        if let Some(factor) = self.library.get(&chosen) {
            return Ok((factor, None));
        }
        if chosen != default {
            return self.factor(&chosen, row).map(|f| (f, None));
        }
        let fallback = self.library.get(&format!("fuel.cn.{key}")).or_else(|| {
            self.library.factors.iter().find(|f| f.set.starts_with("fuel.") && f.activity == *key)
        });
        let factor = fallback.ok_or_else(|| {
            row.fault("no_factor", &format!("no factor set has {key}"))
                .hint("add a row to a file of inventory.overrides, or name a factor in the row")
        })?;
        let note = format!("{} has no {key}: {} is used", self.config.fuel_set, factor.id);
        Ok((factor, Some(note)))
    }

    /// A factor from a set, else from its fallback set.
    pub fn set_factor(
        &self,
        row: &Row<'_>,
        set: &str,
        fallback: &str,
        activity: &str,
    ) -> Found<(&'a Factor, Option<String>)> {
        let id = format!("{set}.{activity}");
        if let Some(factor) = self.library.get(&id) {
            return Ok((factor, None));
        }
        let factor = self.factor(&format!("{fallback}.{activity}"), row)?;
        Ok((factor, Some(format!("{set} has no {activity}: {} is used", factor.id))))
    }

    /// The land sink coefficient of the configured set.
    pub fn sink_factor(&self, land_type: &str) -> Option<&'a SinkCoefficient> {
        self.library.sink(&self.config.sink_set, land_type)
    }
}
