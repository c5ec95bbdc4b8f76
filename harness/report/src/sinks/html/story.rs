//! What happened in a drill, told in words and in its order.

use std::collections::BTreeMap;

use super::marks::after;
use super::time_text::{between, clock, duration};
use crate::model::DrillReport;
use alertdrill_core::{AlertOutcome, UtcInstant};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: UtcInstant,
    /// The time of day.
    pub(super) clock: String,
    /// How long after the drill's first fault, as `+1 min 5 s`.
    pub(super) after: String,
    pub(super) text: String,
    /// What it is in the style sheet.
    pub(super) class: &'static str,
}

/// Faults of one kind above this number are told in one line.
const MOST_FAULTS: usize = 3;

/// The events of `drill` in their order.
pub(super) fn story(drill: &DrillReport) -> Vec<Event> {
    let fault_at = drill.fault_at();
    let mut events = faults(drill);
    let mut groups: BTreeMap<&str, Vec<&AlertOutcome>> = BTreeMap::new();
    for alert in &drill.alerts {
        groups.entry(&alert.name).or_default().push(alert);
    }
    for (name, alerts) in groups {
        events.extend(
            AlertStory {
                name,
                alerts,
                drill,
            }
            .events(),
        );
    }
    for event in &mut events {
        event.after = fault_at.map_or(String::new(), |fault_at| {
            let seconds = event.at.seconds_since(fault_at);
            let sign = if seconds < 0.0 { "" } else { "+" };
            format!("{sign}{}", duration(seconds))
        });
    }
    events.sort_by_key(|event| event.at);
    events
}

fn event(at: UtcInstant, class: &'static str, text: String) -> Event {
    Event {
        at,
        clock: clock(at),
        after: String::new(),
        text,
        class,
    }
}

fn faults(drill: &DrillReport) -> Vec<Event> {
    let mut by_kind: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for fault in &drill.faults {
        by_kind.entry(&fault.kind).or_default().push(fault);
    }
    let mut events = Vec::new();
    for (kind, faults) in by_kind {
        let kind = kind.replace('_', " ");
        if faults.len() <= MOST_FAULTS {
            for fault in faults {
                let text = format!("{} is broken: {kind}", fault.target);
                events.push(event(fault.injected_at, "fault", text));
                if let Some(at) = fault.reverted_at {
                    events.push(event(at, "mended", format!("{} is mended", fault.target)));
                }
            }
            continue;
        }
        let targets: Vec<_> = faults.iter().map(|fault| fault.target.as_str()).collect();
        let (count, targets) = (targets.len(), targets.join(", "));
        let first = faults.iter().map(|fault| fault.injected_at).min();
        let last = faults.iter().filter_map(|fault| fault.reverted_at).max();
        let text = format!("{count} parts are broken ({kind}): {targets}");
        events.extend(first.map(|at| event(at, "fault", text)));
        events.extend(last.map(|at| event(at, "mended", format!("the last of {count} is mended"))));
    }
    events
}

/// The alerts of one name in a drill.
struct AlertStory<'a> {
    name: &'a str,
    alerts: Vec<&'a AlertOutcome>,
    drill: &'a DrillReport,
}

impl AlertStory<'_> {
    fn events(&self) -> Vec<Event> {
        let name = self.name;
        let fired = self.alerts.iter().any(|alert| alert.firing_at.is_some());
        let over = if fired {
            "is resolved"
        } else {
            "is no longer pending"
        };
        let begun = self.told(
            "",
            |alert| alert.onset_at,
            |all| format!("what {name} watches for is there{all}"),
        );
        let pending = self.told(
            "pending",
            |alert| alert.pending_at,
            |all| format!("{name} is pending{all}"),
        );
        let firing = self.told(
            "firing",
            |alert| alert.firing_at,
            |all| format!("{name} fires{all}{}", self.against_what_was_due()),
        );
        let notified = self.told(
            "notified",
            |alert| alert.notified_at,
            |all| format!("its receiver is told of {name}{all}"),
        );
        let resolved = self.told(
            "resolved",
            |alert| alert.resolved_at,
            |all| format!("{name} {over}{all}{}", self.after_the_revert()),
        );
        let end = self.told(
            "resolved",
            |alert| alert.resolve_notified_at,
            |all| format!("its receiver is told that {name} is over{all}"),
        );
        let all = [begun, pending, firing, notified, resolved, end];
        all.into_iter().flatten().collect()
    }

    /// What comes to each of the alerts, at its first instant. `text` is given how many it comes
    /// to, and until when, unless it is the one alert of its name.
    fn told(
        &self,
        class: &'static str,
        at: impl Fn(&AlertOutcome) -> Option<UtcInstant>,
        text: impl Fn(String) -> String,
    ) -> Option<Event> {
        let instants = self.alerts.iter().filter_map(|alert| at(alert));
        let instants: Vec<_> = instants.collect();
        let (first, last) = (*instants.iter().min()?, *instants.iter().max()?);
        let (count, of) = (instants.len(), self.alerts.len());
        let who = match (count, of) {
            (_, 1) => String::new(),
            _ if count == of => format!(" for all {of}"),
            _ => format!(" for {count} of {of}"),
        };
        let until = match last.seconds_since(first) {
            lasted_s if lasted_s < 1.0 => String::new(),
            lasted_s => format!(" within {}", duration(lasted_s)),
        };
        Some(event(first, class, text(format!("{who}{until}"))))
    }

    fn against_what_was_due(&self) -> String {
        let judged = self.alerts.iter().filter_map(|alert| {
            let took_s = alert.time_to_fire_s?;
            Some((took_s, alert.deadline_s?, alert.window_s))
        });
        let tightest = judged.min_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
        let Some((took_s, deadline_s, window_s)) = tightest else {
            return String::new();
        };
        let margin_s = deadline_s - took_s;
        let margin = if margin_s < 0.0 {
            format!(", {} after it was due", duration(-margin_s))
        } else {
            format!(", {} before it was due", duration(margin_s))
        };
        let window = window_s.map_or(String::new(), |[earliest_s, latest_s]| {
            format!("; its window is {}", between(earliest_s, latest_s))
        });
        format!("{margin}{window}")
    }

    fn after_the_revert(&self) -> String {
        let resolved = self.alerts.iter().filter_map(|alert| alert.resolved_at);
        let (Some(last), Some(reverted_at)) = (resolved.max(), self.drill.last_reverted_at())
        else {
            return String::new();
        };
        let seconds = last.seconds_since(reverted_at);
        if seconds < 0.0 {
            return String::new();
        }
        format!(", {} after all is mended", duration(seconds))
    }
}

/// What did not happen to an alert, in words; `None` if it fired.
pub(super) fn silence(alert: &AlertOutcome, fault_at: Option<UtcInstant>) -> Option<String> {
    if alert.firing_at.is_some() {
        return None;
    }
    let name = super::detection::known_as(alert);
    if let Some(deadline_s) = alert.deadline_s {
        let due = duration(deadline_s);
        return Some(format!(
            "{name} did not fire; it was due {due} after the fault"
        ));
    }
    let pending = alert.pending_at.map_or(String::new(), |at| {
        format!("; it was pending from {} on", after(fault_at, at))
    });
    Some(format!("{name} stayed silent, as it must{pending}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_report, folded};

    fn lines(drill: &DrillReport) -> String {
        let lines: Vec<_> = story(drill)
            .iter()
            .map(|event| format!("{} {}: {}", event.clock, event.after, event.text))
            .collect();
        folded(&lines.join("\n"))
    }

    #[test]
    fn story_tells_what_happened_in_its_order_with_times_as_people_write_them() {
        let mut drill = example_report("okx").drills.remove(0);
        drill.faults[0].reverted_at = Some(at(110.0));
        drill.alerts[0].resolved_at = Some(at(118.0));
        insta::assert_snapshot!(lines(&drill), @r"
        05:41:50 UTC +0 s: okx is broken: service stopped
        05:41:55 UTC +5 s: FeedHandlerDown is pending
        05:42:55 UTC +1 min 5 s: FeedHandlerDown fires, 55 s before it was due; its
        window is 1 min 1 s to 1 min 12 s
        05:43:05 UTC +1 min 15 s: its receiver is told of FeedHandlerDown
        05:43:30 UTC +1 min 40 s: okx is mended
        05:43:38 UTC +1 min 48 s: FeedHandlerDown is resolved, 8 s after all is mended
        ");
    }

    #[test]
    fn many_alerts_of_one_name_and_many_faults_of_one_kind_are_a_line_each() {
        let mut drill = example_report("okx").drills.remove(0);
        drill.alerts[0].notified_at = None;
        let mut later = drill.alerts[0].clone();
        later.firing_at = Some(at(90.0));
        later.time_to_fire_s = Some(80.0);
        drill.alerts.push(later);
        drill.faults = vec![drill.faults[0].clone(); 5];
        insta::assert_snapshot!(lines(&drill), @r"
        05:41:50 UTC +0 s: 5 parts are broken (service stopped): okx, okx, okx, okx, okx
        05:41:55 UTC +5 s: FeedHandlerDown is pending for all 2
        05:42:55 UTC +1 min 5 s: FeedHandlerDown fires for all 2 within 15 s, 40 s
        before it was due; its window is 1 min 1 s to 1 min 12 s
        ");
    }

    #[test]
    fn alert_that_did_not_fire_is_told_as_a_failure_or_as_it_must_be() {
        let drill = example_report("okx").drills.remove(0);
        let mut alert = drill.alerts[0].clone();
        assert_eq!(silence(&alert, drill.fault_at()), None);
        alert.firing_at = None;
        let told = |alert: &AlertOutcome| folded(&silence(alert, drill.fault_at()).unwrap());
        insta::assert_snapshot!(told(&alert), @r#"
        FeedHandlerDown{exchange="okx"} did not fire; it was due 2 min after the fault
        "#);
        alert.deadline_s = None;
        insta::assert_snapshot!(told(&alert), @r#"
        FeedHandlerDown{exchange="okx"} stayed silent, as it must; it was pending from 5
        s after the fault on
        "#);
    }
}
