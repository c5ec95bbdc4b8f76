//! A machine's network, read from an exporter that has one of its own.

use super::{Selected, exporters};
use crate::checkout::{Checkout, RuleKind};
use crate::checks::check::Said;

/// How the names of metrics begin that are of a network, and not of the machine.
const METRICS: [&str; 4] = [
    "node_network_",
    "node_netstat_",
    "node_sockstat_",
    "node_nf_conntrack_",
];
const HELP: &str = "run the exporter with `network_mode: host`, and scrape it at the machine's \
                    address";

/// That a selector reads the network of an exporter's own container.
pub(super) fn of_its_own_network(checkout: &Checkout, selected: &Selected<'_>) -> Option<Said> {
    if !METRICS
        .iter()
        .any(|beginning| selected.name.starts_with(beginning))
    {
        return None;
    }
    // What is only recorded fires nothing.
    if selected.rule.kind != RuleKind::Alert {
        return None;
    }
    let devices = selected.selector.matchers.find_matchers("device");
    if devices
        .iter()
        .any(|it| it.value == "lo" && it.is_match("lo"))
    {
        return None;
    }
    let exporters = exporters(checkout, &selected.selector.matchers.find_matchers("job"))?;
    let (name, _) = exporters.first()?;
    let has_its_own = exporters.iter().all(|(_, service)| {
        let mode = service.network_mode.as_deref().unwrap_or("bridge");
        let mut networks = service.networks.keys();
        let is_the_machines = networks.any(|name| {
            let network = checkout
                .compose
                .as_ref()
                .and_then(|it| it.networks.get(name));
            network.is_some_and(|network| network.name.as_deref() == Some("host"))
        });
        ["bridge", "default"].contains(&mode) && !is_the_machines
    });
    has_its_own.then(|| {
        Said::warning(
            format!(
                "`{}` may tell nothing of the machine: `{name}` sees the network of its own \
                 container, whatever is mounted",
                selected.name
            ),
            HELP,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ID, project};
    use crate::test_projects::{assert_finds, assert_silent};

    const TRAFFIC: &str = "rate(node_network_receive_bytes_total[5m]) > 1e8";

    #[test]
    fn network_of_a_container_is_found() {
        let mounted = "    command: ['--path.procfs=/host/proc']\n    volumes: \
                       ['/proc:/host/proc:ro']";
        let of_card = "rate(node_network_receive_bytes_total{device=\"eth0\"}[5m]) > 1e8";
        for (exporter, expression) in [("", TRAFFIC), (mounted, TRAFFIC), ("", of_card)] {
            assert_finds(
                ID,
                &project(exporter, "node-exporter:9100", expression),
                &[
                    "rules.yml:5:16 warning: `node_network_receive_bytes_total` may tell nothing of \
                     the machine",
                ],
            );
        }
    }

    #[test]
    fn network_of_the_machine_is_silent() {
        let host = "    network_mode: host";
        assert_silent(ID, &project(host, "host.docker.internal:9100", TRAFFIC));
        assert_silent(ID, &project("", "192.168.1.5:9100", TRAFFIC));
        let loopback = "rate(node_network_receive_bytes_total{device=\"lo\"}[5m]) > 1e8";
        assert_silent(ID, &project("", "node-exporter:9100", loopback));
        assert_silent(ID, &project("", "node-exporter:9100", "node_load1 > 8"));
    }
}
