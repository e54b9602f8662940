//! Reads the pipeline file: overrides, unknown keys with a hint, places in the file.

use crate::config::Pipeline;
use crate::layers::{Files, Layers};
use crate::names;
use carbonzone_sheet::nearest;
use carbonzone_types::{Finding, Findings, plain_file};
use serde::Serialize;
use serde::de::DeserializeOwned;
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
}

impl<P> Loaded<P> {
    /// A pipeline file whose layers are files.
    pub fn new(path: &Path, text: String, pipeline: P) -> Self {
        Self { path: path.to_path_buf(), text, set: Vec::new(), pipeline, layers: Arc::new(Files) }
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
        match self.span(keys) {
            Some(span) => finding.span(span),
            None => finding,
        }
    }
}

/// Byte range of a value in a TOML text.
pub fn span_of(text: &str, keys: &[&str]) -> Option<std::ops::Range<usize>> {
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

/// Reads the pipeline file of any study; `check` adds what serde cannot see.
///
/// # Errors
/// Why it cannot be read or parsed.
pub fn read<P: DeserializeOwned + Serialize>(
    path: &Path,
    overrides: &[String],
    check: fn(&Loaded<P>) -> Findings,
) -> Result<(Loaded<P>, Findings), Findings> {
    let mut findings = Findings::new();
    let text = match plain_file(path).and_then(|()| std::fs::read_to_string(path)) {
        Ok(text) => text,
        Err(e) => {
            findings.push(
                Finding::fatal("missing_file", format!("cannot read the pipeline file: {e}"))
                    .file(path.display().to_string())
                    .hint(if path.is_dir() {
                        "this is a folder: name the pipeline file in it, e.g. pipeline.toml"
                    } else if e.kind() == std::io::ErrorKind::InvalidData {
                        "save the file as UTF-8 (it looks like GBK or another encoding)"
                    } else {
                        "`carbonzone init DIR` writes a commented starter"
                    }),
            );
            return Err(findings);
        }
    };
    match parse(&text, overrides) {
        Ok(pipeline) => {
            let loaded = Loaded { set: overrides.to_vec(), ..Loaded::new(path, text, pipeline) };
            names::check_texts(&loaded, &mut findings);
            findings.extend(check(&loaded));
            Ok((loaded, findings))
        }
        Err(finding) => {
            findings.push(finding.file(path.display().to_string()));
            Err(findings)
        }
    }
}

/// A pipeline from its text, with values that win over those of the text.
pub fn parse<P: DeserializeOwned>(text: &str, overrides: &[String]) -> Result<P, Finding> {
    if overrides.is_empty() {
        return toml::from_str(text).map_err(|e| config_error(&e));
    }
    let mut table: toml::Table = toml::from_str(text).map_err(|e| config_error(&e))?;
    for item in overrides {
        apply_override(&mut table, item)?;
    }
    P::deserialize(toml::Value::Table(table)).map_err(|e| {
        let finding = config_error(&e);
        if toml::from_str::<P>(text).is_err() {
            return finding;
        }
        // The file alone is fine, so it is one of the overrides.
        Finding {
            message: format!("--set {}: {}", overrides.join(" --set "), finding.message),
            span: None,
            ..finding
        }
    })
}

/// `layers.poi.snap_m=50`: sets a value by its dotted key.
fn apply_override(table: &mut toml::Table, item: &str) -> Result<(), Finding> {
    let bad = |why: &str| {
        Finding::fatal("bad_override", format!("--set {item}: {why}")).expected("--set section.key=value")
    };
    let (key, raw) = item.split_once('=').ok_or_else(|| bad("no '='"))?;
    let value: toml::Value = toml::from_str::<toml::Table>(&format!("v = {raw}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(raw.to_owned()));
    let keys: Vec<&str> = key.split('.').map(str::trim).collect();
    let (last, parents) = keys.split_last().ok_or_else(|| bad("no key"))?;
    let mut at = table;
    for parent in parents {
        at = at
            .entry((*parent).to_owned())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .ok_or_else(|| bad(&format!("\"{parent}\" is not a section")))?;
    }
    at.insert((*last).to_owned(), value);
    Ok(())
}

fn config_error(error: &toml::de::Error) -> Finding {
    let message = error.message().to_owned();
    let mut finding = Finding::error("pipeline_file", message.clone());
    if let Some(span) = error.span() {
        finding = finding.span(span);
    }
    if let Some(hint) = did_you_mean(&message) {
        finding = finding.hint(hint);
    }
    finding
}

/// Hint for serde's "unknown field `x`, expected one of `a`, `b`".
fn did_you_mean(message: &str) -> Option<String> {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (found, known) = names.split_first()?;
    if !message.starts_with("unknown") {
        return None;
    }
    nearest(found, known.iter().copied(), 1).first().map(|name| format!("did you mean `{name}`?"))
}

/// Adds "did you mean" if one of the names that exist is like the one found.
pub fn suggest<'a>(finding: Finding, found: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    match nearest(found, known, 1).first() {
        Some(name) => finding.hint(format!("did you mean \"{name}\"?")),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_gets_a_hint_and_a_place() {
        let text = "[city]\nname = \"x\"\nyear = 2020\ncsr = \"EPSG:4549\"\n";
        let finding = parse::<Pipeline>(text, &[]).unwrap_err();
        assert!(finding.message.contains("csr"), "{}", finding.message);
        assert_eq!(finding.hint.as_deref(), Some("did you mean `crs`?"));
        let span = finding.span.unwrap();
        assert_eq!(&text[span.start..span.end], "csr");
    }

    #[test]
    fn overrides_reach_nested_keys_and_keep_types() {
        let mut table = toml::Table::new();
        apply_override(&mut table, "layers.poi.snap_m=50").unwrap();
        apply_override(&mut table, "city.crs=EPSG:4528").unwrap();
        assert_eq!(table["layers"]["poi"]["snap_m"].as_integer(), Some(50));
        assert_eq!(table["city"]["crs"].as_str(), Some("EPSG:4528"));
        assert!(apply_override(&mut table, "city.crs").is_err());
    }

    #[test]
    fn a_value_is_found_in_an_array_of_tables() {
        let text = "[[allocate]]\nid = \"a\"\n[[allocate]]\nid = \"bb\"\n";
        assert_eq!(&text[span_of(text, &["allocate", "1", "id"]).unwrap()], "\"bb\"");
    }
}
