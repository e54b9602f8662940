//! The choices of a pipeline file that could have been made otherwise, with the values that are tried.
//!
//! Tried: every option of `[[uncertainty.alternatives]]`; snap distances, the weight of traffic POI, assignment of roads, weights
//! of road classes, POI of several types, area basis, border; sets, scopes and free numbers of factors and sinks; smoothing,
//! fallback and proxies of the rules; shares of transport modes and of land groups; the order of GDP proxies. Not tried: what
//! moves no class (`cell_m`, `borderline_pct`) and what is data (totals, layers).

use crate::config::{Pipeline, RoadLayer};
use carbonzone_inventory::FactorLibrary;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One choice made otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Key of the pipeline file, or name of the alternative.
    pub choice: String,
    /// As it stands in the file.
    pub now: String,
    pub tried: String,
    /// Values to set, by JSON pointer.
    pub edits: Vec<(String, Value)>,
    /// Values to set as for `--set`.
    pub set: Vec<String>,
}

/// The pipeline with some values changed.
///
/// # Errors
/// If a value does not fit.
pub fn applied(pipeline: &Pipeline, edits: &[(String, Value)]) -> Result<Pipeline, serde_json::Error> {
    let mut all = serde_json::to_value(pipeline)?;
    for (pointer, value) in edits {
        if let Some(place) = all.pointer_mut(pointer) {
            *place = value.clone();
        }
    }
    serde_json::from_value(all)
}

/// Every choice of a pipeline file, in the order of the file; the alternatives that it declares come first.
///
/// # Errors
/// If the pipeline cannot be written as JSON.
pub fn of(pipeline: &Pipeline) -> Result<Vec<Variant>, serde_json::Error> {
    let mut list = List { all: serde_json::to_value(pipeline)?, out: declared(pipeline) };
    layers(pipeline, &mut list);
    inventory(pipeline, &mut list);
    rules(pipeline, &mut list);
    Ok(list.out)
}

fn declared(pipeline: &Pipeline) -> Vec<Variant> {
    let choices = pipeline.uncertainty.iter().flat_map(|section| &section.alternatives);
    let variant = |(choice, option): (&str, &crate::uncertainty::config::AlternativeOption)| Variant {
        choice: choice.to_owned(),
        now: "this file".to_owned(),
        tried: option.name.clone(),
        edits: Vec::new(),
        set: option.set.clone(),
    };
    choices.flat_map(|c| c.options.iter().map(|o| variant((&c.name, o)))).collect()
}

struct List {
    all: Value,
    out: Vec<Variant>,
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            map.iter().map(|(k, v)| format!("{k} {}", shown(v))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

impl List {
    /// Tries each of the values that is not the one in use.
    fn try_each(&mut self, key: &str, values: impl IntoIterator<Item = Value>) {
        let pointer = format!("/{}", key.replace('.', "/"));
        let Some(now) = self.all.pointer(&pointer).cloned() else { return };
        for value in values {
            let same = match (now.as_f64(), value.as_f64()) {
                (Some(a), Some(b)) => a == b,
                _ => now == value,
            };
            if !same {
                self.push(key, &now, &value, vec![(pointer.clone(), value.clone())]);
            }
        }
    }

    fn push(&mut self, choice: &str, now: &Value, tried: &Value, edits: Vec<(String, Value)>) {
        self.out.push(Variant {
            choice: choice.to_owned(),
            now: shown(now),
            tried: shown(tried),
            edits,
            set: Vec::new(),
        });
    }

    /// A distance: none, half, double; 50 and 100 m where there is none.
    fn distance(&mut self, key: &str, now: f64) {
        let values = if now > 0.0 { vec![0.0, 0.5 * now, 2.0 * now] } else { vec![50.0, 100.0] };
        self.try_each(key, values.into_iter().map(|m| json!(m)));
    }
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> impl Iterator<Item = Value> {
    values.into_iter().map(|v| json!(v)).collect::<Vec<_>>().into_iter()
}

fn layers(pipeline: &Pipeline, list: &mut List) {
    use carbonzone_spatialize::surrogate::lines::RoadAssignment;
    list.try_each("city.area", texts(["planar", "ellipsoidal"]));
    list.try_each("city.border", texts(["keep", "clip"]));
    let layers = &pipeline.layers;
    if let Some(poi) = &layers.poi {
        list.distance("layers.poi.snap_m", poi.snap_m);
        list.try_each("layers.poi.several_types", texts(["first", "all"]));
    }
    if let Some(population) = &layers.population {
        list.distance("layers.population.snap_m", population.snap_m);
    }
    if let Some(roads) = &layers.roads {
        list.try_each("layers.roads.lambda", [0.0, 0.25, 0.5, 0.75, 1.0].map(|v| json!(v)));
        list.distance("layers.roads.poi_snap_m", roads.poi_snap_m);
        let reach = if roads.snap_m > 0.0 { roads.snap_m } else { 50.0 };
        if roads.assignment != RoadAssignment::Inside {
            list.distance("layers.roads.snap_m", roads.snap_m);
        }
        for other in ["inside", "nearest", "both_sides"] {
            let now = list.all.pointer("/layers/roads/assignment").cloned().unwrap_or_default();
            if now != *other {
                let edits = vec![
                    ("/layers/roads/assignment".to_owned(), json!(other)),
                    ("/layers/roads/snap_m".to_owned(), json!(reach)),
                ];
                let tried = if other == "inside" { other.to_owned() } else { format!("{other}, {reach} m") };
                list.push("layers.roads.assignment", &now, &json!(tried), edits);
            }
        }
    }
    layers.roads.iter().for_each(|roads| class_weights(roads, list));
    if let Some(plants) = &layers.point_sources {
        list.distance("layers.point_sources.snap_m", plants.snap_m);
    }
    if let Some(downscale) = layers.zones.downscale() {
        let all = &downscale.proxies;
        for first in 1..all.len() {
            let mut order = vec![all[first].clone()];
            order.extend(all.iter().enumerate().filter(|(i, _)| *i != first).map(|(_, p)| p.clone()));
            list.try_each("layers.zones.gdp.downscale.proxies", [json!(order)]);
        }
    }
}

/// Half and double the weight of each class of a mode that has several: the file's own classes, else those of its scheme.
fn class_weights(roads: &RoadLayer, list: &mut List) {
    let named = |class: &String| roads.modes.contains_key(class) || roads.class_weights.contains_key(class);
    let scheme = roads.scheme.as_ref().and_then(|name| carbonzone_spatialize::line_modes(name).ok());
    let mut modes = scheme.unwrap_or_default();
    modes.extend(roads.modes.clone());
    let mut by_mode: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for (class, mode) in modes.iter().filter(|(_, mode)| *mode != "none") {
        by_mode.entry(mode).or_default().push(class);
    }
    let own = modes.keys().any(named);
    let several = by_mode.into_values().filter(|classes| classes.len() > 1).flatten();
    for class in several.filter(|class| !own || named(class)) {
        let now = roads.class_weights.get(class).copied().unwrap_or(1.0);
        for weight in [0.5 * now, 2.0 * now].into_iter().filter(|w| *w != now) {
            let mut weights = roads.class_weights.clone();
            weights.insert(class.clone(), weight);
            let edits = vec![("/layers/roads/class_weights".to_owned(), json!(weights))];
            let choice = format!("layers.roads.class_weights.{class}");
            list.push(&choice, &json!(now), &json!(weight), edits);
        }
    }
}

fn inventory(pipeline: &Pipeline, list: &mut List) {
    let library = FactorLibrary::embedded();
    if pipeline.sinks.set.is_some() {
        list.try_each("sinks.set", texts(library.sink_sets()));
    }
    for (kind, t_ha) in pipeline.sinks.coefficients_t_ha.iter().filter(|(_, t_ha)| **t_ha > 0.0) {
        list.try_each(&format!("sinks.coefficients_t_ha.{kind}"), [json!(0.5 * t_ha), json!(2.0 * t_ha)]);
    }
    for (at, total) in pipeline.inventory.totals.iter().enumerate().filter(|(_, t)| !t.mode_share.is_empty())
    {
        for factor in [0.5, 2.0] {
            let shares = other_shares(&total.mode_share, factor);
            let now = json!(total.mode_share);
            let choice = format!("inventory.totals[{}:{}].mode_share", total.sector, total.land_group);
            let edits = vec![(format!("/inventory/totals/{at}/mode_share"), json!(shares))];
            list.push(&choice, &now, &json!(shares), edits);
        }
    }
    let Some(activity) = &pipeline.inventory.activity else { return };
    for (sector, shares) in activity.shares.iter().filter(|(_, shares)| shares.len() > 1) {
        for factor in [0.5, 2.0] {
            let tried = json!(other_shares(shares, factor));
            let edits = vec![(format!("/inventory/activity/shares/{sector}"), tried.clone())];
            list.push(&format!("inventory.activity.shares.{sector}"), &json!(shares), &tried, edits);
        }
    }
    let at = |key: &str| format!("inventory.activity.{key}");
    let sets = library.sets();
    for (key, family) in [
        ("fuel_set", "fuel."),
        ("enteric_set", "agri.enteric."),
        ("manure_ch4_set", "agri.manure_ch4."),
        ("manure_n2o_set", "agri.manure_n2o."),
    ] {
        list.try_each(&at(key), texts(sets.iter().copied().filter(|s| s.starts_with(family))));
    }
    // The same grid in other years or editions, and the country's.
    let grid = activity.grid_factor.splitn(3, '.').take(2).collect::<Vec<_>>().join(".") + ".";
    let of_grid = library.factors.iter().map(|f| f.id.as_str());
    let of_grid = of_grid.filter(|id| id.starts_with(&grid) || id.starts_with("electricity.CN."));
    list.try_each(&at("grid_factor"), texts(of_grid));
    list.try_each(&at("sink_set"), texts(library.sink_sets()));
    list.try_each(&at("gwp_set"), texts(["SAR", "AR4", "AR5", "AR6"]));
    list.try_each(&at("electricity_boundary"), texts(["paper", "territorial", "consumption"]));
    list.try_each(&at("agriculture_scope"), texts(["paper", "ipcc"]));
    list.try_each(&at("sink_basis"), texts(["co2", "carbon_as_is"]));
    list.try_each(&at("yield_basis"), texts(["yearbook", "fresh"]));
    list.try_each(&at("non_co2_combustion"), texts(["excluded", "included"]));
    list.try_each(&at("wastewater_n2o"), texts(["excluded", "included"]));
    list.try_each(&at("glass_cullet_fraction"), [json!(0.25), json!(0.75)]);
    list.try_each(&at("pig_days_alive"), [json!(150.0), json!(210.0)]);
    list.try_each(&at("landfill.oxidation_fraction"), [json!(0.0), json!(0.1)]);
    if let Some(k) = activity.landfill.decay_per_year {
        list.try_each(&at("landfill.decay_per_year"), [json!(0.5 * k), json!(2.0 * k)]);
    }
}

/// All shares but the largest times a factor, or as much of it as there is room for; the largest takes what is left.
fn other_shares(shares: &BTreeMap<String, f64>, factor: f64) -> BTreeMap<String, f64> {
    let largest = shares.iter().max_by(|a, b| a.1.total_cmp(b.1)).map(|(key, _)| key.clone());
    let others: f64 = shares.iter().filter(|(key, _)| Some(*key) != largest.as_ref()).map(|(_, s)| s).sum();
    let factor = if others > 0.0 { factor.min(1.0 / others) } else { factor };
    let mut out = shares.clone();
    let mut left = 1.0;
    for (key, share) in &mut out {
        if Some(key) != largest.as_ref() {
            *share *= factor;
            left -= *share;
        }
    }
    if let Some(share) = largest.and_then(|key| out.get_mut(&key)) {
        // Shares of a file have a few decimals: no 0.7999999999999999.
        *share = (f64::max(left, 0.0) * 1e12).round() / 1e12;
    }
    out
}

fn rules(pipeline: &Pipeline, list: &mut List) {
    use carbonzone_spatialize::OnZeroWeight;
    let rules = &pipeline.allocate;
    let not_area: Vec<usize> =
        (0..rules.len()).filter(|&r| rules[r].proxies.first().is_some_and(|p| p != "area")).collect();
    for smoothing in [0.0, 0.1, 1.0] {
        let changed = not_area.iter().filter(|&&r| rules[r].smoothing != smoothing);
        let edits: Vec<_> = changed.map(|r| (format!("/allocate/{r}/smoothing"), json!(smoothing))).collect();
        if !edits.is_empty() {
            let now: std::collections::BTreeSet<String> =
                not_area.iter().map(|&r| rules[r].smoothing.to_string()).collect();
            let now = now.into_iter().collect::<Vec<_>>().join(", ");
            list.push("allocate.*.smoothing", &json!(now), &json!(smoothing), edits);
        }
    }
    let by_area: Vec<_> = (0..rules.len())
        .filter(|&r| rules[r].on_zero_weight == OnZeroWeight::Area)
        .map(|r| (format!("/allocate/{r}/on_zero_weight"), json!("unallocated")))
        .collect();
    if !by_area.is_empty() {
        list.push("allocate.*.on_zero_weight", &json!("area"), &json!("unallocated"), by_area);
    }
    for r in not_area {
        let choice = format!("allocate[{}].proxies", rules[r].id);
        let (now, edits) =
            (json!(rules[r].proxies), vec![(format!("/allocate/{r}/proxies"), json!(["area"]))]);
        list.push(&choice, &now, &json!("area"), edits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Pipeline> {
        ["suzhou.toml", "suzhou-inventory.toml"]
            .iter()
            .map(|name| {
                let path = format!("{}/../../pipelines/{name}", env!("CARGO_MANIFEST_DIR"));
                toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
            })
            .collect()
    }

    #[test]
    fn a_pipeline_without_edits_is_itself_and_each_choice_changes_what_it_names() {
        for pipeline in shipped() {
            let all = serde_json::to_value(&pipeline).unwrap();
            assert_eq!(serde_json::to_value(applied(&pipeline, &[]).unwrap()).unwrap(), all);
            let variants = of(&pipeline).unwrap();
            assert!(variants.len() > 25, "{}", variants.len());
            for v in &variants {
                let other = serde_json::to_value(applied(&pipeline, &v.edits).unwrap()).unwrap();
                for (pointer, value) in &v.edits {
                    assert_ne!(all.pointer(pointer).unwrap(), value, "{v:?}");
                    assert_eq!(shown(other.pointer(pointer).unwrap()), shown(value), "{v:?}");
                }
                assert_ne!(other, all, "{v:?}");
            }
        }
    }

    #[test]
    fn shares_of_modes_still_sum_to_one() {
        let pipeline = &shipped()[0];
        let of_modes: Vec<Variant> =
            of(pipeline).unwrap().into_iter().filter(|v| v.choice.ends_with("mode_share")).collect();
        assert_eq!(of_modes.len(), 2);
        for v in of_modes {
            let sum: f64 = v.edits[0].1.as_object().unwrap().values().filter_map(Value::as_f64).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{v:?}");
        }
    }

    #[test]
    fn shares_of_land_groups_are_tried_and_never_exceed_one() {
        let mut pipeline = shipped().remove(1);
        let shares = [("urban_residential", 0.4), ("commercial", 0.35), ("admin_public", 0.25)];
        let shares: BTreeMap<String, f64> = shares.map(|(k, v)| (k.to_owned(), v)).into();
        let activity = pipeline.inventory.activity.as_mut().unwrap();
        activity.shares = [("construction".to_owned(), shares)].into();
        let tried: Vec<Variant> = of(&pipeline).unwrap();
        let tried: Vec<&Value> = tried
            .iter()
            .filter(|v| v.choice == "inventory.activity.shares.construction")
            .map(|v| &v.edits[0].1)
            .collect();
        let [half, double] = tried.as_slice() else { panic!("{tried:?}") };
        assert_eq!(half["commercial"], 0.175);
        assert_eq!(half["urban_residential"], 0.7);
        // Twice 0.6 is more than there is: the others take all.
        assert_eq!(double["urban_residential"], 0.0);
        for shares in [half, double] {
            let sum: f64 = shares.as_object().unwrap().values().filter_map(Value::as_f64).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{shares}");
            assert!(
                applied(&pipeline, &[("/inventory/activity/shares/construction".into(), (*shares).clone())])
                    .is_ok()
            );
        }
    }

    #[test]
    fn weights_of_road_classes_are_tried_where_a_mode_has_several() {
        let mut pipeline = shipped().remove(0);
        let of_weights = |pipeline: &Pipeline| -> Vec<(String, String)> {
            let all = of(pipeline).unwrap().into_iter();
            let start = "layers.roads.class_weights.";
            all.filter_map(|v| Some((v.choice.strip_prefix(start)?.to_owned(), v.tried))).collect()
        };
        let shipped = of_weights(&pipeline);
        // Seven classes of road, half and double; one class each of railway and waterway.
        assert_eq!(shipped.len(), 14);
        assert!(shipped.contains(&("motorway".to_owned(), "2.0".to_owned())));
        assert!(!shipped.iter().any(|(class, _)| class == "rail"));
        let roads = pipeline.layers.roads.as_mut().unwrap();
        roads.class_weights = [("primary".to_owned(), 3.0)].into();
        assert!(of_weights(&pipeline).contains(&("primary".to_owned(), "1.5".to_owned())));
        // Without a list of its own, the classes of the scheme.
        let roads = pipeline.layers.roads.as_mut().unwrap();
        (roads.scheme, roads.modes, roads.class_weights) =
            (Some("osm".to_owned()), BTreeMap::new(), BTreeMap::new());
        let of_scheme = of_weights(&pipeline);
        assert!(of_scheme.contains(&("trunk".to_owned(), "0.5".to_owned())), "{of_scheme:?}");
        assert!(!of_scheme.iter().any(|(class, _)| class == "footway"));
    }

    #[test]
    fn other_factors_of_the_grid_are_tried() {
        let variants = of(&shipped()[1]).unwrap();
        let grid: Vec<&str> = variants
            .iter()
            .filter(|v| v.choice == "inventory.activity.grid_factor")
            .map(|v| v.tried.as_str())
            .collect();
        assert!(grid.iter().any(|id| id.starts_with("electricity.CN.")), "{grid:?}");
        assert!(grid.iter().any(|id| id.starts_with("electricity.EastChina.")), "{grid:?}");
        assert!(!grid.contains(&"electricity.EastChina.2020.default"), "that is the one in use");
    }

    #[test]
    fn declared_alternatives_come_first_with_their_settings() {
        let mut pipeline = shipped().remove(0);
        let section = "[[alternatives]]\nname = \"sinks\"\nprobability = 0.5\n\
                       options = [{ name = \"low\", probability = 0.5, set = [\"sinks.set=lit_low\"] }]";
        pipeline.uncertainty = Some(toml::from_str(section).unwrap());
        let first = of(&pipeline).unwrap().remove(0);
        assert_eq!((first.choice.as_str(), first.tried.as_str()), ("sinks", "low"));
        assert_eq!(first.set, ["sinks.set=lit_low"]);
    }
}
