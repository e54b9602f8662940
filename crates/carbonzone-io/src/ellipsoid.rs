//! Areas on the ellipsoid, and working CRS whose areas are far from them.

use crate::crs::{Transformer, WorkingCrs};
use crate::error::Result;
use crate::gauss_kruger::crs_for;
use crate::known_way::equal_area;
use crate::smooth::SmoothMap;
use carbonzone_geom::Coverage;
use carbonzone_types::{ExactSum, Finding, Findings};
use rayon::prelude::*;

/// Features per task: fixed, so that nothing depends on the number of threads.
const CHUNK: usize = 512;
/// From this many vertices on, the projection is interpolated.
const MANY_VERTICES: usize = 100_000;

/// Planar area, and area on the WGS 84 ellipsoid, of every feature in m², in feature order.
///
/// Vertices go to the Lambert azimuthal equal-area projection around the middle of the layer, where planar areas are
/// ellipsoidal ones; edges there are straight lines rather than geodesics, which for edges up to kilometres and layers up to
/// provinces changes less than 1e-6 of an area (tested against `geo`'s geodesic area). PROJ projects; for many vertices its
/// result is interpolated to within 2e-8 m, which changes an area in its twelfth digit.
///
/// # Errors
/// [`IoError::Transform`](crate::IoError::Transform) if PROJ knows no way from the working CRS.
pub fn areas_m2(coverage: &Coverage, crs: &WorkingCrs) -> Result<[Vec<f64>; 2]> {
    areas_within_m2(coverage, coverage.total_bounds(), crs)
}

/// [`areas_m2`] of a layer whose [`total_bounds`](Coverage::total_bounds) are known.
///
/// # Errors
/// As [`areas_m2`].
pub fn areas_within_m2(
    coverage: &Coverage,
    bounds: Option<[f64; 4]>,
    crs: &WorkingCrs,
) -> Result<[Vec<f64>; 2]> {
    let Some(bounds) = bounds else { return Ok([(); 2].map(|()| vec![0.0; coverage.len()])) };
    let [x0, y0, x1, y1] = bounds;
    let (mut lon, mut lat) = ([f64::midpoint(x0, x1)], [f64::midpoint(y0, y1)]);
    crs.to_wgs84(&mut lon, &mut lat)?;
    let equal_area = equal_area(lat[0], lon[0]);
    let transformer = Transformer::between(crs.definition(), &equal_area)?;
    let smooth = (coverage.vertices() >= MANY_VERTICES).then(|| {
        SmoothMap::over(bounds, |xs, ys| {
            // Lengths agree; what has no image is NaN.
            let _ = transformer.apply(xs, ys);
        })
    });
    let make = || (Coverage::new(), Transformer::between(crs.definition(), &equal_area));
    let chunks = (0..coverage.len().div_ceil(CHUNK)).into_par_iter().with_max_len(4);
    let areas: Vec<[Vec<f64>; 2]> = match smooth.flatten() {
        Some(map) => chunks
            .map_init(Coverage::new, |copy, k| areas(coverage, k, copy, |xs, ys| map.apply(xs, ys)))
            .collect(),
        None => chunks
            .map_init(make, |(copy, transformer), k| {
                areas(coverage, k, copy, |xs, ys| {
                    // The way was found above and lengths agree; a vertex without an image is NaN and its ring counts nothing.
                    if let Ok(transformer) = transformer {
                        let _ = transformer.apply(xs, ys);
                    }
                })
            })
            .collect(),
    };
    let all = |k: usize| areas.iter().flat_map(|chunk| &chunk[k]).copied().collect();
    Ok([all(0), all(1)])
}

/// Share by which areas of the working CRS may differ from true ones.
const AREA_TOLERANCE: f64 = 0.005;

/// Compares the areas of the zones in the working CRS with those on the ellipsoid.
///
/// An error if their sum is off by more than 0.5 % (Web Mercator, a zone far away); a warning if only single zones are,
/// as at the edges of a province. The hint names the CRS of the place.
pub fn check_area_scale(zones: &Coverage, ids: &[String], crs: &WorkingCrs, findings: &mut Findings) {
    let Ok([planar, true_m2]) = areas_m2(zones, crs) else { return };
    let sum = |areas: &[f64]| areas.iter().copied().collect::<ExactSum>().value();
    let off = |planar: f64, true_m2: f64| planar / true_m2 - 1.0;
    let whole = off(sum(&planar), sum(&true_m2));
    let each = planar.iter().zip(&true_m2).map(|(p, t)| off(*p, *t)).enumerate();
    let beyond: Vec<(usize, f64)> = each.filter(|(_, d)| d.abs() > AREA_TOLERANCE).collect();
    let worst = beyond.iter().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    let (Some((zone, share)), Some([x0, y0, x1, y1])) = (worst, zones.total_bounds()) else { return };
    let (mut lon, mut lat) = ([x0, f64::midpoint(x0, x1), x1], [f64::midpoint(y0, y1); 3]);
    if crs.to_wgs84(&mut lon, &mut lat).is_err() {
        return;
    }
    let mut hint = format!("take {}", crs_for(lon[1], lat[1]));
    if (lon[2] - lon[0]).abs() > 3.0 {
        hint += "; for ground this wide better an equal-area CRS, in China ESRI:102025";
    }
    let finding = if whole.abs() > AREA_TOLERANCE {
        let text = format!("areas in {} are {:+.1} % off the true ones here", crs.name(), 100.0 * whole);
        Finding::error("distorting_crs", text).count(zones.len() as u64)
    } else {
        let text = format!(
            "areas of single zones in {} are more than 0.5 % off the true ones, at most {:+.2} %; all together {:+.2} %",
            crs.name(),
            100.0 * share,
            100.0 * whole
        );
        Finding::warning("distorting_crs", text).feature(ids[*zone].clone()).count(beyond.len() as u64)
    };
    findings.push(
        finding
            .layer("zones")
            .field("city.crs")
            .value(crs.definition())
            .expected("areas within 0.5 % of those on the ellipsoid")
            .hint(hint),
    );
}

/// Both areas of the features of chunk `k`, from a copy: the layer is never held twice.
fn areas(
    coverage: &Coverage,
    k: usize,
    copy: &mut Coverage,
    project: impl FnMut(&mut [f64], &mut [f64]),
) -> [Vec<f64>; 2] {
    let areas = |copy: &Coverage| (0..copy.len()).map(|i| copy.area_m2(i)).collect();
    coverage.copy_range(k * CHUNK, ((k + 1) * CHUNK).min(coverage.len()), copy);
    let planar = areas(copy);
    copy.transform(project);
    [planar, areas(copy)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::GeodesicArea;

    #[test]
    fn the_interpolated_projection_changes_nothing_that_matters() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let mut few = Coverage::new();
        for k in 0..400 {
            // Parcels of 3 to 80 m over 60 km, at the far end of the zone.
            let (x, y, d) = (
                590_000.0 + 150.0 * f64::from(k),
                3_390_000.0 + 157.0 * f64::from(k % 331),
                f64::from(k % 78) + 3.0,
            );
            few.push_rings(&[vec![vec![[x, y], [x + d, y + 1.0], [x + d, y + d], [x - 1.0, y + d], [x, y]]]]);
        }
        let order: Vec<u32> = (0..400).cycle().take(24_000).collect();
        let many = few.reordered(&order);
        assert!(few.vertices() < MANY_VERTICES && many.vertices() >= MANY_VERTICES);
        let ([_, exact], [_, smooth]) = (areas_m2(&few, &crs).unwrap(), areas_m2(&many, &crs).unwrap());
        for (k, area) in smooth.iter().enumerate() {
            let want = exact[k % 400];
            assert!(
                (area - want).abs() < 1e-6 * want.sqrt() && (area / want - 1.0).abs() < 3e-9,
                "{area} {want}"
            );
        }
    }

    #[test]
    fn degrees_with_a_code_lead_to_the_bits_of_those_without() {
        for (crs, x, y) in [
            ("EPSG:4549", 560_000.0, 3_460_000.0),
            ("EPSG:2327", 20_560_000.0, 3_460_000.0),
            ("EPSG:26986", 233_000.0, 901_000.0),
            ("EPSG:27700", 530_000.0, 180_000.0),
            ("ESRI:102025", 1_800_000.0, 2_500_000.0),
        ] {
            let crs = WorkingCrs::parse(crs).unwrap();
            let (mut lon, mut lat) = ([x], [y]);
            crs.to_wgs84(&mut lon, &mut lat).unwrap();
            let text = format!(
                "+proj=laea +lat_0={:.6} +lon_0={:.6} +datum=WGS84 +units=m +no_defs",
                lat[0], lon[0]
            );
            let [by_text, by_code] = [text, equal_area(lat[0], lon[0])].map(|to| {
                let (mut xs, mut ys): (Vec<f64>, Vec<f64>) =
                    (0..500).map(|i| (x + 37.1 * f64::from(i), y - 41.3 * f64::from(i * 7 % 500))).unzip();
                Transformer::between(crs.definition(), &to).unwrap().apply(&mut xs, &mut ys).unwrap();
                [xs, ys].map(|all| all.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
            });
            assert!(by_text == by_code, "{}", crs.name());
        }
    }

    #[test]
    fn agrees_with_the_geodesic_area_of_karney() {
        let crs = WorkingCrs::parse("EPSG:4549").unwrap();
        let mut coverage = Coverage::new();
        // From a 50 m parcel to a 120 km prefecture, edges cut to at most 1 km as in real outlines.
        for (x, y, d) in [
            (430_000.0, 3_450_000.0, 50.0),
            (560_000.0, 3_500_000.0, 9_000.0),
            (440_000.0, 3_400_000.0, 120_000.0),
        ] {
            let n = (d / 1000.0_f64).ceil().max(1.0) as usize;
            let corner = [[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]];
            let mut ring = Vec::new();
            for w in corner.windows(2) {
                for k in 0..n {
                    let t = k as f64 / n as f64;
                    ring.push([w[0][0] + t * (w[1][0] - w[0][0]), w[0][1] + t * (w[1][1] - w[0][1])]);
                }
            }
            ring.push(corner[0]);
            coverage.push_rings(&[vec![ring]]);
        }
        let [planar, areas] = areas_m2(&coverage, &crs).unwrap();
        assert_eq!(planar, coverage.areas_m2());
        let mut degrees = coverage.clone();
        crs.to_wgs84(&mut degrees.xs, &mut degrees.ys).unwrap();
        for (i, area) in areas.iter().enumerate() {
            let truth = degrees.multipolygon(i).geodesic_area_unsigned();
            assert!((area / truth - 1.0).abs() < 1e-6, "{i}: {area} {truth}");
            assert!((planar[i] / truth - 1.0).abs() < 1e-3 && planar[i] != truth);
        }
    }
}
