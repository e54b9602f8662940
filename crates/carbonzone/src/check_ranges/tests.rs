use super::*;
use crate::studies::{Counties, RasterSeries};
use crate::study::Study;
use carbonzone_zoning::ZoningScheme;
use std::collections::BTreeSet;
use toml::Value;

const PARCELS: &str = include_str!("samples/parcels.toml");
const ACTIVITY: &str = include_str!("samples/activity.toml");
const COUNTIES: &str = include_str!("samples/counties.toml");
const SERIES: &str = include_str!("samples/raster_series.toml");

/// Keys whose number may be any: a seed, the value that means "no value", the number of a band (which must be there).
const ANY: [&str; 3] = ["seed", "nodata", "band"];

type Keys = Vec<String>;

/// Keys of all numbers below a value.
fn numbers(value: &Value, at: &[String], out: &mut Vec<Keys>) {
    let mut below = |key: String, value: &Value| numbers(value, &[at, &[key]].concat(), out);
    match value {
        Value::Table(table) => table.iter().for_each(|(k, v)| below(k.clone(), v)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| below(i.to_string(), v)),
        Value::Integer(_) | Value::Float(_) => out.push(at.to_vec()),
        _ => {}
    }
}

/// Keys of all numbers of a schema: `*` stands for any name, `0` for any place in a list.
fn numbers_of_schema(schema: &serde_json::Value) -> BTreeSet<Keys> {
    let mut out = BTreeSet::new();
    below_schema(schema, schema, &[], &mut out);
    out
}

fn below_schema(root: &serde_json::Value, node: &serde_json::Value, at: &[String], out: &mut BTreeSet<Keys>) {
    let mut below = |key: &str, node| below_schema(root, node, &[at, &[key.to_owned()]].concat(), out);
    let map = |key: &str| node.get(key).and_then(serde_json::Value::as_object).into_iter().flatten();
    map("properties").for_each(|(key, node)| below(key, node));
    node.get("additionalProperties").into_iter().for_each(|node| below("*", node));
    node.get("items").into_iter().for_each(|node| below("0", node));
    let list = |key: &str| node.get(key).and_then(serde_json::Value::as_array).into_iter().flatten();
    for of_it in ["anyOf", "oneOf", "allOf"].into_iter().flat_map(list) {
        below_schema(root, of_it, at, out);
    }
    if let Some(path) = node.get("$ref").and_then(serde_json::Value::as_str) {
        below_schema(root, root.pointer(path.trim_start_matches('#')).unwrap(), at, out);
    }
    let types = node.get("type").map(|t| t.as_array().cloned().unwrap_or_else(|| vec![t.clone()]));
    if types.into_iter().flatten().any(|t| t == "number" || t == "integer") {
        out.insert(at.to_vec());
    }
}

/// Whether the keys of a file are those of a schema.
fn is_of(keys: &[String], of_schema: &[String]) -> bool {
    let same = |(key, pattern): (&String, &String)| {
        pattern == "*" || key == pattern || (pattern == "0" && key.parse::<usize>().is_ok())
    };
    keys.len() == of_schema.len() && keys.iter().zip(of_schema).all(same)
}

fn replaced(value: &Value, keys: &[String], new: &Value) -> Value {
    let mut out = value.clone();
    let mut place = &mut out;
    for key in keys {
        place = match place {
            Value::Table(table) => table.get_mut(key).unwrap(),
            Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
            _ => unreachable!(),
        };
    }
    *place = new.clone();
    out
}

/// The text with other values in one of its sections.
fn with(text: &str, section: &str, values: Value) -> String {
    let mut all: toml::Table = toml::from_str(text).unwrap();
    all.insert(section.to_owned(), values);
    toml::to_string(&all).unwrap()
}

/// `[zoning]` with levels by cuts and by deviations, and schemes of one's own with both.
fn zonings() -> Vec<Value> {
    let fixed = |cuts: Vec<f64>| LevelRule::Fixed {
        cuts,
        equality: carbonzone_zoning::scheme::Equality::default(),
        tolerance: 1e-9,
    };
    let named = |scheme: &str, config: &ZoningConfig| {
        let mut out = toml::Table::try_from(config).unwrap();
        out.insert("scheme".to_owned(), scheme.into());
        Value::Table(out)
    };
    let guiyang = |rule: LevelRule| {
        let config = ZoningConfig {
            economic_levels: Some(rule.clone()),
            ecological_levels: Some(rule),
            gdp_total: Some(1.0),
            borderline_pct: Some(5.0),
            measures: vec![toml::from_str(MEASURE).unwrap()],
            ..ZoningConfig::default()
        };
        named("guiyang_three_levels", &config)
    };
    let own = |rule: LevelRule| {
        let mut scheme = ZoningScheme::guiyang();
        (scheme.economic.rule, scheme.ecological.rule) = (rule.clone(), rule);
        let config = ZoningConfig { own: Some(scheme), ..ZoningConfig::default() };
        named("own", &config)
    };
    let rules = [fixed(vec![0.5, 1.5]), LevelRule::MeanSd { k: 1.0 }];
    rules.into_iter().flat_map(|rule| [guiyang(rule.clone()), own(rule)]).collect()
}

/// A measure with both limits.
const MEASURE: &str = "key = 'a'\ntext = { en = 'a' }\nwhen = [{ quantity = 'share.industry', at_least = 20.0, below = 80.0 }]\n";

/// Whether the pipeline of this text is refused: it does not parse, or a check finds an error.
fn refused<P: serde::de::DeserializeOwned>(text: String, check: fn(&Loaded<P>) -> Findings) -> bool {
    let Ok(pipeline) = toml::from_str(&text) else { return true };
    check(&Loaded::new("x.toml".as_ref(), text, pipeline)).blocks()
}

/// What `check` says of a pipeline of parcels, and the inventory of its own numbers.
fn check_parcels(loaded: &Loaded) -> Findings {
    let mut findings = crate::check_pipeline::check(loaded);
    if let Some(activity) = &loaded.pipeline.inventory.activity {
        carbonzone_inventory::check_numbers(activity, &mut findings);
    }
    findings
}

/// Numbers that make no sense anywhere, or only at some keys.
fn bad_numbers(keys: &[String]) -> Vec<Value> {
    let mut out: Vec<Value> = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Value::Float).into();
    let last = keys.last().map_or("", String::as_str);
    let within = |name: &str| keys.iter().any(|k| k == name);
    // Limits of valid values and cuts of levels: any finite number.
    if last.starts_with("valid_") || within("cuts") {
        return out;
    }
    out.extend([1e300, -1e300].map(Value::Float));
    out.extend([i64::MAX, i64::from(i32::MIN)].map(Value::Integer));
    // Tonnes there may be so many.
    if keys.iter().any(|k| k.contains("year")) {
        out.push(Value::Integer(i64::from(i32::MAX)));
    }
    // A decline, and a target that allows growth.
    if !["growth_pct", "reduction_pct"].contains(&last) {
        out.extend([Value::Float(-1.5), Value::Integer(-1)]);
    }
    out
}

/// Puts bad numbers at the place of each number of sound pipelines; gives those that pass, and the keys of the schema that no
/// pipeline has.
fn accepted<P: serde::de::DeserializeOwned + schemars::JsonSchema>(
    texts: &[String],
    check: fn(&Loaded<P>) -> Findings,
) -> (Vec<String>, Vec<String>) {
    let schema = serde_json::to_value(schemars::schema_for!(P)).unwrap();
    let mut unseen = numbers_of_schema(&schema);
    unseen.retain(|keys| !keys.last().is_some_and(|k| ANY.contains(&k.as_str())));
    assert!(unseen.len() > 20);
    let mut out = Vec::new();
    for text in texts {
        let sound: Value = toml::from_str(text).unwrap();
        let said = check(&Loaded::new("x.toml".as_ref(), text.clone(), toml::from_str(text).unwrap()));
        assert!(!said.blocks(), "the pipeline itself is refused: {:?}", said.items);
        let mut all = Vec::new();
        numbers(&sound, &[], &mut all);
        all.retain(|keys| !keys.last().is_some_and(|k| ANY.contains(&k.as_str())));
        for keys in all {
            unseen.retain(|of_schema| !is_of(&keys, of_schema));
            for bad in bad_numbers(&keys) {
                let text = toml::to_string(&replaced(&sound, &keys, &bad)).unwrap();
                if !refused(text, check) {
                    out.push(format!("{} = {bad}", keys.join(".")));
                }
            }
        }
    }
    (out, unseen.into_iter().map(|keys| keys.join(".")).collect())
}

#[test]
fn no_number_of_a_pipeline_may_be_negative_or_no_number_or_absurdly_large() {
    let nothing = (Vec::<String>::new(), Vec::<String>::new());
    let range = PARCELS.replacen("year = 2020\n", "first_year = 2020\nlast_year = 2020\n", 1);
    let zoned = |text: &str| zonings().into_iter().map(|z| with(text, "zoning", z)).collect::<Vec<_>>();
    let texts = [vec![PARCELS.to_owned(), ACTIVITY.to_owned(), range], zoned(PARCELS)].concat();
    assert_eq!(accepted(&texts, check_parcels), nothing);
    let range = COUNTIES.replacen("years = [2015, 2020]\n", "first_year = 2014\nlast_year = 2015\n", 1);
    let one = COUNTIES.replacen("years = [2015, 2020]\n", "year = 2015\n", 1);
    let texts = [vec![COUNTIES.to_owned(), range, one], zoned(COUNTIES)].concat();
    assert_eq!(accepted(&texts, <Counties as Study>::check), nothing);
    let years = "years = [2001, 2002, 2003, 2004, 2005]\n";
    let given = |years| SERIES.replacen("first_year = 2001\nlast_year = 2005\n", years, 1);
    let texts = [SERIES.to_owned(), given(years), given("year = 2003\n")];
    assert_eq!(accepted(&texts, <RasterSeries as Study>::check), nothing);
}

#[test]
fn all_numbers_out_of_range_are_named_at_once() {
    let text = PARCELS
        .replace("primary = 1.0", "primary = -0.5, rail = nan")
        .replace("smoothing = 0.0", "smoothing = -1.0")
        .replace("forest = 1.0", "forest = -5.0, grass = 100.0");
    let pipeline = toml::from_str(&text).unwrap();
    let findings = crate::check_pipeline::check(&Loaded::new("x.toml".as_ref(), text, pipeline));
    let found: Vec<&str> = findings.items.iter().filter_map(|f| f.field.as_deref()).collect();
    assert_eq!(
        found,
        [
            "layers.roads.class_weights.primary",
            "layers.roads.class_weights.rail",
            "sinks.coefficients_t_ha.forest",
            "allocate.0.smoothing"
        ]
    );
    assert!(findings.items.iter().all(|f| f.code == "out_of_range" && f.span.is_some()));
}
