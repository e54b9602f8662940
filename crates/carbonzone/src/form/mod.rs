//! The pipeline file as a workbook for people who do not write TOML: sheets 城市 city, 图层 layers, 总量 totals, 规则 rules. It is read
//! into the text of a pipeline file, so that everything else is the same; places in that text are cells of the workbook.

mod columns;
mod read;
mod vocabulary;
mod words;
mod write;

pub use read::{Cells, Form, read};
pub(crate) use vocabulary::BUILT;
pub use write::{bytes, of_text};

use std::io::Read as _;
use std::path::Path;
use vocabulary::word_pairs;
use words::Words;

/// A column of a sheet.
struct ColumnDef {
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    /// Help, English and Chinese.
    help: [&'static str; 2],
    words: Words,
    required: bool,
}

/// A sheet.
struct SheetDef {
    en: &'static str,
    zh: &'static str,
    help: [&'static str; 2],
    columns: &'static [ColumnDef],
}

/// A kind of layer: its key, its section, and which column is which key of it.
struct LayerDef {
    key: &'static str,
    section: &'static str,
    source: Pairs,
    keys: Pairs,
}

/// Columns and their keys.
type Pairs = &'static [(&'static str, &'static str)];

impl LayerDef {
    /// Columns and their keys.
    fn columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.source.iter().chain(self.keys).copied()
    }
}

/// A setting of the sheet of the city.
struct Setting {
    key: &'static str,
    en: &'static str,
    zh: &'static str,
    help: [&'static str; 2],
    kind: SettingKind,
}

/// What a setting is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SettingKind {
    Text,
    Number,
    Bool,
    Word(Words),
}

/// Separates the words of a list in a cell.
const LIST_MARK: &str = "; ";

/// True if a file begins as a workbook does, whatever its name.
#[must_use]
pub fn is_form(path: &Path) -> bool {
    // A pipe is not opened: it would wait for somebody to write.
    if !path.is_file() {
        return false;
    }
    let mut head = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut head));
    read.is_ok() && (head == *b"PK\x03\x04" || head == [0xd0, 0xcf, 0x11, 0xe0])
}

/// The key that a cell means by one of its words; as it stands if it is none of them.
fn key_of(words: Words, text: &str) -> String {
    let wanted = carbonzone_sheet::label_key(text);
    let is = |[key, en, zh]: &[String; 3]| {
        [key.clone(), en.clone(), zh.clone(), format!("{zh} {en}")]
            .iter()
            .any(|w| carbonzone_sheet::label_key(w) == wanted)
    };
    word_pairs(words).iter().find(|w| is(w)).map_or_else(|| text.trim().to_owned(), |[key, ..]| key.clone())
}
