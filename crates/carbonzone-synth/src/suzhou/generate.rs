//! Block by block: parcels, then their points and lines. Memory holds one block, the shores of the lakes and the borders.

use std::collections::BTreeMap;

use carbonzone_types::Progress;

use crate::dissolve::Dissolver;
use crate::error::{Result, SynthError};
use crate::kd::{Leaf, Plan, Rect, UNITS_PER_M};
use crate::projection::Projection;
use crate::region::closed;
use crate::rng::{Rng, key, mix, unit};
use crate::shape::{Parts, Point, bounds, in_parts, inner_point, parts_area};
use crate::sink::{CitySink, MAX_BATCH, ParcelRow, RoadRow, TownshipRow, TownshipStat};
use crate::suzhou::cells::{Piece, cut_block, meet};
use crate::suzhou::facts::SuzhouFacts;
use crate::suzhou::fields::{Fields, Warp};
use crate::suzhou::geography::{FeatureKind, Geography};
use crate::suzhou::land_class::class;
use crate::suzhou::landuse::{Use, choose, use_of};
use crate::suzhou::points::{Host, People, pois, population};
use crate::suzhou::size::{MAX_PARCELS, MIN_PARCELS, SynthOptions, SynthSummary};
use crate::suzhou::streets::{Line, centre_line, fairway, main_lines, small_street, street_class};

/// Leaves of a block, about.
const BLOCK: u32 = 256;

/// Makes the city and hands it to the sink.
///
/// The result depends on the facts, the seed and the size only. `projection` must be the city's working plane (EPSG:4549).
///
/// # Errors
/// Facts that do not fit, a size out of range, a failing projection or sink, or [`SynthError::Cancelled`].
pub fn generate(
    facts: &SuzhouFacts,
    options: &SynthOptions,
    projection: &dyn Projection,
    sink: &mut dyn CitySink,
    progress: &dyn Progress,
) -> Result<SynthSummary> {
    if !(MIN_PARCELS..=MAX_PARCELS).contains(&options.parcels) {
        return Err(SynthError::Size { got: options.parcels, min: MIN_PARCELS, max: MAX_PARCELS });
    }
    progress.begin("geography", None);
    let geo = Geography::build(facts, projection)?;
    let seed = mix(options.seed ^ 0x5A2_2020);
    let land_m2 = 6.1e9;
    let side_m = (land_m2 / options.parcels as f64).sqrt();
    let warp = Warp::new([geo.extent[0], geo.extent[1]], seed, side_m);
    let fields = Fields::build(facts, &geo, &warp);
    progress.end();
    let mut maker =
        Maker::new((facts, &geo, &fields), warp, seed, (side_m, options.parcels), projection, sink);
    maker.townships()?;
    let planned = maker.plan_size(progress)?;
    progress.begin("parcels", Some(options.parcels));
    maker.main_lines()?;
    let root = fields.root();
    let plan = maker.plan.clone();
    plan.blocks(&root, planned, BLOCK, &mut |rect, n, leaves| {
        if progress.cancelled() {
            return Err(SynthError::Cancelled);
        }
        let before = maker.summary.parcels;
        maker.block(rect, n, planned, &leaves)?;
        progress.advance(maker.summary.parcels - before);
        Ok(())
    })?;
    maker.lakes()?;
    maker.flush()?;
    progress.end();
    Ok(maker.summary)
}

struct Maker<'a> {
    facts: &'a SuzhouFacts,
    geo: &'a Geography,
    fields: &'a Fields,
    warp: Warp,
    plan: Plan,
    seed: u64,
    wanted: u64,
    /// Parcels kept for lakes and harbours, written last.
    reserved: u64,
    projection: &'a dyn Projection,
    sink: &'a mut dyn CitySink,
    summary: SynthSummary,
    lakes: BTreeMap<u16, Dissolver>,
    numbers: Vec<u64>,
    last_unit: usize,
    sites_taken: Vec<bool>,
    /// Parts of the whole done so far, by planned parcels and by the four densities.
    done: Done,
    parcels: Vec<ParcelRow>,
    roads: Vec<RoadRow>,
    bow_tie_made: bool,
    duplicate_made: bool,
    /// Hosts of the last block with land: what is left over at the end goes there.
    last_hosts: Vec<Host>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Done {
    planned: u64,
    poi: f64,
    night: f64,
    day: f64,
    streets: f64,
    night_cents: u64,
    day_cents: u64,
    population_points: u64,
    pois: u64,
}

impl<'a> Maker<'a> {
    fn new(
        (facts, geo, fields): (&'a SuzhouFacts, &'a Geography, &'a Fields),
        warp: Warp,
        seed: u64,
        (side_m, wanted): (f64, u64),
        projection: &'a dyn Projection,
        sink: &'a mut dyn CitySink,
    ) -> Self {
        let step = (side_m / 4.0).clamp(8.0, 400.0) * UNITS_PER_M;
        let plan = Plan {
            density: fields.parcels.clone(),
            seed,
            street_from: 22,
            step: step as i32,
            widths: vec![(20_000.0, 42.0), (7_000.0, 32.0), (2_500.0, 22.0), (700.0, 14.0), (0.0, 9.0)],
            piece_m: 6_000.0,
        };
        let reserved = geo.features.iter().filter(|f| matches!(f, FeatureKind::Whole { .. })).count() as u64;
        Self {
            facts,
            geo,
            fields,
            warp,
            plan,
            seed,
            wanted,
            reserved,
            projection,
            sink,
            summary: SynthSummary::default(),
            lakes: BTreeMap::new(),
            numbers: vec![0; facts.units.len()],
            last_unit: 0,
            sites_taken: vec![false; geo.sites.len()],
            done: Done::default(),
            parcels: Vec::new(),
            roads: Vec::new(),
            bow_tie_made: false,
            duplicate_made: false,
            last_hosts: Vec::new(),
        }
    }

    fn townships(&mut self) -> Result<()> {
        let polygons = self.geo.partition.polygons();
        let (mut rows, mut stats) = (Vec::new(), Vec::new());
        let mut counter = vec![0u32; self.facts.units.len()];
        for (z, (town, parts)) in self.facts.townships.iter().zip(polygons).enumerate() {
            let unit = &self.facts.units[town.unit];
            counter[town.unit] += 1;
            let id = format!("{}{:03}", unit.code, counter[town.unit]);
            self.summary.township_area_m2 += parts_area(&parts);
            rows.push(TownshipRow {
                id: id.clone(),
                name_zh: town.name_zh.clone(),
                name_en: town.name_en.clone(),
                district_zh: unit.name_zh.clone(),
                district_en: unit.name_en.clone(),
                parts: closed(parts),
            });
            stats.push(TownshipStat {
                id,
                name_zh: town.name_zh.clone(),
                population_persons: self.fields.population[z],
                gdp_1e4cny: self.fields.gdp[z],
            });
        }
        self.summary.townships = rows.len() as u64;
        self.sink.townships(&rows).map_err(SynthError::Sink)?;
        self.sink.township_table(&stats).map_err(SynthError::Sink)
    }

    /// How many leaves to plan so that, with the pieces that shores and borders add, about the wanted number comes out.
    fn plan_size(&self, progress: &dyn Progress) -> Result<u32> {
        let target = (self.wanted - self.reserved) as f64;
        let count = |n: u32| -> Result<f64> {
            let mut pieces = 0usize;
            self.plan.blocks(&self.fields.root(), n, BLOCK, &mut |_, _, leaves| {
                if progress.cancelled() {
                    return Err(SynthError::Cancelled);
                }
                pieces += cut_block(self.geo, &self.warp, self.seed, &leaves).pieces.len();
                Ok(())
            })?;
            Ok(pieces as f64)
        };
        if target <= 30_000.0 {
            let mut n = target * 0.8;
            for _ in 0..4 {
                let got = count(n as u32)?;
                if (got - target * 1.01).abs() < 0.005 * target {
                    break;
                }
                n = (n + (target * 1.01 - got) * n / got).max(target * 0.1);
            }
            return Ok(n as u32);
        }
        // The extra pieces lie along lines: their number grows with the square root of the size.
        let (small, large) = (8_000.0f64, 24_000.0f64);
        let (a, b) = (count(small as u32)? - small, count(large as u32)? - large);
        let slope = (b - a) / (large.sqrt() - small.sqrt());
        let extra = |n: f64| b + slope * (n.sqrt() - large.sqrt());
        let mut n = target;
        for _ in 0..20 {
            n = target * 1.003 - extra(n);
        }
        Ok(n.max(target * 0.5) as u32)
    }

    fn main_lines(&mut self) -> Result<()> {
        let budget = (self.wanted / 4) as usize;
        for line in main_lines(self.geo, budget / 6) {
            self.push_road(line)?;
        }
        Ok(())
    }

    fn block(&mut self, rect: &Rect, n: u32, planned: u32, leaves: &[Leaf]) -> Result<()> {
        let block = cut_block(self.geo, &self.warp, self.seed, leaves);
        for (f, d) in block.lakes {
            d.drain_into(self.lakes.entry(f).or_default());
        }
        let mut pieces = block.pieces;
        self.done.planned += u64::from(n);
        let land = self.wanted - self.reserved;
        let goal = (u128::from(land) * u128::from(self.done.planned) / u128::from(planned)) as u64;
        let want = goal.saturating_sub(self.summary.parcels) as usize;
        if !pieces.is_empty() {
            meet(&mut pieces, want, self.seed);
        }
        let mut rng =
            Rng::keyed(&[self.seed, 0xB10C, rect.u0 as u64, rect.v0 as u64, rect.u1 as u64, rect.v1 as u64]);
        let hosts = self.land_use(leaves, pieces, &mut rng)?;
        self.advance(rect);
        if !hosts.is_empty() {
            self.streets_of(leaves, &hosts, &mut rng)?;
            self.points_of(&hosts, &mut rng)?;
            self.last_hosts = hosts;
        }
        Ok(())
    }

    fn advance(&mut self, rect: &Rect) {
        self.done.poi += self.fields.poi.weight(rect);
        self.done.night += self.fields.night.weight(rect);
        self.done.day += self.fields.day.weight(rect);
        self.done.streets += self.fields.streets.weight(rect);
    }

    /// Gives every piece its class and writes it; returns the pieces as hosts of points and lines.
    fn land_use(&mut self, leaves: &[Leaf], pieces: Vec<Piece>, rng: &mut Rng) -> Result<Vec<Host>> {
        let box_of_block = bounds(pieces.iter().flat_map(|p| p.parts.iter().flatten().flatten()));
        let mut hosts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let at = inner_point(&piece.parts).unwrap_or(piece.parts[0][0][0]);
            let mut own = Rng::keyed(&[self.seed, 0x1A, at[0].to_bits(), at[1].to_bits()]);
            let sample = *self.sample(leaves, &piece, at);
            let site = if piece.street.is_none() && piece.code.is_none() {
                self.site_in(&piece.parts, box_of_block)
            } else {
                None
            };
            let code = match (site, piece.code, piece.street) {
                (Some(k), _, _) => self.geo.sites[k].1,
                (None, Some(code), _) => code,
                (None, None, Some(_)) => street_code(leaves, &piece, sample.urban),
                _ => choose(at, &sample, self.seed, &mut own),
            };
            let zone = self.geo.partition.nearest_zone(at);
            let town = zone.map_or("", |z| self.facts.townships[usize::from(z)].name_zh.as_str());
            let town = town.trim_end_matches("街道").trim_end_matches('镇').to_owned();
            if let Some(z) = zone {
                self.last_unit = self.facts.townships[usize::from(z)].unit;
            }
            let host = Host {
                area_m2: parts_area(&piece.parts),
                usage: use_of(code),
                code,
                site: site.is_some(),
                urban: sample.urban,
                town,
                parts: piece.parts,
            };
            self.write_parcel(&host.parts, code, piece.corners, rng)?;
            hosts.push(host);
        }
        Ok(hosts)
    }

    fn sample(&self, leaves: &[Leaf], piece: &Piece, at: Point) -> &crate::suzhou::fields::Sample {
        let (u, v) = match piece.leaf {
            Some(i) => {
                let r = leaves[i].rect;
                (
                    f64::midpoint(f64::from(r.u0), f64::from(r.u1)),
                    f64::midpoint(f64::from(r.v0), f64::from(r.v1)),
                )
            }
            None => ((at[0] - self.geo.extent[0]) * UNITS_PER_M, (at[1] - self.geo.extent[1]) * UNITS_PER_M),
        };
        self.fields.at(u.max(0.0), v.max(0.0))
    }

    /// The first known place inside the parts that no other parcel has.
    fn site_in(&mut self, parts: &Parts, block: [f64; 4]) -> Option<usize> {
        let found = (0..self.geo.sites.len()).find(|&k| {
            let p = self.geo.sites[k].0;
            !self.sites_taken[k]
                && p[0] >= block[0]
                && p[0] <= block[2]
                && p[1] >= block[1]
                && p[1] <= block[3]
                && in_parts(parts, p)
        })?;
        self.sites_taken[found] = true;
        Some(found)
    }

    fn write_parcel(
        &mut self,
        parts: &Parts,
        code: &'static str,
        corners: Option<[usize; 4]>,
        rng: &mut Rng,
    ) -> Result<()> {
        let area = parts_area(parts);
        let s = &mut self.summary;
        s.parcels += 1;
        s.parcel_area_m2 += area;
        s.slivers += u64::from(area < 20.0);
        s.multipart += u64::from(parts.len() > 1);
        s.with_holes += u64::from(parts.iter().any(|p| p.len() > 1));
        let class_summary = s.classes.entry(code).or_default();
        class_summary.parcels += 1;
        class_summary.area_m2 += area;
        let name_zh = class(code).map_or("", |c| c.1);
        self.numbers[self.last_unit] += 1;
        let mut id = format!("{}-{:07}", self.facts.units[self.last_unit].code, self.numbers[self.last_unit]);
        let late = s.parcels > self.wanted / 3;
        if late
            && !self.duplicate_made
            && let Some(last) = self.parcels.last()
        {
            id.clone_from(&last.id);
            self.duplicate_made = true;
        }
        let mut parts = closed(parts.clone());
        if late
            && !self.bow_tie_made
            && let Some(c) = corners
            && rng.chance(0.2)
            && use_of(code) == Use::Farm
        {
            let ring = &parts[0][0];
            parts = vec![vec![vec![ring[c[0]], ring[c[1]], ring[c[3]], ring[c[2]], ring[c[0]]]]];
            self.bow_tie_made = true;
        }
        self.parcels.push(ParcelRow { id, code, name_zh, parts });
        if self.parcels.len() >= MAX_BATCH {
            self.sink.parcels(&self.parcels).map_err(SynthError::Sink)?;
            self.parcels.clear();
        }
        Ok(())
    }

    fn push_road(&mut self, line: Line) -> Result<()> {
        self.summary.roads += 1;
        self.roads.push(RoadRow {
            id: self.summary.roads,
            class: line.class,
            name_zh: line.name_zh,
            line: line.vertices,
        });
        if self.roads.len() >= MAX_BATCH {
            self.sink.roads(&self.roads).map_err(SynthError::Sink)?;
            self.roads.clear();
        }
        Ok(())
    }

    /// Centre lines of the block's street strips and fairways of its harbours, then small streets up to the block's share.
    fn streets_of(&mut self, leaves: &[Leaf], hosts: &[Host], rng: &mut Rng) -> Result<()> {
        let total = self.wanted / 4;
        for leaf in leaves {
            let Some(axis) = leaf.street else { continue };
            let across = if axis == crate::kd::Axis::U { leaf.rect.height() } else { leaf.rect.width() };
            let class = street_class(f64::from(across) / UNITS_PER_M);
            if self.summary.roads < total
                && let Some(line) = centre_line(self.geo, &self.warp, leaf, axis, self.plan.step, class)
            {
                self.push_road(line)?;
            }
        }
        for host in hosts.iter().filter(|h| h.usage == Use::Port) {
            if self.summary.roads < total
                && let Some(line) = fairway(&host.parts)
            {
                self.push_road(line)?;
            }
        }
        let share = self.done.streets / self.fields.streets.total();
        let goal = ((total as f64 * share.min(1.0)) as u64).min(total);
        self.small_streets(hosts, goal, rng)
    }

    fn small_streets(&mut self, hosts: &[Host], goal: u64, rng: &mut Rng) -> Result<()> {
        let mut misses = 0u32;
        while self.summary.roads < goal && misses < 100_000 {
            let host = &hosts[rng.below(hosts.len())];
            let likely = match host.usage {
                Use::Housing | Use::Commercial => 0.9,
                Use::Industrial | Use::Public | Use::Village => 0.7,
                Use::Farm => 0.25,
                _ => 0.05,
            };
            match rng.chance(likely).then(|| small_street(&host.parts, rng, host.urban)).flatten() {
                Some(line) => self.push_road(line)?,
                None => misses += 1,
            }
        }
        Ok(())
    }

    fn points_of(&mut self, hosts: &[Host], rng: &mut Rng) -> Result<()> {
        let part = |done: f64, total: f64| (done / total).clamp(0.0, 1.0);
        let sites = hosts.iter().filter(|h| h.site).count() as u64;
        let goal = (self.wanted as f64 * part(self.done.poi, self.fields.poi.total())) as u64;
        let n = goal.saturating_sub(self.done.pois).max(sites).min(self.wanted - self.done.pois);
        self.emit_pois(hosts, n, rng)?;
        let share = part(self.done.night, self.fields.night.total());
        let goal = (self.wanted as f64 * 2.0 * share) as u64;
        let n = goal
            .saturating_sub(self.done.population_points)
            .max(sites)
            .min(2 * self.wanted - self.done.population_points);
        let cents = self.facts.population_persons() * 100;
        let night = ((cents as f64 * share) as u64).saturating_sub(self.done.night_cents);
        let by_day = part(self.done.day, self.fields.day.total());
        let day = ((cents as f64 * by_day) as u64).saturating_sub(self.done.day_cents);
        self.emit_people(hosts, n, People { night_cents: night, day_cents: day }, rng)
    }

    fn emit_pois(&mut self, hosts: &[Host], n: u64, rng: &mut Rng) -> Result<()> {
        if n == 0 {
            return Ok(());
        }
        let rows = pois(hosts, n as usize, self.done.pois + 1, rng, self.projection)?;
        self.done.pois += n;
        self.summary.pois += n;
        for batch in rows.chunks(MAX_BATCH) {
            self.sink.pois(batch).map_err(SynthError::Sink)?;
        }
        Ok(())
    }

    fn emit_people(&mut self, hosts: &[Host], n: u64, people: People, rng: &mut Rng) -> Result<()> {
        if n == 0 {
            return Ok(());
        }
        let rows = population(hosts, n as usize, people, rng, self.projection)?;
        self.done.population_points += n;
        self.done.night_cents += people.night_cents;
        self.done.day_cents += people.day_cents;
        self.summary.population_points += n;
        self.summary.night_person_cents += people.night_cents;
        for batch in rows.chunks(MAX_BATCH) {
            self.sink.population(batch).map_err(SynthError::Sink)?;
        }
        Ok(())
    }

    /// Lakes, the river and harbours: one parcel each, joined from all blocks.
    fn lakes(&mut self) -> Result<()> {
        let geo = self.geo;
        let mut rng = Rng::keyed(&[self.seed, 0x1A4E]);
        let mut hosts = Vec::new();
        for (f, d) in std::mem::take(&mut self.lakes) {
            let FeatureKind::Whole { code, .. } = &geo.features[usize::from(f)] else { continue };
            let parts = d.finish();
            if parts.is_empty() {
                continue;
            }
            if let Some(z) = inner_point(&parts).and_then(|p| geo.partition.nearest_zone(p)) {
                self.last_unit = self.facts.townships[usize::from(z)].unit;
            }
            self.write_parcel(&parts, code, None, &mut rng)?;
            hosts.push(Host {
                area_m2: parts_area(&parts),
                usage: use_of(code),
                code,
                site: false,
                urban: 0.0,
                town: String::new(),
                parts,
            });
        }
        let rest = std::mem::take(&mut self.last_hosts);
        if !rest.is_empty() {
            self.small_streets(&rest, self.wanted / 4, &mut rng)?;
            self.emit_pois(&rest, self.wanted - self.done.pois, &mut rng)?;
            let cents = self.facts.population_persons() * 100;
            let left = People {
                night_cents: cents - self.done.night_cents,
                day_cents: cents.saturating_sub(self.done.day_cents),
            };
            self.emit_people(&rest, 2 * self.wanted - self.done.population_points, left, &mut rng)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.sink.parcels(&self.parcels).map_err(SynthError::Sink)?;
        self.parcels.clear();
        self.sink.roads(&self.roads).map_err(SynthError::Sink)?;
        self.roads.clear();
        Ok(())
    }
}

/// Streets in town are 1004, main roads 1003, tracks between fields 1006.
fn street_code(leaves: &[Leaf], piece: &Piece, urban: f64) -> &'static str {
    let Some(i) = piece.leaf else { return "1003" };
    let r = leaves[i].rect;
    let length = f64::from(r.width().max(r.height())) / UNITS_PER_M;
    let chance = unit(key(&[r.u0 as u64, r.v0 as u64]));
    match street_class(length) {
        "trunk" | "primary" => "1003",
        "secondary" if urban < 0.45 => "1003",
        _ if urban > 0.32 => "1004",
        _ if chance < 0.25 => "1004",
        _ => "1006",
    }
}
