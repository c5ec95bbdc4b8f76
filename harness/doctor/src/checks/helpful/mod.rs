//! Does the alert help whom it wakes?

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
