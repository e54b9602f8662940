//! The reading part in one call.

use crate::activity::ActivityTable;
use crate::config::InventoryConfig;
use crate::factor::FactorLibrary;
use carbonzone_types::Findings;
use std::path::Path;

/// What [`load`] reads.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Activity rows, with the findings of reading them (and of the overrides).
    pub activity: ActivityTable,
    /// The embedded library with the user's overrides.
    pub library: FactorLibrary,
}

/// Reads activity data and overrides of a configuration; paths are relative to `base` (the pipeline file's folder).
///
/// Nothing fails here: every fault is a finding in `activity.findings`, which [`crate::compute()`] reports together
/// with its own.
///
/// ```no_run
/// use carbonzone_inventory::{InventoryConfig, compute, load};
/// use std::{collections::BTreeMap, path::Path};
/// let config = InventoryConfig::default();
/// let loaded = load(&config, Path::new("pipelines"));
/// let inventory = compute(&config, &loaded.activity, &loaded.library, &BTreeMap::new());
/// ```
pub fn load(config: &InventoryConfig, base: &Path) -> Loaded {
    let mut library = FactorLibrary::embedded();
    let mut notes = Findings::new();
    for path in &config.overrides {
        let looked_for = base.join(path);
        match library.read_overrides(&looked_for) {
            Ok(found) | Err(found) => notes.extend(shortened(found, &looked_for.display().to_string(), path)),
        }
    }
    let mut activity = ActivityTable::read(config, base);
    notes.extend(std::mem::take(&mut activity.findings));
    activity.findings = notes;
    Loaded { activity, library }
}

/// Findings that name the file as the user wrote it.
fn shortened(mut findings: Findings, long: &str, short: &str) -> Findings {
    for finding in &mut findings.items {
        finding.message = finding.message.replace(long, short);
        finding.file = Some(short.to_owned());
    }
    findings
}
