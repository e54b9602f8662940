//! Words for the values of a pipeline file: kinds, examples, and what is meant by another word.

use carbonzone_sheet::nearest;
use std::ops::Range;
use toml::de::DeValue;

/// Keys with a value that they could have.
const EXAMPLES: [(&str, &str); 22] = [
    ("name", "\"my_city\""),
    ("year", "2020"),
    ("crs", "\"EPSG:4549\""),
    ("path", "\"layer.gpkg\""),
    ("source", "{ path = \"layer.gpkg\" }"),
    ("id", "\"id\""),
    ("key", "\"id\""),
    ("type", "\"type\""),
    ("kind", "\"townships\""),
    ("land_use", "\"DLBM\""),
    ("weight", "[\"people\"]"),
    ("tonnes", "\"tonnes\""),
    ("rule", "\"rule\""),
    ("sector", "\"industry\""),
    ("land_group", "\"industrial\""),
    ("amount", "1000.0"),
    ("budget", "\"industry:industrial\""),
    ("land", "[\"industrial\"]"),
    ("proxies", "[\"area\"]"),
    ("city", "{ name = \"my_city\", year = 2020 }"),
    ("parcels", "{ source = { path = \"parcels.gpkg\" }, land_use = \"DLBM\" }"),
    ("zones", "{ source = { path = \"townships.gpkg\" }, id = \"id\" }"),
];
/// Kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Text,
    Number,
    Whole,
    Bool,
    List,
    Table,
    Other,
}

/// The kind that serde's words for it mean.
pub(crate) fn wanted(expected: &str) -> Wanted {
    match expected {
        "f64" | "f32" => Wanted::Number,
        "a boolean" => Wanted::Bool,
        "a sequence" => Wanted::List,
        "a map" => Wanted::Table,
        e if e.contains("string") || e.contains("path") => Wanted::Text,
        e if e.starts_with("struct") => Wanted::Table,
        e if e.trim_start_matches(['i', 'u']).parse::<u8>().is_ok() || e == "usize" => Wanted::Whole,
        _ => Wanted::Other,
    }
}

pub(crate) fn kind_words(expected: &str) -> String {
    match wanted(expected) {
        Wanted::Text => "a text in quotes",
        Wanted::Number => "a number",
        Wanted::Whole => "a whole number",
        Wanted::Bool => "true or false",
        Wanted::List => "a list in brackets",
        Wanted::Table => "a table in braces",
        Wanted::Other => expected,
    }
    .to_owned()
}

/// A number or truth value out of a text, as written in the text.
pub(crate) fn plain(text: &str, wanted: Wanted) -> Option<(String, DeValue<'_>)> {
    let text = text.trim();
    let value = DeValue::parse(text).ok()?.into_inner();
    let fits = match (wanted, &value) {
        (Wanted::Bool, DeValue::Boolean(_)) | (Wanted::Whole | Wanted::Number, DeValue::Integer(_)) => true,
        (Wanted::Number, DeValue::Float(_)) => text.parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    };
    fits.then(|| (text.to_owned(), value))
}

/// A text without its quotes.
pub(crate) fn unquoted(value: &str) -> &str {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    quote.and_then(|q| value.strip_prefix(q)?.strip_suffix(q)).unwrap_or(value)
}

/// The word that is meant by another: a language or a unit by its other names, else the nearest.
pub(crate) fn meant<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let other = match found.to_lowercase().as_str() {
        "cn" | "ch" | "chinese" | "zh-cn" | "zh_cn" | "zh-hans" | "中文" | "汉语" => "zh",
        "eng" | "english" | "en-us" | "en_us" | "en-gb" | "英文" | "英语" => "en",
        "吨" | "tonne" | "tonnes" | "ton" | "tons" => "t",
        "千吨" | "thousand tonnes" | "1e3 t" | "gg" => "kt",
        "万吨" | "10000 t" | "10^4 t" | "104t" | "1e4t" => "1e4 t",
        "百万吨" | "million tonnes" | "1e6 t" => "Mt",
        "bilingual" | "zh+en" | "en+zh" | "双语" | "中英文" => "both",
        _ => "",
    };
    let named = known.iter().find(|word| **word == other).copied();
    named.or_else(|| nearest(found, known.iter().copied(), 1).first().copied())
}

pub(crate) fn example(key: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

/// The line around a place with something else in it.
pub(crate) fn line_with(text: &str, span: &Range<usize>, with: &str) -> String {
    let start = text.get(..span.start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    let end = text.get(span.end..).and_then(|t| t.find('\n')).map_or(text.len(), |i| span.end + i);
    let (before, behind) = (text.get(start..span.start), text.get(span.end..end));
    format!("{}{with}{}", before.unwrap_or_default(), behind.unwrap_or_default()).trim().to_owned()
}

/// A table by its keys: `[layers.zones]`, `[[allocate]] number 2`.
pub(crate) fn section(path: &[String]) -> String {
    match path.split_last() {
        None => "the file".to_owned(),
        Some((last, parents)) => match last.parse::<usize>() {
            Ok(item) => format!("[[{}]] number {}", parents.join("."), item + 1),
            Err(_) => format!("[{}]", path.join(".")),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Pipeline;
    use crate::pipeline_values::read;

    #[test]
    fn a_file_of_activity_data_gets_the_line_that_is_accepted() {
        let layers = "[city]\nname = \"x\"\nyear = 2020\ncrs = \"EPSG:4549\"\n\
            [layers.parcels]\nsource = { path = \"p.gpkg\" }\nland_use = \"DLBM\"\n\
            [layers.zones]\nsource = { path = \"z.gpkg\" }\nid = \"id\"\n[[allocate]]\nid = \"a\"\nbudget = \"b\"\n\
            land = [\"c\"]\nproxies = [\"area\"]\n[inventory]\n";
        for (before, wrong, right) in [
            ("", "activity = \"y.csv\"", "activity = { files = [{ path = \"y.csv\" }] }"),
            ("[inventory.activity]\n", "files = \"y.csv\"", "files = [{ path = \"y.csv\" }]"),
        ] {
            let told = read::<Pipeline>(&format!("{layers}{before}{wrong}\n"), &[]).findings;
            assert_eq!(told.len(), 1, "{told:#?}");
            assert_eq!(told[0].hint, Some(format!("write: {right}")));
            let told = read::<Pipeline>(&format!("{layers}{before}{right}\n"), &[]);
            assert!(told.findings.is_empty() && told.pipeline.is_some(), "{right}: {:?}", told.findings);
        }
    }
}
