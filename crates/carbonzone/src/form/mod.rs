//! The pipeline file as a workbook for people who do not write TOML: sheets 城市 city, 图层 layers, 总量 totals, 规则 rules. It is read
//! into the text of a pipeline file, so that everything else is the same; places in that text are cells of the workbook.

mod definition;
mod read;
mod write;

pub use read::{Cells, Form, read};
pub use write::{bytes, of_text};

use definition::{Words, word_pairs};
use std::io::Read as _;
use std::path::Path;

/// Separates the words of a list in a cell.
const LIST_MARK: &str = "; ";

/// True if a file begins as a workbook does, whatever its name.
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
