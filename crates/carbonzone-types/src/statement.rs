//! Sentences in both languages.

use serde::{Deserialize, Serialize};

/// A sentence that readers of a run must know, in both languages.
///
/// Runs of earlier builds hold one English text instead of the pair; it is read as both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenStatement")]
pub struct Statement {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

/// How a statement may stand in a `run.json`.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenStatement {
    Pair { en: String, zh: String },
    English(String),
}

impl From<WrittenStatement> for Statement {
    fn from(written: WrittenStatement) -> Self {
        match written {
            WrittenStatement::Pair { en, zh } => Self { en, zh },
            WrittenStatement::English(en) => Self { zh: en.clone(), en },
        }
    }
}

impl Statement {
    /// A sentence in English and Chinese.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}
