//! An Alertmanager or a receiver that is fixed to an address which may be another the next time.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Place;

use super::receiver_unreachable::addresses;
use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Fixed, fixed, host_and_port};

pub(in crate::checks) const FIXED_ADDRESS: Check = Check {
    id: "told/fixed-address",
    title: "alerts are sent to an address that a restart or another machine may change",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let alertmanagers = case.checkout.prometheus.iter().filter_map(|prometheus| {
        let asker = prometheus.service.as_deref();
        let mut all = prometheus.alertmanagers.iter();
        let said = all.find_map(|told| said(case, asker, &told.address.text, told.address.place));
        let (said, place) = said?;
        Some(said.at(FIXED_ADDRESS.id, &prometheus.file.path, place))
    });
    let told = ToldCase::of(case);
    let receivers = told.iter().filter_map(|told| {
        let asker = told.alertmanager.service.as_deref();
        let mut all = addresses(told).into_iter();
        let (said, place) = all.find_map(|(address, at)| said(case, asker, &address, at))?;
        Some(said.at(FIXED_ADDRESS.id, &told.alertmanager.file.path, place))
    });
    alertmanagers.chain(receivers).collect()
}

fn said(
    case: &Case<'_>,
    asker: Option<&str>,
    address: &str,
    place: Place,
) -> Option<(Said, Place)> {
    let (host, port) = host_and_port(address);
    let said = match fixed(case.checkout, asker, host, port)? {
        Fixed::Container => Said::warning(
            format!(
                "`{address}` looks like the address of a container, which may be another after a \
                 restart: then nobody is told"
            ),
            "name the service, or give it the address with `ipv4_address`",
        ),
        Fixed::Bridge { service, inside } => Said::warning(
            format!(
                "`{address}` is the machine's address in a network of the engine, which may be \
                 another on the next machine: then nobody is told; `{service}` is a service of the \
                 project"
            ),
            format!("name the service: `{service}:{inside}`"),
        ),
    };
    Some((said, place))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/fixed-address";

    fn project(alertmanager: &str, receiver: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    ports: ['9093:9093']
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']
  bridge:
    image: me/bridge
    ports: ['8081:80']
--- prometheus.yml
scrape_configs: []
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}
--- alertmanager.yml
route: {{receiver: a}}
receivers: [{{name: a, webhook_configs: [{{url: 'http://{receiver}/page'}}]}}]
"
        )
    }

    #[test]
    fn address_of_a_bridge_or_a_container_is_found() {
        assert_finds(
            ID,
            &project("172.17.0.1:9093", "172.18.0.3:80"),
            &[
                "alertmanager.yml:2:47 warning: `http://172.18.0.3:80/page` looks like the address \
                 of a container",
                "prometheus.yml:2:57 warning: `172.17.0.1:9093` is the machine's address in a \
                 network of the engine, which may be another on the next machine: then nobody is \
                 told; `alertmanager` is a service",
            ],
        );
        let expected = "alertmanager.yml:2:47 warning: `http://172.17.0.1:8081/page` is the \
                        machine's address";
        let receiver = project("alertmanager:9093", "172.17.0.1:8081");
        assert_finds(ID, &receiver, &[expected]);
    }

    #[test]
    fn look_alikes_are_silent() {
        // Names, the machine itself, and somebody's own machine.
        for receiver in ["bridge", "172.17.0.1:9999", "192.168.1.9:80", "10.0.0.1"] {
            assert_silent(ID, &project("alertmanager:9093", receiver));
        }
    }
}
