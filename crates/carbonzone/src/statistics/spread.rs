//! Where the middle of the tonnes lies, and how unequally they are shared.

use super::subject::{Places, Subject, UnitYear};
use carbonzone_types::statistics::InequalityRecord;
use carbonzone_zoning::inequality::{Lorenz, inequality};
use carbonzone_zoning::spatial::centre::{Ellipse, ellipse, shift};
use std::collections::BTreeMap;

/// Centre and ellipse of one kind of tonnes in one year.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    pub year: i32,
    /// Sector, `gross` or `sink`.
    pub kind: String,
    /// All tonnes at the places.
    pub tonnes: f64,
    /// Centre and ellipse.
    pub ellipse: Ellipse,
    /// Shift of the centre since the year before: distance in m and direction in degrees.
    pub shift: Option<(f64, f64)>,
}

/// Centres of every kind and year; kinds without tonnes have none.
pub fn centres(places: &Places) -> Vec<Centre> {
    let mut before: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    let mut out = Vec::new();
    for (year, kind, tonnes) in &places.amounts {
        let Some(found) = ellipse(&places.points, tonnes) else { continue };
        let last = before.insert(kind, found.centre);
        out.push(Centre {
            year: *year,
            kind: kind.clone(),
            tonnes: tonnes.iter().filter(|t| **t > 0.0).sum(),
            shift: last.map(|from| shift(from, found.centre)),
            ellipse: found,
        });
    }
    out
}

/// Inequality against one base in one year.
pub struct Unequal {
    pub record: InequalityRecord,
    /// Curve behind them.
    pub lorenz: Lorenz,
}

/// Inequality of gross emissions against people, GDP and area, for every year in which at least two units have both.
pub fn inequalities(subject: &Subject<'_>) -> Vec<Unequal> {
    let (groups, districts) = groups(subject.districts, subject.ids.len());
    let mut out = Vec::new();
    for year in &subject.years {
        for (name, base) in bases(subject, year) {
            let Ok(found) = inequality(&year.gross_t, &base, &groups) else { continue };
            let parts = (districts > 1).then_some((found.between, found.within));
            out.push(Unequal {
                record: InequalityRecord {
                    year: Some(year.year),
                    base: name.to_owned(),
                    units: found.units as u64,
                    gini: found.gini,
                    theil: found.theil,
                    between: parts.map(|p| p.0),
                    within: parts.map(|p| p.1),
                },
                lorenz: found.lorenz,
            });
        }
    }
    out
}

fn bases(subject: &Subject<'_>, year: &UnitYear) -> [(&'static str, Vec<Option<f64>>); 3] {
    let area = (0..subject.ids.len()).map(|i| subject.area_m2.get(i).copied()).collect();
    [("people", year.people.clone()), ("gdp", year.gdp.clone()), ("area", area)]
}

/// Number of the district of each unit, and how many there are. Units without one are a district of their own.
fn groups(districts: &[Option<String>], n: usize) -> (Vec<usize>, usize) {
    let mut names: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let of_unit = |i: usize| districts.get(i).and_then(Option::as_deref);
    for i in 0..n {
        let next = names.len();
        names.entry(of_unit(i)).or_insert(next);
    }
    ((0..n).map(|i| names[&of_unit(i)]).collect(), names.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_that_moves_north_says_so() {
        let places = Places {
            points: vec![[0.0, 0.0], [10.0, 0.0], [5.0, 10.0]],
            cells: false,
            amounts: vec![
                (2015, "gross".to_owned(), vec![1.0, 1.0, 1.0]),
                (2020, "gross".to_owned(), vec![1.0, 1.0, 4.0]),
                (2020, "sink".to_owned(), vec![0.0, 0.0, 4.0]),
            ],
        };
        let found = centres(&places);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].shift, found[1].tonnes), (None, 6.0));
        let (metres, degrees) = found[1].shift.unwrap();
        assert!((metres - 10.0 / 3.0).abs() < 1e-12 && degrees.abs() < 1e-9);
    }

    #[test]
    fn units_without_a_district_are_one_of_their_own() {
        let districts = [Some("A".to_owned()), None, Some("B".to_owned()), Some("A".to_owned())];
        assert_eq!(groups(&districts, 4), (vec![0, 1, 2, 0], 3));
        assert_eq!(groups(&[], 2), (vec![0, 0], 1));
    }
}
