//! A pipeline file as read, and places in it.

use crate::config::Pipeline;
use crate::form;
use crate::layers::{Files, Layers};
use carbonzone_types::Finding;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A pipeline file as read.
#[derive(Clone)]
pub struct Loaded<P = Pipeline> {
    /// Path as given.
    pub path: PathBuf,
    /// Text of the file.
    pub text: String,
    /// Values that win over those of the file, as `section.key=value`.
    pub set: Vec<String>,
    /// Parsed, defaults filled in.
    pub pipeline: P,
    /// What its layers are read through.
    pub layers: Arc<dyn Layers>,
    /// Cells of a workbook that parts of the text stand for.
    pub cells: Option<Arc<form::Cells>>,
}

impl<P> Loaded<P> {
    /// A pipeline file whose layers are files.
    pub fn new(path: &Path, text: String, pipeline: P) -> Self {
        Self {
            path: path.to_path_buf(),
            text,
            set: Vec::new(),
            pipeline,
            layers: Arc::new(Files),
            cells: None,
        }
    }

    /// Folder that paths in the file are relative to.
    pub fn base(&self) -> PathBuf {
        self.path.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// A path of the file, resolved.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
        if let Some(inner) =
            text.strip_prefix("/vsizip/").filter(|t| !t.starts_with(['/', '{']) && !t.starts_with("vsi"))
        {
            return format!("/vsizip/{}", self.base().join(inner).display()).into();
        }
        if path.is_absolute() || text.starts_with("PG:") || text.starts_with("/vsi") {
            path.to_path_buf()
        } else {
            self.base().join(path)
        }
    }

    /// Byte range of a value in the file, e.g. `["layers", "parcels", "land_use"]`; array items by number.
    pub fn span(&self, keys: &[&str]) -> Option<std::ops::Range<usize>> {
        span_of(&self.text, keys)
    }

    /// The finding with the place of a value in the file, if the value stands there.
    pub fn at(&self, finding: Finding, keys: &[&str]) -> Finding {
        let finding = match self.span(keys) {
            Some(span) => finding.span(span),
            None => finding,
        };
        self.in_form(finding)
    }

    /// The finding with its place as a cell, if the pipeline file is a workbook.
    fn in_form(&self, finding: Finding) -> Finding {
        match &self.cells {
            Some(cells) => cells.named(finding),
            None => finding,
        }
    }
}

/// Byte range of a value in a TOML text.
fn span_of(text: &str, keys: &[&str]) -> Option<std::ops::Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let (first, rest) = keys.split_first()?;
    let mut value: &Spanned<DeValue<'_>> = table.get_ref().get(*first)?;
    for key in rest {
        value = match value.get_ref() {
            DeValue::Table(t) => t.get(*key)?,
            DeValue::Array(a) => a.get(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_an_array_of_tables() {
        let text = "[[allocate]]\nid = \"a\"\n[[allocate]]\nid = \"bb\"\n";
        assert_eq!(&text[span_of(text, &["allocate", "1", "id"]).unwrap()], "\"bb\"");
    }
}
