//! Workbooks are read on a thread that is watched: damage, a panic of the parser and endless reading are errors.

use crate::workbook::read;
use crate::workbook_guard::{Place, Trouble};
use crate::{Sheet, SheetError};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Once};
use std::time::Duration;

/// Seconds a workbook may take, and seconds more per MB.
const SECONDS: u64 = 60;

const SECONDS_PER_MB: u64 = 2;

/// Name of the reading thread.
const READER: &str = "workbook-reader";

/// All sheets of a workbook, whatever is in the file: damage, a panic of the parser and endless reading are errors.
pub(crate) fn sheets_of_workbook(bytes: &[u8], file: &str) -> Result<Vec<Sheet>, SheetError> {
    silence_reader_panics();
    let place = Arc::new(Place::default());
    let (inside, copy) = (Arc::clone(&place), bytes.to_vec());
    let (sender, receiver) = sync_channel(1);
    let work = move || {
        // If nobody waits any more, the result has no use.
        let _ = sender.send(read(&copy, &inside));
    };
    let started = std::thread::Builder::new().name(READER.to_owned()).stack_size(16 << 20).spawn(work);
    let limit = Duration::from_secs(SECONDS + SECONDS_PER_MB * (bytes.len() as u64 >> 20));
    let broken = |message: &str| SheetError::Workbook {
        file: file.to_owned(),
        message: format!("{}{message}", place.words()),
    };
    let thread = started.map_err(|source| SheetError::Io { file: file.to_owned(), source })?;
    match receiver.recv_timeout(limit) {
        Ok(result) => {
            // The thread has sent its result: it ends by itself.
            let _ = thread.join();
            result.map_err(|trouble| match trouble {
                Trouble::Broken(message) => broken(&message),
                Trouble::TooLarge(message) => {
                    let words = place.words();
                    let at = if words.is_empty() { file.to_owned() } else { format!("{file}, {words}") };
                    SheetError::TooLarge { place: at.trim_end_matches(": ").to_owned(), message }
                }
            })
        }
        Err(RecvTimeoutError::Disconnected) => Err(broken("the file is damaged here")),
        Err(RecvTimeoutError::Timeout) => {
            Err(broken(&format!("reading did not end within {} s; the file is damaged", limit.as_secs())))
        }
    }
}

/// A panic of the parser is told as a damaged file, not as a trace on the terminal.
fn silence_reader_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() != Some(READER) {
                before(info);
            }
        }));
    });
}
