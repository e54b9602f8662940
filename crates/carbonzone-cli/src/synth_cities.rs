//! `carbonzone synth suzhou --cities N`: a synthetic province, one folder and one pipeline file per city.

use crate::args::SynthArgs;
use crate::progress::observer;
use crate::synth_folder;
use crate::synth_layers::{CRS, city_at};
use crate::terminal::print_line;
use anyhow::{Context, bail};
use carbonzone_io::WorkingCrs;
use carbonzone_synth::rng;
use carbonzone_synth::suzhou::SuzhouFacts;
use std::path::Path;
use toml::{Table, Value};

/// Cities that can be asked for: further ones would leave the latitudes of China.
const CITIES: std::ops::RangeInclusive<u32> = 1..=25;
/// From city to city, north and south in turn, m; the city itself is 140 km high.
const PITCH_M: f64 = 160_000.0;
/// The pipeline that every city gets, with its own layers and budgets.
const PIPELINE: &str = include_str!("../../../pipelines/suzhou.toml");
/// What is computed from the classes afterwards is no part of a province.
const LEFT_OUT: [&str; 3] = ["uncertainty", "compensation", "statistics"];

/// Makes the cities. The same seed gives the same bytes; each city has a seed, a place and budgets of its own.
pub fn cities(args: &SynthArgs, cities: u32) -> anyhow::Result<u8> {
    if !CITIES.contains(&cities) {
        bail!("--cities {cities}: expected {} to {}", CITIES.start(), CITIES.end());
    }
    let facts = match &args.facts {
        Some(dir) => SuzhouFacts::read_dir(dir)?,
        None => SuzhouFacts::builtin()?,
    };
    let crs = WorkingCrs::parse(CRS)?;
    let bars = observer(args.quiet);
    let out = synth_folder::begin(&args.out, args.facts.as_deref())?;
    for number in 0..cities {
        let key = format!("city-{:02}", number + 1);
        let folder = out.path().join(&key);
        std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let seed = if number == 0 { args.seed } else { rng::key(&[args.seed, u64::from(number)]) };
        city_at(&facts, (args.parcels, seed), (&crs, north_m(number)), args.all_gpkg, (&folder, &*bars))?;
        let text = pipeline(&key, number, args).context("the shipped pipeline")?;
        std::fs::write(folder.join("pipeline.toml"), text)?;
    }
    let text = format!(
        "SYNTHETIC DATA made by carbonzone {} ({cities} cities of {} parcels, seed {}).\nNothing here describes a real parcel, firm or person.\n",
        env!("CARGO_PKG_VERSION"),
        args.parcels,
        args.seed
    );
    synth_folder::finish(out, &args.out, &text)?;
    if !args.quiet {
        print_line(&format!(
            "SYNTHETIC province: {cities} cities of {} parcels, each with its pipeline.toml\nwritten to {}",
            args.parcels,
            args.out.display()
        ));
    }
    Ok(0)
}

/// How far north of Suzhou a city lies: 0, 1, -1, 2, -2, ... times the pitch.
fn north_m(number: u32) -> f64 {
    let steps = f64::from(number.div_ceil(2));
    if number % 2 == 1 { steps * PITCH_M } else { -steps * PITCH_M }
}

/// The shipped pipeline for the layers of one city; its budgets are between half and one and a half of those shipped.
fn pipeline(key: &str, number: u32, args: &SynthArgs) -> anyhow::Result<String> {
    let mut table: Table = PIPELINE.parse()?;
    for section in LEFT_OUT {
        table.remove(section);
    }
    local_paths(table.get_mut("layers").context("layers")?);
    let city = table.get_mut("city").and_then(Value::as_table_mut).context("city")?;
    for (name, text) in [
        ("name", key.to_owned()),
        ("title_en", format!("Synthetic city {}", number + 1)),
        ("title_zh", format!("合成城市 {}", number + 1)),
        ("source", "Synthetic city of carbonzone; budgets made up from the Suzhou paper, Table 3".to_owned()),
    ] {
        city.insert(name.to_owned(), Value::String(text));
    }
    let totals = table.get_mut("inventory").and_then(|i| i.get_mut("totals")).and_then(Value::as_array_mut);
    for (k, total) in totals.context("inventory.totals")?.iter_mut().enumerate() {
        let amount = total.get("amount").and_then(Value::as_float).context("amount")?;
        let factor = 0.5 + rng::unit(rng::key(&[args.seed, u64::from(number), 0xB0_D6E7, k as u64]));
        let total = total.as_table_mut().context("inventory.totals")?;
        total.insert("amount".to_owned(), Value::Float((amount * factor * 100.0).round() / 100.0));
        total.insert("source".to_owned(), Value::String("made up".to_owned()));
    }
    Ok(format!("# SYNTHETIC: city {} of `carbonzone synth suzhou --cities`.\n\n{table}", number + 1))
}

/// Layers lie beside the pipeline file.
fn local_paths(value: &mut Value) {
    match value {
        Value::Table(table) => {
            if let Some(Value::String(path)) = table.get_mut("path") {
                *path =
                    Path::new(path.as_str()).file_name().unwrap_or_default().to_string_lossy().into_owned();
            }
            table.iter_mut().for_each(|(_, v)| local_paths(v));
        }
        Value::Array(items) => items.iter_mut().for_each(local_paths),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_lie_north_and_south_of_the_first_in_turn() {
        let at: Vec<f64> = (0..5).map(|k| north_m(k) / PITCH_M).collect();
        assert_eq!(at, [0.0, 1.0, -1.0, 2.0, -2.0]);
    }
}
