//! The two passes of the allocation, over parcels that may come in pieces: exact sums of the weights, then shares.
//!
//! [`RuleSums`] of any pieces of a layer merge to those of the layer, bit for bit; [`RuleShare`] is decided once on them, and places
//! the budget on any piece.

use crate::allocation_error::AllocationError;
use crate::parcels::{Parcels, RuleTonnes};
use crate::rules::{AllocationRule, OnMissingClass, OnZeroWeight, ProxyTable};
use carbonzone_types::{ExactSum, Proxy, ProxyKind, ProxyTotal, RuleRecord};
use serde::{Deserialize, Serialize};

/// What parcels of some land groups bring to a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupSums {
    /// Parcels that belong to the land groups.
    pub members: u64,
    /// Their area, m².
    pub area_m2: ExactSum,
    /// Sum of each proxy of the rule over them, in the order of the rule.
    pub proxies: Vec<ExactSum>,
}

impl GroupSums {
    fn of(
        parcels: &Parcels<'_>,
        proxies: &ProxyTable,
        rule: &AllocationRule,
        groups: &[String],
        measured: bool,
    ) -> Result<Self, AllocationError> {
        let members = members(parcels, groups);
        let mut out = Self {
            members: members.len() as u64,
            area_m2: members.iter().map(|&p| parcels.area_m2[p as usize]).collect(),
            proxies: vec![ExactSum::new(); rule.proxies.len()],
        };
        if measured && !members.is_empty() {
            for (proxy, sum) in rule.proxies.iter().zip(&mut out.proxies) {
                *sum = measure(parcels, proxies, rule, proxy, &members)?.into_iter().collect();
            }
        }
        Ok(out)
    }

    /// Adds what other parcels bring.
    pub fn merge(&mut self, other: &Self) {
        self.members += other.members;
        self.area_m2.merge(other.area_m2);
        self.proxies.iter_mut().zip(&other.proxies).for_each(|(sum, more)| sum.merge(*more));
    }
}

/// What parcels bring to a rule: those of its land groups, and those of the groups that it is redirected to if there are none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSums {
    /// Parcels of the land groups of the rule.
    pub own: GroupSums,
    /// Parcels of the groups that take over; only looked at where no parcel is of the rule's own groups.
    pub redirected: GroupSums,
}

impl RuleSums {
    /// Sums over these parcels. `rest_t` is what the rule shares out; without any, proxies are not looked at.
    ///
    /// # Errors
    /// A proxy that is unknown, of another length, or no usable weight.
    pub fn of(
        parcels: &Parcels<'_>,
        proxies: &ProxyTable,
        rule: &AllocationRule,
        rest_t: f64,
    ) -> Result<Self, AllocationError> {
        let own = GroupSums::of(parcels, proxies, rule, &names_of(rule), rest_t > 0.0)?;
        let redirected = match &rule.on_missing_class {
            OnMissingClass::Redirect(groups) if own.members == 0 => {
                GroupSums::of(parcels, proxies, rule, groups, rest_t > 0.0)?
            }
            _ => GroupSums { proxies: vec![ExactSum::new(); rule.proxies.len()], ..GroupSums::default() },
        };
        Ok(Self { own, redirected })
    }

    /// Adds what other parcels bring.
    pub fn merge(&mut self, other: &Self) {
        self.own.merge(&other.own);
        self.redirected.merge(&other.redirected);
    }
}

/// By which measure a rule is shared out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Measure {
    Proxy(Proxy),
    Area,
}

/// How a rule is shared out: decided on the sums over all parcels, good for any piece of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleShare {
    rule: AllocationRule,
    /// Land groups in use.
    groups: Vec<String>,
    /// t CO2e that are shared out.
    rest_t: f64,
    /// `None`: nothing is.
    measure: Option<Measure>,
    /// Mean area of the members for the smoothing, m²; `None`: no smoothing.
    mean_m2: Option<f64>,
    /// The rule as applied; `placed_t` is known when all parcels are placed.
    pub record: RuleRecord,
}

/// What is left of a budget when its plants stand where they are, t CO2e.
///
/// # Errors
/// A budget that is no amount, or smaller than its plants.
pub fn rest_of(rule: &AllocationRule, point_t: f64) -> Result<f64, AllocationError> {
    if !(rule.budget_t >= 0.0 && rule.budget_t.is_finite()) {
        return Err(AllocationError::Budget { rule: rule.id.clone(), budget_t: rule.budget_t });
    }
    if point_t > rule.budget_t * (1.0 + 1e-12) {
        let (rule, budget_t) = (rule.id.clone(), rule.budget_t);
        return Err(AllocationError::PointSources { rule, point_t, budget_t });
    }
    Ok((rule.budget_t - point_t).max(0.0))
}

impl RuleShare {
    /// Decides on the sums over all parcels. `proxies` gives the units; `present` names the space types that there are.
    ///
    /// # Errors
    /// As [`allocate`](crate::allocate()): no parcel of the class, every proxy zero.
    pub fn decide(
        rule: &AllocationRule,
        point_t: f64,
        sums: &RuleSums,
        proxies: &ProxyTable,
        present: &dyn Fn() -> String,
    ) -> Result<Self, AllocationError> {
        let rest_t = rest_of(rule, point_t)?;
        let (sums, groups, redirected) = match &rule.on_missing_class {
            OnMissingClass::Redirect(groups) if sums.own.members == 0 => {
                (&sums.redirected, groups.clone(), true)
            }
            _ => (&sums.own, names_of(rule), false),
        };
        let record = RuleRecord {
            id: rule.id.clone(),
            sector: rule.sector.to_string(),
            activity: rule.activity.clone(),
            land_groups: groups.clone(),
            budget_t: rule.budget_t,
            budget_source: if redirected {
                format!("{} (redirected from {})", rule.budget_source, joined(&rule.land_groups, " + "))
            } else {
                rule.budget_source.clone()
            },
            point_sources_t: point_t,
            parcels: sums.members,
            smoothing: rule.smoothing,
            ..RuleRecord::default()
        };
        let mut out = Self { rule: rule.clone(), groups, rest_t, measure: None, mean_m2: None, record };
        if rest_t > 0.0 {
            out.choose(sums, proxies, present)?;
            if out.measure.is_none() {
                out.record.unallocated_t = rest_t;
            }
        }
        Ok(out)
    }

    /// The first proxy of the chain that is not zero everywhere.
    fn choose(
        &mut self,
        sums: &GroupSums,
        proxies: &ProxyTable,
        present: &dyn Fn() -> String,
    ) -> Result<(), AllocationError> {
        let rule = &self.rule;
        if sums.members == 0 {
            return if rule.on_missing_class == OnMissingClass::Unallocated {
                Ok(())
            } else {
                let (rule, budget_t) = (rule.id.clone(), rule.budget_t);
                let groups = joined(&self.rule.land_groups, " + ");
                Err(AllocationError::MissingClass { rule, groups, present: present(), budget_t })
            };
        }
        let totals = rule.proxies.iter().zip(&sums.proxies).map(|(proxy, sum)| ProxyTotal {
            name: proxy.as_str().to_owned(),
            unit: unit_of(proxies, proxy),
            total: sum.value(),
        });
        self.record.proxies = totals.collect();
        let area_m2 = sums.area_m2.value();
        if let Some(used) = self.record.proxies.iter().position(|p| p.total > 0.0) {
            self.measure = Some(Measure::Proxy(rule.proxies[used].clone()));
            self.record.used = Some(used);
            self.record.weight_total = self.record.proxies[used].total;
            let mean_m2 = area_m2 / sums.members as f64;
            self.mean_m2 = (rule.smoothing > 0.0 && mean_m2 > 0.0).then_some(mean_m2);
            return Ok(());
        }
        match rule.on_zero_weight {
            OnZeroWeight::Unallocated => Ok(()),
            OnZeroWeight::Area if area_m2 > 0.0 => {
                let by_area = ProxyTotal { name: "area".to_owned(), unit: "m2".to_owned(), total: area_m2 };
                self.measure = Some(Measure::Area);
                self.record.used = Some(self.record.proxies.len());
                self.record.proxies.push(by_area);
                self.record.weight_total = area_m2;
                Ok(())
            }
            _ => Err(AllocationError::ZeroWeight {
                rule: rule.id.clone(),
                proxies: joined(&rule.proxies, ", "),
                parcels: sums.members,
                groups: joined(&rule.land_groups, " + "),
                budget_t: rule.budget_t,
            }),
        }
    }

    /// The rule.
    pub fn rule(&self) -> &AllocationRule {
        &self.rule
    }

    /// True if the sum of the weights is only known after one more pass: smoothing goes by the mean area of all members.
    pub fn is_smoothed(&self) -> bool {
        self.mean_m2.is_some()
    }

    /// Sum of the weights of these parcels, smoothing included.
    ///
    /// # Errors
    /// As [`RuleSums::of`].
    pub fn weight_sum(
        &self,
        parcels: &Parcels<'_>,
        proxies: &ProxyTable,
    ) -> Result<ExactSum, AllocationError> {
        Ok(self.weights(parcels, proxies, &members(parcels, &self.groups))?.into_iter().collect())
    }

    /// Takes the sum of [`weight_sum`](Self::weight_sum) over all parcels.
    pub fn set_weight_total(&mut self, total: ExactSum) {
        self.record.weight_total = total.value();
    }

    /// Smoothing (docs/adr/0005): `w = n + α · a / mean(a)`.
    fn weights(
        &self,
        parcels: &Parcels<'_>,
        proxies: &ProxyTable,
        members: &[u32],
    ) -> Result<Vec<f64>, AllocationError> {
        let area = |p: u32| parcels.area_m2[p as usize];
        let mut weights = match &self.measure {
            Some(Measure::Proxy(proxy)) if !members.is_empty() => {
                measure(parcels, proxies, &self.rule, proxy, members)?
            }
            Some(Measure::Area) => members.iter().map(|&p| area(p)).collect(),
            _ => Vec::new(),
        };
        if let Some(mean_m2) = self.mean_m2 {
            let smoothing = self.rule.smoothing;
            weights.iter_mut().zip(members).for_each(|(w, &p)| *w += smoothing * area(p) / mean_m2);
        }
        Ok(weights)
    }

    /// Places the rule on these parcels; `points` are the known plants on them, with their t CO2e.
    ///
    /// # Errors
    /// As [`RuleSums::of`].
    pub fn place(
        &self,
        parcels: &Parcels<'_>,
        proxies: &ProxyTable,
        points: impl Iterator<Item = (u32, f64)>,
    ) -> Result<RuleTonnes, AllocationError> {
        let members = members(parcels, &self.groups);
        let weights = self.weights(parcels, proxies, &members)?;
        let total = self.record.weight_total;
        let shares = members.iter().zip(weights).map(|(&p, w)| (p, self.rest_t * (w / total), w));
        Ok(RuleTonnes::new(shares, points))
    }
}

fn names_of(rule: &AllocationRule) -> Vec<String> {
    rule.land_groups.iter().map(ToString::to_string).collect()
}

/// Parcels of the space types.
fn members(parcels: &Parcels<'_>, groups: &[String]) -> Vec<u32> {
    let wanted: Vec<bool> = parcels.space_types.iter().map(|s| groups.contains(s)).collect();
    let of = |p: &u32| wanted[parcels.space_type[*p as usize] as usize];
    (0..parcels.space_type.len() as u32).filter(of).collect()
}

/// Words with a separator between them.
pub(crate) fn joined<T: ToString>(words: &[T], separator: &str) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
}

fn unit_of(proxies: &ProxyTable, proxy: &Proxy) -> String {
    if proxy.kind() == ProxyKind::Area {
        return "m2".to_owned();
    }
    proxies.get(proxy.as_str()).map(|column| column.unit.clone()).unwrap_or_default()
}

/// Values of the members. A weight is a finite number ≥ 0: one that is not would be shared out as if it were 0, or take tonnes
/// from others.
fn measure(
    parcels: &Parcels<'_>,
    proxies: &ProxyTable,
    rule: &AllocationRule,
    proxy: &Proxy,
    members: &[u32],
) -> Result<Vec<f64>, AllocationError> {
    let name = proxy.as_str();
    let values = if proxy.kind() == ProxyKind::Area {
        parcels.area_m2
    } else {
        let column = proxies.get(name).ok_or_else(|| AllocationError::UnknownProxy {
            rule: rule.id.clone(),
            proxy: name.to_owned(),
            known: std::iter::once("area").chain(proxies.names()).collect::<Vec<_>>().join(", "),
        })?;
        &column.values
    };
    if values.len() != parcels.area_m2.len() {
        let (found, expected) = (values.len(), parcels.area_m2.len());
        return Err(AllocationError::Length { proxy: name.to_owned(), found, expected });
    }
    let picked: Vec<f64> = members.iter().map(|&p| values[p as usize]).collect();
    let bad = |w: f64| !(w.is_finite() && w >= 0.0);
    match picked.iter().copied().find(|w| bad(*w)) {
        None => Ok(picked),
        Some(value) => {
            let rows = members.iter().zip(&picked).filter(|(_, w)| bad(**w)).map(|(p, _)| *p).collect();
            Err(AllocationError::Weight { rule: rule.id.clone(), proxy: name.to_owned(), rows, value })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate;
    use proptest::prelude::*;

    fn types() -> Vec<String> {
        ["industrial", "municipal_utilities", "forest"].map(str::to_owned).to_vec()
    }

    proptest! {
        /// Any cut of the parcels, in either order, gives the bits of the whole.
        #[test]
        fn pieces_give_the_bits_of_the_whole(
            rows in prop::collection::vec((1e-3f64..1e6, 0u16..3, prop::option::of(0.0f64..1e3)), 1..40),
            cut in 0usize..40, smoothing in prop::option::of(0.01f64..2.0), redirect in any::<bool>(),
        ) {
            let types = types();
            let (area, class): (Vec<f64>, Vec<u16>) = rows.iter().map(|r| (r.0, r.1)).unzip();
            let poi: Vec<f64> = rows.iter().map(|r| r.2.unwrap_or(0.0)).collect();
            let mut rule = AllocationRule::new("m", "industry", &["industrial"], 977.0, &["poi:industry"]).unwrap();
            rule.smoothing = smoothing.unwrap_or(0.0);
            rule.on_missing_class = if redirect {
                OnMissingClass::Redirect(vec!["forest".to_owned()])
            } else {
                OnMissingClass::Unallocated
            };
            let layer = |range: std::ops::Range<usize>| {
                let mut proxies = ProxyTable::new();
                proxies.insert("poi:industry", "poi", poi[range].to_vec());
                proxies
            };
            let parcels = |range: std::ops::Range<usize>| Parcels {
                area_m2: &area[range.clone()], space_type: &class[range], space_types: &types,
            };
            let n = rows.len();
            let cut = cut.min(n);
            let whole = allocate(&parcels(0..n), &layer(0..n), std::slice::from_ref(&rule), &[]);
            let pieces = [cut..n, 0..cut];
            let mut sums = RuleSums::of(&parcels(0..0), &layer(0..0), &rule, 977.0).unwrap();
            for piece in pieces.clone() {
                sums.merge(&RuleSums::of(&parcels(piece.clone()), &layer(piece), &rule, 977.0).unwrap());
            }
            let share = RuleShare::decide(&rule, 0.0, &sums, &layer(0..0), &String::new);
            let (whole, mut share) = match (whole, share) {
                (Ok(whole), Ok(share)) => (whole, share),
                (Err(_), Err(_)) => return Ok(()),
                (whole, share) => return Err(TestCaseError::fail(format!("{whole:?} but {share:?}"))),
            };
            if share.is_smoothed() {
                let mut total = ExactSum::new();
                for piece in pieces.clone() {
                    total.merge(share.weight_sum(&parcels(piece.clone()), &layer(piece)).unwrap());
                }
                share.set_weight_total(total);
            }
            prop_assert_eq!(share.record.weight_total.to_bits(), whole.records[0].weight_total.to_bits());
            let mut tonnes = vec![0.0; n];
            for piece in pieces {
                let placed = share.place(&parcels(piece.clone()), &layer(piece.clone()), std::iter::empty()).unwrap();
                placed.placed().for_each(|(p, t)| tonnes[piece.start + p] = t);
            }
            prop_assert_eq!(tonnes, whole.per_rule[0].per_parcel(n));
        }
    }
}
