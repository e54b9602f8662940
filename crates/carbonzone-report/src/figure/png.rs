//! Pixels as a PNG file: one image, eight bits a channel.

use carbonzone_geom::pixels::differences;
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// What the bytes of a pixel are: the type of colour in the header, and bytes per pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channels<'a> {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
    /// A number in this table of colours.
    Indexed(&'a [u8]),
}

impl Channels<'_> {
    fn code_and_bytes(self) -> (u8, usize) {
        match self {
            Self::Rgb => (2, 3),
            Self::Rgba => (6, 4),
            Self::Indexed(_) => (3, 1),
        }
    }
}

/// The file. Colours are packed as differences from the row above, numbers of a table as they are.
///
/// # Errors
/// More pixels than a chunk can hold.
pub(super) fn png(
    [width, height]: [u32; 2],
    channels: Channels<'_>,
    pixels: &[u8],
    level: u32,
    per_metre: Option<u32>,
) -> std::io::Result<Vec<u8>> {
    let (code, bytes) = channels.code_and_bytes();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, code, 0, 0, 0]].concat();
    chunk(&mut out, *b"IHDR", &header)?;
    if let Some(dots) = per_metre {
        chunk(&mut out, *b"pHYs", &[&dots.to_be_bytes()[..], &dots.to_be_bytes(), &[1]].concat())?;
    }
    if let Channels::Indexed(table) = channels {
        chunk(&mut out, *b"PLTE", table)?;
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(level));
    let length = width as usize * bytes;
    let first = vec![0; length];
    let mut above = &first[..];
    let mut line = vec![0; 1 + length];
    for row in pixels.chunks_exact(length) {
        if let Channels::Indexed(_) = channels {
            line[1..].copy_from_slice(row);
        } else {
            line[0] = 2;
            differences(&mut line[1..], row, above);
            above = row;
        }
        packed.write_all(&line)?;
    }
    chunk(&mut out, *b"IDAT", &packed.finish()?)?;
    chunk(&mut out, *b"IEND", &[])?;
    Ok(out)
}

/// Length, kind, data and check sum.
fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(data.len()).map_err(std::io::Error::other)?;
    let mut sum = flate2::Crc::new();
    sum.update(&kind);
    sum.update(data);
    for part in [&length.to_be_bytes(), &kind, data, &sum.sum().to_be_bytes()] {
        out.extend_from_slice(part);
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read;

    /// Chunks of a file with their kind, check sums compared, and the lines unpacked (filter and bytes).
    pub(in crate::figure) fn parts(file: &[u8]) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
        let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
        let (mut chunks, mut lines) = (Vec::new(), Vec::new());
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (named, after) = after.split_at(4 + u32::from_be_bytes(*length) as usize);
            let (sum, after) = after.split_first_chunk::<4>().unwrap();
            let mut crc = flate2::Crc::new();
            crc.update(named);
            assert_eq!(crc.sum(), u32::from_be_bytes(*sum));
            if named.starts_with(b"IDAT") {
                flate2::read::ZlibDecoder::new(&named[4..]).read_to_end(&mut lines).unwrap();
            }
            chunks.push((String::from_utf8_lossy(&named[..4]).into_owned(), named[4..].to_vec()));
            rest = after;
        }
        (chunks, lines)
    }

    #[test]
    fn rows_are_differences_from_the_row_above() {
        let pixels = [1, 2, 3, 4, 5, 6, 0, 2, 4, 4, 5, 7];
        let file = super::png([2, 2], super::Channels::Rgb, &pixels, 1, None).unwrap();
        let (chunks, lines) = parts(&file);
        assert_eq!(chunks[0].1, [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
        assert_eq!(lines, [2, 1, 2, 3, 4, 5, 6, 2, 255, 0, 1, 0, 0, 1]);
    }
}
