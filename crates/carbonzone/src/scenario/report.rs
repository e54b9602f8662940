//! The section of the report.

use super::land::NO_PARCEL;
use super::output::{Writer, doubts, moved};
use super::project::{Projected, STEPS};
use super::record::{decoupling, multiples};
use super::words::{assumes_all, source_of, step, title};
use crate::compute::Results;
use crate::statistics::state;
use crate::studies::cells::{count, label, number, text};
use carbonzone_report::confidence::{Doubt, percent};
use carbonzone_report::figure::transition_note;
use carbonzone_report::style::{Figure, FigureContent, TransitionChart};
use carbonzone_report::{Label, ReportTable, words};
use carbonzone_types::{ExactSum, RuleMultiples, Statement, T_PER_1E4_T};

/// Sentences below a heading.
fn note(said: &[Statement]) -> Label {
    let en: Vec<&str> = said.iter().map(|s| s.en.as_str()).collect();
    let zh: Vec<&str> = said.iter().map(|s| s.zh.as_str()).collect();
    label(&format!("{}.", en.join(". ")), &format!("{}。", zh.join("。")))
}

/// Tonnes with their sign.
fn signed_1e4(t: f64) -> Label {
    let plus = if t > 0.0 { "+" } else { "" };
    text(&format!("{plus}{}", number(Some(t / T_PER_1E4_T), 2).en))
}

/// How sure a change of class is, by the share of draws in which the classes differ.
fn verdict(p: f64) -> Label {
    let only = match Doubt::of(p) {
        Doubt::Doubtful => label(": by the central numbers only", "：仅按中心值成立"),
        _ => Label::default(),
    };
    Doubt::of(p).word().then(&only)
}

/// `7 by the central numbers: 0 sure, 1 open, 6 doubtful`.
fn changed(p: &Projected, results: &Results) -> Label {
    let n = count(moved(p, results) as u64);
    doubts(p, results).map_or_else(
        || n.clone(),
        |d| n.then(&label(&format!(" by the central numbers: {}", d.en), &format!("（按中心值）：{}", d.zh))),
    )
}

impl Writer<'_> {
    /// All scenarios beside the base run.
    pub(super) fn side_by_side(&self) -> ReportTable {
        let all = &self.scenarios.all;
        let base = &self.results.zones;
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
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
            label(
                "of it on land that is new to its use, whose t/ha are assumed, 10⁴ t",
                "其中改为该用途的用地（单位面积排放为假设值，万吨）",
            ),
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
            changed(p, self.results)
        });
        row(label("Elasticity to GDP (Tapio)", "对 GDP 的弹性（Tapio）"), text("–"), &|p| {
            decoupling(self.inputs, self.results, p).map_or_else(
                || text("–"),
                |(e, s)| number(Some(e), 2).then(&Label::same(", ")).then(&state(s)),
            )
        });
        row(label("Peak year of gross emissions", "碳排放达峰年份"), text("–"), &|p| {
            p.peak().told()
        });
        let last = |p: &Projected| p.series("gross").last().map(|(_, t)| *t);
        row(
            label("Gross emission of the whole city, 10⁴ t", "全市碳排放总量（万吨）"),
            in_1e4(self.results.totals.gross_t),
            &|p| number(last(p).map(|t| t / T_PER_1E4_T), 2),
        );
        row(label("Target for it, 10⁴ t", "全市碳排放目标（万吨）"), text("–"), &|p| {
            self.target(p)
        });
        row(
            label(
                "Distance to the target, 10⁴ t: + above, − below it",
                "与目标之差（万吨）：正为超出，负为低于目标",
            ),
            text("–"),
            &|p| p.target_t.zip(last(p)).map_or_else(|| text("–"), |(target, t)| signed_1e4(t - target)),
        );
        let plans = all.iter().map(|p| {
            let (named, year) = (title(&p.name, self.scenario(p)), self.scenario(p).year);
            (label(&format!("{}, {year}", named.en), &format!("{}（{year}年）", named.zh)), true)
        });
        ReportTable {
            note: note(&assumes_all(all.iter().map(|p| (p.name.as_str(), self.scenario(p))))),
            ..ReportTable::shipped("scenarios", rows).and_columns(plans)
        }
    }

    /// The target with what it is and where it comes from.
    fn target(&self, p: &Projected) -> Label {
        let scenario = self.scenario(p);
        let Some((tonnes, target)) = p.target_t.zip(scenario.target.as_ref()) else { return text("–") };
        let years = &self.pipeline.city.years();
        let base = years.last().map(ToString::to_string).unwrap_or_default();
        let what = match target.reduction_pct {
            Some(pct) if pct < 0.0 => {
                label(&format!("{} % above {base}", -pct), &format!("较 {base} 年高 {} %", -pct))
            }
            Some(pct) => label(&format!("{pct} % below {base}"), &format!("较 {base} 年低 {pct} %")),
            None => label("as given", "给定值"),
        };
        let source = if target.source.is_empty() { &scenario.source } else { &target.source };
        let number = number(Some(tonnes / T_PER_1E4_T), 2);
        Label::new(
            format!("{} ({}; source: {source})", number.en, what.en),
            format!("{}（{}；来源：{source}）", number.zh, what.zh),
        )
    }

    /// By what each budget is multiplied in the year of the plan.
    pub(super) fn multiples(&self, p: &Projected) -> ReportTable {
        let scenario = self.scenario(p);
        let named = title(&p.name, scenario);
        let times = |v: f64| text(&format!("× {v:.3}"));
        let rules = &self.results.allocation.records;
        let row = |m: &RuleMultiples| {
            let rule = rules.iter().find(|r| r.id == m.rule);
            let land: Vec<&str> = rule.iter().flat_map(|r| &r.land_groups).map(String::as_str).collect();
            let named = rule.map_or("", |r| r.activity.as_str());
            let named = if named.is_empty() { &m.rule } else { named };
            vec![
                words::sector(&m.sector),
                carbonzone_report::chinese::activity(named, &land),
                times(m.activity),
                times(m.intensity),
                times(m.factor),
                times(m.activity * m.intensity * m.factor),
            ]
        };
        let year = scenario.year;
        ReportTable {
            title: label(
                &format!("{}: by what each budget is multiplied in {year}", named.en),
                &format!("{}：{year} 年各项预算的倍数", named.zh),
            ),
            ..ReportTable::shipped("multiples", multiples(self.results, p).iter().map(row).collect())
        }
    }

    /// The waterfall of every scenario.
    pub(super) fn difference(&self) -> ReportTable {
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let all = &self.scenarios.all;
        let line = |name: Label, of: &dyn Fn(&Projected) -> f64| {
            std::iter::once(name).chain(all.iter().map(|p| in_1e4(of(p)))).collect::<Vec<Label>>()
        };
        let mut rows = vec![line(label("Base run", "基准"), &|p| p.waterfall.0)];
        for (i, key) in STEPS.iter().enumerate() {
            let words = step(key);
            rows.push(line(label(&words.en, &words.zh), &|p| p.waterfall.1[i]));
        }
        rows.push(line(label("Plan", "规划"), &|p| p.waterfall.2));
        let plans = all.iter().map(|p| (Label::from(&title(&p.name, self.scenario(p))), true));
        ReportTable::shipped("difference", rows).and_columns(plans)
    }

    /// Zones that leave their class, the surest first.
    pub(super) fn leaving(&self, p: &Projected) -> ReportTable {
        let overall = &self.results.zoning.overall;
        let n = overall.len();
        let sure = |z: usize| p.moves.get(z).map(carbonzone_confidence::Moves::differs);
        let mut order: Vec<usize> = (0..n).filter(|z| p.zoned.zone[*z] != overall[*z]).collect();
        order.sort_by(|a, b| sure(*b).unwrap_or(0.0).total_cmp(&sure(*a).unwrap_or(0.0)).then(a.cmp(b)));
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let row = |z: usize| {
            let p_to = p.moves.get(z).map(|m| m.second(p.zoned.zone[z]));
            let p_from = p.moves.get(z).map(|m| m.first(p.zoned.zone[z]));
            let shown = |v: Option<f64>| v.map_or_else(|| text("–"), |v| text(&percent(v)));
            vec![
                self.shown[z].clone(),
                self.class(overall[z]).1,
                self.class(p.zoned.zone[z]).1,
                shown(sure(z)),
                sure(z).map_or_else(|| text("–"), verdict),
                shown(p_from),
                shown(p_to),
                in_1e4(p.gross_t[z] - self.results.zones.gross_t[z]),
                in_1e4(p.sink_t[z] - self.results.zones.sink_t[z]),
            ]
        };
        let named = title(&p.name, self.scenario(p));
        let further =
            (0..n).filter(|z| p.zoned.zone[*z] == overall[*z] && sure(*z).is_some_and(|s| s >= 0.25));
        let further: Vec<&Label> = further.map(|z| &self.shown[z]).collect();
        let names = |f: fn(&Label) -> &str, none: &str, between: &str| {
            let all: Vec<&str> = further.iter().map(|l| f(l)).collect();
            if all.is_empty() { none.to_owned() } else { all.join(between) }
        };
        let (further_en, further_zh) = (names(|l| &l.en, "none", ", "), names(|l| &l.zh, "无", "、"));
        ReportTable {
            title: label(
                &format!("{}: units that leave their class", named.en),
                &format!("{}：改变分区的单元", named.zh),
            ),
            note: label(
                &format!(
                    "Listed are the units whose class differs by the central numbers. How sure that is: every draw varies the inputs within their \
                     stated uncertainty and judges base run and plan by the same numbers. \"Classes differ\" is the share of draws in which plan and \
                     base run have different classes: sure from 95 % on, likely from 75 %, open from 25 %. Where the base run has the class of the plan in \
                     as many draws as the plan, the plan does little. Indices compare a unit with all units together: a unit that cuts less than they do \
                     falls back, though it cuts; its panel and its fact sheet name the index and both changes. Units that keep their class by the central \
                     numbers and differ in a quarter of the draws or more: {further_en}."
                ),
                &format!(
                    "表中为按中心值计算分区改变的单元。每次抽样在给定的不确定性内改变输入，并用同一组数值判定基准与规划。“分区不同”为两者分区不同的抽样比例：\
                     95 % 以上为确定，75 % 以上为较可能，25 % 以上为难以判断。若基准与规划给出该分区的比例相近，说明规划作用很小。指数为与全部单元合计的比较：\
                     减排幅度小于全体者，即使减排，指数也会变差；所涉指数及两者的变化见地图面板和说明页。按中心值分区不变、但四分之一以上抽样中不同的单元：{further_zh}。"
                ),
            ),
            ..ReportTable::shipped("leaving", order.into_iter().map(row).collect())
        }
    }

    /// Hectares by space type of all zones together.
    pub(super) fn land_of_city(&self, p: &Projected) -> ReportTable {
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
            ..ReportTable::shipped("land", (0..types.len()).filter(shown).map(row).collect())
        }
    }

    /// Who moves from which class to which.
    pub(super) fn transitions(&self, p: &Projected) -> Figure {
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
            note: transition_note()
                .then(&doubts(p, self.results).map_or_else(Label::default, |d| {
                    label(&format!("; changes of class: {}", d.en), &format!("；分区变化：{}", d.zh))
                }))
                .then(&source_of(scenario)),
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
