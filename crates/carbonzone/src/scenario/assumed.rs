//! What the plans assume, and which sector makes how much of the difference: two tables of the report.

use super::config::{Path, Scenario};
use super::output::Writer;
use super::project::Projected;
use super::words::title;
use crate::studies::cells::{label, number, text};
use carbonzone_report::{Label, ReportTable, words};
use carbonzone_types::{ExactSum, T_PER_1E4_T, short_number};
use std::collections::{BTreeMap, BTreeSet};

/// A path in words: `+4 % a year: × 1.80 in 2035`.
fn path(path: &Path, base: i32, year: i32) -> Label {
    let end = format!("× {}", number(Some(path.at(base, year)), 3).en);
    if let Some(pct) = path.growth_pct {
        let sign = if pct > 0.0 { "+" } else { "" };
        let pct = format!("{sign}{} %", short_number(pct)).replace('-', "−");
        return label(&format!("{pct} a year: {end} in {year}"), &format!("每年 {pct}：{year} 年 {end}"));
    }
    let points = |map: &BTreeMap<String, f64>| {
        let one = |(y, v): (&String, &f64)| format!("{y} × {}", short_number(*v));
        map.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    if !path.interp.is_empty() {
        let points = points(&path.interp);
        return label(&format!("{points}, in between in proportion"), &format!("{points}，其间按比例"));
    }
    let points = points(&path.step);
    label(&format!("from {points} on"), &format!("自 {points} 起"))
}

/// A sector, or a budget of one.
fn of_budget(key: &str) -> Label {
    match key.split_once(':') {
        None => words::sector(key),
        Some((sector, land)) => words::sector(sector).then(&text(": ")).then(&words::land_group(land)),
    }
}

/// Paths of one kind by sector or budget.
type Paths = fn(&Scenario) -> &BTreeMap<String, Path>;

impl Writer<'_> {
    /// Growth, paths, land and stocks of every plan, one row per number.
    pub(super) fn assumptions(&self) -> ReportTable {
        let base = self.pipeline.city.years().last().copied().unwrap_or_default();
        let all: Vec<&Scenario> = self.scenarios.all.iter().map(|p| self.scenario(p)).collect();
        let mut rows: Vec<Vec<Label>> = Vec::new();
        let mut row = |name: Label, of: &dyn Fn(&Scenario) -> Option<Label>| {
            let cells: Vec<Option<Label>> = all.iter().map(|s| of(s)).collect();
            if cells.iter().any(Option::is_some) {
                let stays = || label("as now", "不变");
                rows.push(
                    std::iter::once(name).chain(cells.into_iter().map(|c| c.unwrap_or_else(stays))).collect(),
                );
            }
        };
        let given = |p: &Path, s: &Scenario| (*p != Path::default()).then(|| path(p, base, s.year));
        row(label("GDP, constant prices", "GDP（不变价）"), &|s| given(&s.gdp, s));
        row(label("Residents", "常住人口"), &|s| given(&s.population, s));
        let kinds: [(&str, &str, Paths); 3] = [
            ("Activity", "活动水平", |s| &s.activity),
            ("Intensity", "能耗强度", |s| &s.intensity),
            ("Emission factor", "排放因子", |s| &s.factor),
        ];
        for (en, zh, paths) in kinds {
            let keys: BTreeSet<&String> = all.iter().flat_map(|s| paths(s).keys()).collect();
            for key in keys {
                let of = of_budget(key);
                let name = label(&format!("{en}: {}", of.en), &format!("{zh}：{}", of.zh));
                row(name, &|s| paths(s).get(key).and_then(|p| given(p, s)));
            }
        }
        row(label("Land that changes its use", "改变用途的用地"), &|s| land_assumed(s));
        row(label("Carbon stocks, t C per ha", "碳储量（吨碳/公顷）"), &|s| {
            let one = |(land, stock): (&String, &f64)| {
                words::land_group(land).then(&text(&format!(" {}", short_number(*stock))))
            };
            joined(s.stocks_t_c_ha.iter().map(one).collect())
        });
        row(label("Source", "来源"), &|s| Some(text(&s.source)));
        let plans =
            self.scenarios.all.iter().map(|p| (Label::from(&title(&p.name, self.scenario(p))), false));
        ReportTable {
            note: label(
                &format!(
                    "Multiples are of {base}; growth is compounded. Land that gets another use loses the emissions of its old use, whose works \
                     end: nothing is said to move elsewhere, and the multiples act on what stays. Where works move inside the city, their \
                     activity has to be added under activity. How emissions go with GDP follows from the assumed GDP as much as from the plan."
                ),
                &format!(
                    "倍数以 {base} 年为 1，增长率按复利计。改变用途的用地不再有原用途的排放：原有企业视为关停，不计迁往他处，倍数只作用于保留部分；\
                     若企业在市内搬迁，须在活动水平中另加。排放与 GDP 的脱钩状态同样取决于所假设的 GDP。"
                ),
            ),
            ..ReportTable::shipped("assumed", rows).and_columns(plans)
        }
    }

    /// Gross emissions by sector: the base run, each plan with its change, and the gap between the highest and the lowest plan.
    pub(super) fn by_sector(&self) -> ReportTable {
        let all = &self.scenarios.all;
        let total = |p: &Projected| ExactSum::of(&p.gross_t);
        let high = all.iter().reduce(|a, b| if total(b) > total(a) { b } else { a });
        let low = all.iter().reduce(|a, b| if total(b) < total(a) { b } else { a });
        let ends = high.zip(low).filter(|(h, l)| h.name != l.name);
        let of = |p: &Projected, k: usize, after: usize| {
            p.splits.iter().map(|s| s.sectors[k][after]).collect::<ExactSum>().value()
        };
        let in_1e4 = |t: f64| number(Some(t / T_PER_1E4_T), 2);
        let percent = |part: f64, whole: f64| number((whole != 0.0).then(|| 100.0 * part / whole), 1);
        let gap_of_all = ends.map_or(0.0, |(h, l)| total(h) - total(l));
        let line = |name: Label, base: f64, plan: &dyn Fn(&Projected) -> f64| {
            let mut cells = vec![name, in_1e4(base)];
            for p in all {
                cells.extend([in_1e4(plan(p)), percent(plan(p) - base, base)]);
            }
            if let Some((h, l)) = ends {
                let gap = plan(h) - plan(l);
                cells.extend([in_1e4(gap), percent(gap, gap_of_all)]);
            }
            cells
        };
        let sectors = &self.results.sectors;
        let mut rows: Vec<Vec<Label>> = (0..sectors.len())
            .filter_map(|k| {
                let base = all.first().map(|p| of(p, k, 0))?;
                Some(line(words::sector(&sectors[k]), base, &|p| of(p, k, 1)))
            })
            .collect();
        rows.push(line(label("All sectors", "合计"), ExactSum::of(&self.results.zones.gross_t), &total));
        let mut columns = Vec::new();
        for p in all {
            let (named, year) = (title(&p.name, self.scenario(p)), self.scenario(p).year);
            columns
                .push((label(&format!("{}, {year}", named.en), &format!("{}（{year}年）", named.zh)), true));
            columns.push((label("change, %", "变化（%）"), true));
        }
        if let Some((h, l)) = ends {
            let [h, l] = [h, l].map(|p| title(&p.name, self.scenario(p)));
            columns.push((label(&format!("{} − {}", h.en, l.en), &format!("{} − {}", h.zh, l.zh)), true));
            columns.push((label("share of that gap, %", "占差距的比例（%）"), true));
        }
        ReportTable::shipped("by_sector", rows).and_columns(columns)
    }
}

/// What land changes its use.
fn land_assumed(s: &Scenario) -> Option<Label> {
    if s.parcels.is_some() {
        return Some(label("by the plan's own layer", "按规划图层"));
    }
    let one = |c: &super::config::Conversion| {
        let (from, to, pct) =
            (words::land_group(&c.from), words::land_group(&c.to), short_number(100.0 * c.share));
        label(
            &format!("{pct} % of {} becomes {}", from.en.to_lowercase(), to.en.to_lowercase()),
            &format!("{} 的 {pct} % 转为{}", from.zh, to.zh),
        )
    };
    joined(s.convert.iter().map(one).collect())
}

/// Several texts in one cell; `None` without any.
fn joined(all: Vec<Label>) -> Option<Label> {
    all.into_iter().reduce(|a, b| a.then(&Label::new("; ", "；")).then(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_with_what_they_end_at() {
        let of = |text: &str| path(&toml::from_str(text).unwrap(), 2020, 2035).en;
        assert_eq!(of("growth_pct = 4.0"), "+4 % a year: × 1.801 in 2035");
        assert_eq!(of("growth_pct = -1.5"), "−1.5 % a year: × 0.797 in 2035");
        assert_eq!(
            of("interp = { 2027 = 0.97, 2035 = 0.85 }"),
            "2027 × 0.97, 2035 × 0.85, in between in proportion"
        );
        assert_eq!(of("step = { 2030 = 0.8 }"), "from 2030 × 0.8 on");
        assert!(of_budget("industry:industrial").en.starts_with("Industry: "));
    }
}
