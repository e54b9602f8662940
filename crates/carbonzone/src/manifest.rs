//! `run.json`: provenance of a run.

use crate::config::City;
use crate::error::{Doing, Result};
use crate::exchange;
use crate::load::Notes;
use crate::load_config::Loaded;
use crate::out_dir;
use carbonzone_io::WorkingCrs;
use carbonzone_types::{Finding, IndicatorRecord, OutputRecord, RunManifest, redact};
use carbonzone_zoning::scheme::{Equality, LevelRule};
use carbonzone_zoning::{Index, Zoning, ZoningScheme};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The parts that every study shares.
pub fn common<P: serde::Serialize>(
    loaded: &Loaded<P>,
    city: &City,
    crs: Option<&WorkingCrs>,
    notes: &Notes,
) -> RunManifest {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let title_en = or(&city.title_en, &city.name);
    RunManifest {
        name: city.name.clone(),
        title_zh: or(&city.title_zh, &title_en),
        title_en,
        years: city.years(),
        synthetic: city.synthetic,
        illustrative: city.illustrative,
        source_note: city.source.clone(),
        map_review_number: city.map_review_number.clone(),
        crs: crs.map(|c| c.authority().unwrap_or(c.definition()).to_owned()).unwrap_or_default(),
        crs_wkt: crs.map(|c| c.wkt().to_owned()).unwrap_or_default(),
        area_basis: city.area.name().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("CARBONZONE_COMMIT").unwrap_or("unknown").to_owned(),
        pipeline_file: out_dir::canonical(&loaded.path).display().to_string(),
        pipeline: serde_json::to_value(&loaded.pipeline).unwrap_or_default(),
        inputs: notes.records.clone(),
        factor_sets: notes.factor_sets.clone(),
        statements: notes.statements.clone(),
        libraries: carbonzone_io::library_versions(),
        threads: rayon::current_num_threads(),
        findings: notes.findings.items.clone(),
        ledger: notes.ledger.rows.clone(),
        closing: notes.closing.clone(),
        ..RunManifest::default()
    }
}

/// Index columns of a scheme with the cuts that zoning used, which maps must show, and what their values say.
/// `ccr_of_zones`: that of all zones together, if it is the same for every row of the zone table.
pub fn indicators(scheme: &ZoningScheme, zoning: &Zoning, ccr_of_zones: Option<f64>) -> Vec<IndicatorRecord> {
    let axis = |a: &carbonzone_zoning::scheme::Axis, cuts: &[f64], index: Index| IndicatorRecord {
        key: a.column.clone(),
        label_en: a.label_en.clone(),
        label_zh: a.label_zh.clone(),
        unit: String::new(),
        thresholds: cuts.to_vec(),
        equal_is_above: matches!(a.rule, LevelRule::Fixed { equality: Equality::High, .. }),
        meaning: index.meaning(ccr_of_zones),
    };
    vec![
        IndicatorRecord {
            key: "ccr".to_owned(),
            label_en: "Carbon compensating rate (CCR)".to_owned(),
            label_zh: "碳补偿率".to_owned(),
            unit: String::new(),
            thresholds: Vec::new(),
            equal_is_above: false,
            meaning: Index::Ccr.meaning(ccr_of_zones),
        },
        axis(&scheme.economic, &zoning.economic.cuts, Index::Economic(scheme.ecc_direction)),
        axis(&scheme.ecological, &zoning.ecological.cuts, Index::Ecological),
    ]
}

/// Peak resident memory of this process in bytes, where the system tells.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Takes passwords out of everything that a run writes, and that its maps and report show.
pub fn redact_record(record: &mut RunManifest) {
    carbonzone_types::redact_json(&mut record.pipeline);
    let inputs = record.inputs.iter_mut().flat_map(|i| [&mut i.path, &mut i.layer, &mut i.crs]);
    let notes = record.ledger.iter_mut().map(|row| &mut row.note);
    let lines = record.command_line.iter_mut().chain([&mut record.source_note]);
    inputs.chain(notes).chain(lines).for_each(|text| *text = redact(text));
    record.findings.iter_mut().for_each(redact_finding);
}

/// Takes passwords out of a finding.
pub fn redact_finding(finding: &mut Finding) {
    finding.message = redact(&finding.message);
    let more = [
        &mut finding.file,
        &mut finding.feature,
        &mut finding.value,
        &mut finding.expected,
        &mut finding.hint,
    ];
    more.into_iter().flatten().for_each(|text| *text = redact(text));
}

/// Every file of a new run folder except `run.json`, sorted by path; `hashed` are the records of those that are known already.
///
/// # Errors
/// If a file cannot be read.
pub fn outputs(dir: &Path, hashed: Vec<OutputRecord>) -> Result<Vec<OutputRecord>> {
    let files = exchange::walk(dir).doing("read", dir)?;
    let new = |path: &Path| {
        path != Path::new(out_dir::RECORD) && !hashed.iter().any(|o| path == Path::new(&o.path))
    };
    let files: Vec<PathBuf> =
        files.into_iter().filter(|f| !f.folder && new(&f.path)).map(|f| f.path).collect();
    let records: Result<Vec<_>> = files.par_iter().map(|file| output(dir, file)).collect();
    let mut records = records?;
    records.extend(hashed);
    records.sort_by(|a, b| Path::new(&a.path).cmp(Path::new(&b.path)));
    Ok(records)
}

/// The record of a file of a run folder that is written, which is flushed too.
///
/// # Errors
/// If it cannot be read.
pub fn output(dir: &Path, file: &Path) -> Result<OutputRecord> {
    let (path, full) = (file.to_string_lossy().replace('\\', "/"), dir.join(file));
    // The disk needs no core: it writes while the file is hashed.
    let (flushed, digest) = std::thread::scope(|beside| {
        let flushed = beside.spawn(|| exchange::flush_file(&full));
        let digest = exchange::digest(&full);
        (flushed.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), digest)
    });
    flushed?;
    let digest = digest.doing("read", &full)?;
    let what = what(&path).to_owned();
    Ok(OutputRecord { what, path, bytes: digest.bytes, sha256: digest.sha256, counters: digest.counters })
}

fn what(path: &str) -> &'static str {
    let extension = path.rsplit('.').next().unwrap_or("");
    match extension {
        "gpkg" if path == crate::explained::FILE => "what `carbonzone explain` shows",
        "gpkg" => "all layers with styles",
        "geojson" => "zones in WGS 84",
        "csv" | "xlsx" => "table",
        "tif" => "cloud-optimised GeoTIFF",
        "qml" => "QGIS style of the file beside it",
        "qgz" => "QGIS project",
        "html" => "report, opens offline",
        "png" | "svg" => "figure",
        "parquet" | "fgb" => "parcel layer",
        "json" if path == carbonzone_report::LAYER_LIST => "what can be loaded into a map",
        "json" => "what `carbonzone maps` needs beside the layers",
        _ => "",
    }
}
