//! Land-use classes that occur: GB/T 21010-2017 and a few of the third survey.

use std::sync::LazyLock;

/// Code and Chinese name of every class.
static CLASSES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/land_classes.csv").lines().filter(|line| !line.starts_with('#'));
    lines.skip(1).filter_map(|line| line.split_once(',')).collect()
});

/// The code (as a static text) and the Chinese name of a class; `None` for a class that the generator does not know.
pub fn class(code: &str) -> Option<(&'static str, &'static str)> {
    CLASSES.iter().copied().find(|(c, _)| *c == code)
}
