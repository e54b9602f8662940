//! The grid of a run: chosen, its cost estimated, and refused before anything is made if it cannot fit.

use crate::config::ParcelDetail;
use crate::load::far_off::{self, Far};
use crate::load::{Inputs, Notes};
use crate::load_config::Loaded;
use carbonzone_geom::{Coverage, box_and_pieces, cells_of, far_off};
use carbonzone_types::{Finding, GridSpec};

/// Cells of the whole box, used or not: each is a pixel of every raster band.
const MAX_CELLS: f64 = 1e8;
/// Memory for the cells that are used.
const MAX_BYTES: f64 = 4e9;
/// Memory per piece of a parcel or zone in a cell.
const BYTES_PER_PIECE: f64 = 12.0;
/// Memory per used cell beside its columns: number, zone, covered area, outline and index while they are written.
const BYTES_PER_CELL: f64 = 180.0;
/// Columns beside the sectors: sinks, gross, net.
const MORE_COLUMNS: f64 = 3.0;
/// A column while it is summed and when it is written.
const BYTES_PER_VALUE: f64 = 24.0;

/// Cell size of `parcels = "coarse"`, m.
pub const COARSE_M: f64 = 100.0;

/// Extent: bounding box of zones and parcels, snapped outward to whole cells. `None`: too large; a finding says what stretches it.
pub fn choose(loaded: &Loaded, inputs: &Inputs, sectors: usize, notes: &mut Notes) -> Option<GridSpec> {
    let (parcels, zones) = (&inputs.parcels, &inputs.zones);
    let layers = [&parcels.coverage, &zones.coverage];
    let far = || {
        let id = |i: u32| parcels.ids[i as usize].to_owned();
        let mut far = far_off::of_layer("parcel", &far_off(&parcels.coverage), id);
        let id = |i: u32| zones.ids[i as usize].clone();
        far.merge(far_off::of_layer("zone", &far_off(&zones.coverage), id));
        far
    };
    let columns = sectors as f64 + MORE_COLUMNS;
    let grid = within(&layers, loaded.pipeline.aggregate.cell_m, columns, far).map_err(|finding| {
        notes.findings.push(loaded.at(finding, &["aggregate", "cell_m"]));
    });
    if loaded.pipeline.outputs.parcels == ParcelDetail::Coarse
        && let Err(finding) = within(&layers[..1], COARSE_M, columns, far)
    {
        return notes.findings.refuse(finding.field("outputs.parcels").value("coarse"));
    }
    grid.ok()
}

/// The grid of a study without parcels.
pub fn of_zones(zones: &Coverage, ids: &[String], cell_m: f64) -> Result<GridSpec, Finding> {
    let id = |i: u32| ids[i as usize].clone();
    within(&[zones], cell_m, MORE_COLUMNS, || far_off::of_layer("zone", &far_off(zones), id))
}

/// The grid over the layers if it fits; `far` finds what lies far off if it does not.
fn within(
    layers: &[&Coverage],
    cell_m: f64,
    columns: f64,
    far: impl Fn() -> Far,
) -> Result<GridSpec, Finding> {
    let (boxes, pieces): (Vec<_>, Vec<f64>) =
        layers.iter().map(|layer| box_and_pieces(layer, cell_m)).unzip();
    let bounds = boxes.into_iter().flatten().reduce(union);
    let Some(bounds) = bounds else {
        return Err(Finding::error("grid", "there is no ground for a grid").field("aggregate.cell_m"));
    };
    let cost = Cost::of_pieces(pieces.iter().sum(), bounds, cell_m, columns);
    match GridSpec::covering(bounds, cell_m).filter(|_| cost.fits()) {
        Some(grid) => Ok(grid),
        None => Err(refusal(layers, bounds, cell_m, columns, &far())),
    }
}

/// What a grid costs.
struct Cost {
    /// Cells of the whole box.
    cells: f64,
    /// Memory for the used ones, bytes; an upper bound.
    bytes: f64,
}

impl Cost {
    fn of(layers: &[&Coverage], bounds: [f64; 4], cell_m: f64, columns: f64) -> Self {
        let pieces = layers.iter().map(|layer| box_and_pieces(layer, cell_m).1).sum();
        Self::of_pieces(pieces, bounds, cell_m, columns)
    }

    fn of_pieces(pieces: f64, bounds: [f64; 4], cell_m: f64, columns: f64) -> Self {
        let cells = cells_of(bounds, cell_m);
        // Parcels and zones cover the same ground, so a cell has at least one piece of either.
        let used = pieces.min(cells);
        let bytes = pieces * BYTES_PER_PIECE + used * (BYTES_PER_CELL + columns * BYTES_PER_VALUE);
        Self { cells, bytes }
    }

    fn fits(&self) -> bool {
        self.cells <= MAX_CELLS && self.bytes <= MAX_BYTES
    }
}

/// Why the grid is refused, what stretches it, and which cell would fit.
fn refusal(layers: &[&Coverage], bounds: [f64; 4], cell_m: f64, columns: f64, far: &Far) -> Finding {
    let cost = Cost::of(layers, bounds, cell_m, columns);
    let km = |k: usize| (bounds[k + 2] - bounds[k]) / 1000.0;
    let size = format!(
        "a grid of {cell_m} m cells over {:.0} x {:.0} km has {} cells: about {} of rasters and {} of memory",
        km(0),
        km(1),
        count(cost.cells),
        bytes(cost.cells * 8.0 * columns),
        bytes(cost.bytes)
    );
    let message =
        far.list().map_or_else(|| size.clone(), |list| format!("{size}; what stretches it: {list}"));
    let fits = match fitting(layers, bounds, cell_m, columns) {
        Some(cell) => format!("cells of {cell} m or more fit"),
        None => "no cell size fits: is a layer in a wrong CRS?".to_owned(),
    };
    let without = far.first().and(far.others()).map(|others| count(cells_of(others, cell_m)));
    let hint = match without {
        Some(cells) => {
            format!("correct or remove it in its file (without it the grid has {cells} cells); or {fits}")
        }
        None => fits,
    };
    let mut finding = Finding::error("grid", message)
        .field("aggregate.cell_m")
        .value(format!("{cell_m} m"))
        .expected(format!("at most {} cells and {} of memory", count(MAX_CELLS), bytes(MAX_BYTES)))
        .hint(hint);
    if let Some(first) = far.first() {
        finding = finding.feature(first);
    }
    finding
}

/// Smallest of the usual cell sizes above the given one that fits.
fn fitting(layers: &[&Coverage], bounds: [f64; 4], cell_m: f64, columns: f64) -> Option<f64> {
    let decades = (0..7).map(|k| 10f64.powi(k));
    let usual = decades.flat_map(|d| [1.0, 2.0, 2.5, 5.0].map(|m| m * d));
    usual.filter(|c| *c > cell_m).find(|c| Cost::of(layers, bounds, *c, columns).fits())
}

fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn count(cells: f64) -> String {
    if cells < 1e6 { format!("{cells:.0}") } else { format!("{:.0} million", cells / 1e6) }
}

fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 1e6 => "less than 1 MB".to_owned(),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(places: &[[f64; 2]], side: f64) -> Coverage {
        let mut c = Coverage::new();
        for [x, y] in places {
            let (e, n) = (x + side, y + side);
            c.push_rings(&[vec![vec![[*x, *y], [e, *y], [e, n], [*x, n], [*x, *y]]]]);
        }
        c
    }

    #[test]
    fn a_grid_that_fits_is_the_box_and_one_that_does_not_names_what_stretches_it() {
        let mut places: Vec<[f64; 2]> = (0..16)
            .map(|k| [500_000.0 + f64::from(k % 4) * 1000.0, 3_450_000.0 + f64::from(k / 4) * 1000.0])
            .collect();
        let far = |c: &Coverage| far_off::of_layer("parcel", &far_off(c), |i| format!("P{i:02}"));
        let city = squares(&places, 1000.0);
        let grid = within(&[&city], 100.0, 8.0, || far(&city)).unwrap();
        assert_eq!((grid.cols, grid.rows), (40, 40));
        // 900 km west and 2000 km north of its place.
        places[15] = [-397_000.0, 5_453_000.0];
        let city = squares(&places, 1000.0);
        let finding = within(&[&city], 100.0, 8.0, || far(&city)).unwrap_err();
        // 901 × 2004 km.
        assert!(finding.message.contains("181 million cells"), "{finding:?}");
        assert!(finding.message.contains("parcel P15 lies 2191 km"), "{finding:?}");
        let hint = finding.hint.unwrap();
        assert!(hint.contains("has 1681 cells") && hint.contains("cells of 200 m or more fit"), "{hint}");
        // At 1 km it fits, and only the cells in use cost memory.
        assert!(within(&[&city], 1000.0, 8.0, || far(&city)).is_ok());
    }

    #[test]
    fn one_parcel_over_a_whole_province_is_paid_for_cell_by_cell() {
        // 10 million cells in one piece: 10 million x (12 + 180 + 8 x 24) bytes.
        let province = squares(&[[500_000.0, 3_000_000.0]], 316_200.0);
        let bounds = province.total_bounds().unwrap();
        let cost = Cost::of(&[&province], bounds, 100.0, 8.0);
        assert!((cost.cells / 1e7 - 1.0).abs() < 1e-2 && (cost.bytes / 3.84e9 - 1.0).abs() < 1e-2);
        assert!(cost.fits() && !Cost::of(&[&province], bounds, 90.0, 8.0).fits());
    }
}
