//! Loops over the pixels of pictures: class numbers to colours, colours to the bytes of a PNG.
//!
//! A pixel has four bytes: red, green, blue and how opaque it is.

use crate::EMPTY;
use std::collections::HashMap;

/// Whether a sign lies on a pixel (column, row).
pub type LiesOn = fn(usize, usize) -> bool;

/// How a class is painted.
#[derive(Debug, Clone, Copy)]
pub struct ClassInk {
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// The colour of a second sign, and where it lies.
    pub sign: Option<([u8; 3], LiesOn)>,
}

impl ClassInk {
    fn at(self, x: usize, y: usize) -> [u8; 3] {
        self.sign.filter(|(_, lies)| lies(x, y)).map_or(self.colour, |(colour, _)| colour)
    }
}

/// A raster of `2 w` columns as pixels of half the size: the mean of four classes, premultiplied, as opaque as there are many of them.
/// A class without ink takes that of `others`.
pub fn mean_pixels(raster: &[u8], w: usize, inks: &[ClassInk], others: ClassInk) -> Vec<u8> {
    let mut out = vec![0; raster.len()];
    let ink = |class: u8| inks.get(usize::from(class)).copied().unwrap_or(others);
    // Most pixels are what the one before them is.
    let mut last: Option<([u8; 4], [u8; 4])> = None;
    for (y, (line, fine)) in out.chunks_exact_mut(4 * w).zip(raster.chunks_exact(4 * w)).enumerate() {
        let (above, below) = fine.split_at(2 * w);
        let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
        for (x, (pixel, (a, b))) in line.chunks_exact_mut(4).zip(pairs).enumerate() {
            let four = [a[0], a[1], b[0], b[1]];
            if four == [EMPTY; 4] {
                continue;
            }
            let colour = match last {
                Some((same, colour)) if same == four => colour,
                _ => mean(four.map(|class| (class != EMPTY).then(|| ink(class).at(x, y)))),
            };
            pixel.copy_from_slice(&colour);
            let plain = |class: u8| class == EMPTY || ink(class).sign.is_none();
            last = four.into_iter().all(plain).then_some((four, colour));
        }
    }
    out
}

fn mean(colours: [Option<[u8; 3]>; 4]) -> [u8; 4] {
    let (mut sum, mut n) = ([0u32; 3], 0u32);
    for c in colours.into_iter().flatten() {
        sum = [sum[0] + u32::from(c[0]), sum[1] + u32::from(c[1]), sum[2] + u32::from(c[2])];
        n += 1;
    }
    let alpha = n * 255 / 4;
    let [r, g, b] = sum.map(|s| premultiplied(s / n.max(1), alpha));
    [r, g, b, alpha as u8]
}

/// `c a / 255`, rounded.
fn premultiplied(c: u32, alpha: u32) -> u8 {
    let product = c * alpha + 128;
    ((product + (product >> 8)) >> 8) as u8
}

/// Pixels that are not premultiplied, from such that are.
pub fn straight(rgba: &[u8]) -> Vec<u8> {
    let mut out = rgba.to_vec();
    let mut last = ([0; 4], [0; 4]);
    for pixel in out.chunks_exact_mut(4) {
        let alpha = pixel[3];
        if alpha == 255 || pixel == [0; 4] {
            continue;
        }
        if pixel != last.0 {
            last.0.copy_from_slice(pixel);
            let a = f64::from(alpha) / 255.0;
            last.1 = last.0.map(|c| (f64::from(c) / a + 0.5) as u8);
            last.1[3] = alpha;
        }
        pixel.copy_from_slice(&last.1);
    }
    out
}

/// Pixels without the byte of opacity.
pub fn opaque(rgba: &[u8]) -> Vec<u8> {
    let mut out = vec![0; rgba.len() / 4 * 3];
    for (to, p) in out.chunks_exact_mut(3).zip(rgba.chunks_exact(4)) {
        to.copy_from_slice(&p[..3]);
    }
    out
}

/// What differs from the row above, byte by byte.
pub fn differences(to: &mut [u8], row: &[u8], above: &[u8]) {
    for ((to, here), up) in to.iter_mut().zip(row).zip(above) {
        *to = here.wrapping_sub(*up);
    }
}

/// Most colours of an indexed PNG.
const MOST: usize = 256;

/// A picture as a table of colours (three bytes each, most used first) and one byte per pixel.
///
/// The colours used most are kept as they are, so that areas and legends have the same; what is rarer (the soft edges of
/// lines and letters) takes the nearest of them. `rgba` has four bytes per pixel; transparency is not read.
pub fn indexed(rgba: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    for same in rgba.as_chunks::<4>().0.chunk_by(|a, b| a[..3] == b[..3]) {
        let [r, g, b, _] = same[0];
        *counts.entry([r, g, b]).or_default() += same.len();
    }
    let mut colours: Vec<([u8; 3], usize)> = counts.into_iter().collect();
    colours.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    let kept: Vec<[u8; 3]> = colours.iter().take(MOST).map(|(colour, _)| *colour).collect();
    let of: HashMap<[u8; 3], u8> = colours.iter().map(|(c, _)| (*c, nearest(&kept, *c))).collect();
    let mut pixels = Vec::with_capacity(rgba.len() / 4);
    for same in rgba.as_chunks::<4>().0.chunk_by(|a, b| a[..3] == b[..3]) {
        let [r, g, b, _] = same[0];
        pixels.resize(pixels.len() + same.len(), of[&[r, g, b]]);
    }
    (kept.concat(), pixels)
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
