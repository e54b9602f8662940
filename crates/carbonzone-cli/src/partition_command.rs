//! `carbonzone partition`: cities as parts for an engine.

use crate::args::PartitionArgs;
use crate::diagnostics;
use crate::language::say;
use crate::progress::{cancelled, observer};
use crate::run::say_cancelled;
use crate::terminal::{eprint_line, print_line};
use anyhow::{Context, bail};
use carbonzone::partition::{folder_of, partition, pipelines};
use carbonzone::{Config, Findings};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What the folder holds.
const RECORD: &str = "province.json";

/// A folder that is put in its place when it is complete.
struct Making {
    folder: PathBuf,
    done: bool,
}

impl Making {
    fn begin(out: &Path) -> anyhow::Result<Self> {
        if out.symlink_metadata().is_ok() {
            bail!("{} exists\nhint: choose another folder, or remove it first", out.display());
        }
        let mut name = out.file_name().context("--out must name a folder")?.to_owned();
        name.push(".partial");
        let folder = out.with_file_name(name);
        std::fs::create_dir(&folder).with_context(|| {
            format!("cannot make {}: if a partition was stopped there, remove it", folder.display())
        })?;
        Ok(Self { folder, done: false })
    }

    fn finish(mut self, out: &Path) -> anyhow::Result<()> {
        std::fs::rename(&self.folder, out).with_context(|| format!("cannot make {}", out.display()))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.done {
            // What is half made is of no use to anybody.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The command.
pub fn run(args: &PartitionArgs) -> anyhow::Result<u8> {
    let files = match pipelines(&args.pipelines) {
        Ok(files) => files,
        Err(findings) => return Ok(refuse(&args.pipelines[0], &findings)),
    };
    let making = Making::begin(&args.out)?;
    let bars = observer(args.quiet);
    let (mut cities, mut failed, mut code) = (Vec::new(), Vec::new(), 0);
    for pipeline in &files {
        let read = Config::read(pipeline, &args.set);
        let (name, checked) = match read.value {
            Some(config) => {
                let folder = making.folder.join(folder_of(config.name()));
                std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
                let checked = partition(&config, &folder, args.rows as usize, &*bars)
                    .with_context(|| format!("writing into {}", args.out.display()))?;
                if checked.value.is_none() {
                    std::fs::remove_dir_all(&folder)?;
                }
                (Some(config.name().to_owned()), (checked.value, checked.findings))
            }
            None => (None, (None, read.findings)),
        };
        if cancelled() {
            return Ok(say_cancelled());
        }
        let (plan, findings) = checked;
        if !args.quiet || plan.is_none() {
            diagnostics::eprint(&findings, pipeline);
        }
        if let Some(plan) = plan {
            cities.push(json!({ "city": plan.city, "parcels": plan.parcels, "parts": plan.parts.len() }));
        } else {
            code = code.max(findings.exit_code());
            failed.push(json!({ "city": name, "pipeline": pipeline, "findings": findings }));
        }
    }
    let (made, not) = (cities.len(), failed.len());
    if made == 0 {
        eprint_line(&say(
            "no city could be made ready; nothing was written",
            "没有一个城市可用；没有写出任何文件",
        ));
        return Ok(code);
    }
    let parcels: u64 = cities.iter().filter_map(|c| c["parcels"].as_u64()).sum();
    let record: Value = json!({ "format": carbonzone_scale::FORMAT, "cities": cities, "failed": failed });
    std::fs::write(making.folder.join(RECORD), serde_json::to_vec_pretty(&record)?)?;
    making.finish(&args.out)?;
    if !args.quiet {
        let place = args.out.display();
        print_line(&say(
            &format!("{made} cities, {parcels} parcels in parts; {not} cities refused\nwritten to {place}"),
            &format!("{made} 个城市，{parcels} 个地块已分块；{not} 个城市被拒绝\n写入 {place}"),
        ));
    }
    Ok(code)
}

fn refuse(about: &Path, findings: &Findings) -> u8 {
    diagnostics::eprint(findings, about);
    findings.exit_code()
}
