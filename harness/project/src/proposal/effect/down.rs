//! What brings alerts that say that something is down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alertdrill_core::promql::{Selector, result_labels_of};

use super::super::cause::TargetDown;
use super::super::proposed::Verb;
use super::super::reasons;
use super::super::timing::looks_back;
use super::super::topology::Found;
use super::Finder;

/// What exports containers looks at them now and then.
const CONTAINERS_SEEN_WITHIN: Duration = Duration::from_secs(60);

impl Finder<'_, '_> {
    pub(super) fn target_down(&mut self, down: &TargetDown) {
        let targets = self.topology.targets(&down.selector);
        if targets.is_empty() {
            return self.refuse(reasons::NO_SUCH_JOB);
        }
        // Where they are counted, it may take more than one of them.
        let is_certain = down.is_of_each || targets.len() == 1;
        let by = result_labels_of(&self.rule.query).ok().flatten();
        let has_labels = down.is_of_each || by.is_some();
        let mut done = BTreeSet::new();
        for (job, target) in targets {
            let scraped = job.asked_through.as_ref().unwrap_or(target);
            let Some(service) = scraped.service.as_deref() else {
                continue;
            };
            self.touch([service], "it does not answer its scrapes either");
            let is_first = done.is_empty();
            if !done.insert((job.job.clone(), service.to_owned())) || !(is_certain || is_first) {
                continue;
            }
            let mut labels = BTreeMap::new();
            if has_labels {
                labels.insert("job".to_owned(), job.job.clone());
            }
            if has_labels && job.targets.len() > 1 && job.asked_through.is_none() {
                labels.insert("instance".to_owned(), target.instance().to_owned());
            }
            let reason = format!("{service} answers the scrapes of the job {}.", job.job);
            let onset = looks_back(self.rule);
            self.add((Verb::Stop, service), is_certain, reason, labels, onset);
        }
    }

    pub(super) fn target_absent(&mut self, selector: &Selector) {
        let job = selector.value_of("job");
        let mut jobs = self.topology.discovered.scrape_jobs.iter();
        let is_there = job.is_none_or(|name| jobs.any(|job| job.job == name));
        self.refuse(if is_there {
            reasons::ABSENT_TARGET
        } else {
            reasons::NO_SUCH_JOB
        });
    }

    pub(super) fn container_gone(&mut self, name: &str) {
        let Some(service) = self.topology.called(name) else {
            return self.refuse(format!(
                "no service or container of the project is called {name}"
            ));
        };
        self.touch([service], "its container is gone, too");
        let reason = format!("The rule asks for the container of {service}.");
        self.add(
            (Verb::Stop, service),
            true,
            reason,
            BTreeMap::new(),
            CONTAINERS_SEEN_WITHIN,
        );
    }

    pub(super) fn watched_down(&mut self, selector: &Selector) {
        let exporters = self.topology.exporters(selector);
        let Some(exporter) = exporters.first().map(|found| found.service) else {
            return self.refuse(reasons::EXPORTER_UNKNOWN);
        };
        let only_watches = self.topology.only_watches(exporter);
        let watched = if only_watches {
            self.topology.watched_by(exporter)
        } else {
            let dependencies = self.topology.dependencies(exporter);
            dependencies.first().map(|service| Found {
                service,
                is_stated: false,
            })
        };
        let Some(Found { service, is_stated }) = watched else {
            return self.refuse(format!(
                "what {exporter} watches cannot be told by the files"
            ));
        };
        let metric = selector.metric.as_deref().unwrap_or_default();
        self.touch([service], &format!("{metric} tells of it"));
        let reason =
            format!("{exporter} watches {service}, and {metric} says whether it reaches it.");
        let (fault, onset) = ((Verb::Stop, service), looks_back(self.rule));
        self.add(
            fault,
            only_watches && is_stated,
            reason,
            BTreeMap::new(),
            onset,
        );
    }

    pub(super) fn fewer(&mut self, selector: &Selector) {
        let exporters = self.topology.exporters(selector);
        let exporter = exporters.first().map(|found| found.service);
        let exporter = exporter.filter(|service| self.topology.only_watches(service));
        let watched = exporter.and_then(|exporter| self.topology.watched_by(exporter));
        let (Some(exporter), Some(watched)) = (exporter, watched) else {
            return self.refuse(reasons::NOT_UNDERSTOOD);
        };
        let service = watched.service;
        let metric = selector.metric.as_deref().unwrap_or_default();
        self.touch([service], &format!("{metric} tells of it"));
        let reason = format!("{exporter} watches {service}; {metric} may be less without it.");
        let (fault, onset) = ((Verb::Stop, service), looks_back(self.rule));
        self.add(fault, false, reason, BTreeMap::new(), onset);
    }

    pub(super) fn probe(&mut self, selector: &Selector, verb: Verb) {
        let targets = self.topology.targets(selector).into_iter();
        let probed: Vec<_> = targets
            .filter(|(job, _)| job.asked_through.is_some())
            .collect();
        if probed.is_empty() {
            return self.refuse(reasons::NO_PROBER);
        }
        for (job, target) in probed {
            let Some(service) = target.service.as_deref() else {
                self.refuse(reasons::TARGET_UNKNOWN);
                continue;
            };
            if let Some(service) = self.topology.called(service) {
                self.touch(self.topology.leans_on(service), "what is probed needs it");
            }
            let mut labels = BTreeMap::from([("job".to_owned(), job.job.clone())]);
            if job.targets.len() > 1 {
                labels.insert("instance".to_owned(), target.instance().to_owned());
            }
            let is_certain =
                verb == Verb::Stop && selector.metric.as_deref() == Some("probe_success");
            let reason = format!("{service} answers the probe of {}.", target.address);
            self.add(
                (verb, service),
                is_certain,
                reason,
                labels,
                looks_back(self.rule),
            );
        }
    }
}
