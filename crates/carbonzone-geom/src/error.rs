//! What can go wrong when geometry is read.

/// Errors of this crate. Measures themselves never fail; only decoding does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GeomError {
    /// The bytes are not well-known binary.
    #[error("not a WKB geometry ({bytes} bytes): {reason}")]
    Wkb {
        /// Length of the input.
        bytes: usize,
        /// What the decoder said.
        reason: String,
    },
    /// A geometry that has no area.
    #[error("geometry type {found} (expected Polygon or MultiPolygon)")]
    NotPolygon {
        /// Name of the type that was found.
        found: &'static str,
    },
    /// More vertices than the 32-bit offsets can address.
    #[error("more than {} vertices in one layer (expected fewer)\nhint: split the layer", u32::MAX)]
    TooManyVertices,
}
