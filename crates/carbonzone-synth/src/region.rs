//! Where the layers of the synthetic regions (Guiyang, Henan) go: zones, tables, and rasters in blocks of rows.

use carbonzone_types::GridSpec;

use crate::error::SinkError;
use crate::shape::Parts;

/// A county-level unit.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneRow {
    /// Identifier.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Prefecture or city it belongs to, in Chinese.
    pub parent_zh: String,
    /// The same in English.
    pub parent_en: String,
    /// Closed rings in metres of the working plane, outer counter-clockwise, holes clockwise.
    pub parts: Parts,
}

/// A table in long form: every cell is text, numbers in plain decimal notation.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSpec {
    /// File name without extension, such as `county_energy_co2`.
    pub name: String,
    /// Column names with units.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// A raster that is about to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct RasterSpec {
    /// File name without extension, such as `land_cover_2015`.
    pub name: String,
    /// Position, cell size and shape, in metres of the working plane.
    pub grid: GridSpec,
    /// Description of each band, with unit.
    pub bands: Vec<String>,
    /// Value of cells without data.
    pub nodata: f64,
    /// For categorical rasters: value, name and RGB colour of each class. Empty for measured values.
    pub classes: Vec<(u8, String, [u8; 3])>,
}

/// A block of rows of one band, row by row from the north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BandData<'a> {
    /// Classes (the raster has [`RasterSpec::classes`]).
    Byte(&'a [u8]),
    /// Measured values.
    Float(&'a [f32]),
}

/// Receives the layers of a synthetic region. Every raster is announced once, filled band by band with blocks of whole rows from the
/// north, and closed before the next begins.
pub trait RegionSink {
    /// The zones, in one call.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn zones(&mut self, rows: &[ZoneRow]) -> Result<(), SinkError>;
    /// A table.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn table(&mut self, table: &TableSpec) -> Result<(), SinkError>;
    /// A raster begins.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn begin_raster(&mut self, spec: &RasterSpec) -> Result<(), SinkError>;
    /// Whole rows of a band (0-based) of the raster that was begun last.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn raster_rows(&mut self, band: usize, first_row: u32, data: BandData) -> Result<(), SinkError>;
    /// The raster is complete.
    ///
    /// # Errors
    /// Whatever the writer says; generation stops.
    fn end_raster(&mut self) -> Result<(), SinkError>;
}

/// Rows per block of a raster: about a million cells.
pub fn rows_per_block(grid: &GridSpec) -> u32 {
    (1_048_576 / grid.cols.max(1)).clamp(1, grid.rows.max(1))
}

/// Closes all rings.
pub(crate) fn closed(mut parts: Parts) -> Parts {
    for ring in parts.iter_mut().flatten() {
        if let Some(&first) = ring.first() {
            ring.push(first);
        }
    }
    parts
}
