//! What made emissions change between the first and the last year, as a drawing.

use super::Statistics;
use super::report::{effects, of_changes};
use crate::studies::cells::{label, text};
use carbonzone_report::Label;
use carbonzone_report::style::{Figure, FigureContent, Waterfall};

impl Statistics {
    /// The waterfall of all units together over the longest span; `None` without people and GDP in two years.
    pub fn change_chart(&self) -> Option<Figure> {
        let all = self.changes.iter().filter(|c| c.unit.is_none());
        let change = all.max_by_key(|c| c.to - c.from)?;
        let named = |year: i32, t: f64| (text(&year.to_string()), t);
        let chart = Waterfall {
            before: named(change.from, change.before_t),
            steps: effects().into_iter().zip(change.effects_t).collect(),
            after: named(change.to, change.after_t),
            quantity: label("gross emission, 10⁴ t", "碳排放总量（万吨）"),
            note: Label::from(&of_changes(true)),
        };
        let short = label(
            &format!("What made emissions change, {}–{}", change.from, change.to),
            &format!("{}—{}年碳排放变化的成因", change.from, change.to),
        );
        let content = FigureContent::Waterfall(Box::new(chart));
        Some(Figure {
            name: "statistics_changes".to_owned(),
            title: short.clone(),
            short,
            year: None,
            content,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Notes;
    use crate::statistics::StatisticsConfig;
    use crate::statistics::subject::{Places, Subject, UnitYear};
    use carbonzone_geom::Coverage;
    use carbonzone_types::{MoneyUnit, NoProgress};

    fn year(year: i32, people: f64, gdp: f64, sectors: [f64; 2]) -> UnitYear {
        UnitYear {
            year,
            people: vec![Some(people)],
            gdp: vec![Some(gdp)],
            sectors_t: vec![vec![sectors[0]], vec![sectors[1]]],
            gross_t: vec![Some(sectors[0] + sectors[1])],
            sink_t: vec![0.0],
        }
    }

    #[test]
    fn the_longest_span_is_drawn_and_its_steps_add_up() {
        let (coverage, ids, gdp_unit) = (Coverage::new(), ["a".to_owned()], MoneyUnit::default());
        let subject = |years: Vec<UnitYear>| Subject {
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
            places: Places::default(),
        };
        let drawn = |years: Vec<UnitYear>| {
            let config = StatisticsConfig::default();
            Statistics::compute(&config, &subject(years), &mut Notes::default(), &NoProgress).change_chart()
        };
        let years = vec![
            year(2010, 10.0, 100.0, [50.0, 0.0]),
            year(2015, 12.0, 180.0, [60.0, 5.0]),
            year(2020, 11.0, 260.0, [40.0, 20.0]),
        ];
        let figure = drawn(years).unwrap();
        assert_eq!(figure.title.en, "What made emissions change, 2010–2020");
        let FigureContent::Waterfall(chart) = figure.content else { panic!("a waterfall") };
        assert_eq!((chart.before.1, chart.after.1, chart.before.0.en.as_str()), (50.0, 60.0, "2010"));
        let steps: f64 = chart.steps.iter().map(|(_, t)| t).sum();
        assert!((chart.before.1 + steps - chart.after.1).abs() < 1e-12);
        assert!(drawn(vec![year(2020, 11.0, 260.0, [40.0, 20.0])]).is_none(), "one year changes nothing");
    }
}
