//! Angles in degrees, minutes and seconds.

use crate::normalise_text;

/// Words of the half of the Earth, and whether it counts below zero.
const HALVES: [(&str, bool); 12] = [
    ("北纬", false),
    ("北緯", false),
    ("东经", false),
    ("東經", false),
    ("南纬", true),
    ("南緯", true),
    ("西经", true),
    ("西經", true),
    ("n", false),
    ("e", false),
    ("s", true),
    ("w", true),
];
/// What parts degrees, minutes and seconds.
const MARKS: [char; 14] = ['°', 'º', '˚', '度', '\'', '’', '′', '‘', '分', '"', '”', '″', '“', '秒'];

/// An angle in degrees that says that it is one: by marks, by the half of the Earth, or as three numbers. `None` for anything else,
/// also for 60 minutes and more.
///
/// ```
/// use carbonzone_sheet::angle;
/// assert_eq!(angle("31°18'36\"N"), Some(31.31));
/// assert_eq!(angle("西经120度30分"), Some(-120.5));
/// assert_eq!(angle("120 36 36"), Some(120.61));
/// assert_eq!(angle("31.3"), None);
/// assert_eq!(angle("31°61'N"), None);
/// ```
pub fn angle(text: &str) -> Option<f64> {
    let lower = normalise_text(text).to_lowercase();
    let half = HALVES.iter().find_map(|(word, below)| {
        let rest = lower.strip_prefix(word).or_else(|| lower.strip_suffix(word))?;
        Some((rest, *below))
    });
    let (rest, below) = half.unwrap_or((&lower, false));
    let marked = half.is_some() || rest.contains(MARKS);
    let (rest, minus) = rest.trim().strip_prefix('-').map_or((rest, false), |r| (r, true));
    let parts = rest.split(|c: char| c.is_whitespace() || c == ':' || MARKS.contains(&c));
    let parts: Vec<&str> = parts.filter(|p| !p.is_empty()).collect();
    if !(1..=3).contains(&parts.len()) || !(marked || parts.len() == 3) {
        return None;
    }
    let digits = |p: &str| p.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    let number = |p: &&str| digits(p).then(|| p.replace(',', ".").parse::<f64>().ok())?;
    let numbers: Vec<f64> = parts.iter().map(number).collect::<Option<_>>()?;
    let whole = numbers.iter().rev().skip(1).all(|n| n.fract() == 0.0);
    let small = numbers.iter().skip(1).all(|n| *n < 60.0);
    if !whole || !small || numbers[0] > 180.0 {
        return None;
    }
    // In seconds first: 31°18'36" is 112716 of them.
    let seconds = numbers.iter().fold((0.0, 3600.0), |(sum, unit), n| (sum + n * unit, unit / 60.0)).0;
    let value = if numbers.len() == 1 { numbers[0] } else { seconds / 3600.0 };
    Some(if below == minus { value } else { -value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_read_as_people_write_them_and_nothing_else_is_one() {
        for (text, degrees) in [
            ("31°18′36″N", 31.31),
            ("N31°18'36.0\"", 31.31),
            ("北纬31度18分36秒", 31.31),
            ("東經120°36'36\"", 120.61),
            ("31.3°N", 31.3),
            ("31.3 N", 31.3),
            ("12.5W", -12.5),
            ("-12°30'", -12.5),
            ("120:36:36", 120.61),
            ("31° 18,6' S", -31.31),
            ("１２０°３６′３６″Ｅ", 120.61),
        ] {
            assert_eq!(angle(text), Some(degrees), "{text}");
        }
        for text in [
            "",
            "N",
            "31.3",
            "31 18",
            "31.5°18'",
            "31°60'",
            "31°18'60\"",
            "200°",
            "a°",
            "1 2 3 4",
            "120.6,31.3",
        ] {
            assert_eq!(angle(text), None, "{text}");
        }
    }
}
