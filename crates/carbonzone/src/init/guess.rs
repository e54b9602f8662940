//! Which of the things that were found is what.

use super::columns::{id_of, people_columns, source_of, xy};
use super::draft::{Codes, Draft, ParcelDraft, PeopleDraft, PoiDraft, RoadDraft, Sure};
use super::land::{Classed, land_cover, land_use, poi_type, road_class};
use super::place;
use super::survey::{Found, Survey, What};
use super::write::{LAND_USE_CSV, POI_CSV};
use super::zones;
use crate::names::{NO_NAME, run_name};
use carbonzone_io::GeometryKind;
use std::path::Path;

/// What the layers and tables of a folder are taken for.
pub fn guess(name: &str, survey: &Survey, folder: &Path) -> Draft {
    let mut draft = Draft { name: name.to_owned(), ..Draft::default() };
    named(&mut draft);
    let parcels = parcels(&mut draft, survey, folder);
    zones::guess(&mut draft, survey, folder, parcels);
    people(&mut draft, survey, folder);
    poi(&mut draft, survey, folder);
    roads(&mut draft, survey, folder);
    for sheet in
        survey.found.iter().filter(|f| matches!(f.what, What::Sheet { .. }) && xy(&f.profile).is_none())
    {
        let shown = sheet.shown(folder);
        if !draft.amounts.iter().any(|told| told.starts_with(&shown)) {
            zones::amounts(&mut draft, &sheet.profile, (&shown, None));
        }
    }
    place::guess(&mut draft, survey, folder);
    axes(&mut draft);
    draft
}

/// Says what a run is called whose folder has a name that files cannot have.
fn named(draft: &mut Draft) {
    let name = run_name(&draft.name);
    if name == draft.name {
        return;
    }
    let why = if name == NO_NAME {
        "the folder has no letters for a name of files: give one of your own, or the results of two such cities meet in one folder"
    } else {
        "names of files and of the folder of results; the title keeps the name of the folder"
    };
    draft.tell("city", "", format!("name = {name:?}"), Sure::Likely, why);
}

/// Without GDP, or without land that absorbs, one index judges alone.
fn axes(draft: &mut Draft) {
    let gdp = draft.zones.as_ref().is_some_and(super::draft::ZoneDraft::has_gdp);
    let sinks = draft.parcels.as_ref().is_some_and(|p| !p.sinks.is_empty());
    let (axes, taken, sure, why) = match (gdp, sinks) {
        (true, true) => return,
        (false, true) => {
            (Some("ecological"), "axes = \"ecological\"", Sure::Sure, "no GDP was found: zones by ESC alone")
        }
        (true, false) => {
            (Some("economic"), "axes = \"economic\"", Sure::Sure, "no land absorbs: zones by ECC alone")
        }
        (false, false) => (
            None,
            "no zones by class",
            Sure::Guess,
            "neither GDP nor land that absorbs was found: every class stays undefined",
        ),
    };
    draft.axes = axes;
    draft.tell("zoning", "", taken, sure, why);
}

/// Chooses the land use; gives its place in the survey.
fn parcels(draft: &mut Draft, survey: &Survey, folder: &Path) -> Option<usize> {
    let mut best: Option<(f64, usize, Classed)> = None;
    for (at, found) in
        survey.found.iter().enumerate().filter(|(_, f)| f.layer(GeometryKind::Polygon).is_some())
    {
        // A handful of polygons is no land use.
        if let Some(class) = land_use(&found.profile).filter(|_| found.size() >= 5) {
            let score = class.known * (found.size() as f64).ln();
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, at, class));
            }
        }
    }
    if let Some((_, at, class)) = best {
        let found = &survey.found[at];
        let id = id_of(&found.profile, &class.field);
        let taken = format!(
            "land_use = {:?}, scheme = {:?}{}",
            class.field,
            land_scheme(&class.codes),
            id.as_ref().map_or_else(String::new, |i| format!(", id = {i:?}"))
        );
        let why =
            format!("{:.0} % of {} polygons have a class that is known", 100.0 * class.known, found.size());
        draft.tell("parcels", &found.shown(folder), taken, Sure::of(class.known), why);
        if let Some(mended) = &class.mended {
            draft.tell(
                "parcels",
                &found.shown(folder),
                format!("scheme = {LAND_USE_CSV:?}"),
                Sure::Likely,
                mended,
            );
        }
        if matches!(class.codes, Codes::Own(_)) {
            let why = if class.unknown.is_empty() {
                "every value was understood".to_owned()
            } else {
                format!("not understood, no emission: {}", class.unknown.join(", "))
            };
            draft.tell(
                "parcels",
                &found.shown(folder),
                format!("scheme = {LAND_USE_CSV:?}"),
                Sure::Likely,
                why,
            );
        }
        draft.parcels = Some(ParcelDraft {
            source: source_of(found),
            id,
            land_use: class.field,
            scheme: class.codes,
            space_types: class.meanings,
            sinks: class.sinks,
            raster: false,
        });
        return Some(at);
    }
    raster_parcels(draft, survey, folder)
}

fn raster_parcels(draft: &mut Draft, survey: &Survey, folder: &Path) -> Option<usize> {
    let (at, class) = survey.found.iter().enumerate().find_map(|(at, found)| match &found.what {
        What::Raster { codes, .. } => land_cover(codes).map(|class| (at, class)),
        _ => None,
    })?;
    let found = &survey.found[at];
    let why = format!("{:.0} % of the pixels have a code that is known", 100.0 * class.known);
    draft.tell(
        "parcels",
        &found.shown(folder),
        format!("scheme = {:?}", land_scheme(&class.codes)),
        Sure::Likely,
        why,
    );
    draft.clip = true;
    draft.parcels = Some(ParcelDraft {
        source: source_of(found),
        id: None,
        land_use: String::new(),
        scheme: class.codes,
        space_types: class.meanings,
        sinks: class.sinks,
        raster: true,
    });
    Some(at)
}

fn land_scheme(codes: &Codes) -> &str {
    codes.name_or(LAND_USE_CSV)
}

fn is_points(found: &Found) -> bool {
    found.layer(GeometryKind::Point).is_some()
        || (matches!(found.what, What::Sheet { .. }) && xy(&found.profile).is_some())
}

fn people(draft: &mut Draft, survey: &Survey, folder: &Path) {
    let of = |found: &Found| {
        let columns = people_columns(&found.profile);
        (!columns.is_empty()).then_some(columns)
    };
    let points = survey.found.iter().filter(|f| is_points(f) && f.size() >= 5);
    let points = points.filter_map(|f| Some((f, of(f)?))).max_by_key(|(f, _)| f.size());
    if let Some((found, weight)) = points {
        let why = format!("{} points with a column of numbers of people", found.size());
        draft.tell("people", &found.shown(folder), format!("weight = {weight:?}"), Sure::Likely, why);
        draft.people = Some(PeopleDraft { source: source_of(found), kind: "points", weight });
        return;
    }
    let raster = survey.found.iter().find(|f| {
        let named = f.path.file_stem().is_some_and(|n| {
            let name = n.to_string_lossy().to_lowercase();
            ["pop", "ppp", "people", "人口", "ghs_pop", "landscan"].iter().any(|w| name.contains(w))
        });
        named && matches!(f.what, What::Raster { .. })
    });
    if let Some(found) = raster {
        draft.tell(
            "people",
            &found.shown(folder),
            "kind = \"raster\"",
            Sure::Likely,
            "a raster with such a name",
        );
        draft.people = Some(PeopleDraft { source: source_of(found), kind: "raster", weight: Vec::new() });
    }
}

fn poi(draft: &mut Draft, survey: &Survey, folder: &Path) {
    let taken = draft.people.as_ref().map(|p| p.source.path.clone());
    let all =
        survey.found.iter().filter(|f| is_points(f) && Some(&f.path) != taken.as_ref() && f.size() >= 5);
    let all = all.filter_map(|f| Some((f, poi_type(&f.profile)?)));
    let rank = |(f, c): &(&Found, Classed)| c.known * (f.size() as f64).ln();
    let Some((found, class)) = all.max_by(|a, b| rank(a).total_cmp(&rank(b))) else { return };
    let why = format!("{:.0} % of {} points have a type that is known", 100.0 * class.known, found.size());
    let taken = format!("type = {:?}, groups = {:?}", class.field, class.codes.name_or(POI_CSV));
    draft.tell("poi", &found.shown(folder), taken, Sure::of(class.known), why);
    let source = source_of(found);
    draft.poi = Some(PoiDraft { source, kind: class.field, groups: class.codes, found: class.meanings });
}

fn roads(draft: &mut Draft, survey: &Survey, folder: &Path) {
    let all = survey.found.iter().filter(|f| f.layer(GeometryKind::Line).is_some());
    let classed = |f: &&Found| road_class(&f.profile).map_or(0.5, |c| c.known);
    let Some(found) = all.max_by(|a, b| {
        (classed(a) * (a.size() as f64).ln_1p()).total_cmp(&(classed(b) * (b.size() as f64).ln_1p()))
    }) else {
        return;
    };
    let class = road_class(&found.profile);
    let (sure, why) = match &class {
        Some(c) => (
            Sure::of(c.known),
            format!("{:.0} % of {} lines have a class of OpenStreetMap", 100.0 * c.known, found.size()),
        ),
        None => {
            (Sure::Guess, "no column with classes that are known: every line counts as a road".to_owned())
        }
    };
    draft.tell(
        "roads",
        &found.shown(folder),
        class.as_ref().map_or_else(|| "every line".to_owned(), |c| format!("class = {:?}", c.field)),
        sure,
        why,
    );
    draft.roads = Some(RoadDraft {
        source: source_of(found),
        scheme: class.as_ref().map(|_| "osm"),
        class: class.map(|c| c.field),
    });
}
