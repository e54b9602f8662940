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

/// A square parcel or township: its properties, and `[x, y, width, height]` from the corner of the city.
pub struct Square {
    pub id: String,
    pub code: String,
    pub number: u64,
    pub at: [u64; 4],
}

impl Square {
    /// West, south, east and north edge, m.
    pub fn edges(&self) -> [f64; 4] {
        let [x, y, w, h] = self.at;
        [X0 + x, Y0 + y, X0 + x + w, Y0 + y + h].map(|v| v as f64)
    }
}

/// Parcels of about 130 m in `side` rows and columns.
pub fn parcels(side: u64) -> Vec<Square> {
    let mut dice = Dice(7);
    let codes = ["0601", "0701", "0301", "1003", "0501"];
    let one = |i: u64| Square {
        id: format!("p{i:05}"),
        code: codes[dice.below(5) as usize].to_owned(),
        number: i,
        at: [i % side * 130, i / side * 130, 100 + dice.below(30), 100 + dice.below(30)],
    };
    (0..side * side).map(one).collect()
}

/// Four townships.
pub fn townships(side: u64) -> Vec<Square> {
    let half = side * 130 / 2;
    let one = |z: u64| Square {
        id: format!("z{z}"),
        code: format!("Z{z}"),
        number: z + 1,
        at: [z % 2 * half, z / 2 * half, half, half],
    };
    (0..4).map(one).collect()
}

/// Points of interest: easting, northing, type.
pub fn poi(side: u64) -> Vec<(u64, u64, &'static str)> {
    let mut dice = Dice(11);
    let mut one = || {
        let (x, y) = (X0 + dice.below(side * 130), Y0 + dice.below(side * 130));
        (x, y, if dice.below(2) == 0 { "170300" } else { "060100" })
    };
    (0..side * side).map(|_| one()).collect()
}

/// The city as files; gives the pipeline file.
pub fn city(dir: &Path, side: u64) -> PathBuf {
    let ring = |s: &Square| square(s.at[0], s.at[1], s.at[2], s.at[3]);
    let of_parcel = |s: &Square| (format!("\"id\":\"{}\",\"code\":\"{}\"", s.id, s.code), ring(s));
    let features: Vec<(String, String)> = parcels(side).iter().map(of_parcel).collect();
    std::fs::write(dir.join("parcels.geojson"), collection(&features)).unwrap();
    let of_zone = |s: &Square| {
        let (gdp, people) = (1000 * s.number, 500 * s.number);
        let text = format!("\"id\":\"{}\",\"name\":\"{}\",\"gdp\":{gdp},\"people\":{people}", s.id, s.code);
        (text, ring(s))
    };
    let features: Vec<(String, String)> = townships(side).iter().map(of_zone).collect();
    std::fs::write(dir.join("zones.geojson"), collection(&features)).unwrap();
    let mut table = "id,x,y,type\n".to_owned();
    for (i, (x, y, kind)) in poi(side).into_iter().enumerate() {
        let _ = writeln!(table, "{i},{x},{y},{kind}");
    }
    std::fs::write(dir.join("poi.csv"), table).unwrap();
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
