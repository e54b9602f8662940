//! What `run.json` and the closing summary say.

use super::{Compensated, ModelResult};
use carbonzone_types::{
    CompensatedUnit, CompensationModel, CompensationRecord, PriceRecord, RunManifest, Statement,
};
use carbonzone_zoning::compensation::{Compensation, ModelName, QuotaBasis, SHARES_ONLY, SHARES_ONLY_ZH};

/// Yuan of an amount in fen.
pub(super) fn cny(fen: i64) -> f64 {
    fen as f64 / 100.0
}

/// Adds the record, its sentences and its lines of the summary.
pub fn note_in(record: &mut RunManifest, section: Option<&Compensation>, found: Option<&Compensated>) {
    let (Some(section), Some(found)) = (section, found) else { return };
    let of = record_of(section, found);
    record.statements.push(of.assumes[0].clone());
    record.summary.extend(of.models.iter().map(|m| summary(m, section)));
    record.compensation = Some(of);
}

fn summary(model: &CompensationModel, section: &Compensation) -> Statement {
    let moved: Vec<String> = model.moved_cny.iter().map(|v| format!("{:.2}", v / 1e6)).collect();
    let prices: Vec<String> = section.prices.iter().map(|p| p.cny_per_t.to_string()).collect();
    let (moved, prices) = (moved.join(" / "), prices.join(" / "));
    let (p, r) = (model.payers, model.receivers);
    let (en, zh) = (&model.label.en, &model.label.zh);
    Statement::new(
        format!("Compensation ({en}): {p} pay, {r} receive, {moved} million CNY at {prices} CNY/t, net 0"),
        format!("碳补偿（{zh}）：{p} 个支付，{r} 个受偿，碳价 {prices} 元/吨时共 {moved} 百万元，净额为 0"),
    )
}

/// What every output says of the ability to pay.
pub(super) const DERIVED_HERE: &str = "its formula l = 1/(1 + e^(3 − 1/En)) is derived here from the Pearl curve: no printed formula was found to check it by";
/// The same in Chinese.
const DERIVED_HERE_ZH: &str =
    "公式 l = 1/(1 + e^(3 − 1/En)) 由皮尔曲线推导（本软件自行推导，未找到可核对的印刷公式）";

/// What the money rests on: the same sentences in every output.
pub(super) fn assumes(section: &Compensation) -> Vec<Statement> {
    let mut out = vec![Statement::new(SHARES_ONLY, SHARES_ONLY_ZH)];
    for price in &section.prices {
        let (name, value, source) = (&price.name, price.cny_per_t, &price.source);
        out.push(Statement::new(
            format!("Price \"{name}\": {value} CNY per t CO2e; {source}"),
            format!("价格“{name}”：{value} 元/吨 CO2e；{source}"),
        ));
    }
    let (base, base_zh) = section.base.label();
    let (we, ws) = (section.weight_economic, section.weight_ecological);
    out.push(Statement::new(
        format!("Benchmark: {base}; weight of the economic leg {we}, of the ecological leg {ws}"),
        format!("基准：{base_zh}；经济项权重 {we}，生态项权重 {ws}"),
    ));
    if let Some(ability) =
        section.ability.as_ref().filter(|_| section.models.contains(&ModelName::AbilityToPay))
    {
        let (engel, source) = (ability.engel, &ability.source);
        out.push(Statement::new(
            format!(
                "Ability to pay: Engel coefficient {engel} where no other is given; {source}; {DERIVED_HERE}"
            ),
            format!("支付能力：恩格尔系数 {engel}（另有指定者除外）；{source}；{DERIVED_HERE_ZH}"),
        ));
    }
    if let Some(quota) = section.quota.as_ref().filter(|_| section.models.contains(&ModelName::Quota)) {
        let (cut, (by, by_zh)) = (100.0 * quota.reduction, quota.by.label());
        let (how, how_zh) = match &quota.cost {
            None => ("every unit emits less by that share".to_owned(), "各单元按同一比例减排".to_owned()),
            Some(cost) => (
                format!("cuts are made where they cost least; {}", cost.source),
                format!("按边际成本最低原则减排；{}", cost.source),
            ),
        };
        out.push(Statement::new(
            format!("Quota: {cut} % less in all, shared out by {by}; {how}"),
            format!("配额：总量减少 {cut} %，按{by_zh}分配；{how_zh}"),
        ));
    }
    out
}

fn record_of(section: &Compensation, found: &Compensated) -> CompensationRecord {
    let price = |p: &carbonzone_zoning::compensation::Price| PriceRecord {
        name: p.name.clone(),
        cny_per_t: p.cny_per_t,
        source: p.source.clone(),
    };
    let out = |i: &usize| found.models.iter().any(|m| m.positions.settled_t[*i].is_none());
    let ids = &found.numbers.ids;
    CompensationRecord {
        year: found.numbers.year,
        assumes: assumes(section),
        prices: section.prices.iter().map(price).collect(),
        models: found.models.iter().map(|m| model(section, m, ids)).collect(),
        left_out: (0..ids.len()).filter(out).map(|i| ids[i].clone()).collect(),
    }
}

fn model(section: &Compensation, m: &ModelResult, ids: &[String]) -> CompensationModel {
    let (en, zh) = m.model.label();
    let moved = |fen: &Vec<Option<i64>>| cny(fen.iter().flatten().filter(|f| **f > 0).sum());
    let unit = |i: usize| {
        Some(CompensatedUnit {
            unit_id: ids[i].clone(),
            settled_t: m.positions.settled_t[i]?,
            cny: m.fen.iter().map(|fen| fen[i].map(cny)).collect::<Option<_>>()?,
            sign_probability: m.sign_probability.get(i).copied().flatten(),
        })
    };
    let entropy = section.quota.as_ref().is_some_and(|q| q.by == QuotaBasis::Entropy);
    CompensationModel {
        model: m.model.key().to_owned(),
        label: Statement::new(en, zh),
        payers: m.count(-1) as u64,
        receivers: m.count(1) as u64,
        moved_cny: m.fen.iter().map(moved).collect(),
        net_fen: m.fen.iter().map(|fen| fen.iter().flatten().sum()).collect(),
        receipts_factor: m.positions.receipts_factor,
        clearing_price: m.positions.clearing_price,
        weights: m
            .positions
            .weights
            .iter()
            .filter(|_| entropy)
            .map(|(i, w)| (i.key().to_owned(), *w))
            .collect(),
        units: (0..ids.len()).filter_map(unit).collect(),
    }
}
