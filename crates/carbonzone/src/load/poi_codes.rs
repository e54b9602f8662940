//! What is told about the codes of the POI.

use super::Notes;
use crate::config::PoiLayer;
use carbonzone_spatialize::surrogate::poi::{Code, RawPoi};
use carbonzone_spatialize::{MatchKind, PoiScheme};
use carbonzone_types::{Finding, LedgerRow, Stage};
use std::fmt::Write as _;

/// Codes that a message lists.
pub const LISTED: usize = 40;

/// What a user must know of the codes: unknown ones, and those that were not read as they stand.
pub fn report_codes(poi: &RawPoi, config: &PoiLayer, scheme: &PoiScheme, notes: &mut Notes) {
    let count = poi.features_of_codes();
    let met = |kind: Option<MatchKind>| {
        let codes = poi.codes.iter().zip(&count);
        codes.filter(move |(code, n)| code.kind == kind && **n > 0).collect::<Vec<_>>()
    };
    let list = |codes: &[(&Code, &u64)], with_class: bool| {
        let one = |(code, n): &(&Code, &u64)| match code.class.filter(|_| with_class) {
            Some(class) => format!("\"{}\" as {}: {n}", code.text, scheme.classes()[class as usize].code),
            None => format!("\"{}\": {n}", code.text),
        };
        let mut text = codes.iter().take(LISTED).map(one).collect::<Vec<_>>().join("; ");
        if codes.len() > LISTED {
            let _ = write!(text, "; and {} more codes", codes.len() - LISTED);
        }
        text
    };
    let total = |codes: &[(&Code, &u64)]| codes.iter().map(|(_, n)| **n).sum::<u64>();
    let at = |finding: Finding| finding.input("poi", &config.source.path).field(&config.kind);
    let unknown = met(None);
    if !unknown.is_empty() {
        let message = format!("POI codes that \"{}\" does not know: {}", scheme.name, list(&unknown, false));
        notes.findings.push(
            at(Finding::warning("unknown_poi_code", message))
                .count(total(&unknown))
                .hint("they count for no group; a CSV (code, group) can add them, where 05* stands for all codes that begin with 05"),
        );
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "poi", total(&unknown) as f64, "poi")
                .note(format!("type code unknown to {}", scheme.name)),
        );
    }
    let mended = met(Some(MatchKind::Mended));
    if !mended.is_empty() {
        let message = format!("POI codes are not written as in \"{}\": {}", scheme.name, list(&mended, true));
        notes.findings.push(at(Finding::warning("poi_code_mended", message)).count(total(&mended)).hint(
            "a leading zero, blanks, .0 or full-width digits: keep the column as text when you export it",
        ));
        notes.ledger.push(
            LedgerRow::counted(Stage::Repair, "poi", total(&mended) as f64, "poi")
                .note(format!("type code written otherwise than in {}", scheme.name)),
        );
    }
    let in_part = met(Some(MatchKind::WordsInPart));
    if !in_part.is_empty() {
        let what =
            "categories are known by their coarse word only, though its kinds belong to several groups";
        let message = format!("{what}: {}", list(&in_part, true));
        notes.findings.push(
            at(Finding::warning("poi_category_in_part", message)).count(total(&in_part)).hint(
                "translate them in a CSV (code, group), where 公司企业;采石场 is a code like any other",
            ),
        );
    }
    for (kind, code, what) in [
        (MatchKind::Words, "poi_category_words", "categories in words are read as codes"),
        (MatchKind::Beginning, "poi_code_by_beginning", "POI codes are known only by their beginning"),
    ] {
        let met = met(Some(kind));
        if !met.is_empty() {
            let message = format!("{what}: {}", list(&met, true));
            notes.findings.push(at(Finding::info(code, message)).count(total(&met)));
        }
    }
}
