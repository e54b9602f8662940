//! Everything a counties study reads.

mod data;

pub use data::{Inputs, YearInput};

use super::config::CountiesPipeline;
use super::{activity, land_cover, published};
use crate::load::{Notes, Reading, working_crs, zones};
use crate::load_config::Loaded;
use crate::studies::place::{self, Areas, Years};
use crate::{compensation, reference};
use carbonzone_types::{Finding, Findings, Progress};

/// What serde cannot see.
pub fn check_config(loaded: &Loaded<CountiesPipeline>) -> Findings {
    let p = &loaded.pipeline;
    let mut findings = place::check(loaded, &p.city, Years::Many, p.layers.zones.is_some());
    if let Some(zones) = &p.layers.zones {
        crate::names::check_zones_layer(loaded, &zones.kind, &mut findings);
    }
    let years = p.city.years();
    let mut report = |finding: Finding, keys: &[&str]| {
        findings.push(loaded.at(finding, keys));
    };
    if p.published.is_some() == p.activity.is_some() {
        let finding = Finding::error("totals", "give either [activity] with land cover, or [published]")
            .hint("[published] recomputes a paper from its tables; [activity] computes from population, GDP and energy");
        report(finding, &["study"]);
    }
    if p.activity.is_some() && p.layers.zones.is_none() {
        report(Finding::error("zones", "a study with [activity] needs [layers.zones]"), &["activity"]);
    }
    for (i, raster) in p.layers.land_cover.iter().enumerate() {
        if !years.contains(&raster.year) {
            let finding =
                Finding::error("land_cover_year", format!("{} is not a year of the study", raster.year));
            report(
                finding.field("layers.land_cover.year"),
                &["layers", "land_cover", &i.to_string(), "year"],
            );
        }
    }
    for (class, t_ha) in &p.sinks.coefficients_t_ha {
        if !(0.0..=1e6).contains(t_ha) {
            let finding =
                Finding::error("negative_sink", format!("the coefficient of {class} must be a number ≥ 0"))
                    .value(t_ha.to_string())
                    .hint("land that emits is an emission, not a negative sink");
            report(finding, &["sinks", "coefficients_t_ha", class]);
        }
    }
    if let Err(e) = p.zoning.resolve() {
        report(Finding::error("zoning", e.to_string()), &["zoning"]);
    }
    crate::check_ranges::check_counties(loaded, &mut findings);
    findings.items.extend(super::uncertainty::check(loaded));
    let known = compensation::Known { years, gdp: true };
    findings.extend(compensation::check(loaded, p.compensation.as_ref(), &known));
    findings.items.extend(crate::statistics::config::check(p.statistics.as_ref()).items);
    let sectors: &[&str] =
        if p.published.is_some() { &["respiration_and_energy"] } else { &["respiration", "energy"] };
    let sectors = sectors.iter().map(|s| (*s).to_owned()).collect();
    let known = reference::Known { sectors, years: p.city.years() };
    findings.extend(reference::check(loaded, &p.reference, &known));
    findings
}

/// Reads all inputs. `None`: the findings say why.
pub fn load(loaded: &Loaded<CountiesPipeline>, notes: &mut Notes, progress: &dyn Progress) -> Option<Inputs> {
    let city = &loaded.pipeline.city;
    let layer = loaded.pipeline.layers.zones.as_ref().map(|z| &z.source);
    let crs = working_crs(loaded, city, layer, notes);
    if crs.is_none() && city.crs.is_some() {
        return None;
    }
    let zones = match (&crs, &loaded.pipeline.layers.zones) {
        (Some(crs), Some(layer)) => Some(zones::load_layer(Reading { loaded, crs, progress }, layer, notes)?),
        _ => None,
    };
    if let Some(config) = &loaded.pipeline.published {
        let mut inputs = published::load(loaded, config, crs, zones, notes)?;
        if let Some(crs) = inputs.crs.as_ref().filter(|_| !inputs.zones.coverage.is_empty()) {
            inputs.areas = Some(Areas::of(&loaded.pipeline.city, &inputs.zones.coverage, crs, notes)?);
        }
        return Some(inputs);
    }
    let (crs, zones, config) = (crs?, zones?, loaded.pipeline.activity.as_ref()?);
    let areas = Areas::of(&loaded.pipeline.city, &zones.coverage, &crs, notes)?;
    let rows = activity::load(loaded, config, &zones, notes);
    let cover = land_cover::load(Reading { loaded, crs: &crs, progress }, &zones, &areas.scale, notes);
    let (rows, cover) = (rows?, cover?);
    let years = activity::years(loaded, &zones, &rows, &cover, notes)?;
    let sectors = vec!["respiration".to_owned(), "energy".to_owned()];
    Some(Inputs { crs: Some(crs), zones, areas: Some(areas), sectors, years, published: None })
}
