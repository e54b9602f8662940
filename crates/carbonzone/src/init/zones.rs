//! Townships or counties, and the tables that belong to them.

use super::columns::{id_of, people_columns, source_of, xy};
use super::draft::{Codes, Draft, EmissionDraft, ParcelDraft, Sure, TableDraft, ZoneDraft};
use super::place::year_in;
use super::profile::{Column, Profile};
use super::survey::{Found, Survey, What};
use super::words::{self, best, fits, headers};
use crate::load::mass_unit::unit_name;
use crate::load::totals_row::is_total;
use crate::load::units::{Quantity, is_relative, other_quantity};
use crate::names::has_han;
use carbonzone_io::GeometryKind;
use carbonzone_sheet::parse_number;
use carbonzone_types::MoneyUnit;
use std::fmt::Write as _;
use std::path::Path;

/// Part of the zones that a table must name.
const JOINED: f64 = 0.5;
/// More polygons than this are no administrative units.
const MOST_ZONES: u64 = 20_000;

/// Chooses the zones and joins the tables; `parcels` is taken already.
pub fn guess(draft: &mut Draft, survey: &Survey, folder: &Path, parcels: Option<usize>) {
    let candidates = survey.found.iter().enumerate().filter(|(at, found)| {
        Some(*at) != parcels && found.layer(GeometryKind::Polygon).is_some() && found.size() <= MOST_ZONES
    });
    let rated = candidates.filter_map(|(_, found)| rate(found, survey).map(|rated| (found, rated)));
    let chosen = rated.max_by(|a, b| a.1.score.total_cmp(&b.1.score));
    let Some((found, rated)) = chosen else { return };
    let shown = found.shown(folder);
    let layer = found.layer(GeometryKind::Polygon).map_or("", |info| info.name.as_str());
    let kind = kind_of(&format!("{shown} {layer} {}", rated.id), &found.profile);
    let taken = format!(
        "kind = {kind:?}, id = {:?}{}",
        rated.id,
        rated.name.as_ref().map_or_else(String::new, |n| format!(", name = {n:?}"))
    );
    let useful = |t: &&(&Found, f64, String, bool)| {
        let profile = &t.0.profile;
        !people_columns(profile).is_empty()
            || gdp_column(profile).is_some()
            || emissions_column(profile).is_some()
    };
    let joined = rated.tables.iter().filter(useful).map(|t| t.1).fold(0.0, f64::max);
    let why = if joined > 0.0 {
        format!("{} polygons; a table names {:.0} % of them", found.size(), 100.0 * joined)
    } else if !rated.tables.is_empty() {
        format!("{} polygons; a table names them, without people, GDP or emissions", found.size())
    } else {
        format!("{} polygons with an id of their own; no table names them", found.size())
    };
    draft.tell("zones", &shown, taken, if joined > 0.0 { Sure::of(joined) } else { Sure::Guess }, why);
    let own = |words: &[String]| {
        let free = found
            .profile
            .columns
            .iter()
            .filter(|c| c.filled > 0 && Some(&c.name) != rated.name.as_ref() && c.name != rated.id);
        best(free.map(|c| c.name.as_str()), words)
            .filter(|(_, fit)| *fit > 0.6)
            .map(|(name, _)| name.to_owned())
    };
    let mut zones = ZoneDraft {
        source: source_of(found),
        kind,
        name_en: own(&headers().name_en),
        district: own(&headers().district).filter(|d| found.profile.get(d).is_some_and(|c| !c.is_unique())),
        population: None,
        gdp: None,
        gdp_index: false,
        overlap_first: false,
        tables: Vec::new(),
        emissions: None,
        id: rated.id.clone(),
        name: rated.name.clone(),
    };
    join(draft, &mut zones, &rated, folder);
    if !zones.has_people() {
        zones.population = people_columns(&found.profile).into_iter().next();
        if let Some(column) = &zones.population {
            draft.tell(
                "zones",
                &shown,
                format!("population = {column:?}"),
                Sure::Likely,
                "a column of the layer",
            );
        }
    }
    if zones.tables.iter().all(|t| t.gdp.is_none())
        && let Some(gdp) = gdp_column(&found.profile)
    {
        let why = "a column of the layer; in 1e4 CNY, if its name does not say otherwise";
        draft.tell("zones", &shown, format!("gdp = {:?}", gdp.name), Sure::Guess, why);
        tell_index(draft, &shown, &gdp);
        zones.gdp_index = gdp.index;
        zones.gdp = Some(gdp.name);
    }
    if zones.emissions.is_none()
        && let Some(at) = emissions_column(&found.profile)
    {
        emissions(draft, &mut zones, (found, at, None), &shown);
    }
    if draft.parcels.is_none() {
        zones_as_parcels(draft, found, &zones, &shown);
    }
    draft.zones = Some(zones);
}

/// Without land use the zones are the parcels, all of one class.
fn zones_as_parcels(draft: &mut Draft, found: &Found, zones: &ZoneDraft, shown: &str) {
    let values = found
        .profile
        .get(&zones.id)
        .map(|c| c.values.keys().cloned().collect::<Vec<_>>())
        .unwrap_or_default();
    let codes = values
        .into_iter()
        .map(|code| [code, "county".to_owned(), "none".to_owned(), "1".to_owned()])
        .collect();
    draft.tell(
        "parcels",
        shown,
        "the zones themselves, one class",
        Sure::Guess,
        "there is no land use: tonnes are placed by people or area",
    );
    draft.parcels = Some(ParcelDraft {
        source: source_of(found),
        id: Some(zones.id.clone()),
        land_use: zones.id.clone(),
        scheme: Codes::Own(codes),
        space_types: vec!["county".to_owned()],
        sinks: Vec::new(),
        raster: false,
    });
}

/// A layer that may be the zones, with the tables that name them.
struct Rated<'a> {
    score: f64,
    id: String,
    name: Option<String>,
    /// Table, part of the zones it names, its key, and whether that is the name.
    tables: Vec<(&'a Found, f64, String, bool)>,
}

fn rate<'a>(found: &Found, survey: &'a Survey) -> Option<Rated<'a>> {
    let profile = &found.profile;
    let whole = |c: &Column| c.numbers.iter().all(|v| v.fract() == 0.0);
    let unique = profile.columns.iter().filter(|c| c.is_unique() && c.filled == profile.rows && whole(c));
    let unique: Vec<&Column> = unique.collect();
    let name = best(
        profile.columns.iter().filter(|c| !c.is_numeric() && c.filled > 0).map(|c| c.name.as_str()),
        &headers().name,
    );
    // `zname`, `BezName`: a name of its own that no list knows.
    let other_name = || {
        let texts = unique.iter().filter(|c| !c.is_numeric() && fits(&c.name, &headers().id) == 0.0);
        let ends = |c: &&&Column| {
            ["name", "nam", "mc", "名", "名称"].iter().any(|e| c.name.to_lowercase().ends_with(e))
        };
        texts.filter(|c| fits(&c.name, &headers().name_en) == 0.0).find(ends).map(|c| c.name.as_str())
    };
    let name = name.map(|(n, _)| n).or_else(other_name).map(str::to_owned);
    let sheets =
        survey.found.iter().filter(|f| matches!(f.what, What::Sheet { .. }) && xy(&f.profile).is_none());
    let joins: Vec<(&Found, &Column, &Column, f64)> = sheets
        .filter_map(|sheet| keys(&unique, &sheet.profile).map(|(own, key, share)| (sheet, own, key, share)))
        .collect();
    // The id is what most tables name; a name is no id if there is another.
    let by_table =
        joins.iter().map(|(_, own, ..)| own.name.as_str()).find(|own| Some(*own) != name.as_deref());
    let id = by_table.map(str::to_owned).or_else(|| id_of(profile, "")).or_else(|| {
        let texts = unique.iter().find(|c| fits(&c.name, &headers().name) == 0.0).or(unique.first());
        texts.map(|c| c.name.clone())
    })?;
    let usable = |own: &Column| own.name == id || Some(&own.name) == name.as_ref();
    let tables: Vec<_> = joins
        .into_iter()
        .filter(|(_, own, ..)| usable(own))
        .map(|(sheet, own, key, share)| (sheet, share, key.name.clone(), own.name != id))
        .collect();
    let joined = tables.iter().map(|t| t.1).fold(0.0, f64::max);
    let shifted = source_of(found).crs.is_some();
    let projected = matches!(&found.what, What::Layer { info, .. } if info.crs.as_deref().is_some_and(|c| carbonzone_io::WorkingCrs::parse(c).is_ok()));
    // A layer in a projected CRS before one that is known to be shifted.
    let score = 2.0 * joined + f64::from(u8::from(name.is_some())) + 0.5 * f64::from(u8::from(projected))
        - 0.5 * f64::from(u8::from(shifted))
        - if found.size() < 2 { 2.0 } else { 0.0 };
    Some(Rated { score, id, name, tables })
}

/// The column of the zones and the column of a table that name the same things, and for which part of the zones.
fn keys<'a, 'b>(own: &[&'a Column], table: &'b Profile) -> Option<(&'a Column, &'b Column, f64)> {
    let mut best: Option<(&Column, &Column, f64)> = None;
    for own in own.iter().copied() {
        for key in &table.columns {
            let shared = own.values.keys().filter(|v| key.values.contains_key(*v)).count();
            let share = shared as f64 / own.distinct().max(1) as f64;
            // Row numbers name everything.
            let counting = own.numbers.iter().all(|v| *v < 1000.0) && own.is_numeric();
            let share = if counting && fits(&key.name, &headers().id) == 0.0 { 0.0 } else { share };
            if share >= JOINED && best.is_none_or(|(.., most)| share > most) {
                best = Some((own, key, share));
            }
        }
    }
    best
}

struct GdpColumn {
    name: String,
    /// It has no unit: an index or a share.
    index: bool,
}

/// The column of GDP: an amount of money before an index; none of a GDP per head or its growth.
fn gdp_column(profile: &Profile) -> Option<GdpColumn> {
    let money = MoneyUnit::default();
    let numeric = || profile.columns.iter().filter(|c| c.is_numeric() && c.numbers.iter().all(|v| *v >= 0.0));
    let of = |index: bool| {
        let fits = |c: &&Column| match other_quantity(&c.name, Quantity::Money(&money)) {
            Some(word) => index && is_relative(word),
            None => !index,
        };
        let (name, _) = best(numeric().filter(fits).map(|c| c.name.as_str()), &headers().gdp)?;
        Some(GdpColumn { name: name.to_owned(), index })
    };
    of(false).or_else(|| of(true))
}

/// Says that a GDP has no unit.
fn tell_index(draft: &mut Draft, shown: &str, gdp: &GdpColumn) {
    if gdp.index {
        let why = "the header names an index or a share: only its parts of the whole count, and no output speaks of money";
        draft.tell("zones", shown, "gdp_unit = \"index\"", Sure::Likely, why);
    }
}

fn join(draft: &mut Draft, zones: &mut ZoneDraft, rated: &Rated<'_>, folder: &Path) {
    for (sheet, share, key, by_name) in &rated.tables {
        let population =
            people_columns(&sheet.profile).into_iter().find(|c| c != key).filter(|_| !zones.has_people());
        let gdp = gdp_column(&sheet.profile)
            .filter(|gdp| gdp.name != *key)
            .filter(|_| zones.tables.iter().all(|t| t.gdp.is_none()));
        let shown = sheet.shown(folder);
        amounts(draft, &sheet.profile, (&shown, Some(key)));
        let emitted = emissions_column(&sheet.profile).filter(|_| zones.emissions.is_none());
        if population.is_none() && gdp.is_none() && emitted.is_none() {
            continue;
        }
        let on = if *by_name { "name" } else { "id" };
        let why = format!("names {:.0} % of the zones by {on}", 100.0 * share);
        let mut taken = format!("key = {key:?}");
        for (what, column) in [("population", &population), ("gdp", &gdp.as_ref().map(|g| g.name.clone()))] {
            if let Some(column) = column {
                let _ = write!(taken, ", {what} = {column:?}");
            }
        }
        draft.tell("table", &shown, taken, Sure::of(*share), why);
        if let Some(at) = emitted {
            emissions(draft, zones, (sheet, at, Some(key)), &shown);
        }
        if let Some(gdp) = &gdp {
            tell_index(draft, &shown, gdp);
            zones.gdp_index = gdp.index;
        }
        let derived = gdp.as_ref().is_some_and(|gdp| {
            ["proxy", "index", "derived", "1e4cny", "估算"]
                .iter()
                .any(|w| gdp.name.to_lowercase().contains(w))
        });
        if derived {
            draft.tell(
                "table",
                &shown,
                "gdp_derived = true",
                Sure::Guess,
                "the header says that it is derived; delete the line if it is statistics",
            );
        }
        zones.tables.push(TableDraft {
            path: sheet.path.clone(),
            sheet: match &sheet.what {
                What::Sheet { sheet } => sheet.clone(),
                _ => None,
            },
            key: key.clone(),
            by_name: *by_name,
            population,
            gdp: gdp.map(|g| g.name),
            gdp_derived: derived,
            emissions: emitted.map(|at| sheet.profile.columns[at].name.clone()),
        });
    }
}

/// The column of emissions: the one of the latest year, of those of one year the largest, which is the total of the others.
fn emissions_column(profile: &Profile) -> Option<usize> {
    let ratio = |name: &str| other_quantity(name, Quantity::Money(&MoneyUnit::default())).is_some();
    let amount = |c: &Column| {
        let plain = c.numbers.iter().all(|v| *v >= 0.0) && c.numbers.iter().any(|v| *v > 0.0);
        c.is_numeric() && plain && fits(&c.name, &headers().emissions) > 0.0 && !ratio(&c.name)
    };
    let columns = profile.columns.iter().enumerate().filter(|(_, c)| amount(c));
    let rank = |c: &Column| (year_in(&c.name).unwrap_or(0), c.sum());
    let best = columns.max_by(|(_, a), (_, b)| {
        let (a, b) = (rank(a), rank(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    best.map(|(at, _)| at)
}

/// Takes a column of emissions of the zones.
fn emissions(
    draft: &mut Draft,
    zones: &mut ZoneDraft,
    (found, at, key): (&Found, usize, Option<&str>),
    shown: &str,
) {
    let column = &found.profile.columns[at];
    let (sum, _) = sum_of(&found.profile, at, key);
    let power = column.mass.flatten();
    let why = match power {
        Some(_) => "emissions of each zone: the proxy zone_emissions keeps them in it",
        None => {
            "emissions of each zone, in a unit that no header or title names: emissions_unit in [layers.zones], and the total, are yours"
        }
    };
    draft.tell("zones", shown, format!("emissions = {:?}", column.name), Sure::Likely, why);
    zones.emissions =
        Some(EmissionDraft { column: column.name.clone(), in_layer: key.is_none(), sum, power });
}

/// Emissions that a table has, to be told beside the open totals: row by row, since what they add up to (with or without land
/// use, a total among its parts) is for the reader to say; the sum where the rows are those of zones.
pub fn amounts(draft: &mut Draft, profile: &Profile, (shown, key): (&str, Option<&str>)) {
    let numeric = profile.columns.iter().enumerate();
    let numeric = numeric.filter(|(_, c)| c.is_numeric() && fits(&c.name, &headers().amount) > 0.0);
    for (at, column) in numeric {
        let mut texts = (0..profile.columns.len()).filter(|i| !profile.columns[*i].is_numeric());
        let label = texts.next();
        let remarks: Vec<usize> = texts.collect();
        let unit = column.mass.map(|power| power.map_or("", unit_name)).filter(|unit| !unit.is_empty());
        draft.units.insert(unit.unwrap_or_default());
        let rows = label.filter(|_| key.is_none() && !profile.few.is_empty()).map(|label| {
            let emitted = profile.few.iter().filter(|row| !words::is_land(&row[label]));
            let mut emitted = emitted.filter_map(|row| parse_number(&row[at]).ok().flatten());
            if let (Some(one), None) = (emitted.next().filter(|v| *v > 0.0), emitted.next()) {
                draft.one_total = Some(one);
            }
            let remark = |row: &Vec<String>| {
                let texts = remarks.iter().map(|i| row[*i].as_str()).filter(|t| !t.is_empty());
                let texts = texts.collect::<Vec<_>>().join(", ");
                if texts.is_empty() { texts } else { format!(" ({texts})") }
            };
            let rows = profile.few.iter().map(|row| format!("{} = {}{}", row[label], row[at], remark(row)));
            rows.collect::<Vec<_>>().join("; ")
        });
        let name = &column.name;
        let told = rows.map(|rows| format!("{shown}: column {name}: {rows}"));
        draft.amounts.push(told.unwrap_or_else(|| {
            let (sum, rows) = sum_of(profile, at, key);
            format!("{shown}: column {name} sums to {sum} over {rows} rows")
        }));
    }
}

/// Sum over the rows of zones: without rows that name a total, as far as the rows are kept.
fn sum_of(profile: &Profile, at: usize, key: Option<&str>) -> (f64, usize) {
    let column = &profile.columns[at];
    let key = key.and_then(|key| profile.columns.iter().position(|c| c.name == key));
    let (Some(key), false) = (key, profile.few.is_empty()) else { return (column.sum(), column.filled) };
    let rows = profile.few.iter().filter(|row| !is_total(&row[key]));
    let numbers: Vec<f64> = rows.filter_map(|row| parse_number(&row[at]).ok().flatten()).collect();
    (numbers.iter().sum(), numbers.len())
}

/// Words of files and columns that say what the zones are, beside those of counties.
const KIND_WORDS: [(&[&str], &str); 7] = [
    (&["neighborhood", "neighbourhood"], "neighborhoods"),
    (&["municipal", "gemeinde", "commune"], "municipalities"),
    (&["township", "乡镇", "街道", "xzq"], "townships"),
    (&["ward"], "wards"),
    (&["district", "bezirk"], "districts"),
    (&["village", "村"], "villages"),
    (&["community", "社区"], "communities"),
];

fn kind_of(hint: &str, profile: &Profile) -> &'static str {
    let names = profile.columns.iter().flat_map(|c| c.values.keys()).take(2000);
    let ends = |end: &[char]| names.clone().filter(|v| v.ends_with(end)).count();
    let hint = hint.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| hint.contains(w));
    if says(&["county", "counties", "adcode", "县"]) || ends(&['县', '区', '市']) > ends(&['镇', '乡', '道'])
    {
        return "counties";
    }
    let named = KIND_WORDS.iter().find(|(words, _)| says(words)).map(|(_, kind)| *kind);
    // Elsewhere nobody knows what a unit is called.
    named.unwrap_or(if names.clone().any(|v| has_han(v)) { "townships" } else { "units" })
}
