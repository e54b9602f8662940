//! Longitude and latitude to plane metres and back: the caller brings its own library.

use crate::error::Result;

/// Turns geographic degrees (WGS 84 = CGCS2000 within centimetres) into the working plane and back, many points at once.
pub trait Projection {
    /// `[lon, lat]` in degrees becomes `[x, y]` in metres (x east, y north), in place.
    ///
    /// # Errors
    /// [`SynthError::Projection`](crate::SynthError::Projection) when the library behind it fails.
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<()>;

    /// `[x, y]` in metres becomes `[lon, lat]` in degrees, in place.
    ///
    /// # Errors
    /// [`SynthError::Projection`](crate::SynthError::Projection) when the library behind it fails.
    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<()>;
}

/// Another projection, with all places moved north in its plane: the same city at another place.
#[derive(Debug, Clone, Copy)]
pub struct MovedNorth<P> {
    inner: P,
    north_m: f64,
}

impl<P> MovedNorth<P> {
    /// Moved by so many metres; negative: south.
    pub const fn new(inner: P, north_m: f64) -> Self {
        Self { inner, north_m }
    }
}

impl<P: Projection> Projection for MovedNorth<P> {
    /// Where the place lies after it was moved.
    fn to_xy(&self, points: &mut [[f64; 2]]) -> Result<()> {
        self.inner.to_xy(points)?;
        for point in points.iter_mut() {
            point[1] += self.north_m;
        }
        Ok(())
    }

    /// Degrees of a moved place: those that maps show there.
    fn to_lonlat(&self, points: &mut [[f64; 2]]) -> Result<()> {
        self.inner.to_lonlat(points)
    }
}
