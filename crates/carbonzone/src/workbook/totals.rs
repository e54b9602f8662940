//! Rows of totals below the units: sums where a sum has a meaning, the value of all units together for what is relative.

use super::notes::is_of_draws;
use carbonzone_report::Lang;
use carbonzone_sheet::Cell;
use carbonzone_types::{
    AttributeTable, ColumnData, ExactSum, M2_PER_HECTARE, M2_PER_KM2, compensating_rate, money,
};
use carbonzone_zoning::ratio::source_sink_ratio;

/// One row for all units, or one for each year. A column in which a unit has no value has no total: unknown is not 0.
pub fn rows(table: &AttributeTable, lang: Lang) -> Vec<Vec<Cell>> {
    let word = if lang == Lang::En { "Total" } else { "合计" };
    let all: Vec<usize> = (0..table.rows()).collect();
    let years: Vec<Option<i64>> = match table.get("year") {
        Some(ColumnData::Int(years)) => years.clone(),
        _ => vec![None; all.len()],
    };
    let by_year = all.chunk_by(|a, b| years[*a] == years[*b]);
    by_year.map(|rows| Sums { table, rows }.row(word, years[rows[0]])).collect()
}

/// Sums over some rows.
struct Sums<'a> {
    table: &'a AttributeTable,
    rows: &'a [usize],
}

impl Sums<'_> {
    fn row(&self, word: &str, year: Option<i64>) -> Vec<Cell> {
        let cell = |(at, name): (usize, &String)| match (at, name.as_str()) {
            (0, _) => Cell::text(word),
            (_, "year") => year.map_or(Cell::Empty, |y| Cell::Number(y as f64)),
            (_, name) => self.value(name).map_or(Cell::Empty, Cell::Number),
        };
        self.table.columns.iter().map(|c| &c.name).enumerate().map(cell).collect()
    }

    /// What a field is for all rows together.
    fn value(&self, field: &str) -> Option<f64> {
        let per = |over: &str, under: &str, unit: f64| Some(self.sum(over)? / (self.sum(under)? / unit));
        let gdp = money::column_of(self.table, money::GDP);
        let value = match money::without_unit(field) {
            "population_persons" | money::GDP => self.sum(field),
            "gross_t_km2" | "net_t_km2" => per(field.strip_suffix("_km2")?, "area_m2", M2_PER_KM2),
            "gross_t_ha" | "sink_t_ha" | "net_t_ha" => {
                per(field.strip_suffix("_ha")?, "area_m2", M2_PER_HECTARE)
            }
            "gross_t_per_person" => per("gross_t", "population_persons", 1.0),
            money::PER_GDP => per("gross_t", gdp, 1.0),
            "ccr" => compensating_rate(self.sum("sink_t")?, self.sum("gross_t")?),
            "ratio" => source_sink_ratio(self.sum("energy_t"), self.sum("absorption_t")),
            // Each compares a share of the unit with its share of the same total.
            "ecc" | "eec" => (self.sum(gdp)? * self.sum("gross_t")? > 0.0).then_some(1.0),
            "esc" | "sec" => (self.sum("sink_t")? * self.sum("gross_t")? > 0.0).then_some(1.0),
            _ if is_of_draws(field) => None,
            _ if ["_t", "_m2", "_cny"].iter().any(|unit| field.ends_with(unit)) => self.sum(field),
            _ => None,
        };
        value.filter(|v| v.is_finite())
    }

    /// The sum of a column; `None` if a value is missing.
    fn sum(&self, field: &str) -> Option<f64> {
        let column = self.table.get(field)?;
        let numbers: Option<Vec<f64>> = self.rows.iter().map(|row| column.number_at(*row)).collect();
        Some(numbers?.into_iter().collect::<ExactSum>().value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> AttributeTable {
        AttributeTable::new()
            .with("unit_id", ColumnData::texts(&["a", "b"]))
            .with("area_m2", ColumnData::reals(&[1e6, 3e6]))
            .with("population_persons", ColumnData::Real(vec![Some(100.0), None]))
            .with("gdp_1e6usd", ColumnData::reals(&[5.0, 15.0]))
            .with("gross_t", ColumnData::reals(&[100.0, 300.0]))
            .with("sink_t", ColumnData::reals(&[10.0, 30.0]))
            .with("gross_t_km2", ColumnData::reals(&[100.0, 100.0]))
            .with("gross_t_per_person", ColumnData::Real(vec![Some(1.0), None]))
            .with("ccr", ColumnData::reals(&[0.1, 0.1]))
            .with("ecc", ColumnData::reals(&[1.0, 1.0]))
            .with("gross_t_p05", ColumnData::reals(&[90.0, 290.0]))
            .with("borderline", ColumnData::Bool(vec![Some(true), None]))
    }

    #[test]
    fn tonnes_add_up_ratios_are_those_of_the_whole_and_unknown_is_no_zero() {
        let rows = rows(&table(), Lang::Both);
        let empty = Cell::Empty;
        let number = Cell::Number;
        assert_eq!(
            rows,
            [vec![
                Cell::text("合计"),
                number(4e6),
                empty.clone(),
                number(20.0),
                number(400.0),
                number(40.0),
                number(100.0),
                empty.clone(),
                number(0.1),
                number(1.0),
                empty.clone(),
                empty,
            ]]
        );
    }

    #[test]
    fn every_year_has_its_own_row() {
        let table = table().with("year", ColumnData::Int(vec![Some(2015), Some(2020)]));
        let rows = rows(&table, Lang::En);
        assert_eq!(rows.len(), 2);
        assert_eq!([&rows[0][4], &rows[1][4]], [&Cell::Number(100.0), &Cell::Number(300.0)]);
        assert_eq!((&rows[1][0], rows[1].last()), (&Cell::text("Total"), Some(&Cell::Number(2020.0))));
    }
}
