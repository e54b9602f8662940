//! Double counting (docs/method.md §10), with the tonnes at stake.

use crate::config::{ElectricityBoundary, SinkBasis};
use crate::factor::FactorLibrary;
use crate::inventory::InventoryLine;
use carbonzone_types::{Carbon, ExactSum, Finding, Findings};

/// Sum of the lines that count and satisfy a test.
fn tonnes(lines: &[InventoryLine], test: impl Fn(&InventoryLine) -> bool) -> f64 {
    lines.iter().filter(|l| l.counted && test(l)).map(|l| l.result_t).collect::<ExactSum>().value()
}

/// Whether a line is in a category of fuels burnt.
fn burnt(line: &InventoryLine) -> bool {
    matches!(
        line.category.as_str(),
        "mining_energy" | "manufacturing_energy" | "supply_energy" | "power_generation" | "transport_energy"
    )
}

/// A warning if both sides have tonnes; the smaller side is what is at most counted twice.
fn both(findings: &mut Findings, code: &str, sides: [f64; 2], message: &str, hint: &str) {
    let at_stake = sides[0].min(sides[1]);
    if at_stake > 0.0 {
        findings.push(
            Finding::warning(code, format!("{message}: up to {at_stake:.0} t CO2e may be counted twice"))
                .hint(hint)
                .amount_t(at_stake),
        );
    }
}

/// All double-counting checks over the lines of a run.
pub(crate) fn double_counting(lines: &[InventoryLine], boundary: ElectricityBoundary) -> Findings {
    let mut findings = Findings::new();
    industry(lines, &mut findings);
    energy(lines, boundary, &mut findings);
    others(lines, &mut findings);
    findings
}

/// Coke and steel, gases made of coke, ammonia feedstock, cement.
fn industry(lines: &[InventoryLine], findings: &mut Findings) {
    let process =
        |keys: &[&str]| tonnes(lines, |l| l.category == "process" && keys.contains(&l.activity.as_str()));
    let fuel = |keys: &[&str]| tonnes(lines, |l| burnt(l) && keys.contains(&l.activity.as_str()));
    both(
        findings,
        "double_count_coke_steel",
        [
            fuel(&["coke"]),
            process(&["steel_bof", "steel_eaf", "steel_globalavg", "pig_iron", "sinter", "coke_oven"]),
        ],
        "coke burnt and the product factors of iron and steel are both given",
        "with an energy table use only flux (limestone, dolomite) and decarburisation rows",
    );
    both(
        findings,
        "double_count_coke_gases",
        [fuel(&["coke"]), fuel(&["blast_furnace_gas", "converter_gas"])],
        "coke and the gases made from it in blast furnaces are both burnt",
        "list either the coke charged or the gases burnt",
    );
    both(
        findings,
        "double_count_coking_coal",
        [fuel(&["coking_coal", "cleaned_coal"]), fuel(&["coke", "coke_oven_gas"])],
        "coal for coking and the coke or coke-oven gas made from it are both burnt",
        "leave coal that is transformed into coke out of the fuels burnt",
    );
    both(
        findings,
        "double_count_ammonia",
        [
            process(&["ammonia_naturalgas", "ammonia_partialoxidation"]),
            tonnes(lines, |l| {
                l.category == "manufacturing_energy"
                    && ["natural_gas", "raw_coal", "anthracite"].contains(&l.activity.as_str())
            }),
        ],
        "the process factor of ammonia counts its feedstock, and gas or coal of manufacturing is given too",
        "use the process factor only if the feedstock is not in the energy table",
    );
    both(
        findings,
        "double_count_cement",
        [process(&["cement"]), process(&["cement_clinker"])],
        "cement and clinker are both given",
        "use clinker alone where it is known",
    );
    let other_fuels = |category: &'static str| {
        tonnes(lines, move |l| {
            l.category == category
                && l.activity != "standard_coal"
                && l.factor_id != "heat.default"
                && !l.activity.starts_with("electricity")
        })
    };
    for category in ["mining_energy", "manufacturing_energy", "supply_energy", "transport_energy"] {
        both(
            findings,
            "double_count_total_energy",
            [
                tonnes(lines, |l| l.category == category && l.activity == "standard_coal"),
                other_fuels(category),
            ],
            &format!("{category}: total energy consumption and single fuels are both given"),
            "the total contains the fuels; keep one of them",
        );
    }
}

/// Power plants against grid electricity, heat, agricultural diesel.
fn energy(lines: &[InventoryLine], boundary: ElectricityBoundary, findings: &mut Findings) {
    if boundary == ElectricityBoundary::Paper {
        both(
            findings,
            "double_count_electricity",
            [
                tonnes(lines, |l| l.category == "power_generation"),
                tonnes(lines, |l| l.activity == "electricity" || l.excluded_under_territorial()),
            ],
            "equation 2 counts the fuel of power plants and equation 3 the electricity made from it",
            "electricity_boundary = \"territorial\" or \"consumption\" counts it once",
        );
    }
    both(
        findings,
        "double_count_heat",
        [
            tonnes(lines, |l| l.activity == "heat"),
            tonnes(lines, |l| {
                matches!(l.category.as_str(), "power_generation" | "supply_energy") && l.activity != "heat"
            }),
        ],
        "heat bought and the fuel of heat supply are both counted",
        "keep heat only if it comes from outside the city",
    );
    both(
        findings,
        "double_count_farm_diesel",
        [
            tonnes(lines, |l| l.category == "inputs" && l.activity == "diesel"),
            tonnes(lines, |l| burnt(l) && l.activity == "diesel"),
        ],
        "agricultural diesel is an input and diesel is also in an energy table",
        "make sure that the energy table leaves agriculture out",
    );
}

/// Transport energy against turnover, farm land coefficients, sinks.
fn others(lines: &[InventoryLine], findings: &mut Findings) {
    both(
        findings,
        "double_count_transport",
        [
            tonnes(lines, |l| l.category == "transport_energy"),
            tonnes(lines, |l| matches!(l.category.as_str(), "turnover" | "fleet")),
        ],
        "fuels of transport and turnover or vehicle kilometres are both given",
        "use one of the two for the same vehicles",
    );
    let input =
        |keys: &[&str]| tonnes(lines, |l| l.category == "inputs" && keys.contains(&l.activity.as_str()));
    both(
        findings,
        "double_count_fertiliser",
        [
            input(&["fertiliser_total"]),
            input(&["fertiliser_N", "fertiliser_P", "fertiliser_K", "fertiliser_compound"]),
        ],
        "fertiliser is given as a total and by kind",
        "keep one of them",
    );
    both(
        findings,
        "double_count_sewage",
        [
            tonnes(lines, |l| l.activity == "population" && l.gas == "CH4"),
            tonnes(lines, |l| l.activity == "bod_domestic"),
        ],
        "domestic waste water is given by people and by BOD",
        "keep one of them",
    );
    both(
        findings,
        "double_count_cropland_sink",
        [
            tonnes(lines, |l| l.category == "land" && l.activity == "cultivated"),
            tonnes(lines, |l| l.category == "crops"),
        ],
        "cropland has a land coefficient and its crops are counted too",
        "keep one of them",
    );
}

/// Factors with a caveat that a reader must know (notes that begin with `flag:`), with their tonnes.
pub(crate) fn flagged(lines: &[InventoryLine], library: &FactorLibrary) -> Findings {
    let mut findings = Findings::new();
    for factor in &library.factors {
        let Some(caveat) = factor.note.strip_prefix("flag: ") else {
            continue;
        };
        let amount_t =
            tonnes(lines, |l| l.factor_id == factor.id || l.source.contains(&format!("; {}: ", factor.id)));
        if amount_t > 0.0 && !factor.overridden {
            let message = format!("{amount_t:.0} t CO2e rest on {}: {caveat}", factor.id);
            findings.push(
                Finding::warning("flagged_factor", message).value(factor.id.clone()).amount_t(amount_t),
            );
        }
    }
    findings
}

/// Carbon of crops that is counted as if it were CO2 (`sink_basis = "carbon_as_is"`), with its tonnes.
pub(crate) fn carbon_taken_as_co2(lines: &[InventoryLine], basis: SinkBasis) -> Option<Finding> {
    let carbon_t = tonnes(lines, |l| l.category == "crops");
    if basis != SinkBasis::CarbonAsIs || carbon_t <= 0.0 {
        return None;
    }
    let co2_t = Carbon(carbon_t).to_co2().tonnes();
    let message = format!(
        "sink_basis = \"carbon_as_is\" counts {carbon_t:.0} t of carbon of the crops as if they were CO2; as CO2 they are {co2_t:.0} t"
    );
    let finding = Finding::warning("carbon_taken_as_co2", message).amount_t(co2_t - carbon_t);
    Some(finding.hint("only to compare with a paper that did so: sink_basis = \"co2\" multiplies by 44/12"))
}

/// The all-in land coefficient of cultivated land and the list of inputs exclude each other; pigs in stock
/// and pigs slaughtered are the same animals.
pub(crate) fn exclusive(lines: &[InventoryLine]) -> Findings {
    let mut findings = Findings::new();
    let find = |category: &str, test: &dyn Fn(&str) -> bool| {
        lines.iter().find(|l| l.category == category && test(&l.activity))
    };
    for (first, second, message) in [
        (
            find("inputs", &|a| a == "cultivated_area"),
            find("inputs", &|a| a != "cultivated_area"),
            "the coefficient of cultivated land already holds inputs and tillage",
        ),
        (
            find("livestock", &|a| a == "pig"),
            find("livestock", &|a| a == "pig_slaughtered"),
            "pigs in stock and pigs slaughtered are the same animals",
        ),
    ] {
        if let (Some(a), Some(b)) = (first, second) {
            findings.push(
                Finding::error("exclusive_rows", format!("{} and {}: {message}", a.place(), b.place()))
                    .feature(a.label.clone())
                    .hint("keep one of the two"),
            );
        }
    }
    findings
}

impl InventoryLine {
    /// Whether it is electricity that the territorial boundary leaves out.
    fn excluded_under_territorial(&self) -> bool {
        self.category == "fleet" && self.basis.contains("kWh/km")
    }

    /// File, sheet and cell.
    pub fn place(&self) -> String {
        if self.sheet.is_empty() {
            format!("{}, cell {}", self.file, self.cell)
        } else {
            format!("{}, sheet \"{}\", cell {}", self.file, self.sheet, self.cell)
        }
    }
}
