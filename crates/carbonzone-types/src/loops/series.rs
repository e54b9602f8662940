//! Trend of one series: slope, Mann–Kendall score, ranks.

/// A Theil–Sen line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Median of the slopes of all pairs.
    pub slope: f64,
    /// Median of the values minus slope times median of the times.
    pub intercept: f64,
    /// Finite values.
    pub n: usize,
    /// Infinite values.
    pub infinite: usize,
}

/// Median slope of the pairs of finite values at different times; `None` without such a pair.
pub fn theil_sen(times: &[f64], values: &[Option<f64>]) -> Option<Line> {
    let known = |(t, v): (&f64, &Option<f64>)| v.filter(|v| !v.is_nan()).map(|v| (*t, v));
    let points: Vec<(f64, f64)> = times.iter().zip(values).filter_map(known).collect();
    let finite: Vec<(f64, f64)> = points.iter().copied().filter(|p| p.1.is_finite()).collect();
    let mut slopes = Vec::with_capacity(finite.len() * finite.len() / 2);
    for (i, (t0, y0)) in finite.iter().enumerate() {
        slopes.extend(finite[i + 1..].iter().filter(|p| p.0 != *t0).map(|(t1, y1)| (y1 - y0) / (t1 - t0)));
    }
    let slope = median(slopes)?;
    let centre = |pick: fn(&(f64, f64)) -> f64| median(finite.iter().map(pick).collect());
    let (t, y) = centre(|p| p.0).zip(centre(|p| p.1)).unwrap_or((0.0, 0.0));
    Some(Line { slope, intercept: y - slope * t, n: finite.len(), infinite: points.len() - finite.len() })
}

/// Median; `None` of nothing. Selection instead of sorting: a raster has hundreds of thousands of series.
fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let (n, half) = (values.len(), values.len() / 2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if n % 2 == 1 {
        return Some(upper);
    }
    below.iter().copied().max_by(f64::total_cmp).map(|lower| f64::midpoint(lower, upper))
}

/// What the Mann–Kendall test rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Concordant minus discordant pairs.
    pub s: f64,
    /// Its variance without trend, ties regarded.
    pub variance: f64,
    /// Kendall's `τ_b` against time.
    pub tau_b: f64,
    /// Values in use.
    pub n: usize,
}

/// Score of the values that are not NaN; with `corrected`, the variance by Hamed and Rao.
///
/// # Errors
/// Fewer than three values (with the correction: finite values): the method that wants them, and how many there are.
pub fn mann_kendall(values: &[Option<f64>], corrected: bool) -> Result<Score, (&'static str, usize)> {
    let x: Vec<f64> = values.iter().flatten().copied().filter(|v| !v.is_nan()).collect();
    let n = x.len();
    if n < 3 {
        return Err(("Mann–Kendall", n));
    }
    let s = score(&x);
    let ties = tie_groups(&x);
    let mut variance = variance_with_ties(n, &ties);
    if corrected {
        variance *= hamed_rao_factor(&x)?;
    }
    Ok(Score { s, variance, tau_b: tau_b(n, s, &ties), n })
}

/// `τ_b` of a series against time; `None` with fewer than two values, 0 if all are tied.
pub fn kendall_tau_b(values: &[f64]) -> Option<f64> {
    (values.len() >= 2).then(|| tau_b(values.len(), score(values), &tie_groups(values)))
}

/// `Σ_{i<j} sgn(x_j − x_i)`; two equal infinities are a tie.
fn score(x: &[f64]) -> f64 {
    let sign = |a: f64, b: f64| match b.partial_cmp(&a) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => -1.0,
        _ => 0.0,
    };
    x.iter().enumerate().map(|(i, a)| x[i + 1..].iter().map(|b| sign(*a, *b)).sum::<f64>()).sum()
}

/// Sizes of the groups of equal values, groups of one included.
fn tie_groups(x: &[f64]) -> Vec<f64> {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|group| group.len() as f64).collect()
}

fn variance_with_ties(n: usize, ties: &[f64]) -> f64 {
    let term = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
    (term(n as f64) - ties.iter().map(|t| term(*t)).sum::<f64>()) / 18.0
}

fn tau_b(n: usize, s: f64, ties: &[f64]) -> f64 {
    let pairs = |t: f64| t * (t - 1.0) / 2.0;
    let all = pairs(n as f64);
    let untied = all - ties.iter().map(|t| pairs(*t)).sum::<f64>();
    if untied > 0.0 { s / (untied * all).sqrt() } else { 0.0 }
}

/// `n/n*` of Hamed and Rao (1998), eq. 11: 1 + 2/(n(n−1)(n−2)) Σ (n−i)(n−i−1)(n−i−2) `ρ_i` over the lags
/// whose rank autocorrelation is significant at 5 %.
fn hamed_rao_factor(x: &[f64]) -> Result<f64, (&'static str, usize)> {
    let finite: Vec<f64> = x.iter().copied().filter(|v| v.is_finite()).collect();
    let n = finite.len();
    if n < 3 {
        return Err(("Hamed–Rao", n));
    }
    let times: Vec<f64> = (1..=n).map(|t| t as f64).collect();
    let values: Vec<Option<f64>> = finite.iter().copied().map(Some).collect();
    let slope = theil_sen(&times, &values).ok_or(("Theil–Sen", n))?.slope;
    let detrended: Vec<f64> = finite.iter().zip(&times).map(|(v, t)| v - t * slope).collect();
    let ranks = average_ranks(&detrended);
    let bound = 1.959_963_984_540_054 / (n as f64).sqrt();
    let m = n as f64;
    let weighted = |lag: usize| {
        let rho = autocorrelation(&ranks, lag);
        let i = lag as f64;
        if rho.abs() > bound { (m - i) * (m - i - 1.0) * (m - i - 2.0) * rho } else { 0.0 }
    };
    let sum: f64 = (1..n).map(weighted).sum();
    Ok(1.0 + 2.0 / (m * (m - 1.0) * (m - 2.0)) * sum)
}

/// Sample autocorrelation at a lag (divisor `n`); 0 if the series is constant.
fn autocorrelation(x: &[f64], lag: usize) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let product = |lag: usize| -> f64 { x[lag..].iter().zip(x).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    let variance = product(0);
    if variance > 0.0 { product(lag) / variance } else { 0.0 }
}

/// Ranks from 1; tied values share the mean of their ranks.
pub fn average_ranks(x: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut ranks = vec![0.0; x.len()];
    let mut first = 0;
    for group in order.chunk_by(|&a, &b| x[a] == x[b]) {
        let mean = (2 * first + group.len() + 1) as f64 / 2.0;
        for &i in group {
            ranks[i] = mean;
        }
        first += group.len();
    }
    ranks
}
