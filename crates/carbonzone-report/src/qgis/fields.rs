//! How QGIS shows the fields of a layer: names and units, words for their values, the display name, the map tip.

use super::xml::{El, el};
use crate::{Label, Lang, MapLayer, words};
use carbonzone_types::RunManifest;
use std::fmt::Write as _;

/// Space types whose values are shown in words.
const LAND: [&str; 21] = [
    "cultivated_garden",
    "forest",
    "grassland",
    "commercial",
    "industrial",
    "mining",
    "urban_residential",
    "rural_homestead",
    "admin_public",
    "park",
    "municipal_utilities",
    "special",
    "transport_road",
    "transport_rail",
    "transport_air",
    "transport_water",
    "transport_other",
    "water",
    "facility_agri",
    "unused",
    "built_up",
];

/// Parts of a style that these elements belong to.
pub(crate) const CATEGORIES: &str = "Symbology|Labeling|Fields|Forms|MapTips|LayerConfiguration";

/// Name of a field with its unit: `Gross emission (t CO₂e)`.
fn alias(manifest: &RunManifest, field: &str) -> Label {
    if let Some(index) = manifest.indicators.iter().find(|i| i.key == field && !i.label_en.is_empty()) {
        return Label::new(index.label_en.clone(), index.label_zh.clone());
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
            Some(LAND.iter().map(|k| ((*k).to_owned(), words::land_group(k).text(lang))).collect())
        }
        _ => None,
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
    let name = if fields.contains(&"name") { "coalesce(\"name\", \"unit_id\")" } else { "\"unit_id\"" };
    vec![
        el("fieldConfiguration").children(maps),
        el("aliases").children(aliases),
        el("previewExpression").text(name),
        el("mapTip").text(tip(&fields, manifest, name, shown, lang)),
    ]
}

/// What is advised for the class of a zone, as an expression that QGIS evaluates.
fn advice(fields: &[&str], manifest: &RunManifest, lang: Lang) -> String {
    let field = if fields.contains(&crate::ZONE_OF_MEAN) { crate::ZONE_OF_MEAN } else { "zone" };
    let advised: Vec<_> = manifest.zone_classes.iter().filter(|c| !c.guidance.measures.is_empty()).collect();
    if !fields.contains(&field) || advised.is_empty() {
        return String::new();
    }
    let mut cases = String::new();
    for class in advised {
        let item = |m: &carbonzone_types::Statement| {
            format!(
                "<li>{}</li>",
                crate::xml_text::escaped(&Label::new(m.en.clone(), m.zh.clone()).text(lang))
            )
        };
        let list: String = class.guidance.measures.iter().map(item).collect();
        let _ = write!(
            cases,
            " WHEN \"{field}\" = {} THEN {}",
            quoted(&class.key),
            quoted(&format!("<ul>{list}</ul>"))
        );
    }
    format!("[% CASE{cases} ELSE '' END %]")
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
            unit if unit.en.is_empty() => format!("coalesce(round(\"{field}\", 3), \"{field}\", '–')"),
            _ => format!("coalesce(format_number(\"{field}\", 0), '–')"),
        };
        let label = crate::xml_text::escaped(&alias(manifest, field).text(lang));
        let _ = write!(rows, "<tr><td>{label}</td><td>[% {value} %]</td></tr>");
    }
    format!("<b>[% {name} %]</b><table>{rows}</table>{}", advice(fields, manifest, lang))
}
