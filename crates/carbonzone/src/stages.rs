//! Wall and CPU time per stage, and between stages, noted on the way to the observer.

use carbonzone_types::{Progress, StageTiming};
use rustix::time::{ClockId, clock_gettime};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Passes everything on to the caller's observer and keeps the time of each stage.
pub struct Timed<'a> {
    observer: &'a dyn Progress,
    state: Mutex<State>,
}

struct State {
    current: Option<String>,
    /// When the current stage, or the time between two of them, began.
    since: Clock,
    timings: Vec<StageTiming>,
}

/// Time between two stages that is named, s; less of it is counted to the stage before.
const BETWEEN_S: f64 = 0.01;

/// A moment: on the clock of the wall, and as CPU seconds that the process has used.
#[derive(Clone, Copy)]
struct Clock {
    wall: Instant,
    cpu_s: f64,
}

impl Clock {
    fn now() -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Self { wall: Instant::now(), cpu_s: cpu.tv_sec as f64 + cpu.tv_nsec as f64 * 1e-9 }
    }

    /// Seconds and CPU seconds since then; the clock starts anew.
    fn lap(&mut self) -> (f64, f64) {
        let before = std::mem::replace(self, Self::now());
        ((self.wall - before.wall).as_secs_f64(), self.cpu_s - before.cpu_s)
    }
}

impl State {
    /// Ends a stage, or the time since the last one: every second stands somewhere.
    fn close(&mut self) {
        let (seconds, cpu_seconds) = self.since.lap();
        let stage = match (self.current.take(), self.timings.last_mut()) {
            (Some(stage), _) => stage,
            (None, Some(last)) if seconds < BETWEEN_S => {
                last.seconds += seconds;
                last.cpu_seconds += cpu_seconds;
                return;
            }
            (None, None) if seconds < BETWEEN_S => return,
            (None, Some(last)) => format!("after {}", last.stage),
            (None, None) => "begin".to_owned(),
        };
        self.timings.push(StageTiming { stage, seconds, cpu_seconds });
    }
}

impl<'a> Timed<'a> {
    /// Around the caller's observer.
    pub fn new(observer: &'a dyn Progress) -> Self {
        let state = State { current: None, since: Clock::now(), timings: Vec::new() };
        Self { observer, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the last stage and gives the times.
    pub fn finish(self) -> Vec<StageTiming> {
        self.end();
        let mut state = self.lock();
        state.close();
        std::mem::take(&mut state.timings)
    }
}

impl Progress for Timed<'_> {
    fn begin(&self, stage: &str, total: Option<u64>) {
        self.end();
        let mut state = self.lock();
        state.close();
        state.current = Some(stage.to_owned());
        drop(state);
        self.observer.begin(stage, total);
    }

    fn advance(&self, n: u64) {
        self.observer.advance(n);
    }

    fn end(&self) {
        let mut state = self.lock();
        if state.current.is_some() {
            state.close();
        }
        drop(state);
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

    #[test]
    fn the_time_between_two_stages_is_named() {
        let begun = Instant::now();
        let timed = Timed::new(&NoProgress);
        timed.begin("read", None);
        timed.end();
        std::thread::sleep(std::time::Duration::from_millis(20));
        timed.begin("write", None);
        let timings = timed.finish();
        let sum: f64 = timings.iter().map(|t| t.seconds).sum();
        let cpu: Vec<f64> = timings.iter().map(|t| t.cpu_seconds).collect();
        let names: Vec<String> = timings.into_iter().map(|t| t.stage).collect();
        assert_eq!(names, ["read", "after read", "write"]);
        assert!(cpu.iter().all(|s| *s >= 0.0), "{cpu:?}");
        assert!(sum >= 0.02 && sum <= begun.elapsed().as_secs_f64(), "{sum}");
    }
}
