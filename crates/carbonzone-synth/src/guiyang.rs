//! The synthetic Guiyang: five county-level units, 30 m land cover in two years, and the tables of the paper's method.
//!
//! **Synthetic.** The units' borders, the land cover and the energy intensities are made; see `fixtures/guiyang/` for what is real.
//! The energy intensities are fitted to the emissions of the paper's Table 2 (within 0.01 %), so agreement with that table shows
//! nothing about the method.

use carbonzone_types::{GridSpec, Progress};

use crate::error::{Result, SynthError};
use crate::noise::{fractal, value};
use crate::partition::{Centre, Partition, PartitionSpec, balance, partition};
use crate::projection::Projection;
use crate::region::{BandData, RasterSpec, RegionSink, TableSpec, ZoneRow, closed, rows_per_block};
use crate::rng::{Rng, mix};
use crate::shape::{Point, bounds, distance, natural_ring, parts_area};
use crate::table::Table;

/// Land-cover classes of the raster.
pub const CLASSES: [(u8, &str, [u8; 3]); 6] = [
    (1, "cultivated", [250, 240, 170]),
    (2, "forest", [70, 140, 70]),
    (3, "grassland", [170, 210, 120]),
    (4, "water", [110, 170, 220]),
    (5, "construction", [200, 80, 80]),
    (6, "unused", [190, 180, 170]),
];
/// Value of cells outside the city.
pub const NODATA: u8 = 0;
const GEOGRAPHY_SEED: u64 = 0x5201;

/// One unit in one year, as in `units.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitYear {
    /// Code of the unit.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Year.
    pub year: i32,
    /// Target area, km².
    pub area_km2: f64,
    /// Residents, 10⁴ persons.
    pub population_1e4: f64,
    /// Gross domestic product, 10⁴ CNY.
    pub gdp_1e4cny: f64,
    /// Energy per product, tce per 10⁴ CNY.
    pub energy_intensity: f64,
    /// Target shares of the classes 1 to 5, percent; the rest is class 6.
    pub cover_pct: [f64; 5],
}

/// The facts of `fixtures/guiyang/`.
#[derive(Debug, Clone)]
pub struct GuiyangFacts {
    outline: Vec<Point>,
    centres: Vec<(String, Point, f64)>,
    /// Units by year, in file order.
    pub units: Vec<UnitYear>,
}

impl GuiyangFacts {
    /// The facts built into the program.
    ///
    /// # Errors
    /// A fixture that does not parse; a test makes sure it does.
    pub fn builtin() -> Result<Self> {
        Self::parse(
            include_str!("../../../fixtures/guiyang/outline.csv"),
            include_str!("../../../fixtures/guiyang/centres.csv"),
            include_str!("../../../fixtures/guiyang/units.csv"),
        )
    }

    /// Reads the text of the three files.
    ///
    /// # Errors
    /// A wrong value.
    pub fn parse(outline: &str, centres: &str, units: &str) -> Result<Self> {
        let outline = Table::parse("outline.csv", outline)?
            .rows()
            .map(|r| Ok([r.value("lon")?, r.value("lat")?]))
            .collect::<Result<_>>()?;
        let units: Vec<UnitYear> = Table::parse("units.csv", units)?
            .rows()
            .map(|r| {
                Ok(UnitYear {
                    code: r.text("adcode")?.to_owned(),
                    name_zh: r.text("name_zh")?.to_owned(),
                    name_en: r.text("name_en")?.to_owned(),
                    year: r.value("year")?,
                    area_km2: r.value("area_km2")?,
                    population_1e4: r.value("population_1e4")?,
                    gdp_1e4cny: r.value("gdp_1e4cny")?,
                    energy_intensity: r.value("energy_intensity_tce_1e4cny")?,
                    cover_pct: [
                        r.value("cultivated_pct")?,
                        r.value("forest_pct")?,
                        r.value("grassland_pct")?,
                        r.value("water_pct")?,
                        r.value("construction_pct")?,
                    ],
                })
            })
            .collect::<Result<_>>()?;
        let centres = Table::parse("centres.csv", centres)?
            .rows()
            .map(|r| {
                let code = r.text("unit")?;
                if !units.iter().any(|u| u.code == code) {
                    return Err(r.wrong("unit", code, "a code of units.csv"));
                }
                Ok((code.to_owned(), [r.value("lon")?, r.value("lat")?], r.value::<f64>("town_km")?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { outline, centres, units })
    }

    /// Years in ascending order.
    pub fn years(&self) -> Vec<i32> {
        let mut years: Vec<i32> = self.units.iter().map(|u| u.year).collect();
        years.sort_unstable();
        years.dedup();
        years
    }

    fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        for u in &self.units {
            if !codes.contains(&u.code) {
                codes.push(u.code.clone());
            }
        }
        codes
    }

    fn of(&self, code: &str, year: i32) -> Result<&UnitYear> {
        self.units.iter().find(|u| u.code == code && u.year == year).ok_or_else(|| SynthError::Facts {
            place: "guiyang",
            reason: format!("units.csv has no row for unit {code} in {year}"),
        })
    }
}

/// Cell size and seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuiyangOptions {
    /// Cell size of the land cover in m; 30 as in the paper's data.
    pub cell_m: f64,
    /// Seed of the land cover.
    pub seed: u64,
}

impl Default for GuiyangOptions {
    fn default() -> Self {
        Self { cell_m: 30.0, seed: 1 }
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct GuiyangSummary {
    /// Areas of the units in m² of the working plane, in the order of the zones.
    pub unit_area_m2: Vec<f64>,
    /// Cells with data per raster.
    pub cells: u64,
    /// Years made.
    pub years: Vec<i32>,
}

/// Makes the region: zones, the table `guiyang_units` (one row per unit and year) and one categorical raster per year.
///
/// # Errors
/// Facts that do not fit, a failing projection or sink, or [`SynthError::Cancelled`].
pub fn generate(
    facts: &GuiyangFacts,
    options: &GuiyangOptions,
    projection: &dyn Projection,
    sink: &mut dyn RegionSink,
    progress: &dyn Progress,
) -> Result<GuiyangSummary> {
    let place = Place::build(facts, options, projection)?;
    let zones = place.zones(facts)?;
    let unit_area_m2 = zones.iter().map(|z| parts_area(&z.parts)).collect();
    sink.zones(&zones).map_err(SynthError::Sink)?;
    sink.table(&units_table(facts)).map_err(SynthError::Sink)?;
    let b = bounds(zones.iter().flat_map(|z| z.parts.iter().flatten().flatten()));
    let grid = GridSpec::covering(b, options.cell_m).ok_or_else(|| SynthError::Facts {
        place: "guiyang",
        reason: format!("no raster of {} m covers the outline", options.cell_m),
    })?;
    let mut cells = 0;
    for year in facts.years() {
        cells = raster(&place, facts, year, &grid, sink, progress)?;
    }
    Ok(GuiyangSummary { unit_area_m2, cells, years: facts.years() })
}

struct Place {
    partition: Partition,
    towns: Vec<(Point, f64)>,
    codes: Vec<String>,
    seed: u64,
}

/// The land-cover scores of a place; the largest win first up to each class's share.
#[derive(Clone, Copy)]
struct Scores {
    water: f64,
    construction: f64,
    forest: f64,
    grass: f64,
    unused: f64,
}

/// Score above which each class begins, by unit.
#[derive(Clone, Copy)]
struct Thresholds {
    water: f64,
    construction: f64,
    forest: f64,
    grass: f64,
    unused: f64,
}

impl Place {
    fn build(facts: &GuiyangFacts, options: &GuiyangOptions, projection: &dyn Projection) -> Result<Self> {
        let mut ring = facts.outline.clone();
        projection.to_xy(&mut ring)?;
        let outline = natural_ring(&ring, GEOGRAPHY_SEED, 500.0, 0.14);
        let codes = facts.codes();
        let mut centres = Vec::new();
        let mut towns = Vec::new();
        for (code, lonlat, town_km) in &facts.centres {
            let mut p = [*lonlat];
            projection.to_xy(&mut p)?;
            let zone = codes.iter().position(|c| c == code).unwrap_or(0) as u16;
            centres.push(Centre { at: p[0], grow_m: 0.0, zone });
            towns.push((p[0], town_km * 1000.0));
        }
        let year = facts.years().first().copied().unwrap_or(0);
        let targets =
            codes.iter().map(|c| Ok(facts.of(c, year)?.area_km2 * 1e6)).collect::<Result<Vec<f64>>>()?;
        let spec = |centres: &[Centre], spacing_m: f64| -> Partition {
            partition(&place_spec(&outline, centres, spacing_m))
        };
        let centres = balance(&place_spec(&outline, &centres, 900.0), &targets);
        Ok(Self { partition: spec(&centres, 240.0), towns, codes, seed: mix(options.seed ^ 0x6179) })
    }

    fn zones(&self, facts: &GuiyangFacts) -> Result<Vec<ZoneRow>> {
        let year = facts.years().first().copied().unwrap_or(0);
        self.codes
            .iter()
            .zip(self.partition.polygons())
            .map(|(code, parts)| {
                let u = facts.of(code, year)?;
                Ok(ZoneRow {
                    id: code.clone(),
                    name_zh: u.name_zh.clone(),
                    name_en: u.name_en.clone(),
                    parent_zh: "贵阳市".to_owned(),
                    parent_en: "Guiyang".to_owned(),
                    parts: closed(parts),
                })
            })
            .collect()
    }

    fn scores(&self, p: Point) -> Scores {
        let s = self.seed;
        let n = |k: u64, wavelength: f64, octaves: u32| {
            fractal(s ^ k, p[0] / wavelength, p[1] / wavelength, octaves)
        };
        let height = n(1, 14_000.0, 5);
        // Valleys: where a slow noise changes sign, as rivers and reservoirs do.
        let valley = 1.0 - n(2, 26_000.0, 4).abs() * 9.0;
        let mut town = 0.0f64;
        for &(c, radius) in &self.towns {
            if radius > 0.0 {
                let d = distance(p, c) / radius;
                town = town.max(1.0 / (1.0 + d * d));
            }
        }
        let rough = value(s ^ 5, p[0] / 160.0, p[1] / 160.0);
        Scores {
            water: valley - 0.5 * height + 0.05 * rough,
            construction: town + 0.34 * n(3, 2_400.0, 3) - 0.12 * height + 0.06 * rough,
            forest: height + 0.55 * n(4, 2_600.0, 4) + 0.10 * rough - 0.5 * town,
            grass: n(6, 3_200.0, 4) + 0.1 * rough,
            unused: n(7, 1_100.0, 3),
        }
    }

    /// Thresholds that give each class its share of the unit, from a sample of places.
    fn thresholds(&self, facts: &GuiyangFacts, year: i32) -> Result<Vec<Thresholds>> {
        let mut samples: Vec<Vec<Scores>> = vec![Vec::new(); self.codes.len()];
        let mut rng = Rng::keyed(&[self.seed, 0x7A]);
        let b = bounds(self.partition.borders.iter().map(|b| &b.a));
        for _ in 0..160_000 {
            let p = [rng.range(b[0], b[2]), rng.range(b[1], b[3])];
            if let Some(z) = self.partition.nearest_zone(p) {
                samples[usize::from(z)].push(self.scores(p));
            }
        }
        self.codes
            .iter()
            .zip(samples)
            .map(|(code, s)| Ok(cut_shares(s, &facts.of(code, year)?.cover_pct)))
            .collect()
    }
}

fn place_spec<'a>(outline: &'a [Point], centres: &'a [Centre], spacing_m: f64) -> PartitionSpec<'a> {
    PartitionSpec {
        outline,
        centres,
        spacing_m,
        bend_m: 2200.0,
        wavelength_m: 9000.0,
        seed: GEOGRAPHY_SEED ^ 0x31,
    }
}

fn cut_shares(mut samples: Vec<Scores>, cover_pct: &[f64; 5]) -> Thresholds {
    let whole = samples.len() as f64;
    let [_, forest, grass, water, construction] = cover_pct.map(|p| p / 100.0 * whole);
    let unused = (1.0 - cover_pct.iter().sum::<f64>() / 100.0).max(0.0) * whole;
    let mut take = |count: f64, score: fn(&Scores) -> f64| -> f64 {
        samples.sort_by(|a, b| score(b).total_cmp(&score(a)));
        let n = (count.round() as usize).min(samples.len());
        let threshold = samples.get(n).map_or(f64::NEG_INFINITY, score);
        samples.drain(..n);
        threshold
    };
    Thresholds {
        water: take(water, |s| s.water),
        construction: take(construction, |s| s.construction),
        forest: take(forest, |s| s.forest),
        grass: take(grass, |s| s.grass),
        unused: take(unused, |s| s.unused),
    }
}

fn class_of(s: &Scores, t: &Thresholds) -> u8 {
    if s.water > t.water {
        4
    } else if s.construction > t.construction {
        5
    } else if s.forest > t.forest {
        2
    } else if s.grass > t.grass {
        3
    } else if s.unused > t.unused {
        6
    } else {
        1
    }
}

fn units_table(facts: &GuiyangFacts) -> TableSpec {
    let columns = "adcode name_zh name_en year population_1e4 gdp_1e4cny energy_intensity_tce_1e4cny";
    TableSpec {
        name: "guiyang_units".to_owned(),
        columns: columns.split(' ').map(str::to_owned).collect(),
        rows: facts
            .units
            .iter()
            .map(|u| {
                vec![
                    u.code.clone(),
                    u.name_zh.clone(),
                    u.name_en.clone(),
                    u.year.to_string(),
                    u.population_1e4.to_string(),
                    u.gdp_1e4cny.to_string(),
                    u.energy_intensity.to_string(),
                ]
            })
            .collect(),
    }
}

fn raster(
    place: &Place,
    facts: &GuiyangFacts,
    year: i32,
    grid: &GridSpec,
    sink: &mut dyn RegionSink,
    progress: &dyn Progress,
) -> Result<u64> {
    let thresholds = place.thresholds(facts, year)?;
    let spec = RasterSpec {
        name: format!("land_cover_{year}"),
        grid: *grid,
        bands: vec![format!("land cover {year}, synthetic")],
        nodata: f64::from(NODATA),
        classes: CLASSES.map(|(v, n, c)| (v, n.to_owned(), c)).to_vec(),
    };
    progress.begin(&format!("land cover {year}"), Some(u64::from(grid.rows)));
    sink.begin_raster(&spec).map_err(SynthError::Sink)?;
    let per_block = rows_per_block(grid);
    let (mut first, mut cells) = (0, 0u64);
    let mut block = Vec::new();
    while first < grid.rows {
        if progress.cancelled() {
            return Err(SynthError::Cancelled);
        }
        let rows = per_block.min(grid.rows - first);
        block.clear();
        for row in first..first + rows {
            let y = grid.y_max - (f64::from(row) + 0.5) * grid.cell;
            block.extend((0..grid.cols).map(|col| {
                let p = [grid.x_min + (f64::from(col) + 0.5) * grid.cell, y];
                // A margin beyond the border has data too, as real land-cover tiles do.
                place
                    .partition
                    .zone_within(p, 4)
                    .map_or(NODATA, |z| class_of(&place.scores(p), &thresholds[usize::from(z)]))
            }));
        }
        cells += block.iter().filter(|&&v| v != NODATA).count() as u64;
        sink.raster_rows(0, first, BandData::Byte(&block)).map_err(SynthError::Sink)?;
        progress.advance(u64::from(rows));
        first += rows;
    }
    sink.end_raster().map_err(SynthError::Sink)?;
    progress.end();
    Ok(cells)
}
