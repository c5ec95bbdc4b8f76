//! Is the metric there, with these labels?

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
