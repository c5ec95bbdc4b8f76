//! Lines on standard error.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};

/// How long nothing may be printed before a line says that it still goes on.
const SIGN_OF_LIFE_AFTER: Duration = Duration::from_secs(180);

/// When this process last printed a line.
static LAST_LINE: Mutex<Option<Instant>> = Mutex::new(None);

/// `text` with its colours, if standard error takes colours.
pub(crate) fn coloured(text: &str) -> String {
    match AutoStream::choice(&std::io::stderr()) {
        ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

#[allow(
    clippy::print_stderr,
    reason = "this is the one place that writes progress"
)]
pub(crate) fn line(text: &str) {
    eprintln!("{}", coloured(text));
    *LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

/// Prints `text` if nothing was printed for minutes: of all that goes on, one line is enough.
pub(crate) fn line_if_silent(text: impl FnOnce() -> String) {
    let mut last_line = LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner);
    let last = last_line.get_or_insert_with(Instant::now);
    if is_silent_for(last.elapsed()) {
        *last = Instant::now();
        drop(last_line);
        line(&text());
    }
}

fn is_silent_for(passed: Duration) -> bool {
    passed >= SIGN_OF_LIFE_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_is_silent_only_after_minutes_without_a_line() {
        assert!(!is_silent_for(Duration::from_secs(120)));
        assert!(is_silent_for(Duration::from_secs(180)));
    }
}
