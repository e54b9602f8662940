//! Do coordinates lie where the working CRS is at home, or would they if longitude and latitude were swapped?

use crate::crs::{CrsPath, WorkingCrs};
use crate::source::Reporter;
use carbonzone_types::Finding;

/// Counts over longitude/latitude coordinates before they are transformed.
#[derive(Debug, Default)]
pub(crate) struct PlaceCheck {
    seen: u64,
    impossible: u64,
    outside: u64,
    swapped: u64,
    example: Option<(f64, f64)>,
}

impl PlaceCheck {
    /// Looks at source coordinates; only degrees can be judged.
    pub(crate) fn see(&mut self, path: &CrsPath, crs: &WorkingCrs, xs: &[f64], ys: &[f64]) {
        if !path.geographic {
            return;
        }
        for (&x, &y) in xs.iter().zip(ys) {
            self.seen += 1;
            let possible = x.abs() <= 180.0 && y.abs() <= 90.0;
            if possible && crs.is_at_home(x, y) {
                continue;
            }
            self.impossible += u64::from(!possible);
            self.outside += 1;
            self.example.get_or_insert((x, y));
            if y.abs() <= 180.0 && x.abs() <= 90.0 && crs.is_at_home(y, x) {
                self.swapped += 1;
            }
        }
    }

    /// Reports; false if the layer must not be used (most coordinates are swapped).
    pub(crate) fn report(&self, crs: &WorkingCrs, report: &mut Reporter<'_>) -> bool {
        let Some((x, y)) = self.example else { return true };
        let value = format!("longitude {x}, latitude {y}");
        let expected = crs.area_text();
        if self.swapped * 2 > self.seen {
            report.add(
                Finding::error(
                    "swapped_coordinates",
                    format!(
                        "longitude and latitude are swapped in {} of {} coordinates",
                        self.swapped, self.seen
                    ),
                )
                .value(value)
                .expected(expected)
                .count(self.swapped)
                .hint("swap the names in x = \"...\" and y = \"...\" of this input"),
            );
            return false;
        }
        if self.swapped > 0 {
            report.add(
                Finding::warning(
                    "swapped_coordinates",
                    format!(
                        "longitude and latitude look swapped in {} of {} coordinates",
                        self.swapped, self.seen
                    ),
                )
                .value(value.clone())
                .expected(expected.clone())
                .count(self.swapped)
                .hint("correct these rows in the file"),
            );
        }
        let elsewhere = self.outside - self.swapped;
        if elsewhere > 0 {
            report.add(
                Finding::warning(
                    "outside_crs_area",
                    format!(
                        "{elsewhere} of {} coordinates lie outside the area of {}",
                        self.seen,
                        crs.name()
                    ),
                )
                .value(value)
                .expected(expected)
                .count(elsewhere)
                .hint("rows of another place, zeros for unknown coordinates, or a wrong crs"),
            );
        }
        true
    }
}
