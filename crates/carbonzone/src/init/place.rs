//! Where the layers lie: the CRS of the study, of layers that do not say, and offsets of Chinese web maps.

use super::draft::{Draft, SourceDraft, Sure};
use super::survey::{Found, Survey, What};
use crate::names::has_han;
use carbonzone_io::{LayerInfo, WorkingCrs, crs_for};
use std::path::Path;

/// What the name of a file or its columns say of an offset: `GCJ-02` or `BD-09`.
pub fn crs_by_name(found: &Found) -> Option<String> {
    let text = format!("{} {}", found.path.file_stem()?.to_string_lossy(), found.profile.names().join(" "))
        .to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    // Counties as DataV and Amap give them.
    let datav = ["adcode", "childrennum", "subfeatureindex"].iter().all(|w| text.contains(w));
    if says(&["bd09", "bd-09", "baidu", "百度"]) {
        Some("BD-09".to_owned())
    } else if says(&["gcj02", "gcj-02", "gcj_", "amap", "gaode", "高德", "火星"]) || datav {
        Some("GCJ-02".to_owned())
    } else {
        None
    }
}

fn info(found: &Found) -> Option<&LayerInfo> {
    match &found.what {
        What::Layer { info, .. } | What::Raster { info, .. } => Some(info),
        What::Sheet { .. } => None,
    }
}

/// Fills in the CRS of the study and of the layers, and the year.
pub fn guess(draft: &mut Draft, survey: &Survey, folder: &Path) {
    let of_path = |path: &Path| survey.found.iter().find(|f| f.path == path);
    let sources: Vec<(&str, SourceDraft)> = sources(draft);
    for (role, source) in &sources {
        let Some(found) = of_path(&source.path) else { continue };
        if let Some(crs) = &source.crs {
            if ["GCJ-02", "BD-09"].contains(&crs.as_str()) {
                draft.tell(
                    role,
                    &found.shown(folder),
                    format!("crs = {crs:?}"),
                    Sure::Likely,
                    "its name or columns say so",
                );
            }
        } else if let Some(own) = info(found).filter(|i| i.crs.is_none()) {
            let crs = by_extent(own, survey);
            let (taken, sure, why) = match &crs {
                Some((crs, why)) => (format!("crs = {crs:?}"), Sure::Guess, why.clone()),
                None => (
                    "no crs".to_owned(),
                    Sure::Guess,
                    "the file names none, and its numbers do not tell: add crs to the source".to_owned(),
                ),
            };
            draft.tell(role, &found.shown(folder), taken, sure, why);
            set_crs(draft, role, crs.map(|(crs, _)| crs));
        }
    }
    draft.chinese = has_han(&draft.name) || values_in_chinese(survey);
    untested_shift(draft, survey, &sources, folder);
    working_crs(draft, survey, &sources);
    year(draft, survey);
}

/// Names the layers in degrees inside China whose offset nothing can show: there are no points with land of their kind.
fn untested_shift(draft: &mut Draft, survey: &Survey, sources: &[(&str, SourceDraft)], folder: &Path) {
    let points = draft.poi.is_some() || draft.people.as_ref().is_some_and(|p| p.kind == "points");
    if points || !draft.chinese {
        return;
    }
    let in_degrees =
        |i: &LayerInfo| i.extent.is_some_and(|[x0, _, x1, y1]| x0 >= -180.0 && x1 <= 180.0 && y1 <= 90.0);
    let shifts =
        |i: &LayerInfo| i.centre.is_some_and(|[x, y]| carbonzone_geom::gcj02::wgs84_to_gcj02(x, y) != (x, y));
    let mut told: Vec<&Path> = Vec::new();
    for (role, source) in
        sources.iter().filter(|(_, s)| s.crs.as_deref().is_none_or(|c| c.starts_with("EPSG")))
    {
        let found = survey.found.iter().find(|f| f.path == source.path);
        let Some(found) = found.filter(|f| info(f).is_some_and(|i| in_degrees(i) && shifts(i))) else {
            continue;
        };
        if !told.contains(&found.path.as_path()) {
            let why = "degrees inside China, and no points with land of their kind to test them by: a border taken from a web map lies 300 to 700 m off; then crs = GCJ-02 in its source";
            draft.tell(role, &found.shown(folder), "no offset of web maps", Sure::Guess, why);
            told.push(&found.path);
        }
    }
}

/// The layers of a draft with their roles.
fn sources(draft: &Draft) -> Vec<(&'static str, SourceDraft)> {
    let all = [
        ("zones", draft.zones.as_ref().map(|z| &z.source)),
        ("parcels", draft.parcels.as_ref().map(|p| &p.source)),
        ("poi", draft.poi.as_ref().map(|p| &p.source)),
        ("people", draft.people.as_ref().map(|p| &p.source)),
        ("roads", draft.roads.as_ref().map(|r| &r.source)),
    ];
    all.into_iter().filter_map(|(role, source)| Some((role, source?.clone()))).collect()
}

/// Sets the CRS of a layer by its role.
pub fn set_crs(draft: &mut Draft, role: &str, crs: Option<String>) {
    let source = match role {
        "zones" => draft.zones.as_mut().map(|z| &mut z.source),
        "parcels" => draft.parcels.as_mut().map(|p| &mut p.source),
        "poi" => draft.poi.as_mut().map(|p| &mut p.source),
        "people" | "population" => draft.people.as_mut().map(|p| &mut p.source),
        "roads" => draft.roads.as_mut().map(|r| &mut r.source),
        _ => None,
    };
    if let Some(source) = source {
        source.crs = crs;
    }
}

/// The CRS of a layer that names none: degrees, or that of another layer with the same numbers.
fn by_extent(own: &LayerInfo, survey: &Survey) -> Option<(String, String)> {
    let [x0, y0, x1, y1] = own.extent?;
    if x0 >= -180.0 && x1 <= 180.0 && y0 >= -90.0 && y1 <= 90.0 {
        return Some(("EPSG:4326".to_owned(), "the file names none; its numbers are degrees".to_owned()));
    }
    let others = survey.found.iter().filter_map(info);
    others.filter_map(|o| Some((o, o.crs.clone()?, o.extent?))).find_map(|(o, crs, [a0, b0, a1, b1])| {
        let meets = x0 < a1 && a0 < x1 && y0 < b1 && b0 < y1;
        meets.then(|| (crs, format!("the file names none; its numbers meet those of {}", o.name)))
    })
}

fn working_crs(draft: &mut Draft, survey: &Survey, sources: &[(&str, SourceDraft)]) {
    let infos: Vec<&LayerInfo> =
        sources.iter().filter_map(|(_, s)| info(survey.found.iter().find(|f| f.path == s.path)?)).collect();
    let in_metres =
        infos.iter().find_map(|i| i.crs.clone().filter(|c| c.contains(':') && WorkingCrs::parse(c).is_ok()));
    if let Some(crs) = in_metres {
        draft.tell("city", "", format!("crs = {crs:?}"), Sure::Sure, "a layer is in it, and it is in metres");
        draft.crs = Some(crs);
        return;
    }
    let Some([lon, lat]) = infos.iter().find_map(|i| i.centre) else { return };
    let named = crs_for(lon, lat);
    let codes: Vec<&str> = named
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == ':'))
        .filter(|t| t.starts_with("EPSG:"))
        .collect();
    let code = if values_in_chinese(survey) { codes.first() } else { codes.last() };
    if let Some(code) = code {
        let why = format!("the layers lie around {lon:.2}, {lat:.2}: a projection in metres for that place");
        draft.tell("city", "", format!("crs = {code:?}"), Sure::Likely, why);
        draft.crs = Some((*code).to_owned());
    }
}

/// True if Chinese words stand in the data.
fn values_in_chinese(survey: &Survey) -> bool {
    survey
        .found
        .iter()
        .flat_map(|f| &f.profile.columns)
        .flat_map(|c| c.values.keys())
        .take(5000)
        .any(|v| has_han(v))
}

/// The latest year that files and headers name.
fn year(draft: &mut Draft, survey: &Survey) {
    let used =
        draft.zones.iter().flat_map(|z| z.tables.iter()).flat_map(|t| t.population.iter().chain(&t.gdp));
    let of_columns = used.filter_map(|c| year_in(c)).max();
    // File and column, not the amounts.
    let head = |a: &String| a.splitn(3, ": ").take(2).collect::<Vec<_>>().join(" ");
    let of_amounts = draft.amounts.iter().filter_map(|a| year_in(head(a).split(" sums").next()?)).max();
    let of_columns = of_columns.max(of_amounts);
    let of_files = survey.found.iter().filter_map(|f| year_in(&f.path.file_stem()?.to_string_lossy())).max();
    let year = of_columns.or(of_files);
    let (sure, why) = match year {
        Some(_) => (Sure::Guess, "the latest year in a header or file name"),
        None => (Sure::Guess, "nothing names a year: that of the inventory belongs here"),
    };
    draft.year = year.unwrap_or(2020);
    draft.tell("city", "", format!("year = {}", draft.year), sure, why);
}

/// A year from 1990 to 2039 in a text.
pub fn year_in(text: &str) -> Option<i32> {
    let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4);
    runs.filter_map(|run| run.parse().ok()).filter(|y| (1990..2040).contains(y)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_a_run_of_four_digits() {
        assert_eq!(year_in("pop_2019"), Some(2019));
        assert_eq!(year_in("township_stats"), None);
        assert_eq!(year_in("320505001"), None);
        assert_eq!(year_in("2015-2020 统计"), Some(2020));
    }
}
