//! Every kernel on arbitrary bytes as coordinates: the bodies of the fuzz targets, in the ordinary tests.

use crate::bodies as arbitrary;
use proptest::prelude::*;

/// Bytes of a layer, points and parameters; long enough that the numbers rarely run out.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..700)
}

/// Little-endian WKB of a polygon or multipolygon whose counts and coordinates are arbitrary, cut anywhere.
fn almost_wkb() -> impl Strategy<Value = Vec<u8>> {
    let polygon =
        (0u32..4, 0u32..6, prop::collection::vec(any::<u64>(), 0..16)).prop_map(|(rings, n, body)| {
            let mut out = vec![1, 3, 0, 0, 0];
            out.extend(rings.to_le_bytes());
            out.extend(n.to_le_bytes());
            out.extend(body.iter().flat_map(|b| b.to_le_bytes()));
            out
        });
    let multi = prop::collection::vec(polygon.clone(), 0..3).prop_map(|parts| {
        let mut out = vec![1, 6, 0, 0, 0];
        out.extend((parts.len() as u32).to_le_bytes());
        out.extend(parts.concat());
        out
    });
    prop_oneof![bytes(), polygon, multi]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn grid_coverage_takes_any_coordinates(data in bytes()) {
        arbitrary::grid_coverage(&data);
    }

    #[test]
    fn zone_overlap_takes_any_coordinates(data in bytes()) {
        arbitrary::zone_overlap(&data);
    }

    #[test]
    fn point_location_takes_any_coordinates(data in bytes()) {
        arbitrary::point_location(&data);
    }

    #[test]
    fn line_length_takes_any_coordinates(data in bytes()) {
        arbitrary::line_length(&data);
    }

    #[test]
    fn nearest_takes_any_coordinates(data in bytes()) {
        arbitrary::nearest(&data);
    }

    #[test]
    fn validity_and_repair_take_any_coordinates(data in bytes()) {
        arbitrary::validity(&data);
    }

    #[test]
    fn wkb_of_any_bytes_is_read_whole_or_refused(data in almost_wkb()) {
        arbitrary::wkb(&data);
    }
}
