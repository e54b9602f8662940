//! The pages of this repository: every relative link leads to a file, every anchor to a heading.
#![allow(clippy::unwrap_used, reason = "a test panics with the reason")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Files of a folder and of what lies below it, with an ending.
fn files(folder: PathBuf, ending: &str) -> Vec<PathBuf> {
    let (mut out, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// Pages of the top folder, and of docs/ and below.
fn pages() -> Vec<PathBuf> {
    let top = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut out: Vec<PathBuf> = top.filter(|p| p.extension().is_some_and(|e| e == "md")).collect();
    out.extend(files(root().join("docs"), "md"));
    out
}

/// Lines outside fenced code.
fn prose(text: &str) -> Vec<&str> {
    let mut code = false;
    let keep = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    };
    text.lines().filter(keep).collect()
}

/// The anchor that a heading gets: lower case, without punctuation, blanks as hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for line in prose(text).into_iter().filter(|l| l.starts_with('#')) {
        let plain = anchor(line.trim_start_matches('#'));
        let again = (1..1000).map(|n| format!("{plain}-{n}")).find(|a| !out.contains(a)).unwrap();
        let new = if out.contains(&plain) { again } else { plain };
        out.insert(new);
    }
    out
}

/// Targets of `[text](target)`, without titles and outside of code.
fn links(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in prose(text) {
        // Every second piece between backticks is code.
        let words: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for piece in words.split("](").skip(1) {
            let target = piece.split(')').next().unwrap_or_default();
            out.push(target.split(" \"").next().unwrap_or_default().trim().to_owned());
        }
    }
    out
}

/// What is wrong with a link of a page; `None` if it leads somewhere.
fn fault(page: &Path, text: &str, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(f, h)| (f, Some(h)));
    let target = if file.is_empty() { page.to_path_buf() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some(format!("{}: no file {file}", page.display()));
    }
    let heading = heading.filter(|_| target.extension().is_some_and(|e| e == "md"))?;
    let there = if file.is_empty() { text.to_owned() } else { std::fs::read_to_string(&target).unwrap() };
    let known = anchors(&there).contains(heading);
    (!known).then(|| format!("{}: no section #{heading} in {link}", page.display()))
}

#[test]
fn every_relative_link_and_every_anchor_leads_somewhere() {
    let pages = pages();
    assert!(pages.len() > 15, "{pages:?}");
    let mut faults = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        faults.extend(links(&text).iter().filter_map(|link| fault(page, &text, link)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn sections_named_in_comments_exist() {
    const NAMED: &str = "docs/method.md §";
    let method = std::fs::read_to_string(root().join("docs/method.md")).unwrap();
    let number = |line: &str| Some(line.strip_prefix("## ")?.split_once('.')?.0.to_owned());
    let known: BTreeSet<String> = prose(&method).into_iter().filter_map(number).collect();
    let mut faults = Vec::new();
    for path in files(root().join("crates"), "rs") {
        let text = std::fs::read_to_string(&path).unwrap();
        for rest in text.split(NAMED).skip(1) {
            let section: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if !section.is_empty() && !known.contains(&section) {
                faults.push(format!("{}: {NAMED}{section} does not exist", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn anchors_are_made_as_the_pages_are_shown() {
    assert_eq!(anchor(" 11. What numbers mean, and what not"), "11-what-numbers-mean-and-what-not");
    assert_eq!(anchor("`study = \"counties\"`"), "study--counties");
    assert!(anchors("# A\n```\n# no heading\n```\n## A\n").contains("a-1"));
    assert_eq!(links("see [a](b.md#c) and `[x](y)` and [d](e.md \"title\")"), ["b.md#c", "e.md"]);
    assert!(fault(&root().join("README.md"), "", "nowhere.md").is_some());
    assert!(fault(&root().join("README.md"), "# Here\n", "#there").is_some());
}

/// `name_...` on a page stands for a function of the tests whose name begins so.
#[test]
fn every_test_that_a_page_names_exists() {
    let mut functions = BTreeSet::new();
    for path in files(root().join("crates"), "rs") {
        let text = std::fs::read_to_string(path).unwrap();
        functions.extend(text.split("fn ").skip(1).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
        }));
    }
    let mut named = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let words = text.split('`').filter_map(|word| word.strip_suffix("_..."));
        let plain =
            |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        for name in words.filter(plain).filter(|n| n.len() > 8) {
            let found = functions.range(name.to_owned()..).next().is_some_and(|f| f.starts_with(name));
            assert!(found, "{}: no test begins with {name}_", page.display());
            named += 1;
        }
    }
    assert!(named > 100, "{named} names of tests");
}
