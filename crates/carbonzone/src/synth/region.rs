//! Counties, tables and rasters of a synthetic region.

use super::Synth;
use super::projection::{ByGdal, fail};
use crate::error::Result;
use crate::exchange::Exchange;
use carbonzone_geom::Coverage;
use carbonzone_io::{ByteBand, FloatBand, GeometryKind, LayerSpec, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_synth::guiyang::{self, GuiyangFacts, GuiyangOptions};
use carbonzone_synth::henan::{self, HenanFacts, HenanOptions};
use carbonzone_synth::{BandData, RasterSpec, RegionSink, SinkError, TableSpec, ZoneRow};
use carbonzone_types::{AttributeTable, ColumnData, Progress};
use std::path::{Path, PathBuf};

/// CRS of the synthetic Guiyang: CGCS2000, 6-degree zone of 105° E.
const GUIYANG_CRS: &str = "EPSG:4507";
/// CRS of the synthetic Henan: an equal-area one.
const HENAN_CRS: &str = "ESRI:102025";

impl Synth<'_> {
    /// Five counties, land cover of two years, population, GDP, energy; gives what was made, in words.
    ///
    /// # Errors
    /// If the folder cannot be used, or the disk refuses.
    pub fn guiyang(&self, observer: &dyn Progress) -> Result<String> {
        let facts = GuiyangFacts::builtin()?;
        let crs = WorkingCrs::parse(GUIYANG_CRS)?;
        let out = self.begin(observer)?;
        let mut sink = Files::new(out.path(), &crs);
        let options = GuiyangOptions { seed: self.seed, ..GuiyangOptions::default() };
        let made = guiyang::generate(&facts, &options, &ByGdal::new(&crs), &mut sink, observer)?;
        self.finish_region(out, observer)?;
        Ok(format!(
            "SYNTHETIC Guiyang: {} counties ({:.1} km²), {} land-cover cells per year",
            made.unit_area_m2.len(),
            made.unit_area_m2.iter().sum::<f64>() / 1e6,
            made.cells
        ))
    }

    /// 157 counties, twenty years of rasters, energy CO2 per county; gives what was made, in words.
    ///
    /// # Errors
    /// If the folder cannot be used, or the disk refuses.
    pub fn henan(&self, observer: &dyn Progress) -> Result<String> {
        let facts = HenanFacts::builtin()?;
        let crs = WorkingCrs::parse(HENAN_CRS)?;
        let out = self.begin(observer)?;
        let mut sink = Files::new(out.path(), &crs);
        let options = HenanOptions { seed: self.seed, ..HenanOptions::default() };
        let made = henan::generate(&facts, &options, &ByGdal::new(&crs), &mut sink, observer)?;
        self.finish_region(out, observer)?;
        Ok(format!(
            "SYNTHETIC Henan: {} counties ({:.0} km²), {} cells of 1 km, {} rasters",
            made.counties,
            made.area_m2 / 1e6,
            made.cells,
            made.rasters
        ))
    }

    fn finish_region(&self, out: Exchange, observer: &dyn Progress) -> Result<()> {
        let about = format!("(seed {}).\nBorders, rasters and tables describe no real place.", self.seed);
        self.finish(out, &about, observer)
    }
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
            .with("district", text(|r| &r.parent_zh))
            .with("district_en", text(|r| &r.parent_en));
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
