//! Text for SVG and QGIS files, whatever the user's files hold.

use std::borrow::Cow;

/// The text without what XML cannot hold: control characters other than tab and line ends (XML 1.0, section 2.2).
pub(crate) fn allowed(text: &str) -> Cow<'_, str> {
    let refused =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(refused) { Cow::Owned(text.replace(refused, "")) } else { Cow::Borrowed(text) }
}

/// The text as it stands between tags or in an attribute.
pub(crate) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(allowed(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out_and_markup_is_escaped() {
        assert_eq!(escaped("a\u{b}\u{1b}[31m<b>\u{ffff}&\t"), "a[31m&lt;b&gt;&amp;\t");
    }
}
