//! Kills, full disks, two runs at once: the folder holds the old or the new results, and every file of the user.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test panics with the reason")]
#![allow(clippy::print_stderr, reason = "a test that cannot be run says so")]

mod common;
use common::tiny::{Tiny, names, outputs_of};
use common::{carbonzone, expect};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn start(args: &[&str]) -> Child {
    carbonzone().args(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The output folder is whole: everything that is recorded is there with its bytes, and so are the user's files.
fn check_whole(tiny: &Tiny, when: &str) {
    assert!(!outputs_of(&tiny.at("out")).is_empty(), "{when}");
    assert_eq!(tiny.read("out/notes.txt"), "my notes", "{when}");
    assert_eq!(tiny.read("out/figures/mine.png"), "my figure", "{when}");
}

/// Kills a command again and again, at times spread over its whole length; gives how many kills came in time.
fn kill_at_many_times(tiny: &Tiny, args: &[&str], kills: u32) -> u32 {
    let begun = Instant::now();
    expect(0, args);
    let whole = begun.elapsed();
    let mut killed = 0;
    for i in 0..kills {
        let mut child = start(args);
        // Denser towards the end, where the folders are exchanged.
        let share = 1.0 - (1.0 - f64::from(i) / f64::from(kills)).powi(2) * 0.9;
        std::thread::sleep(whole.mul_f64(share));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        check_whole(tiny, &format!("{args:?} killed at {share:.3}"));
    }
    killed
}

#[test]
fn a_kill_at_any_time_leaves_the_old_or_the_new_folder() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let run = ["run", pipeline.as_str(), "--out", out.as_str(), "--quiet"];
    let maps = ["maps", out.as_str(), "--quiet", "--dpi", "36"];
    expect(0, &run);
    tiny.write("out/notes.txt", "my notes");
    tiny.write("out/figures/mine.png", "my figure");
    let killed = kill_at_many_times(&tiny, &run, 12) + kill_at_many_times(&tiny, &maps, 12);
    assert!(killed >= 8, "only {killed} of 24 kills came before the end");
    expect(0, &run);
    check_whole(&tiny, "at the end");
    assert_eq!(names(tiny.dir.path()), ["city", "out"], "nothing is left over");
}

#[test]
fn the_lock_of_a_process_that_is_gone_is_taken_over() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let mut child = start(&["run", &pipeline, "--out", &out, "--quiet"]);
    let lock = tiny.at(".out.carbonzone-lock");
    let begun = Instant::now();
    while !lock.exists() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    tiny.run("out", &[]);
    outputs_of(&tiny.at("out"));
    assert_eq!(names(tiny.dir.path()), ["city", "out"]);
}

/// Sends a signal to a run once it has its lock; gives how it ended.
fn signalled(tiny: &Tiny, mut child: Child, signal: &str) -> Option<i32> {
    let lock = tiny.at(".out.carbonzone-lock");
    let begun = Instant::now();
    while !lock.exists() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
    assert!(sent.is_ok());
    child.wait().unwrap().code()
}

/// True if this process ignores `SIGHUP`, as everything under `nohup` does: a run goes on then.
fn under_nohup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn a_run_that_is_asked_to_end_leaves_nothing_behind() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let run = ["run", pipeline.as_str(), "--out", out.as_str(), "--quiet"];
    for signal in ["-INT", "-TERM", "-HUP"] {
        let ends: Vec<Option<i32>> = (0..4)
            .map(|_| {
                let end = signalled(&tiny, start(&run), signal);
                let there = names(tiny.dir.path());
                if end == Some(0) {
                    // It was done before the signal came.
                    outputs_of(&tiny.at("out"));
                    fs::remove_dir_all(&out).unwrap();
                } else {
                    assert_eq!((end, there), (Some(130), vec!["city".to_owned()]), "{signal}");
                }
                end
            })
            .collect();
        let wanted = if signal == "-HUP" && under_nohup() { Some(0) } else { Some(130) };
        assert!(ends.contains(&wanted), "{signal}: {ends:?}");
    }
    // Over older results these stay.
    tiny.run("out", &[]);
    let old = tiny.snapshot();
    let end = signalled(&tiny, start(&run), "-TERM");
    assert!(end == Some(0) || (end == Some(130) && tiny.snapshot() == old), "{end:?}");
    assert_eq!(names(tiny.dir.path()), ["city", "out"]);
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let tiny = Tiny::new();
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("out"));
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_carbonzone")]);
    nohup.args(["run", &pipeline, "--out", &out, "--quiet"]).stdout(Stdio::null()).stderr(Stdio::null());
    assert_eq!(signalled(&tiny, nohup.spawn().unwrap(), "-HUP"), Some(0));
    outputs_of(&tiny.at("out"));
}

#[test]
fn of_many_runs_into_one_folder_one_goes_on_and_the_others_are_told_who_it_is() {
    let tiny = Tiny::new();
    tiny.make("other", ["North", "South"]);
    let out = tiny.path("out");
    for round in 0..3 {
        let pipelines = [tiny.path("city/p.toml"), tiny.path("other/p.toml")];
        let children: Vec<Child> = (0..6)
            .map(|i| start(&["run", &pipelines[i % 2], "--out", &out, "--quiet", "--no-maps", "--overwrite"]))
            .collect();
        let mut done = 0;
        for child in children {
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            match output.status.code() {
                Some(0) => done += 1,
                Some(2) => {
                    // The first moments of a run have no name yet.
                    let who = ["(process ", "another carbonzone has just begun there"];
                    let said = who.iter().any(|who| stderr.contains(who));
                    assert!(stderr.contains("is in use: ") && said, "{stderr}");
                }
                other => panic!("{other:?}: {stderr}"),
            }
        }
        assert!(done > 0, "round {round}");
        // Never a mixture: the zones and the record are of the same city.
        outputs_of(&tiny.at("out"));
        let north = tiny.read("out/townships.csv").contains("North");
        let of_other =
            carbonzone::out_dir::read_manifest(&tiny.at("out")).unwrap().pipeline_file.contains("other");
        assert_eq!(north, of_other);
        assert_eq!(names(tiny.dir.path()), ["city", "other", "out"]);
    }
}

#[test]
fn a_second_run_is_refused_while_the_first_computes() {
    let tiny = Tiny::new();
    let place = carbonzone::exchange::Exchange::begin(&carbonzone::exchange::Request {
        target: &tiny.at("out"),
        command: "carbonzone run big.toml",
        record: "run.json",
        read: |_| None,
        belongs: &|_| true,
        refusal: "",
        inputs: &[],
        writes: &|_| false,
    })
    .unwrap();
    let stderr = tiny.refused("out", &[]);
    for needle in ["out is in use: carbonzone run big.toml (process ", "for ", "hint: wait"] {
        assert!(stderr.contains(needle), "{stderr}");
    }
    drop(place);
    tiny.run("out", &[]);
}

/// A small disk in memory, unmounted at the end; `None` where this is not allowed.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path, kilobytes: u64) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={kilobytes}k,nr_inodes=400");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|s| s.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_at_any_point_names_the_file_and_leaves_the_old_folder() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let bytes: u64 = walk_bytes(&tiny.at("out"));
    let disk = tiny.at("disk");
    let (pipeline, out) = (tiny.path("city/p.toml"), tiny.path("disk/out"));
    let run = |more: &[&str]| {
        let args = [&["run", &pipeline, "--out", &out, "--quiet", "--no-maps"], more].concat();
        carbonzone().args(args).output().unwrap()
    };
    let (mut full, mut done) = (0, 0);
    // First with nothing there, then beside an old folder: from no room at all to room for everything.
    for step in 0..24u64 {
        let room = 8 + bytes / 1024 * step / 10;
        let Some(_mounted) = SmallDisk::mount(&disk, room) else {
            eprintln!(
                "SKIPPED: a disk in memory cannot be mounted here (this needs root); full disks are not tested"
            );
            return;
        };
        let mut old = None;
        for _ in 0..2 {
            let output = run(&[]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                outputs_of(Path::new(&out));
                old = Some(common::tiny::snapshot(Path::new(&out)));
                assert_eq!(names(&disk), ["out"], "{room} kB");
                done += 1;
                continue;
            }
            full += 1;
            assert_eq!(output.status.code(), Some(2), "{room} kB: {stderr}");
            assert!(stderr.contains("disk/"), "{room} kB: no file is named: {stderr}");
            match &old {
                Some(old) => {
                    assert_eq!(&common::tiny::snapshot(Path::new(&out)), old, "{room} kB");
                    assert_eq!(names(&disk), ["out"], "{room} kB");
                }
                None => assert_eq!(names(&disk), Vec::<String>::new(), "{room} kB: {stderr}"),
            }
        }
    }
    assert!(full >= 8 && done >= 8, "{full} full, {done} done: the sizes do not span the run");
}

fn walk_bytes(dir: &Path) -> u64 {
    let files = carbonzone::exchange::walk(dir).unwrap().into_iter().filter(|e| !e.folder);
    files.map(|e| fs::metadata(dir.join(e.path)).unwrap().len().div_ceil(4096) * 4096).sum()
}

#[test]
fn a_file_beyond_the_limit_of_the_shell_is_named_and_leaves_the_old_folder() {
    let tiny = Tiny::new();
    tiny.run("out", &[]);
    let old = common::tiny::snapshot(&tiny.at("out"));
    let mut codes = vec![];
    for blocks in [0, 24, 200, 1_000_000] {
        let limited = format!("ulimit -f {blocks} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limited]).arg(carbonzone().get_program());
        let args = ["run", &tiny.path("city/p.toml"), "--out", &tiny.path("out"), "--quiet", "--no-maps"];
        let output = command.args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        codes.push(output.status.code());
        if output.status.success() {
            outputs_of(&tiny.at("out"));
        } else {
            assert!(stderr.contains("out"), "{blocks} blocks: no file is named: {stderr}");
            assert_eq!(common::tiny::snapshot(&tiny.at("out")), old, "{blocks} blocks: {stderr}");
        }
        assert_eq!(names(tiny.at("").as_path()), ["city", "out"], "{blocks} blocks: {stderr}");
    }
    assert_eq!(codes[0], Some(2), "{codes:?}");
    assert_eq!(codes.last(), Some(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|c| matches!(c, Some(0 | 2))), "{codes:?}");
}
