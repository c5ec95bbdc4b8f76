//! Whose name a host is.

use std::collections::BTreeMap;

use alertdrill_core::nearest;
use alertdrill_project::{ComposeModel, Service};
use serde_json::Value;

use crate::checkout::Checkout;

/// Names of the machine itself, as a container knows it.
const THE_MACHINE: [&str; 3] = [
    "host.docker.internal",
    "172.17.0.1",
    "gateway.docker.internal",
];

/// Who answers to a host's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answers<'a> {
    /// A service of the project.
    Service(&'a str),
    /// The container that asks.
    Itself,
    /// The machine on which the containers run.
    TheMachine,
    /// Somebody of whom the files tell nothing.
    Somebody,
    /// Nobody; the name that is the nearest, if one is like it.
    Nobody {
        /// The name.
        nearest: Option<String>,
    },
}

/// The names by which the services of a project reach each other.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    model: &'a ComposeModel,
    elsewhere: &'a [String],
    by_name: BTreeMap<String, &'a str>,
}

impl<'a> Names<'a> {
    /// Those of the compose project; `None` if there is none.
    pub(crate) fn of(checkout: &'a Checkout) -> Option<Self> {
        let model = checkout.compose.as_ref()?;
        let mut by_name = BTreeMap::new();
        for (name, service) in &model.services {
            let networks = service.networks.values().flatten();
            let aliases = networks.flat_map(|network| {
                let fixed = network.ipv4_address.iter().cloned();
                network.aliases.iter().cloned().chain(fixed)
            });
            let names = aliases
                .chain(service.container_name.clone())
                .chain(service.hostname.clone());
            for other in names {
                by_name.entry(other.to_lowercase()).or_insert(name.as_str());
            }
        }
        let own = model.services.keys();
        by_name.extend(own.map(|name| (name.to_lowercase(), name.as_str())));
        Some(Self {
            model,
            elsewhere: &checkout.services_elsewhere,
            by_name,
        })
    }

    /// The service `name`.
    pub(crate) fn service(&self, name: &str) -> Option<&'a Service> {
        self.model.services.get(name)
    }

    /// All services, by their names.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&'a str, &'a Service)> {
        let services = self.model.services.iter();
        services.map(|(name, service)| (name.as_str(), service))
    }

    /// Who answers to `host`, as a container of the service `asker` sees it.
    pub(crate) fn answers(&self, host: &str, asker: &str) -> Answers<'a> {
        let host = host.to_lowercase();
        let is_a_name = |c: char| c.is_ascii_alphanumeric() || "-_.:[]".contains(c);
        // `__API_HOST__` is what an entry point fills in.
        let is_filled_in = host.starts_with("__") && host.ends_with("__");
        if host.is_empty() || !host.chars().all(is_a_name) || is_filled_in {
            return Answers::Somebody;
        }
        let mode = self.mode_of(asker);
        if is_loopback(&host) {
            return match mode {
                "host" => Answers::TheMachine,
                "" if !self.shares_its_network(asker) => Answers::Itself,
                _ => Answers::Somebody,
            };
        }
        if THE_MACHINE.contains(&host.as_str()) {
            return Answers::TheMachine;
        }
        if !mode.is_empty() {
            // It asks other name servers than the project's own, which know no service.
            let service = self.by_name.get(&host).copied().filter(|service| {
                let asks = self.service(asker);
                let is_told = asks.is_some_and(|asks| tells_address_of(asks, &host));
                mode == "host" && self.mode_of(service).is_empty() && !is_told
            });
            return service.map_or(Answers::Somebody, Answers::Service);
        }
        let without_stack = host.strip_prefix("tasks.").unwrap_or(&host);
        if let Some(service) = self.by_name.get(without_stack) {
            return Answers::Service(service);
        }
        if self.is_of_others(&host, asker) {
            return Answers::Somebody;
        }
        let names = self.by_name.keys().map(String::as_str);
        let nearest = nearest(&host, names).filter(|name| are_like(name, &host));
        let nearest = nearest.map(str::to_owned);
        Answers::Nobody { nearest }
    }

    /// `host`, `service:NAME`, … in place of networks; nothing of a container with networks.
    fn mode_of(&self, service: &str) -> &'a str {
        let service = self.service(service);
        let mode = service.and_then(|service| service.network_mode.as_deref());
        mode.filter(|mode| !["bridge", "default"].contains(mode))
            .unwrap_or_default()
    }

    fn shares_its_network(&self, service: &str) -> bool {
        let with_it = format!("service:{service}");
        let mut all = self.model.services.values();
        all.any(|other| other.network_mode.as_deref() == Some(with_it.as_str()))
    }

    /// Whether something outside of this project may have the name.
    fn is_of_others(&self, host: &str, asker: &str) -> bool {
        let is_number = host.chars().all(|c| c.is_ascii_digit());
        if host.contains(['.', ':']) || is_number {
            return true;
        }
        if self
            .elsewhere
            .iter()
            .any(|name| name.to_lowercase() == host)
        {
            return true;
        }
        // A swarm knows nothing of a container's own name, so who gives one has none.
        let may_be_in_a_swarm = |name: &str| {
            let service = self.service(name);
            service.is_none_or(|it| it.container_name.is_none() || it.deploy.is_some())
        };
        // `stack_service` of a swarm, `project-service-1` of a project whose name is not known.
        let of_a_project = |name: &String| {
            host.ends_with(&format!("_{name}")) && may_be_in_a_swarm(name)
                || host.ends_with(&format!("-{name}-1"))
                || host.ends_with(&format!("_{name}_1"))
        };
        if self.by_name.keys().any(of_a_project) {
            return true;
        }
        let Some(service) = self.service(asker) else {
            return true;
        };
        let is_external = |name: &String| {
            let network = self.model.networks.get(name);
            network.is_some_and(|network| network.external)
        };
        let linked = service.links.iter().chain(&service.external_links);
        let linked = linked.filter_map(|link| link.rsplit(':').next());
        service.networks.keys().any(is_external)
            || told_addresses(service).any(|name| name.eq_ignore_ascii_case(host))
            || linked
                .into_iter()
                .any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// The names of `extra_hosts`.
fn told_addresses(service: &Service) -> impl Iterator<Item = &str> {
    let told = service.extra_hosts.as_ref();
    let listed = told.and_then(Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|entry| entry.as_str()?.split([':', '=']).next());
    let named = told.and_then(Value::as_object).into_iter().flatten();
    listed.chain(named.map(|(name, _)| name.as_str()))
}

/// Whether a service is told the address of `host` by its `extra_hosts`.
pub(crate) fn tells_address_of(service: &Service, host: &str) -> bool {
    told_addresses(service).any(|name| name.eq_ignore_ascii_case(host))
}

/// Whether a person who writes one name may mean the other: one has the other in it, or they begin
/// and end alike.
fn are_like(one: &str, other: &str) -> bool {
    if one.contains(other) || other.contains(one) {
        return true;
    }
    let longest = one.len().max(other.len());
    let alike = |(a, b): &(char, char)| a == b;
    let begin = one.chars().zip(other.chars()).take_while(alike).count();
    let end = one.chars().rev().zip(other.chars().rev());
    (begin + end.take_while(alike).count()) * 2 > longest
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host == "0.0.0.0" || host.starts_with("127.")
}
