//! Progress bars on a terminal, events for programs, nothing elsewhere; memory given back between stages; Ctrl-C.

use crate::events::{self, Event};
use crate::language;
use crate::terminal::eprint_line;
use carbonzone::Observer;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static CANCELLED: AtomicBool = AtomicBool::new(false);

/// A stage that was asked to stop may go on for so long before the program ends without it; the next start puts right what is left.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes Ctrl-C, `SIGTERM` and a closed terminal (`SIGHUP`, unless `nohup` ignores it) ask the stages to stop and to leave nothing
/// behind; a second one, or a stage that does not stop, ends the program at once.
pub fn install_ctrl_c() {
    // A handler that cannot be installed leaves the default: the program just ends.
    #[cfg(unix)]
    carbonzone_io::keep_ignored_signals(|| {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            std::thread::spawn(move || signals.forever().for_each(|_| stop()));
        }
    });
    #[cfg(not(unix))]
    let _ = ctrlc::set_handler(stop);
}

fn stop() {
    if CANCELLED.swap(true, Ordering::SeqCst) {
        std::process::exit(130);
    }
    std::thread::spawn(|| {
        std::thread::sleep(PATIENCE);
        std::process::exit(130);
    });
}

/// True once the program was asked to stop.
pub fn cancelled() -> bool {
    CANCELLED.load(Ordering::Relaxed)
}

/// The observer of a command: events if they are on; else bars if standard error is a terminal and `quiet` is not set.
pub fn observer(quiet: bool) -> Box<dyn Observer> {
    if events::on() { Box::new(Lines::default()) } else { Box::new(Bars::new(quiet)) }
}

/// Draws a bar per stage.
struct Bars {
    visible: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    fn new(quiet: bool) -> Self {
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
            bar.set_message(language::word(stage));
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
        eprint_line(&language::message(message));
    }

    fn cancelled(&self) -> bool {
        cancelled()
    }
}

/// Least time between two lines about the same stage.
const PAUSE: Duration = Duration::from_millis(200);

/// Writes an event for what happens.
#[derive(Default)]
struct Lines {
    stage: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    done: u64,
    total: Option<u64>,
    since: Instant,
    told: Instant,
}

impl Lines {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Stage>> {
        self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Observer for Lines {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.end();
        carbonzone_io::return_free_memory();
        let stage_zh = &carbonzone_report::chinese::word(stage);
        events::write(&Event::Stage { stage, stage_zh, total });
        let now = Instant::now();
        *self.lock() = Some(Stage { name: stage.to_owned(), done: 0, total, since: now, told: now });
    }

    fn advance(&self, n: u64) {
        if let Some(stage) = &mut *self.lock() {
            stage.done += n;
            if stage.told.elapsed() >= PAUSE {
                stage.told = Instant::now();
                events::write(&Event::Progress { stage: &stage.name, done: stage.done, total: stage.total });
            }
        }
    }

    fn end(&self) {
        if let Some(stage) = self.lock().take() {
            let seconds = stage.since.elapsed().as_secs_f64();
            events::write(&Event::StageEnd { stage: &stage.name, done: stage.done, seconds });
        }
    }

    fn say(&self, message: &str) {
        eprint_line(&language::message(message));
    }

    fn cancelled(&self) -> bool {
        cancelled()
    }
}
