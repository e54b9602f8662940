//! From WKB bytes to coordinates in the working CRS, one batch at a time, on any thread.

use crate::crs::{CrsPath, WorkingCrs};
use crate::ffi;
use crate::place::PlaceCheck;
use carbonzone_geom::validity::{self, RingFaults};
use carbonzone_geom::{Coverage, read_wkb};
use gdal::vector::{Feature, Geometry};
use gdal_sys::OGRwkbGeometryType as T;
use geo_types::MultiPolygon;
use std::sync::{Arc, Mutex};

/// Area in m² below which a polygon counts as having none.
pub(crate) const ZERO_AREA_M2: f64 = 1e-9;

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    Taken,
    /// Taken; other members of its collection were left out.
    Reduced,
    /// Repaired: planar area before and after, m², and what was wrong between its rings.
    Repaired {
        before_m2: f64,
        after_m2: f64,
        faults: RingFaults,
    },
    /// Repaired, but nothing with an area was left: area before, m².
    RepairedAway {
        before_m2: f64,
    },
    /// No geometry at all.
    Null,
    /// A geometry without vertices.
    Empty,
    /// Points or lines.
    NotPolygon(T::Type),
    /// Bytes that are no geometry.
    Undecodable,
    /// Coordinates that are not numbers, or have no image in the working CRS.
    NoCoordinates,
    /// Valid, but without an area.
    ZeroArea,
}

impl Outcome {
    /// True if the feature is in the layer.
    pub(crate) fn kept(self) -> bool {
        matches!(self, Self::Taken | Self::Reduced | Self::Repaired { .. })
    }
}

/// Features as read: WKB bytes end to end.
#[derive(Debug, Default)]
pub(crate) struct RawBatch {
    wkb: Vec<u8>,
    /// Flattened OGR type and end of the bytes of each feature.
    ends: Vec<(RawKind, usize)>,
    /// Features with curves, which became lines.
    pub curves: u64,
    /// Where the memory goes when the batch is dropped: the next one is filled in it.
    spare: Arc<Mutex<Vec<Spare>>>,
}

/// Memory of a batch that was dropped.
type Spare = (Vec<u8>, Vec<(RawKind, usize)>);

impl Drop for RawBatch {
    fn drop(&mut self) {
        let (mut wkb, mut ends) = (std::mem::take(&mut self.wkb), std::mem::take(&mut self.ends));
        if wkb.capacity() > 0
            && let Ok(mut spare) = self.spare.lock()
        {
            wkb.clear();
            ends.clear();
            spare.push((wkb, ends));
        }
    }
}

/// Geometry of a feature as read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RawKind {
    Null,
    Undecodable,
    Geometry(T::Type),
}

/// A decoded batch: one feature in `coverage` and one outcome per feature read.
#[derive(Debug, Default)]
pub(crate) struct DecodedBatch {
    pub coverage: Coverage,
    pub outcomes: Vec<Outcome>,
    pub error: Option<String>,
    /// Looks of the first vertex of every feature, as it stands in the file.
    pub place: PlaceCheck,
}

impl RawBatch {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// An empty batch in memory that other batches of the layer gave back.
    pub(crate) fn another(&self) -> Self {
        let (wkb, ends) = self.spare.lock().ok().and_then(|mut s| s.pop()).unwrap_or_default();
        Self { wkb, ends, curves: 0, spare: Arc::clone(&self.spare) }
    }

    /// Takes over the geometry of a feature.
    pub(crate) fn push(&mut self, feature: &Feature<'_>) {
        let appended = ffi::append_wkb(feature, &mut self.wkb);
        self.push_appended(appended);
    }

    fn push_appended(&mut self, appended: Option<gdal::errors::Result<ffi::Appended>>) {
        let kind = match appended {
            None => RawKind::Null,
            Some(Err(_)) => RawKind::Undecodable,
            Some(Ok(appended)) => {
                self.curves += u64::from(appended.curved);
                RawKind::Geometry(appended.kind)
            }
        };
        self.ends.push((kind, self.wkb.len()));
    }

    /// Takes over a geometry that is WKB already.
    pub(crate) fn push_wkb(&mut self, wkb: Option<&[u8]>) {
        let kind = match wkb {
            None => RawKind::Null,
            Some(bytes) => {
                self.wkb.extend_from_slice(bytes);
                wkb_type(bytes).map_or(RawKind::Undecodable, RawKind::Geometry)
            }
        };
        self.ends.push((kind, self.wkb.len()));
    }

    /// Takes over WKB that may hold curves, which become lines.
    pub(crate) fn push_linear(&mut self, wkb: &[u8]) {
        let appended = Geometry::from_wkb(wkb).and_then(|g| ffi::append_linear_wkb(&g, &mut self.wkb));
        self.push_appended(Some(appended));
    }

    /// Notes a geometry that cannot be decoded.
    pub(crate) fn push_undecodable(&mut self) {
        self.ends.push((RawKind::Undecodable, self.wkb.len()));
    }

    /// Kind and bytes of every feature.
    pub(crate) fn geometries(&self) -> impl Iterator<Item = (RawKind, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(kind, end)| {
            let bytes = &self.wkb[start..end];
            start = end;
            (kind, bytes)
        })
    }

    /// Decodes, transforms, checks and repairs.
    pub(crate) fn decode(&self, crs: &CrsPath, home: &WorkingCrs) -> DecodedBatch {
        // A vertex takes at least 16 bytes of WKB.
        let coverage = Coverage::with_capacity(self.len(), self.wkb.len() / 16);
        let mut batch =
            DecodedBatch { coverage, outcomes: Vec::with_capacity(self.len()), ..DecodedBatch::default() };
        for (kind, wkb) in self.geometries() {
            batch.outcomes.push(push_geometry(&mut batch.coverage, kind, wkb));
        }
        for i in 0..batch.coverage.len() {
            let first =
                batch.coverage.rings(i).next().and_then(|r| r.xs.first().copied().zip(r.ys.first().copied()));
            if let Some((x, y)) = first {
                batch.place.see_one(crs, home, x, y);
            }
        }
        // Points without an image are NaN and found below.
        let applied = crs.apply(&mut batch.coverage.xs, &mut batch.coverage.ys);
        let all_placed = applied.as_ref().is_ok_and(|failed| *failed == 0);
        batch.error = applied.err().map(|error| error.to_string());
        batch.check_and_repair(all_placed);
        batch
    }
}

/// Flattened OGR type of WKB or EWKB bytes.
pub(crate) fn wkb_type(bytes: &[u8]) -> Option<T::Type> {
    let code: [u8; 4] = bytes.get(1..5)?.try_into().ok()?;
    let code = if bytes[0] == 0 { u32::from_be_bytes(code) } else { u32::from_le_bytes(code) };
    Some((code & 0x0FFF_FFFF) % 1000)
}

/// Appends exactly one feature to the coverage.
fn push_geometry(coverage: &mut Coverage, kind: RawKind, wkb: &[u8]) -> Outcome {
    let outcome = match kind {
        RawKind::Null => Outcome::Null,
        RawKind::Undecodable => Outcome::Undecodable,
        RawKind::Geometry(T::wkbPolygon | T::wkbMultiPolygon) => match coverage.push_wkb(wkb) {
            Ok(_) => return emptiness(coverage),
            Err(_) => Outcome::Undecodable,
        },
        RawKind::Geometry(T::wkbGeometryCollection) => match polygons_of_collection(wkb) {
            Some((polygons, _)) if polygons.0.is_empty() => Outcome::NotPolygon(T::wkbGeometryCollection),
            Some((polygons, others)) => {
                coverage.push_multipolygon(&polygons);
                let outcome = emptiness(coverage);
                return if outcome == Outcome::Taken && others { Outcome::Reduced } else { outcome };
            }
            None => Outcome::Undecodable,
        },
        RawKind::Geometry(T::wkbTriangle | T::wkbTIN | T::wkbPolyhedralSurface) => {
            let forced = Geometry::from_wkb(wkb).and_then(ffi::force_multipolygon).and_then(|g| g.wkb());
            match forced.ok().and_then(|bytes| coverage.push_wkb(&bytes).ok()) {
                Some(_) => return emptiness(coverage),
                None => Outcome::Undecodable,
            }
        }
        RawKind::Geometry(other) => Outcome::NotPolygon(other),
    };
    coverage.push_empty();
    outcome
}

/// Outcome of the feature that was appended last.
fn emptiness(coverage: &Coverage) -> Outcome {
    let last = coverage.len() - 1;
    if coverage.rings(last).any(|r| !r.xs.is_empty()) { Outcome::Taken } else { Outcome::Empty }
}

/// All polygons of a (nested) collection, and whether it held anything else.
pub(crate) fn polygons_of_collection(wkb: &[u8]) -> Option<(MultiPolygon<f64>, bool)> {
    fn gather(geometry: geo_types::Geometry<f64>, out: &mut Vec<geo_types::Polygon<f64>>) -> bool {
        match geometry {
            geo_types::Geometry::Polygon(p) => out.push(p),
            geo_types::Geometry::MultiPolygon(m) => out.extend(m.0),
            geo_types::Geometry::GeometryCollection(c) => {
                return c.0.into_iter().fold(false, |others, g| gather(g, out) | others);
            }
            _ => return true,
        }
        false
    }
    let mut polygons = Vec::new();
    let others = gather(read_wkb(wkb).ok()?, &mut polygons);
    Some((MultiPolygon::new(polygons), others))
}

impl DecodedBatch {
    /// Looks at every feature that was taken; repaired ones replace the broken ones at their place. `all_placed`: every vertex has
    /// coordinates.
    fn check_and_repair(&mut self, all_placed: bool) {
        let mut order: Vec<u32> = (0..self.coverage.len() as u32).collect();
        let mut changed = false;
        for (i, source) in order.iter_mut().enumerate() {
            if !self.outcomes[i].kept() {
                continue;
            }
            if !all_placed && !self.coverage.rings(i).all(|r| r.xs.iter().chain(r.ys).all(|v| v.is_finite()))
            {
                self.outcomes[i] = Outcome::NoCoordinates;
                continue;
            }
            let defects = validity::defects(&self.coverage, i);
            if !defects.is_empty() {
                let before_m2 = self.coverage.area_m2(i);
                let repaired = validity::repair(&self.coverage.multipolygon(i));
                let place = self.coverage.len();
                self.coverage.push_multipolygon(&repaired);
                let after_m2 = self.coverage.area_m2(place);
                self.outcomes[i] = if after_m2 > ZERO_AREA_M2 {
                    *source = place as u32;
                    changed = true;
                    Outcome::Repaired { before_m2, after_m2, faults: RingFaults::among(&defects) }
                } else if before_m2 > ZERO_AREA_M2 {
                    Outcome::RepairedAway { before_m2 }
                } else {
                    Outcome::ZeroArea
                };
            } else if self.coverage.area_m2(i) <= ZERO_AREA_M2 {
                self.outcomes[i] = Outcome::ZeroArea;
            }
        }
        if changed || self.coverage.len() > order.len() {
            self.coverage = self.coverage.reordered(&order);
        }
    }
}
