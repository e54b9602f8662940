//! Where text leaves the program: results on standard output, everything else on standard error. Passwords and control
//! codes do not.

use crate::args::Output;
use crate::events;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

/// Standard output, for results. A reader that has seen enough (`| head`) ends the program quietly.
pub fn print_line(text: &str) {
    let stdout = std::io::stdout();
    let text = clean(text, stdout.is_terminal());
    let mut out = stdout.lock();
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(e) => {
            eprint_line(&format!("error: cannot write to standard output: {e}"));
            std::process::exit(2);
        }
    }
}

/// A result on standard output: as JSON for programs, or as text.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn print_as(
    output: Output,
    result: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> crate::failure::Result<u8> {
    print_line(&if output == Output::Json { serde_json::to_string_pretty(result)? } else { text() });
    Ok(0)
}

/// Standard error, for everything else; as an event where standard error is for programs.
pub fn eprint_line(text: &str) {
    if events::on() {
        events::write(&events::Event::Message { text: text.trim_end_matches('\n') });
    } else {
        events::write_error_line(&clean(text, std::io::stderr().is_terminal()));
    }
}

/// Without passwords, and without control codes but line ends, tabs and, on a terminal, the colours of messages.
fn clean(text: &str, colours: bool) -> String {
    let text = carbonzone_types::redact(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(is_code) {
        out.push_str(&rest[..at]);
        let code = &rest[at..];
        let length = if colours { colour_length(code) } else { None };
        let first = code.chars().next().map_or(0, char::len_utf8);
        match length {
            Some(n) => out.push_str(&code[..n]),
            None => out.extend(code.chars().next().map(picture)),
        }
        rest = &code[length.unwrap_or(first)..];
    }
    out.push_str(rest);
    out
}

/// A text from a file, to be set into a coloured message.
pub fn without_codes(text: &str) -> String {
    text.chars().map(|c| if is_code(c) { picture(c) } else { c }).collect()
}

/// Control codes, and the marks that turn the direction of what follows.
fn is_code(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The picture of a control code (␛ for escape).
fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    }
}

/// Length of a colour sequence: escape, `[`, digits and `;`, `m`.
fn colour_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\u{1b}[")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    rest[end..].starts_with('m').then_some(end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_codes_are_shown_as_pictures() {
        assert_eq!(clean("unit \"\u{1b}]0;x\u{7}t\"", true), "unit \"␛]0;x␇t\"");
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m\tx\n", true), "\u{1b}[31mred\u{1b}[0m\tx\n");
        assert_eq!(clean("\u{1b}[31mred", false), "␛[31mred");
        assert_eq!(clean("a\rb\u{9b}2J\u{202e}", true), "a␍b\u{fffd}2J\u{fffd}");
        assert_eq!(without_codes("\u{1b}[31m"), "␛[31m");
    }
}
