//! A receiver that Alertmanager cannot reach.

mod placeholder;
mod unfilled;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{Node, Place};
use std::collections::BTreeSet;

use self::placeholder::placeholder;
use self::unfilled::unfilled;
use super::broken_configuration::is_address;
use super::filled_in::Reading;
use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::network::{
    Answers, Names, ServiceTexts, WrongPort, apart, host_and_port, listed, tells_address_of,
    wrong_port,
};

pub(in crate::checks) const RECEIVER_UNREACHABLE: Check = Check {
    id: "told/receiver-unreachable",
    title: "Alertmanager cannot reach a receiver",
    run,
};

/// Keys that hold an address.
const ADDRESSES: [&str; 7] = [
    "url",
    "api_url",
    "webhook_url",
    "smarthost",
    "opsgenie_api_url",
    "slack_api_url",
    "service_url",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let reading = Reading::of(case, told.alertmanager.service.as_deref());
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    let mut told_of_the_machine = false;
    let mut told_of = BTreeSet::new();
    for (address, at) in addresses(&told) {
        if !seen.insert(at) {
            continue;
        }
        if !told_of_the_machine && let Some(said) = machine_unknown(case, &told, &address) {
            told_of_the_machine = true;
            findings.push(said.at(RECEIVER_UNREACHABLE.id, &file.path, at));
        }
        let by_network = told.alertmanager.service.as_deref().and_then(|asker| {
            let names = Names::of(case.checkout)?;
            unreachable(case, &names, asker, &address)
        });
        let said = by_network.or_else(|| {
            let is_as_written = reading == Reading::AsWritten;
            is_as_written.then(|| placeholder(&address))?
        });
        if let Some(said) = said {
            told_of.insert(at);
            findings.push(said.at(RECEIVER_UNREACHABLE.id, &file.path, at));
        }
    }
    if reading == Reading::AsWritten {
        let said = unfilled(&told, &told_of).into_iter();
        findings.extend(said.map(|(said, at)| said.at(RECEIVER_UNREACHABLE.id, &file.path, at)));
    }
    findings
}

/// The addresses of all receivers that a route names, and where each stands.
pub(super) fn addresses(told: &ToldCase<'_>) -> Vec<(String, Place)> {
    let used = told.routing.used_receivers();
    let global = told.alertmanager.node.get("global");
    let mut found = Vec::new();
    for (kind, config) in used.flat_map(|receiver| &receiver.configs) {
        let own = config.entries().iter().filter_map(|(key, value)| {
            let key = key.text()?;
            ADDRESSES.contains(&key).then_some((key, value))
        });
        let own: Vec<_> = own.collect();
        found.extend(own.iter().filter_map(|(key, value)| address_at(key, value)));
        let of_all = match kind.as_str() {
            "email_configs" => "smtp_smarthost",
            "slack_configs" => "slack_api_url",
            _ => continue,
        };
        if own.is_empty() && config.get("api_url_file").is_none() {
            let key = of_all;
            let of_all = global.and_then(|global| global.get(key));
            found.extend(of_all.and_then(|value| address_at(key, value)));
        }
    }
    found
}

/// The address at `key`, unless Alertmanager refuses it: `told/broken-configuration` says that.
fn address_at(key: &str, node: &Node) -> Option<(String, Place)> {
    let text = node.text()?;
    let is_taken = key.ends_with("smarthost") || is_address(text);
    is_taken.then(|| (text.trim().to_owned(), node.place))
}

fn unreachable(case: &Case<'_>, names: &Names<'_>, asker: &str, address: &str) -> Option<Said> {
    let (host, port) = host_and_port(address);
    match names.answers(host, asker) {
        Answers::Itself => Some(Said::error(
            format!(
                "`{address}` is Alertmanager's own container `{asker}`, where nothing takes alerts"
            ),
            "name the service that takes them, or `host.docker.internal` for the machine itself",
        )),
        Answers::Nobody { nearest } => {
            let nearest =
                nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
            Some(Said::error(
                format!("no service of the project answers at `{address}`{nearest}"),
                "name the service that takes the alerts, or add it to the compose file",
            ))
        }
        Answers::Service(name) if is_apart(case, asker, name) => Some(Said::error(
            format!(
                "`{asker}` and `{name}` have no network in common, so nothing answers at `{address}`"
            ),
            "put both into one network",
        )),
        Answers::Service(name) => {
            let service = names.service(name)?;
            let texts = ServiceTexts::of(case.checkout, service);
            let why = match wrong_port(case.checkout, service, &texts, port?)? {
                WrongPort::Published { inside } => format!(
                    "`{address}` has the port of the machine; `{name}` listens on {inside} inside"
                ),
                WrongPort::OfImage(facts) => format!(
                    "`{address}`: the image `{}` listens on {}",
                    facts.name,
                    listed(&facts.ports)
                ),
                WrongPort::OfProgram(ports) => format!(
                    "`{address}` may be the wrong port: the source of `{name}` listens on {}",
                    listed(&ports)
                ),
                WrongPort::Exposed(ports) => format!(
                    "`{address}` may be the wrong port: `{name}` exposes {}, and \
                     nothing in its source mentions {}",
                    listed(&ports),
                    port?
                ),
            };
            let help = "write the port on which the service listens inside of its container";
            Some(if why.contains("may be") {
                Said::warning(why, help)
            } else {
                Said::error(why, help)
            })
        }
        Answers::TheMachine | Answers::Somebody => None,
    }
}

fn is_apart(case: &Case<'_>, asker: &str, name: &str) -> bool {
    let compose = case.checkout.compose.as_ref();
    compose.is_some_and(|compose| apart(compose, asker, name).is_some())
}

/// That the machine's own name is not known to Alertmanager's container.
fn machine_unknown(case: &Case<'_>, told: &ToldCase<'_>, address: &str) -> Option<Said> {
    const NAME: &str = "host.docker.internal";
    let asker = told.alertmanager.service.as_deref()?;
    let names = Names::of(case.checkout)?;
    let service = names.service(asker)?;
    let (host, _) = host_and_port(address);
    if host != NAME || service.network_mode.is_some() || tells_address_of(service, NAME) {
        return None;
    }
    Some(Said::warning(
        format!(
            "the container of `{asker}` may not know `{NAME}`, so that nobody is told there: Docker \
             Desktop has that name, and an engine on Linux has it only for services that ask for it"
        ),
        format!("give `{asker}` `extra_hosts: [\"{NAME}:host-gateway\"]`"),
    ))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/receiver-unreachable";

    fn project(configs: &str, services: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']
{services}--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- alertmanager.yml
route: {{receiver: a}}
receivers:
  - name: a
    {configs}
"
        )
    }

    const HOOK: &str = "  hook:\n    image: me/hook\n    ports: ['8081:8080']\n";

    #[test]
    fn name_that_a_projects_name_would_make_of_a_service_is_found_where_it_has_its_own() {
        let hook = |own: &str| {
            let services = HOOK.replace("    image", &format!("{own}    image"));
            project(
                "webhook_configs: [{url: 'http://shop_hook:8080/'}]",
                &services,
            )
        };
        assert_finds(
            ID,
            &hook("    container_name: shop_hook_prod\n"),
            &[
                "alertmanager.yml:4:29 error: no service of the project answers at \
                 `http://shop_hook:8080/`; the nearest is `shop_hook_prod`",
            ],
        );
        assert_silent(ID, &hook(""));
    }

    #[test]
    fn receiver_on_a_loopback_address_is_found() {
        assert_finds(
            ID,
            &project("webhook_configs: [{url: 'http://127.0.0.1:5001/'}]", HOOK),
            &[
                "alertmanager.yml:4:29 error: `http://127.0.0.1:5001/` is Alertmanager's own \
               container `alertmanager`, where nothing takes alerts",
            ],
        );
        assert_finds(
            ID,
            &project("email_configs: [{to: a, smarthost: 'localhost:25'}]", HOOK),
            &["alertmanager.yml:4:40 error: `localhost:25` is Alertmanager's own container"],
        );
    }

    #[test]
    fn receiver_that_no_service_is_and_a_port_of_the_machine_are_found() {
        assert_finds(
            ID,
            &project("webhook_configs: [{url: 'http://hok:8080/'}]", HOOK),
            &[
                "alertmanager.yml:4:29 error: no service of the project answers at \
               `http://hok:8080/`; the nearest is `hook`",
            ],
        );
        assert_finds(
            ID,
            &project("webhook_configs: [{url: 'http://hook:8081/'}]", HOOK),
            &[
                "alertmanager.yml:4:29 error: `http://hook:8081/` has the port of the machine; \
               `hook` listens on 8080 inside",
            ],
        );
    }

    #[test]
    fn address_that_nobody_filled_in_is_found() {
        for (url, expected) in [
            (
                "https://hooks.slack.com/services/your/webhook/url",
                "warning: `https://hooks.slack",
            ),
            (
                "https://hooks.slack.com/services",
                "warning: `https://hooks.slack",
            ),
            (
                "https://discord.com/api/webhooks/<webhook-id>",
                "warning: `https://discord",
            ),
            (
                "https://hooks.example.org/${SLACK}",
                "error: Alertmanager does not fill in `https://hooks.example.org/${SLACK}`",
            ),
        ] {
            let configs = format!("slack_configs: [{{api_url: '{url}'}}]");
            let expected = format!("alertmanager.yml:4:31 {expected}");
            assert_finds(ID, &project(&configs, ""), &[&expected]);
        }
    }

    #[test]
    fn service_in_another_network_is_found() {
        let hook = "  hook:\n    image: me/hook\n    networks: [own]\n";
        let project = project("webhook_configs: [{url: 'http://hook:8080/'}]", hook);
        let expected = "alertmanager.yml:4:29 error: `alertmanager` and `hook` have no network in \
                        common";
        let networks = "--- prometheus.yml\nalerting";
        let apart = project.replace(networks, &format!("networks: {{own: {{}}}}\n{networks}"));
        assert_finds(ID, &apart, &[expected]);
    }

    #[test]
    fn host_of_an_example_is_found() {
        let configs = "email_configs: [{to: a, from: b, smarthost: 'smtp.example.com:587'}]";
        let expected = "alertmanager.yml:4:49 warning: `smtp.example.com:587` may be a placeholder";
        assert_finds(ID, &project(configs, ""), &[expected]);
        let configs = configs.replace("smtp.example", "smtp.my-example");
        assert_silent(ID, &project(&configs, ""));
    }

    #[test]
    fn name_of_the_machine_may_be_unknown_unless_the_service_asks_for_it() {
        let hook = "webhook_configs: [{url: 'http://host.docker.internal:8080/'}]";
        let expected = "alertmanager.yml:4:29 warning: the container of `alertmanager` may not \
                        know `host.docker.internal`";
        assert_finds(ID, &project(hook, HOOK), &[expected]);
        for told in [
            "    extra_hosts: ['host.docker.internal:host-gateway']\n",
            "    network_mode: host\n",
        ] {
            let image = "    image: prom/alertmanager\n";
            let project = project(hook, HOOK).replace(image, &format!("{image}{told}"));
            assert_silent(ID, &project);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for configs in [
            "webhook_configs: [{url: 'http://hook:8080/'}]",
            "webhook_configs: [{url: 'https://chat.example.org/a'}]",
            "webhook_configs: [{url_file: /run/secrets/url}]",
            "slack_configs: [{api_url: \
             'https://hooks.slack.com/services/T0123ABCD/B0123ABCD/abcdefghijklmnopqrstuvwx'}]",
            "email_configs: [{to: a, smarthost: 'smtp.gmail.com:587'}]",
        ] {
            assert_silent(ID, &project(configs, HOOK));
        }
        // It shares its container's network.
        let beside = "  hook:\n    image: me/hook\n    network_mode: service:alertmanager\n";
        let loopback = "webhook_configs: [{url: 'http://localhost:8080/'}]";
        assert_silent(ID, &project(loopback, beside));
    }
}
