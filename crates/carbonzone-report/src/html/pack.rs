//! Geometry and attributes small enough to live inside a page.
//!
//! Geometry: coordinates in multiples of a quantum, as differences, zig-zag and variable-length coded, deflated,
//! base64. Per feature: number of rings, then per ring its number of vertices and the vertices (rings are open).

use base64::Engine;
use carbonzone_geom::Coverage;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Quantum in metres: half a metre for a small city, about a metre for a large one, coarser for large areas; from a
/// million vertices on it grows with their number, so that the page stays small. Neighbours are snapped alike: no gap
/// opens between them.
pub(crate) fn quantum(frame: [f64; 4], vertices: usize) -> f64 {
    const FINE: f64 = 1e6;
    let side = (frame[2] - frame[0]).max(frame[3] - frame[1]);
    let by_size = side / 120_000.0;
    let by_count = 0.5 * (vertices as f64 / FINE).max(1.0);
    by_count.max(by_size)
}

/// Raw deflate, then base64.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail; if it did, the page would show no data rather than wrong data.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default();
    base64::engine::general_purpose::STANDARD.encode(packed)
}

/// Numbers as little-endian f32 with a mantissa of 16 bits (five digits), which deflates better; NULL is NaN.
pub(crate) fn floats(values: impl IntoIterator<Item = Option<f64>>) -> String {
    let bytes: Vec<u8> =
        values.into_iter().flat_map(|v| five_digits(v.unwrap_or(f64::NAN) as f32).to_le_bytes()).collect();
    deflated(&bytes)
}

fn five_digits(v: f32) -> f32 {
    if v.is_finite() { f32::from_bits((v.to_bits() + 0x40) & !0x7f) } else { v }
}

/// Class numbers as bytes; no class is 255.
pub(crate) fn classes(values: &[Option<usize>]) -> String {
    let bytes: Vec<u8> = values.iter().map(|c| c.map_or(255, |c| c.min(254) as u8)).collect();
    deflated(&bytes)
}

/// Texts joined by line feeds.
pub(crate) fn texts<S: AsRef<str>>(values: &[S]) -> String {
    let joined: Vec<String> = values.iter().map(|v| v.as_ref().replace('\n', " ")).collect();
    deflated(joined.join("\n").as_bytes())
}

/// Geometry of a coverage relative to the corner `[x0, y0]`.
pub(crate) fn geometry(coverage: &Coverage, corner: [f64; 2], quantum: f64) -> String {
    deflated(&coded(coverage, corner, quantum))
}

fn coded(coverage: &Coverage, corner: [f64; 2], quantum: f64) -> Vec<u8> {
    let mut out = Vec::with_capacity(coverage.vertices() * 3);
    let (mut px, mut py) = (0i64, 0i64);
    for i in 0..coverage.len() {
        let rings: Vec<Vec<[i64; 2]>> = coverage
            .rings(i)
            .map(|r| snapped(r.xs, r.ys, corner, quantum))
            .filter(|r| r.len() >= 3)
            .collect();
        varint(&mut out, rings.len() as i64);
        for ring in rings {
            varint(&mut out, ring.len() as i64);
            for [x, y] in ring {
                varint(&mut out, x - px);
                varint(&mut out, y - py);
                (px, py) = (x, y);
            }
        }
    }
    out
}

/// An open ring on the quantum, without repeated vertices.
fn snapped(xs: &[f64], ys: &[f64], corner: [f64; 2], quantum: f64) -> Vec<[i64; 2]> {
    let mut ring: Vec<[i64; 2]> = xs
        .iter()
        .zip(ys)
        .map(|(x, y)| {
            [((x - corner[0]) / quantum).round() as i64, ((y - corner[1]) / quantum).round() as i64]
        })
        .collect();
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    straightened(&ring)
}

/// Without the vertices that lie on the straight line between their neighbours.
fn straightened(ring: &[[i64; 2]]) -> Vec<[i64; 2]> {
    let n = ring.len();
    let bends = |i: usize| {
        let ([ax, ay], [bx, by], [cx, cy]) = (ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]);
        let (ux, uy, vx, vy) = (bx - ax, by - ay, cx - bx, cy - by);
        ux * vy != uy * vx || ux * vx + uy * vy < 0
    };
    (0..n).filter(|i| bends(*i)).map(|i| ring[i]).collect()
}

fn varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 127 {
        out.push((rest & 127) as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], at: &mut usize) -> i64 {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let b = bytes[*at];
            *at += 1;
            value |= u64::from(b & 127) << shift;
            shift += 7;
            if b < 128 {
                return ((value >> 1) as i64) ^ -((value & 1) as i64);
            }
        }
    }

    #[test]
    fn vertices_on_a_straight_edge_are_left_out_and_corners_are_kept() {
        let square = [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 4.0], [0.0, 0.0]];
        let (xs, ys): (Vec<f64>, Vec<f64>) = square.iter().map(|p| (p[0], p[1])).unzip();
        assert_eq!(snapped(&xs, &ys, [0.0, 0.0], 1.0), [[0, 0], [10, 0], [10, 10], [0, 10]]);
        // A spike turns back on its own line: it is a corner.
        assert_eq!(straightened(&[[0, 0], [9, 0], [4, 0], [4, 5]]).len(), 4);
    }

    #[test]
    fn coordinates_survive_to_the_quantum() {
        let mut c = Coverage::new();
        let ring = vec![[10.2, -7.0], [1500.4, -3.0], [1500.4, 900.0], [10.2, -7.0]];
        c.push_rings(&[vec![ring.clone()]]);
        let bytes = coded(&c, [0.0, 0.0], 0.5);
        let mut at = 0;
        assert_eq!((read(&bytes, &mut at), read(&bytes, &mut at)), (1, 3));
        let (mut x, mut y) = (0, 0);
        for p in &ring[..3] {
            x += read(&bytes, &mut at);
            y += read(&bytes, &mut at);
            assert!((x as f64 * 0.5 - p[0]).abs() <= 0.25 && (y as f64 * 0.5 - p[1]).abs() <= 0.25);
        }
        assert_eq!(at, bytes.len());
    }

    #[test]
    fn packed_numbers_keep_five_digits() {
        for v in [1.0f32, 123_456.79, -0.001_234_567, 539_723.0] {
            assert!(((five_digits(v) - v) / v).abs() < 1e-5);
        }
        assert_eq!(five_digits(0.0), 0.0);
    }

    #[test]
    fn large_areas_get_a_coarser_quantum() {
        assert_eq!(quantum([0.0, 0.0, 30_000.0, 60_000.0], 1000), 0.5);
        assert_eq!(quantum([0.0, 0.0, 600_000.0, 80_000.0], 1000), 5.0);
        assert_eq!(quantum([0.0, 0.0, 90_000.0, 80_000.0], 4_000_000), 2.0);
    }
}
