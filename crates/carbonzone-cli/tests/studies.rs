//! The counties and raster series studies as a user runs them: small places with numbers by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::assumed;
use crate::common;
use crate::page;
use common::{expect, root};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

type Row = BTreeMap<String, String>;

/// Rows of a CSV without quoted line breaks.
fn rows(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(cells);
    let header = lines.next().unwrap();
    lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
}

/// Cells of a CSV line, quotes regarded.
fn cells(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            _ => out.last_mut().unwrap().push(c),
        }
    }
    out
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} = \"{}\"", row[column]))
}

fn of<'a>(rows: &'a [Row], key: &[(&str, &str)]) -> &'a Row {
    rows.iter().find(|r| key.iter().all(|(k, v)| r[*k] == *v)).unwrap_or_else(|| panic!("no row {key:?}"))
}

// ---- the published Guiyang tables ------------------------------------------------------------------------

#[test]
fn the_published_guiyang_tables_are_recomputed_cell_by_cell() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let pipeline = root().join("pipelines/guiyang-published.toml");
    let (summary, _) = expect(0, &["run", pipeline.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(summary.contains("42 of 48 recomputed cells agree"), "{summary}");
    let cells = rows(&out.join("published_vs_computed.csv"));
    let wrong = |table: &str| {
        cells.iter().filter(|r| r["table"] == table && r["agrees"] == "false").collect::<Vec<_>>()
    };
    assert_eq!(wrong("Table 3").len(), 0);
    assert_eq!(wrong("Table 2").len(), 8);
    assert!(
        wrong("Table 2")
            .iter()
            .all(|r| r["year"] == "2020" && r["unit_id"] != "Kaiyang" && !r["reason"].is_empty())
    );
    let zones = rows(&out.join("zoning.csv"));
    assert_eq!(of(&zones, &[("unit_id", "Kaiyang")])["zone"], "low_carbon_optimization");
    let changes = rows(&out.join("changes.csv"));
    let total = of(&changes, &[("unit_id", "total"), ("column", "gross_t")]);
    // Printed: -27.9 %.
    assert!((number(total, "change_pct") + 27.93).abs() < 0.005);
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    assert_eq!(manifest["study"], "counties");
    assert_eq!(manifest["inputs"].as_array().unwrap().len(), 3);
    assert!(manifest["statements"][0]["en"].as_str().unwrap().contains("circular"));
    // One basis, named: the headline is the class by the mean over the years, each year's class stands beside it.
    assert!(summary.contains("Class by the mean over the years · 分区（多年均值）"), "{summary}");
    let counties = rows(&out.join("counties.csv"));
    for row in &counties {
        assert_eq!(row["zone_of_mean"], of(&zones, &[("unit_id", &row["unit_id"])])["zone"]);
        assert_eq!(row["balance_state"], "source");
    }
    // Printed sums have no second side, so there is no balance; the maps break at the cuts that zoning used.
    assert_eq!(manifest["balances"].as_array().unwrap().len(), 0);
    let eec = manifest["indicators"].as_array().unwrap().iter().find(|i| i["key"] == "eec").unwrap();
    assert_eq!(eec["thresholds"].as_array().unwrap().len(), 2);
    assert!(eec["meaning"]["zh"].as_str().unwrap().contains("GDP 占比"), "{eec}");
}

#[test]
fn two_runs_of_the_published_tables_write_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = root().join("pipelines/guiyang-published.toml");
    for name in ["a", "b"] {
        let out = dir.path().join(name);
        expect(0, &["run", pipeline.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
    }
    for file in [
        "counties.csv",
        "zoning.csv",
        "changes.csv",
        "published_vs_computed.csv",
        "ledger.csv",
        "counties.xlsx",
    ] {
        let read = |run: &str| fs::read(dir.path().join(run).join(file)).unwrap();
        assert!(read("a") == read("b"), "{file} differs");
    }
}

// ---- two counties by hand --------------------------------------------------------------------------------

/// Squares of counties side by side, 2 km × 1 km each, in EPSG:4507.
fn counties(names: &[&str]) -> String {
    let mut features = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let (x0, x1) = (600_000 + 2_000 * i, 602_000 + 2_000 * i);
        features.push(format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"id\":\"{name}\",\"name\":\"{name}\"}},\"geometry\":{{\"type\":\"Polygon\",\
             \"coordinates\":[[[{x0},2940000],[{x1},2940000],[{x1},2941000],[{x0},2941000],[{x0},2940000]]]}}}}"
        ));
    }
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

/// An ESRI ASCII grid of one row of 1 km cells.
fn grid(values: &[f64]) -> String {
    let mut out = format!(
        "ncols {}\nnrows 1\nxllcorner 600000\nyllcorner 2940000\ncellsize 1000\nNODATA_value -9999\n",
        values.len()
    );
    let cells: Vec<String> = values.iter().map(f64::to_string).collect();
    let _ = writeln!(out, "{}", cells.join(" "));
    out
}

const ZONES: &str = "[layers.zones]\nsource = { path = \"counties.geojson\", crs = \"EPSG:4507\" }\nkind = \"counties\"\nid = \"id\"\nname = \"name\"\n";

#[test]
fn sinks_emissions_and_zones_of_three_counties_are_those_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("counties.geojson"), counties(&["a", "b", "c"])).unwrap();
    // Forest, cultivated, water, built, forest, forest: 100 ha each.
    fs::write(at("cover_2015.asc"), grid(&[2.0, 1.0, 4.0, 5.0, 2.0, 2.0])).unwrap();
    fs::write(at("cover_2020.asc"), grid(&[2.0, 2.0, 4.0, 5.0, 2.0, 9.0])).unwrap();
    let mut table = "id,year,people,gdp,energy,path\nc,2020,1,1,1,plan\nz,2015,7,7,7,\n".to_owned();
    for year in [2015, 2020] {
        for row in ["a,YEAR,10000,1000,0.5", "b,YEAR,20000,4000,1.0", "c,YEAR,10000,500,2.0"] {
            let _ = writeln!(table, "{},real", row.replace("YEAR", &year.to_string()));
        }
    }
    fs::write(at("table.csv"), table).unwrap();
    let toml = format!(
        "study = \"counties\"\n[city]\nname = \"three\"\nyears = [2015, 2020]\ncrs = \"EPSG:4507\"\n{ZONES}\
         [[layers.land_cover]]\nyear = 2015\npath = \"cover_2015.asc\"\ncrs = \"EPSG:4507\"\n\
         [[layers.land_cover]]\nyear = 2020\npath = \"cover_2020.asc\"\ncrs = \"EPSG:4507\"\n\
         [activity]\npath = \"table.csv\"\nkey = \"id\"\npopulation = \"people\"\ngdp = \"gdp\"\nenergy_tce_per_1e4cny = \"energy\"\n\
         where = \"path = 'real'\"\n\
         [sinks]\nclasses = {{ 1 = \"cultivated\", 2 = \"forest\", 4 = \"water\", 5 = \"built\" }}\n"
    );
    fs::write(at("three.toml"), toml).unwrap();
    let (pipeline, out) = (at("three.toml"), at("out"));
    let (_, messages) =
        expect(0, &["run", pipeline.to_str().unwrap(), "--no-maps", "--out", out.to_str().unwrap()]);
    assert!(messages.contains("values without a class: 9"), "{messages}");
    // The condition of the table: a plan is left out, a row that says nothing is told.
    assert!(messages.contains("6 of 8 rows are kept by where"), "{messages}");
    assert!(messages.contains("\"path\", which is empty there: cell F3"), "{messages}");
    assert!(messages.contains("warning[unverified_sink_coefficients]"), "{messages}");
    assert!(messages.contains("cultivated (1.16 t/ha), forest (3.55 t/ha)"), "{messages}");
    let sheets =
        carbonzone_sheet::read_sheets(&out.join("counties.xlsx"), &carbonzone_sheet::ReadOptions::default())
            .unwrap();
    for name in
        ["counties", "zoning", "changes", "sectors", "factors", "indices", "ledger", "findings", "notes"]
    {
        assert!(sheets.iter().any(|s| s.name == name), "{name}");
    }
    // A row of totals for each year, below three counties in two years.
    let years = sheets[0].rows[1].iter().position(|c| *c == carbonzone_sheet::Cell::text("year")).unwrap();
    let totals = [8, 9].map(|row| (sheets[0].cell(row, 0).raw_text(), sheets[0].cell(row, years).raw_text()));
    let total = |year: &str| (Some("合计".to_owned()), Some(year.to_owned()));
    assert_eq!(totals, [total("2015"), total("2020")]);
    let table = rows(&out.join("counties.csv"));
    let row = |id: &str, year: &str| of(&table, &[("unit_id", id), ("year", year)]);
    // t/ha × 100 ha: forest 355, cultivated 116, water 256. Areas of squares in metres are exact to rounding.
    for (id, year, sink) in [
        ("a", "2015", 471.0),
        ("b", "2015", 256.0),
        ("c", "2015", 710.0),
        ("a", "2020", 710.0),
        ("c", "2020", 355.0),
    ] {
        assert!((number(row(id, year), "sink_t") - sink).abs() < 1e-6, "{id} {year}");
    }
    assert_eq!(number(row("b", "2015"), "respiration_t"), 6570.0);
    assert_eq!(number(row("b", "2015"), "energy_t"), 2.66 * 4000.0);
    assert_eq!(number(row("b", "2015"), "gross_t"), 6570.0 + 2.66 * 4000.0);
    // EEC of b: (4000/5500) / (17210/C), C = a 4615 + b 17210 + c 5945.
    let eec = (4000.0 / 5500.0) / (17210.0 / 27770.0);
    assert!((number(row("b", "2015"), "eec") - eec).abs() < 1e-12);
    let layers = rows(&out.join("transitions.csv"));
    assert_eq!(layers.len(), 3 * 3);
    assert!(out.join("three.gpkg").exists() && out.join("counties.geojson").exists());
    // Budgets are formulas at the level of all counties: 40,000 persons, and 11,000 and 8,500 tce.
    let ledger = rows(&out.join("ledger.csv"));
    let booked = |stage: &str, sector: &str| {
        number(of(&ledger, &[("stage", stage), ("sector", sector), ("land_group", "2015")]), "amount_t")
    };
    assert_eq!(booked("budget", "respiration"), 3285.0 * 4.0);
    assert_eq!(booked("budget", "energy"), 2.66 * (500.0 + 4000.0 + 1000.0));
    for sector in ["respiration", "energy", "sink"] {
        let (budget, zones) = (booked("budget", sector), booked("zones", sector));
        assert!((budget - zones).abs() <= 1e-9 * budget, "{sector}: {budget} {zones}");
    }
    let explained = explain(&out, &["--township", "a", "--year", "2015"]);
    assert_eq!(
        (explained["year"].as_i64(), explained["unexplained_gross_t"].as_f64()),
        (Some(2015), Some(0.0))
    );
    assert_eq!(explained["unexplained_sink_t"], 0.0);
    let part = |rule: &str| {
        let line = explained["lines"].as_array().unwrap().iter().find(|l| l["rule"] == rule).unwrap();
        (line["weight"].as_f64().unwrap(), line["amount_t"].as_f64().unwrap())
    };
    assert_eq!(part("respiration"), (10_000.0, 3285.0));
    assert_eq!(part("energy"), (500.0, 2.66 * 500.0));
    let (hectares, forest_t) = part("forest");
    assert!((hectares - 100.0).abs() < 1e-6 && (forest_t - 355.0).abs() < 1e-6);
    // Without a year: the last one.
    assert_eq!(explain(&out, &["--township", "a"])["year"], 2020);
    let (_, stderr) = expect(2, &["explain", out.to_str().unwrap(), "--township", "a", "--year", "2017"]);
    assert!(stderr.contains("no year 2017"), "{stderr}");
}

/// `carbonzone explain --format json`.
fn explain(run: &Path, unit: &[&str]) -> serde_json::Value {
    let (text, _) = expect(0, &[&["explain", run.to_str().unwrap(), "--format", "json"], unit].concat());
    serde_json::from_str(&text).unwrap()
}

/// Every table, sheet and layer of a run says of itself that it is synthetic.
fn all_labelled(out: &Path) {
    let mut seen = 0;
    let mut files: Vec<_> = fs::read_dir(out).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.display().to_string();
        match file.extension().and_then(|e| e.to_str()).unwrap_or_default() {
            "csv" => {
                let table = rows(&file);
                assert!(table.iter().all(|r| r["synthetic"] == "true"), "{name}");
                seen += 1;
            }
            "geojson" => {
                let text = fs::read_to_string(&file).unwrap();
                let features = text.matches("\"type\":\"Feature\"").count();
                assert_eq!(text.matches("\"synthetic\":true").count(), features, "{name}");
                seen += 1;
            }
            "gpkg" => {
                for layer in carbonzone_io::layer_names(&file).unwrap() {
                    let (_, table) = carbonzone_io::read_own_layer(&file, &layer).unwrap();
                    assert!(table.get("synthetic").is_some(), "{name}: {layer}");
                    seen += 1;
                }
            }
            "xlsx" => {
                for sheet in
                    carbonzone_sheet::read_sheets(&file, &carbonzone_sheet::ReadOptions::default()).unwrap()
                {
                    // A column of that name, or (sheet of notes) the field of that name among the others.
                    let said = sheet
                        .rows
                        .iter()
                        .flatten()
                        .any(|cell| cell.raw_text().as_deref() == Some("synthetic"));
                    assert!(said, "{name}: {}", sheet.name);
                    seen += 1;
                }
            }
            _ => {}
        }
    }
    assert!(seen > 10, "{seen} tables");
}

#[test]
fn every_table_of_every_study_says_that_it_is_synthetic() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let (pipeline, out) = (dir.path().join("pair.toml"), dir.path().join("out"));
    let run = |pipeline: &str, more: &[&str]| {
        let args = ["run", pipeline, "--no-maps", "--overwrite", "--out", out.to_str().unwrap()];
        expect(0, &[&args[..], &["--set", "city.synthetic=true"], more].concat());
        all_labelled(&out);
        assumed::everything_is_said(&out, &["csv", "sheet"]);
    };
    run(pipeline.to_str().unwrap(), &[]);
    assumed::everything_is_said(&out, &["layer"]);
    let published = root().join("pipelines/guiyang-published.toml");
    run(published.to_str().unwrap(), &[]);
    let city = common::City::new();
    run(&city.path("city.toml"), &[]);
}

#[test]
fn faults_of_a_counties_study_are_all_named() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("counties.geojson"), counties(&["a", "b"])).unwrap();
    fs::write(at("cover_2015.asc"), grid(&[2.0, 1.0, 4.0, 5.0])).unwrap();
    fs::write(at("table.csv"), "id,year,people,gdp,energy\na,2015,1,1,1\nz,2015,1,1,1\na,2020,-5,1,1\n")
        .unwrap();
    let toml = format!(
        "study = \"counties\"\n[city]\nname = \"two\"\nyears = [2015, 2020]\ncrs = \"EPSG:4507\"\n{ZONES}\
         [[layers.land_cover]]\nyear = 2015\npath = \"cover_2015.asc\"\ncrs = \"EPSG:4507\"\n\
         [activity]\npath = \"table.csv\"\nkey = \"id\"\npopulation = \"people\"\ngdp = \"gdp\"\nenergy_tce_per_1e4cny = \"energy\"\n"
    );
    fs::write(at("two.toml"), toml).unwrap();
    let path = at("two.toml").display().to_string();
    let (text, _) = expect(1, &["check", &path]);
    for needle in ["match no county: z", "number ≥ 0", "no land-cover raster for 2020"] {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
    let (text, _) = expect(1, &["check", &path, "--set", "city.years=[2020, 2015]"]);
    assert!(text.contains("ascending"), "{text}");
    let (text, _) = expect(1, &["check", &path, "--set", "city.first_year=2015"]);
    assert!(text.contains("`first_year` and `last_year`"), "{text}");
    let typo = fs::read_to_string(&path).unwrap().replace("population = ", "populaton = ");
    fs::write(&path, typo).unwrap();
    let (text, _) = expect(1, &["check", &path]);
    assert!(text.contains("did you mean `population`?"), "{text}");
}

// ---- a series of five years ------------------------------------------------------------------------------

/// The window of real series5 for county `a`; a quiet surplus, without any light, for county `b`.
const EMISSION: [f64; 5] = [1.0, 1.2, 1.1, 1.5, 1.8];
const ABSORPTION: [f64; 5] = [1.0, 1.0, 1.05, 1.0, 1.1];

fn series(dir: &Path) {
    fs::write(dir.join("counties.geojson"), counties(&["a", "b"])).unwrap();
    let mut table = "id,year,t\n".to_owned();
    for (i, (e, a)) in EMISSION.iter().zip(ABSORPTION).enumerate() {
        let year = 2016 + i;
        let _ = writeln!(table, "a,{year},{}\nb,{year},500", 1000.0 * e);
        // Two cells of 1 km² each; g C/m² per t CO2 on one km² is 12/44.
        let (of_a, of_b) = (1000.0 * a / 2.0 * 12.0 / 44.0, 1000.0 / 2.0 * 12.0 / 44.0);
        fs::write(
            dir.join(format!("npp_{year}.asc")),
            grid(&[of_a + 50.0, of_a + 50.0, of_b + 50.0, of_b + 50.0]),
        )
        .unwrap();
        fs::write(dir.join(format!("light_{year}.asc")), grid(&[10.0, 30.0, 0.1, 0.0])).unwrap();
    }
    fs::write(dir.join("respiration.asc"), grid(&[50.0; 4])).unwrap();
    fs::write(dir.join("energy.csv"), table).unwrap();
    let toml = format!(
        "study = \"raster_series\"\n[city]\nname = \"pair\"\nfirst_year = 2016\nlast_year = 2020\ncrs = \"EPSG:4507\"\n{ZONES}\
         [layers.light]\npath = \"light_{{year}}.asc\"\ncrs = \"EPSG:4507\"\n\
         [layers.npp]\npath = \"npp_{{year}}.asc\"\ncrs = \"EPSG:4507\"\n\
         [layers.respiration]\npath = \"respiration.asc\"\ncrs = \"EPSG:4507\"\n\
         [emissions]\npath = \"energy.csv\"\nkey = \"id\"\nemission = \"t\"\nunit = \"t\"\n"
    );
    fs::write(dir.join("pair.toml"), toml).unwrap();
}

fn run_series(dir: &Path) -> String {
    let (pipeline, out) = (dir.join("pair.toml"), dir.join("out"));
    let (_, messages) = expect(
        0,
        &["run", pipeline.to_str().unwrap(), "--no-maps", "--overwrite", "--out", out.to_str().unwrap()],
    );
    messages
}

#[test]
fn the_risk_of_method_e5_comes_out_of_rasters_and_tables() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let messages = run_series(dir.path());
    let out = dir.path().join("out");
    assert!(messages.contains("without light"), "{messages}");
    let windows = rows(&out.join("windows.csv"));
    let (a, b) = (of(&windows, &[("unit_id", "a")]), of(&windows, &[("unit_id", "b")]));
    // ASCII grids are read as single precision.
    assert!((number(a, "ciri") - 0.655_851).abs() < 1e-6, "{}", a["ciri"]);
    assert!((number(b, "ciri") - (0.5 / 3.0 + 0.125)).abs() < 1e-6, "{}", b["ciri"]);
    assert_eq!((a["state"].as_str(), b["state"].as_str()), ("deficit", "surplus"));
    assert_eq!((a["above_threshold"].as_str(), b["above_threshold"].as_str()), ("true", "false"));
    let counties = rows(&out.join("counties.csv"));
    let row = |id: &str| of(&counties, &[("unit_id", id), ("year", "2020")]);
    assert_eq!(number(row("a"), "energy_t"), 1800.0);
    assert_eq!((row("a")["placed_by"].as_str(), row("b")["placed_by"].as_str()), ("light", "area"));
    assert!((number(row("a"), "absorption_t") - 1100.0).abs() < 1e-3);
    let trajectories = rows(&out.join("trajectories.csv"));
    assert_eq!(of(&trajectories, &[("unit_id", "b")])["trajectory_type"], "stable_surplus");
    assert_eq!(of(&trajectories, &[("unit_id", "a")])["trajectory"], "N-D-N-D");
    let ledger = rows(&out.join("ledger.csv"));
    let energy = of(&ledger, &[("stage", "grid"), ("sector", "energy"), ("land_group", "2020")]);
    assert!((number(energy, "amount_t") - 2300.0).abs() < 1e-9);
    let text = fs::read_to_string(out.join("run.json")).unwrap();
    assert!(text.contains("carbonzone's own definition"));
    // Explained to the last tonne, county and cell: the light of cell 0 is a quarter of its county's.
    let of_county = explain(&out, &["--township", "a"]);
    assert_eq!(
        (of_county["gross_t"].as_f64(), of_county["unexplained_gross_t"].as_f64()),
        (Some(1800.0), Some(0.0))
    );
    assert_eq!(of_county["unexplained_sink_t"], 0.0);
    let of_cell = explain(&out, &["--cell", "0,0", "--year", "2016"]);
    assert!((of_cell["lines"][0]["amount_t"].as_f64().unwrap() - 250.0).abs() < 1e-9);
    assert_eq!(of_cell["unexplained_gross_t"], 0.0);
    for file in ["grid_1km_2016.tif", "grid_1km_2020.tif", "risk_2016-2020.tif", "trend.tif", "pair.gpkg"] {
        assert!(out.join(file).exists(), "{file}");
    }
}

/// Compensation by GDP and statistics on top of the raster series, the GDP of its last year from a table of several years.
const DECIDED: &str = "[compensation]\nmodels = [\"benchmark\", \"ability_to_pay\", \"quota\"]\nbase = \"gdp\"\nprices = [\n\
     { name = \"p1\", cny_per_t = 89.06, source = \"example\" }, { name = \"p2\", cny_per_t = 52.84, source = \"example\" },\n\
     { name = \"p3\", cny_per_t = 1944.84, source = \"example\" }]\n[compensation.ability]\nengel = 0.3\nengel_of = { a = 0.25 }\n\
     source = \"example\"\n[compensation.quota]\nreduction = 0.05\nby = \"history\"\n[statistics]\nweights = \"rook\"\n\
     [[layers.zones.tables]]\npath = \"people.csv\"\nwhere = \"year = 2020\"\nkey = \"id\"\ngdp = \"gdp\"\npopulation = \"people\"\n\
     [uncertainty]\ndraws = 64\nenergy_pct = 25.0\nenergy_common_pct = 10.0\nabsorption_pct = 40.0\nabsorption_common_pct = 10.0\n";

/// The raster series with [`DECIDED`].
fn decided_series(dir: &Path) -> std::path::PathBuf {
    series(dir);
    fs::write(
        dir.join("people.csv"),
        "id,year,people,gdp\na,2019,1,1\nb,2019,1,1\na,2020,3000,900\nb,2020,1000,100\n",
    )
    .unwrap();
    let pipeline = dir.join("pair.toml");
    let toml = fs::read_to_string(&pipeline).unwrap();
    fs::write(&pipeline, toml + DECIDED).unwrap();
    pipeline
}

#[test]
fn a_raster_series_takes_gdp_and_people_of_its_last_year_from_the_tables_of_its_zones() {
    let dir = tempfile::tempdir().unwrap();
    let (pipeline, out) = (decided_series(dir.path()), dir.path().join("out"));
    expect(0, &["run", pipeline.to_str().unwrap(), "--no-maps", "--out", out.to_str().unwrap()]);
    let counties = rows(&out.join("counties.csv"));
    let county = |id: &str, year: &str| of(&counties, &[("unit_id", id), ("year", year)]);
    // 1,800 t for 3,000 people and a GDP of 900; of other years nobody knows.
    assert_eq!(number(county("a", "2020"), "gross_t_per_person"), 0.6);
    assert_eq!(number(county("a", "2020"), "gross_t_per_1e4cny"), 2.0);
    assert_eq!(
        (county("a", "2019")["gdp_1e4cny"].as_str(), county("a", "2019")["gross_t_per_person"].as_str()),
        ("", "")
    );
    // a emits 1800 of 2300 t with 90 % of the GDP; 1100 of 2100 t of sinks.
    let paid = rows(&out.join("compensation.csv"));
    let a = of(&paid, &[("model", "benchmark"), ("unit_id", "a")]);
    let (ecc, esc) = (0.9 / (1800.0 / 2300.0), (1100.0 / 2100.0) / (1800.0 / 2300.0));
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-5 * expected.abs(), "{found} {expected}");
    };
    near(number(a, "ecc"), ecc);
    near(number(a, "esc"), esc);
    for row in paid.iter().filter(|r| r["model"] == "benchmark") {
        // The identities of the legs, on the numbers that are written.
        let gross = number(row, "gross_t");
        assert!((number(row, "economic_t") - gross * (1.0 - number(row, "ecc"))).abs() < 1e-9 * gross);
    }
    // The draws have the GDP of the run, which is not drawn itself.
    assert!(paid.iter().all(|r| (0.0..=1.0).contains(&number(r, "sign_probability"))), "{paid:?}");
    near(number(a, "economic_t"), 1800.0 - 0.9 * 2300.0);
    near(number(a, "settled_t"), 1100.0 - 2100.0 * 1800.0 / 2300.0 - (1800.0 - 0.9 * 2300.0));
    // Who is richer pays more: r = l G / sum of G, l = 1 / (1 + exp(3 - 1 / Engel)).
    let able = of(&paid, &[("model", "ability_to_pay"), ("unit_id", "a")]);
    near(number(able, "ability"), 0.9 / (1.0 + (3.0f64 - 4.0).exp()));
    for price in ["p1_cny", "p2_cny", "p3_cny"] {
        for model in ["benchmark", "ability_to_pay", "quota"] {
            let of_model = paid.iter().filter(|r| r["model"] == model);
            let fen: i64 = of_model.map(|r| (number(r, price) * 100.0).round() as i64).sum();
            assert_eq!(fen, 0, "{model} {price}");
        }
    }
    let spread = rows(&out.join("statistics_inequality.csv"));
    let bases: Vec<(&str, &str)> = spread.iter().map(|r| (r["year"].as_str(), r["base"].as_str())).collect();
    assert!(bases.contains(&("2020", "gdp")) && bases.contains(&("2020", "people")), "{bases:?}");
    assert!(!bases.contains(&("2019", "gdp")), "{bases:?}");
}

#[test]
fn a_missing_year_is_left_out_and_two_years_are_too_few() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    fs::remove_file(dir.path().join("npp_2018.asc")).unwrap();
    let messages = run_series(dir.path());
    assert!(messages.contains("there is no npp raster of 2018"), "{messages}");
    let windows = rows(&dir.path().join("out/windows.csv"));
    assert_eq!(of(&windows, &[("unit_id", "a")])["years"], "4");
    for year in [2016, 2017] {
        fs::remove_file(dir.path().join(format!("light_{year}.asc"))).unwrap();
    }
    run_series(dir.path());
    let windows = rows(&dir.path().join("out/windows.csv"));
    assert_eq!(of(&windows, &[("unit_id", "a")])["ciri"], "");
}

#[test]
fn scale_tags_of_a_finer_raster_are_applied_once() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    // 500 m counts of a tenth of a gram: 300 − 50 g C/m² everywhere.
    for year in 2016..=2020 {
        let mut text =
            "ncols 8\nnrows 2\nxllcorner 600000\nyllcorner 2940000\ncellsize 500\nNODATA_value -9999\n"
                .to_owned();
        (0..2).for_each(|_| text.push_str("3000 3000 3000 3000 3000 3000 3000 3000\n"));
        fs::write(dir.path().join(format!("counts_{year}.asc")), text).unwrap();
        let vrt = format!(
            "<VRTDataset rasterXSize=\"8\" rasterYSize=\"2\"><SRS>EPSG:4507</SRS>\
             <GeoTransform>600000, 500, 0, 2941000, 0, -500</GeoTransform><VRTRasterBand dataType=\"Float64\" band=\"1\">\
             <Scale>0.1</Scale><SimpleSource><SourceFilename relativeToVRT=\"1\">counts_{year}.asc</SourceFilename>\
             <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
        );
        fs::write(dir.path().join(format!("npp_{year}.vrt")), vrt).unwrap();
    }
    let path = dir.path().join("pair.toml");
    let toml = fs::read_to_string(&path).unwrap().replace("npp_{year}.asc", "npp_{year}.vrt");
    fs::write(&path, toml).unwrap();
    run_series(dir.path());
    let counties = rows(&dir.path().join("out/counties.csv"));
    let absorption = number(of(&counties, &[("unit_id", "b"), ("year", "2019")]), "absorption_t");
    assert!((absorption - 250.0 * 2.0 * 44.0 / 12.0).abs() < 1e-6, "{absorption}");
}

#[test]
fn a_provincial_total_is_split_by_light() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let mut table = "id,year,t,what\n".to_owned();
    for year in 2016..=2020 {
        let _ = writeln!(table, "all,{year},4000,energy\nall,{year},99,cement");
        fs::write(dir.path().join(format!("light_{year}.asc")), grid(&[10.0, 30.0, 20.0, 20.0])).unwrap();
    }
    fs::write(dir.path().join("energy.csv"), table).unwrap();
    let path = dir.path().join("pair.toml");
    let toml = fs::read_to_string(&path).unwrap();
    fs::write(&path, toml + "level = \"total\"\nwhere = \"what = 'energy'\"\n").unwrap();
    run_series(dir.path());
    let counties = rows(&dir.path().join("out/counties.csv"));
    for id in ["a", "b"] {
        assert_eq!(number(of(&counties, &[("unit_id", id), ("year", "2018")]), "energy_t"), 2000.0);
    }
}

// ---- the mess of real series --------------------------------------------------------------------------------

/// Runs the series and gives its messages and the rows of a table.
fn run_and_read(dir: &Path, table: &str) -> (String, Vec<Row>) {
    let messages = run_series(dir);
    (messages, rows(&dir.join("out").join(table)))
}

fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join("pair.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "the pipeline has no `{from}`");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// An ESRI ASCII grid with one value everywhere.
fn field(cols: usize, rows: usize, corner: [f64; 2], cell: f64, value: f64) -> String {
    let mut out = format!(
        "ncols {cols}\nnrows {rows}\nxllcorner {}\nyllcorner {}\ncellsize {cell}\nNODATA_value -9999\n",
        corner[0], corner[1]
    );
    for _ in 0..rows {
        let _ = writeln!(out, "{}", vec![value.to_string(); cols].join(" "));
    }
    out
}

/// t CO2 of one g C/m² on one km².
const T_PER_G: f64 = 44.0 / 12.0;

#[test]
fn ground_without_data_absorbs_nothing_and_is_booked() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    fs::write(dir.path().join("npp_2018.asc"), grid(&[150.0, 150.0, 150.0, -9999.0])).unwrap();
    let (_, counties) = run_and_read(dir.path(), "counties.csv");
    let b = of(&counties, &[("unit_id", "b"), ("year", "2018")]);
    assert!((number(b, "absorption_t") - 100.0 * T_PER_G).abs() < 1e-6, "{}", b["absorption_t"]);
    let ledger = rows(&dir.path().join("out/ledger.csv"));
    let drop = of(&ledger, &[("stage", "drop"), ("land_group", "npp")]);
    assert!((number(drop, "amount_m2") - 1e6).abs() < 1e-3 && drop["note"].starts_with("2018"), "{drop:?}");
}

#[test]
fn counts_outside_their_valid_range_are_no_data() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    for year in 2016..=2020 {
        fs::write(dir.path().join(format!("npp_{year}.asc")), grid(&[1500.0, 32767.0, 1500.0, 1500.0]))
            .unwrap();
    }
    edit(
        dir.path(),
        "npp_{year}.asc\"",
        "npp_{year}.asc\"\nscale = 0.1\nvalid_min = -30000\nvalid_max = 32700",
    );
    let (_, counties) = run_and_read(dir.path(), "counties.csv");
    let absorbed = |id: &str| number(of(&counties, &[("unit_id", id), ("year", "2016")]), "absorption_t");
    assert!((absorbed("a") - 100.0 * T_PER_G).abs() < 1e-6, "{}", absorbed("a"));
    assert!((absorbed("b") - 200.0 * T_PER_G).abs() < 1e-6, "{}", absorbed("b"));
}

#[test]
fn rasters_that_are_shifted_coarser_or_in_degrees_are_carried_to_the_grid_and_said_so() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    for year in 2016..=2020 {
        // Shifted by 300 m; 2.5 km pixels; and a raster in degrees around 106.0 E, 26.57 N.
        let npp = field(8, 4, [598_300.0, 2_938_300.0], 1000.0, 300.0);
        fs::write(dir.path().join(format!("npp_{year}.asc")), npp).unwrap();
        let light = field(20, 20, [105.9, 26.47], 0.01, 20.0);
        fs::write(dir.path().join(format!("light_{year}.asc")), light).unwrap();
    }
    fs::write(dir.path().join("respiration.asc"), field(5, 3, [597_000.0, 2_936_000.0], 2500.0, 50.0))
        .unwrap();
    edit(
        dir.path(),
        "path = \"light_{year}.asc\"\ncrs = \"EPSG:4507\"",
        "path = \"light_{year}.asc\"\ncrs = \"EPSG:4490\"",
    );
    let (messages, counties) = run_and_read(dir.path(), "counties.csv");
    for role in ["light rasters (20 × 20", "npp rasters (8 × 4", "respiration rasters (5 × 3"] {
        assert_eq!(messages.matches(role).count(), 1, "{role} once in\n{messages}");
    }
    for id in ["a", "b"] {
        let row = of(&counties, &[("unit_id", id), ("year", "2019")]);
        assert!(
            (number(row, "absorption_t") - 250.0 * 2.0 * T_PER_G).abs() < 1e-6,
            "{}",
            row["absorption_t"]
        );
        assert_eq!(row["placed_by"], "light");
    }
    let ledger = rows(&dir.path().join("out/ledger.csv"));
    let on_grid = of(&ledger, &[("stage", "grid"), ("sector", "energy"), ("land_group", "2020")]);
    assert!((number(on_grid, "amount_t") - 2300.0).abs() < 1e-9);
}

#[test]
fn land_whose_respiration_exceeds_its_production_is_a_source_unless_clamped() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    for year in 2016..=2020 {
        fs::write(dir.path().join(format!("npp_{year}.asc")), grid(&[150.0, 150.0, 20.0, 20.0])).unwrap();
    }
    let (_, counties) = run_and_read(dir.path(), "counties.csv");
    let b = of(&counties, &[("unit_id", "b"), ("year", "2020")]).clone();
    let land = 30.0 * 2.0 * T_PER_G;
    for (column, wanted) in
        [("land_t", land), ("sink_t", 0.0), ("absorption_t", -land), ("gross_t", 500.0 + land)]
    {
        assert!((number(&b, column) - wanted).abs() < 1e-6, "{column} {}", b[column]);
    }
    // An infinite ratio is NULL in tables, a deficit as a state, and the worst level.
    assert_eq!((b["ratio"].as_str(), b["state"].as_str()), ("", "deficit"));
    let windows = rows(&dir.path().join("out/windows.csv"));
    assert_eq!(number(of(&windows, &[("unit_id", "b")]), "level"), 1.0);
    let trajectories = rows(&dir.path().join("out/trajectories.csv"));
    assert_eq!(of(&trajectories, &[("unit_id", "b")])["infinite_years"], "");
    let ledger = rows(&dir.path().join("out/ledger.csv"));
    let repair = of(&ledger, &[("stage", "repair"), ("land_group", "npp")]);
    assert_eq!((number(repair, "count"), repair["unit"].as_str()), (2.0, "cells"));
    let balance = of(&ledger, &[("stage", "grid"), ("sector", "land"), ("land_group", "2020")]);
    assert!((number(balance, "amount_t") - land).abs() < 1e-9 * land);
    let toml = fs::read_to_string(dir.path().join("pair.toml")).unwrap();
    fs::write(dir.path().join("pair.toml"), toml + "[absorption]\nnegative_nep = \"clamp\"\n").unwrap();
    let (_, counties) = run_and_read(dir.path(), "counties.csv");
    let b = of(&counties, &[("unit_id", "b"), ("year", "2020")]);
    assert_eq!((number(b, "land_t"), number(b, "absorption_t")), (0.0, 0.0));
}

#[test]
fn a_dark_county_is_placed_by_its_built_up_share() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    fs::write(dir.path().join("built.asc"), grid(&[0.0, 0.5, 0.25, 0.75])).unwrap();
    edit(
        dir.path(),
        "[layers.npp]",
        "[layers.built_up]\npath = \"built.asc\"\ncrs = \"EPSG:4507\"\n[layers.npp]",
    );
    let (messages, counties) = run_and_read(dir.path(), "counties.csv");
    assert!(messages.contains("placed by built-up area"), "{messages}");
    assert_eq!(of(&counties, &[("unit_id", "b"), ("year", "2020")])["placed_by"], "built_up");
    let ledger = rows(&dir.path().join("out/ledger.csv"));
    let fallbacks: Vec<&Row> = ledger.iter().filter(|r| r["stage"] == "fallback").collect();
    assert_eq!(fallbacks.len(), 5);
    assert!(fallbacks.iter().all(|r| number(r, "amount_t") == 500.0 && r["note"].contains("built-up")));
    // The file of all years is recorded once.
    let manifest = fs::read_to_string(dir.path().join("out/run.json")).unwrap();
    assert_eq!(manifest.matches("\"role\": \"built_up\",\n").count(), 1);
}

#[test]
fn missing_emissions_of_a_year_are_named_and_the_year_is_left_out_of_the_window() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let path = dir.path().join("energy.csv");
    let kept: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .filter(|l| !l.starts_with("a,2017"))
        .map(str::to_owned)
        .collect();
    fs::write(&path, kept.join("\n")).unwrap();
    let (messages, windows) = run_and_read(dir.path(), "windows.csv");
    assert!(messages.contains("1 values of county and year are missing"), "{messages}");
    assert_eq!(of(&windows, &[("unit_id", "a")])["years"], "4");
    assert_eq!(of(&windows, &[("unit_id", "b")])["years"], "5");
}

#[test]
fn a_damaged_raster_stops_the_run_and_every_missing_file_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let pipeline = dir.path().join("pair.toml");
    fs::write(dir.path().join("npp_2019.asc"), "ncols 4\nnrows 1\n").unwrap();
    let (_, messages) =
        expect(1, &["run", pipeline.to_str().unwrap(), "--out", dir.path().join("x").to_str().unwrap()]);
    assert!(messages.contains("npp_2019.asc") && messages.contains("nothing was written"), "{messages}");
    assert!(!dir.path().join("x").exists());
    fs::remove_file(dir.path().join("npp_2019.asc")).unwrap();
    fs::remove_file(dir.path().join("light_2017.asc")).unwrap();
    fs::remove_file(dir.path().join("energy.csv")).unwrap();
    let (text, _) = expect(2, &["check", pipeline.to_str().unwrap()]);
    for needle in ["no npp raster of 2019", "no light raster of 2017", "energy.csv"] {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}

// ---- two years compared, maps again ----------------------------------------------------------------------

#[test]
fn two_years_of_a_run_are_compared_unit_by_unit() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    run_series(dir.path());
    let (out, csv) = (dir.path().join("out").display().to_string(), dir.path().join("diff.csv"));
    let (text, _) = expect(
        0,
        &["compare", &out, &out, "--year-a", "2016", "--year-b", "2020", "--export", csv.to_str().unwrap()],
    );
    assert!(text.contains("2 units in both") && text.contains("0 of 2 units changed zone"), "{text}");
    // 1000 + 500 t before, 1800 + 500 t after.
    assert!(text.contains("1,500.0") && text.contains("2,300.0") && text.contains("+53.33"), "{text}");
    let table = rows(&csv);
    assert_eq!(number(of(&table, &[("unit_id", "a")]), "energy_t_diff"), 800.0);
    let (all, _) = expect(0, &["compare", &out, &out]);
    assert!(all.contains("10 units in both"), "{all}");
    let (_, refused) = expect(2, &["compare", &out, &out, "--year-a", "1999", "--year-b", "2020"]);
    assert!(refused.contains("has no year 1999"), "{refused}");
}

#[test]
fn maps_of_a_study_are_drawn_again_from_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (pipeline, out) = (decided_series(dir.path()), dir.path().join("out"));
    expect(0, &["run", pipeline.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
    let (summary, _) = expect(0, &["show", out.to_str().unwrap(), "--lang", "en"]);
    // Risk classes are no zones, and one number judges: the ratio, not a CCR on another basis beside it.
    assert!(summary.contains("Source/sink ratio (energy / absorption)"), "{summary}");
    assert!(!summary.contains("CCR") && !summary.contains("Carbon balance zones"), "{summary}");
    let (summary, _) = expect(0, &["show", out.to_str().unwrap(), "--lang", "zh"]);
    assert!(summary.contains("碳源汇比") && !summary.contains("Risk 20"), "{summary}");
    let figures = ["ratio_series", "transitions", "risk_2016-2020", "fig9a_zones", "fig_series"];
    let read = |name: &str| fs::read(out.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let before: Vec<Vec<u8>> = figures.iter().map(|f| read(&format!("figures/{f}.svg"))).collect();
    let report = String::from_utf8(read("report.html")).unwrap();
    for needle in ["Carbon imbalance risk by window", "碳收支状态转移矩阵", "risk_2016-2020", "ratio_series"]
    {
        assert!(report.contains(needle), "{needle}");
    }
    assumed::everything_is_said(&out, &["section"]);
    // Each language for itself, in everything that the page and the figures say.
    let other = |lang: &str, is_other: fn(&str) -> bool| {
        let texts = page::of_run(&out, lang).into_iter();
        let buttons = ["中文", "中 + En"];
        texts
            .filter(|(place, t)| place == "report.html" && is_other(t) && !buttons.contains(&t.as_str()))
            .collect::<Vec<_>>()
    };
    let (english, chinese) = (other("zh", page::is_english), other("en", page::is_chinese));
    assert!(english.is_empty() && chinese.is_empty(), "{english:#?} {chinese:#?}");
    let project = read("pair.qgz");
    fs::remove_dir_all(out.join("figures")).unwrap();
    expect(0, &["maps", out.to_str().unwrap(), "--quiet"]);
    let after: Vec<Vec<u8>> = figures.iter().map(|f| read(&format!("figures/{f}.svg"))).collect();
    assert!(before == after, "figures differ");
    assert!(project == read("pair.qgz"), "the project differs");
}

// ---- how sure ------------------------------------------------------------------------------------------

/// Three counties with an uncertainty section; gives the pipeline file.
fn unsure_counties(dir: &Path, section: &str) -> String {
    fs::write(dir.join("counties.geojson"), counties(&["a", "b", "c"])).unwrap();
    let mut table = "id,year,people,gdp,energy\n".to_owned();
    let mut layers = String::new();
    for year in [2015, 2020] {
        fs::write(dir.join(format!("cover_{year}.asc")), grid(&[2.0, 1.0, 4.0, 1.0, 2.0, 2.0])).unwrap();
        let _ = write!(table, "a,{year},10000,1000,0.5\nb,{year},20000,4000,1.0\nc,{year},10000,500,2.0\n");
        let _ = write!(
            layers,
            "[[layers.land_cover]]\nyear = {year}\npath = \"cover_{year}.asc\"\ncrs = \"EPSG:4507\"\n"
        );
    }
    fs::write(dir.join("table.csv"), table).unwrap();
    let toml = format!(
        "study = \"counties\"\n[city]\nname = \"three\"\nyears = [2015, 2020]\ncrs = \"EPSG:4507\"\n{ZONES}{layers}\
         [activity]\npath = \"table.csv\"\nkey = \"id\"\npopulation = \"people\"\ngdp = \"gdp\"\nenergy_tce_per_1e4cny = \"energy\"\n\
         [sinks]\nclasses = {{ 1 = \"cultivated\", 2 = \"forest\", 4 = \"water\" }}\n{section}"
    );
    fs::write(dir.join("three.toml"), toml).unwrap();
    dir.join("three.toml").display().to_string()
}

const UNSURE: &str = "[uncertainty]\ndraws = 256\npopulation_pct = 5.0\ngdp_pct = 20.0\nenergy_intensity_pct = 20.0\n\
     land_cover_pct = 15.0\nfactors = { respiration = 20.0, energy = 10.0 }\n\
     sinks = { cultivated = 50.0, forest = 50.0, grassland = 100.0, water = 100.0 }\n";

/// Probabilities of a row sum to 1, and that of the class printed is its confidence.
fn closes(row: &Row, class: &str, suffix: &str) -> f64 {
    let p = |key: &str| row.get(&format!("p_{key}{suffix}")).map_or(0.0, |v| v.parse().unwrap_or(0.0));
    let keys = ["carbon_intensity_control", "carbon_budget_balance", "carbon_sink_functional"];
    let keys = keys.into_iter().chain(["low_carbon_optimization", "no_emission", "undefined"]);
    let sum: f64 = keys.map(p).sum();
    assert!((sum - 1.0).abs() < 1e-12, "{sum} {row:?}");
    let confidence = number(row, &format!("zone_confidence{suffix}"));
    assert_eq!(p(&row[class]), confidence);
    confidence
}

#[test]
fn counties_say_how_sure_each_year_and_the_mean_are() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = unsure_counties(dir.path(), UNSURE);
    let run = |out: &str, threads: &str| {
        let out = dir.path().join(out);
        expect(0, &["run", &pipeline, "--no-maps", "--threads", threads, "--out", out.to_str().unwrap()]);
        out
    };
    let (one, two) = (run("one", "1"), run("two", "7"));
    for file in ["counties.csv", "zoning.csv", "counties.xlsx"] {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(two.join(file)).unwrap(), "{file}");
    }
    let table = rows(&one.join("counties.csv"));
    assert_eq!(table.len(), 6);
    let mut unsure = 0;
    for row in &table {
        unsure += usize::from(closes(row, "zone", "") < 1.0);
        closes(row, "zone_of_mean", "_of_mean");
        let (low, high) = (number(row, "gross_t_p05"), number(row, "gross_t_p95"));
        assert!(low < number(row, "gross_t") && number(row, "gross_t") < high);
    }
    assert!(unsure > 0);
    // Both years have the same numbers, and what is wrong about a county is so in both: the mean is as sure as a year.
    for id in ["a", "b", "c"] {
        let row = of(&table, &[("unit_id", id), ("year", "2015")]);
        assert!((number(row, "zone_confidence") - number(row, "zone_confidence_of_mean")).abs() < 1e-12);
    }
    let record: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(one.join("run.json")).unwrap()).unwrap();
    let counts: u64 =
        record["confidence"]["counts"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!((counts, record["confidence"]["units"].as_array().unwrap().len()), (3, 9));
    let explained = explain(&one, &["--township", "a", "--year", "2015"]);
    let bases: Vec<&str> =
        explained["how_sure"].as_array().unwrap().iter().filter_map(|s| s["basis"].as_str()).collect();
    let levels =
        ["EEC level (mean over the years)", "SEC level (mean over the years)", "EEC level", "SEC level"];
    assert_eq!(bases, [&["mean over the years", "2015"], &levels[..]].concat());
    levels_are_as_sure_as_their_draws(&table, &record["confidence"]);
}

/// Probabilities of the levels of every index sum to 1, and that of the level printed is its confidence, in the table and in the record.
fn levels_are_as_sure_as_their_draws(table: &[Row], confidence: &serde_json::Value) {
    let further = confidence["further"].as_array().unwrap();
    let fields: Vec<&str> = further.iter().filter_map(|f| f["field"].as_str()).collect();
    assert_eq!(fields, ["eec_level_of_mean", "sec_level_of_mean", "eec_level", "sec_level"]);
    let mut unsure = 0;
    for of in further {
        let (field, units) = (of["field"].as_str().unwrap(), of["units"].as_array().unwrap());
        let (stem, suffix) = field.strip_suffix("_of_mean").map_or((field, ""), |stem| (stem, "_of_mean"));
        let years = if suffix.is_empty() { 2 } else { 1 };
        assert_eq!(units.len(), 3 * years, "{field}");
        for row in table {
            let p = |key: &str| number(row, &format!("p_{stem}_{key}{suffix}"));
            let known = number(row, &format!("{stem}_confidence{suffix}"));
            assert!((["low", "mid", "high"].map(p).iter().sum::<f64>() - 1.0).abs() < 1e-12, "{row:?}");
            assert_eq!(p(&row[field]), known, "{field}");
            let year =
                |u: &serde_json::Value| u["year"].as_i64().is_none_or(|y| y.to_string() == row["year"]);
            let kept = units.iter().find(|u| u["unit_id"] == row["unit_id"] && year(u)).unwrap();
            assert_eq!(kept["confidence"].as_f64(), Some(known));
            unsure += usize::from(known < 1.0);
            // A zone stands for one pair of levels or more: it is at least as sure as both are together.
            let both = number(row, &format!("eec_level_confidence{suffix}"))
                + number(row, &format!("sec_level_confidence{suffix}"));
            assert!(number(row, &format!("zone_confidence{suffix}")) >= both - 1.0 - 1e-12, "{row:?}");
        }
        let counts: u64 = of["counts"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(counts, 3, "{field}");
    }
    assert!(unsure > 0);
}

#[test]
fn half_widths_of_counties_that_are_missing_negative_or_unknown_are_all_named() {
    let dir = tempfile::tempdir().unwrap();
    let section = "[uncertainty]\ndraws = 100\npopulation_pct = -5.0\nfactors = { enrgy = 10.0 }\nsinks = { forest = 50.0 }\n";
    let pipeline = unsure_counties(dir.path(), section);
    let (text, _) = expect(1, &["check", &pipeline]);
    for needle in [
        "uncertainty_draws",
        "uncertainty_half_width",
        "uncertainty_unknown",
        "did you mean",
        "gdp_pct, energy_intensity_pct, land_cover_pct, factors.respiration, factors.energy",
        "sinks.cultivated",
    ] {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}

#[test]
fn studies_that_were_not_asked_say_how_to_ask() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = unsure_counties(dir.path(), "");
    let out = dir.path().join("out");
    let (text, _) = expect(0, &["run", &pipeline, "--no-maps", "--out", out.to_str().unwrap()]);
    assert!(text.contains("[uncertainty]"), "{text}");
    series(dir.path());
    run_series(dir.path());
    assert!(fs::read_to_string(dir.path().join("out/run.json")).unwrap().contains("[uncertainty]"));
}

#[test]
fn windows_say_how_sure_class_and_state_are() {
    let dir = tempfile::tempdir().unwrap();
    series(dir.path());
    let path = dir.path().join("pair.toml");
    let section = "[uncertainty]\ndraws = 256\nenergy_pct = 30.0\nenergy_common_pct = 10.0\nabsorption_pct = 30.0\n\
                   absorption_common_pct = 20.0\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + section).unwrap();
    run_series(dir.path());
    let windows = rows(&dir.path().join("out/windows.csv"));
    for row in &windows {
        let p = |keys: &[&str]| -> f64 {
            keys.iter()
                .filter_map(|k| row.get(&format!("p_{k}")))
                .map(|v| v.parse::<f64>().unwrap_or(0.0))
                .sum()
        };
        let classes = p(&["very_low", "low", "medium", "high", "very_high", "undefined"]);
        let states = p(&["surplus", "neutral", "deficit"]);
        assert!((classes - 1.0).abs() < 1e-12 && (states - 1.0).abs() < 1e-12, "{row:?}");
        assert_eq!(number(row, &format!("p_{}", row["zone"])), number(row, "zone_confidence"));
        assert_eq!(number(row, &format!("p_{}", row["state"])), number(row, "state_confidence"));
        assert!(number(row, "ciri_p05") <= number(row, "ciri_p95"));
    }
    // County a lies near its thresholds, b far from them: a quiet surplus.
    let (a, b) = (of(&windows, &[("unit_id", "a")]), of(&windows, &[("unit_id", "b")]));
    assert!(number(a, "state_confidence") < 1.0 && number(b, "state_confidence") > 0.95);
    let counties = rows(&dir.path().join("out/counties.csv"));
    let row = of(&counties, &[("unit_id", "a"), ("year", "2018")]);
    assert_eq!(row["zone_confidence"], a["zone_confidence"]);
    // The state of the window: columns, record, map, theme, page, explanation.
    assert_eq!(
        (&row["window_state"], &row["window_state_confidence"]),
        (&a["state"], &a["state_confidence"])
    );
    let out = dir.path().join("out");
    let record: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    let further = &record["confidence"]["further"][0];
    let of_classes: u64 =
        further["classes"].as_array().unwrap().iter().filter_map(|c| c["count"].as_u64()).sum();
    let counts: u64 =
        further["counts"].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!((further["field"].as_str(), of_classes, counts), (Some("window_state"), 2, 2));
    expect(0, &["run", path.to_str().unwrap(), "--quiet", "--overwrite", "--out", out.to_str().unwrap()]);
    assert!(fs::read_to_string(out.join("figures/fig10c_window_state.svg")).unwrap().contains("Surplus"));
    assert!(fs::read_to_string(out.join("layers.json")).unwrap().contains("fig10c_window_state"));
    assert!(
        fs::read_to_string(out.join("report.html")).unwrap().contains("Carbon budget state of the window")
    );
    let explained = explain(&out, &["--township", "a"]);
    let basis: Vec<&str> =
        explained["how_sure"].as_array().unwrap().iter().filter_map(|s| s["basis"].as_str()).collect();
    assert!(basis.contains(&"Carbon budget state of the window"), "{basis:?}");
    let entropy = fs::read_to_string(&path).unwrap() + "[risk]\nvariant = \"entropy\"\n";
    fs::write(&path, entropy.replace("energy_pct = 30.0", "energy_pct = -1.0")).unwrap();
    let (text, _) = expect(1, &["check", path.to_str().unwrap()]);
    assert!(text.contains("uncertainty_variant") && text.contains("uncertainty_half_width"), "{text}");
}
