//! What the choice of the sink coefficients moves in this run: with given totals not the city's CCR, only which land
//! gets how much of the sink.

use crate::load::Inputs;
use crate::load_config::Loaded;
use carbonzone_geom::OverlapMatrix;
use carbonzone_inventory::{FactorLibrary, GwpSet};
use carbonzone_report::{Label, ReportTable, number::grouped, words};
use carbonzone_scale::SectorTable;
use carbonzone_spatialize::Allocation;
use carbonzone_spatialize::surrogate::sink::{shared_out, sink_area};
use carbonzone_types::{ExactSum, RuleRecord, SinkSetRecord, Statement};
use carbonzone_zoning::{IndexInputs, Zoning, ZoningScheme, classify, indices};
use std::collections::BTreeMap;

/// Sinks of the zones under another shipped set.
pub struct OtherSet {
    name: String,
    sink_t: Vec<f64>,
}

/// Coefficients of a shipped set in t CO2e per hectare and year.
pub fn coefficients(set: &str) -> BTreeMap<String, f64> {
    let library = FactorLibrary::embedded();
    let of_set = library.sinks.iter().filter(|s| s.set == set);
    of_set.map(|s| (s.land_type.clone(), s.apply(1.0).to_co2e(GwpSet::default()).tonnes())).collect()
}

/// Sinks of the zones under every other shipped set; empty if no given sink is shared out by a shipped set. Sinks that
/// are computed from areas say themselves how the set moves them.
pub fn others(
    loaded: &Loaded,
    inputs: &Inputs,
    allocation: &Allocation,
    on_zones: &OverlapMatrix,
    zones: &SectorTable,
) -> Vec<OtherSet> {
    let sinks = &loaded.pipeline.sinks;
    let Some(set) = sinks.set.as_ref().filter(|_| inputs.inventory.is_none()) else { return Vec::new() };
    let by_area = |r: &RuleRecord| {
        r.sector == "sink" && r.budget_t > 0.0 && r.used.is_some_and(|u| r.proxies[u].name == "sink_area")
    };
    let rules: Vec<usize> =
        (0..allocation.records.len()).filter(|i| by_area(&allocation.records[*i])).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let parcels = &inputs.parcels;
    let library = FactorLibrary::embedded();
    let names = library.sink_sets().into_iter().filter(|name| *name != set.as_str());
    let under = |name: &str| {
        let mut coefficients = coefficients(name);
        coefficients.extend(sinks.coefficients_t_ha.iter().map(|(k, v)| (k.clone(), *v)));
        let weights = sink_area(&parcels.area_m2, parcels.sinks(), &coefficients, None);
        let mut sink_t = zones.sink_t.clone();
        for rule in &rules {
            let record = &allocation.records[*rule];
            let mask = parcels.mask(&record.land_groups);
            let then = shared_out(on_zones, &weights, &mask, record.budget_t - record.point_sources_t)?;
            let now = allocation.per_rule[*rule].on_targets(on_zones);
            for (t, (a, b)) in sink_t.iter_mut().zip(now.iter().zip(&then)) {
                *t = (*t - a + b).max(0.0);
            }
        }
        Some(OtherSet { name: name.to_owned(), sink_t })
    };
    names.filter_map(under).collect()
}

/// Classes of the zones under another set.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Name of the set.
    pub name: String,
    /// Class of each zone.
    pub overall: Vec<u8>,
    /// Share of the sinks that lies elsewhere, percent.
    pub moved_pct: f64,
    /// Zones whose class differs.
    pub changed: usize,
}

/// Classes of the zones under every other set; `None` if one cannot be judged.
pub fn judge(
    loaded: &Loaded,
    inputs: &Inputs,
    zones: &SectorTable,
    (scheme, zoning): (&ZoningScheme, &Zoning),
    others: &[OtherSet],
) -> Option<Vec<Judged>> {
    let options = scheme.index_options(loaded.pipeline.zoning.gdp_total);
    let total = ExactSum::of(&zones.sink_t);
    let one = |other: &OtherSet| {
        let index_inputs = IndexInputs {
            unit_ids: None,
            gross_t: &zones.gross_t,
            sink_t: &other.sink_t,
            gdp: Some(&inputs.zones.gdp),
        };
        let under = classify(scheme, &[&indices(&index_inputs, &options).ok()?]).ok()?;
        let changed = under.overall.iter().zip(&zoning.overall).filter(|(a, b)| a != b).count();
        let moved = zones.sink_t.iter().zip(&other.sink_t).map(|(a, b)| (a - b).abs()).collect::<ExactSum>();
        let moved_pct = if total > 0.0 { 50.0 * moved.value() / total } else { 0.0 };
        Some(Judged { name: other.name.clone(), overall: under.overall, moved_pct, changed })
    };
    others.iter().map(one).collect()
}

/// What `run.json` keeps: the zones whose class differs under each other set.
pub fn records(
    inputs: &Inputs,
    scheme: &ZoningScheme,
    zoning: &Zoning,
    judged: &[Judged],
) -> Vec<SinkSetRecord> {
    let one = |j: &Judged| {
        let differs = (0..zoning.overall.len()).filter(|z| j.overall[*z] != zoning.overall[*z]);
        let class =
            |z: usize| Some((inputs.zones.ids[z].clone(), scheme.class_of(j.overall[z])?.key.clone()));
        SinkSetRecord {
            set: j.name.clone(),
            moved_pct: j.moved_pct,
            classes: differs.filter_map(class).collect(),
        }
    };
    judged.iter().map(one).collect()
}

/// Zones that have another class under another set: which, from what to what.
pub fn report_table(
    inputs: &Inputs,
    scheme: &ZoningScheme,
    zoning: &Zoning,
    judged: &[Judged],
) -> Option<ReportTable> {
    let class = |id: u8| {
        let class = scheme.class_of(id);
        class.map_or_else(|| Label::same("–"), |c| Label::new(c.label_en.clone(), c.label_zh.clone()))
    };
    let shown = inputs.zones.shown();
    let now = &zoning.overall;
    let same = Label::new("the same", "不变");
    let row = |z: usize| {
        let under = |j: &Judged| if j.overall[z] == now[z] { same.clone() } else { class(j.overall[z]) };
        let mut cells = vec![shown[z].clone(), class(now[z])];
        cells.extend(judged.iter().map(under));
        cells
    };
    let rows: Vec<_> =
        (0..now.len()).filter(|z| judged.iter().any(|j| j.overall[*z] != now[*z])).map(row).collect();
    let head = |j: &Judged| Label::new(format!("Under {}", j.name), format!("改用 {}", j.name));
    let others = judged.iter().map(|j| (head(j), false));
    (!judged.is_empty()).then(|| ReportTable::shipped("sink_sets", rows).and_columns(others))
}

/// By what the given total stands above or below the tonnes that the coefficients give on the land; empty within 1 %.
fn scaled(records: &[RuleRecord]) -> Label {
    let by_area = |r: &&RuleRecord| r.used.is_some_and(|u| r.proxies[u].name == "sink_area");
    let told = |r: &RuleRecord| {
        let stated_t = r.proxies[r.used?].total;
        let times = (r.placed_t - r.point_sources_t) / stated_t;
        (stated_t > 0.0 && (times - 1.0).abs() > 0.01).then(|| {
            let (times, t) = (grouped(times, 2), grouped(stated_t, 0));
            Label::new(
                format!(
                    ". Rule \"{}\": the coefficients give {t} t on its land and the total is {times} times that, so each is used at {times} \
                     times what it states",
                    r.id
                ),
                format!("。规则“{}”：系数在其用地上合计 {t} t，给定总量为其 {times} 倍，各系数实际按 {times} 倍使用", r.id),
            )
        })
    };
    records.iter().filter(by_area).filter_map(told).reduce(|a, b| a.then(&b)).unwrap_or_default()
}

/// One sentence: what stays, what moves, how many zones change class.
pub fn statement(loaded: &Loaded, n: usize, records: &[RuleRecord], judged: &[Judged]) -> Option<Statement> {
    let set = loaded.pipeline.sinks.set.as_ref().filter(|_| !judged.is_empty())?;
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    for Judged { name, moved_pct, changed, .. } in judged {
        let pct = grouped(*moved_pct, 1);
        en.push(format!("under {name} {pct} % of it lies elsewhere and {changed} change class"));
        zh.push(format!("改用 {name} 时其中 {pct} % 位于其他单元，{changed} 个单元改变分区"));
    }
    let scaled = scaled(records);
    let units = words::zones_plural(&loaded.pipeline.layers.zones.kind);
    Some(Statement::new(
        format!(
            "The sink total is given: the coefficient set \"{set}\" only shares it out over the land{}. Another set moves \
             the city's CCR by 0 %, for the total is given; of {n} {}: {}.",
            scaled.en,
            units.en.to_lowercase(),
            en.join("; ")
        ),
        format!(
            "碳汇总量为给定值：系数集“{set}”只决定其在用地间的分配{}。因总量给定，更换系数集对全市碳补偿率的影响为 0 %；{n} 个{}中：{}。",
            scaled.zh,
            units.zh,
            zh.join("；")
        ),
    ))
}
