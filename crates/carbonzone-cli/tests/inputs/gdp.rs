//! `[layers.zones.gdp] downscale`: county sums kept, marked everywhere, classes under each proxy, bad input.

use crate::assert_mentions;
use crate::common::{City, expect};
use carbonzone_types::{AttributeTable, Stage};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const TABLE: &str = "gdp = \"gdp_1e4cny\"\ngdp_derived = true\n";

/// The city with GDP by district only. Returns the districts' GDP in 1e4 CNY.
fn county_city(proxies: &str) -> (City, BTreeMap<String, f64>) {
    let city = City::new();
    let (_, townships) = townships(&city, "layers/townships.gpkg");
    let (ids, districts) = (townships.texts("id").unwrap(), townships.texts("district").unwrap());
    let of: BTreeMap<String, String> =
        ids.into_iter().zip(districts).map(|(i, d)| (i.unwrap(), d.unwrap())).collect();
    let stats = fs::read_to_string(city.path("layers/township_stats.csv")).unwrap();
    let mut gdp: BTreeMap<String, f64> = BTreeMap::new();
    for line in stats.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        *gdp.entry(of[cells[0]].clone()).or_default() += cells[3].parse::<f64>().unwrap();
    }
    let rows: Vec<String> = gdp.iter().map(|(name, g)| format!("{name},{}", g / 1e4)).collect();
    fs::write(city.path("counties.csv"), format!("区县,GDP（亿元）\n{}\n", rows.join("\n"))).unwrap();
    city.edit(TABLE, "");
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    let more = format!(
        "\n[layers.zones.gdp]\ndownscale = {{ from = \"district\", proxies = [{proxies}] }}\n\
         [[layers.zones.tables]]\npath = \"counties.csv\"\nkey = \"区县\"\non = \"county\"\n\
         gdp = \"GDP（亿元）\"\ngdp_unit_1e4cny = 10000\n"
    );
    let at = toml.find("# ---------------------------------------------------------------- budgets").unwrap();
    fs::write(city.path("city.toml"), format!("{}{more}\n{}", &toml[..at], &toml[at..])).unwrap();
    (city, gdp)
}

fn townships(city: &City, file: &str) -> (carbonzone_geom::Coverage, AttributeTable) {
    carbonzone_io::read_own_layer(Path::new(&city.path(file)), "townships").unwrap()
}

fn sums(districts: &[Option<String>], values: &[Option<f64>]) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for (d, v) in districts.iter().zip(values) {
        *out.entry(d.clone().unwrap()).or_default() += v.unwrap();
    }
    out
}

#[test]
fn county_gdp_reaches_the_townships_marked_as_derived_with_the_sums_kept() {
    let (city, counties) = county_city("\"poi:commercial\", \"people\", \"area\"");
    let (stdout, _) = city.run("out", &[]);
    let (_, table) = townships(&city, "out/suzhou.gpkg");
    let districts = table.texts("district").unwrap();
    let gdp = table.numbers("gdp_1e4cny").unwrap();
    for (district, sum) in sums(&districts, &gdp) {
        assert!(
            (sum / counties[&district] - 1.0).abs() <= 1e-9,
            "{district}: {sum} of {}",
            counties[&district]
        );
    }
    assert!(table.texts("gdp_derived").unwrap().iter().all(|d| matches!(d.as_deref(), Some("true" | "1"))));
    // Side by side: a table in the summary, a file, a sentence.
    assert_mentions(
        &stdout,
        &["zones under each proxy of GDP", "poi:commercial", "GDP of the zones is derived"],
    );
    let csv = fs::read_to_string(city.path("out/gdp_proxies.csv")).unwrap();
    let header = csv.lines().next().unwrap();
    for column in
        ["county", "zones_differ", "gdp_1e4cny_poi_commercial", "ecc_people", "zone_area", "synthetic"]
    {
        assert!(header.contains(column), "{header}");
    }
    assert_eq!(csv.lines().count(), 98);
    assert!(csv.lines().skip(1).any(|l| l.contains(",true,")), "some zone depends on the proxy");
    let manifest = city.manifest("out");
    let rows: Vec<_> =
        manifest.ledger.iter().filter(|r| r.stage == Stage::Placed && r.land_group == "gdp").collect();
    assert_eq!(rows.len(), counties.len());
    assert!(rows.iter().all(|r| r.unit == "1e4 CNY" && r.note.contains("shared out over its")));
    assert!(manifest.balances.iter().all(|b| b.relative <= 1e-9));
    assert!(manifest.outputs.iter().any(|o| o.path == "gdp_proxies.csv"));
}

#[test]
fn the_report_sets_the_official_gdp_beside_the_derived_one_and_maps_keeps_it() {
    let (city, counties) = county_city("\"poi:commercial\", \"area\"");
    expect(0, &["run", &city.path("city.toml"), "--out", &city.path("out"), "--quiet"]);
    let shown = |html: &str| {
        let official = counties.values().next().unwrap();
        let official = carbonzone_report::number::grouped(*official, 0);
        assert_mentions(
            html,
            &[
                "Official GDP of the counties against derived GDP",
                "ECC by area",
                "区县GDP统计值（万元）",
                &official,
            ],
        );
        assert_mentions(html, &["GDP of all 97 townships is derived", "各单元 GDP 为推算值"]);
    };
    shown(&fs::read_to_string(city.path("out/report.html")).unwrap());
    expect(0, &["maps", &city.path("out"), "--quiet", "--dpi", "50"]);
    shown(&fs::read_to_string(city.path("out/report.html")).unwrap());
}

#[test]
fn shared_by_area_a_township_has_its_share_of_the_ground() {
    let (city, counties) = county_city("\"area\"");
    city.run("out", &[]);
    let (shapes, table) = townships(&city, "out/suzhou.gpkg");
    let districts = table.texts("district").unwrap();
    let gdp = table.numbers("gdp_1e4cny").unwrap();
    let areas: Vec<Option<f64>> = shapes.areas_m2().into_iter().map(Some).collect();
    let whole = sums(&districts, &areas);
    for i in 0..shapes.len() {
        let district = districts[i].as_ref().unwrap();
        let expected = counties[district] * areas[i].unwrap() / whole[district];
        // Areas of the file are rounded coordinates: nothing else differs.
        assert!((gdp[i].unwrap() / expected - 1.0).abs() < 1e-9);
    }
}

#[test]
fn what_does_not_match_between_counties_and_zones_is_listed_both_ways() {
    let (city, _) = county_city("\"people\"");
    let path = city.path("counties.csv");
    let text = fs::read_to_string(&path).unwrap();
    let first = text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    fs::write(&path, text.replace(&first, "无锡市")).unwrap();
    assert_mentions(
        &city.check(1),
        &["rows that match no county of the zones: 无锡市", "counties of the zones without a row", &first],
    );
    // A county whose cell is empty: its zones have no GDP, and that is said.
    let empty: Vec<String> = text
        .lines()
        .map(|l| if l.starts_with(&format!("{first},")) { format!("{first},") } else { l.to_owned() })
        .collect();
    fs::write(&path, empty.join("\n")).unwrap();
    assert_mentions(&city.check(0), &["warning[county_without_gdp]", &first, "warning[missing_gdp]"]);
    fs::write(&path, text.replacen(&first, &format!("{first},-5\n{first}"), 1)).unwrap();
    assert_mentions(&city.check(1), &["negative_or_nan_value", "counties with several rows"]);
}

#[test]
fn a_zone_that_names_no_county_is_refused_by_its_name() {
    let (city, _) = county_city("\"people\"");
    let path = city.path("layers/townships.gpkg");
    let (shapes, mut table) = carbonzone_io::read_own_layer(Path::new(&path), "townships").unwrap();
    let name = table.texts("name").unwrap()[4].clone().unwrap();
    for column in &mut table.columns {
        if let ("district", carbonzone_types::ColumnData::Text(values)) =
            (column.name.as_str(), &mut column.data)
        {
            values[4] = None;
        }
    }
    let crs = carbonzone_io::WorkingCrs::parse("EPSG:4549").unwrap();
    let kind = Some(carbonzone_io::GeometryKind::Polygon);
    let spec = carbonzone_io::LayerSpec::for_table("townships", kind, &crs, &table);
    let format = carbonzone_io::VectorFormat::GeoPackage;
    let mut writer = carbonzone_io::VectorWriter::create(Path::new(&path), format, &spec).unwrap();
    writer.polygons(&shapes, &table).unwrap();
    writer.finish().unwrap();
    assert_mentions(&city.check(1), &["error[zone_without_county]", &name, "district"]);
}

#[test]
fn a_proxy_that_is_zero_in_a_county_gives_way_or_is_refused() {
    // Night light that shines nowhere.
    let dark = |city: &City| {
        let (shapes, _) = townships(city, "layers/townships.gpkg");
        let grid = carbonzone_types::GridSpec::covering(shapes.total_bounds().unwrap(), 5000.0).unwrap();
        let band = carbonzone_io::FloatBand { description: "ntl".to_owned(), values: vec![0.0; grid.len()] };
        let crs = carbonzone_io::WorkingCrs::parse("EPSG:4549").unwrap();
        carbonzone_io::write_cog(Path::new(&city.path("ntl.tif")), &grid, &crs, &[band], &[]).unwrap();
        city.edit("] }", "], light = { path = \"ntl.tif\" } }");
    };
    let (city, _) = county_city("\"light\"");
    let toml = fs::read_to_string(city.path("city.toml")).unwrap();
    assert_mentions(&city.check(1), &["needs a raster", "light = {"]);
    // The first `] }` of the file may be another one: put the raster where it belongs.
    let at = toml.find("downscale").unwrap();
    fs::write(city.path("city.toml"), &toml[at..]).unwrap();
    dark(&city);
    let tail = fs::read_to_string(city.path("city.toml")).unwrap();
    fs::write(city.path("city.toml"), format!("{}{tail}", &toml[..at])).unwrap();
    assert_mentions(
        &city.check(1),
        &["error[gdp_zero_proxy]", "cannot be shared out", "add \"people\" or \"area\""],
    );
    city.edit("proxies = [\"light\"]", "proxies = [\"light\", \"area\"]");
    let (stdout, stderr) = city.run("out", &[]);
    assert_mentions(
        &stderr,
        &["warning[gdp_zero_proxy]", "light is zero in all its zones, area used instead"],
    );
    assert_mentions(&stdout, &["1e4 CNY · 万元  GDP of"]);
    let manifest = city.manifest("out");
    assert!(manifest.ledger.iter().any(|r| r.stage == Stage::Fallback && r.land_group == "gdp"));
}

#[test]
fn mistakes_of_the_pipeline_file_are_shown_at_their_line() {
    let (city, _) = county_city("\"poi:comercial\"");
    assert_mentions(&city.check(1), &["no POI group \"comercial\"", "did you mean \"poi:commercial\"?"]);
    let (city, _) = county_city("\"population\", \"people\", \"people\"");
    assert_mentions(&city.check(1), &["city.toml:", "did you mean \"people\"?", "named twice"]);
    let (city, _) = county_city("\"people\"");
    city.edit("from = \"district\"", "form = \"district\"");
    assert_mentions(&city.check(1), &["form", "did you mean `from`?", "city.toml:"]);
    let (city, _) = county_city("\"people\"");
    city.edit("on = \"county\"", "on = \"id\"");
    assert_mentions(
        &city.check(1),
        &["no table gives the GDP of the counties", "GDP comes from this table and"],
    );
    let (city, _) = county_city("\"people\"");
    city.edit("from = \"district\"", "from = \"distrikt\"");
    assert_mentions(&city.check(1), &["distrikt", "did you mean \"district\"?"]);
    let city = City::new();
    city.edit("on = \"id\"", "on = \"county\"");
    assert_mentions(&city.check(1), &["error[county_table]", "downscale = { from"]);
}
