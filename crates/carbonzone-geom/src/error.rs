//! What can go wrong when geometry is read.

/// Errors of this crate. Measures themselves never fail; only decoding does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum GeomError {
    #[error("not a WKB geometry ({bytes} bytes): {reason}")]
    Wkb { bytes: usize, reason: String },
    #[error("geometry type {found} (expected Polygon or MultiPolygon)")]
    NotPolygon { found: &'static str },
    #[error("more than {} vertices in one layer (expected fewer)\nhint: split the layer", u32::MAX)]
    TooManyVertices,
}
