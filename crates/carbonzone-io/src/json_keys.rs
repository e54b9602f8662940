//! What readers of GeoJSON pass over without a word: keys that stand twice in one object (RFC 8259, section 4), of whose
//! values they keep one, and a `crs` that they do not know, for which they take WGS 84.

use crate::crs::definition_to_spatial_ref;
use crate::source::{Reporter, has_extension};
use carbonzone_types::Finding;
use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};

/// Keys of GeoJSON itself, which are always read.
const OWN: [&str; 6] = ["type", "features", "geometry", "properties", "coordinates", "geometries"];

/// A key that stands twice in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Repeated {
    /// Line where it stands again, from 1.
    line: u64,
    /// Objects that have it twice.
    objects: u64,
}

/// Looks for keys that are read and stand twice in one object, and for a CRS that nobody knows. False: reported.
pub(crate) fn check(report: &mut Reporter<'_>) -> bool {
    let json = ["geojson", "json", "geojsonl", "geojsons", "ndjson", "topojson"];
    if !has_extension(&report.source.path, &json) || report.source.is_virtual() {
        return true;
    }
    // What cannot be read is told by whoever opens the file.
    let Ok(seen) = File::open(&report.source.path).and_then(|file| scan(BufReader::new(file))) else {
        return true;
    };
    let known_crs = seen.crs.is_none() || report.source.crs.is_some() || crs_is_known(report);
    let wanted = report.source.wanted();
    let matters = |key: &str| OWN.contains(&key) || wanted.iter().any(|w| w.eq_ignore_ascii_case(key));
    let repeated: Vec<_> = seen.found.into_iter().filter(|(key, _)| matters(key)).collect();
    for (key, found) in &repeated {
        let message = format!("key \"{key}\" stands twice in one object, first in line {}", found.line);
        report.add(
            Finding::error("same_column_twice", message)
                .field(key.clone())
                .expected("one value for a key")
                .count(found.objects)
                .hint("nobody knows which of the two values is meant: delete or rename one"),
        );
    }
    known_crs && repeated.is_empty()
}

/// The `crs` of a file: `{"type": "name", "properties": {"name": "EPSG:4549"}}`, of the standard of 2008.
#[derive(serde::Deserialize)]
struct Head {
    crs: serde_json::Value,
}

/// True if the `crs` of the file names one; else reported. Types other than "name" are left to GDAL.
fn crs_is_known(report: &mut Reporter<'_>) -> bool {
    let head =
        File::open(&report.source.path).map(|file| serde_json::from_reader::<_, Head>(BufReader::new(file)));
    let Ok(Ok(Head { crs })) = head else { return true };
    let Some(name) = crs["properties"]["name"].as_str() else { return true };
    if definition_to_spatial_ref(name).is_ok() {
        return true;
    }
    let message = "the file names a coordinate reference system that is not known; readers take degrees of WGS 84 instead";
    report.add(
        Finding::error("unknown_crs", message)
            .field("crs")
            .value(name)
            .expected("EPSG:4549, urn:ogc:def:crs:EPSG::4549 or the like")
            .hint("add crs = \"EPSG:...\" to this input (\"EPSG:4326\" for GPS degrees, \"GCJ-02\" for Amap, \"BD-09\" for Baidu)"),
    );
    false
}

/// Every key that stands twice in an object, with the line of the first such place, and whether the file has a `crs`.
fn scan(mut reader: impl BufRead) -> std::io::Result<Scan> {
    let mut scan = Scan { line: 1, ..Scan::default() };
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(scan);
        }
        scan.see(bytes);
        let read = bytes.len();
        reader.consume(read);
    }
}

/// State of the scan between two pieces of the file.
#[derive(Default)]
struct Scan {
    found: BTreeMap<String, Repeated>,
    /// Line where the object of the file itself has a key `crs`.
    crs: Option<u64>,
    line: u64,
    /// Containers that are open: where the keys of an object begin among `keys`, or nothing for an array.
    open: Vec<Option<usize>>,
    /// The keys of all open objects, hashed.
    keys: Vec<u64>,
    /// In a text, and behind a backslash in it.
    in_text: bool,
    escaped: bool,
    /// The text that may be a key, while the next one is a key.
    text: Vec<u8>,
    /// True where an object expects a key.
    key_next: bool,
}

impl Scan {
    fn see(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.line += 1;
            }
            if self.in_text {
                self.see_in_text(byte);
                continue;
            }
            match byte {
                b'"' => {
                    self.in_text = true;
                    self.text.clear();
                }
                b'{' => {
                    self.open.push(Some(self.keys.len()));
                    self.key_next = true;
                }
                b'[' => {
                    self.open.push(None);
                    self.key_next = false;
                }
                b'}' | b']' => {
                    if let Some(Some(first)) = self.open.pop() {
                        self.keys.truncate(first);
                    }
                    self.key_next = false;
                }
                b',' => self.key_next = matches!(self.open.last(), Some(Some(_))),
                b':' => self.key_next = false,
                _ => {}
            }
        }
    }

    fn see_in_text(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_text = false;
            if self.key_next {
                self.note_key();
            }
            return;
        }
        if self.key_next {
            self.text.push(byte);
        }
    }

    fn note_key(&mut self) {
        let Some(Some(first)) = self.open.last() else { return };
        if self.open.len() == 1 && self.text == b"crs" {
            self.crs = Some(self.line);
        }
        let mut hasher = DefaultHasher::new();
        self.text.hash(&mut hasher);
        let key = hasher.finish();
        if self.keys[*first..].contains(&key) {
            let key = String::from_utf8_lossy(&self.text).into_owned();
            let line = self.line;
            self.found.entry(key).or_insert(Repeated { line, objects: 0 }).objects += 1;
        } else {
            self.keys.push(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, u64, u64)> {
        // In small pieces: a key may be cut anywhere.
        let reader = BufReader::with_capacity(3, text.as_bytes());
        scan(reader).unwrap().found.into_iter().map(|(k, r)| (k, r.line, r.objects)).collect()
    }

    #[test]
    fn the_crs_of_the_file_is_told_from_others() {
        let has = |text: &str| scan(text.as_bytes()).unwrap().crs.is_some();
        assert!(has(r#"{"type":"FeatureCollection","features":[{"a":1}],"crs":{}}"#));
        assert!(!has(r#"{"type":"crs","features":[{"crs":1}]}"#));
    }

    #[test]
    fn only_keys_of_one_object_are_compared() {
        assert_eq!(found(r#"{"a":{"b":1},"c":[{"b":2},{"b":3}],"b":"a"}"#), []);
        assert_eq!(found(r#"{"a":"a","b":"\"a\":","c":["c","a"]}"#), [], "texts are no keys");
        assert_eq!(found("{\"a\":1,\n\"a\":2}\n{\"a\":{},\"b\":0,\"a\":[]}"), [("a".to_owned(), 2, 2)]);
        assert_eq!(found(r#"{"地类":"a","x":1,"地类":"b"}"#), [("地类".to_owned(), 1, 1)]);
    }
}
