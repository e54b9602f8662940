//! Units of money: a power of ten of a currency, or none, and the columns that are named by one.

use crate::AttributeTable;

/// Column of GDP without its unit, as [`without_unit`] gives it.
pub const GDP: &str = "gdp";
/// Column of emissions per GDP without its unit.
pub const PER_GDP: &str = "gross_t_per_gdp";

/// A power of ten of a currency, e.g. 10⁴ CNY, the default of every study; or an index, of which only shares mean something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyUnit {
    exponent: u32,
    /// Code of ISO 4217, three capital letters; empty for an index.
    currency: String,
}

impl Default for MoneyUnit {
    fn default() -> Self {
        Self { exponent: 4, currency: "CNY".to_owned() }
    }
}

/// Largest power of ten of a unit.
const LARGEST: u32 = 12;
/// Words for powers of ten, English and Chinese.
const POWERS: [(&str, &str, u32); 7] = [
    ("thousand", "千", 3),
    ("ten thousand", "万", 4),
    ("million", "百万", 6),
    ("hundred million", "亿", 8),
    ("billion", "十亿", 9),
    ("trillion", "万亿", 12),
    ("", "", 0),
];
/// Abbreviations of powers of ten in headers.
const SHORT: [(&str, u32); 10] = [
    ("k", 3),
    ("tsd", 3),
    ("tsd.", 3),
    ("m", 6),
    ("mn", 6),
    ("mio", 6),
    ("mio.", 6),
    ("bn", 9),
    ("mrd", 9),
    ("mrd.", 9),
];
/// An index in both languages.
const INDEX: [&str; 2] = ["index", "指数"];
/// Currencies by their code, with what they are called in Chinese.
const CURRENCIES: [(&str, &str); 17] = [
    ("CNY", "元"),
    ("USD", "美元"),
    ("EUR", "欧元"),
    ("JPY", "日元"),
    ("GBP", "英镑"),
    ("CHF", "瑞士法郎"),
    ("HKD", "港元"),
    ("TWD", "新台币"),
    ("MOP", "澳门元"),
    ("KRW", "韩元"),
    ("SGD", "新加坡元"),
    ("INR", "印度卢比"),
    ("AUD", "澳元"),
    ("CAD", "加元"),
    ("RUB", "卢布"),
    ("BRL", "雷亚尔"),
    ("VND", "越南盾"),
];

impl MoneyUnit {
    /// What can be written, in words.
    pub const EXPECTED: &'static str = "a power of ten and the three letters of a currency, e.g. \"1e6 USD\", \"million EUR\", \"CNY\"; or \"index\"";

    /// True for the money of mainland China.
    pub fn is_yuan(&self) -> bool {
        self.currency == "CNY"
    }

    /// Reads `1e6 USD`, `million EUR`, `JPY`, `万元`, `亿美元`. `None` if it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if INDEX.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Some(Self::index());
        }
        let letters = |c: &str| c.len() == 3 && c.bytes().all(|b| b.is_ascii_alphabetic());
        let at = text.rfind(' ').map_or(0, |i| i + 1);
        let (power, currency) = (text[..at].trim().to_lowercase(), &text[at..]);
        if letters(currency) {
            let exponent = exponent(&power)?;
            return Some(Self { exponent, currency: currency.to_uppercase() });
        }
        // Chinese: the longest name of a currency first, so that 美元 is not read as 元.
        let mut named = CURRENCIES.to_vec();
        named.sort_by_key(|(_, zh)| std::cmp::Reverse(zh.len()));
        let (code, power) = named.iter().find_map(|(code, zh)| Some((code, text.strip_suffix(zh)?)))?;
        let (_, _, exponent) = POWERS.iter().find(|(_, zh, _)| *zh == power.trim())?;
        Some(Self { exponent: *exponent, currency: (*code).to_owned() })
    }

    /// Codes of the currencies that are known by name.
    pub fn currencies() -> impl Iterator<Item = &'static str> {
        CURRENCIES.iter().map(|(code, _)| *code)
    }

    /// A unit by its currency.
    pub fn one(currency: &str) -> Self {
        Self { exponent: 0, currency: currency.to_owned() }
    }

    /// A number without a unit, such as an index or a share: only its parts of the whole mean something.
    pub fn index() -> Self {
        Self { exponent: 0, currency: String::new() }
    }

    /// True for [`MoneyUnit::index`].
    pub fn is_index(&self) -> bool {
        self.currency.is_empty()
    }

    /// Words for units in tables, without blanks and in small letters: those of this currency by its code too.
    pub fn words(home: &str) -> Vec<(String, Self)> {
        let mut out = Vec::new();
        for (en, zh, exponent) in POWERS {
            let unit = |currency: &str| Self { exponent, currency: currency.to_owned() };
            let foreign = CURRENCIES.iter().filter(|(code, _)| *code != "CNY");
            out.extend(foreign.map(|(code, name)| (format!("{zh}{name}"), unit(code))));
            let code = home.to_lowercase();
            if home != "CNY" {
                let powers =
                    [en.replace(' ', ""), format!("1e{exponent}"), format!("{}", 10u64.pow(exponent))];
                let keep = |p: &&String| exponent > 0 || p.is_empty();
                // Powers are read as Chinese words too: 10^6 as 百万.
                out.extend((exponent > 0).then(|| (format!("{zh}{code}"), unit(home))));
                out.extend(powers.iter().filter(keep).map(|p| (format!("{p}{code}"), unit(home))));
            }
        }
        if home != "CNY" {
            let code = home.to_lowercase();
            let short = |(word, exponent): (&str, u32)| {
                (format!("{word}{code}"), Self { exponent, currency: home.to_owned() })
            };
            out.extend(SHORT.map(short));
        }
        if home != "USD" {
            out.push(("usd".to_owned(), Self::one("USD")));
        }
        out
    }

    /// Its currency: the code of ISO 4217; empty for an index.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// How much money it is, in its currency.
    pub fn value(&self) -> f64 {
        10f64.powi(self.exponent as i32)
    }

    /// As column names hold it: `1e4cny`, `usd`.
    pub fn slug(&self) -> String {
        if self.is_index() {
            return INDEX[0].to_owned();
        }
        let power = if self.exponent == 0 { String::new() } else { format!("1e{}", self.exponent) };
        power + &self.currency.to_lowercase()
    }

    /// In English: `10⁴ CNY`, `index`.
    pub fn en(&self) -> String {
        if self.is_index() {
            INDEX[0].to_owned()
        } else if self.exponent == 0 {
            self.currency.clone()
        } else {
            format!("10{} {}", raised(self.exponent), self.currency)
        }
    }

    /// In Chinese: `万元`, `百万美元`, `指数`.
    pub fn zh(&self) -> String {
        if self.is_index() {
            return INDEX[1].to_owned();
        }
        let named = CURRENCIES.iter().find(|(code, _)| *code == self.currency);
        let name = named.map_or_else(|| format!(" {}", self.currency), |(_, zh)| (*zh).to_owned());
        let power = POWERS.iter().find(|(.., e)| *e == self.exponent);
        let power =
            power.map_or_else(|| format!("10{}", raised(self.exponent)), |(_, zh, _)| (*zh).to_owned());
        (power + &name).trim().to_owned()
    }

    /// As the pipeline file and ledgers write it: `1e4 CNY`.
    pub fn plain(&self) -> String {
        if self.is_index() {
            INDEX[0].to_owned()
        } else if self.exponent == 0 {
            self.currency.clone()
        } else {
            format!("1e{} {}", self.exponent, self.currency)
        }
    }

    /// The column of GDP: `gdp_1e4cny`.
    pub fn gdp_field(&self) -> String {
        format!("gdp_{}", self.slug())
    }

    /// The column of emissions per GDP: `gross_t_per_1e4cny`. Tonnes per unit of an index mean nothing: none.
    pub fn per_gdp_field(&self) -> Option<String> {
        (!self.is_index()).then(|| format!("gross_t_per_{}", self.slug()))
    }

    /// The unit that a column of GDP, or of emissions per GDP, is named by.
    pub fn of_field(field: &str) -> Option<Self> {
        if field.strip_prefix("gdp_") == Some(INDEX[0]) {
            return Some(Self::index());
        }
        let slug = field.strip_prefix("gross_t_per_").or_else(|| field.strip_prefix("gdp_"))?;
        let split = slug.len().checked_sub(3).filter(|at| slug.is_char_boundary(*at))?;
        let (power, currency) = slug.split_at(split);
        let unit = Self { exponent: exponent(power)?, currency: currency.to_uppercase() };
        (unit.slug() == slug && currency.bytes().all(|b| b.is_ascii_lowercase())).then_some(unit)
    }
}

/// 6 of `1e6`, `10^6`, `million`; 0 of nothing.
fn exponent(power: &str) -> Option<u32> {
    let digits = power.strip_prefix("1e").or_else(|| power.strip_prefix("10^"));
    let found = match digits {
        Some(digits) => digits.parse().ok()?,
        None => POWERS.iter().find(|(en, ..)| *en == power)?.2,
    };
    (found <= LARGEST).then_some(found)
}

fn raised(exponent: u32) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|d| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(d as usize));
    exponent.to_string().chars().filter_map(digit).collect()
}

/// Name of a column without its unit of money: [`GDP`], [`PER_GDP`]; other names as they are.
pub fn without_unit(field: &str) -> &str {
    match MoneyUnit::of_field(field) {
        Some(_) if field.starts_with("gdp_") => GDP,
        Some(_) => PER_GDP,
        None => field,
    }
}

/// The column of a table with this name without unit of money, e.g. [`GDP`].
pub fn column_of<'a>(table: &'a AttributeTable, plain: &'a str) -> &'a str {
    let mut names = table.columns.iter().map(|c| c.name.as_str());
    names.find(|name| without_unit(name) == plain).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_people_write_them() {
        let read = |text: &str| MoneyUnit::parse(text).map(|u| (u.plain(), u.en(), u.zh()));
        let expected = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(read("1e4 CNY"), expected("1e4 CNY", "10⁴ CNY", "万元"));
        assert_eq!(read("million usd"), expected("1e6 USD", "10⁶ USD", "百万美元"));
        assert_eq!(read("10^9 EUR"), expected("1e9 EUR", "10⁹ EUR", "十亿欧元"));
        assert_eq!(read("CHF"), expected("CHF", "CHF", "瑞士法郎"));
        assert_eq!(read("1e5 SEK"), expected("1e5 SEK", "10⁵ SEK", "10⁵ SEK"));
        assert_eq!(read("1e12 JPY"), expected("1e12 JPY", "10¹² JPY", "万亿日元"));
        assert_eq!(read("亿美元"), expected("1e8 USD", "10⁸ USD", "亿美元"));
        assert_eq!(read("万元"), expected("1e4 CNY", "10⁴ CNY", "万元"));
        assert_eq!(MoneyUnit::parse("1e4 CNY"), Some(MoneyUnit::default()));
        for wrong in ["", "dollars", "1e4", "2e4 USD", "1e13 USD", "1e-2 USD", "many USD", "万", "$"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn columns_carry_their_unit_and_others_are_left_alone() {
        for text in ["1e4 CNY", "USD", "1e6 EUR", "1e12 JPY"] {
            let unit = MoneyUnit::parse(text).unwrap();
            let fields = [unit.gdp_field(), unit.per_gdp_field().unwrap()];
            assert_eq!(fields.each_ref().map(|f| MoneyUnit::of_field(f)), [Some(unit.clone()), Some(unit)]);
            assert_eq!(fields.each_ref().map(|f| without_unit(f)), [GDP, PER_GDP]);
        }
        for other in
            ["gdp_derived", "gross_t_per_person", "gdp_", "gdp_1e4", "gdp_1E4CNY", "gross_t", "gdp_万元"]
        {
            assert_eq!((MoneyUnit::of_field(other), without_unit(other)), (None, other));
        }
        let index = MoneyUnit::parse("Index").unwrap();
        assert_eq!(
            (MoneyUnit::of_field(&index.gdp_field()), index.per_gdp_field()),
            (Some(index.clone()), None)
        );
        assert_eq!(
            (MoneyUnit::parse(&index.plain()), MoneyUnit::parse("指数")),
            (Some(index.clone()), Some(index))
        );
        assert_eq!(MoneyUnit::of_field("gross_t_per_index"), None);
        assert_eq!(MoneyUnit::default().gdp_field(), "gdp_1e4cny");
        let table = AttributeTable::new().with("gdp_1e6usd", crate::ColumnData::reals(&[1.0]));
        assert_eq!([column_of(&table, GDP), column_of(&table, PER_GDP)], ["gdp_1e6usd", PER_GDP]);
    }
}
