//! A panic is a bug of the harness. It is neither a failed alert nor a stack that could not be
//! tested, and has an exit code of its own ([`alertdrill_core::RunOutcome::Bug`]). Faults are
//! reverted all the same: at the end of the run, or by `alertdrill heal`.

use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};

static WAS_HIT: AtomicBool = AtomicBool::new(false);

/// From now on, each panic is followed by what it means and what to do about it.
pub fn explain_panics() {
    let earlier_hook = take_hook();
    set_hook(Box::new(move |panic| {
        WAS_HIT.store(true, Ordering::Relaxed);
        earlier_hook(panic);
        explain();
    }));
}

/// Whether this process has panicked since [`explain_panics`].
#[must_use]
pub fn was_hit() -> bool {
    WAS_HIT.load(Ordering::Relaxed)
}

#[allow(clippy::print_stderr, reason = "panics are reported there")]
fn explain() {
    eprintln!(
        "this is a bug in alertdrill {}, not in an alert\n  help: report it with the lines above \
         and the run's folder; `alertdrill heal` reverts what is still broken",
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
