//! The one crate that links GDAL: vector and raster layers, CRS, files in and out.
//!
//! | need | item |
//! |---|---|
//! | CRS in which a run computes | [`WorkingCrs`] |
//! | polygons in canonical order | [`read_polygons`] |
//! | points and lines, streamed | [`read_points`], [`read_lines`] |
//! | GeoPackage with several layers | [`GpkgWriter`] |
//! | one layer in batches | [`VectorWriter`] |
//! | GeoJSON, GeoParquet, GeoTIFF (whole or in blocks) | [`write_geojson`], [`write_geoparquet`], [`write_cog`], [`write_cog_byte`], [`CogWriter`] |
//! | land-cover raster as polygons | [`read_land_cover`] |
//! | sums and class areas of rasters over polygons | [`zonal_sums`], [`class_areas`], [`Raster`] |
//! | what a file holds, before anything is decided | [`describe()`], [`unpack_archive`] |
//! | own outputs read back | [`read_own_layer`], [`read_features_by_id`] |
//! | areas on the ellipsoid | [`areas_m2`] |
//! | zone polygons of a map, clipping, overlaps | [`dissolve`], [`clip_to`], [`carve`], [`first_takes_all`], [`share_common_ground`], [`share_common_sums`] |
//!
//! Reading never panics and never prints: what is odd about the input is among the findings of `Checked`, with role, file,
//! feature, field, value and hint; what is dropped or repaired also stands in its ledger. GDAL's own messages are
//! caught and attached. What it does *not* do: allocate, aggregate, judge overlaps between features.
//!
//! # Threads
//! A GDAL handle is used by one thread at a time. Row ranges of GeoPackages, row groups of GeoParquet and shapes of shapefiles are
//! read on all threads, each with a handle of its own; other formats by one thread at a time, while the others decode. Several
//! layers may be read at the same time from different threads. Results do not depend on the number of threads.

mod batch;
mod centre;
mod charset_guess;
mod chosen_rows;
mod class_areas;
mod clip;
mod columns;
mod common_ground;
mod coordinate_text;
mod crs;
mod csv_header;
mod csv_layer;
mod csv_points;
mod cut;
mod dataset;
mod datum;
mod dbf;
mod decode;
mod degree_tiles;
mod describe;
mod digest;
mod dissolve;
mod ellipsoid;
mod error;
mod ffi;
mod file_check;
mod filter;
mod gauss_kruger;
mod gdal_log;
mod gdal_reader;
mod gdal_sink;
mod geoarrow;
mod geojson_writer;
mod geoparquet;
mod geoparquet_writer;
mod geotiff;
mod gpkg_layer;
mod gpkg_rows;
mod gpkg_writer;
mod in_order;
mod json_keys;
mod json_lines;
mod known_way;
mod land_cover;
mod layer_crs;
mod layer_info;
mod layer_output;
mod layer_reader;
mod layer_spec;
mod locate;
mod memory;
mod mojibake;
mod neighbours;
mod open_layer;
mod place;
mod point_feed;
mod polygons;
mod raster;
mod raster_band;
mod raster_blocks;
mod read_back;
mod read_end;
mod reading;
mod repeated;
mod rtree;
mod selection;
mod shapes;
mod signals;
mod smooth;
mod source;
mod sqlite_pages;
mod sqlite_record;
mod sqlite_rows;
mod stream;
mod table_view;
mod temporary;
mod transcode;
mod vector_writer;
mod versions;
mod warnings;
mod wkb_bytes;
mod workbook_points;
mod zonal;

pub use batch::{LineBatch, PointBatch};
pub use centre::layer_centre;
pub use class_areas::{ClassAreas, class_areas, class_areas_in_blocks};
pub use clip::{Carved, carve, clip_to, first_takes_all};
pub use common_ground::{share_common_ground, share_common_sums};
pub use crs::{CrsSpec, WorkingCrs};
pub use describe::{describe, unpack_archive};
pub use digest::{file_record, size_and_sha256};
pub use dissolve::dissolve;
pub use ellipsoid::{areas_m2, areas_within_m2, check_area_scale};
pub use error::{IoError, Result};
pub use gauss_kruger::crs_for;
pub use geojson_writer::write_geojson;
pub use geoparquet_writer::{write_geoparquet, write_geoparquet_part};
pub use geotiff::{ByteBand, CogWriter, FloatBand, write_cog, write_cog_byte};
pub use gpkg_writer::{GpkgTable, GpkgWriter, LayerStyle, write_layer_styles};
pub use land_cover::{LAND_COVER_CLASS, read_land_cover};
pub use layer_info::{LayerInfo, describe_place};
pub use layer_spec::{FieldType, GeometryKind, LayerSpec, VectorFormat};
pub use memory::{return_free_memory, return_memory_early};
pub use neighbours::reading_that_fits;
pub use polygons::{PolygonLayer, read_polygons};
pub use raster::{Raster, Resample};
pub use read_back::{layer_names, read_features_by_id, read_own_layer};
pub use reading::Wanted;
pub use selection::Selection;
pub use signals::{keep_ignored_signals, limits_are_errors};
pub use source::VectorSource;
pub use stream::{read_lines, read_points};
pub use table_view::{ColumnView, TableView};
pub use vector_writer::{VectorWriter, write_flatgeobuf, write_polygons};
pub use versions::library_versions;
pub use zonal::{DensestPixel, ZonalSums, zonal_sums};
