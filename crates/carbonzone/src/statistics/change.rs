//! What made emissions change between years, and whether they follow the economy.

use super::subject::{Subject, UnitYear};
use carbonzone_types::{Finding, TOLERANCE};
use carbonzone_zoning::decoupling::{Decoupling, tapio};
use carbonzone_zoning::lmdi::{KAYA, decompose, kaya};

/// Change of one unit, or of all together, between two years.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// First year.
    pub from: i32,
    /// Last year.
    pub to: i32,
    /// Unit; `None`: all together.
    pub unit: Option<usize>,
    /// Gross emission before, t CO2e.
    pub before_t: f64,
    /// Gross emission after, t CO2e.
    pub after_t: f64,
    /// Effects of people, GDP per person, intensity and structure, t CO2e.
    pub effects_t: [f64; KAYA.len()],
    /// GDP before and after.
    pub gdp: (f64, f64),
    /// Elasticity and state.
    pub decoupling: Option<(f64, Decoupling)>,
}

/// Changes of consecutive years, and from the first to the last, where there are people and GDP. Units without them are left out.
pub fn changes(subject: &Subject<'_>) -> Vec<Change> {
    let years = &subject.years;
    let mut pairs: Vec<(&UnitYear, &UnitYear)> = years.windows(2).map(|w| (&w[0], &w[1])).collect();
    if let [first, _, .., last] = years.as_slice() {
        pairs.push((first, last));
    }
    let mut out = Vec::new();
    for (a, b) in pairs {
        let of_units: Vec<Change> = (0..subject.ids.len()).filter_map(|u| of_unit(a, b, u)).collect();
        if of_units.is_empty() {
            continue;
        }
        out.push(together(&of_units, a.year, b.year));
        out.extend(of_units);
    }
    out
}

fn of_unit(a: &UnitYear, b: &UnitYear, unit: usize) -> Option<Change> {
    let state = |y: &UnitYear| {
        let sectors: Vec<f64> = y.sectors_t.iter().map(|s| s[unit]).collect();
        let gdp = y.gdp[unit]?;
        Some((kaya(y.people[unit]?, gdp, &sectors)?, gdp))
    };
    let ((before, gdp_a), (after, gdp_b)) = (state(a)?, state(b)?);
    let found = decompose(&before, &after).ok()?;
    let mut effects_t = [0.0; KAYA.len()];
    effects_t.copy_from_slice(&found.effects);
    Some(Change {
        from: a.year,
        to: b.year,
        unit: Some(unit),
        before_t: found.before,
        after_t: found.after,
        effects_t,
        gdp: (gdp_a, gdp_b),
        decoupling: tapio((found.before, found.after), (gdp_a, gdp_b)),
    })
}

/// The sum over the units: LMDI of parts adds up to that of the whole.
fn together(units: &[Change], from: i32, to: i32) -> Change {
    let sum = |f: &dyn Fn(&Change) -> f64| units.iter().map(f).sum::<f64>();
    let (before_t, after_t) = (sum(&|c| c.before_t), sum(&|c| c.after_t));
    let gdp = (sum(&|c| c.gdp.0), sum(&|c| c.gdp.1));
    Change {
        from,
        to,
        unit: None,
        before_t,
        after_t,
        effects_t: std::array::from_fn(|k| sum(&|c| c.effects_t[k])),
        gdp,
        decoupling: tapio((before_t, after_t), gdp),
    }
}

/// The effects add up to the change, or it is a defect.
pub fn defect(all: &Change) -> Option<Finding> {
    let left = all.effects_t.iter().sum::<f64>() - (all.after_t - all.before_t);
    (left.abs() > TOLERANCE * all.before_t.max(all.after_t)).then(|| {
        let message = format!("{}–{}: the effects leave {left} t of the change", all.from, all.to);
        Finding::error("decomposition", message)
            .expected(format!("a relative residual of at most {TOLERANCE:e}"))
            .amount_t(left.abs())
            .hint("this is a defect of carbonzone: please report it with run.json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_geom::Coverage;

    fn year(year: i32, people: f64, gdp: f64, sectors: [f64; 2]) -> UnitYear {
        UnitYear {
            year,
            people: vec![Some(people), None],
            gdp: vec![Some(gdp); 2],
            sectors_t: vec![vec![sectors[0]; 2], vec![sectors[1]; 2]],
            gross_t: vec![Some(sectors[0] + sectors[1]); 2],
            sink_t: vec![0.0; 2],
        }
    }

    #[test]
    fn effects_of_all_years_add_up_and_units_without_people_are_left_out() {
        let (coverage, gdp_unit) = (Coverage::new(), carbonzone_types::MoneyUnit::default());
        let ids = ["a".to_owned(), "b".to_owned()];
        let years = vec![
            year(2010, 10.0, 100.0, [50.0, 0.0]),
            year(2015, 12.0, 180.0, [60.0, 5.0]),
            year(2020, 11.0, 260.0, [40.0, 20.0]),
        ];
        let subject = Subject {
            layer: "counties",
            ids: &ids,
            names: &ids,
            shown: Vec::new(),
            districts: &[],
            gdp_unit: &gdp_unit,
            coverage: &coverage,
            area_m2: &[],
            years,
            cells: None,
            places: super::super::subject::Places::default(),
        };
        let found = changes(&subject);
        assert_eq!(found.iter().find_map(defect), None);
        let spans: Vec<(i32, i32, Option<usize>)> = found.iter().map(|c| (c.from, c.to, c.unit)).collect();
        let pairs = [(2010, 2015), (2015, 2020), (2010, 2020)];
        assert_eq!(
            spans,
            pairs.iter().flat_map(|(a, b)| [(*a, *b, None), (*a, *b, Some(0))]).collect::<Vec<_>>()
        );
        for change in &found {
            let left = change.effects_t.iter().sum::<f64>() - (change.after_t - change.before_t);
            assert!(left.abs() < 1e-12, "{change:?}");
        }
        // A sector that appears is structure.
        assert!(found[0].effects_t[3] > 0.0);
        assert_eq!(found[3].decoupling.unwrap().1, Decoupling::StrongDecoupling);
    }
}
