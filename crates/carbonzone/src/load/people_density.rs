//! Densities that stand where numbers of people are asked for: persons per km² in a raster, in polygons.

use super::Notes;
use super::units::{Quantity, in_label, other_quantity};
use crate::config::{PopulationKind, PopulationLayer};
use carbonzone_types::Finding;

const AS_THEY_ARE: &str = "unit = \"persons\" in [layers.population] takes the numbers as they are";

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

/// Persons that one unit of each column is, by its name (`常住人口_万人`: 10,000), told; a declared `unit` takes the
/// numbers as they are. `None`: a column speaks of a density or of something else than persons, which is refused.
pub fn persons_per_unit(config: &PopulationLayer, notes: &mut Notes) -> Option<Vec<f64>> {
    if config.unit.is_some() {
        return Some(vec![1.0; config.weight.len()]);
    }
    let ground = config.kind == PopulationKind::Polygons;
    let factors: Vec<f64> =
        config.weight.iter().map(|field| unit_of_field(config, field, ground, notes)).collect();
    factors.iter().all(|f| f.is_finite()).then_some(factors)
}

/// The factor of one column; NaN: refused.
fn unit_of_field(config: &PopulationLayer, field: &str, ground: bool, notes: &mut Notes) -> f64 {
    if let Some(word) = other_quantity(field, Quantity::Persons) {
        let message = format!("the column \"{field}\" speaks of \"{word}\", not of a number of persons");
        let finding = Finding::error("people_per_area", message).field(field);
        let finding =
            if ground { density(finding) } else { finding.expected("numbers of persons").hint(AS_THEY_ARE) };
        push(config, finding, notes);
        return f64::NAN;
    }
    let Some((word, factor)) = in_label(field, Quantity::Persons) else { return 1.0 };
    let said = format!("the column name \"{field}\" says {word}");
    if factor.is_nan() {
        let message = format!("{said}, which cannot be converted to persons");
        push(config, Finding::error("unit_suspect", message).field(field).hint(AS_THEY_ARE), notes);
    } else if factor.to_bits() != 1f64.to_bits() {
        let message = format!("{said}: numbers are multiplied by {factor} to give persons");
        push(config, Finding::info("unit_converted", message).field(field).hint(AS_THEY_ARE), notes);
    }
    factor
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
    notes.findings.push(finding.input("population", &config.source.path));
}
