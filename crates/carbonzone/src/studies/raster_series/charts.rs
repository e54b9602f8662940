//! Two figures of their own: the source/sink ratio over the years, and the transitions between states.

use super::tables::YearTotals;
use carbonzone_zoning::henan::ratio::{BudgetState, TransitionMatrix};
use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Left, top, right and bottom of the plot area.
const FRAME: [f64; 4] = [64.0, 48.0, 620.0, 350.0];

/// Begin of a drawing with its titles.
fn head(title_en: &str, title_zh: &str, family: &str, synthetic: bool) -> String {
    let family = escape(family);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"{family}\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    text(&mut out, 16.0, 20.0, "start", title_en, "font-weight=\"bold\"");
    text(&mut out, 16.0, 37.0, "start", title_zh, "fill=\"#555555\"");
    if synthetic {
        text(
            &mut out,
            624.0,
            20.0,
            "end",
            "SYNTHETIC DATA 合成数据",
            "fill=\"#b2182b\" font-weight=\"bold\"",
        );
    }
    out
}

fn escape(s: &str) -> String {
    s.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, s: &str, more: &str) {
    let _ =
        writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {more}>{}</text>", escape(s));
}

/// A round step that gives four to eight intervals.
fn step(span: f64) -> f64 {
    let raw = (span / 5.0).max(1e-9);
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(raw)
}

/// Source/sink ratio of all counties together, year by year; 1 is balance.
pub fn ratio_series(
    totals: &[YearTotals],
    title_en: &str,
    title_zh: &str,
    family: &str,
    synthetic: bool,
) -> String {
    let [left, top, right, bottom] = FRAME;
    let points: Vec<(i32, f64)> =
        totals.iter().filter_map(|t| t.ratio().filter(|r| r.is_finite()).map(|r| (t.year, r))).collect();
    let mut out = head(
        &format!("Carbon source/sink ratio{}{title_en}", if title_en.is_empty() { "" } else { ", " }),
        &format!("{title_zh}碳源汇比"),
        family,
        synthetic,
    );
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return out + "</svg>\n" };
    let tick = step(points.iter().map(|p| p.1).fold(1.0, f64::max));
    let ceiling = (points.iter().map(|p| p.1).fold(1.0, f64::max) / tick).ceil() * tick;
    let span = f64::from((last.0 - first.0).max(1));
    let x = |year: i32| left + (right - left) * f64::from(year - first.0) / span;
    let y = |r: f64| bottom - (bottom - top) * r / ceiling;
    let mut level = 0.0;
    while level <= ceiling + 0.5 * tick {
        let at = y(level);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>"
        );
        let digits = usize::from(tick < 1.0);
        text(&mut out, left - 6.0, at + 4.0, "end", &format!("{level:.digits$}"), "");
        level += tick;
    }
    let balance = y(1.0);
    let _ = writeln!(
        out,
        "<line x1=\"{left}\" y1=\"{balance:.1}\" x2=\"{right}\" y2=\"{balance:.1}\" stroke=\"#0072B2\" stroke-dasharray=\"5 3\"/>"
    );
    text(&mut out, right, balance - 5.0, "end", "balance 平衡", "fill=\"#0072B2\"");
    let every = ((points.len() as f64) / 10.0).ceil().max(1.0) as i32;
    for (year, _) in points.iter().filter(|p| (p.0 - first.0) % every == 0) {
        text(&mut out, x(*year), bottom + 18.0, "middle", &year.to_string(), "");
    }
    let path: Vec<String> = points.iter().map(|(year, r)| format!("{:.1},{:.1}", x(*year), y(*r))).collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#D55E00\" stroke-width=\"2\"/>",
        path.join(" ")
    );
    for (year, r) in &points {
        let _ =
            writeln!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#D55E00\"/>", x(*year), y(*r));
    }
    if let Some((year, r)) = points.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
        text(&mut out, x(*year), y(*r) - 8.0, "middle", &format!("{r:.2} ({year})"), "");
    }
    out + "</svg>\n"
}

/// Transitions of states between consecutive windows: discs by probability, with counts.
pub fn transitions(
    matrix: &TransitionMatrix,
    title_en: &str,
    title_zh: &str,
    family: &str,
    synthetic: bool,
) -> String {
    use BudgetState::{Deficit, Neutral, Surplus};
    let states = [Surplus, Neutral, Deficit];
    let mut out = head(
        &format!(
            "Transitions of the carbon budget between windows{}{title_en}",
            if title_en.is_empty() { "" } else { ", " }
        ),
        &format!("{title_zh}碳收支状态转移"),
        family,
        synthetic,
    );
    let x = |j: usize| 230.0 + 150.0 * j as f64;
    let y = |i: usize| 130.0 + 85.0 * i as f64;
    text(&mut out, 380.0, 66.0, "middle", "to 转为", "fill=\"#555555\"");
    text(&mut out, 20.0, 88.0, "start", "from 由", "fill=\"#555555\"");
    for (i, from) in states.into_iter().enumerate() {
        let (en, zh) = from.label();
        text(&mut out, 20.0, y(i) + 4.0, "start", &format!("{en} {zh}"), "");
        text(&mut out, x(i), 88.0, "middle", &format!("{en} {zh}"), "");
        for (j, to) in states.into_iter().enumerate() {
            let count = matrix.counts[i][j];
            let radius = 34.0 * matrix.probability(from, to).unwrap_or(0.0).sqrt();
            let color = match j.cmp(&i) {
                std::cmp::Ordering::Less => "#009E73",
                std::cmp::Ordering::Equal => "#999999",
                std::cmp::Ordering::Greater => "#D55E00",
            };
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{color}\" fill-opacity=\"0.55\"/>",
                x(j),
                y(i)
            );
            let share =
                matrix.probability(from, to).map_or_else(String::new, |p| format!(" ({:.0} %)", 100.0 * p));
            text(&mut out, x(j), y(i) + 4.0, "middle", &format!("{count}{share}"), "");
        }
    }
    text(
        &mut out,
        16.0,
        388.0,
        "start",
        "disc area: probability 圆面积：转移概率   green: toward surplus 趋向盈余   orange: toward deficit 趋向赤字",
        "fill=\"#555555\" font-size=\"11\"",
    );
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_chart_names_its_peak_and_the_line_of_balance() {
        let year = |year, energy_t| YearTotals { year, energy_t, land_t: 0.0, sink_t: 100.0 };
        let svg = ratio_series(
            &[year(2001, 198.0), year(2002, 514.0), year(2003, 383.0)],
            "Henan",
            "河南",
            "serif",
            true,
        );
        assert!(svg.contains("5.14 (2002)") && svg.contains("balance") && svg.contains("SYNTHETIC"));
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.ends_with("</svg>\n"));
    }

    #[test]
    fn the_transition_chart_shows_every_count_and_share() {
        let matrix = TransitionMatrix { counts: [[3, 1, 0], [0, 2, 2], [0, 0, 9]] };
        let svg = transitions(&matrix, "", "", "serif", false);
        for label in ["3 (75 %)", "1 (25 %)", "2 (50 %)", "9 (100 %)"] {
            assert!(svg.contains(label), "{label}");
        }
    }
}
