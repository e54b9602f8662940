//! Zone classes under each proxy of a derived GDP, side by side: a table, lines of the summary, a sentence.

use crate::compute::Results;
use crate::config::Pipeline;
use crate::load::Inputs;
use crate::load::gdp::DerivedGdp;
use crate::summary;
use carbonzone_types::{AttributeTable, ColumnData};
use carbonzone_zoning::gdp::{ZonesUnderGdp, zones_under_each_gdp};
use carbonzone_zoning::{IndexInputs, IndexOptions};

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
    let columns: Vec<&[Option<f64>]> = derived.gdp_1e4cny.iter().map(Vec::as_slice).collect();
    let each = zones_under_each_gdp(&results.scheme, &index_inputs, &options, &columns).ok()?;
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
            table.push(&format!("gdp_1e4cny_{proxy}"), ColumnData::Real(derived.gdp_1e4cny[k].clone()));
            table.push(&format!("{economic}_{proxy}"), ColumnData::Real(under.indices.ecc.clone()));
            table.push(
                &format!("zone_{proxy}"),
                ColumnData::Text(under.zoning.overall.iter().map(class).collect()),
            );
        }
        table
    }

    /// Counts per class under each proxy, as lines of the closing summary.
    pub fn lines(&self, results: &Results) -> Vec<String> {
        let mut header = vec!["zones under each proxy of GDP"];
        header.extend(self.proxies.iter().map(String::as_str));
        let mut table = summary::table(&header);
        for class in &results.scheme.classes {
            let count =
                |under: &ZonesUnderGdp| under.zoning.overall.iter().filter(|z| **z == class.id).count();
            let counts: Vec<usize> = self.each.iter().map(count).collect();
            if counts.iter().any(|n| *n > 0) {
                let cells = counts.iter().map(usize::to_string);
                table.add_row(std::iter::once(class.label_en.clone()).chain(cells).collect::<Vec<_>>());
            }
        }
        summary::right_align(&mut table);
        table.to_string().lines().map(str::to_owned).collect()
    }

    /// One sentence for summary and report.
    pub fn statement(&self) -> String {
        let n = self.differ.iter().filter(|d| **d).count();
        format!(
            "{n} of {} zones would be in another class under another proxy of GDP ({}): gdp_proxies.csv.",
            self.differ.len(),
            self.proxies.join(", ")
        )
    }
}
