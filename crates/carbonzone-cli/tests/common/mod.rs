//! A small synthetic city made and run by the built binary, in a temporary folder.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its own part; a test panics with the reason"
)]

pub mod tiny;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// The workspace folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The built binary.
pub fn carbonzone() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carbonzone"));
    command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8").env("SOURCE_DATE_EPOCH", "946684800");
    // Most of what a run with maps takes is pixels, and no test of the command looks at them.
    command.env("CARBONZONE_DPI", "36");
    command
}

/// Runs the binary and gives its output, whatever the exit code.
pub fn run(args: &[&str]) -> Output {
    carbonzone().args(args).output().unwrap()
}

/// Runs the binary; panics with its messages unless it exits with `code`.
pub fn expect(code: i32, args: &[&str]) -> (String, String) {
    let out = run(args);
    let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "{args:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
    (stdout, stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The layers of the synthetic Suzhou with this number of parcels, made once for each build of the binary: it takes longer
/// than to check them.
fn made_once(parcels: usize) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let built = std::fs::metadata(env!("CARGO_BIN_EXE_carbonzone")).unwrap().modified().unwrap();
    let built = built.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let layers = all.join(format!("suzhou-{parcels}-{built}"));
    if !layers.exists() {
        let making = tempfile::tempdir_in(all).unwrap();
        let (count, out) = (parcels.to_string(), making.path().join("layers"));
        let out_text = out.display().to_string();
        expect(0, &["synth", "suzhou", "--parcels", &count, "--seed", "7", "--quiet", "--out", &out_text]);
        // Another test binary may have been quicker: its layers are the same.
        std::fs::rename(&out, &layers).or_else(|e| if layers.exists() { Ok(()) } else { Err(e) }).unwrap();
    }
    layers
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The section of the shipped pipeline that says how unsure the inputs are.
pub const ALL_DRAWS: &str = "[uncertainty]\n";
/// The same with few draws: most tests ask for something else than how sure a class is.
pub const FEW_DRAWS: &str = "[uncertainty]\ndraws = 256\n";

/// A synthetic Suzhou of 1,000 parcels with the shipped pipeline, in a folder of its own.
pub struct City {
    /// Temporary folder.
    pub dir: tempfile::TempDir,
}

impl City {
    /// Makes the city.
    pub fn new() -> Self {
        Self::of(1_000)
    }

    /// Makes the city with this number of parcels.
    pub fn of(parcels: usize) -> Self {
        Self::made_in(tempfile::tempdir().unwrap(), parcels)
    }

    fn made_in(dir: tempfile::TempDir, parcels: usize) -> Self {
        let city = Self { dir };
        copy_folder(&made_once(parcels), &city.dir.path().join("layers"));
        let toml = std::fs::read_to_string(root().join("pipelines/suzhou.toml")).unwrap();
        let toml = toml.replace("../build/synth/suzhou/", "layers/");
        std::fs::write(city.path("city.toml"), toml.replace(ALL_DRAWS, FEW_DRAWS)).unwrap();
        city
    }

    /// The city with the shipped pipeline and a run without maps in `out`, for tests that only look at it: made once.
    pub fn finished() -> &'static Self {
        static ONCE: OnceLock<City> = OnceLock::new();
        ONCE.get_or_init(|| {
            // It lives as long as this program: in the folder of the build, which somebody cleans.
            let city = Self::made_in(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(), 1_000);
            let (summary, _) = city.run("out", &[]);
            std::fs::write(city.path("summary.txt"), summary).unwrap();
            city
        })
    }

    /// What `carbonzone check` says of it, both streams: asked once.
    pub fn checked() -> &'static str {
        static ONCE: OnceLock<String> = OnceLock::new();
        ONCE.get_or_init(|| Self::new().check(0))
    }

    /// Path of a file in the folder, as text.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Replaces text in the pipeline file; panics if it is not there.
    pub fn edit(&self, from: &str, to: &str) {
        let path = self.path("city.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "the pipeline has no `{from}`");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Runs it without maps into `out`; panics unless it succeeds.
    pub fn run(&self, out: &str, more: &[&str]) -> (String, String) {
        let (pipeline, out) = (self.path("city.toml"), self.path(out));
        let mut args = vec!["run", &pipeline, "--out", &out, "--no-maps"];
        args.extend_from_slice(more);
        expect(0, &args)
    }

    /// `carbonzone check`, text of both streams, with the expected exit code.
    pub fn check(&self, code: i32) -> String {
        let (stdout, stderr) = expect(code, &["check", &self.path("city.toml"), "--quiet"]);
        stdout + &stderr
    }

    /// `carbonzone check`, text of both streams, whatever it thinks of the city.
    pub fn check_any(&self) -> String {
        let out = run(&["check", &self.path("city.toml"), "--quiet"]);
        text(&out.stdout) + &text(&out.stderr)
    }

    /// `run.json` of an output folder.
    pub fn manifest(&self, out: &str) -> carbonzone_types::RunManifest {
        let text = std::fs::read_to_string(self.path(&format!("{out}/run.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Relative difference.
pub fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE)
}

/// Sum of a column of a layer, by the value of another column.
pub fn sum_where(
    table: &carbonzone_types::AttributeTable,
    column: &str,
    by: &str,
    keep: impl Fn(&str) -> bool,
) -> f64 {
    let keys = table.texts(by).unwrap();
    let values = table.numbers(column).unwrap();
    keys.iter()
        .zip(values)
        .filter(|(k, _)| k.as_deref().is_some_and(&keep))
        .map(|(_, v)| v.unwrap_or(0.0))
        .collect::<carbonzone_types::ExactSum>()
        .value()
}
