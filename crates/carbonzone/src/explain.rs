//! Where a unit's tonnes come from, read from a finished run.

use crate::decisions;
pub use crate::decisions::{Advice, MeasureOfUnit, Paid, PaidAt, UnderPlan};
use crate::error::{Doing, Error, Result};
use crate::explained::{FILE, LARGEST, MANY_CELLS, PARTS};
use crate::find_unit;
use crate::out_dir::{named, read_manifest};
use crate::tables::LAND_LAYER;
use carbonzone_io::{Raster, layer_names, read_features_by_id, read_own_layer};
use carbonzone_report::confidence::{FurtherColumns, HowSure, how_sure};
use carbonzone_report::{Label, ZONE_OF_MEAN, words};
use carbonzone_types::{
    AttributeTable, DataLabel, ExactSum, GridSpec, RunManifest, Statement, compensating_rate,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One line of an explanation: a part of a unit's tonnes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Line {
    /// Sector key, or `sink`.
    pub sector: String,
    /// Rule of the allocation table, or name of the formula.
    pub rule: String,
    /// Activity in words.
    pub activity: String,
    /// What is shared out, t CO2e.
    pub budget_t: f64,
    /// Where the budget comes from.
    pub budget_source: String,
    /// Land groups that carry it.
    pub land: String,
    /// Proxy in use.
    pub proxy: String,
    /// True if an earlier proxy of the chain was zero everywhere.
    pub fallback: bool,
    /// Additive smoothing of the weights.
    pub smoothing: f64,
    /// Weight of the unit (for cells and zones: of its share of the parcels).
    pub weight: f64,
    /// The same over all that share in the budget.
    pub weight_total: f64,
    /// Unit of the weight.
    pub weight_unit: String,
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
    /// Year, in a study over years.
    pub year: Option<i32>,
    /// True if any input is synthetic.
    pub synthetic: bool,
    /// What the numbers are not, if they are no inventory of a real place.
    pub data_label: Option<DataLabel>,
    /// The land layer that a parcel comes from, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub land_layer: Option<String>,
    /// As written in the layer, t CO2e.
    pub gross_t: f64,
    /// As written in the layer, t CO2e.
    pub sink_t: f64,
    /// As written in the layer, t CO2e.
    pub net_t: f64,
    /// Written value minus the sum of the lines: what the explanation leaves open.
    pub unexplained_gross_t: f64,
    /// The same of the sinks.
    pub unexplained_sink_t: f64,
    /// Parts.
    pub lines: Vec<Line>,
    /// The unit beside the city (zones).
    pub against_city: Vec<Beside>,
    /// The parcels that weigh most (cells and zones).
    pub largest_parcels: Vec<LargeParcel>,
    /// Activity lines behind each budget, if the totals were computed.
    pub inventory_lines: Vec<serde_json::Value>,
    /// How sure the class of a zone is; empty if the run did not ask.
    pub how_sure: Vec<Sure>,
    /// What a zone pays or receives under each model of `[compensation]`; empty if the run did not ask.
    pub compensation: Vec<Paid>,
    /// Classes of a zone with what is characteristic of them and what is advised.
    pub advice: Vec<Advice>,
    /// What the class of a zone hinges on beside the draws: one map point, the set of sink coefficients, a derived GDP.
    pub hinges: Vec<Statement>,
    /// What is advised for a zone because of its own numbers.
    pub measures: Vec<MeasureOfUnit>,
    /// What a zone would be under each plan of the run.
    pub plans: Vec<UnderPlan>,
    /// Why there are no lines, where the run kept none.
    pub note: Option<String>,
}

/// How sure a class of a zone is.
#[derive(Debug, Serialize)]
pub struct Sure {
    /// Which class, where a zone has several: `2020`, `mean over the years`, or the name of a further class; else empty.
    pub basis: String,
    /// The same in Chinese.
    pub basis_zh: String,
    /// What the draws say.
    #[serde(flatten)]
    pub sure: HowSure,
}

/// A number of a zone beside that of the city.
#[derive(Debug, Serialize)]
pub struct Beside {
    /// Column of the zone layer.
    pub key: String,
    /// Its name.
    pub label: String,
    /// The same in Chinese.
    pub label_zh: String,
    /// Of the unit.
    pub value: Option<f64>,
    /// Of the city.
    pub city: f64,
    /// What the number of the city is.
    pub city_is: String,
    /// The same in Chinese.
    pub city_is_zh: String,
    /// Value over the city's; none where that is not positive.
    pub ratio: Option<f64>,
    /// What the number says.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub meaning_zh: String,
}

impl Beside {
    fn new(key: &str, [label, label_zh]: [&str; 2], value: Option<f64>, city: f64, city_is: &str) -> Self {
        let ratio = value.filter(|_| city > 0.0).map(|v| v / city);
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            label_zh: label_zh.to_owned(),
            value,
            city,
            city_is: city_is.to_owned(),
            city_is_zh: carbonzone_report::chinese::text(city_is),
            ratio,
            meaning: String::new(),
            meaning_zh: String::new(),
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

/// A finished run, as far as it explains itself.
struct Explained<'a> {
    dir: &'a Path,
    record: RunManifest,
    /// Year in question, in a study over years.
    year: Option<i32>,
}

/// A unit with what the run says of it.
struct Found {
    id: String,
    shown: String,
    /// Gross, sink and net as written.
    written: [f64; 3],
    against_city: Vec<Beside>,
    how_sure: Vec<Sure>,
    compensation: Vec<Paid>,
    advice: Vec<Advice>,
    hinges: Vec<Statement>,
    measures: Vec<MeasureOfUnit>,
    plans: Vec<UnderPlan>,
    land_layer: Option<String>,
}

impl Found {
    /// A unit that is not compared with the city and has no class.
    fn plain(id: String, written: [f64; 3]) -> Self {
        Self {
            shown: id.clone(),
            id,
            written,
            against_city: Vec::new(),
            how_sure: Vec::new(),
            compensation: Vec::new(),
            advice: Vec::new(),
            hinges: Vec::new(),
            measures: Vec::new(),
            plans: Vec::new(),
            land_layer: None,
        }
    }
}

/// Says where a unit's tonnes come from; in a study over years those of the last one, unless a year is named.
///
/// # Errors
/// If the folder holds no run, the run has no such unit or year, or not what explains it.
pub fn explain(run_dir: &Path, unit: &Unit, year: Option<i32>) -> Result<Explanation> {
    let record = read_manifest(run_dir)?;
    let year = match (record.years.as_slice(), year) {
        ([_] | [], None) => None,
        (years, None) => years.last().copied(),
        (years, Some(year)) if years.contains(&year) => (years.len() > 1).then_some(year),
        (years, Some(year)) => {
            return Err(Error::NoYear { run: "this run".to_owned(), year, years: years.to_vec() });
        }
    };
    let run = Explained { dir: run_dir, record, year };
    match unit {
        Unit::Parcel(id) => run.explanation("parcels", run.parcel(id)?),
        Unit::Zone(id) => run.explanation(&run.record.zones_layer, run.zone(id)?),
        Unit::Cell(place) => run.cell(place),
    }
}

/// Why a run cannot say what its tonnes rest on.
pub(crate) const UNEXPLAINED: &str = "this run does not explain itself\nhint: run it again";

/// How a run writes its parcels so that they can be explained.
const NEEDS_PARCELS: &str =
    "this run has no parcel layer in its GeoPackage\nhint: run again with [outputs] parcels = \"full\"";

impl Explained<'_> {
    fn gpkg(&self) -> PathBuf {
        named(self.dir, &self.record.name, "gpkg")
    }

    /// Tables of `explain.gpkg`, if the layer is among them.
    fn tables_with(&self, layer: &str) -> Result<Vec<String>> {
        let names = layer_names(&self.dir.join(FILE));
        let names = names.part(|| UNEXPLAINED)?;
        if !names.iter().any(|name| name == layer) {
            return Err(Error::NotKept(NEEDS_PARCELS.to_owned()));
        }
        Ok(names)
    }

    fn parcel(&self, id: &str) -> Result<Found> {
        self.tables_with("parcels")?;
        let (_, table) =
            read_features_by_id(&self.gpkg(), "parcels", "unit_id", id).part(|| NEEDS_PARCELS)?;
        if table.rows() == 0 {
            let (_, all) = read_own_layer(&self.gpkg(), "parcels")?;
            let ids = all.texts("unit_id").unwrap_or_default();
            return Err(Error::NoUnit(find_unit::unknown_id("parcels", id, &ids)));
        }
        let land_layer = table.get(LAND_LAYER).and_then(|c| c.text_at(0));
        Ok(Found { land_layer, ..Found::plain(id.to_owned(), written(&table, 0)) })
    }

    fn zone(&self, id: &str) -> Result<Found> {
        let layer = &self.record.zones_layer;
        let (_, all) = read_own_layer(&self.gpkg(), layer)?;
        let table = match (self.year, all.numbers("year")) {
            (Some(year), Some(years)) => {
                let of_year = (0..years.len()).filter(|i| years[*i] == Some(f64::from(year)));
                all.reordered(&of_year.map(|i| i as u32).collect::<Vec<_>>())
            }
            _ => all,
        };
        let row = find_unit::unit_row(&table, layer, id).map_err(Error::NoUnit)?;
        let text = |field: &str| table.get(field).and_then(|c| c.text_at(row)).unwrap_or_default();
        Ok(Found {
            id: text("unit_id"),
            shown: format!("{} {}", text("unit_id"), text("name")),
            written: written(&table, row),
            against_city: if self.record.study == "raster_series" {
                Vec::new()
            } else {
                against_city(&self.record, &table, row)
            },
            how_sure: self.how_sure(&table, row),
            compensation: decisions::paid(&self.record, self.year, &text("unit_id")),
            advice: decisions::advice(&self.record, &table, row),
            hinges: decisions::hinges(&self.record, &table, row, &text("unit_id")),
            measures: decisions::measures(&self.record, &table, row),
            plans: decisions::plans(&self.record, &text("unit_id")),
            land_layer: None,
        })
    }

    /// How sure the classes of a zone are: that of the year in question, and that by the mean over the years.
    fn how_sure(&self, table: &AttributeTable, row: usize) -> Vec<Sure> {
        let row = table.reordered(&[row as u32]);
        let of = |field: &str, basis: Label| {
            let sure = how_sure(&self.record, &row, field).pop().flatten()?;
            Some(Sure { basis: basis.en, basis_zh: basis.zh, sure })
        };
        let year = Label::same(self.year.map(|y| y.to_string()).unwrap_or_default());
        let mean = row.get(ZONE_OF_MEAN).and_then(|_| of(ZONE_OF_MEAN, words::mean_of_years()));
        let further = self.record.confidence.iter().flat_map(|c| &c.further);
        let further = further.filter_map(|f| {
            let name = Label::new(f.label_en.clone(), f.label_zh.clone());
            let of_mean = !FurtherColumns::of(&f.field).suffix.is_empty();
            of(&f.field, if of_mean { name.then(&words::bracketed(&words::mean_of_years())) } else { name })
        });
        mean.into_iter().chain(of("zone", year)).chain(further).collect()
    }

    fn cell(&self, text: &str) -> Result<Explanation> {
        let grid = self.record.grid.ok_or_else(|| Error::NotKept("this run has no grid".to_owned()))?;
        let (col, row) = find_unit::cell(text, &grid).map_err(Error::NoUnit)?;
        let layer = &self.record.grid_layer;
        if let Some(year) = self.year.filter(|_| self.record.study == "raster_series") {
            return self.cell_of_series(&grid, (col, row), year);
        }
        let id = grid.cell_id(grid.index(col, row));
        let (_, table) = read_features_by_id(&self.gpkg(), layer, "unit_id", &id)?;
        if table.rows() == 0 {
            return Err(Error::NoUnit(format!("cell {text} holds no parcel")));
        }
        let written = written(&table, 0);
        let explanation = self.explanation(layer, Found::plain(id, written))?;
        let kept = !explanation.lines.is_empty() || written[..2] == [0.0, 0.0];
        let note = format!(
            "of a grid of more than {MANY_CELLS} cells the parts are not kept: explain a township or a parcel, or run with a larger cell_m"
        );
        Ok(Explanation { note: (!kept).then_some(note), ..explanation })
    }

    /// A cell of a raster series: its bands are its parts.
    fn cell_of_series(&self, grid: &GridSpec, (col, row): (u32, u32), year: i32) -> Result<Explanation> {
        let path = self.dir.join(format!("{}_{year}.tif", self.record.grid_layer));
        let raster = Raster::open(&path)?;
        let band = |b: usize| -> Result<f64> {
            let value = raster.read_block(b, col as usize, row as usize, 1, 1)?;
            Ok(value.first().copied().unwrap_or(f64::NAN))
        };
        // gross, sink, net, energy, land: the order in which they are written.
        let [gross_t, sink_t, net_t, energy_t, land_t] = [band(1)?, band(2)?, band(3)?, band(4)?, band(5)?];
        if gross_t.is_nan() {
            return Err(Error::NoUnit(format!("cell {col},{row} lies in no county")));
        }
        let line = |sector: &str, activity: &str, source: &str, amount_t: f64| Line {
            sector: sector.to_owned(),
            rule: sector.to_owned(),
            activity: activity.to_owned(),
            budget_source: source.to_owned(),
            amount_t,
            ..Line::default()
        };
        let by_light = "share of its county in proportion to light (column placed_by of the counties)";
        let lines = vec![
            line("energy", "energy use", by_light, energy_t),
            line("land", "respiration above production", "NEP < 0: respiration − NPP, times area", land_t),
            line("sink", "production above respiration", "NEP > 0: NPP − respiration, times area", sink_t),
        ];
        let id = grid.cell_id(grid.index(col, row));
        let found = Found::plain(id, [gross_t, sink_t, net_t]);
        Ok(self.put_together(&self.record.grid_layer, found, lines, Vec::new()))
    }

    fn explanation(&self, layer: &str, found: Found) -> Result<Explanation> {
        let path = self.dir.join(FILE);
        let names = self.tables_with(layer)?;
        let (_, parts) = read_own_layer(&path, PARTS)?;
        let (_, shares) = read_features_by_id(&path, layer, "unit_id", &found.id)?;
        let lines = lines(&parts, &shares, self.year);
        let largest = if layer != "parcels" && names.iter().any(|name| name == LARGEST) {
            largest(&read_features_by_id(&path, LARGEST, "unit_id", &found.id)?.1, layer)
        } else {
            Vec::new()
        };
        Ok(self.put_together(layer, found, lines, largest))
    }

    fn put_together(
        &self,
        layer: &str,
        found: Found,
        lines: Vec<Line>,
        largest_parcels: Vec<LargeParcel>,
    ) -> Explanation {
        let [gross_t, sink_t, net_t] = found.written;
        let sum = |sink: bool| {
            let of_kind = lines.iter().filter(|l| (l.sector == "sink") == sink);
            of_kind.map(|l| l.amount_t).collect::<ExactSum>().value()
        };
        Explanation {
            unit: found.shown,
            kind: if layer == "parcels" { "parcel".to_owned() } else { layer.to_owned() },
            year: self.year,
            synthetic: self.record.synthetic,
            data_label: self.record.data_label(),
            gross_t,
            sink_t,
            net_t,
            unexplained_gross_t: without_noise(gross_t - sum(false), gross_t),
            unexplained_sink_t: without_noise(sink_t - sum(true), sink_t),
            inventory_lines: inventory_lines(&self.record, &lines),
            lines,
            against_city: found.against_city,
            largest_parcels,
            how_sure: found.how_sure,
            compensation: found.compensation,
            advice: found.advice,
            hinges: found.hinges,
            measures: found.measures,
            plans: found.plans,
            land_layer: found.land_layer,
            note: None,
        }
    }
}

/// Gross, sink and net as written in the layer.
fn written(table: &AttributeTable, row: usize) -> [f64; 3] {
    ["gross_t", "sink_t", "net_t"].map(|f| table.get(f).and_then(|c| c.number_at(row)).unwrap_or(f64::NAN))
}

/// A difference that is only the rounding of its parts is 0.
fn without_noise(difference: f64, scale: f64) -> f64 {
    if difference.abs() <= 1e-12 * scale.abs() { 0.0 } else { difference }
}

/// The parts of one unit, in the order in which they were made.
pub(crate) fn lines(parts: &AttributeTable, shares: &AttributeTable, year: Option<i32>) -> Vec<Line> {
    let number = |t: &AttributeTable, field: &str, row: usize| t.get(field).and_then(|c| c.number_at(row));
    let text = |field: &str, part: usize| parts.get(field).and_then(|c| c.text_at(part)).unwrap_or_default();
    let mut out: Vec<(usize, Line)> = Vec::new();
    for row in 0..shares.rows() {
        let Some(part) = number(shares, "part", row).map(|p| p as usize) else { continue };
        let of_year = number(parts, "year", part).map(|y| y as i32);
        if of_year != year {
            continue;
        }
        let real = |field: &str| number(parts, field, part).unwrap_or(0.0);
        let line = Line {
            sector: text("sector", part),
            rule: text("rule", part),
            activity: text("activity", part),
            budget_t: real("budget_t"),
            budget_source: text("budget_source", part),
            land: text("land", part),
            proxy: text("proxy", part),
            fallback: text("fallback", part) == "true",
            smoothing: real("smoothing"),
            weight: number(shares, "weight", row).unwrap_or(0.0),
            weight_total: real("weight_total"),
            weight_unit: text("weight_unit", part),
            amount_t: number(shares, "amount_t", row).unwrap_or(0.0),
        };
        out.push((part, line));
    }
    out.sort_by_key(|(part, _)| *part);
    out.into_iter().map(|(_, line)| line).collect()
}

fn largest(rows: &AttributeTable, layer: &str) -> Vec<LargeParcel> {
    let text = |field: &str, row: usize| rows.get(field).and_then(|c| c.text_at(row)).unwrap_or_default();
    let number = |field: &str, row: usize| rows.get(field).and_then(|c| c.number_at(row)).unwrap_or(f64::NAN);
    let mine = (0..rows.rows()).filter(|row| text("layer", *row) == layer);
    mine.map(|row| LargeParcel {
        id: text("parcel", row),
        land_use: text("land_use", row),
        share_of_parcel: number("share_of_parcel", row),
        gross_t: number("gross_t", row),
    })
    .collect()
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
    let mut out = vec![Beside::new(
        "net_t",
        ["net t CO2e", "净碳排放 t CO2e"],
        number("net_t"),
        sum("net_t") / n as f64,
        &mean,
    )];
    // What no unit has is not known: it has no mean either.
    let known = |key: &str| zones.numbers(key).unwrap_or_default().iter().any(Option::is_some);
    for indicator in manifest.indicators.iter().filter(|i| known(&i.key)) {
        let (city, city_is) = match indicator.key.as_str() {
            "ccr" => match compensating_rate(sum("sink_t"), gross_t) {
                Some(ccr) => (ccr, together.as_str()),
                None => continue,
            },
            _ => (1.0, "that of the city, 1 by definition"),
        };
        let labels = [indicator.label_en.as_str(), indicator.label_zh.as_str()];
        let beside = Beside::new(&indicator.key, labels, number(&indicator.key), city, city_is);
        let (meaning, meaning_zh) = (indicator.meaning.en.clone(), indicator.meaning.zh.clone());
        out.push(Beside { meaning, meaning_zh, ..beside });
    }
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
