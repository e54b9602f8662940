//! All lines of one mode, which is what is measured at once: doubles left out, each metre to its parcel.

use super::lines::{LineMeter, MeasuredLines};
use carbonzone_geom::{LineIndex, lines_once};

/// Lines whose measures are kept before they are added up.
const MEASURED_AT_ONCE: usize = 1 << 15;

/// Polylines of one mode with their class weights.
#[derive(Debug, Clone)]
pub struct ModeLines {
    xs: Vec<f64>,
    ys: Vec<f64>,
    offsets: Vec<u32>,
    weights: Vec<f64>,
}

impl Default for ModeLines {
    fn default() -> Self {
        Self { xs: vec![], ys: vec![], offsets: vec![0], weights: vec![] }
    }
}

impl ModeLines {
    /// Appends a polyline, eastings and northings in m, with its class weight (1 = plain length).
    pub fn push(&mut self, xs: &[f64], ys: &[f64], weight: f64) {
        self.xs.extend_from_slice(xs);
        self.ys.extend_from_slice(ys);
        self.offsets.push(self.xs.len() as u32);
        self.weights.push(weight);
    }

    fn line(&self, i: usize) -> (&[f64], &[f64]) {
        let line = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        (&self.xs[line.clone()], &self.ys[line])
    }

    /// Without what lies on other lines: both directions of a street drawn as two lines are one street. Also the metres left out;
    /// `None` if there are none.
    pub fn once(self) -> (Self, Option<f64>) {
        let Some(once) = lines_once(&self.xs, &self.ys, &self.offsets, &self.weights) else {
            return (self, None);
        };
        let weights = once.of_line.iter().map(|&line| self.weights[line as usize]).collect();
        (Self { xs: once.xs, ys: once.ys, offsets: once.offsets, weights }, Some(once.doubled_m))
    }

    /// Adds all of them to a meter on the same index. While some lines are measured, the ones before are added.
    pub fn measure(&self, index: &LineIndex<'_>, meter: &mut LineMeter<'_>) {
        let mut sums = meter.take_sums();
        let mut before: Vec<MeasuredLines> = vec![];
        for from in (0..self.weights.len()).step_by(MEASURED_AT_ONCE) {
            let lines = from..self.weights.len().min(from + MEASURED_AT_ONCE);
            let offsets = &self.offsets[from..=lines.end];
            let measure = || {
                index.shared_all((&self.xs, &self.ys), offsets, meter.rules(), |k, shared, out| {
                    meter.measure(self.line(from + k), self.weights[from + k], shared, out);
                })
            };
            ((), before) = rayon::join(|| before.drain(..).for_each(|m| sums.add(&m)), measure);
        }
        for m in &before {
            sums.add(m);
        }
        meter.put_back(sums);
    }
}
