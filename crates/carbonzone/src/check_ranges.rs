//! Every number of a pipeline file lies where it makes sense. All that do not are named, each with its key.

use crate::config::{Pipeline, ZoneLayer};
use crate::load_config::Loaded;
use crate::studies::counties::config::CountiesPipeline;
use crate::studies::raster_series::config::RasterSeriesPipeline;
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, MoneyUnit, short_number};
use carbonzone_zoning::{LevelRule, ZoningConfig};

/// Where a number makes sense. NaN and infinity never do.
#[derive(Debug, Clone, Copy)]
enum Range {
    /// From 0 to a limit.
    UpTo(f64, &'static str),
    /// More than 0, up to a limit.
    PositiveUpTo(f64, &'static str),
    /// From 0 to 1.
    Share,
    /// A year that an inventory may have.
    Year,
    /// Any number.
    Finite,
}

const METRES: Range = Range::UpTo(1e6, "a distance in metres, from 0 to 1,000,000");
const WEIGHT: Range = Range::UpTo(1e6, "a number from 0 to 1,000,000");
const UNIT: Range =
    Range::PositiveUpTo(1e12, "how many of its base unit one unit is: more than 0, up to 1e12");
const DEVIATIONS: Range = Range::PositiveUpTo(100.0, "standard deviations: more than 0, up to 100");
const YEARS: Range = Range::UpTo(300.0, "a number of years, up to 300");
/// t CO2e per hectare and year: a forest takes up 14, a blast furnace per hectare gives 100,000.
const LAND: Range = Range::UpTo(
    1e6,
    "t CO2e per hectare and year, from 0 to 1,000,000; land that emits is an emission, not a negative sink",
);

impl Range {
    fn holds(self, value: f64) -> bool {
        value.is_finite()
            && match self {
                Self::UpTo(most, _) => (0.0..=most).contains(&value),
                Self::PositiveUpTo(most, _) => value > 0.0 && value <= most,
                Self::Share => (0.0..=1.0).contains(&value),
                Self::Year => (1900.0..=2200.0).contains(&value),
                Self::Finite => true,
            }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::UpTo(_, what) | Self::PositiveUpTo(_, what) => what,
            Self::Share => "a share from 0 to 1",
            Self::Year => "a year such as 2020",
            Self::Finite => "a number",
        }
    }
}

/// Looks at numbers by their keys.
struct Look<'a, P> {
    loaded: &'a Loaded<P>,
    findings: &'a mut Findings,
}

impl<P> Look<'_, P> {
    fn at(&mut self, keys: &[&str], value: f64, range: Range) {
        if !range.holds(value) {
            let name = keys.join(".");
            let finding = Finding::error("out_of_range", format!("{name} = {}", short_number(value)))
                .field(name)
                .value(short_number(value))
                .expected(range.expected());
            self.findings.push(self.loaded.at(finding, keys));
        }
    }

    fn maybe(&mut self, keys: &[&str], value: Option<f64>, range: Range) {
        if let Some(value) = value {
            self.at(keys, value, range);
        }
    }

    fn each<'v>(
        &mut self,
        keys: &[&str],
        values: impl IntoIterator<Item = (&'v String, &'v f64)>,
        range: Range,
    ) {
        for (key, value) in values {
            self.at(&[keys, &[key.as_str()]].concat(), *value, range);
        }
    }

    fn zoning(&mut self, zoning: &ZoningConfig) {
        self.maybe(
            &["zoning", "gdp_total"],
            zoning.gdp_total,
            Range::PositiveUpTo(LARGEST_AMOUNT, "the GDP of the city, more than 0, up to 1e15"),
        );
        let percent = Range::UpTo(100.0, "percent, from 0 to 100");
        self.maybe(&["zoning", "borderline_pct"], zoning.borderline_pct, percent);
        let mut rules = vec![
            (vec!["zoning", "economic_levels"], zoning.economic_levels.as_ref()),
            (vec!["zoning", "ecological_levels"], zoning.ecological_levels.as_ref()),
        ];
        if let Some(own) = &zoning.own {
            self.at(&["zoning", "own", "borderline_pct"], own.borderline_pct, percent);
            rules.push((vec!["zoning", "own", "economic", "rule"], Some(&own.economic.rule)));
            rules.push((vec!["zoning", "own", "ecological", "rule"], Some(&own.ecological.rule)));
        }
        for (keys, rule) in rules {
            // Cuts are looked at with the scheme: they ascend.
            match rule {
                Some(LevelRule::Fixed { tolerance, .. }) => {
                    self.at(&[&keys[..], &["tolerance"]].concat(), *tolerance, WEIGHT);
                }
                Some(LevelRule::MeanSd { k }) => self.at(&[&keys[..], &["k"]].concat(), *k, DEVIATIONS),
                Some(LevelRule::Jenks {}) | None => {}
            }
        }
    }

    fn zone_tables(&mut self, zones: &ZoneLayer) {
        for (i, table) in zones.tables.iter().enumerate() {
            let index = i.to_string();
            let keys = |key| ["layers", "zones", "tables", &index, key];
            self.maybe(&keys("population_unit_persons"), table.population_unit_persons, UNIT);
            self.maybe(&keys("gdp_unit_1e4cny"), table.gdp_unit_1e4cny, UNIT);
            if table.gdp_unit_1e4cny.is_some() {
                self.in_cny(zones, &keys("gdp_unit_1e4cny"));
            }
        }
        if let Some(text) = zones.gdp_unit.as_ref().filter(|text| MoneyUnit::parse(text).is_none()) {
            let finding = Finding::error("gdp_unit", format!("\"{text}\" is no unit of money"))
                .field("layers.zones.gdp_unit")
                .value(text.clone())
                .expected(MoneyUnit::EXPECTED);
            self.findings.push(self.loaded.at(finding, &["layers", "zones", "gdp_unit"]));
        }
    }

    /// A factor to 1e4 CNY says nothing of another currency.
    fn in_cny(&mut self, zones: &ZoneLayer, keys: &[&str]) {
        let unit = zones.money();
        if unit.currency() != "CNY" {
            let message = format!("gdp_unit_1e4cny is a factor to CNY, but GDP is in {}", unit.plain());
            let finding = Finding::error("gdp_unit", message)
                .field(keys.join("."))
                .hint("leave it out: gdp_unit names the unit of the column, or the header does");
            self.findings.push(self.loaded.at(finding, keys));
        }
    }
}

/// Numbers of a pipeline of parcels. Years, totals, shares and the grid have checks of their own, with hints.
pub fn check(loaded: &Loaded, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let mut look = Look { loaded, findings };
    let layers = &p.layers;
    for (layer, snap_m) in [
        ("poi", layers.poi.as_ref().map(|l| l.snap_m)),
        ("population", layers.population.as_ref().map(|l| l.snap_m)),
        ("roads", layers.roads.as_ref().map(|l| l.snap_m)),
        ("point_sources", layers.point_sources.as_ref().map(|l| l.snap_m)),
    ] {
        look.maybe(&["layers", layer, "snap_m"], snap_m, METRES);
    }
    if let Some(roads) = &layers.roads {
        look.at(&["layers", "roads", "poi_snap_m"], roads.poi_snap_m, METRES);
        look.at(&["layers", "roads", "lambda"], roads.lambda, Range::Share);
        look.each(&["layers", "roads", "class_weights"], &roads.class_weights, WEIGHT);
    }
    look.zone_tables(&layers.zones);
    look.each(&["sinks", "coefficients_t_ha"], &p.sinks.coefficients_t_ha, LAND);
    for (i, rule) in p.allocate.iter().enumerate() {
        let index = i.to_string();
        look.at(&["allocate", &index, "share"], rule.share, Range::Share);
        look.at(&["allocate", &index, "smoothing"], rule.smoothing, WEIGHT);
    }
    look.zoning(&p.zoning);
    activity(&mut look);
}

/// Numbers of `[inventory.activity]` that its own checks leave alone.
fn activity(look: &mut Look<'_, Pipeline>) {
    let Some(activity) = &look.loaded.pipeline.inventory.activity else { return };
    if let Some(year) = activity.year {
        look.at(&["inventory", "activity", "year"], f64::from(year), Range::Year);
    }
    let landfill = ["inventory", "activity", "landfill"];
    let keys = |more: [&'static str; 1]| [landfill.as_slice(), &more].concat();
    look.each(&keys(["composition"]), &activity.landfill.composition, Range::Share);
    for (kind, years) in &activity.landfill.deposited_t {
        let keys = [landfill.as_slice(), &["deposited_t", kind]].concat();
        look.each(&keys, years, Range::UpTo(LARGEST_AMOUNT, "t of waste, from 0 to 1e15"));
    }
}

/// Numbers of a study of counties; its sink coefficients have a check of their own.
pub fn check_counties(loaded: &Loaded<CountiesPipeline>, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let mut look = Look { loaded, findings };
    let factors = &p.factors;
    look.at(&["factors", "respiration_t_per_1e4_persons"], factors.respiration_t_per_1e4_persons, WEIGHT);
    look.at(&["factors", "energy_t_per_tce"], factors.energy_t_per_tce, WEIGHT);
    if let Some(zones) = &p.layers.zones {
        look.zone_tables(zones);
    }
    if let Some(table) = &p.activity {
        look.maybe(&["activity", "population_unit_persons"], table.population_unit_persons, UNIT);
        look.maybe(&["activity", "gdp_unit_1e4cny"], table.gdp_unit_1e4cny, UNIT);
        if let (Some(zones), Some(_)) = (&p.layers.zones, table.gdp_unit_1e4cny) {
            look.in_cny(zones, &["activity", "gdp_unit_1e4cny"]);
        }
    }
    look.zoning(&p.zoning);
}

/// Numbers of a raster series; its risk options and its grid have checks of their own.
pub fn check_series(loaded: &Loaded<RasterSeriesPipeline>, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let mut look = Look { loaded, findings };
    let light = Range::UpTo(1e6, "nW cm⁻² sr⁻¹, from 0 to 1,000,000");
    look.at(&["emissions", "light_threshold"], p.emissions.light_threshold, light);
    look.at(&["risk", "window_years"], f64::from(p.risk.window_years), YEARS);
    look.at(&["risk", "options", "min_years"], p.risk.options.min_years as f64, YEARS);
    let layers = &p.layers;
    look.zone_tables(&layers.zones);
    for (name, raster) in [
        ("light", Some(&layers.light)),
        ("built_up", layers.built_up.as_ref()),
        ("npp", Some(&layers.npp)),
        ("respiration", layers.respiration.as_ref()),
        ("temperature", layers.temperature.as_ref()),
        ("precipitation", layers.precipitation.as_ref()),
    ] {
        let Some(raster) = raster else { continue };
        look.at(&["layers", name, "scale"], raster.scale, UNIT);
        look.maybe(&["layers", name, "valid_min"], raster.valid_min, Range::Finite);
        look.maybe(&["layers", name, "valid_max"], raster.valid_max, Range::Finite);
    }
}

#[cfg(test)]
mod tests;
