//! A small writer of OpenStreetMap's PBF (GDAL reads the format, but does not write it).
//!
//! Format: OpenStreetMap wiki, "PBF Format": `fileformat.proto` and `osmformat.proto`. Blobs are not compressed,
//! nodes are plain messages; one block holds everything.
#![allow(dead_code, reason = "each test file uses some of it")]

/// A point with its tags.
pub struct Node<'a> {
    pub id: i64,
    pub lon: f64,
    pub lat: f64,
    pub tags: &'a [(&'a str, &'a str)],
}

/// A line or a ring of nodes with its tags.
pub struct Way<'a> {
    pub id: i64,
    pub nodes: Vec<i64>,
    pub tags: &'a [(&'a str, &'a str)],
}

/// A relation of ways, each with its role (`outer`, `inner`).
pub struct Relation<'a> {
    pub id: i64,
    pub ways: Vec<(i64, &'a str)>,
    pub tags: &'a [(&'a str, &'a str)],
}

/// Bytes of a file. Ids ascend within each kind, as real extracts are sorted.
pub fn write(nodes: &[Node<'_>], ways: &[Way<'_>], relations: &[Relation<'_>]) -> Vec<u8> {
    let mut strings = Strings(vec![String::new()]);
    let mut groups: Vec<Vec<u8>> = Vec::new();
    let group = |field: u32, items: Vec<Vec<u8>>| {
        let mut out = Vec::new();
        for item in &items {
            bytes(&mut out, field, item);
        }
        out
    };
    groups.push(group(1, nodes.iter().map(|n| node(n, &mut strings)).collect()));
    groups.push(group(3, ways.iter().map(|w| way(w, &mut strings)).collect()));
    groups.push(group(4, relations.iter().map(|r| relation(r, &mut strings)).collect()));
    let mut table = Vec::new();
    for s in &strings.0 {
        bytes(&mut table, 1, s.as_bytes());
    }
    let mut block = Vec::new();
    bytes(&mut block, 1, &table);
    for g in groups.iter().filter(|g| !g.is_empty()) {
        bytes(&mut block, 2, g);
    }
    let mut header = Vec::new();
    bytes(&mut header, 4, b"OsmSchema-V0.6");
    bytes(&mut header, 16, b"carbonzone test fixture, synthetic");
    let mut file = blob("OSMHeader", &header);
    file.extend(blob("OSMData", &block));
    file
}

struct Strings(Vec<String>);

impl Strings {
    fn number(&mut self, text: &str) -> u64 {
        let found = self.0.iter().position(|s| s == text);
        let at = found.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        at as u64
    }
}

/// Keys (field 2) and values (field 3), packed.
fn tags(out: &mut Vec<u8>, tags: &[(&str, &str)], strings: &mut Strings) {
    for (field, pick) in [(2, 0), (3, 1)] {
        let numbers: Vec<u64> =
            tags.iter().map(|(k, v)| strings.number(if pick == 0 { k } else { v })).collect();
        packed(out, field, &numbers);
    }
}

fn node(n: &Node<'_>, strings: &mut Strings) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, 1, zigzag(n.id));
    tags(&mut out, n.tags, strings);
    // Granularity: 100 nanodegrees.
    number(&mut out, 8, zigzag((n.lat * 1e7).round() as i64));
    number(&mut out, 9, zigzag((n.lon * 1e7).round() as i64));
    out
}

fn way(w: &Way<'_>, strings: &mut Strings) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, 1, w.id as u64);
    tags(&mut out, w.tags, strings);
    packed(&mut out, 8, &deltas(w.nodes.iter().copied()));
    out
}

fn relation(r: &Relation<'_>, strings: &mut Strings) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, 1, r.id as u64);
    tags(&mut out, r.tags, strings);
    let roles: Vec<u64> = r.ways.iter().map(|(_, role)| strings.number(role)).collect();
    packed(&mut out, 8, &roles);
    packed(&mut out, 9, &deltas(r.ways.iter().map(|w| w.0)));
    // Member type 1: way.
    packed(&mut out, 10, &vec![1; r.ways.len()]);
    out
}

fn deltas(ids: impl Iterator<Item = i64>) -> Vec<u64> {
    let mut before = 0;
    ids.map(|id| {
        let delta = zigzag(id - before);
        before = id;
        delta
    })
    .collect()
}

/// Length of the blob header, blob header, blob.
fn blob(kind: &str, content: &[u8]) -> Vec<u8> {
    let mut blob = Vec::new();
    bytes(&mut blob, 1, content);
    number(&mut blob, 2, content.len() as u64);
    let mut header = Vec::new();
    bytes(&mut header, 1, kind.as_bytes());
    number(&mut header, 3, blob.len() as u64);
    let mut out = (header.len() as u32).to_be_bytes().to_vec();
    out.extend(header);
    out.extend(blob);
    out
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)) as u64
}

fn varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn number(out: &mut Vec<u8>, field: u32, v: u64) {
    varint(out, u64::from(field) << 3);
    varint(out, v);
}

fn bytes(out: &mut Vec<u8>, field: u32, content: &[u8]) {
    varint(out, u64::from(field) << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn packed(out: &mut Vec<u8>, field: u32, numbers: &[u64]) {
    if numbers.is_empty() {
        return;
    }
    let mut content = Vec::new();
    for v in numbers {
        varint(&mut content, *v);
    }
    bytes(out, field, &content);
}
