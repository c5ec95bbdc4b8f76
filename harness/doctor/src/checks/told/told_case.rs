//! What the checks of routes and inhibitions look at.

use std::collections::BTreeSet;

use crate::checkout::{Alertmanager, Checkout, Rule, RulesFile};
use crate::checks::check::{Case, Said};
use crate::knowledge::Knowledge;
use crate::routing::{Alert, Alerts, LabelValue, Matcher, Misfit, Routing, unloaded_rules};

/// The alerts of a project, and the Alertmanager to which they are sent.
pub(super) struct ToldCase<'a> {
    pub(super) alertmanager: &'a Alertmanager,
    pub(super) routing: Routing,
    senders: Vec<Sender<'a>>,
}

/// A Prometheus that tells it.
struct Sender<'a> {
    checkout: &'a Checkout,
    knowledge: &'a Knowledge,
    sent: Alerts,
    unloaded: Vec<Rule>,
}

impl<'a> ToldCase<'a> {
    /// `None` if no Alertmanager's configuration is known.
    pub(super) fn of(case: &'a Case<'a>) -> Option<Self> {
        let alertmanager = case.checkout.alertmanager.as_ref()?;
        let all: Vec<_> = case.senders.iter().map(|(checkout, _)| *checkout).collect();
        let senders = case.senders.iter().map(|(checkout, knowledge)| Sender {
            checkout,
            knowledge,
            sent: Alerts::of(checkout, &all),
            unloaded: unloaded_rules(checkout),
        });
        Some(Self {
            alertmanager,
            routing: Routing::of(alertmanager),
            senders: senders.collect(),
        })
    }

    /// The alerts of the rules that are loaded, and of those that should be, of every Prometheus
    /// that tells this Alertmanager.
    pub(super) fn alerts(&self) -> Vec<Alert<'_>> {
        let alerts = self.senders.iter().flat_map(|sender| {
            let rules = sender.checkout.alerts().chain(&sender.unloaded);
            rules.map(|rule| sender.sent.alert(rule, sender.knowledge))
        });
        alerts.collect()
    }

    /// Whether the alerts that are known are all, and there are some.
    pub(super) fn knows_all_alerts(&self) -> bool {
        let has_some = |sender: &Sender<'_>| {
            let mut rules = sender.checkout.alerts().chain(&sender.unloaded);
            rules.next().is_some()
        };
        let has_broken = self.broken_files().next().is_some();
        !self.may_be_more() && !has_broken && self.senders.iter().any(has_some)
    }

    /// Whether an alert may have the annotation `name`, one of a file that is no YAML, too.
    pub(super) fn may_have_annotation(&self, name: &str) -> bool {
        let mut is_any = false;
        for sender in &self.senders {
            for rule in sender.checkout.alerts().chain(&sender.unloaded) {
                is_any = true;
                let mut annotations = rule.annotations.iter();
                if annotations.any(|(key, _)| key.text == name) {
                    return true;
                }
            }
        }
        let key = format!("{name}:");
        let mut broken = self.broken_files().peekable();
        is_any |= broken.peek().is_some();
        !is_any || self.may_be_more() || broken.any(|file| file.file.text.contains(&key))
    }

    fn may_be_more(&self) -> bool {
        self.senders.iter().any(|sender| sender.sent.may_be_more())
    }

    /// The rules files that are no YAML, and have alerts.
    fn broken_files(&self) -> impl Iterator<Item = &RulesFile> {
        let files = self.senders.iter();
        let files = files.flat_map(|sender| &sender.checkout.rules_files);
        files.filter(|file| !names_in_broken(file).is_empty())
    }
}

/// The names of the alerts of which Prometheus should tell somebody, in words: those of files that
/// are broken, too. Empty if there are none.
pub(super) fn alerts_in_words(case: &Case<'_>) -> String {
    let unloaded = unloaded_rules(case.checkout);
    let alerts = case.checkout.alerts().chain(&unloaded);
    let names = alerts.map(|rule| rule.name.text.as_str());
    let broken = case.checkout.rules_files.iter().flat_map(names_in_broken);
    names_in_words(names.chain(broken))
}

/// The names of alerts in a file that is no YAML.
fn names_in_broken(file: &RulesFile) -> Vec<&str> {
    if file.complaints.is_empty() || !file.rules.is_empty() {
        return Vec::new();
    }
    let lines = file.file.text.lines();
    let names = lines.filter_map(|line| {
        let entry = line.trim_start().strip_prefix('-')?.trim_start();
        let name = entry.strip_prefix("alert:")?.trim();
        let name = name.trim_matches(['"', '\'']);
        (!name.is_empty()).then_some(name)
    });
    names.collect()
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

/// The first of `matchers` of whose pattern one alternative takes no alert's value, though it is a
/// part of one: what is wrong, and what would be right. `None` if not all values are known.
pub(super) fn misfit<'a>(
    matchers: &'a [Matcher],
    alerts: &[Alert<'_>],
) -> Option<(Said, &'a Matcher)> {
    matchers.iter().find_map(|matcher| {
        let mut values = BTreeSet::new();
        for alert in alerts {
            match alert.value_of(&matcher.label) {
                LabelValue::One(value) => _ = values.insert(value),
                LabelValue::Absent => {}
                LabelValue::Unknown => return None,
            }
        }
        let Misfit { alternative, value } = matcher.misfit(&values)?;
        let label = &matcher.label;
        let said = Said::warning(
            format!(
                "`{alternative}` takes no alert: a pattern must fit all of `{label}`, and `{value}` \
                 has more than that"
            ),
            "write `.*` where the values go on",
        );
        Some((said, matcher))
    })
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

#[cfg(test)]
mod tests;
