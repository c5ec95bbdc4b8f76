//! Published ports: on the loopback address, where the engine finds room.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::networks::{WAY_IN, bearer};
use super::yaml::{overriding, texts};
use crate::Service;

const TCP: &str = "tcp";

pub(super) fn add(draft: &mut Draft) {
    let model = draft.model;
    let mut wanted: BTreeMap<&str, BTreeSet<(u16, &str)>> = BTreeMap::new();
    for (name, service) in &model.services {
        // A container that has another's network publishes nothing itself.
        let publishes = bearer(model, name) == name;
        if publishes && !service.ports.is_empty() {
            wanted.insert(name, published(service).collect());
        }
    }
    for server in draft.wishes.servers() {
        let bearer = bearer(model, server.service);
        wanted.entry(bearer).or_default().insert((server.port, TCP));
        let joined = draft.joined.entry(bearer.to_owned()).or_default();
        let internal = |key: &String| model.networks.get(key).is_some_and(|it| it.internal);
        if !joined.is_empty() && joined.iter().all(internal) {
            joined.insert(WAY_IN.to_owned());
            let name =
                super::yaml::mapping([("name", super::yaml::text(draft.wishes.own_name(WAY_IN)))]);
            draft.set_network(WAY_IN, name);
            draft.place_in_network(bearer, WAY_IN);
            draft.note(format!(
                "{bearer} is in one more network, by which this machine reaches it: its own are \
                 internal"
            ));
        }
    }
    for (name, ports) in wanted {
        let ports = ports.into_iter().map(|(port, protocol)| {
            let protocol = match protocol {
                TCP => String::new(),
                other => format!("/{other}"),
            };
            format!("127.0.0.1::{port}{protocol}")
        });
        let ports = overriding(texts(ports));
        draft.say(name, "ports", ports);
    }
}

fn published(service: &Service) -> impl Iterator<Item = (u16, &str)> {
    let ports = service.ports.iter();
    ports.map(|port| (port.target, port.protocol.as_deref().unwrap_or(TCP)))
}
