//! `carbonzone synth guiyang|henan`: counties, tables and rasters of a synthetic region.

use crate::args::SynthArgs;
use crate::progress::observer;
use crate::synth_folder;
use crate::synth_projection::{ByGdal, fail};
use crate::terminal::print_line;
use carbonzone::exchange::Exchange;
use carbonzone_geom::Coverage;
use carbonzone_io::{ByteBand, FloatBand, GeometryKind, LayerSpec, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_synth::guiyang::{self, GuiyangFacts, GuiyangOptions};
use carbonzone_synth::henan::{self, HenanFacts, HenanOptions};
use carbonzone_synth::{BandData, RasterSpec, RegionSink, SinkError, TableSpec, ZoneRow};
use carbonzone_types::{AttributeTable, ColumnData};
use std::path::{Path, PathBuf};

/// CRS of the synthetic Guiyang: CGCS2000, 6-degree zone of 105° E.
const GUIYANG_CRS: &str = "EPSG:4507";
/// CRS of the synthetic Henan: an equal-area one.
const HENAN_CRS: &str = "ESRI:102025";

/// Five counties, land cover of two years, population, GDP, energy.
pub fn guiyang(args: &SynthArgs) -> anyhow::Result<u8> {
    let facts = GuiyangFacts::builtin()?;
    let (crs, bars) = (WorkingCrs::parse(GUIYANG_CRS)?, observer(args.quiet));
    let out = synth_folder::begin(&args.out, None)?;
    let mut sink = Files::new(out.path(), &crs);
    let options = GuiyangOptions { seed: args.seed, ..GuiyangOptions::default() };
    let summary = guiyang::generate(&facts, &options, &ByGdal::new(&crs), &mut sink, &*bars)?;
    let cells = summary.cells;
    let km2 = summary.unit_area_m2.iter().sum::<f64>() / 1e6;
    let text = format!(
        "SYNTHETIC Guiyang: {} counties ({km2:.1} km²), {cells} land-cover cells per year",
        summary.unit_area_m2.len()
    );
    finish(args, out, &text)
}

/// 157 counties, twenty years of rasters, energy CO2 per county.
pub fn henan(args: &SynthArgs) -> anyhow::Result<u8> {
    let facts = HenanFacts::builtin()?;
    let (crs, bars) = (WorkingCrs::parse(HENAN_CRS)?, observer(args.quiet));
    let out = synth_folder::begin(&args.out, None)?;
    let mut sink = Files::new(out.path(), &crs);
    let options = HenanOptions { seed: args.seed, ..HenanOptions::default() };
    let summary = henan::generate(&facts, &options, &ByGdal::new(&crs), &mut sink, &*bars)?;
    let text = format!(
        "SYNTHETIC Henan: {} counties ({:.0} km²), {} cells of 1 km, {} rasters",
        summary.counties,
        summary.area_m2 / 1e6,
        summary.cells,
        summary.rasters
    );
    finish(args, out, &text)
}

fn finish(args: &SynthArgs, out: Exchange, text: &str) -> anyhow::Result<u8> {
    let label = format!(
        "SYNTHETIC DATA made by carbonzone {} (seed {}).\nBorders, rasters and tables describe no real place.\n",
        env!("CARGO_PKG_VERSION"),
        args.seed
    );
    synth_folder::finish(out, &args.out, &label)?;
    if !args.quiet {
        print_line(&format!("{text}\nwritten to {}", args.out.display()));
    }
    Ok(0)
}

/// The layers as files: `counties.gpkg`, one CSV per table, one GeoTIFF per raster.
struct Files {
    dir: PathBuf,
    crs: WorkingCrs,
    raster: Option<(RasterSpec, Values)>,
}

/// Bands of the raster under construction.
enum Values {
    Byte(Vec<u8>),
    Float(Vec<Vec<f64>>),
}

impl Files {
    fn new(dir: &Path, crs: &WorkingCrs) -> Self {
        Self { dir: dir.to_path_buf(), crs: crs.clone(), raster: None }
    }
}

fn missing() -> SinkError {
    "no raster was begun, or its values have another type".to_owned().into()
}

impl RegionSink for Files {
    fn zones(&mut self, rows: &[ZoneRow]) -> Result<(), SinkError> {
        let text = |f: fn(&ZoneRow) -> &String| ColumnData::texts(&rows.iter().map(f).collect::<Vec<_>>());
        let table = AttributeTable::new()
            .with("id", text(|r| &r.id))
            .with("name", text(|r| &r.name_zh))
            .with("name_en", text(|r| &r.name_en))
            .with("district", text(|r| &r.parent_zh));
        let mut coverage = Coverage::new();
        for row in rows {
            coverage.push_rings(&row.parts);
        }
        let spec = LayerSpec::for_table("counties", Some(GeometryKind::Polygon), &self.crs, &table)
            .described("counties", "SYNTHETIC DATA of carbonzone");
        let path = self.dir.join("counties.gpkg");
        let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).map_err(fail)?;
        writer.polygons(&coverage, &table).map_err(fail)?;
        writer.finish().map_err(fail)
    }

    fn table(&mut self, table: &TableSpec) -> Result<(), SinkError> {
        let mut out = AttributeTable::new();
        for (j, name) in table.columns.iter().enumerate() {
            out.push(name, ColumnData::Text(table.rows.iter().map(|r| r.get(j).cloned()).collect()));
        }
        carbonzone_sheet::write_csv_bom(&self.dir.join(format!("{}.csv", table.name)), &out).map_err(fail)
    }

    fn begin_raster(&mut self, spec: &RasterSpec) -> Result<(), SinkError> {
        let n = spec.grid.len();
        let values = if spec.classes.is_empty() {
            Values::Float(vec![vec![f64::NAN; n]; spec.bands.len()])
        } else {
            Values::Byte(vec![spec.nodata as u8; n])
        };
        self.raster = Some((spec.clone(), values));
        Ok(())
    }

    fn raster_rows(&mut self, band: usize, first_row: u32, data: BandData) -> Result<(), SinkError> {
        let (spec, values) = self.raster.as_mut().ok_or_else(missing)?;
        let start = (first_row * spec.grid.cols) as usize;
        match (values, data) {
            (Values::Byte(all), BandData::Byte(rows)) => all[start..start + rows.len()].copy_from_slice(rows),
            (Values::Float(all), BandData::Float(rows)) => {
                let target = &mut all[band][start..start + rows.len()];
                for (to, from) in target.iter_mut().zip(rows) {
                    let v = f64::from(*from);
                    *to = if v == spec.nodata { f64::NAN } else { v };
                }
            }
            _ => return Err(missing()),
        }
        Ok(())
    }

    fn end_raster(&mut self) -> Result<(), SinkError> {
        let (spec, values) = self.raster.take().ok_or_else(missing)?;
        let path = self.dir.join(format!("{}.tif", spec.name));
        let tags = [("SYNTHETIC".to_owned(), "yes: not real data".to_owned())];
        match values {
            Values::Byte(values) => {
                let band = ByteBand {
                    description: spec.bands.first().cloned().unwrap_or_default(),
                    values,
                    palette: spec
                        .classes
                        .iter()
                        .map(|(v, _, [r, g, b])| (*v, format!("#{r:02x}{g:02x}{b:02x}")))
                        .collect(),
                    categories: spec.classes.iter().map(|(v, name, _)| (*v, name.clone())).collect(),
                };
                carbonzone_io::write_cog_byte(&path, &spec.grid, &self.crs, &band, &tags).map_err(fail)
            }
            Values::Float(columns) => {
                let bands: Vec<FloatBand> = spec
                    .bands
                    .iter()
                    .zip(columns)
                    .map(|(description, values)| FloatBand { description: description.clone(), values })
                    .collect();
                carbonzone_io::write_cog(&path, &spec.grid, &self.crs, &bands, &tags).map_err(fail)
            }
        }
    }
}
