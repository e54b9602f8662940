//! One byte changed at a time in the files of a small city: the program ends, says what is wrong, and never leaves half
//! an output. A thousand mutations of every format run inside `carbonzone-io`; here the whole program meets them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod common;
use common::{City, carbonzone};
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// Mutations: most are read by `check`, every fifth by `run`.
const ROUNDS: usize = 80;
/// A city of 1,000 parcels takes about a second; this is a hang.
const HANG: Duration = Duration::from_secs(120);

/// A small generator with a fixed seed (Numerical Recipes' LCG): the mutations are the same everywhere.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn run_with_limit(args: &[&str], dir: &Path) -> Output {
    let stderr = dir.join("stderr.txt");
    let mut child = carbonzone()
        .args(args)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&stderr).unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > HANG {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("hangs: {args:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output { status, stdout: Vec::new(), stderr: fs::read(stderr).unwrap() }
}

#[test]
fn changed_bytes_never_panic_never_hang_and_never_leave_half_an_output() {
    let city = City::new();
    let scratch = tempfile::tempdir().unwrap();
    let mut files: Vec<_> = fs::read_dir(city.path("layers")).unwrap().map(|e| e.unwrap().path()).collect();
    files.push(city.path("city.toml").into());
    files.sort();
    let mut random = Lcg(20_201_205);
    let (mut refused, mut accepted) = (0, 0);
    for round in 0..ROUNDS {
        let file = &files[round % files.len()];
        let original = fs::read(file).unwrap();
        let mut bytes = original.clone();
        // Headers are short and matter most: half of the mutations hit the first 4 kB.
        let at = random.below(if round % 2 == 0 { bytes.len().min(4096) } else { bytes.len() });
        bytes[at] ^= 1 + random.below(255) as u8;
        fs::write(file, &bytes).unwrap();
        let what = format!("round {round}: byte {at} of {}", file.display());
        let (toml, out) = (city.path("city.toml"), city.path("out"));
        let run = round % 5 == 4;
        let args: Vec<&str> = if run {
            vec!["run", &toml, "--out", &out, "--no-maps", "--quiet"]
        } else {
            vec!["check", &toml, "--quiet"]
        };
        let result = run_with_limit(&args, scratch.path());
        let stderr = String::from_utf8_lossy(&result.stderr);
        assert!(matches!(result.status.code(), Some(0..=2)), "{what}: {:?}\n{stderr}", result.status);
        assert!(!stderr.contains("panicked"), "{what}\n{stderr}");
        assert!(!Path::new(&city.path(".out.partial")).exists(), "{what}: half an output");
        let written = Path::new(&out).exists();
        if run && result.status.success() {
            assert!(Path::new(&city.path("out/run.json")).exists(), "{what}: output without run.json");
            fs::remove_dir_all(&out).unwrap();
        } else {
            assert!(!written, "{what}: output of a refused run");
        }
        if result.status.success() {
            accepted += 1;
        } else {
            refused += 1;
        }
        fs::write(file, &original).unwrap();
    }
    // Both happen: bytes in the middle of a geometry are legal, bytes of a header are not.
    assert!(refused > 5 && accepted > 5, "{refused} refused, {accepted} accepted");
}
