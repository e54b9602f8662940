//! The template workbook: every activity the library knows, ready to be filled in.

use crate::factor::FactorLibrary;
use crate::vocabulary::{ActivityDef, CATEGORIES, Category, LAND_GROUPS, Sector, Vocabulary};
use carbonzone_sheet::OutSheet;
use carbonzone_types::{AttributeTable, ColumnData};

/// Sheets of the template for [`carbonzone_sheet::write_xlsx`]: one per sector with a row per activity and an empty
/// value column, then the list of land groups, the units and the factors. The filled workbook is read back as it is.
pub fn template(year: Option<i32>) -> Vec<OutSheet> {
    let vocabulary = Vocabulary::embedded();
    let mut sheets = vec![guide()];
    sheets.extend(Sector::ALL.iter().map(|s| sector_sheet(*s, &vocabulary, year)));
    sheets.push(OutSheet::new("land_groups", land_groups()));
    sheets.push(factors());
    sheets
}

/// What to do with the workbook.
fn guide() -> OutSheet {
    let lines = [
        "Fill the column of the year (数值); leave rows empty that you do not have. 填写数值列，没有的行留空。",
        "Units may be changed to any unit of the same kind: t, 万吨, 亿立方米, tce, 亿千瓦时, ha, 亩, 万头 ... 单位可改为同类单位。",
        "industry (行业) tells rows of the same activity apart; land_group (用地) overrides the land that carries it.",
        "factor names a factor of the sheet factors for this row; uncertainty_pct is the half-width of a 95 % interval.",
        "Categories: power_generation is the fuel of power (and heat) that is sold; supply_energy is other fuel of utilities.",
        "Sheets and columns may be deleted or copied; titles above the header do no harm.",
    ];
    OutSheet::new("guide", AttributeTable::new().with("guide", ColumnData::texts(&lines)))
}

/// One sector: a row per activity of each of its categories.
fn sector_sheet(sector: Sector, vocabulary: &Vocabulary, year: Option<i32>) -> OutSheet {
    let rows: Vec<(&Category, &ActivityDef)> = CATEGORIES
        .iter()
        .filter(|c| c.sector == sector)
        .flat_map(|c| {
            let inside = |d: &&ActivityDef| c.groups.contains(&d.group);
            vocabulary.activities.iter().filter(inside).map(move |d| (c, d))
        })
        .collect();
    let text = |f: &dyn Fn(&Category, &ActivityDef) -> String| {
        ColumnData::texts(&rows.iter().map(|(c, d)| f(c, d)).collect::<Vec<_>>())
    };
    let blank = || ColumnData::Text(vec![None; rows.len()]);
    let table = AttributeTable::new()
        .with("sector", text(&|c, _| c.sector.key().to_owned()))
        .with("category", text(&|c, _| c.key.clone()))
        .with("activity", text(&|_, d| d.labels_zh.first().cloned().unwrap_or_else(|| d.key.clone())))
        .with("activity_en", text(&|_, d| d.key.clone()))
        .with("industry", blank())
        .with("unit", text(&|_, d| template_unit(d).to_owned()))
        .with("value", ColumnData::Real(vec![None; rows.len()]))
        .with(
            "land_group",
            text(&|c, d| if c.land_group.is_empty() { d.land_group.clone() } else { c.land_group.clone() }),
        )
        .with("factor", blank())
        .with("uncertainty_pct", blank())
        .with("note", blank());
    let year = year.map_or_else(|| "value".to_owned(), |y| y.to_string());
    let of = |name: &str| if name == "value" { year.clone() } else { name.to_owned() };
    let labels: Vec<String> = table.columns.iter().map(|c| of(&c.name)).collect();
    OutSheet::new(sector.key(), table)
        .with_preamble([format!("{} {}", sector.name_zh(), sector.key())])
        .with_labels(labels)
}

/// The unit a yearbook would use.
fn template_unit(def: &ActivityDef) -> &'static str {
    use crate::Dimension as D;
    match (def.unit.dimension, def.group.as_str()) {
        (D::Mass, "inputs" | "solid_waste" | "wastewater" | "crops") => "吨",
        (D::Mass, _) => "万吨",
        (D::GasVolume, _) => "亿立方米",
        (D::Energy, _) if def.key == "standard_coal" => "万吨标准煤",
        (D::Energy, _) => "百万千焦",
        (D::Electricity, _) => "亿千瓦时",
        (D::Area, _) => "公顷",
        (D::Heads, _) => "万头",
        (D::Persons, _) => "万人",
        (D::TonneKm, _) => "亿吨公里",
        (D::PersonKm, _) => "亿人公里",
        (D::VehicleKm, _) => "万车公里",
        (D::Power, _) => "万千瓦",
    }
}

/// The factor library. Its columns have other labels than activity data, so that the sheet is not read as such.
fn factors() -> OutSheet {
    let table = FactorLibrary::embedded().to_table(None);
    let label = |name: &str| match name {
        "activity" => "applies_to".to_owned(),
        "value" => "factor_value".to_owned(),
        other => other.to_owned(),
    };
    let labels: Vec<String> = table.columns.iter().map(|c| label(&c.name)).collect();
    OutSheet::new("factors", table).with_labels(labels)
}

/// Land groups one may name.
fn land_groups() -> AttributeTable {
    AttributeTable::new().with("land_group", ColumnData::texts(&LAND_GROUPS))
}
