//! GDP of the zones shared out from that of their counties (`[layers.zones.gdp] downscale`).
//!
//! The weights are counted in the zones themselves, not in the parcels of a class: a shop in the wrong land use is
//! still part of its township's economy.

use super::per_zone::{ZoneWeights, poi_groups};
use super::zone_tables::{report_list, tell_loose};
use super::zones::{CountyGdp, JoinRow, ZoneSet};
use super::{Notes, Reading, poi, vector_source};
use crate::config::{Downscale, PopulationKind};
use crate::load_config::Loaded;
use carbonzone_sheet::{KeyJoin, normalise_text};
use carbonzone_spatialize::downscale::gdp::{SharedGdp, share_gdp_by_each};
use carbonzone_types::{Finding, LedgerRow, MoneyUnit, Stage, Statement};
use std::collections::BTreeSet;

/// GDP of the zones under each proxy.
pub struct DerivedGdp {
    /// Proxies in the order declared; the first is the one in use.
    pub proxies: Vec<String>,
    /// County of each zone.
    pub county_of: Vec<String>,
    /// GDP of that county as its statistics give it.
    pub county_gdp: Vec<Option<f64>>,
    /// GDP per zone with each proxy as the first choice.
    pub gdp: Vec<Vec<Option<f64>>>,
}

/// Counties in the order of their names, with the GDP and the county of every zone.
struct Matched {
    names: Vec<String>,
    gdp: Vec<Option<f64>>,
    of_zone: Vec<usize>,
}

/// Shares the counties' GDP out over the zones, if the pipeline asks for it.
pub fn derive(
    reading: Reading<'_>,
    counties: &CountyGdp,
    per_zone: ZoneWeights,
    zones: &mut ZoneSet,
    notes: &mut Notes,
) -> Option<DerivedGdp> {
    let Reading { loaded, .. } = reading;
    let config = loaded.pipeline.layers.zones.downscale()?;
    let matched = match_counties(loaded, config, counties, zones, notes)?;
    let weights = zone_weights(reading, config, per_zone, zones, notes)?;
    let slices: Vec<&[f64]> = weights.iter().map(Vec::as_slice).collect();
    let each = match share_gdp_by_each(&matched.gdp, &matched.of_zone, &slices) {
        Ok(each) => each,
        Err(e) => {
            return notes.findings.refuse(Finding::error("gdp_downscale", e.to_string()).layer("zones"));
        }
    };
    let shared = each.first()?;
    report(config, &matched, shared, &zones.gdp_unit, notes);
    zones.gdp.clone_from(&shared.gdp);
    zones.gdp_derived = shared.gdp.iter().map(Option::is_some).collect();
    Some(DerivedGdp {
        proxies: config.proxies.clone(),
        county_of: matched.of_zone.iter().map(|&c| matched.names[c].clone()).collect(),
        county_gdp: matched.of_zone.iter().map(|&c| matched.gdp[c]).collect(),
        gdp: each.into_iter().map(|s| s.gdp).collect(),
    })
}

/// Joins the rows of the tables with the counties that the zones name; what does not match is listed, both ways.
fn match_counties(
    loaded: &Loaded,
    config: &Downscale,
    counties: &CountyGdp,
    zones: &ZoneSet,
    notes: &mut Notes,
) -> Option<Matched> {
    let file = loaded.pipeline.layers.zones.source.path.display().to_string();
    let missing: Vec<String> = (0..zones.ids.len())
        .filter(|&i| counties.of_zone[i].as_ref().is_none_or(|c| c.trim().is_empty()))
        .map(|i| format!("{} ({})", zones.ids[i], zones.names[i]))
        .collect();
    let hint = "every zone needs its county: fill the field, or name another one";
    report_list(
        "zone_without_county",
        "zones that name no county",
        &missing,
        (&file, &config.from),
        hint,
        notes,
    );
    let names: Vec<String> = counties.of_zone.iter().flatten().filter_map(|c| county_name(c)).collect();
    let names: Vec<String> = names.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let gdp = county_rows(config, counties, &names, notes);
    let without_row: Vec<String> =
        names.iter().zip(&gdp).filter(|(_, row)| row.is_none()).map(|(name, _)| name.clone()).collect();
    let shown = counties.tables.first().map_or(file.as_str(), |t| t.0.as_str());
    let hint = "nothing is filled with zero: add the county, or correct its name in table or layer";
    let at = (shown, config.from.as_str());
    report_list("unmatched_counties", "counties of the zones without a row", &without_row, at, hint, notes);
    if !missing.is_empty() || !without_row.is_empty() {
        return None;
    }
    let of_zone = counties
        .of_zone
        .iter()
        .map(|c| names.binary_search(&county_name(c.as_deref()?)?).ok())
        .collect::<Option<_>>()?;
    Some(Matched { gdp: gdp.into_iter().map(Option::flatten).collect(), names, of_zone })
}

/// The name of a county as it is compared; `None` for a blank one.
fn county_name(text: &str) -> Option<String> {
    Some(normalise_text(text)).filter(|name| !name.is_empty())
}

/// GDP of each county as its row gives it; `None` without a row. Names are compared as they are written first.
fn county_rows(
    config: &Downscale,
    counties: &CountyGdp,
    names: &[String],
    notes: &mut Notes,
) -> Vec<Option<Option<f64>>> {
    let rows: Vec<&JoinRow> = counties.tables.iter().flat_map(|(_, _, rows)| rows).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let join = KeyJoin::new(names, &keys);
    let mut gdp = vec![None; names.len()];
    for (row, county) in rows.iter().zip(&join.unit_of) {
        if let Some(county) = county {
            gdp[*county] = Some(row.gdp);
        }
    }
    let (table, key) = counties.tables.first().map_or(("", ""), |(table, key, _)| (table, key));
    let unmatched: Vec<String> = join.unmatched.iter().map(|row| rows[*row].key.clone()).collect();
    let hint = "the key must be a county as the zone layer names it; leave out rows of the whole city";
    let message = "rows that match no county of the zones";
    report_list("unmatched_table_rows", message, &unmatched, (table, key), hint, notes);
    let hint = "one row per county, and one spelling of each";
    report_list("ambiguous_rows", "counties with several rows", &join.ambiguous, (table, key), hint, notes);
    tell_loose(&join.loose, (table, &config.from), notes);
    gdp
}

/// One weight per zone for each proxy.
fn zone_weights(
    reading: Reading<'_>,
    config: &Downscale,
    mut per_zone: ZoneWeights,
    zones: &ZoneSet,
    notes: &mut Notes,
) -> Option<Vec<Vec<f64>>> {
    let Reading { loaded, .. } = reading;
    check_groups(loaded, notes)?;
    let own_layer =
        loaded.pipeline.layers.population.as_ref().is_some_and(|l| l.kind != PopulationKind::Zones);
    config
        .proxies
        .iter()
        .map(|proxy| match proxy.as_str() {
            "area" => Some(zones.coverage.areas_m2()),
            "light" => {
                let source = vector_source(loaded, "light", config.light.as_ref()?);
                let wanted = reading.wanted(&source);
                let zonal = notes.take(loaded.layers.sums(wanted, &zones.coverage))?;
                notes.records.push(zonal.record);
                Some(zonal.sums)
            }
            "people" if own_layer => per_zone.people.take(),
            "people" => known_population(loaded, zones, notes),
            poi => per_zone.poi.as_mut()?.remove(poi.strip_prefix("poi:")?),
        })
        .collect()
}

/// The population of the zones as a weight. A zone without one cannot be weighed: unknown is not zero.
fn known_population(loaded: &Loaded, zones: &ZoneSet, notes: &mut Notes) -> Option<Vec<f64>> {
    let unknown: Vec<String> = (0..zones.ids.len())
        .filter(|&i| zones.population[i].is_none())
        .map(|i| format!("{} ({})", zones.ids[i], zones.names[i]))
        .collect();
    let file = loaded.pipeline.layers.zones.source.path.display().to_string();
    let hint = "GDP is shared out by people: fill the population of these zones (0 where nobody lives), or use another proxy";
    report_list(
        "zone_without_population",
        "zones without a population",
        &unknown,
        (&file, "population"),
        hint,
        notes,
    );
    zones.population.iter().copied().collect()
}

/// A group that the POI scheme does not have is a mistake in the pipeline file.
fn check_groups(loaded: &Loaded, notes: &mut Notes) -> Option<()> {
    let groups = poi_groups(loaded);
    if groups.is_empty() {
        return Some(());
    }
    let known = poi::known_groups(loaded, &mut Notes::default())?;
    let at = ["layers", "zones", "gdp", "downscale", "proxies"];
    let unknown: Vec<Finding> = groups
        .iter()
        .filter_map(|group| poi::unknown_group(&known, group, "gdp.downscale"))
        .map(|finding| loaded.at(finding.layer("zones"), &at))
        .collect();
    let ok = unknown.is_empty();
    notes.findings.items.extend(unknown);
    ok.then_some(())
}

/// Ledger rows per county, findings for what could not be shared out.
fn report(config: &Downscale, matched: &Matched, shared: &SharedGdp, unit: &MoneyUnit, notes: &mut Notes) {
    let unit = unit.plain();
    let zones_of = |county: usize| matched.of_zone.iter().filter(|c| **c == county).count();
    for (county, used) in shared.used.iter().enumerate() {
        let (name, gdp) = (&matched.names[county], matched.gdp[county].unwrap_or(0.0));
        let Some(k) = used else { continue };
        let by = &config.proxies[*k];
        let n = zones_of(county);
        notes.ledger.push(
            LedgerRow::counted(Stage::Placed, "gdp", gdp, &unit)
                .note(format!("GDP of {name} shared out over its {n} zones by {by}")),
        );
        if *k > 0 {
            let note =
                format!("GDP of {name}: {} is zero in all its zones, {by} used instead", config.proxies[0]);
            notes.ledger.push(LedgerRow::counted(Stage::Fallback, "gdp", gdp, &unit).note(note.clone()));
            notes.findings.push(
                Finding::warning("gdp_zero_proxy", note)
                    .layer("zones")
                    .field("layers.zones.gdp")
                    .count(n as u64),
            );
        }
    }
    let without: Vec<&str> = (0..matched.gdp.len())
        .filter(|&c| matched.gdp[c].is_none())
        .map(|c| matched.names[c].as_str())
        .collect();
    if !without.is_empty() {
        let zones: usize = (0..matched.gdp.len()).filter(|&c| matched.gdp[c].is_none()).map(zones_of).sum();
        notes.findings.push(
            Finding::warning("county_without_gdp", format!("counties without a GDP: {}", without.join(", ")))
                .layer("zones")
                .count(zones as u64)
                .hint("their zones have no GDP and become undefined; fill the cell of the table"),
        );
        notes.ledger.push(
            LedgerRow::counted(Stage::Drop, "gdp", zones as f64, "zones")
                .note(format!("no GDP to share out: {}", without.join(", "))),
        );
    }
    for &county in &shared.without_weight {
        let message = format!(
            "GDP of {} cannot be shared out: {} zero in all its {} zones",
            matched.names[county],
            if config.proxies.len() == 1 { "the proxy is" } else { "every proxy is" },
            zones_of(county)
        );
        notes.findings.push(
            Finding::error("gdp_zero_proxy", message)
                .layer("zones")
                .field("layers.zones.gdp")
                .value(config.proxies.join(", "))
                .hint("add \"people\" or \"area\" as the last proxy"),
        );
    }
    let (n, by) = (matched.names.len(), config.proxies.first().map_or("", String::as_str));
    notes.statements.push(Statement::new(
        format!(
            "{GDP_SHARED}: that of {n} counties shared out by {by} (first choice; no statistics of townships). ECC and the zones rest on this choice."
        ),
        format!("各单元 GDP 为推算值：{n} 个区县的 GDP 按 {by}（首选）分摊，并非乡镇统计数据；ECC 与分区依赖于这一选择。"),
    ));
}

/// Begins the sentence on GDP that this run shared out.
pub const GDP_SHARED: &str = "GDP of the zones is derived";

#[cfg(test)]
mod tests {
    use super::*;

    /// GDP of these counties by a table with these keys, whose rows have 1, 2, 3, ...
    fn joined(names: &[&str], keys: &[&str]) -> (Vec<Option<f64>>, Vec<String>) {
        let row = |(i, key): (usize, &&str)| JoinRow {
            key: (*key).to_owned(),
            population: None,
            gdp: Some(i as f64 + 1.0),
            emissions: None,
            missing: None,
            place: String::new(),
        };
        let rows: Vec<JoinRow> = keys.iter().enumerate().map(row).collect();
        let counties = CountyGdp {
            tables: vec![("gdp.csv".to_owned(), "county".to_owned(), rows)],
            ..CountyGdp::default()
        };
        let config: Downscale = toml::from_str("from = \"county\"\nproxies = [\"area\"]").unwrap();
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut notes = Notes::default();
        let gdp = county_rows(&config, &counties, &names, &mut notes);
        let said = notes.findings.items.into_iter().map(|f| format!("{}: {}", f.code, f.message)).collect();
        (gdp.into_iter().map(Option::flatten).collect(), said)
    }

    #[test]
    fn counties_are_compared_as_they_are_written_before_loosely() {
        // Without hyphens both are 111.
        let (gdp, said) = joined(&["1-11", "11-1"], &["11-1", "1-11"]);
        assert_eq!((gdp, said), (vec![Some(2.0), Some(1.0)], vec![]));
        let (gdp, said) = joined(&["Lake Town", "Mill"], &["lake-town", "Mill"]);
        assert_eq!(gdp, [Some(1.0), Some(2.0)]);
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("loose_keys") && said[0].contains("lake-town = Lake Town"), "{said:?}");
    }

    #[test]
    fn rows_that_match_one_county_and_a_row_that_matches_several_are_named() {
        let (_, said) = joined(&["Lake Town"], &["LakeTown", "Lake-Town"]);
        assert!(said[0].contains("ambiguous_rows") && said[0].contains("(LakeTown, Lake-Town)"), "{said:?}");
        let (gdp, said) = joined(&["1-11", "11-1"], &["111"]);
        assert_eq!(gdp, [None, None]);
        assert!(said[0].contains("111 could be any of 1-11, 11-1"), "{said:?}");
    }
}
