//! What a reader of one language sees of the report page and of the figures.

use serde_json::Value;
use std::path::Path;

/// Texts of the page and of the figures of a run, each with its place.
pub fn of_run(out: &Path, lang: &str) -> Vec<(String, String)> {
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    let mut found: Vec<(String, String)> =
        of_page(&page, lang).into_iter().map(|text| ("report.html".to_owned(), text)).collect();
    for entry in std::fs::read_dir(out.join("figures")).unwrap().map(|e| e.unwrap().path()) {
        if entry.extension().is_some_and(|e| e == "svg") {
            let svg = std::fs::read_to_string(&entry).unwrap();
            // What the file says of itself is in both languages.
            let drawn = svg.split("<metadata").next().unwrap_or_default().to_owned()
                + svg.split("</metadata>").nth(1).unwrap_or_default();
            let place = entry.file_name().unwrap().to_string_lossy().into_owned();
            let texts = between_tags(&drawn, &["title", "desc", "style"]);
            found.extend(texts.into_iter().map(|text| (place.clone(), text)));
        }
    }
    found
}

/// What stands outside the spans of the other language, and the labels of the data of the page.
pub fn of_page(html: &str, lang: &str) -> Vec<String> {
    let other = if lang == "zh" { "en" } else { "zh" };
    let (body, data) = html.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    let mut found = Vec::new();
    labels(&data, lang, &mut found);
    let open = format!("<span class=\"{other}\" lang=\"{other}\">");
    let body = body.split("<body>").nth(1).unwrap().replace("tspan", "span");
    let mut parts = body.split(&open);
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts {
        kept += part.split_once("</span>").map_or("", |(_, rest)| rest);
    }
    // Settings as they are called in the pipeline file, options and hints in both languages.
    let kept: Vec<&str> = kept.split("<table class=\"params\">").collect();
    let after = kept.get(1).and_then(|rest| rest.split_once("</table>")).map_or("", |(_, rest)| rest);
    found.extend(between_tags(&(kept[0].to_owned() + after), &["title", "option", "code"]));
    found
}

/// Texts between tags, but for those in tags of these names.
fn between_tags(xml: &str, without: &[&str]) -> Vec<String> {
    let parts = xml.split('<').filter_map(|part| part.split_once('>'));
    let kept = parts.filter(|(tag, _)| {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        !without.contains(&name)
    });
    let plain = |text: &str| {
        let marks = [
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#x27;", "'"),
            ("&#x2f;", "/"),
        ];
        marks.iter().fold(text.trim().to_owned(), |text, (mark, sign)| text.replace(mark, sign))
    };
    kept.map(|(_, text)| plain(text)).filter(|text| !text.is_empty()).collect()
}

fn labels(data: &Value, lang: &str, found: &mut Vec<String>) {
    match data {
        Value::Object(of) => match (of.get("en"), of.get("zh")) {
            (Some(Value::String(_)), Some(Value::String(_))) => {
                found.extend(of[lang].as_str().map(str::to_owned));
            }
            _ => of.values().for_each(|value| labels(value, lang, found)),
        },
        Value::Array(all) => all.iter().for_each(|value| labels(value, lang, found)),
        _ => {}
    }
}

/// Four English words in a row; numbers between them do not count.
pub fn is_english(text: &str) -> bool {
    let mut row = 0;
    text.split([' ', ',', ';', ':', '.']).filter(|w| !w.is_empty()).any(|word| {
        let english = word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic());
        let number = word.bytes().all(|b| b.is_ascii_digit() || b == b'%');
        row = if english { row + 1 } else { row * usize::from(number) };
        row >= 4
    })
}

pub fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}
