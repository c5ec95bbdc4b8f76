//! Can the expression be true?

mod absent_names_too_much;
mod age_of_no_time;
mod always_one;
mod binds_otherwise;
mod contradiction;
mod for_too_long;
mod inverted;
mod many_to_many;
mod no_common_labels;
mod of_rules;
mod other_direction;
mod other_than_named;
mod pattern_misread;
mod predicts_too_near;
mod range_beyond_retention;
mod range_too_short;
mod rate_of_gauge;
mod threshold_on_counter;
mod threshold_outside_domain;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    always_one::ALWAYS_ONE,
    no_common_labels::NO_COMMON_LABELS,
    many_to_many::MANY_TO_MANY,
    range_too_short::RANGE_TOO_SHORT,
    range_beyond_retention::RANGE_BEYOND_RETENTION,
    rate_of_gauge::RATE_OF_GAUGE,
    threshold_on_counter::THRESHOLD_ON_COUNTER,
    threshold_outside_domain::THRESHOLD_OUTSIDE_DOMAIN,
    absent_names_too_much::ABSENT_NAMES_TOO_MUCH,
    for_too_long::FOR_TOO_LONG,
    contradiction::CONTRADICTION,
    other_direction::OTHER_DIRECTION,
    pattern_misread::PATTERN_MISREAD,
    predicts_too_near::PREDICTS_TOO_NEAR,
    inverted::INVERTED,
    other_than_named::OTHER_THAN_NAMED,
    binds_otherwise::BINDS_OTHERWISE,
    age_of_no_time::AGE_OF_NO_TIME,
];
