//! How a stage tells the outside how far it is; only the binary draws.

/// Observer of long work. Implementations must be callable from any thread.
pub trait Progress: Sync {
    /// A stage begins; `total` is the number of steps if known.
    fn begin(&self, stage: &str, total: Option<u64>);
    /// `n` more steps are done.
    fn advance(&self, n: u64);
    /// The stage is over.
    fn end(&self);
    /// Something that the user should read now, such as a font that is missing.
    fn say(&self, _message: &str) {}
    /// True once the user asked to stop (Ctrl-C): a long stage should return early.
    fn cancelled(&self) -> bool {
        false
    }
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _stage: &str, _total: Option<u64>) {}
    fn advance(&self, _n: u64) {}
    fn end(&self) {}
}
