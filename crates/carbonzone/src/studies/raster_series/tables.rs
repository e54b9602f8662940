//! Tables of a raster series study: exact names, order and units of docs/pipeline.md, "Fields".

use super::compute::{Results, Trend, YearFlows};
use super::config::SeriesRisk;
use super::inputs::Inputs;
use super::uncertainty::{WINDOW_STATE, states};
use crate::uncertainty;
use carbonzone_spatialize::downscale::light::WeightUsed;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, M2_PER_KM2, ZoneClassRecord};
use carbonzone_zoning::balance_state;
use carbonzone_zoning::ratio::{BudgetState, Window, source_sink_ratio};
use carbonzone_zoning::risk::{RiskClass, RiskVariant, WindowRisk, headline};
use carbonzone_zoning::spatial::hot_spots::confidence_bin;

/// Colours of the risk classes, lowest first (`ColorBrewer` `YlOrRd`, colour-blind safe).
const RISK_COLORS: [&str; 5] = ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"];

/// Code of a county without a risk.
const UNDEFINED: u8 = 6;

/// Infinite and unknown numbers are NULL in tables.
fn finite(v: Option<f64>) -> Option<f64> {
    v.filter(|v| v.is_finite())
}

/// Risk classes as the classes of `zone`, with the counties of the last window.
pub fn risk_classes(values: &[Option<f64>]) -> Vec<ZoneClassRecord> {
    let count = |code: u8| values.iter().filter(|v| code_of(**v) == code).count() as u64;
    let class = |class: RiskClass| {
        let code = class as u8 + 1;
        let (key, en, zh) = class.label();
        ZoneClassRecord {
            id: code,
            key: key.to_owned(),
            label_en: format!("{}{} risk", en[..1].to_uppercase(), &en[1..]),
            label_zh: format!("{zh}风险"),
            color: RISK_COLORS[class as usize].to_owned(),
            count: count(code),
            ..ZoneClassRecord::default()
        }
    };
    let mut out: Vec<ZoneClassRecord> = RiskClass::ALL.into_iter().map(class).collect();
    out.push(ZoneClassRecord {
        id: UNDEFINED,
        key: "undefined".to_owned(),
        label_en: "Undefined (too few years)".to_owned(),
        label_zh: "未定义（年份不足）".to_owned(),
        color: "#d9d9d9".to_owned(),
        count: count(UNDEFINED),
        ..ZoneClassRecord::default()
    });
    out
}

/// 1–5 by risk class, 6 without a value.
pub fn code_of(value: Option<f64>) -> u8 {
    value.map_or(UNDEFINED, |v| RiskClass::of(v) as u8 + 1)
}

/// Weight that placed a county's emissions on cells.
fn placed_by(used: WeightUsed) -> Option<String> {
    let name = match used {
        WeightUsed::Light => "light",
        WeightUsed::BuiltUp => "built_up",
        WeightUsed::Area => "area",
        WeightUsed::Nothing => return None,
    };
    Some(name.to_owned())
}

/// Counties in long form: one row per year and county.
pub fn counties(inputs: &Inputs, results: &Results, risk: &SeriesRisk) -> AttributeTable {
    let (options, variant) = (&risk.options, risk.variant);
    let n = inputs.zones.ids.len();
    let rows: Vec<(&YearFlows, usize)> =
        results.years.iter().flat_map(|y| (0..n).map(move |u| (y, u))).collect();
    let real = |f: &dyn Fn(&YearFlows, usize) -> Option<f64>| {
        ColumnData::Real(rows.iter().map(|(y, u)| finite(f(y, *u))).collect())
    };
    let text = |f: &dyn Fn(&YearFlows, usize) -> Option<String>| {
        ColumnData::Text(rows.iter().map(|(y, u)| f(y, *u)).collect())
    };
    let (z, areas) = (&inputs.zones, &inputs.areas);
    let window_of = |year: i32| inputs.windows.iter().position(|w| w.contains(year));
    let risk_of = |y: &YearFlows, u: usize| window_of(y.year).and_then(|w| results.risk.of(variant)[w][u]);
    let ratio = |y: &YearFlows, u: usize| source_sink_ratio(y.energy_t[u], y.absorption_t[u]);
    let gross = |y: &YearFlows, u: usize| y.energy_t[u].map(|e| e + y.land_t[u]);
    let classes = risk_classes(&[]);
    let class = |y: &YearFlows, u: usize| {
        let code = code_of(risk_of(y, u));
        classes.iter().find(|c| c.id == code)
    };
    let state = |r: f64| BudgetState::of(r, options.neutral_band).label().0.to_owned();
    // The tables of the zones hold one year: the last one.
    let last = results.years.last().map(|y| y.year);
    let of_last = |values: &[Option<f64>], y: &YearFlows, u: usize| {
        values.get(u).copied().flatten().filter(|_| Some(y.year) == last)
    };
    let per = |values: &[Option<f64>], y: &YearFlows, u: usize| {
        Some(gross(y, u)? / of_last(values, y, u).filter(|v| *v > 0.0)?)
    };
    let mut table = AttributeTable::new()
        .with("unit_id", text(&|_, u| Some(z.ids[u].clone())))
        .with("name", text(&|_, u| Some(z.names[u].clone())))
        .with("name_en", text(&|_, u| z.names_en[u].clone()))
        .with("district", text(&|_, u| z.district[u].clone()));
    if let Some(english) = z.english_districts() {
        table.push("district_en", text(&|_, u| english[u].clone()));
    }
    table = table
        .with("year", ColumnData::Int(rows.iter().map(|(y, _)| Some(i64::from(y.year))).collect()))
        .with("area_m2", real(&|_, u| Some(areas.basis_m2[u])))
        .with(areas.other_name, real(&|_, u| Some(areas.other_m2[u])));
    let known = |values: &[Option<f64>]| values.iter().any(Option::is_some);
    let (people, gdp) = (known(&z.population), known(&z.gdp));
    if people {
        table.push("population_persons", real(&|y, u| of_last(&z.population, y, u)));
    }
    if gdp {
        table.push(&z.gdp_unit.gdp_field(), real(&|y, u| of_last(&z.gdp, y, u)));
        table.push(
            "gdp_derived",
            ColumnData::Bool(rows.iter().map(|(_, u)| Some(z.gdp_derived[*u])).collect()),
        );
    }
    table = table
        .with("energy_t", real(&|y, u| y.energy_t[u]))
        .with("land_t", real(&|y, u| Some(y.land_t[u])))
        .with("gross_t", real(&gross))
        .with("sink_t", real(&|y, u| Some(y.sink_t[u])))
        .with("net_t", real(&|y, u| gross(y, u).map(|g| g - y.sink_t[u])))
        .with("absorption_t", real(&|y, u| y.absorption_t[u]))
        .with("light", real(&|y, u| y.light[u]))
        .with("placed_by", text(&|y, u| placed_by(y.used[u])))
        .with("gross_t_km2", real(&|y, u| gross(y, u).map(|g| g / (areas.basis_m2[u] / M2_PER_KM2))));
    if people {
        table.push("gross_t_per_person", real(&|y, u| per(&z.population, y, u)));
    }
    if let Some(field) = z.gdp_unit.per_gdp_field().filter(|_| gdp) {
        table.push(&field, real(&|y, u| per(&z.gdp, y, u)));
    }
    table = table
        .with("ratio", real(&ratio))
        .with(
            "balance_state",
            text(&|y, u| {
                let ccr = gross(y, u).filter(|g| *g > 0.0).map(|g| y.sink_t[u] / g);
                balance_state(ccr).map(str::to_owned)
            }),
        )
        .with("state", text(&|y, u| ratio(y, u).map(state)))
        .with("window", text(&|y, _| window_of(y.year).map(|w| inputs.windows[w].label())))
        .with("ciri", real(&|y, u| window_of(y.year).and_then(|w| results.risk.parts[w][u]).map(|p| p.ciri)))
        .with("risk", real(&risk_of))
        .with("zone", text(&|y, u| class(y, u).map(|c| c.key.clone())))
        .with(
            "zone_id",
            ColumnData::Int(rows.iter().map(|(y, u)| Some(i64::from(code_of(risk_of(y, *u))))).collect()),
        )
        .with("zone_en", text(&|y, u| class(y, u).map(|c| c.label_en.clone())))
        .with("zone_zh", text(&|y, u| class(y, u).map(|c| c.label_zh.clone())))
        .with("zone_color", text(&|y, u| class(y, u).map(|c| c.color.clone())));
    append_confidence(&mut table, &rows, inputs, results);
    crate::compensation::append_columns(&mut table, results.compensation.as_ref());
    if let Some(statistics) = &results.statistics {
        statistics.append_all_years(&mut table);
    }
    table
}

/// How sure risk class and state of the window of each year are.
fn append_confidence(
    table: &mut AttributeTable,
    rows: &[(&YearFlows, usize)],
    inputs: &Inputs,
    results: &Results,
) {
    let Some(found) = &results.confidence else { return };
    let window_of = |year: i32| inputs.windows.iter().position(|w| w.contains(year));
    let units: Vec<_> = rows.iter().map(|(y, u)| Some(&found.risk(window_of(y.year)?)[*u])).collect();
    let of_windows = inputs.windows.len() * inputs.zones.ids.len();
    let classes = uncertainty::occurring(&risk_classes(&[]), &found.draws().units[..of_windows]);
    uncertainty::append(table, &found.draws().columns, &units, &classes, "");
    let window_state = |(y, u): &(&YearFlows, usize)| {
        let part = window_of(y.year).and_then(|w| results.risk.parts[w][*u]);
        part.map(|p| p.state.label().0.to_owned())
    };
    table.push(WINDOW_STATE, ColumnData::Text(rows.iter().map(window_state).collect()));
    let of_windows: Vec<_> = rows.iter().map(|(y, u)| Some(&found.states(window_of(y.year)?)[*u])).collect();
    uncertainty::append_further(table, (WINDOW_STATE, ""), &of_windows, &states(&[]));
}

/// `windows.csv`: one row per window and county, every variant, hot spots.
pub fn windows(inputs: &Inputs, results: &Results, risk: &SeriesRisk) -> AttributeTable {
    let (options, variant) = (&risk.options, risk.variant);
    let n = inputs.zones.ids.len();
    let rows: Vec<(usize, usize)> =
        (0..inputs.windows.len()).flat_map(|w| (0..n).map(move |u| (w, u))).collect();
    let real = |f: &dyn Fn(usize, usize) -> Option<f64>| {
        ColumnData::Real(rows.iter().map(|(w, u)| finite(f(*w, *u))).collect())
    };
    let text = |f: &dyn Fn(usize, usize) -> Option<String>| {
        ColumnData::Text(rows.iter().map(|(w, u)| f(*w, *u)).collect())
    };
    let int = |f: &dyn Fn(usize, usize) -> Option<i64>| {
        ColumnData::Int(rows.iter().map(|(w, u)| f(*w, *u)).collect())
    };
    let part = |w: usize, u: usize| -> Option<WindowRisk> { results.risk.parts[w][u] };
    let risk = |w: usize, u: usize| results.risk.of(variant)[w][u];
    let mut table = AttributeTable::new()
        .with("unit_id", text(&|_, u| Some(inputs.zones.ids[u].clone())))
        .with("name", text(&|_, u| Some(inputs.zones.names[u].clone())))
        .with("window", text(&|w, _| Some(inputs.windows[w].label())))
        .with("first_year", int(&|w, _| Some(i64::from(inputs.windows[w].first))))
        .with("last_year", int(&|w, _| Some(i64::from(inputs.windows[w].last))))
        .with("years", int(&|w, u| part(w, u).map(|p| p.years as i64)))
        .with("ratio", real(&|w, u| part(w, u).map(|p| p.ratio)))
        .with("state", text(&|w, u| part(w, u).map(|p| p.state.label().0.to_owned())))
        .with("level", real(&|w, u| part(w, u).map(|p| p.level)))
        .with("trend", real(&|w, u| part(w, u).map(|p| p.trend)))
        .with("persistence", real(&|w, u| part(w, u).map(|p| p.persistence)));
    for v in RiskVariant::ALL.into_iter().filter(|v| *v != RiskVariant::Level) {
        table.push(v.key(), real(&|w, u| results.risk.of(v)[w][u]));
    }
    let classes = risk_classes(&[]);
    let key = |code: u8| classes.iter().find(|c| c.id == code).map(|c| c.key.clone());
    table.push("zone", text(&|w, u| key(code_of(risk(w, u)))));
    table.push("risk_class", text(&|w, u| risk(w, u).map(|r| RiskClass::of(r).label().0.to_owned())));
    let above: Vec<Option<bool>> =
        rows.iter().map(|(w, u)| risk(*w, *u).map(|r| r > options.threshold)).collect();
    table.push("above_threshold", ColumnData::Bool(above));
    table.push("gi_star", real(&|w, u| results.hot_spots[w][u]));
    if let Some(found) = &results.confidence {
        let units: Vec<_> = rows.iter().map(|(w, u)| Some(&found.risk(*w)[*u])).collect();
        let occurring = uncertainty::occurring(&classes, &found.draws().units[..inputs.windows.len() * n]);
        uncertainty::append(&mut table, &found.draws().columns, &units, &occurring, "");
        let of_states: Vec<_> = rows.iter().map(|(w, u)| Some(&found.states(*w)[*u])).collect();
        uncertainty::append_further(&mut table, ("state", ""), &of_states, &states(&[]));
    }
    table.push("hot_spot", int(&|w, u| results.hot_spots[w][u].map(|z| i64::from(confidence_bin(z)))));
    table
}

/// `trajectories.csv`: one row per county over all years.
pub fn trajectories(inputs: &Inputs, results: &Results) -> AttributeTable {
    let n = inputs.zones.ids.len();
    let trend = |f: fn(&Trend) -> Option<f64>| {
        ColumnData::Real(results.trends.iter().map(|t| t.as_ref().and_then(f)).map(finite).collect())
    };
    let class = |t: &Option<Trend>| t.as_ref().map(|t| t.class.label().0.to_owned());
    let name = |v: &dyn Fn(usize) -> serde_json::Value| {
        ColumnData::Text((0..n).map(|u| v(u).as_str().map(str::to_owned)).collect())
    };
    AttributeTable::new()
        .with("unit_id", ColumnData::texts(&inputs.zones.ids))
        .with("name", ColumnData::texts(&inputs.zones.names))
        .with("trajectory", ColumnData::Text(results.trajectories.iter().map(|t| Some(t.text())).collect()))
        .with(
            "trajectory_type",
            name(&|u| serde_json::to_value(results.trajectories[u].kind).unwrap_or_default()),
        )
        .with("slope_ln_ratio", trend(|t| t.slope.map(|s| s.slope)))
        .with(
            "infinite_years",
            ColumnData::Int(
                results.trends.iter().map(|t| t.and_then(|t| t.slope).map(|s| s.infinite as i64)).collect(),
            ),
        )
        .with("mk_s", trend(|t| Some(t.test.s)))
        .with("mk_z", trend(|t| Some(t.test.z)))
        .with("mk_p", trend(|t| Some(t.test.p)))
        .with("tau_b", trend(|t| Some(t.test.tau_b)))
        .with("trend_class", ColumnData::Text(results.trends.iter().map(class).collect()))
        .with("hot_spot_history", name(&|u| serde_json::to_value(results.histories[u]).unwrap_or_default()))
}

/// Sums of a year over all counties.
#[derive(Debug, Clone, Copy)]
pub struct YearTotals {
    pub year: i32,
    /// Energy emissions, t CO2.
    pub energy_t: f64,
    /// Land that is a source, t CO2.
    pub land_t: f64,
    /// Sinks, t CO2.
    pub sink_t: f64,
}

impl YearTotals {
    /// Signed absorption.
    pub fn absorption_t(&self) -> f64 {
        self.sink_t - self.land_t
    }

    /// `E/A`.
    pub fn ratio(&self) -> Option<f64> {
        source_sink_ratio(Some(self.energy_t), Some(self.absorption_t()))
    }
}

pub fn totals(results: &Results) -> Vec<YearTotals> {
    let one = |y: &YearFlows| YearTotals {
        year: y.year,
        energy_t: y.energy_t.iter().flatten().copied().collect::<ExactSum>().value(),
        land_t: ExactSum::of(&y.land_t),
        sink_t: ExactSum::of(&y.sink_t),
    };
    results.years.iter().map(one).collect()
}

/// `series.csv`: totals, ratio and light fit per year.
pub fn series(results: &Results) -> AttributeTable {
    let totals = totals(results);
    let real =
        |f: &dyn Fn(&YearTotals) -> Option<f64>| ColumnData::Real(totals.iter().map(f).map(finite).collect());
    let fit = |f: fn(&carbonzone_spatialize::downscale::light::LightFit) -> Option<f64>| {
        ColumnData::Real(results.years.iter().map(|y| y.fit.as_ref().and_then(f)).map(finite).collect())
    };
    AttributeTable::new()
        .with("year", ColumnData::Int(totals.iter().map(|t| Some(i64::from(t.year))).collect()))
        .with("energy_t", real(&|t| Some(t.energy_t)))
        .with("land_t", real(&|t| Some(t.land_t)))
        .with("gross_t", real(&|t| Some(t.energy_t + t.land_t)))
        .with("sink_t", real(&|t| Some(t.sink_t)))
        .with("net_t", real(&|t| Some(t.energy_t + t.land_t - t.sink_t)))
        .with("absorption_t", real(&|t| Some(t.absorption_t())))
        .with("ratio", real(&YearTotals::ratio))
        .with("light_factor", fit(|f| Some(f.factor)))
        .with("light_exponent", fit(|f| Some(f.exponent)))
        .with("light_r2", fit(|f| f.r2))
        .with("light_mape_pct", fit(|f| f.mape_pct))
}

/// `transition_matrix.csv`: state of the windows, from → to.
pub fn transition_matrix(results: &Results) -> AttributeTable {
    use BudgetState::{Deficit, Neutral, Surplus};
    let states = [Surplus, Neutral, Deficit];
    let pairs: Vec<(BudgetState, BudgetState)> =
        states.into_iter().flat_map(|a| states.into_iter().map(move |b| (a, b))).collect();
    let m = &results.risk.transitions;
    let label = |s: BudgetState| Some(s.label().0.to_owned());
    AttributeTable::new()
        .with("from", ColumnData::Text(pairs.iter().map(|p| label(p.0)).collect()))
        .with("to", ColumnData::Text(pairs.iter().map(|p| label(p.1)).collect()))
        .with(
            "count",
            ColumnData::Int(
                pairs.iter().map(|p| Some(m.counts[p.0 as usize][p.1 as usize] as i64)).collect(),
            ),
        )
        .with("probability", ColumnData::Real(pairs.iter().map(|p| m.probability(p.0, p.1)).collect()))
}

/// `headline.csv`: counties above the threshold per window and variant, and Moran's I of the chosen one.
pub fn headlines(inputs: &Inputs, results: &Results, risk: &SeriesRisk) -> AttributeTable {
    let (options, variant) = (&risk.options, risk.variant);
    let rows: Vec<(usize, RiskVariant)> =
        (0..inputs.windows.len()).flat_map(|w| RiskVariant::ALL.map(|v| (w, v))).collect();
    let at = |w: usize, v: RiskVariant| headline(&results.risk.of(v)[w], options.threshold);
    let moran = |f: fn(&carbonzone_zoning::spatial::moran::Moran) -> Option<f64>| {
        let one = |(w, v): &(usize, RiskVariant)| {
            if *v == variant { results.moran[*w].as_ref().and_then(f) } else { None }
        };
        ColumnData::Real(rows.iter().map(one).collect())
    };
    AttributeTable::new()
        .with(
            "window",
            ColumnData::Text(rows.iter().map(|(w, _)| Some(inputs.windows[*w].label())).collect()),
        )
        .with("variant", ColumnData::Text(rows.iter().map(|(_, v)| Some(v.key().to_owned())).collect()))
        .with("threshold", ColumnData::Real(vec![Some(options.threshold); rows.len()]))
        .with("above", ColumnData::Int(rows.iter().map(|(w, v)| Some(at(*w, *v).above as i64)).collect()))
        .with("known", ColumnData::Int(rows.iter().map(|(w, v)| Some(at(*w, *v).known as i64)).collect()))
        .with("share_pct", ColumnData::Real(rows.iter().map(|(w, v)| at(*w, *v).share_pct).collect()))
        .with("moran_i", moran(|m| Some(m.i)))
        .with("moran_z", moran(|m| Some(m.z)))
        .with("moran_p", moran(|m| m.p_permutation))
}

/// `correlation.csv`: Spearman rank correlation between the variants.
pub fn correlation(results: &Results) -> AttributeTable {
    let mut table =
        AttributeTable::new().with("variant", ColumnData::texts(&RiskVariant::ALL.map(RiskVariant::key)));
    for (j, v) in RiskVariant::ALL.into_iter().enumerate() {
        table.push(v.key(), ColumnData::Real(results.risk.correlation.iter().map(|row| row[j]).collect()));
    }
    table
}

/// `changes.csv`: first and last window of every county.
pub fn changes(inputs: &Inputs, results: &Results, variant: RiskVariant) -> AttributeTable {
    let last = inputs.windows.len().saturating_sub(1);
    let n = inputs.zones.ids.len();
    let label = |w: usize| inputs.windows.get(w).map(|w: &Window| w.label());
    let value = |w: usize, u: usize| results.risk.of(variant).get(w).and_then(|v| v[u]);
    let ratio = |w: usize, u: usize| finite(results.risk.parts.get(w).and_then(|p| p[u]).map(|p| p.ratio));
    let state = |w: usize, u: usize| {
        results.risk.parts.get(w).and_then(|p| p[u]).map(|p| p.state.label().0.to_owned())
    };
    let class = |w: usize, u: usize| value(w, u).map(|r| RiskClass::of(r).label().0.to_owned());
    let real = |f: &dyn Fn(usize) -> Option<f64>| ColumnData::Real((0..n).map(f).collect());
    let text = |f: &dyn Fn(usize) -> Option<String>| ColumnData::Text((0..n).map(f).collect());
    let minus = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| b - a);
    AttributeTable::new()
        .with("unit_id", ColumnData::texts(&inputs.zones.ids))
        .with("name", ColumnData::texts(&inputs.zones.names))
        .with("from_window", text(&|_| label(0)))
        .with("to_window", text(&|_| label(last)))
        .with("ratio_from", real(&|u| ratio(0, u)))
        .with("ratio_to", real(&|u| ratio(last, u)))
        .with("ratio_change", real(&|u| minus(ratio(0, u), ratio(last, u))))
        .with("risk_from", real(&|u| value(0, u)))
        .with("risk_to", real(&|u| value(last, u)))
        .with("risk_change", real(&|u| minus(value(0, u), value(last, u))))
        .with("state_from", text(&|u| state(0, u)))
        .with("state_to", text(&|u| state(last, u)))
        .with("risk_class_from", text(&|u| class(0, u)))
        .with("risk_class_to", text(&|u| class(last, u)))
}
