//! Points in a CSV of any encoding, row by row.

use crate::crs::{CrsSpec, WorkingCrs};
use crate::digest::DigestJob;
use crate::filter::Filter;
use crate::layer_crs::resolve_crs;
use crate::mojibake::TextCheck;
use crate::source::{Reporter, VectorSource, listed, name_hint};
use crate::stream::{BATCH, Losses, PointBatch, PointFeed, check_way, finish};
use crate::transcode::{Transcoder, detect};
use carbonzone_types::{AttributeTable, ColumnData, Finding, InputRecord, Ledger, Progress};
use csv::StringRecord;
use std::io::BufReader;

/// Names under which a longitude or easting is found if none is given.
const X_NAMES: [&str; 12] = [
    "lon",
    "lng",
    "longitude",
    "x",
    "经度",
    "long",
    "lon_wgs84",
    "lng_wgs84",
    "lon_gcj02",
    "lng_gcj02",
    "wgs84_lng",
    "gcj02_lng",
];
/// Names under which a latitude or northing is found if none is given.
const Y_NAMES: [&str; 9] =
    ["lat", "latitude", "y", "纬度", "lat_wgs84", "lat_gcj02", "wgs84_lat", "gcj02_lat", "northing"];
/// Rows that may stand above the header (titles, notes).
const TITLE_ROWS: usize = 5;

/// Columns found in the header.
struct Layout {
    x: usize,
    y: usize,
    fields: Vec<usize>,
}

pub(crate) fn read(
    source: &VectorSource,
    crs: &WorkingCrs,
    report: &mut Reporter<'_>,
    ledger: &mut Ledger,
    progress: &dyn Progress,
    sink: &mut dyn FnMut(PointBatch),
) -> Option<InputRecord> {
    let path = resolve_crs(&CrsSpec::parse(source.crs.as_deref()), None, crs.definition(), source, report);
    let (encoding, delimiter) = sniff(source, report)?;
    let file = match std::fs::File::open(&source.path) {
        Ok(file) => file,
        Err(error) => {
            report.add(Finding::error("unreadable_file", format!("cannot be read: {error}")));
            return None;
        }
    };
    let total = file.metadata().map(|m| m.len()).ok();
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(Transcoder::new(BufReader::with_capacity(1 << 18, file), encoding));
    let (layout, names) = find_header(source, &mut rows, report)?;
    let filter = compile_filter(source, &names, report).ok()?;
    let path = path?;
    check_way(&path, report)?;
    let digest = DigestJob::start(&source.path);
    progress.begin(&format!("reading {}", source.role), total);
    let mut state = Rows::new(source, &layout);
    let (mut feed, mut losses) = (PointFeed::default(), Losses::default());
    let mut record = StringRecord::new();
    let mut told = 0;
    let mut failure = None;
    loop {
        match rows.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                failure = Some(error.to_string());
                break;
            }
        }
        if record.iter().all(|cell| cell.trim().is_empty())
            || filter.as_ref().is_some_and(|f| !f.keeps(|i| record.get(i)))
        {
            continue;
        }
        state.push(&record, &mut losses);
        if state.xs.len() == BATCH {
            let at = record.position().map_or(told, csv::Position::byte);
            progress.advance(at.saturating_sub(told));
            told = at.max(told);
            if progress.cancelled() {
                progress.end();
                return None;
            }
            let (xs, ys, table) = state.take();
            feed.place.see(&path, crs, &xs, &ys);
            feed.hand_over(xs, ys, table, &path, &mut losses, sink);
        }
    }
    let (xs, ys, table) = state.take();
    feed.place.see(&path, crs, &xs, &ys);
    feed.hand_over(xs, ys, table, &path, &mut losses, sink);
    progress.advance(total.unwrap_or(told).saturating_sub(told));
    progress.end();
    state.check.report(report);
    let (bytes, sha256) = digest.finish();
    if let Some(error) = failure {
        report.add(Finding::error(
            "unreadable_file",
            format!("reading stopped after {} rows: {error}", state.read),
        ));
        return None;
    }
    let record = InputRecord {
        role: source.role.clone(),
        path: source.shown_path(),
        layer: String::new(),
        bytes,
        sha256,
        features: state.read,
        crs: path.label.clone(),
    };
    finish(source, (&path, crs), record, losses, &feed, report, ledger)
}

/// Encoding and delimiter from the first bytes.
fn sniff(source: &VectorSource, report: &mut Reporter<'_>) -> Option<(&'static encoding_rs::Encoding, u8)> {
    let head = match read_head(&source.path) {
        Ok(head) => head,
        Err(error) => {
            report.add(Finding::error("unreadable_file", format!("cannot be read: {error}")));
            return None;
        }
    };
    let encoding = if let Some(label) = &source.encoding {
        if let Some(encoding) = encoding_rs::Encoding::for_label(label.trim().as_bytes()) {
            encoding
        } else {
            report.add(
                Finding::error("unknown_encoding", format!("there is no encoding \"{label}\""))
                    .field("encoding")
                    .value(label.clone())
                    .expected("UTF-8, GBK, GB18030, Big5, ..."),
            );
            return None;
        }
    } else {
        let (encoding, certain) = detect(&head);
        if encoding != encoding_rs::UTF_8 {
            let name = if encoding == encoding_rs::GB18030 { "GBK" } else { encoding.name() };
            let finding = Finding::info("encoding_detected", format!("the file is read as {name}"));
            report.add(if certain { finding } else { finding.hint("add encoding = \"...\" to be sure") });
        }
        encoding
    };
    let (text, _, _) = encoding.decode(&head);
    let line = text.lines().find(|l| l.contains([',', ';', '\t'])).unwrap_or("");
    let count = |c: char| line.chars().filter(|x| *x == c).count();
    let delimiter = [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .rev()
        .max_by_key(|(_, n)| *n)
        .map_or(b',', |(d, _)| d);
    Some((encoding, delimiter))
}

fn read_head(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(1 << 20).read_to_end(&mut head)?;
    Ok(head)
}

fn find_header<R: std::io::Read>(
    source: &VectorSource,
    rows: &mut csv::Reader<R>,
    report: &mut Reporter<'_>,
) -> Option<(Layout, Vec<String>)> {
    let mut first: Option<Vec<String>> = None;
    let mut record = StringRecord::new();
    for _ in 0..=TITLE_ROWS {
        match rows.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                report.add(Finding::error("unreadable_file", format!("cannot be read as CSV: {error}")));
                return None;
            }
        }
        let names: Vec<String> =
            record.iter().map(|n| n.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        let x = position(&names, source.x.as_deref(), &X_NAMES);
        let y = position(&names, source.y.as_deref(), &Y_NAMES);
        if let (Some(x), Some(y)) = (x, y) {
            return find_columns(source, x, y, names, report);
        }
        if first.is_none() && names.iter().filter(|n| !n.is_empty()).count() > 1 {
            first = Some(names);
        }
    }
    let names = first.unwrap_or_default();
    for (key, given, standard) in [("x", &source.x, &X_NAMES[..]), ("y", &source.y, &Y_NAMES[..])] {
        if position(&names, given.as_deref(), standard).is_none() {
            let wanted = given.clone().unwrap_or_default();
            let message = match given {
                Some(name) => format!("there is no column \"{name}\""),
                None => format!("no coordinate column was found for {key}"),
            };
            report.add(
                Finding::error("unknown_field", message)
                    .field(key)
                    .value(wanted.clone())
                    .expected(format!("one of {}", listed(&names)))
                    .hint(name_hint(&wanted, &names, &format!("name the column: {key} = \"...\""))),
            );
        }
    }
    None
}

fn position(names: &[String], given: Option<&str>, standard: &[&str]) -> Option<usize> {
    let find = |wanted: &str| {
        names
            .iter()
            .position(|n| n == wanted)
            .or_else(|| names.iter().position(|n| n.eq_ignore_ascii_case(wanted)))
    };
    match given {
        Some(name) => find(name),
        None => standard.iter().find_map(|n| find(n)),
    }
}

fn find_columns(
    source: &VectorSource,
    x: usize,
    y: usize,
    names: Vec<String>,
    report: &mut Reporter<'_>,
) -> Option<(Layout, Vec<String>)> {
    let mut fields = Vec::new();
    let mut complete = true;
    for wanted in source.fields.iter().chain(source.id.iter().filter(|id| !source.fields.contains(id))) {
        if let Some(index) = position(&names, Some(wanted), &[]) {
            fields.push(index);
        } else {
            complete = false;
            report.add(
                Finding::error("unknown_field", format!("there is no column \"{wanted}\""))
                    .field(wanted.clone())
                    .expected(format!("one of {}", listed(&names)))
                    .hint(name_hint(wanted, &names, "use one of the columns that exist")),
            );
        }
    }
    complete.then_some((Layout { x, y, fields }, names))
}

/// The filter was refused, and that is reported.
struct Refused;

fn compile_filter(
    source: &VectorSource,
    names: &[String],
    report: &mut Reporter<'_>,
) -> Result<Option<Filter>, Refused> {
    let Some(text) = &source.filter else { return Ok(None) };
    match Filter::parse(text, names) {
        Ok(filter) => Ok(Some(filter)),
        Err(reason) => {
            report.add(
                Finding::error("bad_filter", format!("the filter is not understood: {reason}"))
                    .field("where")
                    .value(text.clone())
                    .expected(format!("a SQL condition on {}", listed(names)))
                    .hint("texts in single quotes, column names in double quotes: \"type\" = 'night'"),
            );
            Err(Refused)
        }
    }
}

/// Rows being gathered into a batch.
struct Rows<'a> {
    layout: &'a Layout,
    names: Vec<String>,
    xs: Vec<f64>,
    ys: Vec<f64>,
    columns: Vec<Vec<Option<String>>>,
    check: TextCheck,
    read: u64,
}

impl<'a> Rows<'a> {
    fn new(source: &VectorSource, layout: &'a Layout) -> Self {
        let names: Vec<String> = source
            .fields
            .iter()
            .chain(source.id.iter().filter(|id| !source.fields.contains(id)))
            .cloned()
            .collect();
        let columns = vec![Vec::new(); names.len()];
        Self { layout, names, xs: Vec::new(), ys: Vec::new(), columns, check: TextCheck::default(), read: 0 }
    }

    fn push(&mut self, record: &StringRecord, losses: &mut Losses) {
        self.read += 1;
        let number =
            |i: usize| record.get(i).and_then(|t| t.trim().parse::<f64>().ok()).filter(|v| v.is_finite());
        let (Some(x), Some(y)) = (number(self.layout.x), number(self.layout.y)) else {
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |i: usize| record.get(i).unwrap_or("").trim();
            let example = format!("line {line}: \"{}\", \"{}\"", cell(self.layout.x), cell(self.layout.y));
            losses.add("bad_coordinates", "rows whose coordinates are not numbers", Some(example));
            return;
        };
        self.xs.push(x);
        self.ys.push(y);
        for ((name, &index), column) in self.names.iter().zip(&self.layout.fields).zip(&mut self.columns) {
            let text = record.get(index).map(str::trim).filter(|t| !t.is_empty());
            if let Some(text) = text {
                self.check.see(name, text);
            }
            column.push(text.map(str::to_owned));
        }
    }

    fn take(&mut self) -> (Vec<f64>, Vec<f64>, AttributeTable) {
        let mut table = AttributeTable::new();
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            table.push(name, ColumnData::Text(std::mem::take(column)));
        }
        (std::mem::take(&mut self.xs), std::mem::take(&mut self.ys), table)
    }
}
