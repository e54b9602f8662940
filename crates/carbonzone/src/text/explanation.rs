//! An explanation as text.

use super::{heads, line, told};
use crate::explain::{Advice, Beside, Explanation, LargeParcel, Line, MeasureOfUnit, Paid, Sure, UnderPlan};
use crate::text_table::{right_align, table, tonnes};
use carbonzone_report::confidence::percent;
use carbonzone_report::{Label, Lang, chinese, words};
use std::fmt::Write as _;

/// Three significant digits, for rates of any size.
fn short(x: f64) -> String {
    if x >= 1000.0 {
        tonnes(x)
    } else {
        format!("{:.*}", (2 - x.abs().log10().floor().max(-9.0) as i32).max(0) as usize, x)
    }
}

/// The singular of a weight's unit.
fn one(unit: &str, lang: Lang) -> String {
    match unit {
        "persons" => lang.say("person", "人"),
        "poi" => "POI".to_owned(),
        "m2" => "m²".to_owned(),
        other => lang.word(other),
    }
}

/// A label in the language of messages.
fn label(label: &Label, lang: Lang) -> String {
    lang.say(&label.en, &label.zh)
}

/// Sectors and land groups in Chinese; in English their keys, as in the pipeline file.
fn sector(key: &str, lang: Lang) -> String {
    lang.say(key, &words::sector(key).zh)
}

fn land(keys: &str, lang: Lang) -> String {
    lang.say(keys, &chinese::land(keys))
}

/// A layer of units, or `parcel`.
fn kind(key: &str, lang: Lang) -> String {
    lang.say(key, &if key == "parcel" { "地块".to_owned() } else { words::zone_word(key).zh })
}

/// Where a unit's tonnes come from, as text.
pub fn explanation(e: &Explanation, lang: Lang) -> String {
    let mut out = String::new();
    let year = e.year.map(|y| format!(", {y}")).unwrap_or_default();
    let badge = e.data_label.map(carbonzone_types::DataLabel::badge);
    let badge = badge.map(|b| format!(" — {}", lang.say(&b.en, &b.zh))).unwrap_or_default();
    let _ = writeln!(out, "{} ({}){year}{badge}", e.unit, kind(&e.kind, lang));
    let (gross, sink, net) = (tonnes(e.gross_t), tonnes(e.sink_t), tonnes(e.net_t));
    line!(out, lang, "gross {gross} t   sink {sink} t   net {net} t CO2e"
        => "碳排放总量 {gross} t   碳汇 {sink} t   净碳排放 {net} t CO2e");
    if let Some(layer) = &e.land_layer {
        let (en, zh) = match layer.as_str() {
            "parcels" => ("from the parcels".to_owned(), "来自地块图层".to_owned()),
            _ => (
                format!("from the land layer \"{layer}\", laid over the parcels"),
                format!("来自叠加在地块之上的土地图层“{layer}”"),
            ),
        };
        let _ = writeln!(out, "{}", lang.say(&en, &zh));
    }
    render_lines(&mut out, e, lang);
    render_city(&mut out, &e.against_city, lang);
    for sure in &e.how_sure {
        render_sure(&mut out, sure, lang);
    }
    for on in &e.hinges {
        let _ = writeln!(out, "  {}", lang.say(&on.en, &on.zh));
    }
    render_paid(&mut out, &e.compensation, lang);
    for advice in &e.advice {
        render_advice(&mut out, advice, lang);
    }
    render_measures(&mut out, &e.measures, lang);
    render_plans(&mut out, &e.plans, lang);
    if e.kind != "parcel" {
        render_parcels(&mut out, &e.largest_parcels, lang);
    }
    line!(out, lang, "budgets from" => "预算来源");
    for l in &e.lines {
        let _ = writeln!(out, "  {:<18} {}", l.rule, lang.sentence(&l.budget_source));
    }
    render_inventory(&mut out, &e.inventory_lines, lang);
    out
}

/// The rules' parts, what each unit of a proxy carries, and what they leave open.
fn render_lines(out: &mut String, e: &Explanation, lang: Lang) {
    let mut t = table(&heads(
        lang,
        ["sector · activity", "budget t", "land", "proxy", "weight", "of", "share %", "t CO2e"],
        ["部门 · 活动", "预算 t", "用地", "代理变量", "权重", "总权重", "份额 %", "t CO2e"],
    ));
    for l in &e.lines {
        let share = if l.budget_t > 0.0 { 100.0 * l.amount_t / l.budget_t } else { 0.0 };
        t.add_row(vec![
            format!("{} · {}", sector(&l.sector, lang), lang.sentence(&l.activity)),
            tonnes(l.budget_t),
            land(&l.land, lang),
            proxy(l, lang),
            format!("{} {}", tonnes(l.weight), lang.word(&l.weight_unit)),
            tonnes(l.weight_total),
            format!("{share:.4}"),
            tonnes(l.amount_t),
        ]);
    }
    right_align(&mut t);
    let _ = writeln!(out, "{t}");
    if e.lines.is_empty() {
        let none = lang.say("no rule of the pipeline places anything here", "没有任何规则在此分配");
        let _ = writeln!(out, "{}", e.note.as_deref().map_or(none, |note| lang.sentence(note)));
    }
    for l in e.lines.iter().filter(|l| l.weight > 0.0 && l.weight_total > 0.0 && !l.land.is_empty()) {
        let per = l.budget_t / l.weight_total;
        let (rule, per, unit) = (&l.rule, short(per), one(&l.weight_unit, lang));
        line!(out, lang, "  {rule}: {per} t for each {unit}" => "  {rule}：每{unit} {per} t");
    }
    let both = [
        (lang.say("gross", "碳排放总量"), e.unexplained_gross_t, e.gross_t),
        (lang.say("sink", "碳汇"), e.unexplained_sink_t, e.sink_t),
    ];
    for (what, open_t, written_t) in both {
        if open_t != 0.0 {
            let pct = if written_t == 0.0 { 100.0 } else { 100.0 * open_t / written_t };
            line!(out, lang, "not explained by these lines: {open_t:.3e} t of {what} ({pct:.2} %)"
                => "以上各行未能解释：{what} {open_t:.3e} t（{pct:.2} %）");
        } else if written_t != 0.0 {
            line!(out, lang, "the lines add up to the written {what}" => "以上各行之和等于写出的{what}");
        }
    }
}

fn proxy(line: &Line, lang: Lang) -> String {
    let mut out = line.proxy.clone();
    if line.smoothing > 0.0 {
        let _ = write!(out, " + {} × {}", line.smoothing, lang.say("area", "面积"));
    }
    if line.fallback {
        out.push_str(&lang.say(" (fallback)", "（备选）"));
    }
    out
}

fn render_city(out: &mut String, numbers: &[Beside], lang: Lang) {
    if !numbers.is_empty() {
        line!(out, lang, "beside the city" => "与全市比较");
    }
    for b in numbers {
        let shown = |v: f64| if b.key == "net_t" { tonnes(v) } else { format!("{v:.4}").replace('-', "−") };
        let value = b.value.map_or_else(|| "–".to_owned(), shown);
        let times = b.ratio.map_or_else(String::new, |r| format!("{r:.2} × ").replace('-', "−"));
        let (name, city) = (lang.say(&b.label, &b.label_zh), shown(b.city));
        let _ = writeln!(out, "  {name}: {value}, {times}{} ({city})", lang.sentence(&b.city_is));
        if !b.meaning.is_empty() {
            let _ = writeln!(out, "    {}", lang.say(&b.meaning, &b.meaning_zh));
        }
    }
}

/// What is characteristic of a class and what is advised there.
fn render_advice(out: &mut String, advice: &Advice, lang: Lang) {
    let basis = if advice.basis.is_empty() {
        String::new()
    } else {
        format!(" ({})", lang.say(&advice.basis, &advice.basis_zh))
    };
    let (class, says) = (&advice.class, &advice.guidance.characteristics);
    let en = format!("what is advised for the {}{basis}: {}", class.en, says.en);
    let _ = writeln!(out, "{}", lang.say(&en, &format!("{}{basis}的建议措施：{}", class.zh, says.zh)));
    for measure in &advice.guidance.measures {
        let _ = writeln!(out, "  - {}", lang.say(&measure.en, &measure.zh));
    }
    let _ = writeln!(out, "  {}: {}", lang.say("source", "来源"), advice.guidance.source);
}

/// What is advised because of the unit's own numbers.
fn render_measures(out: &mut String, measures: &[MeasureOfUnit], lang: Lang) {
    if !measures.is_empty() {
        line!(out, lang, "what its own numbers call for" => "由其自身数值得出的措施");
    }
    for m in measures {
        let _ = writeln!(out, "  - {}", lang.say(&m.text.en, &m.text.zh));
        let _ =
            writeln!(out, "    {}: {}", lang.say("because", "依据"), lang.say(&m.because.en, &m.because.zh));
        let _ = writeln!(out, "    {}: {}", lang.say("source", "来源"), m.source);
    }
}

/// What a zone would be under each plan, and what that assumes.
fn render_plans(out: &mut String, plans: &[UnderPlan], lang: Lang) {
    for plan in plans {
        let (title, year, unit) = (&plan.title, plan.year, &plan.unit);
        let [g0, g1, s0, s1] = [unit.gross_base_t, unit.gross_t, unit.sink_base_t, unit.sink_t].map(tonnes);
        let class = |en: &str, zh: &str| {
            if unit.zone == unit.zone_base {
                lang.say("the class stays", "分区不变")
            } else {
                lang.say(en, zh)
            }
        };
        let (from, to) = (&plan.class_base, &plan.class);
        let class = class(&format!("{} → {}", from.en, to.en), &format!("{} → {}", from.zh, to.zh));
        let sure = unit.p_changes.map(percent).map_or_else(
            String::new,
            |p| told!(lang, " (differs in {p} of the draws)" => "（{p} 的抽样中不同）"),
        );
        let en =
            format!("under \"{}\", {year}: gross {g0} → {g1} t, sink {s0} → {s1} t, {class}{sure}", title.en);
        let zh =
            format!("“{}”，{year} 年：碳排放 {g0} → {g1} t，碳汇 {s0} → {s1} t，{class}{sure}", title.zh);
        let _ = writeln!(out, "{}", lang.say(&en, &zh));
        if !plan.why.en.is_empty() {
            let _ = writeln!(out, "  {}", lang.say(&plan.why.en, &plan.why.zh));
        }
        let _ = writeln!(out, "  {}", lang.say(&plan.assumes.en, &plan.assumes.zh));
    }
}

/// How sure a class is, what else it could be, and what could change it.
fn render_sure(out: &mut String, of: &Sure, lang: Lang) {
    let sure = &of.sure;
    let basis =
        if of.basis.is_empty() { String::new() } else { format!(" ({})", lang.say(&of.basis, &of.basis_zh)) };
    let (p, error) = (percent(sure.class.probability), 100.0 * sure.error);
    let _ = writeln!(
        out,
        "{}{basis}: {}, {p} ± {error:.1} {} ({})",
        lang.say("how sure is the class", "分区可信度"),
        label(&sure.class.label, lang),
        lang.say("points", "个百分点"),
        label(&words::safety(&sure.safety), lang)
    );
    for other in &sure.others {
        let _ = writeln!(out, "  {:>5} {}", percent(other.probability), label(&other.label, lang));
    }
    let _ = writeln!(
        out,
        "  {}: {}",
        lang.say("what could change it", "可能改变它的因素"),
        label(&sure.change, lang)
    );
    if !sure.drivers.is_empty() {
        let shares: Vec<String> =
            sure.drivers.iter().map(|d| format!("{} {}", label(&d.label, lang), percent(d.share))).collect();
        let head = lang.say(
            "share of each reason, alone or together with others",
            "各因素（单独或与其他因素一起）所占份额",
        );
        let _ = writeln!(out, "  {head}: {}", shares.join(&lang.say(", ", "、")));
    }
}

/// What a zone pays or receives, and what that is not.
fn render_paid(out: &mut String, models: &[Paid], lang: Lang) {
    for paid in models {
        let pays = paid.settled_t < 0.0;
        let (side, side_zh) = if pays { ("pays", "支付") } else { ("receives", "获得") };
        let p = paid.sign_probability.map(percent);
        let sure = p.as_ref().map(|p| format!(", in {p} of the draws")).unwrap_or_default();
        let sure_zh = p.map(|p| format!("，抽样中 {p} 如此")).unwrap_or_default();
        let t = tonnes(paid.settled_t.abs());
        let en = format!("compensation, {}: {side} for {t} t{sure}", paid.model);
        let zh = format!("碳补偿，{}：{side_zh} {t} t{sure_zh}", paid.model_zh);
        let _ = writeln!(out, "{}", lang.say(&en, &zh));
        for at in &paid.at {
            let (price, per, cny) = (&at.price, at.cny_per_t, at.cny.abs());
            line!(out, lang, "  {price} {per} CNY/t: {cny:.2} CNY" => "  {price} {per} 元/t：{cny:.2} 元");
        }
    }
    if let Some(paid) = models.first() {
        let _ = writeln!(out, "  {}", lang.say(&paid.assumes, &paid.assumes_zh));
    }
}

fn render_parcels(out: &mut String, parcels: &[LargeParcel], lang: Lang) {
    if !parcels.is_empty() {
        line!(out, lang, "parcels that weigh most" => "排放最多的地块");
    }
    for p in parcels {
        let (id, land_use, t, pct) = (&p.id, &p.land_use, tonnes(p.gross_t), 100.0 * p.share_of_parcel);
        line!(out, lang, "  {id}  land use {land_use}  {t} t ({pct:.1} % of the parcel)"
            => "  {id}  用地 {land_use}  {t} t（占该地块的 {pct:.1} %）");
    }
}

fn render_inventory(out: &mut String, lines: &[serde_json::Value], lang: Lang) {
    if !lines.is_empty() {
        let head =
            lang.say("activity lines behind the budgets (city totals)", "预算背后的活动数据（全市总量）");
        let _ = writeln!(out, "{head}");
    }
    for l in lines {
        let _ = writeln!(
            out,
            "  {} · {}: {} {} × {:.6} {} → {} t CO2e  [{} {}, {}]",
            sector(l["sector"].as_str().unwrap_or(""), lang),
            l["label"].as_str().unwrap_or(""),
            l["amount"],
            l["unit"].as_str().unwrap_or(""),
            l["factor_value"].as_f64().unwrap_or(f64::NAN),
            l["factor_unit"].as_str().unwrap_or(""),
            tonnes(l["result_t"].as_f64().unwrap_or(f64::NAN)),
            l["file"].as_str().unwrap_or(""),
            l["cell"].as_str().unwrap_or(""),
            l["factor_id"].as_str().unwrap_or("")
        );
    }
}
