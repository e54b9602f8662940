//! Every number of a pipeline file lies where it makes sense. All that do not are named, each with its key.

use crate::config::Pipeline;
use crate::load_config::Loaded;
use crate::studies::counties::config::CountiesPipeline;
use crate::studies::raster_series::config::RasterSeriesPipeline;
use carbonzone_types::{Finding, Findings, LARGEST_AMOUNT, short_number};
use carbonzone_zoning::ZoningConfig;

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
    for (i, table) in layers.zones.tables.iter().enumerate() {
        let index = i.to_string();
        let keys = |key| ["layers", "zones", "tables", &index, key];
        look.maybe(&keys("population_unit_persons"), table.population_unit_persons, UNIT);
        look.maybe(&keys("gdp_unit_1e4cny"), table.gdp_unit_1e4cny, UNIT);
    }
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
    if let Some(table) = &p.activity {
        look.maybe(&["activity", "population_unit_persons"], table.population_unit_persons, UNIT);
        look.maybe(&["activity", "gdp_unit_1e4cny"], table.gdp_unit_1e4cny, UNIT);
    }
    look.zoning(&p.zoning);
}

/// Numbers of a raster series; its risk options and its grid have checks of their own.
pub fn check_series(loaded: &Loaded<RasterSeriesPipeline>, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let mut look = Look { loaded, findings };
    let light = Range::UpTo(1e6, "nW cm⁻² sr⁻¹, from 0 to 1,000,000");
    look.at(&["emissions", "light_threshold"], p.emissions.light_threshold, light);
    let layers = &p.layers;
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
mod tests {
    use super::*;
    use toml::Value;

    const PARCELS: &str = r#"
[city]
name = "a"
year = 2020
crs = "EPSG:4549"
[layers.parcels]
source = { path = "p.gpkg" }
land_use = "code"
[layers.poi]
source = { path = "poi.csv" }
type = "t"
snap_m = 1.0
[layers.population]
source = { path = "people.csv" }
snap_m = 1.0
[layers.roads]
source = { path = "roads.shp" }
snap_m = 1.0
lambda = 0.5
poi_snap_m = 1.0
class_weights = { primary = 1.0 }
[layers.point_sources]
source = { path = "plants.csv" }
id = "id"
tonnes = "t"
rule = "r"
snap_m = 1.0
[layers.zones]
source = { path = "z.gpkg" }
id = "id"
[[layers.zones.tables]]
path = "t.csv"
key = "id"
population_unit_persons = 1.0
gdp_unit_1e4cny = 1.0
[inventory]
[[inventory.totals]]
sector = "transport"
land_group = "transport"
amount = 1.0
mode_share = { road = 1.0 }
[sinks]
coefficients_t_ha = { forest = 1.0 }
[[allocate]]
id = "a"
budget = "transport:transport_road"
share = 1.0
smoothing = 0.0
land = ["transport_road"]
proxies = ["area"]
[aggregate]
cell_m = 1000.0
[zoning]
gdp_total = 1.0
borderline_pct = 5.0
[uncertainty]
draws = 64
gdp_pct = 5.0
gdp_derived_pct = 5.0
budgets = { transport = 5.0 }
proxies = { area = 0.25 }
rules = { a = 0.25 }
[[uncertainty.alternatives]]
name = "x"
probability = 0.5
options = [{ name = "y", probability = 0.5, set = ["aggregate.cell_m=500"] }]
"#;

    const COUNTIES: &str = r#"
study = "counties"
[city]
name = "a"
years = [2015, 2020]
crs = "EPSG:4507"
[layers.zones]
source = { path = "z.gpkg" }
id = "id"
[activity]
path = "a.csv"
key = "id"
population = "p"
population_unit_persons = 1.0
gdp = "g"
gdp_unit_1e4cny = 1.0
energy_tce_per_1e4cny = "e"
[factors]
respiration_t_per_1e4_persons = 3285.0
energy_t_per_tce = 2.66
[sinks]
coefficients_t_ha = { forest = 3.55 }
[zoning]
scheme = "guiyang_three_levels"
gdp_total = 1.0
borderline_pct = 5.0
"#;

    const SERIES: &str = r#"
study = "raster_series"
[city]
name = "a"
first_year = 2001
last_year = 2005
crs = "EPSG:4547"
[layers.zones]
source = { path = "z.gpkg" }
id = "id"
[layers.light]
path = "l.tif"
scale = 1.0
valid_min = 0.0
valid_max = 1.0
[layers.npp]
path = "n.tif"
scale = 1.0
[layers.respiration]
path = "r.tif"
scale = 1.0
[emissions]
path = "e.csv"
key = "id"
emission = "e"
light_threshold = 0.3
[aggregate]
cell_m = 1000.0
[risk]
window_years = 5
[risk.options]
weight_level = 0.5
weight_trend = 0.25
weight_persistence = 0.25
neutral_band = 0.1
threshold = 0.6
"#;

    /// Keys of all numbers below a value.
    fn numbers(value: &Value, at: &[String], out: &mut Vec<Vec<String>>) {
        let mut below = |key: String, value: &Value| numbers(value, &[at, &[key]].concat(), out);
        match value {
            Value::Table(table) => table.iter().for_each(|(k, v)| below(k.clone(), v)),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| below(i.to_string(), v)),
            Value::Integer(_) | Value::Float(_) => out.push(at.to_vec()),
            _ => {}
        }
    }

    fn replaced(value: &Value, keys: &[String], new: &Value) -> Value {
        let mut out = value.clone();
        let mut place = &mut out;
        for key in keys {
            place = match place {
                Value::Table(table) => table.get_mut(key).unwrap(),
                Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
                _ => unreachable!(),
            };
        }
        *place = new.clone();
        out
    }

    /// Whether the pipeline of this text is refused: it does not parse, or a check finds an error.
    fn refused<P: serde::de::DeserializeOwned>(text: String, check: fn(&Loaded<P>) -> Findings) -> bool {
        let Ok(pipeline) = toml::from_str(&text) else { return true };
        check(&Loaded::new("x.toml".as_ref(), text, pipeline)).blocks()
    }

    /// Puts bad numbers at the place of each number of a sound pipeline; gives those that pass.
    fn accepted<P: serde::de::DeserializeOwned>(
        text: &str,
        check: fn(&Loaded<P>) -> Findings,
    ) -> Vec<String> {
        let sound: Value = toml::from_str(text).unwrap();
        assert!(!refused(text.to_owned(), check), "the pipeline itself is refused");
        let mut keys = Vec::new();
        numbers(&sound, &[], &mut keys);
        assert!(keys.len() > 5);
        let mut out = Vec::new();
        for keys in keys {
            // Any finite limit of valid raster values makes sense.
            let any = keys.last().is_some_and(|k| k.starts_with("valid_"));
            let bad = [
                Value::Float(f64::NAN),
                Value::Float(f64::INFINITY),
                Value::Float(-1.5),
                Value::Float(1e300),
                Value::Integer(-1),
                Value::Integer(i64::MAX),
            ];
            for bad in bad.iter().filter(|v| !any || v.as_float().is_some_and(|f| !f.is_finite())) {
                let text = toml::to_string(&replaced(&sound, &keys, bad)).unwrap();
                if !refused(text, check) {
                    out.push(format!("{} = {bad}", keys.join(".")));
                }
            }
        }
        out
    }

    #[test]
    fn no_number_of_a_pipeline_may_be_negative_or_no_number_or_absurdly_large() {
        assert_eq!(accepted(PARCELS, crate::check_pipeline::check), Vec::<String>::new());
        assert_eq!(
            accepted(COUNTIES, <crate::studies::Counties as crate::studies::Study>::check),
            Vec::<String>::new()
        );
        assert_eq!(
            accepted(SERIES, <crate::studies::RasterSeries as crate::studies::Study>::check),
            Vec::<String>::new()
        );
    }

    #[test]
    fn all_numbers_out_of_range_are_named_at_once() {
        let text = PARCELS
            .replace("primary = 1.0", "primary = -0.5, rail = nan")
            .replace("smoothing = 0.0", "smoothing = -1.0")
            .replace("forest = 1.0", "forest = -5.0, grass = 100.0");
        let pipeline = toml::from_str(&text).unwrap();
        let findings = crate::check_pipeline::check(&Loaded::new("x.toml".as_ref(), text, pipeline));
        let found: Vec<&str> = findings.items.iter().filter_map(|f| f.field.as_deref()).collect();
        assert_eq!(
            found,
            [
                "layers.roads.class_weights.primary",
                "layers.roads.class_weights.rail",
                "sinks.coefficients_t_ha.forest",
                "allocate.0.smoothing"
            ]
        );
        assert!(findings.items.iter().all(|f| f.code == "out_of_range" && f.span.is_some()));
    }
}
