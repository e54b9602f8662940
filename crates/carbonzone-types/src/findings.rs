//! What was noticed about the input: collected, never printed and forgotten.

use serde::{Deserialize, Serialize};

/// How serious a [`Finding`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Stated for the record.
    #[default]
    Info,
    /// The run goes on and says what it did; `--strict` turns it into an error.
    Warning,
    /// The input cannot be accepted: exit code 1.
    Error,
    /// The run cannot start, e.g. a missing file: exit code 2.
    Fatal,
}

/// Byte range in the pipeline file that a finding points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSpan {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// One thing a user must look at: where, what was found, what was expected, what to do.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of the check, e.g. `unknown_land_use_code`.
    pub code: String,
    /// How serious it is.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub message: String,
    /// Role of the layer in the pipeline file, e.g. `parcels`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub layer: Option<String>,
    /// File as the user wrote it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// Feature id (or table row).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feature: Option<String>,
    /// Field, column or TOML key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// The offending value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// What would have been accepted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// How many features it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Tonnes CO2e at stake, when that can be told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount_t: Option<f64>,
    /// Place in the pipeline file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub span: Option<SourceSpan>,
    /// Cell of the pipeline file, if that is a workbook: `总量!C4`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cell: Option<String>,
}

/// Methods that set a text of a finding.
macro_rules! texts {
    ($($(#[$doc:meta])+ $name:ident),+) => {$(
        $(#[$doc])+
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = Some($name.into());
            self
        }
    )+};
}

impl Finding {
    /// A finding with a code, a severity and a sentence. A hint that ends the sentence (`\nhint: ...`, as the errors of
    /// the library crates have it) becomes the hint of the finding.
    pub fn new(severity: Severity, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let (message, hint) = match message.split_once("\nhint: ") {
            Some((sentence, hint)) => (sentence.to_owned(), Some(hint.to_owned())),
            None => (message, None),
        };
        Self { code: code.to_owned(), severity, message, hint, ..Self::default() }
    }

    /// An error (exit 1).
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A fatal error (exit 2).
    pub fn fatal(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Fatal, code, message)
    }

    /// A warning (exit 0 unless `--strict`).
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note.
    pub fn info(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, message)
    }

    texts! {
        /// Names the cell of a workbook that is the pipeline file.
        cell,
        /// Names the layer.
        layer,
        /// Names the file.
        file,
        /// Names the feature or table row.
        feature,
        /// Names the field.
        field,
        /// Shows the offending value.
        value,
        /// Says what was expected.
        expected,
        /// Says what to do.
        hint
    }

    /// Names the layer and its file.
    pub fn input(self, layer: &str, file: &std::path::Path) -> Self {
        self.layer(layer).file(file.display().to_string())
    }

    /// Says how many features are concerned.
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Says how many tonnes are at stake.
    pub fn amount_t(mut self, amount_t: f64) -> Self {
        self.amount_t = Some(amount_t);
        self
    }

    /// Points into the pipeline file.
    pub fn span(mut self, span: std::ops::Range<usize>) -> Self {
        self.span = Some(SourceSpan { start: span.start, end: span.end });
        self
    }
}

/// All findings of a run, in the order in which they were made.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings {
    /// The list.
    pub items: Vec<Finding>,
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self { items: vec![finding] }
    }
}

impl Findings {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one finding.
    pub fn push(&mut self, finding: Finding) {
        self.items.push(finding);
    }

    /// Adds the finding that says why there is no value.
    pub fn refuse<T>(&mut self, finding: Finding) -> Option<T> {
        self.push(finding);
        None
    }

    /// Adds all findings of another list.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
    }

    /// The worst severity, if there is any finding.
    pub fn worst(&self) -> Option<Severity> {
        self.items.iter().map(|f| f.severity).max()
    }

    /// True if a run must not go on.
    pub fn blocks(&self) -> bool {
        self.worst() >= Some(Severity::Error)
    }

    /// Turns every warning into an error (`--strict`).
    pub fn make_strict(&mut self) {
        for f in &mut self.items {
            if f.severity == Severity::Warning {
                f.severity = Severity::Error;
            }
        }
    }

    /// Exit code (docs/pipeline.md): 2 for a fatal finding, 1 for an error, else 0.
    pub fn exit_code(&self) -> u8 {
        match self.worst() {
            Some(Severity::Fatal) => 2,
            Some(Severity::Error) => 1,
            _ => 0,
        }
    }

    /// Number of findings of one severity.
    pub fn count_of(&self, severity: Severity) -> usize {
        self.items.iter().filter(|f| f.severity == severity).count()
    }
}

/// A count with its noun for messages: `1 id`, `3 ids`.
///
/// ```
/// use carbonzone_types::number_of;
/// assert_eq!(number_of(1, "county", "counties"), "1 county");
/// assert_eq!(number_of(0, "county", "counties"), "0 counties");
/// ```
pub fn number_of(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_at_the_end_of_a_message_becomes_the_hint() {
        let finding = Finding::error("zoning", "weights sum to 0\nhint: give one weight above 0");
        assert_eq!(finding.message, "weights sum to 0");
        assert_eq!(finding.hint.as_deref(), Some("give one weight above 0"));
        assert_eq!(Finding::info("x", "no hint").hint, None);
    }
}
