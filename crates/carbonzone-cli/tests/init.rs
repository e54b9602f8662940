//! `carbonzone init --from`: a folder of messy files becomes a pipeline that runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test panics with the reason")]

use crate::common;
use carbonzone_geom::gcj02;
use carbonzone_io::{VectorFormat, VectorWriter, WorkingCrs};
use carbonzone_report::chinese;
use carbonzone_sheet::{OutSheet, write_xlsx};
use carbonzone_types::{AttributeTable, ColumnData};
use common::expect;
use std::fmt::Write as _;
use std::path::Path;

/// Side of a parcel, degrees: some 300 m, so that an offset of 500 m leaves it.
const SIDE: f64 = 0.003;
const CORNER: [f64; 2] = [120.6, 31.3];
const N: usize = 20;

fn square(x: f64, y: f64, w: f64, h: f64) -> String {
    format!("[[[{x},{y}],[{},{y}],[{},{}],[{x},{}],[{x},{y}]]]", x + w, x + w, y + h, y + h)
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

fn feature(properties: &str, kind: &str, coordinates: &str) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{{properties}}},\"geometry\":{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}}}"
    )
}

/// Lower left corner of a parcel.
fn corner(i: usize, j: usize) -> [f64; 2] {
    [CORNER[0] + SIDE * i as f64, CORNER[1] + SIDE * j as f64]
}

/// Number of the class of a parcel: a pattern without direction.
fn class(i: usize, j: usize) -> usize {
    (i * 7 + j * 3) % 5
}

/// `parcels` in WGS 84, with the code of each class in a field.
fn parcels(path: &Path, id: &str, field: &str, codes: [&str; 5]) {
    let one = |k: usize| {
        let (i, j) = (k / N, k % N);
        let [x, y] = corner(i, j);
        let code = codes[class(i, j)];
        feature(
            &format!("\"{id}\":\"P{k:04}\",\"{field}\":\"{code}\",\"面积\":{}", 90_000 + k % 7),
            "Polygon",
            &square(x, y, SIDE, SIDE),
        )
    };
    std::fs::write(path, collection(&(0..N * N).map(one).collect::<Vec<_>>())).unwrap();
}

/// A folder with land of plain English words and a layer of two zones.
fn land_and_zones(zones: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let (dir, data) = folder();
    let words = ["industrial", "residential", "woodland", "retail", "meadow"];
    parcels(&data.join("lu.geojson"), "gid", "land_use", words);
    two_zones(&data.join(zones), "zone_id", "name");
    (dir, data)
}

/// Points in the middle of the parcels of one class, moved by an offset.
fn points(
    path: &Path,
    header: &str,
    of_class: usize,
    offset: fn(f64, f64) -> (f64, f64),
    more: impl Fn(usize) -> String,
) {
    let mut text = format!("{header}\n");
    for (n, k) in (0..N * N).filter(|k| class(k / N, k % N) == of_class).enumerate() {
        let [x, y] = corner(k / N, k % N);
        for part in [0.35, 0.5, 0.65] {
            let (lon, lat) = offset(x + part * SIDE, y + 0.5 * SIDE);
            writeln!(text, "{},{lon:.7},{lat:.7}", more(n)).unwrap();
        }
    }
    std::fs::write(path, text).unwrap();
}

fn same(lon: f64, lat: f64) -> (f64, f64) {
    (lon, lat)
}

/// Two townships, each half of the ground, as a shapefile in GBK and metres, packed.
fn townships_in_a_zip(path: &Path, names: [&str; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("乡镇界.shp");
    let crs = WorkingCrs::parse("EPSG:4549").unwrap();
    let mut coverage = carbonzone_geom::Coverage::new();
    let half = SIDE * N as f64 / 2.0;
    for k in 0..2 {
        let [x, y] = [CORNER[0] + half * f64::from(k), CORNER[1]];
        let (mut xs, mut ys) =
            (vec![x, x + half, x + half, x, x], vec![y, y, y + 2.0 * half, y + 2.0 * half, y]);
        crs.from_wgs84(&mut xs, &mut ys).unwrap();
        coverage.push_rings(&[vec![xs.iter().zip(&ys).map(|(x, y)| [*x, *y]).collect()]]);
    }
    let table = AttributeTable::new()
        .with("XZQDM", ColumnData::texts(&["320505001", "320505002"].map(str::to_owned)))
        .with("XZQMC", ColumnData::texts(&names.map(str::to_owned)));
    let kind = carbonzone_io::GeometryKind::Polygon;
    let mut spec = carbonzone_io::LayerSpec::for_table("乡镇界", Some(kind), &crs, &table);
    spec.encoding = Some("GBK".to_owned());
    let mut writer = VectorWriter::create(&file, VectorFormat::Shapefile, &spec).unwrap();
    writer.polygons(&coverage, &table).unwrap();
    writer.finish().unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for entry in std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()) {
        // Without .cpg, as most come.
        if entry.extension().is_some_and(|e| e != "cpg") {
            let name = format!("边界/{}", entry.file_name().unwrap().to_string_lossy());
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &std::fs::read(&entry).unwrap()).unwrap();
        }
    }
    zip.finish().unwrap();
}

struct Started {
    dir: tempfile::TempDir,
    city: std::path::PathBuf,
    told: serde_json::Value,
    text: String,
}

impl Started {
    fn from(dir: tempfile::TempDir) -> Self {
        Self::named(dir, "mycity", 0)
    }

    /// Started under a name, with an exit code.
    fn named(dir: tempfile::TempDir, name: &str, code: i32) -> Self {
        let (city, folder) = (dir.path().join(name), dir.path().join("数据"));
        let args = [
            "init",
            city.to_str().unwrap(),
            "--from",
            folder.to_str().unwrap(),
            "--format",
            "json",
            "--quiet",
        ];
        let (json, _) = expect(code, &args);
        let text = std::fs::read_to_string(city.join("pipeline.toml")).unwrap();
        Self { told: serde_json::from_str(&json).unwrap(), text, city, dir }
    }

    fn taken(&self, role: &str) -> Vec<String> {
        let all = self.told["guesses"].as_array().unwrap();
        let of = all.iter().filter(|g| g["role"] == role);
        of.map(|g| format!("{} ({})", g["taken"].as_str().unwrap(), g["sure"].as_str().unwrap())).collect()
    }

    /// Reasons, and what is taken where it is no line of the pipeline file.
    fn every_word_has_its_chinese(&self) {
        for unused in self.told["unused"].as_array().unwrap() {
            let why = unused["why"].as_str().unwrap();
            assert!(chinese::sentence(why).is_some(), "no Chinese for: {why}");
        }
        for guess in self.told["guesses"].as_array().unwrap() {
            let said = ["taken", "why"].map(|key| guess[key].as_str().unwrap());
            for words in said.into_iter().filter(|words| !words.contains(" = ")) {
                assert!(chinese::sentence(words).is_some(), "no Chinese for: {words}");
            }
            for key in ["role", "sure"] {
                let word = guess[key].as_str().unwrap();
                assert!(word == "poi" || chinese::word(word) != word, "no Chinese for: {word}");
            }
        }
    }

    /// `check` once the open totals are filled in; then the run.
    fn check_and_run(&self) -> String {
        let file = self.city.join("pipeline.toml");
        std::fs::write(&file, self.text.replace("amount = nan", "amount = 1000.0")).unwrap();
        expect(0, &["check", file.to_str().unwrap(), "--quiet"]);
        let out = self.dir.path().join("out");
        expect(0, &["run", file.to_str().unwrap(), "--quiet", "--no-maps", "--out", out.to_str().unwrap()]);
        let kind = self.text.split("kind = \"").filter_map(|t| t.split('"').next()).last().unwrap();
        std::fs::read_to_string(out.join(format!("{kind}.csv"))).unwrap()
    }
}

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("数据");
    std::fs::create_dir_all(data.join("点")).unwrap();
    (dir, data)
}

#[test]
fn a_chinese_city_of_many_formats_needs_its_totals_only() {
    let (dir, data) = folder();
    parcels(&data.join("用地现状.geojson"), "地块编号", "DLBM", ["0601", "0701", "0301", "05H1", "1003"]);
    townships_in_a_zip(&data.join("边界.zip"), ["甲镇", "乙街道"]);
    let table = AttributeTable::new()
        .with("乡镇街道", ColumnData::texts(&["甲镇", "乙街道"].map(str::to_owned)))
        .with("常住人口（人）", ColumnData::reals(&[12_000.0, 30_500.0]))
        .with("地区生产总值（万元）", ColumnData::reals(&[90_000.0, 410_000.0]));
    let sheet =
        |name: &str, table: AttributeTable| OutSheet { name: name.to_owned(), table, ..OutSheet::default() };
    let notes = AttributeTable::new().with("说明", ColumnData::texts(&["统计年鉴".to_owned()]));
    write_xlsx(&data.join("统计2021.xlsx"), &[sheet("说明", notes), sheet("街道", table)]).unwrap();
    points(&data.join("点/兴趣点.csv"), "typecode,lon,lat", 0, gcj02::wgs84_to_gcj02, |_| {
        "170300".to_owned()
    });
    points(&data.join("点/居民.csv"), "people,lon,lat", 1, same, |n| (10 + n % 5).to_string());
    let road = |k: usize| {
        let y = CORNER[1] + SIDE * (k as f64 + 0.5);
        let line = format!("[[{},{y}],[{},{y}]]", CORNER[0], CORNER[0] + SIDE * N as f64);
        feature(
            &format!("\"fclass\":\"{}\"", ["primary", "residential", "footway"][k % 3]),
            "LineString",
            &line,
        )
    };
    std::fs::write(data.join("roads.geojson"), collection(&(0..N).map(road).collect::<Vec<_>>())).unwrap();
    std::fs::write(data.join("坏.gpkg"), "not a layer").unwrap();

    let started = Started::from(dir);
    assert_eq!(
        started.taken("parcels"),
        ["land_use = \"DLBM\", scheme = \"gbt21010\", id = \"地块编号\" (sure)"]
    );
    assert!(
        started
            .taken("zones")
            .contains(&"kind = \"townships\", id = \"XZQDM\", name = \"XZQMC\" (sure)".to_owned()),
        "{:?}",
        started.taken("zones")
    );
    let tables = started.taken("table");
    assert_eq!(
        tables[0],
        "key = \"乡镇街道\", population = \"常住人口(人)\", gdp = \"地区生产总值(万元)\" (sure)"
    );
    assert_eq!(started.taken("people")[0], "weight = [\"people\"] (likely)");
    assert!(started.taken("poi")[0].starts_with("type = \"typecode\", groups = \"amap\""));
    assert!(
        started.taken("poi").contains(&"crs = \"GCJ-02\" (sure)".to_owned()),
        "{:?}",
        started.taken("poi")
    );
    assert!(started.taken("roads")[0].starts_with("class = \"fclass\""));
    assert!(started.taken("city").contains(&"year = 2021 (guess)".to_owned()), "{:?}", started.taken("city"));
    assert!(started.told["unread"].to_string().contains("坏.gpkg"), "what cannot be read is told");
    assert!(
        started.text.contains("crs = \"EPSG:4549\"") && started.text.contains("encoding = \"GBK\""),
        "{}",
        started.text
    );
    assert!(
        started.text.contains("sheet = \"街道\"") && started.text.contains("on = \"name\""),
        "{}",
        started.text
    );
    assert!(!started.text.contains("\"water\""), "land that is not there has no rule");
    // The roads run through parcels of every class: the rule names them all, and says why.
    assert_eq!(started.taken("rules"), ["rule road on all land (likely)"]);
    started.every_word_has_its_chinese();
    let result = started.check_and_run();
    assert!(result.contains("甲镇") && result.contains("乙街道") && result.contains("30500"), "{result}");
    // Nothing that is there is written over.
    let again = started.dir.path().join("mycity");
    let (_, refused) =
        expect(2, &["init", again.to_str().unwrap(), "--from", started.dir.path().to_str().unwrap()]);
    assert!(refused.contains("not written over"), "{refused}");
}

#[test]
fn classes_in_words_baidu_points_and_a_table_by_id_in_gbk() {
    let (dir, data) = folder();
    parcels(
        &data.join("landuse.json"),
        "gid",
        "land_use",
        ["industrial", "residential", "woodland", "retail", "zone q"],
    );
    let half = SIDE * N as f64 / 2.0;
    let zone = |k: usize| {
        let place = square(CORNER[0] + half * k as f64, CORNER[1], half, 2.0 * half);
        feature(
            &format!("\"code\":\"0{k}\",\"name\":\"Ward {k}\",\"area_km2\":{}", 15 + k),
            "Polygon",
            &place,
        )
    };
    std::fs::write(data.join("wards.geojson"), collection(&[zone(1), zone(0)])).unwrap();
    // GBK, ids as text with zeros in front, one column a share.
    let text = "code,人口,pop_share\n00,100,0.4\n01,150,0.6\n";
    let bytes: Vec<u8> = text
        .replace("人口", "\u{1}")
        .bytes()
        .flat_map(|b| if b == 1 { vec![0xc8, 0xcb, 0xbf, 0xda] } else { vec![b] })
        .collect();
    std::fs::write(data.join("stats.csv"), bytes).unwrap();
    let to_bd09 = |lon, lat| {
        let (lon, lat) = gcj02::wgs84_to_gcj02(lon, lat);
        gcj02::gcj02_to_bd09(lon, lat)
    };
    points(&data.join("点/shops.csv"), "category,lng,lat", 3, to_bd09, |_| "retail".to_owned());
    let started = Started::from(dir);
    assert_eq!(
        started.taken("parcels")[0],
        "land_use = \"land_use\", scheme = \"land_use.csv\", id = \"gid\" (likely)"
    );
    let words = std::fs::read_to_string(started.dir.path().join("mycity/land_use.csv")).unwrap();
    assert!(words.contains("woodland,forest,forest") && words.contains("retail,commercial,none"), "{words}");
    assert!(
        words.contains("zone q,special,none"),
        "what is not understood emits nothing, and is told: {words}"
    );
    assert!(started.told["guesses"].to_string().contains("not understood, no emission: zone q"));
    assert!(
        started.taken("poi").contains(&"crs = \"BD-09\" (sure)".to_owned()),
        "{:?}",
        started.taken("poi")
    );
    assert_eq!(started.taken("table"), ["key = \"code\", population = \"人口\" (sure)"]);
    assert!(
        started.text.contains("crs = \"EPSG:4549\"") || started.text.contains("crs = \"EPSG:32651\""),
        "{}",
        started.text
    );
    started.every_word_has_its_chinese();
    started.check_and_run();
}

/// Two halves of the ground as zones, with an id and a name under any header.
fn two_zones(path: &Path, id: &str, name: &str) {
    let half = SIDE * N as f64 / 2.0;
    let zone = |k: usize| {
        let place = square(CORNER[0] + half * k as f64, CORNER[1], half, 2.0 * half);
        feature(
            &format!("\"{id}\":\"Z{k}\",\"{name}\":\"{}镇\",\"面积\":5", ["甲", "乙"][k]),
            "Polygon",
            &place,
        )
    };
    std::fs::write(path, collection(&[zone(0), zone(1)])).unwrap();
}

#[test]
fn a_yearbook_below_its_title_in_ten_thousands_is_read_as_check_reads_it() {
    let (dir, data) = folder();
    // Codes as a spreadsheet leaves them, without their zeros.
    parcels(&data.join("用地.geojson"), "gid", "DLBM", ["601", "701", "301", "1106", "1003"]);
    two_zones(&data.join("边界.geojson"), "编号", "zname");
    let table = "2019年各乡镇基本情况统计表,,,\n单位：万人、亿元,,,\n乡镇,常住人口（万人）,GDP（亿元）,人口密度（人/平方公里）\n\
                 甲镇,0.05,1.2,210\n乙镇,0.6,3.4,320\n合计,0.65,4.6,265\n";
    std::fs::write(data.join("统计年鉴2019.csv"), table).unwrap();
    std::fs::write(data.join("说明.docx"), "-").unwrap();
    std::fs::write(data.join("其他.csv"), "厂名,产值\n甲厂,3\n").unwrap();
    let started = Started::named(dir, "列 城", 0);
    assert_eq!(
        started.taken("table"),
        ["key = \"乡镇\", population = \"常住人口(万人)\", gdp = \"GDP(亿元)\" (sure)"],
        "{}",
        started.told
    );
    assert!(started.taken("zones")[0].contains("name = \"zname\""), "{:?}", started.taken("zones"));
    let unused = started.told["unused"].to_string();
    for told in ["人口密度", "no number of persons", "说明.docx", "其他.csv", "no column names half", "面积"]
    {
        assert!(unused.contains(told), "{told}: {unused}");
    }
    // The run is called after the folder, in files too; the blank is none of a name.
    assert!(started.text.contains("name = \"列_城\"\ntitle_zh = \"列 城\""), "{}", started.text);
    assert!(started.taken("city").contains(&"name = \"列_城\" (likely)".to_owned()), "{}", started.told);
    assert!(started.text.contains("# OPEN: where the data come from"), "{}", started.text);
    for offered in ["# illustrative = true", "townships | counties"] {
        assert!(started.text.contains(offered), "{offered}");
    }
    let lines = std::fs::read_to_string(started.city.join("land_use.csv")).unwrap();
    assert!(lines.contains("601,industrial,none,80") && lines.contains("1106,water,wetland,80"), "{lines}");
    started.every_word_has_its_chinese();
    let result = started.check_and_run();
    assert!(result.contains(",500,12000,"), "0.05 万人, 1.2 亿元: {result}");
    let out = started.dir.path().join("out");
    assert!(out.join("列_城.gpkg").exists());
    let (explained, _) = expect(0, &["explain", out.to_str().unwrap(), "--township", "甲镇"]);
    assert!(explained.contains("甲镇"), "{explained}");
    let shown = started.city.parent().unwrap().join("第二 城");
    let (said, _) = expect(
        0,
        &[
            "init",
            shown.to_str().unwrap(),
            "--from",
            started.dir.path().join("数据").to_str().unwrap(),
            "-q",
            "--lang",
            "zh",
        ],
    );
    assert!(said.contains("未使用：说明.docx") && said.contains("/第二 城/pipeline.toml'"), "{said}");
}

#[test]
fn without_gdp_one_index_judges_and_homes_are_where_the_people_are() {
    let (dir, data) = land_and_zones("zones.geojson");
    points(&data.join("点/people.csv"), "people,lon,lat", 1, same, |n| (10 + n % 5).to_string());
    let more = data.join("点/more.csv");
    points(&more, "people,lon,lat", 3, same, |n| (8 + n % 5).to_string());
    let rows = std::fs::read_to_string(&more).unwrap();
    std::fs::remove_file(&more).unwrap();
    let all = std::fs::read_to_string(data.join("点/people.csv")).unwrap();
    std::fs::write(data.join("点/people.csv"), all + rows.split_once('\n').unwrap().1).unwrap();
    std::fs::write(
        data.join("national.csv"),
        "item,t_co2e,remark\ntotal_without_lulucf,188322,\nlulucf,10000,net source\n",
    )
    .unwrap();
    let started = Started::from(dir);
    assert_eq!(started.taken("zoning"), ["axes = \"ecological\" (sure)"]);
    assert_eq!(started.taken("rules"), ["rule residents on commercial too (likely)"]);
    assert!(started.text.contains("land = [\"urban_residential\", \"commercial\"]"), "{}", started.text);
    let amounts = started.told["amounts"].to_string();
    assert!(
        amounts.contains("total_without_lulucf = 188322; lulucf = 10000 (net source)")
            && !amounts.contains("198322"),
        "{amounts}"
    );
    // One total without sectors: a block that is ready but for its #.
    let block: String = started.text.split("# [[inventory.totals]]").skip(1).take(1).collect();
    for line in ["# amount = 188322.0", "# budget = \"energy:all\"", "\"population\", \"area\""] {
        assert!(block.contains(line), "{line}: {}", started.text);
    }
    started.every_word_has_its_chinese();
    let result = started.check_and_run();
    assert!(result.contains(",esc_low,") && !result.contains(",undefined,"), "{result}");
}

#[test]
fn a_gdp_without_a_unit_is_an_index_and_a_folder_that_cannot_work_ends_with_1() {
    let (dir, data) = land_and_zones("municipalities.geojson");
    std::fs::write(
        data.join("stats.csv"),
        "zone_id,pop_2019,gdp_index,gdp_per_capita\nZ0,100,40,7\nZ1,300,60,8\n",
    )
    .unwrap();
    let started = Started::from(dir);
    assert_eq!(
        started.taken("table"),
        [
            "key = \"zone_id\", population = \"pop_2019\", gdp = \"gdp_index\" (sure)",
            "gdp_derived = true (guess)"
        ]
    );
    assert!(started.text.contains("gdp_unit = \"index\""), "{}", started.text);
    assert!(started.text.contains("kind = \"municipalities\""), "{}", started.text);
    started.every_word_has_its_chinese();
    let result = started.check_and_run();
    assert!(result.lines().next().unwrap().contains(",gdp_index,") && !result.contains("cny"), "{result}");

    let (dir, data) = folder();
    points(&data.join("点/people.csv"), "people,lon,lat", 1, same, |n| (10 + n % 5).to_string());
    let started = Started::named(dir, "mycity", 1);
    assert!(started.told["findings"].to_string().contains("error"), "{}", started.told["findings"]);
}

#[test]
fn counties_without_land_use_are_their_own_parcels() {
    let (dir, data) = folder();
    let county = |k: usize| {
        let place = square(CORNER[0] + 0.1 * k as f64, CORNER[1], 0.1, 0.1);
        feature(
            &format!("\"adcode\":\"32050{k}\",\"name\":\"{}区\"", ["甲", "乙", "丙"][k]),
            "Polygon",
            &place,
        )
    };
    let counties = collection(&(0..3).map(county).collect::<Vec<_>>());
    std::fs::write(data.join("counties.geojson"), &counties).unwrap();
    // The same as a web map gives it: known by its name, and not taken where the other is there.
    std::fs::write(data.join("counties_gcj02.geojson"), &counties).unwrap();
    let table = "adcode,name,POPU,POPU_URB,co2_mt_2010,co2_mt_2017\n320500,甲区,100000,0.9,1,1.5\n320501,乙区,50000,0.5,2,0.5\n320502,丙区,70000,0.4,3,0.7\n";
    std::fs::write(data.join("county_stats.csv"), table).unwrap();
    let started = Started::from(dir);
    assert_eq!(started.taken("table"), ["key = \"adcode\", population = \"POPU\" (sure)"]);
    // The emissions of the latest year stay in their counties; their sum is the total, in their unit.
    assert!(started.taken("zones").contains(&"emissions = \"co2_mt_2017\" (likely)".to_owned()));
    for line in
        ["unit = \"Mt\"", "amount = 2.7", "emissions = \"co2_mt_2017\"", "proxies = [\"zone_emissions\"]"]
    {
        assert!(started.text.contains(line), "{line}: {}", started.text);
    }
    assert_eq!(started.told["open_totals"], 0);
    // Borders in degrees inside China, and no points to test them by.
    assert!(started.taken("zones").contains(&"no offset of web maps (guess)".to_owned()), "{}", started.told);
    assert!(started.told["unused"].to_string().contains("shifted as web maps shift them"));
    assert!(started.text.contains("counties.geojson") && !started.text.contains("gcj02"), "{}", started.text);
    assert!(started.text.contains("kind = \"zones\"") && started.text.contains("energy"), "{}", started.text);
    assert!(started.text.contains("column co2_mt_2017 sums to 2.7"), "{}", started.text);
    started.every_word_has_its_chinese();
    let result = started.check_and_run();
    for (name, t) in [("甲区", "1500000"), ("乙区", "500000"), ("丙区", "700000")] {
        let line = result.lines().find(|l| l.contains(name)).unwrap();
        assert!(line.contains(&format!(",{t},")) || line.contains(&format!(",{t}.0,")), "{line}");
    }

    // What a table of emissions can have wrong: the file says it, with the zone.
    let stats = started.dir.path().join("数据/county_stats.csv");
    let pipeline = started.city.join("pipeline.toml");
    let check = |table: &str, toml: &str, code: i32| {
        std::fs::write(&stats, table).unwrap();
        std::fs::write(&pipeline, toml).unwrap();
        let (out, err) = expect(code, &["check", pipeline.to_str().unwrap(), "--quiet"]);
        out + &err
    };
    let told = check(&table.replace("70000,0.4,3,0.7", "70000,0.4,3,"), &started.text, 1);
    assert!(told.contains("zone_without_emissions") && told.contains("320502 (丙区)"), "{told}");
    let told = check(table, &started.text.replace("amount = 2.7", "amount = 2.9"), 0);
    assert!(told.contains("zone_emissions_total") && told.contains("1.0741 times"), "{told}");
    // MT is a metric ton or a million of them.
    let renamed =
        |name: &str| (table.replace("co2_mt_2017", name), started.text.replace("co2_mt_2017", name));
    let (ambiguous, toml) = renamed("CO2_MT");
    let told = check(&ambiguous, &toml, 1);
    assert!(told.contains("unit_suspect") && told.contains("emissions_unit"), "{told}");
    let declared = toml.replace("kind = \"counties\"", "emissions_unit = \"Mt\"\nkind = \"counties\"");
    let told = check(&ambiguous, &declared, 0);
    assert!(told.contains("unit_suspect") && !told.contains("zone_emissions_total"), "{told}");
    // Traditional characters, and a row of the total.
    let (table, toml) = renamed("碳排放（百萬噸）");
    let told = check(&format!("{table}合计,,220000,,6,2.7\n"), &toml, 0);
    assert!(told.contains("totals_row") && !told.contains("zone_emissions_total"), "{told}");
    let told = check(&format!("{table}合计,,220000,,6,2.8\n"), &toml, 1);
    assert!(told.contains("emissions 2800000 against 2700000"), "{told}");
    // A rule of emissions by zone without a column of them.
    let told = check(&table, &toml.replace("emissions = \"碳排放（百萬噸）\"\n", ""), 1);
    assert!(told.contains("zone_emissions") && told.contains("no zone has any"), "{told}");
}

#[test]
fn a_vague_class_is_a_guess_with_its_ground_and_totals_have_the_unit_of_their_table() {
    let (dir, data) = folder();
    let words = ["industrial", "residential", "Open Space", "retail", "meadow"];
    parcels(&data.join("lu.geojson"), "gid", "land_use", words);
    two_zones(&data.join("zones.geojson"), "zone_id", "name");
    let national = "item,emissions (kt CO2e)\nIndustry,50\nBuildings,80\nTransport,58.322\n";
    std::fs::write(data.join("national.csv"), national).unwrap();
    // Emissions by zone beside land of several classes: the sum in the unit of the totals.
    let stats = "zone_id,pop_2019,排放量（万吨）\nZ0,1000,4\nZ1,3000,8\n";
    std::fs::write(data.join("stats.csv"), stats).unwrap();
    let started = Started::from(dir);
    let guesses = started.told["guesses"].as_array().unwrap();
    let vague: Vec<&serde_json::Value> =
        guesses.iter().filter(|g| g["taken"].as_str().unwrap().contains("Open Space")).collect();
    assert_eq!(vague.len(), 1, "{}", started.told);
    assert_eq!(vague[0]["taken"], "\"Open Space\" = \"grassland\", sink_type = \"grassland\"");
    let why = vague[0]["why"].as_str().unwrap();
    assert!(why.contains(": 80 polygons, ") && why.contains(" km², 20.0 % of the ground"), "{why}");
    // Two tables in two units: what the totals are in is asked for, not guessed.
    assert!(started.text.contains("unit = \"t\""), "{}", started.text);
    assert!(
        started.text.contains("# amount = 120000.0")
            && started.text.contains("# proxies = [\"zone_emissions\"]"),
        "{}",
        started.text
    );
    started.every_word_has_its_chinese();
    started.check_and_run();
    std::fs::remove_file(started.dir.path().join("数据/stats.csv")).unwrap();
    let started = Started::named(started.dir, "second", 0);
    assert!(started.text.contains("unit = \"kt\""), "{}", started.text);
}

#[test]
fn the_guesses_as_a_form_are_those_of_the_pipeline_file() {
    let (dir, data) = folder();
    parcels(
        &data.join("用地.geojson"),
        "gid",
        "land_use",
        ["industrial", "住宅", "woodland", "retail", "water"],
    );
    townships_in_a_zip(&data.join("边界.zip"), ["甲镇", "乙街道"]);
    std::fs::write(data.join("totals.csv"), "item,t_co2e\nIndustry,50\nHomes,80\n").unwrap();
    // The workbook in the folder where the command runs, under a bare name; its paths are relative to it.
    let init = |args: &[&str]| {
        let out = common::carbonzone().current_dir(dir.path()).args(args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    init(&["init", "city", "--from", "数据", "--form", "city.xlsx", "--quiet"]);
    assert!(!dir.path().join("city/pipeline.toml").exists(), "one pipeline file is enough");
    let form = carbonzone::form::read(&dir.path().join("city.xlsx"));
    // Amounts that a table has stand beside the cells to fill in.
    let sheets = carbonzone_sheet::read_sheets(
        &dir.path().join("city.xlsx"),
        &carbonzone_sheet::ReadOptions::default(),
    )
    .unwrap();
    let totals = sheets.iter().find(|s| s.name == "totals").unwrap();
    let cells: Vec<String> = totals.rows[2].iter().filter_map(carbonzone_sheet::Cell::raw_text).collect();
    assert!(cells.iter().any(|c| c.contains("Industry = 50")), "{cells:?}");
    assert!(form.text.contains("source.path = \"数据/用地.geojson\""), "{}", form.text);
    assert!(form.text.contains("scheme = \"city/land_use.csv\""), "{}", form.text);
    let of = |file: &str| carbonzone::Config::read(&dir.path().join(file), &[]).value.unwrap().to_json();
    let of_form = of("city.xlsx");
    // What stands in the folder is never written over: another start needs a free one.
    std::fs::remove_dir_all(dir.path().join("city")).unwrap();
    init(&["init", "city", "--from", "数据", "--quiet"]);
    let of_file = of("city/pipeline.toml");
    assert_eq!(of_form["allocate"], of_file["allocate"]);
    assert_eq!(of_form["inventory"], of_file["inventory"]);
    assert_eq!(of_form["layers"]["parcels"]["land_use"], of_file["layers"]["parcels"]["land_use"]);
}

#[test]
fn a_folder_without_data_says_what_is_read() {
    let (dir, data) = folder();
    std::fs::write(data.join("readme.md"), "nothing").unwrap();
    let city = dir.path().join("mycity");
    let (_, refused) =
        expect(2, &["init", city.to_str().unwrap(), "--from", data.to_str().unwrap(), "--quiet"]);
    assert!(refused.contains("GeoPackage") && !city.join("pipeline.toml").exists(), "{refused}");
}
