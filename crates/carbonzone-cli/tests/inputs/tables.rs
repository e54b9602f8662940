//! Tables as people keep them, through the built binary: right tonnes, or a message with line, cell and value.

use crate::assert_mentions;
use crate::common::{expect, run};
use crate::workbook::{Part, f, n, row, s, styled, xlsx};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Three townships side by side, each with a block of homes; works in the first and the second, a wood in the third.
pub struct Town {
    dir: tempfile::TempDir,
    pub population: &'static str,
    pub table: &'static str,
    pub poi: &'static str,
    pub inventory: &'static str,
}

const GIVEN: &str = "[inventory]\nunit = \"t\"\n\
    [[inventory.totals]]\nsector = \"construction\"\nland_group = \"urban\"\namount = 300000.0\n\
    [[inventory.totals]]\nsector = \"industry\"\nland_group = \"industrial\"\namount = 1000.0\n\
    [sinks]\nset = \"lit_low\"\n";

impl Town {
    pub fn new() -> Self {
        let town = Self {
            dir: tempfile::tempdir().unwrap(),
            population: "source = { path = \"people.csv\", crs = \"EPSG:4326\" }\nkind = \"points\"\nweight = [\"people\"]",
            table: "path = \"stats.csv\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"",
            poi: "path = \"poi.csv\", crs = \"EPSG:4326\"",
            inventory: GIVEN,
        };
        town.zones(&["Z1", "Z2", "Z3"]);
        let mut parcels = Vec::new();
        for (i, x) in [120.60, 120.61, 120.62].into_iter().enumerate() {
            parcels.push(square(x + 0.001, 31.301, &format!("\"id\":\"H{}\",\"code\":\"0701\"", i + 1)));
            let code = ["0601", "0601", "0301"][i];
            parcels.push(square(x + 0.005, 31.301, &format!("\"id\":\"W{}\",\"code\":\"{code}\"", i + 1)));
        }
        town.write("parcels.geojson", collection(&parcels));
        town.write("people.csv", people("", &["1000", "3000", "4000"]));
        town.write("stats.csv", "id,population,gdp\nZ1,9000,90000\nZ2,5000,50000\nZ3,2000,20000\n");
        town.write(
            "poi.csv",
            "id,name,type,lon,lat\nA,一厂,170300,120.607,31.303\nB,二厂,170300,120.617,31.303\n",
        );
        town
    }

    pub fn zones(&self, ids: &[&str; 3]) {
        let feature = |(x, id): (f64, &&str)| {
            format!(
                "{{\"type\":\"Feature\",\"properties\":{{\"id\":\"{id}\",\"name\":\"{id}镇\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x},31.30],[{0},31.30],[{0},31.31],[{x},31.31],[{x},31.30]]]}}}}",
                ((x + 0.01) * 100.0).round() / 100.0
            )
        };
        let zones: Vec<String> = [120.60, 120.61, 120.62].into_iter().zip(ids).map(feature).collect();
        self.write("zones.geojson", collection(&zones));
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.dir.path().join(name), bytes).unwrap();
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn pipeline(&self) -> String {
        let rule = |id: &str, budget: &str, land: &str, proxy: &str| {
            format!(
                "[[allocate]]\nid = \"{id}\"\nbudget = \"{budget}\"\nland = [\"{land}\"]\nproxies = [\"{proxy}\"]\n"
            )
        };
        let given = self.inventory == GIVEN;
        let homes = if given { "construction:urban" } else { "construction:urban_residential" };
        let mut rules = rule("homes", homes, "urban_residential", "population");
        rules += &rule("works", "industry:industrial", "industrial", "poi:industry");
        if !given {
            rules += &rule("wood", "sink:forest", "forest", "area");
        }
        let toml = format!(
            "[city]\nname = \"town\"\nyear = 2020\ncrs = \"EPSG:4549\"\nsynthetic = true\n\
             [layers.parcels]\nsource = {{ path = \"parcels.geojson\" }}\nid = \"id\"\nland_use = \"code\"\n\
             [layers.zones]\nsource = {{ path = \"zones.geojson\" }}\nid = \"id\"\nname = \"name\"\n\
             [[layers.zones.tables]]\n{}\n\
             [layers.poi]\nsource = {{ {} }}\nid = \"id\"\nname = \"name\"\ntype = \"type\"\ngroups = \"amap\"\n\
             [layers.population]\n{}\n{}\n{rules}[outputs]\nmaps = false\n",
            self.table, self.poi, self.population, self.inventory
        );
        self.write("town.toml", toml);
        self.path("town.toml")
    }

    /// Runs it and gives what was said with the tonnes of each parcel.
    pub fn run(&self) -> (String, BTreeMap<String, f64>) {
        let (_, said) =
            expect(0, &["run", &self.pipeline(), "--out", &self.path("out"), "--overwrite", "--no-maps"]);
        let (_, table) =
            carbonzone_io::read_own_layer(Path::new(&self.path("out/town.gpkg")), "parcels").unwrap();
        let ids = table.texts("unit_id").unwrap();
        let tonnes = table.numbers("gross_t").unwrap();
        (said, ids.into_iter().flatten().zip(tonnes.into_iter().flatten()).collect())
    }

    /// What `run` refuses.
    pub fn refused(&self) -> String {
        let out = run(&["run", &self.pipeline(), "--out", &self.path("refused"), "--no-maps", "--quiet"]);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{said}");
        assert!(!Path::new(&self.path("refused")).exists(), "nothing is written");
        said
    }

    /// The homes must have these tonnes.
    pub fn expect_homes(&self, expected: [f64; 3]) -> String {
        let (said, tonnes) = self.run();
        for (i, t) in expected.into_iter().enumerate() {
            let got = tonnes[&format!("H{}", i + 1)];
            assert!((got - t).abs() <= 1e-6 * t.max(1.0), "H{}: {got}, not {t}\n{said}", i + 1);
        }
        said
    }

    pub fn zone_numbers(&self, field: &str) -> Vec<f64> {
        let (_, table) =
            carbonzone_io::read_own_layer(Path::new(&self.path("out/town.gpkg")), "townships").unwrap();
        table.numbers(field).unwrap().into_iter().flatten().collect()
    }
}

pub fn square(x: f64, y: f64, properties: &str) -> String {
    let (x2, y2) = (x + 0.003, y + 0.004);
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x:.4},{y:.4}],[{x2:.4},{y:.4}],[{x2:.4},{y2:.4}],[{x:.4},{y2:.4}],[{x:.4},{y:.4}]]]}}}}"
    )
}

pub fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

/// One point in the homes of each township; `remark` is the cell of the second row.
pub fn people(remark: &str, counts: &[&str; 3]) -> String {
    let mut text = String::from("grid,lon,lat,remark,people\n");
    for (i, (lon, count)) in ["120.602", "120.612", "120.622"].into_iter().zip(counts).enumerate() {
        let remark = if i == 1 { remark } else { "\"note\"" };
        let _ = writeln!(text, "G{i},{lon},31.303,{remark},{count}");
    }
    text
}

/// Shares of 300,000 t.
pub fn shares(people: [f64; 3]) -> [f64; 3] {
    let total: f64 = people.iter().sum();
    people.map(|p| 300_000.0 * p / total)
}

fn stats(cells: &[(&str, f64, f64); 3]) -> Vec<String> {
    let mut rows = vec![row(1, "", &[s("A1", "id"), s("B1", "population"), s("C1", "gdp")])];
    for (i, (id, population, gdp)) in cells.iter().enumerate() {
        let r = i + 2;
        let cells = [s(&format!("A{r}"), id), n(&format!("B{r}"), *population), n(&format!("C{r}"), *gdp)];
        rows.push(row(r, "", &cells));
    }
    rows
}

const PLAIN: [(&str, f64, f64); 3] =
    [("Z1", 9000.0, 90000.0), ("Z2", 5000.0, 50000.0), ("Z3", 2000.0, 20000.0)];

#[test]
fn a_stray_quote_among_points_is_text_and_told_with_its_line() {
    let town = Town::new();
    for remark in ["\"5 号楼", "5\" 管", "\"5 号\"楼"] {
        town.write("people.csv", people(remark, &["1000", "3000", "4000"]));
        let said = town.expect_homes(shares([1000.0, 3000.0, 4000.0]));
        let opens = remark.starts_with('"');
        assert_eq!(
            said.contains("warning[stray_quote]") && said.contains("line 3"),
            opens,
            "{remark}: {said}"
        );
    }
    // A quoted line end of a sound file is part of its cell.
    town.write("people.csv", people("\"first\nsecond, third\"", &["1000", "3000", "4000"]));
    let said = town.expect_homes(shares([1000.0, 3000.0, 4000.0]));
    assert!(!said.contains("stray_quote"), "{said}");
}

#[test]
fn rows_of_points_with_more_or_fewer_cells_than_the_header_are_refused() {
    let town = Town::new();
    town.write("people.csv", people("x", &["1,950", "3,050", "900"]));
    assert_mentions(
        &town.refused(),
        &["error[ragged_rows]", "line 2 has 6 cells, the header 5", "lines 2, 3", "quotes"],
    );
    let whole = people("x", &["1000", "3000", "4000"]);
    town.write("people.csv", whole.trim_end().trim_end_matches(",4000"));
    assert_mentions(&town.refused(), &["error[ragged_rows]", "line 4 has 4 cells, the header 5"]);
    town.write("people.csv", people("x", &["1000", "3000", "4000,,"]));
    town.expect_homes(shares([1000.0, 3000.0, 4000.0]));
}

#[test]
fn points_read_numbers_as_tables_do() {
    let town = Town::new();
    town.write("people.csv", people("x", &["\"950\"", "\"3,000\"", "４０００"]));
    let said = town.expect_homes(shares([950.0, 3000.0, 4000.0]));
    assert_mentions(&said, &["info[thousands_separator]", "\"3,000\" is 3000"]);
    town.write("people.csv", people("x", &["\"950,5\"", "\"3,000\"", "4 000"]));
    let said = town.expect_homes(shares([950.5, 3.0, 4000.0]));
    assert_mentions(&said, &["warning[decimal_comma]", "because of \"950,5\""]);
    town.write("people.csv", people("x", &["1000", "约3千", "—"]));
    let said = town.expect_homes(shares([1000.0, 0.0, 0.0]));
    assert_mentions(
        &said,
        &["warning[not_a_number]", "line 3: \"约3千\"", "warning[missing_value]", "line 4: \"—\""],
    );
}

#[test]
fn a_share_where_an_amount_is_asked_for_is_a_finding_with_its_place() {
    let mut town = Town::new();
    for cell in ["12%", "１２％", "5‰"] {
        town.write("people.csv", people("x", &["1000", cell, "4000"]));
        let said = town.expect_homes(shares([1000.0, 0.0, 4000.0]));
        assert_mentions(
            &said,
            &["warning[not_a_number]", &format!("line 3: \"{cell}\""), "is a share (%, ‰)"],
        );
    }
    town.write("people.csv", people("", &["1000", "3000", "4000"]));
    for (cells, cell) in [(["12%", "50000"], "B3"), (["5000", "３．５％"], "C3")] {
        let table =
            format!("id,population,gdp\nZ1,9000,90000\nZ2,{},{}\nZ3,2000,20000\n", cells[0], cells[1]);
        town.write("stats.csv", table);
        assert_mentions(&town.refused(), &["error[not_a_number]", &format!("cell {cell}"), "an amount"]);
    }
    // In a workbook the cell holds 0.12 and shows 12 %.
    let mut rows = stats(&PLAIN);
    let cells = [s("A3", "Z2"), styled("B3", 2, 0.12), n("C3", 50000.0)];
    rows[2] = row(3, "", &cells);
    town.write("stats.xlsx", xlsx(&[Part::new("2020", &rows)], ""));
    town.table = "path = \"stats.xlsx\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"";
    assert_mentions(&town.refused(), &["error[not_a_number]", "cell B3", "\"12%\" is a share"]);
}

#[test]
fn people_that_are_listed_twice_are_told_with_the_people_at_stake() {
    let town = Town::new();
    let once = people("x", &["1000", "3000", "4000"]);
    assert!(!town.expect_homes(shares([1000.0, 3000.0, 4000.0])).contains("repeated_people"));
    // The same place and number under another id: a file that was appended to itself.
    town.write("people.csv", format!("{once}G7,120.612,31.303,again,3000\n"));
    let said = town.expect_homes(shares([1000.0, 6000.0, 4000.0]));
    assert_mentions(
        &said,
        &[
            "warning[repeated_people]",
            "1 points repeat another one",
            "3000.0 people count again, 27.27 % of all",
        ],
    );
    // Another number at the place, or the number at another place, is no repetition.
    town.write("people.csv", format!("{once}G7,120.612,31.303,a,1\nG8,120.6121,31.303,b,3000\n"));
    assert!(!town.run().0.contains("repeated_people"));
    // A row of a zone table that is there twice names its key.
    town.write("people.csv", once);
    town.write("stats.csv", "id,population,gdp\nZ1,9000,9\nZ2,5000,5\nZ2,5000,5\nZ3,2000,2\n");
    assert_mentions(&town.refused(), &["error[ambiguous_rows]", "Z2"]);
}

#[test]
fn rows_of_a_table_of_a_nation_are_chosen_and_other_places_ignored_with_their_number() {
    let mut town = Town::new();
    let nation = "id,state,year,population,gdp\nZ1,J,2020,9000,\"90,000\"\nZ2,J,2020,5000,50000\nZ3,J,2020,2000,20000\n\
        Z1,J,2019,1,1\nQ1,J,2020,7,7\nQ2,K,2020,8,8\n";
    town.write("stats.csv", nation);
    assert_mentions(&town.refused(), &["error[unmatched_table_rows]", "error[ambiguous_rows]"]);
    let table = |more: &str| {
        format!("path = \"stats.csv\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"\n{more}")
    };
    town.table = table("where = \"year = 2020 AND gdp < 95000\"\nother_rows = \"ignore\"").leak();
    let (said, _) = town.run();
    assert_mentions(
        &said,
        &["info[filtered_rows]", "5 of 6 rows are kept", "info[other_rows_ignored]", "2 of 5 rows", "Q1, Q2"],
    );
    assert_eq!(town.zone_numbers("gdp_1e4cny"), [90000.0, 50000.0, 20000.0]);
    // Rows of which nobody can say whether they are meant are told with cell and value.
    town.write("stats.csv", nation.replace("Q1,J,2020", "Q1,J,约2020").replace("Q2,K,2020", "Q2,K,"));
    let undecided = ["warning[filter_undecided]", "cell C6: \"约2020\"", "empty there: cell C7"];
    assert_mentions(&town.run().0, &undecided);
    // A zone without a row is no other place.
    town.write("stats.csv", nation.replace("Z3,J", "Z4,J"));
    assert_mentions(&town.refused(), &["error[unmatched_zones]", "Z3"]);
    town.table = table("where = \"jahr = 2020\"").leak();
    assert_mentions(&town.refused(), &["error[bad_filter]", "jahr", "year"]);
    town.table = table("where = \"year = 1999\"").leak();
    assert_mentions(&town.refused(), &["error[filtered_rows]", "0 of 6 rows"]);
}

#[test]
fn one_broken_byte_leaves_the_encoding_as_it_is() {
    let town = Town::new();
    let mut bytes = fs::read(town.path("poi.csv")).unwrap();
    let at = bytes.windows(3).position(|w| w == "二".as_bytes()).unwrap();
    bytes.insert(at, 0xff);
    town.write("poi.csv", &bytes);
    let (said, tonnes) = town.run();
    assert_mentions(&said, &["warning[undecodable_bytes]", "line 3"]);
    assert!((tonnes["W1"] - 500.0).abs() < 1e-6 && (tonnes["W2"] - 500.0).abs() < 1e-6, "{tonnes:?}");
}

#[test]
fn ragged_rows_of_a_zone_table_are_refused() {
    let town = Town::new();
    town.write("stats.csv", "id,population,gdp\nZ1,1,000,10\nZ2,2,000,20\nZ3,500,7\n");
    assert_mentions(
        &town.refused(),
        &["error[ragged_rows]", "line 2 has 4 cells, the header 3; so have lines 2, 3"],
    );
    town.write("stats.csv", "id,population,gdp\nZ1,9000,90000\nZ2,5000\nZ3,2000,20000\n");
    assert_mentions(&town.refused(), &["error[ragged_rows]", "line 3 has 2 cells"]);
}

#[test]
fn a_scheme_with_a_row_cut_off_names_its_line() {
    let town = Town::new();
    let groups = "code,group,mode\n# comment, with commas, of any number\n170300,industry\n";
    town.write("groups.csv", groups);
    let toml =
        fs::read_to_string(town.pipeline()).unwrap().replace("groups = \"amap\"", "groups = \"groups.csv\"");
    town.write("own.toml", toml);
    let out = run(&["check", &town.path("own.toml"), "--quiet"]);
    assert_mentions(
        &String::from_utf8_lossy(&out.stdout),
        &["ragged_rows", "line 3 has 2 cells, the header 3"],
    );
}

#[test]
fn a_formula_without_a_value_is_refused_in_zone_tables_and_yearbooks() {
    let mut town = Town::new();
    let mut rows = stats(&PLAIN);
    rows[2] = row(3, "", &[s("A3", "Z2"), f("B3", "2500+2500"), n("C3", 50000.0)]);
    town.write("stats.xlsx", xlsx(&[Part::new("2020", &rows)], ""));
    town.table = "path = \"stats.xlsx\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"";
    assert_mentions(
        &town.refused(),
        &["error[formula_without_value]", "sheet \"2020\", cell B3", "=2500+2500", "save it"],
    );
    let mut town = Town::new();
    let cells = |r: usize, words: [&str; 5], value: String| {
        let mut cells: Vec<String> =
            ["A", "B", "C", "D"].iter().zip(words).map(|(c, w)| s(&format!("{c}{r}"), w)).collect();
        cells.extend([value, s(&format!("F{r}"), words[4])]);
        row(r, "", &cells)
    };
    let coal = |activity| ["industry", "manufacturing_energy", activity, "万吨", "industrial"];
    let yearbook = [
        cells(1, ["sector", "category", "activity", "unit", "land_group"], s("E1", "value")),
        cells(2, coal("原煤"), n("E2", 100.0)),
        cells(3, coal("焦炭"), f("E3", "20+30")),
        cells(
            4,
            ["construction", "residential_urban", "天然气", "亿立方米", "urban_residential"],
            n("E4", 1.0),
        ),
    ];
    town.write("yearbook.xlsx", xlsx(&[Part::new("能源", &yearbook)], ""));
    town.inventory = "[inventory.activity]\nyear = 2020\nfiles = [{ path = \"yearbook.xlsx\" }]\nelectricity_boundary = \"territorial\"\nwithout = [\"waste\", \"transport\", \"agriculture\", \"sink\"]\n";
    assert_mentions(&town.refused(), &["error[formula_without_value]", "sheet \"能源\", cell E3", "=20+30"]);
}

#[test]
fn the_visible_sheet_is_read_and_stands_in_run_json() {
    let mut town = Town::new();
    let old = [("Z1", 1.0, 1.0), ("Z2", 1.0, 1.0), ("Z3", 1.0, 1.0)];
    town.write(
        "stats.xlsx",
        xlsx(&[Part::new("旧", &stats(&old)).hidden(), Part::new("2020", &stats(&PLAIN))], ""),
    );
    town.table = "path = \"stats.xlsx\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"";
    let (said, _) = town.run();
    assert_mentions(&said, &["info[sheet_read]", "\"2020\"", "\"旧\" (hidden)"]);
    assert_eq!(town.zone_numbers("population_persons"), [9000.0, 5000.0, 2000.0]);
    let manifest: carbonzone_types::RunManifest =
        serde_json::from_str(&fs::read_to_string(town.path("out/run.json")).unwrap()).unwrap();
    let record = manifest.inputs.iter().find(|i| i.role == "zone_table").unwrap();
    assert_eq!(record.layer, "2020");
}

#[test]
fn the_same_column_twice_is_refused_when_it_is_asked_for() {
    let town = Town::new();
    town.write("stats.csv", "id,population,gdp,population,gdp\nZ1,1,2,3,4\nZ2,1,2,3,4\nZ3,1,2,3,4\n");
    let said = town.refused();
    assert_mentions(
        &said,
        &[
            "error[same_column_twice]",
            "\"population\" occurs 2 times (B and D)",
            "\"gdp\" occurs 2 times (C and E)",
        ],
    );
    town.write("stats.csv", "id,population,gdp\nZ1,9000,90000\nZ2,5000,50000\nZ3,2000,20000\n");
    town.write("people.csv", people("x", &["1", "2", "3"]).replace("remark", "people"));
    assert_mentions(&town.refused(), &["error[same_column_twice]", "columns 4 and 5"]);
}

#[test]
fn workbooks_made_to_hurt_end_in_a_message() {
    let mut town = Town::new();
    town.table = "path = \"stats.xlsx\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"";
    let corner = [row(1, "", &[n("A1", 1.0)]), row(1_048_576, "", &[n("XFD1048576", 1.0)])];
    town.write("stats.xlsx", xlsx(&[Part::new("Sheet1", &corner)], ""));
    assert_mentions(&town.refused(), &["error[no_header]", "sheet \"Sheet1\""]);
    town.write("stats.xlsx", xlsx(&[Part::new("Sheet1", &[row(1, "", &[n("A99999999999", 1.0)])])], ""));
    let said = town.refused();
    assert_mentions(&said, &["error[broken_table]", "sheet \"Sheet1\"", "save it as .xlsx or .csv"]);
    assert!(!said.contains("panicked"), "{said}");
    // A workbook in the old format, cut off.
    let old = crate::common::root().join("crates/carbonzone-sheet/tests/data/yearbook.xls");
    let bytes = fs::read(old).unwrap();
    town.write("stats.xlsx", &bytes[..bytes.len() - 1500]);
    assert_mentions(&town.refused(), &["error[broken_table]", "stats.xlsx"]);
}

#[test]
fn units_of_a_title_a_row_of_units_and_a_header_are_converted_and_told() {
    let mut town = Town::new();
    let tables = [
        "2020年各乡镇主要指标,,\n单位：万人、亿元,,\nid,population,gdp\nZ1,0.9,9\nZ2,0.5,5\nZ3,0.2,2\n",
        "id,population,gdp\n单位,万人,亿元\nZ1,0.9,9\nZ2,0.5,5\nZ3,0.2,2\n",
        "id,population（万人）,gdp [亿元]\nZ1,0.9,9\nZ2,0.5,5\nZ3,0.2,2\n",
    ];
    for table in tables {
        town.write("stats.csv", table);
        let (said, _) = town.run();
        assert_mentions(&said, &["info[unit_converted]", "万人", "亿元", "multiplied by 10000"]);
        assert_eq!(town.zone_numbers("population_persons"), [9000.0, 5000.0, 2000.0], "{table}");
        assert_eq!(town.zone_numbers("gdp_1e4cny"), [90000.0, 50000.0, 20000.0], "{table}");
    }
    // The pipeline file has the last word.
    town.table = "path = \"stats.csv\"\nkey = \"id\"\npopulation = \"population\"\npopulation_unit_persons = 1000\ngdp = \"gdp\"";
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[unit_suspect]", "population_unit_persons = 1000 is used"]);
    assert_eq!(town.zone_numbers("population_persons"), [900.0, 500.0, 200.0]);
    // Another currency is nobody's 万元.
    town.table = "path = \"stats.csv\"\nkey = \"id\"\npopulation = \"population\"\ngdp = \"gdp\"";
    town.write("stats.csv", "id,population,gdp（亿美元）\nZ1,9000,9\nZ2,5000,5\nZ3,2000,2\n");
    assert_mentions(&town.refused(), &["error[unit_suspect]", "美元", "gdp_unit_1e4cny"]);
}

#[test]
fn numbers_that_no_township_has_are_warned_about() {
    let town = Town::new();
    town.write("stats.csv", "id,population,gdp\nZ1,0.9,9\nZ2,0.5,5\nZ3,0.2,2\n");
    let (said, _) = town.run();
    assert_mentions(
        &said,
        &["warning[implausible_population]", "0.5 persons", "population_unit_persons = 10000"],
    );
    town.write("stats.csv", "id,population,gdp\nZ1,9000,9\nZ2,5000,5\nZ3,2000,2\n");
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[implausible_gdp]", "0.0010 (1e4 CNY) per person"]);
    town.write("stats.csv", "id,population,gdp\nZ1,9000000,90000000\nZ2,5000,50000\nZ3,2000,20000\n");
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[implausible_population]", "per km²"]);
}

#[test]
fn totals_in_another_unit_than_they_say_are_warned_of() {
    let town = Town::new();
    let (said, _) = town.run();
    assert!(!said.contains("implausible_emissions"), "{said}");
    // 301,000 t for sixteen million people: 0.3 Mt called t, or people counted a thousand times.
    town.write(
        "stats.csv",
        "id,population,gdp\nZ1,9000000,90000000\nZ2,5000000,50000000\nZ3,2000000,20000000\n",
    );
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[implausible_emissions]", "1.881e-2 t CO2e per person", "Mt"]);
}

#[test]
fn the_area_of_a_sink_is_compared_with_the_parcels() {
    let mut town = Town::new();
    let yearbook = |hectares: f64| {
        format!(
            "sector,category,activity,unit,value,land_group\nindustry,manufacturing_energy,原煤,万吨,1,industrial\n\
             construction,residential_urban,天然气,亿立方米,1,urban_residential\nsink,land,林地,公顷,{hectares},forest\n"
        )
    };
    town.inventory = "[inventory.activity]\nyear = 2020\nfiles = [{ path = \"yearbook.csv\" }]\nelectricity_boundary = \"territorial\"\nwithout = [\"waste\", \"transport\", \"agriculture\"]\n";
    // The wood has some 12.7 ha.
    town.write("yearbook.csv", yearbook(12.0));
    let (said, _) = town.run();
    assert!(!said.contains("sink_area_suspect"), "{said}");
    town.write("yearbook.csv", yearbook(12.7 * 2.4));
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[sink_area_suspect]", "2.4", "forest"]);
}

#[test]
fn parcels_that_cover_next_to_nothing_are_warned_about() {
    let town = Town::new();
    let parcels = [
        square(120.601, 31.301, "\"id\":\"H1\",\"code\":\"0701\""),
        square(120.605, 31.301, "\"id\":\"W1\",\"code\":\"0601\""),
    ];
    town.write("parcels.geojson", collection(&parcels));
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[little_cover]", "8.0 %"]);
}

#[test]
fn ids_that_differ_by_a_hyphen_join_as_they_are() {
    let town = Town::new();
    town.zones(&["1-11", "11-1", "1-12"]);
    town.write("stats.csv", "id,population,gdp\n11-1,5000,50000\n1-11,9000,90000\n1-12,2000,20000\n");
    let (said, _) = town.run();
    assert!(!said.contains("loose_keys"), "{said}");
    assert_eq!(town.zone_numbers("population_persons"), [9000.0, 2000.0, 5000.0]);
    town.zones(&["A-1", "A-2", "A-3"]);
    town.write("stats.csv", "id,population,gdp\na 1,9000,90000\nA-2,5000,50000\nA3,2000,20000\n");
    let (said, _) = town.run();
    assert_mentions(&said, &["info[loose_keys]", "a 1 = A-1, A3 = A-3"]);
}

#[test]
fn a_missing_population_is_named_with_its_cell_and_never_0() {
    let town = Town::new();
    for mark in ["—", "*****", "NULL", "", "N/A", "…"] {
        town.write(
            "stats.csv",
            format!("id,population,gdp\nZ1,9000,90000\nZ2,{mark},50000\nZ3,2000,20000\n"),
        );
        let (said, _) = town.run();
        let held = if mark.is_empty() { "empty".to_owned() } else { format!("\"{mark}\"") };
        assert_mentions(
            &said,
            &["warning[missing_population]", &format!("Z2 (Z2镇, stats.csv, cell B3: {held})")],
        );
        assert_eq!(town.zone_numbers("population_persons").len(), 2, "unknown is not 0");
    }
    town.write("stats.csv", "id,population,gdp\nZ1,9000,90000\nZ2,0.5万人,50000\nZ3,2000,20000\n");
    assert_mentions(&town.refused(), &["error[not_a_number]", "cell B3", "the unit \"万人\""]);
}

#[test]
fn totals_repeated_headers_and_notes_among_the_rows_are_told() {
    let town = Town::new();
    town.write(
        "stats.csv",
        "id,population,gdp\nZ1,9000,90000\nid,population,gdp\nZ2,5000,50000\nZ3,2000,20000\n,,\n",
    );
    let (said, _) = town.run();
    assert_mentions(&said, &["info[repeated_header]", ": 3"]);
    // A total that is the sum is left out; one that is not, or a row without a key, is refused with both numbers.
    let with_row =
        |row: &str| format!("id,population,gdp\nZ1,9000,90000\nZ2,5000,50000\nZ3,2000,20000\n{row}\n");
    for (total, said) in [
        ("合计,16000,160000", "合计 (cell A5) holds the sum"),
        ("Grand Total,\"16,000\",160000", "Grand Total (cell A5) holds the sum"),
        ("全市,16000,", "全市 (cell A5) holds the sum"),
        (",16000,160000", "a row without key (cell A5) holds the sum"),
    ] {
        town.write("stats.csv", with_row(total));
        let (found, _) = town.run();
        assert_mentions(&found, &["info[totals_row]", said]);
        assert_eq!(town.zone_numbers("population_persons"), [9000.0, 5000.0, 2000.0]);
    }
    town.write("stats.csv", with_row("合计,17000,160000"));
    assert_mentions(
        &town.refused(),
        &["error[totals_row]", "population 17000 against 16000", "skip = [\"合计\"]"],
    );
    town.write("stats.csv", with_row(",700,"));
    assert_mentions(
        &town.refused(),
        &["error[row_without_key]", "cell A5 names no unit", "700 against 16000"],
    );
    // A remark below is none of the rows; one between them, or one with a number, is refused.
    for remark in ["注：常住人口为年末数", "Source: yearbook 2020", ",\nNote,,"] {
        town.write("stats.csv", with_row(remark));
        assert_mentions(&town.run().0, &["info[remark_below]", "taken for a remark"]);
        assert_eq!(town.zone_numbers("population_persons"), [9000.0, 5000.0, 2000.0]);
    }
    town.write("stats.csv", with_row("Note,5,"));
    assert_mentions(&town.refused(), &["error[unmatched_table_rows]", "Note"]);
    // A township of that name is no total.
    town.zones(&["Z1", "Z2", "Total"]);
    town.write("stats.csv", "id,population,gdp\nZ1,9000,90000\nZ2,5000,50000\nTotal,2000,20000\n");
    assert!(!town.run().0.contains("totals_row"));
}
