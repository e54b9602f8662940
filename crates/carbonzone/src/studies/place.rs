//! What every study says about its place: names, years, working CRS, area basis.

use crate::config::{AreaBasis, Border, City};
use crate::load::{CRS_EXPECTED, CRS_HINT, Notes};
use crate::load_config::Loaded;
use crate::names;
use carbonzone_geom::Coverage;
use carbonzone_io::WorkingCrs;
use carbonzone_types::{Finding, Findings};

/// How many years a study has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Years {
    One,
    /// One or more.
    Many,
}

/// What serde cannot see: name, years, and a CRS where there are layers.
pub fn check<P>(loaded: &Loaded<P>, city: &City, years: Years, layers: bool) -> Findings {
    let mut findings = Findings::new();
    names::check_run_name(loaded, &city.name, &mut findings);
    let mut report = |finding: Finding, key: &str| {
        findings.push(match loaded.span(&["city", key]) {
            Some(span) => finding.span(span),
            None => loaded.at(finding, &["city"]),
        });
    };
    let error = |message: &str, key: &str| Finding::error("years", message).field(format!("city.{key}"));
    let range = city.first_year.is_some() || city.last_year.is_some();
    let ways =
        [city.year.is_some(), range, !city.years.is_empty()].into_iter().filter(|given| *given).count();
    let all = city.years();
    if ways != 1 || city.first_year.is_some() != city.last_year.is_some() {
        let message = match years {
            Years::One => "the year of the inventory is needed, as `year`",
            Years::Many => "give `years`, or `first_year` and `last_year`",
        };
        report(error(message, if years == Years::One { "year" } else { "years" }), "years");
    } else if range && city.last_year < city.first_year {
        let last = city.last_year.map(|y| y.to_string()).unwrap_or_default();
        report(error("the last year lies before the first", "last_year").value(last), "last_year");
    } else if !all.windows(2).all(|w| w[0] < w[1]) {
        report(error("the years must be ascending", "years").value(format!("{all:?}")), "years");
    } else if years == Years::One && all.len() > 1 {
        report(error("a study of parcels has one year", "year").value(format!("{all:?}")), "years");
    }
    let ends = city.first_year.iter().chain(&city.last_year);
    if let Some(year) = ends.chain(&all).find(|y| !City::POSSIBLE.contains(*y)) {
        let key = if city.year.is_some() { "year" } else { "years" };
        let finding = Finding::error("out_of_range", format!("city.{key} = {year}"))
            .field(format!("city.{key}"))
            .value(year.to_string());
        report(finding.expected("a year such as 2020"), key);
    }
    if layers && city.crs.is_none() {
        let finding = Finding::error("working_crs", "layers need a working CRS").field("city.crs");
        report(finding.expected(CRS_EXPECTED).hint(CRS_HINT), "crs");
    }
    if years == Years::Many && city.border == Border::Clip {
        let finding = Finding::error("border", "only a study of parcels can be clipped at the border");
        report(finding.field("city.border").value("clip"), "border");
    }
    findings
}

/// Area of the units on both bases.
pub struct Areas {
    /// m², the basis of the study.
    pub basis_m2: Vec<f64>,
    /// m², the other one.
    pub other_m2: Vec<f64>,
    /// Column name of the other one.
    pub other_name: &'static str,
    /// Area on the study's basis over planar area.
    pub scale: Vec<f64>,
}

impl Areas {
    /// Measures the polygons. `None`: the CRS has no ellipsoid; a finding says so.
    pub fn of(city: &City, coverage: &Coverage, crs: &WorkingCrs, notes: &mut Notes) -> Option<Self> {
        let [planar, ellipsoidal] = match carbonzone_io::areas_m2(coverage, crs) {
            Ok(areas) => areas,
            Err(e) => {
                return notes
                    .findings
                    .refuse(Finding::error("ellipsoidal_area", e.to_string()).layer("zones"));
            }
        };
        Some(match city.area {
            AreaBasis::Planar => Self {
                scale: vec![1.0; planar.len()],
                basis_m2: planar,
                other_m2: ellipsoidal,
                other_name: "area_ellipsoidal_m2",
            },
            AreaBasis::Ellipsoidal => Self {
                scale: ellipsoidal
                    .iter()
                    .zip(&planar)
                    .map(|(e, p)| if *p > 0.0 { e / p } else { 1.0 })
                    .collect(),
                basis_m2: ellipsoidal,
                other_m2: planar,
                other_name: "area_planar_m2",
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> City {
        toml::from_str(text).unwrap()
    }

    fn codes(text: &str) -> Vec<String> {
        let loaded = Loaded::new("x.toml".as_ref(), String::new(), ());
        check(&loaded, &place(text), Years::Many, false).items.into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn years_are_a_list_or_a_range() {
        assert_eq!(place("name = \"a\"\nfirst_year = 2001\nlast_year = 2003").years(), [2001, 2002, 2003]);
        assert_eq!(place("name = \"a\"\nyears = [2015, 2020]").years(), [2015, 2020]);
        assert_eq!(codes("name = \"a\"\nyears = [2015, 2020]"), Vec::<String>::new());
        assert!(codes("name = \"a\"\nyears = [2020, 2015]")[0].contains("ascending"));
        assert!(codes("name = \"a\"\nfirst_year = 2003\nlast_year = 2001")[0].contains("before"));
        assert!(codes("name = \"a\"\nfirst_year = 2003")[0].contains("first_year"));
        assert!(codes("name = \"a b\"\nyears = [2020]")[0].contains("folder"));
    }
}
