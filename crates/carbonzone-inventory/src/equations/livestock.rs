//! Terms of equation 5, second part: animals, `C_sf`. Enteric and manure methane; manure N2O in scope `ipcc`.

use crate::context::{Context, Draft, Found, Role, Row};

/// Average population of animals that live less than a year: `days alive / 365 × slaughtered` (IPCC 2006 vol. 4,
/// equation 10.1).
pub fn average_population(slaughtered: f64, days_alive: f64) -> f64 {
    slaughtered * days_alive / 365.0
}

/// Lines of an animal row: enteric CH4, manure CH4, manure N2O.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
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
