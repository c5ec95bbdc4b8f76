//! Whether one alert mutes another.

use super::told_case::ToldCase;
use crate::checkout::Rule;
use crate::checks::check::Case;
use crate::routing::{Alert, Verdict, verdict_of_all};

/// Whether an inhibition may let one of two rules' alerts mute the other's.
pub(in crate::checks) fn mutes(case: &Case<'_>, one: &Rule, other: &Rule) -> bool {
    let Some(told) = ToldCase::of(case) else {
        return false;
    };
    if told.routing.inhibitions.is_empty() {
        return false;
    }
    let alerts = told.alerts();
    let of = |rule: &Rule| {
        let mut all = alerts.iter();
        all.find(|alert| alert.rule.path() == rule.path() && alert.rule.name == rule.name)
    };
    let (Some(one), Some(other)) = (of(one), of(other)) else {
        return false;
    };
    let mut inhibitions = told.routing.inhibitions.iter();
    inhibitions.any(|inhibition| {
        let takes = |source: &Alert<'_>, target: &Alert<'_>| {
            let is_source = verdict_of_all(&inhibition.source, |label| source.value_of(label));
            let is_target = verdict_of_all(&inhibition.target, |label| target.value_of(label));
            is_source != Verdict::No && is_target != Verdict::No
        };
        let are_equal = inhibition
            .equal
            .iter()
            .all(|label| label.text != "alertname" || one.rule.name.text == other.rule.name.text);
        are_equal && (takes(one, other) || takes(other, one))
    })
}
