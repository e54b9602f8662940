//! The reader of well-known binary beside GDAL's: geometries of every type, dimension and byte order, whole and cut.

use carbonzone_geom::{Coverage, read_wkb};
use geo_types::{Coord, Geometry, MultiPolygon};
use proptest::prelude::*;

/// What a geometry consists of; every vertex has four numbers, of which the dimension takes two to four.
#[derive(Debug, Clone)]
enum Shape {
    Vertices(u32, Vec<[f64; 4]>),
    Rings(Vec<Vec<[f64; 4]>>),
    Parts(u32, Vec<(Wire, Shape)>),
}

/// How one geometry is written.
#[derive(Debug, Clone, Copy)]
struct Wire {
    little: bool,
    extended: bool,
    srid: bool,
}

fn write(wire: Wire, (z, m): (bool, bool), srids: bool, shape: &Shape, out: &mut Vec<u8>) {
    let srid = srids && wire.extended && wire.srid;
    let number = |n: u32| if wire.little { n.to_le_bytes() } else { n.to_be_bytes() };
    let vertex = |v: &[f64; 4]| {
        let used = [Some(v[0]), Some(v[1]), z.then_some(v[2]), m.then_some(v[3])];
        let bytes = |c: f64| if wire.little { c.to_le_bytes() } else { c.to_be_bytes() };
        used.into_iter().flatten().flat_map(bytes).collect::<Vec<u8>>()
    };
    let kind = match shape {
        Shape::Vertices(kind, _) | Shape::Parts(kind, _) => *kind,
        Shape::Rings(_) => 3,
    };
    let code = if wire.extended {
        kind | u32::from(z) << 31 | u32::from(m) << 30 | u32::from(srid) << 29
    } else {
        kind + 1000 * u32::from(z) + 2000 * u32::from(m)
    };
    out.push(u8::from(wire.little));
    out.extend(number(code));
    if srid {
        out.extend(number(4549));
    }
    let vertices = |vertices: &[[f64; 4]], out: &mut Vec<u8>| {
        out.extend(number(vertices.len() as u32));
        out.extend(vertices.iter().flat_map(vertex));
    };
    match shape {
        Shape::Vertices(1, point) => out.extend(point.iter().flat_map(vertex)),
        Shape::Vertices(_, line) => vertices(line, out),
        Shape::Rings(rings) => {
            out.extend(number(rings.len() as u32));
            for ring in rings {
                vertices(ring, out);
            }
        }
        Shape::Parts(_, parts) => {
            out.extend(number(parts.len() as u32));
            for (wire, part) in parts {
                write(*wire, (z, m), srids, part, out);
            }
        }
    }
}

fn wire() -> impl Strategy<Value = Wire> {
    any::<(bool, bool, bool)>().prop_map(|(little, extended, srid)| Wire { little, extended, srid })
}

fn vertices(least: usize) -> impl Strategy<Value = Vec<[f64; 4]>> {
    prop::collection::vec(prop::array::uniform4(prop::num::f64::NORMAL), least..5)
}

fn shape() -> impl Strategy<Value = Shape> {
    let ring = vertices(0).prop_map(|mut ring| {
        ring.extend(ring.first().copied());
        ring
    });
    let point = vertices(1).prop_map(|v| Shape::Vertices(1, v[..1].to_vec())).boxed();
    let line = vertices(0).prop_map(|v| Shape::Vertices(2, v)).boxed();
    let polygon = prop::collection::vec(ring, 0..4).prop_map(Shape::Rings).boxed();
    let many = |kind, part: BoxedStrategy<Shape>| {
        prop::collection::vec((wire(), part), 0..4).prop_map(move |parts| Shape::Parts(kind, parts))
    };
    let flat = prop_oneof![
        point.clone(),
        line.clone(),
        polygon.clone(),
        many(4, point),
        many(5, line),
        many(6, polygon),
    ];
    flat.prop_recursive(3, 20, 4, move |inner| many(7, inner.boxed()))
}

/// A geometry, and the same without SRIDs, which GDAL takes for an unknown type.
fn wkb() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (wire(), any::<(bool, bool)>(), shape()).prop_map(|(wire, dimension, shape)| {
        let bytes = |srids| {
            let mut out = vec![];
            write(wire, dimension, srids, &shape, &mut out);
            out
        };
        (bytes(true), bytes(false))
    })
}

/// The coordinates of a point, line or ring of GDAL.
fn vertices_of(theirs: &gdal::vector::Geometry) -> Vec<[u64; 2]> {
    let at = |i| theirs.get_point(i as i32);
    (0..theirs.point_count()).map(at).map(|(x, y, _)| [x.to_bits(), y.to_bits()]).collect()
}

fn bits(coords: &[Coord<f64>]) -> Vec<[u64; 2]> {
    coords.iter().map(|c| [c.x.to_bits(), c.y.to_bits()]).collect()
}

fn same(ours: &Geometry<f64>, theirs: &gdal::vector::Geometry) -> Result<(), TestCaseError> {
    let parts: Vec<Geometry<f64>> = match ours {
        Geometry::Point(p) => {
            prop_assert_eq!(theirs.geometry_name(), "POINT");
            prop_assert_eq!(bits(&[p.0]), vertices_of(theirs));
            return Ok(());
        }
        Geometry::LineString(l) => {
            prop_assert_eq!(bits(&l.0), vertices_of(theirs));
            return Ok(());
        }
        Geometry::Polygon(p) => {
            prop_assert_eq!(theirs.geometry_name(), "POLYGON");
            // GDAL has no polygon with holes and an empty shell.
            let rings = std::iter::once(p.exterior()).chain(p.interiors());
            rings.filter(|r| !r.0.is_empty()).map(|r| Geometry::from(r.clone())).collect()
        }
        Geometry::MultiPoint(m) => m.0.iter().map(|p| (*p).into()).collect(),
        Geometry::MultiLineString(m) => m.0.iter().map(|l| l.clone().into()).collect(),
        Geometry::MultiPolygon(m) => m.0.iter().map(|p| p.clone().into()).collect(),
        Geometry::GeometryCollection(c) => c.0.clone(),
        other => return Err(TestCaseError::fail(format!("{other:?}"))),
    };
    let refs: Vec<_> = (0..theirs.geometry_count()).map(|i| theirs.get_geometry(i)).collect();
    let refs: Vec<_> =
        refs.iter().filter(|r| r.geometry_name() != "LINEARRING" || r.point_count() > 0).collect();
    prop_assert_eq!(parts.len(), refs.len());
    parts.iter().zip(refs).try_for_each(|(ours, theirs)| same(ours, theirs))
}

/// Polygons in the arrays of a coverage are those of the geometry; other types and broken bytes append nothing.
fn same_coverage(wkb: &[u8]) -> Result<(), TestCaseError> {
    let mut coverage = Coverage::new();
    let pushed = coverage.push_wkb(wkb).is_ok();
    let polygons = match read_wkb(wkb) {
        Ok(Geometry::Polygon(p)) => MultiPolygon(vec![p]),
        Ok(Geometry::MultiPolygon(m)) => m,
        _ => {
            prop_assert!(!pushed && coverage == Coverage::new());
            return Ok(());
        }
    };
    let mut expected = Coverage::new();
    expected.push_multipolygon(&polygons);
    prop_assert!(pushed);
    let bits = |x: &f64, y: &f64| [x.to_bits(), y.to_bits()];
    let rings = |c: &Coverage, close: bool| {
        let ring = |r: carbonzone_geom::Ring<'_>| {
            // `geo` closes every ring.
            let open = close && (r.xs.first(), r.ys.first()) != (r.xs.last(), r.ys.last());
            let vertices = r.xs.iter().zip(r.ys);
            vertices.clone().chain(vertices.take(usize::from(open))).map(|(x, y)| bits(x, y)).collect()
        };
        c.rings(0).filter(|r| !r.xs.is_empty()).map(ring).collect::<Vec<Vec<_>>>()
    };
    prop_assert_eq!(rings(&coverage, true), rings(&expected, false));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_geometry_is_what_gdal_reads((wkb, plain) in wkb()) {
        let ours = read_wkb(&wkb).unwrap();
        prop_assert_eq!(&ours, &read_wkb(&plain).unwrap());
        same(&ours, &gdal::vector::Geometry::from_wkb(&plain).unwrap())?;
        same_coverage(&wkb)?;
    }

    #[test]
    fn cut_bytes_are_refused_and_changed_bytes_read_alike(
        (wkb, _) in wkb(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let cut = &wkb[..at.index(wkb.len())];
        prop_assert!(read_wkb(cut).is_err());
        same_coverage(cut)?;
        let mut changed = wkb.clone();
        changed[at.index(wkb.len())] = byte;
        same_coverage(&changed)?;
    }
}
