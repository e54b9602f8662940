//! A result with what was noticed on the way to it.

use crate::{Findings, Ledger};

/// A result with everything that was noticed on the way to it.
#[derive(Debug, Clone)]
#[must_use]
pub struct Checked<T> {
    /// The result. `None`: the findings say why, or the observer asked to stop.
    pub value: Option<T>,
    /// What a user must look at.
    pub findings: Findings,
    /// What became of mass and features.
    pub ledger: Ledger,
}

impl<T> Checked<T> {
    /// What `work` gives, with what it notes.
    pub fn collect(work: impl FnOnce(&mut Findings, &mut Ledger) -> Option<T>) -> Self {
        let (mut findings, mut ledger) = (Findings::new(), Ledger::new());
        Self { value: work(&mut findings, &mut ledger), findings, ledger }
    }

    /// The same with another result.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Checked<U> {
        Checked { value: self.value.map(f), findings: self.findings, ledger: self.ledger }
    }

    /// No result, for these reasons.
    pub fn refused(findings: impl Into<Findings>) -> Self {
        Self { value: None, findings: findings.into(), ledger: Ledger::new() }
    }
}
