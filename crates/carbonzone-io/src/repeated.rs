//! Fields that stand twice in a layer.

use crate::source::Reporter;
use carbonzone_types::Finding;

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
