//! What brings alerts that say that something starts anew, grows, fails, is slow or stands still.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::promql::{Selector, thresholds_of};

use super::super::cause::Stalled;
use super::super::proposed::Verb;
use super::super::reasons;
use super::super::timing::looks_back;
use super::super::topology::Topology;
use super::Finder;

/// A queue takes a while to grow.
const GROWS_WITHIN: Duration = Duration::from_secs(120);
/// A process takes a while to be there again.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

impl<'a> Finder<'a, '_> {
    pub(super) fn restarted(&mut self, selector: &Selector) {
        let many = thresholds_of(&self.rule.query).unwrap_or_default();
        if let Some(times) = many.into_iter().find(|times| *times >= 1.0)
            && self.rule.query.contains('[')
        {
            return self.refuse(format!(
                "it takes more than {times} restarts, and a drill makes one"
            ));
        }
        let services = self.exporters_worked_with(selector);
        self.touch(services.clone(), "its process starts anew afterwards");
        let Some(service) = services.first().copied() else {
            return self.refuse(reasons::EXPORTER_UNKNOWN);
        };
        let metric = selector.metric.as_deref().unwrap_or_default();
        let by_the_policy = metric.contains("restart");
        if by_the_policy && !self.topology.is_started_again(service) {
            return self.refuse(format!(
                "{service} has no restart policy, so nothing restarts it"
            ));
        }
        let verb = if by_the_policy {
            Verb::Kill
        } else {
            Verb::Restart
        };
        let reason = format!("{metric} tells of restarts, of {service} for one.");
        self.add(
            (verb, service),
            false,
            reason,
            BTreeMap::new(),
            STARTS_WITHIN,
        );
    }

    pub(super) fn oom_killed(&mut self, selector: &Selector) {
        let services = self.exporters_worked_with(selector);
        let limited = services
            .iter()
            .find(|service| self.topology.has_memory_limit(service));
        let Some(service) = limited.copied() else {
            return self
                .refuse("an OOM kill needs a service with a memory limit, and none has one");
        };
        self.touch([service], "it may be killed for its memory");
        let reason = format!("{service} has a memory limit, at which the kernel kills it.");
        self.add(
            (Verb::OomKill, service),
            false,
            reason,
            BTreeMap::new(),
            STARTS_WITHIN,
        );
    }

    /// The services that a metric about containers or processes may be about.
    fn exporters_worked_with(&self, selector: &Selector) -> Vec<&'a str> {
        let exporters = self.topology.exporters(selector).into_iter();
        let worked_with = exporters.filter_map(|found| {
            if self.topology.only_watches(found.service) {
                let watched = self.topology.watched_by(found.service);
                return watched.map(|watched| watched.service);
            }
            Some(found.service)
        });
        let worked_with: Vec<_> = worked_with.collect();
        let metric = selector.metric.as_deref().unwrap_or_default();
        let is_of_any = metric.starts_with("container_") && !Topology::names_a_service(selector);
        if worked_with.is_empty() || is_of_any {
            return self.topology.worked_with().collect();
        }
        worked_with
    }

    pub(super) fn queue_grows(&mut self, selector: &Selector) {
        let Some(consumer) = self.topology.consumer(selector) else {
            // What waits inside of a program waits for what that depends on.
            return self.degraded(selector, Verb::Stop, "lets things wait", GROWS_WITHIN);
        };
        let leans_on = self.topology.leans_on(consumer);
        self.touch([consumer], "it takes what waits");
        self.touch(
            leans_on,
            &format!("{consumer}, which takes what waits, needs it"),
        );
        let reason = format!("{consumer} is the nearest that may take what waits.");
        let onset = GROWS_WITHIN + looks_back(self.rule);
        self.add(
            (Verb::Pause, consumer),
            false,
            reason,
            BTreeMap::new(),
            onset,
        );
    }

    /// What a metric tells of gets worse when what its service depends on is broken.
    pub(super) fn degraded(
        &mut self,
        selector: &Selector,
        verb: Verb,
        how: &str,
        grows_within: Duration,
    ) {
        let exporters = self.topology.exporters(selector);
        if exporters.is_empty() {
            return self.refuse(reasons::EXPORTER_UNKNOWN);
        }
        let mut first = None;
        for exporter in exporters {
            let service = exporter.service;
            self.touch_with_dependencies(service);
            let dependencies = self.topology.dependencies(service);
            let dependency = dependencies
                .first()
                .map(|dependency| (service, *dependency));
            first = first.or(dependency);
            if first.is_none() {
                self.refuse(format!(
                    "{service} depends on nothing here that could be broken"
                ));
            }
        }
        let Some((service, dependency)) = first else {
            return;
        };
        self.found.reason = None;
        let reason = format!("{service} depends on {dependency}, and {how} without it.");
        self.add(
            (verb, dependency),
            false,
            reason,
            BTreeMap::new(),
            grows_within + looks_back(self.rule),
        );
    }

    pub(super) fn gone(&mut self, selector: &Selector) {
        let exporters = self.topology.exporters(selector);
        let Some(exporter) = exporters.first().cloned() else {
            return self.refuse(reasons::EXPORTER_UNKNOWN);
        };
        self.touch([exporter.service], "what it exports is gone with it");
        let is_certain = exporter.is_stated && exporters.len() == 1;
        let metric = selector.metric.as_deref().unwrap_or("the metric");
        let reason = format!("{} exports {metric}.", exporter.service);
        let onset = looks_back(self.rule);
        self.add(
            (Verb::Stop, exporter.service),
            is_certain,
            reason,
            BTreeMap::new(),
            onset,
        );
    }

    pub(super) fn stalled(&mut self, stalled: &Stalled) {
        let waits = stalled.for_seconds.unwrap_or_default().clamp(0.0, 1e9);
        let onset = looks_back(self.rule) + Duration::from_secs_f64(waits);
        let exporters = self.topology.exporters(&stalled.selector);
        let Some(exporter) = exporters.first() else {
            return self.refuse(reasons::EXPORTER_UNKNOWN);
        };
        let service = exporter.service;
        self.touch_with_dependencies(service);
        if stalled.outlives_its_exporter {
            let reason = format!("{service} moves it, and the rule remembers its last value.");
            return self.add((Verb::Stop, service), false, reason, BTreeMap::new(), onset);
        }
        // Without its exporter the metric is gone, and the rule sees nothing at all.
        match self.topology.dependencies(service).first() {
            Some(dependency) => {
                let reason =
                    format!("{service} depends on {dependency}, and stands still without it.");
                self.add(
                    (Verb::Stop, dependency),
                    false,
                    reason,
                    BTreeMap::new(),
                    onset,
                );
            }
            None => self.refuse(format!(
                "{service} exports it, and depends on nothing here that could be broken; with \
                 {service} itself the metric would be gone"
            )),
        }
    }
}
