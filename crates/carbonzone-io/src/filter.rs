//! SQL conditions on rows: the same for every format and table.
//!
//! Comparison (`=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`), `BETWEEN`, `IN (...)`, `LIKE` (`%`, `_`), `IS [NOT] NULL`, `NOT`,
//! `AND`, `OR` and brackets. Texts in single quotes, column names plain or in double quotes. A number compares as a
//! number (thousands separators and full-width digits as in tables), a quoted text as text, but for larger and smaller:
//! a quoted number is a number there. An empty cell is NULL, and so is a dash where a number is wanted. Comparing with
//! NULL, or a number with a text that is none, is never true: [`Selection`](crate::Selection) counts such rows.

use crate::source::did_you_mean;
use carbonzone_sheet::parse_number;

/// A compiled condition on the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Or(Vec<Node>),
    And(Vec<Node>),
    Not(Box<Node>),
    Compare(usize, Op, Literal),
    In(usize, Vec<Literal>),
    Like(usize, Vec<char>),
    IsNull(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Text(String),
    Number(f64),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// Plain word: column or keyword.
    Word(String),
    /// Name in double quotes.
    Name(String),
    Text(String),
    Number(f64),
    Symbol(&'static str),
}

/// Brackets and NOTs nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

impl Filter {
    /// Compiles a condition for a table with these columns.
    ///
    /// # Errors
    /// What cannot be read in it, in words.
    pub fn parse(text: &str, columns: &[String]) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, columns, depth: 0 };
        let root = parser.any_of()?;
        match parser.tokens.get(parser.at) {
            None => Ok(Self { root }),
            Some(extra) => Err(format!("unexpected {}", show(extra))),
        }
    }

    /// True if the row is wanted, `None` if that cannot be said; `cell` gives a column's text.
    pub fn holds<'a>(&self, cell: impl Fn(usize) -> Option<&'a str>) -> Option<bool> {
        self.root.holds(&cell, Case::Exact)
    }

    /// The same with capitals and small letters alike.
    pub(crate) fn holds_in_any_case<'a>(&self, cell: impl Fn(usize) -> Option<&'a str>) -> Option<bool> {
        self.root.holds(&cell, Case::Ignored)
    }

    /// Indices of the columns that the condition looks at, ascending.
    pub fn columns(&self) -> Vec<usize> {
        self.columns_of(|_| true)
    }

    /// Those of them that are compared with numbers.
    pub(crate) fn number_columns(&self) -> Vec<usize> {
        self.columns_of(|node| match node {
            Node::Compare(_, _, literal) => literal.is_number(),
            Node::In(_, list) => list.iter().any(Literal::is_number),
            _ => false,
        })
    }

    /// Whether it compares with texts.
    pub(crate) fn has_texts(&self) -> bool {
        !self
            .columns_of(|node| match node {
                Node::Compare(_, _, literal) => !literal.is_number(),
                Node::In(_, list) => !list.iter().all(Literal::is_number),
                _ => false,
            })
            .is_empty()
    }

    fn columns_of(&self, wanted: impl Fn(&Node) -> bool) -> Vec<usize> {
        let mut out = Vec::new();
        self.root.each(&mut |node, column| out.extend(wanted(node).then_some(column)));
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// Whether capitals and small letters differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Exact,
    Ignored,
}

impl Node {
    /// Every predicate with its column.
    fn each(&self, see: &mut dyn FnMut(&Self, usize)) {
        match self {
            Self::Or(nodes) | Self::And(nodes) => nodes.iter().for_each(|n| n.each(see)),
            Self::Not(node) => node.each(see),
            Self::Compare(i, _, _) | Self::In(i, _) | Self::Like(i, _) | Self::IsNull(i) => see(self, *i),
        }
    }

    /// Three-valued logic: `None` is SQL's unknown.
    fn holds<'a>(&self, cell: &impl Fn(usize) -> Option<&'a str>, case: Case) -> Option<bool> {
        let value = |i: usize| cell(i).map(str::trim).filter(|t| !t.is_empty());
        match self {
            Self::Or(nodes) => decide(nodes.iter().map(|n| n.holds(cell, case)), true),
            Self::And(nodes) => decide(nodes.iter().map(|n| n.holds(cell, case)), false),
            Self::Not(node) => node.holds(cell, case).map(|b| !b),
            Self::Compare(i, op, literal) => compare(value(*i)?, *op, literal, case),
            Self::In(i, list) => {
                let value = value(*i)?;
                decide(list.iter().map(|l| compare(value, Op::Eq, l, case)), true)
            }
            Self::Like(i, pattern) => {
                value(*i).map(|v| like(&v.to_lowercase().chars().collect::<Vec<_>>(), pattern))
            }
            Self::IsNull(i) => Some(value(*i).is_none()),
        }
    }
}

impl Literal {
    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }
}

/// OR (`decisive` true) or AND (`decisive` false) of three-valued terms.
fn decide(terms: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut result = Some(!decisive);
    for term in terms {
        match term {
            Some(value) if value == decisive => return Some(decisive),
            Some(_) => {}
            None => result = None,
        }
    }
    result
}

/// `None` if the text is no number, but is compared with one.
fn compare(value: &str, op: Op, literal: &Literal, case: Case) -> Option<bool> {
    let order = match literal {
        Literal::Text(text) if case == Case::Ignored => value.to_lowercase().cmp(&text.to_lowercase()),
        Literal::Text(text) => value.cmp(text.as_str()),
        Literal::Number(number) => number_of(value)?.partial_cmp(number)?,
    };
    Some(match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
    })
}

/// The number in a cell; truth values are 1 and 0.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    match text {
        "true" => Some(1.0),
        "false" => Some(0.0),
        _ => parse_number(text).ok().flatten(),
    }
}

/// Indices of the columns that a condition in SQL names, whatever it says of them.
pub(crate) fn columns_named(condition: &str, columns: &[String]) -> Vec<usize> {
    let tokens = tokens(condition).unwrap_or_default();
    let named = |column: &&String| {
        tokens.iter().any(|t| matches!(t, Token::Word(w) | Token::Name(w) if w.eq_ignore_ascii_case(column)))
    };
    columns.iter().enumerate().filter(|(_, c)| named(c)).map(|(i, _)| i).collect()
}

/// SQL LIKE without regard to case, by the two-pointer method (linear but for one star at a time).
fn like(text: &[char], pattern: &[char]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'%') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| *c == '_' || *c == text[t]) {
            t += 1;
            p += 1;
        } else if let Some((star_p, star_t)) = star {
            star = Some((star_p, star_t + 1));
            p = star_p + 1;
            t = star_t + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        let c = chars[i];
        if c.is_whitespace() {
            i += 1;
        } else if c == '\'' || c == '"' {
            let (word, next) = quoted(&chars, i)?;
            out.push(if c == '"' { Token::Name(word) } else { Token::Text(word) });
            i = next;
        } else if c.is_ascii_digit()
            || (matches!(c, '-' | '+' | '.')
                && chars.get(i + 1).is_some_and(|d| d.is_ascii_digit() || *d == '.'))
        {
            let end = (i + 1..chars.len())
                .find(|&k| {
                    !(chars[k].is_ascii_alphanumeric()
                        || chars[k] == '.'
                        || (matches!(chars[k], '+' | '-') && matches!(chars[k - 1], 'e' | 'E')))
                })
                .unwrap_or(chars.len());
            let word: String = chars[i..end].iter().collect();
            out.push(Token::Number(word.parse().map_err(|_bad| format!("\"{word}\" is not a number"))?));
            i = end;
        } else if let Some(symbol) = ["<>", "!=", "<=", ">=", "==", "=", "<", ">", "(", ")", ","]
            .into_iter()
            .find(|s| s.chars().enumerate().all(|(k, x)| chars.get(i + k) == Some(&x)))
        {
            out.push(Token::Symbol(symbol));
            i += symbol.len();
        } else if c.is_alphanumeric() || c == '_' {
            let end = (i..chars.len())
                .find(|&k| !(chars[k].is_alphanumeric() || chars[k] == '_'))
                .unwrap_or(chars.len());
            out.push(Token::Word(chars[i..end].iter().collect()));
            i = end;
        } else {
            return Err(format!("unexpected \"{c}\""));
        }
    }
    Ok(out)
}

/// A quoted text from `start`; a doubled quote stands for itself.
fn quoted(chars: &[char], start: usize) -> Result<(String, usize), String> {
    let quote = chars[start];
    let (mut word, mut i) = (String::new(), start + 1);
    while i < chars.len() {
        if chars[i] != quote {
            word.push(chars[i]);
            i += 1;
        } else if chars.get(i + 1) == Some(&quote) {
            word.push(quote);
            i += 2;
        } else {
            return Ok((word, i + 1));
        }
    }
    Err(format!("the quote {quote} is not closed"))
}

fn show(token: &Token) -> String {
    match token {
        Token::Word(w) | Token::Name(w) => format!("\"{w}\""),
        Token::Text(t) => format!("'{t}'"),
        Token::Number(n) => n.to_string(),
        Token::Symbol(s) => format!("\"{s}\""),
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    columns: &'a [String],
    depth: usize,
}

impl Parser<'_> {
    fn word(&mut self, keyword: &str) -> bool {
        let hit = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w.eq_ignore_ascii_case(keyword));
        self.at += usize::from(hit);
        hit
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let hit = matches!(self.tokens.get(self.at), Some(Token::Symbol(s)) if *s == symbol);
        self.at += usize::from(hit);
        hit
    }

    fn any_of(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.all_of()?];
        while self.word("or") {
            nodes.push(self.all_of()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Or(nodes) })
    }

    fn all_of(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.factor()?];
        while self.word("and") {
            nodes.push(self.factor()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::And(nodes) })
    }

    fn factor(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        let node = if self.word("not") {
            Node::Not(Box::new(self.factor()?))
        } else if self.symbol("(") {
            let node = self.any_of()?;
            if !self.symbol(")") {
                return Err("a closing bracket is missing".to_owned());
            }
            node
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn predicate(&mut self) -> Result<Node, String> {
        let column = self.column()?;
        if self.word("is") {
            let negated = self.word("not");
            if !self.word("null") {
                return Err("expected NULL after IS".to_owned());
            }
            return Ok(negate(Node::IsNull(column), negated));
        }
        let negated = self.word("not");
        if self.word("in") {
            return Ok(negate(Node::In(column, self.list()?), negated));
        }
        if self.word("like") {
            return match self.literal()? {
                Literal::Text(text) => {
                    Ok(negate(Node::Like(column, text.to_lowercase().chars().collect()), negated))
                }
                Literal::Number(_) => Err("LIKE needs a text in single quotes".to_owned()),
            };
        }
        if self.word("between") {
            let low = self.ordered()?;
            if !self.word("and") {
                return Err("expected AND after BETWEEN".to_owned());
            }
            let ends = [Node::Compare(column, Op::Ge, low), Node::Compare(column, Op::Le, self.ordered()?)];
            return Ok(negate(Node::And(ends.into()), negated));
        }
        if negated {
            return Err("expected IN, LIKE or BETWEEN after NOT".to_owned());
        }
        let ops = [
            ("=", Op::Eq),
            ("==", Op::Eq),
            ("<>", Op::Ne),
            ("!=", Op::Ne),
            ("<=", Op::Le),
            (">=", Op::Ge),
            ("<", Op::Lt),
            (">", Op::Gt),
        ];
        for (symbol, op) in ops {
            if self.symbol(symbol) {
                let equality = matches!(op, Op::Eq | Op::Ne);
                let literal = if equality { self.literal()? } else { self.ordered()? };
                return Ok(Node::Compare(column, op, literal));
            }
        }
        Err(format!("expected a comparison after \"{}\"", self.columns[column]))
    }

    fn column(&mut self) -> Result<usize, String> {
        let name = match self.tokens.get(self.at) {
            Some(Token::Word(w) | Token::Name(w)) => w.clone(),
            Some(other) => return Err(format!("expected a column, found {}", show(other))),
            None => return Err("the condition ends too early".to_owned()),
        };
        self.at += 1;
        let found = self.columns.iter().position(|c| *c == name);
        found.or_else(|| self.columns.iter().position(|c| c.eq_ignore_ascii_case(&name))).ok_or_else(|| {
            match did_you_mean(&name, self.columns) {
                Some(like) => format!("there is no column \"{name}\"; did you mean \"{like}\"?"),
                None => format!("there is no column \"{name}\""),
            }
        })
    }

    /// What a column is larger or smaller than: a quoted number is a number, since `'950' > '1000'` is nobody's wish.
    fn ordered(&mut self) -> Result<Literal, String> {
        Ok(match self.literal()? {
            Literal::Text(text) => text.trim().parse().map_or(Literal::Text(text), Literal::Number),
            number @ Literal::Number(_) => number,
        })
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let literal = match self.tokens.get(self.at) {
            Some(Token::Text(t)) => Literal::Text(t.clone()),
            Some(Token::Number(n)) => Literal::Number(*n),
            Some(Token::Word(w)) if w.eq_ignore_ascii_case("true") => Literal::Number(1.0),
            Some(Token::Word(w)) if w.eq_ignore_ascii_case("false") => Literal::Number(0.0),
            Some(other) => {
                return Err(format!("expected a number or a text in single quotes, found {}", show(other)));
            }
            None => return Err("the condition ends too early".to_owned()),
        };
        self.at += 1;
        Ok(literal)
    }

    fn list(&mut self) -> Result<Vec<Literal>, String> {
        if !self.symbol("(") {
            return Err("expected a list in brackets after IN".to_owned());
        }
        let mut list = vec![self.literal()?];
        while self.symbol(",") {
            list.push(self.literal()?);
        }
        if self.symbol(")") { Ok(list) } else { Err("the list after IN is not closed".to_owned()) }
    }
}

fn negate(node: Node, negated: bool) -> Node {
    if negated { Node::Not(Box::new(node)) } else { node }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps(condition: &str, row: &[&str]) -> bool {
        let columns: Vec<String> = ["hour_group", "people", "名称"].map(str::to_owned).to_vec();
        Filter::parse(condition, &columns).unwrap().holds(|i| row.get(i).copied()) == Some(true)
    }

    #[test]
    fn conditions_select_rows_as_sql_does() {
        let row = ["night", "12.5", "苏州站"];
        for (condition, wanted) in [
            ("hour_group = 'night'", true),
            ("HOUR_GROUP = 'day'", false),
            ("hour_group IN ('night', 'evening') AND people > 3", true),
            ("people >= 12.5 and not (people < 1e1)", true),
            ("\"名称\" LIKE '%州_'", true),
            ("名称 not like '上海%'", true),
            ("hour_group <> 'night' OR people = 12.5", true),
            ("people IS NULL", false),
            ("people is not null", true),
            ("people > -1", true),
            ("people BETWEEN 12 AND '13' AND hour_group = 'night'", true),
            ("people not between 12.5 and 20", false),
            ("people > '9'", true),
        ] {
            assert_eq!(keeps(condition, &row), wanted, "{condition}");
        }
    }

    #[test]
    fn an_empty_cell_is_null_and_never_equal_nor_different() {
        assert!(!keeps("people = 1", &["night", "", "x"]));
        assert!(!keeps("NOT people = 1", &["night", " ", "x"]));
        assert!(keeps("people IS NULL", &["night", "", "x"]));
    }

    #[test]
    fn numbers_are_read_as_in_every_table() {
        assert!(keeps("people > 2000", &["night", "3,000", "x"]));
        assert!(keeps("people = 3050", &["night", "３０５０", "x"]));
        assert!(keeps("people IN (3000)", &["night", "3 000", "x"]));
        assert!(!keeps("people <> 5", &["night", "—", "x"]));
    }

    #[test]
    fn a_text_that_is_no_number_is_neither_equal_nor_different() {
        for condition in ["people = 5", "people <> 5", "NOT people = 5", "people IN (5, 6)", "people > '4'"] {
            assert!(!keeps(condition, &["night", "约5", "x"]), "{condition}");
        }
        assert!(keeps("people IN (5, '约5')", &["night", "约5", "x"]), "one of the list fits");
        assert!(keeps("people = '约5'", &["night", "约5", "x"]));
    }

    #[test]
    fn mistakes_are_named() {
        let columns = ["people".to_owned()];
        let error = |c: &str| Filter::parse(c, &columns).unwrap_err();
        assert!(error("pepole > 1").contains("did you mean \"people\""));
        assert!(error("people >").contains("too early"));
        assert!(error("people = 'a").contains("not closed"));
        assert!(error("people = 1 people").contains("unexpected"));
        assert!(error(&"(".repeat(500)).contains("deep"));
        assert!(error("").contains("too early"));
    }
}
