//! The header of a CSV with points: which columns hold the coordinates and the fields.

use crate::coordinate_text::PAIR_NAMES;
use crate::source::{Reporter, VectorSource, listed, name_hint};
use carbonzone_sheet::{CsvFault, CsvLines, CsvRecord};
use carbonzone_types::Finding;
use std::io::BufRead;

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
pub(crate) const TITLE_ROWS: usize = 5;

/// Columns found in the header.
pub(crate) struct Layout {
    pub x: usize,
    pub y: usize,
    pub fields: Vec<usize>,
    /// Line of the header.
    pub line: u64,
}

pub(crate) fn find_header<R: BufRead>(
    report: &mut Reporter<'_>,
    rows: &mut CsvLines<R>,
) -> Option<(Layout, Vec<String>)> {
    let mut first: Option<Vec<String>> = None;
    let mut record = CsvRecord::default();
    let mut titles = 0;
    while titles <= TITLE_ROWS {
        match rows.read(&mut record) {
            Ok(true) if record.is_blank() => continue,
            Ok(true) => titles += 1,
            Ok(false) => break,
            Err(fault) => return report.refuse(unreadable(&fault, 0)),
        }
        let names: Vec<String> =
            record.iter().map(|n| n.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        let x = position(&names, report.source.x.as_deref(), &X_NAMES);
        let y = position(&names, report.source.y.as_deref(), &Y_NAMES);
        if let (Some(x), Some(y)) = (x, y) {
            tell_choice(report, &names, x, y);
            return find_columns(report, (x, y, record.line()), names);
        }
        if let Some(pair) = pair_column(report.source, &names) {
            let message =
                format!("\"{}\" holds both coordinates: the first number is x or longitude", names[pair]);
            report.add(Finding::info("coordinate_columns", message).field(names[pair].clone()));
            return find_columns(report, (pair, pair, record.line()), names);
        }
        if first.is_none() && names.iter().filter(|n| !n.is_empty()).count() > 1 {
            first = Some(names);
        }
    }
    let names = first.unwrap_or_default();
    for (key, given, standard) in
        [("x", &report.source.x, &X_NAMES[..]), ("y", &report.source.y, &Y_NAMES[..])]
    {
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

/// The column that holds both coordinates: the one that is named for x alone, else one with a usual name.
fn pair_column(source: &VectorSource, names: &[String]) -> Option<usize> {
    match (&source.x, &source.y) {
        (None, None) => position(names, None, &PAIR_NAMES),
        (Some(x), None) => position(names, Some(x), &[]),
        (Some(x), Some(y)) if x == y => position(names, Some(x), &[]),
        _ => None,
    }
}

/// Says which pair of columns was taken if there are several, and when their names speak of another datum than the CRS.
fn tell_choice(report: &mut Reporter<'_>, names: &[String], x: usize, y: usize) {
    let lower: Vec<String> = names.iter().map(|n| n.to_lowercase()).collect();
    let of_longitude = |n: &String| ["lon", "lng", "经度"].iter().any(|part| n.contains(part));
    let others: Vec<&String> = (0..names.len())
        .filter(|&i| i != x && i != y && of_longitude(&lower[i]))
        .map(|i| &names[i])
        .collect();
    let (nx, ny) = (&names[x], &names[y]);
    if !others.is_empty() && (report.source.x.is_none() || report.source.y.is_none()) {
        let message = format!("of several coordinate columns \"{nx}\" and \"{ny}\" are read");
        report.add(
            Finding::info("coordinate_columns", message)
                .field(nx.clone())
                .value(format!("also there: {}", listed(&others)))
                .hint("x = \"...\" and y = \"...\" of this source choose others"),
        );
    }
    let crs = report.source.crs.as_deref().unwrap_or_default().to_uppercase().replace(['-', ' '], "");
    let says = |datum: &str| lower[x].contains(datum) || lower[y].contains(datum);
    for (datum, known, right) in [
        ("gcj", crs == "GCJ02", "GCJ-02"),
        ("bd09", crs == "BD09", "BD-09"),
        ("wgs", crs != "GCJ02" && crs != "BD09", "EPSG:4326"),
    ] {
        if says(datum) && !known {
            let message = format!("the names of \"{nx}\" and \"{ny}\" do not fit the CRS of this source");
            report.add(
                Finding::warning("coordinate_columns", message)
                    .field("crs")
                    .value(report.source.crs.clone().unwrap_or_default())
                    .expected(format!("crs = \"{right}\""))
                    .hint("another offset moves every point by some 500 m"),
            );
        }
    }
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

/// Column indices of a wanted name, if it stands more than once in the header.
fn twice(names: &[String], wanted: &str) -> Option<Finding> {
    let found: Vec<String> =
        (0..names.len()).filter(|i| names[*i] == wanted).map(|i| (i + 1).to_string()).collect();
    (found.len() > 1).then(|| {
        let message =
            format!("column \"{wanted}\" occurs {} times (columns {})", found.len(), found.join(" and "));
        Finding::error("same_column_twice", message).field(wanted).hint("give the columns different names")
    })
}

fn find_columns(
    report: &mut Reporter<'_>,
    (x, y, line): (usize, usize, u64),
    names: Vec<String>,
) -> Option<(Layout, Vec<String>)> {
    let mut fields = Vec::new();
    let mut complete = true;
    for finding in [x, y].into_iter().filter_map(|i| twice(&names, &names[i])) {
        complete = false;
        report.add(finding);
    }
    for wanted in report
        .source
        .fields
        .iter()
        .chain(report.source.id.iter().filter(|id| !report.source.fields.contains(id)))
    {
        if let Some(index) = position(&names, Some(wanted), &[]) {
            fields.push(index);
            if let Some(finding) = twice(&names, wanted) {
                complete = false;
                report.add(finding);
            }
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
    complete.then_some((Layout { x, y, fields, line }, names))
}

/// Whether a row could be the header of a table of points.
pub(crate) fn has_coordinates(source: &VectorSource, names: &[String]) -> bool {
    let found = |given: &Option<String>, usual: &[&str]| position(names, given.as_deref(), usual).is_some();
    (found(&source.x, &X_NAMES) && found(&source.y, &Y_NAMES)) || pair_column(source, names).is_some()
}

/// Why reading stopped.
pub(crate) fn unreadable(fault: &CsvFault, rows: u64) -> Finding {
    let message = format!("reading stopped after {rows} rows: {fault}");
    match fault {
        CsvFault::Io(_) => Finding::error("unreadable_file", message),
        _ => Finding::error("broken_table", message)
            .hint("close the quote, or remove it; inside a quoted cell a quote is written twice"),
    }
}
