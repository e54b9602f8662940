//! GDP of townships derived from that of their counties.
//!
//! Statistics give GDP by county; the indices need it by township. Sharing it out by POI, people or
//! night light, marked as derived, is ours, not the paper's (docs/adr/0012).

use super::DownscaleError;
use carbonzone_types::ExactSum;

/// GDP per unit, shared out from the counties.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedGdp {
    /// GDP per unit in the unit of the counties; `None`: its county has none, or nothing to share it by.
    pub gdp: Vec<Option<f64>>,
    /// Proxy that each county was shared by, as an index into the proxies; `None`: nothing to share (no GDP, GDP 0),
    /// or nothing to share it by.
    pub used: Vec<Option<usize>>,
    /// Counties whose GDP could not be shared out, ascending: every proxy is zero, or there is no unit.
    pub without_weight: Vec<usize>,
}

/// Shares the GDP of every county over its units: `G_i = G_c w_i / Σ_j w_j`, `j` over the units of the county.
///
/// `w` is the first of the proxies whose sum over the county is positive, so a county without a single point of the
/// first kind takes the next. County sums are kept to rounding. Results depend on no order but that of the units.
///
/// # Units and shape
/// `county_gdp`: one value per county, ≥ 0, any unit of money; `None` is not known. `county_of`: county of each unit.
/// `proxies`: one slice per proxy, in order of preference, with one weight ≥ 0 per unit.
///
/// # Errors
/// [`DownscaleError::Length`] if a proxy has another length than `county_of`; [`DownscaleError::Value`] for a GDP or weight
/// that is negative or not finite; [`DownscaleError::Parameter`] for a county that does not exist.
///
/// # Examples
/// ```
/// use carbonzone_spatialize::downscale::gdp::share_gdp;
/// // Two counties; the second has no shop, so its people count.
/// let shops = [1.0, 3.0, 0.0, 0.0];
/// let people = [50.0, 50.0, 10.0, 30.0];
/// let shared = share_gdp(&[Some(80.0), Some(20.0)], &[0, 0, 1, 1], &[&shops, &people])?;
/// assert_eq!(shared.gdp, [Some(20.0), Some(60.0), Some(5.0), Some(15.0)]);
/// assert_eq!(shared.used, [Some(0), Some(1)]);
/// # Ok::<(), carbonzone_spatialize::DownscaleError>(())
/// ```
pub fn share_gdp(
    county_gdp: &[Option<f64>],
    county_of: &[usize],
    proxies: &[&[f64]],
) -> Result<SharedGdp, DownscaleError> {
    check(county_gdp, county_of, proxies)?;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); county_gdp.len()];
    for (unit, &county) in county_of.iter().enumerate() {
        members[county].push(unit);
    }
    let mut out =
        SharedGdp { gdp: vec![None; county_of.len()], used: Vec::new(), without_weight: Vec::new() };
    for (county, units) in members.iter().enumerate() {
        let Some(total) = county_gdp[county] else {
            out.used.push(None);
            continue;
        };
        let weight = |proxy: &[f64]| units.iter().map(|&u| proxy[u]).collect::<ExactSum>().value();
        let first = proxies.iter().position(|p| weight(p) > 0.0).filter(|_| total > 0.0);
        match first {
            Some(k) => {
                let sum = weight(proxies[k]);
                for &u in units {
                    out.gdp[u] = Some(total * (proxies[k][u] / sum));
                }
            }
            None if total == 0.0 => {
                for &u in units {
                    out.gdp[u] = Some(0.0);
                }
            }
            None => out.without_weight.push(county),
        }
        out.used.push(first);
    }
    Ok(out)
}

/// [`share_gdp`] once per proxy: each in turn is the first choice, the others follow in their order.
///
/// The first entry is that of the declared order. `used` always indexes the declared proxies.
///
/// # Errors
/// As [`share_gdp`].
pub fn share_gdp_by_each(
    county_gdp: &[Option<f64>],
    county_of: &[usize],
    proxies: &[&[f64]],
) -> Result<Vec<SharedGdp>, DownscaleError> {
    (0..proxies.len())
        .map(|k| {
            let order: Vec<usize> =
                std::iter::once(k).chain((0..proxies.len()).filter(|&j| j != k)).collect();
            let turned: Vec<&[f64]> = order.iter().map(|&j| proxies[j]).collect();
            let mut shared = share_gdp(county_gdp, county_of, &turned)?;
            shared.used.iter_mut().flatten().for_each(|j| *j = order[*j]);
            Ok(shared)
        })
        .collect()
}

fn check(county_gdp: &[Option<f64>], county_of: &[usize], proxies: &[&[f64]]) -> Result<(), DownscaleError> {
    let bad = |v: f64| !(v >= 0.0 && v.is_finite());
    let value = |unit: usize, field: &'static str, value: f64| DownscaleError::Value {
        unit,
        field,
        value,
        hint: "GDP and weights are counted, they are never negative",
    };
    for proxy in proxies {
        DownscaleError::check_len("proxy of GDP", proxy.len(), county_of.len())?;
        if let Some((unit, v)) = proxy.iter().enumerate().find(|(_, v)| bad(**v)) {
            return Err(value(unit, "proxy of GDP", *v));
        }
    }
    if let Some((county, v)) =
        county_gdp.iter().enumerate().find_map(|(i, v)| v.filter(|v| bad(*v)).map(|v| (i, v)))
    {
        return Err(value(county, "GDP of a county", v));
    }
    match county_of.iter().find(|&&c| c >= county_gdp.len()) {
        Some(c) => {
            Err(DownscaleError::parameter("county", c, format!("a number below {}", county_gdp.len())))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn county_gdp_is_shared_in_the_ratio_of_the_first_proxy_that_is_there() {
        // County 0: 1 of 8 and 7 of 8 shops. County 1: no shop, 2 of 3 and 1 of 3 factories. County 2: no GDP.
        let shops = [1.0, 7.0, 0.0, 0.0, 4.0];
        let works = [5.0, 5.0, 2.0, 1.0, 4.0];
        let shared = share_gdp(&[Some(64.0), Some(9.0), None], &[0, 0, 1, 1, 2], &[&shops, &works]).unwrap();
        assert_eq!(shared.gdp, [Some(64.0 / 8.0), Some(64.0 * 7.0 / 8.0), Some(6.0), Some(3.0), None]);
        assert_eq!(shared.used, [Some(0), Some(1), None]);
        assert!(shared.without_weight.is_empty());
    }

    #[test]
    fn a_county_with_nothing_to_share_by_is_named_and_gets_no_zero() {
        let nothing = [0.0, 0.0, 3.0];
        let shared = share_gdp(&[Some(10.0), Some(5.0), Some(1.0)], &[0, 0, 1], &[&nothing]).unwrap();
        assert_eq!(shared.gdp, [None, None, Some(5.0)]);
        // The third county has no unit at all.
        assert_eq!(shared.without_weight, [0, 2]);
        let zero = share_gdp(&[Some(0.0)], &[0, 0], &[&[0.0, 0.0]]).unwrap();
        assert_eq!((zero.gdp, zero.used), (vec![Some(0.0), Some(0.0)], vec![None]));
    }

    #[test]
    fn each_proxy_in_turn_is_the_first_choice() {
        let (a, b) = ([1.0, 1.0, 0.0, 0.0], [1.0, 3.0, 1.0, 3.0]);
        let each = share_gdp_by_each(&[Some(4.0), Some(8.0)], &[0, 0, 1, 1], &[&a, &b]).unwrap();
        assert_eq!(each[0].gdp, [Some(2.0), Some(2.0), Some(2.0), Some(6.0)]);
        assert_eq!(each[0].used, [Some(0), Some(1)]);
        assert_eq!(each[1].gdp, [Some(1.0), Some(3.0), Some(2.0), Some(6.0)]);
        assert_eq!(each[1].used, [Some(1), Some(1)]);
    }

    #[test]
    fn what_is_no_number_or_does_not_fit_is_refused() {
        assert!(matches!(share_gdp(&[Some(1.0)], &[0], &[&[-1.0]]), Err(DownscaleError::Value { .. })));
        assert!(matches!(share_gdp(&[Some(f64::NAN)], &[0], &[&[1.0]]), Err(DownscaleError::Value { .. })));
        assert!(matches!(share_gdp(&[Some(1.0)], &[0], &[&[1.0, 2.0]]), Err(DownscaleError::Length { .. })));
        assert!(matches!(share_gdp(&[Some(1.0)], &[1], &[&[1.0]]), Err(DownscaleError::Parameter { .. })));
    }
}
