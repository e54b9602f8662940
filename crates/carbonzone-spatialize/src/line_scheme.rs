//! Line classes of common data sets to transport modes.

use crate::code_table::SchemeError;
use std::collections::BTreeMap;

/// Mode of classes that carry no motor traffic, or are not in use: left out on purpose.
pub const NO_MODE: &str = "none";

const SHIPPED: &[(&str, &str)] = &[("osm", include_str!("../data/osm_modes.csv"))];

/// Class to mode (`road`, `rail`, `water`, `air`, [`NO_MODE`]) of a shipped scheme.
///
/// # Errors
/// [`SchemeError::Unknown`] lists the shipped names.
pub fn line_modes(name: &str) -> Result<BTreeMap<String, String>, SchemeError> {
    let Some((_, text)) = SHIPPED.iter().find(|(n, _)| *n == name) else {
        let known = SHIPPED.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
        return Err(SchemeError::Unknown { name: name.to_owned(), known });
    };
    let rows = text.lines().filter(|l| !l.starts_with('#')).skip(1);
    Ok(rows.filter_map(|l| l.split_once(',')).map(|(c, m)| (c.to_owned(), m.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn osm_lines_have_a_mode_or_are_left_out_on_purpose() {
        let modes = line_modes("osm").unwrap();
        for (class, mode) in
            [("motorway_link", "road"), ("tram", "rail"), ("canal", "water"), ("footway", NO_MODE)]
        {
            assert_eq!(modes[class], mode);
        }
        assert!(modes.values().all(|m| ["road", "rail", "water", "air", NO_MODE].contains(&m.as_str())));
        assert!(line_modes("gdf").unwrap_err().to_string().contains("osm"));
    }
}
