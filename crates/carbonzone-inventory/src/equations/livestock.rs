//! Equation 5, second term: animals, `C_sf`. Enteric and manure methane; manure N2O in scope `ipcc`.

use crate::context::{Context, Draft, Role, Row};
use crate::gas::{Ch4, N2o};
use carbonzone_types::Finding;

/// Methane of animals: heads × kg CH4 per head and year / 1000.
#[must_use]
pub fn animal_ch4(heads: f64, kg_per_head: f64) -> Ch4 {
    Ch4::biogenic(heads * kg_per_head / 1000.0)
}

/// N2O of manure: heads × kg N2O per head and year / 1000.
#[must_use]
pub fn manure_n2o(heads: f64, kg_per_head: f64) -> N2o {
    N2o(heads * kg_per_head / 1000.0)
}

/// Average population of animals that live less than a year: `days alive / 365 × slaughtered` (IPCC 2006 vol. 4,
/// equation 10.1).
#[must_use]
pub fn average_population(slaughtered: f64, days_alive: f64) -> f64 {
    slaughtered * days_alive / 365.0
}

/// Lines of an animal row: enteric CH4, manure CH4, manure N2O.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    let config = context.config;
    let (animal, heads) = match row.def.key.as_str() {
        "pig_slaughtered" => ("pig", average_population(row.canonical()?, config.pig_days_alive)),
        key => (key, row.canonical()?),
    };
    let wanted = [
        ("enteric", &config.enteric_set, "agri.enteric.ipcc", Role::AnimalMethane),
        ("manure", &config.manure_ch4_set, "agri.manure_ch4.ipcc", Role::AnimalMethane),
        ("manure_n2o", &config.manure_n2o_set, "agri.manure_n2o.lit", Role::IpccFarm),
    ];
    let mut drafts = Vec::new();
    for (part, set, fallback, role) in wanted {
        let (factor, note) = context.set_factor(row, set, fallback, animal)?;
        let formula = format!("{heads} heads × {} {}", factor.value, factor.unit_of_value);
        drafts.push(Draft::of(factor, heads, role).part(part).explained(formula).noted(note));
    }
    Ok(drafts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn animals_by_hand() {
        // 1000 dairy cattle × 68 kg (IPCC 2006 vol. 4, Table 10.11, Asia) = 68 t CH4; 10⁴ pigs × (1 + 4) kg = 50 t.
        assert!((animal_ch4(1000.0, 68.0).tonnes - 68.0).abs() < 1e-12);
        assert!((animal_ch4(1e4, 1.0).tonnes + animal_ch4(1e4, 4.0).tonnes - 50.0).abs() < 1e-12);
        assert!((manure_n2o(1e4, 0.53).0 - 5.3).abs() < 1e-12);
        // 730 pigs slaughtered at 180 days are 360 pigs all year.
        assert!((average_population(730.0, 180.0) - 360.0).abs() < 1e-12);
    }
}
