//! Work on the batches of a layer by all threads, results in the order of the file.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What was made of a turn.
pub(crate) enum Made<T> {
    /// The result with this number.
    Item(usize, T),
    /// There are only so many.
    End(usize),
}

type Panic = Box<dyn Any + Send>;

struct State<T> {
    /// Turns taken, and how many may be.
    taken: usize,
    allowed: usize,
    /// Number of results, once it is known.
    total: Option<usize>,
    made: BTreeMap<usize, T>,
    panic: Option<Panic>,
}

/// Turns that threads take.
struct Turns<'a, T> {
    state: Mutex<State<T>>,
    news: Condvar,
    make: &'a (dyn Fn(usize) -> Made<T> + Sync),
}

impl<T> Turns<'_, T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next turn, if there is one.
    fn work(&self) -> bool {
        let mut state = self.lock();
        let turn = state.taken;
        if turn >= state.allowed || state.total.is_some_and(|n| turn >= n) || state.panic.is_some() {
            return false;
        }
        state.taken += 1;
        drop(state);
        let made = catch_unwind(AssertUnwindSafe(|| (self.make)(turn)));
        let mut state = self.lock();
        match made {
            Ok(Made::Item(number, item)) => drop(state.made.insert(number, item)),
            Ok(Made::End(total)) => state.total = Some(total),
            Err(panic) => state.panic = Some(panic),
        }
        drop(state);
        self.news.notify_all();
        true
    }

    /// The result with this number; the calling thread works while others have not made it. `None`: there is none.
    fn get(&self, number: usize) -> Option<T> {
        loop {
            let mut state = self.lock();
            if let Some(panic) = state.panic.take() {
                state.allowed = 0;
                drop(state);
                resume_unwind(panic);
            }
            if let Some(item) = state.made.remove(&number) {
                return Some(item);
            }
            if state.total.is_some_and(|n| number >= n) {
                return None;
            }
            drop(state);
            if !self.work() {
                let missing = |s: &mut State<T>| {
                    s.panic.is_none() && !s.made.contains_key(&number) && s.total.is_none_or(|n| number < n)
                };
                drop(self.news.wait_while(self.lock(), missing));
            }
        }
    }
}

/// Calls `make` for 0, 1, 2, ... on all threads until it says that there is no more, and `take` on the calling thread with the
/// results in the order of their numbers, which must be 0 to n − 1 in any order; `take` may use all threads and says whether to
/// go on. One thread alone makes and takes in turns. A few more results than threads are kept at a time.
///
/// `make` must not wait for other work on the threads.
pub(crate) fn in_order<T: Send>(make: &(dyn Fn(usize) -> Made<T> + Sync), take: &mut dyn FnMut(T) -> bool) {
    let window = rayon::current_num_threads() + 2;
    let state = State { taken: 0, allowed: 0, total: None, made: BTreeMap::new(), panic: None };
    let turns = Turns { state: Mutex::new(state), news: Condvar::new(), make };
    rayon::in_place_scope(|scope| {
        for number in 0.. {
            let before = std::mem::replace(&mut turns.lock().allowed, number + window);
            for _ in before..number + window {
                scope.spawn(|_| {
                    turns.work();
                });
            }
            if !turns.get(number).is_some_and(&mut *take) {
                break;
            }
        }
        turns.lock().allowed = 0;
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    fn squares(n: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let make = |k: usize| if k < n { Made::Item(k, k * k) } else { Made::End(n) };
        in_order(&make, &mut |x| {
            out.push(x);
            true
        });
        out
    }

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 7, 16] {
            for n in [0, 1, 2, 300] {
                assert_eq!(on(threads, || squares(n)), (0..n).map(|k| k * k).collect::<Vec<_>>());
            }
        }
        assert_eq!(squares(9).len(), 9, "outside of a pool");
    }

    #[test]
    fn a_source_may_number_its_results_itself() {
        let source = Mutex::new(0..50);
        let make = |_| {
            let next = source.lock().unwrap().next();
            next.map_or(Made::End(50), |k| Made::Item(k, k))
        };
        let mut out = Vec::new();
        on(7, || {
            in_order(&make, &mut |k| {
                out.push(k);
                true
            });
        });
        assert_eq!(out, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn one_thread_makes_nothing_ahead_and_stopping_ends_the_making() {
        let made = AtomicUsize::new(0);
        let make = |k| Made::Item(made.fetch_add(1, Ordering::Relaxed).max(k), ());
        let mut taken = 0;
        on(1, || {
            in_order(&make, &mut |()| {
                taken += 1;
                assert_eq!(made.load(Ordering::Relaxed), taken);
                taken < 5
            });
        });
        assert_eq!((taken, made.load(Ordering::Relaxed)), (5, 5));
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        for threads in [1, 3] {
            let make = |k: usize| if k == 3 { panic!("three") } else { Made::Item(k, k) };
            let caught = catch_unwind(AssertUnwindSafe(|| on(threads, || in_order(&make, &mut |_| true))));
            assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"three"));
        }
    }
}
