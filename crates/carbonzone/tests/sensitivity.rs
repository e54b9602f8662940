//! Choices tried one at a time: each changes exactly what a run with that choice changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::sensitivity::{Sensitivity, sensitivity};
use carbonzone::{Config, Files, NoProgress};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const SIDE: u64 = 12;

/// Class, CCR, ECC and ESC of every township of a run of its own.
fn alone(pipeline: &Path, set: &[&str]) -> BTreeMap<String, (String, [Option<f64>; 3])> {
    let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
    let config = Config::read(pipeline, &set).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    let table = result.unit_table().unwrap().unwrap();
    let (ids, zones) = (table.texts("unit_id").unwrap(), table.texts("zone").unwrap());
    let numbers = ["ccr", "ecc", "esc"].map(|c| table.numbers(c).unwrap());
    let of = |z: usize| (zones[z].clone().unwrap(), [numbers[0][z], numbers[1][z], numbers[2][z]]);
    (0..ids.len()).map(|z| (ids[z].clone().unwrap(), of(z))).collect()
}

fn tried(pipeline: &Path) -> Sensitivity {
    let config = Config::read(pipeline, &[]).value.unwrap();
    let found = sensitivity(&config, Files, &NoProgress);
    found.value.unwrap_or_else(|| panic!("{:?}", found.findings))
}

/// The city with the cut between two economic levels where a township stands without snapping: its class hangs on that choice.
fn on_the_edge(dir: &Path) -> std::path::PathBuf {
    let pipeline = city::city(dir, SIDE);
    let (run, other) = (alone(&pipeline, &[]), alone(&pipeline, &["layers.poi.snap_m=0"]));
    let pairs = run.iter().filter_map(|(id, (_, now))| Some((now[1]?, other[id].1[1]?)));
    let (a, b) = pairs.max_by(|x, y| (x.0 - x.1).abs().total_cmp(&(y.0 - y.1).abs())).unwrap();
    let mut text = std::fs::read_to_string(&pipeline).unwrap();
    let cut = f64::midpoint(a, b);
    let _ = writeln!(text, "\n[zoning]\neconomic_levels = {{ method = \"fixed\", cuts = [{cut:?}] }}");
    std::fs::write(&pipeline, text).unwrap();
    pipeline
}

#[test]
fn a_choice_changes_exactly_what_a_run_with_that_choice_changes() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = on_the_edge(dir.path());
    let found = tried(&pipeline);
    let run = alone(&pipeline, &[]);
    let mut changed = 0;
    for (choice, value, set) in [
        ("layers.poi.snap_m", "0.0", "layers.poi.snap_m=0"),
        ("layers.poi.snap_m", "120.0", "layers.poi.snap_m=120"),
        ("layers.poi.several_types", "all", "layers.poi.several_types=all"),
        ("city.area", "ellipsoidal", "city.area=ellipsoidal"),
        ("city.border", "clip", "city.border=clip"),
        ("sinks.set", "lit_high", "sinks.set=lit_high"),
        ("sinks.set", "guiyang", "sinks.set=guiyang"),
    ] {
        let of = found.tried.iter().find(|t| t.choice == choice && t.tried == value);
        let of = of.unwrap_or_else(|| panic!("{choice} = {value} is not in {:#?}", found.tried));
        assert_eq!(of.refused, "", "{of:?}");
        let other = alone(&pipeline, &[set]);
        let moved: Vec<&String> = run.keys().filter(|id| run[*id].0 != other[*id].0).collect();
        let mut said: Vec<&String> = found
            .changes
            .iter()
            .filter(|c| c.choice == choice && c.tried == value)
            .inspect(|c| {
                assert_eq!((&c.zone[0], &c.zone[1]), (&run[&c.unit_id].0, &other[&c.unit_id].0));
                let before = [c.ccr[0], c.ecc[0], c.esc[0]];
                let after = [c.ccr[1], c.ecc[1], c.esc[1]];
                assert_eq!((before, after), (run[&c.unit_id].1, other[&c.unit_id].1), "{c:?}");
            })
            .map(|c| &c.unit_id)
            .collect();
        said.sort();
        assert_eq!(said, moved, "{choice} = {value}");
        assert_eq!(of.changed, moved.len());
        let largest = run
            .iter()
            .flat_map(|(id, (_, now))| (1..3).map(move |k| (now[k], id, k)))
            .filter_map(|(now, id, k)| Some(100.0 * (other[id].1[k]? / now? - 1.0).abs()))
            .fold(0.0, f64::max);
        assert!((of.largest_pct.unwrap() - largest).abs() <= 1e-9 * largest, "{of:?}: {largest}");
        changed += moved.len();
    }
    assert!(changed > 0, "no choice moves a class: the test shows nothing");
}

#[test]
fn the_largest_change_comes_first_and_refusals_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let pipeline = on_the_edge(dir.path());
    let mut text = std::fs::read_to_string(&pipeline).unwrap();
    text.push_str(
        "\n[uncertainty]\ngdp_pct = 5.0\n[uncertainty.budgets]\nindustry = 5.0\nconstruction = 5.0\nsink = 5.0\n\
         [[uncertainty.alternatives]]\nname = \"which forest\"\nprobability = 0.5\n\
         options = [{ name = \"high\", probability = 0.25, set = [\"sinks.set=lit_high\"] },\n\
         { name = \"none\", probability = 0.25, set = [\"layers.poi.groups=missing.csv\"] }]\n",
    );
    std::fs::write(&pipeline, text).unwrap();
    let found = tried(&pipeline);
    assert!((found.zones, found.synthetic) == (4, true));
    let of_name = |tried: &str| found.tried.iter().find(|t| t.choice == "which forest" && t.tried == tried);
    assert_eq!(of_name("high").unwrap().refused, "");
    assert!(of_name("none").unwrap().refused.contains("missing.csv"), "{:?}", of_name("none"));
    let declared = |c: &&carbonzone::sensitivity::Tried| c.choice == "sinks.set" && c.tried == "lit_high";
    let same = found.tried.iter().find(declared).unwrap();
    assert_eq!(
        (same.changed, same.largest_pct),
        (of_name("high").unwrap().changed, of_name("high").unwrap().largest_pct)
    );
    let sizes: Vec<f64> = found.changes.iter().map(|c| c.change_pct.unwrap_or(f64::INFINITY)).collect();
    assert!(sizes.windows(2).all(|w| w[0] >= w[1]) && !sizes.is_empty(), "{sizes:?}");
    for id in &found.not_borderline {
        assert!(found.changes.iter().any(|c| c.unit_id == *id && !c.borderline));
    }
    assert_eq!(found.table().rows(), found.changes.len());
}
