//! What everybody needs who reads a layer.

use crate::config::Pipeline;
use crate::layers::Wanted;
use crate::load_config::Loaded;
use carbonzone_io::{VectorSource, WorkingCrs};
use carbonzone_types::Progress;

/// A pipeline file whose layers are being read.
pub struct Reading<'a, P = Pipeline> {
    /// Pipeline file.
    pub loaded: &'a Loaded<P>,
    pub crs: &'a WorkingCrs,
    pub progress: &'a dyn Progress,
}

impl<P> Clone for Reading<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Reading<'_, P> {}

impl<'a, P> Reading<'a, P> {
    /// A layer that is wanted.
    pub fn wanted(self, source: &'a VectorSource) -> Wanted<'a> {
        Wanted { source, crs: self.crs, progress: self.progress }
    }
}
