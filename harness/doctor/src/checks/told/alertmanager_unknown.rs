//! An Alertmanager's address at which none answers.

mod interface;

use alertdrill_core::Finding;

use crate::checkout::Checkout;
use crate::checks::check::{Case, Check, Said};
use crate::checks::unfilled::unfilled;
use crate::network::{Answers, Names, apart, host_and_port};

pub(in crate::checks) const ALERTMANAGER_UNKNOWN: Check = Check {
    id: "told/alertmanager-unknown",
    title: "no Alertmanager answers where Prometheus sends its alerts",
    run,
};

/// Where Alertmanager listens unless it is told otherwise.
const DEFAULT_PORT: u16 = 9093;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(prometheus), Some(names)) = (&checkout.prometheus, Names::of(checkout)) else {
        return Vec::new();
    };
    let Some(asker) = &prometheus.service else {
        return Vec::new();
    };
    if checkout.alerts().next().is_none() && checkout.unloaded.is_empty() {
        return Vec::new();
    }
    let told = prometheus.alertmanagers.iter().filter_map(|told| {
        let address = &told.address.text;
        let (host, port) = host_and_port(address);
        let said = match names.answers(host, asker) {
            Answers::Itself => Said::error(
                format!(
                    "`{address}` is Prometheus's own container `{asker}`, where no Alertmanager \
                     answers"
                ),
                "name Alertmanager's service in place of the loopback address",
            ),
            Answers::Nobody { nearest } => nobody(address, nearest.as_deref()),
            Answers::Service(service) => match checkout.compose.as_ref() {
                Some(compose) if apart(compose, asker, service).is_some() => Said::error(
                    format!(
                        "`{asker}` and `{service}` have no network in common, so nothing answers \
                         at \
                         `{address}`"
                    ),
                    "put both into one network",
                ),
                _ => wrong_port(&names, service, address, port)
                    .or_else(|| interface::refuses(prometheus, names.service(service)?, address))?,
            },
            Answers::TheMachine | Answers::Somebody => as_written(checkout, address)?,
        };
        let place = told.address.place;
        Some(said.at(ALERTMANAGER_UNKNOWN.id, &prometheus.file.path, place))
    });
    told.collect()
}

/// That a variable stands in an address, which Prometheus does not fill in.
fn as_written(checkout: &Checkout, address: &str) -> Option<Said> {
    let variable = unfilled(checkout, address)?;
    Some(Said::warning(
        format!(
            "Prometheus fills in no variables, so it may send its alerts to `{address}` as that is \
             written, where nobody answers"
        ),
        format!("write what `{variable}` stands for, or let an entry point fill it in"),
    ))
}

fn nobody(address: &str, nearest: Option<&str>) -> Said {
    let nearest = nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
    Said::error(
        format!("no service of the project answers at `{address}`{nearest}"),
        "add Alertmanager to the compose file, or name the service that it is",
    )
}

/// That a service of Alertmanager's image listens on another port.
fn wrong_port(names: &Names<'_>, name: &str, address: &str, port: Option<u16>) -> Option<Said> {
    let service = names.service(name)?;
    let image = service.image.as_deref()?;
    let image = image.rsplit('/').next()?.split([':', '@']).next()?;
    let (port, listens_on) = (port?, listening_port(service)?);
    if image != "alertmanager" || port == listens_on {
        return None;
    }
    Some(Said::error(
        format!(
            "`{address}` is another port than the one on which Alertmanager listens, {listens_on}"
        ),
        format!("write `{name}:{listens_on}`"),
    ))
}

/// The port of `--web.listen-address`; `None` if it is not known.
fn listening_port(service: &alertdrill_project::Service) -> Option<u16> {
    if !service.entrypoint.is_empty() {
        return None;
    }
    let mut words = service.command.iter();
    while let Some(word) = words.next() {
        let Some(value) = word.split_once("web.listen-address") else {
            continue;
        };
        let value = match value.1.strip_prefix('=') {
            Some(value) => value,
            None => words.next()?.as_str(),
        };
        return value.rsplit(':').next()?.parse().ok();
    }
    Some(DEFAULT_PORT)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/alertmanager-unknown";

    fn project(target: &str, alertmanager: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes:
      - ./prometheus.yml:/etc/prometheus/prometheus.yml
      - ./rules.yml:/etc/prometheus/rules.yml
{alertmanager}--- prometheus.yml
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}
--- rules.yml
groups: [{{name: g, rules: [{{alert: Down, expr: up == 0}}]}}]
"
        )
    }

    const THERE: &str = "  alertmanager:\n    image: prom/alertmanager\n";

    #[test]
    fn address_at_which_none_answers_is_found() {
        for (target, expected) in [
            (
                "alert-manager:9093",
                "no service of the project answers at `alert-manager:9093`; the nearest is \
                 `alertmanager`",
            ),
            (
                "localhost:9093",
                "`localhost:9093` is Prometheus's own container `prometheus`",
            ),
            (
                "alertmanager:9094",
                "`alertmanager:9094` is another port than the one on which",
            ),
        ] {
            let expected = format!("prometheus.yml:2:57 error: {expected}");
            assert_finds(ID, &project(target, THERE), &[&expected]);
        }
        assert_finds(
            ID,
            &project("${ALERTMANAGER}:9093", ""),
            &["prometheus.yml:2:57 warning: Prometheus fills in no variables, so it may send"],
        );
        let apart = format!("{THERE}    network_mode: host\n");
        assert_finds(
            ID,
            &project("alertmanager:9093", &apart),
            &[
                "prometheus.yml:2:57 error: `prometheus` and `alertmanager` have no network in \
                 common",
            ],
        );
        assert_finds(
            ID,
            &project("alertmanager:9093", ""),
            &[
                "prometheus.yml:2:57 error: no service of the project answers at \
                 `alertmanager:9093`",
            ],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for (target, service) in [
            ("alertmanager:9093", THERE.to_owned()),
            (
                "alert-manager:9093",
                format!("{THERE}    container_name: alert-manager\n"),
            ),
            (
                "am:9093",
                format!("{THERE}    networks: {{default: {{aliases: [am]}}}}\n"),
            ),
            ("alertmanager.example.org:9093", String::new()),
            ("host.docker.internal:9093", String::new()),
            ("172.20.0.9:9093", String::new()),
            (
                "alertmanager:9999",
                format!("{THERE}    command: ['--web.listen-address=:9999']\n"),
            ),
        ] {
            assert_silent(ID, &project(target, &service));
        }
        let elsewhere =
            "--- other/docker-compose.yml\nservices: {am: {image: prom/alertmanager}}\n";
        assert_silent(ID, &format!("{}{elsewhere}", project("am:9093", "")));
    }
}
