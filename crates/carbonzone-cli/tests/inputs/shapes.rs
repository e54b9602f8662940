//! Rings that meet, parcels far off, streets drawn twice, parcels on each other: whole runs with values worked out by hand.

use crate::common::expect;
use crate::{assert_mentions, pipeline};
use carbonzone_geom::Coverage;
use carbonzone_io::{GeometryKind, LayerSpec, LineBatch, Raster, VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_types::{AttributeTable, ColumnData, RunManifest, Stage};
use std::fs;
use std::path::Path;

/// Corner of the little city.
const X: f64 = 560_000.0;
const Y: f64 = 3_465_000.0;

type Rings = Vec<Vec<Vec<[f64; 2]>>>;

/// A rectangle relative to the corner.
fn ring(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
    vec![[X + x0, Y + y0], [X + x1, Y + y0], [X + x1, Y + y1], [X + x0, Y + y1], [X + x0, Y + y0]]
}

fn square(x0: f64, y0: f64, x1: f64, y1: f64) -> Rings {
    vec![vec![ring(x0, y0, x1, y1)]]
}

/// A city in a folder: parcels (id, code, rings), one zone of 10 × 10 km, roads and people if there are any.
#[derive(Default)]
struct Little {
    parcels: Vec<(String, &'static str, Rings)>,
    roads: Vec<Vec<[f64; 2]>>,
    people: Vec<(f64, Rings)>,
    more: String,
}

struct Folder(tempfile::TempDir);

impl Little {
    fn parcel(mut self, id: &str, code: &'static str, rings: Rings) -> Self {
        self.parcels.push((id.to_owned(), code, rings));
        self
    }

    fn road(mut self, line: &[[f64; 2]]) -> Self {
        self.roads.push(line.iter().map(|p| [X + p[0], Y + p[1]]).collect());
        self
    }

    fn write(self) -> Folder {
        let dir = tempfile::tempdir().unwrap();
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let polygons = |name: &str, shapes: &[&Rings], table: &AttributeTable| {
            let mut coverage = Coverage::new();
            for rings in shapes {
                coverage.push_rings(rings);
            }
            let spec = LayerSpec::for_table(name, Some(GeometryKind::Polygon), &crs, table);
            let path = dir.path().join(format!("{name}.gpkg"));
            let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).unwrap();
            writer.polygons(&coverage, table).unwrap();
            writer.finish().unwrap();
        };
        let texts = |v: Vec<&str>| ColumnData::texts(&v);
        let table = AttributeTable::new()
            .with("id", texts(self.parcels.iter().map(|p| p.0.as_str()).collect()))
            .with("code", texts(self.parcels.iter().map(|p| p.1).collect()));
        polygons("parcels", &self.parcels.iter().map(|p| &p.2).collect::<Vec<_>>(), &table);
        let zone = square(0.0, 0.0, 10_000.0, 10_000.0);
        let table = AttributeTable::new()
            .with("id", texts(vec!["Z1"]))
            .with("name", texts(vec!["Zone"]))
            .with("gdp", ColumnData::reals(&[1000.0]));
        polygons("zones", &[&zone], &table);
        let mut layers =
            "[layers.parcels]\nsource = { path = \"parcels.gpkg\" }\nid = \"id\"\nland_use = \"code\"\n\
            [layers.zones]\nsource = { path = \"zones.gpkg\" }\nid = \"id\"\nname = \"name\"\ngdp = \"gdp\"\n"
                .to_owned();
        let mut totals = vec![("agriculture", "crops", 1000.0)];
        let mut rules: Vec<(&str, &str, &[&str], &str)> =
            vec![("crops", "agriculture:crops", &["cultivated_garden"], "area")];
        if !self.roads.is_empty() {
            let mut batch = LineBatch::default();
            for (row, line) in self.roads.iter().enumerate() {
                batch.push(row as u32, line.iter().copied());
            }
            batch.table = AttributeTable::new().with("class", texts(vec!["primary"; self.roads.len()]));
            let spec = LayerSpec::for_table("roads", Some(GeometryKind::Line), &crs, &batch.table);
            let path = dir.path().join("roads.gpkg");
            let mut writer = VectorWriter::create(&path, VectorFormat::GeoPackage, &spec).unwrap();
            writer.lines(&batch).unwrap();
            writer.finish().unwrap();
            layers += "[layers.roads]\nsource = { path = \"roads.gpkg\" }\nclass = \"class\"\n[layers.roads.modes]\nprimary = \"road\"\n";
            totals.push(("transport", "road", 1000.0));
            rules.push(("road", "transport:road", &["transport_road"], "road:road"));
        }
        if !self.people.is_empty() {
            let table = AttributeTable::new()
                .with("people", ColumnData::reals(&self.people.iter().map(|p| p.0).collect::<Vec<_>>()));
            polygons("people", &self.people.iter().map(|p| &p.1).collect::<Vec<_>>(), &table);
            layers += "[layers.population]\nsource = { path = \"people.gpkg\" }\nkind = \"polygons\"\nweight = [\"people\"]\n";
            totals.push(("construction", "urban", 1000.0));
            rules.push(("homes", "construction:urban", &["urban_residential"], "population"));
        }
        let text = pipeline("little", &layers, &totals, &rules) + &self.more;
        fs::write(dir.path().join("city.toml"), text).unwrap();
        Folder(dir)
    }
}

impl Folder {
    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn check(&self, code: i32) -> String {
        let (stdout, stderr) = expect(code, &["check", &self.path("city.toml"), "--quiet"]);
        stdout + &stderr
    }

    /// Runs it; gives the messages.
    fn run(&self, more: &[&str]) -> String {
        let (pipeline, out) = (self.path("city.toml"), self.path("out"));
        let mut args = vec!["run", &pipeline, "--out", &out, "--no-maps", "--overwrite"];
        args.extend_from_slice(more);
        expect(0, &args).1
    }

    fn layer(&self, name: &str) -> (Coverage, AttributeTable) {
        carbonzone_io::read_own_layer(Path::new(&self.path("out/little.gpkg")), name).unwrap()
    }

    /// A column of the parcels by id.
    fn parcels(&self, column: &str) -> Vec<(String, f64)> {
        let (_, table) = self.layer("parcels");
        let ids = table.texts("unit_id").unwrap().into_iter().map(Option::unwrap);
        ids.zip(table.numbers(column).unwrap().into_iter().map(Option::unwrap)).collect()
    }

    fn manifest(&self) -> RunManifest {
        serde_json::from_str(&fs::read_to_string(self.path("out/run.json")).unwrap()).unwrap()
    }
}

fn close(found: &[(String, f64)], expected: &[(&str, f64)]) {
    let same = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() <= 1e-6 * b.1.abs().max(1.0));
    assert!(same, "{found:?}\n{expected:?}");
}

#[test]
fn rings_of_one_parcel_are_compared_mended_by_the_stated_rule_told_and_booked() {
    let field = |dx: f64| ring(dx, 0.0, dx + 100.0, 100.0);
    let city = Little::default()
        // A pond and an island in it, written as three parts.
        .parcel(
            "A",
            "0103",
            vec![vec![field(0.0)], vec![ring(20.0, 20.0, 70.0, 70.0)], vec![ring(30.0, 30.0, 40.0, 40.0)]],
        )
        // A hole in the neighbour's ground.
        .parcel("B", "0103", vec![vec![field(200.0), ring(120.0, 20.0, 160.0, 60.0)]])
        // The same hole twice, once the other way round.
        .parcel(
            "C",
            "0103",
            vec![vec![
                field(400.0),
                ring(420.0, 20.0, 460.0, 60.0),
                ring(420.0, 20.0, 460.0, 60.0).into_iter().rev().collect(),
            ]],
        )
        // A hole half outside, and the parcel drawn twice.
        .parcel(
            "D",
            "0103",
            vec![
                vec![field(600.0), ring(680.0, 0.0, 720.0, 50.0)],
                vec![field(600.0), ring(680.0, 0.0, 720.0, 50.0)],
            ],
        )
        // The hole first: the file has its rings in another order.
        .parcel("E", "0103", vec![vec![ring(820.0, 20.0, 860.0, 60.0), field(800.0)]])
        .write();
    let said = city.run(&[]);
    let areas = [("A", 7600.0), ("B", 10_000.0), ("C", 8400.0), ("D", 9000.0), ("E", 8400.0)];
    close(&city.parcels("area_m2"), &areas);
    let tonnes = areas.map(|(id, m2)| (id, 1000.0 * m2 / 43_400.0));
    close(&city.parcels("agriculture_t"), &tonnes);
    assert_mentions(
        &said,
        &[
            "warning[invalid_geometry]",
            "feature A",
            "parts that overlap or lie in one another",
            "feature B",
            "holes outside their shell",
            "feature C",
            "holes drawn twice",
            "feature D",
            "holes that cross their shell",
            "feature E",
            "rings in another order",
        ],
    );
    let repaired: f64 = city
        .manifest()
        .ledger
        .iter()
        .filter(|r| r.stage == Stage::Repair && r.land_group == "parcels")
        .filter_map(|r| r.count)
        .sum();
    assert_eq!(repaired, 5.0);
}

#[test]
fn a_parcel_far_off_is_named_and_a_grid_that_does_not_fit_is_refused_in_check_too() {
    let little = || {
        (0..9).fold(Little::default(), |city, k| {
            let x = f64::from(k) * 1000.0;
            city.parcel(&format!("P{k}"), "0103", square(x, 0.0, x + 1000.0, 1000.0))
        })
    };
    // Two million metres too far north; then one vertex with x and y swapped.
    let swapped =
        vec![vec![vec![[X, Y + 2000.0], [X + 500.0, Y + 2000.0], [Y + 2500.0, X + 500.0], [X, Y + 2000.0]]]];
    for (odd, words, hint) in [
        (
            square(0.0, 2_000_000.0, 500.0, 2_000_500.0),
            "parcel P9 lies 1999 km from the others",
            "typing error",
        ),
        (swapped, "parcel P9 reaches", "x and y are swapped"),
    ] {
        let mut city = little().parcel("P9", "0103", odd);
        city.more = "[aggregate]\ncell_m = 10.0\n".to_owned();
        let city = city.write();
        let said = city.check(1);
        assert_mentions(
            &said,
            &["warning[far_off_feature]", words, hint, "error[grid]", "feature P9", "cells", "GB of rasters"],
        );
        // Nothing is written, and no part of it stays.
        let (_, stderr) = expect(1, &["run", &city.path("city.toml"), "--out", &city.path("out"), "--quiet"]);
        assert_mentions(&stderr, &["error[grid]", "or more fit"]);
        assert!(!Path::new(&city.path("out")).exists());
        let left = fs::read_dir(city.0.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
        assert_eq!(left.count(), 0);
    }
}

#[test]
fn cells_are_kept_where_parcels_lie_and_every_product_agrees() {
    // Two villages 180 km apart: 450 x 1801 cells of 100 m, 26 of them used.
    let city = Little::default().parcel("A", "0103", square(50.0, 0.0, 250.0, 100.0)).parcel(
        "B",
        "0103",
        square(45_000.0 - 250.0, 180_000.0, 45_000.0, 180_250.0),
    );
    let city = Little { more: "[aggregate]\ncell_m = 100.0\n".to_owned(), ..city }.write();
    city.run(&[]);
    let (_, cells) = city.layer("grid_100m");
    let tonnes: Vec<f64> = cells.numbers("agriculture_t").unwrap().into_iter().map(Option::unwrap).collect();
    // A: half, whole, half of a cell; B: 2.5 x 2.5 cells that begin on the lines of the grid (in 3 x 3).
    assert_eq!(tonnes.len(), 3 + 9);
    assert!((tonnes.iter().sum::<f64>() - 1000.0).abs() < 1e-9);
    let per_m2 = 1000.0 / (200.0 * 100.0 + 250.0 * 250.0);
    let mut small = tonnes.clone();
    small.sort_by(f64::total_cmp);
    assert!((small[0] - 2500.0 * per_m2).abs() < 1e-9, "{small:?}");
    let raster = Raster::open(Path::new(&city.path("out/grid_100m.tif"))).unwrap();
    let (cols, rows) = raster.size();
    assert_eq!((cols, rows), (450, 1803));
    let gross = raster.read_block(1, 0, 0, cols, rows).unwrap();
    let known: Vec<f64> = gross.into_iter().filter(|v| v.is_finite()).collect();
    assert_eq!(known, tonnes, "row by row from the north-west, as in the layer");
    let zones = Raster::open(Path::new(&city.path("out/zones.tif"))).unwrap();
    let coloured = zones.read_block(1, 0, 0, cols, rows).unwrap().into_iter().filter(|v| *v > 0.0).count();
    assert_eq!(coloured, 3, "only A lies in the zone");
}

#[test]
fn a_street_drawn_in_both_directions_counts_once_and_runs_along_edges_are_the_road_parcels() {
    let city = Little::default()
        .parcel("F", "0103", square(0.0, 0.0, 1000.0, 500.0))
        .parcel("R1", "1003", square(0.0, 500.0, 600.0, 520.0))
        .parcel("R2", "1003", square(600.0, 500.0, 1000.0, 520.0))
        // Both directions along the middle of R1, the way back with a vertex more; then the edge between R2 and the field,
        // and the outer edge of R2.
        .road(&[[100.0, 510.0], [500.0, 510.0]])
        .road(&[[500.0, 510.0], [300.0, 510.0], [100.0, 510.0]])
        .road(&[[700.0, 500.0], [900.0, 500.0]])
        .road(&[[1000.0, 520.0], [900.0, 520.0]])
        // Another carriageway 6 m off: a road of its own.
        .road(&[[100.0, 516.0], [200.0, 516.0]])
        .write();
    let said = city.run(&[]);
    close(&city.parcels("road_m"), &[("F", 0.0), ("R1", 500.0), ("R2", 300.0)]);
    close(&city.parcels("transport_t"), &[("F", 0.0), ("R1", 625.0), ("R2", 375.0)]);
    assert_mentions(&said, &["warning[lines_on_lines]", "0.400 km of road", "info[roads_along_edges]"]);
    let ledger = city.manifest().ledger;
    let metres = |words: &str| ledger.iter().find(|r| r.note.contains(words)).and_then(|r| r.count).unwrap();
    assert!((metres("counted once") - 400.0).abs() < 1e-6);
    // The other way round, and on one thread, the same bits.
    let table = || fs::read(city.path("out/townships.csv")).or_else(|_| fs::read(city.path("out/zones.csv")));
    let before = table().ok();
    city.run(&["--threads", "1"]);
    assert!(table().ok() == before);
}

#[test]
fn people_and_metres_over_parcels_on_each_other_are_shared_and_counted_once() {
    let mut city = Little::default()
        .parcel("F", "0103", square(0.0, 600.0, 100.0, 700.0))
        .parcel("H1", "0701", square(0.0, 0.0, 100.0, 100.0))
        .parcel("H2", "0701", square(0.0, 0.0, 100.0, 100.0))
        .parcel("R1", "1003", square(200.0, 0.0, 300.0, 20.0))
        .parcel("R2", "1003", square(250.0, 0.0, 350.0, 20.0))
        // 50 m in R1, 50 m in both, 50 m in R2, 100 m in none.
        .road(&[[150.0, 10.0], [400.0, 10.0]]);
    // Half of this ground lies under the two homes, half under nothing.
    city.people.push((800.0, square(0.0, 0.0, 200.0, 100.0)));
    let city = city.write();
    let said = city.run(&[]);
    close(&city.parcels("people")[1..3], &[("H1", 200.0), ("H2", 200.0)]);
    close(&city.parcels("road_m")[3..], &[("R1", 75.0), ("R2", 75.0)]);
    let ledger = city.manifest().ledger;
    let outside =
        ledger.iter().find(|r| r.note == "people outside every parcel").and_then(|r| r.count).unwrap();
    assert!((outside - 400.0).abs() < 1e-6, "{outside}");
    let dropped =
        ledger.iter().find(|r| r.stage == Stage::Drop && r.land_group == "road:road").and_then(|r| r.count);
    assert!((dropped.unwrap() - 100.0).abs() < 1e-6, "{dropped:?}");
    assert_mentions(
        &said,
        &["info[people_over_overlaps]", "10000.0 m²", "info[roads_over_overlaps]", "0.050 km"],
    );
}

#[test]
fn a_stack_of_parcels_is_told_without_looking_at_every_pair() {
    let stack = (0..1500).fold(Little::default(), |city, k| {
        city.parcel(&format!("P{k:04}"), "0103", square(0.0, 0.0, 100.0, 100.0))
    });
    let said = stack.write().check(0);
    // 1,500 copies lie in 1,124,250 pairs.
    assert_mentions(&said, &["warning[overlapping_parcels]", "at least"]);
    let pairs: u64 = said.split(" in ").find_map(|t| t.split_once(" pairs")).unwrap().0.parse().unwrap();
    assert!((1499..=64 * 1500).contains(&pairs), "{pairs}");
}

#[test]
fn coordinates_with_damaged_bytes_are_no_coordinates() {
    for wrong in [1e300, -4e11, f64::INFINITY, f64::NAN] {
        let mut bad = square(0.0, 2000.0, 100.0, 2100.0);
        bad[0][0][2][0] = wrong;
        let city = Little::default()
            .parcel("A", "0103", square(0.0, 0.0, 100.0, 100.0))
            .parcel("B", "0103", bad)
            .road(&[[0.0, 0.0], [wrong, 10.0]])
            .road(&[[0.0, 50.0], [100.0, 50.0]])
            .parcel("R", "1003", square(0.0, 100.0, 100.0, 110.0))
            .write();
        let out = crate::common::run(&["check", &city.path("city.toml"), "--quiet"]);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_mentions(&said, &["warning[no_coordinates]", "B", "lines with vertices that have no place"]);
        assert!(!said.contains("error[grid]"), "{wrong}: {said}");
    }
}
