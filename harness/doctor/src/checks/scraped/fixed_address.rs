//! A target that is fixed to an address which a restart changes.

use std::net::Ipv4Addr;

use alertdrill_core::Finding;

use crate::checkout::{Job, Target};
use crate::checks::check::{Case, Check, Said};
use crate::network::{Fixed, fixed, host_and_port, is_given, is_of_a_bridge};

pub(in crate::checks) const FIXED_ADDRESS: Check = Check {
    id: "scraped/fixed-address",
    title: "a target is fixed to an address that a restart may change",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let Some(prometheus) = &checkout.prometheus else {
        return Vec::new();
    };
    let asker = prometheus.service.as_deref();
    let mut findings = Vec::new();
    let mut typed_in = Vec::new();
    let mut of_bridges = Vec::new();
    for job in &prometheus.jobs {
        for target in &job.targets {
            let (host, port) = host_and_port(&target.address.text);
            match fixed(checkout, asker, host, port) {
                Some(Fixed::Container) => {}
                Some(Fixed::Bridge { service, inside }) => {
                    of_bridges.push((job, target, service, inside));
                    continue;
                }
                None => {
                    if host.parse().is_ok_and(is_of_a_machine) && !is_given(checkout, host) {
                        typed_in.push((job, target));
                    }
                    continue;
                }
            }
            let message = format!(
                "`{}` looks like the address of a container, which may be another after a restart",
                target.address.text
            );
            let said = Said::warning(
                message,
                "name the service, or give it the address with `ipv4_address`",
            );
            let (file, place) = (&target.file.path, target.address.place);
            findings.push(said.about(&job.name.text, FIXED_ADDRESS.id, file, place));
        }
    }
    findings.extend(at_bridges(&of_bridges));
    findings.extend(of_machines(&typed_in));
    findings
}

/// Of services of the project that are asked by way of the machine: told once.
fn at_bridges(of_bridges: &[(&Job, &Target, &str, u16)]) -> Option<Finding> {
    let (job, target, service, inside) = of_bridges.first()?;
    let address = &target.address.text;
    let said = Said::warning(
        format!(
            "`{address}` is the machine's address in a network of the engine, which may be another \
             on the next machine, and `{service}` is a service of the project{}",
            more(of_bridges.len() - 1)
        ),
        format!("name the service: `{service}:{inside}`"),
    );
    let place = target.address.place;
    Some(said.about(&job.name.text, FIXED_ADDRESS.id, &target.file.path, place))
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

/// Of addresses of other machines, which a new lease or a new machine may change: told once.
fn of_machines(typed_in: &[(&Job, &Target)]) -> Option<Finding> {
    let (job, target) = typed_in.first()?;
    let more = more(typed_in.len() - 1);
    let said = Said::note(
        format!(
            "`{}` is a private address of a machine, typed in: it may be another after a restart \
             of that machine{more}",
            target.address.text
        ),
        "name the machine, or find it by a service discovery",
    );
    let place = target.address.place;
    Some(said.about(&job.name.text, FIXED_ADDRESS.id, &target.file.path, place))
}

/// Whether it is a private address, and not the machine as containers see it.
fn is_of_a_machine(address: Ipv4Addr) -> bool {
    address.is_private() && !is_of_a_bridge(address)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/fixed-address";

    fn project(address: &str, networks: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  api:
    image: me/api
    networks: {{default: {{ipv4_address: 172.28.0.9}}}}
{networks}--- prometheus.yml
scrape_configs:
  - job_name: a
    static_configs: [{{targets: ['{address}:8080']}}]
"
        )
    }

    #[test]
    fn address_of_a_container_is_found() {
        assert_finds(
            ID,
            &project("172.18.0.5", ""),
            &[
                "prometheus.yml:3:33 warning: `172.18.0.5:8080` looks like the address of a container",
            ],
        );
        let subnet = "networks: {default: {ipam: {config: [{subnet: 10.5.0.0/16}]}}}\n";
        assert_finds(
            ID,
            &project("10.5.0.5", subnet),
            &["prometheus.yml:3:33 warning: `10.5.0.5:8080` looks like"],
        );
    }

    #[test]
    fn service_that_is_asked_by_way_of_the_machine_is_told_once() {
        let image = "    image: me/api\n";
        let published =
            |project: &str| project.replace(image, &format!("{image}    ports: ['8080:80']\n"));
        let both = project("172.17.0.1:8080', '172.17.0.1", "");
        assert_finds(
            ID,
            &published(&both),
            &[
                "prometheus.yml:3:33 warning: `172.17.0.1:8080` is the machine's address in a \
                 network of the engine, which may be another on the next machine, and `api` is a \
                 service of the project (and 1 more)",
            ],
        );
        let on_the_host = "    image: prom/prometheus\n    network_mode: host\n";
        assert_silent(
            ID,
            &published(&both).replace("    image: prom/prometheus\n", on_the_host),
        );
    }

    #[test]
    fn private_address_of_a_machine_is_told_once() {
        for address in ["192.168.1.5", "172.31.9.4", "10.0.0.5"] {
            let more = format!("{address}:8080', '{address}");
            let expected = format!(
                "prometheus.yml:3:33 note: `{address}:8080` is a private address of a machine, \
                 typed in: it may be another after a restart of that machine (and 1 more)"
            );
            assert_finds(ID, &project(&more, ""), &[&expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        // The machine, one that is given, a public one, and itself.
        for address in ["172.17.0.1", "172.28.0.9", "8.8.8.8", "127.0.0.1"] {
            assert_silent(ID, &project(address, ""));
        }
    }
}
