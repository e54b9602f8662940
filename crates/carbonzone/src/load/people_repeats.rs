//! People that are listed twice: rows with the same place and the same number. Each of them counts, since households may share
//! an address; they are told with the people at stake.

use super::Notes;
use crate::config::PopulationLayer;
use carbonzone_spatialize::surrogate::people::RepeatedPeople;
use carbonzone_types::Finding;

/// A warning, if there is any.
pub fn report(met: &RepeatedPeople, config: &PopulationLayer, features: &str, notes: &mut Notes) {
    let Some(([x, y], people)) = met.example else { return };
    let (again, all) = (met.people.value(), met.all.value());
    let message = format!(
        "{} {features} repeat another one with the same place and the same number: {again:.1} people count again, {:.2} % of all",
        met.count,
        100.0 * again / all
    );
    let finding = Finding::warning("repeated_people", message)
        .input("population", &config.source.path)
        .feature(format!("at {x:.0}, {y:.0}"))
        .field(config.weight.join(", "))
        .value(people.to_string())
        .expected("each place once")
        .count(met.count);
    notes.findings.push(finding.hint(
            "delete the rows that are there twice, or leave them out by where; if they are several households at one address, all is right",
        ));
}
