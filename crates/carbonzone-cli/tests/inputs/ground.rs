//! People, rasters, coordinates and files as they come, through the built binary: the tonnes of three home parcels, or the
//! message.
//!
//! Three homes of 500 m lie in two zones of 2 km; 400 t are placed on them by people: 1000, 3000 and 4000 where all is right.

use crate::assert_mentions;
use crate::common::run;
use carbonzone_io::{FloatBand, WorkingCrs, write_cog};
use carbonzone_types::GridSpec;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const X: f64 = 560_000.0;
const Y: f64 = 3_463_000.0;

/// The homes: id, easting and northing from the lower left corner of the city, m.
const HOMES: [(&str, f64, f64); 3] = [("P02", 250.0, 250.0), ("P03", 1000.0, 1000.0), ("P05", 2500.0, 500.0)];

struct Town {
    dir: TempDir,
    population: String,
    zones: String,
    crs: &'static str,
}

/// A square as GeoJSON coordinates.
fn square(x: f64, y: f64, side: f64) -> String {
    let (x, y) = (X + x, Y + y);
    let (right, top) = (x + side, y + side);
    format!("[[[{x},{y}],[{right},{y}],[{right},{top}],[{x},{top}],[{x},{y}]]]")
}

fn collection(features: &[(String, String)]) -> String {
    let list: Vec<String> = features
        .iter()
        .map(|(properties, coordinates)| {
            format!(r#"{{"type":"Feature","properties":{{{properties}}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}"#)
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, list.join(","))
}

impl Town {
    /// A town whose population layer is this TOML.
    fn new(population: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let homes: Vec<(String, String)> = HOMES
            .iter()
            .map(|(id, x, y)| (format!(r#""id":"{id}","code":"R""#), square(*x, *y, 500.0)))
            .collect();
        fs::write(dir.path().join("parcels.geojson"), collection(&homes)).unwrap();
        fs::write(dir.path().join("scheme.csv"), "code,space_type\nR,homes\n").unwrap();
        let zones: Vec<(String, String)> = [("Z1", 0.0), ("Z2", 2000.0)]
            .iter()
            .map(|(id, x)| (format!(r#""id":"{id}","name":"{id}""#), square(*x, 0.0, 2000.0)))
            .collect();
        fs::write(dir.path().join("zones.geojson"), collection(&zones)).unwrap();
        Self { dir, population: population.to_owned(), zones: String::new(), crs: "EPSG:4549" }
    }

    /// With a table of people per zone.
    fn with_table(mut self, rows: &str) -> Self {
        self.zones.clear();
        self.write("stats.csv", &format!("id,people\n{rows}\n"));
        self.zones.push_str(
            "[[layers.zones.tables]]\npath = \"stats.csv\"\nkey = \"id\"\npopulation = \"people\"\n",
        );
        self
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Runs; gives the messages and the tonnes per home, if the run went through.
    fn run(&self) -> (String, Option<BTreeMap<String, f64>>) {
        let layers = format!(
            "[layers.parcels]\nsource = {{ path = \"parcels.geojson\", crs = \"EPSG:4549\" }}\nid = \"id\"\nland_use = \"code\"\nscheme = \"scheme.csv\"\n[layers.zones]\nsource = {{ path = \"zones.geojson\", crs = \"EPSG:4549\" }}\nid = \"id\"\nname = \"name\"\n{}\n[layers.population]\n{}\n",
            self.zones, self.population
        );
        let text = crate::pipeline(
            "town",
            &layers,
            &[("construction", "homes", 400.0)],
            &[("homes", "construction:homes", &["homes"], "population")],
        );
        let text =
            text.replace("crs = \"EPSG:4549\"\nsynthetic", &format!("crs = \"{}\"\nsynthetic", self.crs));
        self.write("town.toml", &format!("{text}[outputs]\nmaps = false\n"));
        let out = self.path("out");
        let _ = fs::remove_dir_all(&out);
        let done = run(&["run", &self.path("town.toml"), "--out", &out]);
        let messages = String::from_utf8_lossy(&done.stderr).into_owned();
        if !done.status.success() {
            assert_eq!(done.status.code(), Some(1), "{messages}");
            return (messages, None);
        }
        let (_, table) =
            carbonzone_io::read_own_layer(Path::new(&self.path("out/town.gpkg")), "parcels").unwrap();
        let ids = table.texts("unit_id").unwrap().into_iter().flatten();
        let tonnes = table.numbers("construction_t").unwrap();
        (messages, Some(ids.zip(tonnes.into_iter().map(Option::unwrap)).collect()))
    }

    /// Runs; the tonnes of the homes are these, and the messages say all this.
    fn expect(&self, tonnes: [f64; 3], said: &[&str]) -> String {
        let (messages, placed) = self.run();
        assert!(placed.is_some(), "refused:\n{messages}");
        let placed = placed.unwrap_or_default();
        for ((id, _, _), wanted) in HOMES.iter().zip(tonnes) {
            assert!((placed[*id] - wanted).abs() < 1e-6, "{id}: {placed:?}\n{messages}");
        }
        assert_mentions(&messages, said);
        messages
    }

    /// The run is refused with all this.
    fn refuses(&self, said: &[&str]) {
        let (messages, placed) = self.run();
        assert!(placed.is_none(), "{messages}");
        assert_mentions(&messages, said);
    }

    /// People per pixel of 250 m: those of the homes, else what `other` says; `cols` pixels from the west.
    fn raster(&self, cols: u32, other: impl Fn(f64, f64) -> Option<f64>) {
        let grid = GridSpec { x_min: X, y_max: Y + 2000.0, cell: 250.0, cols, rows: 8 };
        let value = |i: u32| {
            let (col, row) = grid.col_row(i);
            let (x, y) = (f64::from(col) * 250.0, 1750.0 - f64::from(row) * 250.0);
            let home = HOMES
                .iter()
                .position(|(_, hx, hy)| (0.0..500.0).contains(&(x - hx)) && (0.0..500.0).contains(&(y - hy)));
            other(x, y).unwrap_or_else(|| home.map_or(0.0, |h| [250.0, 750.0, 1000.0][h]))
        };
        let values = (0..grid.len() as u32).map(value).collect();
        let band = FloatBand { description: "people".to_owned(), values };
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        write_cog(Path::new(&self.path("people.tif")), &grid, &crs, &[band], &[]).unwrap();
    }
}

const RASTER: &str = "source = { path = \"people.tif\" }\nkind = \"raster\"";
const POLYGONS: &str =
    "source = { path = \"people.geojson\", crs = \"EPSG:4549\" }\nkind = \"polygons\"\nweight = [\"people\"]";

#[test]
fn people_of_a_sound_raster_are_placed_without_a_warning() {
    let town = Town::new(RASTER).with_table("Z1,4000\nZ2,4000");
    town.raster(16, |_, _| None);
    let messages = town.expect([50.0, 150.0, 200.0], &[]);
    assert!(!messages.contains("== population"), "{messages}");
}

#[test]
fn homes_on_pixels_without_a_value_or_off_the_raster_are_told() {
    let town = Town::new(RASTER);
    town.raster(16, |x, _| (x >= 2500.0).then_some(f64::NAN));
    town.expect([100.0, 300.0, 0.0], &["warning[people_unknown]", "P05", "33.3 %", "info[raster_nodata]"]);
    // The east half of P05 is missing.
    town.raster(11, |_, _| None);
    town.expect([400.0 / 6.0, 200.0, 400.0 / 3.0], &["warning[raster_gap]", "16.67 % of the ground"]);
}

#[test]
fn values_that_cannot_be_people_are_told_or_refused() {
    let town = Town::new(RASTER).with_table("Z1,4000\nZ2,4000");
    town.raster(16, |x, y| (x == 2500.0 && y == 500.0).then_some(200_000.0));
    let (messages, _) = town.run();
    assert_mentions(
        &messages,
        &[
            "warning[people_against_zones]",
            "207000 people in the parcels, 8000 in the zones: 26 times",
            "warning[implausible_density]",
        ],
    );
    town.raster(16, |x, y| (x == 2500.0 && y == 500.0).then_some(-9999.0));
    town.expect(
        [50.0 * 8.0 / 7.0, 150.0 * 8.0 / 7.0, 150.0 * 8.0 / 7.0],
        &["warning[negative_value]", "-9999", "nodata = -9999"],
    );
    for value in [2f64.powi(62), f64::INFINITY] {
        town.raster(16, |x, y| (x == 2500.0 && y == 500.0).then_some(value));
        town.refuses(&["error[unusable_pixel]", "column 10, row 5"]);
    }
    // What the hint says mends it.
    let declared =
        Town::new("source = { path = \"people.tif\", nodata = 4.611686018427388e18 }\nkind = \"raster\"");
    declared.raster(16, |x, y| (x == 2500.0 && y == 500.0).then_some(2f64.powi(62)));
    declared.expect([50.0 * 8.0 / 7.0, 150.0 * 8.0 / 7.0, 150.0 * 8.0 / 7.0], &[]);
}

fn people_polygons(values: [&str; 3]) -> String {
    let features: Vec<(String, String)> = HOMES
        .iter()
        .zip(values)
        .map(|((_, x, y), people)| (format!(r#""people":{people}"#), square(*x, *y, 500.0)))
        .collect();
    collection(&features)
}

#[test]
fn polygons_of_people_that_are_there_twice_are_told() {
    let town = Town::new(POLYGONS);
    let mut features: Vec<(String, String)> = HOMES
        .iter()
        .zip([1000, 3000, 4000])
        .map(|((_, x, y), people)| (format!(r#""people":{people}"#), square(*x, *y, 500.0)))
        .collect();
    features.push(features[1].clone());
    town.write("people.geojson", &collection(&features));
    town.expect(
        [400.0 / 11.0, 2400.0 / 11.0, 1600.0 / 11.0],
        &[
            "warning[repeated_people]",
            "1 polygons repeat another one",
            "3000.0 people count again, 27.27 % of all",
        ],
    );
    // The same polygon with another number: two groups of people.
    features[3].0 = r#""people":1"#.to_owned();
    town.write("people.geojson", &collection(&features));
    assert!(!town.run().0.contains("repeated_people"));
}

#[test]
fn texts_with_separators_in_polygons_are_numbers_and_unusable_ones_are_told() {
    let town = Town::new(POLYGONS);
    town.write("people.geojson", &people_polygons([r#""1,000""#, r#""３０００""#, r#""4 000""#]));
    let messages = town.expect([50.0, 150.0, 200.0], &[]);
    assert!(!messages.contains("bad_population"), "{messages}");
    for (value, shown) in [("null", "(empty)"), (r#""-3""#, "-3"), (r#""many""#, "many")] {
        town.write("people.geojson", &people_polygons([r#""1000""#, r#""3000""#, value]));
        town.expect(
            [100.0, 300.0, 0.0],
            &["warning[bad_population]", "1 polygons without", &format!("value \"{shown}\"")],
        );
    }
    // Beyond all people: the table is damaged.
    for absurd in [r#""1e30""#, "1e300", "-1e15"] {
        town.write("people.geojson", &people_polygons([r#""1000""#, r#""3000""#, absurd]));
        town.refuses(&["error[bad_population]", "1 polygons without", "numbers from 0 to 1e12"]);
    }
}

#[test]
fn points_without_a_usable_number_are_told_with_an_example() {
    let town = Town::new("source = { path = \"people.csv\", crs = \"EPSG:4549\" }\nweight = [\"people\"]");
    let rows = |last: &str| {
        let at = |i: usize| format!("{},{}", X + HOMES[i].1 + 100.0, Y + HOMES[i].2 + 100.0);
        format!("x,y,people\n{},1000\n{},3000\n{},{last}\n", at(0), at(1), at(2))
    };
    town.write("people.csv", &rows("４０００"));
    town.expect([50.0, 150.0, 200.0], &[]);
    // A missing value stands with its line in a finding of its own.
    let cases = [("", "value \"(empty)\""), ("n/a", "line 4: \"n/a\""), ("-1", "value \"-1\"")];
    for (value, shown) in cases {
        town.write("people.csv", &rows(value));
        town.expect([100.0, 300.0, 0.0], &["warning[bad_population]", "1 points without", shown]);
    }
    for absurd in ["4.7e18", "1e300", "-1e300"] {
        town.write("people.csv", &rows(absurd));
        town.refuses(&["error[bad_population]", "1 points without", "numbers from 0 to 1e12"]);
    }
}

#[test]
fn a_zone_without_a_population_is_refused_where_there_is_land_to_place_on() {
    let table = |rows: &str| Town::new("kind = \"zones\"").with_table(rows);
    table("Z1,4000\nZ2,4000").expect([100.0, 100.0, 200.0], &[]);
    for cell in ["", "—"] {
        table(&format!("Z1,4000\nZ2,{cell}")).refuses(&[
            "error[zone_without_population]",
            "Z2",
            "33.3 % of the homes ground",
            "rule \"homes\"",
        ]);
    }
    table("Z1,4000\nZ2,0").expect([200.0, 200.0, 0.0], &[]);
    // Nothing could be placed in a zone without homes: its people are told, its gap is no harm.
    let mut town = table("Z1,4000\nZ2,4000\nZ3,500");
    let three: Vec<(String, String)> = [("Z1", 0.0), ("Z2", 2000.0), ("Z3", 4000.0)]
        .iter()
        .map(|(id, x)| (format!(r#""id":"{id}","name":"{id}""#), square(*x, 0.0, 2000.0)))
        .collect();
    town.write("zones.geojson", &collection(&three));
    town.expect(
        [100.0, 100.0, 200.0],
        &["warning[people_outside_class]", "500 people live in zones without a homes parcel"],
    );
    town = town.with_table("Z1,4000\nZ2,4000\nZ3,");
    let messages = town.expect([100.0, 100.0, 200.0], &[]);
    assert!(!messages.contains("zone_without_population"), "{messages}");
}

#[test]
fn a_working_crs_that_distorts_or_is_none_names_the_one_of_the_city() {
    for (crs, code) in
        [("EPSG:3857", "distorting_crs"), ("EPSG:4490", "working_crs"), ("EPSG:2249", "working_crs")]
    {
        let mut town = Town::new(RASTER);
        town.raster(16, |_, _| None);
        town.crs = crs;
        town.refuses(&[&format!("error[{code}]"), crs, "EPSG:4549", "EPSG:32651"]);
    }
}

#[test]
fn a_relative_path_into_a_zip_is_relative_to_the_pipeline_file() {
    let zipped = |path: &str| {
        format!(
            "source = {{ path = \"{path}\", crs = \"EPSG:4549\" }}\nkind = \"polygons\"\nweight = [\"people\"]"
        )
    };
    for path in ["people.zip", "/vsizip/people.zip/data/people.geojson"] {
        let town = Town::new(&zipped(path));
        let file = fs::File::create(town.path("people.zip")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        zip.start_file("data/people.geojson", zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, people_polygons(["1000", "3000", "4000"]).as_bytes()).unwrap();
        zip.finish().unwrap();
        town.expect([50.0, 150.0, 200.0], &["info[archive_member]", "data/people.geojson"]);
    }
}

#[test]
fn densities_are_no_numbers_of_people_unless_the_unit_says_so() {
    let field =
        |name: &str, values: [&str; 3]| people_polygons(values).replace("\"people\"", &format!("\"{name}\""));
    let layer = |name: &str, unit: &str| {
        format!("{}{unit}", POLYGONS.replace("[\"people\"]", &format!("[\"{name}\"]")))
    };
    for name in ["pop_density", "人口密度", "人/平方公里"] {
        let town = Town::new(&layer(name, ""));
        town.write("people.geojson", &field(name, ["1000", "3000", "4000"]));
        town.refuses(&["error[people_per_area]", name, "unit = \"persons/km2\""]);
        let town = Town::new(&layer(name, "\nunit = \"persons\""));
        town.write("people.geojson", &field(name, ["1000", "3000", "4000"]));
        town.expect([50.0, 150.0, 200.0], &[]);
    }
    // The homes have 0.25 km² each, the polygons of people too: shares stay, numbers are a quarter.
    let town = Town::new(&layer("people", "\nunit = \"persons/km2\"")).with_table("Z1,1000\nZ2,1000");
    town.write("people.geojson", &field("people", ["4000", "12000", "16000"]));
    town.expect([50.0, 150.0, 200.0], &["8000 people in the parcels"]);
    let town = Town::new("source = { path = \"density.tif\" }\nkind = \"raster\"");
    town.raster(16, |_, _| None);
    fs::rename(town.path("people.tif"), town.path("density.tif")).unwrap();
    town.expect([50.0, 150.0, 200.0], &["warning[people_per_area]", "density"]);
    // 8,000 people per km² on 0.75 km² of homes: 6.25 hectares a pixel.
    let town = Town::new(&format!("{RASTER}\nunit = \"persons/ha\""));
    town.raster(16, |_, _| None);
    town.expect([50.0, 150.0, 200.0], &["warning[implausible_density]", "50000 people on 0.75 km²"]);
    Town::new("source = { path = \"people.csv\", crs = \"EPSG:4549\" }\nkind = \"points\"\nweight = [\"people\"]\nunit = \"persons/ha\"")
        .refuses(&["error[population_unit]"]);
    // Points have no ground: a density is none of theirs whatever the unit.
    let town = Town::new(
        "source = { path = \"people.csv\", crs = \"EPSG:4549\" }\nkind = \"points\"\nweight = [\"人口密度\"]",
    );
    town.refuses(&["error[people_per_area]", "unit = \"persons\" in [layers.population]"]);
}

#[test]
fn densities_of_a_layer_in_degrees_count_by_the_ground_in_metres() {
    let layer = POLYGONS.replace("EPSG:4549", "EPSG:4326") + "\nunit = \"persons/km2\"";
    let town = Town::new(&layer).with_table("Z1,1000\nZ2,1000");
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let mut text = people_polygons(["4000", "12000", "16000"]);
    for (_, x, y) in HOMES {
        for (x, y) in
            [(X + x, Y + y), (X + x + 500.0, Y + y), (X + x + 500.0, Y + y + 500.0), (X + x, Y + y + 500.0)]
        {
            let (mut lon, mut lat) = ([x], [y]);
            crs.to_wgs84(&mut lon, &mut lat).unwrap();
            text = text.replace(&format!("[{x},{y}]"), &format!("[{},{}]", lon[0], lat[0]));
        }
    }
    assert!(!text.contains("[56"), "{text}");
    town.write("people.geojson", &text);
    // 0.25 km² of each: 1000, 3000 and 4000 people.
    town.expect([50.0, 150.0, 200.0], &["8000 people in the parcels"]);
}

#[test]
fn units_in_the_names_of_columns_with_people_are_heeded() {
    let town = |names: &str, people: &str| {
        let layer = POLYGONS.replace("[\"people\"]", names);
        let town = Town::new(&layer).with_table("Z1,1000\nZ2,1000");
        town.write("people.geojson", people);
        town
    };
    // 千人 and 百人 beside persons: the mean of two columns is of persons.
    let mut both = people_polygons(["1,\"常住人口\":3000", "3,\"常住人口\":9000", "4,\"常住人口\":12000"]);
    both = both.replace("\"people\"", "\"户籍人口_千人\"");
    let told = ["info[unit_converted]", "says 千人", "16000 people in the parcels"];
    town("[\"户籍人口_千人\", \"常住人口\"]", &both).expect([50.0, 150.0, 200.0], &told);
    let hundreds = |values| people_polygons(values).replace("\"people\"", "\"people_百人\"");
    town("[\"people_百人\"]", &hundreds(["10", "30", "40"]))
        .expect([50.0, 150.0, 200.0], &["says 百人", "8000 people in the parcels"]);
    // The declared unit has the last word.
    town("[\"people_百人\"]\nunit = \"persons\"", &hundreds(["1000", "3000", "4000"]))
        .expect([50.0, 150.0, 200.0], &["8000 people in the parcels"]);
}
