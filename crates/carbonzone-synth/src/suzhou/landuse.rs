//! Which land-use class a piece of land gets.

use crate::error::Result;
use crate::noise::fractal;
use crate::rng::Rng;
use crate::shape::Point;
use crate::suzhou::fields::Sample;
use crate::suzhou::land_class::class;
use crate::table::Table;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What kind of place a class is for people, points of interest and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Urban housing.
    Housing,
    /// Village housing.
    Village,
    /// Shops, offices, logistics.
    Commercial,
    /// Factories, storage.
    Industrial,
    /// Schools, hospitals, offices of the state, parks.
    Public,
    /// Power, water, waste.
    Utility,
    /// Streets and stations.
    Road,
    /// Railway.
    Rail,
    /// Harbour.
    Port,
    /// Fields, gardens, farm buildings, ponds.
    Farm,
    /// Forest, grass, water, unused, special.
    Open,
}

/// The use of a class.
pub fn use_of(code: &str) -> Use {
    match code {
        "0701" => Use::Housing,
        "0702" => Use::Village,
        "0809" => Use::Utility,
        "1001" => Use::Rail,
        "1008" => Use::Port,
        "1003" | "1004" | "1005" | "1006" => Use::Road,
        "1104" | "1104A" | "1202" => Use::Farm,
        c => match &c[..2] {
            "01" | "02" => Use::Farm,
            "05" => Use::Commercial,
            "06" => Use::Industrial,
            "08" => Use::Public,
            _ => Use::Open,
        },
    }
}

/// Classes with their weights, by the place where they are drawn.
type Draws = BTreeMap<String, Vec<(&'static str, f64)>>;

static DRAWS: LazyLock<Draws> = LazyLock::new(|| draws().expect("a test reads the shipped file"));

fn draws() -> Result<Draws> {
    let mut out = Draws::new();
    for row in Table::parse("land_draws.csv", include_str!("../../data/land_draws.csv"))?.rows() {
        let code = row.text("code")?;
        let (code, _) = class(code).ok_or_else(|| row.wrong("code", code, "a class of land_classes.csv"))?;
        out.entry(row.text("place")?.to_owned()).or_default().push((code, row.value("weight")?));
    }
    Ok(out)
}

fn draw(place: &str, rng: &mut Rng) -> &'static str {
    let table = &DRAWS[place];
    let total: f64 = table.iter().map(|t| t.1).sum();
    let mut at = rng.unit() * total;
    for (code, weight) in table {
        at -= weight;
        if at < 0.0 {
            return code;
        }
    }
    table[0].0
}

/// The class of a piece of land at `p`. Patches come from noise with wavelengths of some hundred metres to some kilometres, so that
/// neighbours look alike; `rng` belongs to the piece.
pub fn choose(p: Point, s: &Sample, seed: u64, rng: &mut Rng) -> &'static str {
    let patch = |k: u64, wavelength: f64, octaves: u32| {
        fractal(seed.wrapping_add(k * 0x1_0001), p[0] / wavelength, p[1] / wavelength, octaves)
    };
    if s.yangtze > 0.0 && s.yangtze + 0.5 * patch(1, 2600.0, 2) > 0.45 && s.urban + s.industry > 0.25 {
        return draw("shore", rng);
    }
    if s.forest + 0.35 * patch(2, 900.0, 3) > 0.5 {
        return draw("woods", rng);
    }
    let built = s.urban + 0.30 * patch(3, 1300.0, 3) + 0.05 * (rng.unit() - 0.5);
    let factory = s.industry - 0.55 * s.core + 0.42 * patch(4, 3600.0, 2) + 0.16 * patch(5, 1100.0, 2);
    if built > 0.42 {
        if factory > 0.40 {
            return draw("factories", rng);
        }
        let centre = s.core + 0.35 * patch(6, 1500.0, 2);
        if centre > 0.86 {
            return draw("centre", rng);
        }
        if patch(7, 2200.0, 2) > 0.62 {
            return draw("campus", rng);
        }
        return draw("housing", rng);
    }
    if factory > 0.62 && built > 0.16 {
        return draw("factories", rng);
    }
    if built > 0.30 {
        return draw("town_edge", rng);
    }
    if s.forest > 0.12 && patch(8, 1600.0, 2) > -0.25 {
        return draw("orchards", rng);
    }
    if patch(9, 520.0, 3) > 0.42 {
        return draw("villages", rng);
    }
    if s.wet + 0.6 * patch(10, 3200.0, 3) > 0.52 {
        return draw("ponds", rng);
    }
    draw("fields", rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_classes_with_weights() {
        assert_eq!(DRAWS.len(), 11);
        assert!(DRAWS.values().flatten().all(|(_, weight)| *weight > 0.0));
    }
}
