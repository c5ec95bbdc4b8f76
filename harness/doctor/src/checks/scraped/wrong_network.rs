//! A target that Prometheus cannot reach by its name.

use alertdrill_core::Finding;

use super::scraped_targets::asked;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Apart, Names, apart};

pub(in crate::checks) const WRONG_NETWORK: Check = Check {
    id: "scraped/wrong-network",
    title: "a target is in a network that Prometheus is not in",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(compose), Some(names)) = (&checkout.compose, Names::of(checkout)) else {
        return Vec::new();
    };
    let targets = asked(checkout, &names);
    let findings = targets.iter().filter_map(|it| {
        let Answers::Service(service) = it.answers else {
            return None;
        };
        let (address, asker) = (it.address, it.asker);
        let said = match apart(compose, asker, service)? {
            Apart::Networks(its, others) => Said::error(
                format!(
                    "`{asker}` cannot reach `{address}`: it is in {}, and `{service}` in {}",
                    networks(&its),
                    networks(&others)
                ),
                "put both into one network",
            ),
            Apart::OnTheHost => Said::error(
                format!(
                    "`{asker}` cannot reach `{address}`: `{service}` is in the machine's own \
                     network, where no name leads to it"
                ),
                "write `host.docker.internal` and its port, with `extra_hosts: \
                 [\"host.docker.internal:host-gateway\"]` at Prometheus",
            ),
            Apart::FromTheHost => Said::error(
                format!(
                    "`{asker}` cannot reach `{address}`: it is in the machine's own network, where \
                     `{service}` is no name"
                ),
                format!(
                    "write `localhost` and the port at which `{service}` is published, or take \
                     `network_mode: host` away"
                ),
            ),
        };
        Some(said.about(&it.job.name.text, WRONG_NETWORK.id, &it.file.path, it.place))
    });
    findings.collect()
}

fn networks(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/wrong-network";

    fn project(prometheus: &str, api: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    {prometheus}
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  api:
    image: me/api
    {api}
networks: {{front: {{}}, back: {{}}}}
--- prometheus.yml
scrape_configs:
  - job_name: a
    static_configs: [{{targets: ['api:8080']}}]
"
        )
    }

    #[test]
    fn services_without_a_common_network_are_found() {
        assert_finds(
            ID,
            &project("networks: [front]", "networks: [back]"),
            &["prometheus.yml:3:33 error: `prometheus` cannot reach `api:8080`: it is in "],
        );
        assert_finds(
            ID,
            &project("", "networks: [back]"),
            &["prometheus.yml:3:33 error: `prometheus` cannot reach `api:8080`"],
        );
        assert_finds(
            ID,
            &project("", "network_mode: host"),
            &[
                "prometheus.yml:3:33 error: `prometheus` cannot reach `api:8080`: `api` is in the \
               machine's own network",
            ],
        );
    }

    #[test]
    fn name_of_a_service_in_the_machines_own_network_is_found() {
        assert_finds(
            ID,
            &project("network_mode: host", ""),
            &[
                "prometheus.yml:3:33 error: `prometheus` cannot reach `api:8080`: it is in the \
                 machine's own network, where `api` is no name",
            ],
        );
        let told = "network_mode: host\n    extra_hosts: ['api:127.0.0.1']";
        assert_silent(ID, &project(told, ""));
    }

    #[test]
    fn look_alikes_are_silent() {
        for (prometheus, api) in [
            ("networks: [front]", "networks: [front, back]"),
            ("", ""),
            ("", "networks: [default]"),
            ("network_mode: host", "network_mode: host"),
            ("networks: [front]", "network_mode: 'service:prometheus'"),
        ] {
            assert_silent(ID, &project(prometheus, api));
        }
    }
}
