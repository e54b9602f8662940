//! A coverage as few bytes, for a page that draws it.
//!
//! Coordinates in multiples of a quantum, as differences, zig-zag and variable-length coded. Per feature: number of rings, then per
//! ring its number of vertices and the vertices (rings are open). Neighbours run along a shared edge in opposite directions: a vertex
//! that goes back the way by which the last ring came is a zero, and of any other vertex the first difference is one larger.

use crate::Coverage;
use std::collections::HashMap;

/// Rings relative to the corner `[x0, y0]`, in multiples of a quantum; vertices on a straight edge are left out.
pub fn packed_rings(coverage: &Coverage, corner: [f64; 2], quantum: f64) -> Vec<u8> {
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
        let found = unpacked(&packed_rings(&c, [0.0, 0.0], 0.5), 1);
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
        let bytes = packed_rings(&c, [0.0, 0.0], 1.0);
        assert!(bytes.len() < 2 * 203 + 203 + 40, "{} bytes", bytes.len());
        let whole = |ring: &[[f64; 2]]| -> Vec<[i64; 2]> {
            ring[..ring.len() - 1].iter().map(|p| [p[0] as i64, p[1] as i64]).collect()
        };
        assert_eq!(unpacked(&bytes, 2), [vec![whole(&west)], vec![whole(&east), whole(&hole)]]);
    }
}
