//! `[uncertainty]` of a counties study: what is unsure about population, GDP, energy, factors and sinks, and how sure that
//! leaves the zone of every county and the levels of its two indices, of each year and by the mean over the years.

use super::compute::Results;
use super::config::CountiesPipeline;
use super::inputs::{Inputs, YearInput};
use crate::load_config::Loaded;
use crate::uncertainty::half_width;
use carbonzone_confidence::{
    Confidence, Drawn, Group, Judge, Judged, Model, Options, Parameter, Placed, Relative, Rule, Term,
    UnitConfidence, simulate,
};
use carbonzone_report::{Rgb, level_colors};
use carbonzone_types::{Finding, ZoneClassRecord};
use carbonzone_zoning::scheme::{Axis, Level};
use carbonzone_zoning::{ClassRule, IndexInputs, IndexOptions, LevelCuts, Quotients, quotients};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How unsure the inputs of a counties study are. Half-widths are those of 95 % intervals, in percent; none may be missing. What
/// is wrong about a county is wrong in the same way in every year.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CountyUncertainty {
    /// Number of draws: a power of two, 64 to 65536.
    pub draws: usize,
    /// Seed: the same seed gives the same draws.
    pub seed: u64,
    /// Find out what moves each class. About seven times the work.
    pub drivers: bool,
    /// Half-width of a county's residents.
    pub population_pct: Option<f64>,
    /// Half-width of a county's GDP. Energy use follows it, for it is energy per GDP times GDP.
    pub gdp_pct: Option<f64>,
    /// Half-width of a county's energy per GDP.
    pub energy_intensity_pct: Option<f64>,
    /// Half-width of the area of a land-cover class in a county.
    pub land_cover_pct: Option<f64>,
    /// Half-width of the factors `respiration` and `energy`, the same for all counties.
    pub factors: BTreeMap<String, f64>,
    /// Half-width of the sink coefficient of each land-cover class, the same for all counties.
    pub sinks: BTreeMap<String, f64>,
}

impl Default for CountyUncertainty {
    fn default() -> Self {
        Self {
            draws: 4096,
            seed: 2020,
            drivers: true,
            population_pct: None,
            gdp_pct: None,
            energy_intensity_pct: None,
            land_cover_pct: None,
            factors: BTreeMap::new(),
            sinks: BTreeMap::new(),
        }
    }
}

const FACTORS: [&str; 2] = ["respiration", "energy"];

/// All that is wrong with the section, at once.
pub fn check(loaded: &Loaded<CountiesPipeline>) -> Vec<Finding> {
    let p = &loaded.pipeline;
    let Some(section) = &p.uncertainty else { return Vec::new() };
    let mut out = Vec::new();
    let mut report = |finding: Finding, keys: &[&str]| {
        let keys: Vec<&str> = std::iter::once("uncertainty").chain(keys.iter().copied()).collect();
        out.push(loaded.at(finding.field(keys.join(".")), &keys));
    };
    if p.published.is_some() {
        let finding =
            Finding::error("uncertainty_published", "published totals are not computed from what may be off")
                .hint("[uncertainty] needs [activity]; leave it out to recompute published tables");
        report(finding, &[]);
        return out;
    }
    if let Some(finding) = crate::uncertainty::draws(section.draws) {
        report(finding, &["draws"]);
    }
    let single = [
        ("population_pct", section.population_pct),
        ("gdp_pct", section.gdp_pct),
        ("energy_intensity_pct", section.energy_intensity_pct),
        ("land_cover_pct", section.land_cover_pct),
    ];
    let classes: Vec<&str> = p.sinks.coefficients_t_ha.keys().map(String::as_str).collect();
    let mut missing: Vec<String> =
        single.iter().filter(|(_, pct)| pct.is_none()).map(|(key, _)| (*key).to_owned()).collect();
    for (key, pct) in single {
        if let Some(finding) = pct.and_then(|pct| half_width(key, pct)) {
            report(finding, &[key]);
        }
    }
    for (table, given, known) in
        [("factors", &section.factors, FACTORS.as_slice()), ("sinks", &section.sinks, classes.as_slice())]
    {
        for (name, pct) in given {
            if !known.contains(&name.as_str()) {
                let finding = Finding::error("uncertainty_unknown", format!("nothing is named \"{name}\""))
                    .expected(known.join(", "));
                report(crate::load_config::suggest(finding, name, known.iter().copied()), &[table, name]);
            }
            if let Some(finding) = half_width(&format!("{table}.{name}"), *pct) {
                report(finding, &[table, name]);
            }
        }
        missing.extend(known.iter().filter(|k| !given.contains_key(**k)).map(|k| format!("{table}.{k}")));
    }
    if !missing.is_empty() {
        let finding =
            Finding::error("uncertainty_missing", format!("no half-width for {}", missing.join(", ")))
                .count(missing.len() as u64)
                .expected("half-widths of 95 % intervals in percent")
                .hint("unknown is not 0: write 0 where a number is exact");
        report(finding, &[]);
    }
    out
}

/// How sure every county is: its zone, then its economic and its ecological level; each of every year, then, with several
/// years, by the mean over them.
pub struct CountyConfidence {
    all: Confidence,
    counties: usize,
    /// Years, and the mean where there are several.
    bases: usize,
}

/// What of a county is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Its zone.
    Zone,
    /// The level of its economic index.
    Economic,
    /// The level of its ecological index.
    Ecological,
}

impl CountyConfidence {
    /// Everything.
    pub fn draws(&self) -> &Confidence {
        &self.all
    }

    /// The counties on a basis: the position of a year, or [`Self::mean`].
    pub fn of(&self, what: Judgement, basis: usize) -> &[UnitConfidence] {
        let start = (what as usize * self.bases + basis) * self.counties;
        &self.all.units[start..start + self.counties]
    }

    /// The basis of the mean over the years; none with one year.
    pub fn mean(&self) -> Option<usize> {
        self.bases.checked_sub(1).filter(|last| *last > 0)
    }

    /// The zones of all years.
    pub fn zones_of_years(&self) -> &[UnitConfidence] {
        &self.all.units[..self.mean().unwrap_or(self.bases) * self.counties]
    }
}

/// The draws.
///
/// # Errors
/// What is wrong with the model.
pub fn confidence(
    section: &CountyUncertainty,
    inputs: &Inputs,
    results: &Results,
    gdp_total: Option<f64>,
) -> Result<CountyConfidence, Vec<Finding>> {
    let model = model(section, inputs, results);
    let (counties, years) = (inputs.zones.ids.len(), results.years.len());
    let judge = CountyJudge { counties, results, gdp_total };
    let options = Options { seed: section.seed, draws: section.draws, drivers: section.drivers };
    let bases = if years > 1 { years + 1 } else { years };
    simulate(&model, &judge, &options)
        .map(|all| CountyConfidence { all, counties, bases })
        .map_err(|errors| errors.iter().map(|e| Finding::error("uncertainty", e.to_string())).collect())
}

/// Parameters by name, in the order in which they were asked for.
#[derive(Default)]
struct Parameters {
    list: Vec<Parameter>,
    by_name: BTreeMap<String, usize>,
}

impl Parameters {
    fn get(&mut self, name: String, group: Group, half_width_pct: Option<f64>) -> usize {
        if let Some(&at) = self.by_name.get(&name) {
            return at;
        }
        // The check has refused what is no half-width.
        let spread = half_width_pct.and_then(|pct| Relative::from_half_width(&name, pct).ok());
        self.list.push(Parameter { name: name.clone(), group, spread: spread.unwrap_or(Relative::Exact) });
        self.by_name.insert(name, self.list.len() - 1);
        self.list.len() - 1
    }
}

/// A rule per sector and sink class; what is unsure about a county stands beside its tonnes.
pub(super) fn model(section: &CountyUncertainty, inputs: &Inputs, results: &Results) -> Model {
    let ids = &inputs.zones.ids;
    let mut parameters = Parameters::default();
    let mut of_counties = |what: &str, group: Group, pct: Option<f64>| -> Vec<usize> {
        ids.iter().map(|id| parameters.get(format!("{what} of county {id}"), group, pct)).collect()
    };
    let people = of_counties("population", Group::Activity, section.population_pct);
    let gdp = of_counties("gdp", Group::Gdp, section.gdp_pct);
    let intensity = of_counties("energy per gdp", Group::Activity, section.energy_intensity_pct);
    let every_year = |per_county: &dyn Fn(usize) -> Vec<usize>| -> Vec<Vec<usize>> {
        inputs.years.iter().flat_map(|_| (0..ids.len()).map(per_county)).collect()
    };
    let stack = |f: &dyn Fn(&YearInput) -> Vec<f64>| inputs.years.iter().flat_map(f).collect::<Vec<f64>>();
    let (mut rules, mut unit_parameters) = (Vec::new(), Vec::new());
    let mut add = |id: &str, sink: bool, per_unit_t: Vec<f64>, factor: usize, units: Vec<Vec<usize>>| {
        rules.push(Rule {
            id: id.to_owned(),
            sector: if sink { "sink" } else { id }.to_owned(),
            sink,
            terms: vec![Term { share: 1.0, parameters: vec![factor] }],
            placed: vec![Placed { per_unit_t, outside_t: 0.0 }],
            choice: None,
            proxy_cv: None,
        });
        unit_parameters.push(units);
    };
    let emissions: [(&str, Vec<Vec<usize>>); 2] = [
        ("respiration", every_year(&|c| vec![people[c]])),
        ("energy", every_year(&|c| vec![gdp[c], intensity[c]])),
    ];
    for (at, (sector, units)) in emissions.into_iter().enumerate() {
        let factor =
            parameters.get(format!("factor {sector}"), Group::Factors, section.factors.get(sector).copied());
        add(sector, false, stack(&|y| y.sectors_t[at].clone()), factor, units);
    }
    let mut classes: Vec<&String> =
        inputs.years.iter().flat_map(|y| y.sink_by_class_t.iter().map(|(class, _)| class)).collect();
    classes.sort();
    classes.dedup();
    for class in classes {
        let pct = section.sinks.get(class).copied();
        let factor = parameters.get(format!("coefficient {class}"), Group::Factors, pct);
        let areas: Vec<usize> = ids
            .iter()
            .map(|id| {
                let name = format!("area of {class} in county {id}");
                parameters.get(name, Group::Activity, section.land_cover_pct)
            })
            .collect();
        let of_year = |y: &YearInput| {
            let column = y.sink_by_class_t.iter().find(|(c, _)| c == class);
            column.map_or_else(|| vec![0.0; ids.len()], |(_, t)| t.clone())
        };
        add(&format!("sink {class}"), true, stack(&of_year), factor, every_year(&|c| vec![areas[c]]));
    }
    let units = inputs.years.iter().flat_map(|y| ids.iter().map(move |id| format!("{id} {}", y.year)));
    Model {
        units: units.collect(),
        gross_t: results.years.iter().flat_map(|y| y.tonnes.gross_t.clone()).collect(),
        sink_t: results.years.iter().flat_map(|y| y.tonnes.sink_t.clone()).collect(),
        gdp: inputs.years.iter().flat_map(|y| y.gdp_1e4cny.clone()).collect(),
        gdp_parameter: inputs.years.iter().flat_map(|_| gdp.iter().map(|p| Some(*p))).collect(),
        rules,
        unit_parameters,
        parameters: parameters.list,
        choices: Vec::new(),
    }
}

/// Code of a level of an index; 0: it has none.
fn code_of(level: Option<usize>) -> u8 {
    level.map_or(0, |level| u8::try_from(level + 1).unwrap_or(u8::MAX))
}

/// The levels of an axis as classes, with the number of counties on each.
pub fn levels(axis: &Axis, of: &[UnitConfidence]) -> Vec<ZoneClassRecord> {
    let colors = level_colors(axis.levels.len());
    let one = |(at, (level, color)): (usize, (&Level, Rgb))| {
        let id = code_of(Some(at));
        let (first, rest) = level.label_en.split_at(level.label_en.chars().next().map_or(0, char::len_utf8));
        ZoneClassRecord {
            id,
            key: level.key.clone(),
            label_en: format!("{}{rest}", first.to_uppercase()),
            label_zh: level.label_zh.clone(),
            color: color.hex(),
            count: of.iter().filter(|u| u.printed == id).count() as u64,
            ..ZoneClassRecord::default()
        }
    };
    axis.levels.iter().zip(colors).enumerate().map(one).collect()
}

/// Judges draws as the run was judged: each year and the mean over the years, by the cuts of the run.
struct CountyJudge<'a> {
    counties: usize,
    results: &'a Results,
    gdp_total: Option<f64>,
}

impl Judge for CountyJudge<'_> {
    fn columns(&self) -> Vec<String> {
        let scheme = &self.results.scheme;
        ["gross_t", "sink_t", "ccr", &scheme.economic.column, &scheme.ecological.column]
            .map(str::to_owned)
            .into()
    }

    fn driving(&self) -> Vec<usize> {
        vec![3, 4]
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let (scheme, zoning) = (&self.results.scheme, &self.results.zoning);
        let options = IndexOptions {
            ecc_direction: scheme.ecc_direction,
            gdp_total: self.gdp_total,
            borderline_pct: scheme.borderline_pct,
        };
        let rule = ClassRule::new(scheme, &zoning.economic, &zoning.ecological);
        let (mut economic, mut ecological) = (Vec::new(), Vec::new());
        let mut judged = |q: &Quotients| -> Vec<u8> {
            let level = |cuts: &LevelCuts, v: &Option<f64>| code_of(v.map(|v| cuts.level(v)));
            economic.extend(q.ecc.iter().map(|v| level(&zoning.economic, v)));
            ecological.extend(q.esc.iter().map(|v| level(&zoning.ecological, v)));
            (0..q.ecc.len()).map(|i| rule.class(q.ecc[i], q.esc[i], q.no_emission[i])).collect()
        };
        let mut out = Judged { columns: vec![Vec::new(); 5], class: Vec::new() };
        let mut years = Vec::new();
        for start in (0..drawn.gross_t.len()).step_by(self.counties) {
            let range = start..start + self.counties;
            let inputs = IndexInputs {
                unit_ids: None,
                gross_t: &drawn.gross_t[range.clone()],
                sink_t: &drawn.sink_t[range.clone()],
                gdp: Some(&drawn.gdp[range]),
            };
            let values = quotients(&inputs, &options).map_err(|e| e.to_string())?;
            let known = |t: &[f64]| t.iter().map(|t| Some(*t)).collect::<Vec<_>>();
            let of_year = [known(inputs.gross_t), known(inputs.sink_t), values.ccr.clone()];
            let of_year = of_year.into_iter().chain([values.ecc.clone(), values.esc.clone()]);
            out.columns.iter_mut().zip(of_year).for_each(|(all, column)| all.extend(column));
            out.class.extend(judged(&values));
            years.push(values);
        }
        if years.len() > 1 {
            let mean = mean_of(&years);
            out.class.extend(judged(&mean));
            let none = || vec![None; self.counties];
            let columns = [none(), none(), none(), mean.ecc, mean.esc];
            out.columns.iter_mut().zip(columns).for_each(|(all, column)| all.extend(column));
        }
        out.class.extend(economic);
        out.class.extend(ecological);
        Ok(out)
    }
}

/// The mean of both indices over the years; none where a year has none.
fn mean_of(years: &[Quotients]) -> Quotients {
    let n = years.first().map_or(0, |y| y.esc.len());
    let mean = |pick: fn(&Quotients) -> &Vec<Option<f64>>| -> Vec<Option<f64>> {
        let of =
            |i: usize| years.iter().map(|y| pick(y)[i]).sum::<Option<f64>>().map(|s| s / years.len() as f64);
        (0..n).map(of).collect()
    };
    Quotients {
        ecc: mean(|y| &y.ecc),
        esc: mean(|y| &y.esc),
        no_emission: (0..n).map(|i| years.iter().all(|y| y.no_emission[i])).collect(),
        ..Quotients::default()
    }
}
