//! Does the alert help who is told of it?

mod empty_template;
mod fires_while_idle;
mod labels_in_words;
mod never_ends;
mod no_runbook;
mod no_severity;
mod no_summary;
mod runbook_missing;
mod same_alert_twice;
mod value_in_label;
mod value_in_other_unit;
mod watchdog;
mod watches_itself;
mod within_another;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    empty_template::EMPTY_TEMPLATE,
    never_ends::NEVER_ENDS,
    fires_while_idle::FIRES_WHILE_IDLE,
    watches_itself::WATCHES_ITSELF,
    value_in_label::VALUE_IN_LABEL,
    value_in_other_unit::VALUE_IN_OTHER_UNIT,
    no_severity::NO_SEVERITY,
    no_summary::NO_SUMMARY,
    no_runbook::NO_RUNBOOK,
    runbook_missing::RUNBOOK_MISSING,
    same_alert_twice::SAME_ALERT_TWICE,
    within_another::WITHIN_ANOTHER,
];
