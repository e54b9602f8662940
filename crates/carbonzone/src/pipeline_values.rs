//! The values of a pipeline file against what the keys need. Every fault is told in one round: a value of a wrong kind is read as
//! what it was meant to be, an unknown key as the nearest one, and what is missing as an example, so that the rest can be looked at.

use crate::pipeline_words::{
    Wanted, example, kind_words, line_with, meant, plain, section, unquoted, wanted,
};
use carbonzone_sheet::nearest;
use carbonzone_types::Finding;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// Faults that are told in one go, at most.
const MOST: usize = 100;
/// Place of what does not stand in the file: an override.
const SET: Range<usize> = usize::MAX..usize::MAX;
/// Place of an example in the place of a missing value.
const EXAMPLE: Range<usize> = usize::MAX - 1..usize::MAX - 1;

/// Values of every kind, where no example is known.
const OF_ANY_KIND: [&str; 6] = ["\"\"", "0", "0.0", "[]", "{}", "false"];

/// What a text gives.
pub struct Values<P> {
    /// The pipeline, if the values could be read as one.
    pub pipeline: Option<P>,
    /// Everything that is wrong with keys and values.
    pub findings: Vec<Finding>,
    /// False if something in the pipeline is not of the file: it is good for checks only.
    pub whole: bool,
}

/// Reads a text that is TOML, with values that win over those of the text (`section.key=value`).
pub fn read<P: DeserializeOwned>(text: &str, set: &[String]) -> Values<P> {
    let mut values = Values { pipeline: None, findings: Vec::new(), whole: true };
    let mut table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let finding = Finding::error("pipeline_file", error.message());
            values.findings.push(error.span().map_or(finding.clone(), |span| finding.span(span)));
            return values;
        }
    };
    for item in set {
        if let Err(finding) = apply(table.get_mut(), item) {
            values.findings.push(finding);
            return values;
        }
    }
    while values.findings.len() < MOST {
        let error = match P::deserialize(Deserializer::from(table.clone())) {
            Ok(pipeline) => {
                values.pipeline = Some(pipeline);
                return values;
            }
            Err(error) => error,
        };
        let message = error.message().to_owned();
        let Some(span) = error.span() else {
            values.findings.push(Finding::error("pipeline_file", message));
            return values;
        };
        if span == EXAMPLE {
            return values;
        }
        let fault = Fault { text, set, table: table.get_ref(), message: &message, span };
        let (mut finding, mend) = (fault.finding(), fault.mend());
        let done = mend.and_then(|mend| mend.apply::<P>(&mut table, &message));
        if let Some(Done { missing: Some((key, path)), .. }) = &done {
            finding.message = format!("missing key `{key}` in {}", section(path));
        }
        values.findings.push(finding);
        let Some(done) = done else { return values };
        values.whole &= done.whole;
    }
    values
}

/// `layers.poi.snap_m=50`: sets a value by its dotted key.
fn apply<'i>(table: &mut DeTable<'i>, item: &'i str) -> Result<(), Finding> {
    let bad = |why: &str| {
        Finding::fatal("bad_override", format!("--set {item}: {why}")).expected("--set section.key=value")
    };
    let (key, raw) = item.split_once('=').ok_or_else(|| bad("no '='"))?;
    let value = DeValue::parse(raw.trim()).map_or(DeValue::String(Cow::Borrowed(raw)), Spanned::into_inner);
    let keys: Vec<&str> = key.split('.').map(str::trim).collect();
    let (last, parents) = keys.split_last().ok_or_else(|| bad("no key"))?;
    let mut at = table;
    for parent in parents {
        if at.get(*parent).is_none() {
            at.insert(key_of(parent, SET), Spanned::new(SET, DeValue::Table(DeTable::new())));
        }
        at = match at.get_mut(*parent).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => inner,
            _ => return Err(bad(&format!("\"{parent}\" is not a section"))),
        };
    }
    at.insert(key_of(last, SET), placed(value, &SET));
    Ok(())
}

fn key_of(name: &str, span: Range<usize>) -> Spanned<Cow<'_, str>> {
    Spanned::new(span, Cow::Borrowed(name))
}

/// A value all of whose parts have one place.
fn placed<'i>(value: DeValue<'i>, span: &Range<usize>) -> Spanned<DeValue<'i>> {
    let value = match value {
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| placed(item.into_inner(), span)).collect())
        }
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    (Spanned::new(span.clone(), key.into_inner()), placed(value.into_inner(), span))
                })
                .collect(),
        ),
        plain => plain,
    };
    Spanned::new(span.clone(), value)
}

/// Keys from the root to a value; items of arrays by number.
type KeyPath = Vec<String>;

/// A fault that the reading of the pipeline stopped at.
struct Fault<'a, 'i> {
    text: &'i str,
    set: &'a [String],
    table: &'a DeTable<'i>,
    message: &'a str,
    span: Range<usize>,
}

/// What a fault is about.
enum Kind<'a> {
    UnknownKey { key: &'a str, known: Vec<&'a str> },
    MissingKey { key: &'a str },
    WrongType { expected: &'a str },
    UnknownWord { known: Vec<&'a str> },
    Other,
}

impl<'a, 'i> Fault<'a, 'i> {
    fn kind(&self) -> Kind<'a> {
        let mut words = self.message.split('`').skip(1).step_by(2);
        if self.message.starts_with("unknown field") {
            return words.next().map_or(Kind::Other, |key| Kind::UnknownKey { key, known: words.collect() });
        }
        if self.message.starts_with("missing field") {
            return words.next().map_or(Kind::Other, |key| Kind::MissingKey { key });
        }
        if self.message.starts_with("unknown variant") {
            return Kind::UnknownWord { known: words.skip(1).collect() };
        }
        let expected = self.message.strip_prefix("invalid type: ").and_then(|m| m.split_once(", expected "));
        expected.map_or(Kind::Other, |(_, expected)| Kind::WrongType { expected })
    }

    /// What stands in the file at the place.
    fn found(&self) -> &'i str {
        self.text.get(self.span.clone()).unwrap_or_default()
    }

    fn path(&self) -> KeyPath {
        path_to(self.table, &self.span).unwrap_or_default()
    }

    /// The finding, with the line to write.
    fn finding(&self) -> Finding {
        let finding = Finding::error("pipeline_file", self.words());
        let finding = match self.kind() {
            Kind::UnknownKey { known, .. } | Kind::UnknownWord { known } => {
                finding.expected(known.join(", "))
            }
            Kind::WrongType { expected } => finding.expected(kind_words(expected)),
            Kind::MissingKey { .. } | Kind::Other => finding,
        };
        if self.span == SET {
            let message = format!("--set {}: {}", self.set.join(" --set "), finding.message);
            return Finding { message, ..finding };
        }
        let finding = finding.span(self.span.clone());
        match self.hint() {
            Some(hint) => finding.hint(hint),
            None => finding,
        }
    }

    fn words(&self) -> String {
        let path = self.path();
        match self.kind() {
            Kind::UnknownKey { key, .. } => {
                let parent = path.split_last().map_or(&path[..], |(_, parent)| parent);
                format!("unknown key `{key}` in {}", section(parent))
            }
            Kind::MissingKey { key } => format!("missing key `{key}` in {}", section(&path)),
            Kind::WrongType { expected } => {
                let key = if path.is_empty() { self.found().to_owned() } else { path.join(".") };
                format!("`{key}` needs {}, not {}", kind_words(expected), self.found_words())
            }
            Kind::UnknownWord { .. } => format!("`{}` has no value {}", path.join("."), self.found()),
            Kind::Other => self.message.to_owned(),
        }
    }

    /// What stands there, in words.
    fn found_words(&self) -> String {
        let found = self.found();
        match found.chars().next() {
            Some('"' | '\'') => format!("the text {found}"),
            Some('[') => "a list".to_owned(),
            Some('{') => "a table".to_owned(),
            _ if found.contains('\n') || found.is_empty() => "this".to_owned(),
            _ => found.to_owned(),
        }
    }

    fn hint(&self) -> Option<String> {
        let line = |with: &str| format!("write: {}", line_with(self.text, &self.span, with));
        match self.kind() {
            Kind::UnknownKey { key, known } => {
                let near = nearest(key, known, 1).first().copied()?;
                Some(format!("did you mean `{near}`? {}", line(near)))
            }
            Kind::UnknownWord { known } => {
                let word = meant(unquoted(self.found()), &known)?;
                Some(format!("did you mean \"{word}\"? {}", line(&format!("\"{word}\""))))
            }
            Kind::WrongType { expected } => self.converted(expected).map(|(text, _)| line(&text)),
            Kind::MissingKey { key } => Some(match example(key) {
                Some(value) if value.starts_with('{') && self.path().is_empty() => {
                    format!("add a section [{key}]")
                }
                Some(value) => format!("add the line: {key} = {value}"),
                None => format!("add the line: {key} = ..."),
            }),
            Kind::Other => None,
        }
    }

    /// A value of the kind that is needed, as text and as value.
    fn converted(&self, expected: &str) -> Option<(String, DeValue<'i>)> {
        let path = self.path();
        let (found, value) = (self.found(), value_at(self.table, &path)?);
        let string = |text: &str| DeValue::String(Cow::Owned(text.to_owned()));
        let inner = unquoted(found);
        match (wanted(expected), value) {
            (Wanted::Text, DeValue::Integer(_)) if path.last().is_some_and(|key| key == "crs") => {
                let code = format!("EPSG:{found}");
                Some((format!("\"{code}\""), string(&code)))
            }
            (Wanted::Text, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => {
                Some((format!("\"{found}\""), string(found)))
            }
            (Wanted::Text, DeValue::Array(items)) if items.len() == 1 => {
                let item = items.first()?;
                let text = self.text.get(item.span())?;
                item.get_ref().is_str().then(|| (text.to_owned(), item.get_ref().clone()))
            }
            // Files of activity data are a list of tables with a path each.
            (Wanted::List, DeValue::String(_)) if path.last().is_some_and(|key| key == "files") => {
                Some((format!("[{{ path = {found} }}]"), self.list_of(self.table_of("path", value.clone()))))
            }
            (Wanted::Table, DeValue::String(_)) if path.last().is_some_and(|key| key == "activity") => {
                let files = self.list_of(self.table_of("path", value.clone()));
                Some((format!("{{ files = [{{ path = {found} }}] }}"), self.table_of("files", files)))
            }
            (Wanted::List, DeValue::String(_)) => Some((format!("[{found}]"), self.list_of(value.clone()))),
            (Wanted::Table, DeValue::String(_)) => {
                Some((format!("{{ path = {found} }}"), self.table_of("path", value.clone())))
            }
            (Wanted::Number | Wanted::Whole | Wanted::Bool, DeValue::String(_)) => {
                plain(inner, wanted(expected))
            }
            (Wanted::Whole, DeValue::Float(_)) => plain(found.strip_suffix(".0")?, Wanted::Whole),
            _ => None,
        }
    }

    /// A table of one key, and a list of one item, at the place of the fault.
    fn table_of(&self, key: &'static str, value: DeValue<'i>) -> DeValue<'i> {
        let mut table = DeTable::new();
        table.insert(key_of(key, self.span.clone()), Spanned::new(self.span.clone(), value));
        DeValue::Table(table)
    }

    fn list_of(&self, item: DeValue<'i>) -> DeValue<'i> {
        DeValue::Array(std::iter::once(Spanned::new(self.span.clone(), item)).collect())
    }

    /// How the reading goes on.
    fn mend(&self) -> Option<Mend<'i>> {
        let path = self.path();
        Some(match self.kind() {
            Kind::UnknownKey { key, known } => {
                Mend::Rename { path, to: nearest(key, known, 1).first().map(|name| (*name).to_owned()) }
            }
            Kind::UnknownWord { known } => {
                let word = meant(unquoted(self.found()), &known).or(known.first().copied())?;
                Mend::Replace { path, value: DeValue::String(Cow::Owned(word.to_owned())) }
            }
            Kind::WrongType { expected } => match self.converted(expected) {
                Some((_, value)) => Mend::Replace { path, value },
                None => Mend::Remove { path },
            },
            Kind::MissingKey { key } => {
                Mend::Add { paths: paths_to(self.table, &self.span), key: key.to_owned() }
            }
            Kind::Other => Mend::Remove { path },
        })
    }
}

/// What a change did.
struct Done {
    /// The pipeline is still that of the file.
    whole: bool,
    /// A key that was missing, and the table it belongs to.
    missing: Option<(String, KeyPath)>,
}

impl Done {
    fn new(whole: bool) -> Self {
        Self { whole, missing: None }
    }
}

/// A change of the table with which the reading goes on.
enum Mend<'i> {
    Rename { path: KeyPath, to: Option<String> },
    Replace { path: KeyPath, value: DeValue<'i> },
    Remove { path: KeyPath },
    Add { paths: Vec<KeyPath>, key: String },
}

impl<'i> Mend<'i> {
    /// `None`: nothing can be done.
    fn apply<P: DeserializeOwned>(self, table: &mut Spanned<DeTable<'i>>, message: &str) -> Option<Done> {
        match self {
            Self::Replace { path, value } => {
                let at = value_at_mut(table.get_mut(), &path)?;
                let span = at.span();
                *at = Spanned::new(span, value);
                Some(Done::new(true))
            }
            Self::Rename { path, to } => {
                let (key, parent) = path.split_last()?;
                let parent = table_at_mut(table.get_mut(), parent)?;
                let span = parent.get_key_value(key.as_str())?.0.span();
                let value = parent.remove(key.as_str())?;
                let Some(to) = to.filter(|name| parent.get(name.as_str()).is_none()) else {
                    return Some(Done::new(false));
                };
                parent.insert(Spanned::new(span, Cow::Owned(to)), value);
                Some(Done::new(true))
            }
            Self::Remove { path } => {
                let (key, parent) = path.split_last()?;
                match value_at_mut(table.get_mut(), parent).map(Spanned::get_mut) {
                    Some(DeValue::Array(items)) => {
                        let at: usize = key.parse().ok()?;
                        let kept = std::mem::replace(items, DeArray::new())
                            .into_iter()
                            .enumerate()
                            .filter(|(i, _)| *i != at);
                        *items = kept.map(|(_, item)| item).collect();
                    }
                    Some(DeValue::Table(inner)) => drop(inner.remove(key.as_str())?),
                    _ if parent.is_empty() => drop(table.get_mut().remove(key.as_str())?),
                    _ => return None,
                }
                Some(Done::new(false))
            }
            Self::Add { paths, key } => {
                let candidates = example(&key).into_iter().chain(OF_ANY_KIND);
                for (path, text) in candidates.flat_map(|text| paths.iter().map(move |path| (path, text))) {
                    let value = placed(DeValue::parse(text).ok()?.into_inner(), &EXAMPLE);
                    let mut tried = table.clone();
                    let Some(parent) = table_at_mut(tried.get_mut(), path) else { continue };
                    if parent.get(key.as_str()).is_some() {
                        continue;
                    }
                    parent.insert(Spanned::new(EXAMPLE, Cow::Owned(key.clone())), value);
                    let next = P::deserialize(Deserializer::from(tried.clone())).err();
                    let helps = next.is_none_or(|e| e.message() != message && e.span() != Some(EXAMPLE));
                    if helps {
                        *table = tried;
                        return Some(Done { whole: false, missing: Some((key, path.clone())) });
                    }
                }
                None
            }
        }
    }
}

/// The keys of a value, or of the value behind a key, at a place.
fn path_to(table: &DeTable<'_>, span: &Range<usize>) -> Option<KeyPath> {
    paths_to(table, span).into_iter().next()
}

/// All of them: tables in one another may have the same place. The root has no keys.
fn paths_to(table: &DeTable<'_>, span: &Range<usize>) -> Vec<KeyPath> {
    let mut found = Vec::new();
    collect(table, span, &mut Vec::new(), &mut found);
    found.sort_by_key(Vec::len);
    if found.is_empty() {
        found.push(Vec::new());
    }
    found
}

fn collect(table: &DeTable<'_>, span: &Range<usize>, at: &mut KeyPath, found: &mut Vec<KeyPath>) {
    for (key, value) in table {
        at.push(key.get_ref().to_string());
        if key.span() == *span && *span != SET {
            found.push(at.clone());
        }
        collect_value(value, span, at, found);
        at.pop();
    }
}

fn collect_value(
    value: &Spanned<DeValue<'_>>,
    span: &Range<usize>,
    at: &mut KeyPath,
    found: &mut Vec<KeyPath>,
) {
    if value.span() == *span && found.last() != Some(at) {
        found.push(at.clone());
    }
    match value.get_ref() {
        DeValue::Table(inner) => collect(inner, span, at, found),
        DeValue::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                at.push(i.to_string());
                collect_value(item, span, at, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn value_at<'a, 'i>(table: &'a DeTable<'i>, path: &[String]) -> Option<&'a DeValue<'i>> {
    let (first, rest) = path.split_first()?;
    let mut value = table.get(first.as_str())?.get_ref();
    for key in rest {
        value = match value {
            DeValue::Table(inner) => inner.get(key.as_str())?.get_ref(),
            DeValue::Array(items) => items.get(key.parse::<usize>().ok()?)?.get_ref(),
            _ => return None,
        };
    }
    Some(value)
}

fn value_at_mut<'a, 'i>(table: &'a mut DeTable<'i>, path: &[String]) -> Option<&'a mut Spanned<DeValue<'i>>> {
    let (first, rest) = path.split_first()?;
    let mut value = table.get_mut(first.as_str())?;
    for key in rest {
        value = match value.get_mut() {
            DeValue::Table(inner) => inner.get_mut(key.as_str())?,
            DeValue::Array(items) => items.get_mut(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

fn table_at_mut<'a, 'i>(table: &'a mut DeTable<'i>, path: &[String]) -> Option<&'a mut DeTable<'i>> {
    if path.is_empty() {
        return Some(table);
    }
    match value_at_mut(table, path)?.get_mut() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pipeline;

    const LAYERS: &str = "[layers.parcels]\nsource = { path = \"p.gpkg\" }\nland_use = \"DLBM\"\n\
        [layers.zones]\nsource = { path = \"z.gpkg\" }\nid = \"id\"\n[inventory]\n\
        [[inventory.totals]]\nsector = \"industry\"\nland_group = \"a\"\namount = 1.0\n\
        [[allocate]]\nid = \"r\"\nbudget = \"industry:a\"\nland = [\"industrial\"]\nproxies = [\"area\"]\n";
    const CITY: &str = "[city]\nname = \"x\"\nyear = 2020\ncrs = \"EPSG:4549\"\n";

    fn told(values: &Values<Pipeline>, text: &str, place: &str) -> Finding {
        let at = |f: &&Finding| f.span.is_some_and(|s| &text[s.start..s.end] == place);
        let found = values.findings.iter().find(at);
        assert!(found.is_some(), "nothing at {place}: {:#?}", values.findings);
        found.cloned().unwrap_or_else(|| Finding::info("", ""))
    }

    #[test]
    fn values_of_a_wrong_kind_are_told_in_one_round_with_the_line_to_write() {
        let text = format!(
            "[city]\nname = \"x\"\nyear = \"2020\"\ncrs = 4549\nsynthetic = \"true\"\n[aggregate]\ncell_m = \"500\"\n\
             [outputs]\nlanguage = \"cn\"\nmaps = 'false'\n{}",
            LAYERS
                .replacen("source = { path = \"p.gpkg\" }", "source = \"p.gpkg\"", 1)
                .replace("land = [\"industrial\"]", "land = \"industrial\"")
        );
        let values = read::<Pipeline>(&text, &[]);
        for (place, write) in [
            ("\"2020\"", "write: year = 2020"),
            ("4549", "write: crs = \"EPSG:4549\""),
            ("\"true\"", "write: synthetic = true"),
            ("\"500\"", "write: cell_m = 500"),
            ("\"cn\"", "did you mean \"zh\"? write: language = \"zh\""),
            ("'false'", "write: maps = false"),
            ("\"p.gpkg\"", "write: source = { path = \"p.gpkg\" }"),
            ("\"industrial\"", "write: land = [\"industrial\"]"),
        ] {
            assert_eq!(told(&values, &text, place).hint.as_deref(), Some(write), "{place}");
        }
        assert_eq!(values.findings.len(), 8, "{:#?}", values.findings);
        let pipeline = values.pipeline.unwrap();
        assert!(values.whole, "nothing is left out or made up");
        assert_eq!((pipeline.aggregate.cell_m, pipeline.city.crs.as_deref()), (500.0, Some("EPSG:4549")));
        let found = read::<Pipeline>(&format!("{CITY}{LAYERS}"), &[]);
        assert!(found.findings.is_empty() && found.pipeline.is_some(), "{:?}", found.findings);
    }

    #[test]
    fn a_unit_has_other_names() {
        for (word, unit) in [("万吨", "1e4 t"), ("吨", "t"), ("百万吨", "Mt"), ("千吨", "kt")] {
            let text = format!("{CITY}{LAYERS}")
                .replace("[inventory]\n", &format!("[inventory]\nunit = \"{word}\"\n"));
            let values = read::<Pipeline>(&text, &[]);
            let hint = told(&values, &text, &format!("\"{word}\"")).hint;
            assert_eq!(hint, Some(format!("did you mean \"{unit}\"? write: unit = \"{unit}\"")));
        }
    }

    #[test]
    fn unknown_keys_and_sections_get_the_nearest_name_and_are_read_under_it() {
        let text = format!("[city]\nnaem = \"x\"\nyear = 2020\n[aggregat]\ncell_m = \"5\"\n{LAYERS}")
            .replace("land_use", "landuse");
        let values = read::<Pipeline>(&text, &[]);
        for (place, hint) in [
            ("naem", "did you mean `name`? write: name = \"x\""),
            ("aggregat", "did you mean `aggregate`? write: [aggregate]"),
            ("landuse", "did you mean `land_use`? write: land_use = \"DLBM\""),
            ("\"5\"", "write: cell_m = 5"),
        ] {
            assert_eq!(told(&values, &text, place).hint.as_deref(), Some(hint), "{place}");
        }
        assert!(values.pipeline.is_some_and(|p| p.aggregate.cell_m == 5.0));
    }

    #[test]
    fn everything_that_is_missing_is_told_at_once() {
        let text = LAYERS
            .replace("land_group = \"a\"\n", "")
            .replace("budget = \"industry:a\"\n", "")
            .replacen("{ path = \"z.gpkg\" }", "{ layer = \"z\" }", 1);
        let values = read::<Pipeline>(&text, &[]);
        let said: Vec<&str> = values.findings.iter().map(|f| f.message.as_str()).collect();
        for message in [
            "missing key `city` in the file",
            "missing key `path` in [layers.zones.source]",
            "missing key `land_group` in [[inventory.totals]] number 1",
            "missing key `budget` in [[allocate]] number 1",
        ] {
            assert!(said.contains(&message), "{message}: {said:?}");
        }
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(values.pipeline.is_some() && !values.whole, "good for checks only");
    }

    #[test]
    fn overrides_reach_nested_keys_keep_types_and_are_named_when_they_are_wrong() {
        let text = format!("{CITY}{LAYERS}");
        let set = |items: &[&str]| -> Vec<String> { items.iter().map(|i| (*i).to_owned()).collect() };
        let good = set(&["aggregate.cell_m=50", "city.crs=EPSG:4528", "city.name = y"]);
        let pipeline = read::<Pipeline>(&text, &good).pipeline.unwrap();
        assert_eq!((pipeline.aggregate.cell_m, pipeline.city.crs.as_deref()), (50.0, Some("EPSG:4528")));
        let wrong = set(&["aggregate.cell_m=many"]);
        let finding = read::<Pipeline>(&text, &wrong).findings.remove(0);
        assert!(finding.message.starts_with("--set aggregate.cell_m=many: ") && finding.span.is_none());
        assert_eq!(read::<Pipeline>(&text, &set(&["city.crs"])).findings[0].code, "bad_override");
        // What the file lacks may come from an override.
        let without = text.replace("year = 2020\n", "");
        assert!(read::<Pipeline>(&without, &set(&["city.year=2019"])).findings.is_empty());
    }
}
