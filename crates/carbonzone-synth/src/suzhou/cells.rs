//! From the leaves of one block to pieces of land: bend, cut along shores, corridors and borders, and meet the planned number.

use std::collections::BTreeMap;

use crate::arrange::Arrangement;
use crate::dissolve::Dissolver;
use crate::features::Place;
use crate::kd::{Axis, Leaf};
use crate::rng::{key, unit};
use crate::shape::{Parts, Point, Ring, bounds, parts_area, signed_area};
use crate::suzhou::fields::Warp;
use crate::suzhou::geography::{FeatureKind, Geography};

/// A piece of land that becomes one parcel.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// Open rings, outer counter-clockwise.
    pub parts: Parts,
    /// Index of its leaf in the block; corridors have none.
    pub leaf: Option<usize>,
    /// Corner positions in the only ring, when it is a whole leaf.
    pub corners: Option<[usize; 4]>,
    /// Direction when it is a street.
    pub street: Option<Axis>,
    /// See [`Leaf::twin`].
    pub twin: u64,
    /// Class when it is fixed (corridors).
    pub code: Option<&'static str>,
}

/// The pieces of a block, and what of it belongs to lakes.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub pieces: Vec<Piece>,
    pub lakes: BTreeMap<u16, Dissolver>,
}

/// The ring of a leaf in metres and the positions of its corners (south-west, south-east, north-east, north-west).
pub(crate) fn leaf_ring(leaf: &Leaf, warp: &Warp) -> (Ring, [usize; 4]) {
    let r = leaf.rect;
    let at = |u: i32, v: i32| warp.at(f64::from(u), f64::from(v));
    let mut ring = vec![at(r.u0, r.v0)];
    ring.extend(leaf.sides[0].iter().map(|&u| at(u, r.v0)));
    let east = ring.len();
    ring.push(at(r.u1, r.v0));
    ring.extend(leaf.sides[1].iter().map(|&v| at(r.u1, v)));
    let north_east = ring.len();
    ring.push(at(r.u1, r.v1));
    ring.extend(leaf.sides[2].iter().rev().map(|&u| at(u, r.v1)));
    let north_west = ring.len();
    ring.push(at(r.u0, r.v1));
    ring.extend(leaf.sides[3].iter().rev().map(|&v| at(r.u0, v)));
    (ring, [0, east, north_east, north_west])
}

pub(crate) fn cut_block(geo: &Geography, warp: &Warp, seed: u64, leaves: &[Leaf]) -> Block {
    let mut block = Block::default();
    let mut corridors: BTreeMap<u16, Dissolver> = BTreeMap::new();
    let mut near = Vec::new();
    for (i, leaf) in leaves.iter().enumerate() {
        let (ring, corners) = leaf_ring(leaf, warp);
        geo.index.near(bounds(&ring), &mut near);
        let arrangement = if near.is_empty() { None } else { Arrangement::new(&geo.index, &ring, &near) };
        let Some(arrangement) = arrangement else {
            match geo.index.place(ring[0], &[]) {
                Place::Outside => {}
                Place::Feature(f) => collect(geo, f, std::slice::from_ref(&ring), &mut block, &mut corridors),
                Place::Land => block.pieces.push(Piece {
                    parts: vec![vec![ring]],
                    leaf: Some(i),
                    corners: Some(corners),
                    street: leaf.street,
                    twin: leaf.twin,
                    code: None,
                }),
            }
            continue;
        };
        for face in cut_leaf(&arrangement, seed, leaf) {
            match face.place {
                Place::Outside => {}
                Place::Feature(f) => collect(geo, f, &face.rings, &mut block, &mut corridors),
                Place::Land => block.pieces.push(Piece {
                    parts: vec![face.rings],
                    leaf: Some(i),
                    corners: None,
                    street: leaf.street,
                    twin: 0,
                    code: None,
                }),
            }
        }
    }
    for (f, dissolver) in corridors {
        let parts = dissolver.finish();
        if let FeatureKind::Corridor { code } = geo.features[usize::from(f)]
            && !parts.is_empty()
        {
            block.pieces.push(Piece {
                parts,
                leaf: None,
                corners: None,
                street: None,
                twin: 0,
                code: Some(code),
            });
        }
    }
    // Rounding can leave a face without area where a shore meets a vertex.
    block.pieces.retain(|p| parts_area(&p.parts) > 1e-3);
    block
}

/// Faces of one leaf. Most land follows the township borders; some parcels lie across, and those that a border would only graze do too.
fn cut_leaf(arrangement: &Arrangement, seed: u64, leaf: &Leaf) -> Vec<crate::arrange::Face> {
    let r = leaf.rect;
    let h = key(&[seed, 0xB0, r.u0 as u64, r.v0 as u64]);
    let across = leaf.street.is_some() || unit(h) < 0.08;
    if across || !arrangement.has_zone_border() {
        return arrangement.faces(false);
    }
    let faces = arrangement.faces(true);
    let area = |f: &crate::arrange::Face| f.rings.iter().map(|r| signed_area(r)).sum::<f64>();
    let whole: f64 = faces.iter().map(area).sum();
    if faces.iter().any(|f| f.place == Place::Land && area(f) < 0.06 * whole) {
        arrangement.faces(false)
    } else {
        faces
    }
}

fn collect(
    geo: &Geography,
    f: u16,
    rings: &[Ring],
    block: &mut Block,
    corridors: &mut BTreeMap<u16, Dissolver>,
) {
    let target = match geo.features[usize::from(f)] {
        FeatureKind::Corridor { .. } => corridors.entry(f).or_default(),
        _ => block.lakes.entry(f).or_default(),
    };
    for ring in rings {
        target.add_ring(ring);
    }
}

/// Brings the number of pieces to `want` as far as it can: too many are joined (parts of one leaf, then twins), too few are made by
/// cutting whole leaves from vertex to vertex or by cutting an inner piece out. No new vertex appears on a shared edge.
pub(crate) fn meet(pieces: &mut Vec<Piece>, want: usize, seed: u64) {
    if pieces.len() > want {
        let surplus = pieces.len() - want;
        let joined = join_parts(pieces, surplus);
        join_twins(pieces, surplus - joined);
        join_any(pieces, want);
    }
    if pieces.len() < want {
        let lack = want - pieces.len();
        split_whole(pieces, lack, seed);
        split_any(pieces, want);
    }
}

/// The last resort against too many: the last two ordinary pieces become one parcel, of two parts if they do not touch.
fn join_any(pieces: &mut Vec<Piece>, want: usize) {
    while pieces.len() > want.max(1) {
        let Some(b) = pieces.iter().rposition(is_ordinary) else { return };
        let Some(a) = pieces[..b].iter().rposition(is_ordinary) else { return };
        let gone = pieces.remove(b);
        let mut d = Dissolver::default();
        for ring in pieces[a].parts.iter().chain(&gone.parts).flatten() {
            d.add_ring(ring);
        }
        pieces[a] = Piece { parts: d.finish(), corners: None, twin: 0, ..gone };
    }
}

fn is_ordinary(p: &Piece) -> bool {
    p.street.is_none() && p.code.is_none()
}

/// The last resort against too few: the largest single rings are cut between two of their vertices that see each other.
fn split_any(pieces: &mut Vec<Piece>, want: usize) {
    let mut refused = 0.0f64;
    while pieces.len() < want {
        let largest = (0..pieces.len())
            .filter(|&i| {
                is_ordinary(&pieces[i]) && pieces[i].parts.len() == 1 && pieces[i].parts[0].len() == 1
            })
            .map(|i| (signed_area(&pieces[i].parts[0][0]), i))
            .filter(|(a, _)| refused == 0.0 || *a < refused)
            .max_by(|x, y| x.0.total_cmp(&y.0).then(y.1.cmp(&x.1)));
        let Some((area, i)) = largest else { return };
        let ring = pieces[i].parts[0][0].clone();
        let Some((a, b)) = seeing_pair(&ring) else {
            refused = area;
            continue;
        };
        let mut second = Piece { corners: None, twin: 0, ..pieces[i].clone() };
        pieces[i] = second.clone();
        pieces[i].parts = vec![vec![ring[a..=b].to_vec()]];
        second.parts = vec![vec![ring[b..].iter().chain(&ring[..=a]).copied().collect()]];
        pieces.push(second);
    }
}

/// Two vertices about half a ring apart whose connection stays inside and leaves two real pieces.
fn seeing_pair(ring: &[Point]) -> Option<(usize, usize)> {
    let n = ring.len();
    let whole = signed_area(ring);
    (0..n / 2).find_map(|a| {
        let b = a + n / 2;
        let (p, q) = (ring[a], ring[b]);
        let middle = [f64::midpoint(p[0], q[0]), f64::midpoint(p[1], q[1])];
        let free = (0..n).all(|k| crate::arrange::crossing(p, q, ring[k], ring[(k + 1) % n]).is_none());
        let part = signed_area(&ring[a..=b]);
        (n >= 4 && free && crate::shape::in_ring(ring, middle) && part > 0.05 * whole && part < 0.95 * whole)
            .then_some((a, b))
    })
}

/// Faces of one leaf become one parcel of several parts.
fn join_parts(pieces: &mut Vec<Piece>, surplus: usize) -> usize {
    let mut done = 0;
    let mut i = 0;
    while i + 1 < pieces.len() && done < surplus {
        if pieces[i].leaf.is_some() && pieces[i].leaf == pieces[i + 1].leaf {
            let next = pieces.remove(i + 1);
            // Parts that share a border are one part.
            let mut d = Dissolver::default();
            for ring in pieces[i].parts.iter().chain(&next.parts).flatten() {
                d.add_ring(ring);
            }
            pieces[i].parts = d.finish();
            done += 1;
        } else {
            i += 1;
        }
    }
    done
}

fn join_twins(pieces: &mut Vec<Piece>, surplus: usize) {
    let mut done = 0;
    let mut i = 0;
    while i + 1 < pieces.len() && done < surplus {
        let (a, b) = (&pieces[i], &pieces[i + 1]);
        if a.twin != 0 && a.twin == b.twin && a.corners.is_some() && b.corners.is_some() {
            let mut d = Dissolver::default();
            d.add_ring(&a.parts[0][0]);
            d.add_ring(&b.parts[0][0]);
            pieces[i].parts = d.finish();
            pieces[i].corners = None;
            pieces.remove(i + 1);
            done += 1;
        } else {
            i += 1;
        }
    }
}

fn split_whole(pieces: &mut Vec<Piece>, lack: usize, seed: u64) {
    let mut candidates: Vec<usize> =
        (0..pieces.len()).filter(|&i| pieces[i].corners.is_some() && pieces[i].street.is_none()).collect();
    // Largest first; equal areas by position.
    let areas: Vec<f64> = pieces.iter().map(|p| parts_area(&p.parts)).collect();
    candidates.sort_by(|&a, &b| areas[b].total_cmp(&areas[a]).then(a.cmp(&b)));
    for i in candidates.into_iter().take(lack) {
        let Some(corners) = pieces[i].corners else { continue };
        let ring = pieces[i].parts[0][0].clone();
        let h = key(&[seed, 0xC1, ring[0][0].to_bits(), ring[0][1].to_bits()]);
        let (mut first, mut second) = (pieces[i].clone(), pieces[i].clone());
        first.corners = None;
        second.corners = None;
        first.twin = 0;
        second.twin = 0;
        if unit(h) < 0.3 && is_compact(&ring) {
            let inner = shrunk(&ring, 0.3 + 0.25 * unit(h >> 7));
            let mut hole = inner.clone();
            hole.reverse();
            first.parts = vec![vec![ring, hole]];
            second.parts = vec![vec![inner]];
        } else {
            let (a, b) = chord(&ring, corners);
            first.parts = vec![vec![ring[a..=b].to_vec()]];
            second.parts = vec![vec![ring[b..].iter().chain(&ring[..=a]).copied().collect()]];
        }
        pieces[i] = first;
        pieces.push(second);
    }
}

fn is_compact(ring: &[Point]) -> bool {
    let b = bounds(ring);
    let (w, h) = (b[2] - b[0], b[3] - b[1]);
    w < 2.2 * h && h < 2.2 * w && signed_area(ring) > 0.6 * w * h
}

/// The ring made smaller around its middle.
fn shrunk(ring: &[Point], factor: f64) -> Ring {
    let n = ring.len() as f64;
    let c = ring.iter().fold([0.0, 0.0], |s, p| [s[0] + p[0] / n, s[1] + p[1] / n]);
    let b = bounds(ring);
    let middle = [0.5 * c[0] + 0.25 * (b[0] + b[2]), 0.5 * c[1] + 0.25 * (b[1] + b[3])];
    ring.iter()
        .map(|p| [middle[0] + (p[0] - middle[0]) * factor, middle[1] + (p[1] - middle[1]) * factor])
        .collect()
}

/// Two ring positions to cut between: the vertices nearest the middle of two opposite sides, or else opposite corners.
fn chord(ring: &[Point], corners: [usize; 4]) -> (usize, usize) {
    let [_, east, north_east, north_west] = corners;
    let middle = |from: usize, to: usize| {
        let (a, b) = (ring[from], ring[to % ring.len()]);
        let m = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
        (from + 1..to).min_by(|&i, &j| {
            crate::shape::distance(ring[i], m).total_cmp(&crate::shape::distance(ring[j], m))
        })
    };
    let (south, right, north, left) = (
        middle(0, east),
        middle(east, north_east),
        middle(north_east, north_west),
        middle(north_west, ring.len()),
    );
    let wide =
        crate::shape::distance(ring[0], ring[east]) > crate::shape::distance(ring[east], ring[north_east]);
    match (south, right, north, left) {
        (Some(s), _, Some(n), _) if wide => (s, n),
        (_, Some(r), _, Some(l)) if !wide => (r, l),
        (Some(s), _, Some(n), _) => (s, n),
        (_, Some(r), _, Some(l)) => (r, l),
        (Some(s), _, None, _) => (s, if wide { north_west } else { north_east }),
        (None, _, Some(n), _) => (east, n),
        _ => (0, north_east),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, leaf: usize, twin: u64) -> Piece {
        let ring = vec![[x, 0.0], [x + 50.0, 0.0], [x + 100.0, 0.0], [x + 100.0, 100.0], [x, 100.0]];
        Piece {
            parts: vec![vec![ring]],
            leaf: Some(leaf),
            corners: Some([0, 2, 3, 4]),
            street: None,
            twin,
            code: None,
        }
    }

    fn area(pieces: &[Piece]) -> f64 {
        pieces.iter().map(|p| parts_area(&p.parts)).sum()
    }

    #[test]
    fn splitting_gives_the_wanted_number_and_keeps_the_area() {
        let mut pieces: Vec<Piece> = (0..10).map(|i| square(f64::from(i) * 100.0, i as usize, 0)).collect();
        meet(&mut pieces, 17, 3);
        assert_eq!(pieces.len(), 17);
        assert!((area(&pieces) - 100_000.0).abs() < 1e-6);
        assert!(pieces.iter().any(|p| p.parts[0].len() == 2), "some parcel has a hole");
    }

    #[test]
    fn joining_gives_the_wanted_number_and_keeps_the_area() {
        let mut pieces: Vec<Piece> =
            (0..10).map(|i| square(f64::from(i) * 100.0, i as usize, 1 + i as u64 / 2)).collect();
        meet(&mut pieces, 6, 3);
        assert_eq!(pieces.len(), 6);
        assert!((area(&pieces) - 100_000.0).abs() < 1e-6);
    }
}
