//! How sure is the class of a zone: from the run to the model of `carbonzone-confidence`, and from its answer to columns,
//! sentences and records.

pub mod approach2;
pub mod check;
pub mod config;
mod model;
pub mod of_years;
mod output;

pub use config::Uncertainty;
pub use output::{
    append, append_columns, append_further, further, occurring, other_likelier, record, record_of,
    statements, statements_of_years,
};

use crate::compute::Results;
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use carbonzone_confidence::{Confidence, Model, Options, ZoneJudge, simulate};
use carbonzone_types::{Checked, Finding, Findings, Progress, Severity};
use carbonzone_zoning::IndexOptions;

/// The draws of a run, with what they were drawn from.
pub struct Drawn {
    /// How sure the classes are.
    pub confidence: Confidence,
    /// What was drawn.
    pub model: Model,
    /// How often.
    pub options: Options,
}

/// Computes the run again under other settings, without draws.
pub type Again<'a> = &'a dyn Fn(&[String]) -> Checked<Results>;

/// Draws, if the pipeline file asks for it. `Err`: findings that block.
pub fn draw(
    loaded: &Loaded,
    (inputs, results): (&Inputs, &Results),
    again: Again<'_>,
    notes: &mut Notes,
    progress: &dyn Progress,
) -> Result<Option<Drawn>, ()> {
    let Some(section) = &loaded.pipeline.uncertainty else { return Ok(None) };
    let outcome = others(section, results, again, progress).and_then(|others| {
        progress.begin("draw", None);
        let (model, told) = model::build(loaded, section, inputs, results, &others)?;
        notes.findings.items.extend(told);
        let options = Options { seed: section.seed, draws: section.draws, drivers: section.drivers };
        let result = simulate(&model, &judge(loaded, results), &options).map_err(|errors| {
            let finding = |e: carbonzone_confidence::ConfidenceError| {
                Finding::error("uncertainty", e.to_string()).field("uncertainty")
            };
            errors.into_iter().map(finding).collect::<Vec<_>>()
        });
        progress.end();
        result.map(|confidence| Drawn { confidence, model, options })
    });
    outcome.map(Some).map_err(|findings| notes.findings.items.extend(findings))
}

/// Judges draws as the run was judged.
fn judge<'a>(loaded: &Loaded, results: &'a Results) -> ZoneJudge<'a> {
    let options = results.scheme.index_options(loaded.pipeline.zoning.gdp_total);
    judge_with(results, options)
}

/// The same with other options of the indices.
pub fn judge_with(results: &Results, options: IndexOptions) -> ZoneJudge<'_> {
    ZoneJudge::new(&results.scheme, &results.zoning, options)
}

/// Contributions under each option of each choice.
type Others = Vec<Vec<Results>>;

/// Computes the run again under every other setting, without draws.
fn others(
    section: &Uncertainty,
    results: &Results,
    again: Again<'_>,
    progress: &dyn Progress,
) -> Result<Others, Vec<Finding>> {
    let mut findings = Findings::new();
    let mut out = Vec::new();
    for choice in &section.alternatives {
        let mut options = Vec::new();
        for option in &choice.options {
            progress.begin(&format!("{}: {}", choice.name, option.name), None);
            let run = again(&option.set);
            progress.end();
            match run.value {
                Some(other) if same_rules(&other, results) => options.push(other),
                Some(_) => findings.push(
                    Finding::error(
                        "uncertainty_alternative",
                        format!("choice \"{}\", option \"{}\" changes the rules", choice.name, option.name),
                    )
                    .expected("the same zones and allocation rules as the run")
                    .hint(
                        "an option may change proxies, sets, factors and layers, not which rules there are",
                    ),
                ),
                None => findings.items.extend(
                    run.findings.items.into_iter().filter(|f| f.severity >= Severity::Error).map(|f| {
                        Finding {
                            message: format!(
                                "choice \"{}\", option \"{}\": {}",
                                choice.name, option.name, f.message
                            ),
                            ..f
                        }
                    }),
                ),
            }
        }
        out.push(options);
    }
    if findings.items.is_empty() { Ok(out) } else { Err(findings.items) }
}

fn same_rules(a: &Results, b: &Results) -> bool {
    let ids = |r: &Results| r.allocation.records.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    a.zones.gross_t.len() == b.zones.gross_t.len() && ids(a) == ids(b)
}
