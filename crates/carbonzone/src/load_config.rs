//! Reads the pipeline file: overrides, unknown keys with a hint, semantic checks with the place in the file.

use crate::config::{MassUnit, Pipeline, Total};
use carbonzone_types::{Finding, Findings};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A pipeline file as read.
pub struct Loaded<P = Pipeline> {
    /// Path as given.
    pub path: PathBuf,
    /// Text of the file.
    pub text: String,
    /// Parsed, defaults filled in.
    pub pipeline: P,
}

impl<P> Loaded<P> {
    /// Folder that paths in the file are relative to.
    pub fn base(&self) -> PathBuf {
        self.path.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// A path of the file, resolved.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
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

/// Reads and checks a pipeline file.
///
/// # Errors
/// All findings that make the file unusable; the text (for rendering) comes with them, empty if unreadable.
pub fn load(path: &Path, overrides: &[String]) -> Result<Loaded, (String, Findings)> {
    load_study(path, overrides, check)
}

/// Reads a pipeline file that may be wrong in what its values mean, so that its layers can be looked at all the same.
///
/// # Errors
/// If it cannot be read or parsed.
pub fn load_with_findings(
    path: &Path,
    overrides: &[String],
) -> Result<(Loaded, Findings), (String, Findings)> {
    read(path, overrides, check)
}

/// Reads the pipeline file of any study; `check` adds what serde cannot see.
///
/// # Errors
/// As [`load`].
pub fn load_study<P: DeserializeOwned>(
    path: &Path,
    overrides: &[String],
    check: fn(&Loaded<P>) -> Findings,
) -> Result<Loaded<P>, (String, Findings)> {
    let (loaded, findings) = read(path, overrides, check)?;
    if findings.blocks() { Err((loaded.text, findings)) } else { Ok(loaded) }
}

fn read<P: DeserializeOwned>(
    path: &Path,
    overrides: &[String],
    check: fn(&Loaded<P>) -> Findings,
) -> Result<(Loaded<P>, Findings), (String, Findings)> {
    let mut findings = Findings::new();
    let text = match std::fs::read_to_string(path) {
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
            return Err((String::new(), findings));
        }
    };
    match parse(&text, overrides) {
        Ok(pipeline) => {
            let loaded = Loaded { path: path.to_path_buf(), text, pipeline };
            findings.extend(check(&loaded));
            Ok((loaded, findings))
        }
        Err(finding) => {
            findings.push(finding.file(path.display().to_string()));
            Err((text, findings))
        }
    }
}

fn parse<P: DeserializeOwned>(text: &str, overrides: &[String]) -> Result<P, Finding> {
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
    nearest(found, known.iter().copied()).map(|name| format!("did you mean `{name}`?"))
}

/// The most similar name, if one is similar at all.
pub fn nearest<'a>(found: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    // Swapped letters in a short name (`csr` for `crs`) are far apart for Jaro-Winkler, but one edit away.
    let score = |name: &str| {
        let edits = strsim::damerau_levenshtein(&found, name);
        let close = if edits <= 1 + found.len() / 6 { 0.95 - 0.05 * edits as f64 } else { 0.0 };
        strsim::jaro_winkler(&found, name).max(close)
    };
    known
        .map(|name| (score(&name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// What serde cannot see: budgets without rules, shares that do not sum to 1, names that do not exist.
fn check(loaded: &Loaded) -> Findings {
    let mut findings = Findings::new();
    let p = &loaded.pipeline;
    let at = |finding: Finding, keys: &[&str]| match loaded.span(keys) {
        Some(span) => finding.span(span),
        None => finding,
    };
    if p.city.name.is_empty()
        || !p.city.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    {
        findings.push(at(
            Finding::error("city_name", "the name becomes a folder and a file name")
                .field("city.name")
                .value(&p.city.name)
                .expected("letters, digits, _ and -"),
            &["city", "name"],
        ));
    }
    if !(p.aggregate.cell_m > 0.0 && p.aggregate.cell_m.is_finite()) {
        findings.push(at(
            Finding::error("cell_size", "the grid cell size must be a positive number of metres")
                .field("aggregate.cell_m")
                .value(p.aggregate.cell_m.to_string()),
            &["aggregate", "cell_m"],
        ));
    }
    if let Some(roads) = &p.layers.roads
        && !(0.0..=1.0).contains(&roads.lambda)
    {
        findings.push(at(
            Finding::error("lambda", "the weight of the traffic POI must lie between 0 and 1")
                .field("layers.roads.lambda")
                .value(roads.lambda.to_string()),
            &["layers", "roads", "lambda"],
        ));
    }
    check_ranges(loaded, &mut findings);
    crate::check_layers::check(loaded, &mut findings);
    check_totals(loaded, &mut findings);
    check_rules(loaded, &mut findings);
    findings
}

/// Distances are not negative, and a year is a year.
fn check_ranges(loaded: &Loaded, findings: &mut Findings) {
    let layers = &loaded.pipeline.layers;
    let snaps = [
        ("poi", "snap_m", layers.poi.as_ref().map(|l| l.snap_m)),
        ("population", "snap_m", layers.population.as_ref().map(|l| l.snap_m)),
        ("roads", "snap_m", layers.roads.as_ref().map(|l| l.snap_m)),
        ("roads", "poi_snap_m", layers.roads.as_ref().map(|l| l.poi_snap_m)),
        ("point_sources", "snap_m", layers.point_sources.as_ref().map(|l| l.snap_m)),
    ];
    let mut refuse = |keys: &[&str], value: String, expected: &str| {
        let mut finding = Finding::error("out_of_range", format!("{} = {value}", keys.join(".")))
            .field(keys.join("."))
            .value(value)
            .expected(expected);
        if let Some(span) = loaded.span(keys) {
            finding = finding.span(span);
        }
        findings.push(finding);
    };
    for (layer, key, value) in snaps {
        if let Some(metres) = value.filter(|m| !(*m >= 0.0 && m.is_finite())) {
            refuse(&["layers", layer, key], metres.to_string(), "a distance in metres, 0 or more");
        }
    }
    let year = loaded.pipeline.city.year;
    if !(1900..=2200).contains(&year) {
        refuse(&["city", "year"], year.to_string(), "a year such as 2020");
    }
}

fn check_totals(loaded: &Loaded, findings: &mut Findings) {
    let inventory = &loaded.pipeline.inventory;
    if inventory.totals.is_empty() == inventory.activity.is_none() {
        findings.push(
            Finding::error("inventory", "the inventory is either given or computed: one of both is needed")
                .field("inventory")
                .expected("[[inventory.totals]] or [inventory.activity]"),
        );
    }
    for (i, total) in inventory.totals.iter().enumerate() {
        let index = i.to_string();
        let name = format!("{}:{}", total.sector, total.land_group);
        if !(total.amount >= 0.0 && total.amount.is_finite()) {
            let mut finding = Finding::error("negative_or_nan_budget", format!("total {name} is not a number ≥ 0"))
                .field("inventory.totals.amount")
                .value(total.amount.to_string())
                .hint(if total.amount.is_nan() {
                    "put the number of your city here"
                } else if total.sector == "sink" {
                    "sinks are given positive; land that is a net source is an emission: declare sector = \"land\", it then enters gross"
                } else {
                    "emissions are given positive; removals are sector = \"sink\""
                });
            if let Some(span) = loaded.span(&["inventory", "totals", &index, "amount"]) {
                finding = finding.span(span);
            }
            findings.push(finding);
        }
        let shares: f64 = total.mode_share.values().sum();
        if !total.mode_share.is_empty()
            && ((shares - 1.0).abs() > 1e-9 || total.mode_share.values().any(|s| s.is_nan() || *s < 0.0))
        {
            let mut finding = Finding::error("mode_share", format!("mode_share of {name} sums to {shares}"))
                .expected("shares ≥ 0 that sum to 1");
            if let Some(span) = loaded.span(&["inventory", "totals", &index, "mode_share"]) {
                finding = finding.span(span);
            }
            findings.push(finding);
        }
    }
}

fn check_rules(loaded: &Loaded, findings: &mut Findings) {
    let p = &loaded.pipeline;
    let mut seen = BTreeMap::new();
    for (i, rule) in p.allocate.iter().enumerate() {
        let index = i.to_string();
        let mut report = |finding: Finding, key: &str| {
            findings.push(match loaded.span(&["allocate", &index, key]) {
                Some(span) => finding.span(span),
                None => finding,
            });
        };
        if seen.insert(rule.id.clone(), i).is_some() {
            report(Finding::error("duplicate_rule", format!("rule id \"{}\" occurs twice", rule.id)), "id");
        }
        if rule.land.is_empty() {
            report(Finding::error("rule_land", format!("rule \"{}\" names no land group", rule.id)), "land");
        }
        if rule.proxies.is_empty() {
            report(
                Finding::error("rule_proxies", format!("rule \"{}\" names no proxy", rule.id))
                    .hint("`proxies = [\"area\"]` shares by area"),
                "proxies",
            );
        }
        for proxy in &rule.proxies {
            if !known_proxy(proxy) {
                let known =
                    ["population", "road_corrected", "sink_area", "area", "poi:industry", "road:road"];
                let mut finding =
                    Finding::error("unknown_proxy", format!("rule \"{}\": unknown proxy", rule.id))
                        .value(proxy)
                        .expected("poi:<group>, population, road:<mode>, road_corrected, sink_area, area");
                if let Some(name) = nearest(proxy, known.into_iter()) {
                    finding = finding.hint(format!("did you mean \"{name}\"?"));
                }
                report(finding, "proxies");
            }
        }
        if !p.inventory.totals.is_empty()
            && !budgets(&p.inventory.totals, MassUnit::Tonnes).contains_key(&rule.budget)
        {
            let names = budgets(&p.inventory.totals, MassUnit::Tonnes);
            let mut finding = Finding::error(
                "unknown_budget",
                format!("rule \"{}\": no total \"{}\"", rule.id, rule.budget),
            )
            .expected(names.keys().cloned().collect::<Vec<_>>().join(", "));
            if let Some(name) = nearest(&rule.budget, names.keys().map(String::as_str)) {
                finding = finding.hint(format!("did you mean \"{name}\"?"));
            }
            report(finding, "budget");
        }
    }
    if !p.inventory.totals.is_empty() {
        for (budget, amount_t) in budgets(&p.inventory.totals, p.inventory.unit) {
            if let Some(finding) = check_shares(p, &budget, amount_t) {
                findings.push(finding);
            }
        }
    }
}

/// Every budget must be handed out whole: the shares of its rules sum to 1.
pub fn check_shares(pipeline: &Pipeline, budget: &str, amount_t: f64) -> Option<Finding> {
    let shares: f64 = pipeline.allocate.iter().filter(|r| r.budget == budget).map(|r| r.share).sum();
    if (shares - 1.0).abs() <= 1e-9 || (amount_t == 0.0 && shares == 0.0) {
        return None;
    }
    Some(
        Finding::error(
            "budget_not_handed_out",
            format!("the rules of budget \"{budget}\" take {shares} of it; nothing may be lost silently"),
        )
        .expected("shares that sum to 1")
        .amount_t((amount_t * (1.0 - shares)).abs())
        .hint(format!("add an [[allocate]] row with budget = \"{budget}\"")),
    )
}

fn known_proxy(name: &str) -> bool {
    matches!(name, "population" | "road_corrected" | "sink_area" | "area")
        || name.strip_prefix("poi:").is_some_and(|g| !g.is_empty())
        || name.strip_prefix("road:").is_some_and(|m| !m.is_empty())
}

/// Given totals as named budgets in tonnes, mode shares applied.
pub fn budgets(totals: &[Total], unit: MassUnit) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for total in totals {
        let name = format!("{}:{}", total.sector, total.land_group);
        let amount_t = unit.in_tonnes(total.amount);
        if total.mode_share.is_empty() {
            *out.entry(name).or_insert(0.0) += amount_t;
        } else {
            for (mode, share) in &total.mode_share {
                *out.entry(format!("{name}_{mode}")).or_insert(0.0) += amount_t * share;
            }
        }
    }
    out
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
    fn mode_shares_split_a_total() {
        let total = Total {
            sector: "transport".into(),
            land_group: "transport".into(),
            amount: 10.0,
            mode_share: BTreeMap::from([("road".into(), 0.9), ("rail".into(), 0.1)]),
            source: String::new(),
        };
        let b = budgets(&[total], MassUnit::TenThousandTonnes);
        assert_eq!(b["transport:transport_road"], 90_000.0);
        assert_eq!(b["transport:transport_rail"], 10_000.0);
    }

    #[test]
    fn totals_are_scaled_as_the_decimal_numbers_of_the_file() {
        let total = |amount| Total {
            sector: "industry".into(),
            land_group: "industrial".into(),
            amount,
            mode_share: BTreeMap::new(),
            source: String::new(),
        };
        let given = [(12_430.46, 124_304_600.0), (287.28, 2_872_800.0), (6.02, 60_200.0)];
        for (amount, tonnes) in given {
            assert_eq!(budgets(&[total(amount)], MassUnit::TenThousandTonnes)["industry:industrial"], tonnes);
        }
    }

    #[test]
    fn a_value_is_found_in_an_array_of_tables() {
        let text = "[[allocate]]\nid = \"a\"\n[[allocate]]\nid = \"bb\"\n";
        assert_eq!(&text[span_of(text, &["allocate", "1", "id"]).unwrap()], "\"bb\"");
    }
}
