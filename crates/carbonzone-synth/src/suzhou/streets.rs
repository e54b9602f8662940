//! Lines: main lines of the fixture, centre lines of street strips, fairways in harbours, and small streets beside parcels.

use crate::features::Place;
use crate::kd::{Axis, Leaf};
use crate::rng::{Rng, key, unit};
use crate::shape::{Parts, Point, cut_line, distance, inner_point, line_length};
use crate::suzhou::fields::Warp;
use crate::suzhou::geography::{FeatureKind, Geography};

/// A line before it gets a number.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub class: &'static str,
    pub name_zh: String,
    pub vertices: Vec<Point>,
}

const NAMES: [&str; 32] = [
    "人民", "东环", "西环", "南环", "北环", "干将", "苏州", "太湖", "长江", "昆仑", "中山", "解放", "友谊",
    "新华", "建设", "文昌", "金枫", "狮山", "现代", "星湖", "娄江", "珠江", "黄河", "泰山", "前进", "朝阳",
    "富强", "景德", "临顿", "学士", "白塔", "园林",
];

fn street_name(hash: u64, class: &str) -> String {
    let base = NAMES[(hash % NAMES.len() as u64) as usize];
    match class {
        "trunk" => format!("{base}大道"),
        "primary" | "secondary" => {
            format!("{base}{}路", ["东", "西", "南", "北", "中"][(hash >> 8) as usize % 5])
        }
        "tertiary" => format!("{base}街"),
        _ => String::new(),
    }
}

/// Class of a street by its length in m.
pub(crate) fn street_class(length_m: f64) -> &'static str {
    match length_m {
        l if l > 20_000.0 => "trunk",
        l if l > 7_000.0 => "primary",
        l if l > 2_500.0 => "secondary",
        l if l > 700.0 => "tertiary",
        _ => "residential",
    }
}

/// Main lines, cut into about `pieces` parts in all (at least one each).
pub(crate) fn main_lines(geo: &Geography, pieces: usize) -> Vec<Line> {
    let total: f64 = geo.lines.iter().map(|l| line_length(&l.line)).sum();
    let each = (total / pieces.max(1) as f64).max(900.0);
    let mut out = Vec::new();
    for l in &geo.lines {
        let n = (line_length(&l.line) / each).floor() as usize;
        for line in cut_line(&l.line, n) {
            out.push(Line { class: l.class, name_zh: l.name_zh.clone(), vertices: line });
        }
    }
    out
}

/// The centre line of a street strip, without the parts in lakes and outside the city (the longest dry run).
pub(crate) fn centre_line(
    geo: &Geography,
    warp: &Warp,
    leaf: &Leaf,
    axis: Axis,
    step: i32,
    class: &'static str,
) -> Option<Line> {
    let r = leaf.rect;
    let (low, high) = if axis == Axis::U { (r.v0, r.v1) } else { (r.u0, r.u1) };
    let mut at = vec![low];
    let mut next = (low.div_euclid(step) + 1) * step;
    while next < high {
        at.push(next);
        next += step;
    }
    at.push(high);
    let point = |t: i32| match axis {
        Axis::U => warp.at(f64::midpoint(f64::from(r.u0), f64::from(r.u1)), f64::from(t)),
        Axis::V => warp.at(f64::from(t), f64::midpoint(f64::from(r.v0), f64::from(r.v1))),
    };
    let dry = |p: Point| match geo.index.place(p, &[]) {
        Place::Outside => false,
        Place::Land => true,
        Place::Feature(f) => matches!(geo.features[usize::from(f)], FeatureKind::Corridor { .. }),
    };
    let (mut best, mut run): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
    for t in at {
        let p = point(t);
        if dry(p) {
            run.push(p);
        } else {
            if run.len() > best.len() {
                best = std::mem::take(&mut run);
            }
            run.clear();
        }
    }
    if run.len() > best.len() {
        best = run;
    }
    let name = street_name(key(&[7, r.u0 as u64, r.v0 as u64 / 4096]), class);
    (best.len() >= 2 && line_length(&best) > 1.0).then_some(Line { class, name_zh: name, vertices: best })
}

/// A fairway inside a harbour or a canal parcel: through its inner point, along its longer side.
pub(crate) fn fairway(parts: &Parts) -> Option<Line> {
    let p = inner_point(parts)?;
    let outer = parts.first()?.first()?;
    let far = outer.iter().copied().max_by(|a, b| distance(*a, p).total_cmp(&distance(*b, p)))?;
    let to = |t: f64| [p[0] + (far[0] - p[0]) * t, p[1] + (far[1] - p[1]) * t];
    Some(Line { class: "waterway", name_zh: "港池航道".to_owned(), vertices: vec![p, to(0.3), to(0.6)] })
}

/// A small street just inside one side of a parcel (most real streets are not inside road parcels).
pub(crate) fn small_street(parts: &Parts, rng: &mut Rng, urban: f64) -> Option<Line> {
    let ring = parts.get(rng.below(parts.len()))?.first()?;
    let n = ring.len();
    let from = rng.below(n);
    let steps = 1 + rng.below((n / 3).max(1));
    let mut centre = [0.0, 0.0];
    for p in ring {
        centre[0] += p[0] / n as f64;
        centre[1] += p[1] / n as f64;
    }
    // On the shared edge itself, or a few metres inside.
    let inset = if rng.chance(0.3) { 0.0 } else { rng.range(0.01, 0.08) };
    let line: Vec<Point> = (0..=steps)
        .map(|k| ring[(from + k) % n])
        .map(|p| [p[0] + (centre[0] - p[0]) * inset, p[1] + (centre[1] - p[1]) * inset])
        .collect();
    let class = if rng.unit() < 0.25 + 0.5 * urban { "residential" } else { "service" };
    let name_zh = if unit(rng.next_u64()) < 0.1 {
        format!("{}巷", NAMES[rng.below(NAMES.len())])
    } else {
        String::new()
    };
    (line_length(&line) > 0.5).then_some(Line { class, name_zh, vertices: line })
}
