//! `make validate`: the method against a known truth.
//!
//! Makes synthetic cities whose true tonnes are known (`carbonzone synth suzhou --truth`), runs the pipeline on each, and says how
//! far off the townships are, and whether the intervals and class probabilities of `[uncertainty]` are as sure as they say. Layers
//! stay in memory. What it shows and what it cannot: `docs/validation.md`.
//!
//! ```text
//! validate PIPELINE.toml [--first SEED] [--seeds N] [--parcels N] [--draws N] [--out DIR] [--set KEY=VALUE]...
//! ```
//! Exit code 1: a coverage is outside its band.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

mod city;
mod measure;
mod rate;
mod tables;

use anyhow::{Context, bail};
use carbonzone::{Config, NoProgress};
use measure::Seed;
use rayon::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// What is asked for.
struct Options {
    pipeline: PathBuf,
    first: u64,
    seeds: u64,
    parcels: u64,
    draws: u64,
    out: Option<PathBuf>,
    set: Vec<String>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let pipeline = args.next().context("usage: validate PIPELINE.toml [--seeds N] ...")?;
        let mut out = Self {
            pipeline: pipeline.into(),
            // The defaults were chosen on seeds 1 to 12.
            first: 101,
            seeds: 100,
            parcels: 5000,
            draws: 4096,
            out: None,
            set: Vec::new(),
        };
        while let Some(flag) = args.next() {
            let value = args.next().with_context(|| format!("{flag}: no value"))?;
            match flag.as_str() {
                "--first" => out.first = value.parse()?,
                "--seeds" => out.seeds = value.parse()?,
                "--parcels" => out.parcels = value.parse()?,
                "--draws" => out.draws = value.parse()?,
                "--out" => out.out = Some(value.into()),
                "--set" => out.set.push(value),
                _ => bail!("unknown option {flag}"),
            }
        }
        Ok(out)
    }
}

/// Only proxies are unsure here: the city is given its true totals and GDP.
fn settings(options: &Options) -> Vec<String> {
    let mut set = [
        "layers.zones.tables=[]",
        "layers.zones.population=population",
        "layers.zones.gdp=gdp_1e4cny",
        "uncertainty.drivers=false",
        "uncertainty.gdp_pct=0.0",
        "uncertainty.gdp_derived_pct=0.0",
        "uncertainty.alternatives=[]",
    ]
    .map(str::to_owned)
    .to_vec();
    let sectors = ["industry", "construction", "transport", "agriculture", "waste", "sink"];
    set.extend(sectors.map(|sector| format!("uncertainty.budgets.{sector}=0.0")));
    set.push(format!("uncertainty.draws={}", options.draws));
    set.extend(options.set.iter().cloned());
    set
}

fn one(options: &Options, seed: u64) -> anyhow::Result<Seed> {
    let text = std::fs::read_to_string(&options.pipeline)?;
    let budgets = carbonzone::inventory::budgets_in(&text)?;
    let (layers, truth) = city::make(options.parcels, seed, budgets)?;
    let config = Config::read(&options.pipeline, &settings(options));
    let config = config.value.with_context(|| format!("{:?}", config.findings))?;
    let inputs = carbonzone::load(&config, layers, &NoProgress);
    let inputs = inputs.value.with_context(|| format!("{:?}", inputs.findings))?;
    let result = carbonzone::compute(inputs, &NoProgress);
    let result = result.value.with_context(|| format!("{:?}", result.findings))?;
    measure::compare(&result, &truth).with_context(|| format!("seed {seed}"))
}

fn run() -> anyhow::Result<bool> {
    let options = Options::parse(std::env::args().skip(1))?;
    let since = Instant::now();
    let seeds: Vec<Seed> = (options.first..options.first + options.seeds)
        .into_par_iter()
        .map(|seed| one(&options, seed))
        .collect::<anyhow::Result<_>>()?;
    let tables = tables::Tables::of(&seeds);
    let text = tables.markdown();
    println!("{text}");
    eprintln!(
        "{} seeds from {}, {} parcels, {} draws: {:.0} s",
        options.seeds,
        options.first,
        options.parcels,
        options.draws,
        since.elapsed().as_secs_f64()
    );
    if let Some(dir) = &options.out {
        std::fs::create_dir_all(dir)?;
        std::fs::write(dir.join("validation.md"), &text)?;
        std::fs::write(dir.join("validation.csv"), tables.csv())?;
    }
    let outside = tables.outside_band();
    for line in &outside {
        eprintln!("outside its band: {line}");
    }
    Ok(outside.is_empty())
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
