//! What was found and is not used, with the reason: nothing is left out in silence.

use super::draft::{Draft, SourceDraft};
use super::place::crs_by_name;
use super::survey::{Found, Survey, What};
use super::words::{fits, headers};
use crate::load::units::{Quantity, other_quantity};
use carbonzone_io::GeometryKind;
use carbonzone_types::MoneyUnit;
use serde::Serialize;
use std::path::Path;

/// A file, layer or sheet, or columns of it, that the pipeline file does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unused {
    /// File, with layer or sheet.
    pub file: String,
    /// Columns that are not used; empty: nothing of it is.
    pub columns: Vec<String>,
    /// Why.
    pub why: String,
}

/// Everything that was found and is not used.
pub fn list(draft: &Draft, survey: &Survey, folder: &Path) -> Vec<Unused> {
    let of_found = survey.found.iter().flat_map(|found| {
        let file = found.shown(folder);
        match columns_used(draft, found) {
            Some(used) => columns_left(found, &used, &file),
            None => vec![Unused { why: why_not(draft, found, &file).to_owned(), file, columns: Vec::new() }],
        }
    });
    let of_others = survey.other.iter().map(|path| Unused {
        file: path.strip_prefix(folder).unwrap_or(path).display().to_string(),
        columns: Vec::new(),
        why: "no format of layers or tables that is read".to_owned(),
    });
    of_found.chain(of_others).collect()
}

/// The columns of something that the pipeline file names; `None` if it does not name it at all.
fn columns_used(draft: &Draft, found: &Found) -> Option<Vec<String>> {
    let mut used: Option<Vec<String>> = None;
    let mut take = |columns: Vec<Option<&String>>| {
        used.get_or_insert_default().extend(columns.into_iter().flatten().cloned());
    };
    let is = |source: &SourceDraft| {
        let layer = match &found.what {
            What::Layer { info, one_of_several: true } => Some(&info.name),
            _ => None,
        };
        source.path == found.path && source.layer.as_ref() == layer
    };
    if let Some(p) = draft.parcels.as_ref().filter(|p| is(&p.source)) {
        take(vec![p.id.as_ref(), Some(&p.land_use)]);
    }
    if let Some(p) = draft.poi.as_ref().filter(|p| is(&p.source)) {
        take([Some(&p.kind)].into_iter().chain(p.source.xy.iter().flatten().map(Some)).collect());
    }
    if let Some(p) = draft.people.as_ref().filter(|p| is(&p.source)) {
        take(p.weight.iter().chain(p.source.xy.iter().flatten()).map(Some).collect());
    }
    if let Some(r) = draft.roads.as_ref().filter(|r| is(&r.source)) {
        take(vec![r.class.as_ref()]);
    }
    let Some(z) = &draft.zones else { return used };
    if is(&z.source) {
        let named = [&z.name, &z.name_en, &z.district, &z.population, &z.gdp];
        let emitted = z.emissions.iter().filter(|e| e.in_layer).map(|e| Some(&e.column));
        take(named.into_iter().map(Option::as_ref).chain([Some(&z.id)]).chain(emitted).collect());
    }
    let sheet = if let What::Sheet { sheet } = &found.what { sheet.as_ref() } else { None };
    for table in z.tables.iter().filter(|t| t.path == found.path && t.sheet.as_ref() == sheet) {
        let amounts = [&table.population, &table.gdp, &table.emissions];
        take(amounts.into_iter().map(Option::as_ref).chain([Some(&table.key)]).collect());
    }
    used
}

/// The other columns, by the reason.
fn columns_left(found: &Found, used: &[String], file: &str) -> Vec<Unused> {
    let money = MoneyUnit::default();
    let mut out: Vec<Unused> = Vec::new();
    for column in found.profile.columns.iter().filter(|c| !used.contains(&c.name)) {
        let label = column.name.as_str();
        let (people, gdp) = (fits(label, &headers().people) > 0.0, fits(label, &headers().gdp) > 0.0);
        let why = if people && column.persons.is_some_and(f64::is_nan) {
            "no number of persons by its header: a density, a share, households or another unit"
        } else if gdp && other_quantity(label, Quantity::Money(&money)).is_some() {
            "no GDP by its header, but one per head, a growth or a share"
        } else if fits(label, &headers().emissions) > 0.0 && column.is_numeric() {
            "emissions of another year, of a part, or per head: one column is taken"
        } else if people || gdp {
            "another column is taken, or its values are no such numbers"
        } else {
            "not needed"
        };
        match out.iter_mut().find(|u| u.why == why) {
            Some(same) => same.columns.push(label.to_owned()),
            None => out.push(Unused {
                file: file.to_owned(),
                columns: vec![label.to_owned()],
                why: why.to_owned(),
            }),
        }
    }
    out
}

/// Why nothing of a file is used.
fn why_not(draft: &Draft, found: &Found, shown: &str) -> &'static str {
    let kind = |kind| found.layer(kind).is_some();
    if draft.amounts.iter().any(|told| told.starts_with(shown)) {
        "its amounts are printed here: which of them are your totals only you know"
    } else if kind(GeometryKind::Polygon) && crs_by_name(found).is_some() {
        "polygons shifted as web maps shift them, by name or columns: a layer without an offset is taken"
    } else if kind(GeometryKind::Polygon) {
        "polygons that are neither the land use nor the zones; [[layers.land_over]] lays parks or water over the parcels"
    } else if kind(GeometryKind::Line) {
        "lines, but others are taken for the roads"
    } else if matches!(found.what, What::Raster { .. }) {
        "a raster that is neither taken for land use nor for people"
    } else if matches!(found.what, What::Sheet { .. }) && super::columns::xy(&found.profile).is_none() {
        "no column names half of the zones beside a column of people, GDP or emissions"
    } else {
        "points without a type that is known or a number of people, or with fewer of them than others"
    }
}
