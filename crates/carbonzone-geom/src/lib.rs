//! Planar measures: exact coverage, polygon overlap areas, point location, line lengths.
