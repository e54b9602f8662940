//! One row of a POI scheme.

use crate::code_table::CodeRow;
use serde::Deserialize;

/// One row of a POI scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PoiClass {
    /// Code; `05*` in a table of one's own stands for all that begin with 05.
    pub code: String,
    /// Chinese name.
    #[serde(default)]
    pub name_zh: String,
    /// English name.
    #[serde(default)]
    pub name_en: String,
    /// Proxy group, e.g. `industry`; `ignore` counts for nothing.
    pub group: String,
    /// Transport mode of a traffic facility (`road`, `rail`, `water`, `air`), else empty.
    #[serde(default)]
    pub mode: String,
}

impl CodeRow for PoiClass {
    const COLUMNS: &'static str = "code, group[, name_zh, name_en, mode]";
    const NEEDED: &'static str = "code or group";

    fn code(&self) -> &str {
        &self.code
    }

    fn meaning(&self) -> &str {
        &self.group
    }
}
