//! Why an allocation cannot be made.

use carbonzone_types::Finding;

/// Why an allocation cannot be made. All of them are collected, not just the first.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum AllocationError {
    #[error("rule \"{rule}\": no parcel of {groups}, but a budget of {budget_t} t")]
    MissingClass { rule: String, groups: String, present: String, budget_t: f64 },
    #[error(
        "rule \"{rule}\": {proxies} is zero on all {parcels} parcels of {groups}, with a budget of {budget_t} t"
    )]
    ZeroWeight { rule: String, proxies: String, parcels: u64, groups: String, budget_t: f64 },
    #[error("rule \"{rule}\": unknown proxy \"{proxy}\" (expected one of {known})")]
    UnknownProxy { rule: String, proxy: String, known: String },
    #[error("rule \"{rule}\": budget {budget_t} t must be a number ≥ 0")]
    Budget { rule: String, budget_t: f64 },
    #[error("rule \"{rule}\": its point sources emit {point_t} t, more than its budget of {budget_t} t")]
    PointSources { rule: String, point_t: f64, budget_t: f64 },
    #[error("rule \"{rule}\": {proxy} is {value} on {}", rows_in_words(rows))]
    Weight { rule: String, proxy: String, rows: Vec<u32>, value: f64 },
    #[error("proxy \"{proxy}\" has {found} values for {expected} parcels")]
    Length { proxy: String, found: usize, expected: usize },
}

impl AllocationError {
    /// Stable code for findings.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingClass { .. } => "class_absent_with_budget",
            Self::ZeroWeight { .. } => "zero_proxy",
            Self::UnknownProxy { .. } => "unknown_proxy",
            Self::Budget { .. } => "negative_or_nan_budget",
            Self::PointSources { .. } => "point_sources_exceed_budget",
            Self::Weight { .. } => "bad_proxy_value",
            Self::Length { .. } => "proxy_length",
        }
    }

    /// Tonnes at stake, if known.
    pub fn amount_t(&self) -> Option<f64> {
        match self {
            Self::MissingClass { budget_t, .. } | Self::ZeroWeight { budget_t, .. } => Some(*budget_t),
            Self::PointSources { point_t, .. } => Some(*point_t),
            _ => None,
        }
    }

    /// What a user can do about it, where there is a choice.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::MissingClass { .. } => Some(
                "correct the name in `land` or the land-use scheme; only if the class is truly absent: on_missing_class = \"unallocated\" or { redirect = [...] }",
            ),
            Self::ZeroWeight { .. } => {
                Some("on_zero_weight = \"area\" shares it by area, \"unallocated\" leaves it out")
            }
            Self::Weight { .. } => Some("correct these rows of the layer that the proxy is made of"),
            Self::Budget { .. } => Some(
                "sinks are given positive; land that is a net source is an emission sector of its own, e.g. sector = \"land\"",
            ),
            _ => None,
        }
    }

    /// What would have been understood, where that is a list.
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::MissingClass { present, .. } => Some(format!("a space type that has parcels: {present}")),
            Self::Weight { .. } => Some("a finite number, 0 or more, on every parcel".to_owned()),
            _ => None,
        }
    }

    /// The error as a user reads it.
    pub fn to_finding(&self) -> Finding {
        let mut finding = Finding::error(self.code(), self.to_string());
        finding.amount_t = self.amount_t();
        finding.hint = self.hint().map(str::to_owned);
        finding.expected = self.expected();
        finding
    }
}

/// `parcel row 7`, or `12 parcel rows: 3, 4, 9, ...`; rows count from 0 in the order of the layer.
fn rows_in_words(rows: &[u32]) -> String {
    let shown: Vec<String> = rows.iter().take(10).map(ToString::to_string).collect();
    match rows {
        [one] => format!("parcel row {one}"),
        _ => format!(
            "{} parcel rows: {}{}",
            rows.len(),
            shown.join(", "),
            if rows.len() > shown.len() { ", ..." } else { "" }
        ),
    }
}
