//! What is collected while a run reads and computes.

use crate::proxy_use::ProxyUse;
use carbonzone_types::{Checked, ClosingRow, FactorSetRecord, Findings, InputRecord, Ledger, Statement};
use std::collections::BTreeMap;

/// What is collected on the way.
#[derive(Default)]
pub struct Notes {
    pub findings: Findings,
    /// Ledger rows of drops, snaps and repairs.
    pub ledger: Ledger,
    /// Inputs read.
    pub records: Vec<InputRecord>,
    /// Factor and coefficient sets in use.
    pub factor_sets: Vec<FactorSetRecord>,
    /// Sentences that every reader must see.
    pub statements: Vec<Statement>,
    /// What became of each proxy that points, lines or people give.
    pub proxy_use: BTreeMap<String, ProxyUse>,
    /// What carries each budget, and what of its proxy was left aside.
    pub closing: Vec<ClosingRow>,
}

impl Notes {
    /// Takes over what was noticed, and gives the result.
    pub fn take<T>(&mut self, checked: Checked<T>) -> Option<T> {
        self.findings.extend(checked.findings);
        self.ledger.extend(checked.ledger);
        checked.value
    }
}
