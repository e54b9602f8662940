//! When the emissions of a plan are largest.

use crate::studies::cells::{label, text};
use carbonzone_report::Label;

/// Where the largest year of a series lies. The last year is no peak, for nobody knows what comes after it; nor is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peak {
    /// A year with smaller ones on both sides.
    In(i32),
    /// The last year: no peak until then.
    NotUntil(i32),
    /// The first year: all later ones are smaller.
    FallsFrom(i32),
    /// All years are alike, or there are none.
    Flat,
}

impl Peak {
    /// Of a series by year.
    pub fn of(series: &[(i32, f64)]) -> Self {
        let most = series.iter().map(|(_, t)| *t).fold(f64::MIN, f64::max);
        let (Some(first), Some(last)) = (series.first(), series.last()) else { return Self::Flat };
        if series.iter().all(|(_, t)| *t == most) {
            return Self::Flat;
        }
        let year = series.iter().find(|(_, t)| *t == most).map_or(first.0, |(year, _)| *year);
        if year == first.0 {
            Self::FallsFrom(year)
        } else if last.1 == most {
            Self::NotUntil(last.0)
        } else {
            Self::In(year)
        }
    }

    /// The year, if it is a peak.
    pub fn year(self) -> Option<i32> {
        if let Self::In(year) = self { Some(year) } else { None }
    }

    /// In words.
    pub fn told(self) -> Label {
        match self {
            Self::In(year) => text(&year.to_string()),
            Self::NotUntil(year) => label(
                &format!("none until {year}: the last year is the largest"),
                &format!("至 {year} 年未达峰（末年最大）"),
            ),
            Self::FallsFrom(year) => label(
                &format!("none: every later year is below {year}"),
                &format!("无：此后各年均低于 {year} 年"),
            ),
            Self::Flat => label("none: every year is the same", "无：各年相同"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_a_peak_only_between_smaller_ones() {
        let of = |values: &[f64]| Peak::of(&(2020..).zip(values.iter().copied()).collect::<Vec<_>>());
        assert_eq!(of(&[1.0, 3.0, 2.0]), Peak::In(2021));
        assert_eq!(of(&[1.0, 2.0, 3.0]), Peak::NotUntil(2022));
        // A plateau that lasts until the end has no peak yet.
        assert_eq!(of(&[1.0, 3.0, 3.0]), Peak::NotUntil(2022));
        assert_eq!(of(&[3.0, 2.0, 2.5]), Peak::FallsFrom(2020));
        assert_eq!((of(&[2.0, 2.0]), of(&[])), (Peak::Flat, Peak::Flat));
        assert_eq!([Peak::In(2021), Peak::NotUntil(2022)].map(Peak::year), [Some(2021), None]);
        assert!(
            Peak::NotUntil(2035).told().en.contains("none until 2035")
                && Peak::FallsFrom(2020).told().zh.contains("2020")
        );
    }
}
