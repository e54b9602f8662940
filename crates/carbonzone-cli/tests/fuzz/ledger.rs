//! The balances of a written ledger.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Sums of the ledger by sector and stage; the first balance that does not close.
pub fn open_balance(ledger: &Path) -> Option<String> {
    let text = fs::read_to_string(ledger).unwrap();
    let mut sums: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut budgets = 0;
    for line in text.trim_start_matches('\u{feff}').lines().skip(1) {
        let cells: Vec<&str> = line.splitn(5, ',').collect();
        if let [stage, sector, _, amount, _] = cells[..]
            && let Ok(t) = amount.parse::<f64>()
        {
            budgets += usize::from(stage == "budget");
            *sums.entry((sector.to_owned(), stage.to_owned())).or_default() += t;
        }
    }
    let sectors: Vec<String> =
        sums.keys().filter(|(_, stage)| stage == "budget").map(|(s, _)| s.clone()).collect();
    let of =
        |sector: &String, stage: &str| sums.get(&(sector.clone(), stage.to_owned())).copied().unwrap_or(0.0);
    let open = sectors.iter().find_map(|s| {
        let budget = of(s, "budget");
        let placed = of(s, "placed");
        let sides = [
            placed + of(s, "unallocated"),
            of(s, "grid") + of(s, "grid_outside") + budget - placed,
            of(s, "zones") + of(s, "zones_outside") + budget - placed,
        ];
        let close = |side: &f64| (side - budget).abs() <= 1e-9 * budget.max(1e-6);
        (!sides.iter().all(close)).then(|| format!("{s}: {budget} against {sides:?}"))
    });
    if budgets == 0 { Some("a ledger without budgets".to_owned()) } else { open }
}
