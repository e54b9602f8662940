//! What a reader sees of the draws: columns of the zone table, lines of the summary, sentences, the record in `run.json`.

use super::config::{DEFAULT_PROXY_CV, Uncertainty};
use carbonzone_confidence::{Confidence, Group, Safety, UnitConfidence};
use carbonzone_types::{
    AttributeTable, CityUncertainty, ColumnData, ConfidenceRecord, Statement, UncertainUnit,
};
use carbonzone_zoning::ZoningScheme;

/// Appends `<column>_p05`, `_p50`, `_p95`, `p_<class>`, `zone_modal`, `zone_confidence`, `confidence_driver`.
pub fn append_columns(table: &mut AttributeTable, confidence: &Confidence, scheme: &ZoningScheme) {
    let units = &confidence.units;
    let real = |f: &dyn Fn(&UnitConfidence) -> Option<f64>| ColumnData::Real(units.iter().map(f).collect());
    for (c, name) in confidence.columns.iter().enumerate() {
        table.push(&format!("{name}_p05"), real(&|u| u.columns[c].map(|q| q.p05)));
        table.push(&format!("{name}_p50"), real(&|u| u.columns[c].map(|q| q.p50)));
        table.push(&format!("{name}_p95"), real(&|u| u.columns[c].map(|q| q.p95)));
    }
    for class in scheme.classes.iter().filter(|class| units.iter().any(|u| u.probability(class.id) > 0.0)) {
        table.push(&format!("p_{}", class.key), real(&|u| Some(u.probability(class.id))));
    }
    let key = |id: u8| scheme.class_of(id).map(|c| c.key.clone());
    table.push("zone_modal", ColumnData::Text(units.iter().map(|u| key(u.modal)).collect()));
    table.push("zone_confidence", real(&|u| Some(u.confidence)));
    let driver = |u: &UnitConfidence| u.driver.map(|d| d.key().to_owned());
    table.push("confidence_driver", ColumnData::Text(units.iter().map(driver).collect()));
}

/// What the draws rest on, or how to switch them on.
pub fn statements(section: Option<&Uncertainty>) -> Vec<Statement> {
    let Some(section) = section else {
        return vec![Statement::new(
            "How sure each zone class is was not asked for: a section [uncertainty] in the pipeline file switches it on",
            "未计算分区可信度：在配置文件中加入 [uncertainty] 即可",
        )];
    };
    let own: Vec<String> = DEFAULT_PROXY_CV
        .iter()
        .filter(|(kind, _)| !section.proxies.contains_key(*kind))
        .map(|(kind, cv)| format!("{kind} {cv}"))
        .collect();
    let mut out = vec![Statement::new(
        "The probability of a class is that of the stated uncertainties, which are inputs: half-widths of totals, factors and GDP, \
         and how far the shares of proxies may be off",
        "分区概率取决于所给的不确定性：总量、排放因子、GDP 的半宽以及代理变量份额的变异系数",
    )];
    if !own.is_empty() {
        let own = own.join(", ");
        out.push(Statement::new(
            format!(
                "Variation of proxy shares by carbonzone's defaults, chosen on synthetic cities with a known truth \
                 (docs/validation.md), not on this city: {own}"
            ),
            format!("代理变量份额的变异系数采用 carbonzone 的默认值（由已知真值的合成城市校准，并非本市数据）：{own}"),
        ));
    }
    out
}

/// What `run.json` keeps of the draws.
pub fn record(
    confidence: &Confidence,
    section: &Uncertainty,
    ids: &[String],
    borderline: &[bool],
) -> ConfidenceRecord {
    let unsure = |u: &UnitConfidence| Safety::of(u.confidence) != Safety::Safe;
    let unit = |(id, u): (&String, &UnitConfidence)| UncertainUnit {
        unit_id: id.clone(),
        confidence: u.confidence,
        error: u.error,
        driver: u.driver.map(|d| d.key().to_owned()).unwrap_or_default(),
        drivers: u
            .drivers
            .iter()
            .filter_map(|d| Some((d.output.clone(), shares(&d.shares.as_ref()?.total))))
            .collect(),
    };
    let proxies = DEFAULT_PROXY_CV.iter().map(|(kind, _)| ((*kind).to_owned(), section.proxy_cv(kind)));
    ConfidenceRecord {
        seed: confidence.seed,
        draws: confidence.draws as u64,
        counts: confidence.counts().map(|n| n as u64),
        unsure_borderline: confidence.units.iter().zip(borderline).filter(|(u, b)| unsure(u) && **b).count()
            as u64,
        proxies: proxies.collect(),
        city: confidence
            .city
            .iter()
            .map(|row| CityUncertainty {
                item: row.item.clone(),
                amount_t: row.amount_t,
                half_width_t: row.half_width_t,
                p05_t: row.quantiles.p05,
                p50_t: row.quantiles.p50,
                p95_t: row.quantiles.p95,
            })
            .collect(),
        units: ids.iter().zip(&confidence.units).map(unit).collect(),
    }
}

fn shares(total: &[f64]) -> std::collections::BTreeMap<String, f64> {
    Group::ALL.iter().zip(total).map(|(g, s)| (g.key().to_owned(), *s)).collect()
}
