//! Well-known binary, read: ISO WKB and EWKB in either byte order. Z and M are dropped, an SRID is ignored, bytes after the
//! geometry too. A count that the bytes cannot hold is refused before anything is allocated for it.

use crate::GeomError;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};

/// Collections within collections beyond this are refused, so that no file can exhaust the stack.
const DEEPEST: usize = 128;

/// Bytes of a byte order, a geometry type and a count: the smallest part of a multigeometry.
pub(crate) const HEADER: usize = 9;

/// What stands in bytes that end too early.
const SHORT: &str = "the bytes end within the geometry";

/// Geometry types, as in the standard.
pub(crate) mod kind {
    pub(crate) const POINT: u32 = 1;
    pub(crate) const LINE: u32 = 2;
    pub(crate) const POLYGON: u32 = 3;
    pub(crate) const POINTS: u32 = 4;
    pub(crate) const LINES: u32 = 5;
    pub(crate) const POLYGONS: u32 = 6;
    pub(crate) const COLLECTION: u32 = 7;
}

/// A geometry of any of the seven types. An empty point has coordinates that are not numbers.
///
/// # Errors
/// [`GeomError::Wkb`] if the bytes do not hold such a geometry; curves and surfaces of triangles are none.
///
/// # Examples
/// ```
/// let mut wkb = vec![0, 0, 0, 0, 1];
/// wkb.extend([120.6_f64.to_be_bytes(), 31.3_f64.to_be_bytes()].concat());
/// assert_eq!(carbonzone_geom::read_wkb(&wkb), Ok(geo_types::Point::new(120.6, 31.3).into()));
/// ```
pub fn read_wkb(wkb: &[u8]) -> Result<Geometry<f64>, GeomError> {
    Reader::new(wkb).geometry(0).map_err(|reason| GeomError::Wkb { bytes: wkb.len(), reason: reason.into() })
}

type Read<T> = Result<T, &'static str>;

/// The bytes that are left.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// Byte order, type and dimension of a geometry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: u32,
    pub(crate) little: bool,
    /// Bytes of a vertex: 16, 24 or 32.
    pub(crate) stride: usize,
}

impl Head {
    /// The name of the geometry type.
    pub(crate) fn name(self) -> &'static str {
        match self.kind {
            kind::POINT => "Point",
            kind::LINE => "LineString",
            kind::POLYGON => "Polygon",
            kind::POINTS => "MultiPoint",
            kind::LINES => "MultiLineString",
            kind::POLYGONS => "MultiPolygon",
            _ => "GeometryCollection",
        }
    }

    /// The two first numbers of every vertex.
    pub(crate) fn vertices(self, bytes: &[u8]) -> impl ExactSizeIterator<Item = (f64, f64)> + Clone + '_ {
        let at = move |vertex: &[u8], from: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&vertex[from..from + 8]);
            // Not through a pointer to one of the two: it would be called for every number.
            if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) }
        };
        bytes.chunks_exact(self.stride).map(move |vertex| (at(vertex, 0), at(vertex, 8)))
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(wkb: &'a [u8]) -> Self {
        Self(wkb)
    }

    fn take(&mut self, bytes: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, little: bool) -> Read<u32> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// Byte order, type, and the SRID if there is one.
    pub(crate) fn head(&mut self) -> Read<Head> {
        let little = match self.take(1)? {
            [0] => false,
            [1] => true,
            _ => return Err("the byte order is neither 0 nor 1"),
        };
        let code = self.number(little)?;
        // ISO adds thousands for Z and M, EWKB sets the highest bits.
        let (z, m, srid) = (code & 0x8000_0000 != 0, code & 0x4000_0000 != 0, code & 0x2000_0000 != 0);
        let (iso, kind) = ((code & 0x1FFF_FFFF) / 1000, (code & 0x1FFF_FFFF) % 1000);
        if iso > 3 || !(kind::POINT..=kind::COLLECTION).contains(&kind) {
            return Err("no point, line, polygon or collection of them");
        }
        if srid {
            self.take(4)?;
        }
        let values = 2 + usize::from(z || iso & 1 == 1) + usize::from(m || iso & 2 == 2);
        Ok(Head { kind, little, stride: 8 * values })
    }

    /// How many parts follow, of at least so many bytes each.
    pub(crate) fn count(&mut self, head: Head, least: usize) -> Read<usize> {
        let count = self.number(head.little)? as usize;
        if count > self.0.len() / least { Err(SHORT) } else { Ok(count) }
    }

    /// The vertices of a line or ring.
    pub(crate) fn vertices(&mut self, head: Head) -> Read<&'a [u8]> {
        let count = self.count(head, head.stride)?;
        self.take(count * head.stride)
    }

    /// The head of a part of a multigeometry.
    pub(crate) fn part(&mut self, kind: u32) -> Read<Head> {
        let head = self.head()?;
        if head.kind == kind { Ok(head) } else { Err("a part of another type than its multigeometry") }
    }

    fn point(&mut self, head: Head) -> Read<Point<f64>> {
        let bytes = self.take(head.stride)?;
        head.vertices(bytes).next().map(Point::from).ok_or(SHORT)
    }

    fn line(&mut self, head: Head) -> Read<LineString<f64>> {
        let bytes = self.vertices(head)?;
        Ok(head.vertices(bytes).map(Coord::from).collect())
    }

    fn polygon(&mut self, head: Head) -> Read<Polygon<f64>> {
        let rings = self.count(head, 4)?;
        let mut rings = (0..rings).map(|_| self.line(head));
        let shell = rings.next().transpose()?.unwrap_or_else(LineString::empty);
        Ok(Polygon::new(shell, rings.collect::<Read<_>>()?))
    }

    fn parts<T>(&mut self, head: Head, kind: u32, read: fn(&mut Self, Head) -> Read<T>) -> Read<Vec<T>> {
        let parts = self.count(head, HEADER)?;
        (0..parts).map(|_| self.part(kind).and_then(|part| read(self, part))).collect()
    }

    fn geometry(&mut self, depth: usize) -> Read<Geometry<f64>> {
        let head = self.head()?;
        Ok(match head.kind {
            kind::POINT => self.point(head)?.into(),
            kind::LINE => self.line(head)?.into(),
            kind::POLYGON => self.polygon(head)?.into(),
            kind::POINTS => MultiPoint(self.parts(head, kind::POINT, Self::point)?).into(),
            kind::LINES => MultiLineString(self.parts(head, kind::LINE, Self::line)?).into(),
            kind::POLYGONS => MultiPolygon(self.parts(head, kind::POLYGON, Self::polygon)?).into(),
            _ if depth == DEEPEST => return Err("collections within collections, too deep"),
            _ => {
                let parts = self.count(head, HEADER)?;
                let parts = (0..parts).map(|_| self.geometry(depth + 1)).collect::<Read<Vec<_>>>()?;
                Geometry::GeometryCollection(GeometryCollection(parts))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_beyond_the_bytes_and_collections_without_end_are_refused() {
        for code in 2..=7u8 {
            let mut wkb = vec![1, code, 0, 0, 0, 255, 255, 255, 255];
            wkb.resize(200, 0);
            assert!(matches!(read_wkb(&wkb), Err(GeomError::Wkb { .. })), "type {code}");
        }
        let level = [1, 7, 0, 0, 0, 1, 0, 0, 0];
        let nested = |levels: usize| [level.repeat(levels), [1, 7, 0, 0, 0, 0, 0, 0, 0].to_vec()].concat();
        assert!(read_wkb(&nested(DEEPEST - 1)).is_ok());
        assert!(read_wkb(&nested(100_000)).is_err());
    }

    #[test]
    fn curves_and_triangles_are_not_taken_for_points() {
        for code in [0u32, 8, 9, 10, 15, 16, 17, 1_009, 4_001, 0x1000_0001] {
            let mut wkb = vec![1];
            wkb.extend(code.to_le_bytes());
            wkb.resize(100, 0);
            assert!(read_wkb(&wkb).is_err(), "type {code}");
        }
    }
}
