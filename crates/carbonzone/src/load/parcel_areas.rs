//! Areas that the survey gives for its parcels, against those that are measured. Limits: docs/reading.md, "Units and
//! plausibility".

use super::Notes;
use crate::config::{AreaUnit, ParcelLayer};
use carbonzone_io::PolygonLayer;
use carbonzone_sheet::ColumnNumbers;
use carbonzone_types::{ExactSum, Finding};

/// All parcels together may differ by so much.
const ALL: f64 = 0.02;
/// One parcel may differ by so much of its measured area ...
const ONE: f64 = 0.05;
/// ... and by so much ground, m²: rounded hectares, and slivers.
const ONE_M2: f64 = 100.0;

/// Ground of a square degree between 70 degrees of latitude and the equator, m².
const SQUARE_DEGREE_M2: std::ops::RangeInclusive<f64> = 4.2e9..=1.24e10;

/// Compares the field of areas with the measured areas, m²; both are of the parcels as they are in the file.
pub fn check(config: &ParcelLayer, layer: &PolygonLayer, notes: &mut Notes) {
    let Some(field) = &config.area else { return };
    let Some(column) = layer.table.get(field) else { return };
    let mut numbers = ColumnNumbers::new(field);
    let given = numbers.read_column(column, &|row| layer.ids[row].clone());
    let told = |finding: Finding| finding.input("parcels", &config.source.path).field(field.clone());
    notes.findings.items.extend(numbers.findings().into_iter().map(told));
    let measured = layer.coverage.areas_m2();
    let pairs: Vec<(usize, f64, f64)> = given
        .iter()
        .zip(&measured)
        .enumerate()
        .filter_map(|(i, (given, m2))| Some((i, (*given)? * config.area_unit.m2(), *m2)))
        .collect();
    let sum = |of: fn(&(usize, f64, f64)) -> f64| pairs.iter().map(of).collect::<ExactSum>().value();
    let (given_m2, measured_m2) = (sum(|p| p.1), sum(|p| p.2));
    if measured_m2 <= 0.0 {
        return;
    }
    let ratio = given_m2 / measured_m2;
    if (ratio - 1.0).abs() > ALL {
        let message = format!(
            "the parcels have {:.3} km² by the field, and measure {:.3} km²: {ratio:.4} times as much",
            given_m2 / 1e6,
            measured_m2 / 1e6
        );
        let hint = match unit_that_fits(config.area_unit, ratio) {
            Some(unit) => format!("area_unit = \"{}\" fits", unit.key()),
            None if SQUARE_DEGREE_M2.contains(&(config.area_unit.m2() / ratio)) => "the field holds square degrees, which are no area: a tool measured the layer in longitude and latitude; leave the key `area` out, or measure again in metres".to_owned(),
            None => "check the unit of the field, the CRS of the layer, and whether parcels are cut, missing or drawn twice".to_owned(),
        };
        notes.findings.push(told(Finding::warning("parcel_area_differs", message)).hint(hint));
        return;
    }
    let off = |p: &&(usize, f64, f64)| (p.1 - p.2).abs() > (ONE * p.2).max(ONE_M2);
    let single: Vec<&(usize, f64, f64)> = pairs.iter().filter(off).collect();
    let largest = |a: &&&(usize, f64, f64), b: &&&(usize, f64, f64)| {
        (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs()).then(b.0.cmp(&a.0))
    };
    if let Some((i, given, m2)) = single.iter().max_by(largest).copied() {
        let message = format!(
            "{} parcels differ from their measured area by more than {:.0} %; most: {given:.0} m² by the field, {m2:.0} m² measured",
            single.len(),
            100.0 * ONE
        );
        notes.findings.push(
            told(Finding::warning("parcel_area_differs", message))
                .feature(layer.ids[*i].clone())
                .count(single.len() as u64)
                .hint("was the shape edited and the field not? The measured area is used"),
        );
    }
}

/// The unit in which the field would agree.
fn unit_that_fits(unit: AreaUnit, ratio: f64) -> Option<AreaUnit> {
    AreaUnit::ALL.into_iter().find(|other| (ratio * other.m2() / unit.m2() - 1.0).abs() <= ALL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_geom::Coverage;
    use carbonzone_types::{AttributeTable, ColumnData, InputRecord};

    /// Two parcels of 1 km² and one of 0.5 km² with these cells.
    fn said(cells: ColumnData, unit: &str) -> Vec<(String, String)> {
        let mut coverage = Coverage::new();
        for (x, side) in [(0.0, 1000.0), (2000.0, 1000.0), (4000.0, 500.0)] {
            let ring = [[x, 0.0], [x + 1000.0, 0.0], [x + 1000.0, side], [x, side], [x, 0.0]];
            coverage.push_rings(&[vec![ring.to_vec()]]);
        }
        let layer = PolygonLayer {
            coverage,
            ids: ["a", "b", "c"].map(str::to_owned).to_vec(),
            table: AttributeTable::new().with("TBMJ", cells),
            record: InputRecord::default(),
            far: carbonzone_geom::FarOffs::default(),
            reprojected: false,
        };
        let text = format!(
            "source = {{ path = \"p.shp\" }}\nland_use = \"c\"\narea = \"TBMJ\"\narea_unit = \"{unit}\""
        );
        let mut notes = Notes::default();
        check(&toml::from_str(&text).unwrap(), &layer, &mut notes);
        let words = |f: Finding| {
            (
                f.code,
                format!("{} {} {}", f.feature.unwrap_or_default(), f.message, f.hint.unwrap_or_default()),
            )
        };
        notes.findings.items.into_iter().map(words).collect()
    }

    #[test]
    fn areas_that_agree_in_their_unit_are_no_finding() {
        for (unit, per) in [("m2", 1e6), ("ha", 100.0), ("mu", 1500.0), ("km2", 1.0)] {
            assert_eq!(said(ColumnData::reals(&[per, per, 0.5 * per]), unit), [], "{unit}");
        }
        assert_eq!(said(ColumnData::texts(&["1,000,000", "1000000", "500,000"]), "m2"), []);
    }

    #[test]
    fn a_wrong_unit_is_named_with_the_one_that_fits() {
        let hectares = said(ColumnData::reals(&[100.0, 100.0, 50.0]), "m2");
        assert_eq!(hectares[0].0, "parcel_area_differs");
        assert!(hectares[0].1.contains("area_unit = \"ha\" fits"), "{hectares:?}");
        let mu = said(ColumnData::reals(&[1500.0, 1500.0, 750.0]), "ha");
        assert!(mu[0].1.contains("15.0000 times") && mu[0].1.contains("\"mu\" fits"), "{mu:?}");
        // 1 km² at 31 degrees north in a layer in longitude and latitude.
        let degrees = said(ColumnData::reals(&[9.436e-5, 9.436e-5, 4.718e-5]), "m2");
        assert!(degrees[0].1.contains("square degrees"), "{degrees:?}");
        let neither = said(ColumnData::reals(&[3e6, 3e6, 1.5e6]), "m2");
        assert!(neither[0].1.contains("drawn twice"), "{neither:?}");
    }

    #[test]
    fn single_parcels_missing_and_unreadable_areas_are_told() {
        let one = said(ColumnData::reals(&[1e6, 1.03e6, 0.46e6]), "m2");
        assert!(
            one[0].1.starts_with("c 1 parcels") && one[0].1.contains("460000 m² by the field, 500000"),
            "{one:?}"
        );
        let texts = ColumnData::Text(vec![Some("1000000".into()), None, Some("约50公顷".into())]);
        let codes: Vec<String> = said(texts, "m2").into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["not_a_number", "missing_value"]);
    }
}
