//! Kernels off the main thread: the GIL is free, Ctrl-C is seen, no pool stays behind.

use crate::findings::{one, raise};
use carbonzone_types::{Finding, Findings};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How often Python's signals are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Tells a kernel that nobody waits for its result any more.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// True once the caller was interrupted.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs `work` in a thread pool of its own that ends with the call, while this thread waits without the GIL.
///
/// # Errors
/// What blocks the work, as `CarbonzoneError`; `KeyboardInterrupt` as soon as it is raised.
pub fn kernel<T, F>(py: Python<'_>, threads: Option<usize>, work: F) -> PyResult<T>
where
    T: Send + 'static,
    F: FnOnce(&Stop) -> Result<T, Findings> + Send + 'static,
{
    let threads = match threads {
        Some(0) => {
            let finding =
                Finding::error("threads", "at least one thread is needed").field("threads").value("0");
            return Err(raise(py, &one(finding)));
        }
        Some(n) => n,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|e| raise(py, &one(Finding::fatal("threads", e.to_string()))))?;
    let (send, mut receive) = sync_channel(1);
    let stop = Stop::default();
    let seen = stop.clone();
    std::thread::spawn(move || {
        // The receiver is gone if the caller was interrupted.
        let _ = send.send(pool.install(|| work(&seen)));
    });
    loop {
        let got;
        // A receiver belongs to one thread at a time: it goes along, and comes back.
        (receive, got) = py.detach(move || {
            let got = receive.recv_timeout(LOOK);
            (receive, got)
        });
        match got {
            Ok(result) => return result.map_err(|findings| raise(py, &findings)),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupt) = py.check_signals() {
                    stop.0.store(true, Ordering::Relaxed);
                    return Err(interrupt);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                let finding = Finding::fatal("internal", "the kernel ended without a result")
                    .hint("this is a fault of carbonzone: please report it with the input");
                return Err(raise(py, &one(finding)));
            }
        }
    }
}
