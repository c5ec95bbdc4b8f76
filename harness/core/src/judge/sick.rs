//! Whether the rule of an alert could be evaluated. Whatever its alert did or did not do while it
//! could not says nothing of what the rule means, so this takes the place of all else.

use std::fmt::Display;

use super::relative;
use crate::{FaultRecord, LoadedRule, Reason, ReasonKind, Timeline};

/// That `rule`, the one of `alert`, could not be evaluated when it was loaded.
pub(super) fn was_sick(alert: &dyn Display, rule: &LoadedRule) -> Option<Reason> {
    let error = rule.sick.as_ref()?;
    let message = format!("the rule of {alert} cannot be evaluated: {error}");
    Some(Reason::new(ReasonKind::SickRule, message))
}

/// That `rule`, the one of `alert`, could not be evaluated at some time since the fault.
pub(super) fn fell_sick(
    alert: &dyn Display,
    rule: &LoadedRule,
    timeline: &Timeline,
    fault: &FaultRecord,
) -> Option<Reason> {
    let failed = || timeline.sick_rules.iter().filter(|sick| sick.is_of(rule));
    let first = failed().min_by_key(|sick| sick.at)?;
    let (at, error) = (relative(first.at, fault.injected_at), &first.error);
    let evaluations = match failed().count() {
        1 => "one evaluation".to_owned(),
        count => format!("{count} evaluations"),
    };
    let message = format!(
        "the rule of {alert} could not be evaluated {at}: {error}; {evaluations} failed in all"
    );
    Some(Reason::new(ReasonKind::SickRule, message))
}
