//! Everything below a folder that can be read: layers, tables, rasters; archives are unpacked.

use super::profile::Profile;
use carbonzone_io::{GeometryKind, LayerInfo, Raster};
use carbonzone_sheet::{ReadOptions, read_sheets, read_table};
use std::path::{Path, PathBuf};

/// Features looked at of a layer.
const SAMPLE: usize = 20_000;
/// Folders below the folder, at most this deep.
const DEEPEST: usize = 8;
/// Pixels looked at of a raster.
const PIXELS: usize = 1 << 22;

/// Something that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// File.
    pub path: PathBuf,
    pub what: What,
    /// Its columns.
    pub profile: Profile,
}

/// What a file, layer or sheet is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A layer of a vector file.
    Layer {
        /// As described.
        info: Box<LayerInfo>,
        /// The file has several: it must be named.
        one_of_several: bool,
    },
    /// A sheet of a workbook or a CSV file.
    Sheet {
        /// Name, if the workbook has several with rows.
        sheet: Option<String>,
    },
    /// A raster with its codes, if it has few.
    Raster {
        /// Codes with their pixels; empty if the values are no codes.
        codes: Vec<(String, f64)>,
        /// Middle and CRS as of layers.
        info: Box<LayerInfo>,
    },
}

impl Found {
    /// The layer, if it is one of this kind.
    pub fn layer(&self, kind: GeometryKind) -> Option<&LayerInfo> {
        match &self.what {
            What::Layer { info, .. } if info.geometry == Some(kind) => Some(info),
            _ => None,
        }
    }

    /// Number of features or rows.
    pub fn size(&self) -> u64 {
        match &self.what {
            What::Layer { info, .. } => info.features.unwrap_or(self.profile.rows as u64),
            _ => self.profile.rows as u64,
        }
    }

    /// How messages name it: file, and layer or sheet.
    pub fn shown(&self, below: &Path) -> String {
        let file = self.path.strip_prefix(below).unwrap_or(&self.path).display().to_string();
        match &self.what {
            What::Layer { info, one_of_several: true } => format!("{file} [{}]", info.name),
            What::Sheet { sheet: Some(sheet) } => format!("{file} [{sheet}]"),
            _ => file,
        }
    }
}

/// What is there, and what could not be read, with the reason.
#[derive(Debug, Default)]
pub struct Survey {
    /// In the order of their paths.
    pub found: Vec<Found>,
    /// Files that look like data and cannot be read.
    pub unread: Vec<(PathBuf, String)>,
    /// Files of other kinds.
    pub other: Vec<PathBuf>,
}

/// Parts of a shapefile and notes that programs keep beside a layer.
const BESIDE: [&str; 18] = [
    "dbf", "shx", "prj", "cpg", "sbn", "sbx", "qix", "qmd", "xml", "gpkg-wal", "gpkg-shm", "qml", "tfw",
    "ovr", "aux", "zip", "kmz", "lock",
];

const VECTORS: [&str; 12] =
    ["gpkg", "shp", "geojson", "fgb", "parquet", "geoparquet", "kml", "gml", "tab", "mif", "pbf", "gdb"];
const TABLES: [&str; 8] = ["csv", "tsv", "xlsx", "xlsm", "xlsb", "xls", "ods", "txt"];
const RASTERS: [&str; 3] = ["tif", "tiff", "img"];

/// Reads the folder; archives are unpacked below `unpacked`.
pub fn survey(folder: &Path, unpacked: &Path) -> Survey {
    let mut out = Survey::default();
    let mut files = Vec::new();
    list(folder, 0, &mut files);
    for archive in files.iter().filter(|f| has(f, &["zip", "kmz"])) {
        let name = archive.file_stem().unwrap_or_default();
        if let Err(e) = carbonzone_io::unpack_archive(archive, &unpacked.join(name)) {
            out.unread.push((archive.clone(), e.to_string()));
        }
    }
    list(unpacked, 0, &mut files);
    files.sort();
    files.dedup();
    for file in &files {
        if has(file, &VECTORS) || is_geojson(file) {
            out.vectors(file);
        } else if has(file, &TABLES) {
            out.sheets(file);
        } else if has(file, &RASTERS) {
            out.raster(file);
        } else if !has(file, &BESIDE) {
            out.other.push(file.clone());
        }
    }
    out
}

fn has(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|e| extensions.contains(&e.as_str()))
}

/// A `.json` that begins as GeoJSON does.
fn is_geojson(path: &Path) -> bool {
    use std::io::Read;
    let mut head = Vec::new();
    let read = has(path, &["json"])
        && std::fs::File::open(path).and_then(|f| f.take(4096).read_to_end(&mut head)).is_ok();
    read && ["FeatureCollection", "\"features\""].iter().any(|w| String::from_utf8_lossy(&head).contains(w))
}

fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(['.', '~', '_']));
        if hidden {
            continue;
        }
        if path.is_dir() && !has(&path, &["gdb"]) {
            // A folder with a run in it holds results.
            if depth < DEEPEST && !path.join("run.json").exists() {
                list(&path, depth + 1, files);
            }
        } else {
            files.push(path);
        }
    }
}

impl Survey {
    fn vectors(&mut self, file: &Path) {
        match carbonzone_io::describe(file, SAMPLE) {
            Ok(layers) => {
                let one_of_several = layers.iter().filter(|l| l.geometry.is_some()).count() > 1;
                for info in layers.into_iter().filter(|l| l.geometry.is_some()) {
                    let profile = Profile::of_attributes(&info.sample);
                    let what = What::Layer { info: Box::new(info), one_of_several };
                    self.found.push(Found { path: file.to_path_buf(), what, profile });
                }
            }
            Err(e) => self.unread.push((file.to_path_buf(), e.to_string())),
        }
    }

    fn sheets(&mut self, file: &Path) {
        let sheets = match read_sheets(file, &ReadOptions::default()) {
            Ok(sheets) => sheets,
            Err(e) => {
                // Notes in plain text are no tables.
                if !has(file, &["txt"]) {
                    self.unread.push((file.to_path_buf(), e.to_string()));
                }
                return;
            }
        };
        let filled: Vec<_> = sheets.iter().filter(|s| s.rows.len() > 1 && !s.hidden).collect();
        for sheet in &filled {
            let several = filled.len() > 1 && !sheet.name.is_empty();
            let options = ReadOptions {
                sheet: (!sheet.name.is_empty()).then(|| sheet.name.clone()),
                ..ReadOptions::default()
            };
            match read_table(file, &options, &[]) {
                Ok(table) => self.found.push(Found {
                    path: file.to_path_buf(),
                    what: What::Sheet { sheet: several.then(|| sheet.name.clone()) },
                    profile: Profile::of_sheet(&table),
                }),
                Err(e) if !has(file, &["txt"]) => self.unread.push((file.to_path_buf(), e.to_string())),
                Err(_) => {}
            }
        }
    }

    fn raster(&mut self, file: &Path) {
        let found = Raster::open(file).and_then(|raster| {
            let (cols, rows) = raster.size();
            let high = (PIXELS / cols.max(1)).clamp(1, rows);
            let values = raster.read_block(1, 0, (rows - high) / 2, cols, high)?;
            let [x0, dx, _, y0, _, dy] = raster.transform();
            let (x1, y1) = (x0 + dx * cols as f64, y0 + dy * rows as f64);
            let extent = [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)];
            let info = carbonzone_io::describe_place("raster", raster.wkt(), extent);
            Ok((codes_of(&values), Box::new(info)))
        });
        match found {
            Ok((codes, info)) => self.found.push(Found {
                path: file.to_path_buf(),
                what: What::Raster { codes, info },
                profile: Profile::default(),
            }),
            Err(e) => self.unread.push((file.to_path_buf(), e.to_string())),
        }
    }
}

/// Whole numbers with their pixels, if there are few of them.
fn codes_of(values: &[f64]) -> Vec<(String, f64)> {
    let mut counts = std::collections::BTreeMap::new();
    for value in values.iter().filter(|v| v.is_finite()) {
        if value.fract() != 0.0 || !(0.0..=999.0).contains(value) {
            return Vec::new();
        }
        *counts.entry(*value as u32).or_insert(0.0) += 1.0;
        if counts.len() > 64 {
            return Vec::new();
        }
    }
    counts.into_iter().map(|(code, n)| (code.to_string(), n)).collect()
}
