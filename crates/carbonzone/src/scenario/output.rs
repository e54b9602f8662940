//! Tables, sheets, charts, summary.

use super::Scenarios;
use super::config::Scenario;
use super::figures::charts;
use super::land::NO_PARCEL;
use super::project::{EFFECTS, Projected, STEPS};
use super::words::{assumes, assumes_all, rests_on, title};
use crate::compute::Results;
use crate::config::Pipeline;
use crate::load::Inputs;
use crate::output::Output;
use carbonzone_report::Label;
use carbonzone_report::confidence::Doubt;
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, RunManifest, Statement, T_PER_1E4_T, money};
use carbonzone_zoning::decoupling::tapio;

/// What is written of the scenarios, and from what.
pub(super) struct Writer<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) inputs: &'a Inputs,
    pub(super) results: &'a Results,
    pub(super) scenarios: &'a Scenarios,
    /// Names of the zones, told apart.
    pub(super) shown: Vec<Label>,
}

/// Adds tables, sheets, charts and the section of the report to what a run writes.
pub fn add_to(out: &mut Output<'_>, pipeline: &Pipeline, inputs: &Inputs, results: &Results) {
    let Some(scenarios) = &results.scenarios else { return };
    let writer = Writer { pipeline, inputs, results, scenarios, shown: inputs.zones.shown() };
    let tables = [
        ("scenarios", writer.zones()),
        ("scenario_land", writer.land()),
        ("scenario_years", writer.years()),
        ("waterfall", writer.waterfall()),
    ];
    if let Some((_, sheets)) = out.workbooks.first_mut() {
        // What it assumes stands above the table once, in the language of the workbook.
        let lang = out.lang;
        let said: Vec<String> =
            pipeline.scenario.values().flat_map(|s| crate::workbook::lines(&assumes(s), lang)).collect();
        let sheet = |(name, table): &(&str, AttributeTable)| {
            let mut table = table.clone();
            table.columns.retain(|c| c.name != "assumes");
            OutSheet::new(name, table).with_preamble(said.clone()).with_formats(format)
        };
        sheets.extend(tables.iter().map(sheet));
    }
    out.tables.extend(tables.map(|(name, table)| (name.to_owned(), table)));
    out.extras.tables.extend([writer.side_by_side(), writer.assumptions()]);
    // Each of the others may be read, and copied, without those two.
    let mut others = vec![writer.by_sector(), writer.difference()];
    for projected in &scenarios.all {
        out.extras.charts.extend(charts(projected, writer.scenario(projected)));
        out.extras.charts.push(writer.transitions(projected));
        others.extend([
            writer.leaving(projected),
            writer.multiples(projected),
            writer.land_of_city(projected),
        ]);
    }
    let resting = rests_on(pipeline.scenario.iter().map(|(name, s)| (name.as_str(), s)));
    for table in &mut others {
        table.note = table.note.then(&resting);
    }
    out.extras.tables.extend(others);
}

/// Adds the sentences and lines of the summary.
pub fn note_in(record: &mut RunManifest, pipeline: &Pipeline, results: &Results) {
    let Some(scenarios) = &results.scenarios else { return };
    for projected in &scenarios.all {
        let scenario = &pipeline.scenario[&projected.name];
        let named = title(&projected.name, scenario);
        let gross = ExactSum::of(&projected.gross_t);
        let before = ExactSum::of(&results.zones.gross_t);
        let pct = if before > 0.0 { 100.0 * (gross / before - 1.0) } else { 0.0 };
        let moved = moved(projected, results);
        let year = scenario.year;
        let sure = doubts(projected, results).map_or_else(Label::default, |d| {
            Label::new(format!(" by the central numbers ({})", d.en), format!("（按中心值；{}）", d.zh))
        });
        record.summary.push(Statement::new(
            format!(
                "Scenario \"{}\", {year}: gross {:.2} ×10⁴ t ({pct:+.2} %), {moved} zones change class{}",
                named.en,
                gross / T_PER_1E4_T,
                sure.en
            ),
            format!(
                "情景“{}”，{year} 年：碳排放 {:.2} 万吨（{pct:+.2} %），{moved} 个单元改变分区{}",
                named.zh,
                gross / T_PER_1E4_T,
                sure.zh
            ),
        ));
    }
    record.statements.extend(assumes_all(pipeline.scenario.iter().map(|(name, s)| (name.as_str(), s))));
}

/// How sure the changes of class are; `None` without draws or changes.
pub(super) fn doubts(projected: &Projected, results: &Results) -> Option<Label> {
    let zones = projected.zoned.zone.iter().zip(&results.zoning.overall).zip(&projected.moves);
    let differs: Vec<f64> = zones.filter(|((a, b), _)| a != b).map(|(_, m)| m.differs()).collect();
    (!differs.is_empty()).then(|| Doubt::counted(&differs))
}

/// Number of zones whose class differs from that of the base run.
pub(super) fn moved(projected: &Projected, results: &Results) -> usize {
    projected.zoned.zone.iter().zip(&results.zoning.overall).filter(|(a, b)| a != b).count()
}

fn format(field: &str) -> &'static str {
    match field {
        "p_changes" => "0.0%",
        "ccr" | "ccr_base" => "0.00%",
        f if f.ends_with("_t") => "#,##0.0",
        f if f.ends_with("_ha") => "#,##0.00",
        "population_persons" => "#,##0",
        f if money::without_unit(f) == money::GDP => "#,##0",
        "year" => "",
        _ => "0.000",
    }
}

impl Writer<'_> {
    pub(super) fn scenario(&self, projected: &Projected) -> &Scenario {
        &self.pipeline.scenario[&projected.name]
    }

    pub(super) fn class(&self, id: u8) -> (String, Label) {
        let class = self.results.scheme.class_of(id);
        class.map_or_else(Default::default, |c| {
            (c.key.clone(), Label::new(c.label_en.clone(), c.label_zh.clone()))
        })
    }

    /// One row per scenario and zone.
    fn zones(&self) -> AttributeTable {
        let (zones, base) = (&self.inputs.zones, &self.results.zones);
        let n = zones.ids.len();
        let rows: Vec<(&Projected, usize)> =
            self.scenarios.all.iter().flat_map(|p| (0..n).map(move |z| (p, z))).collect();
        let real = |f: &dyn Fn(&Projected, usize) -> Option<f64>| {
            ColumnData::Real(rows.iter().map(|(p, z)| f(p, *z)).collect())
        };
        let text = |f: &dyn Fn(&Projected, usize) -> Option<String>| {
            ColumnData::Text(rows.iter().map(|(p, z)| f(p, *z)).collect())
        };
        let overall = &self.results.zoning.overall;
        let year = |p: &Projected| Some(i64::from(self.scenario(p).year));
        let scheme = &self.results.scheme;
        let index = |column: &str| format!("{column}_base");
        let (economic, ecological) = (&scheme.economic.column, &scheme.ecological.column);
        let now = &self.results.indices;
        let of_unit =
            |p: &Projected, z: usize| tapio((base.gross_t[z], p.gross_t[z]), (zones.gdp[z]?, p.gdp[z]?));
        let mut table = AttributeTable::new()
            .with("scenario", text(&|p, _| Some(p.name.clone())))
            .with("year", ColumnData::Int(rows.iter().map(|(p, _)| year(p)).collect()))
            .with("unit_id", text(&|_, z| Some(zones.ids[z].clone())))
            .with("name", text(&|_, z| Some(zones.names[z].clone())))
            .with("district", text(&|_, z| zones.district[z].clone()))
            .with("gross_base_t", real(&|_, z| Some(base.gross_t[z])))
            .with("gross_t", real(&|p, z| Some(p.gross_t[z])))
            .with("change_t", real(&|p, z| Some(p.gross_t[z] - base.gross_t[z])))
            .with("assumed_t", real(&|p, z| Some(p.assumed_t[z])))
            .with("sink_base_t", real(&|_, z| Some(base.sink_t[z])))
            .with("sink_t", real(&|p, z| Some(p.sink_t[z])))
            .with("net_t", real(&|p, z| Some(p.gross_t[z] - p.sink_t[z])))
            .with("stock_change_once_t", real(&|p, z| p.stock_t.get(z).copied()))
            .with(&zones.gdp_unit.gdp_field(), real(&|p, z| p.gdp[z]))
            .with("population_persons", real(&|p, z| p.population[z]))
            .with("ccr_base", real(&|_, z| now.ccr[z]))
            .with("ccr", real(&|p, z| p.indices.ccr[z]))
            .with(&index(economic), real(&|_, z| now.ecc[z]))
            .with(economic, real(&|p, z| p.indices.ecc[z]))
            .with(&index(ecological), real(&|_, z| now.esc[z]))
            .with(ecological, real(&|p, z| p.indices.esc[z]))
            .with("zone_base", text(&|_, z| Some(self.class(overall[z]).0)))
            .with("zone", text(&|p, z| Some(self.class(p.zoned.zone[z]).0)))
            .with(
                "changes",
                ColumnData::Bool(rows.iter().map(|(p, z)| Some(p.zoned.zone[*z] != overall[*z])).collect()),
            )
            .with("p_changes", real(&|p, z| p.moves.get(z).map(carbonzone_confidence::Moves::differs)))
            .with("elasticity", real(&|p, z| of_unit(p, z).map(|e| e.0)))
            .with("decoupling", text(&|p, z| of_unit(p, z).map(|e| e.1.key().to_owned())));
        for (k, sector) in self.results.sectors.iter().enumerate() {
            table.push(&format!("{sector}_base_t"), real(&|p, z| Some(p.splits[z].sectors[k][0])));
            table.push(&format!("{sector}_t"), real(&|p, z| Some(p.splits[z].sectors[k][1])));
        }
        for (k, effect) in EFFECTS.iter().enumerate() {
            table.push(&format!("effect_{effect}_t"), real(&|p, z| Some(p.splits[z].effects[k])));
        }
        table.with("assumes", text(&|p, _| Some(assumes(self.scenario(p)).en)))
    }

    /// Hectares by zone and space type: what the plan asks of a township.
    fn land(&self) -> AttributeTable {
        let zones = &self.inputs.zones;
        let mut rows: Vec<(&Projected, usize, usize, [f64; 2])> = Vec::new();
        for p in &self.scenarios.all {
            for z in 0..zones.ids.len() {
                let after = self.after_ha(p, z);
                for (j, after) in after.into_iter().enumerate() {
                    let before = self.scenarios.land_ha[z][j];
                    if (before > 0.0 || after > 1e-9) && self.scenarios.types[j] != NO_PARCEL {
                        rows.push((p, z, j, [before, after]));
                    }
                }
            }
        }
        let texts = |f: &dyn Fn(&Projected, usize, usize) -> String| {
            ColumnData::Text(rows.iter().map(|(p, z, j, _)| Some(f(p, *z, *j))).collect())
        };
        let district = ColumnData::Text(rows.iter().map(|(_, z, ..)| zones.district[*z].clone()).collect());
        let reals = |f: &dyn Fn(&[f64; 2]) -> f64| {
            ColumnData::Real(rows.iter().map(|(.., ha)| Some(f(ha))).collect())
        };
        AttributeTable::new()
            .with("scenario", texts(&|p, _, _| p.name.clone()))
            .with("unit_id", texts(&|_, z, _| zones.ids[z].clone()))
            .with("name", texts(&|_, z, _| zones.names[z].clone()))
            .with("district", district)
            .with("space_type", texts(&|_, _, j| self.scenarios.types[j].clone()))
            .with("base_ha", reals(&|ha| ha[0]))
            .with("plan_ha", reals(&|ha| ha[1]))
            .with("change_ha", reals(&|ha| ha[1] - ha[0]))
            .with("assumes", texts(&|p, _, _| assumes(self.scenario(p)).en))
    }

    /// Hectares by space type of a zone under a plan; `z` beyond the zones is what lies in none.
    pub(super) fn after_ha(&self, projected: &Projected, z: usize) -> Vec<f64> {
        let mut out = self.scenarios.land_ha[z].clone();
        let none = out.len() - 1;
        for ((_, from, to), ha) in projected.land.moved_ha.range((z, 0, 0)..=(z, usize::MAX, usize::MAX)) {
            if *from != none {
                out[*from] -= ha;
            }
            out[*to] += ha;
        }
        out
    }

    fn years(&self) -> AttributeTable {
        let rows: Vec<_> =
            self.scenarios.all.iter().flat_map(|p| p.years.iter().map(move |y| (p, y))).collect();
        AttributeTable::new()
            .with("scenario", ColumnData::Text(rows.iter().map(|(p, _)| Some(p.name.clone())).collect()))
            .with("year", ColumnData::Int(rows.iter().map(|(_, y)| Some(i64::from(y.year))).collect()))
            .with("item", ColumnData::Text(rows.iter().map(|(_, y)| Some(y.item.clone())).collect()))
            .with("amount_t", ColumnData::Real(rows.iter().map(|(_, y)| Some(y.amount_t)).collect()))
            .with(
                "assumes",
                ColumnData::Text(rows.iter().map(|(p, _)| Some(assumes(self.scenario(p)).en)).collect()),
            )
    }

    fn waterfall(&self) -> AttributeTable {
        let mut rows: Vec<(String, String, f64, f64)> = Vec::new();
        for p in &self.scenarios.all {
            let (before, steps, after) = &p.waterfall;
            rows.push((p.name.clone(), "net_base".to_owned(), *before, *before));
            let mut now = *before;
            for (key, effect) in STEPS.iter().zip(steps) {
                now += effect;
                rows.push((p.name.clone(), (*key).to_owned(), *effect, now));
            }
            rows.push((p.name.clone(), "net_plan".to_owned(), *after, *after));
        }
        AttributeTable::new()
            .with("scenario", ColumnData::Text(rows.iter().map(|r| Some(r.0.clone())).collect()))
            .with("step", ColumnData::Text(rows.iter().map(|r| Some(r.1.clone())).collect()))
            .with("effect_t", ColumnData::Real(rows.iter().map(|r| Some(r.2)).collect()))
            .with("after_t", ColumnData::Real(rows.iter().map(|r| Some(r.3)).collect()))
            .with(
                "assumes",
                ColumnData::Text(
                    rows.iter().map(|r| Some(assumes(&self.pipeline.scenario[&r.0]).en)).collect(),
                ),
            )
    }
}
