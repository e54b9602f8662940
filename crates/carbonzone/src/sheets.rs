//! `carbonzone sheets`: one page per unit of a finished run, all in one HTML file for print. Every number is read from the files of
//! the run, and only if they are as the run wrote them.

use crate::error::{Doing, Error, Result};
use crate::exchange;
use crate::explain::{Line, UNEXPLAINED, lines};
use crate::explained::{FILE, LARGEST, PARTS};
use crate::maps::read_units;
use crate::out_dir::{named, read_manifest};
use carbonzone_io::{layer_names, read_own_layer};
use carbonzone_report::Lang;
use carbonzone_report::html::{LargeParcel, RestsOn, UnitSheet, sheets as render};
use carbonzone_sheet::nearest;
use carbonzone_types::{AttributeTable, RunManifest};
use std::collections::BTreeMap;
use std::path::Path;

/// Which pages.
#[derive(Debug, Clone, Default)]
pub struct SheetOptions {
    /// Only units of this district.
    pub district: Option<String>,
    /// Year, in a study over years; default: the last one.
    pub year: Option<i32>,
    /// English or Chinese; `Both` is English.
    pub lang: Lang,
}

/// The pages as one HTML text, and how many they are.
///
/// # Errors
/// If the folder holds no run, a file of it is not as the run wrote it, or there is no such district or year.
pub fn sheets(run_dir: &Path, options: &SheetOptions) -> Result<(String, usize)> {
    let record = read_manifest(run_dir)?;
    let gpkg = named(run_dir, &record.name, "gpkg");
    for file in [gpkg.as_path(), &run_dir.join(FILE)] {
        as_written(run_dir, file, &record)?;
    }
    let year = match options.year {
        Some(year) if !record.years.contains(&year) => {
            return Err(Error::NoYear { run: "this run".to_owned(), year, years: record.years });
        }
        given => given.or(record.years.iter().copied().max()).filter(|_| record.years.len() > 1),
    };
    let all = read_units(run_dir)?;
    let data = year.map_or_else(|| all.clone(), |year| all.of_year(year));
    let rows = chosen(&data.zones.table, options.district.as_deref(), &record)?;
    let kept = Kept::read(run_dir, &record.zones_layer, year)?;
    let ids = data.zones.table.texts("unit_id").unwrap_or_default();
    let unit = |row: &usize| {
        let id = ids.get(*row).cloned().flatten().unwrap_or_default();
        UnitSheet { row: *row, rests: kept.rests(&id), parcels: kept.parcels(&id) }
    };
    let units: Vec<UnitSheet> = rows.iter().map(unit).collect();
    let lang = if options.lang == Lang::Zh { Lang::Zh } else { Lang::En };
    let html = render(&data, &units, lang).part(|| "fact sheets")?;
    Ok((html, units.len()))
}

/// Refuses a file of the run that somebody changed.
fn as_written(run_dir: &Path, file: &Path, record: &RunManifest) -> Result<()> {
    let name = file.strip_prefix(run_dir).unwrap_or(file).to_string_lossy().replace('\\', "/");
    let known = record.outputs.iter().find(|o| o.path == name);
    let known = known
        .ok_or_else(|| Error::NotKept(format!("run.json names no {name}\nhint: run again with layers")))?;
    let same = exchange::is_same(file, &known.sha256, &known.counters).doing("read", file)?;
    if !same {
        return Err(Error::Changed(file.to_owned()));
    }
    Ok(())
}

/// Rows of the units asked for.
fn chosen(table: &AttributeTable, district: Option<&str>, record: &RunManifest) -> Result<Vec<usize>> {
    let Some(wanted) = district else { return Ok((0..table.rows()).collect()) };
    let districts = table.texts("district").unwrap_or_default();
    let rows: Vec<usize> =
        districts.iter().enumerate().filter(|(_, d)| d.as_deref() == Some(wanted)).map(|(i, _)| i).collect();
    if rows.is_empty() {
        let mut known: Vec<&str> = districts.iter().flatten().map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        if known.is_empty() {
            return Err(Error::NotKept(format!(
                "the {} of this run have no districts\nhint: name the field as layers.zones.district",
                record.zones_layer
            )));
        }
        let like = nearest(wanted, known.iter().copied(), 1);
        let like = like.first().map_or_else(String::new, |name| format!("did you mean \"{name}\"? "));
        return Err(Error::NoUnit(format!(
            "no district \"{wanted}\" in this run\nhint: {like}there are {}",
            known.join(", ")
        )));
    }
    Ok(rows)
}

/// What the run kept of its units: parts and largest parcels.
struct Kept {
    parts: AttributeTable,
    shares: AttributeTable,
    rows: BTreeMap<String, Vec<u32>>,
    largest: Option<(AttributeTable, BTreeMap<String, Vec<u32>>)>,
    year: Option<i32>,
}

impl Kept {
    fn read(run_dir: &Path, layer: &str, year: Option<i32>) -> Result<Self> {
        let path = run_dir.join(FILE);
        let names = layer_names(&path).part(|| UNEXPLAINED)?;
        let (_, parts) = read_own_layer(&path, PARTS)?;
        let (_, shares) = read_own_layer(&path, layer)?;
        let largest = if names.iter().any(|name| name == LARGEST) {
            let (_, table) = read_own_layer(&path, LARGEST)?;
            let of_layer = table.texts("layer").unwrap_or_default();
            let mine: Vec<u32> = (0..table.rows() as u32)
                .filter(|r| of_layer.get(*r as usize).and_then(Option::as_deref) == Some(layer))
                .collect();
            let table = table.reordered(&mine);
            let rows = by_id(&table);
            Some((table, rows))
        } else {
            None
        };
        let rows = by_id(&shares);
        Ok(Self { parts, shares, rows, largest, year })
    }

    fn rests(&self, id: &str) -> Vec<RestsOn> {
        let Some(rows) = self.rows.get(id) else { return Vec::new() };
        let one = |line: Line| RestsOn {
            sector: line.sector,
            activity: line.activity,
            land: line.land,
            proxy: line.proxy,
            weight_unit: line.weight_unit,
            budget_t: line.budget_t,
            amount_t: line.amount_t,
        };
        lines(&self.parts, &self.shares.reordered(rows), self.year).into_iter().map(one).collect()
    }

    fn parcels(&self, id: &str) -> Vec<LargeParcel> {
        let Some((table, rows)) = &self.largest else { return Vec::new() };
        let text =
            |field: &str, row: usize| table.get(field).and_then(|c| c.text_at(row)).unwrap_or_default();
        let tonnes = |row: usize| table.get("gross_t").and_then(|c| c.number_at(row)).unwrap_or(f64::NAN);
        let rows = rows.get(id).map(Vec::as_slice).unwrap_or_default();
        rows.iter()
            .map(|r| *r as usize)
            .map(|r| LargeParcel {
                id: text("parcel", r),
                land_use: text("land_use", r),
                space_type: text("space_type", r),
                gross_t: tonnes(r),
            })
            .collect()
    }
}

/// Rows by unit.
fn by_id(table: &AttributeTable) -> BTreeMap<String, Vec<u32>> {
    let mut out: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (row, id) in table.texts("unit_id").unwrap_or_default().into_iter().enumerate() {
        out.entry(id.unwrap_or_default()).or_default().push(row as u32);
    }
    out
}
