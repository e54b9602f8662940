//! Which townships change class if one choice had been made otherwise: every declared alternative and every choice that is the
//! method's own is tried, one at a time, without draws. Layers are read once.

mod cached;
mod choices;

use crate::compute::Results;
use crate::layers::Layers;
use crate::load_config::Loaded;
use crate::run::Config;
use crate::studies::Parcels;
use crate::study::{Names, with_pipeline};
use cached::Cached;
use carbonzone_types::{AttributeTable, Checked, ColumnData, Finding, Findings, Progress, Severity};
use choices::Variant;
use serde::Serialize;
use std::cmp::Ordering;
use std::sync::Arc;

/// What was tried and what it moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Number of zones.
    pub zones: usize,
    /// Any input is synthetic.
    pub synthetic: bool,
    /// Everything that was tried, in the order of the pipeline file.
    pub tried: Vec<Tried>,
    /// Zones whose class changes, one row per zone and choice, largest change first.
    pub changes: Vec<Change>,
    /// Zones whose class changes under at least one choice and that are not marked borderline, by id.
    pub not_borderline: Vec<String>,
    /// Zones whose class changes under at least one choice, by id.
    pub unstable: Vec<String>,
}

/// One choice made otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// Key of the pipeline file, or name of the alternative.
    pub choice: String,
    /// As it stands in the file.
    pub now: String,
    /// As it was tried.
    pub tried: String,
    /// Why it could not be computed; empty if it could.
    pub refused: String,
    /// Zones that change class.
    pub changed: usize,
    /// Largest relative change of ECC or ESC of a zone, percent.
    pub largest_pct: Option<f64>,
    /// CCR of the zones together.
    pub ccr: Option<f64>,
}

/// A zone whose class changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Id of the zone.
    pub unit_id: String,
    /// Its name.
    pub name: String,
    /// The choice.
    pub choice: String,
    /// As it was tried.
    pub tried: String,
    /// Key of its class in the run, and under the choice.
    pub zone: [String; 2],
    /// Its CCR in the run, and under the choice.
    pub ccr: [Option<f64>; 2],
    /// Economic index.
    pub ecc: [Option<f64>; 2],
    /// Ecological index.
    pub esc: [Option<f64>; 2],
    /// Larger relative change of the two indices, percent; `None` if one of them is not there.
    pub change_pct: Option<f64>,
    /// The run marks it as borderline.
    pub borderline: bool,
}

/// Tries every choice of a study of parcels.
pub fn sensitivity(
    config: &Config,
    layers: impl Layers + 'static,
    observer: &dyn Progress,
) -> Checked<Sensitivity> {
    let Some(loaded) = config.parcels() else {
        let message = "only a study of parcels has choices that can be tried one at a time";
        return Checked::refused(Finding::error("no_choices", message).field("study"));
    };
    let loaded = Loaded { layers: Arc::new(Cached::new(layers)), ..loaded.clone() };
    let variants = match choices::of(&loaded.pipeline) {
        Ok(variants) => variants,
        Err(e) => {
            let message = format!("the settings cannot be written down: {e}");
            return Checked::refused(Finding::fatal("pipeline_file", message));
        }
    };
    observer.begin("the run itself", None);
    let base = with_pipeline::<Parcels>(&loaded, loaded.pipeline.clone(), observer);
    observer.end();
    let Some((ids, run)) = base.value else { return Checked::refused(base.findings) };
    let mut out = Sensitivity {
        zones: ids.len(),
        synthetic: loaded.pipeline.city.synthetic,
        tried: Vec::new(),
        changes: Vec::new(),
        not_borderline: Vec::new(),
        unstable: Vec::new(),
    };
    for variant in variants {
        if observer.cancelled() {
            return Checked { value: None, findings: base.findings, ledger: base.ledger };
        }
        observer.begin(&format!("{} = {}", variant.choice, variant.tried), None);
        let other = compute(&loaded, &variant, observer);
        observer.end();
        match other {
            Ok((_, other)) if other.zones.gross_t.len() == ids.len() => out.add(&ids, &run, &variant, &other),
            Ok(_) => out.refuse(&variant, "it changes the zones"),
            Err(why) => out.refuse(&variant, &why),
        }
    }
    out.finish();
    Checked { value: Some(out), findings: base.findings, ledger: base.ledger }
}

/// The run under a choice, or why there is none.
fn compute(loaded: &Loaded, variant: &Variant, observer: &dyn Progress) -> Result<(Names, Results), String> {
    let (config, pipeline) = if variant.set.is_empty() {
        (loaded.clone(), choices::applied(&loaded.pipeline, &variant.edits).map_err(|e| e.to_string())?)
    } else {
        let set: Vec<String> = loaded.set.iter().chain(&variant.set).cloned().collect();
        let read = Config::read(&loaded.path, &set);
        let config = read.value.as_ref().and_then(Config::parcels).cloned();
        let config = config.ok_or_else(|| reasons(&read.findings))?;
        let config = Loaded { layers: loaded.layers.clone(), ..config };
        (config.clone(), config.pipeline)
    };
    let run = with_pipeline::<Parcels>(&config, pipeline, observer);
    run.value.ok_or_else(|| reasons(&run.findings))
}

fn reasons(findings: &Findings) -> String {
    let errors = findings.items.iter().filter(|f| f.severity >= Severity::Error);
    let said = |f: &Finding| match &f.file {
        Some(file) => format!("{}: {file}", f.message),
        None => f.message.clone(),
    };
    errors.map(said).collect::<Vec<_>>().join("; ")
}

impl Sensitivity {
    fn refuse(&mut self, variant: &Variant, why: &str) {
        self.tried.push(Tried { refused: why.to_owned(), ..Tried::of(variant) });
    }

    fn add(&mut self, ids: &[(String, String)], run: &Results, variant: &Variant, other: &Results) {
        let relative = |a: Option<f64>, b: Option<f64>| match (a?, b?) {
            (a, b) if a == b => Some(0.0),
            (0.0, _) => None,
            (a, b) => Some(100.0 * (b / a - 1.0).abs()),
        };
        let mut tried = Tried { ccr: other.indices.totals.ccr, ..Tried::of(variant) };
        let key = |results: &Results, z: usize| {
            let class = results.scheme.class_of(results.zoning.overall[z]);
            class.map_or_else(String::new, |c| c.key.clone())
        };
        for (z, (id, name)) in ids.iter().enumerate() {
            let (a, b) = (&run.indices, &other.indices);
            let change =
                relative(a.ecc[z], b.ecc[z]).zip(relative(a.esc[z], b.esc[z])).map(|(ecc, esc)| ecc.max(esc));
            if let Some(pct) = change.filter(|pct| tried.largest_pct.is_none_or(|most| *pct > most)) {
                tried.largest_pct = Some(pct);
            }
            let zone = [key(run, z), key(other, z)];
            if zone[0] != zone[1] {
                tried.changed += 1;
                self.changes.push(Change {
                    unit_id: id.clone(),
                    name: name.clone(),
                    choice: variant.choice.clone(),
                    tried: variant.tried.clone(),
                    zone,
                    ccr: [a.ccr[z], b.ccr[z]],
                    ecc: [a.ecc[z], b.ecc[z]],
                    esc: [a.esc[z], b.esc[z]],
                    change_pct: change,
                    borderline: run.zoning.mean.borderline[z],
                });
            }
        }
        self.tried.push(tried);
    }

    /// Largest change first; a change without a number is the largest.
    fn finish(&mut self) {
        let size = |c: &Change| c.change_pct.unwrap_or(f64::INFINITY);
        self.changes.sort_by(|a, b| match size(b).total_cmp(&size(a)) {
            Ordering::Equal => (&a.unit_id, &a.choice, &a.tried).cmp(&(&b.unit_id, &b.choice, &b.tried)),
            other => other,
        });
        let ids = |keep: &dyn Fn(&Change) -> bool| {
            let mut ids: Vec<String> =
                self.changes.iter().filter(|c| keep(c)).map(|c| c.unit_id.clone()).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        (self.unstable, self.not_borderline) = (ids(&|_| true), ids(&|c| !c.borderline));
    }

    /// The changes, one row each, for a CSV file.
    pub fn table(&self) -> AttributeTable {
        let text = |f: &dyn Fn(&Change) -> String| {
            ColumnData::Text(self.changes.iter().map(|c| Some(f(c))).collect())
        };
        let real =
            |f: &dyn Fn(&Change) -> Option<f64>| ColumnData::Real(self.changes.iter().map(f).collect());
        let borderline = self.changes.iter().map(|c| Some(c.borderline)).collect();
        AttributeTable::new()
            .with("unit_id", text(&|c| c.unit_id.clone()))
            .with("name", text(&|c| c.name.clone()))
            .with("choice", text(&|c| c.choice.clone()))
            .with("tried", text(&|c| c.tried.clone()))
            .with("zone", text(&|c| c.zone[0].clone()))
            .with("zone_tried", text(&|c| c.zone[1].clone()))
            .with("change_pct", real(&|c| c.change_pct))
            .with("ccr", real(&|c| c.ccr[0]))
            .with("ccr_tried", real(&|c| c.ccr[1]))
            .with("ecc", real(&|c| c.ecc[0]))
            .with("ecc_tried", real(&|c| c.ecc[1]))
            .with("esc", real(&|c| c.esc[0]))
            .with("esc_tried", real(&|c| c.esc[1]))
            .with("borderline", ColumnData::Bool(borderline))
            .with("synthetic", ColumnData::Bool(vec![Some(self.synthetic); self.changes.len()]))
    }
}

impl Tried {
    fn of(variant: &Variant) -> Self {
        Self {
            choice: variant.choice.clone(),
            now: variant.now.clone(),
            tried: variant.tried.clone(),
            refused: String::new(),
            changed: 0,
            largest_pct: None,
            ccr: None,
        }
    }
}
