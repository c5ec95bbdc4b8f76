//! What does the running Prometheus say?

mod failed_scrape;
mod not_loaded;
mod sick_rule;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    not_loaded::NOT_LOADED,
    sick_rule::SICK_RULE,
    failed_scrape::FAILED_SCRAPE,
];
