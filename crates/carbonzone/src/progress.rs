//! Progress bars on a terminal, nothing elsewhere; stage timings for `run.json`; Ctrl-C.

use carbonzone_types::{Progress, StageTiming};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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

/// Draws a bar per stage and keeps the time of each.
pub struct Bars {
    visible: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    current: Option<(String, Instant)>,
    timings: Vec<StageTiming>,
}

impl Bars {
    /// Bars on standard error if it is a terminal and `quiet` is not set.
    pub fn new(quiet: bool) -> Self {
        use std::io::IsTerminal;
        Self { visible: !quiet && std::io::stderr().is_terminal(), state: Mutex::new(State::default()) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Wall time of every stage so far.
    pub fn timings(&self) -> Vec<StageTiming> {
        self.lock().timings.clone()
    }
}

impl Progress for Bars {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.end();
        let mut state = self.lock();
        state.current = Some((stage.to_owned(), Instant::now()));
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
            state.bar = Some(bar);
        }
    }

    fn advance(&self, n: u64) {
        if let Some(bar) = &self.lock().bar {
            bar.inc(n);
        }
    }

    fn end(&self) {
        let mut state = self.lock();
        if let Some((stage, since)) = state.current.take() {
            state.timings.push(StageTiming { stage, seconds: since.elapsed().as_secs_f64() });
        }
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn cancelled(&self) -> bool {
        cancelled()
    }
}
