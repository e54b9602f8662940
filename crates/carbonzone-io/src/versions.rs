//! Versions of the native libraries.

use carbonzone_types::Libraries;

/// Versions of GDAL and PROJ, for `run.json`.
pub fn library_versions() -> Libraries {
    crate::gdal_log::init();
    Libraries { gdal: gdal::version::VersionInfo::release_name(), proj: crate::ffi::proj_version() }
}
