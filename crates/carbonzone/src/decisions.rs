//! What a finished run says to those who decide about a zone: measures, money, plans.

use carbonzone_report::html::plans_of_unit;
use carbonzone_report::measures::{Advised, advised};
use carbonzone_report::{Label, ZONE_OF_MEAN, hinges, words};
use carbonzone_types::{
    AttributeTable, CompensationModel, GuidanceRecord, RunManifest, ScenarioRecord, ScenarioUnit, Statement,
};
use serde::Serialize;

/// What a zone pays or receives under a model of compensation.
#[derive(Debug, Serialize)]
pub struct Paid {
    /// Name of the model.
    pub model: String,
    /// The same in Chinese.
    pub model_zh: String,
    /// What the money is not.
    pub assumes: String,
    /// The same in Chinese.
    pub assumes_zh: String,
    /// What is settled, t CO2e: above 0 it receives, below 0 it pays.
    pub settled_t: f64,
    /// Money at each price.
    pub at: Vec<PaidAt>,
    /// Share of the draws in which it is on the same side.
    pub sign_probability: Option<f64>,
}

/// Money at a price.
#[derive(Debug, Serialize)]
pub struct PaidAt {
    /// Name of the price.
    pub price: String,
    /// CNY per tonne.
    pub cny_per_t: f64,
    /// CNY, to the fen.
    pub cny: f64,
}

/// A class of a zone with what is characteristic of it and what is advised.
#[derive(Debug, Serialize)]
pub struct Advice {
    /// Which class, where a zone has several: `mean over the years`; else empty.
    pub basis: String,
    /// The same in Chinese.
    pub basis_zh: String,
    /// Name of the class.
    pub class: Statement,
    /// Characteristics and measures.
    pub guidance: GuidanceRecord,
}

/// A measure that the numbers of a zone call for.
#[derive(Debug, Serialize)]
pub struct MeasureOfUnit {
    /// Its name in the list.
    pub key: String,
    /// What is advised.
    pub text: Statement,
    /// The numbers that call for it.
    pub because: Statement,
    /// Where it comes from.
    pub source: String,
}

/// What a zone would be under a plan.
#[derive(Debug, Serialize)]
pub struct UnderPlan {
    /// Name in the pipeline file.
    pub scenario: String,
    /// Its title.
    pub title: Statement,
    /// Year of the plan.
    pub year: i32,
    /// Tonnes and classes.
    #[serde(flatten)]
    pub unit: ScenarioUnit,
    /// Name of the class in the base run.
    pub class_base: Statement,
    /// Name of the class under the plan.
    pub class: Statement,
    /// What makes the change of its emissions and of its class; empty without one.
    pub why: Statement,
    /// What it assumes, with its source.
    pub assumes: Statement,
}

/// What a zone pays or receives in the year in question.
pub fn paid(record: &RunManifest, year: Option<i32>, id: &str) -> Vec<Paid> {
    let record = record.compensation.as_ref();
    let Some(record) = record.filter(|r| year.is_none() || r.year == year) else {
        return Vec::new();
    };
    let assumes = record.assumes.first().cloned().unwrap_or_default();
    let of = |m: &CompensationModel| {
        let unit = m.units.iter().find(|u| u.unit_id == id)?;
        let at = record.prices.iter().zip(&unit.cny);
        let at = at.map(|(p, cny)| PaidAt { price: p.name.clone(), cny_per_t: p.cny_per_t, cny: *cny });
        Some(Paid {
            model: m.label.en.clone(),
            model_zh: m.label.zh.clone(),
            assumes: assumes.en.clone(),
            assumes_zh: assumes.zh.clone(),
            settled_t: unit.settled_t,
            at: at.collect(),
            sign_probability: unit.sign_probability,
        })
    };
    record.models.iter().filter_map(of).collect()
}

/// What is advised for the class of a zone: that by the mean over the years, if there is one, else that of the year.
pub fn advice(record: &RunManifest, table: &AttributeTable, row: usize) -> Vec<Advice> {
    let class = |field: &str, basis: Label| {
        let key = table.get(field)?.text_at(row)?;
        let class = record.zone_classes.iter().find(|c| c.key == key && !c.guidance.is_empty())?;
        let name = Statement::new(class.label_en.clone(), class.label_zh.clone());
        Some(Advice { basis: basis.en, basis_zh: basis.zh, class: name, guidance: class.guidance.clone() })
    };
    let mean = class(ZONE_OF_MEAN, words::mean_of_years());
    mean.or_else(|| class("zone", Label::default())).into_iter().collect()
}

/// What is advised for a zone because of its own numbers; the table holds one year.
pub fn measures(record: &RunManifest, table: &AttributeTable, row: usize) -> Vec<MeasureOfUnit> {
    let all = advised(record, table).into_iter().nth(row).unwrap_or_default();
    let one = |a: Advised| MeasureOfUnit {
        key: a.key,
        text: a.text.into(),
        because: a.because.into(),
        source: a.source,
    };
    all.into_iter().map(one).collect()
}

/// What the class of a zone hinges on beside the draws: one map point, the set of sink coefficients, a derived GDP.
pub fn hinges(record: &RunManifest, table: &AttributeTable, row: usize, id: &str) -> Vec<Statement> {
    let gross_t = table.numbers("gross_t").and_then(|v| v[row]);
    let derived = hinges::gdp_derived(table)[row].then(hinges::derived);
    let all = [hinges::one_point(record, id, gross_t), hinges::other_sets(record, id)];
    let told = all.into_iter().filter(|l| !l.en.is_empty()).chain(derived);
    told.map(Statement::from).collect()
}

/// What a zone would be under each plan of the run.
pub fn plans(record: &RunManifest, id: &str) -> Vec<UnderPlan> {
    let named = |key: &str| {
        let class = record.zone_classes.iter().find(|c| c.key == key);
        class.map_or_else(Statement::default, |c| Statement::new(c.label_en.clone(), c.label_zh.clone()))
    };
    // As on the page and the fact sheet.
    let told = plans_of_unit(record, id);
    let of = |(k, plan): (usize, &ScenarioRecord)| {
        let unit = plan.units.iter().find(|u| u.unit_id == id)?.clone();
        let why = told.iter().find(|p| p.plan == k).map_or_else(Label::default, |p| p.why.clone());
        Some(UnderPlan {
            scenario: plan.name.clone(),
            title: plan.title.clone(),
            year: plan.year,
            class_base: named(&unit.zone_base),
            class: named(&unit.zone),
            why: why.into(),
            assumes: plan.assumes.clone(),
            unit,
        })
    };
    record.scenarios.iter().enumerate().filter_map(of).collect()
}
