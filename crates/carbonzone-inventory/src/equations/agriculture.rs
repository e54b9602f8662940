//! Terms of equation 5, first part: plantation, `C_cf`. Inputs and tillage with their carbon (scope `paper`), or methane of rice
//! and N2O of soils (scope `ipcc`).

use crate::context::{Context, Draft, Found, Role, Row};

/// Lines of a plantation row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
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
