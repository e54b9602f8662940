//! The result: lines, budgets, totals, uncertainty, and their tables.

use crate::config::InventoryConfig;
use carbonzone_types::{
    AttributeTable, ColumnData, ExactSum, FactorSetRecord, Findings, SectorTotal, Statement, Totals,
};
use serde::Serialize;

/// One line: activity × factor = result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InventoryLine {
    /// Id, unique in the run: `<file or sheet>!<cell>/<factor>`, e.g. `yearbook.csv!F12/fuel.cn.raw_coal`.
    pub id: String,
    /// Sector key, `industry` ... `waste`, or `sink`.
    pub sector: String,
    /// Category key, e.g. `manufacturing_energy`.
    pub category: String,
    /// Number of the equation in the Suzhou paper.
    pub equation: u8,
    /// Land group that carries the line.
    pub land_group: String,
    /// Industry or other subdivision, as given.
    pub industry: String,
    /// Activity key, e.g. `raw_coal`.
    pub activity: String,
    /// Activity as the file names it.
    pub label: String,
    /// Amount as given.
    pub amount: f64,
    /// Unit as given.
    pub unit: String,
    /// Factor id.
    pub factor_id: String,
    /// Factor value.
    pub factor_value: f64,
    /// Unit of the factor.
    pub factor_unit: String,
    /// Gas of the result: `CO2`, `CH4`, `N2O`, `C` or `CO2e`.
    pub gas: String,
    /// Tonnes of that gas per year.
    pub gas_t: f64,
    /// Tonnes CO2e per tonne of the gas (44/12 for C).
    pub gwp: f64,
    /// Set of warming potentials used: the run's for CH4 and N2O, the publisher's own for CO2e factors, empty for CO2.
    pub gwp_set: String,
    /// Result, t CO2e per year; sinks positive.
    pub result_t: f64,
    /// Whether it counts under the boundary and scope of the run.
    pub counted: bool,
    /// Why it does not count; empty if it does.
    pub excluded_because: String,
    /// How the result was worked out, with numbers.
    pub basis: String,
    /// Source of the factor.
    pub source: String,
    /// Verification status of the factor (the weakest, if several enter).
    pub status: String,
    /// Uncertainty of activity and factor together, percent (half-width of a 95 % interval).
    pub uncertainty_pct: f64,
    /// Uncertainty of the activity, percent.
    pub activity_uncertainty_pct: f64,
    /// Uncertainty of the factor, percent.
    pub factor_uncertainty_pct: f64,
    /// File of the amount; `parcels` for land areas taken from the layer.
    pub file: String,
    /// Sheet; empty for CSV.
    pub sheet: String,
    /// Cell of the amount, e.g. `F12`.
    pub cell: String,
    /// Note of the row.
    pub note: String,
}

/// Tonnes for one sector on one land group (or on several, if pooled).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// Sector key or `sink`.
    pub sector: String,
    /// Land group; several are joined by `+`.
    pub land_group: String,
    /// The land groups, one entry unless pooled.
    pub land_groups: Vec<String>,
    /// t CO2e per year, ≥ 0 (sinks positive).
    pub amount_t: f64,
    /// Share of the sector's total, if the split is by given shares.
    pub share: Option<f64>,
    /// Ids of the lines in it.
    pub lines: Vec<String>,
}

/// Uncertainty of a sum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UncertaintyRow {
    /// Sector key, `sink`, `gross` or `net`.
    pub item: String,
    /// t CO2e per year.
    pub amount_t: f64,
    /// Half-width of the 95 % interval by approach 1 (error propagation), t CO2e per year.
    pub half_width_t: f64,
    /// Half-width in percent; `None` if the amount is 0.
    pub uncertainty_pct: Option<f64>,
    /// Ends of the 95 % interval by approach 2 (Monte Carlo), t CO2e per year; `None` if nothing was drawn.
    pub approach2_t: Option<[f64; 2]>,
}

impl UncertaintyRow {
    /// Ends of the 95 % interval by approach 1, t CO2e per year.
    pub fn approach1_t(&self) -> [f64; 2] {
        [self.amount_t - self.half_width_t, self.amount_t + self.half_width_t]
    }
}

/// Gross total under another boundary or scope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlternativeTotal {
    /// `electricity_boundary` or `agriculture_scope`.
    pub option: String,
    /// Value of the option.
    pub value: String,
    /// Gross emission, t CO2e per year; `None` if rows are missing.
    pub gross_t: Option<f64>,
    /// The option's own part: industry, construction and transport, or agriculture, t CO2e per year.
    pub part_t: Option<f64>,
    /// True for the value in use.
    pub in_use: bool,
    /// Why there is no total, or what it means.
    pub note: String,
}

/// A land area for sinks, from both sources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SinkArea {
    /// Land type, e.g. `forest`.
    pub land_type: String,
    /// Hectares in the yearbook, if given.
    pub yearbook_ha: Option<f64>,
    /// Hectares of the parcels, if known.
    pub parcels_ha: Option<f64>,
    /// `yearbook` or `parcels`: which one the sink uses.
    pub used: String,
}

/// A factor that is not verified, or disputed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeakFactor {
    /// Id of the factor.
    pub id: String,
    /// Emissions or sinks that rest on it, t CO2e, positive.
    pub amount_t: f64,
    /// Sources that were read disagree; else none was found.
    pub disputed: bool,
}

/// How much of the total rests on rows that are not verified.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Reliance {
    /// Gross emission on unverified rows, t CO2e.
    pub unverified_t: f64,
    /// Gross emission on disputed rows, t CO2e.
    pub disputed_t: f64,
    /// Both, as a share of gross emission; `None` if gross is 0.
    pub weak_share: Option<f64>,
    /// Sinks on unverified or disputed rows, t CO2e.
    pub weak_sink_t: f64,
    /// Factors concerned, in order of tonnes, largest first.
    pub weak_factors: Vec<WeakFactor>,
    /// Tonnes from factors published only as CO2e, which keep their own warming potentials.
    pub own_gwp_t: f64,
}

/// Everything an inventory run gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inventory {
    /// Year, if known.
    pub year: Option<i32>,
    /// Configuration in use, defaults filled in.
    pub config: InventoryConfig,
    /// All lines, counted or not, in file order.
    pub lines: Vec<InventoryLine>,
    /// Budgets by sector and land group.
    pub budgets: Vec<Budget>,
    /// City totals on both bases.
    pub totals: Totals,
    /// Uncertainty per sector, gross and net.
    pub uncertainty: Vec<UncertaintyRow>,
    /// Totals under the three electricity boundaries and the two agriculture scopes.
    pub alternatives: Vec<AlternativeTotal>,
    /// Land areas of the sinks.
    pub sink_areas: Vec<SinkArea>,
    /// Factor sets in use with their status and tonnes.
    pub factor_sets: Vec<FactorSetRecord>,
    /// Tonnes on unverified and disputed rows.
    pub reliance: Reliance,
    /// Sentences a reader must know, e.g. that a total counts electricity twice.
    pub statements: Vec<Statement>,
    /// Findings that do not block.
    pub findings: Findings,
}

impl Inventory {
    /// Lines of a sector that count.
    pub fn counted(&self, sector: &str) -> impl Iterator<Item = &InventoryLine> {
        self.lines.iter().filter(move |l| l.counted && l.sector == sector)
    }

    /// Total of a sector, t CO2e per year (0 if it has no line).
    pub fn sector_t(&self, sector: &str) -> f64 {
        self.totals.sectors.iter().find(|s| s.sector == sector).map_or(0.0, |s| s.amount_t)
    }

    /// The budget of a sector on a land group, if there is one.
    pub fn budget(&self, sector: &str, land_group: &str) -> Option<&Budget> {
        self.budgets.iter().find(|b| b.sector == sector && b.land_group == land_group)
    }

    /// Largest relative difference between a sector's total, the sum of its budgets and the sum of its lines.
    pub fn cross_foot(&self) -> f64 {
        let mut worst: f64 = 0.0;
        for SectorTotal { sector, amount_t, .. } in &self.totals.sectors {
            let lines: ExactSum = self.counted(sector).map(|l| l.result_t).collect();
            let budgets: ExactSum =
                self.budgets.iter().filter(|b| b.sector == *sector).map(|b| b.amount_t).collect();
            let scale = amount_t.abs().max(1.0);
            worst = worst.max((lines.value() - amount_t).abs() / scale);
            worst = worst.max((budgets.value() - amount_t).abs() / scale);
        }
        worst
    }

    /// The tables of an export, each with its sheet name: `lines`, `budgets`, `totals`, `uncertainty`, `alternatives`,
    /// `sink_areas`, `factor_sets`.
    pub fn tables(&self) -> Vec<(&'static str, AttributeTable)> {
        vec![
            ("lines", self.lines_table()),
            ("budgets", self.budgets_table()),
            ("totals", self.totals_table()),
            ("uncertainty", self.uncertainty_table()),
            ("alternatives", self.alternatives_table()),
            ("sink_areas", self.sink_areas_table()),
            ("factor_sets", self.factor_sets_table()),
        ]
    }

    /// Every line.
    pub fn lines_table(&self) -> AttributeTable {
        let text =
            |f: fn(&InventoryLine) -> &str| ColumnData::texts(&self.lines.iter().map(f).collect::<Vec<_>>());
        let real =
            |f: fn(&InventoryLine) -> f64| ColumnData::reals(&self.lines.iter().map(f).collect::<Vec<_>>());
        AttributeTable::new()
            .with("id", text(|l| &l.id))
            .with("sector", text(|l| &l.sector))
            .with("category", text(|l| &l.category))
            .with(
                "equation",
                ColumnData::Int(self.lines.iter().map(|l| Some(i64::from(l.equation))).collect()),
            )
            .with("land_group", text(|l| &l.land_group))
            .with("industry", text(|l| &l.industry))
            .with("activity", text(|l| &l.activity))
            .with("label", text(|l| &l.label))
            .with("amount", real(|l| l.amount))
            .with("unit", text(|l| &l.unit))
            .with("factor_id", text(|l| &l.factor_id))
            .with("factor_value", real(|l| l.factor_value))
            .with("factor_unit", text(|l| &l.factor_unit))
            .with("gas", text(|l| &l.gas))
            .with("gas_t", real(|l| l.gas_t))
            .with("gwp", real(|l| l.gwp))
            .with("gwp_set", text(|l| &l.gwp_set))
            .with("result_t", real(|l| l.result_t))
            .with("counted", ColumnData::Bool(self.lines.iter().map(|l| Some(l.counted)).collect()))
            .with("excluded_because", text(|l| &l.excluded_because))
            .with("basis", text(|l| &l.basis))
            .with("source", text(|l| &l.source))
            .with("status", text(|l| &l.status))
            .with("uncertainty_pct", real(|l| l.uncertainty_pct))
            .with("file", text(|l| &l.file))
            .with("sheet", text(|l| &l.sheet))
            .with("cell", text(|l| &l.cell))
            .with("note", text(|l| &l.note))
    }

    /// Budgets by sector and land group.
    pub fn budgets_table(&self) -> AttributeTable {
        let b = &self.budgets;
        AttributeTable::new()
            .with("sector", ColumnData::texts(&b.iter().map(|b| &b.sector).collect::<Vec<_>>()))
            .with("land_group", ColumnData::texts(&b.iter().map(|b| &b.land_group).collect::<Vec<_>>()))
            .with("amount_t", ColumnData::reals(&b.iter().map(|b| b.amount_t).collect::<Vec<_>>()))
            .with("share", ColumnData::Real(b.iter().map(|b| b.share).collect()))
            .with("lines", ColumnData::Int(b.iter().map(|b| Some(b.lines.len() as i64)).collect()))
    }

    /// Sectors, gross, sink and net with their shares on both bases.
    pub fn totals_table(&self) -> AttributeTable {
        let t = &self.totals;
        let share = |x: f64, of: f64| (of != 0.0).then(|| 100.0 * x / of);
        let mut rows: Vec<(String, f64, Option<f64>, Option<f64>)> = t
            .sectors
            .iter()
            .map(|s| (s.sector.clone(), s.amount_t, s.share_of_gross_pct, s.share_of_net_pct))
            .collect();
        rows.push(("gross".to_owned(), t.gross_t, share(t.gross_t, t.gross_t), share(t.gross_t, t.net_t)));
        rows.push(("net".to_owned(), t.net_t, share(t.net_t, t.gross_t), share(t.net_t, t.net_t)));
        AttributeTable::new()
            .with("item", ColumnData::texts(&rows.iter().map(|r| &r.0).collect::<Vec<_>>()))
            .with("amount_t", ColumnData::reals(&rows.iter().map(|r| r.1).collect::<Vec<_>>()))
            .with("share_of_gross_pct", ColumnData::Real(rows.iter().map(|r| r.2).collect()))
            .with("share_of_net_pct", ColumnData::Real(rows.iter().map(|r| r.3).collect()))
    }

    /// Uncertainty per sector, gross and net.
    pub fn uncertainty_table(&self) -> AttributeTable {
        let u = &self.uncertainty;
        let end = |f: &dyn Fn(&UncertaintyRow) -> Option<f64>| ColumnData::Real(u.iter().map(f).collect());
        AttributeTable::new()
            .with("item", ColumnData::texts(&u.iter().map(|r| &r.item).collect::<Vec<_>>()))
            .with("amount_t", ColumnData::reals(&u.iter().map(|r| r.amount_t).collect::<Vec<_>>()))
            .with("half_width_t", ColumnData::reals(&u.iter().map(|r| r.half_width_t).collect::<Vec<_>>()))
            .with("uncertainty_pct", ColumnData::Real(u.iter().map(|r| r.uncertainty_pct).collect()))
            .with("approach1_low_t", end(&|r| Some(r.approach1_t()[0])))
            .with("approach1_high_t", end(&|r| Some(r.approach1_t()[1])))
            .with("approach2_low_t", end(&|r| Some(r.approach2_t?[0])))
            .with("approach2_high_t", end(&|r| Some(r.approach2_t?[1])))
    }

    /// Totals under other boundaries and scopes.
    pub fn alternatives_table(&self) -> AttributeTable {
        let a = &self.alternatives;
        AttributeTable::new()
            .with("option", ColumnData::texts(&a.iter().map(|r| &r.option).collect::<Vec<_>>()))
            .with("value", ColumnData::texts(&a.iter().map(|r| &r.value).collect::<Vec<_>>()))
            .with("gross_t", ColumnData::Real(a.iter().map(|r| r.gross_t).collect()))
            .with("part_t", ColumnData::Real(a.iter().map(|r| r.part_t).collect()))
            .with("in_use", ColumnData::Bool(a.iter().map(|r| Some(r.in_use)).collect()))
            .with("note", ColumnData::texts(&a.iter().map(|r| &r.note).collect::<Vec<_>>()))
    }

    /// Land areas of the sinks from both sources.
    pub fn sink_areas_table(&self) -> AttributeTable {
        let a = &self.sink_areas;
        AttributeTable::new()
            .with("land_type", ColumnData::texts(&a.iter().map(|r| &r.land_type).collect::<Vec<_>>()))
            .with("yearbook_ha", ColumnData::Real(a.iter().map(|r| r.yearbook_ha).collect()))
            .with("parcels_ha", ColumnData::Real(a.iter().map(|r| r.parcels_ha).collect()))
            .with("used", ColumnData::texts(&a.iter().map(|r| &r.used).collect::<Vec<_>>()))
    }

    /// Factor sets in use.
    pub fn factor_sets_table(&self) -> AttributeTable {
        let f = &self.factor_sets;
        AttributeTable::new()
            .with("set", ColumnData::texts(&f.iter().map(|r| &r.set).collect::<Vec<_>>()))
            .with("purpose", ColumnData::texts(&f.iter().map(|r| &r.purpose).collect::<Vec<_>>()))
            .with("status", ColumnData::texts(&f.iter().map(|r| &r.status).collect::<Vec<_>>()))
            .with("amount_t", ColumnData::Real(f.iter().map(|r| r.amount_t).collect()))
            .with("unverified_t", ColumnData::Real(f.iter().map(|r| r.unverified_t).collect()))
            .with("source", ColumnData::texts(&f.iter().map(|r| &r.source).collect::<Vec<_>>()))
    }
}
