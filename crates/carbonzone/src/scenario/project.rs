//! From the land of a plan and its paths to tonnes, indices and classes, years, and what makes the difference.

mod local;
mod peak;
mod projected;

pub use local::balance_of_zones;
pub use peak::Peak;
pub use projected::{EFFECTS, Multiples, Projected, STEPS, SectorYear};

use super::config::{Path, Scenario};
use super::land::{Base, LandChange};
use crate::config::Pipeline;
use carbonzone_types::{ExactSum, Finding};
use carbonzone_zoning::lmdi::decompose;
use carbonzone_zoning::{IndexInputs, IndexOptions, classify_with, indices};
use std::collections::BTreeMap;

/// Steps that are factors of the emissions.
const FACTORS: usize = 6;

impl Projected {
    /// The amounts of an item over the years.
    pub fn series(&self, item: &str) -> Vec<(i32, f64)> {
        self.years.iter().filter(|y| y.item == item).map(|y| (y.year, y.amount_t)).collect()
    }

    /// When gross emissions are largest.
    pub fn peak(&self) -> Peak {
        Peak::of(&self.series("gross"))
    }

    /// True if nothing differs from the base run.
    pub fn is_base(&self, base: &Base<'_>) -> bool {
        let (gdp, people) = (&base.inputs.zones.gdp, &base.inputs.zones.population);
        self.land.moved_ha.is_empty()
            && self.multiples.iter().all(|m| m.product() == 1.0)
            && self.gdp == *gdp
            && self.population == *people
    }
}

/// The value of a path for a budget: its own, that of the total it is a mode of, or that of its sector.
fn path_of<'p>(paths: &'p BTreeMap<String, Path>, budget: &str) -> Option<&'p Path> {
    let sector = budget.split(':').next().unwrap_or_default();
    let parent = budget.rsplit_once('_').map_or(budget, |(parent, _)| parent);
    [budget, parent, sector].into_iter().find_map(|key| paths.get(key))
}

/// What the paths and budgets of a scenario say of every rule.
struct Paths<'a> {
    pipeline: &'a Pipeline,
    scenario: &'a Scenario,
    base_year: i32,
}

impl Paths<'_> {
    fn multiples(&self, rule: usize, year: i32, land_t: f64) -> Multiples {
        let budget = &self.pipeline.allocate[rule].budget;
        let at = |paths: &BTreeMap<String, Path>| {
            path_of(paths, budget).map_or(1.0, |path| path.at(self.base_year, year))
        };
        let s = self.scenario;
        let mut out =
            Multiples { activity: at(&s.activity), intensity: at(&s.intensity), factor: at(&s.factor) };
        if let Some(total) = s.budgets.get(budget) {
            // A given total stands for activity and intensity together; it is reached in a straight line.
            let share = self.pipeline.allocate[rule].share;
            let wanted = self.pipeline.inventory.unit.in_tonnes(*total) * share / land_t;
            let way = f64::from(year - self.base_year) / f64::from((s.year - self.base_year).max(1));
            let end = if land_t > 0.0 { wanted } else { 1.0 };
            out = Multiples { activity: 1.0, intensity: 1.0 + (end - 1.0) * way, factor: 1.0 };
        }
        out
    }
}

/// Computes a scenario.
///
/// # Errors
/// Names that no zone has, or what the indices refuse.
pub fn project(
    base: &Base<'_>,
    pipeline: &Pipeline,
    (name, scenario): (&str, &Scenario),
    land: LandChange,
) -> Result<Projected, Vec<Finding>> {
    let base_year = pipeline.city.years().last().copied().unwrap_or(scenario.year);
    let paths = Paths { pipeline, scenario, base_year };
    let n = base.inputs.zones.ids.len();
    let sum = |t: &[f64]| ExactSum::of(t);
    let after_land: Vec<Vec<f64>> = (0..base.rule_t.len())
        .map(|r| {
            let of = |z: usize| {
                let kept = base.rule_t[r][z] - land.lost_t[r][z];
                // Differences of equal numbers leave a rounding.
                kept.max(0.0) + land.new_t[r][z]
            };
            (0..=n).map(of).collect()
        })
        .collect();
    let multiples: Vec<Multiples> =
        (0..after_land.len()).map(|r| paths.multiples(r, scenario.year, sum(&after_land[r]))).collect();
    let rule_t: Vec<Vec<f64>> =
        after_land.iter().zip(&multiples).map(|(t, m)| t.iter().map(|t| t * m.product()).collect()).collect();
    let records = &base.results.allocation.records;
    let by_zone = |sink: bool, table: &[Vec<f64>]| -> Vec<f64> {
        let rows = || table.iter().zip(records).filter(|(_, rec)| (rec.sector == "sink") == sink);
        (0..n).map(|z| rows().map(|(t, _)| t[z]).sum()).collect()
    };
    let (gross_t, sink_t) = (by_zone(false, &rule_t), by_zone(true, &rule_t));
    let assumed: Vec<Vec<f64>> =
        land.new_t.iter().zip(&multiples).map(|(t, m)| t.iter().map(|t| t * m.product()).collect()).collect();
    let (gdp, population) = money_and_people(base, scenario, base_year)?;
    let options = options(base, pipeline, &gdp);
    let inputs = IndexInputs {
        unit_ids: Some(&base.inputs.zones.ids),
        gross_t: &gross_t,
        sink_t: &sink_t,
        gdp: Some(&gdp),
    };
    let refused = |e: carbonzone_zoning::ZoningError| vec![Finding::error("scenario", e.to_string())];
    let values = indices(&inputs, &options).map_err(refused)?;
    let results = base.results;
    let zoned = classify_with(&results.scheme, &results.zoning.economic, &results.zoning.ecological, &values);
    let waterfall = waterfall(base, &land, &multiples).map_err(refused)?;
    let splits = local::splits(base, &after_land, &multiples).map_err(refused)?;
    let way = Way { base, paths: &paths, after_land: &after_land };
    let years = way.years(scenario.year);
    let gross_base: f64 = way.at(base_year, false);
    let in_t = |target: &super::config::Target| match (target.gross, target.reduction_pct) {
        (Some(gross), _) => Some(pipeline.inventory.unit.in_tonnes(gross)),
        (None, pct) => pct.map(|pct| gross_base * (1.0 - pct / 100.0)),
    };
    Ok(Projected {
        name: name.to_owned(),
        assumed_t: by_zone(false, &assumed),
        stock_t: stocks(base, scenario, &land)?,
        target_t: scenario.target.as_ref().and_then(in_t),
        land,
        multiples,
        rule_t,
        gross_t,
        sink_t,
        gdp,
        population,
        indices: values,
        zoned,
        waterfall,
        splits,
        years,
        moves: Vec::new(),
    })
}

/// Options of the indices: a given GDP of the city grows as the zones together do.
pub fn options(base: &Base<'_>, pipeline: &Pipeline, gdp: &[Option<f64>]) -> IndexOptions {
    let sum = |g: &[Option<f64>]| g.iter().flatten().copied().collect::<ExactSum>().value();
    let (before, after) = (sum(&base.inputs.zones.gdp), sum(gdp));
    let gdp_total = pipeline.zoning.gdp_total.map(|t| if before > 0.0 { t * after / before } else { t });
    base.results.scheme.index_options(gdp_total)
}

type Column = Vec<Option<f64>>;

fn money_and_people(
    base: &Base<'_>,
    scenario: &Scenario,
    base_year: i32,
) -> Result<(Column, Column), Vec<Finding>> {
    let zones = &base.inputs.zones;
    let at = |path: &Path| path.at(base_year, scenario.year);
    let mut growth = vec![at(&scenario.gdp); zones.ids.len()];
    let mut findings = Vec::new();
    // The narrowest of district, name and id wins.
    for rank in 0..3 {
        for (name, path) in &scenario.gdp_of {
            let of = |i: usize| match rank {
                0 => zones.district[i].as_deref(),
                1 => Some(zones.names[i].as_str()),
                _ => Some(zones.ids[i].as_str()),
            };
            (0..growth.len()).filter(|i| of(*i) == Some(name.as_str())).for_each(|i| growth[i] = at(path));
        }
    }
    for name in scenario.gdp_of.keys() {
        let all = || zones.district.iter().flatten().chain(&zones.names).chain(&zones.ids);
        if !all().any(|known| known == name) {
            let finding = Finding::error("scenario_zone", format!("no zone, name or district is \"{name}\""))
                .field(format!("gdp_of.{name}"));
            findings.push(crate::load_config::suggest(finding, name, all().map(String::as_str)));
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let gdp = zones.gdp.iter().zip(&growth).map(|(g, m)| g.map(|g| g * m)).collect();
    let people = at(&scenario.population);
    Ok((gdp, zones.population.iter().map(|p| p.map(|p| p * people)).collect()))
}

/// One-off change of carbon stocks by zone, t CO2: `Σ ΔA_jk·(ρ_k − ρ_j)·44/12`.
fn stocks(base: &Base<'_>, scenario: &Scenario, land: &LandChange) -> Result<Vec<f64>, Vec<Finding>> {
    if scenario.stocks_t_c_ha.is_empty() {
        return Ok(Vec::new());
    }
    let n = base.inputs.zones.ids.len();
    let mut sums = vec![ExactSum::new(); n];
    let mut missing: Vec<&str> = Vec::new();
    for ((z, from, to), ha) in &land.moved_ha {
        let stock = |j: usize| scenario.stocks_t_c_ha.get(&base.types[j]).copied();
        match (stock(*from), stock(*to)) {
            (Some(before), Some(after)) if *z < n => sums[*z].add(ha * (after - before) * 44.0 / 12.0),
            (Some(_), Some(_)) => {}
            (before, after) => {
                missing.extend(before.is_none().then_some(base.types[*from].as_str()));
                missing.extend(after.is_none().then_some(base.types[*to].as_str()));
            }
        }
    }
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(sums.into_iter().map(ExactSum::value).collect());
    }
    let message = format!("no carbon stock of {}, which the plan changes", missing.join(", "));
    Err(vec![
        Finding::error("scenario_stock", message)
            .field("stocks_t_c_ha")
            .expected("t C per hectare of every space type that changes; 0 where there is none"),
    ])
}

/// Effects by LMDI: emissions of each rule on each space type are land that carries emissions × share of the type ×
/// tonnes per hectare × activity × intensity × factor.
fn waterfall(
    base: &Base<'_>,
    land: &LandChange,
    multiples: &[Multiples],
) -> Result<(f64, [f64; 7], f64), carbonzone_zoning::ZoningError> {
    let records = &base.results.allocation.records;
    let types = base.types.len();
    let mut after_ha: Vec<f64> = (0..types).map(|j| base.hectares_of(j)).collect();
    let before_ha = after_ha.clone();
    for ((_, from, to), ha) in &land.moved_ha {
        after_ha[*from] -= ha;
        after_ha[*to] += ha;
    }
    let emits = |r: usize, j: usize| {
        records[r].sector != "sink" && (base.tonnes_of(r, j) > 0.0 || land.by_type_t[r][j][1] > 0.0)
    };
    let pairs: Vec<(usize, usize)> = (0..records.len())
        .flat_map(|r| (0..types).map(move |j| (r, j)))
        .filter(|(r, j)| emits(*r, *j))
        .collect();
    let carries = |j: &usize| pairs.iter().any(|(_, land)| land == j);
    let total = |ha: &[f64]| (0..types).filter(carries).map(|j| ha[j].max(0.0)).sum::<f64>();
    let (all_before, all_after) = (total(&before_ha), total(&after_ha));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for &(r, j) in &pairs {
        let t0 = base.tonnes_of(r, j);
        let [lost, new] = land.by_type_t[r][j];
        let t1 = (t0 - lost).max(0.0) + new;
        let (a0, a1) = (before_ha[j].max(0.0), after_ha[j].max(0.0));
        let per = |t: f64, a: f64| (a > 0.0).then(|| t / a);
        // Where there is no land on one side, only its area makes the difference.
        let (d0, d1) = (per(t0, a0).or(per(t1, a1)), per(t1, a1).or(per(t0, a0)));
        let share = |a: f64, all: f64| if all > 0.0 { a / all } else { 0.0 };
        let m = multiples[r];
        before.push([all_before, share(a0, all_before), d0.unwrap_or(0.0), 1.0, 1.0, 1.0]);
        after.push([all_after, share(a1, all_after), d1.unwrap_or(0.0), m.activity, m.intensity, m.factor]);
    }
    let found = decompose(&before, &after)?;
    let sinks = |t: &dyn Fn(usize, usize) -> f64| -> f64 {
        let rules = (0..records.len()).filter(|r| records[*r].sector == "sink");
        rules.flat_map(|r| (0..types).map(move |j| (r, j))).map(|(r, j)| t(r, j)).sum()
    };
    let sink_before = sinks(&|r, j| base.tonnes_of(r, j));
    let sink_after = sinks(&|r, j| {
        let [lost, new] = land.by_type_t[r][j];
        ((base.tonnes_of(r, j) - lost).max(0.0) + new) * multiples[r].product()
    });
    let mut steps = [0.0; 7];
    steps[..FACTORS].copy_from_slice(&found.effects);
    steps[FACTORS] = sink_before - sink_after;
    Ok((found.before - sink_before, steps, found.after - sink_after))
}

/// The way from the base year to the plan's: the land changes in a straight line.
struct Way<'a> {
    base: &'a Base<'a>,
    paths: &'a Paths<'a>,
    after_land: &'a [Vec<f64>],
}

impl Way<'_> {
    fn rule_at(&self, r: usize, year: i32) -> f64 {
        let (y0, y1) = (self.paths.base_year, self.paths.scenario.year);
        let way = f64::from(year - y0) / f64::from((y1 - y0).max(1));
        let (before, after) = (ExactSum::of(&self.base.rule_t[r]), ExactSum::of(&self.after_land[r]));
        (before + (after - before) * way) * self.paths.multiples(r, year, after).product()
    }

    /// Gross emissions, or sinks, of a year.
    fn at(&self, year: i32, sink: bool) -> f64 {
        let records = &self.base.results.allocation.records;
        let rules = (0..records.len()).filter(|r| (records[*r].sector == "sink") == sink);
        rules.map(|r| self.rule_at(r, year)).sum()
    }

    fn years(&self, last: i32) -> Vec<SectorYear> {
        let records = &self.base.results.allocation.records;
        let mut out = Vec::new();
        for year in self.paths.base_year..=last {
            let mut push = |item: &str, amount_t: f64| {
                out.push(SectorYear { year, item: item.to_owned(), amount_t });
            };
            for sector in &self.base.results.sectors {
                let rules = (0..records.len()).filter(|r| records[*r].sector == *sector);
                push(sector, rules.map(|r| self.rule_at(r, year)).sum());
            }
            let (gross, sink) = (self.at(year, false), self.at(year, true));
            push("gross", gross);
            push("sink", sink);
            push("net", gross - sink);
        }
        out
    }
}

impl Projected {
    /// What the effects of the waterfall leave open; `None` within 1e-9 of the larger side.
    pub fn balance(&self) -> Option<Finding> {
        let (before, steps, after) = &self.waterfall;
        let open = before + steps.iter().sum::<f64>() - after;
        let scale = before.abs().max(after.abs()).max(f64::MIN_POSITIVE);
        (open.abs() > carbonzone_types::TOLERANCE * scale).then(|| {
            Finding::error("scenario_waterfall", format!("the effects leave {open} t of the change open"))
                .expected("effects that add up to the change within 1e-9")
        })
    }
}
