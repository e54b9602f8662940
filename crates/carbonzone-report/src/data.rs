//! What the binary hands over: plain data, in the working CRS.

use crate::columns::JOINT;
use crate::figure::OF_DRAWING;
use crate::style::Figure;
use crate::{Label, Lang, Palette, ReportError, ReportTable, Result, names};
use carbonzone_geom::Coverage;
use carbonzone_types::loops::ranges;
use carbonzone_types::{AttributeTable, Finding, FontRecord, GridSpec, M2_PER_HECTARE, RunManifest};
use carbonzone_zoning::WhatIf;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// A layer of the run: geometries in the working CRS (metres) and all fields of docs/pipeline.md, "Fields".
#[derive(Debug, Clone)]
pub struct MapLayer {
    /// Table name in the GeoPackage, e.g. `townships`.
    pub name: String,
    /// Geometries, one per row of `table`; empty if there are `cells`.
    pub coverage: Arc<Coverage>,
    /// Cells of a grid in the place of geometries, where their outlines would take too much memory.
    pub cells: Option<Cells>,
    /// Attributes. With several years it is in long form, with a `year` column.
    pub table: AttributeTable,
}

/// Cells of a grid, one per row; their outlines are made part by part when they are drawn.
#[derive(Debug, Clone)]
pub struct Cells {
    /// The grid.
    pub grid: GridSpec,
    /// Indices of the cells.
    pub used: Arc<[u32]>,
}

/// Cells whose outlines are in memory at a time.
const CELLS_AT_A_TIME: usize = 1 << 16;

impl MapLayer {
    /// Number of geometries.
    pub fn geometries(&self) -> usize {
        self.cells.as_ref().map_or_else(|| self.coverage.len(), |c| c.used.len())
    }

    /// The geometries part by part, each with the row of its first.
    pub fn parts(&self) -> Box<dyn Iterator<Item = (usize, Arc<Coverage>)> + '_> {
        let Some(Cells { grid, used }) = &self.cells else {
            return Box::new(std::iter::once((0, self.coverage.clone())));
        };
        let outlines = |cells: &[u32]| Arc::new(Coverage::of_cells(grid, cells));
        Box::new(
            used.chunks(CELLS_AT_A_TIME)
                .enumerate()
                .map(move |(k, cells)| (k * CELLS_AT_A_TIME, outlines(cells))),
        )
    }

    /// The layer with all its outlines in memory.
    pub fn with_outlines(&self) -> Self {
        let Some(Cells { grid, used }) = &self.cells else { return self.clone() };
        let coverage = Arc::new(Coverage::of_cells(grid, used));
        Self { name: self.name.clone(), coverage, cells: None, table: self.table.clone() }
    }

    /// Checks that every geometry has its row and that there is something to draw.
    ///
    /// # Errors
    /// [`ReportError::Rows`] or [`ReportError::EmptyLayer`].
    pub fn check(&self) -> Result<()> {
        if self.geometries() != self.table.rows() {
            return Err(ReportError::Rows {
                layer: self.name.clone(),
                geometries: self.geometries(),
                rows: self.table.rows(),
            });
        }
        if self.parts().all(|(_, shapes)| shapes.total_bounds().is_none()) {
            return Err(ReportError::EmptyLayer { layer: self.name.clone() });
        }
        Ok(())
    }

    /// Numbers of a field, NULL (and anything not finite) as `None`.
    ///
    /// # Errors
    /// [`ReportError::MissingField`] if there is no such numeric field.
    pub fn numbers(&self, field: &str) -> Result<Vec<Option<f64>>> {
        let values = self.table.numbers(field).or_else(|| self.per_hectare(field));
        let values = values.ok_or_else(|| self.missing(field))?;
        Ok(ranges::finite(values))
    }

    /// `<stem>_t_ha` of a layer that has tonnes and areas but no such column.
    fn per_hectare(&self, field: &str) -> Option<Vec<Option<f64>>> {
        let tonnes = self.table.numbers(field.strip_suffix("_ha")?)?;
        let area = self.table.numbers("area_m2")?;
        Some(ranges::per_hectare(&tonnes, &area))
    }

    /// QGIS expression of a field that is computed from the columns of the layer; `None` if it is a column.
    pub fn expression(&self, field: &str) -> Option<String> {
        if let Some((a, b)) = field.split_once(JOINT) {
            return Some(format!("\"{a}\" || '{JOINT}' || \"{b}\""));
        }
        let stem = field.strip_suffix("_ha").filter(|_| self.table.get(field).is_none())?;
        // In the order of `per_hectare`: the extreme features must fall into their classes to the bit.
        Some(format!("\"{stem}\" / (\"area_m2\" / {M2_PER_HECTARE})"))
    }

    /// Texts of a field, NULL as `None`.
    ///
    /// # Errors
    /// [`ReportError::MissingField`] if there is no such field.
    pub fn texts(&self, field: &str) -> Result<Vec<Option<String>>> {
        let joint = || {
            let (a, b) = field.split_once(JOINT)?;
            let pairs = self.table.texts(a)?.into_iter().zip(self.table.texts(b)?);
            Some(pairs.map(|(a, b)| Some(format!("{}{JOINT}{}", a?, b?))).collect())
        };
        self.table.texts(field).or_else(joint).ok_or_else(|| self.missing(field))
    }

    /// True if the field exists, or follows from the columns.
    pub fn has(&self, field: &str) -> bool {
        self.table.get(field).is_some() || self.per_hectare(field).is_some()
    }

    /// Name shown for each unit ([`names::of_table`]).
    pub fn labels(&self) -> Vec<Label> {
        names::of_table(&self.table)
    }

    /// Rows of one year of a long table; everything if there is no `year` column.
    pub fn of_year(&self, year: i32) -> Self {
        let Some(years) = self.table.numbers("year") else { return self.clone() };
        let order: Vec<u32> =
            (0..years.len()).filter(|i| years[*i] == Some(f64::from(year))).map(|i| i as u32).collect();
        let whole = self.with_outlines();
        Self {
            name: whole.name,
            coverage: Arc::new(whole.coverage.reordered(&order)),
            cells: None,
            table: self.table.reordered(&order),
        }
    }

    fn missing(&self, field: &str) -> ReportError {
        let names: Vec<&str> = self.table.columns.iter().map(|c| c.name.as_str()).collect();
        ReportError::MissingField {
            layer: self.name.clone(),
            field: field.to_owned(),
            expected: names.join(", "),
        }
    }
}

/// What a band of a raster file shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RasterContent {
    /// The same quantity as this field of the grid layer: it takes that field's classes.
    GridField(String),
    /// Codes of the zone classes (`zones.tif`).
    ZoneCodes,
    /// A quantity of its own: classes are found from a sample of its values.
    Values {
        /// Quantity, e.g. `ciri`.
        key: String,
        /// English name.
        label_en: String,
        /// Chinese name.
        label_zh: String,
        /// Unit, empty if dimensionless.
        unit: String,
        /// Values that must be class breaks.
        thresholds: Vec<f64>,
        /// Values of the raster or a sample of them that contains the smallest and the largest. Not stored: the file
        /// holds them.
        #[serde(skip)]
        sample: Vec<f64>,
        /// Every value, rows from the north, for the page; none of a raster too large for it. Not stored either.
        #[serde(skip)]
        cells: Option<Arc<[f64]>>,
    },
}

/// A raster of the run folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RasterFile {
    /// File name relative to the run folder, with forward slashes.
    pub file: String,
    /// Band to show, counted from 1.
    pub band: u32,
    /// What it shows.
    pub content: RasterContent,
    /// Year, if the run has several.
    pub year: Option<i32>,
}

/// Everything that maps, project and report are made from.
#[derive(Debug, Clone)]
pub struct MapData {
    /// Provenance, names, indicators, zone classes, ledger.
    pub manifest: RunManifest,
    /// Parcels, unless the study has none or `[outputs] parcels = none`.
    pub parcels: Option<MapLayer>,
    /// Grid cells, if a grid was made.
    pub grid: Option<MapLayer>,
    /// Townships, counties, ...
    pub zones: MapLayer,
    /// GeoPackage table of the dissolved zones, if written; it needs the field `zone`.
    pub dissolved: Option<String>,
    /// Rasters of the run folder.
    pub rasters: Vec<RasterFile>,
    /// Loose vector files of the run folder and the layer each one holds, e.g. `("townships.geojson", "townships")`:
    /// a `.qml` is written beside each.
    pub vector_files: Vec<(String, String)>,
    /// What class each zone would be if one of its numbers were a little different (`carbonzone_zoning::what_if`),
    /// units in the order of the last year's zones; empty if not computed.
    pub what_if: Vec<WhatIf>,
    /// What only studies over years have.
    pub study: StudyExtras,
}

/// Maps, charts and tables that only studies over years have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyExtras {
    /// Windows of years with a zone map each: label, and the year whose rows hold the window's class.
    pub windows: Vec<(String, i32)>,
    /// Further tables of the GeoPackage with a `zone` column: they take the style of the zone map.
    pub zone_tables: Vec<String>,
    /// Further tables of the GeoPackage that are drawn as outlines, with what they are.
    #[serde(default)]
    pub outlines: Vec<(String, Label)>,
    /// Charts, drawn after the other figures.
    pub charts: Vec<Figure>,
    /// Tables of the report page.
    pub tables: Vec<ReportTable>,
}

impl MapData {
    /// The year that single maps show: the last one.
    pub fn year(&self) -> Option<i32> {
        self.manifest.years.iter().copied().max()
    }

    /// True if layers are in long form with a `year` column.
    pub fn long_form(&self) -> bool {
        self.manifest.years.len() > 1 && self.zones.has("year")
    }

    /// The data of one year; a layer without `year` column is kept whole. The manifest then names that year only.
    pub fn of_year(&self, year: i32) -> Self {
        Self {
            manifest: RunManifest { years: vec![year], ..self.manifest.clone() },
            parcels: self.parcels.as_ref().map(|l| l.of_year(year)),
            grid: self.grid.as_ref().map(|l| l.of_year(year)),
            zones: self.zones.of_year(year),
            dissolved: self.dissolved.clone(),
            rasters: self.rasters.clone(),
            vector_files: self.vector_files.clone(),
            what_if: self.what_if.clone(),
            study: self.study.clone(),
        }
    }

    /// Within how many percent of a threshold an index is on the borderline; none in a study without thresholds.
    pub fn borderline_pct(&self) -> Option<f64> {
        let config = self.manifest.pipeline.get("zoning")?.clone();
        let config: carbonzone_zoning::ZoningConfig = serde_json::from_value(config).ok()?;
        config.resolve().ok().map(|scheme| scheme.borderline_pct)
    }

    /// `[x0, y0, x1, y1]` of the zones, the frame of every map.
    ///
    /// # Errors
    /// [`ReportError::EmptyLayer`].
    pub fn frame(&self) -> Result<[f64; 4]> {
        self.zones
            .coverage
            .total_bounds()
            .ok_or_else(|| ReportError::EmptyLayer { layer: self.zones.name.clone() })
    }
}

/// How class breaks are found. Forced breaks (0, thresholds) hold for every method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakMethod {
    /// Natural breaks (Jenks, Fisher): exact optimum.
    #[default]
    Natural,
    /// Equal counts.
    Quantile,
    /// Equal widths.
    Equal,
}

impl From<BreakMethod> for carbonzone_zoning::BreakMethod {
    fn from(method: BreakMethod) -> Self {
        match method {
            BreakMethod::Natural => Self::NaturalBreaks,
            BreakMethod::Quantile => Self::Quantile,
            BreakMethod::Equal => Self::EqualInterval,
        }
    }
}

/// On which scale classes are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassScale {
    /// Ratios (compensating rate, coefficients) on their logarithms, amounts on their values.
    #[default]
    Auto,
    /// Every map on the values.
    Linear,
    /// Every map on logarithms, but those with values on both sides of 0.
    Log,
}

impl ClassScale {
    /// True if values are classified on their logarithms.
    pub fn is_log(self, ratio: bool, values: &[Option<f64>]) -> bool {
        let wanted = match self {
            Self::Auto => ratio,
            Self::Linear => false,
            Self::Log => true,
        };
        wanted
            && ranges::least_and_largest(values).is_some_and(|(least, largest)| least >= 0.0 && largest > 0.0)
    }
}

/// Which outputs are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct What {
    /// `figures/*.png` and `*.svg`.
    pub figures: bool,
    /// `<name>.qgz` and the `.qml` files.
    pub qgis: bool,
    /// `report.html`.
    pub report: bool,
}

impl Default for What {
    fn default() -> Self {
        Self { figures: true, qgis: true, report: true }
    }
}

/// How outputs are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderOptions {
    /// Language of titles and legends.
    pub lang: Lang,
    /// Class break method.
    pub breaks: BreakMethod,
    /// Scale on which classes are found.
    #[serde(default)]
    pub scale: ClassScale,
    /// Colours.
    pub palette: Palette,
    /// Number of classes of a choropleth (2 to 9).
    pub classes: usize,
    /// Parcel map (`fig5a_parcels`): tonnes per parcel instead of tonnes per hectare.
    #[serde(default)]
    pub parcel_totals: bool,
    /// Resolution of the PNG figures, dots per inch.
    pub dpi: u32,
    /// Which outputs are made.
    pub what: What,
    /// Largest number of parcels drawn in the report page; above it the page shows grid and zones only and says so.
    pub max_report_parcels: usize,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            lang: Lang::Both,
            breaks: BreakMethod::Natural,
            scale: ClassScale::Auto,
            palette: Palette::Standard,
            classes: 5,
            parcel_totals: false,
            dpi: 300,
            what: What::default(),
            max_report_parcels: 300_000,
        }
    }
}

/// One row of the GeoPackage table `layer_styles` (the binary writes it).
///
/// `f_table_catalog` and `f_table_schema` must be written as empty texts, `f_geometry_column` as the real name of
/// the geometry column, `styleSLD` and `owner` as empty texts: QGIS never matches a NULL schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerStyleRow {
    /// `f_table_name`.
    pub table: String,
    /// `styleName`, at most 30 characters.
    pub name: String,
    /// `styleQML`.
    pub qml: String,
    /// `useAsDefault`: exactly one row per table.
    pub default: bool,
    /// `description`.
    pub description: String,
}

/// What [`crate::render`] wrote.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// Files written, relative to the run folder, with what each one is.
    pub files: Vec<(PathBuf, String)>,
    /// Rows of the GeoPackage table `layer_styles`.
    pub layer_styles: Vec<LayerStyleRow>,
    /// Faces that the figures were drawn with; empty if none was drawn.
    pub fonts: Vec<FontRecord>,
    /// What a user must look at.
    pub findings: Vec<Finding>,
    /// Things the user should know (parcels left out of the page, ...).
    pub warnings: Vec<String>,
}

impl Rendered {
    /// Puts the fonts and findings into a record, in the place of those of an earlier drawing.
    pub fn note_in(&self, record: &mut RunManifest) {
        if self.fonts.is_empty() {
            return;
        }
        record.fonts.clone_from(&self.fonts);
        record.findings.retain(|f| !OF_DRAWING.contains(&f.code.as_str()));
        record.findings.extend(self.findings.iter().cloned());
    }
}
