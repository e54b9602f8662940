//! Equation 5, first term: plantation, `C_cf`. Inputs and tillage with their carbon (scope `paper`), or methane of rice
//! and N2O of soils (scope `ipcc`).

use crate::context::{Context, Draft, Role, Row};
use crate::gas::{Ch4, N2o};
use carbonzone_types::{Carbon, Finding};

/// Carbon of an input: amount × kg C per unit / 1000.
#[must_use]
pub fn input_carbon(amount: f64, kg_carbon_per_unit: f64) -> Carbon {
    Carbon(amount * kg_carbon_per_unit / 1000.0)
}

/// Methane of rice fields: ha × kg CH4/ha / 1000.
#[must_use]
pub fn rice_ch4(hectares: f64, kg_per_ha: f64) -> Ch4 {
    Ch4::biogenic(hectares * kg_per_ha / 1000.0)
}

/// Direct N2O of soils: kg N × EF1 (kg N2O-N per kg N) × 44/28 / 1000 (IPCC 2006 vol. 4, equation 11.1).
#[must_use]
pub fn soil_n2o(nitrogen_kg: f64, ef1: f64) -> N2o {
    N2o(nitrogen_kg * ef1 * 44.0 / 28.0 / 1000.0)
}

/// Lines of a plantation row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Draft>, Box<Finding>> {
    let amount = row.canonical()?;
    let factor = context.chosen(row, &row.def.factor)?;
    if row.def.group != "inputs" {
        return Ok(vec![Draft::of(factor, amount, Role::IpccFarm)]);
    }
    let mut drafts = vec![Draft::of(factor, amount, Role::FarmInput)];
    if row.def.key == "fertiliser_N" && !context.has("soils", "N_input") {
        let soil = context.factor(&context.choice("soils", "N_input", "agri.soil_n2o.direct.ipcc"), row)?;
        drafts.push(Draft::of(soil, amount, Role::IpccFarm).part("soil"));
    }
    Ok(drafts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Amount, GwpSet};

    #[test]
    fn inputs_rice_and_soils_by_hand() {
        // 1 t fertiliser × 0.8956 kgC/kg = 0.8956 t C = 3.28387 t CO2.
        let carbon = input_carbon(1000.0, 0.8956);
        assert!((Amount::Carbon(carbon).to_co2e(GwpSet::Ar5).tonnes() - 3.283_867).abs() < 1e-6);
        // 100 ha single rice × 215.5 kg = 21.55 t CH4 = 603.4 t CO2e (AR5).
        assert!((Amount::Ch4(rice_ch4(100.0, 215.5)).to_co2e(GwpSet::Ar5).tonnes() - 603.4).abs() < 1e-9);
        // 1 t N × 0.01 × 44/28 = 15.714 kg N2O.
        assert!((soil_n2o(1000.0, 0.01).0 - 0.015_714_285).abs() < 1e-8);
    }
}
