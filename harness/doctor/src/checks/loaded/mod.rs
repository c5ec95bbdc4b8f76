//! Are the rules loaded?

mod not_rules;

use super::Check;

pub(super) const CHECKS: &[Check] = &[not_rules::NOT_RULES];
