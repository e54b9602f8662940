//! A small city as text files: parcels, POI, townships.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses its own part; a test panics with the reason"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The workspace folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Pseudo-random numbers below `n` (linear congruential, so that no test depends on a crate).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// West edge of the city, m (EPSG:4549).
const X0: u64 = 560_000;
/// South edge.
const Y0: u64 = 3_460_000;

fn square(x: u64, y: u64, w: u64, h: u64) -> String {
    let (x0, y0) = (X0 + x, Y0 + y);
    let (x1, y1) = (x0 + w, y0 + h);
    format!("[[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]]")
}

fn collection(features: &[(String, String)]) -> String {
    let mut out = "{\"type\":\"FeatureCollection\",\"features\":[".to_owned();
    for (i, (properties, rings)) in features.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(
            out,
            "{comma}{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{rings}}}}}"
        );
    }
    out + "]}"
}

/// Parcels of 130 m in `side` rows and columns, POI, four townships; gives the pipeline file.
pub fn city(dir: &Path, side: u64) -> PathBuf {
    let mut dice = Dice(7);
    let codes = ["0601", "0701", "0301", "1003", "0501"];
    let mut parcels = Vec::new();
    for i in 0..side * side {
        let (col, row) = (i % side, i / side);
        let code = codes[dice.below(5) as usize];
        let (w, h) = (100 + dice.below(30), 100 + dice.below(30));
        parcels.push((format!("\"id\":\"p{i:05}\",\"code\":\"{code}\""), square(col * 130, row * 130, w, h)));
    }
    std::fs::write(dir.join("parcels.geojson"), collection(&parcels)).unwrap();
    let half = side * 130 / 2;
    let zones: Vec<(String, String)> = (0..4)
        .map(|z| {
            let at = square(z % 2 * half, z / 2 * half, half, half);
            (
                format!(
                    "\"id\":\"z{z}\",\"name\":\"Z{z}\",\"gdp\":{},\"people\":{}",
                    1000 * (z + 1),
                    500 * (z + 1)
                ),
                at,
            )
        })
        .collect();
    std::fs::write(dir.join("zones.geojson"), collection(&zones)).unwrap();
    let mut poi = "id,x,y,type\n".to_owned();
    for i in 0..side * side {
        let (x, y) = (X0 + dice.below(side * 130), Y0 + dice.below(side * 130));
        let kind = if dice.below(2) == 0 { "170300" } else { "060100" };
        let _ = writeln!(poi, "{i},{x},{y},{kind}");
    }
    std::fs::write(dir.join("poi.csv"), poi).unwrap();
    let pipeline = dir.join("city.toml");
    std::fs::write(&pipeline, PIPELINE).unwrap();
    pipeline
}

const PIPELINE: &str = r#"
[city]
name = "small"
year = 2020
crs = "EPSG:4549"
synthetic = true

[layers.parcels]
source = { path = "parcels.geojson", crs = "EPSG:4549" }
id = "id"
land_use = "code"

[layers.poi]
source = { path = "poi.csv", crs = "EPSG:4549", x = "x", y = "y" }
type = "type"
id = "id"
snap_m = 60

[layers.zones]
source = { path = "zones.geojson", crs = "EPSG:4549" }
id = "id"
name = "name"
population = "people"
gdp = "gdp"

[[inventory.totals]]
sector = "industry"
land_group = "industrial"
amount = 12.5

[[inventory.totals]]
sector = "construction"
land_group = "residential"
amount = 3.1

[[inventory.totals]]
sector = "sink"
land_group = "land"
amount = 0.7

[sinks]
set = "lit_low"

[[allocate]]
id = "factories"
budget = "industry:industrial"
land = ["industrial"]
proxies = ["poi:industry", "area"]
smoothing = 1.0

[[allocate]]
id = "homes"
budget = "construction:residential"
land = ["urban_residential"]
proxies = ["poi:commercial", "area"]

[[allocate]]
id = "forest"
budget = "sink:land"
land = ["forest"]
proxies = ["sink_area"]
"#;
