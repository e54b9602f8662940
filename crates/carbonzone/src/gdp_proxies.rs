//! Zone classes under each proxy of a derived GDP, side by side: a table, tables of the report, lines of the summary, a
//! sentence.

use crate::compute::Results;
use crate::config::Pipeline;
use crate::load::Inputs;
use crate::load::gdp::DerivedGdp;
use crate::text_table;
use carbonzone_report::number::grouped;
use carbonzone_report::{Label, ReportTable};
use carbonzone_types::{AttributeTable, ColumnData, Statement};
use carbonzone_zoning::{IndexInputs, IndexOptions, Indices, Zoning, ZoningError, classify, indices};

/// Indices and zones under one GDP, all else equal; cuts that come from the data are found anew for each.
struct ZonesUnderGdp {
    indices: Indices,
    zoning: Zoning,
}

/// Zones under each proxy.
pub struct SideBySide {
    proxies: Vec<String>,
    each: Vec<ZonesUnderGdp>,
    differ: Vec<bool>,
}

/// Computes the zones under each proxy; `None` if GDP was not derived.
pub fn side_by_side(pipeline: &Pipeline, inputs: &Inputs, results: &Results) -> Option<SideBySide> {
    let derived = inputs.derived_gdp.as_ref()?;
    let index_inputs = IndexInputs {
        unit_ids: Some(&inputs.zones.ids),
        gross_t: &results.zones.gross_t,
        sink_t: &results.zones.sink_t,
        gdp: None,
    };
    let options = IndexOptions {
        ecc_direction: results.scheme.ecc_direction,
        gdp_total: pipeline.zoning.gdp_total,
        borderline_pct: results.scheme.borderline_pct,
    };
    let under = |gdp: &Vec<Option<f64>>| -> Result<ZonesUnderGdp, ZoningError> {
        let indices = indices(&IndexInputs { gdp: Some(gdp), ..index_inputs }, &options)?;
        let zoning = classify(&results.scheme, &[&indices])?;
        Ok(ZonesUnderGdp { indices, zoning })
    };
    let each = derived.gdp.iter().map(under).collect::<Result<Vec<_>, _>>().ok()?;
    let class = |k: usize, z: usize| each[k].zoning.overall[z];
    let differ =
        (0..inputs.zones.ids.len()).map(|z| (1..each.len()).any(|k| class(k, z) != class(0, z))).collect();
    Some(SideBySide { proxies: derived.proxies.clone(), each, differ })
}

impl SideBySide {
    /// `gdp_proxies.csv`: one row per zone, GDP, economic index and class under each proxy.
    pub fn table(&self, inputs: &Inputs, results: &Results, derived: &DerivedGdp) -> AttributeTable {
        let zones = &inputs.zones;
        let mut table = AttributeTable::new()
            .with("unit_id", ColumnData::texts(&zones.ids))
            .with("name", ColumnData::texts(&zones.names))
            .with("county", ColumnData::texts(&derived.county_of))
            .with("zones_differ", ColumnData::Bool(self.differ.iter().map(|d| Some(*d)).collect()));
        let economic = &results.scheme.economic.column;
        for (k, proxy) in self.proxies.iter().enumerate() {
            let proxy = proxy.replace(':', "_");
            let under = &self.each[k];
            let class = |id: &u8| results.scheme.class_of(*id).map(|c| c.key.clone());
            table.push(
                &format!("{}_{proxy}", zones.gdp_unit.gdp_field()),
                ColumnData::Real(derived.gdp[k].clone()),
            );
            table.push(&format!("{economic}_{proxy}"), ColumnData::Real(under.indices.ecc.clone()));
            table.push(
                &format!("zone_{proxy}"),
                ColumnData::Text(under.zoning.overall.iter().map(class).collect()),
            );
        }
        table
    }

    /// Tables of the report page: how many zones each class has under each proxy, and zone by zone the official GDP
    /// of the county against what was shared out.
    pub fn report_tables(
        &self,
        inputs: &Inputs,
        results: &Results,
        derived: &DerivedGdp,
    ) -> Vec<ReportTable> {
        vec![self.class_counts(results), self.zone_by_zone(inputs, results, derived)]
    }

    fn class_counts(&self, results: &Results) -> ReportTable {
        let row = |class: &carbonzone_zoning::ZoneClass| {
            let counts =
                self.each.iter().map(|u| u.zoning.overall.iter().filter(|z| **z == class.id).count());
            let counts = counts.collect::<Vec<usize>>();
            let name = Label::new(class.label_en.clone(), class.label_zh.clone());
            let cells = counts.iter().map(|n| Label::same(n.to_string()));
            counts.iter().any(|n| *n > 0).then(|| std::iter::once(name).chain(cells).collect::<Vec<_>>())
        };
        let rows = results.scheme.classes.iter().filter_map(row).collect();
        ReportTable::shipped("gdp_proxies", rows)
            .and_columns(self.proxies.iter().map(|p| (Label::same(p), true)))
    }

    fn zone_by_zone(&self, inputs: &Inputs, results: &Results, derived: &DerivedGdp) -> ReportTable {
        let economic = results.scheme.economic.column.to_uppercase();
        let unit = &inputs.zones.gdp_unit;
        let (en, zh) = (unit.en(), unit.zh());
        let official =
            Label::new(format!("Official GDP of the county ({en})"), format!("区县GDP统计值（{zh}）"));
        let mut columns = vec![(official, true)];
        for proxy in &self.proxies {
            columns.push((
                Label::new(format!("Derived GDP by {proxy} ({en})"), format!("按 {proxy} 推算的GDP（{zh}）")),
                true,
            ));
            columns
                .push((Label::new(format!("{economic} by {proxy}"), format!("{economic}（{proxy}）")), true));
            columns.push((Label::new(format!("Class by {proxy}"), format!("分区（{proxy}）")), false));
        }
        let number = |v: Option<f64>, decimals: usize| {
            Label::same(v.map_or_else(|| "–".to_owned(), |v| grouped(v, decimals)))
        };
        let names = inputs.zones.shown();
        let row = |z: usize| {
            let mut cells = vec![
                names[z].clone(),
                Label::same(derived.county_of[z].clone()),
                number(derived.county_gdp[z], 0),
            ];
            for (k, under) in self.each.iter().enumerate() {
                cells.push(number(derived.gdp[k][z], 0));
                cells.push(number(under.indices.ecc[z], 3));
                let class = results.scheme.class_of(under.zoning.overall[z]);
                cells.push(
                    class.map_or_else(Label::default, |c| Label::new(c.label_en.clone(), c.label_zh.clone())),
                );
            }
            cells
        };
        ReportTable::shipped("derived_gdp", (0..inputs.zones.ids.len()).map(row).collect())
            .and_columns(columns)
    }

    /// Counts per class under each proxy, as lines of the closing summary.
    pub fn lines(&self, results: &Results) -> Vec<Statement> {
        let mut header = vec!["zones under each proxy of GDP · 不同GDP分摊依据下的分区"];
        header.extend(self.proxies.iter().map(String::as_str));
        let mut table = text_table::table(&header);
        for class in &results.scheme.classes {
            let count =
                |under: &ZonesUnderGdp| under.zoning.overall.iter().filter(|z| **z == class.id).count();
            let counts: Vec<usize> = self.each.iter().map(count).collect();
            if counts.iter().any(|n| *n > 0) {
                let cells = counts.iter().map(usize::to_string);
                let name = format!("{} · {}", class.label_en, class.label_zh);
                table.add_row(std::iter::once(name).chain(cells).collect::<Vec<_>>());
            }
        }
        text_table::right_align(&mut table);
        text_table::lines(&table)
    }

    /// One sentence for summary and report.
    pub fn statement(&self) -> Statement {
        let n = self.differ.iter().filter(|d| **d).count();
        let (all, proxies) = (self.differ.len(), self.proxies.join(", "));
        Statement::new(
            format!(
                "{n} of {all} zones would be in another class under another proxy of GDP ({proxies}): gdp_proxies.csv."
            ),
            format!(
                "若改用其他 GDP 分摊依据（{proxies}），{all} 个单元中有 {n} 个分区会改变：见 gdp_proxies.csv。"
            ),
        )
    }
}
