//! Addresses that the engine gave, and may give otherwise the next time.

use std::net::Ipv4Addr;

use crate::checkout::Checkout;

/// What an address is that may be another one the next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fixed<'a> {
    /// That of a container.
    Container,
    /// That of the machine in the engine's own bridge, at whose port a service is published.
    Bridge {
        /// The service.
        service: &'a str,
        /// Its port inside of its container.
        inside: u16,
    },
}

/// What `host` is, as `asker` asks it at `port`; `None` of names, and of addresses that stay.
pub(crate) fn fixed<'a>(
    checkout: &'a Checkout,
    asker: Option<&str>,
    host: &str,
    port: Option<u16>,
) -> Option<Fixed<'a>> {
    let address: Ipv4Addr = host.parse().ok()?;
    if is_given(checkout, host) {
        return None;
    }
    let subnets = subnets(checkout);
    let is_in_a_network = subnets.iter().any(|subnet| subnet.has(address));
    if is_in_a_network || is_of_a_container(address) && subnets.is_empty() {
        return Some(Fixed::Container);
    }
    let (service, inside) = published(checkout, asker?, port?)?;
    is_of_a_bridge(address).then_some(Fixed::Bridge { service, inside })
}

/// Whether an address is the machine's own in a network that the engine makes by itself, which is
/// the first of each.
pub(crate) fn is_of_a_bridge(address: Ipv4Addr) -> bool {
    let [first, second, _, last] = address.octets();
    first == 172 && (17..=31).contains(&second) && last == 1
}

/// The service that is published at a port of the machine, and its port inside, where `asker` could
/// name it.
fn published<'a>(checkout: &'a Checkout, asker: &str, port: u16) -> Option<(&'a str, u16)> {
    let services = &checkout.compose.as_ref()?.services;
    let has_networks = |name: &str| {
        let service = services.get(name);
        service.is_some_and(|service| service.network_mode.is_none())
    };
    let port = port.to_string();
    let mut found = services.iter().filter_map(|(name, service)| {
        let mut ports = service.ports.iter();
        let port = ports.find(|it| it.published.as_deref() == Some(port.as_str()))?;
        Some((name.as_str(), port.target))
    });
    found
        .next()
        .filter(|(name, _)| has_networks(asker) && has_networks(name))
}

/// Whether an address is of the networks that the engine makes by itself; not the machine.
fn is_of_a_container(address: Ipv4Addr) -> bool {
    let [a, b, _, last] = address.octets();
    a == 172 && (17..=30).contains(&b) && last > 1
}

/// Whether the project gives a service this address.
pub(crate) fn is_given(checkout: &Checkout, host: &str) -> bool {
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
