//! An exporter that asks a server which is not there, so that it tells for ever that it is down.

pub(super) mod exporters;
mod old_variable;
mod stub_status;

use alertdrill_core::Finding;
use alertdrill_project::compose_files::FilePlace;
use alertdrill_project::discovery::short_name;
use alertdrill_project::{ComposeModel, Service};

use self::exporters::{EXPORTERS, Exporter};
use super::scraped_targets::asked;
use crate::checkout::Checkout;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Apart, Names, apart, flag, host_and_port, is_for_a_shell};

pub(in crate::checks) const ASKS_NOBODY: Check = Check {
    id: "scraped/asks-nobody",
    title: "an exporter asks a server that is not there",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(compose), Some(names)) = (&checkout.compose, Names::of(checkout)) else {
        return Vec::new();
    };
    let scraped = scraped_services(checkout, &names);
    let findings = scraped.into_iter().filter_map(|name| {
        let (said, at) = of_service(checkout, compose, &names, name)?;
        Some(said.about(name, ASKS_NOBODY.id, &at.file, at.place))
    });
    findings.collect()
}

/// The services that Prometheus scrapes, by their names.
pub(super) fn scraped_services<'a>(checkout: &'a Checkout, names: &Names<'a>) -> Vec<&'a str> {
    let asked = asked(checkout, names);
    let mut scraped: Vec<&str> = asked
        .iter()
        .filter(|it| !it.job.asks_a_prober())
        .filter_map(|it| match it.answers {
            Answers::Service(service) => Some(service),
            _ => None,
        })
        .collect();
    scraped.sort_unstable();
    scraped.dedup();
    scraped
}

fn of_service<'a>(
    checkout: &'a Checkout,
    compose: &ComposeModel,
    names: &Names<'_>,
    name: &str,
) -> Option<(Said, &'a FilePlace)> {
    let service = compose.services.get(name)?;
    let image = service.image.as_deref()?;
    if service.build.is_some() || is_for_a_shell(service) {
        return None;
    }
    if let Some(found) = old_variable::ignored(checkout, name, service, image) {
        return Some(found);
    }
    let kind = EXPORTERS
        .iter()
        .find(|kind| kind.images.contains(&short_name(image)))?;
    let asks = Asks::of(checkout, name, service, kind)?;
    let at = checkout.compose_places.services.get(name)?;
    let at = at.keys.get(asks.key).unwrap_or(&at.name);
    let (why, help) = match names.answers(&asks.host, name) {
        Answers::Service(server) => {
            let why = match apart(compose, name, server) {
                Some(Apart::Networks(..)) => format!("and `{server}` is in none of its networks"),
                Some(Apart::OnTheHost) => format!("and `{server}` is in the machine's own network"),
                Some(Apart::FromTheHost) => {
                    format!("and is in the machine's own network, where `{server}` is no name")
                }
                None => {
                    let said = stub_status::missing(checkout, kind, compose, name, server)?;
                    return Some((said, at));
                }
            };
            (why, format!("put `{name}` and `{server}` into one network"))
        }
        Answers::Itself => ("in its own container".to_owned(), kind.help(names)),
        Answers::Nobody { nearest } => {
            let nearest = nearest.map_or_else(String::new, |it| format!("; the nearest is `{it}`"));
            let why = format!("and no service of the project is named so{nearest}");
            (why, kind.help(names))
        }
        Answers::TheMachine | Answers::Somebody => return None,
    };
    let begin = if asks.is_told {
        format!("`{name}` asks")
    } else {
        format!("`{name}` is told no address and asks")
    };
    let (server, up, address) = (kind.server, kind.up, &asks.address);
    let message = format!("`{up}` is always 0: {begin} {server} at `{address}`, {why}");
    let said = Said::error(message, help);
    Some((said, at))
}

/// Whom an exporter asks, and how it knows.
pub(super) struct Asks {
    /// `redis:6379`
    address: String,
    pub(super) host: String,
    /// The key of its service in the compose file that says so; another one if nothing does.
    pub(super) key: &'static str,
    is_told: bool,
}

impl Asks {
    pub(super) fn of(
        checkout: &Checkout,
        name: &str,
        service: &Service,
        kind: &Exporter,
    ) -> Option<Self> {
        let mut words = service.command.iter().chain(&service.entrypoint);
        let is_told_otherwise = words.any(|word| {
            let mut others = kind.otherwise.iter();
            others.any(|other| word.trim_start_matches('-').starts_with(other))
        }) || service
            .environment
            .keys()
            .any(|key| kind.otherwise.contains(&key.as_str()));
        if is_told_otherwise {
            return None;
        }
        let by_flag = kind.flags.iter().find_map(|it| flag(service, it));
        let by_variable = kind
            .variables
            .iter()
            .find_map(|it| service.environment.get(*it));
        let (value, key, is_told) = if let Some(value) = by_flag {
            (value, "command", true)
        } else if let Some(value) = by_variable {
            (value.as_deref()?, "environment", true)
        } else {
            let places = checkout.compose_places.services.get(name)?;
            // What a file of variables says may not be in the checkout.
            let may_be_told = places.keys.contains_key("env_file") || !service.volumes.is_empty();
            if may_be_told {
                return None;
            }
            (kind.by_default?, "image", false)
        };
        let address = address_in(value)?;
        let (host, _) = host_and_port(&address);
        let host = host.to_owned();
        Some(Self {
            address,
            host,
            key,
            is_told,
        })
    }
}

/// `db:5432` of `postgresql://me:secret@db:5432/shop`, `me:secret@(db:3306)/` or `host=db port=5432`.
fn address_in(value: &str) -> Option<String> {
    let value = value.trim();
    if value.contains(['$', '{', ',']) || value.starts_with('/') || value.starts_with("unix:") {
        return None;
    }
    let mut words = value.split_whitespace();
    if let Some(host) = words.find_map(|word| word.strip_prefix("host=")) {
        return (!host.starts_with('/')).then(|| host.to_owned());
    }
    if value.contains(' ') {
        return None;
    }
    let (_, rest) = value.split_once("://").unwrap_or(("", value));
    let (_, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let rest = rest
        .strip_prefix("tcp(")
        .or_else(|| rest.strip_prefix('('))
        .unwrap_or(rest);
    let end = rest.find(['/', '?', ')']).unwrap_or(rest.len());
    let address = rest.get(..end)?;
    (!address.is_empty()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/asks-nobody";

    pub(super) fn project(exporter: &str, port: u16, more: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  exporter:
{exporter}
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  cache: {{image: redis}}
  db: {{image: postgres}}
{more}
--- prometheus.yml
scrape_configs:
  - job_name: it
    static_configs: [{{targets: ['exporter:{port}']}}]
"
        )
    }

    #[test]
    fn exporter_that_asks_itself_is_found() {
        assert_finds(
            ID,
            &project("    image: oliver006/redis_exporter", 9121, ""),
            &[
                "docker-compose.yml:3:5 error: `redis_up` is always 0: `exporter` is told no address and \
               asks Redis at `localhost:6379`, in its own container",
            ],
        );
        for told in [
            "    image: oliver006/redis_exporter\n    environment: {REDIS_ADDR: 'localhost:6379'}",
            "    image: oliver006/redis_exporter\n    command: ['--redis.addr=redis://127.0.0.1:6379']",
        ] {
            assert_finds(
                ID,
                &project(told, 9121, ""),
                &["docker-compose.yml:4:5 error"],
            );
        }
    }

    #[test]
    fn server_that_is_no_service_is_found() {
        let exporter = "    image: prometheuscommunity/postgres-exporter
    environment: {DATA_SOURCE_NAME: 'postgresql://me:pass@postgres:5432/shop?sslmode=disable'}";
        assert_finds(
            ID,
            &project(exporter, 9187, ""),
            &[
                "docker-compose.yml:4:5 error: `pg_up` is always 0: `exporter` asks PostgreSQL at \
               `postgres:5432`, and no service of the project is named so",
            ],
        );
    }

    #[test]
    fn server_in_another_network_is_found() {
        let exporter = "    image: oliver006/redis_exporter\n    networks: [back]\n    \
                        environment: {REDIS_ADDR: 'redis://cache:6379'}";
        let more = "networks: {back: {}}";
        assert_finds(
            ID,
            &project(exporter, 9121, more),
            &["docker-compose.yml:5:5 error"],
        );
    }

    #[test]
    fn exporter_that_reaches_its_server_or_may_is_silent() {
        for (exporter, port) in [
            (
                "    image: oliver006/redis_exporter\n    environment: {REDIS_ADDR: 'redis://cache:6379'}",
                9121,
            ),
            (
                "    image: oliver006/redis_exporter\n    environment: {REDIS_ADDR: '${ADDRESS}'}",
                9121,
            ),
            (
                "    image: oliver006/redis_exporter\n    environment: {REDIS_ADDR: 'redis.example.com:6379'}",
                9121,
            ),
            (
                "    image: oliver006/redis_exporter\n    network_mode: 'service:cache'",
                9121,
            ),
            (
                "    image: oliver006/redis_exporter\n    env_file: exporter.env",
                9121,
            ),
            (
                "    image: oliver006/redis_exporter\n    command: ['--redis.file=/targets.json']",
                9121,
            ),
            ("    image: me/redis_exporter\n    build: ./exporter", 9121),
            (
                "    image: postgres-exporter\n    environment: {DATA_SOURCE_URI: 'db:5432/shop'}",
                9187,
            ),
            (
                "    image: postgres-exporter\n    environment: {DATA_SOURCE_NAME: 'user=me host=db'}",
                9187,
            ),
            (
                "    image: postgres-exporter\n    environment: {DATA_SOURCE_NAME: 'user=me host=/var/run/postgresql'}",
                9187,
            ),
            ("    image: postgres-exporter", 9187),
            ("    image: prom/node-exporter", 9100),
        ] {
            assert_silent(ID, &project(exporter, port, ""));
        }
    }
}
