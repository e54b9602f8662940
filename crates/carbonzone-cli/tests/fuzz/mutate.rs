//! Changes of a file: bytes, blocks, numbers, words, lines, parts of archives.

use std::io::{Cursor, Read as _, Write as _};

/// A small generator with a fixed seed (Numerical Recipes' LCG): the mutations are the same everywhere.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2020_1205);
        for _ in 0..4 {
            random.below(2);
        }
        random
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const REALS: [f64; 12] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    0.0,
    -0.0,
    1e308,
    -1e308,
    1e-310,
    1e9,
    -3_460_000.0,
    5e8,
    120.5,
];

const WORDS: [&str; 44] = [
    "",
    "0",
    "-1",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-320",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "4611686018427387904",
    "500000000",
    "1e18",
    "0.1",
    "null",
    "true",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "[[[[[[[[",
    "\0",
    "\u{feff}",
    "../../x",
    "=1+1",
    "苏州",
    "\u{202e}x",
    ",",
    ";",
    "\n",
    "\r",
    "\t",
    "1,950",
    "1.950,5",
    "%s%n",
    "EPSG:4326",
    "GCJ-02",
    "/dev/zero",
    "a b\\c:d",
];

/// Changes some bytes of a file; `known` are numbers that may stand in it.
pub fn mutate(name: &str, bytes: &[u8], known: &[f64], random: &mut Random) -> Vec<u8> {
    let archive = ["xlsx", "ods", "zip"].iter().any(|e| name.ends_with(e));
    if archive
        && random.below(4) != 0
        && let Some(changed) = part_of_archive(bytes, known, random)
    {
        return changed;
    }
    let text =
        ["csv", "toml", "geojson", "kml", "prj", "cpg", "xml", "rels"].iter().any(|e| name.ends_with(e));
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(3) {
        if text && random.below(4) != 0 {
            words_and_lines(&mut out, random);
        } else {
            numbers_and_blocks(&mut out, known, random);
        }
        if out.is_empty() || random.below(2) == 0 {
            break;
        }
    }
    out
}

/// A place in the file: half of them in its first 4 kB, where headers are.
fn place(out: &[u8], random: &mut Random) -> usize {
    let within = if random.below(2) == 0 { out.len().min(4096) } else { out.len() };
    random.below(within)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    let n = bytes.len().min(out.len().saturating_sub(at));
    out[at..at + n].copy_from_slice(&bytes[..n]);
}

fn numbers_and_blocks(out: &mut Vec<u8>, known: &[f64], random: &mut Random) {
    if out.is_empty() {
        return;
    }
    let at = place(out, random);
    let length = 1 + random.below(64);
    let end = (at + length).min(out.len());
    match random.below(9) {
        0 | 1 => out[at] ^= 1 << random.below(8),
        2 => {
            for _ in 0..=random.below(8) {
                let at = place(out, random);
                out[at] = random.below(256) as u8;
            }
        }
        3 => out.truncate(random.below(out.len())),
        4 => {
            let block = out[at..end].to_vec();
            let to = random.below(out.len());
            if random.below(2) == 0 {
                put(out, to, &block);
            } else {
                out.splice(to..to, block);
            }
        }
        5 => {
            out.drain(at..end);
        }
        6 => out[at..end].fill(*random.of(&[0, 0xff, b' '])),
        7 => {
            let number: u32 =
                *random.of(&[0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0100_0000, 65_536, 3]);
            let bytes = if random.below(2) == 0 { number.to_le_bytes() } else { number.to_be_bytes() };
            put(out, at, &bytes);
        }
        _ => {
            let new = random.of(&REALS).to_le_bytes();
            let old = random.of(known).to_le_bytes();
            let found: Vec<usize> =
                out.windows(8).enumerate().filter(|(_, w)| **w == old).map(|(i, _)| i).collect();
            let at = if found.is_empty() { at } else { *random.of(&found) };
            put(out, at, &new);
        }
    }
}

fn words_and_lines(out: &mut Vec<u8>, random: &mut Random) {
    if random.below(4) != 0 {
        let part_of_word = |b: &u8| b.is_ascii_alphanumeric() || b"_.-+:".contains(b) || *b >= 0x80;
        let at = random.below(out.len());
        let start = out[..at].iter().rposition(|b| !part_of_word(b)).map_or(0, |i| i + 1);
        let end = out[at..].iter().position(|b| !part_of_word(b)).map_or(out.len(), |i| at + i);
        let word = match random.below(20) {
            0 => "x".repeat(70_000),
            1 => "[".repeat(50_000),
            _ => (*random.of(&WORDS)).to_owned(),
        };
        out.splice(start.min(end)..end, word.into_bytes());
        return;
    }
    let mut lines: Vec<Vec<u8>> = out.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(4) {
        0 => lines.swap(a, b),
        1 => {
            lines.remove(a);
        }
        2 => {
            let line = lines[a].clone();
            lines.insert(b, line);
        }
        _ => {
            let line = lines[a].clone();
            lines.extend(std::iter::repeat_n(line, 500));
        }
    }
    *out = lines.join(&b'\n');
}

/// Unpacks an archive, changes one of its parts (words of XML, else bytes), and packs it again with right checksums.
fn part_of_archive(bytes: &[u8], known: &[f64], random: &mut Random) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut parts = Vec::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).ok()?;
        let mut body = Vec::new();
        file.read_to_end(&mut body).ok()?;
        parts.push((file.name().ok()?.into_owned(), body));
    }
    // Parts with much in them are changed more often.
    let total: usize = parts.iter().map(|p| p.1.len()).sum();
    let mut at = random.below(total);
    let chosen = parts.iter().position(|p| {
        at < p.1.len() || {
            at -= p.1.len();
            false
        }
    })?;
    parts[chosen].1 = mutate(&parts[chosen].0, &parts[chosen].1, known, random);
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, body) in parts {
        out.start_file(name, zip::write::SimpleFileOptions::default()).ok()?;
        out.write_all(&body).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}
