//! Where a layer comes from, and findings that name it.

use carbonzone_types::{Finding, Findings, InputRecord};
use std::path::{Path, PathBuf};

/// A vector layer (or a table of points) as the pipeline file describes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VectorSource {
    /// Role in the pipeline file, e.g. `parcels`: named in every finding.
    pub role: String,
    /// File, folder (`.gdb`) or connection string (`PG:...`).
    pub path: PathBuf,
    /// Path as the user wrote it; `path` is shown if this is empty.
    pub shown: String,
    /// Layer; needed if the file has several.
    pub layer: Option<String>,
    /// CRS that overrides the file's: anything GDAL reads, `GCJ-02` or `BD-09`.
    pub crs: Option<String>,
    /// Encoding of texts (`GBK`, `UTF-8`, ...) that overrides the file's.
    pub encoding: Option<String>,
    /// SQL condition, e.g. `hour_group = 'night'`.
    pub filter: Option<String>,
    /// Column with the feature id.
    pub id: Option<String>,
    /// Columns to read.
    pub fields: Vec<String>,
    /// Those of them that are numbers, for points: text is read as in tables (`1,950`), what is missing is told.
    pub numbers: Vec<String>,
    /// Column with the easting or longitude (CSV only; found by its name if absent).
    pub x: Option<String>,
    /// Column with the northing or latitude (CSV only; found by its name if absent).
    pub y: Option<String>,
    /// Band of a raster, from 1; the first with data if absent.
    pub band: Option<usize>,
    /// Stored value of a raster that means "no value", beside the one the file declares.
    pub nodata: Option<f64>,
    /// The values of a raster are densities: persons (or whatever they count) per this many km². A pixel then counts its
    /// value times its ground.
    pub per_km2: Option<f64>,
}

impl VectorSource {
    /// A source with a role and a path; the rest is set on the fields.
    pub fn new(role: &str, path: impl Into<PathBuf>) -> Self {
        Self { role: role.to_owned(), path: path.into(), ..Self::default() }
    }

    /// Asks for columns (builder style).
    pub fn fields(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|f| (*f).to_owned()).collect();
        self
    }

    /// Names the id column (builder style).
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// Sets the CRS override (builder style).
    pub fn crs(mut self, crs: &str) -> Self {
        self.crs = Some(crs.to_owned());
        self
    }

    /// Names the layer (builder style).
    pub fn layer(mut self, layer: &str) -> Self {
        self.layer = Some(layer.to_owned());
        self
    }

    /// The path as shown in findings.
    pub fn shown_path(&self) -> String {
        if self.shown.is_empty() { self.path.display().to_string() } else { self.shown.clone() }
    }

    /// Provenance of what was read of it: the layer or band, size and digest, the number of features, the label of the CRS.
    pub(crate) fn record(
        &self,
        layer: String,
        (bytes, sha256): (u64, String),
        features: u64,
        crs: &str,
    ) -> InputRecord {
        let (role, path) = (self.role.clone(), self.shown_path());
        InputRecord { role, path, layer, bytes, sha256, features, crs: crs.to_owned() }
    }

    /// The columns to read: those asked for, then the id if it is not among them.
    pub(crate) fn wanted(&self) -> Vec<String> {
        let id = self.id.iter().filter(|id| !self.fields.contains(id));
        self.fields.iter().chain(id).cloned().collect()
    }

    /// True if the path is a database connection or a virtual file rather than a file on disk.
    pub fn is_virtual(&self) -> bool {
        is_virtual(&self.path)
    }

    /// True for `.csv`, `.txt` and `.tsv`.
    pub fn is_csv(&self) -> bool {
        has_extension(&self.path, &["csv", "txt", "tsv"])
    }
}

/// Findings of one source: adds its role and file to each.
pub(crate) struct Reporter<'a> {
    pub source: &'a VectorSource,
    pub findings: &'a mut Findings,
}

impl Reporter<'_> {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.findings.push(finding.layer(&self.source.role).file(self.source.shown_path()));
    }

    /// Tells why there is no value.
    pub(crate) fn refuse<T>(&mut self, finding: Finding) -> Option<T> {
        self.add(finding);
        None
    }

    /// The same layer, in the file that is really opened.
    pub(crate) fn of<'b>(&'b mut self, source: &'b VectorSource) -> Reporter<'b> {
        Reporter { source, findings: self.findings }
    }
}

pub(crate) fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| extensions.iter().any(|x| e.eq_ignore_ascii_case(x)))
}

pub(crate) fn is_virtual(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with("/vsi")
        || ["PG:", "postgresql:", "postgres:", "MySQL:"].iter().any(|p| text.starts_with(p))
}

/// The names that exist, for a message: at most 30 of them.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let text = names.iter().take(30).map(|n| format!("\"{}\"", n.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > 30 { format!("{text} and {} more", names.len() - 30) } else { text }
}

/// The name that is most like `wanted`, if one is like it at all.
pub(crate) fn did_you_mean<S: AsRef<str>>(wanted: &str, names: &[S]) -> Option<String> {
    let wanted = wanted.to_lowercase();
    names
        .iter()
        .map(|n| (strsim::jaro_winkler(&wanted, &n.as_ref().to_lowercase()), n.as_ref()))
        .filter(|(score, _)| *score >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name.to_owned())
}

/// "did you mean ...?" as a hint, else the fallback.
pub(crate) fn name_hint<S: AsRef<str>>(wanted: &str, names: &[S], fallback: &str) -> String {
    did_you_mean(wanted, names)
        .map_or_else(|| fallback.to_owned(), |name| format!("did you mean \"{name}\"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_only_if_it_is_near() {
        let names = ["DLBM", "DLMC", "BSM"];
        assert_eq!(did_you_mean("dlbn", &names).as_deref(), Some("DLBM"));
        assert_eq!(did_you_mean("population", &names), None);
    }
}
