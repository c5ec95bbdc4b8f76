//! Which fault of which service brings the alert of a rule.

mod down;
mod worse;

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::promql::result_labels_of;
use alertdrill_core::{LoadedRule, fixed_labels};

use super::cause::{Cause, cause_of};
use super::proposed::{ProposedAlert, Verb};
use super::reasons;
use super::timing::{text_of, waits};
use super::topology::Topology;

/// No drill waits longer.
const LONGEST_DRILL: Duration = Duration::from_secs(2 * 3600);

/// A fault that brings an alert.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub(super) verb: Verb,
    pub(super) service: String,
    pub(super) is_certain: bool,
    /// Why, in a sentence.
    pub(super) reason: String,
    pub(super) alert: ProposedAlert,
}

/// What is known of a rule.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) is_watchdog: bool,
    /// The faults that bring it; none if `reason` says why.
    pub(super) faults: Vec<Effect>,
    /// Why there are none, or not all that there could be.
    pub(super) reason: Option<String>,
    /// Whose failure may bring it, too, and why.
    pub(super) touched_by: BTreeMap<String, String>,
}

/// What brings the alert of `rule`.
pub(super) fn effects_of(rule: &LoadedRule, topology: &Topology<'_>) -> Effects {
    let mut finder = Finder {
        rule,
        topology,
        found: Effects::default(),
    };
    finder.find(&cause_of(rule));
    finder.found
}

struct Finder<'a, 't> {
    rule: &'t LoadedRule,
    topology: &'t Topology<'a>,
    found: Effects,
}

impl<'a> Finder<'a, '_> {
    fn find(&mut self, cause: &Cause) {
        match cause {
            Cause::Always => self.found.is_watchdog = true,
            Cause::BeyondReach(why) => self.refuse(*why),
            Cause::TargetDown(down) => self.target_down(down),
            Cause::TargetAbsent(selector) => self.target_absent(selector),
            Cause::ContainerGone(name) => self.container_gone(name),
            Cause::WatchedDown(selector) => self.watched_down(selector),
            Cause::Fewer(selector) => self.fewer(selector),
            Cause::ProbeFails(selector) => self.probe(selector, Verb::Stop),
            Cause::Restarted(selector) => self.restarted(selector),
            Cause::OomKilled(selector) => self.oom_killed(selector),
            Cause::QueueGrows(selector) => self.queue_grows(selector),
            Cause::Errors(selector) => self.degraded(selector, Verb::Stop, "fails", Duration::ZERO),
            Cause::Slow(selector) => {
                let is_a_probe = selector.metric.as_deref().unwrap_or_default();
                if is_a_probe.starts_with("probe_") {
                    self.probe(selector, Verb::Pause);
                } else {
                    self.degraded(selector, Verb::Pause, "takes long", Duration::ZERO);
                }
            }
            Cause::Gone(selector) => self.gone(selector),
            Cause::Stalled(stalled) => self.stalled(stalled),
        }
        if self.found.faults.is_empty() && !self.found.is_watchdog {
            self.refuse(reasons::TARGET_UNKNOWN);
        }
    }

    /// Why there is no drill, or not for everything: the first reason is the one.
    fn refuse(&mut self, reason: impl Into<String>) {
        self.found.reason.get_or_insert_with(|| reason.into());
    }

    fn touch<'s>(&mut self, services: impl IntoIterator<Item = &'s str>, why: &str) {
        for service in services {
            let touched = self.found.touched_by.entry(service.to_owned());
            touched.or_insert_with(|| why.to_owned());
        }
    }

    /// Whatever `service` leans on may bring it, and `service` itself.
    fn touch_with_dependencies(&mut self, service: &'a str) {
        self.touch([service], &format!("it is about {service} itself"));
        self.touch(
            self.topology.leans_on(service),
            &format!("{service} needs it"),
        );
    }

    fn add(
        &mut self,
        (verb, service): (Verb, &str),
        is_certain: bool,
        reason: String,
        labels: BTreeMap<String, String>,
        onset: Duration,
    ) {
        if self.topology.is_observer(service) {
            return self.refuse(reasons::OBSERVER);
        }
        let waits = waits(self.rule, onset);
        if waits.within > LONGEST_DRILL {
            let longest = text_of(waits.within);
            self.found.touched_by.clear();
            return self.refuse(format!(
                "it may take {longest} to fire, and no drill waits that long"
            ));
        }
        let severity = fixed_labels(&self.rule.labels).remove("severity");
        let possible = result_labels_of(&self.rule.query).ok().flatten();
        let can_have = |label: &str| {
            let possible = possible.as_ref();
            possible.is_none_or(|possible| possible.contains(label))
                && !self.rule.labels.contains_key(label)
        };
        let alert = ProposedAlert {
            alert: self.rule.alert.clone(),
            labels: labels
                .into_iter()
                .filter(|(name, _)| can_have(name))
                .collect(),
            severity,
            within: waits.within,
            onset: waits.onset,
            recovers_within: waits.recovers_within,
            ended_within: waits.ended_within,
        };
        self.found.faults.push(Effect {
            verb,
            service: service.to_owned(),
            is_certain,
            reason,
            alert,
        });
    }
}
