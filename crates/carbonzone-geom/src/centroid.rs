//! Centroids of polygons.

use crate::Coverage;

impl Coverage {
    /// Centre of gravity of a feature, holes taken out, m; it may lie outside a bent polygon. A feature without area has the mean of its
    /// vertices, one without vertices none.
    ///
    /// # Examples
    /// ```
    /// use carbonzone_geom::Coverage;
    /// let mut coverage = Coverage::new();
    /// coverage.push_rings(&[vec![vec![[0.0, 0.0], [6.0, 0.0], [0.0, 3.0], [0.0, 0.0]]]]);
    /// assert_eq!(coverage.centroid(0), Some([2.0, 1.0]));
    /// ```
    pub fn centroid(&self, feature: usize) -> Option<[f64; 2]> {
        let first = self.rings(feature).find_map(|r| Some([*r.xs.first()?, *r.ys.first()?]))?;
        let (mut area, mut mx, mut my) = (0.0, 0.0, 0.0);
        let (mut n, mut sx, mut sy) = (0.0, 0.0, 0.0);
        for ring in self.rings(feature) {
            let (mut a, mut x, mut y) = (0.0, 0.0, 0.0);
            for k in 1..ring.xs.len() {
                let [x0, y0] = [ring.xs[k - 1] - first[0], ring.ys[k - 1] - first[1]];
                let [x1, y1] = [ring.xs[k] - first[0], ring.ys[k] - first[1]];
                let cross = x0 * y1 - x1 * y0;
                a += cross;
                x += (x0 + x1) * cross;
                y += (y0 + y1) * cross;
                n += 1.0;
                sx += x1;
                sy += y1;
            }
            // Shells count, holes are taken out, whichever way they turn.
            let sign = if (ring.ring == 0) == (a >= 0.0) { 1.0 } else { -1.0 };
            area += sign * a;
            mx += sign * x;
            my += sign * y;
        }
        let relative = if area > 0.0 { [mx / (3.0 * area), my / (3.0 * area)] } else { [sx / n, sy / n] };
        relative.iter().all(|v: &f64| v.is_finite()).then(|| [first[0] + relative[0], first[1] + relative[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_moves_the_centre_away_and_directions_do_not_matter() {
        let shell = vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
        let hole = vec![[2.0, 1.0], [3.0, 1.0], [3.0, 3.0], [2.0, 3.0], [2.0, 1.0]];
        let turned = |ring: &[[f64; 2]]| ring.iter().rev().copied().collect::<Vec<_>>();
        let mut coverage = Coverage::new();
        coverage.push_rings(&[vec![shell.clone(), hole.clone()]]);
        coverage.push_rings(&[vec![turned(&shell), hole.clone()]]);
        coverage.push_rings(&[vec![shell, turned(&hole)]]);
        // (16·2 − 2·2.5)/14
        for i in 0..3 {
            assert_eq!(coverage.centroid(i), Some([27.0 / 14.0, 2.0]));
        }
    }
}
