//! Findings for people: grouped by layer, with the place in the pipeline file, and as JSON.

use crate::events;
use crate::language::{self, say};
use crate::terminal::{eprint_line, without_codes};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use carbonzone::pipeline_lines;
use carbonzone_report::Lang;
use carbonzone_report::chinese::{self, FindingText};
use carbonzone_types::{Finding, Findings, Severity};
use std::fmt::Write as _;
use std::path::Path;

/// Whether colours may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    Ansi,
    /// Plain text.
    Plain,
}

impl Colour {
    /// Colours if standard error is a terminal, unless `NO_COLOR` is set.
    pub fn for_stderr() -> Self {
        Self::wanted(std::io::IsTerminal::is_terminal(&std::io::stderr()))
    }

    /// Colours if standard output is a terminal, unless `NO_COLOR` is set.
    pub fn for_stdout() -> Self {
        Self::wanted(std::io::IsTerminal::is_terminal(&std::io::stdout()))
    }

    fn wanted(terminal: bool) -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        if allowed && terminal { Self::Ansi } else { Self::Plain }
    }
}

/// Findings about a pipeline file and what it names on standard error, as events where it is for programs; nothing if
/// there are none.
pub fn eprint(findings: &Findings, pipeline: &Path) {
    if events::on() {
        events::findings(findings);
    } else if !findings.items.is_empty() {
        eprint_line(&of_file(findings, pipeline, Colour::for_stderr()));
    }
}

/// All findings as text, with their places in the pipeline file.
pub fn of_file(findings: &Findings, pipeline: &Path, colour: Colour) -> String {
    // A form has cells instead of lines.
    let lines =
        if carbonzone::form::is_form(pipeline) { None } else { pipeline_lines::of_file(pipeline).ok() };
    let text = lines.map(|(text, _)| text).unwrap_or_default();
    render(findings, &pipeline.display().to_string(), &text, colour)
}

/// All findings as text, worst first within each layer.
fn render(findings: &Findings, pipeline_path: &str, pipeline_text: &str, colour: Colour) -> String {
    let mut layers: Vec<&str> = Vec::new();
    for finding in &findings.items {
        let layer = finding.layer.as_deref().unwrap_or("");
        if !layers.contains(&layer) {
            layers.push(layer);
        }
    }
    let mut out = String::new();
    for layer in layers {
        if !layer.is_empty() {
            let _ = writeln!(out, "\n== {}", language::word(layer));
        }
        let mut group: Vec<&Finding> =
            findings.items.iter().filter(|f| f.layer.as_deref().unwrap_or("") == layer).collect();
        group.sort_by_key(|f| std::cmp::Reverse(f.severity));
        for finding in group {
            out.push_str(&render_one(finding, pipeline_path, pipeline_text, colour));
            out.push('\n');
        }
    }
    out
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Fatal | Severity::Error => Level::ERROR.with_name(say("error", "错误")),
        Severity::Warning => Level::WARNING.with_name(say("warning", "警告")),
        Severity::Info => Level::INFO.with_name(say("info", "说明")),
    }
}

fn render_one(finding: &Finding, pipeline_path: &str, pipeline_text: &str, colour: Colour) -> String {
    let text = FindingText::new(finding, language::lang());
    let title = without_codes(&format!("{}{}", place(finding), text.message));
    let mut group = Group::with_title(level(finding.severity).primary_title(&title).id(finding.code.clone()));
    if let Some(span) = finding.span.filter(|s| s.end <= pipeline_text.len() && s.start <= s.end) {
        group = group.element(
            Snippet::source(pipeline_text)
                .path(pipeline_path)
                .fold(true)
                .annotation(AnnotationKind::Primary.span(span.start..span.end)),
        );
    }
    let notes = notes(finding, &text);
    for (name, text) in &notes {
        group = group.element(Level::NOTE.with_name(name.as_str()).message(text));
    }
    let hint = text.hint.as_deref().map(without_codes);
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.with_name(say("hint", "建议")).message(hint));
    }
    let renderer = if colour == Colour::Ansi { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).clone()
}

/// `parcels.gpkg, feature 12, field "DLBM": `
fn place(finding: &Finding) -> String {
    let mut parts: Vec<String> = finding.file.iter().chain(&finding.cell).cloned().collect();
    if let Some(feature) = &finding.feature {
        parts.push(say(&format!("feature {feature}"), &format!("要素 {}", chinese::text(feature))));
    }
    if let Some(field) = &finding.field {
        parts.push(say(&format!("field \"{field}\""), &format!("字段“{field}”")));
    }
    if let Some(value) = &finding.value {
        parts.push(say(&format!("value \"{value}\""), &format!("值“{}”", chinese::text(value))));
    }
    let (comma, colon) = if language::lang() == Lang::Zh { ("，", "：") } else { (", ", ": ") };
    if parts.is_empty() { String::new() } else { parts.join(comma) + colon }
}

fn notes(finding: &Finding, text: &FindingText) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Some(expected) = &text.expected {
        out.push((say("expected", "应为"), without_codes(expected)));
    }
    if let Some(count) = finding.count {
        out.push((say("count", "个数"), count.to_string()));
    }
    if let Some(amount_t) = finding.amount_t {
        out.push((say("at stake", "涉及"), format!("{amount_t:.1} t CO2e")));
    }
    out
}

pub fn count_line(findings: &Findings) -> String {
    let n = |s| findings.count_of(s);
    let (errors, warnings, notes) =
        (n(Severity::Fatal) + n(Severity::Error), n(Severity::Warning), n(Severity::Info));
    say(
        &format!("{errors} errors, {warnings} warnings, {notes} notes"),
        &format!("{errors} 个错误，{warnings} 个警告，{notes} 条说明"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_place_expectation_and_hint() {
        let mut findings = Findings::new();
        findings.push(
            Finding::error("unknown_field", "no such field")
                .layer("parcels")
                .file("parcels.gpkg")
                .field("DLBN")
                .expected("one of DLBM, DLMC")
                .hint("did you mean \"DLBM\"?"),
        );
        let text = render(&findings, "city.toml", "", Colour::Plain);
        for needle in
            ["== parcels", "parcels.gpkg, field \"DLBN\": no such field", "DLBM, DLMC", "hint: did you mean"]
        {
            assert!(text.contains(needle), "{needle} in:\n{text}");
        }
    }

    #[test]
    fn a_span_shows_the_line_of_the_pipeline_file() {
        let text = "[city]\nname = \"x y\"\n";
        let mut findings = Findings::new();
        findings.push(Finding::error("city_name", "bad name").span(14..19));
        let shown = render(&findings, "city.toml", text, Colour::Plain);
        assert!(shown.contains("city.toml:2") && shown.contains("name = \"x y\""), "{shown}");
    }
}
