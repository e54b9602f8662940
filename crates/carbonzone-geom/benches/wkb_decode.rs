//! Well-known binary to coordinate arrays. Throughput in bytes.

#[path = "../support/city.rs"]
mod city;

use std::hint::black_box;

use carbonzone_geom::Coverage;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Parcels per run; 10^6 with `CARBONZONE_BENCH_LARGE=1`.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("CARBONZONE_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn wkb_decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("wkb_decode");
    group.sample_size(10);
    for n in sizes() {
        let lattice = city::Lattice::parcels(n);
        let parcels = lattice.coverage();
        let blobs: Vec<Vec<u8>> = (0..parcels.len()).map(|i| parcels.wkb(i)).collect();
        let bytes: usize = blobs.iter().map(Vec::len).sum();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| {
                black_box({
                    let mut c = Coverage::new();
                    blobs.iter().filter(|b| c.push_wkb(b).is_ok()).count()
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, wkb_decode);
criterion_main!(benches);
