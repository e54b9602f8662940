//! Tables, sheets and the layer of ellipses.

use super::Statistics;
use super::config::{Neighbours, StatisticsConfig};
use super::report;
use crate::output::{Columns, Layer, Output, Role};
use carbonzone_geom::Coverage;
use carbonzone_report::{Label, Lang};
use carbonzone_sheet::OutSheet;
use carbonzone_types::statistics::MoranRecord;
use carbonzone_types::{AttributeTable, ColumnData, Statement};
use carbonzone_zoning::lmdi::KAYA;
use std::sync::Arc;

/// Layer of the ellipses.
pub const ELLIPSES: &str = "statistics_ellipses";
/// Corners of an ellipse as it is drawn.
const CORNERS: usize = 72;
/// Longest table that becomes a sheet too.
const MOST_ROWS_OF_SHEET: usize = 20_000;

/// Weights as in the pipeline file.
pub fn weights_key(config: &StatisticsConfig) -> String {
    match config.weights {
        Neighbours::Queen => "queen".to_owned(),
        Neighbours::Rook => "rook".to_owned(),
        Neighbours::KNearest => format!("k_nearest, k = {}", config.k),
        Neighbours::DistanceBand => format!("distance_band, {} m", config.distance_m.unwrap_or_default()),
    }
}

impl Statistics {
    /// Adds tables, sheets, the layer of ellipses and the sections of the report.
    pub fn add_to(&self, out: &mut Output<'_>) {
        let tables = [
            ("statistics_autocorrelation", self.autocorrelation(), report::of_clusters(&self.config)),
            ("statistics_inequality", self.inequality(), report::of_inequality()),
            ("statistics_lorenz", self.lorenz(), report::of_inequality()),
            ("statistics_centres", self.centres_table(), report::of_centres(self.by_cell)),
            ("statistics_decomposition", self.decomposition(), report::of_changes(true)),
        ];
        for (name, table, note) in tables.into_iter().filter(|(_, t, _)| t.rows() > 0) {
            if let Some((_, sheets)) =
                out.workbooks.first_mut().filter(|_| table.rows() <= MOST_ROWS_OF_SHEET)
            {
                sheets.push(sheet(name, table.clone(), &note, out.lang));
            }
            let says = ColumnData::texts(&vec![note.en; table.rows()]);
            out.tables.push((name.to_owned(), table.with("assumes", says)));
        }
        out.extras.tables.extend(self.report_tables());
        out.extras.charts.extend(self.change_chart());
        if out.crs.is_some() && !self.centres.is_empty() {
            out.layers.push(self.ellipses());
            let label = Label::new("Standard deviational ellipses", "标准差椭圆");
            out.extras.outlines.push((ELLIPSES.to_owned(), label));
        }
    }

    fn autocorrelation(&self) -> AttributeTable {
        let rows: Vec<MoranRecord> = self.layers().filter_map(|(.., c)| c.global.clone()).collect();
        let n = rows.len();
        let text = |f: fn(&MoranRecord) -> &String| {
            ColumnData::Text(rows.iter().map(|r| Some(f(r).clone())).collect())
        };
        let real = |f: fn(&MoranRecord) -> Option<f64>| ColumnData::Real(rows.iter().map(f).collect());
        let int =
            |f: &dyn Fn(&MoranRecord) -> i64| ColumnData::Int(rows.iter().map(|r| Some(f(r))).collect());
        let mut table = AttributeTable::new()
            .with("layer", text(|r| &r.layer))
            .with("year", ColumnData::Int(rows.iter().map(|r| r.year.map(i64::from)).collect()))
            .with("value", text(|r| &r.value))
            .with("weights", ColumnData::texts(&vec![weights_key(&self.config); n]))
            .with("units", int(&|r| r.units as i64))
            .with("without_neighbours", int(&|r| r.without_neighbours as i64))
            .with("moran_i", real(|r| Some(r.i)))
            .with("expected", real(|r| Some(r.expected)))
            .with("variance", real(|r| Some(r.variance)))
            .with("z", real(|r| Some(r.z)))
            .with("p_normal", real(|r| Some(r.p_normal)))
            .with("p_permutation", real(|r| r.p_permutation));
        for class in report::CLUSTERS.iter().chain(&report::HOT_SPOTS) {
            let count = |(.., c): (&str, i32, &super::clusters::Clusters)| {
                let values = c.cluster().into_iter().chain(c.hot_spot());
                Some(values.filter(|v| *v == Some(class.0)).count() as i64)
            };
            table.push(class.0, ColumnData::Int(self.layers().map(count).collect()));
        }
        table
    }

    fn inequality(&self) -> AttributeTable {
        let rows: Vec<_> = self.unequal.iter().map(|u| &u.record).collect();
        let real = |f: fn(&carbonzone_types::statistics::InequalityRecord) -> Option<f64>| {
            ColumnData::Real(rows.iter().map(|r| f(r)).collect())
        };
        AttributeTable::new()
            .with("year", ColumnData::Int(rows.iter().map(|r| r.year.map(i64::from)).collect()))
            .with("base", ColumnData::Text(rows.iter().map(|r| Some(r.base.clone())).collect()))
            .with("units", ColumnData::Int(rows.iter().map(|r| Some(r.units as i64)).collect()))
            .with("gini", real(|r| Some(r.gini)))
            .with("theil", real(|r| Some(r.theil)))
            .with("theil_between", real(|r| r.between))
            .with("theil_within", real(|r| r.within))
    }

    /// The curves of the last year.
    fn lorenz(&self) -> AttributeTable {
        let last = self.unequal.iter().filter_map(|u| u.record.year).max();
        let points: Vec<(&str, (f64, f64))> = self
            .unequal
            .iter()
            .filter(|u| u.record.year == last)
            .flat_map(|u| u.lorenz.iter().map(|p| (u.record.base.as_str(), *p)))
            .collect();
        AttributeTable::new()
            .with("base", ColumnData::Text(points.iter().map(|(b, _)| Some((*b).to_owned())).collect()))
            .with("share_of_base", ColumnData::Real(points.iter().map(|(_, p)| Some(p.0)).collect()))
            .with("share_of_emissions", ColumnData::Real(points.iter().map(|(_, p)| Some(p.1)).collect()))
    }

    fn centres_table(&self) -> AttributeTable {
        let rows = &self.centres;
        let real = |f: &dyn Fn(&super::spread::Centre) -> Option<f64>| {
            ColumnData::Real(rows.iter().map(f).collect())
        };
        AttributeTable::new()
            .with("year", ColumnData::Int(rows.iter().map(|c| Some(i64::from(c.year))).collect()))
            .with("kind", ColumnData::Text(rows.iter().map(|c| Some(c.kind.clone())).collect()))
            .with("amount_t", real(&|c| Some(c.tonnes)))
            .with("points", ColumnData::Int(rows.iter().map(|c| Some(c.ellipse.points as i64)).collect()))
            .with("centre_x_m", real(&|c| Some(c.ellipse.centre[0])))
            .with("centre_y_m", real(&|c| Some(c.ellipse.centre[1])))
            .with("major_half_axis_m", real(&|c| Some(c.ellipse.major_m)))
            .with("minor_half_axis_m", real(&|c| Some(c.ellipse.minor_m)))
            .with("azimuth_deg", real(&|c| Some(c.ellipse.azimuth_deg)))
            .with("shift_m", real(&|c| c.shift.map(|s| s.0)))
            .with("shift_direction_deg", real(&|c| c.shift.map(|s| s.1)))
    }

    fn ellipses<'a>(&self) -> Layer<'a> {
        let mut coverage = Coverage::new();
        for centre in &self.centres {
            coverage.push_rings(&[vec![centre.ellipse.outline(CORNERS)]]);
        }
        Layer {
            name: ELLIPSES.to_owned(),
            description: "Standard deviational ellipses: where the tonnes lie and how far they spread"
                .to_owned(),
            coverage: Arc::new(coverage),
            table: Columns::Own(self.centres_table()),
            parts: None,
            role: Role::More,
        }
    }

    fn decomposition(&self) -> AttributeTable {
        let rows = &self.changes;
        let real = |f: &dyn Fn(&super::change::Change) -> Option<f64>| {
            ColumnData::Real(rows.iter().map(f).collect())
        };
        let unit = |names: &[String], all: &str| {
            let name =
                |c: &super::change::Change| Some(c.unit.map_or_else(|| all.to_owned(), |u| names[u].clone()));
            ColumnData::Text(rows.iter().map(name).collect())
        };
        let mut table = AttributeTable::new()
            .with("from_year", ColumnData::Int(rows.iter().map(|c| Some(i64::from(c.from))).collect()))
            .with("to_year", ColumnData::Int(rows.iter().map(|c| Some(i64::from(c.to))).collect()))
            .with("unit_id", unit(&self.ids, "all"))
            .with("name", unit(&self.names, "all"))
            .with("gross_from_t", real(&|c| Some(c.before_t)))
            .with("gross_to_t", real(&|c| Some(c.after_t)))
            .with("change_t", real(&|c| Some(c.after_t - c.before_t)));
        for (k, factor) in KAYA.iter().enumerate() {
            table.push(&format!("effect_{factor}_t"), real(&|c| Some(c.effects_t[k])));
        }
        table
            .with(&format!("gdp_from_{}", self.gdp_unit.slug()), real(&|c| Some(c.gdp.0)))
            .with(&format!("gdp_to_{}", self.gdp_unit.slug()), real(&|c| Some(c.gdp.1)))
            .with("elasticity", real(&|c| c.decoupling.map(|d| d.0)))
            .with(
                "decoupling",
                ColumnData::Text(rows.iter().map(|c| c.decoupling.map(|d| d.1.key().to_owned())).collect()),
            )
    }
}

fn sheet(name: &str, table: AttributeTable, note: &Statement, lang: Lang) -> OutSheet {
    let mut lines = crate::workbook::lines(note, lang);
    lines.push(String::new());
    OutSheet::new(name, table).with_preamble(lines)
}
