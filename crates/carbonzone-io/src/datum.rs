//! Shifts between datums that PROJ does not know: positions taken over unchanged ("ballpark") are told with their size.

use crate::crs::{CrsPath, Transformer, WGS84, definition_to_spatial_ref};
use crate::ffi;
use crate::gdal_log::capture;
use crate::known_way;
use crate::reading::Reading;
use carbonzone_types::{Finding, number_of};
use gdal::spatial_ref::{CoordTransformOptions, SpatialRef};
use rusqlite::{Connection, OpenFlags};

/// Geographic CRS that agree with WGS 84 within a metre or two, although EPSG has no transformation between them:
/// WGS 84, CGCS 2000, ETRS 89, GDA 2020 are realisations of the same terrestrial system.
const GLOBAL: [i64; 5] = [4326, 4490, 4258, 7844, 9000];
/// Shift below which two datums count as one, m.
const SMALL_M: f64 = 3.0;
/// Semi-major axis of WGS 84, m.
const WGS84_A: f64 = 6_378_137.0;
/// Metres of a degree of latitude on the mean sphere.
const DEGREE_M: f64 = 111_195.0;

/// Warns if the way into the working CRS leaves out the shift between two datums, with its size in the middle of the layer
/// (`extent` in the working CRS) where EPSG knows it.
pub(crate) fn check_datum(reading: &mut Reading<'_>, path: &CrsPath, extent: Option<[f64; 4]>) {
    let crs = reading.crs;
    let (Some((from, to)), Some([x0, y0, x1, y1])) = (path.ends(), extent) else { return };
    // Both of its ends are global.
    if known_way::is_known(from, to) {
        return;
    }
    let at = [f64::midpoint(x0, x1), f64::midpoint(y0, y1)];
    let (Ok(source), Ok(target)) = (definition_to_spatial_ref(from), definition_to_spatial_ref(to)) else {
        return;
    };
    if let Some(finding) = shift_given_as_nothing(&source) {
        reading.add(finding.value(path.label.clone()).hint(parameters_hint(&source)));
        return;
    }
    if !leaves_out_shift(from, to, at) {
        return;
    }
    let (mut lon, mut lat) = ([at[0]], [at[1]]);
    if crs.to_wgs84(&mut lon, &mut lat).is_err() {
        return;
    }
    let datums = Database::open();
    let sides = [&source, &target].map(|srs| Datum::of(srs, datums.as_ref(), [lon[0], lat[0]]));
    let local: Vec<&Datum> = sides.iter().filter(|d| !d.global()).collect();
    if local.is_empty() {
        return;
    }
    let sizes: Vec<String> = local.iter().map(|d| d.size()).collect();
    let message = format!(
        "PROJ knows no transformation between {} and {}: longitude and latitude are taken over unchanged; {}",
        sides[0].name,
        sides[1].name,
        sizes.join("; ")
    );
    reading.add(
        Finding::warning("unknown_datum_shift", message)
            .field("crs")
            .value(path.label.clone())
            .hint(parameters_hint(&source)),
    );
}

fn parameters_hint(source: &SpatialRef) -> String {
    let text = source.to_proj4().unwrap_or_default();
    let own = |word: &&str| !["+no_defs", "+type=crs"].contains(word) && !word.starts_with("+towgs84");
    let parameters = text.split_whitespace().filter(own).collect::<Vec<_>>().join(" ");
    format!(
        "give the parameters of your surveying office: crs = \"{parameters} +towgs84=dx,dy,dz,rx,ry,rz,s\", or transform the layer first"
    )
}

/// GRS 80 and WGS 84, on which the global datums stand.
fn is_global_ellipsoid(semi_major_m: f64) -> bool {
    (semi_major_m - WGS84_A).abs() < 1.0
}

/// What is to be told of a datum on an ellipsoid of its own whose shift to WGS 84 is given as zero: the same as no shift.
fn shift_given_as_nothing(source: &SpatialRef) -> Option<Finding> {
    let parameters: Vec<f64> = (0..7)
        .map_while(|i| source.get_attr_value("TOWGS84", i).ok().flatten())
        .map(|text| text.trim().parse().unwrap_or(f64::NAN))
        .collect();
    let a = source.semi_major().ok()?;
    let nothing = !parameters.is_empty() && parameters.iter().all(|p| *p == 0.0);
    (nothing && !is_global_ellipsoid(a)).then(|| {
        let message = format!(
            "the shift of this datum to WGS 84 is given as 0 (+towgs84=0,0,0), though its ellipsoid is another one (a = {a} m): longitude and latitude are taken over unchanged; positions may be off by some 100 m"
        );
        Finding::warning("unknown_datum_shift", message).field("crs")
    })
}

/// True if PROJ's way between two CRS differs at a place from every way that it knows to be right.
fn leaves_out_shift(from: &str, to: &str, at: [f64; 2]) -> bool {
    let (mut x, mut y) = ([at[0]], [at[1]]);
    let Ok(back) = Transformer::between(to, from) else { return false };
    if back.apply(&mut x, &mut y).is_err() || !x[0].is_finite() {
        return false;
    }
    let strict = CoordTransformOptions::new().and_then(|mut options| {
        options.set_ballpark_allowed(false)?;
        Ok(options)
    });
    let Ok(strict) = strict else { return false };
    let Some(strict) = Transformer::under(from, to, &strict) else { return true };
    let (mut sx, mut sy) = (x, y);
    if strict.apply(&mut sx, &mut sy).is_err() || !sx[0].is_finite() {
        return true;
    }
    let usual = Transformer::between(from, to).and_then(|t| t.apply(&mut x, &mut y));
    usual.is_ok() && (sx[0] - x[0]).hypot(sy[0] - y[0]) > SMALL_M
}

/// The geographic part of a CRS, with the shifts to WGS 84 that EPSG knows.
struct Datum {
    name: String,
    code: Option<i64>,
    /// Metres east and north by which each known transformation moves the place.
    shifts: Vec<[f64; 2]>,
}

impl Datum {
    fn of(srs: &SpatialRef, database: Option<&Database>, place: [f64; 2]) -> Self {
        // Parameters in the definition lead to WGS 84.
        let bound = srs.get_attr_value("TOWGS84", 0).ok().flatten().is_some();
        let on_global = || srs.semi_major().is_ok_and(is_global_ellipsoid);
        let geographic = srs.geog_cs().ok();
        let name = geographic.as_ref().and_then(SpatialRef::name).filter(|n| n != "unknown");
        // `+ellps=GRS80` without a datum is how CGCS2000 and ETRS89 look as PROJ text.
        let unnamed = name.is_none() && on_global();
        let name = name.unwrap_or_else(|| "an unnamed datum".to_owned());
        let own = geographic.and_then(|g| g.auth_code().ok()).map(i64::from);
        let code = if bound || unnamed {
            Some(4326)
        } else {
            own.or_else(|| database.and_then(|d| d.code_of(&name)))
        };
        let shifts = match (code, database) {
            (Some(code), Some(database)) if !GLOBAL.contains(&code) => database.shifts(code, place),
            _ => Vec::new(),
        };
        Self { name, code, shifts }
    }

    fn global(&self) -> bool {
        self.code.is_some_and(|c| GLOBAL.contains(&c))
            || (!self.shifts.is_empty() && self.shifts.iter().all(|[e, n]| e.hypot(*n) < SMALL_M))
    }

    /// How far off positions may be, in words.
    fn size(&self) -> String {
        if self.shifts.is_empty() {
            return format!("EPSG knows no size for {}: positions may be off by some 100 m", self.name);
        }
        let range = |of: &dyn Fn(&[f64; 2]) -> f64| {
            let values = self.shifts.iter().map(of);
            let (low, high) =
                values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            if (high - low).abs() < 0.5 { format!("{high:.0} m") } else { format!("{low:.0} to {high:.0} m") }
        };
        format!(
            "by the {} of EPSG from {} to WGS 84 the layer lies off by {} here ({} east, {} north)",
            number_of(self.shifts.len(), "transformation", "transformations"),
            self.name,
            range(&|[e, n]: &[f64; 2]| e.hypot(*n)),
            range(&|[e, _]: &[f64; 2]| *e),
            range(&|[_, n]: &[f64; 2]| *n),
        )
    }
}

/// PROJ's database of EPSG.
struct Database(Connection);

impl Database {
    fn open() -> Option<Self> {
        let usual =
            ["/usr/share/proj", "/usr/local/share/proj", "/opt/homebrew/share/proj"].map(str::to_owned);
        let folders = ffi::proj_search_paths().into_iter().chain(usual);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        folders
            .map(|folder| std::path::Path::new(&folder).join("proj.db"))
            .filter(|path| path.is_file())
            .find_map(|path| Connection::open_with_flags(path, flags).ok())
            .map(Self)
    }

    /// EPSG code of a geographic CRS by its name or alias (`GCS_Xian_1980`).
    fn code_of(&self, name: &str) -> Option<i64> {
        let sql = "SELECT CAST(code AS INTEGER) FROM geodetic_crs WHERE auth_name = 'EPSG' AND name = ?1 AND type = 'geographic 2D'
             UNION SELECT CAST(code AS INTEGER) FROM alias_name WHERE auth_name = 'EPSG' AND table_name = 'geodetic_crs' AND alt_name = ?1
             ORDER BY 1 LIMIT 1";
        self.0.query_row(sql, [name], |row| row.get(0)).ok()
    }

    /// Metres east and north by which the transformations to WGS 84 move a place: those made for its region if there are
    /// three or more, else all.
    fn shifts(&self, code: i64, [lon, lat]: [f64; 2]) -> Vec<[f64; 2]> {
        let sql = "SELECT o.code, max(?2 BETWEEN e.south_lat AND e.north_lat AND ?1 BETWEEN e.west_lon AND e.east_lon)
             FROM coordinate_operation_view o
             JOIN usage u ON u.object_table_name = o.table_name AND u.object_auth_name = o.auth_name AND u.object_code = o.code
             JOIN extent e ON e.auth_name = u.extent_auth_name AND e.code = u.extent_code
             WHERE o.auth_name = 'EPSG' AND o.source_crs_auth_name = 'EPSG' AND o.source_crs_code = ?3
             AND o.target_crs_auth_name = 'EPSG' AND o.target_crs_code = 4326 AND o.deprecated = 0
             AND o.table_name = 'helmert_transformation' GROUP BY o.code ORDER BY o.code";
        let known = self.0.prepare(sql).and_then(|mut statement| {
            statement
                .query_map(rusqlite::params![lon, lat, code], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(i64, bool)>>>()
        });
        let known = known.unwrap_or_default();
        let near = known.iter().filter(|(_, here)| *here).count();
        let from = format!("EPSG:{code}");
        known
            .iter()
            .filter(|(_, here)| *here || near < 3)
            .filter_map(|(op, _)| shift_by(*op, &from, [lon, lat]))
            .collect()
    }
}

/// Metres east and north by which one EPSG transformation moves a place.
fn shift_by(operation: i64, from: &str, [lon, lat]: [f64; 2]) -> Option<[f64; 2]> {
    let (options, _) = capture(|| {
        CoordTransformOptions::new().and_then(|mut options| {
            options.set_coordinate_operation(
                &format!("urn:ogc:def:coordinateOperation:EPSG::{operation}"),
                false,
            )?;
            Ok(options)
        })
    });
    let transformer = Transformer::under(from, WGS84, &options.ok()?)?;
    let (mut x, mut y) = ([lon], [lat]);
    transformer.apply(&mut x, &mut y).ok()?;
    let shift = [(x[0] - lon) * DEGREE_M * lat.to_radians().cos(), (y[0] - lat) * DEGREE_M];
    // Farther than any two datums lie apart: not a shift of this place.
    shift.iter().all(|s| s.abs() < 5000.0).then_some(shift)
}
