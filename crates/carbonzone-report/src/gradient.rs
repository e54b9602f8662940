//! Continuous colours: `ColorBrewer` (C. Brewer, M. Harrower), viridis (S. van der Walt, N. Smith) and cividis
//! (J. Nuñez, C. Anderton, R. Renslow), safe for colour-blind readers; drawn between their colours as D3 does.

#![expect(clippy::unreadable_literal, reason = "a colour is six digits")]

/// Colours along 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gradient {
    /// A cubic spline near these colours (`0xrrggbb`), evenly spaced.
    Spline(&'static [u32]),
    /// cividis, as polynomials.
    Cividis,
}

impl Gradient {
    /// Red, green and blue at `t`, from 0 to 1.
    pub(crate) fn at(self, t: f64) -> [u8; 3] {
        let t = t.clamp(0.0, 1.0) as f32;
        match self {
            Self::Spline(colours) => [16, 8, 0].map(|shift| spline(t, colours, shift)),
            Self::Cividis => cividis(t),
        }
    }
}

/// A channel of the uniform cubic B-spline at `t`, mirrored beyond both ends.
fn spline(t: f32, colours: &[u32], shift: u32) -> u8 {
    let channel = |i: usize| f32::from((colours[i] >> shift) as u8);
    let n = colours.len() - 1;
    let i = ((t * n as f32).floor() as usize).min(n - 1);
    let (v1, v2) = (channel(i), channel(i + 1));
    let v0 = if i > 0 { channel(i - 1) } else { 2.0 * v1 - v2 };
    let v3 = if i < n - 1 { channel(i + 2) } else { 2.0 * v2 - v1 };
    let t1 = (t - i as f32 / n as f32) * n as f32;
    let (t2, t3) = (t1 * t1, t1 * t1 * t1);
    (((1.0 - 3.0 * t1 + 3.0 * t2 - t3) * v0
        + (4.0 - 6.0 * t2 + 3.0 * t3) * v1
        + (1.0 + 3.0 * t1 + 3.0 * t2 - 3.0 * t3) * v2
        + t3 * v3)
        / 6.0) as u8
}

fn cividis(t: f32) -> [u8; 3] {
    let r = -4.54 - t * (35.34 - t * (2381.73 - t * (6402.7 - t * (7024.72 - t * 2710.57))));
    let g = 32.49 + t * (170.73 + t * (52.82 - t * (131.46 - t * (176.58 - t * 67.37))));
    let b = 81.24 + t * (442.36 - t * (2482.43 - t * (6167.24 - t * (6614.94 - t * 2475.67))));
    // The conversion is held within 0 and 255.
    [r as u8, g as u8, b as u8]
}

/// `BrBG` of `ColorBrewer`.
pub(crate) const BROWN_GREEN: Gradient = Gradient::Spline(&[
    0x543005, 0x8c510a, 0xbf812d, 0xdfc27d, 0xf6e8c3, 0xf5f5f5, 0xc7eae5, 0x80cdc1, 0x35978f, 0x01665e,
    0x003c30,
]);

/// `RdBu` of `ColorBrewer`.
pub(crate) const RED_BLUE: Gradient = Gradient::Spline(&[
    0x67001f, 0xb2182b, 0xd6604d, 0xf4a582, 0xfddbc7, 0xf7f7f7, 0xd1e5f0, 0x92c5de, 0x4393c3, 0x2166ac,
    0x053061,
]);

/// `PuOr` of `ColorBrewer`.
pub(crate) const PURPLE_ORANGE: Gradient = Gradient::Spline(&[
    0x2d004b, 0x542788, 0x8073ac, 0xb2abd2, 0xd8daeb, 0xf7f7f7, 0xfee0b6, 0xfdb863, 0xe08214, 0xb35806,
    0x7f3b08,
]);

/// Greys of `ColorBrewer`.
pub(crate) const GREYS: Gradient = Gradient::Spline(&[
    0xffffff, 0xf0f0f0, 0xd9d9d9, 0xbdbdbd, 0x969696, 0x737373, 0x525252, 0x252525, 0x000000,
]);

/// Greens of `ColorBrewer`.
pub(crate) const GREENS: Gradient = Gradient::Spline(&[
    0xf7fcf5, 0xe5f5e0, 0xc7e9c0, 0xa1d99b, 0x74c476, 0x41ab5d, 0x238b45, 0x006d2c, 0x00441b,
]);

/// Reds of `ColorBrewer`.
pub(crate) const REDS: Gradient = Gradient::Spline(&[
    0xfff5f0, 0xfee0d2, 0xfcbba1, 0xfc9272, 0xfb6a4a, 0xef3b2c, 0xcb181d, 0xa50f15, 0x67000d,
]);

/// `YlGnBu` of `ColorBrewer`.
pub(crate) const YELLOW_GREEN_BLUE: Gradient = Gradient::Spline(&[
    0xffffd9, 0xedf8b1, 0xc7e9b4, 0x7fcdbb, 0x41b6c4, 0x1d91c0, 0x225ea8, 0x253494, 0x081d58,
]);

/// viridis.
pub(crate) const VIRIDIS: Gradient = Gradient::Spline(&[
    0x440154, 0x440256, 0x450457, 0x450559, 0x46075a, 0x46085c, 0x460a5d, 0x460b5e, 0x470d60, 0x470e61,
    0x471063, 0x471164, 0x471365, 0x481467, 0x481668, 0x481769, 0x48186a, 0x481a6c, 0x481b6d, 0x481c6e,
    0x481d6f, 0x481f70, 0x482071, 0x482173, 0x482374, 0x482475, 0x482576, 0x482677, 0x482878, 0x482979,
    0x472a7a, 0x472c7a, 0x472d7b, 0x472e7c, 0x472f7d, 0x46307e, 0x46327e, 0x46337f, 0x463480, 0x453581,
    0x453781, 0x453882, 0x443983, 0x443a83, 0x443b84, 0x433d84, 0x433e85, 0x423f85, 0x424086, 0x424186,
    0x414287, 0x414487, 0x404588, 0x404688, 0x3f4788, 0x3f4889, 0x3e4989, 0x3e4a89, 0x3e4c8a, 0x3d4d8a,
    0x3d4e8a, 0x3c4f8a, 0x3c508b, 0x3b518b, 0x3b528b, 0x3a538b, 0x3a548c, 0x39558c, 0x39568c, 0x38588c,
    0x38598c, 0x375a8c, 0x375b8d, 0x365c8d, 0x365d8d, 0x355e8d, 0x355f8d, 0x34608d, 0x34618d, 0x33628d,
    0x33638d, 0x32648e, 0x32658e, 0x31668e, 0x31678e, 0x31688e, 0x30698e, 0x306a8e, 0x2f6b8e, 0x2f6c8e,
    0x2e6d8e, 0x2e6e8e, 0x2e6f8e, 0x2d708e, 0x2d718e, 0x2c718e, 0x2c728e, 0x2c738e, 0x2b748e, 0x2b758e,
    0x2a768e, 0x2a778e, 0x2a788e, 0x29798e, 0x297a8e, 0x297b8e, 0x287c8e, 0x287d8e, 0x277e8e, 0x277f8e,
    0x27808e, 0x26818e, 0x26828e, 0x26828e, 0x25838e, 0x25848e, 0x25858e, 0x24868e, 0x24878e, 0x23888e,
    0x23898e, 0x238a8d, 0x228b8d, 0x228c8d, 0x228d8d, 0x218e8d, 0x218f8d, 0x21908d, 0x21918c, 0x20928c,
    0x20928c, 0x20938c, 0x1f948c, 0x1f958b, 0x1f968b, 0x1f978b, 0x1f988b, 0x1f998a, 0x1f9a8a, 0x1e9b8a,
    0x1e9c89, 0x1e9d89, 0x1f9e89, 0x1f9f88, 0x1fa088, 0x1fa188, 0x1fa187, 0x1fa287, 0x20a386, 0x20a486,
    0x21a585, 0x21a685, 0x22a785, 0x22a884, 0x23a983, 0x24aa83, 0x25ab82, 0x25ac82, 0x26ad81, 0x27ad81,
    0x28ae80, 0x29af7f, 0x2ab07f, 0x2cb17e, 0x2db27d, 0x2eb37c, 0x2fb47c, 0x31b57b, 0x32b67a, 0x34b679,
    0x35b779, 0x37b878, 0x38b977, 0x3aba76, 0x3bbb75, 0x3dbc74, 0x3fbc73, 0x40bd72, 0x42be71, 0x44bf70,
    0x46c06f, 0x48c16e, 0x4ac16d, 0x4cc26c, 0x4ec36b, 0x50c46a, 0x52c569, 0x54c568, 0x56c667, 0x58c765,
    0x5ac864, 0x5cc863, 0x5ec962, 0x60ca60, 0x63cb5f, 0x65cb5e, 0x67cc5c, 0x69cd5b, 0x6ccd5a, 0x6ece58,
    0x70cf57, 0x73d056, 0x75d054, 0x77d153, 0x7ad151, 0x7cd250, 0x7fd34e, 0x81d34d, 0x84d44b, 0x86d549,
    0x89d548, 0x8bd646, 0x8ed645, 0x90d743, 0x93d741, 0x95d840, 0x98d83e, 0x9bd93c, 0x9dd93b, 0xa0da39,
    0xa2da37, 0xa5db36, 0xa8db34, 0xaadc32, 0xaddc30, 0xb0dd2f, 0xb2dd2d, 0xb5de2b, 0xb8de29, 0xbade28,
    0xbddf26, 0xc0df25, 0xc2df23, 0xc5e021, 0xc8e020, 0xcae11f, 0xcde11d, 0xd0e11c, 0xd2e21b, 0xd5e21a,
    0xd8e219, 0xdae319, 0xdde318, 0xdfe318, 0xe2e418, 0xe5e419, 0xe7e419, 0xeae51a, 0xece51b, 0xefe51c,
    0xf1e51d, 0xf4e61e, 0xf6e620, 0xf8e621, 0xfbe723, 0xfde725,
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_that_of_the_crate_colorous() {
        let pairs = [
            (BROWN_GREEN, colorous::BROWN_GREEN),
            (RED_BLUE, colorous::RED_BLUE),
            (PURPLE_ORANGE, colorous::PURPLE_ORANGE),
            (GREYS, colorous::GREYS),
            (GREENS, colorous::GREENS),
            (REDS, colorous::REDS),
            (YELLOW_GREEN_BLUE, colorous::YELLOW_GREEN_BLUE),
            (VIRIDIS, colorous::VIRIDIS),
            (Gradient::Cividis, colorous::CIVIDIS),
        ];
        for (ours, theirs) in pairs {
            for i in 0..=20_000 {
                let t = f64::from(i) / 20_000.0;
                assert_eq!(ours.at(t), theirs.eval_continuous(t).into_array(), "{theirs:?} at {t}");
            }
        }
    }
}
