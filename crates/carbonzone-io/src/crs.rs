//! Coordinate reference systems: the working CRS of a run and the way into it from any layer.
//!
//! Axis order is the traditional one of GIS files (easting or longitude first) on both sides, always: the one
//! place that makes a `SpatialRef` is the crate-private function `definition_to_spatial_ref`.

use crate::degree_tiles::DegreeTiles;
use crate::error::{IoError, Result};
use crate::gauss_kruger::Zone;
use crate::gdal_log::capture;
use crate::known_way;
use carbonzone_geom::gcj02;
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, CoordTransformOptions, SpatialRef};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::rc::Rc;

/// Anything GDAL understands as a CRS, with traditional GIS axis order.
pub(crate) fn definition_to_spatial_ref(definition: &str) -> Result<SpatialRef> {
    let (parsed, messages) = capture(|| SpatialRef::from_definition(definition.trim()));
    match parsed {
        Ok(mut srs) => {
            srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
            Ok(srs)
        }
        Err(error) => Err(IoError::UnknownCrs {
            text: shorten(definition),
            reason: messages.summary().unwrap_or_else(|| error.to_string()),
        }),
    }
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() > 80 {
        text.chars().take(77).chain("...".chars()).collect()
    } else {
        text.to_owned()
    }
}

/// `EPSG:4549` if the CRS has an authority code, else its name.
pub(crate) fn label(srs: &SpatialRef) -> String {
    srs.authority().ok().or_else(|| srs.name()).unwrap_or_else(|| "unnamed CRS".to_owned())
}

/// WKT of a layer's CRS, unless it says nothing: GeoPackage has placeholders for "undefined", and CAD exports carry
/// local systems that cannot be transformed.
pub(crate) fn meaningful_wkt(srs: &SpatialRef) -> Option<String> {
    let name = srs.name().unwrap_or_default();
    if srs.is_local() || name.starts_with("Undefined ") || name == "Unknown" {
        return None;
    }
    srs.to_wkt().ok().filter(|wkt| !wkt.trim().is_empty())
}

/// The projected CRS in metres in which a run computes. Plain data: it can be shared between threads.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkingCrs {
    definition: String,
    wkt: String,
    authority: Option<String>,
    name: String,
    area_of_use: Option<[f64; 4]>,
}

impl WorkingCrs {
    /// Reads `EPSG:4549`, `ESRI:102025`, a WKT or a PROJ string.
    ///
    /// # Errors
    /// [`IoError::UnknownCrs`] if nothing is known by that text; [`IoError::GeographicCrs`] for degrees;
    /// [`IoError::NotMetres`] for a projected CRS in feet or any other unit.
    pub fn parse(text: &str) -> Result<Self> {
        let srs = definition_to_spatial_ref(text)?;
        let name = srs.name().unwrap_or_default();
        if !srs.is_projected() {
            return Err(IoError::GeographicCrs { text: shorten(text), name });
        }
        let metres = srs.linear_units();
        if (metres - 1.0).abs() > 1e-12 {
            let unit = srs.linear_units_name().unwrap_or_default();
            return Err(IoError::NotMetres { text: shorten(text), name, unit, metres });
        }
        let unknown =
            |e: gdal::errors::GdalError| IoError::UnknownCrs { text: shorten(text), reason: e.to_string() };
        let area = srs
            .area_of_use()
            .map(|a| [a.west_lon_degree, a.south_lat_degree, a.east_lon_degree, a.north_lat_degree]);
        Ok(Self {
            definition: text.trim().to_owned(),
            wkt: srs.to_wkt().map_err(unknown)?,
            authority: srs.authority().ok(),
            name,
            area_of_use: area,
        })
    }

    /// The text it was made from.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// WKT as GDAL writes it into files.
    pub fn wkt(&self) -> &str {
        &self.wkt
    }

    /// `EPSG:4549`, if the CRS has an authority code.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Full name, e.g. `CGCS2000 / 3-degree Gauss-Kruger CM 120E`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True if a longitude and latitude in degrees lie in the area of use, give or take 0.75°; also true if the
    /// authority names no area.
    pub fn is_at_home(&self, lon: f64, lat: f64) -> bool {
        let Some([west, south, east, north]) = self.area_of_use else { return true };
        let (from, to) = (west - AREA_MARGIN_DEG, east + AREA_MARGIN_DEG);
        // An area may cross the antimeridian.
        let inside = if west <= east { lon >= from && lon <= to } else { lon >= from || lon <= to };
        inside && lat >= south - AREA_MARGIN_DEG && lat <= north + AREA_MARGIN_DEG
    }

    /// The area of use in words.
    pub(crate) fn area_text(&self) -> String {
        self.area_of_use.map_or("longitude -180 to 180, latitude -90 to 90".to_owned(), |[w, s, e, n]| {
            format!("longitude {w:.2} to {e:.2}, latitude {s:.2} to {n:.2}")
        })
    }

    /// The CRS as a GDAL object (traditional axis order).
    pub(crate) fn spatial_ref(&self) -> Result<SpatialRef> {
        definition_to_spatial_ref(&self.definition)
    }

    /// Working coordinates (metres) to WGS 84 longitude and latitude in degrees, in place.
    ///
    /// Returns the number of points that have no image; they become NaN.
    ///
    /// # Errors
    /// [`IoError::Transform`] if PROJ knows no way, [`IoError::Length`] if the slices differ.
    pub fn to_wgs84(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<usize> {
        Transformer::between(&self.definition, WGS84)?.apply(xs, ys)
    }

    /// WGS 84 longitude and latitude in degrees to working coordinates (metres), in place.
    ///
    /// Returns the number of points that have no image; they become NaN.
    ///
    /// # Errors
    /// As [`Self::to_wgs84`].
    pub fn from_wgs84(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<usize> {
        Transformer::between(WGS84, &self.definition)?.apply(xs, ys)
    }
}

/// Degrees by which data may stick out of the area of use of the working CRS before that is suspicious.
const AREA_MARGIN_DEG: f64 = 0.75;

/// WGS 84 in degrees.
pub(crate) const WGS84: &str = "EPSG:4326";

/// Where the coordinates of an input come from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum CrsSpec {
    /// What the file says.
    #[default]
    FromLayer,
    /// What the user says, whatever the file says.
    Definition(String),
    /// Longitude and latitude with the GCJ-02 offset (Amap, Tencent).
    Gcj02,
    /// Longitude and latitude with the BD-09 offset (Baidu).
    Bd09,
}

impl CrsSpec {
    /// Reads the `crs` of a layer in the pipeline file; `None` means the file's own.
    pub fn parse(text: Option<&str>) -> Self {
        let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Self::FromLayer };
        let plain: String =
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        match plain.as_str() {
            "GCJ02" => Self::Gcj02,
            "BD09" | "BD09LL" => Self::Bd09,
            _ => Self::Definition(text.to_owned()),
        }
    }
}

/// Offset of Chinese web maps that is taken off before PROJ sees the coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift {
    None,
    Gcj02,
    Bd09,
}

impl Shift {
    fn take_off(self, xs: &mut [f64], ys: &mut [f64]) {
        let unshift = match self {
            Self::None => return,
            Self::Gcj02 => gcj02::gcj02_to_wgs84 as fn(f64, f64) -> (f64, f64),
            Self::Bd09 => gcj02::bd09_to_wgs84 as fn(f64, f64) -> (f64, f64),
        };
        for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
            (*x, *y) = unshift(*x, *y);
        }
    }
}

/// Recipe of a way into the working CRS: plain data, from which each thread makes its own [`Transformer`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CrsPath {
    from: String,
    to: String,
    shift: Shift,
    identity: bool,
    /// Label of the source for reports: `EPSG:2249`, `GCJ-02`.
    pub label: String,
    /// Metres per unit of the source, if it is projected.
    pub source_unit_m: Option<f64>,
    /// True if the source is in degrees.
    pub geographic: bool,
    /// The zone of the source, if it is a transverse Mercator CRS in metres.
    pub zone: Option<Zone>,
}

impl CrsPath {
    /// From a layer (its own CRS as WKT, if it has one) into the working CRS. `Ok(None)`: the layer has no CRS
    /// and nobody gave one.
    pub(crate) fn new(spec: &CrsSpec, layer_wkt: Option<&str>, target: &str) -> Result<Option<Self>> {
        let (from, shift) = match (spec, layer_wkt) {
            (CrsSpec::FromLayer, None) => return Ok(None),
            (CrsSpec::FromLayer, Some(wkt)) => (wkt.to_owned(), Shift::None),
            (CrsSpec::Definition(text), _) => (text.clone(), Shift::None),
            (CrsSpec::Gcj02, _) => (WGS84.to_owned(), Shift::Gcj02),
            (CrsSpec::Bd09, _) => (WGS84.to_owned(), Shift::Bd09),
        };
        let source = definition_to_spatial_ref(&from)?;
        let geographic = source.is_geographic();
        let label = match shift {
            Shift::None => label(&source),
            Shift::Gcj02 => "GCJ-02".to_owned(),
            Shift::Bd09 => "BD-09".to_owned(),
        };
        // Under its code PROJ needs no search: most layers say it in the words of their format.
        let from =
            if geographic && source == definition_to_spatial_ref(WGS84)? { WGS84.to_owned() } else { from };
        let identity = shift == Shift::None && source == definition_to_spatial_ref(target)?;
        let source_unit_m = source.is_projected().then(|| source.linear_units());
        let zone = Zone::of(&source);
        Ok(Some(Self {
            from,
            to: target.to_owned(),
            shift,
            identity,
            label,
            source_unit_m,
            geographic,
            zone,
        }))
    }

    /// The CRS of the source and the working CRS, if PROJ alone has to find the way between them.
    pub(crate) fn ends(&self) -> Option<(&str, &str)> {
        (!self.identity && self.shift == Shift::None).then_some((&self.from, &self.to))
    }

    /// True if coordinates are taken as they are.
    pub(crate) fn is_identity(&self) -> bool {
        self.identity
    }

    /// A transformer for the calling thread.
    pub(crate) fn transformer(&self) -> Result<Transformer> {
        if self.identity {
            return Ok(Transformer { shift: self.shift, inner: None });
        }
        let mut transformer = Transformer::between(&self.from, &self.to)?;
        transformer.shift = self.shift;
        Ok(transformer)
    }

    /// Transforms in place on the calling thread; points without an image become NaN and are counted.
    pub(crate) fn apply(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<usize> {
        self.transformer()?.apply(xs, ys)
    }

    /// [`apply`](Self::apply) for millions of points, by tiles if there are some. A thread that meets only tiles that are known
    /// searches no way.
    pub(crate) fn apply_by(
        &self,
        tiles: Option<&DegreeTiles>,
        xs: &mut [f64],
        ys: &mut [f64],
    ) -> Result<usize> {
        let Some(tiles) = tiles.filter(|_| !self.identity) else { return self.apply(xs, ys) };
        same_length(xs, ys)?;
        self.shift.take_off(xs, ys);
        tiles.apply(xs, ys, &|xs, ys| match self.transformer() {
            Ok(transformer) => transformer.project(xs, ys),
            // It was found when the layer was opened.
            Err(_) => xs.fill(f64::NAN),
        });
        Ok(without_image(xs, ys))
    }
}

/// No coordinate of a place on the Earth is as large, m: half its circumference and the number of a zone stay below. Damaged bytes.
const MAX_COORDINATE: f64 = 1e8;

/// Ways that a thread keeps.
const KEPT: usize = 6;

/// A way between two definitions that a thread has found.
struct Found {
    from: String,
    to: String,
    way: Rc<CoordTransform>,
}

thread_local! {
    /// The ways this thread used last, newest first: PROJ's search among its operations takes tens of milliseconds. They
    /// are not given back when the thread ends: GDAL may have tidied up its part by then.
    static FOUND: RefCell<ManuallyDrop<VecDeque<Found>>> = const { RefCell::new(ManuallyDrop::new(VecDeque::new())) };
}

/// A batch coordinate transformation; belongs to one thread.
pub(crate) struct Transformer {
    shift: Shift,
    inner: Option<Rc<CoordTransform>>,
}

impl Transformer {
    /// Between two definitions; a way that this thread knows is not searched again.
    pub(crate) fn between(from: &str, to: &str) -> Result<Self> {
        let known = FOUND.with_borrow_mut(|found| {
            let at = found.iter().position(|f| f.from == from && f.to == to)?;
            let it = found.remove(at)?;
            let way = Rc::clone(&it.way);
            found.push_front(it);
            Some(way)
        });
        let way = known.map_or_else(|| Self::search(from, to), Ok)?;
        Ok(Self { shift: Shift::None, inner: Some(way) })
    }

    fn search(from: &str, to: &str) -> Result<Rc<CoordTransform>> {
        let (source, target) = (definition_to_spatial_ref(from)?, definition_to_spatial_ref(to)?);
        let known = known_way::options(from, to);
        let (made, messages) = capture(|| match &known {
            Some(known) => CoordTransform::new_with_options(&source, &target, known),
            None => CoordTransform::new(&source, &target),
        });
        let way = Rc::new(made.map_err(|error| IoError::Transform {
            from: label(&source),
            to: label(&target),
            reason: messages.summary().unwrap_or_else(|| error.to_string()),
        })?);
        FOUND.with_borrow_mut(|found| {
            found.truncate(KEPT - 1);
            found.push_front(Found { from: from.to_owned(), to: to.to_owned(), way: Rc::clone(&way) });
        });
        Ok(way)
    }

    /// As [`Self::between`], under conditions. `None`: there is no such way.
    pub(crate) fn under(from: &str, to: &str, options: &CoordTransformOptions) -> Option<Self> {
        let (source, target) = (definition_to_spatial_ref(from).ok()?, definition_to_spatial_ref(to).ok()?);
        let (made, _) = capture(|| CoordTransform::new_with_options(&source, &target, options));
        made.ok().map(|way| Self { shift: Shift::None, inner: Some(Rc::new(way)) })
    }

    /// Transforms in place; points without an image become NaN and are counted.
    pub(crate) fn apply(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<usize> {
        same_length(xs, ys)?;
        self.shift.take_off(xs, ys);
        self.project(xs, ys);
        Ok(without_image(xs, ys))
    }

    fn project(&self, xs: &mut [f64], ys: &mut [f64]) {
        let Some(inner) = &self.inner else { return };
        // GDAL counts points in an i32 and marks those without an image as infinite; it then reports an
        // error although all others are done.
        for (xs, ys) in xs.chunks_mut(1 << 20).zip(ys.chunks_mut(1 << 20)) {
            let _ = capture(|| inner.transform_coords(xs, ys, &mut []));
        }
    }
}

/// Makes points without an image NaN and counts them.
fn without_image(xs: &mut [f64], ys: &mut [f64]) -> usize {
    let mut failed = 0;
    for (x, y) in xs.iter_mut().zip(ys.iter_mut()) {
        if !(x.abs() <= MAX_COORDINATE && y.abs() <= MAX_COORDINATE) {
            (*x, *y) = (f64::NAN, f64::NAN);
            failed += 1;
        }
    }
    failed
}

fn same_length(xs: &[f64], ys: &[f64]) -> Result<()> {
    let (expected, found) = (xs.len(), ys.len());
    let error = || IoError::Length { what: "coordinates".to_owned(), expected, found };
    if expected == found { Ok(()) } else { Err(error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projected_crs_in_metres_is_accepted_in_every_notation() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        assert_eq!(crs.authority(), Some("EPSG:4549"));
        assert!(crs.wkt().contains("Gauss-Kruger CM 120E"));
        assert_eq!(WorkingCrs::parse(crs.wkt()).unwrap().authority(), Some("EPSG:4549"));
        let proj = WorkingCrs::parse(
            "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m",
        )
        .unwrap();
        assert_eq!(proj.authority(), None);
        assert!(WorkingCrs::parse("ESRI:102025").unwrap().name().contains("Albers"));
    }

    #[test]
    fn degrees_feet_and_nonsense_are_refused_with_a_hint() {
        assert!(matches!(WorkingCrs::parse("EPSG:4490"), Err(IoError::GeographicCrs { .. })));
        let feet = WorkingCrs::parse("EPSG:2249").unwrap_err();
        assert!(feet.to_string().contains("converted on reading"), "{feet}");
        assert!(matches!(WorkingCrs::parse("EPSG:999999"), Err(IoError::UnknownCrs { .. })));
        assert!(matches!(WorkingCrs::parse(""), Err(IoError::UnknownCrs { .. })));
        assert!(matches!(WorkingCrs::parse("a\0b"), Err(IoError::UnknownCrs { .. })));
    }

    #[test]
    fn longitude_comes_first_on_both_sides() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let (mut xs, mut ys) = (vec![120.0, 120.62], vec![31.0, 31.3]);
        assert_eq!(crs.from_wgs84(&mut xs, &mut ys).unwrap(), 0);
        assert!((xs[0] - 500_000.0).abs() < 1e-6, "{xs:?}");
        assert!((ys[0] - 3_431_000.0).abs() < 2_000.0, "{ys:?}");
        crs.to_wgs84(&mut xs, &mut ys).unwrap();
        assert!((xs[1] - 120.62).abs() < 1e-9 && (ys[1] - 31.3).abs() < 1e-9);
    }

    #[test]
    fn a_point_without_an_image_becomes_nan_and_is_counted() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let (mut xs, mut ys) = (vec![120.0, f64::INFINITY, 120.0], vec![31.0, 31.0, 500.0]);
        assert_eq!(crs.from_wgs84(&mut xs, &mut ys).unwrap(), 2);
        assert!(xs[0].is_finite() && xs[1].is_nan() && ys[2].is_nan());
    }

    #[test]
    fn gcj02_is_recognised_in_its_spellings() {
        for text in ["GCJ-02", "gcj02", "GCJ_02"] {
            assert_eq!(CrsSpec::parse(Some(text)), CrsSpec::Gcj02);
        }
        assert_eq!(CrsSpec::parse(Some("BD-09")), CrsSpec::Bd09);
        assert_eq!(CrsSpec::parse(Some(" ")), CrsSpec::FromLayer);
        assert_eq!(CrsSpec::parse(Some("EPSG:4490")), CrsSpec::Definition("EPSG:4490".to_owned()));
    }

    #[test]
    fn a_gcj02_point_moves_back_by_some_hundred_metres() {
        let path = CrsPath::new(&CrsSpec::Gcj02, None, "EPSG:4549").unwrap().unwrap();
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let (mut xs, mut ys) = (vec![120.6], vec![31.3]);
        path.transformer().unwrap().apply(&mut xs, &mut ys).unwrap();
        let (mut px, mut py) = (vec![120.6], vec![31.3]);
        crs.from_wgs84(&mut px, &mut py).unwrap();
        let shift = (xs[0] - px[0]).hypot(ys[0] - py[0]);
        assert!((300.0..800.0).contains(&shift), "{shift}");
    }

    #[test]
    fn points_come_to_lie_where_proj_puts_them_in_any_order_and_batch() {
        let way = Transformer::between(WGS84, "EPSG:4549").unwrap();
        let asked = std::cell::Cell::new(0);
        let exact = |xs: &mut [f64], ys: &mut [f64]| {
            asked.set(asked.get() + xs.len());
            drop(way.apply(xs, ys));
        };
        let at =
            |k: u32, span: f64| f64::from(k.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24) * span;
        let mut lon: Vec<f64> = (0..5000).map(|k| 119.3 + at(k, 2.2)).collect();
        let mut lat: Vec<f64> = (0..5000).map(|k| 30.4 + at(k + 7777, 1.9)).collect();
        // On the edges of tiles, and what is no place.
        (lon[7], lat[7], lon[8], lat[9]) = (120.25, 31.5, f64::NAN, 95.0);
        let (mut want_x, mut want_y) = (lon.clone(), lat.clone());
        exact(&mut want_x, &mut want_y);
        asked.set(0);
        let tiles = DegreeTiles::default();
        let (mut xs, mut ys) = (lon.clone(), lat.clone());
        tiles.apply(&mut xs, &mut ys, &exact);
        // 90 tiles of 29 points each: none of them is left to PROJ.
        assert!(asked.get() < 90 * 29, "{}", asked.get());
        for k in 0..xs.len() {
            let near = (xs[k] - want_x[k]).abs() < 1e-8 && (ys[k] - want_y[k]).abs() < 1e-8;
            assert!(near || (xs[k].is_nan() && want_x[k].is_nan()), "{k}: {} {}", xs[k], want_x[k]);
        }
        assert!(xs[8].is_nan());
        let bits = |v: &[f64]| v.iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
        let (mut some_x, mut some_y) = (lon[3000..3100].to_vec(), lat[3000..3100].to_vec());
        DegreeTiles::default().apply(&mut some_x, &mut some_y, &exact);
        assert_eq!((bits(&some_x), bits(&some_y)), (bits(&xs[3000..3100]), bits(&ys[3000..3100])));
    }
}
