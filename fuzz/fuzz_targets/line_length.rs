#![no_main]

mod input;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = input::Input(data);
    let c = input.layer();
    let (xs, ys): (Vec<f64>, Vec<f64>) = (0..6).map(|_| (input.coordinate(), input.coordinate())).unzip();
    let length: f64 =
        (1..6).map(|i| (xs[i] - xs[i - 1]).hypot(ys[i] - ys[i - 1])).filter(|l| l.is_finite()).sum();
    for (_, m) in carbonzone_geom::LineIndex::new(&c).lengths(&xs, &ys) {
        assert!(m > 0.0 && m <= length * (1.0 + 1e-9));
    }
});
