//! What the figures are written with: the shipped faces, and faces of the machine for characters that those lack.

use carbonzone_types::{Finding, FontRecord, Severity};
use resvg::usvg::{self, fontdb};
use skrifa::MetadataProvider;
use skrifa::string::StringId;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// Noto Sans CJK SC and Noto Sans, reduced: see `assets/fonts/README.md`. The first is the face of the figures.
const FACES: [&[u8]; 3] = [
    include_bytes!("../../assets/fonts/NotoSansCJKsc-Regular.otf"),
    include_bytes!("../../assets/fonts/NotoSansCJKsc-Bold.otf"),
    include_bytes!("../../assets/fonts/NotoSans-Regular.ttf"),
];
/// Faces of other systems that show an SVG.
const ELSEWHERE: &str =
    "'Noto Sans SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'SimHei', sans-serif";
/// Printers' sign for a character that is not at hand.
const GETA: char = '〓';
/// Faces that have a box for every character.
const BOXES: [&str; 3] = ["lastresort", "notdef", "blank"];
/// Finding of a character that no face has.
pub(crate) const NOT_DRAWN: &str = "character_not_drawn";

static SHIPPED: LazyLock<Fonts> = LazyLock::new(|| {
    let mut db = fontdb::Database::new();
    for face in FACES {
        db.load_font_source(fontdb::Source::Binary(Arc::new(face)));
    }
    let used = db.faces().next().map(|face| record(&db, face, "shipped with carbonzone", ""));
    Fonts { db: Arc::new(db), used: used.into_iter().collect(), missing: BTreeSet::new() }
});

/// Faces to draw with, which of them are in use, and what none of them has.
#[derive(Clone)]
pub struct Fonts {
    db: Arc<fontdb::Database>,
    used: Vec<FontRecord>,
    missing: BTreeSet<char>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fonts")
            .field("used", &self.used)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

impl Fonts {
    /// The shipped faces: the same pixels on every machine.
    #[must_use]
    pub fn shipped() -> Self {
        SHIPPED.clone()
    }

    /// The shipped faces, and faces of this machine for the characters of these texts that they lack.
    #[must_use]
    pub fn for_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut fonts = Self::shipped();
        let mut missing: BTreeSet<char> =
            texts.into_iter().flat_map(str::chars).filter(|c| is_drawn(*c)).collect();
        for face in fonts.db.faces() {
            retain_missing(&fonts.db, face, &mut missing);
        }
        if !missing.is_empty() {
            fonts.add_from_machine(missing);
        }
        fonts
    }

    /// Adds the face of this machine with most of the missing characters, until no face has any.
    fn add_from_machine(&mut self, mut missing: BTreeSet<char>) {
        let mut machine = fontdb::Database::new();
        machine.load_system_fonts();
        let shows = |name: &str| !BOXES.iter().any(|b| name.to_lowercase().contains(b));
        let mut faces: Vec<&fontdb::FaceInfo> =
            machine.faces().filter(|f| shows(&f.post_script_name)).collect();
        let plain = |f: &fontdb::FaceInfo| {
            f.style == fontdb::Style::Normal && f.weight == fontdb::Weight::NORMAL && !f.monospaced
        };
        faces.sort_by(|a, b| (!plain(a), &a.post_script_name).cmp(&(!plain(b), &b.post_script_name)));
        let mut db = (*self.db).clone();
        while let Some((face, left)) = faces
            .iter()
            .map(|face| {
                let mut left = missing.clone();
                retain_missing(&machine, face, &mut left);
                (*face, left)
            })
            .min_by_key(|(_, left)| left.len())
            .filter(|(_, left)| left.len() < missing.len())
        {
            let found: String = missing.difference(&left).collect();
            self.used.push(record(&machine, face, "installed on this machine", &found));
            db.load_font_source(face.source.clone());
            missing = left;
        }
        self.db = Arc::new(db);
        self.missing = missing;
    }

    /// The faces in use.
    #[must_use]
    pub fn used(&self) -> &[FontRecord] {
        &self.used
    }

    /// What a user must know about characters that no face has.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        if self.missing.is_empty() {
            return None;
        }
        let list: Vec<String> =
            self.missing.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
        let message = format!(
            "no font has the characters {}: the PNG figures show {GETA} in their place",
            list.join(", ")
        );
        let finding = Finding::new(Severity::Warning, NOT_DRAWN, message)
            .file("figures")
            .value(self.missing.iter().collect::<String>())
            .hint("install a font with them (Debian, Ubuntu: fonts-noto-cjk, fonts-noto-core), then run `carbonzone maps`")
            .count(self.missing.len() as u64);
        Some(finding)
    }

    /// `font-family` of the figures: the shipped face, then faces of other systems.
    pub(crate) fn family(&self) -> String {
        self.used
            .first()
            .map_or_else(|| ELSEWHERE.to_owned(), |face| format!("'{}', {ELSEWHERE}", face.family))
    }

    /// A drawing with the sign for a missing character where no face has one.
    pub(crate) fn drawable<'a>(&self, svg: &'a str) -> Cow<'a, str> {
        if self.missing.is_empty() {
            return Cow::Borrowed(svg);
        }
        Cow::Owned(svg.chars().map(|c| if self.missing.contains(&c) { GETA } else { c }).collect())
    }

    pub(crate) fn options(&self) -> usvg::Options<'static> {
        usvg::Options { fontdb: Arc::clone(&self.db), ..usvg::Options::default() }
    }
}

/// True if a character leaves ink, and is not among those that every face has.
fn is_drawn(c: char) -> bool {
    let joins_or_selects = matches!(u32::from(c), 0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe01ef);
    !c.is_ascii() && !c.is_whitespace() && !c.is_control() && !joins_or_selects
}

/// Keeps the characters that a face lacks.
fn retain_missing(db: &fontdb::Database, face: &fontdb::FaceInfo, missing: &mut BTreeSet<char>) {
    db.with_face_data(face.id, |data, index| {
        let Ok(font) = skrifa::FontRef::from_index(data, index) else { return };
        let characters = font.charmap();
        missing.retain(|c| characters.map(*c).is_none_or(|glyph| glyph == skrifa::GlyphId::NOTDEF));
    });
}

/// What `run.json` says about a face.
fn record(db: &fontdb::Database, face: &fontdb::FaceInfo, origin: &str, characters: &str) -> FontRecord {
    let version = db.with_face_data(face.id, |data, index| {
        let font = skrifa::FontRef::from_index(data, index).ok()?;
        let text = font.localized_strings(StringId::VERSION_STRING).english_or_first()?.to_string();
        Some(text.trim_start_matches("Version ").split(';').next().unwrap_or_default().to_owned())
    });
    FontRecord {
        family: face.families.first().map(|(name, _)| name.clone()).unwrap_or_default(),
        version: version.flatten().unwrap_or_default(),
        origin: origin.to_owned(),
        characters: characters.to_owned(),
    }
}

/// True for characters that take a full square.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11ff | 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Characters that the shipped faces lack.
    fn lacking(text: &str) -> String {
        let mut missing: BTreeSet<char> = text.chars().filter(|c| is_drawn(*c)).collect();
        let fonts = Fonts::shipped();
        fonts.db.faces().for_each(|face| retain_missing(&fonts.db, face, &mut missing));
        missing.into_iter().collect()
    }

    #[test]
    fn place_names_units_and_signs_are_in_the_shipped_faces() {
        assert_eq!(lacking("苏州甪直浒墅关亳鳌渑浉，。《》（）·—…“”→↓≤≥≠×±√°㎡㎞℃‰³éüßőřΔαЖ"), "");
        // Traditional forms, rare ideographs and other scripts are not all.
        assert_eq!(lacking("𠮷한廠"), "廠한𠮷");
    }

    #[test]
    fn a_character_of_no_font_is_told_and_drawn_as_a_sign() {
        // A private-use character of a plane that fonts leave alone.
        let fonts = Fonts::for_texts(["<text>甪直\u{10fff0}镇</text>"]);
        let finding = fonts.finding().expect("no font has it");
        assert!(finding.message.contains("U+10FFF0") && finding.count == Some(1), "{finding:?}");
        assert_eq!(fonts.drawable("<text>甪直\u{10fff0}镇</text>"), "<text>甪直〓镇</text>");
        assert_eq!(fonts.used()[0].family, "Noto Sans CJK SC");
        assert!(fonts.used()[0].version.starts_with("2.004"), "{:?}", fonts.used());
    }

    #[test]
    fn texts_of_the_shipped_faces_need_no_other_font() {
        let fonts = Fonts::for_texts(["苏州 CO₂e\u{200b}\u{3000}"]);
        assert!(fonts.finding().is_none(), "{:?}", fonts.finding());
    }
}
