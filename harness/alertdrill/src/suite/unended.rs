//! How many drills of this process have not ended yet: what is judged of all of them waits for the
//! last.

use std::sync::{Condvar, Mutex, PoisonError};

/// The drills of this process that have not ended yet.
#[derive(Debug)]
pub(super) struct Unended {
    left: Mutex<usize>,
    one_ended: Condvar,
}

/// One drill; it has ended when this is dropped, however it ended.
#[derive(Debug)]
pub(super) struct Begun<'a>(&'a Unended);

impl Unended {
    /// So many drills.
    pub(super) fn of(drills: usize) -> Self {
        Self {
            left: Mutex::new(drills),
            one_ended: Condvar::new(),
        }
    }

    /// One of the drills begins.
    pub(super) fn begin(&self) -> Begun<'_> {
        Begun(self)
    }

    /// Waits until every drill has ended.
    pub(super) fn wait(&self) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.one_ended.wait_while(left, |left| *left > 0);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(1);
        self.0.one_ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_that_panics_has_ended_too() {
        let drills = Unended::of(2);
        std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let _drill = drills.begin();
                panic!("as a bug would");
            });
            assert!(panics.join().is_err());
            scope.spawn(|| drop(drills.begin()));
            drills.wait();
        });
    }
}
