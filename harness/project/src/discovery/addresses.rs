//! Which service of the project answers at an address.

use std::collections::{BTreeMap, BTreeSet};

use crate::ComposeModel;

/// Names of the machine itself, as a container knows it.
const THE_MACHINE: [&str; 3] = [
    "host.docker.internal",
    "172.17.0.1",
    "gateway.docker.internal",
];
/// Names of the container itself.
const ITSELF: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The names and addresses by which the services of a project reach each other.
#[derive(Debug)]
pub struct Addresses {
    by_name: BTreeMap<String, String>,
    by_published_port: BTreeMap<u16, String>,
    on_the_host: BTreeSet<String>,
}

impl Addresses {
    /// Those of `model`.
    #[must_use]
    pub fn of(model: &ComposeModel) -> Self {
        let mut by_name = BTreeMap::new();
        let mut by_published_port = BTreeMap::new();
        let mut on_the_host = BTreeSet::new();
        for (name, service) in &model.services {
            let networks = service.networks.values().flatten();
            let in_networks = networks.flat_map(|network| {
                let aliases = network.aliases.iter().cloned();
                aliases.chain(network.ipv4_address.clone())
            });
            let of_its_container = service.container_name.iter().cloned();
            // As compose names the first container of a service, in its two generations.
            let by_default = ["-", "_"].map(|dash| format!("{}{dash}{name}{dash}1", model.name));
            let names = in_networks.chain(of_its_container).chain(by_default);
            for other in names {
                by_name.entry(other).or_insert_with(|| name.clone());
            }
            for port in &service.ports {
                let published = port.published.as_deref();
                if let Some(published) = published.and_then(|port| port.parse().ok()) {
                    by_published_port.insert(published, name.clone());
                }
            }
            if service.network_mode.as_deref() == Some("host") {
                on_the_host.insert(name.clone());
            }
        }
        let links = model.services.values().flat_map(|service| &service.links);
        for link in links {
            if let Some((service, other)) = link.split_once(':') {
                let service = service.to_owned();
                by_name.entry(other.to_owned()).or_insert(service);
            }
        }
        // A service's own name is the strongest.
        let own = model.services.keys();
        by_name.extend(own.map(|name| (name.clone(), name.clone())));
        Self {
            by_name,
            by_published_port,
            on_the_host,
        }
    }

    /// The service that answers at `address` (`host:port`, or a URL), as the containers of the
    /// service `asker` see it; `None` if no service of the project does.
    #[must_use]
    pub fn service_at(&self, address: &str, asker: &str) -> Option<&str> {
        let (host, port) = host_and_port(address);
        let is_itself = ITSELF.contains(&host);
        if THE_MACHINE.contains(&host) || is_itself && self.on_the_host.contains(asker) {
            return self.by_published_port.get(&port?).map(String::as_str);
        }
        if is_itself {
            return self.by_name.get(asker).map(String::as_str);
        }
        // A swarm's name of all containers of a service.
        let host = host.strip_prefix("tasks.").unwrap_or(host);
        self.by_name.get(host).map(String::as_str)
    }
}

/// The host and the port in `address`: `host:port`, or a URL with a user, a path and a query.
#[must_use]
pub fn host_and_port(address: &str) -> (&str, Option<u16>) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or(rest);
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let by_scheme = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    // A colon inside of brackets belongs to an IPv6 address.
    let ipv6_ends = authority.rfind(']').map_or(0, |end| end + 1);
    let after = authority.get(ipv6_ends..).unwrap_or_default();
    match after.rfind(':') {
        Some(colon) => {
            let host = authority.get(..ipv6_ends + colon).unwrap_or(authority);
            let port = after.get(colon + 1..).and_then(|port| port.parse().ok());
            (host, port.or(by_scheme))
        }
        None => (authority, by_scheme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_found_in_addresses_and_urls() {
        for (address, host, port) in [
            ("api:8080", "api", Some(8080)),
            ("api", "api", None),
            ("http://api/health?x=1", "api", Some(80)),
            ("https://u:p@api:8443/", "api", Some(8443)),
            ("[::1]:90", "[::1]", Some(90)),
            (
                "postgresql://u:p@db:5432/shop?sslmode=disable",
                "db",
                Some(5432),
            ),
            ("redis://redis:6379", "redis", Some(6379)),
            ("", "", None),
            ("a:b:c", "a:b", None),
        ] {
            assert_eq!(host_and_port(address), (host, port), "{address}");
        }
    }

    #[test]
    fn service_answers_to_its_names_its_published_ports_and_itself() {
        let json = r#"{"name": "shop", "services": {
            "api": {"container_name": "shop_api", "ports": [{"target": 80, "published": "8080"}],
                    "networks": {"default": {"aliases": ["web"], "ipv4_address": "10.1.0.7"}}},
            "web": {}, "prometheus": {}, "agent": {"network_mode": "host"}}}"#;
        let addresses = Addresses::of(&ComposeModel::from_json(json).unwrap());
        for (address, asker, expected) in [
            ("api:80", "prometheus", Some("api")),
            ("shop_api:80", "prometheus", Some("api")),
            ("shop-api-1", "prometheus", Some("api")),
            ("10.1.0.7:80", "prometheus", Some("api")),
            ("web:80", "prometheus", Some("web")),
            ("tasks.api:80", "prometheus", Some("api")),
            ("host.docker.internal:8080", "prometheus", Some("api")),
            ("host.docker.internal:9999", "prometheus", None),
            ("localhost:9090", "prometheus", Some("prometheus")),
            ("localhost:8080", "agent", Some("api")),
            ("example.org:80", "prometheus", None),
        ] {
            assert_eq!(addresses.service_at(address, asker), expected, "{address}");
        }
    }
}
