//! The CRS of a layer: its own or the user's, and what is told about the way into the working CRS.

use crate::crs::{CrsPath, CrsSpec};
use crate::error::IoError;
use crate::source::{Reporter, has_extension};
use carbonzone_types::Finding;

/// The way into the working CRS, or the finding that there is none.
pub(crate) fn resolve_crs(
    report: &mut Reporter<'_>,
    layer_wkt: Option<&str>,
    target: &str,
) -> Option<CrsPath> {
    let spec = CrsSpec::parse(report.source.crs.as_deref());
    match CrsPath::new(&spec, layer_wkt, target) {
        Ok(Some(path)) => {
            tell_reprojection(&path, target, report);
            Some(path)
        }
        Ok(None) => {
            let hint = if has_extension(&report.source.path, &["shp"])
                && !report.source.path.with_extension("prj").exists()
            {
                "the shapefile has no .prj file: copy it too, or add crs = \"EPSG:...\" to this input"
            } else {
                "add crs = \"EPSG:...\" to this input (\"EPSG:4326\" for GPS degrees, \"GCJ-02\" for Amap, \"BD-09\" for Baidu)"
            };
            let message = "the layer does not say its coordinate reference system and none is given";
            report.refuse(Finding::error("no_crs", message).field("crs").hint(hint))
        }
        Err(error @ IoError::UnknownCrs { .. }) => {
            let text = error.to_string();
            let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
            report.refuse(
                Finding::error("unknown_crs", message)
                    .field("crs")
                    .value(report.source.crs.clone().unwrap_or_default())
                    .hint(hint),
            )
        }
        Err(error) => report.refuse(Finding::error("crs_transformation", error.to_string()).field("crs")),
    }
}

fn tell_reprojection(path: &CrsPath, target: &str, report: &mut Reporter<'_>) {
    if path.is_identity() {
        return;
    }
    let from = &path.label;
    let finding = match path.source_unit_m {
        Some(unit) if (unit - 1.0).abs() > 1e-9 => Finding::info(
            "unit_converted",
            format!("coordinates are in units of {unit} m ({from}, feet): converted to metres on reading"),
        ),
        _ if path.geographic => {
            Finding::info("reprojected", format!("transformed from {from} (degrees) to the working CRS"))
        }
        _ => Finding::info("reprojected", format!("transformed from {from} to the working CRS")),
    };
    let target = if target.len() > 40 { "the working CRS" } else { target };
    report.add(finding.field("crs").value(from.clone()).expected(target.to_owned()));
}
