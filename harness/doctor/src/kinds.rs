//! The kinds of findings, for who shows or publishes them.

use crate::checks::checks;
use crate::waivers::{IDLE_WAIVER, IDLE_WAIVER_TITLE};

/// A kind of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its stable id, which is also the path of its page in `docs/doctor`.
    pub id: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
}

/// Every kind of finding.
pub fn kinds() -> impl Iterator<Item = Kind> {
    let of_checks = checks().map(|check| Kind {
        id: check.id,
        title: check.title,
    });
    of_checks.chain([Kind {
        id: IDLE_WAIVER,
        title: IDLE_WAIVER_TITLE,
    }])
}
