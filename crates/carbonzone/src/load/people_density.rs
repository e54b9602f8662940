//! Densities that stand where numbers of people are asked for: persons per km² in a raster, in polygons.

use super::Notes;
use super::units::{Quantity, other_quantity};
use crate::config::{PopulationKind, PopulationLayer};
use carbonzone_types::Finding;

/// Refuses a unit for points: nobody knows the ground that a point stands for. True: reported.
pub fn refuse_unit_of_points(config: &PopulationLayer, notes: &mut Notes) -> bool {
    let density = config.unit.is_some_and(|unit| unit.per_km2().is_some());
    let no_ground = matches!(config.kind, PopulationKind::Points | PopulationKind::Zones);
    if density && no_ground {
        let message = "persons per area need ground: points and zone tables have numbers of persons";
        push(config, Finding::error("population_unit", message).field("layers.population.unit"), notes);
    }
    density && no_ground
}

/// Refuses polygons whose columns speak of a density, unless the unit is declared. True: reported.
pub fn refuse_density_fields(config: &PopulationLayer, notes: &mut Notes) -> bool {
    if config.unit.is_some() {
        return false;
    }
    let odd: Vec<(&String, &str)> =
        config.weight.iter().filter_map(|w| Some((w, other_quantity(w, Quantity::Persons)?))).collect();
    for (field, word) in &odd {
        let message = format!("the column \"{field}\" speaks of \"{word}\", not of a number of persons");
        push(config, density(Finding::error("people_per_area", message).field(field.as_str())), notes);
    }
    !odd.is_empty()
}

/// Refuses a raster that says its values are per area, unless the unit is declared; a file name that says so is a warning.
/// True: refused.
pub fn refuse_density(config: &PopulationLayer, says: Option<&str>, notes: &mut Notes) -> bool {
    if config.unit.is_some() {
        return false;
    }
    if let Some(says) = says {
        let message = "the raster says that its values are per area, not persons per pixel";
        push(config, density(Finding::error("people_per_area", message).value(says)), notes);
        return true;
    }
    let name = config.source.path.file_stem().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    // WorldPop calls its densities chn_pd_2020_1km.
    let word = other_quantity(&name, Quantity::Persons)
        .or_else(|| name.split(|c: char| !c.is_alphanumeric()).any(|w| w == "pd").then_some("pd"));
    if let Some(word) = word {
        let message =
            format!("the name of the raster speaks of \"{word}\"; its values are read as persons per pixel");
        push(config, density(Finding::warning("people_per_area", message).value(name)), notes);
    }
    false
}

fn density(finding: Finding) -> Finding {
    finding.expected("numbers of persons").hint(
        "add unit = \"persons/km2\" or \"persons/ha\" to [layers.population]; unit = \"persons\" if they are numbers of persons all the same",
    )
}

fn push(config: &PopulationLayer, finding: Finding, notes: &mut Notes) {
    notes.findings.push(finding.layer("population").file(config.source.path.display().to_string()));
}
