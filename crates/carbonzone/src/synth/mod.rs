//! Synthetic places as files, in the formats people really get; every folder says that nothing in it is real.

mod cities;
mod folder;
mod layers;
mod projection;
mod region;

use crate::error::Result;
use carbonzone_io::WorkingCrs;
use carbonzone_synth::suzhou::{SuzhouFacts, SynthOptions, SynthSummary, Truth, TruthTap, generate};
use carbonzone_types::{AttributeTable, ColumnData, Progress};
use layers::Files;
use projection::ByGdal;
use std::path::{Path, PathBuf};

/// CRS of the synthetic Suzhou.
const CRS: &str = "EPSG:4549";
/// The pipeline file of the synthetic Suzhou.
const PIPELINE: &str = include_str!("../../../../pipelines/suzhou.toml");

/// Where a synthetic place is written, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Synth<'a> {
    /// Folder.
    pub out: &'a Path,
    /// What others who want the folder are told.
    pub command: &'a str,
    /// Seed: the same seed and size give the same bytes.
    pub seed: u64,
    /// Number of parcels, 1,000 to 10,000,000 (Suzhou).
    pub parcels: u64,
    /// Every layer as `GeoPackage` (Suzhou).
    pub all_gpkg: bool,
    /// Also write `truth.csv` (Suzhou).
    pub truth: bool,
    /// Facts the place grows from, if not those shipped (Suzhou).
    pub facts: Option<PathBuf>,
}

impl Synth<'_> {
    fn facts(&self) -> Result<SuzhouFacts> {
        Ok(match &self.facts {
            Some(dir) => SuzhouFacts::read_dir(dir)?,
            None => SuzhouFacts::builtin()?,
        })
    }

    /// Parcels, POI, people, roads, townships of one city; gives what was made, in words.
    ///
    /// # Errors
    /// If the folder cannot be used, the number of parcels is out of range, or the disk refuses.
    pub fn suzhou(&self, observer: &dyn Progress) -> Result<String> {
        let facts = self.facts()?;
        let crs = WorkingCrs::parse(CRS)?;
        let out = self.begin(observer)?;
        let mut sink = Files::create(out.path(), &crs, self.all_gpkg)?;
        let options = SynthOptions { parcels: self.parcels, seed: self.seed };
        let projection = ByGdal::new(&crs);
        let summary = if self.truth {
            let budgets = crate::inventory::budgets_in(PIPELINE)?.into_iter().collect();
            let mut tap = TruthTap::new(&facts, self.seed, budgets, &projection, &mut sink);
            let summary = generate(&facts, &options, &projection, &mut tap, observer)?;
            write_truth(&tap.finish()?, &out.path().join("truth.csv"))?;
            summary
        } else {
            generate(&facts, &options, &projection, &mut sink, observer)?
        };
        sink.finish()?;
        let label = format!(
            "(parcels {}, seed {}).\nNothing here describes a real parcel, firm or person.",
            self.parcels, self.seed
        );
        self.finish(out, &label, observer)?;
        Ok(describe(&summary))
    }
}

/// One row per township and budget; t CO2e per year, sinks positive.
fn write_truth(truth: &Truth, path: &Path) -> Result<()> {
    let rows = || truth.budgets.iter().flat_map(|b| (0..b.kg.len()).map(move |z| (b, z)));
    let word = |part: usize| {
        let of = move |budget: &str| budget.split(':').nth(part).map(str::to_owned);
        ColumnData::Text(rows().map(|(b, _)| of(&b.budget)).collect())
    };
    let table = AttributeTable::new()
        .with("unit_id", ColumnData::Text(rows().map(|(_, z)| Some(truth.unit_ids[z].clone())).collect()))
        .with("name", ColumnData::Text(rows().map(|(_, z)| Some(truth.names_zh[z].clone())).collect()))
        .with("sector", word(0))
        .with("land_group", word(1))
        .with("true_t", ColumnData::Real(rows().map(|(b, z)| Some(b.kg[z] as f64 / 1000.0)).collect()))
        .with("synthetic", ColumnData::Bool(rows().map(|_| Some(true)).collect()));
    Ok(carbonzone_sheet::write_csv_bom(path, &table)?)
}

fn describe(summary: &SynthSummary) -> String {
    format!(
        "SYNTHETIC city: {} parcels ({:.1} km², {} multipart, {} with holes, {} slivers), {} townships ({:.2} km²), \
         {} POI, {} road pieces, {} population points ({:.2} people)",
        summary.parcels,
        summary.parcel_area_m2 / 1e6,
        summary.multipart,
        summary.with_holes,
        summary.slivers,
        summary.townships,
        summary.township_area_m2 / 1e6,
        summary.pois,
        summary.roads,
        summary.population_points,
        summary.night_person_cents as f64 / 100.0,
    )
}
