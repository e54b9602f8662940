//! Passwords and tokens in connection strings and addresses, taken out of everything that is shown or written.

/// Stands for what was taken out.
const HIDDEN: &str = "***";

/// Words before `=` whose value is secret, wherever they stand, also behind another one (`access_token`): keys of databases and
/// web services.
const SECRETS: &str = "password passwd pwd pass pgpassword sslpassword passphrase token api_key apikey api-key secret \
                       secret_access_key authorization userpwd";

/// Words whose value is secret in the query of an address only: elsewhere they are plain words.
const QUERY_SECRETS: [&str; 7] = ["key", "sig", "signature", "auth", "sas", "tk", "ak"];

/// The text with `***` for every password and token: `password=...`, `token=...`, `https://user:...@host`,
/// `...?key=...`.
///
/// # Examples
/// ```
/// use carbonzone_types::redact;
/// assert_eq!(redact("PG:dbname=land user=ann password='a b'"), "PG:dbname=land user=ann password=***");
/// assert_eq!(redact("https://ann:pw@host/a.tif?key=k1&x=2"), "https://ann:***@host/a.tif?key=***&x=2");
/// assert_eq!(redact("key = \"unit\""), "key = \"unit\"");
/// ```
pub fn redact(text: &str) -> String {
    without_values(&without_user_info(text))
}

/// [`redact`] for every text of a JSON value, also for values whose key says that they are secret.
#[cfg(feature = "manifest")]
pub fn redact_json(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = redact(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact_json),
        serde_json::Value::Object(map) => map.values_mut().for_each(redact_json),
        _ => {}
    }
}

/// `scheme://user:secret@` without the secret.
fn without_user_info(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        // The user information ends at the last @ before the path; a password may hold one itself.
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#' | '<' | '>'));
        let authority = &after[..end.unwrap_or(after.len())];
        // An unescaped slash or question mark in a password would end the authority too early.
        let whole =
            after.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next().unwrap_or_default();
        let found = authority.rfind('@').or_else(|| {
            whole
                .rfind('@')
                .filter(|i| authority.contains(':') && !is_port(authority) && *i > authority.len())
        });
        rest = after;
        if let Some(i) = found {
            let user = &after[..i];
            let name = user.split_once(':').map(|(name, _)| name);
            out.push_str(name.unwrap_or_default());
            out.push_str(if name.is_some() { ":" } else { "" });
            out.push_str(HIDDEN);
            rest = &after[i..];
        }
    }
    out.push_str(rest);
    out
}

/// `host:5432`: what follows the colon is no password.
fn is_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, p)| p.chars().all(|c| c.is_ascii_digit()))
}

/// `word=value` without the value if the word says that it is secret.
fn without_values(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push('=');
        rest = &after[1..];
        if !is_secret(before) {
            continue;
        }
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let query = before.trim_end().ends_with(|c: char| c.is_alphanumeric()) && in_query(before);
        let length = if query { 0 } else { blanks };
        let value = value_length(&rest[length..], query);
        if value > 0 {
            out.push_str(&rest[..length]);
            out.push_str(HIDDEN);
            rest = &rest[length + value..];
        }
    }
    out.push_str(rest);
    out
}

fn is_secret(before: &str) -> bool {
    let trimmed = before.trim_end_matches([' ', '\t']);
    let word_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let start = trimmed.rfind(|c: char| !word_char(c)).map_or(0, |i| i + 1);
    // The character before the word may have several bytes.
    let start = (start..=trimmed.len()).find(|i| trimmed.is_char_boundary(*i)).unwrap_or(trimmed.len());
    let word = trimmed[start..].to_ascii_lowercase();
    let ends = |s: &str| word == s || word.ends_with(&format!("_{s}")) || word.ends_with(&format!("-{s}"));
    SECRETS.split(' ').any(ends) || (in_query(before) && QUERY_SECRETS.contains(&word.as_str()))
}

/// True right after `?` or `&` and a word.
fn in_query(before: &str) -> bool {
    let word_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    before.trim_end_matches(word_char).ends_with(['?', '&'])
}

/// Bytes of a value: quoted as in a connection string, or up to what ends it.
fn value_length(text: &str, query: bool) -> usize {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"' | '{'));
    if let Some(quote) = quote.filter(|_| !query) {
        let close = if quote == '{' { '}' } else { quote };
        let mut escaped = false;
        for (i, c) in text.char_indices().skip(1) {
            if !escaped && c == close {
                return i + c.len_utf8();
            }
            escaped = !escaped && c == '\\';
        }
        return text.len();
    }
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';' | '|') || (query && c == '#');
    text.find(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_secret_is_left() {
        for text in [
            "PG:dbname=land password=S3CRET",
            "PG:dbname=land password = S3CRET port=5432",
            "PG:dbname='land' password='S3CRET with blanks' host=h",
            r"PG:password='S3CRET\'S3CRET' host=h",
            "PG:PASSWORD=S3CRET",
            "postgresql://ann:S3CRET@host:5432/db",
            "PG:postgresql://ann:S3@CRET@host/db",
            "postgresql://ann:S3CRET/S3CRET@host/db",
            "postgres://S3CRET@host/db",
            "MYSQL:land,user=ann,password=S3CRET,port=3306",
            "MSSQL:server=h;database=d;UID=u;PWD=S3CRET;",
            "MSSQL:server=h;PWD={S3CRET;S3CRET};",
            "/vsicurl/https://h/a.tif?X-Amz-Security-Token=S3CRET&a=1",
            "https://h/a.tif?sv=2020&sig=S3CRET",
            "WFS:https://h/wfs?apikey=S3CRET",
            "https://h/wms?map=a&key=S3CRET#x",
            "--set layers.parcels.source.path=PG:password=S3CRET",
            "could not connect to \"host=h password=S3CRET\": refused",
            "用户password=S3CRET",
            "token=S3CRET",
        ] {
            let shown = redact(text);
            assert!(!shown.contains("S3") && !shown.contains("CRET"), "{text} -> {shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }

    #[test]
    fn plain_texts_stay_as_they_are() {
        for text in [
            "key = \"unit\"",
            "a=b",
            "x == y",
            "https://example.org:8080/a@b",
            "mailto: a@b.c",
            "kind = \"zones\"",
            "where = \"DLBM = '0701'\"",
            "苏州 = 1",
            "=",
            "compass=3",
            "https://example.org/?q=1",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
