//! Who is told of an alert?

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
