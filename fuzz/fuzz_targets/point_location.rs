#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let c = input.layer();
    let (xs, ys): (Vec<f64>, Vec<f64>) = (0..20).map(|_| (input.coordinate(), input.coordinate())).unzip();
    let locator = carbonzone_geom::PointLocator::new(&c);
    let all = locator.locate_all(&xs, &ys);
    for (k, owner) in all.iter().enumerate() {
        assert_eq!(locator.locate(xs[k], ys[k]).unwrap_or(carbonzone_geom::NO_PARCEL), *owner);
    }
});
