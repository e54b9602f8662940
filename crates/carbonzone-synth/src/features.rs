//! Area features that cut parcels (outline, lakes, harbour areas, corridors) and the zone borders, with a bin index.

use crate::shape::{Point, Ring};

/// What a point of the plane lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Outside the outline.
    Outside,
    /// Inside the outline, in no other feature.
    Land,
    /// Inside this feature (index as given to [`FeatureIndex::new`], never the outline).
    Feature(u16),
}

/// Feature number of the zone borders, which have no inside.
pub const ZONE_BORDER: u16 = u16::MAX;
/// Feature number of the outline.
pub const OUTLINE: u16 = 0;

/// A directed piece of a feature's boundary, the feature on its left.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Start.
    pub a: Point,
    /// End.
    pub b: Point,
    /// The feature, or [`ZONE_BORDER`].
    pub feature: u16,
}

/// All segments in square bins, with the features that contain each bin's reference point.
#[derive(Debug)]
pub struct FeatureIndex {
    origin: Point,
    bin: f64,
    columns: usize,
    rows: usize,
    segments: Vec<Segment>,
    offsets: Vec<u32>,
    members: Vec<u32>,
    inside_offsets: Vec<u32>,
    inside: Vec<u16>,
}

impl FeatureIndex {
    /// Builds the index over `extent` (`[x_min, y_min, x_max, y_max]`). `areas[f]` are the directed rings of feature `f` (outer
    /// counter-clockwise, holes clockwise); feature 0 is the outline. A higher number wins where features overlap.
    pub fn new(extent: [f64; 4], bin_m: f64, areas: &[Vec<Ring>], zone_borders: &[(Point, Point)]) -> Self {
        let columns = ((extent[2] - extent[0]) / bin_m).ceil() as usize + 1;
        let rows = ((extent[3] - extent[1]) / bin_m).ceil() as usize + 1;
        let mut segments = Vec::new();
        for (f, rings) in areas.iter().enumerate() {
            for ring in rings {
                for (i, &a) in ring.iter().enumerate() {
                    segments.push(Segment { a, b: ring[(i + 1) % ring.len()], feature: f as u16 });
                }
            }
        }
        segments.extend(zone_borders.iter().map(|&(a, b)| Segment { a, b, feature: ZONE_BORDER }));
        let mut index = Self {
            origin: [extent[0], extent[1]],
            bin: bin_m,
            columns,
            rows,
            segments,
            offsets: Vec::new(),
            members: Vec::new(),
            inside_offsets: Vec::new(),
            inside: Vec::new(),
        };
        index.fill_bins();
        index.fill_inside(areas);
        index
    }

    fn clamp_bin(&self, p: Point) -> (usize, usize) {
        let c = ((p[0] - self.origin[0]) / self.bin).floor().clamp(0.0, (self.columns - 1) as f64);
        let r = ((p[1] - self.origin[1]) / self.bin).floor().clamp(0.0, (self.rows - 1) as f64);
        (c as usize, r as usize)
    }

    fn fill_bins(&mut self) {
        let mut counts = vec![0u32; self.columns * self.rows + 1];
        let spans: Vec<[usize; 4]> = self
            .segments
            .iter()
            .map(|s| {
                let low = self.clamp_bin([s.a[0].min(s.b[0]), s.a[1].min(s.b[1])]);
                let high = self.clamp_bin([s.a[0].max(s.b[0]), s.a[1].max(s.b[1])]);
                [low.0, low.1, high.0, high.1]
            })
            .collect();
        for s in &spans {
            for r in s[1]..=s[3] {
                for c in s[0]..=s[2] {
                    counts[r * self.columns + c + 1] += 1;
                }
            }
        }
        for i in 1..counts.len() {
            counts[i] += counts[i - 1];
        }
        let mut at = counts.clone();
        self.members = vec![0; counts[counts.len() - 1] as usize];
        for (k, s) in spans.iter().enumerate() {
            for r in s[1]..=s[3] {
                for c in s[0]..=s[2] {
                    let slot = &mut at[r * self.columns + c];
                    self.members[*slot as usize] = k as u32;
                    *slot += 1;
                }
            }
        }
        self.offsets = counts;
    }

    /// A point inside each bin, at an odd place so that it meets no vertex.
    fn reference(&self, column: usize, row: usize) -> Point {
        [
            self.origin[0] + (column as f64 + 0.317_828_1) * self.bin,
            self.origin[1] + (row as f64 + 0.618_034_7) * self.bin,
        ]
    }

    fn fill_inside(&mut self, areas: &[Vec<Ring>]) {
        let mut per_bin: Vec<Vec<u16>> = vec![Vec::new(); self.columns * self.rows];
        for (f, rings) in areas.iter().enumerate() {
            for row in 0..self.rows {
                let y = self.reference(0, row)[1];
                let mut xs = Vec::new();
                for ring in rings {
                    for (i, &a) in ring.iter().enumerate() {
                        let b = ring[(i + 1) % ring.len()];
                        if (a[1] > y) != (b[1] > y) {
                            xs.push((b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]);
                        }
                    }
                }
                xs.sort_by(f64::total_cmp);
                for pair in xs.chunks_exact(2) {
                    let first = (((pair[0] - self.origin[0]) / self.bin - 1.0).max(0.0)) as usize;
                    let last = (((pair[1] - self.origin[0]) / self.bin + 1.0).max(0.0)) as usize;
                    for column in first..(last + 1).min(self.columns) {
                        let x = self.reference(column, row)[0];
                        if x > pair[0] && x <= pair[1] {
                            per_bin[row * self.columns + column].push(f as u16);
                        }
                    }
                }
            }
        }
        self.inside_offsets = std::iter::once(0)
            .chain(per_bin.iter().scan(0u32, |sum, v| {
                *sum += v.len() as u32;
                Some(*sum)
            }))
            .collect();
        self.inside = per_bin.into_iter().flatten().collect();
    }

    /// The segments that may touch a box, ascending, each once.
    pub fn near(&self, b: [f64; 4], out: &mut Vec<u32>) {
        out.clear();
        let (low, high) = (self.clamp_bin([b[0], b[1]]), self.clamp_bin([b[2], b[3]]));
        for r in low.1..=high.1 {
            for c in low.0..=high.0 {
                let i = r * self.columns + c;
                for &k in &self.members[self.offsets[i] as usize..self.offsets[i + 1] as usize] {
                    let s = &self.segments[k as usize];
                    if s.a[0].min(s.b[0]) <= b[2]
                        && s.a[0].max(s.b[0]) >= b[0]
                        && s.a[1].min(s.b[1]) <= b[3]
                        && s.a[1].max(s.b[1]) >= b[1]
                    {
                        out.push(k);
                    }
                }
            }
        }
        out.sort_unstable();
        out.dedup();
    }

    /// One segment by number.
    pub fn segment(&self, k: u32) -> &Segment {
        &self.segments[k as usize]
    }

    /// All features that contain the point, ascending. `known` overrides the answer for features on whose boundary the point lies.
    pub fn containing(&self, p: Point, known: &[(u16, bool)]) -> Vec<u16> {
        let (c, r) = self.clamp_bin(p);
        let i = r * self.columns + c;
        let mut found: Vec<u16> =
            self.inside[self.inside_offsets[i] as usize..self.inside_offsets[i + 1] as usize].to_vec();
        let from = self.reference(c, r);
        for &k in &self.members[self.offsets[i] as usize..self.offsets[i + 1] as usize] {
            let s = &self.segments[k as usize];
            if s.feature != ZONE_BORDER && crosses_path(s, from, p) {
                if let Some(at) = found.iter().position(|&f| f == s.feature) {
                    found.swap_remove(at);
                } else {
                    found.push(s.feature);
                }
            }
        }
        for &(f, inside) in known {
            found.retain(|&g| g != f);
            if inside {
                found.push(f);
            }
        }
        found.sort_unstable();
        found
    }

    /// What the point lies in.
    pub fn place(&self, p: Point, known: &[(u16, bool)]) -> Place {
        let found = self.containing(p, known);
        match found.first() {
            Some(&OUTLINE) => {
                found.last().filter(|&&f| f != OUTLINE).map_or(Place::Land, |&f| Place::Feature(f))
            }
            _ => Place::Outside,
        }
    }
}

/// True when the segment is crossed an odd number of times on the way: first along x at the start's y, then along y.
fn crosses_path(s: &Segment, from: Point, to: Point) -> bool {
    let mut odd = false;
    if (s.a[1] > from[1]) != (s.b[1] > from[1]) {
        let x = (s.b[0] - s.a[0]) * (from[1] - s.a[1]) / (s.b[1] - s.a[1]) + s.a[0];
        odd ^= (x > from[0]) != (x > to[0]);
    }
    if (s.a[0] > to[0]) != (s.b[0] > to[0]) {
        let y = (s.b[1] - s.a[1]) * (to[0] - s.a[0]) / (s.b[0] - s.a[0]) + s.a[1];
        odd ^= (y > from[1]) != (y > to[1]);
    }
    odd
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::shape::in_ring;

    #[test]
    fn places_agree_with_the_even_odd_rule_everywhere() {
        let outline = vec![[0.0, 0.0], [5000.0, 200.0], [4800.0, 4000.0], [300.0, 4200.0]];
        let lake = vec![[1000.0, 1000.0], [3000.0, 900.0], [2500.0, 3000.0]];
        let index = FeatureIndex::new(
            [-500.0, -500.0, 5500.0, 5000.0],
            300.0,
            &[vec![outline.clone()], vec![lake.clone()]],
            &[],
        );
        let mut rng = Rng::keyed(&[1]);
        for _ in 0..20_000 {
            let p = [rng.range(-500.0, 5500.0), rng.range(-500.0, 5000.0)];
            let expected = match (in_ring(&outline, p), in_ring(&lake, p)) {
                (false, _) => Place::Outside,
                (true, false) => Place::Land,
                (true, true) => Place::Feature(1),
            };
            assert_eq!(index.place(p, &[]), expected, "{p:?}");
        }
    }
}
