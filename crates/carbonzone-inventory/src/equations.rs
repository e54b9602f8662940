//! Equations 1 to 7 of the Suzhou paper (doi 10.3390/ijgi12090385, section 3.1.2), one function each, as the inventory calls
//! them.
//!
//! A row of activity data becomes terms, [`term`] = activity × factor, in the modules below: what is special about a
//! term (cullet, decay, harvest index, ...) stands there as a function. The equation of a sector sums its terms in
//! t CO2e: from a row of activity data to its terms goes `compute.rs` (which module), the module of the sector and
//! `../factor/` (activity × factor, products with carbon content); which of the two sums a term enters is `by_equation` in
//! `totals.rs`. All terms are t CO2e. Sums are exact: the order of the rows does not matter. What the parcels get,
//! by the lines that a rule places, is summed in `../split.rs`; a test holds both to each other. Equations 8 to 10 are in `carbonzone-types`
//! (`compensating_rate`, `loops/balance`).
//!
//! [`county`] holds the emission and sink equations of the Guiyang paper, [`ecosystem`] the absorption of the Henan study.

pub mod agriculture;
pub mod buildings;
pub mod combustion;
pub mod county;
pub mod crop;
pub mod ecosystem;
pub mod industry;
pub mod livestock;
pub mod sink;
pub mod solid_waste;
pub mod transport;
pub mod wastewater;

use carbonzone_types::{Co2e, ExactSum};

/// What all sums of equations 2 to 7 are made of: an amount of an activity × its factor, t of the factor's gas.
pub fn term(activity: f64, factor: f64) -> f64 {
    activity * factor
}

/// Equation 1, first part: gross emission `CE + CB + CT + CF + CW`, t CO2e.
pub fn gross(emissions: &[Co2e]) -> Co2e {
    let tonnes: Vec<f64> = emissions.iter().map(|e| e.tonnes()).collect();
    sum([&tonnes])
}

/// Equation 1: `C_net = CE + CB + CT + CF + CW - CA`, gross emission minus sinks (a magnitude), t CO2e. The paper prints
/// `+ CA` and gives the sinks of its Table 3 a minus; here sinks are positive. Equation 1 of the Guiyang paper, `B = E - A`,
/// is the same difference.
pub fn net(gross: Co2e, sink: Co2e) -> Co2e {
    gross - sink
}

/// Equation 2: `CE = Σ_m,n Ef_m,n Cf_m,n + Σ_k Ep_k Cp_k`, energy of industry and supply (fuel `n` of branch `m`), and
/// products `k`; terms and result in t CO2e. Beyond the paper: cullet takes no process emission, carbon that stays in steel is
/// subtracted ([`industry`](mod@self::industry)).
pub fn industry(energy: &[f64], products: &[f64]) -> Co2e {
    sum([energy, products])
}

/// Equation 3: `CB = Eg_ng Cg_ng + Eg_lpg Cg_lpg + (Ee_h + Ee_b) Ce`, fuels and electricity of homes, commerce and public
/// buildings, t CO2e. Other fuels and heat that a yearbook lists count by the same rule.
pub fn buildings(fuels: &[f64], electricity: &[f64]) -> Co2e {
    sum([fuels, electricity])
}

/// Equation 4: `CT = Σ_f T_f c_f + Σ_p T_p c_p + Σ_t D_t c_t`, freight and passenger turnover together, and urban vehicles
/// with the fuels and electricity that a yearbook gives for transport; t CO2e.
pub fn transport(turnover: &[f64], vehicles: &[f64]) -> Co2e {
    sum([turnover, vehicles])
}

/// Equation 5: `CF = C_cf + C_sf`, plantation and animals, t CO2e.
pub fn agriculture(plantation: &[f64], animals: &[f64]) -> Co2e {
    sum([plantation, animals])
}

/// Equation 6: `CW = C_lw + C_sw`, waste water and solid waste, t CO2e. Recovered methane is
/// taken off, and what oxidises in the cover of a landfill, `(1 - R)(1 - OX)`: both beyond the paper.
pub fn waste(water: &[f64], solid: &[f64]) -> Co2e {
    sum([water, solid])
}

/// Equation 7: `CA = Σ_j A_j Cl_j + Σ_x ca_x Y_x (1 - w_x) / HI_x`, land `j` (area × carbon uptake) and
/// crops `x` (carbon, yield, water content, harvest index); positive, t CO2e: carbon × 44/12 unless `carbon_as_is`.
pub fn sinks(land: &[f64], crops: &[f64]) -> Co2e {
    sum([land, crops])
}

/// Order-independent sum of the parts.
fn sum<const N: usize>(parts: [&[f64]; N]) -> Co2e {
    Co2e(parts.into_iter().flatten().copied().collect::<ExactSum>().value())
}
