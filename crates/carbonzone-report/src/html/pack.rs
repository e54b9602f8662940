//! Geometry and attributes small enough to live inside a page.
//!
//! Geometry: coordinates in multiples of a quantum, as differences, zig-zag and variable-length coded, deflated,
//! base64. Per feature: number of rings, then per ring its number of vertices and the vertices (rings are open).
//! Neighbours run along a shared edge in opposite directions: a vertex that goes back the way by which the last ring came
//! is a zero, and of any other vertex the first difference is one larger.

use crate::base64::base64;
use carbonzone_geom::Coverage;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::collections::HashMap;
use std::io::Write;

/// Quantum in metres: half a metre for a small city, about two metres for one of 120 km, coarser for large areas; from a
/// million vertices on it grows with their number, so that the page stays small. Neighbours are snapped alike: no gap
/// opens between them.
pub(crate) fn quantum(frame: [f64; 4], vertices: usize) -> f64 {
    const FINE: f64 = 1e6;
    let side = (frame[2] - frame[0]).max(frame[3] - frame[1]);
    let by_size = side / 60_000.0;
    let by_count = 0.5 * (vertices as f64 / FINE).max(1.0);
    by_count.max(by_size)
}

/// Raw deflate, then base64.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail; if it did, the page would show no data rather than wrong data.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default();
    base64(&packed)
}

/// Most numbers of a column that keep all seven digits of an f32; longer columns keep five (a mantissa of 16 bits).
const SHORT: usize = 10_000;

/// Numbers as f32; NULL is NaN. The first bytes of all numbers, little-endian, then
/// the second and so on: alike bytes stand together, which deflates better.
pub(crate) fn floats(values: impl IntoIterator<Item = Option<f64>>) -> String {
    let values: Vec<f32> = values.into_iter().map(|v| v.unwrap_or(f64::NAN) as f32).collect();
    let digits = if values.len() > SHORT { five_digits } else { std::convert::identity };
    let bytes: Vec<[u8; 4]> = values.into_iter().map(|v| digits(v).to_le_bytes()).collect();
    let plane = |k: usize| bytes.iter().map(move |b| b[k]);
    deflated(&(0..4).flat_map(plane).collect::<Vec<u8>>())
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
    let mut came_from: HashMap<[i64; 2], [i64; 2]> = HashMap::with_capacity(coverage.vertices());
    let mut at = [0i64; 2];
    for i in 0..coverage.len() {
        let rings: Vec<Vec<[i64; 2]>> = coverage
            .rings(i)
            .map(|r| snapped(r.xs, r.ys, corner, quantum))
            .filter(|r| r.len() >= 3)
            .collect();
        varint(&mut out, rings.len() as u64);
        for ring in rings {
            varint(&mut out, ring.len() as u64);
            for (k, to) in ring.iter().enumerate() {
                if k > 0 && came_from.get(&at) == Some(to) {
                    out.push(0);
                } else {
                    varint(&mut out, zigzag(to[0] - at[0]) + 1);
                    varint(&mut out, zigzag(to[1] - at[1]));
                }
                at = *to;
            }
            came_from.extend(ring.iter().copied().zip(ring.iter().copied().cycle().skip(ring.len() - 1)));
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

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(out: &mut Vec<u8>, mut rest: u64) {
    while rest > 127 {
        out.push((rest & 127) as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn natural(bytes: &[u8], at: &mut usize) -> u64 {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let b = bytes[*at];
            *at += 1;
            value |= u64::from(b & 127) << shift;
            shift += 7;
            if b < 128 {
                return value;
            }
        }
    }

    fn signed(value: u64) -> i64 {
        ((value >> 1) as i64) ^ -((value & 1) as i64)
    }

    /// What the page does.
    fn unpacked(bytes: &[u8], features: usize) -> Vec<Vec<Vec<[i64; 2]>>> {
        let (mut p, mut at) = (0, [0i64; 2]);
        let mut came_from: Vec<([i64; 2], [i64; 2])> = Vec::new();
        let mut out = Vec::new();
        for _ in 0..features {
            let mut rings = Vec::new();
            for _ in 0..natural(bytes, &mut p) {
                let n = natural(bytes, &mut p) as usize;
                let mut ring: Vec<[i64; 2]> = Vec::new();
                for _ in 0..n {
                    at = match natural(bytes, &mut p) {
                        0 => came_from.iter().rev().find(|(vertex, _)| *vertex == at).unwrap().1,
                        x => [at[0] + signed(x - 1), at[1] + signed(natural(bytes, &mut p))],
                    };
                    ring.push(at);
                }
                came_from.extend((0..n).map(|k| (ring[k], ring[(k + n - 1) % n])));
                rings.push(ring);
            }
            out.push(rings);
        }
        assert_eq!(p, bytes.len());
        out
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
        let found = unpacked(&coded(&c, [0.0, 0.0], 0.5), 1);
        assert_eq!((found[0].len(), found[0][0].len()), (1, 3));
        for (p, [x, y]) in ring.iter().zip(&found[0][0]) {
            assert!((*x as f64 * 0.5 - p[0]).abs() <= 0.25 && (*y as f64 * 0.5 - p[1]).abs() <= 0.25);
        }
    }

    #[test]
    fn an_edge_that_neighbours_share_is_written_once() {
        let zigzag_line: Vec<[f64; 2]> = (0..200).map(|k| [500.0 + f64::from(k % 2), f64::from(k)]).collect();
        let mut west: Vec<[f64; 2]> = vec![[0.0, 0.0]];
        west.extend(&zigzag_line);
        west.extend([[0.0, 199.0], [0.0, 0.0]]);
        let mut east: Vec<[f64; 2]> = vec![[900.0, 199.0]];
        east.extend(zigzag_line.iter().rev());
        east.extend([[900.0, 0.0], [900.0, 199.0]]);
        let hole = vec![[600.0, 50.0], [600.0, 60.0], [610.0, 60.0], [600.0, 50.0]];
        let mut c = Coverage::new();
        c.push_rings(&[vec![west.clone()]]);
        c.push_rings(&[vec![east.clone(), hole.clone()]]);
        let bytes = coded(&c, [0.0, 0.0], 1.0);
        assert!(bytes.len() < 2 * 203 + 203 + 40, "{} bytes", bytes.len());
        let whole = |ring: &[[f64; 2]]| -> Vec<[i64; 2]> {
            ring[..ring.len() - 1].iter().map(|p| [p[0] as i64, p[1] as i64]).collect()
        };
        assert_eq!(unpacked(&bytes, 2), [vec![whole(&west)], vec![whole(&east), whole(&hole)]]);
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
        assert_eq!(quantum([0.0, 0.0, 20_000.0, 30_000.0], 1000), 0.5);
        assert_eq!(quantum([0.0, 0.0, 600_000.0, 80_000.0], 1000), 10.0);
        assert_eq!(quantum([0.0, 0.0, 90_000.0, 80_000.0], 4_000_000), 2.0);
    }
}
