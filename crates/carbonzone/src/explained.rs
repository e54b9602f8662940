//! What every unit's tonnes are made of: kept with the results, written to `explain.gpkg`, read by [`crate::explain`].

use crate::described::described;
use crate::error::Result;
use crate::load::Inputs;
use crate::tables::labelled;
use carbonzone_geom::OverlapMatrix;
use carbonzone_io::{ColumnView, GpkgWriter, TableView, WorkingCrs};
use carbonzone_spatialize::{Allocation, LargestParcels, Origin, PlacedPointSource, Shares};
use carbonzone_types::{AttributeTable, ColumnData, DataLabel, ExactSum, RuleRecord, RunManifest, TextList};
use rayon::prelude::*;
use std::borrow::Cow;
use std::path::Path;

/// File of a run folder that holds the parts.
pub const FILE: &str = "explain.gpkg";
/// Its table of parts.
pub const PARTS: &str = "parts";
/// Its table of the parcels that weigh most.
pub const LARGEST: &str = "largest_parcels";

/// Something that units' tonnes are made of: a rule of the allocation table, a known plant, a formula of a county.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Year, in a study over years.
    pub year: Option<i32>,
    /// Sector key, or `sink`.
    pub sector: String,
    /// Rule of the allocation table, or name of the formula.
    pub rule: String,
    /// Activity in words.
    pub activity: String,
    /// What is shared out, t CO2e.
    pub budget_t: f64,
    /// Where it comes from.
    pub budget_source: String,
    /// Land groups that carry it.
    pub land: String,
    /// Measure by which it is shared out.
    pub proxy: String,
    /// True if an earlier proxy of the chain was zero everywhere.
    pub fallback: bool,
    /// Additive smoothing of the weights; 0: none.
    pub smoothing: f64,
    /// Sum of the weights over all that share in it.
    pub weight_total: f64,
    /// Unit of the measure.
    pub weight_unit: String,
}

impl Part {
    /// The share of a rule that known plants leave of its budget.
    fn of_rule(rule: &RuleRecord) -> Self {
        let used = rule.used.map(|i| &rule.proxies[i]);
        let plants_t = rule.point_sources_t;
        let plants = format!(", less {} t of known plants", crate::text_table::tonnes(plants_t));
        Self {
            year: None,
            sector: rule.sector.clone(),
            rule: rule.id.clone(),
            activity: rule.activity.clone(),
            budget_t: rule.budget_t - plants_t,
            budget_source: rule.budget_source.clone() + if plants_t > 0.0 { &plants } else { "" },
            land: rule.land_groups.join(" + "),
            proxy: used.map_or_else(String::new, |u| u.name.clone()),
            fallback: rule.used.is_some_and(|u| u > 0),
            smoothing: rule.smoothing,
            weight_total: rule.weight_total,
            weight_unit: used.map_or_else(String::new, |u| u.unit.clone()),
        }
    }

    fn of_plant(plant: &PlacedPointSource, sector: &str, parcel: &str) -> Self {
        Self {
            sector: sector.to_owned(),
            rule: plant.rule.clone(),
            activity: format!("known plant {}", plant.id),
            budget_t: plant.gross_t,
            budget_source: format!("point source on parcel {parcel}"),
            proxy: "as given".to_owned(),
            weight_total: 1.0,
            weight_unit: "of its parcel".to_owned(),
            ..Self::default()
        }
    }
}

/// Parts as they are written.
fn view<'a>(shares: &'a Shares, ids: &'a TextList, label: Option<DataLabel>) -> TableView<'a> {
    let mut view = TableView::default();
    view.push("unit_id", ColumnView::Picked(&shares.unit, ids));
    view.push("part", ColumnView::Ints(&shares.part));
    view.push("weight", ColumnView::Reals(&shares.weight));
    view.push("amount_t", ColumnView::Reals(&shares.amount_t));
    if let Some(label) = label {
        view.push(label.column(), ColumnView::Flag(true, shares.unit.len()));
    }
    view
}

/// A layer whose units are explained.
pub struct ExplainedLayer<'a> {
    pub name: String,
    /// Ids of the units.
    pub ids: Cow<'a, TextList>,
    /// Parts of the units, some at a time, made when they are written.
    pub shares: Box<dyn Iterator<Item = Shares> + Send + Sync + 'a>,
}

/// A part with what it brings to every unit, in their order.
pub struct UnitPart {
    /// The part; its sums are taken from the columns.
    pub part: Part,
    /// Measure of each unit.
    pub weight: Vec<f64>,
    /// t CO2e of each unit; NaN: unknown.
    pub amount_t: Vec<f64>,
}

/// Explanations of units without parcels: counties, by year.
pub fn of_units(layer: &str, ids: &[String], parts: Vec<UnitPart>) -> Explanations<'static> {
    let mut shares = Shares::default();
    let mut all = Vec::new();
    for (p, UnitPart { part, weight, amount_t }) in parts.into_iter().enumerate() {
        let known = |v: &[f64]| v.iter().copied().filter(|x| !x.is_nan()).collect::<ExactSum>().value();
        all.push(Part { budget_t: known(&amount_t), weight_total: known(&weight), ..part });
        for (unit, (w, t)) in weight.iter().zip(&amount_t).enumerate().filter(|(_, (_, t))| !t.is_nan()) {
            shares.push(unit, p, *w, *t);
        }
    }
    let shares = Box::new(std::iter::once(shares));
    let layer = ExplainedLayer { name: layer.to_owned(), ids: Cow::Owned(ids.iter().collect()), shares };
    Explanations { parts: Cow::Owned(all), layers: vec![layer], largest: None }
}

/// Rows of a table that are put into words by one task, at least.
const ROWS_PER_TASK: usize = 4096;

/// Grids of more cells than this keep no parts of their cells, and for the maps only the fields that maps draw.
pub const MANY_CELLS: usize = 500_000;

/// What explains a run of parcels.
pub struct Explained {
    /// Rules, each after its plants.
    pub parts: Vec<Part>,
    origins: Vec<Origin>,
    /// Parts of the zones.
    pub on_zones: Shares,
    /// Parts of the cells.
    pub on_cells: Shares,
    largest_in_zones: LargestParcels,
    largest_in_cells: LargestParcels,
}

impl Explained {
    /// Spreads every rule and every plant over zones and cells.
    pub fn of(
        inputs: &Inputs,
        allocation: &Allocation,
        (on_zones, on_cells): (&OverlapMatrix, &OverlapMatrix),
        gross_t: &[f64],
    ) -> Self {
        let (mut parts, mut origins) = (Vec::new(), Vec::new());
        for (r, rule) in allocation.records.iter().enumerate() {
            for (k, plant) in inputs.point_sources.iter().enumerate().filter(|(_, p)| p.rule == rule.id) {
                parts.push(Part::of_plant(plant, &rule.sector, &inputs.parcels.ids[plant.parcel as usize]));
                origins.push(Origin::Plant(k));
            }
            parts.push(Part::of_rule(rule));
            origins.push(Origin::Rule(r));
        }
        let spread = |on| Shares::on_units(on, allocation, &inputs.point_sources, &origins);
        // Cells of a fine grid are as many as parcels: their parts would be larger than all other results.
        let few = on_cells.n_targets <= MANY_CELLS;
        let ((largest_in_zones, largest_in_cells), (on_zones, on_cells)) = rayon::join(
            || {
                let in_cells =
                    || if few { LargestParcels::of(on_cells, gross_t) } else { LargestParcels::default() };
                rayon::join(|| LargestParcels::of(on_zones, gross_t), in_cells)
            },
            || rayon::join(|| spread(on_zones), || if few { spread(on_cells) } else { Shares::default() }),
        );
        Self { parts, origins, on_zones, on_cells, largest_in_zones, largest_in_cells }
    }

    /// Parts of the parcels, one rule or plant after the other.
    pub fn on_parcels<'a>(
        &'a self,
        inputs: &'a Inputs,
        allocation: &'a Allocation,
    ) -> impl Iterator<Item = Shares> + Send + Sync + 'a {
        let parts = self.origins.iter().copied().enumerate();
        parts.map(|part| Shares::on_parcels(allocation, &inputs.point_sources, part))
    }

    /// The largest parcels of zones and cells.
    pub fn largest(
        &self,
        zones: (&str, &TextList),
        cells: (&str, &TextList),
        inputs: &Inputs,
    ) -> AttributeTable {
        type Row<'r> = (&'r str, &'r str, (u32, f64, f64));
        let mut rows: Vec<Row<'_>> = Vec::new();
        for ((layer, ids), largest) in [(zones, &self.largest_in_zones), (cells, &self.largest_in_cells)] {
            for (unit, list) in largest.per_unit.iter().enumerate() {
                rows.extend(list.iter().map(|entry| (layer, &ids[unit], *entry)));
            }
        }
        let (land, parcels) = (&inputs.parcels.land_use, &inputs.parcels);
        let space_type = |parcel: usize| parcels.space_types[parcels.space_type[parcel] as usize].clone();
        let text = |f: &(dyn Fn(&Row<'_>) -> String + Sync)| {
            ColumnData::Text(rows.par_iter().with_min_len(ROWS_PER_TASK).map(|r| Some(f(r))).collect())
        };
        AttributeTable::new()
            .with("layer", text(&|r| r.0.to_owned()))
            .with("unit_id", text(&|r| r.1.to_owned()))
            .with("parcel", text(&|r| inputs.parcels.ids[r.2.0 as usize].to_owned()))
            .with("land_use", text(&|r| land.names[land.of[r.2.0 as usize] as usize].clone()))
            .with("space_type", text(&|r| space_type(r.2.0 as usize)))
            .with("share_of_parcel", ColumnData::Real(rows.iter().map(|r| Some(r.2.1)).collect()))
            .with("gross_t", ColumnData::Real(rows.iter().map(|r| Some(r.2.2)).collect()))
    }
}

fn parts_table(parts: &[Part]) -> AttributeTable {
    let text = |f: fn(&Part) -> &String| ColumnData::Text(parts.iter().map(|p| Some(f(p).clone())).collect());
    let real = |f: fn(&Part) -> f64| ColumnData::Real(parts.iter().map(|p| Some(f(p))).collect());
    AttributeTable::new()
        .with("part", ColumnData::Int((0..parts.len() as i64).map(Some).collect()))
        .with("year", ColumnData::Int(parts.iter().map(|p| p.year.map(i64::from)).collect()))
        .with("sector", text(|p| &p.sector))
        .with("rule", text(|p| &p.rule))
        .with("activity", text(|p| &p.activity))
        .with("budget_t", real(|p| p.budget_t))
        .with("budget_source", text(|p| &p.budget_source))
        .with("land", text(|p| &p.land))
        .with("proxy", text(|p| &p.proxy))
        .with("fallback", ColumnData::Bool(parts.iter().map(|p| Some(p.fallback)).collect()))
        .with("smoothing", real(|p| p.smoothing))
        .with("weight_total", real(|p| p.weight_total))
        .with("weight_unit", text(|p| &p.weight_unit))
}

/// What is written to `explain.gpkg`.
#[derive(Default)]
pub struct Explanations<'a> {
    /// What the units' tonnes are made of.
    pub parts: Cow<'a, [Part]>,
    /// Layers whose units are explained.
    pub layers: Vec<ExplainedLayer<'a>>,
    /// The parcels that weigh most in each unit.
    pub largest: Option<AttributeTable>,
}

impl Explanations<'_> {
    /// Writes `explain.gpkg`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(self, dir: &Path, crs: &WorkingCrs, record: &RunManifest) -> Result<()> {
        let label = record.data_label();
        let mut gpkg = GpkgWriter::create(&dir.join(FILE), crs)?;
        let what = described(record, PARTS, "What the tonnes of units are made of");
        gpkg.table(PARTS, &what, &labelled(&parts_table(&self.parts), label))?;
        let of_units = described(record, PARTS, "Parts of each unit, t CO2e per year");
        for ExplainedLayer { name, ids, shares } in self.layers {
            let mut rows = gpkg.table_in_parts(&name, &of_units, &view(&Shares::default(), &ids, label))?;
            for some in shares {
                rows.append(&view(&some, &ids, label))?;
            }
            rows.finish()?;
        }
        if let Some(table) = &self.largest {
            let what = described(record, LARGEST, "Parcels that weigh most in each unit");
            gpkg.table(LARGEST, &what, &labelled(table, label))?;
        }
        gpkg.finish()?;
        Ok(())
    }
}
