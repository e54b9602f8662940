//! "Did you mean".

use crate::label_key;

/// The candidates most like a label, best first, at most `n`; nothing that is not reasonably close.
pub fn nearest<'a>(label: &str, candidates: impl IntoIterator<Item = &'a str>, n: usize) -> Vec<&'a str> {
    let key = label_key(label);
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|c| (likeness(&key, &label_key(c)), c))
        .filter(|(s, _)| *s >= 0.55)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(n).map(|(_, c)| c).collect()
}

/// 1 for equal, high for containment, else one minus the edit distance over the longer length.
fn likeness(a: &str, b: &str) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let edit = strsim::normalized_damerau_levenshtein(a, b);
    let is_part = a.contains(b) || b.contains(a);
    // One letter stands in any name.
    if is_part && a.chars().count().min(b.chars().count()) > 1 { edit.max(0.8) } else { edit }
}

/// `\nhint: did you mean "x" or "y"?`, or nothing if no candidate is close.
///
/// ```
/// use carbonzone_sheet::did_you_mean;
/// assert_eq!(did_you_mean("comercial", ["commercial", "forest"]), "\nhint: did you mean \"commercial\"?");
/// assert_eq!(did_you_mean("xyz", ["commercial", "forest"]), "");
/// ```
pub fn did_you_mean<'a>(label: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let close: Vec<String> = nearest(label, candidates, 3).iter().map(|c| format!("\"{c}\"")).collect();
    if close.is_empty() { String::new() } else { format!("\nhint: did you mean {}?", close.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_labels_are_matched_by_containment_and_edit_distance() {
        assert_eq!(nearest("原煤消费量", ["原煤", "焦炭"], 2), ["原煤"]);
        assert_eq!(nearest("柴油机", ["柴油", "汽油", "煤油"], 1), ["柴油"]);
        assert!(nearest("", ["a"], 1).is_empty());
        assert!(nearest("year", ["a", "b"], 1).is_empty());
    }
}
