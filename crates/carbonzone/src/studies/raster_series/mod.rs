//! Emission and absorption over years on a grid and in counties (the Henan study): read, compute, book, write.

mod charts;
mod compute;
pub mod config;
mod inputs;
mod rasters;
mod tables;
mod write;

use crate::args::{CheckArgs, RunArgs};
use crate::load::Notes;
use crate::load_config::{self, Loaded};
use crate::out_dir::OutDir;
use crate::progress::{Bars, cancelled};
use crate::{compute as shared, manifest, run as shell, summary};
use anyhow::Context;
use carbonzone_types::{Finding, Progress};
use config::RasterSeriesPipeline;
use std::path::Path;

/// The whole job.
pub fn run(args: &RunArgs) -> anyhow::Result<u8> {
    shell::set_threads(args.threads)?;
    let mut loaded = match load(args.pipeline.as_path(), &args.set) {
        Ok(loaded) => loaded,
        Err((text, findings)) => return Ok(shell::refuse(&args.pipeline, &text, &findings)),
    };
    loaded.pipeline.outputs.maps &= !args.no_maps;
    let target = args.out.clone().unwrap_or_else(|| Path::new("out").join(&loaded.pipeline.city.name));
    let out = OutDir::begin(&target, &args.pipeline.display().to_string(), args.overwrite)?;
    let bars = Bars::new(args.quiet);
    let mut notes = Notes::default();
    let inputs = inputs::load(&loaded, &mut notes, &bars);
    if args.strict {
        notes.findings.make_strict();
    }
    let results = inputs
        .as_ref()
        .filter(|_| !notes.findings.blocks() && !cancelled())
        .and_then(|inputs| compute::compute(&loaded, inputs, &mut notes, &bars));
    bars.end();
    if args.strict {
        notes.findings.make_strict();
    }
    let balances = shared::check_balances(&mut notes);
    if cancelled() {
        shell::eprint_line("cancelled; nothing was written");
        return Ok(shell::CANCELLED);
    }
    let (Some(inputs), Some(results), false) = (inputs, results, notes.findings.blocks()) else {
        return Ok(shell::refuse(&args.pipeline, &loaded.text, &notes.findings));
    };
    let manifest = write::manifest(&loaded, &inputs, &results, &notes, balances);
    write::write_all(&loaded, &inputs, &results, &manifest, out.path(), &bars)
        .with_context(|| format!("writing into {}", target.display()))?;
    manifest::write(&manifest, out.path(), &bars)?;
    let target = out.finish()?;
    if !args.quiet {
        shell::print_findings(&args.pipeline, &loaded.text, &notes.findings);
        if !args.no_summary {
            summary::print(&manifest, &target);
        }
    }
    Ok(0)
}

/// Reads counties and emissions, names every raster that is missing, computes nothing, writes nothing.
pub fn check(args: &CheckArgs) -> anyhow::Result<u8> {
    let bars = Bars::new(args.quiet);
    let mut notes = Notes::default();
    let text = match load(&args.pipeline, &args.set) {
        Ok(loaded) => {
            let _ = inputs::load(&loaded, &mut notes, &bars);
            missing_rasters(&loaded, &mut notes);
            loaded.text
        }
        Err((text, findings)) => {
            notes.findings = findings;
            text
        }
    };
    bars.end();
    shell::report_check(args, &text, notes.findings)
}

fn missing_rasters(loaded: &Loaded<RasterSeriesPipeline>, notes: &mut Notes) {
    let p = &loaded.pipeline;
    let layers = [
        ("light", Some(&p.layers.light)),
        ("built_up", p.layers.built_up.as_ref()),
        ("npp", Some(&p.layers.npp)),
        ("respiration", p.layers.respiration.as_ref()),
        ("temperature", p.layers.temperature.as_ref()),
        ("precipitation", p.layers.precipitation.as_ref()),
    ];
    for (role, raster) in layers {
        let Some(raster) = raster else { continue };
        for year in p.city.first_year..=p.city.last_year {
            let shown = rasters::file_name(raster, year);
            if !loaded.resolve(Path::new(&shown)).exists() {
                let finding =
                    Finding::warning("missing_year", format!("there is no {role} raster of {year}"));
                notes.findings.push(finding.layer(role).file(shown));
            }
        }
    }
}

fn load(
    path: &Path,
    overrides: &[String],
) -> Result<Loaded<RasterSeriesPipeline>, (String, carbonzone_types::Findings)> {
    load_config::load_study(path, overrides, inputs::check_config)
}
