//! A target that is fixed to an address which a restart changes.

use std::net::Ipv4Addr;

use alertdrill_core::Finding;

use crate::checkout::{Checkout, Job, Target};
use crate::checks::check::{Case, Check, Said};
use crate::network::host_and_port;

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
    let subnets = subnets(checkout);
    let mut findings = Vec::new();
    let mut typed_in = Vec::new();
    for job in &prometheus.jobs {
        for target in &job.targets {
            let (host, _) = host_and_port(&target.address.text);
            let Ok(address) = host.parse::<Ipv4Addr>() else {
                continue;
            };
            let is_in_a_network = subnets.iter().any(|subnet| subnet.has(address));
            let is_one_of_dockers = is_of_docker(address) && subnets.is_empty();
            if is_given(checkout, host) {
                continue;
            }
            if !is_in_a_network && !is_one_of_dockers {
                if address.is_private() && is_not_the_machine(address) {
                    typed_in.push((job, target));
                }
                continue;
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
    findings.extend(of_machines(&typed_in));
    findings
}

/// Of addresses of other machines, which a new lease or a new machine may change: told once.
fn of_machines(typed_in: &[(&Job, &Target)]) -> Option<Finding> {
    let (job, target) = typed_in.first()?;
    let more = match typed_in.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
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

/// Whether it is not the machine as containers see it, the first address of each network.
fn is_not_the_machine(address: Ipv4Addr) -> bool {
    let [first, second, _, last] = address.octets();
    !(first == 172 && (17..=31).contains(&second) && last == 1)
}

/// Whether an address is of the networks that the engine makes by itself; not the machine, which is
/// the first of each.
fn is_of_docker(address: Ipv4Addr) -> bool {
    let [a, b, _, last] = address.octets();
    a == 172 && (17..=30).contains(&b) && last > 1
}

/// Whether the project gives a service this address.
fn is_given(checkout: &Checkout, host: &str) -> bool {
    let services = checkout.compose.iter().flat_map(|it| it.services.values());
    let networks = services.flat_map(|service| service.networks.values().flatten());
    let mut given = networks.filter_map(|network| network.ipv4_address.as_deref());
    given.any(|address| address == host)
}

/// A part of the addresses.
struct Subnet {
    first: u32,
    mask: u32,
}

impl Subnet {
    fn of(text: &str) -> Option<Self> {
        let (first, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let mask = u32::MAX.checked_shl(32 - length.min(32)).unwrap_or(0);
        let first = u32::from(first.parse::<Ipv4Addr>().ok()?) & mask;
        Some(Self { first, mask })
    }

    /// Whether the address is in it, and not the first, which is the machine.
    fn has(&self, address: Ipv4Addr) -> bool {
        let address = u32::from(address);
        address & self.mask == self.first && address > self.first + 1
    }
}

/// Those that the project's networks have.
fn subnets(checkout: &Checkout) -> Vec<Subnet> {
    let networks = checkout.compose.iter().flat_map(|it| it.networks.values());
    let configs = networks.filter_map(|network| network.ipam.as_ref()?.get("config")?.as_array());
    let texts = configs
        .flatten()
        .filter_map(|config| config.get("subnet")?.as_str());
    texts.filter_map(Subnet::of).collect()
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
