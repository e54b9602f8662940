//! The ellipse that holds a given share of points, whatever their distribution.

use carbonzone_types::Ellipse;

/// The ellipse with the shape of the points' covariance, as large as holds `share` of them; `None` without points.
///
/// Points on one line have an ellipse without width. For normal points it is the usual confidence ellipse.
pub(crate) fn around(points: &[[f64; 2]], share: f64) -> Option<Ellipse> {
    let n = points.len() as f64;
    let last = points.len().checked_sub(1)?;
    let mean = |k: usize| points.iter().map(|p| p[k]).sum::<f64>() / n;
    let centre = [mean(0), mean(1)];
    let moment =
        |a: usize, b: usize| points.iter().map(|p| (p[a] - centre[a]) * (p[b] - centre[b])).sum::<f64>() / n;
    let (xx, xy, yy) = (moment(0, 0), moment(0, 1), moment(1, 1));
    let middle = f64::midpoint(xx, yy);
    let spread = ((xx - yy) / 2.0).hypot(xy);
    let angle_rad = 0.5 * (2.0 * xy).atan2(xx - yy);
    // Below this share of the longer axis a width is rounding.
    let long = middle + spread;
    let short = (middle - spread).max(0.0);
    let axes = [long.sqrt(), if short > 1e-12 * long { short.sqrt() } else { 0.0 }];
    let (sin, cos) = angle_rad.sin_cos();
    let distance = |p: &[f64; 2]| {
        let (x, y) = (p[0] - centre[0], p[1] - centre[1]);
        let along = |v: f64, axis: f64| if axis > 0.0 { v / axis } else { 0.0 };
        along(x * cos + y * sin, axes[0]).hypot(along(y * cos - x * sin, axes[1]))
    };
    let mut distances: Vec<f64> = points.iter().map(distance).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let held = ((share * n).ceil() as usize).clamp(1, last + 1) - 1;
    let scale = distances[held];
    Some(Ellipse { centre, half_axes: axes.map(|a| a * scale), angle_rad })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Relative};

    fn inside(e: &Ellipse, p: &[f64; 2]) -> bool {
        let (sin, cos) = e.angle_rad.sin_cos();
        let (x, y) = (p[0] - e.centre[0], p[1] - e.centre[1]);
        ((x * cos + y * sin) / e.half_axes[0]).hypot((y * cos - x * sin) / e.half_axes[1]) <= 1.0 + 1e-12
    }

    /// Independent standard normal numbers, from the quantiles of the relative errors of a half-width of 19.6 %.
    fn normal(name: &str, n: usize) -> Vec<f64> {
        let spread = Relative::from_half_width(name, 19.6).unwrap();
        Key::new(7, name).uniforms(n).into_iter().map(|u| (spread.quantile(u) - 1.0) / 0.1).collect()
    }

    #[test]
    fn a_normal_cloud_has_the_known_radius_and_direction() {
        let n = 4096;
        let (u, v) = (normal("u", n), normal("v", n));
        // Standard deviations 2 and 0.5 along 30 degrees.
        let (sin, cos) = (std::f64::consts::PI / 6.0).sin_cos();
        let points: Vec<[f64; 2]> = u
            .iter()
            .zip(&v)
            .map(|(u, v)| [1.0 + 2.0 * u * cos - 0.5 * v * sin, 2.0 * u * sin + 0.5 * v * cos])
            .collect();
        let e = around(&points, 0.9).unwrap();
        // The 90 % quantile of a chi-squared number with two degrees of freedom is -2 ln 0.1.
        let radius = (-2.0 * 0.1f64.ln()).sqrt();
        assert!((e.half_axes[0] / (2.0 * radius) - 1.0).abs() < 0.05, "{e:?}");
        assert!((e.half_axes[1] / (0.5 * radius) - 1.0).abs() < 0.05, "{e:?}");
        assert!((e.angle_rad - std::f64::consts::PI / 6.0).abs() < 0.03, "{e:?}");
    }

    #[test]
    fn of_skewed_points_nine_in_ten_lie_inside_too() {
        let n = 2000;
        let points: Vec<[f64; 2]> = Key::new(1, "x")
            .uniforms(n)
            .into_iter()
            .zip(Key::new(1, "y").uniforms(n))
            .map(|(x, y)| [-x.ln(), y.powi(4) - x])
            .collect();
        let e = around(&points, 0.9).unwrap();
        let held = points.iter().filter(|p| inside(&e, p)).count();
        assert_eq!(held, 1800);
    }

    #[test]
    fn points_on_a_line_have_no_width_and_equal_points_no_size() {
        let line: Vec<[f64; 2]> = (0..11).map(|i| [f64::from(i), 2.0 * f64::from(i)]).collect();
        let e = around(&line, 1.0).unwrap();
        assert!((e.half_axes[0] - 125.0f64.sqrt()).abs() < 1e-9 && e.half_axes[1] == 0.0, "{e:?}");
        assert!((e.angle_rad.tan() - 2.0).abs() < 1e-9);
        assert_eq!(around(&[[1.0, 2.0]; 5], 0.9).unwrap().half_axes, [0.0, 0.0]);
        assert_eq!(around(&[], 0.9), None);
    }
}
