//! Pass 1: what the parcels bring to each rule, and how the rules are shared out.

use crate::states::{Reader, State, Writer};
use crate::{Batch, Plan};
use carbonzone_spatialize::{AllocationError, GroupSums, RuleShare, RuleSums, rest_of};
use carbonzone_types::{ExactSum, Finding, Findings};
use serde::{Deserialize, Serialize};

const PARCELS: &str = "parcels";
const MEMBERS: &str = "members";
const AREA: &str = "member_area_m2";
const SMOOTHED: &str = "smoothed_weight";

fn weight(proxy: usize) -> String {
    format!("weight_{proxy}")
}

fn refused(errors: &[AllocationError]) -> Findings {
    Findings { items: errors.iter().map(|e| e.to_finding().layer("parcels")).collect() }
}

/// All results, or all errors.
fn all<T>(results: impl Iterator<Item = Result<T, AllocationError>>) -> Result<Vec<T>, Findings> {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => out.push(value),
            Err(e) => errors.push(e),
        }
    }
    if errors.is_empty() { Ok(out) } else { Err(refused(&errors)) }
}

/// What some parcels bring to every rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    parcels: u64,
    rules: Vec<RuleSums>,
}

impl Weights {
    /// No parcel yet.
    pub fn new(plan: &Plan) -> Self {
        let none = |n: usize| GroupSums { proxies: vec![ExactSum::new(); n], ..GroupSums::default() };
        let rules = plan.rules.iter().map(|r| r.proxies.len());
        Self { parcels: 0, rules: rules.map(|n| RuleSums { own: none(n), redirected: none(n) }).collect() }
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// Weights that cannot be used; a budget that is none.
    pub fn add(&mut self, plan: &Plan, batch: &Batch) -> Result<(), Findings> {
        let parcels = batch.parcels(plan);
        let sums = all(plan
            .rules
            .iter()
            .map(|rule| RuleSums::of(&parcels, &batch.proxies, rule, rest_of(rule, plan.point_t(rule))?)))?;
        self.rules.iter_mut().zip(&sums).for_each(|(all, more)| all.merge(more));
        self.parcels += batch.rows.len() as u64;
        Ok(())
    }

    /// As rows for an engine.
    ///
    /// # Errors
    /// A sum beyond 38 digits.
    pub fn states(&self, plan: &Plan) -> Result<Vec<State>, Findings> {
        let mut out = Writer::default();
        out.count(PARCELS, -1, "", self.parcels);
        for (rule, sums) in plan.rules.iter().zip(&self.rules) {
            for (unit, group) in [(0, &sums.own), (1, &sums.redirected)] {
                out.count(MEMBERS, unit, &rule.id, group.members);
                out.sum(AREA, unit, &rule.id, group.area_m2)?;
                for (k, proxy) in group.proxies.iter().enumerate() {
                    out.sum(&weight(k), unit, &rule.id, *proxy)?;
                }
            }
        }
        Ok(out.finish())
    }

    /// From the rows of all batches.
    ///
    /// # Errors
    /// Rows that add up to more than 38 digits.
    pub fn from_states(plan: &Plan, states: Vec<State>) -> Result<Self, Findings> {
        let read = Reader::new(states)?;
        let group = |rule: &carbonzone_spatialize::AllocationRule, unit| GroupSums {
            members: read.count(MEMBERS, unit, &rule.id),
            area_m2: read.sum(AREA, unit, &rule.id),
            proxies: (0..rule.proxies.len()).map(|k| read.sum(&weight(k), unit, &rule.id)).collect(),
        };
        let rules = plan.rules.iter().map(|r| RuleSums { own: group(r, 0), redirected: group(r, 1) });
        Ok(Self { parcels: read.count(PARCELS, -1, ""), rules: rules.collect() })
    }
}

/// A finding unless all parcels of the plan were there, each once.
pub(crate) fn complete(plan: &Plan, parcels: u64) -> Result<(), Findings> {
    if parcels == plan.parcels {
        return Ok(());
    }
    let message = format!("{parcels} parcels came of the {} that the city has", plan.parcels);
    let finding = Finding::error("parcels_incomplete", message)
        .layer("parcels")
        .expected("every part once")
        .hint("a part is missing or was read twice: give all files of the folder, each once");
    Err(finding.into())
}

/// How the rules of a city are shared out: small, and the same for all its parcels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// One per rule, in the order of the plan.
    pub rules: Vec<RuleShare>,
}

impl Shares {
    /// Decides on the weights of all parcels.
    ///
    /// # Errors
    /// Parcels that are missing or there twice; what the allocation refuses.
    pub fn decide(plan: &Plan, weights: &Weights) -> Result<Self, Findings> {
        complete(plan, weights.parcels)?;
        let units = plan.units_of_proxies();
        let present = || plan.space_types.join(", ");
        let rules = plan.rules.iter().zip(&weights.rules);
        let decide = |(rule, sums)| RuleShare::decide(rule, plan.point_t(rule), sums, &units, &present);
        Ok(Self { rules: all(rules.map(decide))? })
    }

    /// True if a rule is smoothed: its weights are only known now, and need one more pass ([`smoothed`](Self::smoothed)).
    pub fn need_another_pass(&self) -> bool {
        self.rules.iter().any(RuleShare::is_smoothed)
    }

    /// Sums of the smoothed weights of a batch.
    ///
    /// # Errors
    /// Weights that cannot be used; a sum beyond 38 digits.
    pub fn smoothed(&self, plan: &Plan, batch: &Batch) -> Result<Vec<State>, Findings> {
        let parcels = batch.parcels(plan);
        let smoothed = self.rules.iter().filter(|s| s.is_smoothed());
        let sums = all(smoothed.map(|s| Ok((&s.record.id, s.weight_sum(&parcels, &batch.proxies)?))))?;
        let mut out = Writer::default();
        for (rule, sum) in sums {
            out.sum(SMOOTHED, -1, rule, sum)?;
        }
        Ok(out.finish())
    }

    /// Takes the sums of the smoothed weights of all batches.
    ///
    /// # Errors
    /// Rows that add up to more than 38 digits.
    pub fn take_smoothed(&mut self, states: Vec<State>) -> Result<(), Findings> {
        let read = Reader::new(states)?;
        for share in self.rules.iter_mut().filter(|s| s.is_smoothed()) {
            share.set_weight_total(read.sum(SMOOTHED, -1, &share.record.id));
        }
        Ok(())
    }
}
