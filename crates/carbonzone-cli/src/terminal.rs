//! Where text leaves the program: results on standard output, everything else on standard error.

use std::io::{ErrorKind, Write as _};

/// Standard output, for results. A reader that has seen enough (`| head`) ends the program quietly.
pub fn print_line(text: &str) {
    let mut out = std::io::stdout().lock();
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

/// Standard error, for everything else. There is nobody left to tell if it is closed.
pub fn eprint_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}
