//! Where a unit's tonnes come from.

use crate::find_unit;
use crate::out_dir::{named, read_manifest};
use crate::text_table::tonnes;
use anyhow::{Context, bail};
use carbonzone_geom::{Coverage, overlap_grid, overlap_zones};
use carbonzone_types::{AttributeTable, ExactSum, RuleRecord, RunManifest};
use serde::Serialize;
use std::path::Path;

/// One line of an explanation: a rule's part of a unit's tonnes.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Sector key, or `sink`.
    pub sector: String,
    /// Rule of the allocation table.
    pub rule: String,
    /// Activity in words.
    pub activity: String,
    /// What the rule shares out, t CO2e.
    pub budget_t: f64,
    /// Where the budget comes from.
    pub budget_source: String,
    /// Land groups that carry it.
    pub land: String,
    /// Proxy in use.
    pub proxy: String,
    /// True if an earlier proxy of the chain was zero everywhere.
    pub fallback: bool,
    /// Measure of the unit (for cells and zones: of its share of the parcels).
    pub weight: f64,
    /// The same over all parcels of the class.
    pub weight_total: f64,
    /// Unit of the measure.
    pub weight_unit: String,
    /// Parcels of the unit that carry weight.
    pub parcels: u64,
    /// Part of the unit, t CO2e.
    pub amount_t: f64,
}

/// Where a unit's tonnes come from.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// Id and name.
    pub unit: String,
    /// Layer of the unit.
    pub kind: String,
    /// True if any input is synthetic.
    pub synthetic: bool,
    /// As written in the layer, t CO2e.
    pub gross_t: f64,
    /// As written in the layer, t CO2e.
    pub sink_t: f64,
    /// As written in the layer, t CO2e.
    pub net_t: f64,
    /// Written value minus the sum of the lines: what the explanation leaves open.
    pub unexplained_gross_t: f64,
    /// Parts by rule.
    pub lines: Vec<Line>,
    /// The unit beside the city (zones).
    pub against_city: Vec<Beside>,
    /// The parcels that weigh most (cells and zones).
    pub largest_parcels: Vec<LargeParcel>,
    /// Activity lines behind each budget, if the totals were computed.
    pub inventory_lines: Vec<serde_json::Value>,
}

/// A number of a zone beside that of the city.
#[derive(Debug, Serialize)]
pub struct Beside {
    /// Column of the zone layer.
    pub key: String,
    /// Its name.
    pub label: String,
    /// Of the unit.
    pub value: Option<f64>,
    /// Of the city.
    pub city: f64,
    /// What the number of the city is.
    pub city_is: String,
    /// Value over the city's; none where that is not positive.
    pub ratio: Option<f64>,
    /// What the number says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
}

impl Beside {
    fn new(key: &str, label: &str, value: Option<f64>, city: f64, city_is: &str) -> Self {
        let ratio = value.filter(|_| city > 0.0).map(|v| v / city);
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            value,
            city,
            city_is: city_is.to_owned(),
            ratio,
            meaning: String::new(),
        }
    }
}

/// A parcel that weighs much in the unit.
#[derive(Debug, Serialize)]
pub struct LargeParcel {
    /// Parcel id.
    pub id: String,
    /// Land use as given.
    pub land_use: String,
    /// Part of the parcel that lies in the unit.
    pub share_of_parcel: f64,
    /// t CO2e of that part.
    pub gross_t: f64,
}

/// Parcels of the run with the share of each that lies in the unit.
struct Members {
    table: AttributeTable,
    shares: Vec<f64>,
}

/// Which unit of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Township or county, by id or name.
    Zone(String),
    /// Parcel, by id.
    Parcel(String),
    /// Grid cell, as `COL,ROW` from the north-west.
    Cell(String),
}

/// Says where a unit's tonnes come from.
///
/// # Errors
/// If the folder holds no run, the run has no such unit, or not what explains it.
pub fn explain(run_dir: &Path, unit: &Unit) -> anyhow::Result<Explanation> {
    let manifest = read_manifest(run_dir)?;
    if manifest.study != "parcels" {
        bail!("explain works on runs with parcels; this one is of type \"{}\"", manifest.study);
    }
    match unit {
        Unit::Parcel(id) => parcel(run_dir, &manifest, id),
        Unit::Zone(id) => zone(run_dir, &manifest, id),
        Unit::Cell(place) => cell(run_dir, &manifest, place),
    }
}

fn gpkg(dir: &Path, manifest: &RunManifest) -> std::path::PathBuf {
    named(dir, &manifest.name, "gpkg")
}

fn by_id(
    dir: &Path,
    manifest: &RunManifest,
    layer: &str,
    id: &str,
) -> anyhow::Result<(Coverage, AttributeTable)> {
    Ok(carbonzone_io::read_features_by_id(&gpkg(dir, manifest), layer, "unit_id", id)?)
}

fn parcels_in(
    dir: &Path,
    manifest: &RunManifest,
    bounds: [f64; 4],
) -> anyhow::Result<(Coverage, AttributeTable)> {
    carbonzone_io::read_features_in(&gpkg(dir, manifest), "parcels", bounds).context(
        "this run has no parcel layer in its GeoPackage\nhint: run again with [outputs] parcels = \"full\"",
    )
}

fn parcel(dir: &Path, manifest: &RunManifest, id: &str) -> anyhow::Result<Explanation> {
    let (_, table) = by_id(dir, manifest, "parcels", id).context(
        "this run has no parcel layer in its GeoPackage\nhint: run again with [outputs] parcels = \"full\"",
    )?;
    if table.rows() == 0 {
        bail!("no parcel \"{id}\" in {}", dir.display());
    }
    let written = written(&table, 0);
    let members = Members { table, shares: vec![1.0] };
    Ok(explanation(manifest, id.to_owned(), "parcel", written, &members, None))
}

fn zone(dir: &Path, manifest: &RunManifest, id: &str) -> anyhow::Result<Explanation> {
    let (coverage, table) = carbonzone_io::read_own_layer(&gpkg(dir, manifest), &manifest.zones_layer)?;
    let row = find_unit::unit_row(&table, &manifest.zones_layer, id).map_err(anyhow::Error::msg)?;
    let ids = table.texts("unit_id").unwrap_or_default();
    let names = table.texts("name").unwrap_or_else(|| vec![None; ids.len()]);
    let shape = coverage.reordered(&[row as u32]);
    let bounds = shape.bounds(0).context("the unit has no geometry")?;
    let (parcels, attributes) = parcels_in(dir, manifest, bounds)?;
    let weights = overlap_zones(&parcels, &shape);
    let shares = (0..parcels.len()).map(|p| share(weights.row(p).1, weights.outside_m2[p])).collect();
    let unit = format!("{} {}", ids[row].as_deref().unwrap_or(""), names[row].as_deref().unwrap_or(""));
    let key = ids[row].clone().unwrap_or_default();
    let members = Members { table: attributes, shares };
    let of_unit =
        explanation(manifest, unit, &manifest.zones_layer, written(&table, row), &members, Some(&key));
    Ok(Explanation { against_city: against_city(manifest, &table, row), ..of_unit })
}

/// Net emissions beside the mean of all zones; the indices beside those of the city.
fn against_city(manifest: &RunManifest, zones: &AttributeTable, row: usize) -> Vec<Beside> {
    let number = |field: &str| zones.get(field).and_then(|c| c.number_at(row));
    let sum = |field: &str| {
        let column = zones.numbers(field).unwrap_or_default();
        column.into_iter().flatten().collect::<ExactSum>().value()
    };
    let (gross_t, n) = (sum("gross_t"), zones.rows());
    let mean = format!("the mean of the {n} {}", manifest.zones_layer);
    let together = format!("that of the {n} {} together", manifest.zones_layer);
    let mut out = vec![Beside::new("net_t", "net t CO2e", number("net_t"), sum("net_t") / n as f64, &mean)];
    for indicator in &manifest.indicators {
        let (city, city_is) = match indicator.key.as_str() {
            "ccr" if gross_t > 0.0 => (sum("sink_t") / gross_t, together.as_str()),
            "ccr" => continue,
            _ => (1.0, "that of the city, 1 by definition"),
        };
        let beside = Beside::new(&indicator.key, &indicator.label_en, number(&indicator.key), city, city_is);
        out.push(Beside { meaning: indicator.meaning.en.clone(), ..beside });
    }
    out
}

fn cell(dir: &Path, manifest: &RunManifest, text: &str) -> anyhow::Result<Explanation> {
    let grid = manifest.grid.context("this run has no grid")?;
    let (col, row) = find_unit::cell(text, &grid).map_err(anyhow::Error::msg)?;
    let id = grid.cell_id(grid.index(col, row));
    let (_, table) = by_id(dir, manifest, &manifest.grid_layer, &id)?;
    if table.rows() == 0 {
        bail!("cell {text} holds no parcel");
    }
    let (parcels, attributes) = parcels_in(dir, manifest, grid.cell_bounds(col, row))?;
    let weights = overlap_grid(&parcels, &grid);
    let index = grid.index(col, row);
    let shares = (0..parcels.len())
        .map(|p| {
            let (cells, areas) = weights.row(p);
            let all: f64 = areas.iter().sum::<f64>() + weights.outside_m2[p];
            let here: f64 = cells.iter().zip(areas).filter(|(c, _)| **c == index).map(|(_, a)| a).sum();
            if all > 0.0 { here / all } else { 0.0 }
        })
        .collect();
    let members = Members { table: attributes, shares };
    Ok(explanation(manifest, id, &manifest.grid_layer, written(&table, 0), &members, None))
}

fn share(areas: &[f64], outside: f64) -> f64 {
    let inside: f64 = areas.iter().sum();
    let all = inside + outside;
    if all > 0.0 { inside / all } else { 0.0 }
}

/// Gross, sink and net as written in the layer.
fn written(table: &AttributeTable, row: usize) -> [f64; 3] {
    ["gross_t", "sink_t", "net_t"].map(|f| table.get(f).and_then(|c| c.number_at(row)).unwrap_or(f64::NAN))
}

fn explanation(
    manifest: &RunManifest,
    unit: String,
    kind: &str,
    [gross_t, sink_t, net_t]: [f64; 3],
    members: &Members,
    zone: Option<&str>,
) -> Explanation {
    let lines: Vec<Line> = manifest
        .rules
        .iter()
        .flat_map(|rule| {
            let plants = plants(manifest, rule, members);
            let placed: ExactSum = plants.iter().map(|plant| plant.amount_t).collect();
            let shared = line(manifest, rule, members, zone, placed.value());
            plants.into_iter().chain(shared)
        })
        .collect();
    let explained =
        lines.iter().filter(|l| l.sector != "sink").map(|l| l.amount_t).collect::<ExactSum>().value();
    Explanation {
        unit,
        kind: kind.to_owned(),
        synthetic: manifest.synthetic,
        gross_t,
        sink_t,
        net_t,
        unexplained_gross_t: without_noise(gross_t - explained, gross_t),
        inventory_lines: inventory_lines(manifest, &lines),
        lines,
        against_city: Vec::new(),
        largest_parcels: largest(members),
    }
}

/// The known plants of a rule that stand on the members: each with its own tonnes.
fn plants(manifest: &RunManifest, rule: &RuleRecord, members: &Members) -> Vec<Line> {
    let ids = members.table.texts("unit_id").unwrap_or_default();
    let share_of = |parcel: &str| {
        ids.iter().position(|id| id.as_deref() == Some(parcel)).map_or(0.0, |p| members.shares[p])
    };
    let sources = manifest.point_sources.iter().filter(|plant| plant.rule == rule.id);
    sources
        .map(|plant| (plant, share_of(&plant.parcel)))
        .filter(|(_, share)| *share > 0.0)
        .map(|(plant, share)| Line {
            sector: rule.sector.clone(),
            rule: rule.id.clone(),
            activity: format!("known plant {}", plant.id),
            budget_t: plant.gross_t,
            budget_source: format!("point source on parcel {}", plant.parcel),
            land: String::new(),
            proxy: "as given".to_owned(),
            fallback: false,
            weight: share,
            weight_total: 1.0,
            weight_unit: "of its parcel".to_owned(),
            parcels: 1,
            amount_t: plant.gross_t * share,
        })
        .collect()
}

/// A rule's part without plants: the weight of the members in the class over the weight of the whole class, times
/// what the plants leave of the budget.
fn line(
    manifest: &RunManifest,
    rule: &RuleRecord,
    members: &Members,
    zone: Option<&str>,
    plants_t: f64,
) -> Option<Line> {
    let used = rule.used.map(|i| &rule.proxies[i]);
    let space = members.table.texts("space_type")?;
    let mut weight = ExactSum::new();
    let mut parcels = 0;
    for (p, share) in members.shares.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let in_class = space[p].as_ref().is_some_and(|s| rule.land_groups.contains(s));
        if in_class && let Some(w) = used.and_then(|u| measure(rule, &u.name, &members.table, p)) {
            weight.add(w * share);
            parcels += u64::from(w > 0.0);
        }
    }
    let weight = weight.value();
    let rest_t = rule.budget_t - rule.point_sources_t;
    let by_weight = used.map_or(0.0, |u| if u.total > 0.0 { rest_t * weight / u.total } else { 0.0 });
    // For zones the run kept the exact amount, point sources included.
    let amount_t = match zone {
        Some(id) => {
            let kept = manifest.contributions.iter().find(|c| c.zone == id && c.rule == rule.id);
            without_noise(kept.map_or(0.0, |c| c.amount_t) - plants_t, rule.budget_t)
        }
        None => by_weight,
    };
    (amount_t != 0.0 || parcels > 0).then(|| Line {
        sector: rule.sector.clone(),
        rule: rule.id.clone(),
        activity: rule.activity.clone(),
        budget_t: rest_t,
        budget_source: if rule.point_sources_t > 0.0 {
            format!("{}, less {} t of known plants", rule.budget_source, tonnes(rule.point_sources_t))
        } else {
            rule.budget_source.clone()
        },
        land: rule.land_groups.join(" + "),
        proxy: used.map_or_else(String::new, |u| u.name.clone()),
        fallback: rule.used.is_some_and(|u| u > 0),
        weight,
        weight_total: used.map_or(0.0, |u| u.total),
        weight_unit: used.map_or_else(String::new, |u| u.unit.clone()),
        parcels,
        amount_t,
    })
}

/// A difference that is only the rounding of its parts is 0.
fn without_noise(difference: f64, scale: f64) -> f64 {
    if difference.abs() <= 1e-12 * scale.abs() { 0.0 } else { difference }
}

/// The proxy measure of a parcel, from the fields of the parcel layer.
fn measure(rule: &RuleRecord, proxy: &str, table: &AttributeTable, row: usize) -> Option<f64> {
    let field = match proxy {
        "area" => "area_m2".to_owned(),
        "population" => "people".to_owned(),
        "road_corrected" => "road_corrected_m".to_owned(),
        // Sinks by coefficient: the written sink is budget × weight / total, so the weight follows from it.
        "sink_area" => {
            let total = rule.used.map(|u| rule.proxies[u].total)?;
            let sink_t = table.get("sink_t")?.number_at(row)?;
            return (rule.budget_t > 0.0).then(|| sink_t / rule.budget_t * total);
        }
        other => match other.split_once(':') {
            Some(("poi", group)) => format!("poi_{group}"),
            Some(("road", _)) => "road_m".to_owned(),
            _ => other.to_owned(),
        },
    };
    table.get(&field)?.number_at(row)
}

fn largest(members: &Members) -> Vec<LargeParcel> {
    let ids = members.table.texts("unit_id").unwrap_or_default();
    let land = members.table.texts("land_use").unwrap_or_default();
    let gross = members.table.numbers("gross_t").unwrap_or_default();
    let mut out: Vec<LargeParcel> = (0..members.shares.len())
        .filter(|&p| members.shares[p] > 0.0)
        .filter_map(|p| {
            Some(LargeParcel {
                id: ids.get(p)?.clone()?,
                land_use: land.get(p)?.clone().unwrap_or_default(),
                share_of_parcel: members.shares[p],
                gross_t: gross.get(p)?.unwrap_or(0.0) * members.shares[p],
            })
        })
        .collect();
    out.sort_by(|a, b| b.gross_t.total_cmp(&a.gross_t).then_with(|| a.id.cmp(&b.id)));
    out.truncate(5);
    out
}

/// Inventory lines whose sector and land group feed one of the rules.
fn inventory_lines(manifest: &RunManifest, lines: &[Line]) -> Vec<serde_json::Value> {
    let Some(all) = manifest.inventory["lines"].as_array() else { return Vec::new() };
    all.iter()
        .filter(|l| l["counted"].as_bool() == Some(true))
        .filter(|l| {
            let sector = l["sector"].as_str().unwrap_or("");
            let group = l["land_group"].as_str().unwrap_or("");
            manifest.pipeline["allocate"].as_array().is_some_and(|rules| {
                rules.iter().any(|r| {
                    r["budget"].as_str() == Some(&format!("{sector}:{group}"))
                        && lines.iter().any(|line| Some(line.rule.as_str()) == r["id"].as_str())
                })
            })
        })
        .cloned()
        .collect()
}
