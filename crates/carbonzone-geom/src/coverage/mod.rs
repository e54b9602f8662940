//! Polygons as coordinate arrays: compressed sparse rows from feature to part to ring to vertex.

mod measures;
mod pieces;
mod wkb_codec;

pub use pieces::Pieces;
pub use wkb_codec::WkbKind;

use carbonzone_types::GridSpec;
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

/// Polygons as CSR struct of arrays in a projected CRS (metres). Rings are closed (first vertex repeated) as
/// stored in WKB; an unclosed ring is kept as given and every kernel closes it.
///
/// Feature `i` owns parts `feat_off[i]..feat_off[i + 1]`, part `p` owns rings `part_off[p]..part_off[p + 1]` (the
/// first is the shell, the others holes), ring `r` owns vertices `ring_off[r]..ring_off[r + 1]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// Ring to vertex, length rings + 1, starts with 0.
    pub ring_off: Vec<u32>,
    /// Part to ring, length parts + 1, starts with 0.
    pub part_off: Vec<u32>,
    /// Feature to part, length features + 1, starts with 0.
    pub feat_off: Vec<u32>,
}

impl Default for Coverage {
    fn default() -> Self {
        Self::new()
    }
}

/// One ring of a feature, borrowed from the arrays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ring<'a> {
    /// Index of the part inside the feature.
    pub part: usize,
    /// Index of the ring inside the part; 0 is the shell.
    pub ring: usize,
    /// Eastings, m.
    pub xs: &'a [f64],
    /// Northings, m.
    pub ys: &'a [f64],
}

impl Coverage {
    /// An empty coverage.
    pub fn new() -> Self {
        Self { xs: vec![], ys: vec![], ring_off: vec![0], part_off: vec![0], feat_off: vec![0] }
    }

    /// The cells of a grid with these indices, one square each, counter-clockwise from its lower left corner.
    ///
    /// # Examples
    /// ```
    /// use carbonzone_geom::Coverage;
    /// use carbonzone_types::GridSpec;
    /// let grid = GridSpec { x_min: 0.0, y_max: 20.0, cell: 10.0, cols: 2, rows: 2 };
    /// let cells = Coverage::of_cells(&grid, &[1, 2]);
    /// assert_eq!(cells.bounds(0), Some([10.0, 10.0, 20.0, 20.0]));
    /// assert_eq!(cells.bounds(1), Some([0.0, 0.0, 10.0, 10.0]));
    /// ```
    pub fn of_cells(grid: &GridSpec, cells: &[u32]) -> Self {
        let mut out = Self::with_capacity(cells.len(), 5 * cells.len());
        for &cell in cells {
            let (col, row) = grid.col_row(cell);
            let [x0, y0, x1, y1] = grid.cell_bounds(col, row);
            out.push_rings(&[vec![vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]]]);
        }
        out
    }

    /// An empty coverage with room for `features` features and `vertices` vertices.
    pub fn with_capacity(features: usize, vertices: usize) -> Self {
        let offsets = || {
            let mut v = Vec::with_capacity(features + 1);
            v.push(0);
            v
        };
        Self {
            xs: Vec::with_capacity(vertices),
            ys: Vec::with_capacity(vertices),
            ring_off: offsets(),
            part_off: offsets(),
            feat_off: offsets(),
        }
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.feat_off.len().saturating_sub(1)
    }

    /// True if there is no feature.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of stored vertices, closing vertices included.
    pub fn vertices(&self) -> usize {
        self.xs.len()
    }

    /// Appends a feature from `geo`'s multipolygon.
    pub fn push_multipolygon(&mut self, mp: &MultiPolygon<f64>) {
        for polygon in &mp.0 {
            for line in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                self.xs.extend(line.0.iter().map(|c| c.x));
                self.ys.extend(line.0.iter().map(|c| c.y));
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature();
    }

    /// Appends a feature given as parts → rings → points `[x, y]`.
    pub fn push_rings(&mut self, parts: &[Vec<Vec<[f64; 2]>>]) {
        for part in parts {
            for ring in part {
                self.xs.extend(ring.iter().map(|p| p[0]));
                self.ys.extend(ring.iter().map(|p| p[1]));
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature();
    }

    /// Appends a feature without geometry, so that indices stay aligned with the attribute table.
    pub fn push_empty(&mut self) {
        self.end_feature();
    }

    /// Appends a feature of one ring.
    pub(crate) fn push_ring(&mut self, xs: &[f64], ys: &[f64]) {
        self.xs.extend_from_slice(xs);
        self.ys.extend_from_slice(ys);
        self.end_ring();
        self.end_part();
        self.end_feature();
    }

    fn end_ring(&mut self) {
        self.ring_off.push(self.xs.len() as u32);
    }

    fn end_part(&mut self) {
        self.part_off.push((self.ring_off.len() - 1) as u32);
    }

    fn end_feature(&mut self) {
        self.feat_off.push((self.part_off.len() - 1) as u32);
    }

    /// Parts of feature `i`.
    pub(crate) fn parts_of(&self, i: usize) -> std::ops::Range<usize> {
        self.feat_off[i] as usize..self.feat_off[i + 1] as usize
    }

    /// Rings of part `p`.
    pub(crate) fn rings_of(&self, p: usize) -> std::ops::Range<usize> {
        self.part_off[p] as usize..self.part_off[p + 1] as usize
    }

    /// Coordinates of ring `r`.
    #[inline]
    pub(crate) fn ring(&self, r: usize) -> (&[f64], &[f64]) {
        let range = self.ring_off[r] as usize..self.ring_off[r + 1] as usize;
        (&self.xs[range.clone()], &self.ys[range])
    }

    /// Every ring of feature `i`, shells before their holes.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn rings(&self, i: usize) -> impl Iterator<Item = Ring<'_>> {
        let first_part = self.feat_off[i] as usize;
        self.parts_of(i).flat_map(move |p| {
            let first_ring = self.part_off[p] as usize;
            self.rings_of(p).map(move |r| {
                let (xs, ys) = self.ring(r);
                Ring { part: p - first_part, ring: r - first_ring, xs, ys }
            })
        })
    }

    /// Feature `i` as `geo`'s multipolygon (a copy: not for the hot path).
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn multipolygon(&self, i: usize) -> MultiPolygon<f64> {
        let line = |r: usize| {
            let (xs, ys) = self.ring(r);
            LineString::new(xs.iter().zip(ys).map(|(&x, &y)| Coord { x, y }).collect())
        };
        let polygon = |p: usize| {
            let mut rings = self.rings_of(p).map(line);
            let shell = rings.next().unwrap_or_else(|| LineString::new(vec![]));
            Polygon::new(shell, rings.collect())
        };
        MultiPolygon::new(self.parts_of(i).map(polygon).collect())
    }

    /// The features in another order: new feature `k` is old feature `order[k]`. Features may be left out or repeated.
    ///
    /// # Panics
    /// If an index is not below `self.len()`.
    pub fn reordered(&self, order: &[u32]) -> Self {
        let mut out = Self::with_capacity(order.len(), self.vertices());
        for &i in order {
            for p in self.parts_of(i as usize) {
                for r in self.rings_of(p) {
                    let (xs, ys) = self.ring(r);
                    out.xs.extend_from_slice(xs);
                    out.ys.extend_from_slice(ys);
                    out.end_ring();
                }
                out.end_part();
            }
            out.end_feature();
        }
        out
    }

    /// The features from `first` up to `end` as a layer of their own, into `out`, whose memory is used again.
    ///
    /// # Panics
    /// If `first > end` or `end > self.len()`.
    pub fn copy_range(&self, first: usize, end: usize, out: &mut Self) {
        fn rebase(out: &mut Vec<u32>, offsets: &[u32]) -> std::ops::Range<usize> {
            let base = offsets[0];
            out.clear();
            out.extend(offsets.iter().map(|o| o - base));
            base as usize..offsets[offsets.len() - 1] as usize
        }
        let parts = rebase(&mut out.feat_off, &self.feat_off[first..=end]);
        let rings = rebase(&mut out.part_off, &self.part_off[parts.start..=parts.end]);
        let vertices = rebase(&mut out.ring_off, &self.ring_off[rings.start..=rings.end]);
        out.xs.clear();
        out.xs.extend_from_slice(&self.xs[vertices.clone()]);
        out.ys.clear();
        out.ys.extend_from_slice(&self.ys[vertices]);
    }

    /// Transforms all coordinates in place: `f` gets the two arrays whole.
    pub fn transform(&mut self, mut f: impl FnMut(&mut [f64], &mut [f64])) {
        f(&mut self.xs, &mut self.ys);
    }

    /// Appends all features of another coverage.
    ///
    /// # Errors
    /// [`GeomError::TooManyVertices`](crate::GeomError::TooManyVertices) if the 32-bit offsets overflow; nothing is appended then.
    pub fn append(&mut self, other: &Self) -> Result<(), crate::GeomError> {
        let base = self.vertices();
        u32::try_from(base + other.vertices()).map_err(|_too_big| crate::GeomError::TooManyVertices)?;
        let (rings, parts) = ((self.ring_off.len() - 1) as u32, (self.part_off.len() - 1) as u32);
        self.xs.extend_from_slice(&other.xs);
        self.ys.extend_from_slice(&other.ys);
        self.ring_off.extend(other.ring_off.iter().skip(1).map(|o| o + base as u32));
        self.part_off.extend(other.part_off.iter().skip(1).map(|o| o + rings));
        self.feat_off.extend(other.feat_off.iter().skip(1).map(|o| o + parts));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, d: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]
    }

    #[test]
    fn ring_direction_does_not_change_the_area_and_holes_subtract() {
        let mut hole = square(1.0, 1.0, 2.0);
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 4.0), hole.clone()]]);
        hole.reverse();
        c.push_rings(&[vec![square(0.0, 0.0, 4.0), hole]]);
        assert_eq!(c.areas_m2(), [12.0, 12.0]);
        assert_eq!(c.total_bounds(), Some([0.0, 0.0, 4.0, 4.0]));
    }

    #[test]
    fn a_ring_that_is_not_finite_counts_for_nothing() {
        let mut bad = square(1.0, 1.0, 1.0);
        bad[2][0] = f64::NAN;
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 4.0), bad.clone()], vec![bad]]);
        c.push_empty();
        assert_eq!(c.areas_m2(), [16.0, 0.0]);
        assert_eq!((c.total_bounds(), c.reordered(&[1]).total_bounds()), (Some([0.0, 0.0, 4.0, 4.0]), None));
        assert_eq!(c.bounds(0), Some([0.0, 0.0, 4.0, 4.0]));
        assert_eq!(c.bounds(1), None);
    }

    #[test]
    fn reordering_repeats_and_drops_features() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 1.0)]]);
        c.push_empty();
        c.push_rings(&[vec![square(5.0, 0.0, 2.0)], vec![square(9.0, 0.0, 1.0)]]);
        let r = c.reordered(&[2, 0, 2]);
        assert_eq!(r.areas_m2(), [5.0, 1.0, 5.0]);
        let mut part = Coverage::new();
        c.copy_range(1, 3, &mut part);
        assert_eq!(part, c.reordered(&[1, 2]));
        c.copy_range(1, 1, &mut part);
        assert_eq!(part, Coverage::new());
        let mut joined = c.reordered(&[2]);
        joined.append(&c.reordered(&[0])).unwrap();
        assert_eq!(joined, c.reordered(&[2, 0]));
    }

    #[test]
    fn multipolygon_round_trips_with_holes_and_parts() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 4.0), square(1.0, 1.0, 2.0)], vec![square(9.0, 0.0, 1.0)]]);
        let mut d = Coverage::new();
        d.push_multipolygon(&c.multipolygon(0));
        assert_eq!(c, d);
        let rings: Vec<_> = c.rings(0).map(|r| (r.part, r.ring, r.xs.len())).collect();
        assert_eq!(rings, [(0, 0, 5), (0, 1, 5), (1, 0, 5)]);
    }

    #[test]
    fn transform_acts_on_the_arrays_in_place() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![square(0.0, 0.0, 4.0)]]);
        c.transform(|xs, ys| {
            for (x, y) in xs.iter_mut().zip(ys) {
                (*x, *y) = (*x + 10.0, *y * 2.0);
            }
        });
        assert_eq!(c.bounds(0), Some([10.0, 0.0, 14.0, 8.0]));
        assert_eq!(c.area_m2(0), 32.0);
    }
}
