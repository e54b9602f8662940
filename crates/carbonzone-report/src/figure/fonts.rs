//! Which faces this machine has, and what can be written with them.

use crate::Lang;
use resvg::usvg::{self, fontdb};
use std::sync::Arc;

/// Faces with Chinese glyphs, best first.
const CJK: [&str; 18] = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "SimHei",
    "DengXian",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Serif CJK SC",
    "SimSun",
    "AR PL UMing CN",
    "AR PL UKai CN",
];
/// Faces for Latin text, best first.
const LATIN: [&str; 8] = [
    "Noto Sans",
    "Source Sans 3",
    "DejaVu Sans",
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "Open Sans",
    "Segoe UI",
];

/// Faces found on the system.
#[derive(Clone)]
pub struct Fonts {
    db: Arc<fontdb::Database>,
    cjk: Option<String>,
    latin: Option<String>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts").field("cjk", &self.cjk).field("latin", &self.latin).finish_non_exhaustive()
    }
}

impl Fonts {
    /// Looks through the system's fonts.
    #[must_use]
    pub fn system() -> Self {
        let mut db = fontdb::Database::new();
        db.load_system_fonts();
        Self::from_database(db, true)
    }

    /// The system's fonts with all Chinese faces ignored: for tests of the English fall-back.
    #[must_use]
    pub fn without_cjk() -> Self {
        let mut db = fontdb::Database::new();
        db.load_system_fonts();
        Self::from_database(db, false)
    }

    /// No face at all: text is measured, never drawn. For tests.
    #[must_use]
    pub fn none() -> Self {
        Self::from_database(fontdb::Database::new(), false)
    }

    fn from_database(mut db: fontdb::Database, with_cjk: bool) -> Self {
        let has = |db: &fontdb::Database, name: &str| {
            db.faces().any(|f| f.families.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)))
        };
        let cjk = CJK.iter().find(|n| with_cjk && has(&db, n)).map(|n| (*n).to_owned());
        let latin = LATIN
            .iter()
            .find(|n| has(&db, n))
            .map(|n| (*n).to_owned())
            .or_else(|| db.faces().next().and_then(|f| f.families.first().map(|(n, _)| n.clone())));
        if let Some(name) = cjk.as_ref().or(latin.as_ref()) {
            db.set_sans_serif_family(name.clone());
        }
        Self { db: Arc::new(db), cjk, latin }
    }

    /// The Chinese face in use.
    #[must_use]
    pub fn cjk(&self) -> Option<&str> {
        self.cjk.as_deref()
    }

    /// The language that can be drawn, and why it is not the one asked for.
    #[must_use]
    pub fn lang(&self, wanted: Lang) -> (Lang, Option<String>) {
        if wanted == Lang::En || self.cjk.is_some() {
            let missing = self.cjk.is_none() && self.latin.is_none();
            let warning = missing.then(|| {
                "no font was found: the PNG figures have no text\nhint: install any sans-serif font"
                    .to_owned()
            });
            return (wanted, warning);
        }
        let warning = "no font with Chinese characters was found: figures are labelled in English\n\
                       hint: install Noto Sans CJK (Debian, Ubuntu: fonts-noto-cjk)";
        (Lang::En, Some(warning.to_owned()))
    }

    /// True if a text can be drawn without empty boxes.
    #[must_use]
    pub fn can_draw(&self, text: &str) -> bool {
        self.cjk.is_some() || !text.chars().any(is_wide)
    }

    /// `font-family` of the figures: the face in use first, then faces of other systems.
    #[must_use]
    pub fn family(&self) -> String {
        let first = self.cjk.as_ref().or(self.latin.as_ref());
        let mut names: Vec<&str> = first.map(String::as_str).into_iter().collect();
        for name in [
            "Noto Sans CJK SC",
            "Noto Sans SC",
            "Source Han Sans SC",
            "Microsoft YaHei",
            "PingFang SC",
            "SimHei",
        ] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let quoted: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
        format!("{}, sans-serif", quoted.join(", "))
    }

    pub(crate) fn options(&self) -> usvg::Options<'static> {
        usvg::Options { fontdb: Arc::clone(&self.db), ..usvg::Options::default() }
    }
}

/// True for characters that take a full square and need a CJK face.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11ff | 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_chinese_face_labels_are_english_with_one_warning() {
        let fonts = Fonts::none();
        let (lang, warning) = fonts.lang(Lang::Both);
        assert_eq!(lang, Lang::En);
        assert!(warning.unwrap().contains("hint: install Noto Sans CJK"));
        assert!(!fonts.can_draw("太湖") && fonts.can_draw("Taihu"));
    }
}
