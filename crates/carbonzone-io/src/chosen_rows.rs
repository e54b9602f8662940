//! The features of a layer that a condition chooses.

use crate::columns::{FieldKind, FieldPlan, text_of};
use crate::dataset::kind_of;
use crate::ffi;
use crate::filter::columns_named;
use crate::gdal_log::{GdalMessages, capture};
use crate::selection::Selection;
use crate::source::{Reporter, listed};
use carbonzone_types::Finding;
use gdal::vector::{Feature, LayerAccess};
use gdal_sys::OGRFieldType;

/// A condition that is looked at here, feature by feature.
#[derive(Debug, Clone)]
pub(crate) struct ChosenRows {
    selection: Selection,
    /// The columns of the condition.
    fields: Vec<FieldPlan>,
}

impl ChosenRows {
    pub(crate) fn keeps(&mut self, feature: &Feature<'_>) -> bool {
        let texts: Vec<Option<String>> = self.fields.iter().map(|plan| text_of(feature, plan)).collect();
        let cell = |i: usize| self.fields.iter().position(|f| f.index == i).and_then(|k| texts[k].as_deref());
        self.selection.keeps(cell, |_| format!("feature {}", ffi::feature_id(feature)))
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.selection.findings()
    }
}

/// How the condition of a source is applied: here, so that it means the same in every format; by GDAL and the format's
/// own SQL, if it uses more than is known here, dates, or a database. `None`: it is not understood, which is reported.
pub(crate) fn choose_rows<L: LayerAccess>(
    report: &mut Reporter<'_>,
    layer: &mut L,
) -> Option<Option<Box<ChosenRows>>> {
    let Some(condition) = &report.source.filter else { return Some(None) };
    let names: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let own = Selection::parse(condition, &names).ok().filter(|selection| {
        report.source.path.exists() && selection.columns().iter().all(|i| is_plain(layer, *i))
    });
    if let Some(selection) = own {
        let plan =
            |index: usize| FieldPlan { name: names[index].clone(), index, kind: kind_of(layer, index) };
        let fields = selection.columns().into_iter().map(plan).collect();
        return Some(Some(Box::new(ChosenRows { selection, fields })));
    }
    tell_nulls(condition, &names, layer, report);
    filter_by_gdal(condition, &names, layer, report).map(|()| None)
}

/// Texts, numbers and truth values: what a condition compares in the same way everywhere.
fn is_plain<L: LayerAccess>(layer: &L, index: usize) -> bool {
    kind_of(layer, index) != FieldKind::Text || ffi::field_types(layer, index).0 == OGRFieldType::OFTString
}

/// Features that are left out because a column of the condition is empty.
fn tell_nulls<L: LayerAccess>(condition: &str, names: &[String], layer: &mut L, report: &mut Reporter<'_>) {
    let mut count = |filter: &str| {
        let (counted, _) = capture(|| {
            layer.set_attribute_filter(filter).ok()?;
            layer.try_feature_count()
        });
        counted
    };
    for name in columns_named(condition, names).into_iter().map(|i| &names[i]) {
        let is_null = format!("\"{name}\" IS NULL");
        let [all, kept] = [is_null.clone(), format!("{is_null} AND ({condition})")].map(|f| count(&f));
        let lost = all.unwrap_or(0).saturating_sub(kept.unwrap_or(0));
        if lost > 0 && !condition.to_lowercase().contains("is not null") {
            let message = format!(
                "{lost} features are left out because where asks for \"{name}\", which is empty there"
            );
            let hint = format!(
                "`... OR \"{name}\" IS NULL` keeps them; `\"{name}\" IS NOT NULL AND (...)` says that they are not meant"
            );
            let finding = Finding::warning("filter_undecided", message).field("where").value(condition);
            report.add(finding.count(lost).hint(hint));
        }
    }
}

fn filter_by_gdal<L: LayerAccess>(
    condition: &str,
    names: &[String],
    layer: &mut L,
    report: &mut Reporter<'_>,
) -> Option<()> {
    // Some drivers look at the condition only when the first feature is asked for.
    let (result, messages) = capture(|| {
        layer.set_attribute_filter(condition)?;
        drop(layer.features().next());
        Ok(())
    });
    let refused = |m: &GdalMessages| {
        m.failures.iter().any(|f| f.contains("column") || f.contains("SQL") || f.contains("syntax"))
    };
    let result: gdal::errors::Result<()> = result;
    if result.is_err() || refused(&messages) {
        let said = messages.summary().or_else(|| result.err().map(|e| e.to_string())).unwrap_or_default();
        return report.refuse(
            Finding::error("bad_filter", format!("the filter is not understood: {said}"))
                .field("where")
                .value(condition)
                .expected(format!("a SQL condition on {}", listed(names)))
                .hint("texts in single quotes, field names in double quotes: \"type\" = 'night'"),
        );
    }
    Some(())
}
