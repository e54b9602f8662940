//! Parcels × 16 zones of 5,000 edges, index included: trapezoid pair sum. Throughput in parcels.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::overlap_zones;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn zone_overlap(c: &mut Criterion) {
    let mut group = c.benchmark_group("zone_overlap");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let zones = city::Lattice::zones(&lattice, 4, 5000).coverage();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| black_box(overlap_zones(&parcels, &zones)));
        });
    }
    group.finish();
}

criterion_group!(benches, zone_overlap);
criterion_main!(benches);
