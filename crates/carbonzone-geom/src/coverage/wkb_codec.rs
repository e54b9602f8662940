//! Well-known binary in and out, straight between bytes and arrays.

use super::Coverage;
use crate::GeomError;
use crate::wkb::{HEADER, Head, Reader, kind};

/// What a WKB feature was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WkbKind {
    /// One polygon.
    Polygon,
    /// Several polygons (possibly none or one).
    MultiPolygon,
}

impl Coverage {
    /// Appends one feature from ISO WKB or EWKB, either byte order; Z and M are dropped, an SRID is ignored.
    ///
    /// # Errors
    /// [`GeomError::Wkb`] if the bytes do not decode, [`GeomError::NotPolygon`] for another geometry type,
    /// [`GeomError::TooManyVertices`] beyond 2³² vertices. Nothing is appended on an error.
    pub fn push_wkb(&mut self, wkb: &[u8]) -> Result<WkbKind, GeomError> {
        let broken = |reason: &str| GeomError::Wkb { bytes: wkb.len(), reason: reason.to_owned() };
        let mut bytes = Reader::new(wkb);
        let head = bytes.head().map_err(broken)?;
        let found = match head.kind {
            kind::POLYGON => WkbKind::Polygon,
            kind::POLYGONS => WkbKind::MultiPolygon,
            _ => {
                // Bytes that break off are that first.
                crate::read_wkb(wkb)?;
                return Err(GeomError::NotPolygon { found: head.name() });
            }
        };
        // A vertex takes at least 16 bytes, so this bound is safe and cheap.
        u32::try_from(self.xs.len() + wkb.len() / 16).map_err(|_too_big| GeomError::TooManyVertices)?;
        let before = (self.xs.len(), self.ring_off.len(), self.part_off.len());
        let read = match found {
            WkbKind::Polygon => self.push_wkb_part(&mut bytes, head),
            WkbKind::MultiPolygon => self.push_wkb_parts(&mut bytes, head),
        };
        if let Err(reason) = read {
            self.xs.truncate(before.0);
            self.ys.truncate(before.0);
            self.ring_off.truncate(before.1);
            self.part_off.truncate(before.2);
            return Err(broken(reason));
        }
        self.end_feature();
        Ok(found)
    }

    fn push_wkb_parts(&mut self, bytes: &mut Reader<'_>, head: Head) -> Result<(), &'static str> {
        for _ in 0..bytes.count(head, HEADER)? {
            let part = bytes.part(kind::POLYGON)?;
            self.push_wkb_part(bytes, part)?;
        }
        Ok(())
    }

    fn push_wkb_part(&mut self, bytes: &mut Reader<'_>, head: Head) -> Result<(), &'static str> {
        let rings = bytes.count(head, 4)?;
        for _ in 0..rings {
            let ring = bytes.vertices(head)?;
            match head.stride {
                16 => self.push_vertices::<16>(ring, head.little),
                24 => self.push_vertices::<24>(ring, head.little),
                _ => self.push_vertices::<32>(ring, head.little),
            }
            self.end_ring();
        }
        if rings > 0 {
            self.end_part();
        }
        Ok(())
    }

    fn push_vertices<const BYTES: usize>(&mut self, ring: &[u8], little: bool) {
        let (vertices, _) = ring.as_chunks::<BYTES>();
        let bits = |v: &[u8; BYTES], at: usize| {
            let number = v[at..].first_chunk().copied().unwrap_or_default();
            f64::from_bits(if little { u64::from_le_bytes(number) } else { u64::from_be_bytes(number) })
        };
        self.xs.extend(vertices.iter().map(|v| bits(v, 0)));
        self.ys.extend(vertices.iter().map(|v| bits(v, 8)));
    }

    /// Feature `i` as little-endian ISO WKB: a polygon if it has one part, else a multipolygon.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn wkb(&self, i: usize) -> Vec<u8> {
        let parts = self.parts_of(i);
        let vertices: usize = self.rings(i).map(|r| r.xs.len()).sum();
        let mut out = Vec::with_capacity(32 + 16 * vertices + 9 * parts.len());
        if parts.len() != 1 {
            write_header(&mut out, 6, parts.len());
        }
        for p in parts {
            let rings = self.rings_of(p);
            write_header(&mut out, 3, rings.len());
            for r in rings {
                let (xs, ys) = self.ring(r);
                out.extend_from_slice(&(xs.len() as u32).to_le_bytes());
                for (x, y) in xs.iter().zip(ys) {
                    out.extend_from_slice(&x.to_le_bytes());
                    out.extend_from_slice(&y.to_le_bytes());
                }
            }
        }
        out
    }
}

/// Byte order, geometry type, count.
fn write_header(out: &mut Vec<u8>, geometry_type: u32, count: usize) {
    out.push(1);
    out.extend_from_slice(&geometry_type.to_le_bytes());
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon_bytes(little: bool, type_code: u32, srid: Option<u32>, dims: usize) -> Vec<u8> {
        let u = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let f = |v: f64| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let mut out = vec![u8::from(little)];
        out.extend(u(type_code));
        out.extend(srid.into_iter().flat_map(u));
        out.extend(u(1));
        out.extend(u(4));
        for [x, y] in [[0.0, 0.0], [4.0, 0.0], [0.0, 3.0], [0.0, 0.0]] {
            out.extend(f(x));
            out.extend(f(y));
            (2..dims).for_each(|_| out.extend(f(-9.0)));
        }
        out
    }

    #[test]
    fn both_byte_orders_iso_and_extended_z_and_m_give_the_same_arrays() {
        let variants = [
            polygon_bytes(true, 3, None, 2),
            polygon_bytes(false, 3, None, 2),
            polygon_bytes(true, 1003, None, 3),
            polygon_bytes(true, 2003, None, 3),
            polygon_bytes(false, 3003, None, 4),
            polygon_bytes(true, 3 | 0x8000_0000, None, 3),
            polygon_bytes(true, 3 | 0x2000_0000, Some(4549), 2),
            polygon_bytes(false, 3 | 0xE000_0000, Some(4549), 4),
        ];
        let mut c = Coverage::new();
        for bytes in &variants {
            assert_eq!(c.push_wkb(bytes), Ok(WkbKind::Polygon));
        }
        for i in 0..variants.len() {
            assert_eq!(c.wkb(i), variants[0]);
            assert_eq!(c.area_m2(i), 6.0);
        }
    }

    #[test]
    fn multipolygons_and_empty_geometries_round_trip() {
        let mut c = Coverage::new();
        let ring = |x: f64| vec![vec![[x, 0.0], [x + 1.0, 0.0], [x, 1.0], [x, 0.0]]];
        c.push_rings(&[ring(0.0), ring(5.0)]);
        c.push_empty();
        let mut d = Coverage::new();
        assert_eq!(d.push_wkb(&c.wkb(0)), Ok(WkbKind::MultiPolygon));
        assert_eq!(d.push_wkb(&c.wkb(1)), Ok(WkbKind::MultiPolygon));
        assert_eq!(c, d);
        let empty_polygon = [1, 3, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(d.push_wkb(&empty_polygon), Ok(WkbKind::Polygon));
        assert_eq!(d.len(), 3);
        assert_eq!(d.bounds(2), None);
    }

    #[test]
    fn a_point_and_truncated_bytes_are_errors_and_append_nothing() {
        let mut c = Coverage::new();
        let mut point = vec![1, 1, 0, 0, 0];
        point.extend([0; 16]);
        assert_eq!(c.push_wkb(&point), Err(GeomError::NotPolygon { found: "Point" }));
        let good = polygon_bytes(true, 3, None, 2);
        for cut in 0..good.len() {
            assert!(matches!(c.push_wkb(&good[..cut]), Err(GeomError::Wkb { .. })), "cut at {cut}");
        }
        assert_eq!(c, Coverage::new());
    }
}
