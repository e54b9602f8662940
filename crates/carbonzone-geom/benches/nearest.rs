//! Nearest parcel of points up to 300 m beside the layer: R-tree. Throughput in points.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::NearestIndex;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn nearest(c: &mut Criterion) {
    let mut group = c.benchmark_group("nearest");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let subset: Vec<u32> = (0..parcels.len() as u32).step_by(10).collect();
        let (xs, ys) = city::points(10_000, lattice.bounds());
        let index = NearestIndex::new(&parcels, &subset);
        group.throughput(Throughput::Elements(10_000));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| {
                black_box(xs.iter().zip(&ys).filter_map(|(&x, &y)| index.nearest_within(x, y, 300.0)).count())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, nearest);
criterion_main!(benches);
