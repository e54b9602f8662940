//! How well a number is verified.

use serde::{Deserialize, Serialize};

/// Verification status of a factor row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The primary table, or a faithful extract of it, was read.
    VerifiedPrimary,
    /// A paper or program that reproduces it was read.
    VerifiedSecondary,
    /// Given by the user.
    User,
    /// Widely tabulated, not yet checked against its primary table.
    Unverified,
    /// Sources that were read disagree.
    Disputed,
}

impl Status {
    /// True for rows a run must warn about: unverified or disputed.
    pub fn is_weak(self) -> bool {
        matches!(self, Self::Unverified | Self::Disputed)
    }

    /// Name as in the tables, e.g. `verified_primary`.
    pub fn name(self) -> &'static str {
        match self {
            Self::VerifiedPrimary => "verified_primary",
            Self::VerifiedSecondary => "verified_secondary",
            Self::User => "user",
            Self::Unverified => "unverified",
            Self::Disputed => "disputed",
        }
    }

    /// Names accepted, for messages.
    pub(crate) const NAMES: &'static str =
        "verified_primary | verified_secondary | user | unverified | disputed";

    /// The status of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::VerifiedPrimary, Self::VerifiedSecondary, Self::User, Self::Unverified, Self::Disputed]
            .into_iter()
            .find(|s| s.name() == name)
    }
}
