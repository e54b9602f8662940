//! What the figures are written with: the shipped faces, and faces of the machine for characters that those lack.

use super::face::{File, mapped, record};
use super::machine;
use carbonzone_types::{Finding, FontRecord, Severity};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use ttf_parser::{Face, GlyphId};

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
/// Finding of a character that no face has.
const NOT_DRAWN: &str = "character_not_drawn";
/// Finding of a script whose letters take other forms, places or directions beside one another.
const NOT_SHAPED: &str = "letters_not_joined";
/// Findings that drawing adds to the record.
pub(crate) const OF_DRAWING: [&str; 2] = [NOT_DRAWN, NOT_SHAPED];

static SHIPPED: LazyLock<Fonts> = LazyLock::new(|| {
    let files: Vec<File> =
        FACES.into_iter().map(|bytes| File { bytes: Cow::Borrowed(bytes), index: 0 }).collect();
    let used = files.first().and_then(|f| Some(record(&f.face()?, "shipped with carbonzone", String::new())));
    let none = BTreeSet::new();
    Fonts { files: files.into(), used: used.into_iter().collect(), missing: none.clone(), unshaped: none }
});

/// The glyph of a character, of a bold face if it can be, or the sign for one that no face has; none if it leaves no ink.
pub(super) fn glyph<'a, 'f>(faces: &'a [Face<'f>], c: char, bold: bool) -> Option<(&'a Face<'f>, GlyphId)> {
    let of = |c: char| {
        let wanted = faces.iter().filter(|f| is_bold(f) == bold);
        let mut all = wanted.chain(faces.iter().filter(|f| is_bold(f) != bold));
        all.find_map(|f| Some((f, mapped(f, c)?)))
    };
    of(c).or_else(|| of(GETA).filter(|_| is_drawn(c)))
}

fn is_bold(face: &Face<'_>) -> bool {
    face.weight().to_number() > 400
}

/// Faces to draw with, which of them are in use, what none of them has, and what wants more than glyphs side by side.
#[derive(Clone)]
pub struct Fonts {
    files: Arc<[File]>,
    used: Vec<FontRecord>,
    missing: BTreeSet<char>,
    unshaped: BTreeSet<char>,
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
    pub fn shipped() -> Self {
        SHIPPED.clone()
    }

    /// The shipped faces, and faces of this machine for the characters of these texts that they lack.
    pub fn for_texts(texts: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let mut fonts = Self::shipped();
        let mut drawn: BTreeSet<char> = BTreeSet::new();
        texts.into_iter().for_each(|text| drawn.extend(text.as_ref().chars().filter(|c| is_drawn(*c))));
        fonts.unshaped = drawn.iter().copied().filter(|c| is_shaped(*c)).collect();
        let faces = fonts.faces();
        let lacks = |c: &char| faces.iter().all(|f| mapped(f, *c).is_none());
        let missing: BTreeSet<char> = drawn.into_iter().filter(lacks).collect();
        drop(faces);
        if !missing.is_empty() {
            let (faces, missing) = machine::faces_for(missing);
            fonts.missing = missing;
            fonts.used.extend(faces.iter().map(|(_, record)| record.clone()));
            fonts.files =
                fonts.files.iter().cloned().chain(faces.into_iter().map(|(file, _)| file)).collect();
        }
        fonts
    }

    /// The faces, opened.
    pub(super) fn faces(&self) -> Vec<Face<'_>> {
        self.files.iter().filter_map(File::face).collect()
    }

    /// The faces in use.
    pub fn used(&self) -> &[FontRecord] {
        &self.used
    }

    /// What a user must know about characters that the pictures do not show as they are written.
    pub fn findings(&self) -> Vec<Finding> {
        let finding = |code: &str, of: &BTreeSet<char>, [before, after]: [&str; 2], hint: &str| {
            let list: Vec<String> = of.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
            let message = format!("{before} {}: the PNG figures show {after}", list.join(", "));
            Finding::new(Severity::Warning, code, message)
                .file("figures")
                .value(of.iter().collect::<String>())
                .hint(hint)
                .count(of.len() as u64)
        };
        let geta = format!("{GETA} in their place");
        let missing = finding(
            NOT_DRAWN,
            &self.missing,
            ["no font has the characters", &geta],
            "install a font with them (Debian, Ubuntu: fonts-noto-cjk, fonts-noto-core), then run `carbonzone maps`",
        );
        let unshaped = finding(
            NOT_SHAPED,
            &self.unshaped,
            ["a script joins, stacks or turns the letters", "them one after another from left to right"],
            "the SVG figures hold the text: open one in a browser and save it as a picture",
        );
        [missing, unshaped].into_iter().filter(|f| f.count != Some(0)).collect()
    }

    /// `font-family` of the figures: the shipped face, then faces of other systems.
    pub(crate) fn family(&self) -> String {
        self.used
            .first()
            .map_or_else(|| ELSEWHERE.to_owned(), |face| format!("'{}', {ELSEWHERE}", face.family))
    }
}

/// True if a character leaves ink, and is not among those that every face has.
fn is_drawn(c: char) -> bool {
    let joins_or_selects = matches!(u32::from(c), 0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe01ef);
    !c.is_ascii() && !c.is_whitespace() && !c.is_control() && !joins_or_selects
}

/// True for letters whose form, place or direction depends on their neighbours: Hebrew and Arabic, India, Tibet, the south-east of
/// Asia, Mongolia.
fn is_shaped(c: char) -> bool {
    matches!(u32::from(c), 0x590..=0x109f | 0x1780..=0x18af | 0x1900..=0x1aaf | 0x1b00..=0x1c4f | 0xa800..=0xabff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x10800..=0x11fff)
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
        let fonts = Fonts::shipped();
        let faces = fonts.faces();
        let lacks = |c: &char| faces.iter().all(|f| mapped(f, *c).is_none());
        text.chars().filter(|c| is_drawn(*c) && lacks(c)).collect::<BTreeSet<char>>().into_iter().collect()
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
        let fonts = Fonts::for_texts(["甪直\u{10fff0}镇"]);
        let [finding] = &fonts.findings()[..] else { panic!("no font has it") };
        assert!(finding.message.contains("U+10FFF0") && finding.count == Some(1), "{finding:?}");
        let faces = fonts.faces();
        let id = |c| glyph(&faces, c, false).map(|(_, id)| id);
        assert!(id('\u{10fff0}') == id(GETA) && id(GETA) != id('镇') && id('\u{200b}') != id(GETA));
        assert_eq!(fonts.used()[0].family, "Noto Sans CJK SC");
        assert!(fonts.used()[0].version.starts_with("2.004"), "{:?}", fonts.used());
    }

    #[test]
    fn texts_of_the_shipped_faces_need_no_other_font() {
        let fonts = Fonts::for_texts(["苏州 CO₂e\u{200b}\u{3000}"]);
        assert!(fonts.findings().is_empty(), "{:?}", fonts.findings());
    }

    #[test]
    fn letters_that_want_to_be_joined_are_told() {
        let fonts = Fonts::for_texts(["乌鲁木齐 ئۈرۈمچى"]);
        assert!(fonts.findings().iter().any(|f| f.code == NOT_SHAPED && f.message.contains("U+0645")));
    }

    #[test]
    fn bold_text_is_of_the_bold_face_as_far_as_it_goes() {
        let fonts = Fonts::shipped();
        let faces = fonts.faces();
        let bold = |c, wanted| glyph(&faces, c, wanted).map(|(face, _)| is_bold(face));
        assert_eq!(
            (bold('州', true), bold('州', false), bold('A', true)),
            (Some(true), Some(false), Some(true))
        );
    }
}
