//! Faults of a polygon: their kinds, and the test whether two edges cross.

use std::fmt;

use crate::ring::turn;

/// One fault of a feature: in its part `part`, from 0, and there in the ring `ring`; 0 is the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Defect {
    /// The feature has no ring.
    Empty,
    /// A coordinate is NaN or infinite; the ring counts for nothing.
    NotFinite { part: usize, ring: usize },
    /// Fewer than four stored vertices (three corners and the closing one).
    TooFewVertices { part: usize, ring: usize },
    /// The last vertex is not the first; the ring is closed by a straight edge.
    Unclosed { part: usize, ring: usize },
    /// The ring encloses no area; it counts for nothing.
    ZeroArea { part: usize, ring: usize },
    /// Two edges of the ring cross or run on top of each other.
    SelfCrossing { part: usize, ring: usize },
    /// A hole outside its shell.
    HoleOutside { part: usize, ring: usize },
    /// A hole partly outside its shell.
    HoleAcrossShell { part: usize, ring: usize },
    /// A hole that goes round its shell: the rings stand in another order.
    HoleAroundShell { part: usize, ring: usize },
    /// A hole of the same ground as an earlier one.
    HoleTwice { part: usize, ring: usize },
    /// A hole that shares ground with an earlier one, or lies in it.
    HolesOverlap { part: usize, ring: usize },
    /// A part of the same ground as an earlier one.
    PartTwice { part: usize },
    /// A part that shares ground with an earlier one, or lies in it.
    PartsOverlap { part: usize },
    /// A ring that shares a stretch of boundary with another one, but no ground.
    RingsTouch { part: usize, ring: usize },
}

/// Kinds of what can be wrong between rings, in the words of a finding.
pub(crate) const KINDS: [&str; 8] = [
    "holes outside their shell",
    "holes that cross their shell",
    "holes drawn twice",
    "holes that overlap or lie in one another",
    "parts drawn twice",
    "parts that overlap or lie in one another",
    "rings that run along each other",
    "holes that go round their shell (rings in another order)",
];

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, ring, what) = match self {
            Self::Empty => return f.write_str("no polygon"),
            Self::NotFinite { part, ring } => (part, ring, "a coordinate is not finite"),
            Self::TooFewVertices { part, ring } => (part, ring, "fewer than 4 vertices"),
            Self::Unclosed { part, ring } => (part, ring, "the last vertex is not the first"),
            Self::ZeroArea { part, ring } => (part, ring, "no area"),
            Self::SelfCrossing { part, ring } => (part, ring, "crosses itself"),
            Self::HoleOutside { part, ring } => (part, ring, "a hole outside its shell"),
            Self::HoleAcrossShell { part, ring } => (part, ring, "a hole that crosses its shell"),
            Self::HoleAroundShell { part, ring } => (part, ring, "a hole that goes round its shell"),
            Self::HoleTwice { part, ring } => (part, ring, "a hole drawn twice"),
            Self::HolesOverlap { part, ring } => (part, ring, "shares ground with another hole"),
            Self::PartTwice { part } => return write!(f, "part {part}: drawn twice"),
            Self::PartsOverlap { part } => return write!(f, "part {part}: shares ground with another part"),
            Self::RingsTouch { part, ring } => (part, ring, "runs along another ring"),
        };
        write!(f, "part {part}, ring {ring}: {what}")
    }
}

/// Rings of a feature with up to this many edges together are checked edge by edge, more through an R-tree.
pub(crate) const SHORT_RING: usize = 64;

pub(crate) type Edge = [[f64; 2]; 2];

/// True if the edges cross properly or share a stretch; a common or touching point is allowed.
pub(crate) fn edges_cross(e: &Edge, f: &Edge) -> bool {
    let apart =
        |k: usize| e[0][k].max(e[1][k]) < f[0][k].min(f[1][k]) || f[0][k].max(f[1][k]) < e[0][k].min(e[1][k]);
    if apart(0) || apart(1) {
        return false;
    }
    let (a, b) = (turn(e[0], e[1], f[0]), turn(e[0], e[1], f[1]));
    let (c, d) = (turn(f[0], f[1], e[0]), turn(f[0], f[1], e[1]));
    if a == 0.0 && b == 0.0 {
        // On one line: a stretch in common, measured on the longer axis.
        let k = usize::from((e[0][1] - e[1][1]).abs() > (e[0][0] - e[1][0]).abs());
        let low = e[0][k].min(e[1][k]).max(f[0][k].min(f[1][k]));
        let high = e[0][k].max(e[1][k]).min(f[0][k].max(f[1][k]));
        return low < high;
    }
    a * b < 0.0 && c * d < 0.0
}
