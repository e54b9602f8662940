//! The synthetic Henan: 157 county units, yearly 1 km rasters (night lights, population, NPP), monthly 10 km climate, energy CO2.
//!
//! **Synthetic.** County positions, borders and all numbers are made; only the end points and the peak of the provincial series are
//! published (see `fixtures/henan/province.csv`).

use carbonzone_types::{GridSpec, Progress};

use crate::error::{Result, SynthError};
pub use crate::henan_facts::{HenanFacts, Prefecture, ProvinceYear};
use crate::noise::{fractal, value};
use crate::partition::{Centre, Partition, PartitionSpec, partition};
use crate::projection::Projection;
use crate::region::{BandData, RasterSpec, RegionSink, TableSpec, ZoneRow, closed, rows_per_block};
use crate::rng::{Rng, mix};
use crate::shape::{Point, bounds, distance, in_parts, natural_ring, parts_area};

/// Value of cells without data in all rasters.
pub const NODATA: f32 = -9999.0;
const GEOGRAPHY_SEED: u64 = 0x4100;
const C_TO_CO2: f64 = 44.0 / 12.0;

/// Cell sizes and seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HenanOptions {
    /// Cell size of lights, population and NPP in m.
    pub cell_m: f64,
    /// Cell size of the climate in m, a multiple of `cell_m`.
    pub climate_cell_m: f64,
    /// Seed of everything but the borders.
    pub seed: u64,
}

impl Default for HenanOptions {
    fn default() -> Self {
        Self { cell_m: 1000.0, climate_cell_m: 10_000.0, seed: 1 }
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct HenanSummary {
    /// Area of the province in m² of the working plane.
    pub area_m2: f64,
    /// County units.
    pub counties: usize,
    /// Cells inside the province.
    pub cells: usize,
    /// Rasters written.
    pub rasters: usize,
}

/// Soil respiration of one month in gC/m²; written out beside `monthly_respiration_gc_m2` of the inventory on purpose: data made
/// by the code that reads them would hide a fault of it. 0.22 (exp(0.0912 T) + ln(0.3145 R + 1)) × 30 × 0.465, T in °C, R in mm.
pub fn respiration_g_m2(temperature_c: f64, rain_mm: f64) -> f64 {
    0.22 * ((0.0912 * temperature_c).exp() + (0.3145 * rain_mm + 1.0).ln()) * 30.0 * 0.465
}

/// Makes the province: zones, the tables `county_energy_co2`, `county_population` and `county_gdp` (one row per county and year), and for every year
/// the rasters `night_lights_<year>`, `population_<year>`, `npp_<year>` (gC/m²), `temperature_<year>` and `precipitation_<year>` (12 bands).
///
/// # Errors
/// Facts that do not fit, a failing projection or sink, or [`SynthError::Cancelled`].
pub fn generate(
    facts: &HenanFacts,
    options: &HenanOptions,
    projection: &dyn Projection,
    sink: &mut dyn RegionSink,
    progress: &dyn Progress,
) -> Result<HenanSummary> {
    progress.begin("counties", None);
    let place = Place::build(facts, options, projection)?;
    let zones = place.zones(facts);
    sink.zones(&zones).map_err(SynthError::Sink)?;
    let cells = place.cells.iter().flatten().count();
    sink.table(&place.energy_table(facts)).map_err(SynthError::Sink)?;
    sink.table(&place.population_table(facts)).map_err(SynthError::Sink)?;
    sink.table(&place.gdp_table(facts)).map_err(SynthError::Sink)?;
    progress.end();
    progress.begin("yearly rasters", Some(facts.years.len() as u64));
    for year in &facts.years {
        if progress.cancelled() {
            return Err(SynthError::Cancelled);
        }
        place.year(facts, year, sink)?;
        progress.advance(1);
    }
    progress.end();
    Ok(HenanSummary {
        area_m2: zones.iter().map(|z| parts_area(&z.parts)).sum(),
        counties: zones.len(),
        cells,
        rasters: 5 * facts.years.len(),
    })
}

#[derive(Debug, Clone)]
struct County {
    id: String,
    name_zh: String,
    name_en: String,
    prefecture: usize,
    seat: Point,
    /// Radius of its town in m at the end of the period.
    radius_m: f64,
    population_1e4: f64,
    industry: f64,
    /// No light is seen here in the first years.
    dark: bool,
}

struct Place {
    partition: Partition,
    counties: Vec<County>,
    grid: GridSpec,
    climate: GridSpec,
    /// Zone of each cell of `grid`; `None` beyond a margin around the province.
    cells: Vec<Option<u16>>,
    seed: u64,
}

fn spec<'a>(outline: &'a [Point], centres: &'a [Centre], spacing_m: f64, bend_m: f64) -> PartitionSpec<'a> {
    PartitionSpec { outline, centres, spacing_m, bend_m, wavelength_m: 24_000.0, seed: GEOGRAPHY_SEED ^ 0x13 }
}

impl Place {
    fn build(facts: &HenanFacts, options: &HenanOptions, projection: &dyn Projection) -> Result<Self> {
        let mut ring = facts.outline.clone();
        projection.to_xy(&mut ring)?;
        let outline = natural_ring(&ring, GEOGRAPHY_SEED, 2200.0, 0.16);
        let mut seats: Vec<Point> = facts.prefectures.iter().map(|p| p.centre).collect();
        projection.to_xy(&mut seats)?;
        let counties = counties(facts, &outline, &seats);
        let centres: Vec<Centre> = counties
            .iter()
            .enumerate()
            .map(|(z, c)| Centre { at: c.seat, grow_m: 0.0, zone: z as u16 })
            .collect();
        let partition = partition(&spec(&outline, &centres, 1200.0, 6500.0));
        let wrong = || SynthError::Facts {
            place: "henan",
            reason: "no grid covers the outline with these cell sizes".to_owned(),
        };
        let b = bounds(partition.borders.iter().flat_map(|b| [&b.a, &b.b]));
        let climate = GridSpec::covering(b, options.climate_cell_m).ok_or_else(wrong)?;
        // The fine grid fills the coarse one, so that cells nest.
        let (x1, y0) = (
            climate.x_min + f64::from(climate.cols) * climate.cell,
            climate.y_max - f64::from(climate.rows) * climate.cell,
        );
        let grid =
            GridSpec::covering([climate.x_min, y0, x1, climate.y_max], options.cell_m).ok_or_else(wrong)?;
        let cells = (0..grid.rows)
            .flat_map(|row| (0..grid.cols).map(move |col| (row, col)))
            .map(|(row, col)| partition.zone_within(centre_of(&grid, col, row), 2))
            .collect();
        Ok(Self { partition, counties, grid, climate, cells, seed: mix(options.seed ^ 0x4E41) })
    }

    fn zones(&self, facts: &HenanFacts) -> Vec<ZoneRow> {
        self.counties
            .iter()
            .zip(self.partition.polygons())
            .map(|(c, parts)| ZoneRow {
                id: c.id.clone(),
                name_zh: c.name_zh.clone(),
                name_en: c.name_en.clone(),
                parent_zh: facts.prefectures[c.prefecture].name_zh.clone(),
                parent_en: facts.prefectures[c.prefecture].name_en.clone(),
                parts: closed(parts),
            })
            .collect()
    }

    /// Energy CO2 of the counties in one year, t; they sum to the province.
    fn energy_t(&self, year: &ProvinceYear) -> Vec<f64> {
        let step = f64::from(year.year - 2001);
        let weights: Vec<f64> = self
            .counties
            .iter()
            .enumerate()
            .map(|(z, c)| {
                // Own rise or fall of each county around the province's path.
                let own = 1.0 + 0.02 * step * value(self.seed ^ 0x3, z as f64 * 1.31, 0.5);
                let wobble = 1.0 + 0.05 * value(self.seed ^ 0x4, z as f64 * 2.17, step * 0.9);
                c.population_1e4 * c.industry * own * wobble
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| year.emission_mt * 1e6 * w / sum).collect()
    }

    fn population_persons(&self, z: usize, year: i32) -> f64 {
        // The towns grow, the other counties lose some people; the base is 2020.
        let c = &self.counties[z];
        let rate = if c.radius_m > 6000.0 { 0.012 } else { -0.004 };
        (c.population_1e4 * 1e4 * (1.0 + rate * f64::from(year - 2020))).round()
    }

    fn energy_table(&self, facts: &HenanFacts) -> TableSpec {
        let mut rows = Vec::new();
        for year in &facts.years {
            for (c, t) in self.counties.iter().zip(self.energy_t(year)) {
                rows.push(vec![c.id.clone(), c.name_zh.clone(), year.year.to_string(), format!("{t:.1}")]);
            }
        }
        TableSpec {
            name: "county_energy_co2".to_owned(),
            columns: ["county_id", "name_zh", "year", "energy_co2_t"].map(str::to_owned).to_vec(),
            rows,
        }
    }

    fn population_table(&self, facts: &HenanFacts) -> TableSpec {
        let persons = |z: usize, year: i32| self.population_persons(z, year).to_string();
        self.yearly_table(facts, "county_population", "population_persons", persons)
    }

    /// GDP of a county and year, 10⁴ CNY: people times a made income that grows by the year, more of it where there is industry.
    fn gdp_1e4cny(&self, z: usize, year: i32) -> f64 {
        let per_person = 0.65 * 1.12f64.powi(year - 2001);
        let own = 1.0 + 0.15 * value(self.seed ^ 0x5, z as f64 * 1.73, 0.25);
        self.population_persons(z, year) * per_person * (0.5 + 0.5 * self.counties[z].industry) * own
    }

    fn gdp_table(&self, facts: &HenanFacts) -> TableSpec {
        let gdp = |z: usize, year: i32| format!("{:.0}", self.gdp_1e4cny(z, year));
        self.yearly_table(facts, "county_gdp", "gdp_1e4cny", gdp)
    }

    /// A table with one number per county and year.
    fn yearly_table(
        &self,
        facts: &HenanFacts,
        name: &str,
        column: &str,
        number: impl Fn(usize, i32) -> String,
    ) -> TableSpec {
        let row = |z: usize, c: &County, year: i32| {
            vec![c.id.clone(), c.name_zh.clone(), year.to_string(), number(z, year)]
        };
        let of_year = |year: &ProvinceYear| {
            let year = year.year;
            self.counties.iter().enumerate().map(move |(z, c)| (z, c, year))
        };
        TableSpec {
            name: name.to_owned(),
            columns: ["county_id", "name_zh", "year", column].map(str::to_owned).to_vec(),
            rows: facts.years.iter().flat_map(of_year).map(|(z, c, year)| row(z, c, year)).collect(),
        }
    }

    fn year(&self, facts: &HenanFacts, year: &ProvinceYear, sink: &mut dyn RegionSink) -> Result<()> {
        let (temperature, rain) = self.climate_of(facts, year.year);
        let lights = self.lights(year.year);
        let people = self.people(&lights, year.year);
        let npp = self.npp(facts, year, &temperature, &rain, &lights);
        self.write(
            sink,
            &self.grid,
            &format!("night_lights_{}", year.year),
            &["annual radiance, nW/cm2/sr, synthetic"],
            &[&lights],
        )?;
        self.write(
            sink,
            &self.grid,
            &format!("population_{}", year.year),
            &["persons per cell, synthetic"],
            &[&people],
        )?;
        self.write(
            sink,
            &self.grid,
            &format!("npp_{}", year.year),
            &["net primary production, gC/m2/yr, synthetic"],
            &[&npp],
        )?;
        let months: Vec<String> = (1..=12).map(|m| format!("month {m:02}")).collect();
        let names = |unit: &str| months.iter().map(|m| format!("{m}, {unit}, synthetic")).collect::<Vec<_>>();
        self.write_bands(
            sink,
            &self.climate,
            &format!("temperature_{}", year.year),
            &names("mean temperature, degC"),
            &temperature,
        )?;
        self.write_bands(
            sink,
            &self.climate,
            &format!("precipitation_{}", year.year),
            &names("precipitation, mm"),
            &rain,
        )
    }

    fn write(
        &self,
        sink: &mut dyn RegionSink,
        grid: &GridSpec,
        name: &str,
        bands: &[&str],
        data: &[&[f32]],
    ) -> Result<()> {
        let bands: Vec<String> = bands.iter().map(|b| (*b).to_owned()).collect();
        let data: Vec<Vec<f32>> = data.iter().map(|d| d.to_vec()).collect();
        self.write_bands(sink, grid, name, &bands, &data)
    }

    #[expect(clippy::unused_self, reason = "one of the steps of a year")]
    fn write_bands(
        &self,
        sink: &mut dyn RegionSink,
        grid: &GridSpec,
        name: &str,
        bands: &[String],
        data: &[Vec<f32>],
    ) -> Result<()> {
        let spec = RasterSpec {
            name: name.to_owned(),
            grid: *grid,
            bands: bands.to_vec(),
            nodata: f64::from(NODATA),
            classes: Vec::new(),
        };
        sink.begin_raster(&spec).map_err(SynthError::Sink)?;
        let rows = rows_per_block(grid);
        for (band, values) in data.iter().enumerate() {
            for (k, block) in values.chunks((rows * grid.cols) as usize).enumerate() {
                sink.raster_rows(band, k as u32 * rows, BandData::Float(block)).map_err(SynthError::Sink)?;
            }
        }
        sink.end_raster().map_err(SynthError::Sink)
    }

    /// Monthly temperature and rain on the climate grid: latitude, height, a wet summer, a year of its own.
    fn climate_of(&self, facts: &HenanFacts, year: i32) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        const T: [f64; 12] = [0.8, 3.6, 9.2, 15.8, 21.4, 26.2, 27.2, 25.8, 21.2, 15.6, 8.6, 2.6];
        const R: [f64; 12] = [12.0, 16.0, 32.0, 46.0, 66.0, 88.0, 168.0, 128.0, 82.0, 48.0, 30.0, 12.0];
        let g = &self.climate;
        let y = f64::from(year - 2001);
        let (mut temperature, mut rain) = (vec![Vec::new(); 12], vec![Vec::new(); 12]);
        for row in 0..g.rows {
            for col in 0..g.cols {
                let p = centre_of(g, col, row);
                let south = (3_760_000.0 - p[1]) / 250_000.0;
                let up = self.upland(facts, p);
                for m in 0..12 {
                    let season = value(self.seed ^ 0x15, y * 3.7, m as f64 * 2.3);
                    let t = T[m] + 0.9 * south - 4.2 * up + 0.035 * y + 0.9 * season;
                    let wet = 1.0
                        + 0.28 * south
                        + 0.30 * value(self.seed ^ 0x16, y * 2.9, m as f64)
                        + 0.1 * fractal(self.seed ^ 0x17, p[0] / 9e4, p[1] / 9e4, 2);
                    temperature[m].push(t as f32);
                    rain[m].push((R[m] * wet).max(0.0) as f32);
                }
            }
        }
        (temperature, rain)
    }

    /// 0 plain to 1 mountains: prefectures' values, smoothed, with noise.
    fn upland(&self, facts: &HenanFacts, p: Point) -> f64 {
        let zone = self.partition.zone_within(p, 2);
        let base = zone.map_or(0.3, |z| facts.prefectures[self.counties[usize::from(z)].prefecture].upland);
        (base + 0.25 * fractal(GEOGRAPHY_SEED ^ 0x55, p[0] / 40_000.0, p[1] / 40_000.0, 3)).clamp(0.0, 1.0)
    }

    fn lights(&self, year: i32) -> Vec<f32> {
        let growth = 0.35 + 0.65 * f64::from(year - 2001) / 19.0;
        let mut out = vec![0.0f32; self.grid.len()];
        for (i, zone) in self.cells.iter().enumerate() {
            let Some(z) = zone else {
                out[i] = NODATA;
                continue;
            };
            let c = &self.counties[usize::from(*z)];
            if c.dark && year < 2008 {
                continue;
            }
            let p = self.cell_centre(i);
            let d = distance(p, c.seat) / (c.radius_m * growth.sqrt());
            let noise = fractal(self.seed ^ 0x1F, p[0] / 5000.0, p[1] / 5000.0, 3);
            let town =
                46.0 * growth * (0.5 + 0.5 * c.industry.min(2.0)) / (1.0 + d.powi(4)) * (1.0 + 0.3 * noise);
            let villages = if noise > 0.34 { 1.6 * growth * (noise - 0.2) } else { 0.0 };
            let v = town + villages;
            // What a sensor shows below 0.3 nW is background.
            out[i] = if v < 0.3 { 0.0 } else { v as f32 };
        }
        self.hide_clouds(&mut out, year);
        out
    }

    /// A small patch without data in one year, as mosaics have.
    fn hide_clouds(&self, values: &mut [f32], year: i32) {
        if year != 2006 {
            return;
        }
        let at = self.counties.len() / 2;
        let seat = [self.counties[at].seat[0] + 30_000.0, self.counties[at].seat[1] + 22_000.0];
        for (i, v) in values.iter_mut().enumerate() {
            if distance(self.cell_centre(i), seat) < 7_500.0 {
                *v = NODATA;
            }
        }
    }

    fn people(&self, lights: &[f32], year: i32) -> Vec<f32> {
        let weight = |v: f32| f64::from(v.max(0.0)).sqrt() * 3.0 + 1.2;
        let mut sums = vec![0.0; self.counties.len()];
        for (zone, &v) in self.cells.iter().zip(lights) {
            if let Some(z) = zone {
                sums[usize::from(*z)] += weight(v);
            }
        }
        self.cells
            .iter()
            .zip(lights)
            .map(|(zone, &v)| {
                zone.map_or(NODATA, |z| {
                    let z = usize::from(z);
                    (self.population_persons(z, year) * weight(v) / sums[z]) as f32
                })
            })
            .collect()
    }

    /// NPP so that NPP minus soil respiration, as CO2 over the province, is the year's absorption.
    fn npp(
        &self,
        facts: &HenanFacts,
        year: &ProvinceYear,
        temperature: &[Vec<f32>],
        rain: &[Vec<f32>],
        lights: &[f32],
    ) -> Vec<f32> {
        let inside: Vec<bool> = (0..self.cells.len())
            .map(|i| self.partition.nearest_zone(self.cell_centre(i)).is_some())
            .collect();
        let pattern: Vec<f64> = (0..self.cells.len())
            .map(|i| {
                let p = self.cell_centre(i);
                let green = 1.0
                    + 0.55 * self.upland(facts, p)
                    + 0.28 * fractal(self.seed ^ 0x29, p[0] / 22_000.0, p[1] / 22_000.0, 4);
                let own = 0.10
                    * fractal(self.seed ^ 0x2A ^ (year.year as u64), p[0] / 60_000.0, p[1] / 60_000.0, 2);
                // Towns take up little, and their middles give off.
                green + own - 1.6 * (f64::from(lights[i].max(0.0)) / 30.0).min(1.2)
            })
            .collect();
        let sum: f64 = pattern.iter().zip(&inside).filter(|(_, inside)| **inside).map(|(v, _)| v).sum();
        let cell_m2 = self.grid.cell * self.grid.cell;
        let scale = year.absorption_mt * 1e12 / C_TO_CO2 / (sum * cell_m2);
        let ratio = (self.climate.cell / self.grid.cell).round() as usize;
        (0..self.cells.len())
            .map(|i| {
                if self.cells[i].is_none() {
                    return NODATA;
                }
                let (row, col) = (i / self.grid.cols as usize / ratio, i % self.grid.cols as usize / ratio);
                let j = row * self.climate.cols as usize + col;
                let soil: f64 = (0..12)
                    .map(|m| respiration_g_m2(f64::from(temperature[m][j]), f64::from(rain[m][j])))
                    .sum();
                (pattern[i] * scale + soil) as f32
            })
            .collect()
    }

    fn cell_centre(&self, i: usize) -> Point {
        centre_of(&self.grid, (i % self.grid.cols as usize) as u32, (i / self.grid.cols as usize) as u32)
    }
}

fn centre_of(grid: &GridSpec, col: u32, row: u32) -> Point {
    [grid.x_min + (f64::from(col) + 0.5) * grid.cell, grid.y_max - (f64::from(row) + 0.5) * grid.cell]
}

/// County seats: the prefecture's own centre, and others spread in its area by Lloyd's method; names are numbers.
fn counties(facts: &HenanFacts, outline: &[Point], seats: &[Point]) -> Vec<County> {
    let centres: Vec<Centre> =
        seats.iter().enumerate().map(|(z, &at)| Centre { at, grow_m: 0.0, zone: z as u16 }).collect();
    let regions = partition(&spec(outline, &centres, 2400.0, 5000.0)).polygons();
    let mut out = Vec::new();
    for (k, (p, region)) in facts.prefectures.iter().zip(&regions).enumerate() {
        let mut rng = Rng::keyed(&[GEOGRAPHY_SEED, 0xC0, k as u64]);
        let b = bounds(region.iter().flatten().flatten());
        let inside: Vec<Point> = (0..40_000)
            .map(|_| [rng.range(b[0], b[2]), rng.range(b[1], b[3])])
            .filter(|q| in_parts(region, *q))
            .take(4_000)
            .collect();
        let mut at: Vec<Point> =
            std::iter::once(seats[k]).chain(inside.iter().copied().take(p.counties - 1)).collect();
        for _ in 0..12 {
            let mut sums = vec![[0.0, 0.0, 0.0]; at.len()];
            for q in &inside {
                let near = (0..at.len())
                    .min_by(|&i, &j| distance(at[i], *q).total_cmp(&distance(at[j], *q)))
                    .unwrap_or(0);
                sums[near][0] += q[0];
                sums[near][1] += q[1];
                sums[near][2] += 1.0;
            }
            for (c, s) in at.iter_mut().zip(&sums).skip(1) {
                if s[2] > 0.0 {
                    *c = [s[0] / s[2], s[1] / s[2]];
                }
            }
        }
        let weights: Vec<f64> =
            (0..at.len()).map(|i| if i == 0 { 1.9 } else { 0.75 + 0.5 * rng.unit() }).collect();
        let sum: f64 = weights.iter().sum();
        for (i, seat) in at.into_iter().enumerate() {
            let population_1e4 = p.population_1e4 * weights[i] / sum;
            out.push(County {
                id: format!("{}{:02}", p.code, i + 1),
                name_zh: format!("{}{:02}", p.name_zh.trim_end_matches('市'), i + 1),
                name_en: format!("{} {:02}", p.name_en, i + 1),
                prefecture: k,
                seat,
                radius_m: if i == 0 { 9000.0 } else { 1500.0 + 420.0 * population_1e4.sqrt() },
                population_1e4,
                industry: p.industry * rng.range(0.6, 1.5),
                dark: p.upland > 0.7 && i + 1 == p.counties,
            });
        }
    }
    out
}
