//! What statistics need of a study, the same for all of them.

use super::config::ClusterValue;
use carbonzone_geom::Coverage;
use carbonzone_report::Label;
use carbonzone_types::{GridSpec, M2_PER_KM2, MoneyUnit};

/// Units, years, and the places where the tonnes are.
pub struct Subject<'a> {
    /// Name of the layer of the units.
    pub layer: &'a str,
    /// Ids of the units.
    pub ids: &'a [String],
    /// Names of the units.
    pub names: &'a [String],
    /// Their names as shown, which tell them apart.
    pub shown: Vec<Label>,
    /// District of each unit.
    pub districts: &'a [Option<String>],
    /// Outlines of the units; empty without geometry.
    pub coverage: &'a Coverage,
    /// Area of each unit, m²; empty without geometry.
    pub area_m2: &'a [f64],
    pub gdp_unit: &'a MoneyUnit,
    /// Years, ascending.
    pub years: Vec<UnitYear>,
    /// Grid of the last year.
    pub cells: Option<Cells>,
    /// Cells or centroids, for centre and ellipse.
    pub places: Places,
}

#[derive(Default)]
pub struct UnitYear {
    pub year: i32,
    /// Residents.
    pub people: Vec<Option<f64>>,
    /// GDP, in the unit of the subject.
    pub gdp: Vec<Option<f64>>,
    /// Tonnes by sector.
    pub sectors_t: Vec<Vec<f64>>,
    /// Gross emission, t CO2e; `None`: unknown.
    pub gross_t: Vec<Option<f64>>,
    /// Sinks, t CO2e.
    pub sink_t: Vec<f64>,
}

/// Cells of the grid in which something lies.
pub struct Cells {
    pub layer: String,
    /// Column and row.
    pub at: Vec<(u32, u32)>,
    /// Centres, m.
    pub centres: Vec<[f64; 2]>,
    /// Value per km² of cell.
    pub per_km2: Vec<Option<f64>>,
}

/// Where tonnes are, m, and how many of each kind in each year.
#[derive(Default)]
pub struct Places {
    pub points: Vec<[f64; 2]>,
    /// True: cells of the grid; false: centroids of the units.
    pub cells: bool,
    /// Year, kind (sector, `gross`, `sink`) and tonnes per point.
    pub amounts: Vec<(i32, String, Vec<f64>)>,
}

impl UnitYear {
    /// The value that clusters are looked for.
    pub fn value(&self, value: ClusterValue, area_m2: &[f64]) -> Vec<Option<f64>> {
        let per = |amount: Option<f64>, base: Option<f64>| {
            Some(amount? / base.filter(|b| b.is_finite() && *b > 0.0)?)
        };
        let net = |i: usize| self.gross_t[i].map(|g| g - self.sink_t[i]);
        let km2 = |i: usize| area_m2.get(i).map(|m2| m2 / M2_PER_KM2);
        let one = |i: usize| match value {
            ClusterValue::GrossT => self.gross_t[i],
            ClusterValue::GrossTKm2 => per(self.gross_t[i], km2(i)),
            ClusterValue::NetTKm2 => per(net(i), km2(i)),
            ClusterValue::GrossTPerPerson => per(self.gross_t[i], self.people[i]),
            ClusterValue::GrossTPerGdp => per(self.gross_t[i], self.gdp[i]),
        };
        (0..self.gross_t.len()).map(one).collect()
    }
}

impl Cells {
    /// Some cells of a grid with their tonnes.
    pub fn new(
        grid: &GridSpec,
        layer: String,
        used: &[u32],
        tonnes: impl Iterator<Item = Option<f64>>,
    ) -> Self {
        let km2 = grid.cell_area_m2() / M2_PER_KM2;
        Self {
            layer,
            at: used.iter().map(|&c| grid.col_row(c)).collect(),
            centres: centres(grid, used),
            per_km2: tonnes.map(|t| t.map(|t| t / km2)).collect(),
        }
    }
}

/// Centres of cells, m.
pub fn centres(grid: &GridSpec, used: &[u32]) -> Vec<[f64; 2]> {
    let middle = |&cell: &u32| {
        let (col, row) = grid.col_row(cell);
        let [x0, y0, x1, y1] = grid.cell_bounds(col, row);
        [f64::midpoint(x0, x1), f64::midpoint(y0, y1)]
    };
    used.iter().map(middle).collect()
}
