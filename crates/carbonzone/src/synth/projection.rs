//! The projection of synthetic places, and their errors.

use carbonzone_io::WorkingCrs;
use carbonzone_synth::{Projection, SinkError, SynthError};

/// PROJ through GDAL, as the runs use it.
pub struct ByGdal<'a> {
    crs: &'a WorkingCrs,
}

impl<'a> ByGdal<'a> {
    /// Projection into a CRS.
    pub fn new(crs: &'a WorkingCrs) -> Self {
        Self { crs }
    }

    fn apply(
        points: &mut [[f64; 2]],
        transform: impl FnOnce(&mut [f64], &mut [f64]) -> carbonzone_io::Result<usize>,
    ) -> Result<(), SynthError> {
        let mut xs: Vec<f64> = points.iter().map(|p| p[0]).collect();
        let mut ys: Vec<f64> = points.iter().map(|p| p[1]).collect();
        transform(&mut xs, &mut ys).map_err(|e| SynthError::Projection(Box::new(e)))?;
        for (point, (x, y)) in points.iter_mut().zip(xs.into_iter().zip(ys)) {
            *point = [x, y];
        }
        Ok(())
    }
}

impl Projection for ByGdal<'_> {
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        Self::apply(points, |xs, ys| self.crs.from_wgs84(xs, ys))
    }

    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<(), SynthError> {
        Self::apply(points, |xs, ys| self.crs.to_wgs84(xs, ys))
    }
}

pub fn fail(e: impl std::fmt::Display) -> SinkError {
    e.to_string().into()
}
