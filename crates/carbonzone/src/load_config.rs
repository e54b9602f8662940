//! Reads the pipeline file: its lines, its values, and the checks of the study, all in one round; places in the file.

mod loaded;
mod suggest;

pub use loaded::Loaded;
pub use suggest::suggest;

use crate::pipeline_lines::{self, Lines};
use crate::{form, names, pipeline_values};
use carbonzone_types::{Finding, Findings};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;

/// Reads the pipeline file of any study; `check` adds what serde cannot see. Everything that the file alone shows is told at once.
///
/// # Errors
/// Why it cannot be read, or what keeps it from being good for more than checks.
pub fn read<P: DeserializeOwned + Serialize>(
    path: &Path,
    overrides: &[String],
    check: fn(&Loaded<P>) -> Findings,
) -> Result<(Loaded<P>, Findings), Findings> {
    let mut findings = Findings::new();
    let file = path.display().to_string();
    let form = form::is_form(path).then(|| form::read(path));
    let (text, encoding) = match &form {
        Some(form) => {
            findings.extend(form.findings.clone());
            (form.text.clone(), None)
        }
        None => match pipeline_lines::of_file(path) {
            Ok(read) => read,
            Err(e) => {
                findings.push(cannot_read(path, &e));
                return Err(findings);
            }
        },
    };
    let filled_in = form.as_ref().is_none_or(|form| form.whole);
    let cells = form.map(|form| Arc::new(form.cells));
    if let Some(encoding) = encoding {
        let message = format!("the pipeline file is not UTF-8: it is read as {encoding}");
        let finding = Finding::info("pipeline_encoding", message).file(file.clone());
        findings.push(finding.hint("look at its Chinese texts; an editor can save it as UTF-8"));
    }
    let lines = Lines::of(&text);
    let in_form = |finding: Finding| match &cells {
        Some(cells) => cells.named(finding),
        None => finding,
    };
    findings.items.extend(lines.findings.iter().map(|f| in_form(f.clone().file(file.clone()))));
    if !lines.sound {
        return Err(findings);
    }
    let mended = lines.text();
    let in_file = |finding: Finding| match finding.span {
        Some(span) => in_form(finding.span(lines.in_file(span.start..span.end))),
        None => finding,
    };
    let values = pipeline_values::read::<P>(&mended, overrides);
    let all_there = lines.whole && filled_in;
    let missing_may_be_left_out = |f: &Finding| all_there || !f.message.starts_with("missing key");
    let of_values = values.findings.into_iter().filter(missing_may_be_left_out);
    findings.items.extend(of_values.map(|f| in_file(f.file(file.clone()))));
    let Some(pipeline) = values.pipeline else { return Err(findings) };
    let loaded =
        Loaded { set: overrides.to_vec(), cells: cells.clone(), ..Loaded::new(path, mended, pipeline) };
    let mut more = Findings::new();
    names::check_texts(&loaded, &mut more);
    more.extend(check(&loaded));
    // What is made up or left out must not be judged: only what stands in the file.
    let whole = all_there && values.whole;
    more.items.retain(|f| whole || f.span.is_some() || f.cell.is_some());
    findings.items.extend(more.items.into_iter().map(in_file));
    if whole && lines.untouched() { Ok((loaded, findings)) } else { Err(findings) }
}

/// Why a pipeline file cannot be read.
fn cannot_read(path: &Path, e: &std::io::Error) -> Finding {
    let hint = if path.is_dir() {
        "this is a folder: name the pipeline file in it, e.g. pipeline.toml"
    } else if e.kind() == std::io::ErrorKind::InvalidData {
        "save the file as UTF-8 in your editor"
    } else {
        "`carbonzone init DIR` writes a commented starter"
    };
    Finding::fatal("missing_file", format!("cannot read the pipeline file: {e}"))
        .file(path.display().to_string())
        .hint(hint)
}

/// A pipeline from its text, with values that win over those of the text.
///
/// # Errors
/// The first fault.
pub fn parse<P: DeserializeOwned>(text: &str, overrides: &[String]) -> Result<P, Finding> {
    let values = pipeline_values::read(text, overrides);
    let unknown = || Finding::error("pipeline_file", "the text is no pipeline");
    match values.findings.into_iter().next() {
        Some(finding) => Err(finding),
        None => values.pipeline.ok_or_else(unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pipeline;

    #[test]
    fn an_unknown_key_gets_a_hint_and_a_place() {
        let text = "[city]\nname = \"x\"\nyear = 2020\ncsr = \"EPSG:4549\"\n";
        let finding = parse::<Pipeline>(text, &[]).unwrap_err();
        assert!(finding.message.contains("csr"), "{}", finding.message);
        assert_eq!(finding.hint.as_deref(), Some("did you mean `crs`? write: crs = \"EPSG:4549\""));
        let span = finding.span.unwrap();
        assert_eq!(&text[span.start..span.end], "csr");
    }
}
