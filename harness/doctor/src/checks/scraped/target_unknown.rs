//! A target that no service answers to.

use std::collections::BTreeSet;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Node;

use super::scraped_targets::{Asked, asked, own_port};
use crate::checkout::{Checkout, Prometheus};
use crate::checks::check::{Case, Check, Said};
use crate::checks::unfilled::unfilled;
use crate::network::{Answers, Names, host_and_port, tells_address_of};

pub(in crate::checks) const TARGET_UNKNOWN: Check = Check {
    id: "scraped/target-unknown",
    title: "no service answers at a target's address",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(prometheus), Some(names)) = (&checkout.prometheus, Names::of(checkout)) else {
        return Vec::new();
    };
    let own_port = own_port(checkout, prometheus);
    let targets = asked(checkout, &names);
    let mut told_of_the_machine = BTreeSet::new();
    let findings = targets.iter().filter_map(|it| {
        let said = match it.answers {
            Answers::Nobody { ref nearest } => nobody(it, nearest.as_deref()),
            Answers::Itself => loopback(checkout, it, own_port)?,
            Answers::TheMachine if told_of_the_machine.insert(it.asker) => the_machine(&names, it)?,
            _ => as_written(checkout, it)?,
        };
        Some(said.about(
            &it.job.name.text,
            TARGET_UNKNOWN.id,
            &it.file.path,
            it.place,
        ))
    });
    findings.chain(in_no_swarm(prometheus, &names)).collect()
}

/// That a variable stands in an address, which Prometheus does not fill in.
fn as_written(checkout: &Checkout, it: &Asked<'_>) -> Option<Said> {
    let address = it.address;
    let variable = unfilled(checkout, address)?;
    Some(Said::warning(
        format!(
            "Prometheus fills in no variables, so it may ask at `{address}` as that is written, \
             where nobody answers"
        ),
        format!("write what `{variable}` stands for, or let an entry point fill it in"),
    ))
}

/// Targets by the name that a swarm has for all containers of a service that is not there.
fn in_no_swarm<'a>(
    prometheus: &'a Prometheus,
    names: &'a Names<'_>,
) -> impl Iterator<Item = Finding> + 'a {
    let asker = prometheus.service.as_deref().unwrap_or_default();
    prometheus.jobs.iter().flat_map(move |job| {
        let found = job.node.get("dns_sd_configs").map_or(&[][..], Node::items);
        let looked_up = found
            .iter()
            .flat_map(|found| found.get("names").map_or(&[][..], Node::items));
        looked_up.filter_map(move |name| {
            let service = name.text()?.strip_prefix("tasks.")?;
            let Answers::Nobody { .. } = names.answers(service, asker) else {
                return None;
            };
            let said = Said::warning(
                format!(
                    "`tasks.{service}` is a swarm's name of a service `{service}`, which is not \
                     there: the job may never have a target"
                ),
                "name a service of the project, or take the job away",
            );
            Some(said.about(
                &job.name.text,
                TARGET_UNKNOWN.id,
                &job.file.path,
                name.place,
            ))
        })
    })
}

/// That the machine's own name is not known to the container that asks.
fn the_machine(names: &Names<'_>, it: &Asked<'_>) -> Option<Said> {
    const NAME: &str = "host.docker.internal";
    let (host, _) = host_and_port(it.address);
    let asker = it.asker;
    let service = names.service(asker)?;
    if host != NAME || service.network_mode.is_some() || tells_address_of(service, NAME) {
        return None;
    }
    Some(Said::warning(
        format!(
            "the container of `{asker}` may not know `{NAME}`: Docker Desktop has that name, and \
             an engine on Linux has it only for services that ask for it"
        ),
        format!("give `{asker}` `extra_hosts: [\"{NAME}:host-gateway\"]`"),
    ))
}

fn nobody(it: &Asked<'_>, nearest: Option<&str>) -> Said {
    let address = it.address;
    let nearest = nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
    Said::error(
        format!("no service of the project answers at `{address}`{nearest}"),
        "name the service, add it to the compose file, or take the target away",
    )
}

/// That a target is the container that asks.
fn loopback(checkout: &Checkout, it: &Asked<'_>, own_port: Option<u16>) -> Option<Said> {
    let (address, asker) = (it.address, it.asker);
    let port = it.port?;
    if !it.is_probed && Some(port) == Some(own_port?) {
        return None;
    }
    let who = if it.is_probed {
        "the prober"
    } else {
        "Prometheus"
    };
    let published = checkout.compose.as_ref().and_then(|compose| {
        let mut services = compose.services.iter();
        services.find_map(|(name, service)| {
            let asked_for = port.to_string();
            let mut ports = service.ports.iter();
            let port = ports.find(|it| it.published.as_deref() == Some(asked_for.as_str()))?;
            Some(format!("write `{name}:{}`", port.target))
        })
    });
    let help = published.unwrap_or_else(|| {
        "name the service, or `host.docker.internal` for the machine itself".to_owned()
    });
    Some(Said::error(
        format!(
            "`{address}` is {who}'s own container `{asker}`, where nothing listens on port {port}"
        ),
        help,
    ))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/target-unknown";

    fn project(job: &str, services: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
{services}--- prometheus.yml
scrape_configs:
  - job_name: a
{job}"
        )
    }

    fn target(address: &str) -> String {
        format!("    static_configs: [{{targets: ['{address}']}}]\n")
    }

    const API: &str =
        "  api:\n    image: me/api\n    container_name: shop_api\n    ports: ['8081:8080']\n";

    #[test]
    fn host_that_no_service_has_is_found_with_the_nearest() {
        for (address, expected) in [
            (
                "apy:8080",
                "no service of the project answers at `apy:8080`; the nearest is `api`",
            ),
            (
                "shop-api:8080",
                "no service of the project answers at `shop-api:8080`; the nearest is `shop_api`",
            ),
            (
                "localhost:8081",
                "`localhost:8081` is Prometheus's own container `prometheus`, where nothing listens on port 8081",
            ),
        ] {
            let expected = format!("prometheus.yml:3:33 error: {expected}");
            assert_finds(ID, &project(&target(address), API), &[&expected]);
        }
    }

    #[test]
    fn prober_and_what_it_is_asked_about_are_looked_at_from_where_they_are_asked() {
        let job = |prober: &str, address: &str| {
            format!(
                "{}    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{target_label: __address__, replacement: '{prober}'}}\n",
                target(address)
            )
        };
        let services = format!("{API}  blackbox: {{image: prom/blackbox-exporter}}\n");
        assert_finds(
            ID,
            &project(&job("blackbox:9115", "http://localhost:8080/"), &services),
            &[
                "prometheus.yml:3:33 error: `http://localhost:8080/` is the prober's own container `blackbox`",
            ],
        );
        assert_finds(
            ID,
            &project(&job("blackbocks:9115", "http://api:8080/"), &services),
            &["prometheus.yml:6:50 error: no service of the project answers at `blackbocks:9115`"],
        );
        assert_silent(
            ID,
            &project(&job("blackbox:9115", "http://api:8080/"), &services),
        );
    }

    #[test]
    fn name_of_the_machine_may_be_unknown_unless_the_service_asks_for_it() {
        let machine = project(&target("host.docker.internal:8080"), API);
        let expected = "prometheus.yml:3:33 warning: the container of `prometheus` may not know \
                        `host.docker.internal`";
        assert_finds(ID, &machine, &[expected]);
        for told in [
            "    extra_hosts: ['host.docker.internal:host-gateway']\n",
            "    extra_hosts: {host.docker.internal: host-gateway}\n",
            "    network_mode: host\n",
        ] {
            let image = "    image: prom/prometheus\n";
            assert_silent(ID, &machine.replace(image, &format!("{image}{told}")));
        }
    }

    #[test]
    fn variable_that_nothing_fills_in_may_be_asked_as_it_is() {
        let variable = project(&target("${HOST}:8080"), API);
        let expected = "prometheus.yml:3:33 warning: Prometheus fills in no variables, so it may \
                        ask at `${HOST}:8080` as that is written";
        assert_finds(ID, &variable, &[expected]);
        let script = "--- start.sh\nenvsubst < in.yml > prometheus.yml\n";
        assert_silent(ID, &format!("{variable}{script}"));
        let entry_point = "    image: prom/prometheus\n    entrypoint: [/start.sh]\n";
        assert_silent(
            ID,
            &variable.replace("    image: prom/prometheus\n", entry_point),
        );
    }

    #[test]
    fn swarms_name_of_a_service_that_is_not_there_may_never_be_a_target() {
        let found =
            |name: &str| format!("    dns_sd_configs: [{{names: ['tasks.{name}'], port: 1}}]\n");
        let expected = "prometheus.yml:3:31 warning: `tasks.cadvisor` is a swarm's name";
        assert_finds(ID, &project(&found("cadvisor"), API), &[expected]);
        assert_silent(ID, &project(&found("api"), API));
    }

    #[test]
    fn look_alikes_are_silent() {
        for address in [
            "api:8080",
            "shop_api:8080",
            "localhost:9090",
            "prometheus:9090",
            "api.example.org:8080",
            "10.0.0.3:8080",
            "__HOST__",
            "__HOST__:8080",
            "shop_api_1:8080",
        ] {
            assert_silent(ID, &project(&target(address), API));
        }
        let rewritten = format!(
            "{}    relabel_configs: [{{target_label: __address__, replacement: 'api:8080'}}]\n",
            target("x:1")
        );
        assert_silent(ID, &project(&rewritten, API));
        let told = project(&target("db:1"), API).replace(
            "    image: prom/prometheus\n",
            "    image: prom/prometheus\n    extra_hosts: ['db:10.0.0.1']\n",
        );
        assert_silent(ID, &told);
        let elsewhere = "--- other/docker-compose.yml\nservices: {db: {image: me/db}}\n";
        assert_silent(ID, &format!("{}{elsewhere}", project(&target("db:1"), API)));
        let on_the_host = project(&target("localhost:8080"), API).replace(
            "    image: prom/prometheus\n",
            "    image: prom/prometheus\n    network_mode: host\n",
        );
        assert_silent(ID, &on_the_host);
        assert_silent(
            ID,
            &format!(
                "--- prometheus.yml\nscrape_configs:\n  - job_name: a\n{}",
                target("x:1")
            ),
        );
    }
}
