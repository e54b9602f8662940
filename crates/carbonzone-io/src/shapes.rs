//! Geometries to be written, whatever they come from.

use crate::batch::{LineBatch, PointBatch};
use crate::wkb_bytes::{multiline_wkb, multipolygon_wkb};
use carbonzone_geom::Coverage;

/// Geometries by index, from any thread.
pub(crate) trait Shapes: Sync {
    /// `[x0, y0, x1, y1]`; `None` without vertices. Coordinates that are not numbers are passed over.
    fn bounds(&self, i: usize) -> Option<[f64; 4]>;
    /// Appends little-endian ISO WKB; nothing for a feature without geometry.
    fn wkb(&self, i: usize, out: &mut Vec<u8>);
    /// False for points, whose envelope says nothing that they do not say themselves.
    fn has_extent(&self) -> bool {
        true
    }
}

impl Shapes for Coverage {
    fn bounds(&self, i: usize) -> Option<[f64; 4]> {
        let vertex = |f: u32| self.ring_off[self.part_off[f as usize] as usize] as usize;
        let vertices = vertex(self.feat_off[i])..vertex(self.feat_off[i + 1]);
        bounds_of(&self.xs[vertices.clone()], &self.ys[vertices])
    }

    fn wkb(&self, i: usize, out: &mut Vec<u8>) {
        multipolygon_wkb(self, i, out);
    }
}

impl Shapes for PointBatch {
    fn bounds(&self, i: usize) -> Option<[f64; 4]> {
        bounds_of(&self.xs[i..=i], &self.ys[i..=i])
    }

    fn wkb(&self, i: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&[1, 1, 0, 0, 0]);
        out.extend_from_slice(&self.xs[i].to_le_bytes());
        out.extend_from_slice(&self.ys[i].to_le_bytes());
    }

    fn has_extent(&self) -> bool {
        false
    }
}

/// Lines by row of their table.
pub(crate) struct Multilines<'a> {
    batch: &'a LineBatch,
    /// First line of each row, and one more.
    first: Vec<usize>,
}

impl<'a> Multilines<'a> {
    pub(crate) fn of(batch: &'a LineBatch) -> Self {
        // Lines of a row are neighbours, because rows ascend.
        let rows = batch.table_rows();
        let mut first = vec![0usize; rows + 1];
        batch.rows.iter().for_each(|&r| first[r as usize + 1] += 1);
        for row in 0..rows {
            first[row + 1] += first[row];
        }
        Self { batch, first }
    }

    pub(crate) fn rows(&self) -> usize {
        self.first.len() - 1
    }
}

impl Shapes for Multilines<'_> {
    fn bounds(&self, i: usize) -> Option<[f64; 4]> {
        let offset = |line: usize| self.batch.offsets[line] as usize;
        let vertices = offset(self.first[i])..offset(self.first[i + 1]);
        bounds_of(&self.batch.xs[vertices.clone()], &self.batch.ys[vertices])
    }

    fn wkb(&self, i: usize, out: &mut Vec<u8>) {
        multiline_wkb(self.batch, self.first[i]..self.first[i + 1], out);
    }
}

/// The shapes of a table without geometry.
pub(crate) struct NoShapes;

impl Shapes for NoShapes {
    fn bounds(&self, _: usize) -> Option<[f64; 4]> {
        None
    }

    fn wkb(&self, _: usize, _: &mut Vec<u8>) {}
}

fn bounds_of(xs: &[f64], ys: &[f64]) -> Option<[f64; 4]> {
    // One instruction each, where `min` and `max` of the language take four.
    let low = |a: f64, x: f64| if x < a { x } else { a };
    let high = |b: f64, x: f64| if x > b { x } else { b };
    let range =
        |v: &[f64]| v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (low(a, *x), high(b, *x)));
    let ((x0, x1), (y0, y1)) = (range(xs), range(ys));
    (x0 <= x1 && y0 <= y1).then_some([x0, y0, x1, y1])
}
