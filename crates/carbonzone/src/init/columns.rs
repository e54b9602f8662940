//! What the columns of a layer or table are taken for, by their headers and values.

use super::draft::SourceDraft;
use super::place;
use super::profile::{Column, Profile};
use super::survey::{Found, What};
use super::words::{best, fits, headers};

/// The source of something that was found.
pub fn source_of(found: &Found) -> SourceDraft {
    let mut out =
        SourceDraft { path: found.path.clone(), crs: place::crs_by_name(found), ..SourceDraft::default() };
    match &found.what {
        What::Layer { info, one_of_several } => {
            out.layer = one_of_several.then(|| info.name.clone());
            out.encoding.clone_from(&info.encoding);
        }
        What::Sheet { .. } => {
            out.xy = xy(&found.profile);
            out.crs = out.crs.or_else(|| Some("EPSG:4326".to_owned()));
        }
        What::Raster { .. } => {}
    }
    out
}

/// Columns with coordinates in degrees.
pub fn xy(profile: &Profile) -> Option<[String; 2]> {
    let (x, x_fit) = best(profile.names(), &headers().x)?;
    let (y, y_fit) = best(profile.names(), &headers().y)?;
    let within = |name: &str, most: f64| {
        profile.get(name).is_some_and(|c| c.is_numeric() && c.numbers.iter().all(|v| v.abs() <= most))
    };
    (x_fit > 0.6 && y_fit > 0.6 && x != y && within(x, 180.0) && within(y, 90.0))
        .then(|| [x.to_owned(), y.to_owned()])
}

/// The id of a layer: the best header of a column without doubles.
pub fn id_of(profile: &Profile, not: &str) -> Option<String> {
    let unique =
        profile.columns.iter().filter(|c| c.is_unique() && c.filled == profile.rows && c.name != not);
    best(unique.map(|c| c.name.as_str()), &headers().id).map(|(name, _)| name.to_owned())
}

/// Columns of people: those of the night where there are several, else the best.
pub fn people_columns(profile: &Profile) -> Vec<String> {
    // A share of the people is no number of people; 0.05 万人 are 500.
    let counts = |c: &&Column| {
        let persons = c.persons.unwrap_or(1.0);
        c.is_numeric()
            && !persons.is_nan()
            && c.numbers.iter().all(|v| *v >= 0.0)
            && c.numbers.iter().any(|v| *v * persons > 1.5)
    };
    let all: Vec<&Column> =
        profile.columns.iter().filter(counts).filter(|c| fits(&c.name, &headers().people) > 0.0).collect();
    let night: Vec<String> =
        all.iter().filter(|c| is_of_night(&c.name.to_lowercase())).map(|c| c.name.clone()).collect();
    if all.len() > 1 && !night.is_empty() {
        return night;
    }
    best(all.iter().map(|c| c.name.as_str()), &headers().people)
        .map(|(name, _)| name.to_owned())
        .into_iter()
        .collect()
}

/// A column of the night: by its words, or by the hour at which it begins (`people_22_06`, not `people_17_22`).
fn is_of_night(name: &str) -> bool {
    let hour = name.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 2);
    hour == Some("22") || ["night", "夜", "home"].iter().any(|w| name.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_the_night_are_those_of_the_hours_that_begin_it() {
        let names = ["people_22_06", "people_06_10", "people_17_22", "夜间人口"];
        assert_eq!(names.map(is_of_night), [true, false, false, true]);
    }
}
