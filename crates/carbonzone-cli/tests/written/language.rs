//! Nothing half in another language: what a run in Chinese or English prints and writes for people.

use crate::common::carbonzone;
use crate::common::tiny::Tiny;
use crate::page::{self, is_chinese, is_english};
use std::io::Read as _;
use std::path::Path;

/// Texts between tags and in attributes of an XML part of an archive.
pub fn texts(archive: &Path, part: &str, found: &mut Vec<String>) {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    let mut xml = String::new();
    zip.by_name(part).unwrap().read_to_string(&mut xml).unwrap();
    let plain = |t: &str| {
        let marks = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")];
        marks.iter().fold(t.to_owned(), |t, (mark, sign)| t.replace(mark, sign))
    };
    found.extend(xml.split('>').filter_map(|rest| rest.split('<').next()).map(plain));
    found.extend(xml.split('"').map(plain).filter(|t| t.len() < 400));
}

/// A run in a language: what it prints, and the texts of its workbook and of its QGIS project.
fn said(lang: &str, zones: [&str; 2]) -> (Vec<String>, Vec<String>) {
    let city = Tiny::named(zones);
    city.edit("year = 2020\n", "year = 2020\ntitle_en = \"Small\"\ntitle_zh = \"小城\"\n");
    let out = city.path("out");
    let run = carbonzone().args(["run", &city.path("city/p.toml"), "--lang", lang, "--out", &out]).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let printed = [run.stdout, run.stderr].map(|t| String::from_utf8_lossy(&t).into_owned()).concat();
    let mut found: Vec<String> = printed.lines().map(str::to_owned).collect();
    texts(&city.at("out/townships.xlsx"), "xl/sharedStrings.xml", &mut found);
    texts(&city.at("out/tiny.qgz"), "tiny.qgs", &mut found);
    let record = std::fs::read_to_string(city.at("out/run.json")).unwrap();
    let record: carbonzone_types::RunManifest = serde_json::from_str(&record).unwrap();
    // The fields zone_en and zone_zh have the names of the classes in their language.
    let names = record.zone_classes.into_iter().flat_map(|c| [c.label_en, c.label_zh]).collect();
    (found, names)
}

#[test]
fn a_run_in_chinese_has_no_english_sentence_and_one_in_english_no_chinese() {
    let (found, names) = said("zh", ["东镇", "西镇"]);
    assert!(found.iter().filter(|t| is_chinese(t)).count() > 200, "the texts are not where this test looks");
    // Names of fonts, of coordinate systems and of the two papers' classes.
    let known = |t: &String| {
        names.contains(t) || ["Sans", "Coordinate System", "Gauss"].iter().any(|w| t.contains(w))
    };
    let wrong: Vec<&String> = found.iter().filter(|t| is_english(t) && !known(t)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (found, names) = said("en", ["East", "West"]);
    let wrong: Vec<&String> = found.iter().filter(|t| is_chinese(t) && !names.contains(t)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Everything that a run can add: how sure, who pays, plans, clusters, another source.
const MORE: &str = r#"
[uncertainty]
draws = 64
gdp_pct = 30.0
budgets = { industry = 20.0, sink = 40.0 }
[compensation]
models = ["benchmark", "ability_to_pay", "quota"]
prices = [{ name = "p1", cny_per_t = 90.0, source = "示例" }, { name = "p2", cny_per_t = 50.0, source = "示例" }, { name = "p3", cny_per_t = 900.0, source = "示例" }]
[compensation.ability]
engel = 0.3
source = "示例"
[compensation.quota]
reduction = 0.1
by = "entropy"
indicators = ["gross", "gdp"]
[statistics]
permutations = 99
[reference.r1]
title_zh = "官方清单"
source = "年鉴"
totals = { gross = 0.1 }
[scenario.s1]
title_zh = "绿色情景"
year = 2035
source = "示例"
convert = [{ from = "ind", to = "wood", share = 0.1 }]
gdp = { growth_pct = 3.0 }
"#;

/// Words of Latin letters that Chinese texts have too: units, indices, formats, names of methods, programs and fonts.
const LATIN: [&str; 65] = [
    "t",
    "kt",
    "km",
    "ha",
    "m",
    "ln",
    "q",
    "z",
    "p",
    "u",
    "k",
    "e",
    "CO",
    "CO2e",
    "COe",
    "GDP",
    "POI",
    "CCR",
    "ECC",
    "ESC",
    "EEC",
    "SEC",
    "GVF",
    "EPSG",
    "WGS",
    "GCJ",
    "BD",
    "QGIS",
    "GeoPackage",
    "GeoTIFF",
    "CSV",
    "XLSX",
    "PNG",
    "SVG",
    "JSON",
    "OSM",
    "GB",
    "T",
    "CC",
    "ID",
    "carbonzone",
    "CGCS2000",
    "Gauss",
    "Kruger",
    "Tapio",
    "LMDI",
    "Gi",
    "Moran",
    "I",
    "Theil",
    "Gini",
    "queen",
    "true",
    "false",
    "Sans",
    "Noto",
    "CJK",
    "SC",
    "SHA",
    "GDAL",
    "PROJ",
    "GEOS",
    "IPCC",
    "Suzhou",
    "Excel",
];

/// Keys that cells hold as the CSV does, and the names of fields below their words.
const KEYS: [&str; 45] = [
    "activity",
    "factors",
    "proxies",
    "gdp",
    "choices",
    "safe",
    "likely",
    "source",
    "balanced",
    "sink",
    "sinks",
    "gross",
    "net",
    "pays",
    "receives",
    "benchmark",
    "quota",
    "people",
    "area",
    "population",
    "poi",
    "road",
    "structure",
    "density",
    "intensity",
    "factor",
    "code",
    "expected",
    "feature",
    "field",
    "file",
    "hint",
    "index",
    "layer",
    "message",
    "parcels",
    "severity",
    "smoothing",
    "statistics",
    "thresholds",
    "unknown",
    "value",
    "meaning",
    "status",
    "purpose",
];

/// Words that only the page has: names of methods, of formats, and what its buttons call the languages.
const OF_PAGES: [&str; 12] = [
    "English",
    "En",
    "JavaScript",
    "GVF",
    "CRS",
    "CrimeStat",
    "Benjamini",
    "Hochberg",
    "EEC",
    "SEC",
    "Dirichlet",
    "Sobol",
];

/// Words in a Chinese text that are neither codes (`gross_t`, `run.json`, `sink:d`) nor among those that are known.
fn latin_words<'t>(text: &'t str, known: &std::collections::BTreeSet<String>) -> Vec<&'t str> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "_.:/=+#-".contains(c);
    let tokens =
        text.split(|c: char| !in_token(c)).map(|t| t.trim_matches(['.', ':', '/', '-', '=', '+', '#']));
    let plain = |t: &&str| t.len() > 1 && t.bytes().all(|b| b.is_ascii_alphabetic());
    tokens.filter(plain).filter(|t| !LATIN.contains(t) && !known.contains(*t)).collect()
}

#[test]
fn no_cell_of_a_chinese_workbook_has_a_latin_word_that_is_no_code() {
    let city = Tiny::named(["东镇", "西镇"]);
    city.edit("year = 2020\n", "year = 2020\ntitle_en = \"Small\"\ntitle_zh = \"小城\"\n");
    let pipeline = city.read("city/p.toml") + MORE;
    city.write("city/p.toml", &pipeline);
    let out = city.path("out");
    let run = carbonzone()
        .args(["run", &city.path("city/p.toml"), "--lang", "zh", "--quiet", "--out", &out])
        // A machine without a single font: the figures have the shipped faces.
        .env("FONTCONFIG_FILE", "/dev/null")
        .env("HOME", city.path("nobody"))
        .env("XDG_DATA_HOME", city.path("nobody"))
        .output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    crate::assumed::everything_is_said(&city.at("out"), &["csv", "sheet", "layer", "section"]);
    let record: carbonzone_types::RunManifest = serde_json::from_str(&city.read("out/run.json")).unwrap();
    assert!(record.fonts.iter().all(|f| f.origin == "shipped with carbonzone"), "{:?}", record.fonts);
    let drawn = page::of_run(&city.at("out"), "zh");
    assert!(
        drawn.iter().any(|(place, t)| place.contains(".svg") && is_chinese(t)),
        "figures without Chinese"
    );
    // Keys of this run: of sectors, rules, classes, land, proxies, stages, findings, fields.
    let mut known: std::collections::BTreeSet<String> = record.sectors.iter().cloned().collect();
    known.extend(KEYS.map(str::to_owned));
    known.extend(record.rules.iter().flat_map(|r| r.land_groups.iter().cloned().chain([r.id.clone()])));
    known.extend(record.rules.iter().flat_map(|r| r.proxies.iter().map(|p| p.name.clone())));
    known.extend(record.ledger.iter().map(|r| r.stage.name().to_owned()));
    known.extend(record.zone_classes.iter().map(|c| c.key.clone()));
    for entry in std::fs::read_dir(city.at("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            known.extend(
                text.lines()
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches('\u{feff}')
                    .split(',')
                    .map(str::to_owned),
            );
        }
        known.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
    }
    let mut wrong: Vec<String> = Vec::new();
    // The page and the figures are for readers alone.
    for (place, text) in page::of_run(&city.at("out"), "zh") {
        let words: Vec<&str> =
            latin_words(&text, &known).into_iter().filter(|w| !OF_PAGES.contains(w)).collect();
        wrong.extend((!words.is_empty()).then(|| format!("{place}: {words:?} in {text}")));
    }
    let mut cells = Vec::new();
    texts(&city.at("out/townships.xlsx"), "xl/sharedStrings.xml", &mut cells);
    // Attributes of the XML are no cells; the field zone_en has the English names of the classes.
    let names: Vec<&String> = record.zone_classes.iter().map(|c| &c.label_en).collect();
    cells.retain(|t| {
        !t.ends_with('=')
            && !t.contains("<?xml")
            && !t.contains("?>")
            && !names.contains(&t)
            && t != "yes"
            && t != "preserve"
    });
    assert!(cells.len() > 300, "the cells are not where this test looks");
    wrong.extend(cells.iter().filter(|t| !latin_words(t, &known).is_empty()).map(|t| format!("cell: {t}")));
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What people read of a project: elements, and their attributes (none: the text between the tags).
const READ: [(&str, &str); 22] = [
    ("Layer", "name"),
    ("LayerStyle", "name"),
    ("Layout", "name"),
    ("LayoutItem", "labelText"),
    ("LayoutItem", "title"),
    ("ComposerMapGrid", "name"),
    ("ComposerMapOverview", "name"),
    ("alias", "name"),
    ("category", "label"),
    ("checked-group-node", "id"),
    ("field", "expression"),
    ("item", "label"),
    ("layer-tree-group", "name"),
    ("layer-tree-layer", "name"),
    ("paletteEntry", "label"),
    ("qgis", "projectname"),
    ("range", "label"),
    ("rule", "label"),
    ("visibility-preset", "name"),
    ("abstract", ""),
    ("mapTip", ""),
    ("title", ""),
];

/// Its name, its attributes, and the text up to the next tag.
type Element<'x> = (&'x str, Vec<(&'x str, &'x str)>, &'x str);

/// Tags of an XML text, those that end an element with their slash.
fn elements(xml: &str) -> Vec<Element<'_>> {
    let element = |part| {
        let (tag, text): (&str, &str) = str::split_once(part, '>')?;
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let parts: Vec<&str> = rest.split('"').collect();
        let pairs = parts.chunks_exact(2).map(|p| (p[0].trim().trim_end_matches('='), p[1])).collect();
        Some((name.trim_end_matches('/'), pairs, text))
    };
    xml.split('<').filter_map(element).collect()
}

/// A text without tags, without what QGIS computes, and of an expression only what it says.
fn read(element: &str, text: &str) -> Vec<String> {
    let marks =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#10;", " "), ("&amp;", "&")];
    let text = marks.iter().fold(text.to_owned(), |t, (mark, sign)| t.replace(mark, sign));
    let outside = |text: &str, open: &str, close: &str| {
        let mut parts = text.split(open);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + " " + part.split_once(close).map_or("", |(_, rest)| rest))
    };
    let said = |text: &str| {
        text.split("THEN '").skip(1).filter_map(|t| Some(t.split_once('\'')?.0.to_owned())).collect()
    };
    let plain = |text: &String| outside(text, "<", ">");
    match element {
        "field" => said(&text),
        "mapTip" => {
            let mut all: Vec<String> = said(&text);
            all.push(outside(&text, "[%", "%]"));
            all.iter().map(plain).collect()
        }
        _ => vec![text],
    }
}

/// Everything that people read of a project, value maps too.
fn project_texts(archive: &Path, part: &str) -> Vec<String> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(archive).unwrap()).unwrap();
    let mut xml = String::new();
    zip.by_name(part).unwrap().read_to_string(&mut xml).unwrap();
    let mut found = Vec::new();
    let mut in_map = false;
    for (name, attributes, text) in elements(&xml) {
        for (element, attribute) in READ.iter().filter(|(element, _)| *element == name) {
            let value = attributes.iter().find(|(key, _)| key == attribute).map(|(_, value)| *value);
            found.extend(
                value.or(attribute.is_empty().then_some(text)).map(|v| read(element, v)).unwrap_or_default(),
            );
        }
        match name {
            "editWidget" => in_map = attributes.contains(&("type", "ValueMap")),
            "/editWidget" => in_map = false,
            // The word is the name of the option, its key the value.
            "Option" if in_map && attributes.iter().any(|(key, _)| *key == "value") => {
                found.push(attributes[0].1.to_owned());
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_project_is_read_in_one_language() {
    let of = |lang: &str, zones: [&str; 2], more: &str| {
        let city = Tiny::named(zones);
        city.edit("year = 2020\n", "year = 2020\ntitle_en = \"Small\"\ntitle_zh = \"小城\"\n");
        city.write("city/p.toml", &(city.read("city/p.toml") + more));
        let out = city.path("out");
        let run = carbonzone()
            .args(["run", &city.path("city/p.toml"), "--lang", lang, "--quiet", "--out", &out])
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        project_texts(&city.at("out/tiny.qgz"), "tiny.qgs")
    };
    let chinese = of("zh", ["东镇", "西镇"], MORE);
    assert!(
        chinese.iter().filter(|t| is_chinese(t)).count() > 200,
        "the texts are not where this test looks"
    );
    let known = std::collections::BTreeSet::new();
    let mut wrong: Vec<&String> = chinese.iter().filter(|t| !latin_words(t, &known).is_empty()).collect();
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let plain = MORE.replace("示例", "example").replace("年鉴", "yearbook").replace("title_zh", "title_en");
    let plain = plain.replace("官方清单", "Official").replace("绿色情景", "Green");
    let english = of("en", ["East", "West"], &plain);
    let wrong: Vec<&String> = english.iter().filter(|t| is_chinese(t)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_text_of_an_english_page_or_figure_is_chinese() {
    let city = Tiny::named(["East", "West"]);
    city.edit("year = 2020\n", "year = 2020\ntitle_en = \"Small\"\ntitle_zh = \"小城\"\n");
    let english = MORE.replace("示例", "example").replace("年鉴", "yearbook");
    let pipeline = city.read("city/p.toml") + &english;
    city.write("city/p.toml", &pipeline);
    let out = city.path("out");
    let args = ["run", &city.path("city/p.toml"), "--lang", "en", "--quiet", "--out", &out];
    let run = carbonzone().args(args).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let record: carbonzone_types::RunManifest = serde_json::from_str(&city.read("out/run.json")).unwrap();
    let names: Vec<String> = record.zone_classes.into_iter().map(|c| c.label_zh).collect();
    let texts = page::of_run(&city.at("out"), "en");
    assert!(texts.len() > 300, "the texts are not where this test looks");
    // What the user called the plan and the source in Chinese, and how the buttons call the languages.
    let own = ["小城", "官方清单", "绿色情景", "中文", "中 + En"];
    let known = |t: &String| names.contains(t) || own.contains(&t.as_str());
    let wrong: Vec<_> = texts.iter().filter(|(_, t)| is_chinese(t) && !known(t)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
