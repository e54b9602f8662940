//! What a unit pays or receives under each model of compensation, in sentences.

use crate::number::grouped;
use crate::{Label, MapData};
use carbonzone_types::PriceRecord;

/// One sentence per model; none for another year than that of the record.
pub(super) fn of_unit(data: &MapData, id: &str) -> Vec<Label> {
    let Some(record) = data.manifest.compensation.as_ref() else { return Vec::new() };
    if record.year.is_some() && record.year != data.year() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for model in &record.models {
        let Some(unit) = model.units.iter().find(|u| u.unit_id == id) else { continue };
        let (side, side_zh) = match unit.settled_t {
            t if t < 0.0 => ("pays", "支付"),
            t if t > 0.0 => ("receives", "受偿"),
            _ => ("neither pays nor receives", "不支付也不受偿"),
        };
        let at = |(cny, price): (&f64, &PriceRecord)| {
            let amount = grouped(cny.abs() / 1e4, 2);
            let p = price.cny_per_t;
            (format!("{amount} ×10⁴ CNY at {p} CNY/t"), format!("{p} 元/吨时 {amount} 万元"))
        };
        let (money, money_zh): (Vec<String>, Vec<String>) =
            unit.cny.iter().zip(&record.prices).map(at).unzip();
        let (sure, sure_zh) = unit.sign_probability.map_or_else(Default::default, |p| {
            let p = crate::confidence::percent(p);
            (format!(" ({p} of the draws)"), format!("（{p} 的抽样）"))
        });
        let t = grouped(unit.settled_t.abs(), 0);
        out.push(Label::new(
            format!("{}: {side} for {t} t{sure}: {}", model.label.en, money.join("; ")),
            format!("{}：{side_zh} {t} t{sure_zh}：{}", model.label.zh, money_zh.join("；")),
        ));
    }
    out
}

/// What the money is not, with prices and benchmark, as the record says.
pub(super) fn rests_on(data: &MapData) -> Label {
    let assumes = data.manifest.compensation.iter().flat_map(|c| &c.assumes);
    let (en, zh): (Vec<&str>, Vec<&str>) = assumes.map(|s| (s.en.as_str(), s.zh.as_str())).unzip();
    if en.is_empty() { Label::default() } else { Label::new(en.join(". ") + ".", zh.join("。") + "。") }
}
