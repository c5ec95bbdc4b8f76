//! From what a drill saw to what that proves.
//!
//! | what was seen | verdict |
//! | --- | --- |
//! | observation failed, the fault had no effect or was not reverted | error, whatever the alert did |
//! | an alert was active before the fault | fail: unsteady start |
//! | no rule of the name | fail: no such rule, before anything is broken |
//! | a rule whose window ends after the deadline | fail: late, before anything is broken |
//! | the alert fired in its window, with its labels, was delivered, resolved, and the resolve was delivered | pass |
//! | anything short of that | fail, with each reason |
//! | another alert fired, and is not tolerated | fail: collateral |

use std::time::Duration;

use super::{
    AlertOutcome, Delivery, DeliveryStatus, Drill, Episode, ExpectedAlert, FaultRecord, Labels, LoadedRule, Outcome, Reason,
    ReasonKind, Timeline, UtcInstant, Verdict, Window, episodes,
};

/// What a notification may take beyond Alertmanager's own waits: Prometheus sends right after the evaluation, Alertmanager
/// calls the receiver right after its wait; both are milliseconds on an idle machine.
pub(crate) const DELIVERY_ALLOWANCE: Duration = Duration::from_secs(5);

const REQUIRED_ANNOTATIONS: [&str; 3] = ["summary", "description", "runbook_url"];

/// Why `drill` cannot pass with `rules`, known without breaking anything: an expected alert for which no rule is loaded,
/// or whose rule cannot promise its deadline. Empty if it can.
#[must_use]
pub fn hopeless(drill: &Drill, rules: &[LoadedRule]) -> Vec<Reason> {
    drill.expect.iter().filter_map(|expected| hopeless_alert(expected, rules)).collect()
}

fn hopeless_alert(expected: &ExpectedAlert, rules: &[LoadedRule]) -> Option<Reason> {
    let Some(rule) = rule_of(expected, rules) else {
        let loaded: Vec<_> = rules.iter().map(|rule| rule.alert.as_str()).collect();
        let message = if loaded.is_empty() {
            format!("no rule for {expected} is loaded; Prometheus has loaded no alerting rule at all")
        } else {
            format!("no rule for {expected} is loaded; loaded are {}", loaded.join(", "))
        };
        return Some(Reason::new(ReasonKind::NoSuchRule, message));
    };
    let window = Window::derive(rule, expected.onset);
    (window.latest > expected.deadline).then(|| {
        Reason::new(
            ReasonKind::Late,
            format!(
                "{expected} can fire as late as {} after the fault, its deadline is {}: `for` is {}, onset up to {}, scrape {} with time-out {}, evaluation {}",
                seconds(window.latest),
                seconds(expected.deadline),
                seconds(rule.for_duration),
                seconds(expected.onset.latest),
                seconds(rule.scrape_interval),
                seconds(rule.scrape_timeout),
                seconds(rule.evaluation_interval),
            ),
        )
    })
}

/// What has become so far of each alert that `drill` expects, in its order; judges nothing.
#[must_use]
pub fn alert_outcomes(drill: &Drill, timeline: &Timeline) -> Vec<AlertOutcome> {
    let lives = episodes(timeline);
    let trials = drill.expect.iter().map(|expected| Trial::held(expected, timeline, &lives, first_fault(timeline)));
    trials.map(|trial| trial.outcome).collect()
}

/// Judges what `drill` saw. The same drill and timeline always give the same verdict.
#[must_use]
pub fn judge(drill: &Drill, timeline: &Timeline) -> Verdict {
    let lives = episodes(timeline);
    let mut reasons = untestable(timeline);
    let untestable = !reasons.is_empty();
    reasons.extend(unsteady(timeline));
    let hopeless = hopeless(drill, &timeline.rules);
    let broken = first_fault(timeline).filter(|_| reasons.is_empty() && hopeless.is_empty());
    reasons.extend(hopeless);

    let mut alerts = Vec::new();
    for expected in &drill.expect {
        let trial = Trial::held(expected, timeline, &lives, broken);
        reasons.extend(trial.reasons);
        alerts.push(trial.outcome);
    }

    let mut tolerated = Vec::new();
    let mut collateral = Vec::new();
    if let Some(fault) = first_fault(timeline) {
        for life in undeclared(drill, fault, &lives) {
            let firing = relative(life.firing_at, fault.injected_at);
            let excuse = drill.tolerate.iter().find(|t| t.alert == life.alert() && carries(&life.labels, &t.labels));
            if let Some(excuse) = excuse {
                tolerated.push(format!("{life} fired {firing}: {}", excuse.reason));
            } else {
                collateral.push(life.labels.clone());
                reasons.push(Reason::new(
                    ReasonKind::Collateral,
                    format!("{life} fired {firing}, which this drill does not declare"),
                ));
            }
        }
    }
    let worst = reasons.iter().map(|reason| reason.kind.outcome()).max().unwrap_or(Outcome::Pass);
    // What could not be tested says nothing about the alert, whatever else was seen.
    let outcome = if untestable { Outcome::Error } else { worst };
    Verdict { outcome, reasons, alerts, tolerated, collateral }
}

fn first_fault(timeline: &Timeline) -> Option<&FaultRecord> {
    timeline.faults.first()
}

fn untestable(timeline: &Timeline) -> Vec<Reason> {
    let mut reasons: Vec<_> =
        timeline.errors.iter().map(|error| Reason::new(ReasonKind::CouldNotObserve, error.message.clone())).collect();
    if !timeline.steady_state.unmet.is_empty() {
        reasons.push(Reason::new(
            ReasonKind::StackNotSteady,
            format!(
                "the stack was not steady after {:.0} s: {}",
                timeline.steady_state.waited_s,
                timeline.steady_state.unmet.join("; ")
            ),
        ));
    }
    for record in &timeline.faults {
        if record.effect_at.is_none() {
            reasons.push(Reason::new(
                ReasonKind::FaultWithoutEffect,
                format!("{} was injected and had no effect, so that no alert can be blamed or praised", record.fault),
            ));
        }
        if record.reverted_at.is_none() {
            reasons.push(Reason::new(ReasonKind::FaultNotReverted, format!("{} was not reverted", record.fault)));
        }
    }
    reasons
}

fn unsteady(timeline: &Timeline) -> Option<Reason> {
    let active = &timeline.steady_state.active_alerts;
    (!active.is_empty()).then(|| {
        let names: Vec<_> = active.iter().map(|labels| format!("{labels:?}")).collect();
        Reason::new(
            ReasonKind::UnsteadyStart,
            format!(
                "before the fault, and for {:.0} s, alerts were active: {}",
                timeline.steady_state.waited_s,
                names.join(", ")
            ),
        )
    })
}

/// Firing episodes since the fault that are no expected alert.
fn undeclared<'a>(drill: &'a Drill, fault: &'a FaultRecord, lives: &'a [Episode]) -> impl Iterator<Item = &'a Episode> {
    lives.iter().filter(move |life| {
        life.firing_at.is_some_and(|firing| firing >= fault.injected_at)
            && !drill.expect.iter().any(|expected| is(expected, life) || has_lost_labels(expected, life))
    })
}

/// The rule that is meant: of the alert's name, and of its own labels none contradicts the expected ones.
pub(crate) fn rule_of<'a>(expected: &ExpectedAlert, rules: &'a [LoadedRule]) -> Option<&'a LoadedRule> {
    rules.iter().find(|rule| {
        rule.alert == expected.alert
            && expected.labels.iter().all(|(name, value)| rule.labels.get(name).is_none_or(|label| label == value))
    })
}

fn is(expected: &ExpectedAlert, life: &Episode) -> bool {
    life.alert() == expected.alert && carries(&life.labels, &expected.labels)
}

/// An alert of the expected name that lacks labels, but contradicts none: aggregation has dropped what names the culprit.
fn has_lost_labels(expected: &ExpectedAlert, life: &Episode) -> bool {
    life.alert() == expected.alert
        && !is(expected, life)
        && expected.labels.iter().all(|(name, value)| life.labels.get(name).is_none_or(|label| label == value))
}

fn carries(labels: &Labels, required: &Labels) -> bool {
    required.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// One expected alert on trial.
struct Trial<'a> {
    expected: &'a ExpectedAlert,
    timeline: &'a Timeline,
    lives: &'a [Episode],
    outcome: AlertOutcome,
    reasons: Vec<Reason>,
}

impl<'a> Trial<'a> {
    fn held(expected: &'a ExpectedAlert, timeline: &'a Timeline, lives: &'a [Episode], fault: Option<&FaultRecord>) -> Self {
        let window = rule_of(expected, &timeline.rules).map(|rule| Window::derive(rule, expected.onset));
        let outcome = AlertOutcome {
            name: expected.alert.clone(),
            labels: expected.labels.clone(),
            severity: expected.severity,
            window_s: window.map(|window| [window.earliest.as_secs_f64(), window.latest.as_secs_f64()]),
            deadline_s: expected.deadline.as_secs_f64(),
            pending_at: None,
            firing_at: None,
            notified_at: None,
            resolved_at: None,
            resolve_notified_at: None,
            time_to_fire_s: None,
        };
        let mut trial = Self { expected, timeline, lives, outcome, reasons: Vec::new() };
        if let Some(fault) = fault {
            trial.judge(fault);
        }
        trial
    }

    fn blame(&mut self, kind: ReasonKind, message: String) {
        self.reasons.push(Reason::new(kind, message));
    }

    fn judge(&mut self, fault: &FaultRecord) {
        let Some(rule) = rule_of(self.expected, &self.timeline.rules) else { return };
        let Some(life) = self.firing_life(fault) else {
            self.missed(fault);
            return;
        };
        self.outcome.labels = life.labels.clone();
        self.outcome.pending_at = life.pending_at;
        self.outcome.firing_at = life.firing_at;
        self.outcome.resolved_at = life.ended_at;
        let Some(firing_at) = life.firing_at else { return };
        self.outcome.time_to_fire_s = Some(firing_at.seconds_since(fault.injected_at));

        self.timing(rule, fault, firing_at);
        self.labels(&life.labels);
        self.delivery(firing_at, fault, &life.labels);
        self.resolve(rule, fault, &life.labels);
    }

    /// The first firing since the fault, if need be one that has lost labels.
    fn firing_life(&self, fault: &FaultRecord) -> Option<&'a Episode> {
        let since_fault = |life: &&Episode| life.firing_at.is_some_and(|firing| firing >= fault.injected_at);
        let exact = self.lives.iter().filter(since_fault).find(|life| is(self.expected, life));
        exact.or_else(|| self.lives.iter().filter(since_fault).find(|life| has_lost_labels(self.expected, life)))
    }

    fn missed(&mut self, fault: &FaultRecord) {
        let watched_s = self.timeline.finished_at.seconds_since(fault.injected_at);
        let pending = self.lives.iter().find(|life| is(self.expected, life) && life.pending_at.is_some());
        let state = pending.map_or_else(
            || "never even pending".to_owned(),
            |life| format!("pending {}", relative(life.pending_at, fault.injected_at)),
        );
        self.outcome.pending_at = pending.and_then(|life| life.pending_at);
        let message = format!("{} did not fire within {watched_s:.1} s of the fault; it was {state}", self.expected);
        self.blame(ReasonKind::Missed, message);
    }

    fn timing(&mut self, rule: &LoadedRule, fault: &FaultRecord, firing_at: UtcInstant) {
        let window = Window::derive(rule, self.expected.onset);
        let effect_at = fault.effect_at.unwrap_or(fault.injected_at);
        let fired = relative(Some(firing_at), fault.injected_at);
        if firing_at < fault.injected_at.plus(window.earliest) {
            let message = format!("{} fired {fired}, its window opens at +{}", self.expected, seconds(window.earliest));
            self.blame(ReasonKind::TooEarly, message);
        }
        if firing_at > fault.injected_at.plus(self.expected.deadline) {
            let message = format!("{} fired {fired}, its deadline is +{}", self.expected, seconds(self.expected.deadline));
            self.blame(ReasonKind::Late, message);
        } else if firing_at > effect_at.plus(window.latest) {
            let message = format!(
                "{} fired {fired}, its window closes {} after the fault's effect ({})",
                self.expected,
                seconds(window.latest),
                relative(Some(effect_at), fault.injected_at)
            );
            self.blame(ReasonKind::Late, message);
        }
    }

    fn labels(&mut self, labels: &Labels) {
        for (name, value) in &self.expected.labels {
            if labels.get(name) != Some(value) {
                let message = format!("{} fired without the label {name}=\"{value}\": {labels:?}", self.expected.alert);
                self.blame(ReasonKind::WrongLabels, message);
            }
        }
        let severity = labels.get("severity");
        if severity.is_none_or(|severity| *severity != self.expected.severity.to_string()) {
            let message = format!(
                "{} fired with severity {}, expected is {}",
                self.expected,
                severity.map_or("none", String::as_str),
                self.expected.severity
            );
            self.blame(ReasonKind::WrongLabels, message);
        }
    }

    fn delivery(&mut self, firing_at: UtcInstant, fault: &FaultRecord, labels: &Labels) {
        let receiver = self.expected.severity.to_string();
        let latest = firing_at.plus(self.group_wait() + DELIVERY_ALLOWANCE);
        let Some(delivery) = self.delivered(DeliveryStatus::Firing, labels, firing_at, Some(&receiver)) else {
            let elsewhere = self.delivered(DeliveryStatus::Firing, labels, firing_at, None);
            let held_back = self.timeline.suppressions.iter().find(|suppression| suppression.labels == *labels);
            let why = match (elsewhere, held_back) {
                (Some(elsewhere), _) => format!("it was delivered to `{}` instead", elsewhere.receiver),
                (None, Some(suppression)) => format!("Alertmanager held it back: {}", suppression.by),
                (None, None) => {
                    "no receiver was told, and no silence or inhibition says why: check Alertmanager's route".to_owned()
                }
            };
            let message = format!(
                "{} fired {} and was not delivered to `{receiver}`; {why}",
                self.expected,
                relative(Some(firing_at), fault.injected_at)
            );
            self.blame(ReasonKind::NotDelivered, message);
            return;
        };
        let received_at = delivery.received_at;
        let missing: Vec<_> = REQUIRED_ANNOTATIONS
            .into_iter()
            .filter(|name| delivery.annotations.get(*name).is_none_or(|text| text.trim().is_empty()))
            .collect();
        self.outcome.notified_at = Some(received_at);
        if !missing.is_empty() {
            let message = format!("{} was delivered without {}", self.expected, missing.join(", "));
            self.blame(ReasonKind::MissingAnnotations, message);
        }
        if received_at > latest {
            let message = format!(
                "{} was delivered {}, {:.1} s after it fired; Alertmanager waits {}",
                self.expected,
                relative(Some(received_at), fault.injected_at),
                received_at.seconds_since(firing_at),
                seconds(self.group_wait())
            );
            self.blame(ReasonKind::NotDelivered, message);
        }
    }

    fn resolve(&mut self, rule: &LoadedRule, fault: &FaultRecord, labels: &Labels) {
        let Some(reverted_at) = fault.reverted_at else { return };
        let latest = Window::latest_resolve(rule, self.expected.recovery);
        let Some(resolved_at) = self.outcome.resolved_at else {
            let message = format!(
                "{} still fired {:.1} s after the fault was reverted; at most {} were expected",
                self.expected,
                self.timeline.finished_at.seconds_since(reverted_at),
                seconds(latest)
            );
            self.blame(ReasonKind::NotResolved, message);
            return;
        };
        let took_s = resolved_at.seconds_since(reverted_at);
        if took_s > latest.as_secs_f64() {
            let message = format!(
                "{} resolved {took_s:.1} s after the fault was reverted, at most {} were expected",
                self.expected,
                seconds(latest)
            );
            self.blame(ReasonKind::NotResolved, message);
        }
        let receiver = self.expected.severity.to_string();
        let wait = self.group_interval() + DELIVERY_ALLOWANCE;
        let told = self.delivered(DeliveryStatus::Resolved, labels, resolved_at, Some(&receiver)).map(|told| told.received_at);
        self.outcome.resolve_notified_at = told;
        if told.is_none_or(|told| told > resolved_at.plus(wait)) && self.outcome.notified_at.is_some() {
            let resolved = relative(Some(resolved_at), fault.injected_at);
            let told = told.map_or_else(
                || "was never told".to_owned(),
                |told| format!("was told {:.1} s later", told.seconds_since(resolved_at)),
            );
            let message = format!(
                "{} resolved {resolved}, `{receiver}` {told}; Alertmanager waits at most {}",
                self.expected,
                seconds(self.group_interval())
            );
            self.blame(ReasonKind::ResolveNotDelivered, message);
        }
    }

    fn delivered(
        &self,
        status: DeliveryStatus,
        labels: &Labels,
        since: UtcInstant,
        receiver: Option<&str>,
    ) -> Option<&'a Delivery> {
        self.timeline.deliveries.iter().find(|delivery| {
            delivery.status == status
                && delivery.labels == *labels
                && delivery.received_at >= since
                && receiver.is_none_or(|receiver| delivery.receiver == receiver)
        })
    }

    fn group_wait(&self) -> Duration {
        self.timeline.routing.map_or(Duration::ZERO, |routing| routing.group_wait)
    }

    fn group_interval(&self) -> Duration {
        self.timeline.routing.map_or(Duration::ZERO, |routing| routing.group_interval)
    }
}

fn relative(instant: Option<UtcInstant>, fault_at: UtcInstant) -> String {
    instant.map_or_else(|| "at no time".to_owned(), |instant| format!("at {:+.1} s", instant.seconds_since(fault_at)))
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests;
