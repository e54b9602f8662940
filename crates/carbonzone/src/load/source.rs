//! Files and the working CRS that the pipeline file names, as the I/O crate wants them.

use super::notes::Notes;
use crate::config::{City, Source};
use crate::load_config::{Loaded, suggest};
use carbonzone_io::{VectorSource, WorkingCrs};
use carbonzone_types::Finding;

/// A source of the pipeline file as the I/O crate wants it.
pub fn vector_source<P>(loaded: &Loaded<P>, role: &str, source: &Source) -> VectorSource {
    let mut out = VectorSource::new(role, loaded.resolve(&source.path));
    out.shown = source.path.display().to_string();
    out.layer.clone_from(&source.layer);
    out.crs.clone_from(&source.crs);
    out.encoding.clone_from(&source.encoding);
    out.filter.clone_from(&source.filter);
    out.x.clone_from(&source.x);
    out.y.clone_from(&source.y);
    out.band = source.band;
    out.nodata = source.nodata;
    out
}

/// A file that is not there, with the file beside it whose name is most like it.
pub fn missing_file(role: &str, shown: &str, path: &std::path::Path) -> Finding {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| ".".as_ref());
    let name = |p: &std::ffi::OsStr| p.to_string_lossy().into_owned();
    let beside: Vec<String> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| name(&e.file_name())).collect();
    let finding = Finding::fatal("missing_file", "no such file")
        .layer(role)
        .file(shown)
        .hint("paths are relative to the pipeline file");
    suggest(finding, &path.file_name().map(name).unwrap_or_default(), beside.iter().map(String::as_str))
}

/// What a working CRS must be.
pub const CRS_EXPECTED: &str = "a projected CRS in metres, e.g. EPSG:4549";

/// The one to take, as long as nobody knows where the city lies.
pub const CRS_HINT: &str = "in China the 3-degree Gauss-Krüger zone of CGCS2000 (Suzhou: EPSG:4549), elsewhere the UTM zone; for a province an equal-area CRS such as ESRI:102025";

/// The working CRS of `city.crs`. `None`: it is missing or wrong; a finding says so, and which one to take where `zones` lie.
pub fn working_crs<P>(
    loaded: &Loaded<P>,
    city: &City,
    zones: Option<&Source>,
    notes: &mut Notes,
) -> Option<WorkingCrs> {
    let text = city.crs.as_deref()?;
    let refuse = |e: carbonzone_io::IoError| {
        let place = zones.and_then(|z| carbonzone_io::layer_centre(&vector_source(loaded, "zones", z)));
        let hint = place.map_or_else(
            || CRS_HINT.to_owned(),
            |[lon, lat]| {
                format!(
                    "the zones lie at {lon:.2}° E, {lat:.2}° N: take {}",
                    carbonzone_io::crs_for(lon, lat)
                )
            },
        );
        let message = e.to_string();
        let message = message.split_once("\nhint: ").map_or(message.as_str(), |(message, _)| message);
        let finding = Finding::error("working_crs", message).field("city.crs").value(text);
        loaded.at(finding.expected(CRS_EXPECTED).hint(hint), &["city", "crs"])
    };
    WorkingCrs::parse(text).map_err(|e| notes.findings.push(refuse(e))).ok()
}
