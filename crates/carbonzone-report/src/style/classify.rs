//! Values to classes: forced breaks, colours, labels. The breaks themselves are those of `carbonzone_zoning`.

use super::model::{Class, ClassKind, Hatch, Scale};
use crate::number::{grouped, shortest};
use crate::palette::{EXACT_ZERO, Meaning};
use crate::{BreakMethod, Label, Palette, ReportError, Result};
use carbonzone_types::loops::ranges::apart;
use carbonzone_zoning::breaks::{BreakOptions, Breaks, class_breaks};

/// What to classify and how.
#[derive(Debug, Clone)]
pub struct Classes<'a> {
    /// Layer, for messages.
    pub layer: &'a str,
    /// Field, for messages.
    pub field: &'a str,
    /// Values of the field, NULL as `None`.
    pub values: &'a [Option<f64>],
    /// Values that must be class breaks. One is forced into the breaks of the method; several are the breaks.
    pub forced: &'a [f64],
    /// Breaks are found on ln(value) (coefficients around 1); zeros go to the lowest class.
    pub logarithmic: bool,
    /// A unit whose value equals the forced break exactly gets a class of its own.
    pub exact_pivot: bool,
    /// Number of classes.
    pub k: usize,
    /// Method.
    pub method: BreakMethod,
    /// What the colours tell.
    pub meaning: Meaning,
    /// Colours.
    pub palette: Palette,
    /// Display value = value × `factor`, a power of ten.
    pub factor: f64,
    /// Names of the lower and upper side of the forced break, e.g. net sink and net source.
    pub sides: Option<(Label, Label)>,
}

/// Classes, colours and labels of a field.
///
/// Class `i` holds values in `(upper[i-1], upper[i]]`, so a value on a forced break belongs to the lower side, as
/// zoning does with ties. A forced break inside the data has at least one class on each side.
///
/// # Errors
/// [`ReportError::Breaks`] if the break method fails. A field without any value is no error: it has no class.
pub fn classify(input: &Classes<'_>) -> Result<Scale> {
    let forced = (input.forced.len() == 1).then(|| input.forced[0]);
    let pivot = forced.filter(|_| input.exact_pivot);
    let (known, exact, ranged) = apart(input.values, pivot);
    let no_data = input.values.len() - known;
    if ranged.is_empty() && exact == 0 {
        return Ok(Scale::Graduated { classes: Vec::new(), no_data, method: Label::default() });
    }
    let (mut classes, below, method) = if ranged.is_empty() {
        (Vec::new(), 0, Label::default())
    } else if input.forced.len() > 1 {
        threshold_classes(input, &ranged)
    } else {
        method_classes(input, &ranged, forced)?
    };
    paint(input, &mut classes, below);
    if let (Some(p), true) = (pivot, exact > 0) {
        // The range below must not contain the pivot, because QGIS takes the first class that matches.
        if let Some(last) = below.checked_sub(1).and_then(|i| classes.get_mut(i)) {
            last.upper = ranged.iter().flatten().copied().filter(|v| *v < p).fold(last.lower, f64::max);
        }
        let label = Label::same(shortest(p * input.factor));
        let (kind, color) = (ClassKind::Exact, EXACT_ZERO);
        let class = Class { kind, lower: p, upper: p, color, hatch: Hatch::None, label, count: exact };
        classes.insert(below, class);
    }
    Ok(Scale::Graduated { classes, no_data, method })
}

/// Classes by the chosen method, how many lie below the forced break, and the legend line.
fn method_classes(
    input: &Classes<'_>,
    values: &[Option<f64>],
    forced: Option<f64>,
) -> Result<(Vec<Class>, usize, Label)> {
    // Logarithms need positive numbers: a forced 0 below all values forces nothing.
    let forced_in = forced.filter(|f| !input.logarithmic || *f > 0.0);
    let options = BreakOptions {
        method: input.method.into(),
        classes: input.k,
        forced: forced_in,
        log: input.logarithmic,
        round: true,
    };
    let breaks = class_breaks(values, &options).map_err(|e| ReportError::Breaks {
        layer: input.layer.to_owned(),
        field: input.field.to_owned(),
        reason: e.to_string(),
    })?;
    let all_below = forced.is_some_and(|f| breaks.edges.last().is_some_and(|hi| *hi <= f));
    let below = if all_below { breaks.classes() } else { breaks.forced_edge.unwrap_or(0) };
    let labels = printed_edges(breaks.label_edges.iter().map(|e| e * input.factor).collect());
    let classes = (0..breaks.classes())
        .map(|i| {
            let range = Label::same(range_text(labels[i], labels[i + 1]));
            let touches_below = i + 1 == below;
            let touches_above = i == below && (below > 0 || forced.is_some_and(|f| f <= breaks.edges[0]));
            let label = match &input.sides {
                Some((low, _)) if touches_below => range.then(&bracketed(low)),
                Some((_, high)) if touches_above => range.then(&bracketed(high)),
                _ => range,
            };
            range_class(breaks.edges[i], breaks.edges[i + 1], label, breaks.counts[i] as usize)
        })
        .collect();
    let method = method_label(input, &breaks);
    Ok((classes, below, method))
}

/// `0.5 – 12`; numbers too small for that are written with a power of ten, so that no class reads `0 – 0`.
fn range_text(low: f64, high: f64) -> String {
    let text = |v: f64| {
        let plain = shortest(v);
        let reads_0 = plain.chars().all(|c| !c.is_ascii_digit() || c == '0');
        if reads_0 && v != 0.0 { format!("{v:.1e}").replace('-', "\u{2212}") } else { plain }
    };
    format!("{} – {}", text(low), text(high))
}

/// A cut as people read it: so many significant digits (the value itself classifies).
fn digits(v: f64, n: usize) -> f64 {
    format!("{v:.*e}", n - 1).parse().unwrap_or(v)
}

/// Class edges for print: the fewest significant digits, but at least four, as values are shown, with which edges that differ stay
/// apart. Where many units share nearly the same value, a break between them has more digits than anybody reads: 0.973159997. The
/// classes keep the exact break: no unit moves.
fn printed_edges(edges: Vec<f64>) -> Vec<f64> {
    let apart = |printed: &[f64]| {
        edges
            .windows(2)
            .zip(printed.windows(2))
            .all(|(exact, shown)| exact[0] == exact[1] || shown[0] != shown[1])
    };
    let rounded = (4..17).map(|n| edges.iter().map(|e| digits(*e, n)).collect::<Vec<f64>>());
    rounded.into_iter().find(|printed| apart(printed)).unwrap_or(edges)
}

/// Several thresholds: they are the breaks.
fn threshold_classes(input: &Classes<'_>, values: &[Option<f64>]) -> (Vec<Class>, usize, Label) {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let (low, high) =
        known.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let mut edges = vec![low];
    edges.extend(input.forced.iter().copied().filter(|f| low < *f && *f < high));
    edges.push(high);
    let last = edges.len() - 2;
    let text = |v: f64| shortest(digits(v * input.factor, 4));
    // An edge just below a round number: the number itself belongs to the class above.
    let open = |v: f64| digits(v, 4).next_down() == v;
    let classes = edges
        .windows(2)
        .enumerate()
        .map(|(i, w)| {
            let label = match (i == 0, i == last) {
                (true, true) => format!("{} – {}", text(low), text(high)),
                (true, _) => format!("{} {}", if open(w[1]) { "<" } else { "≤" }, text(w[1])),
                (_, true) => format!("{} {}", if open(w[0]) { "≥" } else { ">" }, text(w[0])),
                _ => format!("{} – {}", text(w[0]), text(w[1])),
            };
            let inside = |v: &&f64| (i == 0 || **v > w[0]) && **v <= w[1];
            range_class(w[0], w[1], Label::same(label), known.iter().filter(inside).count())
        })
        .collect();
    let n = grouped(known.len() as f64, 0);
    let n = format!("n\u{a0}=\u{a0}{n}");
    let method = Label::new(format!("zoning thresholds; {n}"), format!("分区阈值；{n}"));
    (classes, 0, method)
}

fn range_class(lower: f64, upper: f64, label: Label, count: usize) -> Class {
    Class { kind: ClassKind::Range, lower, upper, color: EXACT_ZERO, hatch: Hatch::None, label, count }
}

fn paint(input: &Classes<'_>, classes: &mut [Class], below: usize) {
    let n = classes.len();
    let two_sided = matches!(input.meaning, Meaning::Net | Meaning::Coefficient) && input.forced.len() < 2;
    let sequential = match input.meaning {
        Meaning::Net | Meaning::Coefficient => Meaning::Rate,
        other => other,
    };
    let colours = match (two_sided, below) {
        (false, _) => input.palette.colours(sequential, 0, n),
        (true, 0) => input.palette.colours(input.meaning, 1, n).split_off(1),
        (true, b) => input.palette.colours(input.meaning, b, (n - b).max(1)),
    };
    for (i, (class, colour)) in classes.iter_mut().zip(colours).enumerate() {
        class.color = colour;
        class.hatch = if two_sided && i < below { Hatch::Rising } else { Hatch::None };
    }
}

fn bracketed(side: &Label) -> Label {
    Label { en: format!(" ({})", side.en), zh: format!("（{}）", side.zh) }
}

/// Method, forced break, number of units, and of natural breaks the goodness of fit.
fn method_label(input: &Classes<'_>, breaks: &Breaks) -> Label {
    let (en, zh) = breaks.options.method.label();
    let (log_en, log_zh) =
        if input.logarithmic { (" on a logarithmic scale", "（对数尺度）") } else { ("", "") };
    let (f_en, f_zh) = match (breaks.forced_edge, breaks.options.forced) {
        (Some(_), Some(f)) => {
            let text = shortest(f * input.factor);
            (format!(", forced break at {text}"), format!("，{text} 为强制断点"))
        }
        _ => (String::new(), String::new()),
    };
    let n = grouped(breaks.n as f64, 0);
    // No line break inside an equation.
    let n = format!("n\u{a0}=\u{a0}{n}");
    // Natural breaks seek a good fit of the variance; of the others one far value makes it 0, and it says nothing.
    let (fit, fit_zh) = match breaks.options.method {
        carbonzone_zoning::breaks::BreakMethod::NaturalBreaks => {
            (format!(", GVF\u{a0}=\u{a0}{:.3}", breaks.gvf), format!("，GVF\u{a0}=\u{a0}{:.3}", breaks.gvf))
        }
        _ => Default::default(),
    };
    Label { en: format!("{en}{log_en}{f_en}; {n}{fit}"), zh: format!("{zh}{log_zh}{f_zh}；{n}{fit_zh}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input<'a>(values: &'a [Option<f64>], forced: &'a [f64]) -> Classes<'a> {
        Classes {
            layer: "parcels",
            field: "net_t",
            values,
            forced,
            logarithmic: false,
            exact_pivot: true,
            k: 5,
            method: BreakMethod::Natural,
            meaning: Meaning::Net,
            palette: Palette::Standard,
            factor: 1.0,
            sides: Some((Label::new("net sink", "净碳汇"), Label::new("net source", "净碳源"))),
        }
    }

    fn classes(scale: Scale) -> Vec<Class> {
        match scale {
            Scale::Graduated { classes, .. } => classes,
            Scale::Categorized { .. } => panic!("graduated expected"),
        }
    }

    #[test]
    fn edges_are_printed_with_few_digits_and_stay_apart() {
        assert_eq!(printed_edges(vec![0.0, 0.973_159_997, 2.5]), [0.0, 0.9732, 2.5]);
        assert_eq!(printed_edges(vec![0.0, 1.042_59, 220.0]), [0.0, 1.043, 220.0]);
        // Two neighbours that agree in eight digits need nine.
        let close = vec![0.973_159_997, 0.973_159_998, 1.0];
        assert_eq!(printed_edges(close.clone()), close);
        assert_eq!(printed_edges(vec![1.0, 1.0, 3.0]), [1.0, 1.0, 3.0], "an empty class has equal edges");
        assert_eq!(printed_edges(vec![-540_000.0, -500_000.0]), [-540_000.0, -500_000.0]);
    }

    #[test]
    fn a_threshold_that_belongs_above_says_so() {
        let values = [0.4, 1.0, 1.5, 2.0, 3.0].map(Some);
        let with = |forced: &[f64]| {
            let found = classes(classify(&input(&values, forced)).unwrap());
            found.iter().map(|c| (c.label.en.clone(), c.count)).collect::<Vec<_>>()
        };
        let said =
            |found: &[(&str, usize)]| found.iter().map(|(l, n)| ((*l).to_owned(), *n)).collect::<Vec<_>>();
        assert_eq!(with(&[1.0, 2.0]), said(&[("≤ 1", 2), ("1 – 2", 2), ("> 2", 1)]));
        let below = [1.0_f64.next_down(), 2.0_f64.next_down()];
        assert_eq!(with(&below), said(&[("< 1", 1), ("1 – 2", 2), ("≥ 2", 2)]));
    }

    #[test]
    fn a_net_sink_never_shares_a_class_with_a_net_source() {
        let values: Vec<Option<f64>> =
            [-9.0, -1.0, -0.5, 0.0, 0.0, 0.1, 2.0, 3.0, 50.0, 60.0].map(Some).to_vec();
        let found = classes(classify(&input(&values, &[0.0])).unwrap());
        assert_eq!(found.iter().filter(|c| c.kind == ClassKind::Range).count(), 5);
        assert!(found.iter().all(|c| c.upper <= 0.0 || c.lower >= 0.0), "{found:?}");
        let zero = found.iter().find(|c| c.kind == ClassKind::Exact).unwrap();
        assert_eq!((zero.count, zero.label.en.as_str()), (2, "0"));
        assert_eq!(found.iter().map(|c| c.count).sum::<usize>(), values.len());
        // First match wins in QGIS: no range below may contain 0.
        assert!(found.iter().take_while(|c| c.kind == ClassKind::Range).all(|c| c.upper < 0.0));
        assert!(found.iter().any(|c| c.label.en.ends_with("(net sink)")));
        assert!(found.iter().any(|c| c.label.zh.ends_with("（净碳源）")));
    }

    #[test]
    fn only_sources_keep_the_source_colours() {
        let values = [0.0, 1.0, 2.0, 10.0, 20.0, 100.0].map(Some);
        let found = classes(classify(&input(&values, &[0.0])).unwrap());
        let ranges: Vec<&Class> = found.iter().filter(|c| c.kind == ClassKind::Range).collect();
        assert!(ranges.iter().all(|c| c.color.0 > c.color.2 && c.hatch == Hatch::None), "{ranges:?}");
        assert_eq!(found[0].kind, ClassKind::Exact);
    }

    #[test]
    fn no_class_reads_0_to_0() {
        // Rounding noise around 0 beside real amounts.
        let values = [-3.6e-12, -1e-12, 4e-11, 5.0, 9.0].map(Some);
        let found = classes(classify(&input(&values, &[0.0])).unwrap());
        let texts: Vec<&str> = found.iter().map(|c| c.label.en.as_str()).collect();
        assert!(texts.iter().all(|t| !t.starts_with("0 – 0") && !t.contains("0.000")), "{texts:?}");
        assert_eq!(texts.iter().collect::<std::collections::BTreeSet<_>>().len(), texts.len(), "{texts:?}");
        assert_eq!(range_text(0.0, 2e-11), "0 – 2.0e\u{2212}11");
        assert_eq!(range_text(0.5, 12.0), "0.5 – 12");
    }

    #[test]
    fn a_rate_with_a_forced_break_keeps_sources_and_sinks_apart() {
        let values = [0.002, 0.01, 0.4, 0.99, 1.0, 1.2, 5.4].map(Some);
        let mut i = input(&values, &[1.0]);
        (i.meaning, i.exact_pivot, i.logarithmic, i.factor) = (Meaning::Rate, false, true, 100.0);
        i.sides = Some((Label::new("net source", "净碳源"), Label::new("net sink", "净碳汇")));
        let found = classes(classify(&i).unwrap());
        let at = found.iter().position(|c| c.label.en.contains("(net source)")).unwrap();
        assert!(found[at].label.en.contains("100") && found[at].upper == 1.0, "{found:?}");
        assert!(found[at + 1].label.en.contains("(net sink)") && found[at + 1].lower == 1.0, "{found:?}");
        // One ramp, no hatches: a rate has no bad side.
        assert!(found.iter().all(|c| c.hatch == Hatch::None));
    }

    #[test]
    fn several_thresholds_are_the_breaks() {
        assert_eq!(shortest(digits(0.445_972_249, 4)), "0.446");
        let values = [0.1, 0.4, 0.5, 1.3, 2.0].map(Some);
        let mut i = input(&values, &[0.4, 1.2]);
        (i.exact_pivot, i.sides, i.meaning) = (false, None, Meaning::Coefficient);
        let found = classes(classify(&i).unwrap());
        let texts: Vec<&str> = found.iter().map(|c| c.label.en.as_str()).collect();
        assert_eq!(texts, ["≤ 0.4", "0.4 – 1.2", "> 1.2"]);
        assert_eq!(found.iter().map(|c| c.count).collect::<Vec<_>>(), [2, 1, 2]);
    }

    #[test]
    fn units_without_any_emission_stand_apart_on_a_logarithmic_scale_too() {
        let values = [0.0, 0.0, 0.5, 8.0, 90.0, 1200.0].map(Some);
        let mut i = input(&values, &[0.0]);
        (i.meaning, i.sides, i.logarithmic) = (Meaning::Emission, None, true);
        let found = classes(classify(&i).unwrap());
        assert_eq!((found[0].kind, found[0].count), (ClassKind::Exact, 2));
        assert!(found[1..].iter().all(|c| c.kind == ClassKind::Range && c.lower > 0.0 && c.count > 0));
    }

    #[test]
    fn missing_values_are_counted_apart_and_nothing_known_is_no_error() {
        let scale = classify(&input(&[None, None], &[0.0])).unwrap();
        assert_eq!(scale, Scale::Graduated { classes: vec![], no_data: 2, method: Label::default() });
    }
}
