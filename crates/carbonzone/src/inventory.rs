//! Sector totals alone: given in the pipeline file, or computed from activity data line by line.

use crate::error::{Error, Result};
use crate::load::{self, Notes};
use crate::load_config::Loaded;
use crate::new_file::write_new;
use crate::run::Config;
use carbonzone_inventory::Inventory;
use carbonzone_sheet::{OutSheet, csv_bytes, xlsx_bytes};
use carbonzone_types::{Checked, Finding, Progress};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the totals of a pipeline come from.
pub enum SectorTotals {
    /// They stand in the pipeline file.
    Given(Vec<GivenTotal>),
    /// They are computed from activity data.
    Computed(Box<Inventory>),
}

/// A given total.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenTotal {
    /// `<sector>:<land group>`.
    pub budget: String,
    /// t CO2e; sinks are positive.
    pub amount_t: f64,
    /// Where the number comes from.
    pub source: String,
}

/// The given budgets in the text of a pipeline file, t CO2e per year (sinks positive), by `<sector>:<land group>`.
///
/// # Errors
/// If the text is no pipeline file of a study of parcels.
pub fn budgets_in(text: &str) -> Result<BTreeMap<String, f64>, toml::de::Error> {
    Ok(toml::from_str::<crate::config::Pipeline>(text)?.inventory.budgets())
}

/// Writes an inventory to a new file: its lines as CSV, its tables as a workbook, or all of it as JSON.
///
/// # Errors
/// For another extension than `csv`, `xlsx`, `json`; if something of that name is there, or the disk refuses.
pub fn export(inventory: &Inventory, path: &Path) -> Result<()> {
    let bytes = match path.extension().and_then(|e| e.to_str()).unwrap_or("") {
        "csv" => csv_bytes(&inventory.lines_table(), true)?,
        "xlsx" => {
            let tables = inventory.tables().into_iter();
            xlsx_bytes(&tables.map(|(name, table)| OutSheet::new(name, table)).collect::<Vec<_>>())?
        }
        "json" => serde_json::to_vec_pretty(inventory)?,
        other => {
            let path = path.display();
            let message =
                format!("--export {path}: unknown format \"{other}\" (expected .csv, .xlsx or .json)");
            return Err(Error::Refused(message));
        }
    };
    write_new(path, &bytes)
}

/// The sector totals of a study of parcels. Its parcel layer is read if sinks may need its areas and it is there.
pub fn sector_totals(config: &Config, observer: &dyn Progress) -> Checked<SectorTotals> {
    let Some(loaded) = config.parcels() else {
        return Checked::refused(
            Finding::error("no_inventory", "only a study of parcels has an inventory of sectors")
                .field("study")
                .expected("a pipeline file with [inventory]"),
        );
    };
    let inventory = &loaded.pipeline.inventory;
    let mut notes = Notes::default();
    let value = if let Some(activity) = &inventory.activity {
        let areas = parcel_areas(loaded, &mut notes, observer);
        load::inventory::compute(loaded, activity, &areas, &mut notes)
            .map(|i| SectorTotals::Computed(Box::new(i)))
    } else {
        let sources = load::inventory::sources_of_totals(loaded);
        let given = |(budget, amount_t): (String, f64)| GivenTotal {
            source: sources.get(&budget).cloned().unwrap_or_default(),
            budget,
            amount_t,
        };
        Some(SectorTotals::Given(inventory.budgets().into_iter().map(given).collect()))
    };
    Checked { value, findings: notes.findings, ledger: notes.ledger }
}

/// Areas of the parcels by sink type, if the parcel layer can be read: sinks need them unless the yearbook has them.
fn parcel_areas(loaded: &Loaded, notes: &mut Notes, observer: &dyn Progress) -> BTreeMap<String, f64> {
    let exists = loaded.resolve(&loaded.pipeline.layers.parcels.source.path).exists();
    let Some(crs) =
        load::working_crs(loaded, &loaded.pipeline.city, Some(&loaded.pipeline.layers.zones.source), notes)
    else {
        return BTreeMap::new();
    };
    if !exists {
        observer.say("note: the parcel layer is not there; land areas of sinks must come from the yearbook");
        return BTreeMap::new();
    }
    let mut of_parcels = Notes::default();
    let parcels =
        load::land_over::load(load::Reading { loaded, crs: &crs, progress: observer }, &mut of_parcels);
    notes.records.extend(of_parcels.records);
    parcels.map(|p| p.area_by_sink_type()).unwrap_or_default()
}
