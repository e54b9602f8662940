#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let c = input.layer();
    let subset: Vec<u32> = (0..c.len() as u32).collect();
    let index = carbonzone_geom::NearestIndex::new(&c, &subset);
    if let Some((i, d)) = index.nearest_within(input.coordinate(), input.coordinate(), 1e6) {
        assert!((i as usize) < c.len() && (0.0..=1e6).contains(&d));
    }
});
