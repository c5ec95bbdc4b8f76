//! Is what the rules read scraped at all?

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
