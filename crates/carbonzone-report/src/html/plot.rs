//! The quadrant plot: two indices on logarithmic axes, cut at their thresholds.

use super::decide::Marks;
use super::story::short_name;
use crate::number::shortest;
use crate::quadrant::{Axis, index_pair, outlines};
use crate::xml_text::escaped;
use crate::{Label, Lang, MapData};
use carbonzone_types::IndicatorRecord;
use std::collections::BTreeMap;
use std::fmt::Write;

const W: f64 = 560.0;
const H: f64 = 440.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 52.0;

/// The plot as inline SVG, and how many zones are not in it because an index is NULL or 0; `None` if the scheme has
/// no two indices.
pub(crate) fn quadrant(data: &MapData) -> Option<(String, usize, Label, Label)> {
    let (ix, iy) = index_pair(data)?;
    let xs = data.zones.table.numbers(&ix.key)?;
    let ys = data.zones.table.numbers(&iy.key)?;
    let placed = |v: &f64| *v > 0.0 && v.is_finite();
    let points: Vec<(usize, f64, f64)> =
        (0..xs.len()).filter_map(|i| Some((i, xs[i].filter(placed)?, ys[i].filter(placed)?))).collect();
    let ax = Axis::over(&points.iter().map(|p| p.1).collect::<Vec<_>>(), ix.thresholds[0]);
    let ay = Axis::over(&points.iter().map(|p| p.2).collect::<Vec<_>>(), iy.thresholds[0]);
    let px = |v: f64| LEFT + (W - LEFT - RIGHT) * ax.at(v);
    let py = |v: f64| H - BOTTOM - (H - TOP - BOTTOM) * ay.at(v);
    let mut s = String::new();
    let _ = write!(
        s,
        r#"<svg id="quadrant" viewBox="0 0 {W} {H}" role="img" aria-label="{} × {}">"#,
        ix.key, iy.key
    );
    let (bx, by) = (px(ax.high), py(ay.low));
    for t in ax.ticks() {
        let x = px(t);
        let _ = write!(
            s,
            r#"<path class="tick" d="M{x:.1} {TOP}V{by:.1}"/><text x="{x:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
            by + 16.0,
            shortest(t)
        );
    }
    for t in ay.ticks() {
        let y = py(t);
        let _ = write!(
            s,
            r#"<path class="tick" d="M{LEFT} {y:.1}H{bx:.1}"/><text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            y + 4.0,
            shortest(t)
        );
    }
    let (tx, ty) = (px(ix.thresholds[0]), py(iy.thresholds[0]));
    let _ = write!(
        s,
        r#"<path class="cut" d="M{tx:.1} {TOP}V{by:.1}M{LEFT} {ty:.1}H{bx:.1}"/><rect class="box" x="{LEFT}" y="{TOP}" width="{:.1}" height="{:.1}"/>"#,
        bx - LEFT,
        by - TOP
    );
    if points.len() <= MAX_CIRCLES {
        ellipses(&mut s, data, &points, (&px, &py));
        circles(&mut s, data, &points, (ix, iy), (&px, &py));
    } else {
        dots(&mut s, data, &points, (&px, &py));
    }
    let _ = write!(
        s,
        r#"<text class="axis" x="{:.1}" y="{:.1}" text-anchor="middle">{}</text><text class="axis" transform="translate(16 {:.1}) rotate(-90)" text-anchor="middle">{}</text></svg>"#,
        f64::midpoint(LEFT, bx),
        H - 12.0,
        in_its_language(&short_name(ix)),
        f64::midpoint(TOP, by),
        in_its_language(&short_name(iy))
    );
    let label = |i: &IndicatorRecord| Label::new(i.label_en.clone(), i.label_zh.clone());
    Some((s, xs.len() - points.len(), label(ix), label(iy)))
}

/// A label of which the page shows the language that is chosen.
fn in_its_language(label: &Label) -> String {
    let (en, zh) = (escaped(&label.en), escaped(&label.zh));
    if label.en == label.zh {
        return en;
    }
    format!(
        r#"<tspan class="zh" lang="zh">{zh}</tspan><tspan class="sep"> </tspan><tspan class="en" lang="en">{en}</tspan>"#
    )
}

/// More points than this are drawn without a name and without a click.
const MAX_CIRCLES: usize = 2_000;

type Point = (usize, f64, f64);
type Place<'a> = (&'a dyn Fn(f64) -> f64, &'a dyn Fn(f64) -> f64);

fn colours(data: &MapData) -> Vec<String> {
    let of = data.zones.table.texts("zone_color").unwrap_or_else(|| vec![None; data.zones.table.rows()]);
    of.into_iter().map(|c| c.unwrap_or_else(|| "#999999".to_owned())).collect()
}

/// Where 90 % of the draws of each zone lie; the page shows that of the zone selected.
fn ellipses(s: &mut String, data: &MapData, points: &[Point], (px, py): Place<'_>) {
    let colours = colours(data);
    let all = outlines(data);
    for (i, ..) in points {
        let Some(Some(outline)) = all.get(*i) else { continue };
        let at: Vec<String> = outline.iter().map(|[x, y]| format!("{:.1} {:.1}", px(*x), py(*y))).collect();
        let colour = escaped(&colours[*i]);
        let _ = write!(s, r#"<path class="ell" data-zone="{i}" fill="{colour}" d="M{}Z"/>"#, at.join("L"));
    }
}

fn circles(
    s: &mut String,
    data: &MapData,
    points: &[Point],
    (ix, iy): (&IndicatorRecord, &IndicatorRecord),
    (px, py): Place<'_>,
) {
    let (names, colours) = (data.zones.labels(), colours(data));
    let borderline = Marks::of(data).borderline;
    for (i, x, y) in points {
        let mark = if borderline[*i] { r#" class="border""# } else { "" };
        let _ = write!(
            s,
            r#"<circle data-zone="{i}"{mark} tabindex="-1" cx="{:.1}" cy="{:.1}" r="5" fill="{}"><title>{}: {} {x:.3}, {} {y:.3}</title></circle>"#,
            px(*x),
            py(*y),
            escaped(&colours[*i]),
            escaped(&names[*i].text(Lang::Both)),
            escaped(&short_name(ix).text(Lang::Both)),
            escaped(&short_name(iy).text(Lang::Both))
        );
    }
}

/// One path of dots per colour: 14 bytes a point.
fn dots(s: &mut String, data: &MapData, points: &[Point], (px, py): Place<'_>) {
    let colours = colours(data);
    let mut paths: BTreeMap<&str, String> = BTreeMap::new();
    for (i, x, y) in points {
        let _ = write!(paths.entry(&colours[*i]).or_default(), "M{:.1} {:.1}h0", px(*x), py(*y));
    }
    for (colour, d) in paths {
        let _ = write!(s, r#"<path class="dots" stroke="{}" d="{d}"/>"#, escaped(colour));
    }
}
