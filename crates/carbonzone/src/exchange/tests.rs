//! The exchange on small folders: every prefix of its steps, and every kind of file and place.

use super::*;
use std::collections::BTreeMap;
use std::fs;

const RECORD: &str = "record.txt";

/// Record of these tests: `<sha256> <path>` per line.
fn read(dir: &Path) -> Option<Written> {
    let text = fs::read_to_string(dir.join(RECORD)).ok()?;
    let print = |sha256: &str| Print { sha256: sha256.to_owned(), ..Print::default() };
    let files = text.lines().filter_map(|l| l.split_once(' ')).map(|(s, p)| (p.into(), print(s))).collect();
    Some(Written { record: RECORD.into(), intact: !text.contains("edited"), files })
}

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Writes files of ours, with their record.
fn write_ours(dir: &Path, files: &[(&str, &str)]) {
    write(dir, files);
    let line = |(path, _): &(&str, &str)| format!("{} {path}\n", digest(&dir.join(path)).unwrap().sha256);
    fs::write(dir.join(RECORD), files.iter().map(line).collect::<String>()).unwrap();
}

fn begin_in(target: &Path, belongs: bool, inputs: &[PathBuf]) -> Result<Exchange> {
    Exchange::begin(&Request {
        target,
        command: "test",
        record: RECORD,
        read,
        belongs: &|_| belongs,
        refusal: "is not yours\nhint: choose another",
        inputs,
        writes: &|p| p == Path::new("city.gpkg"),
    })
}

fn begin(target: &Path) -> Exchange {
    begin_in(target, true, &[]).unwrap()
}

impl Exchange {
    /// The process dies: the lock is let go, nothing is cleaned up.
    fn die(mut self) {
        self.in_place = true;
    }
}

/// Every file below a folder with its text, links as `-> target`.
fn contents(dir: &Path) -> BTreeMap<String, String> {
    let text = |path: &Path| match fs::read_link(path) {
        Ok(to) => format!("-> {}", to.display()),
        Err(_) => fs::read_to_string(path).unwrap(),
    };
    let files = walk(dir).unwrap().into_iter().filter(|e| !e.folder);
    files.map(|e| (e.path.display().to_string(), text(&dir.join(&e.path)))).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        dir.read_dir().unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const OLD: [(&str, &str); 4] = [
    ("city.gpkg", "old data"),
    ("city.qgz", "old project"),
    ("figures/a.png", "old a"),
    ("gone.csv", "old gone"),
];
const NEW: [(&str, &str); 3] =
    [("city.gpkg", "new data"), ("city.qgz", "new project"), ("figures/a.png", "new a")];
const USERS: [(&str, &str); 7] = [
    ("thesis.docx", "years of work"),
    ("figures/mine.png", "my figure"),
    ("notes/deep/er/list.txt", "my list"),
    ("dry_run.json", "not yours"),
    ("data.db-wal", "my log"),
    ("thesis.qgz~", "my backup"),
    ("city.edited.qgz", "my first edit"),
];

/// An output folder with results of ours, files of the user, an edited project, a link and an empty folder.
fn old_folder(target: &Path) {
    write_ours(target, &OLD);
    write(target, &USERS);
    write(
        target,
        &[("city.qgz", "my second edit"), ("city.qgz~", "backup of my edit"), ("figures/a.png.aux.xml", "x")],
    );
    fs::create_dir(target.join("empty")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nowhere/at all", target.join("link")).unwrap();
}

/// What must be in the output folder after an exchange.
fn expected_after() -> BTreeMap<String, String> {
    let owned = |files: &[(&str, &str)]| -> Vec<(String, String)> {
        files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect()
    };
    let mut out: BTreeMap<String, String> = owned(&NEW).into_iter().chain(owned(&USERS)).collect();
    out.extend(owned(&[
        ("city.edited-2.qgz", "my second edit"),
        ("city.edited-2.qgz~", "backup of my edit"),
    ]));
    #[cfg(unix)]
    out.insert("link".to_owned(), "-> /nowhere/at all".to_owned());
    out
}

fn check_after(target: &Path) {
    let mut found = contents(target);
    assert!(found.remove(RECORD).is_some());
    assert_eq!(found, expected_after());
    assert!(target.join("empty").is_dir());
}

#[test]
fn only_what_is_ours_and_unchanged_is_replaced_and_everything_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    old_folder(&target);
    let new = begin(&target);
    write_ours(new.path(), &NEW);
    let kept = new.finish().unwrap();
    check_after(&target);
    assert_eq!(names(dir.path()), ["out"]);
    let renamed: Vec<String> = kept
        .iter()
        .filter(|k| k.from != k.to)
        .map(|k| format!("{} {}", k.from.display(), k.to.display()))
        .collect();
    assert_eq!(renamed, ["city.qgz city.edited-2.qgz", "city.qgz~ city.edited-2.qgz~"]);
    assert!(kept.iter().any(|k| k.to == Path::new("thesis.docx")));
}

/// Runs the first `done` steps of an exchange and dies; `None` if there are fewer.
fn die_after(target: &Path, swap: bool, done: usize) -> Option<()> {
    let mut new = begin(target);
    write_ours(new.path(), &NEW);
    new.folders.swap = swap;
    let mut old = Owned::of(target, read);
    let recorded: BTreeSet<PathBuf> = NEW.iter().map(|(p, _)| PathBuf::from(p)).collect();
    let (first, _) = exchange(&new.folders, Some(&mut old), &recorded).unwrap();
    for step in first.iter().take(done) {
        step.apply(&mut new.lock).unwrap();
    }
    let mut left = done.checked_sub(first.len());
    if let Some(done) = left {
        let folder = new.folders.old().to_path_buf();
        let (then, _) = settle(&folder, &mut old.moved_to(&folder), target).unwrap();
        for step in then.iter().take(done) {
            step.apply(&mut new.lock).unwrap();
        }
        left = done.checked_sub(then.len());
    }
    new.die();
    left.is_none_or(|more| more == 0).then_some(())
}

/// Old or new: the recorded files are all there, with the old or the new text.
fn is_whole(target: &Path) -> bool {
    let found = contents(target);
    let has = |files: &[(&str, &str)]| files.iter().all(|(p, t)| found.get(*p).is_some_and(|f| f == t));
    has(&NEW) || has(&[OLD[0], OLD[2], OLD[3], ("city.qgz", "my second edit")])
}

#[test]
fn a_process_that_dies_after_any_step_loses_nothing() {
    for swap in [true, false] {
        for done in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let target = dir.path().join("out");
            old_folder(&target);
            if die_after(&target, swap, done).is_none() {
                assert!(done > 20, "{done} steps");
                break;
            }
            // At this very moment: whole, if the disk can exchange folders in one step; and no text of the user is gone.
            if swap {
                assert!(is_whole(&target), "after step {done}: {:?}", contents(&target));
            }
            let everywhere: BTreeSet<String> = contents(dir.path()).into_values().collect();
            for (path, text) in expected_after() {
                let ours = NEW.iter().any(|(p, _)| *p == path);
                assert!(ours || everywhere.contains(&text), "after step {done}: {path} is gone");
            }
            // The next start puts everything right, even if it does nothing itself.
            drop(begin(&target));
            assert!(is_whole(&target), "repaired after step {done}: {:?}", contents(&target));
            assert_eq!(names(dir.path()), ["out"], "after step {done}");
            let new = begin(&target);
            write_ours(new.path(), &NEW);
            new.finish().unwrap();
            check_after(&target);
            assert_eq!(names(dir.path()), ["out"]);
        }
    }
}

#[test]
fn a_repair_that_dies_is_repaired_too() {
    for done in 0..40 {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out");
        old_folder(&target);
        die_after(&target, true, 30);
        // The second process dies in the middle of the repair.
        let place = Place::of(&target).unwrap();
        let (mut lock, journal) = Lock::take(&place, "second").unwrap();
        let folder = dir.path().join(journal.unwrap().partial);
        if folder.exists() {
            let (steps, _) = settle(&folder, &mut Owned::of(&folder, read), &target).unwrap();
            steps.iter().take(done).for_each(|s| s.apply(&mut lock).unwrap());
        }
        drop(lock);
        drop(begin(&target));
        check_after(&target);
        assert_eq!(names(dir.path()), ["out"]);
    }
}

#[test]
fn the_second_process_is_refused_and_told_who_is_first() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    let first = begin(&target);
    let second = begin_in(&target, true, &[]).err().unwrap().to_string();
    for needle in ["is in use: test (process", &std::process::id().to_string(), ", for ", "hint:"] {
        assert!(second.contains(needle), "{second}");
    }
    // The same folder by another name.
    fs::create_dir(dir.path().join("sub")).unwrap();
    assert!(begin_in(&dir.path().join("sub/../out"), true, &[]).is_err());
    drop(first);
    drop(begin(&target));
    assert_eq!(names(dir.path()), ["sub"]);
}

#[test]
fn an_unfinished_folder_leaves_nothing_not_even_new_parents() {
    let dir = tempfile::tempdir().unwrap();
    let new = begin(&dir.path().join("a/b/out"));
    write(new.path(), &[("f", "1")]);
    drop(new);
    assert_eq!(names(dir.path()), Vec::<String>::new());
}

#[test]
fn places_that_cannot_be_used_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    write(dir.path(), &[("file", "x"), ("real/thesis.docx", "x"), ("foreign/a.txt", "x"), ("ro/x", "x")]);
    let refused = |path: &Path, belongs: bool, inputs: &[PathBuf], why: &str| {
        let error = begin_in(path, belongs, inputs).err().unwrap().to_string();
        assert!(error.contains(why) && error.contains("hint: "), "{error}");
    };
    let before = contents(dir.path());
    refused(&at("file"), true, &[], "is a file");
    refused(&at("foreign"), false, &[], "is not yours");
    refused(Path::new("."), true, &[], "the folder you are in");
    refused(Path::new("/"), true, &[], "no name");
    // Inputs in it, it in an input, an input that is a link out of it.
    refused(&at("real"), true, &[at("real/thesis.docx")], "holds the input");
    refused(&at("real/out"), true, &[at("real")], "inside of the input");
    refused(&dir.path().join("new"), true, &[dir.path().to_path_buf()], "inside of the input");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        symlink(at("real"), at("link")).unwrap();
        symlink(at("nowhere"), at("dangling")).unwrap();
        refused(&at("link"), true, &[], "is a link");
        refused(Path::new(&format!("{}/", at("link").display())), true, &[], "is a link");
        refused(&at("dangling"), true, &[], "is a link");
        fs::set_permissions(at("ro"), fs::Permissions::from_mode(0o555)).unwrap();
        refused(&at("ro"), true, &[], "read-only");
        fs::set_permissions(at("ro"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(at("file"), at("foreign/input")).unwrap();
        refused(&at("foreign"), true, &[at("foreign/input")], "holds the input");
        for link in ["link", "dangling", "foreign/input"] {
            fs::remove_file(at(link)).unwrap();
        }
    }
    assert_eq!(contents(dir.path()), before);
    // An input beside the folder is the usual case.
    drop(begin_in(&at("out"), true, &[at("file")]).unwrap());
}

#[test]
fn a_file_of_the_user_under_a_name_that_is_needed_is_refused_first_and_kept_later() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    write(&target, &[("city.gpkg", "mine"), ("b.txt", "b")]);
    let error = begin_in(&target, true, &[]).err().unwrap().to_string();
    assert!(error.contains("city.gpkg has the name of a result"), "{error}");
    fs::rename(target.join("city.gpkg"), target.join("x.gpkg")).unwrap();
    let new = begin(&target);
    write_ours(new.path(), &[("city.gpkg", "new"), ("figures/a.png", "new"), ("late", "new")]);
    // They come while the run computes.
    write(
        &target,
        &[
            ("city.gpkg", "mine"),
            ("city.gpkg-wal", "my log"),
            ("figures", "a file"),
            ("late/x", "in a folder"),
        ],
    );
    new.finish().unwrap();
    let found = contents(&target);
    for (path, text) in [
        ("city.gpkg", "new"),
        ("city.kept.gpkg", "mine"),
        ("city.kept.gpkg-wal", "my log"),
        ("figures/a.png", "new"),
        ("figures.kept", "a file"),
        ("late", "new"),
        ("late.kept/x", "in a folder"),
        ("b.txt", "b"),
    ] {
        assert_eq!(found.get(path).map(String::as_str), Some(text), "{found:?}");
    }
}

#[test]
fn an_edited_record_is_kept_and_a_file_that_only_looks_like_a_lock_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    write_ours(&target, &OLD);
    let record = fs::read_to_string(target.join(RECORD)).unwrap() + "edited by hand\n";
    fs::write(target.join(RECORD), &record).unwrap();
    let new = begin(&target);
    write_ours(new.path(), &NEW);
    new.finish().unwrap();
    assert_eq!(contents(&target)["record.edited.txt"], record);
    write(dir.path(), &[(".out.carbonzone-lock", "my own file")]);
    let error = begin_in(&target, true, &[]).err().unwrap().to_string();
    assert!(error.contains("is none"), "{error}");
    assert_eq!(fs::read_to_string(dir.path().join(".out.carbonzone-lock")).unwrap(), "my own file");
}

#[test]
fn a_journal_cannot_point_out_of_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &[("victim/thesis.docx", "x"), (".mine.partial-1/thesis.docx", "x")]);
    for name in ["victim", "../victim", ".mine.partial-1", "/", "", "."] {
        let journal = serde_json::json!({"program": "carbonzone", "partial": name, "aside": name});
        write(dir.path(), &[(".out.carbonzone-lock", &journal.to_string())]);
        drop(begin(&dir.path().join("out")));
    }
    assert_eq!(contents(dir.path()).len(), 2);
}

#[test]
fn a_taken_over_file_is_the_same_file_and_edited_tables_stay_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    write_ours(&target, &OLD);
    write(&target, &[("gone.csv", "edited table")]);
    let new = begin(&target);
    assert_eq!(new.unchanged().unwrap(), ["city.gpkg", "city.qgz", "figures/a.png"].map(PathBuf::from));
    new.carry(Path::new("city.gpkg")).unwrap();
    write(new.path(), &[("city.qgz", "new project")]);
    // The new record goes on naming the table as it was written.
    fs::copy(target.join(RECORD), new.path().join(RECORD)).unwrap();
    new.finish().unwrap();
    let found = contents(&target);
    assert_eq!(found["gone.csv"], "edited table");
    assert_eq!((found["city.gpkg"].as_str(), found["city.qgz"].as_str()), ("old data", "new project"));
    assert!(!found.contains_key("figures/a.png"));
}

#[test]
#[cfg(unix)]
fn the_new_folder_has_the_rights_and_the_owner_of_the_old_one() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("out");
    old_folder(&target);
    let changed = ["", "notes", "empty"].map(|f| target.join(f));
    for folder in &changed {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o2750)).unwrap();
    }
    // Only a privileged process can give folders away.
    let owner = chown(&target, Some(1234), Some(1234)).is_ok().then_some(1234);
    let new = begin(&target);
    write_ours(new.path(), &NEW);
    new.finish().unwrap();
    for folder in &changed {
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o7777, 0o2750, "{}", folder.display());
    }
    assert_eq!(owner.unwrap_or(fs::metadata(&target).unwrap().uid()), fs::metadata(&target).unwrap().uid());
}
