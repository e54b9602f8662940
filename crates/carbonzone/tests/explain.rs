//! What a run says of its units' tonnes is what it placed there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test panics with the reason")]

use crate::city;
use carbonzone::explain::{Explanation, Unit, explain};
use carbonzone::{Config, Files, NoProgress};
use std::path::{Path, PathBuf};

/// A whole run without maps.
fn run(pipeline: &Path, out: &str, set: &[&str]) -> PathBuf {
    let set: Vec<String> = set.iter().copied().chain(["outputs.maps=false"]).map(str::to_owned).collect();
    let config = Config::read(pipeline, &set).value.unwrap();
    let inputs = carbonzone::load(&config, Files, &NoProgress).value.unwrap();
    let result = carbonzone::compute(inputs, &NoProgress).value.unwrap();
    let folder = pipeline.with_file_name(out);
    std::fs::create_dir_all(&folder).unwrap();
    carbonzone::write(&result, &folder, config.outputs(), &NoProgress).unwrap();
    folder
}

fn of(run: &Path, unit: &Unit) -> Explanation {
    explain(run, unit, None).unwrap()
}

#[test]
fn smoothed_weights_are_explained_to_the_last_tonne() {
    let dir = tempfile::tempdir().unwrap();
    let out = run(&city::city(dir.path(), 40), "out", &[]);
    let gpkg = out.join("small.gpkg");
    let (_, parcels) = carbonzone_io::read_own_layer(&gpkg, "parcels").unwrap();
    let (ids, gross) = (parcels.texts("unit_id").unwrap(), parcels.numbers("gross_t").unwrap());
    let (poi, area) = (parcels.numbers("poi_industry").unwrap(), parcels.numbers("area_m2").unwrap());
    let kinds = parcels.texts("space_type").unwrap();
    let factories: Vec<usize> =
        (0..ids.len()).filter(|p| kinds[*p].as_deref() == Some("industrial")).collect();
    let mean = factories.iter().map(|p| area[*p].unwrap()).sum::<f64>() / factories.len() as f64;
    assert!(factories.len() > 100);
    for &p in factories.iter().step_by(17) {
        let e = of(&out, &Unit::Parcel(ids[p].clone().unwrap()));
        assert_eq!((e.unexplained_gross_t, e.gross_t), (0.0, gross[p].unwrap()));
        let line = &e.lines[0];
        // docs/adr/0005: w = n + α a / mean(a), with α = 1.
        let weight = poi[p].unwrap() + area[p].unwrap() / mean;
        assert!((line.weight - weight).abs() < 1e-9 * weight, "{line:?} instead of {weight}");
        assert_eq!((line.smoothing, line.proxy.as_str()), (1.0, "poi:industry"));
        let by_weight = line.budget_t * line.weight / line.weight_total;
        assert!((line.amount_t - by_weight).abs() < 1e-9 * by_weight);
    }
    let all = |unit: &dyn Fn(usize) -> Unit, n: usize| -> f64 {
        (0..n)
            .map(|i| {
                let e = of(&out, &unit(i));
                assert!(e.unexplained_gross_t.abs() <= 1e-9 * e.gross_t, "{e:?}");
                assert!(e.unexplained_sink_t.abs() <= 1e-9 * e.sink_t, "{e:?}");
                assert_eq!(e.largest_parcels.len(), 5);
                assert!(e.largest_parcels.windows(2).all(|w| w[0].gross_t >= w[1].gross_t));
                e.lines.iter().filter(|l| l.sector != "sink").map(|l| l.amount_t).sum::<f64>()
            })
            .sum()
    };
    // The four townships cover the city.
    let zones = all(&|z| Unit::Zone(format!("z{z}")), 4);
    assert!((zones - 156_000.0).abs() < 1e-6, "{zones}");
    all(&|i| Unit::Cell(format!("{},{}", 1 + i % 4, 1 + i / 4)), 12);
}

#[test]
fn parcels_that_stay_in_the_office_are_not_in_the_explanations_either() {
    let dir = tempfile::tempdir().unwrap();
    for detail in ["coarse", "none"] {
        let out = run(&city::city(dir.path(), 12), detail, &[&format!("outputs.parcels={detail}")]);
        let names = carbonzone_io::layer_names(&out.join("explain.gpkg")).unwrap();
        assert!(names.iter().all(|n| !n.contains("parcel")), "{names:?}");
        let e = of(&out, &Unit::Zone("z1".to_owned()));
        assert!(e.unexplained_gross_t == 0.0 && e.largest_parcels.is_empty());
        let refused = explain(&out, &Unit::Parcel("p00003".to_owned()), None).unwrap_err();
        assert!(format!("{refused:#}").contains("parcels = \"full\""), "{refused:#}");
    }
}
