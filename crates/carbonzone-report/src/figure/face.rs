//! A face of a font file: its glyphs and its names.

use carbonzone_types::FontRecord;
use std::borrow::Cow;
use ttf_parser::{Face, GlyphId, name_id};

/// A font file, or the face of a collection.
#[derive(Clone)]
pub(super) struct File {
    pub bytes: Cow<'static, [u8]>,
    pub index: u32,
}

impl File {
    pub fn face(&self) -> Option<Face<'_>> {
        Face::parse(&self.bytes, self.index).ok()
    }
}

/// The glyph of a character, unless it is that of none.
pub(super) fn mapped(face: &Face<'_>, c: char) -> Option<GlyphId> {
    face.glyph_index(c).filter(|glyph| glyph.0 != 0)
}

/// What `run.json` says about a face.
pub(super) fn record(face: &Face<'_>, origin: &str, characters: String) -> FontRecord {
    let version = name(face, name_id::VERSION).unwrap_or_default();
    let family = name(face, name_id::TYPOGRAPHIC_FAMILY).or_else(|| name(face, name_id::FAMILY));
    FontRecord {
        family: family.unwrap_or_default(),
        version: version.trim_start_matches("Version ").split(';').next().unwrap_or_default().to_owned(),
        origin: origin.to_owned(),
        characters,
    }
}

/// A name of a face, in English if it has one.
pub(super) fn name(face: &Face<'_>, id: u16) -> Option<String> {
    const ENGLISH: u16 = 0x0409;
    let all: Vec<_> = face.names().into_iter().filter(|n| n.name_id == id && n.is_unicode()).collect();
    all.iter().find(|n| n.language_id == ENGLISH).or(all.first())?.to_string()
}
