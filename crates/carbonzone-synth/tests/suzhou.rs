//! The synthetic Suzhou as a whole: determinism, counts, areas, coverage, classes and their proxies, bounded batches.

use crate::gauss_kruger;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, OnceLock, PoisonError};

use carbonzone_geom::{Coverage, LineIndex, overlap_zones, self_overlaps};
use carbonzone_synth::shape::{Parts, Point, in_parts, parts_area};
use carbonzone_synth::sink::{
    MAX_BATCH, ParcelRow, PoiRow, PopulationRow, RoadRow, TownshipRow, TownshipStat,
};
use carbonzone_synth::suzhou::{
    SuzhouFacts, SynthOptions, SynthSummary, Truth, TruthTap, Use, generate, use_of,
};
use carbonzone_synth::{CitySink, SinkError, SynthError};
use carbonzone_types::{NoProgress, Progress};
use gauss_kruger::GaussKruger;

/// Published area of Suzhou in km² (the paper).
const PUBLISHED_KM2: f64 = 8657.32;

#[derive(Default)]
struct Memory {
    parcels: Vec<ParcelRow>,
    roads: Vec<RoadRow>,
    pois: Vec<PoiRow>,
    people: Vec<PopulationRow>,
    townships: Vec<TownshipRow>,
    stats: Vec<TownshipStat>,
    longest_batch: usize,
}

impl CitySink for Memory {
    fn townships(&mut self, rows: &[TownshipRow]) -> Result<(), SinkError> {
        self.townships.extend_from_slice(rows);
        Ok(())
    }
    fn township_table(&mut self, rows: &[TownshipStat]) -> Result<(), SinkError> {
        self.stats.extend_from_slice(rows);
        Ok(())
    }
    fn parcels(&mut self, rows: &[ParcelRow]) -> Result<(), SinkError> {
        self.longest_batch = self.longest_batch.max(rows.len());
        self.parcels.extend_from_slice(rows);
        Ok(())
    }
    fn roads(&mut self, rows: &[RoadRow]) -> Result<(), SinkError> {
        self.longest_batch = self.longest_batch.max(rows.len());
        self.roads.extend_from_slice(rows);
        Ok(())
    }
    fn pois(&mut self, rows: &[PoiRow]) -> Result<(), SinkError> {
        self.longest_batch = self.longest_batch.max(rows.len());
        self.pois.extend_from_slice(rows);
        Ok(())
    }
    fn population(&mut self, rows: &[PopulationRow]) -> Result<(), SinkError> {
        self.longest_batch = self.longest_batch.max(rows.len());
        self.people.extend_from_slice(rows);
        Ok(())
    }
}

impl Memory {
    fn digest(&self) -> u64 {
        let mut h = DefaultHasher::new();
        let points = |parts: &Parts, h: &mut DefaultHasher| {
            for p in parts.iter().flatten().flatten() {
                (p[0].to_bits(), p[1].to_bits()).hash(h);
            }
        };
        for p in &self.parcels {
            (&p.id, p.code).hash(&mut h);
            points(&p.parts, &mut h);
        }
        for r in &self.roads {
            (r.id, r.class, &r.name_zh).hash(&mut h);
            points(&vec![vec![r.line.clone()]], &mut h);
        }
        for p in &self.pois {
            (&p.id, &p.name_zh, p.typecode, p.lon_gcj02.to_bits(), p.lat_gcj02.to_bits()).hash(&mut h);
        }
        for p in &self.people {
            [p.lon, p.lat, p.people_22_06, p.people_06_10, p.people_10_17, p.people_17_22]
                .map(f64::to_bits)
                .hash(&mut h);
        }
        for t in &self.stats {
            (&t.id, t.population_persons, t.gdp_1e4cny.to_bits()).hash(&mut h);
        }
        h.finish()
    }
}

/// A city that is made once and looked at by many tests.
fn city(parcels: u64, seed: u64) -> &'static (Memory, SynthSummary) {
    static ALL: Once<(Memory, SynthSummary)> = Once::new(BTreeMap::new());
    once(&ALL, parcels, seed, made)
}

/// What is made once, by number of parcels and seed.
type Once<T> = Mutex<BTreeMap<(u64, u64), &'static OnceLock<T>>>;

fn once<T>(all: &Once<T>, parcels: u64, seed: u64, make: fn(u64, u64) -> T) -> &'static T {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let one: &'static OnceLock<T> = all.entry((parcels, seed)).or_insert_with(|| Box::leak(Box::default()));
    drop(all);
    one.get_or_init(|| make(parcels, seed))
}

fn made(parcels: u64, seed: u64) -> (Memory, SynthSummary) {
    let mut memory = Memory::default();
    let facts = SuzhouFacts::builtin().expect("built-in facts are valid");
    let options = SynthOptions { parcels, seed };
    let summary = generate(&facts, &options, &GaussKruger::new(120.0), &mut memory, &NoProgress)
        .expect("a city is made");
    (memory, summary)
}

/// Open copy of closed parts.
fn opened(parts: &Parts) -> Parts {
    parts.iter().map(|rings| rings.iter().map(|r| r[..r.len() - 1].to_vec()).collect()).collect()
}

fn coverage<'a>(rows: impl Iterator<Item = &'a Parts>) -> Coverage {
    let mut c = Coverage::new();
    for parts in rows {
        c.push_rings(parts);
    }
    c
}

#[test]
fn the_same_seed_and_size_give_the_same_bytes_and_another_seed_does_not() {
    // The last is made with a truth, which changes nothing: that is tested below.
    let (a, b, c) = (city(1500, 7).0.digest(), made(1500, 7).0.digest(), with_truth(1500, 8).0.digest());
    assert_eq!(a, b);
    assert_ne!(a, c);
}

#[test]
fn counts_are_exact_for_many_sizes_and_seeds() {
    for (n, seed) in [(1000, 1), (1000, 2), (1234, 4), (40_000, 6)] {
        let (m, s) = city(n, seed);
        assert_eq!(m.parcels.len() as u64, n, "parcels of {n} seed {seed}");
        assert_eq!(m.pois.len() as u64, n, "points of interest of {n} seed {seed}");
        assert_eq!(m.people.len() as u64, 2 * n, "population points of {n} seed {seed}");
        assert_eq!(m.roads.len() as u64, n / 4, "lines of {n} seed {seed}");
        assert_eq!((m.townships.len(), m.stats.len()), (97, 97));
        assert_eq!((s.parcels, s.pois, s.population_points, s.roads), (n, n, 2 * n, n / 4));
        assert!(m.longest_batch <= MAX_BATCH);
    }
}

#[test]
fn townships_have_the_citys_area_without_gaps_or_overlaps() {
    let (m, s) = city(1000, 1);
    assert!(
        (s.township_area_m2 / 1e6 / PUBLISHED_KM2 - 1.0).abs() < 0.01,
        "{} km2",
        s.township_area_m2 / 1e6
    );
    let c = coverage(m.townships.iter().map(|t| &t.parts));
    // Exact shared vertices: only rounding of the overlay itself may remain.
    let overlap: f64 = self_overlaps(&c).iter().map(|o| o.2).sum();
    assert!(overlap < 1e-3, "overlap {overlap} m2");
    let ids: BTreeSet<&str> = m.townships.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids.len(), 97);
    assert!(
        m.townships
            .iter()
            .zip(&m.stats)
            .all(|(t, s)| t.id == s.id && s.population_persons > 0 && s.gdp_1e4cny > 0.0)
    );
}

#[test]
fn parcels_fill_the_city_and_overlap_only_where_the_bow_tie_is() {
    let (m, s) = city(3000, 5);
    // The summary counts the bow-tie before it is broken: parcels tile the townships.
    assert!((s.parcel_area_m2 / s.township_area_m2 - 1.0).abs() < 1e-9);
    let whole: Vec<&Parts> = m.parcels.iter().map(|p| &p.parts).filter(|p| !is_bow_tie(p)).collect();
    assert_eq!(m.parcels.len() - whole.len(), 1, "one bow-tie");
    let overlap: f64 = self_overlaps(&coverage(whole.into_iter())).iter().map(|o| o.2).sum();
    assert!(overlap < 1.0, "overlap {overlap} m2 in 8,657 km2");
}

fn is_bow_tie(parts: &Parts) -> bool {
    let r = &parts[0][0];
    r.len() == 5 && carbonzone_synth::arrange::crossing(r[1], r[2], r[3], r[4]).is_some()
}

#[test]
fn the_mess_of_real_data_is_there_in_small_doses() {
    let (m, s) = city(6000, 6);
    let ids: BTreeSet<&str> = m.parcels.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(m.parcels.len() - ids.len(), 1, "one duplicate id");
    assert_eq!(m.parcels.iter().filter(|p| is_bow_tie(&p.parts)).count(), 1);
    assert!(s.multipart > 10 && s.with_holes > 10 && s.slivers > 0, "{s:?}");
    assert!(s.slivers < 200);
}

#[test]
fn people_at_night_sum_to_the_census_population_and_so_do_the_townships() {
    let facts = SuzhouFacts::builtin().expect("built-in facts are valid");
    let (m, s) = city(1000, 3);
    assert_eq!(s.night_person_cents, facts.population_persons() * 100);
    let cents: u64 = m.people.iter().map(|p| (p.people_22_06 * 100.0).round() as u64).sum();
    assert_eq!(cents, facts.population_persons() * 100);
    assert_eq!(m.stats.iter().map(|t| t.population_persons).sum::<u64>(), facts.population_persons());
    let by_unit: BTreeMap<&str, u64> = m.stats.iter().fold(BTreeMap::new(), |mut all, t| {
        *all.entry(&t.id[..6]).or_default() += t.population_persons;
        all
    });
    for unit in &facts.units {
        assert_eq!(by_unit[unit.code.as_str()], unit.population_persons, "{}", unit.name_en);
    }
    let gdp: f64 = m.stats.iter().map(|t| t.gdp_1e4cny).sum();
    assert_eq!(gdp, 201_704_500.0);
}

/// The space types of the paper's Table 2 that have a budget.
fn space_type(code: &str) -> &'static str {
    match code {
        "0601" | "0604" => "industrial",
        "0809" => "municipal_utilities",
        "0701" => "urban_residential",
        "0702" => "rural_homestead",
        "1001" => "transport_rail",
        "1003" | "1004" | "1005" | "1006" => "transport_road",
        "1008" => "transport_water",
        "1202" => "facility_agri",
        c => match &c[..2] {
            "01" | "02" => "cultivated_garden",
            "03" => "forest",
            "04" => "grassland",
            "05" => "commercial",
            "08" => "admin_public",
            "11" => "water",
            _ => "other",
        },
    }
}

fn poi_group(typecode: &str) -> &'static str {
    match &typecode[..2] {
        "17" | "12"
            if ["1703", "1201"].contains(&&typecode[..4])
                || ["170204", "170205"].contains(&&typecode[..6]) =>
        {
            "industry"
        }
        "05" | "06" | "07" | "08" | "10" | "16" => "commercial",
        "12" | "17" if ["1202", "1702"].contains(&&typecode[..4]) => "commercial",
        "09" | "11" | "13" | "14" | "20" => "public",
        _ => "other",
    }
}

#[test]
fn every_class_with_a_budget_exists_and_has_its_proxy_from_a_thousand_parcels_on() {
    for seed in [1, 2, 3] {
        let (m, _) = city(1000, seed);
        let mut found: BTreeMap<&str, u32> = BTreeMap::new();
        for p in &m.parcels {
            *found.entry(space_type(p.code)).or_default() += 1;
        }
        for class in [
            "industrial",
            "municipal_utilities",
            "urban_residential",
            "rural_homestead",
            "commercial",
            "admin_public",
            "cultivated_garden",
            "facility_agri",
            "forest",
            "grassland",
            "water",
            "transport_road",
            "transport_rail",
            "transport_water",
        ] {
            assert!(found.contains_key(class), "seed {seed}: no {class} in {found:?}");
        }
        assert_proxies(m, seed);
    }
}

fn assert_proxies(m: &Memory, seed: u64) {
    let gk = GaussKruger::new(120.0);
    let shapes: Vec<(&'static str, Parts, [f64; 4])> = m
        .parcels
        .iter()
        .map(|p| {
            let parts = opened(&p.parts);
            let b = carbonzone_synth::shape::bounds(parts.iter().flatten().flatten());
            (space_type(p.code), parts, b)
        })
        .collect();
    let locate = |p: Point| {
        shapes
            .iter()
            .find(|(_, parts, b)| {
                p[0] >= b[0] && p[0] <= b[2] && p[1] >= b[1] && p[1] <= b[3] && in_parts(parts, p)
            })
            .map(|s| s.0)
    };
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for poi in &m.pois {
        let (lon, lat) = carbonzone_geom::gcj02::gcj02_to_wgs84(poi.lon_gcj02, poi.lat_gcj02);
        if let Some(class) = locate(gk.forward(lon, lat)) {
            seen.insert((class, poi_group(poi.typecode)));
        }
    }
    for p in m.people.iter().filter(|p| p.people_22_06 > 0.0) {
        if let Some(class) = locate(gk.forward(p.lon, p.lat)) {
            seen.insert((class, "people"));
        }
    }
    let cover = coverage(m.parcels.iter().map(|p| &p.parts));
    let lines = LineIndex::new(&cover);
    for road in &m.roads {
        let (xs, ys): (Vec<f64>, Vec<f64>) = road.line.iter().map(|p| (p[0], p[1])).unzip();
        let mode = if road.class == "rail" || road.class == "waterway" { road.class } else { "road" };
        for (i, metres) in lines.lengths(&xs, &ys) {
            if metres > 0.0 {
                seen.insert((space_type(m.parcels[i as usize].code), mode));
            }
        }
    }
    for need in [
        ("industrial", "industry"),
        ("municipal_utilities", "industry"),
        ("commercial", "commercial"),
        ("admin_public", "public"),
        ("urban_residential", "people"),
        ("rural_homestead", "people"),
        ("transport_road", "road"),
        ("transport_rail", "rail"),
        ("transport_water", "waterway"),
        ("water", "waterway"),
    ] {
        assert!(seen.contains(&need), "seed {seed}: no {} in {} parcels", need.1, need.0);
    }
}

#[test]
fn some_parcels_cross_township_borders_and_most_do_not() {
    let (m, _) = city(6000, 6);
    let land: Vec<&Parts> = m
        .parcels
        .iter()
        .filter(|p| matches!(use_of(p.code), Use::Farm | Use::Housing | Use::Industrial))
        .map(|p| &p.parts)
        .collect();
    let all = land.len();
    let overlap = overlap_zones(&coverage(land.into_iter()), &coverage(m.townships.iter().map(|t| &t.parts)));
    let across = (0..all)
        .filter(|&i| {
            let areas = overlap.row(i).1;
            let whole: f64 = areas.iter().sum();
            areas.iter().filter(|&&a| a > 0.01 * whole).count() > 1
        })
        .count();
    // With so few parcels every third one lies at a border; at full size the share is far smaller.
    assert!(across > 5 && across * 6 < all, "{across} of {all} cross a border");
}

#[test]
fn taihu_is_one_parcel_with_islands_as_holes() {
    let (m, _) = city(1000, 1);
    let taihu = m
        .parcels
        .iter()
        .filter(|p| p.code == "1102")
        .max_by(|a, b| parts_area(&opened(&a.parts)).total_cmp(&parts_area(&opened(&b.parts))));
    let parts = opened(&taihu.unwrap().parts);
    assert!(parts[0].len() > 1, "no island");
    assert!(parts_area(&parts) > 1.2e9);
}

#[test]
fn a_wrong_size_is_refused_and_a_stop_is_obeyed() {
    struct Stop;
    impl Progress for Stop {
        fn begin(&self, _: &str, _: Option<u64>) {}
        fn advance(&self, _: u64) {}
        fn end(&self) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let facts = SuzhouFacts::builtin().expect("built-in facts are valid");
    let gk = GaussKruger::new(120.0);
    let small =
        generate(&facts, &SynthOptions { parcels: 10, seed: 1 }, &gk, &mut Memory::default(), &NoProgress);
    assert!(matches!(small, Err(SynthError::Size { got: 10, .. })));
    let stopped =
        generate(&facts, &SynthOptions { parcels: 1000, seed: 1 }, &gk, &mut Memory::default(), &Stop);
    assert!(matches!(stopped, Err(SynthError::Cancelled)));
}

/// Budgets in tonnes: some of Table 3, one that is no whole number of kilograms per township.
fn budgets() -> Vec<(String, f64)> {
    [
        ("industry:industrial", 124_304_600.0),
        ("industry:municipal_utilities", 69_043_100.0),
        ("industry:mining", 0.0),
        ("construction:urban_residential", 7_670_600.0),
        ("construction:rural_homestead", 5_371_300.0),
        ("construction:commercial", 10_300_900.0),
        ("construction:admin_public", 5_484_800.0),
        ("transport:transport_road", 12_792_960.0),
        ("transport:transport_water", 1_137_152.0),
        ("transport:transport_rail", 284_288.0),
        ("transport:transport_air", 0.0),
        ("agriculture:cultivated_garden", 946_800.0),
        ("agriculture:facility_agri", 60_200.0),
        ("waste:industrial", 10_200.001),
        ("waste:municipal_utilities", 2_872_800.0),
        ("sink:cultivated_garden", 719_600.0),
        ("sink:forest_grassland_water", 1_799_000.0),
    ]
    .map(|(budget, t)| (budget.to_owned(), t))
    .into()
}

fn with_truth(parcels: u64, seed: u64) -> &'static (Memory, Truth) {
    static ALL: Once<(Memory, Truth)> = Once::new(BTreeMap::new());
    once(&ALL, parcels, seed, made_with_truth)
}

fn made_with_truth(parcels: u64, seed: u64) -> (Memory, Truth) {
    let mut memory = Memory::default();
    let facts = SuzhouFacts::builtin().expect("built-in facts are valid");
    let plane = GaussKruger::new(120.0);
    let mut tap = TruthTap::new(&facts, seed, budgets(), &plane, &mut memory);
    let options = SynthOptions { parcels, seed };
    generate(&facts, &options, &plane, &mut tap, &NoProgress).expect("a city is made");
    let truth = tap.finish().expect("every budget has a law");
    (memory, truth)
}

#[test]
fn a_city_with_a_truth_is_the_city_without_one() {
    let (with, truth) = with_truth(1500, 7);
    assert_eq!(with.digest(), city(1500, 7).0.digest());
    assert_eq!(*truth, made_with_truth(1500, 7).1);
    assert_ne!(truth.budgets, with_truth(1500, 8).1.budgets);
    assert_eq!(truth.unit_ids, with.stats.iter().map(|s| s.id.clone()).collect::<Vec<_>>());
}

#[test]
fn the_truth_sums_to_the_budgets_and_lies_where_there_is_land_for_it() {
    let (city, truth) = with_truth(3000, 5);
    for ((name, amount_t), of) in budgets().iter().zip(&truth.budgets) {
        assert_eq!(*name, of.budget);
        assert_eq!(of.kg.len(), 97);
        assert_eq!(of.kg.iter().sum::<u64>(), (amount_t * 1000.0).round() as u64, "{name}");
    }
    let zones = coverage(city.townships.iter().map(|t| &t.parts));
    let parcels = coverage(city.parcels.iter().map(|p| &p.parts));
    let on_zones = overlap_zones(&parcels, &zones);
    let has = |z: usize, codes: &[&str]| {
        (0..city.parcels.len())
            .any(|p| codes.contains(&city.parcels[p].code) && on_zones.row(p).0.contains(&(z as u32)))
    };
    let kg = |name: &str| &truth.budgets.iter().find(|b| b.budget == name).expect("it is there").kg;
    for z in 0..97 {
        for (name, codes) in [
            ("industry:industrial", ["0601", "0604"]),
            ("industry:municipal_utilities", ["0809", "0809"]),
            ("agriculture:facility_agri", ["1202", "1202"]),
        ] {
            assert!(kg(name)[z] == 0 || has(z, &codes), "{name} in {}", truth.unit_ids[z]);
        }
    }
    // Firms are unequal: the ten largest townships have most of the tonnes, far more than of the land.
    let mut industry = kg("industry:industrial").clone();
    industry.sort_unstable();
    let top: u64 = industry[87..].iter().sum();
    assert!(top as f64 > 0.25 * 124_304_600e3, "{top}");
}

#[test]
fn a_budget_that_no_law_places_is_refused_by_name() {
    let mut memory = Memory::default();
    let facts = SuzhouFacts::builtin().expect("built-in facts are valid");
    let budgets = vec![("industry:quarries".to_owned(), 1.0)];
    let plane = GaussKruger::new(120.0);
    let tap = TruthTap::new(&facts, 1, budgets, &plane, &mut memory);
    let refused = tap.finish().expect_err("no law").to_string();
    assert!(refused.contains("`industry:quarries`"), "{refused}");
}
