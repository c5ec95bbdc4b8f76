//! From what happened in a recorded drill, and what other rules say of it, to what the drill would
//! have seen with them.
//!
//! What a drill broke, and what its conditions were, does not change with the rules. What its
//! alerts did is taken from the rules' evaluation over the recorded samples. Two things a recording
//! cannot tell: what Alertmanager would have delivered, and what would have come had the fault been
//! held for longer. Both are said, and nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{
    AlertSample, AlertState, Claim, Drill, DrillRecord, ExpectedAlert, Labels, LoadedRule,
    Neighbour, RecordedDrill, RecordedRun, Replayed, SentWords, SickRule, SteadyState, Timeline,
    UtcInstant, infeasible, rule_for, share_an_alert,
};

/// How long before its fault a drill's alerts are looked at.
const LOOK_BACK: Duration = Duration::from_secs(60);
/// An alert that fires for so long after the last revert that may have caused it would have kept
/// the next drill from its start.
const NEVER_STEADY: Duration = Duration::from_secs(180);

/// What rules say of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RulesSaid {
    /// The alerting rules.
    pub rules: Vec<LoadedRule>,
    /// Every sample of `ALERTS`, in the order of time.
    pub samples: Vec<AlertSample>,
    /// The words of each alert as they would have been sent.
    pub sent: Vec<SentWords>,
    /// The evaluations that failed.
    pub sick: Vec<SickRule>,
    /// The metrics that rules read and that the recording has not.
    pub unknown_metrics: Vec<UnknownMetrics>,
    /// The last evaluation.
    pub until: Option<UtcInstant>,
}

/// Metrics that a rule reads and that a recording has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetrics {
    /// The alert's name.
    pub alert: String,
    /// The labels that its rule adds.
    pub labels: Labels,
    /// The metrics.
    pub metrics: Vec<String>,
}

/// What the recorded drill would have seen with other rules: with what those `said`.
#[must_use]
pub fn replayed(recorded: &RecordedDrill, run: &RecordedRun, said: &RulesSaid) -> DrillRecord {
    let DrillRecord {
        schema_version,
        drill,
        lane,
        timeline,
    } = recorded.record.clone();
    let timeline = Timeline {
        rules: said.rules.clone(),
        routes: run.routes.clone(),
        ..timeline
    };
    let replay = Replay {
        drill: &drill,
        run,
        said,
    };
    let timeline = replay.timeline(timeline);
    DrillRecord {
        schema_version,
        drill,
        lane,
        timeline,
    }
}

struct Replay<'a> {
    drill: &'a Drill,
    run: &'a RecordedRun,
    said: &'a RulesSaid,
}

impl Replay<'_> {
    fn timeline(&self, mut timeline: Timeline) -> Timeline {
        timeline.replayed = Some(Replayed::default());
        let routes = timeline.routes.as_ref();
        if !infeasible(self.drill, &timeline.rules, routes).is_empty() {
            // A live run would have broken nothing.
            timeline.faults.clear();
            timeline.checks.clear();
            timeline.steady_end = None;
            return timeline;
        }
        let Some(injected_at) = timeline.first_fault().map(|fault| fault.injected_at) else {
            return timeline;
        };
        timeline.neighbours = self.neighbours();
        let from = injected_at.minus(LOOK_BACK);
        let until = self.watched_until(&timeline);
        timeline.samples = self.samples(from, timeline.finished_at, until);
        timeline.evaluated_until = self.evaluated_until(until);
        timeline.finished_at = until;
        let sick = self.said.sick.iter();
        let sick = sick.filter(|sick| injected_at <= sick.at && sick.at <= until);
        timeline.sick_rules = sick.cloned().collect();
        let sent = self.said.sent.iter();
        let sent = sent.filter(|sent| from <= sent.at && sent.at <= until);
        let mut undecided = self.unknown_metrics();
        timeline.steady_state = self.start(&timeline, injected_at, &mut undecided);
        if let Some(end) = &mut timeline.steady_end {
            end.active_alerts.clear();
            end.silent_watchdogs.clear();
        }
        timeline.replayed = Some(Replayed {
            sent: sent.cloned().collect(),
            undecided,
        });
        timeline
    }

    /// The other drills of the run, each from its first fault to its end.
    fn neighbours(&self) -> Vec<Neighbour> {
        let records = self.run.drills.iter().map(|other| &other.record);
        let others = records.filter(|other| other.drill.name != self.drill.name);
        let begun = others.filter_map(
            |DrillRecord {
                 drill, timeline, ..
             }| {
                Some(Neighbour {
                    drill: drill.name.clone(),
                    claims: drill.claims(),
                    faults: drill.faults.iter().map(ToString::to_string).collect(),
                    from: timeline.first_fault()?.injected_at,
                    until: Some(timeline.finished_at),
                })
            },
        );
        begun.collect()
    }

    /// How far the drill's alerts are followed: to its end, or to the last instant at which they
    /// may end, as far as no later drill makes them fire again.
    fn watched_until(&self, timeline: &Timeline) -> UtcInstant {
        let latest_end = self.drill.expect.iter().map(ExpectedAlert::latest_end);
        let latest_end = latest_end.max().unwrap_or_default();
        let at_most = timeline.last_revert().map(|at| at.plus(latest_end));
        let others = self.run.drills.iter().map(|other| &other.record);
        let others =
            others.filter(|other| share_an_alert(&other.drill.claims(), &self.drill.claims()));
        let begun = others.filter_map(|other| Some(other.timeline.first_fault()?.injected_at));
        let next = begun.filter(|at| *at > timeline.finished_at).min();
        let at_most = at_most.into_iter().chain(next).chain(self.said.until).min();
        at_most
            .unwrap_or(timeline.finished_at)
            .max(timeline.finished_at)
    }

    /// The samples of all alerts up to `finished_at`, and those of the drill's own until `until`.
    fn samples(
        &self,
        from: UtcInstant,
        finished_at: UtcInstant,
        until: UtcInstant,
    ) -> Vec<AlertSample> {
        let claims = self.drill.claims();
        let is_own =
            |sample: &AlertSample| claims.iter().any(|claim| claim.concerns(&sample.labels));
        let all = &self.said.samples;
        let begin = all.partition_point(|sample| sample.at < from);
        let later = all[begin..].iter().take_while(|sample| sample.at <= until);
        let seen = later.filter(|sample| sample.at <= finished_at || is_own(sample));
        seen.cloned().collect()
    }

    fn evaluated_until(&self, until: UtcInstant) -> BTreeMap<String, UtcInstant> {
        let rules = self.said.rules.iter();
        rules.map(|rule| (rule.alert.clone(), until)).collect()
    }

    /// What the wait for steady state would have come to.
    fn start(
        &self,
        timeline: &Timeline,
        injected_at: UtcInstant,
        undecided: &mut Vec<String>,
    ) -> SteadyState {
        let mut state = SteadyState {
            active_alerts: Vec::new(),
            silent_watchdogs: Vec::new(),
            ..timeline.steady_state.clone()
        };
        for labels in self.active_at(injected_at) {
            let beside = timeline.neighbours.iter();
            let mut beside = beside.filter(|other| other.ran_at(injected_at));
            let is_neighbours =
                beside.any(|other| other.claims.iter().any(|claim| claim.concerns(labels)));
            if timeline.is_of_a_watchdog(labels) || is_neighbours {
                continue;
            }
            match self.earlier_drill(labels, injected_at) {
                Some(earlier) => {
                    let alert = labels.get("alertname").map_or("", String::as_str);
                    undecided.push(format!(
                        "{alert} of the drill {earlier} still fired when this drill began: a live \
                         run would have waited for its end"
                    ));
                }
                None => state.active_alerts.push(labels.clone()),
            }
        }
        let watchdogs = timeline.rules.iter().filter(|rule| rule.is_watchdog);
        for claim in watchdogs.map(Claim::of_rule) {
            let mut firing = self.firing_at(injected_at).into_iter();
            if !firing.any(|labels| claim.covers(labels)) {
                state.silent_watchdogs.push(claim.to_string());
            }
        }
        state
    }

    /// The alerts that fired at the last evaluation before `instant`.
    fn firing_at(&self, instant: UtcInstant) -> BTreeSet<&Labels> {
        let lately = self.lately(instant);
        let is_last =
            |sample: &&AlertSample| sample.at.plus(self.interval_of(&sample.labels)) > instant;
        let firing = lately
            .filter(|sample| sample.state == AlertState::Firing)
            .filter(is_last);
        firing.map(|sample| &sample.labels).collect()
    }

    /// The alerts that fired at the last evaluation before `instant`, and those that were pending
    /// for so long that a live run would not have begun.
    fn active_at(&self, instant: UtcInstant) -> BTreeSet<&Labels> {
        let mut counts = BTreeMap::<_, u32>::new();
        for sample in self.lately(instant) {
            *counts.entry(&sample.labels).or_default() += 1;
        }
        let whole = |labels: &Labels| LOOK_BACK.div_duration_f64(self.interval_of(labels)) - 1.0;
        let pending = counts
            .into_iter()
            .filter(|(labels, count)| f64::from(*count) > whole(labels));
        pending
            .map(|(labels, _)| labels)
            .chain(self.firing_at(instant))
            .collect()
    }

    /// The samples of the time just before `instant`.
    fn lately(&self, instant: UtcInstant) -> impl Iterator<Item = &AlertSample> {
        let all = &self.said.samples;
        let end = all.partition_point(|sample| sample.at <= instant);
        let begin = all.partition_point(|sample| sample.at <= instant.minus(LOOK_BACK));
        all[begin.min(end)..end].iter()
    }

    fn interval_of(&self, labels: &Labels) -> Duration {
        let alert = labels.get("alertname").map_or("", String::as_str);
        let rule = rule_for(alert, labels, &self.said.rules);
        rule.map_or(LOOK_BACK, |rule| rule.evaluation_interval)
    }

    /// The drill that broke something last, not long before `instant`, that such an alert is
    /// declared for.
    fn earlier_drill(&self, labels: &Labels, instant: UtcInstant) -> Option<&str> {
        let records = self.run.drills.iter().map(|drill| &drill.record);
        let earlier = records.filter_map(|record| {
            let began_at = record.timeline.first_fault()?.injected_at;
            let ended_at = record.timeline.last_revert()?;
            let is_earlier = began_at < instant && ended_at.plus(NEVER_STEADY) > instant;
            let mut claims = record.drill.claims().into_iter();
            let is_declared = claims.any(|claim| claim.concerns(labels));
            (is_earlier && is_declared).then_some((began_at, &record.drill.name))
        });
        earlier.max().map(|(_, name)| name.as_str())
    }

    fn unknown_metrics(&self) -> Vec<String> {
        let claims = self.drill.claims();
        let of_own = |unknown: &&UnknownMetrics| {
            let concerned = |claim: &Claim| {
                claim.alert == unknown.alert && crate::agree(&claim.labels, &unknown.labels)
            };
            claims.iter().any(concerned)
        };
        let unknown = self.said.unknown_metrics.iter().filter(of_own);
        let said = unknown.map(|unknown| {
            format!(
                "the rule of {} reads {}, of which the recording has no series",
                unknown.alert,
                unknown.metrics.join(" and ")
            )
        });
        said.collect()
    }
}

#[cfg(test)]
mod tests;
