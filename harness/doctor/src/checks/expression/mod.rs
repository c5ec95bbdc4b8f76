//! Can the expression be true?

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
