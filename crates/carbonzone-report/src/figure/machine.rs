//! Fonts of this machine, for characters that the shipped faces lack.

use super::face::{File, mapped, name, record};
use carbonzone_types::FontRecord;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use ttf_parser::{Face, Style, name_id};

/// Faces that have a box for every character.
const BOXES: [&str; 3] = ["lastresort", "notdef", "blank"];
/// Folders within folders that are looked through: links may lead in circles.
const DEPTH: usize = 6;

/// A face with some of the characters.
struct Candidate {
    /// Slanted, bold or of one width: the last choice.
    special: bool,
    name: String,
    path: PathBuf,
    index: u32,
    has: BTreeSet<char>,
}

/// The face with most of the missing characters, then that with most of the rest, and what no face has.
pub(super) fn faces_for(mut missing: BTreeSet<char>) -> (Vec<(File, FontRecord)>, BTreeSet<char>) {
    let mut files = Vec::new();
    for folder in folders() {
        walk(&folder, DEPTH, &mut files);
    }
    let mut all: Vec<Candidate> = files.iter().flat_map(|path| candidates(path, &missing)).collect();
    all.sort_by(|a, b| (a.special, &a.name, &a.path).cmp(&(b.special, &b.name, &b.path)));
    let mut faces = Vec::new();
    while let Some(best) = all.iter().min_by_key(|c| missing.difference(&c.has).count()) {
        let found: String = missing.intersection(&best.has).collect();
        if found.is_empty() {
            break;
        }
        missing.retain(|c| !best.has.contains(c));
        let Ok(bytes) = std::fs::read(&best.path) else { break };
        if let Ok(face) = Face::parse(&bytes, best.index) {
            let record = record(&face, "installed on this machine", found);
            faces.push((File { bytes: Cow::Owned(bytes), index: best.index }, record));
        }
    }
    (faces, missing)
}

/// The faces of a file that have some of the characters.
fn candidates(path: &Path, missing: &BTreeSet<char>) -> Vec<Candidate> {
    let Ok(bytes) = std::fs::read(path) else { return Vec::new() };
    let candidate = |index: u32| {
        let face = Face::parse(&bytes, index).ok()?;
        let has: BTreeSet<char> = missing.iter().copied().filter(|c| mapped(&face, *c).is_some()).collect();
        let outlines = face.tables().glyf.is_some() || face.tables().cff.is_some();
        let name = name(&face, name_id::POST_SCRIPT_NAME).unwrap_or_default();
        let boxes = BOXES.iter().any(|b| name.to_lowercase().contains(b));
        let special =
            face.style() != Style::Normal || face.weight().to_number() != 400 || face.is_monospaced();
        let use_it = outlines && !boxes && !has.is_empty();
        use_it.then(|| Candidate { special, name, path: path.to_owned(), index, has })
    };
    (0..ttf_parser::fonts_in_collection(&bytes).unwrap_or(1)).filter_map(candidate).collect()
}

/// The font files in a folder and those within it.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        if path.is_dir() {
            if depth > 0 {
                walk(&path, depth - 1, files);
            }
        } else if matches!(ending.as_deref(), Some("ttf" | "otf" | "ttc" | "otc")) {
            files.push(path);
        }
    }
}

/// Where this system keeps its fonts and those of its user.
fn folders() -> Vec<PathBuf> {
    let of = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let home = of("HOME").or_else(|| of("USERPROFILE")).unwrap_or_default();
    if cfg!(windows) {
        let system = of("SYSTEMROOT").unwrap_or_else(|| "C:\\Windows".into());
        let user = ["Local", "Roaming"]
            .map(|part| home.join("AppData").join(part).join("Microsoft\\Windows\\Fonts"));
        return [system.join("Fonts")].into_iter().chain(user).collect();
    }
    if cfg!(target_os = "macos") {
        // Fonts that the system loads when they are first asked for.
        let loaded = std::fs::read_dir("/System/Library/AssetsV2").into_iter().flatten().flatten();
        let loaded =
            loaded.filter(|e| e.file_name().to_string_lossy().starts_with("com_apple_MobileAsset_Font"));
        let fixed = ["/Library/Fonts", "/System/Library/Fonts", "/Network/Library/Fonts"].map(PathBuf::from);
        let user = [home.join("Library/Fonts")];
        return fixed.into_iter().chain(loaded.map(|e| e.path())).chain(user).collect();
    }
    let user = of("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")).join("fonts");
    ["/usr/share/fonts".into(), "/usr/local/share/fonts".into(), home.join(".fonts"), user].into()
}
