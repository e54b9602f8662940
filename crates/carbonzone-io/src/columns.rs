//! Columns filled from features: of GDAL, or from rows of `SQLite`.

use crate::dbf::DbfDigits;
use crate::ffi;
use crate::gdal_log::capture;
use crate::mojibake::TextCheck;
use carbonzone_types::{AttributeTable, Column, ColumnData};
use gdal::vector::{Feature, LayerAccess};
use rusqlite::types::ValueRef;
use std::sync::Arc;

/// How a column is filled from features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Text,
    Real,
    Int,
    Bool,
    Fid,
    /// Digits of a number that is too long for an integer, as they stand in a dBASE table.
    Digits,
    /// A tag inside the hstore text of OpenStreetMap's `other_tags`.
    Tag,
}

/// A column to read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldPlan {
    pub name: String,
    pub index: usize,
    pub kind: FieldKind,
}

/// Tells the driver which fields need not be read.
pub(crate) fn skip_other_fields<L: LayerAccess>(layer: &L, fields: &[FieldPlan]) {
    let wanted: Vec<usize> = fields.iter().filter(|f| f.kind != FieldKind::Fid).map(|f| f.index).collect();
    let names: Vec<String> = layer.defn().fields().map(|f| f.name().to_lowercase()).collect();
    // GDAL skips by name without regard to capitals: `Use` beside `use` is read and left aside.
    let read = |name: &String| wanted.iter().any(|i| names.get(*i) == Some(name));
    let skip: Vec<String> = layer
        .defn()
        .fields()
        .enumerate()
        .filter(|(i, _)| names.get(*i).is_some_and(|name| !read(name)))
        .map(|(_, f)| f.name())
        .collect();
    // Only a speed-up: a driver that refuses it reads all fields.
    let _ = capture(|| ffi::ignore_fields(layer, &skip));
}

/// The text of a field as a condition compares it; `None` for NULL.
pub(crate) fn text_of(feature: &Feature<'_>, plan: &FieldPlan) -> Option<String> {
    let (mut column, mut check) = (empty_columns(std::slice::from_ref(plan)), TextCheck::default());
    push_value(plan, &mut column[0], feature, &mut check);
    column[0].text_at(0)
}

/// Columns being filled, with a watch on the encoding of texts.
pub(crate) struct ColumnsBuilder {
    plans: Vec<FieldPlan>,
    columns: Vec<ColumnData>,
    digits: Option<Arc<DbfDigits>>,
    pub check: TextCheck,
}

impl ColumnsBuilder {
    pub(crate) fn new(plans: &[FieldPlan]) -> Self {
        let columns = empty_columns(plans);
        Self { plans: plans.to_vec(), columns, digits: None, check: TextCheck::default() }
    }

    /// The same with the digits of long ids, if the layer has such a column.
    pub(crate) fn with_digits(self, digits: Option<Arc<DbfDigits>>) -> Self {
        Self { digits, ..self }
    }

    pub(crate) fn push(&mut self, feature: &Feature<'_>) {
        for (plan, column) in self.plans.iter().zip(&mut self.columns) {
            match (plan.kind, &self.digits, &mut *column) {
                (FieldKind::Digits, Some(digits), ColumnData::Text(v)) => {
                    v.push(feature.fid().and_then(|record| digits.text(record)));
                }
                _ => push_value(plan, column, feature, &mut self.check),
            }
        }
    }

    /// Takes a row of `SQLite`: the value of each column, already of its kind, or NULL.
    pub(crate) fn push_values<'a, E>(
        &mut self,
        value: impl Fn(usize) -> Result<ValueRef<'a>, E>,
    ) -> Result<(), E> {
        for (k, (plan, column)) in self.plans.iter().zip(&mut self.columns).enumerate() {
            let value = value(k)?;
            match column {
                ColumnData::Text(v) => v.push(match value {
                    ValueRef::Text(bytes) => {
                        let text = until_zero(bytes);
                        self.check.see(&plan.name, &text);
                        Some(text)
                    }
                    _ => None,
                }),
                ColumnData::Real(v) => v.push(real_of(value).filter(|x| !x.is_nan())),
                ColumnData::Int(v) => v.push(int_of(value)),
                ColumnData::Bool(v) => v.push(int_of(value).map(|x| x != 0)),
            }
        }
        Ok(())
    }

    /// Hands out what was filled and starts anew.
    pub(crate) fn take(&mut self) -> AttributeTable {
        let columns = std::mem::replace(&mut self.columns, empty_columns(&self.plans));
        let columns =
            self.plans.iter().zip(columns).map(|(p, data)| Column { name: p.name.clone(), data }).collect();
        AttributeTable { columns }
    }
}

fn real_of(value: ValueRef<'_>) -> Option<f64> {
    if let ValueRef::Real(x) = value { Some(x) } else { None }
}

fn int_of(value: ValueRef<'_>) -> Option<i64> {
    if let ValueRef::Integer(n) = value { Some(n) } else { None }
}

/// A text as C programs see it: up to the first zero byte, broken UTF-8 replaced.
fn until_zero(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn empty_columns(plans: &[FieldPlan]) -> Vec<ColumnData> {
    plans
        .iter()
        .map(|p| match p.kind {
            FieldKind::Text | FieldKind::Tag | FieldKind::Digits => ColumnData::Text(Vec::new()),
            FieldKind::Real => ColumnData::Real(Vec::new()),
            FieldKind::Int | FieldKind::Fid => ColumnData::Int(Vec::new()),
            FieldKind::Bool => ColumnData::Bool(Vec::new()),
        })
        .collect()
}

fn push_value(plan: &FieldPlan, column: &mut ColumnData, feature: &Feature<'_>, check: &mut TextCheck) {
    if plan.kind == FieldKind::Fid {
        if let ColumnData::Int(v) = column {
            v.push(Some(ffi::feature_id(feature)));
        }
        return;
    }
    let present = ffi::field_has_value(feature, plan.index);
    match column {
        ColumnData::Text(v) => {
            let mut text = present.then(|| feature.field_as_string(plan.index).ok().flatten()).flatten();
            if plan.kind == FieldKind::Tag {
                text = text.and_then(|tags| tag_value(&tags, &plan.name));
            }
            if let Some(text) = &text {
                check.see(&plan.name, text);
            }
            v.push(text);
        }
        ColumnData::Real(v) => v.push(
            present
                .then(|| feature.field_as_double(plan.index).ok().flatten())
                .flatten()
                .filter(|x| !x.is_nan()),
        ),
        ColumnData::Int(v) => {
            v.push(present.then(|| feature.field_as_integer64(plan.index).ok().flatten()).flatten());
        }
        ColumnData::Bool(v) => {
            v.push(
                present
                    .then(|| feature.field_as_integer(plan.index).ok().flatten())
                    .flatten()
                    .map(|x| x != 0),
            );
        }
    }
}

/// Value of a key in the hstore text of `PostgreSQL`: `"amenity"=>"school","name"=>"a \\"b\\""`.
fn tag_value(tags: &str, key: &str) -> Option<String> {
    let mut chars = tags.chars();
    let mut quoted = || -> Option<String> {
        chars.by_ref().find(|c| *c == '"')?;
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match c {
                '"' => return Some(text),
                '\\' => text.extend(chars.next()),
                _ => text.push(c),
            }
        }
        None
    };
    loop {
        let (name, value) = (quoted()?, quoted()?);
        if name == key {
            return Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_hstore_text() {
        let tags = r#""amenity"=>"school","name:zh"=>"苏州\"中学\"","empty"=>"""#;
        assert_eq!(tag_value(tags, "amenity").as_deref(), Some("school"));
        assert_eq!(tag_value(tags, "name:zh").as_deref(), Some("苏州\"中学\""));
        assert_eq!(tag_value(tags, "empty").as_deref(), Some(""));
        assert_eq!(tag_value(tags, "school"), None, "a value is no key");
        assert_eq!(tag_value("\"broken", "broken"), None);
    }
}
