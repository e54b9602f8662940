//! Runs every kernel once on the generated city and prints seconds, CPU seconds and closure per stage as JSON.
//!
//! ```text
//! cargo run --release -p carbonzone-geom --example kernel_times -- [parcels] [threads] [folder]
//! ```
//! With a folder, the generated layers are written there as raw little-endian arrays (`parcels.xy`, `parcels.ring_off`, ...)
//! so that other programs can run the same job on the same data (see `scripts/bench_peers.py`).

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program")]

#[path = "../support/city.rs"]
mod city;

use std::fs;
use std::path::Path;
use std::time::Instant;

use carbonzone_geom::{
    Coverage, LineIndex, NO_PARCEL, OverlapMatrix, PointLocator, overlap_grid, overlap_grid_and_zones,
    overlap_zones,
};
use carbonzone_types::GridSpec;
use serde_json::{Map, Value, json};

/// CPU seconds of the threads of this process so far (user and system), to the nanosecond; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    // Leaving the processor brings its own account up to date.
    std::thread::yield_now();
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let on_cpu_ns = |dir: fs::DirEntry| {
        let stat = fs::read_to_string(dir.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    };
    threads.filter_map(on_cpu_ns).sum::<f64>() * 1e-9
}

/// Peak resident memory in MB; 0 where there is none.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn stage<T>(out: &mut Map<String, Value>, name: &str, f: impl FnOnce() -> T) -> T {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let value = f();
    out.insert(
        name.to_owned(),
        json!({ "wall_s": wall.elapsed().as_secs_f64(), "cpu_s": cpu_seconds() - cpu }),
    );
    value
}

/// Largest relative difference between a source's area and its pieces.
fn closure(m: &OverlapMatrix, areas: &[f64]) -> f64 {
    (0..m.len()).map(|i| (m.denominator_m2(i) / areas[i] - 1.0).abs()).fold(0.0, f64::max)
}

fn write_coverage(folder: &Path, name: &str, c: &Coverage) {
    let xy: Vec<u8> =
        c.xs.iter().zip(&c.ys).flat_map(|(x, y)| [x.to_le_bytes(), y.to_le_bytes()]).flatten().collect();
    fs::write(folder.join(format!("{name}.xy")), xy).unwrap();
    for (part, off) in [("ring_off", &c.ring_off), ("part_off", &c.part_off), ("feat_off", &c.feat_off)] {
        let bytes: Vec<u8> = off.iter().flat_map(|o| o.to_le_bytes()).collect();
        fs::write(folder.join(format!("{name}.{part}")), bytes).unwrap();
    }
}

fn write_f64(folder: &Path, name: &str, values: &[f64]) {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    fs::write(folder.join(name), bytes).unwrap();
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let parcels_n: usize = args.get(1).map_or(100_000, |a| a.parse().unwrap());
    let threads: usize = args.get(2).map_or(1, |a| a.parse().unwrap());
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().unwrap();
    let lattice = city::Lattice::parcels(parcels_n);
    let parcels = lattice.coverage();
    let zones = city::Lattice::zones(&lattice, 10, 5000).coverage();
    let (px, py) = city::points(parcels_n * 3, lattice.bounds());
    let roads = city::segments(parcels_n / 4, lattice.bounds());
    let grid = GridSpec::covering(parcels.total_bounds().unwrap(), 1000.0).unwrap();
    if let Some(folder) = args.get(3).map(Path::new) {
        fs::create_dir_all(folder).unwrap();
        write_coverage(folder, "parcels", &parcels);
        write_coverage(folder, "zones", &zones);
        write_f64(folder, "points.x", &px);
        write_f64(folder, "points.y", &py);
        write_f64(folder, "roads.xyxy", &roads.concat());
    }
    let mut out = Map::new();
    let base_mb = peak_mb();
    let areas = stage(&mut out, "areas", || parcels.areas_m2());
    let cells = stage(&mut out, "grid", || overlap_grid(&parcels, &grid));
    let pieces = stage(&mut out, "zones", || overlap_zones(&parcels, &zones));
    let zone_cells = stage(&mut out, "zones_x_grid", || overlap_grid(&zones, &grid));
    let both = stage(&mut out, "grid_and_zones", || overlap_grid_and_zones(&parcels, &grid, &zones));
    assert!(both == (cells.clone(), pieces.clone()), "the fused pass gives the same bits");
    let locator = stage(&mut out, "point_index", || PointLocator::new(&parcels));
    let owners = stage(&mut out, "points", || locator.locate_all(&px, &py));
    let lines = LineIndex::from_locator(&locator);
    let road_x: Vec<f64> = roads.iter().flat_map(|s| [s[0], s[2]]).collect();
    let road_y: Vec<f64> = roads.iter().flat_map(|s| [s[1], s[3]]).collect();
    let road_off: Vec<u32> = (0..=roads.len() as u32).map(|k| 2 * k).collect();
    let lengths = stage(&mut out, "roads", || lines.lengths_all(&road_x, &road_y, &road_off));
    let values: Vec<f64> = (0..parcels.len()).map(|i| 1.0 + (i % 97) as f64).collect();
    let spread = stage(&mut out, "spread", || cells.spread(&values));
    let total: f64 = values.iter().sum();
    let placed = spread.per_target.iter().sum::<f64>() + spread.outside;
    out.insert(
        "facts".to_owned(),
        json!({
            "parcels": parcels.len(), "vertices": parcels.vertices(), "zones": zones.len(), "zone_vertices": zones.vertices(),
            "points": px.len(), "roads": roads.len(), "threads": threads,
            "grid_nnz": cells.targets.len(), "zone_nnz": pieces.targets.len(), "zone_cell_nnz": zone_cells.targets.len(),
            "grid_closure": closure(&cells, &areas), "zone_closure": closure(&pieces, &areas),
            "owned_points": owners.iter().filter(|&&o| o != NO_PARCEL).count(),
            "road_pairs": lengths.parcels.len(),
            "road_m": lengths.lengths_m.iter().sum::<f64>(),
            "spread_residual": (placed / total - 1.0).abs(),
            "data_mb": base_mb, "peak_mb": peak_mb(),
        }),
    );
    println!("{}", Value::Object(out));
}
