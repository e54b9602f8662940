//! Sheets made of what the run records: sectors, zone classes, rules, factors, indices, ledger, findings.

use super::Book;
use crate::tables;
use carbonzone_report::chinese::{self, FindingText};
use carbonzone_report::{Label, Lang, words};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{
    AttributeTable, ColumnData, Finding, IndicatorRecord, Ledger, RuleRecord, Severity, Statement,
    ZoneClassRecord,
};

/// A column of texts, one per row; empty ones are blank.
fn texts<T>(rows: &[T], of: impl Fn(&T) -> String) -> ColumnData {
    ColumnData::Text(rows.iter().map(|row| Some(of(row)).filter(|t| !t.is_empty())).collect())
}

fn reals<T>(rows: &[T], of: impl Fn(&T) -> Option<f64>) -> ColumnData {
    ColumnData::Real(rows.iter().map(of).collect())
}

/// What is advised for a class, one after the other.
fn measures(class: &ZoneClassRecord, text: fn(&Statement) -> &String, between: &str) -> String {
    class.guidance.measures.iter().map(|m| text(m).as_str()).collect::<Vec<_>>().join(between)
}

impl Book<'_> {
    /// A sentence of the program in the language of the workbook.
    fn said(&self, en: &str) -> String {
        if self.lang == Lang::Zh { chinese::text(en) } else { en.to_owned() }
    }

    /// A word of the program in the language of the workbook.
    fn said_word(&self, en: &str) -> String {
        if self.lang == Lang::Zh { chinese::word(en) } else { en.to_owned() }
    }

    /// A table without the columns of the other language.
    pub(super) fn in_language(&self, mut table: AttributeTable) -> AttributeTable {
        let [english, chinese] = [["_en", "english", "meaning"], ["_zh", "中文", "含义"]];
        let other: &[&str] = match self.lang {
            Lang::Zh => &english,
            Lang::En => &chinese,
            Lang::Both => &[],
        };
        table.columns.retain(|c| !other.iter().any(|end| c.name.ends_with(end)));
        table
    }

    /// Totals of the city, also of what lies outside every zone.
    pub(super) fn sectors(&self) -> OutSheet {
        let totals = &self.record.totals;
        let sign = |sector: &str| if sector == "sink" { -1.0 } else { 1.0 };
        let share = |t: f64, base: f64| (base != 0.0).then(|| 100.0 * t / base);
        let mut rows: Vec<(String, f64)> =
            totals.sectors.iter().map(|s| (s.sector.clone(), sign(&s.sector) * s.amount_t)).collect();
        rows.extend([("gross", totals.gross_t), ("net", totals.net_t)].map(|(n, t)| (n.to_owned(), t)));
        let label = |name: &str| match name {
            "gross" | "net" => words::field(&format!("{name}_t")),
            other => words::sector(other),
        };
        let table = AttributeTable::new()
            .with("sector", texts(&rows, |r| r.0.clone()))
            .with("english", texts(&rows, |r| label(&r.0).en))
            .with("中文", texts(&rows, |r| label(&r.0).zh))
            .with("amount_t", reals(&rows, |r| Some(r.1)))
            .with("of_gross_pct", reals(&rows, |r| share(r.1, totals.gross_t)))
            .with("of_net_pct", reals(&rows, |r| share(r.1, totals.net_t)));
        self.table("sectors", &self.in_language(table))
    }

    /// Zone classes with counts, in their colours.
    pub(super) fn classes(&self) -> Option<OutSheet> {
        let all = self.record.zone_classes.as_slice();
        let total: u64 = all.iter().map(|c| c.count).sum();
        let share = |c: &ZoneClassRecord| Some(100.0 * c.count as f64 / total.max(1) as f64);
        let table = AttributeTable::new()
            .with("zone", texts(all, |c| c.key.clone()))
            .with("zone_id", ColumnData::Int(all.iter().map(|c| Some(i64::from(c.id))).collect()))
            .with("zone_en", texts(all, |c| c.label_en.clone()))
            .with("zone_zh", texts(all, |c| c.label_zh.clone()))
            .with("units", ColumnData::Int(all.iter().map(|c| Some(c.count as i64)).collect()))
            .with("units_pct", reals(all, share))
            .with("characteristics_en", texts(all, |c| c.guidance.characteristics.en.clone()))
            .with("characteristics_zh", texts(all, |c| c.guidance.characteristics.zh.clone()))
            .with("measures_en", texts(all, |c| measures(c, |m| &m.en, " ")))
            .with("measures_zh", texts(all, |c| measures(c, |m| &m.zh, "")))
            .with("guidance_source", texts(all, |c| self.said(&c.guidance.source)));
        (!all.is_empty()).then(|| self.table("zone_classes", &self.in_language(table)))
    }

    /// The rules of the allocation as they were applied.
    pub(super) fn rules(&self) -> Option<OutSheet> {
        let rules = self.record.rules.as_slice();
        let used = |r: &RuleRecord| r.used.and_then(|i| r.proxies.get(i)).cloned().unwrap_or_default();
        let declared =
            |r: &RuleRecord| r.proxies.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let table = AttributeTable::new()
            .with("rule", texts(rules, |r| r.id.clone()))
            .with("sector", texts(rules, |r| r.sector.clone()))
            .with("activity", texts(rules, |r| r.activity.clone()))
            .with("land_groups", texts(rules, |r| r.land_groups.join(", ")))
            .with("budget_t", reals(rules, |r| Some(r.budget_t)))
            .with("budget_source", texts(rules, |r| self.said(&r.budget_source)))
            .with("proxy_used", texts(rules, |r| used(r).name))
            .with("proxies", texts(rules, declared))
            .with("smoothing", reals(rules, |r| Some(r.smoothing)))
            .with("weight_total", reals(rules, |r| Some(r.weight_total)))
            .with("weight_unit", texts(rules, |r| used(r).unit))
            .with("parcels", ColumnData::Int(rules.iter().map(|r| Some(r.parcels as i64)).collect()))
            .with("point_sources_t", reals(rules, |r| Some(r.point_sources_t)))
            .with("placed_t", reals(rules, |r| Some(r.placed_t)))
            .with("unallocated_t", reals(rules, |r| Some(r.unallocated_t)));
        (!rules.is_empty()).then(|| self.table("rules", &table))
    }

    /// Factor and coefficient sets with how well they are verified.
    pub(super) fn factors(&self) -> Option<OutSheet> {
        let sets = self.record.factor_sets.as_slice();
        let table = AttributeTable::new()
            .with("set", texts(sets, |s| s.set.clone()))
            .with("purpose", texts(sets, |s| self.said(&s.purpose)))
            .with("status", texts(sets, |s| self.said_word(&s.status)))
            .with("amount_t", reals(sets, |s| s.amount_t))
            .with("unverified_t", reals(sets, |s| s.unverified_t))
            .with("source", texts(sets, |s| s.source.clone()));
        (!sets.is_empty()).then(|| self.table("factors", &table))
    }

    /// The rule of the zoning: indices, their thresholds and what a value on one of them is.
    pub(super) fn indices(&self) -> Option<OutSheet> {
        let all = self.record.indicators.as_slice();
        let cuts =
            |i: &IndicatorRecord| i.thresholds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let side = |i: &IndicatorRecord| {
            let (en, zh) = if i.equal_is_above { ("above", "归上级") } else { ("below", "归下级") };
            if i.thresholds.is_empty() { String::new() } else { Label::new(en, zh).text(self.lang) }
        };
        let table = AttributeTable::new()
            .with("index", texts(all, |i| i.key.clone()))
            .with("english", texts(all, |i| i.label_en.clone()))
            .with("中文", texts(all, |i| i.label_zh.clone()))
            .with("thresholds", texts(all, cuts))
            .with("on_the_threshold", texts(all, side))
            .with("meaning", texts(all, |i| i.meaning.en.clone()))
            .with("含义", texts(all, |i| i.meaning.zh.clone()));
        (!all.is_empty()).then(|| self.table("indices", &self.in_language(table)))
    }

    /// Every tonne, and everything dropped, moved or repaired.
    pub(super) fn ledger(&self) -> Option<OutSheet> {
        let ledger = Ledger { rows: self.record.ledger.clone() };
        let mut table = tables::ledger(&ledger);
        for column in &mut table.columns {
            let ColumnData::Text(cells) = &mut column.data else { continue };
            for cell in cells.iter_mut().flatten() {
                match column.name.as_str() {
                    "note" => *cell = self.said(cell),
                    "stage" | "unit" => *cell = self.said_word(cell),
                    _ => {}
                }
            }
        }
        (!ledger.rows.is_empty()).then(|| self.table("ledger", &table))
    }

    /// What was noticed about the inputs, the gravest first.
    pub(super) fn findings(&self) -> Option<OutSheet> {
        let mut all: Vec<&Finding> = self.record.findings.iter().collect();
        all.sort_by_key(|f| std::cmp::Reverse(f.severity));
        let all = all.as_slice();
        let text = |of: fn(&Finding) -> &Option<String>| texts(all, |f| of(f).clone().unwrap_or_default());
        let words = |of: fn(FindingText) -> Option<String>| {
            texts(all, |f| of(FindingText::new(f, self.lang)).unwrap_or_default())
        };
        let severity = |f: &&Finding| match f.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Fatal => "fatal",
        };
        let table = AttributeTable::new()
            .with("severity", texts(all, |f| self.said_word(severity(f))))
            .with("code", texts(all, |f| f.code.clone()))
            .with("message", words(|f| Some(f.message)))
            .with("layer", texts(all, |f| self.said_word(f.layer.as_deref().unwrap_or_default())))
            .with("file", text(|f| &f.file))
            .with("feature", text(|f| &f.feature))
            .with("field", text(|f| &f.field))
            .with("value", text(|f| &f.value))
            .with("expected", words(|f| f.expected))
            .with("hint", words(|f| f.hint))
            .with("count", reals(all, |f| f.count.map(|n| n as f64)))
            .with("amount_t", reals(all, |f| f.amount_t));
        let warned = all.iter().map(|f| (f.severity >= Severity::Warning).then_some(0x00FF_F3C4)).collect();
        (!all.is_empty()).then(|| self.table("findings", &table).with_fill("severity", warned))
    }
}
