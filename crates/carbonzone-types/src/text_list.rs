//! Many short texts in one piece of memory.

use std::ops::Index;

/// A list of texts that does not change, e.g. the ids of a million parcels: one allocation for all of them.
///
/// ```
/// use carbonzone_types::TextList;
/// let ids: TextList = ["P1", "", "姑苏"].into_iter().collect();
/// assert_eq!((ids.len(), &ids[0], &ids[2]), (3, "P1", "姑苏"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextList {
    text: String,
    /// End of each text in bytes.
    ends: Vec<usize>,
}

impl TextList {
    /// Number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// An empty list with room for so many texts, and bytes.
    pub(crate) fn with_room(texts: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(texts) }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl Index<usize> for TextList {
    type Output = str;

    fn index(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.text[start..self.ends[i]]
    }
}

impl<S: AsRef<str>> FromIterator<S> for TextList {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let mut out = Self::default();
        texts.into_iter().for_each(|text| out.push(text.as_ref()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in() {
        let list: TextList = ["a", "", "µ²", "b"].into_iter().collect();
        let back: Vec<&str> = (0..list.len()).map(|i| &list[i]).collect();
        assert_eq!(back, ["a", "", "µ²", "b"]);
        assert!(!list.is_empty() && TextList::default().is_empty());
    }
}
