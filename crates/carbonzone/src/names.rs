//! Names from the pipeline file that become names of files, layers, sheets and columns.

use crate::config::ZoneLayer;
use crate::load_config::{Loaded, suggest};
use carbonzone_report::words::{KINDS, is_kind};
use carbonzone_types::{Finding, Findings};
use std::path::Path;

/// Stems of files, layers and sheets that carbonzone writes itself, and words that programs keep for themselves; between blanks.
const TAKEN: &str = "about changes compensation compensation_flows consistency correlation explain factors figures \
    gdp_proxies gross headline history illustrative inventory layer_styles layers ledger maps net notes \
    parcels proxy_use published_vs_computed report risk_windows run scenario_land scenario_years \
    scenarios sectors sensitivity series sheets sink statistics synthetic total totals trajectories \
    transition_matrix transitions waterfall windows zone_classes zones zoning";

/// Beginnings of tables that GeoPackage and SQLite keep for themselves, and of the grid's files.
const TAKEN_STARTS: [&str; 6] = ["grid_", "statistics_", "gpkg_", "sqlite_", "rtree_", "idx_"];

/// Of them those of files.
const OWN_STARTS: [&str; 2] = ["grid_", "statistics_"];

/// Names that Windows keeps for devices, with any extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Ends of the files of a run.
const EXTENSIONS: [&str; 12] =
    ["gpkg", "qgz", "csv", "xlsx", "geojson", "tif", "qml", "html", "json", "fgb", "parquet", "svg"];

/// Longest name of a run, in characters: it stands in names of files with more before and after it.
const NAME_LENGTH: usize = 63;
/// Longest name of a worksheet in Excel.
const SHEET_LENGTH: usize = 31;
/// Longest part of a column name, in bytes: it stands before an end such as `_corrected_m`, in a name of 63 at most.
const COLUMN_LENGTH: usize = 50;
/// Longest title: figures set it on a few lines.
const TITLE_LENGTH: usize = 200;

/// True for a file at the top of a run folder that a run of that name and zone layer writes.
pub fn is_result(path: &Path, name: &str, zones_layer: &str) -> bool {
    let (Some(stem), Some(extension)) =
        (path.file_stem().and_then(|s| s.to_str()), path.extension().and_then(|s| s.to_str()))
    else {
        return false;
    };
    let own = stem == name
        || stem == zones_layer
        || OWN_STARTS.iter().any(|s| stem.starts_with(s))
        || is_taken(stem);
    path.components().count() == 1 && own && EXTENSIONS.contains(&extension)
}

fn is_taken(word: &str) -> bool {
    TAKEN.split(' ').any(|taken| taken == word)
}

/// A device of Windows, alone or before a dot.
fn is_device(word: &str) -> bool {
    let stem = word.split('.').next().unwrap_or_default().trim_end();
    DEVICES.iter().any(|d| stem.eq_ignore_ascii_case(d))
}

/// Characters of a name of a run. Every file system keeps Chinese characters as they are; letters with marks are written in two ways.
fn is_of_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-' || is_han(c)
}

/// Why a name cannot be the name of a run: a folder and files are called after it.
fn fault_of_run(name: &str) -> Option<&'static str> {
    if name.is_empty() || !name.chars().all(is_of_names) || name.starts_with('-') {
        Some("letters without marks or Chinese characters, digits, _ and -")
    } else if is_device(name) {
        Some("a name that Windows does not keep for a device")
    } else if name.eq_ignore_ascii_case("explain") {
        Some("another name: explain.gpkg holds what `carbonzone explain` shows")
    } else if name.chars().count() > NAME_LENGTH {
        Some("at most 63 characters")
    } else {
        None
    }
}

/// A letter of Latin script without its marks.
fn plain_letters(c: char) -> String {
    const MARKED: [(&str, &str); 13] = [
        ("àáâãåāăą", "a"),
        ("ä", "ae"),
        ("æ", "ae"),
        ("çćč", "c"),
        ("èéêëēę", "e"),
        ("ìíîïī", "i"),
        ("ñńň", "n"),
        ("òóôõøō", "o"),
        ("öœ", "oe"),
        ("ùúûū", "u"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("śšş", "s"),
    ];
    let lower = c.to_lowercase().next().unwrap_or(c);
    let found = MARKED.iter().find(|(letters, _)| letters.contains(lower));
    match found {
        Some((_, plain)) if c.is_uppercase() => plain[..1].to_uppercase() + &plain[1..],
        Some((_, plain)) => (*plain).to_owned(),
        None => c.to_string(),
    }
}

/// The name of a run whose text has no letter that a name can have.
pub const NO_NAME: &str = "mycity";

/// A name for a run that folders and files can have, as near to this text as possible: `Zürich Nord` is `Zuerich_Nord`, 列城 stays.
/// What has no Latin letters and no Chinese characters is `mycity`.
pub fn run_name(text: &str) -> String {
    let latin: String = text.trim().chars().map(plain_letters).collect();
    let words = latin.split(|c: char| !is_of_names(c)).filter(|w| !w.is_empty());
    let name: String = words.collect::<Vec<_>>().join("_").chars().take(NAME_LENGTH).collect();
    let name = name.trim_start_matches('-').to_owned();
    if fault_of_run(&name).is_none() { name } else { NO_NAME.to_owned() }
}

/// True if a text has Chinese characters.
pub fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Why a name cannot be the name of the zone layer: files, a layer and a worksheet are called after it.
fn fault_of_layer(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    if name.is_empty()
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        || name.starts_with('-')
    {
        Some("letters, digits, _ and -, e.g. townships or counties")
    } else if name.encode_utf16().count() > SHEET_LENGTH {
        Some("at most 31 characters: a worksheet is called after it")
    } else if is_device(name) {
        Some("a name that Windows does not keep for a device")
    } else if is_taken(&lower) || TAKEN_STARTS.iter().any(|s| lower.starts_with(s)) {
        Some("a name that no other file, layer or sheet of the run has, e.g. townships")
    } else {
        None
    }
}

/// Why a word cannot be part of a column name.
fn fault_of_column(word: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !word.starts_with(char::is_alphanumeric) || !word.chars().all(plain) {
        Some("letters, digits, _ and -, beginning with a letter")
    } else if word.len() > COLUMN_LENGTH {
        Some("at most 50 bytes")
    } else {
        None
    }
}

/// The name of a run becomes a folder and file names.
pub fn check_run_name<P>(loaded: &Loaded<P>, name: &str, findings: &mut Findings) {
    if let Some(expected) = fault_of_run(name) {
        let finding = Finding::error("city_name", "the name becomes a folder and a file name")
            .field("city.name")
            .value(shown(name))
            .expected(expected);
        findings.push(loaded.at(finding, &["city", "name"]));
    }
}

/// The kind of the zones becomes a layer, a worksheet and file names.
pub fn check_zones_layer<P>(loaded: &Loaded<P>, kind: &str, findings: &mut Findings) {
    if let Some(expected) = fault_of_layer(kind) {
        let finding = Finding::error("zones_kind", "the kind of the zones becomes a layer and file names")
            .field("layers.zones.kind")
            .value(shown(kind))
            .expected(expected);
        findings.push(loaded.at(finding, &["layers", "zones", "kind"]));
    } else if !is_kind(kind) {
        let message =
            "the kind of the zones is a word for titles and file names; this one has no translation";
        let finding = Finding::error("zones_kind", message)
            .field("layers.zones.kind")
            .value(shown(kind))
            .expected(KINDS.join(", "));
        let finding = suggest(finding, kind, KINDS.iter().copied());
        findings.push(loaded.at(finding, &["layers", "zones", "kind"]));
    }
}

/// Sectors become columns and bands: `<sector>_t` beside the sums `gross_t` and `net_t`. SQLite and Excel take `A_t` and
/// `a_t` for the same.
pub fn check_sectors(loaded: &Loaded, findings: &mut Findings) {
    let totals = &loaded.pipeline.inventory.totals;
    for (i, total) in totals.iter().enumerate() {
        let lower = total.sector.to_lowercase();
        let sum = ["gross", "net"].contains(&lower.as_str()) || (lower == "sink" && total.sector != "sink");
        let meets = totals[..i].iter().any(|t| t.sector != total.sector && t.sector.to_lowercase() == lower);
        let taken = (sum || meets).then_some("a name that no other column has in capital or small letters");
        if let Some(expected) = fault_of_column(&total.sector).or(taken) {
            let keys = ["inventory", "totals", &i.to_string(), "sector"];
            push_column(loaded, &total.sector, expected, &keys, findings);
        }
    }
}

/// Groups of POI become columns: `poi_<group>`.
pub fn check_proxies(loaded: &Loaded, findings: &mut Findings) {
    let of_gdp = loaded.pipeline.layers.zones.downscale().map(|d| d.proxies.as_slice()).unwrap_or_default();
    for group in of_gdp.iter().filter_map(|p| p.strip_prefix("poi:")).filter(|g| !g.is_empty()) {
        if let Some(expected) = fault_of_column(group) {
            push_column(
                loaded,
                group,
                expected,
                &["layers", "zones", "gdp", "downscale", "proxies"],
                findings,
            );
        }
    }
    for (i, rule) in loaded.pipeline.allocate.iter().enumerate() {
        for group in rule.proxies.iter().filter_map(|p| p.strip_prefix("poi:")).filter(|g| !g.is_empty()) {
            if let Some(expected) = fault_of_column(group) {
                push_column(loaded, group, expected, &["allocate", &i.to_string(), "proxies"], findings);
            }
        }
    }
}

fn push_column<P>(loaded: &Loaded<P>, word: &str, expected: &str, keys: &[&str], findings: &mut Findings) {
    let finding = Finding::error("column_name", "a column of the results is called after this word")
        .field(keys.join("."))
        .value(shown(word))
        .expected(expected);
    findings.push(loaded.at(finding, keys));
}

/// Texts of the pipeline file that no figure, workbook or terminal can show: control characters anywhere, titles that
/// are too long.
pub fn check_texts<P: serde::Serialize>(loaded: &Loaded<P>, findings: &mut Findings) {
    let value = serde_json::to_value(&loaded.pipeline).unwrap_or_default();
    texts(&value, &mut Vec::new(), &mut |keys, text| {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let title = matches!(keys.as_slice(), ["city", "title_en" | "title_zh" | "map_review_number"]);
        let control = text.chars().any(|c| is_control(c, title));
        let long = title && text.chars().count() > TITLE_LENGTH;
        if control || long {
            let (code, message, expected) = if control {
                ("control_character", "the text holds a control character", "text that can be shown")
            } else {
                ("text_too_long", "the text is too long for a figure", "at most 200 characters")
            };
            let finding =
                Finding::error(code, message).field(keys.join(".")).value(shown(text)).expected(expected);
            findings.push(loaded.at(finding, &keys));
        }
    });
}

/// Names of zones from a layer: what figures and tables cannot show is taken out, and that is told.
pub fn clean_labels(
    config: &ZoneLayer,
    field: Option<&str>,
    texts: &mut [Option<String>],
    findings: &mut Findings,
) {
    let mut cleaned = Vec::new();
    for text in texts.iter_mut().flatten() {
        let flat = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
        let new: String = flat.filter(|c| !is_control(*c, true)).take(TITLE_LENGTH).collect();
        if new != *text {
            cleaned.push(shown(text));
            *text = new;
        }
    }
    if let Some(first) = cleaned.first() {
        let message = "names hold control characters or more than 200 characters; these were taken out";
        findings.push(
            Finding::warning("control_character", message)
                .input("zones", &config.source.path)
                .field(field.unwrap_or_default())
                .value(first)
                .count(cleaned.len() as u64)
                .hint("correct the names in the layer"),
        );
    }
}

/// Line ends and tabs are fine in a WKT or a condition, but not in a title.
fn is_control(c: char, title: bool) -> bool {
    let white = matches!(c, '\n' | '\r' | '\t');
    (c.is_control() && (title || !white)) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn texts(value: &serde_json::Value, keys: &mut Vec<String>, found: &mut dyn FnMut(&[String], &str)) {
    let mut below = |key: String, value: &serde_json::Value| {
        found_key(&key, keys, found);
        keys.push(key);
        texts(value, keys, found);
        keys.pop();
    };
    match value {
        serde_json::Value::String(text) => found(keys, text),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| below(i.to_string(), v));
        }
        serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| below(k.clone(), v)),
        _ => {}
    }
}

/// Keys of a table are texts too, e.g. the classes of `modes`.
fn found_key(key: &str, keys: &[String], found: &mut dyn FnMut(&[String], &str)) {
    if key.chars().any(|c| is_control(c, true)) {
        found(keys, key);
    }
}

/// A value as a finding shows it: cut, and with escapes for what cannot be shown.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layer_names_that_would_meet_another_file_layer_or_sheet_are_refused() {
        for name in [
            "ledger",
            "Parcels",
            "zones",
            "gross",
            "net",
            "../../victim",
            "a/b",
            "a\\b",
            "a:b",
            "CON",
            "nul",
            "com1",
            "grid_1km",
            "gpkg_contents",
            "History",
            "a.",
            "a ",
            " a",
            "",
            "-a",
            "a\u{1b}b",
            "a\nb",
            "a'b",
            "a?b",
            "zoning",
            "run",
        ] {
            assert!(fault_of_layer(name).is_some(), "{name:?}");
        }
        assert!(fault_of_layer(&"x".repeat(32)).is_some() && fault_of_layer(&"街".repeat(32)).is_some());
        for name in ["townships", "counties", "街道", "sub-districts", "zones_2020", "communes"] {
            assert!(fault_of_layer(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn run_names_and_columns_are_plain_words() {
        for name in
            ["", "a b", "Zürich", "CON", "Explain", "lpt9", "..", "-rf", "a/b", "a\0", &"x".repeat(64)]
        {
            assert!(fault_of_run(name).is_some(), "{name:?}");
        }
        assert!(fault_of_run("suzhou-2020_b").is_none());
        for (text, name) in [
            ("My City", "My_City"),
            ("Zürich", "Zuerich"),
            ("Übersee", "Uebersee"),
            ("São Paulo (2020)", "Sao_Paulo_2020"),
            ("列城", "列城"),
            ("新 城 2", "新_城_2"),
            ("Москва", "mycity"),
            ("con", "mycity"),
            ("-x", "x"),
            ("", "mycity"),
        ] {
            assert_eq!(run_name(text), name, "{text}");
            assert!(fault_of_run(&run_name(text)).is_none());
        }
        for word in ["", "a b", "a/b", "_a", "a\"b", "a;b", "../x", "a\u{7}", "=a", &"x".repeat(60)] {
            assert!(fault_of_column(word).is_some(), "{word:?}");
        }
        for word in ["industry_2", "Industry", "工业", "heavy-industry"] {
            assert!(fault_of_column(word).is_none(), "{word:?}");
        }
    }

    #[test]
    fn results_are_known_by_their_whole_name() {
        let is = |path: &str| is_result(Path::new(path), "tiny", "townships");
        for result in ["tiny.gpkg", "townships.csv", "ledger.csv", "run.json", "grid_1km.tif", "zones.qml"] {
            assert!(is(result), "{result}");
        }
        for other in
            ["thesis.docx", "dry_run.json", "mine/ledger.csv", "figures/mine.png", "tiny.docx", "tiny"]
        {
            assert!(!is(other), "{other}");
        }
    }
}
