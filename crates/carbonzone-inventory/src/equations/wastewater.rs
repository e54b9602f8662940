//! Equation 6, first term: waste water, `C_lw`.

use crate::context::{Context, Draft, Role, Row};
use crate::gas::{Ch4, N2o};
use carbonzone_types::Finding;

/// Organic load of domestic waste water, kg BOD per year: `P × g BOD per person and day × 365 / 1000`.
#[must_use]
pub fn domestic_bod_kg(persons: f64, bod_g_per_person_day: f64) -> f64 {
    persons * bod_g_per_person_day * 365.0 / 1000.0
}

/// Methane of waste water: load (kg BOD or COD) × Bo × MCF / 1000, minus what is recovered (t).
#[must_use]
pub fn wastewater_ch4(load_kg: f64, bo: f64, mcf: f64, recovered_t: f64) -> Ch4 {
    Ch4::biogenic(load_kg * bo * mcf / 1000.0 - recovered_t)
}

/// N2O of domestic waste water: persons × kg N2O per person / 1000.
#[must_use]
pub fn wastewater_n2o(persons: f64, kg_per_person: f64) -> N2o {
    N2o(persons * kg_per_person / 1000.0)
}

/// Methane recovered, as a line that subtracts.
pub(crate) fn recovered_line(
    row: &Row<'_>,
    context: &Context<'_>,
    factor_id: &str,
) -> Result<Vec<Draft>, Box<Finding>> {
    let factor = context.factor(factor_id, row)?;
    let tonnes = row.canonical()?;
    Ok(vec![
        Draft::with_tonnes(factor, -tonnes, Role::Direct)
            .explained(format!("-{tonnes} t CH4 recovered"))
            .measured(),
    ])
}

/// Lines of a waste-water row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
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
fn population_lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waste_water_by_hand() {
        // 10⁶ persons × 40 g × 365 / 1000 = 14.6e6 kg BOD; × 0.6 × 0.165 = 1445.4 t CH4; minus 45.4 t recovered.
        let load = domestic_bod_kg(1e6, 40.0);
        assert!((load - 14.6e6).abs() < 1e-6);
        assert!((wastewater_ch4(load, 0.6, 0.165, 45.4).tonnes - 1400.0).abs() < 1e-9);
        // Industry: 1000 t COD × 0.25 × 0.3 = 75 t CH4.
        assert!((wastewater_ch4(1e6, 0.25, 0.3, 0.0).tonnes - 75.0).abs() < 1e-12);
        assert!((wastewater_n2o(1e6, 0.070_714_3).0 - 70.7143).abs() < 1e-9);
    }

    #[test]
    fn the_n2o_factor_is_its_ipcc_product() {
        // IPCC 2006 vol. 5, equation 6.8: protein 30 kg × 0.16 × 1.5 × 1.25 × 0.005 × 44/28.
        let factor: f64 = 30.0 * 0.16 * 1.5 * 1.25 * 0.005 * 44.0 / 28.0;
        assert!((factor - 0.070_714_3).abs() < 1e-7);
    }
}
