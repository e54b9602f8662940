//! From two indices to a class, for many units.

/// Cuts of one index.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts {
    /// Ascending.
    pub cuts: Vec<f64>,
    /// A value on a cut is above it.
    pub equal_is_above: bool,
    /// Width of "equal".
    pub tolerance: f64,
}

impl Cuts {
    /// Level of a value, see [`level`].
    pub fn level(&self, value: f64) -> usize {
        level(value, &self.cuts, self.equal_is_above, self.tolerance)
    }
}

/// Level of a value, 0 = lowest: the number of cuts below it. `tolerance`: width of "equal".
pub fn level(value: f64, cuts: &[f64], equal_is_above: bool, tolerance: f64) -> usize {
    let above =
        |cut: &&f64| if equal_is_above { value >= **cut - tolerance } else { value > **cut + tolerance };
    cuts.iter().filter(above).count()
}

/// Cuts of both indices and the class of every pair of levels.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassTable {
    /// Cuts of the economic index.
    pub economic: Cuts,
    /// Cuts of the ecological index.
    pub ecological: Cuts,
    /// Class code by economic and ecological level.
    pub codes: Vec<Vec<u8>>,
    /// Class of a unit that emits nothing.
    pub no_emission: u8,
    /// Class of a unit without an index that judges.
    pub undefined: u8,
}

impl ClassTable {
    /// Code of the class of a unit; `nothing`: it emits nothing.
    pub fn class(&self, economic: Option<f64>, ecological: Option<f64>, nothing: bool) -> u8 {
        // An index of one level is not judged: its value may be missing.
        let level = |cuts: &Cuts, v: Option<f64>| {
            if cuts.cuts.is_empty() { Some(0) } else { v.map(|v| cuts.level(v)) }
        };
        match (level(&self.economic, economic), level(&self.ecological, ecological)) {
            _ if nothing => self.no_emission,
            (Some(e), Some(s)) => self.codes[e][s],
            _ => self.undefined,
        }
    }

    /// Codes of the classes of many units.
    pub fn classes(&self, economic: &[Option<f64>], ecological: &[Option<f64>], nothing: &[bool]) -> Vec<u8> {
        let units = economic.iter().zip(ecological).zip(nothing);
        units.map(|((e, s), nothing)| self.class(*e, *s, *nothing)).collect()
    }
}
