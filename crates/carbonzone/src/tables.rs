//! Results as attribute tables: exact names, order and units of docs/pipeline.md, "Fields".

mod label;

pub use label::{add_label, labelled};

use crate::compute::Results;
use crate::config::AreaBasis;
use crate::load::Inputs;
use carbonzone_io::{ColumnView, TableView};
use carbonzone_scale::SectorTable;
use carbonzone_types::{AttributeTable, ColumnData, ExactSum, M2_PER_KM2};
use carbonzone_zoning::append_zone_columns;
use carbonzone_zoning::{ZoneClass, ZoningScheme};
use std::ops::Range;

/// Column of the parcels with the land layer that they come from, if there are several.
pub const LAND_LAYER: &str = "land_layer";

fn push_tonnes(table: &mut AttributeTable, sectors: &[String], values: &SectorTable, rows: Range<usize>) {
    let pick = |column: &[f64]| ColumnData::reals(&column[rows.clone()]);
    for (name, column) in sectors.iter().zip(&values.sectors_t) {
        table.push(&format!("{name}_t"), pick(column));
    }
    table.push("gross_t", pick(&values.gross_t));
    table.push("sink_t", pick(&values.sink_t));
    table.push("net_t", pick(&values.net_t));
}

/// Parcel layer, borrowed from where the columns are.
pub fn parcels<'a>(inputs: &'a Inputs, results: &'a Results, basis: AreaBasis) -> TableView<'a> {
    let p = &inputs.parcels;
    let mut table = TableView::default();
    table.push("unit_id", ColumnView::Texts(&p.ids));
    table.push("land_use", ColumnView::Codes(&p.land_use.of, &p.land_use.names));
    table.push("space_type", ColumnView::Names(&p.space_type, &p.space_types));
    if !p.layers.is_empty() {
        table.push(LAND_LAYER, ColumnView::Names(&p.layer, &p.layers));
    }
    table.push("area_m2", ColumnView::Reals(&p.area_m2));
    match basis {
        AreaBasis::Planar => table.push("area_ellipsoidal_m2", ColumnView::Reals(&p.ellipsoidal_m2)),
        AreaBasis::Ellipsoidal => table.push("area_planar_m2", ColumnView::Reals(&p.planar_m2)),
    }
    for (name, column) in results.sectors.iter().zip(&results.parcels.sectors_t) {
        table.push(&format!("{name}_t"), ColumnView::Reals(column));
    }
    table.push("gross_t", ColumnView::Reals(&results.parcels.gross_t));
    table.push("sink_t", ColumnView::Reals(&results.parcels.sink_t));
    table.push("net_t", ColumnView::Reals(&results.parcels.net_t));
    for (field, proxy) in &inputs.proxy_fields {
        if let Some(column) = inputs.proxies.get(proxy) {
            table.push(field, ColumnView::Reals(&column.values));
        }
    }
    table
}

/// Attribute table of a run of used cells, in row-major order from the north-west.
pub fn cells(results: &Results, range: Range<usize>) -> AttributeTable {
    let grid = &results.grid;
    let used = &results.used_cells[range.clone()];
    let full_km2 = grid.cell_area_m2() / M2_PER_KM2;
    let real = |f: &dyn Fn(usize) -> Option<f64>| ColumnData::Real(range.clone().map(f).collect());
    let int = |f: &dyn Fn(u32) -> u32| ColumnData::Int(used.iter().map(|&c| Some(i64::from(f(c)))).collect());
    let mut table = AttributeTable::new()
        .with("unit_id", ColumnData::Text(used.iter().map(|&c| Some(grid.cell_id(c))).collect()))
        .with("col", int(&|c| grid.col_row(c).0))
        .with("row", int(&|c| grid.col_row(c).1))
        .with("area_m2", real(&|_| Some(grid.cell_area_m2())))
        .with("covered_m2", real(&|k| Some(results.covered_m2[k])));
    push_tonnes(&mut table, &results.sectors, &results.cells, range.clone());
    table.push("gross_t_km2", real(&|k| Some(results.cells.gross_t[k] / full_km2)));
    table.push("net_t_km2", real(&|k| Some(results.cells.net_t[k] / full_km2)));
    table.push(
        "net_t_km2_covered",
        real(&|k| {
            let covered = results.covered_m2[k];
            (covered >= 0.01 * grid.cell_area_m2()).then(|| results.cells.net_t[k] / (covered / M2_PER_KM2))
        }),
    );
    if let Some(statistics) = &results.statistics {
        statistics.append_cells(&mut table, range);
    }
    table
}

/// Zone layer; `planar_m2` and `ellipsoidal_m2` per zone.
pub fn zones(
    inputs: &Inputs,
    results: &Results,
    planar_m2: &[f64],
    ellipsoidal_m2: &[f64],
    basis: AreaBasis,
) -> AttributeTable {
    let z = &inputs.zones;
    let (area, second, second_name) = match basis {
        AreaBasis::Planar => (planar_m2, ellipsoidal_m2, "area_ellipsoidal_m2"),
        AreaBasis::Ellipsoidal => (ellipsoidal_m2, planar_m2, "area_planar_m2"),
    };
    let gross = &results.zones.gross_t;
    let per = |base: &[Option<f64>]| {
        ColumnData::Real(gross.iter().zip(base).map(|(g, b)| b.filter(|b| *b > 0.0).map(|b| g / b)).collect())
    };
    let km2: Vec<Option<f64>> = area.iter().map(|a| Some(a / M2_PER_KM2)).collect();
    let mut table = AttributeTable::new()
        .with("unit_id", ColumnData::texts(&z.ids))
        .with("name", ColumnData::texts(&z.names))
        .with("name_en", ColumnData::Text(z.names_en.clone()))
        .with("district", ColumnData::Text(z.district.clone()));
    if let Some(english) = z.english_districts() {
        table.push("district_en", ColumnData::Text(english.to_vec()));
    }
    table = table
        .with("area_m2", ColumnData::reals(area))
        .with(second_name, ColumnData::reals(second))
        .with("population_persons", ColumnData::Real(z.population.clone()))
        .with(&z.gdp_unit.gdp_field(), ColumnData::Real(z.gdp.clone()))
        .with("gdp_derived", ColumnData::Bool(z.gdp_derived.iter().map(|b| Some(*b)).collect()));
    push_tonnes(&mut table, &results.sectors, &results.zones, 0..gross.len());
    table.push("gross_t_km2", per(&km2));
    table.push("gross_t_per_person", per(&z.population));
    if let Some(field) = z.gdp_unit.per_gdp_field() {
        table.push(&field, per(&z.gdp));
    }
    append_zone_columns(&mut table, &results.scheme, &results.indices, &results.zoning.mean);
    if let Some(confidence) = &results.confidence {
        crate::uncertainty::append_columns(&mut table, confidence, &results.scheme);
    }
    crate::compensation::append_columns(&mut table, results.compensation.as_ref());
    if let Some(statistics) = &results.statistics {
        statistics.append_units(&mut table, 0);
    }
    table
}

/// Zone classes that occur, for tables with one row per class.
pub struct OccurringClasses<'a> {
    codes: &'a [u8],
    classes: Vec<&'a ZoneClass>,
}

impl<'a> OccurringClasses<'a> {
    /// The classes of a scheme that occur in `codes` (one per unit).
    pub fn new(scheme: &'a ZoningScheme, codes: &'a [u8]) -> Self {
        Self { codes, classes: scheme.classes.iter().filter(|c| codes.contains(&c.id)).collect() }
    }

    /// Their codes.
    pub fn ids(&self) -> Vec<u8> {
        self.classes.iter().map(|c| c.id).collect()
    }

    pub fn units(&self) -> Vec<i64> {
        let count = |id: u8| self.codes.iter().filter(|c| **c == id).count() as i64;
        self.classes.iter().map(|c| count(c.id)).collect()
    }

    /// Sum over the units of each.
    pub fn sums(&self, values: &[f64]) -> Vec<f64> {
        let of = |id: u8| {
            let members = self.codes.iter().zip(values).filter(|(c, _)| **c == id);
            members.map(|(_, v)| *v).collect::<ExactSum>().value()
        };
        self.classes.iter().map(|c| of(c.id)).collect()
    }

    pub fn sum(&self, values: &[f64]) -> ColumnData {
        ColumnData::reals(&self.sums(values))
    }

    /// Key, code, labels, colour and number of units.
    pub fn table(&self) -> AttributeTable {
        let text = |f: fn(&ZoneClass) -> &String| {
            ColumnData::Text(self.classes.iter().map(|c| Some(f(c).clone())).collect())
        };
        let ids = self.classes.iter().map(|c| Some(i64::from(c.id))).collect();
        AttributeTable::new()
            .with("unit_id", text(|c| &c.key))
            .with("zone", text(|c| &c.key))
            .with("zone_id", ColumnData::Int(ids))
            .with("zone_en", text(|c| &c.label_en))
            .with("zone_zh", text(|c| &c.label_zh))
            .with("zone_color", text(|c| &c.color))
            .with("units", ColumnData::Int(self.units().into_iter().map(Some).collect()))
    }
}

/// Dissolved zone classes: classes that occur, with their sums.
pub fn zone_classes(inputs: &Inputs, results: &Results, area_m2: &[f64]) -> (Vec<u8>, AttributeTable) {
    let classes = OccurringClasses::new(&results.scheme, &results.zoning.overall);
    let share = |units: i64| Some(100.0 * units as f64 / inputs.zones.ids.len() as f64);
    let table = classes
        .table()
        .with("units_pct", ColumnData::Real(classes.units().into_iter().map(share).collect()))
        .with("area_m2", classes.sum(area_m2))
        .with("gross_t", classes.sum(&results.zones.gross_t))
        .with("sink_t", classes.sum(&results.zones.sink_t))
        .with("net_t", classes.sum(&results.zones.net_t));
    (classes.ids(), table)
}

/// `ledger.csv`.
pub fn ledger(ledger: &carbonzone_types::Ledger) -> AttributeTable {
    let rows = &ledger.rows;
    let text = |f: &dyn Fn(&carbonzone_types::LedgerRow) -> String| {
        ColumnData::Text(rows.iter().map(|r| Some(f(r))).collect())
    };
    AttributeTable::new()
        .with("stage", text(&|r| r.stage.name().to_owned()))
        .with("sector", text(&|r| r.sector.clone()))
        .with("land_group", text(&|r| r.land_group.clone()))
        .with("amount_t", ColumnData::Real(rows.iter().map(|r| r.amount_t).collect()))
        .with("amount_m2", ColumnData::Real(rows.iter().map(|r| r.amount_m2).collect()))
        .with("count", ColumnData::Real(rows.iter().map(|r| r.count).collect()))
        .with("unit", text(&|r| r.unit.clone()))
        .with("note", text(&|r| r.note.clone()))
}
