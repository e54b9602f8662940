//! The user's own rows: a CSV or XLSX that replaces or adds single factors, sinks and crops.

use super::parse::{Fields, crop_of, factor_of, sink_of};
use super::{FactorLibrary, SinkCoefficient, SinkUnitBasis, Status};
use crate::InventoryError;
use carbonzone_sheet::{ColumnSpec, ReadOptions, Table, read_table};
use carbonzone_types::{Finding, Findings};
use std::path::Path;

/// Columns of an override table.
fn columns() -> Vec<ColumnSpec> {
    vec![
        ColumnSpec::required("id", &["id", "编号"]),
        ColumnSpec::required("value", &["value", "数值", "因子值"]),
    ]
}

/// Every filled cell of a row under its (English) column label.
fn fields_of(table: &Table, row: usize) -> Fields {
    let labels = table.labels();
    (0..labels.len())
        .filter_map(|c| table.text(row, c).map(|text| (labels[c].to_lowercase(), text)))
        .map(|(label, text)| match label.as_str() {
            "编号" => ("id".to_owned(), text),
            "数值" | "因子值" => ("value".to_owned(), text),
            _ => (label, text),
        })
        .collect()
}

impl FactorLibrary {
    /// Reads a table of overrides (see [`FactorLibrary::apply_overrides`]).
    ///
    /// # Errors
    /// All faults of the file.
    pub fn read_overrides(&mut self, path: &Path) -> Result<Findings, Findings> {
        let table = read_table(path, &ReadOptions::default(), &columns()).map_err(|e| e.to_finding())?;
        self.apply_overrides(&table)
    }

    /// Replaces factors by id: columns `id`, `value`, optionally `uncertainty_pct`, `status` (default `user`), `source`,
    /// `note`. An `id` that is not in the library adds a factor and then needs `activity`, `unit`, `unit_of_value` and
    /// `gas` (and `gwp_set` for CO2e); a row with `land_type`, `set` and `basis` is a land sink, an id
    /// `crop.<key>` with `carbon_absorption_rate`, `water_content` and `economic_coefficient` a crop.
    ///
    /// # Errors
    /// One finding per bad row, each with its cell. Good rows are applied only if all are good.
    pub fn apply_overrides(&mut self, table: &Table) -> Result<Findings, Findings> {
        let mut next = self.clone();
        let (mut notes, mut errors) = (Findings { items: table.notes().to_vec() }, Findings::new());
        for label in table.labels().iter().filter(|l| !l.is_empty()) {
            if let Err(error) = table.column(&[label]) {
                errors.push(error.to_finding());
            }
        }
        for row in 0..table.len() {
            let fields = fields_of(table, row);
            let place = table.place(row, table.find(&["id", "编号"]).unwrap_or(0));
            match next.apply_row(&fields, &place) {
                Ok(message) => notes.push(Finding::info("factor_override", message).file(table.file())),
                Err(error) => errors.push(error.to_finding().file(table.file())),
            }
        }
        if errors.items.is_empty() {
            *self = next;
            Ok(notes)
        } else {
            Err(errors)
        }
    }

    /// Applies one row and says what it did.
    fn apply_row(&mut self, fields: &Fields, place: &str) -> Result<String, InventoryError> {
        let id = fields.get("id").cloned().unwrap_or_default();
        if let Some(key) = id.strip_prefix("crop.") {
            return self.apply_crop(key, fields, place);
        }
        if fields.contains_key("land_type") || self.sinks.iter().any(|s| s.id == id) {
            return self.apply_sink(&id, fields, place);
        }
        let known = self.get(&id).cloned();
        let is_new = known.is_none() && fields.contains_key("unit_of_value");
        if known.is_none() && !is_new {
            self.require(&id, place)?;
        }
        let mut complete = known.as_ref().map(fields_of_factor).unwrap_or_default();
        if let (Some(old), Some(unit)) = (&known, fields.get("unit_of_value"))
            && *unit != old.unit_of_value
        {
            return Err(InventoryError::BadFactor {
                place: place.to_owned(),
                field: "unit_of_value".to_owned(),
                value: unit.clone(),
                expected: format!(
                    "{} (the unit of {id}); give another id for another unit",
                    old.unit_of_value
                ),
            });
        }
        complete.extend(fields.clone());
        if !fields.contains_key("status") {
            complete.insert("status".to_owned(), Status::User.name().to_owned());
        }
        complete.entry("set".to_owned()).or_insert_with(|| "user".to_owned());
        let mut factor = factor_of(&complete, place)?;
        factor.overridden = true;
        let message = match &known {
            Some(old) => format!("{id}: {} {} instead of {}", factor.value, factor.unit_of_value, old.value),
            None => format!("{id}: new factor, {} {}", factor.value, factor.unit_of_value),
        };
        self.add(factor);
        Ok(message)
    }

    /// Replaces or adds a land sink coefficient.
    fn apply_sink(&mut self, id: &str, fields: &Fields, place: &str) -> Result<String, InventoryError> {
        let old = self.sinks.iter().position(|s| s.id == id);
        let mut complete = old.map(|i| fields_of_sink(&self.sinks[i])).unwrap_or_default();
        complete.extend(fields.clone());
        if !fields.contains_key("status") {
            complete.insert("status".to_owned(), Status::User.name().to_owned());
        }
        let sink = sink_of(&complete, place)?;
        let message = format!("{}: {} t/ha/yr", sink.id, sink.value);
        match self.sinks.iter().position(|s| s.id == sink.id) {
            Some(i) => self.sinks[i] = sink,
            None => self.sinks.push(sink),
        }
        Ok(message)
    }

    /// Replaces or adds a crop.
    fn apply_crop(&mut self, key: &str, fields: &Fields, place: &str) -> Result<String, InventoryError> {
        let mut complete = fields.clone();
        complete.insert("crop".to_owned(), key.to_owned());
        let crop = crop_of(&complete, place)?;
        match self.crops.iter().position(|c| c.crop == key) {
            Some(i) => self.crops[i] = crop,
            None => self.crops.push(crop),
        }
        Ok(format!("crop.{key}: coefficients of the user"))
    }
}

/// A factor as a row, so that an override only names what it changes.
fn fields_of_factor(f: &super::Factor) -> Fields {
    let number = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
    let origin = match f.origin {
        Some(crate::Origin::Biogenic) => "biogenic",
        Some(crate::Origin::Fossil) => "fossil",
        None => "",
    };
    [
        ("id", f.id.clone()),
        ("set", f.set.clone()),
        ("sector", f.sector.clone()),
        ("activity", f.activity.clone()),
        ("unit", f.unit.clone()),
        ("unit_of_value", f.unit_of_value.clone()),
        ("gas", f.gas.name().to_owned()),
        ("origin", origin.to_owned()),
        ("gwp_set", f.gwp_set.map_or("", crate::GwpSet::name).to_owned()),
        ("ncv_gj", number(f.ncv_gj)),
        ("uncertainty_pct", f.uncertainty_pct.to_string()),
        ("source", f.source.clone()),
        ("note", f.note.clone()),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into()
}

/// A land sink coefficient as a row.
fn fields_of_sink(s: &SinkCoefficient) -> Fields {
    let basis = match s.basis {
        SinkUnitBasis::C => "C",
        SinkUnitBasis::Co2 => "CO2",
    };
    [
        ("set", s.set.clone()),
        ("land_type", s.land_type.clone()),
        ("basis", basis.to_owned()),
        ("uncertainty_pct", s.uncertainty_pct.to_string()),
        ("source", s.source.clone()),
        ("note", s.note.clone()),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overridden(csv: &str) -> Result<FactorLibrary, Findings> {
        let mut library = FactorLibrary::embedded();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.csv");
        std::fs::write(&path, csv).unwrap();
        library.read_overrides(&path).map(|_| library)
    }

    #[test]
    fn a_row_replaces_one_factor_and_keeps_the_rest_of_it() {
        let library = overridden("id,value,source\nfuel.cn.raw_coal,1.85,plant survey\n").unwrap();
        let f = library.get("fuel.cn.raw_coal").unwrap();
        assert_eq!(
            (f.value, f.status, f.source.as_str(), f.overridden),
            (1.85, Status::User, "plant survey", true)
        );
        assert_eq!((f.unit_of_value.as_str(), f.ncv_gj), ("tCO2/t", Some(20.908)));
    }

    #[test]
    fn new_factors_sinks_and_crops_can_be_added() {
        let csv = "id,value,set,sector,activity,unit,unit_of_value,gas,land_type,basis,carbon_absorption_rate,water_content,economic_coefficient\n\
                   process.brick,0.05,user,industry_process,brick,t,tCO2/t,CO2,,,,,\n\
                   local.forest,4.2,local,,,,,,forest,C,,,\n\
                   crop.lotus,,,,,,,,,,0.45,0.8,0.5\n";
        let library = overridden(csv).unwrap();
        assert_eq!(library.get("process.brick").unwrap().tonnes_per_canonical(), 0.05);
        assert_eq!(library.sink("local", "forest").unwrap().value, 4.2);
        assert!(
            (library.crop("lotus").unwrap().carbon_per_tonne(crate::YieldBasis::Fresh) - 0.18).abs() < 1e-12
        );
    }

    #[test]
    fn all_bad_rows_are_reported_with_their_cells_and_nothing_is_changed() {
        let csv = "id,value,unit_of_value,carbon_absorption_rate,water_content\n\
                   fuel.cn.raw_cola,1.9,,,\nfuel.cn.coke,abc,,,\nfuel.cn.diesel,3,kgCO2/t,,\ncrop.lotus,1,,0.45,0.8\n";
        let findings = overridden(csv).unwrap_err();
        let text: Vec<&str> = findings.items.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(text.len(), 4, "{text:?}");
        assert!(
            text[0].contains("cell A2") && findings.items[0].hint.as_deref().unwrap().contains("raw_coal")
        );
        assert!(text[1].contains("cell A3"));
        assert!(text[2].contains("tCO2/t (the unit of fuel.cn.diesel)"), "{}", text[2]);
        assert!(text[3].contains("economic_coefficient") && text[3].contains("harvest index"), "{}", text[3]);
    }
}
