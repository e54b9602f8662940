//! A small XML tree, written by `quick-xml`.

use crate::xml_text::{allowed, escaped};
use crate::{ReportError, Result};
use quick_xml::Writer;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::name::QName;
use std::borrow::Cow;

/// An element.
#[derive(Debug, Clone)]
pub(crate) struct El {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<El>,
    text: Option<String>,
}

/// A new element.
pub(crate) fn el(name: &'static str) -> El {
    El { name, attributes: Vec::new(), children: Vec::new(), text: None }
}

impl El {
    /// Adds an attribute.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts are passed alike")]
    pub fn a(mut self, key: &'static str, value: impl ToString) -> Self {
        self.attributes.push((key, value.to_string()));
        self
    }

    /// Adds attributes that are always the same: `enabled=1 units=MM`.
    pub fn all(self, attributes: &'static str) -> Self {
        let pairs = attributes.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.fold(self, |el, (key, value)| el.a(key, value))
    }

    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Sets the text content.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name);
        for (key, value) in &self.attributes {
            // A line break inside an attribute must be a character reference, or readers turn it into a blank.
            let value = escaped(value).replace('\n', "&#10;");
            start.push_attribute(Attribute { key: QName(key), value: Cow::Owned(value) });
        }
        if self.children.is_empty() && self.text.is_none() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        if let Some(text) = &self.text {
            writer.write_event(Event::Text(BytesText::new(&allowed(text))))?;
        }
        for child in &self.children {
            child.write(writer)?;
        }
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }

    /// The element as a QGIS document (with its document type).
    pub fn document(&self) -> Result<String> {
        let fail = |reason: String| ReportError::Project { reason };
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 1);
        self.write(&mut writer).map_err(|e| fail(e.to_string()))?;
        let body = String::from_utf8(writer.into_inner()).map_err(|e| fail(e.to_string()))?;
        Ok(format!("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"))
    }
}

/// A number that reads back to the same bits.
pub(crate) fn exact(v: f64) -> String {
    format!("{v:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_markup_and_line_breaks_survive() {
        let xml = el("qgis").a("t", "a<b>\"&\nc").child(el("x").text("1 < 2 & 3")).document().unwrap();
        assert!(xml.contains("t=\"a&lt;b&gt;&quot;&amp;&#10;c\""), "{xml}");
        assert!(xml.contains("<x>1 &lt; 2 &amp; 3</x>"), "{xml}");
    }

    #[test]
    fn doubles_keep_their_bits() {
        assert_eq!(exact(0.1 + 0.2).parse::<f64>().unwrap(), 0.1 + 0.2);
    }
}
