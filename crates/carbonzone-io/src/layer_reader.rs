//! The two ways in which the features of a layer are read: parts side by side, or one batch after the other.

use crate::decode::RawBatch;
use crate::in_order::{Made, in_order};
use crate::read_end::ReadEnd;
use carbonzone_types::{AttributeTable, Progress};
use std::sync::{Mutex, PoisonError};

/// Features with the columns asked for.
pub(crate) type Batch = (RawBatch, AttributeTable);

/// A layer whose parts can be read at the same time, from any thread.
pub(crate) trait Parts: Send + Sync {
    /// Number of parts. It depends on the file alone.
    fn count(&self) -> usize;
    /// The features of a part and how reading them ended.
    fn read(&self, part: usize) -> (Batch, ReadEnd);
}

/// A layer that is read from its beginning to its end, by whichever thread has time.
pub(crate) trait Batches: Send {
    /// The next features; `None` if there are no more, or reading failed, which `end` says.
    fn next(&mut self, end: &mut ReadEnd) -> Option<Batch>;
    /// What is known when all is read.
    fn finish(&mut self, _end: &mut ReadEnd) {}
}

/// How a layer is read.
pub(crate) enum LayerReader {
    Parts(Box<dyn Parts>),
    Batches(Box<dyn Batches>),
}

/// A layer read from its beginning, and how many batches it gave.
struct Begun {
    batches: Box<dyn Batches>,
    given: usize,
    over: bool,
    end: ReadEnd,
}

impl Begun {
    fn next(&mut self) -> Option<Batch> {
        let next = if self.over { None } else { self.batches.next(&mut self.end) };
        self.over = next.is_none();
        self.given += usize::from(!self.over);
        next
    }
}

impl LayerReader {
    /// Reads all features, prepares them batch by batch on all threads, and hands them over in the order of the file; stops early
    /// if reading fails or the user asked to.
    pub(crate) fn read<T: Send>(
        self,
        progress: &dyn Progress,
        prepare: impl Fn(RawBatch, AttributeTable) -> T + Sync,
        take: &mut dyn FnMut(T),
    ) -> ReadEnd {
        match self {
            Self::Parts(parts) => read_parts(&*parts, progress, prepare, take),
            Self::Batches(batches) => read_batches(batches, progress, prepare, take),
        }
    }
}

fn read_parts<T: Send>(
    parts: &dyn Parts,
    progress: &dyn Progress,
    prepare: impl Fn(RawBatch, AttributeTable) -> T + Sync,
    take: &mut dyn FnMut(T),
) -> ReadEnd {
    let mut end = ReadEnd::default();
    let make = |part| {
        if part >= parts.count() {
            return Made::End(parts.count());
        }
        let ((raw, table), end) = parts.read(part);
        progress.advance(raw.len() as u64);
        let prepared = (raw.len() > 0).then(|| prepare(raw, table));
        Made::Item(part, (prepared, end))
    };
    in_order(&make, &mut |(prepared, of_part)| {
        end.add(of_part);
        prepared.into_iter().for_each(&mut *take);
        !end.failed_at_end && !progress.cancelled()
    });
    end
}

fn read_batches<T: Send>(
    batches: Box<dyn Batches>,
    progress: &dyn Progress,
    prepare: impl Fn(RawBatch, AttributeTable) -> T + Sync,
    take: &mut dyn FnMut(T),
) -> ReadEnd {
    let begun = Mutex::new(Begun { batches, given: 0, over: false, end: ReadEnd::default() });
    let make = |_| {
        let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((raw, table)) = begun.next() else { return Made::End(begun.given) };
        let number = begun.given - 1;
        drop(begun);
        progress.advance(raw.len() as u64);
        Made::Item(number, prepare(raw, table))
    };
    in_order(&make, &mut |prepared| {
        take(prepared);
        !progress.cancelled()
    });
    let Begun { mut batches, mut end, .. } = begun.into_inner().unwrap_or_else(PoisonError::into_inner);
    batches.finish(&mut end);
    end
}
