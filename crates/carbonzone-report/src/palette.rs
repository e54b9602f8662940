//! Colour-blind-safe colours, from `ColorBrewer` and viridis.

use crate::gradient::{self, Gradient};
use serde::{Deserialize, Serialize};

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// Reads `#rrggbb` or `rrggbb`.
    pub fn parse(hex: &str) -> Option<Self> {
        let digits = hex.trim().trim_start_matches('#');
        if digits.len() != 6 || !digits.is_ascii() {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        Some(Self((value >> 16) as u8, (value >> 8) as u8, value as u8))
    }

    /// The colour scaled towards black: `k = 1` leaves it.
    pub fn darker(self, k: f64) -> Self {
        let f = |c: u8| (f64::from(c) * k).round().clamp(0.0, 255.0) as u8;
        Self(f(self.0), f(self.1), f(self.2))
    }

    /// The colour mixed with white: `k = 1` leaves it, `k = 0` is white.
    pub fn lighter(self, k: f64) -> Self {
        let f = |c: u8| (255.0 + (f64::from(c) - 255.0) * k).round().clamp(0.0, 255.0) as u8;
        Self(f(self.0), f(self.1), f(self.2))
    }

    /// Relative luminance (Rec. 709 weights on the gamma-coded values), 0 black to 255 white: what a grey print shows.
    pub fn grey(self) -> f64 {
        0.2126 * f64::from(self.0) + 0.7152 * f64::from(self.1) + 0.0722 * f64::from(self.2)
    }
}

/// Fill of units without a value.
pub const NO_DATA: Rgb = Rgb(0xd9, 0xd9, 0xd9);
/// Fill of units whose value is exactly the forced zero.
pub const EXACT_ZERO: Rgb = Rgb(0xee, 0xee, 0xee);

/// Family of colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Palette {
    /// `ColorBrewer`: reds for emission, greens for sinks, blue–red for net, brown–green for coefficients.
    #[default]
    Standard,
    /// viridis for every sequential map, purple–orange for the two-sided ones.
    Viridis,
    /// cividis for every sequential map, purple–orange for the two-sided ones.
    Cividis,
    /// Greys, for print without colour.
    Grey,
}

/// What the colours tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// Emission: more is darker.
    Emission,
    /// Sink: more is darker.
    Sink,
    /// Compensation (sinks over emissions): more is darker.
    Rate,
    /// Net emission: two sides of 0.
    Net,
    /// Coefficient: two sides of a threshold.
    Coefficient,
}

impl Palette {
    /// `below` colours for the classes under the pivot, then `above` for those over it, light near the pivot.
    /// For a sequential meaning `below` is 0.
    pub fn colours(self, meaning: Meaning, below: usize, above: usize) -> Vec<Rgb> {
        if below == 0 {
            return self.sequential(meaning, above);
        }
        let gradient = match (self, meaning) {
            (Self::Grey, _) => return grey_two_sided(below, above),
            (Self::Standard, Meaning::Coefficient) => gradient::BROWN_GREEN,
            (Self::Standard, _) => gradient::RED_BLUE,
            _ => gradient::PURPLE_ORANGE,
        };
        // RED_BLUE runs red to blue, but sinks (below 0) are blue: read it backwards.
        let reversed = matches!((self, meaning), (Self::Standard, Meaning::Net));
        let at = |t: f64| eval(gradient, if reversed { 1.0 - t } else { t });
        let low = (0..below).map(|i| at(side_position(i, below)));
        let high = (0..above).rev().map(|i| at(1.0 - side_position(i, above)));
        low.chain(high).collect()
    }

    fn sequential(self, meaning: Meaning, n: usize) -> Vec<Rgb> {
        let (gradient, from, to) = match (self, meaning) {
            (Self::Viridis, _) => (gradient::VIRIDIS, 1.0, 0.05),
            (Self::Cividis, _) => (Gradient::Cividis, 1.0, 0.0),
            (Self::Grey, _) => (gradient::GREYS, 0.06, 0.92),
            (Self::Standard, Meaning::Sink) => (gradient::GREENS, 0.08, 0.98),
            (Self::Standard, Meaning::Rate) => (gradient::YELLOW_GREEN_BLUE, 0.04, 0.95),
            (Self::Standard, _) => (gradient::REDS, 0.06, 0.98),
        };
        let step = |i: usize| if n < 2 { 0.5 } else { i as f64 / (n - 1) as f64 };
        (0..n).map(|i| eval(gradient, from + (to - from) * step(i))).collect()
    }
}

/// Place of class `i` of `n` on the lower half of a two-sided gradient: the outermost is darkest.
fn side_position(i: usize, n: usize) -> f64 {
    0.08 + 0.30 * (i as f64 / (n.max(2) - 1) as f64) + if n == 1 { 0.18 } else { 0.0 }
}

fn grey_two_sided(below: usize, above: usize) -> Vec<Rgb> {
    // Light for the lower side, dark for the upper: the hatch of the style model marks the lower side as well.
    let n = below + above;
    (0..n).map(|i| eval(gradient::GREYS, 0.05 + 0.87 * i as f64 / (n.max(2) - 1) as f64)).collect()
}

/// Colours of ordered levels, lowest first: viridis without its ends, so that a paler one of each can be told from the others.
pub fn level_colors(n: usize) -> Vec<Rgb> {
    let step = |i: usize| i as f64 / (n.max(2) - 1) as f64;
    (0..n).map(|i| eval(gradient::VIRIDIS, 0.12 + 0.68 * step(i))).collect()
}

fn eval(gradient: Gradient, t: f64) -> Rgb {
    let [r, g, b] = gradient.at(t);
    Rgb(r, g, b)
}

/// Colours of sectors and land groups in bar charts, in order (Okabe and Ito, then greys).
pub const SERIES: [Rgb; 10] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0xf0, 0xe4, 0x42),
    Rgb(0x99, 0x99, 0x99),
    Rgb(0x5b, 0x5b, 0x5b),
    Rgb(0xb0, 0x8d, 0x57),
    Rgb(0x00, 0x3f, 0x5c),
];
/// Colour of sinks in charts (Okabe and Ito, bluish green).
pub const SINK: Rgb = Rgb(0x00, 0x9e, 0x73);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_colours_get_darker_in_grey() {
        for palette in [Palette::Standard, Palette::Viridis, Palette::Cividis, Palette::Grey] {
            for meaning in [Meaning::Emission, Meaning::Sink, Meaning::Rate] {
                let greys: Vec<f64> = palette.colours(meaning, 0, 5).iter().map(|c| c.grey()).collect();
                assert!(greys.windows(2).all(|w| w[0] > w[1] + 12.0), "{palette:?} {meaning:?} {greys:?}");
            }
        }
    }

    #[test]
    fn net_sinks_are_blue_and_net_sources_red() {
        let colours = Palette::Standard.colours(Meaning::Net, 2, 3);
        assert_eq!(colours.len(), 5);
        assert!(colours[0].2 > colours[0].0 && colours[1].2 > colours[1].0, "{colours:?}");
        assert!(colours[2..].iter().all(|c| c.0 > c.2), "{colours:?}");
        assert!(colours[4].grey() < colours[2].grey() && colours[0].grey() < colours[1].grey());
    }

    #[test]
    fn hex_survives_a_round_trip() {
        assert_eq!(Rgb::parse("#009E73").unwrap().hex(), "#009e73");
        assert_eq!(Rgb::parse("#09E"), None);
    }
}
