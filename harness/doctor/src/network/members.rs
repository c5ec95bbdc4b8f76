//! Whether two services are in one network.

use std::collections::BTreeSet;

use alertdrill_project::{ComposeModel, Service};

/// Why a service does not reach another by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// They have no network in common: those of the asker, and those of the other.
    Networks(Vec<String>, Vec<String>),
    /// The other is in the machine's own network, where its name is not known.
    OnTheHost,
    /// The asker is in the machine's own network, which knows no names of services.
    AskerOnTheHost,
}

/// Why `asker` does not reach the service `other`; `None` if it may.
pub(crate) fn apart(model: &ComposeModel, asker: &str, other: &str) -> Option<Apart> {
    if asker == other {
        return None;
    }
    let (asker, other) = (model.services.get(asker)?, model.services.get(other)?);
    match (mode(asker), mode(other)) {
        ("host", "host") => return None,
        ("host", _) => return Some(Apart::AskerOnTheHost),
        ("", "host") => return Some(Apart::OnTheHost),
        ("", "") => {}
        _ => return None,
    }
    let (its, others) = (networks(model, asker), networks(model, other));
    its.is_disjoint(&others).then(|| {
        let listed = |names: BTreeSet<String>| names.into_iter().collect();
        Apart::Networks(listed(its), listed(others))
    })
}

fn mode(service: &Service) -> &str {
    let mode = service.network_mode.as_deref().unwrap_or_default();
    if ["bridge", "default"].contains(&mode) {
        ""
    } else {
        mode
    }
}

/// The networks of a service, as the engine calls them where that is written.
fn networks(model: &ComposeModel, service: &Service) -> BTreeSet<String> {
    if service.networks.is_empty() {
        return BTreeSet::from(["default".to_owned()]);
    }
    let names = service.networks.keys().map(|name| {
        let network = model.networks.get(name);
        let written = network.and_then(|network| network.name.clone());
        written.unwrap_or_else(|| name.clone())
    });
    names.collect()
}
