//! Are the rules loaded?

mod broken_command;
mod broken_configuration;
mod broken_rule;
mod configuration_not_mounted;
mod no_rule_files;
mod not_rules;
mod pattern_matches_nothing;
mod rules_not_matched;
mod rules_not_mounted;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    broken_command::BROKEN_COMMAND,
    configuration_not_mounted::CONFIGURATION_NOT_MOUNTED,
    broken_configuration::BROKEN_CONFIGURATION,
    no_rule_files::NO_RULE_FILES,
    pattern_matches_nothing::PATTERN_MATCHES_NOTHING,
    rules_not_mounted::RULES_NOT_MOUNTED,
    rules_not_matched::RULES_NOT_MATCHED,
    not_rules::NOT_RULES,
    broken_rule::BROKEN_RULE,
];
