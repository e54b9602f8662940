//! Spatial surrogates (proxies): what is counted or measured on each parcel.
//!
//! | proxy | measure | file |
//! |---|---|---|
//! | `poi:<group>` | POI of a group in the parcel | [`points`] |
//! | `population` | people in the parcel | [`people`], [`points`] |
//! | `road:<mode>` | length of a mode's lines in the parcel, m | [`mode_lines`], [`lines`] |
//! | `road_corrected` | length corrected by traffic POI, m | [`road`] |
//! | `sink_area` | area × sink coefficient, t | [`sink`] |
//! | `area` | area of the parcel, m² | built in |

pub mod lines;
pub mod mode_lines;
pub mod people;
pub mod poi;
pub mod points;
pub mod road;
pub mod sample;
pub mod sink;
