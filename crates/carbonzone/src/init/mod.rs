//! A pipeline file from a folder of layers and tables: everything in it is looked at, guessed, and the guesses are checked by
//! reading the layers as a run would.

mod columns;
mod draft;
mod guess;
mod land;
mod place;
mod profile;
mod survey;
mod unused;
mod vague;
mod words;
mod write;
mod zones;

pub use crate::names::{has_han, run_name};
pub use draft::{Guess, Sure};
pub use unused::Unused;

use crate::error::{Doing, Error, Result};
use crate::layers::Files;
use crate::new_file::must_be_new;
use crate::run::{Config, load};
use carbonzone_report::Lang;
use carbonzone_types::{Finding, Progress, Severity};
use draft::{Draft, Reach};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How often guesses are checked and mended.
const ROUNDS: usize = 4;

/// What was guessed, and what is open.
#[derive(Debug, Serialize)]
pub struct Started {
    /// The pipeline file.
    pub pipeline: PathBuf,
    /// Every guess.
    pub guesses: Vec<Guess>,
    /// Findings of `check` that are not open totals.
    pub findings: Vec<Finding>,
    /// Amounts that stand in the tables.
    pub amounts: Vec<String>,
    /// Totals without an amount.
    pub open_totals: usize,
    /// True if a set of sink coefficients must be chosen.
    pub open_sinks: bool,
    /// Files that look like data and cannot be read, with the reason.
    pub unread: Vec<(PathBuf, String)>,
    /// What was found and is not used, with the reason.
    pub unused: Vec<Unused>,
}

/// What is guessed from, and where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Name of the city.
    pub name: &'a str,
    /// Folder with layers and tables.
    pub folder: &'a Path,
    /// Folder of the tables of codes, and of the pipeline file if there is no form; archives are unpacked below it.
    pub dir: &'a Path,
    /// Workbook to write in the place of a pipeline file.
    pub form: Option<&'a Path>,
    /// Language of comments and of the form.
    pub lang: Lang,
}

impl Start<'_> {
    /// The pipeline file.
    fn pipeline(&self) -> PathBuf {
        self.form.map_or_else(|| self.dir.join("pipeline.toml"), Path::to_path_buf)
    }
}

/// Guesses a pipeline for a folder and writes it, with tables of codes. What `check` finds wrong with a guess and knows how to
/// mend is mended.
///
/// # Errors
/// If the folder holds nothing that can be read, or a file cannot be written.
pub fn start(given: &Start<'_>, observer: &dyn Progress) -> Result<Started> {
    let Start { name, folder, dir, .. } = *given;
    observer.begin("look at the files", None);
    let unpacked = dir.join("unpacked");
    must_be_new(&unpacked)?;
    let survey = survey::survey(folder, &unpacked);
    observer.end();
    if survey.found.is_empty() {
        let unread: Vec<String> =
            survey.unread.iter().map(|(p, e)| format!("{}: {e}", p.display())).collect();
        return Err(Error::NoData { folder: folder.to_owned(), unread });
    }
    let mut draft = guess::guess(name, &survey, folder);
    let mut findings = Vec::new();
    let mut written = BTreeSet::new();
    for _ in 0..ROUNDS {
        write_all(&draft, given, &mut written)?;
        observer.begin("check the guesses", None);
        findings = check(&given.pipeline(), observer);
        observer.end();
        if !mend(&mut draft, &findings) {
            break;
        }
    }
    observer.begin("look at the classes", None);
    vague::tell(&mut draft, &given.pipeline(), observer);
    observer.end();
    let unused = unused::list(&draft, &survey, folder);
    let open = |f: &Finding| f.code == OPEN_TOTAL;
    let rules = write::rules(&draft);
    let open_totals = rules.iter().filter(|rule| write::amount(&draft, rule).is_none()).count();
    let open_sinks = rules.iter().any(write::Rule::is_sink);
    findings.retain(|f| !open(f) && f.severity >= Severity::Warning);
    Ok(Started {
        pipeline: given.pipeline(),
        amounts: draft.amounts,
        guesses: draft.guesses,
        findings,
        open_totals,
        open_sinks,
        unread: survey.unread,
        unused,
    })
}

/// Code of the finding that a total is no number.
const OPEN_TOTAL: &str = "negative_or_nan_budget";

/// Writes the files of a draft over those of the draft before it, which are `written`, and over no others.
fn write_all(draft: &Draft, given: &Start<'_>, written: &mut BTreeSet<PathBuf>) -> Result<()> {
    let (dir, file) = (given.dir, given.pipeline());
    let base = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let at = write::Place { dir, base, lang: given.lang };
    let text = write::pipeline(draft, &at);
    let written_as = match given.form {
        Some(form) => {
            let found: Vec<String> = draft.amounts.iter().map(|a| at.say(a)).collect();
            (form.to_owned(), crate::form::of_text(&text, (&run_name(given.name), &found), given.lang)?)
        }
        None => (file, text.into_bytes()),
    };
    let tables = write::code_tables(draft);
    if given.form.is_none() || !tables.is_empty() {
        std::fs::create_dir_all(dir).doing("create", dir)?;
    }
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        tables.into_iter().map(|(name, text)| (dir.join(name), text.into_bytes())).collect();
    files.push(written_as);
    files.iter().filter(|(path, _)| !written.contains(path)).try_for_each(|(path, _)| must_be_new(path))?;
    for (path, bytes) in files {
        std::fs::write(&path, bytes).doing("write", &path)?;
        written.insert(path);
    }
    Ok(())
}

/// All findings of `check`.
fn check(pipeline: &Path, observer: &dyn Progress) -> Vec<Finding> {
    let config = Config::read(pipeline, &[]);
    match config.value {
        Some(config) => load(&config, Files, observer).findings.items,
        None => config.findings.items,
    }
}

/// Changes what a finding says how to change; false if nothing is left to change.
fn mend(draft: &mut Draft, findings: &[Finding]) -> bool {
    let before = draft.clone();
    for finding in findings {
        match finding.code.as_str() {
            "shifted_coordinates" => shift(draft, finding),
            "overlapping_zones" => {
                if let Some(zones) = draft.zones.as_mut().filter(|z| !z.overlap_first) {
                    zones.overlap_first = true;
                    // The pairs stand in the finding.
                    let why = finding.message.split(": ").next().unwrap_or_default();
                    draft.tell("zones", "", "overlap = \"first\"", Sure::Likely, why);
                }
            }
            "land_cover_beyond_zones" if !draft.clip => {
                draft.clip = true;
                draft.tell("city", "", "border = \"clip\"", Sure::Sure, finding.message.clone());
            }
            _ => {}
        }
    }
    // Only where the layers lie does it show what lies beside what.
    if *draft == before {
        for finding in findings {
            widen(draft, finding);
        }
    }
    *draft != before
}

/// Part of a proxy in percent that a rule may leave out without being widened.
const MOST_OUTSIDE_PCT: f64 = 50.0;
/// The same of people, of which everyone has a home.
const MOST_HOMELESS_PCT: f64 = 20.0;
/// With fewer points than this a proxy tells nothing of where an industry is.
const FEWEST_POINTS: u64 = 20;

/// Lets a rule name more of the land that is there, where most of its proxy lies beside the land of its class.
fn widen(draft: &mut Draft, finding: &Finding) {
    let outside_pct = percent(&finding.message);
    let group = finding.message.split('"').nth(1);
    let (rule, next) = match (finding.code.as_str(), group) {
        ("roads_outside_parcels", _) => ("road", Reach::All),
        ("people_outside_class", _) => match classes_told(&finding.message) {
            classes if classes.is_empty() => ("residents", Reach::Built),
            classes => ("residents", Reach::Also(classes)),
        },
        ("poi_outside_class", Some("industry")) if finding.count.is_some_and(|n| n < FEWEST_POINTS) => {
            ("manufacturing", Reach::AreaOnly)
        }
        ("poi_outside_class", Some("industry")) => ("manufacturing", Reach::Built),
        ("poi_outside_class", Some("commercial")) => ("business", Reach::Built),
        ("poi_outside_class", Some("public")) => ("public", Reach::Built),
        _ => return,
    };
    let next = match (draft.reach.get(rule), next) {
        (Some(Reach::Also(had)), Reach::Also(more)) => {
            Reach::Also([had.as_slice(), more.as_slice()].concat())
        }
        (None, next) => next,
        (Some(Reach::Built), _) => Reach::All,
        (Some(_), _) => return,
    };
    let most = if rule == "residents" { MOST_HOMELESS_PCT } else { MOST_OUTSIDE_PCT };
    if outside_pct.is_none_or(|pct| pct <= most) {
        return;
    }
    let taken = match &next {
        Reach::Also(classes) => format!("rule {rule} on {} too", classes.join(", ")),
        Reach::AreaOnly => format!("rule {rule} by area alone"),
        Reach::Built => format!("rule {rule} on all land with buildings"),
        Reach::All => format!("rule {rule} on all land"),
    };
    draft.reach.insert(rule, next);
    draft.tell("rules", "", taken, Sure::Likely, finding.message.clone());
}

/// The number in front of the first `%` of a sentence.
fn percent(message: &str) -> Option<f64> {
    let (before, _) = message.split_once(" %")?;
    before.rsplit([' ', '(']).next()?.parse().ok()
}

/// The classes that a sentence names behind its colon: `...: 563 in grassland, 12 in industrial`.
fn classes_told(message: &str) -> Vec<String> {
    let list = message.rsplit_once(": ").map_or("", |(_, list)| list);
    list.split(", ").filter_map(|part| Some(part.split_once(" in ")?.1.to_owned())).collect()
}

/// The offset under which more points lie in their land.
fn shift(draft: &mut Draft, finding: &Finding) {
    let role = finding.layer.clone().unwrap_or_default();
    let crs = finding.hint.as_deref().and_then(|hint| hint.split('"').nth(1)).map(str::to_owned);
    if let Some(crs) =
        crs.filter(|_| !draft.guesses.iter().any(|g| g.role == role && g.why == finding.message))
    {
        let file = finding.file.clone().unwrap_or_default();
        draft.tell(&role, &file, format!("crs = {crs:?}"), Sure::Sure, finding.message.clone());
        place::set_crs(draft, &role, Some(crs));
    }
}
