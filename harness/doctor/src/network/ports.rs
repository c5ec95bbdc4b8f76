//! On which port a service listens, and on which it surely does not.

use alertdrill_project::Service;

use super::images::{ImageFacts, image_facts};
use super::service_texts::ServiceTexts;
use super::started::{Started, listens_on};
use crate::checkout::Checkout;

/// Images whose ports are what their configuration says.
const BY_CONFIGURATION: [&str; 20] = [
    "nginx",
    "nginx-unprivileged",
    "haproxy",
    "traefik",
    "envoy",
    "caddy",
    "vector",
    "telegraf",
    "fluent-bit",
    "fluentd",
    "kong",
    "httpd",
    "tomcat",
    "php",
    "alloy",
    "opentelemetry-collector",
    "opentelemetry-collector-contrib",
    "jaeger",
    "all-in-one",
    "statsd-exporter",
];
/// Images whose ports stay as they are, whatever is mounted into them; exporters do, too.
const FIXED: [&str; 15] = [
    "cadvisor",
    "prometheus",
    "alertmanager",
    "pushgateway",
    "grafana",
    "grafana-oss",
    "grafana-enterprise",
    "postgres",
    "redis",
    "mysql",
    "mariadb",
    "mongo",
    "rabbitmq",
    "minio",
    "memcached",
];
/// Ports on which frameworks listen by themselves, so that no source need say it.
const BY_FRAMEWORKS: [u16; 8] = [80, 3000, 4000, 5000, 8000, 8080, 8081, 9464];

/// Why nothing answers at a port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WrongPort {
    /// It is the port on the machine; inside it is another.
    Published {
        /// The port inside.
        inside: u16,
    },
    /// Its image listens on others.
    OfImage(&'static ImageFacts),
    /// Its Dockerfile or the compose file exposes others, and nothing mentions this one.
    Exposed(Vec<u16>),
    /// Its program listens on others.
    OfProgram(Vec<u16>),
}

/// Ports in words: `80, 443`.
pub(crate) fn listed(ports: &[u16]) -> String {
    let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
    ports.join(", ")
}

/// Why nothing answers at `port` of `service`; `None` if something may.
pub(crate) fn wrong_port(
    checkout: &Checkout,
    service: &Service,
    texts: &ServiceTexts<'_>,
    port: u16,
) -> Option<WrongPort> {
    if let Some(others) = of_program(checkout, service, texts, port) {
        return Some(WrongPort::OfProgram(others));
    }
    if texts.mention_number(port) {
        return None;
    }
    let image = service.image.as_deref().filter(|_| service.build.is_none());
    let facts = image.and_then(image_facts);
    if facts.is_some_and(|facts| facts.ports.contains(&port)) {
        return None;
    }
    let asked_for = port.to_string();
    let mut published = service.ports.iter();
    let published = published.find(|it| it.published.as_deref() == Some(&asked_for));
    if let Some(published) = published {
        let inside = published.target;
        return Some(WrongPort::Published { inside });
    }
    let has_own_configuration = service.command.iter().any(|word| word.contains("listen"));
    if let Some(facts) = facts
        && !BY_CONFIGURATION.contains(&facts.name)
        && !facts.ports.is_empty()
        && is_fixed(facts, service)
        && !has_own_configuration
    {
        return Some(WrongPort::OfImage(facts));
    }
    let is_known = texts.is_built_here() && texts.has_programs();
    let is_by_framework = BY_FRAMEWORKS.contains(&port);
    let told = told_by_compose(service);
    if is_known && !told.is_empty() && !told.contains(&port) && (!is_by_framework || port == 80) {
        return Some(WrongPort::Exposed(told));
    }
    let exposed = exposed(checkout, service, texts);
    (is_known && !exposed.is_empty() && !is_by_framework).then_some(WrongPort::Exposed(exposed))
}

/// The ports on which a service's program listens, if `port` is none of them.
fn of_program(
    checkout: &Checkout,
    service: &Service,
    texts: &ServiceTexts<'_>,
    port: u16,
) -> Option<Vec<u16>> {
    // A file of variables that is not in the checkout may set it.
    let services = checkout.compose.iter().flat_map(|it| &it.services);
    let mut named = services.filter(|(_, it)| std::ptr::eq(*it, service));
    let (name, _) = named.next()?;
    let places = checkout.compose_places.services.get(name)?;
    if !texts.is_built_here() || places.keys.contains_key("env_file") {
        return None;
    }
    let started = Started::of(name, service, texts)?;
    let ports = listens_on(&started, service, texts)?;
    (!ports.contains(&port)).then(|| ports.into_iter().collect())
}

/// The ports that the compose file says a service listens on, by `expose`.
fn told_by_compose(service: &Service) -> Vec<u16> {
    let told = service.expose.iter();
    let numbers = told.filter_map(|port| port.split('/').next()?.parse().ok());
    numbers.collect()
}

/// Whether the ports of the image are those of the service: no mounted configuration may say
/// others.
fn is_fixed(facts: &ImageFacts, service: &Service) -> bool {
    let mut volumes = service.volumes.iter();
    facts.name.contains("exporter")
        || FIXED.contains(&facts.name)
        || !volumes.any(|volume| volume.kind == "bind") && service.configs.is_empty()
}

/// The ports that its Dockerfile says it listens on, by its last part. None if other services are
/// built from the same file: each may be built from another part.
fn exposed(checkout: &Checkout, service: &Service, texts: &ServiceTexts<'_>) -> Vec<u16> {
    let services = checkout.compose.iter().flat_map(|it| it.services.values());
    let of_the_same =
        services.filter(|other| other.build.is_some() && other.build == service.build);
    if of_the_same.count() > 1 {
        return Vec::new();
    }
    let Some(dockerfile) = texts.dockerfile() else {
        return Vec::new();
    };
    let lines: Vec<_> = dockerfile.text.lines().map(str::trim).collect();
    let begins_with = |line: &str, word: &str| {
        let begin = line.get(..word.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word))
    };
    let last_part = lines.iter().rposition(|line| begins_with(line, "from "));
    let last_part = lines.iter().skip(last_part.unwrap_or_default());
    let exposed = last_part.filter(|line| begins_with(line, "expose "));
    let words = exposed.flat_map(|line| line.split_whitespace().skip(1));
    let numbers = words.filter_map(|word| word.split('/').next()?.parse().ok());
    numbers.collect()
}
