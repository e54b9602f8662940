//! Does the land that the rules name exist, and can it absorb? Known only when the scheme has been read.

use super::parcels::{ParcelSet, land_use_scheme};
use super::{Notes, land_of_proxy};
use crate::load_config::{Loaded, suggest};
use carbonzone_spatialize::{LandUseScheme, OnMissingClass};
use carbonzone_types::Finding;
use std::collections::BTreeSet;

/// Findings about land that the scheme does not have.
pub fn check(loaded: &Loaded, parcels: &ParcelSet, notes: &mut Notes) {
    // A scheme that cannot be read has been reported with the parcels.
    let Some(scheme) = land_use_scheme(loaded, &mut Notes::default()) else { return };
    check_names(loaded, &scheme, notes);
    check_coefficients(loaded, &scheme, notes);
    check_sink_types(loaded, &scheme, parcels, notes);
}

/// A rule shares among several kinds of land: a misspelt one would be left out in silence.
fn check_names(loaded: &Loaded, scheme: &LandUseScheme, notes: &mut Notes) {
    let known = scheme.space_types();
    for (i, rule) in loaded.pipeline.allocate.iter().enumerate() {
        let redirect = match &rule.on_missing_class {
            OnMissingClass::Redirect(groups) => groups.as_slice(),
            _ => &[],
        };
        let named = rule.land.iter().map(|l| (l, "land"));
        for (name, key) in named.chain(redirect.iter().map(|l| (l, "on_missing_class"))) {
            if !known.contains(name) {
                let message =
                    format!("rule \"{}\": scheme \"{}\" has no land \"{name}\"", rule.id, scheme.name);
                let finding = Finding::warning("unknown_land", message)
                    .layer("parcels")
                    .field(format!("allocate.{key}"))
                    .expected(known.join(", "));
                let finding = suggest(finding, name, known.iter().map(String::as_str));
                notes.findings.push(loaded.at(finding, &["allocate", &i.to_string(), key]));
            }
        }
    }
}

/// A coefficient of a sink type that no class has would do nothing.
fn check_coefficients(loaded: &Loaded, scheme: &LandUseScheme, notes: &mut Notes) {
    let known: BTreeSet<&str> = scheme.classes().iter().map(|c| c.sink_type.as_str()).collect();
    for name in loaded.pipeline.sinks.coefficients_t_ha.keys().filter(|n| !known.contains(n.as_str())) {
        let message =
            format!("scheme \"{}\" has no sink type \"{name}\": its coefficient does nothing", scheme.name);
        let finding = Finding::warning("unknown_sink_type", message)
            .field(format!("sinks.coefficients_t_ha.{name}"))
            .expected(known.iter().copied().collect::<Vec<_>>().join(", "));
        let finding = suggest(finding, name, known.iter().copied());
        notes.findings.push(loaded.at(finding, &["sinks", "coefficients_t_ha", name]));
    }
}

/// The proxy `sink_area` needs sink types; a table of the user's own may have none.
fn check_sink_types(loaded: &Loaded, scheme: &LandUseScheme, parcels: &ParcelSet, notes: &mut Notes) {
    let land = land_of_proxy(loaded, parcels, &["sink_area"]);
    let mask = parcels.mask(&land);
    let mut members = parcels.sink_type.iter().zip(&mask).filter(|(_, m)| **m).peekable();
    if members.peek().is_none() || members.any(|(&s, _)| parcels.sink_types[s as usize] != "none") {
        return;
    }
    let names = land.iter().cloned().collect::<Vec<_>>().join(", ");
    let fill = "crops, forest, grassland, water, wetland, unused, or none";
    let (message, hint) = if scheme.has_sink_types() {
        (
            format!("{} gives {names} no sink type but \"none\"", scheme.name),
            format!("fill its column sink_type: {fill}"),
        )
    } else {
        (
            format!("{} has no column sink_type, so {names} cannot absorb by a coefficient", scheme.name),
            format!("add the column sink_type ({fill}), or share the sink by proxies = [\"area\"]"),
        )
    };
    notes.findings.push(
        Finding::error("no_sink_type", message)
            .layer("parcels")
            .file(scheme.name.clone())
            .field("sink_type")
            .expected("the proxy sink_area: area × coefficient of the sink type")
            .hint(hint),
    );
}
