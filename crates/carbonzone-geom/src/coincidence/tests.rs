use super::*;

fn once(lines: &[(&[[f64; 2]], f64)]) -> Option<LinesOnce> {
    let (mut xs, mut ys, mut offsets) = (vec![], vec![], vec![0]);
    for (line, _) in lines {
        xs.extend(line.iter().map(|p| p[0]));
        ys.extend(line.iter().map(|p| p[1]));
        offsets.push(xs.len() as u32);
    }
    let weights: Vec<f64> = lines.iter().map(|l| l.1).collect();
    lines_once(&xs, &ys, &offsets, &weights)
}

/// The rows of all segments.
fn all_rows(lines: Lines<'_>) -> Rows<'_> {
    Rows::new(lines, &lines.firsts())
}

/// Length of what stays of each line.
fn left(found: &LinesOnce, lines: usize) -> Vec<f64> {
    let mut out = vec![0.0; lines];
    for (ends, &line) in found.offsets.windows(2).zip(&found.of_line) {
        for i in ends[0] as usize..ends[1] as usize - 1 {
            out[line as usize] += (found.xs[i + 1] - found.xs[i]).hypot(found.ys[i + 1] - found.ys[i]);
        }
    }
    out
}

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "{found:?} {expected:?}"));
}

#[test]
fn both_directions_of_a_street_count_once() {
    let there = [[0.0, 0.0], [30.0, 40.0], [30.0, 100.0]];
    let back = [[30.0, 100.0], [30.0, 40.0], [0.0, 0.0]];
    for pair in [[&there, &back], [&there, &there]] {
        let found = once(&[(pair[0], 1.0), (pair[1], 1.0)]).unwrap();
        close(&[left(&found, 2).iter().sum(), found.doubled_m], &[110.0, 110.0]);
        // The heavier one stays, wherever it stands.
        let found = once(&[(pair[0], 1.0), (pair[1], 2.0)]).unwrap();
        close(&left(&found, 2), &[0.0, 110.0]);
    }
    // The result does not depend on the order.
    let (a, b) =
        (once(&[(&there, 1.0), (&back, 1.0)]).unwrap(), once(&[(&back, 1.0), (&there, 1.0)]).unwrap());
    assert_eq!((a.xs, a.ys, a.offsets), (b.xs, b.ys, b.offsets));
}

#[test]
fn other_vertices_and_part_of_a_line_are_seen_too() {
    // 100 m, drawn back with a vertex in between, 3 mm off.
    let found =
        once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[100.0, 0.003], [40.0, 0.003], [0.0, 0.003]], 1.0)]);
    close(&[left(&found.unwrap(), 2).iter().sum()], &[100.0]);
    // A bus line over 60 of 100 m of a street; and three lines on each other.
    let found = once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[40.0, 0.0], [200.0, 0.0]], 1.0)]).unwrap();
    close(&[left(&found, 2).iter().sum(), found.doubled_m], &[200.0, 60.0]);
    let found = once(&[
        (&[[0.0, 0.0], [60.0, 80.0]], 1.0),
        (&[[30.0, 40.0], [90.0, 120.0]], 3.0),
        (&[[-30.0, -40.0], [120.0, 160.0]], 2.0),
    ])
    .unwrap();
    // The heaviest keeps its 100 m, the next what of its 250 m is left, the lightest nothing.
    close(&left(&found, 3), &[0.0, 100.0, 150.0]);
}

#[test]
fn a_line_that_comes_back_over_itself_counts_once() {
    // There and back in one feature; a zigzag of 20 m; a loop of 400 m run twice.
    let there_and_back = [[0.0, 0.0], [80.0, 60.0], [0.0, 0.0]];
    let zigzag = [[0.0, 0.0], [50.0, 0.0], [30.0, 0.0], [100.0, 0.0]];
    let corners = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]];
    let twice: Vec<[f64; 2]> = (0..=8).map(|k| corners[k % 4]).collect();
    for (line, once_m, doubled_m) in
        [(&there_and_back[..], 100.0, 100.0), (&zigzag[..], 100.0, 40.0), (&twice[..], 400.0, 400.0)]
    {
        let found = once(&[(line, 1.0)]).unwrap();
        close(&[left(&found, 1)[0], found.doubled_m], &[once_m, doubled_m]);
    }
}

#[test]
fn carriageways_crossings_and_bends_are_not_doubled() {
    assert_eq!(once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[100.0, 6.0], [0.0, 6.0]], 1.0)]), None);
    assert_eq!(once(&[(&[[0.0, 0.0], [100.0, 0.0]], 1.0), (&[[0.0, -0.5], [100.0, 0.5]], 1.0)]), None);
    assert_eq!(once(&[(&[[0.0, 0.0], [50.0, 0.0], [100.0, 0.0], [100.0, 50.0]], 1.0)]), None);
    assert_eq!(once(&[(&[[0.0, 0.0], [50.0, 0.0]], 1.0), (&[[50.0, 0.0], [90.0, 0.0]], 1.0)]), None);
    assert_eq!(once(&[(&[[f64::NAN, 0.0], [1.0, 0.0]], 1.0), (&[[5.0, 5.0]], 1.0), (&[], 1.0)]), None);
    assert_eq!(lines_once(&[], &[], &[0], &[]), None);
}

#[test]
fn long_lines_and_many_copies_are_found() {
    // A line over more rows than are kept, twice, and a piece on it.
    let long = [[0.0, 0.0], [3e5, 4e5]];
    let found = once(&[
        (&long, 1.0),
        (&[[30.0, 40.0], [33.0, 44.0]], 1.0),
        (&[[0.0, 9.0], [1.0, 9.0]], 1.0),
        (&long, 1.0),
        (&[[0.0, 7.0], [1.0, 7.0]], 1.0),
        (&[[0.0, 5.0], [1.0, 5.0]], 1.0),
    ])
    .unwrap();
    assert!((found.doubled_m - 500_005.0).abs() < 1e-6, "{}", found.doubled_m);
    let street: Vec<[f64; 2]> = (0..200).map(|k| [f64::from(k) * 7.0, f64::from(k % 3)]).collect();
    let routes: Vec<(&[[f64; 2]], f64)> = (0..500).map(|_| (&street[..], 1.0)).collect();
    let found = once(&routes).unwrap();
    let total: f64 = left(&found, 500).iter().sum();
    assert!((found.doubled_m - 499.0 * total).abs() < 1e-6 * found.doubled_m);
}

/// Lines of two vertices each.
fn layer(lines: impl Iterator<Item = [[f64; 2]; 2]>) -> (Vec<f64>, Vec<f64>, Vec<u32>, Vec<f64>) {
    let (xs, ys): (Vec<f64>, Vec<f64>) = lines.flatten().map(|[x, y]| (x, y)).unzip();
    let offsets = (0..=xs.len() as u32).step_by(2).collect();
    let weights = vec![1.0; xs.len() / 2];
    (xs, ys, offsets, weights)
}

/// Pairs that are looked at.
fn pairs(rows: &Rows<'_>) -> usize {
    let mut looked_at = 0;
    for row in rows.parts.chunk_by(|a, b| a.row == b.row) {
        rows.look(row, rows.height, &mut vec![], &mut |_, _| looked_at += 1);
    }
    looked_at
}

#[test]
fn many_long_lines_among_short_ones_are_no_quadratic_step() {
    let short = (0..5_001).map(|k| [[f64::from(k), 0.0], [f64::from(k) + 0.9, 0.4]]);
    let long = (0..5_000).map(|k| [[f64::from(k) + 0.5, -3e5], [f64::from(k) + 1.5, 3e5]]);
    let twice = [[4_999.5, -3e5], [5_000.5, 3e5]];
    let (xs, ys, offsets, weights) = layer(short.chain(long).chain([twice]));
    let found = lines_once(&xs, &ys, &offsets, &weights).unwrap();
    assert!((found.doubled_m - 1f64.hypot(6e5)).abs() < 1e-6, "{}", found.doubled_m);
    let rows = all_rows(Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights });
    assert!(rows.long.len() <= MANY_LONG && rows.parts.len() < 1_100_000, "{}", rows.parts.len());
    assert!(pairs(&rows) < 100 * weights.len(), "{}", pairs(&rows));
}

#[test]
fn many_lines_over_each_other_are_no_quadratic_step() {
    // Parallel lines over the whole town, and some across them; every five hundredth is drawn twice.
    let mut lines = vec![];
    for k in 0..5_000 {
        let v = f64::from(k);
        let parallel = [[0.0, 0.78 * v], [4000.0, 0.78 * v + 1.0]];
        lines.push(parallel);
        if k % 10 == 0 {
            lines.push([[(3.4 * v) % 3900.0, 0.0], [(5.8 * v) % 3700.0, 4000.0]]);
        }
        if k % 500 == 0 {
            lines.push([parallel[1], parallel[0]]);
        }
    }
    let (xs, ys, offsets, weights) = layer(lines.into_iter());
    let found = lines_once(&xs, &ys, &offsets, &weights).unwrap();
    assert!(found.doubled_m >= 10.0 * 4000.0, "{}", found.doubled_m);
    // Of them 2.5 million cross; without finer rows 15 million.
    let looked_at = pairs(&all_rows(Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights }));
    assert!(looked_at < 5_000_000, "{looked_at}");
}

#[test]
fn lines_far_beyond_the_place_are_not_cut_into_rows_all_along() {
    // A bundle that leaves the town in all directions up to 13 degrees: finer rows would be 20,000 km of them.
    let (xs, ys, offsets, weights) =
        layer((0..2_000).map(|k| [[0.2 * f64::from(k), 0.1 * f64::from(k)], [9e7, f64::from(k) * 1e4]]));
    let rows = all_rows(Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights });
    assert!(rows.parts.len() < 1_100_000 && pairs(&rows) <= 2_000 * 2_000, "{}", pairs(&rows));
}

#[test]
fn a_hundred_thousand_segments_look_at_a_few_neighbours_each() {
    let (mut xs, mut ys) = (vec![], vec![]);
    for k in 0..100_000u32 {
        let (x, y) = (f64::from(k % 316) * 50.0, f64::from(k / 316) * 50.0);
        xs.extend([x, x + 50.0]);
        ys.extend([y, y]);
    }
    xs.extend([-1e7, 1e7]);
    ys.extend([3.0, 2e5]);
    let offsets: Vec<u32> = (0..=xs.len() as u32).step_by(2).collect();
    let weights = vec![1.0; xs.len() / 2];
    let lines = Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights };
    let rows = all_rows(lines);
    let looked_at = pairs(&rows);
    assert!(looked_at < 5 * 100_000, "{looked_at}");
    assert_eq!(lines_once(&xs, &ys, &offsets, &weights), None);
}

#[test]
fn what_is_looked_at_first_changes_nothing() {
    // Walks of 1 to 20 steps on a lattice of 10 m, some steps long, some ends 4 mm off, which share many edges.
    let mut seed = 1_u32;
    let mut next = |n: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % n
    };
    let (mut xs, mut ys, mut offsets, mut weights) = (vec![], vec![], vec![0], vec![]);
    for _ in 0..400 {
        let mut at = [next(150), next(150)].map(|v| f64::from(v) * 10.0);
        for _ in 0..=1 + next(20) {
            xs.push(at[0] + f64::from(next(2)) * 0.004);
            ys.push(at[1]);
            let step = if next(30) == 0 { 200.0 } else { 10.0 };
            at[next(2) as usize] += if next(2) == 0 { step } else { -step };
        }
        offsets.push(xs.len() as u32);
        weights.push(f64::from(next(3)));
    }
    // Copies that are shorter than what counts elsewhere.
    for _ in 0..2 {
        xs.extend([5.0, 5.05, 9.0]);
        ys.extend([5.0, 5.0, 5.0]);
        offsets.push(xs.len() as u32);
        weights.push(1.0);
    }
    let lines = Lines { xs: &xs, ys: &ys, offsets: &offsets, weights: &weights };
    let (few, all) = (suspects(lines).unwrap(), lines.firsts());
    assert!(few.len() > 200 && few.len() < all.len(), "{} of {}", few.len(), all.len());
    let without = |firsts: &[u32]| {
        let mut covered = Rows::new(lines, firsts).covered();
        covered.sort_unstable_by(|a, b| {
            a.first.cmp(&b.first).then(a.from.total_cmp(&b.from)).then(a.to.total_cmp(&b.to))
        });
        lines.without(&covered)
    };
    assert_eq!(without(&few), without(&all));
}

#[test]
fn edges_that_may_lie_along_a_segment_are_those_that_are_not_surely_apart() {
    let at = |k: usize| [(k * 7919 % 101) as f64 / 7.0, (k * 6007 % 97) as f64 / 9.0];
    for n in [1, 2, 17, 64] {
        for k in 0..200 {
            let ring: Vec<[f64; 2]> = (0..n).map(|i| if i % 5 == 3 { at(k) } else { at(k + i) }).collect();
            let (xs, ys): (Vec<f64>, Vec<f64>) = ring.iter().map(|v| (v[0], v[1])).unzip();
            let (p, q) = (at(k), at(3 * k + 1));
            let mask = edges_along((p, q), &xs, &ys);
            let d = [q[0] - p[0], q[1] - p[1]];
            for (i, edge) in ring.windows(2).enumerate() {
                assert_eq!(mask >> i & 1 == 1, !surely_apart(p, d, edge[0], edge[1]), "{k} {i}");
            }
            assert_eq!(mask >> (n - 1), 0);
        }
    }
}
