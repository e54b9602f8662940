//! `carbonzone synth`: the synthetic city in the formats people really get.

use crate::args::{SynthArgs, SynthCity};
use crate::progress::observer;
use crate::synth_layers::{CRS, Files};
use crate::synth_projection::ByGdal;
use crate::terminal::print_line;
use crate::{synth_cities, synth_folder, synth_region};
use anyhow::bail;
use carbonzone_io::WorkingCrs;
use carbonzone_synth::suzhou::{SuzhouFacts, SynthOptions, SynthSummary, Truth, TruthTap, generate};
use carbonzone_types::{AttributeTable, ColumnData};
use std::path::Path;

/// Parcels that can be asked for.
const SIZES: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;

/// The command.
pub fn synth(args: &SynthArgs) -> anyhow::Result<u8> {
    if args.cities.is_some() && args.city != SynthCity::Suzhou {
        bail!("--cities is for suzhou: the other places are one province each");
    }
    match args.city {
        SynthCity::Suzhou => suzhou(args),
        SynthCity::Guiyang => synth_region::guiyang(args),
        SynthCity::Henan => synth_region::henan(args),
    }
}

fn suzhou(args: &SynthArgs) -> anyhow::Result<u8> {
    if !SIZES.contains(&args.parcels) {
        bail!("--parcels {}: expected {} to {}", args.parcels, SIZES.start(), SIZES.end());
    }
    if let Some(cities) = args.cities {
        return synth_cities::cities(args, cities);
    }
    let facts = match &args.facts {
        Some(dir) => SuzhouFacts::read_dir(dir)?,
        None => SuzhouFacts::builtin()?,
    };
    let crs = WorkingCrs::parse(CRS)?;
    let bars = observer(args.quiet);
    let out = synth_folder::begin(&args.out, args.facts.as_deref())?;
    let mut sink = Files::create(out.path(), &crs, args.all_gpkg)?;
    let options = SynthOptions { parcels: args.parcels, seed: args.seed };
    let projection = ByGdal::new(&crs);
    let summary = if args.truth {
        let mut tap = TruthTap::new(&facts, args.seed, shipped_budgets()?, &projection, &mut sink);
        let summary = generate(&facts, &options, &projection, &mut tap, &*bars)?;
        write_truth(&tap.finish()?, &out.path().join("truth.csv"))?;
        summary
    } else {
        generate(&facts, &options, &projection, &mut sink, &*bars)?
    };
    sink.finish()?;
    let text = format!(
        "SYNTHETIC DATA made by carbonzone {} (parcels {}, seed {}).\nNothing here describes a real parcel, firm or person.\n",
        env!("CARGO_PKG_VERSION"),
        args.parcels,
        args.seed
    );
    synth_folder::finish(out, &args.out, &text)?;
    if !args.quiet {
        print_line(&describe(&summary, &args.out));
    }
    Ok(0)
}

/// Budgets of the shipped pipeline in t CO2e per year: what a run of the city is given.
fn shipped_budgets() -> anyhow::Result<Vec<(String, f64)>> {
    let budgets = carbonzone::inventory::budgets_in(include_str!("../../../pipelines/suzhou.toml"))?;
    Ok(budgets.into_iter().collect())
}

/// One row per township and budget; t CO2e per year, sinks positive.
fn write_truth(truth: &Truth, path: &Path) -> anyhow::Result<()> {
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

fn describe(summary: &SynthSummary, out: &Path) -> String {
    format!(
        "SYNTHETIC city: {} parcels ({:.1} km², {} multipart, {} with holes, {} slivers), {} townships ({:.2} km²), \
         {} POI, {} road pieces, {} population points ({:.2} people)\nwritten to {}",
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
        out.display()
    )
}
