//! Lines with a straight stretch that no road has: one vertex is damaged.

use super::Notes;
use crate::config::RoadLayer;
use carbonzone_geom::Coverage;
use carbonzone_spatialize::surrogate::lines::may_be_longer;
use carbonzone_types::Finding;

/// No road, railway or ferry runs straight for so long, m,
const LONGEST_M: f64 = 100_000.0;
/// and beyond so many times the size of the place.
const TIMES_THE_PLACE: f64 = 2.0;

/// Lines with stretches that are too long.
pub struct Straight<'a> {
    layers: Vec<&'a Coverage>,
    /// Length of the diagonal of the place, m, once it was asked for.
    place_m: Option<f64>,
    lines: u64,
    /// The longest stretch, with its ends; of equal ones the first by place, whatever the order of the file.
    example: Option<(f64, [f64; 4])>,
}

impl<'a> Straight<'a> {
    /// For lines over the box around these layers.
    pub fn over(layers: &[&'a Coverage]) -> Self {
        Self { layers: layers.to_vec(), place_m: None, lines: 0, example: None }
    }

    fn place_m(&mut self) -> f64 {
        let union =
            |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        let layers = &self.layers;
        let measure = || {
            let around = layers.iter().filter_map(|layer| layer.total_bounds()).reduce(union);
            around.map_or(0.0, |[x0, y0, x1, y1]| (x1 - x0).hypot(y1 - y0))
        };
        *self.place_m.get_or_insert_with(measure)
    }

    /// Longest stretch that is no finding, m.
    fn longest_m(&mut self) -> f64 {
        LONGEST_M.max(TIMES_THE_PLACE * self.place_m())
    }

    /// Looks at a line.
    pub fn see(&mut self, xs: &[f64], ys: &[f64]) {
        // Nearly all are far shorter, and the place is not measured for them.
        if !may_be_longer(xs, ys, LONGEST_M) {
            return;
        }
        let mut too_long = false;
        for (x, y) in xs.windows(2).zip(ys.windows(2)) {
            let length = (x[1] - x[0]).hypot(y[1] - y[0]);
            if length > LONGEST_M && length > self.longest_m() {
                too_long = true;
                let ends = [x[0], y[0], x[1], y[1]];
                let before = |known: &(f64, [f64; 4])| {
                    known.0 > length
                        || (known.0 == length && known.1.map(f64::to_bits) <= ends.map(f64::to_bits))
                };
                if !self.example.as_ref().is_some_and(before) {
                    self.example = Some((length, ends));
                }
            }
        }
        self.lines += u64::from(too_long);
    }

    pub fn warn(mut self, config: &RoadLayer, notes: &mut Notes) {
        let Some((length, [x0, y0, x1, y1])) = self.example else { return };
        let (place_m, longest_m) = (self.place_m(), self.longest_m());
        let (lines, km) = (self.lines, |m: f64| m / 1000.0);
        let have = if lines == 1 {
            "line has a straight stretch of"
        } else {
            "lines have straight stretches of up to"
        };
        let message =
            format!("{lines} {have} {:.0} km, and the place is {:.0} km across", km(length), km(place_m));
        notes.findings.push(
            Finding::warning("far_off_line", message)
                .input("roads", &config.source.path)
                .feature(format!("from {x0:.0}, {y0:.0} to {x1:.0}, {y1:.0}"))
                .value(format!("{:.0} km", km(length)))
                .expected(format!("at most {:.0} km from vertex to vertex", km(longest_m)))
                .count(lines)
                .hint("a damaged vertex, swapped axes, or zeros for unknown coordinates? Only the metres at the parcels count"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Coverage {
        let mut coverage = Coverage::new();
        coverage.push_rings(&[vec![vec![[0.0, 0.0], [3e5, 0.0], [3e5, 4e5], [0.0, 0.0]]]]);
        coverage
    }

    #[test]
    fn only_a_stretch_far_beyond_the_place_is_seen_and_the_longest_is_named() {
        // 500 km across: up to 1000 km is a road.
        let (city, nothing) = (place(), Coverage::new());
        let mut straight = Straight::over(&[&city, &nothing]);
        straight.see(&[0.0, 1e6, 2e6], &[0.0, 0.0, 0.0]);
        assert_eq!((straight.lines, straight.example), (0, None));
        straight.see(&[0.0, 1.5e6, 0.0], &[0.0, 0.0, 0.0]);
        straight.see(&[0.0, -3e6], &[7.0, 7.0]);
        assert_eq!((straight.lines, straight.example), (2, Some((3e6, [0.0, 7.0, -3e6, 7.0]))));
        // A village is small: 100 km.
        let mut village = Straight::over(&[]);
        village.see(&[0.0, 99_000.0], &[0.0, 0.0]);
        village.see(&[0.0, 101_000.0], &[0.0, 0.0]);
        assert_eq!(village.lines, 1);
    }
}
