//! POI as they stand in the file: points, each under one of its codes.

use carbonzone_spatialize::MatchKind;

/// A point of the file under one of its codes.
#[derive(Debug, Clone, Copy)]
pub struct RawRow {
    /// Hash of id or name; 0 if there is none.
    pub key: u64,
    /// Number of the feature in the file; the points of a multipoint share it.
    pub feature: u32,
    /// Index into the codes.
    pub code: u32,
    /// Easting, m.
    pub x: f64,
    /// Northing, m.
    pub y: f64,
    /// Weight of the feature.
    pub weight: f64,
}

/// Codes that a message lists.
pub const LISTED: usize = 40;

/// The layer as read.
#[derive(Debug, Clone, Default)]
pub struct RawPoi {
    /// Points and codes.
    pub rows: Vec<RawRow>,
    /// Codes in the order of their classes, unknown ones last, then by text.
    pub codes: Vec<Code>,
}

impl RawPoi {
    /// The codes in the order of their classes, unknown ones last, then by text: nothing may depend on the order of the file.
    pub fn in_order(mut rows: Vec<RawRow>, codes: &[Code]) -> Self {
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        let key = |at: u32| (codes[at as usize].class.is_none(), &codes[at as usize]);
        order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        for row in &mut rows {
            row.code = place[row.code as usize];
        }
        Self { rows, codes: order.iter().map(|&old| codes[old as usize].clone()).collect() }
    }
}

/// A single code, in the field in which it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Class of the scheme; `None`: unknown.
    pub class: Option<u32>,
    /// The code as it stands in the file.
    pub text: String,
    pub field: String,
    /// How the scheme knows it; `None`: not at all.
    pub kind: Option<MatchKind>,
}
