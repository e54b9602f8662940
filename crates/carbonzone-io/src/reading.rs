//! A layer that is read, with everybody who has a part in it.

use crate::crs::WorkingCrs;
use crate::source::{Reporter, VectorSource};
use carbonzone_types::{Checked, Finding, Findings, Ledger, Progress};

/// A layer that is wanted.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What it is and where it is.
    pub source: &'a VectorSource,
    /// The working CRS.
    pub crs: &'a WorkingCrs,
    /// Who is told how far the reading is.
    pub progress: &'a dyn Progress,
}

impl Wanted<'_> {
    /// What `work` reads, with what it notes.
    pub(crate) fn read<T>(self, work: impl FnOnce(&mut Reading<'_>) -> Option<T>) -> Checked<T> {
        let Self { source, crs, progress } = self;
        Checked::collect(|findings, ledger| work(&mut Reading { source, crs, progress, findings, ledger }))
    }
}

/// A layer that is being read.
pub(crate) struct Reading<'a> {
    pub source: &'a VectorSource,
    pub crs: &'a WorkingCrs,
    pub progress: &'a dyn Progress,
    pub findings: &'a mut Findings,
    pub ledger: &'a mut Ledger,
}

impl Reading<'_> {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.report().add(finding);
    }

    /// Tells why there is no value.
    pub(crate) fn refuse<T>(&mut self, finding: Finding) -> Option<T> {
        self.report().refuse(finding)
    }

    /// What is told of the layer.
    pub(crate) fn report(&mut self) -> Reporter<'_> {
        Reporter { source: self.source, findings: self.findings }
    }

    /// The same layer, in the file that is really opened.
    pub(crate) fn of<'b>(&'b mut self, source: &'b VectorSource) -> Reading<'b> {
        let Self { crs, progress, .. } = *self;
        Reading { source, crs, progress, findings: self.findings, ledger: self.ledger }
    }
}
