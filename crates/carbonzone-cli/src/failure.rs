//! Why a command could not run: an error with its causes, or a sentence.

use std::error::Error;
use std::fmt;

/// Any error; a sentence becomes one by `into`.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What a command gives.
pub type Result<T> = std::result::Result<T, Failure>;

/// An error, then each of its causes.
pub fn causes(failure: &Failure) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = &**failure;
    std::iter::successors(Some(first), |&error| error.source())
}

/// Says what was being done when something failed.
pub trait While<T> {
    /// The error below a sentence.
    ///
    /// # Errors
    /// If there is an error.
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Failure>> While<T> for std::result::Result<T, E> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|cause| Doing { what: what(), cause: cause.into() }.into())
    }
}

#[derive(Debug)]
struct Doing {
    what: String,
    cause: Failure,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for Doing {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_done_stands_before_the_causes() {
        let inner: Result<u8> = Err("no room".into());
        let failure = inner.doing(|| "writing".to_owned()).doing(|| "running".to_owned()).unwrap_err();
        let texts: Vec<String> = causes(&failure).map(ToString::to_string).collect();
        assert_eq!(texts, ["running", "writing", "no room"]);
    }
}
