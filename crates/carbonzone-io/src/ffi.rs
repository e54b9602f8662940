//! Thin safe wrappers over the few GDAL calls that the `gdal` crate does not offer. All `unsafe` of the
//! workspace lives in this file.
#![expect(
    unsafe_code,
    reason = "gdal 0.19 has no safe wrapper for these calls; each one states why it is sound"
)]

use gdal::Dataset;
use gdal::errors::{CplErrType, GdalError, Result};
use gdal::raster::RasterBand;
use gdal::vector::{Feature, Geometry, LayerAccess};
use gdal_sys::{CPLErr, OGRErr, OGRFieldSubType, OGRFieldType, OGRwkbByteOrder, OGRwkbGeometryType};
use std::ffi::{CString, c_char, c_int};

/// True if the field has a value: neither unset (absent GeoJSON member) nor NULL.
pub(crate) fn field_has_value(feature: &Feature<'_>, index: usize) -> bool {
    let Ok(index) = c_int::try_from(index) else { return false };
    // SAFETY: the feature is alive for the call; an index out of range makes GDAL return 0.
    unsafe { gdal_sys::OGR_F_IsFieldSetAndNotNull(feature.c_feature(), index) != 0 }
}

/// Appends the ISO WKB of the feature's geometry to `out`; `None` if the feature has no geometry.
/// Curves are turned into lines first. The result is the geometry's flattened OGR type.
pub(crate) fn append_wkb(feature: &Feature<'_>, out: &mut Vec<u8>) -> Option<Result<Appended>> {
    // SAFETY: the handle borrowed from the feature stays valid while the feature is borrowed.
    unsafe {
        let geometry = gdal_sys::OGR_F_GetGeometryRef(feature.c_feature());
        (!geometry.is_null()).then(|| append_handle(geometry, out))
    }
}

/// A geometry that was appended: its flattened OGR type, and whether curves were turned into lines.
pub(crate) struct Appended {
    pub kind: OGRwkbGeometryType::Type,
    pub curved: bool,
}

/// Largest angle between the vertices of an arc that is turned into lines, in degrees: the area of a full circle is then
/// 0.0013 % too small (GDAL's own 4 degrees: 0.081 %).
pub(crate) const ARC_STEP_DEGREES: f64 = 0.5;

/// Appends the ISO WKB of a geometry, curves turned into lines.
pub(crate) fn append_linear_wkb(geometry: &Geometry, out: &mut Vec<u8>) -> Result<Appended> {
    // SAFETY: the handle is valid while the geometry is borrowed.
    unsafe { append_handle(geometry.c_geometry(), out) }
}

/// Appends the ISO WKB of a geometry and gives its flattened type.
///
/// # Safety
/// `geometry` must be a valid handle for the length of the call.
unsafe fn append_handle(geometry: gdal_sys::OGRGeometryH, out: &mut Vec<u8>) -> Result<Appended> {
    // SAFETY: the handle is valid by the contract above; the buffer is grown to OGR_G_WkbSize bytes before GDAL
    // writes exactly that many; the linear copy is destroyed here.
    unsafe {
        let kind = gdal_sys::OGR_G_GetGeometryType(geometry);
        // A collection is no curve itself but may hold some.
        let collection = gdal_sys::OGR_GT_Flatten(kind) == OGRwkbGeometryType::wkbGeometryCollection;
        let may_curve = collection || gdal_sys::OGR_GT_IsNonLinear(kind) != 0;
        let curved = may_curve && gdal_sys::OGR_G_HasCurveGeometry(geometry, 1) != 0;
        let linear = if may_curve {
            gdal_sys::OGR_G_GetLinearGeometry(geometry, ARC_STEP_DEGREES, std::ptr::null_mut())
        } else {
            std::ptr::null_mut()
        };
        let source = if linear.is_null() { geometry } else { linear };
        let flat = gdal_sys::OGR_GT_Flatten(gdal_sys::OGR_G_GetGeometryType(source));
        let size = usize::try_from(gdal_sys::OGR_G_WkbSize(source)).unwrap_or(0);
        let start = out.len();
        out.resize(start + size, 0);
        let code = gdal_sys::OGR_G_ExportToIsoWkb(source, OGRwkbByteOrder::wkbNDR, out[start..].as_mut_ptr());
        if !linear.is_null() {
            gdal_sys::OGR_G_DestroyGeometry(linear);
        }
        if code == OGRErr::OGRERR_NONE {
            Ok(Appended { kind: flat, curved })
        } else {
            out.truncate(start);
            Err(GdalError::OgrError { err: code, method_name: "OGR_G_ExportToIsoWkb" })
        }
    }
}

/// Name of the column with the feature id; `None` if the layer has none.
pub(crate) fn fid_column<L: LayerAccess>(layer: &L) -> Option<String> {
    // SAFETY: the layer is alive; the text belongs to it and is copied at once.
    let name = unsafe {
        let text = gdal_sys::OGR_L_GetFIDColumn(layer.c_layer());
        if text.is_null() {
            return None;
        }
        std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned()
    };
    (!name.is_empty()).then_some(name)
}

/// Begins a transaction on a dataset without borrowing it for its whole length.
pub(crate) fn start_transaction(dataset: &Dataset) -> Result<()> {
    // SAFETY: the dataset handle is alive; the call has no other precondition.
    check_ogr(
        unsafe { gdal_sys::GDALDatasetStartTransaction(dataset.c_dataset(), 0) },
        "GDALDatasetStartTransaction",
    )
}

/// Commits the transaction begun by [`start_transaction`].
pub(crate) fn commit_transaction(dataset: &Dataset) -> Result<()> {
    // SAFETY: as in `start_transaction`.
    check_ogr(
        unsafe { gdal_sys::GDALDatasetCommitTransaction(dataset.c_dataset()) },
        "GDALDatasetCommitTransaction",
    )
}

fn check_ogr(code: OGRErr::Type, method_name: &'static str) -> Result<()> {
    if code == OGRErr::OGRERR_NONE { Ok(()) } else { Err(GdalError::OgrError { err: code, method_name }) }
}

/// Adds a field with a subtype (e.g. boolean) to a layer.
pub(crate) fn create_field<L: LayerAccess>(
    layer: &L,
    name: &str,
    kind: OGRFieldType::Type,
    subtype: OGRFieldSubType::Type,
    width: Option<i32>,
    precision: Option<i32>,
) -> Result<()> {
    let name = CString::new(name)?;
    // SAFETY: the definition is created, used and destroyed here; GDAL copies it into the layer.
    let code = unsafe {
        let field = gdal_sys::OGR_Fld_Create(name.as_ptr(), kind);
        gdal_sys::OGR_Fld_SetSubType(field, subtype);
        if let Some(width) = width {
            gdal_sys::OGR_Fld_SetWidth(field, width);
        }
        if let Some(precision) = precision {
            gdal_sys::OGR_Fld_SetPrecision(field, precision);
        }
        let code = gdal_sys::OGR_L_CreateField(layer.c_layer(), field, 1);
        gdal_sys::OGR_Fld_Destroy(field);
        code
    };
    check_ogr(code, "OGR_L_CreateField")
}

/// OGR type and subtype of a field of the layer.
pub(crate) fn field_types<L: LayerAccess>(
    layer: &L,
    index: usize,
) -> (OGRFieldType::Type, OGRFieldSubType::Type) {
    let Ok(index) = c_int::try_from(index) else {
        return (OGRFieldType::OFTString, OGRFieldSubType::OFSTNone);
    };
    // SAFETY: the layer definition is alive with the layer; a field index out of range gives a null pointer,
    // which is tested before use.
    unsafe {
        let field = gdal_sys::OGR_FD_GetFieldDefn(gdal_sys::OGR_L_GetLayerDefn(layer.c_layer()), index);
        if field.is_null() {
            return (OGRFieldType::OFTString, OGRFieldSubType::OFSTNone);
        }
        (gdal_sys::OGR_Fld_GetType(field), gdal_sys::OGR_Fld_GetSubType(field))
    }
}

/// Tells the driver which fields need not be read.
pub(crate) fn ignore_fields<L: LayerAccess>(layer: &L, names: &[String]) -> Result<()> {
    let names: Vec<CString> =
        names.iter().map(|n| CString::new(n.as_str())).collect::<std::result::Result<_, _>>()?;
    let mut pointers: Vec<*const c_char> = names.iter().map(|n| n.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: a null-terminated list of valid C strings that outlives the call; GDAL copies what it needs.
    check_ogr(
        unsafe { gdal_sys::OGR_L_SetIgnoredFields(layer.c_layer(), pointers.as_mut_ptr().cast()) },
        "OGR_L_SetIgnoredFields",
    )
}

/// Sets the names of the values of a categorical band: entry `i` names value `i`.
pub(crate) fn set_category_names(band: &RasterBand<'_>, names: &[String]) -> Result<()> {
    let names: Vec<CString> =
        names.iter().map(|n| CString::new(n.as_str())).collect::<std::result::Result<_, _>>()?;
    let mut pointers: Vec<*const c_char> = names.iter().map(|n| n.as_ptr()).collect();
    pointers.push(std::ptr::null());
    // SAFETY: a null-terminated list of valid C strings that outlives the call; GDAL copies it.
    let code =
        unsafe { gdal_sys::GDALSetRasterCategoryNames(band.c_rasterband(), pointers.as_mut_ptr().cast()) };
    if code == CPLErr::CE_None {
        Ok(())
    } else {
        Err(GdalError::CplError { class: code, number: 0, msg: "category names were refused".to_owned() })
    }
}

/// True if the pixels of a band are complex numbers.
pub(crate) fn is_complex(band: &RasterBand<'_>) -> bool {
    // SAFETY: the handle is valid while the band is borrowed.
    unsafe { gdal_sys::GDALDataTypeIsComplex(gdal_sys::GDALGetRasterDataType(band.c_rasterband())) != 0 }
}

/// Resamples all bands of `source` into `target`, which has its size, georeference and nodata set.
pub(crate) fn reproject_image(
    source: &Dataset,
    source_wkt: &str,
    target: &Dataset,
    target_wkt: &str,
    resample: gdal_sys::GDALResampleAlg::Type,
) -> Result<()> {
    let (source_wkt, target_wkt) = (CString::new(source_wkt)?, CString::new(target_wkt)?);
    // SAFETY: both datasets and both strings are alive for the call; null options and progress mean defaults.
    // The error bound 0 asks for exact transformation of every pixel.
    let code = unsafe {
        gdal_sys::GDALReprojectImage(
            source.c_dataset(),
            source_wkt.as_ptr(),
            target.c_dataset(),
            target_wkt.as_ptr(),
            resample,
            0.0,
            0.0,
            None,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        )
    };
    if code == CPLErr::CE_None {
        Ok(())
    } else {
        Err(GdalError::CplError {
            class: code,
            number: 0,
            msg: "the raster could not be resampled".to_owned(),
        })
    }
}

/// A virtual dataset with some bands (from 1) of another one, in this order.
pub(crate) fn select_bands(source: &Dataset, bands: &[usize]) -> Result<Dataset> {
    let numbers: Vec<String> = bands.iter().map(usize::to_string).collect();
    let arguments: Vec<CString> = ["-of", "VRT"]
        .into_iter()
        .chain(numbers.iter().flat_map(|n| ["-b", n.as_str()]))
        .map(CString::new)
        .collect::<std::result::Result<_, _>>()?;
    let mut pointers: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
    pointers.push(std::ptr::null_mut());
    let name = CString::new("")?;
    // SAFETY: the arguments are a null-terminated list of valid C strings that GDAL only reads; options are freed
    // here; the new dataset takes its own reference to the source; a non-null handle is owned by the result.
    unsafe {
        let options = gdal_sys::GDALTranslateOptionsNew(pointers.as_mut_ptr(), std::ptr::null_mut());
        let handle =
            gdal_sys::GDALTranslate(name.as_ptr(), source.c_dataset(), options, std::ptr::null_mut());
        gdal_sys::GDALTranslateOptionsFree(options);
        if handle.is_null() {
            return Err(GdalError::NullPointer {
                method_name: "GDALTranslate",
                msg: format!("bands {}", numbers.join(", ")),
            });
        }
        Ok(Dataset::from_c_dataset(handle))
    }
}

/// Polygons of the 4-connected regions of equal value of band 1, without its nodata pixels; the value goes into the
/// first field of the layer.
pub(crate) fn polygonize<L: LayerAccess>(raster: &Dataset, layer: &L) -> Result<()> {
    let band = raster.rasterband(1)?;
    // SAFETY: band and layer are alive for the call; the mask band belongs to the band; null options mean
    // 4-connectedness, a null progress function none.
    let code = unsafe {
        let source = band.c_rasterband();
        let mask = gdal_sys::GDALGetMaskBand(source);
        gdal_sys::GDALPolygonize(
            source,
            mask,
            layer.c_layer(),
            0,
            std::ptr::null_mut(),
            None,
            std::ptr::null_mut(),
        )
    };
    if code == CPLErr::CE_None {
        Ok(())
    } else {
        Err(GdalError::CplError { class: code, number: 0, msg: "the raster could not be traced".to_owned() })
    }
}

/// Version of PROJ that GDAL runs with, e.g. `9.1.1`.
pub(crate) fn proj_version() -> String {
    let (mut major, mut minor, mut patch): (c_int, c_int, c_int) = (0, 0, 0);
    // SAFETY: three valid pointers to integers.
    unsafe { gdal_sys::OSRGetPROJVersion(&raw mut major, &raw mut minor, &raw mut patch) };
    format!("{major}.{minor}.{patch}")
}

/// Folders in which PROJ looks for its database.
pub(crate) fn proj_search_paths() -> Vec<String> {
    // SAFETY: the list is null-terminated, made for the caller, read up to its end and given back here.
    unsafe {
        let list = gdal_sys::OSRGetPROJSearchPaths();
        let mut out = Vec::new();
        if list.is_null() {
            return out;
        }
        let mut i = 0;
        while !(*list.add(i)).is_null() {
            out.push(std::ffi::CStr::from_ptr(*list.add(i)).to_string_lossy().into_owned());
            i += 1;
        }
        gdal_sys::CSLDestroy(list);
        out
    }
}

/// Makes the next feature read the one with this number, counted from 0.
pub(crate) fn go_to_feature<L: LayerAccess>(layer: &L, number: usize) -> Result<()> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    // SAFETY: the layer is alive; a number beyond its features makes reading end at once.
    check_ogr(unsafe { gdal_sys::OGR_L_SetNextByIndex(layer.c_layer(), number) }, "OGR_L_SetNextByIndex")
}

/// The feature's number in its file. Negative numbers occur.
pub(crate) fn feature_id(feature: &Feature<'_>) -> i64 {
    // SAFETY: the feature is alive for the call.
    unsafe { gdal_sys::OGR_F_GetFID(feature.c_feature()) }
}

/// Any geometry as a multipolygon where GDAL knows how (TIN, polyhedral surface, triangle).
pub(crate) fn force_multipolygon(geometry: Geometry) -> Result<Geometry> {
    // SAFETY: ownership of the handle passes to GDAL and comes back with the result, which is read as WKB and
    // destroyed here.
    let wkb = unsafe {
        let handle = gdal_sys::OGR_G_ForceToMultiPolygon(geometry.into_c_geometry());
        if handle.is_null() {
            return Err(GdalError::NullPointer {
                method_name: "OGR_G_ForceToMultiPolygon",
                msg: "not polygonal".to_owned(),
            });
        }
        let mut wkb = vec![0u8; usize::try_from(gdal_sys::OGR_G_WkbSize(handle)).unwrap_or(0)];
        let code = gdal_sys::OGR_G_ExportToIsoWkb(handle, OGRwkbByteOrder::wkbNDR, wkb.as_mut_ptr());
        gdal_sys::OGR_G_DestroyGeometry(handle);
        check_ogr(code, "OGR_G_ExportToIsoWkb")?;
        wkb
    };
    Geometry::from_wkb(&wkb)
}

/// True if a GDAL message of that class means that something failed.
pub(crate) fn is_failure(class: CplErrType) -> bool {
    matches!(class, CplErrType::Failure | CplErrType::Fatal)
}
