//! Everything at once.

use crate::figure::{self, Drawing, Fonts, Packing};
use crate::style::{Figure, figures_of_years, project_maps};
use crate::{Lang, MapData, RenderOptions, Rendered, ReportError, Result, html, qgis};
use carbonzone_types::Progress;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// File of a run folder that says what can be loaded into a map.
pub const LAYER_LIST: &str = "layers.json";

/// Draws and writes all figures, styles, the QGIS project and the report page of a run into `out_dir`.
///
/// Files: `figures/*.svg` and `*.png`, `<name>.qgz`, `layers.json`, a `.qml` beside every loose GeoJSON and GeoTIFF, `report.html`.
/// The rows of the GeoPackage table `layer_styles` are returned: the caller writes them.
///
/// # Errors
/// Any [`ReportError`]. [`ReportError::Cancelled`] if `progress` says so.
pub fn render(
    data: &MapData,
    options: &RenderOptions,
    out_dir: &Path,
    progress: &dyn Progress,
) -> Result<Rendered> {
    for layer in data.parcels.iter().chain(&data.grid).chain([&data.zones]) {
        layer.check()?;
    }
    let mut rendered = Rendered::default();
    let of_year = data.year().filter(|_| data.long_form()).map(|year| data.of_year(year));
    let shown = of_year.as_ref().unwrap_or(data);
    let all = figures_of_years(data, options)?;
    let further = project_maps(shown, options)?;
    rendered.layer_styles = qgis::layer_styles(shown, &all, &further, options.lang)?;
    let drawings = if options.what.figures || options.what.report {
        draw(data, shown, &all, options.lang, progress)?
    } else {
        Vec::new()
    };
    let fonts = Fonts::for_texts(drawings.iter().flat_map(Drawing::texts));
    if !drawings.is_empty() {
        rendered.fonts = fonts.used().to_vec();
        rendered.findings.extend(fonts.findings());
    }
    if options.what.figures {
        write_figures(&all, &drawings, options.dpi, &fonts, out_dir, progress, &mut rendered)?;
    }
    if options.what.qgis {
        progress.begin("QGIS project", None);
        let project = qgis::project(data, &all, &further, options)?;
        store(out_dir, Path::new(&project.file), &project.qgz, "QGIS project", &mut rendered)?;
        let list = serde_json::to_string(&project.list)
            .map_err(|e| ReportError::Project { reason: e.to_string() })?;
        store(out_dir, Path::new(LAYER_LIST), list.as_bytes(), "list of layers", &mut rendered)?;
        for (file, text) in qgis::sidecars(shown, &all, options, options.lang)? {
            store(out_dir, Path::new(&file), text.as_bytes(), "QGIS style", &mut rendered)?;
        }
        progress.end();
    }
    if options.what.report {
        progress.begin("report page", None);
        let mut record = shown.manifest.clone();
        rendered.note_in(&mut record);
        let page = html::page((shown, data), &record, &all, &drawings, options, &fonts)?;
        store(out_dir, Path::new("report.html"), page.html.as_bytes(), "report page", &mut rendered)?;
        rendered.warnings.extend(page.warnings);
        progress.end();
    }
    Ok(rendered)
}

/// Every figure, drawn.
fn draw(
    data: &MapData,
    shown: &MapData,
    all: &[Figure],
    lang: Lang,
    progress: &dyn Progress,
) -> Result<Vec<Drawing>> {
    progress.begin("figures", Some(all.len() as u64));
    let fonts = Fonts::shipped();
    let one = |figure: &Figure| {
        if progress.cancelled() {
            return Err(ReportError::Cancelled);
        }
        let drawing = drawn(data, shown, figure, lang, &fonts)?;
        progress.advance(1);
        Ok(drawing)
    };
    let drawings = all.par_iter().map(one).collect();
    progress.end();
    drawings
}

/// Writes every figure as SVG and PNG.
fn write_figures(
    all: &[Figure],
    drawings: &[Drawing],
    dpi: u32,
    fonts: &Fonts,
    out_dir: &Path,
    progress: &dyn Progress,
    rendered: &mut Rendered,
) -> Result<()> {
    progress.begin("images", Some(all.len() as u64));
    let one = |(figure, drawing): (&Figure, &Drawing)| {
        if progress.cancelled() {
            return Err(ReportError::Cancelled);
        }
        let png = drawing.png(&figure.name, dpi, Packing::Quick, fonts)?;
        progress.advance(1);
        Ok(png)
    };
    let images: Result<Vec<Vec<u8>>> = all.par_iter().zip(drawings).map(one).collect();
    for ((figure, drawing), png) in all.iter().zip(drawings).zip(images?) {
        let stem = PathBuf::from("figures");
        let what = figure.title.text(Lang::En);
        store(
            out_dir,
            &stem.join(format!("{}.svg", figure.name)),
            drawing.svg().as_bytes(),
            &what,
            rendered,
        )?;
        store(out_dir, &stem.join(format!("{}.png", figure.name)), &png, &what, rendered)?;
    }
    progress.end();
    Ok(())
}

/// A figure, drawn from the data of its year.
fn drawn(data: &MapData, shown: &MapData, figure: &Figure, lang: Lang, fonts: &Fonts) -> Result<Drawing> {
    match figure.year.filter(|y| Some(*y) != shown.year()) {
        Some(year) => figure::draw(&data.of_year(year), figure, lang, fonts),
        None => figure::draw(shown, figure, lang, fonts),
    }
}

fn store(dir: &Path, file: &Path, bytes: &[u8], what: &str, rendered: &mut Rendered) -> Result<()> {
    let path = dir.join(file);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|e| ReportError::write(parent, e))?;
    }
    std::fs::write(&path, bytes).map_err(|e| ReportError::write(&path, e))?;
    rendered.files.push((file.to_owned(), what.to_owned()));
    Ok(())
}
