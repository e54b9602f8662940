//! Chinese for what the program says in English: one catalogue in `data/zh`, keyed by the code of a finding and, as in
//! gettext, by the English sentence (docs/adr/0018).
//!
//! A sentence of the catalogue may have holes: `layer "{layer}" has no field "{field}"`. What stands in them is taken
//! over, translated where the catalogue knows it; `{_}` is left out (English plurals).

use crate::{Label, Lang, words};
use carbonzone_types::Finding;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const FILES: [&str; 12] = [
    include_str!("../data/zh/findings.toml"),
    include_str!("../data/zh/layers.toml"),
    include_str!("../data/zh/tables.toml"),
    include_str!("../data/zh/pipeline.toml"),
    include_str!("../data/zh/results.toml"),
    include_str!("../data/zh/commands.toml"),
    include_str!("../data/zh/help.toml"),
    include_str!("../data/zh/init.toml"),
    include_str!("../data/zh/compensation.toml"),
    include_str!("../data/zh/reading.toml"),
    include_str!("../data/zh/scenario.toml"),
    include_str!("../data/zh/statistics.toml"),
];

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::new(&FILES).expect("the embedded catalogue is tested to be valid"));

/// One file of the catalogue.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Code of a finding: what it means in general.
    #[serde(default)]
    codes: BTreeMap<String, String>,
    /// Single words of the program: layers, stages of the work and of the ledger.
    #[serde(default)]
    words: BTreeMap<String, String>,
    /// English sentence: Chinese sentence.
    #[serde(default)]
    sentences: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Hole(String),
}

#[derive(Debug)]
struct Sentence {
    en: Vec<Piece>,
    zh: Vec<Piece>,
    /// Bytes of English text outside the holes: the sentence with most of them fits best.
    fixed: usize,
}

#[derive(Debug, Default)]
struct Catalogue {
    codes: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
    whole: BTreeMap<String, String>,
    with_holes: Vec<Sentence>,
}

impl Catalogue {
    fn new(files: &[&str]) -> Result<Self, toml::de::Error> {
        let mut out = Self::default();
        for text in files {
            let file: File = toml::from_str(text)?;
            out.codes.extend(file.codes);
            out.words.extend(file.words);
            for (en, zh) in file.sentences {
                let pieces = pieces(&en);
                if pieces.iter().all(|p| matches!(p, Piece::Text(_))) {
                    out.whole.insert(en, zh);
                } else {
                    let fixed = pieces.iter().map(|p| if let Piece::Text(t) = p { t.len() } else { 0 }).sum();
                    out.with_holes.push(Sentence { zh: self::pieces(&zh), en: pieces, fixed });
                }
            }
        }
        out.with_holes.sort_by_key(|s| std::cmp::Reverse(s.fixed));
        Ok(out)
    }

    fn sentence(&self, en: &str) -> Option<String> {
        self.one(en).or_else(|| self.joined(en))
    }

    fn one(&self, en: &str) -> Option<String> {
        if let Some(zh) = self.whole.get(en) {
            return Some(zh.clone());
        }
        self.with_holes.iter().find_map(|s| s.translated(self, en))
    }

    /// Two sentences behind each other, or the place in front of a sentence.
    fn joined(&self, en: &str) -> Option<String> {
        for (mark, zh_mark) in [(": ", "："), ("; ", "；"), ("\n", "\n")] {
            for (at, _) in en.match_indices(mark) {
                if let Some(right) = self.one(&en[at + mark.len()..]) {
                    return Some(format!("{}{zh_mark}{right}", self.filled(&en[..at])));
                }
            }
        }
        None
    }

    /// What stands in a hole of this name; kinds of land have their own words.
    fn held(&self, hole: &str, en: &str) -> String {
        match hole {
            "land" => land(en),
            "lands" => {
                let one = |part: &str| match part.split_once(" in ") {
                    Some((n, class)) => format!("{} {n}", land(class)),
                    None => self.filled(part),
                };
                en.split(", ").map(one).collect::<Vec<_>>().join("、")
            }
            "sector" => words::sector(en).zh,
            "role" => self.words.get(en).cloned().unwrap_or_else(|| self.filled(en)),
            "resampling" => match en {
                "Average" => "平均".to_owned(),
                "Bilinear" => "双线性".to_owned(),
                "Nearest" => "最近邻".to_owned(),
                _ => en.to_owned(),
            },
            "coefficients" => en.split("), ").map(coefficient).collect::<Vec<_>>().join("），"),
            _ => self.filled(en),
        }
    }

    /// What stands in a hole: a sentence, a list of them, or a text of the user's, which stays as it is.
    fn filled(&self, en: &str) -> String {
        if let Some(zh) = self.sentence(en) {
            return zh;
        }
        for (mark, zh_mark) in [("; ", "；"), (", ", "、")] {
            if en.contains(mark) {
                let parts: Vec<Option<String>> = en.split(mark).map(|part| self.sentence(part)).collect();
                if parts.iter().any(Option::is_some) {
                    let parts = parts.into_iter().zip(en.split(mark));
                    return parts
                        .map(|(zh, en)| zh.unwrap_or_else(|| en.to_owned()))
                        .collect::<Vec<_>>()
                        .join(zh_mark);
                }
            }
        }
        en.to_owned()
    }
}

/// Letters of a sentence outside its holes that fit into any text.
const SHORT: usize = 6;
/// Words in a hole of such a sentence.
const FEW_WORDS: usize = 2;

impl Sentence {
    fn translated(&self, catalogue: &Catalogue, en: &str) -> Option<String> {
        let mut held = Vec::new();
        if !fits(&self.en, en, &mut held) {
            return None;
        }
        let names = self.en.iter().filter_map(|p| if let Piece::Hole(name) = p { Some(name) } else { None });
        let held: BTreeMap<&String, &str> = names.zip(held).collect();
        // `{a} or {b}` is no sentence of a text of the user's that happens to have an "or".
        let text_of_users = |t: &&str| t.split_whitespace().count() > FEW_WORDS;
        if self.fixed <= SHORT && held.values().any(text_of_users) {
            return None;
        }
        let piece = |p: &Piece| match p {
            Piece::Text(text) => text.clone(),
            Piece::Hole(name) => held.get(name).map(|text| catalogue.held(name, text)).unwrap_or_default(),
        };
        Some(self.zh.iter().map(piece).collect())
    }
}

/// Texts and holes of a sentence; `{` that opens no name is text.
fn pieces(text: &str) -> Vec<Piece> {
    let (mut out, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find('{') {
        let name: String = rest[at + 1..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
            .collect();
        plain.push_str(&rest[..at]);
        if !name.is_empty() && rest[at + 1 + name.len()..].starts_with('}') {
            if !plain.is_empty() {
                out.push(Piece::Text(std::mem::take(&mut plain)));
            }
            rest = &rest[at + name.len() + 2..];
            out.push(Piece::Hole(name));
        } else {
            plain.push('{');
            rest = &rest[at + 1..];
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        out.push(Piece::Text(plain));
    }
    out
}

/// True if the text is the sentence; `held` then has what stands in its holes.
fn fits<'t>(pieces: &[Piece], text: &'t str, held: &mut Vec<&'t str>) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Text(fixed), rest @ ..] => {
            text.strip_prefix(fixed.as_str()).is_some_and(|t| fits(rest, t, held))
        }
        [Piece::Hole(_)] => {
            held.push(text);
            true
        }
        [Piece::Hole(_), rest @ ..] => {
            let Piece::Text(next) = &rest[0] else { return false };
            text.match_indices(next.as_str()).any(|(at, _)| {
                let before = held.len();
                held.push(&text[..at]);
                let fit = fits(rest, &text[at..], held);
                if !fit {
                    held.truncate(before);
                }
                fit
            })
        }
    }
}

/// `forest (13.969 t CO2e/ha, unverified)`; the bracket may be open at its end.
fn coefficient(en: &str) -> String {
    let Some((land, rest)) = en.split_once(" (") else { return en.to_owned() };
    let (rest, close) = rest.strip_suffix(')').map_or((rest, ""), |rest| (rest, "）"));
    format!("{}（{}{close}", words::land_group(land).zh, rest.replace(", unverified", "，未核实"))
}

/// Kinds of land as rules and explanations join them (`forest+grassland`, `urban residential + forest`), in Chinese.
pub fn land(en: &str) -> String {
    let one = |part: &str| words::land_group(&part.trim().replace(' ', "_")).zh;
    en.split('+').map(one).collect::<Vec<_>>().join("、")
}

/// A sentence of the program in Chinese; `None` if the catalogue does not have it.
pub fn sentence(en: &str) -> Option<String> {
    CATALOGUE.sentence(en)
}

/// A sentence of the program in Chinese, or as it stands if the catalogue does not have it (texts of the user's).
pub fn text(en: &str) -> String {
    CATALOGUE.filled(en)
}

/// A sentence of the program in both languages.
pub fn said(en: &str) -> Label {
    Label::new(en, text(en))
}

/// What a budget is for: the activity as the pipeline file names it; in Chinese, where that has no Chinese, the land that carries it.
pub fn activity(named: &str, land: &[&str]) -> Label {
    let groups: Vec<Label> = land.iter().filter(|g| !g.is_empty()).map(|g| words::land_group(g)).collect();
    let join = |f: fn(&Label) -> &str, between: &str| groups.iter().map(f).collect::<Vec<_>>().join(between);
    let en = if named.is_empty() { join(|l| &l.en, ", ") } else { named.to_owned() };
    let said = text(named);
    let zh = if said.is_ascii() && !groups.is_empty() { join(|l| &l.zh, "、") } else { said };
    Label::new(en, zh)
}

/// A word of the program (layer, stage) in Chinese, or as it stands.
pub fn word(en: &str) -> String {
    CATALOGUE.words.get(en).cloned().unwrap_or_else(|| text(en))
}

/// What a code of findings means in general; `None` if the catalogue does not have it.
pub fn code(code: &str) -> Option<&'static str> {
    CATALOGUE.codes.get(code).map(String::as_str)
}

/// The codes of findings that the catalogue has.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CATALOGUE.codes.keys().map(String::as_str)
}

/// The English sentences of the catalogue, each as its texts between the holes.
pub fn sentences() -> impl Iterator<Item = Vec<&'static str>> {
    let fixed = |s: &'static Sentence| {
        s.en.iter().filter_map(|p| if let Piece::Text(t) = p { Some(t.as_str()) } else { None }).collect()
    };
    CATALOGUE.whole.keys().map(|en| vec![en.as_str()]).chain(CATALOGUE.with_holes.iter().map(fixed))
}

/// A finding in words for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingText {
    /// What was found.
    pub message: String,
    /// What would have been accepted.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl FindingText {
    /// In Chinese: the sentence of the catalogue, or else the meaning of the code. A hint that the catalogue does not
    /// have is left out; the English one stays in `run.json`.
    pub fn chinese(finding: &Finding) -> Self {
        let general = || code(&finding.code).map_or_else(|| finding.code.clone(), str::to_owned);
        Self {
            message: sentence(&finding.message).unwrap_or_else(general),
            expected: finding.expected.as_deref().map(text),
            hint: finding.hint.as_deref().and_then(sentence),
        }
    }

    /// As the finding has it.
    pub fn english(finding: &Finding) -> Self {
        Self {
            message: finding.message.clone(),
            expected: finding.expected.clone(),
            hint: finding.hint.clone(),
        }
    }

    /// In a language, or in both.
    pub fn new(finding: &Finding, lang: Lang) -> Self {
        let (en, zh) = (Self::english(finding), Self::chinese(finding));
        match lang {
            Lang::En => en,
            Lang::Zh => zh,
            Lang::Both => {
                let both = |en: Option<String>, zh: Option<String>| match (en, zh) {
                    (Some(en), Some(zh)) if en != zh => Some(format!("{en} · {zh}")),
                    (en, zh) => en.or(zh),
                };
                Self {
                    message: both(Some(en.message), Some(zh.message)).unwrap_or_default(),
                    expected: both(en.expected, zh.expected),
                    hint: both(en.hint, zh.hint),
                }
            }
        }
    }
}

impl Lang {
    /// A sentence of a finding, a note, an error, with its Chinese from the catalogue.
    pub fn sentence(self, en: &str) -> String {
        self.say(en, &text(en))
    }

    /// A word of the program (layer, stage, status), with its Chinese from the catalogue.
    pub fn word(self, en: &str) -> String {
        self.say(en, &word(en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Catalogue {
        let file = r#"
            [sentences]
            'layer "{layer}" has no field "{field}"' = '图层“{layer}”没有字段“{field}”'
            "{n} {_} more than once" = "{n} 个重复"
            'the cell is broken: {why}' = '单元格无法读取：{why}'
            'is not a number' = '不是数字'
            '{list} and {n} more' = '{list} 等另外 {n} 个'
            'files = [{ path = "x" }]' = '写 files = [{ path = "x" }]'
        "#;
        Catalogue::new(&[file]).unwrap()
    }

    #[test]
    fn what_stands_in_the_holes_is_taken_over() {
        let said = |en: &str| small().sentence(en);
        let field = said("layer \"a\" has no field \"b\" c\"").unwrap();
        assert_eq!(field, "图层“a”没有字段“b\" c”");
        assert_eq!(said("3 ids occur more than once").unwrap(), "3 个重复");
        assert_eq!(said("the cell is broken: is not a number").unwrap(), "单元格无法读取：不是数字");
        assert_eq!(said("x.csv, line 3: is not a number").unwrap(), "x.csv, line 3：不是数字");
        assert_eq!(said("files = [{ path = \"x\" }]").unwrap(), "写 files = [{ path = \"x\" }]");
        assert_eq!(said("layer \"a\" has no file"), None);
    }

    #[test]
    fn a_text_of_the_users_is_not_half_translated() {
        let theirs =
            "Table 3 prints 421.44 on land: the leading 1 is lost, the department column says 1421.44";
        assert_eq!((sentence(theirs), text(theirs).as_str()), (None, theirs));
        assert_eq!(text("\"a\" or \"b\""), "\"a\" 或 \"b\"");
    }

    #[test]
    fn kinds_of_land_have_their_words() {
        assert_eq!(land("forest+grassland"), "林地、草地");
        assert_eq!(land("urban residential + my_class"), "城镇住宅用地、my class");
        let said = sentence("5.7 % of the people live outside forest+road and count for nothing").unwrap();
        assert_eq!(said, "5.7 % 的人不住在林地、公路与道路用地上，不计");
    }

    #[test]
    fn lists_are_taken_item_by_item() {
        let list = small().filled("\"x\" a, is not a number, b");
        assert_eq!(list, "\"x\" a、不是数字、b");
        assert_eq!(small().filled("Town of A, Town of B"), "Town of A, Town of B");
    }

    #[test]
    fn the_catalogue_is_valid_and_has_no_two_holes_side_by_side() {
        let catalogue = Catalogue::new(&FILES).unwrap();
        for s in &catalogue.with_holes {
            let side_by_side = s.en.windows(2).any(|w| matches!(w, [Piece::Hole(_), Piece::Hole(_)]));
            assert!(!side_by_side, "{:?}", s.en);
            for hole in s.zh.iter().filter(|p| matches!(p, Piece::Hole(_))) {
                assert!(s.en.contains(hole), "{hole:?} of {:?} is not in {:?}", s.zh, s.en);
            }
        }
    }
}
