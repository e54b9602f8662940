//! What a run says of how sure its classes are: columns, explanation, figures, page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::config::Outputs;
use carbonzone::explain::{Unit, explain};
use carbonzone::{Config, Files, NoProgress, RunManifest};
use carbonzone_types::AttributeTable;
use std::path::{Path, PathBuf};

/// A pipeline of the small city that asks how sure its classes are.
const UNCERTAINTY: &str = "
[uncertainty]
draws = 256
gdp_pct = 30.0
budgets = { industry = 20.0, construction = 10.0, sink = 40.0 }
proxies = { poi = 0.4 }
";

/// Figures of as few pixels as can be: nobody looks at them here.
fn coarse(outputs: &Outputs) -> Outputs {
    Outputs { dpi: 36, ..outputs.clone() }
}

fn run(dir: &Path, section: &str, maps: bool) -> (PathBuf, RunManifest) {
    let pipeline = city::city(dir, 12);
    let text = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, text + section).unwrap();
    let config = Config::read(&pipeline, &[format!("outputs.maps={maps}")]).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    let folder = dir.join("out");
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, &coarse(config.outputs()), &NoProgress).unwrap();
    let record = carbonzone::out_dir::read_manifest(&folder).unwrap();
    (folder, record)
}

fn townships(folder: &Path) -> AttributeTable {
    carbonzone_io::read_own_layer(&folder.join("small.gpkg"), "townships").unwrap().1
}

#[test]
fn probabilities_sum_to_one_and_the_explanation_says_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, record) = run(dir.path(), UNCERTAINTY, false);
    let table = townships(&folder);
    let classes: Vec<(&str, Vec<Option<f64>>)> = record
        .zone_classes
        .iter()
        .filter_map(|c| Some((c.key.as_str(), table.numbers(&format!("p_{}", c.key))?)))
        .collect();
    assert!(classes.len() > 1, "some zone must be unsure");
    let (zone, sure) = (table.texts("zone").unwrap(), table.texts("confidence_class").unwrap());
    let confidence = table.numbers("zone_confidence").unwrap();
    let confidences = record.confidence.as_ref().unwrap();
    let modal = table.texts("zone_modal").unwrap();
    let (mut counts, mut other_likelier) = ([0; 3], 0);
    for row in 0..table.rows() {
        let sum: f64 = classes.iter().map(|(_, p)| p[row].unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        let p = confidence[row].unwrap();
        let expected = if p >= 0.95 { 0 } else { 1 + usize::from(p < 0.75) };
        counts[expected] += 1;
        let other = modal[row] != zone[row];
        other_likelier += u64::from(other);
        // 256 draws: what lies within their sampling error is not called likelier.
        let beyond = |q: f64| q - p > 1.96 * ((p + q - (q - p).powi(2)) / 256.0).sqrt();
        assert_eq!(other, classes.iter().any(|(_, of)| beyond(of[row].unwrap())));
        let word = if other { "other_likelier" } else { ["safe", "likely", "toss_up"][expected] };
        assert_eq!(sure[row].as_deref(), Some(word));

        let e = explain(&folder, &Unit::Zone(format!("z{row}")), None).unwrap();
        let [of] = e.how_sure.as_slice() else { panic!("one class, one answer") };
        let said = &of.sure;
        assert_eq!(Some(&said.class.key), zone[row].as_ref());
        assert_eq!(said.class.probability, p);
        assert!((said.error - (p * (1.0 - p) / 256.0).sqrt()).abs() < 1e-15);
        assert!((confidences.units[row].error - said.error).abs() < 1e-15);
        for other in &said.others {
            let (_, written) = classes.iter().find(|(key, _)| *key == other.key).unwrap();
            assert_eq!(written[row], Some(other.probability));
        }
        let rest: f64 = said.others.iter().map(|c| c.probability).sum();
        assert!((p + rest - 1.0).abs() < 1e-12);
        assert_eq!(said.driver.is_some(), p < 1.0, "{said:?}");
    }
    assert_eq!((confidences.counts, confidences.other_likelier), (counts, other_likelier));
    assert_eq!(
        record.statements.iter().any(|s| s.en.contains("another class more often")),
        other_likelier > 0
    );
    let marked = table.texts("borderline").unwrap();
    let marked = marked.iter().filter(|b| matches!(b.as_deref(), Some("true" | "1"))).count();
    assert_eq!(confidences.borderline, marked as u64);
}

#[test]
fn a_run_that_was_not_asked_says_how_to_ask() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, record) = run(dir.path(), "", true);
    assert!(record.confidence.is_none() && townships(&folder).get("zone_confidence").is_none());
    assert!(explain(&folder, &Unit::Zone("z1".to_owned()), None).unwrap().how_sure.is_empty());
    assert!(
        record.statements.iter().any(|s| s.en.contains("[uncertainty]") && s.zh.contains("[uncertainty]"))
    );
    assert!(!folder.join("figures/fig10a_confidence.svg").exists());
    assert!(!std::fs::read_to_string(folder.join("report.html")).unwrap().contains("id=\"sure\""));
}

#[test]
fn figures_and_page_show_it_and_are_drawn_again_from_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, _) = run(dir.path(), UNCERTAINTY, true);
    let table = townships(&folder);
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let (map, plot) = (read("figures/fig10a_confidence.svg"), read("figures/fig10b_indices.svg"));
    // One ellipse per township with both indices above 0 in every draw.
    assert!(plot.contains("fill-opacity=\"0.07\"") && plot.matches("<circle").count() >= 4);
    let page = read("report.html");
    let rows = page.matches("data-sure=\"").count() - 5;
    assert_eq!(rows, table.rows(), "a row per township beside the five buttons");

    let options = carbonzone::maps::options(&coarse(&Outputs::default()));
    carbonzone::maps::redraw(&folder, &options, "maps", &NoProgress).unwrap();
    assert!(map == read("figures/fig10a_confidence.svg") && plot == read("figures/fig10b_indices.svg"));
    assert!(page == read("report.html"));
    assert!(townships(&folder) == table && folder.join("small.qgz").exists());
}
