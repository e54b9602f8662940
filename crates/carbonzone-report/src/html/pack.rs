//! Geometry and attributes small enough to live inside a page.
//!
//! Geometry: [`packed_rings`], deflated, base64.

use carbonzone_geom::{Coverage, packed_rings};
use carbonzone_types::packed::{self, base64};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Quantum in metres: half a metre for a small city, about two metres for one of 120 km, coarser for large areas; from a
/// million vertices on it grows with their number, so that the page stays small. Neighbours are snapped alike: no gap
/// opens between them.
pub(crate) fn quantum(frame: [f64; 4], vertices: usize) -> f64 {
    const FINE: f64 = 1e6;
    let side = (frame[2] - frame[0]).max(frame[3] - frame[1]);
    let by_size = side / 60_000.0;
    let by_count = 0.5 * (vertices as f64 / FINE).max(1.0);
    by_count.max(by_size)
}

/// Raw deflate, then base64.
pub(crate) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail; if it did, the page would show no data rather than wrong data.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default();
    base64(&packed)
}

/// Numbers.
pub(crate) fn floats(values: &[Option<f64>]) -> String {
    deflated(&packed::float_planes(values))
}

/// Class numbers.
pub(crate) fn classes(values: &[Option<usize>]) -> String {
    deflated(&packed::class_bytes(values))
}

/// Texts joined by line feeds.
pub(crate) fn texts(values: &[String]) -> String {
    deflated(packed::lines(values).as_bytes())
}

/// Geometry of a coverage relative to the corner `[x0, y0]`.
pub(crate) fn geometry(coverage: &Coverage, corner: [f64; 2], quantum: f64) -> String {
    deflated(&packed_rings(coverage, corner, quantum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_areas_get_a_coarser_quantum() {
        assert_eq!(quantum([0.0, 0.0, 20_000.0, 30_000.0], 1000), 0.5);
        assert_eq!(quantum([0.0, 0.0, 600_000.0, 80_000.0], 1000), 10.0);
        assert_eq!(quantum([0.0, 0.0, 90_000.0, 80_000.0], 4_000_000), 2.0);
    }
}
