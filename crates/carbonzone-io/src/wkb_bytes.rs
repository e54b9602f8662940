//! Polygons and lines as well-known binary.

use crate::batch::LineBatch;
use carbonzone_geom::Coverage;
use gdal_sys::OGRwkbGeometryType as T;

fn header(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

fn coordinates(out: &mut Vec<u8>, xs: &[f64], ys: &[f64]) {
    out.extend_from_slice(&(xs.len() as u32).to_le_bytes());
    let start = out.len();
    out.resize(start + 16 * xs.len(), 0);
    for ((pair, x), y) in out[start..].as_chunks_mut::<16>().0.iter_mut().zip(xs).zip(ys) {
        pair[..8].copy_from_slice(&x.to_le_bytes());
        pair[8..].copy_from_slice(&y.to_le_bytes());
    }
}

/// Appends feature `i` as a little-endian ISO WKB `MultiPolygon`; nothing for a feature without geometry.
pub(crate) fn multipolygon_wkb(coverage: &Coverage, i: usize, out: &mut Vec<u8>) {
    let parts = coverage.feat_off[i] as usize..coverage.feat_off[i + 1] as usize;
    if parts.is_empty() {
        return;
    }
    header(out, T::wkbMultiPolygon, parts.len());
    for p in parts {
        let rings = coverage.part_off[p] as usize..coverage.part_off[p + 1] as usize;
        header(out, T::wkbPolygon, rings.len());
        for r in rings {
            let range = coverage.ring_off[r] as usize..coverage.ring_off[r + 1] as usize;
            coordinates(out, &coverage.xs[range.clone()], &coverage.ys[range]);
        }
    }
}

pub(crate) fn multiline_wkb(batch: &LineBatch, lines: std::ops::Range<usize>, out: &mut Vec<u8>) {
    if lines.is_empty() {
        return;
    }
    header(out, T::wkbMultiLineString, lines.len());
    for i in lines {
        let (xs, ys) = batch.line(i);
        out.push(1);
        out.extend_from_slice(&T::wkbLineString.to_le_bytes());
        coordinates(out, xs, ys);
    }
}
