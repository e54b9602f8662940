//! One band of a raster: which one is read, which of its pixels have a value, and values that look like none.

use crate::ffi;
use crate::source::{Reporter, listed};
use carbonzone_types::{Finding, number_of};
use gdal::raster::{ColorInterpretation, RasterBand};
use gdal::{Dataset, Metadata};

/// A band chosen for reading, with what is needed to understand its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BandPlan {
    /// Number, from 1.
    pub number: usize,
    /// Description, empty if it has none.
    pub name: String,
    /// Stored values that mean "no value", as the file says and as the user says.
    pub nodata: Vec<f64>,
    /// True if bytes are signed: GDAL before 3.7 calls them `Byte` and says the rest beside.
    pub signed_bytes: bool,
    /// True if a mask or alpha band tells which pixels have a value.
    pub masked: bool,
    /// Value = stored value × scale + offset.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Smallest and largest value that the type can hold.
    pub limits: (f64, f64),
    /// What the band says of its values: unit and description.
    pub says: Vec<String>,
    /// True if a pixel has a real and an imaginary part.
    pub complex: bool,
}

impl BandPlan {
    /// A band of a dataset (number from 1).
    pub(crate) fn of(band: &RasterBand<'_>, number: usize) -> Self {
        let kind = band.band_type().name();
        let beside = band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE");
        let signed_bytes = kind == "Byte" && beside.is_some_and(|kind| kind == "SIGNEDBYTE");
        // GDAL gives the nodata value of 64-bit integers only through its mask.
        let wide = kind.ends_with("Int64");
        let masked = band.mask_flags().is_ok_and(|f| !f.is_all_valid() && (wide || !f.is_nodata()));
        Self {
            number,
            name: band.description().unwrap_or_default(),
            nodata: if wide { Vec::new() } else { band.no_data_value().into_iter().collect() },
            masked,
            scale: band.scale().unwrap_or(1.0),
            offset: band.offset().unwrap_or(0.0),
            signed_bytes,
            limits: limits(if signed_bytes { "Int8" } else { &kind }),
            says: [band.unit(), band.description().unwrap_or_default()]
                .into_iter()
                .chain(["units", "long_name", "UNITS"].iter().filter_map(|key| band.metadata_item(key, "")))
                .filter(|text| !text.is_empty())
                .collect(),
            complex: ffi::is_complex(band),
        }
    }

    /// True if the stored value means "no value". Float rasters keep nodata such as -3.4e38 rounded to f32.
    pub(crate) fn is_missing(&self, stored: f64) -> bool {
        let same = |n: f64| stored == n || (n.abs() > 1e30 && stored as f32 == n as f32);
        stored.is_nan() || self.nodata.iter().any(|n| same(*n))
    }

    pub(crate) fn value(&self, stored: f64) -> f64 {
        stored * self.scale + self.offset
    }

    /// Why a stored value looks like "no value" although nothing says so.
    pub(crate) fn suspicion(&self, stored: f64) -> Option<&'static str> {
        let (low, high) = self.limits;
        let is = |v: f64| stored == v || (v.abs() > 1e30 && stored as f32 == v as f32);
        if is(high) {
            Some("the largest value of its type")
        } else if low < 0.0 && is(low) {
            Some("the smallest value of its type")
        } else if USUAL_NODATA.iter().any(|v| is(*v)) {
            Some("a usual mark for \"no value\"")
        } else {
            None
        }
    }

    /// The text of the band or the file that says its values are per area (`persons/km2`, `人口密度`), not per pixel.
    pub(crate) fn per_area(&self) -> Option<&str> {
        let speaks = |text: &str| {
            let text = text.to_lowercase();
            PER_AREA.split('|').any(|words| text.contains(words))
        };
        self.says.iter().map(String::as_str).find(|text| speaks(text))
    }

    /// `band 2 ("population")`.
    pub(crate) fn label(&self) -> String {
        if self.name.is_empty() {
            format!("band {}", self.number)
        } else {
            format!("band {} (\"{}\")", self.number, self.name)
        }
    }
}

/// Words for values that are per area.
const PER_AREA: &str =
    "density|/km|/ sq|/sq|/ha|/hect|per km|per sq|per ha|per hect|km-2|km^-2|ha-1|密度|平方公里|公顷";

/// Marks for "no value" in use: 9.96921e36 is the fill value of netCDF floats (`NC_FILL_FLOAT`), -3.4e38 that of ESRI grids.
const USUAL_NODATA: [f64; 9] = [
    -9999.0,
    -99_999.0,
    -999.0,
    -32_768.0,
    -2_147_483_648.0,
    1e20,
    9.969_209_968_386_869e36,
    -3.4e38,
    3.4e38,
];

/// Smallest and largest value of a GDAL data type.
fn limits(kind: &str) -> (f64, f64) {
    match kind {
        "Byte" | "UInt8" => (0.0, f64::from(u8::MAX)),
        "Int8" => (f64::from(i8::MIN), f64::from(i8::MAX)),
        "UInt16" => (0.0, f64::from(u16::MAX)),
        "Int16" => (f64::from(i16::MIN), f64::from(i16::MAX)),
        "UInt32" => (0.0, f64::from(u32::MAX)),
        "Int32" => (f64::from(i32::MIN), f64::from(i32::MAX)),
        "UInt64" => (0.0, u64::MAX as f64),
        "Int64" => (i64::MIN as f64, i64::MAX as f64),
        "Float32" => (f64::from(f32::MIN), f64::from(f32::MAX)),
        _ => (f64::MIN, f64::MAX),
    }
}

/// What the pixels of a band are used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PixelUse {
    /// Counts or amounts that are summed.
    Amounts,
    Classes,
}

/// The band that is read: the one asked for, else the first with data. Says which one where there is a choice; a picture
/// is refused where amounts are wanted. `None`: reported.
pub(crate) fn choose_band(
    report: &mut Reporter<'_>,
    dataset: &Dataset,
    pixels: PixelUse,
) -> Option<BandPlan> {
    let bands: Vec<(usize, String, ColorInterpretation)> = (1..=dataset.raster_count())
        .filter_map(|i| Some((i, dataset.rasterband(i).ok()?)))
        .map(|(i, b)| (i, b.description().unwrap_or_default(), b.color_interpretation()))
        .collect();
    let names: Vec<String> = bands
        .iter()
        .map(|(i, name, _)| if name.is_empty() { i.to_string() } else { format!("{i} ({name})") })
        .collect();
    let data: Vec<usize> = bands
        .iter()
        .filter(|(_, _, colour)| !matches!(colour, ColorInterpretation::AlphaBand))
        .map(|(i, _, _)| *i)
        .collect();
    let number = match report.source.band {
        Some(wanted) if bands.iter().any(|(i, _, _)| *i == wanted) => wanted,
        Some(wanted) => {
            return report.refuse(
                Finding::error("unknown_band", format!("the raster has no band {wanted}"))
                    .field("band")
                    .value(wanted.to_string())
                    .expected(format!("one of {}", listed(&names))),
            );
        }
        None => *data.first().or(bands.first().map(|(i, _, _)| i))?,
    };
    let mut plan = BandPlan::of(&dataset.rasterband(number).ok()?, number);
    plan.nodata.extend(report.source.nodata);
    let of_file = ["TIFFTAG_IMAGEDESCRIPTION", "TIFFTAG_DOCUMENTNAME", "title", "TITLE"];
    plan.says.extend(of_file.iter().filter_map(|key| dataset.metadata_item(key, "")));
    if plan.complex {
        let message =
            format!("{} holds complex numbers: one pixel is two numbers, and no amount", plan.label());
        return report.refuse(
            Finding::error("complex_raster", message)
                .field("band")
                .value(plan.label())
                .expected("a band with one number per pixel")
                .hint("make a raster of the part that is meant, e.g. the real part: gdal_translate -ot Float32 in.tif out.tif"),
        );
    }
    let colour = bands.iter().find(|(i, _, _)| *i == number).map(|(_, _, c)| c);
    if pixels == PixelUse::Amounts {
        let red = bands.iter().any(|(_, _, c)| matches!(c, ColorInterpretation::RedBand));
        let blue = bands.iter().any(|(_, _, c)| matches!(c, ColorInterpretation::BlueBand));
        if red && blue {
            let message = "the raster is a picture (red, green, blue), its pixels are no amounts";
            return report.refuse(
                Finding::error("picture_raster", message)
                    .expected("a band with one number per pixel")
                    .hint("get the data themselves, not their map: GeoTIFF with one band of numbers"),
            );
        }
        if matches!(colour, Some(ColorInterpretation::PaletteIndex)) {
            let message = "the pixels are numbers of colours or classes (the band has a colour table), but are summed as amounts";
            report.add(
                Finding::warning("paletted_raster", message)
                    .field("band")
                    .value(plan.label())
                    .hint("is this the raster that was meant? A map of classes is no raster of amounts"),
            );
        }
    }
    if data.len() > 1 {
        let text =
            format!("the raster has {}: {} is read", number_of(data.len(), "band", "bands"), plan.label());
        let finding = if report.source.band.is_some() {
            Finding::info("band_read", text)
        } else {
            Finding::warning("several_bands", text)
                .hint(format!("say which one is meant, e.g. band = {number}"))
        };
        report.add(finding.field("band").value(plan.label()).expected(format!("one of {}", listed(&names))));
    }
    Some(plan)
}
