//! Progress bars on a terminal, nothing elsewhere; memory given back between stages; Ctrl-C.

use crate::terminal::eprint_line;
use carbonzone::Observer;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C ask the stages to stop; a second one ends the program at once.
pub fn install_ctrl_c() {
    // A handler that cannot be installed leaves the default: the program just ends.
    let _ = ctrlc::set_handler(|| {
        if CANCELLED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// True once Ctrl-C was pressed.
pub fn cancelled() -> bool {
    CANCELLED.load(Ordering::Relaxed)
}

/// Draws a bar per stage.
pub struct Bars {
    visible: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Bars on standard error if it is a terminal and `quiet` is not set.
    pub fn new(quiet: bool) -> Self {
        use std::io::IsTerminal;
        Self { visible: !quiet && std::io::stderr().is_terminal(), bar: Mutex::new(None) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Observer for Bars {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.end();
        carbonzone_io::return_free_memory();
        if self.visible {
            let bar = match total {
                Some(n) => ProgressBar::new(n).with_style(
                    ProgressStyle::with_template("{msg:32} {bar:30} {human_pos}/{human_len} {eta}")
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                ),
                None => ProgressBar::new_spinner().with_style(
                    ProgressStyle::with_template("{msg:32} {spinner} {human_pos}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                ),
            };
            bar.set_message(stage.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            *self.lock() = Some(bar);
        }
    }

    fn advance(&self, n: u64) {
        if let Some(bar) = &*self.lock() {
            bar.inc(n);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.lock().take() {
            bar.finish_and_clear();
        }
    }

    fn say(&self, message: &str) {
        self.end();
        eprint_line(message);
    }

    fn cancelled(&self) -> bool {
        cancelled()
    }
}
