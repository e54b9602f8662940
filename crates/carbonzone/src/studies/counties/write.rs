//! What a counties study writes.

use super::changes;
use super::compute::Results;
use super::config::CountiesPipeline;
use super::inputs::Inputs;
use super::uncertainty::{CountyConfidence, Judgement, levels as level_classes};
use super::{Counties, report, tables};
use crate::error::Result;
use crate::explained::{Part, UnitPart, of_units};
use crate::load_config::Loaded;
use crate::manifest as shared;
use crate::output::{Columns, Layer, Output, Role, dissolved};
use crate::statistics::Statistics;
use crate::study::{Computed, Run};
use crate::{compensation, reference};
use crate::{maps, uncertainty, workbook};
use carbonzone_inventory::totals_of;
use carbonzone_types::{
    ConfidenceRecord, ExactSum, FactorSetRecord, FurtherConfidence, RunManifest, Statement, Totals,
};
use carbonzone_zoning::LevelCuts;
use carbonzone_zoning::one_axis::not_judged;
use carbonzone_zoning::scheme::Axis;
use std::sync::Arc;

fn zones_layer(loaded: &Loaded<CountiesPipeline>) -> String {
    loaded.pipeline.layers.zones.as_ref().map_or_else(|| "counties".to_owned(), |z| z.kind.clone())
}

/// Everything known before writing.
pub fn manifest(computed: Computed<'_, Counties>) -> RunManifest {
    let Computed { config: loaded, inputs, results, notes, balances } = computed;
    let mut out = RunManifest {
        study: "counties".to_owned(),
        zones_layer: zones_layer(loaded),
        sectors: inputs.sectors.clone(),
        totals: totals(inputs, results),
        indicators: shared::indicators(&results.scheme, &results.zoning, None),
        zone_classes: results.scheme.records(&results.zoning.overall),
        balances,
        summary: changes::summary(results),
        ..shared::common(loaded, &loaded.pipeline.city, inputs.crs.as_ref(), notes)
    };
    if inputs.published.is_none() {
        let own = super::activity::unverified(&loaded.pipeline).is_empty();
        let printed =
            "unverified: .021 is the usual value in t C/ha, 2.56 ten times the usual value of water";
        out.factor_sets.push(FactorSetRecord {
            set: if own { "own" } else { "guiyang" }.to_owned(),
            purpose: "sinks by land cover".to_owned(),
            status: if own { "user" } else { printed }.to_owned(),
            source: loaded.pipeline.sinks.source.clone(),
            amount_t: Some(out.totals.sink_t),
            unverified_t: (!own).then_some(out.totals.sink_t),
        });
    }
    out.statements.extend(level_statements(results));
    if inputs.published.is_none() {
        out.statements.extend(uncertainty::statements_of_years(results.confidence.is_some()));
    }
    out.confidence = confidence(inputs, results);
    let asked = loaded.pipeline.compensation.as_ref();
    compensation::note_in(&mut out, asked, results.compensation.as_ref());
    out.statistics = results.statistics.as_ref().map(Statistics::record);
    reference::note_in(&mut out, &results.references);
    out
}

/// What `run.json` keeps of the draws; the counts are those of the headline, by the mean over the years.
fn confidence(inputs: &Inputs, results: &Results) -> Option<ConfidenceRecord> {
    let found = results.confidence.as_ref()?;
    let ids = &inputs.zones.ids;
    let years: Vec<Option<i32>> = results.years.iter().map(|y| Some(y.year)).collect();
    let bases = years.iter().copied().chain(found.mean().map(|_| None));
    let of = |(basis, year): (usize, Option<i32>)| {
        ids.iter().zip(found.of(Judgement::Zone, basis)).map(move |(id, u)| ((id.as_str(), year), u))
    };
    let units: Vec<_> = bases.enumerate().flat_map(of).collect();
    let last = found.mean().unwrap_or(results.years.len() - 1);
    let headline: Vec<_> = found.of(Judgement::Zone, last).iter().collect();
    let mut out = uncertainty::record_of(found.draws(), &units, &headline, &results.zoning.mean.borderline);
    let axes = tables::axes(&results.scheme);
    if let Some(mean) = found.mean() {
        out.further.extend(axes.map(|axis| levels(ids, found, axis, &[(mean, None)])));
    }
    let bases: Vec<_> = years.into_iter().enumerate().collect();
    out.further.extend(axes.map(|axis| levels(ids, found, axis, &bases)));
    Some(out)
}

/// The levels of an index, judged in the same draws: positions of the bases and their years; none: the mean over them.
fn levels(
    ids: &[String],
    found: &CountyConfidence,
    (axis, what): (&Axis, Judgement),
    bases: &[(usize, Option<i32>)],
) -> FurtherConfidence {
    let last = bases.last().map_or(&[][..], |(basis, _)| found.of(what, *basis));
    let of_mean = bases.iter().any(|(_, year)| year.is_none());
    let index = axis.column.to_uppercase();
    let head = FurtherConfidence {
        field: tables::level_field(axis, if of_mean { tables::OF_MEAN } else { "" }),
        prefix: tables::level_prefix(axis),
        label_en: format!("{index} level"),
        label_zh: format!("{index} 等级"),
        indices: vec![axis.column.clone()],
        classes: level_classes(axis, last),
        ..FurtherConfidence::default()
    };
    let of = |&(basis, year): &(usize, Option<i32>)| {
        ids.iter().zip(found.of(what, basis)).map(move |(id, u)| (id.as_str(), year, u))
    };
    uncertainty::further(head, last, &bases.iter().flat_map(of).collect::<Vec<_>>())
}

/// The cuts of the levels, and what is not judged.
fn level_statements(results: &Results) -> Vec<Statement> {
    let s = &results.scheme;
    let pairs = [(&s.economic, &results.zoning.economic), (&s.ecological, &results.zoning.ecological)];
    let of = |word: &str, between: &str| {
        let one = |(axis, found): &(&Axis, &LevelCuts)| {
            let cuts: Vec<String> = found.cuts.iter().map(|c| format!("{c:.4}")).collect();
            format!("{} {word} {}", axis.column.to_uppercase(), cuts.join(", "))
        };
        pairs.iter().filter(|(axis, _)| axis.is_judged()).map(one).collect::<Vec<_>>().join(between)
    };
    let (en, zh) = (of("cuts", ", "), of("分界值", "，"));
    let cuts = Statement::new(
        format!(
            "Levels are judged on the mean over the years: {en}; the paper names no rule, several give its table."
        ),
        format!("等级按多年均值划分：{zh}；论文未说明划分规则，多种规则均可得到其结果表。"),
    );
    let last = results.years.last().map(|y| &y.indices);
    let idle = last.and_then(|last| not_judged(s, last.len(), &last.totals));
    std::iter::once(cuts).chain(idle).collect()
}

/// Totals of the last year.
fn totals(inputs: &Inputs, results: &Results) -> Totals {
    let Some(last) = results.years.last() else { return Totals::default() };
    let amounts = last.tonnes.sectors_t.iter().map(|t| ExactSum::of(t));
    let sectors: Vec<(String, f64)> = inputs.sectors.iter().cloned().zip(amounts).collect();
    let gross_t = sectors.iter().map(|(_, t)| t).sum();
    totals_of(&sectors, gross_t, ExactSum::of(&last.tonnes.sink_t))
}

/// Everything that a run of counties writes.
///
/// # Errors
/// If two years cannot be compared.
pub fn output(run: &Run<Counties>) -> Result<Output<'_>> {
    let Run { config, inputs, results, record } = run;
    let layer = &record.zones_layer;
    let county_table = tables::zones(inputs, results, inputs.areas.as_ref());
    let mut parts = vec![
        (layer.clone(), county_table.clone()),
        ("zoning".to_owned(), tables::overall(inputs, results)),
        ("changes".to_owned(), changes::changes_table(results, &changes::steps(&county_table)?)),
        ("transitions".to_owned(), changes::transitions_table(&county_table, results)?),
    ];
    if let Some(comparison) = &results.comparison {
        parts.push(("published_vs_computed".to_owned(), tables::published(comparison)));
        parts.push(("consistency".to_owned(), tables::consistency(comparison)));
    }
    let lang = maps::lang(config.pipeline.outputs.language);
    let sheets = workbook::sheets(record, &parts, lang);
    let mut out =
        Output { tables: parts, lang, workbooks: vec![(layer.clone(), sheets)], ..Output::default() };
    if inputs.crs.is_some() && inputs.areas.is_some() {
        out.extras = report::extras(inputs, results, record);
    }
    let asked = run.config.pipeline.compensation.as_ref();
    compensation::add_to(&mut out, asked, results.compensation.as_ref());
    let (Some(crs), Some(areas)) = (&inputs.crs, &inputs.areas) else {
        add_statistics(results, &mut out);
        return Ok(out);
    };
    let n = inputs.zones.ids.len() as u32;
    let repeat: Vec<u32> = inputs.years.iter().flat_map(|_| 0..n).collect();
    let long = Arc::new(inputs.zones.coverage.reordered(&repeat));
    let (codes, class_table) = tables::zone_classes(results, &areas.basis_m2);
    let classes = Arc::new(dissolved(&inputs.zones.coverage, &results.zoning.overall, &codes));
    out.crs = Some(crs);
    out.geojson = Some((long.clone(), county_table.clone()));
    out.layers = vec![
        Layer {
            name: layer.clone(),
            description: "Counties by year: emissions, sinks, indices, levels and zone".to_owned(),
            coverage: long,
            table: Columns::Own(county_table),
            parts: None,
            role: Role::Units,
        },
        Layer {
            name: "zones".to_owned(),
            description: "Carbon balance zones by the mean over the years, dissolved".to_owned(),
            coverage: classes,
            table: Columns::Own(class_table),
            parts: None,
            role: Role::Classes,
        },
    ];
    out.explained = of_units(layer, &inputs.zones.ids, parts_of_years(run));
    out.what_if.clone_from(&results.what_if);
    add_statistics(results, &mut out);
    Ok(out)
}

fn add_statistics(results: &Results, out: &mut Output<'_>) {
    if let Some(statistics) = &results.statistics {
        statistics.add_to(out);
    }
    reference::add_to(out, &results.references);
}

/// What a county's tonnes are made of in each year: the terms of equations 2 to 5, or the published totals.
fn parts_of_years(run: &Run<Counties>) -> Vec<UnitPart> {
    let Run { config, inputs, .. } = run;
    let p = &config.pipeline;
    let mut out = Vec::new();
    for year in &inputs.years {
        let mut add = |part: Part, weight: Vec<f64>, amount_t: &[f64]| {
            let part = Part { year: Some(year.year).filter(|_| inputs.years.len() > 1), ..part };
            out.push(UnitPart { part, weight, amount_t: amount_t.to_vec() });
        };
        if let Some(published) = &p.published {
            let printed = |sector: &str| Part {
                sector: sector.to_owned(),
                rule: "published".to_owned(),
                activity: "as printed".to_owned(),
                budget_source: published.source.clone(),
                ..Part::default()
            };
            let none = vec![0.0; inputs.zones.ids.len()];
            add(printed(&inputs.sectors[0]), none.clone(), &year.sectors_t[0]);
            add(printed("sink"), none, &year.sink_t);
            continue;
        }
        let source = p.activity.as_ref().map(|a| a.source.clone()).unwrap_or_default();
        let formula = |sector: &str, rule: &str, activity: String, unit: &str, source: &str| Part {
            sector: sector.to_owned(),
            rule: rule.to_owned(),
            activity,
            budget_source: source.to_owned(),
            proxy: unit.to_owned(),
            weight_unit: unit.to_owned(),
            ..Part::default()
        };
        let factors = &p.factors;
        let breath = format!("{} t CO2 per 10⁴ persons", factors.respiration_t_per_1e4_persons);
        let energy = format!("energy per GDP × GDP × {} t CO2 per tce", factors.energy_t_per_tce);
        let persons = year.population.iter().map(|v| v.unwrap_or(0.0)).collect();
        add(formula("respiration", "respiration", breath, "persons", &source), persons, &year.sectors_t[0]);
        add(formula("energy", "energy", energy, "tce", &source), year.energy_tce.clone(), &year.sectors_t[1]);
        for ((class, tonnes), hectares) in year.sink_by_class_t.iter().zip(&year.class_ha) {
            let coefficient = p.sinks.coefficients_t_ha.get(class).copied().unwrap_or(0.0);
            let text = format!("{class}: {coefficient} t per hectare");
            add(formula("sink", class, text, "ha", &p.sinks.source), hectares.clone(), tonnes);
        }
    }
    out
}
