//! What a plan does to the land: which ground becomes what, which tonnes go with it, and what new land takes.

mod change;

pub use change::LandChange;

use super::config::Scenario;
use crate::compute::Results;
use crate::load::Inputs;
use crate::load::parcels::ParcelSet;
use carbonzone_geom::{OverlapMatrix, overlap_zones};
use carbonzone_types::{ExactSum, Finding, M2_PER_HECTARE, number_of};
use std::collections::BTreeMap;

/// The base run, by zone; the last place of every row is what lies in no zone.
pub struct Base<'a> {
    /// Inputs of the run.
    pub inputs: &'a Inputs,
    /// Results of the run.
    pub results: &'a Results,
    /// Names of the space types: those of the run, then those that only plans have, then [`NO_PARCEL`].
    pub types: Vec<String>,
    /// Tonnes by rule and zone.
    pub rule_t: Vec<Vec<f64>>,
    /// Hectares by zone and space type.
    pub land_ha: Vec<Vec<f64>>,
    on_zones: OverlapMatrix,
    district: Vec<usize>,
    /// Tonnes by rule, then space type and district.
    tonnes: Vec<Vec<Vec<f64>>>,
    /// Hectares by space type and district.
    hectares: Vec<Vec<f64>>,
}

/// Stands for ground that has no parcel in the base run.
pub const NO_PARCEL: &str = "no_parcel";

impl<'a> Base<'a> {
    /// Sums up the base run.
    pub fn of(inputs: &'a Inputs, results: &'a Results, more_types: &[String]) -> Self {
        let parcels = &inputs.parcels;
        let mut types = parcels.space_types.clone();
        for name in more_types {
            if !types.contains(name) {
                types.push(name.clone());
            }
        }
        types.push(NO_PARCEL.to_owned());
        let on_zones = overlap_zones(&parcels.coverage, &inputs.zones.coverage);
        let (n, rules) = (inputs.zones.ids.len(), results.allocation.per_rule.len());
        let mut names: Vec<&Option<String>> = inputs.zones.district.iter().collect();
        names.sort();
        names.dedup();
        let place = |d: &Option<String>| names.iter().position(|name| *name == d).unwrap_or(0);
        let mut district: Vec<usize> = inputs.zones.district.iter().map(place).collect();
        district.push(names.len());
        let districts = names.len() + 1;
        let mut out = Self {
            inputs,
            results,
            rule_t: vec![vec![0.0; n + 1]; rules],
            land_ha: vec![vec![0.0; types.len()]; n + 1],
            tonnes: vec![vec![vec![0.0; districts]; types.len()]; rules],
            hectares: vec![vec![0.0; districts]; types.len()],
            types,
            on_zones,
            district,
        };
        let mut land = vec![vec![ExactSum::new(); out.types.len()]; n + 1];
        for (p, area) in parcels.area_m2.iter().enumerate() {
            out.each_zone(p, |z, share| {
                land[z][parcels.space_type[p] as usize].add(area * share / M2_PER_HECTARE);
            });
        }
        out.land_ha = land.into_iter().map(values).collect();
        for j in 0..out.types.len() {
            for (z, row) in out.land_ha.iter().enumerate() {
                out.hectares[j][out.district[z]] += row[j];
            }
        }
        for (r, placed) in results.allocation.per_rule.iter().enumerate() {
            let mut by_zone = vec![ExactSum::new(); n + 1];
            let mut by_type = vec![vec![ExactSum::new(); districts]; out.types.len()];
            for (p, t) in placed.placed() {
                let j = parcels.space_type[p] as usize;
                out.each_zone(p, |z, share| {
                    by_zone[z].add(t * share);
                    by_type[j][out.district[z]].add(t * share);
                });
            }
            out.rule_t[r] = values(by_zone);
            out.tonnes[r] = by_type.into_iter().map(values).collect();
        }
        out
    }

    /// Zones of a parcel with its share in each; what lies in no zone has the last place.
    fn each_zone(&self, parcel: usize, mut f: impl FnMut(usize, f64)) {
        let whole = self.on_zones.denominator_m2(parcel);
        let outside = self.district.len() - 1;
        let (zones, areas) = self.on_zones.row(parcel);
        if whole <= 0.0 {
            return f(outside, 1.0);
        }
        zones.iter().zip(areas).for_each(|(z, a)| f(*z as usize, a / whole));
        if self.on_zones.outside_m2[parcel] > 0.0 {
            f(outside, self.on_zones.outside_m2[parcel] / whole);
        }
    }

    /// Tonnes of a rule on a space type in the whole city.
    pub fn tonnes_of(&self, rule: usize, land: usize) -> f64 {
        self.tonnes[rule][land].iter().sum()
    }

    /// Hectares of a space type in the whole city.
    pub fn hectares_of(&self, land: usize) -> f64 {
        self.hectares[land].iter().sum()
    }

    /// Place of a space type.
    pub fn type_of(&self, name: &str) -> Option<usize> {
        self.types.iter().position(|t| t == name)
    }

    /// Base tonnes per hectare of a rule on a space type: of the district, else of the city.
    fn t_ha(&self, rule: usize, land: usize, zone: usize) -> Option<f64> {
        let district = self.district[zone];
        let (t, ha) = (self.tonnes[rule][land][district], self.hectares[land][district]);
        if ha > 0.0 {
            return Some(t / ha);
        }
        let all = self.hectares_of(land);
        (all > 0.0).then(|| self.tonnes_of(rule, land) / all)
    }

    /// What a scenario does to the land.
    ///
    /// # Errors
    /// Space types that are not there, or whose tonnes per hectare nobody knows.
    pub fn change(&self, scenario: &Scenario, plan: Option<&ParcelSet>) -> Result<LandChange, Vec<Finding>> {
        let moves = match plan {
            Some(plan) => self.of_plan(plan),
            None => self.of_conversions(scenario)?,
        };
        let (n, parcels) = (self.district.len(), &self.inputs.parcels);
        let mut moved: BTreeMap<(usize, usize, usize), ExactSum> = BTreeMap::new();
        let mut gone = vec![0.0; parcels.space_type.len()];
        for (p, to, share) in &moves.pieces {
            gone[*p] += share;
            let (from, area) = (parcels.space_type[*p] as usize, parcels.area_m2[*p]);
            self.each_zone(*p, |z, s| {
                moved.entry((z, from, *to)).or_default().add(area * share * s / M2_PER_HECTARE);
            });
        }
        for (z, to, ha) in &moves.beyond {
            moved.entry((*z, self.types.len() - 1, *to)).or_default().add(*ha);
        }
        let moved_ha: BTreeMap<_, f64> = moved.into_iter().map(|(k, v)| (k, v.value())).collect();
        let mut out = LandChange { moved_ha, unplanned_ha: moves.unplanned_ha, ..LandChange::default() };
        for placed in &self.results.allocation.per_rule {
            let mut lost = vec![ExactSum::new(); n];
            let mut by_type = vec![[0.0; 2]; self.types.len()];
            for (p, t) in placed.placed().filter(|(p, _)| gone[*p] > 0.0) {
                let t = t * gone[p].min(1.0);
                self.each_zone(p, |z, share| lost[z].add(t * share));
                by_type[parcels.space_type[p] as usize][0] += t;
            }
            out.lost_t.push(values(lost));
            out.by_type_t.push(by_type);
        }
        self.add_new(scenario, &mut out)?;
        Ok(out)
    }

    /// Tonnes of new land.
    fn add_new(&self, scenario: &Scenario, out: &mut LandChange) -> Result<(), Vec<Finding>> {
        let mut unknown: BTreeMap<usize, f64> = BTreeMap::new();
        out.new_t = vec![vec![0.0; self.district.len()]; self.rule_t.len()];
        for ((z, _, to), ha) in &out.moved_ha {
            let like = scenario.borrow.get(&self.types[*to]).and_then(|name| self.type_of(name));
            let land = if self.hectares_of(*to) > 0.0 { *to } else { like.unwrap_or(*to) };
            let records = &self.results.allocation.records;
            let in_rules = records.iter().any(|r| r.land_groups.contains(&self.types[*to]));
            if self.hectares_of(land) == 0.0 && !in_rules && *to != self.types.len() - 1 {
                *out.unheard_ha.entry(*to).or_default() += ha;
            }
            for r in 0..self.rule_t.len() {
                let placed_here = self.results.allocation.records[r].land_groups.contains(&self.types[*to]);
                match self.t_ha(r, land, *z) {
                    Some(t_ha) => {
                        out.new_t[r][*z] += t_ha * ha;
                        out.by_type_t[r][*to][1] += t_ha * ha;
                    }
                    None if placed_here => *unknown.entry(*to).or_default() += ha,
                    None => {}
                }
            }
        }
        let finding = |(land, ha): (usize, f64)| {
            let name = &self.types[land];
            let message = format!(
                "the base run has no land \"{name}\", so nobody knows its tonnes per hectare: {ha:.1} ha"
            );
            Finding::error("scenario_new_land", message).field("borrow").expected(format!(
                "borrow = {{ {name} = \"...\" }}: the space type whose tonnes per hectare it takes"
            ))
        };
        if unknown.is_empty() { Ok(()) } else { Err(unknown.into_iter().map(finding).collect()) }
    }

    fn of_conversions(&self, scenario: &Scenario) -> Result<Moves, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut out = Moves::default();
        let parcels = &self.inputs.parcels;
        for conversion in &scenario.convert {
            let from = self.type_of(&conversion.from).filter(|f| self.hectares_of(*f) > 0.0);
            let (Some(from), Some(to)) = (from, self.type_of(&conversion.to)) else {
                let message = format!("the base run has no land \"{}\"", conversion.from);
                findings.push(
                    Finding::error("scenario_land", message)
                        .field("convert")
                        .expected(self.types[..self.types.len() - 1].join(", ")),
                );
                continue;
            };
            let of = (0..parcels.space_type.len()).filter(|p| parcels.space_type[*p] as usize == from);
            out.pieces.extend(of.map(|p| (p, to, conversion.share)));
        }
        if findings.is_empty() { Ok(out) } else { Err(findings) }
    }

    /// Pieces of base parcels on which the plan has another space type, and ground of the plan without a base parcel.
    ///
    /// A piece of a parcel that crosses the border of two zones lies in them as the parcel does.
    fn of_plan(&self, plan: &ParcelSet) -> Moves {
        let mut out = Moves::default();
        let parcels = &self.inputs.parcels;
        let names: Vec<usize> =
            plan.space_types.iter().map(|t| self.type_of(t).unwrap_or(self.types.len() - 1)).collect();
        let to = |q: usize| names[plan.space_type[q] as usize];
        let on_plan = overlap_zones(&parcels.coverage, &plan.coverage);
        let mut unplanned = ExactSum::new();
        for p in 0..on_plan.len() {
            let whole = on_plan.denominator_m2(p);
            if whole <= 0.0 {
                continue;
            }
            let (plots, areas) = on_plan.row(p);
            let own = parcels.space_type[p] as usize;
            let mut by_type: BTreeMap<usize, f64> = BTreeMap::new();
            plots
                .iter()
                .zip(areas)
                .for_each(|(q, a)| *by_type.entry(to(*q as usize)).or_default() += a / whole);
            out.pieces.extend(by_type.into_iter().filter(|(j, _)| *j != own).map(|(j, share)| (p, j, share)));
            unplanned.add(on_plan.outside_m2[p] / whole * parcels.area_m2[p] / M2_PER_HECTARE);
        }
        out.unplanned_ha = unplanned.value();
        let on_base = overlap_zones(&plan.coverage, &parcels.coverage);
        let plan_zones = overlap_zones(&plan.coverage, &self.inputs.zones.coverage);
        for q in 0..on_base.len() {
            let whole = on_base.denominator_m2(q);
            let free = if whole > 0.0 { on_base.outside_m2[q] / whole } else { 0.0 };
            // Below this it is the rounding of two borders.
            if free <= 1e-9 {
                continue;
            }
            let ha = plan.area_m2[q] * free / M2_PER_HECTARE;
            let all = plan_zones.denominator_m2(q);
            let (zones, areas) = plan_zones.row(q);
            out.beyond.extend(zones.iter().zip(areas).map(|(z, a)| (*z as usize, to(q), ha * a / all)));
            if plan_zones.outside_m2[q] > 0.0 {
                out.beyond.push((self.district.len() - 1, to(q), ha * plan_zones.outside_m2[q] / all));
            }
        }
        out
    }
}

/// What becomes of the ground.
#[derive(Default)]
struct Moves {
    /// Parcel, space type of the plan, share of the parcel.
    pieces: Vec<(usize, usize, f64)>,
    /// Zone, space type of the plan, hectares without a base parcel.
    beyond: Vec<(usize, usize, f64)>,
    unplanned_ha: f64,
}

fn values(sums: Vec<ExactSum>) -> Vec<f64> {
    sums.into_iter().map(ExactSum::value).collect()
}

impl LandChange {
    /// Ground that the plan leaves out, or that no base parcel has.
    pub fn told(&self, base: &Base<'_>) -> Vec<Finding> {
        let mut out = Vec::new();
        let city_ha: f64 = (0..base.types.len()).map(|j| base.hectares_of(j)).sum();
        if self.unplanned_ha > 1e-6 * city_ha {
            let message = format!(
                "the plan does not cover {:.1} ha of the parcels: they stay as they are",
                self.unplanned_ha
            );
            out.push(Finding::warning("scenario_not_planned", message).hint("is the plan layer complete?"));
        }
        for (land, ha) in &self.unheard_ha {
            let name = &base.types[*land];
            let message = format!(
                "no parcel and no rule of the base run has the land \"{name}\": {ha:.1} ha of it emit and absorb nothing"
            );
            let hint = format!(
                "is it spelt as in the scheme? borrow = {{ {name} = \"...\" }} gives it the tonnes per hectare of another"
            );
            out.push(
                Finding::warning("scenario_unheard_land", message)
                    .expected(base.types[..base.types.len() - 1].join(", "))
                    .hint(hint),
            );
        }
        let none = base.types.len() - 1;
        let beyond: Vec<f64> =
            self.moved_ha.iter().filter(|((_, from, _), _)| *from == none).map(|(_, ha)| *ha).collect();
        let ha: f64 = beyond.iter().sum();
        if ha > 1e-6 * city_ha {
            let zones = number_of(beyond.len(), "place", "places");
            let message = format!("{ha:.1} ha of the plan have no parcel today ({zones}): new land");
            out.push(
                Finding::warning("scenario_new_ground", message)
                    .hint("do both layers cover the same ground?"),
            );
        }
        out
    }
}
