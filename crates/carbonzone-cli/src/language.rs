//! The language of what the command says: `--lang`, else that of the locale.

use crate::failure::{Failure, causes};
use carbonzone_report::{Lang, chinese};
use std::ffi::OsString;
use std::sync::OnceLock;

static ASKED: OnceLock<Option<Lang>> = OnceLock::new();

/// Sets what `--lang` says, once.
pub fn set(asked: Option<Lang>) {
    let _ = ASKED.set(asked);
}

/// What `--lang` says among the arguments of the command.
pub fn given(args: impl Iterator<Item = OsString>) -> Option<Lang> {
    let args: Vec<String> = args.map(|a| a.to_string_lossy().into_owned()).collect();
    let value = args.iter().enumerate().find_map(|(i, arg)| match arg.strip_prefix("--lang")? {
        "" => args.get(i + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    });
    value.and_then(|v| v.parse().ok())
}

/// What `--lang` says.
pub fn asked() -> Option<Lang> {
    ASKED.get().copied().flatten()
}

/// The language of messages.
pub fn lang() -> Lang {
    asked().unwrap_or_else(|| of_locale(|name| std::env::var(name).ok()))
}

/// Chinese if the first variable of the locale that is set says so, as the C library reads them.
pub fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|v| !v.is_empty()));
    if named.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh")) {
        Lang::Zh
    } else {
        Lang::En
    }
}

/// A sentence in the language of messages, or in both.
pub fn say(en: &str, zh: &str) -> String {
    lang().say(en, zh)
}

/// A sentence of the library, in the language of messages.
pub fn sentence(en: &str) -> String {
    lang().sentence(en)
}

/// A word of the library (layer, stage), in the language of messages.
pub fn word(en: &str) -> String {
    lang().word(en)
}

/// Marks in front of a message.
const MARKS: [(&str, &str); 4] =
    [("error: ", "错误："), ("warning: ", "警告："), ("hint: ", "建议："), ("note: ", "注：")];

/// Lines of the library, each with its mark, in the language of messages.
pub fn message(en: &str) -> String {
    let line = |line: &str| {
        let (mark, zh_mark) = MARKS.into_iter().find(|(mark, _)| line.starts_with(mark)).unwrap_or(("", ""));
        format!("{zh_mark}{}", chinese::text(&line[mark.len()..]))
    };
    let zh = || en.lines().map(line).collect::<Vec<_>>().join("\n");
    match lang() {
        Lang::En => en.to_owned(),
        Lang::Zh => zh(),
        Lang::Both => {
            let zh = zh();
            if zh == en { zh } else { format!("{en}\n{zh}") }
        }
    }
}

/// An error with its causes, in the language of messages.
pub fn error(failure: &Failure) -> String {
    let texts: Vec<String> = causes(failure).map(ToString::to_string).collect();
    let en = format!("error: {}", texts.join(": "));
    let zh = || {
        let mut hints = Vec::new();
        let causes = texts.iter().map(|text| {
            let (sentence, hint) = text.split_once("\nhint: ").unwrap_or((text, ""));
            if !hint.is_empty() {
                hints.push(format!("\n建议：{}", chinese::text(hint)));
            }
            chinese::text(sentence)
        });
        let causes = causes.collect::<Vec<_>>().join("：");
        format!("错误：{causes}{}", hints.concat())
    };
    match lang() {
        Lang::En => en,
        Lang::Zh => zh(),
        Lang::Both => format!("{en}\n{}", zh()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |set: &'static [(&'static str, &'static str)]| {
            of_locale(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(with(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(with(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "en_US.UTF-8")]), Lang::Zh);
        assert_eq!(with(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]), Lang::En);
        assert_eq!(with(&[]), Lang::En);
    }

    #[test]
    fn the_language_is_known_before_the_arguments_are_parsed() {
        let of = |args: &[&str]| given(args.iter().map(OsString::from));
        assert_eq!(of(&["carbonzone", "check", "a.toml", "--lang", "zh"]), Some(Lang::Zh));
        assert_eq!(of(&["carbonzone", "--lang=both", "show", "out"]), Some(Lang::Both));
        assert_eq!(of(&["carbonzone", "show", "out"]), None);
    }
}
