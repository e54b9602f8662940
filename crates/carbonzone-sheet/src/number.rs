//! Numbers as yearbooks print them.

use crate::normalise_text;
use carbonzone_types::LARGEST_AMOUNT;
use thiserror::Error;

/// Why a text is not a number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum NumberFault {
    #[error("is not a number")]
    NotANumber,
    #[error("is not a finite number")]
    NotFinite,
    #[error("is larger than any amount of a city (at most {LARGEST_AMOUNT:e})")]
    TooLarge,
    #[error("is an error of the spreadsheet, not a number")]
    SheetError,
    #[error("has commas that are not thousands separators")]
    Grouping,
    #[error(
        "is a share (%, ‰), where an amount is expected; write the amount itself, in the unit of the column"
    )]
    Share,
    #[error(
        "has the unit \"{0}\" in the cell; write the number alone and the unit into the header or its own column"
    )]
    Unit(String),
}

/// Marks that mean "no value here" in yearbooks, lower case.
const MISSING: [&str; 30] = [
    "-",
    "--",
    "---",
    "—",
    "——",
    "–",
    "―",
    "…",
    "……",
    "...",
    "..",
    "·",
    "/",
    "\\",
    "na",
    "n/a",
    "n.a.",
    "null",
    "<null>",
    "(null)",
    "\\n",
    "none",
    "nil",
    "缺",
    "缺失",
    "无",
    "无数据",
    "暂无",
    "暂缺",
    "不详",
];

/// What a comma inside a number means. A point is a decimal point with [`Commas::Thousands`] and separates thousands
/// with [`Commas::Decimal`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Commas {
    /// `1,950` is one thousand nine hundred and fifty.
    #[default]
    Thousands,
    /// `1,95` is nearly two.
    Decimal,
}

/// Whether a text marks a missing value: blank, `—`, `-`, `…`, `/`, `n/a`, `NULL`, `*****` and the like.
pub fn is_missing(text: &str) -> bool {
    let text = normalise_text(text).to_lowercase();
    text.is_empty() || MISSING.contains(&text.as_str()) || text.bytes().all(|b| b == b'*')
}

/// Reads a number as people write it: full-width digits, thousands separators (`,` `，` `'` or blanks between groups
/// of three). What [`is_missing`] is `Ok(None)`.
///
/// # Errors
/// [`NumberFault`]: other text, a share (`12%`: see [`parse_percent_as`]), a unit, NaN or infinity, or commas that do not
/// separate thousands. One text alone never decides for decimal commas: a column does ([`CommaEvidence`]).
///
/// ```
/// use carbonzone_sheet::parse_number;
/// assert_eq!(parse_number("１，２３４．５"), Ok(Some(1234.5)));
/// assert_eq!(parse_number("1'234.5"), Ok(Some(1234.5)));
/// assert_eq!(parse_number("*****"), Ok(None));
/// assert!(parse_number("12,5").is_err() && parse_number("12.5%").is_err());
/// ```
pub fn parse_number(text: &str) -> Result<Option<f64>, NumberFault> {
    parse_number_as(text, Commas::Thousands)
}

/// As [`parse_number`], with commas as they were found to be used in the column.
///
/// # Errors
/// As [`parse_number`].
pub fn parse_number_as(text: &str, commas: Commas) -> Result<Option<f64>, NumberFault> {
    let point = commas == Commas::Thousands;
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || (point && b == b'.'))
        && let Ok(value) = text.parse()
    {
        return Ok(Some(value));
    }
    if is_missing(text) {
        return Ok(None);
    }
    let text = normalise_text(text);
    let lower = text.to_lowercase();
    if text.starts_with('#') {
        return Err(NumberFault::SheetError);
    }
    if ["nan", "inf", "-inf", "+inf", "infinity", "-infinity"].contains(&lower.as_str()) {
        return Err(NumberFault::NotFinite);
    }
    if let Some((body, _)) = share_sign(&text) {
        let number = matches!(parse_number_as(body, commas), Ok(Some(_)));
        return Err(if number { NumberFault::Share } else { NumberFault::NotANumber });
    }
    let plain = plain_digits(&text, commas)?;
    if !plain.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) {
        return Err(unit_behind(&text).map_or(NumberFault::NotANumber, NumberFault::Unit));
    }
    let value: f64 = plain.parse().map_err(|_: std::num::ParseFloatError| NumberFault::NotANumber)?;
    if !value.is_finite() {
        return Err(NumberFault::NotFinite);
    }
    Ok(Some(value))
}

/// A number of percent, where a share is what the column asks for: `5`, `5%` and `50‰` are 5.
///
/// # Errors
/// As [`parse_number`], but for the signs of a share.
pub fn parse_percent_as(text: &str, commas: Commas) -> Result<Option<f64>, NumberFault> {
    match share_sign(&normalise_text(text)) {
        Some((body, of_percent)) => Ok(parse_number_as(body, commas)?.map(|v| v / of_percent)),
        None => parse_number_as(text, commas),
    }
}

/// Signs of a share and how many of them are one percent.
const SHARES: [(char, f64); 4] = [('%', 1.0), ('‰', 10.0), ('‱', 100.0), ('٪', 1.0)];

/// A text without the sign of a share behind it, and how many of that sign are one percent.
fn share_sign(text: &str) -> Option<(&str, f64)> {
    let body = |(sign, of_percent): &(char, f64)| Some((text.strip_suffix(*sign)?.trim_end(), *of_percent));
    SHARES.iter().find_map(body)
}

/// The word behind the digits of `12 万吨`.
fn unit_behind(body: &str) -> Option<String> {
    let digits = |c: char| c.is_ascii_digit() || " .,'+-".contains(c);
    let unit = body.trim_start_matches(digits);
    let starts_with_digit = body.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    let is_word = unit.chars().all(|c| !c.is_ascii_digit()) && unit.starts_with(char::is_alphabetic);
    (starts_with_digit && is_word && !matches!(unit, "e" | "E" | "x" | "X")).then(|| unit.to_owned())
}

/// The number with a decimal point and without separators, after checking that they stand every three digits.
fn plain_digits(body: &str, commas: Commas) -> Result<String, NumberFault> {
    let body = body.strip_prefix(['\'', '’']).unwrap_or(body);
    if commas == Commas::Decimal {
        let (whole, fraction) = body.split_once(',').map_or((body, None), |(w, f)| (w, Some(f)));
        let whole = without_separators(whole, &['.', ' ', '\'', '’'])?;
        if fraction.is_some_and(|f| f.contains([',', '.', ' '])) {
            return Err(NumberFault::Grouping);
        }
        return Ok(fraction.map_or(whole.clone(), |f| format!("{whole}.{f}")));
    }
    without_separators(body, &[',', ' ', '\'', '’'])
}

/// Drops the one separator in use after checking its groups.
fn without_separators(body: &str, separators: &[char]) -> Result<String, NumberFault> {
    let Some(separator) = separators.iter().copied().find(|s| body.contains(*s)) else {
        return Ok(body.to_owned());
    };
    let end = if separator == '.' { &['e', 'E'][..] } else { &['.', 'e', 'E'][..] };
    let whole = body.split(end).next().unwrap_or(body);
    let mut groups = whole.trim_start_matches(['+', '-']).split(separator);
    let first = groups.next().unwrap_or("");
    let all_digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
    let good =
        (1..=3).contains(&first.len()) && all_digits(first) && groups.all(|g| g.len() == 3 && all_digits(g));
    let rest_is_plain = !body[whole.len()..].contains(separators);
    if good && rest_is_plain {
        return Ok(body.replace(separator, ""));
    }
    if let Some(unit) = unit_behind(body) {
        return Err(NumberFault::Unit(unit));
    }
    let digits = body.bytes().any(|b| b.is_ascii_digit()) && !body.bytes().any(|b| b.is_ascii_alphabetic());
    Err(if digits && separator != ' ' { NumberFault::Grouping } else { NumberFault::NotANumber })
}

/// How commas are used in a column, gathered text by text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommaEvidence {
    /// A text that only makes sense with a decimal comma, e.g. `1,95`.
    decimal: Option<String>,
    /// A text that only makes sense with a decimal point, e.g. `1,234,567` or `0.5`.
    point: Option<String>,
    /// A text that both could mean, e.g. `1,950`.
    either: Option<String>,
    /// A text with points only, which both could mean, e.g. `1.950`.
    grouped: Option<String>,
    /// Another column of the table decided.
    adopted: bool,
}

impl CommaEvidence {
    /// Looks at one text of the column.
    pub fn see(&mut self, text: &str) {
        if !text.contains([',', '.', '，', '．']) || (self.decimal.is_some() && self.point.is_some()) {
            return;
        }
        let read = |commas| matches!(parse_percent_as(text, commas), Ok(Some(_)));
        let slot = match (read(Commas::Decimal), read(Commas::Thousands)) {
            (true, false) => &mut self.decimal,
            (false, true) => &mut self.point,
            (true, true) if normalise_text(text).starts_with("0,") => &mut self.decimal,
            (true, true) if normalise_text(text).starts_with("0.") => &mut self.point,
            // "1.950" is a decimal point to nearly everybody; it is no evidence for decimal commas.
            (true, true) if !text.contains([',', '，']) => &mut self.grouped,
            (true, true) => &mut self.either,
            (false, false) => return,
        };
        slot.get_or_insert_with(|| text.trim().to_owned());
    }

    /// What commas mean in the column: decimal only if a text cannot be read otherwise and none speaks against it.
    pub fn commas(&self) -> Commas {
        let against = self.point.is_some() || (self.grouped.is_some() && !self.adopted);
        if self.decimal.is_some() && !against { Commas::Decimal } else { Commas::Thousands }
    }

    /// One table is written in one way: if a column has decimal commas for sure and none has decimal points for sure, the
    /// columns that could be read both ways (`1,950`, `9.000`) follow.
    pub fn agree(columns: &mut [&mut Self]) {
        if columns.iter().any(|c| c.point.is_some()) {
            return;
        }
        let Some(because) =
            columns.iter().filter(|c| c.commas() == Commas::Decimal).find_map(|c| c.decimal.clone())
        else {
            return;
        };
        for column in
            columns.iter_mut().filter(|c| c.decimal.is_none() && (c.either.is_some() || c.grouped.is_some()))
        {
            column.adopted = true;
            column.decimal = Some(because.clone());
        }
    }

    /// What to tell about the decision: the text that made it, or one that could be read both ways.
    pub fn remark(&self) -> Option<String> {
        match (self.commas(), &self.decimal, &self.either, &self.point) {
            (Commas::Decimal, Some(text), _, _) if self.adopted => {
                let own = self.either.as_ref().or(self.grouped.as_ref()).map_or("", String::as_str);
                let number = parse_number_as(own, Commas::Decimal).ok().flatten().unwrap_or(f64::NAN);
                Some(format!(
                    "\"{own}\" is read as {number}, because another column has decimal commas (\"{text}\")"
                ))
            }
            (Commas::Decimal, Some(text), _, _) => {
                Some(format!("commas are read as decimal commas, because of \"{text}\""))
            }
            (Commas::Thousands, None, Some(text), None) => Some(format!(
                "commas are read as thousands separators: \"{text}\" is {}",
                text.replace([',', '，'], "")
            )),
            (Commas::Thousands, None, None, None) => self.grouped.as_ref().map(|text| {
                let number = parse_number(text).ok().flatten().unwrap_or(f64::NAN);
                format!("points are read as decimal points: \"{text}\" is {number}")
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(texts: &[&str]) -> CommaEvidence {
        let mut seen = CommaEvidence::default();
        for text in texts {
            seen.see(text);
        }
        seen
    }

    #[test]
    fn columns_that_could_be_read_both_ways_follow_one_with_decimal_commas() {
        let (mut gdp, mut people, mut area) =
            (evidence(&["900,5", "1.234,5"]), evidence(&["9.000", "5.000"]), evidence(&["1,950"]));
        assert_eq!((people.commas(), area.commas()), (Commas::Thousands, Commas::Thousands));
        CommaEvidence::agree(&mut [&mut gdp, &mut people, &mut area]);
        assert_eq!((people.commas(), area.commas()), (Commas::Decimal, Commas::Decimal));
        assert!(
            people.remark().is_some_and(|r| r.contains("\"9.000\" is read as 9000") && r.contains("900,5"))
        );
        // A column with decimal points for sure: nobody follows. A column that speaks for itself stays.
        let (mut gdp, mut people, mut share) =
            (evidence(&["900,5"]), evidence(&["9.000"]), evidence(&["0.5"]));
        CommaEvidence::agree(&mut [&mut gdp, &mut people, &mut share]);
        assert_eq!(people.commas(), Commas::Thousands);
        let mut both = evidence(&["0,25", "1.950"]);
        CommaEvidence::agree(&mut [&mut both]);
        assert_eq!(
            both.commas(),
            Commas::Thousands,
            "contradicts itself: the cells that do not fit are refused"
        );
    }

    #[test]
    fn points_that_could_separate_thousands_are_told() {
        let said = evidence(&["1.950", "30", "12.500"]).remark().unwrap_or_default();
        assert!(said.contains("\"1.950\" is 1.95"), "{said}");
        for plain in [&["1.950", "1.95"][..], &["0.950"], &["1950"], &["1.950", "1,234.5"]] {
            assert_eq!(evidence(plain).remark(), None, "{plain:?}");
        }
    }

    #[test]
    fn thousands_separators_of_every_kind_are_understood() {
        for text in [
            "1234567.8",
            "1,234,567.8",
            "1 234 567.8",
            "１，２３４，５６７．８",
            "1\u{a0}234\u{a0}567.8",
            "1\u{202f}234\u{2009}567.8",
            "1'234'567.8",
            "1’234’567.8",
            "'1234567.8",
        ] {
            assert_eq!(parse_number(text), Ok(Some(1_234_567.8)), "{text}");
        }
        assert_eq!(parse_number("-1,234"), Ok(Some(-1234.0)));
        assert_eq!(parse_number("1.2e3"), Ok(Some(1200.0)));
        assert_eq!(parse_number("2,020"), Ok(Some(2020.0)));
    }

    #[test]
    fn dashes_and_blanks_are_missing_values() {
        for text in
            ["", "  ", "-", "—", "——", "…", "N/A", "/", "NULL", "None", "*****", "＊＊＊", "暂缺", "\\N"]
        {
            assert_eq!(parse_number(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused_with_the_reason() {
        assert_eq!(parse_number("12,5"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("1,23,456"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("1.234,567"), Err(NumberFault::Grouping));
        assert_eq!(parse_number("nan"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("#DIV/0!"), Err(NumberFault::SheetError));
        assert_eq!(parse_number("1e999"), Err(NumberFault::NotFinite));
        assert_eq!(parse_number("约120"), Err(NumberFault::NotANumber));
        assert_eq!(parse_number("0x10"), Err(NumberFault::NotANumber));
        for (text, unit) in [("12 万吨", "万吨"), ("3.5亿", "亿"), ("1,200人", "人"), ("7 km", "km")]
        {
            assert_eq!(parse_number(text), Err(NumberFault::Unit(unit.into())), "{text}");
        }
    }

    #[test]
    fn a_share_is_no_amount_but_may_be_asked_for() {
        for text in ["12%", "12 %", "１２％", "12﹪", "5‰", "1,200%", "-3%", "3‱"] {
            assert_eq!(parse_number(text), Err(NumberFault::Share), "{text}");
        }
        assert_eq!(parse_number("growth %"), Err(NumberFault::NotANumber), "a label");
        for (text, percent) in [("5", 5.0), ("5%", 5.0), ("５％", 5.0), ("50‰", 5.0), ("3‰", 0.3)] {
            assert_eq!(parse_percent_as(text, Commas::Thousands), Ok(Some(percent)), "{text}");
        }
        assert_eq!(parse_percent_as("—", Commas::Thousands), Ok(None));
        assert_eq!(evidence(&["5,5%"]).commas(), Commas::Decimal);
        assert_eq!(parse_percent_as("5,5%", Commas::Decimal), Ok(Some(5.5)));
    }

    #[test]
    fn a_column_decides_what_its_commas_mean() {
        assert_eq!(evidence(&["1,95", "1,950"]).commas(), Commas::Decimal);
        assert_eq!(evidence(&["1.234,5", "12"]).commas(), Commas::Decimal);
        assert_eq!(evidence(&["0,950"]).commas(), Commas::Decimal);
        assert_eq!(evidence(&["1,950", "2,100"]).commas(), Commas::Thousands);
        // A plain point anywhere forbids decimal commas: "1,95" is then an error, not a guess.
        assert_eq!(evidence(&["1,95", "3.5"]).commas(), Commas::Thousands);
        assert_eq!(evidence(&["1,95", "1,234,567"]).commas(), Commas::Thousands);
        assert_eq!(parse_number_as("1,950", Commas::Decimal), Ok(Some(1.95)));
        assert_eq!(parse_number_as("1.234,5", Commas::Decimal), Ok(Some(1234.5)));
        assert_eq!(parse_number_as("-12,5", Commas::Decimal), Ok(Some(-12.5)));
        assert_eq!(parse_number_as("1,2,3", Commas::Decimal), Err(NumberFault::Grouping));
    }

    #[test]
    fn the_decision_is_told_with_the_text_that_made_it() {
        assert!(evidence(&["1,95"]).remark().unwrap().contains("decimal commas, because of \"1,95\""));
        assert!(evidence(&["1,950"]).remark().unwrap().contains("\"1,950\" is 1950"));
        assert_eq!(evidence(&["1,950", "2,000.5"]).remark(), None);
        assert_eq!(evidence(&["1950"]).remark(), None);
    }
}
