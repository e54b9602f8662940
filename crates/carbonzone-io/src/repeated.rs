//! Fields that stand twice in a layer.

use crate::source::{Reporter, listed};
use carbonzone_types::Finding;

/// Characters of a field name that a shapefile keeps.
const KEPT: usize = 10;

/// Tells a field that may be the beginning of a longer name: of `population_2010` and `population_2020` a shapefile keeps
/// `population` and `populati_1`.
pub(crate) fn tell_cut(names: &[String], wanted: &str, report: &mut Reporter<'_>) {
    let begins = |name: &String| {
        let (head, tail) = (wanted.get(..KEPT - 2), name.get(KEPT - 2..));
        let numbered = tail.is_some_and(|t| t.starts_with('_') && t[1..].bytes().all(|b| b.is_ascii_digit()));
        name.len() == KEPT && name != wanted && head == name.get(..KEPT - 2) && numbered
    };
    let twins: Vec<String> = names.iter().filter(|name| begins(name)).cloned().collect();
    if wanted.len() != KEPT || twins.is_empty() {
        return;
    }
    let message = format!(
        "\"{wanted}\" is cut to the 10 characters that a shapefile keeps: {} began the same",
        listed(&twins)
    );
    report.add(
        Finding::info("cut_field_name", message)
            .field(wanted)
            .hint("of another year or unit? Compare both with the table they come from"),
    );
}

/// Refuses a field whose name stands twice, as it is written or, without such a field, but for capitals. True: reported.
pub(crate) fn refuse_repeated(names: &[String], wanted: &str, report: &mut Reporter<'_>) -> bool {
    let places = |same: &dyn Fn(&String) -> bool| -> Vec<usize> {
        names.iter().enumerate().filter(|(_, n)| same(n)).map(|(i, _)| i + 1).collect()
    };
    let mut found = places(&|n| n == wanted);
    if found.is_empty() {
        found = places(&|n| n.to_lowercase() == wanted.to_lowercase());
    }
    if found.len() < 2 {
        return false;
    }
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    let message =
        format!("field \"{wanted}\" stands {} times in the layer (fields {})", found.len(), list.join(", "));
    report.add(
        Finding::error("same_column_twice", message)
            .field(wanted)
            .expected("one field of this name")
            .hint("delete or rename the other one, in QGIS with the tool \"Refactor fields\""),
    );
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::VectorSource;
    use carbonzone_types::Findings;

    fn told(names: &[&str], wanted: &str) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let (source, mut findings) = (VectorSource::new("zones", "z.shp"), Findings::new());
        tell_cut(&names, wanted, &mut Reporter { source: &source, findings: &mut findings });
        findings.items.into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn names_that_a_shapefile_has_cut_are_told_with_their_twins() {
        let cut = ["id", "population", "populati_1", "populati_2", "gdp"];
        let said = told(&cut, "population");
        assert!(said[0].contains("populati_1") && said[0].contains("populati_2"), "{said:?}");
        assert_eq!(told(&cut, "populati_1").len(), 1, "so is the second one");
        assert!(told(&["population", "populated"], "population").is_empty());
        assert!(told(&["pop", "pop_1"], "pop").is_empty(), "short names are whole");
    }
}
