//! The output folder: written beside its place and renamed at the end, so that nothing half-written is seen.

use anyhow::{Context, bail};
use carbonzone_types::RunManifest;
use std::path::{Path, PathBuf};

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
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// If a file of the old folder is in use, or the disk refuses.
    pub fn finish(mut self) -> anyhow::Result<PathBuf> {
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
        if old.exists() {
            std::fs::remove_dir_all(&old)?;
        }
        Ok(self.target.clone())
    }
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
        assert!(target.join("new").exists() && !target.join("thesis.docx").exists());
    }
}
