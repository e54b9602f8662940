//! Rows of docs/your-city.md as a user meets them: `carbonzone check` on a real broken city. File-level defects are
//! tested in `carbonzone-io` ("io" below); here it is what reaches the person, and the exit code. "inputs": `tests/inputs/`.
//!
//! | row | test |
//! |---|---|
//! | missing file | `every_missing_file_is_listed_at_once` |
//! | unreadable, truncated file | `a_truncated_geopackage_is_refused_and_nothing_is_written`; every format in io |
//! | unknown layer, field, key | `an_unknown_layer_...`, `an_unknown_field_...`, `an_unknown_key_...` |
//! | no CRS, shapefile without parts | `points_without_a_crs_are_refused`; inputs (`a_shapefile_without_...`); io |
//! | geographic CRS, feet | `degrees_are_refused_as_working_crs`, `feet_are_refused_as_working_crs`; feet and degree layers in inputs (`parcels_in_degrees_or_feet_...`); io |
//! | mixed CRS | `layers_in_another_crs_are_reprojected_and_that_is_said` |
//! | another offset (GCJ-02), swapped coordinates | `amap_points_taken_for_wgs84_are_suspected`; inputs (`swapped_...`); io |
//! | unknown land-use code, another scheme | `an_unknown_land_use_code_...`, `codes_of_another_scheme_are_suspected_...` |
//! | unknown POI code | `an_unknown_poi_code_is_listed_with_its_count` |
//! | duplicate id, invalid geometry | `a_bow_tie_and_a_duplicate_id_...`; inputs (`duplicate_ids_have_a_ledger_row_...`) |
//! | NULL, empty, non-polygon geometry, 2-point rings | inputs (`two_point_rings_...`); io |
//! | overlapping parcels | `parcels_on_the_same_ground_are_reported_with_area_and_tonnes` |
//! | overlapping zones, gaps | `overlapping_zones_are_refused_...`, `a_gap_between_zones_is_reported_with_its_area` |
//! | parcel outside every zone; border | `parcels_outside_...`, `a_clipped_border_leaves_nothing_outside` |
//! | POI, people, roads outside | `what_lies_outside_its_land_is_a_finding_with_its_share` |
//! | zero proxy in a class | `a_proxy_that_is_zero_everywhere_...` |
//! | class absent with a budget | `a_class_without_parcels_...` |
//! | negative, NaN budget; sinks | `a_negative_sink_...`, `a_total_that_is_no_number_...`; activity data in carbonzone-inventory |
//! | unmatched rows, both ways | `rows_that_match_no_zone_are_listed_both_ways` |
//! | wrong encoding | inputs (`a_gbk_table_read_as_utf8_...`); io (`gbk_names_are_read_with_the_cpg_file_and_suspected_without`) |
//! | unit that does not fit the factor | inputs (`a_unit_that_does_not_fit_...`); carbonzone-inventory (`a_messy_workbook_...`) |
//! | GDP missing, city sink 0 | `a_missing_gdp_...`, `a_city_without_sinks_...` |
//! | disk full | `a_full_disk_leaves_nothing_half_written` |
//! | 0-feature layer | `a_filter_that_keeps_nothing_is_an_error`; inputs (`a_layer_without_features_...`); io |
//! | GDP of counties, land-cover rasters, OSM extracts | inputs (`gdp.rs`, `land_cover.rs`, `osm.rs`) |

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]

use crate::common;
use common::{City, expect, run};
use std::fs;
use std::path::Path;

fn assert_mentions(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "`{needle}` is not in:\n{text}");
    }
}

#[test]
fn a_sound_city_has_no_error() {
    assert_mentions(City::checked(), &["0 errors"]);
}

#[test]
fn every_missing_file_is_listed_at_once() {
    let city = City::new();
    fs::remove_file(city.path("layers/parcels.gpkg")).unwrap();
    fs::remove_file(city.path("layers/poi.csv")).unwrap();
    fs::remove_file(city.path("layers/township_stats.csv")).unwrap();
    let text = city.check(2);
    assert_mentions(&text, &["parcels.gpkg", "poi.csv", "township_stats.csv", "missing_file", "3 errors"]);
    // The zone layer missing too: its table is named all the same.
    fs::remove_file(city.path("layers/townships.gpkg")).unwrap();
    city.edit("class = \"fclass\"", "class = \"klass\"");
    let text = city.check(2);
    assert_mentions(
        &text,
        &["townships.gpkg", "township_stats.csv", "\"klass\"", "did you mean \"fclass\"", "5 errors"],
    );
}

#[test]
fn an_unknown_field_lists_what_is_there_and_suggests() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "land_use = \"DLBN\"");
    assert_mentions(&city.check(1), &["DLBN", "DLBM", "DLMC", "did you mean"]);
}

#[test]
fn an_unknown_layer_lists_what_is_there() {
    let city = City::new();
    city.edit("layer = \"parcels\"", "layer = \"parzels\"");
    assert_mentions(&city.check(1), &["parzels", "\"parcels\""]);
}

#[test]
fn an_unknown_key_of_the_pipeline_shows_its_line_and_a_suggestion() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "landuse = \"DLBM\"");
    assert_mentions(&city.check(1), &["city.toml:", "landuse", "did you mean `land_use`?"]);
}

#[test]
fn degrees_are_refused_as_working_crs() {
    let city = City::new();
    city.edit("crs = \"EPSG:4549\"", "crs = \"EPSG:4490\"");
    assert_mentions(&city.check(1), &["EPSG:4490", "metres", "EPSG:4549"]);
}

#[test]
fn feet_are_refused_as_working_crs() {
    let city = City::new();
    city.edit("crs = \"EPSG:4549\"", "crs = \"EPSG:2249\"");
    assert_mentions(&city.check(1), &["EPSG:2249", "metres"]);
}

#[test]
fn parcels_without_a_field_of_codes_are_refused_and_the_rest_is_still_read() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"\n", "");
    let told = city.check(1);
    assert_mentions(&told, &["error[land_use]", "no field with the land-use code is named", "land_use = "]);
    assert!(!told.contains("this is a bug"), "{told}");
}

#[test]
fn a_class_without_parcels_but_with_a_budget_is_an_error_with_tonnes() {
    let city = City::new();
    city.edit("land = [\"facility_agri\"]", "land = [\"greenhouses\"]");
    assert_mentions(&city.check(1), &["greenhouses", "60200.0 t CO2e", "on_missing_class"]);
}

#[test]
fn land_that_the_scheme_does_not_have_is_named_even_if_the_rule_has_other_land() {
    let city = City::new();
    city.edit("land = [\"forest\"", "land = [\"forrest\"");
    assert_mentions(
        &city.check_any(),
        &["warning[unknown_land]", "has no land \"forrest\"", "did you mean \"forest\"?", "city.toml:"],
    );
}

#[test]
fn a_misspelt_table_suggests_the_file_beside_it() {
    let city = City::new();
    city.edit("township_stats.csv", "township_stat.csv");
    assert_mentions(&city.check(2), &["no such file", "did you mean \"township_stats.csv\"?"]);
}

/// The city without any industry POI.
fn without_industry(city: &City) {
    let path = city.path("layers/poi.csv");
    let text = fs::read_to_string(&path).unwrap();
    let industry = [",1703", ",1701", ",1201", ",170204", ",170205", ",170209", ",120202"];
    let kept: Vec<&str> = text.lines().filter(|l| !industry.iter().any(|code| l.contains(code))).collect();
    fs::write(&path, kept.join("\n") + "\n").unwrap();
}

#[test]
fn a_proxy_that_is_zero_everywhere_gives_way_to_area_and_says_so() {
    let city = City::new();
    without_industry(&city);
    assert_mentions(
        &city.check(0),
        &[
            "warning[zero_proxy]",
            "poi:industry is zero on all parcels",
            "area used instead",
            "124304600.0 t CO2e",
        ],
    );
    let (stdout, _) = city.run("out", &[]);
    assert_mentions(&stdout, &["Fallbacks", "poi:industry is zero"]);
    let ledger = fs::read_to_string(city.path("out/ledger.csv")).unwrap();
    let row = ledger.lines().find_map(|l| l.strip_prefix("fallback,industry,industrial,")).unwrap();
    let placed: f64 = row.split(',').next().unwrap().parse().unwrap();
    // The sum of the parcels is the budget up to its last bits.
    assert!((placed / 124_304_600.0 - 1.0).abs() < 1e-12, "{row}");
}

#[test]
fn a_zero_proxy_may_be_declared_an_error_or_unallocated() {
    let city = City::new();
    without_industry(&city);
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    let rule = "proxies = [\"poi:industry\"]";
    let with = |choice: &str| {
        let text = toml.replace(rule, &format!("{rule}\non_zero_weight = \"{choice}\""));
        fs::write(city.path("city.toml"), text).unwrap();
    };
    with("error");
    assert_mentions(&city.check(1), &["error[zero_proxy]", "124304600.0 t CO2e", "on_zero_weight"]);
    with("unallocated");
    let (_, stderr) = city.run("out", &[]);
    assert_mentions(&stderr, &["warning[unallocated]"]);
    let ledger = fs::read_to_string(city.path("out/ledger.csv")).unwrap();
    assert_mentions(&ledger, &["unallocated,industry,industrial,12430", "declared unallocated"]);
}

#[test]
fn a_negative_sink_says_how_to_declare_a_source() {
    let city = City::new();
    city.edit("amount = 71.96", "amount = -71.96");
    assert_mentions(&city.check(1), &["-71.96", "sector = \"land\"", "gross"]);
}

#[test]
fn a_budget_without_a_rule_is_refused_with_its_tonnes() {
    let city = City::new();
    city.edit("budget = \"waste:industrial\"", "budget = \"waste:municipal_utilities\"");
    assert_mentions(&city.check(1), &["waste:industrial", "10200.0 t CO2e", "waste:municipal_utilities"]);
}

#[test]
fn a_header_in_ten_thousands_and_a_row_of_totals_are_told_with_their_keys() {
    let city = City::new();
    let table = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&table).unwrap();
    let text = text.replace(",population,", ",常住人口(万人),") + "合计,合计,1274.8,2017000\n";
    fs::write(&table, text).unwrap();
    city.edit("population = \"population\"", "population = \"常住人口(万人)\"");
    let said = city.check(1);
    assert!(said.contains("info[unit_converted]") && said.contains("multiplied by 10000"), "{said}");
    // The column holds persons: its header is wrong, and the numbers show it.
    assert!(said.contains("warning[implausible_population]"), "{said}");
    assert!(said.contains("skip = [\"合计\"]"), "{said}");
    city.edit("population = \"常住人口(万人)\"", "population = \"常住人口(万人)\"\nskip = [\"合计\"]");
    city.edit("skip = [", "population_unit_persons = 1\nskip = [");
    let said = city.check(0);
    assert!(
        said.contains("warning[unit_suspect]") && said.contains("population_unit_persons = 10000"),
        "{said}"
    );
    assert!(!said.contains("implausible") && said.contains("rows left out as declared: 合计"), "{said}");
}

#[test]
fn rows_that_match_no_zone_are_listed_both_ways() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap();
    let id = second.split(',').next().unwrap();
    fs::write(&path, text.replacen(id, "999999", 1)).unwrap();
    assert_mentions(
        &city.check(1),
        &["rows that match no zone: 999999", "zones without a row", id, "nothing is filled with zero"],
    );
}

#[test]
fn numbers_that_two_tables_give_otherwise_are_told() {
    let city = City::new();
    let table = fs::read_to_string(city.path("layers/township_stats.csv")).unwrap();
    let id = table.lines().nth(1).unwrap().split(',').next().unwrap();
    fs::write(city.path("layers/older.csv"), format!("id,people\n{id},12345\n")).unwrap();
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    let older = "[[layers.zones.tables]]\npath = \"layers/older.csv\"\nkey = \"id\"\non = \"id\"\npopulation = \"people\"\n\n";
    let at = toml.find("[[layers.zones.tables]]").unwrap();
    fs::write(city.path("city.toml"), format!("{}{older}{}", &toml[..at], &toml[at..])).unwrap();
    let found = city.check_any();
    assert_mentions(
        &found,
        &["warning[given_twice]", "population of 1 zone is given otherwise", "before 12345"],
    );
}

#[test]
fn a_total_that_is_given_twice_is_told_at_its_line() {
    let city = City::new();
    let total = "[[inventory.totals]]\nsector = \"waste\"\nland_group = \"industrial\"\namount = 3.0\n";
    city.edit("[[inventory.totals]]\n", &format!("{total}\n[[inventory.totals]]\n"));
    let found = city.check_any();
    assert_mentions(
        &found,
        &["warning[total_given_twice]", "total waste:industrial is given more than once", "city.toml:"],
    );
}

#[test]
fn a_missing_gdp_leaves_the_zone_undefined_with_a_warning() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap().to_owned();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[3] = "";
    fs::write(&path, text.replacen(&second, &cells.join(","), 1)).unwrap();
    let (stdout, stderr) = city.run("out", &[]);
    assert_mentions(&stderr, &["missing_gdp", "1 of 97 units"]);
    assert_mentions(&stdout, &["Undefined"]);
}

#[test]
fn a_number_that_is_none_names_its_cell() {
    let city = City::new();
    let path = city.path("layers/township_stats.csv");
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().nth(1).unwrap().to_owned();
    let mut cells: Vec<&str> = second.split(',').collect();
    cells[3] = "12a4";
    fs::write(&path, text.replacen(&second, &cells.join(","), 1)).unwrap();
    assert_mentions(&city.check(1), &["township_stats.csv", "D2", "12a4"]);
}

#[test]
fn an_unknown_land_use_code_warns_with_count_and_area() {
    let city = City::new();
    fs::write(city.path("scheme.csv"), "code,space_type,sink_type\n01,cultivated_garden,crops\n").unwrap();
    city.edit("scheme = \"gbt21010\"", "scheme = \"scheme.csv\"");
    let text = city.check(1);
    assert_mentions(
        &text,
        &["unknown_land_use_code", "\"0601\":", "parcels", "m²", "class_absent_with_budget"],
    );
}

#[test]
fn strict_turns_warnings_into_errors() {
    // The synthetic city has a bow-tie and a duplicate id on purpose.
    assert_mentions(City::checked(), &["0 errors", "warning["]);
    expect(1, &["check", &City::new().path("city.toml"), "--quiet", "--strict"]);
}

#[test]
fn json_findings_are_machine_readable() {
    let city = City::new();
    city.edit("land_use = \"DLBM\"", "land_use = \"DLBN\"");
    let (stdout, _) = expect(1, &["check", &city.path("city.toml"), "--quiet", "--format", "json"]);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&stdout).unwrap();
    assert!(findings.iter().any(|f| f["code"] == "unknown_field" && f["severity"] == "error"), "{stdout}");
}

#[test]
fn a_truncated_geopackage_is_refused_and_nothing_is_written() {
    let city = City::new();
    let path = city.path("layers/parcels.gpkg");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let out = run(&["run", &city.path("city.toml"), "--out", &city.path("out"), "--no-maps"]);
    assert_ne!(out.status.code(), Some(0));
    assert!(!Path::new(&city.path("out")).exists(), "nothing may be written");
    assert!(!Path::new(&city.path(".out.partial")).exists(), "nothing half-written may stay");
    assert_mentions(&String::from_utf8_lossy(&out.stderr), &["parcels.gpkg", "nothing was written"]);
}

#[test]
fn overlapping_zones_are_refused_unless_the_first_takes_all() {
    let city = City::new();
    let path = city.path("layers/townships.gpkg");
    let (coverage, table) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let mut moved = carbonzone_geom::Coverage::new();
    for i in 0..coverage.len() {
        let mut part = coverage.reordered(&[i as u32]);
        if i == 0 {
            part.transform(|xs, _| xs.iter_mut().for_each(|x| *x += 400.0));
        }
        moved.push_multipolygon(&part.multipolygon(0));
    }
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:4549").unwrap();
    let spec = carbonzone_io::LayerSpec::for_table(
        "townships",
        Some(carbonzone_io::GeometryKind::Polygon),
        &crs,
        &table,
    );
    let mut writer =
        carbonzone_io::VectorWriter::create(Path::new(&path), carbonzone_io::VectorFormat::GeoPackage, &spec)
            .unwrap();
    writer.polygons(&moved, &table).unwrap();
    writer.finish().unwrap();
    assert_mentions(&city.check(1), &["overlapping_zones", "m²", "overlap = \"first\""]);
    city.edit("overlap = \"error\"", "overlap = \"first\"");
    city.run("out", &[]);
    assert!(city.manifest("out").balances.iter().all(|b| b.relative <= 1e-9));
}

#[test]
fn another_programs_folder_is_not_replaced() {
    let city = City::new();
    fs::create_dir(city.path("out")).unwrap();
    fs::write(city.path("out/thesis.docx"), "precious").unwrap();
    let (_, stderr) = expect(2, &["run", &city.path("city.toml"), "--out", &city.path("out"), "--no-maps"]);
    assert_mentions(&stderr, &["--overwrite"]);
    assert!(Path::new(&city.path("out/thesis.docx")).exists());
}

/// Writes a changed township layer: `change(i, shape)` for each township.
fn edit_townships(city: &City, mut change: impl FnMut(usize, &mut carbonzone_geom::Coverage)) {
    let path = city.path("layers/townships.gpkg");
    let (coverage, table) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let mut changed = carbonzone_geom::Coverage::new();
    for i in 0..coverage.len() {
        let mut part = coverage.reordered(&[i as u32]);
        change(i, &mut part);
        changed.push_multipolygon(&part.multipolygon(0));
    }
    write_layer(&path, "townships", &changed, &table);
}

fn write_layer(
    path: &str,
    name: &str,
    coverage: &carbonzone_geom::Coverage,
    table: &carbonzone_types::AttributeTable,
) {
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:4549").unwrap();
    let kind = Some(carbonzone_io::GeometryKind::Polygon);
    let spec = carbonzone_io::LayerSpec::for_table(name, kind, &crs, table);
    let format = carbonzone_io::VectorFormat::GeoPackage;
    let mut writer = carbonzone_io::VectorWriter::create(Path::new(path), format, &spec).unwrap();
    writer.polygons(coverage, table).unwrap();
    writer.finish().unwrap();
}

/// Township in the middle of the city.
fn middle(city: &City) -> usize {
    let path = city.path("layers/townships.gpkg");
    let (coverage, _) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let [x0, y0, x1, y1] = coverage.total_bounds().unwrap();
    let (cx, cy) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
    let far = |i: &usize| {
        let [a, b, c, d] = coverage.bounds(*i).unwrap();
        (f64::midpoint(a, c) - cx).hypot(f64::midpoint(b, d) - cy)
    };
    (0..coverage.len()).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap()
}

#[test]
fn a_gap_between_zones_is_reported_with_its_area() {
    let city = City::new();
    let middle = middle(&city);
    let mut lost_m2 = 0.0;
    edit_townships(&city, |i, shape| {
        if i == middle {
            let [x0, y0, x1, y1] = shape.bounds(0).unwrap();
            let (cx, cy) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
            let before = shape.area_m2(0);
            shape.transform(|xs, ys| {
                for x in xs.iter_mut() {
                    *x = cx + (*x - cx) * 0.5;
                }
                for y in ys.iter_mut() {
                    *y = cy + (*y - cy) * 0.5;
                }
            });
            lost_m2 = before - shape.area_m2(0);
        }
    });
    assert!(lost_m2 > 1e6);
    let text = city.check_any();
    assert_mentions(&text, &["warning[zone_gaps]", "1 gaps between the zones", "belongs to no zone"]);
}

#[test]
fn parcels_outside_every_zone_are_counted_with_their_tonnes_and_none_is_lost() {
    let city = City::new();
    let middle = middle(&city);
    edit_townships(&city, |i, shape| {
        if i == middle {
            shape.transform(|xs, _| {
                let left = xs.iter().copied().fold(f64::INFINITY, f64::min);
                for x in xs.iter_mut() {
                    *x = left + (*x - left) * 0.25;
                }
            });
        }
    });
    city.edit("overlap = \"error\"", "overlap = \"first\"");
    assert_mentions(&city.check(0), &["warning[parcels_outside_zones]", "km²", "t CO2e"]);
    city.run("out", &[]);
    let ledger = &city.manifest("out").ledger;
    let outside: f64 = ledger
        .iter()
        .filter(|r| r.stage == carbonzone_types::Stage::ZonesOutside && r.sector != "sink")
        .filter_map(|r| r.amount_t)
        .sum();
    assert!(outside > 1e4, "{outside}");
    // Clipped: everything is placed within the zones.
    let (_, _) = city.run("clipped", &["--set", "city.border=clip"]);
    let manifest = city.manifest("clipped");
    for row in manifest.ledger.iter().filter(|r| r.stage == carbonzone_types::Stage::ZonesOutside) {
        assert!(row.amount_t.unwrap().abs() < 1.0, "{row:?} of 240 Mt");
    }
    for role in ["parcels", "poi", "population", "road:road"] {
        assert!(
            manifest.ledger.iter().any(|r| r.sector == role || r.land_group == role)
                && manifest.ledger.iter().any(|r| {
                    (r.sector == role || r.land_group == role) && r.note.contains("border = clip")
                }),
            "{role} was cut"
        );
    }
    assert!(manifest.balances.iter().all(|b| b.relative <= 1e-9));
}

#[test]
fn parcels_on_the_same_ground_are_reported_with_area_and_tonnes() {
    let city = City::new();
    let path = city.path("layers/parcels.gpkg");
    let (coverage, table) = carbonzone_io::read_own_layer(Path::new(&path), "parcels").unwrap();
    let codes = table.texts("DLBM").unwrap();
    let industry = codes.iter().position(|c| c.as_deref() == Some("0601")).unwrap();
    let mut order: Vec<u32> = (0..coverage.len() as u32).collect();
    order.push(industry as u32);
    write_layer(&path, "parcels", &coverage.reordered(&order), &table.reordered(&order));
    let text = city.check(0);
    assert_mentions(&text, &["warning[overlapping_parcels]", "m²", "at stake", "t CO2e", "#2"]);
}

#[test]
fn amap_points_taken_for_wgs84_are_suspected() {
    // The parcels of a thousand are too large: 500 m more or less change nothing.
    let city = City::of(5_000);
    assert!(!city.check(0).contains("shifted_coordinates"));
    city.edit("y = \"lat\", crs = \"GCJ-02\"", "y = \"lat\", crs = \"EPSG:4326\"");
    assert_mentions(
        &city.check(0),
        &["warning[shifted_coordinates]", "poi.csv", "crs = \"GCJ-02\"?", "% of the points"],
    );
}

#[test]
fn points_without_a_crs_are_refused() {
    let city = City::new();
    city.edit("y = \"lat\", crs = \"GCJ-02\"", "y = \"lat\"");
    assert_mentions(&city.check(1), &["error[no_crs]", "poi.csv", "GCJ-02"]);
}

#[test]
fn layers_in_another_crs_are_reprojected_and_that_is_said() {
    assert_mentions(City::checked(), &["info[reprojected]", "GCJ-02", "EPSG:4326", "EPSG:4549"]);
}

#[test]
fn an_unknown_poi_code_is_listed_with_its_count() {
    let city = City::new();
    let path = city.path("layers/poi.csv");
    let text = fs::read_to_string(&path).unwrap();
    let count = text.matches(",060200").count();
    assert!(count > 0);
    fs::write(&path, text.replace(",060200", ",860200")).unwrap();
    assert_mentions(
        &city.check(0),
        &["warning[unknown_poi_code]", "\"860200\": ", &format!("count: {count}"), "CSV (code, group)"],
    );
}

#[test]
fn a_bow_tie_and_a_duplicate_id_are_mended_named_and_booked() {
    let city = City::new();
    let path = city.path("layers/parcels.gpkg");
    let (coverage, table) = carbonzone_io::read_own_layer(Path::new(&path), "parcels").unwrap();
    let mut broken = carbonzone_geom::Coverage::new();
    for i in 0..coverage.len() {
        let [x0, y0, x1, y1] = coverage.bounds(i).unwrap();
        match i {
            7 => broken.push_rings(&[vec![vec![[x0, y0], [x1, y1], [x1, y0], [x0, y1], [x0, y0]]]]),
            _ => broken.push_multipolygon(&coverage.multipolygon(i)),
        }
    }
    write_layer(&path, "parcels", &broken, &table);
    let bow_tie = table.texts("parcel_id").unwrap()[7].clone().unwrap();
    assert_mentions(
        &city.check(0),
        &["warning[invalid_geometry]", &format!("feature {bow_tie}"), "m2 after", "warning[duplicate_id]"],
    );
    city.run("out", &[]);
    let ledger = fs::read_to_string(city.path("out/ledger.csv")).unwrap();
    assert_mentions(&ledger, &["repair,,parcels,"]);
}

#[test]
fn what_lies_outside_its_land_is_a_finding_with_its_share() {
    let text = City::checked();
    assert_mentions(text, &["warning[poi_outside_class]", "% of the POI of group", "snap_m"]);
    assert_mentions(text, &["warning[roads_outside_parcels]", "km of water", "% of the length"]);
    let city = City::new();
    city.edit("weight = [\"people_22_06\"]   # residents", "weight = [\"people_22_06\"] # residents");
    let scheme = "code,space_type\n01,cultivated_garden\n0701,urban_residential\n";
    fs::write(city.path("scheme.csv"), scheme).unwrap();
    city.edit("scheme = \"gbt21010\"", "scheme = \"scheme.csv\"");
    assert_mentions(&city.check_any(), &["people_outside_class", "% of the people live outside"]);
}

#[test]
fn codes_of_another_scheme_are_suspected_by_name_and_by_code() {
    let city = City::new();
    city.edit("scheme = \"gbt21010\"", "scheme = \"planning2023\"");
    assert_mentions(
        &city.check_any(),
        &[
            "land_use_scheme_suspect",
            "agree with scheme \"planning2023\"",
            "% of the area",
            "scheme = \"gbt21010\"?",
        ],
    );
    // Without names the codes must tell.
    city.edit("land_use_name = \"DLMC\"\n", "");
    city.edit("scheme = \"planning2023\"", "scheme = \"euluc\"");
    assert_mentions(
        &city.check_any(),
        &[
            "land_use_scheme_suspect",
            "lists the codes of 0.0 % of the area",
            "\"gbt21010\" lists the codes of 100.0 %",
        ],
    );
}

#[test]
fn a_total_that_is_no_number_is_refused_at_its_line() {
    let city = City::new();
    city.edit("amount = 71.96", "amount = nan");
    assert_mentions(&city.check(1), &["error[negative_or_nan_budget]", "city.toml:", "has no amount yet"]);
}

#[test]
fn a_city_without_sinks_has_no_ccr_and_no_esc() {
    let city = City::new();
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    let mut sink = false;
    let lines: Vec<String> = toml
        .lines()
        .map(|line| {
            sink = if line.starts_with("sector") { line.contains("\"sink\"") } else { sink };
            if sink && line.starts_with("amount") { "amount = 0.0".to_owned() } else { line.to_owned() }
        })
        .collect();
    fs::write(city.path("city.toml"), lines.join("\n")).unwrap();
    assert_mentions(&city.check(0), &["warning[zero_city_sink]", "CCR and ESC are NULL"]);
    city.run("out", &[]);
    let csv = fs::read_to_string(city.path("out/townships.csv")).unwrap();
    assert!(!csv.contains("NaN"), "NULL is empty, never NaN");
}

#[test]
fn a_filter_that_keeps_nothing_is_an_error() {
    let city = City::new();
    city.edit("layer = \"parcels\" }", "layer = \"parcels\", where = \"DLBM = 'none'\" }");
    assert_mentions(
        &city.check(1),
        &["error[empty_layer]", "parcels.gpkg", "DLBM = 'none'", "the filter matches nothing"],
    );
}

#[test]
#[cfg(unix)]
fn a_full_disk_leaves_nothing_half_written() {
    let city = City::new();
    // A limit on file sizes makes every larger write fail, as a full disk would.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" run \"$1\" --out \"$2\" --no-maps --quiet";
    let out = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_carbonzone"), &city.path("city.toml"), &city.path("out")])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(matches!(out.status.code(), Some(1 | 2)), "{:?}\n{stderr}", out.status);
    assert!(!Path::new(&city.path("out")).exists(), "nothing may be written");
    assert!(!Path::new(&city.path(".out.partial")).exists(), "nothing half-written may stay");
    assert_mentions(&stderr, &["writing into", "out"]);
}

#[test]
fn coarse_parcels_are_sums_per_cell_without_any_trace_of_a_parcel() {
    let city = City::new();
    city.run("coarse", &["--set", "outputs.parcels=coarse"]);
    let read = |city: &City, out: &str| {
        let path = city.path(&format!("{out}/suzhou.gpkg"));
        carbonzone_io::read_own_layer(Path::new(&path), "parcels").unwrap()
    };
    let (_, full) = read(City::finished(), "out");
    let (cells, coarse) = read(&city, "coarse");
    for gone in ["land_use", "space_type", "people", "poi_industry"] {
        assert!(full.get(gone).is_some() && coarse.get(gone).is_none(), "{gone}");
    }
    let sum = |t: &carbonzone_types::AttributeTable, field: &str| -> f64 {
        t.numbers(field).unwrap().into_iter().flatten().collect::<carbonzone_types::ExactSum>().value()
    };
    for field in ["gross_t", "sink_t", "industry_t", "area_m2"] {
        assert!(common::relative(sum(&full, field), sum(&coarse, field)) < 1e-9, "{field}");
    }
    assert!((0..cells.len()).all(|i| (cells.area_m2(i) - 1e4).abs() < 1e-6), "whole cells of 100 m");
    let ids = coarse.texts("unit_id").unwrap();
    assert!(ids.iter().flatten().all(|id| id.starts_with('c') && id.contains("_r")));
}
