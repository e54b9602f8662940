//! Reads the layer that `kernel_times` wrote and runs `controlledburn` on it: parcels × 1 km cells, CPU seconds and closure as JSON.
//!
//! The geometries are built before the clock starts, and the areas of the parcels are taken from the same rings.

use std::fs;
use std::path::Path;
use std::time::Instant;

use controlledburn::{BurnOptions, Coord, Geometry, GridSpec, Polygon, burn};

fn f64s(path: &Path) -> std::io::Result<Vec<f64>> {
    let bytes = fs::read(path)?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])).collect())
}

fn u32s(path: &Path) -> std::io::Result<Vec<u32>> {
    let bytes = fs::read(path)?;
    Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

/// CPU seconds of the main thread so far, to the nanosecond. Leaving the processor brings its account up to date.
fn cpu_seconds() -> f64 {
    std::thread::yield_now();
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0) * 1e-9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: carbonzone-bench-peers FOLDER")?;
    let folder = Path::new(&folder);
    let xy = f64s(&folder.join("parcels.xy"))?;
    let rings = u32s(&folder.join("parcels.ring_off"))?;
    let (mut lo, mut hi) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for p in xy.chunks_exact(2) {
        for k in 0..2 {
            lo[k] = lo[k].min((p[k] / 1000.0).floor() * 1000.0);
            hi[k] = hi[k].max((p[k] / 1000.0).ceil() * 1000.0);
        }
    }
    let mut areas = vec![];
    let geometries: Vec<Geometry> = rings
        .windows(2)
        .map(|w| {
            let ring: Vec<Coord> =
                (w[0] as usize..w[1] as usize).map(|i| Coord::new(xy[2 * i], xy[2 * i + 1])).collect();
            let (x0, y0) = (ring[0].x, ring[0].y);
            let twice: f64 =
                ring.windows(2).map(|e| (e[0].x - x0) * (e[1].y - y0) - (e[1].x - x0) * (e[0].y - y0)).sum();
            areas.push(0.5 * twice.abs());
            Geometry::Polygon(Polygon::new(vec![ring]))
        })
        .collect();
    let (cols, rows) = (((hi[0] - lo[0]) / 1000.0) as usize, ((hi[1] - lo[1]) / 1000.0) as usize);
    let grid = GridSpec::new(lo[0], lo[1], hi[0], hi[1], cols.try_into()?, rows.try_into()?);
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let burned = burn(&geometries, &grid, BurnOptions::default())?;
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let mut covered = vec![0.0f64; areas.len()];
    for r in &burned.runs {
        covered[r.id as usize] += f64::from(r.col_end - r.col_start) * 1e6;
    }
    for e in &burned.edges {
        covered[e.id as usize] += f64::from(e.fraction) * 1e6;
    }
    let worst = covered.iter().zip(&areas).map(|(c, a)| (c / a - 1.0).abs()).fold(0.0, f64::max);
    println!("{{\"wall_s\":{wall},\"cpu_s\":{cpu},\"closure\":{worst:e},\"pieces\":{}}}", burned.edges.len());
    Ok(())
}
