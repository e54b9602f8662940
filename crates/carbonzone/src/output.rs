//! The one writer of run folders: what a study hands over becomes layers, tables, rasters and maps, all labelled if any input
//! is synthetic.

use crate::config::{Outputs, ParcelFormat};
use crate::described::described;
use crate::error::{Doing, Error, Result};
use crate::explained::{Explanations, FILE};
use crate::out_dir::named;
use crate::{closing, manifest, maps, measures, tables, workbook};
use carbonzone_geom::Coverage;
use carbonzone_io::{ByteBand, ColumnView, FloatBand, GpkgWriter, TableView, WorkingCrs};
use carbonzone_report::{
    Cells, Lang, MapData, MapLayer, RasterContent, RasterFile, Rendered, StudyExtras, assumptions,
};
use carbonzone_sheet::{OutSheet, write_csv_bom, write_xlsx};
use carbonzone_types::{AttributeTable, ColumnData, GridSpec, Ledger, OutputRecord, Progress, RunManifest};
use carbonzone_zoning::WhatIf;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// What a study has to write.
#[derive(Default)]
pub struct Output<'a> {
    /// CRS of layers and rasters; without it there are tables only.
    pub crs: Option<&'a WorkingCrs>,
    /// Layers of the GeoPackage, in order.
    pub layers: Vec<Layer<'a>>,
    /// The units for other programs, in WGS 84.
    pub geojson: Option<(Arc<Coverage>, AttributeTable)>,
    /// CSV tables by name.
    pub tables: Vec<(String, AttributeTable)>,
    /// Language of the workbooks.
    pub lang: Lang,
    pub workbooks: Vec<(String, Vec<OutSheet>)>,
    /// Rasters, as `GeoTIFF`.
    pub rasters: Vec<Raster<'a>>,
    /// What the report shows that does not stand in the layers.
    pub extras: StudyExtras,
    /// What the tonnes of units are made of.
    pub explained: Explanations<'a>,
    /// What class each unit would be if one of its numbers were a little different.
    pub what_if: Vec<WhatIf>,
}

/// A polygon layer.
pub struct Layer<'a> {
    /// Table name.
    pub name: String,
    pub description: String,
    /// One geometry per row.
    pub coverage: Arc<Coverage>,
    pub table: Columns<'a>,
    /// The layer where it is too large to be kept whole; `coverage` and `table` are empty then.
    pub parts: Option<InParts<'a>>,
    /// What the maps show it as.
    pub role: Role,
}

/// A layer that is made when it is needed.
pub struct InParts<'a> {
    pub rows: usize,
    /// All of it, part by part, for the files.
    pub written: Parts<'a>,
    /// What the maps show of it: made when everything is written.
    pub shown: Box<dyn Fn() -> (Cells, AttributeTable) + Send + Sync + 'a>,
}

/// Parts of a layer, made when they are written.
pub type Parts<'a> = Box<dyn Fn() -> Box<dyn Iterator<Item = (Coverage, AttributeTable)> + 'a> + Sync + 'a>;

/// What a layer is for the maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Parcels,
    /// Parcels that go into the files and not onto the maps.
    ParcelsUnseen,
    /// Grid cells.
    Grid,
    /// Townships, counties.
    Units,
    /// Dissolved zone classes.
    Classes,
    /// A further table.
    More,
}

/// Columns of a layer: a table, or borrowed from the results.
pub enum Columns<'a> {
    Own(AttributeTable),
    /// Borrowed.
    View(TableView<'a>),
}

impl Columns<'_> {
    fn view(&self) -> TableView<'_> {
        match self {
            Self::Own(table) => table.into(),
            Self::View(view) => view.clone(),
        }
    }

    fn into_table(self) -> AttributeTable {
        match self {
            Self::Own(table) => table,
            Self::View(view) => view.to_table(),
        }
    }
}

/// A raster on the grid.
pub struct Raster<'a> {
    pub file: String,
    pub grid: &'a GridSpec,
    /// Unit of its values, empty for classes.
    pub unit: &'static str,
    /// Further tags.
    pub tags: Vec<(String, String)>,
    /// Values, made when they are written.
    pub bands: Bands<'a>,
    /// What the project shows of it: band, content, year.
    pub shows: Vec<(u32, RasterContent, Option<i32>)>,
}

/// Values of a raster.
pub enum Bands<'a> {
    Float(Box<dyn Fn() -> Vec<FloatBand> + Sync + 'a>),
    /// Numbers of some cells, ascending; the others are empty. Written by rows, so that the grid is never in memory whole.
    SomeCells {
        /// Cells.
        used: &'a [u32],
        /// Name and values of each band, one per cell.
        bands: Vec<(String, &'a [f64])>,
    },
    /// Classes of some cells; the others are 0.
    ClassesOfSomeCells {
        /// Cells.
        used: &'a [u32],
        /// Palette, names and one code per cell.
        band: ByteBand,
    },
}

/// Rasters encoded at the same time at most: each holds its bands twice.
const RASTERS_AT_ONCE: usize = 8;

/// Writes everything but `run.json`; gives what the maps noted, and the records of files that are hashed already.
///
/// # Errors
/// If a file cannot be written.
pub fn write(
    mut output: Output<'_>,
    record: &RunManifest,
    outputs: &Outputs,
    dir: &Path,
    progress: &dyn Progress,
) -> Result<(Rendered, Vec<OutputRecord>)> {
    let units = output.layers.iter().find(|l| l.role == Role::Units).map(|l| units_of(l, record));
    add_closing(&mut output, record, units.as_ref());
    if let Some(units) = &units {
        add_measures(&mut output, record, units);
    }
    let writer = Writer { record, dir, progress };
    let explained = std::mem::take(&mut output.explained);
    let Some(crs) = output.crs.filter(|_| !output.layers.is_empty()) else {
        output.crs.map(|crs| writer.rasters(&output.rasters, crs)).transpose()?;
        progress.begin("write tables", None);
        writer.tables(&output)?;
        progress.end();
        return Ok((Rendered::default(), Vec::new()));
    };
    writer.layers(&output, outputs, crs)?;
    // The GeoPackage is hashed by one thread while the others write the rest; with maps it still gets its styles.
    let explained = || {
        explained.write(dir, crs, record)?;
        progress.end();
        let explained = manifest::output(dir, Path::new(FILE))?;
        Ok::<_, Error>((writer.rasters(&output.rasters, crs)?, explained))
    };
    let (hashed, (tables, rest)) = rayon::join(
        || {
            (!outputs.maps)
                .then(|| manifest::output(dir, &named(Path::new(""), &record.name, "gpkg")))
                .transpose()
        },
        || rayon::join(|| writer.tables(&output), explained),
    );
    tables?;
    let (rasters, explained) = rest?;
    let hashed: Vec<OutputRecord> = hashed?.into_iter().chain([explained]).collect();
    let data = MapData {
        manifest: record.clone(),
        parcels: None,
        grid: None,
        zones: MapLayer {
            name: String::new(),
            coverage: Arc::default(),
            cells: None,
            table: AttributeTable::new(),
        },
        dissolved: output.layers.iter().find(|l| l.role == Role::Classes).map(|l| l.name.clone()),
        rasters,
        vector_files: vec![(format!("{}.geojson", record.zones_layer), record.zones_layer.clone())],
        what_if: output.what_if,
        study: output.extras,
    };
    maps::write_more(&data, dir)?;
    if !outputs.maps {
        return Ok((Rendered::default(), hashed));
    }
    let data = with_layers(data, output.layers);
    let rendered = maps::render(&data, &maps::options(outputs), dir, progress);
    Ok((rendered.part(|| "maps and report")?, hashed))
}

/// The closing table: as CSV, as sheet of the first workbook, in the report.
fn add_closing(output: &mut Output<'_>, record: &RunManifest, units: Option<&AttributeTable>) {
    if record.closing.is_empty() {
        return;
    }
    if let Some((_, sheets)) = output.workbooks.first_mut() {
        sheets.push(closing::sheet(&record.closing, output.lang));
    }
    output.tables.push((closing::CLOSING.to_owned(), closing::table(&record.closing)));
    let names = units.map(|units| {
        let ids = units.texts("unit_id").unwrap_or_default().into_iter().map(Option::unwrap_or_default);
        ids.zip(carbonzone_report::names::of_table(units)).collect()
    });
    output.extras.tables.push(closing::report_table(&record.closing, &names.unwrap_or_default()));
}

/// What the numbers of each unit call for: as CSV and as sheet of the first workbook.
fn add_measures(output: &mut Output<'_>, record: &RunManifest, units: &AttributeTable) {
    let Some((table, sheet)) = measures::table(record, units, output.lang) else { return };
    if let Some((_, sheets)) = output.workbooks.first_mut() {
        sheets.push(sheet);
    }
    output.tables.push((measures::MEASURES.to_owned(), table));
}

/// The units in the last year.
fn units_of(layer: &Layer<'_>, record: &RunManifest) -> AttributeTable {
    let table = layer.table.view().to_table();
    let last = record.years.iter().copied().max().filter(|_| record.years.len() > 1).map(f64::from);
    let years = table.numbers("year").filter(|_| last.is_some());
    let Some(years) = years else { return table };
    let rows: Vec<u32> = (0..years.len() as u32).filter(|row| years[*row as usize] == last).collect();
    table.reordered(&rows)
}

/// The layers that the maps show, as tables of their own with the columns that are in the files.
fn with_layers(mut data: MapData, layers: Vec<Layer<'_>>) -> MapData {
    let label = data.manifest.data_label();
    for layer in layers {
        let role = layer.role;
        let shown = move || {
            let (cells, mut table) = match layer.parts {
                Some(parts) => {
                    let (cells, table) = (parts.shown)();
                    (Some(cells), table)
                }
                None => (None, layer.table.into_table()),
            };
            tables::add_label(&mut table, label);
            MapLayer { name: layer.name, coverage: layer.coverage, cells, table }
        };
        match role {
            Role::Parcels => data.parcels = Some(shown()),
            Role::Grid => data.grid = Some(shown()),
            Role::Units => data.zones = shown(),
            Role::ParcelsUnseen | Role::Classes | Role::More => {}
        }
    }
    data
}

struct Writer<'a> {
    record: &'a RunManifest,
    dir: &'a Path,
    progress: &'a dyn Progress,
}

impl Writer<'_> {
    fn labelled(&self, table: &AttributeTable) -> AttributeTable {
        tables::labelled(table, self.record.data_label())
    }

    /// The table with what it assumes, if it does not say so itself, and its label.
    fn assumed(&self, name: &str, table: &AttributeTable) -> AttributeTable {
        let said = assumptions::of(self.record, name).filter(|_| table.get("assumes").is_none());
        let mut table = table.clone();
        if let Some(said) = said {
            table.push("assumes", ColumnData::texts(&vec![said.en; table.rows()]));
        }
        tables::add_label(&mut table, self.record.data_label());
        table
    }

    fn tables(&self, output: &Output<'_>) -> Result<()> {
        let ledger = tables::ledger(&Ledger { rows: self.record.ledger.clone() });
        for (name, table) in output.tables.iter().chain([&("ledger".to_owned(), ledger)]) {
            write_csv_bom(&named(self.dir, name, "csv"), &self.assumed(name, table))?;
        }
        for (at, (name, sheets)) in output.workbooks.iter().enumerate() {
            if at == 0 {
                let sheets = workbook::in_words(self.record, sheets, output.lang);
                write_xlsx(&named(self.dir, name, "xlsx"), &sheets)?;
                continue;
            }
            let label = |sheet: &OutSheet| {
                let sheet = OutSheet { table: self.labelled(&sheet.table), ..sheet.clone() };
                workbook::assumed(self.record, sheet, output.lang)
            };
            write_xlsx(&named(self.dir, name, "xlsx"), &sheets.iter().map(label).collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn layers(&self, output: &Output<'_>, outputs: &Outputs, crs: &WorkingCrs) -> Result<()> {
        let Self { record, dir, progress } = *self;
        if let Some((coverage, table)) = &output.geojson {
            progress.begin("write GeoJSON", None);
            let path = named(dir, &record.zones_layer, "geojson");
            carbonzone_io::write_geojson(&path, coverage, &self.labelled(table), crs)?;
        }
        let rows_of = |l: &Layer<'_>| l.parts.as_ref().map_or(l.coverage.len(), |parts| parts.rows);
        let rows: usize = output.layers.iter().map(rows_of).sum();
        progress.begin("write GeoPackage", Some(rows as u64));
        let mut gpkg = GpkgWriter::create(&named(dir, &record.name, "gpkg"), crs)?;
        for layer in &output.layers {
            let mut columns = layer.table.view();
            let description = described(record, &layer.name, &layer.description);
            if let Some(parts) = &layer.parts {
                let labelled = (parts.written)().map(|(coverage, table)| (coverage, self.labelled(&table)));
                gpkg.polygons_in_parts(&layer.name, &description, labelled, progress)?;
                continue;
            }
            if let Some(label) = record.data_label() {
                columns.push(label.column(), ColumnView::Flag(true, layer.coverage.len()));
            }
            match (layer.role, outputs.parcel_format) {
                (Role::Parcels | Role::ParcelsUnseen, ParcelFormat::Fgb) => {
                    let path = named(dir, &layer.name, "fgb");
                    carbonzone_io::write_flatgeobuf(&path, &layer.coverage, &columns.to_table(), crs)?;
                }
                (Role::Parcels | Role::ParcelsUnseen, ParcelFormat::Parquet) => {
                    let path = named(dir, &layer.name, "parquet");
                    carbonzone_io::write_geoparquet(&path, &layer.coverage, &columns.to_table(), crs)?;
                }
                (Role::Parcels | Role::ParcelsUnseen, ParcelFormat::None) => {}
                _ => gpkg.polygons(&layer.name, &description, &layer.coverage, columns, progress)?,
            }
        }
        gpkg.finish()?;
        Ok(())
    }

    /// Writes the rasters, a few at a time; gives what the project shows of them.
    fn rasters(&self, rasters: &[Raster<'_>], crs: &WorkingCrs) -> Result<Vec<RasterFile>> {
        self.progress.begin("write GeoTIFF", Some(rasters.len() as u64));
        let mut out = Vec::new();
        for some in rasters.chunks(RASTERS_AT_ONCE) {
            let written: Result<Vec<_>> = some.par_iter().map(|r| self.raster(r, crs)).collect();
            out.extend(written?.into_iter().flatten());
        }
        self.progress.end();
        Ok(out)
    }

    fn raster(&self, raster: &Raster<'_>, crs: &WorkingCrs) -> Result<Vec<RasterFile>> {
        let path = self.dir.join(&raster.file);
        let tags = self.tags(raster);
        let mut shows = raster.shows.clone();
        match &raster.bands {
            Bands::SomeCells { used, bands } => {
                let names: Vec<&str> = bands.iter().map(|(name, _)| name.as_str()).collect();
                carbonzone_io::CogWriter::float(&path, raster.grid, crs, &names, &tags).and_then(|mut cog| {
                    for (band, (_, values)) in bands.iter().enumerate() {
                        for (first_row, rows) in blocks_of_rows(raster.grid, used, f64::NAN, values) {
                            cog.write_rows(band + 1, first_row, &rows)?;
                        }
                    }
                    cog.finish()
                })
            }
            Bands::ClassesOfSomeCells { used, band } => {
                carbonzone_io::CogWriter::classes(&path, raster.grid, crs, band, &tags).and_then(|mut cog| {
                    for (first_row, rows) in blocks_of_rows(raster.grid, used, 0u8, &band.values) {
                        cog.write_rows(1, first_row, &rows)?;
                    }
                    cog.finish()
                })
            }
            Bands::Float(make) => {
                let bands = make();
                for (band, content, _) in &mut shows {
                    if let RasterContent::Values { sample, cells, .. } = content {
                        let values = &bands[*band as usize - 1].values;
                        (*sample, *cells) = (maps::sample(values), maps::cells(values));
                    }
                }
                carbonzone_io::write_cog(&path, raster.grid, crs, &bands, &tags)
            }
        }
        .part(|| raster.file.clone())?;
        self.progress.advance(1);
        // A raster without any value cannot have classes.
        shows.retain(
            |(_, content, _)| !matches!(content, RasterContent::Values { sample, .. } if sample.is_empty()),
        );
        let shown = |(band, content, year)| RasterFile { file: raster.file.clone(), band, content, year };
        Ok(shows.into_iter().map(shown).collect())
    }

    fn tags(&self, raster: &Raster<'_>) -> Vec<(String, String)> {
        let mut out = vec![
            ("TIFFTAG_SOFTWARE".to_owned(), format!("carbonzone {}", self.record.version)),
            ("TITLE".to_owned(), self.record.title_en.clone()),
        ];
        if !raster.unit.is_empty() {
            out.push(("UNIT".to_owned(), raster.unit.to_owned()));
        }
        out.extend(raster.tags.iter().cloned());
        if let Some(label) = self.record.data_label() {
            out.push((label.column().to_uppercase(), label.sentence().en));
        }
        out
    }
}

/// Pixels of a raster that are in memory at a time, at most (a row at least).
const PIXELS: usize = 1 << 20;

/// Blocks of whole rows of a grid: first row and its values, those of the used cells (ascending) and `empty` elsewhere.
fn blocks_of_rows<'a, T: Copy>(
    grid: &GridSpec,
    used: &'a [u32],
    empty: T,
    values: &'a [T],
) -> impl Iterator<Item = (u32, Vec<T>)> + use<'a, T> {
    let grid = *grid;
    let rows = (PIXELS / grid.cols as usize).clamp(1, grid.rows as usize);
    let mut next = 0;
    (0..grid.rows).step_by(rows).map(move |first_row| {
        let rows = rows.min((grid.rows - first_row) as usize);
        let first_cell = grid.index(0, first_row);
        let mut block = vec![empty; rows * grid.cols as usize];
        while let Some(slot) = used.get(next).and_then(|&c| block.get_mut((c - first_cell) as usize)) {
            *slot = values[next];
            next += 1;
        }
        (first_row, block)
    })
}

/// One geometry per class, in the order given.
pub fn dissolved(units: &Coverage, class_of: &[u8], classes: &[u8]) -> Coverage {
    let shapes = carbonzone_io::dissolve(units, class_of);
    let mut out = Coverage::new();
    for (_, shape) in classes.iter().filter_map(|class| shapes.iter().find(|(c, _)| c == class)) {
        out.push_multipolygon(shape);
    }
    out
}
