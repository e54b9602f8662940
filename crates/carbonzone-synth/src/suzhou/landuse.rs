//! Which land-use class a piece of land gets.

use crate::noise::fractal;
use crate::rng::Rng;
use crate::shape::Point;
use crate::suzhou::fields::Sample;

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
#[must_use]
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

const HOUSING: [(&str, f64); 14] = [
    ("0701", 60.0),
    ("0501", 5.0),
    ("0507", 2.0),
    ("0503", 1.2),
    ("05H1", 1.2),
    ("0803", 6.0),
    ("0805", 1.6),
    ("0806", 0.8),
    ("0808", 1.2),
    ("0801", 2.0),
    ("08H1", 0.6),
    ("0810", 8.0),
    ("0809", 1.4),
    ("1201", 3.0),
];

const CENTRE: [(&str, f64); 15] = [
    ("0505", 18.0),
    ("0501", 17.0),
    ("0504", 4.0),
    ("0503", 4.0),
    ("0506", 3.0),
    ("05H1", 2.0),
    ("0701", 25.0),
    ("0801", 7.0),
    ("0807", 3.0),
    ("0804", 3.0),
    ("08H2", 2.0),
    ("0810", 8.0),
    ("0904", 0.8),
    ("0809", 1.0),
    ("1005", 1.5),
];

const CAMPUS: [(&str, f64); 6] =
    [("08H2A", 34.0), ("0803", 30.0), ("0804", 16.0), ("0805", 6.0), ("0701", 8.0), ("0810", 6.0)];

const FACTORIES: [(&str, f64); 12] = [
    ("0601", 74.0),
    ("0604", 5.0),
    ("0508", 4.0),
    ("0502", 1.0),
    ("0809", 2.6),
    ("0701", 4.0),
    ("0507", 2.0),
    ("0501", 1.0),
    ("0801", 0.6),
    ("1201", 3.5),
    ("1005", 0.8),
    ("0810", 1.5),
];

const TOWN_EDGE: [(&str, f64); 9] = [
    ("0702", 34.0),
    ("0701", 20.0),
    ("0601", 16.0),
    ("0102", 10.0),
    ("0803", 3.0),
    ("0501", 5.0),
    ("0809", 1.0),
    ("1201", 5.0),
    ("0307", 6.0),
];

const FIELDS: [(&str, f64); 12] = [
    ("0101", 66.0),
    ("0102", 9.0),
    ("0103", 5.0),
    ("0204", 2.5),
    ("0307", 4.0),
    ("1104", 3.5),
    ("1107", 2.0),
    ("0404", 1.6),
    ("1202", 1.6),
    ("0702", 3.5),
    ("1201", 0.6),
    ("1109", 0.4),
];

const PONDS: [(&str, f64); 6] =
    [("1104A", 46.0), ("1104", 30.0), ("0101", 14.0), ("0307", 4.0), ("1106", 2.5), ("1202", 2.5)];

const ORCHARDS: [(&str, f64); 6] =
    [("0201", 46.0), ("0202", 20.0), ("0204", 6.0), ("0301", 14.0), ("0702", 10.0), ("0102", 4.0)];

const WOODS: [(&str, f64); 7] = [
    ("0301", 70.0),
    ("0302", 8.0),
    ("0305", 10.0),
    ("0404", 3.0),
    ("0202", 4.0),
    ("0905", 1.0),
    ("0906", 1.5),
];

const VILLAGES: [(&str, f64); 5] =
    [("0702", 76.0), ("0102", 9.0), ("0501", 2.5), ("0601", 6.0), ("0801", 2.0)];

const SHORE: [(&str, f64); 6] =
    [("1008", 44.0), ("0601", 26.0), ("0508", 8.0), ("0809", 3.0), ("1106", 8.0), ("0404", 6.0)];

fn draw(table: &[(&'static str, f64)], rng: &mut Rng) -> &'static str {
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
#[must_use]
pub fn choose(p: Point, s: &Sample, seed: u64, rng: &mut Rng) -> &'static str {
    let patch = |k: u64, wavelength: f64, octaves: u32| {
        fractal(seed.wrapping_add(k * 0x1_0001), p[0] / wavelength, p[1] / wavelength, octaves)
    };
    if s.yangtze > 0.0 && s.yangtze + 0.5 * patch(1, 2600.0, 2) > 0.45 && s.urban + s.industry > 0.25 {
        return draw(&SHORE, rng);
    }
    if s.forest + 0.35 * patch(2, 900.0, 3) > 0.5 {
        return draw(&WOODS, rng);
    }
    let built = s.urban + 0.30 * patch(3, 1300.0, 3) + 0.05 * (rng.unit() - 0.5);
    let factory = s.industry - 0.55 * s.core + 0.42 * patch(4, 3600.0, 2) + 0.16 * patch(5, 1100.0, 2);
    if built > 0.42 {
        if factory > 0.40 {
            return draw(&FACTORIES, rng);
        }
        let centre = s.core + 0.35 * patch(6, 1500.0, 2);
        if centre > 0.86 {
            return draw(&CENTRE, rng);
        }
        if patch(7, 2200.0, 2) > 0.62 {
            return draw(&CAMPUS, rng);
        }
        return draw(&HOUSING, rng);
    }
    if factory > 0.62 && built > 0.16 {
        return draw(&FACTORIES, rng);
    }
    if built > 0.30 {
        return draw(&TOWN_EDGE, rng);
    }
    if s.forest > 0.12 && patch(8, 1600.0, 2) > -0.25 {
        return draw(&ORCHARDS, rng);
    }
    if patch(9, 520.0, 3) > 0.42 {
        return draw(&VILLAGES, rng);
    }
    if s.wet + 0.6 * patch(10, 3200.0, 3) > 0.52 {
        return draw(&PONDS, rng);
    }
    draw(&FIELDS, rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suzhou::land_class::class;

    #[test]
    fn every_class_of_the_draw_tables_has_a_name() {
        let tables: [&[(&str, f64)]; 10] = [
            &HOUSING, &CENTRE, &CAMPUS, &FACTORIES, &TOWN_EDGE, &FIELDS, &PONDS, &ORCHARDS, &WOODS, &VILLAGES,
        ];
        for code in tables.iter().flat_map(|t| t.iter()).chain(&SHORE).map(|t| t.0) {
            assert!(class(code).is_some(), "{code}");
        }
    }
}
