//! What GDAL itself says: caught per thread instead of printed to the terminal.

use gdal::errors::CplErrType;
use std::cell::RefCell;
use std::sync::Once;

/// Most messages kept per capture; a broken file can produce one per feature.
const KEPT: usize = 20;

#[derive(Debug, Default)]
struct Log {
    failures: Vec<String>,
    warnings: Vec<String>,
    n_failures: u64,
}

thread_local! {
    static LOG: RefCell<Log> = RefCell::default();
}

/// Messages that GDAL gave during a [`capture`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GdalMessages {
    /// Distinct failures, in order, at most 20.
    pub failures: Vec<String>,
    /// Distinct warnings, in order, at most 20.
    pub warnings: Vec<String>,
    /// Number of failures, repeated ones included.
    pub n_failures: u64,
}

impl GdalMessages {
    /// Appends what was said elsewhere.
    pub(crate) fn add(&mut self, more: Self) {
        for (list, more) in [(&mut self.failures, more.failures), (&mut self.warnings, more.warnings)] {
            for message in more {
                if list.len() < KEPT && !list.contains(&message) {
                    list.push(message);
                }
            }
        }
        self.n_failures += more.n_failures;
    }

    /// The first failures (else warnings) as one line, if there is any.
    pub(crate) fn summary(&self) -> Option<String> {
        let list = if self.failures.is_empty() { &self.warnings } else { &self.failures };
        if list.is_empty() {
            return None;
        }
        Some(list.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; "))
    }
}

/// Installs the message handler, registers the drivers and fixes what would make outputs differ from run to
/// run. Called by every entry point of the crate; only the first call does something.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gdal::config::set_error_handler(|class, _number, message| {
            LOG.with(|log| {
                if let Ok(mut log) = log.try_borrow_mut() {
                    let failure = crate::ffi::is_failure(class);
                    log.n_failures += u64::from(failure);
                    let list = match class {
                        CplErrType::Warning => &mut log.warnings,
                        _ if failure => &mut log.failures,
                        _ => return,
                    };
                    let message = message.trim();
                    if list.len() < KEPT && !list.iter().any(|m| m == message) {
                        list.push(message.to_owned());
                    }
                }
            });
        });
        // Registers the drivers once, guarded as by every other call of the crate: two threads that register at a time crash.
        let _drivers = gdal::DriverManager::count();
        // A refused option keeps GDAL's default, which is safe.
        let _ = gdal::config::set_config_option("OGR_CURRENT_DATE", &fixed_date());
        let _ = gdal::config::set_config_option("OGR_GPKG_NUM_THREADS", "1");
        // A code 0601 in a GML without a schema is no number 601.
        let _ = gdal::config::set_config_option("GML_FIELDTYPES", "ALWAYS_STRING");
        // GDAL's default is 5 % of the machine's memory, which on a large machine breaks the promise of 1 GB.
        if gdal::config::get_config_option("GDAL_CACHEMAX", "").is_ok_and(|v| v.is_empty()) {
            let _ = gdal::config::set_config_option("GDAL_CACHEMAX", "128");
        }
    });
}

/// Runs `work` and returns what GDAL said meanwhile on this thread. Captures nest: the inner one keeps its own.
pub(crate) fn capture<T>(work: impl FnOnce() -> T) -> (T, GdalMessages) {
    init();
    let outer = LOG.with(RefCell::take);
    let result = work();
    let log = LOG.with(|log| log.replace(outer));
    (result, GdalMessages { failures: log.failures, warnings: log.warnings, n_failures: log.n_failures })
}

/// Number of failures GDAL reported so far in the running [`capture`].
pub(crate) fn failures_so_far() -> u64 {
    LOG.with(|log| log.borrow().n_failures)
}

/// `SOURCE_DATE_EPOCH` as an ISO 8601 date, else a constant: file contents must not depend on the clock.
fn fixed_date() -> String {
    let seconds = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|s| s.trim().parse::<i64>().ok());
    iso_date(seconds.unwrap_or(946_684_800))
}

/// Seconds since 1970 as `YYYY-MM-DDThh:mm:ss.000Z` (proleptic Gregorian, Hinnant's civil-from-days).
fn iso_date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.000Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_seconds_become_iso_dates() {
        assert_eq!(iso_date(946_684_800), "2000-01-01T00:00:00.000Z");
        assert_eq!(iso_date(1_709_210_096), "2024-02-29T12:34:56.000Z");
        assert_eq!(iso_date(-1), "1969-12-31T23:59:59.000Z");
    }

    #[test]
    fn what_gdal_says_is_caught_and_not_printed() {
        let (result, messages) =
            crate::dataset::open_dataset(std::path::Path::new("no/such/file.gpkg"), None);
        assert!(result.is_err());
        assert!(messages.summary().unwrap().contains("file.gpkg"), "{messages:?}");
    }
}
