#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let c = input.layer();
    for i in 0..c.len() {
        let found = carbonzone_geom::validity::defects(&c, i);
        let mut repaired = carbonzone_geom::Coverage::new();
        repaired.push_multipolygon(&carbonzone_geom::validity::repair(&c.multipolygon(i)));
        assert!(repaired.area_m2(0) >= 0.0 && found.len() <= 1 + 3 * c.rings(i).count());
    }
});
