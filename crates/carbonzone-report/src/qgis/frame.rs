//! What a project says beside its layers: extent, CRS, canvas, units.

use super::xml::{El, el, exact};
use crate::MapData;

pub(super) fn padded([x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
    let (dx, dy) = ((x1 - x0) * 0.03, (y1 - y0) * 0.03);
    [x0 - dx, y0 - dy, x1 + dx, y1 + dy]
}

pub(super) fn extent(name: &'static str, [x0, y0, x1, y1]: [f64; 4]) -> El {
    el(name).a("xmin", exact(x0)).a("ymin", exact(y0)).a("xmax", exact(x1)).a("ymax", exact(y1))
}

/// The working CRS. `authid` is read only beside a positive `srsid`; the WKT serves where the code is unknown.
pub(super) fn crs(data: &MapData) -> El {
    let m = &data.manifest;
    let system = el("spatialrefsys");
    let system = if m.crs_wkt.is_empty() { system } else { system.child(el("wkt").text(m.crs_wkt.clone())) };
    match m.crs.split_once(':') {
        Some((_, code)) if code.chars().all(|c| c.is_ascii_digit()) && !code.is_empty() => system
            .child(el("srsid").text("1"))
            .child(el("srid").text(code))
            .child(el("authid").text(m.crs.clone())),
        _ => system,
    }
}

/// Properties of the project, and its variables by name.
pub(super) fn properties(variables: &[(&str, String)]) -> El {
    let list = |name: &'static str, values: Vec<&str>| {
        el(name).a("type", "QStringList").children(values.into_iter().map(|v| el("value").text(v)))
    };
    let names = variables.iter().map(|(name, _)| *name).collect();
    let values = variables.iter().map(|(_, value)| value.as_str()).collect();
    let variables = (!variables.is_empty())
        .then(|| el("Variables").child(list("variableNames", names)).child(list("variableValues", values)));
    el("properties")
        .children(variables)
        .child(el("Paths").child(el("Absolute").a("type", "bool").text("false")))
        .child(el("SpatialRefSys").child(el("ProjectionsEnabled").a("type", "int").text("1")))
        .child(el("Measurement").child(el("AreaUnits").a("type", "QString").text("km2")))
}

pub(super) fn canvas(frame: [f64; 4], crs: &El) -> El {
    let [x0, y0, x1, y1] = padded(frame);
    let corner = |name, v: f64| el(name).text(exact(v));
    el("mapcanvas")
        .all("name=theMapCanvas annotationsVisible=1")
        .child(el("units").text("meters"))
        .child(
            el("extent")
                .child(corner("xmin", x0))
                .child(corner("ymin", y0))
                .child(corner("xmax", x1))
                .child(corner("ymax", y1)),
        )
        .child(el("rotation").text("0"))
        .child(el("destinationsrs").child(crs.clone()))
}
