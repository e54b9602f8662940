//! Where the names of zones go: inside the zone, never one over another.

use super::sheet::text_width;
use carbonzone_geom::{Coverage, Ring};

/// Names are so much wider than they are high.
const WIDE: f64 = 2.0;
/// A label point lies as deep inside as it can, to this part of the smaller side of its part.
const DEPTH: f64 = 0.02;

/// A name leaves the middle only for a place that is deeper by this factor.
const DEEPER: f64 = 1.25;

/// Where a name goes: in the largest part of feature `i`, in the middle or else far from its borders, widths counting
/// less than heights.
pub(crate) fn label_point(coverage: &Coverage, i: usize) -> Option<[f64; 2]> {
    let mut areas: Vec<f64> = Vec::new();
    for ring in coverage.rings(i) {
        areas.resize(areas.len().max(ring.part + 1), 0.0);
        let own = ring_area(&ring);
        areas[ring.part] += if ring.ring == 0 { own } else { -own };
    }
    let largest = (0..areas.len()).reduce(|a, b| if areas[b] > areas[a] { b } else { a })?;
    let rings = coverage.rings(i).filter(|r| r.part == largest);
    let edges: Vec<[f64; 4]> = rings
        .flat_map(|r| r.xs.windows(2).zip(r.ys.windows(2)))
        .map(|(x, y)| [x[0] / WIDE, y[0], x[1] / WIDE, y[1]])
        .collect();
    deepest(&edges).map(|[x, y]| [x * WIDE, y])
}

fn ring_area(ring: &Ring<'_>) -> f64 {
    let (x0, y0) = (ring.xs.first().copied().unwrap_or(0.0), ring.ys.first().copied().unwrap_or(0.0));
    let cross = |(x, y): (&[f64], &[f64])| (x[0] - x0) * (y[1] - y0) - (x[1] - x0) * (y[0] - y0);
    (ring.xs.windows(2).zip(ring.ys.windows(2)).map(cross).sum::<f64>() / 2.0).abs()
}

/// A square that may hold the deepest point: its middle, half its side, how deep the middle and at most any point of it lies.
struct Square {
    at: [f64; 2],
    half: f64,
    depth: f64,
    most: f64,
}

impl Square {
    fn new(edges: &[[f64; 4]], at: [f64; 2], half: f64) -> Self {
        let depth = depth(edges, at);
        Self { at, half, depth, most: depth + half * std::f64::consts::SQRT_2 }
    }
}

/// The middle, or a point that is farther from the edges by [`DEEPER`]: squares are divided while one of them may hold such a point
/// (Agafonkin's polylabel).
fn deepest(edges: &[[f64; 4]]) -> Option<[f64; 2]> {
    let low = |k: usize| edges.iter().map(|e| e[k].min(e[k + 2])).fold(f64::INFINITY, f64::min);
    let high = |k: usize| edges.iter().map(|e| e[k].max(e[k + 2])).fold(f64::NEG_INFINITY, f64::max);
    let ([x0, y0], [x1, y1]) = ([low(0), low(1)], [high(0), high(1)]);
    let (w, h) = (x1 - x0, y1 - y0);
    let side = w.min(h).max(w.max(h) / 16.0);
    if !(side > 0.0 && side.is_finite()) {
        return None;
    }
    let half = side / 2.0;
    let (columns, rows) = ((w / side).ceil().max(1.0) as usize, (h / side).ceil().max(1.0) as usize);
    let middle = |c: usize, r: usize| [x0 + side * c as f64 + half, y0 + side * r as f64 + half];
    let cells = (0..rows).flat_map(|r| (0..columns).map(move |c| (c, r)));
    let mut open: Vec<Square> = cells.map(|(c, r)| Square::new(edges, middle(c, r), half)).collect();
    let mut best = Square::new(edges, [f64::midpoint(x0, x1), f64::midpoint(y0, y1)], 0.0);
    while let Some(next) = (0..open.len()).reduce(|a, b| if open[b].most > open[a].most { b } else { a }) {
        let square = open.swap_remove(next);
        let wanted = if best.depth > 0.0 { DEEPER * best.depth } else { best.depth };
        if square.most <= wanted + DEPTH * side {
            break;
        }
        let half = square.half / 2.0;
        for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
            open.push(Square::new(edges, [square.at[0] + dx, square.at[1] + dy], half));
        }
        if square.depth > wanted {
            best = square;
        }
    }
    Some(best.at)
}

/// Distance of a point from the nearest edge; below zero outside.
fn depth(edges: &[[f64; 4]], [px, py]: [f64; 2]) -> f64 {
    let (mut inside, mut nearest) = (false, f64::INFINITY);
    for [x0, y0, x1, y1] in edges {
        if (*y0 > py) != (*y1 > py) && px < x0 + (py - y0) * (x1 - x0) / (y1 - y0) {
            inside = !inside;
        }
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length2 = dx * dx + dy * dy;
        let along =
            if length2 > 0.0 { (((px - x0) * dx + (py - y0) * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
        let (ex, ey) = (px - x0 - along * dx, py - y0 - along * dy);
        nearest = nearest.min(ex * ex + ey * ey);
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

/// True if a point lies in feature `i` (even-odd rule).
pub(crate) fn contains(coverage: &Coverage, i: usize, px: f64, py: f64) -> bool {
    let mut inside = false;
    for ring in coverage.rings(i) {
        for (x, y) in ring.xs.windows(2).zip(ring.ys.windows(2)) {
            if (y[0] > py) != (y[1] > py) && px < x[0] + (py - y[0]) * (x[1] - x[0]) / (y[1] - y[0]) {
                inside = !inside;
            }
        }
    }
    inside
}

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

    #[test]
    fn the_label_point_of_a_horseshoe_lies_inside_it() {
        let mut c = Coverage::new();
        c.push_rings(&[vec![vec![
            [0.0, 0.0],
            [10.0, 0.0],
            [10.0, 10.0],
            [7.0, 10.0],
            [7.0, 3.0],
            [3.0, 3.0],
            [3.0, 10.0],
            [0.0, 10.0],
            [0.0, 0.0],
        ]]]);
        let [x, y] = label_point(&c, 0).unwrap();
        assert!(y < 3.0 || !(3.0..=7.0).contains(&x), "{x} {y}");
    }

    fn rectangle(x: f64, y: f64, w: f64, h: f64) -> Vec<[f64; 2]> {
        vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]
    }

    #[test]
    fn a_name_stands_in_the_largest_part_away_from_its_holes() {
        let mut c = Coverage::new();
        // A wide thin exclave; a larger part with a hole in its middle.
        c.push_rings(&[
            vec![rectangle(100.0, 0.0, 60.0, 5.0)],
            vec![rectangle(0.0, 0.0, 30.0, 30.0), rectangle(4.0, 10.0, 22.0, 18.0)],
        ]);
        let [x, y] = label_point(&c, 0).unwrap();
        assert!((8.0..=22.0).contains(&x) && (3.0..=7.0).contains(&y), "{x} {y}");
        // A hole makes the part smaller.
        c.push_rings(&[
            vec![rectangle(0.0, 0.0, 30.0, 30.0), rectangle(1.0, 1.0, 28.0, 28.0)],
            vec![rectangle(50.0, 0.0, 20.0, 20.0)],
        ]);
        assert_eq!(label_point(&c, 1).map(|p| p.map(f64::round)), Some([60.0, 10.0]));
        // Ground without a surface has no place for a name.
        c.push_rings(&[vec![vec![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]]);
        assert_eq!(label_point(&c, 2), None);
    }

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
