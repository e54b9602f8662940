//! How QGIS shows the fields of a layer: names and units, words for their values, the display name, the map tip.

use super::xml::{El, el};
use crate::confidence::SAFETIES;
use crate::measures::{Advised, advised};
use crate::{Label, Lang, MapLayer, words};
use carbonzone_types::{GuidanceRecord, RunManifest, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Space types whose values are shown in words; between blanks.
const LAND: &str = "cultivated_garden forest grassland commercial industrial mining urban_residential rural_homestead \
    admin_public park municipal_utilities special transport_road transport_rail transport_air \
    transport_water transport_other water facility_agri unused built_up";

/// Parts of a style that these elements belong to.
pub(crate) const CATEGORIES: &str = "Symbology|Labeling|Fields|Forms|MapTips|LayerConfiguration";

fn alias_of_index(manifest: &RunManifest, field: &str) -> Option<Label> {
    let index = manifest.indicators.iter().find(|i| i.key == field && !i.label_en.is_empty())?;
    Some(Label::new(index.label_en.clone(), index.label_zh.clone()))
}

/// Name of a field with its unit: `Gross emission (t CO₂e)`.
fn alias(manifest: &RunManifest, field: &str) -> Label {
    if let Some(index) = alias_of_index(manifest, field) {
        return index;
    }
    if let Some(stem) = field.strip_suffix("_of_mean").filter(|stem| *stem != "zone") {
        return alias(manifest, stem).then(&words::bracketed(&words::mean_of_years()));
    }
    if let Some((stem, quantile)) = words::quantile(field) {
        let unit = words::field_unit(field);
        let name = alias_of_index(manifest, stem).unwrap_or_else(|| words::field(stem)).then(&quantile);
        return if unit.en.is_empty() { name } else { name.then(&words::bracketed(&unit)) };
    }
    let class = field.strip_prefix("p_").and_then(|key| manifest.zone_classes.iter().find(|c| c.key == key));
    if let Some(class) = class {
        let (en, zh) = (format!("Probability: {}", class.label_en), format!("概率：{}", class.label_zh));
        return Label::new(en, zh);
    }
    let (name, unit) = (words::field(field), words::field_unit(field));
    if unit.en.is_empty() { name } else { name.then(&words::bracketed(&unit)) }
}

fn text(name: &str, value: &str) -> El {
    el("Option").a("name", name).a("type", "QString").a("value", value)
}

/// The values of a field in words; `None` where they stand for themselves.
fn values(manifest: &RunManifest, field: &str, lang: Lang) -> Option<Vec<(String, String)>> {
    match field {
        "zone" | "zone_modal" | crate::ZONE_OF_MEAN => {
            let class = |c: &carbonzone_types::ZoneClassRecord| {
                (c.key.clone(), Label::new(c.label_en.clone(), c.label_zh.clone()).text(lang))
            };
            Some(manifest.zone_classes.iter().map(class).collect())
        }
        "space_type" => {
            Some(LAND.split(' ').map(|k| (k.to_owned(), words::land_group(k).text(lang))).collect())
        }
        _ => {
            let of = |words: fn(&str) -> Label, keys: &[&'static str]| {
                keys.iter().map(|key| (*key, words(key))).collect()
            };
            let said: Vec<(&str, Label)> = match field.trim_end_matches("_of_mean") {
                "balance_state" => of(words::balance_state, &["source", "balanced", "sink"]),
                f if f.ends_with("confidence_class") => of(words::safety, &SAFETIES),
                f if f.ends_with("confidence_driver") => {
                    of(words::driver, &["activity", "factors", "proxies", "gdp", "choices"])
                }
                f => crate::style::words_of(f),
            };
            let told = |(key, label): (&str, Label)| (key.to_owned(), label.text(lang));
            Some(said.into_iter().map(told).collect::<Vec<_>>()).filter(|said| !said.is_empty())
        }
    }
}

fn value_map(field: &str, values: &[(String, String)]) -> El {
    let one = |(key, label): &(String, String)| el("Option").a("type", "Map").child(text(label, key));
    let map = el("Option").a("type", "List").a("name", "map").children(values.iter().map(one));
    let config = el("config").child(el("Option").a("type", "Map").child(map));
    el("field")
        .a("name", field)
        .a("configurationFlags", "None")
        .child(el("editWidget").a("type", "ValueMap").child(config))
}

/// Elements of a layer of the project or of a style: field names, value maps, display name, map tip with `shown`.
pub(crate) fn field_setup(
    layer: &MapLayer,
    manifest: &RunManifest,
    shown: Option<&str>,
    lang: Lang,
) -> Vec<El> {
    let fields: Vec<&str> = layer.table.columns.iter().map(|c| c.name.as_str()).collect();
    let maps = fields.iter().filter_map(|f| Some(value_map(f, &values(manifest, f, lang)?)));
    let aliases = fields.iter().enumerate().map(|(i, field)| {
        el("alias").a("field", *field).a("index", i).a("name", alias(manifest, field).text(lang))
    });
    let computed: Vec<(&str, Label, String)> = computed(layer, &fields, manifest, lang);
    let named = computed.iter().enumerate().map(|(i, (field, name, _))| {
        el("alias").a("field", *field).a("index", fields.len() + i).a("name", name.text(lang))
    });
    let name = &name_expression(layer);
    let expressions = computed.iter().map(|(field, _, expression)| computed_field(field, expression));
    let mut out = vec![
        el("fieldConfiguration")
            .children(maps.chain(computed.iter().map(|(field, ..)| several_lines(field)))),
        el("aliases").children(aliases.chain(named)),
        el("previewExpression").text(name),
        el("mapTip").text(tip(&fields, manifest, name, shown, lang)),
    ];
    if !computed.is_empty() {
        out.push(el("expressionfields").children(expressions));
    }
    out
}

/// The fields that QGIS computes for the attribute form: what is advised for the unit, and for its class.
fn computed(
    layer: &MapLayer,
    fields: &[&str],
    manifest: &RunManifest,
    lang: Lang,
) -> Vec<(&'static str, Label, String)> {
    let own = carries_measures(layer).then(|| {
        let name = Label::new("Measures its own numbers call for", "由其自身数值得出的措施");
        (OWN_MEASURES, name, format!("coalesce(map_get(from_json(@{OWN_MEASURES}), \"unit_id\"), '')"))
    });
    let of_class = advice(fields, manifest, |g| as_lines(g, lang)).map(|expression| {
        (MEASURES, Label::new("Measures advised for the class", "该类分区的建议措施"), expression)
    });
    own.into_iter().chain(of_class).filter(|(field, ..)| !fields.contains(field)).collect()
}

/// True for units of one year whose measures a project carries.
fn carries_measures(layer: &MapLayer) -> bool {
    layer.has("zone") && layer.has("unit_id") && !layer.has("year") && layer.table.rows() <= MOST_UNITS
}

/// What the numbers of every unit call for, by its id, as JSON: a variable of the project. `None` where nothing is advised, of
/// several years, and of many units, whose measures stand in `measures.csv`.
pub(super) fn own_measures(layer: &MapLayer, manifest: &RunManifest, lang: Lang) -> Option<String> {
    if !carries_measures(layer) {
        return None;
    }
    let line = |a: &Advised| {
        let because = Label::new(" Because: ", "依据：").then(&a.because);
        format!("• {}", a.text.then(&because).text(lang))
    };
    let lines = |all: &Vec<Advised>| all.iter().map(line).collect::<Vec<_>>().join("\n");
    let ids = layer.table.texts("unit_id")?;
    let all = advised(manifest, &layer.table);
    let told: BTreeMap<String, String> = ids
        .into_iter()
        .zip(&all)
        .filter(|(_, all)| !all.is_empty())
        .filter_map(|(id, all)| Some((id?, lines(all))))
        .collect();
    (!told.is_empty()).then(|| serde_json::json!(told).to_string())
}

/// The name of a unit; one that several units bear with the district, as in the report.
fn name_expression(layer: &MapLayer) -> String {
    let Some(names) = layer.table.texts("name") else { return "\"unit_id\"".to_owned() };
    let plain = "coalesce(\"name\", \"unit_id\")";
    if layer.table.get("district").is_none() {
        return plain.to_owned();
    }
    let shown = layer.labels();
    let repeated = |(name, shown): (&Option<String>, &Label)| name.clone().filter(|n| *n != shown.zh);
    let repeated: BTreeSet<String> = names.iter().zip(&shown).filter_map(repeated).collect();
    if repeated.is_empty() {
        return plain.to_owned();
    }
    let all: Vec<String> = repeated.iter().map(|n| quoted(n)).collect();
    let district = "coalesce(\"district\", \"unit_id\")";
    format!(
        "{plain} || CASE WHEN \"name\" IN ({}) THEN ' (' || {district} || ')' ELSE '' END",
        all.join(", ")
    )
}

/// What is advised for the class of a zone, as an expression that QGIS evaluates; `None` where nothing is.
fn advice(
    fields: &[&str],
    manifest: &RunManifest,
    words: impl Fn(&GuidanceRecord) -> String,
) -> Option<String> {
    let field = if fields.contains(&crate::ZONE_OF_MEAN) { crate::ZONE_OF_MEAN } else { "zone" };
    let advised: Vec<_> = manifest.zone_classes.iter().filter(|c| !c.guidance.measures.is_empty()).collect();
    if !fields.contains(&field) || advised.is_empty() {
        return None;
    }
    let mut cases = String::new();
    for class in advised {
        let (key, said) = (quoted(&class.key), quoted(&words(&class.guidance)));
        let _ = write!(cases, " WHEN \"{field}\" = {key} THEN {said}");
    }
    Some(format!("CASE{cases} ELSE '' END"))
}

fn said(statement: &Statement, lang: Lang) -> String {
    Label::new(statement.en.clone(), statement.zh.clone()).text(lang)
}

/// As a list for the map tip.
fn as_list(guidance: &GuidanceRecord, lang: Lang) -> String {
    let item = |m: &Statement| format!("<li>{}</li>", crate::xml_text::escaped(&said(m, lang)));
    format!("<ul>{}</ul>", guidance.measures.iter().map(item).collect::<String>())
}

/// As lines for the attribute form.
fn as_lines(guidance: &GuidanceRecord, lang: Lang) -> String {
    let lines = guidance.measures.iter().map(|m| format!("• {}", said(m, lang)));
    std::iter::once(said(&guidance.characteristics, lang)).chain(lines).collect::<Vec<_>>().join("\n")
}

/// A field that QGIS computes: what is advised, in the attribute form and wherever a feature is identified.
const MEASURES: &str = "measures";

/// What the unit's own numbers call for: a field, and the variable of the project that it reads.
pub(super) const OWN_MEASURES: &str = "own_measures";
/// Units at most whose measures a project carries.
const MOST_UNITS: usize = 300;

fn computed_field(name: &str, expression: &str) -> El {
    let field = el("field").a("name", name).a("type", 10).a("typeName", "string").a("subType", 0);
    field.a("length", 0).a("precision", 0).a("comment", "").a("expression", expression)
}

/// Several lines in the form.
fn several_lines(field: &str) -> El {
    let yes = el("Option").a("name", "IsMultiline").a("type", "bool").a("value", true);
    let config = el("config").child(el("Option").a("type", "Map").child(yes));
    el("field")
        .a("name", field)
        .a("configurationFlags", "None")
        .child(el("editWidget").a("type", "TextEdit").child(config))
}

/// A field that is true or false, in words.
fn yes_or_no(field: &str, lang: Lang) -> String {
    let [yes, no] = [Label::new("yes", "是"), Label::new("no", "否")].map(|l| quoted(&l.text(lang)));
    format!("CASE WHEN \"{field}\" THEN {yes} ELSE {no} END")
}

/// A text of an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Name, class, and the numbers that matter; the one shown first.
fn tip(fields: &[&str], manifest: &RunManifest, name: &str, shown: Option<&str>, lang: Lang) -> String {
    let mut wanted: Vec<&str> = shown.into_iter().collect();
    wanted.extend(["zone", "space_type", "gross_t", "sink_t", "net_t"]);
    let mut rows = String::new();
    for (i, field) in wanted.iter().enumerate() {
        if !fields.contains(field) || wanted[..i].contains(field) {
            continue;
        }
        let value = match words::field_unit(field) {
            _ if values(manifest, field, lang).is_some() => format!("represent_value(\"{field}\")"),
            _ if *field == "borderline" => yes_or_no(field, lang),
            unit if unit.en.is_empty() => format!("coalesce(round(\"{field}\", 3), \"{field}\", '–')"),
            _ => format!("coalesce(format_number(\"{field}\", 0), '–')"),
        };
        let label = crate::xml_text::escaped(&alias(manifest, field).text(lang));
        let _ = write!(rows, "<tr><td>{label}</td><td>[% {value} %]</td></tr>");
    }
    let advised = advice(fields, manifest, |g| as_list(g, lang)).map(|e| format!("[% {e} %]"));
    format!("<b>[% {name} %]</b><table>{rows}</table>{}", advised.unwrap_or_default())
}
