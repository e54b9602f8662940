#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let c = input.layer();
    let cell = 1.0 + f64::from(input.byte());
    let grid =
        carbonzone_types::GridSpec { x_min: input.byte().into(), y_max: 200.0, cell, cols: 20, rows: 15 };
    let m = carbonzone_geom::overlap_grid(&c, &grid);
    input::check(&m.areas_m2);
    input::check(&m.outside_m2);
    assert!((0..m.len()).all(|i| m.row(i).0.is_sorted() && m.row(i).0.iter().all(|&t| t < 300)));
});
