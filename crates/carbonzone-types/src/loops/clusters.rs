//! Statistics over neighbours: Moran's I, Gi*, false discovery, the ellipse of weighted points.

use super::neighbours::Neighbours;
use super::permutation::SplitMix;

/// The finite values, and the neighbours among their units.
pub fn known(weights: &Neighbours, values: &[Option<f64>]) -> (Neighbours, Vec<f64>) {
    let keep: Vec<bool> = values.iter().map(|v| v.is_some_and(f64::is_finite)).collect();
    let x = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    (weights.subset(&keep), x)
}

/// Gi* of known values (docs of `getis_ord_star` in `carbonzone-zoning`), put back to the units they are of.
pub fn gi_star(w: &Neighbours, x: &[f64], values: &[Option<f64>]) -> Vec<Option<f64>> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let s = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let one = |i: usize| {
        let weights = w.row(i).1;
        let (sum, squares) = weights.iter().fold((1.0, 1.0), |(a, b), w| (a + w, b + w * w));
        let spread = ((n * squares - sum * sum) / (n - 1.0)).sqrt();
        let excess = w.lag(i, x) + x[i] - mean * sum;
        if s == 0.0 { Some(0.0) } else { (spread > 0.0).then(|| excess / (s * spread)) }
    };
    let mut scores = (0..x.len()).map(one);
    let is_known = |v: &Option<f64>| v.is_some_and(f64::is_finite);
    values.iter().map(|v| if is_known(v) { scores.next().flatten() } else { None }).collect()
}

/// Global Moran's I.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalMoran {
    /// `I`.
    pub i: f64,
    /// Its mean without correlation.
    pub expected: f64,
    /// Its variance under normality.
    pub variance: f64,
    /// Permutations with a value at least as far out, on the side with fewer.
    pub extreme: u32,
}

/// Global Moran's I of known values; `None` for fewer than three, without any link, or if all values are equal.
pub fn global_moran(w: &Neighbours, x: &[f64], permutations: u32, seed: u64) -> Option<GlobalMoran> {
    let n = x.len();
    let mean = x.iter().sum::<f64>() / n as f64;
    let mut z: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let squares: f64 = z.iter().map(|v| v * v).sum();
    let (s0, s1, s2) = w.moments();
    if n < 3 || s0 <= 0.0 || squares <= 0.0 {
        return None;
    }
    let m = n as f64;
    let statistic = |z: &[f64]| m / s0 * (0..n).map(|i| z[i] * w.lag(i, z)).sum::<f64>() / squares;
    let i = statistic(&z);
    let expected = -1.0 / (m - 1.0);
    let variance = (m * m * s1 - m * s2 + 3.0 * s0 * s0) / ((m * m - 1.0) * s0 * s0) - expected * expected;
    let mut random = SplitMix::new(seed);
    let mut larger = 0;
    for _ in 0..permutations {
        random.shuffle_front(&mut z, n);
        larger += u32::from(statistic(&z) >= i);
    }
    Some(GlobalMoran { i, expected, variance, extreme: larger.min(permutations - larger) })
}

/// Deviations of the values from their mean, and the mean of the squares.
pub fn deviations(x: &[f64]) -> (Vec<f64>, f64) {
    let n = x.len().max(1) as f64;
    let mean = x.iter().sum::<f64>() / n;
    let z: Vec<f64> = x.iter().map(|v| v - mean).collect();
    let m2 = z.iter().map(|v| v * v).sum::<f64>() / n;
    (z, m2)
}

/// Local Moran's I of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalMoran {
    /// `I_i`.
    pub i: f64,
    /// By how many standard deviations the neighbours' sum is above its mean.
    pub score: f64,
    /// Pseudo probability, if permutations were asked for.
    pub permuted: Option<f64>,
    /// The unit is above the mean.
    pub high: bool,
    /// Its neighbours are.
    pub among_high: bool,
}

/// Local Moran's I of unit `i` of the deviations `z` with mean square `m2`; `permutations`: how many, and their seed. `None` without
/// neighbours, and where all other units are neighbours.
pub fn local_moran(
    w: &Neighbours,
    (z, m2): (&[f64], f64),
    i: usize,
    permutations: Option<(u32, u64)>,
) -> Option<LocalMoran> {
    let (_, row) = w.row(i);
    let others = (z.len() - 1) as f64;
    let (sum, squares) = row.iter().fold((0.0, 0.0), |(a, b), w| (a + w, b + w * w));
    let lag = w.lag(i, z);
    // Mean and variance of Σ w z drawn without replacement from the other units.
    let mean = -z[i] / others;
    let spread = (m2 * (others + 1.0) - z[i] * z[i]) / others - mean * mean;
    let variance = spread * others / (others - 1.0) * (squares - sum * sum / others);
    // Everybody's neighbour has nothing to be compared with.
    if row.is_empty() || variance <= 1e-12 * spread * squares {
        return None;
    }
    Some(LocalMoran {
        i: z[i] * lag / m2,
        score: (lag - mean * sum) / variance.sqrt(),
        permuted: permutations.map(|(count, seed)| permuted(row, z, (i, lag), count, seed)),
        high: z[i] > 0.0,
        among_high: lag > 0.0,
    })
}

/// Two-sided pseudo probability of a neighbours' sum: twice the smaller tail, at most 1.
fn permuted(row: &[f64], z: &[f64], (i, lag): (usize, f64), count: u32, seed: u64) -> f64 {
    let mut others: Vec<f64> = z.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, v)| *v).collect();
    let mut random = SplitMix::new(seed ^ (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    // What differs by roundings only is as extreme.
    let near = 1e-12 * row.iter().zip(&others).fold(lag.abs(), |m, (w, v)| m.max((w * v).abs()));
    let (mut larger, mut smaller) = (0, 0);
    for _ in 0..count {
        random.shuffle_front(&mut others, row.len());
        let sum: f64 = row.iter().zip(&others).map(|(w, v)| w * v).sum();
        larger += u32::from(sum >= lag - near);
        smaller += u32::from(sum <= lag + near);
    }
    (2.0 * f64::from(1 + larger.min(smaller)) / f64::from(1 + count)).min(1.0)
}

/// False discovery rates of Benjamini and Hochberg (docs of `false_discovery` in `carbonzone-zoning`).
pub fn false_discovery(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> = p.iter().enumerate().filter_map(|(i, p)| Some(((*p)?, i))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = order.len() as f64;
    let mut out = vec![None; p.len()];
    let mut least = 1.0f64;
    for (rank, (p, i)) in order.iter().enumerate().rev() {
        least = least.min(p * n / (rank + 1) as f64);
        out[*i] = Some(least);
    }
    out
}

/// Weighted moments of points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Weighted mean.
    pub centre: [f64; 2],
    /// `Σ w x²` around it.
    pub xx: f64,
    /// `Σ w y²`.
    pub yy: f64,
    /// `Σ w x y`.
    pub xy: f64,
    /// `Σ w`.
    pub total: f64,
    /// Points with a weight.
    pub n: usize,
}

/// Moments of the points with a weight above 0; `None` with fewer than three.
pub fn moments(points: &[[f64; 2]], weights: &[f64]) -> Option<Moments> {
    let used: Vec<([f64; 2], f64)> =
        points.iter().copied().zip(weights.iter().copied()).filter(|(_, w)| *w > 0.0).collect();
    let n = used.len();
    if n < 3 {
        return None;
    }
    let total: f64 = used.iter().map(|(_, w)| w).sum();
    // Away from a first point, so that large coordinates cost no digits.
    let [x0, y0] = used[0].0;
    let mean = |axis: usize, first: f64| {
        first + used.iter().map(|(p, w)| w * (p[axis] - first)).sum::<f64>() / total
    };
    let centre = [mean(0, x0), mean(1, y0)];
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (p, w) in &used {
        let (x, y) = (p[0] - centre[0], p[1] - centre[1]);
        xx += w * x * x;
        yy += w * y * y;
        xy += w * x * y;
    }
    Some(Moments { centre, xx, yy, xy, total, n })
}
