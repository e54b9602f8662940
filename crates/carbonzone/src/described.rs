//! The description of a table in a GeoPackage.

use carbonzone_report::assumptions;
use carbonzone_types::RunManifest;

/// What a table of a GeoPackage holds and assumes, behind the label of the data.
pub fn described(record: &RunManifest, table: &str, holds: &str) -> String {
    let label = record.data_label().map(|l| l.badge().en.clone());
    let assumes = assumptions::of(record, table).map(|s| s.en);
    label.into_iter().chain([holds.to_owned()]).chain(assumes).collect::<Vec<_>>().join(". ")
}
