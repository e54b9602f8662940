//! What a total rests on: factor sets, unverified rows, and the sentences a reader must know.

use crate::config::{ElectricityBoundary, InventoryConfig};
use crate::context::{Draft, Row};
use crate::factor::Status;
use crate::inventory::{InventoryLine, Reliance, WeakFactor};
use crate::vocabulary::Sector;
use carbonzone_types::{ExactSum, FactorSetRecord, Finding, Findings, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Factor sets in use, in order of their tonnes.
pub(crate) fn factor_sets(drafted: &[(&Row<'_>, Draft)], lines: &[InventoryLine]) -> Vec<FactorSetRecord> {
    let mut sets: BTreeMap<(&str, &str), Vec<(&Draft, f64)>> = BTreeMap::new();
    for ((row, draft), line) in drafted.iter().zip(lines).filter(|(_, l)| l.counted) {
        sets.entry((&draft.set, row.category.sector.key())).or_default().push((draft, line.result_t.abs()));
    }
    let mut records: Vec<FactorSetRecord> = sets
        .into_iter()
        .map(|((set, sector), members)| {
            let sum = |weak: bool| {
                members
                    .iter()
                    .filter(|(d, _)| !weak || d.status.is_weak())
                    .map(|(_, t)| *t)
                    .collect::<ExactSum>()
                    .value()
            };
            let statuses: BTreeSet<Status> = members.iter().map(|(d, _)| d.status).collect();
            let mut sources: Vec<&str> = members.iter().map(|(d, _)| d.source.as_str()).collect();
            sources.sort_unstable();
            sources.dedup();
            FactorSetRecord {
                set: set.to_owned(),
                purpose: sector.to_owned(),
                status: statuses.iter().map(|s| s.name()).collect::<Vec<_>>().join(" and "),
                source: match sources.as_slice() {
                    [only] => (*only).to_owned(),
                    [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
                    [] => String::new(),
                },
                amount_t: Some(sum(false)),
                unverified_t: Some(sum(true)),
            }
        })
        .collect();
    records.sort_by(|a, b| b.amount_t.unwrap_or(0.0).total_cmp(&a.amount_t.unwrap_or(0.0)));
    records
}

/// Tonnes that rest on unverified and disputed rows.
pub(crate) fn reliance(lines: &[InventoryLine], gross_t: f64) -> Reliance {
    let is_sink = |l: &InventoryLine| l.sector == Sector::Sink.key();
    let counted = || lines.iter().filter(|l| l.counted);
    let sum = |test: &dyn Fn(&InventoryLine) -> bool| {
        counted().filter(|l| test(l)).map(|l| l.result_t.abs()).collect::<ExactSum>().value()
    };
    let weak = |l: &InventoryLine| Status::by_name(&l.status).is_some_and(Status::is_weak);
    let unverified_t = sum(&|l| !is_sink(l) && l.status == Status::Unverified.name());
    let disputed_t = sum(&|l| !is_sink(l) && l.status == Status::Disputed.name());
    let mut by_factor: BTreeMap<&str, f64> = BTreeMap::new();
    for line in counted().filter(|l| weak(l)) {
        *by_factor.entry(&line.factor_id).or_default() += line.result_t.abs();
    }
    let mut weak_factors: Vec<(&str, f64)> = by_factor.into_iter().filter(|(_, t)| *t > 0.0).collect();
    weak_factors.sort_by(|a, b| b.1.total_cmp(&a.1));
    let disputed: BTreeSet<&str> =
        counted().filter(|l| l.status == Status::Disputed.name()).map(|l| l.factor_id.as_str()).collect();
    let described =
        |(id, t): (&str, f64)| WeakFactor { id: id.to_owned(), amount_t: t, disputed: disputed.contains(id) };
    Reliance {
        unverified_t,
        disputed_t,
        weak_share: (gross_t > 0.0).then(|| (unverified_t + disputed_t) / gross_t),
        weak_sink_t: sum(&|l| is_sink(l) && weak(l)),
        weak_factors: weak_factors.into_iter().map(described).collect(),
        own_gwp_t: sum(&|l| l.gas == "CO2e"),
    }
}

/// A run that leans on unverified rows says so.
pub(crate) fn warn_reliance(reliance: &Reliance, findings: &mut Findings) {
    let weak_t = reliance.unverified_t + reliance.disputed_t;
    if weak_t + reliance.weak_sink_t <= 0.0 {
        return;
    }
    let share = reliance.weak_share.map(|s| format!(" ({:.1} % of gross)", 100.0 * s)).unwrap_or_default();
    let words = |f: &WeakFactor| {
        format!("{} ({:.0} t{})", f.id, f.amount_t, if f.disputed { ", disputed" } else { "" })
    };
    let list: Vec<String> = reliance.weak_factors.iter().map(words).collect();
    let message = format!(
        "{weak_t:.0} t CO2e of emissions{share} and {:.0} t of sinks rest on factors that are not verified or disputed: {}",
        reliance.weak_sink_t,
        list.join(", "),
    );
    findings.push(
        Finding::warning("unverified_factors", message)
            .count(reliance.weak_factors.len() as u64)
            .amount_t(weak_t + reliance.weak_sink_t)
            .hint("check them against their sources and put your own rows into inventory.overrides"),
    );
}

/// Sentences for the report.
pub(crate) fn statements(config: &InventoryConfig, reliance: &Reliance) -> Vec<Statement> {
    let mut statements = Vec::new();
    if config.synthetic {
        statements.push(Statement::new("The activity data are synthetic.", "活动数据为合成数据。"));
    }
    if config.electricity_boundary == ElectricityBoundary::Paper {
        statements.push(Statement::new(
            "electricity_boundary = paper: the fuel of power plants and the electricity of buildings and vehicles are both counted, as the paper prints it.",
            "electricity_boundary = paper：与论文一致，发电厂燃料与建筑、车辆用电均计入，存在重复计算。",
        ));
    }
    if let Some(share) = reliance.weak_share {
        let pct = 100.0 * share;
        statements.push(Statement::new(
            format!("{pct:.1} % of gross emissions rest on factors that are not verified or disputed."),
            format!("碳排放总量的 {pct:.1} % 依据未核实或有争议的因子。"),
        ));
    }
    if reliance.own_gwp_t > 0.0 {
        let t = reliance.own_gwp_t;
        statements.push(Statement::new(
            format!(
                "{t:.0} t CO2e come from factors published only as CO2e: they keep their own warming potentials and ignore gwp_set."
            ),
            format!("{t:.0} t CO2e 来自仅以 CO2e 公布的因子：沿用其自身的增温潜势，不受 gwp_set 影响。"),
        ));
    }
    statements
}
