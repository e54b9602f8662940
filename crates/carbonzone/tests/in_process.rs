//! The library as another program calls it: several runs in one process, nothing kept between them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::{Config, Files, NoProgress, Observer};
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

/// Files that must not depend on anything.
type Outputs = Vec<(String, Vec<u8>)>;

/// A whole run without maps into a folder; gives its files, and which share of its time stands in no stage.
fn run(pipeline: &Path, folder: &Path) -> (Outputs, f64) {
    let begun = Instant::now();
    let config = Config::read(pipeline, &["outputs.maps=false".to_owned()]);
    let config = config.value.unwrap_or_else(|| panic!("{:?}", config.findings));
    let inputs = carbonzone::load(&config, Files, &NoProgress);
    let inputs = inputs.value.unwrap_or_else(|| panic!("{:?}", inputs.findings));
    let result = carbonzone::compute(inputs, &NoProgress);
    let result = result.value.unwrap_or_else(|| panic!("{:?}", result.findings));
    std::fs::create_dir_all(folder).unwrap();
    carbonzone::write(&result, folder, config.outputs(), &NoProgress).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let record = std::fs::read_to_string(folder.join("run.json")).unwrap();
    let record: carbonzone::RunManifest = serde_json::from_str(&record).unwrap();
    let in_stages: f64 = record.stages.iter().map(|s| s.seconds).sum();
    assert!(in_stages <= seconds, "{in_stages} of {seconds} s");
    assert!(record.stages.iter().all(|s| s.cpu_seconds >= 0.0 && !s.stage.is_empty()));
    assert!(record.stages.iter().map(|s| s.cpu_seconds).sum::<f64>() > 0.0);
    let names = ["townships.csv", "townships.geojson", "ledger.csv", "grid_1km.tif", "zones.tif"];
    let files = names.iter().map(|name| ((*name).to_owned(), std::fs::read(folder.join(name)).unwrap()));
    (files.collect(), 1.0 - in_stages / seconds)
}

#[test]
fn two_runs_in_one_process_with_other_thread_counts_give_the_same_bits() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = city::city(dir.path(), 40);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&pipeline, &dir.path().join(format!("out{threads}"))))
    };
    let ((one, missing_of_one), (three, missing_of_three)) = (with(1), with(3));
    for ((name, a), (_, b)) in one.iter().zip(&three) {
        assert!(!a.is_empty() && a == b, "{name} depends on the number of threads");
    }
    let (default_pool, missing) = run(&pipeline, &dir.path().join("again"));
    assert!(default_pool == one, "a run leaves something behind for the next");
    // What is written last is the record itself, and the pipeline file is read before the first stage: in a run of so
    // few parcels, and on a machine that does other things, the best of three counts.
    let missing = missing.min(missing_of_one).min(missing_of_three);
    assert!(missing <= 0.1, "{missing} of a run stands in no stage");
    let record = std::fs::read_to_string(dir.path().join("out3/run.json")).unwrap();
    let record: carbonzone::RunManifest = serde_json::from_str(&record).unwrap();
    assert_eq!((record.threads, record.command_line.len()), (3, 0));
    assert!(record.stages.iter().any(|s| s.stage == "allocate"));
    assert!(record.stages.iter().any(|s| s.stage == "write GeoPackage"));
}

/// Asks to stop as soon as a stage begins; keeps the names of the stages.
struct StopAt(&'static str, Mutex<Vec<String>>);

impl Observer for StopAt {
    fn begin(&self, stage: &str, _total: Option<u64>) {
        self.1.lock().unwrap().push(stage.to_owned());
    }
    fn advance(&self, _n: u64) {}
    fn end(&self) {}
    fn cancelled(&self) -> bool {
        self.1.lock().unwrap().iter().any(|s| s == self.0)
    }
}

#[test]
fn an_observer_stops_one_run_and_not_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::read(&city::city(dir.path(), 12), &[]).value.unwrap();
    let stop = StopAt("index parcels", Mutex::default());
    assert!(carbonzone::load(&config, Files, &stop).value.is_none());
    assert!(stop.1.lock().unwrap().len() > 1);
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    assert!(carbonzone::compute(inputs, &StopAt("aggregate", Mutex::default())).value.is_none());
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    assert_eq!(result.record().totals.gross_t, 156_000.0);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let stop = StopAt("write GeoPackage", Mutex::default());
    assert!(carbonzone::write(&result, &out, config.outputs(), &stop).is_err());
    assert!(!out.join("run.json").exists(), "a stopped run must not look finished");
}
