//! `carbonzone synth suzhou --cities N`: a synthetic province, one folder and one pipeline file per city.

use super::layers::Files;
use super::projection::ByGdal;
use super::{CRS, PIPELINE, Synth};
use crate::error::{Doing, Error, Result};
use carbonzone_io::WorkingCrs;
use carbonzone_synth::suzhou::{SynthOptions, generate};
use carbonzone_synth::{MovedNorth, rng};
use carbonzone_types::Progress;
use std::path::Path;
use toml::{Table, Value};

/// Most cities: further ones would leave the latitudes of China.
const CITIES: u32 = 25;
/// From city to city, north and south in turn, m; the city itself is 140 km high.
const PITCH_M: f64 = 160_000.0;
/// What is computed from the classes afterwards is no part of a province.
const LEFT_OUT: [&str; 3] = ["uncertainty", "compensation", "statistics"];

impl Synth<'_> {
    /// A province of cities, at most 25; gives what was made, in words. Each city has a seed, a place and budgets of its own.
    ///
    /// # Errors
    /// If the folder cannot be used, there are no or too many cities, or the disk refuses.
    pub fn cities(&self, cities: u32, observer: &dyn Progress) -> Result<String> {
        if !(1..=CITIES).contains(&cities) {
            return Err(Error::Refused(format!("--cities {cities}: expected 1 to {CITIES}")));
        }
        let facts = self.facts()?;
        let crs = WorkingCrs::parse(CRS)?;
        let out = self.begin(observer)?;
        for number in 0..cities {
            let key = format!("city-{:02}", number + 1);
            let folder = out.path().join(&key);
            std::fs::create_dir(&folder).doing("create", &folder)?;
            let seed = if number == 0 { self.seed } else { rng::key(&[self.seed, u64::from(number)]) };
            let mut sink = Files::create(&folder, &crs, self.all_gpkg)?;
            let projection = MovedNorth::new(ByGdal::new(&crs), north_m(number));
            let options = SynthOptions { parcels: self.parcels, seed };
            generate(&facts, &options, &projection, &mut sink, observer)?;
            sink.finish()?;
            let file = folder.join("pipeline.toml");
            std::fs::write(&file, pipeline(&key, number, self.seed)?).doing("write", &file)?;
        }
        let label = format!(
            "({cities} cities of {} parcels, seed {}).\nNothing here describes a real parcel, firm or person.",
            self.parcels, self.seed
        );
        self.finish(out, &label, observer)?;
        Ok(format!(
            "SYNTHETIC province: {cities} cities of {} parcels, each with its pipeline.toml",
            self.parcels
        ))
    }
}

/// How far north of Suzhou a city lies: 0, 1, -1, 2, -2, ... times the pitch.
fn north_m(number: u32) -> f64 {
    let steps = f64::from(number.div_ceil(2));
    if number % 2 == 1 { steps * PITCH_M } else { -steps * PITCH_M }
}

/// The shipped pipeline for the layers of one city; its budgets are between half and one and a half of those shipped.
fn pipeline(key: &str, number: u32, seed: u64) -> Result<String> {
    let mut table: Table = PIPELINE.parse()?;
    for section in LEFT_OUT {
        table.remove(section);
    }
    table.get_mut("layers").into_iter().for_each(local_paths);
    let told = [
        ("name", key.to_owned()),
        ("title_en", format!("Synthetic city {}", number + 1)),
        ("title_zh", format!("合成城市 {}", number + 1)),
        ("source", "Synthetic city of carbonzone; budgets made up from the Suzhou paper, Table 3".to_owned()),
    ];
    if let Some(city) = table.get_mut("city").and_then(Value::as_table_mut) {
        city.extend(told.map(|(name, text)| (name.to_owned(), Value::String(text))));
    }
    let totals = table.get_mut("inventory").and_then(|i| i.get_mut("totals")).and_then(Value::as_array_mut);
    for (k, total) in totals.into_iter().flatten().filter_map(Value::as_table_mut).enumerate() {
        let factor = 0.5 + rng::unit(rng::key(&[seed, u64::from(number), 0xB0_D6E7, k as u64]));
        if let Some(Value::Float(amount)) = total.get_mut("amount") {
            *amount = (*amount * factor * 100.0).round() / 100.0;
        }
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
