//! From words to meaning: rows become [`Row`]s, and everything that cannot be understood becomes a finding.

use crate::activity::ActivityRow;
use crate::config::{InventoryConfig, OtherYears, Split, UnknownRows};
use crate::context::{Found, Row, fault};
use crate::unit::Unit;
use crate::vocabulary::{ActivityDef, Category, LAND_GROUPS, Sector, Vocabulary};
use carbonzone_sheet::{label_key, nearest};
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT};
use std::collections::BTreeMap;

/// Understands every row; rows without an amount are noted and left out.
pub(crate) fn resolve<'a>(
    rows: &'a [ActivityRow],
    config: &InventoryConfig,
    vocabulary: &'a Vocabulary,
    findings: &mut Findings,
) -> Vec<Row<'a>> {
    let mut resolved = Vec::with_capacity(rows.len());
    let mut left_out = LeftOut::default();
    let mut parts = PartsBesideWholes::default();
    for raw in rows {
        match resolve_one(raw, config, vocabulary, &mut left_out) {
            Ok(row) => {
                parts.see(raw, row.as_ref());
                resolved.extend(row);
            }
            Err(found) => found.into_iter().for_each(|f| findings.push(f)),
        }
    }
    findings.items.extend(parts.finding());
    left_out.report(findings);
    check_duplicates(&resolved, findings);
    resolved
}

/// Rows that say they are a part of the row above (`其中：烟煤`), which is counted too.
#[derive(Default)]
struct PartsBesideWholes<'a> {
    whole: Option<(&'a ActivityRow, &'static Category)>,
    found: Vec<String>,
}

impl<'a> PartsBesideWholes<'a> {
    fn see(&mut self, raw: &'a ActivityRow, row: Option<&Row<'a>>) {
        if !is_part(&raw.activity) {
            // Total energy beside single fuels is told by a check of its own.
            let counted = row.filter(|row| row.def.key != "standard_coal");
            self.whole = counted.map(|row| (raw, row.category));
        } else if let Some(((whole, category), row)) = self.whole.zip(row)
            && whole.source == raw.source
            && std::ptr::eq(category, row.category)
        {
            self.found.push(format!("{} ({}) of {}", raw.place(), raw.activity, whole.activity));
        }
    }

    fn finding(self) -> Option<Finding> {
        let message = format!(
            "{} rows that say they are parts are counted beside the row above, of which they are parts: {}",
            self.found.len(),
            some_of(&self.found)
        );
        let finding = Finding::warning("part_beside_whole", message).count(self.found.len() as u64);
        (!self.found.is_empty()).then(|| {
            finding
                .hint("delete the whole or its parts, unless they stand for different sources of emissions")
        })
    }
}

/// `其中：烟煤`, `#烟煤`, `of which: anthracite`.
fn is_part(label: &str) -> bool {
    let label = carbonzone_sheet::normalise_text(label).to_lowercase();
    ["其中", "#", "of which"].iter().any(|mark| label.starts_with(mark))
}

/// Rows left out on purpose, reported once per reason.
#[derive(Default)]
struct LeftOut {
    totals: Vec<String>,
    /// Rows without a value: sector, and where the row stands.
    missing: Vec<(Sector, String)>,
    other_years: Vec<String>,
    unknown: Vec<String>,
}

impl LeftOut {
    fn report(self, findings: &mut Findings) {
        for (code, what, places) in [
            ("total_row_skipped", "rows of totals were left out", self.totals),
            ("other_year_skipped", "rows of other years were left out", self.other_years),
            ("unknown_row_skipped", "rows that are not in the vocabulary were left out", self.unknown),
        ] {
            if places.is_empty() {
                continue;
            }
            let message = format!("{} {what}: {}", places.len(), some_of(&places));
            findings.push(Finding::info(code, message).count(places.len() as u64));
        }
        let mut by_sector: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (sector, place) in self.missing {
            by_sector.entry(sector.key()).or_default().push(place);
        }
        for (sector, places) in by_sector {
            let message = format!(
                "{} rows of the sector \"{sector}\" have no value and are not counted in it: {}",
                places.len(),
                some_of(&places)
            );
            findings.push(
                Finding::warning("missing_value", message)
                    .field(sector)
                    .count(places.len() as u64)
                    .hint("unknown is not 0: fill the cell, write 0 where there is none, or delete the row"),
            );
        }
    }
}

/// The first of a list in words.
fn some_of(places: &[String]) -> String {
    let shown: Vec<&str> = places.iter().take(8).map(String::as_str).collect();
    shown.join(", ") + if places.len() > shown.len() { ", ..." } else { "" }
}

/// One row; all of its faults at once.
fn resolve_one<'a>(
    raw: &'a ActivityRow,
    config: &InventoryConfig,
    vocabulary: &'a Vocabulary,
    left_out: &mut LeftOut,
) -> Result<Option<Row<'a>>, Vec<Finding>> {
    let shown = format!("{} ({})", raw.place(), raw.activity);
    if is_total(&raw.activity) {
        left_out.totals.push(shown);
        return Ok(None);
    }
    let source = config.activity.get(raw.source);
    if raw.year.is_some_and(|y| config.year.is_some_and(|c| c != y)) {
        if source.is_some_and(|s| s.other_years == OtherYears::Skip) {
            left_out.other_years.push(shown);
            return Ok(None);
        }
        return Err(vec![year_mismatch(raw, config)]);
    }
    let (category, def) = match meaning(raw, vocabulary) {
        Ok(found) => found,
        Err(_) if source.is_some_and(|s| s.unknown == UnknownRows::Skip) => {
            left_out.unknown.push(shown);
            return Ok(None);
        }
        Err(finding) => return Err(vec![*finding]),
    };
    let Some(value) = raw.value else {
        left_out.missing.push((category.sector, shown));
        return Ok(None);
    };
    let mut faults = Vec::new();
    check_value(raw, value, &mut faults);
    let unit = unit_of(raw, def, &mut faults);
    let land_group = land_group_of(raw, category, def, config, &mut faults);
    let uncertainty_pct = raw.uncertainty_pct.unwrap_or(config.activity_uncertainty_pct);
    match unit {
        Some(unit) if faults.is_empty() => {
            Ok(Some(Row { raw, category, def, value, unit, land_group, uncertainty_pct }))
        }
        _ => Err(faults),
    }
}

/// `合计`, `total` and the like.
fn is_total(label: &str) -> bool {
    matches!(label_key(label).as_str(), "合计" | "总计" | "小计" | "总和" | "total" | "subtotal" | "sum")
}

fn year_mismatch(raw: &ActivityRow, config: &InventoryConfig) -> Finding {
    let (found, wanted) = (raw.year.unwrap_or_default(), config.year.unwrap_or_default());
    fault(raw, "year_mismatch", &format!("the row is of {found}, the inventory of {wanted}"))
        .field("year")
        .value(found.to_string())
        .expected(wanted.to_string())
        .hint("set inventory.year, or other_years = \"skip\" for this file")
}

/// Negative and non-finite amounts, negative uncertainties.
fn check_value(raw: &ActivityRow, value: f64, faults: &mut Vec<Finding>) {
    if !value.is_finite() {
        faults.push(
            fault(raw, "not_finite", &format!("{value} is not a finite number")).value(value.to_string()),
        );
    } else if value < 0.0 {
        faults.push(
            fault(raw, "negative_activity", &format!("{} is negative: {value}", raw.activity))
                .value(value.to_string())
                .expected("0 or more")
                .hint("recovered methane has rows of its own; give its amount as a positive number"),
        );
    } else if value > LARGEST_AMOUNT {
        faults.push(
            fault(raw, "out_of_range", &format!("{} is {value:e}", raw.activity))
                .value(value.to_string())
                .expected(format!("at most {LARGEST_AMOUNT:e}"))
                .hint("no amount of a city is as large: is the number, or its unit, right?"),
        );
    }
    if raw.uncertainty_pct.is_some_and(|u| !(u >= 0.0 && u.is_finite())) {
        faults.push(fault(raw, "bad_uncertainty", "the uncertainty must be 0 or more percent"));
    }
}

/// The unit of a row, which must fit the activity (fuels also take energy units).
fn unit_of(raw: &ActivityRow, def: &ActivityDef, faults: &mut Vec<Finding>) -> Option<Unit> {
    let wanted = def.unit.dimension;
    let finding = |code: &str, message: String| {
        fault(raw, code, &message)
            .field(format!("unit, cell {}", raw.unit_cell))
            .value(raw.unit.clone())
            .expected(wanted.examples())
    };
    if raw.unit.trim().is_empty() {
        faults.push(finding("missing_unit", format!("{} has no unit", raw.activity)));
        return None;
    }
    let unit = Unit::parse(&raw.unit);
    if unit.is_none() {
        faults.push(finding("unknown_unit", format!("unknown unit \"{}\" of {}", raw.unit, raw.activity)));
    }
    unit
}

/// Land group: the row's own, else the activity's, else the category's.
fn land_group_of(
    raw: &ActivityRow,
    category: &Category,
    def: &ActivityDef,
    config: &InventoryConfig,
    faults: &mut Vec<Finding>,
) -> String {
    let named = raw.land_group.trim().to_lowercase();
    if !named.is_empty() {
        if !LAND_GROUPS.contains(&named.as_str()) {
            let close = nearest(&named, LAND_GROUPS, 2).join(" or ");
            let mut finding = fault(raw, "unknown_land_group", &format!("unknown land group \"{named}\""))
                .field("land_group")
                .value(named.clone())
                .expected(LAND_GROUPS.join(", "));
            if !close.is_empty() {
                finding = finding.hint(format!("did you mean {close}?"));
            }
            faults.push(finding);
        }
        return named;
    }
    if config.split == Split::ByActivity && category.sector != Sector::Sink {
        faults.push(
            fault(raw, "missing_land_group", &format!("{} names no land group", raw.activity))
                .field("land_group")
                .expected(LAND_GROUPS.join(", "))
                .hint("split = \"by_activity\" needs one in every emission row"),
        );
    }
    if category.land_group.is_empty() { def.land_group.clone() } else { category.land_group.clone() }
}

/// Category and activity of a row.
fn meaning<'a>(raw: &ActivityRow, vocabulary: &'a Vocabulary) -> Found<(&'static Category, &'a ActivityDef)> {
    let sector = sector_of(raw)?;
    let category = match raw.category.trim() {
        "" => guess_category(raw, sector, vocabulary)?,
        named => Category::parse(named).ok_or_else(|| unknown_category(raw, named))?,
    };
    if let Some(sector) = sector
        && category.sector != sector
    {
        return Err(Box::new(
            fault(
                raw,
                "category_of_other_sector",
                &format!("category {} belongs to {}", category.key, category.sector.key()),
            )
            .field("sector")
            .value(raw.sector.clone()),
        ));
    }
    let def = category.groups.iter().find_map(|g| vocabulary.find(g, &raw.activity));
    def.map(|d| (category, d)).ok_or_else(|| unknown_activity(raw, Some(category), vocabulary))
}

fn sector_of(raw: &ActivityRow) -> Found<Option<Sector>> {
    if raw.sector.trim().is_empty() {
        return Ok(None);
    }
    Sector::parse(&raw.sector).map(Some).ok_or_else(|| {
        let names: Vec<&str> = Sector::ALL.iter().map(|s| s.key()).collect();
        Box::new(
            fault(raw, "unknown_sector", &format!("unknown sector \"{}\"", raw.sector))
                .field("sector")
                .value(raw.sector.clone())
                .expected(names.join(", ")),
        )
    })
}

/// The only category in which the activity has a meaning.
fn guess_category(
    raw: &ActivityRow,
    sector: Option<Sector>,
    vocabulary: &Vocabulary,
) -> Found<&'static Category> {
    let candidates = vocabulary.categories_of(&raw.activity, sector);
    match candidates.as_slice() {
        [only] => Ok(only),
        [] => Err(unknown_activity(raw, None, vocabulary)),
        several => {
            let names: Vec<&str> = several.iter().map(|c| c.key.as_str()).collect();
            Err(Box::new(
                fault(raw, "ambiguous_activity", &format!("\"{}\" needs a category", raw.activity))
                    .field("category")
                    .expected(names.join(", "))
                    .hint("fill the column category (类别), or set category for the file"),
            ))
        }
    }
}

fn unknown_category(raw: &ActivityRow, named: &str) -> Box<Finding> {
    let labels = crate::vocabulary::CATEGORIES
        .iter()
        .flat_map(|c| std::iter::once(&c.key).chain(&c.labels))
        .map(String::as_str);
    let close = nearest(named, labels, 2).join(" or ");
    let keys: Vec<&str> = crate::vocabulary::CATEGORIES.iter().map(|c| c.key.as_str()).collect();
    let mut finding = fault(raw, "unknown_category", &format!("unknown category \"{named}\""))
        .field("category")
        .value(named.to_owned())
        .expected(keys.join(", "));
    if !close.is_empty() {
        finding = finding.hint(format!("did you mean {close}?"));
    }
    Box::new(finding)
}

fn unknown_activity(raw: &ActivityRow, category: Option<&Category>, vocabulary: &Vocabulary) -> Box<Finding> {
    let inside = category.map(|c| format!(" in {}", c.key)).unwrap_or_default();
    let close = vocabulary.nearest(&raw.activity, category).join(" or ");
    let mut finding =
        fault(raw, "unknown_activity", &format!("unknown activity \"{}\"{inside}", raw.activity))
            .field("activity")
            .value(raw.activity.clone());
    finding = if close.is_empty() {
        finding.hint("see the template workbook for the names, or set unknown = \"skip\" for this file")
    } else {
        finding.hint(format!("did you mean {close}?"))
    };
    Box::new(finding)
}

/// Two rows that mean the same thing.
fn check_duplicates(rows: &[Row<'_>], findings: &mut Findings) {
    let mut seen: BTreeMap<(&str, &str, &str, &str, Option<i32>), &Row<'_>> = BTreeMap::new();
    for row in rows {
        let key = (
            row.category.key.as_str(),
            row.def.key.as_str(),
            row.raw.industry.as_str(),
            row.land_group.as_str(),
            row.raw.year,
        );
        if let Some(first) = seen.get(&key) {
            findings.push(
                row.fault(
                    "duplicate_row",
                    &format!(
                        "{} of {} was already given in {}",
                        row.raw.activity,
                        row.category.key,
                        first.raw.place()
                    ),
                )
                .hint("remove one, or tell them apart by the column industry (行业)"),
            );
        } else {
            seen.insert(key, row);
        }
    }
}
