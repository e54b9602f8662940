//! Terms of equation 6, first part: waste water, `C_lw`.

use crate::context::{Context, Draft, Found, Role, Row};

/// Organic load of domestic waste water, kg BOD per year: `P × g BOD per person and day × 365 / 1000`.
pub fn domestic_bod_kg(persons: f64, bod_g_per_person_day: f64) -> f64 {
    persons * bod_g_per_person_day * 365.0 / 1000.0
}

/// Methane recovered, as a line that subtracts.
pub(crate) fn recovered_line(row: &Row<'_>, context: &Context<'_>, factor_id: &str) -> Found<Vec<Draft>> {
    let factor = context.factor(factor_id, row)?;
    let tonnes = row.canonical()?;
    Ok(vec![
        Draft::with_tonnes(factor, -tonnes, Role::Direct)
            .explained(format!("-{tonnes} t CH4 recovered"))
            .measured(),
    ])
}

/// Lines of a waste-water row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    match row.def.key.as_str() {
        "population" => population_lines(row, context),
        "ch4_recovered_domestic" => recovered_line(row, context, "waste.wastewater.domestic"),
        "ch4_recovered_industrial" => recovered_line(row, context, "waste.wastewater.industrial"),
        _ => {
            let factor = context.chosen(row, &row.def.factor)?;
            Ok(vec![Draft::of(factor, row.canonical()?, Role::Direct)])
        }
    }
}

/// Methane and N2O from the number of people.
fn population_lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let persons = row.canonical()?;
    let ch4 = context.chosen(row, &row.def.factor)?;
    let bod = context.factor("waste.wastewater.bod_per_capita", row)?;
    let n2o = context.factor("waste.wastewater.n2o", row)?;
    let load = domestic_bod_kg(persons, bod.value);
    let formula =
        format!("{persons} persons × {} g BOD × 365 / 1000 × {} {}", bod.value, ch4.value, ch4.unit_of_value);
    let methane = Draft::of(ch4, load * 1e-3, Role::Direct).explained(formula).also(bod);
    Ok(vec![methane, Draft::of(n2o, persons, Role::WastewaterN2o).part("n2o")])
}
