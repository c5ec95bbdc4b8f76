//! Addresses that services must have: they belong to subnets that are gone.

use super::draft::Draft;
use super::yaml::reset;

pub(super) fn add(draft: &mut Draft) {
    for (name, service) in &draft.model.services {
        for (network, place) in &service.networks {
            let Some(place) = place else {
                continue;
            };
            for (key, address) in [
                ("ipv4_address", &place.ipv4_address),
                ("ipv6_address", &place.ipv6_address),
            ] {
                let Some(address) = address.as_deref().filter(|it| !it.is_empty()) else {
                    continue;
                };
                draft
                    .place_in_network(name, network)
                    .insert(key.into(), reset());
                draft.note(format!(
                    "{name} does not have the address {address}: files that name it must name \
                     the service `{name}`"
                ));
            }
        }
    }
}
