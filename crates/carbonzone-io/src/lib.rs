//! The one crate that links GDAL: vector and raster layers, CRS, files in and out.
