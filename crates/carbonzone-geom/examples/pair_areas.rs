//! Reads pairs of polygons as hexadecimal WKB, one pair per line, `A,B`, from standard input and prints for each the area of
//! A ∩ B in m² by the plain pair sum and by the local one through the zone index, 17 digits each, separated by a comma.
//!
//! Used by `oracle/differential_geos.py`, which compares the numbers with GEOS.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program")]

use std::io::{BufRead, Write, stdin, stdout};

use carbonzone_geom::{Coverage, overlap_zones, pair_overlap_m2};

fn polygon(hex: &str) -> Coverage {
    let bytes: Vec<u8> =
        (0..hex.len() / 2).map(|k| u8::from_str_radix(&hex[2 * k..2 * k + 2], 16).unwrap()).collect();
    let mut c = Coverage::new();
    c.push_wkb(&bytes).unwrap();
    c
}

fn main() {
    let mut out = std::io::BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        let (a, b) = line.trim().split_once(',').unwrap();
        let (a, b) = (polygon(a), polygon(b));
        let local: f64 = overlap_zones(&a, &b).areas_m2.iter().sum();
        writeln!(out, "{:.17e},{:.17e}", pair_overlap_m2(&a, 0, &b, 0), local).unwrap();
    }
}
