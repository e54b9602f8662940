//! Road segments to parcels, index given. Throughput in segments, one per four parcels.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::LineIndex;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn line_length(c: &mut Criterion) {
    let mut group = c.benchmark_group("line_length");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let roads = city::segments(n / 4, lattice.bounds());
        let xs: Vec<f64> = roads.iter().flat_map(|s| [s[0], s[2]]).collect();
        let ys: Vec<f64> = roads.iter().flat_map(|s| [s[1], s[3]]).collect();
        let off: Vec<u32> = (0..=roads.len() as u32).map(|k| 2 * k).collect();
        let index = LineIndex::new(&parcels);
        group.throughput(Throughput::Elements(n as u64 / 4));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| black_box(index.lengths_all(&xs, &ys, &off)));
        });
    }
    group.finish();
}

criterion_group!(benches, line_length);
criterion_main!(benches);
