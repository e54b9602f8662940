//! Horizontal strips of a layer: what lies close together is looked at together.

/// Horizontal strips of the layer with the features whose box they touch, as compressed rows.
#[derive(Debug)]
pub(crate) struct Strips {
    south: f64,
    per_m: f64,
    offsets: Vec<usize>,
    features: Vec<u32>,
}

/// Strips are this many times as high as the median box.
const STRIP_HEIGHTS: f64 = 2.0;
/// Never more strips than this many per square root of the number of features: slivers must not make millions of them.
const STRIPS_PER_ROOT: f64 = 2.0;

impl Strips {
    pub fn of(boxes: &[[f64; 4]]) -> Self {
        let used = || boxes.iter().filter(|b| b[0] <= b[2]);
        let (south, north) =
            used().fold((f64::INFINITY, f64::NEG_INFINITY), |(s, n), b| (s.min(b[1]), n.max(b[3])));
        let mut heights: Vec<f64> = used().map(|b| b[3] - b[1]).collect();
        let middle = heights.len() / 2;
        let count = if heights.is_empty() {
            0
        } else {
            let median = *heights.select_nth_unstable_by(middle, f64::total_cmp).1;
            let wanted = (north - south) / (STRIP_HEIGHTS * median);
            let most = STRIPS_PER_ROOT * (heights.len() as f64).sqrt();
            if wanted.is_finite() { wanted.clamp(1.0, most) as usize } else { 1 }
        };
        let per_m = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut strips = Self { south, per_m, offsets: vec![0; count + 1], features: vec![] };
        for b in used() {
            strips.touched(b).for_each(|s| strips.offsets[s + 1] += 1);
        }
        for s in 0..count {
            strips.offsets[s + 1] += strips.offsets[s];
        }
        let mut next = strips.offsets.clone();
        strips.features = vec![0; strips.offsets[count]];
        for (i, b) in boxes.iter().enumerate().filter(|(_, b)| b[0] <= b[2]) {
            for s in strips.touched(b) {
                strips.features[next[s]] = i as u32;
                next[s] += 1;
            }
        }
        strips
    }

    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The strip of a northing; never a lower one for a higher northing.
    #[inline]
    pub fn strip(&self, y: f64) -> usize {
        (((y - self.south) * self.per_m).max(0.0) as usize).min(self.len() - 1)
    }

    /// A northing in the middle of a strip; `None` if there is none, in a layer without height.
    pub fn middle(&self, strip: usize) -> Option<f64> {
        let y = self.south + (strip as f64 + 0.5) / self.per_m;
        (y.is_finite() && self.strip(y) == strip).then_some(y)
    }

    /// Features whose box touches a strip, ascending.
    pub fn features(&self, strip: usize) -> &[u32] {
        &self.features[self.offsets[strip]..self.offsets[strip + 1]]
    }

    /// Takes features out of all strips.
    pub fn leave_out(&mut self, left_out: &[bool]) {
        let (mut from, mut kept) = (0, 0);
        for end in &mut self.offsets[1..] {
            for k in from..*end {
                let feature = self.features[k];
                self.features[kept] = feature;
                kept += usize::from(!left_out[feature as usize]);
            }
            from = std::mem::replace(end, kept);
        }
        self.features.truncate(kept);
    }

    fn touched(&self, b: &[f64; 4]) -> std::ops::RangeInclusive<usize> {
        self.strip(b[1])..=self.strip(b[3])
    }
}
