//! Whether two services are in one network.

use std::collections::BTreeMap;

use alertdrill_project::{ComposeModel, Service};

/// Why a service does not reach another by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// They have no network in common: those of the asker, and those of the other.
    Networks(Vec<String>, Vec<String>),
    /// The other is in the machine's own network, where its name is not known.
    OnTheHost,
    /// The asker is in the machine's own network, where no service's name is known.
    FromTheHost,
}

/// Why `asker` does not reach the service `other`; `None` if it may.
pub(crate) fn apart(model: &ComposeModel, asker: &str, other: &str) -> Option<Apart> {
    if asker == other {
        return None;
    }
    let (asker, other) = (model.services.get(asker)?, model.services.get(other)?);
    match (mode(asker), mode(other)) {
        ("", "host") => return Some(Apart::OnTheHost),
        ("host", "") => return Some(Apart::FromTheHost),
        ("", "") => {}
        _ => return None,
    }
    let (its, others) = (networks(model, asker), networks(model, other));
    let have_one = its.keys().any(|name| others.contains_key(name));
    let listed = |names: BTreeMap<String, String>| names.into_values().collect();
    (!have_one).then(|| Apart::Networks(listed(its), listed(others)))
}

fn mode(service: &Service) -> &str {
    let mode = service.network_mode.as_deref().unwrap_or_default();
    if ["bridge", "default"].contains(&mode) {
        ""
    } else {
        mode
    }
}

/// The networks of a service, as the engine calls them where that is written, and as the compose
/// file does.
fn networks(model: &ComposeModel, service: &Service) -> BTreeMap<String, String> {
    let named = |name: &str| {
        let network = model.networks.get(name);
        let written = network.and_then(|network| network.name.clone());
        (written.unwrap_or_else(|| name.to_owned()), name.to_owned())
    };
    if service.networks.is_empty() {
        return BTreeMap::from([named("default")]);
    }
    service.networks.keys().map(|name| named(name)).collect()
}
