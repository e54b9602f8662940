//! Signals that ask a program to end.

#![cfg_attr(unix, expect(unsafe_code, reason = "the only way to the dispositions of signals"))]

/// Calls `install`, which sets handlers, and lets those of `SIGTERM` and `SIGHUP` be ignored that were ignored before: `nohup` says in
/// this way that a program outlives its terminal.
pub fn keep_ignored_signals(install: impl FnOnce()) {
    #[cfg(unix)]
    let ignored: Vec<i32> = [libc::SIGTERM, libc::SIGHUP].into_iter().filter(|s| is_ignored(*s)).collect();
    install();
    #[cfg(unix)]
    for signal in ignored {
        // SAFETY: a valid signal and a disposition that runs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Makes a file beyond the limit of the shell (`ulimit -f`) an error of its write, which names the file, and not the end of the program.
pub fn limits_are_errors() {
    // SAFETY: a valid signal and a disposition that runs no code.
    #[cfg(unix)]
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zeros is a valid `sigaction`; with no new one given the call only fills it.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0 && now.sa_sigaction == libc::SIG_IGN
    }
}
