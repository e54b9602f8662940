//! Smooth surfaces of what a place is like (built-up, industry, centre, hills, wet, river bank) on a 250 m raster of the skeleton's plane,
//! and the densities of parcels, people, jobs, points of interest and streets.

use crate::features::Place;
use crate::kd::{Density, UNITS_PER_M};
use crate::noise::{fractal, value};
use crate::shape::{Point, distance_within};
use crate::suzhou::facts::{SuzhouFacts, TownKind};
use crate::suzhou::geography::{FeatureKind, GEOGRAPHY_SEED, Geography, PlaneHill};

/// Raster cell in m.
const CELL_M: f64 = 250.0;
/// From its centre as far as a town shows, in m.
const TOWN_REACH_M: f64 = 16_000.0;
/// How wide the bank of the Yangtze is, in m.
const BANK_M: f64 = 2_600.0;

/// What a place is like; every value about 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Built-up.
    pub urban: f64,
    /// Manufacturing.
    pub industry: f64,
    /// City centre.
    pub core: f64,
    /// Hills with forest.
    pub forest: f64,
    /// Ponds.
    pub wet: f64,
    /// Near the bank of the Yangtze.
    pub yangtze: f64,
}

/// The smooth bending of the skeleton's plane, so that streets and parcels are not straight and square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Warp {
    origin: Point,
    seed: u64,
    fine: f64,
}

impl Warp {
    pub fn new(origin: Point, seed: u64, mean_side_m: f64) -> Self {
        Self { origin, seed, fine: (3.0 * mean_side_m).clamp(60.0, 6000.0) }
    }

    /// Lattice units to metres. Amplitude over wavelength stays small enough that the map never folds.
    pub fn at(&self, u: f64, v: f64) -> Point {
        let (x, y) = (self.origin[0] + u / UNITS_PER_M, self.origin[1] + v / UNITS_PER_M);
        let mut p = [x, y];
        for (k, wave, amplitude) in
            [(1, 9000.0, 640.0), (2, 2300.0, 105.0), (3, self.fine, 0.040 * self.fine)]
        {
            p[0] += amplitude * value(self.seed ^ (k * 2), x / wave, y / wave);
            p[1] += amplitude * value(self.seed ^ (k * 2 + 1), x / wave, y / wave);
        }
        p
    }
}

#[derive(Debug)]
pub(crate) struct Fields {
    pub columns: usize,
    pub rows: usize,
    samples: Vec<Sample>,
    pub parcels: Density,
    pub night: Density,
    pub day: Density,
    pub poi: Density,
    pub streets: Density,
    /// Population of each township, persons.
    pub population: Vec<u64>,
    /// Product of each township, 10⁴ CNY.
    pub gdp: Vec<f64>,
}

struct Cells {
    land: Vec<f64>,
    zone: Vec<Option<u16>>,
}

impl Fields {
    pub fn build(facts: &SuzhouFacts, geo: &Geography, warp: &Warp) -> Self {
        let side = CELL_M * UNITS_PER_M;
        let columns = ((geo.extent[2] - geo.extent[0]) / CELL_M).ceil() as usize;
        let rows = ((geo.extent[3] - geo.extent[1]) / CELL_M).ceil() as usize;
        let mut samples = Vec::with_capacity(columns * rows);
        let mut cells =
            Cells { land: Vec::with_capacity(columns * rows), zone: Vec::with_capacity(columns * rows) };
        for r in 0..rows {
            for c in 0..columns {
                let centre = warp.at((c as f64 + 0.5) * side, (r as f64 + 0.5) * side);
                let mut land = 0.0;
                for (du, dv) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let p = warp.at((c as f64 + du) * side, (r as f64 + dv) * side);
                    land += match geo.index.place(p, &[]) {
                        Place::Land => 0.25,
                        Place::Feature(f)
                            if matches!(geo.features[usize::from(f)], FeatureKind::Corridor { .. }) =>
                        {
                            0.20
                        }
                        _ => 0.0,
                    };
                }
                cells.land.push(land);
                cells.zone.push(geo.partition.nearest_zone(centre));
                samples.push(if land > 0.0 { sample(geo, centre) } else { Sample::default() });
            }
        }
        let weigh = |f: &dyn Fn(&Sample) -> f64| -> Vec<f64> {
            samples.iter().zip(&cells.land).map(|(s, land)| land * f(s)).collect()
        };
        let parcels = weigh(&|s| {
            0.30 + 2.3 * s.urban.powf(1.3) + 0.8 * s.core + 0.3 * s.industry * s.urban
                - 0.16 * s.forest.min(1.0)
        });
        let poi = weigh(&|s| 0.012 + s.urban.powf(1.6) * (0.35 + 1.9 * s.core) + 0.30 * s.industry * s.urban);
        let streets = weigh(&|s| 0.10 + s.urban + 0.4 * s.core);
        let night = weigh(&|s| 0.016 + s.urban.powf(1.7) * (0.35 + 1.5 * s.core));
        let day = weigh(&|s| 0.010 + s.urban.powf(1.5) * (0.18 + 1.7 * s.core) + 0.5 * s.industry * s.urban);
        let (night, day, population) = people(facts, geo, &cells, &night, &day);
        let gdp = products(facts, geo, &cells, &day, &population);
        let density = |w: &[f64]| Density::new(columns, rows, side, w);
        Self {
            columns,
            rows,
            parcels: density(&parcels),
            night: density(&night),
            day: density(&day),
            poi: density(&poi),
            streets: density(&streets),
            samples,
            population,
            gdp,
        }
    }

    /// The surfaces at a point of the lattice (nearest raster cell).
    pub fn at(&self, u: f64, v: f64) -> &Sample {
        let side = CELL_M * UNITS_PER_M;
        let c = ((u / side) as usize).min(self.columns - 1);
        let r = ((v / side) as usize).min(self.rows - 1);
        &self.samples[r * self.columns + c]
    }

    pub fn root(&self) -> crate::kd::Rect {
        let side = (CELL_M * UNITS_PER_M) as i32;
        crate::kd::Rect { u0: 0, v0: 0, u1: self.columns as i32 * side, v1: self.rows as i32 * side }
    }
}

fn sample(geo: &Geography, p: Point) -> Sample {
    let bend = |k: u64| fractal(GEOGRAPHY_SEED ^ k, p[0] / 2800.0, p[1] / 2800.0, 3);
    // Towns are not round: the distance is stretched by noise that depends on the place.
    let stretch = 1.0 + 0.42 * bend(31);
    let (mut rural, mut not_core, mut industry, mut weight) = (1.0, 1.0, 0.0, 1e-9);
    for town in &geo.towns {
        let Some(d) = distance_within(p, town.centre, TOWN_REACH_M).filter(|d| *d <= TOWN_REACH_M) else {
            continue;
        };
        let near = d * stretch / town.radius_m;
        let strength = match town.kind {
            TownKind::Core => 0.97,
            TownKind::Urban => 0.92,
            TownKind::Industrial => 0.84,
            TownKind::Mixed => 0.76,
            TownKind::Rural => 0.60,
        };
        // Flat inside, a soft edge outside.
        rural *= 1.0 - strength / (1.0 + near.powi(4) * 0.55);
        if town.kind == TownKind::Core {
            not_core *= 1.0 - 0.9 / (1.0 + (d * (1.0 + 0.25 * bend(32)) / (0.55 * town.radius_m)).powi(3));
        }
        let w = (-(d / 3600.0).powi(2)).exp();
        industry += w * town.industry;
        weight += w;
    }
    let urban = 1.0 - rural;
    let mean = industry / weight;
    // Manufacturing sits around the towns more than in them.
    let factories = (mean / 4.2).powf(0.55) * (0.35 + 0.65 * urban.powf(0.6));
    let forest = forest(&geo.hills, p);
    let bank = geo
        .yangtze_shore
        .iter()
        .fold(BANK_M, |nearest, q| distance_within(p, *q, nearest).map_or(nearest, |d| nearest.min(d)));
    Sample {
        urban: (urban * (1.0 - 0.9 * forest.min(1.0))).clamp(0.0, 1.0),
        industry: factories.clamp(0.0, 1.4),
        core: 1.0 - not_core,
        forest,
        wet: (0.34 + 0.5 * bend(33)).clamp(0.0, 1.0),
        yangtze: 1.0 - bank / BANK_M,
    }
}

/// The hill that is highest here.
fn forest(hills: &[PlaneHill], p: Point) -> f64 {
    // Noise makes a hill wider by at most 10/7, and it ends at 1.6 of its axes: beyond 2.4 there is none.
    let near = |h: &&PlaneHill| distance_within(p, h.centre, 2.4 * h.a.max(h.b)).is_some();
    let mut near = hills.iter().filter(near).peekable();
    if near.peek().is_none() {
        return 0.0;
    }
    let rough = 1.0 + 0.3 * fractal(GEOGRAPHY_SEED ^ 0x29, p[0] / 1500.0, p[1] / 1500.0, 2);
    let height = |h: &PlaneHill| {
        let d = [p[0] - h.centre[0], p[1] - h.centre[1]];
        let (sin, cos) = h.angle.sin_cos();
        let (x, y) = (d[0] * cos + d[1] * sin, d[1] * cos - d[0] * sin);
        (1.6 - (x / h.a).hypot(y / h.b) * rough).clamp(0.0, 1.2)
    };
    near.map(height).fold(0.0, f64::max)
}

/// Scales the night and day weights so that every township has its population; units have their census population.
fn people(
    facts: &SuzhouFacts,
    geo: &Geography,
    cells: &Cells,
    night: &[f64],
    day: &[f64],
) -> (Vec<f64>, Vec<f64>, Vec<u64>) {
    let zones = geo.towns.len();
    let (mut zone_night, mut day_sum) = (vec![0.0; zones], vec![0.0; facts.units.len()]);
    for (i, zone) in cells.zone.iter().enumerate() {
        if let Some(z) = zone {
            zone_night[usize::from(*z)] += night[i];
            day_sum[geo.towns[usize::from(*z)].unit] += day[i];
        }
    }
    let mut population = vec![0u64; zones];
    for (u, unit) in facts.units.iter().enumerate() {
        let members: Vec<usize> = (0..zones).filter(|&z| geo.towns[z].unit == u).collect();
        let weights: Vec<f64> = members.iter().map(|&z| zone_night[z]).collect();
        for (z, persons) in members.iter().zip(shares(unit.population_persons, &weights)) {
            population[*z] = persons;
        }
    }
    let scaled = |weights: &[f64], factor: &dyn Fn(usize) -> f64| -> Vec<f64> {
        weights.iter().zip(&cells.zone).map(|(w, z)| z.map_or(0.0, |z| w * factor(usize::from(z)))).collect()
    };
    let by_night = scaled(night, &|z| population[z] as f64 / zone_night[z].max(1e-12));
    let by_day = scaled(day, &|z| {
        let u = geo.towns[z].unit;
        facts.units[u].population_persons as f64 / day_sum[u].max(1e-12)
    });
    (by_night, by_day, population)
}

/// The product of every unit over its townships: services follow people and centres, the rest follows jobs and industry.
fn products(
    facts: &SuzhouFacts,
    geo: &Geography,
    cells: &Cells,
    day: &[f64],
    population: &[u64],
) -> Vec<f64> {
    let zones = geo.towns.len();
    let mut jobs = vec![0.0; zones];
    for (i, zone) in cells.zone.iter().enumerate() {
        if let Some(z) = zone {
            jobs[usize::from(*z)] += day[i];
        }
    }
    let mut out = vec![0.0; zones];
    for (u, unit) in facts.units.iter().enumerate() {
        let members: Vec<usize> = (0..zones).filter(|&z| geo.towns[z].unit == u).collect();
        let sum = |f: &dyn Fn(usize) -> f64| members.iter().map(|&z| f(z)).sum::<f64>().max(1e-12);
        let kind = |z: usize| match geo.towns[z].kind {
            TownKind::Core => 1.35,
            TownKind::Urban => 1.1,
            TownKind::Industrial => 1.0,
            TownKind::Mixed => 0.85,
            TownKind::Rural => 0.7,
        };
        let service = |z: usize| kind(z) * (0.6 * jobs[z] + 0.4 * population[z] as f64);
        let making = |z: usize| jobs[z] * (0.35 + geo.towns[z].industry);
        let (all_service, all_making) = (sum(&service), sum(&making));
        let second = unit.secondary_pct / 100.0;
        let weights: Vec<f64> = members
            .iter()
            .map(|&z| {
                let uneven = 1.0 + 0.22 * value(GEOGRAPHY_SEED ^ 0x33, z as f64 * 1.37, 0.5);
                uneven * ((1.0 - second) * service(z) / all_service + second * making(z) / all_making)
            })
            .collect();
        for (z, v) in members.iter().zip(shares(unit.gdp_1e4cny.round() as u64, &weights)) {
            out[*z] = v as f64;
        }
    }
    out
}

/// Whole-number shares of `total` by weight, largest remainders first; they sum to `total`.
pub(crate) fn shares(total: u64, weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    if weights.is_empty() {
        return Vec::new();
    }
    let exact: Vec<f64> = weights
        .iter()
        .map(|w| if sum > 0.0 { total as f64 * w / sum } else { total as f64 / weights.len() as f64 })
        .collect();
    let mut out: Vec<u64> = exact.iter().map(|e| e.floor() as u64).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| {
        (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())).then(a.cmp(&b))
    });
    let mut left = total.saturating_sub(out.iter().sum());
    for i in order.into_iter().cycle() {
        if left == 0 {
            break;
        }
        out[i] += 1;
        left -= 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_sum_to_the_total() {
        assert_eq!(shares(10, &[1.0, 1.0, 1.0]), vec![4, 3, 3]);
        assert_eq!(shares(7, &[0.0, 0.0]), vec![4, 3]);
        assert_eq!(shares(5, &[0.0, 2.0]), vec![0, 5]);
    }

    #[test]
    fn the_warp_never_folds() {
        let w = Warp::new([0.0, 0.0], 9, 300.0);
        for i in 0..200 {
            for j in 0..200 {
                let (u, v) = (f64::from(i) * 731.0, f64::from(j) * 613.0);
                let (o, e, n) = (w.at(u, v), w.at(u + 8.0, v), w.at(u, v + 8.0));
                let turn = (e[0] - o[0]) * (n[1] - o[1]) - (e[1] - o[1]) * (n[0] - o[0]);
                assert!(turn > 0.1, "{u} {v}: {turn}");
            }
        }
    }
}
