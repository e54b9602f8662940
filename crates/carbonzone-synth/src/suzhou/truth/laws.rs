//! Where the tonnes of a budget "really" are. Each law says what it rests on; "ours" marks a number that no source was found for.
//! None of them was chosen by looking at how well the method does.
//!
//! | what | law | rests on |
//! |---|---|---|
//! | size of a manufacturing firm | Pareto, exponent 1.06 | Axtell 2001 (Science 293:1818: 1.06); Zipf's law in China: Zhang et al. 2009 (Physica A 388:2020), Heinrich and Dai 2014 (MPRA 67630) |
//! | CO2 per unit of its product | lognormal, σ 1.2 | energy per value added of branches differs some fifty-fold between electronics and steel: taken as the 90 % range |
//! | where firms are | number by unit: its secondary product; inside a unit: industrial land | statistics of the units; ours |
//! | size of a power or heat plant | lognormal, σ 1.5, forty plants | from cogeneration of some 12 MW to 1,900 MW (Huaneng Taicang, Global Energy Monitor) as ± 1.7 σ; the number is ours |
//! | residents | the night points of the city, by township off by a lognormal number with σ 0.15 (share of the network, foreign numbers) | order of the error of phone counts against a census for communes (Deville et al. 2014, PNAS 111:15888); ours |
//! | energy of homes per person | by township lognormal, σ 0.25 in town, 0.35 in villages | variation between neighbourhoods that stays when households are averaged; ours |
//! | energy of buildings per m² of floor | by use; per building lognormal, σ 0.5; by township σ 0.2 | means: Xu et al. 2013 (Energy Policy 53:76, six cities of southern China); lognormal: Li et al. 2018 (Utilities Policy 51) |
//! | vehicles per day | by class of road; per link lognormal, σ 0.7 | traffic counts of Great Britain (DfT): class means, and "within a road class one site may easily carry ten times as much traffic as another" as the 90 % range |
//! | farms | lognormal, σ 1.2, 600 farms | ours |
//! | landfills and waste plants | lognormal, σ 1, twelve and fifteen sites | ours |
//! | fertiliser and fuel per hectare of crop | by crop; by township lognormal, σ 0.25 | ours |
//! | uptake per hectare of land | by type: lognormal between the published sets; by township σ 0.37 | the sets of the factor library; biomass of plots in one forest: variation 37.9 % (Liu et al. 2016, Acta Ecol. Sin. 36:6506) |

use std::f64::consts::TAU;

use super::Ground;
use crate::rng::{Rng, key};
use crate::sink::RoadRow;
use crate::suzhou::facts::TownKind;
use crate::suzhou::fields::shares;

/// Manufacturing firms above the statistical threshold, about (ours, of the order of the city's bulletins).
const FIRMS: u64 = 11_000;
const FIRM_SIZE_EXPONENT: f64 = 1.06;
const FIRM_INTENSITY_SIGMA: f64 = 1.2;
const PLANTS: u64 = 40;
const PLANT_SIGMA: f64 = 1.5;
const PHONE_SIGMA: f64 = 0.15;
const URBAN_PERSON_SIGMA: f64 = 0.25;
const RURAL_PERSON_SIGMA: f64 = 0.35;
/// Residents per m² of village land over those per m² of urban housing land: about 150 and 33 m² per person
/// (GB 50137-2011 for towns; surveyed village land).
const VILLAGE_DENSITY: f64 = 0.22;
/// Floor area of one building of the building laws, m².
const BUILDING_M2: f64 = 10_000.0;
const BUILDING_SIGMA: f64 = 0.5;
const BUILDING_TOWN_SIGMA: f64 = 0.2;
const LINK_SIGMA: f64 = 0.7;
const FARMS: u64 = 600;
const FARM_SIGMA: f64 = 1.2;
const WASTE_SIGMA: f64 = 1.0;
const CROP_SIGMA: f64 = 0.25;
const YIELD_SIGMA: f64 = 0.1;
const STAND_SIGMA: f64 = 0.37;

/// A standard normal number.
fn normal(rng: &mut Rng) -> f64 {
    let (u, v) = (1.0 - rng.unit(), rng.unit());
    (-2.0 * u.ln()).sqrt() * (TAU * v).cos()
}

/// A lognormal number with mean 1.
fn lognormal(sigma: f64, rng: &mut Rng) -> f64 {
    (sigma * normal(rng) - 0.5 * sigma * sigma).exp()
}

/// A Pareto number ≥ 1, cut where a tenth of one firm of `n` is expected: a city has no firm beyond.
fn pareto(exponent: f64, n: u64, rng: &mut Rng) -> f64 {
    let least = 0.1 / n as f64;
    (least + (1.0 - least) * (1.0 - rng.unit())).powf(-1.0 / exponent)
}

/// Stream of a township under a law.
fn stream(seed: u64, law: u64, township: usize) -> Rng {
    Rng::keyed(&[seed, law, township as u64])
}

/// Tonnes per township up to a common factor; `None` if no law knows the budget.
pub fn weights(budget: &str, ground: &Ground, seed: u64) -> Option<Vec<f64>> {
    let scattered = |law, land, sites, sigma| scatter(ground, seed, law, land, (sites, sigma));
    Some(match budget {
        "industry:industrial" => manufacturing(ground, seed),
        "industry:mining" => ground.land(|c| f64::from(u8::from(c == "0602"))),
        "industry:municipal_utilities" => scattered(2, is_utility as fn(&str) -> f64, PLANTS, PLANT_SIGMA),
        "construction:urban_residential" => residents(ground, seed, 3, true),
        "construction:rural_homestead" => residents(ground, seed, 4, false),
        "construction:commercial" => buildings(ground, seed, 5, commercial_kwh_m2),
        "construction:admin_public" => buildings(ground, seed, 6, public_kwh_m2),
        "transport:transport_road" => ground.traffic("road"),
        "transport:transport_rail" => ground.traffic("rail"),
        "transport:transport_water" => ships(ground, seed),
        "agriculture:cultivated_garden" => varied(&ground.land(crop_inputs), seed, 8, CROP_SIGMA),
        "agriculture:facility_agri" => scattered(9, is_farm, FARMS, FARM_SIGMA),
        "waste:industrial" => scattered(10, is_industrial, 15, WASTE_SIGMA),
        "waste:municipal_utilities" => scattered(11, is_utility, 12, WASTE_SIGMA),
        "sink:cultivated_garden" => varied(&ground.land(crop_uptake), seed, 12, YIELD_SIGMA),
        "sink:forest_grassland_water" => uptake(ground, seed),
        _ => return None,
    })
}

/// Mode of a line and the vehicles, trains or ships on it per day, up to a factor by mode. Roads that carry ten times as many
/// vehicles as others of their class are normal.
pub fn traffic(row: &RoadRow, seed: u64) -> (&'static str, f64) {
    let (mode, mean) = match row.class {
        "motorway" => ("road", 75_000.0),
        "trunk" => ("road", 20_000.0),
        "primary" => ("road", 15_000.0),
        "secondary" => ("road", 6_000.0),
        "tertiary" => ("road", 3_000.0),
        "residential" => ("road", 1_000.0),
        "rail" => ("rail", 1.0),
        "waterway" => ("water", 1.0),
        _ => ("road", 300.0),
    };
    // A railway or canal carries the same along its length.
    let link =
        if mode == "road" { row.id } else { row.name_zh.bytes().fold(0, |h, b| key(&[h, u64::from(b)])) };
    (mode, mean * lognormal(LINK_SIGMA, &mut Rng::keyed(&[seed, 7, link])))
}

fn is_industrial(code: &str) -> f64 {
    f64::from(u8::from(matches!(code, "0601" | "0604")))
}

fn is_utility(code: &str) -> f64 {
    f64::from(u8::from(code == "0809"))
}

fn is_farm(code: &str) -> f64 {
    f64::from(u8::from(code == "1202"))
}

/// kWh per m² of floor and year.
fn commercial_kwh_m2(code: &str) -> f64 {
    match code {
        "0501" | "0503" | "0504" | "0506" => 185.0,
        "0508" => 30.0,
        c if c.starts_with("05") => 75.0,
        _ => 0.0,
    }
}

/// kWh per m² of floor and year.
fn public_kwh_m2(code: &str) -> f64 {
    match code {
        "0803" | "08H2" | "08H2A" => 40.0,
        "0805" => 150.0,
        "0809" | "0810" => 0.0,
        c if c.starts_with("08") => 75.0,
        _ => 0.0,
    }
}

/// Fertiliser, fuel and pesticide per m², paddy rice = 1; gardens and vegetables get more of it.
fn crop_inputs(code: &str) -> f64 {
    match code {
        "0101" => 1.0,
        "0102" => 1.4,
        "0103" => 0.8,
        c if c.starts_with("02") => 1.6,
        _ => 0.0,
    }
}

/// Carbon in the harvest per m², paddy rice and wheat = 1.
fn crop_uptake(code: &str) -> f64 {
    match code {
        "0101" => 1.0,
        "0102" => 0.8,
        "0103" => 0.7,
        c if c.starts_with("02") => 0.4,
        _ => 0.0,
    }
}

/// Floor area per m² of land (ours).
fn floor_ratio(kind: TownKind) -> f64 {
    match kind {
        TownKind::Core => 2.5,
        TownKind::Urban => 1.8,
        TownKind::Industrial => 1.2,
        TownKind::Mixed => 1.1,
        TownKind::Rural => 0.9,
    }
}

/// Firms by unit and land, each with a size and an intensity of its own.
fn manufacturing(ground: &Ground, seed: u64) -> Vec<f64> {
    let land = ground.land(is_industrial);
    let n = ground.townships();
    let has_land = |u: usize| (0..n).any(|z| ground.unit[z] == u && land[z] > 0.0);
    let products: Vec<f64> = ground
        .secondary_1e4cny
        .iter()
        .enumerate()
        .map(|(u, product)| if has_land(u) { *product } else { 0.0 })
        .collect();
    let mut out = vec![0.0; n];
    for (unit, firms) in shares(FIRMS, &products).into_iter().enumerate() {
        let members: Vec<usize> = (0..n).filter(|&z| ground.unit[z] == unit && land[z] > 0.0).collect();
        let weights: Vec<f64> = members.iter().map(|&z| land[z]).collect();
        for (z, firms) in members.iter().zip(shares(firms, &weights)) {
            let mut rng = stream(seed, 1, *z);
            let firm =
                |_| pareto(FIRM_SIZE_EXPONENT, FIRMS, &mut rng) * lognormal(FIRM_INTENSITY_SIGMA, &mut rng);
            out[*z] = (0..firms).map(firm).sum();
        }
    }
    out
}

/// A number of sites on the land of a class, by area; each with a size of its own.
fn scatter(
    ground: &Ground,
    seed: u64,
    law: u64,
    land: fn(&str) -> f64,
    (sites, sigma): (u64, f64),
) -> Vec<f64> {
    let land = ground.land(land);
    let total: f64 = land.iter().sum();
    let mut out = vec![0.0; land.len()];
    if total <= 0.0 {
        return out;
    }
    for site in 0..sites {
        let mut rng = Rng::keyed(&[seed, law, site]);
        let mut at = rng.unit() * total;
        let found = land.iter().position(|m2| {
            at -= m2;
            at < 0.0
        });
        if let Some(z) = found.or_else(|| land.iter().rposition(|m2| *m2 > 0.0)) {
            out[z] += lognormal(sigma, &mut rng);
        }
    }
    out
}

/// Residents in town or in villages × energy per person.
fn residents(ground: &Ground, seed: u64, law: u64, urban: bool) -> Vec<f64> {
    let is = |code: &'static str| ground.land(move |c| f64::from(u8::from(c == code)));
    let (town, village) = (is("0701"), is("0702"));
    let sigma = if urban { URBAN_PERSON_SIGMA } else { RURAL_PERSON_SIGMA };
    let residents = varied(&ground.people(), seed, 20, PHONE_SIGMA);
    let persons = |z: usize| {
        let (in_town, in_villages) = (town[z], VILLAGE_DENSITY * village[z]);
        let here = if urban { in_town } else { in_villages };
        if here > 0.0 { residents[z] * here / (in_town + in_villages) } else { 0.0 }
    };
    let persons: Vec<f64> = (0..ground.townships()).map(persons).collect();
    varied(&persons, seed, law, sigma)
}

/// Floor area × energy per m², building by building.
fn buildings(ground: &Ground, seed: u64, law: u64, kwh_m2: fn(&str) -> f64) -> Vec<f64> {
    let floor = ground.land(|c| f64::from(u8::from(kwh_m2(c) > 0.0)));
    let energy = ground.land(kwh_m2);
    let of = |z: usize| {
        let floor_m2 = floor[z] * floor_ratio(ground.kind[z]);
        if floor_m2 <= 0.0 {
            return 0.0;
        }
        let mut rng = stream(seed, law, z);
        let town = lognormal(BUILDING_TOWN_SIGMA, &mut rng);
        let n = (floor_m2 / BUILDING_M2).ceil().max(1.0) as usize;
        let mean = (0..n).map(|_| lognormal(BUILDING_SIGMA, &mut rng)).sum::<f64>() / n as f64;
        floor_ratio(ground.kind[z]) * energy[z] * town * mean
    };
    (0..ground.townships()).map(of).collect()
}

/// Half of the ships' fuel in the harbours, by area and throughput, half along the waterways (ours).
fn ships(ground: &Ground, seed: u64) -> Vec<f64> {
    let harbours = varied(&ground.land(|c| f64::from(u8::from(c == "1008"))), seed, 13, WASTE_SIGMA);
    let ways = ground.traffic("water");
    let part = |weights: &[f64]| -> Vec<f64> {
        let total: f64 = weights.iter().sum();
        weights.iter().map(|w| if total > 0.0 { w / total } else { 0.0 }).collect()
    };
    part(&harbours).iter().zip(part(&ways)).map(|(a, b)| 0.5 * a + 0.5 * b).collect()
}

/// Uptake of woodland, grass, water and parks: the coefficient of a type is one number for the city, between the published sets;
/// stands differ by township. t CO2 per hectare: the mean of the logarithms of the sets, and their range as 90 %.
fn uptake(ground: &Ground, seed: u64) -> Vec<f64> {
    type Type = (fn(&str) -> f64, f64, f64);
    let types: [Type; 5] = [
        (|c| f64::from(u8::from(c.starts_with("03"))), 5.7, 0.54),
        (|c| f64::from(u8::from(c.starts_with("04"))), 0.52, 1.16),
        (
            |c| f64::from(u8::from(matches!(c, "1101" | "1102" | "1103" | "1104" | "1104A" | "1107"))),
            1.5,
            0.31,
        ),
        (|c| f64::from(u8::from(c == "1106")), 1.5, 0.4),
        (|c| f64::from(u8::from(c == "0810")), 12.4, 0.3),
    ];
    let mut out = vec![0.0; ground.townships()];
    for (k, (land, t_ha, sigma)) in (0_u64..).zip(types) {
        let coefficient = t_ha * lognormal(sigma, &mut Rng::keyed(&[seed, 14, k]));
        let stands = varied(&ground.land(land), seed, 15 + k, STAND_SIGMA);
        out.iter_mut().zip(stands).for_each(|(t, m2)| *t += coefficient * m2);
    }
    out
}

/// Each township times a lognormal number of its own.
fn varied(weights: &[f64], seed: u64, law: u64, sigma: f64) -> Vec<f64> {
    let one = |(z, w): (usize, &f64)| w * lognormal(sigma, &mut stream(seed, law, z));
    weights.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(f: impl Fn(&mut Rng) -> f64) -> Vec<f64> {
        (0..40_000).map(|i| f(&mut Rng::keyed(&[5, i]))).collect()
    }

    #[test]
    fn lognormal_numbers_have_mean_one_and_the_sigma_asked_for() {
        for sigma in [0.25, 0.7, 1.2] {
            let values = sample(|rng| lognormal(sigma, rng));
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            // Five standard errors; the variance of such a number is exp(sigma²) − 1.
            assert!((mean - 1.0).abs() < 5.0 * ((sigma * sigma).exp_m1() / n).sqrt(), "{sigma}: {mean}");
            let logs: Vec<f64> = values.iter().map(|v| v.ln()).collect();
            let middle = logs.iter().sum::<f64>() / n;
            let spread = (logs.iter().map(|l| (l - middle).powi(2)).sum::<f64>() / n).sqrt();
            assert!((spread / sigma - 1.0).abs() < 0.02, "{sigma}: {spread}");
        }
    }

    #[test]
    fn firm_sizes_follow_the_power_law_up_to_the_cut() {
        let values = sample(|rng| pareto(FIRM_SIZE_EXPONENT, FIRMS, rng));
        for size in [2.0_f64, 10.0, 100.0] {
            let larger = values.iter().filter(|v| **v > size).count() as f64 / values.len() as f64;
            let expected = size.powf(-FIRM_SIZE_EXPONENT);
            let error = (expected / values.len() as f64).sqrt();
            assert!((larger - expected).abs() < 5.0 * error + 1e-5, "{size}: {larger}, {expected}");
        }
        let cut = (10.0 * FIRMS as f64).powf(1.0 / FIRM_SIZE_EXPONENT);
        assert!(values.iter().all(|v| (1.0..=cut * 1.000_001).contains(v)));
    }

    #[test]
    fn vehicles_of_a_class_spread_tenfold_and_a_railway_is_the_same_along_its_length() {
        let row = |id: u64, class: &'static str| RoadRow {
            id,
            class,
            name_zh: "京沪线".to_owned(),
            line: Vec::new(),
        };
        let mut flows: Vec<f64> = (0..4000).map(|id| traffic(&row(id, "primary"), 9).1).collect();
        flows.sort_by(f64::total_cmp);
        let range = flows[3800] / flows[200];
        assert!((8.5..11.5).contains(&range), "{range}");
        assert_eq!(traffic(&row(1, "rail"), 9), traffic(&row(2, "rail"), 9));
        assert_ne!(traffic(&row(1, "rail"), 9), traffic(&row(1, "rail"), 10));
    }
}
