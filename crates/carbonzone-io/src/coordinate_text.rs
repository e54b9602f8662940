//! Coordinates in one cell: `120.6,31.3`, `[120.6, 31.3]`, `POINT (120.6 31.3)`.

/// Names of a column that holds longitude and latitude together, as Amap answers: `120.6,31.3`.
pub(crate) const PAIR_NAMES: [&str; 12] = [
    "location",
    "坐标",
    "经纬度",
    "lonlat",
    "lnglat",
    "lng_lat",
    "coordinates",
    "coord",
    "wkt",
    "geometry",
    "geom",
    "the_geom",
];

/// The two coordinates of a cell: two numbers, alone or in brackets, or a point in WKT (of which Z and M are left out).
pub(crate) fn both(cell: &str) -> Option<(f64, f64)> {
    let text = cell.trim();
    if let Some(point) = text.get(..5).filter(|word| word.eq_ignore_ascii_case("point")) {
        let behind = text[point.len()..].trim_start().trim_start_matches(|c: char| "ZMzm".contains(c));
        let inside = behind.trim().strip_prefix('(')?.strip_suffix(')')?;
        let numbers: Vec<f64> = inside.split_whitespace().map(number).collect::<Option<_>>()?;
        return (2..=4).contains(&numbers.len()).then(|| (numbers[0], numbers[1]));
    }
    let bare = text.trim_start_matches(['[', '(', '（']).trim_end_matches([']', ')', '）']);
    let mut numbers =
        bare.split([',', '，', ';', '；', ' ', '\t']).filter(|t| !t.is_empty()).map(|t| number(t.trim()));
    let pair = (numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(pair)
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cell_may_hold_both_coordinates() {
        for good in [
            "120.6,31.3",
            " 120.6； 31.3 ",
            "[120.6, 31.3]",
            "POINT (120.6 31.3)",
            "point(120.6 31.3)",
            "POINT Z (120.6 31.3 5)",
            "POINTZM(120.6 31.3 5 1)",
        ] {
            assert_eq!(both(good), Some((120.6, 31.3)), "{good}");
        }
        for bad in [
            "120.6",
            "120.6,31.3,5",
            "a,b",
            "",
            "nan,31",
            "POINT EMPTY",
            "POINT (120.6)",
            "LINESTRING (1 2, 3 4)",
            "SRID=4326;POINT (120.6 31.3)",
            "120,6 31,3",
        ] {
            assert_eq!(both(bad), None, "{bad}");
        }
    }
}
