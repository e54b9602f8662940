//! A city's carbon inventory, allocated to parcels, aggregated to grid and townships, zoned by carbon balance: the whole
//! study as a library.
//!
//! One call per step, plain data between them. Nothing is printed, nothing is kept in the process: threads are those of the
//! rayon pool in which a call runs, progress and cancellation go through an [`Observer`].
//!
//! ```no_run
//! use carbonzone::{Config, Files, NoProgress};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::read("suzhou.toml".as_ref(), &[]);
//! for finding in &config.findings.items {
//!     eprintln!("{}: {}", finding.code, finding.message);
//! }
//! let config = config.value.ok_or("the pipeline file cannot be used")?;
//! let inputs = carbonzone::load(&config, Files, &NoProgress).value.ok_or("the layers cannot be used")?;
//! let result = carbonzone::compute(inputs, &NoProgress).value.ok_or("it cannot be computed")?;
//! println!("gross: {} t CO2e", result.record().totals.gross_t);
//! let outputs = config.outputs();
//! carbonzone::write(&result, "out/suzhou".as_ref(), outputs, &NoProgress)?;
//! # Ok(())
//! # }
//! ```
//!
//! What it does *not* do: read arguments, draw bars, choose exit codes. That is the command's (`carbonzone-cli`).
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod check_layers;
mod check_pipeline;
mod check_ranges;
pub mod closing;
pub mod compare;
pub mod compare_report;
mod compensation;
mod compute;
pub mod config;
mod decisions;
mod described;
mod error;
pub mod exchange;
pub mod explain;
mod explained;
mod few_points;
mod find_unit;
pub mod form;
mod gdp_proxies;
mod grid;
pub mod init;
pub mod inventory;
pub mod layer_list;
mod layers;
mod load;
mod load_config;
mod manifest;
pub mod maps;
mod measures;
mod names;
pub mod new_file;
mod one_point;
pub mod out_dir;
mod output;
pub mod partition;
pub mod pipeline_lines;
mod pipeline_values;
mod pipeline_words;
mod proxy_use;
mod reference;
mod run;
mod scenario;
pub mod sensitivity;
pub mod sheets;
mod sink_sets;
mod stages;
mod statistics;
mod studies;
mod study;
pub mod synth;
mod tables;
pub mod text;
pub mod text_table;
mod uncertainty;
mod workbook;

pub use carbonzone_types::{
    Checked, Finding, Findings, Ledger, NoProgress, Progress as Observer, RunManifest,
};
pub use error::{Error, Result};
pub use layers::{Files, Layers, MemoryLayers, Wanted};
pub use run::{Config, Inputs, RunResult, compute, load, write};
pub use studies::AnyPipeline;
