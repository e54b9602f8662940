//! Points in workbooks, and coordinates in one cell: the same tonnes as from a CSV, or a message with the cell.

use crate::assert_mentions;
use crate::tables::{Town, people, shares};
use crate::workbook::{Part, f, n, ods, row, s, xlsx};
use std::fs;

const PEOPLE: [f64; 3] = [1000.0, 3000.0, 4000.0];
const LONGITUDES: [f64; 3] = [120.602, 120.612, 120.622];
const IN_XLSX: &str =
    "source = { path = \"people.xlsx\", crs = \"EPSG:4326\" }\nkind = \"points\"\nweight = [\"people\"]";

/// A title, a header in the second row, and one row for each township; `last` is the cell of people in the last row.
fn rows(last: Option<&str>) -> Vec<String> {
    let header = ["格网", "lon", "lat", "people"].iter().zip(["A2", "B2", "C2", "D2"]);
    let mut rows = vec![
        row(1, "", &[s("A1", "人口格网（合成）")]),
        row(2, "", &header.map(|(name, at)| s(at, name)).collect::<Vec<_>>()),
    ];
    for (i, (lon, count)) in LONGITUDES.into_iter().zip(PEOPLE).enumerate() {
        let at = |column: &str| format!("{column}{}", i + 3);
        let people = match last.filter(|_| i == 2) {
            Some(cell) => cell.to_owned(),
            None => n(&at("D"), count),
        };
        let cells = [s(&at("A"), "a \"quoted\", name"), n(&at("B"), lon), n(&at("C"), 31.303), people];
        rows.push(row(i + 3, "", &cells));
    }
    rows
}

fn town(parts: &[Part]) -> Town {
    let mut town = Town::new();
    town.population = IN_XLSX;
    town.write("people.xlsx", xlsx(parts, ""));
    town
}

#[test]
fn points_in_a_workbook_are_read_as_those_of_a_csv() {
    let about = Part::new("说明", &[row(1, "", &[s("A1", "由人口普查推算")])]);
    let old = Part::new("2010", &rows(Some(&n("D5", 9.0)))).hidden();
    let town = town(&[about, old, Part::new("2020", &rows(None))]);
    let said = town.expect_homes(shares(PEOPLE));
    assert_mentions(&said, &["info[sheet_read]", "sheet \"2020\" is read", "\"说明\""]);
    let manifest: carbonzone_types::RunManifest =
        serde_json::from_str(&fs::read_to_string(town.path("out/run.json")).unwrap()).unwrap();
    let record = manifest.inputs.iter().find(|i| i.role == "population").unwrap();
    assert_eq!((record.layer.as_str(), record.features), ("2020", 3));
    assert!(record.bytes > 0 && record.sha256.len() == 64);
}

#[test]
fn text_numbers_and_the_sheet_that_is_named_are_read() {
    let mut town = town(&[
        Part::new("first", &rows(Some(&n("D5", 1.0)))),
        Part::new("second", &rows(Some(&s("D5", "4,000")))),
    ]);
    let (said, _) = town.run();
    assert_mentions(&said, &["warning[several_sheets]", "\"first\"", "\"second\"", "layer = \"...\""]);
    town.population = "source = { path = \"people.xlsx\", layer = \"second\", crs = \"EPSG:4326\" }\nkind = \"points\"\nweight = [\"people\"]";
    town.expect_homes(shares(PEOPLE));
    town.population = "source = { path = \"people.xlsx\", layer = \"secnd\", crs = \"EPSG:4326\" }\nkind = \"points\"\nweight = [\"people\"]";
    assert_mentions(&town.refused(), &["error[unknown_sheet]", "did you mean \"second\"?"]);
}

#[test]
fn cells_without_a_value_are_refused_where_they_are_used() {
    let town = town(&[Part::new("2020", &rows(Some(&f("D5", "D3+D4"))))]);
    assert_mentions(
        &town.refused(),
        &["error[formula_without_value]", "sheet \"2020\", cell D5", "=D3+D4", "people"],
    );
    town.write(
        "people.xlsx",
        xlsx(&[Part::new("2020", &rows(Some("<c r=\"D5\" t=\"e\"><v>#REF!</v></c>")))], ""),
    );
    assert_mentions(&town.refused(), &["error[error_cell]", "cell D5", "#REF!"]);
    let mut merged = Part::new("2020", &rows(Some("")));
    merged.after = "<mergeCells count=\"1\"><mergeCell ref=\"D4:D5\"/></mergeCells>";
    town.write("people.xlsx", xlsx(&[merged], ""));
    assert_mentions(&town.refused(), &["error[merged_number]", "D4:D5"]);
    // In a column that nobody reads it is no fault.
    let mut unused = rows(None);
    unused[2] = unused[2].replace("</row>", &(f("E3", "1/0") + "</row>"));
    town.write("people.xlsx", xlsx(&[Part::new("2020", &unused)], ""));
    town.expect_homes(shares(PEOPLE));
    town.write("people.xlsx", "no workbook");
    assert_mentions(&town.refused(), &["people.xlsx"]);
}

#[test]
fn poi_in_an_open_document_keep_their_codes() {
    let mut town = Town::new();
    let cell = |text: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
    };
    let line = |cells: [&str; 4]| format!("<table:table-row>{}</table:table-row>", cells.map(cell).concat());
    let rows = line(["id", "name", "type", "location"])
        + &line(["A", "一厂", "170300", "120.607,31.303"])
        + &line(["B", "商店", "060100", "120.617,31.303"]);
    town.write("poi.ods", ods(&rows));
    town.poi = "path = \"poi.ods\", crs = \"EPSG:4326\"";
    let (said, tonnes) = town.run();
    assert!((tonnes["W1"] - 1000.0).abs() < 1e-9 && tonnes["W2"].abs() < 1e-9, "{tonnes:?}\n{said}");
}

#[test]
fn points_in_well_known_text_or_brackets_are_one_column_with_both_coordinates() {
    let town = Town::new();
    for (header, cells) in [
        ("wkt", ["POINT (120.602 31.303)", "POINT(120.612 31.303)", "POINT Z (120.622 31.303 4)"]),
        ("geometry", ["point (120.602 31.303)", "POINT (120.612 31.303)", "POINTZ(120.622 31.303 1)"]),
        ("location", ["\"[120.602, 31.303]\"", "\"120.612,31.303\"", "\"(120.622；31.303)\""]),
    ] {
        let body: Vec<String> = cells.iter().zip(PEOPLE).map(|(cell, n)| format!("{cell},{n}")).collect();
        let body = body.join("\n");
        town.write("people.csv", format!("{header},people\n{body}"));
        let said = town.expect_homes(shares(PEOPLE));
        assert_mentions(&said, &["info[coordinate_columns]", header]);
    }
    // Another CRS in the cell, or a line, is no coordinate.
    let odd = "wkt,people\nPOINT (120.602 31.303),1000\nSRID=4549;POINT (561000 3465000),3000\nPOINT (120.622 31.303),4000\n";
    town.write("people.csv", odd);
    assert_mentions(&town.run().0, &["warning[bad_coordinates]", "line 3", "SRID=4549"]);
    town.write("people.csv", people("\"note\"", &["1000", "3000", "4000"]));
    town.expect_homes(shares(PEOPLE));
}

#[test]
fn coordinates_in_degrees_minutes_and_seconds_are_read_exactly_or_left_out_with_their_line() {
    let town = Town::new();
    // 120.602, 120.612, 120.622 and 31.303.
    for (xs, y) in [
        (["120°36'7.2\"\"E", "120°36'43.2\"\"E", "120°37'19.2\"\"E"], "31°18'10.8\"\"N"),
        (["东经120度36分7.2秒", "东经120度36分43.2秒", "东经120度37分19.2秒"], "北纬31度18分10.8秒"),
        (["120 36 7.2", "120 36 43.2", "120 37 19.2"], "31 18 10.8"),
        (["120.602°E", "120.612°E", "120.622°E"], "31.303°N"),
    ] {
        let body: Vec<String> = xs.iter().zip(PEOPLE).map(|(x, n)| format!("\"{x}\",\"{y}\",{n}")).collect();
        town.write("people.csv", format!("lon,lat,people\n{}\n", body.join("\n")));
        assert_mentions(&town.expect_homes(shares(PEOPLE)), &["info[angles_read]", "3 coordinates"]);
    }
    // 61 minutes are none.
    let odd = "lon,lat,people\n120.602,31.303,1000\n120°61'7.2,31.303,3000\n120.622,31.303,4000\n";
    town.write("people.csv", odd);
    assert_mentions(&town.run().0, &["warning[bad_coordinates]", "line 3", "120°61'7.2"]);
}

/// People, and plants whose tonnes stand in this field, with more keys.
macro_rules! plants {
    ($tonnes:literal, $more:literal) => {
        concat!(
            "source = { path = \"people.csv\", crs = \"EPSG:4326\" }\nkind = \"points\"\nweight = [\"people\"]\n",
            "[layers.point_sources]\nsource = { path = \"plants.csv\", crs = \"EPSG:4326\" }\nid = \"id\"\nrule = \"rule\"\n",
            "tonnes = \"", $tonnes, "\"\n", $more
        )
    };
}

/// A town with these plants, in a CSV with semicolons or commas.
fn with_plants(csv: &str) -> Town {
    let mut town = Town::new();
    town.write("plants.csv", csv);
    town.population = plants!("t", "");
    town
}

#[test]
fn tonnes_of_plants_are_read_as_people_write_them_and_a_plant_counts_once() {
    // 400 t stand in W2; the remaining 600 t are shared by one POI each.
    for csv in [
        "id,lon,lat,t,rule\nA,120.617,31.303,\"４００\",works\n",
        "id;lon;lat;t;rule\nA;120,6170;31,3030;400,0;works\n",
    ] {
        let (said, tonnes) = with_plants(csv).run();
        assert!(
            (tonnes["W1"] - 300.0).abs() < 1e-9 && (tonnes["W2"] - 700.0).abs() < 1e-9,
            "{tonnes:?}\n{said}"
        );
    }
    // Points are thousands where the coordinates have decimal commas: 1.000 t are the whole budget.
    let (said, tonnes) = with_plants("id;lon;lat;t;rule\nA;120,6170;31,3030;1.000;works\n").run();
    assert!((tonnes["W2"] - 1000.0).abs() < 1e-9, "{tonnes:?}\n{said}");
    assert_mentions(&said, &["warning[decimal_comma]", "\"1.000\" is read as 1000", "120,6170"]);
    let twice = "id,lon,lat,t,rule\nA,120.617,31.303,400,works\nA,120.617,31.303,400,works\n";
    assert_mentions(&with_plants(twice).refused(), &["error[repeated_plant]", "same place, rule and tonnes"]);
    let two_units = "id,lon,lat,t,rule\nA,120.617,31.303,400,works\nA,120.617,31.303,100,works\n";
    let (said, tonnes) = with_plants(two_units).run();
    assert_mentions(&said, &["warning[repeated_plant]", "2 rows have this id"]);
    assert!((tonnes["W2"] - 750.0).abs() < 1e-9, "{tonnes:?}");
    // The unit in the name of the field: 0.4 kt are 400 t, and so are 0.04 万吨.
    let named = |name: &str, amount: &str, population| {
        let mut town = with_plants(&format!("id,lon,lat,{name},rule\nA,120.617,31.303,{amount},works\n"));
        town.population = population;
        town
    };
    for (town, told) in [
        (named("CO2_kt", "0.4", plants!("CO2_kt", "")), true),
        (named("排放量(万吨)", "0.04", plants!("排放量(万吨)", "")), true),
        (named("t CO2 per year", "400", plants!("t CO2 per year", "")), false),
        (named("CO2_MT", "400", plants!("CO2_MT", "unit = \"t\"")), false),
    ] {
        let (said, tonnes) = town.run();
        assert!((tonnes["W2"] - 700.0).abs() < 1e-9, "{tonnes:?}\n{said}");
        assert_eq!(said.contains("info[unit_converted]"), told, "{said}");
    }
    // A metric ton or a million of them.
    let said = named("CO2_MT", "400", plants!("CO2_MT", "")).refused();
    assert_mentions(&said, &["error[unit_suspect]", "unit = \"t\"", "[layers.point_sources]"]);
}
