//! Wall time per stage, noted on the way to the observer.

use carbonzone_types::{Progress, StageTiming};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Passes everything on to the caller's observer and keeps the time of each stage.
pub struct Timed<'a> {
    observer: &'a dyn Progress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<(String, Instant)>,
    timings: Vec<StageTiming>,
}

impl State {
    fn close(&mut self) {
        if let Some((stage, since)) = self.current.take() {
            self.timings.push(StageTiming { stage, seconds: since.elapsed().as_secs_f64() });
        }
    }
}

impl<'a> Timed<'a> {
    /// Around the caller's observer.
    pub fn new(observer: &'a dyn Progress) -> Self {
        Self { observer, state: Mutex::new(State::default()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the last stage and gives the times.
    pub fn finish(self) -> Vec<StageTiming> {
        self.end();
        std::mem::take(&mut self.lock().timings)
    }
}

impl Progress for Timed<'_> {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.end();
        self.lock().current = Some((stage.to_owned(), Instant::now()));
        self.observer.begin(stage, total);
    }

    fn advance(&self, n: u64) {
        self.observer.advance(n);
    }

    fn end(&self) {
        self.lock().close();
        self.observer.end();
    }

    fn say(&self, message: &str) {
        self.observer.say(message);
    }

    fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use carbonzone_types::NoProgress;

    #[test]
    fn every_stage_is_timed_once_in_order() {
        let timed = Timed::new(&NoProgress);
        timed.begin("read", None);
        timed.begin("allocate", Some(3));
        timed.end();
        timed.end();
        timed.begin("write", None);
        let names: Vec<String> = timed.finish().into_iter().map(|t| t.stage).collect();
        assert_eq!(names, ["read", "allocate", "write"]);
    }
}
