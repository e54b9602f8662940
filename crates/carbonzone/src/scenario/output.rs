//! Tables, sheets, report section, charts, summary.

use super::Scenarios;
use super::config::Scenario;
use super::figures::charts;
use super::land::NO_PARCEL;
use super::project::{Projected, STEPS};
use super::record::decoupling;
use super::words::{assumes, step, title};
use crate::compute::Results;
use crate::config::Pipeline;
use crate::load::Inputs;
use crate::output::Output;
use crate::statistics::state;
use crate::studies::cells::{count, label, number, text};
use carbonzone_report::confidence::percent;
use carbonzone_report::figure::transition_note;
use carbonzone_report::style::{Figure, FigureContent, TransitionChart};
use carbonzone_report::{Label, ReportTable, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, RunManifest, Statement, T_PER_1E4_T};
use carbonzone_zoning::decoupling::tapio;

/// What is written of the scenarios, and from what.
struct Writer<'a> {
    pipeline: &'a Pipeline,
    inputs: &'a Inputs,
    results: &'a Results,
    scenarios: &'a Scenarios,
}

/// Adds tables, sheets, charts and the section of the report to what a run writes.
pub fn add_to(out: &mut Output<'_>, pipeline: &Pipeline, inputs: &Inputs, results: &Results) {
    let Some(scenarios) = &results.scenarios else { return };
    let writer = Writer { pipeline, inputs, results, scenarios };
    let tables = [
        ("scenarios", writer.zones()),
        ("scenario_land", writer.land()),
        ("scenario_years", writer.years()),
        ("waterfall", writer.waterfall()),
    ];
    if let Some((_, sheets)) = out.workbooks.first_mut() {
        let said: Vec<String> = pipeline.scenario.values().map(|s| assumes(s).line()).collect();
        let sheet = |(name, table): &(&str, AttributeTable)| {
            OutSheet::new(name, table.clone()).with_preamble(said.clone()).with_formats(format)
        };
        sheets.extend(tables.iter().map(sheet));
    }
    out.tables.extend(tables.map(|(name, table)| (name.to_owned(), table)));
    out.extras.tables.push(writer.side_by_side());
    out.extras.tables.push(writer.difference());
    for projected in &scenarios.all {
        out.extras.charts.extend(charts(projected, writer.scenario(projected)));
        out.extras.charts.push(writer.transitions(projected));
        out.extras.tables.push(writer.leaving(projected));
        out.extras.tables.push(writer.land_of_city(projected));
    }
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
        record.summary.push(Statement::new(
            format!(
                "Scenario \"{}\", {year}: gross {:.2} ×10⁴ t ({pct:+.2} %), {moved} zones change class",
                named.en,
                gross / T_PER_1E4_T
            ),
            format!(
                "情景“{}”，{year} 年：碳排放 {:.2} 万吨（{pct:+.2} %），{moved} 个单元改变分区",
                named.zh,
                gross / T_PER_1E4_T
            ),
        ));
        let said = assumes(scenario);
        record.statements.push(Statement::new(
            format!("Scenario \"{}\": {}", named.en, said.en),
            format!("情景“{}”：{}", named.zh, said.zh),
        ));
    }
}

/// Number of zones whose class differs from that of the base run.
fn moved(projected: &Projected, results: &Results) -> usize {
    projected.zoned.zone.iter().zip(&results.zoning.overall).filter(|(a, b)| a != b).count()
}

/// Sentences below a heading, each once.
fn note(said: impl Iterator<Item = Statement>) -> Label {
    let mut said: Vec<Statement> = said.collect();
    said.dedup();
    let en: Vec<&str> = said.iter().map(|s| s.en.as_str()).collect();
    let zh: Vec<&str> = said.iter().map(|s| s.zh.as_str()).collect();
    label(&format!("{}.", en.join(". ")), &format!("{}。", zh.join("。")))
}

fn format(field: &str) -> &'static str {
    match field {
        "p_changes" => "0.0%",
        "ccr" => "0.00%",
        f if f.ends_with("_t") => "#,##0.0",
        f if f.ends_with("_ha") => "#,##0.00",
        "gdp_1e4cny" | "population_persons" => "#,##0",
        "year" => "",
        _ => "0.000",
    }
}

impl Writer<'_> {
    fn scenario(&self, projected: &Projected) -> &Scenario {
        &self.pipeline.scenario[&projected.name]
    }

    fn class(&self, id: u8) -> (String, Label) {
        let class = self.results.scheme.class_of(id);
        class.map_or_else(Default::default, |c| {
            (c.key.clone(), Label::new(c.label_en.clone(), c.label_zh.clone()))
        })
    }

    fn name(&self, z: usize) -> Label {
        let zones = &self.inputs.zones;
        let zh = zones.names[z].clone();
        Label::new(zones.names_en[z].clone().unwrap_or_else(|| zh.clone()), zh)
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
        let of_unit = |p: &Projected, z: usize| {
            tapio((base.gross_t[z], p.gross_t[z]), (zones.gdp_1e4cny[z]?, p.gdp[z]?))
        };
        AttributeTable::new()
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
            .with("gdp_1e4cny", real(&|p, z| p.gdp[z]))
            .with("population_persons", real(&|p, z| p.population[z]))
            .with("ccr", real(&|p, z| p.indices.ccr[z]))
            .with(&scheme.economic.column, real(&|p, z| p.indices.ecc[z]))
            .with(&scheme.ecological.column, real(&|p, z| p.indices.esc[z]))
            .with("zone_base", text(&|_, z| Some(self.class(overall[z]).0)))
            .with("zone", text(&|p, z| Some(self.class(p.zoned.zone[z]).0)))
            .with(
                "changes",
                ColumnData::Bool(rows.iter().map(|(p, z)| Some(p.zoned.zone[*z] != overall[*z])).collect()),
            )
            .with("p_changes", real(&|p, z| p.moves.get(z).map(carbonzone_confidence::Moves::differs)))
            .with("elasticity", real(&|p, z| of_unit(p, z).map(|e| e.0)))
            .with("decoupling", text(&|p, z| of_unit(p, z).map(|e| e.1.key().to_owned())))
            .with("assumes", text(&|p, _| Some(assumes(self.scenario(p)).en)))
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
        let reals = |f: &dyn Fn(&[f64; 2]) -> f64| {
            ColumnData::Real(rows.iter().map(|(.., ha)| Some(f(ha))).collect())
        };
        AttributeTable::new()
            .with("scenario", texts(&|p, _, _| p.name.clone()))
            .with("unit_id", texts(&|_, z, _| zones.ids[z].clone()))
            .with("name", texts(&|_, z, _| zones.names[z].clone()))
            .with("space_type", texts(&|_, _, j| self.scenarios.types[j].clone()))
            .with("base_ha", reals(&|ha| ha[0]))
            .with("plan_ha", reals(&|ha| ha[1]))
            .with("change_ha", reals(&|ha| ha[1] - ha[0]))
            .with("assumes", texts(&|p, _, _| assumes(self.scenario(p)).en))
    }

    /// Hectares by space type of a zone under a plan; `z` beyond the zones is what lies in none.
    fn after_ha(&self, projected: &Projected, z: usize) -> Vec<f64> {
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

    /// All scenarios beside the base run.
    fn side_by_side(&self) -> ReportTable {
        let all = &self.scenarios.all;
        let base = &self.results.zones;
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let mut columns =
            vec![(label("Townships together", "各单元合计"), false), (label("Base run", "基准"), true)];
        for p in all {
            let s = self.scenario(p);
            let (named, year) = (title(&p.name, s), s.year);
            columns
                .push((label(&format!("{}, {year}", named.en), &format!("{}（{year}年）", named.zh)), true));
        }
        let mut rows = Vec::new();
        let mut row = |name: Label, base: Label, of: &dyn Fn(&Projected) -> Label| {
            let mut cells = vec![name, base];
            cells.extend(all.iter().map(of));
            rows.push(cells);
        };
        let sum = |t: &[f64]| ExactSum::of(t);
        let (gross, sink) = (sum(&base.gross_t), sum(&base.sink_t));
        row(label("Gross emission, 10⁴ t", "碳排放总量（万吨）"), in_1e4(gross), &|p| {
            in_1e4(sum(&p.gross_t))
        });
        row(label("Change, %", "变化（%）"), text("–"), &|p| {
            number((gross > 0.0).then(|| 100.0 * (sum(&p.gross_t) / gross - 1.0)), 2)
        });
        row(
            label("of it on new land (assumed), 10⁴ t", "其中新增用地（假设值，万吨）"),
            text("–"),
            &|p| in_1e4(sum(&p.assumed_t)),
        );
        row(label("Sinks, 10⁴ t", "碳汇（万吨）"), in_1e4(sink), &|p| in_1e4(sum(&p.sink_t)));
        row(label("Net emission, 10⁴ t", "净碳排放（万吨）"), in_1e4(gross - sink), &|p| {
            in_1e4(sum(&p.gross_t) - sum(&p.sink_t))
        });
        let ccr = |a: f64, c: f64| number((c > 0.0).then(|| 100.0 * a / c), 3);
        row(label("CCR, %", "碳补偿率（%）"), ccr(sink, gross), &|p| {
            ccr(sum(&p.sink_t), sum(&p.gross_t))
        });
        row(
            label(
                "Carbon stocks, once, 10⁴ t CO2 (not yearly, not in the sums above)",
                "碳储量一次性变化（万吨 CO2，非年度量，不计入上述合计）",
            ),
            text("–"),
            &|p| if p.stock_t.is_empty() { text("–") } else { in_1e4(sum(&p.stock_t)) },
        );
        row(label("Units that change class", "改变分区的单元数"), text("–"), &|p| {
            count(moved(p, self.results) as u64)
        });
        row(label("Elasticity to GDP (Tapio)", "对 GDP 的弹性（Tapio）"), text("–"), &|p| {
            decoupling(self.inputs, self.results, p).map_or_else(
                || text("–"),
                |(e, s)| number(Some(e), 2).then(&Label::same(", ")).then(&state(s)),
            )
        });
        row(label("Peak year of gross emissions", "碳排放达峰年份"), text("–"), &|p| {
            p.peak_year().map_or_else(|| text("–"), |y| text(&y.to_string()))
        });
        row(
            label("Above the target, 10⁴ t (whole city)", "超出目标（万吨，全市）"),
            text("–"),
            &|p| {
                let last = p.series("gross").last().map(|(_, t)| *t);
                p.target_t.zip(last).map_or_else(|| text("–"), |(target, t)| in_1e4(t - target))
            },
        );
        ReportTable {
            title: label("Scenarios of the plan", "规划情景对比"),
            note: note(all.iter().map(|p| assumes(self.scenario(p)))),
            columns,
            rows,
        }
    }

    /// The waterfall of every scenario.
    fn difference(&self) -> ReportTable {
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let all = &self.scenarios.all;
        let mut columns =
            vec![(label("Net emission of the whole city, 10⁴ t", "全市净碳排放（万吨）"), false)];
        columns.extend(all.iter().map(|p| {
            let named = title(&p.name, self.scenario(p));
            (label(&named.en, &named.zh), true)
        }));
        let line = |name: Label, of: &dyn Fn(&Projected) -> f64| {
            std::iter::once(name).chain(all.iter().map(|p| in_1e4(of(p)))).collect::<Vec<Label>>()
        };
        let mut rows = vec![line(label("Base run", "基准"), &|p| p.waterfall.0)];
        for (i, key) in STEPS.iter().enumerate() {
            let words = step(key);
            rows.push(line(label(&words.en, &words.zh), &|p| p.waterfall.1[i]));
        }
        rows.push(line(label("Plan", "规划"), &|p| p.waterfall.2));
        ReportTable {
            title: label("What makes the difference", "变化的来源（LMDI 分解）"),
            note: label(
                "Additive LMDI over rules and space types: the effects add up to the change. Fewer sinks add, more sinks take away.",
                "按规则与用地类型做加和 LMDI 分解，各项之和等于总变化；碳汇减少为正，增加为负。",
            ),
            columns,
            rows,
        }
    }

    /// Zones that leave their class, the surest first.
    fn leaving(&self, p: &Projected) -> ReportTable {
        let overall = &self.results.zoning.overall;
        let n = overall.len();
        let sure = |z: usize| p.moves.get(z).map(carbonzone_confidence::Moves::differs);
        let mut order: Vec<usize> = (0..n).filter(|z| p.zoned.zone[*z] != overall[*z]).collect();
        order.sort_by(|a, b| sure(*b).unwrap_or(0.0).total_cmp(&sure(*a).unwrap_or(0.0)).then(a.cmp(b)));
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let row = |z: usize| {
            let p_to = p.moves.get(z).map(|m| m.second(p.zoned.zone[z]));
            let shown = |v: Option<f64>| v.map_or_else(|| text("–"), |v| text(&percent(v)));
            vec![
                self.name(z),
                self.class(overall[z]).1,
                self.class(p.zoned.zone[z]).1,
                shown(sure(z)),
                shown(p_to),
                in_1e4(p.gross_t[z] - self.results.zones.gross_t[z]),
                in_1e4(p.sink_t[z] - self.results.zones.sink_t[z]),
            ]
        };
        let named = title(&p.name, self.scenario(p));
        let likely =
            (0..n).filter(|z| p.zoned.zone[*z] == overall[*z] && sure(*z).is_some_and(|s| s >= 0.25)).count();
        ReportTable {
            title: label(
                &format!("{}: units that leave their class", named.en),
                &format!("{}：改变分区的单元", named.zh),
            ),
            note: label(
                &format!(
                    "Probabilities: share of the draws in which the class of the plan differs from that of the base run, both in the same draw; \
                          and in which it is the one shown. {likely} further units differ in a quarter of the draws or more."
                ),
                &format!(
                    "概率：同一次抽样中规划分区与基准分区不同的比例，以及为表中分区的比例。另有 {likely} 个单元在四分之一以上的抽样中不同。"
                ),
            ),
            columns: vec![
                (label("Unit", "单元"), false),
                (label("Base run", "基准分区"), false),
                (label("Plan", "规划分区"), false),
                (label("Probability of a change", "改变的概率"), true),
                (label("Probability of the class shown", "该分区的概率"), true),
                (label("Emission, change in 10⁴ t", "碳排放变化（万吨）"), true),
                (label("Sinks, change in 10⁴ t", "碳汇变化（万吨）"), true),
            ],
            rows: order.into_iter().map(row).collect(),
        }
    }

    /// Hectares by space type of all zones together.
    fn land_of_city(&self, p: &Projected) -> ReportTable {
        let n = self.inputs.zones.ids.len();
        let types = &self.scenarios.types;
        let mut after = vec![ExactSum::new(); types.len()];
        let mut before = vec![ExactSum::new(); types.len()];
        for z in 0..n {
            let plan = self.after_ha(p, z);
            for j in 0..types.len() {
                before[j].add(self.scenarios.land_ha[z][j]);
                after[j].add(plan[j]);
            }
        }
        let row = |j: usize| {
            let (b, a) = (before[j].value(), after[j].value());
            let pct = (b > 0.0).then(|| 100.0 * (a / b - 1.0));
            vec![
                words::land_group(&types[j]),
                number(Some(b), 1),
                number(Some(a), 1),
                number(Some(a - b), 1),
                number(pct, 2),
            ]
        };
        let shown =
            |j: &usize| types[*j] != NO_PARCEL && (before[*j].value() > 0.0 || after[*j].value() > 0.0);
        let named = title(&p.name, self.scenario(p));
        ReportTable {
            title: label(&format!("{}: land", named.en), &format!("{}：用地", named.zh)),
            note: label("Of every township: scenario_land.csv.", "各单元的用地指标见 scenario_land.csv。"),
            columns: vec![
                (label("Space type", "用地类型"), false),
                (label("Base run, ha", "基准（公顷）"), true),
                (label("Plan, ha", "规划（公顷）"), true),
                (label("Change, ha", "变化（公顷）"), true),
                (label("%", "%"), true),
            ],
            rows: (0..types.len()).filter(shown).map(row).collect(),
        }
    }

    /// Who moves from which class to which.
    fn transitions(&self, p: &Projected) -> Figure {
        let overall = &self.results.zoning.overall;
        let occurs = |id: u8| overall.contains(&id) || p.zoned.zone.contains(&id);
        let classes: Vec<_> = self.results.scheme.classes.iter().filter(|c| occurs(c.id)).collect();
        let counted = |from: u8, to: u8| {
            overall.iter().zip(&p.zoned.zone).filter(|(a, b)| **a == from && **b == to).count() as u64
        };
        let scenario = self.scenario(p);
        let named = title(&p.name, scenario);
        let chart = TransitionChart {
            classes: classes
                .iter()
                .map(|c| (Label::new(c.label_en.clone(), c.label_zh.clone()), c.color.clone()))
                .collect(),
            counts: classes.iter().map(|a| classes.iter().map(|b| counted(a.id, b.id)).collect()).collect(),
            from: label("base run", "基准"),
            to: label(&named.en, &named.zh),
            note: transition_note(),
        };
        let year = scenario.year;
        let short = label(
            &format!("Zone transitions to {}, {year}", named.en),
            &format!("基准至{}（{year}年）分区转移", named.zh),
        );
        let content = FigureContent::Transitions(Box::new(chart));
        Figure { name: format!("scenario_{}", p.name), title: short.clone(), short, year: None, content }
    }
}
