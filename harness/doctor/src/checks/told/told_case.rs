//! What the checks of routes and inhibitions look at.

use std::collections::BTreeSet;

use crate::checkout::{Alertmanager, Rule};
use crate::checks::check::Case;
use crate::routing::{Alert, Alerts, LabelValue, Routing, unloaded_rules};

/// The alerts of a project, and the Alertmanager to which they are sent.
pub(super) struct ToldCase<'a> {
    case: &'a Case<'a>,
    pub(super) alertmanager: &'a Alertmanager,
    pub(super) routing: Routing,
    sent: Alerts,
    unloaded: Vec<Rule>,
}

impl<'a> ToldCase<'a> {
    /// `None` if no Alertmanager's configuration is known.
    pub(super) fn of(case: &'a Case<'a>) -> Option<Self> {
        let alertmanager = case.checkout.alertmanager.as_ref()?;
        Some(Self {
            case,
            alertmanager,
            routing: Routing::of(alertmanager),
            sent: Alerts::of(case.checkout),
            unloaded: unloaded_rules(case.checkout),
        })
    }

    /// The alerts of the rules that are loaded, and of those that should be.
    pub(super) fn alerts(&self) -> Vec<Alert<'_>> {
        let rules = self.case.checkout.alerts().chain(&self.unloaded);
        rules
            .map(|rule| self.sent.alert(rule, &self.case.knowledge))
            .collect()
    }

    /// Whether the alerts that are known are all, and there are some.
    pub(super) fn knows_all_alerts(&self) -> bool {
        let mut rules = self.case.checkout.alerts().chain(&self.unloaded);
        !self.sent.may_be_more() && rules.next().is_some()
    }
}

/// What the alerts have for the label `label`, in words.
pub(super) fn values_in_words(alerts: &[Alert<'_>], label: &str) -> String {
    let values = alerts
        .iter()
        .filter_map(|alert| match alert.value_of(label) {
            LabelValue::One(value) => Some(value),
            LabelValue::Absent | LabelValue::Unknown => None,
        });
    let values: BTreeSet<_> = values.collect();
    match values.len() {
        0 => format!("none has the label `{label}`"),
        1..=6 => {
            let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("they have {}", values.join(", "))
        }
        many => format!("they have {many} others"),
    }
}

/// Names of rules, in words: the first three, and how many more.
pub(super) fn names_in_words<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: BTreeSet<_> = names.into_iter().collect();
    let first: Vec<_> = names
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(3) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
