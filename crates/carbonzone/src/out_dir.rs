//! The output folder: written beside its place and renamed at the end, so that nothing half-written is seen.

use anyhow::{Context, bail};
use carbonzone_types::RunManifest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A folder under construction; removed when dropped unless it was finished.
pub struct OutDir {
    target: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl OutDir {
    /// Begins `.<name>.partial` beside the target.
    ///
    /// # Errors
    /// If the target exists and belongs to another pipeline (unless `overwrite`), or cannot be written.
    pub fn begin(target: &Path, pipeline_file: &str, overwrite: bool) -> anyhow::Result<Self> {
        if target.exists() && !overwrite && !belongs_to(target, pipeline_file) {
            bail!(
                "{} exists and was not made from {pipeline_file}\nhint: --overwrite replaces it, --out chooses another folder",
                target.display()
            );
        }
        let name =
            target.file_name().context("the output folder has no name")?.to_string_lossy().into_owned();
        let parent = target.parent().unwrap_or_else(|| Path::new("."));
        let partial = parent.join(format!(".{name}.partial"));
        if partial.exists() {
            std::fs::remove_dir_all(&partial)
                .with_context(|| format!("cannot remove {}", partial.display()))?;
        }
        std::fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
        Ok(Self { target: target.to_path_buf(), partial, finished: false })
    }

    /// Where to write.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Puts the folder in its place. What the user put into the old one goes along: these files are returned.
    ///
    /// # Errors
    /// If a file of the old folder is in use, or the disk refuses.
    pub fn finish(self) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
        let target = self.target.clone();
        let kept = self.replace()?;
        Ok((target, kept))
    }

    /// Replaces the old folder, and keeps of it files that carbonzone did not write, and a project or workbook that was
    /// saved since the run (as `NAME.edited.qgz`): these are returned.
    fn replace(mut self) -> anyhow::Result<Vec<PathBuf>> {
        let old = self.partial.with_extension("old");
        if old.exists() {
            std::fs::remove_dir_all(&old)?;
        }
        if self.target.exists() {
            std::fs::rename(&self.target, &old).with_context(|| {
                format!("cannot replace {}: is a file of it open?", self.target.display())
            })?;
        }
        if let Err(e) = std::fs::rename(&self.partial, &self.target) {
            let _ = std::fs::rename(&old, &self.target);
            return Err(e).with_context(|| format!("cannot create {}", self.target.display()));
        }
        self.finished = true;
        let mut kept = Vec::new();
        if old.exists() {
            kept = carry_over(&old, &self.target)?;
            std::fs::remove_dir_all(&old)?;
        }
        Ok(kept)
    }
}

/// Moves the user's own files from the old folder into the new one; gives their new places below it.
fn carry_over(old: &Path, new: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let Ok(manifest) = read_manifest(old) else { return Ok(Vec::new()) };
    let ours: BTreeSet<PathBuf> = manifest.outputs.iter().map(|o| PathBuf::from(&o.path)).collect();
    let finished = std::fs::metadata(old.join("run.json")).and_then(|m| m.modified()).ok();
    let mut kept = Vec::new();
    for path in files_below(old, Path::new(""))? {
        let place = if !ours.contains(&path) && !is_by_product(&path) {
            path.clone()
        } else if is_edited(&old.join(&path), finished) {
            edited_name(&path)
        } else {
            continue;
        };
        let target = new.join(&place);
        if target.exists() {
            continue;
        }
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::rename(old.join(&path), &target)
            .with_context(|| format!("cannot keep {}", path.display()))?;
        kept.push(place);
    }
    Ok(kept)
}

/// All files below a folder, in the order of their names.
fn files_below(root: &Path, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    let mut entries: Vec<_> = root.join(folder).read_dir()?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            out.extend(files_below(root, &path)?);
        } else {
            out.push(path);
        }
    }
    Ok(out)
}

/// `run.json` itself, and what GIS programs and offices leave beside the files they open.
fn is_by_product(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ends = ["run.json", ".aux.xml", "-wal", "-shm", ".qgz~", ".ovr"];
    ends.iter().any(|end| name.ends_with(end)) || name.starts_with("~$") || name.starts_with(".~lock")
}

/// True for a project or workbook that was saved after the run.
fn is_edited(path: &Path, finished: Option<SystemTime>) -> bool {
    let editable = path.extension().is_some_and(|e| e == "qgz" || e == "xlsx");
    let saved = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    editable && saved.zip(finished).is_some_and(|(saved, run)| saved > run + Duration::from_secs(2))
}

/// `suzhou.qgz` becomes `suzhou.edited.qgz`.
fn edited_name(path: &Path) -> PathBuf {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("edited.{extension}"))
}

impl Drop for OutDir {
    fn drop(&mut self) {
        if !self.finished {
            let _ = std::fs::remove_dir_all(&self.partial);
        }
    }
}

fn belongs_to(target: &Path, pipeline_file: &str) -> bool {
    if target.read_dir().is_ok_and(|mut entries| entries.next().is_none()) {
        return true;
    }
    let Ok(manifest) = read_manifest(target) else { return false };
    let same_place = |a: &str, b: &str| match (std::fs::canonicalize(a), std::fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    manifest.pipeline_file == pipeline_file || same_place(&manifest.pipeline_file, pipeline_file)
}

/// Path of a file in a run folder named after the run or a layer of it.
#[must_use]
pub fn named(dir: &Path, name: &str, extension: &str) -> PathBuf {
    dir.join(format!("{name}.{extension}"))
}

/// Reads `run.json` of a run folder.
///
/// # Errors
/// If there is none, or it is not carbonzone's.
pub fn read_manifest(run_dir: &Path) -> anyhow::Result<RunManifest> {
    let path = run_dir.join("run.json");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!("cannot read {}\nhint: name the folder of a finished run", path.display())
    })?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a run.json of carbonzone", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::OutputRecord;

    #[test]
    fn an_unfinished_folder_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        let out = OutDir::begin(&target, "a.toml", false).unwrap();
        std::fs::write(out.path().join("f"), "1").unwrap();
        drop(out);
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_folder_of_another_pipeline_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("thesis.docx"), "precious").unwrap();
        assert!(OutDir::begin(&target, "a.toml", false).is_err());
        let manifest = RunManifest { pipeline_file: "a.toml".into(), ..RunManifest::default() };
        std::fs::write(target.join("run.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
        assert!(OutDir::begin(&target, "b.toml", false).is_err());
        let out = OutDir::begin(&target, "a.toml", false).unwrap();
        std::fs::write(out.path().join("new"), "1").unwrap();
        out.finish().unwrap();
        assert!(target.join("new").exists());
    }

    #[test]
    fn what_the_user_put_into_the_folder_is_kept_and_old_outputs_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        std::fs::create_dir_all(target.join("figures")).unwrap();
        let ours = |path: &str| OutputRecord { path: path.to_owned(), ..OutputRecord::default() };
        let manifest = RunManifest {
            pipeline_file: "a.toml".into(),
            outputs: vec![ours("figures/fig4.png"), ours("x.qgz"), ours("t.xlsx")],
            ..RunManifest::default()
        };
        for file in
            ["thesis.docx", "figures/mine.png", "figures/fig4.png", "x.qgz", "t.xlsx", "zones.tif.aux.xml"]
        {
            std::fs::write(target.join(file), "old").unwrap();
        }
        std::fs::write(target.join("run.json"), serde_json::to_string(&manifest).unwrap()).unwrap();
        let saved_later = SystemTime::now() + Duration::from_secs(60);
        std::fs::File::options()
            .write(true)
            .open(target.join("x.qgz"))
            .unwrap()
            .set_modified(saved_later)
            .unwrap();
        let out = OutDir::begin(&target, "a.toml", false).unwrap();
        std::fs::write(out.path().join("x.qgz"), "new").unwrap();
        let kept = out.replace().unwrap();
        let names: Vec<String> = kept.iter().map(|p| p.display().to_string()).collect();
        assert_eq!(names, ["figures/mine.png", "thesis.docx", "x.edited.qgz"]);
        let read = |file: &str| std::fs::read_to_string(target.join(file)).unwrap();
        assert_eq!((read("x.qgz").as_str(), read("x.edited.qgz").as_str()), ("new", "old"));
        assert!(!target.join("t.xlsx").exists() && !target.join("zones.tif.aux.xml").exists());
    }
}
