//! What every study over years says about its place: names, years, working CRS, area basis.

use crate::config::{AreaBasis, Source};
use crate::load::{self, CRS_EXPECTED, CRS_HINT, Notes};
use crate::load_config::Loaded;
use crate::manifest;
use crate::names;
use carbonzone_geom::Coverage;
use carbonzone_inventory::equations::net;
use carbonzone_io::WorkingCrs;
use carbonzone_types::{Co2e, Finding, Findings, RunManifest, SectorTotal, Totals};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Place, years, working CRS.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Short ASCII name: the output folder and the GeoPackage are named after it.
    pub name: String,
    /// English title on maps; default: the name.
    #[serde(default)]
    pub title_en: String,
    /// Chinese title on maps; default: the English one.
    #[serde(default)]
    pub title_zh: String,
    /// Years, ascending; or give `first_year` and `last_year`.
    #[serde(default)]
    pub years: Vec<i32>,
    /// First year of a series without gaps.
    #[serde(default)]
    pub first_year: Option<i32>,
    /// Last year of a series without gaps.
    #[serde(default)]
    pub last_year: Option<i32>,
    /// Working CRS: projected, metres; an equal-area one is best. Needed if there are layers.
    #[serde(default)]
    pub crs: Option<String>,
    /// Which area absorption and intensities rest on. The other one is written as a second column.
    #[serde(default)]
    pub area: AreaBasis,
    /// True if any input is synthetic: every output then says so.
    #[serde(default)]
    pub synthetic: bool,
    /// Source line below every map.
    #[serde(default)]
    pub source: String,
    /// Map review number (审图号) for the caption, if you have one.
    #[serde(default)]
    pub map_review_number: String,
}

impl Place {
    /// Years of the study, ascending.
    pub fn years(&self) -> Vec<i32> {
        match (self.first_year, self.last_year) {
            (Some(first), Some(last)) => (first..=last).collect(),
            _ => self.years.clone(),
        }
    }
}

/// What serde cannot see: name, years, and a CRS where there are layers.
pub fn check<P>(loaded: &Loaded<P>, place: &Place, layers: bool) -> Findings {
    let mut findings = Findings::new();
    names::check_run_name(loaded, &place.name, &mut findings);
    let mut report = |finding: Finding, key: &str| {
        findings.push(match loaded.span(&["city", key]) {
            Some(span) => finding.span(span),
            None => loaded.at(finding, &["city"]),
        });
    };
    let range = place.first_year.is_some() || place.last_year.is_some();
    if range && (place.first_year.is_none() || place.last_year.is_none() || !place.years.is_empty()) {
        let finding = Finding::error("years", "give `years`, or `first_year` and `last_year`");
        report(finding.field("city.years"), "years");
    } else if range && place.last_year < place.first_year {
        let last = place.last_year.map(|y| y.to_string()).unwrap_or_default();
        let finding = Finding::error("years", "the last year lies before the first");
        report(finding.field("city.last_year").value(last), "last_year");
    } else if !range && (place.years.is_empty() || !place.years.windows(2).all(|w| w[0] < w[1])) {
        let finding = Finding::error("years", "the years must be ascending and at least one");
        report(finding.field("city.years").value(format!("{:?}", place.years)), "years");
    }
    if layers && place.crs.is_none() {
        let finding = Finding::error("working_crs", "layers need a working CRS").field("city.crs");
        report(finding.expected(CRS_EXPECTED).hint(CRS_HINT), "crs");
    }
    findings
}

/// The working CRS. `None`: it is wrong (a finding says so); `Some(None)`: the file names none.
pub fn working_crs<P>(
    loaded: &Loaded<P>,
    place: &Place,
    zones: Option<&Source>,
    notes: &mut Notes,
) -> Option<Option<WorkingCrs>> {
    match &place.crs {
        None => Some(None),
        Some(text) => load::working_crs(loaded, text, zones, notes).map(Some),
    }
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
    pub fn of(place: &Place, coverage: &Coverage, crs: &WorkingCrs, notes: &mut Notes) -> Option<Self> {
        let planar = coverage.areas_m2();
        let ellipsoidal = match carbonzone_io::ellipsoidal_areas_m2(coverage, crs) {
            Ok(areas) => areas,
            Err(e) => {
                notes.findings.push(Finding::error("ellipsoidal_area", e.to_string()).layer("zones"));
                return None;
            }
        };
        Some(match place.area {
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

/// The part of `run.json` that says where and when, with what every study shares.
pub fn manifest<P: Serialize>(
    loaded: &Loaded<P>,
    place: &Place,
    crs: Option<&WorkingCrs>,
    notes: &Notes,
) -> RunManifest {
    let (title_en, title_zh) = manifest::titles(&place.name, &place.title_en, &place.title_zh);
    RunManifest {
        name: place.name.clone(),
        title_en,
        title_zh,
        years: place.years(),
        synthetic: place.synthetic,
        source_note: place.source.clone(),
        map_review_number: place.map_review_number.clone(),
        crs: crs.map(|c| c.authority().unwrap_or(c.definition()).to_owned()).unwrap_or_default(),
        crs_wkt: crs.map(|c| c.wkt().to_owned()).unwrap_or_default(),
        area_basis: place.area.name().to_owned(),
        ..manifest::common(loaded, notes)
    }
}

/// Totals on both bases from sectors and sinks, t CO2e.
pub fn totals(sectors: &[(String, f64)], sink_t: f64) -> Totals {
    let gross_t: f64 = sectors.iter().map(|(_, t)| t).sum();
    let net_t = net(Co2e(gross_t), Co2e(sink_t)).tonnes();
    let pct = |x: f64, base: f64| (base != 0.0).then(|| 100.0 * x / base);
    let row = |sector: &str, amount_t: f64, sign: f64| SectorTotal {
        sector: sector.to_owned(),
        amount_t,
        share_of_gross_pct: pct(sign * amount_t, gross_t),
        share_of_net_pct: pct(sign * amount_t, net_t),
    };
    let mut rows: Vec<SectorTotal> = sectors.iter().map(|(s, t)| row(s, *t, 1.0)).collect();
    rows.push(row("sink", sink_t, -1.0));
    Totals {
        gross_t,
        sink_t,
        net_t,
        ccr: carbonzone_types::compensating_rate(sink_t, gross_t),
        sectors: rows,
        ..Totals::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        toml::from_str(text).unwrap()
    }

    fn codes(text: &str) -> Vec<String> {
        let loaded = Loaded { path: "x.toml".into(), text: String::new(), pipeline: () };
        check(&loaded, &place(text), false).items.into_iter().map(|f| f.message).collect()
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

    #[test]
    fn totals_carry_shares_of_both_bases() {
        let t = totals(&[("energy".to_owned(), 30.0), ("land".to_owned(), 10.0)], 20.0);
        assert_eq!((t.gross_t, t.net_t, t.ccr), (40.0, 20.0, Some(0.5)));
        assert_eq!(t.sectors[2].share_of_gross_pct, Some(-50.0));
        assert_eq!(t.sectors[0].share_of_net_pct, Some(150.0));
    }
}
