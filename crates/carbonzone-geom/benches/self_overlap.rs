//! Overlaps inside the parcel layer: R-tree candidates and pair sums. Throughput in parcels.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::self_overlaps;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn self_overlap(c: &mut Criterion) {
    let mut group = c.benchmark_group("self_overlap");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();

        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| black_box(self_overlaps(&parcels)));
        });
    }
    group.finish();
}

criterion_group!(benches, self_overlap);
criterion_main!(benches);
