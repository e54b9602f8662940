//! Where the names of zones go: inside the zone, never one over another.

use super::sheet::text_width;

/// A name that looks for room around a point of its zone (page pixels).
pub(crate) struct Candidate<'a> {
    pub at: [f64; 2],
    pub text: String,
    /// True if a point of the page lies in the zone.
    pub inside: Box<dyn Fn(f64, f64) -> bool + 'a>,
}

/// A line of text that found room: middle of the baseline and size.
pub(crate) struct Placed {
    pub x: f64,
    pub y: f64,
    pub text: String,
    pub size: f64,
}

/// Sizes of names in pixels and in how many lines they are tried, best first.
const FORMS: [(f64, usize); 6] = [(8.2, 1), (8.2, 2), (7.2, 1), (7.2, 2), (6.2, 1), (6.2, 2)];

/// How much larger names are where a map has few zones; 1 from about 60 zones on.
pub(crate) fn enlargement(zones: usize) -> f64 {
    match zones {
        0..=15 => 1.5,
        16..=30 => 1.4,
        31..=60 => 1.2,
        _ => 1.0,
    }
}
/// Where the middle of a name may lie, in widths and heights of its box from the point of its zone.
const PLACES: [(f64, f64); 9] = [
    (0.0, 0.0),
    (0.0, -0.5),
    (0.0, 0.5),
    (-0.25, 0.0),
    (0.25, 0.0),
    (0.0, -1.05),
    (0.0, 1.05),
    (-0.25, 0.5),
    (0.25, -0.5),
];
/// Share of a name's box that must lie in its own zone.
const AT_HOME: f64 = 0.7;
/// Height of a line in sizes.
const LINE: f64 = 1.1;

/// Places names, important ones first: in their own zone for the most part, smaller or in two lines if there is
/// little room, never one over another. A name that finds no room is left out.
pub(crate) fn place(candidates: &[Candidate<'_>], frame: [f64; 4]) -> Vec<Placed> {
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut out = Vec::new();
    let larger = enlargement(candidates.len());
    // A name that has no room when large may still have some at the usual size.
    let sizes = if larger > 1.0 { vec![larger, 1.0] } else { vec![1.0] };
    let forms: Vec<(f64, usize)> =
        sizes.iter().flat_map(|k| FORMS.map(|(size, lines)| (k * size, lines))).collect();
    for candidate in candidates {
        let found = forms.iter().find_map(|(size, lines)| {
            let lines = if *lines == 2 { halves(&candidate.text)? } else { vec![candidate.text.clone()] };
            let bounds = room(candidate, &lines, *size, frame, &taken)?;
            Some((lines, *size, bounds))
        });
        let Some((lines, size, b)) = found else { continue };
        taken.push(b);
        for (k, text) in lines.into_iter().enumerate() {
            let (x, y) = (f64::midpoint(b[0], b[2]), b[1] + size * (LINE * (k as f64 + 0.5) + 0.36));
            out.push(Placed { x, y, text, size });
        }
    }
    out
}

/// The box of a name that lies at home and covers no other.
fn room(
    candidate: &Candidate<'_>,
    lines: &[String],
    size: f64,
    frame: [f64; 4],
    taken: &[[f64; 4]],
) -> Option<[f64; 4]> {
    let w = lines.iter().map(|l| text_width(l, size)).fold(0.0, f64::max) + 2.0;
    let h = size * LINE * lines.len() as f64;
    let [x, y] = candidate.at;
    let boxes = PLACES.iter().map(|(dx, dy)| {
        let (cx, cy) = (x + dx * w, y + dy * h);
        [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0]
    });
    let fits = |b: &[f64; 4]| b[0] > frame[0] && b[1] > frame[1] && b[2] < frame[2] && b[3] < frame[3];
    let free = |b: &[f64; 4]| taken.iter().all(|t| b[0] > t[2] || b[2] < t[0] || b[1] > t[3] || b[3] < t[1]);
    boxes.filter(fits).filter(free).find(|b| at_home(candidate, *b) >= AT_HOME)
}

/// Share of a box that lies in the zone, from 7 × 3 points.
fn at_home(candidate: &Candidate<'_>, [x0, y0, x1, y1]: [f64; 4]) -> f64 {
    let points = (0..21).map(|k| (f64::from(k % 7) / 6.0, (f64::from(k / 7) + 0.5) / 3.0));
    let inside = points.filter(|(u, v)| (candidate.inside)(x0 + u * (x1 - x0), y0 + v * (y1 - y0)));
    inside.count() as f64 / 21.0
}

/// A name in two lines of about the same width: before 街道, at a blank, or between Chinese characters.
fn halves(text: &str) -> Option<Vec<String>> {
    if let Some(place) = text.strip_suffix("街道").filter(|p| p.chars().count() > 1) {
        return Some(vec![place.to_owned(), "街道".to_owned()]);
    }
    let chars: Vec<char> = text.chars().collect();
    let whole = text_width(text, 1.0);
    let cut = |i: &usize| {
        chars[*i] == ' ' || (super::fonts::is_wide(chars[*i]) && super::fonts::is_wide(chars[*i - 1]))
    };
    let first = |i: usize| chars[..i].iter().collect::<String>();
    let off = |i: usize| (text_width(&first(i), 1.0) - whole / 2.0).abs();
    let at = (2..chars.len().saturating_sub(1)).filter(cut).min_by(|a, b| off(*a).total_cmp(&off(*b)))?;
    let rest: String = chars[at..].iter().collect();
    Some(vec![first(at).trim_end().to_owned(), rest.trim_start().to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anywhere(text: &str) -> Candidate<'static> {
        Candidate { at: [50.0, 50.0], text: text.to_owned(), inside: Box::new(|_, _| true) }
    }

    #[test]
    fn names_never_overlap() {
        let same: Vec<_> = (0..20).map(|i| anywhere(&format!("name{i}"))).collect();
        let placed = place(&same, [0.0, 0.0, 100.0, 100.0]);
        assert!(placed.len() > 1 && placed.len() < 20);
        let apart = |a: &Placed, b: &Placed| {
            (a.y - b.y).abs() > 6.0
                || (a.x - b.x).abs() > text_width(&a.text, a.size).min(text_width(&b.text, b.size))
        };
        assert!(placed.iter().enumerate().all(|(i, a)| placed.iter().skip(i + 1).all(|b| apart(a, b))));
    }

    #[test]
    fn a_name_in_a_narrow_zone_is_written_smaller_or_in_two_lines_and_never_over_its_neighbour() {
        let column = |x: f64| (40.0..=60.0).contains(&x);
        let narrow = |text: &str| Candidate {
            at: [50.0, 50.0],
            text: text.to_owned(),
            inside: Box::new(move |x, _| column(x)),
        };
        let frame = [0.0, 0.0, 100.0, 100.0];
        let placed = place(&[narrow("城南街道")], frame);
        assert_eq!(placed.iter().map(|p| p.text.as_str()).collect::<Vec<_>>(), ["城南", "街道"]);
        assert!(place(&[narrow("Wawushanxincunjiedao")], frame).is_empty());
    }

    #[test]
    fn long_names_break_in_the_middle() {
        assert_eq!(halves("金鸡湖街道").unwrap(), ["金鸡湖", "街道"]);
        assert_eq!(halves("尤古希达村委").unwrap(), ["尤古希", "达村委"]);
        assert_eq!(halves("Yang Cheng Hu").unwrap(), ["Yang", "Cheng Hu"]);
        assert_eq!(halves("Shishan"), None);
    }
}
