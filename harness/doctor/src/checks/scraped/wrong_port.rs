//! A target's port on which its service does not listen.

use std::collections::BTreeMap;

use alertdrill_core::Finding;

use super::scraped_targets::asked;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, ServiceTexts, WrongPort, listed, wrong_port};

pub(in crate::checks) const WRONG_PORT: Check = Check {
    id: "scraped/wrong-port",
    title: "a target's service does not listen on its port",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(names) = Names::of(case.checkout) else {
        return Vec::new();
    };
    let targets = asked(case.checkout, &names);
    let mut texts = BTreeMap::new();
    let findings = targets.iter().filter_map(|it| {
        let Answers::Service(name) = it.answers else {
            return None;
        };
        let port = it.port?;
        let service = names.service(name)?;
        let texts = texts
            .entry(name)
            .or_insert_with(|| ServiceTexts::of(case.checkout, service));
        let why = wrong_port(case.checkout, service, texts, port)?;
        let said = said(it.address, name, port, &why);
        Some(said.about(&it.job.name.text, WRONG_PORT.id, &it.file.path, it.place))
    });
    findings.collect()
}

fn said(address: &str, name: &str, port: u16, why: &WrongPort) -> Said {
    match why {
        WrongPort::Published { inside } => Said::error(
            format!(
                "`{address}` has the port of the machine; between containers `{name}` listens on \
                 {inside}"
            ),
            format!("write `{name}:{inside}`"),
        ),
        WrongPort::OfImage(facts) => {
            let of_metrics = facts.metrics.first().map(|(port, _)| *port);
            let listens_on = of_metrics
                .or(facts.ports.first().copied())
                .unwrap_or_default();
            Said::error(
                format!(
                    "nothing listens at `{address}`: the image `{}` listens on {}",
                    facts.name,
                    listed(&facts.ports)
                ),
                format!("write `{name}:{listens_on}`"),
            )
        }
        WrongPort::OfProgram(ports) => Said::warning(
            format!(
                "`{address}` may be the wrong port: the source of `{name}` listens on {}",
                listed(ports)
            ),
            "write the port on which the program listens inside of its container",
        ),
        WrongPort::Exposed(ports) => Said::warning(
            format!(
                "`{address}` may be the wrong port: `{name}` exposes {}, and \
                 nothing in its source mentions {port}",
                listed(ports)
            ),
            "write the port on which the program serves its metrics",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/wrong-port";

    fn project(target: &str, service: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  it:
{service}--- prometheus.yml
scrape_configs:
  - job_name: a
    static_configs: [{{targets: ['{target}']}}]
{files}"
        )
    }

    #[test]
    fn port_of_the_machine_is_found() {
        assert_finds(
            ID,
            &project(
                "it:8081",
                "    image: me/api\n    ports: ['8081:8080']\n",
                "",
            ),
            &[
                "prometheus.yml:3:33 error: `it:8081` has the port of the machine; between containers `it` listens on 8080",
            ],
        );
    }

    #[test]
    fn port_on_which_the_image_does_not_listen_is_found() {
        assert_finds(
            ID,
            &project("it:9101", "    image: prom/node-exporter:v1.8.0\n", ""),
            &[
                "prometheus.yml:3:33 error: nothing listens at `it:9101`: the image `node-exporter` listens on 9100",
            ],
        );
    }

    #[test]
    fn port_that_neither_the_dockerfile_nor_the_source_knows_is_found() {
        let files =
            "--- app/Dockerfile\nFROM python:3.12\nEXPOSE 7000/tcp\n--- app/main.py\nserve(7000)\n";
        assert_finds(
            ID,
            &project("it:7001", "    build: ./app\n", files),
            &["prometheus.yml:3:33 warning: `it:7001` may be the wrong port: `it` exposes 7000"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        let files = "--- app/Dockerfile\nFROM python:3.12\nEXPOSE 7000\n--- app/main.py\nserve(7000)\nmetrics(7001)\n";
        for (target, service) in [
            ("it:8080", "    image: me/api\n    ports: ['8081:8080']\n"),
            (
                "it:8081",
                "    image: me/api\n    ports: ['8081:8080']\n    expose: ['8081']\n",
            ),
            (
                "it:8081",
                "    image: me/api\n    ports: ['8081:8080', '9081:8081']\n",
            ),
            (
                "it:9101",
                "    image: prom/node-exporter\n    command: ['--web.listen-address=:9101']\n",
            ),
            (
                "it:9100",
                "    image: prom/node-exporter\n    ports: ['9101:9100']\n",
            ),
            (
                "it:3001",
                "    image: grafana/grafana\n    environment: {GF_SERVER_HTTP_PORT: 3001}\n",
            ),
            ("it:1234", "    image: nginx\n"),
            ("it:1234", "    image: me/unknown\n"),
            (
                "it:3101",
                "    image: grafana/loki\n    volumes: ['./loki.yml:/etc/loki/loki.yml']\n",
            ),
            ("it:7001", "    build: ./app\n"),
            ("it:8000", "    build: ./app\n"),
        ] {
            assert_silent(ID, &project(target, service, files));
        }
    }
}
