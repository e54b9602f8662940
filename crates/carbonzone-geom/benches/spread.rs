//! Areal interpolation of one value per parcel onto 1 km cells with exact sums. Throughput in parcels.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::overlap_grid;
use carbonzone_types::GridSpec;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn spread(c: &mut Criterion) {
    let mut group = c.benchmark_group("spread");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let grid = GridSpec::covering(lattice.bounds(), 1000.0).expect("a finite box");
        let m = overlap_grid(&parcels, &grid);
        let values = vec![1.5; m.len()];
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| black_box(m.spread(&values)));
        });
    }
    group.finish();
}

criterion_group!(benches, spread);
criterion_main!(benches);
