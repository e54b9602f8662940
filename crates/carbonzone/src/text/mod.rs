//! Results as text for people, in one language or both: closing summary, explanations, comparisons, sector totals.
//!
//! What a program wants to show it prints itself; nothing is printed here.

mod comparison;
mod explanation;
mod inventory;
mod sensitivity;
mod summary;

use carbonzone_report::Lang;

pub use comparison::comparison;
pub use explanation::explanation;
pub use inventory::{computed_totals, given_totals};
pub use sensitivity::sensitivity;
pub use summary::summary;

/// A sentence with values in it, in the language.
macro_rules! told {
    ($lang:expr, $en:literal => $zh:literal) => {
        $lang.say(&format!($en), &format!($zh))
    };
}

/// Such a sentence as a line of a text.
macro_rules! line {
    ($out:expr, $lang:expr, $en:literal => $zh:literal) => {{
        $out.push_str(&$lang.say(&format!($en), &format!($zh)));
        $out.push('\n');
    }};
}

use {line, told};

/// Heads of a table: a Chinese one beside an English one would be wider than any terminal, so both languages take the English.
fn heads<'a, const N: usize>(lang: Lang, en: [&'a str; N], zh: [&'a str; N]) -> [&'a str; N] {
    if lang == Lang::Zh { zh } else { en }
}
