//! Ground under several targets that overlap: each has its share of it, and it counts once.

use crate::dissolve::oriented;
use carbonzone_geom::{Coverage, OverlapMatrix};
use carbonzone_types::ExactSum;
use geo::algorithm::unary_union;
use geo::{Area, BooleanOps};
use geo_types::MultiPolygon;
use rayon::prelude::*;
use std::collections::HashMap;

/// Areas that differ by less than this share are the same.
const SAME: f64 = 1e-6;
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
    let mut partners: HashMap<u32, Vec<(u32, f64)>> = HashMap::new();
    for &(a, b, m2) in pairs {
        partners.entry(a).or_default().push((b, m2));
        partners.entry(b).or_default().push((a, m2));
    }
    let ground = Ground { sources, targets, partners };
    let changes: Vec<(usize, Shares)> = (0..matrix.len())
        .into_par_iter()
        .filter_map(|i| Some((i, ground.shares(i, matrix.row(i))?)))
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

/// What replaces the pieces of a source.
struct Shares {
    /// Number in the row and area, m².
    pieces: Vec<(usize, f64)>,
    too_often_m2: f64,
}

struct Ground<'a> {
    sources: &'a Coverage,
    targets: &'a Coverage,
    /// Targets that share ground with a target, and how much, m².
    partners: HashMap<u32, Vec<(u32, f64)>>,
}

impl Ground<'_> {
    /// `None` if no two targets share ground in this source.
    fn shares(&self, source: usize, (targets, areas): (&[u32], &[f64])) -> Option<Shares> {
        // Pieces of the row, by number, that may share ground with another one of the row.
        let in_row = |t: u32| targets.binary_search(&t).ok();
        let mut common: Vec<(usize, usize, f64)> = vec![];
        for (k, t) in targets.iter().enumerate() {
            for &(other, m2) in self.partners.get(t).into_iter().flatten() {
                if let Some(j) = in_row(other).filter(|j| k < *j) {
                    common.push((k, j, m2));
                }
            }
        }
        if common.is_empty() {
            return None;
        }
        let whole = |k: usize| (areas[k] / self.targets.area_m2(targets[k] as usize) - 1.0).abs() < SAME;
        let mut shapes: HashMap<usize, MultiPolygon<f64>> = HashMap::new();
        let own = oriented(self.sources, source);
        let mut shape = |k: usize| {
            let made = || oriented(self.targets, targets[k] as usize).intersection(&own);
            shapes.entry(k).or_insert_with(made).clone()
        };
        for (k, j, m2) in &mut common {
            if !(whole(*k) && whole(*j)) {
                *m2 = shape(*k).intersection(&shape(*j)).unsigned_area();
            }
        }
        common.retain(|(_, _, m2)| *m2 > 0.0);
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
        let covered = unary_union(&members.iter().map(|&k| shape(k)).collect::<Vec<_>>()).unsigned_area();
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
    use carbonzone_geom::{overlap_zones, self_overlaps};

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
}
