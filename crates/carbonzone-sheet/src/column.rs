//! Numbers out of columns of text, for layers and streams of rows.

use crate::{CommaEvidence, Commas, NumberFault, parse_number_as};
use carbonzone_types::{ColumnData, Finding};

/// Examples kept of what could not be read.
const EXAMPLES: usize = 5;

/// Reads the texts of one column as numbers, counts what is missing or unreadable, and tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnNumbers {
    name: String,
    evidence: CommaEvidence,
    missing: Seen,
    unreadable: Seen,
    fault: Option<NumberFault>,
}

/// How many values, and the first of them with their places.
#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    count: u64,
    examples: Vec<String>,
}

impl Seen {
    fn add(&mut self, place: &str, text: &str) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            let what = if text.trim().is_empty() { "empty".to_owned() } else { format!("\"{text}\"") };
            self.examples.push(format!("{place}: {what}"));
        }
    }

    fn list(&self) -> String {
        let more = self.count.saturating_sub(self.examples.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", self.examples.join(", "))
    }
}

impl ColumnNumbers {
    /// A reader for the column of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Name of the column.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks at a text before any is read: the sample decides what commas mean.
    pub fn sample(&mut self, text: &str) {
        self.evidence.see(text);
    }

    /// What was found out about commas, so that the columns of one table can agree.
    pub fn evidence(&mut self) -> &mut CommaEvidence {
        &mut self.evidence
    }

    /// The number in a text. `place` names the row if it is missing or unreadable, which is counted.
    pub fn read(&mut self, text: Option<&str>, place: impl FnOnce() -> String) -> Option<f64> {
        let text = text.unwrap_or("");
        match parse_number_as(text, self.commas()) {
            Ok(Some(value)) => return Some(value),
            Ok(None) => self.missing.add(&place(), text),
            Err(fault) => {
                self.unreadable.add(&place(), text);
                self.fault.get_or_insert(fault);
            }
        }
        None
    }

    /// All numbers of a column of a layer; numbers stay as they are, text is read. `place` names a row.
    pub fn read_column(&mut self, column: &ColumnData, place: &dyn Fn(usize) -> String) -> Vec<Option<f64>> {
        if let ColumnData::Text(texts) = column
            && self.evidence == CommaEvidence::default()
        {
            texts.iter().flatten().for_each(|t| self.sample(t));
        }
        (0..column.len())
            .map(|row| match column {
                ColumnData::Text(texts) => self.read(texts[row].as_deref(), || place(row)),
                ColumnData::Bool(_) => self.read(column.text_at(row).as_deref(), || place(row)),
                numbers => {
                    let value = numbers.number_at(row);
                    if value.is_none() {
                        self.missing.add(&place(row), "");
                    }
                    value
                }
            })
            .collect()
    }

    /// What commas mean in this column.
    pub fn commas(&self) -> Commas {
        self.evidence.commas()
    }

    /// What there is to tell: warnings for missing and unreadable values, a note on commas.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(fault) = &self.fault {
            let message = format!(
                "{} values of \"{}\" are not numbers: {}",
                self.unreadable.count,
                self.name,
                self.unreadable.list()
            );
            let finding = Finding::warning("not_a_number", message);
            found.push(
                finding
                    .field(self.name.clone())
                    .value(self.unreadable.examples[0].clone())
                    .expected("a number")
                    .hint(format!("the first one {fault}; such values are unknown, not 0"))
                    .count(self.unreadable.count),
            );
        }
        if self.missing.count > 0 {
            let said = format!(
                "{} values of \"{}\" are missing: {}",
                self.missing.count,
                self.name,
                self.missing.list()
            );
            found.push(
                Finding::warning("missing_value", said)
                    .field(self.name.clone())
                    .hint("a missing value is unknown, not 0")
                    .count(self.missing.count),
            );
        }
        if let Some(remark) = self.evidence.remark() {
            let message = format!("column \"{}\": {remark}", self.name);
            let finding = match self.commas() {
                Commas::Decimal => {
                    Finding::warning("decimal_comma", message).hint("write decimal points, to be sure")
                }
                Commas::Thousands => Finding::info("thousands_separator", message),
            };
            found.push(finding.field(self.name.clone()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[Option<&str>]) -> ColumnData {
        ColumnData::Text(values.iter().map(|v| v.map(str::to_owned)).collect())
    }

    #[test]
    fn text_columns_give_the_numbers_that_tables_give() {
        let mut people = ColumnNumbers::new("people");
        let column = texts(&[Some("1,950"), Some("３０５０"), Some("—"), None, Some("约9"), Some("12.5")]);
        let values = people.read_column(&column, &|row| format!("zone Z{row}"));
        assert_eq!(values, [Some(1950.0), Some(3050.0), None, None, None, Some(12.5)]);
        assert_eq!((people.missing.count, people.unreadable.count), (2, 1));
        let said: Vec<String> =
            people.findings().into_iter().map(|f| format!("{} {}", f.code, f.message)).collect();
        assert!(said[0].contains("not_a_number") && said[0].contains("zone Z4: \"约9\""), "{said:?}");
        assert!(
            said[1].contains("missing_value") && said[1].contains("zone Z2: \"—\", zone Z3: empty"),
            "{said:?}"
        );
    }

    #[test]
    fn decimal_commas_hold_for_the_whole_column_and_are_told() {
        let mut gdp = ColumnNumbers::new("gdp");
        assert_eq!(
            gdp.read_column(&texts(&[Some("1,950"), Some("0,25")]), &|_| String::new()),
            [Some(1.95), Some(0.25)]
        );
        assert_eq!(gdp.findings()[0].code, "decimal_comma");
    }

    #[test]
    fn numbers_keep_every_bit_and_null_is_counted() {
        let mut column = ColumnNumbers::new("n");
        let data = ColumnData::Real(vec![Some(0.1 + 0.2), None]);
        assert_eq!(column.read_column(&data, &|row| format!("feature {row}")), [Some(0.1 + 0.2), None]);
        assert_eq!(column.missing.count, 1);
    }
}
