//! Nothing half in another language: what a run in Chinese or English prints and writes for people.

use crate::common::carbonzone;
use crate::common::tiny::Tiny;
use std::io::Read as _;
use std::path::Path;

/// Texts between tags and in attributes of an XML part of an archive.
fn texts(archive: &Path, part: &str, found: &mut Vec<String>) {
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

/// Four English words in a row; numbers between them do not count.
fn is_english(text: &str) -> bool {
    let mut row = 0;
    text.split([' ', ',', ';', ':', '.']).filter(|w| !w.is_empty()).any(|word| {
        let english = word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
        let number = word.bytes().all(|b| b.is_ascii_digit() || b == b'%');
        row = if english { row + 1 } else { row * usize::from(number) };
        row >= 4
    })
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
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
