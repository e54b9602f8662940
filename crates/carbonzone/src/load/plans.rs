//! Layers of the plans (`[scenario.NAME] parcels`).

use super::parcels::{self, ParcelSet};
use super::{Notes, Reading};
use carbonzone_types::Finding;
use std::collections::BTreeMap;

/// Reads the plan layers. `None`: the findings say why.
pub fn load(reading: Reading<'_>, notes: &mut Notes) -> Option<BTreeMap<String, ParcelSet>> {
    let mut out: BTreeMap<String, ParcelSet> = BTreeMap::new();
    let mut complete = true;
    for (name, scenario) in &reading.loaded.pipeline.scenario {
        let Some(plan) = &scenario.parcels else { continue };
        let mut other = reading.loaded.clone();
        other.pipeline.layers.parcels = plan.clone();
        let mut own = Notes::default();
        let found = parcels::load(Reading { loaded: &other, ..reading }, None, &mut own);
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
