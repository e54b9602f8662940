//! What holds for any parcels, proxies and budgets.

use carbonzone_spatialize::downscale::gdp::share_gdp_by_each;
use carbonzone_spatialize::downscale::light::{PixelShares, downscale};
use carbonzone_spatialize::{
    Allocation, AllocationError, AllocationRule, OnZeroWeight, Parcels, PlacedPointSource, ProxyTable,
    allocate,
};
use carbonzone_types::{ExactSum, Stage};
use proptest::prelude::*;

const TYPES: [&str; 3] = ["industrial", "commercial", "forest"];

/// Parcels with an area, a type and a proxy each.
#[derive(Debug, Clone)]
struct City {
    area_m2: Vec<f64>,
    space_type: Vec<u16>,
    factories: Vec<f64>,
}

impl City {
    fn names() -> Vec<String> {
        TYPES.map(str::to_owned).to_vec()
    }

    fn allocate(&self, rules: &[AllocationRule]) -> Result<Allocation, Vec<AllocationError>> {
        self.allocate_with(rules, &[])
    }

    fn allocate_with(
        &self,
        rules: &[AllocationRule],
        plants: &[PlacedPointSource],
    ) -> Result<Allocation, Vec<AllocationError>> {
        let names = Self::names();
        let parcels = Parcels { area_m2: &self.area_m2, space_type: &self.space_type, space_types: &names };
        let mut proxies = ProxyTable::new();
        proxies.insert("poi:industry", "poi", self.factories.clone());
        allocate(&parcels, &proxies, rules, plants)
    }

    /// The parcels in another order: position `i` of the new city is parcel `order[i]`.
    fn reordered(&self, order: &[usize]) -> Self {
        let pick = |v: &[f64]| order.iter().map(|&i| v[i]).collect();
        Self {
            area_m2: pick(&self.area_m2),
            space_type: order.iter().map(|&i| self.space_type[i]).collect(),
            factories: pick(&self.factories),
        }
    }
}

/// A city in which the first three parcels have the three types, so that no class is absent.
fn city() -> impl Strategy<Value = City> {
    let parcel = (1.0f64..1e6, 0u16..3, prop_oneof![Just(0.0), 0.0f64..1e4]);
    prop::collection::vec(parcel, 3..60).prop_map(|parcels| City {
        area_m2: parcels.iter().map(|p| p.0).collect(),
        space_type: parcels.iter().enumerate().map(|(i, p)| if i < 3 { i as u16 } else { p.1 }).collect(),
        factories: parcels.iter().map(|p| p.2).collect(),
    })
}

fn rules(budget_t: f64, smoothing: f64) -> Vec<AllocationRule> {
    let by_works = |id: &str, groups: &[&str]| {
        let mut rule = AllocationRule::new(id, "industry", groups, budget_t, &["poi:industry", "area"])
            .expect("proxies that exist");
        rule.smoothing = smoothing;
        rule
    };
    vec![
        by_works("works", &["industrial"]),
        by_works("pooled", &["industrial", "commercial"]),
        AllocationRule::new("land", "sink", &["forest"], budget_t / 7.0, &["area"])
            .expect("a proxy that exists"),
    ]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn mass_is_kept_and_stays_on_its_land(city in city(), budget in 0.0f64..1e9, smoothing in prop_oneof![Just(0.0), 0.0f64..2.0]) {
        let rules = rules(budget, smoothing);
        let out = city.allocate(&rules).unwrap();
        let names = City::names();
        for ((rule, tonnes), record) in rules.iter().zip(&out.per_rule).zip(&out.records) {
            let placed: ExactSum = tonnes.placed().map(|(_, t)| t).collect();
            prop_assert!(close(placed.value(), rule.budget_t), "{}: {} of {}", rule.id, placed.value(), rule.budget_t);
            prop_assert!(close(record.placed_t + record.unallocated_t, rule.budget_t));
            for (parcel, t) in tonnes.placed() {
                prop_assert!(t >= 0.0);
                prop_assert!(rule.land_groups.iter().any(|g| g == names[usize::from(city.space_type[parcel])].as_str()));
            }
        }
        prop_assert!(close(out.ledger.total_t(Stage::Placed, "industry"), 2.0 * budget));
    }

    #[test]
    fn the_order_of_parcels_changes_no_bit(city in city(), seed in any::<u64>(), budget in 1.0f64..1e9) {
        let n = city.area_m2.len();
        let mut order: Vec<usize> = (0..n).collect();
        let mut state = seed;
        for i in (1..n).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        let rules = rules(budget, 0.5);
        let (a, b) = (city.allocate(&rules).unwrap(), city.reordered(&order).allocate(&rules).unwrap());
        for (x, y) in a.per_rule.iter().zip(&b.per_rule) {
            for (new, &old) in order.iter().enumerate() {
                prop_assert_eq!(y.on(new).to_bits(), x.on(old).to_bits());
            }
        }
        for (x, y) in a.records.iter().zip(&b.records) {
            prop_assert_eq!(x.placed_t.to_bits(), y.placed_t.to_bits());
        }
    }

    #[test]
    fn tonnes_follow_the_budget_and_not_the_unit_of_the_proxy(city in city(), budget in 1.0f64..1e9, k in 0.01f64..100.0) {
        let once = city.allocate(&rules(budget, 0.0)).unwrap();
        let more = city.allocate(&rules(budget * k, 0.0)).unwrap();
        let other_unit = City { factories: city.factories.iter().map(|f| f * k).collect(), ..city.clone() };
        let other_unit = other_unit.allocate(&rules(budget, 0.0)).unwrap();
        for rule in 0..3 {
            for parcel in 0..city.area_m2.len() {
                let t = once.per_rule[rule].on(parcel);
                prop_assert!(close(more.per_rule[rule].on(parcel), t * k));
                prop_assert!(close(other_unit.per_rule[rule].on(parcel), t));
            }
        }
    }

    #[test]
    fn nothing_gives_exactly_nothing(city in city()) {
        let out = city.allocate(&rules(0.0, 0.0)).unwrap();
        prop_assert!(out.per_rule.iter().all(|t| t.placed().count() == 0));
        prop_assert!(out.records.iter().all(|r| r.placed_t == 0.0 && r.unallocated_t == 0.0));
    }

    #[test]
    fn a_proxy_that_is_zero_everywhere_is_shared_by_area_left_out_or_refused(city in city(), budget in 1.0f64..1e9) {
        let city = City { factories: vec![0.0; city.area_m2.len()], ..city };
        let mut rule = AllocationRule::new("works", "industry", &["industrial"], budget, &["poi:industry"]).unwrap();
        let by_area = AllocationRule::new("works", "industry", &["industrial"], budget, &["area"]).unwrap();
        let out = city.allocate(std::slice::from_ref(&rule)).unwrap();
        prop_assert_eq!(&out.per_rule, &city.allocate(&[by_area]).unwrap().per_rule);
        prop_assert_eq!(out.ledger.total_t(Stage::Fallback, "industry"), out.records[0].placed_t);
        rule.on_zero_weight = OnZeroWeight::Unallocated;
        let left = city.allocate(std::slice::from_ref(&rule)).unwrap();
        prop_assert_eq!(left.records[0].unallocated_t, budget);
        prop_assert_eq!(left.ledger.total_t(Stage::Unallocated, "industry"), budget);
        rule.on_zero_weight = OnZeroWeight::Error;
        let is_zero = matches!(city.allocate(&[rule]).unwrap_err()[0], AllocationError::ZeroWeight { .. });
        prop_assert!(is_zero);
    }

    #[test]
    fn a_proxy_that_is_no_weight_is_refused_with_its_rows(city in city(), at in any::<prop::sample::Index>(), bad in prop_oneof![Just(f64::NAN), Just(f64::INFINITY), -1e6f64..-1e-9]) {
        let mut city = city;
        let rows: Vec<usize> = (0..city.space_type.len()).filter(|i| city.space_type[*i] == 0).collect();
        let row = rows[at.index(rows.len())];
        city.factories[row] = bad;
        let works = AllocationRule::new("works", "industry", &["industrial"], 5.0, &["poi:industry", "area"])
                .expect("proxies that exist");
        let errors = city.allocate(&[works]).unwrap_err();
        match &errors[0] {
            AllocationError::Weight { rows, value, .. } => {
                prop_assert_eq!(rows.as_slice(), &[row as u32]);
                prop_assert_eq!(value.to_bits(), bad.to_bits());
            }
            other => prop_assert!(false, "{other}"),
        }
        let finding = errors[0].to_finding();
        prop_assert_eq!(finding.code.as_str(), "bad_proxy_value");
        let said = format!("parcel row {row}");
        prop_assert!(finding.message.contains(&said), "{}", finding.message);
        // On land that the rule does not use the value is of no concern.
        let shops = AllocationRule::new("shops", "construction", &["commercial"], 5.0, &["poi:industry", "area"])
                .expect("proxies that exist");
        prop_assert!(city.allocate(&[shops]).is_ok());
    }

    #[test]
    fn plants_stand_where_they_stand_and_the_rest_is_shared(city in city(), budget in 1.0f64..1e9, share in 0.0f64..=1.0) {
        let plant = PlacedPointSource { id: "a".into(), rule: "land".into(), parcel: 1, gross_t: budget * share };
        let rule = AllocationRule::new("land", "sink", &["forest"], budget, &["area"]).unwrap();
        let out = city.allocate_with(&[rule], &[plant]).unwrap();
        prop_assert_eq!(out.per_rule[0].on(1), budget * share);
        prop_assert!(close(out.records[0].placed_t, budget));
        prop_assert_eq!(out.records[0].point_sources_t, budget * share);
    }

    #[test]
    fn downscaled_gdp_keeps_the_sum_of_every_county(
        counties in prop::collection::vec(prop::option::weighted(0.9, 0.0f64..1e9), 1..6),
        units in prop::collection::vec((0usize..6, 0u32..4, 0.0f64..1e5, 1.0f64..1e8), 1..60),
    ) {
        let county_of: Vec<usize> = units.iter().map(|u| u.0 % counties.len()).collect();
        let shops: Vec<f64> = units.iter().map(|u| f64::from(u.1)).collect();
        let people: Vec<f64> = units.iter().map(|u| u.2).collect();
        let area: Vec<f64> = units.iter().map(|u| u.3).collect();
        for shared in share_gdp_by_each(&counties, &county_of, &[&shops, &people, &area]).expect("valid inputs") {
            for (c, total) in counties.iter().enumerate() {
                let members = || (0..units.len()).filter(|&u| county_of[u] == c);
                let parts: Vec<f64> = members().filter_map(|u| shared.gdp[u]).collect();
                match total {
                    Some(total) if members().count() > 0 => {
                        prop_assert_eq!(parts.len(), members().count());
                        prop_assert!((parts.iter().sum::<f64>() - total).abs() <= 1e-9 * total);
                    }
                    Some(total) => prop_assert!(*total == 0.0 || shared.without_weight.contains(&c)),
                    None => prop_assert!(parts.is_empty()),
                }
            }
        }
    }

    #[test]
    fn downscaling_keeps_the_mass_of_every_county(
        counties in prop::collection::vec((0.0f64..1e9, prop::collection::vec((0u32..50, 1.0f64..1e6), 0..12)), 1..9),
        light in prop::collection::vec(prop_oneof![2 => Just(0.0), 3 => 0.3f64..60.0], 50),
    ) {
        let (mut offsets, mut pixels, mut areas) = (vec![0], Vec::new(), Vec::new());
        for (_, entries) in &counties {
            for (pixel, area) in entries {
                pixels.push(*pixel);
                areas.push(*area);
            }
            offsets.push(pixels.len());
        }
        let totals: Vec<f64> = counties.iter().map(|c| c.0).collect();
        let shares = PixelShares { offsets: &offsets, pixels: &pixels, areas_m2: &areas, n_pixels: 50 };
        let out = downscale(&totals, &shares, &light, None).unwrap();
        let placed: f64 = out.pixel_t.iter().sum();
        let total: f64 = totals.iter().sum();
        prop_assert!((placed + out.unplaced_t - total).abs() <= 1e-12 * total.max(1.0));
        prop_assert!(out.pixel_t.iter().all(|t| *t >= 0.0));
    }
}

#[test]
fn many_bad_rows_are_counted_and_the_first_are_named() {
    let city = City { area_m2: vec![1.0; 20], space_type: vec![0; 20], factories: vec![f64::NAN; 20] };
    let rule = AllocationRule::new("works", "industry", &["industrial"], 5.0, &["poi:industry"]).unwrap();
    let message = city.allocate(&[rule]).unwrap_err()[0].to_string();
    assert!(message.contains("20 parcel rows: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..."), "{message}");
}
