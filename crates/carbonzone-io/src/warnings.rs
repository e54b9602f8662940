//! Findings and ledger rows about features that were dropped, repaired or renamed.

use crate::crs::WorkingCrs;
use crate::decode::Outcome;
use crate::reading::Reading;
use crate::source::Reporter;
use carbonzone_geom::FarOffs;
use carbonzone_types::{ColumnData, ExactSum, Finding, LedgerRow, Stage, number_of};
use gdal::vector::geometry_type_to_name;

/// A kind of defect, gathered over all features.
#[derive(Default)]
struct Tally {
    count: u64,
    examples: Vec<String>,
    area: ExactSum,
    area_after: ExactSum,
}

impl Tally {
    fn add(&mut self, name: impl FnOnce() -> String, before_m2: f64, after_m2: f64) {
        self.count += 1;
        self.area.add(before_m2);
        self.area_after.add(after_m2);
        if self.examples.len() < 5 {
            self.examples.push(name());
        }
    }

    fn example_list(&self) -> String {
        let more = self.count - self.examples.len() as u64;
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{tail}", self.examples.join(", "))
    }
}

/// One finding and one ledger row per kind of defect.
pub(crate) fn report_outcomes(
    reading: &mut Reading<'_>,
    outcomes: &[Outcome],
    ids: Option<&[Option<String>]>,
) {
    // Example names must not depend on the order of the file: with ids the smallest come first.
    let mut order: Vec<usize> = (0..outcomes.len()).filter(|&i| outcomes[i] != Outcome::Taken).collect();
    if let Some(ids) = ids {
        order.sort_by(|&a, &b| ids[a].cmp(&ids[b]));
    }
    let name = |i: usize| match ids {
        Some(ids) => ids[i].clone().unwrap_or_else(|| "(no id)".to_owned()),
        None => "(no id column)".to_owned(),
    };
    let mut kinds: Vec<(&str, String, Tally)> = Vec::new();
    for i in order {
        let (code, what, before, after) = describe(outcomes[i]);
        let place = if let Some(place) = kinds.iter().position(|(c, w, _)| *c == code && *w == what) {
            place
        } else {
            kinds.push((code, what, Tally::default()));
            kinds.len() - 1
        };
        kinds[place].2.add(|| name(i), before, after);
    }
    kinds.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    for (code, what, tally) in kinds {
        report_kind(reading, code, &what, &tally);
    }
}

/// Code, words, area before and after (m²) of an outcome.
fn describe(outcome: Outcome) -> (&'static str, String, f64, f64) {
    let (code, what, before, after) = match outcome {
        Outcome::Taken => ("taken", "taken", 0.0, 0.0),
        Outcome::Reduced => ("collection_reduced", "collections reduced to their polygons", 0.0, 0.0),
        Outcome::Repaired { before_m2, after_m2, faults } => {
            let kinds = faults.words();
            let colon = if kinds.is_empty() { "" } else { ": " };
            let what = format!("invalid polygons repaired{colon}{kinds}");
            return ("invalid_geometry", what, before_m2, after_m2);
        }
        Outcome::RepairedAway { before_m2 } => (
            "invalid_geometry_dropped",
            "invalid polygons of which nothing was left after repair",
            before_m2,
            0.0,
        ),
        Outcome::Null => ("null_geometry", "features without a geometry", 0.0, 0.0),
        Outcome::Empty => ("empty_geometry", "features with an empty geometry", 0.0, 0.0),
        Outcome::Undecodable => {
            ("undecodable_geometry", "features whose geometry cannot be decoded", 0.0, 0.0)
        }
        Outcome::NoCoordinates => (
            "no_coordinates",
            "features with coordinates that are not numbers or lie outside the working CRS",
            0.0,
            0.0,
        ),
        Outcome::ZeroArea => {
            ("zero_area", "polygons without an area (2-point rings, slivers of no width)", 0.0, 0.0)
        }
        Outcome::NotPolygon(kind) => {
            let name = geometry_type_to_name(kind);
            return ("not_a_polygon", format!("features that are no polygons ({name})"), 0.0, 0.0);
        }
    };
    (code, what.to_owned(), before, after)
}

/// The words of an outcome for one feature: `invalid polygon repaired`.
fn singular(what: &str) -> String {
    let nouns = ["polygons", "features", "collections"].into_iter();
    let first = nouns.filter_map(|noun| Some((what.find(noun)?, noun))).min();
    first.map_or_else(
        || what.to_owned(),
        |(_, noun)| {
            what.replacen(noun, noun.trim_end_matches('s'), 1).replacen(
                "that are no polygons",
                "that is no polygon",
                1,
            )
        },
    )
}

fn report_kind(reading: &mut Reading<'_>, code: &str, what: &str, tally: &Tally) {
    let (before, after) = (tally.area.value(), tally.area_after.value());
    let kept = matches!(code, "invalid_geometry" | "collection_reduced");
    let words = if tally.count == 1 { singular(what) } else { what.to_owned() };
    let message =
        if kept { format!("{} {words}", tally.count) } else { format!("{} {words}: dropped", tally.count) };
    let mut finding = Finding::warning(code, message).feature(tally.example_list()).count(tally.count);
    let change = after - before;
    let mut row = LedgerRow::counted(
        if kept { Stage::Repair } else { Stage::Drop },
        &reading.source.role,
        tally.count as f64,
        "features",
    )
    .note(what.to_owned());
    match code {
        "invalid_geometry" => {
            row = row.m2(change);
            finding = finding.value(format!("area {before:.3} m2 before, {after:.3} m2 after ({change:+.3} m2)")).hint(
                "ground in an odd number of rings counts; a hole outside its shell does not, and a ring drawn twice counts once: check these features",
            );
        }
        "invalid_geometry_dropped" => {
            row = row.m2(-before);
            finding = finding.value(format!("{before:.3} m2"));
        }
        "not_a_polygon" => finding = finding.expected("Polygon or MultiPolygon"),
        "no_coordinates" => finding = finding.hint("is the CRS of this input right?"),
        _ => {}
    }
    reading.add(finding);
    reading.ledger.push(row);
}

pub(crate) fn report_blank_ids(report: &mut Reporter<'_>, blank: usize) {
    if blank > 0 {
        report.add(
            Finding::warning("blank_id", format!("{blank} features have no id: named null, null#2, ..."))
                .field(report.source.id.clone().unwrap_or_default())
                .count(blank as u64)
                .hint("choose a column that is filled for every feature"),
        );
    }
}

/// Ids that occur more than once.
pub(crate) fn report_duplicate_ids(reading: &mut Reading<'_>, repeated: &[(String, u64)]) {
    if repeated.is_empty() {
        return;
    }
    let examples: Vec<String> = repeated.iter().take(5).map(|(id, n)| format!("{id} ×{n}")).collect();
    let extra: u64 = repeated.iter().map(|(_, n)| n - 1).sum();
    let message = format!(
        "{} more than once: the later ones are renamed id#2, id#3, ...",
        number_of(repeated.len(), "id occurs", "ids occur")
    );
    let source = reading.source;
    reading.add(
        Finding::warning("duplicate_id", message)
            .field(source.id.clone().unwrap_or_default())
            .feature(repeated[0].0.clone())
            .value(examples.join(", "))
            .expected("unique ids")
            .count(extra)
            .hint(if repeated.iter().any(|(id, _)| is_scientific(id)) {
                "a spreadsheet wrote the ids in scientific notation, and their last digits are lost: export the field as text"
            } else {
                "order among equal ids is that of the geometry, not of the file"
            }),
    );
    reading.ledger.push(
        LedgerRow::counted(Stage::Repair, &source.role, extra as f64, "features")
            .note("repeated id: renamed id#2, id#3, ..."),
    );
}

/// `3.20505E+18`.
fn is_scientific(id: &str) -> bool {
    id.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        mantissa.parse::<f64>().is_ok() && exponent.parse::<i32>().is_ok_and(|e| e > 5)
    })
}

/// Warns if the layer lies outside the area for which the working CRS is made (wrong zone, wrong override). A few features far
/// off are not the layer.
pub(crate) fn check_place(reading: &mut Reading<'_>, far: &FarOffs) {
    let Some(bounds) = far.all else { return };
    if is_at_home(bounds, reading.crs) == Some(false) {
        check_bounds(reading, far.others.unwrap_or(bounds));
    }
}

/// Whether the middle of `[x0, y0, x1, y1]` lies in the area of the CRS; `None` if that cannot be told.
fn is_at_home([x0, y0, x1, y1]: [f64; 4], crs: &WorkingCrs) -> Option<bool> {
    let (mut lon, mut lat) = (vec![f64::midpoint(x0, x1)], vec![f64::midpoint(y0, y1)]);
    crs.to_wgs84(&mut lon, &mut lat).ok()?;
    Some(crs.is_at_home(lon[0], lat[0]))
}

/// As [`check_place`], for `[x0, y0, x1, y1]` in the working CRS.
fn check_bounds(reading: &mut Reading<'_>, [x0, y0, x1, y1]: [f64; 4]) {
    let crs = reading.crs;
    let (mut lon, mut lat) = (vec![f64::midpoint(x0, x1)], vec![f64::midpoint(y0, y1)]);
    if crs.to_wgs84(&mut lon, &mut lat).is_err() {
        return;
    }
    let (lon, lat) = (lon[0], lat[0]);
    if crs.is_at_home(lon, lat) {
        return;
    }
    reading.add(
        Finding::warning("outside_crs_area", format!("the layer lies outside the area of {}", crs.name()))
            .field("crs")
            .value(if lon.is_finite() && lat.is_finite() {
                format!("centre at longitude {lon:.3}, latitude {lat:.3}")
            } else {
                format!("x {x0:.0} to {x1:.0}, y {y0:.0} to {y1:.0}")
            })
            .expected(crs.area_text())
            .hint("check the crs of this input (neighbouring zone? swapped axes?) and of the city"),
    );
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn one_feature_is_told_in_the_singular() {
        assert_eq!(singular("invalid polygons repaired"), "invalid polygon repaired");
        assert_eq!(singular("features without a geometry"), "feature without a geometry");
        assert_eq!(singular("features that are no polygons (Point)"), "feature that is no polygon (Point)");
    }
}

/// Ids in a column of reals that have more digits than a real keeps.
#[derive(Debug, Default)]
pub(crate) struct LongReals {
    count: u64,
    example: Option<String>,
}

/// From here on a real has no place for all digits of some numbers of 16 digits.
const SURE_DIGITS: f64 = 1e15;

impl LongReals {
    /// Looks at the ids of a batch.
    pub(crate) fn see(&mut self, ids: &ColumnData) {
        match ids {
            ColumnData::Real(values) => {
                for value in values.iter().flatten().filter(|v| v.abs() >= SURE_DIGITS) {
                    self.count += 1;
                    self.example.get_or_insert_with(|| format!("{value:.0}"));
                }
            }
            // What is larger than the largest integer of 64 bits is read as that.
            ColumnData::Int(values) => {
                for value in values.iter().flatten().filter(|v| [i64::MIN, i64::MAX].contains(v)) {
                    self.count += 1;
                    self.example.get_or_insert_with(|| value.to_string());
                }
            }
            ColumnData::Text(_) | ColumnData::Bool(_) => {}
        }
    }

    /// Reports them, if there are any.
    pub(crate) fn report(self, report: &mut Reporter<'_>) {
        let Some(example) = self.example else { return };
        let message = format!(
            "{} ids are numbers with more digits than are kept (15 of a real, 18 of an integer): their last digits are not those of the survey",
            self.count
        );
        report.add(
            Finding::warning("id_not_exact", message)
                .field(report.source.id.clone().unwrap_or_default())
                .value(example)
                .count(self.count)
                .expected("ids as text, or as 64-bit integers")
                .hint("change the type of the field where the layer was made: a join or a lookup by such an id fails"),
        );
    }
}

#[cfg(test)]
mod id_tests {
    use super::*;

    #[test]
    fn only_reals_beyond_fifteen_digits_are_no_ids() {
        let count = |data: &ColumnData| {
            let mut long = LongReals::default();
            long.see(data);
            long.count
        };
        assert_eq!(
            count(&ColumnData::reals(&[320_505_001.0, 3.205_05e18, f64::NAN, 123_456_789_012_345.0])),
            1
        );
        assert_eq!(count(&ColumnData::Int(vec![Some(3_205_050_000_000_000_001)])), 0);
        // 3205050000000000000001 in a GeoJSON.
        assert_eq!(count(&ColumnData::Int(vec![Some(i64::MAX), Some(1)])), 1);
        assert_eq!(count(&ColumnData::texts(&["3205050000000000001"])), 0);
    }

    #[test]
    fn ids_in_scientific_notation_are_recognised() {
        assert!(is_scientific("3.20505E+18") && is_scientific("3.20505e18"));
        assert!(
            !is_scientific("E12")
                && !is_scientific("12E")
                && !is_scientific("320505001")
                && !is_scientific("1E2")
        );
    }
}
