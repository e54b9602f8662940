#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let (parcels, zones) = (input.layer(), input.layer());
    let m = carbonzone_geom::overlap_zones(&parcels, &zones);
    input::check(&m.areas_m2);
    input::check(&m.outside_m2);
    for i in 0..m.len() {
        assert!(m.row(i).0.windows(2).all(|w| w[0] < w[1]));
        for j in 0..zones.len() {
            input::check(&[carbonzone_geom::pair_overlap_m2(&parcels, i, &zones, j)]);
        }
    }
    carbonzone_geom::self_overlaps(&zones);
});
