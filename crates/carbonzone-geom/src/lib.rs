//! Planar measures: exact coverage, polygon overlap areas, point location, line lengths.
//!
//! Every kernel returns a *measure* (an area in m², a length in m, an owner), never a geometry. A measure is a
//! sum of continuous terms over the edges, so it needs no topology: it cannot throw, cannot invert, and closes
//! to a few units in the last place even where boundaries coincide, which for parcels and townships is the rule.
//!
//! | need | item | method |
//! |---|---|---|
//! | polygons as coordinate arrays | [`Coverage`] | CSR struct of arrays, read from WKB |
//! | parcel × cell areas | [`overlap_grid`] | signed area and cover accumulation |
//! | parcel × zone areas | [`overlap_zones`] | trapezoid pair sum, local to the parcel's box |
//! | both in one pass (the step to the 1 km grid and the townships of the Suzhou paper) | [`overlap_grid_and_zones`] | one read of the coordinates |
//! | owner of a point | [`PointLocator`] | half-open crossing rule on canonical edges |
//! | nearest parcel | [`NearestIndex`] | R-tree |
//! | road length per parcel | [`LineIndex`] | clamped crossings |
//! | road along its parcel's edge, over overlapping parcels | [`LineIndex::shared`] | crossings in order |
//! | lines on each other | [`lines_once`] | cells, projection |
//! | overlaps inside one layer | [`self_overlaps`], [`common_ground`] | edges that cancel, boxes by strips, pair sum |
//! | Gaode and Baidu coordinates | [`gcj02`] | iterative inverse |
//! | features far from all others | [`far_off`] | steps in the distance from the median |
//! | pictures, places of names, outlines for a page | [`fill_classes`], [`deep_point`], [`packed_rings`] | scanlines, squares divided, differences |
//! | pixels of pictures | [`pixels`] | |
//! | defects and repair | [`validity`] | direct checks, `geo`'s `MakeValid` |
//!
//! What it does *not* do: read files, reproject, know carbon, build intersection polygons, or compute areas on the
//! ellipsoid. Coordinates are planar, in metres, in one projected CRS.
//!
//! # Invalid input
//! Every kernel gives a defined result: a ring that has a coordinate that is not finite, or no area, counts for
//! nothing; if it is the shell, its whole part counts for nothing. Ring direction does not matter. In a
//! self-crossing ring, lobes of opposite direction cancel and ground wound around twice counts twice; a hole outside its shell is
//! taken off, ground under two parts counts twice. [`validity`] lists these cases and repairs them.
//!
//! ```
//! use carbonzone_geom::{Coverage, overlap_grid};
//! use carbonzone_types::GridSpec;
//! let mut parcels = Coverage::new();
//! parcels.push_rings(&[vec![vec![[5.0, 5.0], [15.0, 5.0], [15.0, 10.0], [5.0, 10.0], [5.0, 5.0]]]]);
//! let grid = GridSpec { x_min: 0.0, y_max: 10.0, cell: 10.0, cols: 2, rows: 1 };
//! let overlap = overlap_grid(&parcels, &grid);
//! assert_eq!(overlap.row(0), (&[0, 1][..], &[25.0, 25.0][..]));
//! assert_eq!(overlap.outside_m2, [0.0]);
//! ```

mod centroid;
mod class_raster;
mod coincidence;
mod contiguity;
mod coverage;
mod crossings;
mod deep_point;
mod defect;
mod error;
mod far_off;
mod feature_grid;
pub mod gcj02;
mod grid_cost;
mod grid_coverage;
mod line_length;
mod line_sharing;
mod measured;
mod nearest;
mod overlap;
mod overlap_matrix;
mod packed_rings;
pub mod pixels;
mod point_location;
mod ring;
mod ring_blocks;
mod ring_box;
mod ring_relations;
mod row_sink;
mod self_overlap;
mod shared_edges;
mod strips;
pub mod validity;
mod wkb;
mod zone_index;
mod zone_overlap;

pub use class_raster::{EMPTY, View, fill_classes};
pub use coincidence::{LinesOnce, lines_once};
pub use contiguity::{Contact, contacts};
pub use coverage::{Coverage, Pieces, Ring, WkbKind};
pub use deep_point::{deep_point, first_of_zones, holds};
pub use error::GeomError;
pub use far_off::{FarOff, FarOffs, far_off};
pub use grid_cost::{box_and_pieces, cells_of};
pub use line_length::{LineIndex, LineLengths};
pub use line_sharing::{SharedLengths, SharingRules};
pub use nearest::NearestIndex;
pub use overlap::{overlap_grid, overlap_grid_and_zones, overlap_zones};
pub use overlap_matrix::{OverlapMatrix, Spread};
pub use packed_rings::packed_rings;
pub use point_location::{NO_PARCEL, PointLocator};
pub use self_overlap::{
    MOST_PARTNERS, OVERLAP_TOLERANCE_M2, common_ground, pair_overlap_m2, self_overlaps, self_overlaps_up_to,
};
pub use wkb::read_wkb;
