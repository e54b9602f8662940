//! A panic is a bug of carbonzone: one line that says what to report, never a trace.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;

/// Place and message of the last panic.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Keeps the place of a panic instead of printing it: a reader that catches the panic of a library makes a finding of it,
/// and any other one ends in [`caught`].
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text =
            payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("no message").lines().next().unwrap_or_default();
        let place = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = format!("{message} ({})", short(&place));
    }));
}

/// Without the folder that the program was built in.
fn short(place: &str) -> &str {
    let ends = ["crates/", "src/"];
    ends.iter().find_map(|end| place.rfind(end).map(|i| &place[i..])).unwrap_or(place)
}

/// Runs the program; a panic becomes an error.
///
/// # Errors
/// What `work` says, or the line to report.
pub fn caught<T>(work: impl FnOnce() -> crate::failure::Result<T>) -> crate::failure::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if last.is_empty() {
            resume_unwind(payload);
        }
        let (version, commit) =
            (env!("CARGO_PKG_VERSION"), option_env!("CARBONZONE_COMMIT").unwrap_or("unknown"));
        let line = "please report this line and what you ran";
        Err(format!("this is a bug in carbonzone {version} {commit}: {line}: {last}").into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_any_thread_becomes_one_line() {
        install();
        let in_rayon = || -> crate::failure::Result<u8> {
            rayon::scope(|s| s.spawn(|_| panic!("from a worker\nwith a second line")));
            Ok(0)
        };
        let in_thread = || -> crate::failure::Result<u8> {
            std::thread::spawn(|| panic!("from a thread")).join().unwrap_or_else(|p| resume_unwind(p));
            Ok(0)
        };
        for (error, needle) in [(caught(in_rayon), "from a worker ("), (caught(in_thread), "from a thread (")]
        {
            let line = error.unwrap_err().to_string();
            assert!(line.contains(needle) && line.contains("src/panics.rs:"), "{line}");
            assert_eq!(line.lines().count(), 1);
        }
        let _ = std::panic::take_hook();
    }
}
