//! Ground under several targets that overlap: each has its share of it, and it counts once.

use crate::cut::{Part, cut};
use crate::dissolve::oriented;
use carbonzone_geom::{Coverage, OverlapMatrix, overlap_zones};
use carbonzone_types::ExactSum;
use geo::algorithm::unary_union;
use geo::{Area, BooleanOps};
use geo_types::MultiPolygon;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Above so many pairs in one source the pieces are reduced in proportion.
const MANY_PAIRS: usize = 256;

/// Changes the pieces of sources that lie on ground which several targets claim (`pairs`: two targets and their common area in m²):
/// ground under two targets is halved between them, and what is in no target is told apart from what is in two. Under three or
/// more targets the pieces are reduced in proportion, so that they sum to the ground they cover. Gives the m² that counted too often.
///
/// # Panics
/// If the matrix is not one of `sources` × `targets`.
pub fn share_common_ground(
    matrix: &mut OverlapMatrix,
    sources: &Coverage,
    targets: &Coverage,
    pairs: &[(u32, u32, f64)],
) -> f64 {
    assert!(
        matrix.len() == sources.len() && matrix.n_targets == targets.len(),
        "the matrix is of these layers"
    );
    if pairs.is_empty() {
        return 0.0;
    }
    let common = CommonGround::of(targets, pairs);
    let by_pair = overlap_zones(sources, &common.ground);
    let changes: Vec<(usize, Shares)> = (0..matrix.len())
        .into_par_iter()
        .filter_map(|i| Some((i, common.shares(&oriented(sources, i), matrix.row(i), by_pair.row(i))?)))
        .collect();
    let mut too_often = ExactSum::new();
    for (i, shares) in changes {
        let first = matrix.offsets[i];
        for (k, m2) in shares.pieces {
            matrix.areas_m2[first + k] = m2;
        }
        too_often.add(shares.too_often_m2);
        let rest = sources.area_m2(i) - matrix.row(i).1.iter().sum::<f64>();
        matrix.outside_m2[i] = if rest > 1e-9 * sources.area_m2(i) { rest } else { 0.0 };
        matrix.overcovered_m2[i] = 0.0;
    }
    too_often.value()
}

/// The same for amounts that were summed over each target by itself (`sums`, one per target), as people of a raster: `sum_over` sums them
/// over other polygons. Targets that overlap three by three are taken together, and theirs are reduced in proportion. Gives the amount
/// that counted too often; `None` if `sum_over` gives nothing.
pub fn share_common_sums(
    sums: &mut [f64],
    targets: &Coverage,
    pairs: &[(u32, u32, f64)],
    sum_over: impl FnOnce(&Coverage) -> Option<Vec<f64>>,
) -> Option<f64> {
    if pairs.is_empty() {
        return Some(0.0);
    }
    let mut common = CommonGround::of(targets, pairs);
    let crowds = crowds(pairs);
    for crowd in &crowds {
        let members: Vec<_> = crowd.iter().map(|&t| oriented(targets, t as usize)).collect();
        common.ground.push_multipolygon(&unary_union(&members));
    }
    let found = sum_over(&common.ground)?;
    let mut too_often = ExactSum::new();
    let crowded = |t: u32| crowds.iter().any(|c| c.binary_search(&t).is_ok());
    for (&(a, b, _), both) in pairs.iter().zip(&found).filter(|((a, ..), _)| !crowded(*a)) {
        sums[a as usize] -= both / 2.0;
        sums[b as usize] -= both / 2.0;
        too_often.add(*both);
    }
    for (crowd, together) in crowds.iter().zip(&found[pairs.len()..]) {
        let all: f64 = crowd.iter().map(|&t| sums[t as usize]).sum();
        if all > *together {
            for &t in crowd {
                sums[t as usize] *= together / all;
            }
            too_often.add(all - together);
        }
    }
    Some(too_often.value())
}

/// Targets that are linked by pairs in which three overlap two by two; each group ascends.
fn crowds(pairs: &[(u32, u32, f64)]) -> Vec<Vec<u32>> {
    let mut partners: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &(a, b, _) in pairs {
        partners.entry(a).or_default().push(b);
        partners.entry(b).or_default().push(a);
    }
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for &first in partners.keys() {
        let mut group = BTreeSet::new();
        let mut next = vec![first];
        while let Some(t) = next.pop().filter(|_| !seen.contains(&first)) {
            if group.insert(t) {
                next.extend(&partners[&t]);
            }
        }
        let of_three = |t: &u32| {
            let near = &partners[t];
            near.iter().any(|a| partners[a].iter().any(|b| near.contains(b)))
        };
        if group.iter().any(of_three) {
            out.push(group.iter().copied().collect());
        }
        seen.extend(group);
    }
    out
}

/// What replaces the pieces of a source.
struct Shares {
    /// Number in the row and area, m².
    pieces: Vec<(usize, f64)>,
    too_often_m2: f64,
}

/// The ground that pairs of targets claim.
struct CommonGround<'a> {
    targets: &'a Coverage,
    pairs: &'a [(u32, u32, f64)],
    /// One polygon for each pair.
    ground: Coverage,
}

impl<'a> CommonGround<'a> {
    fn of(targets: &'a Coverage, pairs: &'a [(u32, u32, f64)]) -> Self {
        let shape = |t: u32| targets.multipolygon(t as usize);
        let cut_out = |&(a, b, _): &(u32, u32, f64)| cut(&shape(a), &[shape(b)], Part::Inside);
        let shapes: Vec<MultiPolygon<f64>> = pairs.par_iter().map(cut_out).collect();
        let mut ground = Coverage::new();
        for shape in &shapes {
            ground.push_multipolygon(shape);
        }
        Self { targets, pairs, ground }
    }

    /// Shares of a source, given by its shape, its pieces on targets and its pieces on common ground. `None` if no two targets share
    /// ground in it.
    fn shares(
        &self,
        own: &MultiPolygon<f64>,
        (targets, areas): (&[u32], &[f64]),
        (on_pairs, common_m2): (&[u32], &[f64]),
    ) -> Option<Shares> {
        let in_row = |t: u32| targets.binary_search(&t).ok();
        let numbers =
            on_pairs.iter().zip(common_m2).filter(|(_, m2)| **m2 > 0.0).filter_map(|(&pair, &m2)| {
                let (a, b, _) = self.pairs[pair as usize];
                Some((in_row(a.min(b))?, in_row(a.max(b))?, m2))
            });
        let common: Vec<(usize, usize, f64)> = numbers.collect();
        if common.is_empty() {
            return None;
        }
        let mut members: Vec<usize> = common.iter().flat_map(|(k, j, _)| [*k, *j]).collect();
        members.sort_unstable();
        members.dedup();
        let all: f64 = members.iter().map(|k| areas[*k]).sum();
        if common.len() <= MANY_PAIRS && !has_triangle(&common) {
            let half = |k: usize| {
                let mine = common.iter().filter(|(a, b, _)| *a == k || *b == k);
                areas[k] - mine.map(|(_, _, m2)| m2 / 2.0).sum::<f64>()
            };
            let pieces: Vec<(usize, f64)> = members.iter().map(|&k| (k, half(k))).collect();
            let sum: f64 = pieces.iter().map(|p| p.1).sum();
            return (all > sum).then_some(Shares { pieces, too_often_m2: all - sum });
        }
        let shape = |&k: &usize| oriented(self.targets, targets[k] as usize).intersection(own);
        let covered = unary_union(&members.iter().map(shape).collect::<Vec<_>>()).unsigned_area();
        let pieces = members.iter().map(|&k| (k, areas[k] * covered / all)).collect();
        (all > covered).then_some(Shares { pieces, too_often_m2: all - covered })
    }
}

/// True if three pieces share ground two by two: then some of it may lie under all three.
fn has_triangle(common: &[(usize, usize, f64)]) -> bool {
    let linked = |a: usize, b: usize| common.iter().any(|(k, j, _)| (*k, *j) == (a.min(b), a.max(b)));
    common.iter().any(|(a, b, _)| {
        common
            .iter()
            .any(|(c, d, _)| (c == b && d != a && linked(*a, *d)) || (c == a && d != b && linked(*b, *d)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_geom::self_overlaps;

    fn rects(boxes: &[[f64; 4]]) -> Coverage {
        let mut c = Coverage::new();
        for [x0, y0, x1, y1] in boxes {
            c.push_rings(&[vec![vec![[*x0, *y0], [*x1, *y0], [*x1, *y1], [*x0, *y1], [*x0, *y0]]]]);
        }
        c
    }

    /// Shares of 100 people on `source` in each target and in none.
    fn people(source: [f64; 4], targets: &[[f64; 4]]) -> (Vec<f64>, f64, f64) {
        let (sources, targets) = (rects(&[source]), rects(targets));
        let mut matrix = overlap_zones(&sources, &targets);
        let too_often = share_common_ground(&mut matrix, &sources, &targets, &self_overlaps(&targets));
        let spread = matrix.spread(&[100.0]);
        (spread.per_target, spread.outside, too_often)
    }

    fn close(found: &(Vec<f64>, f64, f64), per_target: &[f64], outside: f64, too_often: f64) {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-4;
        let same = found.0.iter().zip(per_target).all(|(a, b)| near(*a, *b));
        assert!(same && near(found.1, outside) && near(found.2, too_often), "{found:?}");
    }

    #[test]
    fn ground_under_two_parcels_is_halved_and_ground_under_none_is_outside() {
        let source = [0.0, 0.0, 10.0, 10.0];
        // Half the ground under two identical parcels, half under none.
        close(&people(source, &[[0.0, 0.0, 5.0, 10.0], [0.0, 0.0, 5.0, 10.0]]), &[25.0, 25.0], 50.0, 50.0);
        // Parcels of 6 and 8 columns that share 4 of 10, both beyond the source.
        close(&people(source, &[[0.0, -5.0, 6.0, 10.0], [2.0, 0.0, 10.0, 20.0]]), &[40.0, 60.0], 0.0, 40.0);
        // Parcels beside each other are left alone.
        close(&people(source, &[[0.0, 0.0, 5.0, 10.0], [5.0, 0.0, 8.0, 10.0]]), &[50.0, 30.0], 20.0, 0.0);
    }

    #[test]
    fn ground_under_three_parcels_counts_once() {
        // 10 columns: 0-6, 4-10, 4-6 again: covered 10, claimed 14; in proportion 6, 6, 2.
        let found = people(
            [0.0, 0.0, 10.0, 10.0],
            &[[0.0, 0.0, 6.0, 10.0], [4.0, 0.0, 10.0, 10.0], [4.0, 0.0, 6.0, 10.0]],
        );
        close(&found, &[600.0 / 14.0, 600.0 / 14.0, 200.0 / 14.0], 0.0, 40.0);
    }

    /// Sums of one person per m², shared.
    fn shared_sums(targets: &[[f64; 4]]) -> (Vec<f64>, f64) {
        let targets = rects(targets);
        let mut sums = targets.areas_m2();
        let found = share_common_sums(&mut sums, &targets, &self_overlaps(&targets), |c| Some(c.areas_m2()));
        (sums, found.expect("the sums are given"))
    }

    #[test]
    fn sums_over_two_parcels_are_halved_and_over_three_reduced_together() {
        let two = [[0.0, 0.0, 6.0, 10.0], [4.0, 0.0, 10.0, 10.0], [20.0, 0.0, 21.0, 10.0]];
        let (sums, too_often) = shared_sums(&two);
        assert!(
            (sums[0] - 50.0).abs() < 1e-9 && (sums[1] - 50.0).abs() < 1e-9 && sums[2] == 10.0,
            "{sums:?}"
        );
        assert!((too_often - 20.0).abs() < 1e-9);
        // A chain of three has no ground under all of them.
        let (sums, _) = shared_sums(&[[0.0, 0.0, 4.0, 1.0], [3.0, 0.0, 7.0, 1.0], [6.0, 0.0, 10.0, 1.0]]);
        assert!(sums.iter().zip([3.5, 3.0, 3.5]).all(|(a, b)| (a - b).abs() < 1e-9), "{sums:?}");
        let (sums, _) = shared_sums(&[[0.0, 0.0, 6.0, 10.0], [4.0, 0.0, 10.0, 10.0], [4.0, 0.0, 6.0, 10.0]]);
        assert!((sums.iter().sum::<f64>() - 100.0).abs() < 1e-4, "{sums:?}");
        assert!((sums[0] - 600.0 / 14.0).abs() < 1e-4, "{sums:?}");
    }
}
