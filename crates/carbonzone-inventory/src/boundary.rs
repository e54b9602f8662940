//! Which lines count under which electricity boundary and agriculture scope.

use crate::config::{AgricultureScope, ElectricityBoundary, Inclusion, InventoryConfig};
use crate::context::Role;

/// Why a line does not count; `None` if it counts.
pub(crate) fn excluded(
    role: Role,
    boundary: ElectricityBoundary,
    scope: AgricultureScope,
    config: &InventoryConfig,
) -> Option<&'static str> {
    use ElectricityBoundary as B;
    match (role, boundary, scope) {
        (Role::PowerFuel, B::Consumption, _) => {
            Some("fuel of power sold (electricity_boundary = consumption)")
        }
        (Role::BuildingElectricity | Role::TransportElectricity | Role::Heat, B::Territorial, _) => {
            Some("electricity and heat use (electricity_boundary = territorial)")
        }
        (Role::IndustryElectricity, B::Paper, _) => Some("industry's electricity is not in equation 2"),
        (Role::IndustryElectricity, B::Territorial, _) => {
            Some("electricity use (electricity_boundary = territorial)")
        }
        (Role::FarmInput, _, AgricultureScope::Ipcc) => Some("upstream carbon (agriculture_scope = ipcc)"),
        (Role::IpccFarm, _, AgricultureScope::Paper) => Some("not in equation 5 (agriculture_scope = paper)"),
        (Role::WastewaterN2o, _, _) if config.wastewater_n2o == Inclusion::Excluded => {
            Some("equation 6 counts CH4 only (wastewater_n2o = excluded)")
        }
        (Role::OrchardCrop, _, _) => Some("the orchard coefficient of the sink set replaces it"),
        _ => None,
    }
}

/// Name as in the pipeline file.
pub(crate) fn boundary_name(boundary: ElectricityBoundary) -> &'static str {
    match boundary {
        ElectricityBoundary::Paper => "paper",
        ElectricityBoundary::Territorial => "territorial",
        ElectricityBoundary::Consumption => "consumption",
    }
}

/// Name as in the pipeline file.
pub(crate) fn scope_name(scope: AgricultureScope) -> &'static str {
    match scope {
        AgricultureScope::Paper => "paper",
        AgricultureScope::Ipcc => "ipcc",
    }
}
