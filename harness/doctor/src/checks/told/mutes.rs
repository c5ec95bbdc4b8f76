//! Whether one alert mutes another.

use std::collections::HashMap;

use super::told_case::ToldCase;
use crate::checkout::Rule;
use crate::checks::check::Case;
use crate::routing::{Alert, Inhibition, Verdict, verdict_of_all};

/// The pairs of rules of which no inhibition may let one rule's alerts mute the other's.
pub(in crate::checks) fn unmuted<'a>(
    case: &Case<'_>,
    pairs: Vec<(&'a Rule, &'a Rule)>,
) -> Vec<(&'a Rule, &'a Rule)> {
    let told = (!pairs.is_empty()).then(|| ToldCase::of(case)).flatten();
    let Some(told) = told.filter(|told| !told.routing.inhibitions.is_empty()) else {
        return pairs;
    };
    let alerts = told.alerts();
    let key = |rule: &'_ Rule| (rule.path().to_owned(), rule.name.place);
    let by_place: HashMap<_, _> = alerts
        .iter()
        .map(|alert| (key(alert.rule), alert))
        .collect();
    let are_unmuted = |(one, other): &(&Rule, &Rule)| {
        let (Some(one), Some(other)) = (by_place.get(&key(one)), by_place.get(&key(other))) else {
            return true;
        };
        let mut inhibitions = told.routing.inhibitions.iter();
        !inhibitions.any(|it| may_mute(it, one, other) || may_mute(it, other, one))
    };
    pairs.into_iter().filter(are_unmuted).collect()
}

fn may_mute(inhibition: &Inhibition, source: &Alert<'_>, target: &Alert<'_>) -> bool {
    let is_source = verdict_of_all(&inhibition.source, |label| source.value_of(label));
    let is_target = verdict_of_all(&inhibition.target, |label| target.value_of(label));
    let have_one_name = source.rule.name.text == target.rule.name.text;
    let mut equal = inhibition.equal.iter();
    is_source != Verdict::No
        && is_target != Verdict::No
        && (have_one_name || equal.all(|label| label.text != "alertname"))
}
