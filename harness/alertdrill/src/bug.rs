//! A panic is a bug of the harness. It says nothing of an alert, nor that the stack could not be
//! tested: it is told apart from both, and faults are reverted all the same, by the run's end or by
//! whoever heals.

use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that hit a bug of its own: that of a Rust program that panics.
pub const EXIT_CODE: u8 = 101;

static WAS_HIT: AtomicBool = AtomicBool::new(false);

/// From now on whoever sees a panic is told what it means.
pub fn explain_panics() {
    let said_before = take_hook();
    set_hook(Box::new(move |panic| {
        WAS_HIT.store(true, Ordering::Relaxed);
        said_before(panic);
        explain();
    }));
}

/// Whether this process has panicked since [`explain_panics`].
#[must_use]
pub fn was_hit() -> bool {
    WAS_HIT.load(Ordering::Relaxed)
}

#[allow(clippy::print_stderr, reason = "where panics are told")]
fn explain() {
    eprintln!(
        "this is a bug in alertdrill {}, not in an alert\n  help: report it with the lines above and the run's folder; `./drill heal` reverts what is still broken",
        env!("CARGO_PKG_VERSION")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_is_remembered() {
        explain_panics();
        assert!(std::thread::spawn(|| panic!("on purpose")).join().is_err());
        assert!(was_hit());
    }
}
