#![no_main]

#[path = "../../crates/carbonzone-geom/support/arbitrary.rs"]
mod arbitrary;

libfuzzer_sys::fuzz_target!(|data: &[u8]| arbitrary::point_location(data));
