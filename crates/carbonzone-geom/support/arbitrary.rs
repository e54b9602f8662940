//! One check per kernel on arbitrary bytes: small lattice points, near-coincident points, or any 64 bits as a float. Nothing may panic,
//! hang, or give a negative or NaN measure. Shared by `tests/arbitrary.rs` and the fuzz targets.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each target uses its own part of this file"
)]

use carbonzone_geom::validity::{defects, repair};
use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, NearestIndex, PointLocator, overlap_grid, overlap_zones, pair_overlap_m2,
    self_overlaps,
};
use carbonzone_types::GridSpec;

/// Reads numbers from the bytes; zeros when they run out.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn coordinate(&mut self) -> f64 {
        let kind = self.byte();
        let small = f64::from(self.byte() % 16) * 10.0;
        match kind % 8 {
            0..=4 => small,
            5 => 500_000.0 + small + f64::from(self.byte()) * 1e-10,
            6 => small + f64::from(self.byte()) * f64::EPSILON,
            _ => {
                let mut bits = [0; 8];
                bits.fill_with(|| self.byte());
                f64::from_le_bytes(bits)
            }
        }
    }

    fn points(&mut self, n: usize) -> (Vec<f64>, Vec<f64>) {
        (0..n).map(|_| (self.coordinate(), self.coordinate())).unzip()
    }

    fn ring(&mut self) -> Vec<[f64; 2]> {
        (0..self.byte() % 12).map(|_| [self.coordinate(), self.coordinate()]).collect()
    }

    fn layer(&mut self) -> Coverage {
        let mut c = Coverage::new();
        for _ in 0..=self.byte() % 4 {
            let parts: Vec<Vec<Vec<[f64; 2]>>> =
                (0..self.byte() % 3).map(|_| (0..self.byte() % 3).map(|_| self.ring()).collect()).collect();
            c.push_rings(&parts);
        }
        c
    }
}

/// The promise of every measure: a number, never negative.
fn check(values: &[f64]) {
    assert!(values.iter().all(|v| *v >= 0.0), "{values:?}");
}

pub fn grid_coverage(data: &[u8]) {
    let mut input = Input(data);
    let c = input.layer();
    let cell = 1.0 + f64::from(input.byte());
    let grid = GridSpec { x_min: input.byte().into(), y_max: 200.0, cell, cols: 20, rows: 15 };
    let m = overlap_grid(&c, &grid);
    check(&m.areas_m2);
    check(&m.outside_m2);
    assert!((0..m.len()).all(|i| m.row(i).0.is_sorted() && m.row(i).0.iter().all(|&t| t < 300)));
}

pub fn zone_overlap(data: &[u8]) {
    let mut input = Input(data);
    let (parcels, zones) = (input.layer(), input.layer());
    let m = overlap_zones(&parcels, &zones);
    check(&m.areas_m2);
    check(&m.outside_m2);
    for i in 0..m.len() {
        assert!(m.row(i).0.windows(2).all(|w| w[0] < w[1]));
        for j in 0..zones.len() {
            check(&[pair_overlap_m2(&parcels, i, &zones, j)]);
        }
    }
    assert!(self_overlaps(&zones).iter().all(|o| o.0 < o.1 && o.2 > 0.0));
}

pub fn point_location(data: &[u8]) {
    let mut input = Input(data);
    let c = input.layer();
    let (xs, ys) = input.points(20);
    let locator = PointLocator::new(&c);
    let all = locator.locate_all(&xs, &ys);
    for (k, owner) in all.iter().enumerate() {
        assert_eq!(locator.locate(xs[k], ys[k]).unwrap_or(NO_PARCEL), *owner);
    }
}

pub fn line_length(data: &[u8]) {
    let mut input = Input(data);
    let c = input.layer();
    let (xs, ys) = input.points(6);
    let length: f64 =
        (1..6).map(|i| (xs[i] - xs[i - 1]).hypot(ys[i] - ys[i - 1])).filter(|l| l.is_finite()).sum();
    let index = LineIndex::new(&c);
    let lengths = index.lengths(&xs, &ys);
    assert!(lengths.windows(2).all(|w| w[0].0 < w[1].0));
    assert!(lengths.iter().all(|&(_, m)| m > 0.0 && m <= length * (1.0 + 1e-9)), "{lengths:?} {length}");
    let rows = index.lengths_all(&xs, &ys, &[0, 2, 2, 6]);
    for (k, v) in [0..2, 2..2, 2..6].into_iter().enumerate() {
        let (parcels, metres) = rows.row(k);
        let row: Vec<(u32, f64)> = parcels.iter().copied().zip(metres.iter().copied()).collect();
        assert_eq!(row, index.lengths(&xs[v.clone()], &ys[v]));
    }
}

pub fn nearest(data: &[u8]) {
    let mut input = Input(data);
    let c = input.layer();
    let subset: Vec<u32> = (0..c.len() as u32).collect();
    let index = NearestIndex::new(&c, &subset);
    if let Some((i, d)) = index.nearest_within(input.coordinate(), input.coordinate(), 1e6) {
        assert!((i as usize) < c.len() && (0.0..=1e6).contains(&d));
    }
}

pub fn validity(data: &[u8]) {
    let c = Input(data).layer();
    for i in 0..c.len() {
        let found = defects(&c, i);
        let mut repaired = Coverage::new();
        repaired.push_multipolygon(&repair(&c.multipolygon(i)));
        assert!(repaired.area_m2(0) >= 0.0 && found.len() <= 1 + 3 * c.rings(i).count());
    }
}

pub fn wkb(data: &[u8]) {
    let mut c = Coverage::new();
    if c.push_wkb(data).is_ok() {
        let mut again = Coverage::new();
        again.push_wkb(&c.wkb(0)).expect("what was written can be read");
        assert_eq!(c.ring_off, again.ring_off);
    } else {
        assert!(c.is_empty() && c.vertices() == 0);
    }
}
