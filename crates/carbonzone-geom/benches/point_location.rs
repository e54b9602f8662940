//! Points to parcels, index given. Throughput in points, three per parcel.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::PointLocator;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn point_location(c: &mut Criterion) {
    let mut group = c.benchmark_group("point_location");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let (xs, ys) = city::points(3 * n, lattice.bounds());
        let locator = PointLocator::new(&parcels);
        group.throughput(Throughput::Elements(3 * n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| black_box(locator.locate_all(&xs, &ys)));
        });
    }
    group.finish();
}

criterion_group!(benches, point_location);
criterion_main!(benches);
