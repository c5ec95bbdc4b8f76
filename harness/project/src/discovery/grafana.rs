//! Which service of the project is Grafana.

use super::found::FoundServer;
use super::prometheus_service::{images, services_like, short_name};
use crate::{ComposeModel, Service};

/// The names of its images.
const IMAGES: [&str; 3] = ["grafana", "grafana-oss", "grafana-enterprise"];
/// Where it listens unless it is told otherwise.
const DEFAULT_PORT: u16 = 3000;

/// The first service that is Grafana, and a note if there are more.
pub(super) fn find_grafana(model: &ComposeModel) -> (Option<FoundServer>, Option<String>) {
    let found = services_like(model, |_, service| is_grafana(service));
    let first = found.first().and_then(|name| {
        let variables = &model.services.get(*name)?.environment;
        let port = variables.get("GF_SERVER_HTTP_PORT").cloned().flatten();
        Some(FoundServer {
            service: (*name).to_owned(),
            port: port
                .and_then(|port| port.parse().ok())
                .unwrap_or(DEFAULT_PORT),
            path_prefix: String::new(),
        })
    });
    let note =
        (found.len() > 1).then(|| format!("{} are Grafana; the first is taken", found.join(", ")));
    (first, note)
}

fn is_grafana(service: &Service) -> bool {
    images(service)
        .iter()
        .any(|image| IMAGES.contains(&short_name(image)))
}
