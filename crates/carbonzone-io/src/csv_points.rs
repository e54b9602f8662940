//! Points in a CSV of any encoding, row by row.

use crate::batch::PointBatch;
use crate::coordinate_text::both;
use crate::crs::{CrsPath, WorkingCrs};
use crate::csv_header::{Layout, find_header, unreadable};
use crate::digest::DigestJob;
use crate::in_order::{Made, in_order};
use crate::layer_crs::resolve_crs;
use crate::mojibake::TextCheck;
use crate::place::PlaceCheck;
use crate::point_feed::{BATCH, Losses, PointFeed, check_way, finish};
use crate::reading::Reading;
use crate::selection::Selection;
use crate::source::{Reporter, VectorSource, listed};
use crate::transcode::{Transcoder, detect};
use crate::workbook_points::{SheetText, is_workbook, sheet_text};
use carbonzone_sheet::{
    ColumnNumbers, CommaEvidence, Commas, CsvFault, CsvLines, CsvRecord, OddLines, angle, guess_delimiter,
    line_end, odd_lines, parse_number_as, ragged_hint,
};
use carbonzone_types::{AttributeTable, ColumnData, Finding, InputRecord, Progress};
use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::{Mutex, PoisonError};

/// Rows looked at to find out what commas mean in a column.
const SAMPLE_ROWS: usize = 2000;

/// What the first bytes of the file say.
struct Form {
    encoding: &'static encoding_rs::Encoding,
    delimiter: u8,
    line_end: u8,
    /// The first bytes, decoded.
    head: String,
}

pub(crate) fn read(reading: &mut Reading<'_>, sink: &mut dyn FnMut(PointBatch)) -> Option<InputRecord> {
    let Reading { source, crs, progress, .. } = *reading;
    let report = &mut reading.report();
    let path = resolve_crs(report, None, crs.definition());
    let (form, bytes, total, sheet) = open(report)?;
    let text = Transcoder::new(bytes, form.encoding);
    let text = BufReader::with_capacity(1 << 18, text);
    let mut rows = CsvLines::new(text, form.delimiter, form.line_end);
    let (layout, names) = find_header(report, &mut rows)?;
    rows.set_width(names.len());
    let used: Vec<usize> = layout.fields.iter().copied().chain([layout.x, layout.y]).collect();
    let sound = sheet.as_ref().is_none_or(|sheet| sheet.check((layout.line, &names), &used, report));
    let filter = compile_filter(report, &names).ok()?;
    let path = path?;
    check_way(&path, report)?;
    let digest = DigestJob::start(&source.path);
    progress.begin(&format!("reading {}", source.role), total);
    let mut state = Rows::new(source, &layout);
    let filtered = filter.as_ref().map(Selection::columns).unwrap_or_default();
    let plain = PlainNumbers::of(state.look_at(&form, &filtered));
    let ragged = Ragged::of(&names);
    let (losses, record) = (Losses::default(), CsvRecord::default());
    let lines =
        Lines { rows, record, filter, plain, ragged, state, losses, failure: None, given: 0, told: 0, total };
    let (mut feed, mut losses) = (PointFeed::default(), Losses::default());
    let lines = hand_over_all(lines, &path, crs, progress, &mut |ready| {
        feed.place.merge(&ready.place);
        feed.pass_on(ready.batch, ready.failed, &mut losses, sink);
    });
    progress.end();
    let Lines { rows, filter, ragged, mut state, losses: of_lines, failure, .. } = lines;
    if progress.cancelled() {
        return None;
    }
    losses.merge(of_lines);
    state.report(&rows, report);
    filter.iter().flat_map(Selection::findings).for_each(|finding| report.add(finding));
    let whole = ragged.report(report);
    let digest = digest.finish();
    if let Some(fault) = failure {
        return report.refuse(unreadable(&fault, state.read));
    }
    if !whole || !sound {
        return None;
    }
    let layer = sheet.map(|sheet| sheet.name).unwrap_or_default();
    let record = source.record(layer, digest, state.read, &path.label);
    finish(reading, &path, record, losses, &feed)
}

/// The lines of the file behind its header, read into batches.
struct Lines<'a, R> {
    rows: CsvLines<R>,
    record: CsvRecord,
    filter: Option<Selection>,
    plain: PlainNumbers,
    ragged: Ragged,
    state: Rows<'a>,
    losses: Losses,
    failure: Option<CsvFault>,
    /// Batches so far.
    given: usize,
    /// Bytes that progress was told of, and all bytes.
    told: u64,
    total: Option<u64>,
}

impl<R: BufRead> Lines<'_, R> {
    /// The next batch and its number; at the end the number of batches.
    fn next(&mut self, progress: &dyn Progress) -> Result<(usize, PointBatch), usize> {
        let mut over = self.failure.is_some();
        while !over && self.state.xs.len() < BATCH {
            match self.rows.read(&mut self.record) {
                Ok(true) => self.take_line(),
                Ok(false) => over = true,
                Err(fault) => {
                    self.failure = Some(fault);
                    over = true;
                }
            }
        }
        let at = if over { self.total } else { Some(self.rows.bytes().min(self.total.unwrap_or(u64::MAX))) };
        progress.advance(at.unwrap_or(self.told).saturating_sub(self.told));
        self.told = at.map_or(self.told, |at| at.max(self.told));
        let batch = self.state.take();
        if batch.xs.is_empty() {
            return Err(self.given);
        }
        self.given += 1;
        Ok((self.given - 1, batch))
    }

    /// Adds a line to the batch, if it counts.
    fn take_line(&mut self) {
        let Self { record, filter, plain, ragged, state, losses, .. } = self;
        if record.is_blank() || ragged.see(record) {
            return;
        }
        if let Some(filter) = filter {
            plain.see(record);
            let cell = |i: usize| plain.get(i).or_else(|| record.get(i));
            if !filter.keeps(cell, |_| format!("line {}", record.line())) {
                return;
            }
        }
        state.push(record, losses);
    }
}

/// Points of a batch in the working CRS.
struct Ready {
    batch: PointBatch,
    /// Points without an image.
    failed: usize,
    place: PlaceCheck,
}

/// Reads all lines, one thread at a time, while others transform the points; hands them over in the order of the file.
fn hand_over_all<'a, R: BufRead + Send>(
    lines: Lines<'a, R>,
    path: &CrsPath,
    crs: &WorkingCrs,
    progress: &dyn Progress,
    take: &mut dyn FnMut(Ready),
) -> Lines<'a, R> {
    let lines = Mutex::new(lines);
    let make = |_| {
        let next = lines.lock().unwrap_or_else(PoisonError::into_inner).next(progress);
        let (number, mut batch) = match next {
            Ok(next) => next,
            Err(batches) => return Made::End(batches),
        };
        let mut place = PlaceCheck::default();
        place.see(path, crs, &batch.xs, &batch.ys);
        let failed = path.apply(&mut batch.xs, &mut batch.ys).unwrap_or(batch.xs.len());
        Made::Item(number, Ready { batch, failed, place })
    };
    in_order(&make, &mut |ready| {
        take(ready);
        !progress.cancelled()
    });
    lines.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What is read: its form, its bytes and how many they are; for a workbook also the sheet.
type Opened = (Form, Box<dyn Read + Send>, Option<u64>, Option<SheetText>);

fn open(report: &mut Reporter<'_>) -> Option<Opened> {
    if is_workbook(report.source) {
        let mut sheet = sheet_text(report)?;
        let csv = std::mem::take(&mut sheet.csv);
        let head = csv.chars().take(1 << 20).collect();
        let form = Form { encoding: encoding_rs::UTF_8, delimiter: b',', line_end: b'\n', head };
        let total = Some(csv.len() as u64);
        return Some((form, Box::new(Cursor::new(csv.into_bytes())), total, Some(sheet)));
    }
    let form = sniff(report)?;
    match std::fs::File::open(&report.source.path) {
        Ok(file) => {
            let total = file.metadata().map(|m| m.len()).ok();
            Some((form, Box::new(BufReader::with_capacity(1 << 18, file)), total, None))
        }
        Err(error) => report.refuse(Finding::error("unreadable_file", format!("cannot be read: {error}"))),
    }
}

/// Encoding, delimiter and line ends from the first bytes.
fn sniff(report: &mut Reporter<'_>) -> Option<Form> {
    let (head, sample, whole) = match read_head(&report.source.path) {
        Ok(read) => read,
        Err(error) => {
            return report.refuse(Finding::error("unreadable_file", format!("cannot be read: {error}")));
        }
    };
    let encoding = if let Some(label) = &report.source.encoding {
        if let Some(encoding) = encoding_rs::Encoding::for_label(label.trim().as_bytes()) {
            encoding
        } else {
            return report.refuse(
                Finding::error("unknown_encoding", format!("there is no encoding \"{label}\""))
                    .field("encoding")
                    .value(label.clone())
                    .expected("UTF-8, GBK, GB18030, Big5, ..."),
            );
        }
    } else {
        let Some(encoding) = detect(&sample, whole) else {
            return report.refuse(
                Finding::error("wrong_encoding", "the file is neither UTF-8 nor UTF-16 nor GB18030 (GBK)")
                    .hint("name the encoding: encoding = \"Big5\""),
            );
        };
        if encoding != encoding_rs::UTF_8 {
            let name = if encoding == encoding_rs::GB18030 { "GBK" } else { encoding.name() };
            report.add(Finding::info("encoding_detected", format!("the file is read as {name}")));
        }
        encoding
    };
    let head = encoding.decode(&head).0.into_owned();
    Some(Form { encoding, delimiter: guess_delimiter(&head), line_end: line_end(&head), head })
}

/// The first bytes; the first bytes that are not all ASCII, which tell the encoding; and whether these are the whole
/// file.
fn read_head(path: &std::path::Path) -> std::io::Result<(Vec<u8>, Vec<u8>, bool)> {
    use std::io::Read;
    const STEP: u64 = 1 << 20;
    carbonzone_types::plain_file(path)?;
    let mut file = std::fs::File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(STEP).read_to_end(&mut head)?;
    let mut sample = head.clone();
    let mut step = Vec::new();
    while sample.is_ascii() {
        step.clear();
        if file.by_ref().take(STEP).read_to_end(&mut step)? == 0 {
            break;
        }
        sample.clone_from(&step);
    }
    let whole = head.len() < STEP as usize;
    Ok((head, sample, whole))
}

/// The filter was refused, and that is reported.
struct Refused;

fn compile_filter(report: &mut Reporter<'_>, names: &[String]) -> Result<Option<Selection>, Refused> {
    let Some(text) = &report.source.filter else { return Ok(None) };
    match Selection::parse(text, names) {
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

/// Cells with decimal commas, rewritten for the filter.
struct PlainNumbers {
    columns: Vec<usize>,
    texts: Vec<Option<String>>,
}

impl PlainNumbers {
    fn of(columns: Vec<usize>) -> Self {
        Self { texts: vec![None; columns.len()], columns }
    }

    fn see(&mut self, record: &CsvRecord) {
        for (text, &i) in self.texts.iter_mut().zip(&self.columns) {
            let number = record.get(i).and_then(|t| parse_number_as(t, Commas::Decimal).ok().flatten());
            *text = number.map(|x| x.to_string());
        }
    }

    fn get(&self, column: usize) -> Option<&str> {
        self.columns.iter().position(|c| *c == column).and_then(|k| self.texts[k].as_deref())
    }
}

/// Rows of another length than the header.
struct Ragged {
    header: usize,
    labelled: usize,
    odd: OddLines,
    example: Option<(u64, Vec<String>)>,
}

impl Ragged {
    fn of(names: &[String]) -> Self {
        let labelled = names.iter().rposition(|n| !n.is_empty()).map_or(0, |i| i + 1);
        Self { header: names.len(), labelled, odd: OddLines::default(), example: None }
    }

    /// Whether the row has the wrong length: it is noted then.
    fn see(&mut self, record: &CsvRecord) -> bool {
        let wrong = !record.fits(self.header, self.labelled);
        if wrong {
            self.odd.add(record.line());
            self.example.get_or_insert_with(|| (record.line(), record.iter().map(str::to_owned).collect()));
        }
        wrong
    }

    /// An error if there are any.
    fn report(&self, report: &mut Reporter<'_>) -> bool {
        if let Some((line, cells)) = &self.example {
            let all =
                if self.odd.count > 1 { format!("; so have {}", self.odd.words()) } else { String::new() };
            let hint = ragged_hint(cells, self.labelled);
            let message =
                format!("line {line} has {} cells, the header {}{all}{hint}", cells.len(), self.labelled);
            report.add(Finding::error("ragged_rows", message).value(cells.join(" | ")).count(self.odd.count));
        }
        self.example.is_none()
    }
}

/// Rows being gathered into a batch.
struct Rows<'a> {
    layout: &'a Layout,
    names: Vec<String>,
    xs: Vec<f64>,
    ys: Vec<f64>,
    columns: Vec<Values>,
    /// How commas are used in the two coordinates.
    commas: CommaEvidence,
    check: TextCheck,
    /// Rows with coordinates in degrees, minutes and seconds.
    angles: u64,
    read: u64,
}

/// A column of the batch.
enum Values {
    Texts(Vec<Option<String>>),
    Numbers(Box<ColumnNumbers>, Vec<Option<f64>>),
}

impl<'a> Rows<'a> {
    fn new(source: &VectorSource, layout: &'a Layout) -> Self {
        let names: Vec<String> = source
            .fields
            .iter()
            .chain(source.id.iter().filter(|id| !source.fields.contains(id)))
            .cloned()
            .collect();
        let of = |name: &String| {
            if source.numbers.contains(name) {
                Values::Numbers(Box::new(ColumnNumbers::new(name)), Vec::new())
            } else {
                Values::Texts(Vec::new())
            }
        };
        Self {
            layout,
            columns: names.iter().map(of).collect(),
            names,
            xs: Vec::new(),
            ys: Vec::new(),
            commas: CommaEvidence::default(),
            check: TextCheck::default(),
            angles: 0,
            read: 0,
        }
    }

    /// Lets the first rows say what commas mean; gives those of the filter's columns that have decimal commas.
    fn look_at(&mut self, form: &Form, filtered: &[usize]) -> Vec<usize> {
        let mut evidence = vec![CommaEvidence::default(); filtered.len()];
        let mut rows = CsvLines::new(form.head.as_bytes(), form.delimiter, form.line_end);
        let mut record = CsvRecord::default();
        let mut seen = 0;
        while seen < SAMPLE_ROWS && rows.read(&mut record).is_ok_and(|more| more) {
            if record.line() <= self.layout.line {
                continue;
            }
            seen += 1;
            for i in [self.layout.x, self.layout.y] {
                record.get(i).into_iter().for_each(|text| self.commas.see(text));
            }
            for (column, &i) in self.columns.iter_mut().zip(&self.layout.fields) {
                if let (Values::Numbers(numbers, _), Some(text)) = (column, record.get(i)) {
                    numbers.sample(text);
                }
            }
            for (seen, &i) in evidence.iter_mut().zip(filtered) {
                record.get(i).into_iter().for_each(|text| seen.see(text));
            }
        }
        let numbers = self.columns.iter_mut().filter_map(|column| match column {
            Values::Numbers(numbers, _) => Some(numbers.evidence()),
            Values::Texts(_) => None,
        });
        let mut all: Vec<&mut CommaEvidence> =
            numbers.chain([&mut self.commas]).chain(&mut evidence).collect();
        CommaEvidence::agree(&mut all);
        let decimal = filtered.iter().zip(&evidence).filter(|(_, seen)| seen.commas() == Commas::Decimal);
        decimal.map(|(i, _)| *i).collect()
    }

    /// A coordinate; thousands separators and decimal commas are read as in every table.
    fn coordinate(&self, text: &str) -> Option<f64> {
        let text = text.trim();
        let plain = text.parse().ok().filter(|v: &f64| v.is_finite());
        plain.or_else(|| parse_number_as(text, self.commas.commas()).ok().flatten()).or_else(|| angle(text))
    }

    fn push(&mut self, record: &CsvRecord, losses: &mut Losses) {
        self.read += 1;
        let number = |i: usize| record.get(i).and_then(|t| self.coordinate(t));
        let place = if self.layout.x == self.layout.y {
            record.get(self.layout.x).and_then(both)
        } else {
            number(self.layout.x).zip(number(self.layout.y))
        };
        let Some((x, y)) = place else {
            let cell = |i: usize| record.get(i).unwrap_or("").trim();
            let example =
                format!("line {}: \"{}\", \"{}\"", record.line(), cell(self.layout.x), cell(self.layout.y));
            losses.add("bad_coordinates", "rows whose coordinates are not numbers", Some(example));
            return;
        };
        let is_angle = |text: &str| text.trim().parse::<f64>().is_err() && angle(text).is_some();
        if self.layout.x != self.layout.y && record.get(self.layout.x).is_some_and(is_angle) {
            self.angles += 1;
        }
        self.xs.push(x);
        self.ys.push(y);
        for ((name, &index), column) in self.names.iter().zip(&self.layout.fields).zip(&mut self.columns) {
            let text = record.get(index).map(str::trim).filter(|t| !t.is_empty());
            match column {
                Values::Numbers(numbers, values) => {
                    values.push(numbers.read(text, || format!("line {}", record.line())));
                }
                Values::Texts(values) => {
                    if let Some(text) = text {
                        self.check.see(name, text);
                    }
                    values.push(text.map(str::to_owned));
                }
            }
        }
    }

    fn take(&mut self) -> PointBatch {
        let mut table = AttributeTable::new();
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            table.push(
                name,
                match column {
                    Values::Texts(values) => ColumnData::Text(std::mem::take(values)),
                    Values::Numbers(_, values) => ColumnData::Real(std::mem::take(values)),
                },
            );
        }
        let (xs, ys) = (std::mem::take(&mut self.xs), std::mem::take(&mut self.ys));
        PointBatch { xs, ys, table, features: Vec::new() }
    }

    /// What was noticed in the texts and numbers of all rows.
    fn report<R: BufRead>(&mut self, rows: &CsvLines<R>, report: &mut Reporter<'_>) {
        // A few broken bytes are told with their lines; many mean another encoding.
        if rows.undecodable.count * 10 < self.read {
            self.check.forgive_broken();
        }
        self.check.report(report);
        for column in &self.columns {
            if let Values::Numbers(numbers, _) = column {
                numbers.findings().into_iter().for_each(|finding| report.add(finding));
            }
        }
        if self.angles > 0 {
            let message =
                format!("{} coordinates are degrees, minutes and seconds: read as degrees", self.angles);
            report.add(Finding::info("angles_read", message).count(self.angles));
        }
        if self.commas.commas() == Commas::Decimal {
            let remark = self.commas.remark().unwrap_or_default();
            report.add(
                Finding::warning("decimal_comma", format!("coordinates: {remark}"))
                    .hint("write decimal points, to be sure"),
            );
        }
        for finding in odd_lines(rows) {
            report.add(finding);
        }
    }
}
