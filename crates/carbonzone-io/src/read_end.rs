//! How the reading of a layer ended, and what is told about it.

use crate::ffi::ARC_STEP_DEGREES;
use crate::gdal_log::GdalMessages;
use crate::mojibake::TextCheck;
use crate::source::{Reporter, has_extension};
use carbonzone_types::{Finding, number_of};

#[derive(Debug, Default)]
pub(crate) struct ReadEnd {
    pub read: u64,
    pub failed_at_end: bool,
    pub messages: GdalMessages,
    pub check: TextCheck,
    /// Features with curves, which became lines.
    pub curves: u64,
    /// What the condition on the rows has to tell.
    pub selection: Vec<Finding>,
}

impl ReadEnd {
    /// Appends how the reading of the next part ended.
    pub(crate) fn add(&mut self, more: Self) {
        self.read += more.read;
        self.curves += more.curves;
        self.failed_at_end |= more.failed_at_end;
        self.messages.add(more.messages);
        self.check.add(more.check);
        self.selection.extend(more.selection);
    }

    /// Notes that reading failed, and why.
    pub(crate) fn fail(&mut self, error: &impl ToString) {
        self.failed_at_end = true;
        self.messages.n_failures += 1;
        self.messages.failures.push(error.to_string());
    }
}

/// Reports how the reading of a layer ended: fewer features than announced or a failure at the end is an error,
/// failures on the way are a warning.
pub(crate) fn check_reading(report: &mut Reporter<'_>, end: &ReadEnd, expected: Option<u64>) -> bool {
    let (read, failed_at_end, messages) = (end.read, end.failed_at_end, &end.messages);
    end.check.report(report);
    if end.curves > 0 {
        let message = format!(
            "{} have arcs, which are read as lines with a vertex every {ARC_STEP_DEGREES} degrees",
            number_of(end.curves as usize, "feature", "features")
        );
        report.add(Finding::info("arcs_as_lines", message).count(end.curves));
    }
    end.selection.iter().cloned().for_each(|finding| report.add(finding));
    let short = expected.is_some_and(|e| read < e);
    // One broken feature is a warning; many are a broken file.
    let broken = messages.n_failures * 10 > read;
    // A GeoPackage's count may be stale and a shapefile's holds deleted rows; these formats know theirs.
    let exact = read == 0 || has_extension(&report.source.path, &["fgb", "parquet", "geoparquet"]);
    if failed_at_end || broken || (short && (exact || !messages.failures.is_empty())) {
        let said = messages.summary().unwrap_or_else(|| "the file ends there".to_owned());
        let announced = expected.map_or(String::new(), |e| format!(" of {e}"));
        let message = format!("reading stopped after {read}{announced} features: {said}");
        report.add(
            Finding::error("truncated_file", message)
                .count(expected.map_or(0, |e| e.saturating_sub(read)))
                .hint("the file is damaged or its download was cut off: get it again"),
        );
        return false;
    }
    if short {
        let message = format!("the file announces {} features, {read} could be read", expected.unwrap_or(0));
        report.add(
            Finding::warning("feature_count", message)
                .hint("rebuild the layer (e.g. export it again from QGIS) if features are missing"),
        );
    }
    if let Some(said) = messages.summary() {
        // GDAL's words for bytes that are none of the encoding of the file.
        if let Some((_, from)) = said.split_once("converted correctly from ") {
            let encoding = from.split(' ').next().unwrap_or_default();
            let message = format!("some texts are not in the encoding {encoding} of the file");
            report.add(Finding::warning("wrong_encoding", message).hint(
                "the file is in another encoding: add encoding = \"GBK\" (or \"UTF-8\") to this input",
            ));
        }
        report.add(
            Finding::warning("reader_message", format!("while reading, GDAL said: {said}"))
                .count(messages.n_failures),
        );
    }
    true
}
