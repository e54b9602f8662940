//! The pipeline file of a draft.

use super::draft::{Codes, Draft, ParcelDraft, PoiDraft, Reach, SourceDraft, ZoneDraft};
use super::words::built;
use crate::config::MassUnit;
use crate::load::mass_unit::unit_name;
use crate::load::units::foreign_money;
use crate::names::{has_han, run_name};
use carbonzone_report::words::KINDS;
use carbonzone_report::{Lang, chinese};
use carbonzone_types::{MoneyUnit, decimal_scaled};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// File names of own tables of codes.
pub const LAND_USE_CSV: &str = "land_use.csv";
pub const POI_CSV: &str = "poi_groups.csv";

/// Where a pipeline file is written, and in which language.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Folder of the tables of codes.
    pub dir: &'a Path,
    /// Folder of the pipeline file: its paths are relative to it.
    pub base: &'a Path,
    /// Language of the comments.
    pub lang: Lang,
}

impl Place<'_> {
    /// A path as the pipeline file names it.
    fn path(&self, path: &Path) -> String {
        relative(path, self.base).display().to_string().replace('\\', "/")
    }

    /// A table of codes: a shipped one, or the file beside.
    fn codes(&self, codes: &Codes, file: &str) -> String {
        match codes {
            Codes::Shipped(name) => name.clone(),
            Codes::Own(_) => self.path(&self.dir.join(file)),
        }
    }

    /// A comment.
    pub fn say(&self, en: &str) -> String {
        if self.lang == Lang::Zh { chinese::text(en) } else { en.to_owned() }
    }

    /// A line of the file with a comment behind it.
    fn line(&self, out: &mut String, line: &str, comment: &str) {
        let _ = writeln!(out, "{line:<23} # {}", self.say(comment));
    }
}

/// Tables of codes, by their file names.
pub fn code_tables(draft: &Draft) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if let Some(ParcelDraft { scheme: Codes::Own(lines), .. }) = &draft.parcels {
        out.push((LAND_USE_CSV, codes("code,space_type,sink_type,parcels", lines)));
    }
    if let Some(PoiDraft { groups: Codes::Own(lines), .. }) = &draft.poi {
        out.push((POI_CSV, codes("code,group,mode,points", lines)));
    }
    out
}

fn codes(header: &str, lines: &[[String; 4]]) -> String {
    let quoted = |text: &String| {
        if text.contains([',', '"', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    let mut out =
        format!("# Guessed from the words: look at every line, the most frequent first.\n{header}\n");
    let mut lines: Vec<&[String; 4]> = lines.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line[3].parse::<u64>().unwrap_or(0)));
    for line in lines {
        let _ = writeln!(out, "{}", line.iter().map(quoted).collect::<Vec<_>>().join(","));
    }
    out
}

/// A text as TOML writes it.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

/// A path as seen from a folder.
fn relative(path: &Path, dir: &Path) -> PathBuf {
    let absolute = |p: &Path| std::path::absolute(p).unwrap_or_else(|_| p.to_path_buf());
    let (path, dir) = (absolute(path), absolute(dir));
    let shared = path.components().zip(dir.components()).take_while(|(a, b)| a == b).count();
    let up = dir.components().skip(shared).map(|_| PathBuf::from(".."));
    up.chain(path.components().skip(shared).map(|c| PathBuf::from(c.as_os_str()))).collect()
}

fn source(source: &SourceDraft, at: Place<'_>) -> String {
    let mut out = format!("source = {{ path = {}", text(&at.path(&source.path)));
    let [x, y] = source.xy.clone().map_or([None, None], |[x, y]| [Some(x), Some(y)]);
    for (key, value) in
        [("layer", &source.layer), ("x", &x), ("y", &y), ("crs", &source.crs), ("encoding", &source.encoding)]
    {
        if let Some(value) = value {
            let _ = write!(out, ", {key} = {}", text(value));
        }
    }
    out + " }\n"
}

fn optional(out: &mut String, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        let _ = writeln!(out, "{key} = {}", text(value));
    }
}

/// The text of the pipeline file.
pub fn pipeline(draft: &Draft, at: &Place<'_>) -> String {
    let mut out = String::new();
    for line in [
        "Written by `carbonzone init --from`. Everything here is a guess: look at it. Lines marked OPEN are yours.",
        "Paths are relative to this file. Every key and default: `carbonzone schema`.",
    ] {
        let _ = writeln!(out, "# {}", at.say(line));
    }
    let (name, title) = (text(&run_name(&draft.name)), text(&draft.name));
    let _ = writeln!(out, "\n[city]\nname = {name}");
    let key = if has_han(&draft.name) { "title_zh" } else { "title_en" };
    let _ = writeln!(out, "{key} = {title}");
    at.line(&mut out, &format!("year = {}", draft.year), "that of the inventory");
    match &draft.crs {
        Some(crs) => optional(&mut out, "crs", Some(crs)),
        None => at.line(&mut out, "# crs = \"EPSG:....\"", "OPEN: a projected CRS in metres"),
    }
    if draft.clip {
        out.push_str("border = \"clip\"\n");
    }
    at.line(&mut out, "source = \"\"", "OPEN: where the data come from; printed on every map");
    at.line(
        &mut out,
        "# illustrative = true",
        "if a total below is only an example: every output then says so",
    );
    layers(draft, *at, &mut out);
    let rules = rules(draft);
    totals(draft, &rules, *at, &mut out);
    for rule in &rules {
        let list = |items: &[String]| items.iter().map(|i| text(i)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            out,
            "\n[[allocate]]\nid = {}\nbudget = {}\nland = [{}]\nproxies = [{}]",
            text(rule.id),
            text(&rule.budget()),
            list(&rule.land),
            list(&rule.proxies)
        );
    }
    one_total(draft, &rules, *at, &mut out);
    out.push_str("\n[aggregate]\ncell_m = 1000.0\n\n[zoning]\nscheme = \"suzhou_four_zones\"\n");
    if let Some(axes) = draft.axes {
        at.line(&mut out, &format!("axes = {axes:?}"), "the other index has no data");
    }
    out.push_str("\n[outputs]\n");
    let language = match (at.lang, draft.chinese) {
        (Lang::Zh, _) => "zh",
        (_, true) => "both",
        (_, false) => "en",
    };
    let _ = writeln!(out, "{:<24}# en | zh | both", format!("language = \"{language}\""));
    out
}

fn layers(draft: &Draft, at: Place<'_>, out: &mut String) {
    if let Some(parcels) = &draft.parcels {
        out.push_str("\n[layers.parcels]\n");
        out.push_str(&source(&parcels.source, at));
        optional(out, "id", parcels.id.as_ref());
        if !parcels.land_use.is_empty() {
            optional(out, "land_use", Some(&parcels.land_use));
        }
        optional(out, "scheme", Some(&at.codes(&parcels.scheme, LAND_USE_CSV)));
    }
    if let Some(poi) = &draft.poi {
        out.push_str("\n[layers.poi]\n");
        out.push_str(&source(&poi.source, at));
        optional(out, "type", Some(&poi.kind));
        optional(out, "groups", Some(&at.codes(&poi.groups, POI_CSV)));
        at.line(out, "snap_m = 30.0", "a point beside its class goes to the nearest parcel of it");
    }
    if let Some(people) = &draft.people {
        out.push_str("\n[layers.population]\n");
        out.push_str(&source(&people.source, at));
        let _ = writeln!(out, "kind = {}", text(people.kind));
        if !people.weight.is_empty() {
            let list = people.weight.iter().map(|w| text(w)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "weight = [{list}]");
        }
        if people.kind == "points" {
            out.push_str("snap_m = 50.0\n");
        }
    } else if draft.zones.as_ref().is_some_and(ZoneDraft::has_people) {
        out.push_str("\n[layers.population]\n");
        let comment = "the people of the zone table, by area over the parcels of the class";
        at.line(out, "kind = \"zones\"", comment);
    }
    if let Some(roads) = &draft.roads {
        out.push_str("\n[layers.roads]\n");
        out.push_str(&source(&roads.source, at));
        optional(out, "class", roads.class.as_ref());
        optional(out, "scheme", roads.scheme.map(str::to_owned).as_ref());
        let comment = "inside | nearest | both_sides: roads are often the gaps between parcels";
        at.line(out, "assignment = \"nearest\"", comment);
        out.push_str("snap_m = 30.0\n");
    }
    zones(draft, at, out);
}

fn zones(draft: &Draft, at: Place<'_>, out: &mut String) {
    let Some(zones) = &draft.zones else {
        let comment = "OPEN: townships or counties with an id: nothing below the folder looks like them";
        out.push('\n');
        at.line(out, "# [layers.zones]", comment);
        return;
    };
    out.push_str("\n[layers.zones]\n");
    out.push_str(&source(&zones.source, at));
    at.line(out, &format!("kind = {}", text(zones.kind)), &KINDS.join(" | "));
    let _ = writeln!(out, "id = {}", text(&zones.id));
    for (key, value) in [
        ("name", &zones.name),
        ("name_en", &zones.name_en),
        ("district", &zones.district),
        ("population", &zones.population),
        ("gdp", &zones.gdp),
        ("emissions", &zones.emissions.as_ref().filter(|e| e.in_layer).map(|e| e.column.clone())),
    ] {
        optional(out, key, value.as_ref());
    }
    let labels = zones.gdp.iter().chain(zones.tables.iter().filter_map(|t| t.gdp.as_ref()));
    let index = zones.gdp_index.then(MoneyUnit::index);
    let money = index.or_else(|| labels.clone().find_map(|label| foreign_money(label)));
    if let Some(unit) = &money {
        at.line(out, &format!("gdp_unit = {}", text(&unit.plain())), "as the header of the column says");
    }
    if zones.emissions.as_ref().is_some_and(|e| e.power.is_none()) {
        let comment = "OPEN: t | kt | 1e4 t | Mt: the unit of the column of emissions, of CO2e";
        at.line(out, "# emissions_unit = \"\"", comment);
    }
    if zones.overlap_first {
        at.line(out, "overlap = \"first\"", "ground of two zones goes to the one with the lower id");
    }
    for table in &zones.tables {
        let _ = writeln!(out, "\n[[layers.zones.tables]]\npath = {}", text(&at.path(&table.path)));
        optional(out, "sheet", table.sheet.as_ref());
        let _ = writeln!(out, "key = {}", text(&table.key));
        if table.by_name {
            out.push_str("on = \"name\"\n");
        }
        optional(out, "population", table.population.as_ref());
        optional(out, "emissions", table.emissions.as_ref());
        if let Some(gdp) = &table.gdp {
            let line = format!("gdp = {}", text(gdp));
            match &money {
                Some(_) => out.push_str(&(line + "\n")),
                None => at.line(out, &line, "in 1e4 CNY, or as its header says; else gdp_unit_1e4cny = ... here, or gdp_unit in [layers.zones]"),
            }
        }
        if table.gdp_derived {
            out.push_str("gdp_derived = true\n");
        }
    }
}

/// A rule with the budget it needs.
pub struct Rule {
    id: &'static str,
    sector: &'static str,
    land_group: &'static str,
    /// Part of a budget that is split by mode.
    mode: Option<&'static str>,
    land: Vec<String>,
    proxies: Vec<String>,
}

impl Rule {
    /// True if it places what the land absorbs.
    pub fn is_sink(&self) -> bool {
        self.sector == "sink"
    }

    fn budget(&self) -> String {
        match self.mode {
            Some(mode) => format!("{}:{}_{mode}", self.sector, self.land_group),
            None => format!("{}:{}", self.sector, self.land_group),
        }
    }
}

/// One rule for each kind of land that occurs, by the proxies that are there.
pub fn rules(draft: &Draft) -> Vec<Rule> {
    let Some(parcels) = &draft.parcels else { return Vec::new() };
    let there = |names: &[&str]| -> Vec<String> {
        let all = names.iter().filter(|n| parcels.space_types.iter().any(|s| s == *n));
        all.map(|n| (*n).to_owned()).collect()
    };
    let by = |proxy: Option<String>| proxy.into_iter().chain(["area".to_owned()]).collect::<Vec<_>>();
    let poi = |group: &str| {
        let found = draft.poi.as_ref().is_some_and(|p| p.found.iter().any(|g| g == group));
        by(found.then(|| format!("poi:{group}")))
    };
    let people = || {
        let zone_people = draft.zones.as_ref().is_some_and(ZoneDraft::has_people);
        by((draft.people.is_some() || zone_people).then(|| "population".to_owned()))
    };
    let roads = || {
        let on_roads = there(&["transport_road"]).len() == 1 && !draft.reach.contains_key("road");
        let proxy = if on_roads { "road_corrected" } else { "road:road" };
        by(draft.roads.as_ref().map(|_| proxy.to_owned()))
    };
    let mut out = Vec::new();
    let mut add = |id, budget: (&'static str, &'static str), land: Vec<String>, proxies: Vec<String>| {
        let (land, proxies) = match draft.reach.get(id) {
            Some(Reach::Also(more)) => (land.into_iter().chain(more.iter().cloned()).collect(), proxies),
            Some(Reach::Built) => (there(&built()), proxies),
            Some(Reach::All) => (parcels.space_types.clone(), proxies),
            Some(Reach::AreaOnly) => (land, by(None)),
            None => (land, proxies),
        };
        if !land.is_empty() {
            let mode = (id == "road").then_some("road");
            out.push(Rule { id, sector: budget.0, land_group: budget.1, mode, land, proxies });
        }
    };
    if let Some(one) = ["county", "built_up"].into_iter().find(|one| there(&[*one]).len() == 1) {
        let known = draft.zones.as_ref().is_some_and(|z| z.emissions.is_some());
        let proxies = if known { vec!["zone_emissions".to_owned()] } else { people() };
        add(if known { ALL } else { "people" }, ("energy", one), vec![one.to_owned()], proxies);
    } else {
        add("manufacturing", ("industry", "industrial"), there(&["industrial", "mining"]), poi("industry"));
        let homes = there(&["urban_residential", "rural_homestead"]);
        add("residents", ("construction", "urban_residential"), homes, people());
        add("business", ("construction", "commercial"), there(&["commercial"]), poi("commercial"));
        add("public", ("construction", "admin_public"), there(&["admin_public"]), poi("public"));
        let land = there(&["transport_road"]);
        let land = if land.is_empty() && draft.roads.is_some() { there(&built()) } else { land };
        add("road", ("transport", "transport"), land, roads());
    }
    add("land_sink", ("sink", "land"), parcels.sinks.clone(), vec!["sink_area".to_owned()]);
    out
}

/// The rule of everything that is emitted, where the emissions of each zone are known.
const ALL: &str = "emissions";

/// The amount of a total in its unit, if the data have it: the sum of the emissions of the zones.
pub fn amount(draft: &Draft, rule: &Rule) -> Option<(f64, &'static str)> {
    let emitted = draft.zones.as_ref().and_then(|z| z.emissions.as_ref()).filter(|_| rule.id == ALL)?;
    let power = emitted.power?;
    // A unit that the pipeline file does not have is converted.
    match unit_name(power) {
        "" => Some((decimal_scaled(emitted.sum, power), "t")),
        unit => Some((emitted.sum, unit)),
    }
}

/// The unit of all totals: that of an amount that is known, else the one that the tables with amounts name.
fn unit(draft: &Draft, rules: &[Rule]) -> &'static str {
    let known = rules.iter().find_map(|rule| amount(draft, rule)).map(|(_, unit)| unit);
    let one = if draft.units.len() == 1 { draft.units.first().copied() } else { None };
    known.or(one.filter(|unit| !unit.is_empty())).unwrap_or("t")
}

/// Lines for those who have one total and no sectors, or emissions by zone beside land of several classes.
fn one_total(draft: &Draft, rules: &[Rule], at: Place<'_>, out: &mut String) {
    let Some(parcels) = draft.parcels.as_ref().filter(|_| rules.iter().filter(|r| !r.is_sink()).count() > 1)
    else {
        return;
    };
    let homes: Vec<&String> = rules.iter().filter(|r| r.id == "residents").flat_map(|r| &r.land).collect();
    let there = parcels.space_types.iter().filter(|land| emits(land) || homes.contains(land));
    let emits: Vec<String> = there.map(|land| text(land)).collect();
    let emitted = draft.zones.as_ref().and_then(|z| z.emissions.as_ref());
    let in_unit = emitted.and_then(|e| Some(decimal_scaled(e.sum, e.power? - power_of(unit(draft, rules)))));
    let amount = in_unit.or(draft.one_total).map_or_else(|| "nan".to_owned(), |t| format!("{t:?}"));
    let has_people = draft.people.is_some() || draft.zones.as_ref().is_some_and(ZoneDraft::has_people);
    let proxies = match (emitted, has_people) {
        (Some(_), _) => "\"zone_emissions\"",
        (None, true) => "\"population\", \"area\"",
        (None, false) => "\"area\"",
    };
    let say = "One total and no sectors? Delete the totals and rules of emissions above, and the # of the next lines: one budget, by people or area, or by the emissions of the zones where a table has them.";
    let _ = writeln!(
        out,
        "\n# {}\n# [[inventory.totals]]\n# sector = \"energy\"\n# land_group = \"all\"\n# amount = {amount}\n# source = \"\"\n# [[allocate]]\n# id = \"everything\"\n# budget = \"energy:all\"\n# land = [{}]\n# proxies = [{proxies}]",
        at.say(say),
        emits.join(", ")
    );
}

/// The power of ten of tonnes of a unit of the pipeline file.
fn power_of(unit: &str) -> i32 {
    MassUnit::ALL.into_iter().find(|u| u.name() == unit).map_or(0, MassUnit::power)
}

/// True for land that stands for people and what they do.
fn emits(land: &str) -> bool {
    !["forest", "grassland", "water", "unused", "park"].contains(&land)
}

/// Kinds of land that occur and that no rule of emissions names.
fn land_without_rule(draft: &Draft, rules: &[Rule]) -> Vec<String> {
    let named = |land: &String| {
        rules.iter().filter(|r| !r.is_sink() && r.id != "road").any(|r| r.land.contains(land))
    };
    let there = draft.parcels.iter().flat_map(|p| &p.space_types);
    there
        .filter(|land| emits(land))
        .filter(|land| !named(land) && *land != "transport_road")
        .cloned()
        .collect()
}

fn totals(draft: &Draft, rules: &[Rule], at: Place<'_>, out: &mut String) {
    let open = "OPEN: the totals of your city, CO2e a year in the unit below. `check` refuses nan. A budget that you do not have: delete it and its rule; without sinks set axes = \"economic\" in [zoning].";
    let _ = writeln!(out, "\n# {}", at.say(open));
    for amount in &draft.amounts {
        let _ = writeln!(out, "# {}", at.say(&amount.replace('\n', " ")));
    }
    let without = land_without_rule(draft, rules);
    if !without.is_empty() {
        let _ = writeln!(
            out,
            "# {}",
            at.say(&format!(
                "land without a total: {}; if your inventory has one, add it and a rule",
                without.join(", ")
            ))
        );
    }
    out.push_str("[inventory]\n");
    let _ = writeln!(out, "{:<24}# t | kt | 1e4 t | Mt", format!("unit = {}", text(unit(draft, rules))));
    for rule in rules {
        let (sector, land) = (text(rule.sector), text(rule.land_group));
        let _ = writeln!(out, "[[inventory.totals]]\nsector = {sector}\nland_group = {land}");
        match amount(draft, rule) {
            Some((sum, _)) => {
                at.line(out, &format!("amount = {sum:?}"), "the sum of the emissions of the zones");
            }
            None => out.push_str("amount = nan            # OPEN\n"),
        }
        if let Some(mode) = rule.mode {
            let _ = writeln!(out, "mode_share = {{ {mode} = 1.0 }}");
        }
        out.push_str("source = \"\"\n");
    }
    if rules.iter().any(Rule::is_sink) {
        out.push_str("\n[sinks]\n");
        let comment = "OPEN: lit_low | lit_high | guiyang; the run says what another set moves";
        at.line(out, "set = \"lit_high\"", comment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder_of_the_pipeline() {
        let of = |p: &str, d: &str| relative(Path::new(p), Path::new(d)).display().to_string();
        assert_eq!(of("/a/数据/x.gpkg", "/a/city"), "../数据/x.gpkg");
        assert_eq!(of("/a/city/x.gpkg", "/a/city"), "x.gpkg");
    }
}
