#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut c = carbonzone_geom::Coverage::new();
    if c.push_wkb(data).is_ok() {
        let mut again = carbonzone_geom::Coverage::new();
        again.push_wkb(&c.wkb(0)).expect("what was written can be read");
        assert_eq!(c.ring_off, again.ring_off);
    } else {
        assert!(c.is_empty() && c.vertices() == 0);
    }
});
