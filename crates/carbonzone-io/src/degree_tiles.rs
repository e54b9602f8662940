//! Millions of points in degrees into the working CRS: PROJ's map, interpolated on tiles that lie fast on the globe.
//!
//! A tile is a quarter of a degree wide. Over it a projection is a polynomial of degree 4 to within 1e-9 m, which is the rounding of
//! PROJ itself ([`SmoothMap`]); a tile where it is not, to 2e-8 m, is left to PROJ. What a point becomes depends on the point alone:
//! not on the others of its layer, on batches or on threads.

use crate::smooth::SmoothMap;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// From this many points on a layer is interpolated.
pub(crate) const MANY_POINTS: u64 = 100_000;
/// Tiles per degree.
const PER_DEGREE: f64 = 4.0;
/// Tiles around the points of a batch at most, else PROJ has it: a layer of the whole Earth.
const MOST_TILES: i64 = 4096;

/// Column and row of a tile.
type Place = (i64, i64);
/// `None`: the points of the tile are left to PROJ.
type Tile = Option<Arc<SmoothMap>>;

/// The tiles that were met so far; all threads share them.
#[derive(Default)]
pub(crate) struct DegreeTiles {
    tiles: RwLock<HashMap<Place, Tile>>,
}

impl DegreeTiles {
    /// Maps points in place, as `exact` does: points without an image become what it makes of them.
    pub(crate) fn apply(&self, xs: &mut [f64], ys: &mut [f64], exact: &dyn Fn(&mut [f64], &mut [f64])) {
        let places = || xs.iter().zip(&*ys).filter_map(|(&x, &y)| place(x, y));
        let (mut west, mut south, mut east, mut north) = (i64::MAX, i64::MAX, i64::MIN, i64::MIN);
        for (col, row) in places() {
            (west, south) = (west.min(col), south.min(row));
            (east, north) = (east.max(col), north.max(row));
        }
        let (cols, rows) = ((east.saturating_sub(west)).max(0) + 1, (north.saturating_sub(south)).max(0) + 1);
        if west > east || cols * rows > MOST_TILES {
            return exact(xs, ys);
        }
        let at = |(col, row): Place| ((row - south) * cols + col - west) as usize;
        let mut tiles: Vec<Option<Tile>> = vec![None; (cols * rows) as usize];
        let (mut left, mut left_xs, mut left_ys) = (vec![], vec![], vec![]);
        for (i, (x, y)) in xs.iter_mut().zip(ys.iter_mut()).enumerate() {
            let tile = place(*x, *y).map(|p| &*tiles[at(p)].get_or_insert_with(|| self.tile(p, exact)));
            if let Some(Some(map)) = tile {
                [*x, *y] = map.at(*x, *y);
            } else {
                left.push(i);
                left_xs.push(*x);
                left_ys.push(*y);
            }
        }
        if !left.is_empty() {
            exact(&mut left_xs, &mut left_ys);
            for (i, (x, y)) in left.into_iter().zip(left_xs.into_iter().zip(left_ys)) {
                (xs[i], ys[i]) = (x, y);
            }
        }
    }

    fn tile(&self, (col, row): Place, exact: &dyn Fn(&mut [f64], &mut [f64])) -> Tile {
        let known = self.tiles.read().unwrap_or_else(PoisonError::into_inner).get(&(col, row)).cloned();
        known.unwrap_or_else(|| {
            let corner = [col, row].map(|k| k as f64 / PER_DEGREE);
            // Two threads that make the same tile make the same one.
            let made = SmoothMap::of_tile(corner, PER_DEGREE.recip(), exact).map(Arc::new);
            self.tiles.write().unwrap_or_else(PoisonError::into_inner).insert((col, row), made.clone());
            made
        })
    }
}

/// The tile of a point; `None` if it is no longitude and latitude, or at the edge of the map.
fn place(x: f64, y: f64) -> Option<Place> {
    let inside = x.abs() < 179.0 && y.abs() < 85.0;
    inside.then(|| ((x * PER_DEGREE).floor() as i64, (y * PER_DEGREE).floor() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_with_a_kink_and_points_of_the_whole_earth_are_left_to_proj() {
        let kink = |xs: &mut [f64], _: &mut [f64]| xs.iter_mut().for_each(|x| *x = (*x - 10.1).abs());
        let (mut xs, mut ys) = (vec![10.0, 10.2, 11.0], vec![1.0; 3]);
        DegreeTiles::default().apply(&mut xs, &mut ys, &kink);
        assert!((xs[0] - 0.1).abs() < 1e-12 && (xs[1] - 0.1).abs() < 1e-12 && (xs[2] - 0.9).abs() < 1e-9);
        let (mut xs, mut ys) = (vec![-170.0, 170.0], vec![-80.0, 80.0]);
        DegreeTiles::default().apply(&mut xs, &mut ys, &|xs, _| xs.fill(1.0));
        assert_eq!(xs, [1.0, 1.0]);
    }
}
