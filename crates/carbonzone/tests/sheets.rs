//! `carbonzone sheets`: one page per township, from the files of a finished run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::sheets::{SheetOptions, sheets};
use carbonzone::{Config, Files, NoProgress};
use carbonzone_report::Lang;
use carbonzone_report::number::grouped;
use std::path::{Path, PathBuf};

const SECTION: &str = r#"
[uncertainty]
draws = 64
drivers = false
gdp_pct = 30.0
budgets = { industry = 20.0, construction = 10.0, sink = 40.0 }
[compensation]
prices = [
  { name = "market", cny_per_t = 89.06, source = "example" },
  { name = "low", cny_per_t = 52.84, source = "example" },
  { name = "shadow", cny_per_t = 1944.84, source = "example" },
]
[scenario.less]
title_zh = "减排情景"
year = 2030
source = "example"
intensity = { industry = { growth_pct = -5.0 } }
"#;

fn run(dir: &Path) -> PathBuf {
    let pipeline = city::city(dir, 12);
    let zones = pipeline.with_file_name("zones.geojson");
    let text = std::fs::read_to_string(&zones).unwrap();
    let text = text.replace("\"name\":\"Z1\"", "\"d\":\"North <1>\",\"name\":\"Z1\"");
    std::fs::write(&zones, text.replace("\"name\":\"Z2\"", "\"d\":\"South\",\"name\":\"Z2\"")).unwrap();
    let text = std::fs::read_to_string(&pipeline).unwrap();
    let text = text.replace("population = \"people\"", "population = \"people\"\ndistrict = \"d\"");
    std::fs::write(&pipeline, text + SECTION).unwrap();
    let config = Config::read(&pipeline, &["outputs.maps=false".to_owned()]).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    let folder = dir.join("out");
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, config.outputs(), &NoProgress).unwrap();
    folder
}

#[test]
fn every_township_has_a_page_with_its_numbers_in_the_language_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let folder = run(dir.path());
    let (english, pages) = sheets(&folder, &SheetOptions::default()).unwrap();
    assert_eq!((pages, english.matches("<section class=\"sheet\"").count()), (4, 4));
    let table = carbonzone_io::read_own_layer(&folder.join("small.gpkg"), "townships").unwrap().1;
    let record = carbonzone::out_dir::read_manifest(&folder).unwrap();
    // Classes under the other sets are kept for the units whose class they change; the land adds up to the whole.
    assert_eq!(record.sink_sets.len(), 2, "{:?}", record.sink_sets);
    let gross_t: f64 = record.by_land.iter().map(|r| r.amount_t).sum();
    assert!((gross_t / record.totals.gross_t - 1.0).abs() < 1e-12, "{:?}", record.by_land);
    let plain = english.replace("&#x2f;", "/");
    let parts: Vec<&str> = plain.split("<section class=\"sheet\"").skip(1).collect();
    for (row, page) in parts.iter().enumerate() {
        for field in ["gross_t", "sink_t", "population_persons"] {
            let value = grouped(table.numbers(field).unwrap()[row].unwrap(), 0);
            assert!(page.contains(&value), "{field} {value}: {page}");
        }
        let class = table.texts("zone_en").unwrap()[row].clone().unwrap();
        assert!(page.contains(&class), "{class}");
        let paid = record.compensation.as_ref().unwrap().models[0].units[row].cny[0].abs() / 1e4;
        assert!(page.contains(&format!("{} ×10⁴ CNY at 89.06 CNY/t", grouped(paid, 2))));
        let key = table.texts("zone").unwrap()[row].clone().unwrap();
        let class = record.zone_classes.iter().find(|c| c.key == key).unwrap();
        assert!(class.guidance.measures.len() >= 2, "{key}");
        for measure in &class.guidance.measures {
            assert!(page.replace("&#x27;", "'").contains(&measure.en), "{}: {page}", measure.en);
        }
        for words in [
            "less, 2030: gross",
            "What its own numbers call for",
            "because: Manufacturing and mining: ",
            "Why −",
            "intensity −",
            "Said of its class",
            "land-use code 0601",
            "How sure",
            "What its tonnes rest on",
            "poi:industry",
            "Parcels that weigh most",
            "threshold 1",
        ] {
            assert!(page.contains(words), "{words}");
        }
    }
    assert!(english.contains("SYNTHETIC DATA") && english.contains("@page { size: A4"));
    let zh = SheetOptions { lang: Lang::Zh, ..SheetOptions::default() };
    let (chinese, _) = sheets(&folder, &zh).unwrap();
    assert!(
        [
            "可信度",
            "减排情景（2030年）：碳排放",
            "由其自身数值得出的措施",
            "的来源（占其现状排放的百分点）",
            "地类编码 0601",
            "排放与碳汇的依据",
            "合成数据",
            "碳补偿",
            "阈值 1"
        ]
        .iter()
        .all(|w| chinese.contains(w))
    );
    // The words are explained on a page of their own, in the language asked for.
    assert!(english.contains("<dt>proxy</dt>") && chinese.contains("<dt>代理变量</dt>"));
    assert!(!chinese.contains("How sure") && !english.contains("可信度"));
}

#[test]
fn a_district_chooses_its_townships_and_an_unknown_one_is_named_with_those_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let folder = run(dir.path());
    let of = |district: &str| {
        sheets(&folder, &SheetOptions { district: Some(district.to_owned()), ..SheetOptions::default() })
    };
    let (html, pages) = of("North <1>").unwrap();
    assert_eq!(pages, 1);
    assert!(html.contains("North &lt;1&gt;") && !html.contains("North <1>"), "texts of layers are escaped");
    let error = of("Nort").unwrap_err().to_string();
    assert!(error.contains("no district \"Nort\"") && error.contains("South"), "{error}");
    let error = sheets(&folder, &SheetOptions { year: Some(1990), ..SheetOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("2020"), "{error}");
}

#[test]
fn a_file_that_was_changed_after_the_run_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = run(dir.path());
    let gpkg = folder.join("small.gpkg");
    let mut bytes = std::fs::read(&gpkg).unwrap();
    let at = bytes.len() - 100;
    bytes[at] ^= 1;
    std::fs::write(&gpkg, bytes).unwrap();
    let error = sheets(&folder, &SheetOptions::default()).unwrap_err().to_string();
    assert!(error.contains("small.gpkg is not as the run wrote it"), "{error}");
}
