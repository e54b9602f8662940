//! Layers of the plans (`[scenario.NAME] parcels`).

use super::Notes;
use super::parcels::{self, ParcelSet};
use crate::load_config::Loaded;
use carbonzone_io::WorkingCrs;
use carbonzone_types::{Finding, Progress};
use std::collections::BTreeMap;

/// Reads the plan layers. `None`: the findings say why.
pub fn load(
    loaded: &Loaded,
    crs: &WorkingCrs,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Option<BTreeMap<String, ParcelSet>> {
    let mut out: BTreeMap<String, ParcelSet> = BTreeMap::new();
    let mut complete = true;
    for (name, scenario) in &loaded.pipeline.scenario {
        let Some(plan) = &scenario.parcels else { continue };
        let mut other = loaded.clone();
        other.pipeline.layers.parcels = plan.clone();
        let mut own = Notes::default();
        let found = parcels::load(&other, crs, None, &mut own, progress);
        // Places in the file would be those of the base layer.
        let at = |f: Finding| Finding { span: None, ..named(name, f) };
        notes.findings.items.extend(own.findings.items.into_iter().map(at));
        for mut row in own.ledger.rows {
            row.note = format!("scenario {name}: {}", row.note);
            notes.ledger.push(row);
        }
        for mut record in own.records {
            record.role = format!("plan {name}");
            notes.records.push(record);
        }
        complete &= found.is_some();
        out.extend(found.map(|found| (name.clone(), found)));
    }
    complete.then_some(out)
}

/// A finding with the name of its scenario.
pub fn named(name: &str, finding: Finding) -> Finding {
    let field = finding.field.as_ref().map(|f| format!("scenario.{name}.{f}"));
    Finding { message: format!("scenario \"{name}\": {}", finding.message), field, ..finding }
}
