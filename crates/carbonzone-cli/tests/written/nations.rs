//! Cities of any country: GDP in another currency, no sinks or no GDP, parks and water laid over the parcels.

use crate::common::expect;
use crate::common::tiny::Tiny;
use crate::language::texts;
use carbonzone_types::{LedgerRow, RunManifest, Stage};

const GDP: &str = "gdp = \"gdp\"\n";
const SINK: &str = "[[inventory.totals]]\nsector = \"sink\"\nland_group = \"d\"\namount = 50.0\n";
const SINK_RULE: &str =
    "[[allocate]]\nid = \"r2\"\nbudget = \"sink:d\"\nland = [\"wood\"]\nproxies = [\"area\"]\n";

fn record(city: &Tiny) -> RunManifest {
    serde_json::from_str(&city.read("out/run.json")).unwrap()
}

/// Everything that a run with maps writes for people.
fn written(city: &Tiny) -> String {
    let mut found = vec![city.read("out/townships.csv"), city.read("out/report.html")];
    texts(&city.at("out/townships.xlsx"), "xl/sharedStrings.xml", &mut found);
    texts(&city.at("out/tiny.qgz"), "tiny.qgs", &mut found);
    found.join("\n")
}

/// Runs it; gives the findings.
fn findings(city: &Tiny, more: &[&str]) -> String {
    let output = city.try_run("out", &[&["--lang", "both"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = record(city).findings.into_iter();
    told.map(|f| format!("{}: {}", f.code, f.message)).collect::<Vec<_>>().join("\n")
}

/// What `check` says, in English.
fn checked(city: &Tiny, code: i32) -> String {
    let (stdout, stderr) = expect(code, &["check", &city.path("city/p.toml"), "--quiet", "--lang", "en"]);
    stdout + &stderr
}

#[test]
fn gdp_in_dollars_names_columns_and_labels_of_every_output_and_nothing_speaks_of_yuan() {
    let city = Tiny::new();
    city.edit("name = \"zname\"\n", "name = \"zname\"\ngdp_unit = \"million USD\"\n");
    city.edit(GDP, "gdp = \"GDP (1000 USD)\"\n");
    city.write("city/stats.csv", "key,pop,GDP (1000 USD)\na,100,10000\nb,200,20000\n");
    let said = findings(&city, &[]);
    assert!(said.contains("multiplied by 0.001 to give 1e6 USD"), "{said}");
    let csv = city.read("out/townships.csv");
    let rows: Vec<Vec<&str>> = csv.lines().map(|l| l.split(',').collect()).collect();
    let cell = |row: usize, name: &str| {
        rows[row][rows[0].iter().position(|h| *h == name).unwrap()].parse::<f64>().unwrap()
    };
    assert_eq!((cell(1, "gdp_1e6usd"), cell(2, "gdp_1e6usd")), (10.0, 20.0));
    assert_eq!(cell(1, "gross_t_per_1e6usd"), 50.0);
    let all = written(&city);
    for word in ["10⁶ USD", "百万美元", "t CO₂e/10⁶ USD"] {
        assert!(all.contains(word), "no {word}");
    }
    for word in ["cny", "CNY", "万元"] {
        assert!(
            !all.contains(word),
            "{word}: {:?}",
            all.split('\n').find(|l| l.contains(word)).map(str::len)
        );
    }
    // A factor to CNY, a unit that is none, and yuan in the header say something else: all refused.
    city.edit("GDP (1000 USD)\"\n", "GDP (1000 USD)\"\ngdp_unit_1e4cny = 1.0\n");
    assert!(checked(&city, 1).contains("error[gdp_unit]"));
    city.edit("gdp_unit_1e4cny = 1.0\n", "");
    city.edit("\"million USD\"", "\"many dollars\"");
    assert!(checked(&city, 1).contains("\"many dollars\" is no unit of money"));
    city.edit("\"many dollars\"", "\"1e9 EUR\"");
    let other = checked(&city, 1);
    assert!(other.contains("cannot be converted") && other.contains("gdp_unit in [layers.zones]"), "{other}");
}

#[test]
fn an_index_of_gdp_gives_shares_and_no_output_speaks_of_money() {
    let city = Tiny::new();
    city.edit("name = \"zname\"\n", "name = \"zname\"\ngdp_unit = \"index\"\n");
    city.edit(GDP, "gdp = \"gdp_index\"\n");
    city.write("city/stats.csv", "key,pop,gdp_index\na,100,10\nb,200,20\n");
    findings(&city, &[]);
    let csv = city.read("out/townships.csv");
    let head = csv.lines().next().unwrap();
    assert!(head.contains(",gdp_index,") && !head.contains("gross_t_per_index"), "{csv}");
    // A third of the GDP for half of the emissions.
    assert!(csv.contains("0.6666666666666666") && csv.contains("1.3333333333333333"), "{csv}");
    let all = written(&city);
    for word in ["cny", "CNY", "万元", "t CO₂e/index", "t_per_gdp"] {
        assert!(
            !all.contains(word),
            "{word}: {:?}",
            all.split('\n').find(|l| l.contains(word)).map(|l| &l[..l.len().min(200)])
        );
    }
    // Without the unit the error says how to give it; a factor to CNY and yuan in the header say something else.
    city.edit("gdp_unit = \"index\"\n", "");
    assert!(checked(&city, 1).contains("gdp_unit = \"index\" in [layers.zones]"));
    city.edit("name = \"zname\"\n", "name = \"zname\"\ngdp_unit = \"index\"\n");
    city.edit("gdp = \"gdp_index\"\n", "gdp = \"gdp_index\"\ngdp_unit_1e4cny = 1.0\n");
    assert!(checked(&city, 1).contains("error[gdp_unit]"));
    // The kind of the zones is one of a list.
    city.edit("gdp_unit_1e4cny = 1.0\n", "");
    city.edit("name = \"zname\"\n", "kind = \"districtsX\"\nname = \"zname\"\n");
    let told = checked(&city, 1);
    assert!(told.contains("error[zones_kind]") && told.contains("did you mean \"districts\""), "{told}");
}

#[test]
fn without_sinks_or_gdp_one_index_decides_and_every_output_says_which_is_missing() {
    let city = Tiny::new();
    city.edit(SINK, "");
    city.edit(SINK_RULE, "");
    let told = checked(&city, 0);
    assert!(told.contains("axes = \"economic\" in [zoning]"), "{told}");
    city.edit("[inventory]\n", "[zoning]\naxes = \"economic\"\n[inventory]\n");
    let said = findings(&city, &[]);
    assert!(!said.contains("zero_city_sink"), "{said}");
    let csv = city.read("out/townships.csv");
    // Half of the emissions and a third of the GDP, half and two thirds.
    assert!(csv.contains(",ecc_low,") && csv.contains(",ecc_high,"), "{csv}");
    let of = record(&city);
    assert_eq!(
        of.zone_classes.iter().filter(|c| c.count > 0).map(|c| c.key.as_str()).collect::<Vec<_>>(),
        ["ecc_low", "ecc_high"]
    );
    let all = written(&city);
    for sentence in ["ESC is not judged: no sinks are given", "ESC 不参与判定：没有碳汇数据", "ECC &gt; 1"]
    {
        assert!(all.contains(sentence) || all.contains(&sentence.replace("&gt;", ">")), "no {sentence}");
    }

    let city = Tiny::new();
    city.edit(GDP, "");
    city.edit("[inventory]\n", "[zoning]\naxes = \"ecological\"\n[inventory]\n");
    let said = findings(&city, &["--no-maps"]);
    assert!(!said.contains("missing_gdp"), "{said}");
    let csv = city.read("out/townships.csv");
    assert!(csv.contains(",esc_low,") && csv.contains(",esc_high,"), "{csv}");
    let said = record(&city).statements;
    assert!(
        said.iter().any(|s| s.en == "Zones are judged by ESC alone. ECC is not judged: no GDP is given."),
        "{said:?}"
    );
}

#[test]
fn land_that_is_a_net_source_is_no_sink_in_any_output() {
    let city = Tiny::new();
    city.edit("amount = 50.0", "amount = -50.0");
    let told = checked(&city, 1);
    assert!(
        told.contains("sector = \"land\"") && told.contains("by \"area\" on the land that emits"),
        "{told}"
    );
    city.edit(&SINK.replace("50.0", "-50.0"), &SINK.replace("\"sink\"", "\"land\""));
    // As the sink was placed, the forest would emit most: that is said.
    city.edit(SINK_RULE, &SINK_RULE.replace("sink:d", "land:d").replace("\"area\"", "\"sink_area\""));
    city.edit("[inventory]\n", "[sinks]\nset = \"lit_high\"\n[inventory]\n");
    city.write("city/scheme.csv", "code,space_type,sink_type\n1,ind,none\n2,wood,forest\n");
    let told = checked(&city, 0);
    assert!(
        told.contains("warning[sink_area_for_emission]") && told.contains("proxies = [\"area\"]"),
        "{told}"
    );
    city.edit("\"sink_area\"", "\"area\"");
    city.edit("[inventory]\n", "[zoning]\naxes = \"economic\"\n[inventory]\n");
    assert!(!checked(&city, 0).contains("sink_area_for_emission"));
    findings(&city, &[]);
    let of = record(&city);
    assert_eq!((of.totals.gross_t, of.totals.sink_t, of.totals.ccr), (1050.0, 0.0, None));
    let figures = std::fs::read_dir(city.at("out/figures")).unwrap();
    let names: Vec<String> = figures.map(|f| f.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|n| n.contains("ecc")), "{names:?}");
    assert!(!names.iter().any(|n| n.contains("sink") || n.contains("ccr") || n.contains("esc")), "{names:?}");
    assert!(!written(&city).contains("only shares it out over the land"));
}

#[test]
fn a_sliver_that_is_written_as_nothing_warns_nobody_and_tonnes_do() {
    let city = Tiny::new();
    let moved = |metres: f64| {
        let zones = city.read("city/zones.geojson").replace("502000", &format!("{}", 502_000.0 - metres));
        city.write("city/zones.geojson", &zones);
    };
    // The second parcel reaches to 501500: the zone ends 0.1 m before it, 40 m² and 0.1 t; then 100 m.
    moved(500.1);
    let told = checked(&city, 0);
    assert!(!told.contains("warning[parcels_outside_zones]"), "{told}");
    let said = findings(&city, &["--no-maps"]);
    assert!(
        said.contains("parcels_outside_zones: 1 parcels lie outside every zone, 0 of them entirely: 40.0 m²"),
        "{said}"
    );
    city.write("city/zones.geojson", &city.read("city/zones.geojson").replace("501499.9", "501400"));
    let told = checked(&city, 0);
    assert!(told.contains("warning[parcels_outside_zones]") && told.contains("0.040 km²"), "{told}");
}

fn square(x: f64, y: f64, side: f64) -> String {
    let (x, y) = (500_000.0 + x, 3_400_000.0 + y);
    let (x1, y1) = (x + side, y + side);
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{x1},{y}],[{x1},{y1}],[{x},{y1}],[{x},{y}]]]}}}}]}}"#
    )
}

#[test]
fn parks_and_water_laid_over_the_parcels_replace_them_to_the_square_metre() {
    let city = Tiny::new();
    city.write("city/parks.geojson", &square(200.0, 200.0, 400.0));
    city.write("city/water.geojson", &square(300.0, 300.0, 200.0));
    city.write("city/water.csv", "code,space_type\nw,water\n");
    let source = |name: &str| format!("source = {{ path = \"{name}.geojson\", crs = \"EPSG:4549\" }}");
    let layers = format!(
        "[[layers.land_over]]\nname = \"parks\"\n{}\ncode = \"2\"\nscheme = \"scheme.csv\"\n\
         [[layers.land_over]]\nname = \"water\"\n{}\ncode = \"w\"\nscheme = \"water.csv\"\n[layers.zones]\n",
        source("parks"),
        source("water")
    );
    city.edit("[layers.zones]\n", &layers);
    let told = findings(&city, &["--no-maps"]);
    assert!(told.contains("5.00 ha of it lie over 2 parcels"), "{told}");
    let (_, parcels) = carbonzone_io::read_own_layer(&city.at("out/tiny.gpkg"), "parcels").unwrap();
    let text = |field: &str| parcels.texts(field).unwrap().into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(text("unit_id"), ["p1", "p2", "p3", "parks:1", "water:1"]);
    assert_eq!(text("land_layer"), ["parcels", "parcels", "parcels", "parks", "water"]);
    assert_eq!(text("space_type"), ["ind", "ind", "wood", "wood", "water"]);
    let area: Vec<f64> = parcels.numbers("area_m2").unwrap().into_iter().flatten().collect();
    for (found, expected) in area.iter().zip([120_000.0, 160_000.0, 150_000.0, 120_000.0, 40_000.0]) {
        assert!((found - expected).abs() <= 1e-9 * expected, "{area:?}");
    }
    let sink: Vec<f64> = parcels.numbers("sink_t").unwrap().into_iter().flatten().collect();
    assert!((sink[3] - 50.0 * 120.0 / 270.0).abs() < 1e-9 && sink[4] == 0.0, "{sink:?}");
    let of_layer =
        |r: &&LedgerRow| r.stage == Stage::Drop && r.note.starts_with("replaced by the land layer");
    let rows = record(&city).ledger;
    let replaced: Vec<_> =
        rows.iter().filter(of_layer).map(|r| (r.land_group.as_str(), r.amount_m2.unwrap())).collect();
    assert_eq!(replaced, [("ind", 40_000.0), ("wood", 10_000.0), ("wood", 40_000.0)]);
    let said = expect(0, &["explain", &city.path("out"), "--parcel", "parks:1", "--lang", "en"]).0;
    assert!(said.contains("from the land layer \"parks\", laid over the parcels"), "{said}");
    let said = expect(0, &["explain", &city.path("out"), "--parcel", "p1", "--lang", "zh"]).0;
    assert!(said.contains("来自地块图层"), "{said}");
    // The other order: the park covers the water.
    city.edit("name = \"parks\"", "name = \"first\"");
    city.edit("name = \"water\"", "name = \"parks\"");
    city.edit("parks.geojson", "other.geojson");
    city.edit("water.geojson", "parks.geojson");
    city.edit("other.geojson", "water.geojson");
    let told = findings(&city, &["--no-maps", "--overwrite"]);
    assert!(told.contains("of which 1 are wholly below it"), "{told}");
}

#[test]
fn a_land_layer_without_name_or_code_or_named_twice_is_refused_at_once() {
    let city = Tiny::new();
    city.write("city/parks.geojson", &square(200.0, 200.0, 400.0));
    let layer = |name: &str, code: &str| {
        format!(
            "[[layers.land_over]]\nname = \"{name}\"\nsource = {{ path = \"parks.geojson\", crs = \"EPSG:4549\" }}\n{code}\n"
        )
    };
    let layers = [layer("", "code = \"2\""), layer("parks", "code = \"2\""), layer("parks", "")].concat();
    city.edit("[layers.zones]\n", &format!("{layers}[layers.zones]\n"));
    let told = checked(&city, 1);
    for part in
        ["needs a name of its own", "two land layers are called \"parks\"", "needs its land use, in one way"]
    {
        assert!(told.contains(part), "no {part} in {told}");
    }
}
