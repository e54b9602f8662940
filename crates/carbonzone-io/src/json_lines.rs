//! GeoJSON with a feature on each line: GDAL leaves a line out that is no JSON, and names no line.

use crate::source::{Reporter, has_extension};
use carbonzone_types::Finding;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// A longer line is no line of such a file, or too long to be looked at.
const LONGEST: u64 = 16 << 20;
/// Lines that a message names at most.
const NAMED: usize = 5;

/// Looks for lines that are no JSON. False: reported.
pub(crate) fn check(report: &mut Reporter<'_>) -> bool {
    let of_lines = ["geojsonl", "geojsons", "ndjson", "jsonl"];
    let by_name = has_extension(&report.source.path, &of_lines);
    if !(by_name || has_extension(&report.source.path, &["geojson", "json"])) || report.source.is_virtual() {
        return true;
    }
    // What cannot be read is told by whoever opens the file.
    let Ok(broken) =
        File::open(&report.source.path).and_then(|file| broken_lines(BufReader::new(file), by_name))
    else {
        return true;
    };
    if broken.is_empty() {
        return true;
    }
    let mut named: Vec<String> = broken.iter().take(NAMED).map(u64::to_string).collect();
    if broken.len() > NAMED {
        named.push(format!("{} more", broken.len() - NAMED));
    }
    let message = format!("lines that are no JSON, each the feature of one line: line {}", named.join(", "));
    report.add(
        Finding::error("broken_line", message)
            .count(broken.len() as u64)
            .expected("a whole feature on each line")
            .hint("the line is cut off or damaged, and its feature would be missing: get the file again, or mend or delete the line"),
    );
    false
}

/// Numbers of the lines, from 1, that are no JSON; none if the file is not one of lines.
fn broken_lines(mut reader: impl BufRead, by_name: bool) -> std::io::Result<Vec<u64>> {
    let (mut broken, mut sound, mut number) = (Vec::new(), 0usize, 0u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        if line.len() as u64 == LONGEST && !line.ends_with(b"\n") {
            return Ok(Vec::new());
        }
        // Files of RFC 8142 begin each record with 1E.
        let text = line.trim_ascii();
        let text = text.strip_prefix(b"\x1e").or(text.strip_prefix(b"\xef\xbb\xbf")).unwrap_or(text);
        match text {
            [] => {}
            text if sound + broken.len() == 0 && !by_name && !is_feature(text) => return Ok(Vec::new()),
            text if is_json(text) => sound += 1,
            _ => broken.push(number),
        }
    }
    // Features that run over many lines each are no lines.
    Ok(if broken.len() <= sound { broken } else { Vec::new() })
}

fn is_feature(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(text).is_ok_and(|v| v["type"] == "Feature")
}

/// True for JSON, and for JSON with the numbers `NaN` and `Infinity`, which other programs write and GDAL reads.
fn is_json(text: &[u8]) -> bool {
    let parses = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let Ok(text) = std::str::from_utf8(text) else { return true };
    parses(text)
        || parses(&text.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, by_name: bool) -> Vec<u64> {
        broken_lines(text.as_bytes(), by_name).unwrap()
    }

    const A: &str = r#"{"type":"Feature","properties":{"x":NaN},"geometry":null}"#;
    const B: &str = r#"{"type":"Feature","properties":{"x":1},"geometry":null}"#;

    #[test]
    fn a_line_that_is_no_json_is_named() {
        assert_eq!(broken(&format!("{B}\n{A}\n\n{}\n{B}", &B[..30]), false), [4]);
        assert_eq!(broken(&format!("{}\r\n{B}\r\n{A}\r\n", &B[10..]), true), [1]);
        assert_eq!(broken(&format!("\u{1e}{B}\n\u{1e}{}\n", B.replace(":1", ":")), true), [2]);
    }

    #[test]
    fn other_files_are_left_alone() {
        let collection = format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{B},\n{B}]}}");
        assert_eq!(broken(&collection, false), [] as [u64; 0]);
        assert_eq!(broken(&collection.replace('\n', ""), false), [] as [u64; 0]);
        let pretty = B.replace(',', ",\n") + "\n" + &B.replace(',', ",\n");
        assert_eq!(broken(&pretty, true), [] as [u64; 0]);
        assert_eq!(broken(&format!("{A}\n{B}\n"), true), [] as [u64; 0]);
    }
}
