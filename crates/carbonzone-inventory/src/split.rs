//! From counted lines to budgets per sector and land group (docs/method.md §4).

use crate::config::{InventoryConfig, Split};
use crate::inventory::{Budget, InventoryLine};
use crate::vocabulary::{LAND_GROUPS, Sector};
use carbonzone_sheet::nearest;
use carbonzone_types::{ExactSum, Finding, Findings};

/// Tolerance of "shares sum to one".
const SHARE_TOLERANCE: f64 = 1e-9;

/// Checks the `shares` of the configuration.
pub(crate) fn check_shares(config: &InventoryConfig, findings: &mut Findings) {
    for (sector, shares) in &config.shares {
        let field = format!("inventory.shares.{sector}");
        if Sector::parse(sector).is_none_or(|s| s.key() != sector) {
            findings.push(
                Finding::error("unknown_sector", format!("{field}: unknown sector")).field(field.clone()),
            );
        }
        if config.split != Split::Explicit {
            findings.push(
                Finding::error("shares_not_used", format!("{field} is only used with split = \"explicit\""))
                    .field(field.clone()),
            );
        }
        for (group, share) in shares {
            if !LAND_GROUPS.contains(&group.as_str()) {
                let close = nearest(group, LAND_GROUPS, 2).join(" or ");
                findings.push(
                    Finding::error("unknown_land_group", format!("{field}: unknown land group \"{group}\""))
                        .field(field.clone())
                        .value(group.clone())
                        .expected(LAND_GROUPS.join(", "))
                        .hint(format!("did you mean {close}?")),
                );
            }
            if !(share.is_finite() && *share >= 0.0) {
                findings.push(
                    Finding::error("bad_share", format!("{field}.{group} = {share}: expected 0 or more"))
                        .field(field.clone()),
                );
            }
        }
        let sum: f64 = shares.values().sum();
        if (sum - 1.0).abs() > SHARE_TOLERANCE {
            findings.push(
                Finding::error("bad_share", format!("{field}: shares sum to {sum}, expected 1")).field(field),
            );
        }
    }
}

/// Budgets in the order of the sectors and of [`LAND_GROUPS`].
pub(crate) fn budgets(lines: &[InventoryLine], config: &InventoryConfig) -> Vec<Budget> {
    let mut budgets = Vec::new();
    for sector in Sector::ALL {
        let counted: Vec<&InventoryLine> =
            lines.iter().filter(|l| l.counted && l.sector == sector.key()).collect();
        if counted.is_empty() {
            continue;
        }
        let shares = config.shares.get(sector.key()).filter(|_| config.split == Split::Explicit);
        if let Some(shares) = shares {
            let total = sum(&counted);
            for group in LAND_GROUPS.iter().filter(|g| shares.contains_key(**g)) {
                budgets.push(budget(
                    sector,
                    &[(*group).to_owned()],
                    total * shares[*group],
                    &counted,
                    Some(shares[*group]),
                ));
            }
        } else if config.split == Split::Pooled && sector != Sector::Sink {
            let groups: Vec<String> = LAND_GROUPS
                .iter()
                .filter(|g| counted.iter().any(|l| l.land_group == **g))
                .map(|g| (*g).to_owned())
                .collect();
            budgets.push(budget(sector, &groups, sum(&counted), &counted, None));
        } else {
            for group in LAND_GROUPS {
                let inside: Vec<&InventoryLine> =
                    counted.iter().copied().filter(|l| l.land_group == group).collect();
                if !inside.is_empty() {
                    budgets.push(budget(sector, &[group.to_owned()], sum(&inside), &inside, None));
                }
            }
        }
    }
    budgets
}

/// Order-independent sum of lines, t CO2e.
fn sum(lines: &[&InventoryLine]) -> f64 {
    lines.iter().map(|l| l.result_t).collect::<ExactSum>().value()
}

fn budget(
    sector: Sector,
    groups: &[String],
    amount_t: f64,
    lines: &[&InventoryLine],
    share: Option<f64>,
) -> Budget {
    Budget {
        sector: sector.key().to_owned(),
        land_group: groups.join("+"),
        land_groups: groups.to_vec(),
        amount_t,
        share,
        lines: lines.iter().map(|l| l.id.clone()).collect(),
    }
}
