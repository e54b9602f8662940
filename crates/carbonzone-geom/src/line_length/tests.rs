use super::*;

fn rect(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
    vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]
}

fn two_squares() -> Coverage {
    let mut c = Coverage::new();
    c.push_rings(&[vec![rect(0.0, 0.0, 10.0, 10.0)]]);
    c.push_rings(&[vec![rect(10.0, 0.0, 20.0, 10.0)]]);
    c
}

fn close(found: &[(u32, f64)], expected: &[(u32, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (f, e) in found.iter().zip(expected) {
        // A few roundings of a length of tens of metres.
        assert!(f.0 == e.0 && (f.1 - e.1).abs() < 1e-14 * 30.0, "{found:?}");
    }
}

#[test]
fn a_road_across_two_parcels_is_split_at_the_boundary() {
    let c = two_squares();
    let index = LineIndex::new(&c);
    close(&index.lengths(&[2.0, 17.0], &[5.0, 5.0]), &[(0, 8.0), (1, 7.0)]);
    close(&index.lengths(&[-5.0, 25.0], &[5.0, 5.0]), &[(0, 10.0), (1, 10.0)]);
    close(&index.lengths(&[3.0, 3.0, 6.0], &[1.0, 5.0, 5.0]), &[(0, 7.0)]);
}

#[test]
fn road_along_a_shared_boundary_is_counted_once_in_either_direction() {
    let c = two_squares();
    let index = LineIndex::new(&c);
    let north = index.lengths(&[10.0, 10.0], &[2.0, 9.0]);
    let south = index.lengths(&[10.0, 10.0], &[9.0, 2.0]);
    assert_eq!(north, south);
    assert_eq!(north.iter().map(|l| l.1).sum::<f64>(), 7.0);
    assert_eq!(north.len(), 1);
}

#[test]
fn a_concave_ring_and_a_hole_interrupt_the_road() {
    let mut c = Coverage::new();
    let u_shape = vec![
        [0.0, 0.0],
        [30.0, 0.0],
        [30.0, 20.0],
        [20.0, 20.0],
        [20.0, 10.0],
        [10.0, 10.0],
        [10.0, 20.0],
        [0.0, 20.0],
        [0.0, 0.0],
    ];
    c.push_rings(&[vec![u_shape, rect(2.0, 12.0, 6.0, 18.0)]]);
    let l = LineIndex::new(&c).lengths(&[-5.0, 35.0], &[15.0, 15.0]);
    assert_eq!(l.len(), 1);
    assert!((l[0].1 - 16.0).abs() < 1e-12, "{l:?}");
}

#[test]
fn many_lines_give_the_same_rows_as_one_by_one() {
    let c = two_squares();
    let index = LineIndex::new(&c);
    let xs = [17.0, 2.0, 5.0, 50.0, 60.0, 3.0, 3.0, 12.0];
    let ys = [5.0, 5.0, 9.0, 5.0, 5.0, 1.0, 5.0, 5.0];
    let line_off = [0, 3, 5, 5, 8];
    let all = index.lengths_all(&xs, &ys, &line_off);
    assert_eq!(all.offsets.len(), 5);
    for k in 0..4 {
        let v = line_off[k] as usize..line_off[k + 1] as usize;
        let one = index.lengths(&xs[v.clone()], &ys[v]);
        let (parcels, lengths) = all.row(k);
        assert_eq!(one, parcels.iter().copied().zip(lengths.iter().copied()).collect::<Vec<_>>());
    }
    assert_eq!(all.parcels, [0, 1, 0, 1]);
    assert_eq!(index.lengths_all(&[], &[], &[]), LineLengths { offsets: vec![0], ..LineLengths::default() });
}

#[test]
fn a_long_ring_gives_the_same_bits_by_blocks_as_whole() {
    let teeth = 400;
    let mut ring = vec![[0.0, 0.0]];
    for k in 0..teeth {
        let x = 10.0 * f64::from(k) + 0.37;
        ring.extend([[x, 5.0], [x, 60.0 + f64::from(k % 7)], [x + 3.1, 60.0], [x + 3.1, 5.0]]);
    }
    ring.extend([[4000.0, 0.0], [0.0, 0.0]]);
    let mut c = Coverage::new();
    c.push_rings(&[vec![ring]]);
    let index = LineIndex::new(&c);
    let (xs, ys) = c.ring(0);
    let number =
        |k: u32, n: u32| f64::from(k.wrapping_mul(2_654_435_761) >> 8 & 0xFFFF) / 65536.0 * f64::from(n);
    let mut inside = 0;
    for k in 0..2000 {
        let p = [number(k, 4000), number(k + 7, 70)];
        let q = if k % 5 == 0 { [p[0] + 300.0, p[1]] } else { [number(k + 99, 4000), number(k + 31, 70)] };
        let blocks = index.grid.rings().blocks(0, xs.len());
        let ahead = Ahead::of(p, q, index.size);
        let (whole, along) =
            (ring_share((xs, ys), Blocks::NONE, &ahead), ring_share((xs, ys), blocks, &ahead));
        assert_eq!(whole.to_bits(), along.to_bits(), "{p:?} {q:?}");
        inside += usize::from(along.abs() > 1e-9);
    }
    assert!(inside > 300, "{inside}");
}

#[test]
fn roads_outside_without_length_or_not_finite_give_nothing() {
    let c = two_squares();
    let index = LineIndex::from_locator(&PointLocator::new(&c));
    assert!(index.lengths(&[50.0, 60.0], &[5.0, 5.0]).is_empty());
    assert!(index.lengths(&[5.0, 5.0], &[5.0, 5.0]).is_empty());
    assert!(index.lengths(&[5.0], &[5.0]).is_empty());
    assert!(index.lengths(&[f64::NAN, 5.0], &[5.0, 5.0]).is_empty());
    assert_eq!(index.lengths(&[1.0, f64::NAN, 1.0, 4.0], &[5.0, 5.0, 5.0, 5.0]), [(0, 3.0)]);
    assert_eq!(index.lengths(&[-1e9, 1e9], &[5.0, 5.0]).len(), 2);
}
