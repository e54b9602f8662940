//! Parcels and zones far from all others: named with their distance and the likely slip of the pen.

use super::Notes;
use carbonzone_geom::{FarOff, FarOffs};
use carbonzone_types::Finding;

/// So many features are listed.
const LISTED: usize = 5;

/// What lies far off in one or more layers.
#[derive(Default)]
pub struct Far {
    /// Words per feature: `parcel P15 lies 2191 km from the others`; its id.
    lines: Vec<(String, String)>,
    others: Option<[f64; 4]>,
    hint: Option<String>,
    place: Option<[f64; 2]>,
}

impl Far {
    /// The features far off in words, if there are any.
    pub fn list(&self) -> Option<String> {
        let shown: Vec<&str> = self.lines.iter().take(LISTED).map(|(line, _)| line.as_str()).collect();
        let more = self.lines.len().saturating_sub(LISTED);
        let tail = if more > 0 { format!("; and {more} more") } else { String::new() };
        (!shown.is_empty()).then(|| format!("{}{tail}", shown.join("; ")))
    }

    /// Id of the first of them.
    pub fn first(&self) -> Option<&str> {
        self.lines.first().map(|(_, id)| id.as_str())
    }

    /// Box around all other features.
    pub fn others(&self) -> Option<[f64; 4]> {
        self.others
    }

    /// Adds those of another layer.
    pub fn merge(&mut self, more: Self) {
        self.lines.extend(more.lines);
        self.hint = self.hint.take().or(more.hint);
        self.place = self.place.or(more.place);
        self.others = match (self.others, more.others) {
            (Some(a), Some(b)) => Some([a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]),
            (a, b) => a.or(b),
        };
    }
}

/// The features of a layer that were found far off; `what` is one of them.
pub fn of_layer(what: &str, found: &FarOffs, id: impl Fn(u32) -> String) -> Far {
    let line = |f: &FarOff| {
        let km = f.distance_m / 1000.0;
        let id = id(f.feature);
        let words = if f.reaches {
            let [x, y] = f.vertex;
            format!("{what} {id} reaches {km:.0} km beyond the others (a vertex at {x:.0}, {y:.0})")
        } else {
            format!("{what} {id} lies {km:.0} km from the others")
        };
        (words, id)
    };
    let first = found.features.first();
    Far {
        hint: first.zip(found.others).map(|(f, others)| slip(f.vertex, others).to_owned()),
        place: first.map(|f| f.vertex),
        lines: found.features.iter().map(line).collect(),
        others: found.others,
    }
}

pub fn warn(role: &str, file: &str, far: &Far, notes: &mut Notes) {
    let (Some(list), Some([x, y])) = (far.list(), far.place) else { return };
    let mut finding = Finding::warning("far_off_feature", list)
        .layer(role)
        .file(file)
        .feature(far.first().unwrap_or_default())
        .value(format!("x {x:.3}, y {y:.3}"))
        .count(far.lines.len() as u64)
        .hint(far.hint.clone().unwrap_or_default());
    if let Some([x0, y0, x1, y1]) = far.others {
        finding = finding.expected(format!("x {x0:.0} to {x1:.0}, y {y0:.0} to {y1:.0}, as all others"));
    }
    notes.findings.push(finding);
}

/// No layer of one place is wider than from the North Pole to the South Pole, m.
const WIDEST_M: f64 = 2e7;

/// False if the layer with these `bounds` is wider than the Earth is long: then an error names what is far off, and nothing is
/// measured on it.
pub fn fits_on_earth(
    role: &str,
    file: &str,
    bounds: Option<[f64; 4]>,
    far: impl FnOnce() -> Far,
    notes: &mut Notes,
) -> bool {
    let Some([x0, y0, x1, y1]) = bounds else { return true };
    let width = (x1 - x0).max(y1 - y0);
    if width <= WIDEST_M {
        return true;
    }
    let far = far();
    let list = far.list().map_or_else(String::new, |list| format!(": {list}"));
    let message = format!("the layer is {:.0} km wide, and no place on Earth is{list}", width / 1000.0);
    let mut finding = Finding::error("wider_than_earth", message)
        .layer(role)
        .file(file)
        .value(format!("x {x0:.0} to {x1:.0}, y {y0:.0} to {y1:.0}"))
        .expected(format!("at most {:.0} km", WIDEST_M / 1000.0))
        .hint(far.hint.clone().unwrap_or_else(|| "is the layer in another CRS, or damaged?".to_owned()));
    if let Some(first) = far.first() {
        finding = finding.feature(first);
    }
    notes.findings.push(finding);
    false
}

/// The likely slip of the pen.
fn slip([x, y]: [f64; 2], [x0, y0, x1, y1]: [f64; 4]) -> &'static str {
    let beside = (x1 - x0).max(y1 - y0);
    let near = |x: f64, y: f64| x >= x0 - beside && x <= x1 + beside && y >= y0 - beside && y <= y1 + beside;
    let powers = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3];
    if near(y, x) {
        "its x and y are swapped: correct it in the file"
    } else if near(-x, y) || near(x, -y) || near(-x, -y) {
        "a minus sign is wrong: correct it in the file"
    } else if x.abs() < 1000.0 && y.abs() < 1000.0 {
        "zeros or degrees instead of metres: correct or remove it in the file"
    } else if powers.iter().any(|p| powers.iter().any(|q| near(x * p, y * q))) {
        "a decimal point is missing or in the wrong place: correct it in the file"
    } else {
        "a typing error, damaged bytes, or a feature of another place: correct or remove it in the file"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_geom::{Coverage, far_off};

    #[test]
    fn a_layer_wider_than_the_earth_is_refused_with_what_is_far_off() {
        let square = |x: f64, side: f64| vec![vec![vec![[x, 0.0], [x + side, 0.0], [x, side], [x, 0.0]]]];
        let mut coverage = Coverage::new();
        (0..10).for_each(|k| coverage.push_rings(&square(f64::from(k) * 100.0, 100.0)));
        let fits = |coverage: &Coverage| {
            let mut notes = Notes::default();
            let found = far_off(coverage);
            let far = || of_layer("parcel", &found, |i| format!("P{i}"));
            let fits = fits_on_earth("parcels", "p.gpkg", found.all, far, &mut notes);
            (fits, notes.findings.items)
        };
        assert_eq!(fits(&coverage), (true, vec![]));
        coverage.push_rings(&square(0.0, 5e7));
        let (fit, found) = fits(&coverage);
        assert!(!fit && found[0].feature.as_deref() == Some("P10"), "{found:?}");
        assert!(found[0].message.contains("50000 km wide") && found[0].message.contains("P10 reaches"));
    }

    #[test]
    fn the_slip_is_guessed_from_the_vertex() {
        let city = [500_000.0, 3_450_000.0, 560_000.0, 3_500_000.0];
        for (vertex, words) in [
            ([3_470_000.0, 520_000.0], "swapped"),
            ([0.0, 0.0], "zeros"),
            ([120.6, 31.3], "zeros or degrees"),
            ([5_200_000.0, 3_470_000.0], "decimal point"),
            ([520_000.0, 34_700.0], "decimal point"),
            ([520_000.0, -3_470_000.0], "minus sign"),
            ([-520_000.0, 3_470_000.0], "minus sign"),
            ([-397_000.0, 5_453_000.0], "typing error"),
        ] {
            assert!(slip(vertex, city).contains(words), "{vertex:?}: {}", slip(vertex, city));
        }
    }
}
