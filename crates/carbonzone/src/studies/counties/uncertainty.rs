//! `[uncertainty]` of a counties study: what is unsure about population, GDP, energy, factors and sinks, and how sure that
//! leaves the zone of every county and the levels of its two indices, of each year and by the mean over the years.

mod confidence;
mod config;

pub use confidence::{CountyConfidence, Judgement};
pub use config::CountyUncertainty;

use super::compute::Results;
use super::config::CountiesPipeline;
use super::inputs::{Inputs, YearInput};
use crate::load_config::Loaded;
use crate::uncertainty::of_years::{HalfWidths, Parameters, rule};
use carbonzone_confidence::{Drawn, Group, Judge, Judged, Model, Options, UnitConfidence, simulate};
use carbonzone_report::{Rgb, level_colors};
use carbonzone_types::{Finding, ZoneClassRecord};
use carbonzone_zoning::scheme::{Axis, Level};
use carbonzone_zoning::{ClassRule, IndexInputs, LevelCuts, Quotients, quotients};

const FACTORS: [&str; 2] = ["respiration", "energy"];

/// All that is wrong with the section, at once.
pub fn check(loaded: &Loaded<CountiesPipeline>) -> Vec<Finding> {
    let p = &loaded.pipeline;
    let Some(section) = &p.uncertainty else { return Vec::new() };
    let mut look = HalfWidths::new(loaded, section.draws);
    if p.published.is_some() {
        let finding =
            Finding::error("uncertainty_published", "published totals are not computed from what may be off")
                .hint("[uncertainty] needs [activity]; leave it out to recompute published tables");
        look.report(finding, &[]);
        return look.found();
    }
    look.each(&[
        ("population_pct", section.population_pct),
        ("gdp_pct", section.gdp_pct),
        ("energy_intensity_pct", section.energy_intensity_pct),
        ("land_cover_pct", section.land_cover_pct),
    ]);
    look.table("factors", &section.factors, &FACTORS);
    let classes: Vec<&str> = p.sinks.coefficients_t_ha.keys().map(String::as_str).collect();
    look.table("sinks", &section.sinks, &classes);
    look.found()
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
    let classes = ClassRule::new(&results.scheme, &results.zoning.economic, &results.zoning.ecological);
    let judge = CountyJudge { counties, results, classes, gdp_total };
    let options = Options { seed: section.seed, draws: section.draws, drivers: section.drivers };
    let bases = if years > 1 { years + 1 } else { years };
    simulate(&model, &judge, &options)
        .map(|all| CountyConfidence { all, counties, bases })
        .map_err(|errors| errors.iter().map(|e| Finding::error("uncertainty", e.to_string())).collect())
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
        rules.push(rule(id, sink, per_unit_t, factor));
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
        gdp: inputs.years.iter().flat_map(|y| y.gdp.clone()).collect(),
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
    classes: ClassRule,
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
        let options = scheme.index_options(self.gdp_total);
        let (mut economic, mut ecological) = (Vec::new(), Vec::new());
        let mut judged = |q: &Quotients| -> Vec<u8> {
            let level = |cuts: &LevelCuts, v: &Option<f64>| code_of(v.map(|v| cuts.level(v)));
            economic.extend(q.ecc.iter().map(|v| level(&zoning.economic, v)));
            ecological.extend(q.esc.iter().map(|v| level(&zoning.ecological, v)));
            self.classes.classes(&q.ecc, &q.esc, &q.no_emission)
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
