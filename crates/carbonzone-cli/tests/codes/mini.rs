//! A city of a few squares, written as text: parcels of 100 m in a row, from 0 eastwards, in EPSG:4549.

use crate::common::expect;
use carbonzone_types::{Finding, RunManifest};
use std::fmt::Write as _;
use std::path::Path;

/// West and south of the first parcel, m.
pub const ORIGIN: (f64, f64) = (550_000.0, 3_460_000.0);

/// The folder of a city.
pub struct Mini {
    dir: tempfile::TempDir,
    toml: String,
}

/// What a run gave.
pub struct Run {
    pub manifest: RunManifest,
    /// The parcel layer of the run.
    pub parcels: carbonzone_types::AttributeTable,
}

fn ring(x0: f64, x1: f64) -> String {
    let (x0, x1) = (ORIGIN.0 + x0, ORIGIN.0 + x1);
    let (y0, y1) = (ORIGIN.1, ORIGIN.1 + 100.0);
    format!("[[[{x0},{y0}],[{x1},{y0}],[{x1},{y1}],[{x0},{y1}],[{x0},{y0}]]]")
}

fn collection(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

impl Mini {
    /// A city whose parcels have these codes (as JSON values), one zone, and a rule for each
    /// (budget in t, land, proxies as TOML).
    pub fn new(codes: &[&str], rules: &[(&str, f64, &str, &str)]) -> Self {
        let mini = Self { dir: tempfile::tempdir().unwrap(), toml: String::new() };
        let parcel = |(i, code): (usize, &&str)| {
            let (x0, x1) = (100.0 * i as f64, 100.0 * (i + 1) as f64);
            format!(
                r#"{{"type":"Feature","properties":{{"pid":"p{i}","code":{code}}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#,
                ring(x0, x1)
            )
        };
        let parcels: Vec<String> = codes.iter().enumerate().map(parcel).collect();
        mini.write("parcels.geojson", &collection(&parcels));
        let zone = format!(
            r#"{{"type":"Feature","properties":{{"zid":"z","pop":100,"gdp":10}},"geometry":{{"type":"Polygon","coordinates":{}}}}}"#,
            ring(0.0, 100.0 * codes.len() as f64)
        );
        mini.write("zones.geojson", &collection(&[zone]));
        let mut toml = String::from(
            "[city]\nname = \"mini\"\nyear = 2020\ncrs = \"EPSG:4549\"\n\
             [layers.parcels]\nsource = { path = \"parcels.geojson\", crs = \"EPSG:4549\" }\nid = \"pid\"\nland_use = \"code\"\n\
             scheme = \"gbt21010\"\n\
             [layers.zones]\nsource = { path = \"zones.geojson\", crs = \"EPSG:4549\" }\nid = \"zid\"\npopulation = \"pop\"\ngdp = \"gdp\"\n\
             [aggregate]\ncell_m = 100.0\n[outputs]\nmaps = false\n[inventory]\nunit = \"t\"\n",
        );
        for (id, amount, _, _) in rules {
            let sector = if id.starts_with("sink") { "sink" } else { "industry" };
            let _ = writeln!(
                toml,
                "[[inventory.totals]]\nsector = \"{sector}\"\nland_group = \"{id}\"\namount = {amount:?}"
            );
        }
        for (id, _, land, proxies) in rules {
            let sector = if id.starts_with("sink") { "sink" } else { "industry" };
            let _ = writeln!(
                toml,
                "[[allocate]]\nid = \"{id}\"\nbudget = \"{sector}:{id}\"\nland = {land}\nproxies = {proxies}"
            );
        }
        Self { toml, ..mini }
    }

    /// Adds lines to the pipeline, before everything else.
    pub fn with(mut self, lines: &str) -> Self {
        self.toml = format!("{lines}\n{}", self.toml);
        self
    }

    /// Replaces text of the pipeline.
    pub fn edit(mut self, from: &str, to: &str) -> Self {
        assert!(self.toml.contains(from), "the pipeline has no `{from}`");
        self.toml = self.toml.replacen(from, to, 1);
        self
    }

    /// A POI layer from a CSV with these rows.
    pub fn poi(self, header: &str, rows: &[&str], keys: &str) -> Self {
        self.write("poi.csv", &format!("{header}\n{}\n", rows.join("\n")));
        self.with(&format!("[layers.poi]\nsource = {{ path = \"poi.csv\", crs = \"EPSG:4549\" }}\n{keys}"))
    }

    /// Path of a file in the folder.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn toml(&self) -> String {
        self.write("city.toml", &self.toml);
        self.path("city.toml")
    }

    /// What `check` says; it must end with this code.
    pub fn check(&self, code: i32) -> String {
        let (stdout, stderr) = expect(code, &["check", &self.toml(), "--quiet"]);
        stdout + &stderr
    }

    /// Runs the city.
    pub fn run(&self) -> Run {
        let out = self.path("out");
        expect(0, &["run", &self.toml(), "--out", &out, "--quiet", "--overwrite"]);
        let manifest = std::fs::read_to_string(format!("{out}/run.json")).unwrap();
        let gpkg = Path::new(&out).join("mini.gpkg");
        let (_, parcels) = carbonzone_io::read_own_layer(&gpkg, "parcels").unwrap();
        Run { manifest: serde_json::from_str(&manifest).unwrap(), parcels }
    }
}

impl Run {
    /// A column of the parcels, in the order of their ids.
    pub fn column(&self, name: &str) -> Vec<f64> {
        self.parcels.numbers(name).unwrap().into_iter().map(|v| v.unwrap_or(f64::NAN)).collect()
    }

    /// The finding with this code.
    pub fn finding(&self, code: &str) -> &Finding {
        let found = self.manifest.findings.iter().find(|f| f.code == code);
        assert!(found.is_some(), "no finding {code} in {:#?}", self.manifest.findings);
        found.unwrap()
    }

    /// True if there is no such finding.
    pub fn silent(&self, code: &str) -> bool {
        self.manifest.findings.iter().all(|f| f.code != code)
    }
}
