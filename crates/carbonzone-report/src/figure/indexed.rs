//! Pictures of 256 colours: a third of the bytes of true colour for maps, whose areas have a dozen.

use std::collections::HashMap;

/// Most colours of an indexed PNG.
const MOST: usize = 256;

/// A picture as a table of colours (three bytes each, most used first) and one byte per pixel.
///
/// The colours used most are kept as they are, so that areas and legends have the same; what is rarer (the soft edges of
/// lines and letters) takes the nearest of them. `rgba` has four bytes per pixel; transparency is not read.
pub(super) fn indexed(rgba: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    for p in rgba.chunks_exact(4) {
        *counts.entry([p[0], p[1], p[2]]).or_default() += 1;
    }
    let mut colours: Vec<([u8; 3], usize)> = counts.into_iter().collect();
    colours.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    let kept: Vec<[u8; 3]> = colours.iter().take(MOST).map(|(colour, _)| *colour).collect();
    let of: HashMap<[u8; 3], u8> = colours.iter().map(|(c, _)| (*c, nearest(&kept, *c))).collect();
    (kept.concat(), rgba.chunks_exact(4).map(|p| of[&[p[0], p[1], p[2]]]).collect())
}

/// The place of the colour with the least squared distance; the first of equals.
fn nearest(kept: &[[u8; 3]], colour: [u8; 3]) -> u8 {
    let distance =
        |k: &[u8; 3]| -> u32 { k.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    (0..kept.len()).min_by_key(|i| distance(&kept[*i])).unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_colours_stay_and_rare_ones_take_the_nearest() {
        // Two pixels of each of 255 greys and of red, then one pixel between two greys and one near red.
        let mut rgba: Vec<u8> = (0..255u8).chain(0..255).flat_map(|v| [v, v, v, 255]).collect();
        rgba.extend([[255, 0, 0, 255], [255, 0, 0, 255], [9, 10, 9, 255], [250, 3, 0, 255]].concat());
        let (table, pixels) = indexed(&rgba);
        assert_eq!((table.len(), pixels.len()), (3 * MOST, rgba.len() / 4));
        let colour = |pixel: usize| &table[3 * usize::from(pixels[pixel])..][..3];
        assert_eq!((colour(0), colour(254), colour(300)), (&[0; 3][..], &[254; 3][..], &[45; 3][..]));
        assert_eq!(
            (colour(510), colour(512), colour(513)),
            (&[255, 0, 0][..], &[9; 3][..], &[255, 0, 0][..])
        );
    }
}
