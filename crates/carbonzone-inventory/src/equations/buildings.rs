//! Terms of equation 3: gas, LPG, other fuels and electricity of homes, commerce and public buildings.

use super::combustion::fuel_lines;
use super::industry::power_line;
use crate::context::{Context, Draft, Found, Role, Row};

/// Lines of a building row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    if row.def.group == "power" {
        power_line(row, context, Role::BuildingElectricity)
    } else {
        fuel_lines(row, context, Role::Direct)
    }
}
