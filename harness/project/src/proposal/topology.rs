//! Who exports what, who watches whom, and who depends on whom, as far as files tell.

use std::collections::BTreeSet;

use alertdrill_core::promql::Selector;

use super::names::{Hosts, words_of};
use crate::discovery::{Addresses, Discovered, ScrapeJob, ScrapeTarget};
use crate::{ComposeModel, Service};

/// What only watches or shows, by parts of a service's name or image.
const WATCHES: [&str; 16] = [
    "exporter",
    "cadvisor",
    "prometheus",
    "alertmanager",
    "grafana",
    "pushgateway",
    "promtail",
    "loki",
    "alloy",
    "otel",
    "jaeger",
    "tempo",
    "zipkin",
    "portainer",
    "karma",
    "statsd",
];
/// What keeps or carries data for others.
const KEEPS_DATA: [&str; 18] = [
    "postgres",
    "mysql",
    "mariadb",
    "mongo",
    "redis",
    "valkey",
    "memcached",
    "kafka",
    "redpanda",
    "rabbitmq",
    "nats",
    "elasticsearch",
    "opensearch",
    "cassandra",
    "clickhouse",
    "minio",
    "zookeeper",
    "db",
];
/// What takes work from a queue, by parts of its name.
const CONSUMES: [&str; 9] = [
    "worker",
    "consumer",
    "celery",
    "processor",
    "sidekiq",
    "indexer",
    "handler",
    "subscriber",
    "job",
];
/// Labels whose value may name a service.
const NAMES_A_SERVICE: [&str; 11] = [
    "service",
    "container_label_com_docker_compose_service",
    "container_name",
    "container",
    "name",
    "application",
    "app",
    "service_name",
    "exported_job",
    "pod",
    "component",
];
/// Beginnings of metrics, and what their exporter watches where the names differ.
const ALIASES: [(&str, &str); 5] = [
    ("pg", "postgres"),
    ("mongodb", "mongo"),
    ("es", "elasticsearch"),
    ("kafka", "kafka"),
    ("mysql", "mariadb"),
];

/// A service that was found, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) service: &'a str,
    /// Whether a file says so; else it is the nearest.
    pub(super) is_stated: bool,
}

/// A project, to be asked about its services.
pub(super) struct Topology<'a> {
    pub(super) model: &'a ComposeModel,
    pub(super) discovered: &'a Discovered,
    hosts: Hosts,
}

impl<'a> Topology<'a> {
    pub(super) fn of(model: &'a ComposeModel, discovered: &'a Discovered) -> Self {
        Self {
            model,
            discovered,
            hosts: Hosts(Addresses::of(model)),
        }
    }

    /// The service as the model names it.
    fn named(&self, name: &str) -> Option<&'a str> {
        let (name, _) = self.model.services.get_key_value(name)?;
        Some(name)
    }

    /// Whether every drill needs it: what is stopped cannot watch or tell.
    pub(super) fn is_observer(&self, service: &str) -> bool {
        let alertmanager = self.discovered.alertmanager.as_ref();
        service == self.discovered.prometheus.service
            || service == self.discovered.evaluating_service()
            || alertmanager.is_some_and(|server| server.service == service)
    }

    fn is_like(&self, service: &str, words: &[&str]) -> bool {
        let image = self.model.services.get(service);
        let image = image
            .and_then(|service| service.image.clone())
            .unwrap_or_default();
        let short = image.rsplit('/').next().unwrap_or_default().to_owned();
        words
            .iter()
            .any(|word| service.contains(word) || short.contains(word))
    }

    /// Whether it only watches or shows.
    pub(super) fn only_watches(&self, service: &str) -> bool {
        self.is_observer(service) || self.is_like(service, &WATCHES)
    }

    /// Whether it keeps or carries data for others.
    fn keeps_data(&self, service: &str) -> bool {
        !self.is_like(service, &["exporter"]) && self.is_like(service, &KEEPS_DATA)
    }

    /// What Prometheus scrapes and `selector` selects, as far as `job`, `instance` and the labels
    /// of targets tell.
    pub(super) fn targets(&self, selector: &Selector) -> Vec<(&'a ScrapeJob, &'a ScrapeTarget)> {
        let jobs = self.discovered.scrape_jobs.iter();
        let jobs = jobs.filter(|job| selector.admits("job", &job.job));
        let targets = jobs.flat_map(|job| job.targets.iter().map(move |target| (job, target)));
        let admitted = targets.filter(|(_, target)| {
            let mut labels = target.labels.iter();
            selector.admits("instance", target.instance())
                && labels.all(|(label, value)| selector.admits(label, value))
        });
        admitted.collect()
    }

    /// The services that export the metric of `selector`, the likeliest first.
    pub(super) fn exporters(&self, selector: &Selector) -> Vec<Found<'a>> {
        if selector.tells("job") || selector.tells("instance") {
            let targets = self.targets(selector).into_iter();
            let services = targets.filter_map(|(job, target)| {
                let scraped = job.asked_through.as_ref().unwrap_or(target);
                self.named(scraped.service.as_deref()?)
            });
            return found(services, true);
        }
        let labels = selector
            .labels()
            .filter(|(label, _)| NAMES_A_SERVICE.contains(label));
        let by_label = labels.filter_map(|(_, value)| self.called(value));
        let by_label = found(by_label, true);
        if !by_label.is_empty() {
            return by_label;
        }
        let metric = selector.metric.as_deref().unwrap_or_default();
        let scraped: Vec<_> = self.scraped().collect();
        let by_name = scraped
            .iter()
            .copied()
            .filter(|(job, service)| shares_a_word(metric, job) || shares_a_word(metric, service));
        let by_name = found(by_name.map(|(_, service)| service), false);
        if !by_name.is_empty() {
            return by_name;
        }
        let applications = scraped.into_iter().map(|(_, service)| service);
        let applications =
            applications.filter(|service| !self.only_watches(service) && !self.keeps_data(service));
        found(applications, false)
    }

    /// Whether a label of `selector` says which service it is about.
    pub(super) fn names_a_service(selector: &Selector) -> bool {
        let mut labels = NAMES_A_SERVICE.iter();
        labels.any(|label| selector.value_of(label).is_some())
    }

    fn scraped(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let jobs = self.discovered.scrape_jobs.iter();
        jobs.flat_map(|job| {
            let scraped = match &job.asked_through {
                Some(prober) => std::slice::from_ref(prober),
                None => job.targets.as_slice(),
            };
            let services = scraped
                .iter()
                .filter_map(|target| target.service.as_deref());
            services.filter_map(|service| Some((job.job.as_str(), self.named(service)?)))
        })
    }

    /// The service, or the container of the service, of that name.
    pub(super) fn called(&self, name: &str) -> Option<&'a str> {
        let service = self.hosts.service(name)?;
        self.named(service)
    }

    /// What `exporter` watches: by its environment and its command, by what it waits for, by its
    /// name.
    pub(super) fn watched_by(&self, exporter: &str) -> Option<Found<'a>> {
        let service = self.model.services.get(exporter)?;
        let values = service.environment.values().flatten();
        let texts = values.chain(&service.command).chain(&service.entrypoint);
        let hosts = self.hosts.in_texts(texts.map(String::as_str)).into_iter();
        let mut hosts = hosts.filter(|host| host != exporter && !self.only_watches(host));
        let waits_for = service.depends_on.keys();
        let mut waits_for = waits_for.filter(|name| !self.only_watches(name));
        let stated = hosts.next().or_else(|| waits_for.next().cloned());
        if let Some(stated) = stated.and_then(|name| self.named(&name)) {
            return Some(Found {
                service: stated,
                is_stated: true,
            });
        }
        let all = self.model.services.keys().map(String::as_str);
        let mut others = all.filter(|name| !self.only_watches(name));
        let nearest = others.find(|name| shares_a_word(exporter, name))?;
        Some(Found {
            service: nearest,
            is_stated: false,
        })
    }

    /// What `service` depends on, the likeliest to hurt it first: what keeps its data, then others.
    pub(super) fn dependencies(&self, service: &str) -> Vec<&'a str> {
        let Some(described) = self.model.services.get(service) else {
            return Vec::new();
        };
        let values = described.environment.values().flatten().map(String::as_str);
        let hosts = self.hosts.in_texts(values);
        let mut names: Vec<&str> = Vec::new();
        for name in described.depends_on.keys().chain(&hosts) {
            let Some(name) = self.named(name) else {
                continue;
            };
            if name != service && !self.only_watches(name) && !names.contains(&name) {
                names.push(name);
            }
        }
        // Stable: those of a kind stay in the order of the file.
        names.sort_by_key(|name| !self.keeps_data(name));
        names
    }

    /// `service` and everything that it depends on, directly or not.
    pub(super) fn leans_on(&self, service: &'a str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::from([service]);
        let mut to_visit = vec![service];
        while let Some(next) = to_visit.pop() {
            for dependency in self.dependencies(next) {
                if seen.insert(dependency) {
                    to_visit.push(dependency);
                }
            }
        }
        seen
    }

    /// Who takes what waits in the queue of `selector`.
    pub(super) fn consumer(&self, selector: &Selector) -> Option<&'a str> {
        let all = self.model.services.keys().map(String::as_str);
        let candidates: Vec<_> = all
            .filter(|name| !self.only_watches(name) && !self.keeps_data(name))
            .collect();
        let values = selector.labels().map(|(_, value)| value);
        let about = values.chain(selector.metric.as_deref());
        let about: Vec<_> = about.collect();
        let consumers: Vec<_> = candidates
            .into_iter()
            .filter(|name| CONSUMES.iter().any(|word| name.contains(word)))
            .collect();
        let is_near = |name: &&&str| about.iter().any(|text| shares_a_word(text, name));
        let nearest = consumers.iter().find(is_near);
        nearest.or(consumers.first()).copied()
    }

    /// Whether its memory is limited.
    pub(super) fn has_memory_limit(&self, service: &str) -> bool {
        let service = self.model.services.get(service);
        service.is_some_and(Service::has_memory_limit)
    }

    /// Whether the engine starts it again when it ends.
    pub(super) fn is_started_again(&self, service: &str) -> bool {
        let service = self.model.services.get(service);
        let restart = service.and_then(|service| service.restart.as_deref());
        restart.is_some_and(|restart| restart != "no")
    }

    /// The services, in the order of their names, that are neither observers nor watchers.
    pub(super) fn worked_with(&self) -> impl Iterator<Item = &'a str> {
        let names = self.model.services.keys().map(String::as_str);
        names.filter(|name| !self.only_watches(name))
    }
}

fn found<'a>(services: impl Iterator<Item = &'a str>, is_stated: bool) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = Vec::new();
    for service in services {
        if found.iter().all(|other| other.service != service) {
            found.push(Found { service, is_stated });
        }
    }
    found
}

/// Whether a word of one name is a word of the other, or what it stands for.
fn shares_a_word(one: &str, other: &str) -> bool {
    let others = words_of(other);
    words_of(one).iter().any(|word| {
        let alias = ALIASES
            .iter()
            .find(|(begins, _)| begins == word)
            .map(|(_, alias)| *alias);
        let is_meant = |other: &String| {
            other == word
                || alias.is_some_and(|alias| other.contains(alias))
                || word.len() > 3
                    && (other.starts_with(word.as_str())
                        || word.starts_with(other.as_str()) && other.len() > 3)
        };
        others.iter().any(is_meant)
    })
}
