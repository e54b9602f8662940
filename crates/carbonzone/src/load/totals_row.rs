//! Rows of totals among the rows of a table: left out if they are the sum of the others, refused if they are not.

use super::Notes;
use super::zones::JoinRow;
use carbonzone_sheet::label_key;
use carbonzone_types::{ExactSum, Finding};

/// Keys of rows that hold a total, as [`label_key`] writes them; between blanks.
const TOTALS: &str = "合计 总计 总和 小计 共计 全市 全市合计 全市总计 全区 全区合计 全县 全县合计 全省 全省合计 total totals sum grandtotal citytotal subtotal \
    all overall";
/// A total may differ from the sum by so much of itself: tables print rounded numbers.
const ROUNDING: f64 = 1e-3;

/// Leaves out the rows that name a total, or no unit at all, and are the sum of the others in every column. What names a
/// total and is not the sum is an error with both numbers: a row is missing, or one is wrong.
pub fn leave_out((shown, key): (&str, &str), units: &[&str], rows: &mut Vec<JoinRow>, notes: &mut Notes) {
    let is_unit = |row: &JoinRow| units.iter().any(|unit| label_key(unit) == label_key(&row.key));
    let (totals, units): (Vec<JoinRow>, Vec<JoinRow>) =
        std::mem::take(rows).into_iter().partition(|row| is_total(&row.key) && !is_unit(row));
    *rows = units;
    let sums: Columns = Columns::of(rows);
    for total in totals {
        let finding = match sums.difference(&total) {
            None => Finding::info(
                "totals_row",
                format!("{} holds the sum of the other rows: it is left out", name(&total)),
            ),
            Some(difference) if total.key.is_empty() => {
                Finding::error("row_without_key", format!("{} names no unit: {difference}", total.place))
                    .hint("give the row its key, or delete it: its numbers belong to nothing")
            }
            Some(difference) => Finding::error(
                "totals_row",
                format!("{} names a total, but is not the sum of the other rows: {difference}", name(&total)),
            )
            .hint(format!(
                "a row is missing, counted twice, or wrong; skip = [\"{}\"] leaves the total out as it is",
                total.key
            )),
        };
        notes.findings.push(finding.layer("zones").file(shown).field(key).value(total.key));
    }
}

/// Leaves out the remarks below a table: its last rows, if they have no number and their key names no unit.
pub fn leave_out_remarks(
    (shown, key): (&str, &str),
    units: &[&str],
    rows: &mut Vec<JoinRow>,
    notes: &mut Notes,
) {
    let is_unit = |row: &JoinRow| units.iter().any(|unit| label_key(unit) == label_key(&row.key));
    let is_remark = |row: &JoinRow| {
        row.population.is_none() && row.gdp.is_none() && row.emissions.is_none() && !is_unit(row)
    };
    while rows.len() > 1 && rows.last().is_some_and(|row| !row.key.is_empty() && is_remark(row)) {
        let Some(row) = rows.pop() else { return };
        let message =
            format!("{} below the table has no number and names no unit: taken for a remark", row.place);
        let finding = Finding::info("remark_below", message);
        notes.findings.push(finding.layer("zones").file(shown).field(key).value(row.key));
    }
}

/// True for the key of a row that holds a total, or for none.
pub fn is_total(key: &str) -> bool {
    let label = label_key(key);
    key.is_empty() || TOTALS.split(' ').any(|total| total == label)
}

fn name(total: &JoinRow) -> String {
    let key = if total.key.is_empty() { "a row without key" } else { &total.key };
    format!("{key} ({})", total.place)
}

/// Sums over the rows of units.
struct Columns {
    population: f64,
    gdp: f64,
    emissions: f64,
}

impl Columns {
    fn of(rows: &[JoinRow]) -> Self {
        let sum = |of: fn(&JoinRow) -> Option<f64>| rows.iter().filter_map(of).collect::<ExactSum>().value();
        Self { population: sum(|r| r.population), gdp: sum(|r| r.gdp), emissions: sum(|r| r.emissions) }
    }

    /// The numbers of a total that are not the sums, in words.
    fn difference(&self, total: &JoinRow) -> Option<String> {
        let columns = [
            ("population", total.population, self.population),
            ("GDP", total.gdp, self.gdp),
            ("emissions", total.emissions, self.emissions),
        ];
        let wrong = columns.into_iter().filter_map(|(what, total, sum)| {
            let total = total.filter(|t| (t - sum).abs() > ROUNDING * sum.abs())?;
            Some(format!("{what} {total} against {sum}"))
        });
        let wrong: Vec<String> = wrong.collect();
        (!wrong.is_empty()).then(|| wrong.join(", "))
    }
}
