//! What the form consists of, in both languages: sheets, columns, settings, and what a cell may hold (`data/form.toml`).

use carbonzone_report::{Label, words};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// English and Chinese.
pub type Both = [String; 2];

#[derive(Deserialize)]
pub struct FormDef {
    pub settings: Vec<Setting>,
    pub layers: Vec<LayerDef>,
    pub sheets: Sheets,
    source: Pairs,
    lists: Vec<List>,
}

/// The sheets that are read.
#[derive(Deserialize)]
pub struct Sheets {
    pub city: SheetDef,
    pub layers: SheetDef,
    pub totals: SheetDef,
    pub rules: SheetDef,
}

impl Sheets {
    /// All of them, in their order.
    pub fn all(&'static self) -> [&'static SheetDef; 4] {
        [&self.city, &self.layers, &self.totals, &self.rules]
    }
}

#[derive(Deserialize)]
pub struct SheetDef {
    pub name: Both,
    pub help: Both,
    pub columns: Vec<ColumnDef>,
}

/// A column of a sheet.
#[derive(Deserialize)]
pub struct ColumnDef {
    pub key: String,
    pub name: Both,
    pub help: Both,
    #[serde(default)]
    pub words: Words,
    /// Every row needs it.
    #[serde(default)]
    pub required: bool,
}

/// Columns and their keys.
type Pairs = BTreeMap<String, String>;

/// A kind of layer: its key, its section, and which column is which key of it.
#[derive(Deserialize)]
pub struct LayerDef {
    pub key: String,
    section: Option<String>,
    source: Option<Pairs>,
    keys: Pairs,
}

impl LayerDef {
    pub fn columns(&'static self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let source = self.source.as_ref().unwrap_or(&form().source);
        source.iter().chain(&self.keys).map(|(column, key)| (column.as_str(), key.as_str()))
    }

    /// Its section in a pipeline file.
    pub fn section(&self) -> String {
        self.section.clone().unwrap_or_else(|| format!("[layers.{}]", self.key))
    }
}

/// A setting of the sheet of the city.
#[derive(Deserialize)]
pub struct Setting {
    pub key: String,
    pub name: Both,
    pub help: Both,
    pub kind: SettingKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    Text,
    Number,
    Bool,
    Word(Words),
}

/// Lists of words that a cell chooses from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    #[default]
    None,
    Layers,
    Kinds,
    Schemes,
    Crs,
    Encodings,
    Sectors,
    Groups,
    Units,
    Land,
    Proxies,
    Bools,
    Borders,
    SinkSets,
    Zoning,
    Languages,
}

/// A list of words.
#[derive(Deserialize)]
pub struct List {
    pub key: Words,
    pub name: Both,
    /// Nothing else may stand in the cell.
    #[serde(default)]
    pub closed: bool,
    words: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    /// Its key, English and Chinese.
    Own([String; 3]),
    /// A key whose words are those of the report.
    Key(String),
}

pub fn form() -> &'static FormDef {
    static FORM: LazyLock<FormDef> = LazyLock::new(|| {
        toml::from_str(include_str!("../../data/form.toml")).expect("a test reads the shipped file")
    });
    &FORM
}

/// Lists that are shown.
pub fn lists() -> &'static [List] {
    &form().lists
}

/// Key, English and Chinese of every word of a list.
pub fn word_pairs(words: Words) -> Vec<[String; 3]> {
    let label = |key: &str| match words {
        Words::Sectors => words::sector(key),
        Words::Land | Words::Groups => words::land_group(key),
        _ => Label::same(key),
    };
    let one = |word: &Word| match word {
        Word::Own(words) => words.clone(),
        Word::Key(key) => {
            let label = label(key);
            [key.clone(), label.en, label.zh]
        }
    };
    lists().iter().filter(|list| list.key == words).flat_map(|list| &list.words).map(one).collect()
}

/// The sheet with the words, English and Chinese; it is not read.
pub fn words_sheet() -> Both {
    ["words", "词表"].map(str::to_owned)
}
