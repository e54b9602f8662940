//! The hard stop of docs/adr/0004.

use carbonzone_types::{Finding, Findings, Ledger, LedgerRow, Residual, Stage, TOLERANCE};

/// Every balance within the tolerance, or findings that name the row; the residuals become ledger rows.
pub fn check_balances(ledger: &mut Ledger, findings: &mut Findings) -> Vec<Residual> {
    let balances = ledger.balances();
    for b in &balances {
        let year = b.year.map(|y| y.to_string()).unwrap_or_default();
        let mut row = LedgerRow::tonnes(Stage::Residual, &b.sector, &year, b.left_t - b.right_t);
        row.note = format!("{}: relative {:.3e}", b.balance, b.relative);
        ledger.push(row);
        if b.relative > TOLERANCE {
            let message = format!(
                "sector {} {year}: {} does not hold: {} t against {} t",
                b.sector, b.balance, b.left_t, b.right_t
            );
            findings.push(
                Finding::error("mass_balance", message)
                    .expected(format!("a relative residual of at most {TOLERANCE:e}"))
                    .value(format!("{:e}", b.relative))
                    .amount_t((b.left_t - b.right_t).abs())
                    .hint("this is a defect of carbonzone: please report it with run.json"),
            );
        }
    }
    balances
}
