//! The Chinese catalogue against the sources: every code of a finding and every sentence of one has its Chinese, and the
//! catalogue has nothing that nobody says.

use carbonzone_report::chinese;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Functions that make findings: the first literal of a call is the code, or a code comes first in a pair.
const MAKERS: [&str; 16] = [
    "error",
    "warning",
    "info",
    "fatal",
    "both",
    "finding",
    "fault",
    "make",
    "report_list",
    "add",
    "warn",
    "report",
    "problem",
    "told",
    "refuse",
    "",
];
/// Literals that such calls have and that are no codes.
const NO_CODES: [&str; 6] =
    ["road_corrected", "area_m2", "gross_t", "gdp_unit_1e4cny", "cny_per_t", "land_sink"];
/// Messages that are told in the language of the user by the meaning of the code, the field and the value alone.
const BARE: [&str; 10] = [
    "inventory.7 = 7",
    "7 = 7",
    "city.7 = 7",
    "7: 7",
    "7 to 7",
    "rule \"7\": 7",
    "7 and 7: 7",
    "7 negative: 7 nothing",
    "crs = \"7\"",
    "proxies = [\"poi:commercial\", \"people\"]",
];

#[derive(Debug)]
struct Literal {
    at: usize,
    end: usize,
    text: String,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in
        folder.read_dir().expect("a folder of the sources").map(|e| e.expect("an entry of it").path())
    {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            found.push(entry);
        }
    }
}

/// The code of every crate, without comments and tests.
fn files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for krate in Path::new(env!("CARGO_MANIFEST_DIR")).join("..").read_dir().expect("the crates") {
        let krate = krate.expect("a crate").path();
        // The Python module raises its findings as exceptions, in English.
        if krate.ends_with("carbonzone-py") {
            continue;
        }
        let src = krate.join("src");
        if src.is_dir() {
            sources(&src, &mut paths);
        }
    }
    paths.sort();
    let code = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("a source file");
        let mut parts = text.split("#[cfg(test)]\nmod ");
        let first = parts.next().unwrap_or_default().to_owned();
        let code =
            parts.fold(first, |code, part| code + part.split_once("\n}\n").map_or("", |(_, after)| after));
        let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
        (path.display().to_string(), lines.collect::<Vec<_>>().join("\n"))
    };
    paths.iter().filter(|p| !p.ends_with("tests.rs")).map(code).collect()
}

/// String literals, as they are in the program; `{...}` of a format reads 7.
fn literals(code: &str) -> Vec<Literal> {
    let bytes = code.as_bytes();
    let (mut out, mut i) = (Vec::new(), 0);
    while i < bytes.len() {
        match bytes[i] {
            b'\'' if bytes.get(i + 1) == Some(&b'\\') => i += code[i + 2..].find('\'').map_or(1, |n| n + 3),
            b'\'' if code[i + 1..].chars().nth(1) == Some('\'') => {
                i += 2 + code[i + 1..].chars().next().map_or(0, char::len_utf8);
            }
            b'"' => {
                let (text, length) = literal(&code[i + 1..]);
                out.push(Literal { at: i, end: i + 1 + length, text });
                i += length + 2;
            }
            _ => i += 1,
        }
    }
    out
}

fn literal(rest: &str) -> (String, usize) {
    let (mut text, mut chars) = (String::new(), rest.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, at),
            '\\' => match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 'u')) => {
                    let code: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').collect();
                    let digits = code.trim_start_matches('{');
                    text.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
                }
                Some((_, '\n')) => {
                    let spaces = chars.as_str().chars().take_while(|c| c.is_whitespace()).count();
                    chars.by_ref().take(spaces).for_each(drop);
                }
                Some((_, other)) => text.push(other),
                None => {}
            },
            c => text.push(c),
        }
    }
    (text, rest.len())
}

/// A format with something in its holes; braces of TOML stay.
fn filled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let double = rest[at..].starts_with("{{") || rest[at..].starts_with("}}");
        let end = rest[at..].find('}').map_or(rest.len(), |n| at + n + 1);
        if double {
            out.push_str(&rest[at..=at]);
            rest = &rest[at + 2..];
        } else if rest[at..end].contains([' ', '.']) && rest[at..end].contains('=')
            || rest[at..].starts_with('}')
        {
            out.push_str(&rest[at..=at]);
            rest = &rest[at + 1..];
        } else {
            out.push('7');
            rest = &rest[end..];
        }
    }
    out + rest
}

/// Name in front of the innermost open bracket before a place, with where the bracket stands.
fn call_around(code: &str, at: usize) -> Option<(&str, usize)> {
    let mut depth = 0;
    let open = code[..at].char_indices().rev().find(|(_, c)| {
        depth += i32::from(matches!(c, ')' | ']' | '}')) - i32::from(matches!(c, '(' | '[' | '{'));
        depth < 0
    })?;
    if open.1 != '(' {
        return None;
    }
    let before = code[..open.0].trim_end();
    let name = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(before, |i| &before[i + 1..]);
    Some((name, open.0))
}

fn is_code(text: &str) -> bool {
    text.contains('_')
        && !text.starts_with('_')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Codes of the findings that a file makes.
fn codes_of(code: &str) -> BTreeSet<String> {
    let all = literals(code);
    let mut out = BTreeSet::new();
    for (i, l) in all.iter().enumerate() {
        let before = code[..l.at].trim_end();
        let arm = before.ends_with("=>") && code.contains("Finding::error(self.code()");
        if is_code(&l.text) && (arm || before.ends_with("code:")) {
            out.insert(l.text.clone());
        }
        let Some((name, open)) = call_around(code, l.at).filter(|(name, _)| MAKERS.contains(name)) else {
            continue;
        };
        let first = all[..i].iter().all(|other| other.at < open || other.end < open);
        let direct = code[..open].ends_with(&format!("Finding::{name}"));
        // A pair: a code and its words.
        let words = all
            .get(i + 1)
            .is_some_and(|next| next.text.contains(' ') && next.at < l.end + 20 && code.contains("Finding"));
        if first
            && (direct || is_code(&l.text))
            && (!name.is_empty() || words)
            && !NO_CODES.contains(&l.text.as_str())
        {
            out.insert(l.text.clone());
        }
    }
    out
}

/// Every literal of the sources, and what the command says of its options, to look for sentences in.
fn said() -> String {
    let texts = files().into_iter().flat_map(|(_, code)| literals(&code)).map(|l| l.text.replace("{{", "{"));
    let literals = texts.map(|t| t.replace("}}", "}")).collect::<Vec<_>>().join("\n");
    let args = Path::new(env!("CARGO_MANIFEST_DIR")).join("../carbonzone-cli/src/args.rs");
    let help = std::fs::read_to_string(args).expect("the arguments of the command");
    let help: Vec<&str> = help.lines().filter_map(|l| l.trim_start().strip_prefix("/// ")).collect();
    // Where measures come from is said by the list of measures.
    let measures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../carbonzone-zoning/data/measures.toml");
    let measures = std::fs::read_to_string(measures).expect("the list of measures");
    literals + "\n" + &help.join(" ") + "\n" + &measures
}

#[test]
fn every_code_of_a_finding_has_its_chinese_and_no_other() {
    let made: BTreeSet<String> = files().iter().flat_map(|(_, code)| codes_of(code)).collect();
    assert!(made.len() > 250, "the codes are not where this test looks: {}", made.len());
    let missing: Vec<&String> = made.iter().filter(|code| chinese::code(code).is_none()).collect();
    assert!(missing.is_empty(), "data/zh/findings.toml has no {missing:?}");
    let said = said();
    let quoted: BTreeSet<&str> = said.lines().collect();
    let dead: Vec<&str> = chinese::codes().filter(|code| !quoted.contains(code)).collect();
    assert!(dead.is_empty(), "data/zh/findings.toml has codes that nobody makes: {dead:?}");
}

/// Messages that are named before the finding and put together of words that stand elsewhere.
const SHORT: [&str; 6] = [
    "7: 7 t/ha/yr",
    "axes = \"7\", but 7 has one level only",
    "7 km of 7 7",
    "7 no neighbour and no cluster: 7",
    "7: 7 placed by 7",
    "7 7: 7",
];

/// Whether the literal at a place is the message that a finding below takes: `let message = ...`.
fn is_named(code: &str, at: usize) -> bool {
    let before = code[..at].trim_end();
    let before = before.strip_suffix("format!(").map_or(before, str::trim_end);
    before.ends_with("let message =") || before.ends_with("let said =")
}

/// Message, expectation and hint that stand beside a code in the sources, or are named before it.
#[test]
fn every_sentence_of_a_finding_has_its_chinese() {
    let mut missing = Vec::new();
    let parts: BTreeSet<String> = chinese::sentences().flat_map(|pieces| in_a_row(3, &pieces)).collect();
    for (file, code) in files() {
        let all = literals(&code);
        for (i, l) in all.iter().enumerate() {
            let sentence = filled(&l.text);
            let is_unknown = || {
                sentence.contains(|c: char| c.is_alphabetic())
                    && !BARE.contains(&sentence.as_str())
                    && chinese::sentence(&sentence).is_none()
                    && !in_a_row(3, &[&sentence]).iter().any(|three| parts.contains(three))
            };
            let place = || format!("{}: {sentence}", file.rsplit("crates/").next().unwrap_or_default());
            if is_named(&code, l.at) && !SHORT.contains(&sentence.as_str()) && is_unknown() {
                missing.push(place());
            }
            let Some((mut name, open)) = call_around(&code, l.at) else { continue };
            let mut inner = open;
            if name.is_empty() || name == "format" || code[..open].ends_with("format!") {
                let Some((outer, at)) = call_around(&code, open) else { continue };
                (name, inner) = (outer, at);
            }
            let message = code[..inner].ends_with("Finding::error")
                || code[..inner].ends_with("Finding::warning")
                || code[..inner].ends_with("Finding::info")
                || code[..inner].ends_with("Finding::fatal");
            let is_first = i == 0 || all[i - 1].at < inner;
            let other = matches!(name, "hint" | "expected") && l.text.contains(' ');
            if ((message && !is_first) || other) && is_unknown() {
                missing.push(place());
            }
        }
    }
    assert!(missing.is_empty(), "data/zh has no sentence for\n{}", missing.join("\n"));
}

/// So many words in a row of each piece.
fn in_a_row(n: usize, pieces: &[&str]) -> Vec<String> {
    let of = |piece: &&str| {
        let words: Vec<&str> = piece.split_whitespace().collect();
        words.windows(n).map(|row| row.join(" ")).collect::<Vec<_>>()
    };
    pieces.iter().flat_map(of).collect()
}

/// Many sentences are put together of parts: one that is no longer said has no two words in a row in the sources.
#[test]
fn every_sentence_of_the_catalogue_is_said_by_somebody() {
    let said = said();
    // What serde and the system say does not stand in our sources.
    let foreign =
        ["os error", "unknown field", "missing field", "unknown variant", "invalid type", "invalid value"];
    let ours =
        chinese::sentences().filter(|pieces| !pieces.iter().any(|p| foreign.iter().any(|f| p.contains(f))));
    let dead: Vec<Vec<&str>> = ours
        .filter(|pieces| {
            let twos = in_a_row(2, pieces);
            twos.len() > 2 && !twos.iter().any(|two| said.contains(two))
        })
        .collect();
    assert!(dead.is_empty(), "the catalogue has sentences that nobody says:\n{dead:#?}");
}

/// Fenced blocks of a page, without what stands behind `#` in a command.
fn blocks(text: &str) -> Vec<String> {
    let command = |line: &str| line.split("  # ").next().unwrap_or_default().trim_end().replace("     #", "");
    let inside = text.split("\n```").skip(1).step_by(2);
    inside.map(|block| block.lines().skip(1).map(command).collect::<Vec<_>>().join("\n")).collect()
}

#[test]
fn the_chinese_pages_show_the_commands_of_the_english_ones() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for page in ["your-city.md", "install.md", "method.md"] {
        let zh = std::fs::read_to_string(docs.join("zh").join(page)).unwrap();
        let english = blocks(&std::fs::read_to_string(docs.join(page)).unwrap());
        let shown = blocks(&zh);
        assert!(!shown.is_empty(), "{page}");
        for block in &shown {
            assert!(english.contains(block), "docs/zh/{page} has a block that docs/{page} has not:\n{block}");
        }
        if page != "method.md" {
            assert_eq!(shown, english, "docs/zh/{page} leaves out a command of docs/{page}");
        }
        for link in zh.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let here = link.is_empty() || link.contains("://") || docs.join("zh").join(link).exists();
            assert!(here, "docs/zh/{page} links to {link}");
        }
    }
}
