//! Tables, sheets of the workbook, columns of the zone table and tables of the report.

use super::record::{DERIVED_HERE, assumes, cny};
use super::{Compensated, ModelResult, Numbers};
use crate::output::Output;
use crate::studies::cells::{label, number, text};
use crate::workbook::lines;
use carbonzone_report::confidence::percent;
use carbonzone_report::{Label, ReportTable};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, Statement, T_PER_1E4_T};
use carbonzone_zoning::EccDirection;
use carbonzone_zoning::compensation::{Base, Compensation, Flow, ModelName, Price, QuotaIndicator};
use carbonzone_zoning::indices::{ecological_support, economic_contribution};

/// Adds tables, sheets and the section of the report to what a study writes.
pub fn add_to(out: &mut Output<'_>, section: Option<&Compensation>, found: Option<&Compensated>) {
    let (Some(section), Some(found)) = (section, found) else { return };
    let (units, flows) = (units_table(section, found), flows_table(section, found));
    if let Some((_, sheets)) = out.workbooks.first_mut() {
        let lang = out.lang;
        let said = || assumes(section).iter().flat_map(|s| lines(s, lang)).collect::<Vec<_>>();
        let sheet = |name: &str, table: &AttributeTable| {
            let mut table = table.clone();
            table.columns.retain(|c| c.name != "assumes");
            OutSheet::new(name, table).with_preamble(said()).with_formats(format)
        };
        sheets.push(sheet("compensation", &units));
        sheets.push(sheet("compensation_flows", &flows));
    }
    out.tables.push(("compensation".to_owned(), units));
    out.tables.push(("compensation_flows".to_owned(), flows));
    out.extras.tables.extend(found.models.iter().map(|m| report_units(section, found, m)));
    out.extras.tables.extend(found.models.first().map(|m| report_flows(section, found, m)));
}

fn format(field: &str) -> &'static str {
    match field {
        "sign_probability" => "0.0%",
        f if f.ends_with("_cny") || f == "cny" => "#,##0.00",
        f if f.ends_with("_t") => "#,##0.0",
        "ability" => "0.000000",
        _ => "",
    }
}

/// What a row rests on, in one line.
fn assumption(section: &Compensation, model: &ModelResult) -> String {
    let (name, base) = (model.model.label().0, section.base.label().0);
    let derived = match model.model {
        ModelName::AbilityToPay => format!("; {DERIVED_HERE}"),
        ModelName::Benchmark | ModelName::Quota => String::new(),
    };
    format!("{name}; shares among the units of this run by {base}; prices are inputs, see run.json{derived}")
}

/// ECC (by GDP) and ESC of the units that a model counts, from their shares: the economic leg is gross (1 − ECC), the ecological
/// one CCR of all × gross (ESC − 1).
fn indices(numbers: &Numbers, m: &ModelResult) -> Vec<[Option<f64>; 2]> {
    let counts = |i: &usize| m.positions.economic_t.get(*i).copied().flatten().is_some();
    let counted: Vec<usize> = (0..numbers.ids.len()).filter(counts).collect();
    let sum = |of: &dyn Fn(usize) -> f64| counted.iter().map(|i| of(*i)).collect::<ExactSum>().value();
    let gdp = |i: usize| numbers.gdp.get(i).copied().flatten().unwrap_or(0.0);
    let (gdp_of_all, gross_t) = (sum(&gdp), sum(&|i| numbers.gross_t[i]));
    let sink_t = sum(&|i| numbers.sink_t[i]);
    let mut out = vec![[None; 2]; numbers.ids.len()];
    for i in counted {
        let of_unit = numbers.gross_t[i];
        out[i] = [
            economic_contribution(gdp(i), gdp_of_all, of_unit, gross_t, EccDirection::GdpOverEmission),
            ecological_support(numbers.sink_t[i], sink_t, of_unit, gross_t),
        ];
    }
    out
}

fn units_table(section: &Compensation, found: &Compensated) -> AttributeTable {
    let n = found.numbers.ids.len();
    let rows: Vec<(&ModelResult, usize)> =
        found.models.iter().flat_map(|m| (0..n).map(move |i| (m, i))).collect();
    let real = |f: &dyn Fn(&ModelResult, usize) -> Option<f64>| {
        ColumnData::Real(rows.iter().map(|(m, i)| f(m, *i)).collect())
    };
    let text = |f: &dyn Fn(&ModelResult, usize) -> Option<String>| {
        ColumnData::Text(rows.iter().map(|(m, i)| f(m, *i)).collect())
    };
    let numbers = &found.numbers;
    let known = |t: f64| t.is_finite().then_some(t);
    let mut table = AttributeTable::new()
        .with("model", text(&|m, _| Some(m.model.key().to_owned())))
        .with("unit_id", text(&|_, i| Some(numbers.ids[i].clone())))
        .with("name", text(&|_, i| Some(numbers.names[i].clone())))
        .with("district", text(&|_, i| numbers.district[i].clone()));
    if let Some(year) = numbers.year {
        table.push("year", ColumnData::Int(vec![Some(i64::from(year)); rows.len()]));
    }
    table.push("gross_t", real(&|_, i| known(numbers.gross_t[i])));
    table.push("sink_t", real(&|_, i| known(numbers.sink_t[i])));
    table.push("economic_t", real(&|m, i| m.positions.economic_t[i]));
    table.push("ecological_t", real(&|m, i| m.positions.ecological_t[i]));
    let or_none = |column: &[Option<f64>], i: usize| column.get(i).copied().flatten();
    let indices: Vec<Vec<[Option<f64>; 2]>> = found.models.iter().map(|m| indices(numbers, m)).collect();
    let index = |which: usize| ColumnData::Real(indices.iter().flatten().map(|both| both[which]).collect());
    if section.base == Base::Gdp {
        table.push("ecc", index(0));
    }
    table.push("esc", index(1));
    table.push("ability", real(&|m, i| or_none(&m.positions.ability, i)));
    table.push("quota_t", real(&|m, i| or_none(&m.positions.quota_t, i)));
    table.push("cut_t", real(&|m, i| or_none(&m.positions.cut_t, i)));
    table.push("settled_t", real(&|m, i| m.positions.settled_t[i]));
    table.push("role", text(&|m, i| m.fen[0][i].map(|f| role(f).en)));
    for (p, price) in section.prices.iter().enumerate() {
        table.push(&format!("{}_cny", price.name), real(&|m, i| m.fen[p][i].map(cny)));
    }
    table.push("sign_probability", real(&|m, i| or_none(&m.sign_probability, i)));
    table.push("assumes", text(&|m, _| Some(assumption(section, m))));
    table
}

fn role(fen: i64) -> Label {
    match fen.signum() {
        -1 => label("pays", "支付"),
        1 => label("receives", "受偿"),
        _ => label("nothing", "无"),
    }
}

fn flows_table(section: &Compensation, found: &Compensated) -> AttributeTable {
    let mut rows: Vec<(&ModelResult, &Price, &Flow)> = Vec::new();
    for m in &found.models {
        for (price, flows) in section.prices.iter().zip(&m.flows) {
            rows.extend(flows.iter().map(|f| (m, price, f)));
        }
    }
    let ids = &found.numbers.ids;
    let names = |i: usize| found.numbers.shown[i].zh.clone();
    let texts = |all: Vec<String>| ColumnData::texts(&all);
    AttributeTable::new()
        .with("model", texts(rows.iter().map(|(m, ..)| m.model.key().to_owned()).collect()))
        .with("price", texts(rows.iter().map(|(_, p, _)| p.name.clone()).collect()))
        .with("cny_per_t", ColumnData::Real(rows.iter().map(|(_, p, _)| Some(p.cny_per_t)).collect()))
        .with("payer", texts(rows.iter().map(|(.., f)| ids[f.payer].clone()).collect()))
        .with("payer_name", texts(rows.iter().map(|(.., f)| names(f.payer)).collect()))
        .with("receiver", texts(rows.iter().map(|(.., f)| ids[f.receiver].clone()).collect()))
        .with("receiver_name", texts(rows.iter().map(|(.., f)| names(f.receiver)).collect()))
        .with("cny", ColumnData::Real(rows.iter().map(|(.., f)| Some(cny(f.fen))).collect()))
        .with("assumes", texts(rows.iter().map(|(m, ..)| assumption(section, m)).collect()))
}

/// Rows of a table of the report at most.
const MOST_ROWS: usize = 300;
/// Flows shown in the report.
const MOST_FLOWS: usize = 30;

fn name_of(found: &Compensated, i: usize) -> Label {
    found.numbers.shown[i].clone()
}

fn place(found: &Compensated) -> Label {
    found.numbers.year.map_or_else(Label::default, |y| label(&format!(", {y}"), &format!("（{y}年）")))
}

/// The sentences below a heading.
fn note(section: &Compensation, more: &[Statement]) -> Label {
    let said = assumes(section);
    let all = || said.iter().chain(more);
    let en: Vec<&str> = all().map(|s| s.en.as_str()).collect();
    let zh: Vec<&str> = all().map(|s| s.zh.as_str()).collect();
    label(&(en.join(". ") + "."), &(zh.join("。") + "。"))
}

fn of_model(m: &ModelResult) -> Vec<Statement> {
    let mut out = Vec::new();
    if let Some(factor) = m.positions.receipts_factor {
        out.push(Statement::new(
            format!("Receipts are multiplied by {factor:.6}, so that they are what is paid"),
            format!("受偿额乘以 {factor:.6}，使其等于支付总额"),
        ));
    }
    if let Some(price) = m.positions.clearing_price {
        out.push(Statement::new(
            format!("Cuts clear at {price:.2} CNY per t CO2e"),
            format!("减排市场出清价格 {price:.2} 元/吨 CO2e"),
        ));
    }
    if !m.positions.weights.is_empty() {
        let of = |(i, w): &(QuotaIndicator, f64)| format!("{} {w:.3}", i.key());
        let all: Vec<String> = m.positions.weights.iter().map(of).collect();
        let all = all.join(", ");
        out.push(Statement::new(format!("Entropy weights: {all}"), format!("熵权：{all}")));
    }
    out
}

fn report_units(section: &Compensation, found: &Compensated, m: &ModelResult) -> ReportTable {
    let (en, zh) = m.model.label();
    let in_1e4 = |v: Option<f64>| number(v.map(|v| v / T_PER_1E4_T), 2);
    let mut order: Vec<usize> = (0..found.numbers.ids.len()).filter(|i| m.fen[0][*i].is_some()).collect();
    order.sort_by_key(|i| (m.fen[0][*i], *i));
    if order.len() > MOST_ROWS {
        // The largest payers and the largest receivers.
        order.drain(MOST_ROWS / 2..order.len() - MOST_ROWS / 2);
    }
    let shown = order.len();
    let row = |i: usize| {
        let mut row = vec![name_of(found, i), role(m.fen[0][i].unwrap_or(0))];
        row.push(in_1e4(m.positions.economic_t[i]));
        row.push(in_1e4(m.positions.ecological_t[i]));
        row.push(in_1e4(m.positions.settled_t[i]));
        row.extend(m.fen.iter().map(|fen| number(fen[i].map(|f| cny(f) / 1e4), 2)));
        let sure = m.sign_probability.get(i).copied().flatten();
        row.push(sure.map_or_else(|| text("–"), |p| text(&percent(p))));
        row
    };
    let mut columns = Vec::new();
    for price in &section.prices {
        let (name, value) = (&price.name, price.cny_per_t);
        columns.push((
            label(&format!("10⁴ CNY at {value} CNY/t ({name})"), &format!("{value} 元/吨（{name}）时，万元")),
            true,
        ));
    }
    columns.push((label("Probability of this side", "该角色的概率"), true));
    let place = place(found);
    let mut more = of_model(m);
    if shown < found.numbers.ids.len() {
        let all = found.numbers.ids.len();
        more.push(Statement::new(
            format!("{shown} of {all} units are shown; compensation.csv has all"),
            format!("表中列出 {all} 个单元中的 {shown} 个，全部见 compensation.csv"),
        ));
    }
    ReportTable {
        title: label(&format!("Compensation: {en}{}", place.en), &format!("碳补偿：{zh}{}", place.zh)),
        note: note(section, &more),
        ..ReportTable::shipped("compensation", order.into_iter().map(row).collect()).and_columns(columns)
    }
}

fn report_flows(section: &Compensation, found: &Compensated, m: &ModelResult) -> ReportTable {
    let mut largest: Vec<&Flow> = m.flows[0].iter().collect();
    largest.sort_by(|a, b| b.fen.cmp(&a.fen).then((a.payer, a.receiver).cmp(&(b.payer, b.receiver))));
    largest.truncate(MOST_FLOWS);
    let all = m.flows[0].len();
    let shown = largest.len();
    let price = &section.prices[0];
    let (en, zh) = m.model.label();
    let (name, value) = (&price.name, price.cny_per_t);
    let row = |f: &&Flow| {
        vec![name_of(found, f.payer), name_of(found, f.receiver), number(Some(cny(f.fen) / 1e4), 2)]
    };
    ReportTable {
        note: label(
            &format!(
                "Model {en}, {value} CNY/t ({name}): the largest {shown} of {all} flows. Each flow settles a unit, so there are at \
                 most one less than units. Who pays whom is a way to settle, not a claim."
            ),
            &format!(
                "{zh}，{value} 元/吨（{name}）：{all} 笔资金流中最大的 {shown} 笔。每笔结清一个单元，笔数不超过单元数减一；流向只是结算方式，不构成债权。"
            ),
        ),
        ..ReportTable::shipped("compensation_flows", largest.iter().map(row).collect())
    }
}
