//! Land-use codes to space types, and what a user must know of it: codes that are unknown, mended, known only by their
//! beginning, or those of another scheme.

use super::Notes;
use super::codes::Codes;
use super::parcels::UNKNOWN;
use crate::load_config::Loaded;
use carbonzone_spatialize::groups::{counts_of, sums_of_pairs};
use carbonzone_spatialize::{LandUseScheme, MatchKind};
use carbonzone_types::{ExactSum, Finding, LedgerRow, Stage};

/// Space and sink types per parcel.
pub struct Classes {
    /// Index into `space_types`.
    pub space_type: Vec<u16>,
    /// Names.
    pub space_types: Vec<String>,
    /// Index into `sink_types`.
    pub sink_type: Vec<u16>,
    /// Names.
    pub sink_types: Vec<String>,
    /// Codes that the scheme knows only by their beginning: number of the code, code of the scheme.
    pub by_beginning: Vec<(u32, String)>,
}

fn intern(names: &mut Vec<String>, name: &str) -> u16 {
    if let Some(i) = names.iter().position(|n| n == name) {
        return i as u16;
    }
    names.push(name.to_owned());
    (names.len() - 1) as u16
}

/// A code of the layer: how the scheme found it, and what it covers.
struct Met<'a> {
    code: &'a str,
    kind: Option<MatchKind>,
    parcels: u64,
    area: ExactSum,
}

/// Space and sink type of every parcel; tells what was not found as it stands.
pub fn classify(
    scheme: &LandUseScheme,
    codes: &Codes,
    area_m2: &[f64],
    loaded: &Loaded,
    notes: &mut Notes,
) -> Classes {
    let (mut space_types, mut sink_types) = (Vec::new(), Vec::new());
    let (mut classes, mut met, mut by_beginning) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (field, code)) in codes.each().enumerate() {
        let found = scheme.find(field, code);
        let (space, sink) =
            found.map_or((UNKNOWN, "none"), |(c, _)| (c.space_type.as_str(), c.sink_type.as_str()));
        classes.push((intern(&mut space_types, space), intern(&mut sink_types, sink)));
        if let Some((class, MatchKind::Beginning)) = found {
            by_beginning.push((number as u32, class.code.clone()));
        }
        met.push(Met { code, kind: found.map(|(_, kind)| kind), parcels: 0, area: ExactSum::new() });
    }
    for (met, (parcels, area)) in met.iter_mut().zip(counts_of(&codes.of, codes.names.len(), area_m2)) {
        (met.parcels, met.area) = (parcels, area);
    }
    let mut sorted: Vec<&Met<'_>> = met.iter().collect();
    sorted.sort_by_key(|m| m.code);
    report_unknown(&sorted, scheme, loaded, notes);
    report_mended(&sorted, scheme, loaded, notes);
    if scheme.name == "corine" {
        tell_grid_codes(&sorted, loaded, notes);
    }
    Classes {
        space_type: codes.of.iter().map(|&code| classes[code as usize].0).collect(),
        space_types,
        sink_type: codes.of.iter().map(|&code| classes[code as usize].1).collect(),
        sink_types,
        by_beginning,
    }
}

/// Parcels and m² of these codes, and each with its own.
fn summed(met: &[&Met<'_>]) -> (u64, f64, String) {
    let count = met.iter().map(|m| m.parcels).sum();
    let area = met.iter().fold(ExactSum::new(), |mut sum, m| {
        sum.merge(m.area);
        sum
    });
    let one = |m: &&Met<'_>| format!("\"{}\": {} parcels, {:.0} m²", m.code, m.parcels, m.area.value());
    (count, area.value(), met.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// A finding about the codes of the parcel layer.
fn about_codes(finding: Finding, loaded: &Loaded) -> Finding {
    let config = &loaded.pipeline.layers.parcels;
    let finding = finding.input("parcels", &config.source.path);
    if config.land_use.is_empty() { finding } else { finding.field(&config.land_use) }
}

fn report_unknown(met: &[&Met<'_>], scheme: &LandUseScheme, loaded: &Loaded, notes: &mut Notes) {
    let unknown: Vec<&Met<'_>> = met.iter().copied().filter(|m| m.kind.is_none()).collect();
    if unknown.is_empty() {
        return;
    }
    let (count, area, list) = summed(&unknown);
    let message = format!("codes that scheme \"{}\" does not know: {list}", scheme.name);
    let finding = Finding::warning("unknown_land_use_code", message)
        .expected(format!("codes of {}", scheme.name))
        .count(count)
        .hint(why_unknown(&unknown, met, scheme));
    notes.findings.push(about_codes(finding, loaded));
    let mut row = LedgerRow::counted(Stage::Drop, "parcels", count as f64, "parcels").m2(area);
    row.note = format!("land-use code unknown to scheme {}: no emission, no sink", scheme.name);
    notes.ledger.push(row);
}

/// What the unknown codes may be.
fn why_unknown(unknown: &[&Met<'_>], all: &[&Met<'_>], scheme: &LandUseScheme) -> &'static str {
    let rows = || unknown.iter().map(|m| (m.code, m.area.value()));
    let share = |scheme: &LandUseScheme, code: &dyn Fn(&str) -> String| {
        let with: Vec<(String, f64)> = rows().map(|(c, m2)| (code(c), m2)).collect();
        scheme.listed_share(with.iter().map(|(c, m2)| (c.as_str(), *m2))).unwrap_or(0.0)
    };
    let (as_is, with_zero) = (|c: &str| c.to_owned(), |c: &str| format!("0{c}"));
    let of_2007 = LandUseScheme::shipped("gbt21010_2007").ok();
    let share_2007 = of_2007.as_ref().map_or(0.0, |s| share(s, &as_is).max(share(s, &with_zero)));
    // 102 is a road in 2007, and 0102 irrigated land without its zero in 2017: other codes of the layer decide.
    let none_known = unknown.len() == all.len();
    if scheme.name != "gbt21010_2007" && share_2007 > 0.5 && (none_known || share(scheme, &with_zero) < 0.5) {
        "three-digit codes are those of GB/T 21010-2007 and the second survey: scheme = \"gbt21010_2007\""
    } else if share(scheme, &with_zero) > 0.5 {
        "codes have lost their leading zero (601 for 0601): export the field as text"
    } else {
        "these parcels carry no emission and no sink; a CSV scheme (code, space_type) can add them, where 06* stands for all codes that begin with 06"
    }
}

fn report_mended(met: &[&Met<'_>], scheme: &LandUseScheme, loaded: &Loaded, notes: &mut Notes) {
    let mended: Vec<&Met<'_>> = met.iter().copied().filter(|m| m.kind == Some(MatchKind::Mended)).collect();
    if mended.is_empty() {
        return;
    }
    let (count, area, list) = summed(&mended);
    let message = format!("codes are not written as in scheme \"{}\": {list}", scheme.name);
    let finding = Finding::warning("land_use_code_mended", message)
        .count(count)
        .hint("read without blanks, .0 and full-width digits: keep the field as text when you export it");
    notes.findings.push(about_codes(finding, loaded));
    let mut row = LedgerRow::counted(Stage::Repair, "parcels", count as f64, "parcels").m2(area);
    row.note = format!("land-use code written otherwise than in scheme {}", scheme.name);
    notes.ledger.push(row);
}

/// Codes of CORINE's second level, which are also grid codes of other classes.
const CORINE_LEVEL_2: [&str; 15] =
    ["11", "12", "13", "14", "21", "22", "23", "24", "31", "32", "33", "41", "42", "51", "52"];

/// Numbers from 1 to 44 are grid codes; one or two digits may also be meant as CORINE's upper levels.
fn tell_grid_codes(met: &[&Met<'_>], loaded: &Loaded, notes: &mut Notes) {
    let (grid, clc): (Vec<&Met<'_>>, Vec<&Met<'_>>) =
        met.iter().filter(|m| m.kind.is_some()).partition(|m| m.code.trim().len() < 3);
    if grid.is_empty() {
        return;
    }
    let (count, area, _) = summed(&grid);
    let message = format!(
        "numbers from 1 to 44 are read as grid codes of CORINE (1 = 111, 44 = 523): {count} parcels, {area:.0} m²"
    );
    let upper = grid.len() > 1 && grid.iter().all(|m| CORINE_LEVEL_2.contains(&m.code.trim()));
    let finding = if upper || !clc.is_empty() {
        Finding::warning("corine_grid_codes", message).hint(
            "codes of levels 1 and 2 (11 = urban fabric) look alike: use the field with the code of level 3",
        )
    } else {
        Finding::info("corine_grid_codes", message)
    };
    notes.findings.push(about_codes(finding.count(count), loaded));
}

/// Area (m²) by code and name: what there is to judge the scheme by.
struct NamedArea<'a> {
    code: &'a str,
    name: &'a str,
    m2: f64,
}

fn named_areas<'a>(codes: &'a Codes, names: Option<&'a Codes>, area_m2: &[f64]) -> Vec<NamedArea<'a>> {
    let sums = sums_of_pairs(&codes.of, names.map(|n| n.of.as_slice()), area_m2);
    let named = sums.into_iter().map(|((code, name), sum)| NamedArea {
        code: &codes.names[code as usize],
        name: names.map_or("", |n| &n.names[name as usize]),
        m2: sum.value(),
    });
    named.collect()
}

/// Codes and names tell whether the codes belong to another scheme that uses the same numbers.
pub fn warn_other_scheme(
    own: &LandUseScheme,
    codes: &Codes,
    names: Option<&Codes>,
    area_m2: &[f64],
    loaded: &Loaded,
    notes: &mut Notes,
) {
    let others = LandUseScheme::names().into_iter().filter(|n| *n != own.name);
    let others: Vec<LandUseScheme> = others.filter_map(|n| LandUseScheme::shipped(n).ok()).collect();
    let areas = named_areas(codes, names, area_m2);
    let by_name = names.and_then(|_| suspect_by_name(own, &others, &areas));
    let Some((other, why)) = by_name.or_else(|| suspect_by_code(own, &others, &areas)) else {
        return;
    };
    let finding = Finding::warning("land_use_scheme_suspect", why).hint(format!("scheme = {other}?"));
    notes.findings.push(about_codes(finding, loaded));
}

/// The names beside the codes are those of another scheme.
fn suspect_by_name(
    own: &LandUseScheme,
    others: &[LandUseScheme],
    areas: &[NamedArea<'_>],
) -> Option<(String, String)> {
    let rows = || areas.iter().map(|a| (a.code, a.name, a.m2));
    let own_share = own.name_agreement(rows())?;
    let shares = others.iter().filter_map(|other| Some((other.name_agreement(rows())?, other)));
    let (share, best) = best_of(shares)?;
    (share > own_share + 0.2).then(|| {
        let why = format!(
            "the land-use names agree with scheme \"{}\" on {:.1} % of the area, with {best} on {:.1} %",
            own.name,
            own_share * 100.0,
            share * 100.0
        );
        (best, why)
    })
}

/// The largest share, and the names of all that have it.
fn best_of<'a>(shares: impl Iterator<Item = (f64, &'a LandUseScheme)>) -> Option<(f64, String)> {
    let shares: Vec<(f64, &LandUseScheme)> = shares.collect();
    let best = shares.iter().map(|(share, _)| *share).max_by(f64::total_cmp)?;
    let names =
        shares.iter().filter(|(share, _)| *share >= best - 1e-9).map(|(_, s)| format!("\"{}\"", s.name));
    Some((best, names.collect::<Vec<_>>().join(" or ")))
}

/// Share of the city that rail land hardly ever exceeds; 1001 is railway in one standard and industry in another.
const MUCH_RAIL: f64 = 0.03;

/// Without names: another scheme knows far more of the area, or makes industry of what would be a sea of railways.
fn suspect_by_code(
    own: &LandUseScheme,
    others: &[LandUseScheme],
    areas: &[NamedArea<'_>],
) -> Option<(String, String)> {
    let rows = || areas.iter().map(|a| (a.code, a.m2));
    let total: f64 = rows().map(|(_, m2)| m2).collect::<ExactSum>().value();
    let share_of = |scheme: &LandUseScheme, space_type: &str| {
        let part = rows().filter(|(c, _)| scheme.classify(c).is_some_and(|k| k.space_type == space_type));
        part.map(|(_, a)| a).collect::<ExactSum>().value() / total
    };
    let shipped = LandUseScheme::names().contains(&own.name.as_str());
    // A user's table may name only the beginnings of codes.
    let own_share = if shipped { own.listed_share(rows()) } else { own.known_share(rows()) }?;
    let own_rail = share_of(own, "transport_rail");
    let fitting = others.iter().filter_map(|other| {
        let share = other.listed_share(rows()).filter(|share| *share > 0.5)?;
        let knows_more = share > own_share + 0.1;
        let plausible = own_rail > MUCH_RAIL
            && share_of(other, "transport_rail") < own_rail / 3.0
            && share > own_share - 0.02;
        (knows_more || plausible).then_some((share, other))
    });
    let fitting: Vec<(f64, &LandUseScheme)> = fitting.collect();
    let (share, best) = best_of(fitting.iter().copied())?;
    let describe = |scheme: &LandUseScheme, share: f64| {
        format!(
            "\"{}\" lists the codes of {:.1} % of the area and makes {:.1} % of it industrial, {:.1} % railway",
            scheme.name,
            share * 100.0,
            share_of(scheme, "industrial") * 100.0,
            share_of(scheme, "transport_rail") * 100.0
        )
    };
    let equal = fitting.iter().filter(|(s, _)| *s >= share - 1e-9).map(|(s, other)| describe(other, *s));
    let why = format!(
        "the codes fit another scheme better: {}; {}",
        describe(own, own_share),
        equal.collect::<Vec<_>>().join("; ")
    );
    Some((best, why))
}
